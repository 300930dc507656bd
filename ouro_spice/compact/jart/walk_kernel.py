"""The walk of r, l, Nmin and Nmax from one programming step to the next (cycle-to-cycle variability).

The law of Yu, Menzel, Strachan and Neftci, Asilomar 2022, doi 10.1109/IEEECONF56349.2022.10052010. Within a step the
four values stand still and N is integrated. At its end, with each u uniform in -1 .. 1 and drawn anew,

    Nmax *= 1 + .1 u    Nmin *= 1 + .9 u    l *= 1 + .01 u1 + .1 rho u2    r *= 1 + .01 u1' + .1 rho u2'

where rho is the share of the way to its limit that N has gone in this step; each value is then held within its band
around the device's own. The walk's clock counts write-pulse time and is part of the device's state.
"""

from __future__ import annotations

import numpy as np

from ..._util.jit import kernel
from ..._util.philox import WALK, WARM_UP, uniforms
from .parameter_vector import NDISCMAX, NDISCMIN
from .parameter_vector import L as OWN_L
from .parameter_vector import R as OWN_R

R, L, NMIN, NMAX, R_BEFORE, L_BEFORE, NMIN_BEFORE, NMAX_BEFORE, N_BEGIN, CLOCK, COUNT = range(11)
"""Places in a device's walk vector; ..._BEFORE: before the last update, CLOCK: time in the current step [s]."""

STEP, KICK_L, KICK_R, PROGRESS, KICK_NMIN, KICK_NMAX, BAND, BAND_NMIN = range(8)
"""Places in `Walk.settings`: step [s], relative changes, and half-widths of the bands around a device's own."""

LEAST_ROOM = 1e-6
"""Share of N below which the room that is left before a limit is none."""

STILL = np.array([np.inf] + [0.0] * BAND_NMIN)
"""Settings of no walk."""


def start(vectors: np.ndarray, n_start: np.ndarray) -> np.ndarray:
    """Return walk vectors (D, 11) at the devices' own values: parameter vectors (D, P) and concentrations (D,)."""
    w = np.zeros((len(vectors), COUNT + 1))
    w[:, R : NMAX + 1] = w[:, R_BEFORE : NMAX_BEFORE + 1] = vectors[:, [OWN_R, OWN_L, NDISCMIN, NDISCMAX]]
    w[:, N_BEGIN] = n_start
    return w


@kernel
def progress(w, n, polarity):
    """Return the share rho of the way to its limit that N has gone in this step; polarity 0: as N has moved."""
    way = n - w[N_BEGIN]
    if way > 0.0 and polarity <= 0.0:
        room = w[NMAX] - w[N_BEGIN]
    elif way < 0.0 and polarity >= 0.0:
        way = -way
        room = w[N_BEGIN] - w[NMIN]
    else:
        return 0.0
    # a limit that does not walk: N rests at it, and what rounding leaves of the way is no share of it
    return min(way / room, 1.0) if room > LEAST_ROOM * w[N_BEGIN] else 0.0


@kernel
def _held(value, own, band):
    """Return a value inside its band around the device's own."""
    return min(max(value, own * (1.0 - band)), own * (1.0 + band))


@kernel
def update(w, rho, u, s, p):
    """Put new r, l, Nmin and Nmax into w, from the uniform numbers u of the step."""
    w[R_BEFORE], w[L_BEFORE], w[NMIN_BEFORE], w[NMAX_BEFORE] = w[R], w[L], w[NMIN], w[NMAX]
    push = rho * s[PROGRESS]
    nmax = w[NMAX] * (1.0 + s[KICK_NMAX] * (2.0 * u[0] - 1.0))
    nmin = w[NMIN] * (1.0 + s[KICK_NMIN] * (2.0 * u[1] - 1.0))
    l = w[L] * (1.0 + s[KICK_L] * (2.0 * u[2] - 1.0) + push * (2.0 * u[3] - 1.0))
    r = w[R] * (1.0 + s[KICK_R] * (2.0 * u[4] - 1.0) + push * (2.0 * u[5] - 1.0))
    w[R] = _held(r, p[OWN_R], s[BAND])
    w[L] = _held(l, p[OWN_L], s[BAND])
    w[NMIN] = _held(nmin, p[NDISCMIN], s[BAND_NMIN])
    w[NMAX] = _held(nmax, p[NDISCMAX], s[BAND])


@kernel
def end_step(w, n, polarity, s, p, key):
    """End the current step at concentration n: update the walk and return n held inside the new limits."""
    rho = progress(w, n, polarity)
    update(w, rho, uniforms(key[0], key[1], w[COUNT], WALK), s, p)
    w[COUNT] += 1.0
    w[CLOCK] = 0.0
    w[N_BEGIN] = held(w, n)
    return w[N_BEGIN]


@kernel
def held(w, n):
    """Return the concentration n inside the walk's present limits; the window stops N, and does not move it."""
    return max(w[NMIN], min(w[NMAX], n))


@kernel
def walk_path(w, n_at_boundaries, polarity, s, p, key):
    """Return r, l, Nmin and Nmax at first and after each step, (steps + 1, 4), for N at the steps' boundaries.

    N is that before the new limits hold it: a step begins with the concentration that is left of it.

    polarity is the sign of the voltage, or 0: that of N's change tells.
    """
    path = np.empty((n_at_boundaries.size, 4))
    path[0] = w[R : NMAX + 1]
    w[N_BEGIN] = n_at_boundaries[0]
    for k in range(1, n_at_boundaries.size):
        end_step(w, n_at_boundaries[k], polarity, s, p, key)
        path[k] = w[R : NMAX + 1]
    return path


@kernel
def stationary(w, s, p, key, steps=2000):
    """Let the walk forget its beginning: `steps` steps of the warm-up's own stream, in which N is constant."""
    for k in range(steps):
        update(w, 0.0, uniforms(key[0], key[1], k, WARM_UP), s, p)
