"""The kernel that makes records: one pulse each, until it has lasted twice the width at which a target is crossed.

The conductance counts on a grid of pulse widths. It rises with N and r and falls with l, and takes longer to find than
a step: where it is known at one point of the grid, a box around that point's (N, r, l) is laid whose far corner does
not reach the target either; as long as the device is inside, the grid is passed without a look. Where the box is left
and the target turns out to be crossed more than one point ago, the time since the last look is followed again, with a
look at each point: a record is that of a look at every point.
"""

from __future__ import annotations

import math

from ..._util.jit import kernel
from ...device.constants import V_READ
from . import models
from .multistep import CRUISE_MEMORY, SINCE, advance, edge, everywhere, knows_walk, nowhere, outside, stands
from .parameter_vector import DLDN, DRDN, NPLUG
from .reduced import COEFFICIENTS
from .transient_kernel import SNAP, conductance
from .walk_kernel import COUNT, L, R
from .workspace import ENERGY, LAM_V, STRIDE, N, X, Y, address, loaded

_M, _W = CRUISE_MEMORY, COUNT + 1
SCRATCH = 3 * _M + 2 * _W + 2 * COEFFICIENTS
"""Length of the scratch vector: memory and two states of a device, memory of the explicit models twice."""

WIDTH, G_END, ENERGY_J, EVERY, POINTS, READ_A = range(6)
"""Places in a record's results: steps of the width, 0: not reached; conductance [S] and energy [J] after that very
pulse; stride and points of the history; current of a read behind that pulse [A]."""

RESULTS = 6

_CLOSE = 0.01  # share that the conductance lacks below which each point of the grid is looked at


@kernel
def record_devices(model, p, loads, of, w, s, keys, n, pulses, targets, grid, reads, history, results, scratch):
    """Make D records: pulses (D, 3) are amplitude [V], rise and fall [s], targets (D,) conductances [S].

    p (D, P), w (D, 11), keys (D, 2), n (D,) as in `follow_devices`; loads one behind the other, that of a device begins
    at of (D,). grid is (spacing [s], longest pulse [s]), reads (load line of a read, its voltage [V]). history (D, H),
    H even, and results (D, RESULTS) are filled; n becomes NaN where no finite rate is found.
    """
    m, kept, now = address(scratch), address(scratch[_M:]), address(scratch[2 * _M + _W :])
    c, look = address(scratch[3 * _M + 2 * _W :]), address(scratch[3 * _M + 2 * _W + COEFFICIENTS :])
    for d in range(n.size):
        for k in range(_M):
            m[k] = 0.0
        m[X], m[N], m[STRIDE], m[SINCE] = math.log(n[d]), n[d], 1.0, -1.0
        m[LAM_V] = m[Y] = c[0] = look[0] = math.nan
        cell = (model, address(p[d]), address(loads[of[d] :]), address(w[d]), c, m, address(scratch), 0)
        clock = (address(s), address(keys[d]))
        slots, read = (kept, now), (address(reads[0]), reads[1])
        _record(address(pulses[d]), targets[d], grid, read, clock, history[d], slots, look, address(results[d]), cell)
        n[d] = m[N]


