"""What the integration knows of one device: a bundle of its data, and the vector of what changes from step to step.

The bundle ``cell`` is the tuple (model, p, load, w, c, m, trace, rows): code of the model, parameter vector, the
circuit around the device (`load_line`), walk vector, memory of the explicit models, memory of the integration, trace
and its length. The
vectors in it are bare addresses: each kernel that an array passes through counts its references, which takes longer
than the physics.
"""

from __future__ import annotations

import math

from numba import types

from ..._util.jit import instruction, kernel
from . import models
from .load_line import HIGH_A, LINE, LOW_A, OHM, PIECES, ROW, SHIFT_V
from .walk_kernel import L, R

(
    X, N, CURRENT, ENERGY, STEPS, TIME, PULSE, READ, LAM, LAM_I, LAM_X, LAM_V, LAM_AGE, ROWS, STRIDE, SEEN, PIECE, Y,
    LATE,
) = range(19)  # fmt: skip
"""Places in m: ln N and N, last current [A], energy [J], steps, time and write-pulse time [s], last current of a read
[A]; how speed and current change with x, where that was found, and how many steps ago; rows of the trace, of how many
points each the first is kept, and points seen; the piece of the load line; the node's voltage [V], NaN where it is at
rest or not there; by how much a rising edge lasts longer than it should [s]: the flat top begins later."""

MEMORY = 19

TRACE = ("time_s", "n", "r", "l", "v", "i", "v_cell")
"""Columns of a trace."""

_WIDTH = len(TRACE)


@instruction
def address(typing_context, array):
    """Return the address of an array's numbers, read and written like it; the array must outlive it."""

    def code(context, builder, signature, arguments):
        return context.make_array(signature.args[0])(context, builder, arguments[0]).data

    return types.CPointer(array.dtype)(array), code


@kernel
def loaded(v, x, n, guess, cell):
    """Return the current [A] and the device's own voltage [V] at a drive v behind the load line, x = ln n."""
    model, p, load, w, c, m, _, _ = cell
    low, high, tries = 0, int(load[PIECES]) - 1, 0
    k = min(int(m[PIECE]), high)
    while True:
        row = int(load[LINE]) + ROW * k
        source, ohm = v + load[row + SHIFT_V], load[row + OHM]
        i = models.current(model, source, x, n, w[R], w[L], ohm, p, c, guess)
        if i > load[row + HIGH_A] and k < high:
            low = k + 1
            k = low if tries == 0 else (low + high) // 2
        elif i < load[row + LOW_A] and k > low:
            high = k - 1
            k = high if tries == 0 else (low + high) // 2
        else:
            break
        tries += 1
        guess = i
    m[PIECE] = k
    return i, source - ohm * i


@kernel
def current(v, x, n, cell):
    """Return the current [A] at a drive v behind the load line, x = ln n, and keep it for the next search."""
    i = loaded(v, x, n, cell[5][CURRENT], cell)[0]
    cell[5][CURRENT] = i
    return i


@kernel
def shown(v, cell):
    """Return the present current [A] and the device's own voltage [V] for a record; nothing of it is kept."""
    m = cell[5]
    return loaded(v, m[X], m[N], m[CURRENT], cell)


@kernel
def note(v, cell):
    """Add the present point to the trace; a full trace drops every second row, and from then on every second point.

    The last row of the buffer is not part of the trace until `close_trace`: it always holds the latest point.
    """
    if cell[7] > 0:
        i, own = shown(v, cell)
        add_row(v, i, own, cell)


@kernel
def add_row(v, i, own, cell):
    """Add a point to the trace: drive [V], current [A], the device's own voltage [V]; the rest as it is now."""
    w, m, trace = cell[3], cell[5], cell[6]
    last = cell[7] - 1
    row = last * _WIDTH
    trace[row], trace[row + 1], trace[row + 2], trace[row + 3], trace[row + 4] = m[TIME], m[N], w[R], w[L], v
    trace[row + 5], trace[row + 6] = i, own
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
