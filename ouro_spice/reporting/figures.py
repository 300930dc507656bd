"""Figures over datasets, predictors and write histories. matplotlib is imported only where a figure is drawn."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ..dataset.pulse_dataset import PulseDataset
from ..programming.history import History

if TYPE_CHECKING:
    from matplotlib.figure import Figure

SET_COLOUR, RESET_COLOUR = "#1b6ca8", "#c0492f"
_PALETTE = ("#1b6ca8", "#c0492f", "#3a8f5c", "#7d5ba6", "#b8860b", "#555f6b")


def axes(columns: int, rows: int = 1, width: float = 4.6, height: float = 3.4) -> tuple[Figure, np.ndarray]:
    """Return a figure with a grid of axes (rows, columns) in the package's style; no window, no global state."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(columns * width, rows * height), layout="constrained")
    FigureCanvasAgg(figure)
    grid = figure.subplots(rows, columns, squeeze=False)
    for ax in grid.flat:
        ax.grid(alpha=0.25, linewidth=0.6)
        ax.spines[["top", "right"]].set_visible(False)
    return figure, grid


def whole_numbers(axis: Any, **more: int) -> None:
    """Allow whole numbers alone as the ticks of an axis; `more` are further settings of its locator."""
    axis.get_major_locator().set_params(integer=True, **more)


def conductance_curves(data: PulseDataset, most: int = 60) -> Figure:
    """Draw G over pulse time from many starting conductances, one panel a direction, the S-curves of the circuit;
    return the figure.
    """
    figure, grid = axes(2)
    rows = data.frame.loc[data.frame.history_g_S.map(len) > 1]
    for ax, sign, name, colour in ((grid[0, 0], 1, "SET", SET_COLOUR), (grid[0, 1], -1, "RESET", RESET_COLOUR)):
        mine = rows.loc[np.sign(rows.g_target_S - rows.g_start_S) == sign].head(most)
        for g_S, dt_s in zip(mine.history_g_S, mine.history_dt_s, strict=True):
            g = np.asarray(g_S) * 1e6
            ax.semilogx(np.arange(1, len(g)) * dt_s, g[1:], color=colour, alpha=0.35, linewidth=0.8)
        ax.set(title=f"{name}, {_volts(data, sign)}", xlabel="pulse width (s)", ylabel="G (uS)")
    return figure


def _volts(data: PulseDataset, sign: int) -> str:
    """Return the amplitude of a direction in words."""
    volts = data.frame.amplitude_V[data.frame.amplitude_V * sign < 0].unique()
    return f"{volts[0]:+.3f} V at the driver" if len(volts) == 1 else "several amplitudes"


def predicted_time(needed_s: np.ndarray, predicted_s: np.ndarray) -> Figure:
    """Draw predicted over needed pulse time, both signs, on logarithmic axes; return the figure."""
    figure, grid = axes(2)
    for ax, sign, name, colour in ((grid[0, 0], 1, "SET", SET_COLOUR), (grid[0, 1], -1, "RESET", RESET_COLOUR)):
        mine = np.sign(needed_s) == sign
        x, y = np.abs(needed_s[mine]), np.abs(predicted_s[mine])
        if len(x):
            ends = [min(x.min(), y.min()) * 0.7, max(x.max(), y.max()) * 1.4]
            ax.loglog(ends, ends, color="#888", linewidth=0.8)
            ax.loglog(x, y, "o", markersize=4, alpha=0.7, color=colour)
        ax.set(title=f"{name}, {mine.sum()} held-out records", xlabel="needed time (s)", ylabel="predicted time (s)")
    return figure


def write_histories(histories: Mapping[str, Sequence[History]]) -> Figure:
    """Draw readings over pulses, one panel a target with its band, one line a write, one colour a programmer; return
    the figure.
    """
    targets = sorted({history.target_S for several in histories.values() for history in several})
    columns = min(4, len(targets))
    figure, grid = axes(columns, -(-len(targets) // columns), width=9.2 / columns if columns > 1 else 4.6, height=2.3)
    for ax in grid.flat[len(targets) :]:
        ax.set_visible(False)
    for ax, target in zip(grid.flat, targets, strict=False):
        tolerance = 0.0
        for (name, several), colour in zip(histories.items(), _PALETTE * len(histories), strict=False):
            for history in (h for h in several if h.target_S == target):
                g = np.array(history.readings_S) * 1e6
                ax.plot(history.sent[: len(g)], g, "o-", markersize=2.5, linewidth=1, color=colour, label=name)
                tolerance = history.tolerance
        ax.axhspan(target * (1 - tolerance) * 1e6, target * (1 + tolerance) * 1e6, color="#3a8f5c", alpha=0.15)
        ax.set_title(f"to {target * 1e6:.0f} uS", fontsize=9)
        whole_numbers(ax.xaxis, min_n_ticks=1)
    for ax in grid[:, 0]:
        ax.set_ylabel("reading (uS)")
    for ax in grid[-1]:
        ax.set_xlabel("pulses")
    lines = {line.get_label(): line for line in grid[0, 0].get_lines()}
    figure.legend(lines.values(), lines.keys(), loc="outside upper center", ncols=len(lines), frameon=False)
    return figure


def programmer_bars(rows: Mapping[str, Mapping[str, float]]) -> Figure:
    """Draw pulses per write and total programming time, a bar a programmer; return the figure."""
    figure, grid = axes(2, height=0.8 + 0.5 * max(len(rows), 2))
    names, colours = list(rows), [_PALETTE[k % len(_PALETTE)] for k in range(len(rows))]
    panels = (
        ("pulses_mean", 1, "pulses per write (mean)"),
        ("time_s", 1e6, "programming time per write (us, pulses + reads)"),
    )
    for ax, (key, factor, label) in zip(grid[0], panels, strict=True):
        values = [rows[name][key] * factor for name in names]
        ax.barh(names, values, color=colours, height=0.6)
        for k, value in enumerate(values):
            ax.annotate(f"{value:.3g}", (value, k), xytext=(4, 0), textcoords="offset points", va="center")
        ax.invert_yaxis()
        ax.margins(x=0.15)
        ax.set_xlabel(label)
    return figure
