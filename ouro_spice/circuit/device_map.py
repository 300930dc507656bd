"""Many devices at once: conductances and states of all cells of an array, without a loop over them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from .._util.display import brief, shows
from .._util.forks import cached_property
from ..compact import characteristics
from ..device.memristor import Memristor
from ..device.state import State
from .parts import Resistor

_HALVINGS = 50


@dataclass(frozen=True)
class DeviceMap:
    """Devices that may differ in every parameter, fastest where only what is a cell's own differs."""

    devices: tuple[Memristor | Resistor, ...]

    @shows
    def __repr__(self) -> str:
        return brief(self)

    @cached_property
    def bounds(self) -> np.ndarray:
        """Return the smallest and largest first state variable of each device, (2, K); 1 for a resistor."""
        known: dict[int, tuple[float, float]] = {}
        for device in self.devices:
            if id(device) not in known:
                known[id(device)] = device.bounds if isinstance(device, Memristor) else (1.0, 1.0)
        return np.array([known[id(device)] for device in self.devices]).T

    @cached_property
    def groups(self) -> list[tuple[Memristor, np.ndarray]]:
        """Return groups of memristors that differ in their own parameters alone: the first of each, their places."""
        groups: dict[tuple, tuple[Memristor, list[int]]] = {}
        keys: dict[int, tuple] = {}
        if not set(map(type, self.devices)) - {Resistor}:
            return []
        for k, device in enumerate(self.devices):
            if isinstance(device, Memristor):
                if id(device) not in keys:
                    keys[id(device)] = device.alike
                groups.setdefault(keys[id(device)], (device, []))[1].append(k)
        return [(first, np.array(places)) for first, places in groups.values()]

    @cached_property
    def own(self) -> Mapping[str, np.ndarray]:
        """Return the parameters that each device has for itself by name, each (K,); 1 for a resistor."""
        names = self.groups[0][0].OWN if self.groups else ()
        return {name: np.array([getattr(device, name, 1.0) for device in self.devices]) for name in names}

    @cached_property
    def ranges_S(self) -> np.ndarray:
        """Return the smallest and largest conductance that each device can have [S], (2, K)."""
        return np.sort([self.conductances(x) for x in self.bounds], axis=0)

    def conductances(self, x: np.ndarray, state: State | None = None) -> np.ndarray:
        """Return the conductance of each device at its read voltage [S], (K,), as its walk has left it in a state.

        `x` are the first state variables, (K,).
        """
        own = self.own if state is None else self.walked(state)
        g = np.array([1 / getattr(device, "resistance", np.inf) for device in self._resistors])
        for one, places in self.groups:
            g[places] = characteristics.conductance(one, x[places], own=_some(own, places))
        return g

    def states_for(self, g_S: np.ndarray) -> np.ndarray:
        """Return the first state variable of each device at a conductance that it can have, (K,)."""
        if not self.groups:
            return np.ones(len(self.devices))
        if not self.groups[0][0].OWN:
            found = np.ones(len(self.devices))
            for one, places in self.groups:
                found[places] = characteristics.states_for(one, g_S[places])
            return found
        lead = self.groups[0][0].lead
        low, high = lead.scaled(self.bounds)
        for _ in range(_HALVINGS):
            middle = (low + high) / 2
            above = (self.conductances(lead.unscaled(middle)) > g_S) == lead.rises
            low, high = np.where(above, low, middle), np.where(above, middle, high)
        return np.clip(lead.unscaled((low + high) / 2), *self.bounds)

    def currents(self, volts: np.ndarray, x: np.ndarray) -> np.ndarray:
        """Return the static current of each device at voltages [V], (T, K) [A]; `x` is (K,) or (T, K)."""
        i = volts * np.array([1 / getattr(device, "resistance", np.inf) for device in self._resistors])
        for one, places in self.groups:
            own = _some(self.own, places)
            i[:, places] = characteristics.static_current(one, volts[:, places], x[..., places], own=own)
        return i

    def rates(self, volts: np.ndarray, x: np.ndarray) -> np.ndarray:
        """Return dx/dt of each device at voltages [V], (T, K), without the edges of a window."""
        rates = np.zeros(volts.shape)
        for one, places in self.groups:
            own = _some(self.own, places)
            rates[:, places] = characteristics.rate(one, volts[:, places], x[..., places], own=own)
        return rates

    def paces(self, volts: np.ndarray, x: np.ndarray) -> np.ndarray:
        """Return d scaled(x)/dt of each device, on the scale of its state variable, (T, K) [1/s]."""
        rates = self.rates(volts, x)
        return rates / x if self.groups and self.groups[0][0].lead.scale == "log" else rates

    def moved(self, x: np.ndarray, way: np.ndarray) -> np.ndarray:
        """Return states, (K,), moved by ways on the scale of their variable, (K,)."""
        log = bool(self.groups) and self.groups[0][0].lead.scale == "log"
        return x * np.exp(way) if log else x + way

    def some(self, places: np.ndarray) -> DeviceMap:
        """Return the map of some of these devices, by their places (P,)."""
        return DeviceMap(tuple(self.devices[k] for k in places))

    def walked(self, state: State) -> Mapping[str, np.ndarray]:
        """Return `own` as the devices have walked in a state."""
        if not state.wander:
            return self.own
        own = {name: values.copy() for name, values in self.own.items()}
        for k, (device, wander) in enumerate(zip(self.devices, state.wander, strict=True)):
            if wander is not None and isinstance(device, Memristor):
                now = device.now(state.x[k], wander)
                for name, values in own.items():
                    values[k] = getattr(now, name)
        return own

    @property
    def _resistors(self) -> list[Resistor | None]:
        """Return the known resistors, None in the place of a memristor."""
        return [device if isinstance(device, Resistor) else None for device in self.devices]


def _some(own: Mapping[str, np.ndarray], places: np.ndarray) -> Mapping[str, np.ndarray]:
    """Return the parameters of devices at some places, each (P,)."""
    return {name: values[places] for name, values in own.items()}
