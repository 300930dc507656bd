"""The text of a table: encodings, delimiters, and rows of cells with the lines that they stand in."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from pathlib import Path

DELIMITERS = {",": "comma", ";": "semicolon", "\t": "tab"}

Row = tuple[int, list[str], bool]
"""The line in which a row ends, its cells without spaces around them, and whether it begins with a bare ``#``."""


def read_text(path: Path) -> str:
    """Return the text of a file in UTF-8, or UTF-16 with a byte-order mark.

    Raises
    ------
    ValueError
        For a file that cannot be read, or is no such text, naming file and line.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise ValueError(f"{path}: {error.strerror or error}") from error
    if content.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):
        raise ValueError(f"{path} is no text file but a workbook or an archive: save the sheet as CSV in UTF-8")
    # a byte-order mark says which kind of Unicode it is
    encoding = "utf-16" if content.startswith((b"\xff\xfe", b"\xfe\xff")) else "utf-8-sig"
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError as error:
        line = max(len(content[: error.start + 1].splitlines()), 1)
        kind = "UTF-16" if encoding == "utf-16" else "UTF-8"
        raise ValueError(f"{path}, line {line}: this is no {kind} text: save the table as CSV in UTF-8") from None
    text = text.lstrip("\ufeff")
    if "\0" in text:
        raise ValueError(f"{path} is no text file: save the table as CSV in UTF-8")
    return text


def separator(path: Path, text: str) -> tuple[str | None, int]:
    """Return the delimiter that a first line ``sep=;`` names, and the lines that this takes: None and 0 without one."""
    first = re.match(r'"?sep=(.)"?[,;\t]*\s*?[\r\n]', text, re.IGNORECASE)
    if first is None:
        return None, 0
    if first[1] not in DELIMITERS:
        raise ValueError(f"{path}, line 1: sep={first[1]}; columns are separated by {', '.join(DELIMITERS.values())}")
    return first[1], 1


def rows(path: Path, text: str, delimiter: str, begin: int = 0, strict: bool = True) -> Iterator[Row]:
    """Yield the rows below the line `begin` that are not blank.

    A line that begins with a bare ``#`` is a row of its own, whatever quotes it has; within quotes it is no such line.

    Raises
    ------
    ValueError
        For quotes that are wrong, where `strict`, naming file and line.
    """
    line, at_start = begin, True
    marked: list[Row] = []

    def without_comments() -> Iterator[str]:
        nonlocal line, at_start
        for number, words in enumerate(io.StringIO(text, newline=""), 1):
            if number <= begin:
                continue
            line = number
            if at_start and words.lstrip().startswith("#"):
                marked.append((number, _cells(next(csv.reader([words.strip(" \r\n")], **style))), True))
            elif not at_start or words.strip():
                at_start = False
                yield words

    style = {"delimiter": delimiter, "skipinitialspace": True}
    try:
        for row in csv.reader(without_comments(), strict=strict, **style):
            yield from marked
            marked.clear()
            cells = _cells(row)
            if any(cells):
                yield line, cells, False
            at_start = True
    except csv.Error as error:
        open_quote = ": is a quote left open?" if "end of data" in str(error) or "limit" in str(error) else ""
        raise ValueError(f"{path}, line {line}: {error}{open_quote}") from error
    yield from marked


def _cells(row: list[str]) -> list[str]:
    return [cell.strip() for cell in row]
