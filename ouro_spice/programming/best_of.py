"""The best of several, judged on attempts that had no part in choosing it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike

from .._util.checks import check_range, shown
from .._util.statistics import percentile_interval, resamples, wilson

FOLDS = 10

LESS = 0.05
"""One is as reliable as the best one of its kind where it succeeds in so much less of the attempts."""

_CHUNK = 250  # resamples that are worked on at once


@dataclass(frozen=True, eq=False)
class Candidates:
    """C candidates on the same n attempts, of which the one with the smallest mean cost is taken.

    Only those count that succeed about as often as the best one: who gives up soon is not quick.

    Attributes
    ----------
    names
        C of them.
    cost
        By which is chosen, (C, n); smaller is better.
    success
        Which attempts succeeded, (C, n); None: all.
    judged
        What the one that is taken is judged by, (C, n, J); None: its cost.
    less
        How much less of the attempts may succeed than of the best one's.
    """

    names: tuple[str, ...]
    cost: np.ndarray
    success: np.ndarray | None = None
    judged: np.ndarray | None = None
    less: float = LESS
    _won: np.ndarray = field(init=False, repr=False)
    _worth: np.ndarray = field(init=False, repr=False)

    def __post_init__(self) -> None:
        cost = np.asarray(self.cost, dtype=float)
        if cost.ndim != 2 or not cost.size or len(self.names) != len(cost):
            raise ValueError(f"cost must be (C, n) of the {len(self.names)} names, at least one each: {cost.shape}")
        for name in ("success", "judged"):
            given = getattr(self, name)
            if given is not None and np.shape(given)[:2] != cost.shape:
                raise ValueError(f"{name} must begin with the shape of cost, {cost.shape}: {np.shape(given)}")
        check_range("less", self.less, 0, 1, "")
        success = np.ones(cost.shape) if self.success is None else np.asarray(self.success, dtype=float)
        judged = cost[:, :, None] if self.judged is None else np.asarray(self.judged, dtype=float)
        found = {"names": tuple(self.names), "cost": cost, "success": success, "judged": judged}
        for name, value in (found | {"_won": success, "_worth": judged}).items():
            object.__setattr__(self, name, value)

    @property
    def best(self) -> str:
        """Return the name of the one that all attempts together choose."""
        return self.names[int(self._taken(self.cost.sum(axis=1)[None], self._won.sum(axis=1)[None], self.n)[0])]

    @property
    def n(self) -> int:
        """Return the number of attempts, n."""
        return self.cost.shape[1]

    def each(self, seed: int = 0) -> np.ndarray:
        """Return what each attempt is judged by with the candidate that the other folds choose, (n, J)."""
        fold = _folds(self.n, seed)
        found = np.empty(self._worth.shape[1:])
        for k in range(fold.max() + 1):
            others = fold != k
            cost, success = (of[:, others].sum(axis=1)[None] for of in (self.cost, self._won))
            found[~others] = self._worth[self._taken(cost, success, others.sum())[0], ~others]
        return found

    def resampled(self, weights: np.ndarray, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
        """Return the mean over each resample with the candidates that it chooses, and what these are worth in truth,
        (B, J) each.

        Parameters
        ----------
        weights
            How often each resample holds each attempt, (B, n).
        seed
            Of the folds.

        Returns
        -------
        found, true
            The mean over a resample of the ones that the attempts of its other folds choose; and what the same choices
            are worth on all attempts as they were, which is what each resample was drawn from.
        """
        fold = _folds(self.n, seed)
        places = range(fold.max() + 1)
        parts = [[weights[:, fold == k] @ of[:, fold == k].T for k in places] for of in (self.cost, self._won)]
        whole = [sum(part) for part in parts]
        count, means = weights.sum(axis=1), self._worth.mean(axis=1)
        found, true = np.zeros((2, len(weights), self._worth.shape[2]))
        for k in places:
            inside = weights[:, fold == k]
            held = inside.sum(axis=1)
            taken = self._taken(whole[0] - parts[0][k], whole[1] - parts[1][k], count - held)
            for one in np.unique(taken):
                rows = taken == one
                found[rows] += inside[rows] @ self._worth[one, fold == k]
                true[rows] += held[rows, None] * means[one]
        return found / count[:, None], true / count[:, None]

    def _taken(self, cost: np.ndarray, success: np.ndarray, count: np.ndarray | int) -> np.ndarray:
        """Return the place of the candidate that is taken by sums of cost and success over `count` attempts, (B, C) to
        (B,).
        """
        least = success.max(axis=1) - self.less * np.asarray(count)
        # sums of shares: what rounding leaves must not shut out the best one
        return np.argmin(np.where(success >= least[..., None] - 1e-9, cost, np.inf), axis=1)


def of_best(
    sides: Sequence[Candidates], figure: Callable[..., np.ndarray], *, logarithmic: bool = False, seed: int = 0
) -> tuple[float, float, float]:
    """Return a figure of the best ones of several kinds, and the ends of its 95 % interval.

    The figure is found by cross-fitting: the attempts are dealt out to 10 folds, and each attempt is judged with the
    candidates that the other folds choose. The interval is a bootstrap in which each resample chooses anew in the same
    way: it shows how far a resample's figure lies from what its own choices are worth on all attempts. Held fixed are
    the folds and the resamples, by their seeds; nothing has to converge. With one candidate a side the figure is that
    of the means, and the interval their percentiles.

    Parameters
    ----------
    sides
        Candidates of each kind, on the same attempts.
    figure
        From the means of what each side is judged by, (B, J) each, to figures (B,).
    logarithmic
        The error is that of the figure's logarithm: for ratios.
    seed
        Of the folds.

    Raises
    ------
    ValueError
        For no side, or sides of other numbers of attempts.
    """
    sizes = {side.n for side in sides}
    if len(sizes) != 1:
        raise ValueError(f"sides = {shown(sides)} must have the same attempts")
    n = sizes.pop()

    def scale(means: Sequence[np.ndarray]) -> np.ndarray:
        """Return the figure, or its logarithm, of the means of each side, (B,)."""
        with np.errstate(divide="ignore", invalid="ignore"):
            found = np.asarray(figure(*means), dtype=float)
            return np.log(found) if logarithmic else found

    value = float(scale([side.each(seed).mean(axis=0)[None] for side in sides])[0])
    errors, drawn = [], resamples(n)
    for part in range(0, len(drawn), _CHUNK):
        rows = drawn[part : part + _CHUNK]
        places = rows + n * np.arange(len(rows))[:, None]
        weights = np.bincount(places.ravel(), minlength=n * len(rows)).reshape(-1, n).astype(float)
        found, true = zip(*(side.resampled(weights, seed) for side in sides), strict=True)
        with np.errstate(invalid="ignore"):
            errors.append(scale(found) - scale(true))
    # a figure that is infinite in both has no error
    low, high = percentile_interval(np.nan_to_num(np.concatenate(errors)), "inverted_cdf")
    least, most = value + low, value + high
    return (float(np.exp(value)), float(np.exp(least)), float(np.exp(most))) if logarithmic else (value, least, most)


def ratio_of_best(a: Candidates, b: Candidates, seed: int = 0) -> tuple[float, float, float]:
    """Return the ratio of what the best of `a` and of `b` take, and the ends of its 95 % interval; see `of_best`."""
    return of_best((a, b), lambda one, other: one[:, 0] / other[:, 0], logarithmic=True, seed=seed)


def share_of_best(hits: ArrayLike, names: Sequence[str], seed: int = 0) -> tuple[float, float, float]:
    """Return the share of hits of the best of C candidates on n attempts (C, n), and the ends of its 95 % interval.

    As in `of_best`, with the most hits as what is chosen by; each end is the farther one of the bootstrap's and of
    Wilson's, for 40 of 40 are not all there is, and a choice adds to the chance of one candidate.
    """
    hits = np.asarray(hits, dtype=float)
    side = Candidates(tuple(names), -hits, judged=hits[:, :, None])
    value, low, high = of_best([side], lambda means: means[:, 0], seed=seed)
    least, most = wilson(value * side.n, side.n)
    return value, max(min(low, least), 0.0), min(max(high, most), 1.0)


def _folds(n: int, seed: int) -> np.ndarray:
    """Return the fold of each of n attempts, (n,)."""
    return np.random.default_rng(seed).permutation(n) % min(FOLDS, n)
