"""One attempt each: read, one pulse of the predicted time, and where the conductance is then."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from .._util.checks import check_conductance, check_kind, check_range, checked_numbers, shown
from .._util.display import brief, shows
from .._util.progress import Bar, progress
from .._util.statistics import share_ends, wilson
from ..circuit.pulse import LONGEST_S, SHORTEST_S, Pulse
from ..dataset.recipe import LIMIT
from ..programming.batch import Fleet
from ..programming.lockstep import check_fleet
from ..programming.shares import do_on_cells, scheduler_of
from ..simulation.write_voltages import Pair
from ..spice.execution import connection
from .bands import BANDS, Estimate, label, shares, within
from .baselines import Predict

SHORTEST_PULSE_S = 0.1e-9
"""The shortest pulse that is sent unless the clock says otherwise [s]."""


@dataclass(frozen=True, eq=False)
class Deployment:
    """D attempts, one pulse each.

    Attributes
    ----------
    start_S, target_S, reading_S
        Conductance before the pulse, the wanted one, and what the sense path reported, NaN where that failed; (D,) [S].
    t_s
        Signed pulse time as sent [s], SET positive, 0: no pulse; (D,).
    end_S, end_reading_S
        Conductance after the pulse, NaN where read or pulse failed, and what was then read; (D,) [S].
    energy_J
        Energy of the pulse, (D,).
    cut
        Attempts whose predicted time was longer than the longest pulse.
    """

    start_S: np.ndarray
    target_S: np.ndarray
    reading_S: np.ndarray
    t_s: np.ndarray
    end_S: np.ndarray
    end_reading_S: np.ndarray
    energy_J: np.ndarray
    cut: int = 0

    @shows
    def __repr__(self) -> str:
        return brief(self)

    @property
    def rpd(self) -> np.ndarray:
        """Return the relative difference of end and target (paper, eq. 1), a share, (D,); NaN where an attempt
        failed.
        """
        return np.abs(self.end_S - self.target_S) / self.target_S

    @property
    def failures(self) -> int:
        """Return the number of attempts in which a read or the pulse failed: they count as missed."""
        return int(np.isnan(self.end_S).sum())

    @property
    def direction(self) -> np.ndarray:
        """Return the direction of each pulse, (D,): 1 for SET, -1 for RESET, 0 for no pulse."""
        return np.sign(self.t_s)

    @property
    def astray(self) -> np.ndarray:
        """Return whether each pulse was directed away from its target, (D,)."""
        return self.direction * (self.target_S - self.start_S) < 0

    @property
    def wrong_way(self) -> float:
        """Return the share of attempts whose pulse was directed away from the target."""
        return float(np.mean(self.astray))

    def shares(self) -> dict[str, float]:
        """Return the share of ends within each band, by name."""
        return shares(self.end_S, self.target_S)

    def share(self, band: float, seed: int = 0) -> Estimate:
        """Return the share of ends within a band, with its interval over the attempts, at least Wilson's."""
        found = Estimate.of(within(self.end_S, self.target_S, band), seed)
        low, high = share_ends(found.value, (found.low, found.high), len(found.each))
        return dataclasses.replace(found, low=low, high=high)

    def summary(self, seed: int = 0) -> dict[str, Any]:
        """Return the figures that results hold: shares, number, intervals by band, RPD and failures."""
        found = {band: self.share(band, seed) for band in BANDS}
        intervals = {label("within", band): [one.low, one.high] for band, one in found.items()}
        return {
            **{label("within", band): one.value for band, one in found.items()},
            "n": len(self.end_S),
            "interval": intervals | {"wrong_way": wilson(int(self.astray.sum()), len(self.end_S))},
            "rpd_mean": _mean(self.rpd),
            "rpd_median": _median(self.rpd),
            "wrong_way": self.wrong_way,
            "failures": self.failures,
        }

    def by_start(self, edges_S: ArrayLike) -> dict[str, np.ndarray]:
        """Return RPD and shares over the start (Figs. 3 and 6), in B bins.

        Parameters
        ----------
        edges_S
            Edges of the bins, (B + 1,) [S]; starts beyond them belong to the first and the last bin.

        Returns
        -------
        dict
            ``g_start_S`` (the bins' middles), ``n``, ``rpd_mean``, ``rpd_median`` and the share within each band, (B,)
            each; NaN where a bin is empty.
        """
        edges = _edges(edges_S)
        bins, count = _bin(self.start_S, edges), len(edges) - 1
        inside = [np.flatnonzero(bins == k) for k in range(count)]
        table = {"g_start_S": (edges[1:] + edges[:-1]) / 2, "n": np.array([len(one) for one in inside])}
        table["rpd_mean"] = np.array([_mean(self.rpd[one]) for one in inside])
        table["rpd_median"] = np.array([_median(self.rpd[one]) for one in inside])
        for band in BANDS:
            hits = within(self.end_S, self.target_S, band)
            table[label("within", band)] = np.array([_mean(hits[one]) for one in inside])
        return table

    def over(self, edges_S: ArrayLike) -> dict[str, np.ndarray]:
        """Return figures over (start, target) (Fig. 4): ``n`` and ``rpd_mean``, (B, B), rows are starts; NaN where a
        bin is empty.
        """
        edges = _edges(edges_S)
        count = len(edges) - 1
        place = _bin(self.start_S, edges) * count + _bin(self.target_S, edges)
        good = np.isfinite(self.rpd)
        n = np.bincount(place[good], minlength=count**2)
        total = np.bincount(place[good], self.rpd[good], minlength=count**2)
        rpd = np.divide(total, n, out=np.full(count**2, math.nan), where=n > 0)
        return {"n": n.reshape(count, count), "rpd_mean": rpd.reshape(count, count)}


