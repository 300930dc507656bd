"""What one attempt is worth: the share of ends within a band around the target, and how sure that share is."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from .._util.checks import check_range
from .._util.statistics import mean_interval, share_ends

BANDS = (0.5, 0.2, 0.1)
"""Largest relative distances from the target that count as a hit."""


@dataclass(frozen=True, eq=False)
class Estimate:
    """A mean over independent cases, with its 95 % bootstrap interval.

    Attributes
    ----------
    value, low, high
        The mean, and the ends of the interval.
    each
        The cases, (P,).
    """

    value: float
    low: float
    high: float
    each: np.ndarray

    @classmethod
    def of(cls, each: ArrayLike, seed: int = 0) -> Estimate:
        """Return the mean of independent cases (P,) with its 95 % bootstrap interval, see
        `statistics.mean_interval`.
        """
        each = np.asarray(each, dtype=float)
        if each.ndim != 1 or not len(each):
            raise ValueError(f"each must be one number a case, at least one; shape {each.shape}")
        low, high = mean_interval(each, seed)
        return cls(float(each.mean()), low, high, each)


def label(kind: str, band: float) -> str:
    """Return the key of a figure of a band in results, such as ``within_20`` or ``floor_50``."""
    return f"{kind}_{100 * band:g}"


def within(g_S: ArrayLike, target_S: ArrayLike, band: float) -> np.ndarray:
    """Return which conductances [S] are within a band around their targets, bool, broadcast; NaN is within none."""
    check_range("band", band, 1e-6, 1.0, "(relative)")
    target_S = np.asarray(target_S)
    return np.abs(np.asarray(g_S) - target_S) <= band * target_S


def shares(g_end_S: ArrayLike, target_S: ArrayLike) -> dict[str, float]:
    """Return the share of ends [S] within each of `BANDS` around their targets [S], by name: ``within_20``."""
    return {label("within", band): float(within(g_end_S, target_S, band).mean()) for band in BANDS}


def best_constant(targets_S: ArrayLike, band: float) -> float:
    """Return the conductance [S] that is within a band around as many targets (D,) as one conductance can be.

    It is so for the targets between itself over ``1 + band`` and over ``1 - band``: a range of constant ratio, and the
    best one begins at a target.
    """
    check_range("band", band, 1e-6, 1 - 1e-6, "(relative)")
    ordered = np.sort(np.asarray(targets_S, dtype=float))
    if ordered.ndim != 1 or not len(ordered) or not np.all(np.isfinite(ordered) & (ordered > 0)):
        raise ValueError("targets_S must be positive conductances [S], at least one")
    last = np.searchsorted(ordered, ordered * (1 + band) / (1 - band), side="right") - 1
    first = int(np.argmax(last - np.arange(len(ordered))))
    # the middle of those that hold as many
    low, high = ordered[last[first]] * (1 - band), ordered[first] * (1 + band)
    return float((low + high) / 2)


def constant(training_S: ArrayLike, target_S: ArrayLike, seed: int = 0) -> dict[str, object]:
    """Return the shares that ending at one conductance reaches, whatever the target: the best one of the training
    targets for each band.

    Parameters
    ----------
    training_S, target_S
        Targets by which it is chosen, and those by which it is judged, (K,) and (D,) [S].
    seed
        Of the intervals.

    Returns
    -------
    dict
        As `Deployment.summary`: the share within each band, ``n`` and ``interval``; ``constant_S`` by band.
    """
    best = {band: best_constant(training_S, band) for band in BANDS}
    found = {band: Estimate.of(within(g_S, target_S, band), seed) for band, g_S in best.items()}
    n = len(np.asarray(target_S))
    return {
        **{label("within", band): one.value for band, one in found.items()},
        "n": n,
        "interval": {
            label("within", band): share_ends(one.value, (one.low, one.high), n) for band, one in found.items()
        },
        "constant_S": {label("within", band): g_S for band, g_S in best.items()},
    }
