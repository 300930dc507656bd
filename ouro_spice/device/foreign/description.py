"""What is said of a foreign model: the tables of its TOML file, checked, as data."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..._util.checks import shown
from ..parameter import Parameter
from ..relative_spread import RelativeSpread
from .model_spread import read_spread
from .model_states import ModelState, read_state
from .toml_table import TomlTable

KINDS = ("subckt", "verilog_a")
_PORTS = ("p", "n", "ground")
_RESUMES = ("anywhere", "rest")
_UNITS = ("V", "A", "Ohm", "S", "m", "s", "K", "F", "H", "Hz", "W", "J", "C", "eV", "g", "kg", "cm", "1", "")
_PREFIXES = "afpnumkMGT"
_HIGHEST_V = 20.0

UNBOUNDED = 1e300
"""The end of a range that is not said."""

_POINTS = 100


@dataclass(frozen=True)
class Description:
    """A foreign model as its file describes it.

    Attributes
    ----------
    file
        The description, as errors name it.
    model_file, name, kind
        The text beside it, the module or subcircuit in it, one of `KINDS`.
    ports
        In their order: "p" and "n", the electrodes; "state:NAME"; "ground".
    defines
        Macros for the compiler.
    parameters
        Of the model, with their values as defaults.
    states
        The conductance is a function of the first one, the others at rest.
    set_sign
        Sign of V(p, n) that raises the conductance. In the flow SET is at V(AE, OE) < 0: +1 has p at OE, -1 at AE.
    read_V
        V(AE, OE) that g = I / V is read at [V]: positive ones are in RESET direction, as the reads of cells.
    resume
        "anywhere", "rest" (at 0 V alone), "" where it is not said.
    points
        Time points that a pulse takes at least.
    write_V
        V(p, n) of a SET and a RESET for the acceptance test [V]; None: it looks for them.
    spread
        The D2D law, None where devices do not differ.
    source
        Where the model comes from.
    """

    file: str
    model_file: str
    name: str
    kind: str
    ports: tuple[str, ...]
    defines: tuple[str, ...]
    parameters: tuple[Parameter, ...]
    states: tuple[ModelState, ...]
    set_sign: int
    read_V: float
    resume: str
    points: int
    write_V: tuple[float, float] | None
    spread: RelativeSpread | None
    source: str

    @property
    def table(self) -> dict[str, Parameter]:
        """Return all that a device may have another value of, by name: parameters, and states at t = 0."""
        starts = (
            Parameter(one.name, one.start, one.unit, one.low, one.high, "state at t = 0", True) for one in self.states
        )
        return {one.name: one for one in (*self.parameters, *starts)}

    def digest(self, text: str) -> str:
        """Return the hash of what decides currents: the text, and how it stands in a netlist."""
        defaults = [(one.name, one.default, one.per_instance) for one in self.parameters]
        states = [(one.name, one.read, one.read_name, one.write, one.write_name) for one in self.states]
        said = (self.name, self.kind, self.ports, self.defines, self.set_sign, defaults, states)
        return hashlib.sha256(f"{said}\0{text}".encode()).hexdigest()


def read_description(file: str, tables: Mapping[str, Any]) -> Description:
    """Return the description of a file's tables.

    Raises
    ------
    ValueError
        For what is missing, unknown, of the wrong kind or outside its range, naming file, table and key.
    """
    whole = TomlTable(file, "", tables)
    model, use, polarity = whole.table("model"), whole.table("use"), whole.table("polarity")
    kind = model.text("kind", None, KINDS)
    ports = _ports(model)
    states = tuple(read_state(name, table, ports, kind) for name, table in whole.tables("state").items())
    _check_states(model, ports, states)
    parameters = _parameters(model, whole.tables("parameter"), states)
    if model.take("behaviour") is not None:
        raise model.error("behaviour", ": a dialect is one of the whole deck; LTspice's functions are there without it")
    read_V = use.number("read_V", None, -_HIGHEST_V, _HIGHEST_V, "V")
    if abs(read_V) < 1e-4:
        raise use.error("read_V", f" = {read_V:g} V: nothing is read below 0.1 mV")
    set_sign = polarity.take("set")
    if set_sign not in (1, -1) or isinstance(set_sign, bool):
        told = "is missing" if set_sign is None else f"= {shown(set_sign)}"
        raise polarity.error("set", f" {told}: must be 1 or -1, the sign of V(p, n) that raises the conductance")
    description = Description(
        file=file,
        model_file=model.text("file"),
        name=_identifier(model, "name"),
        kind=kind,
        ports=ports,
        defines=_defines(model, kind),
        parameters=parameters,
        states=states,
        set_sign=int(set_sign),
        read_V=read_V,
        resume=use.text("resume", "none", (*_RESUMES, "none")).replace("none", ""),
        points=_points(use),
        write_V=_write(use, int(set_sign)),
        spread=read_spread(whole.table("spread"), {one.name: one for one in parameters}),
        source=model.text("source", "not said"),
    )
    for table in (whole, model, use, polarity):
        table.end()
    return description


def _identifier(table: TomlTable, key: str) -> str:
    value = table.text(key)
    if not re.fullmatch(r"[A-Za-z_]\w*", value, re.ASCII):
        raise table.error(key, f" = {value!r} must be a name of letters, digits and _")
    return value


def _ports(model: TomlTable) -> tuple[str, ...]:
    """Return the ports; ValueError unless p and n are there once, and all others are known."""
    ports = model.texts("ports")
    for port in ports:
        if port not in _PORTS and not re.fullmatch(r"state:[A-Za-z_]\w*", port, re.ASCII):
            raise model.error("ports", f": {port!r} is unknown; there is p, n, state:NAME, ground")
    for port in ("p", "n", *(one for one in ports if one.startswith("state:"))):
        if ports.count(port) != 1:
            raise model.error("ports", f" = {list(ports)} must have {port!r} once")
    return ports


def _check_states(model: TomlTable, ports: tuple[str, ...], states: tuple[ModelState, ...]) -> None:
    """Raise ValueError where there is no state, or a port of one that is not described."""
    if not states:
        raise ValueError(f"{model.file}: a table [state.NAME] is missing: a memristor has a state")
    names = [state.name for state in states]
    for port in ports:
        if port.startswith("state:") and port[6:] not in names:
            raise model.error("ports", f": {port!r} has no table [state.{port[6:]}]; there is {', '.join(names)}")
    for name in names:
        if not re.fullmatch(r"[A-Za-z]\w*", name, re.ASCII):
            raise ValueError(f"{model.file}: [state.{name}]: {name!r} must be a name of letters, digits and _")


def _parameters(
    model: TomlTable, tables: dict[str, TomlTable], states: tuple[ModelState, ...]
) -> tuple[Parameter, ...]:
    """Return the parameters: those of ``[model] params``, and those with a table of their own."""
    values = model.take("params", {})
    if not isinstance(values, Mapping):
        raise model.error("params", f" = {shown(values)} must be a table of numbers")
    found = [_parameter(name, table, model, values) for name, table in tables.items()]
    for name, value in values.items():
        if name not in tables:
            number = model.checked(f"params: {name}", value)
            found.append(Parameter(name, number, "", -UNBOUNDED, UNBOUNDED, "no range given", False))
    taken = {state.name for state in states} | {state.write_name for state in states} - {""}
    for one in found:
        if not re.fullmatch(r"[A-Za-z_]\w*", one.name, re.ASCII) or one.name.lower() in ("ae", "oe"):
            raise ValueError(f"{model.file}: [parameter.{one.name}]: {one.name!r} cannot be a parameter's name")
        if one.name.lower() in {name.lower() for name in taken}:
            raise ValueError(f"{model.file}: [parameter.{one.name}]: that name belongs to a state, or puts one in")
    return tuple(found)


def _parameter(name: str, table: TomlTable, model: TomlTable, values: Mapping[str, Any]) -> Parameter:
    """Return the parameter of a table ``[parameter.NAME]``."""
    unit = table.text("unit", "1")
    _check_unit(table, unit)
    low, high = table.number("low", -UNBOUNDED), table.number("high", UNBOUNDED)
    if not low <= high:
        raise table.error("low", f" = {low:g} must not be above high = {high:g}")
    if name in values:
        default = model.checked(f"params: {name}", values[name], low, high, unit)
        if table.take("default") is not None:
            raise table.error("default", ": the value stands in [model] params, too")
    else:
        default = table.number("default", None, low, high, unit)
    found = Parameter(
        name, default, unit, low, high, table.text("text", "no meaning given"), table.flag("per_instance", False)
    )
    table.end()
    return found


def _check_unit(table: TomlTable, unit: str) -> None:
    """Raise ValueError for a unit that is not made of known ones."""
    for word in re.split(r"[*/^ ()-]+|(?<=[A-Za-z])\d|^\d+$", unit):
        plain = word.strip("0123456789.") if word else ""
        parts = [plain] if plain in _UNITS else re.findall(r"Ohm|Hz|eV|kg|[a-zA-Z]", plain)
        known = plain in _UNITS or (plain[:1] in _PREFIXES and plain[1:] in _UNITS)
        if not known and not all(part in _UNITS for part in parts):
            raise table.error("unit", f' = "{unit}": {plain!r} is no known unit; there is {", ".join(_UNITS[:-1])}')


def _defines(model: TomlTable, kind: str) -> tuple[str, ...]:
    defines = model.texts("defines")
    if defines and kind != "verilog_a":
        raise model.error("defines", f": macros are for a compiler; the kind is {kind}")
    return defines


def _points(use: TomlTable) -> int:
    """Return how many points a pulse takes at least, as ``max_step = "width/200"`` says."""
    value = use.take("max_step")
    found = re.fullmatch(r"width */ *(\d{1,6})", value) if isinstance(value, str) else None
    if value is not None and (not found or not int(found[1])):
        raise use.error("max_step", f' = {shown(value)} must be "width/N", such as "width/200"')
    return max(_POINTS, int(found[1])) if found else _POINTS


def _write(use: TomlTable, set_sign: int) -> tuple[float, float] | None:
    """Return the voltages of a SET and a RESET; ValueError where one has the wrong sign."""
    values = use.take("write_V")
    if values is None:
        return None
    if not isinstance(values, list) or len(values) != 2:
        raise use.error("write_V", f" = {shown(values)} must be two voltages, of a SET and of a RESET")
    v_set, v_reset = (use.checked("write_V", value, -_HIGHEST_V, _HIGHEST_V, "V") for value in values)
    if v_set * set_sign <= 0 or v_reset * set_sign >= 0:
        raise use.error("write_V", f" = [{v_set:g}, {v_reset:g}]: SET has the sign of [polarity] set, RESET the other")
    return v_set, v_reset
