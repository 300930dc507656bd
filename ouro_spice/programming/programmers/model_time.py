"""Model-based programming time with a dynamic gain."""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np

from ..._util.checks import check_range
from ..._util.forks import cached_property
from ...circuit.pulse import Pulse
from ...dataset.recipe import LIMIT
from ..nominal import LEAST_S, NominalTimes, check_rule
from ..programmer import NOMINAL, Conventional
from .write_states import WriteStates

_LEAST = 0.02
"""A pulse that moved the device by less than this part of its way counts as one that moved it so far."""

_MOST = 3.0
"""Largest logarithm of the gain, either way."""


@dataclass(frozen=True)
class ModelTime(Conventional):
    """The time that the nominal model gives, times a gain that follows what the pulses do; one amplitude a direction.

    After Schroedter et al. (TU Dresden), Advanced Electronic Materials 2026, e00777: a compact model gives the first
    write time from present and wanted conductance, and a gain is adapted from pulse to pulse. Of that paper the
    abstract was at hand: the law of the gain, its start and its limits are our reading. The gain of a direction goes
    to the ratio of the width that was sent to the nominal time of the change that was seen.

    Parameters
    ----------
    nominal
        The lookup of `nominal_times`.
    over
        Amplitude over the pair's, in both directions.
    gain
        Of the first pulse.
    rate
        Part of the difference of ratio and gain, in the logarithm, that a pulse takes away.
    other
        Part of the change of one direction's gain that the other one follows.
    turn
        Factor of both gains where the target is crossed.
    edge
        Rise and fall [s].
    shortest
        Shortest width [s]; the longest one is that of a dataset.
    """

    nominal: NominalTimes
    over: float = 1.2
    gain: float = 0.7
    rate: float = 0.7
    other: float = 0.5
    turn: float = 1.0
    edge: float = 2e-9
    shortest: float = 1e-9
    name: str = "model time"

    knows = NOMINAL

    def __post_init__(self) -> None:
        check_rule(self.name, self.nominal, self.over, self.shortest, self.edge)
        for name, low, high in (("gain", 0.05, 20), ("rate", 0, 1), ("other", -1, 1), ("turn", 0.05, 20)):
            check_range(name, getattr(self, name), low, high, "")

    def next_pulses(self, targets: np.ndarray, readings: np.ndarray) -> list[Pulse]:
        """Return pulses of the nominal time from each reading to its target, times the gain."""
        targets, readings = np.asarray(targets, float), np.maximum(np.asarray(readings, float), LEAST_S)
        gains = self._states.states(targets, readings, self._begin, self._step)
        width = self._width(gains, targets, readings[:, -1])
        voltages = self.nominal.voltages
        volts = self.over * np.where(readings[:, -1] < targets, voltages.v_set, voltages.v_reset)
        pairs = zip(volts.tolist(), width.tolist(), strict=True)
        return [Pulse(v, w, self.edge, self.edge) for v, w in pairs]

    @classmethod
    def candidates(cls, nominal: NominalTimes) -> list[ModelTime]:
        """Return the settings that `tune` may choose from for a lookup."""
        scale, highest = nominal.overs[[0, -1]].tolist()
        every = [float(f"{scale * one:.3g}") for one in (1.05, 1.1, 1.15, 1.2, 1.25, 1.3, 1.35, 1.4)]
        grid = itertools.product(
            [one for one in every if one <= highest], (0.35, 0.5, 0.7, 1.0), (0.4, 0.7, 1.0), (0.0, 0.5), (1.0, 0.6)
        )
        return [cls(nominal, *settings) for settings in grid]

    def predictions(self, targets: np.ndarray, readings: np.ndarray) -> np.ndarray:
        """Return the number of lookups that the next pulse of each of K writes takes, (K,): one, and one to learn."""
        return np.full(len(targets), 1 + (np.shape(readings)[1] > 1))

    @cached_property
    def _states(self) -> WriteStates:
        return WriteStates()

    @cached_property
    def _times(self) -> NominalTimes:
        return self.nominal.at(self.over)

    def _begin(self, targets: np.ndarray, _readings: np.ndarray) -> np.ndarray:
        """Return the logarithms of the gains of SET and RESET before the first pulse, (2, K)."""
        return np.full((2, len(targets)), np.log(self.gain))

    def _step(self, gains: np.ndarray, targets: np.ndarray, before: np.ndarray, after: np.ndarray) -> np.ndarray:
        width = self._width(gains, targets, before)
        sign = np.where(before < targets, 1.0, -1.0)
        moved = np.maximum((after - before) * sign, _LEAST * np.abs(targets - before))
        seen_s = self._times.needed_s(before, np.maximum(before + sign * moved, 1e-9))[:, 0]
        k, own = np.arange(len(targets)), np.where(sign > 0, 0, 1)
        change = self.rate * (np.log(width / np.maximum(seen_s, 1e-15)) - gains[own, k])
        part = np.where(np.arange(2)[:, None] == own, 1.0, self.other)
        crossed = (targets - after) * sign < 0
        return np.clip(gains + part * change + np.where(crossed, np.log(self.turn), 0.0), -_MOST, _MOST)

    def _width(self, gains: np.ndarray, targets: np.ndarray, reading: np.ndarray) -> np.ndarray:
        """Return the width of each next pulse, (K,) [s]."""
        gain = gains[np.where(reading < targets, 0, 1), np.arange(len(targets))]
        width = np.exp(gain) * self._times.needed_s(reading, targets)[:, 0]
        return np.clip(width, self.shortest, LIMIT * self.nominal.voltages.total_s)
