"""Where the header of a table is, and with which delimiter: the first line that has all the wanted names."""

from __future__ import annotations

import difflib
import io
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from .table_cells import number
from .table_text import DELIMITERS, Row, rows, separator

_SEARCHED = 500
"""Rows from the top in which the header is looked for: analysers write long settings above it."""

_LISTED = 20
"""A file's columns are listed in an error up to so many."""


@dataclass(frozen=True)
class Header:
    """The names of a table's columns.

    Attributes
    ----------
    names
        As they are written, but for line breaks within a name and empty ones at the end.
    delimiter
        Of this table.
    line
        The line in which the header ends; below it the rows begin.
    above
        Rows above the header.
    given
        Whether the names come from elsewhere: there is no header in the file.
    """

    names: list[str]
    delimiter: str
    line: int
    above: tuple[Row, ...] = ()
    given: bool = False


def find_header(path: Path, text: str, wanted: Collection[str]) -> Header:
    """Return the header: the first row with all the wanted names, also one behind ``#``.

    Raises
    ------
    ValueError
        Where there is none, naming what comes nearest to it.
    """
    delimiter, begin = separator(path, text)
    delimiters = [delimiter] if delimiter else list(DELIMITERS)
    # a quote that is left open above the header would swallow it: then line by line
    for read in (_streamed, _single):
        found = [header for d in delimiters if (header := _first(read(path, text, d, begin), d, wanted))]
        if found:
            return max(found, key=lambda header: len(header.names))
    tried = [(d, row) for d in delimiters for row in islice(_streamed(path, text, d, begin), 50)]
    raise ValueError(_missing(path, tried, wanted))


def given_header(path: Path, text: str, names: Sequence[str]) -> Header:
    """Return the header of a file that has none: given names, and the delimiter that gives that many columns."""
    if len(set(names)) != len(names) or not all(names):
        raise ValueError(f"the names of the columns {', '.join(map(repr, names))}: each must be there, and once")
    delimiter, begin = separator(path, text)
    widths = {}
    for d in [delimiter] if delimiter else DELIMITERS:
        first = next((cells for _, cells, marked in rows(path, text, d, begin, strict=False) if not marked), [])
        widths[d] = len(first)
    best = max(widths, key=lambda d: (widths[d] == len(names), widths[d]))
    return Header([tidy(name) for name in names], best, begin, given=True)


def tidy(name: str) -> str:
    """Return a name with single spaces between its words, also in the place of line breaks."""
    return " ".join(name.split())


def place(at: str, header: Sequence[str], name: str) -> int:
    """Return the column of a name in a header; ValueError, naming near ones, where it is not there exactly once."""
    if header.count(name) == 1:
        return header.index(name)
    if name in header:
        raise ValueError(f"{at}: the header has the column {name!r} {header.count(name)} times")
    near = difflib.get_close_matches(name, header, n=3, cutoff=0.5)
    hint = f"did you mean {' or '.join(map(repr, near))}? " if near else ""
    more = ", ..." if len(header) > _LISTED else ""
    raise ValueError(f"{at}: no column {name!r}; {hint}there is {', '.join(map(repr, header[:_LISTED]))}{more}")


def _streamed(path: Path, text: str, delimiter: str, begin: int) -> Iterator[Row]:
    return islice(rows(path, text, delimiter, begin, strict=False), _SEARCHED)


def _single(path: Path, text: str, delimiter: str, begin: int) -> Iterator[Row]:
    lines = islice(io.StringIO(text, newline=""), begin, _SEARCHED)
    for line, words in enumerate(lines, begin + 1):
        for _, cells, marked in rows(path, words, delimiter, strict=False):
            yield line, cells, marked


def _first(found: Iterator[Row], delimiter: str, wanted: Collection[str]) -> Header | None:
    above = []
    for row in found:
        line, _, _ = row
        for names in _names(row):
            if set(wanted) <= set(names):
                return Header(names, delimiter, line, tuple(above))
        above.append(row)
    return None


def _names(row: Row) -> Iterator[list[str]]:
    """Yield the names of a row, without empty ones at the end; one behind ``#`` as it is, then without the sign."""
    _, cells, marked = row
    names = [tidy(cell) for cell in cells]
    while names and not names[-1]:
        names.pop()
    yield names
    if marked:
        yield [names[0].lstrip("#").strip(), *names[1:]]


def _missing(path: Path, tried: Sequence[tuple[str, Row]], wanted: Collection[str]) -> str:
    """Return the error for a file of which no row has all the wanted names, in words."""

    def fit(one: tuple[str, Row]) -> tuple[int, int, bool, bool, bool, int]:
        _, row = one
        names = list(_names(row))[-1]
        near = sum(bool(difflib.get_close_matches(name, names, 1, 0.6)) for name in wanted)
        numbers = any(number(name) is not None for name in names)
        return len(set(wanted) & set(names)), near, not row[2], len(names) > 1, not numbers, len(names)

    tried = [one for one in tried if any(one[1][1])]
    if not tried or max(map(fit, tried))[:3] == (0, 0, False):
        return f"{path} is empty: there is no header with the names of the columns"
    _, row = max(tried, key=fit)
    names, at = list(_names(row))[-1], f"{path}, line {row[0]}"
    if not set(wanted) & set(names) and 2 * sum(number(name) is not None for name in names) > len(names):
        return (
            f"{at}: numbers, where a header with the names of the columns is expected; for a table without one give "
            "--no-header and the names as --columns"
        )
    if len(wanted) > 1 and len(names) == 1:
        known = ", ".join(DELIMITERS.values())
        return f"{path}: the header {names[0]!r} is a single column; columns are separated by {known}"
    try:
        for name in wanted:
            place(at, names, name)
    except ValueError as error:
        return str(error)
    return f"{at}: no header"
