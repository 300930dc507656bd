"""One of the two datasets that are compared."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ..._util.checks import shown
from ..._util.forks import cached_property
from ...circuit.cell_kinds import Cell
from ...circuit.compact_cell import CompactCell
from ...compact import characteristics
from ...device.families import FAMILIES
from ...device.state import State
from ...provenance.manifest import Manifest
from ...provenance.rebuild import rebuilt
from ...simulation.jart.population import stationary
from ...simulation.write_voltages import Pair
from ..circuit_records import start_state
from ..pulse_dataset import PulseDataset
from ..recipe import Recipe, Sample

_NO_MATTER = ("realisation", "read_noise", *(kind().lead.start for kind in FAMILIES.values()))
"""Values of a device that decide nothing of which record it is, and of where that begins."""


@dataclass(frozen=True)
class ComparedDataset:
    """A dataset, and its cell where it is asked for.

    Attributes
    ----------
    name
        "A" or "B".
    data
        The records.
    given
        The cell; None where the manifest describes it.
    """

    name: str
    data: PulseDataset
    given: Cell | CompactCell | None = None

    @classmethod
    def of(cls, name: str, data: PulseDataset | str | Path, given: Cell | CompactCell | None) -> ComparedDataset:
        """Return the side of a dataset or its folder; ValueError for what is neither, or where records are missing."""
        if not isinstance(data, PulseDataset | str | Path):
            raise ValueError(f"{name} = {shown(data)} must be a PulseDataset or the folder of one")
        found = data if isinstance(data, PulseDataset) else PulseDataset.load(data)
        if found.manifest.cell.get("kind") == "measurement":
            raise ValueError(f"{name} holds measured pulses: compare takes records that were extracted from cells")
        if "record" not in found.frame or list(found.frame.record) != list(range(len(found.frame))):
            raise ValueError(f"{name} lacks records: compare takes whole datasets, with the records 0, 1, ..")
        return cls(name, found, given)

    @cached_property
    def cell(self) -> Cell | CompactCell:
        """Return the cell; ValueError where neither the caller nor the manifest gives it."""
        if self.given is not None:
            return self.given
        try:
            return rebuilt(self.data.manifest)
        except ValueError as error:
            raise ValueError(f"{self.name}: {error} (compare(a, b, cell_{self.name.lower()}=...))") from error

    @cached_property
    def recipe(self) -> Recipe:
        """Return the recipe of the records; ValueError for records that were not extracted from a cell."""
        try:
            return self.data.recipe
        except ValueError as error:
            raise ValueError(f"{self.name}: {error}") from error

    @property
    def pair(self) -> Pair:
        """Return the amplitudes of the records."""
        return self.recipe.known_pair

    @cached_property
    def described_device(self) -> dict[str, Any]:
        """Return the values of the nominal device that decide what each record is, by name."""
        cell = json.loads(json.dumps(self.data.manifest.cell))
        array = cell.get("array")
        if array:
            devices, place = array["devices"], cell["row"] * array["cols"] + cell["cols"][0]
            device = devices[place] if devices else array["cell"]["device"]
        else:
            device = cell.get("device", {})
        return {name: value for name, value in device.items() if name not in _NO_MATTER}

    def sample(self, number: int) -> tuple[Cell | CompactCell, Sample, State]:
        """Return a record's cell with its own device, its sample, and the state that it begins in."""
        drawn = self.recipe.draw(self.cell, number)
        cell = self.cell.replace(device=drawn.device)
        if not isinstance(cell, CompactCell):
            return cell, drawn, start_state(cell, drawn, self.recipe.start)
        if self.recipe.start == "nominal" or "stationary start" not in drawn.device.capabilities:
            return cell, drawn, cell.state(drawn.start_S)
        return cell, drawn, stationary(drawn.device, drawn.start_S, drawn.seed, cell.model)

    def ends_S(self, number: int) -> np.ndarray:
        """Return the ends of the range of a record's device [S], (2,) or (4,): as it is drawn, and as it has walked."""
        cell, drawn, state = self.sample(number)
        model = cell.model if isinstance(cell, CompactCell) else None
        own, now = drawn.device, drawn.device.now(state.x[cell.index], state.walked(cell.index))
        # with other radius and length the device has other conductances at the ends of its window
        walked = np.sort(characteristics.conductance(now, np.array(own.bounds), model)) if state.wander else ()
        return np.array([*characteristics.range_S(own, model), *walked])


def label(manifest: Manifest) -> str:
    """Return a short description of a manifest's cell, as text."""
    cell = manifest.cell
    kind = cell.get("kind")
    if kind == "CompactCell":
        return f"compact, {cell['model']}" + (f", {cell['resistance']:g} Ohm" if cell["resistance"] else "")
    if kind != "Selection":
        return f"{_single(cell)} in SPICE" if kind in ("Cell1R", "Cell1T1R") else str(kind)
    array, places = cell["array"], ", ".join(f"({cell['row']}, {col})" for col in cell["cols"])
    return f"{_single(array['cell'])} at {places} of {array['rows']} x {array['cols']} in SPICE"


def _single(cell: Mapping[str, Any]) -> str:
    """Return the kind of a described cell, as text."""
    return "1T1R" if "transistor" in cell else "1R"
