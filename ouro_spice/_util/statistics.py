"""How sure a figure over independent cases is: the bootstrap, and Wilson's interval of a share.

Bootstrap (Efron, Ann. Statist. 7, 1979), percentile form: the n cases are drawn anew with replacement, `RESAMPLES`
times; the figure of each resample is taken, and the interval holds 95 % of these figures. Held fixed are the cases and
the seed: the same ones give the same interval to the last digit. Nothing has to converge.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

RESAMPLES = 2000

_ENDS = (2.5, 97.5)
_Z2 = 1.959963984540054**2
"""The ends of an interval of 95 %: its percentiles, and the square of the normal distribution's."""

_AT_ONCE = 1 << 20
"""Cases that are drawn at once: memory stays small for any number of them."""


def resamples(n: int, seed: int = 0) -> np.ndarray:
    """Return which of n cases each bootstrap resample holds, (RESAMPLES, n): the same for all figures of n cases."""
    return np.random.default_rng(seed).integers(n, size=(RESAMPLES, n))


def percentile_interval(figures: ArrayLike, method: Literal["linear", "inverted_cdf"] = "linear") -> list[float]:
    """Return the ends between which 95 % of the figures of resamples lie, in the unit of the figures.

    Parameters
    ----------
    figures
        One a resample, (R,).
    method
        That of `numpy.percentile`; "inverted_cdf" takes no mean of two figures, one of which may be infinite.
    """
    return [float(end) for end in np.percentile(np.asarray(figures, dtype=float), _ENDS, method=method)]


def mean_interval(values: np.ndarray, seed: int = 0) -> list[float]:
    """Return the 95 % bootstrap interval of the mean of values (n,), in their unit."""
    rng, n = np.random.default_rng(seed), len(values)
    rows = max(_AT_ONCE // n, 1)
    sizes = [min(rows, RESAMPLES - done) for done in range(0, RESAMPLES, rows)]
    return percentile_interval(np.concatenate([values[rng.integers(n, size=(k, n))].mean(axis=1) for k in sizes]))


def median_interval(values: np.ndarray) -> list[float]:
    """Return the 95 % bootstrap interval of the median of values (n,), in their unit."""
    return percentile_interval(np.median(np.asarray(values)[resamples(len(values))], axis=1))


def wilson(hits: float, n: int) -> list[float]:
    """Return the 95 % interval of a share of which `hits` of `n` were seen (Wilson, J. Am. Stat. Assoc. 22, 1927)."""
    middle, half = hits + _Z2 / 2, np.sqrt(_Z2 * (hits * (n - hits) / n + _Z2 / 4))
    return [float(max((middle - half) / (n + _Z2), 0.0)), float(min((middle + half) / (n + _Z2), 1.0))]


def share_ends(value: float, ends: Sequence[float], n: int) -> list[float]:
    """Return the interval of a share over n cases, Wilson's at least: 40 of 40 are not all there is."""
    low, high = wilson(value * n, n)
    return [max(min(ends[0], low), 0.0), min(max(ends[1], high), 1.0)]
