"""Cells as frozen descriptions, and the testbenches they become: netlist text, analysis, probes."""

from .cell import Cell, Cell1R, Cell1T1R
from .compact_cell import CompactCell
from .drive import WriteDriver
from .parts import Driver, Lines, Read, Resistor, Transistor
from .process import Process
from .sense import ReadingClipped, Sense
from .testbench import Testbench

__all__ = [
    "Cell",
    "Cell1R",
    "Cell1T1R",
    "CompactCell",
    "Driver",
    "Lines",
    "Process",
    "Read",
    "ReadingClipped",
    "Resistor",
    "Sense",
    "Testbench",
    "Transistor",
    "WriteDriver",
]
