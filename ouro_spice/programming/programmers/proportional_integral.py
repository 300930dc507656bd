"""Proportional-integral control: of the pulse's width, as published, and of its amplitude."""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np

from ..._util.checks import check_count, check_flag, check_range
from ..._util.forks import cached_property
from ...circuit.pulse import Pulse
from ...dataset.recipe import LIMIT
from ...simulation.write_voltages import Pair
from ..programmer import Conventional
from .fixed import check_over, check_programmer, overs, strongest
from .write_states import WriteStates

_LEAST = 0.01


@dataclass(frozen=True)
class ProportionalIntegral(Conventional):
    """The amplitude follows the error: the form of proportional-integral control that suits a steep device.

    After VIPI, "voltage-incremental proportional-integral" programming (Safa et al., OpenMENA, arXiv 2511.03747), which
    controls the width; see `ProportionalIntegralWidth`. Our own form, as the rate goes with about the 25th power of the
    voltage: the integral is a level of amplitude, which rises by the part of the way that a pulse left, and falls where
    the target is crossed.

    Parameters
    ----------
    voltages
        The pair that the amplitudes are multiples of.
    width
        Of each pulse [s].
    start
        First level over the pair's amplitude.
    integral
        What the level rises by where a pulse left the whole of its way.
    drop
        What it falls by where the target is crossed, and by so much more as the pulse went too far.
    proportional
        What the amplitude is above the level for each unit of abs(ln(target / reading)).
    most
        Largest amplitude over the pair's: what the drivers can give.
    edge
        Rise and fall [s].
    """

    voltages: Pair
    width: float = 10e-9
    start: float = 1.15
    integral: float = 0.05
    drop: float = 0.05
    proportional: float = 0.05
    most: float = 2.0
    edge: float = 2e-9
    name: str = "PI in amplitude"

    def __post_init__(self) -> None:
        check_programmer(self.name, self.voltages)
        Pulse(self.voltages.v_set, self.width, self.edge, self.edge)  # raises where a value is out of range
        check_over("most", self.most, self.voltages)
        check_range("start", self.start, _LEAST, self.most, "")
        for name in ("integral", "drop", "proportional"):
            check_range(name, getattr(self, name), 0, self.most, "")

    def next_pulses(self, targets: np.ndarray, readings: np.ndarray) -> list[Pulse]:
        """Return pulses of the amplitudes that the errors so far have come to."""
        targets, readings = np.asarray(targets, float), np.asarray(readings, float)
        level = self._states.states(targets, readings, self._begin, self._step)[0]
        over = np.clip(level + self.proportional * _off(targets, readings[:, -1]), _LEAST, self.most)
        volts = over * np.where(readings[:, -1] < targets, self.voltages.v_set, self.voltages.v_reset)
        return [Pulse(v, self.width, self.edge, self.edge) for v in volts.tolist()]

    @classmethod
    def candidates(cls, voltages: Pair) -> list[ProportionalIntegral]:
        """Return the settings that `tune` may choose from for a pair."""
        grid = itertools.product(
            (1e-9, 3e-9, 6e-9, 10e-9), overs(voltages, 1.0, 1.35, 8), (0.02, 0.05, 0.08), (0.02, 0.05, 0.08),
            (0.0, 0.05, 0.1),
        )  # fmt: skip
        most = strongest(voltages)
        return [cls(voltages, *one, most=most) for one in grid if one[1] < most]

    @cached_property
    def _states(self) -> WriteStates:
        return WriteStates()

    def _begin(self, targets: np.ndarray, _readings: np.ndarray) -> np.ndarray:
        return np.full((1, len(targets)), self.start)

    def _step(self, level: np.ndarray, targets: np.ndarray, before: np.ndarray, after: np.ndarray) -> np.ndarray:
        left = np.minimum(_off(targets, after) / np.maximum(_off(targets, before), 1e-12), 1.0)
        crossed = (before < targets) != (after < targets)
        return np.clip(level + np.where(crossed, -self.drop * (1 + left), self.integral * left), _LEAST, self.most)


