"""Pulses into a circuit: one ngspice transient a pulse, or several where a walk takes many steps."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from .._util import random_keys
from ..circuit.cell_kinds import Cell
from ..circuit.drive_waveforms import Lobe, Pwl
from ..circuit.pulse import Parallel
from ..circuit.result import Result
from ..circuit.selection import Selection
from ..circuit.stimuli import HalfCycle, Stimulus, half_cycles
from ..circuit.waveform import Effort, Fidelity, Waveform
from ..device.jart import walk_values
from ..device.jart.jart_device import Device
from ..device.jart.walk import HalfCycleWalk, Walk
from ..device.memristor import Memristor
from ..device.state import State
from ..spice.ngspice import Engine
from . import frozen_devices, time_scales
from .jart.walk_relaxation import Walker, WalkRelaxation, keep_noise
from .jart.walk_traces import half_cycle_traces


class _Written(NamedTuple):
    """A device that walks, the pulse that it gets, and the key of its random numbers."""

    device: Device
    pulse: Stimulus
    key: np.ndarray


@dataclass(frozen=True)
class CircuitRun:
    """A cell in SPICE, the seed of its walk, whether failures are raised, and what runs the transients.

    Devices under a `Walk` go through their pulses by waveform relaxation, see `WalkRelaxation`; all others need a
    transient alone.

    `keys`: those of the random numbers, (2,) uint64, of the memristors at some places; by default the seed's own.
    `many`: many pulses of the same amplitude are to come, so that it is worth measuring what the circuit is like.
    """

    cell: Cell
    seed: int
    throw: bool
    engine: Engine
    keys: Mapping[int, np.ndarray] | None = None
    many: bool = False

    def pulse(self, pulse: Stimulus | Parallel, begin_s: float, end_s: float, state: State) -> Iterator[Waveform]:
        """Yield the waveforms of one pulse between two of its times [s], one after the other, from a state on."""
        if isinstance(self.cell, Selection) and self.cell.fidelity == "circuit":
            yield self._solved(self.cell, pulse, begin_s, end_s, state)
        elif isinstance(self.cell, Selection) and self.cell.fidelity == "frozen":
            yield from self._frozen(self.cell, pulse, begin_s, end_s, state)
        else:
            yield from self._followed(pulse, begin_s, end_s, state)

    def _solved(
        self, selection: Selection, pulse: Stimulus | Parallel, begin_s: float, end_s: float, state: State
    ) -> Waveform:
        """Return the waveform without SPICE, with the agreement of such writes with SPICE; see `agreement_sample`."""
        from .array_solver.agreement_sample import agreement
        from .array_solver.solved_pulse import solved

        fidelity = Fidelity("circuit", agreement=agreement(selection, pulse, state, self.engine))
        wave = solved(selection, pulse, begin_s, end_s, state, self.engine, self.throw)
        return dataclasses.replace(wave, fidelity=fidelity)

    def _frozen(
        self, selection: Selection, pulse: Stimulus | Parallel, begin_s: float, end_s: float, state: State
    ) -> list[Waveform]:
        """Return the waveforms with all memristors held that do not switch.

        Those that turn out to switch are followed in a new run, until no held one does.
        """
        active, lost = frozen_devices.candidates(selection, pulse, state), Effort()
        while True:
            cell = selection.replace(fidelity="full", active=active)
            waves = list(dataclasses.replace(self, cell=cell)._followed(pulse, begin_s, end_s, state))
            after = waves[-1].state
            held = frozen_devices.Held.of(cell, waves, state) if after else None
            if after is None or held is None or not held.movers:
                waves = held.with_fidelity(waves, after) if held and after else waves
                return [dataclasses.replace(waves[0], effort=waves[0].effort + lost), *waves[1:]]
            lost = sum((wave.effort for wave in waves), lost)
            active = active | held.movers

    def _followed(self, pulse: Stimulus | Parallel, begin_s: float, end_s: float, state: State) -> Iterator[Waveform]:
        """Yield the waveforms with every memristor of the cell following its state equation, but for those held."""
        written = self._written(pulse)
        walkers = {k: Walker(*one, walk) for k, one in written.items() if isinstance(walk := one.device.walk, Walk)}
        turning = {k: one for k, one in written.items() if isinstance(one.device.walk, HalfCycleWalk)}
        if not (walkers or turning):
            yield from self._still(self.cell, pulse, begin_s, end_s, state)
            return
        for part in self._parts(pulse, begin_s, end_s):
            lobe = part.lobe if isinstance(pulse, Pwl) else None
            if walkers:
                own = {k: walker._replace(lobe=lobe) for k, walker in walkers.items()}
                relaxation = WalkRelaxation(self.cell, self.engine, self.throw, pulse, own, self.many)
                waves = relaxation.waveforms(part.begin_s, part.end_s, state)
            else:
                waves = self._half_cycle(turning, pulse, part, state)
            for wave in waves:
                yield wave
                if wave.state is None:
                    return
                state = wave.state

    def _parts(self, pulse: Stimulus | Parallel, begin_s: float, end_s: float) -> list[HalfCycle]:
        """Return the part of a pulse between two times [s] as one; of a waveform, cut where it leaves 0 V or comes back
        to it.
        """
        on_s = self.cell.flat_start_s(pulse) - pulse.rise
        if isinstance(pulse, Pwl):
            return half_cycles(pulse, on_s, begin_s, end_s)
        return [HalfCycle(begin_s, end_s, Lobe(on_s, on_s + pulse.duration, pulse.polarity))]

    def _still(
        self, cell: Cell, pulse: Stimulus | Parallel, begin_s: float, end_s: float, state: State
    ) -> Iterator[Waveform]:
        """Yield the waveforms of a cell whose devices do not walk meanwhile."""
        for begin, end in pairwise(time_scales.of_cell(cell, pulse, begin_s, end_s)):
            wave = self.engine.run(cell.testbench([pulse], state, begin, end), self.throw)
            if wave.state is None:
                yield wave
                return
            state = keep_noise(wave.state, state)
            yield dataclasses.replace(wave, state=state)

    def _written(self, pulse: Stimulus | Parallel) -> dict[int, _Written]:
        """Return the devices that walk under a pulse, and the pulse that each gets, by their place."""
        return {
            k: _Written(device, own, self._key(k))
            for k, (device, own) in self.cell.written(pulse).items()
            if isinstance(device, Device) and device.walk
        }

    def _key(self, index: int) -> np.ndarray:
        return self.keys[index] if self.keys and index in self.keys else random_keys.stream_key(self.seed, index)

    def _half_cycle(
        self, written: Mapping[int, _Written], pulse: Stimulus | Parallel, part: HalfCycle, state: State
    ) -> Iterator[Waveform]:
        """Yield the waveforms of devices under a `HalfCycleWalk`: its values are known before the transient."""
        moved, after = {}, state
        for k, (device, own, key) in written.items():
            wander = walk_values.initial_state(device, state.x[k][0], state.walked(k))
            polarity = part.lobe.polarity if isinstance(own, Pwl) else own.polarity
            moved[k], wander = walk_values.half_cycle(device, state.x[k][0], wander, polarity, key)
            after = after.changed(k, wander=wander)
        for wave in self._still(self.cell.moved(moved), pulse, part.begin_s, part.end_s, after):
            if wave.result is not Result.OK:
                yield wave
                return
            traces = dict(wave.traces)
            for k, device in moved.items():
                traces |= half_cycle_traces(wave, device, self.cell.suffix(k))
            device = self.cell.device
            yield dataclasses.replace(wave, traces=traces, device=device if isinstance(device, Memristor) else None)
