"""The families of `device.threshold` without SPICE: currents, rates, conductances over whole arrays, and over time.

Voltages are V(plus, minus), of the family's own sign. The equations are in compiled kernels; numba is imported by the
first call that needs one.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from ..._util.checks import check_range, checked_numbers
from ...device.threshold.threshold_device import ThresholdDevice
from ..checked_conductances import check_inside

FAMILIES = ("linear_drift", "vteam", "team", "zhang")
"""Names of the families, at the places that are their numbers in kernels."""


def family_number(device: ThresholdDevice) -> int:
    """Return the number that stands for a device's family in kernels."""
    return FAMILIES.index(device.FAMILY)


def family_vector(device: ThresholdDevice) -> np.ndarray:
    """Return all parameters of a device, (P,) float64, in the order of the model's text."""
    return np.array([float(value) for value in device.parameters.values()])


def currents(device: ThresholdDevice, v: ArrayLike, state: ArrayLike) -> np.ndarray:
    """Return currents from plus to minus [A] at voltages [V] and states, broadcast to shape (...)."""
    from . import survey_pulses

    return _evaluated(device, survey_pulses.CURRENT, v, state)


def rates(device: ThresholdDevice, v: ArrayLike, state: ArrayLike) -> np.ndarray:
    """Return d state/dt [1/s] at voltages [V] and states, broadcast to shape (...)."""
    from . import survey_pulses

    return _evaluated(device, survey_pulses.RATE, v, state)


def positions(device: ThresholdDevice, state: ArrayLike) -> np.ndarray:
    """Return x at states, same shape."""
    from . import survey_pulses

    return _evaluated(device, survey_pulses.POSITION, 0.0, state)


def states_at(device: ThresholdDevice, x: ArrayLike) -> np.ndarray:
    """Return the states at x, same shape; ValueError for an x outside 0 .. 1."""
    from . import survey_pulses

    values = checked_numbers("x", x)
    for value in values.flat:
        check_range("x", float(value), 0, 1, "")
    return _evaluated(device, survey_pulses.STATE_AT, 0.0, values)


def state_conductances(device: ThresholdDevice, state: ArrayLike) -> np.ndarray:
    """Return conductances I/V [S] at states, same shape: the same at each voltage."""
    return currents(device, device.read_V, state) / device.read_V


def states_for(device: ThresholdDevice, g_S: ArrayLike) -> np.ndarray:
    """Return the states at which a device has conductances [S], same shape.

    Raises
    ------
    ValueError
        For a conductance that the device cannot have (the limits are named).
    """
    from . import survey_pulses

    g = checked_numbers("g_S", g_S)
    low, high = device.window_S
    check_inside(g, low, high)
    found = _evaluated(device, survey_pulses.STATE_FOR, 0.0, np.clip(g, low, high))
    return np.clip(found, device.state.low, device.state.high)


def initial_state(device: ThresholdDevice) -> float:
    """Return the state at t = 0 that the parameters of a device say."""
    from ...device.threshold.threshold_device import FROM_X

    values = device.parameters
    if values.get("yinit", FROM_X) != FROM_X:
        return values["yinit"]
    return float(states_at(device, values["xinit"]))


def states_after(device: ThresholdDevice, time_s: ArrayLike, volts: ArrayLike, state: float) -> np.ndarray:
    """Return the states (T,) at times [s] (T,), from a state at the first; voltages [V] (T,) straight in between.

    Raises
    ------
    ValueError
        For times that do not ascend, voltages that do not go with them or are not finite, a state out of bounds.
    """
    from . import survey_pulses

    t, v = checked_numbers("time_s", time_s), checked_numbers("volts", volts)
    if t.ndim != 1 or t.shape != v.shape or t.size < 2 or not np.all(np.diff(t) > 0):
        raise ValueError(f"time_s, {t.shape}, must ascend, with as many volts, {v.shape}: two of each at least")
    if not (np.all(np.isfinite(t)) and np.all(np.isfinite(v))):
        raise ValueError("time_s and volts must be finite")
    check_range(device.state.name, float(state), device.state.low, device.state.high, device.state.unit)
    return survey_pulses.followed(family_number(device), t, v, float(state), 0.0, family_vector(device))


def _evaluated(device: ThresholdDevice, what: int, v: ArrayLike, state: ArrayLike) -> np.ndarray:
    """Return a quantity of `survey_pulses` for voltages and states broadcast to shape (...); ValueError for NaN."""
    from . import survey_pulses

    given = np.broadcast_arrays(checked_numbers("v", v), checked_numbers("state", state))
    for name, array in zip(("v", "state"), given, strict=True):
        if not np.all(np.isfinite(array)):
            raise ValueError(f"{name} must be finite, not {array[~np.isfinite(array)][0]:g}")
    volts, states = (np.array(array, dtype=float).ravel() for array in given)
    found = survey_pulses.evaluated(family_number(device), what, volts, states, family_vector(device))
    return found.reshape(given[0].shape)
