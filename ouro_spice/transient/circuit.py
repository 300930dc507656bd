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
from ..pulse import Parallel, Pulse
from ..variability import HalfCycleWalk, Walk
from ..waveform import Effort, Result, State, Waveform
from . import frozen

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

    def pulse(self, pulse: Pulse | Parallel, begin_s: float, end_s: float, state: State) -> Iterator[Waveform]:
        """The waveforms of one pulse, or of a part of it."""
        if self.cell.fidelity == "full":
            yield from self._followed(pulse, begin_s, end_s, state)
        else:
            yield from self._frozen(pulse, begin_s, end_s, state)

    def _frozen(self, pulse: Pulse | Parallel, begin_s: float, end_s: float, state: State) -> list[Waveform]:
        """The same with all memristors held that do not switch; those that turn out to do are followed in a new run."""
        active, lost = frozen.candidates(self.cell, pulse, state), Effort()
        while True:
            cell = self.cell.replace(fidelity="full", active=active)
            waves = list(dataclasses.replace(self, cell=cell)._followed(pulse, begin_s, end_s, state))
            held = frozen.Held.of(cell, waves, state) if waves[-1].state else None
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
            yield self._half_cycle(pulse, begin_s, end_s, state)
        else:
            wave = self.engine.run(self.cell.testbench([pulse], state, begin_s, end_s), self.throw)
            yield dataclasses.replace(wave, state=_kept(wave.state, state))

    def _walkers(self, pulse: Pulse | Parallel) -> dict[int, tuple[Device, Pulse]]:
        """The devices that walk under a pulse, and the pulse that each gets, by their place."""
        written = self.cell.written(pulse)
        return {k: (device, own) for k, (device, own) in written.items() if isinstance(device, Device) and device.walk}

    def _half_cycle(self, pulse: Pulse | Parallel, begin_s: float, end_s: float, state: State) -> Waveform:
        moved, after = {}, state
        for k, (device, own) in self._walkers(pulse).items():
            wander = c2c.begun(device, state.n_disc[k], state.walked(k))
            streams = c2c.key(self.seed, k)
            moved[k], wander = c2c.half_cycle(device, state.n_disc[k], wander, own.polarity, streams)
            after = after.changed(k, wander=wander)
        bench = self.cell.moved(moved).testbench([pulse], state, begin_s, end_s)
        wave = self.engine.run(bench, self.throw)
        if wave.result is not Result.OK:
            return wave
        traces = dict(wave.traces)
        for k, device in moved.items():
            suffix = self.cell.suffix(k)
            way = wave[f"n_disc{suffix}"] - device.Nref
            traces |= {f"r{suffix}": device.r + device.drdN * way, f"l{suffix}": device.l + device.dldN * way}
        return dataclasses.replace(wave, traces=traces, device=self.cell.device, state=_kept(wave.state, after))

    def _walk(self, pulse: Pulse | Parallel, begin_s: float, end_s: float, state: State) -> Iterator[Waveform]:
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

    def _cuts(self, pulse: Pulse | Parallel, begin_s: float, end_s: float, state: State) -> list[float]:
        """Where a pulse is cut into transients: amid steps of the (first) walk, outside the edges."""
        first, (device, _) = next(iter(self._walkers(pulse).items()))
        step = device.walk.step_s
        flat = self.cell.flat_start_s(pulse)
        wander = state.walked(first)
        begin = max(begin_s, flat - pulse.rise) - (wander.clock_s if wander else 0.0)
        times = begin + step * np.arange(_STEPS + 0.5, (end_s - begin) / step, _STEPS)
        inside = (times > max(begin_s, flat)) & (times < min(end_s, flat + pulse.width))
        return [begin_s, *map(float, times[inside]), end_s]

    def _middle(self, pulse: Pulse | Parallel, begin_s: float, end_s: float, state: State) -> float | None:
        """A time amid a step in the middle of a part of a pulse, outside the edges; None where there is none."""
        stretch = next(iter(self._stretches(pulse, begin_s, end_s, state).values()))
        step, flat = stretch.device.walk.step_s, self.cell.flat_start_s(pulse)
        times = begin_s + stretch.ends_s[:-1] + step / 2
        times = times[(times > flat) & (times < flat + pulse.width)]
        return float(times[len(times) // 2]) if len(times) else None

    def _settled(self, pulse: Pulse | Parallel, begin_s: float, end_s: float, state: State) -> tuple[Waveform, bool]:
        """One transient, run again until its walks are those of the concentrations that it has itself; whether it is.

        A step's change of r and l depends on how far N went in it, and N on them later on: each run settles one step
        more at least, most of them all. It is given up where a shorter transient would settle sooner.
        """
        stretches = self._stretches(pulse, begin_s, end_s, state)
        paths = {k: one.path(np.full(len(one.ends_s), state.n_disc[k])) for k, one in stretches.items()}
        effort = Effort()
        for round_ in range(max(len(one.ends_s) for one in stretches.values()) + 2):
            ramps = {k: one.ramps(paths[k]) for k, one in stretches.items()}
            wave = self.engine.run(self.cell.testbench([pulse], state, begin_s, end_s, ramps), self.throw)
            effort = effort + wave.effort
            if wave.result is not Result.OK:
                return dataclasses.replace(wave, effort=effort), True
            n_ends = {k: self._n_ends(wave, k, one) for k, one in stretches.items()}
            settled = {k: one.path(n_ends[k]) for k, one in stretches.items()}
            if max(np.max(np.abs(settled[k] / paths[k] - 1)) for k in paths) <= _SETTLED:
                break
            if round_ + 1 == _ROUNDS and self._middle(pulse, begin_s, end_s, state) is not None:
                return dataclasses.replace(wave, effort=effort), False
            paths = settled
        # after as many runs as there are steps what still changes is the solver's own error
        after, traces = _kept(wave.state, state), dict(wave.traces)
        for k, one in stretches.items():
            after = after.changed(k, wander=one.after(paths[k], n_ends[k]))
            traces |= _walked(wave, one, ramps[k], self.cell.suffix(k))
        return dataclasses.replace(wave, traces=traces, state=after, effort=effort), True

    def _n_ends(self, wave: Waveform, index: int, stretch: c2c.Stretch) -> np.ndarray:
        log_n = np.log(wave[f"n_disc{self.cell.suffix(index)}"])
        return np.exp(np.interp(stretch.ends_s, wave.time_s, log_n))

    def _stretches(self, pulse: Pulse | Parallel, begin_s: float, end_s: float, state: State) -> dict[int, c2c.Stretch]:
        on, length = self.cell.flat_start_s(pulse) - pulse.rise, end_s - begin_s
        found = {}
        for k, (device, own) in self._walkers(pulse).items():
            first, last = (float(np.clip(t - begin_s, 0, length)) for t in (on, on + own.duration))
            wander = c2c.begun(device, state.n_disc[k], state.walked(k))
            found[k] = c2c.Stretch(device, wander, own.polarity, first, last, length, c2c.key(self.seed, k))
        return found


def _kept(after: State | None, before: State) -> State | None:
    """A state with walk and read noise as they were before."""
    return after and dataclasses.replace(after, wander=before.wander, telegraph=before.telegraph)


def _walked(wave: Waveform, stretch: c2c.Stretch, ramps: dict, suffix: str) -> dict[str, np.ndarray]:
    """r and l as traces."""
    device = stretch.device
    return {
        name + suffix: getattr(device, name) * np.exp(np.interp(wave.time_s, ramps[name].times_s, ramps[name].volts))
        for name in ("r", "l")
    }
