"""One table of a TOML file that is read key by key: every error names the file, the table and the key."""

from __future__ import annotations

import difflib
import math
from collections.abc import Iterable, Mapping
from typing import Any

from ..._util.checks import check_range, shown


def nearest(name: str, known: Iterable[str]) -> str:
    """Return in words which known name was meant, or all that there are."""
    names = list(known)
    near = difflib.get_close_matches(name, names, n=1, cutoff=0.5)
    return f"did you mean {near[0]}?" if near else f"there is {', '.join(names) or 'none'}"


class TomlTable:
    """Reads the values of a table, and refuses keys that nobody has asked for.

    Parameters
    ----------
    file, name
        What they are called in errors.
    values
        The table.
    """

    def __init__(self, file: str, name: str, values: object) -> None:
        self.file, self.name = file, name
        if not isinstance(values, Mapping):
            raise ValueError(f"{file}: [{name}] = {shown(values)} must be a table")
        self._values = values
        self._asked: list[str] = []

    def error(self, key: str, what: str) -> ValueError:
        """Return the error of a key."""
        return ValueError(f"{self.file}: [{self.name}] {key}{what}")

    def _missing(self, key: str) -> ValueError:
        """Return the error of a key that is not there, with one that may be meant to be it."""
        near = difflib.get_close_matches(key, [name for name in self._values if name not in self._asked], 1, 0.6)
        return self.error(key, f" is missing, there is {near[0]}" if near else " is missing")

    def take(self, key: str, default: Any = None) -> Any:
        """Return a value as it is."""
        self._asked.append(key)
        return self._values.get(key, default)

    def text(self, key: str, default: str | None = None, known: tuple[str, ...] = ()) -> str:
        """Return a text, one of `known` where that is given; ValueError for none."""
        value = self.take(key, default)
        if not isinstance(value, str) or not value or "\n" in value:
            raise self.error(key, f" = {shown(value)} must be a text of one line") if value else self._missing(key)
        if known and value not in known:
            raise self.error(key, f" = {shown(value)} is unknown; {nearest(value, known)}")
        return value

    def texts(self, key: str) -> tuple[str, ...]:
        """Return a list of texts, () where there is none."""
        values = self.take(key, [])
        if not isinstance(values, list) or not all(isinstance(value, str) and value for value in values):
            raise self.error(key, f" = {shown(values)} must be a list of texts")
        return tuple(values)

    def number(
        self, key: str, default: float | None = None, low: float = -math.inf, high: float = math.inf, unit: str = ""
    ) -> float:
        """Return a finite number in a range; ValueError for none."""
        value = self.take(key, default)
        if value is None:
            raise self._missing(key)
        return self.checked(key, value, low, high, unit)

    def checked(self, key: str, value: Any, low: float = -math.inf, high: float = math.inf, unit: str = "") -> float:
        """Return a value of the table, or part of one, as a finite number in a range."""
        try:
            check_range(key, value, low, high, unit)
        except ValueError as error:
            raise ValueError(f"{self.file}: [{self.name}] {error}") from None
        return float(value)

    def flag(self, key: str, default: bool) -> bool:
        """Return a truth value."""
        value = self.take(key, default)
        if not isinstance(value, bool):
            raise self.error(key, f" = {shown(value)} must be true or false")
        return value

    def tables(self, key: str) -> dict[str, TomlTable]:
        """Return the tables below a key by name."""
        values = self.take(key, {})
        if not isinstance(values, Mapping):
            raise self.error(key, f" = {shown(values)} must be tables [{key}.NAME]")
        return {name: TomlTable(self.file, f"{key}.{name}", table) for name, table in values.items()}

    def table(self, key: str) -> TomlTable:
        """Return one table of a file, an empty one where it is not there."""
        return TomlTable(self.file, key, self.take(key, {}))

    def end(self) -> None:
        """Raise ValueError for a key that nobody has asked for, with the nearest one that there is."""
        for key in self._values:
            if key not in self._asked:
                where = f"[{self.name}] {key}" if self.name else f"[{key}]"
                raise ValueError(f"{self.file}: {where} is unknown; {nearest(str(key), self._asked)}")

    def take_keys(self) -> tuple[str, ...]:
        """Return the names of all keys."""
        return tuple(self._values)
