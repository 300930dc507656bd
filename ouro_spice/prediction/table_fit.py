"""How a table of pulse times is made: of trials by interpolation between their pairs, of records in bins."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from scipy.interpolate import RBFInterpolator
from scipy.ndimage import distance_transform_edt

from .._util.progress import Bar, progress
from ..dataset.pulse_dataset import PulseDataset
from ..evaluation.bands import within
from ..evaluation.noise_floor import Trials
from ..evaluation.swept_response import Response
from ..provenance.manifest import Manifest
from .domain import TARGET, Domain
from .teachable import check_controls, has_trajectories

SMOOTHINGS = (1e-3, 1e-2, 3e-2, 0.1, 0.3, 1.0)
"""Smoothings of the spline that are tried on pairs held out."""

POINTS = 64
"""Conductances of a smooth table, even in the logarithm."""

_LEAST = 8
"""Pairs in a direction from which a spline can be smoothed."""

_FOLDS = 8
"""Parts that trajectories are dealt out to, and pairs."""

_WIDTHS = 80
"""Pulse widths, even in the logarithm, at which histories are looked at."""

_SMOOTH = 0.3
"""Standard deviation over the logarithm of the width by which counts of hits are smoothed, as in `Trials.floor`."""

_DIRECTIONS = {1.0: "SET", -1.0: "RESET"}


def thin_plate(points: ArrayLike, values: ArrayLike, smoothing: float) -> RBFInterpolator:
    """Return the thin-plate spline through values (P,) at points (P, 2), or, with a smoothing, past them."""
    return RBFInterpolator(points, values, kernel="thin_plate_spline", smoothing=smoothing)


def from_trials(trials: Trials, band: float, seed: int) -> dict[str, Any]:
    """Return the arguments of a `Table`: the best time of each pair, and between the pairs a spline."""
    if trials.manifest is None:
        raise ValueError("these trials do not say what circuit they are of: take those of ouro_spice.trials")
    if trials.g_S.shape[1] < 2:
        raise ValueError(f"{trials.g_S.shape[1]} trajectories a pair: the best time needs two at least")
    best_s = np.abs(trials.floor(band, seed, min(_FOLDS, trials.g_S.shape[1])).t_s)
    start_S, target_S, way = trials.start_S, trials.target_S, trials.direction
    inside = within(start_S, target_S, band)
    nodes = ~inside & (best_s > 0)
    for sign, name in _DIRECTIONS.items():
        count = int(np.sum(nodes & (way == sign)))
        if count < _LEAST:
            raise ValueError(f"{count} pairs need a {name} to be within {band:g} of their targets: at least {_LEAST}")
    far = np.abs(np.log(target_S / start_S))
    points, values = np.log([start_S, target_S]).T, np.log(np.where(nodes, best_s, 1.0) / far)
    with progress("fit table", len(SMOOTHINGS) * len(_DIRECTIONS) * _FOLDS) as bar:
        scores = {one: _held_out(trials, band, points, values, nodes, one, seed, bar) for one in SMOOTHINGS}
    smoothing = max(scores, key=scores.__getitem__)
    axis_S = np.geomspace(min(start_S.min(), target_S.min()), max(start_S.max(), target_S.max()), POINTS)
    every = np.stack(np.meshgrid(np.log(axis_S), np.log(axis_S), indexing="ij"), axis=-1).reshape(-1, 2)
    surfaces = [_surface(points, values, nodes & (way == sign), smoothing, every) for sign in _DIRECTIONS]
    how = {"of": "trials", "band": float(band), "seed": int(seed), "smoothing": smoothing, "pairs": len(start_S)}
    how |= {"trajectories": trials.g_S.shape[1], "held_out": {f"{one:g}": score for one, score in scores.items()}}
    return {
        "axis_S": axis_S, "log_time": np.reshape(surfaces, (2, POINTS, POINTS)), "smooth": True, "still": float(band),
        "manifest": _manifest(trials.manifest, how), "domain": _domain(start_S, target_S),
    }  # fmt: skip


def _surface(
    points: np.ndarray, values: np.ndarray, rows: np.ndarray, smoothing: float, asked: np.ndarray
) -> np.ndarray:
    """Return the spline of some pairs at points (Q, 2), (Q,), at most a factor of e beyond the values of the pairs."""
    found = thin_plate(points[rows], values[rows], smoothing)(asked)
    return np.clip(found, values[rows].min() - 1, values[rows].max() + 1)


def _held_out(
    trials: Trials, band: float, points: np.ndarray, values: np.ndarray, nodes: np.ndarray, smoothing: float,
    seed: int, bar: Bar,
) -> float:  # fmt: skip
    """Return the share of trajectories that end within the band when splines of the other pairs give the times (8-fold
    cross-validation).
    """
    way, far = trials.direction, np.abs(np.log(trials.target_S / trials.start_S))
    part = _parts(nodes, way, seed)
    outside = ~within(trials.start_S, trials.target_S, band)
    time_s = np.zeros(len(values))
    for sign in _DIRECTIONS:
        for fold in range(_FOLDS):
            asked, others = (outside & (way == sign) & mine for mine in (part == fold, part != fold))
            if asked.any():
                log_time = _surface(points, values, others & nodes, smoothing, points[asked])
                time_s[asked] = np.exp(log_time) * far[asked]
            bar.advance()
    return float(within(trials.ends_S(way * time_s), trials.target_S[:, None], band).mean())


def _parts(nodes: np.ndarray, way: np.ndarray, seed: int) -> np.ndarray:
    """Return the fold of each pair, (P,), at random; the nodes of a direction are dealt out evenly."""
    rng = np.random.default_rng(seed)
    part = rng.permutation(len(nodes)) % _FOLDS
    for sign in _DIRECTIONS:
        mine = np.flatnonzero(nodes & (way == sign))
        part[mine] = rng.permutation(len(mine)) % _FOLDS
    return part


def from_records(data: PulseDataset, band: float | None, bins: int) -> dict[str, Any]:
    """Return the arguments of a `Table`: in bins the median time, or the one at which most histories are in a band."""
    check_controls(data, ("g_start_S", "dg_S"))
    if band is not None and "history_g_S" in data.frame and not has_trajectories(data):
        raise ValueError(
            "a table for a band is made of histories, what pulses of any width did, and the records are single pulses: "
            "band=None takes the medians of their times"
        )
    rows = data.reached("train")
    start_S, target_S, time_s = (
        rows[name].to_numpy(float) for name in ("g_sense_start_S", "g_target_S", "t_pulse_s")
    )  # fmt: skip
    used = (time_s != 0) & (np.sign(time_s) == np.sign(target_S - start_S))
    for sign, name in _DIRECTIONS.items():
        if not np.any(used & (np.sign(time_s) == sign)):
            raise ValueError(f'no "train" record reached its target by a {name}: a table needs both directions')
    edges = np.linspace(min(start_S.min(), target_S.min()), max(start_S.max(), target_S.max()), bins + 1)
    i, j = (np.clip(np.searchsorted(edges, g, side="right") - 1, 0, bins - 1) for g in (start_S, target_S))
    hits = None if band is None else _hits(data, target_S, time_s, band)
    log_time = []
    for sign in _DIRECTIONS:
        mine = np.flatnonzero(used & (np.sign(time_s) == sign))
        cells = [(cell, mine[i[mine] * bins + j[mine] == cell]) for cell in np.unique(i[mine] * bins + j[mine])]
        grid = np.full(bins**2, np.nan)
        for cell, inside in cells:
            grid[cell] = np.median(np.log(np.abs(time_s[inside]))) if hits is None else _most(*hits, inside)
        log_time.append(fill_gaps(grid.reshape(bins, bins)))
    how = {"of": "records", "band": band, "bins": int(bins), "records": int(used.sum())}
    return {
        "axis_S": (edges[1:] + edges[:-1]) / 2, "log_time": np.stack(log_time), "smooth": False, "still": 0.0,
        "manifest": _manifest(data.manifest, how), "domain": _domain(start_S[used], target_S[used]),
    }  # fmt: skip


def from_sweep(data: PulseDataset, band: float) -> dict[str, Any]:
    """Return the arguments of a `Table` of voltages: for each target that at which most pulses end within the band."""
    response = Response.of(data, "train")
    ends_S = np.concatenate([response.start_S, response.end_S])
    axis_S = np.geomspace(ends_S.min(), ends_S.max(), POINTS)
    starts = axis_S[:1] if response.alike else axis_S
    rows = []
    with progress("fit table", len(starts)) as bar:
        for start in starts:
            rows.append(response.best(float(start), axis_S, band))
            bar.advance()
    volts = np.stack(rows)
    volts = np.broadcast_to(volts, (POINTS, POINTS))
    how = {"of": "records", "band": float(band), "records": len(response.volts)}
    domain = _domain(response.start_S, response.end_S)
    return {
        "axis_S": axis_S, "log_time": np.stack([volts, volts]), "smooth": True, "still": 0.0,
        "manifest": _manifest(data.manifest, how),
        "domain": dataclasses.replace(domain, directions=response.sweep.directions),
    }  # fmt: skip


def fill_gaps(grid: np.ndarray) -> np.ndarray:
    """Return a grid whose empty (NaN) places have the value of the nearest one that is not empty; ValueError for no
    value.
    """
    empty = np.isnan(grid)
    if empty.all():
        raise ValueError("a grid without a value cannot be filled")
    nearest = np.empty((grid.ndim, *grid.shape), np.int32)
    distance_transform_edt(empty, return_distances=False, return_indices=True, indices=nearest)
    return grid[tuple(nearest)]


def _hits(data: PulseDataset, target_S: np.ndarray, time_s: np.ndarray, band: float) -> tuple[np.ndarray, np.ndarray]:
    """Return logarithms of widths (W,), and whether histories are within the band of their targets then, (n, W)."""
    if "history_g_S" not in data.frame:
        raise ValueError("a table for a band is made of histories, and the dataset has none; band=None takes the times")
    some = np.abs(time_s[time_s != 0])
    log_width = np.linspace(np.log(some.min() / 2), np.log(some.max() * 2), _WIDTHS)
    width_s = np.exp(log_width)
    # what a device does behind the end of its record is not known: no hit
    ends_S = [
        np.interp(width_s / dt_s, np.arange(len(g)), g.numpy(), right=np.nan) for dt_s, g in data.histories("train")
    ]
    return log_width, within(np.array(ends_S), target_S[:, None], band)


def _most(log_width: np.ndarray, hits: np.ndarray, rows: np.ndarray) -> float:
    """Return the logarithm of the width at which most of some histories are within the band, smoothed."""
    weights = np.exp(-0.5 * (np.subtract.outer(log_width, log_width) / _SMOOTH) ** 2)
    counts = hits[rows].sum(axis=0) @ (weights / weights.sum(axis=0))
    good = np.flatnonzero(counts >= counts.max() * (1 - 1e-6))
    return float(log_width[good[len(good) // 2]])


def _manifest(manifest: Manifest, how: dict[str, Any]) -> Manifest:
    """Return the manifest of what a table is made from, with how it was made."""
    manifest = Manifest.from_json(manifest.to_json())
    manifest.settings["table"] = how
    return manifest


def _domain(start_S: np.ndarray, target_S: np.ndarray) -> Domain:
    """Return the ranges of starts and targets (n,) [S]."""
    columns = {"g_start_S": start_S, "dg_S": target_S - start_S, TARGET: target_S}
    return Domain({name: (float(one.min()), float(one.max())) for name, one in columns.items()}, len(start_S))
