"""What the integration knows of one device: a bundle of its data, and the vector of what changes from step to step.

The bundle ``cell`` is the tuple (model, p, rs, w, c, m, trace, counts): code of the model, parameter vector, series
resistance [Ohm], walk vector, memory of the explicit models, memory of the integration, trace and its counters.
"""

from __future__ import annotations

import math

from . import models
from .jit import kernel
from .walk import L, R

(X, N, CURRENT, ENERGY, STEPS, TIME, PULSE, READ, LAM, LAM_I, LAM_X, LAM_V, LAM_AGE) = range(13)
"""Places in m: ln N and N, last current [A], energy [J], steps, time and write-pulse time [s], last current of a read
[A]; how speed and current change with x, where that was found, and how many steps ago."""

MEMORY = 13

TRACE = ("time_s", "n", "r", "l", "v", "i")
"""Columns of a trace."""

ROWS, STRIDE, SEEN = range(3)
"""Places in the counters of a trace: rows filled, and of how many points each the first is kept; points seen."""


@kernel
def current(v, x, n, cell):
    """Current [A] at voltage v over device and series resistance, x = ln n; the next search begins from it."""
    model, p, rs, w, c, m, _, _ = cell
    i = models.current(model, v, x, n, w[R], w[L], rs, p, c, m[CURRENT])
    m[CURRENT] = i
    return i


@kernel
def note(v, cell):
    """Add the present point to the trace; a full trace drops every second row, and from then on every second point.

    The last row of the buffer is not part of the trace until `close_trace`: it always holds the latest point.
    """
    trace, counts = cell[6], cell[7]
    if trace.shape[0] == 0:
        return
    m, w = cell[5], cell[3]
    last = trace.shape[0] - 1
    row = trace[last]
    row[0], row[1], row[2], row[3], row[4] = m[TIME], m[N], w[R], w[L], v
    row[5] = current(v, m[X], m[N], cell)
    if counts[SEEN] % counts[STRIDE] == 0:
        if counts[ROWS] == last:
            counts[ROWS] = (last + 1) // 2
            for k in range(counts[ROWS]):
                trace[k] = trace[2 * k]
            counts[STRIDE] *= 2
        if counts[SEEN] % counts[STRIDE] == 0:
            trace[counts[ROWS]] = row
            counts[ROWS] += 1
    counts[SEEN] += 1


@kernel
def close_trace(cell):
    """Make the latest point the last row of the trace, and mark the rest as empty."""
    trace, counts = cell[6], cell[7]
    if trace.shape[0] == 0:
        return
    last = trace.shape[0] - 1
    rows = counts[ROWS]
    if trace[rows - 1, 0] != trace[last, 0]:
        trace[rows] = trace[last]
        rows += 1
    trace[rows:] = math.nan
