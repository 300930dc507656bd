"""Device to device (D2D): the laws by which devices differ from each other, once and for all.

Four parameters vary: ``Ndiscmin``, ``Ndiscmax``, ``r`` and ``l``. Source of the ranges: JART User Guide, May 2021.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..._util.checks import check_flag, check_range, shown

VARYING = ("r", "l", "Ndiscmin", "Ndiscmax")
"""The parameters that vary, in the order of `WalkState`."""


def _check_each(name: str, values: object) -> None:
    """Raise ValueError unless there is one value for each parameter that varies."""
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
        """Return values of `size` devices as shares of the nominal ones, (size, 4)."""
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
    """Return a D2D law: by its name in `SPREADS`, or as it is given."""
    if isinstance(name, Spread):
        return name
    if not isinstance(name, str) or name not in SPREADS:
        raise ValueError(f"spread {shown(name)} is unknown; there is {', '.join(SPREADS)}, or an ouro_spice.Spread")
    return SPREADS[name]