@dataclass(frozen=True)
class ProportionalIntegralWidth(Conventional):
    """The width follows the error and its sum, at one amplitude, which may rise every so many pulses.

    After VIPI, "voltage-incremental proportional-integral" programming (Safa et al., OpenMENA, arXiv 2511.03747), by
    its public code: the control is u = kp e + ki I, I the sum of the errors within a limit; the pulse has the width
    abs(u) and the polarity of u, not of the error, so that the sum still pushes on after the target was crossed. There
    the increment of the voltage is multiplied by zero, hence `step` 0 here. What is our reading: errors are parts of
    `span`, gains are widths; the weaker pulses at the bottom of the range and the low time between pulses are left out.

    Parameters
    ----------
    voltages
        The pair that the amplitude is a multiple of.
    over
        Amplitude over the pair's.
    proportional, integral
        Width for an error, and for a sum of errors, of the whole span [s].
    limit
        Largest sum of errors, either way.
    every, step
        The amplitude over the pair's rises by a step after so many pulses.
    keep
        The sum outlives a crossing of the target, as published; else it begins anew there, and pulses go towards the
        target.
    span
        Range of conductance that errors are parts of [S].
    most
        Largest amplitude over the pair's: what the drivers can give.
    edge
        Rise and fall [s].
    shortest
        Shortest width [s]; the longest one is that of a dataset.
    """

    voltages: Pair
    over: float = 1.15
    proportional: float = 100e-9
    integral: float = 40e-9
    limit: float = 1.5
    every: int = 10
    step: float = 0.0
    keep: bool = True
    span: float = 440e-6
    most: float = 2.0
    edge: float = 2e-9
    shortest: float = 1e-9
    name: str = "PI in width"

    def __post_init__(self) -> None:
        check_programmer(self.name, self.voltages)
        Pulse(self.voltages.v_set, self.shortest, self.edge, self.edge)  # raises where a value is out of range
        check_over("most", self.most, self.voltages)
        check_range("over", self.over, _LEAST, self.most, "")
        for name in ("proportional", "integral"):
            check_range(name, getattr(self, name), 0, 1, "s")
        check_range("limit", self.limit, 0, 1e6, "")
        check_count("every", self.every)
        check_range("step", self.step, 0, self.most, "")
        check_flag("keep", self.keep)
        check_range("span", self.span, 1e-9, 1, "S")

    def next_pulses(self, targets: np.ndarray, readings: np.ndarray) -> list[Pulse]:
        """Return pulses of the widths and the polarities that error and sum come to."""
        targets, readings = np.asarray(targets, float), np.asarray(readings, float)
        total = self._states.states(targets, readings, self._begin, self._step)[0]
        error = self._error(targets, readings[:, -1])
        control = self.proportional * error + self.integral * total
        up = np.where(control == 0, error > 0, control > 0)
        width = np.clip(np.abs(control), self.shortest, LIMIT * self.voltages.total_s)
        raised = self.step * ((readings.shape[1] - 1) // self.every)
        volts = min(self.over + raised, self.most) * np.where(up, self.voltages.v_set, self.voltages.v_reset)
        pairs = zip(volts.tolist(), width.tolist(), strict=True)
        return [Pulse(v, w, self.edge, self.edge) for v, w in pairs]

    @classmethod
    def candidates(cls, voltages: Pair) -> list[ProportionalIntegralWidth]:
        """Return the settings that `tune` may choose from for a pair."""
        grid = itertools.product(
            overs(voltages, 1.05, 1.35, 7), (3e-9, 10e-9, 30e-9, 100e-9, 300e-9), (0.1, 0.43, 1.0),
            ((10, 0.0), (3, 0.02), (10, 0.05)), (True, False),
        )  # fmt: skip
        most = strongest(voltages)
        return [
            cls(voltages, over, kp, share * kp, every=every, step=step, keep=keep, most=most)
            for over, kp, share, (every, step), keep in grid
            if over < most
        ]

    @cached_property
    def _states(self) -> WriteStates:
        return WriteStates()

    def _error(self, targets: np.ndarray, reading: np.ndarray) -> np.ndarray:
        return (targets - reading) / self.span

    def _begin(self, targets: np.ndarray, readings: np.ndarray) -> np.ndarray:
        return np.clip(self._error(targets, readings), -self.limit, self.limit)[None]

    def _step(self, total: np.ndarray, targets: np.ndarray, before: np.ndarray, after: np.ndarray) -> np.ndarray:
        crossed = (before < targets) != (after < targets)
        old = total if self.keep else np.where(crossed, 0.0, total)
        return np.clip(old + self._error(targets, after), -self.limit, self.limit)


def _off(targets: np.ndarray, reading: np.ndarray) -> np.ndarray:
    """Return the distance of readings from targets, abs(ln(target / reading)), (K,)."""
    return np.abs(np.log(targets / np.maximum(reading, 1e-12)))
