"""How long the nominal device takes from one conductance to another, at any amplitude: what a chip can look up."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import get_args

import numpy as np

from .._util.checks import check_engine, check_kind, check_range, check_text, checked_numbers
from ..circuit.cell_kinds import Cell
from ..circuit.compact_cell import CompactCell
from ..circuit.pulse import Pulse
from ..simulation.window_crossing import run_crossing, without_bounds
from ..simulation.write_voltages import Pair
from ..spice.ngspice import Engine, default_engine
from .programmers.fixed import overs

OVERS = (1.0, 1.6, 25)
"""Amplitudes over the pair's that are looked up: smallest, largest, number."""

_POINTS = 512
"""Conductances of the lookup, even in the logarithm."""

_POWER = 25.0
"""The time of a traverse goes with about this power of one over the amplitude: where a transient's length begins."""

_FIRST, _MORE, _TRIES = 3.0, 4.0, 12
"""A traverse is followed for this many times the expected time, then for so many times more, so often."""

_EDGE = 1e-3
"""Edges over the length of such a transient: at strong amplitudes the pulses' own ones are longer than the traverse."""

LEAST_S = 1e-9
"""Readings at or below 0 stand for this conductance [S]: an instrument's offset is no reason to stop a write."""


@dataclass(frozen=True, eq=False)
class NominalTimes:
    """The noise-free way of the nominal device through its window, a SET and a RESET at each of A amplitudes.

    In one direction the state has one way: the time from a to b is the difference of the times at which the way passes
    them. Beyond the window the way goes on as steeply as at its edge.

    Attributes
    ----------
    voltages
        The pair that the amplitudes are multiples of.
    overs
        Amplitudes over the pair's, ascending, (A,).
    log_g
        Logarithm of conductances [S], ascending and even, (G,).
    time_s
        Time from the window's edge at full amplitude [s], (2, A, G): SET, which rises over `log_g`, and RESET, which
        falls.
    """

    voltages: Pair
    overs: np.ndarray
    log_g: np.ndarray
    time_s: np.ndarray

    def __post_init__(self) -> None:
        check_kind("voltages", self.voltages, Pair)
        for name in ("overs", "log_g", "time_s"):
            object.__setattr__(self, name, checked_numbers(name, getattr(self, name)))
        for name in ("overs", "log_g"):
            values = getattr(self, name)
            if values.ndim != 1 or len(values) < 2 or not np.all(np.diff(values) > 0):
                raise ValueError(f"{name} must be two or more ascending numbers, shape {values.shape}")
        if not np.allclose(np.diff(self.log_g), self.log_g[1] - self.log_g[0], rtol=1e-6):
            raise ValueError("log_g must be even")
        wanted = (2, len(self.overs), len(self.log_g))
        ways = self.time_s * np.array([1.0, -1.0])[:, None, None] if self.time_s.shape == wanted else None
        if ways is None or not np.all(np.isfinite(ways)) or not np.all(np.diff(ways, axis=2) >= 0):
            raise ValueError(f"time_s must be finite times {wanted} [s] that rise with g in SET and fall in RESET")

    def __repr__(self) -> str:
        arrays = (np.array([self.voltages.v_set, self.voltages.v_reset]), self.overs, self.log_g, self.time_s)
        return f"NominalTimes({hashlib.sha256(b''.join(one.tobytes() for one in arrays)).hexdigest()[:16]})"

    def needed_s(self, start_S: np.ndarray, end_S: np.ndarray) -> np.ndarray:
        """Return the times from conductances (K,) to others (K,) [S] at each amplitude, (K, A) [s]; never negative."""
        start, end = (np.log(np.maximum(one, LEAST_S)) for one in (start_S, end_S))
        way = np.where(end > start, 0, 1)
        return np.maximum(self._passed_s(way, end) - self._passed_s(way, start), 0.0)

    def at(self, over: float) -> NominalTimes:
        """Return the lookup of one amplitude over the pair's, which stands in it twice.

        Between two amplitudes that are there the logarithm of the time is linear in that of the amplitude.

        Raises
        ------
        ValueError
            For an amplitude beyond those that are there.
        """
        low, high = self.overs[[0, -1]]
        if not low - 1e-9 <= over <= high + 1e-9:
            raise ValueError(f"over = {over:g}: the lookup has amplitudes of {low:g} .. {high:g} times the pair's")
        k = int(np.clip(np.searchsorted(self.overs, over) - 1, 0, len(self.overs) - 2))
        below, above = self.overs[k : k + 2]
        part = np.log(over / below) / np.log(above / below)
        lower, higher = self.time_s[:, k], self.time_s[:, k + 1]
        ratio = np.divide(higher, lower, out=np.ones_like(lower), where=lower > 0)
        one = lower * ratio**part
        return NominalTimes(self.voltages, np.array([over, over * (1 + 1e-9)]), self.log_g, np.stack([one, one], 1))

    def _passed_s(self, way: np.ndarray, log_g: np.ndarray) -> np.ndarray:
        """Return the times at which ways pass logarithms of conductances (K,), at each amplitude, (K, A) [s]; negative
        before the edge.
        """
        place = (log_g - self.log_g[0]) / (self.log_g[1] - self.log_g[0])
        k = np.clip(place.astype(int), 0, len(self.log_g) - 2)
        below, above = self.time_s[way, :, k], self.time_s[way, :, k + 1]
        return below + (place - k)[:, None] * (above - below)


