"""JART devices as elements of a netlist: the three realisations, and the parameters that an instance says."""

from __future__ import annotations

from collections.abc import Mapping

from ..parameter import Parameter
from ..realisation import Realisation

STATE = "Ninit"
"""The parameter that holds the state at t = 0."""

GROUNDED = "0 0 0 0"
"""The inputs for the walk of a device that does not walk."""

_ROUNDING = 1e-12


def _verilog_a(library: str, model: str, subcircuit: str, *more: str) -> Realisation:
    outputs = (("i_cell", "i_device"), ("n_disc", "n_disc"), ("temperature", "temperature"), *((x, x) for x in more))
    return Realisation(
        library=library,
        models=(model,),
        subcircuit=subcircuit,
        vectors=tuple((trace, f"@n.{{0}}.n1[{output}]") for trace, output in outputs),
        rate="@n.{0}.n1[dndt]",
        model=model,
        element=tuple(f"@{{0}}[{output}]" for _, output in outputs),
        inner=("v({0}#x)",),
        exponential=True,
    )


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
    inner=("v({0}.n_disc)",),
)

REALISED = {
    "compiled": _verilog_a("jart_vcm_compiled", "jart_vcm_v1b", "jart_vcm"),
    "behavioural": _PLAIN,
    "tud": _verilog_a("jart_tud", "jart_tud", "jart_tud", "clamped"),
}


def held(n_disc: float) -> dict[str, float]:
    """Return the parameters that hold a memristor at a concentration: a window without width, where the rate is 0."""
    return {"Nlo": n_disc, "Nhi": n_disc}


def at_edge(values: Mapping[str, float], n_disc: float) -> float:
    """Return the concentration, or the window's edge where only rounding is between them.

    From the last digit below the edge the behavioural rate, which falls to 0 over the last 0.1 %, leads to the edge,
    and, with nothing left of it there, back: Newton's method would go to and fro for ever.
    """
    edges = (edge for edge in (values["Nlo"], values["Nhi"]) if abs(n_disc - edge) <= _ROUNDING * n_disc)
    return next(edges, n_disc)


def subcircuit_line(
    realisation: str, table: Mapping[str, Parameter], values: Mapping[str, float], name: str, ends: str, inputs: str
) -> str:
    """Return the line of an instance of the subcircuit, `inputs` of the one with inputs for the walk."""
    changed = {key: value for key, value in values.items() if value != table[key].default or key == STATE}
    numbers = " ".join(f"{key}={value:.17g}" for key, value in changed.items())
    subcircuit = REALISED[realisation].subcircuit
    return f"{name} {ends} {inputs} {subcircuit}_walk {numbers}" if inputs else f"{name} {ends} {subcircuit} {numbers}"


def instance_line(
    table: Mapping[str, Parameter], values: Mapping[str, float], name: str, ends: str, inputs: str, model: str
) -> str:
    """Return the line of a bare instance of a model, with the parameters that are its own."""
    own = ((key, values[key]) for key, one in table.items() if one.per_instance and key != STATE)
    changed = [f"{key}={value:.17g}" for key, value in own if value != table[key].default]
    return " ".join([name, ends, inputs or GROUNDED, model, f"{STATE}={values[STATE]:.17g}", *changed])
