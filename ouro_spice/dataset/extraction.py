"""Records, simulated: one trajectory each, then the very pulse that it asks for."""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from .. import c2c
from ..cell import live, sensed
from ..circuit import Cell, CompactCell, Testbench
from ..engine import Ngspice, runnable_deck
from ..manifest import Manifest
from ..pair import Pair
from ..pulse import Pulse
from ..transient import simulate
from ..waveform import Result, SimulationError, State, Waveform

if TYPE_CHECKING:
    import pandas as pd

_LIMIT = 4
"""A pulse ends after this many nominal traverses of the window."""

_HISTORY_POINTS = 8192

_OF_THE_MACHINE = (Result.TIMEOUT, Result.WORKER)


@dataclass
class _Record:
    """One record in the making."""

    number: int
    split: str
    seed: int
    start_S: float
    target_S: float
    state: State
    search: Pulse
    width_s: float = float("nan")
    outcome: str = "not_reached"
    result: Result = Result.OK
    stride: int = 1
    history: np.ndarray = field(default_factory=lambda: np.zeros(0, np.float32))
    end: Waveform | None = None

    def pulse(self, width_s: float) -> Pulse:
        """The search pulse with another width."""
        return dataclasses.replace(self.search, width=width_s)

    def row(self, step_s: float) -> dict[str, Any]:
        """The columns of a dataset, but for the readings."""
        good = self.result is Result.OK
        return {
            "record": self.number, "device": 0, "split": self.split,
            "g_start_S": self.start_S, "g_target_S": self.target_S,
            "g_end_S": self.end.g_S if good else float("nan"),
            "t_pulse_s": np.sign(self.target_S - self.start_S) * self.width_s if good else float("nan"),
            "amplitude_V": self.search.amplitude, "rise_s": self.search.rise, "fall_s": self.search.fall,
            "energy_J": self.end.energy_J if good else float("nan"),
            "outcome": self.outcome if good else "simulation_failed", "result": self.result.name,
            "history_g_S": self.history if good else self.history[:0], "history_dt_s": self.stride * step_s,
        }  # fmt: skip


def extract_records(
    cell: Cell | CompactCell, numbers: Sequence[int], manifest: Manifest, engine: Ngspice
) -> pd.DataFrame:
    """The records of these numbers, one row each; a simulation that fails is a row too."""
    import pandas as pd

    settings = manifest.settings
    step, longest = settings["step_s"], _LIMIT * settings["pair"]["total_s"]
    records = [_drawn(cell, settings, number, longest) for number in numbers]

    for record, wave in _simulated(cell, engine, records, [longest] * len(records)):
        _find_width(cell, record, wave, longest, step)
        if record.result is Result.OK:
            record.stride, record.history = _history(cell, record, wave, step)
    # the steps of the long trajectory are those of a long pulse: one that ends just behind the crossing has finer ones
    close = [min(1.02 * record.width_s + 20 * step, longest) for record in records]
    for (record, wave), width in zip(_simulated(cell, engine, records, close), close, strict=True):
        if record.outcome == "reached":
            _find_width(cell, record, wave, width, step)
    for record, wave in _simulated(cell, engine, records, [record.width_s for record in records]):
        record.end = wave

    frame = pd.DataFrame([record.row(step) for record in records])
    frame["g_sense_start_S"] = _readings(cell, [record.state for record in records], engine)
    ends = [record.end.state if record.result is Result.OK else None for record in records]
    frame["g_sense_end_S"] = _readings(cell, ends, engine)
    return frame


def _drawn(cell: Cell | CompactCell, settings: dict[str, Any], number: int, longest_s: float) -> _Record:
    """G_start, G_target and split of one record, from its own stream of random numbers."""
    rng = np.random.default_rng(np.random.SeedSequence(settings["seed"], spawn_key=(number,)))
    start, target = map(float, rng.uniform(*cell.window_S, size=2))
    split = ("train", "validation", "test")[int(np.searchsorted([0.8, 0.9], rng.random(), side="right"))]
    amplitude = Pair(**settings["pair"]).amplitude(target - start)
    pulse = Pulse(amplitude, longest_s, settings["rise_s"], settings["fall_s"])
    return _Record(
        number, split, int(rng.integers(2**63)), start, target, cell.state(start), pulse, width_s=settings["step_s"]
    )


