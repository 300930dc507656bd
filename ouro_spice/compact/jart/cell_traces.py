"""Traces of one cell of a solved array, as a waveform has them."""

from __future__ import annotations

import numpy as np

from ...device.jart.jart_device import Device
from .jart_characteristics import temperature


def traces(device: Device, x: np.ndarray, v: np.ndarray, i: np.ndarray) -> dict[str, np.ndarray]:
    """Return traces of a device's state over time, each (T,), of ln N, voltages [V] and currents [A] (T,)."""
    n = np.exp(x)
    r = np.clip(device.r + device.drdN * (n - device.Nref), 0.5 * device.r, 2 * device.r)
    return {"n_disc": n, "temperature": temperature(device, v, i, r)}
