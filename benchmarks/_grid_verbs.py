"""The verbs of the flow by name, and the sentence that a verb says where it cannot."""

from __future__ import annotations

from collections.abc import Callable

import _grid_files
import _grid_writes
from _grid_case import Case

Verb = Callable[[Case], str]

VERBS: dict[str, Verb] = {
    "simulate, compact": _grid_writes.simulate_compact,
    "simulate, 1R": _grid_writes.simulate_1r,
    "simulate, 1T1R": _grid_writes.simulate_1t1r,
    "compact against 1R": _grid_writes.compact_is_1r,
    "live read": _grid_writes.read_live,
    "A then B = A + B": _grid_writes.resume,
    "ten years of rest": _grid_writes.long_times,
    "pair": _grid_writes.pair,
    "extract, 1R, D2D": _grid_writes.extract_1r,
    "extract, 1T1R, D2D": _grid_writes.extract_1t1r,
    "network": _grid_writes.fit_network,
    "table": _grid_writes.fit_table,
    "write_verify, 1R, 1T1R": _grid_writes.write_verify,
    "write_many": _grid_writes.write_many,
    "write_many, 1T1R": _grid_writes.fleet_1t1r,
    "write_many by table": _grid_writes.write_by_table,
    "model time, posterior": _grid_writes.knows_model,
    "noise_free": _grid_writes.noise_free,
    "trials": _grid_writes.trials,
    "tune": _grid_writes.tune,
    "deploy, small updates": _grid_writes.deploy,
    "array write, full": _grid_files.array_full,
    "array write, frozen": _grid_files.array_frozen,
    "array read, 1T1R": _grid_files.array_1t1r,
    "product": _grid_files.product,
    "sneak": _grid_files.sneak,
    "disturb": _grid_files.disturb,
    "array, drawn": _grid_files.draw,
    "positions": _grid_files.positions,
    "deck, ngspice -b": _grid_files.deck,
    "compare": _grid_files.compare,
    "report": _grid_files.report,
    "spread": _grid_files.spread,
    "manifest, rebuilt": _grid_files.rebuilt,
    "check, resume a dataset": _grid_files.journal,
    "sentences of mistakes": _grid_files.words,
}
"""Every verb of the flow, in its order."""

REFUSALS = {
    ("foreign", "simulate, compact"): "can be followed without SPICE",
    ("foreign", "compact against 1R"): "can be followed without SPICE",
    ("foreign", "array write, frozen"): "can be held still",
    ("zhang", "pair"): "the time jumps over it",
    ("foreign", "manifest, rebuilt"): "a model of your own",
}
"""What a verb must say where it cannot, by the memristor's family."""
