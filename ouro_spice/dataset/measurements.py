"""The pulses of a table: which rows count, which way each goes, and in which order they were sent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from .._util.tables.table_file import Table, read_table
from .measured_columns import BY_DIRECTION, SKIP, WORDS, Column, map_columns, numbers, quantity

_OPERATIONS = (
    ("set", "reset"), ("set", "rst"), ("s", "r"), ("p", "d"), ("pot", "dep"), ("potentiation", "depression"),
    ("ltp", "ltd"),
)  # fmt: skip
"""Words for SET and RESET in a column of operations, whatever their case; a table has one of these pairs."""

_READS = ("read", "verify")

_REASONS = ("overflow", "no value", "conductance of 0 or below", "0 V", "reads")
"""Why a row is left out, the first that holds."""

_OVERLAP = 1e-9


@dataclass(frozen=True)
class Measurements:
    """The pulses of a table.

    Attributes
    ----------
    values
        The quantities in SI, (n,) each; ``amplitude_V`` as the table has it, or negative for SET where it names the
        operations.
    devices
        Names, None where the table has none.
    left_out
        Rows that were left out, by reason.
    table
        The rows that were not.
    """

    values: dict[str, np.ndarray]
    devices: list[str] | None
    table: Table
    left_out: dict[str, int] = field(default_factory=dict)


def read_measurements(
    path: Path,
    columns: Mapping[str, str],
    edges: Mapping[str, float],
    *,
    header: Sequence[str] | None = None,
    skip_bad: bool = False,
    accept: bool = False,
) -> Measurements:
    """Read the pulses of a table; ValueError for a table that is wrong, naming file and line."""
    of = map_columns(columns)
    names = list(dict.fromkeys(column.name for column in of.values()))
    words = [of[field].name for field in WORDS if field in of]
    table = read_table(path, names, words=words, names=header)
    left_out: dict[str, int] = {}
    if skip_bad:
        table, left_out = _good(table, of)
    ways = _ways(table, of["operation"].name) if "operation" in of else None
    values = {}
    for name, column in of.items():
        if name in WORDS:
            continue
        found = _magnitudes(table, column) if name in BY_DIRECTION else numbers(table, column)
        values[name] = quantity(table, column, found, accept)
    if BY_DIRECTION[0] in of:
        values["amplitude_V"] = _joined(table, *(values.pop(name) for name in BY_DIRECTION))
    elif ways is not None:
        values["amplitude_V"] = _signed(table, values["amplitude_V"], ways)
    for name, given in edges.items():
        values.setdefault(name, np.full(len(table), float(given)))
    devices = table.text(of["device"].name) if "device" in of else None
    if "time_s" in values:
        lengths = [values[name] for name in ("width_s", "rise_s", "fall_s") if name in of]
        _check_times(table, values["time_s"], sum(lengths[1:], start=lengths[0]), devices)
    return Measurements(values, devices, table, left_out)


def _good(table: Table, of: Mapping[str, Column]) -> tuple[Table, dict[str, int]]:
    """Return the rows in which a pulse was measured, and how many others there are, by reason."""
    n = len(table)
    bad = {reason: np.zeros(n, dtype=bool) for reason in _REASONS}
    found = {name: table.values(column.name) for name, column in of.items() if name not in (*WORDS, *BY_DIRECTION)}
    halves = [table.filled(of[name].name, "0").values(of[name].name) for name in BY_DIRECTION if name in of]
    for name, values in found.items():
        bad["overflow"] |= np.isinf(values)
        bad["no value"] |= np.isnan(values)
        if name in ("g_start_S", "g_end_S"):
            bad["conductance of 0 or below"] |= values <= 0
    amplitude = found.get("amplitude_V", sum(map(np.abs, halves)))
    bad["0 V"] |= amplitude == 0
    bad["overflow"] |= np.isinf(amplitude)
    bad["no value"] |= np.isnan(amplitude)
    if "operation" in of:
        bad["reads"] |= np.array([word.lower() in _READS for word in table.columns[of["operation"].name]])
    left, counts = np.ones(n, dtype=bool), {}
    for reason, where in bad.items():
        counts[reason] = int((where & left).sum())
        left &= ~where
    counts = {reason: count for reason, count in counts.items() if count}
    if not left.any():
        told = ", ".join(f"{count} of {reason}" for reason, count in counts.items())
        raise ValueError(f"{table.path}: no row is left: of {n} rows {told}")
    return table.rows(left), counts


def _ways(table: Table, name: str) -> np.ndarray:
    """Return the signs of amplitudes that a column of operations asks for, (n,): -1 for SET, 1 for RESET."""
    words = [word.lower() for word in table.text(name)]
    there = set(words)
    # a lone r may be a read
    pairs = [pair for pair in _OPERATIONS if there <= set(pair) and there != {"r"}]
    if not pairs:
        known = max(_OPERATIONS, key=lambda pair: len(there & set(pair)))
        row = next((row for row, word in enumerate(words) if word not in known), 0)
        told = ", ".join(f"{one} and {other}" for one, other in _OPERATIONS)
        skip = "; skip_bad (--skip-bad) leaves reads out" if words[row] in _READS else ""
        raise ValueError(
            f"{table.at(row)}: {table.columns[name][row]!r} in the column {name!r} is no SET and no RESET; words are "
            f"{told}, one pair of them{skip}"
        )
    return np.where(np.array(words) == pairs[0][0], -1.0, 1.0)


def _signed(table: Table, amplitude_V: np.ndarray, ways: np.ndarray) -> np.ndarray:
    """Return the amplitudes with the signs of their operations, (n,) [V]; ValueError where one operation has two
    signs.
    """
    for way, name in ((-1, "SET"), (1, "RESET")):
        signs = np.sign(amplitude_V) * (ways == way)
        if (signs > 0).any() and (signs < 0).any():
            one, other = (int(np.flatnonzero(signs == sign)[0]) for sign in (1, -1))
            raise ValueError(
                f"{table.at(max(one, other))}: a {name} of {amplitude_V[max(one, other)]:g} V, in line "
                f"{table.lines[min(one, other)]} one of {amplitude_V[min(one, other)]:g} V: which column tells the way?"
            )
    return np.abs(amplitude_V) * ways


def _magnitudes(table: Table, column: Column) -> np.ndarray:
    """Return the amplitudes of one direction, (n,), 0 where a row has none; ValueError for a negative one."""
    filled = table.filled(column.name, "0")
    found = numbers(filled, column)
    if (found < 0).any():
        row = int(np.flatnonzero(found < 0)[0])
        raise ValueError(
            f"{table.at(row)}: {found[row]:g} in the column {column.name!r}: {column.field} is a magnitude; map "
            "amplitude_V where signs tell the direction"
        )
    return found


def _joined(table: Table, set_V: np.ndarray, reset_V: np.ndarray) -> np.ndarray:
    """Return the amplitudes of two columns, one a direction, as one: SET negative, (n,) [V]."""
    both = np.flatnonzero((set_V > 0) & (reset_V > 0))
    if len(both):
        row = both[0]
        raise ValueError(f"{table.at(row)}: a SET of {set_V[row]:g} V and a RESET of {reset_V[row]:g} V: one must be 0")
    none = np.flatnonzero((set_V == 0) & (reset_V == 0))
    if len(none):
        more = f"; {len(none)} lines are like this" if len(none) > 1 else ""
        raise ValueError(f"{table.at(none[0])}: SET and RESET are 0 V: such a pulse is none{more}; {SKIP}")
    return reset_V - set_V


def _check_times(table: Table, time_s: np.ndarray, length_s: np.ndarray, devices: list[str] | None) -> None:
    """Raise ValueError where a device's pulse begins before the one above it has ended."""
    latest: dict[str, int] = {}
    for row, device in enumerate(devices or [""] * len(table)):
        before = latest.get(device)
        if before is not None:
            end_s = time_s[before] + length_s[before]
            if time_s[row] < end_s - _OVERLAP * max(abs(end_s), length_s[before]):
                of = f" of the device {device!r}" if device else ""
                raise ValueError(
                    f"{table.at(row)}: the pulse begins at {time_s[row]:g} s, that of line {table.lines[before]}{of} "
                    f"ends at {end_s:g} s: times must ascend; is the unit right?"
                )
        latest[device] = row
