"""Cells as frozen descriptions, and the testbenches they become: netlist text, analysis, probes."""

from __future__ import annotations

from typing import TypeGuard

from ..device.memristor import Memristor
from .cells import Cell1R, Cell1T1R
from .compact_cell import CompactCell
from .selection import Selection

Cell = Cell1R | Cell1T1R | Selection

LoneCell = Cell1R | Cell1T1R
"""A cell that is in no array."""


def is_measured(cell: object) -> TypeGuard[LoneCell]:
    """Return whether a cell is one at fidelity "circuit"."""
    return isinstance(cell, LoneCell) and cell.fidelity == "circuit"


def in_full(cell: Cell | CompactCell) -> Cell | CompactCell:
    """Return a cell at fidelity "circuit" as the same one in full SPICE, any other as it is."""
    return cell.replace(fidelity="full") if is_measured(cell) else cell


def memristor(cell: Cell | CompactCell) -> Memristor:
    """Return the memristor of a cell, the first one of several; ValueError where a fixed resistor is in its place."""
    if not isinstance(cell.device, Memristor):
        raise ValueError(f"{type(cell).__name__}: there is a fixed resistor in the place of the memristor")
    return cell.device
