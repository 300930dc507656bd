"""Pulses into a cell: one transient a pulse, each from the state that the last one left, joined to one waveform."""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from . import c2c
from .checks import check_count
from .circuit import Cell
from .device import Device
from .engine import Engine, default_engine
from .pulse import Pulse
from .telegraph import advanced
from .variability import HalfCycleWalk, Walk
from .waveform import Effort, Result, State, Telegraph, Waveform

_STEPS = 500
"""A transient holds at most this many steps of a walk: ngspice searches a source's points from the first one on."""

_SETTLED = 1e-4
"""The walk that a transient was run with differs from that of its own concentrations by at most this, relative."""

_ROUNDS = 20


def simulate(
    cell: Cell,
    pulses: Sequence[Pulse] | Pulse,
    state: State | None = None,
    seed: int = 0,
    throw: bool = True,
    *,
    start_s: float = 0.0,
    stop_s: float | None = None,
    engine: Engine | None = None,
) -> Waveform:
    """Send pulses to a cell and solve the circuit.

    ``simulate(cell, a + b)`` equals ``simulate(cell, a)`` and then ``simulate(cell, b)`` from its final state; with
    `start_s` and `stop_s` the split may fall inside a pulse, anywhere outside an edge.

    Parameters
    ----------
    cell
        The circuit.
    pulses
        One pulse or several, sent one after the other.
    state
        Where to start; the device's own initial state where None.
    seed
        Of the cycle-to-cycle walk of a device that has one. The state holds how far it has got in the seed's numbers.
    throw
        Raise SimulationError where the simulation fails; else the waveform's ``result`` tells.
    start_s, stop_s
        The part of the drivers' voltages that is simulated [s].
    engine
        What runs it.
    """
    if not isinstance(cell, Cell):
        raise ValueError(f"{cell!r} is no cell: simulate takes a Cell1R or a Cell1T1R")
    check_count("seed", seed, 0)
    run = _Run(cell, seed, throw, engine or default_engine())
    waves, state = [], state or cell.state()
    for pulse, begin, end in _parts(cell, pulses, start_s, stop_s):
        waves += run.pulse(pulse, begin, end, state)
        state = _listened(cell.device, waves[-1].state, state, end - begin, seed)
        if state is None:
            break
    return dataclasses.replace(_joined(waves), state=state)


def _parts(
    cell: Cell, pulses: Sequence[Pulse] | Pulse, start_s: float, stop_s: float | None
) -> Iterator[tuple[Pulse, float, float]]:
    """Each pulse with the part of it that lies between two times [s], in its own time."""
    pulses = [pulses] if isinstance(pulses, Pulse) else list(pulses)
    whole = cell.duration(pulses)
    stop_s = whole if stop_s is None else stop_s
    if not 0 <= start_s < stop_s <= whole * (1 + 1e-12):
        raise ValueError(f"start_s = {start_s:g}, stop_s = {stop_s:g}: must be ascending within the pulses' {whole:g} s")
    now = 0.0
    for pulse in pulses:
        length = cell.duration([pulse])
        begin, end = max(start_s - now, 0.0), min(stop_s - now, length)
        now += length
        # a part that only rounding leaves is none
        if end - begin > 1e-9 * length:
            yield pulse, begin, end


def _listened(device: object, after: State | None, before: State, time_s: float, seed: int) -> State | None:
    """The state after a pulse, with the read noise going on."""
    if after is None or not isinstance(device, Device) or device.read_noise is None:
        return after
    telegraph = advanced(device, *(before.telegraph or (Telegraph(),)), time_s, c2c.key(seed))
    return dataclasses.replace(after, telegraph=(telegraph,))


