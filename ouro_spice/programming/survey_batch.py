"""Fleets of cells of families without kernels for many at once: each a live cell of its own."""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike

from .._util.progress import Bar
from ..circuit.compact_cell import CompactCell
from ..circuit.pulse import Pulse
from ..circuit.result import SimulationError
from ..dataset.recipe import Sample
from ..dataset.way import Way
from ..device.state import State
from ..simulation.live_cell import ModelCell
from .cell_batch import CellBatch, Described


class SurveyFleet(CellBatch[Described]):
    """Many live cells, one after the other: as `Fleet` says. A read takes so many seconds."""

    _STATES = ("_cells",)

    def __init__(self, cell: Described, drawn: Sequence[Sample], cells: Sequence[Any], read_s: float) -> None:
        super().__init__(cell, drawn, read_s)
        self._cells = list(cells)

    def state(self, place: int) -> State:
        """Return the state of one cell, which `live` takes to go on from there."""
        return self._cells[place].state

    def part(self, places: ArrayLike) -> Self:
        """Return some of the cells as a batch of their own."""
        found = super().part(places)
        found._detach()
        return found

    def _detach(self) -> None:
        self._cells = [copy.copy(cell) for cell in self._cells]

    def _g_S(self, places: np.ndarray) -> np.ndarray:
        return np.array([self._cells[place].g_S for place in places])

    def _read(self, places: np.ndarray, bar: Bar | None) -> np.ndarray:
        return np.array(self._each(places, lambda k: self._cells[places[k]].read(), np.nan, bar), float)

    def _apply(self, places: np.ndarray, pulses: list[Pulse], bar: Bar | None) -> np.ndarray:
        found = self._each(places, lambda k: self._cells[places[k]].apply(pulses[k]).energy_J, np.nan, bar)
        return np.array(found, float)

    def _sampled(self, places: np.ndarray, given: np.ndarray, points: int, bar: Bar | None) -> np.ndarray:
        def one(k: int) -> np.ndarray:
            amplitude_V, rise_s, dt_s = map(float, given[k])
            cell = self._cells[places[k]]
            pulse = Pulse(amplitude_V, points * dt_s, rise_s)
            return Way(cell._run_of(pulse), pulse, dt_s, cell.state).conductances(points - 1)

        return np.array(self._each(places, one, np.full(points, np.nan), bar)).reshape(-1, points)

    def _each(self, places: np.ndarray, work: Callable[[int], Any], failed: Any, bar: Bar | None) -> list[Any]:
        """Return what `work` gives of each of some cells; `failed` where its integration fails."""
        found = []
        for k in range(len(places)):
            try:
                found.append(work(k))
            except SimulationError as error:
                self._count(error.result, 1)
                found.append(failed)
            if bar:
                bar.advance()
        return found


def compact_survey(cell: CompactCell, drawn: Sequence[Sample]) -> SurveyFleet[CompactCell]:
    """Return a fleet of compact cells; their reads are exact."""
    return SurveyFleet(cell, drawn, [_live(cell, one) for one in drawn], cell.read.duration)


def _live(cell: CompactCell, drawn: Sample) -> ModelCell:
    """Return the live cell of one device, in the state that it starts in: the nearest that it can have."""
    own = cell.replace(device=drawn.device)
    low, high = own.range_S
    return ModelCell(own, own.state(min(max(drawn.start_S, low), high)), drawn.seed, nominal=cell)
