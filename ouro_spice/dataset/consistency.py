"""What records have to be, so that they are consistent with each other, their histories and their manifest."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ..provenance.manifest import MEASUREMENT, Manifest
from .settings import check_settings
from .storage import read_histories
from .sweep import Sweep

if TYPE_CHECKING:
    import pandas as pd

OUTCOMES = ("reached", "not_reached", "simulation_failed")
SPLITS = ("train", "validation", "test")

_GRID = 1e-4
"""A width lies on its grid within this share of a step."""

_START = 0.05
"""A history begins within this share of the conductance at the start: the rise moves it."""

_REACH = 1.25
"""A conductance at the end lies within the range of its history, widened by this factor: histories are thinned."""

_SHORT = 1e-4
"""Edges up to this share of a traverse move a conductance by less than that."""


@dataclass(frozen=True)
class Facts:
    """What a manifest says of its records; times in s."""

    n: int
    shard: int
    step_s: float
    limit_s: float
    measured: bool
    voltages: tuple[float, ...]
    total_s: float
    sweep: Sweep | None = None

    @classmethod
    def of(cls, folder: Path, manifest: Manifest) -> Facts:
        """Return the facts that a manifest states; ValueError for the manifest of something else than a dataset."""
        settings = manifest.settings
        try:
            check_settings(settings)
        except ValueError as error:
            raise ValueError(f"{folder} holds no dataset: its manifest.json is of something else ({error})") from error
        pair = settings["pair"] or {}
        return cls(
            settings["n"], settings["shard"], float(settings["step_s"]), float(settings["limit_s"]),
            manifest.cell.get("kind") == MEASUREMENT, tuple(pair[name] for name in ("v_set", "v_reset") if pair),
            float(pair.get("total_s", settings["limit_s"])), Sweep.from_plain(settings.get("sweep")),
        )  # fmt: skip

    @property
    def single(self) -> bool:
        """Return whether records are single pulses, measured or at a voltage of their own: whatever they led to is
        their target.
        """
        return self.measured or self.sweep is not None

    @property
    def shards(self) -> int:
        """Return the number of files of records."""
        return -(-self.n // self.shard)

    @property
    def again(self) -> str:
        """Return the name of the command that makes the dataset once more."""
        return "import" if self.measured else "extract"

    def numbers(self, shard: int) -> np.ndarray:
        """Return the numbers of the records in a shard, ascending."""
        return np.arange(shard * self.shard, min(self.n, (shard + 1) * self.shard))


def miscount(results: pd.Series, manifest: Manifest) -> str:
    """Return what is wrong with the failures that a manifest counts, by the results of all its records; "" if right."""
    counted = results.loc[results != "OK"].value_counts().to_dict()
    wrong = f"counts the failures {manifest.failures}; the records hold {counted}"
    return "" if counted == manifest.failures else wrong


def values(frame: pd.DataFrame, facts: Facts) -> Iterator[tuple[str, pd.Series]]:
    """Yield what can be wrong with the values of records, in words, and which records it is true of, (n,) bool."""
    failed, reached = frame.outcome == "simulation_failed", frame.outcome == "reached"
    for name, known in (("outcome", OUTCOMES), ("split", SPLITS)):
        yield f"{name} is none of {', '.join(known)}", ~frame.loc[:, name].isin(known)
    yield "result does not fit outcome", (frame.result == "OK") == failed
    for name in ("g_start_S", "g_target_S", "rise_s", "fall_s"):
        yield f"{name} is no positive number", ~_positive(frame.loc[:, name])
    for name in ("g_end_S", "g_sense_start_S", "g_sense_end_S"):
        yield f"{name} of a target that was reached is no positive number", reached & ~_positive(frame.loc[:, name])
    if not facts.measured:
        yield "energy_J of a target that was reached is no finite number", reached & ~np.isfinite(frame.energy_J)
    yield "amplitude_V is no finite number, or 0", ~_positive(frame.amplitude_V.abs())
    if facts.voltages:
        yield "amplitude_V is none of the pair's", ~frame.amplitude_V.isin(facts.voltages)
    if facts.sweep:
        yield from _swept(frame, facts.sweep)
    if not facts.single:
        wanted = np.sign(frame.g_target_S - frame.g_start_S)
        yield "amplitude_V moves away from g_target_S", (wanted == np.sign(frame.amplitude_V)) & (wanted != 0)
    yield from _times(frame, facts, ~failed)


def _swept(frame: pd.DataFrame, sweep: Sweep) -> Iterator[tuple[str, pd.Series]]:
    """Yield the same of the pulses of records that vary a voltage."""
    low, high = sweep.ends_V
    outside = ~frame.loc[:, sweep.column].between(low, high)
    yield f"{sweep.column} is outside the range of the sweep, {low:g} .. {high:g} V", outside
    if sweep.column != "amplitude_V":
        volts = sweep.varied.amplitude
        yield f"amplitude_V is not that of the sweep, {volts:g} V", frame.amplitude_V != volts


def _times(frame: pd.DataFrame, facts: Facts, there: pd.Series) -> Iterator[tuple[str, pd.Series]]:
    """Yield the same of the pulse times of the records `there`."""
    width = frame.t_pulse_s.abs()
    yield "t_pulse_s is no finite number, or 0", there & ~_positive(width)
    yield "t_pulse_s has the sign of amplitude_V", there & (np.sign(frame.t_pulse_s) == np.sign(frame.amplitude_V))
    # the limit need not lie on the grid
    longest = facts.limit_s + facts.step_s / 2
    yield f"t_pulse_s is longer than the limit, {facts.limit_s:g} s", there & (width > longest)
    if not facts.single:
        steps, reached = width / facts.step_s, frame.outcome == "reached"
        yield f"t_pulse_s is no multiple of {facts.step_s:g} s", reached & ((steps - steps.round()).abs() > _GRID)
        short = (frame.outcome == "not_reached") & (width < facts.limit_s * (1 - _GRID))
        yield "t_pulse_s of a target that was not reached is shorter than the limit", short


def histories(path: Path, frame: pd.DataFrame, facts: Facts) -> Iterator[tuple[str, np.ndarray]]:
    """Yield what can be wrong with the histories of a shard, in words, and which records it is true of, (n,) bool."""
    found = read_histories(path)
    there = (frame.outcome != "simulation_failed").to_numpy()
    points = np.array([len(one) for one in found])
    yield "history_points is not the length of history_g_S", points != frame.history_points.to_numpy()
    dt_s, width_s = frame.history_dt_s.to_numpy(), frame.t_pulse_s.abs().to_numpy()
    known = there & np.isfinite(dt_s) & (dt_s > 0) & np.isfinite(width_s)
    yield "history_dt_s is no positive number", there & ~(np.isfinite(dt_s) & (dt_s > 0))
    expected, stride = _expected(np.where(known, width_s, 1.0), np.where(known, dt_s, 1.0), facts)
    yield "history_dt_s is no multiple of the step", known & (np.abs(stride - np.rint(stride)) > _GRID)
    yield "history_g_S does not go on to twice the pulse", known & (points != expected)
    whole = there & (points > 0)
    low, high, first = (
        np.array([f(one) if len(one) else np.nan for one in found], dtype=float)
        for f in (np.min, np.max, lambda one: one[0])
    )
    # a NaN compares false, too
    good = whole & (low > 0) & np.isfinite(high)
    yield "history_g_S holds what is no positive number", whole & ~good
    start, end = frame.g_start_S.to_numpy(), frame.g_end_S.to_numpy()
    edges_s = frame[["rise_s", "fall_s"]].max(axis=1).to_numpy()
    short = good & (facts.single | (edges_s <= _SHORT * facts.total_s))
    yield "history_g_S does not begin at g_start_S", short & ~(np.abs(first - start) <= _START * start)
    ended = short & (frame.outcome == "reached").to_numpy()
    yield "g_end_S is out of the reach of history_g_S", ended & ~((end >= low / _REACH) & (end <= high * _REACH))


def _expected(width_s: np.ndarray, dt_s: np.ndarray, facts: Facts) -> tuple[np.ndarray, np.ndarray]:
    """Return how many points each history must have, and how many steps of the grid lie between two of them; (n,)
    each.
    """
    if facts.single:  # before and after
        return np.where(np.isclose(dt_s, width_s, rtol=1e-9, atol=0), 2, 0), np.ones(len(dt_s))
    steps = np.minimum(2 * np.rint(width_s / facts.step_s), int(facts.limit_s / facts.step_s * (1 + 1e-9) + 1e-6))
    stride = dt_s / facts.step_s
    return steps // np.maximum(np.rint(stride), 1) + 1, stride


def _positive(values: pd.Series) -> pd.Series:
    """Return which values are finite and above 0, (n,) bool."""
    return (values > 0) & np.isfinite(values)
