"""A cell again from the description of it in a manifest."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

from .checks import check_kind
from .circuit import (
    Cell,
    Cell1R,
    Cell1T1R,
    CompactCell,
    Crossbar,
    Driver,
    Lines,
    Process,
    Read,
    Resistor,
    Selection,
    Sense,
    Transistor,
    WriteDriver,
)
from .circuit.process import UNSAID
from .device import Device
from .manifest import Manifest, describe
from .variability import HalfCycleWalk, ReadNoise, Walk

_CELLS = {kind.__name__: kind for kind in (Cell1R, Cell1T1R, CompactCell, Selection)}
_PARTS = (
    Cell1R, Cell1T1R, Crossbar, Device, Driver, HalfCycleWalk, Lines, Process, Read, ReadNoise, Sense, Transistor, Walk,
    WriteDriver,
)  # fmt: skip


def _names(kind: type) -> frozenset[str]:
    return frozenset(f.name for f in dataclasses.fields(kind))


# a description has values, not kinds: parts are told apart by the names of their values
_BY_NAMES = {_names(kind): kind for kind in _PARTS}
_MEMRISTORS = ("device", "devices")
"""Where a part with nothing but a resistance is a `Resistor`, not a `Driver`."""


def rebuilt(manifest: Manifest) -> Cell | CompactCell:
    """The cell that a manifest describes.

    Raises
    ------
    ValueError
        For a manifest of something else than a cell, of a process of your own, whose files it does not hold, or one
        made with another version of the models or libraries: the cell would not be the same.
    """
    check_kind("manifest", manifest, Manifest)
    parts = dict(manifest.cell)
    kind = _CELLS.get(parts.pop("kind", None))
    if kind is None:
        known = ", ".join(_CELLS)
        raise ValueError(f"the manifest describes {manifest.cell.get('kind')!r}, no cell that there is ({known})")
    if set(parts) != _names(kind):
        raise ValueError(_other(manifest))
    cell = kind(**{name: _made(value, name, manifest) for name, value in parts.items()})
    if describe(cell).circuit != manifest.circuit:
        raise ValueError(_other(manifest))
    return cell


def _made(value: Any, place: str, manifest: Manifest) -> Any:
    """A value of a description as the part that it stands for."""
    if isinstance(value, list):
        return tuple(_made(one, place, manifest) for one in value)
    if not isinstance(value, Mapping):
        return value
    names = frozenset(value) | (frozenset(UNSAID) if "core_nmos" in value else frozenset())
    kind = Resistor if place in _MEMRISTORS and names == _names(Resistor) else _BY_NAMES.get(names)
    if kind is None:
        raise ValueError(_other(manifest))
    if kind is Process and (value["library"] or value["includes"] or value["osdi"] or value.get("init")):
        raise ValueError(
            f"the cell has transistors of a process of your own ({value['library'] or 'files'}), whose files the "
            "manifest does not hold: give the cell itself, in Python"
        )
    return kind(**{name: _made(part, name, manifest) for name, part in value.items()})


def _other(manifest: Manifest) -> str:
    version = manifest.versions.get("ouro-spice", "unknown")
    return (
        f"the manifest was made with other models, libraries or parts than those here (ouro_spice {version} there): "
        "make its work again, or give the cell itself, in Python"
    )
