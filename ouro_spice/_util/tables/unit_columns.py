"""Columns of quantities in tables, found by names that say the unit: amplitude_V, width (ns), target/uS."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from itertools import islice
from pathlib import Path

import numpy as np

from .. import quantities
from .table_file import Table, read_table
from .table_header import tidy
from .table_text import DELIMITERS, read_text, rows, separator

_SEARCHED = 100
"""Rows from the top in which the header is looked for."""

_USUAL = {"S": "uS", "V": "V", "s": "ns"}

_NAME = re.compile(r"(\w+?)(?:_| ?[(\[/] ?| )([^\W\d_]+)[)\]]?")


def read_quantities(
    path: Path, wanted: Mapping[str, str], optional: Mapping[str, str]
) -> tuple[Table, dict[str, np.ndarray]]:
    """Return a CSV table, read as `read_table` reads it, and its quantities by name, in SI, (n,) each.

    A column's unit stands behind its name, as ``width_ns`` or ``width (ns)``, or in a row of units below the header.

    Parameters
    ----------
    path
        The file.
    wanted, optional
        SI unit (S, V or s) of the quantities that must be there, and that may be, by name.

    Raises
    ------
    ValueError
        For a file that is no such table, a column that is missing, there twice, or without a unit.
    """
    known = {**wanted, **optional}
    columns = _columns(path, wanted, known)
    must = [column for name, (column, _) in columns.items() if name in wanted]
    may = [column for name, (column, _) in columns.items() if name not in wanted]
    table = read_table(path, must, may)
    return table, {name: _si(table, name, *columns[name], known[name]) for name in columns}


def _columns(path: Path, wanted: Mapping[str, str], known: Mapping[str, str]) -> dict[str, tuple[str, str]]:
    """Return the column and unit, "" where its name tells none, of each quantity of a table's header."""
    best: list[tuple[str, str, str]] = []
    for names in _rows(path):
        found = [(name, column, unit) for column in names for name, unit in _meant(column, known)]
        if len({name for name, _, _ in found} & set(wanted)) > len({name for name, _, _ in best} & set(wanted)):
            best = found
    names = [name for name, _, _ in best]
    for name, base in known.items():
        example = f"{name}_{_USUAL[base]}"
        if names.count(name) > 1:
            each = ", ".join(repr(column) for one, column, _ in best if one == name)
            raise ValueError(f"{path}: the columns {each} are all {name}")
        if name in wanted and name not in names:
            raise ValueError(f"{path}: no column is {name} with a unit of {base}, such as {example}")
    return {name: (column, unit) for name, column, unit in best}


def _rows(path: Path) -> Iterator[list[str]]:
    """Yield the first rows of a file, separated in each way that tables are, as tidy cells."""
    text = read_text(path)
    delimiter, begin = separator(path, text)
    for one in [delimiter] if delimiter else DELIMITERS:
        for _, cells, _ in islice(rows(path, text, one, begin, strict=False), _SEARCHED):
            yield [tidy(cells[0]).lstrip("# "), *map(tidy, cells[1:])]


def _meant(column: str, known: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Yield the quantity that a column's name stands for, if any, with its unit; "" where the name tells none."""
    found = _NAME.fullmatch(column)
    for name, base in known.items():
        if column.lower() == name.lower():
            yield name, ""
        elif found and found[1].lower() == name.lower() and quantities.plain_unit(found[2]) in quantities.units(base):
            yield name, quantities.plain_unit(found[2])


def _si(table: Table, name: str, column: str, unit: str, base: str) -> np.ndarray:
    """Return the numbers of a column in SI, (n,); ValueError where no unit is told, or two."""
    told, at = table.units.get(column, ("", ""))
    if told and unit and told != unit:
        raise ValueError(f"{at}: {column!r} is told in {told}: which of the units is right?")
    if not (told or unit):
        raise ValueError(f"{table.path}: the column {column!r} tells no unit: name it {name}_{base}, or another unit")
    if (told or unit) not in quantities.units(base):
        raise ValueError(f"{at}: {column!r} is told in {told}, and {name} is in {', '.join(quantities.units(base))}")
    return quantities.si(table.numbers(column), told or unit)
