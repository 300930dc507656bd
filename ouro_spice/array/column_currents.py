"""What a product of an array brings: currents of all columns, and what they deviate by from the devices alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from .._util.display import brief, shows
from ..circuit.crossbar import Crossbar
from ..device.state import State

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
    fidelity
        What made it: "full": ngspice; "circuit": nodal analysis, see `ArraySolver`.
    agreement
        How far a sample of the array, solved in both ways, is from ngspice, of the largest current; None without one.
    """

    inputs: np.ndarray
    i_A: np.ndarray
    ideal_A: np.ndarray
    g_eff_S: np.ndarray
    fidelity: str = "full"
    agreement: float | None = None

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
            "fidelity": self.fidelity,
            "agreement": self.agreement,
            "i_A": self.i_A.tolist(),
            "ideal_A": self.ideal_A.tolist(),
            "worst_deviation": float(finite[np.argmax(np.abs(finite))]) if len(finite) else None,
        }


def product_of(
    array: Crossbar, state: State, x: np.ndarray, i_A: np.ndarray, fidelity: str, agreement: float | None = None
) -> Product:
    """Return the product whose columns bring these currents (cols,) [A], beside the devices alone."""
    volts = np.repeat(x * (array.cell.read.voltage if array.gated else 1.0), array.cols)
    ideal = array.ensemble.currents(volts[None], state.lead).reshape(array.rows, array.cols).sum(axis=0)
    driven = np.flatnonzero(x)
    seen = i_A / volts[driven[0] * array.cols] if len(driven) == 1 else np.full(array.cols, np.nan)
    return Product(x, i_A, ideal, seen, fidelity, agreement)
