"""Zhang's threshold model: current, rate and state over y = ln(x / (1 - x)), as in ``verilog_a/zhang.va``."""

from __future__ import annotations

from ..._util.jit import kernel
from ...device.threshold.zhang_device import Zhang
from .survey_windows import gate, logit, share, steep

XINIT, YINIT, R_ON, R_OFF, D, MU_V, V_TP, V_TN, I_OFF, I_ON, I_0, P = range(len(Zhang.table()))

YSTEP, YFAR = 0.02, 20.0  # largest change of y a time step


@kernel
def current(v, s, p):
    """Return the current [A] at a voltage [V] and a state."""
    x, rest = share(s)
    return v / (p[R_ON] * x + p[R_OFF] * rest)


@kernel
def rate(v, s, p):
    """Return d state/dt [1/s] at a voltage [V] and a state."""
    i = current(v, s, p)
    if v > p[V_TP]:
        drive = p[I_OFF] / (i - p[I_0]) * gate(v / p[V_TP] - 1.0)
    elif v < p[V_TN]:
        drive = i / p[I_ON] * gate(v / p[V_TN] - 1.0)
    else:
        return 0.0
    x, rest = share(s)
    return p[MU_V] * p[R_ON] / (p[D] * p[D]) * drive * 4.0 * steep(4.0 * x * rest, p[P])


@kernel
def reach(v, s, p):
    """Return the largest change of the state in a time step."""
    return YSTEP + max(abs(s) - YFAR, 0.0) / 20.0


@kernel
def position(s, p):
    """Return x at a state."""
    return share(s)[0]


@kernel
def state_at(x, p):
    """Return the state at x."""
    return logit(x)


@kernel
def state_for(g, p):
    """Return the state at which the device has the conductance g [S]."""
    up, down = p[R_OFF] - 1.0 / g, 1.0 / g - p[R_ON]
    return logit(up / (up + down))
