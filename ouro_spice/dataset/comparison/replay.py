"""Pulse times of one dataset sent into the cell of the other: what they are worth there."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from ..._util import random_keys
from ..._util.progress import progress
from ...circuit.cell_kinds import Cell, is_measured
from ...circuit.compact_cell import CompactCell
from ...circuit.pulse import Pulse
from ...circuit.result import Result, SimulationError
from ...device.state import State
from ...provenance.journal import Journal
from ...provenance.manifest import Manifest, describe
from ...simulation.circuit_transient import CircuitRun
from ...simulation.measured_transient import MeasuredRun
from ...simulation.transient import simulate
from ...spice.execution import map_once
from ...spice.ngspice import Engine
from ...spice.tasks import Executor, Resources
from .operand import ComparedDataset

if TYPE_CHECKING:
    import pandas as pd

_OF_THE_MACHINE = (Result.TIMEOUT, Result.WORKER)


def replay_times(b: ComparedDataset, frame: pd.DataFrame, does: Executor, kept: Journal | None) -> pd.DataFrame:
    """Send the pulse time of each record that A reaches into B's circuit, from B's start, with B's amplitude and edges.

    One row a record; a simulation that fails has its code as ``result`` and no ``g_end_played_S``.

    Raises
    ------
    SimulationError
        Where a simulation runs into its time limit or its process dies twice: what was finished is kept.
    """
    rows = frame.loc[frame.start_same & (frame.outcome_a == "reached")].reset_index(drop=True)
    keys = [str(int(record)) for record in rows.record]
    with progress("play pulses", len(rows)) as bar:
        bar.advance(sum(key in kept.items for key in keys) if kept else 0)
        found = map_once(does, kept, keys, _Played(b), [row for _, row in rows.iterrows()], bar)
    return _table(rows, found)


@dataclass(frozen=True)
class _Played:
    """Sends the pulse time of a record into B's circuit."""

    b: ComparedDataset

    def __call__(self, row: pd.Series, resources: Resources) -> list[Any]:
        """Return the code of the result, and the conductance after the pulse [S]; None where it failed."""
        found = _ended(self.b, row, resources.engine)
        resources.bar.advance(1, int(found[0] != Result.OK.name))
        return found


def replay_manifest(b: ComparedDataset, frame: pd.DataFrame) -> Manifest:
    """Return the manifest of everything that decides what `replay_times` returns."""
    given = frame[["t_a_s", "g_target_S", "g_start_b_S"]].to_numpy(float)
    return describe(b.cell, "play", b=b.data.manifest.digest, played=hashlib.sha256(given.tobytes()).hexdigest())


def _ended(b: ComparedDataset, row: pd.Series, engine: Engine) -> list[Any]:
    """Return the code of the result, and the conductance after the pulse [S]; None where it failed."""
    cell, drawn, state = b.sample(int(row.record))
    volts = b.pair.amplitude(row.g_target_S - row.g_start_b_S)
    pulse = Pulse(volts, abs(row.t_a_s), drawn.rise_s, drawn.fall_s)
    try:
        return [Result.OK.name, _g_S(cell, pulse, state, drawn.seed, engine)]
    except SimulationError as error:
        if error.result in _OF_THE_MACHINE:
            raise
        return [error.result.name, None]


def _g_S(cell: Cell | CompactCell, pulse: Pulse, state: State, seed: int, engine: Engine) -> float:
    """Return the conductance of a cell after a pulse [S]."""
    if isinstance(cell, CompactCell):
        return simulate(cell, pulse, state, seed).g_S
    # a record's walk is that of its seed wherever the cell stands; `simulate` numbers those of an array by place
    keys = {cell.index: random_keys.stream_key(seed)}
    if is_measured(cell):
        run = MeasuredRun(cell, seed, True, engine, keys)
    else:
        run = CircuitRun(cell, seed, True, engine, keys)
    *_, last = run.pulse(pulse, 0.0, cell.duration([pulse]), state)
    return last.g_S


def _table(rows: pd.DataFrame, found: list[list[Any]]) -> pd.DataFrame:
    """Return the results beside the records that they belong to, as `Comparison.played` holds them."""
    names = ["record", "device", "direction", "g_start_S", "g_target_S", "t_a_s", "t_b_s", "amplitude_b_V"]
    ends = np.array([np.nan if g is None else g for _, g in found], dtype=float)
    table = rows.loc[:, names].assign(g_end_played_S=ends, g_end_own_S=rows.g_end_b_S)
    for kind in ("played", "own"):
        table[f"error_{kind}"] = np.abs(table[f"g_end_{kind}_S"] / table.g_target_S - 1)
    return table.assign(outcome_own=rows.outcome_b, result=[name for name, _ in found])
