"""Manifests of the former format, which did not record the code: how their hashes were made."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from .._util import assets
from ..circuit.cell_kinds import Cell
from ..circuit.compact_cell import CompactCell
from ..circuit.pulse import Pulse

UNKNOWN = "made by a version that did not record its code"

_TOOLS = ("ouro-spice", "ngspice", "openvaf")
_NUMBERS = ("numpy", "scipy", "numba")


def circuit(kind: str, parts: Mapping[str, Any], files: Mapping[str, str]) -> str:
    """Return the hash of all values of a cell and of all its files of models and netlists."""
    lines = (f"{name} {digest}" for name, digest in sorted(files.items()))
    return hashlib.sha256("\n".join([kind, json.dumps(parts, sort_keys=True), *lines]).encode()).hexdigest()


def origin(digest: str, cell: Mapping[str, Any], settings: Any, versions: Mapping[str, str]) -> dict[str, Any]:
    """Return what decided the numbers: circuit, settings, versions of the tools."""
    names = _TOOLS + (_NUMBERS if cell.get("kind") == CompactCell.__name__ else ())
    return {"circuit": digest, "settings": settings, "simulator": {name: versions.get(name) for name in names}}


def files(cell: Cell | CompactCell) -> dict[str, str]:
    """Return the hashes of models, libraries and netlists of a circuit as they were recorded; {} for a compact cell.

    Of a compact cell it was the source of its model, which is code.
    """
    if isinstance(cell, CompactCell):
        return {}
    pulses = {"set": Pulse(-1.0, 1e-6), "reset": Pulse(1.0, 1e-6)}
    benches = {name: cell.testbench([pulse]) for name, pulse in pulses.items()} | {"read": cell.read_testbench()}
    bench = benches["set"]
    found = {f"{name}.lib": assets.sha256(assets.library(name)) for name in bench.libraries}
    found |= {f"{name}.va": assets.sha256(assets.verilog_a(name)) for name in bench.models if isinstance(name, str)}
    own = cell.alone.process if bench.process else None
    for name, digest in (own.hashes if own else {}).items():
        path = assets.folder("netlists") / "lib" / name
        found[name] = assets.sha256(path) if _shipped(path) else digest
    return found | {f"netlist, {name}": one.sha256 for name, one in benches.items()}


def _shipped(path: Path) -> bool:
    return path.suffix == ".lib" and path.is_file()
