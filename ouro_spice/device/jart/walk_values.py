"""The present values of r, l, Ndiscmin and Ndiscmax of a device that walks, and how a half-cycle changes them."""

from __future__ import annotations

import dataclasses
from typing import TypeVar

import numpy as np

from .jart_parameters import JartParameters, varied
from .spread import VARYING
from .walk import HalfCycleWalk, Walk
from .walk_state import WalkState

Jart = TypeVar("Jart", bound=JartParameters)

_SHORTEST_WAY = 1e-4
"""Share of N below which the way of a half-cycle is none: r and l would follow the last digits of N."""


_ROUNDING = 1e-6
"""A step ends with a part of a pulse that ends within this share of it."""


def initial_state(
    device: JartParameters, n_disc: float, wander: WalkState | None = None, inside_pulse: bool = False
) -> WalkState:
    """Return the state of the walk that a pulse begins with: as given, or at the device's own values.

    At a step's beginning N is the present one; `inside_pulse` it is kept as it is: the step has begun in the pulse.
    """
    if wander is None:
        return WalkState.at(*(getattr(device, name) for name in VARYING), n_disc=n_disc)
    if isinstance(device.walk, Walk):
        if not 0 <= wander.clock_s < device.walk.step_s * (1 + _ROUNDING):
            raise ValueError(
                f"wander: clock_s = {wander.clock_s:g} must be below the walk's step_s, {device.walk.step_s:g}"
            )
        if wander.clock_s <= _ROUNDING * device.walk.step_s and not inside_pulse:
            return dataclasses.replace(wander, n_begin=n_disc)
    return wander


def current_values(device: JartParameters, n_disc: float, wander: WalkState) -> np.ndarray:
    """Return the present values of r [m], l [nm], Ndiscmin and Ndiscmax [1e26 m^-3], (4,)."""
    if isinstance(device.walk, Walk):
        return _after(wander)
    slopes = _slopes(wander) * (n_disc - wander.n_begin)
    return np.array([wander.r_before + slopes[0], wander.l_before + slopes[1], wander.Ndiscmin, wander.Ndiscmax])


def current_device(device: Jart, n_disc: float, wander: WalkState | None = None) -> Jart:
    """Return the device with its present values, without its walk: the one that a read measures."""
    if device.walk is None:
        return device
    wander = initial_state(device, n_disc, wander)
    values = current_values(device, n_disc, wander)
    return device.replace(walk=None, **varied(values))


def held_concentration(wander: WalkState, n_disc: float) -> float:
    """Return the concentration inside the present limits of a walk that has ended a step [1e26 m^-3]."""
    return max(wander.Ndiscmin, min(wander.Ndiscmax, n_disc)) if wander.count else n_disc


def half_cycle(
    device: Jart, n_disc: float, wander: WalkState, polarity: int, streams: np.ndarray
) -> tuple[Jart, WalkState]:
    """Return the device for a pulse under `HalfCycleWalk`, and its walk: new values at each change of polarity."""
    if not isinstance(device.walk, HalfCycleWalk):
        raise ValueError(f"walk = {device.walk}: must be a HalfCycleWalk, whose half-cycles these are")
    if polarity not in (0, wander.polarity):
        wander = _turned(device, device.walk, n_disc, wander, polarity, streams)
    slope_r, slope_l = map(float, _slopes(wander))
    values = varied((wander.r_before, wander.l_before, wander.Ndiscmin, wander.Ndiscmax))
    moved = device.replace(walk=None, Nref=wander.n_begin, drdN=slope_r, dldN=slope_l, **values)
    return moved, wander


def _turned(
    device: JartParameters, walk: HalfCycleWalk, n_disc: float, wander: WalkState, polarity: int, streams: np.ndarray
) -> WalkState:
    """Return the walk at the beginning of a half-cycle of another polarity, its values drawn anew."""
    from ..._util import philox  # numba, for devices that walk alone

    u = 2 * philox.walk_uniforms(streams, wander.count, 1)[0, :4] - 1
    kicks = np.array([walk.kick, walk.kick, walk.kick_min, walk.kick])
    after = np.clip(_after(wander) * (1 + kicks * u), walk.low, walk.high)
    now = current_values(device, n_disc, wander) if wander.polarity else _after(wander)
    values = map(float, [*after, *now])
    return WalkState(*values, n_begin=n_disc, count=wander.count + 1, polarity=polarity)


def _slopes(wander: WalkState) -> np.ndarray:
    """Return dr/dN and dl/dN of a half-cycle, (2,): at the end of N's way r and l have their new values."""
    way = (wander.Ndiscmax if wander.polarity < 0 else wander.Ndiscmin) - wander.n_begin
    if wander.polarity == 0 or way * wander.polarity >= 0 or abs(way) < _SHORTEST_WAY * wander.n_begin:
        return np.zeros(2)
    return (_after(wander) - _before(wander))[:2] / way


def _after(wander: WalkState) -> np.ndarray:
    return np.array([getattr(wander, name) for name in VARYING])


def _before(wander: WalkState) -> np.ndarray:
    return np.array([getattr(wander, f"{name}_before") for name in VARYING])
