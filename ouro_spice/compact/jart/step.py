"""Integration of x = ln N over a time in which r, l, Nmin and Nmax are constant and the voltage is linear.

The speed dx/dt spans 20 decades: it is exponential in the voltage and nearly so in x. Two methods:

- `_quick`, at a constant voltage where the speed changes little: one evaluation of the speed. It is taken as
  exp(lam x); lam comes from a difference that is kept for some steps, for as long as x is within it.
- `_careful`: an embedded Runge-Kutta pair of orders 3(2) with step control, applied to the equation in variables in
  which it is nearly a constant: ds = exp(mu t) dt on an edge, dy = exp(-lam x) dx else. Near Nmin or Nmax, where the
  factor 1 - (N/Nmax)^10 makes the equation stiff, dy = dx / factor, whose inverse is a closed form: in y nothing is
  stiff, and the limit is reached only after an infinite time, as it should be.

The error allowed is a relative one in time, measured at the fastest speed of a step: it delays a switching by at most
that share of the time it takes. ``cell`` is the bundle of `workspace`.
"""

from __future__ import annotations

import math

from ..._util.jit import kernel
from .kinetics import rate
from .parameter_vector import FLIM, NHI, NLO
from .walk_kernel import NMAX, NMIN, L, R
from .workspace import CURRENT, ENERGY, LAM, LAM_AGE, LAM_I, LAM_V, LAM_X, STEPS, TIME, N, X, current, loaded, note

TOLERANCE = 5e-4  # estimated relative error in time of a careful step; the real one is that of the next order
EDGE_TOLERANCE = 2e-3  # the same on an edge, where the speed follows the voltage and the equation is a mere integral
EDGE = 1e-12  # error in x that an edge may always have: below it nothing is programmed in 1e8 pulses
QUICK = 0.15  # largest relative change of the speed in a quick step
FAR = 0.08  # change of x after which lam is found anew, and over which: its errors before and behind the middle cancel
OLD = 32  # steps after which lam is found anew: r and l have walked a few per cent by then
NEAR = 1e-3  # (N/Nmax)^10 from which on the equation is integrated in the variable that holds the limit
NOTHING = 1e-9  # change of x below which a step is good in any case
SHORTEST = 1e-28  # [s] a step that no finite speed needs


@kernel
def integrate(h, va, vb, cell):
    """Move on by h [s] from voltage va to vb, neither of the other's sign."""
    reset = va + vb > 0.0
    if va == 0.0 and vb == 0.0:
        cell[5][TIME] += h
    elif _at_edge(reset, cell):
        _stand(h, va, vb, cell)
    elif va != vb or not _nearness(reset, cell) < NEAR or not _quick(h, va, cell):
        _careful(h, va, vb, cell)
        return
    note(vb, cell)


@kernel
def _speed(v, x, n, free, cell):
    """Return d ln N / dt [1/s]; free: without the factor that ends it at Nmin and Nmax."""
    p, w, m = cell[1], cell[3], cell[5]
    i, own = loaded(v, x, n, m[CURRENT], cell)
    m[CURRENT] = i
    return rate(own, i, n, w[R], w[L], 0.0 if free else w[NMIN], math.inf if free else w[NMAX], p) / n


@kernel
def _at_edge(reset, cell):
    """Return whether N is at the window's edge or its limit, where it cannot move on."""
    p, w, n = cell[1], cell[3], cell[5][N]
    return n <= max(p[NLO], w[NMIN]) if reset else n >= min(p[NHI], w[NMAX])


@kernel
def _nearness(reset, cell):
    """Return (N/Nmax)^10, or (Nmin/N)^10: 1 at the limit, 0 where no limit is felt."""
    p, w, n = cell[1], cell[3], cell[5][N]
    if p[FLIM] == 0.0:
        return 0.0
    q = w[NMIN] / n if reset else n / w[NMAX]
    q2 = q * q
    q4 = q2 * q2
    return q4 * q4 * q2


@kernel
def _move(dx, h, reset, cell):
    """Change x by dx in h [s], exactly to the edge of the window where it lies on the way."""
    p, w, m = cell[1], cell[3], cell[5]
    m[X] += dx
    m[N] = math.exp(m[X])
    edge = max(p[NLO], w[NMIN]) if reset else min(p[NHI], w[NMAX])
    if (m[N] < edge) if reset else (m[N] > edge):
        m[N] = edge
        m[X] = math.log(edge)
    m[STEPS] += 1.0
    m[TIME] += h


@kernel
def _stand(h, va, vb, cell):
    """Add the energy of h [s] in which N is constant."""
    m = cell[5]
    ia = current(va, m[X], m[N], cell)
    ib = current(vb, m[X], m[N], cell) if vb != va else ia
    m[ENERGY] += _linear_energy(h, va, vb, ia, ib)
    m[STEPS] += 1.0
    m[TIME] += h


@kernel
def _linear_energy(h, va, vb, ia, ib):
    """Return the integral of voltage times current over h [s], both linear in time [J]."""
    return h / 6.0 * (va * (2.0 * ia + ib) + vb * (ia + 2.0 * ib))


@kernel
def _quick(h, v, cell):
    """Take one step with one evaluation of the speed where that hardly changes; return whether it was taken."""
    m = cell[5]
    x = m[X]
    g = _speed(v, x, m[N], False, cell)
    i = m[CURRENT]
    if not abs(g) * h < FAR:
        return False
    learn(v, x, g, i, cell)
    z = m[LAM] * g * h
    if not abs(z) < QUICK:
        return False
    # for small z the first terms of the same
    dx = -math.log1p(-z) / m[LAM] if abs(z) > 0.01 else g * h * (1.0 + z * (0.5 + z / 3.0))
    m[ENERGY] += v * i * h * (1.0 + 0.5 * m[LAM_I] * dx)
    _move(dx, h, v > 0.0, cell)
    return True


