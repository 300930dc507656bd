"""What varies: from device to device (D2D), from cycle to cycle (C2C), and from read to read; as descriptions.

Four parameters vary: ``Ndiscmin``, ``Ndiscmax``, ``r`` and ``l``. Sources: JART User Guide, May 2021 (ranges, the walk
per half-cycle); Yu, Menzel, Strachan, Neftci, Asilomar 2022, doi 10.1109/IEEECONF56349.2022.10052010 (the walk per
step of write-pulse time); Wiefels et al., IEEE TED 67(10), 2020 (read noise).
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

import numpy as np

from .._util.checks import check_flag, check_range, shown

VARYING = ("r", "l", "Ndiscmin", "Ndiscmax")
"""The parameters that vary, in the order of `Wander`."""

_LARGE = 1e12


def _check_each(name: str, values: object) -> None:
    """Raise ValueError for what is no value for each parameter that varies."""
    if not isinstance(values, tuple) or len(values) != len(VARYING):
        raise ValueError(f"{name} = {shown(values)} must be a tuple of {len(VARYING)} numbers, for {VARYING}")


@dataclass(frozen=True)
class Spread:
    """D2D: each device draws its values once from a Gaussian around the nominal ones; all shares of the nominal value.

    Parameters
    ----------
    sigma
        Standard deviation of (r, l, Ndiscmin, Ndiscmax).
    low, high
        The range of each.
    clamp
        Move values from outside the range to its ends, instead of drawing from the truncated Gaussian.
    """

    sigma: tuple[float, float, float, float] = (0.1, 0.1, 0.1, 0.1)
    low: tuple[float, float, float, float] = (0.9, 0.9, 0.5, 0.9)
    high: tuple[float, float, float, float] = (1.1, 1.1, 2.0, 1.1)
    clamp: bool = False

    def __post_init__(self) -> None:
        for name, values in (("sigma", self.sigma), ("low", self.low), ("high", self.high)):
            _check_each(name, values)
            for value in values:
                check_range(name, value, 0, 100, "of the nominal value")
        check_flag("clamp", self.clamp)
        if not all(low <= 1 <= high for low, high in zip(self.low, self.high, strict=True)):
            raise ValueError(f"low = {self.low} and high = {self.high} must enclose 1, the nominal value")

    def factors(self, rng: np.random.Generator, size: int) -> np.ndarray:
        """Shares of the nominal values, (size, 4)."""
        from scipy.special import ndtr, ndtri

        sigma, low, high = map(np.array, (self.sigma, self.low, self.high))
        if self.clamp:
            return np.clip(1 + sigma * rng.standard_normal((size, len(VARYING))), low, high)
        scale = np.maximum(sigma, 1e-9)  # of no spread at all: only that it divides
        bottom, top = ndtr((low - 1) / scale), ndtr((high - 1) / scale)
        drawn = 1 + sigma * ndtri(bottom + (top - bottom) * rng.random((size, len(VARYING))))
        return np.clip(drawn, low, high)


SPREADS = {
    # 10 % of each nominal value, truncated to the ranges of the guide's kinetics
    "ten_percent": Spread(),
    # the absolute values in use elsewhere: r 5 nm, l .04 nm, Nmin .002, Nmax 1, truncated likewise
    "in_use": Spread(sigma=(5 / 45, 0.1, 0.25, 0.05)),
    # as wide as the mean and clamped: most devices lie at the ends (Yu et al.)
    "yu": Spread(sigma=(1.0, 1.0, 1.0, 1.0), clamp=True),
}


def spread(name: str | Spread) -> Spread:
    """A D2D law by its name, or itself."""
    if isinstance(name, Spread):
        return name
    if not isinstance(name, str) or name not in SPREADS:
        raise ValueError(f"spread {shown(name)} is unknown; there is {', '.join(SPREADS)}, or an ouro_spice.Spread")
    return SPREADS[name]


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
        """Raise ValueError for a pulse [s] in which the walk takes more than `most` steps."""
        steps = time_s / self.step_s
        if steps > most:
            raise ValueError(
                f"a walk of step_s = {self.step_s:g} s takes {steps:.2g} steps in a pulse of {time_s:g} s, more than "
                f"{most:g}: shorten the pulse, lengthen step_s, or take a device without a walk"
            )

    @property
    def settings(self) -> np.ndarray:
        """The numbers as kernels take them: step, kicks of l and r, progress, kicks of Nmin and Nmax, both bands."""
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


@dataclass(frozen=True)
class ReadNoise:
    """Random telegraph noise on reads (Wiefels et al., 2020): a few vacancies jump in and out of the disc.

    The concentration read is N + s / (A l), s in -2 .. 2, a Markov chain that is asked once every 1 / f of time;
    f = |Gaussian(`mean_Hz`, `sigma_Hz`)|, drawn once a device.
    """

    mean_Hz: float = 50.0
    sigma_Hz: float = 50.0

    def __post_init__(self) -> None:
        check_range("mean_Hz", self.mean_Hz, 0, 1e6, "Hz")
        check_range("sigma_Hz", self.sigma_Hz, 0, 1e6, "Hz")


@dataclass(frozen=True)
class Wander:
    """Where the walk of one device stands: part of the state of a cell.

    Attributes
    ----------
    r, l, Ndiscmin, Ndiscmax
        Present values; with `HalfCycleWalk` r and l are those at the end of the way.
    r_before, l_before, Ndiscmin_before, Ndiscmax_before
        Values before the last step.
    n_begin
        Concentration at the beginning of the step, or half-cycle [1e26 m^-3].
    clock_s
        Write-pulse time since then [s].
    count
        Steps done.
    polarity
        Sign of the last write pulse, 0 before the first.
    """

    r: float
    l: float  # noqa: E741 - the model's own name
    Ndiscmin: float
    Ndiscmax: float
    r_before: float
    l_before: float
    Ndiscmin_before: float
    Ndiscmax_before: float
    n_begin: float
    clock_s: float = 0.0
    count: int = 0
    polarity: int = 0

    def __post_init__(self) -> None:
        for name in _VECTOR:
            value = getattr(self, name)
            # one is made for every pulse: the plain good float first
            if not (type(value) is float and 0 <= value <= _LARGE):
                check_range(name, value, 0, _LARGE, "")
        if self.polarity not in (-1, 0, 1):
            raise ValueError(f"polarity = {shown(self.polarity)} must be -1, 0 or 1")

    @classmethod
    def at(cls, r: float, l: float, n_min: float, n_max: float, n_disc: float) -> Wander:  # noqa: E741
        """A walk that begins here."""
        return cls(r, l, n_min, n_max, r, l, n_min, n_max, n_disc)

    @property
    def vector(self) -> np.ndarray:
        """The numbers as kernels take them, (11,): all but the polarity."""
        return np.array([getattr(self, name) for name in _VECTOR], dtype=float)

    @classmethod
    def from_vector(cls, values: np.ndarray, polarity: int) -> Wander:
        """The walk that a kernel's numbers stand for."""
        return cls(*map(float, values[:-1]), int(values[-1]), polarity)


_VECTOR = tuple(f.name for f in dataclasses.fields(Wander))[:-1]
