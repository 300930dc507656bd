"""The state of a circuit between two pulses: of each memristor, and of the nodes around them."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

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
    n_disc
        Vacancy concentration of each memristor [1e26 m^-3]; a single number for a single cell.
    volts
        Node voltages [V] by node name; nodes not named start at their static value.
    wander
        Where the cycle-to-cycle walk of each memristor stands; one that is None, or not there, begins at the device's
        values.
    telegraph
        Where the read noise of each memristor stands; likewise.
    """

    n_disc: tuple[float, ...]
    volts: Mapping[str, float] = field(default_factory=dict)
    wander: tuple[WalkState | None, ...] = ()
    telegraph: tuple[Telegraph | None, ...] = ()

    def __post_init__(self) -> None:
        n = np.atleast_1d(checked_numbers("n_disc", self.n_disc))
        if n.ndim != 1 or not n.size or not np.all(np.isfinite(n)) or np.any(n <= 0):
            raise ValueError(f"n_disc = {shown(self.n_disc)} must be finite and positive, one at least [1e26 m^-3]")
        check_kind("volts", self.volts, Mapping, "node voltages by the names of the nodes")
        for node, volts in self.volts.items():
            check_text("volts: the name of a node", node)
            check_range(f"volts of {node}", volts, -_HIGHEST_V, _HIGHEST_V, "V")
        for name, kind in (("wander", WalkState), ("telegraph", Telegraph)):
            several = getattr(self, name)
            if not isinstance(several, tuple | list) or not all(isinstance(one, kind | None) for one in several):
                raise ValueError(f"{name} = {shown(several)} must be a tuple of ouro_spice {kind.__name__}")
        if len(self.wander) not in (0, len(n)) or len(self.telegraph) not in (0, len(n)):
            raise ValueError(f"wander and telegraph must be empty, or one each for the {len(n)} memristors")
        object.__setattr__(self, "n_disc", tuple(map(float, n)))

    @shows
    def __repr__(self) -> str:
        return brief(self)

    def walked(self, index: int = 0) -> WalkState | None:
        """Return the state of one memristor's walk; None where it begins at the device's own values."""
        return self.wander[index] if self.wander else None

    def noise(self, index: int = 0) -> Telegraph:
        """Return the state of one memristor's read noise."""
        return (self.telegraph[index] if self.telegraph else None) or Telegraph()

    def changed(self, index: int = 0, **values: float | WalkState | Telegraph | None) -> State:
        """Return this state with another ``n_disc``, ``wander`` or ``telegraph`` of one memristor."""
        changes = {}
        for name, value in values.items():
            old = getattr(self, name) or (None,) * len(self.n_disc)
            changes[name] = (*old[:index], value, *old[index + 1 :])
        return dataclasses.replace(self, **changes)


def check_single(state: State) -> None:
    """Raise ValueError unless it is the state of one memristor."""
    if not isinstance(state, State):
        raise ValueError(f"state = {shown(state)} must be an ouro_spice.State; cell.state(g_S) makes one")
    if len(state.n_disc) != 1:
        raise ValueError(f"the state belongs to another circuit: it is of {len(state.n_disc)}, not of one memristor")
