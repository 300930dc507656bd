"""Where the logarithm of a time crosses zero, in few evaluations, each a transient: the secant method in a bracket."""

from __future__ import annotations

import math
from collections.abc import Callable

ACCURACY = 1e-3
"""A search ends at a function value this small."""

_NEAR = 0.3
"""Below this the next evaluation is a near one; of a far one not even the sign is sure, and it bounds nothing."""

_FAR_ERROR = 0.03
"""What a far evaluation is wrong by, or less."""

_NOISE = 5e-3
"""Where the bracket has closed, the solver's noise excuses this much."""

_MOST = 80

Function = Callable[[float, bool], float]
"""A falling function of x, +inf where x is far too small, -inf where it is far too large; more exact where `near`."""


class NoRootError(Exception):
    """There is no root: `why` is "slow" (positive at the highest x), "quick" (negative at the lowest) or "jump"."""

    def __init__(self, why: str, x: float) -> None:
        self.why, self.x = why, x
        super().__init__(f"{why} at {x:g}")


class _Bracket:
    """What is known so far: the largest x that is too small, the smallest that is too large, two finite points.

    Of the points (near, x, f) the last one is the best, the one that is nearest to zero for sure.
    """

    def __init__(self, low: float, high: float, closed: bool) -> None:
        self.low, self.high = low, high
        self.below, self.above = closed, closed
        self.points: list[tuple[bool, float, float]] = []

    @property
    def closed(self) -> bool:
        """Return whether both ends have been seen: the root lies between them."""
        return self.below and self.above

    def add(self, x: float, f: float, near: bool) -> None:
        """Take in an evaluation: as one of the two best points, and as an end where its sign is sure."""
        if math.isfinite(f):
            self.points = sorted([*self.points, (near, x, f)], key=_doubt)[1::-1]
        if not near and abs(f) < _NEAR:
            return
        if f > 0 and x >= self.low:
            self.low, self.below = x, True
        elif f <= 0 and x <= self.high:
            self.high, self.above = x, True

    def secant(self, slope: float | None) -> float | None:
        """Return the root of the line through the two best points, or through the best one with a known slope."""
        if not self.points:
            return None
        if len(self.points) == 2 and self.points[0][1] != self.points[1][1]:
            (_, x1, f1), (_, x2, f2) = self.points
            through = (f1 - f2) / (x1 - x2)
            slope = through if through < 0 else slope
        _, x, f = self.points[-1]
        return None if slope is None else x - f / slope


def _doubt(point: tuple[bool, float, float]) -> float:
    """Return how far from zero a point may be."""
    near, _, f = point
    return abs(f) + (0.0 if near else _FAR_ERROR)


def find(
    function: Function, start: float, low: float, high: float, slope: float | None = None, closed: bool = False
) -> float:
    """Return the x between `low` and `high` at which a falling function is 0: the secant method, safeguarded.

    The next x is the root of the line through the two points nearest to zero, or through the best one with the known
    `slope`. Until the root lies between two evaluations a step goes no farther than 0.15, and twice as far each time.
    From then on a secant that leaves the bracket is replaced by bisection, as is every fourth step, so that steep and
    flat functions take few steps, too.

    It has converged where a near evaluation is within `ACCURACY` of 0. Where the bracket closes without that, to 1e-9
    of its ends, or 79 evaluations are spent, the best point is taken if it is within 5e-3, the noise of the solver;
    else the function jumps over 0, and NoRootError says so.

    Parameters
    ----------
    function
        Takes x, and whether x is near the root.
    start
        The first x.
    low, high
        Where the root may be.
    slope
        What the slope is about, where that is known.
    closed
        Whether `low` is known to be too small, and `high` to be too large.

    Raises
    ------
    NoRootError
        Where there is none: the function is positive up to `high`, negative down to `low`, or jumps.
    """
    bracket = _Bracket(low, high, closed)
    x, near, step = start, False, 0.15
    for count in range(1, _MOST):
        f = function(x, near)
        if near and abs(f) <= ACCURACY:
            return x
        bracket.add(x, f, near)
        if bracket.low >= high:
            raise NoRootError("slow", x)
        if bracket.high <= low:
            raise NoRootError("quick", x)
        if bracket.closed and bracket.high - bracket.low <= 1e-9 * max(abs(bracket.low), abs(bracket.high)):
            break
        guess = bracket.secant(slope)
        if bracket.closed:
            if guess is None or not bracket.low < guess < bracket.high or count % 4 == 0:
                guess = (bracket.low + bracket.high) / 2
        elif guess is None and not near and abs(f) < _NEAR:
            guess = x
        else:
            away = math.copysign(step, f) if guess is None or not math.isfinite(f) else guess - x
            guess = min(max(x + math.copysign(min(abs(away), step), away), low), high)
            step *= 2
        near = bool(bracket.points) and abs(bracket.points[-1][2]) < _NEAR
        x = guess
    if bracket.points and bracket.points[-1][0] and abs(bracket.points[-1][2]) <= _NOISE:
        return bracket.points[-1][1]
    raise NoRootError("jump", bracket.high)
