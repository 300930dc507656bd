"""The static characteristics of JART devices, as every family has them: the face of `jart_characteristics`."""

from __future__ import annotations

import itertools

import numpy as np
from numpy.typing import ArrayLike

from ...device.jart.jart_device import Device
from ...device.jart.spread import Spread
from ...device.jart.walk import Walk
from ..statics import Own
from . import jart_characteristics as jart


class JartStatics:
    """The `Statics` of JART."""

    def check_model(self, model: str) -> None:
        """Raise ValueError for a model that is not in `MODELS`."""
        jart.check_model(model)

    def static_current(
        self, device: Device, v: ArrayLike, x: ArrayLike, model: str | None = None, own: Own | None = None
    ) -> np.ndarray:
        """Return currents from AE to OE [A], see `jart_characteristics.static_current`."""
        given = own or {}
        return jart.static_current(device, v, x, model, given.get("r"), given.get("l"))

    def rate(
        self, device: Device, v: ArrayLike, x: ArrayLike, model: str | None = None, own: Own | None = None
    ) -> np.ndarray:
        """Return dN/dt [1e26 m^-3 s^-1], see `jart_characteristics.rate`."""
        given = own or {}
        limits = (given["Ndiscmin"], given["Ndiscmax"]) if "Ndiscmin" in given else None
        return jart.rate(device, v, x, model, given.get("r"), given.get("l"), limits)

    def conductance(self, device: Device, x: ArrayLike, model: str | None = None, own: Own | None = None) -> np.ndarray:
        """Return conductances at +0.2 V [S], see `jart_characteristics.conductance`."""
        given = own or {}
        return jart.conductance(device, x, given.get("r"), given.get("l"), model)

    def fast_conductance(self, device: Device, x: np.ndarray) -> np.ndarray:
        """Return conductances [S] of many states, (T,), from the device's spline."""
        return jart.conductance_map(device)(x)

    def states_for(self, device: Device, g_S: ArrayLike, model: str | None = None) -> np.ndarray:
        """Return vacancy concentrations [1e26 m^-3], see `jart_characteristics.concentration`."""
        return jart.concentration(device, g_S, model=model)

    def state_at(self, device: Device, g_S: float, model: str | None = None) -> float:
        """Return the vacancy concentration at one conductance, see `jart_characteristics.concentration_at`."""
        return jart.concentration_at(device, g_S, model)

    def window_S(self, device: Device, model: str | None = None) -> tuple[float, float]:
        """Return the smallest and the largest conductance that the device can have [S]."""
        return jart.window_S(device, model)

    def range_S(self, device: Device, model: str | None = None) -> tuple[float, float]:
        """Return the same without a spline."""
        return jart.range_S(device, None, None, model)

    def reach_S(self, device: Device, law: Spread | None, model: str | None = None) -> tuple[float, float]:
        """Return the smallest and the largest conductance [S] of the devices of a D2D law, wherever their walk takes
        them.
        """
        walk = device.walk if isinstance(device.walk, Walk) else None
        low, high = (np.array(law.low), np.array(law.high)) if law else (np.ones(4), np.ones(4))
        if walk:
            bands = np.array([walk.band, walk.band, walk.band_min, walk.band])
            low, high = low * (1 - bands), high * (1 + bands)
        ends = max(device.Nlo, device.Ndiscmin * low[2]), min(device.Nhi, device.Ndiscmax * high[3])
        r, length = (own * np.array([low[k], high[k]]) for k, own in ((0, device.r), (1, device.l)))
        n, r, length = np.array(list(itertools.product(ends, r, length))).T
        found = jart.conductance(device, n, r, length, model)
        return float(found.min()), float(found.max())
