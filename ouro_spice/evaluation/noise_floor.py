"""The noise floor: the best share that any choice of the pulse time by (G_start, G_target) can reach."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from .._util.checks import check_count, check_kind
from .._util.display import brief, shows
from .._util.progress import progress
from ..dataset.sweep import WIDTH
from ..provenance.manifest import Manifest
from .bands import BANDS, Estimate, label, within

_SMOOTH = 0.3
"""Standard deviation of the smoothing over the logarithm of the pulse width: the one with the least bias where the
answer is known in closed form, for all bands and spreads of devices alike."""


@dataclass(frozen=True, eq=False)
class Floor(Estimate):
    """The best reachable share; beside `Estimate` the widths that were chosen.

    Attributes
    ----------
    t_s
        Signed pulse time of each pair [s], the mean over the folds, (P,).
    at_end
        The share of choices that fell on the longest width that was looked at.
    """

    t_s: np.ndarray
    at_end: float

    @shows
    def __repr__(self) -> str:
        return brief(self)

    @property
    def control(self) -> str:
        """Return what was chosen: the "width" of a pulse."""
        return WIDTH


@dataclass(frozen=True, eq=False)
class Trials:
    """P pairs of start and target, M noisy trajectories each.

    Attributes
    ----------
    start_S, target_S
        Conductances, (P,) [S].
    t_max_s
        Longest pulse width that was followed, (P,) [s].
    g_S
        Conductance at the T widths from 0 to ``t_max_s``, equally spaced, (P, M, T) [S], of a pulse towards the target
        and before its falling edge; NaN where a trajectory failed, which never hits.
    manifest
        Circuit, pair of amplitudes and edges of the pulses; None where they are not known.
    """

    start_S: np.ndarray
    target_S: np.ndarray
    t_max_s: np.ndarray
    g_S: np.ndarray
    manifest: Manifest | None = None

    def __post_init__(self) -> None:
        check_kind("manifest", self.manifest, (Manifest, None))
        pairs = np.shape(self.start_S)
        if len(pairs) != 1 or pairs != np.shape(self.target_S) or pairs != np.shape(self.t_max_s):
            raise ValueError("start_S, target_S and t_max_s must be (P,), one number a pair")
        if np.ndim(self.g_S) != 3 or np.shape(self.g_S)[:1] != pairs or min(np.shape(self.g_S)) < 1:
            raise ValueError(f"g_S must be (P, M, T) with P = {pairs[0]}, not {np.shape(self.g_S)}")
        if np.shape(self.g_S)[2] < 2 or not np.all(np.asarray(self.t_max_s) > 0):
            raise ValueError("g_S needs two widths at least, and t_max_s must be positive [s]")

    @shows
    def __repr__(self) -> str:
        return brief(self)

    @property
    def control(self) -> str:
        """Return what a floor of these is chosen by: the "width" of a pulse. `swept_floor` has that of voltages."""
        return WIDTH

    @property
    def direction(self) -> np.ndarray:
        """Return the direction of each pair, (P,): 1 where the target is reached by SET, -1 by RESET."""
        return np.where(self.target_S > self.start_S, 1.0, -1.0)

    @property
    def failures(self) -> int:
        """Return the number of trajectories that failed."""
        return int(np.isnan(self.g_S[:, :, 0]).sum())

    def ends_S(self, t_s: ArrayLike) -> np.ndarray:
        """Return the conductance of every trajectory after a pulse of a signed time, (P, M) [S].

        Between the widths it is interpolated in the logarithm; beyond the longest one it is that there, and a pulse
        away from the target leaves the start.

        Parameters
        ----------
        t_s
            Signed pulse times [s], SET positive, (P,), or (P, M) for one of its own for each trajectory.
        """
        p, m, widths = self.g_S.shape
        t_s = np.asarray(t_s, dtype=float)
        if t_s.shape not in ((p,), (p, m)) or not np.all(np.isfinite(t_s)):
            raise ValueError(f"t_s must be finite times [s], ({p},) or ({p}, {m}), not {t_s.shape}")
        t_s = t_s[:, None] if t_s.ndim == 1 else t_s
        place = np.clip(t_s * self.direction[:, None] / self.t_max_s[:, None], 0, 1) * (widths - 1)
        left = np.minimum(place.astype(int), widths - 2)
        part = place - left
        left = np.broadcast_to(left, (p, m))[:, :, None]
        a, b = (np.log(np.take_along_axis(self.g_S, left + k, axis=2)[:, :, 0]) for k in (0, 1))
        return np.exp(a + part * (b - a))

    def share(self, t_s: ArrayLike, band: float, seed: int = 0) -> Estimate:
        """Return the share of trajectories within a band after pulses of these times, see `ends_S`; cases are the
        pairs.

        A pulse away from the target misses: where it ends was not followed.
        """
        away = np.asarray(t_s) * (self.direction if np.ndim(t_s) == 1 else self.direction[:, None]) < 0
        hits = within(self.ends_S(t_s), self.target_S[:, None], band) & ~(away[:, None] if away.ndim == 1 else away)
        return Estimate.of(hits.mean(axis=1), seed)

    def floor(self, band: float, seed: int = 0, folds: int = 2) -> Floor:
        """Return the share that the best width reaches, cross-fitted: chosen on some trajectories of a pair, judged on
        its others.

        The trajectories of a pair are dealt out to `folds` at random; each is judged once, at the width chosen on
        those of the other folds. Choosing takes the share within the band over the logarithm of the width, smoothed,
        so that it follows chance less. What is left of chance makes the floor too low, never too high: by how much,
        depends on the number of trajectories.

        Parameters
        ----------
        band
            Largest relative distance from the target.
        seed
            Of the folds and the interval over the pairs.
        folds
            2: choose on one half and judge on the other, both ways round. More leave more to choose on.

        Raises
        ------
        ValueError
            For fewer trajectories than folds, or one fold.
        """
        p, m, widths = self.g_S.shape
        check_count("folds", folds, 2)
        if m < folds:
            raise ValueError(f"folds = {folds}: there are {m} trajectories a pair, at least one is needed in each fold")
        order = np.random.default_rng(seed).permuted(np.tile(np.arange(m) % folds, (p, 1)), axis=1)
        per_fold = np.empty((folds, p, widths), np.float32)
        with progress("floor", p) as bar:
            for k in range(p):  # all pairs at once would need much memory
                hits = within(self.g_S[k], self.target_S[k], band)
                per_fold[:, k] = np.equal.outer(np.arange(folds), order[k]).astype(np.float32) @ hits.astype(np.float32)
                bar.advance()
        chosen = _best(per_fold.sum(axis=0) - per_fold, _smoother(widths))
        judged = np.take_along_axis(per_fold, chosen[:, :, None], axis=2)[:, :, 0].sum(axis=0) / m
        found = Estimate.of(judged, seed)
        t_s = self.direction * chosen.mean(axis=0) / (widths - 1) * self.t_max_s
        return Floor(found.value, found.low, found.high, judged, t_s, float(np.mean(chosen == widths - 1)))

    def floors(self, seed: int = 0, folds: int = 2) -> dict[str, float]:
        """Return the floor of each band by name: ``floor_20``."""
        return {label("floor", band): self.floor(band, seed, folds).value for band in BANDS}

    def floor_bias(self, band: float, seed: int = 0, folds: int = 2) -> float:
        """Return an estimate of how much the floor is too low: as much as it rises from half of the trajectories to all
        of them.

        What chance takes from it goes about with one over their number. Below 0 where chance lets it fall; NaN for
        fewer than four trajectories.
        """
        half = self.g_S.shape[1] // 2
        if half < 2:
            return math.nan
        trials = (Trials(self.start_S, self.target_S, self.t_max_s, self.g_S[:, k::2][:, :half]) for k in (0, 1))
        halves = [one.floor(band, seed, min(folds, half)).value for one in trials]
        return self.floor(band, seed, folds).value - float(np.mean(halves))

    def gap(self, t_s: ArrayLike, band: float, seed: int = 0, folds: int = 2) -> Estimate:
        """Return the floor minus the share of the same trajectories, paired: each pair's own difference is
        resampled.
        """
        return Estimate.of(self.floor(band, seed, folds).each - self.share(t_s, band, seed).each, seed)


def _best(counts: np.ndarray, smoother: np.ndarray) -> np.ndarray:
    """Return the place of the best width by smoothed counts (..., T), shape (...); the middle one of several that are
    as good.
    """
    smooth = counts @ smoother
    good = smooth >= smooth.max(axis=-1, keepdims=True) * (1 - 1e-6)
    rank = (good.sum(axis=-1, keepdims=True) + 1) // 2
    return np.argmax((np.cumsum(good, axis=-1) == rank) & good, axis=-1)


def _smoother(widths: int) -> np.ndarray:
    """Return Gaussian weights over the logarithm of T equally spaced widths, (T, T): columns add up to 1, width 0 is
    alone.
    """
    log_width = np.log(np.arange(1, widths))
    # narrower widths are closer together in the logarithm, and count less each
    weights = np.exp(-0.5 * (np.subtract.outer(log_width, log_width) / _SMOOTH) ** 2)
    weights /= np.arange(1, widths)[:, None]
    whole = np.eye(widths)
    whole[1:, 1:] = weights / weights.sum(axis=0)
    return whole