@kernel
def learn(v, x, g, i, cell):
    """Update in m how speed and current change with x, here where they are g and i; only where it is old."""
    m = cell[5]
    if v != m[LAM_V] or abs(x - m[LAM_X]) > FAR or m[LAM_AGE] >= OLD:
        dx = math.copysign(FAR, g)
        near = _speed(v, x + dx, math.exp(x + dx), False, cell)
        m[LAM] = math.log(near / g) / dx if near * g > 0.0 else 0.0
        m[LAM_I] = math.log(m[CURRENT] / i) / dx if m[CURRENT] * i > 0.0 else 0.0
        m[LAM_V], m[LAM_X], m[LAM_AGE], m[CURRENT] = v, x, 0.0, i
    m[LAM_AGE] += 1.0


@kernel
def _careful(h, va, vb, cell):
    """Follow the device for h [s] in steps of controlled error, see `_trial`; N becomes NaN without a finite speed."""
    m = cell[5]
    reset = va + vb > 0.0
    done, step, rise = 0.0, h, (vb - va) / h
    lam = m[LAM] if rise == 0.0 else 0.0
    g = i = 0.0
    known, was_free = False, False
    while done < h:
        v = va + rise * done
        if _at_edge(reset, cell):
            _stand(h - done, v, vb, cell)
            note(vb, cell)
            return
        near = _nearness(reset, cell)
        room = 1.0 - near if near >= NEAR else -1.0
        free = near >= NEAR or cell[1][FLIM] == 0.0
        if not known or free != was_free:
            g = _speed(v, m[X], m[N], free, cell)
            i = m[CURRENT]
            if not known and rise == 0.0:
                step = min(step, 0.3 / abs(g))
        known, was_free = True, free
        step = min(step, h - done)
        y, used, ratio, g_end, i_mean, i_end = _trial(v, rise, step, g, i, free, room, lam, cell)
        if ratio <= 1.0 or (abs(g) * step < NOTHING and abs(y) < NOTHING):
            dx = _moved(y, used, room)
            if rise == 0.0:
                m[ENERGY] += v * i_mean * step
                lam = math.log(g_end / g) / dx if room < 0.0 and g_end * g > 0.0 and abs(dx) > 1e-6 else lam
            else:
                m[ENERGY] += _linear_energy(step, v, v + rise * step, i, i_end)
            _move(dx, step, reset, cell)
            g, i = g_end, i_end
            done = h if step == h - done else done + step
            note(vb if done == h else va + rise * done, cell)
        if step < SHORTEST:
            m[X] = m[N] = math.nan  # no finite speed: the caller tells
            return
        step *= min(max(0.9 / math.sqrt(ratio), 0.2), 4.0) if ratio >= 0.0 else 0.2


@kernel
def _trial(v, rise, step, g, i, free, room, lam, cell):
    """Return the results of one Runge-Kutta step of orders 3(2) (Bogacki and Shampine).

    The change of y, the lam used, the error over the one allowed, the speed at the end, mean and last current. A step
    counts where that ratio is at most 1; else it is tried again, shorter.
    """
    m = cell[5]
    mu = 0.0
    if rise != 0.0:
        ratio = _speed(v + rise * step, m[X], m[N], free, cell) / g
        if 0.0 < ratio < math.inf and abs(ratio - 1.0) > 1e-6:
            mu = math.log(max(ratio, 1e-6)) / step  # not lower: 1 + mu s would be a difference of equals
    s = math.expm1(mu * step) / mu if mu != 0.0 else step
    if room >= 0.0:
        lam = 0.0
    elif lam * g * s > 0.5:
        lam = 0.5 / (g * s)
    k2 = _stage(0.5 * s, 0.5 * s * g, v, rise, mu, free, room, lam, cell)
    i2 = m[CURRENT]
    k3 = _stage(0.75 * s, 0.75 * s * k2, v, rise, mu, free, room, lam, cell)
    i3 = m[CURRENT]
    y = s * (2.0 * g + 3.0 * k2 + 4.0 * k3) / 9.0
    k4 = _stage(s, y, v, rise, mu, free, room, lam, cell)
    error = s * abs(k2 / 12.0 + k3 / 9.0 - g * 5.0 / 72.0 - k4 / 8.0)
    fastest = max(abs(g), abs(k2), abs(k3), abs(k4))
    allowed = EDGE_TOLERANCE * s * fastest + EDGE if rise != 0.0 else TOLERANCE * s * fastest
    g_end = k4 * (1.0 + mu * s) / (1.0 - lam * y)
    return y, lam, error / allowed, g_end, (2.0 * i + 3.0 * i2 + 4.0 * i3) / 9.0, m[CURRENT]


@kernel
def _stage(s, y, v, rise, mu, free, room, lam, cell):
    """Return dy/ds at s and y of a step that begins at voltage v."""
    if not lam * y < 0.9 or not (abs(y) < 3.0 or room >= 0.0):
        return math.nan  # far outside: the step is too long
    x = cell[5][X] + _moved(y, lam, room)
    t = math.log1p(mu * s) / mu if mu != 0.0 else s
    return _speed(v + rise * t, x, math.exp(x), free, cell) * (1.0 - lam * y) / (1.0 + mu * s)


@kernel
def _moved(y, lam, room):
    """Return the change of x = ln N for a change of y."""
    if room >= 0.0:
        return math.copysign(0.1 * math.log1p(room * math.expm1(-10.0 * abs(y))), y)
    return -math.log1p(-lam * y) / lam if abs(lam * y) > 1e-9 else y
