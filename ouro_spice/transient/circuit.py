"""Pulses into a circuit: one ngspice transient a pulse, or several where a walk takes many steps."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from .. import c2c
from ..circuit import Cell
from ..device import Device
from ..engine import Engine
from ..pulse import Pulse
from ..variability import HalfCycleWalk, Walk
from ..waveform import Effort, Result, State, Waveform

_STEPS = 500
"""A transient holds at most this many steps of a walk: ngspice searches a source's points from the first one on."""

_SETTLED = 1e-4
"""The walk that a transient was run with differs from that of its own concentrations by at most this, relative."""

_ROUNDS = 10
"""Runs after which a transient is halved."""


@dataclass(frozen=True)
class CircuitRun:
    """A cell in SPICE, seed of its walk, whether failures are raised, and what runs the transients."""

    cell: Cell
    seed: int
    throw: bool
    engine: Engine

    def pulse(self, pulse: Pulse, begin_s: float, end_s: float, state: State) -> Iterator[Waveform]:
        """The waveforms of one pulse, or of a part of it."""
        device = self.cell.device
        walk = device.walk if isinstance(device, Device) else None
        if isinstance(walk, Walk):
            yield from self._walk(pulse, begin_s, end_s, state)
        elif isinstance(walk, HalfCycleWalk):
            yield self._half_cycle(pulse, begin_s, end_s, state)
        else:
            yield self.engine.run(self.cell.testbench([pulse], state, begin_s, end_s), self.throw)

    def _half_cycle(self, pulse: Pulse, begin_s: float, end_s: float, state: State) -> Waveform:
        device, n = self.cell.device, state.n_disc[0]
        wander = c2c.begun(device, n, *state.wander)
        moved, wander = c2c.half_cycle(device, n, wander, pulse.polarity, self.seed)
        bench = self.cell.replace(device=moved).testbench([pulse], state, begin_s, end_s)
        wave = self.engine.run(bench, self.throw)
        if wave.result is not Result.OK:
            return wave
        way = wave["n_disc"] - moved.Nref
        traces = dict(wave.traces) | {"r": moved.r + moved.drdN * way, "l": moved.l + moved.dldN * way}
        return dataclasses.replace(
            wave, traces=traces, device=device, state=dataclasses.replace(wave.state, wander=(wander,))
        )

    def _walk(self, pulse: Pulse, begin_s: float, end_s: float, state: State) -> Iterator[Waveform]:
        parts = list(pairwise(self._cuts(pulse, begin_s, end_s, state)))[::-1]
        lost = Effort()
        while parts:
            begin, end = parts.pop()
            wave, settled = self._settled(pulse, begin, end, state)
            if not settled:
                middle = self._middle(pulse, begin, end, state)
                parts += [(middle, end), (begin, middle)]
                lost = lost + wave.effort
                continue
            yield dataclasses.replace(wave, effort=wave.effort + lost)
            if wave.state is None:
                return
            state, lost = wave.state, Effort()

    def _cuts(self, pulse: Pulse, begin_s: float, end_s: float, state: State) -> list[float]:
        """Where a pulse is cut into transients: amid steps of the walk, outside the edges."""
        step = self.cell.device.walk.step_s
        flat = self.cell.flat_start_s(pulse)
        first = max(begin_s, flat - pulse.rise) - (state.wander[0].clock_s if state.wander else 0.0)
        times = first + step * np.arange(_STEPS + 0.5, (end_s - first) / step, _STEPS)
        inside = (times > max(begin_s, flat)) & (times < min(end_s, flat + pulse.width))
        return [begin_s, *map(float, times[inside]), end_s]

    def _middle(self, pulse: Pulse, begin_s: float, end_s: float, state: State) -> float | None:
        """A time amid a step in the middle of a part of a pulse, outside the edges; None where there is none."""
        step, flat = self.cell.device.walk.step_s, self.cell.flat_start_s(pulse)
        times = begin_s + self._stretch(pulse, begin_s, end_s, state).ends_s[:-1] + step / 2
        times = times[(times > flat) & (times < flat + pulse.width)]
        return float(times[len(times) // 2]) if len(times) else None

    def _settled(self, pulse: Pulse, begin_s: float, end_s: float, state: State) -> tuple[Waveform, bool]:
        """One transient, run again until its walk is that of the concentrations that it has itself; whether it is.

        A step's change of r and l depends on how far N went in it, and N on them later on: each run settles one step
        more at least, most of them all. It is given up where a shorter transient would settle sooner.
        """
        stretch = self._stretch(pulse, begin_s, end_s, state)
        ends, n = stretch.ends_s, state.n_disc[0]
        path = stretch.path(np.full(len(ends), n))
        effort = Effort()
        for round_ in range(len(ends) + 2):
            ramps = stretch.ramps(path)
            bench = self.cell.testbench([pulse], state, begin_s, end_s, ramps)
            wave = self.engine.run(bench, self.throw)
            effort = effort + wave.effort
            if wave.result is not Result.OK:
                return dataclasses.replace(wave, effort=effort), True
            n_ends = np.exp(np.interp(ends, wave.time_s, np.log(wave["n_disc"])))
            settled = stretch.path(n_ends)
            if np.max(np.abs(settled / path - 1)) <= _SETTLED:
                break
            if round_ + 1 == _ROUNDS and self._middle(pulse, begin_s, end_s, state) is not None:
                return dataclasses.replace(wave, effort=effort), False
            path = settled
        # after as many runs as there are steps what still changes is the solver's own error
        return _walked(wave, stretch, ramps, stretch.after(path, n_ends), effort), True

    def _stretch(self, pulse: Pulse, begin_s: float, end_s: float, state: State) -> c2c.Stretch:
        device, flat = self.cell.device, self.cell.flat_start_s(pulse)
        length = end_s - begin_s
        on, off = (float(np.clip(t - begin_s, 0, length)) for t in (flat - pulse.rise, flat + pulse.width + pulse.fall))
        wander = c2c.begun(device, state.n_disc[0], *state.wander)
        return c2c.Stretch(device, wander, pulse.polarity, on, off, length, self.seed)


def _walked(wave: Waveform, stretch: c2c.Stretch, ramps: dict, wander: object, effort: Effort) -> Waveform:
    """The waveform with r and l as traces, and the walk in its state."""
    device = stretch.device
    moved = {
        name: getattr(device, name) * np.exp(np.interp(wave.time_s, ramps[name].times_s, ramps[name].volts))
        for name in ("r", "l")
    }
    state = dataclasses.replace(wave.state, wander=(wander,))
    return dataclasses.replace(wave, traces=dict(wave.traces) | moved, state=state, effort=effort)
