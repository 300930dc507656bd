"""Figures that tell the flow from a pulse to a verified write: one each for its steps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from ..circuit.waveform import Waveform
from ..evaluation.deployment import Deployment
from ..programming.history import History
from ..programming.outcome import Outcome
from .figures import RESET_COLOUR, SET_COLOUR, axes, whole_numbers
from .variants import check_some, check_window, looks

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_BAND = "#3a8f5c"

_WRITES = 12
"""Writes that a panel shows pulse by pulse: more cannot be told apart."""


def pulse_in_circuit(wave: Waveform, others: Sequence[Waveform], target_S: float, driver: str = "v_bl") -> Figure:
    """Draw what the driver sends and the device gets, its current, and its conductance on the way to a target;
    return the figure.

    `others`: the same pulse into other devices, of which the conductance is drawn.
    """
    figure, grid = axes(1, 3, width=7.6, height=1.8)
    volts, current, conductance = grid[:, 0]
    volts.plot(wave.time_s * 1e9, np.abs(wave[driver]), color="#222", linestyle="--", linewidth=1.2, label="driver")
    volts.plot(wave.time_s * 1e9, np.abs(wave["v_cell"]), color=SET_COLOUR, linewidth=1.5, label="device")
    volts.set_ylabel("|V| (V)")
    volts.legend(frameon=False, fontsize=8, ncols=2, loc="lower center")
    current.plot(wave.time_s * 1e9, np.abs(wave["i_cell"]) * 1e6, color=RESET_COLOUR, linewidth=1.5)
    current.set_ylabel("|I| (uA)")
    for one in others:
        conductance.plot(one.time_s * 1e9, one.g * 1e6, color="#999", linewidth=0.8)
    conductance.plot(wave.time_s * 1e9, wave.g * 1e6, color=SET_COLOUR, linewidth=2)
    conductance.axhline(target_S * 1e6, color=_BAND, linewidth=1, linestyle="--")
    conductance.set(xlabel="time (ns)", ylabel="G (uS)")
    conductance.margins(y=0.12)
    conductance.annotate(
        "target", (0.0, target_S * 1e6), xycoords=("axes fraction", "data"), xytext=(4, 3), fontsize=8, color=_BAND,
        textcoords="offset points",
    )  # fmt: skip
    for ax in (volts, current):
        ax.tick_params(labelbottom=False)
    return figure


def needed_times(frame: pd.DataFrame) -> Figure:
    """Draw the pulse time of each record that reached its target over start and target, SET and RESET in one panel;
    return the figure.

    `frame` is that of a dataset: columns ``g_start_S, g_target_S, t_pulse_s, outcome``.
    """
    from matplotlib.colors import LogNorm

    rows = frame.loc[(frame.outcome == "reached") & (frame.t_pulse_s != 0)]
    figure, grid = axes(1, width=5.6, height=4.2)
    ax = grid[0, 0]
    time_ns = np.abs(rows.t_pulse_s.to_numpy()) * 1e9
    g_uS = 1e6 * np.concatenate([rows.g_start_S, rows.g_target_S])
    if len(rows):
        ends = [g_uS.min() - 10, g_uS.max() + 10]
        ax.plot(ends, ends, color="#888", linewidth=0.8)
        shown = ax.scatter(
            rows.g_start_S * 1e6, rows.g_target_S * 1e6, c=time_ns, norm=LogNorm(), cmap="viridis", s=14, linewidth=0
        )
        figure.colorbar(shown, label="pulse time that reaches the target (ns)")
        ax.text(0.03, 0.95, "SET", transform=ax.transAxes, color=SET_COLOUR, va="top")
        ax.text(0.97, 0.05, "RESET", transform=ax.transAxes, color=RESET_COLOUR, ha="right")
    ax.set(xlabel="G_start (uS)", ylabel="G_target (uS)")
    return figure


def ends(deployments: Mapping[str, Deployment], window_S: tuple[float, float], band: float = 0.2) -> Figure:
    """Draw where single attempts end over their targets, a panel a variant, the band as a strip; return the figure.

    Raises
    ------
    ValueError
        For no deployment at all, or a window that is none.
    """
    check_some("deployments", deployments)
    low, high = (1e6 * end for end in check_window(window_S))
    figure, grid = axes(len(deployments), width=3.2, height=3.3)
    line = np.array([low, high])
    for ax, (name, one) in zip(grid[0], deployments.items(), strict=True):
        ax.fill_between(line, line * (1 - band), line * (1 + band), color=_BAND, alpha=0.18, linewidth=0)
        ax.plot(line, line, color=_BAND, linewidth=0.8)
        inside = one.rpd <= band
        for these, colour in ((inside, _BAND), (~inside, RESET_COLOUR)):
            ax.plot(one.target_S[these] * 1e6, one.end_S[these] * 1e6, "o", markersize=3, color=colour, alpha=0.8)
        ax.set_title(f"{name}: {100 * np.mean(inside):.0f} % within ±{100 * band:g} %", fontsize=9)
        ax.set(xlabel="G_target (uS)", xlim=(low - 20, high + 20), ylim=(low * 0.6, high * 1.15))
    grid[0, 0].set_ylabel("G after one pulse (uS)")
    return figure


def distances(histories: Mapping[str, Sequence[History]]) -> Figure:
    """Draw how far the readings of the first writes are from their targets over the pulses, a panel a programmer, a
    line a write; return the figure.

    Raises
    ------
    ValueError
        For no programmer.
    """
    check_some("histories", histories)
    figure, grid = axes(len(histories), width=4.0, height=3.2)
    few = {name: several[:_WRITES] for name, several in histories.items()}
    most = max(len(one.pulses) for several in few.values() for one in several)
    for ax, (name, several) in zip(grid[0], few.items(), strict=True):
        _distance_lines(ax, several)
        band = 100 * several[0].tolerance
        ax.axhspan(-band, band, color=_BAND, alpha=0.2, linewidth=0)
        ax.set_title(f"{name}, {len(several)} of {len(histories[name])} writes", fontsize=9)
        ax.set(xlabel="pulses", xlim=(0, max(most, 1)))
        ax.set_yscale("symlog", linthresh=band)
        ax.set_yticks([-100, -30, -band, 0, band, 30, 100, 300])
        ax.yaxis.set_major_formatter(lambda value, _: f"{value:+.0f}" if value else "0")
        ax.set_ylim(-100, 500)
        whole_numbers(ax.xaxis, min_n_ticks=1)
    grid[0, 0].set_ylabel("reading, from the target (%)")
    return figure


def _distance_lines(ax: Axes, histories: Sequence[History]) -> None:
    """Draw a line a write, and a point where it ended; red where it missed its target."""
    for one in histories:
        away = 100 * (np.array(one.readings_S) / one.target_S - 1)
        colour = SET_COLOUR if one.outcome is Outcome.REACHED else RESET_COLOUR
        sent = one.sent[: len(away)]
        ax.plot(sent, away, color=colour, linewidth=0.7, alpha=0.5)
        ax.plot(sent[-1:], away[-1:], "o", markersize=2.5, color=colour)


def writes_done(histories: Mapping[str, Sequence[History]], most: int = 20) -> Figure:
    """Draw the share of writes that have reached their target after so many pulses, a line a programmer; return the
    figure.

    Raises
    ------
    ValueError
        For no programmer.
    """
    check_some("histories", histories)
    figure, grid = axes(1, width=7.2, height=3.8)
    ax, pulses = grid[0, 0], np.arange(most + 1)
    for name, look in looks(histories).items():
        took = np.array([len(h.pulses) if h.outcome is Outcome.REACHED else np.inf for h in histories[name]])
        share = 100 * np.mean(took[:, None] <= pulses, axis=0)
        ax.step(pulses, share, where="post", linewidth=1.6, label=name, **look)
    ax.set(xlabel="pulses", ylabel="share of writes that are done (%)", xlim=(0, most), ylim=(0, 102))
    whole_numbers(ax.xaxis)
    ax.legend(frameon=False, fontsize=8, loc="lower right")
    return figure
