"""Edges, and steps at a constant voltage from point to point of a grid: an adaptive multistep integration.

Between two evaluations of the speed it is extrapolated, for as long as it changes by less than `SHORT`.

A box is the far corner (ln N, r, l) of a range of states, in the direction in which the voltage moves the conductance:
up with N and r and down with l at V < 0, down at V > 0.
"""

from __future__ import annotations

import math

from ..._util.jit import kernel
from . import kinetics, models
from .load_line import FALL, RISE, corner, lateness, pieces_of_edge
from .node_kernel import has_node, node_edge, node_rest, settle, wake, wakes
from .parameter_vector import FLIM, NDISCMAX, NDISCMIN, NHI, NLO
from .step import NEAR, integrate, learn
from .transient_kernel import SNAP, finish_step, piece
from .walk_kernel import BAND, BAND_NMIN, CLOCK, NMAX, NMIN, STEP, L, R, end_step
from .workspace import CURRENT, ENERGY, LAM, LAM_I, LATE, MEMORY, TIME, N, X, Y, current, loaded

X0, SPEED, LONGEST, SINCE = range(MEMORY, MEMORY + 4)
"""More places in m: x and d ln N / dt [1/s] where the speed was found last, for how long that may be used [s], and the
time since, below 0: a new one is needed."""

CRUISE_MEMORY = MEMORY + 4

SHORT = 0.01  # relative change of the speed, and change of x, after which it is found anew

_CLEAR = NEAR**0.1  # N over Nmax, or Nmin over N, up to which no limit is felt


@kernel
def edge(v0, v1, span, clock, cell):
    """Follow the device through the rising or falling edge of a pulse, from drive v0 to v1, one of them 0.

    A rising edge that lasts longer than it should goes into the flat top: `advance` begins later then.
    """
    shape = RISE if v0 == 0.0 else FALL
    cell[5][LATE] = lateness(shape, span, cell[2]) if shape == RISE else 0.0
    if has_node(cell):
        node_edge(v0 + v1, shape, span, clock, cell)
        cell[5][SINCE] = -1.0
        if v1 == 0.0:
            node_rest(cell)
        return
    nothing, load, begin = (math.nan, False, cell[4]), cell[2], cell[5][TIME]
    for k in range(pieces_of_edge(shape, load)):
        (t0, f0), (t1, f1) = corner(shape, k, load), corner(shape, k + 1, load)
        if t1 > t0:
            v = v0 + v1
            part = begin + t0 * span, (t1 - t0) * span, v * f0, v * f1
            piece(*part, True, clock, nothing, (1.0, cell[6], 0), 0, cell)
    cell[5][SINCE] = -1.0


@kernel
def advance(v, k, stop, step_s, box, clock, cell):
    """Follow the device from point k of the grid to point `stop`, or the first point outside the box; return that
    point.
    """
    s, w, m = clock[0], cell[3], cell[5]
    late = m[LATE]
    m[LATE] = max(late - (stop - k) * step_s, 0.0)
    if m[LATE] > 0.0:
        return stop
    if stands(v, clock, cell):
        span = (stop - k) * step_s - late
        m[ENERGY] += v * current(v, m[X], m[N], cell) * span
        w[CLOCK] = (w[CLOCK] + span) % s[STEP]
        m[Y] = math.nan
        return stop
    k += int(late / step_s)
    rest = step_s - late % step_s
    while True:
        if not math.isnan(m[Y]):
            rest -= settle(v, rest, clock, cell)
            m[SINCE] = -1.0
            if math.isnan(m[N]):
                return k
            if rest <= SNAP * step_s:
                k, rest = k + 1, step_s
                if k == stop or outside(v, box, cell):
                    return k
                continue
        k, rest, stuck = _cruise(v, k, stop, rest, step_s, box, clock, cell)
        if not stuck:
            return k
        if not math.isnan(m[Y]):
            continue
        h = min(rest, s[STEP] - w[CLOCK])
        integrate(h, v, v, cell)
        if math.isnan(m[N]):
            return k
        m[SINCE] = -1.0
        rest -= h
        w[CLOCK] += h
        if w[CLOCK] >= s[STEP] * (1.0 - SNAP):
            finish_step(clock, cell)
        if rest <= SNAP * step_s:
            k, rest = k + 1, step_s
            if k == stop or outside(v, box, cell):
                return k


