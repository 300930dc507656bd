"""The voltage pair of a circuit: the driver amplitudes at which the window is crossed in a given time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.optimize import brentq

from .checks import check_range
from .circuit import Cell, CompactCell
from .device import WINDOW_N
from .engine import Engine, default_engine
from .pulse import HIGHEST_V, Pulse
from .transient import simulate
from .waveform import State

_TOO_SLOW = 4.0
"""A traverse is followed for this many times the wanted one."""


@dataclass(frozen=True)
class Pair:
    """Amplitudes for SET and RESET [V], and the time in which each crosses the window without noise [s]."""

    v_set: float
    v_reset: float
    total_s: float

    def __post_init__(self) -> None:
        check_range("v_set", self.v_set, -HIGHEST_V, -1e-3, "V")
        check_range("v_reset", self.v_reset, 1e-3, HIGHEST_V, "V")
        check_range("total_s", self.total_s, 1e-9, 1.0, "s")

    def amplitude(self, dg_S: float) -> float:
        """The amplitude for a wanted change of conductance."""
        return self.v_set if dg_S > 0 else self.v_reset


def pair(cell: Cell | CompactCell, total_s: float = 60e-6, engine: Engine | None = None) -> Pair:
    """Find the driver amplitudes at which the noise-free device crosses its window in `total_s`.

    The window is that of the device, or N = .06 .. 1.98975 where it has none. Its edges are taken out of the device
    for the search: at them the rate goes to 0, and the crossing would never end.

    Raises
    ------
    ValueError
        Where no amplitude does it: the transistor limits the current, or the voltage would exceed 20 V.
    """
    check_range("total_s", total_s, 1e-9, 1.0, "s")
    engine = engine or default_engine()
    device = cell.device
    low, high = device.bounds if device.Nlo > 0 or device.Nhi < 1e6 else WINDOW_N
    free = cell.replace(device=device.replace(Nlo=0, Nhi=1e6, walk=None))

    def search(sign: int, start: float, end: float) -> float:
        return _search(lambda v: _log_time(free, sign * v, start, end, total_s, engine) - np.log(total_s), sign)

    return Pair(search(-1, low, high), search(1, high, low), total_s)


def traverse_s(
    cell: Cell | CompactCell, amplitude: float, start_n: float, end_n: float, limit_s: float, engine: Engine
) -> float:
    """Time at full amplitude until ``n_disc`` goes from `start_n` to `end_n` [s]; infinite beyond `limit_s`."""
    pulse = Pulse(amplitude, limit_s)
    wave = simulate(cell, [pulse], State((start_n,)), engine=engine)
    sign = 1 if end_n > start_n else -1
    progress = sign * np.log(wave["n_disc"] / end_n)
    if progress.max() < 0:
        return float("inf")
    k = int(np.argmax(progress >= 0))
    if k == 0:
        return 0.0
    # linear between the two points around the crossing
    share = progress[k - 1] / (progress[k - 1] - progress[k])
    flat = cell.flat_start_s(pulse)
    return float(wave.time_s[k - 1] + share * (wave.time_s[k] - wave.time_s[k - 1]) - flat)


def _log_time(
    cell: Cell | CompactCell, amplitude: float, start: float, end: float, total_s: float, engine: Engine
) -> float:
    time_s = traverse_s(cell, amplitude, start, end, _TOO_SLOW * total_s, engine)
    # crossed within the edge, or not at all: any finite number on the right side serves a bracketing search
    return float(np.log(np.clip(time_s, total_s / 1e3, 2 * _TOO_SLOW * total_s)))


def _search(excess: Callable[[float], float], sign: int) -> float:
    low = high = 0.2
    while excess(low) <= 0:
        low /= 1.3
    while excess(high) > 0:
        low, high = high, high * 1.3
        if high > HIGHEST_V:
            what = "SET" if sign < 0 else "RESET"
            raise ValueError(
                f"no {what} amplitude up to {HIGHEST_V:g} V crosses the window in time: "
                "the circuit limits the current (wider transistor, higher gate voltage, lower line resistance)"
            )
    return sign * float(brentq(excess, low, high, xtol=1e-6, rtol=1e-9))
