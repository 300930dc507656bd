"""Heat maps over an array: rows from top to bottom, columns from left to right, as the drivers sit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_PREFIXES = {1e12: "p", 1e9: "n", 1e6: "u", 1e3: "m", 1.0: "", 1e-3: "k"}
_LABELLED = 8
"""Maps of at most so many rows and columns show their numbers."""

_MAP_PT, _LETTER = 190.0, 0.62
"""Width of a map [points], and of a letter over the size of its font."""

_FONTS_PT = (4.5, 8.0)
"""Smallest and largest font of a number."""

_DIGITS = (3, 6)
"""Digits of a number: more of them where values differ little."""

_ALIKE = 1e-6
"""Values that differ by less than this share of the largest one are alike, but for the solver's error."""

_STEPS = (1, 2, 4, 5, 8, 10, 16, 20, 32, *(2**k for k in range(6, 20)))
"""Between two lines that are named."""

_DECADES = 2.0
"""Positive values that span more than so many decades have a logarithmic scale."""


def prefixed(values: np.ndarray, unit: str) -> tuple[float, str]:
    """Return the factor and unit with which the largest value lies between 1 and 1000, as far as prefixes go."""
    finite = np.abs(values[np.isfinite(values)])
    largest = float(finite.max()) if finite.size else 0.0
    if unit == "%":
        return 100.0, "%"
    for factor, prefix in sorted(_PREFIXES.items()):
        if largest * factor >= 1:
            return factor, prefix + unit
    return (1.0, unit) if largest == 0 else (1e12, "p" + unit)


@dataclass(frozen=True)
class Heat:
    """One map to draw.

    Attributes
    ----------
    values
        (rows, cols); NaN is left grey.
    title, unit
        What it shows, in a unit without prefix; "%" for shares.
    colours
        Name of matplotlib's colour map.
    around
        Value that lies in the middle of the colours; None: they go from least to largest.
    whole
        Whether rows and columns that hold nothing but NaN are drawn, too.
    noise
        What is smaller in size is the solver's error and drawn as 0, in `unit`; no scale is narrower.
    ends
        Least and largest value that the colours stand for, in `unit`, where maps beside each other have the same; None:
        its own.
    """

    values: np.ndarray
    title: str
    unit: str
    colours: str = "viridis"
    around: float | None = None
    whole: bool = False
    noise: float = 0.0
    ends: tuple[float, float] | None = None

    def draw(self, ax: Axes, marked: Sequence[tuple[int, int]] = ()) -> None:
        """Draw the map with its scale; cells `(row, col)` in `marked` get a frame."""
        values = self._rounded
        there = np.isfinite(values)
        rows, cols = (np.flatnonzero(there.any(axis=axis)) for axis in (1, 0))
        if self.whole or not there.any():
            rows, cols = (np.arange(count) for count in self.values.shape)
        factor, unit = prefixed(values, self.unit)
        shown = values[np.ix_(rows, cols)] * factor
        norm = self._norm(shown, factor)
        image = ax.imshow(shown, cmap=self.colours, norm=norm, aspect="equal", interpolation="nearest")
        ax.set_facecolor("#d9d9d9")
        ax.grid(visible=False)
        ax.spines[:].set_visible(False)
        _ticks(ax, rows, cols)
        ax.set_title(f"{self.title} ({unit})", fontsize=10)
        bar = ax.figure.colorbar(image, ax=ax, fraction=0.046, pad=0.03)
        bar.ax.tick_params(labelsize=8)
        reach = np.ptp(shown[np.isfinite(shown)]) if np.isfinite(shown).any() else 0.0
        if self.around is not None and reach > 0:  # without colours that nothing has
            bar.ax.set_ylim(np.nanmin(shown), np.nanmax(shown))
        if reach <= _ALIKE * np.nanmax(np.abs(shown), initial=0.0):  # one colour: its number is in the map
            bar.remove()
        for row, col in marked:
            if row in rows and col in cols:
                _frame(ax, int(np.searchsorted(rows, row)), int(np.searchsorted(cols, col)))
        if max(shown.shape) <= _LABELLED:
            _numbers(ax, shown, image)

    @property
    def _rounded(self) -> np.ndarray:
        """Return the values, (rows, cols), those below the noise as 0."""
        values = np.asarray(self.values, dtype=float)
        with np.errstate(invalid="ignore"):
            return np.where(np.abs(values) < self.noise, 0.0, values)

    def _norm(self, shown: np.ndarray, factor: float) -> Any:
        """Return matplotlib's normalisation of the colours."""
        from matplotlib.colors import CenteredNorm, LogNorm, Normalize

        finite = shown[np.isfinite(shown)]
        if not finite.size:
            return Normalize(0, 1)
        low, high = (end * factor for end in self.ends) if self.ends else (float(finite.min()), float(finite.max()))
        if self.around is not None:
            reach = max(abs(high - self.around), abs(low - self.around))
            return CenteredNorm(self.around, halfrange=max(reach, self.noise * factor) or 1.0)
        if low > 0 and high > low * 10**_DECADES:
            return LogNorm(low, high)
        if high - low <= max(_ALIKE * abs(high), self.noise * factor):  # all alike, but for the solver's error
            return Normalize(low - 0.05 * abs(low) - 1e-12, high + 0.05 * abs(high) + 1e-12)
        return Normalize(low, high)


