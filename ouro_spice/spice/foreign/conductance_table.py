"""Conductances of a foreign device over its first state: measured in ngspice once, kept, read both ways."""

from __future__ import annotations

import threading
from collections import OrderedDict
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from ..._util.checks import check_range, checked_numbers, shown
from ..._util.files import write_whole
from ..._util.machine import cache_folder
from ...circuit.pulse import HIGHEST_V
from ...compact.checked_conductances import check_inside
from ...compact.statics import Own
from ...device.foreign.foreign_device import ForeignDevice
from ..ngspice import default_engine
from .model_runs import ModelRuns

_NODES = (33, 129)
"""Points of a table: of a plain law few are enough, as `_ENOUGH` tells, which then take a fraction of a second."""

_ENOUGH = 1e-7
_SCALES = {"g": (np.array, np.array), "ln g": (np.log, np.exp), "1/g": (np.reciprocal, np.reciprocal)}
"""Between its points a table is a smooth curve of one of these, of that which predicts them best."""

_FORMAT = 1
"""Of the files: another number for another way of measuring."""

_KEPT = 256


class ConductanceTable:
    """Holds g = I/V at a device's read voltage over its first state, the others at rest; monotone between its points.

    Attributes
    ----------
    x, g_S
        Points, x rising, shape (N,).
    error
        How far half of the points are from what the other half predicts, relative: an upper bound, as a rule 8 times
        the table's own error.

    Raises
    ------
    ValueError
        Where the conductance does not rise, or fall, with the state all the way, or is negative.
    """

    def __init__(self, x: np.ndarray, g_S: np.ndarray, rises: bool, what: str) -> None:
        steps = np.diff(g_S) * (1 if rises else -1)
        if not np.all(np.isfinite(g_S)) or np.any(steps <= 0) or np.any(g_S < 0):
            bad = int(np.argmax(~np.isfinite(g_S[1:]) | (steps <= 0) | (g_S[1:] < 0)))
            raise ValueError(
                f"{what}: the conductance does not {'rise' if rises else 'fall'} with the state from {x[bad]:g} to "
                f"{x[bad + 1]:g}: {g_S[bad]:g} and {g_S[bad + 1]:g} S"
            )
        self.x, self.g_S, self.rises = x, g_S, rises
        errors = {name: self._tried(name) for name in _SCALES if name == "g" or g_S.min() > 0}
        self._scale = min(errors, key=lambda name: errors[name])
        self.error = errors[self._scale]
        self._curve = self._through(x, _SCALES[self._scale][0](g_S))

    def _tried(self, name: str) -> float:
        """Return how far off the points between are where every second one is taken, relative."""
        scaled, unscaled = _SCALES[name]
        between = unscaled(self._through(self.x[::2], scaled(self.g_S[::2]))(self.x[1::2]))
        return float(np.max(np.abs(between / self.g_S[1::2] - 1)))

    @staticmethod
    def _through(x: np.ndarray, y: np.ndarray) -> Any:
        from scipy.interpolate import PchipInterpolator

        return PchipInterpolator(x, y)

    @property
    def range_S(self) -> tuple[float, float]:
        """Return the smallest and the largest conductance [S]."""
        return float(self.g_S.min()), float(self.g_S.max())

    def conductances(self, x: ArrayLike) -> np.ndarray:
        """Return the conductance [S] at values of the state, same shape; beyond its bounds that at the bound."""
        return _SCALES[self._scale][1](self._curve(np.clip(x, self.x[0], self.x[-1])))

    def states(self, g_S: ArrayLike) -> np.ndarray:
        """Return the state at conductances [S], same shape, by bisection; beyond their range that at its end."""
        wanted = np.asarray(g_S, dtype=float)
        low, high = np.full(wanted.shape, self.x[0]), np.full(wanted.shape, self.x[-1])
        for _ in range(80):
            middle = (low + high) / 2
            above = (self.conductances(middle) > wanted) == self.rises
            low, high = np.where(above, low, middle), np.where(above, middle, high)
        ends = self.conductances(np.stack([low, high])) - wanted
        return np.where(np.abs(ends[0]) <= np.abs(ends[1]), low, high)


