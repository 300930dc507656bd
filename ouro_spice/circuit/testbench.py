"""A testbench is data: a netlist, an analysis, what to record. It prints as a deck that plain ngspice runs."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .._util import assets
from .._util.display import brief, shows
from .._util.forks import cached_property
from ..device.constants import AMBIENT_K
from ..device.foreign.verilog_text import VerilogText
from ..device.memristor import Memristor
from .process import Process

LADDER: tuple[Mapping[str, Any], ...] = (
    {"reltol": 1e-4, "trtol": 1},
    {"reltol": 1e-5, "trtol": 1},
    {"reltol": 1e-5, "trtol": 1, "method": "gear"},
    {"reltol": 1e-5, "trtol": 1, "method": "gear", "tmax_divisor": 10},
)
"""Solver settings in the order in which they are tried; ngspice's own defaults (reltol 1e-3) fail for this device."""


ZERO_CELSIUS_K = 273.15

LONG_STEP_S = 1.0
"""A charge that stands still bounds ngspice's steps to sqrt(trtol) s: its error is zero over zero.

In transients with longer steps `trtol` is the square of the largest one. Nothing but the memristors moves in them, and
those bound the steps themselves.
"""

STILL_C, DEFAULT_ABSTOL_A = 1e-10, 1e-12
"""Where a memristor's steps are bounded by the error of its own charges, that error has to go on to count.

There `chgtol` is a charge [C] below those of its state and above all others, and `abstol` [A] so small that zero over
zero becomes ``reltol chgtol / step / abstol``, the square of the largest step at least.
"""

LONG_POINTS = 1000
"""Such a transient has at least this many time points."""


LARGE = {"trtol": 3}
"""What differs at the first rung for large arrays of compiled memristors.

There the charges of all transistors set the steps during edges, and bind them needlessly: a sixth of all iterations. A
switching memristor limits the steps itself. The switching time stays within 0.05 %, the energy moves by 0.04 %.
"""

WALKING = {"reltol": 1e-5, "trtol": 30, "vntol": 1e-8}
"""What differs at the first rung where a walk changes the device by a per cent from one point to the next.

The rate of a RESET then changes by a third, and Newton's method stops too early: its error was 0.7 % of the rate. The
turns of a walk are no error of a time step: steps cut short there would no longer lie between them.
"""


@dataclass(frozen=True)
class Record:
    """What is recorded of an array beside the probes of a testbench.

    Parameters
    ----------
    shape
        Rows and columns.
    maps
        ``(name, vectors)``, a vector for each cell, row by row: recorded over the whole run.
    states, start
        The vectors that hold the state of each memristor, () for one that stands still, and its state at the start.
    exponential
        Whether the state is ``start exp(vector)``, or the vector itself.
    bounds
        What the first state variable of each memristor may reach, ``(low, high)``.
    limits
        ``(low, high)`` of each state variable of each memristor; () for a resistor.
    log
        Whether states move evenly on a logarithmic scale.
    """

    shape: tuple[int, int]
    maps: tuple[tuple[str, tuple[str, ...]], ...]
    states: tuple[tuple[str, ...], ...]
    start: tuple[tuple[float, ...], ...]
    exponential: bool
    bounds: tuple[tuple[float, float], ...]
    limits: tuple[tuple[tuple[float, float], ...], ...]
    log: bool


