"""CSV tables that people bring along: columns by name, numbers, and errors that name file and line."""

from __future__ import annotations

import csv
import difflib
import io
import math
import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

_DELIMITERS = {",": "comma", ";": "semicolon", "\t": "tab"}

_LISTED = 20
"""A file's columns are listed in an error up to so many."""


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
    """

    path: Path
    columns: dict[str, list[str]]
    lines: np.ndarray

    def __len__(self) -> int:
        return len(self.lines)

    def at(self, row: int) -> str:
        """Where a row stands: file and line."""
        return f"{self.path}, line {self.lines[row]}"

    def text(self, name: str) -> list[str]:
        """The words of a column; ValueError for an empty cell."""
        words = self.columns[name]
        for row, word in enumerate(words):
            if not word:
                raise ValueError(f"{self.at(row)}: the column {name!r} is empty")
        return words

    def numbers(self, name: str) -> np.ndarray:
        """The numbers of a column, (n,); ValueError for a cell that holds none."""
        return np.array([self._number(name, row, word) for row, word in enumerate(self.text(name))])

    def _number(self, name: str, row: int, word: str) -> float:
        try:
            # spreadsheets write a true minus sign
            value = float(word.replace("\u2212", "-")) if "_" not in word else math.nan
        except ValueError:
            value = math.nan
        if math.isfinite(value):
            return value
        hint = ": numbers need a decimal point, and nothing between thousands" if _grouped(word) else ""
        hint = hint or (": the header again?" if word == name else "")
        raise ValueError(f"{self.at(row)}: {word!r} in the column {name!r} is no finite number{hint}")


def read_table(path: Path, wanted: Collection[str], optional: Collection[str] = ()) -> Table:
    """Read columns of a CSV file with a header; its delimiter is a comma, a semicolon or a tab.

    Empty lines and lines that begin with ``#`` are passed over.

    Raises
    ------
    ValueError
        For a file that cannot be read, is no such table, or lacks a wanted column; naming file and line.
    """
    text = _text(path)
    delimiter = _delimiter(path, text, wanted)
    rows = _rows(path, text, delimiter)
    try:
        line, header = next(rows)
    except StopIteration:
        raise ValueError(f"{path} is empty: there is no header with the names of the columns") from None
    at = f"{path}, line {line}"
    if all(_is_number(name) for name in header):
        raise ValueError(f"{at}: numbers, where a header with the names of the columns is expected")
    places = {name: _place(at, header, name) for name in wanted}
    places |= {name: _place(at, header, name) for name in optional if name in header}
    columns: dict[str, list[str]] = {name: [] for name in places}
    lines = []
    for line, row in rows:
        if len(row) != len(header):
            raise ValueError(f"{path}, line {line}: {len(row)} values, the header has {len(header)} columns")
        lines.append(line)
        for name, place in places.items():
            columns[name].append(row[place])
    if not lines:
        raise ValueError(f"{path} has a header, but no rows")
    return Table(path, columns, np.array(lines))


def _text(path: Path) -> str:
    try:
        content = path.read_bytes()
    except OSError as error:
        raise ValueError(f"{path}: {error.strerror or error}") from error
    # a byte-order mark says which kind of Unicode it is
    encoding = "utf-16" if content.startswith((b"\xff\xfe", b"\xfe\xff")) else "utf-8-sig"
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise ValueError(f"{path}, line {line}: this is no UTF-8 text: save the table as CSV in UTF-8") from None
    if "\0" in text:
        raise ValueError(f"{path} is no text file: save the table as CSV")
    return text


def _delimiter(path: Path, text: str, wanted: Collection[str]) -> str:
    """The delimiter with which the header has most of the wanted columns, then the most columns."""
    headers = {}
    for delimiter in _DELIMITERS:
        headers[delimiter] = next(_rows(path, text, delimiter, strict=False), (0, []))[1]

    def fit(delimiter: str) -> tuple[int, int]:
        return len(set(headers[delimiter]) & set(wanted)), len(headers[delimiter])

    found = max(headers, key=fit)
    if len(wanted) > 1 and len(headers[found]) == 1:
        raise ValueError(
            f"{path}: the header {headers[found][0]!r} is a single column; columns are separated by "
            f"{', '.join(_DELIMITERS.values())}"
        )
    return found


def _rows(path: Path, text: str, delimiter: str, strict: bool = True) -> Iterator[tuple[int, list[str]]]:
    """Number of the line and cells, without spaces around them, of each row."""
    number = 0

    def told() -> Iterator[str]:
        nonlocal number
        for number, line in enumerate(io.StringIO(text, newline=""), 1):  # noqa: B007 - the number is what is told
            if line.strip() and not line.lstrip().startswith("#"):
                yield line

    try:
        for row in csv.reader(told(), delimiter=delimiter, strict=strict, skipinitialspace=True):
            cells = [cell.strip() for cell in row]
            if any(cells):
                yield number, cells
    except csv.Error as error:
        raise ValueError(f"{path}, line {number}: {error}") from error


def _place(at: str, header: Sequence[str], name: str) -> int:
    if header.count(name) == 1:
        return header.index(name)
    if name in header:
        raise ValueError(f"{at}: the header has the column {name!r} {header.count(name)} times")
    near = difflib.get_close_matches(name, header, n=3, cutoff=0.5)
    hint = f"did you mean {' or '.join(map(repr, near))}? " if near else ""
    more = ", ..." if len(header) > _LISTED else ""
    raise ValueError(f"{at}: no column {name!r}; {hint}there is {', '.join(map(repr, header[:_LISTED]))}{more}")


def _grouped(word: str) -> bool:
    """Whether a word is a number but for a decimal comma, or what stands between thousands."""
    return _is_number(re.sub(r"[,.'\u2019\s]", "", word))


def _is_number(word: str) -> bool:
    try:
        float(word)
    except ValueError:
        return False
    return True
