"""One cell: read, pulse, read again, until the reading is within tolerance of the target."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike

from .._util.checks import shown
from .._util.validity import UnreadableTarget, warn
from ..circuit.cell_kinds import Cell
from ..circuit.compact_cell import CompactCell
from ..circuit.pulse import Pulse, checked
from ..circuit.result import Result, SimulationError
from ..device.memristor import Memristor
from ..device.state import State
from ..provenance import maker
from ..provenance.manifest import Manifest, describe, versions
from ..simulation.live_cell import LiveCell, live
from ..simulation.plausibility import check_walk
from .history import History
from .outcome import Outcome
from .programmer import (
    Programmer,
    Situation,
    check_circuit,
    check_programmer,
    choices_for,
    knowledge,
    predictions_for,
)
from .stopping_rules import Rules, check_target

if TYPE_CHECKING:
    from .batch import Fleet


@dataclass
class _Log:
    """A write in progress."""

    readings: list[float] = field(default_factory=list)
    conductances: list[float] = field(default_factory=list)
    pulses: list[Pulse] = field(default_factory=list)
    sequences: list[int] = field(default_factory=list)
    time_s: float = 0.0
    energy_J: float = 0.0
    read_energy_J: float = 0.0
    predictions: int = 0

    def read(self, cell: LiveCell, reading: float, energy_J: float) -> None:
        """Add a reading [S] that took some energy [J]."""
        self.readings.append(reading)
        self.conductances.append(getattr(cell, "g_S", float("nan")))
        self.time_s += cell.read_s
        self.read_energy_J += energy_J

    def choose(self, programmer: Programmer, target: float, tolerance: float) -> list[Pulse]:
        """Return the next pulses, mostly one; their predictions are counted."""
        asked = Situation(np.array([target]), np.array([self.readings]), tolerance, np.zeros(1, int))
        self.predictions += int(predictions_for(programmer, asked.targets_S, asked.readings_S)[0])
        return checked(choices_for(programmer, asked, together=False)[0])

    def apply(self, cell: LiveCell, pulses: Sequence[Pulse]) -> None:
        """Send pulses without a read between, and add those that could be sent."""
        self.sequences.append(0)
        for pulse in pulses:
            self.energy_J += cell.apply(pulse).energy_J
            length_s = getattr(cell, "pulse_s", None)
            self.time_s += length_s(pulse) if length_s else pulse.duration + pulse.idle
            self.pulses.append(pulse)
            self.sequences[-1] += 1


def write_verify(
    cell: Cell | CompactCell | LiveCell,
    programmer: Programmer,
    target: float,
    tolerance: float,
    max_pulses: int = 50,
    seed: int = 0,
    *,
    state: State | None = None,
    device: Memristor | None = None,
    patience: int | None = 20,
    keep_going: bool = False,
) -> History:
    """Program a cell to a conductance; return what happened.

    `UnreadableTarget` warns, before the first pulse, where the codes of the ADC lie too far apart for target and band.

    Parameters
    ----------
    cell
        A description, made live, or a live cell, which is then in the state that the write left it in.
    programmer
        Chooses the pulses.
    target, tolerance
        Conductance [S]; largest relative distance of the reading from it.
    max_pulses
        The write ends after this many pulses.
    seed
        Of the cycle-to-cycle walk.
    state
        Where a description starts.
    device
        The device in the cell, as of ``cell.device.draw``; window and manifest are those of the description.
    patience
        The write ends as `Outcome.STUCK` where so many pulses leave the reading where it is, within a ten-thousandth
        of the tolerance. Programmers that begin with weak pulses, and coarse sense paths, need more; None: never.
    keep_going
        The write goes on for `max_pulses`, wherever the reading is; the last one decides.

    Raises
    ------
    ValueError
        For arguments that make no sense. A missed target is an outcome, not an error.
    SimulationError
        For a time limit, or a process that dies twice. Other failures are outcomes.
    """
    _check_one(target)
    rules = Rules(tolerance, max_pulses, patience, keep_going)
    cell = live(cell, state, seed, device)
    check_target(target, window_S=cell.window_S)
    manifest, log = _manifest(cell, programmer, seed), _Log()
    outcome, detail = _run(cell, programmer, target, rules, log)
    manifest = with_agreement(manifest, cell)
    check_steps(getattr(getattr(cell, "description", None), "device", None), log.pulses, max_pulses)
    return History(
        programmer.name, target, tolerance, tuple(log.readings), tuple(log.conductances), tuple(log.pulses), outcome,
        log.time_s, log.energy_J, manifest, detail, cell.read_s, log.predictions, log.read_energy_J,
        knowledge(programmer), as_sequences(log.sequences),
    )  # fmt: skip


def as_sequences(counts: Sequence[int]) -> tuple[int, ...]:
    """Return the pulses of each choice as a `History` has them: () where each was one; a choice of none is left out."""
    return tuple(one for one in counts if one) if any(one > 1 for one in counts) else ()


def with_agreement(manifest: Manifest, cells: object) -> Manifest:
    """Return the manifest of writes with their agreement with full SPICE, of cells at fidelity "circuit".

    Raises
    ------
    FidelityError
        Where a sample of the pulses says that this fidelity does not give what SPICE does.
    """
    ask = getattr(cells, "agreement", None)
    found = ask() if ask else None
    if found is None:
        return manifest
    found.check()
    return dataclasses.replace(manifest, agreement=found.plain)


def settings(programmer: Programmer, **more: Any) -> dict[str, Any]:
    """Return what a manifest says of a programmer, by name."""
    return {"programmer": programmer.name, "checkpoint": getattr(programmer, "checkpoint", None)} | more


def _check_one(target: float) -> None:
    """Raise ValueError for several targets."""
    if np.ndim(target):
        raise ValueError(f"target = {shown(target)} must be one conductance [S]; write_many takes several")


def read_energy_J(cell: object, readings_S: ArrayLike) -> np.ndarray:
    """Return the energy of reads of a compact cell that reported some conductances [J]; NaN for any other cell."""
    readings_S = np.asarray(readings_S, dtype=float)
    square_V2s = cell.read.square_V2s if isinstance(cell, CompactCell) else float("nan")
    return readings_S * square_V2s


def outside(window_S: tuple[float, float]) -> str:
    """Return the words for a target outside a window: its ends."""
    return f"{window_S[0]:.4g} .. {window_S[1]:.4g} S"


def check_readable(cells: LiveCell | Fleet, targets_S: ArrayLike, tolerance: float) -> None:
    """Warn where the readings of a live cell, or of a fleet, cannot tell whether targets [S] have been reached."""
    find = getattr(cells, "unreadable", None)
    why = find(targets_S, tolerance) if find else ""
    if why:
        warn(why, UnreadableTarget)


def check_steps(device: object, pulses: Sequence[Pulse], max_pulses: int) -> None:
    """Warn where a device's walk would take no step in as many pulses as a write may have, as long as the longest."""
    if pulses and isinstance(device, Memristor):
        longest_s = max(pulse.duration for pulse in pulses)
        check_walk(device.walk, max_pulses * longest_s, f"{max_pulses} pulses like these")


