"""The three models behind one kernel: which current a device has, alone or behind a series resistance."""

from __future__ import annotations

import math

from ..._util.jit import kernel
from . import full, reduced, tud

FULL, REDUCED, TUD = range(3)
"""Codes of the models: their places in `MODELS` of the package."""

_CLOSE = 1e-13  # relative step at which the search for the current behind a series resistance ends


@kernel
def current(model, v, x, n, r, l, rs, p, c, guess):
    """Return the current [A] at voltage v over the device and rs [Ohm] in series, x = ln n; c: memory of `explicit`."""
    if model == FULL:
        return full.current(v, n, r, l, rs, p, guess)
    if v == 0.0:
        return 0.0
    if rs == 0.0:
        return explicit(model, v, x, n, r, l, p, c)
    return _loaded(model, v, x, n, r, l, rs, p, c, guess)


@kernel
def explicit(model, v, x, n, r, l, p, c):
    """Return the current [A] of a model that is a function of the device's own voltage.

    c holds the reduced model's coefficients of the last voltage: most steps have the voltage of the step before.
    """
    if model == REDUCED:
        if v != c[0]:
            reduced.prepare(v, c)
        return reduced.prepared(x, c)
    return tud.current(v, n, r, l, p)


@kernel
def _loaded(model, v, x, n, r, l, rs, p, c, guess):
    """Return the current [A] at the load line's point: device and series resistance share the voltage v.

    The secant method in y, the share of the series resistance: y - rs I(v (1 - y)) / v rises from below 0 at y = 0 to 1
    at y = 1. N, r and l are held fixed. The first step is that of a device that is a resistor; one that leaves the
    bracket becomes a bisection. Converged at a relative step of `_CLOSE`; after 100 steps the last point counts.
    """
    low, high = 0.0, 1.0
    y = guess * rs / v
    if not 0.0 < y < 1.0:
        y = 0.5
    y1 = f1 = math.nan
    for _ in range(100):
        drop = rs * explicit(model, v * (1.0 - y), x, n, r, l, p, c) / v
        f = y - drop
        if f > 0.0:
            high = y
        else:
            low = y
        new = y - f * (y - y1) / (f - f1)
        if not low < new < high:  # also the first time, when there is no point before
            new = drop / (1.0 - y + drop)
        if not low < new < high:
            new = 0.5 * (low + high)
        if abs(new - y) <= _CLOSE * y:
            return new * v / rs
        y1, f1, y = y, f, new
    return y * v / rs
