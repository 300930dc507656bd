"""Where the walk of one device stands between two pulses."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from operator import attrgetter

import numpy as np

from ..._util.checks import check_range, shown

_LARGE = 1e12


@dataclass(frozen=True)
class WalkState:
    """The state of the walk of one device: part of the state of a cell.

    Attributes
    ----------
    r, l, Ndiscmin, Ndiscmax
        Present values; with `HalfCycleWalk` r and l are those at the end of the way.
    r_before, l_before, Ndiscmin_before, Ndiscmax_before
        Values before the last step.
    n_begin
        Concentration at the beginning of the step, or half-cycle [1e26 m^-3].
    clock_s
        Write-pulse time since then [s].
    count
        Steps done.
    polarity
        Sign of the last write pulse, 0 before the first.
    """

    r: float
    l: float  # noqa: E741 - the model's own name
    Ndiscmin: float
    Ndiscmax: float
    r_before: float
    l_before: float
    Ndiscmin_before: float
    Ndiscmax_before: float
    n_begin: float
    clock_s: float = 0.0
    count: int = 0
    polarity: int = 0

    def __post_init__(self) -> None:
        for name in _VECTOR:
            value = getattr(self, name)
            # one is made for every pulse: the plain good float first
            if not (type(value) is float and 0 <= value <= _LARGE):
                check_range(name, value, 0, _LARGE, "")
        if self.polarity not in (-1, 0, 1):
            raise ValueError(f"polarity = {shown(self.polarity)} must be -1, 0 or 1")

    @classmethod
    def at(cls, r: float, l: float, n_min: float, n_max: float, n_disc: float) -> WalkState:  # noqa: E741
        """Return a walk that begins at these values of r [m], l [nm], Ndiscmin, Ndiscmax and N [1e26 m^-3]."""
        return cls(r, l, n_min, n_max, r, l, n_min, n_max, n_disc)

    @property
    def vector(self) -> np.ndarray:
        """Return the numbers as kernels take them, (11,): all but the polarity."""
        return np.array(_values(self), dtype=float)

    @classmethod
    def from_vector(cls, values: np.ndarray, polarity: int) -> WalkState:
        """Return the walk of a kernel's numbers, (11,), and a polarity."""
        return cls(*map(float, values[:-1]), count=int(values[-1]), polarity=polarity)


_VECTOR = tuple(f.name for f in dataclasses.fields(WalkState))[:-1]
_values = attrgetter(*_VECTOR)
