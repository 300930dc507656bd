"""What the families of this folder share: checks of all parameters, the state variable, polarity, read voltage."""

from __future__ import annotations

import dataclasses
import difflib
from abc import ABC, abstractmethod
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, ClassVar, Self

from ..._util.checks import shown
from ..parameter import Parameter

REALISATIONS = ("compiled", "behavioural")
"""What a circuit simulates: Verilog-A, or the same in plain SPICE sources."""

FROM_X = 1e6
"""The value of ``yinit`` that means: the start is ``xinit``."""

FARTHEST = 1e5
"""No state ln(x / (1 - x)) is beyond it, of either sign."""

_READ_V = 0.2
_SHARE = 0.5
_CONTRAST = 1e6


@dataclass(frozen=True)
class StateVariable:
    """One number of a memristor's state.

    Attributes
    ----------
    name, unit
        What it is called, "x" or "y" = ln(x / (1 - x)); both have the unit "1".
    low, high
        Its bounds.
    start
        The instance parameter that holds it at t = 0.
    rises
        Whether the conductance rises with it.
    """

    name: str
    unit: str
    low: float
    high: float
    start: str
    rises: bool


@dataclass(frozen=True, kw_only=True)
class ThresholdDevice(ABC):
    """A memristor with one state variable and an ohmic resistance between R_on and R_off.

    Attributes
    ----------
    FAMILY
        The name of the Verilog-A module, of the subcircuit and of its library in ``netlists/lib``.
    POLARITY
        The sign of V(plus, minus) that raises the conductance. In the flow SET is at V(AE, OE) < 0: +1 has its port
        `plus` at OE, -1 at AE.
    """

    FAMILY: ClassVar[str]
    POLARITY: ClassVar[int]

    realisation: str = "compiled"

    def __post_init__(self) -> None:
        if not isinstance(self.realisation, str) or self.realisation not in REALISATIONS:
            raise ValueError(f"realisation {shown(self.realisation)} is unknown; there is {' and '.join(REALISATIONS)}")
        for parameter in self.table().values():
            parameter.check(getattr(self, parameter.name))
        self._whole("window", "rlaw")
        r_on, r_off = self.resistances
        if not r_on < r_off:
            raise ValueError(f"R_on = {r_on:g} must be below R_off = {r_off:g} Ohm")
        if r_off > _CONTRAST * r_on:
            raise ValueError(f"R_off = {r_off:g} must be at most {_CONTRAST:g} times R_on = {r_on:g} Ohm")

    @classmethod
    def table(cls) -> dict[str, Parameter]:
        """Return all parameters of the model by name, in the order of its text."""
        return dict(_table(cls))

    @property
    def parameters(self) -> dict[str, float]:
        """Return the values of all parameters of the model by name, in the order of its text."""
        return {name: getattr(self, name) for name in _table(type(self))}

    @property
    def resistances(self) -> tuple[float, float]:
        """Return the smallest and the largest resistance [Ohm]."""
        values = self.parameters
        return values["R_on"], values["R_off"]

    @property
    def window_S(self) -> tuple[float, float]:
        """Return the smallest and the largest conductance [S]; a state y gets near to them only."""
        r_on, r_off = self.resistances
        return 1 / r_off, 1 / r_on

    @property
    @abstractmethod
    def state(self) -> StateVariable:
        """Return what the state variable of this device is."""

    @property
    @abstractmethod
    def threshold_V(self) -> float:
        """Return the size of the smallest voltage of either sign from which on the device may move [V]."""

    @property
    def read_V(self) -> float:
        """Return the size of a voltage for reads [V]: 0.2, or half of the smallest threshold where that is below.

        Without a threshold, each read moves the state a little.
        """
        return min(_READ_V, _SHARE * self.threshold_V) if self.threshold_V else _READ_V

    def replace(self, **changes: Any) -> Self:
        """Return this device with other values; ValueError for unknown names and illegal values."""
        check_names(self.FAMILY, changes, self.table())
        return dataclasses.replace(self, **changes)

    def _whole(self, *names: str) -> None:
        """Raise ValueError where one of some parameters, if there is one of that name, is no whole number."""
        for name in names:
            value = getattr(self, name, 0)
            if value != int(value):
                raise ValueError(f"{name} = {value:g} must be a whole number")


@lru_cache(maxsize=16)
def _table(kind: type[ThresholdDevice]) -> dict[str, Parameter]:
    """Return the parameters of a family by name."""
    fields = (field for field in dataclasses.fields(kind) if field.metadata)
    return {field.name: Parameter(field.name, getattr(kind, field.name), **field.metadata) for field in fields}


def check_names(family: str, names: Iterable[str], known: Iterable[str]) -> None:
    """Raise ValueError for a name that is no parameter of a family, with the nearest known one."""
    known = list(known)
    for name in names:
        if name not in known and name != "realisation":
            near = difflib.get_close_matches(str(name), known, n=1, cutoff=0.5)
            meant = f"did you mean {near[0]}?" if near else f"known are {', '.join(known)}"
            raise ValueError(f"{name!r} is not a parameter of {family}; {meant}")
