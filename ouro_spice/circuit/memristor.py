"""The memristor as an element of a netlist: which library a realisation stands for, and where its quantities are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ..device.jart.jart_device import Device
from ..device.jart.jart_parameters import PARAMETERS
from .pulse import PWL

WALKED = {"l": "wl", "r": "wr", "Ndiscmin": "wmin", "Ndiscmax": "wmax"}
"""Parameters that walk, and the node that carries ln(value / parameter)."""

LIMITS = ("Ndiscmin", "Ndiscmax")
"""Those that jump where they walk."""


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
        """Return the traces and ngspice vectors of the instance `name`."""
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


_ROUNDING = 1e-12


def held(n_disc: float) -> dict[str, float]:
    """Return the parameters that hold a memristor at a concentration: a window without width, where the rate is 0."""
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
    """Return the netlist lines of a memristor between two nodes, with the sources of its walk; `still`: held there."""
    n_disc = _at_edge(device, PARAMETERS["Ninit"].within(n_disc))
    values = device.parameters | {"Ninit": n_disc} | (held(n_disc) if still else {})
    changed = {key: value for key, value in values.items() if value != PARAMETERS[key].default or key == "Ninit"}
    numbers = " ".join(f"{key}={value:.17g}" for key, value in changed.items())
    subcircuit = REALISED[device.realisation].subcircuit
    if not walk:
        return [f"{name} {ae} {oe} {subcircuit} {numbers}"]
    return [f"{name} {ae} {oe} {inputs(name, walk)} {subcircuit}_walk {numbers}", *walk_sources(name, walk)]


def _at_edge(device: Device, n_disc: float) -> float:
    """Return the concentration, or the window's edge where only rounding is between them.

    From the last digit below the edge the behavioural rate, which falls to 0 over the last 0.1 %, leads to the edge,
    and, with nothing left of it there, back: Newton's method would go to and fro for ever.
    """
    edges = (edge for edge in (device.Nlo, device.Nhi) if abs(n_disc - edge) <= _ROUNDING * n_disc)
    return next(edges, n_disc)


def inputs(name: str, walk: Mapping[str, PWL] | None) -> str:
    """Return the nodes of a memristor's inputs for the walk; 0 (ground) for a parameter that does not walk."""
    return " ".join(f"{name}_{node}" if walk and key in walk else "0" for key, node in WALKED.items())


def walk_sources(name: str, walk: Mapping[str, PWL] | None) -> list[str]:
    """Return the netlist lines of the sources at these nodes.

    A piecewise-linear source makes each of its corners a breakpoint, behind which ngspice begins with small steps anew:
    five times as many points as r and l need. The function of the same name has none.
    """
    lines = [_source(f"{name}_{WALKED[key]}", pwl) for key, pwl in (walk or {}).items()]
    return lines + [
        line for key in LIMITS if walk and key in walk for line in _turns(f"{name}_{WALKED[key]}", walk[key])
    ]


def _turns(node: str, pwl: PWL) -> list[str]:
    """Return the line of a source whose only effect is a breakpoint where each jump of a limit begins; [] for none."""
    jumps = pwl.times_s[1:-1:2]
    if not jumps:
        return []
    corners = " ".join(f"{time:.17g} {k % 2}" for k, time in enumerate((0.0, *jumps)))
    return [f"v{node}_turns {node}_turns 0 pwl({corners})"]


CLOCK = "walk_clock"
"""The Verilog-A model that puts the points of a transient where the walk bends."""


def clock(first_s: float, step_s: float) -> list[str]:
    """Return the netlist lines that put a point of the transient at `first_s` and every `step_s` after it [s]."""
    return [f".model {CLOCK} {CLOCK}", f"n{CLOCK} 0 {CLOCK} first={first_s:.17g} step={step_s:.17g}"]


def _source(node: str, pwl: PWL) -> str:
    """Return the netlist line of a source at a node of the walk."""
    if len(set(pwl.volts)) == 1:
        return f"v{node} {node} 0 dc {pwl.volts[0]:.12g}"
    # one formatting for all: a walk has thousands of corners
    numbers = tuple(number for corner in zip(pwl.times_s, pwl.volts, strict=True) for number in corner)
    corners = ",".join(["%.17g,%.8g"] * len(pwl.volts)) % numbers
    return f"b{node} {node} 0 v=pwl(time,{corners})"