def check_rule(name: str, nominal: NominalTimes, over: float, width: float, edge: float) -> None:
    """Raise ValueError for settings of a rule that looks times up: no name, no lookup, an amplitude beyond the
    lookup's.
    """
    check_text("name", name)
    check_kind("nominal", nominal, NominalTimes)
    Pulse(nominal.voltages.v_set, width, edge, edge)  # raises where a value is out of range
    low, high = nominal.overs[[0, -1]].tolist()
    check_range("over", over, low - 1e-9, high + 1e-9, "(the lookup's amplitudes)")


def nominal_times(cell: Cell | CompactCell, voltages: Pair, engine: Engine | None = None) -> NominalTimes:
    """Return the lookup of a cell at a pair of amplitudes: from two noise-free transients an amplitude, in that
    circuit.

    Parameters
    ----------
    cell
        The circuit or compact cell with its nominal device; its walk and the edges of its window are taken out.
    voltages
        The amplitudes that others are multiples of, and gate voltages where they belong to it.
    engine
        What runs a circuit.

    Raises
    ------
    ValueError
        Where the device does not cross its window at an amplitude, or for what is no cell or pair.
    SimulationError
        Where a simulation fails.
    """
    check_kind("cell", cell, (*get_args(Cell), CompactCell), "a cell with a memristor")
    check_kind("voltages", voltages, Pair)
    check_engine(engine)
    free, low, high = without_bounds(voltages.gated(cell))
    engine = engine or default_engine()
    grid = np.array(overs(voltages, *OVERS))
    sides = ((voltages.v_set, low, high), (voltages.v_reset, high, low))
    ways = [[_way(free, over * volts, begin, end, _expected_s(voltages, over), engine) for over in grid]
            for volts, begin, end in sides]  # fmt: skip
    # where edges of the circuit's own leave little of the way, all amplitudes share the part that each of them has
    first = max(way[0][0] for side in ways for way in side)
    last = min(way[0][-1] for side in ways for way in side)
    log_g = np.linspace(first, last, _POINTS)
    from scipy.interpolate import PchipInterpolator  # half a second

    times = np.array([[PchipInterpolator(*way)(log_g) for way in side] for side in ways])
    times[0] = np.maximum.accumulate(times[0], axis=1)
    times[1] = np.maximum.accumulate(times[1, :, ::-1], axis=1)[:, ::-1]
    return NominalTimes(voltages, grid, log_g, times)


def _expected_s(voltages: Pair, over: float) -> float:
    return voltages.total_s * over**-_POWER


def _way(
    free: Cell | CompactCell, volts: float, start_n: float, end_n: float, expected_s: float, engine: Engine
) -> tuple[np.ndarray, np.ndarray]:
    """Return the logarithm of the conductance, ascending, and the time at full amplitude [s], (T,) each, on the way
    from one concentration to another [1e26 m^-3].

    A transient that ends before the device has crossed is followed by one four times as long, twelve in all; a
    ValueError, where the last one does not cross, either.
    """
    limit_s = _FIRST * expected_s
    for _ in range(_TRIES):
        crossed_s, flat_s, wave = run_crossing(free, float(volts), start_n, end_n, limit_s, engine, _EDGE * limit_s)
        if np.isfinite(crossed_s):
            break
        limit_s *= _MORE
    else:
        raise ValueError(f"voltages: at {volts:g} V the noise-free device does not cross its window in {limit_s:g} s")
    time_s, log_g = wave.time_s, np.log(wave.g)
    time_s = np.append(time_s[time_s < crossed_s], crossed_s)
    log_g = np.interp(time_s, wave.time_s, log_g)
    sign = 1 if log_g[-1] > log_g[0] else -1
    # without the points of edges and rounding at which it does not go on
    new = np.concatenate([[True], np.diff(np.maximum.accumulate(sign * log_g)) > 0])
    return log_g[new][::sign], np.maximum(time_s[new] - flat_s, 0.0)[::sign]
