"""What all compact models share: resistances, temperature, and the ion hopping that moves the state."""

from __future__ import annotations

import math

from ..._util.jit import kernel
from ...device.constants import KB_EV, Q, Z
from .parameter_vector import (
    ALPHALINE,
    DLDN,
    DRDN,
    DWA,
    FLIM,
    LCELL,
    NPLUG,
    NREF,
    NU0,
    R_0,
    RDET,
    RTH0,
    RTHEFF_SCALING,
    RTHLINE,
    RTIOX,
    T0,
    UN,
    A,
)


@kernel
def geometry(n, r, l, p):
    """Return the radius [m] and length [nm] at concentration n: those at Nref, moved with n by a factor 2 at most."""
    dn = n - p[NREF]
    return (
        min(max(r + p[DRDN] * dn, 0.5 * r), 2.0 * r),
        min(max(l + p[DLDN] * dn, 0.5 * l), 2.0 * l, p[LCELL]),
    )


@kernel
def disc_resistance(n, r, l, p):
    """Return the resistance of the disc [Ohm]."""
    return l * 1e-9 / (Z * Q * p[UN] * 1e26 * n * math.pi * r * r)


@kernel
def plug_resistance(r, l, p):
    """Return the resistance of the plug [Ohm]."""
    return (p[LCELL] - l) * 1e-9 / (Z * Q * p[UN] * 1e26 * p[NPLUG] * math.pi * r * r)


@kernel
def series_resistance(i, p):
    """Return the resistance of TiOx layer and self-heated line at a current [Ohm]."""
    return p[RTIOX] + p[R_0] * (1.0 + p[R_0] * p[ALPHALINE] * p[RTHLINE] * i * i)


@kernel
def thermal_resistance(v, r, p):
    """Return the thermal resistance of the filament for the polarity of v [K/W]."""
    ratio = p[RDET] / r
    return p[RTH0] * ratio * ratio * (p[RTHEFF_SCALING] if v > 0.0 else 1.0)


@kernel
def limit(v, n, nmin, nmax, p):
    """Return the factor, 0 .. 1, by which the rate slows towards nmin (V > 0) or nmax (V < 0)."""
    q = nmin / n if v > 0.0 else n / nmax
    if p[FLIM] == 0.0:
        return 1.0 if q < 1.0 else 0.0
    if q >= 1.0:
        return 0.0
    q2 = q * q
    q4 = q2 * q2
    return 1.0 - q4 * q4 * q2


@kernel
def rate(v, i, n, r, l, nmin, nmax, p):
    """Return dN/dt [1e26 m^-3 s^-1] at voltage v and current i of the device; the window's edges are not part of it."""
    r, l = geometry(n, r, l, p)
    v_cell = v - i * series_resistance(i, p)
    kt = KB_EV * (p[T0] + thermal_resistance(v, r, p) * max(i * v_cell, 0.0))
    field = v_cell / (p[LCELL] * 1e-9) if v > 0.0 else i * disc_resistance(n, r, l, p) / (l * 1e-9)
    gamma = min(max(Z * p[A] * field / (math.pi * p[DWA]), -0.99), 0.99)
    w_mean = p[DWA] * (math.sqrt(1.0 - gamma * gamma) + gamma * math.asin(gamma))
    hop = 2.0 * math.exp(-w_mean / kt) * math.sinh(p[DWA] * gamma * math.pi / 2.0 / kt)
    return -(p[NPLUG] + n) / 2.0 * p[A] * p[NU0] / (l * 1e-9) * hop * limit(v, n, nmin, nmax, p)
