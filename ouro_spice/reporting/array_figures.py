"""Figures over arrays, each with its table: what `write_results` puts into a folder."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from .._util.files import write_text, write_whole
from ..array.array_write import ArrayWrite
from ..array.disturbance import CLASSES, Disturb
from ..array.position_sweep import Positions
from ..array.sneak_paths import SneakMap
from ..array.vector_product import Product
from ..array.write_energy import PARTS
from .amounts import amount
from .array_page import NOTHING, UNRESOLVED, Result, array_page, line_in_words
from .figures import RESET_COLOUR, SET_COLOUR, axes, whole_numbers
from .heat_maps import Heat, prefixed

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

Figures = dict[str, tuple["Figure", "pd.DataFrame"]]

_NOISE_V = 1e-6
"""A voltage [V] that a transient does not resolve."""

_COLOURS = {"row": SET_COLOUR, "column": RESET_COLOUR, "unselected": "#3a8f5c"}
_PART_COLOURS = ("#1b6ca8", "#7d5ba6", "#b8860b", "#c0492f", "#3a8f5c", "#999999")


def write_results(result: Result, folder: Path) -> dict[str, Path]:
    """Write the figures of a result as PNG and SVG, a CSV beside each, ``summary.json``, and ``report.html``, a page of
    them; return the paths by file name.

    Of a write there is ``g_after.csv``, too: the conductances as a plain matrix, to start the next write from. A device
    that the solver leaves a trace beyond the end of its range is put at that end.

    Raises
    ------
    OutputError
        Where a file cannot be written.
    """
    paths, found = {}, figures_of(result)
    for stem, (figure, frame) in found.items():
        csv = folder / f"{stem}.csv"
        for kind, more in (("png", {"dpi": 150}), ("svg", {"metadata": {"Date": None}})):
            picture = folder / f"{stem}.{kind}"
            paths[picture.name] = write_whole(picture, partial(figure.savefig, format=kind, **more))
            figure.set_layout_engine("none")  # it is laid out: once takes longest
        paths[csv.name] = write_whole(
            csv, lambda temporary, frame=frame: frame.to_csv(temporary, index=False, float_format="%.9g")
        )
    if isinstance(result, ArrayWrite):
        ensemble = result.selection.array.ensemble
        low, high = (ensemble.conductances(n).reshape(result.g_after_S.shape) for n in ensemble.bounds)
        lines = [",".join(f"{g:.17g}" for g in row) for row in np.clip(result.g_after_S, low, high)]
        paths["g_after.csv"] = write_text(folder / "g_after.csv", "\n".join([*lines, ""]))
    summary = json.dumps(result.summary, indent=2) + "\n"
    paths["summary.json"] = write_text(folder / "summary.json", summary)
    page = array_page(result, {stem: figure for stem, (figure, _) in found.items()}, paths)
    return paths | {"report.html": page.write(folder / "report.html")}


def figures_of(result: Result) -> Figures:
    """Draw the figures of a result; return each with its table, by the stem of their files."""
    if isinstance(result, ArrayWrite):
        return _write(result)
    if isinstance(result, Positions):
        return {"position": (_positions(result), result.frame)}
    if isinstance(result, SneakMap):
        return {"sneak": (_sneak(result), result.frame)}
    if isinstance(result, Product):
        return {"product": (_product(result), result.frame)}
    return {"disturb": (_disturbed(result), result.frame), "disturb_pulses": (_disturb_path(result), result.path)}


def _maps(maps: Sequence[Heat], marked: Sequence[tuple[int, int]] = ()) -> Figure:
    """Draw maps side by side; return the figure."""
    figure, grid = axes(len(maps), width=4.0, height=3.6)
    for ax, one in zip(grid[0], maps, strict=True):
        one.draw(ax, marked)
    return figure


def _write(write: ArrayWrite) -> Figures:
    import pandas as pd

    marked = [divmod(k, write.selection.array.cols) for k in write.selection.indices]
    frame, change = write.frame, write.g_after_S - write.g_before_S
    both_S = np.concatenate([write.g_before_S, write.g_after_S])
    ends_S = float(np.nanmin(both_S)), float(np.nanmax(both_S))
    conductance = _maps(
        (
            Heat(write.g_before_S, "G before", "S", ends=ends_S),
            Heat(write.g_after_S, "G after", "S", ends=ends_S),
            Heat(change, "change", "S", "RdBu_r", 0.0, noise=UNRESOLVED * float(write.g_before_S.max())),
        ),
        marked,
    )
    voltage = _maps(
        (
            Heat(write.v_cell_V, "V(AE, OE), end of the pulse", "V", "RdBu_r", 0.0, noise=_NOISE_V),
            Heat(write.v_peak_V, "V(AE, OE), largest", "V", "RdBu_r", 0.0, noise=_NOISE_V),
        ),
        marked,
    )
    frames = {
        "write_conductance": frame[["row", "col", "g_before_S", "g_after_S"]].assign(change_S=change.ravel()),
        "write_voltage": frame[["row", "col", "v_cell_V", "v_peak_V"]],
        "write_energy": write.energy.frame,
        "write_delay": pd.concat([one.frame for one in write.delays], ignore_index=True),
    }
    figures = (conductance, voltage, _energy(write), _delays(write))
    return {stem: (figure, frames[stem]) for stem, figure in zip(frames, figures, strict=True)}


def _energy(write: ArrayWrite) -> Figure:
    figure, grid = axes(2, width=4.6, height=3.2)
    frame = write.energy.frame
    shown = frame[(frame.share.abs() > 1e-6) | (frame.part == "cells")]
    factor, unit = prefixed(np.array([write.energy.total_J]), "J")
    ax = grid[0, 0]
    colours = dict(zip((*PARTS, "remainder"), _PART_COLOURS, strict=True))
    ax.barh(shown.part, shown.energy_J * factor, color=[colours[part] for part in shown.part], height=0.65)
    for place, (joule, share) in enumerate(zip(shown.energy_J * factor, shown.share, strict=True)):
        text = f"{amount(joule / factor, 'J')}, {100 * share:.1f} %"
        ax.annotate(text, (max(joule, 0.0), place), xytext=(4, 0), textcoords="offset points", va="center", fontsize=8)
    ax.invert_yaxis()
    ax.margins(x=0.45)
    ax.set(xlabel=f"energy ({unit})", title=f"{amount(write.energy.total_J, 'J', 4)} from the sources")
    taken = np.maximum(write.energy.cell_map_J + write.energy.transistor_map_J, 0.0)
    where = "device and transistor" if write.selection.array.gated else "device"
    Heat(np.where(taken > 0, taken, np.nan), f"in each {where}", "J", "magma", whole=True).draw(
        grid[0, 1], [divmod(k, write.selection.array.cols) for k in write.selection.indices]
    )
    return figure


def _delays(write: ArrayWrite) -> Figure:
    figure, grid = axes(2, width=4.6, height=3.4)
    late = np.concatenate([np.concatenate([one.delay_s, one.elmore_s]) for one in write.delays])
    edges = np.concatenate([np.append(one.edge_s, one.driver_edge_s) for one in write.delays])
    for ax, values, title in ((grid[0, 0], late, "delay of the edge"), (grid[0, 1], edges, "edge, 10 % to 90 %")):
        factor, unit = prefixed(values, "s")
        delay = ax is grid[0, 0]
        for number, one in enumerate(write.delays):
            x, colour = np.arange(len(one.delay_s)), f"C{number % 10}"
            # lines that lie on each other are seen as a rim around the later ones
            wide = 1.2 + 1.6 * min(len(write.delays) - 1 - number, 4)
            style = {"markersize": 2 + 1.3 * wide, "linewidth": wide, "color": colour}
            ax.plot(x, (one.delay_s if delay else one.edge_s) * factor, "o-", label=line_in_words(one.line), **style)
            reference = one.elmore_s if delay else np.full(len(x), one.driver_edge_s)
            name = "Elmore's estimate" if delay else "the driver's own"
            style = {"color": "black" if number == len(write.delays) - 1 else colour, "linewidth": 0.8 + 0.5 * wide}
            ax.plot(x, reference * factor, linestyle=(0, (4, 4)), label=f"{line_in_words(one.line)}, {name}", **style)
        ax.set(xlabel="cell along the line, from the driver", ylabel=f"time ({unit})", title=title)
        whole_numbers(ax.xaxis)
        ax.set_ylim(0, 1.12 * ax.get_ylim()[1])
        if len(write.delays) <= 4:
            ax.legend(frameon=False, fontsize=8)
    return figure


def _positions(positions: Positions) -> Figure:
    spread = positions.spread
    change = f"change of G, {100 * spread['relative']:.2f} % spread"
    return _maps(
        (
            Heat(np.abs(positions.v_start_V), "|V(AE, OE)|, start of the pulse", "V", "cividis", noise=_NOISE_V),
            Heat(positions.change_S, change, "S", noise=UNRESOLVED * float(np.nanmax(positions.g_before_S))),
            Heat(positions.energy_J, "energy of the write", "J", "magma"),
        )
    )


def _sneak(sneak: SneakMap) -> Figure:
    share, error = sneak.sneak_A / sneak.own_A, sneak.reading_S / sneak.g_S - 1
    return _maps(
        (
            Heat(sneak.own_A, "current of the cell itself", "A"),
            Heat(share, "sneak current, share of it", "%", "RdBu_r", 0.0, noise=UNRESOLVED),
            Heat(error, "error of the reading", "%", "RdBu_r", 0.0, noise=UNRESOLVED),
        )
    )


def _product(product: Product) -> Figure:
    figure, grid = axes(2, width=4.6, height=3.2)
    factor, unit = prefixed(np.concatenate([product.i_A, product.ideal_A]), "A")
    x = np.arange(len(product.i_A))
    grid[0, 0].plot(x, product.ideal_A * factor, "_", color="#555f6b", markersize=12, label="devices alone")
    grid[0, 0].plot(x, product.i_A * factor, "o", color=SET_COLOUR, markersize=4, label="array")
    grid[0, 0].set(xlabel="bit line", ylabel=f"current ({unit})", title="current out of each bit line")
    grid[0, 0].legend(frameon=False, fontsize=8)
    grid[0, 0].margins(x=0.08, y=0.15)
    grid[0, 1].bar(x, product.deviation * 100, color=SET_COLOUR, width=0.7)
    grid[0, 1].set(xlabel="bit line", ylabel="deviation (%)", title="deviation from the devices alone")
    for ax in grid[0]:
        whole_numbers(ax.xaxis)
    return figure


def _disturbed(disturb: Disturb) -> Figure:
    relative = np.abs(disturb.change_S / disturb.g_S[0])
    relative[relative < NOTHING] = np.nan
    array, n = disturb.selection.array, int(disturb.pulses[-1])
    marked = [divmod(k, array.cols) for k in disturb.selection.indices]
    title = f"|change of G| after {n} pulse{'s' if n > 1 else ''}, grey: none"
    figure, grid = axes(1, width=5.2, height=4.2)
    Heat(relative, title, "%", "magma", whole=True).draw(grid[0, 0], marked)
    return figure


def _disturb_path(disturb: Disturb) -> Figure:
    figure, grid = axes(1, width=5.6, height=3.6)
    ax, path = grid[0, 0], disturb.path
    for name in (name for name in CLASSES if name in path):
        change = path[name].to_numpy(float)
        moved = np.where(change >= NOTHING, change, np.nan)
        if not np.isnan(moved).all():
            label = {"row": "same word line", "column": "same bit line", "unselected": "neither"}[name]
            style = "o--" if name == "column" else "o-"  # it often lies upon the other
            ax.plot(path.pulses, moved * 100, style, markersize=3, linewidth=1.4, color=_COLOURS[name], label=label)
    if ax.get_lines():
        ax.set(xscale="log", yscale="log")
        ax.legend(frameon=False, fontsize=8)
    else:
        ax.text(0.5, 0.5, "no cell changes by more than rounding", ha="center", transform=ax.transAxes)
        ax.set(xticks=[], yticks=[])
    how = "each simulated" if disturb.explicit else "voltages of the first one each time"
    ax.set(xlabel="pulses", ylabel="|change of G| (%)", title=f"worst cell of each class, {how}")
    return figure
