"""One pulse into a compact cell of a family without a walk: its kernels, as a waveform like that of a circuit."""

from __future__ import annotations

import numpy as np

from ..circuit.compact_cell import CompactCell
from ..circuit.pulse import PWL
from ..circuit.result import Result
from ..circuit.stimuli import Stimulus
from ..circuit.waveform import Effort, Waveform
from ..compact import characteristics
from ..device.memristor import Memristor
from ..device.state import State

_POINTS = 200
"""A waveform has at least this many points."""

_WAY = 0.02
"""From point to point neither ln g changes by more, nor the state by more of the window."""

_ROUNDS, _MOST, _PARTS = 16, 20_000, 32
"""Times that points are put between others; points of a waveform at most; parts of an interval in one round."""


def survey_wave(cell: CompactCell, pulse: Stimulus, begin_s: float, end_s: float, state: State) -> Waveform:
    """Return the waveform of one pulse between two of its times [s] from a state on, without a digest.

    Raises
    ------
    ArithmeticError
        Where the model gives values that are not finite.
    """
    x = cell.device.legal(state.x[0])[0]
    return followed_wave(cell.device, cell.voltage([pulse]).window(begin_s, end_s), cell.resistance, x)


def followed_wave(device: Memristor, pwl: PWL, ohm: float, x: float) -> Waveform:
    """Return the waveform of a device behind a resistance [Ohm] under a voltage, from a state on.

    The kernel's own steps are exact to 1e-6 or so wherever the points lie; these are put where the state moves, so that
    energy and crossings, which are taken from them, are as well.

    Raises
    ------
    ArithmeticError
        Where the model gives values that are not finite.
    """
    from ..compact.threshold.survey_following import follow_behind  # numba

    times = np.unique(np.concatenate([pwl.times_s, np.linspace(0.0, pwl.times_s[-1], _POINTS)]))
    rounds = 0
    while True:
        v = np.interp(times, pwl.times_s, pwl.volts)
        found, i, energy_J = follow_behind(device, times, v, x, ohm)
        parts = np.minimum(_ways(device, found), _PARTS).astype(int)
        rounds += 1
        if rounds == _ROUNDS or len(times) > _MOST or not np.any(parts > 1):
            break
        times = _divided(times, parts)
    v_cell = v - ohm * i
    traces = {"v_ae": v_cell, "v_oe": np.zeros_like(v), "v_cell": v_cell, "i_cell": i, device.lead.name: found}
    after = State(((float(found[-1]),),))
    return Waveform(times, traces, after, energy_J, Result.OK, Effort(points=len(times)), device)


def _ways(device: Memristor, x: np.ndarray) -> np.ndarray:
    """Return how many times `_WAY` lies between each two points, (T - 1,), rounded up, 1 at least."""
    low, high = sorted(device.lead.scaled(device.window_x))
    moved = np.abs(np.diff(device.lead.scaled(x))) / (high - low)
    moved = np.maximum(moved, np.abs(np.diff(np.log(characteristics.conductance(device, x)))))
    return np.maximum(np.ceil(moved / _WAY), 1)


def _divided(times: np.ndarray, parts: np.ndarray) -> np.ndarray:
    """Return ascending times (T,) with each interval divided into so many equal parts (T - 1,)."""
    inside = [np.linspace(a, b, n + 1)[1:-1] for a, b, n in zip(times[:-1], times[1:], parts, strict=True) if n > 1]
    return np.unique(np.concatenate([times, *inside]))
