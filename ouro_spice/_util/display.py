"""How objects show themselves: one line, and in a notebook a small table with a small figure.

A method that only shows is marked `shows`: its code is no part of what makes results (`provenance.sources`), and a
module that only shows has a name that ends in "display".
"""

from __future__ import annotations

import base64
import dataclasses
import io
import reprlib
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from html import escape
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

if TYPE_CHECKING:
    from matplotlib.axes import Axes as Axes
    from pandas import DataFrame as Frame
else:
    Axes = Frame = Any  # types alone: what is imported for them would be no part of showing

_Method = TypeVar("_Method", bound=Callable[..., Any])

LONGEST = 400
"""Characters of a line that an object prints itself in."""

SET_COLOUR, RESET_COLOUR = "#1b6ca8", "#c0492f"
_PREFIXES = {-18: "a", -15: "f", -12: "p", -9: "n", -6: "u", -3: "m", 0: "", 3: "k", 6: "M"}
_PLAIN = ("V", "K")
"""Units that have no prefix as a rule."""

_TABLE = (
    "border-collapse:collapse;margin:.3em 0;font:13px/1.5 system-ui,sans-serif;font-variant-numeric:tabular-nums;"
    "color:inherit"
)
_CELL = "padding:.1em .9em .1em 0;text-align:left;vertical-align:top;border:0;background:none;overflow-wrap:anywhere"


def shows(method: _Method) -> _Method:
    """Mark a method that only shows; return it as it is."""
    return method


