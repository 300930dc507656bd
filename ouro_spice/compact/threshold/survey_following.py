"""Devices of the families of this folder in time, each by itself, in the signs of the flow."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from . import survey_pulses
from .survey_families import currents, family_number, family_vector


def follow_behind(
    device: Any, time_s: np.ndarray, volts: np.ndarray, x: float, rs_ohm: float = 0.0
) -> tuple[np.ndarray, np.ndarray, float]:
    """Return states and currents from AE to OE [A], each (T,), and the energy taken [J], from a state on.

    Parameters
    ----------
    device
        The memristor.
    time_s, volts
        (T,) ascending [s] and the voltages over device and series resistance, AE against OE [V], straight in between.
    x
        The state at the beginning.
    rs_ohm
        The series resistance [Ohm].

    Raises
    ------
    ArithmeticError
        Where the device has no finite rate at these voltages.
    """
    own = -device.POLARITY * np.asarray(volts, dtype=float)
    number, vector = family_number(device), family_vector(device)
    states = survey_pulses.followed(number, np.asarray(time_s, dtype=float), own, float(x), float(rs_ohm), vector)
    if not np.all(np.isfinite(states)):
        raise ArithmeticError("no finite rate at these voltages")
    states = np.clip(states, device.state.low, device.state.high)
    g = currents(device, 1.0, states)
    amps = own * g / (1.0 + rs_ohm * g)
    return states, -device.POLARITY * amps, float(np.trapezoid(own * amps, time_s))


def follow_each(
    devices: Sequence[Any], time_s: np.ndarray, volts: np.ndarray, x: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return states at the end and energies taken [J], each (D,); arguments as `following.followed`."""
    done = [follow_behind(device, time_s, volts[k], float(x[k])) for k, device in enumerate(devices)]
    return np.array([states[-1] for states, _, _ in done]), np.array([energy_J for _, _, energy_J in done])
