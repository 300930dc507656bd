"""The options that describe a cell, for every command that takes one."""

from __future__ import annotations

import dataclasses
import enum
import functools
import inspect
import typing
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any, TypeVar

import typer

from .._util.number_words import in_words
from ..circuit.cell_kinds import memristor
from ..circuit.cells import Cell1R, Cell1T1R
from ..circuit.compact_cell import CompactCell
from ..circuit.drivers import WriteDriver
from ..circuit.parts import Driver, Lines, Transistor
from ..circuit.process import Process
from ..device.families import FAMILIES
from ..device.jart.walk import Walk
from .memristors import JART, device_of
from .output import option
from .quantity import quantity

TOTAL = 60e-6
"""Time in which a pair of amplitudes crosses the window, where none is given [s]."""

TOTAL_S = (1e-9, 1.0)
"""Times in which a pair of amplitudes can cross the window [s]."""

_WAYS = ("set", "reset", "read")
_MEMRISTOR = {"cell", "model", "param"}
_LINES = {"r_bl", "r_wl", "c_bl", "c_wl", "contact"}
_ACCESS = {"r_sl", "c_sl", "corner", "w", "l", "v_gate_set", "v_gate_reset", "v_gate_read"}


class Kind(enum.Enum):
    """The cell; the last three are compact, without SPICE."""

    R1 = "1r"
    T1R1 = "1t1r"
    COMPACT = "compact"
    REDUCED = "reduced"
    TUD = "tud"


class Realised(enum.Enum):
    """How a circuit realises the device."""

    COMPILED = "compiled"
    BEHAVIOURAL = "behavioural"
    TUD = "tud"


class LoneFidelity(enum.Enum):
    """Name the solver of a circuit that is in no array."""

    FULL = "full"
    CIRCUIT = "circuit"


_REALISED = Realised.COMPILED
"""The realisation where none is given."""

_APPLIES = {
    Kind.R1: {"realisation", "driver", "fidelity", *_LINES},
    Kind.T1R1: {"realisation", "driver", "fidelity", *_LINES, *_ACCESS},
    **{kind: {"driver", "r_bl", "r_wl"} for kind in (Kind.COMPACT, Kind.REDUCED, Kind.TUD)},
}


Described = Cell1R | Cell1T1R | CompactCell
"""What the command line describes: a single cell."""

_CIRCUITS = {Kind.T1R1: Cell1T1R, Kind.R1: Cell1R}


def _used(base: str, part: str, name: str) -> str:
    """Return the value that cells have in a field of one of their parts, in words: 2Ohm in a 1t1r, 0Ohm in others."""
    option_of = {("driver", "resistance"): "driver"} | {("transistor", f"v_{way}"): f"v_gate_{way}" for way in _WAYS}
    told = option_of.get((part, name), name)
    kinds = [kind for kind in _CIRCUITS if told in _APPLIES[kind]]
    fields = {kind: _CIRCUITS[kind].__dataclass_fields__[part] for kind in kinds}
    values = {kind: getattr(one.default_factory(), name) for kind, one in fields.items()}
    words = [in_words(value, base) if base else str(value) for value in values.values()]
    return words[0] if len(set(words)) == 1 else f"{words[0]} in a {kinds[0].value}, {words[1]} in others"


_Part = TypeVar("_Part", Lines, Process, Transistor, Driver, WriteDriver)
_Single = TypeVar("_Single", Cell1R, Cell1T1R)


