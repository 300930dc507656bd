"""Static current, rate and conductance of any memristor, without a circuit around it, over whole arrays.

Each family says them for itself, see `Statics`; that of a user's own model measures them in SPICE. ``g`` is I/V of the
device alone at its read voltage. States are those of the first state variable, the others being at rest.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from ..device.jart.jart_parameters import JartParameters
from ..device.memristor import Memristor
from ..device.threshold.threshold_device import ThresholdDevice
from .statics import Own, Statics


def statics(device: Memristor) -> Statics:
    """Return what knows the static characteristics of a device: its family, or what the device itself brings."""
    brought = getattr(device, "statics", None)
    return brought or _of_family(type(device))


@lru_cache(maxsize=32)
def _of_family(kind: type) -> Statics:
    """Return the static characteristics of a family of this package."""
    if issubclass(kind, JartParameters):
        from .jart.jart_statics import JartStatics

        return JartStatics()
    if issubclass(kind, ThresholdDevice):
        from .threshold.survey_statics import SurveyStatics

        return SurveyStatics()
    raise ValueError(f"{kind.__name__} says nothing of its static characteristics")


def check_model(device: Memristor, model: str) -> None:
    """Raise ValueError for a compact model that the device's family does not have."""
    statics(device).check_model(model)


def static_current(
    device: Memristor, v: ArrayLike, x: ArrayLike, model: str | None = None, own: Own | None = None
) -> np.ndarray:
    """Return the static current from AE to OE [A] at voltages V(AE, OE) [V] and states, broadcast to shape (...).

    Parameters
    ----------
    device
        The memristor.
    v, x
        Voltages [V] and values of the first state variable.
    model
        One of the family's compact models; None: the one that circuits use.
    own
        Values of parameters of ``Memristor.OWN`` by name, broadcast likewise.

    Raises
    ------
    ValueError
        For a voltage that is not finite, or an illegal state.
    """
    return statics(device).static_current(device, v, x, model, own)


def rate(device: Memristor, v: ArrayLike, x: ArrayLike, model: str | None = None, own: Own | None = None) -> np.ndarray:
    """Return dx/dt at constant voltage, shape (...); arguments and errors as `static_current`."""
    return statics(device).rate(device, v, x, model, own)


def conductance(device: Memristor, x: ArrayLike, model: str | None = None, own: Own | None = None) -> np.ndarray:
    """Return the conductance of the device alone at its read voltage [S] at states, shape (...)."""
    return statics(device).conductance(device, x, model, own)


def fast_conductance(device: Memristor, x: np.ndarray) -> np.ndarray:
    """Return conductances [S] of many states of one device, (T,), from a table where that is quicker."""
    return statics(device).fast_conductance(device, x)


def states_for(device: Memristor, g_S: ArrayLike, model: str | None = None) -> np.ndarray:
    """Return the states at which a device has conductances [S], same shape.

    Raises
    ------
    ValueError
        For a conductance that the device cannot have (the limits are named).
    """
    return statics(device).states_for(device, g_S, model)


def state_at(device: Memristor, g_S: float, model: str | None = None) -> float:
    """Return the state at one conductance [S], a plain float; errors as `states_for`, for what is no number, too."""
    return statics(device).state_at(device, g_S, model)


def window_S(device: Memristor, model: str | None = None) -> tuple[float, float]:
    """Return the smallest and the largest conductance of what is programmed [S]."""
    return statics(device).window_S(device, model)


def reach_S(device: Memristor, law: Any, model: str | None = None) -> tuple[float, float]:
    """Return the smallest and the largest conductance [S] of the devices of a D2D law, None: of this one, wherever
    their walk takes them.
    """
    return statics(device).reach_S(device, law, model)


def range_S(device: Memristor, model: str | None = None) -> tuple[float, float]:
    """Return the same for devices that are many, and each seen once."""
    return statics(device).range_S(device, model)
