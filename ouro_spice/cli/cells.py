"""The options that describe a cell, for every command that takes one."""

from __future__ import annotations

import dataclasses
import enum
import functools
import inspect
import typing
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated

import typer

from ..circuit.cell_kinds import Cell
from ..circuit.cells import Cell1R, Cell1T1R
from ..circuit.compact_cell import CompactCell
from ..device.jart import jart_vcm_v1b
from ..device.walk import Walk

TOTAL_S = (1e-9, 1.0)
"""Times in which a pair of amplitudes can cross the window [s]."""

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


_APPLIES = {
    Kind.R1: {"realisation", "driver", *_LINES},
    Kind.T1R1: {"realisation", "driver", *_LINES, *_ACCESS},
    **{kind: {"driver", "r_bl", "r_wl"} for kind in (Kind.COMPACT, Kind.REDUCED, Kind.TUD)},
}


def _number(text: str) -> type:
    return Annotated[float | None, typer.Option(help=text, show_default=False)]


@dataclass(frozen=True)
class CellOptions:
    """A cell of the nominal device, held in its window, as the command line describes it; None is the cell's own value.

    Units are Ohm, F, m and V.
    """

    cell: Annotated[
        Kind, typer.Option(help="Circuit, or compact model (compact: full, reduced, tud) of a 1R cell.")
    ] = Kind.T1R1
    realisation: Annotated[Realised | None, typer.Option(help="Of the device in a circuit.", show_default=False)] = None
    r_bl: _number("Bit line, driver to cell [Ohm].") = None
    r_sl: _number("Source line [Ohm].") = None
    r_wl: _number("Word line [Ohm].") = None
    c_bl: _number("Bit line to ground [F].") = None
    c_sl: _number("Source line to ground [F].") = None
    c_wl: _number("Word line to ground [F].") = None
    contact: _number("Each contact to a line [Ohm].") = None
    driver: _number("Output resistance of each line driver [Ohm].") = None
    corner: Annotated[str | None, typer.Option(help="Of the transistors: tt, ff or ss.", show_default=False)] = None
    w: _number("Width of the access transistor [m].") = None
    l: _number("Its length [m].") = None  # noqa: E741 - the field's own name for a gate length
    v_gate_set: _number("Gate voltage of a SET [V].") = None
    v_gate_reset: _number("Gate voltage of a RESET [V].") = None
    v_gate_read: _number("Gate voltage of a read [V].") = None

    def build(self) -> Cell | CompactCell:
        """Return the cell.

        Raises
        ------
        ValueError
            For an option that the kind of cell does not have, or a value out of range.
        """
        for name, value in vars(self).items():
            if name != "cell" and value is not None and name not in _APPLIES[self.cell]:
                raise ValueError(f"--{name.replace('_', '-')} does not apply to --cell {self.cell.value}")
        device = jart_vcm_v1b(window=True, realisation=self.realisation.value if self.realisation else "compiled")
        if self.cell is Kind.R1:
            return self._wired(Cell1R(device))
        if self.cell is Kind.T1R1:
            cell = self._wired(Cell1T1R(device))
            gates = {f"v_{what}": getattr(self, f"v_gate_{what}") for what in ("set", "reset", "read")}
            process = _changed(cell.process, corner=self.corner)
            return cell.replace(transistor=_changed(cell.transistor, w=self.w, l=self.l, **gates), process=process)
        # a 1R cell has a driver at either end
        resistance = sum(ohm or 0.0 for ohm in (self.r_bl, self.r_wl, self.driver, self.driver))
        return CompactCell(device, "full" if self.cell is Kind.COMPACT else self.cell.value, resistance)

    def _wired(self, cell: Cell) -> Cell:
        named = {f.name: getattr(self, f.name, None) for f in dataclasses.fields(cell.lines)}
        return cell.replace(lines=_changed(cell.lines, **named), driver=_changed(cell.driver, resistance=self.driver))


def takes_a_cell(command: Callable[..., None]) -> Callable[..., None]:
    """Return a command with the options of `CellOptions` behind its own; it gets them as its first argument."""
    own = list(inspect.signature(command, eval_str=True).parameters.values())[1:]
    hints = typing.get_type_hints(CellOptions, include_extras=True)
    theirs = [
        inspect.Parameter(f.name, inspect.Parameter.KEYWORD_ONLY, default=f.default, annotation=hints[f.name])
        for f in dataclasses.fields(CellOptions)
    ]
    every = [one.replace(kind=inspect.Parameter.KEYWORD_ONLY) for one in own] + theirs

    @functools.wraps(command)
    def run(**options: object) -> None:
        cell = CellOptions(**{f.name: options.pop(f.name) for f in dataclasses.fields(CellOptions)})
        command(cell, **options)

    run.__signature__ = inspect.Signature(every)
    run.__annotations__ = {one.name: one.annotation for one in every}
    return run


def walking(cell: Cell | CompactCell, step_s: float) -> Cell | CompactCell:
    """Return the cell with the walk of ``--walk``, of a step [s]; 0: none."""
    if step_s == 0:
        return cell
    try:
        walk = Walk(step_s)
    except ValueError as error:
        raise ValueError(f"--walk: {error}") from error
    return cell.replace(device=cell.device.replace(walk=walk))


def _changed(part: object, **values: object) -> object:
    """Return a part of a cell with the values that are given."""
    return dataclasses.replace(part, **{name: value for name, value in values.items() if value is not None})
