"""A map of an array: a file of numbers, a line a word line."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from .table_cells import hint, number
from .table_text import read_text, rows, separator


def read_map(path: Path, n_rows: int, n_cols: int) -> np.ndarray:
    """Return the map (n_rows, n_cols) of a file without a header, its values separated as in a table or by spaces.

    Lines that begin with ``#`` are comments.

    Raises
    ------
    ValueError
        For a file that cannot be read, of another shape, or with what is no number, naming the place.
    """
    text = read_text(path)
    lines, table = _split(path, text)
    widths = sorted({len(cells) for cells in table})
    if len(table) != n_rows or widths != [n_cols]:
        found = f"{len(table)} x {'/'.join(map(str, widths)) or 0}"
        turned = ": is the map transposed?" if (len(table), widths) == (n_cols, [n_rows]) else _labels(table, n_cols)
        raise ValueError(f"{path}: {found} values, the array has {n_rows} x {n_cols} cells{turned}")
    values = np.empty((n_rows, n_cols))
    for row, cells in enumerate(table):
        for col, word in enumerate(cells):
            found = number(word)
            if found is None:
                at = f"{path}, line {lines[row]}"
                raise ValueError(f"{at}: {word!r} in row {row}, column {col}, is no number{hint(word)}")
            values[row, col] = found
    return values


def _split(path: Path, text: str) -> tuple[list[int], list[list[str]]]:
    """Return the lines of the rows, and their cells without what a delimiter at the end adds."""
    delimiter, begin = separator(path, text)
    lines = (line for line in text.splitlines()[begin:] if line.strip() and not line.lstrip().startswith("#"))
    first = next(lines, "")
    # the comma last: it may be a decimal one
    delimiter = delimiter or next((d for d in ("\t", ";", ",") if d in first.strip()), None)
    found = [(line, cells) for line, cells, marked in rows(path, text, delimiter or " ", begin) if not marked]
    if delimiter is None:
        found = [(line, [cell for cell in cells if cell]) for line, cells in found]
    trailing = len(found[0][1]) - 1 if found and all(len(cells) > 1 and not cells[-1] for _, cells in found) else None
    return [line for line, _ in found], [cells[:trailing] for _, cells in found]


def _labels(table: list[list[str]], n_cols: int) -> str:
    """Return a hint for the error of a wrong shape, on words beside the numbers or commas within them."""
    words = [word for cells in table for word in cells if word and number(word) is None]
    if table and len(table[0]) == 2 * n_cols and not words:
        return ": are there decimal commas?"
    told = next((hint(word) for word in words if hint(word)), "")
    return told or (": a map has no header and no labels" if words else "")
