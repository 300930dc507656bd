"""What happens to many cells that are written in lockstep, from read to read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from .._util.progress import Bar
from ..circuit.pulse import Pulse, checked
from ..provenance.manifest import Manifest
from .history import History
from .outcome import Outcome
from .programmer import Programmer, Situation, choices_for, knowledge, predictions_for
from .stopping_rules import Rules
from .write_loop import as_sequences, outside, read_energy_J

if TYPE_CHECKING:
    from .batch import Fleet


def written(
    fleet: Fleet, programmer: Programmer, targets: np.ndarray, rules: Rules, places: np.ndarray, numbers: np.ndarray,
    manifest: Manifest, bar: Bar | None,
) -> list[History]:  # fmt: skip
    """Return the writes to some places of a batch, which the programmer knows by `numbers` (K,)."""
    logs, ended = _Logs(fleet, places, targets, rules), 0
    low, high = fleet.window_S
    logs.end((targets < low) | (targets > high), Outcome.TARGET_OUTSIDE, outside(fleet.window_S))
    while True:
        if bar:
            bar.advance(logs.count_ended - ended)
        ended = logs.count_ended
        if not len(logs.active):
            return logs.histories(programmer, manifest)
        logs.read()
        if len(logs.active):
            asked = Situation(targets[logs.active], logs.readings, rules.tolerance, numbers[logs.active])
            choices = [checked(one) for one in choices_for(programmer, asked)]
            logs.apply(choices, predictions_for(programmer, asked.targets_S, asked.readings_S))


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
