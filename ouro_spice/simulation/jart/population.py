"""Many devices: programming windows of their own, and walks that have forgotten where they began."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from ..._util import random_keys
from ..._util.checks import check_kind, check_range, check_seed, several, shown
from ...compact import characteristics
from ...compact.checked_conductances import check_inside
from ...compact.jart import jart_characteristics
from ...device.constants import V_READ
from ...device.jart.jart_device import Device
from ...device.jart.walk import Walk
from ...device.jart.walk_state import WalkState
from ...device.memristor import Memristor
from ...device.state import State

_STEPS = 2000
"""Steps of the walk at frozen N after which its values are those that later pulses see."""


def spread_windows(
    devices: Sequence[Device], rng: np.random.Generator, share: float = 0.05, model: str | None = None
) -> list[Device]:
    """Return the devices with windows of their own: both ends moved by up to +-`share` of the window, uniform in
    conductance.

    Raises
    ------
    ValueError
        For a share outside 0 .. 0.4, or what is no generator.
    """
    if model is not None:
        jart_characteristics.check_model(model)
    check_range("share", share, 0, 0.4, "of the window")
    if not isinstance(rng, np.random.Generator):
        raise ValueError(f"rng = {shown(rng)} must be a numpy Generator, such as np.random.default_rng(7)")
    moved = []
    for device in several("devices", devices, Device):
        low, high = characteristics.window_S(device, model)
        shifts = share * (high - low) * rng.uniform(-1, 1, size=2)
        wide = device.replace(Nlo=0, Nhi=1e6)
        n_low, n_high = jart_characteristics.concentration(
            wide, np.clip(np.add([low, high], shifts), *characteristics.window_S(wide, model)), model=model
        )
        inside = float(np.clip(device.Ninit, n_low, n_high))
        moved.append(device.replace(Nlo=float(n_low), Nhi=float(n_high), Ninit=inside))
    return moved


def stationary(device: Memristor, g_S: float, seed: int = 0, model: str | None = None) -> State:
    """Return the state of a device that has been walking for long, and has then been set to a conductance [S].

    The walk takes 2000 steps at frozen N from numbers of its own; what it does in pulses with the same seed is
    independent of them. Near the edges of the window the conductance is the nearest one that the present r and l allow.
    `model` is that of a compact cell, None that of circuits.

    Raises
    ------
    ValueError
        For a device without a `Walk`, or a conductance that it cannot have.
    """
    check_kind("device", device, Memristor)
    check_seed(seed)
    check_range("g_S", g_S, 0, 1, "S")
    if not isinstance(device, Device) or not isinstance(device.walk, Walk):
        raise ValueError(f"walk = {device.walk!r}: a stationary state needs a device with an ouro_spice.Walk")
    check_inside(np.asarray(g_S, dtype=float), *characteristics.range_S(device, model))
    n, w, _ = start_walks([device], [g_S], [random_keys.stream_key(seed)], device.walk, model)
    return State(((float(n[0]),),), wander=(WalkState.from_vector(w[0], 0),))


def start_walks(
    devices: Sequence[Device], g_S: ArrayLike, keys: ArrayLike, walk: Walk | None, model: str | None = None
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return concentrations (D,) [1e26 m^-3], walk vectors (D, 11) and conductances (D,) [S] of D devices that are set
    to conductances `g_S` (D,) [S], or as near as they can be, after a walk as in `stationary`, if any.

    `keys` are those of their random numbers, (D, 2) uint64.
    """
    from ...compact.jart import elementwise, parameter_vector  # numba
    from ...compact.jart.walk_kernel import STILL, start

    p = np.array([parameter_vector.vector(device) for device in devices])
    n, g = p[:, parameter_vector.NINIT].copy(), np.array(g_S, dtype=float)
    w = start(p, n)
    settings, steps = (STILL, 0) if walk is None else (walk.settings, _STEPS)
    elementwise.settle(
        jart_characteristics.code(devices[0], model), V_READ, p, settings, np.asarray(keys), steps, w, n, g
    )
    return n, w, g
