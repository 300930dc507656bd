"""What the earlier pulses of a write tell of the very device: how much slower than expected it answered."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from . import PulsePredictor

CLEAR_S = 5e-6
"""A change of conductance [S] that tells as much of the device's speed as of its noise; smaller ones count for less."""

MOST = 3.0
"""Largest slowness, in units of ln: beyond, something else has happened."""


@dataclass(frozen=True)
class Memory:
    """Sums over the earlier pulses of k writes, apart for SET and RESET.

    A pulse of width w that moved the reading from a to b tells the slowness ln(w / t), t the time that the clock, a
    predictor of the middle of all devices, gives for a -> b; it counts the more, the farther the reading moved.

    Attributes
    ----------
    slowness, weight
        Weighted sums of the slowness and sums of the weights; (2, k), SET first.
    """

    slowness: np.ndarray
    weight: np.ndarray

    @classmethod
    def empty(cls, count: int) -> Memory:
        """Before the first pulse."""
        return cls(np.zeros((2, count)), np.zeros((2, count)))

    def after(
        self, clock: PulsePredictor, before_S: np.ndarray, after_S: np.ndarray, time_s: np.ndarray, drive: np.ndarray
    ) -> Memory:
        """With one pulse more each: readings before and after [S], signed time [s], amplitude over the pair's; (k,)."""
        sign = np.where(time_s > 0, 1.0, -1.0)
        moved = (after_S - before_S) * sign
        seen = np.maximum(moved, CLEAR_S)
        expected = np.abs(clock.predict(before_S, sign * seen, drive=drive))
        slow = np.log(np.maximum(np.abs(time_s), 1e-12) / np.maximum(expected, 1e-12))
        # a pulse that moved less than can be told shows at most that the device is slow
        slow = np.clip(np.where(moved < CLEAR_S, np.maximum(slow, 0.0), slow), -MOST, MOST)
        weight = np.where(time_s == 0, 0.0, seen / (seen + CLEAR_S))
        # a reading that failed tells nothing
        weight = np.where(np.isfinite(slow), weight, 0.0)
        mine = np.stack([sign > 0, sign < 0]) * weight
        return Memory(self.slowness + mine * np.nan_to_num(slow), self.weight + mine)

    def seen(self, dg_S: np.ndarray) -> dict[str, np.ndarray]:
        """The inputs of a network that it stands for, by the direction of the wanted change."""
        mean = self.slowness / (self.weight + 0.5)
        rising = np.asarray(dg_S) > 0
        same, other = np.where(rising, 0, 1), np.where(rising, 1, 0)
        k = np.arange(len(rising))
        return {
            "slow_same": mean[same, k], "sure_same": self.weight[same, k],
            "slow_other": mean[other, k], "sure_other": self.weight[other, k],
        }  # fmt: skip