class ForeignStatics:
    """The `Statics` of foreign devices: their currents are solved in ngspice, their conductance tables kept.

    A copy in another process has an engine of its own.
    """

    def __init__(self) -> None:
        self._tables: OrderedDict[str, ConductanceTable] = OrderedDict()
        self._lock = threading.RLock()

    def __reduce__(self) -> tuple:
        return foreign_statics, ()

    def check_model(self, model: str) -> None:
        """Raise ValueError: the equations are known to ngspice alone."""
        raise ValueError(
            f"model {shown(model)}: this needs kernels; the equations of a foreign model are ngspice's alone"
        )

    def currents(self, device: ForeignDevice, volts: np.ndarray, states: np.ndarray) -> np.ndarray:
        """Return the static current from AE to OE [A], (K,), at V(AE, OE) (K,) [V], each in a state (K, states)."""
        return ModelRuns(default_engine().reply).currents(device, volts, states)

    def table(self, device: ForeignDevice) -> ConductanceTable:
        """Return the conductances of a device over its first state, measured where no earlier call has."""
        # where it starts does not decide it
        key = device.replace(**{state.name: state.start for state in device.description.states[:1]}).digest
        with self._lock:
            found = self._tables.get(key)
            if found is None:
                found = self._tables[key] = self._stored(device, key)
            self._tables.move_to_end(key)
            while len(self._tables) > _KEPT:
                self._tables.popitem(last=False)
        return found

    def static_current(
        self, device: ForeignDevice, v: ArrayLike, x: ArrayLike, model: str | None = None, own: Own | None = None
    ) -> np.ndarray:
        """Return currents from AE to OE [A], shape (...)."""
        volts, first = np.broadcast_arrays(checked_numbers("v", v), checked_numbers(device.lead.name, x))
        if not np.all(np.abs(volts) <= HIGHEST_V):
            raise ValueError(f"v = {shown(v)} must be finite, within {HIGHEST_V:g} V")
        states = np.tile(np.array(device.start), (volts.size, 1))
        states[:, 0] = first.ravel()
        for one in states:
            device.legal(one)
        return self.currents(device, volts.ravel().astype(float), states).reshape(volts.shape)

    def rate(
        self, device: ForeignDevice, v: ArrayLike, x: ArrayLike, model: str | None = None, own: Own | None = None
    ) -> np.ndarray:
        """Raise ValueError: ngspice does not say the rate of a state."""
        device.require("kernels", "the rate of a state")
        raise ValueError("the rate of a foreign model is not known")

    def conductance(
        self, device: ForeignDevice, x: ArrayLike, model: str | None = None, own: Own | None = None
    ) -> np.ndarray:
        """Return conductances I/V at the device's read voltage [S], shape (...)."""
        return self.table(device).conductances(x)

    def fast_conductance(self, device: ForeignDevice, x: np.ndarray) -> np.ndarray:
        """Return the same of many states, (T,)."""
        return self.table(device).conductances(x)

    def states_for(self, device: ForeignDevice, g_S: ArrayLike, model: str | None = None) -> np.ndarray:
        """Return states at conductances [S], same shape; ValueError for one that the device cannot have."""
        table = self.table(device)
        wanted = np.asarray(g_S, dtype=float)
        check_inside(wanted, *table.range_S)
        return table.states(wanted)

    def state_at(self, device: ForeignDevice, g_S: float, model: str | None = None) -> float:
        """Return the state at one conductance [S]; ValueError, naming the range, for one that it cannot have."""
        check_range("g_S", g_S, 0, 1.0, "S")
        return float(self.states_for(device, g_S))

    def window_S(self, device: ForeignDevice, model: str | None = None) -> tuple[float, float]:
        """Return the smallest and largest conductance of what is programmed [S]."""
        low, high = self.table(device).conductances(np.array(device.window_x))
        return float(low), float(high)

    def range_S(self, device: ForeignDevice, model: str | None = None) -> tuple[float, float]:
        """Return the same as `window_S`."""
        return self.window_S(device)

    def reach_S(self, device: ForeignDevice, law: Any, model: str | None = None) -> tuple[float, float]:
        """Return the smallest and largest conductance [S] of the windows of devices at the ends of a D2D law."""
        low, high = nominal = self.window_S(device)
        if law is None:
            return nominal
        chosen, values = device.spread_law(law), device.parameters
        for name, cut in zip(chosen.names, chosen.cut, strict=True):
            known = device.table()[name]
            ends = np.clip(values[name] * np.array([1 - cut, 1 + cut]), known.low, known.high)
            windows = [self.window_S(device.replace(**{name: float(end)})) for end in ends]
            # what each parameter moves it by alone, taken together
            low *= min(1.0, *(window[0] / nominal[0] for window in windows))
            high *= max(1.0, *(window[1] / nominal[1] for window in windows))
        return low, high

    def _stored(self, device: ForeignDevice, key: str) -> ConductanceTable:
        """Return the table of a file in the cache, which is made where it is not there, or damaged."""
        path = cache_folder() / "conductances" / f"{key[:20]}-{_FORMAT}.npz"
        try:
            with path.open("rb") as file, np.load(file, allow_pickle=False) as archive:
                x, g_S = archive["x"], archive["g_S"]
        except (OSError, ValueError, KeyError, EOFError):
            x, g_S = self._measured(device)
            path.parent.mkdir(parents=True, exist_ok=True)
            write_whole(path, lambda temporary: _write(temporary, x, g_S))
        return _table(device, x, g_S)

    def _measured(self, device: ForeignDevice) -> tuple[np.ndarray, np.ndarray]:
        """Return values of a device's first state and its conductances there [S], as many as it needs."""
        x, g_S = _points(device, self.currents, _NODES[0])
        if _table(device, x, g_S).error > _ENOUGH:
            x, g_S = _points(device, self.currents, _NODES[1])
        return x, g_S


def _table(device: ForeignDevice, x: np.ndarray, g_S: np.ndarray) -> ConductanceTable:
    state = device.description.states[0]
    return ConductanceTable(x, g_S, state.rises, f"{device.description.file}: [state.{state.name}]")


def _points(device: ForeignDevice, currents: Any, nodes: int) -> tuple[np.ndarray, np.ndarray]:
    """Return values of a device's first state and its conductances there [S], (nodes,) each."""
    state = device.description.states[0]
    space = np.geomspace if state.logarithmic else np.linspace
    x = np.asarray(space(state.low, state.high, nodes))
    x[0], x[-1] = state.low, state.high
    states = np.tile(np.array(device.start), (nodes, 1))
    states[:, 0] = x
    return x, currents(device, np.full(nodes, device.read_V), states) / device.read_V


def _write(path: Any, x: np.ndarray, g_S: np.ndarray) -> None:
    with path.open("wb") as file:
        np.savez(file, allow_pickle=False, x=x, g_S=g_S)


_STATICS = ForeignStatics()


def foreign_statics() -> ForeignStatics:
    """Return the statics of this process."""
    return _STATICS
