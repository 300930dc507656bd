"""Reads of one cell in an array: what the bit line brings, what the cell itself carries, and the rest."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from .._util.checks import check_engine, several, shown
from .._util.display import brief, shows
from ..circuit.crossbar import Crossbar
from ..circuit.result import Result, SimulationError
from ..circuit.waveform import Waveform
from ..device.state import State
from ..provenance.journal import Journal, array_manifest
from ..simulation.sensing import mean, reading
from ..spice.ngspice import Engine, default_engine
from ..spice.tasks import Resources
from .array_write import cell_frame
from .positions_in_turn import check_array, each_position, positions_of
from .recorded_voltages import as_walked
from .write_energy import device_current

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Sneak:
    """One read.

    Attributes
    ----------
    g_S
        Conductance of the device alone at +0.2 V [S].
    sensed_A, own_A
        Current out of the bit line, and that through the cell's own device, each a mean over the second half of the
        read's flat top [A].
    reading_S
        What the sense path reports [S], calibrated by the same cell without an array; NaN where it can report nothing.
    clipped
        Whether the reading was outside the range of the ADC, or of the sense path.
    """

    g_S: float
    sensed_A: float
    own_A: float
    reading_S: float
    clipped: bool

    @property
    def sneak_A(self) -> float:
        """Return what the other cells add to the current [A]; negative where they take of it."""
        return self.sensed_A - self.own_A

    @property
    def summary(self) -> dict[str, object]:
        """Return all figures, for JSON; where there is no reading it is null."""
        reported = self.reading_S if np.isfinite(self.reading_S) else None
        amperes = {name: getattr(self, name) for name in ("sensed_A", "own_A", "sneak_A")}
        return {"g_S": self.g_S} | amperes | {"reading_S": reported, "clipped": self.clipped}


@dataclass(frozen=True, eq=False)
class SneakMap:
    """Reads of one cell after the other: the attributes of `Sneak` as maps (rows, cols), NaN where nothing was read.

    ``kept`` is the file of the finished reads, of no more use when the results are written; None where there is none.
    """

    g_S: np.ndarray
    sensed_A: np.ndarray
    own_A: np.ndarray
    reading_S: np.ndarray
    clipped: np.ndarray
    kept: Path | None = None

    @shows
    def __repr__(self) -> str:
        return brief(self)

    @property
    def sneak_A(self) -> np.ndarray:
        """Return what the other cells add to the current [A]; negative where they take of it."""
        return self.sensed_A - self.own_A

    @property
    def frame(self) -> pd.DataFrame:
        """Return a table of the maps, one row a cell that was read; ``clipped`` is 0 or 1."""
        names = ("g_S", "sensed_A", "own_A", "sneak_A", "reading_S", "clipped")
        frame = cell_frame({name: getattr(self, name) for name in names})
        return frame.dropna(subset=["sensed_A"]).reset_index(drop=True)

    @property
    def summary(self) -> dict[str, object]:
        """Return the largest sneak current and error of a reading, for JSON."""
        frame = self.frame
        worst = frame.loc[frame.sneak_A.abs().idxmax()]
        error = (frame.reading_S / frame.g_S - 1).dropna()
        return {
            "positions": len(frame),
            "worst_sneak_A": float(worst.sneak_A),
            "worst_sneak_of_own": float(worst.sneak_A / worst.own_A),
            "worst_at": [int(worst.row), int(worst.col)],
            "worst_reading_error": float(error.loc[error.abs().idxmax()]) if len(error) else None,
            "clipped": int(frame.clipped.sum()),
        }


def sneak(array: Crossbar, row: int, col: int, state: State | None = None, engine: Engine | None = None) -> Sneak:
    """Read one cell by a transient through the array, by its ``read_scheme``, and return its currents.

    Parameters
    ----------
    array, row, col
        The array, and which cell of it.
    state
        Where its memristors stand: ``array.state(g_map)``.
    engine
        What runs the circuit.

    Raises
    ------
    ValueError
        For a cell outside the array, or a state of another one.
    SimulationError
        Where the simulation fails.

    Warns
    -----
    ReadingClipped
        For a reading outside the range of the ADC of a `Sense`.
    """
    check_array(array, state)
    check_engine(engine)
    state, engine = state or array.state(), engine or default_engine()
    array = as_walked(array, state)
    array.check_state(state)
    selection = array.cell_at(row, col)
    wave = engine.run(selection.read_testbench(State(state.x, state.volts)))
    out = "i_clamp" if selection.alone.sense else "i_bl"
    own = dict(wave.traces) | {"own": device_current(selection, wave, selection.index)}
    own_a = mean(selection, Waveform(wave.time_s, own, None, 0.0, wave.result), "own")
    seen_s, clipped = np.nan, True
    try:
        found = reading(selection, wave, engine)
        seen_s, clipped = found.g_S, found.clipped
    except SimulationError as error:
        if error.result is not Result.READ:
            raise
    g = float(array.g_map_S(State(state.x))[row, col])
    return Sneak(g, mean(selection, wave, out), own_a, seen_s, clipped)


def sneak_map(
    array: Crossbar,
    state: State | None = None,
    positions: int | None = None,
    workers: int | None = None,
    cells: Sequence[tuple[int, int]] | None = None,
    out: str | Path | None = None,
    scheduler: str | None = None,
) -> SneakMap:
    """Read one cell after the other, each time in the same state, and return the maps; see `sneak`.

    `positions` is as in `sweep_positions`; `cells` ``(row, col)`` are read instead where they are given.
    Reads that are finished are kept in the folder `out`, see `Journal`; those found there are not simulated again,
    and a clipped one among them is not warned of again. `workers` and `scheduler` are as in `sweep_positions`.
    """
    check_array(array, state)
    state = state or array.state()
    array.check_state(state)

    places, kept = positions_of(array, positions) if cells is None else _places(array, cells), None
    if out is not None:
        bench = array.cell_at(0, 0).read_testbench(State(state.x, state.volts))
        kept = Journal(out, array_manifest(array, bench, state, work="reads"))
    maps = each_position("reads", array, places, _Read(array, state), workers, kept, scheduler)
    return SneakMap(*maps, kept=kept and kept.path)


@dataclass(frozen=True)
class _Read:
    """Reads the cell at a position."""

    array: Crossbar
    state: State

    def __call__(self, place: tuple[int, int], resources: Resources) -> tuple[float, ...]:
        """Return its conductance [S], the currents into the sense path and of the device [A], the reading [S], and
        whether that is clipped.
        """
        found = sneak(self.array, *place, self.state, resources.engine)
        return found.g_S, found.sensed_A, found.own_A, found.reading_S, float(found.clipped)


def _places(array: Crossbar, cells: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """Return the places of cells that are given; ValueError for what are none of the array's."""
    found = several("cells", cells, tuple)
    for place in found:
        if len(place) != 2:
            raise ValueError(f"cells: {shown(place)} must be a place (row, col)")
        array.cell_at(*place)
    return found
