"""Pulses into a cell: one transient a pulse, each from the state that the last one left, joined to one waveform."""

from __future__ import annotations

import dataclasses
import hashlib
import math
from collections.abc import Iterator, Sequence
from functools import reduce

import numpy as np

from .._util.checks import check_engine, check_flag, check_part, check_seed, shown
from ..circuit.cell_kinds import Cell, is_measured
from ..circuit.compact_cell import CompactCell
from ..circuit.pulse import Parallel
from ..circuit.stimuli import Stimuli, Stimulus, checked
from ..circuit.waveform import Effort, Fidelity, Waveform
from ..device.memristor import Memristor
from ..device.state import State
from ..spice.ngspice import Engine, default_engine
from .circuit_transient import CircuitRun
from .compact_transient import CompactRun
from .jart.telegraph_noise import with_read_noise
from .measured_transient import MeasuredRun
from .plausibility import check_walk, warn_of, with_warnings

Run = CircuitRun | CompactRun | MeasuredRun
"""What sends pulses to a cell, one at a time."""


def simulate(
    cell: Cell | CompactCell,
    pulses: Stimuli,
    state: State | None = None,
    seed: int = 0,
    throw: bool = True,
    *,
    start_s: float = 0.0,
    stop_s: float | None = None,
    engine: Engine | None = None,
) -> Waveform:
    """Send pulses to a cell, solve the circuit, and return the waveform.

    ``simulate(cell, a + b)`` equals ``simulate(cell, a)`` and then ``simulate(cell, b)`` from its final state; with
    `start_s` and `stop_s` the split may fall inside a pulse, anywhere outside an edge; inside a waveform, anywhere.

    Parameters
    ----------
    cell
        The circuit, or a `CompactCell`, which needs no SPICE.
    pulses
        One pulse or waveform (`Pwl`), or several, sent one after the other; `Parallel` pulses to several cells of a row
        of an array.
    state
        Where to start; the device's own initial state where None.
    seed
        Of the cycle-to-cycle walk of a device that has one. The state holds how far it has got in the seed's numbers.
    throw
        Raise SimulationError where the simulation fails; else the waveform's ``result`` says so.
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

    Warns
    -----
    ValidityWarning
        For what the device's model is not known to be right for, which is in the waveform's `warnings`, too; for a walk
        whose step is longer than all these pulses.
    """
    if not isinstance(cell, Cell | CompactCell):
        raise ValueError(
            f"{shown(cell)} is no cell: simulate takes a Cell1R, Cell1T1R, CompactCell or a cell of an array"
        )
    check_seed(seed)
    check_flag("throw", throw)
    check_engine(engine)
    if state is not None:
        cell.check_state(state)
    pulses = checked(pulses, parallel=True)
    _check_walks(cell, pulses)
    run = run_of(cell, seed, throw, engine)
    return warn_of(send(run, pulses, state or cell.state(), start_s, stop_s))


def run_of(cell: Cell | CompactCell, seed: int, throw: bool, engine: Engine | None) -> Run:
    """Return what sends pulses to a cell: the compact model, or transients of an engine, the default one where None."""
    if isinstance(cell, CompactCell):
        return CompactRun(cell, seed, throw)
    if is_measured(cell):
        return MeasuredRun(cell, seed, throw, engine or default_engine())
    return CircuitRun(cell, seed, throw, engine or default_engine())


def send(
    run: Run,
    pulses: Stimuli,
    state: State,
    start_s: float = 0.0,
    stop_s: float | None = None,
) -> Waveform:
    """Send pulses by a run of one's own from a state on, and return the waveform, as `simulate` does; no warnings."""
    waves: list[Waveform] = []
    after: State | None = state
    for pulse, begin, end in _parts(run.cell, pulses, start_s, stop_s):
        waves += run.pulse(pulse, begin, end, state)
        after = with_read_noise(run.cell, waves[-1].state, state, end - begin, run.seed)
        if after is None:
            break
        state = after
    return with_warnings(dataclasses.replace(_joined(waves), state=after), waves)


def _check_walks(cell: Cell | CompactCell, pulses: Sequence[Stimulus | Parallel]) -> None:
    """Warn where the walk of a device that is written takes no step in all these pulses."""
    if isinstance(cell, CompactCell):
        written = [cell.device]
    else:
        written = [device for pulse in pulses for device, _ in cell.written(pulse).values()]
    walks = {device.walk for device in written if isinstance(device, Memristor) and device.walk}
    for walk in walks:
        check_walk(walk, sum(pulse.duration for pulse in pulses), "all pulses together")


def _parts(
    cell: Cell | CompactCell,
    pulses: Stimuli,
    start_s: float,
    stop_s: float | None,
) -> Iterator[tuple[Stimulus | Parallel, float, float]]:
    """Yield each pulse with the part of it that lies between two times [s], in its own time."""
    pulses = checked(pulses, parallel=True)
    whole = cell.duration(pulses)
    last_s = whole if stop_s is None else stop_s
    check_part(start_s, last_s, whole)
    # sums of so many times are exact to this
    rounding = 4 * len(pulses) * math.ulp(last_s)
    if not last_s - start_s > max(rounding, 1e-15 * (1 - 1e-9)):
        raise ValueError(f"start_s = {start_s:g}, stop_s = {last_s:g}: the part is too short to be simulated")
    now = 0.0
    for pulse in pulses:
        length = cell.duration([pulse])
        begin, end = start_s - now, math.inf if stop_s is None else stop_s - now
        now += length
        # what rounding leaves of a pulse that is cut is no part of it; one that is not cut may be as short as that
        begin = begin if begin > rounding else 0.0
        end = end if end < length - rounding else length
        if begin < length - rounding * (begin > 0) and end > rounding * (end < length):
            yield pulse, begin, end


def _joined(waves: Sequence[Waveform]) -> Waveform:
    """Return several waveforms, one after the other, as one; each begins with the last point of the one before."""
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
