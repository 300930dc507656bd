"""What drivers, netlists and selections ask of an array: the description below `Crossbar`, so that none needs it."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, Protocol, Self

import numpy as np

from ..device.memristor import Memristor
from ..device.state import State
from .cells import Cell1R, Cell1T1R
from .device_map import DeviceMap
from .parts import Resistor


class Array(Protocol):
    """An array of cells; `Crossbar` is one, and says what each of these is."""

    @property
    def rows(self) -> int:
        """Return the number of word lines."""
        ...

    @property
    def cols(self) -> int:
        """Return the number of bit lines."""
        ...

    @property
    def size(self) -> int:
        """Return the number of cells."""
        ...

    @property
    def cell(self) -> Cell1R | Cell1T1R:
        """Return the cell of each crossing."""
        ...

    @property
    def scheme(self) -> str | None:
        """Return the name of what unselected lines do in a write."""
        ...

    @property
    def read_scheme(self) -> str | None:
        """Return the name of what unselected lines do in a read."""
        ...

    @property
    def devices(self) -> tuple[Memristor | Resistor, ...] | None:
        """Return the device of each cell, row by row; None where each is the cell's own."""
        ...

    @property
    def lines(self) -> tuple[str, ...]:
        """Return the names of all lines."""
        ...

    @property
    def gated(self) -> bool:
        """Return whether a cell has an access transistor."""
        ...

    @property
    def ambient_K(self) -> float:
        """Return the ambient temperature of everything in the array [K]."""
        ...

    def device_at(self, index: int) -> Memristor | Resistor:
        """Return the device of a cell, counted row by row."""
        ...

    def replace(self, **changes: Any) -> Self:
        """Return this array with other values."""
        ...

    def walked(self, state: State, but: Collection[int] = ()) -> Self:
        """Return this array with its devices as they have walked in a state, without walks; `but` some of them."""
        ...

    def state(self) -> State:
        """Return the state at rest."""
        ...

    @property
    def ensemble(self) -> DeviceMap:
        """Return the devices of all cells together."""
        ...

    def g_map_S(self, state: State) -> np.ndarray:
        """Return the conductance of each device alone at +0.2 V in a state [S], (rows, cols)."""
        ...

    def check_state(self, state: State) -> None:
        """Raise ValueError for a state that is none, or that of another circuit."""
        ...
