"""The way of a noise-free device through its window: how long it takes, and what the device sees on it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..circuit.cell_kinds import Cell
from ..circuit.compact_cell import CompactCell
from ..circuit.pulse import Pulse
from ..circuit.waveform import Waveform
from ..device.memristor import Memristor
from ..spice.ngspice import Engine
from .transient import run_of, send


@dataclass(frozen=True)
class Traverse:
    """One way through the window.

    Attributes
    ----------
    time_s
        How long it takes at full amplitude [s].
    v_cell
        Voltage at the device when half of that time has passed [V].
    i_peak
        Largest current through the device on the way [A].
    """

    time_s: float
    v_cell: float
    i_peak: float


def without_bounds(cell: Cell | CompactCell) -> tuple[Cell | CompactCell, float, float]:
    """Return the cell with a device that has neither noise nor the bounds of a window, and the ends of the window: of
    the first state variable, that of the lowest conductance first.

    At the bounds the rate goes to 0, and a crossing would never end.
    """
    if not isinstance(cell, Cell | CompactCell) or not isinstance(cell.device, Memristor):
        raise ValueError(
            f"{type(cell).__name__}: a pair takes a Cell1R, Cell1T1R, CompactCell or cell of an array with a memristor"
        )
    return cell.replace(device=cell.device.free), *cell.device.window_x


def traverse_s(
    cell: Cell | CompactCell, amplitude: float, start_x: float, end_x: float, limit_s: float, engine: Engine
) -> float:
    """Return the time at full amplitude until the first state variable has gone from one value to another [s]; infinite
    beyond `limit_s`.
    """
    crossed_s, flat_s, _ = run_crossing(cell, amplitude, start_x, end_x, limit_s, engine)
    return max(crossed_s - flat_s, 0.0)


def traverse(
    cell: Cell | CompactCell, amplitude: float, start_x: float, end_x: float, limit_s: float, engine: Engine
) -> Traverse | None:
    """Return the way between two states at an amplitude [V]; None where it takes over `limit_s`."""
    crossed_s, flat_s, wave = run_crossing(cell, amplitude, start_x, end_x, limit_s, engine)
    if not np.isfinite(crossed_s):
        return None
    v_cell = np.interp((flat_s + crossed_s) / 2, wave.time_s, wave["v_cell"])
    i_peak = np.abs(wave["i_cell"][wave.time_s <= crossed_s]).max()
    return Traverse(max(crossed_s - flat_s, 0.0), float(v_cell), float(i_peak))


def run_crossing(
    cell: Cell | CompactCell,
    amplitude: float,
    start_x: float,
    end_x: float,
    limit_s: float,
    engine: Engine,
    edge_s: float = 2e-9,
) -> tuple[float, float, Waveform]:
    """Return when `end_x` is crossed (infinite where it is not), when full amplitude begins [s], and the waveform."""
    pulse = Pulse(amplitude, limit_s, edge_s, edge_s)
    # a search tries amplitudes that nobody has asked for: no warnings
    run = run_of(cell, 0, True, engine)
    wave = send(run, [pulse], cell.state().changed(cell.index, x=start_x))
    flat_s = cell.flat_start_s(pulse)
    progress = (1 if end_x > start_x else -1) * _ahead(wave, end_x)
    if progress.max() < 0:
        return float("inf"), flat_s, wave
    k = int(np.argmax(progress >= 0))
    if k == 0:
        return 0.0, flat_s, wave
    # linear between the two points around the crossing
    share = progress[k - 1] / (progress[k - 1] - progress[k])
    return float(wave.time_s[k - 1] + share * (wave.time_s[k] - wave.time_s[k - 1])), flat_s, wave


def _ahead(wave: Waveform, end_x: float) -> np.ndarray:
    """Return how far the state is beyond another, on the scale of its variable, (T,)."""
    x, device = wave.lead(), wave.device
    if device is not None and device.lead.scale == "log":
        return np.log(x / end_x)
    return x - end_x
