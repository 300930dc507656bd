"""Many memristors as elements of one netlist.

A subcircuit for each would cost ngspice a model, and the reading of thirty parameters, for each: compiled memristors
are instances of the bare model here, which share it wherever only what is an instance's own differs.
"""

from __future__ import annotations

from collections.abc import Mapping

from ..device.foreign.verilog_text import VerilogText
from ..device.memristor import Memristor
from ..device.realisation import Realisation
from .jart.walk_inputs import inputs, walk_sources
from .pulse import PWL


class MemristorGroup:
    """Collects the netlist lines of memristors of one realisation, and says where their quantities are."""

    def __init__(self, realised: Realisation | None) -> None:
        self.realised = realised
        self.bare = bool(realised and realised.model)
        self.lines: list[str] = []
        self._models: dict[tuple[tuple[str, float], ...], str] = {}

    def add(
        self,
        device: Memristor,
        x: tuple[float, ...],
        name: str,
        ae: str,
        oe: str,
        walk: Mapping[str, PWL] | None = None,
        still: bool = False,
    ) -> None:
        """Add a memristor between two nodes, at a state; `still`: held there."""
        instance = self.instance(name)
        nodes = inputs(name if self.bare else instance, walk)
        if self.bare:
            self.lines.append(device.instance(x, instance, ae, oe, self._model(device), nodes, still))
        else:
            self.lines += device.element(x, instance, ae, oe, nodes, still)
        self.lines += walk_sources(name if self.bare else instance, walk)

    def instance(self, name: str) -> str:
        """Return the name of the instance in the netlist."""
        return f"{'n' if self.bare else 'x'}{name}"

    @property
    def cards(self) -> list[str]:
        """Return the model cards that the instances share."""
        kind = self.realised.model if self.realised else ""
        return [
            " ".join([f".model {name} {kind}", *(f"{key}={value:.17g}" for key, value in values)])
            for values, name in self._models.items()
        ]

    @property
    def models(self) -> tuple[str | VerilogText, ...]:
        """Return the compiled models that the lines need."""
        return self.realised.models if self.realised and self.lines else ()

    @property
    def libraries(self) -> tuple[str, ...]:
        """Return the subcircuit libraries that the lines need."""
        return () if self.bare or not self.realised or not self.realised.library else (self.realised.library,)

    @property
    def text(self) -> str:
        """Return the netlist lines of a model that is a user's own, which the lines need."""
        return "" if self.bare or not self.realised else self.realised.text

    def probes(self, name: str) -> list[tuple[str, str]]:
        """Return traces of a memristor and their vectors."""
        if not self.realised:
            return []
        instance = self.instance(name)
        return self.realised.bare(instance) if self.bare else self.realised.probes(instance)

    def states(self, name: str) -> tuple[str, ...]:
        """Return the vectors that hold its state, one for each state variable."""
        return tuple(inner.format(self.instance(name)) for inner in self.realised.inner) if self.realised else ()

    def _model(self, device: Memristor) -> str:
        return self._models.setdefault(device.shared, f"memristor_{len(self._models)}")
