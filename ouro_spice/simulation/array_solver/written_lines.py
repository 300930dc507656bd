"""The lines of an array as a linear network: nodes, conductances, and which of them drivers hold."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import sparse

from ...circuit.array_protocol import Array
from ...circuit.drivers import OPEN_OHM
from ...circuit.parts import Driver


@dataclass(frozen=True)
class LineNetwork:
    """The resistances between drivers and cells.

    Free nodes come first, then one held node for each driven line; ideal connections are one node.

    Attributes
    ----------
    free
        Number of free nodes.
    driven
        Names of the lines that are held by their drivers, (D,), at the nodes ``free`` ...
    starts
        Node at which each line begins, by the line's name.
    nodes
        Nodes of each line at its cells, by the line's name, (n,).
    laplacian
        Conductances between all nodes, (free + D, free + D) [S].
    """

    free: int
    driven: tuple[str, ...]
    starts: Mapping[str, int]
    nodes: Mapping[str, np.ndarray]
    laplacian: sparse.csr_matrix

    @classmethod
    def of(cls, array: Array, driven: Sequence[str]) -> LineNetwork:
        """Return the network of an array whose lines are all driven but for those that float."""
        builder = _Builder(array, set(driven))
        kinds = ("bl", "sl") if array.gated else ("wl", "bl")
        for name in (line for line in array.lines if line[:2] in kinds):
            builder.line(name)
        return builder.done()

    def at(self, kind: str, rows: int, cols: int) -> np.ndarray:
        """Return the node of each cell on its line of a kind, row by row, (rows cols,)."""
        if kind == "wl":
            return np.concatenate([self.nodes[f"wl{row}"] for row in range(rows)])
        return np.stack([self.nodes[f"{kind}{col}"] for col in range(cols)], axis=1).ravel()


class _Builder:
    """A network under way: held nodes are negative numbers until their place is known."""

    def __init__(self, array: Array, driven: set[str]) -> None:
        self.array, self._to_be_driven = array, driven
        self.free, self.held = 0, 0
        self.driven: list[str] = []
        self.starts: dict[str, int] = {}
        self.nodes: dict[str, list[int]] = {}
        self.joined: list[tuple[int, int, float]] = []
        self.grounded: list[tuple[int, float]] = []

    def line(self, name: str) -> None:
        """Add a line from its driver on."""
        kind = name[:2]
        count = self.array.cols if kind == "wl" else self.array.rows
        each = getattr(self.array.cell.lines, f"r_{kind}")
        driver = self.array.cell.driver
        first = driver.resistance if isinstance(driver, Driver) else 0.0
        node = self._driver(name)
        self.starts[name], self.nodes[name] = node, []
        for k in range(count):
            # behind a driver of a floating line nothing flows: its resistance takes no part
            ohm = each + (first if k == 0 and name in self._to_be_driven else 0.0)
            if ohm > 0:
                before, node = node, self._new()
                self.joined.append((before, node, 1 / ohm))
            self.nodes[name].append(node)

    def _driver(self, name: str) -> int:
        if name in self._to_be_driven:
            self.driven.append(name)
            self.held += 1
            return -self.held
        node = self._new()
        self.grounded.append((node, 1 / OPEN_OHM))
        return node

    def _new(self) -> int:
        self.free += 1
        return self.free - 1

    def _place(self, node: int) -> int:
        return node if node >= 0 else self.free - 1 - node

    def done(self) -> LineNetwork:
        """Return the network."""
        size = self.free + self.held
        one = np.array([self._place(a) for a, _, _ in self.joined], dtype=int)
        two = np.array([self._place(b) for _, b, _ in self.joined], dtype=int)
        g = np.array([g for _, _, g in self.joined])
        alone = np.array([self._place(node) for node, _ in self.grounded], dtype=int)
        to_ground = np.array([g for _, g in self.grounded])
        places = (np.concatenate([one, two, one, two, alone]), np.concatenate([one, two, two, one, alone]))
        values = np.concatenate([g, g, -g, -g, to_ground])
        return LineNetwork(
            free=self.free,
            driven=tuple(self.driven),
            starts={name: self._place(node) for name, node in self.starts.items()},
            nodes={name: np.array([self._place(node) for node in nodes]) for name, nodes in self.nodes.items()},
            laplacian=sparse.csr_matrix((values, places), shape=(size, size)),
        )
