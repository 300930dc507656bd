"""Programmers under one harness: the same cells, starts, targets, reads and limits for each of them."""

from __future__ import annotations

import dataclasses
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..engine import Ngspice
from ..manifest import Manifest, describe
from ..one_shot import noise_free
from ..pair import Pair
from ..pair import pair as search
from ..predictor import ModelProgrammer
from ..report import Page, figures, manifest_section
from ..report.writing import pulses_and_time
from ..write_verify import History, NominalTimes, Programmer, ratio, write_many
from .bench import JUDGED, Bench, Tuning, cells, tuned
from .bench_table import bench_table
from .judging import CONVENTIONAL, INFORMED, NOISE_FREE, best_of, booked, row
from .table import WRITE_HEAD, write_rows

__all__ = ["Bench", "Benchmarked", "Tuning", "benchmark"]

_SHOWN = 12
"""Cases whose readings the report draws."""


@dataclass(frozen=True)
class Benchmarked:
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
        Of the conventional programmers, by name.
    checkpoints
        Hashes of the networks, by name.
    failures
        Simulations that failed, by the name of their result.
    seconds
        What it took.
    """

    bench: Bench
    histories: dict[str, list[History]]
    neural: tuple[str, ...]
    settings: dict[str, dict[str, Any]]
    checkpoints: dict[str, str]
    failures: dict[str, int]
    seconds: float

    @property
    def setting(self) -> str:
        """Its name in results."""
        total = f"{self.bench.name}_{self.bench.pair.total_s * 1e6:.4g}us"
        law = {None: "", "ten_percent": "_d2d"}.get(self.bench.d2d, f"_{self.bench.d2d}")
        return total + law

    @property
    def rows(self) -> dict[str, dict[str, Any]]:
        """Figures by programmer, as results hold them."""
        return {
            name: row(several, self.bench.reads_s) | {"outcomes": dict(Counter(h.outcome.name for h in several))}
            for name, several in self.histories.items()
        }

    @property
    def ratios(self) -> dict[str, dict[str, Any]]:
        """The best neural programmer against the best conventional one, in pulses and in time with reads of 100 ns.

        Empty without a neural programmer.
        """
        return {key: self._ratio(key) for key in ("pulses", "time_s")} if self.neural else {}

    def _ratio(self, key: str) -> dict[str, Any]:
        every = booked(self.histories)
        ignorant = set(self.settings) - {kind.name for kind in INFORMED}
        best, rival = (best_of(every, names, key) for names in (self.neural, ignorant))
        return {"neural": best, "conventional": rival, "ratio": ratio(every[rival], every[best], key)}

    @property
    def results(self) -> dict[str, Any]:
        """What ``results.json`` holds."""
        bench, tolerance = self.bench, f"{self.bench.tolerance:g}"
        return {
            "write_verify": {self.setting: {tolerance: self.rows}},
            "ratios": {self.setting: {tolerance: self.ratios}},
            "settings": self.settings,
            "tuning": bench.tuning.told(bench.cell) if bench.tuning else "",
            "checkpoints": self.checkpoints,
            "pair": dataclasses.asdict(bench.pair),
            "max_pulses": bench.max_pulses,
            "manifest": dataclasses.asdict(self.manifest),
            "seconds": self.seconds,
        }

    @property
    def manifest(self) -> Manifest:
        """What was simulated."""
        bench = self.bench
        settings = {"n": bench.n, "seed": bench.seed, "d2d": bench.d2d, "pair": dataclasses.asdict(bench.pair)}
        return dataclasses.replace(describe(bench.cell, **settings), failures=self.failures)

    def head(self) -> list[str]:
        """Of `table`."""
        times = [f"{t * 1e6:g} us" if t >= 1e-6 else f"{t * 1e9:g} ns" for t in self.bench.reads_s]
        times[0] = f"time, reads of {times[0]}"
        return [*WRITE_HEAD[:8], *times, WRITE_HEAD[-1]]

    def table(self) -> list[list[str]]:
        """A line for each programmer."""
        return write_rows(self.rows)

    def told(self) -> list[str]:
        """The ratios in words."""
        if not self.neural:
            return ["no neural programmer took part"]
        words = {"pulses": "pulses", "time_s": "time, reads of 100 ns"}
        return [
            f"{words[key]}: {one['conventional']} takes {one['ratio'][0]:.2f} times as much as {one['neural']} "
            f"({one['ratio'][1]:.2f} .. {one['ratio'][2]:.2f})"
            for key, one in self.ratios.items()
        ]

    def write(self, path: Path) -> Path:
        """Write the report."""
        bench = self.bench
        page = Page(f"Programmers: {self.setting}")
        page.paragraph(
            f"{bench.n} writes to within {100 * bench.tolerance:.4g} % of the target, at most {bench.max_pulses} "
            "pulses each; the same cells, starts, targets and walks for all programmers, starts and targets uniform."
        )
        page.table(self.head(), self.table())
        for line in self.told():
            page.paragraph(line)
        page.figure(pulses_and_time(self.rows, bench.tolerance), "Pulses and time of a write by programmer")
        few = {name: several[:_SHOWN] for name, several in self.histories.items()}
        page.figure(figures.write_histories(few), "Readings over pulses of the first writes, by programmer")
        page.heading("Conventional programmers")
        page.paragraph(f"Settings: {bench.tuning.told(bench.cell) if bench.tuning else 'defaults, not tuned'}.")
        page.table(("programmer", "settings"), ((name, _listed(one)) for name, one in self.settings.items()))
        manifest_section(page, self.manifest)
        return page.write(path)


def benchmark(bench: Bench, neural: Sequence[Programmer] = ()) -> Benchmarked:
    """Let neural programmers, the noise-free model and the conventional programmers write to the same cells.

    Raises
    ------
    ValueError
        For neural programmers of one name, or of another circuit; for a law that is not known.
    """
    names = tuple(one.name for one in neural)
    if len(set(names)) < len(names):
        raise ValueError(f"neural programmers need names of their own: {', '.join(names)}")
    begun = time.monotonic()
    with Ngspice(bench.workers) as engine:
        bench = dataclasses.replace(bench, pair=bench.pair or search(bench.cell, 60e-6, engine))
        conventional = [tuned(bench, kind, engine) for kind in (*CONVENTIONAL, *INFORMED)]
        model = ModelProgrammer(noise_free(bench.cell, bench.pair, engine), bench.pair, name=NOISE_FREE)
        tables = [bench_table(bench, engine)] if bench.table else []
        every, targets = cells(bench, bench.cell, bench.pair, bench.n, JUDGED, engine)
        histories, failures = {}, Counter()
        for one in (*neural, model, *tables, *conventional):
            own = every.copy()
            histories[one.name] = write_many(own, one, targets, bench.tolerance, bench.max_pulses)
            failures.update(own.failures)
    settings = {one.name: _settings(one) for one in conventional}
    checkpoints = {one.name: one.checkpoint for one in neural if hasattr(one, "checkpoint")}
    return Benchmarked(bench, histories, names, settings, checkpoints, dict(failures), time.monotonic() - begun)


def _settings(one: Programmer) -> dict[str, Any]:
    fields = ((f.name, getattr(one, f.name)) for f in dataclasses.fields(one))
    return {name: value for name, value in fields if name != "name" and not isinstance(value, Pair | NominalTimes)}


def _listed(settings: dict[str, Any]) -> str:
    words = ((name, f"{value:g}" if isinstance(value, float) else value) for name, value in settings.items())
    return ", ".join(f"{name} {value}" for name, value in words)
