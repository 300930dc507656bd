"""One pulse into a cell at fidelity "circuit" whose device has no walk: its kernels behind the measured circuit."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..circuit.pulse import PWL, Pulse
from ..circuit.result import Result
from ..circuit.waveform import Effort, Waveform
from ..compact.jart.load_line import FALL, LINE, NODE, OHM, RISE, corner, pieces_of_edge
from ..device.memristor import Memristor
from ..device.state import State
from .survey_compact import followed_wave

_ROWS = 8192
"""Longest trace: a longer one is thinned."""


def survey_measured_wave(
    device: Memristor, load: np.ndarray, series_ohm: float, pulse: Pulse, part: np.ndarray, state: State
) -> Waveform:
    """Return the waveform of a part of a pulse (2,) [s], in the time of its rise, from a state on, without a digest.

    series_ohm is the resistance of the bit line [Ohm].

    Raises
    ------
    ArithmeticError
        Where the model gives values that are not finite.
    """
    x = device.legal(state.x[0])[0]
    if load[NODE] == 0.0:
        ohm = float(load[int(load[LINE]) + OHM])
        wave = followed_wave(device, _line_voltage(load, pulse, part), ohm, x)
        points = np.array([wave.time_s, wave[device.lead.name], wave["v_ae"], wave["i_cell"], wave["v_cell"]])
        energy_J = wave.energy_J
    else:
        points, energy_J = _behind_node(device, load, pulse, part, x)
    time_s, found, v, i, v_cell = points
    v_oe = np.maximum(-v, 0.0) + series_ohm * i
    traces = {"v_ae": v_oe + v_cell, "v_oe": v_oe, "v_cell": v_cell, "i_cell": i, device.lead.name: found}
    after = State(((float(found[-1]),),))
    return Waveform(time_s, traces, after, energy_J, Result.OK, Effort(points=len(time_s)), device)


def _line_voltage(load: np.ndarray, pulse: Pulse, part: np.ndarray) -> PWL:
    """Return the drive of a pulse with the edges of a load, between two times in the time of its rise [s]."""
    corners = [(-np.inf, 0.0)]
    for shape, begin_s, span_s in ((RISE, 0.0, pulse.rise), (FALL, pulse.rise + pulse.width, pulse.fall)):
        for k in range(pieces_of_edge(shape, load) + 1):
            share, height = corner(shape, k, load)
            corners.append((max(begin_s + share * span_s, corners[-1][0]), pulse.amplitude * height))
    times, volts = np.array(corners[1:]).T
    inside = (times > part[0]) & (times < part[1]) & (np.diff(times, append=np.inf) > 0)
    ends = np.interp(part, times, volts)
    return PWL(
        (0.0, *(times[inside] - part[0]).tolist(), float(part[1] - part[0])),
        (float(ends[0]), *volts[inside].tolist(), float(ends[1])),
    )


def _behind_node(device: Any, load: np.ndarray, pulse: Pulse, part: np.ndarray, x: float) -> tuple[np.ndarray, float]:
    """Return time, state, drive, current and own voltage over time, (5, T), and the energy [J]."""
    from ..compact.threshold import node_pulses as kernels  # numba
    from ..compact.threshold.survey_families import family_number, family_vector

    trace, m = np.full((_ROWS, kernels.COLUMNS), np.nan), np.empty(kernels.MEMORY)
    given = np.array([pulse.amplitude, pulse.rise, pulse.width, pulse.fall])
    end = kernels.trace_node_pulse(
        family_number(device), float(device.POLARITY), family_vector(device), load, x, given, part, trace, m
    )
    if not np.isfinite(end):
        raise ArithmeticError("no finite rate at these voltages")
    points = trace[: int(m[kernels.ROWS])]
    if points[-1, 0] != trace[-1, 0]:
        points = np.vstack([points, trace[-1]])
    points[:, 1] = np.clip(points[:, 1], *device.bounds)
    return points.T, float(m[kernels.ENERGY])
