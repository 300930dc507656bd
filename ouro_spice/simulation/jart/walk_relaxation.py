"""A `Walk` and the transient that it goes through, made consistent by waveform relaxation between the two."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from ...circuit.cell_kinds import Cell
from ...circuit.drive_waveforms import Lobe, Pwl
from ...circuit.jart.walk_inputs import CLOCK, clock
from ...circuit.pulse import PWL, Parallel, Pulse
from ...circuit.result import Result
from ...circuit.stimuli import Stimulus
from ...circuit.testbench import Testbench
from ...circuit.waveform import Effort, Waveform
from ...device.jart import walk_values
from ...device.jart.jart_device import Device
from ...device.jart.walk import Walk
from ...device.state import State
from ...spice.ngspice import Engine
from .. import time_scales
from . import limit_steps
from .first_guess import Source, concentrations
from .walk_segment import WalkSegment
from .walk_traces import walk_traces

_STEPS = 500
"""A transient holds at most this many steps of a walk: beyond, the next ones can be foreseen less well."""

_FIRST = np.array([20, 120])
"""Where the first ones end, in steps, where the others have to learn from them what the circuit is like."""

_LONG = 10
"""A time at rest that is longer than this many steps is a transient of its own."""

_CONVERGED = 1e-4
"""The walk that a transient was run with differs from that of its own concentrations by at most this, relative."""

_PARTS = 5
"""Points lie as far apart as lines of the walk are long, or nearer where the transient is shorter than this many."""

_ROUNDS, _MOST_STEPS = 10, 1e7
"""Runs after which a transient is halved; steps of a walk that a pulse has at most: some ten minutes."""


class Walker(NamedTuple):
    """A device that walks under a pulse, the pulse that it gets, the key of its random numbers, its law.

    `lobe`: of a waveform, the time of one sign that the part to be solved lies in, or behind [s].
    """

    device: Device
    pulse: Stimulus
    key: np.ndarray
    walk: Walk
    lobe: Lobe | None = None


@dataclass(frozen=True)
class WalkRelaxation:
    """One pulse under a `Walk`, by waveform relaxation: Picard iteration on the path of the parameters.

    The concentration N(t) follows from r, l, Ndiscmin and Ndiscmax over time, by the circuit; how these are kicked at
    the end of each step of the walk follows from how far N went in the step. The two are solved in turn. One iteration:

    1. The path of the parameters, their values from step to step, is made of the concentrations at the ends of the
       steps, as the last iteration found them: `WalkSegment.parameter_path`. In the first iteration these are foreseen
       by the compact model behind a Thevenin source, see `first_guess`.
    2. The path is held fixed, as waveforms of the four parameters, and ngspice solves one transient of the whole
       circuit.
    3. The concentrations at the ends of the steps are taken from it, by `limit_steps` where N is near a limit.

    The random numbers are the same in each iteration.

    It has converged when the path that the concentrations of a transient lead to differs from the one that it was run
    with by at most 1e-4 in each value, relative, and each limit that N comes near did move in it. The waveform is that
    of the last transient. A step depends on earlier ones alone, so that each iteration settles one step more at least,
    and mostly all of them.

    Where it has not converged after 10 iterations, the time is halved, and each half is iterated for itself. A time
    that has no end of a step inside the full amplitude to be halved at is iterated as often as it has steps, and twice
    more; what still changes then is the error of the circuit's solver, and the last transient is taken. A transient
    that fails ends the iteration: its waveform has the reason as its `result`, or a SimulationError is raised.

    Attributes
    ----------
    cell, engine, throw
        The circuit, what runs it, and whether failures are raised.
    pulse
        The pulse.
    walkers
        The devices that walk, by their place.
    many
        Whether many pulses of the same amplitude are to come, so that it is worth measuring what the circuit is like.
    """

    cell: Cell
    engine: Engine
    throw: bool
    pulse: Stimulus | Parallel
    walkers: Mapping[int, Walker]
    many: bool = False

    def waveforms(self, begin_s: float, end_s: float, state: State) -> Iterator[Waveform]:
        """Yield the waveforms of the pulse between two times [s], one after the other, from a state on.

        Raises
        ------
        ValueError
            For a pulse in which a walk takes more than 1e7 steps.
        """
        for walker in self.walkers.values():
            walker.walk.check_time(min(walker.pulse.duration, end_s - begin_s), _MOST_STEPS)
        lost, sources = Effort(), self._sources(begin_s, state)
        parts = list(pairwise(self._cuts(begin_s, end_s, state, None in sources.values())))[::-1]
        while parts:
            begin, end = parts.pop()
            wave, middle = self._relaxed(begin, end, state, sources)
            if middle is not None:
                parts += [(middle, end), (begin, middle)]
                lost = lost + wave.effort
                continue
            yield dataclasses.replace(wave, effort=wave.effort + lost)
            if wave.state is None:
                return
            state, lost = wave.state, Effort()
            sources |= self._learned(begin, wave, sources)

    def _sources(self, begin_s: float, state: State) -> dict[int, Source | None]:
        """Return what the circuit is for each of the devices, as far as it is known before anything is run."""
        flat = self.cell.flat_start_s(self.pulse)
        inside = flat < begin_s < flat + self.pulse.width
        return {
            k: (
                Source.of_cell(self.cell, own)
                or (Source.measured(self.cell, own, self.engine) if self.many else None)
                or (Source.of_state(walker.device, state, k, own) if inside else None)
                if isinstance(own := walker.pulse, Pulse)
                else None  # of a waveform no voltage lasts
            )
            for k, walker in self.walkers.items()
        }

    def _learned(self, begin_s: float, wave: Waveform, sources: Mapping[int, Source | None]) -> dict[int, Source]:
        """Return what a transient that began at a time of the pulse [s] shows of the sources that are not exact."""
        first = self.cell.flat_start_s(self.pulse) - begin_s
        found = {}
        for k, walker in self.walkers.items():
            known = sources[k]
            if isinstance(walker.pulse, Pulse) and not (known and known.exact):
                flat_s = (first, first + self.pulse.width)
                found[k] = Source.of_wave(wave, self.cell.suffix(k), walker.pulse, flat_s)
        return {k: source for k, source in found.items() if source}

    def _cuts(self, begin_s: float, end_s: float, state: State, unknown: bool) -> list[float]:
        """Return where a pulse is cut into transients [s]: inside steps of the (first) walk, outside the edges, and
        behind the pulse.

        The first transients are short where they have to show what the circuit is like.
        """
        pulse, (first, walker) = self.pulse, next(iter(self.walkers.items()))
        step = walker.walk.step_s
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

    def _middle(self, begin_s: float, end_s: float, state: State) -> float | None:
        """Return a time inside a step in the middle of a part of the pulse, outside the edges [s]; None where there is
        none.
        """
        segment = next(iter(self._segments(begin_s, end_s, state).values()))
        step, flat = segment.walk.step_s, self.cell.flat_start_s(self.pulse)
        times = begin_s + segment.ends_s[:-1] + step / 2
        times = times[(times > flat) & (times < flat + self.pulse.width)]
        return float(times[len(times) // 2]) if len(times) else None

    def _relaxed(
        self, begin_s: float, end_s: float, state: State, sources: Mapping[int, Source | None]
    ) -> tuple[Waveform, float | None]:
        """Return the transient between two times [s] that the iteration ends with, and None; where it is given up, its
        last transient, and the time to halve at [s].
        """
        segments = self._segments(begin_s, end_s, state)
        n = self._expected(segments, sources, state)
        effort, rounds, most = Effort(), 0, max(len(one.ends_s) for one in segments.values()) + 2
        while True:
            rounds += 1
            paths = {k: one.parameter_path(n[k]) for k, one in segments.items()}
            waveforms = {k: one.parameter_waveforms(paths[k], n[k]) for k, one in segments.items()}
            wave = self.engine.run(self._bench(begin_s, end_s, state, waveforms), self.throw)
            effort = effort + wave.effort
            if wave.state is None or wave.result is not Result.OK:
                return dataclasses.replace(wave, effort=effort), None
            found = {k: limit_steps.concentrations(one, wave, self.cell.suffix(k)) for k, one in segments.items()}
            if all(_converged(one, paths[k], n[k], found[k]) for k, one in segments.items()):
                break
            if rounds == _ROUNDS and (middle := self._middle(begin_s, end_s, state)) is not None:
                return dataclasses.replace(wave, effort=effort), middle
            if rounds == most:
                break
            n = found
            if rounds == 1 and None in sources.values() and not isinstance(self.pulse, Pwl):
                n = self._expected(segments, {**sources, **self._learned(begin_s, wave, sources)}, state)
        after, traces = keep_noise(wave.state, state), dict(wave.traces)
        for k, one in segments.items():
            wander = one.after(paths[k], found[k])
            n_disc = walk_values.held_concentration(wander, after.x[k][0])
            after = after.changed(k, x=n_disc, wander=wander)
            traces |= walk_traces(wave, one.device, waveforms[k], self.cell.suffix(k), wander, n_disc)
        return dataclasses.replace(wave, traces=traces, state=after, effort=effort), None

    def _expected(
        self, segments: Mapping[int, WalkSegment], sources: Mapping[int, Source | None], state: State
    ) -> dict[int, np.ndarray]:
        """Return the concentrations to be expected at the ends of each walk's steps, (K,) [1e26 m^-3], by place."""
        return {
            k: concentrations(one, sources[k], own, state.x[k][0])
            if isinstance(own := self.walkers[k].pulse, Pulse)
            else one.constant_concentrations(state.x[k][0])
            for k, one in segments.items()
        }

    def _bench(
        self, begin_s: float, end_s: float, state: State, waveforms: Mapping[int, Mapping[str, PWL]]
    ) -> Testbench:
        """Return the transient between two times [s] under waveforms of the parameters, with points where they bend."""
        bench = self.cell.testbench([self.pulse], state, begin_s, end_s, waveforms)
        if not any(len(set(pwl.volts)) > 1 for moves in waveforms.values() for pwl in moves.values()):
            return bench
        segment = next(iter(self._segments(begin_s, end_s, state).values()))
        longest = max(bench.max_step_s, (end_s - begin_s) / _PARTS)
        spacing = segment.line_s / math.ceil(segment.line_s / longest)
        if segment.device.realisation == "behavioural":  # which needs no Verilog-A: finer steps, wherever they end
            return dataclasses.replace(bench, walking=True, max_step_s=spacing / 2)
        return dataclasses.replace(
            bench,
            models=(*bench.models, CLOCK),
            elements=(*bench.elements, *clock(segment.bend_s, spacing)),
            walking=True,
            max_step_s=1.01 * spacing,  # for the clock to bound, not this
        )

    def _segments(self, begin_s: float, end_s: float, state: State) -> dict[int, WalkSegment]:
        """Return the part of the pulse between two times [s] as each walk sees it, by place."""
        start = self.cell.flat_start_s(self.pulse) - self.pulse.rise
        found = {}
        for k, walker in self.walkers.items():
            on, length, polarity = start, walker.pulse.duration, walker.pulse.polarity
            if walker.lobe:
                on, length, polarity = (
                    walker.lobe.begin_s,
                    walker.lobe.end_s - walker.lobe.begin_s,
                    walker.lobe.polarity,
                )
            wander = walk_values.initial_state(walker.device, state.x[k][0], state.walked(k), inside_pulse=begin_s > on)
            times = (on - begin_s, on - begin_s + length, end_s - begin_s)
            found[k] = WalkSegment(walker.device, wander, polarity, *times, walker.key)
        return found


def keep_noise(after: State, before: State) -> State:
    """Return a state with walk and read noise as they were before."""
    return dataclasses.replace(after, wander=before.wander, telegraph=before.telegraph)


def _converged(segment: WalkSegment, path: np.ndarray, n: np.ndarray, found: np.ndarray) -> bool:
    """Return whether the path of a transient's own concentrations, (K,), is that of those that it was run with."""
    after = segment.parameter_path(found)
    # every limit moves that is felt
    there = segment.near_limits(after, found) <= segment.near_limits(path, n)
    return bool(np.max(np.abs(after / path - 1)) <= _CONVERGED and there.all())
