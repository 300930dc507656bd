"""What exactly was simulated, and what made it: model, libraries, values, code, versions, settings, failures.

Two digests. `Manifest.circuit` is that of what a predictor fits to: a comment, or a new field at its default, does not
move it. `Manifest.digest` is that of the maker: everything that can change a result, the package's own code included.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import platform
from dataclasses import dataclass, field
from functools import lru_cache
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from .._util import assets, machine
from .._util.display import brief, shows
from ..circuit.cell_kinds import Cell
from ..circuit.compact_cell import CompactCell
from ..circuit.pulse import Pulse
from ..circuit.selection import Selection
from ..circuit.testbench import Testbench
from . import former_format, maker
from .cell_description import as_full, reduced

_NUMBERS = ("numpy", "scipy", "numba")
_TOOLS = ("ngspice", "openvaf")
"""What decides the numbers, and what beside it those of circuits."""

MEASUREMENT = "measurement"
"""The kind of a cell whose pulses were measured."""


@dataclass(frozen=True)
class Manifest:
    """The origin of a dataset, a checkpoint or a report.

    Attributes
    ----------
    circuit
        One hash for everything that decides the physics: the values that are no defaults, models, libraries, netlists.
    files
        SHA-256 of each .va and .lib by name, without comments, and of the netlists of a SET, a RESET and a read; none
        of a compact cell, whose model is code.
    cell
        The description of the cell, all values.
    versions
        Package, Python, numpy, PySpice, ngspice, Verilog-A compiler.
    settings
        Seed, sampling law and whatever else the work was given.
    failures
        Simulations that failed, by result code.
    code
        What of the package can change the results, but for the circuit, by file name: hashes of modules, and of the
        Verilog-A of numerical help in circuits, that comments do not move. None in
        manifests of versions that did not record it; empty where it is not known.
    agreement
        Of work at fidelity "circuit": how well a sample of it agrees with full SPICE, see `Agreement`.
    """

    circuit: str
    files: dict[str, str]
    cell: dict[str, Any]
    versions: dict[str, str]
    settings: dict[str, Any] = field(default_factory=dict)
    failures: dict[str, int] = field(default_factory=dict)
    code: dict[str, str] | None = None
    agreement: dict[str, Any] | None = None

    @shows
    def __repr__(self) -> str:
        return brief(self)

    @property
    def origin(self) -> dict[str, Any]:
        """Return what decides the numbers: circuit, code, settings, versions of the tools."""
        if self.code is None:
            return former_format.origin(self.circuit, self.cell, self.settings, self.versions)
        found = {"circuit": self.circuit, "cell": reduced(self.cell), "files": self.files, "code": self.code}
        return found | {"settings": self.settings, "simulator": self.tools}

    @property
    def tools(self) -> dict[str, str]:
        """Return the versions of the tools that decide the numbers, by name."""
        compact = self.cell.get("kind") in (CompactCell.__name__, MEASUREMENT)
        # the room was called predictor before
        learned = any(name.startswith(("prediction/", "predictor/")) for name in self.code or ())
        names = _NUMBERS + (() if compact else _TOOLS) + (("torch",) if learned else ())
        return {name: self.versions[name] for name in names if name in self.versions}

    @property
    def digest(self) -> str:
        """Return the hash of the maker: of everything that decides the numbers, see `origin`."""
        return hashlib.sha256(json.dumps(self.origin, sort_keys=True).encode()).hexdigest()

    @property
    def mark(self) -> str:
        """Return the hash that each file of a dataset carries: of the manifest without the failures."""
        return self.digest if self.code is None else dataclasses.replace(self, failures={}, agreement=None).sha256

    def to_json(self) -> str:
        """Return the manifest as indented JSON."""
        values = dataclasses.asdict(self)
        if self.code is None:  # the former format has a hash of its own
            del values["code"]
        if self.agreement is None:  # as in manifests of before there was one
            del values["agreement"]
        return json.dumps(values, indent=2, sort_keys=True)

    @property
    def sha256(self) -> str:
        """Return the hash of the whole manifest, see `to_json`."""
        return hashlib.sha256(self.to_json().encode()).hexdigest()

    @classmethod
    def from_json(cls, text: str) -> Manifest:
        """Return a manifest from its text; ValueError for what is none, or does not have its own ``sha256``."""
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
        """Raise ValueError unless cell and files have the hash that the manifest names as its circuit."""
        if self.cell.get("kind") == MEASUREMENT:
            right = measured_circuit(*self.files.values()) if len(self.files) == 1 else ""
            right = right if [self.cell.get("file")] == list(self.files) else ""
        else:
            right = _circuit(self.cell, self.files) if self.code is not None else self._former()
        if self.circuit != right:
            raise ValueError("the manifest was changed: its cell and files are not those of its circuit")

    def _former(self) -> str:
        parts = {name: value for name, value in self.cell.items() if name != "kind"}
        return former_format.circuit(str(self.cell.get("kind")), parts, self.files)


_KINDS = {
    "circuit": (str, "a text"), "files": (dict, "a table of texts"), "cell": (dict, "a table"),
    "versions": (dict, "a table of texts"), "settings": (dict, "a table"), "failures": (dict, "a table of numbers"),
    "code": (dict, "a table of texts"), "agreement": (dict, "a table of numbers"),
}  # fmt: skip
_INNER = {"files": str, "versions": str, "failures": int, "code": str}
_OPTIONAL = ("settings", "failures", "code", "agreement")


def _checked(values: dict[str, Any]) -> dict[str, Any]:
    """Return the fields of a manifest; ValueError for a missing or unknown one, or one of another kind."""
    missing = [name for name in _KINDS if name not in values and name not in _OPTIONAL]
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
    """Return the hash that stands for the circuit of measurements, from the hash of their file."""
    return hashlib.sha256(f"measured {digest}".encode()).hexdigest()


def _circuit(cell: dict[str, Any], files: dict[str, str]) -> str:
    """Return the hash of a cell without its defaults, and of all files of models and netlists.

    The fidelity of a cell that is in no array is no part of it: it is the same circuit.
    """
    return hashlib.sha256(json.dumps([reduced(as_full(cell)), files], sort_keys=True).encode()).hexdigest()


def describe(cell: Cell | CompactCell, made_by: str = "simulation", /, **settings: Any) -> Manifest:
    """Return the manifest of work on a cell.

    Parameters
    ----------
    cell
        The circuit, or compact cell.
    made_by
        The kind of work, one of `maker.WORKS`: it decides which code takes part.
    **settings
        Whatever else decides the results, as JSON can hold it.
    """
    compact = isinstance(cell, CompactCell)
    own = () if compact else cell.alone.process.content
    return dataclasses.replace(_describe(cell, own), settings=settings, code=maker.code(made_by, compact))


@lru_cache(maxsize=64)
def _describe(cell: Cell | CompactCell, _own: tuple[str, ...]) -> Manifest:
    """Return the manifest of a cell without settings and code; `_own`: what files of its own process hold now."""
    files = {} if isinstance(cell, CompactCell) else _circuit_files(cell)
    described = {"kind": type(cell).__name__} | _parts(cell)
    return Manifest(circuit=_circuit(described, files), files=files, cell=described, versions=versions())


def _parts(cell: Cell | CompactCell) -> dict[str, Any]:
    """Return all values of a cell; of a process's files the names alone, as folders decide nothing."""
    parts = dataclasses.asdict(cell)
    if isinstance(cell, CompactCell):
        return parts
    inner = parts["array"]["cell"] if isinstance(cell, Selection) else parts
    inner["process"] = cell.alone.process.portable
    if isinstance(cell, Selection) and cell.active is not None:
        parts["active"] = sorted(cell.active)
    return parts


