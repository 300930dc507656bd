"""Incremental step pulse programming: in amplitude, and in width."""

from __future__ import annotations

import itertools
import math
from abc import abstractmethod
from dataclasses import dataclass

import numpy as np

from ..._util.checks import check_count, check_range
from ...circuit.pulse import LONGEST_S, Pulse
from ...simulation.write_voltages import Pair
from ..programmer import Conventional, levels
from .fixed import check_over, check_programmer, overs, strongest


class _StepPulses(Conventional):
    """The rule of both: one step more from pulse to pulse until the target is crossed, then the other direction anew.

    A subclass is a dataclass with these fields, and gives the law of a step.
    """

    voltages: Pair
    edge: float
    name: str
    back: int | None

    def __post_init__(self) -> None:
        check_programmer(self.name, self.voltages)
        self._check_law()
        if self.back is not None:
            check_count("back", self.back, 0)

    def next_pulses(self, targets: np.ndarray, readings: np.ndarray) -> list[Pulse]:
        """Return pulses one step stronger than the last ones in this direction; weaker after a change of direction."""
        factors, widths = self._at(levels(targets, readings, self.back, self._last_step))
        volts = factors * np.where(readings[:, -1] < targets, self.voltages.v_set, self.voltages.v_reset)
        pairs = zip(volts.tolist(), widths.tolist(), strict=True)
        return [Pulse(v, width, self.edge, self.edge) for v, width in pairs]

    @abstractmethod
    def _check_law(self) -> None:
        """Raise ValueError for settings of the law that are out of range."""

    @property
    @abstractmethod
    def _last_step(self) -> int:
        """Return the step from which on pulses are the same."""

    @abstractmethod
    def _at(self, steps: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the amplitudes over the pair's and the widths [s] that K programmers have come to, (K,) each."""


@dataclass(frozen=True)
class ISPP(_StepPulses):
    """Incremental step pulse programming: the amplitude grows by a step until the target is crossed, then starts anew.

    Parameters
    ----------
    voltages
        The pair that the amplitudes are multiples of.
    width
        Of each pulse [s].
    start
        First amplitude over the pair's.
    step
        Increment over the pair's amplitude.
    most
        Largest amplitude over the pair's: what the drivers can give.
    edge
        Rise and fall [s].
    back
        Where the target is crossed, the other direction starts this many steps below the last amplitude: how fast this
        very device is was learnt on the way. None: it starts at `start`.
    """

    voltages: Pair
    width: float = 1e-6
    start: float = 0.9
    step: float = 0.02
    most: float = 2.0
    edge: float = 2e-9
    name: str = "ISPP"
    back: int | None = None

    def _check_law(self) -> None:
        Pulse(self.voltages.v_set, self.width, self.edge, self.edge)  # raises where a value is out of range
        check_over("most", self.most, self.voltages)
        check_range("start", self.start, 0.01, self.most, "")
        check_range("step", self.step, 0, self.most, "")

    @property
    def _last_step(self) -> int:
        return math.ceil((self.most - self.start) / self.step) if self.step else 0

    def _at(self, steps: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return np.minimum(self.start + self.step * steps, self.most), np.full(len(steps), self.width)

    @classmethod
    def candidates(cls, voltages: Pair) -> list[ISPP]:
        """Return the settings that `tune` may choose from for a pair."""
        grid = itertools.product(
            (1e-9, 2e-9, 5e-9, 10e-9), overs(voltages, 1.0, 1.4, 8), (0.01, 0.02, 0.03, 0.05, 0.08), (None, 2, 3, 5)
        )
        most = strongest(voltages)
        return [cls(voltages, width, start, step, most, back=back) for width, start, step, back in grid if start < most]


@dataclass(frozen=True)
class ISPPWidth(_StepPulses):
    """Incremental step pulses in width: it grows by a factor until the target is crossed, then starts anew.

    Parameters
    ----------
    voltages
        The pair that the amplitude is a multiple of.
    start
        First width [s].
    growth
        Factor from pulse to pulse.
    longest
        Longest width [s].
    over
        Amplitude over the pair's.
    edge
        Rise and fall [s].
    back
        Where the target is crossed, the other direction starts this many factors below the last width. None: it starts
        at `start`.
    """

    voltages: Pair
    start: float = 100e-9
    growth: float = 1.5
    longest: float = 1e-4
    over: float = 1.0
    edge: float = 2e-9
    name: str = "ISPP in width"
    back: int | None = None

    def _check_law(self) -> None:
        Pulse(self.voltages.v_set, self.start, self.edge, self.edge)  # raises where a value is out of range
        check_over("over", self.over, self.voltages)
        check_range("growth", self.growth, 1.0, 1e3, "")
        check_range("longest", self.longest, self.start, LONGEST_S, "s")

    @property
    def _last_step(self) -> int:
        whole = math.log(self.longest / self.start)
        return math.ceil(whole / math.log(self.growth)) if self.growth > 1 else 0

    def _at(self, steps: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return np.full(len(steps), self.over), np.minimum(self.start * self.growth**steps, self.longest)

    @classmethod
    def candidates(cls, voltages: Pair) -> list[ISPPWidth]:
        """Return the settings that `tune` may choose from for a pair."""
        grid = itertools.product(
            (1e-9, 2e-9, 5e-9, 10e-9), overs(voltages, 1.0, 1.35, 8), (1.1, 1.2, 1.5, 2.0, 3.0), (None, 1, 2, 3)
        )
        most = strongest(voltages)
        return [
            cls(voltages, start, growth, 10e-6, over, back=back) for start, over, growth, back in grid if over < most
        ]
