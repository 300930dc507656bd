"""The kernel that follows many devices in time, one after the other: pieces of voltage, steps of the walk, records.

A device's time is cut where the voltage bends, where a step of the walk ends and where a record is due; for each part
`step.integrate` does the rest.
"""

from __future__ import annotations

import math

from ..._util.jit import kernel
from ...device.constants import V_READ
from . import models
from .reduced import COEFFICIENTS
from .step import integrate
from .walk_kernel import CLOCK, N_BEGIN, STEP, L, R, end_step
from .workspace import (
    ENERGY,
    LAM_V,
    MEMORY,
    PULSE,
    READ,
    STEPS,
    STRIDE,
    TIME,
    N,
    X,
    Y,
    address,
    close_trace,
    note,
    shown,
)

SCRATCH = MEMORY + 2 * COEFFICIENTS
SNAP = 1e-6  # share of a step or of the records' spacing that counts as its end: sums of times are not exact


@kernel
def follow_devices(model, p, loads, times, volts, writing, n, w, s, keys, until, grid_s, grid, trace, results, scratch):
    """Follow D devices: n (D,) and w (D, 11) move on, results (D, 3) gets energy [J], steps and crossing [s].

    p (D, P), loads (D, ..), keys (D, 2), until [S] (D,) with NaN for none; times, volts and writing (D or 1, ..); grid
    (D, G, 5) gets n, r, l, v, i at multiples of grid_s [s], trace (D, B, 7) the steps. Both may be empty. All arrays
    are contiguous; scratch is (SCRATCH,).
    """
    m, c, read = address(scratch[:MEMORY]), address(scratch[MEMORY:]), address(scratch[MEMORY + COEFFICIENTS :])
    for d in range(n.size):
        for k in range(MEMORY):
            m[k] = 0.0
        m[X], m[N], m[STRIDE], m[Y] = math.log(n[d]), n[d], 1.0, math.nan
        m[LAM_V] = c[0] = read[0] = math.nan
        cell = (model, address(p[d]), address(loads[d]), address(w[d]), c, m, address(trace[d]), trace.shape[1])
        look = (until[d], math.isnan(until[d]) or conductance(read, cell) < until[d], read)
        clock = (address(s), address(keys[d]))
        records = (grid_s, address(grid[d]), grid.shape[1])
        kt, kv, kw = d % times.shape[0], d % volts.shape[0], d % writing.shape[0]
        results[d, 2] = _follow(times[kt], volts[kv], writing[kw], clock, look, records, cell)
        close_trace(cell)
        n[d] = m[N]
        results[d, 0], results[d, 1] = m[ENERGY], m[STEPS]


@kernel
def _follow(times, volts, writing, clock, look, records, cell):
    """Follow one device over all pieces of its voltage; return the write-pulse time of the crossing [s], or NaN."""
    due = 0
    note(volts[0], cell)
    for k in range(times.size - 1):
        begin, span, v0, v1 = times[k] - times[0], times[k + 1] - times[k], volts[k], volts[k + 1]
        if v0 * v1 < 0.0:  # the polarity changes at 0 V
            zero = span * v0 / (v0 - v1)
            due, crossed = piece(begin, zero, v0, 0.0, writing[k], clock, look, records, due, cell)
            if crossed:
                return cell[5][PULSE]
            begin, span, v0 = begin + zero, span - zero, 0.0
        due, crossed = piece(begin, span, v0, v1, writing[k], clock, look, records, due, cell)
        if crossed:
            return cell[5][PULSE]
    return math.nan


@kernel
def piece(begin, span, v0, v1, writing, clock, look, records, due, cell):
    """Follow the device over a straight piece of voltage; return the next record, and whether G has crossed."""
    w, m = cell[3], cell[5]
    step_s = clock[0][STEP]
    grid_s, _, rows = records
    walking = writing and step_s < math.inf
    done = 0.0
    while True:
        v = v0 + (v1 - v0) * (done / span) if done < span else v1
        wait = due * grid_s - begin - done if due < rows else math.inf
        if wait <= SNAP * grid_s:
            _record(v, due, records, cell)
            due += 1
            # with a walk, the conductance is looked at where its steps end
            if step_s == math.inf and _crossed(look, cell):
                return due, True
            continue
        if done >= span:
            return due, False
        h = min(span - done, wait)
        if walking:
            if w[CLOCK] == 0.0:
                w[N_BEGIN] = m[N]
            h = min(h, step_s - w[CLOCK])
        done = done + h if span - done - h > SNAP * h else span
        integrate(h, v, v0 + (v1 - v0) * (done / span) if done < span else v1, cell)
        if writing:
            m[PULSE] += h
        m[TIME] = begin + done
        if walking:
            w[CLOCK] += h
            if w[CLOCK] >= step_s * (1.0 - SNAP):
                finish_step(clock, cell)
                if _crossed(look, cell):
                    return due, True


@kernel
def finish_step(clock, cell):
    """End a step of the walk: new r, l and limits, and N held inside them."""
    p, w, m = cell[1], cell[3], cell[5]
    n = end_step(w, m[N], 0.0, clock[0], p, clock[1])
    if n != m[N]:
        m[N] = n
        m[X] = math.log(n)


@kernel
def _record(v, due, records, cell):
    """Fill a row of the records: n, r, l, v, i."""
    w, m, grid, k = cell[3], cell[5], records[1], 5 * due
    grid[k], grid[k + 1], grid[k + 2], grid[k + 3] = m[N], w[R], w[L], v
    grid[k + 4] = shown(v, cell)[0]


@kernel
def _crossed(look, cell):
    """Return whether the conductance has reached `until` from the side on which it began; False for NaN."""
    until, rising, read = look
    if math.isnan(until):
        return False
    g = conductance(read, cell)
    return g >= until if rising else g <= until


@kernel
def conductance(c, cell):
    """Return the conductance of the device alone at +0.2 V [S], with its present r and l."""
    model, p, _, w, _, m, _, _ = cell
    m[READ] = models.current(model, V_READ, m[X], m[N], w[R], w[L], 0.0, p, c, m[READ])
    return m[READ] / V_READ