@dataclass(frozen=True)
class _Run:
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
        moved, wander = c2c.half_cycle(device, n, wander, _polarity(pulse), self.seed)
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
        cuts = self._cuts(pulse, begin_s, end_s, state)
        for begin, end in zip(cuts[:-1], cuts[1:], strict=True):
            wave = self._settled(pulse, begin, end, state)
            yield wave
            if wave.state is None:
                return
            state = wave.state

    def _cuts(self, pulse: Pulse, begin_s: float, end_s: float, state: State) -> list[float]:
        """Where a pulse is cut into transients: amid steps of the walk, outside the edges."""
        step = self.cell.device.walk.step_s
        flat = self.cell.flat_start_s(pulse)
        first = max(begin_s, flat - pulse.rise) - (state.wander[0].clock_s if state.wander else 0.0)
        times = first + step * np.arange(_STEPS + 0.5, (end_s - first) / step, _STEPS)
        inside = (times > max(begin_s, flat)) & (times < min(end_s, flat + pulse.width))
        return [begin_s, *map(float, times[inside]), end_s]

    def _settled(self, pulse: Pulse, begin_s: float, end_s: float, state: State) -> Waveform:
        """One transient, run again until its walk is that of the concentrations that it has itself."""
        stretch = self._stretch(pulse, begin_s, end_s, state)
        ends, n = stretch.ends_s, state.n_disc[0]
        path = stretch.path(np.full(len(ends), n))
        effort = Effort()
        for _ in range(_ROUNDS):
            ramps = stretch.ramps(path)
            bench = self.cell.testbench([pulse], state, begin_s, end_s, ramps)
            wave = self.engine.run(bench, self.throw)
            effort = effort + wave.effort
            if wave.result is not Result.OK:
                break
            n_ends = np.exp(np.interp(ends, wave.time_s, np.log(wave["n_disc"])))
            settled = stretch.path(n_ends)
            if np.max(np.abs(settled / path - 1)) <= _SETTLED:
                return _walked(wave, stretch, ramps, stretch.after(path, n_ends), effort)
            path = settled
        return dataclasses.replace(wave, effort=effort, result=_failure(wave), state=None)

    def _stretch(self, pulse: Pulse, begin_s: float, end_s: float, state: State) -> c2c.Stretch:
        device, flat = self.cell.device, self.cell.flat_start_s(pulse)
        length = end_s - begin_s
        on, off = (float(np.clip(t - begin_s, 0, length)) for t in (flat - pulse.rise, flat + pulse.width + pulse.fall))
        wander = c2c.begun(device, state.n_disc[0], *state.wander)
        return c2c.Stretch(device, wander, _polarity(pulse), on, off, length, self.seed)


def _failure(wave: Waveform) -> Result:
    return Result.INCOMPLETE if wave.result is Result.OK else wave.result


def _walked(wave: Waveform, stretch: c2c.Stretch, ramps: dict, wander: object, effort: Effort) -> Waveform:
    """The waveform with r and l as traces, and the walk in its state."""
    device = stretch.device
    moved = {
        name: getattr(device, name) * np.exp(np.interp(wave.time_s, ramps[name].times_s, ramps[name].volts))
        for name in ("r", "l")
    }
    state = dataclasses.replace(wave.state, wander=(wander,))
    return dataclasses.replace(wave, traces=dict(wave.traces) | moved, state=state, effort=effort)


def _polarity(pulse: Pulse) -> int:
    return int(np.sign(pulse.amplitude))


def _joined(waves: Sequence[Waveform]) -> Waveform:
    """Several waveforms, one after the other, as one; each begins with the last point of the one before."""
    if len(waves) == 1:
        return waves[0]
    cuts = [0] + [1] * (len(waves) - 1)
    shifts = np.concatenate([[0.0], np.cumsum([wave.time_s[-1] if len(wave.time_s) else 0.0 for wave in waves])])
    names = [name for name in waves[0].traces if all(name in wave.traces for wave in waves)]
    effort = Effort()
    for wave in waves:
        effort = effort + wave.effort
    return dataclasses.replace(
        waves[-1],
        time_s=np.concatenate([(w.time_s + t)[cut:] for w, t, cut in zip(waves, shifts, cuts, strict=False)]),
        traces={name: np.concatenate([w.traces[name][c:] for w, c in zip(waves, cuts, strict=True)]) for name in names},
        energy_J=sum(wave.energy_J for wave in waves),
        effort=effort,
        testbench_sha256=hashlib.sha256("".join(wave.testbench_sha256 for wave in waves).encode()).hexdigest(),
        log=tuple(line for wave in waves for line in wave.log),
    )
