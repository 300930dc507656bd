"""A device of this folder and the charge at its terminal in time, behind a load of `compact.jart.load_line`.

Two equations, for the device's state s and the node's voltage y: ds/dt is the device's rate, C dy/dt what the circuit
delivers at the node less the device's current. A Rosenbrock method of order 2 with an error of order 3 ("ode23s",
Shampine and Reichelt, SIAM J. Sci. Comput. 18, 1997) follows both, at any stiffness; a step changes the state by at
most twice what `reach` allows, as in `survey_pulses`.
"""

from __future__ import annotations

import math

from ..._util.jit import kernel
from ..jart.load_line import FALL, REST, RISE, SERIES, corner, delivered, lateness, pieces_of_edge
from .survey_pulses import current, hard, rate, reach
from .survey_windows import inside

TIME, STATE, DRIVE, AMPS, OWN = range(5)
"""Columns of a trace: time [s], state, voltage of the raised line with the pulse's sign [V], current [A], the device's
own voltage [V], both from AE to OE."""

COLUMNS = 5

S, Y, NOW, ENERGY, ROWS, SEEN, STRIDE = range(7)
"""Places in m: state, voltage of the node [V], time [s], energy [J]; rows of the trace, points seen, and of how many
each the first is kept."""

MEMORY = 7

I_ERROR, Y_ERROR = 2e-5, 2e-5  # of a step: of ln of the current by the state, and of the node [V]
D = 1.0 / (2.0 + math.sqrt(2.0))
E32 = 6.0 + math.sqrt(2.0)
BESIDE_S, BESIDE_V = 1e-7, 1e-7  # differences for the Jacobian
FIRST = 2e-12  # [s] length of the first step of an edge
SHORTEST = 1e-18  # [s] a step that no finite rate needs
NEWTON = 50  # steps to the voltage at rest, at most


@kernel
def trace_node_pulse(family, polarity, p, load, s, pulse, part, trace, m):
    """Follow one device through a part of a pulse, with points in trace (rows, COLUMNS); return its state at the end.

    pulse (4,) are amplitude [V], rise, width, fall [s]; part (2,) begin and end in the pulse's own time, neither inside
    an edge; m (MEMORY,) is filled. The state becomes NaN where no finite rate is found.
    """
    v, rise, width, fall = pulse
    begin, end = part
    device = (family, polarity, v < 0.0, p, load)
    m[:] = 0.0
    m[S], m[STRIDE] = s, 1.0
    up, down = rise + lateness(RISE, rise, load), rise + width
    on = begin > 0.0 and begin < down
    m[Y] = _resting(abs(v), device, s) if on else 0.0
    _note(abs(v) if on else 0.0, device, trace, m)
    if begin < 0.0:
        _span(0.0, 0.0, min(-begin, end - begin), device, trace, m)
    if begin <= 0.0 < end:
        _edge(RISE, abs(v), rise, device, trace, m)
        begin = up
    if end > begin and begin < down:
        _span(abs(v), abs(v), min(end, down) - begin, device, trace, m)
        begin = down
    if end > down and down <= begin < down + fall:
        _edge(FALL, abs(v), fall, device, trace, m)
        begin = down + fall + lateness(FALL, fall, load)
        rest = min(max(end - begin, 0.0), load[REST])
        _span(0.0, 0.0, rest, device, trace, m)
        begin += rest
    if end > begin and begin >= down + fall:
        # the node is at 0 V again: what its charge still moves is nothing
        m[NOW] += end - begin
        m[Y] = 0.0
        _note(0.0, device, trace, m)
    return m[S]


@kernel
def _edge(shape, height, span, device, trace, m):
    """Follow device and node through an edge."""
    load = device[4]
    for k in range(pieces_of_edge(shape, load)):
        (t0, f0), (t1, f1) = corner(shape, k, load), corner(shape, k + 1, load)
        _span(height * f0, height * f1, (t1 - t0) * span, device, trace, m)


@kernel
def _resting(u, device, s):
    """Return the node's voltage at rest [V] at a line voltage u: Newton's method on a falling function."""
    y = u if device[2] else 0.0
    for _ in range(NEWTON):
        amps, slope, _, _ = delivered(u, y, device[4])
        i = _point(u, s, y, device)[1]
        change = (amps - i) / (slope - (_point(u, s, y + BESIDE_V, device)[1] - i) / BESIDE_V)
        y -= change
        if abs(change) < 1e-12:
            break
    return y


@kernel
def _point(u, s, y, device):
    """Return d state/dt [1/s], current [A] and own voltage [V] of the device, AE against OE: it is ohmic."""
    family, polarity, set_, p, load = device
    v, ohm = y - u if set_ else y, load[SERIES]
    g = current(family, 1.0, s, p)
    i = v * g / (1.0 + ohm * g)
    own = v - ohm * i
    return rate(family, -polarity * own, s, p), i, own


