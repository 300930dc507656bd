"""The figure of small updates: gain, spread and wrong ways over the size of the change that is asked for."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from .figures import axes
from .variants import check_some, looks

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

ASKED = (0.8, 1.2)
"""Gains that are good enough to train with."""

_PANELS = (
    ("gain", "gain: mean of realised / asked", 1.0),
    ("spread", "spread: its standard deviation", 1.0),
    ("wrong_way", "moved the wrong way (%)", 100.0),
)

_BEST = "best"


def gains(rows: Mapping[str, Sequence[Mapping[str, Any]]]) -> Figure:
    """Draw gain, spread and share of wrong ways over the size of the change, SET left and RESET right; return the
    figure.

    Parameters
    ----------
    rows
        By name, as `Increments.rows` gives them; those of all starts are drawn, of ranges of sizes at their geometric
        middle. Names that begin with "best" are drawn in black.

    Raises
    ------
    ValueError
        For no rows at all.
    """
    check_some("rows", rows)
    figure, grid = axes(2, len(_PANELS), width=4.4, height=2.3)
    styles = looks([name for name in rows if not name.startswith(_BEST)])
    dashes = itertools.cycle(("--", ":", "-."))
    styles |= {name: {"color": "#222222", "linestyle": next(dashes)} for name in rows if name.startswith(_BEST)}
    for column, direction in enumerate(("set", "reset")):
        for line, (key, label, factor) in enumerate(_PANELS):
            ax = grid[line, column]
            for name, several in rows.items():
                _line(ax, name, [row for row in several if row["direction"] == direction and row["start"] == "all"],
                      key, factor, styles[name])  # fmt: skip
            _scales(ax, key, label if not column else "")
        grid[0, column].set_title("SET, upwards" if direction == "set" else "RESET, downwards", fontsize=10)
        grid[-1, column].set_xlabel("change that is asked for (uS)")
    handles, names = grid[0, 0].get_legend_handles_labels()
    figure.legend(handles, names, loc="outside upper center", ncols=3, frameon=False, fontsize=8)
    return figure


def _line(
    ax: Axes, name: str, rows: Sequence[Mapping[str, Any]], key: str, factor: float, look: Mapping[str, Any]
) -> None:
    """Draw one figure of small updates over the size of the change."""
    size = np.array([np.exp(np.mean(np.log(np.atleast_1d(row["asked_S"])))) for row in rows]) * 1e6
    value = factor * np.array([row[key] for row in rows], dtype=float)
    if key != "wrong_way":  # a logarithmic axis has no 0, and no other side
        value = np.where(value > 0, value, np.nan)
    ax.plot(size, value, marker="o", markersize=3, linewidth=1.4, label=name, **look)
    if key == "gain":
        ends = np.array([row["interval"] for row in rows], dtype=float).reshape(-1, 2)
        ax.vlines(size, *np.maximum(ends, 1e-3).T, color=look["color"], linewidth=1)


def _scales(ax: Axes, key: str, label: str) -> None:
    """Set the scales and labels of a panel."""
    from matplotlib.ticker import FuncFormatter, LogLocator, NullLocator

    ax.set(xscale="log", ylabel=label)
    if key == "gain":
        ax.axhspan(*ASKED, color="#3a8f5c", alpha=0.15)
    if key == "wrong_way":
        ax.set_ylim(0, 30)
    else:
        ax.set_yscale("log")
    for axis in (ax.xaxis, *([] if key == "wrong_way" else [ax.yaxis])):
        axis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        axis.set_minor_locator(NullLocator())
        axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    ax.yaxis.label.set_fontsize(8)
