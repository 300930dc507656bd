"""Loops over points and over time for any family of this folder, which a number stands for."""

from __future__ import annotations

import math

import numpy as np

from ..._util.jit import kernel
from . import drift_kernels, kvatinsky_kernels, zhang_kernels
from .survey_windows import inside

DRIFT, VTEAM, TEAM, ZHANG = range(4)
"""Numbers of the families."""

CURRENT, RATE, POSITION, STATE_AT, STATE_FOR = range(5)
"""Numbers of what `evaluated` returns."""

_RAMP = 100  # steps at least of a piece in which the voltage changes
_MOST = 50_000_000  # steps of a transient: reached by none


@kernel
def current(family, v, s, p):
    """Return the current [A] at a voltage [V] and a state."""
    if family == DRIFT:
        return drift_kernels.current(v, s, p)
    if family == ZHANG:
        return zhang_kernels.current(v, s, p)
    return kvatinsky_kernels.current(v, s, p)


@kernel
def rate(family, v, s, p):
    """Return d state/dt [1/s] at a voltage [V] and a state."""
    if family == DRIFT:
        return drift_kernels.rate(v, s, p)
    if family == ZHANG:
        return zhang_kernels.rate(v, s, p)
    if family == TEAM:
        return kvatinsky_kernels.rate_team(v, s, p)
    return kvatinsky_kernels.rate_vteam(v, s, p)


@kernel
def reach(family, v, s, p):
    """Return the largest change of the state in a time step at a voltage [V]."""
    if family == DRIFT:
        return drift_kernels.reach(v, s, p)
    if family == ZHANG:
        return zhang_kernels.reach(v, s, p)
    return kvatinsky_kernels.reach(v, s, p)


@kernel
def position(family, s, p):
    """Return x at a state."""
    if family == DRIFT:
        return drift_kernels.position(s, p)
    if family == ZHANG:
        return zhang_kernels.position(s, p)
    return kvatinsky_kernels.position(s, p)


@kernel
def state_at(family, x, p):
    """Return the state at x."""
    if family == DRIFT:
        return drift_kernels.state_at(x, p)
    if family == ZHANG:
        return zhang_kernels.state_at(x, p)
    return kvatinsky_kernels.state_at(x, p)


@kernel
def state_for(family, g, p):
    """Return the state at a conductance [S]."""
    if family == DRIFT:
        return drift_kernels.state_for(g, p)
    if family == ZHANG:
        return zhang_kernels.state_for(g, p)
    return kvatinsky_kernels.state_for(g, p)


@kernel
def hard(family, p):
    """Return whether the state is x itself, with bounds at 0 and 1."""
    return family in (VTEAM, TEAM) or (family == DRIFT and drift_kernels.hard(p))


@kernel
def evaluated(family, what, v, s, p):
    """Return a quantity for arrays: shape (K,), as the arguments; v counts for currents and rates alone."""
    out = np.empty(s.size)
    for k in range(s.size):
        if what == CURRENT:
            out[k] = current(family, v[k], s[k], p)
        elif what == RATE:
            out[k] = rate(family, v[k], s[k], p)
        elif what == POSITION:
            out[k] = position(family, s[k], p)
        elif what == STATE_AT:
            out[k] = state_at(family, s[k], p)
        else:
            out[k] = state_for(family, s[k], p)
    return out


@kernel
def shared(family, v, s, rs, p):
    """Return what of a voltage [V] the device has behind a series resistance [Ohm]: it is ohmic."""
    return v / (1.0 + rs * current(family, 1.0, s, p)) if rs > 0.0 else v


@kernel
def loaded_rate(family, v, s, rs, p):
    """Return d state/dt [1/s] at a voltage [V] over the device and a series resistance [Ohm]."""
    return rate(family, shared(family, v, s, rs, p), s, p)


@kernel
def followed(family, times, volts, s, rs, p):
    """Return the state at each of some times [s] (T,) behind a series resistance [Ohm], the voltages [V] straight in
    between; NaN after `_MOST` steps.

    The classical Runge-Kutta method of fourth order; a step changes the state by at most what `reach` allows, and is
    halved where it changed it by twice that.
    """
    out = np.empty(times.size)
    out[0] = s
    bounded = hard(family, p)
    steps = 0
    for k in range(times.size - 1):
        span = times[k + 1] - times[k]
        slope = (volts[k + 1] - volts[k]) / span
        longest = span if slope == 0.0 else span / _RAMP
        t = 0.0
        while t < span:
            v = volts[k] + slope * t
            k1 = loaded_rate(family, v, s, rs, p)
            most = reach(family, v, s, p)
            h = min(longest, span - t)
            if abs(k1) * h > most:
                h = most / abs(k1)
            if span - t - h < 1e-12 * span:
                h = span - t
            middle, end = v + 0.5 * slope * h, v + slope * h
            while True:
                k2 = loaded_rate(family, middle, s + 0.5 * h * k1, rs, p)
                k3 = loaded_rate(family, middle, s + 0.5 * h * k2, rs, p)
                k4 = loaded_rate(family, end, s + h * k3, rs, p)
                change = h * (k1 + 2.0 * k2 + 2.0 * k3 + k4) / 6.0
                if abs(change) <= 2.0 * most or steps > _MOST:
                    break
                h *= 0.5
                middle, end = v + 0.5 * slope * h, v + slope * h
                steps += 1
            s = inside(s + change) if bounded else s + change
            t += h
            steps += 1
            if steps > _MOST:
                out[k + 1 :] = math.nan
                return out
        out[k + 1] = s
    return out
