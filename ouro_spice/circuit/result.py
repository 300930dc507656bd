"""How a simulation ended: a code whose value is the message, and the error that carries deck and log."""

from __future__ import annotations

import enum
import re
from collections.abc import Sequence


class Result(enum.Enum):
    """The end of a simulation, as a code; its value is the message."""

    OK = "the simulation ran to its end"
    NETLIST = "ngspice refused the netlist"
    MODEL = "ngspice could not load a compiled model"
    TIMESTEP = "the time step became too small"
    SINGULAR = "the circuit matrix is singular"
    OPERATING_POINT = "no operating point was found"
    INCOMPLETE = "the simulation stopped before its end"
    NOT_FINITE = "the simulation gave values that are not finite"
    OUT_OF_BOUNDS = "the state left its bounds"
    READ = "the reading is outside the range of the sense path"
    TIMEOUT = "the simulation took longer than its time limit"
    WORKER = "the simulator process died, twice"


_TELLING = re.compile(r"error|too small|singular|out of bounds|unknown|undefined|failed|limit|reading", re.IGNORECASE)


# what a refused netlist is refused for; the line that comes after it, or the last one, seldom says that
_DECISIVE = tuple(
    re.compile(words, re.IGNORECASE)
    for words in (
        r"^error: .*, has no ",  # `missing_models.missing_model`
        r"could not find (include|library) file|section definition .* not found|\.endl not found|couldn't be loaded",
        r"unknown model type|only mos device levels|no such function|undefined parameter",
        r"unknown subckt|can't find model|too many parameters for sub|not enough parameters|mismatch of \.subckt",
        r"circular parameter|closing \".*not found|misplaced operator|expression err",
        r"could not find a valid modelname|unable to find definition of model",
    )
)


_WITH_ELEMENT = re.compile(r"valid modelname|definition of model|not enough parameters", re.IGNORECASE)


def telling(log: Sequence[str]) -> str:
    """Return the line of a simulator's log that says why it failed, "" where there is none; long ones are cut."""
    lines = [line.strip() for line in log if line.strip()]
    for words in _DECISIVE:
        for number, line in enumerate(lines):
            if words.search(line):
                # these lines name no element: the one before does
                before = f" in: {lines[number - 1][:150]}" if number and _WITH_ELEMENT.search(line) else ""
                return line[:400] + before
    found = [line for line in lines if _TELLING.search(line)] or lines
    return found[-1] if found else ""


class SimulationError(RuntimeError):
    """A simulation that failed, with its result code, its deck and the end of the simulator's log."""

    def __init__(self, result: Result, deck: str, log: tuple[str, ...]) -> None:
        self.result, self.deck, self.log = result, deck, log
        why = telling(log)
        super().__init__(result.value + (f": {why}" if why else ""))

    def __reduce__(self) -> tuple:
        return type(self), (self.result, self.deck, self.log)
