"""VTEAM and TEAM: current, rate and state over x, as in ``verilog_a/vteam.va`` and ``team.va``."""

from __future__ import annotations

import math

from ..._util.jit import kernel
from ...device.threshold.vteam_device import Vteam
from .survey_windows import EDGE, gate, inside

(
    XINIT, R_ON, R_OFF, K_ON, K_OFF, ALPHA_ON, ALPHA_OFF, W_ON, W_OFF, WINDOW, A_ON, A_OFF, W_C, RLAW, ON, OFF,
) = range(len(Vteam.table()))  # fmt: skip
# ON, OFF: the thresholds, of the voltage or of the current

STEP = 0.01  # largest change of x a time step


@kernel
def resistance(s, p):
    """Return the resistance [Ohm] at a state."""
    x = inside(s)
    if p[RLAW] == 1.0:
        return p[R_ON] * math.exp(math.log(p[R_OFF] / p[R_ON]) * x)
    return p[R_ON] * (1.0 - x) + p[R_OFF] * x


@kernel
def current(v, s, p):
    """Return the current [A] at a voltage [V] and a state."""
    return v / resistance(s, p)


@kernel
def driven(u, s, p):
    """Return d state/dt [1/s] where u is what the thresholds belong to: the voltage [V], or the current [A]."""
    w = p[W_ON] + s * (p[W_OFF] - p[W_ON])
    if u > p[OFF]:
        speed = p[K_OFF] * (u / p[OFF] - 1.0) ** p[ALPHA_OFF] * gate(1.0 - s)
        z = (w - p[A_OFF]) / p[W_C]
    elif u < p[ON]:
        speed = p[K_ON] * (u / p[ON] - 1.0) ** p[ALPHA_ON] * gate(s)
        z = (p[A_ON] - w) / p[W_C]
    else:
        return 0.0
    if p[WINDOW] == 1.0:
        speed *= math.exp(-math.exp(min(z, 7.0)))
    return speed / (p[W_OFF] - p[W_ON])


@kernel
def rate_vteam(v, s, p):
    """Return d state/dt [1/s] of VTEAM at a voltage [V] and a state."""
    return driven(v, s, p)


@kernel
def rate_team(v, s, p):
    """Return d state/dt [1/s] of TEAM at a voltage [V] and a state."""
    return driven(current(v, s, p), s, p)


@kernel
def reach(v, s, p):
    """Return the largest change of the state in a time step at a voltage [V]."""
    margin = 1.0 - s if v > 0.0 else s
    return min(STEP, max(margin / 4.0, EDGE / 1e4))


@kernel
def position(s, p):
    """Return x at a state: the state itself."""
    return s


@kernel
def state_at(x, p):
    """Return the state at x: x itself."""
    return x


@kernel
def state_for(g, p):
    """Return the state at which the device has the conductance g [S]."""
    if p[RLAW] == 1.0:
        return -math.log(g * p[R_ON]) / math.log(p[R_OFF] / p[R_ON])
    return (1.0 / g - p[R_ON]) / (p[R_OFF] - p[R_ON])
