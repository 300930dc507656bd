"""Records, simulated: one trajectory each, then the very pulse that it asks for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from ..cell import sensed
from ..circuit import Cell, Testbench
from ..engine import Ngspice
from ..manifest import Manifest
from ..pair import Pair
from ..pulse import Pulse
from ..waveform import Result, SimulationError, State, Waveform

if TYPE_CHECKING:
    import pandas as pd

_LIMIT = 4
"""A pulse ends after this many nominal traverses of the window."""

_HISTORY_POINTS = 8192


def extract_records(cell: Cell, records: Sequence[int], manifest: Manifest, engine: Ngspice) -> pd.DataFrame:
    """The records of these numbers, one row each; a simulation that fails is a row too."""
    import pandas as pd

    settings = manifest.settings
    voltages = Pair(**settings["pair"])
    drawn = [_draw(cell, settings["seed"], k) for k in records]
    states = [cell.state(start) for start, _, _ in drawn]
    edges = {"rise": settings["rise_s"], "fall": settings["fall_s"]}
    limit = _LIMIT * voltages.total_s
    long = [Pulse(voltages.amplitude(target - start), limit, **edges) for start, target, _ in drawn]
    waves = _simulated(engine, [cell.testbench([p], s) for p, s in zip(long, states, strict=True)])
    step = settings["step_s"]
    found = [_width(cell, p, wave, target, step) for p, wave, (_, target, _) in zip(long, waves, drawn, strict=True)]
    played = [Pulse(p.amplitude, width, **edges) for p, (width, _) in zip(long, found, strict=True)]
    ends = _simulated(engine, [cell.testbench([p], s) for p, s in zip(played, states, strict=True)])
    rows = []
    for k, record in enumerate(records):
        start, target, split = drawn[k]
        width, outcome = found[k]
        failed = waves[k].result is not Result.OK or ends[k].result is not Result.OK
        stride, history = (1, np.zeros(0, np.float32)) if failed else _history(cell, long[k], waves[k], width, step)
        rows.append({
            "record": record, "device": 0, "split": split, "g_start_S": start, "g_target_S": target,
            "g_end_S": float("nan") if failed else ends[k].g_S,
            "t_pulse_s": float("nan") if failed else np.sign(target - start) * width,
            "amplitude_V": played[k].amplitude, "rise_s": played[k].rise, "fall_s": played[k].fall,
            "energy_J": ends[k].energy_J, "outcome": "simulation_failed" if failed else outcome,
            "result": (waves[k] if waves[k].result is not Result.OK else ends[k]).result.name,
            "history_g_S": history, "history_dt_s": stride * step,
        })  # fmt: skip
    frame = pd.DataFrame(rows)
    frame["g_sense_start_S"] = _readings(cell, states, engine)
    failed = frame.outcome == "simulation_failed"
    frame["g_sense_end_S"] = _readings(
        cell, [None if bad else wave.state for bad, wave in zip(failed, ends, strict=True)], engine
    )
    return frame


def _simulated(engine: Ngspice, benches: Sequence[Testbench]) -> list[Waveform]:
    """Waveforms, failures included; but what the machine failed at is no property of a record, and stops the run."""
    waves = []
    for bench, wave in zip(benches, engine.map(benches, throw=False), strict=True):
        if wave.result in (Result.TIMEOUT, Result.WORKER):
            raise SimulationError(wave.result, bench.deck(), wave.log)
        waves.append(wave)
    return waves


def _draw(cell: Cell, seed: int, record: int) -> tuple[float, float, str]:
    """G_start, G_target [S] and split of one record, from its own stream of random numbers."""
    rng = np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(record,)))
    start, target = rng.uniform(*cell.window_S, size=2)
    split = ("train", "validation", "test")[int(np.searchsorted([0.8, 0.9], rng.random(), side="right"))]
    return float(start), float(target), split


def _width(cell: Cell, pulse: Pulse, wave: Waveform, target_S: float, step_s: float) -> tuple[float, str]:
    """The width on the grid that ends closest to the target [s], and whether the target was crossed at all."""
    if wave.result is not Result.OK:
        return step_s, "simulation_failed"
    widths, g = _grid(cell, pulse, wave, step_s, round(pulse.width / step_s))
    crossed = g >= target_S if pulse.amplitude < 0 else g <= target_S
    if not crossed.any():
        return pulse.width, "not_reached"
    k = int(np.argmax(crossed))
    if k > 0 and abs(g[k - 1] - target_S) < abs(g[k] - target_S):
        k -= 1
    return max(float(widths[k]), step_s), "reached"


def _history(cell: Cell, pulse: Pulse, wave: Waveform, width: float, step_s: float) -> tuple[int, np.ndarray]:
    """Conductance over twice the pulse on the grid, thinned by an integer stride to at most 8192 points."""
    steps = round(min(2 * width, pulse.width) / step_s)
    stride = max(1, -(-steps // (_HISTORY_POINTS - 1)))
    return stride, _grid(cell, pulse, wave, stride * step_s, steps // stride)[1].astype(np.float32)


def _grid(cell: Cell, pulse: Pulse, wave: Waveform, step_s: float, steps: int) -> tuple[np.ndarray, np.ndarray]:
    widths = step_s * np.arange(steps + 1)
    return widths, np.exp(np.interp(cell.flat_start_s(pulse) + widths, wave.time_s, np.log(wave.g)))


def _readings(cell: Cell, states: Sequence[State | None], engine: Ngspice) -> np.ndarray:
    """What the sense path reports of each state [S]; NaN where there is no state or the read fails."""
    there = [k for k, state in enumerate(states) if state is not None]
    waves = _simulated(engine, [cell.read_testbench(states[k]) for k in there])
    readings = np.full(len(states), np.nan)
    for k, wave in zip(there, waves, strict=True):
        if wave.result is Result.OK:
            readings[k] = sensed(cell, wave, engine)
    return readings
