"""Many devices at once: conductances and concentrations of all cells of an array, without a loop over them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .._util.display import brief, shows
from .._util.forks import cached_property
from ..compact.jart import jart_characteristics as characteristics
from ..device.jart import walk_values
from ..device.jart.jart_device import Device
from ..device.jart.jart_parameters import PARAMETERS
from ..device.jart.spread import VARYING
from ..device.state import State
from .parts import Resistor

_OWN = {*VARYING, "Ninit", "Nlo", "Nhi"}
_SHARED = tuple(name for name in PARAMETERS if name not in _OWN)
_HALVINGS = 50


@dataclass(frozen=True)
class DeviceMap:
    """Devices that may differ in every parameter, fastest where only r, l and the limits differ."""

    devices: tuple[Device | Resistor, ...]

    @shows
    def __repr__(self) -> str:
        return brief(self)

    @cached_property
    def bounds(self) -> np.ndarray:
        """Return the smallest and largest ``n_disc`` of each device [1e26 m^-3], (2, K); 1 for a resistor."""
        known: dict[int, tuple[float, float]] = {}
        for device in self.devices:
            if id(device) not in known:
                known[id(device)] = device.bounds if isinstance(device, Device) else (1.0, 1.0)
        return np.array([known[id(device)] for device in self.devices]).T

    @cached_property
    def groups(self) -> list[tuple[Device, np.ndarray]]:
        """Return groups of memristors that differ in r, l and limits alone: the first of each, and their places."""
        groups: dict[tuple, tuple[Device, list[int]]] = {}
        keys: dict[int, tuple] = {}
        for k, device in enumerate(self.devices):
            if isinstance(device, Device):
                if id(device) not in keys:
                    keys[id(device)] = (*(getattr(device, name) for name in _SHARED), device.realisation)
                groups.setdefault(keys[id(device)], (device, []))[1].append(k)
        return [(first, np.array(places)) for first, places in groups.values()]

    @cached_property
    def sizes(self) -> np.ndarray:
        """Return the radius [m] and length [nm] of each device, (2, K)."""
        return np.array([[getattr(device, name, 1.0) for device in self.devices] for name in ("r", "l")])

    def conductances(self, n_disc: np.ndarray, state: State | None = None) -> np.ndarray:
        """Return the conductance of each device at +0.2 V [S], (K,), with r and l as they have walked in a state."""
        radius, length = self.sizes if state is None else self.walked(state)
        g = np.array([1 / getattr(device, "resistance", np.inf) for device in self.devices])
        for one, places in self.groups:
            g[places] = characteristics.conductance(one, n_disc[places], radius[places], length[places])
        return g

    def concentrations(self, g_S: np.ndarray) -> np.ndarray:
        """Return the ``n_disc`` of each device at a conductance that it can have [1e26 m^-3], (K,), by bisection."""
        low, high = np.log(self.bounds)
        for _ in range(_HALVINGS if self.groups else 0):
            middle = (low + high) / 2
            above = self.conductances(np.exp(middle)) > g_S
            low, high = np.where(above, low, middle), np.where(above, middle, high)
        return np.clip(np.exp((low + high) / 2), *self.bounds)

    def currents(self, volts: np.ndarray, n_disc: np.ndarray) -> np.ndarray:
        """Return the static current of each device at voltages [V], (T, K) [A]; `n_disc` is (K,) or (T, K)."""
        i = volts * np.array([1 / getattr(device, "resistance", np.inf) for device in self.devices])
        radius, length = self.sizes
        for one, places in self.groups:
            own = {"r": radius[places], "l": length[places]}
            i[:, places] = characteristics.static_current(one, volts[:, places], n_disc[..., places], **own)
        return i

    def rates(self, volts: np.ndarray, n_disc: np.ndarray) -> np.ndarray:
        """Return dN/dt of each device at voltages [V], (T, K) [1e26 m^-3 s^-1], without the window's edges."""
        rates = np.zeros(volts.shape)
        radius, length = self.sizes
        low, high = (np.array([getattr(d, name, 1.0) for d in self.devices]) for name in ("Ndiscmin", "Ndiscmax"))
        for one, places in self.groups:
            own = {"r": radius[places], "l": length[places], "limits": (low[places], high[places])}
            rates[:, places] = characteristics.rate(one, volts[:, places], n_disc[..., places], **own)
        return rates

    def some(self, places: np.ndarray) -> DeviceMap:
        """Return the map of some of these devices, by their places (P,)."""
        return DeviceMap(tuple(self.devices[k] for k in places))

    def walked(self, state: State) -> np.ndarray:
        """Return the radius [m] and length [nm] of each device as they have walked in a state, (2, K)."""
        if not state.wander:
            return self.sizes
        sizes = self.sizes.copy()
        for k, (device, wander) in enumerate(zip(self.devices, state.wander, strict=True)):
            if wander is not None and isinstance(device, Device):
                sizes[:, k] = walk_values.current_values(device, state.n_disc[k], wander)[:2]
        return sizes
