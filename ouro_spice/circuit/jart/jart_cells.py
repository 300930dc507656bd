"""Cells whose memristor is a JART device, for studies of what only that has: its walk."""

from __future__ import annotations

from ...device.jart.jart_device import Device
from ..cell_kinds import Cell, memristor
from ..compact_cell import CompactCell


def jart_memristor(cell: Cell | CompactCell) -> Device:
    """Return the JART device of a cell; ValueError where it is of another family, or no memristor."""
    device = memristor(cell)
    if not isinstance(device, Device):
        raise ValueError(f"the memristor is {device.title}: what is studied here is the walk of jart_vcm_v1b")
    return device
