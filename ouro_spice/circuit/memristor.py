"""The memristor as an element of a netlist: which library a realisation stands for, and where its quantities are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ..device import PARAMETERS, Device
from ..pulse import PWL

WALKED = {"l": "wl", "r": "wr", "Ndiscmin": "wmin", "Ndiscmax": "wmax"}
"""Parameters that walk, and the node that carries ln(value / parameter)."""


@dataclass(frozen=True)
class Realisation:
    """How a circuit realises the device.

    Attributes
    ----------
    library, models, subcircuit
        The library, the Verilog-A models that it needs, and the subcircuit (with a sibling ``.._walk``).
    vectors
        Traces, and where they are in an instance ``{0}``.
    rate
        Where dN/dt is in an instance.
    """

    library: str
    models: tuple[str, ...]
    subcircuit: str
    vectors: tuple[tuple[str, str], ...]
    rate: str

    def probes(self, name: str) -> list[tuple[str, str]]:
        """Traces and ngspice vectors of the instance `name`."""
        return [(trace, vector.format(name)) for trace, vector in self.vectors]


def _verilog_a(library: str, model: str, subcircuit: str, *more: str) -> Realisation:
    outputs = (("i_cell", "i_device"), ("n_disc", "n_disc"), ("temperature", "temperature"), *((x, x) for x in more))
    vectors = tuple((trace, f"@n.{{0}}.n1[{output}]") for trace, output in outputs)
    return Realisation(library, (model,), subcircuit, vectors, "@n.{0}.n1[dndt]")


_PLAIN = Realisation(
    library="jart_vcm_behavioural",
    models=(),
    subcircuit="jart_vcm",
    vectors=(
        ("i_cell", "v.{0}.xcore.vsense#branch"),
        ("n_disc", "v({0}.n_disc)"),
        ("temperature", "v({0}.temperature)"),
    ),
    rate="v({0}.dndt)",
)

REALISED = {
    "compiled": _verilog_a("jart_vcm_compiled", "jart_vcm_v1b", "jart_vcm"),
    "behavioural": _PLAIN,
    "tud": _verilog_a("jart_tud", "jart_tud", "jart_tud", "clamped"),
}


def held(n_disc: float) -> dict[str, float]:
    """Parameters that hold a memristor at a concentration: a window without width, in which the rate is 0."""
    return {"Nlo": n_disc, "Nhi": n_disc}


def element(
    device: Device,
    n_disc: float,
    name: str,
    ae: str,
    oe: str,
    walk: Mapping[str, PWL] | None = None,
    still: bool = False,
) -> list[str]:
    """Netlist lines of a memristor between the nodes `ae` and `oe`, with the sources of its walk, or held still."""
    values = device.parameters | {"Ninit": n_disc} | (held(n_disc) if still else {})
    changed = {key: value for key, value in values.items() if value != PARAMETERS[key].default or key == "Ninit"}
    numbers = " ".join(f"{key}={value:.17g}" for key, value in changed.items())
    subcircuit = REALISED[device.realisation].subcircuit
    if not walk:
        return [f"{name} {ae} {oe} {subcircuit} {numbers}"]
    nodes = {key: f"{name}_{node}" for key, node in WALKED.items()}
    sources = [f"v{nodes[key]} {nodes[key]} 0 {pwl.spice()}" for key, pwl in walk.items()]
    inputs = " ".join(nodes[key] if key in walk else "0" for key in WALKED)
    return [f"{name} {ae} {oe} {inputs} {subcircuit}_walk {numbers}", *sources]