def deploy(
    fleet: Fleet,
    predict: Predict,
    targets_S: ArrayLike,
    pair: Pair,
    rise_s: float = 2e-9,
    fall_s: float = 2e-9,
    clock_s: float | None = None,
    *,
    scheduler: str | None = None,
) -> Deployment:
    """Let a predictor make one attempt on each cell of a fleet, which stays as it is; return all attempts.

    Parameters
    ----------
    fleet
        D cells in the states from which they are programmed.
    predict
        Takes what the sense path reported and the change that is missing, each (D,) [S]; returns signed pulse times
        (D,) [s], SET positive. Asked once, for all cells whose read did not fail.
    targets_S
        Wanted conductances, (D,) [S].
    pair
        The amplitudes; the longest pulse is `LIMIT` times its time, as in datasets.
    rise_s, fall_s
        Edges [s].
    clock_s
        Pulse times are whole multiples of it [s], at least one; None: any, from `SHORTEST_PULSE_S` on.
    scheduler
        Of a Dask cluster that reads and pulses the cells, ``tcp://host:port``; None: that of the fleet.

    Raises
    ------
    ValueError
        For targets or predictions that are no positive conductances or finite times, one a cell; for a bad clock.
    """
    check_fleet(fleet)
    check_kind("pair", pair, Pair)
    if not callable(predict) or isinstance(predict, type):
        raise ValueError(f"predict = {shown(predict)} must be a function of readings and wanted changes")
    places = np.arange(len(fleet))
    target_S = checked_numbers("targets_S", targets_S)
    if target_S.shape != places.shape or not np.all(np.isfinite(target_S) & (target_S > 0)):
        raise ValueError(f"targets_S must be {len(fleet)} positive conductances [S], one a cell")
    check_conductance("targets_S", target_S)
    if clock_s is not None:
        check_range("clock_s", clock_s, SHORTEST_S, LONGEST_S, "s")
    fleet, where, asked_s = fleet.copy(), scheduler_of(fleet, scheduler), np.zeros(len(places))
    start_S = fleet.g_S(places)
    with progress("deploy", 3 * len(places)) as bar, connection(where):
        reading_S = np.concatenate(do_on_cells(fleet, where, _read, lambda _: (), bar))
        read = np.isfinite(reading_S)
        asked_s[read] = _predicted(predict, reading_S[read], target_S[read])
        t_s, cut = _sent(asked_s, LIMIT * pair.total_s, clock_s)
        bar.advance(int(np.sum(t_s == 0)))
        pulses = [Pulse(pair.amplitude(t), abs(t), rise_s, fall_s) if t else None for t in t_s.tolist()]
        done = zip(*do_on_cells(fleet, where, _pulsed, lambda rows: (pulses[rows],), bar), strict=True)
    energy_J, end_S, end_reading_S = map(np.concatenate, done)
    end_S[~read | np.isnan(energy_J)] = math.nan
    return Deployment(start_S, target_S, reading_S, t_s, end_S, end_reading_S, energy_J, cut)


