"""What the integration knows of one device: a bundle of its data, and the vector of what changes from step to step.

The bundle ``cell`` is the tuple (model, p, rs, w, c, m, trace, rows): code of the model, parameter vector, series
resistance [Ohm], walk vector, memory of the explicit models, memory of the integration, trace and its length. The
vectors in it are bare addresses: each kernel that an array passes through counts its references, which takes longer
than the physics.
"""

from __future__ import annotations

import math

from numba import types

from ..._util.jit import instruction, kernel
from . import models
from .walk_kernel import L, R

(
    X, N, CURRENT, ENERGY, STEPS, TIME, PULSE, READ, LAM, LAM_I, LAM_X, LAM_V, LAM_AGE, ROWS, STRIDE, SEEN,
) = range(16)  # fmt: skip
"""Places in m: ln N and N, last current [A], energy [J], steps, time and write-pulse time [s], last current of a read
[A]; how speed and current change with x, where that was found, and how many steps ago; rows of the trace, of how many
points each the first is kept, and points seen."""

MEMORY = 16

TRACE = ("time_s", "n", "r", "l", "v", "i")
"""Columns of a trace."""

_WIDTH = len(TRACE)


@instruction
def address(typing_context, array):
    """Return the address of an array's numbers, read and written like it; the array must outlive it."""

    def code(context, builder, signature, arguments):
        return context.make_array(signature.args[0])(context, builder, arguments[0]).data

    return types.CPointer(array.dtype)(array), code


@kernel
def current(v, x, n, cell):
    """Return the current [A] at v over device and series resistance, x = ln n, and keep it for the next search."""
    model, p, rs, w, c, m, _, _ = cell
    i = models.current(model, v, x, n, w[R], w[L], rs, p, c, m[CURRENT])
    m[CURRENT] = i
    return i


@kernel
def shown(v, cell):
    """Return the present current [A] for a record, without a change in the memory."""
    m = cell[5]
    kept = m[CURRENT]
    i = current(v, m[X], m[N], cell)
    m[CURRENT] = kept
    return i


@kernel
def note(v, cell):
    """Add the present point to the trace; a full trace drops every second row, and from then on every second point.

    The last row of the buffer is not part of the trace until `close_trace`: it always holds the latest point.
    """
    if cell[7] > 0:
        _note(v, cell)


@kernel
def _note(v, cell):
    w, m, trace = cell[3], cell[5], cell[6]
    last = cell[7] - 1
    row = last * _WIDTH
    trace[row], trace[row + 1], trace[row + 2], trace[row + 3], trace[row + 4] = m[TIME], m[N], w[R], w[L], v
    trace[row + 5] = shown(v, cell)
    if m[SEEN] % m[STRIDE] == 0.0 and m[ROWS] == last:
        m[ROWS] = (last + 1) // 2
        for k in range(int(m[ROWS])):
            _copy(trace, 2 * k, k)
        m[STRIDE] *= 2.0
    if m[SEEN] % m[STRIDE] == 0.0:
        _copy(trace, last, int(m[ROWS]))
        m[ROWS] += 1.0
    m[SEEN] += 1.0


@kernel
def _copy(trace, source, target):
    for column in range(_WIDTH):
        trace[target * _WIDTH + column] = trace[source * _WIDTH + column]


@kernel
def close_trace(cell):
    """Make the latest point the last row of the trace, and mark the rest as empty."""
    m, trace, rows = cell[5], cell[6], cell[7]
    if rows == 0:
        return
    end = int(m[ROWS])
    if trace[(end - 1) * _WIDTH] != trace[(rows - 1) * _WIDTH]:
        _copy(trace, rows - 1, end)
        end += 1
    for k in range(end * _WIDTH, rows * _WIDTH):
        trace[k] = math.nan
