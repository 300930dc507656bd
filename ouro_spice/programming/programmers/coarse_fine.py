"""Coarse to fine, by the range that the reading lies in."""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np

from ..._util.checks import check_range
from ...circuit.pulse import Pulse
from ...simulation.write_voltages import Pair
from ..programmer import Conventional
from .fixed import check_over, check_programmer, overs, strongest

_LEAST = 0.01


@dataclass(frozen=True)
class CoarseFine(Conventional):
    """Coarse steps until the reading enters a range around the target or leaps over it, fine steps from then on.

    After RADAR, Le et al., IEEE TED 68(9), 2021. The fine mode begins below the last coarse amplitude, and so does the
    other direction where the target is crossed: how fast this very device is was learnt on the way.

    Parameters
    ----------
    voltages
        The pair that the amplitudes are multiples of.
    start
        First amplitude over the pair's.
    coarse_width, fine_width
        Of the pulses [s].
    coarse_step, fine_step
        Increments over the pair's amplitude.
    reach
        Relative distance of the reading from the target from which the fine mode begins.
    drop
        By how much the amplitude over the pair's falls where the fine mode begins, and where the target is crossed.
    most
        Largest amplitude over the pair's: what the drivers can give.
    edge
        Rise and fall [s].
    """

    voltages: Pair
    start: float = 1.0
    coarse_width: float = 30e-9
    fine_width: float = 10e-9
    coarse_step: float = 0.05
    fine_step: float = 0.01
    reach: float = 0.3
    drop: float = 0.03
    most: float = 2.0
    edge: float = 2e-9
    name: str = "coarse to fine"

    def __post_init__(self) -> None:
        check_programmer(self.name, self.voltages)
        for width in (self.coarse_width, self.fine_width):
            Pulse(self.voltages.v_set, width, self.edge, self.edge)  # raises where a value is out of range
        check_over("most", self.most, self.voltages)
        check_range("start", self.start, _LEAST, self.most, "")
        for name in ("coarse_step", "fine_step", "drop"):
            check_range(name, getattr(self, name), 0, self.most, "")
        check_range("reach", self.reach, 0, 10, "(relative)")

    def next_pulses(self, targets: np.ndarray, readings: np.ndarray) -> list[Pulse]:
        """Return pulses one step stronger than the last ones, of the mode that the readings have come to; weaker where
        mode or direction change.
        """
        factors, fine = self._modes(targets, readings)
        volts = factors * np.where(readings[:, -1] < targets, self.voltages.v_set, self.voltages.v_reset)
        widths = np.where(fine, self.fine_width, self.coarse_width)
        pairs = zip(volts.tolist(), widths.tolist(), strict=True)
        return [Pulse(v, width, self.edge, self.edge) for v, width in pairs]

    def _modes(self, targets: np.ndarray, readings: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the amplitude over the pair's, and whether the mode is the fine one, (K,) each."""
        near = np.abs(readings - targets[:, None]) <= self.reach * targets[:, None]
        up = readings < targets[:, None]
        fine = near[:, 0]
        factors = np.where(fine, max(self.start - self.drop, _LEAST), self.start)
        for j in range(1, readings.shape[1]):
            turned = up[:, j] != up[:, j - 1]
            enters = ~fine & (near[:, j] | turned)
            fine = fine | enters
            step = np.where(fine, self.fine_step, self.coarse_step)
            factors = np.clip(np.where(enters | turned, factors - self.drop, factors + step), _LEAST, self.most)
        return factors, fine

    @classmethod
    def candidates(cls, voltages: Pair) -> list[CoarseFine]:
        """Return the settings that `tune` may choose from for a pair."""
        grid = itertools.product(
            overs(voltages, 1.05, 1.35, 7), ((10e-9, 10e-9), (5e-9, 5e-9), (2e-9, 2e-9), (1e-9, 1e-9)),
            ((0.03, 0.01), (0.05, 0.01), (0.05, 0.02), (0.08, 0.02)), (0.05, 0.1, 0.2), (0.03, 0.06),
        )  # fmt: skip
        most = strongest(voltages)
        return [
            cls(voltages, start, *widths, *steps, reach, drop, most)
            for start, widths, steps, reach, drop in grid
            if start < most
        ]
