"""Cycle-to-cycle variability of one device while it is pulsed: its present values, and how they move through a pulse.

Inside a transient the values of `Walk` do not jump: from one step to the next they go along a straight line (of the
logarithm) in the first fifth of the new step. Behind that, and for reads between pulses, they are those of the law.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

import numpy as np

from .device import Device
from .pulse import PWL
from .variability import VARYING, HalfCycleWalk, Walk, Wander

RAMP = 0.2
"""Share of a step of `Walk` in which the values go to the new ones."""

_SHORTEST_WAY = 1e-4
"""Share of N below which the way of a half-cycle is none: r and l would follow the last digits of N."""

_ROUNDING = 1e-6
"""A step ends with a part of a pulse that ends within this share of it."""


def key(seed: int, index: int = 0) -> np.ndarray:
    """The key of a seed's streams of random numbers for one memristor of a circuit, (2,) uint64."""
    return np.random.SeedSequence(seed, spawn_key=(index,) if index else ()).generate_state(2, np.uint64)


def begun(device: Device, n_disc: float, wander: Wander | None = None) -> Wander:
    """Where the walk stands: as given, or at the device's own values."""
    if wander is None:
        return Wander.at(*(getattr(device, name) for name in VARYING), n_disc)
    if isinstance(device.walk, Walk):
        if not 0 <= wander.clock_s < device.walk.step_s * (1 + _ROUNDING):
            raise ValueError(
                f"wander: clock_s = {wander.clock_s:g} must be below the walk's step_s, {device.walk.step_s:g}"
            )
        if wander.clock_s <= _ROUNDING * device.walk.step_s:  # a new step begins where the state is now
            return dataclasses.replace(wander, n_begin=n_disc)
    return wander


def present(device: Device, n_disc: float, wander: Wander) -> np.ndarray:
    """The values of r, l, Ndiscmin, Ndiscmax now, (4,)."""
    before, after = _before(wander), _after(wander)
    if isinstance(device.walk, Walk):
        # between two steps the new values hold: drawn, then read
        share = wander.clock_s / (RAMP * device.walk.step_s)
        return before * (after / before) ** share if _ROUNDING < share < 1 else after
    slopes = _slopes(wander) * (n_disc - wander.n_begin)
    return np.array([wander.r_before + slopes[0], wander.l_before + slopes[1], *after[2:]])


def frozen(device: Device, n_disc: float, wander: Wander | None = None, stepwise: bool = False) -> Device:
    """The device as it is now, without its walk: what a read sees; `stepwise` where the values jump, as in a kernel."""
    if device.walk is None:
        return device
    wander = begun(device, n_disc, wander)
    jumping = stepwise and isinstance(device.walk, Walk)
    values = _after(wander) if jumping else present(device, n_disc, wander)
    return device.replace(walk=None, **dict(zip(VARYING, map(float, values), strict=True)))


def half_cycle(
    device: Device, n_disc: float, wander: Wander, polarity: int, streams: np.ndarray
) -> tuple[Device, Wander]:
    """The device for a pulse under `HalfCycleWalk`, and its walk: new values where the polarity is a new one."""
    if polarity not in (0, wander.polarity):
        wander = _turned(device, n_disc, wander, polarity, streams)
    slope_r, slope_l = map(float, _slopes(wander))
    moved = device.replace(
        walk=None, r=wander.r_before, l=wander.l_before, Nref=wander.n_begin, drdN=slope_r, dldN=slope_l,
        Ndiscmin=wander.Ndiscmin, Ndiscmax=wander.Ndiscmax,
    )  # fmt: skip
    return moved, wander


def _turned(device: Device, n_disc: float, wander: Wander, polarity: int, streams: np.ndarray) -> Wander:
    from .compact import philox  # numba, for devices that walk alone

    walk: HalfCycleWalk = device.walk
    u = 2 * philox.walk_uniforms(streams, wander.count, 1)[0, :4] - 1
    kicks = np.array([walk.kick, walk.kick, walk.kick_min, walk.kick])
    after = np.clip(_after(wander) * (1 + kicks * u), walk.low, walk.high)
    now = present(device, n_disc, wander) if wander.polarity else _after(wander)
    return Wander(*map(float, after), *map(float, now), n_disc, 0.0, wander.count + 1, polarity)


