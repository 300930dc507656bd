"""How a circuit realises a memristor: library, models, subcircuit, and where its quantities are."""

from __future__ import annotations

from dataclasses import dataclass

from .foreign.verilog_text import VerilogText


@dataclass(frozen=True)
class Realisation:
    """Say how a circuit realises a memristor.

    Attributes
    ----------
    library, text
        Name the library in ``netlists/lib``, "" for none; netlist lines of a model that is a user's own.
    models
        Name the Verilog-A models of this package that it needs, or are a user's own.
    subcircuit
        Names the subcircuit, and the model of instances in arrays where it is compiled.
    vectors
        Give traces, and where they are in an instance ``{0}``.
    rate
        Says where d state/dt is in an instance, "" for nowhere.
    model
        Names the module of a compiled memristor that arrays instantiate without a subcircuit around it, "" where they
        do not.
    element
        Gives the vectors of such a bare instance ``{0}``, in the order of `vectors`.
    inner
        Says where the state is in such an instance, or else in one of the subcircuit.
    exponential
        Says whether the state is ``start exp(inner)``, and not ``inner`` itself.
    bounds_steps
        Says whether its state keeps the solver's steps small whatever error of charges is allowed.
    """

    library: str
    models: tuple[str | VerilogText, ...]
    subcircuit: str
    vectors: tuple[tuple[str, str], ...]
    rate: str = ""
    text: str = ""
    model: str = ""
    element: tuple[str, ...] = ()
    inner: tuple[str, ...] = ()
    exponential: bool = False
    bounds_steps: bool = True

    def probes(self, name: str) -> list[tuple[str, str]]:
        """Return the traces and ngspice vectors of the instance `name` of the subcircuit."""
        return [(trace, vector.format(name)) for trace, vector in self.vectors]

    def bare(self, name: str) -> list[tuple[str, str]]:
        """Return the traces and ngspice vectors of the instance `name` of the model itself."""
        return [(trace, vector.format(name)) for (trace, _), vector in zip(self.vectors, self.element, strict=True)]
