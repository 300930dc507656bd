"""The figure of pulses sent to a cell: what the driver does, what reaches the device, what it makes of it."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from .._util.files import write_whole
from ..circuit.cell_kinds import Cell, memristor
from ..circuit.compact_cell import CompactCell
from ..circuit.drive_waveforms import Pwl
from ..circuit.stimuli import Stimulus
from ..circuit.waveform import Waveform
from .figures import RESET_COLOUR, SET_COLOUR, axes
from .heat_maps import prefixed

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_NAMED = 12
"""Up to so many pulses are named in the figure."""

_GROUNDS = 100
"""Up to so many times of one sign have a ground."""


def pulse_figure(cell: Cell | CompactCell, pulses: Sequence[Stimulus], wave: Waveform) -> Figure:
    """Draw the voltages at driver and device, the device's current and its conductance over time; return the figure.

    SET pulses stand on blue ground, RESET pulses on red.
    """
    figure, grid = axes(1, 3, width=7.2, height=2.0)
    voltage, current, conductance = grid[:, 0]
    factor, unit = prefixed(wave.time_s, "s")
    time = wave.time_s * factor
    volts_at, volts = _driven(cell, pulses, wave)
    voltage.plot(volts_at * factor, volts, color="#777777", linewidth=1.2, label="driver")
    voltage.plot(time, wave["v_cell"], color="#222222", linewidth=1.4, label="device, V(AE, OE)")
    voltage.set_ylabel("voltage (V)")
    amps, ampere = prefixed(wave["i_cell"], "A")
    current.plot(time, wave["i_cell"] * amps, color="#222222", linewidth=1.4)
    current.set_ylabel(f"current ({ampere})")
    g = wave.g * 1e6
    conductance.plot(time, g, color="#3a8f5c", linewidth=1.8)
    conductance.set(ylabel=f"G at {memristor(cell).read_V:g} V (uS)", xlabel=f"time ({unit})", xlim=(0, time[-1]))
    conductance.set_title(f"{g[0]:.1f} to {g[-1]:.1f} uS", fontsize=9, loc="right")
    for ax in grid[:, 0]:
        ax.margins(y=0.12)
        _ground(ax, cell, pulses, factor)
    voltage.legend(loc="lower left", bbox_to_anchor=(0, 1.0), ncols=4, frameon=False, fontsize=8)
    for ax in (voltage, current):
        ax.sharex(conductance)
        ax.tick_params(labelbottom=False)
        ax.axhline(0, color="#bbbbbb", linewidth=0.8, zorder=0)
    if 1 < len(pulses) <= _NAMED:
        for number, (begin, end, _) in enumerate(_times(cell, pulses), 1):
            place = ((begin + end) / 2 * factor, 0.02)
            voltage.text(
                *place, str(number), transform=voltage.get_xaxis_transform(), ha="center", va="bottom", fontsize=8
            )
    return figure


def write_pulse_figure(figure: Figure, folder: Path) -> list[Path]:
    """Write a figure as ``pulse.png`` and ``pulse.svg``; return their paths. OutputError where that cannot be."""
    kinds: dict[str, dict[str, Any]] = {"png": {"dpi": 150}, "svg": {"metadata": {"Date": None}}}
    return [
        write_whole(folder / f"pulse.{kind}", partial(figure.savefig, format=kind, **more))
        for kind, more in kinds.items()
    ]


def _driven(cell: Cell | CompactCell, pulses: Sequence[Stimulus], wave: Waveform) -> tuple[np.ndarray, np.ndarray]:
    """Return times [s] and the voltage that the drivers put across the cell, AE's side less OE's [V]."""
    if isinstance(cell, CompactCell):
        pwl = cell.voltage(pulses)
        return np.array(pwl.times_s), np.array(pwl.volts)
    return wave.time_s, wave["v_sl" if "v_sl" in wave.traces else "v_wl"] - wave["v_bl"]


def _times(cell: Cell | CompactCell, pulses: Sequence[Stimulus]) -> list[tuple[float, float, Stimulus]]:
    """Return begin and end of each pulse or waveform, rise to fall [s]."""
    found, now = [], 0.0
    for pulse in pulses:
        begin = now + cell.flat_start_s(pulse) - pulse.rise
        found.append((begin, begin + pulse.duration, pulse))
        now += cell.duration([pulse])
    return found


def _ground(ax: Any, cell: Cell | CompactCell, pulses: Sequence[Stimulus], factor: float) -> None:
    """Draw a coloured ground behind each pulse, named once for the legend."""
    named, grounds = set(), []
    for begin, end, pulse in _times(cell, pulses):
        if isinstance(pulse, Pwl):
            grounds += [(begin + lobe.begin_s, begin + lobe.end_s, lobe.polarity) for lobe in pulse.lobes]
        else:
            grounds.append((begin, end, pulse.polarity))
    for begin, end, polarity in grounds if len(grounds) <= max(_GROUNDS, len(pulses)) else []:
        name, colour = ("SET", SET_COLOUR) if polarity < 0 else ("RESET", RESET_COLOUR)
        label = None if name in named else f"{name} pulse"
        ax.axvspan(begin * factor, end * factor, color=colour, alpha=0.1, linewidth=0, label=label)
        named.add(name)
