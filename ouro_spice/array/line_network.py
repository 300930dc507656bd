"""The lines of a 1R array as a network of resistors: nodal analysis by one sparse factorisation, for many inputs.

The circuit is that of the netlist: a segment of line between each two cells and before the first one, the driver's
resistance there, and `OPEN_OHM` to ground where a line floats at its driver.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
from scipy.sparse.linalg import SuperLU, splu

from .._util.forks import cached_property
from ..circuit.array_protocol import Array
from ..circuit.drivers import OPEN_OHM, WriteDriver
from .line_order import dissection


@dataclass(frozen=True, eq=False)
class LineNetwork:
    """The lines of an array of 1R cells and what their sources see of them.

    Parameters
    ----------
    rows, cols
        Size of the array.
    r_wl, r_bl
        Resistance of a segment of word and bit line [Ohm]; 0: the line is one node.
    ends_wl, ends_bl
        Resistance between each line's source and its first cell [Ohm], (rows,) and (cols,); 0 only where the line is
        one node, which then has the voltage of its source.
    """

    rows: int
    cols: int
    r_wl: float
    r_bl: float
    ends_wl: np.ndarray
    ends_bl: np.ndarray

    @classmethod
    def of(cls, array: Array, floating: Collection[str] = ()) -> LineNetwork:
        """Return the lines of an array, of which those named float: their source is ground, far away.

        Raises
        ------
        ValueError
            For cells with transistors, or drivers made of them.
        """
        lines, driver = array.cell.lines, array.cell.driver
        if array.gated or isinstance(driver, WriteDriver):
            raise ValueError("a network of lines is one of 1R cells with ideal drivers: here there are transistors")

        def ends(kind: str, count: int, segment: float) -> np.ndarray:
            floats = np.array([f"{kind}{k}" in floating for k in range(count)])
            return segment + np.where(floats, OPEN_OHM, driver.resistance)

        r_wl, r_bl = lines.r_wl, lines.r_bl
        return cls(array.rows, array.cols, r_wl, r_bl, ends("wl", array.rows, r_wl), ends("bl", array.cols, r_bl))

    def factorised(self, g_S: np.ndarray) -> FactorisedLines:
        """Return the network with conductances between word and bit line at each cell, (rows, cols) [S], solved."""
        return FactorisedLines(self, g_S)

    @cached_property
    def nodes(self) -> tuple[int, np.ndarray, np.ndarray]:
        """Return how many nodes are unknown, and the nodes of word and bit lines at each cell, (rows, cols).

        Unknown nodes come first, in the order in which they are eliminated; then the sources of word lines, bit lines.
        """
        size, lines = self.rows * self.cols, self.rows + self.cols
        rank = np.empty(2 * size, dtype=int)
        rank[dissection(self.rows, self.cols)] = np.arange(2 * size)
        row, col = np.divmod(np.arange(size), self.cols)
        keys, sources = [], 2 * size + lines + np.arange(lines)
        for line, r, ends, own in (
            (row, self.r_wl, self.ends_wl, rank[:size]),
            (self.rows + col, self.r_bl, self.ends_bl, rank[size:]),
        ):
            held = ends[line - (self.rows if ends is self.ends_bl else 0)] == 0
            keys.append(own if r > 0 else 2 * size + line + np.where(held, lines, 0))
        _, number = np.unique(np.concatenate([*keys, sources]), return_inverse=True)
        word, bit = number[:size].reshape(self.rows, self.cols), number[size : 2 * size].reshape(self.rows, self.cols)
        return int(number[-lines]), word, bit

    @cached_property
    def _branches(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return both nodes of each branch, and conductances of all but the cells', which come last [S]."""
        unknown, word, bit = self.nodes
        sources = unknown + np.arange(self.rows + self.cols)
        pairs = [(np.empty(0, dtype=int),) * 2]
        conductances = [np.empty(0)]
        for line, along, r, ends, source in (
            (word, word.T, self.r_wl, self.ends_wl, sources[: self.rows]),
            (bit.T, bit, self.r_bl, self.ends_bl, sources[self.rows :]),
        ):
            if r > 0:
                pairs.append((line[:, :-1].ravel(), line[:, 1:].ravel()))
                conductances.append(np.full(pairs[-1][0].size, 1 / r))
            driven = ends > 0
            pairs.append((along[0][driven], source[driven]))
            conductances.append(1 / ends[driven])
        pairs.append((word.ravel(), bit.ravel()))
        first, second = (np.concatenate(each) for each in zip(*pairs, strict=True))
        return first, second, np.concatenate(conductances)

    @cached_property
    def _pattern(self) -> tuple[sp.csc_matrix, np.ndarray]:
        """Return a matrix of unknown nodes whose values say which of all entries each one is, and their branches.

        Entries are minus the conductance of a branch, twice, and then the sums of conductances at each node.
        """
        unknown = self.nodes[0]
        first, second, _ = self._branches
        inner = np.flatnonzero((first < unknown) & (second < unknown))
        a, b, diagonal = first[inner], second[inner], np.arange(unknown)
        at = (np.concatenate([a, b, diagonal]), np.concatenate([b, a, diagonal]))
        which = np.arange(len(at[0]), dtype=float)
        return sp.csc_matrix((which, at), shape=(unknown, unknown)), inner

    @cached_property
    def between(self) -> sp.csr_matrix:
        """Return what a current through each cell, word line to bit line, takes from each unknown node."""
        unknown, word, bit = self.nodes
        cells = np.arange(word.size)
        ends = [(nodes.ravel(), sign) for nodes, sign in ((word, 1.0), (bit, -1.0))]
        inner = [(nodes[nodes < unknown], cells[nodes < unknown], sign) for nodes, sign in ends]
        at = tuple(np.concatenate(each) for each in zip(*((n, c) for n, c, _ in inner), strict=True))
        signs = np.concatenate([np.full(len(n), sign) for n, _, sign in inner])
        return sp.csr_matrix((signs, at), shape=(unknown, word.size))

    def matrices(self, g_S: np.ndarray) -> tuple[sp.csc_matrix, sp.csr_matrix]:
        """Return the conductances between unknown nodes, and from sources to unknown nodes [S]."""
        unknown = self.nodes[0]
        first, second, fixed = self._branches
        values = np.concatenate([fixed, np.ravel(g_S)])
        sums = np.bincount(np.concatenate([first, second]), np.tile(values, 2), unknown + self.rows + self.cols)
        pattern, inner = self._pattern
        entries = np.concatenate([-values[inner], -values[inner], sums[:unknown]])
        own = sp.csc_matrix((entries[pattern.data.astype(int)], pattern.indices, pattern.indptr), shape=pattern.shape)
        driven = [(a, b, np.flatnonzero((a < unknown) & (b >= unknown))) for a, b in ((first, second), (second, first))]
        at = tuple(np.concatenate(each) for each in zip(*((a[k], b[k] - unknown) for a, b, k in driven), strict=True))
        conductances = np.concatenate([values[k] for _, _, k in driven])
        return own, sp.csr_matrix((conductances, at), shape=(unknown, self.rows + self.cols))


