"""The circuit of an array of 1T1R cells in which one row's gates are raised: a cell in each of its columns.

Behind gates at 0 V nothing flows: the other rows' cells only hold charges, which the drivers pay for. What is left in a
column is one path: driver, bit line, device, transistor, source line, driver. The charge of the node between device and
transistor is part of it: behind a fast edge it goes through the device.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ...circuit.array_protocol import Array
from ...circuit.parts import Driver
from .recorded_points import RecordedPoints
from .solved_circuit import Cost, NotConvergedError
from .solved_devices import SolvedDevices
from .transistor_table import TransistorTable

_CLOSE_V, _FAR_V, _MOST = 1e-7, 0.3, 80
"""Newton's method has converged where no voltage moves by more, and moves none by more than the second; iterations."""

_CHARGING_OHM = 300.0
"""A resistance through which the node between device and transistor is charged at the fastest."""

_LEAST_OHM = 1e-3
"""Resistance on the source's side at least: none at all would take the node away."""


class GatedCircuit:
    """Newton's method for two nodes a column: the transistor's drain, at the device's AE, and its source.

    Parameters
    ----------
    array, row, cols
        The array, the row whose gates are raised, and the columns whose lines are.
    devices
        The devices of these columns, behind the resistance of bit line and contact.
    table
        Their transistor at the gate's voltage.
    """

    edge_parts = 32

    def __init__(
        self, array: Array, row: int, cols: Sequence[int], devices: SolvedDevices, table: TransistorTable
    ) -> None:
        self.devices, self.table, self.cost = devices, table, Cost()
        self.drivers = (*(f"bl{col}" for col in cols), *(f"sl{col}" for col in cols))
        self._count, self.first_s = len(cols), table.on_F * _CHARGING_OHM or np.inf
        self._source_ohm = max(series_ohm(array, "sl", row) + array.cell.lines.contact, _LEAST_OHM)
        self._nodes = np.zeros((2, self._count))
        self._kept = np.zeros(self._count)
        self._volts = np.zeros(2 * self._count)
        self.points = RecordedPoints()

    def solve(self, volts: np.ndarray, x: np.ndarray, step_s: float) -> np.ndarray:
        """Return the free speed of each state [1/s], see `SolvedCircuit`.

        The drain's charge is that of an implicit Euler step from the last point that was kept.
        """
        self._volts = volts
        bit, source = volts[: self._count], volts[self._count :]
        charge_S = self.table.on_F / step_s if step_s > 0 else 0.0
        drain, inner = self._nodes
        for _ in range(_MOST):
            self.cost.evaluations += self.devices.refresh(drain - bit, x, 0.0, 0.0)
            i, g = self.devices.currents(drain - bit), self.devices.slopes
            t, over_d, over_s = self.table.at(drain, inner)
            out = 1 / self._source_ohm
            first, second = i + t + charge_S * (drain - self._kept), (inner - source) * out - t
            a, b, c, d = g + over_d + charge_S, over_s, -over_d, out - over_s
            whole = a * d - b * c
            steps = np.stack([(d * first - b * second) / whole, (a * second - c * first) / whole])
            self._nodes = self._nodes - np.clip(steps, -_FAR_V, _FAR_V)
            drain, inner = self._nodes
            self.cost.solutions += 1
            size = float(np.max(np.abs(steps)))
            if size < _CLOSE_V:
                return self.devices.speeds(drain - bit, x)
            if not np.isfinite(size):
                break
        raise NotConvergedError("no voltages of the array's transistors were found")

    def rooms(self, x: np.ndarray, speeds: np.ndarray) -> np.ndarray:
        """Return the factor by which each state is slowed, see `SolvedCircuit`."""
        return self.devices.rooms(x, speeds)

    def moved(self, x: np.ndarray, ways: np.ndarray, room: np.ndarray) -> np.ndarray:
        """Return the states after free ways, see `SolvedCircuit`."""
        return self.devices.moved(x, ways, room)

    def keep(self, time_s: float, x: np.ndarray) -> None:
        """Add a point: voltages and currents of device and transistor, and states; the next steps begin here."""
        drain, inner = self._nodes
        bit, source = self._volts[: self._count], self._volts[self._count :]
        i = self.devices.currents(drain - bit)
        self.points.add(time_s, x, ae=drain, i=i, bl=bit, sl=source, t=(inner - source) / self._source_ohm)
        self._kept = drain.copy()


def series_ohm(array: Array, kind: str, row: int) -> float:
    """Return the resistance between the driver of a bit or source line and the cell of a row [Ohm]."""
    driver = array.cell.driver
    first = driver.resistance if isinstance(driver, Driver) else 0.0
    return first + (row + 1) * getattr(array.cell.lines, f"r_{kind}")
