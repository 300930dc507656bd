"""Fleets of cells at fidelity "circuit": kernels behind the measured circuit, with a sample of pulses for SPICE."""

from __future__ import annotations

from abc import ABC
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import ArrayLike

from .._util import random_keys
from .._util.progress import Bar
from ..circuit.cell_kinds import LoneCell
from ..circuit.pulse import Pulse
from ..circuit.result import SimulationError
from ..compact.jart import jart_characteristics
from ..dataset.circuit_records import start_state
from ..dataset.recipe import Sample
from ..device.state import State
from ..simulation.agreement import SAMPLE, Agreement
from ..simulation.circuit_model import CircuitModel
from ..simulation.circuit_transient import CircuitRun
from ..simulation.measured_cell import MeasuredCell
from ..simulation.sensing import unreadable
from ..simulation.transient import send
from ..spice.ngspice import Ngspice
from .batch_places import checked_places
from .cell_batch import CellBatch
from .jart_batch import JartFleet
from .survey_batch import SurveyFleet


@dataclass(frozen=True)
class _Sent:
    """A pulse that was sent: to which cell in which state, and where it took it."""

    place: int
    state: State
    pulse: Pulse
    g_S: float
    energy_J: float


class _Measured(CellBatch[LoneCell], ABC):
    """What fleets at fidelity "circuit" share: an engine, and a sample of their pulses for full SPICE.

    `with` and `close` end the engine, if it is the fleet's own.
    """

    def _prepare(
        self, cell: LoneCell, drawn: Sequence[Sample], engine: Ngspice | None, workers: int | None, sample: int
    ) -> None:
        """Set the engine, and an empty sample of so many pulses at most."""
        self._owns_engine = engine is None
        self._engine = Ngspice(workers) if engine is None else engine
        self._full = cell.replace(fidelity="full")
        self._seeds = [one.seed for one in drawn]
        self._rng = np.random.default_rng(np.random.SeedSequence(drawn[0].seed, spawn_key=(0, 1)))
        self._most, self._seen = sample, 0
        self._sent: list[_Sent] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End the worker processes, if the engine is the fleet's own; the next simulation starts new ones."""
        if self._owns_engine:
            self._engine.close()

    def unreadable(self, targets_S: ArrayLike, tolerance: float) -> str:
        """Return why the readings cannot tell whether targets [S] have been reached; "" where they can."""
        return unreadable(self._full, self._engine, targets_S, tolerance)

    def agreement(self) -> Agreement:
        """Return how well a seeded sample of the pulses so far agrees with full SPICE, from the same states on."""
        pairs = list(self._engine.each(self._in_spice, self._sent))
        g = [(one.g_S, there[0]) for one, there in zip(self._sent, pairs, strict=True)]
        energy = [(one.energy_J, there[1]) for one, there in zip(self._sent, pairs, strict=True)]
        return Agreement.of(self._seeds[0], g, energy)

    def _in_spice(self, one: _Sent) -> tuple[float, float]:
        """Return conductance [S] and energy [J] of a pulse in full SPICE; NaN where it fails."""
        cell = self._full.replace(device=self.devices[one.place])
        keys = {0: random_keys.stream_key(self._seeds[one.place])}
        run = CircuitRun(cell, self._seeds[one.place], True, self._engine, keys)
        try:
            wave = send(run, [one.pulse], one.state)
        except SimulationError:
            return float("nan"), float("nan")
        return float(wave.g[-1]), wave.energy_J

    def _sampling(self, places: np.ndarray, pulses: list[Pulse], send: Callable[[], np.ndarray]) -> np.ndarray:
        """Return the energies of pulses (k,) [J] that `send` sends, and keep some of them for the sample."""
        chosen = self._chosen(len(places))
        before = {k: self.state(int(places[k])) for k in chosen.values()}
        energy = send()
        g = self._g_S(places)
        for at, k in chosen.items():
            sent = _Sent(int(places[k]), before[k], pulses[k], float(g[k]), float(energy[k]))
            if at < len(self._sent):
                self._sent[at] = sent
            else:
                self._sent.append(sent)
        return energy

    def _chosen(self, k: int) -> dict[int, int]:
        """Return which of the next k pulses belong to the sample now, by the place in it that they take: each pulse of
        all has the same chance.
        """
        found: dict[int, int] = {}
        for one in range(k):
            self._seen += 1
            at = self._seen - 1 if self._seen <= self._most else int(self._rng.integers(self._seen))
            if at < self._most:
                found[at] = one
        return found


class CircuitFleet(_Measured, JartFleet[LoneCell]):
    """Many cells of JART devices at fidelity "circuit": as `Fleet` says. Reads go through the measured sense path.

    `with` and `close` end the engine, if it is the fleet's own.
    """

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

    def read_energy_J(self, places: ArrayLike) -> np.ndarray:
        """Return the energy that reads of some cells have taken so far, (k,) [J]."""
        return self._read_J[checked_places(places, len(self), once=False)]

    def _detach(self) -> None:
        super()._detach()
        self._read_J, self._sent = self._read_J.copy(), list(self._sent)

    def _read(self, places: np.ndarray, bar: Bar | None) -> np.ndarray:
        now = self._states.at(places)
        for k, place in enumerate(places):
            if self.devices[place].read_noise:
                now.n[k] = self.devices[place].observed((float(now.n[k]),), self._telegraph[place])[0]
                self._advance_noise(place, self.read_s)
        _, p, w, _, _ = self._bundle(now, self._keys[:0])
        amps = self._around.read_currents(jart_characteristics.code(self._own[0], None), p, w, now.n)
        found, clipped = self._circuit.reads.readings(amps)
        self._read_J[places] += self._circuit.reads.spent_J(found)
        self.clipped += int(clipped.sum())
        if bar:
            bar.advance(len(places))
        return found

    def _apply(self, places: np.ndarray, pulses: list[Pulse], bar: Bar | None) -> np.ndarray:
        return self._sampling(places, pulses, lambda: JartFleet._apply(self, places, pulses, bar))


class MeasuredFleet(_Measured, SurveyFleet[LoneCell]):
    """Many cells of other devices at fidelity "circuit", one after the other: as `CircuitFleet`."""

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

    def _detach(self) -> None:
        super()._detach()
        self._sent = list(self._sent)

    def _apply(self, places: np.ndarray, pulses: list[Pulse], bar: Bar | None) -> np.ndarray:
        return self._sampling(places, pulses, lambda: SurveyFleet._apply(self, places, pulses, bar))
