"""Many devices: programming windows of their own, and walks that have forgotten where they began."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from . import c2c, compact
from .checks import check_count, check_range
from .device import Device
from .variability import Walk, Wander
from .waveform import State

_STEPS = 2000
"""Steps of the walk at frozen N after which its values are those that later pulses see."""


def spread_windows(
    devices: Sequence[Device], rng: np.random.Generator, share: float = 0.05, model: str | None = None
) -> list[Device]:
    """The devices with windows of their own: both ends moved by up to +-`share` of the window, uniform in conductance.

    Raises
    ------
    ValueError
        For a share outside 0 .. 0.4, or what is no generator.
    """
    check_range("share", share, 0, 0.4, "of the window")
    if not isinstance(rng, np.random.Generator):
        raise ValueError(f"rng = {rng!r} must be a numpy Generator, such as np.random.default_rng(7)")
    moved = []
    for device in devices:
        low, high = compact.window_S(device, model)
        shifts = share * (high - low) * rng.uniform(-1, 1, size=2)
        wide = device.replace(Nlo=0, Nhi=1e6)
        n_low, n_high = compact.concentration(
            wide, np.clip(np.add([low, high], shifts), *compact.window_S(wide, model)), model=model
        )
        inside = float(np.clip(device.Ninit, n_low, n_high))
        moved.append(device.replace(Nlo=float(n_low), Nhi=float(n_high), Ninit=inside))
    return moved


def stationary(device: Device, g_S: float, seed: int = 0, model: str | None = None) -> State:
    """The state of a device that has been walking for long, and has then been set to a conductance [S].

    The walk takes 2000 steps at frozen N from numbers of its own; what it does in pulses with the same seed is
    independent of them. Near the edges of the window the conductance is the nearest one that the present r and l allow.
    `model` is that of a compact cell, None that of circuits.

    Raises
    ------
    ValueError
        For a device without a `Walk`, or a conductance that it cannot have.
    """
    check_count("seed", seed, 0)
    if not isinstance(device.walk, Walk):
        raise ValueError(f"walk = {device.walk!r}: a stationary state needs a device with an ouro_spice.Walk")
    from .compact import walk  # numba, for devices that walk alone
    from .compact.vector import vector

    values = c2c.begun(device, device.Ninit).vector
    walk.stationary(values, device.walk.settings, vector(device), c2c.key(seed), _STEPS)
    r, l, n_min, n_max = map(float, values[:4])  # noqa: E741 - the model's own names
    compact.concentration(device, g_S, model=model)  # raises where the device itself cannot have it
    n = float(compact.concentration(device, np.clip(g_S, *compact.range_S(device, r, l, model)), r=r, l=l, model=model))
    return State((n,), wander=(Wander.at(r, l, n_min, n_max, n),))
