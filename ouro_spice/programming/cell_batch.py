"""What all fleets share: checked places, pulses and trajectories, copies, and the count of failures."""

from __future__ import annotations

import copy
from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any, ClassVar, Generic, Self, TypeVar

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
from ..spice.ngspice import Ngspice
from .batch_places import checked_places, checked_pulses, checked_trajectories

Described = TypeVar("Described", bound=Cell | CompactCell)
"""The kind of description that the cells of a batch have."""


class CellBatch(ABC, Generic[Described]):
    """Many cells of one description, each with a device of its own; as `Fleet` says.

    Here arguments are checked and failures are counted. A kind of cell adds its states, and how they are read and
    pulsed, by the methods with an underscore, whose places (k,) and pulses are checked.

    Attributes
    ----------
    scheduler
        Address of the Dask scheduler whose workers do whole writes for parts of the cells; None: all is done here.
    """

    _STATES: ClassVar[tuple[str, ...]] = ()
    """Names of attributes with something of each cell that changes: arrays, lists, or what has `at` and `put`."""

    _FIXED: ClassVar[tuple[str, ...]] = ()
    """Names of attributes with something of each cell that stays, beside `devices`: arrays, lists or tuples."""

    scheduler: str | None = None

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

    @property
    def engine(self) -> Ngspice | None:
        """Return what runs its circuits; None for compact cells."""
        return None

    def part(self, places: ArrayLike) -> Self:
        """Return some of the cells in their present states as a batch of their own, independent from now on.

        It is done on one thread and one engine, wherever it is sent to, and has had no failures.
        """
        places = checked_places(places, len(self), once=True)
        other = copy.copy(self)
        other.failures, other.scheduler = {}, None
        for name in ("devices", *self._FIXED, *self._STATES):
            setattr(other, name, _of_places(getattr(self, name), places))
        return other

    def put(self, places: ArrayLike, part: Self) -> None:
        """Take over the states that a `part` of these places has come to, and its failures."""
        places = checked_places(places, len(self), once=True)
        for name in self._STATES:
            _put(getattr(self, name), places, getattr(part, name))
        for name, failed in part.failures.items():
            self.failures[name] = self.failures.get(name, 0) + failed
        self._take(part)

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

    def _take(self, part: Any) -> None:
        """Take over what a `part` has beside the states of its cells: nothing."""

    def _count(self, result: Result, failed: int) -> None:
        """Add to the simulations that failed with a result."""
        if failed:
            self.failures[result.name] = self.failures.get(result.name, 0) + failed


def _of_places(values: Any, places: np.ndarray) -> Any:
    """Return a copy of what belongs to some cells, of what belongs to all: an array, list, tuple, or what has `at`."""
    if isinstance(values, list | tuple):
        return type(values)([values[place] for place in places])
    return values[places].copy() if isinstance(values, np.ndarray) else values.at(places)


def _put(values: Any, places: np.ndarray, others: Any) -> None:
    """Put what belongs to some cells into what belongs to all."""
    if not isinstance(values, list | np.ndarray):
        values.put(places, others)
        return
    for place, one in zip(places.tolist(), others, strict=True):
        values[place] = one