@kernel
def _cruise(v, k, stop, rest, step_s, box, clock, cell):
    """Take quick steps while they are good: return the last point of the grid passed, the time to the next one [s], and
    whether a step is left to other methods.

    An adaptive multistep method: as `step._quick`, but the speed is found where a step of the walk begins or where it
    has changed by `SHORT`, not at the points of the grid between.
    """
    p, w, m = cell[1], cell[3], cell[5]
    s, key = clock
    x, n, i, energy, since = m[X], m[N], m[CURRENT], m[ENERGY], m[SINCE]
    lam, lam_i, x0, speed = m[LAM], m[LAM_I], m[X0], m[SPEED]
    moved, longest = x - x0, m[LONGEST]
    stuck = False
    far = _far(v, cell)
    while True:
        if since < 0.0:
            far = _far(v, cell)
            stuck = not (n > far if v > 0.0 else n < far)
            if stuck:
                break
            i, own = loaded(v, x, n, i, cell)
            speed = kinetics.rate(own, i, n, w[R], w[L], w[NMIN], w[NMAX], p) / n
            x0, moved, since = x, 0.0, 0.0
            learn(v, x, speed, i, cell)
            lam, lam_i = m[LAM], m[LAM_I]
            if wakes(lam_i * speed, cell):
                m[X], m[N] = x, n
                wake(v, cell)
                stuck = True
                break
            longest = SHORT / max(abs(lam * speed), abs(speed))
        h = min(rest, s[STEP] - w[CLOCK], longest - since)
        way = speed * (since + h)
        z = lam * way
        dx = way * (1.0 + z * (0.5 + z / 3.0))
        n_new = math.exp(x0 + dx)
        stuck = not (n_new > far if v > 0.0 else n_new < far)
        if stuck:
            break
        energy += v * i * h * (1.0 + 0.5 * lam_i * (moved + dx))
        x, n, moved = x0 + dx, n_new, dx
        since += h
        rest -= h
        w[CLOCK] += h
        if w[CLOCK] >= s[STEP] * (1.0 - SNAP):
            n = end_step(w, n, 0.0, s, p, key)
            x = x if n == n_new else math.log(n)
            since = -1.0
        if since >= longest:
            since = -1.0
        if rest <= SNAP * step_s:
            k, rest = k + 1, step_s
            m[X] = x
            if k == stop or outside(v, box, cell):
                break
    m[X], m[N], m[CURRENT], m[ENERGY], m[SINCE] = x, n, i, energy, since
    m[X0], m[SPEED], m[LONGEST] = x0, speed, longest
    return k, rest, stuck


@kernel
def _far(v, cell):
    """Return the concentration up to which quick steps go: the window's edge, or where a limit begins to act."""
    p, w = cell[1], cell[3]
    clear = 1.0 if p[FLIM] == 0.0 else _CLEAR
    return max(p[NLO], w[NMIN] / clear) if v > 0.0 else min(p[NHI], w[NMAX] * clear)


@kernel
def stands(v, clock, cell):
    """Return whether N and the current are constant at this voltage: N at an edge that the limits do not reach."""
    p, w, n, s = cell[1], cell[3], cell[5][N], clock[0]
    if knows_walk(clock, cell):
        return False
    if s[STEP] == math.inf:
        return n <= max(p[NLO], w[NMIN]) if v > 0.0 else n >= min(p[NHI], w[NMAX])
    if v > 0.0:
        return n <= p[NLO] and n >= p[NDISCMIN] * (1.0 + s[BAND_NMIN])
    return n >= p[NHI] and n <= p[NDISCMAX] * (1.0 - s[BAND])


@kernel
def knows_walk(clock, cell):
    """Return whether the current changes with the walk."""
    return clock[0][STEP] < math.inf and cell[0] != models.REDUCED


@kernel
def nowhere(v):
    """Return the empty box."""
    return (math.inf, 0.0, 0.0) if v > 0.0 else (-math.inf, 0.0, 0.0)


@kernel
def everywhere(v):
    """Return the box of all states."""
    return (-math.inf, 0.0, math.inf) if v > 0.0 else (math.inf, math.inf, 0.0)


@kernel
def outside(v, box, cell):
    """Return whether the device has left the box towards the target."""
    w, x = cell[3], cell[5][X]
    if v > 0.0:
        return x < box[0] or w[R] < box[1] or w[L] > box[2]
    return x > box[0] or w[R] > box[1] or w[L] < box[2]
