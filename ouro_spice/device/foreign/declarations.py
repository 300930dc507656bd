"""What a model's text declares: its ports and parameters, against what its description says of them."""

from __future__ import annotations

import re
from dataclasses import dataclass

from .description import Description
from .toml_table import nearest


@dataclass(frozen=True)
class Declared:
    """One module or subcircuit of a text.

    Attributes
    ----------
    ports
        Its ports, in order.
    parameters
        Names that it gives values to.
    instance
        Of a Verilog-A module: those that are one value an instance.
    """

    ports: tuple[str, ...]
    parameters: tuple[str, ...]
    instance: tuple[str, ...] = ()


def check_declared(description: Description, text: str) -> None:
    """Raise ValueError where the text has no such model, other ports, or lacks a parameter or node, in one line."""
    file, kind = description.file, description.kind
    found = declared(text, kind)
    known = {name.lower(): one for name, one in found.items()} if kind == "subckt" else found
    own = known.get(description.name.lower() if kind == "subckt" else description.name)
    if own is None:
        what = "module" if kind == "verilog_a" else ".subckt"
        told = nearest(description.name, found)
        raise ValueError(
            f"{file}: [model] name = {description.name!r} is no {what} of {description.model_file}; {told}"
        )
    if len(own.ports) != len(description.ports):
        raise ValueError(
            f"{file}: [model] ports = {list(description.ports)}: {description.name} has {len(own.ports)}, "
            f"{' '.join(own.ports)}"
        )
    low = {name.lower(): name for name in own.parameters}
    for one in description.parameters:
        if not _has(one.name, own, low, kind):
            place = f"[parameter.{one.name}]" if one.text != "no range given" else "[model] params"
            raise ValueError(f"{file}: {place} {one.name!r} is not in the text; {nearest(one.name, own.parameters)}")
    for state in description.states:
        if state.write_name and not _has(state.write_name, own, low, kind):
            told = nearest(state.write_name, own.parameters)
            raise ValueError(f"{file}: [state.{state.name}] write = {state.write_name!r} is not in the text; {told}")
        if state.read_name and not re.search(rf"\b{re.escape(state.read_name.split('.')[-1])}\b", text, re.IGNORECASE):
            raise ValueError(f"{file}: [state.{state.name}] read = {state.read_name!r} is not in the text")


def _has(name: str, own: Declared, low: dict[str, str], kind: str) -> bool:
    return name in own.parameters if kind == "verilog_a" else name.lower() in low


def declared(text: str, kind: str) -> dict[str, Declared]:
    """Return the modules or subcircuits of a text by name."""
    return _modules(text) if kind == "verilog_a" else _subcircuits(text)


def _modules(text: str) -> dict[str, Declared]:
    plain = re.sub(r"//[^\n]*|/\*.*?\*/", " ", text, flags=re.DOTALL)
    found = {}
    for match in re.finditer(r"\bmodule\s+(\w+)\s*\(([^)]*)\)\s*;(.*?)\bendmodule\b", plain, re.DOTALL):
        body = match[3]
        declarations = re.findall(
            r"(\(\*(?:(?!\*\)).)*\*\)\s*)?\bparameter\s+(?:real|integer)\s+(\w+)", body, re.DOTALL
        )
        words = [re.sub(r"\b(inout|input|output|electrical)\b", " ", port).split() for port in match[2].split(",")]
        found[match[1]] = Declared(
            tuple(word[-1] for word in words if word),
            tuple(name for _, name in declarations),
            tuple(name for attributes, name in declarations if re.search(r'type\s*=\s*"instance"', attributes)),
        )
    return found


def _subcircuits(text: str) -> dict[str, Declared]:
    joined = re.sub(r"\n[ \t]*\+", " ", "\n".join(line for line in text.splitlines() if not line.startswith("*")))
    found = {}
    for match in re.finditer(
        r"^[ \t]*\.subckt[ \t]+(\S+)([^\n]*)(.*?)^[ \t]*\.ends", joined, re.IGNORECASE | re.DOTALL | re.MULTILINE
    ):
        head = re.split(r"\bparams:|\S+\s*=", match[2], maxsplit=1, flags=re.IGNORECASE)[0]
        names = re.findall(r"(\w+)\s*=(?!=)", f"{match[2]}\n{match[3]}")
        found[match[1]] = Declared(tuple(head.split()), tuple(dict.fromkeys(names)))
    return found
