"""Small updates: what comes out where a change of conductance is asked for, as training on a chip asks for it.

The gain is the mean of the realised over the asked change. It can be made 1 by the choice of the pulse time; the spread
about it cannot: the speed of a device depends on where its walk stands, and the walk moves the conductance by itself.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from .._util.checks import check_count, check_kind, checked_numbers, shown
from .._util.display import brief, shows
from ..programming.batch import Fleet
from ..programming.lockstep import check_fleet
from ..simulation.write_voltages import Pair
from .bands import Estimate
from .baselines import Predict
from .deployment import deploy
from .noise_floor import Trials

STEPS_S = (1e-6, 2e-6, 5e-6, 10e-6, 20e-6, 50e-6)
"""Sizes of the changes that are asked for [S]."""

DECADES_S = (1e-6, 1e-5, 1e-4, 1e-3)
"""Ends of the decades of the size of a change [S]."""

REGIONS = ("low", "middle", "high")
"""Thirds of the window by the start."""

_SAME = 1e-3
"""A trajectory whose device could not begin nearer to the start than this is one of another start."""


@dataclass(frozen=True, eq=False)
class Increments:
    """Changes of conductance that were asked for, and what came out.

    Attributes
    ----------
    asked_S, start_S, change_S
        Wanted change, conductance before, and realised change, NaN where it failed; (A,) [S].
    window_S
        Its ends [S], for the regions of the start.
    case
        Numbers of the independent cases, (A,): attempts of one case are no evidence beside each other.
    """

    asked_S: np.ndarray
    start_S: np.ndarray
    change_S: np.ndarray
    window_S: tuple[float, float]
    case: np.ndarray

    @shows
    def __repr__(self) -> str:
        return brief(self)

    @property
    def ratio(self) -> np.ndarray:
        """Return the realised over the asked change, (A,); NaN where an attempt failed."""
        return self.change_S / self.asked_S

    @property
    def region(self) -> np.ndarray:
        """Return the third of the window that each start lies in, (A,), as its place in `REGIONS`."""
        low, high = self.window_S
        share = (self.start_S - low) / (high - low)
        return np.clip((share * len(REGIONS)).astype(int), 0, len(REGIONS) - 1)

    def summary(self, those: ArrayLike | None = None, seed: int = 0) -> dict[str, Any] | None:
        """Return gain and spread of the attempts `those`, (A,) bool, all where None; None where there is none.

        Its keys: ``n`` attempts that did not fail; ``gain``, the mean of realised over asked change, with its 95 %
        bootstrap ``interval`` over the cases; ``spread``, the standard deviation of that ratio; ``wrong_way``, the
        share that moved away from the target; ``rms_S``, the root of the mean squared difference.
        """
        good = np.isfinite(self.change_S)
        good = good if those is None else good & np.asarray(those)
        if not good.any():
            return None
        ratio = self.ratio[good]
        cases, of = np.unique(self.case[good], return_inverse=True)
        count = np.bincount(of, minlength=len(cases))
        each = np.bincount(of, ratio, len(cases)) / count * (count / count.mean())
        found = Estimate.of(each, seed)
        return {
            "n": int(good.sum()), "gain": found.value, "interval": [found.low, found.high],
            "spread": float(ratio.std()), "wrong_way": float(np.mean(ratio < 0)),
            "rms_S": float(np.sqrt(np.mean((self.change_S - self.asked_S)[good] ** 2))),
        }  # fmt: skip

    def rows(self, edges_S: Sequence[float] | None = None, regions: bool = False, seed: int = 0) -> list[dict]:
        """Return a `summary` for each size of the change and direction, as results hold them.

        Parameters
        ----------
        edges_S
            Edges of the sizes [S], such as `DECADES_S`; None: each size that was asked for is one.
        regions
            A row for each region of the start, too; else for all starts alone.
        seed
            Of the intervals.

        Returns
        -------
        list
            Dictionaries: ``direction``, "set" or "reset", ``asked_S``, the size, or its range as two numbers,
            ``start``, "all" or one of `REGIONS`, and a `summary`; none where nothing was asked.
        """
        found = []
        for sign, direction in ((1, "set"), (-1, "reset")):
            for asked, inside in self._sizes(edges_S):
                mine = inside & (np.sign(self.asked_S) == sign)
                parts = {"all": mine} | ({name: mine & (self.region == k) for k, name in enumerate(REGIONS)} if regions
                                         else {})  # fmt: skip
                for start, those in parts.items():
                    one = self.summary(those, seed)
                    if one:
                        found.append({"direction": direction, "asked_S": asked, "start": start} | one)
        return found

    def _sizes(self, edges_S: Sequence[float] | None) -> Iterator[tuple[Any, np.ndarray]]:
        """Yield each size of the change, or its range, [S], and which attempts have it, (A,) bool."""
        size = np.abs(self.asked_S)
        if edges_S is None:
            # sums of a start and a step, minus the start, are the step to the last digits
            names = np.array([float(f"{one:.9g}") for one in size])
            yield from ((float(one), names == one) for one in np.unique(names))
            return
        for low, high in itertools.pairwise(edges_S):
            yield [float(low), float(high)], (size >= low) & (size < high)


def small_updates(
    cells: Fleet, predictor: Predict, pair: Pair, steps_S: ArrayLike = STEPS_S, *,
    rise_s: float = 2e-9, fall_s: float = 2e-9, clock_s: float | None = None,
) -> Increments:  # fmt: skip
    """Ask a predictor for small changes of conductance, up and down, of each cell of a fleet, which stays as it is.

    Each cell is read and gets one pulse for each change; where reading and change lead out of the window, it is not
    asked.

    Parameters
    ----------
    cells
        D cells in the states from which they are updated.
    predictor
        A `PulsePredictor`, or a function as `deploy` takes it.
    pair
        The amplitudes.
    steps_S
        Sizes of the changes [S], each once up and once down.
    rise_s, fall_s, clock_s
        Edges, and what pulse times are whole multiples of [s], as in `deploy`.

    Raises
    ------
    ValueError
        For sizes that are not positive and smaller than the window, and as `deploy`.
    """
    check_fleet(cells)
    check_kind("pair", pair, Pair)
    ask = getattr(predictor, "answer", predictor)  # a start at the edge of the training data is asked like any other
    if not callable(ask) or isinstance(ask, type):
        raise ValueError(f"predictor = {shown(predictor)} must be a PulsePredictor, or a function of g and dg [S]")
    low, high = cells.window_S
    sizes = np.atleast_1d(checked_numbers("steps_S", steps_S))
    if sizes.ndim != 1 or not len(sizes) or not np.all((sizes > 0) & (sizes < high - low)):
        raise ValueError(f"steps_S = {shown(steps_S)} must be sizes of changes, above 0 and below {high - low:.4g} S")
    start_S = cells.g_S(np.arange(len(cells)))
    parts: list[tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]] = []
    for step_S in np.concatenate([sizes, -sizes]):

        def predict(reading_S: np.ndarray, _: np.ndarray, step_S: float = step_S) -> np.ndarray:
            inside = (reading_S + step_S >= low) & (reading_S + step_S <= high)
            times = np.asarray(ask(reading_S, np.full(len(reading_S), step_S)), dtype=float)
            return np.where(inside, times, 0.0) if times.shape == reading_S.shape else times

        done = deploy(cells, predict, np.clip(start_S + step_S, low, high), pair, rise_s, fall_s, clock_s)
        asked = np.flatnonzero(~((done.reading_S + step_S < low) | (done.reading_S + step_S > high)))
        parts.append((np.full(len(asked), step_S), start_S[asked], (done.end_S - done.start_S)[asked], asked))
    asked_S, begun_S, change_S, case = (np.concatenate(one) for one in zip(*parts, strict=True))
    return Increments(asked_S, begun_S, change_S, (low, high), case)


def of_trials(trials: Trials, t_s: ArrayLike, window_S: tuple[float, float]) -> Increments:
    """Return what pulses of signed times [s] do to the trajectories of each pair; times are as in `Trials.ends_S`.

    A pulse away from the target was not followed; it counts as no change.
    """
    check_kind("trials", trials, Trials)
    change_S = trials.ends_S(t_s) - trials.g_S[:, :, 0]
    return _increments(trials, change_S, window_S)


def best_updates(
    trials: Trials, window_S: tuple[float, float], aim: str = "mean", folds: int = 8, seed: int = 0
) -> Increments:
    """Return the changes that the best times by (start, change) make: no predictor of a single pulse can do better.

    Cross-fitted: the trajectories of a pair are dealt out to `folds`, which are held; each gets the pulse that is best
    on those of the other folds. Nothing iterates.
    A mean of few of them is too low as a rule where some go very far, so that the times are a little too long: with 64
    trajectories of devices that differ the gain of changes below 10 uS is 1.15, with 16 of them 1.4.

    Parameters
    ----------
    trials
        Pairs of start and target, with many trajectories each; `trials` with ``sampling="increments"`` makes them.
    window_S
        Its ends [S].
    aim
        "mean": the time at which the mean of the realised change is the asked one; its spread is the least that goes
        with a gain of 1. "square": the time of the least mean squared difference; its gain is not 1.
    folds, seed
        Of the choice.

    Raises
    ------
    ValueError
        For fewer trajectories than folds, one fold, or another aim.
    """
    check_kind("trials", trials, Trials)
    p, m, _ = trials.g_S.shape
    check_count("folds", folds, 2)
    if m < folds:
        raise ValueError(f"folds = {folds}: there are {m} trajectories a pair, at least one is needed in each fold")
    if aim not in ("mean", "square"):
        raise ValueError(f"aim = {shown(aim)} is unknown; there is mean, square")
    order = np.random.default_rng(seed).permuted(np.tile(np.arange(m) % folds, (p, 1)), axis=1)
    asked = np.abs(trials.target_S - trials.start_S)
    change_S = np.empty((p, m))
    for k in range(p):  # all pairs at once would need much memory
        moved = trials.direction[k] * (trials.g_S[k] - trials.g_S[k, :, :1]).astype(float)
        moved[~_there(trials)[k]] = np.nan
        for fold in range(folds):
            own = order[k] == fold
            place = _place(moved[~own], asked[k], aim)
            change_S[k, own] = trials.direction[k] * _at(moved[own], place)
    return _increments(trials, change_S, window_S)


def _there(trials: Trials) -> np.ndarray:
    """Return which trajectories begin at the start, (P, M) bool: some devices cannot have every start."""
    return np.abs(trials.g_S[:, :, 0] / trials.start_S[:, None] - 1) <= _SAME


def _place(moved_S: np.ndarray, asked_S: float, aim: str) -> float:
    """Return the best place along the widths for changes towards the target, (M, T) [S], a fraction of T; 0 where all
    failed.
    """
    good = moved_S[np.isfinite(moved_S[:, 0])]
    if not len(good):
        return 0.0
    if aim == "square":
        return float(np.argmin(np.mean((good - asked_S) ** 2, axis=0)))
    mean = good.mean(axis=0)
    # noise lets the mean pass the asked change more than once, close together: the middle of these places
    up = np.flatnonzero((mean[:-1] < asked_S) & (mean[1:] >= asked_S))
    if not len(up):
        return float(np.argmax(mean))
    k = up[len(up) // 2]
    return float(k + (asked_S - mean[k]) / (mean[k + 1] - mean[k]))


def _at(moved_S: np.ndarray, place: float) -> np.ndarray:
    """Return the changes at a place between the widths, (M,) [S], linear between neighbours."""
    left = min(int(place), moved_S.shape[1] - 2)
    return moved_S[:, left] + (place - left) * (moved_S[:, left + 1] - moved_S[:, left])


def _increments(trials: Trials, change_S: np.ndarray, window_S: tuple[float, float]) -> Increments:
    """Return the changes of all trajectories, (P, M) [S], as attempts; NaN where a trajectory begins elsewhere."""
    m = change_S.shape[1]
    change_S = np.where(_there(trials), change_S, np.nan)
    asked_S, start_S, case = (
        np.repeat(one, m) for one in (trials.target_S - trials.start_S, trials.start_S, np.arange(len(change_S)))
    )
    return Increments(asked_S, start_S, change_S.ravel(), window_S, case)
