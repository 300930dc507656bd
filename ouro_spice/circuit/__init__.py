"""Cells as frozen descriptions, and the testbenches they become: netlist text, analysis, probes."""

from .cell import Cell1R, Cell1T1R
from .compact_cell import CompactCell
from .crossbar import Crossbar
from .drive import WriteDriver
from .parts import Driver, Lines, Read, Resistor, Transistor
from .process import Process
from .selection import Selection
from .sense import ReadingClipped, Sense
from .testbench import Testbench

Cell = Cell1R | Cell1T1R | Selection

__all__ = [
    "Cell",
    "Cell1R",
    "Cell1T1R",
    "CompactCell",
    "Crossbar",
    "Driver",
    "Lines",
    "Process",
    "Read",
    "ReadingClipped",
    "Resistor",
    "Selection",
    "Sense",
    "Testbench",
    "Transistor",
    "WriteDriver",
]
