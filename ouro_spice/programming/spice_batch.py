"""Fleets of cells in SPICE: each a live cell of its own, simulated on all workers of an engine."""

from __future__ import annotations

import contextlib
import copy
import dataclasses
from collections.abc import Callable, Collection, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from .._util import random_keys
from .._util.progress import Bar
from ..circuit.cell_kinds import Cell
from ..circuit.pulse import Pulse
from ..circuit.result import Result, SimulationError
from ..dataset.circuit_records import OF_THE_MACHINE, Way, start_state
from ..dataset.recipe import Sample
from ..device.state import State
from ..simulation.live_cell import SpiceCell
from ..simulation.sensing import prepare, unreadable
from ..spice.ngspice import Ngspice
from .batch_places import chosen, drives, matched


class SpiceFleet:
    """Many cells in SPICE: as `Fleet` says. Reads go through the circuit, and disturb.

    `with` and `close` end the engine, if it is the fleet's own.

    Raises
    ------
    SimulationError
        By all that simulates, where a simulation runs into its time limit or its process dies twice.
    """

    def __init__(
        self,
        cell: Cell,
        drawn: Sequence[Sample],
        start: str,
        engine: Ngspice | None = None,
        workers: int | None = None,
        often_V: Collection[float] = (),
    ) -> None:
        self.cell = cell
        self.devices = tuple(one.device for one in drawn)
        self.read_s = cell.read_s
        self.window_S = cell.window_S
        self.failures: dict[str, int] = {}
        self._own = Ngspice(workers) if engine is None else None
        self._engine = engine or self._own
        prepare(cell, self._engine)
        self._cells = [_member(cell, one, start, self._engine, often_V) for one in drawn]

    def __len__(self) -> int:
        return len(self.devices)

    def __enter__(self) -> SpiceFleet:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End the worker processes, if the engine is the fleet's own; the next simulation starts new ones."""
        if self._own:
            self._own.close()

    def copy(self) -> SpiceFleet:
        """Return the same cells in the same states, independent from now on; they share the engine."""
        other = copy.copy(self)
        other._cells, other.failures = [copy.copy(cell) for cell in self._cells], dict(self.failures)
        return other

    def unreadable(self, targets_S: ArrayLike, tolerance: float) -> str:
        """Return why its readings cannot tell whether targets [S] have been reached; "" where they can."""
        return unreadable(self.cell, self._engine, targets_S, tolerance)

    def state(self, place: int) -> State:
        """Return the state of one cell, as `live` takes it."""
        return self._cells[place].state

    @property
    def clipped(self) -> int:
        """Return reads so far that were outside the range of the ADC of a `Sense`."""
        return sum(cell.clipped for cell in self._cells)

    def read_energy_J(self, places: ArrayLike) -> np.ndarray:
        """Return what the sources of the circuits have delivered in all reads of some cells so far, (k,) [J]."""
        return np.array([self._cells[place].read_energy_J for place in chosen(places, len(self), once=False)])

    def pulse_s(self, pulse: Pulse) -> float:
        """Return the time that a write pulse takes, gate edges and idle time included [s]."""
        return self.cell.duration([pulse])

    def g_S(self, places: ArrayLike) -> np.ndarray:
        """Return conductances of the devices alone at +0.2 V, without read noise, (k,) [S]: for scores."""
        return np.array([self._cells[place].g_S for place in chosen(places, len(self), once=False)])

    def read(self, places: ArrayLike, bar: Bar | None = None) -> np.ndarray:
        """Return what the sense path reports, (k,) [S]; NaN where the read failed."""
        places = chosen(places, len(self), once=True)
        return np.array(self._each(_Member.read, places, [()] * len(places), np.zeros(len(places)), bar), float)

    def apply(self, places: ArrayLike, pulses: Sequence[Pulse], bar: Bar | None = None) -> np.ndarray:
        """Send one write pulse to each of some cells; energies, (k,) [J], NaN where it failed."""
        places = chosen(places, len(self), once=True)
        pulses = matched(pulses, places)
        given, widths_s = [(pulse,) for pulse in pulses], np.array([pulse.width for pulse in pulses])
        return np.array(self._each(_Member.written, places, given, widths_s, bar), float)

    def sampled(
        self,
        places: ArrayLike,
        amplitude_V: ArrayLike,
        dt_s: ArrayLike,
        points: int,
        rise_s: float = 2e-9,
        bar: Bar | None = None,
    ) -> np.ndarray:
        """Return conductances at the widths 0, dt, 2 dt, .. of pulses, before their falling edge, (k, points) [S]."""
        places = chosen(places, len(self), once=False)
        given = drives(places, amplitude_V, dt_s, points, rise_s)
        jobs = [(*map(float, row), points) for row in given]
        found = self._each(_Member.sampled, places, jobs, given[:, 2], bar)
        return np.array([np.full(points, row) for row in found]).reshape(-1, points)

    def _each(
        self, work: Callable, places: np.ndarray, given: Sequence[tuple], lengths_s: np.ndarray, bar: Bar | None
    ) -> list[Any]:
        """Return what `work` gives of each cell, NaN where its simulation fails; the longest first, so that none
        waits.
        """
        order = np.argsort(-lengths_s, kind="stable")
        found: list[Any] = [np.nan] * len(places)

        def one(k: int) -> Any:
            return _tried(lambda: work(self._cells[places[k]], *given[k]))

        with contextlib.closing(self._engine.each(one, order)) as results:
            for k, result in zip(order, results, strict=True):
                failed = isinstance(result, Result)
                if failed:
                    self.failures[result.name] = self.failures.get(result.name, 0) + 1
                else:
                    found[k] = result
                if bar:
                    bar.advance(1, int(failed))
        return found


class _Member(SpiceCell):
    """A cell of a fleet."""

    def written(self, pulse: Pulse) -> float:
        """Send one write pulse; its energy [J]."""
        return self.apply(pulse).energy_J

    def sampled(self, amplitude_V: float, rise_s: float, dt_s: float, points: int) -> np.ndarray:
        """Return the conductance at the widths 0, dt, 2 dt, .. of a pulse, (points,) [S]; the state stays."""
        pulse = Pulse(amplitude_V, points * dt_s, rise_s)
        # as for a record: many trajectories have the same amplitude
        run = dataclasses.replace(self._run, many=True)
        return Way(run, pulse, dt_s, self.state).conductances(points - 1)


def _member(cell: Cell, drawn: Sample, start: str, engine: Ngspice, often_V: Collection[float]) -> _Member:
    own = cell.replace(device=drawn.device)
    keys = {cell.index: random_keys.stream_key(drawn.seed)}
    state = start_state(own, drawn, start)
    return _Member(own, state, drawn.seed, engine, nominal=cell, keys=keys, often_V=often_V, warn=False)


def _tried(work: Callable) -> Any:
    """Return what a simulation gives, or how it failed."""
    try:
        return work()
    except SimulationError as error:
        if error.result in OF_THE_MACHINE:
            raise
        return error.result