@dataclass(frozen=True)
class CellOptions:
    """A cell of the nominal device, held in its window, as the command line describes it; None is the cell's own value.

    Values are in Ohm, F, m and V.
    """

    cell: Annotated[
        Kind, typer.Option(help="Circuit, or compact model (compact: full, reduced, tud) of a 1R cell.")
    ] = Kind.T1R1
    model: Annotated[
        str | None, option(f"The memristor: {', '.join(FAMILIES)}, or FILE.toml of one of your own. [default: {JART}]")
    ] = None
    param: Annotated[
        list[str] | None, typer.Option(metavar="NAME=VALUE", help="A parameter of the memristor; as often as needed.")
    ] = None
    realisation: Annotated[Realised | None, option(f"Of the device in a circuit. [default: {_REALISED.value}]")] = None
    r_bl: Annotated[
        float | None, quantity("Ohm", "Bit line, driver to cell.", default=_used("Ohm", "lines", "r_bl"))
    ] = None
    r_sl: Annotated[float | None, quantity("Ohm", "Source line.", default=_used("Ohm", "lines", "r_sl"))] = None
    r_wl: Annotated[float | None, quantity("Ohm", "Word line.", default=_used("Ohm", "lines", "r_wl"))] = None
    c_bl: Annotated[float | None, quantity("F", "Bit line to ground.", default=_used("F", "lines", "c_bl"))] = None
    c_sl: Annotated[float | None, quantity("F", "Source line to ground.", default=_used("F", "lines", "c_sl"))] = None
    c_wl: Annotated[float | None, quantity("F", "Word line to ground.", default=_used("F", "lines", "c_wl"))] = None
    contact: Annotated[
        float | None, quantity("Ohm", "Each contact to a line.", default=_used("Ohm", "lines", "contact"))
    ] = None
    driver: Annotated[
        float | None,
        quantity("Ohm", "Output resistance of each line driver.", default=_used("Ohm", "driver", "resistance")),
    ] = None
    fidelity: Annotated[
        LoneFidelity | None,
        option("full (default): all in SPICE; circuit: kernels of the device behind the circuit, measured in SPICE."),
    ] = None
    corner: Annotated[
        str | None, option(f"Of the transistors: tt, ff or ss. [default: {_used('', 'process', 'corner')}]")
    ] = None
    w: Annotated[
        float | None, quantity("m", "Width of the access transistor.", default=_used("m", "transistor", "w"))
    ] = None
    l: Annotated[  # noqa: E741 - the field's own name for a gate length
        float | None, quantity("m", "Its length.", default=_used("m", "transistor", "l"))
    ] = None
    v_gate_set: Annotated[
        float | None, quantity("V", "Gate voltage of a SET.", default=_used("V", "transistor", "v_set"))
    ] = None
    v_gate_reset: Annotated[
        float | None, quantity("V", "Gate voltage of a RESET.", default=_used("V", "transistor", "v_reset"))
    ] = None
    v_gate_read: Annotated[
        float | None, quantity("V", "Gate voltage of a read.", default=_used("V", "transistor", "v_read"))
    ] = None

    def build(self) -> Described:
        """Return the cell of the nominal device.

        Raises
        ------
        ValueError
            For an option that the kind of cell does not have, or a value out of range.
        """
        for name, value in vars(self).items():
            if name not in _MEMRISTOR and value is not None and name not in _APPLIES[self.cell]:
                raise ValueError(f"--{name.replace('_', '-')} does not apply to --cell {self.cell.value}")
        device = device_of(self.model, self.param or (), self.realisation and self.realisation.value)
        if self.cell is Kind.R1:
            return self._wired(Cell1R(device))
        if self.cell is Kind.T1R1:
            cell = self._wired(Cell1T1R(device))
            gates = {f"v_{what}": getattr(self, f"v_gate_{what}") for what in _WAYS}
            process = _changed(cell.process, corner=self.corner)
            return cell.replace(transistor=_changed(cell.transistor, w=self.w, l=self.l, **gates), process=process)
        # a 1R cell has a driver at either end
        resistance = sum(ohm or 0.0 for ohm in (self.r_bl, self.r_wl, self.driver, self.driver))
        return CompactCell(device, "full" if self.cell is Kind.COMPACT else self.cell.value, resistance)

    def _wired(self, cell: _Single) -> _Single:
        """Return the cell with the lines and drivers that the options give."""
        named = {f.name: getattr(self, f.name, None) for f in dataclasses.fields(cell.lines)}
        wired = cell.replace(lines=_changed(cell.lines, **named), driver=_changed(cell.driver, resistance=self.driver))
        return wired if self.fidelity is None else wired.replace(fidelity=self.fidelity.value)


def takes_a_cell(command: Callable[..., None]) -> Callable[..., None]:
    """Return a command with the options of a cell behind its own.

    It gets a `CellOptions` as its first argument.
    """
    own = list(inspect.signature(command, eval_str=True).parameters.values())[1:]
    taken = {one.name for one in own}  # a command may have an option of its own in its place
    fields = [f for f in dataclasses.fields(CellOptions) if f.name not in taken]
    hints = typing.get_type_hints(CellOptions, include_extras=True)
    theirs = [
        inspect.Parameter(f.name, inspect.Parameter.KEYWORD_ONLY, default=f.default, annotation=hints[f.name])
        for f in fields
    ]
    every = [one.replace(kind=inspect.Parameter.KEYWORD_ONLY) for one in own] + theirs

    @functools.wraps(command)
    def run(**options: Any) -> None:
        cell = CellOptions(**{f.name: options.pop(f.name) for f in fields})
        command(cell, **options)

    return with_parameters(run, every)


def with_parameters(command: Callable[..., None], every: list[inspect.Parameter]) -> Callable[..., None]:
    """Return a command that states these parameters, for typer to make its options of."""
    vars(command)["__signature__"] = inspect.Signature(every)
    command.__annotations__ = {one.name: one.annotation for one in every}
    return command


WALK_S = 10e-9
"""Step of the walk where none is given, of devices that can walk [s]."""


def walking(cell: Described, step_s: float | None) -> Described:
    """Return the cell with the walk of ``--walk``, of a step [s]; 0: none; None: `WALK_S` of a device that can walk.

    Raises
    ------
    ValueError
        For an illegal step, or one of a device that cannot walk.
    """
    walks = "walk" in memristor(cell).capabilities
    if step_s is None:
        step_s = WALK_S if walks else 0.0
    if step_s == 0:
        return cell
    memristor(cell).require("walk", "--walk")
    try:
        walk = Walk(step_s)
    except ValueError as error:
        raise ValueError(f"--walk: {error}") from error
    return cell.replace(device=memristor(cell).replace(walk=walk))


def _changed(part: _Part, **values: Any) -> _Part:
    """Return a part of a cell with the values that are given."""
    return dataclasses.replace(part, **{name: value for name, value in values.items() if value is not None})
