"""Where pulses at each voltage end, by records that vary one: the best voltage of a target, and its share."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from .._util.checks import check_count, check_kind, check_range, check_seed, checked_numbers
from .._util.display import brief, shows
from .._util.forks import cached_property
from .._util.progress import progress
from ..dataset.pulse_dataset import PulseDataset
from ..dataset.sweep import CONTROL_WORDS, WIDTH, Sweep
from ..provenance.rebuild import built
from ..spice.execution import executor
from ..spice.tasks import Resources
from .bands import Estimate, within

GRID = 161
"""Voltages that are tried, evenly over the range of the records."""

_STARTS = 25
"""Starts at which the middle is worked out, evenly in the logarithm, where it depends on them."""

_NARROW, _WIDE, _BESIDE = 0.12, 0.4, 0.8
"""Standard deviations of weights: over the voltage for the middle, and for what lies around it, in ranges of the
sweep, over the logarithm of the start in its own standard deviation; times the number of records to the power -1/5."""

_LEAST = 8


@dataclass(frozen=True, eq=False)
class Response:
    """Say where n pulses at voltages of their own ended.

    ln(end) is taken as m(voltage), or m(start, voltage) without an erase before, plus what devices and walks add: m is
    a local linear fit, the rest what the records nearby lie off it.

    Attributes
    ----------
    start_S, volts, end_S
        Conductance before [S], voltage [V] and conductance after [S], (n,) each.
    sweep
        What was sent.
    """

    start_S: np.ndarray
    volts: np.ndarray
    end_S: np.ndarray
    sweep: Sweep

    @shows
    def __repr__(self) -> str:
        return brief(self)

    @classmethod
    def of(cls, data: PulseDataset, split: str | None = None) -> Response:
        """Return the response that records of a split, or all, show; ValueError for a dataset that varies the width."""
        rows, sweep = data.reached(split), data.recipe.sweep
        if sweep is None:
            raise ValueError(f"these records vary the {CONTROL_WORDS[WIDTH]}: ouro_spice.trials has their floor")
        names = ("g_sense_start_S", sweep.column, "g_end_S")
        start_S, volts, end_S = (rows[name].to_numpy(float) for name in names)
        return cls(start_S, volts, end_S, sweep)

    def part(self, rows: np.ndarray) -> Response:
        """Return the response that some of the records show, by a mask or places."""
        return dataclasses.replace(self, **{name: getattr(self, name)[rows] for name in ("start_S", "volts", "end_S")})

    @property
    def alike(self) -> bool:
        """Return whether an erase makes all starts alike."""
        return self.sweep.before is not None

    @property
    def grid_V(self) -> np.ndarray:
        """Return the voltages that are tried, (V,) [V]."""
        return np.linspace(*self.sweep.ends_V, GRID)

    @cached_property
    def _axes(self) -> tuple[np.ndarray, np.ndarray]:
        """Return the logarithms of the starts, (1,) or (S,), and the voltages, (V,), that `_middle` stands at."""
        x = np.log(self.start_S)
        return (np.array([x.mean()]) if self.alike else np.linspace(x.min(), x.max(), _STARTS)), self.grid_V

    @cached_property
    def _middle(self) -> np.ndarray:
        """Return m on the axes, (S, V); ValueError for too few records."""
        if len(self.volts) < _LEAST:
            raise ValueError(f"{len(self.volts)} records: at least {_LEAST} are needed to say where pulses end")
        x, y = np.log(self.start_S), np.log(self.end_S)
        starts, volts = self._axes
        found = np.empty((len(starts), len(volts)))
        for i, k in np.ndindex(found.shape):
            weights = self._weights(float(starts[i]), float(volts[k]), _NARROW)
            columns = [np.ones(len(y)), self.volts - volts[k], *([] if self.alike else [x - starts[i]])]
            root = np.sqrt(weights)
            fit = np.linalg.lstsq(np.stack(columns, axis=1) * root[:, None], y * root, rcond=1e-6)[0]
            found[i, k] = np.clip(fit[0], y.min(), y.max())
        return found

    def _weights(self, log_start: float, volts: float, width: float) -> np.ndarray:
        """Return what each record counts for at a start and a voltage, (n,)."""
        shrink = len(self.volts) ** -0.2
        low, high = self.sweep.ends_V
        far = ((self.volts - volts) / (width * shrink * (high - low))) ** 2
        if not self.alike:
            x = np.log(self.start_S)
            far = far + ((x - log_start) / (_BESIDE * shrink * max(float(x.std()), 1e-9))) ** 2
        return np.exp(-0.5 * far) + 1e-12

    def middle(self, start_S: ArrayLike, volts: ArrayLike) -> np.ndarray:
        """Return m, the logarithm of the conductance at the end, for starts [S] and voltages [V] of one shape."""
        starts, grid = self._axes
        at, volts = np.broadcast_arrays(np.log(start_S), np.asarray(volts, dtype=float))
        if self.alike:
            return np.interp(volts, grid, self._middle[0])
        from scipy.interpolate import RegularGridInterpolator  # half a second

        place = np.stack([np.clip(at, *starts[[0, -1]]), np.clip(volts, *grid[[0, -1]])], axis=-1)
        return RegularGridInterpolator((starts, grid), self._middle)(place)

    def ends(self, other: Response, start_S: float, volts: np.ndarray) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """Yield for each of some voltages [V] where the records of another response would have ended from a start,
        (n,) [S], and what each of them counts for, (n,).
        """
        off = np.log(other.end_S) - self.middle(other.start_S, other.volts)
        for at, middle in zip(volts.tolist(), self.middle(start_S, volts).tolist(), strict=True):
            yield np.exp(middle + off), other._weights(float(np.log(start_S)), at, _WIDE)

    def shares(self, start_S: float, targets_S: np.ndarray, band: float) -> np.ndarray:
        """Return the share of pulses that end within a band around targets (T,) [S], at each voltage of the grid,
        (T, V).
        """
        found = np.empty((len(targets_S), GRID))
        for k, (ends_S, weights) in enumerate(self.ends(self, start_S, self.grid_V)):
            found[:, k] = within(ends_S, targets_S[:, None], band) @ weights / weights.sum()
        return found

    def best(self, start_S: float, targets_S: ArrayLike, band: float) -> np.ndarray:
        """Return the voltage at which most pulses from a start [S] end within a band around targets (T,) [S], (T,) [V];
        the middle one of those that are as good.
        """
        found = self.shares(start_S, np.atleast_1d(np.asarray(targets_S, dtype=float)), band)
        smooth = np.apply_along_axis(lambda row: np.convolve(np.pad(row, 3, "edge"), _KERNEL, "valid"), 1, found)
        good = smooth >= smooth.max(axis=1, keepdims=True) - 1e-3
        rank = (good.sum(axis=1, keepdims=True) + 1) // 2
        return self.grid_V[np.argmax((np.cumsum(good, axis=1) == rank) & good, axis=1)]


_KERNEL = np.array([1, 6, 15, 20, 15, 6, 1]) / 64
"""Counts of hits are smoothed over seven voltages of the grid."""


@dataclass(frozen=True, eq=False)
class SweptFloor(Estimate):
    """The best reachable share where a voltage is chosen; an `Estimate` whose cases are the targets.

    Attributes
    ----------
    target_S
        Targets, (P,) [S].
    volts
        The voltage that was chosen for each, the mean over the folds, (P,) [V].
    control
        What was chosen: "gate" or "amplitude".
    """

    target_S: np.ndarray
    volts: np.ndarray
    control: str

    @shows
    def __repr__(self) -> str:
        return brief(self)


def swept_floor(
    data: PulseDataset, band: float, targets_S: ArrayLike | None = None, *, n: int = 200, folds: int = 4, seed: int = 0,
    scheduler: str | None = None,
) -> SweptFloor:  # fmt: skip
    """Return the share within a band that the best voltage reaches, cross-fitted: chosen on some records, judged on the
    others, in one attempt each.

    Parameters
    ----------
    data
        Records that vary a gate voltage or an amplitude.
    band
        Largest relative distance from the target.
    targets_S, n
        Targets (P,) [S]; None: `n` of them, evenly over the window of the nominal device. Without an erase those that
        lie in the direction of the pulses, each from a start of the records.
    folds
        The records are dealt out to so many at random; each is judged once, at voltages chosen on those of the others.
    seed
        Of the folds, the starts and the interval over the targets.
    scheduler
        Address of a Dask scheduler, ``tcp://host:port``, whose workers judge a fold each.

    Raises
    ------
    ValueError
        For records that vary the width, or too few of them.
    ToolError
        For a cluster that does not answer, or is lost.
    """
    check_kind("data", data, PulseDataset)
    check_range("band", band, 1e-6, 1.0, "(relative)")
    check_count("folds", folds, 2, 100)
    check_count("n", n)
    check_seed(seed)
    response = Response.of(data)
    rng = np.random.default_rng(seed)
    fold = rng.permutation(len(response.volts)) % folds
    start_S, target_S = _questions(response, data, targets_S, n, rng)
    work = _Fold(response, fold, start_S, target_S, band)
    with executor(1, scheduler) as does, progress("floor", folds * len(np.unique(start_S))) as bar:
        hits, volts = map(np.array, zip(*does.map(work, range(folds), bar, together=True), strict=True))
    found = Estimate.of(hits.mean(axis=0), seed)
    return SweptFloor(
        found.value, found.low, found.high, found.each, target_S, volts.mean(axis=0), response.sweep.control
    )


@dataclass(frozen=True)
class _Fold:
    """Judges the records of one part at voltages that are chosen on those of the others.

    `fold` (n,) says which part a record is in, `start_S` and `target_S` (P,) [S] what is asked.
    """

    response: Response
    fold: np.ndarray
    start_S: np.ndarray
    target_S: np.ndarray
    band: float

    def __call__(self, number: int, resources: Resources) -> tuple[np.ndarray, np.ndarray]:
        """Return the shares within the band and the chosen voltages [V] of a part, (P,) each."""
        choosing, judging = self.response.part(self.fold != number), self.response.part(self.fold == number)
        hits, volts = np.zeros((2, len(self.target_S)))
        for start in np.unique(self.start_S):
            mine = np.flatnonzero(self.start_S == start)
            volts[mine] = choosing.best(start, self.target_S[mine], self.band)
            ends = choosing.ends(judging, start, volts[mine])
            for one, (ends_S, weights) in zip(mine, ends, strict=True):
                hits[one] = within(ends_S, self.target_S[one], self.band) @ weights / weights.sum()
            resources.bar.advance()
        return hits, volts


def _questions(
    response: Response, data: PulseDataset, targets_S: ArrayLike | None, n: int, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Return starts and targets, (P,) each [S]."""
    low, high = built(data.manifest).window_S
    asked = np.linspace(low, high, n) if targets_S is None else checked_numbers("targets_S", targets_S)
    if response.alike:
        return np.full(len(asked), float(np.exp(np.log(response.start_S).mean()))), asked
    some = np.quantile(response.start_S, (np.arange(_STARTS) + 0.5) / _STARTS)
    start_S = rng.choice(some, len(asked))
    ahead = (asked > start_S) == (response.sweep.directions[0] == "SET")
    if not ahead.any():
        raise ValueError("targets_S: none of them lies in the direction of the pulses")
    return start_S[ahead], asked[ahead]
