"""Kernels that send one pulse to each of many devices, or look at each of them while its pulse lasts."""

from __future__ import annotations

import math

from ..._util.jit import kernel
from .multistep import CRUISE_MEMORY, SINCE, advance, edge, everywhere, nowhere
from .reduced import COEFFICIENTS
from .transient_kernel import SNAP, conductance
from .walk_kernel import CLOCK, STEP
from .workspace import ENERGY, LAM_V, LATE, STRIDE, N, X, Y, address

SCRATCH = CRUISE_MEMORY + 2 * COEFFICIENTS
"""Length of the scratch vector: memory of a device, memory of the explicit models twice."""


@kernel
def pulse_devices(model, p, loads, of, w, s, keys, n, pulses, energy, scratch):
    """Send a pulse to each of D devices: pulses (D, 4) are amplitude [V], rise, width and fall [s].

    p (D, P), w (D, 11), keys (D, 2), n (D,) as in `follow_devices`; n becomes NaN where no finite rate is found.
    energy (D,) [J] is filled.
    """
    m, c, _ = _parts(scratch)
    for d in range(n.size):
        cell = (model, address(p[d]), address(loads[of[d] :]), address(w[d]), c, m, address(scratch), 0)
        clock = (address(s), address(keys[d]))
        v, rise, width, fall = pulses[d]
        _begin(n[d], scratch)
        edge(0.0, v, rise, clock, cell)
        _flat(v, width, clock, cell)
        if not math.isnan(m[N]):
            edge(v, 0.0, fall, clock, cell)
        n[d], energy[d] = m[N], m[ENERGY]


@kernel
def sample_devices(model, p, loads, of, w, s, keys, n, drives, g, scratch):
    """Look at D devices under pulses that do not end: drives (D, 3) are amplitude [V], rise and spacing [s].

    g (D, T) is filled with the conductances [S] behind the rise and at whole spacings after it, with NaN where no
    finite rate is found. The rest is as in `pulse_devices`.
    """
    m, c, look = _parts(scratch)
    for d in range(n.size):
        cell = (model, address(p[d]), address(loads[of[d] :]), address(w[d]), c, m, address(scratch), 0)
        clock = (address(s), address(keys[d]))
        v, rise, spacing = drives[d]
        _begin(n[d], scratch)
        edge(0.0, v, rise, clock, cell)
        for k in range(g.shape[1]):
            if k > 0 and not math.isnan(m[N]):
                advance(v, k - 1, k, spacing, everywhere(v), clock, cell)
            g[d, k] = math.nan if math.isnan(m[N]) else conductance(look, cell)
        if math.isnan(m[N]):
            g[d] = math.nan


@kernel
def conductances(model, p, w, n, g, scratch):
    """Fill g (D,) with the conductances of D devices at +0.2 V [S], r and l as in their walk vectors w (D, 11)."""
    m, c, _ = _parts(scratch)
    for d in range(n.size):
        _begin(n[d], scratch)
        g[d] = conductance(c, (model, address(p[d]), 0.0, address(w[d]), c, m, address(scratch), 0))


@kernel
def _parts(scratch):
    """Return the parts of a scratch vector: memory of a device, and twice that of the explicit models."""
    return address(scratch), address(scratch[CRUISE_MEMORY:]), address(scratch[CRUISE_MEMORY + COEFFICIENTS :])


@kernel
def _begin(n, scratch):
    """Set the memory of a device to its start at concentration n, without anything of the last device."""
    m, c, look = _parts(scratch)
    for k in range(CRUISE_MEMORY):
        m[k] = 0.0
    m[X], m[N], m[STRIDE], m[SINCE] = math.log(n), n, 1.0, -1.0
    m[LAM_V] = m[Y] = c[0] = look[0] = math.nan


@kernel
def _flat(v, width, clock, cell):
    """Follow the device at full amplitude, in whole steps of the walk; what the edges leave of a step is first and
    last.
    """
    s, w, m = clock[0], cell[3], cell[5]
    width = max(width - m[LATE], 0.0)
    m[LATE] = 0.0
    first = min(width, s[STEP] - w[CLOCK])
    advance(v, 0, 1, first, nowhere(v), clock, cell)
    rest = width - first
    if not rest > 0.0:
        return
    steps = int(rest / s[STEP] * (1.0 + 1e-9) + SNAP)
    if steps > 0:
        advance(v, 0, steps, s[STEP], everywhere(v), clock, cell)
        rest -= steps * s[STEP]
    if rest > SNAP * s[STEP]:
        advance(v, 0, 1, rest, nowhere(v), clock, cell)
