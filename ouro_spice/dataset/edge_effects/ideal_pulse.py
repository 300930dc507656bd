"""The ideal pulse: a noise-free device at full amplitude, lines settled, no edges; the scale of all else."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from ..._util.forks import cached_property
from ...circuit.cell_kinds import Cell, memristor
from ...circuit.compact_cell import CompactCell
from ...circuit.pulse import SHORTEST_S, Pulse
from ...circuit.selection import Selection
from ...circuit.waveform import Waveform
from ...compact import characteristics
from ...device.memristor import Memristor
from ...device.state import State
from ...device.state_variable import StateVariable
from ...simulation.transient import simulate
from ...simulation.window_crossing import without_bounds
from ...simulation.write_voltages import Pair
from ...spice.ngspice import Engine

DIRECTIONS: tuple[str, ...] = ("set", "reset")

_SIGN = {"set": 1, "reset": -1}
"""Of the change of the conductance."""

_LIMIT = 1.5
"""The window is to be crossed in this many times the pair's time."""

PARTS, _FEW = 30, 4
"""Long pulses are followed in as many parts, short ones in few: a solver's steps go with the length of what it solves.
A device that runs away ends 10 % off in one part, 0.1 % in thirty."""

_BEFORE = 0.02
"""How far before the window its traverse begins, of N or of the window: lines are settled where it counts."""


@dataclass(frozen=True, eq=False)
class Trajectory:
    """The first state variable over time at full amplitude, monotonic.

    Attributes
    ----------
    direction
        "set", in which the conductance rises, or "reset".
    lead
        The state variable.
    time_s
        (T,), ascending [s].
    x
        (T,), in its unit.
    """

    direction: str
    lead: StateVariable
    time_s: np.ndarray
    x: np.ndarray

    def time_at(self, x: ArrayLike) -> np.ndarray:
        """Return the times at which the device has some states [s], NaN for those that it does not pass; same shape."""
        return self._times(self._way(x))

    def x_at(self, time_s: ArrayLike) -> np.ndarray:
        """Return the states at some times, NaN before the beginning and after the end; same shape."""
        return self.lead.unscaled(rise(self.direction, self.lead) * self._ways(time_s))

    def since(self, x: float) -> Trajectory:
        """Return the trajectory with time 0 where the device has this state."""
        return Trajectory(self.direction, self.lead, self.time_s - self.time_at(x), self.x)

    def _way(self, x: ArrayLike) -> np.ndarray:
        """Return states on the scale of their variable, with the sign that makes it rise along the way."""
        return rise(self.direction, self.lead) * self.lead.scaled(x)

    @cached_property
    def _times(self) -> Callable[[ArrayLike], np.ndarray]:
        """Return the time as a monotone function of `_way`."""
        return _monotonic(self._way(self.x), self.time_s)

    @cached_property
    def _ways(self) -> Callable[[ArrayLike], np.ndarray]:
        """Return `_way` as a monotone function of the time."""
        return _monotonic(self.time_s, self._way(self.x))


def rise(direction: str, lead: StateVariable) -> int:
    """Return 1 where a state variable rises in a direction, -1 where it falls."""
    return _SIGN[direction] if lead.rises else -_SIGN[direction]


def _monotonic(x: np.ndarray, y: np.ndarray) -> Callable[[ArrayLike], np.ndarray]:
    """Return the monotone cubic through points; NaN beyond them."""
    from scipy.interpolate import PchipInterpolator

    return PchipInterpolator(x, y, extrapolate=False)


