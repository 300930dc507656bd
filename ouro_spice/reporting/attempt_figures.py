"""Figures of single attempts: how far from the target a pulse of the predicted time ends (Figs. 3, 4 and 6)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from .._util.checks import check_count
from ..evaluation.bands import BANDS, label
from ..evaluation.deployment import Deployment
from .figures import axes
from .variants import BASELINE, COLOURS, NETWORK, check_some, check_window, figure_of, interval, looks

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_RPD = (0.5, 1000.0)
"""Relative percentage differences that a distribution is drawn over [%]."""

_NONE = (3.0, 300.0)
"""An axis of relative percentage differences without a value [%]."""

_SHIPPED = "#0b2f4a"
_POINTS = 240
_PER_START, _COARSEST = 20, 3
"""Attempts in a range of starts; ranges below which a curve shows nothing."""

_SHORT, _LONG = 14.0, 84.0
"""A share or whisker below or above this [%] has no room for a number beside it."""


def start_bins(attempts: int) -> int:
    """Return the number of ranges of G_start with enough attempts each; 0 where there are too few for a curve."""
    bins = min(attempts // _PER_START, 16)
    return bins if bins >= _COARSEST else 0


def rpd_by_start(
    deployments: Mapping[str, Deployment], window_S: tuple[float, float], bins: int | None = None
) -> Figure:
    """Draw the mean and median of the relative percentage difference over G_start, a panel each, a line a variant;
    return the figure.

    `bins` are ranges of G_start; None: `start_bins`, or a single one.

    Raises
    ------
    ValueError
        For no deployment at all, or a window that is none.
    """
    check_some("deployments", deployments)
    bins = max(start_bins(fewest_attempts(deployments)), 1) if bins is None else bins
    check_count("bins", bins)
    edges_S = np.linspace(*check_window(window_S), bins + 1)
    figure, grid = axes(2, width=4.6, height=_height(deployments, 2, 3.3))
    drawn = []
    for name, look in looks(deployments).items():
        table = deployments[name].by_start(edges_S)
        for ax, key in zip(grid[0], ("rpd_mean", "rpd_median"), strict=True):
            # a logarithmic axis has no 0
            rpd = np.where(table[key] > 0, 100 * table[key], np.nan)
            ax.plot(table["g_start_S"] * 1e6, rpd, linewidth=1.5, marker="." if bins < 8 else "", label=name, **look)
            drawn.append(rpd)
    for ax, what in zip(grid[0], ("mean", "median"), strict=True):
        ax.set(xlabel="G_start (uS)", ylabel=f"{what} RPD of G_end (%)", yscale="log")
        ax.set(xlim=edges_S[[0, -1]] * 1e6, ylim=_limits(np.concatenate(drawn)))
        plain_numbers(ax, "y")
    _legend(figure, grid[0, 0], 2)
    return figure


def rpd_histogram(deployments: Mapping[str, Deployment]) -> Figure:
    """Draw the share of attempts that end within a relative percentage difference, over that, a line a variant; return
    the figure.

    Attempts that failed are never within. ValueError for no deployment at all.
    """
    check_some("deployments", deployments)
    figure, grid = axes(1, width=5.2, height=_height(deployments, 2, 3.7))
    ax = grid[0, 0]
    # the bands themselves are points of it, so that there the line has the share of the tables
    rpd = np.unique(np.concatenate([np.geomspace(*_RPD, _POINTS), [100 * band for band in BANDS]]))
    for band in BANDS:
        ax.axvline(100 * band, color="#555", linewidth=0.8, linestyle=":")
        ax.annotate(
            f"±{100 * band:g} %", (100 * band, 1.0), xycoords=("data", "axes fraction"), xytext=(0, 2),
            textcoords="offset points", ha="center", va="bottom", fontsize=8, color="#555",
        )  # fmt: skip
    for name, look in looks(deployments).items():
        found = 100 * deployments[name].rpd
        # half a part in 1e9: a difference on a band's edge is within the band
        share = np.searchsorted(np.sort(found), rpd * (1 + 5e-10), side="right") / max(len(found), 1)
        ax.plot(rpd, 100 * share, linewidth=1.5, label=name, **look)
    ax.set(xscale="log", xlim=_RPD, ylim=(0, 100), xlabel="RPD of G_end (%)", ylabel="share of attempts within it (%)")
    plain_numbers(ax, "x")
    _legend(figure, ax, 2)
    return figure


def share_bars(rows: Mapping[str, Mapping[str, Any]], floors: Mapping[str, float] | None = None) -> Figure:
    """Draw the shares of attempts within ±50, ±20 and ±10 % by variant, a panel a band, the noise floor as a line;
    return the figure.

    Parameters
    ----------
    rows
        By variant, as in results: ``within_50``, ``within_20``, ``within_10`` (0 to 1) and, for whiskers, ``interval``.
    floors
        ``floor_50``, ``floor_20``, ``floor_10`` (0 to 1); a band without one has no line.

    Raises
    ------
    ValueError
        For no variant, or shares that are missing or outside 0 to 1, naming them.
    """
    check_some("rows", rows)
    figure, grid = axes(len(BANDS), width=3.3, height=1.3 + 0.3 * len(rows))
    # the colours of the lines of other figures, which have no best constant
    drawn = looks(name for name in rows if "constant" not in name)
    colours = [drawn[name]["color"] if name in drawn else COLOURS[BASELINE] for name in rows]
    lines = []
    for place, (ax, band) in enumerate(zip(grid[0], BANDS, strict=True)):
        _bars(ax, rows, label("within", band), colours, named=place == 0)
        ax.set(title=f"within ±{100 * band:g} %", xlabel="share of attempts (%)")
        if floors and label("floor", band) in floors:
            floor = figure_of({"floors": floors}, "floors", label("floor", band))
            lines.append(ax.axvline(100 * floor, color="#111", linewidth=1.2, linestyle="--"))
    if lines:
        text = "noise floor: the best share that any choice of the time by (G_start, G_target) has"
        figure.legend(lines[:1], [text], loc="outside upper center", frameon=False, fontsize=8)
    return figure


def transfer_bars(rows: Mapping[str, Mapping[str, Any]], shipped: str | None = None) -> Figure:
    """Draw the shares within ±20 % under changed conditions, and how many points they are from the shipped one; return
    the figure.

    Parameters
    ----------
    rows
        By condition: ``within_20`` (0 to 1) and, for whiskers, ``interval``.
    shipped
        The condition that the others are compared with; None: the first.

    Raises
    ------
    ValueError
        For no condition, one that is not there, or shares that are missing or outside 0 to 1, naming them.
    """
    check_some("rows", rows)
    shipped = next(iter(rows)) if shipped is None else shipped
    if shipped not in rows:
        raise ValueError(f"shipped = {shipped!r} is no condition; there is {', '.join(map(repr, rows))}")
    reference = 100 * figure_of(rows, shipped, "within_20")
    figure, grid = axes(1, width=6.6, height=0.9 + 0.3 * len(rows))
    ax = grid[0, 0]
    colours = [_SHIPPED if name == shipped else COLOURS[NETWORK] for name in rows]
    _bars(ax, rows, "within_20", colours, named=True)
    ends = interval(rows[shipped], "within_20")
    if ends:
        ax.axvspan(100 * ends[0], 100 * ends[1], color=_SHIPPED, alpha=0.12, linewidth=0)
    ax.axvline(reference, color=_SHIPPED, linewidth=1)
    for k, name in enumerate(rows):
        points = 100 * figure_of(rows, name, "within_20") - reference
        text = "shipped" if name == shipped else f"{points:+.1f}"
        ax.annotate(text, (1.01, k), xycoords=("axes fraction", "data"), va="center", fontsize=8)
    ax.set(xlabel="share of attempts within ±20 % (%); right: difference in points")
    return figure


def _bars(ax: Axes, rows: Mapping[str, Mapping[str, Any]], key: str, colours: list[str], named: bool) -> None:
    """Draw a bar of each share, its number in it, its interval as a whisker; from top to bottom."""
    for k, (name, colour) in enumerate(zip(rows, colours, strict=True)):
        share, ends = 100 * figure_of(rows, name, key), interval(rows[name], key)
        ax.barh(k, share, color=colour, height=0.66)
        if ends:
            ax.hlines(k, 100 * ends[0], 100 * ends[1], color="#111", linewidth=1)
        low, high = (share, share) if ends is None else (100 * ends[0], max(share, 100 * ends[1]))
        # where no whisker is: in the bar, else behind it
        inside = min(share, low) >= _SHORT or high > _LONG
        place, ink = (1.5, "white" if share >= _SHORT else "#1c2530") if inside else (high + 1.5, "#1c2530")
        ax.text(place, k, f"{share:.1f}", va="center", fontsize=8, color=ink)
    ax.set_yticks(range(len(rows)), list(rows) if named else [""] * len(rows), fontsize=8)
    ax.set(xlim=(0, 100), ylim=(len(rows) - 0.5, -0.5))
    ax.tick_params(axis="y", length=0)
    ax.grid(visible=False, axis="y")
    ax.set_axisbelow(True)


def fewest_attempts(deployments: Mapping[str, Deployment]) -> int:
    """Return the number of attempts of the deployment that has the fewest."""
    return min(len(one.end_S) for one in deployments.values())


def _height(names: Mapping[str, Any], columns: int, panel: float) -> float:
    """Return the height [inches] of a figure with a legend of so many columns above its panels."""
    return panel + 0.2 * -(-len(names) // columns)


def _legend(figure: Figure, ax: Axes, columns: int) -> None:
    """Draw the legend of a panel above the figure."""
    handles, names = ax.get_legend_handles_labels()
    figure.legend(handles, names, loc="outside upper center", ncols=columns, frameon=False, fontsize=8)


def _limits(values: np.ndarray) -> tuple[float, float]:
    """Return the ends of an axis that values are drawn over; `_NONE` where there is no value."""
    found = values[np.isfinite(values)]
    return (found.min() / 1.3, found.max() * 1.3) if len(found) else _NONE


def plain_numbers(ax: Axes, name: str) -> None:
    """Write the numbers of a logarithmic axis as 1, 10, 100, with those at 2 and 5 between."""
    from matplotlib.ticker import FuncFormatter, LogLocator, NullLocator

    axis = getattr(ax, f"{name}axis")
    axis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axis.set_minor_locator(NullLocator())
    axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
