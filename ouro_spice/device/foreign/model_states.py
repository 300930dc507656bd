"""The state variables of a foreign model: where each is read, how it is put in, its bounds."""

from __future__ import annotations

import re
from dataclasses import dataclass

from .toml_table import TomlTable

READS = ("port", "node:NAME", "opvar:NAME")
"""Where a state can be read: at a port, an inner node of a subcircuit, an output of a Verilog-A module."""

WRITES = ("ic", "param:NAME", "model-param:NAME")
"""How a state is put in: an initial condition of the port or node, or a parameter."""

_RETIRED = {
    "inverse": "a state must be readable: give it a node, or in Verilog-A an output with (* desc, units *)",
    "uic-param": 'the flow runs without uic; read = "node:NAME" and write = "ic" set the node of the capacitor',
}


@dataclass(frozen=True)
class ModelState:
    """One state variable of a foreign model.

    Attributes
    ----------
    name, unit
        What it is called.
    read, read_name
        "port", "node" or "opvar", and the name of the latter two.
    write, write_name
        "ic", "param" or "model-param", and the name of the latter two.
    low, high
        Its bounds.
    window
        What a window of conductances reaches over.
    rises
        Whether the conductance rises with it.
    logarithmic
        Whether it is looked at over its logarithm.
    start
        Its value where none is given.
    """

    name: str
    unit: str
    read: str
    read_name: str
    write: str
    write_name: str
    low: float
    high: float
    window: tuple[float, float]
    rises: bool
    logarithmic: bool
    start: float


def read_state(name: str, table: TomlTable, ports: tuple[str, ...], kind: str) -> ModelState:
    """Return the state of a table ``[state.NAME]``; ValueError naming file, table and key."""
    read, read_name = _way(table, "read", READS)
    write, write_name = _way(table, "write", WRITES)
    if read == "port" and f"state:{name}" not in ports:
        raise table.error("read", f' = "port": [model] ports has no "state:{name}"')
    if (read == "node") == (kind == "verilog_a") and read != "port":
        here = '"opvar:NAME"' if kind == "verilog_a" else '"node:NAME"'
        raise table.error("read", f' = "{read}:{read_name}": a {kind} has {here} or "port"')
    if write == "ic" and read == "opvar":
        raise table.error("write", ' = "ic": an initial condition needs a node: read = "port" or "node:NAME"')
    if write == "model-param" and kind != "verilog_a":
        raise table.error("write", ' = "model-param:..": a subckt has parameters of the instance alone, "param:NAME"')
    low, high = table.number("low"), table.number("high")
    if not low < high:
        raise table.error("low", f" = {low:g} must be below high = {high:g}")
    logarithmic = table.text("scale", "linear", ("linear", "log")) == "log"
    if logarithmic and low <= 0:
        raise table.error("low", f" = {low:g} must be above 0 where scale is log")
    rises = table.text("order", "rises", ("rises", "falls")) == "rises"
    window = _window(table, low, high)
    state = ModelState(
        name, table.text("unit", "1"), read, read_name, write, write_name, low, high, window, rises, logarithmic,
        table.number("start", window[0] if rises else window[1], low, high),
    )  # fmt: skip
    table.end()
    return state


def _way(table: TomlTable, key: str, known: tuple[str, ...]) -> tuple[str, str]:
    """Return how a state is read or written, and the name behind the colon."""
    value = table.text(key)
    way, _, name = value.partition(":")
    if way in _RETIRED:
        raise table.error(key, f' = "{value}": {_RETIRED[way]}')
    heads = {one.partition(":")[0]: ":" in one for one in known}
    if way not in heads or heads[way] != bool(name):
        raise table.error(key, f' = "{value}" is unknown; there is {", ".join(known)}')
    if name and not re.fullmatch(r"[A-Za-z_][\w.]*", name, re.ASCII):
        raise table.error(key, f' = "{value}": {name!r} is no name')
    return way, name


def _window(table: TomlTable, low: float, high: float) -> tuple[float, float]:
    """Return the window, the bounds where none is given."""
    values = table.take("window", [low, high])
    if not isinstance(values, list) or len(values) != 2:
        raise table.error("window", f" = {values!r} must be two numbers")
    bottom, top = (table.checked("window", value, low, high) for value in values)
    if not bottom < top:
        raise table.error("window", f" = [{bottom:g}, {top:g}]: the first must be below the second")
    return bottom, top
