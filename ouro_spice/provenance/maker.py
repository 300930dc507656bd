"""What makes results: where each kind of work begins in the package, and with it all code that can change them."""

from __future__ import annotations

from .._util import assets
from . import sources

WORKS: dict[str, tuple[str, ...]] = {
    "simulation": ("cell", "transient", "fleet"),
    "records": ("dataset.work",),
    "measurements": ("importing", "measured"),
    "writes": ("write_verify", "write_verify.many", "fleet", "predictor.programmer", "predictor.table"),
    "benchmark": ("results.benchmark", "results.bench_table", "predictor.programmer", "predictor.table"),
    "trials": ("one_shot.trying",),
    "training": ("results.networks",),
    "campaign": ("results.networks", "results.attempts", "results.writes", "results.transfer"),
    "array": ("array",),
    "edges": ("edges",),
    "play": ("compare.playing",),
    "curves": ("curves",),
}
"""Modules in which each kind of work begins."""

_BOOKS = (
    "manifest", "maker", "sources", "described", "former", "provenance", "kept", "rebuild", "progress",
    "dataset.storage", "dataset.settings", "dataset.making", "predictor.checkpoint",
)  # fmt: skip
"""Modules that describe work, keep it and count it, and decide no number of it."""

_PAGES = (
    "report", "cli", "results.claims", "results.document", "results.formats", "results.page", "results.publish",
    "results.revision", "results.table", "results.write_tables",
)  # fmt: skip
"""Modules that print."""

_CIRCUITS = (
    "engine", "osdi", "static", "sensing", "dataset.circuit_records", "fleet.spice", "transient.circuit",
    "transient.frozen", "transient.guess", "transient.scales", "circuit.testbench", "circuit.drive", "circuit.grid",
    "circuit.crossbar",
)  # fmt: skip
"""Modules without which compact cells do."""

_PROCESSES = ("engine.worker",)
"""Modules that are run as processes of their own, and imported by nothing."""

_HELP = ("walk_clock",)
"""Verilog-A that is no physics: it puts the points of a transient where a walk bends."""


def code(work: str, compact: bool) -> dict[str, str]:
    """Return the hash of all code that can change the results of a kind of work, by file name.

    That is the package's modules and, in circuits, Verilog-A that helps the solver.

    Parameters
    ----------
    work
        One of `WORKS`.
    compact
        Whether it is done with compact cells alone: nothing that only circuits need takes part then.
    """
    if work == "measurements":
        return sources.closure(WORKS[work], (*_BOOKS, *_PAGES, *_CIRCUITS, "dataset", "circuit", "array", "pair"))
    if compact:
        return sources.closure(WORKS[work], (*_BOOKS, *_PAGES, *_CIRCUITS))
    beside = {f"{name}.va": assets.text_sha256(assets.verilog_a(name)) for name in _HELP}
    return sources.closure((*WORKS[work], *_PROCESSES), (*_BOOKS, *_PAGES)) | beside
