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
from ...compact.jart import jart_characteristics as characteristics
from ...device.jart.jart_device import Device
from ...device.state import State
from ...simulation.transient import simulate
from ...simulation.window_crossing import without_bounds
from ...simulation.write_voltages import Pair
from ...spice.ngspice import Engine

DIRECTIONS: tuple[str, ...] = ("set", "reset")

_SIGN = {"set": 1, "reset": -1}
"""Of the change of ``n_disc``."""

_LIMIT = 1.5
"""The window is to be crossed in this many times the pair's time."""

PARTS, _FEW = 30, 4
"""Long pulses are followed in as many parts, short ones in few: a solver's steps go with the length of what it solves.
A device that runs away ends 10 % off in one part, 0.1 % in thirty."""

_BEFORE = 0.02
"""Share of ``n_disc`` before the window at which its traverse begins: lines are settled where it counts."""


@dataclass(frozen=True, eq=False)
class Trajectory:
    """``n_disc`` over time at full amplitude, monotonic.

    Attributes
    ----------
    direction
        "set", in which ``n_disc`` rises, or "reset".
    time_s
        (T,), ascending [s].
    n_disc
        (T,) [1e26 m^-3].
    """

    direction: str
    time_s: np.ndarray
    n_disc: np.ndarray

    def time_at(self, n_disc: ArrayLike) -> np.ndarray:
        """Return the times at which the device has some concentrations [s], NaN for those that it does not pass; same
        shape.
        """
        return self._times(self._way(n_disc))

    def n_at(self, time_s: ArrayLike) -> np.ndarray:
        """Return the concentrations at some times [1e26 m^-3], NaN before the beginning and after the end; same
        shape.
        """
        return np.exp(_SIGN[self.direction] * self._ways(time_s))

    def since(self, n_disc: float) -> Trajectory:
        """Return the trajectory with time 0 where the device has this concentration [1e26 m^-3]."""
        return Trajectory(self.direction, self.time_s - self.time_at(n_disc), self.n_disc)

    def _way(self, n_disc: ArrayLike) -> np.ndarray:
        """Return the logarithm of concentrations, with the sign that makes it rise along the way."""
        return _SIGN[self.direction] * np.log(n_disc)

    @cached_property
    def _times(self) -> Callable[[ArrayLike], np.ndarray]:
        """Return the time as a monotone function of `_way`."""
        return _monotonic(self._way(self.n_disc), self.time_s)

    @cached_property
    def _ways(self) -> Callable[[ArrayLike], np.ndarray]:
        """Return `_way` as a monotone function of the time."""
        return _monotonic(self.time_s, self._way(self.n_disc))


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
        The window that is looked at [1e26 m^-3].
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

    def g_S(self, n_disc: ArrayLike) -> np.ndarray:
        """Return the conductance of the device at its own r and l [S], same shape."""
        return characteristics.conductance(memristor(self.cell), n_disc, model=model_of(self.cell))

    def n_disc(self, g_S: float) -> float:
        """Return the concentration at a conductance [1e26 m^-3]."""
        return float(characteristics.concentration(memristor(self.cell), g_S, model=model_of(self.cell)))

    def amplitude(self, direction: str) -> float:
        """Return the amplitude of pulses in a direction [V]."""
        return self.voltages.amplitude(_SIGN[direction])

    def share_S(self, direction: str, share: float) -> float:
        """Return the conductance at a share, 0 .. 1, of the way through the window in a direction [S]."""
        near, far = self.window_S if direction == "set" else self.window_S[::-1]
        return near + share * (far - near)

    def state(self, n_disc: float) -> State:
        """Return the state of the cell at rest, its device at a concentration [1e26 m^-3]."""
        return self.cell.state().changed(self.cell.index, n_disc=n_disc)

    def n_after(self, pulse: Pulse, n_disc: float) -> float:
        """Simulate a pulse from a concentration; return the one after it [1e26 m^-3]."""
        *_, (_, wave) = pulse_parts(self.cell, pulse, self.state(n_disc), self.engine, _FEW)
        return wave.end_state.n_disc[self.cell.index]

    def follow(self, direction: str, n_disc: float, length_s: float, parts: int = _FEW) -> Trajectory:
        """Simulate a pulse of some length [s] from a concentration [1e26 m^-3]; return the trajectory at full
        amplitude.
        """
        pulse = Pulse(self.amplitude(direction), length_s, SHORTEST_S, SHORTEST_S)
        waves = list(pulse_parts(self.cell, pulse, self.state(n_disc), self.engine, parts))
        time_s = np.concatenate([begin_s + wave.time_s for begin_s, wave in waves]) - self.cell.flat_start_s(pulse)
        n = np.concatenate([wave["n_disc"] for _, wave in waves])
        way = _SIGN[direction] * np.log(n)
        # where the solver's rounding makes it stand still or turn, the first point of each value counts
        further = np.concatenate([[True], way[1:] > np.maximum.accumulate(way)[:-1]])
        later = np.concatenate([[True], time_s[1:] > np.maximum.accumulate(time_s)[:-1]])
        kept = further & later & (time_s >= 0) & (time_s <= length_s)
        return Trajectory(direction, time_s[kept], n[kept])

    def traverse(self, direction: str) -> Trajectory:
        """Simulate the way through the whole window, from a little before it, and return its trajectory.

        Raises
        ------
        ValueError
            Where the window is not crossed in 1.5 times the pair's time.
        """
        ends = (self.low, self.high) if direction == "set" else (self.high, self.low)
        begin = ends[0] * (1 - _SIGN[direction] * _BEFORE)
        way = self.follow(direction, begin, _LIMIT * self.voltages.total_s, PARTS)
        if not np.isfinite(way.time_at(ends[1])):
            raise ValueError(
                f"voltages: a {direction.upper()} of {self.amplitude(direction):g} V does not cross the window in "
                f"{_LIMIT:g} x total_s = {_LIMIT * self.voltages.total_s:g} s; ouro_spice.pair finds amplitudes that do"
            )
        return way

    def near(self, traverse: Trajectory, n_disc: float, length_s: float) -> Trajectory:
        """Return the trajectory from a concentration on a traverse, as finely stepped as a pulse of about its length;
        time 0 there.

        It begins earlier by that length, so that the lines are settled where it is looked at. The time that is
        simulated is doubled until the trajectory is long enough; the begin is held. It ends, as lines settle.
        """
        begin_s = max(float(traverse.time_at(n_disc)) - length_s, float(traverse.time_s[0]))
        begin, followed_s = float(traverse.n_at(begin_s)), 1.1 * (float(traverse.time_at(n_disc)) - begin_s + length_s)
        while True:
            way = self.follow(traverse.direction, begin, followed_s).since(n_disc)
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
    if not isinstance(cell, Cell | CompactCell) or not isinstance(cell.device, Device):
        raise ValueError(
            f"{type(cell).__name__}: edges takes a Cell1R, Cell1T1R, CompactCell or cell of an array with a memristor"
        )
    if isinstance(cell, Selection) and len(cell.cols) > 1:
        raise ValueError(f"cols = {cell.cols}: edges takes one cell of an array")


def model_of(cell: Cell | CompactCell) -> str | None:
    """Return the model of a compact cell; None for a circuit, which has its own."""
    return cell.model if isinstance(cell, CompactCell) else None
