"""What the earlier pulses of a write say about its device: how much slower it is than the middle of all."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

import numpy as np

from ..programming.predictor import Predictor, answers

CLEAR_S = 5e-6
"""A change of conductance [S] that says as much about the device's speed as about noise; smaller ones count less."""

MOST = 4.0
"""Largest slowness, in units of ln: beyond, something else has happened."""

KEPT = 0.5
"""What a run in a direction still counts for after the next one in it: r and l walk on."""


@dataclass(frozen=True)
class DeviceMemory:
    """Of k writes: how slow each device is in SET and in RESET, by what its pulses have done so far.

    Pulses that follow each other in one direction are a run. One of widths w_1, w_2, .. that has moved the reading from
    a to b gives the slowness ln(w_1 / t_1 + w_2 / t_2 + ..), t_k the time that the base, a predictor of the middle of
    all devices, gives for a -> b at the amplitude of pulse k: a device that hardly answers is found slow, pulse after
    pulse, although noise hides what each of them did. It counts the more, the farther the reading moved.

    Attributes
    ----------
    slow, sure
        Slowness and weight of the runs before the present one; (2, k), SET first.
    sign, anchor_S
        Direction of the present run and the reading at its beginning; (k,), sign 0 before the first pulse.
    width_s, drive
        Its pulses, (m, k); width 0 where a run is shorter.
    reading_S
        The latest reading; (k,).
    """

    slow: np.ndarray
    sure: np.ndarray
    sign: np.ndarray
    anchor_S: np.ndarray
    width_s: np.ndarray
    drive: np.ndarray
    reading_S: np.ndarray

    @classmethod
    def empty(cls, reading_S: np.ndarray) -> DeviceMemory:
        """Return the memory before the first pulse: readings (k,)."""
        k = len(reading_S)
        two, none = np.zeros((2, k)), np.empty((0, k))
        return cls(two, two, np.zeros(k), np.asarray(reading_S, float), none, none, np.asarray(reading_S, float))

    def after(self, base: Predictor, time_s: np.ndarray, drive: np.ndarray, reading_S: np.ndarray) -> DeviceMemory:
        """Return the memory with one pulse more of each write: signed times [s], amplitudes over the pair's, and
        readings after them [S]; (k,) each.

        A pulse whose reading failed changes nothing.
        """
        known = np.isfinite(reading_S)
        sign = np.where(known, np.where(time_s > 0, 1.0, -1.0), self.sign)
        turned = sign != self.sign
        slow, sure = self._estimates(base)
        return DeviceMemory(
            np.where(turned, slow, self.slow), np.where(turned, sure, self.sure), sign,
            np.where(turned, self.reading_S, self.anchor_S),
            np.vstack([np.where(turned, 0.0, self.width_s), np.where(known, np.abs(time_s), 0.0)]),
            np.vstack([self.drive, drive]), np.where(known, reading_S, self.reading_S),
        )  # fmt: skip

    def of(self, those: np.ndarray) -> DeviceMemory:
        """Return the memory of some of the writes, by a mask (k,) or places."""
        return DeviceMemory(*(getattr(self, f.name)[..., those] for f in dataclasses.fields(self)))

    def _estimates(self, base: Predictor) -> tuple[np.ndarray, np.ndarray]:
        """Return the slowness and its weight, (2, k) each, the present run included."""
        moved = (self.reading_S - self.anchor_S) * self.sign
        seen = np.maximum(moved, CLEAR_S)
        spent = np.zeros(len(seen))
        ask = answers(base)
        for width_s, drive in zip(self.width_s, self.drive, strict=True):
            expected = np.abs(ask(self.anchor_S, np.where(self.sign < 0, -seen, seen), drive=drive))
            spent += width_s / np.maximum(expected, 1e-12)
        begun = spent > 0
        found = np.clip(np.log(np.where(begun, spent, 1.0)), -MOST, MOST)
        # what has not clearly moved is at least so slow
        found = np.where(moved < CLEAR_S, np.maximum(found, 0.0), found)
        weight = np.where(begun, seen / (seen + CLEAR_S), 0.0)
        mine = np.stack([self.sign > 0, self.sign < 0])
        old = np.where(mine, KEPT, 1.0) * self.sure
        total = old + mine * weight
        slow = (old * self.slow + mine * weight * found) / np.where(total > 0, total, 1.0)
        return np.where(total > 0, slow, 0.0), total

    def inputs(self, base: Predictor, dg_S: np.ndarray) -> dict[str, np.ndarray]:
        """Return the inputs of a network that the memory stands for, by name, (k,) each, for the direction of the
        wanted change.
        """
        slow, sure = self._estimates(base)
        same = np.where(np.asarray(dg_S) > 0, 0, 1)
        k = np.arange(len(same))
        return {
            "slow_same": slow[same, k], "sure_same": sure[same, k],
            "slow_other": slow[1 - same, k], "sure_other": sure[1 - same, k],
        }  # fmt: skip
