"""Fleets of cells in SPICE: each a live cell of its own, simulated on all workers of an engine."""

from __future__ import annotations

import contextlib
import copy
import dataclasses
from collections.abc import Callable, Collection, Sequence
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike

from .._util import random_keys
from .._util.progress import Bar
from ..circuit.cell_kinds import Cell
from ..circuit.pulse import Pulse
from ..circuit.result import Result, SimulationError
from ..dataset.circuit_records import OF_THE_MACHINE, start_state
from ..dataset.recipe import Sample
from ..dataset.way import Way
from ..device.state import State
from ..simulation.live_cell import SpiceCell
from ..simulation.sensing import prepare, unreadable
from ..spice.ngspice import Ngspice
from .batch_places import checked_places
from .cell_batch import CellBatch


class SpiceFleet(CellBatch[Cell]):
    """Many cells in SPICE: as `Fleet` says. Reads go through the circuit, and disturb.

    `with` and `close` end the engine, if it is the fleet's own.

    Raises
    ------
    SimulationError
        By all that simulates, where a simulation runs into its time limit or its process dies twice.
    """

    _STATES = ("_cells",)

    def __init__(
        self,
        cell: Cell,
        drawn: Sequence[Sample],
        start: str,
        engine: Ngspice | None = None,
        workers: int | None = None,
        often_V: Collection[float] = (),
    ) -> None:
        super().__init__(cell, drawn, cell.read_s)
        self._owns_engine = engine is None
        self._engine = Ngspice(workers) if engine is None else engine
        prepare(cell, self._engine)
        self._cells = [_member(cell, one, start, self._engine, often_V) for one in drawn]

    def __enter__(self) -> SpiceFleet:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End the worker processes, if the engine is the fleet's own; the next simulation starts new ones."""
        if self._owns_engine:
            self._engine.close()

    @property
    def engine(self) -> Ngspice:
        """Return what runs its circuits."""
        return self._engine

    def part(self, places: ArrayLike) -> Self:
        """Return some of the cells as a batch of their own; the engine stays that of the whole batch."""
        found = super().part(places)
        found._detach()
        found._owns_engine = False
        return found

    def unreadable(self, targets_S: ArrayLike, tolerance: float) -> str:
        """Return why the readings cannot tell whether targets [S] have been reached; "" where they can."""
        return unreadable(self.cell, self._engine, targets_S, tolerance)

    def state(self, place: int) -> State:
        """Return the state of one cell, which `live` takes to go on from there."""
        return self._cells[place].state

    @property
    def clipped(self) -> int:
        """Return the number of reads so far that were outside the range of the ADC of a `Sense`."""
        return sum(cell.clipped for cell in self._cells)

    def read_energy_J(self, places: ArrayLike) -> np.ndarray:
        """Return the energy that the sources of the circuits have delivered in all reads of some cells so far, (k,)
        [J].
        """
        return np.array([self._cells[place].read_energy_J for place in checked_places(places, len(self), once=False)])

    def _detach(self) -> None:
        self._cells = [copy.copy(cell) for cell in self._cells]

    def _g_S(self, places: np.ndarray) -> np.ndarray:
        return np.array([self._cells[place].g_S for place in places])

    def _read(self, places: np.ndarray, bar: Bar | None) -> np.ndarray:
        return np.array(self._each(_Member.read, places, [()] * len(places), np.zeros(len(places)), bar), float)

    def _apply(self, places: np.ndarray, pulses: list[Pulse], bar: Bar | None) -> np.ndarray:
        given, widths_s = [(pulse,) for pulse in pulses], np.array([pulse.width for pulse in pulses])
        return np.array(self._each(_Member.write, places, given, widths_s, bar), float)

    def _sampled(self, places: np.ndarray, given: np.ndarray, points: int, bar: Bar | None) -> np.ndarray:
        jobs = [(*map(float, row), points) for row in given]
        found = self._each(_Member.sampled, places, jobs, given[:, 2], bar)
        return np.array([np.full(points, row) for row in found]).reshape(-1, points)

    def _each(
        self, work: Callable, places: np.ndarray, given: Sequence[tuple], lengths_s: np.ndarray, bar: Bar | None
    ) -> list[Any]:
        """Return what `work` gives of each cell, NaN where its simulation fails. The longest ones are begun first, so
        that none is waited for at the end.
        """
        order = np.argsort(-lengths_s, kind="stable")
        found: list[Any] = [np.nan] * len(places)

        def one(k: int) -> Any:
            return _outcome_of(lambda: work(self._cells[places[k]], *given[k]))

        with contextlib.closing(self._engine.each(one, order)) as results:
            for k, result in zip(order, results, strict=True):
                failed = isinstance(result, Result)
                if failed:
                    self._count(result, 1)
                else:
                    found[k] = result
                if bar:
                    bar.advance(1, int(failed))
        return found


class _Member(SpiceCell):
    """A cell of a fleet."""

    def write(self, pulse: Pulse) -> float:
        """Send one write pulse; return its energy [J]."""
        return self.apply(pulse).energy_J

    def sampled(self, amplitude_V: float, rise_s: float, dt_s: float, points: int) -> np.ndarray:
        """Return the conductances at the widths 0, dt, 2 dt, .. of a pulse, (points,) [S]; the state stays."""
        pulse = Pulse(amplitude_V, points * dt_s, rise_s)
        # as for a record: many trajectories have the same amplitude
        run = dataclasses.replace(self._run, many=True)
        return Way(run, pulse, dt_s, self.state).conductances(points - 1)


def _member(cell: Cell, drawn: Sample, start: str, engine: Ngspice, often_V: Collection[float]) -> _Member:
    """Return the live cell of one device, in the state that it starts in."""
    own = cell.replace(device=drawn.device)
    keys = {cell.index: random_keys.stream_key(drawn.seed)}
    state = start_state(own, drawn, start)
    return _Member(own, state, drawn.seed, engine, nominal=cell, keys=keys, often_V=often_V, warn=False)


def _outcome_of(work: Callable) -> Any:
    """Return what a simulation gives, or the `Result` with which it failed."""
    try:
        return work()
    except SimulationError as error:
        if error.result in OF_THE_MACHINE:
            raise
        return error.result
