"""Files of tables: arrays and JSON in an npz file, no code."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Protocol, TypeVar

import numpy as np

from ..provenance.manifest import Manifest
from . import archive
from .domain import Domain

_PLAIN = ("smooth", "still", "any_circuit", "shortest_s", "growth", "turn", "name")


class Stored(Protocol):
    """What a file of a table holds beside plain values; a `Table` is one."""

    @property
    def axis_S(self) -> np.ndarray:
        """Return the conductances of starts and targets, (N,) [S]."""
        ...

    @property
    def log_time(self) -> np.ndarray:
        """Return the logarithms of pulse times [s], (2, N, N)."""
        ...

    @property
    def manifest(self) -> Manifest:
        """Return the manifest of what it was made of."""
        ...

    @property
    def domain(self) -> Domain:
        """Return the ranges of what it was made of."""
        ...

    @property
    def sha256(self) -> str:
        """Return the hash of all that decides what it says."""
        ...


Made = TypeVar("Made", bound=Stored)


def save(table: Stored, path: Path) -> Path:
    """Write a table, whole or not at all; return its path."""
    texts = {"plain": json.dumps(_plain(table)), "manifest": table.manifest.to_json(), "sha256": table.sha256}
    texts["domain"] = json.dumps(dataclasses.asdict(table.domain))
    arrays = {"axis_S": table.axis_S, "log_time": table.log_time} | {k: np.array(v) for k, v in texts.items()}
    return archive.save(arrays, path)


def load(kind: Callable[..., Made], path: Path) -> Made:
    """Read a table; return it, made by `kind`. ValueError for a file that is none."""
    return archive.load(path, "table", lambda arrays: _put_together(kind, arrays))


def digest(table: Stored) -> str:
    """Return the hash (SHA-256, hexadecimal) of all that decides what a table says, and of its manifest; its range
    decides nothing.
    """
    content = b"".join(np.ascontiguousarray(one).tobytes() for one in (table.axis_S, table.log_time))
    text = json.dumps(_plain(table), sort_keys=True) + table.manifest.to_json()
    return hashlib.sha256(content + text.encode()).hexdigest()


def _plain(table: Stored) -> dict[str, object]:
    return {name: getattr(table, name) for name in _PLAIN}


def _put_together(kind: Callable[..., Made], file: dict[str, np.ndarray]) -> Made:
    plain = json.loads(str(file["plain"]))
    if not isinstance(plain, dict) or set(plain) != set(_PLAIN):
        raise ValueError("its settings are none of a table")
    domain = Domain.read(json.loads(str(file["domain"])))
    manifest = Manifest.from_json(str(file["manifest"]))
    table = kind(file["axis_S"], file["log_time"], manifest=manifest, domain=domain, **plain)
    if str(file["sha256"]) != table.sha256:
        raise ValueError("its content does not fit its hash")
    return table
