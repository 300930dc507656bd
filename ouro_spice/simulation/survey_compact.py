"""One pulse into a compact cell of a family without a walk: its kernels, as a waveform like that of a circuit."""

from __future__ import annotations

import numpy as np

from ..circuit.compact_cell import CompactCell
from ..circuit.result import Result
from ..circuit.stimuli import Stimulus
from ..circuit.waveform import Effort, Waveform
from ..device.state import State

_POINTS = 200
"""A waveform has at least this many points."""


def survey_wave(cell: CompactCell, pulse: Stimulus, begin_s: float, end_s: float, state: State) -> Waveform:
    """Return the waveform of one pulse between two of its times [s] from a state on, without a digest.

    Raises
    ------
    ArithmeticError
        Where the model gives values that are not finite.
    """
    from ..compact.threshold.survey_following import follow_behind  # numba

    device = cell.device
    x = device.legal(state.x[0])[0]
    pwl = cell.voltage([pulse]).window(begin_s, end_s)
    times = np.unique(np.concatenate([pwl.times_s, np.linspace(0.0, end_s - begin_s, _POINTS)]))
    v = np.interp(times, pwl.times_s, pwl.volts)
    found, i, energy_J = follow_behind(device, times, v, x, cell.resistance)
    v_cell = v - cell.resistance * i
    traces = {"v_ae": v_cell, "v_oe": np.zeros_like(v), "v_cell": v_cell, "i_cell": i, device.lead.name: found}
    after = State(((float(found[-1]),),))
    return Waveform(times, traces, after, energy_J, Result.OK, Effort(points=len(times)), device)