def quantity(value: float | None, unit: str, digits: int = 3) -> str:
    """Return a quantity in words, such as "150 uS"; "-" for what is None or not finite."""
    if value is None or not np.isfinite(value):
        return "-"
    if not value:
        return f"0 {unit}"
    # rounded first: 999.9 nS are 1 uS
    power = int(np.floor(np.log10(float(f"{abs(value):.{digits - 1}e}"))) // 3 * 3)
    power = min(max(power, min(_PREFIXES)), max(_PREFIXES))
    power = 0 if unit in _PLAIN and 1e-2 <= abs(value) < 1e4 else power
    scaled = float(f"{value / 10.0**power:.{digits}g}")
    return f"{scaled:.{max(digits, 4)}g} {_PREFIXES[power]}{unit}"


def way(start: float | None, end: float | None, unit: str) -> str:
    """Return two quantities with an arrow, in one unit where both have the same: "150 -> 312 uS"."""
    first, second = quantity(start, unit), quantity(end, unit)
    number, _, own = first.partition(" ")
    return f"{number if own and own == second.partition(' ')[2] else first} -> {second}"


def span(values: Any, unit: str) -> str:
    """Return least and largest of some numbers in words, "100 .. 520 uS"; "none" where none is finite."""
    found = np.asarray(values, dtype=float).ravel()
    found = found[np.isfinite(found)]
    if not found.size:
        return "none"
    low, high = float(found.min()), float(found.max())
    return quantity(low, unit) if low == high else way(low, high, unit).replace("->", "..")


def counted(number: int, noun: str) -> str:
    """Return a number with its noun: "1 pulse", "3 pulses"."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def brief(thing: Any) -> str:
    """Return a dataclass in one line of at most `LONGEST` characters: fields at their defaults are left out."""
    for depth in (2, 1, 0):
        text = _dataclass(thing, depth)
        if len(text) <= LONGEST:
            return text
    return text[: LONGEST - 4] + " ..)"


def _dataclass(thing: Any, depth: int) -> str:
    name = type(thing).__name__
    fields = [field for field in dataclasses.fields(thing) if field.repr and not _default(thing, field)]
    if depth < 0 and fields:
        return f"{name}(..)"
    return f"{name}({', '.join(f'{one.name}={_value(getattr(thing, one.name), depth)}' for one in fields)})"


def _default(thing: Any, field: dataclasses.Field) -> bool:
    """Return whether a field has its default, or what a factory gives."""
    value, default = getattr(thing, field.name), field.default
    if field.default_factory is not dataclasses.MISSING:
        default = field.default_factory()
    if default is dataclasses.MISSING or not isinstance(default, type(value)):
        return False
    return value is default or (not isinstance(value, np.ndarray) and bool(value == default))


def _value(value: Any, depth: int) -> str:
    """Return a field's value in a few words."""
    if hasattr(value, "_repr_html_") and dataclasses.is_dataclass(value):
        return f"<{value!r}>"  # it has a line of its own
    if dataclasses.is_dataclass(value):
        return _dataclass(value, depth - 1)
    if isinstance(value, float | np.floating):
        return f"{value:.6g}"
    if hasattr(value, "columns"):
        return f"table of {len(value)} x {len(value.columns)}"
    if isinstance(value, np.ndarray) and value.ndim:
        return _array(value)
    if isinstance(value, tuple | list) and len(value) > 4:
        numbers = all(isinstance(one, float | int) for one in value)
        return _array(np.asarray(value)) if numbers else f"{len(value)} of {type(value[0]).__name__}"
    if isinstance(value, Mapping):
        return f"{{{', '.join(map(str, list(value)[:4]))}{', ..' if len(value) > 4 else ''}}}"
    return _cut(" ".join(repr(value).split()))


def _array(values: np.ndarray) -> str:
    """Return shape and range of an array."""
    shape = " x ".join(map(str, values.shape))
    if not values.size or values.dtype.kind not in "biuf":
        return f"[{shape}]"
    finite = values[np.isfinite(values)].astype(float)
    return f"[{shape}: {finite.min():.4g} .. {finite.max():.4g}]" if finite.size else f"[{shape}: nan]"


def _cut(text: str) -> str:
    return text if len(text) <= 90 else text[:86] + " ..."


def short(value: object) -> str:
    """Return any value in at most 60 characters."""
    limited = reprlib.Repr()
    limited.maxstring = limited.maxother = 60
    return value[:60] if isinstance(value, str) else limited.repr(value)


def axes(ax: Axes | None = None, width: float = 4.8, height: float = 2.9) -> Axes:
    """Return axes to draw on: those given, else the only ones of a new small figure, see `panels`."""
    return panels(1, width, height)[0] if ax is None else ax


def panels(rows: int, width: float = 4.8, height: float = 2.9) -> list[Axes]:
    """Return the axes of a new figure, one below the other, with no window and no pyplot; a notebook shows them."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height), layout="constrained")
    FigureCanvasAgg(figure)
    found = list(figure.subplots(rows, 1, squeeze=False, sharex=True).flat)
    for ax in found:
        ax.grid(alpha=0.25, linewidth=0.6)
        ax.spines[["top", "right"]].set_visible(False)
    for one in (figure, *found):  # without pyplot nobody else tells a notebook how to show them
        vars(one)["_repr_png_"] = partial(png, figure)
    return found


def scaled(values: Any, unit: str) -> tuple[float, str]:
    """Return factor and unit by which the largest of some values lies between 1 and 1000; 1 where there is none."""
    sizes = np.abs(np.asarray(values, dtype=float))
    sizes = sizes[np.isfinite(sizes)]
    largest = float(sizes.max()) if sizes.size else 0.0
    if not largest or unit in _PLAIN:
        return 1.0, unit
    power = min(max(int(np.floor(np.log10(largest))) // 3 * 3, min(_PREFIXES)), max(_PREFIXES))
    return 10.0**-power, _PREFIXES[power] + unit


def whole_numbers(axis: Any) -> None:
    """Allow whole numbers alone as the ticks of an axis."""
    axis.get_major_locator().set_params(integer=True, min_n_ticks=1)


def png(figure: Any) -> bytes:
    """Return a figure as a PNG."""
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=100)
    return buffer.getvalue()


def picture(ax: Axes, text: str) -> str:
    """Return the figure of axes as an HTML image; `text` says in words what it shows."""
    data = base64.b64encode(png(ax.figure)).decode()
    return f'<img alt="{escape(text)}" style="max-width:100%" src="data:image/png;base64,{data}">'


def card(line: str, rows: Iterable[tuple[str, object]], image: str = "") -> str:
    """Return HTML of an object: its line as a heading, a table of names and values, and an image beside it."""
    name, _, rest = line.partition(": ")
    body = "".join(
        f'<tr style="background:none"><td style="{_CELL};opacity:.7;white-space:nowrap">{escape(name)}</td>'
        f'<td style="{_CELL}">{escape(str(value))}</td></tr>'
        for name, value in rows
        if str(value)
    )
    head = f'<div style="font:14px/1.4 system-ui,sans-serif"><b>{escape(name)}</b> {escape(rest)}</div>'
    table = f'<div style="flex:1 1 18em;max-width:26em"><table style="{_TABLE}">{body}</table></div>' if body else ""
    inner = f'{table}<div style="flex:0 1 auto;min-width:240px">{image}</div>' if image else table
    style = "display:flex;flex-wrap:wrap;gap:.2em 1.6em;align-items:flex-start"
    return f'<div style="max-width:60em">{head}<div style="{style}">{inner}</div></div>'
