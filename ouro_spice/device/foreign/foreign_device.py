"""A memristor of a user's own: a description, the model's text, and the values of its parameters."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Self

import numpy as np

from ..._util.checks import check_count, check_kind, check_range, shown
from ..._util.display import shows
from ..constants import AMBIENT_K
from ..memristor import Memristor
from ..parameter import Parameter
from ..realisation import Realisation
from ..relative_spread import RelativeSpread
from ..state_variable import StateVariable
from . import foreign_netlist
from .description import Description
from .toml_table import nearest

_OWN_LAW = "ten_percent"
"""The name by which the flow asks for a family's own D2D law."""


@dataclass(frozen=True)
class ForeignDevice(Memristor):
    """A memristor that a user describes.

    Attributes
    ----------
    statics
        Solves for its currents, which nobody here knows the equations of; a loaded device has its own. It is no field,
        as it decides nothing.
    description, text
        What is said of the model, and its whole text.
    values
        ``(name, value)`` of the parameters, and of states at t = 0, that are not as described.
    temperature_K
        Ambient temperature [K].

    Raises
    ------
    ValueError
        For an unknown parameter, with the nearest known one, or a value outside its range.
    """

    FAMILY: ClassVar[str] = "foreign"
    REALISATIONS: ClassVar[tuple[str, ...]] = ("compiled", "behavioural")
    statics: ClassVar[Any] = None

    description: Description = field(repr=False)
    text: str = field(repr=False)
    values: tuple[tuple[str, float], ...] = ()
    temperature_K: float = AMBIENT_K
    realisation: str = field(init=False)

    @shows
    def __repr__(self) -> str:
        values = "".join(f", {name}={value:g}" for name, value in self.values)
        return f"ForeignDevice({self.description.name!r} of {self.description.file}{values})"[:400]

    def __post_init__(self) -> None:
        object.__setattr__(self, "table", self._table)
        known = self.table()
        given = dict(self.values)
        for name, value in given.items():
            if name not in known:
                told = nearest(str(name), known)
                raise ValueError(f"{name!r} is not a parameter of {self.description.file}; {told}")
            known[name].check(value)
        check_range("ambient_K", self.temperature_K, 1, 2000, "K")
        kept = ((name, float(given[name])) for name in known if name in given and given[name] != known[name].default)
        object.__setattr__(self, "values", tuple(kept))
        compiled = self.description.kind == "verilog_a"
        object.__setattr__(self, "realisation", "compiled" if compiled else "behavioural")

    def solved_by(self, statics: Any) -> Self:
        """Return this device with another object that solves for its currents, itself unchanged."""
        other = dataclasses.replace(self)
        object.__setattr__(other, "statics", statics)
        return other

    # ---- what it is

    @classmethod
    def table(cls) -> dict[str, Parameter]:
        """Return nothing, as the parameters are those of a description: each device has a table of its own here."""
        return {}

    def _table(self) -> dict[str, Parameter]:
        """Return all that a device may have another value of, by name: parameters, and states at t = 0."""
        return self.description.table

    @property
    def parameters(self) -> dict[str, float]:
        """Return the values of all parameters, and of the states at t = 0, by name."""
        return {name: one.default for name, one in self.description.table.items()} | dict(self.values)

    @property
    def title(self) -> str:
        """Return what the description calls it."""
        return self.description.name

    @property
    def capabilities(self) -> frozenset[str]:
        """Return the names of what it is able to."""
        return frozenset((self.realisation, *(["spread"] if self.description.spread else [])))

    @property
    def ambient_K(self) -> float:
        """Return the ambient temperature [K]."""
        return self.temperature_K

    @property
    def read_V(self) -> float:
        """Return the voltage V(AE, OE) at which its conductance is defined [V]."""
        return self.description.read_V

    @property
    def digest(self) -> str:
        """Return the hash of all that decides its currents: description, text, values, temperature."""
        said = (self.description.digest(self.text), self.parameters, self.temperature_K, self.variables, self.read_V)
        return foreign_netlist.sha256(" ".join(map(str, said)))

    @property
    def alike(self) -> tuple:
        """Return what devices share that differ in their state at t = 0 alone."""
        return (*super().alike, self.realised.subcircuit, self.temperature_K)

    def replace(self, **changes: Any) -> Self:
        """Return this device with other values; ValueError for unknown names and illegal values."""
        kelvin = changes.pop("ambient_K", self.temperature_K)
        values = tuple((dict(self.values) | changes).items())
        return dataclasses.replace(self, values=values, temperature_K=kelvin).solved_by(self.statics)

    # ---- how devices differ

    def spread_law(self, law: Any) -> RelativeSpread:
        """Return a D2D law: that of [spread] by the name that the flow asks with, or as it is given."""
        if isinstance(law, RelativeSpread):
            for name in law.names:
                if name not in self.table():
                    raise ValueError(f"{name!r} is not a parameter of {self.description.file}")
            return law
        if law != _OWN_LAW:
            raise ValueError(
                f"spread {shown(law)} is unknown; there is {_OWN_LAW}, that of [spread], or RelativeSpread"
            )
        if self.description.spread is None:
            raise ValueError(f"{self.description.file}: there is no table [spread]: devices do not differ")
        return self.description.spread

    def draw(self, rng: np.random.Generator, size: int, law: Any = _OWN_LAW) -> list[Self]:
        """Return `size` devices drawn by a D2D law, this one being their middle; ValueError where there is none."""
        check_count("size", size, 0)
        check_kind("rng", rng, np.random.Generator, "a numpy Generator, such as np.random.default_rng(7)")
        chosen, known, own = self.spread_law(law), self.table(), self.parameters
        drawn = chosen.factors(rng, size) * np.array([own[name] for name in chosen.names])
        low, high = (np.array([getattr(known[name], end) for name in chosen.names]) for end in ("low", "high"))
        values = np.clip(drawn, low, high)
        return [self.replace(**dict(zip(chosen.names, row, strict=True))) for row in values.tolist()]

    # ---- its state

    @property
    def variables(self) -> tuple[StateVariable, ...]:
        """Return its state variables."""
        return tuple(
            StateVariable(
                one.name, one.unit, one.low, one.high, one.name, one.rises, "log" if one.logarithmic else "linear"
            )
            for one in self.description.states
        )

    @property
    def start(self) -> tuple[float, ...]:
        """Return its state at t = 0."""
        values = self.parameters
        return tuple(values[state.name] for state in self.description.states)

    @property
    def window_x(self) -> tuple[float, float]:
        """Return the first state at the two ends of what is programmed: lowest conductance, highest."""
        state = self.description.states[0]
        return state.window if state.rises else (state.window[1], state.window[0])

    @property
    def points(self) -> int:
        """Return how many time points a transient has at least: hard walls need small steps."""
        return self.description.points

    # ---- in a netlist

    @property
    def realised(self) -> Realisation:
        """Return how a circuit realises it: by a subcircuit around its text."""
        return foreign_netlist.realisation(self.description, self.text)

    def element(
        self, x: Sequence[float], name: str, ae: str, oe: str, inputs: str = "", still: bool = False
    ) -> list[str]:
        """Return the netlist lines of the memristor between two nodes, at a state; it cannot be held still."""
        if still:
            self.require("frozen", "an array that holds its memristors still")
        own = self._values_of(one.name for one in self.description.parameters)
        return foreign_netlist.element(self.description, self.text, own, self.legal(x), (name, ae, oe))

    def instance(
        self, x: Sequence[float], name: str, ae: str, oe: str, model: str, inputs: str = "", still: bool = False
    ) -> str:
        """Raise ValueError: an instance of it stands in a subcircuit."""
        raise ValueError(f"{self.description.file}: arrays take it by its subcircuit, {name} between {ae} and {oe}")

    def _values_of(self, names: Iterable[str]) -> dict[str, float]:
        values = self.parameters
        return {name: values[name] for name in names}
