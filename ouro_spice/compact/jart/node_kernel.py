"""The device and the charge at its terminal in time: fast edges, and what follows them at a constant drive.

Two equations, for x = ln N and the node's voltage y: dx/dt is the device's speed, C dy/dt what the circuit delivers at
the node less the device's current. The node answers within picoseconds to nanoseconds and is stiff on all
slower scales; a device that switches runs away. Both are left to a Rosenbrock method of order 2 with an error of order
3 (Shampine and Reichelt, SIAM J. Sci. Comput. 18, 1997, "ode23s"), which is stable at any step.

Behind the edges the node follows the device, and `advance` goes on with the load line alone: it is at rest where the
current into its charge is below `QUIET` of the device's.
"""

from __future__ import annotations

import math

from ..._util.jit import kernel
from . import models
from .kinetics import rate
from .load_line import NODE, REST, SERIES, TAU, corner, delivered, pieces_of_edge
from .parameter_vector import NHI, NLO
from .transient_kernel import SNAP, finish_step
from .walk_kernel import CLOCK, N_BEGIN, NMAX, NMIN, STEP, L, R
from .workspace import CURRENT, ENERGY, STEPS, TIME, N, X, Y, add_row, loaded

QUIET = 1e-3
"""Share of the device's current that goes into the charge, below which the node is at rest."""

X_ERROR, Y_ERROR = 2e-4, 2e-4  # of a step: in ln N and [V]
D = 1.0 / (2.0 + math.sqrt(2.0))
E32 = 6.0 + math.sqrt(2.0)
BESIDE_X, BESIDE_V = 1e-5, 1e-6  # differences for the Jacobian
SHORTEST = 1e-18  # [s] a step that no finite speed needs


@kernel
def has_node(cell):
    """Return whether there is a charge at the device's terminal."""
    return cell[2][NODE] != 0.0


@kernel
def node_edge(v, shape, span, clock, cell):
    """Follow device and node through the rising or falling edge of a pulse of amplitude v, of so many seconds."""
    m, load = cell[5], cell[2]
    set_, height = v < 0.0, abs(v)
    if math.isnan(m[Y]):
        m[Y] = _resting(v * corner(shape, 0, load)[1], set_, cell)
    for k in range(pieces_of_edge(shape, load)):
        (t0, f0), (t1, f1) = corner(shape, k, load), corner(shape, k + 1, load)
        begin, rest = 0.0, (t1 - t0) * span
        whole = rest
        while rest > 0.0 and not math.isnan(m[X]):
            h = _to_turn(rest, clock, cell)
            now, then = f0 + (f1 - f0) * (begin / whole), f0 + (f1 - f0) * min((begin + h) / whole, 1.0)
            _node_span(set_, height * now, height * then, h, False, cell)
            begin += h
            rest = rest - h if rest - h > SNAP * h else 0.0
            _turn(h, clock, cell)
    if math.isnan(m[X]):
        m[N] = math.nan


@kernel
def node_rest(cell):
    """Let the node come back to 0 V behind a pulse."""
    m, load = cell[5], cell[2]
    energy, time = m[ENERGY], m[TIME]
    if load[REST] > 0.0 and not math.isnan(m[N]):
        model, p, _, w, c, _, trace, _ = cell
        _node_span(True, 0.0, 0.0, load[REST], False, (model, p, load, w, c, m, trace, 0))
    m[ENERGY], m[TIME] = energy, time  # the rest is a part of the idle time
    m[Y] = math.nan


@kernel
def settle(v, span, clock, cell):
    """Follow device and node at a constant drive until the node is at rest, for so many seconds at most; return the
    time that it took.
    """
    m = cell[5]
    done = 0.0
    while done < span and not math.isnan(m[Y]):
        h = _to_turn(span - done, clock, cell)
        h = _node_span(v < 0.0, abs(v), abs(v), h, True, cell)
        done = done + h if span - done - h > SNAP * h else span
        _turn(h, clock, cell)
        if math.isnan(m[X]):
            m[N] = math.nan
            return span
    return done


