"""Pulses into a circuit: one ngspice transient a pulse, or several where a walk takes many steps."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from .._util import random_keys
from ..circuit.cell_kinds import Cell
from ..circuit.memristor import CLOCK, clock
from ..circuit.pulse import PWL, Parallel, Pulse
from ..circuit.result import Result
from ..circuit.testbench import Testbench
from ..circuit.waveform import Effort, Waveform
from ..device import walk_values
from ..device.jart import Device
from ..device.state import State
from ..device.walk import HalfCycleWalk, Walk
from ..spice.ngspice import Engine
from . import frozen_devices, limit_steps, time_scales, walk_segment
from .first_guess import Source, concentrations
from .walk_traces import walk_traces

_STEPS = 500
"""A transient holds at most this many steps of a walk: beyond, the next ones can be foreseen less well."""

_FIRST = np.array([20, 120])
"""Where the first ones end, in steps, where the others have to learn from them what the circuit is like."""

_LONG = 10
"""A time at rest that is longer than this many steps is a transient of its own."""

_SETTLED = 1e-4
"""The walk that a transient was run with differs from that of its own concentrations by at most this, relative."""

_PARTS = 5
"""Points lie as far apart as lines of the walk are long, or nearer where the transient is shorter than this many."""

_ROUNDS, _MOST_STEPS = 10, 1e7
"""Runs after which a transient is halved; steps of a walk that a pulse has at most: some ten minutes."""


@dataclass(frozen=True)
class CircuitRun:
    """A cell in SPICE, seed of its walk, whether failures are raised, and what runs the transients.

    `keys`: those of the random numbers, (2,) uint64, of the memristors at some places; by default the seed's own.
    `many`: many pulses of the same amplitude are to come, so that it is worth measuring what the circuit is like.
    """

    cell: Cell
    seed: int
    throw: bool
    engine: Engine
    keys: Mapping[int, np.ndarray] | None = None
    many: bool = False

    def pulse(self, pulse: Pulse | Parallel, begin_s: float, end_s: float, state: State) -> Iterator[Waveform]:
        """Return the waveforms of one pulse, or of a part of it."""
        if self.cell.fidelity == "full":
            yield from self._followed(pulse, begin_s, end_s, state)
        else:
            yield from self._frozen(pulse, begin_s, end_s, state)

    def _frozen(self, pulse: Pulse | Parallel, begin_s: float, end_s: float, state: State) -> list[Waveform]:
        """Return the same with all memristors held that do not switch; those that turn out to do are followed in a
        new run.
        """
        active, lost = frozen_devices.candidates(self.cell, pulse, state), Effort()
        while True:
            cell = self.cell.replace(fidelity="full", active=active)
            waves = list(dataclasses.replace(self, cell=cell)._followed(pulse, begin_s, end_s, state))
            held = frozen_devices.Held.of(cell, waves, state) if waves[-1].state else None
            if held is None or not held.movers:
                waves = held.stated(waves) if held else waves
                return [dataclasses.replace(waves[0], effort=waves[0].effort + lost), *waves[1:]]
            lost = sum((wave.effort for wave in waves), lost)
            active = active | held.movers

    def _followed(self, pulse: Pulse | Parallel, begin_s: float, end_s: float, state: State) -> Iterator[Waveform]:
        walks = {type(device.walk) for device, _ in self._walkers(pulse).values()}
        if Walk in walks:
            yield from self._walk(pulse, begin_s, end_s, state)
        elif HalfCycleWalk in walks:
            yield from self._half_cycle(pulse, begin_s, end_s, state)
        else:
            yield from self._still(self.cell, pulse, begin_s, end_s, state)

    def _still(
        self, cell: Cell, pulse: Pulse | Parallel, begin_s: float, end_s: float, state: State
    ) -> Iterator[Waveform]:
        """Return the waveforms of a cell whose devices do not walk meanwhile."""
        for begin, end in pairwise(time_scales.of_cell(cell, pulse, begin_s, end_s)):
            wave = self.engine.run(cell.testbench([pulse], state, begin, end), self.throw)
            state = _kept(wave.state, state)
            yield dataclasses.replace(wave, state=state)
            if state is None:
                return

    def _walkers(self, pulse: Pulse | Parallel) -> dict[int, tuple[Device, Pulse]]:
        """Return the devices that walk under a pulse, and the pulse that each gets, by their place."""
        written = self.cell.written(pulse)
        return {k: (device, own) for k, (device, own) in written.items() if isinstance(device, Device) and device.walk}

    def _key(self, index: int) -> np.ndarray:
        return self.keys[index] if self.keys and index in self.keys else random_keys.stream_key(self.seed, index)

    def _half_cycle(self, pulse: Pulse | Parallel, begin_s: float, end_s: float, state: State) -> Iterator[Waveform]:
        moved, after = {}, state
        for k, (device, own) in self._walkers(pulse).items():
            wander = walk_values.initial_state(device, state.n_disc[k], state.walked(k))
            moved[k], wander = walk_values.half_cycle(device, state.n_disc[k], wander, own.polarity, self._key(k))
            after = after.changed(k, wander=wander)
        for wave in self._still(self.cell.moved(moved), pulse, begin_s, end_s, after):
            if wave.result is not Result.OK:
                yield wave
                return
            traces = dict(wave.traces)
            for k, device in moved.items():
                suffix = self.cell.suffix(k)
                way = wave[f"n_disc{suffix}"] - device.Nref
                traces |= {f"r{suffix}": device.r + device.drdN * way, f"l{suffix}": device.l + device.dldN * way}
            yield dataclasses.replace(wave, traces=traces, device=self.cell.device)

    def _walk(self, pulse: Pulse | Parallel, begin_s: float, end_s: float, state: State) -> Iterator[Waveform]:
        for device, own in self._walkers(pulse).values():
            device.walk.check_time(min(own.duration, end_s - begin_s), _MOST_STEPS)
        lost, sources = Effort(), self._sources(pulse, begin_s, state)
        parts = list(pairwise(self._cuts(pulse, begin_s, end_s, state, None in sources.values())))[::-1]
        while parts:
            begin, end = parts.pop()
            wave, settled = self._settled(pulse, begin, end, state, sources)
            if not settled:
                middle = self._middle(pulse, begin, end, state)
                parts += [(middle, end), (begin, middle)]
                lost = lost + wave.effort
                continue
            yield dataclasses.replace(wave, effort=wave.effort + lost)
            if wave.state is None:
                return
            state, lost = wave.state, Effort()
            sources |= self._learned(pulse, begin, wave, sources)

    def _sources(self, pulse: Pulse | Parallel, begin_s: float, state: State) -> dict[int, Source | None]:
        """Return what the circuit is for each of the devices, as far as it is known before anything is run."""
        flat = self.cell.flat_start_s(pulse)
        amid = flat < begin_s < flat + pulse.width
        return {
            k: Source.of_cell(self.cell, own)
            or (Source.measured(self.cell, own, self.engine) if self.many else None)
            or (Source.of_state(device, state, k, own) if amid else None)
            for k, (device, own) in self._walkers(pulse).items()
        }

    def _learned(
        self, pulse: Pulse | Parallel, begin_s: float, wave: Waveform, sources: dict[int, Source | None]
    ) -> dict[int, Source]:
        """Return what a transient tells of them that began at a time of the pulse."""
        first = self.cell.flat_start_s(pulse) - begin_s
        found = {
            k: Source.of_wave(wave, self.cell.suffix(k), own, (first, first + pulse.width))
            for k, (_, own) in self._walkers(pulse).items()
            if not (sources[k] and sources[k].exact)
        }
        return {k: source for k, source in found.items() if source}

    def _cuts(self, pulse: Pulse | Parallel, begin_s: float, end_s: float, state: State, unknown: bool) -> list[float]:
        """Return where a pulse is cut into transients: amid steps of the (first) walk, outside the edges, and behind
        it.

        The first ones are short where they have to tell what the circuit is like.
        """
        first, (device, _) = next(iter(self._walkers(pulse).items()))
        step = device.walk.step_s
        flat = self.cell.flat_start_s(pulse)
        wander = state.walked(first)
        begin = max(begin_s, flat - pulse.rise) - (wander.clock_s if wander else 0.0)
        firsts = _FIRST if unknown else ()
        counts = (
            np.concatenate([firsts, np.arange(_STEPS, (min(end_s, flat + pulse.width) - begin) / step, _STEPS)]) + 0.5
        )
        times = begin + step * counts[counts < (end_s - begin) / step]
        times = times[(times > max(begin_s, flat)) & (times < min(end_s, flat + pulse.width))]
        # steps as short as a walk needs them would be wasted on a long time at rest
        behind = self.cell.duration([pulse]) - pulse.idle + step
        rest = (
            time_scales.of_cell(self.cell, pulse, behind, end_s)[:-1] if begin_s < behind < end_s - _LONG * step else []
        )
        return [begin_s, *map(float, times), *rest, end_s]

    def _middle(self, pulse: Pulse | Parallel, begin_s: float, end_s: float, state: State) -> float | None:
        """Return a time amid a step in the middle of a part of a pulse, outside the edges; None where there is none."""
        stretch = next(iter(self._stretches(pulse, begin_s, end_s, state).values()))
        step, flat = stretch.device.walk.step_s, self.cell.flat_start_s(pulse)
        times = begin_s + stretch.ends_s[:-1] + step / 2
        times = times[(times > flat) & (times < flat + pulse.width)]
        return float(times[len(times) // 2]) if len(times) else None

    def _settled(
        self,
        pulse: Pulse | Parallel,
        begin_s: float,
        end_s: float,
        state: State,
        sources: dict[int, Source | None],
    ) -> tuple[Waveform, bool]:
        """Return one transient, run again until its walks are those of the concentrations that it has itself;
        whether it is.

        A step's change of r and l depends on how far N went in it, and N on them later on: each run settles one step
        more at least, most of them all. It is given up where a shorter transient would settle sooner.
        """
        stretches = self._stretches(pulse, begin_s, end_s, state)
        n = self._expected(stretches, sources, pulse, state)
        effort = Effort()
        for round_ in range(max(len(one.ends_s) for one in stretches.values()) + 2):
            paths = {k: one.path(n[k]) for k, one in stretches.items()}
            ramps = {k: one.ramps(paths[k], n[k]) for k, one in stretches.items()}
            wave = self.engine.run(self._bench(pulse, begin_s, end_s, state, ramps), self.throw)
            effort = effort + wave.effort
            if wave.result is not Result.OK:
                return dataclasses.replace(wave, effort=effort), True
            found = {k: limit_steps.concentrations(one, wave, self.cell.suffix(k)) for k, one in stretches.items()}
            if all(_same(one, n[k], found[k]) for k, one in stretches.items()):
                break
            if round_ + 1 == _ROUNDS and self._middle(pulse, begin_s, end_s, state) is not None:
                return dataclasses.replace(wave, effort=effort), False
            n = found
            if round_ == 0 and None in sources.values():
                n = self._expected(stretches, sources | self._learned(pulse, begin_s, wave, sources), pulse, state)
        # after as many runs as there are steps what still changes is the solver's own error
        after = _kept(wave.state, state)
        for k, one in stretches.items():
            wander = one.after(paths[k], found[k])
            after = after.changed(k, n_disc=walk_values.held_concentration(wander, after.n_disc[k]), wander=wander)
        traces = dict(wave.traces)
        for k, one in stretches.items():
            traces |= walk_traces(wave, one, ramps[k], self.cell.suffix(k), after, k)
        return dataclasses.replace(wave, traces=traces, state=after, effort=effort), True

    def _expected(
        self,
        stretches: dict[int, walk_segment.WalkSegment],
        sources: dict[int, Source | None],
        pulse: Pulse | Parallel,
        state: State,
    ) -> dict[int, np.ndarray]:
        """Return the concentrations to be expected at the ends of the walks' steps."""
        owns = {k: own for k, (_, own) in self._walkers(pulse).items()}
        return {k: concentrations(one, sources[k], owns[k], state.n_disc[k]) for k, one in stretches.items()}

    def _bench(
        self, pulse: Pulse | Parallel, begin_s: float, end_s: float, state: State, ramps: dict[int, dict[str, PWL]]
    ) -> Testbench:
        bench = self.cell.testbench([pulse], state, begin_s, end_s, ramps)
        if not any(len(set(pwl.volts)) > 1 for moves in ramps.values() for pwl in moves.values()):
            return bench
        stretch = next(iter(self._stretches(pulse, begin_s, end_s, state).values()))
        longest = max(bench.max_step_s, (end_s - begin_s) / _PARTS)
        spacing = stretch.line_s / math.ceil(stretch.line_s / longest)
        if stretch.device.realisation == "behavioural":  # which needs no Verilog-A: finer steps, wherever they end
            return dataclasses.replace(bench, walking=True, max_step_s=spacing / 2)
        return dataclasses.replace(
            bench,
            models=(*bench.models, CLOCK),
            elements=(*bench.elements, *clock(stretch.bend_s, spacing)),
            walking=True,
            max_step_s=1.01 * spacing,  # for the clock to bound, not this
        )

    def _stretches(
        self, pulse: Pulse | Parallel, begin_s: float, end_s: float, state: State
    ) -> dict[int, walk_segment.WalkSegment]:
        on = self.cell.flat_start_s(pulse) - pulse.rise
        found = {}
        for k, (device, own) in self._walkers(pulse).items():
            wander = walk_values.initial_state(device, state.n_disc[k], state.walked(k), inside_pulse=begin_s > on)
            times = (on - begin_s, on - begin_s + own.duration, end_s - begin_s)
            found[k] = walk_segment.WalkSegment(device, wander, own.polarity, *times, self._key(k))
        return found


def _kept(after: State | None, before: State) -> State | None:
    """Return a state with walk and read noise as they were before."""
    return after and dataclasses.replace(after, wander=before.wander, telegraph=before.telegraph)


def _same(stretch: walk_segment.WalkSegment, n: np.ndarray, found: np.ndarray) -> bool:
    """Tell whether the walk of a transient's own concentrations is that with which it was run."""
    path, after = stretch.path(n), stretch.path(found)
    there = stretch.near(after, found) <= stretch.near(path, n)  # every limit moves that is felt
    return bool(np.max(np.abs(after / path - 1)) <= _SETTLED and there.all())
