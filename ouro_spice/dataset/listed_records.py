"""The table of a list of records: starts, targets and edges that are given, not drawn."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

import numpy as np

from .._util.checks import check_conductance, check_range, check_width, shown
from .._util.quantities import PLAUSIBLE
from ..circuit.pulse import LONGEST_S, SHORTEST_S


def check_edge(name: str, edge_s: float) -> None:
    """Raise ValueError for an edge of a pulse that is no legal time [s]."""
    check_range(name, edge_s, SHORTEST_S, LONGEST_S, "s")
    check_width(name, max(edge_s, PLAUSIBLE["s"][0]))  # only the long ones: an edge is as short as it likes


def checked_edges(name: str, value: float | tuple[float, float]) -> tuple[float, float]:
    """Return an edge as the range that it is drawn from, (shortest, longest) [s]; ValueError for what is none."""
    ends = tuple(value) if isinstance(value, tuple | list | np.ndarray) else (value, value)
    if len(ends) != 2:
        raise ValueError(f"{name} = {shown(value)} must be a time, or the shortest and the longest one [s]")
    for end in ends:
        check_edge(name, end)
    if ends[0] > ends[1]:
        raise ValueError(f"{name} = {value!r}: the shortest edge must not be longer than the longest one")
    return float(ends[0]), float(ends[1])


def plain_edges(ends: tuple[float, float]) -> float | list[float]:
    """Return a range as a manifest holds it: one number where both ends are the same."""
    return ends[0] if ends[0] == ends[1] else list(ends)


def table_digest(table: Mapping[str, np.ndarray]) -> str:
    """Return the SHA-256 of the names and numbers of a table's columns."""
    content = b"".join(name.encode() + table[name].tobytes() for name in sorted(table))
    return hashlib.sha256(content).hexdigest()


def checked_table(table: Mapping[str, Any], n: int) -> dict[str, np.ndarray]:
    """Return the columns of a list of records as arrays of `n` numbers, checked."""
    missing = {"g_start_S", "g_target_S"} - set(table)
    if missing:
        raise ValueError(f"the table of starts and targets lacks the column {sorted(missing)[0]}")
    found = {}
    for name in ("g_start_S", "g_target_S", "rise_s", "fall_s"):
        if name not in table:
            continue
        try:
            column = np.asarray(table[name], dtype=float)
        except (TypeError, ValueError, OverflowError):
            raise ValueError(f"the table's column {name} must hold numbers alone") from None
        if column.ndim != 1 or len(column) < n:
            raise ValueError(f"the table's column {name} has {column.size} rows; n = {n} records need as many")
        bad = np.flatnonzero(~(np.isfinite(column[:n]) & (column[:n] > 0)))
        if len(bad):
            raise ValueError(f"the table's column {name}, row {bad[0]}: {column[bad[0]]:g} must be a positive number")
        if name in ("rise_s", "fall_s"):
            for end in (column[:n].min(), column[:n].max()):
                check_edge(f"the table's column {name}", end)
        else:
            check_conductance(f"the table's column {name}", column[:n])
        found[name] = column[:n].copy()
    return found
