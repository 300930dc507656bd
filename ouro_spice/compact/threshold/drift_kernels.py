"""Linear ion drift: current, rate and state over x, as in ``verilog_a/linear_drift.va``."""

from __future__ import annotations

from ..._util.jit import kernel
from ...device.threshold.drift import LinearDrift
from ...device.threshold.windows import BIOLEK, JOGLEKAR, NONE, STRUKOV
from .survey_windows import EDGE, gate, inside, logit, share, steep

XINIT, YINIT, R_ON, R_OFF, D, MU_V, WINDOW, P, J = range(len(LinearDrift.table()))

STEP, YSTEP, YFAR = 0.01, 0.02, 20.0  # largest changes of x, and of y, a time step


@kernel
def hard(p):
    """Return whether the state is x itself: the window leaves a bound, or there is none."""
    return p[WINDOW] == NONE or p[WINDOW] == BIOLEK


@kernel
def shares(s, p):
    """Return x and 1 - x at a state."""
    if hard(p):
        return inside(s), inside(1.0 - s)
    return share(s)


@kernel
def current(v, s, p):
    """Return the current [A] at a voltage [V] and a state."""
    x, rest = shares(s, p)
    return v / (p[R_ON] * x + p[R_OFF] * rest)


@kernel
def rate(v, s, p):
    """Return d state/dt [1/s] at a voltage [V] and a state."""
    drive = p[MU_V] * p[R_ON] / (p[D] * p[D]) * current(v, s, p)
    if hard(p):
        margin = 1.0 - s if drive > 0.0 else s
        if p[WINDOW] == NONE:
            return drive * gate(margin)
        return drive * (1.0 - abs(1.0 - margin) ** (2.0 * p[P]))
    if p[WINDOW] == STRUKOV:
        return drive
    x, rest = share(s)
    if p[WINDOW] == JOGLEKAR:
        return drive * 4.0 * steep(4.0 * x * rest, p[P])
    return drive * p[J] * steep(x * rest, p[P])


@kernel
def reach(v, s, p):
    """Return the largest change of the state in a time step at a voltage [V]."""
    if not hard(p):
        return YSTEP + max(abs(s) - YFAR, 0.0) / 20.0
    margin = 1.0 - s if v > 0.0 else s
    return min(STEP, max(margin / 4.0, EDGE / 1e4))


@kernel
def position(s, p):
    """Return x at a state."""
    return shares(s, p)[0]


@kernel
def state_at(x, p):
    """Return the state at x."""
    return x if hard(p) else logit(x)


@kernel
def state_for(g, p):
    """Return the state at which the device has the conductance g [S]."""
    up, down = p[R_OFF] - 1.0 / g, 1.0 / g - p[R_ON]
    if hard(p):
        return up / (p[R_OFF] - p[R_ON])
    return logit(up / (up + down))
