"""How far an array's own nodal analysis is from ngspice: a seeded sample of its cells, solved by both."""

from __future__ import annotations

import numpy as np

from ..circuit.crossbar import Crossbar
from ..circuit.result import Result, SimulationError
from ..circuit.waveform import Waveform
from ..device.state import State
from ..spice.ngspice import Engine
from .array_solver import ArraySolver

PRODUCT_LIMIT, READ_LIMIT = 1e-6, 1e-3
"""What is further from ngspice is refused: of the largest current of products, and of a cell's current of reads."""


def columns_of(wave: Waveform, cols: int) -> np.ndarray:
    """Return the currents into the drivers of all bit lines at an operating point, (cols,) [A]."""
    return np.array([float(wave[f"i_bl{col}"][0]) for col in range(cols)])


def product_agreement(array: Crossbar, state: State, x: np.ndarray, sample: int, engine: Engine) -> float:
    """Return how far a product is from ngspice's at most, of the largest current, in a sample of the array.

    Parameters
    ----------
    array, state
        The array, its devices as their walks have left them, and where they stand.
    x
        Inputs (rows,) [V].
    sample
        So many rows and columns at most, drawn with seed 0, make the array that is solved by both.
    engine
        Runs the circuit.

    Raises
    ------
    SimulationError
        Where it is further than `PRODUCT_LIMIT`, or one of both finds no operating point.
    """
    rng = np.random.default_rng(0)
    rows, cols = (np.sort(rng.permutation(n)[:sample]) for n in (array.rows, array.cols))
    places = (rows[:, None] * array.cols + cols).ravel()
    devices = tuple(array.device_at(int(k)) for k in places)
    part = array.replace(rows=len(rows), cols=len(cols), devices=devices)
    there = State(tuple(state.x[k] for k in places))
    full = columns_of(engine.run(part.product_testbench(x[rows], there)), len(cols))
    off = np.abs(ArraySolver(part, there).currents(x[rows]) - full).max()
    return checked(float(off / np.abs(full).max()) if off else 0.0, PRODUCT_LIMIT, f"a product of {len(places)} cells")


def checked(off: float, limit: float, what: str) -> float:
    """Return a deviation from ngspice; SimulationError where it is beyond a limit."""
    if off <= limit:
        return off
    text = f'error: {what} is {off:.2g} from ngspice\'s, more than {limit:g}: take fidelity="full"'
    raise SimulationError(Result.OPERATING_POINT, "", (text,))