@kernel
def wakes(change, cell):
    """Return whether a node at rest no longer follows the device; change: d ln I / dt [1/s] of the device."""
    load = cell[2]
    return load[NODE] != 0.0 and load[TAU] * abs(change) > 2.0 * QUIET


@kernel
def wake(v, cell):
    """Take the node's voltage from the load line, to follow it from here on."""
    cell[5][Y] = _resting(v, v < 0.0, cell)


@kernel
def _to_turn(rest, clock, cell):
    """Return the time until a step of the walk ends, at most `rest` [s]."""
    w, s = cell[3], clock[0]
    if s[STEP] < math.inf and w[CLOCK] == 0.0:
        w[N_BEGIN] = cell[5][N]
    return min(rest, s[STEP] - w[CLOCK])


@kernel
def _turn(h, clock, cell):
    """Let the walk's clock run on by h [s], and end its step where that is over."""
    w, s = cell[3], clock[0]
    if s[STEP] < math.inf:
        w[CLOCK] += h
        if w[CLOCK] >= s[STEP] * (1.0 - SNAP):
            finish_step(clock, cell)


@kernel
def _resting(v, set_, cell):
    """Return the node's voltage at rest [V] at a drive v."""
    m = cell[5]
    if v == 0.0:
        return 0.0
    i, own = loaded(v, m[X], m[N], m[CURRENT], cell)
    m[CURRENT] = i
    return own + cell[2][SERIES] * i + (abs(v) if set_ else 0.0)


@kernel
def _point(set_, u, x, y, cell):
    """Return d ln N / dt [1/s], current [A] and own voltage [V] of the device at line voltage u and node y."""
    model, p, load, w, c, m, _, _ = cell
    n = math.exp(x)
    v, ohm = y - u if set_ else y, load[SERIES]
    if v == 0.0:
        return 0.0, 0.0, 0.0
    i = models.current(model, v, x, n, w[R], w[L], ohm, p, c, m[CURRENT] if m[CURRENT] * v > 0.0 else 0.0)
    m[CURRENT] = i
    own = v - ohm * i
    if n <= max(p[NLO], w[NMIN]) if own > 0.0 else n >= min(p[NHI], w[NMAX]):
        return 0.0, i, own
    return rate(own, i, n, w[R], w[L], w[NMIN], w[NMAX], p) / n, i, own


@kernel
def _node_span(set_, u0, u1, span, quiet, cell):
    """Follow device and node for so many seconds, the line's voltage straight from u0 to u1; return the time passed.

    quiet: stop where the node has come to rest, whose voltage is NaN then. x becomes NaN without a finite speed.
    """
    m, load = cell[5], cell[2]
    rise = (u1 - u0) / span
    t, h = 0.0, span
    x, y = m[X], m[Y]
    f, i, own = _point(set_, u0, x, y, cell)
    fast = abs(f)
    h = min(h, 0.01 / fast) if fast > 0.0 else h
    h = min(h, 2e-12) if u1 != u0 or not quiet else h
    while t < span:
        h = min(h, span - t)
        u = u0 + rise * t
        ok, dx, dy, error, f1, i1, own1 = _rosenbrock(set_, u, rise, h, x, y, f, i, cell)
        if ok and error <= 1.0:
            power = _power(set_, u, y, i, load), _power(set_, u + rise * h, y + dy, i1, load)
            m[ENERGY] += max(0.5 * h * (power[0] + power[1]), 0.0)
            y += dy
            x = _kept(x + dx, own1, cell)
            t = span if h == span - t else t + h
            m[X], m[N], m[Y] = x, math.exp(x), y
            m[STEPS] += 1.0
            m[TIME] += h
            f, i, own = f1, i1, own1
            if cell[7] > 0:
                u = u0 + rise * t if t < span else u1
                add_row(-u if set_ else u, i, own, cell)
            if quiet and abs(delivered(u1, y, load)[0] - i) < QUIET * abs(i):
                m[Y] = math.nan
                return t
        if h < SHORTEST:
            m[X] = math.nan
            return span
        h *= min(max(0.8 * error ** (-1.0 / 3.0), 0.2), 5.0) if ok and error > 0.0 else (5.0 if ok else 0.2)
    return span


