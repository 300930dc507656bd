"""A testbench is data: a netlist, an analysis, what to record. It prints as a deck that plain ngspice runs."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from .. import assets
from ..device import Device

LADDER: tuple[Mapping[str, str | float], ...] = (
    {"reltol": 1e-4, "trtol": 1},
    {"reltol": 1e-5, "trtol": 1},
    {"reltol": 1e-5, "trtol": 1, "method": "gear"},
    {"reltol": 1e-5, "trtol": 1, "method": "gear", "tmax_divisor": 10},
)
"""Solver settings in the order in which they are tried; ngspice's own defaults (reltol 1e-3) fail for this device."""


@dataclass(frozen=True)
class Testbench:
    """One transient simulation.

    Parameters
    ----------
    title
        First line of the deck.
    libraries
        Names of subcircuit libraries in ``netlists/lib``.
    models
        Names of the Verilog-A models that the libraries instantiate.
    elements
        Netlist lines.
    stop_s, max_step_s
        Length of the transient and its largest step [s].
    at_rest
        Whether the drivers start at 0 V. ngspice checks the error of every step but the first, which therefore has to
        be tiny where the device switches from the start.
    probes
        ``(trace, ngspice vector)`` pairs.
    sources
        ``(voltage trace, current trace)`` of each driver, for the energy; the current flows into the driver.
    nodes
        Nodes whose voltages belong to the state.
    volts
        Node voltages at the start [V]; the static value elsewhere.
    device
        The memristor that ``n_disc`` and ``g`` belong to, None in a circuit without one.
    """

    title: str
    libraries: tuple[str, ...]
    models: tuple[str, ...]
    elements: tuple[str, ...]
    stop_s: float
    max_step_s: float
    probes: tuple[tuple[str, str], ...]
    sources: tuple[tuple[str, str], ...] = ()
    nodes: tuple[str, ...] = ()
    volts: tuple[tuple[str, float], ...] = ()
    device: Device | None = None
    at_rest: bool = True

    @property
    def vectors(self) -> list[str]:
        """The ngspice vectors that are recorded: probes, and the nodes of the state."""
        return list(dict.fromkeys([vector for _, vector in self.probes] + [f"v({node})" for node in self.nodes]))

    def text(self, rung: int = 0) -> str:
        """The netlist with its analysis for one rung of the solver ladder, without control commands."""
        return self._text(rung, map(assets.library_text, self.libraries))

    def deck(self, osdi: Sequence[str] = ()) -> str:
        """A complete deck for ``ngspice -b``; `osdi` are the paths of the compiled models."""
        control = [*(f"pre_osdi {path}" for path in osdi), "set num_threads=1", "run", "write testbench.raw", "quit"]
        head, _, _ = self.text().rpartition(".end")
        return "\n".join([head.rstrip(), ".control", *control, ".endc", ".end", ""])

    @property
    def sha256(self) -> str:
        """Hash of the netlist, libraries included: the same on every machine."""
        return hashlib.sha256(self.text().encode()).hexdigest()

    def _text(self, rung: int, includes: Sequence[str] | object) -> str:
        options = dict(LADDER[rung])
        max_step = self.max_step_s / options.pop("tmax_divisor", 1)
        lines = [f"* {self.title}", *includes, *self.elements]
        lines += [f".ic v({node})={volts:.17g}" for node, volts in self.volts]
        lines.append(".options " + " ".join(f"{name}={value}" for name, value in options.items()))
        lines.append(".save " + " ".join(self.vectors))
        # ngspice's first step is a tenth of this
        print_step = max_step / (10 if self.at_rest else 1e6)
        lines.append(f".tran {print_step:.17g} {self.stop_s:.17g} 0 {max_step:.17g}")
        return "\n".join([*lines, ".end", ""])
