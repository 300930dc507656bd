"""The state of a circuit between two pulses: of each memristor, and of the nodes around them."""

from __future__ import annotations

import dataclasses
import math
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from .._util.checks import check_kind, check_range, check_text, checked_numbers, shown
from .._util.display import brief, shows
from .jart.read_noise import Telegraph
from .jart.walk_state import WalkState

_HIGHEST_V = 1e4
"""A node voltage of a state is not beyond it."""


@dataclass(frozen=True)
class State:
    """Everything hidden in a circuit between two pulses.

    Parameters
    ----------
    x
        State variables of each memristor, a tuple for each, that which decides the conductance first, in the units of
        its family; a number stands for a tuple of one.
    volts
        Node voltages [V] by node name; nodes not named start at their static value.
    wander
        Where the cycle-to-cycle walk of each memristor stands; one that is None, or not there, begins at the device's
        values.
    telegraph
        Where the read noise of each memristor stands; likewise.
    """

    x: tuple[tuple[float, ...], ...]
    volts: Mapping[str, float] = field(default_factory=dict)
    wander: tuple[WalkState | None, ...] = ()
    telegraph: tuple[Telegraph | None, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "x", _checked(self.x))
        check_kind("volts", self.volts, Mapping, "node voltages by the names of the nodes")
        for node, volts in self.volts.items():
            check_text("volts: the name of a node", node)
            check_range(f"volts of {node}", volts, -_HIGHEST_V, _HIGHEST_V, "V")
        for name, kind in (("wander", WalkState), ("telegraph", Telegraph)):
            several = getattr(self, name)
            if not isinstance(several, tuple | list) or not all(isinstance(one, kind | None) for one in several):
                raise ValueError(f"{name} = {shown(several)} must be a tuple of ouro_spice {kind.__name__}")
        if len(self.wander) not in (0, len(self.x)) or len(self.telegraph) not in (0, len(self.x)):
            raise ValueError(f"wander and telegraph must be empty, or one each for the {len(self.x)} memristors")

    @shows
    def __repr__(self) -> str:
        return brief(self)

    @property
    def lead(self) -> np.ndarray:
        """Return the first state variable of each memristor, (K,)."""
        return np.array([one[0] for one in self.x])

    @property
    def n_disc(self) -> tuple[float, ...]:
        """Return `lead` as a tuple, under the name that it had when there was one family, with a warning."""
        warnings.warn("State.n_disc is now State.x, a tuple for each memristor", DeprecationWarning, stacklevel=2)
        return tuple(self.lead.tolist())

    def walked(self, index: int = 0) -> WalkState | None:
        """Return the state of one memristor's walk; None where it begins at the device's own values."""
        return self.wander[index] if self.wander else None

    def noise(self, index: int = 0) -> Telegraph:
        """Return the state of one memristor's read noise."""
        return (self.telegraph[index] if self.telegraph else None) or Telegraph()

    def moved(self, lead: ArrayLike) -> State:
        """Return this state with another first state variable of each memristor, (K,)."""
        ends = np.asarray(lead, dtype=float).tolist()
        return dataclasses.replace(self, x=tuple((new, *old[1:]) for new, old in zip(ends, self.x, strict=True)))

    def changed(self, index: int = 0, **values: float | Sequence[float] | WalkState | Telegraph | None) -> State:
        """Return this state with another ``x``, ``wander`` or ``telegraph`` of one memristor; a number for ``x`` is
        that of its first state variable.
        """
        if not 0 <= index < len(self.x):
            raise ValueError(f"index = {index}: the state has the memristors 0 .. {len(self.x) - 1}")
        if unknown := set(values) - {"x", "wander", "telegraph"}:
            raise ValueError(f"{sorted(unknown)[0]!r} is no part of a memristor's state: x, wander and telegraph are")
        changes = {}
        for name, value in values.items():
            old = getattr(self, name) or (None,) * len(self.x)
            if name == "x" and not isinstance(value, Sequence):
                value = (value, *self.x[index][1:])
            changes[name] = (*old[:index], value, *old[index + 1 :])
        return dataclasses.replace(self, **changes)


def _checked(x: object) -> tuple[tuple[float, ...], ...]:
    """Return the state variables of each memristor as tuples; ValueError for what is not finite, or none."""
    given = x if isinstance(x, tuple | list | np.ndarray) else (x,)
    try:
        rows = tuple(map(_row, given))
    except (TypeError, ValueError):
        rows = ()
    if not rows or not all(row and all(map(math.isfinite, row)) for row in rows):
        raise ValueError(f"x = {shown(x)} must be finite numbers, a tuple for each memristor, of one at least")
    return rows


def _row(one: Any) -> tuple[float, ...]:
    """Return the state variables of one memristor; plain Python first: an array has a million of them."""
    if type(one) is float:
        return (one,)
    if type(one) is tuple and all(type(value) is float for value in one):
        return one
    return tuple(np.atleast_1d(_numbers(one)).tolist())


def _numbers(one: Any) -> np.ndarray:
    """Return the state variables of one memristor, (S,)."""
    array = checked_numbers("x", one)
    if array.ndim > 1:
        raise ValueError("x: one memristor has several rows")
    return array


def check_single(state: State) -> None:
    """Raise ValueError unless it is the state of one memristor."""
    if not isinstance(state, State):
        raise ValueError(f"state = {shown(state)} must be an ouro_spice.State; cell.state(g_S) makes one")
    if len(state.x) != 1:
        raise ValueError(f"the state belongs to another circuit: it is of {len(state.x)}, not of one memristor")
