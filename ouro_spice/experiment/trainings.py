"""Several trainings of one network: their mean and spread, and which one is selected."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from .._util.statistics import share_ends
from ..evaluation.bands import BANDS, Estimate, label, within
from ..evaluation.deployment import Deployment
from ..prediction.pulse_predictor import PulsePredictor


@dataclass(frozen=True, eq=False)
class Spread:
    """A figure over S trainings, which were all tried on the same n cases.

    Attributes
    ----------
    value, low, high
        The mean over trainings and cases, and its 95 % interval: of another draw of both.
    sd
        Standard deviation of the trainings' own means (S - 1 in the denominator), NaN for one training.
    means
        The mean of each training, (S,).
    each
        The mean of each case over the trainings, (n,).
    """

    value: float
    low: float
    high: float
    sd: float
    means: np.ndarray
    each: np.ndarray

    @classmethod
    def of(cls, cases: ArrayLike, seed: int = 0) -> Spread:
        """Return the mean of S trainings on n cases (S, n), both of them drawn at random.

        Trainings and cases are crossed random effects: the variance of the mean is that of the cases' means over n,
        and what the trainings' means vary beyond that of the cases within them over S. Student's factor is that of
        Satterthwaite (1946) for the three mean squares in this sum, each with its own degrees of freedom: their
        difference has none. One training says nothing of the spread: its interval is the bootstrap over the cases
        alone, with random numbers of `seed`.

        Raises
        ------
        ValueError
            For cases that are not (S, n), one training and one case at least.
        """
        from scipy.stats import t as student

        cases = np.asarray(cases, dtype=float)
        if cases.ndim != 2 or not cases.size:
            raise ValueError(f"cases must be (trainings, cases), one of each at least; shape {cases.shape}")
        means, each, (s, n) = cases.mean(axis=1), cases.mean(axis=0), cases.shape
        if s == 1:
            one = Estimate.of(each, seed)
            return cls(one.value, one.low, one.high, float("nan"), means, each)
        left = cases - means[:, None] - each + cases.mean()
        within = max((s - 1) * (n - 1), 1)
        residual = np.sum(left**2) / within / (s * n)
        trainings, attempts = means.var(ddof=1) / s, each.var(ddof=1) / n if n > 1 else 0.0
        variance, half = max(trainings - residual, 0.0) + attempts, 0.0
        if variance > 0:
            noise = trainings**2 / (s - 1) + attempts**2 / max(n - 1, 1) + residual**2 / within
            # of few cases the difference can leave less than any of the mean squares has
            freedom = max(variance**2 / noise, min(s, n) - 1, 1)
            half = float(student.ppf(0.975, freedom) * np.sqrt(variance))
        value = float(cases.mean())
        return cls(value, value - half, value + half, float(means.std(ddof=1)), means, each)

    @property
    def ends(self) -> list[float]:
        """Return the ends of the interval."""
        return [self.low, self.high]

    def shares(self) -> Spread:
        """Return the same figure with the interval of a share: Wilson's at least."""
        low, high = share_ends(self.value, self.ends, len(self.each))
        return dataclasses.replace(self, low=low, high=high)

    def differences(self) -> Spread:
        """Return the same figure with the interval of a difference of paired shares, cases from -1 to 1.

        It is as wide as that of Agresti and Min (2005) at least, half a pair added to each kind of pair: 40 pairs
        that agree do not prove that all do.
        """
        n = len(self.each) + 2
        middle = float(self.each.sum()) / n
        half = 1.959963984540054 * np.sqrt(np.sum(self.each**2) + 1 - n * middle**2) / n
        _, low, high = widen((self.value, self.low, self.high), (middle - half, middle + half))
        return dataclasses.replace(self, low=max(float(low), -1.0), high=min(float(high), 1.0))


def widen(value: Sequence[float], ends: Sequence[float] | None) -> list[float]:
    """Return a value with its interval, [value, low, high], as wide as another interval at least; None: as it is."""
    middle, low, high = value
    return [middle, min(low, ends[0]), max(high, ends[1])] if ends else [middle, low, high]


def best_training(trainings: Sequence[PulsePredictor]) -> PulsePredictor:
    """Return the selected training: the one with the best score on its validation data. Everything else uses it."""
    return min(trainings, key=validation_score)


def validation_score(predictor: PulsePredictor) -> float:
    """Return the validation score that the last stage of a training came down to."""
    kept = predictor.manifest.settings["training"]["kept"]
    return float(kept[max(kept, key=lambda stage: int(stage.split()[0]))])


def seed_of(predictor: PulsePredictor) -> int:
    """Return the seed that trained a network."""
    return int(predictor.manifest.settings["training"]["seed"])


def summary(deployments: Sequence[Deployment]) -> dict[str, Any]:
    """Return what results hold of the same attempts by several trainings: means, and intervals of other draws of both.

    One training is summed up by `Deployment.summary`.
    """
    if len(deployments) == 1:
        return deployments[0].summary()
    hits = {band: [within(one.end_S, one.target_S, band) for one in deployments] for band in BANDS}
    each = [one.summary() for one in deployments]
    found = hit_summary(hits)
    for key in ("rpd_mean", "rpd_median", "wrong_way"):
        found[key] = float(np.mean([one[key] for one in each]))
        found["trainings"]["sd"][key] = float(np.std([one[key] for one in each], ddof=1))
    found["interval"]["wrong_way"] = Spread.of([one.astray for one in deployments]).shares().ends
    return found | {"failures": sum(one["failures"] for one in each)}


def hit_summary(hits: Mapping[float, Sequence[np.ndarray]]) -> dict[str, Any]:
    """Return shares, intervals and spread over trainings of hits by band, (S, n) each, as a row of results."""
    spreads = {label("within", band): Spread.of(np.stack(each)).shares() for band, each in hits.items()}
    count, n = np.shape(next(iter(hits.values())))
    row: dict[str, Any] = {key: one.value for key, one in spreads.items()}
    row |= {"n": n, "interval": {key: one.ends for key, one in spreads.items()}}
    if count > 1:
        row["trainings"] = {
            "n": count,
            "sd": {key: one.sd for key, one in spreads.items()},
            "range": {key: [float(one.means.min()), float(one.means.max())] for key, one in spreads.items()},
        }
    return row


def over_tables(tries: Sequence[Deployment], tables: dict[float, Deployment]) -> dict[str, list[float]]:
    """Return share minus the table's by band, [value, low, high]: of a network's trainings, on the same attempts."""
    found = {}
    for band, table in tables.items():
        other = within(table.end_S, table.target_S, band).astype(float)
        one = Spread.of([within(each.end_S, each.target_S, band) - other for each in tries]).differences()
        found[label("within", band)] = [one.value, one.low, one.high]
    return found


def add_trainings(
    row: dict[str, Any], trainings: Sequence[PulsePredictor], one: dict[str, Any], note: str = ""
) -> None:
    """Add to a row of results which trainings it is of, and the shares in `one` of the selected training."""
    seeds = [seed_of(predictor) for predictor in trainings]
    found = {"n": len(seeds), "seeds": seeds, "chosen": seed_of(best_training(trainings))} | row.get("trainings", {})
    if len(seeds) > 1:
        found["chosen_shares"] = {label("within", band): one[label("within", band)] for band in BANDS}
    row["trainings"] = found | ({"note": note} if note else {})
