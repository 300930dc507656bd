"""Judging programmers: figures of their writes, the best one of a kind, and the settings that are tried in tuning."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Protocol

import numpy as np

from ..programming.best_of import Candidates
from ..programming.history import History
from ..programming.nominal import NominalTimes
from ..programming.outcome import Outcome
from ..programming.programmer import Programmer
from ..programming.programmers.coarse_fine import CoarseFine
from ..programming.programmers.fixed import FixedPulse
from ..programming.programmers.ispp import ISPP, ISPPWidth
from ..programming.programmers.model_time import ModelTime
from ..programming.programmers.posterior import Posterior
from ..programming.programmers.proportional_integral import ProportionalIntegral, ProportionalIntegralWidth
from ..programming.write_statistics import column, summary
from ..simulation.write_voltages import Pair


class Rule(Protocol):
    """A class of conventional programmers, made of a pair, or of the nominal model's times, and of settings."""

    @property
    def __name__(self) -> str:
        """Return the name of the class."""
        ...

    def __call__(self, *args: Any, **kwargs: Any) -> Programmer:
        """Return a programmer with some settings."""
        ...

    def candidates(self, *args: Any, **kwargs: Any) -> Sequence[Programmer]:
        """Return all programmers of its grid for a pair, or for the nominal model's times."""
        ...


CONVENTIONAL: tuple[Rule, ...] = (
    FixedPulse, ISPP, ISPPWidth, CoarseFine, ProportionalIntegral, ProportionalIntegralWidth,
)  # fmt: skip

INFORMED: tuple[Rule, ...] = (ModelTime, Posterior)
"""Rules that know the nominal model, without a network."""

NOISE_FREE = "noise-free"

READ_S = 100e-9
"""Reads of ratios of times, of break-even, and of times with predictions [s]."""

QUICK = 10
"""A write that reaches its target with fewer pulses is a quick one."""


def row(histories: Sequence[History], reads_s: Sequence[float]) -> dict[str, Any]:
    """Return the row of results of a programmer's writes; times also for reads of other lengths [s]."""
    by_length = {f"{read_s:g}": summary([h.with_reads(read_s) for h in histories]) for read_s in reads_s}
    return summary(histories) | {
        "knows": histories[0].knows,
        "success_g": float(np.mean([_met(history) for history in histories])),
        "iterations_below_10": float(np.mean(quick(histories))),
        "reads": {read_s: one["time_s"] for read_s, one in by_length.items()},
        "time_100ns_s": summary([h.with_reads(READ_S) for h in histories])["time_s"],
        "reads_interval_s": {read_s: one["time_interval_s"] for read_s, one in by_length.items()},
    }


def quick(histories: Sequence[History]) -> np.ndarray:
    """Return which writes reached their target with fewer than `QUICK` pulses, (n,), as 0.0 or 1.0."""
    return np.array([h.outcome is Outcome.REACHED and len(h.pulses) < QUICK for h in histories], float)


def _met(history: History) -> bool:
    """Return whether the conductance itself, not its reading, ended within the tolerance."""
    ended = history.conductances_S[-1] if history.conductances_S else float("nan")
    return abs(ended - history.target_S) <= history.tolerance * history.target_S


def with_common_reads(histories: Mapping[str, Sequence[History]]) -> dict[str, list[History]]:
    """Return the writes by programmer as if each read had taken `READ_S`."""
    return {name: [history.with_reads(READ_S) for history in several] for name, several in histories.items()}


def side(
    histories: Mapping[str, Sequence[History]], names: Iterable[str], key: str, judged: Sequence[str] = ()
) -> Candidates:
    """Return some programmers as candidates, of which the one with the smallest mean cost is the best.

    The cost is "pulses" or "time_s"; `judged` are the figures, as in `ratio`, by which it is judged, its cost where
    there is none.

    `judged`: the figures, as in `ratio`, by which it is judged; its cost where there is none.
    """
    names = tuple(sorted(names))
    reached = [[h.outcome is Outcome.REACHED for h in histories[name]] for name in names]
    cost = np.array([column(histories[name], key) for name in names])
    by = [np.stack([column(histories[name], one) for one in judged or (key,)], axis=1) for name in names]
    return Candidates(names, cost, np.array(reached), np.array(by))


def best_of(histories: Mapping[str, Sequence[History]], names: Iterable[str], key: str) -> str:
    """Return the name of the programmer with the smallest mean of "pulses" or "time_s", as reliable as the best one.

    A name, not a figure: `rival_ratios` says what the best one is worth, on other writes than it is chosen on.
    """
    return side(histories, names, key).best


def candidates(
    kind: Rule, voltages: Pair | NominalTimes, count: int, seeds: np.random.SeedSequence
) -> list[Programmer]:
    """Return some of the settings that a conventional programmer may have, drawn from its grid."""
    every = kind.candidates(voltages)
    chosen = np.random.default_rng(seeds).permutation(len(every))[:count]
    return [every[k] for k in sorted(chosen)]


def carry_over(kind: Rule, voltages: Pair | NominalTimes, parameters: Mapping[str, Any]) -> Programmer:
    """Return a programmer of another pair: settings are multiples of a pair, but for the limit of the drivers."""
    return kind(voltages, **{name: value for name, value in parameters.items() if name != "most"})


def best_of_each_amplitude(ranked: Sequence[Mapping[str, Any]], count: int) -> list[Mapping[str, Any]]:
    """Return the best settings of each amplitude, `count` of them at most, of settings best first.

    The amplitude is what has to be chosen anew in another circuit.
    """
    best: dict[float, Mapping[str, Any]] = {}
    for parameters in ranked:
        best.setdefault(parameters["over"] if "over" in parameters else parameters["start"], parameters)
    return list(best.values())[:count]
