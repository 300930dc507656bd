"""What chooses the next pulse."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Protocol

import numpy as np

from ..checks import check_has, check_range, check_text, checked_numbers, shown
from ..pulse import Pulse

_LARGE = 1e9
"""A target that no unit explains."""


class Programmer(Protocol):
    """What chooses the next pulse.

    A programmer may also have ``next_pulses(targets, readings)``, for targets (K,) and readings (K, J) [S] of K writes
    that have come equally far: `write_many` asks it once for all of them. One that has ``check(circuit)`` may refuse a
    circuit, by its hash in the manifest, before anything is done.
    """

    name: str

    def next_pulse(self, target: float, readings: list[float]) -> Pulse:
        """The next pulse for a target [S], given all readings of this write [S], the latest last."""


def check_programmer(programmer: object) -> None:
    """Raise ValueError for what chooses no pulses."""
    check_has("programmer", programmer, "next_pulse", "a programmer, such as ouro_spice.ISPP(pair)")
    check_text("the programmer's name", getattr(programmer, "name", None))


class Conventional(ABC):
    """A programmer by fixed rules: what it does depends on the target and the readings of this write alone."""

    @abstractmethod
    def next_pulses(self, targets: np.ndarray, readings: np.ndarray) -> list[Pulse]:
        """The next pulse of each of K writes, of targets (K,) and readings (K, J) [S]."""

    def next_pulse(self, target: float, readings: list[float]) -> Pulse:
        """The next pulse for a target [S], given all readings of this write [S], the latest last."""
        check_range("target", target, 0, _LARGE, "S")
        found = checked_numbers("readings", readings)
        if found.ndim != 1 or not found.size:
            raise ValueError(f"readings = {shown(readings)} must be the readings of a write [S], one at least")
        return self.next_pulses(np.array([target], float), found[None])[0]


def levels(targets: np.ndarray, readings: np.ndarray, back: int | None, highest: int) -> np.ndarray:
    """How many steps each of K programmers that step up until the target is crossed has come to, (K,).

    Parameters
    ----------
    targets, readings
        (K,) and (K, J) [S].
    back
        Steps that are taken back where the direction changes; None: all.
    highest
        The last step.
    """
    up = readings < targets[:, None]
    now = np.zeros(len(targets), int)
    for j in range(1, up.shape[1]):
        turned = 0 if back is None else np.maximum(now - back, 0)
        now = np.where(up[:, j] == up[:, j - 1], np.minimum(now + 1, highest), turned)
    return now
