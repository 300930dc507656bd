"""Linear crossbars with resistive lines: the cases of ``reference/crossbar_*.csv``, their resistances drawn anew.

Word line i is driven at column 0's end, bit line j at row 0's end, each through one segment before its first cell;
further segments lie between neighbouring cells. The bit lines are held at 0 V.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np

FOLDER = Path(__file__).parent / "reference"


@dataclass(frozen=True)
class LinearCrossbar:
    """A crossbar of resistors.

    Resistances (rows, cols) [Ohm], word-line voltages (rows,) [V], resistance of a segment of word and bit line [Ohm],
    current out of each bit line into its driver (cols,) [A].
    """

    resistances: np.ndarray
    v_wl: np.ndarray
    r_wl: float
    r_bl: float
    i_bl: np.ndarray


def drawn(seed: int, rows: int, cols: int, v_low: float, v_high: float) -> tuple[np.ndarray, np.ndarray]:
    """Resistances (rows, cols), log-uniform from 1 kOhm to 1 MOhm [Ohm], then uniform voltages (rows,) [V]."""
    rng = np.random.default_rng(seed)
    resistances = 10 ** rng.uniform(3, 6, (rows, cols))
    return resistances, rng.uniform(v_low, v_high, rows)


def names() -> list[str]:
    """The names of all cases."""
    return list(_rows("crossbar_cases.csv"))


def case(name: str) -> LinearCrossbar:
    """A case by name; AssertionError where this numpy draws other numbers than the one that made the files."""
    (row,) = _rows("crossbar_cases.csv")[name]
    shape = int(row["rows"]), int(row["cols"])
    resistances, v_wl = drawn(int(row["seed"]), *shape, float(row["v_low_V"]), float(row["v_high_V"]))
    for drew, column in ((1 / resistances, "conductance_sum_S"), (v_wl, "v_wl_sum_V")):
        assert np.isclose(drew.sum(), float(row[column]), rtol=1e-12), f"numpy draws other numbers: {name}, {column}"
    i_bl = np.array([float(one["i_bl_A"]) for one in _rows("crossbar_currents.csv")[name]])
    assert i_bl.shape == shape[1:]
    return LinearCrossbar(resistances, v_wl, float(row["r_wl_Ohm"]), float(row["r_bl_Ohm"]), i_bl)


def cells(name: str) -> tuple[np.ndarray, np.ndarray]:
    """Voltage [V] and current [A] of every cell, word line to bit line, each (rows, cols); of the 5x4 cases only."""
    shape = case(name).resistances.shape
    found = _rows("crossbar_cells.csv")[name]
    return tuple(np.array([float(one[key]) for one in found]).reshape(shape) for key in ("v_cell_V", "i_cell_A"))


@lru_cache
def _rows(file: str) -> dict[str, list[dict[str, str]]]:
    found: dict[str, list[dict[str, str]]] = {}
    with (FOLDER / file).open() as text:
        for row in csv.DictReader(text):
            found.setdefault(row["case"], []).append(row)
    return found