def _read(cells: Fleet, bar: Bar) -> np.ndarray:
    """Return what reads of all cells report, (D,) [S]."""
    return cells.read(np.arange(len(cells)), bar)


def _pulsed(cells: Fleet, pulses: Sequence[Pulse | None], bar: Bar) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Send each cell its pulse, or none; return energies [J], NaN where it failed, conductances and readings [S]."""
    places, energy_J = np.arange(len(cells)), np.zeros(len(cells))
    sent = [pulse for pulse in pulses if pulse is not None]
    pulsed = np.array([k for k, pulse in enumerate(pulses) if pulse is not None], int)
    energy_J[pulsed] = cells.apply(pulsed, sent, bar)
    return energy_J, cells.g_S(places), cells.read(places, bar)


def _predicted(predict: Predict, reading_S: np.ndarray, target_S: np.ndarray) -> np.ndarray:
    """Return the signed times that are predicted, (k,) [s]; ValueError for what are no finite times, one a cell."""
    times = checked_numbers("what predict returns", predict(reading_S, target_S - reading_S))
    if times.shape != reading_S.shape or not np.all(np.isfinite(times)):
        raise ValueError(f"predict must return {len(reading_S)} finite times [s], one a cell; shape {times.shape}")
    return times


def _sent(asked_s: np.ndarray, longest_s: float, clock_s: float | None) -> tuple[np.ndarray, int]:
    """Return the signed times as they are sent, (D,) [s], and how many of them were cut to the longest pulse."""
    wanted = np.abs(asked_s)
    cut = int(np.sum(wanted > longest_s))
    width = np.minimum(wanted, longest_s)
    if clock_s is None:
        width = np.maximum(width, SHORTEST_PULSE_S)
    else:
        width = np.maximum(np.rint(width / clock_s), 1) * clock_s
    return np.sign(asked_s) * width, cut


def _edges(edges_S: ArrayLike) -> np.ndarray:
    """Return the edges of bins, (B + 1,) [S]; ValueError for edges that do not ascend."""
    edges = np.asarray(edges_S, dtype=float)
    if edges.ndim != 1 or len(edges) < 2 or not np.all(np.diff(edges) > 0):
        raise ValueError("edges_S must be at least two ascending conductances [S]")
    return edges


def _bin(values: np.ndarray, edges: np.ndarray) -> np.ndarray:
    """Return the bin that each value lies in, (D,); those beyond the edges lie in the first or the last."""
    return np.clip(np.searchsorted(edges, values, side="right") - 1, 0, len(edges) - 2)


def _mean(values: np.ndarray) -> float:
    """Return the mean of the values that are finite; NaN where none is."""
    good = values[np.isfinite(values)]
    return float(good.mean()) if len(good) else math.nan


def _median(values: np.ndarray) -> float:
    """Return the median of the values that are finite; NaN where none is."""
    good = values[np.isfinite(values)]
    return float(np.median(good)) if len(good) else math.nan
