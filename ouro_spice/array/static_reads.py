"""Reads of single cells at the operating point: currents of the flat top, without what settles before."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .._util.forks import cached_property
from ..circuit.bias import Bias
from ..circuit.crossbar import Crossbar
from .line_network import LineNetwork
from .operating_point import StaticArray


@dataclass(frozen=True, eq=False)
class StaticReads:
    """Reads of one cell after the other, by the array's ``read_scheme``: lines that do not float are factorised once.

    Parameters
    ----------
    array
        The array, its devices as their walks have left them.
    lead
        First state variable of each device, (K,).
    """

    array: Crossbar
    lead: np.ndarray

    def read(self, row: int, col: int) -> tuple[float, float]:
        """Return the current out of a cell's bit line, and that through its own device [A].

        Raises
        ------
        SimulationError
            Where no operating point is found.
        """
        static, sources = self._under_read(row, col)
        i_A = static.solved(sources).i_A[..., 0]
        return float(i_A[:, col].sum()), float(i_A[row, col])

    @cached_property
    def g_S(self) -> np.ndarray:
        """Return the conductance of each device alone at its read voltage, (rows, cols) [S]."""
        return self.array.ensemble.conductances(self.lead).reshape(self.array.rows, self.array.cols)

    @cached_property
    def driven(self) -> StaticArray:
        """Return the array with all lines at their drivers."""
        return StaticArray(self.array, self.lead, LineNetwork.of(self.array))

    def _under_read(self, row: int, col: int) -> tuple[StaticArray, dict[str, np.ndarray]]:
        """Return the array and the voltages of all sources, ``wl`` (rows, 1) and ``bl`` (cols, 1) [V], in a read."""
        array = self.array
        drives = Bias(array, row, (col,)).voltages(array.cell.read.pulse, reading=True)
        start, stop = array.cell.read_flat_s
        middle = (start + stop) / 2
        level = {pwl: float(np.interp(middle, pwl.times_s, pwl.volts)) for pwl in set(drives.values()) if pwl}
        volts = {name: level[pwl] if pwl else 0.0 for name, pwl in drives.items()}
        floating = {name for name, pwl in drives.items() if pwl is None}
        static = self.driven
        if floating:
            static = StaticArray(array, self.lead, LineNetwork.of(array, floating))
        sizes = {"wl": array.rows, "bl": array.cols}
        sources = {kind: np.array([[volts[f"{kind}{k}"]] for k in range(size)]) for kind, size in sizes.items()}
        return static, sources
