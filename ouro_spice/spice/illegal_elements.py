"""Elements of a netlist that ngspice cannot stand: memristors with a parameter outside its legal range.

Where the first instance of a compiled model has one, ngspice says which parameter; where a later one has, it crashes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache

from ..circuit.testbench import Testbench
from ..device.families import FAMILIES
from ..device.parameter import Parameter

_SLACK = 1e-12
"""By which the Verilog-A widens its ranges."""

_NAMED = 3
"""Elements that are named at most."""


def crash_report(bench: Testbench, cause: str, said: Sequence[str]) -> str:
    """Return a line on the end of a simulator process: its cause, the elements to suspect, what to do."""
    if found := suspects(bench):
        return f"error: {cause}; put right what makes it crash: {found}"
    last = f", ngspice said last {said[-1].strip()!r}" if said else ""
    circuit = f"in {bench.title!r} of {len(bench.elements)} lines no memristor is beyond its range{last}"
    return f"error: {cause}; {circuit}; the deck of this error runs by itself in ngspice -b"


def suspects(bench: Testbench) -> str:
    """Return the elements with a parameter outside its range, in words; "" for none."""
    found = list(_outside(bench))
    more = f", and {len(found) - _NAMED} more" if len(found) > _NAMED else ""
    return ", ".join(found[:_NAMED]) + more


@lru_cache(maxsize=1)
def _known() -> tuple[dict[str, dict[str, Parameter]], dict[str, dict[str, Parameter]]]:
    """Return the parameters of all families by their lower-case names: by model, and by subcircuit."""
    models: dict[str, dict[str, Parameter]] = {}
    subcircuits: dict[str, dict[str, Parameter]] = {}
    for kind in FAMILIES.values():
        table = {name.lower(): parameter for name, parameter in kind.table().items()}
        for realisation in kind.REALISATIONS:
            found = kind().replace(realisation=realisation).realised
            models |= dict.fromkeys((name for name in found.models if isinstance(name, str)), table)
            subcircuits |= dict.fromkeys((found.subcircuit, f"{found.subcircuit}_walk"), table)
    return models, subcircuits


def _outside(bench: Testbench) -> Iterator[str]:
    """Yield the elements with a parameter outside its range, and that parameter."""
    lines = "\n".join(bench.elements).replace("\n+", " ").splitlines()
    models, subcircuits = _known()
    named = dict(models)
    for line in lines:
        words = line.lower().split()
        if words[:1] == [".model"] and words[2:3] and words[2] in models:
            named[words[1]] = models[words[2]]
    for line in lines:
        head, *assignments = re.split(r"\s+(?=\w+\s*=)", line.strip())
        words = head.lower().split()
        table = ({**subcircuits, **named}).get(words[-1]) if words else None
        if table:
            name = words[1] if words[0] == ".model" else words[0]
            yield from (f"{name} has {fault}" for fault in (_fault(one, table) for one in assignments) if fault)


def _fault(assignment: str, table: Mapping[str, Parameter]) -> str:
    """Return what is wrong with ``name=value``; "" for nothing, or where the value is an expression."""
    name, _, text = assignment.partition("=")
    parameter = table.get(name.strip().lower())
    try:
        value = float(text)
    except ValueError:
        return ""
    if parameter is None:
        return ""
    low, high = parameter.low - _SLACK * abs(parameter.low), parameter.high + _SLACK * abs(parameter.high)
    if low <= value <= high:
        return ""
    return f"{parameter.name} = {value!r}, legal is {parameter.low:g} .. {parameter.high:g}"
