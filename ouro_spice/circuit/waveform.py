"""What a simulation gives back: time, named traces, the final state, the energy, how it went."""

from __future__ import annotations

import dataclasses
import enum
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from .._util.checks import check_kind, check_range, check_text, checked_numbers, shown
from .._util.forks import cached_property
from ..compact import characteristics
from ..device.jart import Device
from ..device.variability import Wander

if TYPE_CHECKING:
    import pandas as pd


_HIGHEST_V = 1e4
"""A node voltage of a state is not beyond it."""


class Result(enum.Enum):
    """How a simulation ended; the value is the message."""

    OK = "the simulation ran to its end"
    NETLIST = "ngspice refused the netlist"
    MODEL = "ngspice could not load a compiled model"
    TIMESTEP = "the time step became too small"
    SINGULAR = "the circuit matrix is singular"
    OPERATING_POINT = "no operating point was found"
    INCOMPLETE = "the simulation stopped before its end"
    NOT_FINITE = "the simulation gave values that are not finite"
    OUT_OF_BOUNDS = "the state left its bounds"
    READ = "the reading is outside the range of the sense path"
    TIMEOUT = "the simulation took longer than its time limit"
    WORKER = "the simulator process died, twice"


_TELLING = re.compile(r"error|too small|singular|out of bounds|unknown|undefined|failed|limit|reading", re.IGNORECASE)
# what a refused netlist is refused for; the line that comes after it, or the last one, seldom says that
_DECISIVE = tuple(
    re.compile(words, re.IGNORECASE)
    for words in (
        r"^error: .*, has no ",  # `circuit.lacking`
        r"could not find (include|library) file|section definition .* not found|\.endl not found|couldn't be loaded",
        r"unknown model type|only mos device levels|no such function|undefined parameter",
        r"unknown subckt|can't find model|too many parameters for sub|not enough parameters|mismatch of \.subckt",
        r"circular parameter|closing \".*not found|misplaced operator|expression err",
        r"could not find a valid modelname|unable to find definition of model",
    )
)
_WITH_ELEMENT = re.compile(r"valid modelname|definition of model|not enough parameters", re.IGNORECASE)


def telling(log: Sequence[str]) -> str:
    """The line of a simulator's log that says why it failed, "" where there is none; long ones are cut."""
    lines = [line.strip() for line in log if line.strip()]
    for words in _DECISIVE:
        for number, line in enumerate(lines):
            if words.search(line):
                # these lines name no element: the one before does
                before = f" in: {lines[number - 1][:150]}" if number and _WITH_ELEMENT.search(line) else ""
                return line[:400] + before
    found = [line for line in lines if _TELLING.search(line)] or lines
    return found[-1] if found else ""


class SimulationError(RuntimeError):
    """A simulation that failed, with its result code, its deck and the end of the simulator's log."""

    def __init__(self, result: Result, deck: str, log: tuple[str, ...]) -> None:
        self.result, self.deck, self.log = result, deck, log
        why = telling(log)
        super().__init__(result.value + (f": {why}" if why else ""))

    def __reduce__(self) -> tuple:
        return type(self), (self.result, self.deck, self.log)


@dataclass(frozen=True)
class Telegraph:
    """Where the read noise of one memristor stands: vacancies beyond the mean, time since it was last asked, count."""

    level: int = 0
    clock_s: float = 0.0
    count: int = 0


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
    wander: tuple[Wander | None, ...] = ()
    telegraph: tuple[Telegraph | None, ...] = ()

    def __post_init__(self) -> None:
        n = np.atleast_1d(checked_numbers("n_disc", self.n_disc))
        if n.ndim != 1 or not n.size or not np.all(np.isfinite(n)) or np.any(n <= 0):
            raise ValueError(f"n_disc = {shown(self.n_disc)} must be finite and positive, one at least [1e26 m^-3]")
        check_kind("volts", self.volts, Mapping, "node voltages by the names of the nodes")
        for node, volts in self.volts.items():
            check_text("volts: the name of a node", node)
            check_range(f"volts of {node}", volts, -_HIGHEST_V, _HIGHEST_V, "V")
        for name, kind in (("wander", Wander), ("telegraph", Telegraph)):
            several = getattr(self, name)
            if not isinstance(several, tuple | list) or not all(isinstance(one, kind | None) for one in several):
                raise ValueError(f"{name} = {shown(several)} must be a tuple of ouro_spice {kind.__name__}")
        if len(self.wander) not in (0, len(n)) or len(self.telegraph) not in (0, len(n)):
            raise ValueError(f"wander and telegraph must be empty, or one each for the {len(n)} memristors")
        object.__setattr__(self, "n_disc", tuple(map(float, n)))

    def walked(self, index: int = 0) -> Wander | None:
        """Where the walk of one memristor stands."""
        return self.wander[index] if self.wander else None

    def noise(self, index: int = 0) -> Telegraph:
        """Where the read noise of one memristor stands."""
        return (self.telegraph[index] if self.telegraph else None) or Telegraph()

    def changed(self, index: int = 0, **values: float | Wander | Telegraph) -> State:
        """This state with another ``n_disc``, ``wander`` or ``telegraph`` of one memristor."""
        changes = {}
        for name, value in values.items():
            old = getattr(self, name) or (None,) * len(self.n_disc)
            changes[name] = (*old[:index], value, *old[index + 1 :])
        return dataclasses.replace(self, **changes)


