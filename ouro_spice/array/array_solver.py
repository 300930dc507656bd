"""An array of 1R cells that is solved once and asked many times: products and reads without a netlist."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from .._util.checks import check_kind
from .._util.display import brief, shows
from .._util.forks import cached_property
from ..circuit.crossbar import Crossbar
from ..device.state import State
from .cell_read import Sneak, static_sneak
from .column_currents import Product, product_of
from .operating_point import StaticArray
from .positions_in_turn import check_array
from .read_fidelity import chosen
from .recorded_voltages import as_walked
from .static_reads import StaticReads

_AT_ONCE = 4
"""Inputs that are solved together: more of them leave the processor's caches."""


@dataclass(frozen=True, eq=False)
class ArraySolver:
    """The operating points of an array of 1R cells by nodal analysis: fidelity "circuit" of reads and products.

    The circuit is that of ngspice: lines by segments, drivers, contacts, floating lines. The lines of an array of
    resistors are factorised once, whatever is asked; with memristors each input takes some Newton steps.

    Parameters
    ----------
    array
        The array.
    state
        Where its memristors stand: ``array.state(g_map)``.

    Raises
    ------
    ValueError
        For a state of another array, transistors at cells or drivers, or memristors that only ngspice knows.
    """

    array: Crossbar
    state: State | None = None

    def __post_init__(self) -> None:
        check_kind("array", self.array, Crossbar)
        check_array(self.array, self.state)
        chosen(self.array, "circuit")
        object.__setattr__(self, "state", self.state or self.array.state())
        self.array.check_state(self.at)

    @shows
    def __repr__(self) -> str:
        return brief(self)

    @property
    def at(self) -> State:
        """Return the state in which the array is solved."""
        assert self.state is not None
        return self.state

    @cached_property
    def reads(self) -> StaticReads:
        """Return what reads single cells."""
        return StaticReads(as_walked(self.array, self.at), self.at.lead)

    @property
    def static(self) -> StaticArray:
        """Return the array with all lines at their drivers."""
        return self.reads.driven

    @property
    def linear(self) -> bool:
        """Return whether all devices are resistors."""
        return self.static.linear

    def currents(self, inputs: ArrayLike) -> np.ndarray:
        """Return the currents of all columns, (cols,) or (N, cols) [A], for inputs (rows,) or (N, rows) [V].

        Where an array of resistors gets more inputs than it has rows, or columns, `matrix_S` is found and multiplied.

        Raises
        ------
        ValueError
            For inputs of another number, or beyond +-0.5 V.
        SimulationError
            Where no operating point is found.
        """
        x = self.array.checked_inputs(inputs)
        many = x.reshape(-1, self.array.rows)
        if self.linear and len(many) > min(self.array.rows, self.array.cols):
            return x @ self.matrix_S
        found = [self._columns(many[k : k + _AT_ONCE]) for k in range(0, len(many), _AT_ONCE)]
        return np.concatenate([np.empty((0, self.array.cols)), *found]).reshape(*x.shape[:-1], self.array.cols)

    @cached_property
    def matrix_S(self) -> np.ndarray:
        """Return the linear matrix that an array of resistors is, lines included, (rows, cols) [S].

        ``inputs @ matrix_S`` are the currents of all columns. ValueError for an array with memristors.
        """
        if not self.linear:
            raise ValueError("matrix_S: an array with memristors is not linear; currents(inputs) solves it")
        rows, cols = self.array.rows, self.array.cols
        if rows <= cols:
            return np.concatenate([self._columns(one) for one in np.array_split(np.eye(rows), -(-rows // _AT_ONCE))])
        # the circuit is reciprocal: bit lines in turn are fewer
        parts = np.array_split(np.eye(cols), -(-cols // _AT_ONCE))
        each = [self.static.solved({"wl": np.zeros((rows, len(one))), "bl": one.T}).i_A for one in parts]
        return -np.concatenate([i.sum(axis=1) for i in each], axis=1)

    def product(self, inputs: ArrayLike) -> Product:
        """Return the product of one vector of inputs, as `ouro_spice.product` does; errors as `currents`."""
        x = self.array.checked_inputs(inputs, one=True)
        return product_of(self.reads.array, self.at, x, self.currents(x), "circuit")

    def read(self, row: int, col: int) -> Sneak:
        """Return what a read of one cell brings, as `ouro_spice.sneak` does.

        Raises
        ------
        ValueError
            For a cell outside the array, or a read through a sense path.
        SimulationError
            Where no operating point is found.
        """
        chosen(self.array, "circuit", reading=True)
        return static_sneak(self.reads, row, col)

    def _columns(self, inputs: np.ndarray) -> np.ndarray:
        """Return the currents of all columns, (N, cols) [A], for inputs (N, rows) [V]."""
        sources = {"wl": inputs.T, "bl": np.zeros((self.array.cols, len(inputs)))}
        return self.static.solved(sources).i_A.sum(axis=0).T
