"""Many cells of an array at once: current, slope and speed of each, kept as a straight piece until the cell leaves it.

A cell is a device behind a series resistance, or a known resistor. Its piece holds where it was evaluated and what was
found there; as long as voltage and state stay near, the current is a straight line and the speed an exponential.
"""

from __future__ import annotations

import math

import numpy as np

from ..._util.jit import kernel
from . import full
from .kinetics import rate
from .parameter_vector import FLIM, NDISCMAX, NDISCMIN, NHI, NLO, L, R

VOLT, PLACE, CURRENT, SLOPE, SPEED, GROWTH = range(6)
"""Rows of the pieces (6, K): voltage [V] and ln N of the evaluation; current [A], its slope [S]; free speed of ln N
[1/s] and its growth d ln(speed)/dV [1/V]."""

_STEP_V = 1e-4  # over which slopes are taken


@kernel
def _found(v, x, q, rs, guess):
    """Return current [A] and free speed [1/s] of one device behind a series resistance [Ohm]."""
    n = math.exp(x)
    i = full.current(v, n, q[R], q[L], rs, q, guess)
    if v == 0.0:
        return 0.0, 0.0
    return i, rate(v - rs * i, i, n, q[R], q[L], 0.0, math.inf, q) / n


@kernel
def refresh(v, x, p, ohm, rs, near_V, near_x, pieces):
    """Update the pieces of the cells, (K,), that have left theirs; return how many there were.

    `p`: parameter vectors (K, P), or (1, P) for all; `ohm`: known resistors [Ohm], 0 for a device; `rs`: in series with
    each [Ohm], (K,).
    """
    count = 0
    for k in range(v.size):
        if ohm[k] > 0.0:
            pieces[VOLT, k] = pieces[CURRENT, k] = pieces[SPEED, k] = pieces[GROWTH, k] = 0.0
            pieces[SLOPE, k] = 1.0 / (ohm[k] + rs[k])
            continue
        far = abs(v[k] - pieces[VOLT, k])
        if far <= near_V and abs(x[k] - pieces[PLACE, k]) <= near_x and v[k] * pieces[VOLT, k] >= 0.0:
            continue
        q = p[k] if p.shape[0] > 1 else p[0]
        i, speed = _found(v[k], x[k], q, rs[k], pieces[CURRENT, k])
        step = math.copysign(_STEP_V, v[k])
        more, faster = _found(v[k] + step, x[k], q, rs[k], i)
        pieces[VOLT, k], pieces[PLACE, k], pieces[CURRENT, k] = v[k], x[k], i
        pieces[SLOPE, k] = (more - i) / step
        pieces[SPEED, k] = speed
        pieces[GROWTH, k] = math.log(faster / speed) / step if speed * faster > 0.0 else 0.0
        count += 1
    return count


@kernel
def speeds(v, x, p, pieces, out):
    """Fill `out` with the free speed of ln N of each cell [1/s]; 0 at the edge of its window."""
    for k in range(v.size):
        speed = pieces[SPEED, k]
        if speed != 0.0:
            q = p[k] if p.shape[0] > 1 else p[0]
            speed *= math.exp(pieces[GROWTH, k] * (v[k] - pieces[VOLT, k]))
            low, high = math.log(max(q[NLO], q[NDISCMIN])), math.log(min(q[NHI], q[NDISCMAX]))
            if (x[k] >= high) if speed > 0.0 else (x[k] <= low):
                speed = 0.0
        out[k] = speed


@kernel
def rooms(x, ways, p, out):
    """Fill `out` with the factor, 0 .. 1, that slows each state on its way towards its limit; `ways` have its sign."""
    for k in range(x.size):
        q = p[k] if p.shape[0] > 1 else p[0]
        out[k] = 1.0
        if q[FLIM] != 0.0 and ways[k] != 0.0:
            gap = x[k] - math.log(q[NDISCMAX]) if ways[k] > 0.0 else math.log(q[NDISCMIN]) - x[k]
            out[k] = max(-math.expm1(10.0 * gap), 0.0)


@kernel
def moved(x, ways, room, p, out):
    """Fill `out` with the states that free ways lead to: slowed by the limit in a closed form, stopped at an edge."""
    for k in range(x.size):
        q = p[k] if p.shape[0] > 1 else p[0]
        way = ways[k]
        if q[FLIM] != 0.0 and way != 0.0:
            way = math.copysign(0.1 * math.log1p(room[k] * math.expm1(-10.0 * abs(way))), way)
        low, high = math.log(max(q[NLO], q[NDISCMIN])), math.log(min(q[NHI], q[NDISCMAX]))
        # a state that starts beyond an edge stays where it is
        out[k] = min(max(x[k] + way, min(low, x[k])), max(high, x[k]))


def empty(count: int) -> np.ndarray:
    """Return pieces of cells that have not been evaluated, (6, K)."""
    pieces = np.full((6, count), np.nan)
    pieces[CURRENT] = 0.0
    return pieces
