"""When a write ends."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from .._util.checks import check_conductance, check_count, check_flag, check_range
from .outcome import Outcome

STILL = 1e-4
"""A reading that moves by less than this share of the tolerance over `Rules.patience` pulses counts as stuck."""


@dataclass(frozen=True)
class Rules:
    """When a write ends.

    Parameters
    ----------
    tolerance
        Largest relative distance of the reading from the target.
    max_pulses
        It ends after this many pulses; a sequence that is sent without a read between is sent whole.
    patience
        It ends as `Outcome.STUCK` where all readings over so many pulses, or sequences of them, are the same within
        `STILL` of the tolerance; None: never.
    keep_going
        It goes on to the last pulse, wherever the reading is; the last reading decides.
    """

    tolerance: float
    max_pulses: int = 50
    patience: int | None = 20
    keep_going: bool = False

    def __post_init__(self) -> None:
        check_range("tolerance", self.tolerance, 1e-6, 1.0, "(relative)")
        check_count("max_pulses", self.max_pulses)
        if self.patience is not None:
            check_count("patience", self.patience)
        check_flag("keep_going", self.keep_going)

    def outcomes(
        self, targets: np.ndarray, readings: np.ndarray, sent: np.ndarray | None = None
    ) -> list[Outcome | None]:
        """Return the outcome of each of K writes, None where it goes on.

        Parameters
        ----------
        targets, readings
            (K,) and (K, J) [S].
        sent
            Pulses of each write so far, (K,); None: one before each reading but the first.
        """
        sends, now = readings.shape[1] - 1, readings[:, -1]
        found = np.full(len(targets), None)
        last = np.full(len(targets), sends) if sent is None else np.asarray(sent)
        last = last >= self.max_pulses
        found[last] = Outcome.PULSE_LIMIT
        if self.patience is not None and not self.keep_going and sends >= self.patience:
            moved = np.ptp(readings[:, -self.patience - 1 :], axis=1)
            found[moved <= STILL * self.tolerance * targets] = Outcome.STUCK
        decided = last if self.keep_going else np.ones(len(targets), bool)
        found[decided & (np.abs(now - targets) <= self.tolerance * targets)] = Outcome.REACHED
        found[~np.isfinite(now)] = Outcome.READ_FAILED
        return found.tolist()


def check_target(target: ArrayLike, name: str = "target", window_S: tuple[float, float] | None = None) -> None:
    """Raise ValueError for what is no plausible conductance [S], one or several; those of a cell's window are."""
    low, high = window_S or (math.inf, 0.0)
    given = np.asarray(target)
    known = given.dtype.kind in "iuf" and bool(np.all((given >= low) & (given <= high)))
    check_conductance(name, target, accept=known)
