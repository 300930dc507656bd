"""What every memristor is to the rest of the package, of whatever family: parameters, state, netlist lines."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Self

import numpy as np

from .parameter import Parameter
from .realisation import Realisation
from .state_variable import StateVariable

CAPABILITIES: Mapping[str, str] = {
    "compiled": "is compiled Verilog-A",
    "behavioural": "is a netlist of plain SPICE sources",
    "kernels": "can be followed without SPICE",
    "walk": "can vary from cycle to cycle (C2C)",
    "spread": "can be drawn from device to device (D2D)",
    "read noise": "can have random telegraph noise in reads",
    "stationary start": "starts after a long walk",
    "frozen": "can be held still in an array, fidelity \"frozen\"",
    "solved": "can be solved in an array without SPICE, fidelity \"circuit\"",
}  # fmt: skip
"""What a memristor may be able to, by name: asked for, never guessed."""


@dataclass(frozen=True)
class TimeLaw:
    """Say how long a family takes to cross its window, over the amplitude.

    Attributes
    ----------
    volts
        Say an amplitude, without its sign [V].
    time_s, power
        Say how long it takes there [s], and with which power of one over the voltage that goes; None: not known.
    """

    volts: float
    time_s: float | None = None
    power: float | None = None


class Memristor(ABC):
    """A memristor: the values of its model's parameters, and how a circuit takes it in.

    Voltages are V(AE, OE): SET, below 0, raises the conductance, whatever sign the family's own text has. The first of
    its state variables decides the conductance ``g`` = I/V at `read_V`; the others count in it as they are at rest.

    Attributes
    ----------
    FAMILY
        Names the family.
    OWN
        Names the parameters of which many devices that share all others can have each their own, in arrays of numbers.
    REALISATIONS
        Names the realisations that a circuit may use.
    realisation
        Says which realisation a circuit uses.
    walk, read_noise
        Say how it varies from cycle to cycle, and in reads; None of families that do not.
    """

    FAMILY: ClassVar[str]
    OWN: ClassVar[tuple[str, ...]] = ()
    REALISATIONS: ClassVar[tuple[str, ...]] = ()
    realisation: str
    walk: Any = None
    read_noise: Any = None

    # ---- what it is

    @property
    def title(self) -> str:
        """Return what it is called in sentences."""
        return self.FAMILY

    @classmethod
    @abstractmethod
    def table(cls) -> dict[str, Parameter]:
        """Return all parameters of the model by name, in the order of its text."""

    @property
    def parameters(self) -> dict[str, float]:
        """Return the values of all parameters of the model by name, in the order of its text."""
        return {name: getattr(self, name) for name in self.table()}

    @property
    @abstractmethod
    def capabilities(self) -> frozenset[str]:
        """Return the names of what it is able to, of `CAPABILITIES`."""

    def require(self, capability: str, what: str) -> None:
        """Raise ValueError unless it has a capability that `what` needs."""
        if capability not in self.capabilities:
            means = CAPABILITIES[capability]
            raise ValueError(f"{what}: this needs a memristor that {means}, and {self.title} cannot")

    @property
    @abstractmethod
    def ambient_K(self) -> float:
        """Return the ambient temperature [K]: that of the whole circuit around the device."""

    @property
    @abstractmethod
    def read_V(self) -> float:
        """Return the voltage V(AE, OE) at which its conductance is defined [V]."""

    @abstractmethod
    def replace(self, **changes: Any) -> Self:
        """Return this device with other values; ValueError for unknown names and illegal values."""

    @abstractmethod
    def draw(self, rng: np.random.Generator, size: int, law: Any = "ten_percent") -> list[Any]:
        """Return `size` devices drawn by a D2D law, this one being their mean; ValueError for an unknown law."""

    @abstractmethod
    def spread_law(self, law: Any) -> Any:
        """Return a D2D law: by its name, or as it is given; ValueError for what is none of this family's."""

    def check_compact(self, model: str) -> None:
        """Raise ValueError where a compact model of the family does not hold for this device; else return None."""
        return

    # ---- its state

    @property
    @abstractmethod
    def variables(self) -> tuple[StateVariable, ...]:
        """Return its state variables, that which decides the conductance first."""

    @property
    def lead(self) -> StateVariable:
        """Return the state variable that decides the conductance."""
        return self.variables[0]

    @property
    @abstractmethod
    def start(self) -> tuple[float, ...]:
        """Return its state at t = 0."""

    @property
    @abstractmethod
    def window_x(self) -> tuple[float, float]:
        """Return the first state variable at the two ends of what is programmed: lowest conductance, highest."""

    @property
    def bounds(self) -> tuple[float, float]:
        """Return the smallest and largest value of the first state variable."""
        return self.lead.low, self.lead.high

    @property
    def reach(self) -> tuple[float, float]:
        """Return the smallest and largest value of the first state variable that its walk allows."""
        return self.bounds

    @property
    def points(self) -> int:
        """Return how many time points a transient of it has at least, where it needs more than others."""
        return 0

    def legal(self, x: Sequence[float]) -> tuple[float, ...]:
        """Return a state, brought back to a bound that it is beyond by rounding; ValueError for another one."""
        if len(x) != len(self.variables):
            raise ValueError(f"the state {tuple(x)} has {len(x)} numbers; {self.title} has {len(self.variables)}")
        each = zip(self.variables, x, strict=True)
        return tuple(Parameter(v.name, v.low, v.unit, v.low, v.high, "", True).within(float(one)) for v, one in each)

    def clipped(self, x: Sequence[float]) -> tuple[float, ...]:
        """Return a state within its bounds, which a solver may leave by its tolerance."""
        each = zip(self.variables, x, strict=True)
        return tuple(min(max(float(one), v.low), v.high) for v, one in each)

    @property
    def free(self) -> Self:
        """Return this device without noise, and without a window that would hold its state."""
        return self

    @property
    def bare(self) -> Self:
        """Return this device as its static characteristics are those of: free, and quasi-static."""
        return self.free

    def now(self, x: Sequence[float], wander: Any = None) -> Self:
        """Return the device as its walk has left it at a state: the one that a read measures."""
        return self

    def observed(self, x: Sequence[float], telegraph: Any) -> tuple[float, ...]:
        """Return the state that a read sees, with the read noise."""
        return tuple(x)

    def left(self, before: Sequence[float], after: Sequence[float]) -> tuple[float, ...]:
        """Return the state that a read leaves, which moved it from `before` to `after` by its own doing: in bounds."""
        return self.clipped(after)

    # ---- what its model is not known to be right for

    @property
    def highest_V(self) -> float:
        """Return the largest voltage for which its model is known to be right [V]."""
        return math.inf

    @property
    def usual_doubts(self) -> tuple[str, ...]:
        """Return the sentences of doubt that are no news of this device: they stay in the waveform."""
        return ()

    def read_doubts(self, volts: float) -> tuple[str, ...]:
        """Return a sentence for a read voltage [V] that moves the state by itself."""
        return ()

    def voltage_doubts(self, peak_V: float, model: str | None = None) -> tuple[str, ...]:
        """Return a sentence for a voltage across the device [V] that its compact model is not known to be right for."""
        return ()

    def doubts(self, traces: Mapping[str, np.ndarray], peak_V: float) -> tuple[str, ...]:
        """Return a sentence for each limit of the model that traces (T,) and a voltage at the device [V] pass."""
        return ()

    def time_law(self, what: str) -> TimeLaw:
        """Return where a search for the amplitude of a "set" or "reset" begins."""
        return TimeLaw(1.0)

    # ---- in a netlist

    @property
    @abstractmethod
    def realised(self) -> Realisation:
        """Return how a circuit realises it."""

    @abstractmethod
    def element(
        self, x: Sequence[float], name: str, ae: str, oe: str, inputs: str = "", still: bool = False
    ) -> list[str]:
        """Return the netlist lines of the memristor between two nodes, at a state.

        Parameters
        ----------
        x
            Its state.
        name, ae, oe
            Of the instance, and the nodes.
        inputs
            Nodes of the inputs for its walk, "" where it does not walk.
        still
            Hold its state.
        """

    @abstractmethod
    def instance(
        self, x: Sequence[float], name: str, ae: str, oe: str, model: str, inputs: str = "", still: bool = False
    ) -> str:
        """Return the netlist line of an instance of its model, whose card `model` holds the `shared` parameters."""

    @property
    def alike(self) -> tuple:
        """Return what devices share that differ in `OWN`, their state at t = 0 and their window alone."""
        started = self.lead.start
        return (*((name, value) for name, value in self.parameters.items() if name != started), self.realisation)

    @property
    def shared(self) -> tuple[tuple[str, float], ...]:
        """Return the parameters that instances in an array share, those at their defaults left out."""
        values = ((name, getattr(self, name)) for name, one in self.table().items() if not one.per_instance)
        return tuple((name, value) for name, value in values if value != self.table()[name].default)
