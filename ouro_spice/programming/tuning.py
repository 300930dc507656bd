"""The best settings of a conventional programmer, found on cells that nothing is judged with."""

from __future__ import annotations

import dataclasses
import numbers
from collections.abc import Callable, Mapping, Sequence, Sized
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
from numpy.typing import ArrayLike

from .._util.checks import check_range, several, shown
from .._util.progress import Bar, progress
from .._util.validity import TuningEdge, warn
from ..simulation.write_voltages import Pair
from .history import History
from .lockstep import check_fleet, checked_targets, run_writes, share_writes
from .nominal import NominalTimes
from .programmer import Programmer, check_programmer
from .shares import scheduler_of
from .stopping_rules import Rules
from .write_statistics import summary

if TYPE_CHECKING:
    from .batch import Fleet

Candidate = TypeVar("Candidate", bound=Programmer)

_BY = {"pulses": "pulses_mean", "time": "time_s"}
_FIRST = 40  # cases that every candidate is tried on
_MORE = 3  # from round to round: so many times the cases, for one in so many of the candidates
_NOTHING_MORE = {"turn": 1.0, "growth": 1.0}  # factors of a width that change nothing
_LEFT = 6  # candidates that come to the last round at least


def tune(
    candidates: Sequence[Candidate],
    make_fleet: Callable[[], Fleet],
    targets: ArrayLike,
    tolerance: float,
    max_pulses: int = 50,
    by: str = "pulses",
    least: float = 0.99,
    patience: int | None = 20,
    scheduler: str | None = None,
) -> tuple[Candidate, list[dict[str, Any]]]:
    """Return the candidate that takes the fewest pulses, or the shortest time, of those that succeed, and a table of
    all.

    By successive halving: all candidates write the first 40 cases, the better third of them three times as many, and so
    on until the last ones, six at least, write all. Cases should be in random order. `TuningEdge` warns where a setting
    of the best one is the smallest or the largest of three or more that were tried: what lies beyond may be better.

    Parameters
    ----------
    candidates
        Such as ``ISPP.candidates(pair)``.
    make_fleet
        Gives the training cells, at their starts; called anew for every candidate, such as ``fleet.copy``.
    targets
        One for each cell of the fleet (K,) [S].
    tolerance, max_pulses, patience
        As in `write_verify`.
    by
        "pulses", or "time": mean over all writes, reads included.
    least
        Share of the writes that must succeed. Where no candidate's do, and as long as the cases are few: as many as the
        best one's, within two standard errors.
    scheduler
        Address of a Dask scheduler, ``tcp://host:port``, whose workers do the writes; None: that of the fleet.

    Returns
    -------
    best
        One of the candidates.
    table
        A row for each candidate, best first: ``parameters``, ``cases`` that it was tried on, ``success``,
        ``pulses_mean``, ``pulses_p95``, ``time_s``, ``energy_J`` on them, and ``edges``, as of `edges`.

    Raises
    ------
    ValueError
        For arguments that make no sense.
    ToolError
        For a cluster that does not answer, or is lost.
    """
    best, table = rank(candidates, make_fleet, targets, tolerance, max_pulses, by, least, patience, scheduler)
    # of two values one is always at an end: the table says so
    found = {name: which for name, which in table[0]["edges"].items() if not which.endswith(" of 2")}
    if found:
        warn(f"tuning of {best.name} ends at an edge of what was tried: {edges_in_words(found)}", TuningEdge)
    return best, table


def rank(
    candidates: Sequence[Candidate],
    make_fleet: Callable[[], Fleet],
    targets: ArrayLike,
    tolerance: float,
    max_pulses: int = 50,
    by: str = "pulses",
    least: float = 0.99,
    patience: int | None = 20,
    scheduler: str | None = None,
) -> tuple[Candidate, list[dict[str, Any]]]:
    """Return what `tune` does, without its warning: for tables that show the edges."""
    _check(candidates, by, least)
    if not callable(make_fleet) or isinstance(make_fleet, type):
        raise ValueError(f"make_fleet = {shown(make_fleet)} must be a function that gives the training cells")
    trained = make_fleet()
    check_fleet(trained)
    targets = checked_targets(targets, len(trained), trained.window_S)
    rules = Rules(tolerance, max_pulses, patience)
    rounds, where = _rounds(len(candidates), len(targets)), scheduler_of(trained, scheduler)
    trying, table = list(candidates), []
    with progress("tune", sum(count for count, _ in rounds)) as bar:
        for count, cases in rounds:
            rows = _tried(trying[:count], trained, make_fleet, targets[:cases], rules, where, bar)
            table = by_rank(rows, by, least) + table[count:]
            trying = [row.pop("programmer") for row in table[:count]]
    tried = [row["parameters"] for row in table]
    return trying[0], [row | {"edges": edges(row["parameters"], tried)} for row in table]


