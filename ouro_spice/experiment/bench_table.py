"""A table beside the programmers of a benchmark."""

from __future__ import annotations

import dataclasses

import numpy as np

from ..circuit.compact_cell import CompactCell
from ..evaluation.trajectories import trials
from ..prediction.lookup_table import Table
from ..provenance.manifest import describe
from ..simulation.write_voltages import pair as search
from ..spice.ngspice import Ngspice
from .bench import TRAINING, Bench, cells, compact_model
from .rivals import TABLE, best_table

TRAJECTORIES = 16
"""Of each pair of start and target."""


def bench_table(bench: Bench, engine: Ngspice) -> Table:
    """Return the table of a bench for its tolerance, of trials of its own; its factors tuned where rivals are.

    That of a circuit is made of the compact model of its device, and sends the circuit's amplitudes: either pair takes
    as long to cross the window. Trials in the circuit would take longer than all the rest.
    """
    own = isinstance(bench.cell, CompactCell)
    compact = bench.cell if isinstance(bench.cell, CompactCell) else compact_model(bench.cell)
    voltages = bench.voltages if own else search(compact, bench.voltages.total_s)
    seed = int(np.random.SeedSequence(bench.seed, spawn_key=(TABLE,)).generate_state(1)[0])
    far = 3.0 if bench.d2d is None else 6.0
    found = trials(
        compact, voltages, bench.table, TRAJECTORIES, seed=seed, d2d=bench.d2d, beyond=far, workers=bench.workers,
        scheduler=bench.scheduler,
    )  # fmt: skip
    made = Table.fit(found, bench.tolerance)
    if bench.tuning is not None:
        trained, targets = cells(bench, compact, voltages, bench.tuning.cells, TRAINING, engine)
        made = best_table(made, trained, targets, bench.tolerance, bench.max_pulses)
    if own:
        return made
    settings = made.manifest.settings | {"pair": dataclasses.asdict(bench.voltages)}
    return made.replace(manifest=describe(bench.cell, **settings), name="table of the compact model")
