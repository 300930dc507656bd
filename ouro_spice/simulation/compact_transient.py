"""Pulses into a compact cell: the compact model's integration, as waveforms like those of a circuit."""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from .._util import random_keys
from .._util.checks import shown
from ..circuit.compact_cell import CompactCell
from ..circuit.drive_waveforms import Pwl
from ..circuit.pulse import Parallel
from ..circuit.result import Result, SimulationError
from ..circuit.stimuli import Stimulus, checked, half_cycles
from ..circuit.waveform import Effort, Waveform
from ..compact.jart import jart_characteristics as characteristics
from ..device.jart import walk_values
from ..device.jart.jart_device import PARAMETERS, Device
from ..device.jart.walk import HalfCycleWalk, Walk
from ..device.jart.walk_state import WalkState
from ..device.state import State

_POINTS = 200
"""A waveform has at least this many points; the integration itself needs far fewer."""

_MOST_STEPS = 1e9
"""A pulse has at most this many steps of a walk: some minutes."""


@dataclass(frozen=True)
class CompactRun:
    """A compact cell, the seed of its walk, and whether failures are raised."""

    cell: CompactCell
    seed: int
    throw: bool

    def pulse(self, pulse: Stimulus | Parallel, begin_s: float, end_s: float, state: State) -> Iterator[Waveform]:
        """Yield the waveform of one pulse between two of its times [s] from a state on; several where a device under a
        `HalfCycleWalk` gets a waveform.

        Raises
        ------
        ValueError
            For a state of another circuit, or a `Parallel` pulse.
        SimulationError
            Where the model gives values that are not finite, and failures are raised.
        """
        (pulse,) = checked(pulse)
        if not isinstance(state, State) or len(state.n_disc) != 1 or state.volts:
            raise ValueError(
                f"state = {shown(state)} must be an ouro_spice.State of one memristor without node voltages"
            )
        if isinstance(pulse, Pwl) and isinstance(self.cell.device.walk, HalfCycleWalk):
            for part in half_cycles(pulse, 0.0, begin_s, end_s):
                wave = self._one(pulse, part.begin_s, part.end_s, state, part.lobe.polarity)
                yield wave
                if wave.state is None:
                    return
                state = wave.state
        else:
            yield self._one(pulse, begin_s, end_s, state, pulse.polarity)

    def _one(self, pulse: Stimulus, begin_s: float, end_s: float, state: State, polarity: int) -> Waveform:
        """Return the waveform of a part of a pulse, which has a polarity for a `HalfCycleWalk`."""
        device, n = self.cell.device, state.n_disc[0]
        n = PARAMETERS["Ninit"].within(n)
        wander = walk_values.initial_state(device, n, state.walked()) if device.walk else None
        moved = device
        if wander and isinstance(device.walk, HalfCycleWalk):
            moved, wander = walk_values.half_cycle(device, n, wander, polarity, random_keys.stream_key(self.seed))
        try:
            return self._wave(moved, wander, pulse, begin_s, end_s, n)
        except ArithmeticError as error:
            if self.throw:
                raise SimulationError(Result.NOT_FINITE, "", (str(error),)) from error
            return Waveform(np.empty(0), {}, None, 0.0, Result.NOT_FINITE, device=device, log=(str(error),))

    def _wave(
        self, moved: Device, wander: WalkState | None, pulse: Stimulus, begin_s: float, end_s: float, n: float
    ) -> Waveform:
        from ..compact.jart.integration import follow  # numba

        device, walk = self.cell.device, moved.walk if isinstance(moved.walk, Walk) else None
        pwl = self.cell.voltage([pulse]).window(begin_s, end_s)
        times = np.array(pwl.times_s)
        if walk:
            walk.check_time(min(pulse.duration, end_s - begin_s), _MOST_STEPS)
        done = follow(
            self.cell.model, [moved], times, pwl.volts, n, writing=self.cell.writing(pulse, times + begin_s),
            rs_ohm=self.cell.resistance, walk=walk.settings if walk else None,
            wanders=wander.vector[None] if walk and wander else None, keys=random_keys.stream_key(self.seed)[None],
            grid_s=(end_s - begin_s) / _POINTS, trace=True, threads=1,
        )  # fmt: skip
        if walk:
            last = half_cycles(pulse, 0.0, begin_s, end_s)[-1].lobe if isinstance(pulse, Pwl) else pulse
            wander = WalkState.from_vector(done.wanders[0], last.polarity)
        after = State((float(done.n_end[0]),), wander=(wander,) if wander else ())
        effort = Effort(points=int(done.steps[0]))
        points = done.traces[0]
        points[-1, 1] = done.n_end[0]
        if walk:  # where a step of the walk ends with the part, the last point is behind it
            points[-1, 2:4] = done.wanders[0, :2]
        traces = self._traces(moved, points)
        if device.walk is None:
            traces = {name: trace for name, trace in traces.items() if name not in ("r", "l")}
        time_s, energy = done.traces[0][:, 0], float(done.energy_J[0])
        return Waveform(time_s, traces, after, energy, Result.OK, effort, device, self._digest(pulse, begin_s, end_s))

    def _traces(self, moved: Device, points: np.ndarray) -> dict[str, np.ndarray]:
        _, n, r, l, v, i = points.T  # noqa: E741 - the model's own name
        way = n - moved.Nref  # r and l follow it as far as in the kernels' `geometry`
        r_now = np.clip(r + moved.drdN * way, 0.5 * r, 2 * r)
        l_now = np.clip(l + moved.dldN * way, 0.5 * l, np.minimum(2 * l, moved.lcell))
        v_cell = v - self.cell.resistance * i
        g = characteristics.conductance(moved, n, r, l, self.cell.model)
        temperature = characteristics.temperature(moved, v_cell, i, r_now)
        if self.cell.model == "tud":
            from ..compact.jart import elementwise, parameter_vector  # numba

            fit = {"clamped": elementwise.clamped(n, r, l, parameter_vector.vector(moved))}
        else:
            fit = {}
        named = fit | {"v_ae": v_cell, "v_oe": np.zeros_like(v), "v_cell": v_cell, "i_cell": i, "n_disc": n}
        return named | {"temperature": temperature, "r": r_now, "l": l_now, "g": g}

    def _digest(self, pulse: Stimulus, begin_s: float, end_s: float) -> str:
        shape = {name: value for name, value in dataclasses.asdict(pulse).items() if name != "gate"}  # it has none
        text = repr((dataclasses.asdict(self.cell), shape, begin_s, end_s, self.seed))
        return hashlib.sha256(text.encode()).hexdigest()
