"""Fleets of cells at fidelity "circuit": kernels behind the measured circuit, with a sample of pulses for SPICE."""

from __future__ import annotations

from abc import ABC
from collections.abc import Sequence
from functools import partial
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike

from .._util import random_keys
from .._util.progress import Bar
from ..circuit.cell_kinds import LoneCell
from ..circuit.pulse import Pulse
from ..compact.jart import jart_characteristics
from ..dataset.circuit_records import start_state
from ..dataset.recipe import Sample
from ..simulation.agreement import SAMPLE, Agreement
from ..simulation.circuit_model import CircuitModel
from ..simulation.measured_cell import MeasuredCell
from ..simulation.pulse_sample import PulseSample
from ..simulation.sensing import unreadable
from ..spice.ngspice import Ngspice
from .batch_places import checked_places
from .cell_batch import CellBatch
from .jart_batch import JartFleet
from .survey_batch import SurveyFleet

_SPREAD = 7919
"""A prime: trajectories of different cells are compared with SPICE at different widths."""


class _Measured(CellBatch[LoneCell], ABC):
    """Hold the engine of a fleet at fidelity "circuit", and the sample of its pulses for full SPICE.

    `with` and `close` end the engine, if it is the fleet's own.
    """

    def _prepare(
        self, cell: LoneCell, drawn: Sequence[Sample], engine: Ngspice | None, workers: int | None, sample: int
    ) -> None:
        """Set the engine, and an empty sample of so many pulses at most."""
        self._owns_engine = engine is None
        self._engine = Ngspice(workers) if engine is None else engine
        self._full = cell.replace(fidelity="full")
        self._seeds = tuple(one.seed for one in drawn)
        self._sample = PulseSample(cell, drawn[0].seed, sample)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End the worker processes, if the engine is the fleet's own; the next simulation starts new ones."""
        if self._owns_engine:
            self._engine.close()

    @property
    def engine(self) -> Ngspice:
        """Return what measures its circuit."""
        return self._engine

    def part(self, places: ArrayLike) -> Self:
        """Return some of the cells as a batch of their own; the engine stays that of the whole batch."""
        found = super().part(places)
        found._owns_engine, found._sample = False, self._sample.copy()
        return found

    def _take(self, part: Any) -> None:
        """Take over the sample of pulses of a `part`."""
        self._sample.add(part._sample)

    def _detach(self) -> None:
        super()._detach()
        self._sample = self._sample.copy()

    def unreadable(self, targets_S: ArrayLike, tolerance: float) -> str:
        """Return why the readings cannot tell whether targets [S] have been reached; "" where they can."""
        return unreadable(self._full, self._engine, targets_S, tolerance)

    def agreement(self) -> Agreement | None:
        """Return how well a seeded sample of the pulses since the last call agrees with full SPICE; None of none."""
        found, self._sample = self._sample.agreement(self._engine), self._sample.copy()
        return found

    def _apply(self, places: np.ndarray, pulses: list[Pulse], bar: Bar | None) -> np.ndarray:
        for pulse in dict.fromkeys(pulses):
            self.cell.duration([pulse])  # refuses what the cell does not take
        for place, pulse in zip(places.tolist(), pulses, strict=True):
            self._offer(place, pulse)
        return super()._apply(places, pulses, bar)

    def _sampled(self, places: np.ndarray, given: np.ndarray, points: int, bar: Bar | None) -> np.ndarray:
        for place, (volts, rise_s, dt_s) in zip(places.tolist(), given.tolist(), strict=True):
            self._offer(place, Pulse(volts, dt_s * (1 + place * _SPREAD % max(points - 1, 1)), rise_s))
        return super()._sampled(places, given, points, bar)

    def _offer(self, place: int, pulse: Pulse) -> None:
        """Add a pulse to a cell in its present state to those that the sample is chosen of."""
        self._sample.offer(pulse, self.devices[place], partial(self.state, place), self._seeds[place])


class CircuitFleet(_Measured, JartFleet[LoneCell]):
    """Many cells of JART devices at fidelity "circuit": as `Fleet` says. Reads go through the measured sense path.

    `with` and `close` end the engine, if it is the fleet's own.
    """

    _STATES = (*JartFleet._STATES, "_read_J")
    _FIXED = (*JartFleet._FIXED, "_seeds")

    def __init__(
        self,
        cell: LoneCell,
        drawn: Sequence[Sample],
        start: str,
        engine: Ngspice | None = None,
        workers: int | None = None,
        sample: int = SAMPLE,
    ) -> None:
        self._prepare(cell, drawn, engine, workers, sample)
        self._circuit = CircuitModel.of(cell, self._engine)
        JartFleet.__init__(self, cell, drawn, start, self._circuit, cell.read_s, workers)
        self._read_J, self.clipped = np.zeros(len(drawn)), 0

    def part(self, places: ArrayLike) -> Self:
        """Return some of the cells as a batch of their own, on one thread."""
        found = super().part(places)
        found.clipped = 0
        return found

    def _take(self, part: Any) -> None:
        """Take over clipped reads and the sample of pulses of a `part`."""
        super()._take(part)
        self.clipped += part.clipped

    def read_energy_J(self, places: ArrayLike) -> np.ndarray:
        """Return the energy that reads of some cells have taken so far, (k,) [J]."""
        return self._read_J[checked_places(places, len(self), once=False)]

    def _detach(self) -> None:
        super()._detach()
        self._read_J = self._read_J.copy()

    def _read(self, places: np.ndarray, bar: Bar | None) -> np.ndarray:
        now = self._states.at(places)
        for k, place in enumerate(places):
            if self.devices[place].read_noise:
                walk = self._walk_state(place) if self._walk else None
                x = (float(now.n[k]),)
                now.n[k] = self.devices[place].now(x, walk).observed(x, self._telegraph[place])[0]
                self._advance_noise(place, self.read_s)
        _, p, w, _, _ = self._bundle(now, self._keys[:0])
        amps = self._around.read_currents(jart_characteristics.code(self._own[0], None), p, w, now.n)
        found, clipped = self._circuit.reads.readings(amps)
        self._read_J[places] += np.nan_to_num(self._circuit.reads.spent_J(found))
        self.clipped += int(clipped.sum())
        if bar:
            bar.advance(len(places))
        return found


class MeasuredFleet(_Measured, SurveyFleet[LoneCell]):
    """Many cells of other devices at fidelity "circuit", one after the other: as `CircuitFleet`."""

    _FIXED = ("_seeds",)

    def __init__(
        self,
        cell: LoneCell,
        drawn: Sequence[Sample],
        start: str,
        engine: Ngspice | None = None,
        workers: int | None = None,
        sample: int = SAMPLE,
    ) -> None:
        self._prepare(cell, drawn, engine, workers, sample)
        SurveyFleet.__init__(self, cell, drawn, [self._member(cell, one, start) for one in drawn], cell.read_s)

    def _member(self, cell: LoneCell, drawn: Sample, start: str) -> MeasuredCell:
        own, keys = cell.replace(device=drawn.device), {0: random_keys.stream_key(drawn.seed)}
        return MeasuredCell(own, start_state(own, drawn, start), drawn.seed, self._engine, nominal=cell, keys=keys)

    @property
    def clipped(self) -> int:
        """Return the number of reads so far that were outside the range of the ADC of a `Sense`."""
        return sum(cell.clipped for cell in self._cells)

    def read_energy_J(self, places: ArrayLike) -> np.ndarray:
        """Return the energy that reads of some cells have taken so far, (k,) [J]."""
        return np.array([self._cells[place].read_energy_J for place in checked_places(places, len(self), once=False)])
