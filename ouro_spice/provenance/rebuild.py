"""A cell again from the description of it in a manifest; manifests of the former format as those of today."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

from .._util.checks import check_kind
from ..circuit.cell_kinds import Cell
from ..circuit.compact_cell import CompactCell
from ..circuit.process import Process
from ..device.foreign.foreign_device import ForeignDevice
from . import former_format
from .cell_description import CELLS, cell_class, completed, kind_of
from .differences import CIRCUIT, differences, listed
from .manifest import MEASUREMENT, Manifest, describe


def rebuilt(manifest: Manifest) -> Cell | CompactCell:
    """Return the cell that a manifest describes.

    Raises
    ------
    ValueError
        For a manifest of something else than a cell, of a process of your own, whose files it does not hold, or one
        made with another version of the models or libraries: the cell would not be the same.
    """
    check_kind("manifest", manifest, Manifest)
    cell = built(manifest)
    found = changed_circuit(manifest, cell)
    if found:
        raise ValueError(_other(found))
    return cell


def built(manifest: Manifest) -> Cell | CompactCell:
    """Return the cell of a manifest's values, whatever models and libraries there are here; ValueError for no cell."""
    kind = cell_class(manifest.cell)
    if kind is None:
        known = ", ".join(CELLS)
        raise ValueError(f"the manifest describes {manifest.cell.get('kind')!r}, no cell that there is ({known})")
    return _part(kind, completed(manifest.cell))


def changed_circuit(manifest: Manifest, cell: Cell | CompactCell) -> list[str]:
    """Return what differs between a manifest's circuit and a cell's here, see `differences`; [] where it fits.

    One of the former format has hashes of texts with their comments: there a comment differs, too.
    """
    here = describe(cell)
    found = differences(manifest, here, CIRCUIT)
    if manifest.code is not None:
        return found or ([] if manifest.circuit == here.circuit else ["its circuit changed"])
    there, now = manifest.files, former_format.files(cell)
    if isinstance(cell, CompactCell):  # there it was the code of the model
        return found
    names = sorted(name for name in {*there, *now} if there.get(name) != now.get(name))
    texts = [name for name in names if not name.startswith("netlist")]
    return [*found, *(f"{name} changed" for name in (texts or ([] if found else names)))]


def unlike(trained: Manifest, here: Manifest) -> list[str]:
    """Return what differs between the circuit of a predictor's training and another; [] where it fits."""
    found = differences(trained, here, CIRCUIT)
    if found or trained.circuit == here.circuit:
        return found
    if trained.code is not None or trained.cell.get("kind") not in CELLS:
        return ["what is measured"] if trained.cell.get("kind") == MEASUREMENT else ["its circuit changed"]
    try:
        cell = rebuilt(here)
    except ValueError:
        return [f"{former_format.UNKNOWN}, and with a process of your own"]
    return changed_circuit(trained, cell)


def check_fit(trained: Manifest, here: Manifest | str, what: str, remedy: str) -> None:
    """Raise ValueError for another circuit than that of a training, naming what differs.

    Parameters
    ----------
    trained
        The manifest of the training data.
    here
        That of the circuit; or its hash alone, which cannot say what differs.
    what, remedy
        What was trained, such as "predictor", and what to do.
    """
    if isinstance(here, str):
        found = [] if here == trained.circuit else ["by its hash alone"]
    else:
        found = unlike(trained, here)
    if found:
        raise ValueError(f"this {what} was trained on another circuit ({listed(found)}): {remedy}")


def taken_over(manifest: Manifest) -> Manifest:
    """Return a manifest of the former format as one of today's with the same circuit; its maker is not known.

    Raises
    ------
    ValueError
        Where the circuit here is another one, naming what differs; where it cannot be known, see `rebuilt`.
    """
    if manifest.code is not None:
        return manifest
    here = describe(rebuilt(manifest))
    return dataclasses.replace(manifest, circuit=here.circuit, files=here.files, cell=here.cell, code={})


def _part(kind: type, values: Mapping[str, Any]) -> Any:
    """Return a part of a cell, or the cell, from its description."""
    own = {name: value for name, value in values.items() if name != "kind" or kind is Process}
    unknown = sorted(set(own) - {f.name for f in dataclasses.fields(kind)})
    lacking = [f.name for f in dataclasses.fields(kind) if f.name not in own]
    if unknown or lacking:
        names = ", ".join(unknown or lacking)
        what = "which is unknown here" if unknown else "which it lacks"
        raise ValueError(_other([f"{kind.__name__}: {names}, {what}"]))
    return kind(**{name: _made(part, name) for name, part in own.items()})


def _made(value: Any, place: str) -> Any:
    """Return a value of a description, or the part that it describes."""
    if isinstance(value, list):
        return tuple(_made(one, place) for one in value)
    if not isinstance(value, Mapping):
        return value
    kind = kind_of(place, value)
    if kind is None:
        raise ValueError(_other([f"{place}, which is unknown here"]))
    if kind is Process and (value["library"] or value["includes"] or value["osdi"] or value.get("init")):
        raise ValueError(
            f"the cell has transistors of a process of your own ({value['library'] or 'files'}), whose files the "
            "manifest does not hold: give the cell itself, in Python"
        )
    if kind is ForeignDevice:
        raise ValueError("the cell has a memristor of a model of your own: give the cell itself, in Python")
    return _part(kind, value)


def _other(found: list[str]) -> str:
    """Return the message for a manifest whose cell cannot be built the same here."""
    return (
        f"the manifest was made with other models, libraries or parts than those here ({listed(found)}): "
        "make its work again, or give the cell itself, in Python"
    )
