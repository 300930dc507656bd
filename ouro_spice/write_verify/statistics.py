"""Figures of many writes, with bootstrap intervals."""

from __future__ import annotations

from collections.abc import Sequence, Sized
from typing import Any

import numpy as np

from ..checks import several, shown
from .history import History
from .outcome import Outcome

_RESAMPLES = 2000
_KEYS = ("pulses", "time_s", "energy_J")


def summary(histories: Sequence[History]) -> dict[str, Any]:
    """Success rate, pulses, time and energy over many writes, units in the names.

    Pulses, time and energy are those of all writes, whether they reached their target or not. The intervals are 95 %
    bootstrap intervals of the means, ``interval`` that of the pulses; of the success Wilson's, which knows that 40 of
    40 are not all there is.

    Raises
    ------
    ValueError
        For no write at all.
    """
    if isinstance(histories, Sized) and not len(histories):
        raise ValueError("a summary needs at least one write")
    histories = several("histories", histories, History, "target_S")
    counts, times_s = column(histories, "pulses"), column(histories, "time_s")
    energies_J = column(histories, "energy_J")
    reached = np.array([history.outcome is Outcome.REACHED for history in histories], float)
    return {
        "success": float(reached.mean()),
        "pulses_mean": float(counts.mean()),
        "pulses_median": float(np.median(counts)),
        "pulses_p95": float(np.percentile(counts, 95)),
        "time_s": float(times_s.mean()),
        "time_total_s": float(times_s.sum()),
        "energy_J": float(energies_J.mean()),
        "n": len(histories),
        "interval": _interval(counts),
        "time_interval_s": _interval(times_s),
        "energy_interval_J": _interval(energies_J),
        "success_interval": wilson(int(reached.sum()), len(reached)),
    }


def wilson(hits: int, n: int) -> list[float]:
    """95 % interval of a share of which `hits` of `n` were seen (Wilson, 1927)."""
    z2 = 1.959963984540054**2
    middle, half = hits + z2 / 2, np.sqrt(z2 * (hits * (n - hits) / n + z2 / 4))
    return [float(max((middle - half) / (n + z2), 0.0)), float(min((middle + half) / (n + z2), 1.0))]


def ratio(a: Sequence[History], b: Sequence[History], key: str = "pulses") -> tuple[float, float, float]:
    """How many times more of something one programmer takes than another one on the same cases.

    Parameters
    ----------
    a, b
        The writes of either, case by case.
    key
        "pulses", "time_s" or "energy_J".

    Returns
    -------
    value, low, high
        Mean of `a` over mean of `b`, and its 95 % interval: a bootstrap over the cases, both from the same ones.
        Infinite where `b` takes nothing.

    Raises
    ------
    ValueError
        For an unknown key, or writes that are not of the same cases.
    """
    if not isinstance(key, str) or key not in _KEYS:
        raise ValueError(f"key {shown(key)} is unknown; there is {', '.join(_KEYS)}")
    for name, writes in (("a", a), ("b", b)):
        if not isinstance(writes, Sized) or len(writes):
            several(name, writes, History, "target_S")
    if not a or [h.target_S for h in a] != [h.target_S for h in b]:
        raise ValueError("a ratio needs writes to the same targets, one at least")
    both = np.column_stack([column(a, key), column(b, key)])
    drawn = np.random.default_rng(0).integers(len(both), size=(_RESAMPLES, len(both)))
    means = np.vstack([both.mean(axis=0), both[drawn].mean(axis=1)])
    with np.errstate(divide="ignore", invalid="ignore"):
        value, *resampled = means[:, 0] / means[:, 1]
    low, high = np.percentile(resampled, [2.5, 97.5], method="inverted_cdf")
    return float(value), float(low), float(high)


def column(histories: Sequence[History], key: str) -> np.ndarray:
    """One figure of each write, (n,): "pulses", "time_s" or "energy_J"."""
    return np.array([len(h.pulses) if key == "pulses" else getattr(h, key) for h in histories], float)


def _interval(values: np.ndarray) -> list[float]:
    """95 % bootstrap interval of a mean."""
    drawn = np.random.default_rng(0).choice(values, size=(_RESAMPLES, len(values)))
    return [float(x) for x in np.percentile(drawn.mean(axis=1), [2.5, 97.5])]
