"""What matched records say together: a map of ratios, distances between distributions, shares within tolerances."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import pandas as pd

DIRECTIONS = ("SET", "RESET")

TOLERANCES = (0.5, 0.2, 0.1)
"""Of G_end around the target."""

RANGE_S = 100e-6
"""Width of the ranges of G_start whose distributions are compared [S]."""

_IN_A_CELL, _FEWEST, _MOST = 6, 3, 10
"""Records in a cell of the map, on average; its cells along a side."""

_SWAPS = 499
"""Draws for the limit of a distance."""


def ratio_map(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the median log10(t_b / t_a) in equal parts of G_start and G_target, one row a part; NaN in empty parts."""
    import pandas as pd

    there = frame.dropna(subset=["log10_ratio"])
    parts = int(np.clip(round(math.sqrt(len(there) / _IN_A_CELL)), _FEWEST, _MOST))
    edges = [np.linspace(*_ends(column), parts + 1) for column in (frame.g_start_S, frame.g_target_S)]
    places = [
        np.clip(np.searchsorted(edge, there[name], side="right") - 1, 0, parts - 1)
        for edge, name in zip(edges, ("g_start_S", "g_target_S"), strict=True)
    ]
    rows = []
    for start, target in np.ndindex(parts, parts):
        ratios = there.log10_ratio[(places[0] == start) & (places[1] == target)]
        rows.append((*edges[0][start : start + 2], *edges[1][target : target + 2], len(ratios), ratios.median()))
    names = ("g_start_low_S", "g_start_high_S", "g_target_low_S", "g_target_high_S", "records", "median_log10_ratio")
    return pd.DataFrame(rows, columns=names)


def _ends(values: pd.Series) -> tuple[float, float]:
    """Return the ends of a range that holds all values, widened by 1 % where there is one value alone."""
    low, high = float(values.min()), float(values.max())
    return (low, high) if low < high else (0.99 * low, 1.01 * high)


def distances(frame: pd.DataFrame, seed: int = 0) -> pd.DataFrame:
    """Return the Kolmogorov-Smirnov distances of the pulse times of A and B, one row a direction and range of G_start.

    Of each side the records are taken that it reaches from the common start. The first row of a direction is that of
    all starts. ``ks_5_percent`` is what the distance stays within in 95 % of 499 draws that swap A and B in each record
    or do not, at random: the records are matched, and the limit of independent samples would be far too wide.
    """
    import pandas as pd

    frame, rng = frame.loc[frame.start_same], np.random.default_rng(seed)
    rows = []
    for direction in DIRECTIONS:
        mine = frame.loc[frame.direction == direction]
        if mine.empty:
            continue
        first, last = (int(g // RANGE_S) for g in (mine.g_start_S.min(), mine.g_start_S.max()))
        bounds = [(first, last + 1), *((k, k + 1) for k in range(first, last + 1))]
        for low, high in bounds:
            inside = mine.loc[(mine.g_start_S >= low * RANGE_S) & (mine.g_start_S < high * RANGE_S)]
            if len(inside):
                rows.append((direction, low * RANGE_S, high * RANGE_S, *_distance(inside, rng)))
    names = ("direction", "g_start_low_S", "g_start_high_S", "records_a", "records_b", "ks", "ks_5_percent",
             "median_log10_ratio")  # fmt: skip
    return pd.DataFrame(rows, columns=names)


def _distance(rows: pd.DataFrame, rng: np.random.Generator) -> tuple[int, int, float, float, float]:
    """Return the numbers of A's and B's records in a row, distance, its 5 % limit and the median log10 ratio."""
    times = np.abs(rows[["t_a_s", "t_b_s"]].to_numpy(float))
    reached = (rows[["outcome_a", "outcome_b"]] == "reached").to_numpy()
    n, m = map(int, reached.sum(axis=0))
    limit = swapped_limit(times, reached, rng) if n and m else math.nan
    return n, m, ks(times[reached[:, 0], 0], times[reached[:, 1], 1]), limit, rows.log10_ratio.median()


def ks(x: np.ndarray, y: np.ndarray) -> float:
    """Return the largest distance between the distribution functions of two samples; NaN where one is empty."""
    if not (len(x) and len(y)):
        return math.nan
    x, y = np.sort(x), np.sort(y)
    steps = np.concatenate([x, y])
    shares = [np.searchsorted(one, steps, side="right") / len(one) for one in (x, y)]
    return float(np.abs(shares[0] - shares[1]).max())


def swapped_limit(times: np.ndarray, reached: np.ndarray, rng: np.random.Generator) -> float:
    """Return the 95th percentile of the distance between the columns of `times`, (n, 2), under random swaps within
    rows.

    Values count where `reached`, (n, 2).
    """
    order = np.argsort(times, axis=None, kind="stable")
    record, side = np.divmod(order, 2)
    there, ends = reached.ravel()[order], np.append(np.diff(times.ravel()[order]) > 0, True)
    found = np.empty(_SWAPS)
    for k in range(_SWAPS):
        second = side ^ rng.integers(0, 2, len(times))[record] == 1
        counts = [np.cumsum(there & which) for which in (~second, second)]
        first, other = (count / max(count[-1], 1) for count in counts)
        found[k] = np.abs(first - other)[ends].max()
    return float(np.quantile(found, 0.95, method="higher"))


def spread(ratios: pd.Series) -> dict[str, float]:
    """Return number, mean with its standard error, median and quartiles of logarithms of ratios, NaN left out."""
    there = np.asarray(ratios.dropna(), dtype=float)
    n = len(there)
    quartiles = np.quantile(there, (0.25, 0.5, 0.75)) if n else np.full(3, np.nan)
    return {
        "records": n,
        "mean_log10": float(there.mean()) if n else math.nan,
        "sem_log10": float(there.std(ddof=1) / math.sqrt(n)) if n > 1 else math.nan,
        "median_log10": float(quartiles[1]),
        "q25_log10": float(quartiles[0]),
        "q75_log10": float(quartiles[2]),
    }


def shares(errors: pd.Series) -> dict[str, float]:
    """Return the share of relative errors within each tolerance, and their median; a NaN, a failed simulation, is
    within none.
    """
    values = np.nan_to_num(np.asarray(errors, dtype=float), nan=np.inf)
    if not len(values):
        return {"records": 0}
    found = {f"within_{tolerance * 100:.0f}_percent": float(np.mean(values <= tolerance)) for tolerance in TOLERANCES}
    return {"records": len(values), "median": float(np.median(values)), **found}
