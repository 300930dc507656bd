"""The figure of a recorded history as the map that training goes through (Fig. 5)."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from .._util.checks import check_range
from .amounts import plain
from .figures import axes

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from ..prediction.recorded_curves import Curves

_DENSE = 500
"""Lines of more points are pictures in an SVG, not paths."""

_COLOURS = ("#9aa5b1", "#3a8f5c", "#1b6ca8", "#c0492f", "#7d5ba6", "#b8860b")
_SHIFT = 0.15
"""Between two histories, over the range of conductance that the history goes through."""

_CLEAR = 1.05
"""Between two gradients, over the range of the liveliest one."""


def history_map(curves: Curves, k: int, step_s: float, windows_s: Sequence[float]) -> Figure:
    """Draw one history and its moving averages over the pulse width, each shifted, and their gradients below; return
    the figure.

    Parameters
    ----------
    curves
        Recorded histories.
    k
        Which one.
    step_s
        A step of the walk [s]: windows are named in steps.
    windows_s
        Of the moving averages [s]; one of at most the history's spacing is the history itself.

    Raises
    ------
    ValueError
        For a history that is not there or has fewer than three points, and for windows or a step that are no times.
    """
    spacing_s, averages = _averages(curves, k, windows_s)
    check_range("step_s", step_s, 1e-12, 1.0, "s")
    width_us = np.arange(len(averages[0])) * spacing_s * 1e6
    gradients = [np.diff(g_uS) / width_us[1] for g_uS in averages]
    figure, grid = axes(1, 2, width=5.6, height=2.8)
    (top,), (below,) = grid
    _shifted(top, width_us, averages, _SHIFT, "G (uS)")
    _shifted(below, width_us[1:] - width_us[1] / 2, gradients, _CLEAR, "gradient (uS/us)")
    for ax in (top, below):
        ax.set_xlim(width_us[[0, -1]])
    below.set_xlabel("pulse width (us)")
    names = [_named(window_s, step_s, spacing_s) for window_s in windows_s]
    figure.legend(
        top.get_lines(), names, title="moving average over", loc="outside upper center", ncols=2, frameon=False,
        fontsize=8, title_fontsize=8,
    )  # fmt: skip
    return figure


def _shifted(ax: Axes, width_us: np.ndarray, lines: list[np.ndarray], part: float, text: str) -> None:
    """Draw one line above the other, a `part` of the range of the liveliest one apart."""
    shift = part * max(np.ptp(line) for line in lines)
    for place, (line, colour) in enumerate(zip(lines, itertools.cycle(_COLOURS), strict=False)):
        ax.plot(width_us, line + place * shift, color=colour, linewidth=0.9, rasterized=len(line) > _DENSE)
    ax.set_ylabel(f"{text}, each {plain(shift, 2)} higher" if shift and len(lines) > 1 else text, fontsize=9)


def _averages(curves: Curves, k: int, windows_s: Sequence[float]) -> tuple[float, list[np.ndarray]]:
    """Return the spacing [s] and the moving averages [uS], (points,) each, of one history."""
    from ..prediction.recorded_curves import Curves  # torch

    if not 0 <= k < len(curves):
        raise ValueError(f"k = {k} is no history; there are {len(curves)}")
    if not len(windows_s):
        raise ValueError("windows_s is empty: a figure needs at least one window")
    for window_s in windows_s:
        check_range("windows_s", window_s, 0, 1.0, "s")
    first, count, spacing_s = (of[k].item() for of in (curves.first, curves.count, curves.spacing_s))
    if count < 3:
        raise ValueError(f"history {k} has {count} points; a figure of its gradients needs at least 3")
    # alone: smoothing all of them takes its time
    one = Curves.of([(spacing_s, curves.g_S[first : first + count].numpy())])
    return spacing_s, [1e6 * one.smoothed(window_s).g_S.numpy().astype(float) for window_s in windows_s]


def _named(window_s: float, step_s: float, spacing_s: float) -> str:
    """Return the words for a window."""
    if round(window_s / spacing_s) <= 1:
        return "as recorded"
    return f"{round(window_s / step_s)} steps ({window_s * 1e6:g} us)"