def _circuit_files(cell: Cell) -> dict[str, str]:
    """Return the hashes of a circuit's texts; solver options, records and titles are not part of its physics."""
    benches, files = netlists(cell), {}
    for bench in benches.values():  # a sense path is there in reads alone
        files |= {f"{name}.lib": assets.text_sha256(assets.library(name)) for name in bench.libraries}
        # the text of a model of a user's own is in the description of the device
        names = (model for model in bench.models if isinstance(model, str))
        files |= {f"{name}.va": assets.text_sha256(assets.verilog_a(name)) for name in names}
        files |= bench.process.hashes if bench.process else {}
    return files | {f"netlist, {name}": _elements(one) for name, one in benches.items()}


def _elements(bench: Testbench) -> str:
    """Return the hash of a testbench's elements and initial voltages."""
    lines = [*bench.elements, *(f".ic v({node})={volts:.17g}" for node, volts in bench.volts)]
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def netlists(cell: Cell) -> dict[str, Testbench]:
    """Return the testbenches that stand for a circuit by name: a SET pulse, a RESET pulse, a read."""
    pulses = {"set": Pulse(-1.0, 1e-6), "reset": Pulse(1.0, 1e-6)}
    return {name: cell.testbench([pulse]) for name, pulse in pulses.items()} | {"read": cell.read_testbench()}


@lru_cache(maxsize=1)
def versions() -> dict[str, str]:
    """Return the versions of everything that takes part, by name."""
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


def tools() -> dict[str, dict[str, str]]:
    """Return what makes results here: versions of tools, and the package's code."""
    found = versions()
    return {"simulator": {name: found[name] for name in (*_TOOLS, *_NUMBERS, "torch")}, "code": maker.every_code()}
