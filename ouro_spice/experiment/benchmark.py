"""Programmers under one harness: the same cells, starts, targets, reads and limits for each of them."""

from __future__ import annotations

import dataclasses
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .._util.forks import cached_property
from ..evaluation.baselines import noise_free
from ..prediction.neural_programmer import ModelProgrammer
from ..programming.history import History
from ..programming.lockstep import write_many
from ..programming.programmer import Programmer
from ..programming.tuning import parameters_of
from ..provenance.manifest import Manifest, describe
from ..simulation.write_voltages import pair as search
from ..spice.execution import connection
from ..spice.ngspice import Ngspice
from .bench import JUDGED, Bench, cells, tune_rule
from .bench_table import bench_table
from .benchmark_page import Compared, write_page
from .prediction_timing import prediction_times
from .published.write_tables import (
    AGAINST_HEAD,
    TUNED_HEAD,
    WRITE_HEAD,
    against_rows,
    cost_head,
    cost_rows,
    ratio_text,
    tuned_rows,
    write_rows,
)
from .ranking import CONVENTIONAL, INFORMED, NOISE_FREE, row
from .rival_ratios import KEYS, compare_programmers
from .rivals import table_settings


@dataclass(frozen=True)
class BenchmarkResult:
    """What `benchmark` found.

    Attributes
    ----------
    bench
        What was asked for, with its pair.
    histories
        By programmer, case by case.
    neural
        Names of those with a network.
    settings
        Of the conventional programmers and what else was tuned, by name.
    checkpoints
        Hashes of the networks, by name.
    failures
        Simulations that failed, by the name of their result.
    seconds
        What it took.
    edges
        Settings of conventional programmers that lie at an edge of what was tried, by name.
    prediction_s
        What predictions took here and now, by programmer: see `prediction_times`.
    """

    bench: Bench
    histories: dict[str, list[History]]
    neural: tuple[str, ...]
    settings: dict[str, dict[str, Any]]
    checkpoints: dict[str, str]
    failures: dict[str, int]
    seconds: float
    edges: dict[str, dict[str, str]] = dataclasses.field(default_factory=dict)
    prediction_s: dict[str, dict[str, float]] = dataclasses.field(default_factory=dict)

    @property
    def setting(self) -> str:
        """Return the name of the setting in results: cell, time of the pair, law."""
        total = f"{self.bench.name}_{self.bench.voltages.total_s * 1e6:.4g}us"
        law = {None: "", "ten_percent": "_d2d"}.get(self.bench.d2d, f"_{self.bench.d2d}")
        return total + law

    @property
    def rows(self) -> dict[str, dict[str, Any]]:
        """Return figures by programmer, as results hold them."""
        return {
            name: row(several, self.bench.reads_s) | {"outcomes": dict(Counter(h.outcome.name for h in several))}
            for name, several in self.histories.items()
        }

    @cached_property
    def ratios(self) -> dict[str, dict[str, Any]]:
        """Return the neural programmers against the best of their rivals, in pulses and in time with reads of 100 ns.

        ``ratio`` is that to the best that knows nothing. Empty without a neural programmer.
        """
        found = compare_programmers(self.histories, self.neural) if self.neural else {}
        return {key: one | {"ratio": one["over_best"]} for key, one in found.items()}

    @property
    def results(self) -> dict[str, Any]:
        """Return what ``results.json`` holds."""
        bench, tolerance = self.bench, f"{self.bench.tolerance:g}"
        return {
            "write_verify": {self.setting: {tolerance: self.rows}},
            "ratios": {self.setting: {tolerance: self.ratios}},
            "settings": self.settings,
            "tuned": {self.setting: {tolerance: self.tuned}},
            "prediction_s": {self.setting: {tolerance: self.prediction_s}},
            "tuning": bench.tuning.description(bench.cell) if bench.tuning else "",
            "checkpoints": self.checkpoints,
            "pair": dataclasses.asdict(bench.voltages),
            "max_pulses": bench.max_pulses,
            "manifest": dataclasses.asdict(self.manifest),
            "seconds": self.seconds,
        }

    @property
    def manifest(self) -> Manifest:
        """Return the manifest of all that was simulated."""
        bench = self.bench
        settings = {name: getattr(bench, name) for name in ("n", "seed", "d2d", "tolerance", "max_pulses", "table")}
        settings["pair"] = dataclasses.asdict(bench.voltages)
        settings["tuning"] = dataclasses.asdict(bench.tuning) if bench.tuning else None
        settings |= {"checkpoints": self.checkpoints, "programmers": self.settings}
        return dataclasses.replace(describe(bench.cell, "benchmark", **settings), failures=self.failures)

    @property
    def tuned(self) -> dict[str, dict[str, Any]]:
        """Return settings of the tuned programmers and the edges that they lie at, by programmer."""
        return {name: {"parameters": one, "edges": self.edges.get(name, {})} for name, one in self.settings.items()}

    @cached_property
    def tables(self) -> list[tuple[Sequence[str], list[list[str]]]]:
        """Return tables as heads and rows: how writes ended, what they take, ratios to rivals, tuned settings."""
        rows, ratios = self.rows, self.ratios
        costs = cost_rows(rows, self.prediction_s, ratios["time_s"]["break_even"] if ratios else {})
        found = [(WRITE_HEAD, write_rows(rows)), (cost_head(self.bench.reads_s), costs)]
        against = [(AGAINST_HEAD, against_rows(rows, ratios))] if ratios else []
        return [*found, *against, (TUNED_HEAD, tuned_rows(self.tuned))]

    def sentences(self) -> list[str]:
        """Return the ratios in words, a sentence for each rival and figure."""
        if not self.neural:
            return ["no neural programmer took part"]
        words = {"pulses": "pulses", "time_s": "time, reads of 100 ns"}
        return [
            f"{words[key]}: {one[rival]}, the best that knows {what}, takes {ratio_text(one[over])} times as much as "
            f"{one['neural']}"
            for key, one in ((key, self.ratios[key]) for key in KEYS)
            for rival, over, what in (("conventional", "over_best", "nothing"), ("model", "over_model", "the model"))
            if one[rival]
        ]

    def write(self, path: Path) -> Path:
        """Write the report as a page of HTML; return its path."""
        shown = Compared(
            self.bench, self.setting, self.histories, self.neural, self.rows, self.ratios, self.tables,
            self.prediction_s, self.manifest, self.seconds, self.sentences(),
        )  # fmt: skip
        return write_page(shown, path)


