"""Loops over points: current, rate and concentration of any of the models, for arrays of the same length."""

from __future__ import annotations

import math

import numpy as np

from ..._util.jit import kernel
from . import kinetics, models, tud, walk_kernel
from .parameter_vector import NDISCMAX, NDISCMIN, NHI, NLO
from .reduced import COEFFICIENTS

_STEPS = 200  # reached by none
_ERROR = 1e-10  # of the logarithm of the conductance


@kernel
def currents(model, v, n, r, l, p):
    """Return currents [A] of the device alone, each from a cold start: shape (K,), as the arguments."""
    i, c = np.empty(v.size), _memory()
    for k in range(v.size):
        i[k] = models.current(model, v[k], math.log(n[k]), n[k], r[k], l[k], 0.0, p, c, 0.0)
    return i


@kernel
def rates(model, v, n, r, l, nmin, nmax, p):
    """Return dN/dt [1e26 m^-3 s^-1] at constant voltage, without the window's edges: shape (K,), as the arguments."""
    i = currents(model, v, n, r, l, p)
    for k in range(v.size):
        i[k] = kinetics.rate(v[k], i[k], n[k], r[k], l[k], nmin[k], nmax[k], p)
    return i


@kernel
def concentrations(model, g, r, l, v, low, high, p):
    """Return concentrations [1e26 m^-3] in [low, high] at which devices conduct g [S] at voltage v: (K,), as g."""
    n, c = np.empty(g.size), _memory()
    for k in range(g.size):
        n[k] = _concentration(model, g[k] * v, r, l, v, math.log(low), math.log(high), p, c)
    return n


@kernel
def settle(model, v, p, s, keys, steps, w, n, g):
    """Let D devices walk for some steps at constant N, then set N to conductances g [S] at voltage v.

    p (D, P), keys (D, 2); the walk vectors w (D, 11) move on, N n (D,) is found, and g (D,) becomes the conductance
    that the device then has: the nearest one where its present r and l do not allow that asked for.
    """
    c = _memory()
    for d in range(n.size):
        walk_kernel.stationary(w[d], s, p[d], keys[d], steps)
        w[d, walk_kernel.R_BEFORE : walk_kernel.NMAX_BEFORE + 1] = w[d, walk_kernel.R : walk_kernel.NMAX + 1]
        r, l = w[d, walk_kernel.R], w[d, walk_kernel.L]
        low, high = max(p[d, NLO], p[d, NDISCMIN]), min(p[d, NHI], p[d, NDISCMAX])
        found = _concentration(model, g[d] * v, r, l, v, math.log(low), math.log(high), p[d], c)
        n[d] = w[d, walk_kernel.N_BEGIN] = min(max(found, low), high)
        g[d] = models.current(model, v, math.log(n[d]), n[d], r, l, 0.0, p[d], c, 0.0) / v


@kernel
def clamped(n, r, l, p):
    """Return 1 where JART-TUD holds r or l at 10 % from its nominal value, elsewhere 0: (K,), as the arguments."""
    found = np.zeros(n.size)
    for k in range(n.size):
        if tud.clamped(n[k], r[k], l[k], p):
            found[k] = 1.0
    return found


@kernel
def _memory():
    """Return an empty memory of the explicit models."""
    return np.full(COEFFICIENTS, np.nan)


@kernel
def _gap(model, i, r, l, v, x, p, c):
    """Return the logarithm of the current at x = ln n over the current i."""
    return math.log(models.current(model, v, x, math.exp(x), r, l, 0.0, p, c, i) / i)


@kernel
def _concentration(model, i, r, l, v, a, b, p, c):
    """Return the concentration [1e26 m^-3] in exp a .. exp b that has the current i, by false position (Illinois).

    In x = ln n, r and l held fixed; for a current beyond an end that end. Converged where ln of the current is off by
    less than `_ERROR`, or the bracket is shorter than 1e-12; after `_STEPS` steps the last point counts.
    """
    fa, fb = _gap(model, i, r, l, v, a, p, c), _gap(model, i, r, l, v, b, p, c)
    if fa >= 0.0:
        return math.exp(a)
    if fb <= 0.0:
        return math.exp(b)
    side, x = 0, a
    for k in range(_STEPS):
        # false position, with the weight of an end that stays halved (Illinois); every third step halves the interval
        x = 0.5 * (a + b) if k % 3 == 2 else (a * fb - b * fa) / (fb - fa)
        f = _gap(model, i, r, l, v, x, p, c)
        if abs(f) < _ERROR or b - a < 1e-12:
            break
        if f > 0.0:
            b, fb = x, f
            fa *= 0.5 if side == 1 else 1.0
            side = 1
        else:
            a, fa = x, f
            fb *= 0.5 if side == -1 else 1.0
            side = -1
    return math.exp(x)