def _manifest(cell: LiveCell, programmer: Programmer, seed: int) -> Manifest:
    """Return the manifest of a write; ValueError for a circuit that the programmer refuses."""
    check_programmer(programmer)
    found = _described(cell, programmer, seed)
    check_circuit(programmer, found)
    return found


def _described(cell: LiveCell, programmer: Programmer, seed: int) -> Manifest:
    described = getattr(cell, "nominal", getattr(cell, "description", None))
    if described is None:  # a bench instrument
        kind, code = {"kind": type(cell).__name__}, maker.code("writes", True)
        return Manifest("", {}, kind, versions(), settings(programmer, seed=seed), code=code)
    return describe(described, "writes", **settings(programmer, seed=seed))


def _run(cell: LiveCell, programmer: Programmer, target: float, rules: Rules, log: _Log) -> tuple[Outcome, str]:
    """Read and pulse until the write ends; return its outcome, and more words on a failure."""
    low, high = cell.window_S
    if not low <= target <= high:
        return Outcome.TARGET_OUTSIDE, outside(cell.window_S)
    check_readable(cell, target, rules.tolerance)
    failure = Outcome.READ_FAILED
    try:
        while True:
            spent_J = getattr(cell, "read_energy_J", None)
            reading = cell.read()
            if not np.isfinite(reading):
                return failure, f"a reading of {reading} S"
            log.read(cell, reading, _spent_J(cell, spent_J, reading))
            sent = np.array([len(log.pulses)])
            (outcome,) = rules.outcomes(np.array([target]), np.array([log.readings]), sent)
            if outcome is not None:
                return outcome, ""
            failure = Outcome.SIMULATION_FAILED
            log.apply(cell, log.choose(programmer, target, rules.tolerance))
            failure = Outcome.READ_FAILED
    except SimulationError as error:
        if error.result in (Result.TIMEOUT, Result.WORKER):
            raise  # the machine's failure, not the cell's
        return failure, str(error)


def _spent_J(cell: LiveCell, before_J: float | None, reading_S: float) -> float:
    """Return the energy of the last read [J]; `before_J` is what the cell had counted before, None where it counts
    nothing.
    """
    after_J = getattr(cell, "read_energy_J", None)
    if before_J is None or after_J is None:
        return float(read_energy_J(getattr(cell, "description", None), reading_S))
    return after_J - before_J
