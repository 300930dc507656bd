"""What the tables in a campaign's file have to be: kinds, ranges, and names that become those of files."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from .._util.checks import check_count, check_range

_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_-]{0,63}")
_LABEL = re.compile(r"[^./\\\x00-\x1f][^/\\\x00-\x1f]{0,63}")
_MOST = 10**8

_NEEDED = {
    "floor": {"pairs": 1, "trajectories": 1},
    "table": {"pairs": 1, "trajectories": 2},
    "converge": {"iterations": 1, "targets": 0, "shown_S": (1e-9, 1.0, "S")},
    "write": {"tolerances": (1e-6, 1.0, "(relative)"), "reads_s": (1e-12, 1.0, "s"), "max_pulses": 1, "neural": str},
}
"""Of each table its values: the least of a whole number, the range and unit of a list of numbers, or a list of names.
"""

_FLAGS = {"table": ("median",), "write": ("shipped", "noise_free", "untuned")}
"""Of each table what may be true or false."""


def tables_of(tables: Mapping[str, Any], name: str, kind: type) -> Any:
    """Return the tables ``[name.KEY]`` or ``[[name]]`` of a file; ValueError for what is none."""
    found = tables[name]
    inner = found.values() if isinstance(found, dict) else found if isinstance(found, list) else [None]
    if not isinstance(found, kind) or not all(isinstance(one, dict) for one in inner):
        raise ValueError(
            f"{name} must be tables, [{name}.NAME]" if kind is dict else f"{name} must be tables, [[{name}]]"
        )
    return found


def build(kind: type, values: Any, what: str) -> Any:
    """Return an object of a class from a table's values; ValueError for a value that is unknown or missing."""
    if not isinstance(values, Mapping):
        raise ValueError(f"{what} must be a table, not {values!r}")
    fields = dataclasses.fields(kind)
    unknown = sorted(set(values) - {f.name for f in fields})
    if unknown:
        raise ValueError(f"{unknown[0]!r} is not known to {what}; there is {', '.join(f.name for f in fields)}")
    missing = [f.name for f in fields if f.default is dataclasses.MISSING and f.name not in values]
    if missing:
        raise ValueError(f"{what} needs {missing[0]}")
    return kind(**values)


def check_name(what: str, name: str) -> None:
    """Raise ValueError for a name that is more than the name of a file: names become paths below ``--out``."""
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        shown = str(name)[:80]
        raise ValueError(f"the {what} {shown!r} must have a name of up to 64 letters, digits, _ and -, as a file")


def check_label(name: Any) -> None:
    """Raise ValueError for a name in results that could not be part of a file's name."""
    if not isinstance(name, str) or not _LABEL.fullmatch(name):
        raise ValueError(f"name = {str(name)[:80]!r} must be a text of up to 64 letters, without / or a dot in front")


def check_tables(path: Path, tables: Mapping[str, Any], needed: Collection[str], known: Collection[str]) -> None:
    """Raise ValueError for a table of those `needed` that does not say what is to be done; `known` are the variants."""
    try:
        for name in (name for name in _NEEDED if name in needed):
            _check_table(tables, name)
        if "write" in needed:
            for key in tables["write"]["neural"]:
                if key not in known:
                    raise ValueError(f"[write] neural: there is no variant {key!r}")
        if "transfer" in needed:
            for one in tables_of(tables, "transfer", list):
                check_label(one.get("name"))
    except (KeyError, ValueError) as error:
        what = f"there is no [[{error.args[0]}]], which a setting needs" if isinstance(error, KeyError) else error
        raise ValueError(f"{path}: {what}") from error


def _check_table(tables: Mapping[str, Any], name: str) -> None:
    """Raise ValueError where the table `name`, or a value in it, is missing or out of range."""
    table = tables.get(name)
    if not isinstance(table, Mapping):
        raise ValueError(f"there is no table [{name}], which a setting needs")
    for key in _FLAGS.get(name, ()):
        if not isinstance(table.get(key, True), bool):
            raise ValueError(f"[{name}] {key} = {table[key]!r} must be true or false")
    for key, wanted in _NEEDED[name].items():
        if key not in table:
            raise ValueError(f"[{name}] needs {key}")
        value = table[key]
        if isinstance(wanted, int):
            check_count(f"[{name}] {key}", value, wanted)
            check_range(f"[{name}] {key}", value, wanted, _MOST, "")
        elif not isinstance(value, list):
            raise ValueError(f"[{name}] {key} = {value!r} must be a list")
        else:
            for one in value:
                _check_item(f"[{name}] {key}", one, wanted)


def _check_item(name: str, value: Any, wanted: Any) -> None:
    """Raise ValueError for an item of a list that is out of range, or no name."""
    if wanted is not str:
        check_range(name, value, *wanted)
    elif not isinstance(value, str):
        raise ValueError(f"{name} = {value!r} must be a list of names")


def check_kind(name: str, value: Any, default: Any) -> None:
    """Raise ValueError for a value that is not what its default is: a text, a yes or no, or a list."""
    for kind, what in ((str, "a text"), (bool, "true or false"), (tuple, "a list")):
        if isinstance(default, kind) and not isinstance(value, kind):
            raise ValueError(f"{name} = {value!r} must be {what}")
    if isinstance(value, tuple):
        wanted = (int, float) if name == "edges_s" else str
        if not all(isinstance(one, wanted) and not isinstance(one, bool) for one in value):
            raise ValueError(f"{name} = {list(value)!r} must be a list of {'times' if wanted is not str else 'names'}")
