"""The description of a cell in a manifest: all values of its parts, completed or reduced to what is not the default."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from typing import Any

from ..circuit.cells import Cell1R, Cell1T1R
from ..circuit.compact_cell import CompactCell
from ..circuit.crossbar import Crossbar
from ..circuit.drivers import WriteDriver
from ..circuit.parts import Driver, Lines, Read, Resistor, Transistor
from ..circuit.process import Process
from ..circuit.selection import Selection
from ..circuit.sense import Sense
from ..device.families import FAMILIES
from ..device.foreign.foreign_device import ForeignDevice
from ..device.jart.jart_defaults import DEVICE_DEFAULTS
from ..device.jart.read_noise import ReadNoise
from ..device.jart.walk import HalfCycleWalk, Walk
from ..device.threshold.survey_defaults import SURVEY_DEFAULTS

DEFAULTS: dict[str, dict[str, Any]] = {
    **DEVICE_DEFAULTS, **SURVEY_DEFAULTS,
    "ForeignDevice": {"values": [], "temperature_K": 293.0},
    "Resistor": {"ambient_K": 293.0},
    "Lines": dict.fromkeys(("r_bl", "r_sl", "r_wl", "c_bl", "c_sl", "c_wl", "contact"), 0.0),
    "Driver": {"resistance": 0.0},
    "WriteDriver": {"w": 60e-6, "w_wl": 12e-6, "supply": 3.3},
    "Read": {"voltage": 0.2, "width": 100e-9, "edge": 1e-9},
    "Sense": {"bits": None, "range_S": [0.0, 700e-6], "v_cm": 0.9, "calibrate": True, "supply": 3.3},
    "Transistor": {"w": 20e-6, "l": 0.35e-6, "v_set": 3.3, "v_reset": 3.3, "v_read": 3.3, "edge": 1e-9},
    "Process": {
        "library": None, "corner": "tt", "nmos": "nmos_io", "pmos": "pmos_io", "core_nmos": "nmos_core",
        "core_pmos": "pmos_core", "kind": "model", "unit_m": 1.0, "gate_V": 3.6, "l_min": 0.35e-6, "w_min": 0.4e-6,
        "core_V": 1.32, "core_l_min": 0.13e-6, "core_w_min": 0.16e-6, "includes": [], "osdi": [], "behaviour": None,
        "init": None, "params": [], "w_max": None, "allow_commands": False,
    },
    "Cell1R": {"sense": None, "fidelity": "full"}, "Cell1T1R": {"sense": None, "fidelity": "full"},
    "CompactCell": {"model": "full", "resistance": 0.0},
    "Crossbar": {"scheme": None, "read_scheme": None, "devices": None, "fidelity": "full"},
    "Selection": {"fidelity": "full", "active": None},
}  # fmt: skip
"""Each default as it was when its field came in: a value that equals it says nothing of a circuit.

A default that changes in its class stays here as it is, so that circuits that now have another value are seen to be
others. A new field belongs here, too, with the value with which everything is as it was before.
"""

_FULL = {"fidelity": "full"}
"""What a lone cell has at the fidelity at which it is the circuit itself."""

CELLS = {kind.__name__: kind for kind in (Cell1R, Cell1T1R, CompactCell, Selection)}
_DEVICES = (*FAMILIES.values(), ForeignDevice, Resistor)
PLACES: dict[str, tuple[type, ...]] = {
    "device": _DEVICES, "devices": _DEVICES, "walk": (Walk, HalfCycleWalk),
    "read_noise": (ReadNoise,), "lines": (Lines,), "driver": (Driver, WriteDriver), "read": (Read,),
    "sense": (Sense,), "transistor": (Transistor,), "process": (Process,), "array": (Crossbar,),
    "cell": (Cell1R, Cell1T1R),
}  # fmt: skip
"""What a part can be by the name that it has in what it is a part of."""

_UNITS = {
    "contact": "Ohm", "resistance": "Ohm", "w": "m", "l": "m", "w_wl": "m", "v_set": "V", "v_reset": "V",
    "v_read": "V", "v_cm": "V", "supply": "V", "voltage": "V", "width": "s", "edge": "s", "l_min": "m", "w_min": "m",
    "core_l_min": "m", "core_w_min": "m", "w_max": "m",
}  # fmt: skip
_SUFFIXES = {"s": "s", "S": "S", "V": "V", "K": "K", "m": "m", "J": "J", "A": "A", "Hz": "Hz", "Ohm": "Ohm"}


def kind_of(place: str, values: Mapping[str, Any]) -> type | None:
    """Return the class of a part by its place and the names of its values; None for an unknown place."""
    return max(PLACES.get(place, ()), key=lambda kind: _likeness(kind, values), default=None)


def _likeness(kind: type, values: Mapping[str, Any]) -> tuple[int, int]:
    """Return how many of some values a class has as fields, and minus how many it lacks, to be compared."""
    names = {f.name for f in dataclasses.fields(kind)}
    return len(names & set(values)), -len(names - set(values))


def cell_class(cell: Mapping[str, Any]) -> type | None:
    """Return the class of a described cell; None for what is no cell of this package, such as measurements."""
    return CELLS.get(str(cell.get("kind")))


def reduced(cell: Mapping[str, Any]) -> dict[str, Any]:
    """Return the description of a cell without the values that are the defaults, see `DEFAULTS`.

    What is no cell of this package, such as measurements, comes back as it is.
    """
    kind = cell_class(cell)
    return _plain(cell) if kind is None else {"kind": kind.__name__} | _reduced(kind, cell)


def _reduced(kind: type, values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values of a part that are not its defaults."""
    known = defaults(kind)
    own = {name: _plain(value) for name, value in values.items() if name != "kind" or kind is Process}
    return {name: _part(name, value) for name, value in own.items() if name not in known or value != known[name]}


