"""What exactly was simulated: hashes of model, libraries and netlist, versions, parameters, seed, failures."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import platform
from dataclasses import dataclass, field
from functools import lru_cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from . import assets, compact, machine
from .circuit import Cell, CompactCell, Selection, Testbench
from .pulse import Pulse

_TOOLS = ("ouro-spice", "ngspice", "openvaf")
_NUMBERS = ("numpy", "scipy", "numba")
"""What decides the numbers, and what beside it those of compact cells."""

MEASUREMENT = "measurement"
"""The kind of a cell whose pulses were measured."""


@dataclass(frozen=True)
class Manifest:
    """The origin of a dataset, a checkpoint or a report.

    Attributes
    ----------
    circuit
        One hash for everything that decides the physics: netlist with all parameters, libraries, Verilog-A.
    files
        SHA-256 of each .va and .lib by name, and of the netlists of a SET, a RESET and a read.
    cell
        The description of the cell, all values.
    versions
        Package, Python, numpy, PySpice, ngspice, Verilog-A compiler.
    settings
        Seed, sampling law and whatever else the work was given.
    failures
        Simulations that failed, by result code.
    """

    circuit: str
    files: dict[str, str]
    cell: dict[str, Any]
    versions: dict[str, str]
    settings: dict[str, Any] = field(default_factory=dict)
    failures: dict[str, int] = field(default_factory=dict)

    @property
    def origin(self) -> dict[str, Any]:
        """What decides the numbers: circuit, settings, and the versions of the tools that solve it."""
        names = _TOOLS + (_NUMBERS if self.cell.get("kind") == CompactCell.__name__ else ())
        simulator = {name: self.versions.get(name) for name in names}
        return {"circuit": self.circuit, "settings": self.settings, "simulator": simulator}

    @property
    def digest(self) -> str:
        """Hash of the origin."""
        return hashlib.sha256(json.dumps(self.origin, sort_keys=True).encode()).hexdigest()

    def to_json(self) -> str:
        """The manifest as indented JSON."""
        return json.dumps(dataclasses.asdict(self), indent=2, sort_keys=True)

    @property
    def sha256(self) -> str:
        """Hash of everything in it, see `to_json`."""
        return hashlib.sha256(self.to_json().encode()).hexdigest()

    @classmethod
    def from_json(cls, text: str) -> Manifest:
        """Read a manifest; ValueError for what is none, or does not have the hash that it names as its ``sha256``."""
        try:
            values = json.loads(text)
        except (ValueError, RecursionError):
            raise ValueError("not an ouro_spice manifest: it is no whole JSON") from None
        if not isinstance(values, dict):
            raise ValueError("not an ouro_spice manifest: it is no JSON object")
        named = values.pop("sha256", None)
        manifest = cls(**_checked(values))
        if named is not None and named != manifest.sha256:
            raise ValueError("the manifest was changed after it was written: its content does not fit its sha256")
        return manifest

    def check_circuit(self) -> None:
        """Raise ValueError where cell and files do not have the hash that the manifest names as its circuit."""
        if self.cell.get("kind") == MEASUREMENT:
            right = measured_circuit(*self.files.values()) if len(self.files) == 1 else ""
            right = right if [self.cell.get("file")] == list(self.files) else ""
        else:
            cell = {name: value for name, value in self.cell.items() if name != "kind"}
            right = _circuit(str(self.cell.get("kind")), cell, self.files)
        if self.circuit != right:
            raise ValueError("the manifest was changed: its cell and files are not those of its circuit")


_KINDS = {
    "circuit": (str, "a text"), "files": (dict, "a table of texts"), "cell": (dict, "a table"),
    "versions": (dict, "a table of texts"), "settings": (dict, "a table"), "failures": (dict, "a table of numbers"),
}  # fmt: skip
_INNER = {"files": str, "versions": str, "failures": int}


def _checked(values: dict[str, Any]) -> dict[str, Any]:
    """The fields of a manifest; ValueError for one that is missing, not known or of another kind."""
    missing = [name for name in _KINDS if name not in values and name not in ("settings", "failures")]
    if missing:
        raise ValueError(f"not an ouro_spice manifest: it lacks {', '.join(missing)}")
    for name, value in values.items():
        if name not in _KINDS:
            raise ValueError(f"not an ouro_spice manifest: it holds {name!r}, which no manifest does")
        kind, what = _KINDS[name]
        inner = value.values() if name in _INNER and isinstance(value, dict) else ()
        if not isinstance(value, kind) or not all(type(one) is _INNER[name] for one in inner):
            raise ValueError(f"not an ouro_spice manifest: its {name} must be {what}")
    return values


def measured_circuit(digest: str) -> str:
    """Return what stands for the circuit of measurements, by the hash of the file that they come from."""
    return hashlib.sha256(f"measured {digest}".encode()).hexdigest()


def _circuit(kind: str, parts: dict[str, Any], files: dict[str, str]) -> str:
    """The hash of a cell, all values, and of all files of models and netlists."""
    lines = (f"{name} {digest}" for name, digest in sorted(files.items()))
    return hashlib.sha256("\n".join([kind, json.dumps(parts, sort_keys=True), *lines]).encode()).hexdigest()


def describe(cell: Cell | CompactCell, **settings: Any) -> Manifest:
    """The manifest of work on a cell."""
    own = () if isinstance(cell, CompactCell) else cell.alone.process.content
    return dataclasses.replace(_describe(cell, own), settings=settings)


@lru_cache(maxsize=64)
def _describe(cell: Cell | CompactCell, _own: tuple[str, ...]) -> Manifest:
    files = _kernels() if isinstance(cell, CompactCell) else _circuit_files(cell)
    parts = _parts(cell)
    return Manifest(
        circuit=_circuit(type(cell).__name__, parts, files),
        files=files,
        cell={"kind": type(cell).__name__} | parts,
        versions=versions(),
    )


def _parts(cell: Cell | CompactCell) -> dict[str, Any]:
    """All values of a cell; a process's files without the folders they lie in, which decide nothing."""
    parts = dataclasses.asdict(cell)
    if isinstance(cell, CompactCell):
        return parts
    inner = parts["array"]["cell"] if isinstance(cell, Selection) else parts
    inner["process"] = cell.alone.process.portable
    if isinstance(cell, Selection) and cell.active is not None:
        parts["active"] = sorted(cell.active)
    return parts


