"""Random telegraph noise of one memristor: vacancies that jump in and out of the disc, seen by reads alone."""

from __future__ import annotations

import math
from typing import Protocol, overload

import numpy as np

from ..._util import random_keys
from ...device.jart.jart_device import Device
from ...device.jart.read_noise import Telegraph
from ...device.state import State

_LEVELS = (-2, -1, 0, 1, 2)
# the probabilities of the levels -2 .. 2 after each of them; what is left of 1 is in the diagonal
_CHAIN = np.array(
    [
        [0.10, 0.90, 0.00, 0.00, 0.00],
        [0.10, 0.35, 0.55, 0.00, 0.00],
        [0.00, 0.20, 0.60, 0.20, 0.00],
        [0.00, 0.00, 0.55, 0.35, 0.10],
        [0.00, 0.00, 0.00, 0.90, 0.10],
    ]
)
_REMEMBERED = 1000
"""So many random numbers decide the level, wherever it was before: each leads two neighbours to one with 35 %."""

_FREQUENCY = 3  # the stream that a device's frequency comes from


class Described(Protocol):
    """What read noise asks of the description of a cell, of an array or alone."""

    @property
    def index(self) -> int:
        """Return the place of the (first) device among the memristors of a state."""
        ...

    def device_at(self, index: int) -> object:
        """Return the device at a place among the memristors of a state."""
        ...


def advance(device: Device, telegraph: Telegraph, time_s: float, key: np.ndarray) -> Telegraph:
    """Return the noise after some time [s]: the chain takes a step once every 1 / f."""
    from ..._util import philox  # numba, for devices with noise alone

    period = 1 / max(frequency_Hz(device, key), 1e-12)
    ticks, clock = divmod(telegraph.clock_s + time_s, period)
    level = telegraph.level
    forgotten = max(int(ticks) - _REMEMBERED, 0)
    for u in philox.walk_uniforms(key, telegraph.count + forgotten, int(ticks) - forgotten, philox.READ_NOISE)[:, 0]:
        level = _LEVELS[int(np.searchsorted(np.cumsum(_CHAIN[level + 2])[:-1], u, side="right"))]
    return Telegraph(level, clock, telegraph.count + int(ticks))


@overload
def with_read_noise(cell: Described, after: State, before: State, time_s: float, seed: int) -> State: ...


@overload
def with_read_noise(cell: Described, after: None, before: State, time_s: float, seed: int) -> None: ...


@overload
def with_read_noise(cell: Described, after: State | None, before: State, time_s: float, seed: int) -> State | None: ...


def with_read_noise(cell: Described, after: State | None, before: State, time_s: float, seed: int) -> State | None:
    """Return the state after some time [s] with the read noise gone on: that of this cell, and of those that have been
    read before; None for None.

    `cell` is the description of a cell, of an array or alone; `before` the state in which the time began.
    """
    if after is None:
        return None
    noisy = {k for k, one in enumerate(before.telegraph) if one is not None} | {cell.index}
    for k in noisy:
        device = cell.device_at(k)
        if isinstance(device, Device) and device.read_noise is not None:
            after = after.changed(
                k, telegraph=advance(device, before.noise(k), time_s, random_keys.stream_key(seed, k))
            )
    return after


def frequency_Hz(device: Device, key: np.ndarray) -> float:
    """Return how often the chain of a device takes a step [Hz]; 0 without read noise."""
    from ..._util import philox

    noise = device.read_noise
    if noise is None:
        return 0.0
    u = philox.walk_uniforms(key, 0, 1, _FREQUENCY)[0]
    gaussian = math.sqrt(-2 * math.log(1 - u[0])) * math.cos(2 * math.pi * u[1])
    return abs(noise.mean_Hz + noise.sigma_Hz * gaussian)
