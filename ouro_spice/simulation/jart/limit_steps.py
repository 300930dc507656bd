"""N at the ends of a walk's steps where a limit is near: by the law, step by step, from the voltage of the transient.

There the share that N goes of its way to the limit hangs on differences as small as a transient's error, and it moves r
and l. Such a step is integrated by the compact model (adaptive multistep), once and without iterating: r, l, Ndiscmin,
Ndiscmax are held fixed in it, as the law has them, and so is the voltage at the device over time, which the transient
recorded. That these belong together is what `walk_relaxation`, which asks for them, iterates for.
"""

from __future__ import annotations

import numpy as np

from ...circuit.waveform import Waveform
from .walk_segment import WalkSegment

_FLAT_V = 1e-5
"""A voltage that stays within this is constant."""

_FAST = 0.2
"""Change of ln N in a step beyond which N cannot be foreseen from a quarter of a step before its end."""


def concentrations(segment: WalkSegment, wave: Waveform, suffix: str) -> np.ndarray:
    """Return N at the ends of the steps of a segment, (K,) [1e26 m^-3], before a new limit holds it."""
    n = segment.concentrations(wave.time_s, wave[f"n_disc{suffix}"])
    if not len(n):
        return n
    near = np.any(segment.near_limits(segment.parameter_path(n), n), axis=1)[:-1]
    near = near | (np.abs(np.diff(np.log(n), prepend=np.log(segment.wander.n_begin))) > _FAST)
    if not near.any():
        return n
    volts = wave[f"v_ae{suffix}"] - wave[f"v_oe{suffix}"]
    return _followed(segment, n, near, wave.time_s, volts, wave[f"n_disc{suffix}"][0])


def _followed(
    segment: WalkSegment,
    n: np.ndarray,
    near: np.ndarray,
    time_s: np.ndarray,
    volts: np.ndarray,
    n_start: float,
) -> np.ndarray:
    """Return concentrations at the ends of steps, (K,) [1e26 m^-3]: as in `n`, the `near` ones of them by the law."""
    from ...compact.jart import walk_kernel  # numba, for devices that walk alone
    from ...compact.jart.parameter_vector import vector

    n, w, p, s = n.copy(), segment.wander.vector, vector(segment.device), segment.walk.settings
    begin, n_begin = segment.begin_s, n_start
    for k, end in enumerate(segment.expected_s):
        if near[k] and end > begin:
            n[k] = _step(segment, w, n_begin, *_voltage(time_s, volts, begin, end))
        n_begin, begin = walk_kernel.end_step(w, n[k], 0.0, s, p, segment.streams), end
    return n


def _voltage(time_s: np.ndarray, volts: np.ndarray, begin_s: float, end_s: float) -> tuple[np.ndarray, np.ndarray]:
    """Return the corners of a voltage between two times, [s] and [V]; two where it stays within 10 uV."""
    inside = time_s[(time_s > begin_s) & (time_s < end_s)]
    times = np.concatenate([[begin_s], inside, [end_s]])
    values = np.interp(times, time_s, volts)
    if np.ptp(values) < _FLAT_V:
        return times[[0, -1]], np.full(2, values.mean())
    return times, values


def _step(segment: WalkSegment, w: np.ndarray, n: float, times: np.ndarray, volts: np.ndarray) -> float:
    """Return N at the end of a step's time, from `n` at its beginning, with the values of the walk vector."""
    from ...compact.jart.one_device import follow_one
    from ...compact.jart.parameter_vector import NDISCMAX, NDISCMIN, L, R, vector

    moved = vector(segment.device)
    moved[[R, L, NDISCMIN, NDISCMAX]] = w[:4]
    model = "tud" if segment.device.realisation == "tud" else "full"
    since = times - times[0]
    apart = np.diff(since, prepend=-1.0) > 0  # a corner a last digit before the end may lie at it after subtraction
    return follow_one(model, moved, since[apart], volts[apart], n).n_end
