"""All columns read at once: the product of a vector of inputs with the conductance map, and what it deviates by."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from .._util.checks import check_engine
from .._util.display import brief, shows
from ..circuit.crossbar import Crossbar
from ..device.state import State
from ..spice.ngspice import Engine, default_engine
from .positions_in_turn import check_array
from .recorded_voltages import as_walked

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, eq=False)
class Product:
    """Currents of all columns for one vector of inputs.

    Attributes
    ----------
    inputs
        1R: voltages of the word lines [V]. 1T1R: 0 or 1, which gates are on. (rows,)
    i_A
        Current out of each bit line into its driver, (cols,) [A].
    ideal_A
        The same of the devices alone, each at the full voltage, without lines, transistors and drivers, (cols,) [A].
    g_eff_S
        Where one row alone is driven: current over voltage of each column, the conductances as they seem [S]; NaN
        elsewhere. (cols,)
    """

    inputs: np.ndarray
    i_A: np.ndarray
    ideal_A: np.ndarray
    g_eff_S: np.ndarray

    @shows
    def __repr__(self) -> str:
        return brief(self)

    @property
    def deviation(self) -> np.ndarray:
        """Return the relative deviation from the ideal, (cols,); NaN where that is 0."""
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.where(self.ideal_A != 0, self.i_A / self.ideal_A - 1, np.nan)

    @property
    def frame(self) -> pd.DataFrame:
        """Return a table of currents, one row a column of the array."""
        import pandas as pd

        names = ("i_A", "ideal_A", "deviation", "g_eff_S")
        return pd.DataFrame({"col": np.arange(len(self.i_A))} | {name: getattr(self, name) for name in names})

    @property
    def summary(self) -> dict[str, object]:
        """Return currents and the largest deviation, for JSON."""
        finite = self.deviation[np.isfinite(self.deviation)]
        return {
            "i_A": self.i_A.tolist(),
            "ideal_A": self.ideal_A.tolist(),
            "worst_deviation": float(finite[np.argmax(np.abs(finite))]) if len(finite) else None,
        }


def product(array: Crossbar, inputs: ArrayLike, state: State | None = None, engine: Engine | None = None) -> Product:
    """Read all columns at once, at the operating point, and return their currents.

    Parameters
    ----------
    array
        The array. Its bit lines are held by their drivers, at 0 V in a positive read; a `Sense` takes no part.
    inputs
        (rows,): 1R: voltages of the word lines, -0.5 .. 0.5 V. 1T1R: 0 or 1, which gates are on; all source lines are
        at the read voltage, or all bit lines are where it is negative.
    state
        Where the memristors stand: ``array.state(g_map)``.
    engine
        What runs the circuit.

    Raises
    ------
    ValueError
        For inputs of another number or out of range, or a state of another array.
    SimulationError
        Where no operating point is found.
    """
    check_array(array, state)
    check_engine(engine)
    state = state or array.state()
    array = as_walked(array, state)
    bench = array.product_testbench(inputs, State(state.x))
    wave = (engine or default_engine()).run(bench)
    x = np.asarray(inputs, dtype=float)
    volts = np.repeat(x * (array.cell.read.voltage if array.gated else 1.0), array.cols)
    ideal = array.ensemble.currents(volts[None], state.lead).reshape(array.rows, array.cols).sum(axis=0)
    i = np.array([float(wave[f"i_bl{col}"][0]) for col in range(array.cols)])
    driven = np.flatnonzero(x)
    seen = i / volts[driven[0] * array.cols] if len(driven) == 1 else np.full(array.cols, np.nan)
    return Product(x, i, ideal, seen)
