"""Memristors of any family in time, without SPICE, under voltages at the devices themselves."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..device.jart.jart_device import Device
from ..device.memristor import Memristor


def followed(
    devices: Sequence[Memristor], time_s: np.ndarray, volts: np.ndarray, x: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return first state variables at the end and energies taken [J], each (D,), of devices that do not walk.

    Parameters
    ----------
    devices
        D devices of one family.
    time_s, volts
        (T,) ascending [s] and V(AE, OE), (D, T) [V], straight in between.
    x
        First state variables at the beginning, (D,).

    Raises
    ------
    ArithmeticError
        Where a device has no finite rate at these voltages.
    """
    if jart := [one for one in devices if isinstance(one, Device)]:
        from .jart.integration import follow  # numba

        done = follow("tud" if jart[0].realisation == "tud" else "full", jart, time_s, volts, x)
        return done.n_end, done.energy_J
    from .threshold.survey_following import follow_each  # numba

    return follow_each(devices, time_s, volts, x)
