"""A memristor of a user's own: a description, the model's text, and the values of its parameters."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, Self

import numpy as np

from ..._util.checks import check_range
from . import foreign_netlist
from .description import Description
from .toml_table import nearest


class Currents(Protocol):
    """Solves for the currents of a foreign device, whose equations nobody here knows."""

    def currents(self, device: ForeignDevice, volts: np.ndarray, states: np.ndarray) -> np.ndarray:
        """Return the static current from AE to OE [A], shape (K,), at V(AE, OE) (K,) [V] and states (K, states)."""
        ...

    def table(self, device: ForeignDevice) -> Any:
        """Return the conductances of a device over its first state, measured once and kept."""
        ...


@dataclass(frozen=True)
class ForeignDevice:
    """A memristor that a user describes.

    Attributes
    ----------
    description, text
        What is said of the model, and its whole text.
    values
        ``(name, value)`` of the parameters, and of states at t = 0, that are not as described.
    ambient_K
        Ambient temperature [K].
    solver
        Solves for its currents.

    Raises
    ------
    ValueError
        For an unknown parameter, with the nearest known one, or a value outside its range.
    """

    description: Description
    text: str = field(repr=False)
    values: tuple[tuple[str, float], ...] = ()
    ambient_K: float = 300.15
    solver: Currents | None = field(default=None, repr=False, compare=False)

    def __post_init__(self) -> None:
        table = self.description.table
        given = dict(self.values)
        for name, value in given.items():
            if name not in table:
                told = nearest(str(name), table)
                raise ValueError(f"{name!r} is not a parameter of {self.description.file}; {told}")
            table[name].check(value)
        check_range("ambient_K", self.ambient_K, 1, 2000, "K")
        kept = ((name, float(given[name])) for name in table if name in given and given[name] != table[name].default)
        object.__setattr__(self, "values", tuple(kept))

    @property
    def parameters(self) -> dict[str, float]:
        """Return the values of all parameters, and of the states at t = 0, by name."""
        return {name: one.default for name, one in self.description.table.items()} | dict(self.values)

    @property
    def start(self) -> tuple[float, ...]:
        """Return its state at t = 0."""
        values = self.parameters
        return tuple(values[state.name] for state in self.description.states)

    @property
    def read_V(self) -> float:
        """Return the voltage V(AE, OE) at which its conductance is defined [V]."""
        return self.description.read_V

    @property
    def window_x(self) -> tuple[float, float]:
        """Return the first state at the two ends of what is programmed: lowest conductance, highest."""
        state = self.description.states[0]
        return state.window if state.rises else (state.window[1], state.window[0])

    @property
    def digest(self) -> str:
        """Return the hash of all that decides its currents: description, text, values, temperature."""
        said = f"{self.description.digest(self.text)} {self.values} {self.ambient_K}"
        return foreign_netlist.sha256(said)

    def replace(self, **changes: Any) -> Self:
        """Return this device with other values; ValueError for unknown names and illegal values."""
        own = {name: changes.pop(name) for name in ("ambient_K", "solver") if name in changes}
        return dataclasses.replace(self, values=tuple((dict(self.values) | changes).items()), **own)

    def draw(self, rng: np.random.Generator, size: int) -> list[Self]:
        """Return `size` devices drawn by the laws of its description; ValueError where it has none."""
        table, values = self.description.table, self.parameters
        laws = self.description.spread
        if not laws:
            raise ValueError(f"{self.description.file}: there is no table [spread]: devices do not differ")
        shares = rng.random((size, len(laws))).T
        drawn: Mapping[str, np.ndarray] = {
            law.name: law.drawn(row, values[law.name], table[law.name]) for law, row in zip(laws, shares, strict=True)
        }
        return [self.replace(**{name: float(each[k]) for name, each in drawn.items()}) for k in range(size)]

    def element(self, x: Sequence[float], name: str, ae: str, oe: str) -> list[str]:
        """Return the netlist lines of the memristor between two nodes, at a state."""
        own = {one.name for one in self.description.parameters}
        values = {key: value for key, value in self.parameters.items() if key in own}
        return foreign_netlist.element(self.description, self.text, values, x, (name, ae, oe))
