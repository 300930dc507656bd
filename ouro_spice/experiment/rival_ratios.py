"""Programmers against the best of their rivals, by what those know; how long a prediction may take."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np

from .._util.statistics import median_interval
from ..programming.best_of import LESS, Candidates, of_best, ratio_of_best, share_of_best
from ..programming.history import History
from ..programming.programmer import MODEL, NOTHING
from ..programming.write_statistics import ratio
from .ranking import best_of, quick, side, with_common_reads

KEYS = ("pulses", "time_s")
"""What is compared; times with reads of `ranking.READ_S`."""

Writes = Mapping[str, Sequence[History]]
"""By programmer, case by case."""


def rivals(histories: Writes, knows: Iterable[str], but: Iterable[str] = ()) -> list[str]:
    """Return the names of programmers that know something of these kinds, but for some, in alphabetical order."""
    kinds, out = set(knows), set(but)
    return sorted(name for name, several in histories.items() if several[0].knows in kinds and name not in out)


def against(histories: Writes, ours: Iterable[str], key: str, plain: str = "") -> dict[str, Any]:
    """Return how many times as much the best rivals take as the best of ours, and as each programmer.

    By cross-fitting: the best of each side is chosen on other writes than it is judged on, and anew in each resample of
    the bootstrap that gives the intervals: `of_best`.

    Parameters
    ----------
    histories
        With reads of the same length.
    ours
        Names of the networks.
    key
        "pulses" or "time_s".
    plain
        Name of the untuned pulses, which are compared but are no rival; "": there are none.

    Returns
    -------
    dict
        ``neural``, ``conventional``, ``model``: the best ones on all writes together, as names; ``over_best``,
        ``over_model``, ``over_untuned``: [ratio, low, high], None where there is no such rival; ``over_each`` by
        conventional programmer; ``each``: by programmer its own ``nothing`` and ``model``.
    """
    ours = sorted(ours)
    groups = {"nothing": rivals(histories, [NOTHING], [plain]), "model": rivals(histories, MODEL)}

    def over(names: Sequence[str], others: Sequence[str]) -> tuple[float, float, float] | None:
        return ratio_of_best(side(histories, names, key), side(histories, others, key)) if names and others else None

    best = best_of(histories, ours, key) if ours else ""
    return {
        "neural": best or None,
        "conventional": best_of(histories, groups["nothing"], key) if groups["nothing"] else None,
        "model": best_of(histories, groups["model"], key) if groups["model"] else None,
        "over_best": over(groups["nothing"], ours),
        "over_model": over(groups["model"], ours),
        "over_each": {one: ratio(histories[one], histories[best], key) for one in groups["nothing"]} if ours else {},
        "over_untuned": over([plain], ours) if plain in histories else None,
        "each": {name: {who: over(group, [name]) for who, group in groups.items()} for name in histories},
    }


def break_even(histories: Writes, plain: str = "") -> dict[str, dict[str, Any]]:
    """Return how long predictions may take before a write takes as long as with the best rival that predicts nothing.

    By programmer that predicts: ``write_s`` of a whole write, ``pulse_s`` of the choice of one pulse, ``prediction_s``
    of one prediction, [value, low, high] each [s]; below 0 where the rival is quicker as it is. Empty without rivals.
    """
    names = [name for name in rivals(histories, [NOTHING], [plain]) if not any(h.predictions for h in histories[name])]
    predicting = [name for name, several in histories.items() if any(h.predictions for h in several)]
    if not names:
        return {}
    rival, found = side(histories, names, "time_s"), {}
    for name in predicting:
        own = side(histories, [name], "time_s", ("time_s", "pulses", "predictions"))
        spare = {"write_s": _spare, "pulse_s": partial(_spare, per=1), "prediction_s": partial(_spare, per=2)}
        found[name] = {what: of_best((rival, own), figure) for what, figure in spare.items()}
    return found


def _spare(rival: np.ndarray, own: np.ndarray, per: int | None = None) -> np.ndarray:
    """Return the time that is left [s], over pulses or predictions where asked; of means (B, 1) and (B, 3)."""
    left = rival[:, 0] - own[:, 0]
    return left if per is None else left / own[:, per]


def compare_programmers(histories: Writes, ours: Iterable[str], plain: str = "") -> dict[str, Any]:
    """Return ratios of pulses and of times, with reads of 100 ns, and break-even, as results hold them."""
    every = with_common_reads(histories)
    found = {key: against(every, ours, key, plain) for key in KEYS}
    found["time_s"]["break_even"] = break_even(every, plain)
    return found


def inputs(histories: Writes, plain: Iterable[str], many: Iterable[str]) -> dict[str, Any]:
    """Return what more inputs save: pulses of the best network without them over those of the best one with them.

    Parameters
    ----------
    histories
        Of the same cells.
    plain, many
        Names of networks that see reading and wanted change alone, and of those that see or choose more.

    Returns
    -------
    dict
        ``plain``, ``many``, names of the best ones on all writes together; ``pulses``, [ratio, low, high] of pairs of
        writes, each side chosen on other writes than it is judged on: `ratio_of_best`. Empty where a side has none.
    """
    plain, many = sorted(plain), sorted(many)
    if not plain or not many:
        return {}
    sides = side(histories, plain, "pulses"), side(histories, many, "pulses")
    return {"plain": sides[0].best, "many": sides[1].best, "pulses": list(ratio_of_best(*sides))}


def quickest(histories: Writes, ours: Iterable[str]) -> dict[str, Any]:
    """Return the share of writes with fewer than 10 pulses, and their median, of the network with the fewest pulses.

    Each write is judged with the network that others choose.

    Returns
    -------
    dict
        ``name`` of the best one on all writes together, ``below_10`` and ``median`` as [value, low, high], ``n``.
    """
    names = sorted(ours)
    best = side(histories, names, "pulses")
    hits = np.array([quick(histories[name]) for name in best.names])
    every = Candidates(best.names, best.cost, best.success, np.stack([best.cost, hits], axis=2), LESS)
    each = every.each()
    low, high = median_interval(each[:, 0])
    share = share_of_best(each[None, :, 1], [best.best])
    chosen = of_best([every], lambda means: means[:, 1])
    return {
        "name": best.best, "n": best.n, "median": [float(np.median(each[:, 0])), low, high],
        "below_10": [share[0], min(share[1], chosen[1]), max(share[2], chosen[2])],
    }  # fmt: skip