def edges(parameters: Mapping[str, Any], tried: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """Return the settings at an end of the values that were tried, by name: "smallest of 3", "largest of 8".

    What had one value only was not tuned. Nothing lies beyond the largest number where what is no number was tried, too
    (``back = None``: all steps), and beyond 0, or a factor of 1 that pulses grow or shrink by: these are no ends.
    """
    found = {}
    for name, value in parameters.items():
        values = sorted({one[name] for one in tried if _number(one.get(name))})
        if len(values) < 2 or not _number(value) or value == _NOTHING_MORE.get(name, 0.0):
            continue
        if value == values[0] or (value == values[-1] and all(_number(one.get(name)) for one in tried if name in one)):
            found[name] = f"{'smallest' if value == values[0] else 'largest'} of {len(values)}"
    return found


def edges_in_words(found: Mapping[str, str]) -> str:
    """Return edges in words, for messages."""
    return ", ".join(f"{name} {which}" for name, which in found.items())


def _number(value: object) -> bool:
    return isinstance(value, numbers.Real) and not isinstance(value, bool)


def _check(candidates: Sequence[Programmer], by: str, least: float) -> None:
    if not isinstance(by, str) or by not in _BY:
        raise ValueError(f"by {shown(by)} is unknown; there is {', '.join(_BY)}")
    if isinstance(candidates, Sized) and not len(candidates):
        raise ValueError("candidates: there is none to tune")
    for one in several("candidates", candidates, Programmer, "next_pulse"):
        check_programmer(one)
    check_range("least", least, 0, 1, "")


def _rounds(candidates: int, cases: int) -> list[tuple[int, int]]:
    """Return the numbers of candidates and of cases of each round."""
    rounds = [(candidates, min(_FIRST, cases))]
    while rounds[-1][1] < cases:
        count, tried = rounds[-1]
        rounds.append((min(count, max(count // _MORE, _LEFT)), min(tried * _MORE, cases)))
    return rounds


def _tried(
    tried: Sequence[Programmer], trained: Fleet, make_fleet: Callable[[], Fleet], targets: np.ndarray, rules: Rules,
    scheduler: str | None, bar: Bar,
) -> list[dict[str, Any]]:  # fmt: skip
    """Return a row of the table for each of some candidates, tried here or on a cluster."""
    places = np.arange(len(targets))
    if scheduler:
        found = share_writes(trained, tried, make_fleet, targets, rules, places, scheduler, after=bar.advance)
        return [_row(one, histories) for one, histories in zip(tried, found, strict=True)]
    rows = []
    for one in tried:
        rows.append(_row(one, run_writes(make_fleet(), one, targets, rules, places)))
        bar.advance()
    return rows


def _row(programmer: Programmer, histories: Sequence[History]) -> dict[str, Any]:
    """Return the row of a candidate in the table: what it takes on some cases."""
    found = summary(histories)
    kept = ("success", "pulses_mean", "pulses_p95", "time_s", "energy_J")
    row = {"programmer": programmer, "parameters": parameters_of(programmer), "cases": len(histories)}
    return row | {name: found[name] for name in kept}


def by_rank(rows: list[dict[str, Any]], by: str, least: float) -> list[dict[str, Any]]:
    """Return the rows of candidates, best first: those that succeed by their cost, then the others by their success.

    Parameters
    ----------
    rows
        ``success``, ``cases``, the same for all, and ``pulses_mean`` or ``time_s`` of each.
    by, least
        As in `tune`.
    """
    best, cases = max(row["success"] for row in rows), rows[0]["cases"]
    # of a rate that may be 0 or 1: as if one more had succeeded and one more had failed
    rate = (best * cases + 1) / (cases + 2)
    bar = min(least, best - 2 * np.sqrt(rate * (1 - rate) / cases))
    cheapest = sorted(rows, key=lambda row: row[_BY[by]])
    return sorted(cheapest, key=lambda row: 0.0 if row["success"] >= bar else 1 - row["success"])


def parameters_of(programmer: Programmer) -> dict[str, Any]:
    """Return the settings of a programmer by name: plain values, without the pair."""
    if not dataclasses.is_dataclass(programmer):
        return {"name": programmer.name}
    fields = ((f.name, getattr(programmer, f.name)) for f in dataclasses.fields(programmer))
    return {name: value for name, value in fields if not isinstance(value, Pair | NominalTimes)}
