"""What a simulation gives back: time, named traces, the final state, the energy, how it went."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from .._util.display import Axes, shows
from .._util.forks import cached_property
from ..compact import characteristics
from ..device.memristor import Memristor
from ..device.state import State
from . import waveform_display as display
from .result import Result
from .write_agreement import Agreement

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Effort:
    """The cost of a run: points tried, rejected, iterations, ngspice's time for the analysis and for all; the rung."""

    points: int = 0
    rejected: int = 0
    iterations: int = 0
    analysis_s: float = 0.0
    ngspice_s: float = 0.0
    rung: int = 0
    restarts: int = 0

    def __add__(self, other: Effort) -> Effort:
        """Return the effort of two runs together; the rung is the higher one."""
        sums = (getattr(self, f.name) + getattr(other, f.name) for f in dataclasses.fields(Effort))
        return dataclasses.replace(Effort(*sums), rung=max(self.rung, other.rung))


@dataclass(frozen=True)
class Fidelity:
    """The fidelity of a run: in "full" all memristors follow their state equation, in "frozen" those that may switch,
    both in SPICE; in "circuit" all do, without SPICE.

    Attributes
    ----------
    name
        "full", "frozen" or "circuit".
    held
        Memristors that were held at their concentration, with their static I-V.
    peak_V
        Largest voltage at one of them [V].
    disturb
        Largest change of the state of one of them, on the scale of its variable, estimated from
        its own voltage; it is in the final state.
    tolerance
        What that estimate had to stay below.
    agreement
        Of "circuit": how far it was from full SPICE on a sample; None where that was not asked.
    """

    name: str = "full"
    held: int = 0
    peak_V: float = 0.0
    disturb: float = 0.0
    tolerance: float = 0.0
    agreement: Agreement | None = None

    def __add__(self, other: Fidelity) -> Fidelity:
        """Return the fidelity of two runs, one after the other: the fewer held memristors, the summed disturb, the
        worse agreement.
        """
        both = self.agreement.worse(other.agreement) if self.agreement and other.agreement else None
        return Fidelity(
            name=self.name,
            held=min(self.held, other.held),
            peak_V=max(self.peak_V, other.peak_V),
            disturb=self.disturb + other.disturb,
            tolerance=self.tolerance + other.tolerance,
            agreement=both or self.agreement or other.agreement,
        )

    def __str__(self) -> str:
        if self.name == "full":
            return "full: every memristor follows its state equation"
        if self.name == "circuit":
            seen = f"; {self.agreement}" if self.agreement else ""
            return f"circuit: every memristor follows its state equation, without SPICE{seen}"
        return (
            f"frozen: {self.held} memristors held at their static I-V; at most {self.peak_V:.3g} V at them, the state "
            f"moves by {self.disturb:.2g} at most (allowed: {self.tolerance:.2g})"
        )


_UNITS = {"v": "V", "i": "A", "t": "K", "r": "m", "l": "nm", "g": "S", "c": "1"}


@dataclass(frozen=True)
class Waveform:
    """The result of one transient simulation.

    ``wave["v_cell"]`` and the like give traces of shape (T,): ``v_ae``, ``v_oe`` and ``v_cell`` = V(AE, OE) at the
    device [V], ``i_cell`` [A], the state variables under their own names and in their own units, ``g`` (static, at the
    read voltage) [S], of JART ``temperature`` [K] and, where it varies from cycle to cycle, ``r`` [m] and ``l`` [nm],
    and the voltages and currents of the drivers (``v_bl``, ``i_bl``, the current flowing into the driver). JART-TUD has
    ``clamped``, 1 where r or l lies beyond its fit.

    Attributes
    ----------
    time_s
        (T,) [s]
    traces
        Name to (T,).
    state
        The final state: give it to the next simulation. None after a failure.
    energy_J
        Energy delivered by all drivers [J]. What flows back into one is lost in it: see `delivered_energy`.
    result
        How the run ended.
    effort
        What it cost.
    device
        The memristor, None in a circuit without one.
    testbench_sha256
        Hash of the netlist that was run.
    log
        What ngspice said.
    maps
        Of an array: name to (T, rows, cols), voltages of each cell's terminals ``v_ae, v_oe`` and of the lines at it,
        ``v_bl, v_wl, v_sl`` [V].
    fidelity
        Which memristors followed their state equation.
    warnings
        What the model is not known to be right for and the waveform shows, a sentence each: see `plausibility`.
    """

    time_s: np.ndarray
    traces: Mapping[str, np.ndarray]
    state: State | None
    energy_J: float
    result: Result
    effort: Effort = Effort()
    device: Memristor | None = None
    testbench_sha256: str = ""
    log: tuple[str, ...] = ()
    maps: Mapping[str, np.ndarray] = field(default_factory=dict)
    fidelity: Fidelity = Fidelity()
    warnings: tuple[str, ...] = ()

    @shows
    def __repr__(self) -> str:
        return display.line(self)

    @shows
    def _repr_html_(self) -> str:
        return display.html(self)

    @shows
    def plot(self, *names: str, ax: Axes | None = None) -> Axes:
        """Draw traces of one unit over time; return the matplotlib axes.

        Parameters
        ----------
        *names
            Of traces, "g" for the conductance; by default that, or the first trace of a circuit without a memristor.
        ax
            Where to draw; axes of a new figure where None, whose `figure` can be shown or saved.

        Raises
        ------
        ValueError
            For traces that are not there, or of several units.
        """
        return display.draw(self, names, ax)

    def unit(self, name: str) -> str:
        """Return the unit of a trace as a column's name has it: a state variable's own, else by its first letter."""
        states = {} if self.device is None else {one.name: one.unit.split(" ")[0] for one in self.device.variables}
        return states.get(name.partition("@")[0], _UNITS.get(name[0], "1"))

    def __getitem__(self, name: str) -> np.ndarray:
        if name == "g":
            return self.g
        if name not in self.traces:
            raise KeyError(f"no trace {name!r}; there is {', '.join(self.traces)}, g")
        return self.traces[name]

    @cached_property
    def g(self) -> np.ndarray:
        """Return the conductance of the device alone at its read voltage, static, as it has walked, (T,) [S]."""
        if self.device is None or self.device.lead.name not in self.traces:
            raise ValueError(f"there is no conductance: {self.result.value if self.device else 'no memristor here'}")
        if "g" in self.traces:
            return self.traces["g"]
        if own := {name: self.traces[name] for name in self.device.OWN if name in self.traces}:
            return characteristics.conductance(self.device, self.lead(), own=own)
        return characteristics.fast_conductance(self.device, self.lead())

    def lead(self, suffix: str = "") -> np.ndarray:
        """Return the state variable that decides the conductance over time, (T,), in its own unit.

        `suffix` is that of a further cell's traces.
        """
        if self.device is None:
            raise ValueError("there is no state: no memristor here")
        return self[f"{self.device.lead.name}{suffix}"]

    @property
    def end_state(self) -> State:
        """Return the final state; ValueError after a failure, which leaves none."""
        if self.state is None:
            raise ValueError(f"there is no final state: {self.result.value}")
        return self.state

    @property
    def g_S(self) -> float:
        """Return the conductance of the device alone at the end [S]."""
        return float(self.g[-1])

    @property
    def frame(self) -> pd.DataFrame:
        """Return all traces as columns of a table, with units in the names."""
        import pandas as pd  # costs half a second that most programs do not need

        columns = {f"{name}_{self.unit(name)}": trace for name, trace in self.traces.items() if name != "g"}
        return pd.DataFrame({"time_s": self.time_s, **columns, **({"g_S": self.g} if self.device else {})})
