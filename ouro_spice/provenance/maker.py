"""What makes results: where each kind of work begins in the package, and with it all code that can change them."""

from __future__ import annotations

from .._util import assets
from . import sources

_PREDICTED = ("prediction.neural_programmer", "prediction.pulse_predictor", "prediction.lookup_table")
"""Modules of what a programmer may ask, which it knows by a protocol alone."""

WORKS: dict[str, tuple[str, ...]] = {
    "simulation": ("simulation.live_cell", "simulation.transient", "programming.batch"),
    "records": ("dataset.shards",),
    "measurements": ("dataset.importing", "dataset.measurements"),
    "writes": ("programming", *_PREDICTED),
    "benchmark": ("experiment.benchmark", "experiment.bench_table", *_PREDICTED),
    "trials": ("evaluation.trajectories",),
    "training": ("experiment.networks",),
    "campaign": ("experiment.networks", "experiment.attempts", "experiment.writes", "experiment.transfer"),
    "array": ("array",),
    "edges": ("dataset.edge_effects",),
    "play": ("dataset.comparison.replay",),
    "curves": ("experiment.switching_curves",),
}  # fmt: skip
"""Modules, or whole folders of them, in which each kind of work begins."""

_BOOKS = (
    "provenance.manifest", "provenance.maker", "provenance.sources", "provenance.cell_description",
    "provenance.former_format", "provenance.former_work", "provenance.differences", "provenance.cache",
    "provenance.rebuild", "_util.progress", "dataset.storage", "dataset.settings", "dataset.making",
    "prediction.checkpoint", "dataset.record_agreement",
)  # fmt: skip
"""Modules that describe work, keep it and count it, and decide no number of it.

The journal is none: it holds states that interrupted work goes on from.
"""

_PAGES = (
    "reporting", "cli", "experiment.campaign_page", "experiment.campaign_card", "experiment.benchmark_page",
    "experiment.sim_page", "experiment.sim_card", "experiment.deck_section", "experiment.published", "_util.display",
    "_util.compile_display", "_util.notebook_display", "circuit.waveform_display", "array.array_display",
    "dataset.dataset_display", "dataset.comparison.comparison_display", "programming.history_display",
    "prediction.predictor_display",
)  # fmt: skip
"""Modules that print."""

_CIRCUITS = (
    "spice", "simulation.static", "simulation.sensing", "simulation.circuit_transient", "simulation.frozen_devices",
    "simulation.array_solver",
    "simulation.jart.first_guess", "simulation.time_scales", "dataset.circuit_records", "programming.spice_batch",
    "circuit.testbench", "circuit.drivers", "circuit.crossbar_netlist", "circuit.array_testbench", "circuit.crossbar",
)  # fmt: skip
"""Modules without which compact cells do."""

_HANDED_OVER = ("spice.worker", "circuit.crossbar", "spice.foreign.conductance_table")
"""Modules that circuits need and nothing imports: a process of its own, an array that a cell comes out of, and what a
memristor of a user's own brings along."""

_RECORDS = ("dataset.pulse_dataset", "simulation.write_voltages")
"""Modules that measurements are handed to, which decide nothing of them."""

_HELP = ("walk_clock",)
"""Verilog-A that is no physics: it puts the points of a transient where a walk bends."""

_NO_PYTHON = ("spice/serial_openmp.c",)
"""Files of the package that ngspice runs with and that are no modules."""


def code(work: str, compact: bool) -> dict[str, str]:
    """Return by file name the hashes of all code that can change the results of a kind of work.

    That is the package's modules and, in circuits, Verilog-A and C that help the solver.

    Parameters
    ----------
    work
        One of `WORKS`.
    compact
        Whether it is done with compact cells alone: nothing that only circuits need takes part then.
    """
    if work == "measurements":
        return sources.closure(WORKS[work], (*_BOOKS, *_PAGES, *_CIRCUITS, *_RECORDS))
    if compact:
        return sources.closure(WORKS[work], (*_BOOKS, *_PAGES, *_CIRCUITS))
    beside = {f"{name}.va": assets.text_sha256(assets.verilog_a(name)) for name in _HELP}
    beside |= {name: assets.text_sha256(sources.ROOT / name) for name in _NO_PYTHON}
    return sources.closure((*WORKS[work], *_HANDED_OVER), (*_BOOKS, *_PAGES)) | beside


def every_code() -> dict[str, str]:
    """Return by file name the hashes of all code that can change the results of any kind of work, in circuits and in
    compact cells.
    """
    found = sources.closure(("evaluation.noise_sources",), (*_BOOKS, *_PAGES))
    for work in WORKS:
        found |= code(work, compact=False) | code(work, compact=True)
    return found
