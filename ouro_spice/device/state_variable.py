"""One number of a memristor's state: its name, unit and bounds, and the scale on which it moves evenly."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

SCALES = ("linear", "log")


@dataclass(frozen=True)
class StateVariable:
    """One number of a memristor's state.

    Attributes
    ----------
    name, unit
        Say what it is called, as the trace of a waveform is, and what it is in.
    low, high
        Bound it.
    start
        Names the instance parameter that holds it at t = 0; "" where something else does.
    rises
        Says whether the conductance rises with it.
    scale
        Says on which scale, "linear" or "log", it moves evenly: how far it has moved is told on that.
    """

    name: str
    unit: str
    low: float
    high: float
    start: str
    rises: bool
    scale: str = "linear"

    def scaled(self, x: ArrayLike) -> np.ndarray:
        """Return values on the variable's scale, same shape."""
        return np.log(x) if self.scale == "log" else np.asarray(x, dtype=float)

    def unscaled(self, u: ArrayLike) -> np.ndarray:
        """Return values of the variable from those on its scale, same shape."""
        return np.exp(u) if self.scale == "log" else np.asarray(u, dtype=float)
