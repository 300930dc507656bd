"""Pulses into a cell at fidelity "circuit": kernels behind the measured circuit, as waveforms like those of SPICE."""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from .._util import random_keys
from ..circuit.cell_kinds import LoneCell
from ..circuit.pulse import Parallel, Pulse
from ..circuit.result import Result, SimulationError
from ..circuit.stimuli import Stimulus, checked
from ..circuit.waveform import Effort, Fidelity, Waveform
from ..device.jart import walk_values
from ..device.jart.jart_device import Device
from ..device.jart.walk import HalfCycleWalk, Walk
from ..device.jart.walk_state import WalkState
from ..device.memristor import Memristor
from ..device.state import State
from ..spice.ngspice import Engine
from .circuit_model import CircuitModel
from .survey_measured import survey_measured_wave

_NODE = "ae"
"""The node whose charge is followed, by its name in a state: one that is at rest has no voltage there."""


@dataclass(frozen=True)
class MeasuredRun:
    """A cell at fidelity "circuit", the seed of its walk, whether failures are raised, and what measures the circuit.

    `keys` are those of the random numbers of the device, at place 0; by default the seed's own.
    """

    cell: LoneCell
    seed: int
    throw: bool
    engine: Engine
    keys: Mapping[int, np.ndarray] | None = None

    def pulse(self, pulse: Stimulus | Parallel, begin_s: float, end_s: float, state: State) -> Iterator[Waveform]:
        """Yield the waveform of one pulse between two of its times [s] from a state on.

        Raises
        ------
        ValueError
            For a waveform that is no `Pulse`, or a part that begins or ends inside an edge.
        SimulationError
            Where the model gives values that are not finite, and failures are raised.
        """
        (given,) = checked(pulse)
        if not isinstance(given, Pulse):
            raise ValueError(f'{type(given).__name__}: fidelity "circuit" knows pulses alone; take fidelity "full"')
        yield self._one(given, begin_s, end_s, state)

    def _one(self, pulse: Pulse, begin_s: float, end_s: float, state: State) -> Waveform:
        """Return the waveform of a part of a pulse."""
        device = self.cell.device
        if not isinstance(device, Memristor):
            raise ValueError("a cell with a fixed resistor cannot be programmed")
        around = CircuitModel.of(self.cell, self.engine)
        on_s = self.cell.gate_edge_s
        load, series_ohm = around.circuit.load(pulse), around.circuit.series_ohm("bl", max(-pulse.amplitude, 0.0))
        part = self._part(pulse, load, begin_s - on_s, end_s - on_s)
        try:
            if isinstance(device, Device):
                wave = self._jart_wave(device, load, series_ohm, pulse, part, state)
            else:
                wave = survey_measured_wave(device, load, series_ohm, pulse, part, state)
        except ArithmeticError as error:
            if self.throw:
                raise SimulationError(Result.NOT_FINITE, "", (str(error),)) from error
            return Waveform(np.empty(0), {}, None, 0.0, Result.NOT_FINITE, device=device, log=(str(error),))
        # the first part of a pulse has the energy of its charges: that of all parts is that of the pulse
        charges_J = around.charges.of(pulse) if begin_s == 0.0 else 0.0
        return dataclasses.replace(
            wave, energy_J=wave.energy_J + charges_J, fidelity=Fidelity("circuit"),
            testbench_sha256=self._digest(device, load, pulse, begin_s, end_s),
        )  # fmt: skip

    def _jart_wave(
        self, device: Device, load: np.ndarray, series_ohm: float, pulse: Pulse, part: np.ndarray, state: State
    ) -> Waveform:
        """Return the waveform of a part of a pulse; ArithmeticError where the model has no finite rate."""
        from ..compact.jart import jart_characteristics
        from ..compact.jart.one_device import thread_rows
        from ..compact.jart.parameter_vector import vector
        from ..compact.jart.pulse_kernels import SCRATCH
        from ..compact.jart.read_kernel import trace_pulse
        from ..compact.jart.walk_kernel import STILL, start

        key = self.keys[0] if self.keys and 0 in self.keys else random_keys.stream_key(self.seed)
        n = device.legal(state.x[0])[0]
        wander = walk_values.initial_state(device, n, state.walked()) if device.walk else None
        moved = device
        if wander and isinstance(device.walk, HalfCycleWalk):
            moved, wander = walk_values.half_cycle(device, n, wander, pulse.polarity, key)
        walk = moved.walk if isinstance(moved.walk, Walk) else None
        p = vector(moved)
        w = wander.vector if walk and wander else start(p[None], np.array([n]))[0]
        rows, results = thread_rows()[0], np.empty(3)
        results[2] = state.volts.get(_NODE, np.nan)
        n_end = trace_pulse(
            jart_characteristics.code(moved, None), p, load, w, walk.settings if walk else STILL, key, n,
            np.array([pulse.amplitude, pulse.rise, pulse.width, pulse.fall]), part, rows, results, np.empty(SCRATCH),
        )  # fmt: skip
        if not np.isfinite(n_end):
            raise ArithmeticError("no finite rate at these voltages")
        points = rows[: int(np.searchsorted(np.isnan(rows[:, 0]), True))].copy()  # behind the trace there is NaN
        points[-1, 1] = n_end
        if walk:
            points[-1, 2:4] = w[:2]
            wander = WalkState.from_vector(w, pulse.polarity)
        volts = {_NODE: float(results[2])} if np.isfinite(results[2]) else {}
        after = State(((float(n_end),),), volts, wander=(wander,) if wander else ())
        traces = _traces(series_ohm, device, moved, points)
        effort = Effort(points=int(results[1]))
        return Waveform(points[:, 0], traces, after, float(results[0]), Result.OK, effort, device)

    def _part(self, pulse: Pulse, load: np.ndarray, begin_s: float, end_s: float) -> np.ndarray:
        """Return the part of a pulse in the time of its rise, (2,) [s]; ValueError for one cut inside an edge."""
        from ..compact.jart.load_line import FALL, RISE, lateness

        down = pulse.rise + pulse.width
        near = 1e-9 * pulse.duration
        rise_s = pulse.rise + lateness(RISE, pulse.rise, load)
        fall_s = pulse.fall + lateness(FALL, pulse.fall, load)
        for name, time_s in (("start_s", begin_s), ("stop_s", end_s)):
            if near < time_s < rise_s - near or down + near < time_s < down + fall_s - near:
                raise ValueError(f'{name}: fidelity "circuit" goes through an edge in one; cut outside of edges')
        corners = (0.0, rise_s, down, down + fall_s)  # what rounding leaves of an edge is no part of it
        ends = [next((at for at in corners if abs(at - time_s) <= near), time_s) for time_s in (begin_s, end_s)]
        return np.array(ends)

    def _digest(self, device: Any, load: np.ndarray, pulse: Pulse, begin_s: float, end_s: float) -> str:
        values = [dataclasses.asdict(device), dataclasses.asdict(pulse), begin_s, end_s, self.seed]
        return hashlib.sha256(load.tobytes() + repr(values).encode()).hexdigest()


def _traces(ohm: float, device: Device, moved: Device, points: np.ndarray) -> dict[str, np.ndarray]:
    """Return the traces of a trajectory (T, 7) by name, as a circuit in SPICE has them, behind a bit line [Ohm]."""
    from .jart.jart_compact import jart_traces

    _, n, r, length, v, i, v_cell = points.T
    v_oe = np.maximum(-v, 0.0) + ohm * i
    named = {"v_ae": v_oe + v_cell, "v_oe": v_oe}
    own = jart_traces(moved, n, r, length, v_cell, i)
    if device.walk is None:
        own = {name: trace for name, trace in own.items() if name not in ("r", "l")}
    return named | own
