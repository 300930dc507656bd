"""What all fleets share: checked places, pulses and trajectories, copies, and the count of failures."""

from __future__ import annotations

import copy
from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Generic, Self, TypeVar

import numpy as np
from numpy.typing import ArrayLike

from .._util.display import counted, shows
from .._util.progress import Bar
from ..circuit.cell_kinds import Cell
from ..circuit.compact_cell import CompactCell
from ..circuit.pulse import Pulse
from ..circuit.result import Result
from ..dataset.recipe import Sample
from ..device.state import State
from .batch_places import checked_places, checked_pulses, checked_trajectories

Described = TypeVar("Described", bound=Cell | CompactCell)
"""The kind of description that the cells of a batch have."""


class CellBatch(ABC, Generic[Described]):
    """Many cells of one description, each with a device of its own; as `Fleet` says.

    Here arguments are checked and failures are counted. A kind of cell adds its states, and how they are read and
    pulsed, by the methods with an underscore, whose places (k,) and pulses are checked.
    """

    def __init__(self, cell: Described, drawn: Sequence[Sample], read_s: float) -> None:
        self.cell = cell
        self.devices = tuple(one.device for one in drawn)
        self.read_s = read_s
        self.window_S = cell.window_S
        self.failures: dict[str, int] = {}

    @shows
    def __repr__(self) -> str:
        return f"{type(self).__name__}: {counted(len(self), 'cell')} of {type(self.cell).__name__}"

    def __len__(self) -> int:
        return len(self.devices)

    @abstractmethod
    def state(self, place: int) -> State:
        """Return the state of one cell, which `live` takes to go on from there."""

    def copy(self) -> Self:
        """Return the same cells in the same states, independent from now on."""
        other = copy.copy(self)
        other.failures = dict(self.failures)
        other._detach()
        return other

    def pulse_s(self, pulse: Pulse) -> float:
        """Return the time that a write pulse takes, gate edges and idle time included [s]."""
        return self.cell.duration([pulse])

    def g_S(self, places: ArrayLike) -> np.ndarray:
        """Return conductances of the devices alone at +0.2 V, without read noise, (k,) [S]: for scores."""
        return self._g_S(checked_places(places, len(self), once=False))

    def read(self, places: ArrayLike, bar: Bar | None = None) -> np.ndarray:
        """Return the conductances that reads report, (k,) [S]; NaN where a read failed."""
        return self._read(checked_places(places, len(self), once=True), bar)

    def apply(self, places: ArrayLike, pulses: Sequence[Pulse], bar: Bar | None = None) -> np.ndarray:
        """Send one write pulse to each of some cells; return the energies, (k,) [J], NaN where a pulse failed."""
        places = checked_places(places, len(self), once=True)
        return self._apply(places, checked_pulses(pulses, places), bar)

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
        places = checked_places(places, len(self), once=False)
        return self._sampled(places, checked_trajectories(places, amplitude_V, dt_s, points, rise_s), points, bar)

    @abstractmethod
    def _detach(self) -> None:
        """Replace the states by copies: until now another batch has the same ones."""

    @abstractmethod
    def _g_S(self, places: np.ndarray) -> np.ndarray:
        """Return `g_S`."""

    @abstractmethod
    def _read(self, places: np.ndarray, bar: Bar | None) -> np.ndarray:
        """Return `read`."""

    @abstractmethod
    def _apply(self, places: np.ndarray, pulses: list[Pulse], bar: Bar | None) -> np.ndarray:
        """Send the pulses; return the energies of `apply`."""

    @abstractmethod
    def _sampled(self, places: np.ndarray, given: np.ndarray, points: int, bar: Bar | None) -> np.ndarray:
        """Return `sampled` for the amplitude [V], rise and spacing [s] of each place, (k, 3)."""

    def _count(self, result: Result, failed: int) -> None:
        """Add to the simulations that failed with a result."""
        if failed:
            self.failures[result.name] = self.failures.get(result.name, 0) + failed
