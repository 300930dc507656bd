"""A foreign model in a netlist: a subcircuit with the ports AE and OE around it, an element of it, its vectors."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from functools import lru_cache

from ..realisation import Realisation
from .description import Description
from .lt_functions import shim, spelled
from .model_states import ModelState
from .verilog_text import VerilogText

_HOLD = "1e12"
"""Conductance [S]: what holds a state has to be stronger than what moves it."""

CURRENT = "i_cell"
"""The trace of the current from AE to OE."""


def subcircuit(description: Description, text: str) -> str:
    """Return the name of the subcircuit around a model, another one for another text."""
    return f"{description.name}_{description.digest(text)[:10]}".lower()


def verilog(description: Description, text: str) -> VerilogText | None:
    """Return the text that has to be compiled; None for a subcircuit."""
    if description.kind != "verilog_a":
        return None
    return VerilogText(description.name, text, description.defines)


@lru_cache(maxsize=64)
def realisation(description: Description, text: str) -> Realisation:
    """Return how a circuit realises a model: the subcircuit around it, and where its quantities are."""
    compiled = verilog(description, text)
    found = vectors(description)
    return Realisation(
        library="",
        models=(compiled,) if compiled else (),
        subcircuit=subcircuit(description, text),
        vectors=found,
        text=definition(description, text),
        inner=tuple(vector for trace, vector in found if trace != CURRENT),
        bounds_steps=False,
    )


def definition(description: Description, text: str) -> str:
    """Return the subcircuit around a model; one of SPICE stands in it, so that nothing of it is seen outside."""
    values = {one.name: one.default for one in description.parameters}
    values |= {one.write_name: 0.0 for one in description.states if one.write != "ic"}  # each instance says its own
    held = [one for one in description.states if one.read != "opvar"]
    head = [
        f".subckt {subcircuit(description, text)} ae oe",
        *(f"+ {name}={value:.17g}" for name, value in values.items()),
        *(f"+ {_hold(one)}=0" for one in held),
    ]
    compiled = verilog(description, text)
    if compiled is None:
        inner = spelled(text)
        pairs = " ".join(f"{name}={{{name}}}" for name in values)
        body = [*shim(inner), inner, f"x1 {' '.join(_nodes(description))} {description.name} {pairs}".rstrip()]
    else:
        body = _compiled(description, compiled, values)
    # a source of 0 V, as what a model gives out of its current is not known
    return "\n".join([*head, *body, *map(_holding, held), "vsense ae inner 0", ".ends"])


def _hold(state: ModelState) -> str:
    return f"hold_{state.name}"


def _holding(state: ModelState) -> str:
    """Return the source that holds a state at an operating point, to which no initial condition applies."""
    inside = f"state_{state.name}" if state.read == "port" else f"x1.{state.read_name}"
    return f"b{_hold(state)} 0 {inside} i=time>0 ? 0 : {_HOLD}*({{{_hold(state)}}}-v({inside}))"


def _compiled(description: Description, compiled: VerilogText, values: Mapping[str, float]) -> list[str]:
    """Return the lines of a compiled module: what is one value an instance stands there, all else in the card."""
    own = {one.name for one in description.parameters if one.per_instance}
    own |= {one.write_name for one in description.states if one.write == "param"}
    instance, card = ([f"{name}={{{name}}}" for name in values if (name in own) is there] for there in (True, False))
    return [
        " ".join(["n1", *_nodes(description), "foreign", *instance]),
        " ".join([".model foreign", compiled.module, *card]),
    ]


def _nodes(description: Description) -> list[str]:
    """Return the nodes at the ports of the model, inside the subcircuit around it."""
    p, n = ("oe", "inner") if description.set_sign > 0 else ("inner", "oe")
    fixed = {"p": p, "n": n, "ground": "0"}
    return [fixed.get(port, port.replace("state:", "state_")) for port in description.ports]


def element(
    description: Description, text: str, values: Mapping[str, float], x: Sequence[float], nodes: tuple[str, str, str]
) -> list[str]:
    """Return the netlist lines of an instance.

    Parameters
    ----------
    description, text
        Of the model.
    values
        Of its parameters.
    x
        Of its states, in their order.
    nodes
        The name of the instance, x.., and its nodes AE and OE.
    """
    name, ae, oe = nodes
    default = {one.name: one.default for one in description.parameters}
    changed = {key: value for key, value in values.items() if value != default.get(key)}
    starts = zip(description.states, x, strict=True)
    conditions = []
    for state, value in starts:
        if state.read != "opvar":
            changed[_hold(state)] = value
        if state.write == "ic":
            conditions.append(f".ic v({node(state, name)})={value:.17g}")
        else:
            changed[state.write_name] = value
    numbers = [f"{key}={value:.17g}" for key, value in changed.items()]
    return [" ".join([name, ae, oe, subcircuit(description, text), *numbers]), *conditions]


def node(state: ModelState, name: str) -> str:
    """Return the node of a state that has one, in the instance `name`."""
    return f"{name}.state_{state.name}".lower() if state.read == "port" else f"{name}.x1.{state.read_name}".lower()


def vectors(description: Description) -> tuple[tuple[str, str], ...]:
    """Return traces of an instance ``{0}``, and the ngspice vectors that have them."""
    states = ((state.name, _vector(state)) for state in description.states)
    return ((CURRENT, "v.{0}.vsense#branch"), *states)


def _vector(state: ModelState) -> str:
    return f"@n.{{0}}.n1[{state.read_name}]" if state.read == "opvar" else f"v({node(state, '{0}')})"


def sha256(text: str) -> str:
    """Return the hash of a text."""
    return hashlib.sha256(text.encode()).hexdigest()
