"""What the kernels of several families need: windows, hard stops, and x as a function of ln(x / (1 - x))."""

from __future__ import annotations

import math

from ..._util.jit import kernel

EDGE = 1e-4
"""Width of a hard stop, of the range; and of the zone beyond a threshold in which a rate that jumps comes."""


@kernel
def share(y):
    """Return x and 1 - x at y = ln(x / (1 - x)), each to its own last digit."""
    e = math.exp(-abs(y))
    if y > 0.0:
        return 1.0 / (1.0 + e), e / (1.0 + e)
    return e / (1.0 + e), 1.0 / (1.0 + e)


@kernel
def logit(x):
    """Return ln(x / (1 - x)), within +-691 at the bounds themselves."""
    return math.log(max(x, 1e-300) / max(1.0 - x, 1e-300))


@kernel
def gate(distance):
    """Return 0 where a distance, of the range, is not positive, 1 from `EDGE` on, and t (2 - t) of it in between."""
    t = distance / EDGE
    if t <= 0.0:
        return 0.0
    return 1.0 if t >= 1.0 else t * (2.0 - t)


@kernel
def steep(q, m):
    """Return (1 - (1 - q)^m) / q for q in 0 .. 1: from its series where q is small."""
    if q < 1e-5:
        return m * (1.0 - (m - 1.0) * q / 2.0 * (1.0 - (m - 2.0) * q / 3.0))
    return (1.0 - (1.0 - min(q, 1.0)) ** m) / q


@kernel
def inside(x):
    """Return x, or the bound of 0 .. 1 that an integration has left by its tolerance."""
    return min(max(x, 0.0), 1.0)
