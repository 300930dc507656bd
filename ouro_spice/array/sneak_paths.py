"""Reads of one cell in an array: what the bit line brings, what the cell itself carries, and the rest."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from .._util.checks import check_count, check_engine, several, shown
from .._util.display import brief, shows
from ..circuit.crossbar import Crossbar
from ..circuit.waveform import Waveform
from ..device.state import State
from ..provenance.journal import Journal, array_manifest
from ..simulation.sensing import mean, reading
from ..spice.ngspice import Engine, default_engine
from ..spice.tasks import Resources
from .array_write import cell_frame
from .cell_read import Sneak, reported, static_sneak
from .ngspice_sample import READ_LIMIT, checked
from .positions_in_turn import check_array, each_position, positions_of
from .read_fidelity import chosen
from .recorded_voltages import as_walked
from .static_reads import StaticReads
from .write_energy import device_current

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, eq=False)
class SneakMap:
    """Reads of one cell after the other: the attributes of `Sneak` as maps (rows, cols), NaN where nothing was read.

    ``kept`` is the file of the finished reads, of no more use when the results are written; None where there is none.
    ``fidelity`` is that of each `Sneak`; ``agreement`` says how far the reads that were simulated by ngspice, too, are
    from that at most, of the cell's own current; None where there are none.
    """

    g_S: np.ndarray
    sensed_A: np.ndarray
    own_A: np.ndarray
    reading_S: np.ndarray
    clipped: np.ndarray
    kept: Path | None = None
    fidelity: str = "full"
    agreement: float | None = None

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
            "fidelity": self.fidelity,
            "agreement": self.agreement,
            "positions": len(frame),
            "worst_sneak_A": float(worst.sneak_A),
            "worst_sneak_of_own": float(worst.sneak_A / worst.own_A),
            "worst_at": [int(worst.row), int(worst.col)],
            "worst_reading_error": float(error.loc[error.abs().idxmax()]) if len(error) else None,
            "clipped": int(frame.clipped.sum()),
        }


def sneak(
    array: Crossbar,
    row: int,
    col: int,
    state: State | None = None,
    engine: Engine | None = None,
    fidelity: str | None = None,
) -> Sneak:
    """Read one cell through the array, by its ``read_scheme``, and return its currents.

    Parameters
    ----------
    array, row, col
        The array, and which cell of it.
    state
        Where its memristors stand: ``array.state(g_map)``.
    engine
        What runs the circuit.
    fidelity
        "full": a transient in ngspice. "circuit": the operating point of its flat top by nodal analysis, see
        `ArraySolver`: capacitances are charged, memristors have not moved. None: "circuit" for resistors whose lines
        have no capacitance, else "full".

    Raises
    ------
    ValueError
        For a cell outside the array, a state of another one, or a fidelity that it cannot have.
    SimulationError
        Where the simulation fails.

    Warns
    -----
    ReadingClipped
        For a reading outside the range of the ADC of a `Sense`.
    """
    check_array(array, state)
    check_engine(engine)
    state = state or array.state()
    array = as_walked(array, state)
    array.check_state(state)
    if chosen(array, fidelity, reading=True) == "circuit":
        return static_sneak(StaticReads(array, state.lead), row, col)
    engine = engine or default_engine()
    selection = array.cell_at(row, col)
    wave = engine.run(selection.read_testbench(State(state.x, state.volts)))
    out = "i_clamp" if selection.alone.sense else "i_bl"
    own = dict(wave.traces) | {"own": device_current(selection, wave, selection.index)}
    own_a = mean(selection, Waveform(wave.time_s, own, None, 0.0, wave.result), "own")
    seen_s, clipped = reported(lambda: reading(selection, wave, engine))
    g = float(array.g_map_S(State(state.x))[row, col])
    return Sneak(g, mean(selection, wave, out), own_a, seen_s, clipped)


def sneak_map(
    array: Crossbar,
    state: State | None = None,
    positions: int | None = None,
    workers: int | None = None,
    cells: Sequence[tuple[int, int]] | None = None,
    out: str | Path | None = None,
    fidelity: str | None = None,
    sample: int = 1,
    scheduler: str | None = None,
) -> SneakMap:
    """Read one cell after the other, each time in the same state, and return the maps; see `sneak`.

    `positions` is as in `sweep_positions`; `cells` ``(row, col)`` are read instead where they are given.
    Reads that are finished are kept in the folder `out`, see `Journal`; those found there are not simulated again,
    and a clipped one among them is not warned of again. `workers` and `scheduler` are as in `sweep_positions`.
    With memristors at fidelity "circuit", `sample` of the reads, drawn with seed 0, are simulated by ngspice, too:
    SimulationError where their currents differ by more than 0.1 % of the cell's own.
    """
    check_array(array, state)
    check_count("sample", sample, 0)
    state = state or array.state()
    array.check_state(state)
    fidelity = chosen(array, fidelity, reading=True)
    work = _Read(array, state, fidelity, StaticReads(as_walked(array, state), state.lead))

    places, kept = positions_of(array, positions) if cells is None else _places(array, cells), None
    if out is not None:
        bench = array.cell_at(0, 0).read_testbench(State(state.x, state.volts))
        made = {} if fidelity == "full" else {"at": fidelity}
        kept = Journal(out, array_manifest(array, bench, state, work="reads", **made))
    maps, agreement = each_position("reads", array, places, work, workers, kept, scheduler), None
    if fidelity == "circuit" and sample and array.ensemble.groups:
        agreement = _agreement(array, state, places, sample, maps[1:3])
    return SneakMap(*maps, kept=kept and kept.path, fidelity=fidelity, agreement=agreement)


def _agreement(
    array: Crossbar, state: State, places: Sequence[tuple[int, int]], sample: int, found_A: np.ndarray
) -> float:
    """Return how far a sample of reads is from ngspice at most, of the cell's own current; see `sneak_map`."""
    worst = 0.0
    for k in np.random.default_rng(0).permutation(len(places))[:sample]:
        row, col = places[int(k)]
        full = sneak(array, row, col, state, fidelity="full")
        off = max(abs(found_A[0, row, col] - full.sensed_A), abs(found_A[1, row, col] - full.own_A))
        worst = max(worst, float(off / abs(full.own_A)))
    return checked(worst, READ_LIMIT, "a read")


@dataclass(frozen=True)
class _Read:
    """Reads the cell at a position."""

    array: Crossbar
    state: State
    fidelity: str
    reads: StaticReads

    def __call__(self, place: tuple[int, int], resources: Resources) -> tuple[float, ...]:
        """Return its conductance [S], the currents into the sense path and of the device [A], the reading [S], and
        whether that is clipped.
        """
        if self.fidelity == "circuit":
            found = static_sneak(self.reads, *place)
        else:
            found = sneak(self.array, *place, self.state, resources.engine, self.fidelity)
        return found.g_S, found.sensed_A, found.own_A, found.reading_S, float(found.clipped)


def _places(array: Crossbar, cells: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """Return the places of cells that are given; ValueError for what are none of the array's."""
    found = several("cells", cells, tuple)
    for place in found:
        if len(place) != 2:
            raise ValueError(f"cells: {shown(place)} must be a place (row, col)")
        array.cell_at(*place)
    return found
