"""What the families of this folder share: checks of all parameters, the state variable, polarity, read voltage."""

from __future__ import annotations

import dataclasses
import difflib
import itertools
import math
from abc import abstractmethod
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, ClassVar, Self

import numpy as np

from ..._util.checks import check_count, check_kind, shown
from ..._util.display import brief, shows
from ..constants import AMBIENT_K
from ..memristor import Memristor, TimeLaw
from ..parameter import Parameter
from ..realisation import Realisation
from ..relative_spread import RelativeSpread, equal_spread
from ..state_variable import StateVariable
from .survey_netlist import realised

REALISATIONS = ("compiled", "behavioural")
"""What a circuit simulates: Verilog-A, or the same in plain SPICE sources."""

RESISTANCES = ("R_on", "R_off")
"""The parameters that bound the resistance."""

FROM_X = 1e6
"""The value of ``yinit`` that means: the start is ``xinit``."""

FARTHEST = 1e5
"""No state ln(x / (1 - x)) is beyond it, of either sign."""

_READ_V = 0.2
_SHARE = 0.5
_LEAST_V = 1e-6
_CONTRAST = 1e6
_MARGIN = 0.05
_LEAST = 1e-300


@dataclass(frozen=True, kw_only=True, repr=False)
class ThresholdDevice(Memristor):
    """A memristor with one state variable and an ohmic resistance between R_on and R_off.

    Attributes
    ----------
    FAMILY
        The name of the Verilog-A module, of the subcircuit and of its library in ``netlists/lib``.
    POLARITY
        The sign of V(plus, minus) that raises the conductance. In the flow SET is at V(AE, OE) < 0: +1 has its port
        `plus` at OE, -1 at AE.
    VARYING
        Names the parameters that differ from device to device (D2D).
    """

    FAMILY: ClassVar[str]
    POLARITY: ClassVar[int]
    REALISATIONS: ClassVar[tuple[str, ...]] = REALISATIONS
    VARYING: ClassVar[tuple[str, ...]]

    realisation: str = "compiled"

    @shows
    def __repr__(self) -> str:
        return brief(self)

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
    def variables(self) -> tuple[StateVariable, ...]:
        """Return its state variable."""
        return (self.state,)

    @property
    def start(self) -> tuple[float, ...]:
        """Return its state at t = 0."""
        values = self.parameters
        given = values.get("yinit", FROM_X)
        return (given if given != FROM_X else self._state_at(values["xinit"]),)

    @property
    def window_x(self) -> tuple[float, float]:
        """Return the state at the ends of what is programmed: `_MARGIN` inside of either bound of x."""
        ends = (_MARGIN, 1 - _MARGIN) if self.state.rises else (1 - _MARGIN, _MARGIN)
        return self._state_at(ends[0]), self._state_at(ends[1])

    def _state_at(self, x: float) -> float:
        """Return the state at a place x of 0 .. 1."""
        if self.state.name == "x":
            return float(x)
        return math.log(max(x, _LEAST) / max(1 - x, _LEAST))

    @property
    def capabilities(self) -> frozenset[str]:
        """Return the names of what it is able to."""
        return frozenset((self.realisation, "kernels", "spread", "frozen"))

    @property
    def ambient_K(self) -> float:
        """Return the ambient temperature [K], which this family does not know: that of the circuit around it."""
        return AMBIENT_K

    def spread_law(self, law: str | RelativeSpread) -> RelativeSpread:
        """Return a D2D law: "ten_percent" of each of `VARYING`, or as it is given; ValueError for another one."""
        if isinstance(law, RelativeSpread):
            check_names(self.FAMILY, law.names, self.table())
            chosen = law
        elif not isinstance(law, str) or law != "ten_percent":
            raise ValueError(f"spread {shown(law)} is unknown; {self.FAMILY} has ten_percent, or a RelativeSpread")
        else:
            chosen = equal_spread(self.VARYING)
        _check_corners(self, chosen)
        return chosen

    def draw(self, rng: np.random.Generator, size: int, law: str | RelativeSpread = "ten_percent") -> list[Self]:
        """Return `size` devices drawn by a D2D law, this one being their mean; ValueError for an unknown law."""
        check_count("size", size, 0)
        check_kind("rng", rng, np.random.Generator, "a numpy Generator, such as np.random.default_rng(7)")
        chosen = self.spread_law(law)
        drawn = chosen.factors(rng, size) * np.array([self.parameters[name] for name in chosen.names])
        return [self.replace(**dict(zip(chosen.names, values, strict=True))) for values in drawn.tolist()]

    @property
    @abstractmethod
    def threshold_V(self) -> float:
        """Return the size of the smallest voltage of either sign from which on the device may move [V]."""

    @property
    def read_V(self) -> float:
        """Return the size of a voltage for reads [V]: 0.2, or half of the smallest threshold where that is below.

        Without a threshold, each read moves the state a little.
        """
        return max(min(_READ_V, _SHARE * self.threshold_V), _LEAST_V) if self.threshold_V else _READ_V

    def replace(self, **changes: Any) -> Self:
        """Return this device with other values; ValueError for unknown names and illegal values."""
        check_names(self.FAMILY, changes, self.table())
        return dataclasses.replace(self, **changes)

    def read_doubts(self, volts: float) -> tuple[str, ...]:
        """Return a sentence for a read voltage [V] beyond the smallest threshold, from which on a read is a write."""
        if not self.threshold_V or abs(volts) <= self.threshold_V:
            return ()
        told = f"reads of {volts:g} V are beyond the smallest threshold of {self.title}, {self.threshold_V:g} V"
        return (f"{told}: each moves its state; the cell's default, {self.read_V:g} V, does not",)

    def time_law(self, what: str) -> TimeLaw:
        """Return where a search for an amplitude begins: at twice the threshold, or 1 V without one."""
        return TimeLaw(max(2 * self.threshold_V, _READ_V) if self.threshold_V else 1.0)

    # ---- in a netlist

    @property
    def realised(self) -> Realisation:
        """Return how a circuit realises it."""
        return realised(self.FAMILY, self.realisation, self.state.name, self.POLARITY)

    def element(
        self, x: Sequence[float], name: str, ae: str, oe: str, inputs: str = "", still: bool = False
    ) -> list[str]:
        """Return the netlist line of an instance of its subcircuit; held still, of a resistor: it is ohmic."""
        if still:
            return [self._resistor(x, name, ae, oe)]
        known = self.table()
        changed = (f"{key}={value:.17g}" for key, value in self._started(x).items() if value != known[key].default)
        return [" ".join([name, self._ends(ae, oe), self.realised.subcircuit, *changed])]

    def instance(
        self, x: Sequence[float], name: str, ae: str, oe: str, model: str, inputs: str = "", still: bool = False
    ) -> str:
        """Return the netlist line of a bare instance; held still, of a resistor: it is ohmic."""
        if still:
            return self._resistor(x, name, ae, oe)
        known = self.table()
        own = ((key, value) for key, value in self._started(x).items() if known[key].per_instance)
        changed = (f"{key}={value:.17g}" for key, value in own if value != known[key].default)
        return " ".join([name, self._ends(ae, oe), model, *changed])

    def _ends(self, ae: str, oe: str) -> str:
        """Return the nodes of the ports plus and minus."""
        return f"{oe} {ae}" if self.POLARITY > 0 else f"{ae} {oe}"

    def _started(self, x: Sequence[float]) -> dict[str, float]:
        """Return the values of all parameters, the state at t = 0 being `x`."""
        return self.parameters | {self.state.start: self.legal(x)[0]}

    def _resistor(self, x: Sequence[float], name: str, ae: str, oe: str) -> str:
        """Return the netlist line of a resistor in its place."""
        return f"r{name} {ae} {oe} {self.resistance(self.legal(x)[0]):.17g}"

    @abstractmethod
    def resistance(self, state: float) -> float:
        """Return its resistance at a state [Ohm]."""

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


@lru_cache(maxsize=64)
def _check_corners(device: ThresholdDevice, law: RelativeSpread) -> None:
    """Raise ValueError where a law allows illegal devices, so that no draw ends work that is under way."""
    for signs in itertools.product((-1, 1), repeat=len(law.names)):
        corner = zip(law.names, signs, law.cut, strict=True)
        try:
            device.replace(**{name: device.parameters[name] * (1 + sign * cut) for name, sign, cut in corner})
        except ValueError as error:
            told = ", ".join(f"{name} = {device.parameters[name]:g}" for name in law.names)
            raise ValueError(f"spread around {told} allows illegal devices: {error}") from None
