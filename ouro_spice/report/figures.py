"""Figures over datasets, predictors and write histories. matplotlib is imported only where a figure is drawn."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from ..dataset import PulseDataset
from ..write_verify import History

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

SET_COLOUR, RESET_COLOUR = "#1b6ca8", "#c0492f"
_PALETTE = ("#1b6ca8", "#c0492f", "#3a8f5c", "#7d5ba6", "#b8860b", "#555f6b")


def axes(columns: int, rows: int = 1, width: float = 4.6, height: float = 3.4) -> tuple[Figure, np.ndarray]:
    """A figure with a grid of axes (rows, columns) in the package's style; no window, no global state."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(columns * width, rows * height), layout="constrained")
    FigureCanvasAgg(figure)
    grid = figure.subplots(rows, columns, squeeze=False)
    for ax in grid.flat:
        ax.grid(alpha=0.25, linewidth=0.6)
        ax.spines[["top", "right"]].set_visible(False)
    return figure, grid


def conductance_curves(data: PulseDataset, most: int = 60) -> Figure:
    """G over pulse time from many starting conductances, one panel a direction: the S-curves of the circuit."""
    figure, grid = axes(2)
    rows = data.frame[data.frame.history_g_S.map(len) > 1]
    for ax, sign, name, colour in ((grid[0, 0], 1, "SET", SET_COLOUR), (grid[0, 1], -1, "RESET", RESET_COLOUR)):
        for row in rows[np.sign(rows.g_target_S - rows.g_start_S) == sign].head(most).itertuples():
            g = np.asarray(row.history_g_S) * 1e6
            ax.plot(np.arange(len(g)) * row.history_dt_s * 1e6, g, color=colour, alpha=0.35, linewidth=0.8)
        ax.set(title=f"{name}, {_volts(data, sign)}", xlabel="pulse width (us)", ylabel="G (uS)")
    return figure


def _volts(data: PulseDataset, sign: int) -> str:
    return f"{data.pair.amplitude(sign):+.3f} V at the driver"


def predicted_time(needed_s: np.ndarray, predicted_s: np.ndarray) -> Figure:
    """Predicted against needed pulse time, both signs, on logarithmic axes."""
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
    """Conductance over the number of pulses for each write, one panel a programmer, targets with their bands."""
    figure, grid = axes(len(histories), height=4.0)
    most = max((len(h.pulses) for several in histories.values() for h in several), default=1)
    for ax, (name, several) in zip(grid[0], histories.items(), strict=True):
        for k, history in enumerate(several):
            _history(ax, history, _PALETTE[k % len(_PALETTE)], most)
        ax.set(title=name, xlabel="pulses", ylabel="reading (uS)", xlim=(-0.3, most + 0.6))
    return figure


def _history(ax: Axes, history: History, colour: str, most: int) -> None:
    target, g = history.target_S * 1e6, np.array(history.readings_S) * 1e6
    last = len(g) - 1
    ax.plot([max(last - 0.3, 0), most + 0.4], [target, target], color=colour, linewidth=0.7, linestyle=":")
    ax.plot(np.arange(len(g)), g, marker="o", markersize=3, linewidth=1, color=colour)
    if len(g):
        ax.errorbar([last], [target], yerr=[target * history.tolerance], color=colour, capsize=3, linewidth=1, alpha=0.6)


def programmer_bars(rows: Mapping[str, Mapping[str, float]]) -> Figure:
    """Pulses per write and total programming time, a bar a programmer."""
    figure, grid = axes(2, height=0.8 + 0.5 * max(len(rows), 2))
    names, colours = list(rows), [_PALETTE[k % len(_PALETTE)] for k in range(len(rows))]
    panels = (("pulses_mean", 1, "pulses per write (mean)"), ("time_s", 1e6, "programming time per write (us, pulses + reads)"))
    for ax, (key, factor, label) in zip(grid[0], panels, strict=True):
        values = [rows[name][key] * factor for name in names]
        ax.barh(names, values, color=colours, height=0.6)
        for k, value in enumerate(values):
            ax.annotate(f"{value:.3g}", (value, k), xytext=(4, 0), textcoords="offset points", va="center")
        ax.invert_yaxis()
        ax.margins(x=0.15)
        ax.set_xlabel(label)
    return figure
