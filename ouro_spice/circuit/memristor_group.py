"""Many memristors as elements of one netlist.

A subcircuit for each would cost ngspice a model, and the reading of thirty parameters, for each: compiled memristors
are instances of the bare model here, which share it wherever only r, l, the limits and the start differ.
"""

from __future__ import annotations

from collections.abc import Mapping

from ..device.jart.jart_device import Device
from ..device.jart.jart_parameters import PARAMETERS
from .memristor import REALISED, element, held, inputs, walk_sources
from .pulse import PWL

_OWN = tuple(name for name, parameter in PARAMETERS.items() if parameter.per_instance and name != "Ninit")
_SHARED = tuple(name for name, parameter in PARAMETERS.items() if not parameter.per_instance)


class MemristorGroup:
    """Collects the netlist lines of memristors of one realisation, and says where their quantities are."""

    def __init__(self, realisation: str) -> None:
        self.realised = REALISED[realisation]
        self.compiled = bool(self.realised.models)
        self.lines: list[str] = []
        self._models: dict[tuple[tuple[str, float], ...], str] = {}

    def add(
        self,
        device: Device,
        n_disc: float,
        name: str,
        ae: str,
        oe: str,
        walk: Mapping[str, PWL] | None = None,
        still: bool = False,
    ) -> None:
        """Add a memristor between two nodes; `still`: held at its concentration."""
        if not self.compiled:
            self.lines += element(device, n_disc, self.instance(name), ae, oe, walk, still)
            return
        n_disc = PARAMETERS["Ninit"].within(n_disc)
        own = {key: getattr(device, key) for key in _OWN} | (held(n_disc) if still else {})
        changed = [f"{key}={value:.17g}" for key, value in own.items() if value != PARAMETERS[key].default]
        nodes = [ae, oe, inputs(name, walk)]
        words = [self.instance(name), *nodes, self._model(device), f"Ninit={n_disc:.17g}", *changed]
        self.lines += [" ".join(words), *walk_sources(name, walk)]

    def instance(self, name: str) -> str:
        """Return the name of the instance in the netlist."""
        return f"{'n' if self.compiled else 'x'}{name}"

    @property
    def cards(self) -> list[str]:
        """Return the model cards that the instances share."""
        (kind,) = self.realised.models or ("",)
        return [
            " ".join([f".model {name} {kind}", *(f"{key}={value:.17g}" for key, value in values)])
            for values, name in self._models.items()
        ]

    @property
    def models(self) -> tuple[str, ...]:
        """Return the compiled models that the lines need."""
        return self.realised.models if self.lines else ()

    @property
    def libraries(self) -> tuple[str, ...]:
        """Return the subcircuit libraries that the lines need."""
        return () if self.compiled else (self.realised.library,)

    def probes(self, name: str) -> list[tuple[str, str]]:
        """Return traces of a memristor and their vectors."""
        found = self.realised.probes(name)
        if not self.compiled:
            return self.realised.probes(self.instance(name))
        # the subcircuit of the library calls its only instance n1
        return [(trace, vector.replace(f"@n.{name}.n1[", f"@{self.instance(name)}[")) for trace, vector in found]

    def state(self, name: str) -> str:
        """Return the vector that holds the state: ln(n_disc / start) where compiled, else n_disc."""
        return f"v({self.instance(name)}#x)" if self.compiled else f"v({self.instance(name)}.n_disc)"

    def _model(self, device: Device) -> str:
        values = ((key, getattr(device, key)) for key in _SHARED)
        shared = tuple((key, value) for key, value in values if value != PARAMETERS[key].default)
        return self._models.setdefault(shared, f"memristor_{len(self._models)}")
