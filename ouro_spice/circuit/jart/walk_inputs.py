"""The inputs for the walk of a memristor in a netlist, and the sources at them."""

from __future__ import annotations

from collections.abc import Mapping

from ..pulse import PWL

WALKED = {"l": "wl", "r": "wr", "Ndiscmin": "wmin", "Ndiscmax": "wmax"}
"""Parameters that walk, and the node that carries ln(value / parameter)."""

LIMITS = ("Ndiscmin", "Ndiscmax")
"""Those that jump where they walk."""


def inputs(name: str, walk: Mapping[str, PWL] | None) -> str:
    """Return the nodes of a memristor's inputs for the walk, 0 (ground) for a parameter that does not walk; "" where
    none does.
    """
    if not walk:
        return ""
    return " ".join(f"{name}_{node}" if walk and key in walk else "0" for key, node in WALKED.items())


def walk_sources(name: str, walk: Mapping[str, PWL] | None) -> list[str]:
    """Return the netlist lines of the sources at these nodes.

    A piecewise-linear source makes each of its corners a breakpoint, behind which ngspice begins with small steps anew:
    five times as many points as r and l need. The function of the same name has none.
    """
    forms: dict[tuple[float, ...], str] = {}  # r and l bend at the same times, which are half of the text
    lines = [_source(f"{name}_{WALKED[key]}", pwl, forms) for key, pwl in (walk or {}).items()]
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


def _source(node: str, pwl: PWL, forms: dict[tuple[float, ...], str]) -> str:
    """Return the netlist line of a source at a node of the walk; `forms` keeps the text of times, see `_form`."""
    if len(set(pwl.volts)) == 1:
        return f"v{node} {node} 0 dc {pwl.volts[0]:.12g}"
    if pwl.times_s not in forms:
        forms[pwl.times_s] = _form(pwl.times_s)
    return f"b{node} {node} 0 v=pwl(time,{forms[pwl.times_s] % pwl.volts})"


def _form(times_s: tuple[float, ...]) -> str:
    """Return the text of corners at some times, with a place for each voltage: one formatting for all of thousands."""
    return ",".join(["%.17g,%%.8g"] * len(times_s)) % times_s
