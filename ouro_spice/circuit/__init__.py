"""Cells as frozen descriptions, and the testbenches they become: netlist text, analysis, probes."""

from .cell import Cell, Cell1R, Cell1T1R
from .parts import Driver, Lines, Read, Resistor, Transistor
from .testbench import Testbench

__all__ = ["Cell", "Cell1R", "Cell1T1R", "Driver", "Lines", "Read", "Resistor", "Testbench", "Transistor"]
