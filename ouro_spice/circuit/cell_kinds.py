"""Cells as frozen descriptions, and the testbenches they become: netlist text, analysis, probes."""

from .cells import Cell1R, Cell1T1R
from .selection import Selection

Cell = Cell1R | Cell1T1R | Selection
