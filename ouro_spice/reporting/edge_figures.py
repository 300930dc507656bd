"""The figure of what edges do, and its tables: what `write_edges` puts into a folder."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from .._util.files import write_text, write_whole
from ..dataset.edge_effects.edge_study import Edges
from .amounts import share
from .figures import RESET_COLOUR, SET_COLOUR, axes
from .page import Fact, Page
from .study_page import Shown, study_page

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_COLOURS = {"set": SET_COLOUR, "reset": RESET_COLOUR}

_NOTHING = 1e-6
"""Errors and differences below this are drawn there: the axes are logarithmic."""


def write_edges(found: Edges, folder: Path) -> dict[str, Path]:
    """Write ``edges.csv`` (the comparison), ``heldout.csv``, ``edges.png``, ``edges.svg``, ``summary.json`` and a page,
    ``report.html``; return the paths by file name.

    Raises
    ------
    OutputError
        Where a file cannot be written.
    """
    figure, paths = draw(found), {}
    for kind, more in (("png", {"dpi": 150}), ("svg", {"metadata": {"Date": None}})):
        paths[f"edges.{kind}"] = write_whole(folder / f"edges.{kind}", partial(figure.savefig, format=kind, **more))
    for name, frame in (("edges.csv", found.frame), ("heldout.csv", found.heldout)):
        paths[name] = write_whole(folder / name, partial(frame.to_csv, index=False, float_format="%.9g"))
    summary = json.dumps(found.summary, indent=2, allow_nan=False) + "\n"
    paths["summary.json"] = write_text(folder / "summary.json", summary)
    return paths | {"report.html": _page(found, figure).write(folder / "report.html")}


def _page(found: Edges, figure: Figure) -> Page:
    """Return the page of a study of edges."""
    shown = Shown(
        "Many short pulses against a long one", figure, "Differences over the number of pulses, and errors of widths",
        "Left and middle: how far the conductance after many short pulses is from that after one of the same width in "
        "all; the lines are the correction. Right: pulses that no fit has seen; circles should lie below crosses.",
    )  # fmt: skip
    return study_page(
        "What the edges of pulses do", "A pulse rises and falls: how much of that counts as width.",
        [fact for way in _COLOURS for fact in _facts(way, found.summary[way])], [shown], ("SET, RESET", "G", "pair"),
        "ouro-spice edges",
        [("edges.csv", "the comparison"), ("heldout.csv", "the test"), ("summary.json", "all figures")],
    )  # fmt: skip


def _facts(way: str, summary: dict[str, Any]) -> list[Fact]:
    """Return the facts of a direction: how much of the edges counts, and what the correction leaves."""
    alphas, test = summary["alphas"], summary["heldout"]
    shares = " / ".join(f"{alphas[name]:.3f}" for name in ("rise", "fall"))
    errors = [share(test[f"time_error{what}_median"], digits=2) for what in ("", "_corrected")]
    beside = " / ".join(f"+- {alphas[f'{name}_error']:.3f}" for name in ("rise", "fall"))
    return [
        Fact(shares, f"{way.upper()}: part of rise / fall that counts", beside),
        Fact(
            errors[1], f"{way.upper()}: error of the corrected width", f"without it {errors[0]}; n = {test['pulses']}"
        ),
    ]


def draw(found: Edges) -> Figure:
    """Draw differences from each start over the number of pulses, a panel a direction, and errors of the test over the
    width; return the figure.
    """
    figure, grid = axes(3, width=4.4, height=3.6)
    for ax, direction in zip(grid[0], ("set", "reset"), strict=False):
        _difference(ax, found.frame.loc[found.frame.direction == direction])
        volts = found.voltages.v_set if direction == "set" else found.voltages.v_reset
        ax.set_title(f"{direction.upper()}, {volts:+.3f} V")
    _errors(grid[0, 2], found.heldout)
    return figure


def _difference(ax: Axes, rows: pd.DataFrame) -> None:
    """Draw the differences of one direction, measured as dots and corrected as lines."""
    from matplotlib import colormaps

    rows, edges = rows.loc[rows["count"] > 1], np.unique(rows.rise_s)
    colours = colormaps["viridis"](np.linspace(0.0, 0.85, len(edges)))
    for edge, colour in zip(edges, colours, strict=True):
        label = f"{edge * 1e9:g} ns"
        for _, mine in rows.loc[rows.rise_s == edge].groupby("g_start_S"):
            size, expected = (_percent(mine[name]) for name in ("difference", "expected"))
            ax.plot(mine["count"], size, "o", markersize=3, color=colour, label=label)
            ax.plot(mine["count"], expected, marker="_", linewidth=0.8, color=colour)
            label = None
    ax.set(xlabel="short pulses", ylabel="|difference| (% of the long pulse's change)")
    if len(rows):
        ax.set(xscale="log", yscale="log", xlim=_decades(rows.loc[:, "count"]))
        ax.legend(title="edges; lines: by the correction", frameon=False, fontsize=8, title_fontsize=8)


def _errors(ax: Axes, tested: pd.DataFrame) -> None:
    """Draw the errors of pulses outside the fit, without and with the correction."""
    for direction, colour in _COLOURS.items():
        mine = tested.loc[tested.direction == direction]
        for name, how, marker in (("time_error", "width", "x"), ("time_error_corrected", "corrected width", "o")):
            label = f"{direction.upper()}, {how}"
            ax.plot(mine.effective_s * 1e9, _percent(mine[name]), marker, color=colour, markersize=4, label=label)
    ax.set(
        xscale="log", yscale="log", xlim=_decades(tested.effective_s * 1e9), xlabel="effective width (ns)",
        ylabel="|error| (% of the effective width)", title=f"{len(tested)} pulses outside the fit",
    )  # fmt: skip
    ax.legend(frameon=False, fontsize=8)


def _percent(shares: pd.Series) -> pd.Series:
    """Return the size of some shares in percent, none below what the axis shows."""
    return shares.abs().clip(_NOTHING) * 100


def _decades(values: pd.Series) -> tuple[float, float]:
    """Return the whole decades around some values: within less a logarithmic axis has hardly a label, or too many."""
    low, high = np.floor(np.log10(values.min() * 0.98)), np.ceil(np.log10(values.max() * 1.02))
    return 10.0**low, 10.0**high
