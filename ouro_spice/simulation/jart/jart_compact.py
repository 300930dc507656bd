"""One pulse into a compact cell of a JART device: the integration of its kernels, as a waveform."""

from __future__ import annotations

import numpy as np

from ..._util import random_keys
from ...circuit.compact_cell import CompactCell
from ...circuit.drive_waveforms import Pwl
from ...circuit.result import Result
from ...circuit.stimuli import Stimulus, half_cycles
from ...circuit.waveform import Effort, Waveform
from ...compact.jart import jart_characteristics as characteristics
from ...device.jart import walk_values
from ...device.jart.jart_device import Device
from ...device.jart.walk import HalfCycleWalk, Walk
from ...device.jart.walk_state import WalkState
from ...device.state import State

POINTS = 200
"""A waveform has at least this many points; the integration itself needs far fewer."""

_MOST_STEPS = 1e9
"""A pulse has at most this many steps of a walk: some minutes."""


def jart_wave(
    cell: CompactCell,
    device: Device,
    seed: int,
    pulse: Stimulus,
    begin_s: float,
    end_s: float,
    state: State,
    polarity: int,
) -> Waveform:
    """Return the waveform of one pulse between two of its times [s] from a state on, without a digest.

    `polarity` is that for a `HalfCycleWalk`.

    Raises
    ------
    ArithmeticError
        Where the model gives values that are not finite.
    """
    n = device.legal(state.x[0])[0]
    wander = walk_values.initial_state(device, n, state.walked()) if device.walk else None
    moved = device
    if wander and isinstance(device.walk, HalfCycleWalk):
        moved, wander = walk_values.half_cycle(device, n, wander, polarity, random_keys.stream_key(seed))
    return _wave(cell, moved, wander, seed, pulse, begin_s, end_s, n)


def _wave(
    cell: CompactCell,
    moved: Device,
    wander: WalkState | None,
    seed: int,
    pulse: Stimulus,
    begin_s: float,
    end_s: float,
    n: float,
) -> Waveform:
    from ...compact.jart.one_device import follow_one  # numba
    from ...compact.jart.parameter_vector import vector

    walk = moved.walk if isinstance(moved.walk, Walk) else None
    pwl = cell.voltage([pulse]).window(begin_s, end_s)
    times = np.array(pwl.times_s)
    if walk:
        walk.check_time(min(pulse.duration, end_s - begin_s), _MOST_STEPS)
    done = follow_one(
        cell.model, vector(moved), times, np.array(pwl.volts), n, writing=cell.writing(pulse, times + begin_s),
        rs_ohm=cell.resistance, walk=walk.settings if walk else None,
        wander=wander.vector if walk and wander else None, key=random_keys.stream_key(seed) if walk else None,
        grid_s=(end_s - begin_s) / POINTS, trace=True,
    )  # fmt: skip
    if walk:
        last = half_cycles(pulse, 0.0, begin_s, end_s)[-1].lobe if isinstance(pulse, Pwl) else pulse
        wander = WalkState.from_vector(done.wander, last.polarity)
    after = State(((done.n_end,),), wander=(wander,) if wander else ())
    effort = Effort(points=done.steps)
    points = done.trace
    points[-1, 1] = done.n_end
    if walk:  # where a step of the walk ends with the part, the last point is behind it
        points[-1, 2:4] = done.wander[:2]
    traces = _traces(cell, moved, points)
    if cell.device.walk is None:
        traces = {name: trace for name, trace in traces.items() if name not in ("r", "l")}
    return Waveform(points[:, 0], traces, after, done.energy_J, Result.OK, effort, cell.device)


def _traces(cell: CompactCell, moved: Device, points: np.ndarray) -> dict[str, np.ndarray]:
    _, n, r, length, v, i, v_cell = points.T
    if cell.model == "tud":
        from ...compact.jart import elementwise, parameter_vector  # numba

        fit = {"clamped": elementwise.clamped(n, r, length, parameter_vector.vector(moved))}
    else:
        fit = {}
    return fit | {"v_ae": v_cell, "v_oe": np.zeros_like(v)} | jart_traces(moved, n, r, length, v_cell, i, cell.model)


def jart_traces(
    moved: Device,
    n: np.ndarray,
    r: np.ndarray,
    length: np.ndarray,
    v_cell: np.ndarray,
    i: np.ndarray,
    model: str | None = None,
) -> dict[str, np.ndarray]:
    """Return the traces of a device (T,) by name: concentrations, r [m] and length l [nm] as they walk,
    voltage [V], current [A].
    """
    way = n - moved.Nref  # r and l follow it as far as in the kernels' `geometry`
    r_now = np.clip(r + moved.drdN * way, 0.5 * r, 2 * r)
    l_now = np.clip(length + moved.dldN * way, 0.5 * length, np.minimum(2 * length, moved.lcell))
    g = characteristics.conductance(moved, n, r, length, model)
    temperature = characteristics.temperature(moved, v_cell, i, r_now)
    named = {"v_cell": v_cell, "i_cell": i, "n_disc": n, "temperature": temperature}
    return named | {"r": r_now, "l": l_now, "g": g}
