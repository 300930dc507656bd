"""Work that was done before and lies on disk beside what is wanted now: how it differs, and what is left of its files.

`cache` keeps arrays, a file for each piece of work, and `journal` the items of work that is not yet done. Both name
their files by a digest of all that decides the numbers, take nothing of other work, say why they do not, and take a
damaged file for none: that is here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from .differences import MAKER, differences, listed

_Content = TypeVar("_Content")


def undamaged(read: Callable[[], _Content]) -> _Content | None:
    """Return what reading a file gives; None where it is not there, or damaged, which may raise nearly anything."""
    try:
        return read()
    except Exception:
        return None


@dataclass(frozen=True)
class FormerWork:
    """One file of work that differs from what is wanted.

    Attributes
    ----------
    path
        The file.
    origin, wanted
        What made it, and what is to be made: each a `Manifest.origin`, or settings alone.
    changes
        What differs, in words.
    """

    path: Path
    origin: Mapping[str, Any]
    wanted: Mapping[str, Any]
    changes: tuple[str, ...]

    @property
    def words(self) -> str:
        """Return what differs as a part of a sentence."""
        return listed(self.changes)

    @property
    def distance(self) -> tuple[bool, int, tuple[str, ...]]:
        """Return how far it is from what is wanted, to be compared: other settings, number of changes, changes."""
        return bool(differences(self.origin, self.wanted, ("settings",))), len(self.changes), self.changes

    @property
    def of_another_maker(self) -> bool:
        """Return whether it is the same work, done by other models, tools or code."""
        makers = differences(self.origin, self.wanted, MAKER)
        return not set(self.changes) - {*makers, "netlist changed"}  # a netlist changes with the libraries in it


def former_work(files: Iterable[Path], origin_of: Callable[[Path], Any], wanted: Mapping[str, Any]) -> list[FormerWork]:
    """Return the files among some that hold other work than what is wanted, in order, without damaged ones.

    Parameters
    ----------
    files
        Where former work may be.
    origin_of
        Reads what a file says of its origin; it may raise anything for a damaged one.
    wanted
        The same of the work that is to be done.
    """
    found = []
    for path in files:
        origin = undamaged(lambda path=path: origin_of(path))
        changes = differences(origin, wanted) if isinstance(origin, dict) else []
        if isinstance(origin, dict) and changes:
            found.append(FormerWork(path, origin, wanted, tuple(changes)))
    return found