def _slopes(wander: Wander) -> np.ndarray:
    """dr/dN and dl/dN of a half-cycle, (2,): the new values are reached where N has gone all its way."""
    way = (wander.Ndiscmax if wander.polarity < 0 else wander.Ndiscmin) - wander.n_begin
    if wander.polarity == 0 or way * wander.polarity >= 0 or abs(way) < _SHORTEST_WAY * wander.n_begin:
        return np.zeros(2)
    return (_after(wander) - _before(wander))[:2] / way


def _after(wander: Wander) -> np.ndarray:
    return np.array([getattr(wander, name) for name in VARYING])


def _before(wander: Wander) -> np.ndarray:
    return np.array([getattr(wander, f"{name}_before") for name in VARYING])


@dataclass(frozen=True)
class Stretch:
    """A part of one pulse, as the walk sees it.

    Attributes
    ----------
    device
        With its walk.
    wander
        Where the walk stands at the beginning.
    polarity
        Sign of the pulse.
    begin_s, end_s
        Write-pulse time within the part [s]: the clock runs from the one to the other.
    stop_s
        Length of the part [s].
    streams
        The key of its random numbers.
    """

    device: Device
    wander: Wander
    polarity: int
    begin_s: float
    end_s: float
    stop_s: float
    streams: np.ndarray

    @property
    def ends_s(self) -> np.ndarray:
        """When steps of the walk end, (J,) [s]."""
        step = self.device.walk.step_s
        steps = int((self.wander.clock_s + self.end_s - self.begin_s) / step + _ROUNDING)
        return np.minimum(self.begin_s - self.wander.clock_s + step * np.arange(1, steps + 1), self.end_s)

    def path(self, n_ends: np.ndarray) -> np.ndarray:
        """Values of r, l, Ndiscmin, Ndiscmax from step to step, (J + 1, 4), for the concentrations at their ends."""
        from .compact import walk  # numba, for devices that walk alone
        from .compact.vector import vector

        n = np.concatenate([[self.wander.n_begin], n_ends])
        settings, parameters = self.device.walk.settings, vector(self.device)
        return walk.walk_path(self.wander.vector, n, 0.0, settings, parameters, self.streams)

    def ramps(self, path: np.ndarray) -> dict[str, PWL]:
        """ln(value / parameter) over the part, by parameter."""
        step, clock = self.device.walk.step_s, self.wander.clock_s
        ramp, rounding = RAMP * step, _ROUNDING * step
        corners = [(0.0, present(self.device, self.wander.n_begin, self.wander))]
        if rounding < clock < ramp:
            corners += [(self.begin_s, corners[0][1]), (self.begin_s + ramp - clock, path[0])]
        for end, old, new in zip(self.ends_s, path[:-1], path[1:], strict=True):
            corners += [(end, old), (end + ramp, new)]
        # a ramp under way stands still where the pulse ends; one that would begin there takes place behind it
        last = self.end_s if rounding < self._clock_s < ramp else self.stop_s
        corner_times = np.array([time for time, _ in corners])
        own = np.array([getattr(self.device, name) for name in VARYING])
        logs = np.log(np.array([value for _, value in corners]) / own)
        times = np.concatenate([corner_times[corner_times < last], [last, self.stop_s]])
        times = times[np.concatenate([[True], np.diff(times) > rounding])]
        held = np.minimum(times, last)
        return {
            name: PWL(tuple(map(float, times)), tuple(map(float, np.interp(held, corner_times, logs[:, k]))))
            for k, name in enumerate(VARYING)
        }

    def after(self, path: np.ndarray, n_ends: np.ndarray) -> Wander:
        """Where the walk stands at the end."""
        steps = len(path) - 1
        before = path[-2] if steps else _before(self.wander)
        n_begin = float(n_ends[-1]) if steps else self.wander.n_begin
        values = (*map(float, path[-1]), *map(float, before))
        return Wander(*values, n_begin, max(self._clock_s, 0.0), self.wander.count + steps, self.polarity)

    @property
    def _clock_s(self) -> float:
        clock = self.wander.clock_s + self.end_s - self.begin_s
        return clock - len(self.ends_s) * self.device.walk.step_s