@kernel
def _span(u0, u1, span, device, trace, m):
    """Follow device and node for so many seconds, the line's voltage straight from u0 to u1."""
    family, polarity, _, p, _ = device
    if not span > 0.0 or math.isnan(m[S]):
        return
    rise, bounded = (u1 - u0) / span, hard(family, p)
    t, h, s, y = 0.0, min(span, FIRST), m[S], m[Y]
    f, i, own = _point(u0, s, y, device)
    while t < span:
        most = reach(family, -polarity * own, s, p)
        h = min(h, span - t)
        h = min(h, most / abs(f)) if f != 0.0 else h
        u = u0 + rise * t
        ok, ds, dy, error, i1 = _rosenbrock(u, rise, h, s, y, f, i, device)
        if ok and error <= 1.0 and abs(ds) <= 2.0 * most:
            end = u + rise * h
            power = _power(u, y, i, device) + _power(end, y + dy, i1, device)
            m[ENERGY] += max(0.5 * h * power, 0.0)
            y += dy
            s = inside(s + ds) if bounded else s + ds
            last = span - t - h <= 1e-12 * span
            m[S], m[Y] = s, y
            m[NOW] += span - t if last else h
            t = span if last else t + h
            f, i, own = _point(end, s, y, device)
            _note(end, device, trace, m)
        elif h < SHORTEST:
            m[S] = math.nan
            return
        else:
            error = max(error, 1.0) if ok else 125.0
        h *= min(max(0.8 * error ** (-1.0 / 3.0), 0.2), 5.0) if error > 0.0 else 5.0


@kernel
def _power(u, y, i, device):
    """Return the power of the driver that is raised [W]."""
    return -u * i if device[2] else u * delivered(u, y, device[4])[0]


@kernel
def _rosenbrock(u, rise, h, s, y, f, i, device):
    """Return the results of one step: whether it is finite, changes of s and y, its error over the one allowed, and the
    current at the end.
    """
    load = device[4]
    amps, slope, charge, coupling = delivered(u, y, load)
    beside = -BESIDE_S if s > 0.5 else BESIDE_S
    fs, i_s, _ = _point(u, s + beside, y, device)
    fv, iv, _ = _point(u, s, y + BESIDE_V, device)
    fs, i_s = (fs - f) / beside, (i_s - i) / beside
    fv, iv = (fv - f) / BESIDE_V, (iv - i) / BESIDE_V
    g = (amps - coupling * rise - i) / charge
    gs, gy = -i_s / charge, (slope - iv) / charge
    fu, gu = (-fv, iv / charge) if device[2] else (0.0, 0.0)
    if not device[2] and rise != 0.0:
        gu = (delivered(u + rise * 1e-12, y, load)[0] - amps) / (rise * 1e-12 * charge)
    # (1 - h D J) k = right side
    a, b, c, d = 1.0 - h * D * fs, -h * D * fv, -h * D * gs, 1.0 - h * D * gy
    det = a * d - b * c
    ts, ty = h * D * fu * rise, h * D * gu * rise
    k1s, k1y = _solved(a, b, c, d, det, f + ts, g + ty)
    half, end = u + 0.5 * rise * h, u + rise * h
    f2, g2, _ = _slopes(half, rise, s + 0.5 * h * k1s, y + 0.5 * h * k1y, device)
    k2s, k2y = _solved(a, b, c, d, det, f2 - k1s, g2 - k1y)
    k2s, k2y = k2s + k1s, k2y + k1y
    f3, g3, i3 = _slopes(end, rise, s + h * k2s, y + h * k2y, device)
    k3s, k3y = _solved(
        a, b, c, d, det,
        f3 - E32 * (k2s - f2) - 2.0 * (k1s - f) + ts, g3 - E32 * (k2y - g2) - 2.0 * (k1y - g) + ty,
    )  # fmt: skip
    ln_i = max(abs(i_s / i) if i != 0.0 else 0.0, 1.0)
    error = h / 6.0 * max(abs(k1s - 2.0 * k2s + k3s) * ln_i / I_ERROR, abs(k1y - 2.0 * k2y + k3y) / Y_ERROR)
    return math.isfinite(error) and math.isfinite(h * k2y), h * k2s, h * k2y, error, i3


@kernel
def _slopes(u, rise, s, y, device):
    """Return d state/dt [1/s], dy/dt [V/s], and the current [A]."""
    f, i, _ = _point(u, s, y, device)
    amps, _, charge, coupling = delivered(u, y, device[4])
    return f, (amps - coupling * rise - i) / charge, i


@kernel
def _solved(a, b, c, d, det, p, q):
    """Return the solution of two linear equations."""
    return (d * p - b * q) / det, (a * q - c * p) / det


@kernel
def _note(u, device, trace, m):
    """Add the present point to the trace; a full one drops every second row, and from then on every second point. The
    last row always holds the latest point.
    """
    last = trace.shape[0] - 1
    _, i, own = _point(u, m[S], m[Y], device)
    row = trace[last]
    row[TIME], row[STATE], row[DRIVE], row[AMPS], row[OWN] = m[NOW], m[S], -u if device[2] else u, i, own
    if m[SEEN] % m[STRIDE] == 0.0 and m[ROWS] == last:
        m[ROWS] = (last + 1) // 2
        for k in range(int(m[ROWS])):
            trace[k] = trace[2 * k]
        m[STRIDE] *= 2.0
    if m[SEEN] % m[STRIDE] == 0.0:
        trace[int(m[ROWS])] = row
        m[ROWS] += 1.0
    m[SEEN] += 1.0
