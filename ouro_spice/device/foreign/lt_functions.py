"""LTspice's functions and constants as definitions for ngspice, so that its models run in any dialect.

They stand inside the subcircuit of a foreign model: a library of transistors beside it does not see them, so that PDKs,
whose dialects exclude LTspice's, go with it.
"""

from __future__ import annotations

import re

_FUNCTIONS = {
    "if": ("c,a,b", "((c) ? (a) : (b))"),
    "stp": ("x", "u(x)"),
    "buf": ("x", "((x) > 0.5 ? 1 : 0)"),
    "inv": ("x", "((x) > 0.5 ? 0 : 1)"),
    "limit": ("x,a,b", "min(max(x,min(a,b)),max(a,b))"),
    "arctan": ("x", "atan(x)"),
    "arcsin": ("x", "asin(x)"),
    "arccos": ("x", "acos(x)"),
    "pwrs": ("x,a", "(sgn(x)*(abs(x)**(a)))"),
    "hypot": ("x,y", "sqrt((x)*(x)+(y)*(y))"),
    "square": ("x", "((x)*(x))"),
}
_CONSTANTS = {"boltz": "1.380649e-23", "echarge": "1.602176634e-19", "planck": "6.62607015e-34", "kelvin": "-273.15"}

_CALL = re.compile(rf"(?<![.\w])({'|'.join(_FUNCTIONS)})[ \t]*\(", re.IGNORECASE)
_WORD = re.compile(r"[A-Za-z_]\w*")


def shim(text: str) -> list[str]:
    """Return the definitions that a subcircuit's text needs: of what it uses and does not define itself."""
    words = {word.lower() for word in _WORD.findall(text)}
    own = {name.lower() for name in re.findall(r"^\s*\.func\s+(\w+)", text, re.IGNORECASE | re.MULTILINE)}
    given = {name.lower() for name in re.findall(r"(\w+)\s*=", text)}
    called = {match[1].lower() for match in _CALL.finditer(text)} - own
    functions = [f".func {name}({_FUNCTIONS[name][0]}) {{{_FUNCTIONS[name][1]}}}" for name in sorted(called)]
    constants = [f".param {name}={value}" for name, value in _CONSTANTS.items() if name in words - given]
    return [*constants, *functions]


def spelled(text: str) -> str:
    """Return a text as ngspice reads it: no blank between a function and its bracket, && and || for & and |."""
    text = _CALL.sub(lambda match: f"{match[1]}(", text)
    return re.sub(r"(?<!\|)\|(?!\|)", "||", re.sub(r"(?<!&)&(?!&)", "&&", text))
