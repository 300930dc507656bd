"""CSV tables that people bring along: columns by name, numbers, and errors that name file and line."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from .. import quantities
from .table_cells import OVERFLOW, hint, number, value
from .table_header import Header, find_header, given_header, place, tidy
from .table_text import DELIMITERS, Row, read_text, rows

_EXPORTED = ("DataName", "DataValue")
"""First cells of header and rows where an analyser writes what each line is; other lines are its settings."""


class NoValueError(ValueError):
    """A cell in which no number was measured: it is empty, or says so."""


@dataclass(frozen=True)
class Table:
    """The wanted columns of a file, as text.

    Attributes
    ----------
    path
        The file.
    columns
        Cells by the name of their column, (n,) each.
    lines
        The line of the file in which each row ends, (n,).
    units
        The unit that a row of units below the header, or else the name of the column in brackets, tells; by the name of
        the column, with where it stands.
    passed_over
        How many lines that are not blank were no rows, by what they are.
    marked
        How many rows begin with ``#``.
    """

    path: Path
    columns: dict[str, list[str]]
    lines: np.ndarray
    units: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    passed_over: Mapping[str, int] = field(default_factory=dict)
    marked: int = 0

    def __len__(self) -> int:
        return len(self.lines)

    def at(self, row: int) -> str:
        """Return the file and line of a row, as words."""
        return f"{self.path}, line {self.lines[row]}"

    def rows(self, kept: np.ndarray) -> Table:
        """Return the table of the rows where `kept`, (n,) booleans, is True."""
        columns = {name: [words[k] for k in np.flatnonzero(kept)] for name, words in self.columns.items()}
        return replace(self, columns=columns, lines=self.lines[kept])

    def filled(self, name: str, word: str) -> Table:
        """Return the table with `word` in the empty cells of a column."""
        return replace(self, columns=self.columns | {name: [cell or word for cell in self.columns[name]]})

    def text(self, name: str) -> list[str]:
        """Return the words of a column; ValueError for an empty cell."""
        words = self.columns[name]
        for row, word in enumerate(words):
            if not word:
                raise NoValueError(f"{self.at(row)}: the column {name!r} is empty")
        return words

    def numbers(self, name: str) -> np.ndarray:
        """Return the numbers of a column, (n,); ValueError for a cell that holds none."""
        found = self.values(name)
        bad = np.flatnonzero(~np.isfinite(found))
        if len(bad):
            self.text(name)
            word = self.columns[name][bad[0]]
            raise NoValueError(f"{self.at(bad[0])}: {word!r} in the column {name!r} is no finite number")
        return found

    def values(self, name: str) -> np.ndarray:
        """Return the numbers of a column, (n,), inf for overflow and nan for no value; ValueError for other words."""
        words = self.columns[name]
        try:
            found = np.fromiter(map(float, words), float, len(words))
            if not any("_" in word for word in words):
                return np.where(np.abs(found) < OVERFLOW, found, np.where(np.isnan(found), np.nan, np.inf))
        except ValueError:
            found = np.empty(len(words))
        for row, word in enumerate(words):
            one = value(word)
            if one is None:
                told = ": the header again? remove it" if word == name else hint(word)
                raise ValueError(f"{self.at(row)}: {word!r} in the column {name!r} is no finite number{told}")
            found[row] = one
        return found


def read_table(
    path: Path,
    wanted: Collection[str],
    optional: Collection[str] = (),
    *,
    words: Collection[str] = (),
    names: Sequence[str] | None = None,
) -> Table:
    """Read columns of a CSV file; its delimiter is a comma, a semicolon or a tab, or what a first line ``sep=;`` says.

    The header is the first line with all the wanted names, also behind ``#``; lines above it are settings, but for one
    that would be a row, which is refused. Below it a line that begins with ``#`` is a row where it has as many cells as
    the header and numbers in all columns of numbers that are not empty, such as ``#1,110,-1``. It is a comment where it
    has none there, fewer cells, or where its first column is one of numbers and ``#`` stands before a number (a row
    that is commented out); what is neither is refused. All that is passed over is counted.

    A row of units may stand below the header. A delimiter may follow a row's last value. Where the header begins with
    DataName, as analysers write it, the rows are those that begin with DataValue.

    Parameters
    ----------
    path
        The file.
    wanted, optional
        Names of the columns that must be there, and that may be.
    words
        Those of them whose cells are no numbers.
    names
        The names of all columns of a file without a header.

    Raises
    ------
    ValueError
        For a file that cannot be read, is no such table, or lacks a wanted column; naming file and line.
    """
    text = read_text(path)
    named = {name: tidy(name) for name in (*wanted, *optional)}
    header = given_header(path, text, names) if names is not None else find_header(path, text, [*map(tidy, wanted)])
    at = "--columns" if header.given else f"{path}, line {header.line}"
    places = {name: place(at, header.names, named[name]) for name in wanted}
    places |= {name: place(at, header.names, named[name]) for name in optional if named[name] in header.names}
    body = _Body(path, header, places, [at for name, at in places.items() if name not in words])
    lines, picked = body.read(rows(path, text, header.delimiter, header.line))
    if not lines:
        raise ValueError(f"{path} has {'' if header.given else 'a header, but '}no rows")
    columns = {name: [cells[k] for cells in picked] for k, name in enumerate(places)}
    units = {name: (unit, at) for name in places if (unit := quantities.unit_in_name(named[name]))} | body.units
    return Table(path, columns, np.array(lines), units, dict(+body.passed_over), body.marked)


class _Body:
    """The rows below a header, as they are read."""

    def __init__(self, path: Path, header: Header, places: Mapping[str, int], numeric: Collection[int]) -> None:
        self.path, self.header, self.places, self.numeric = path, header, places, numeric
        self.width = len(header.names)
        self.exported = header.names[0] == _EXPORTED[0]
        self.units: dict[str, tuple[str, str]] = {}
        self.marked = 0
        self.passed_over = Counter({
            "settings above the header": sum(not marked for _, _, marked in header.above),
            "comments": sum(marked for _, _, marked in header.above),
        })  # fmt: skip
        for line, cells, _ in () if self.exported else header.above:
            if len(self._trimmed(cells)) == self.width and self._shares(cells) == (True, False):
                raise ValueError(f"{path}, line {line}: a row of numbers above the header in line {header.line}")

    def read(self, found: Iterator[Row]) -> tuple[list[int], list[tuple[str, ...]]]:
        """Return line and wanted cells of each row."""
        lines, picked = [], []
        wanted = list(self.places.values())
        for line, cells, marked in found:
            if marked or self.exported or len(cells) != self.width or not lines:
                cells = self._row(line, cells, marked, first=not lines)
                if cells is None:
                    continue
            lines.append(line)
            picked.append(tuple([cells[k] for k in wanted]))
        return lines, picked

    def _row(self, line: int, cells: list[str], marked: bool, first: bool) -> list[str] | None:
        """Return the cells of a row; None for a line that is no row."""
        at, cells = f"{self.path}, line {line}", self._trimmed(cells)
        # #N/A is a spreadsheet's word
        marked = marked and (len(cells) != self.width or value(cells[0]) is None)
        if self.exported and cells[0] != _EXPORTED[1] and not marked:
            if cells[0] == _EXPORTED[0] and cells != self.header.names:
                raise ValueError(f"{at}: another header than that of line {self.header.line}: one table a file")
            self.passed_over["settings between rows"] += 1
            return None
        if marked and not self._is_row(at, cells):
            return None
        if len(cells) != self.width:
            raise ValueError(f"{at}: {self._ragged(cells)}")
        if first and not marked and self._takes_units(at, cells):
            return None
        self.marked += marked
        return cells

    def _trimmed(self, cells: list[str]) -> list[str]:
        """Return a row without the empty cells that a delimiter at its end adds."""
        return cells[: self.width] if not any(cells[self.width :]) else cells

    def _shares(self, cells: list[str]) -> tuple[bool, bool]:
        """Return whether any wanted cell is a number, or stands for one, and whether any is something else."""
        there = [cells[k] for k in self.numeric if cells[k]]
        numbers = [value(word) is not None for word in there]
        return any(numbers), not all(numbers)

    def _is_row(self, at: str, cells: list[str]) -> bool:
        """Return whether a line that begins with ``#`` is a row; ValueError where that is not clear."""
        doubt = f"{at}: the line begins with #: a comment, or a row? Remove it, or make it a whole row"
        if len(cells) != self.width:
            if sum(number(cell) is not None for cell in cells) > 1:
                raise ValueError(f"{doubt} of {self.width} values")
            self.passed_over["comments"] += 1
            return False
        in_front = 0 in self.numeric
        numbers, others = self._shares([cells[0].lstrip("# "), *cells[1:]] if in_front else cells)
        if numbers and others:
            raise ValueError(doubt)
        if numbers and not in_front:
            return True
        self.passed_over["rows that are commented out" if numbers else "comments"] += 1
        return False

    def _takes_units(self, at: str, cells: list[str]) -> bool:
        """Return whether the first row holds units, and keep them."""
        told = {name: cells[k] for name, k in self.places.items() if k in self.numeric and cells[k]}
        known = {name: unit for name, word in told.items() if quantities.bases(unit := quantities.plain_unit(word))}
        if not known or any(number(word) is not None for word in told.values()):
            return False
        strange = [word for name, word in told.items() if name not in known and word.strip("-")]
        if len(strange) >= len(known):
            return False
        if strange:
            raise ValueError(f"{at}: a row of units? {strange[0]!r} is none; there is {', '.join(quantities.UNITS)}")
        self.units = {name: (unit, at) for name, unit in known.items()}
        self.passed_over["row of units"] += 1
        return True

    def _ragged(self, cells: list[str]) -> str:
        """Return what is wrong with a row of another number of cells, in words."""
        whose = "--columns names" if self.header.given else "the header has"
        told = f"{len(cells)} values, {whose} {self.width} columns"
        joined = self.header.delimiter.join(cells)
        for other, name in DELIMITERS.items():
            if other != self.header.delimiter and len(next(csv.reader([joined], delimiter=other))) == self.width:
                return f"{told}: is this line separated by {name}s?"
        if self.header.delimiter == "," and len(cells) > self.width and sum(number(c) is not None for c in cells) > 1:
            return f"{told}: are there decimal commas, or is a name of a column missing?"
        return f"{told}: complete the line, or remove it"