def _ticks(ax: Axes, rows: np.ndarray, cols: np.ndarray) -> None:
    """Name lines at the axes, all of them or every so many."""
    for axis, numbers in ((ax.yaxis, rows), (ax.xaxis, cols)):
        step = next(step for step in _STEPS if len(numbers) <= _LABELLED * step)
        chosen = np.arange(0, len(numbers), step)
        axis.set_ticks(chosen, [str(numbers[k]) for k in chosen])
        axis.set_tick_params(length=0)
    ax.xaxis.tick_top()
    ax.xaxis.set_label_position("top")
    ax.set_xlabel("bit line", fontsize=8)
    ax.set_ylabel("word line", fontsize=8)
    ax.tick_params(labelsize=8)


def _frame(ax: Axes, row: int, col: int) -> None:
    """Draw a frame around a cell."""
    from matplotlib.patches import Rectangle

    place = (col - 0.5, row - 0.5)
    ax.add_patch(Rectangle(place, 1, 1, fill=False, edgecolor="white", linewidth=3.5, clip_on=False))
    ax.add_patch(Rectangle(place, 1, 1, fill=False, edgecolor="#c0492f", linewidth=1.8, clip_on=False))


def _numbers(ax: Axes, shown: np.ndarray, image: Any) -> None:
    """Write each cell's number into it, where there is room."""
    width_pt = _MAP_PT / max(shown.shape)
    texts = _texts(shown, _digits(shown), width_pt)
    size = min(_FONTS_PT[1], width_pt / (_LETTER * max((*map(len, texts.values()), 1))))
    for (row, col), text in texts.items():
        red, green, blue, _ = image.cmap(image.norm(shown[row, col]))
        dark = 0.3 * red + 0.6 * green + 0.1 * blue < 0.5
        ax.text(col, row, text, ha="center", va="center", fontsize=size, color="white" if dark else "black")


def _texts(shown: np.ndarray, digits: int, width_pt: float) -> dict[tuple[int, int], str]:
    """Return the numbers of a map as text, by row and column: all with as many decimals, unless they span decades or
    have no room.
    """
    there = {(k // shown.shape[1], k % shown.shape[1]): float(x) for k, x in enumerate(shown.flat) if np.isfinite(x)}
    sizes = [abs(x) for x in there.values() if x]
    if sizes and max(sizes) <= 100 * min(sizes):
        decimals = max(digits - 1 - int(np.floor(np.log10(max(sizes)))), 0)
        while decimals and all(f"{x:.{decimals}f}"[-1] == "0" for x in there.values()):
            decimals -= 1
        alike = {place: f"{x:.{decimals}f}" if x else "0" for place, x in there.items()}
        if max(map(len, alike.values())) <= int(width_pt / (_LETTER * _FONTS_PT[0])):
            return alike
    return {place: _text(x, digits, width_pt) for place, x in there.items()}


def _digits(shown: np.ndarray) -> int:
    """Return the number of digits with which values differ that have different colours."""
    finite = shown[np.isfinite(shown)]
    reach = float(np.ptp(finite)) if finite.size else 0.0
    largest = float(np.abs(finite).max()) if finite.size else 0.0
    if reach <= _ALIKE * largest:
        return _DIGITS[0]
    return int(np.clip(2 + np.ceil(np.log10(largest / reach)), *_DIGITS))


def _text(value: float, digits: int, width_pt: float) -> str:
    """Return a number as text that its cell has room for, with as many digits as it can; "" where there is no room."""
    if not np.isfinite(value):
        return ""
    most = int(width_pt / (_LETTER * _FONTS_PT[0]))
    texts = (f"{value:.{n}g}" if abs(value) < 10**n else f"{value:.0f}" for n in range(digits, 0, -1))
    if value and abs(value) < 1e-3:  # a power of ten in two digits: 2e-05
        texts = (f"{value:.{n}e}".replace("e-0", "e-") for n in (1, 0))
    return next((text for text in texts if len(text) <= most), "")
