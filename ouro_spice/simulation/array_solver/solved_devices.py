"""The devices of an array as its solver asks for them: currents, slopes, speeds, and how far states move."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ...circuit.parts import Resistor
from ...device.memristor import Memristor


class SolvedDevices:
    """Devices, or known resistors, each behind a series resistance `series_ohm` (K,), with states as the kernels have
    them.
    """

    def __init__(self, devices: Sequence[Any], series_ohm: np.ndarray) -> None:
        from ...compact.jart import cell_patches
        from ...compact.jart.parameter_vector import vector

        self._kernels = cell_patches
        different: dict[int, Any] = {id(one): one for one in devices if isinstance(one, Memristor)}
        rows = {key: vector(one) for key, one in different.items()}
        usual = next(iter(rows.values()), np.zeros(64))
        table = [rows.get(id(one), usual) for one in devices] if len(rows) > 1 else [usual]
        self._p = np.ascontiguousarray(table)
        self._ohm = np.array([one.resistance if isinstance(one, Resistor) else 0.0 for one in devices])
        self._series = np.ascontiguousarray(series_ohm, dtype=float)
        self._pieces = cell_patches.empty(len(devices))

    def scaled(self, lead: np.ndarray) -> np.ndarray:
        """Return first state variables on the scale of the kernels, same shape."""
        return np.log(lead)

    def unscaled(self, x: np.ndarray) -> np.ndarray:
        """Return first state variables from those on the scale of the kernels, same shape."""
        return np.exp(x)

    def traces(self, device: Any, x: np.ndarray, v: np.ndarray, i: np.ndarray) -> dict[str, np.ndarray]:
        """Return traces of a device's state over time, of its state (T,), voltage [V] and current [A]."""
        from ...compact.jart.cell_traces import traces

        return traces(device, x, v, i)

    def refresh(self, volts: np.ndarray, x: np.ndarray, near_V: float, near: float) -> int:
        """Update the devices that are further than these from their last evaluation; return how many there were."""
        return self._kernels.refresh(volts, x, self._p, self._ohm, self._series, near_V, near, self._pieces)

    def currents(self, volts: np.ndarray) -> np.ndarray:
        """Return currents by the straight pieces, (K,) [A]."""
        pieces, k = self._pieces, self._kernels
        return pieces[k.CURRENT] + pieces[k.SLOPE] * (volts - pieces[k.VOLT])

    @property
    def slopes(self) -> np.ndarray:
        """Return the slopes of the pieces, (K,) [S]."""
        return self._pieces[self._kernels.SLOPE]

    def speeds(self, volts: np.ndarray, x: np.ndarray) -> np.ndarray:
        """Return the free speed of each state [1/s], (K,)."""
        out = np.empty(len(x))
        self._kernels.speeds(volts, x, self._p, self._pieces, out)
        return out

    def rooms(self, x: np.ndarray, speeds: np.ndarray) -> np.ndarray:
        """Return the factor by which each state is slowed on its way towards its limit, (K,)."""
        out = np.empty(len(x))
        self._kernels.rooms(x, speeds, self._p, out)
        return out

    def moved(self, x: np.ndarray, ways: np.ndarray, room: np.ndarray) -> np.ndarray:
        """Return the states after free ways, (K,)."""
        out = np.empty(len(x))
        self._kernels.moved(x, ways, room, self._p, out)
        return out