def check_single(state: State) -> None:
    """Raise ValueError for what is no state, or one of several memristors."""
    if not isinstance(state, State):
        raise ValueError(f"state = {shown(state)} must be an ouro_spice.State; cell.state(g_S) makes one")
    if len(state.n_disc) != 1:
        raise ValueError(f"the state belongs to another circuit: it is of {len(state.n_disc)}, not of one memristor")


@dataclass(frozen=True)
class Effort:
    """What a run cost: points tried, rejected, iterations, ngspice's time for the analysis and for all; the rung."""

    points: int = 0
    rejected: int = 0
    iterations: int = 0
    analysis_s: float = 0.0
    ngspice_s: float = 0.0
    rung: int = 0
    restarts: int = 0

    def __add__(self, other: Effort) -> Effort:
        """Of two runs together; the rung is the higher one."""
        sums = (getattr(self, f.name) + getattr(other, f.name) for f in dataclasses.fields(Effort))
        return dataclasses.replace(Effort(*sums), rung=max(self.rung, other.rung))


@dataclass(frozen=True)
class Fidelity:
    """Which memristors of a circuit follow their state equation: all in "full", in "frozen" those that may switch.

    Attributes
    ----------
    name
        "full" or "frozen".
    held
        Memristors that were held at their concentration, with their static I-V.
    peak_V
        Largest voltage at one of them [V].
    disturb
        Largest change of ln n_disc of one of them, estimated from its own voltage; it is in the final state.
    tolerance
        What that estimate had to stay below.
    """

    name: str = "full"
    held: int = 0
    peak_V: float = 0.0
    disturb: float = 0.0
    tolerance: float = 0.0

    def __add__(self, other: Fidelity) -> Fidelity:
        """Of two runs, one after the other: the memristors held in both at least, what they did together at most."""
        return Fidelity(
            name=self.name,
            held=min(self.held, other.held),
            peak_V=max(self.peak_V, other.peak_V),
            disturb=self.disturb + other.disturb,
            tolerance=self.tolerance + other.tolerance,
        )

    def __str__(self) -> str:
        if self.name == "full":
            return "full: every memristor follows its state equation"
        return (
            f"frozen: {self.held} memristors held at their static I-V; at most {self.peak_V:.3g} V at them, ln n_disc "
            f"moves by {self.disturb:.2g} at most (allowed: {self.tolerance:.2g})"
        )


@dataclass(frozen=True)
class Waveform:
    """The result of one transient simulation.

    ``wave["v_cell"]`` and the like give traces of shape (T,): ``v_ae``, ``v_oe`` and ``v_cell`` = V(AE, OE) at the
    device [V], ``i_cell`` [A], ``n_disc`` [1e26 m^-3], ``temperature`` [K], ``g`` (static, at +0.2 V) [S], of a device
    that varies from cycle to cycle ``r`` [m] and ``l`` [nm], and the voltages and currents of the drivers (``v_bl``,
    ``i_bl``, the current flowing into the driver). JART-TUD has ``clamped``, 1 where r or l lies beyond its fit.

    Attributes
    ----------
    time_s
        (T,) [s]
    traces
        Name to (T,).
    state
        The final state: give it to the next simulation. None after a failure.
    energy_J
        Energy delivered by all drivers [J].
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
    device: Device | None = None
    testbench_sha256: str = ""
    log: tuple[str, ...] = ()
    maps: Mapping[str, np.ndarray] = field(default_factory=dict)
    fidelity: Fidelity = Fidelity()
    warnings: tuple[str, ...] = ()

    def __getitem__(self, name: str) -> np.ndarray:
        if name == "g":
            return self.g
        if name not in self.traces:
            raise KeyError(f"no trace {name!r}; there is {', '.join(self.traces)}, g")
        return self.traces[name]

    @cached_property
    def g(self) -> np.ndarray:
        """Conductance of the device alone at +0.2 V, static, with its present r and l, (T,) [S]."""
        if "n_disc" not in self.traces:
            raise ValueError(f"there is no conductance: {self.result.value if self.device else 'no memristor here'}")
        if "g" in self.traces:
            return self.traces["g"]
        if "r" in self.traces:
            return characteristics.conductance(self.device, self.traces["n_disc"], self.traces["r"], self.traces["l"])
        return characteristics.conductance_map(self.device)(self.traces["n_disc"])

    @property
    def g_S(self) -> float:
        """Conductance of the device at the end [S]."""
        return float(self.g[-1])

    @property
    def frame(self) -> pd.DataFrame:
        """All traces as columns, units in the names."""
        import pandas as pd  # costs half a second that most programs do not need

        units = {"v": "V", "i": "A", "n": "1e26", "t": "K", "r": "m", "l": "nm", "g": "S", "c": "1"}
        columns = {f"{name}_{units[name[0]]}": trace for name, trace in self.traces.items() if name != "g"}
        return pd.DataFrame({"time_s": self.time_s, **columns, **({"g_S": self.g} if self.device else {})})
