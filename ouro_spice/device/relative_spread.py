"""Device to device (D2D) of families without a published law: a truncated Gaussian around each nominal value."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .._util.checks import check_range, shown


@dataclass(frozen=True)
class RelativeSpread:
    """D2D: each device draws some parameters once; all shares of the nominal values.

    Parameters
    ----------
    names
        The parameters that vary.
    sigma
        Standard deviation of each.
    cut
        Each lies within 1 - cut .. 1 + cut: the Gaussian is truncated there.

    Raises
    ------
    ValueError
        For no names, as many sigmas, or a share out of range.
    """

    names: tuple[str, ...]
    sigma: tuple[float, ...]
    cut: tuple[float, ...]

    def __post_init__(self) -> None:
        for name in ("names", "sigma", "cut"):
            values = getattr(self, name)
            if not isinstance(values, tuple | list) or len(values) != len(self.names) or not values:
                raise ValueError(f"{name} = {shown(values)} must have one value for each parameter, one at least")
            object.__setattr__(self, name, tuple(values))
        for name in ("sigma", "cut"):
            for value in getattr(self, name):
                check_range(name, value, 0, 0.9 if name == "cut" else 10, "of the nominal value")

    def factors(self, rng: np.random.Generator, size: int) -> np.ndarray:
        """Return values of `size` devices as shares of the nominal ones, (size, names)."""
        from scipy.special import ndtr, ndtri

        sigma, cut = np.array(self.sigma), np.array(self.cut)
        scale = np.maximum(sigma, 1e-9)  # of no spread at all: only that it divides
        bottom = ndtr(-cut / scale)
        drawn = 1 + sigma * ndtri(bottom + (1 - 2 * bottom) * rng.random((size, len(self.names))))
        return np.clip(drawn, 1 - cut, 1 + cut)


def equal_spread(names: tuple[str, ...], share: float = 0.1) -> RelativeSpread:
    """Return the law by which some parameters vary by the same share, truncated at one standard deviation."""
    return RelativeSpread(names, (share,) * len(names), (share,) * len(names))
