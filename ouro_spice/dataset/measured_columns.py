"""What a map says of a table's columns, and their numbers in SI."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from .._util import quantities
from .._util.tables.table_file import NoValueError, Table
from ..circuit.pulse import HIGHEST_V, LONGEST_S, SHORTEST_S
from ..simulation.write_voltages import LOWEST_V

REQUIRED = ("g_start_S", "amplitude_V", "width_s", "g_end_S")
OPTIONAL = ("device", "time_s", "rise_s", "fall_s", "operation")
BY_DIRECTION = ("set_amplitude_V", "reset_amplitude_V")
"""What the columns of a table can be; amplitudes in a column for each direction stand in place of ``amplitude_V``."""

WORDS = ("device", "operation")

_RANGES = {"S": (1e-12, 1.0), "V": (LOWEST_V, HIGHEST_V), "s": (SHORTEST_S, LONGEST_S)}
"""What a measured value can be, in magnitude, whatever the user accepts."""

SKIP = "skip_bad (--skip-bad) leaves such rows out"
_ACCEPT = "accept_implausible (--accept-implausible) takes it as it is"
_PULSES = (
    "a row is a pulse with the conductance before and after it, its amplitude and width: of a curve of readings make "
    "such rows first, each with the reading above it as the one before"
)


@dataclass(frozen=True)
class Column:
    """A quantity's column: its name, and its unit, "" where the map gives none."""

    field: str
    name: str
    unit: str = ""

    @property
    def base(self) -> str:
        """Return the SI unit of the quantity: S, V or s."""
        return self.field.rpartition("_")[2]


def map_columns(columns: Mapping[str, str]) -> dict[str, Column]:
    """Return the column of each quantity that a map names; ValueError for a map that is wrong."""
    known = (*REQUIRED, *OPTIONAL, *BY_DIRECTION)
    for name, text in columns.items():
        if name not in known:
            raise ValueError(f"the map names {name!r}; it takes {', '.join(known)}")
        if not isinstance(text, str) or not text.strip():
            raise ValueError(f"the map says {name}={text!r}; write the column's name and its unit, as G:uS")
    required = REQUIRED
    if set(BY_DIRECTION) & set(columns):
        required = (*(name for name in REQUIRED if name != "amplitude_V"), *BY_DIRECTION)
        if clash := {"amplitude_V", "operation"} & set(columns):
            raise ValueError(f"the map names {' and '.join(BY_DIRECTION)}, and {min(clash)}: one of them tells")
    missing = [name for name in required if name not in columns]
    if missing:
        more = f"; {_PULSES}" if {"g_start_S", "g_end_S"} & set(missing) else ""
        raise ValueError(
            f"the map lacks {', '.join(missing)}: each needs a column and its unit, as g_start_S=G:uS{more}"
        )
    found = {name: _column(name, text) for name, text in columns.items()}
    names = [found[name].name for name in required]
    for name, column in zip(required, names, strict=True):
        if names.count(column) > 1:
            more = f"; {_PULSES}" if found["g_start_S"].name == found["g_end_S"].name else ": each has one of its own"
            raise ValueError(f"{name} is the column {column!r}, and another quantity is, too{more}")
    return found


def _column(field: str, text: str) -> Column:
    """Return the column that the text ``NAME:UNIT`` of a map names; ValueError for an unknown unit."""
    if field in WORDS:
        return Column(field, text.strip())
    name, colon, unit = text.rpartition(":")
    if not colon:
        return Column(field, text.strip())
    known, plain = quantities.units(Column(field, name).base), quantities.plain_unit(unit)
    if plain not in known or not name.strip():
        raise ValueError(f"{field}={text} names no unit; write COLUMN:UNIT with {', '.join(known)}")
    return Column(field, name.strip(), plain)


def unit_of(table: Table, column: Column) -> str:
    """Return a column's unit: the map's, or else the table's; ValueError where there is none, or they differ."""
    known = quantities.units(column.base)
    unit, at = table.units.get(column.name, ("", ""))
    if not (unit or column.unit):
        raise ValueError(f"{column.field}={column.name} names no unit; write COLUMN:UNIT with {', '.join(known)}")
    if unit and unit not in known:
        raise ValueError(f"{at}: {column.name!r} is told in {unit}, {column.field} is in {', '.join(known)}")
    if unit and column.unit not in ("", unit):
        raise ValueError(
            f"{at}: {column.name!r} is told in {unit}, the map says {column.unit}: which of them is right?"
        )
    return column.unit or unit


def numbers(table: Table, column: Column) -> np.ndarray:
    """Return the numbers of a column as they are in the table, (n,); ValueError where one was not measured."""
    try:
        return table.numbers(column.name)
    except NoValueError as error:
        raise ValueError(f"{error}; {SKIP}") from None


def quantity(table: Table, column: Column, found: np.ndarray, accept: bool) -> np.ndarray:
    """Return a column's numbers in SI, (n,); ValueError where one is not legal, or, unless `accept`, not plausible."""
    unit, base = unit_of(table, column), column.base
    values = quantities.si(found, unit)
    if column.field == "time_s":
        return values
    low, high = _RANGES[base]
    sized = np.abs(values) if base == "V" else values
    legal = (sized >= low) & (sized <= high)
    if column.field in BY_DIRECTION:
        legal |= values == 0
    if not legal.all():
        magnitude = " in magnitude" if base == "V" else ""
        _refuse(table, column, found, values, ~legal, f"outside {low:g} .. {high:g} {base}{magnitude}")
    if not accept:
        # an edge may be as short as it likes
        odd = values > quantities.PLAUSIBLE["s"][1] if column.field in ("rise_s", "fall_s") else None
        odd = quantities.implausible(base, values) & (values != 0) if odd is None else odd
        if odd.any():
            _refuse(table, column, found, values, odd, f"outside {quantities.plausible_range(base)}", _ACCEPT)
    return values


def _refuse(
    table: Table, column: Column, found: np.ndarray, values: np.ndarray, bad: np.ndarray, where: str, accept: str = ""
) -> None:
    """Raise ValueError for the first of the bad rows."""
    field, base, unit, row = column.field, column.base, unit_of(table, column), int(np.flatnonzero(bad)[0])
    word, count = table.columns[column.name][row], int(bad.sum())
    told = f"{table.at(row)}: {word} {unit} in the column {column.name!r} is {field} = {values[row]:g}"
    more = f"; {count} lines are like this" if count > 1 else ""
    if field == "amplitude_V" and values[row] == 0:
        columns = "" if (found < 0).any() else f"; a column for each direction: map {' and '.join(BY_DIRECTION)}"
        raise ValueError(f"{told}: a pulse of 0 V is none{more}; {SKIP}{columns}")
    if base == "S" and not values[row] > 0:
        accept = SKIP
    meant = quantities.likely_unit(base, float(found[row]), unit)
    question = f"did you mean {meant}?" if meant else "is the unit right?"
    raise ValueError(f"{told} {base}, {where}: {question}{more}{f'; {accept}' if accept else ''}")
