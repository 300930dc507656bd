"""Files of tables: arrays and JSON in an npz file, no code."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ..provenance.manifest import Manifest
from . import archive
from .domain import Domain

if TYPE_CHECKING:
    from .lookup_table import Table

_PLAIN = ("smooth", "still", "any_circuit", "shortest_s", "growth", "turn", "name")


def save(table: Table, path: Path) -> Path:
    """Write a table, whole or not at all."""
    texts = {"plain": json.dumps(_plain(table)), "manifest": table.manifest.to_json(), "sha256": table.sha256}
    texts["domain"] = json.dumps(dataclasses.asdict(table.domain))
    arrays = {"axis_S": table.axis_S, "log_time": table.log_time} | {k: np.array(v) for k, v in texts.items()}
    return archive.save(arrays, path)


def load(kind: type[Table], path: Path) -> Table:
    """Read a table; ValueError for a file that is none."""
    return archive.load(path, "table", lambda arrays: _put_together(kind, arrays))


def digest(table: Table) -> str:
    """Return the hash of all that decides what a table says, and of its manifest; its range decides nothing."""
    content = b"".join(np.ascontiguousarray(one).tobytes() for one in (table.axis_S, table.log_time))
    text = json.dumps(_plain(table), sort_keys=True) + table.manifest.to_json()
    return hashlib.sha256(content + text.encode()).hexdigest()


def _plain(table: Table) -> dict[str, object]:
    return {name: getattr(table, name) for name in _PLAIN}


def _put_together(kind: type[Table], file: dict[str, np.ndarray]) -> Table:
    plain = json.loads(str(file["plain"]))
    if not isinstance(plain, dict) or set(plain) != set(_PLAIN):
        raise ValueError("its settings are none of a table")
    domain = Domain.read(json.loads(str(file["domain"])))
    manifest = Manifest.from_json(str(file["manifest"]))
    table = kind(file["axis_S"], file["log_time"], manifest=manifest, domain=domain, **plain)
    if str(file["sha256"]) != table.sha256:
        raise ValueError("its content does not fit its hash")
    return table
