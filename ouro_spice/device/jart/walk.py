"""Cycle to cycle (C2C): the laws by which one device changes while it is programmed.

Sources: JART User Guide, May 2021 (the walk per half-cycle); Yu, Menzel, Strachan, Neftci, Asilomar 2022, doi
10.1109/IEEECONF56349.2022.10052010 (the walk per step of write-pulse time).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..._util.checks import check_range
from .spread import _check_each


@dataclass(frozen=True)
class Walk:
    """C2C for pulse programming (Yu et al.): the four values change once a step of write-pulse time.

    At the end of a step in which N went the share rho of its way, with every u uniform in (-1, 1) and new::

        Ndiscmax *= 1 + kick_max u            l *= 1 + kick u + rho progress u
        Ndiscmin *= 1 + kick_min u            r *= 1 + kick u + rho progress u

    kept within the device's own value x (1 +- band), Ndiscmin within (1 +- band_min). The clock counts write-pulse
    time, rise to fall, of pulses of any amplitude; reads and idle time do not advance it.

    Parameters
    ----------
    step_s
        Length of a step [s]: 10 ns as in the paper on pulse predictors, 1 us for a step a pulse as in Yu et al.
    kick, progress, kick_min, kick_max, band, band_min
        The numbers of the law.
    """

    step_s: float = 10e-9
    kick: float = 0.01
    progress: float = 0.1
    kick_min: float = 0.9
    kick_max: float = 0.1
    band: float = 0.1
    band_min: float = 0.9

    def __post_init__(self) -> None:
        check_range("step_s", self.step_s, 2e-9, 1.0, "s")
        for name in ("kick", "progress", "kick_min", "kick_max", "band", "band_min"):
            check_range(name, getattr(self, name), 0, 0.95, "")

    def check_time(self, time_s: float, most: float) -> None:
        """Raise ValueError for a pulse of `time_s` [s] in which the walk takes more than `most` steps."""
        steps = time_s / self.step_s
        if steps > most:
            raise ValueError(
                f"a walk of step_s = {self.step_s:g} s takes {steps:.2g} steps in a pulse of {time_s:g} s, more than "
                f"{most:g}: shorten the pulse, lengthen step_s, or take a device without a walk"
            )

    @property
    def settings(self) -> np.ndarray:
        """Return the law's numbers as kernels take them, (8,): see `walk_kernel.STEP` and those after it for the
        places.
        """
        return np.array(
            [self.step_s, self.kick, self.kick, self.progress, self.kick_min, self.kick_max, self.band, self.band_min]
        )


@dataclass(frozen=True)
class HalfCycleWalk:
    """C2C of the user guide (eq. 4.1): one step of the walk at each new polarity.

    Each value is multiplied by 1 +- d P, P uniform in (0, 1), sign at random, d = `kick_min` for Ndiscmin and `kick`
    for the others, and kept within `low` .. `high`, the guide's ranges of (r [m], l [nm], Ndiscmin, Ndiscmax).
    Ndiscmin and Ndiscmax act at once; r and l follow the state: they have their new values when N has gone all its way.
    """

    kick: float = 0.1
    kick_min: float = 0.9
    low: tuple[float, float, float, float] = (40.5e-9, 0.36, 0.004, 18.0)
    high: tuple[float, float, float, float] = (49.5e-9, 0.44, 0.016, 22.0)

    def __post_init__(self) -> None:
        for name in ("kick", "kick_min"):
            check_range(name, getattr(self, name), 0, 0.99, "")
        for name, values in (("low", self.low), ("high", self.high)):
            _check_each(name, values)
            for value in values:
                check_range(name, value, 0, 1e6, "")
        if not all(0 < low < high for low, high in zip(self.low, self.high, strict=True)):
            raise ValueError(f"low = {self.low} must be positive and below high = {self.high}")