@dataclass(frozen=True, eq=False)
class FactorisedLines:
    """A network of lines with known conductances at the cells, factorised when it is first asked.

    Parameters
    ----------
    network
        The lines.
    g_S
        Conductance between word and bit line at each cell, (rows, cols) [S], not negative.
    """

    network: LineNetwork
    g_S: np.ndarray

    @cached_property
    def _matrices(self) -> tuple[sp.csc_matrix, sp.csr_matrix]:
        return self.network.matrices(self.g_S)

    @cached_property
    def _factors(self) -> SuperLU:
        # no pivoting: the matrix is symmetric and diagonally dominant, and its order is that of the dissection
        options = {"SymmetricMode": True}
        return splu(self._matrices[0], "NATURAL", diag_pivot_thresh=0.0, relax=1, panel_size=4, options=options)

    def volts(self, sources_V: np.ndarray, extra_A: np.ndarray | None = None) -> np.ndarray:
        """Return the voltage between word and bit line at each cell, (rows, cols, M) [V].

        Parameters
        ----------
        sources_V
            Voltages of the sources of all word lines, then of all bit lines, (rows + cols, M) [V]; 0 of those that
            float.
        extra_A
            Currents through each cell from word to bit line beside that of its conductance, (rows, cols, M) [A].
        """
        network, many = self.network, sources_V.shape[1]
        unknown, word, bit = network.nodes
        volts = np.empty((unknown + len(sources_V), many))
        volts[unknown:] = sources_V
        if unknown:
            taken = self._matrices[1] @ sources_V
            if extra_A is not None:
                taken = taken - network.between @ extra_A.reshape(word.size, many)
            volts[:unknown] = self._factors.solve(taken)
        return volts[word] - volts[bit]
