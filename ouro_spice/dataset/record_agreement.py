"""How well records at fidelity "circuit" agree with those in full SPICE: a seeded sample of a dataset, made in both."""

from __future__ import annotations

import contextlib
import dataclasses
from pathlib import Path

from .._util.progress import progress
from ..circuit.cell_kinds import Cell, LoneCell, is_measured
from ..circuit.compact_cell import CompactCell
from ..provenance.manifest import Manifest
from ..simulation.agreement import Agreement, chosen
from ..simulation.sensing import prepare
from ..spice.ngspice import Ngspice
from .circuit_records import circuit_record
from .measured_records import circuit_model_records
from .recipe import Recipe, Sample
from .record import Record
from .storage import claim_folder, read_manifest, write_manifest
from .swept_records import swept_record


def record_agreement(cell: LoneCell, recipe: Recipe, engine: Ngspice, beside: int) -> Agreement:
    """Return the agreement of so many of a dataset's records, chosen by its seed, with full SPICE."""
    drawn = [recipe.draw(cell, k) for k in chosen(recipe.n, recipe.seed, beside)]
    fast = circuit_model_records(cell, recipe, drawn, engine)
    full = cell.replace(fidelity="full")
    prepare(full, engine)

    def one(sample: Sample) -> Record:
        return (swept_record if recipe.sweep else circuit_record)(full, recipe, sample, engine)

    slow = []
    with progress("beside in full SPICE", len(drawn)) as bar, contextlib.closing(engine.each(one, drawn)) as found:
        for record in found:
            slow.append(record)
            bar.advance()
    pairs = list(zip(fast, slow, strict=True))
    g, energy = ([(getattr(a, name), getattr(b, name)) for a, b in pairs] for name in ("g_end_S", "energy_J"))
    widths = [] if recipe.sweep else [(a.width_s, b.width_s) for a, b in pairs]
    return Agreement.of(recipe.seed, g, energy, widths, recipe.step_s)


def with_agreement(
    folder: Path | None,
    manifest: Manifest,
    cell: Cell | CompactCell,
    recipe: Recipe,
    engine: Ngspice,
    beside: int,
) -> Manifest:
    """Return the manifest with the agreement of its records with full SPICE, at fidelity "circuit"; FidelityError where
    there is too little. What is in the folder has been found good.
    """
    if not is_measured(cell):
        return manifest
    there = read_manifest(folder) if folder else None
    if there is not None:
        manifest = claim_folder(folder, manifest)
        if there.agreement and there.agreement.get("n", 0) >= min(beside, recipe.n):
            return dataclasses.replace(manifest, agreement=there.agreement)
    found = record_agreement(cell, recipe, engine, beside)
    found.check()
    manifest = dataclasses.replace(manifest, agreement=found.plain)
    return manifest if folder is None or there is None else write_manifest(folder, manifest)
