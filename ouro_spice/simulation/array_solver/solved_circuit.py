"""What the time stepping asks of the circuit of an array, with or without access transistors."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np


class NotConvergedError(ArithmeticError):
    """Newton's method found no voltages of the circuit."""


@dataclass
class Cost:
    """Count the cost of a run: solutions of the linear system, its factorisations, evaluations of single devices."""

    solutions: int = 0
    factorisations: int = 0
    evaluations: int = 0


class SolvedCircuit(Protocol):
    """The static circuit around the devices, solved for their states.

    Attributes
    ----------
    drivers
        Names of the lines whose voltages are given, (D,).
    cost
        What it has cost so far.
    edge_parts
        How many steps a straight edge takes at least.
    first_s
        Longest step behind a corner of the voltages [s].
    """

    drivers: tuple[str, ...]
    cost: Cost
    edge_parts: int
    first_s: float

    def solve(self, volts: np.ndarray, x: np.ndarray, step_s: float) -> np.ndarray:
        """Return the free speed of each state [1/s], (K,), at voltages of the drivers (D,) [V], a time after the last
        point that was kept [s].

        Raises
        ------
        NotConvergedError
            Where no voltages are found.
        """
        ...

    def rooms(self, x: np.ndarray, speeds: np.ndarray) -> np.ndarray:
        """Return the factor by which each state is slowed on its way towards its limit, (K,)."""
        ...

    def moved(self, x: np.ndarray, ways: np.ndarray, room: np.ndarray) -> np.ndarray:
        """Return the states after free ways, (K,)."""
        ...

    def keep(self, time_s: float, x: np.ndarray) -> None:
        """Add the last solution to the points of the waveform."""
        ...
