"""What a family says of its memristors without SPICE: current, rate, conductance and its inverse, for arrays."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

import numpy as np
from numpy.typing import ArrayLike

Own = Mapping[str, ArrayLike]
"""Values of parameters that each point has for itself, of ``Memristor.OWN``, by name; the device's own for others."""


class Statics(Protocol):
    """The static characteristics of the memristors of a family.

    Voltages are V(AE, OE) [V], states `x` values of the first state variable; both are broadcast to shape (...), and
    so are values of `own`. `model` is a compact model of the family, None the one that circuits use.
    """

    def check_model(self, model: str) -> None:
        """Raise ValueError for a compact model that the family does not have."""
        ...

    def static_current(
        self, device: Any, v: ArrayLike, x: ArrayLike, model: str | None = None, own: Own | None = None
    ) -> np.ndarray:
        """Return currents from AE to OE [A], shape (...)."""
        ...

    def rate(
        self, device: Any, v: ArrayLike, x: ArrayLike, model: str | None = None, own: Own | None = None
    ) -> np.ndarray:
        """Return dx/dt [1/s of x's unit], shape (...); ValueError of a family that cannot say it."""
        ...

    def conductance(self, device: Any, x: ArrayLike, model: str | None = None, own: Own | None = None) -> np.ndarray:
        """Return conductances I/V at the device's read voltage [S], shape (...)."""
        ...

    def fast_conductance(self, device: Any, x: np.ndarray) -> np.ndarray:
        """Return conductances [S] of many states, (T,), from a table where that is quicker."""
        ...

    def states_for(self, device: Any, g_S: ArrayLike, model: str | None = None) -> np.ndarray:
        """Return states at conductances [S], same shape; ValueError for one that the device cannot have."""
        ...

    def state_at(self, device: Any, g_S: float, model: str | None = None) -> float:
        """Return the state at one conductance [S]; ValueError, naming the range, for one that it cannot have."""
        ...

    def window_S(self, device: Any, model: str | None = None) -> tuple[float, float]:
        """Return the smallest and largest conductance of what is programmed [S]."""
        ...

    def reach_S(self, device: Any, law: Any, model: str | None = None) -> tuple[float, float]:
        """Return the smallest and the largest conductance [S] of the devices of a D2D law, None: of this one, wherever
        their walk takes them.
        """
        ...

    def range_S(self, device: Any, model: str | None = None) -> tuple[float, float]:
        """Return the same, worked out anew for each device: for devices that are many, and seen once."""
        ...