def _simulated(
    cell: Cell | CompactCell, engine: Ngspice, records: Sequence[_Record], widths_s: Sequence[float]
) -> Iterator[tuple[_Record, Waveform]]:
    """Each record with the waveform of its pulse at a width; a failure is noted in the record."""

    def run(job: tuple[_Record, float]) -> Waveform:
        record, width_s = job
        try:
            return simulate(cell, [record.pulse(width_s)], record.state, record.seed, engine=engine)
        except SimulationError as error:
            if error.result in _OF_THE_MACHINE:
                raise  # no property of a record: stops the run
            return Waveform(np.empty(0), {}, None, 0.0, error.result, log=error.log)

    with contextlib.closing(engine.each(run, zip(records, widths_s, strict=True))) as waves:
        for record, wave in zip(records, waves, strict=True):
            if wave.result is not Result.OK and record.result is Result.OK:
                record.result = wave.result
            yield record, wave


def _find_width(cell: Cell | CompactCell, record: _Record, wave: Waveform, longest_s: float, step_s: float) -> None:
    """Put the width on the grid that ends closest to the target into the record, if the target is crossed at all."""
    if record.result is not Result.OK:
        return
    # conductance at the end of the flat top: what the falling edge adds shows in g_end
    widths, g = _grid(cell, record.search, wave, step_s, round(longest_s / step_s))
    crossed = g >= record.target_S if record.search.amplitude < 0 else g <= record.target_S
    if crossed.any():
        k = int(np.argmax(crossed))
        if k > 0 and abs(g[k - 1] - record.target_S) < abs(g[k] - record.target_S):
            k -= 1
        record.width_s, record.outcome = max(float(widths[k]), step_s), "reached"
    elif record.outcome != "reached":
        record.width_s = longest_s


def _history(cell: Cell | CompactCell, record: _Record, wave: Waveform, step_s: float) -> tuple[int, np.ndarray]:
    """Conductance over twice the pulse on the grid, thinned by an integer stride to at most 8192 points."""
    steps = round(min(2 * record.width_s, record.search.width) / step_s)
    stride = max(1, -(-steps // (_HISTORY_POINTS - 1)))
    return stride, _grid(cell, record.search, wave, stride * step_s, steps // stride)[1].astype(np.float32)


def _grid(
    cell: Cell | CompactCell, pulse: Pulse, wave: Waveform, step_s: float, steps: int
) -> tuple[np.ndarray, np.ndarray]:
    widths = step_s * np.arange(steps + 1)
    return widths, np.exp(np.interp(cell.flat_start_s(pulse) + widths, wave.time_s, np.log(wave.g)))


def _reading(cell: Cell, state: State) -> Testbench:
    device = c2c.frozen(cell.device, state.n_disc[cell.index], state.walked(cell.index))
    return cell.replace(device=device).read_testbench(state)


def _readings(cell: Cell | CompactCell, states: Sequence[State | None], engine: Ngspice) -> np.ndarray:
    """What the sense path reports of each state [S]; NaN where there is no state or the read fails."""
    there = [k for k, state in enumerate(states) if state is not None]
    readings = np.full(len(states), np.nan)
    if isinstance(cell, CompactCell):  # it reports the conductance itself
        readings[there] = [live(cell, states[k]).g_S for k in there]
        return readings
    benches = [_reading(cell, states[k]) for k in there]
    with contextlib.closing(engine.map(benches, throw=False)) as waves:
        for k, bench, wave in zip(there, benches, waves, strict=True):
            if wave.result in _OF_THE_MACHINE:
                raise SimulationError(wave.result, runnable_deck(bench), wave.log)
            if wave.result is Result.OK:
                with contextlib.suppress(SimulationError):  # outside the range of the sense path
                    readings[k] = sensed(cell, wave, engine)
    return readings
