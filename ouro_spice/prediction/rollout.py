"""Experience: attempt after attempt on devices of their own, each with what the pulses of any width would have done.

From the second attempt on the earlier pulses of a write say how slow the device is, and a network can learn to use it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch

from .._util.checks import check_count, check_range
from .._util.progress import Bar
from ..programming.batch import Fleet
from .device_memory import DeviceMemory
from .examples import Examples
from .neural_programmer import driver_times, pulses
from .recorded_curves import Curves

if TYPE_CHECKING:
    from .pulse_predictor import PulsePredictor

POWER = 25.0
"""The time of a pulse goes with about the -25th power of its amplitude: enough to lay out the first curves."""


@dataclass(frozen=True)
class Law:
    """How experience is gathered.

    Parameters
    ----------
    attempts
        Pulses of each write.
    low, high
        Amplitudes over the pair's, uniform between; one for each attempt.
    jitter
        Standard deviation of ln of a pulse's time over the predicted one: what earlier pulses did is to vary.
    reach
        Curves go on to so many times the predicted time.
    points
        Of each curve.
    fastest_s
        Predicted times shorter than this are taken for it when a curve is laid out [s].
    rise_s, fall_s
        Edges [s].
    """

    attempts: int = 3
    low: float = 1.0
    high: float = 1.0
    jitter: float = 0.2
    reach: float = 3.0
    points: int = 301
    fastest_s: float = 30e-9
    rise_s: float = 2e-9
    fall_s: float = 2e-9

    def __post_init__(self) -> None:
        check_count("attempts", self.attempts)
        check_count("points", self.points, 2)
        check_range("low", self.low, 0.1, 10, "")
        check_range("high", self.high, self.low, 10, "")
        check_range("jitter", self.jitter, 0, 2, "")
        check_range("reach", self.reach, 1, 100, "")
        check_range("fastest_s", self.fastest_s, 1e-12, 1.0, "s")


def rollout(
    fleet: Fleet, targets_S: np.ndarray, predictor: PulsePredictor, law: Law, seed: int, bar: Bar | None = None
) -> dict[str, np.ndarray]:
    """Write to all cells of a fleet, `law.attempts` times each; return what the network would have seen, as columns by
    name.

    `predictor` chooses the pulses; its base, or itself, is that of the memory. `targets_S` are those of the cells,
    (cells,). The columns, (attempts x cells,) each, are those of `examples`: inputs by name, ``target_S``,
    ``spacing_s``, ``g_S`` (.., points), ``attempt``, ``place``. A cell whose read or pulse fails has no further
    attempts.
    """
    # a key of two numbers: records have one
    rng = np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(7, 1)))
    places, base = np.arange(len(fleet)), predictor.base or predictor
    rows, memory = [], DeviceMemory.empty(fleet.read(places))
    fine = np.isfinite(memory.reading_S)
    for attempt in range(law.attempts):
        places, memory = places[fine], memory.of(fine)
        drive = rng.uniform(law.low, law.high, len(fleet))[places]
        jitter = np.exp(law.jitter * rng.standard_normal(len(fleet)))[places]
        reading, target = memory.reading_S, targets_S[places]
        dg = target - reading
        seen = memory.inputs(base, dg)
        time_s = driver_times(_times(predictor, reading, dg, drive, seen), dg, predictor.pair)
        amplitude = np.array([predictor.pair.amplitude(t) for t in time_s]) * drive
        spacing = law.reach * np.maximum(np.abs(time_s), law.fastest_s) / (law.points - 1)
        g = fleet.sampled(places, amplitude, spacing, law.points, law.rise_s, bar)
        rows.append({
            "g_start_S": reading, "dg_S": dg, "target_S": target, "drive": drive, "spacing_s": spacing,
            "g_S": g.astype(np.float32), "attempt": np.full(len(places), attempt), "place": places,
        } | seen)  # fmt: skip
        if attempt + 1 < law.attempts:
            sent = driver_times(time_s * jitter, dg, predictor.pair)
            energy = fleet.apply(places, pulses(predictor.pair, sent, drive, law.rise_s, law.fall_s), bar)
            found = fleet.read(places)
            memory, fine = memory.after(base, sent, drive, found), np.isfinite(energy) & np.isfinite(found)
    return {name: np.concatenate([row[name] for row in rows]) for name in rows[0]}


def _times(
    predictor: PulsePredictor, reading: np.ndarray, dg: np.ndarray, drive: np.ndarray, seen: dict[str, np.ndarray]
) -> np.ndarray:
    """Return the signed times (k,) [s] at amplitudes; where the predictor knows one pair only, by the rule of thumb."""
    seen = seen if predictor.base else {}
    if "drive" in predictor.specification.inputs:
        return predictor.answer(reading, dg, drive=drive, **seen)
    return predictor.answer(reading, dg, **seen) * drive**-POWER


SEEN = ("g_start_S", "dg_S", "drive", "slow_same", "sure_same", "slow_other", "sure_other")


def examples(columns: dict[str, np.ndarray], rows: np.ndarray | None = None) -> Examples:
    """Return the experience, or some rows of it, as examples to train with; what failed is left out."""
    rows = np.arange(len(columns["target_S"])) if rows is None else rows
    g = columns["g_S"][rows]
    whole = np.isfinite(g).all(axis=1) & np.isfinite(columns["g_start_S"][rows])
    rows, g = rows[whole], g[whole]
    count, points = g.shape
    curves = Curves(
        torch.from_numpy(np.ascontiguousarray(g).ravel()), torch.arange(count) * points,
        torch.full((count,), points), torch.from_numpy(columns["spacing_s"][rows]),
    )  # fmt: skip
    seen = {name: torch.from_numpy(columns[name][rows].astype(float)) for name in SEEN}
    target, dg = torch.from_numpy(columns["target_S"][rows]), columns["dg_S"][rows]
    return Examples(seen, target, torch.from_numpy(crossing(g, columns["spacing_s"][rows], target.numpy(), dg)), curves)


def crossing(g_S: np.ndarray, spacing_s: np.ndarray, target_S: np.ndarray, dg_S: np.ndarray) -> np.ndarray:
    """Return the signed width at which curves (n, points) first reach their targets, (n,) [s]; that of their end where
    they do not.
    """
    sign = np.where(dg_S > 0, 1.0, -1.0)
    beyond = (g_S - target_S[:, None]) * sign[:, None] >= 0
    k = np.where(beyond.any(axis=1), beyond.argmax(axis=1), g_S.shape[1] - 1)
    return sign * np.maximum(k, 1) * spacing_s
