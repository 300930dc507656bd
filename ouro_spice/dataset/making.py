"""What made a dataset: its code, tools and models, and which of them are others here."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from pathlib import Path

from .._util.progress import notice
from ..circuit.compact_cell import CompactCell
from ..provenance import former_format, maker
from ..provenance.differences import CIRCUIT, MAKER, differences, listed
from ..provenance.manifest import MEASUREMENT, Manifest, describe, versions
from ..provenance.rebuild import built
from .storage import read_manifest

HERE = "made by the code, tools and models that are here"
"""What is said of a dataset that can be resumed."""

_SHORT = 12
_LETTERS = 10


def maker_here(manifest: Manifest) -> str:
    """Return a sentence on what made a dataset, and on whether that is what is here."""
    if not manifest.code:
        return f"{former_format.UNKNOWN}: it can be used, but not resumed"
    found = changes_here(manifest)
    if not found:
        return HERE
    what = f"made by other code, tools or models than those here ({listed(found)})"
    return f"{what}: it can be used, but not resumed"


def changes_here(manifest: Manifest) -> list[str]:
    """Return what differs between the maker of a dataset and what is here, see `differences`."""
    return differences(manifest, _here(manifest), (*CIRCUIT, *MAKER))


def _here(manifest: Manifest) -> Manifest:
    """Return the manifest as it would be written here; of a cell that it does not describe whole, code and tools
    alone.
    """
    kind = manifest.cell.get("kind")
    measured = kind == MEASUREMENT
    try:
        if not measured:
            return describe(built(manifest), "records", **manifest.settings)
    except ValueError:
        pass
    code = maker.code("measurements" if measured else "records", measured or kind == CompactCell.__name__)
    return dataclasses.replace(manifest, versions={**manifest.versions, **versions()}, code=code)


def maker_short(manifest: Manifest) -> str:
    """Return a short digest of code, tools and models of a dataset, and how many modules there are, to tell two
    apart.
    """
    if not manifest.code:
        return former_format.UNKNOWN
    text = json.dumps([manifest.code, manifest.tools, manifest.files], sort_keys=True)
    return f"{hashlib.sha256(text.encode()).hexdigest()[:_SHORT]}, {len(manifest.code)} modules"


def say_why_anew(folder: Path, manifest: Manifest) -> None:
    """Give notice of what differs in former records, in folders ``NAME-DIGEST`` beside one that is not there yet."""
    if folder.exists():
        return
    for other in sorted(folder.parent.glob(f"{folder.name.rpartition('-')[0]}-{'?' * _LETTERS}")):
        try:
            there = read_manifest(other)
        except ValueError:
            continue
        found = differences(there, manifest, MAKER) if there else []
        found = [one for one in found if not one.startswith("the netlist")]  # with the gate voltages of a pair there
        if found:
            notice(f"the records in {other} are made anew in {folder.name}: {listed(found)}")
