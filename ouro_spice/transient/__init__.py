"""Pulses into a cell: one transient a pulse, each from the state that the last one left, joined to one waveform."""

from __future__ import annotations

import dataclasses
import hashlib
import math
from collections.abc import Iterator, Sequence
from functools import reduce

import numpy as np

from ..checks import check_count
from ..circuit import Cell, CompactCell
from ..engine import Engine, default_engine
from ..pulse import Parallel, Pulse, checked
from ..telegraph import listened
from ..waveform import Effort, Fidelity, State, Waveform
from .circuit import CircuitRun
from .compact import CompactRun

__all__ = ["CircuitRun", "sent", "simulate"]


def simulate(
    cell: Cell | CompactCell,
    pulses: Sequence[Pulse | Parallel] | Pulse | Parallel,
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
        The circuit, or a `CompactCell`, which needs no SPICE.
    pulses
        One pulse or several, sent one after the other; `Parallel` ones to several cells of a row of an array.
    state
        Where to start; the device's own initial state where None.
    seed
        Of the cycle-to-cycle walk of a device that has one. The state holds how far it has got in the seed's numbers.
    throw
        Raise SimulationError where the simulation fails; else the waveform's ``result`` tells.
    start_s, stop_s
        The part of the drivers' voltages that is simulated [s].
    engine
        What runs a circuit.

    Raises
    ------
    ValueError
        For what is no cell, no pulses, an empty part, or a state that does not fit.
    SimulationError
        Where the simulation fails and `throw` is set.
    """
    if not isinstance(cell, Cell | CompactCell):
        raise ValueError(f"{cell!r} is no cell: simulate takes a Cell1R, Cell1T1R, CompactCell or a cell of an array")
    check_count("seed", seed, 0)
    if state is not None:
        cell.check_state(state)
    if isinstance(cell, CompactCell):
        run = CompactRun(cell, seed, throw)
    else:
        run = CircuitRun(cell, seed, throw, engine or default_engine())
    return sent(run, pulses, state or cell.state(), start_s, stop_s)


def sent(
    run: CircuitRun | CompactRun,
    pulses: Sequence[Pulse | Parallel] | Pulse | Parallel,
    state: State,
    start_s: float = 0.0,
    stop_s: float | None = None,
) -> Waveform:
    """What `simulate` does, by a run of one's own."""
    waves: list[Waveform] = []
    for pulse, begin, end in _parts(run.cell, pulses, start_s, stop_s):
        waves += run.pulse(pulse, begin, end, state)
        state = listened(run.cell, waves[-1].state, state, end - begin, run.seed)
        if state is None:
            break
    return dataclasses.replace(_joined(waves), state=state)


def _parts(
    cell: Cell | CompactCell,
    pulses: Sequence[Pulse | Parallel] | Pulse | Parallel,
    start_s: float,
    stop_s: float | None,
) -> Iterator[tuple[Pulse | Parallel, float, float]]:
    """Each pulse with the part of it that lies between two times [s], in its own time."""
    pulses = checked(pulses, parallel=True)
    whole = cell.duration(pulses)
    stop_s = whole if stop_s is None else stop_s
    if not 0 <= start_s < stop_s <= whole * (1 + 1e-12):
        raise ValueError(
            f"start_s = {start_s:g}, stop_s = {stop_s:g}: must be ascending within the pulses' {whole:g} s"
        )
    # sums of so many times are exact to this
    rounding = 4 * len(pulses) * math.ulp(stop_s)
    if not stop_s - start_s > max(rounding, 1e-15 * (1 - 1e-9)):
        raise ValueError(f"start_s = {start_s:g}, stop_s = {stop_s:g}: the part is too short to be simulated")
    now = 0.0
    for pulse in pulses:
        length = cell.duration([pulse])
        begin, end = max(start_s - now, 0.0), min(stop_s - now, length)
        now += length
        # a part that only rounding leaves is none
        if end - begin > rounding:
            yield pulse, begin, end


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
        maps={
            name: np.concatenate([w.maps[name][c:] for w, c in zip(waves, cuts, strict=True)])
            for name in waves[0].maps
            if all(name in wave.maps for wave in waves)
        },
        fidelity=reduce(Fidelity.__add__, (wave.fidelity for wave in waves)),
        effort=effort,
        testbench_sha256=hashlib.sha256("".join(wave.testbench_sha256 for wave in waves).encode()).hexdigest(),
        log=tuple(line for wave in waves for line in wave.log),
    )