def _part(place: str, value: Any) -> Any:
    """Return a value of a part, reduced where it is a part itself."""
    if isinstance(value, list) and place in PLACES:
        return [_part(place, one) for one in value]
    if not isinstance(value, Mapping):
        return value
    kind = kind_of(place, value)
    if kind is None:
        return value
    named = {"part": kind.__name__} if len(PLACES[place]) > 1 else {}
    return named | _reduced(kind, value)


def completed(cell: Mapping[str, Any]) -> dict[str, Any]:
    """Return the description of a cell with the defaults of fields that it lacks, as older ones do."""
    kind = cell_class(cell)
    return dict(cell) if kind is None else {"kind": kind.__name__} | _completed(kind, json.loads(json.dumps(cell)))


def _completed(kind: type, values: Mapping[str, Any]) -> dict[str, Any]:
    """Return all values of a part, the defaults included."""
    own = {name: value for name, value in values.items() if name != "part" and (name != "kind" or kind is Process)}
    return {name: _whole(name, value) for name, value in ({**defaults(kind), **_built(kind, own), **own}).items()}


def _whole(place: str, value: Any) -> Any:
    """Return a value of a part, completed where it is a part itself."""
    if isinstance(value, list | tuple) and place in PLACES:
        return [_whole(place, one) for one in value]
    if not isinstance(value, Mapping):
        return value
    kind = next((one for one in PLACES.get(place, ()) if one.__name__ == value.get("part")), kind_of(place, value))
    return value if kind is None else _completed(kind, value)


def _built(kind: type, own: Mapping[str, Any]) -> dict[str, Any]:
    """Return the parts that a class makes itself where none is given, by field."""
    lacking = (f for f in dataclasses.fields(kind) if f.name not in own)
    made = {f.name: f.default_factory() for f in lacking if f.default_factory is not dataclasses.MISSING}
    return {name: _values(one) for name, one in made.items()}


def as_full(cell: Mapping[str, Any]) -> dict[str, Any]:
    """Return the description of a cell as that of the same circuit in full SPICE; of an array's cell it stays."""
    lone = cell.get("kind") in (Cell1R.__name__, Cell1T1R.__name__)
    return {**cell, **(_FULL if lone and "fidelity" in cell else {})}


def defaults(kind: type) -> dict[str, Any]:
    """Return the value of each field at which everything is as it was before there was the field."""
    fields = {f.name: f.default for f in dataclasses.fields(kind) if f.default is not dataclasses.MISSING}
    return _plain(fields) | _plain(DEFAULTS.get(kind.__name__, {}))


def _plain(value: Any) -> Any:
    """Return a value as JSON gives it back, whole numbers as int: 20 and 20.0 are the same."""
    value = _values(value)
    if isinstance(value, Mapping):
        return {str(name): _plain(one) for name, one in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_plain(one) for one in (sorted(value) if isinstance(value, set | frozenset) else value)]
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**53:
        return int(value)
    return json.loads(json.dumps(value))


def _values(part: Any) -> Any:
    """Return the values of a part by name; what is no part comes back as it is."""
    return dataclasses.asdict(part) if dataclasses.is_dataclass(part) and not isinstance(part, type) else part


def unit(place: str, name: str) -> str:
    """Return the unit of a value by its part and name; "" where it has none or is not known."""
    known = (kind.table() for kind in FAMILIES.values()) if place in ("device", "devices") else ()
    for table in known:
        if name in table:
            return "" if table[name].unit == "1" else table[name].unit
    if place == "lines" and name[:2] in ("r_", "c_"):
        return "Ohm" if name[0] == "r" else "F"
    ending = name.rpartition("_")[2] if "_" in name else ""
    return _UNITS.get(name, "") or _SUFFIXES.get(ending, "")