@dataclass(frozen=True)
class Ideal:
    """A cell whose device has neither noise nor a window, at the amplitudes of a pair.

    Attributes
    ----------
    cell
        That cell; what is without edges is in it.
    low, high
        The window that is looked at: states of the lowest and the highest conductance.
    voltages
        The amplitudes.
    engine
        What runs a circuit.
    """

    cell: Cell | CompactCell
    low: float
    high: float
    voltages: Pair
    engine: Engine

    @classmethod
    def of(cls, cell: Cell | CompactCell, voltages: Pair, engine: Engine) -> Ideal:
        """Return the ideal form of a cell that `check_cell` has passed, with the pair's gate voltages."""
        return cls(*without_bounds(voltages.gated(cell)), voltages, engine)

    @property
    def window_S(self) -> tuple[float, float]:
        """Return the ends of the window in conductance [S]."""
        low, high = self.g_S(np.array([self.low, self.high]))
        return float(low), float(high)

    @property
    def lead(self) -> StateVariable:
        """Return the state variable that is followed."""
        return memristor(self.cell).lead

    def g_S(self, x: ArrayLike) -> np.ndarray:
        """Return the conductance of the device at its own parameters [S], same shape."""
        return characteristics.conductance(memristor(self.cell), x, model=model_of(self.cell))

    def x(self, g_S: float) -> float:
        """Return the state at a conductance."""
        return float(characteristics.states_for(memristor(self.cell), g_S, model_of(self.cell)))

    def amplitude(self, direction: str) -> float:
        """Return the amplitude of pulses in a direction [V]."""
        return self.voltages.amplitude(_SIGN[direction])

    def share_S(self, direction: str, share: float) -> float:
        """Return the conductance at a share, 0 .. 1, of the way through the window in a direction [S]."""
        near, far = self.window_S if direction == "set" else self.window_S[::-1]
        return near + share * (far - near)

    def state(self, x: float) -> State:
        """Return the state of the cell at rest, its device at a state."""
        return self.cell.state().changed(self.cell.index, x=x)

    def x_after(self, pulse: Pulse, x: float) -> float:
        """Simulate a pulse from a state; return the one after it."""
        *_, (_, wave) = pulse_parts(self.cell, pulse, self.state(x), self.engine, _FEW)
        return wave.end_state.x[self.cell.index][0]

    def follow(self, direction: str, x: float, length_s: float, parts: int = _FEW) -> Trajectory:
        """Simulate a pulse of some length [s] from a state; return the trajectory at full amplitude."""
        pulse = Pulse(self.amplitude(direction), length_s, SHORTEST_S, SHORTEST_S)
        waves = list(pulse_parts(self.cell, pulse, self.state(x), self.engine, parts))
        time_s = np.concatenate([begin_s + wave.time_s for begin_s, wave in waves]) - self.cell.flat_start_s(pulse)
        found = np.concatenate([wave.lead() for _, wave in waves])
        way = rise(direction, self.lead) * self.lead.scaled(found)
        # where the solver's rounding makes it stand still or turn, the first point of each value counts
        further = np.concatenate([[True], way[1:] > np.maximum.accumulate(way)[:-1]])
        later = np.concatenate([[True], time_s[1:] > np.maximum.accumulate(time_s)[:-1]])
        kept = further & later & (time_s >= 0) & (time_s <= length_s)
        return Trajectory(direction, self.lead, time_s[kept], found[kept])

    def traverse(self, direction: str) -> Trajectory:
        """Simulate the way through the whole window, from a little before it, and return its trajectory.

        Raises
        ------
        ValueError
            Where the window is not crossed in 1.5 times the pair's time.
        """
        ends = (self.low, self.high) if direction == "set" else (self.high, self.low)
        sign = rise(direction, self.lead)
        if self.lead.scale == "log":
            begin = ends[0] * (1 - sign * _BEFORE)
        else:
            begin = ends[0] - sign * _BEFORE * abs(self.high - self.low)
        way = self.follow(direction, begin, _LIMIT * self.voltages.total_s, PARTS)
        if not np.isfinite(way.time_at(ends[1])):
            raise ValueError(
                f"voltages: a {direction.upper()} of {self.amplitude(direction):g} V does not cross the window in "
                f"{_LIMIT:g} x total_s = {_LIMIT * self.voltages.total_s:g} s; ouro_spice.pair finds amplitudes that do"
            )
        return way

    def near(self, traverse: Trajectory, x: float, length_s: float) -> Trajectory:
        """Return the trajectory from a state on a traverse, as finely stepped as a pulse of about its length;
        time 0 there.

        It begins earlier by that length, so that the lines are settled where it is looked at. The time that is
        simulated is doubled until the trajectory is long enough; the begin is held. It ends, as lines settle.
        """
        begin_s = max(float(traverse.time_at(x)) - length_s, float(traverse.time_s[0]))
        begin, followed_s = float(traverse.x_at(begin_s)), 1.1 * (float(traverse.time_at(x)) - begin_s + length_s)
        while True:
            way = self.follow(traverse.direction, begin, followed_s).since(x)
            if way.time_s[-1] >= length_s:
                return way
            followed_s *= 2  # lines that take long to settle


def pulse_parts(
    cell: Cell | CompactCell, pulse: Pulse, state: State, engine: Engine, parts: int, seed: int = 0
) -> Iterator[tuple[float, Waveform]]:
    """Simulate a pulse in so many parts, cut at full amplitude; yield when each part begins [s], and its waveform."""
    flat_s = cell.flat_start_s(pulse) + pulse.width / parts * np.arange(1, parts)
    for begin_s, end_s in itertools.pairwise([0.0, *map(float, flat_s), cell.duration([pulse])]):
        wave = simulate(cell, pulse, state, seed, start_s=begin_s, stop_s=end_s, engine=engine)
        state = wave.end_state
        yield begin_s, wave


def check_cell(cell: object) -> None:
    """Raise ValueError for what is no single cell with a memristor."""
    if not isinstance(cell, Cell | CompactCell) or not isinstance(cell.device, Memristor):
        raise ValueError(
            f"{type(cell).__name__}: edges takes a Cell1R, Cell1T1R, CompactCell or cell of an array with a memristor"
        )
    if isinstance(cell, Selection) and len(cell.cols) > 1:
        raise ValueError(f"cols = {cell.cols}: edges takes one cell of an array")


def model_of(cell: Cell | CompactCell) -> str | None:
    """Return the model of a compact cell; None for a circuit, which has its own."""
    return cell.model if isinstance(cell, CompactCell) else None
