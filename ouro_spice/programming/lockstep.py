"""Many cells in lockstep: every one is read, every one gets its pulse, those that have ended drop out."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike

from .._util.checks import check_has, check_kind, checked_numbers
from .._util.progress import progress
from ..circuit.pulse import Pulse, checked
from ..provenance.manifest import Manifest, describe
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
from .write_loop import (
    as_sequences,
    check_readable,
    check_steps,
    outside,
    read_energy_J,
    settings,
    with_agreement,
)

if TYPE_CHECKING:
    from .batch import Fleet


def write_many(
    fleet: Fleet,
    programmer: Programmer,
    targets: ArrayLike,
    tolerance: float,
    max_pulses: int = 50,
    *,
    places: ArrayLike | None = None,
    patience: int | None = 20,
    keep_going: bool = False,
    recorded: Mapping[str, Any] | None = None,
) -> list[History]:
    """Program many cells, each to a conductance of its own, as `write_verify` does; return what happened in each write.

    Parameters
    ----------
    fleet
        The cells; they are then in the states that the writes left them in.
    programmer
        Chooses the pulses; asked once for all cells where it has ``next_pulses``.
    targets
        Conductances (K,) [S].
    tolerance, max_pulses, patience, keep_going
        As in `write_verify`.
    places
        Which cells of the fleet, (K,); None: all.
    recorded
        Settings for the manifest, such as the seed of the fleet's devices.

    Returns
    -------
    list of History
        In the order of `targets`. A read that fails is `Outcome.READ_FAILED`, a pulse that cannot be simulated is
        `Outcome.SIMULATION_FAILED`.

    Raises
    ------
    ValueError
        For arguments that make no sense.
    """
    check_fleet(fleet)
    check_programmer(programmer)
    check_kind("recorded", recorded, (Mapping, None), "a table of settings")
    rules = Rules(tolerance, max_pulses, patience, keep_going)
    places = _places(fleet, places)
    targets = checked_targets(targets, len(places), fleet.window_S)
    with progress(f"write: {programmer.name}", len(places)) as bar:
        return run_writes(fleet, programmer, targets, rules, places, recorded, bar.advance)


def run_writes(
    fleet: Fleet,
    programmer: Programmer,
    targets: np.ndarray,
    rules: Rules,
    places: np.ndarray,
    recorded: Mapping[str, Any] | None = None,
    advance: Callable[[int], None] = lambda _: None,
) -> list[History]:
    """Return the writes of `write_many` for checked arguments; `advance` is called with the number of writes that have
    ended since.
    """
    manifest = describe(fleet.cell, "writes", **settings(programmer, **(recorded or {})))
    check_circuit(programmer, manifest)
    logs = _Logs(fleet, places, targets, rules)
    low, high = fleet.window_S
    beyond = (targets < low) | (targets > high)
    logs.end(beyond, Outcome.TARGET_OUTSIDE, outside(fleet.window_S))
    check_readable(fleet, targets[~beyond], rules.tolerance)
    ended = 0
    while len(logs.active):
        advance(logs.count_ended - ended)
        ended = logs.count_ended
        logs.read()
        if len(logs.active):
            asked = Situation(targets[logs.active], logs.readings, rules.tolerance, places[logs.active])
            choices = [checked(one) for one in choices_for(programmer, asked)]
            logs.apply(choices, predictions_for(programmer, asked.targets_S, asked.readings_S))
    advance(logs.count_ended - ended)
    manifest = with_agreement(manifest, fleet)
    check_steps(fleet.cell.device, logs.pulses_so_far, rules.max_pulses)
    return logs.histories(programmer, manifest)


class _Logs:
    """K writes in progress, of which `active` (A,) go on.

    Attributes
    ----------
    active
        Which of the K writes go on, (A,).
    """

    def __init__(self, fleet: Fleet, places: np.ndarray, targets: np.ndarray, rules: Rules) -> None:
        self._fleet, self._places, self._targets, self._rules = fleet, places, targets, rules
        k = len(places)
        self.active = np.arange(k)
        self._count = 0
        self._read_S, self._g_S = np.empty((k, 16)), np.empty((k, 16))
        self._reads = np.zeros(k, int)
        self._pulses: list[list[Pulse]] = [[] for _ in range(k)]
        self._sequences: list[list[int]] = [[] for _ in range(k)]
        self._time_s, self._energy_J, self._read_energy_J = np.zeros((3, k))
        self._predictions = np.zeros(k, int)
        self._outcomes: dict[int, Outcome] = {}
        self._details = [""] * k
        self._lengths: dict[Pulse, float] = {}

    @property
    def readings(self) -> np.ndarray:
        """Return the readings of the active writes, (A, J) [S]."""
        return self._read_S[self.active, : self._count]

    @property
    def count_ended(self) -> int:
        """Return the number of writes that have ended."""
        return len(self._places) - len(self.active)

    @property
    def pulses_so_far(self) -> list[Pulse]:
        """Return all different pulses that have been sent so far."""
        return list(self._lengths)

    def end(self, those: np.ndarray, outcome: Outcome, detail: str = "") -> None:
        """End those of the active writes that a mask (A,) marks, with one outcome."""
        for one in self.active[those].tolist():
            self._outcomes[one], self._details[one] = outcome, detail
        self.active = self.active[~those]

    def read(self) -> None:
        """Read every active cell; writes that have come to an end drop out."""
        places = self._places[self.active]
        spent_J = self._spent_J(places)
        found = np.asarray(self._fleet.read(places), float)
        failed = ~np.isfinite(found)
        self.end(failed, Outcome.READ_FAILED, "the read of the cell failed")
        if self._count == self._read_S.shape[1]:
            self._read_S, self._g_S = (np.hstack([of, np.empty_like(of)]) for of in (self._read_S, self._g_S))
        self._read_S[self.active, self._count] = found[~failed]
        self._g_S[self.active, self._count] = self._fleet.g_S(places[~failed])
        self._reads[self.active] += 1
        self._time_s[self.active] += self._fleet.read_s
        now_J = self._spent_J(places)
        counted = None if spent_J is None or now_J is None else now_J - spent_J
        more_J = read_energy_J(self._fleet.cell, found) if counted is None else counted
        self._read_energy_J[self.active] += more_J[~failed]
        self._count += 1
        sent = np.array([len(self._pulses[one]) for one in self.active], int)
        outcomes = self._rules.outcomes(self._targets[self.active], self.readings, sent)
        for one, outcome in zip(self.active.tolist(), outcomes, strict=True):
            if outcome is not None:
                self._outcomes[one] = outcome
        self.active = self.active[[outcome is None for outcome in outcomes]]

    def _spent_J(self, places: np.ndarray) -> np.ndarray | None:
        """Return the energy of all reads of some cells so far, (k,) [J]; None for a fleet that does not count it."""
        count = getattr(self._fleet, "read_energy_J", None)
        return None if count is None else count(places)

    def apply(self, choices: Sequence[Sequence[Pulse]], predictions: np.ndarray) -> None:
        """Send every active cell its pulses one after the other, whose choice took so many predictions (A,)."""
        self._predictions[self.active] += predictions
        left = {one: list(pulses) for one, pulses in zip(self.active.tolist(), choices, strict=True)}
        for one in left:
            self._sequences[one].append(0)
        while left:
            failed = self._send({one: pulses.pop(0) for one, pulses in left.items()})
            self.end(np.isin(self.active, failed), Outcome.SIMULATION_FAILED, "the pulse could not be simulated")
            left = {one: pulses for one, pulses in left.items() if pulses and one not in failed}

    def _send(self, pulses: Mapping[int, Pulse]) -> list[int]:
        """Send some of the K writes a pulse each; return those whose pulse could not be simulated."""
        those = np.array(list(pulses))
        energy = np.asarray(self._fleet.apply(self._places[those], list(pulses.values())), float)
        failed = []
        for (one, pulse), spent_J in zip(pulses.items(), energy.tolist(), strict=True):
            if not np.isfinite(spent_J):
                failed.append(one)
                continue
            self._pulses[one].append(pulse)
            self._sequences[one][-1] += 1
            self._time_s[one] += self._length_s(pulse)
            self._energy_J[one] += spent_J
        return failed

    def _length_s(self, pulse: Pulse) -> float:
        if pulse not in self._lengths:
            self._lengths[pulse] = self._fleet.pulse_s(pulse)
        return self._lengths[pulse]

    def histories(self, programmer: Programmer, manifest: Manifest) -> list[History]:
        """Return what happened in each write, after the last one has ended."""
        return [
            History(
                programmer.name, float(target), self._rules.tolerance,
                tuple(self._read_S[k, : self._reads[k]].tolist()), tuple(self._g_S[k, : self._reads[k]].tolist()),
                tuple(self._pulses[k]), self._outcomes[k], float(self._time_s[k]), float(self._energy_J[k]),
                manifest, self._details[k], self._fleet.read_s, int(self._predictions[k]),
                float(self._read_energy_J[k]), knowledge(programmer), as_sequences(self._sequences[k]),
            )
            for k, target in enumerate(self._targets)
        ]  # fmt: skip


def check_fleet(fleet: object) -> None:
    """Raise ValueError for what is no fleet."""
    check_has("fleet", fleet, "apply", "cells of ouro_spice.fleet(..)")
    check_has("fleet", fleet, "copy", "cells of ouro_spice.fleet(..)")


def _places(fleet: Fleet, places: ArrayLike | None) -> np.ndarray:
    if places is None:
        return np.arange(len(fleet))
    found = checked_numbers("places", places) if isinstance(places, str | bytes) else np.asarray(places)
    whole = found.ndim == 1 and np.issubdtype(found.dtype, np.integer)
    if not whole or len(np.unique(found)) < len(found) or np.any((found < 0) | (found >= len(fleet))):
        raise ValueError(f"places must be different whole numbers from 0 to {len(fleet) - 1}, (K,)")
    return found


def checked_targets(targets: ArrayLike, count: int, window_S: tuple[float, float]) -> np.ndarray:
    """Return targets of `count` writes (K,) [S] to cells of a window as an array; ValueError for anything else."""
    found = checked_numbers("targets", targets)
    if found.shape != (count,):
        raise ValueError(f"targets have the shape {found.shape}; {count} cells need ({count},)")
    check_target(found, "targets", window_S)
    return found