@kernel
def _record(pulse, target, grid, read, clock, history, slots, look, results, cell):
    """Make one record, in `history` and `results`; the concentration becomes NaN where it fails."""
    v, (step_s, longest_s), m = pulse[0], grid, cell[5]
    edge(0.0, v, pulse[1], clock, cell)
    last = steps = int(longest_s / step_s * (1.0 + 1e-9) + SNAP)
    k = due = points = seen = width = 0
    every, g_seen = 1, math.nan
    at_once = again = False  # beyond the target from the beginning; following a part again
    box = nowhere(v)
    while not math.isnan(m[N]):
        if width == 0 and outside(v, box, cell):
            g = conductance(look, cell)
            if k == 0 or not (at_once or _beyond(v, g, target)):
                at_once = k == 0 and _beyond(v, g, target)
                _copy(slots[0], cell, True)
                seen, g_seen = k, g
                box = nowhere(v) if k == 0 or again else _box(v, g, target, look, clock, cell)
            elif k - seen > 1:
                _copy(slots[0], cell, False)
                k, again, box = seen, True, nowhere(v)
            else:
                back = k > 1 and abs(g_seen - target) < abs(g - target)
                width = k - 1 if back else k
                _after(width, back, pulse, read, slots, look, clock, results, cell)
                last, box = min(2 * width, steps), everywhere(v)
        if k == due:
            points, every = _note(conductance(look, cell), history, points, every)
            due = points * every
        if k >= last:
            break
        k = advance(v, k, min(due, last), step_s, box, clock, cell)
    if width == 0 and not math.isnan(m[N]):
        rest = longest_s - steps * step_s
        if rest > SNAP * step_s:
            advance(v, 0, 1, rest, nowhere(v), clock, cell)
        _after(0, False, pulse, read, slots, look, clock, results, cell)
    results[EVERY], results[POINTS] = every, points


@kernel
def _note(g, history, points, every):
    """Add a conductance to the history; return its points and stride. A full one drops every second point."""
    if points == history.size:
        points //= 2
        every *= 2
        for k in range(points):
            history[k] = history[2 * k]
    history[points] = g
    return points + 1, every


@kernel
def _after(width, back, pulse, read, slots, look, clock, results, cell):
    """Fill the results of a pulse that ends at this point, or at the one before; the device's state stays as it is."""
    _copy(slots[1], cell, True)
    if back:
        _copy(slots[0], cell, False)
    edge(pulse[0], 0.0, pulse[2], clock, cell)
    results[WIDTH], results[G_END], results[ENERGY_J] = width, conductance(look, cell), cell[5][ENERGY]
    model, p, _, w, c, m, _, _ = cell
    if not math.isnan(m[N]):
        results[READ_A] = loaded(read[1], m[X], m[N], 0.0, (model, p, read[0], w, c, m, cell[6], 0))[0]
        _copy(slots[1], cell, False)


@kernel
def _copy(slot, cell, keep):
    """Copy the state of a device into a slot, or back from it."""
    w, m = cell[3], cell[5]
    for k in range(_M):
        if keep:
            slot[k] = m[k]
        else:
            m[k] = slot[k]
    for k in range(_W):
        if keep:
            slot[_M + k] = w[k]
        else:
            w[k] = slot[_M + k]


@kernel
def _beyond(v, g, target):
    """Return whether a conductance is at the target or beyond."""
    return g <= target if v > 0.0 else g >= target


@kernel
def _box(v, g, target, look, clock, cell):
    """Return the far corner (ln N, r, l) of a box of states that do not reach the target, around conductance g [S]."""
    model, p, _, w, _, m, _, _ = cell
    if stands(v, clock, cell):
        return everywhere(v)
    room = math.log(target / g)
    x, r, l = m[X], w[R], w[L]
    # a disc that conducts like the plug: a longer one may conduct more
    plug = math.exp(max(x, x + 0.5 * room)) > 0.5 * p[NPLUG]
    if not abs(room) > _CLOSE or plug or p[DRDN] != 0.0 or p[DLDN] != 0.0:
        return nowhere(v)
    if knows_walk(clock, cell):
        # g goes with r^2 / l and at most with N
        x += room / 4.0
        r *= math.exp(room / 8.0)
        l *= math.exp(-room / 8.0)
        far = (x, r, l)
    else:
        x += room / 2.0
        far = (x, 0.0, math.inf) if v > 0.0 else (x, math.inf, 0.0)
    g = models.current(model, V_READ, x, math.exp(x), r, l, 0.0, p, look, V_READ * g) / V_READ
    return nowhere(v) if not g > 0.0 or _beyond(v, g, target) else far
