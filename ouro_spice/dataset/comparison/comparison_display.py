"""How a comparison shows itself: a line, a table with a figure, and axes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ..._util import display
from .matched_statistics import DIRECTIONS
from .operand import label

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def _ratios(comparison: Any, direction: str | None = None) -> np.ndarray:
    """Return the finite log10(t_b / t_a), of a direction or of all."""
    frame = comparison.frame
    found = frame.log10_ratio[frame.direction == direction] if direction else frame.log10_ratio
    found = found.to_numpy(float)
    return found[np.isfinite(found)]


def _median(ratios: np.ndarray) -> str:
    """Return the median ratio in words, with where half of the ratios lie."""
    if not len(ratios):
        return "none"
    low, middle, high = 10.0 ** np.percentile(ratios, [25, 50, 75])
    return f"{middle:.3g} (half: {low:.3g} .. {high:.3g}), {display.counted(len(ratios), 'record')}"


def _side(manifest: Any) -> str:
    """Return what a side is in words."""
    try:
        return display.short(label(manifest))
    except (KeyError, TypeError, ValueError, AttributeError):  # another description of a cell
        return str(manifest.cell.get("kind", "?"))


def line(comparison: Any) -> str:
    """Return a comparison in one line."""
    ratios, count = _ratios(comparison), display.counted(len(comparison.frame), "record")
    sides = f"A = {_side(comparison.a)}, B = {_side(comparison.b)}"
    ratio = f"t_B / t_A {10.0 ** np.median(ratios):.3g} (median)" if len(ratios) else "no ratio"
    return f"Comparison: {count}, {sides}, {ratio}"


def html(comparison: Any) -> str:
    """Return a comparison as HTML: the two sides, the ratio of their pulse times, and times against times."""
    rows = [("A", _side(comparison.a)), ("B", _side(comparison.b)), ("records", len(comparison.frame))]
    for name in DIRECTIONS:
        rows.append((f"t_B / t_A, {name}", _median(_ratios(comparison, name))))
    if len(_ratios(comparison)):
        rows.append(("verdict", comparison.verdict))
    frame = comparison.frame
    for side in ("a", "b"):
        counts = frame[f"outcome_{side}"].value_counts()
        rows.append(
            (f"outcomes {side.upper()}", ", ".join(f"{n} {str(one).replace('_', ' ')}" for one, n in counts.items()))
        )
    if comparison.split is not None:
        rows.append(("steps of the split", ", ".join(comparison.split.table.step.unique())))
    image = ""
    if len(_ratios(comparison)):
        image = display.picture(draw(comparison, None), "pulse time in B over pulse time in A, a point a record")
    return display.card(line(comparison), rows, image)


def draw(comparison: Any, ax: Axes | None) -> Axes:
    """Draw the pulse times of B over those of A, a point a record that both reach; return the axes."""
    ax = display.axes(ax, 3.8, 3.3)
    there = comparison.frame.dropna(subset=["log10_ratio"])
    colours = dict(zip(DIRECTIONS, (display.SET_COLOUR, display.RESET_COLOUR), strict=True))
    for name, colour in colours.items():
        mine = there[there.direction == name]
        if len(mine):
            x, y = (mine[column].abs().to_numpy(float) for column in ("t_a_s", "t_b_s"))
            ax.plot(x, y, "o", color=colour, markersize=4, alpha=0.6, label=f"{name}: {len(mine)}")
    ax.set(xscale="log", yscale="log", xlabel="pulse time in A (s)", ylabel="pulse time in B (s)")
    if len(there):
        ax.axline((1e-8, 1e-8), (1e-7, 1e-7), color="#888888", linewidth=0.8, zorder=0)
        ends = there[["t_a_s", "t_b_s"]].abs().to_numpy(float)
        limits = ends.min() * 0.7, ends.max() * 1.4
        ax.set(xlim=limits, ylim=limits)
        ax.legend(frameon=False, fontsize=8)
    return ax
