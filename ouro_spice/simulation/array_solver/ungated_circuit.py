"""The circuit of an array of 1R cells: one sparse factorisation of the lines, devices as straight pieces."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ...circuit.array_protocol import Array
from .factored_lines import FactoredLines
from .recorded_points import RecordedPoints
from .solved_circuit import Cost, NotConvergedError
from .solved_devices import SolvedDevices
from .written_lines import LineNetwork

_CLOSE_V = 2e-6
"""Newton's method has converged where no voltage moves by more."""

_NEAR_V, _NEAR = 2e-3, 2e-5
"""A device is evaluated anew where its voltage, or its state, is further from the last evaluation."""

_MOST, _SLOW = 60, 0.25
"""Iterations of Newton's method; reduction of a step by an iteration short of which the matrix is factored anew."""

_CURVED = 2.0
"""Change of a step by the curvature of devices, per volt of the step before: generous, a device bends over 0.1 V."""


class UngatedCircuit:
    """Newton's method with an old Jacobian (chord): lines and slopes of devices are factored when it slows down.

    The matrix is that of the nodes of all lines. Devices are evaluated where they have moved away from their last
    evaluation, and are straight lines there.

    Parameters
    ----------
    array, drivers
        The array, and the names of its lines that are driven; the others float.
    devices
        The devices of all cells, behind their contacts.
    watched
        Places of the cells whose state and current are recorded.
    """

    edge_parts, first_s = 8, np.inf

    def __init__(
        self, array: Array, drivers: Sequence[str], devices: SolvedDevices, watched: Sequence[int] = ()
    ) -> None:
        self.network = LineNetwork.of(array, drivers)
        self.drivers = self.network.driven
        self.devices, self.cost = devices, Cost()
        self._one, self._two = (self.network.at(kind, array.rows, array.cols) for kind in ("wl", "bl"))
        self._volts = np.zeros(self.network.free + len(self.drivers))
        self._laplacian = self.network.laplacian
        self._inner = self._laplacian[: self.network.free]
        self._factored = FactoredLines(self.network, self._one, self._two, self.cost)
        self._rate = 1.0
        self.points = RecordedPoints()
        self.floating = tuple(name for name in self.network.starts if name not in self.drivers)
        self._open = np.array([self.network.starts[name] for name in self.floating], dtype=int)
        self._watched, self._contact = np.array(watched, dtype=int), array.cell.lines.contact

    def solve(self, volts: np.ndarray, x: np.ndarray, step_s: float) -> np.ndarray:
        """Return the free speed of each state [1/s], see `SolvedCircuit`; it does not depend on the time."""
        free, last = self.network.free, np.inf
        self._volts[free:] = volts
        for count in range(_MOST):
            self._evaluate(x)
            step = self._factored.solve(self._excess(), self.devices.slopes)
            self.cost.solutions += 1
            self._volts[:free] -= step
            size = float(np.max(np.abs(step), initial=0.0))
            if not np.isfinite(size):
                break
            self._rate = size / last if count else self._rate
            if size * min(max(self._rate, _CURVED * size), 1.0) < _CLOSE_V:
                return self.devices.speeds(self.cell_V, x)
            if count and self._rate > _SLOW:
                self._evaluate(x)
                self._factored.renew(self.devices.slopes)
            last = size
        raise NotConvergedError("no voltages of the array's lines were found")

    def rooms(self, x: np.ndarray, speeds: np.ndarray) -> np.ndarray:
        """Return the factor by which each state is slowed, see `SolvedCircuit`."""
        return self.devices.rooms(x, speeds)

    def moved(self, x: np.ndarray, ways: np.ndarray, room: np.ndarray) -> np.ndarray:
        """Return the states after free ways, see `SolvedCircuit`."""
        return self.devices.moved(x, ways, room)

    @property
    def cell_V(self) -> np.ndarray:
        """Return the voltage between the word and the bit line of each cell, (K,) [V]."""
        return self._volts[self._one] - self._volts[self._two]

    def keep(self, time_s: float, x: np.ndarray) -> None:
        """Add a point: voltages of the lines at the cells, currents of drivers, state and current of watched cells."""
        i = self.devices.currents(self.cell_V)
        into = self._laplacian[self.network.free :] @ self._volts + self._injected(i)[self.network.free :]
        word, bit = self._volts[self._one], self._volts[self._two]
        ends = {"ae": word - self._contact * i, "oe": bit + self._contact * i} if self._contact else {}
        values = ends | {"i": i[self._watched], "floating": self._volts[self._open], "drivers": -into}
        self.points.add(time_s, x[self._watched], wl=word, bl=bit, **values)

    def _evaluate(self, x: np.ndarray) -> None:
        self.cost.evaluations += self.devices.refresh(self.cell_V, x, _NEAR_V, _NEAR)

    def _excess(self) -> np.ndarray:
        """Return the current that leaves each free node and should not, (free,) [A]."""
        i = self.devices.currents(self.cell_V)
        return self._inner @ self._volts + self._injected(i)[: self.network.free]

    def _injected(self, i: np.ndarray) -> np.ndarray:
        """Return the current that flows out of each node into cells, (N,) [A]."""
        count = len(self._volts)
        return np.bincount(self._one, i, count) - np.bincount(self._two, i, count)
