"""How well records at fidelity "circuit" agree with those in full SPICE: a seeded sample of a dataset, made in both."""

from __future__ import annotations

import contextlib

from .._util.progress import progress
from ..circuit.cell_kinds import LoneCell
from ..simulation.agreement import Agreement, chosen
from ..simulation.sensing import prepare
from ..spice.ngspice import Ngspice
from .circuit_records import circuit_record
from .measured_records import circuit_model_records
from .recipe import Recipe, Sample
from .record import Record
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
