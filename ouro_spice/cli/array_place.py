"""The options that put a cell into an array for ``--cell array``, and those of the fidelity of either."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import Annotated

from ..circuit.cell_kinds import Cell
from ..circuit.compact_cell import CompactCell
from ..circuit.crossbar import Crossbar
from .cells import Described
from .output import option

Crossing = enum.Enum("Crossing", {"R1": "1r", "T1R1": "1t1r"})
"""The cells that an array is made of."""

Anyhow = enum.Enum("Anyhow", {"FULL": "full", "CIRCUIT": "circuit", "FROZEN": "frozen"})
"""What solves the circuit."""


@dataclass(frozen=True)
class Place:
    """With ``--cell array``: the array, and the cell of it that is pulsed; `array_cell` is None for other cells."""

    array_cell: Annotated[Crossing | None, option("With --cell array: what it is made of, 1t1r by default.")] = None
    rows: Annotated[int | None, option("Its word lines, 8 by default.", min=1)] = None
    cols: Annotated[int | None, option("Its bit lines, 8 by default.", min=1)] = None
    row: Annotated[int | None, option("Word line of the cell; the last by default, far from the drivers.", min=0)] = (
        None
    )
    col: Annotated[int | None, option("Its bit line; the last by default.", min=0)] = None
    scheme: Annotated[str | None, option("Lines that are not selected, of 1r: half, third, grounded, floating.")] = None
    fidelity: Annotated[
        Anyhow | None,
        option(
            "full (default): all in SPICE; circuit: kernels behind the circuit, measured in SPICE; with --cell array "
            "frozen: memristors that provably do not switch stay."
        ),
    ] = None
    beside: Annotated[
        int | None, option("With --fidelity circuit: records that are made in full SPICE, too, 60 by default.", min=1)
    ] = None

    def put(self, cell: Described) -> Cell | CompactCell:
        """Return the cell in its array, where there is one; else the cell, at its fidelity.

        Raises
        ------
        ValueError
            For a fidelity that the cell does not have.
        """
        how = self.fidelity or Anyhow.FULL
        if self.beside is not None and how is not Anyhow.CIRCUIT:
            raise ValueError("--beside: only with --fidelity circuit")
        if self.array_cell is not None and how is Anyhow.CIRCUIT:
            raise ValueError(
                "--fidelity circuit is for `ouro-spice array`: records in arrays are made in full or frozen"
            )
        if self.array_cell is None or isinstance(cell, CompactCell):
            if how is Anyhow.FROZEN:
                raise ValueError("--fidelity frozen: only with --cell array")
            if how is Anyhow.FULL:
                return cell
            if isinstance(cell, CompactCell):
                raise ValueError(f"--fidelity {how.value}: a compact cell has no circuit; take --cell 1r or 1t1r")
            return cell.replace(fidelity=how.value)
        array = Crossbar(self.rows or 8, self.cols or 8, cell, self.scheme)
        row = array.rows - 1 if self.row is None else self.row
        col = array.cols - 1 if self.col is None else self.col
        return array.cell_at(row, col, how.value)