def _circuit_files(cell: Cell) -> dict[str, str]:
    benches = netlists(cell)
    bench = benches["set"]
    files = {f"{name}.lib": assets.sha256(assets.library(name)) for name in bench.libraries}
    files |= {f"{name}.va": assets.sha256(assets.verilog_a(name)) for name in bench.models}
    files |= bench.process.hashes if bench.process else {}
    return files | {f"netlist, {name}": one.sha256 for name, one in benches.items()}


def _kernels() -> dict[str, str]:
    return {f"compact/{path.name}": assets.sha256(path) for path in sorted(Path(compact.__file__).parent.glob("*.py"))}


def netlists(cell: Cell) -> dict[str, Testbench]:
    """The testbenches that stand for a circuit: a SET pulse, a RESET pulse, a read."""
    pulses = {"set": Pulse(-1.0, 1e-6), "reset": Pulse(1.0, 1e-6)}
    return {name: cell.testbench([pulse]) for name, pulse in pulses.items()} | {"read": cell.read_testbench()}


@lru_cache(maxsize=1)
def versions() -> dict[str, str]:
    """Versions of everything that takes part."""
    found = {"python": platform.python_version()}
    for package in ("ouro-spice", "numpy", "scipy", "numba", "PySpice", "torch"):
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            found[package] = "not installed"
    program, compiler = machine.ngspice_program(), machine.openvaf()
    found["ngspice"] = str(machine.ngspice_version(program)) if program else "not found"
    found["openvaf"] = machine.openvaf_version(compiler) if compiler else "not found"
    return found


def tools() -> dict[str, str]:
    """Versions of what decides the numbers."""
    found = versions()
    return {name: found[name] for name in _TOOLS + _NUMBERS}
