"""Figures of many writes, with bootstrap intervals."""

from __future__ import annotations

from collections.abc import Sequence, Sized
from typing import Any

import numpy as np

from .._util.checks import several, shown
from .._util.statistics import mean_interval, median_interval, percentile_interval, resamples, wilson
from .history import History
from .outcome import Outcome

_KEYS = ("pulses", "reads", "predictions", "time_s", "energy_J", "read_energy_J")


def summary(histories: Sequence[History]) -> dict[str, Any]:
    """Return success rate, pulses, reads, predictions, time and energies of many writes, units in the names.

    They are those of all writes, whether they reached their target or not: ``time_s`` of pulses and reads, without
    predictions, ``energy_J`` of the pulses, ``read_energy_J`` of the reads, None where one is not known. The intervals
    are 95 % bootstrap intervals of the means, ``interval`` that of the pulses, and of their median; of the success
    Wilson's, which knows that 40 of 40 are not all there is.

    Raises
    ------
    ValueError
        For no write at all.
    """
    if isinstance(histories, Sized) and not len(histories):
        raise ValueError("a summary needs at least one write")
    histories = several("histories", histories, History, "target_S")
    counts, times_s = column(histories, "pulses"), column(histories, "time_s")
    energies_J, reads_J = column(histories, "energy_J"), column(histories, "read_energy_J")
    known = bool(np.isfinite(reads_J).all())
    reached = np.array([history.outcome is Outcome.REACHED for history in histories], float)
    return {
        "success": float(reached.mean()),
        "pulses_mean": float(counts.mean()),
        "pulses_median": float(np.median(counts)),
        "pulses_p95": float(np.percentile(counts, 95)),
        "reads_mean": float(column(histories, "reads").mean()),
        "predictions_mean": float(column(histories, "predictions").mean()),
        "time_s": float(times_s.mean()),
        "time_total_s": float(times_s.sum()),
        "energy_J": float(energies_J.mean()),
        "read_energy_J": float(reads_J.mean()) if known else None,
        "n": len(histories),
        "interval": mean_interval(counts),
        "median_interval": median_interval(counts),
        "time_interval_s": mean_interval(times_s),
        "energy_interval_J": mean_interval(energies_J),
        "read_energy_interval_J": mean_interval(reads_J) if known else None,
        "success_interval": wilson(int(reached.sum()), len(reached)),
    }


def ratio(a: Sequence[History], b: Sequence[History], key: str = "pulses") -> tuple[float, float, float]:
    """Return the ratio of what two programmers take on the same cases, and the ends of its 95 % interval.

    Parameters
    ----------
    a, b
        The writes of either, case by case.
    key
        "pulses", "reads", "predictions", "time_s", "energy_J" or "read_energy_J".

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
    means = np.vstack([both.mean(axis=0), both[resamples(len(both))].mean(axis=1)])
    with np.errstate(divide="ignore", invalid="ignore"):
        value, *resampled = means[:, 0] / means[:, 1]
    low, high = percentile_interval(resampled, "inverted_cdf")
    return float(value), low, high


def column(histories: Sequence[History], key: str) -> np.ndarray:
    """Return one figure of each write, (n,) floats, by a name as in `ratio`."""
    if key in ("pulses", "reads"):
        return np.array([len(h.pulses if key == "pulses" else h.readings_S) for h in histories], float)
    return np.array([getattr(h, key) for h in histories], float)
