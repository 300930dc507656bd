"""The voltages and times that move a foreign device through its window, found by transients at a constant voltage."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from ...device.foreign.foreign_device import ForeignDevice
from ...spice.foreign.model_runs import ModelRuns

_LADDER_V = (0.25, 0.5, 0.75, 1.0, 1.5, 2.0, 3.0, 5.0)
_TIMES_S = (1e-9, 1e-6, 1e-3, 1.0)
_SOON_S = 1e-3
"""A crossing within this time ends the search: a smaller voltage is gentler than a larger one."""

SOONEST_S = 1e-12
"""A state that is through its window sooner jumps: that is no motion."""

_FALLBACK = (1.0, 1e-6)

_NEVER = (float("inf"), float("inf"), float("inf"), float("inf"))


@dataclass(frozen=True)
class WritePulse:
    """A voltage V(AE, OE) that moves a device from one end of its window to the other.

    Attributes
    ----------
    volts
        Gives it [V], negative for SET.
    times_s
        Give the times at which 10, 50 and 90 % of the way, and all of it, are behind it [s]; inf where they are not.
    reached
        Says how much of the way it went.
    trace
        Holds times [s] and the state.
    """

    volts: float
    times_s: tuple[float, float, float, float]
    reached: float
    trace: tuple[np.ndarray, np.ndarray] = field(default=(np.empty(0), np.empty(0)), repr=False)

    @property
    def half_s(self) -> float:
        """Return the time of half of the way; some time where it never goes so far."""
        return self.times_s[1] if SOONEST_S <= self.times_s[1] < np.inf else _FALLBACK[1]


def write_pulse(runs: ModelRuns, device: ForeignDevice, sign: int) -> WritePulse:
    """Return a pulse in SET (-1) or RESET (+1) direction, the gentlest that was found to cross the window.

    Raises
    ------
    SimulationError
        Where ngspice fails at all voltages.
    """
    given = device.description.write_V
    if given is not None:
        return _at(runs, device, sign * abs(given[0 if sign < 0 else 1]))
    best = WritePulse(sign * _FALLBACK[0], _NEVER, 0.0)
    for volt in _LADDER_V:
        found = _at(runs, device, sign * volt)
        if (found.times_s[3], -found.reached) < (best.times_s[3], -best.reached):
            best = found
        if found.times_s[3] <= _SOON_S:
            break
    return best


def _at(runs: ModelRuns, device: ForeignDevice, volts: float) -> WritePulse:
    """Return how far a constant voltage takes the state through the window, and when."""
    low, high = device.window_x
    begin, end = (low, high) if volts < 0 else (high, low)
    best = WritePulse(volts, _NEVER, 0.0)
    for stop_s in _TIMES_S:
        edge_s = 1e-4 * stop_s  # from 0 V: some models are integrated wrongly where a voltage is there at t = 0
        corners = [(0.0, 0.0), (edge_s, volts), (stop_s, volts)]
        # behind the window a hard wall may be more than ngspice stands: the trial of the bounds says so
        arrays = runs.transient(device, corners, (begin, *device.start[1:]), stop_s / 200, broken_off=True)
        time_s = arrays["time"] - edge_s / 2
        x = arrays[device.description.states[0].name]
        way = (x - begin) / (end - begin)
        done = np.maximum.accumulate(way)
        tenth, half, most, whole = (_when(time_s, done, share) for share in (0.1, 0.5, 0.9, 1 - 1e-6))
        times = tenth, half, most, whole
        seen = time_s <= times[3] * (1 + 1e-9)
        best = WritePulse(volts, times, float(done[-1]), (time_s[seen], x[seen]))
        if np.isfinite(times[3]) or time_s[-1] < 0.99 * stop_s:
            break
    return best


def _when(time_s: np.ndarray, done: np.ndarray, share: float) -> float:
    """Return the time at which a rising share is reached [s], inf for never."""
    k = int(np.searchsorted(done, share))
    if k >= len(done):
        return float("inf")
    if k == 0:
        return float(time_s[0])
    part = (share - done[k - 1]) / (done[k] - done[k - 1])
    return float(time_s[k - 1] + part * (time_s[k] - time_s[k - 1]))
