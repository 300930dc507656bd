"""What a simulator's log means for a library of transistors: which model it lacks."""

from __future__ import annotations

import re
from collections.abc import Sequence

from .process import SHIPPED, Process

_MISSING = re.compile(r"unknown subckt:|can't find (?:model|subcircuit)|unknown model", re.IGNORECASE)
_CARD = re.compile(r"unknown model type|only mos device levels", re.IGNORECASE)
_NUMBER = r"= *([\d.]+(?:e[+-]?\d+)?)"


def missing_model(process: Process, log: Sequence[str]) -> list[str]:
    """Return a line on the model that a process lacks, in a list; [] where the log names none.

    Parameters
    ----------
    process
        Whose transistors are in the netlist that was refused.
    log
        What ngspice said.
    """
    names = {name.lower() for name in (process.nmos, process.pmos, process.core_nmos, process.core_pmos)}
    where = f"{process.library or SHIPPED + '.lib'}, corner {process.corner}"
    for before, line in zip(["", *log], log, strict=False):
        if _CARD.search(line):  # there is a model, of a kind that ngspice lacks: its own words are better
            return []
        missing = [word for word in re.split(r"[\s'\",]+", line.lower()) if word in names]
        if _MISSING.search(line) and missing:
            kind = "a subcircuit" if process.kind == "subckt" else "a model"
            return [f"error: {where}, has no {missing[0]!r} that is {kind}"]
        w, l = (re.search(rf" {name}{_NUMBER}", before, re.IGNORECASE) for name in "wl")  # noqa: E741
        if w and l and "could not find a valid modelname" in line:
            model, wl = before.split()[5], f"W = {float(w[1]):g}, L = {float(l[1]):g}"
            cure = f"is it counted in {process.unit_m:g} m (unit_m), is it wider than the widest (w_max)?"
            return [f"error: {where}, has no card or bin of {model} for {wl}: {cure}"]
    return []