def benchmark(bench: Bench, neural: Sequence[Programmer] = (), others: Sequence[Programmer] = ()) -> BenchmarkResult:
    """Let neural programmers, the noise-free model and the conventional programmers write to the same cells.

    `others` take part as they are, as rivals by what they know.

    Raises
    ------
    ValueError
        For neural programmers of one name, or of another circuit; for a law that is not known.
    """
    names = tuple(one.name for one in neural)
    every_name = (*names, *(one.name for one in others))
    if len(set(every_name)) < len(every_name):
        raise ValueError(f"neural programmers need names of their own: {', '.join(every_name)}")
    begun = time.monotonic()
    with Ngspice(bench.workers) as engine, connection(bench.scheduler):
        bench = dataclasses.replace(bench, pair=bench.pair or search(bench.cell, 60e-6, engine))
        conventional, edges = zip(*(tune_rule(bench, kind, engine) for kind in (*CONVENTIONAL, *INFORMED)), strict=True)
        model = ModelProgrammer(noise_free(bench.cell, bench.voltages, engine), bench.voltages, name=NOISE_FREE)
        tables = [bench_table(bench, engine)] if bench.table else []
        every, targets = cells(bench, bench.cell, bench.voltages, bench.n, JUDGED, engine)
        histories, failures, timed = {}, Counter(), {}
        for one in (*neural, model, *tables, *others, *conventional):
            own = every.copy()
            histories[one.name] = write_many(own, one, targets, bench.tolerance, bench.max_pulses)
            failures.update(own.failures)
            timed[one.name] = prediction_times(one, histories[one.name])
    settings = {one.name: {k: v for k, v in parameters_of(one).items() if k != "name"} for one in conventional}
    at_edges = dict(zip(settings, edges, strict=True))
    for one in tables if bench.tuning else ():
        settings[one.name], at_edges[one.name] = table_settings(one).values()
    hashes = {one.name: getattr(one, "checkpoint", None) for one in neural}
    checkpoints = {name: sha256 for name, sha256 in hashes.items() if sha256 is not None}
    return BenchmarkResult(
        bench, histories, names, settings, checkpoints, dict(failures), time.monotonic() - begun,
        at_edges, {name: times for name, times in timed.items() if times},
    )  # fmt: skip