@kernel
def _power(set_, u, y, i, load):
    """Return the power of the driver that is raised [W]."""
    return -u * i if set_ else u * delivered(u, y, load)[0]


@kernel
def _kept(x, own, cell):
    """Return x inside the window and its limits, on the side to which the device moves."""
    p, w = cell[1], cell[3]
    if own > 0.0:
        return max(x, min(math.log(max(p[NLO], w[NMIN])), cell[5][X]))
    return min(x, max(math.log(min(p[NHI], w[NMAX])), cell[5][X]))


@kernel
def _rosenbrock(set_, u, rise, h, x, y, f, i, cell):
    """Return the results of one step: whether it is finite, changes of x and y, its error over the one allowed, speed,
    current and own voltage at the end.
    """
    load = cell[2]
    amps, slope, charge, coupling = delivered(u, y, load)
    beside = math.copysign(BESIDE_X, f)
    fx, ix, _ = _point(set_, u, x + beside, y, cell)
    fv, iv, _ = _point(set_, u, x, y + BESIDE_V, cell)
    fx, ix = (fx - f) / beside, (ix - i) / beside
    fv, iv = (fv - f) / BESIDE_V, (iv - i) / BESIDE_V
    g = (amps - coupling * rise - i) / charge
    gx, gy = -ix / charge, (slope - iv) / charge
    ahead = delivered(u + rise * 1e-12, y, load)[0]
    fu, gu = (-fv, iv / charge) if set_ else (0.0, (ahead - amps) / (rise * 1e-12 * charge) if rise != 0.0 else 0.0)
    # (1 - h D J) k = right side
    a, b = 1.0 - h * D * fx, -h * D * fv
    c, d = -h * D * gx, 1.0 - h * D * gy
    det = a * d - b * c
    tx, ty = h * D * fu * rise, h * D * gu * rise
    k1x, k1y = _solved(a, b, c, d, det, f + tx, g + ty)
    half = u + 0.5 * rise * h
    f2, i2, _ = _point(set_, half, x + 0.5 * h * k1x, y + 0.5 * h * k1y, cell)
    amps2, _, charge2, coupling2 = delivered(half, y + 0.5 * h * k1y, load)
    g2 = (amps2 - coupling2 * rise - i2) / charge2
    k2x, k2y = _solved(a, b, c, d, det, f2 - k1x, g2 - k1y)
    k2x += k1x
    k2y += k1y
    end = u + rise * h
    f3, i3, own3 = _point(set_, end, x + h * k2x, y + h * k2y, cell)
    amps3, _, charge3, coupling3 = delivered(end, y + h * k2y, load)
    g3 = (amps3 - coupling3 * rise - i3) / charge3
    k3x, k3y = _solved(
        a, b, c, d, det,
        f3 - E32 * (k2x - f2) - 2.0 * (k1x - f) + tx, g3 - E32 * (k2y - g2) - 2.0 * (k1y - g) + ty,
    )  # fmt: skip
    dx, dy = h * k2x, h * k2y
    error = h / 6.0 * max(abs(k1x - 2.0 * k2x + k3x) / X_ERROR, abs(k1y - 2.0 * k2y + k3y) / Y_ERROR)
    ok = math.isfinite(error) and math.isfinite(dx) and abs(dx) < 1.0
    return ok, dx, dy, error, f3, i3, own3


@kernel
def _solved(a, b, c, d, det, p, q):
    """Return the solution of two linear equations."""
    return (d * p - b * q) / det, (a * q - c * p) / det
