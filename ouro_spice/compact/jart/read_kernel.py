"""Kernels that look at devices behind a load line: the current of a read, and one pulse point by point."""

from __future__ import annotations

import math

from ..._util.jit import kernel
from .load_line import FALL, lateness
from .multistep import edge
from .node_kernel import has_node, settle
from .pulse_kernels import _begin, _parts
from .transient_kernel import piece
from .workspace import ENERGY, LATE, STEPS, STRIDE, TIME, N, X, Y, address, close_trace, loaded, note


@kernel
def read_currents(model, p, loads, of, w, n, v, amps, scratch):
    """Fill amps (D,) with the currents [A] of D devices at a drive v behind their load lines; nothing moves.

    p (D, P), w (D, 11), n (D,); loads one behind the other, that of a device begins at of (D,).
    """
    m, c, _ = _parts(scratch)
    for d in range(n.size):
        _begin(n[d], scratch)
        cell = (model, address(p[d]), address(loads[of[d] :]), address(w[d]), c, m, address(scratch), 0)
        amps[d] = loaded(v, m[X], m[N], 0.0, cell)[0]


@kernel
def trace_pulse(model, p, load, w, s, key, n, pulse, part, trace, results, scratch):
    """Follow one device through a part of a pulse, (rows, 7) points in `trace`; return the concentration at its end.

    pulse (4,) are amplitude [V], rise, width, fall [s]; part (2,) are begin and end in the pulse's own time, neither
    inside an edge. results (3,) gets energy [J], steps and the node's voltage [V], which it begins with where the part
    begins at full amplitude; NaN at rest.
    """
    m, c, _ = _parts(scratch)
    _begin(n, scratch)
    m[STRIDE] = 1.0
    if pulse[1] <= part[0] < pulse[1] + pulse[2]:
        m[Y] = results[2]
    cell = (model, address(p), address(load), address(w), c, m, address(trace), trace.shape[0])
    clock = (address(s), address(key))
    v, rise, width, fall = pulse
    begin, end = part
    note(0.0 if begin <= 0.0 or begin >= rise + width else v, cell)
    if begin < 0.0:
        _wait(min(-begin, end - begin), cell)
    if begin <= 0.0 < end:
        edge(0.0, v, rise, clock, cell)
        begin = rise + m[LATE]
    if end > rise and begin < rise + width:
        _flat(v, min(end, rise + width) - max(begin, rise), clock, cell)
        begin = rise + width
    if end > rise + width and rise + width <= begin < rise + width + fall:
        edge(v, 0.0, fall, clock, cell)
        begin = rise + width + fall + lateness(FALL, fall, cell[2])
    if end > begin and begin >= rise + width + fall:
        _wait(end - begin, cell)
    close_trace(cell)
    results[0], results[1], results[2] = m[ENERGY], m[STEPS], m[Y]
    return m[N]


@kernel
def _wait(span, cell):
    """Let so many seconds pass at 0 V."""
    cell[5][TIME] += span
    note(0.0, cell)


@kernel
def _flat(v, span, clock, cell):
    """Follow the device at full amplitude for so many seconds, with all points of the integration."""
    m = cell[5]
    done = settle(v, span, clock, cell) if has_node(cell) and not math.isnan(m[Y]) else 0.0
    if math.isnan(m[N]) or not span > done:
        return
    nothing = (math.nan, False, cell[4])
    begin = m[TIME]
    piece(begin, span - done, v, v, True, clock, nothing, (1.0, cell[6], 0), 0, cell)