@dataclass(frozen=True)
class Testbench:
    """One simulation: a transient, or an operating point.

    Parameters
    ----------
    title
        First line of the deck.
    libraries
        Names of subcircuit libraries in ``netlists/lib``.
    models
        Names of the Verilog-A models that the libraries instantiate.
    texts
        Netlist lines of models that are a user's own.
    elements
        Netlist lines.
    stop_s, max_step_s
        Length of the transient and its largest step [s]; a `stop_s` of 0 is an operating point.
    at_rest
        Whether the drivers start at 0 V. ngspice checks the error of every step but the first, which therefore has to
        be tiny where the device switches from the start.
    probes
        ``(trace, ngspice vector)`` pairs; a vector with a minus in front is turned.
    sources
        ``(voltage trace, current trace)`` of each driver, for the energy; the current flows into the driver.
    supplies
        The same of direct supplies, of which the net counts; see `delivered_energy`.
    gates
        ``(volts of the supply, current trace)`` of each driver of gates, of which the charge counts.
    nodes
        Nodes whose voltages belong to the state.
    volts
        Node voltages at the start [V]; the static value elsewhere.
    device
        The memristor that the traces of the state and ``g`` belong to, None in a circuit without one.
    process
        Where the transistors among the elements come from, None in a circuit without any.
    record
        What is recorded of an array beside the probes, None in other circuits.
    klu
        Whether the matrix is solved by KLU.
    walking
        Whether devices walk in it.
    ambient_K
        Temperature of everything in it [K].
    """

    title: str
    libraries: tuple[str, ...]
    models: tuple[str | VerilogText, ...]
    elements: tuple[str, ...]
    stop_s: float
    max_step_s: float
    probes: tuple[tuple[str, str], ...]
    sources: tuple[tuple[str, str], ...] = ()
    supplies: tuple[tuple[str, str], ...] = ()
    gates: tuple[tuple[float, str], ...] = ()
    nodes: tuple[str, ...] = ()
    volts: tuple[tuple[str, float], ...] = ()
    device: Memristor | None = None
    at_rest: bool = True
    process: Process | None = None
    record: Record | None = None
    klu: bool = False
    walking: bool = False
    ambient_K: float = AMBIENT_K
    texts: tuple[str, ...] = ()

    @shows
    def __repr__(self) -> str:
        return brief(self)

    @cached_property
    def vectors(self) -> list[str]:
        """Return the ngspice vectors that are recorded: probes, and the nodes of the state."""
        nodes = () if self.record else self.nodes  # of an array the last values alone are asked for
        return list(
            dict.fromkeys([*(vector.lstrip("-") for _, vector in self.probes), *(f"v({node})" for node in nodes)])
        )

    def text(self, rung: int = 0) -> str:
        """Return the netlist with its analysis for one rung of the solver ladder, without control commands."""
        return self.netlist + self.analysis(rung)

    @property
    def netlist(self) -> str:
        """Return the circuit without its analysis."""
        return "\n".join([f"* {self.title}", *(self.process.lines() if self.process else ()), self._circuit])

    def analysis(self, rung: int = 0) -> str:
        """Return options, saved vectors and the analysis of one rung of the solver ladder."""
        options = dict(LADDER[rung])
        if rung == 0:
            options |= (LARGE if self.klu and self.models else {}) | (WALKING if self.walking else {})
        longest = max(min(self.max_step_s, self.stop_s / LONG_POINTS), min(self.max_step_s, LONG_STEP_S))
        max_step = longest / options.pop("tmax_divisor", 1)
        options |= self._of_long_steps(options, max_step)
        words = [f"{name}={_word(value)}" for name, value in options.items()] + (["klu"] if self.klu else [])
        # an array keeps all nodes: ngspice compares every name with every other one that is to be saved
        outputs = (vector for vector in self.vectors if vector.startswith("@"))
        saved = ["all", *outputs] if self.record else self.vectors
        if self.stop_s:
            # ngspice's first step is a tenth of this
            print_step = max_step / (10 if self.at_rest else 1e6)
            card = f".tran {print_step:.17g} {self.stop_s:.17g} 0 {max_step:.17g}"
        else:
            card = ".op"
        # the last word on it: an option would give way to a .temp in a library
        ambient = f".temp {self.ambient_K - ZERO_CELSIUS_K:.10g}"
        return "\n".join([f".options {' '.join(words)}", f".save {' '.join(saved)}", ambient, card, ".end", ""])

    def _of_long_steps(self, options: Mapping[str, Any], max_step_s: float) -> dict[str, float]:
        """Return the options by which charges that stand still do not bound steps of up to so many seconds."""
        if max_step_s <= LONG_STEP_S:
            return {}
        if self.device is None or self.device.realised.bounds_steps:
            return {"trtol": max(options["trtol"], (max_step_s / LONG_STEP_S) ** 2)}
        smallest_A = options["reltol"] * STILL_C / max_step_s**3
        return {"chgtol": STILL_C, "abstol": min(DEFAULT_ABSTOL_A, smallest_A)}

    @property
    def osdi(self) -> tuple[str, ...]:
        """Return the paths of the compiled models that the process brings along."""
        return tuple(map(str, self.process.osdi)) if self.process else ()

    @property
    def behaviour(self) -> str | None:
        """Return the dialect that ngspice has to read the netlist in, None for its own."""
        return self.process.behaviour if self.process else None

    def deck(self, osdi: Sequence[str] = ()) -> str:
        """Return a complete deck for ``ngspice -b``; `osdi` are the paths of the compiled models of the libraries."""
        control = [
            *(f"pre_osdi {path}" for path in (*osdi, *self.osdi)),
            "set num_threads=1",
            "run",
            "write testbench.raw",
            "quit",
        ]
        head, _, _ = self.text().rpartition(".end")
        # too early to be set inside the deck
        dialect = [f"* run with: ngspice -D ngbehavior={self.behaviour} -b"] if self.behaviour else []
        if self.process and self.process.init:
            dialect.append(f"* the commands of {self.process.init} come before: put them into .spiceinit")
        return "\n".join([head.rstrip(), *dialect, ".control", *control, ".endc", ".end", ""])

    @property
    def sha256(self) -> str:
        """Return the hash of the netlist, libraries included: the same on every machine."""
        process = self.process.identity() if self.process else ()
        text = "\n".join([f"* {self.title}", *process, self._circuit]) + self.analysis()
        return hashlib.sha256(text.encode()).hexdigest()

    @cached_property
    def _circuit(self) -> str:
        """Return the circuit without title, process and analysis; of a walk it is long."""
        lines = [*map(assets.library_text, self.libraries), *self.texts, *self.elements]
        lines += [f".ic v({node})={volts:.17g}" for node, volts in self.volts]
        return "\n".join([*lines, ""])


def _word(value: str | float) -> str:
    return f"{value:.12g}" if isinstance(value, float) else str(value)
