"""Judging programmers: figures of their writes, the best one of a kind, and the settings that are tried in tuning."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from ..pair import Pair
from ..write_verify import (
    ISPP,
    CoarseFine,
    FixedPulse,
    History,
    ISPPWidth,
    ModelTime,
    NominalTimes,
    Outcome,
    Posterior,
    Programmer,
    ProportionalIntegral,
    ProportionalIntegralWidth,
    summary,
)

CONVENTIONAL = (FixedPulse, ISPP, ISPPWidth, CoarseFine, ProportionalIntegral, ProportionalIntegralWidth)

INFORMED = (ModelTime, Posterior)
"""Rules that know the nominal model, without a network."""

NOISE_FREE = "noise-free"

READ_S = 100e-9
"""Reads of the ratio of times [s]."""

_LESS = 0.05
"""A programmer is as reliable as the best one of its kind where it succeeds in so much less of the writes."""

_QUICK = 10


def row(histories: Sequence[History], reads_s: Sequence[float]) -> dict[str, Any]:
    """Figures of a programmer's writes, as results hold them; times also for reads of other lengths [s]."""
    quick = [h.outcome is Outcome.REACHED and len(h.pulses) < _QUICK for h in histories]
    booked = {f"{read_s:g}": summary([h.with_reads(read_s) for h in histories]) for read_s in reads_s}
    return summary(histories) | {
        "success_g": float(np.mean([_met(history) for history in histories])),
        "iterations_below_10": float(np.mean(quick)),
        "reads": {read_s: one["time_s"] for read_s, one in booked.items()},
        "reads_interval_s": {read_s: one["time_interval_s"] for read_s, one in booked.items()},
    }


def _met(history: History) -> bool:
    """Whether the conductance itself, not its reading, ended within the tolerance."""
    ended = history.conductances_S[-1] if history.conductances_S else float("nan")
    return abs(ended - history.target_S) <= history.tolerance * history.target_S


def booked(histories: Mapping[str, Sequence[History]]) -> dict[str, list[History]]:
    """Writes by programmer, with reads of `READ_S`."""
    return {name: [history.with_reads(READ_S) for history in several] for name, several in histories.items()}


def best_of(histories: Mapping[str, Sequence[History]], names: Iterable[str], key: str) -> str:
    """The programmer with the smallest mean of "pulses" or "time_s".

    Only those count that succeed about as often as the best of the names: who gives up soon is not quick.
    """
    found = {name: summary(histories[name]) for name in sorted(names)}
    least = max(one["success"] for one in found.values()) - _LESS
    means = {name: one["pulses_mean" if key == "pulses" else key] for name, one in found.items()}
    return min((name for name, one in found.items() if one["success"] >= least), key=means.get)


def candidates(
    kind: type[Programmer], voltages: Pair | NominalTimes, count: int, seeds: np.random.SeedSequence
) -> list[Programmer]:
    """Some of the settings that a conventional programmer may have, drawn from its grid."""
    every = kind.candidates(voltages)
    chosen = np.random.default_rng(seeds).permutation(len(every))[:count]
    return [every[k] for k in sorted(chosen)]


def carried(kind: type[Programmer], voltages: Pair | NominalTimes, parameters: Mapping[str, Any]) -> Programmer:
    """A programmer of another pair: settings are multiples of a pair, but for the limit of the drivers."""
    return kind(voltages, **{name: value for name, value in parameters.items() if name != "most"})


def varied(ranked: Sequence[Mapping[str, Any]], count: int) -> list[Mapping[str, Any]]:
    """Of settings, best first, the best one of each amplitude: it is what another circuit asks to be chosen anew."""
    best: dict[float, Mapping[str, Any]] = {}
    for parameters in ranked:
        best.setdefault(parameters["over"] if "over" in parameters else parameters["start"], parameters)
    return list(best.values())[:count]
