"""The page of a comparison of programmers: who writes with the fewest pulses, in the least time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..programming.history import History
from ..provenance.manifest import Manifest
from ..reporting import figures
from ..reporting.amounts import amount, interval, share, without_powers
from ..reporting.glossary import terms_section
from ..reporting.manifest_fold import manifest_section
from ..reporting.names import setting_name, table_in_words, text_in_words, variant_name, with_names
from ..reporting.page import Fact, Page
from ..reporting.write_figures import pulses_and_time
from .bench import Bench
from .campaign_card import common_time
from .published.write_tables import SAYS, ratio_text

_SHOWN = 12
"""Cases whose readings the page draws."""

_PROGRAMMERS = 4
"""Programmers whose readings the page draws: the networks, and those with the fewest pulses."""

DRAWN = ("pulses_mean", "pulses_p95", "time_s", "time_interval_s", "success")
"""What the bars show; tables have energies, reads and predictions."""

_TERMS = (
    "SET, RESET", "G", "pair", "D2D", "C2C, walk", "write-and-verify", "programmer", "ISPP", "coarse to fine",
    "posterior rule", "noise-free model", "what a programmer knows", "reading", "95 % interval",
)  # fmt: skip

_TABLES = (
    "How the writes ended", "What they take: time, reads, predictions, energy",
    "How many times as much the best rivals take",
)  # fmt: skip
"""Headings of the tables but the last, which is of tuned settings; all but the first are folded away."""


@dataclass(frozen=True)
class Compared:
    """Hold what the page shows of a `BenchmarkResult`, by its names there; `sentences` are the ratios in words."""

    bench: Bench
    setting: str
    histories: dict[str, list[History]]
    neural: tuple[str, ...]
    rows: dict[str, dict[str, Any]]
    ratios: dict[str, dict[str, Any]]
    tables: list[tuple[Sequence[str], list[list[str]]]]
    prediction_s: dict[str, dict[str, float]]
    manifest: Manifest
    seconds: float
    sentences: list[str]


def write_page(found: Compared, path: Path) -> Path:
    """Write the page of a comparison of programmers; return its path."""
    bench, rows = found.bench, found.rows
    page = Page(
        "Programmers under the same rules",
        f"{setting_name(found.setting)}: {bench.n} writes to within ±{100 * bench.tolerance:.4g} % of the target, at "
        f"most {bench.max_pulses} pulses each; the same cells, starts, targets and walks for all.",
    )
    page.card(
        _card(found, rows), f"{bench.n} writes of each; in brackets 95 % intervals. Took {amount(found.seconds, 's')}."
    )
    page.heading("Pulses and time of a write")
    page.figure(
        pulses_and_time(with_names({name: {key: row[key] for key in DRAWN} for name, row in rows.items()}),
                        bench.tolerance),
        "Pulses and time of a write, a bar a programmer",
        "Shorter is better; axes are logarithmic. Black lines: to the 95th percentile of the pulses, over the 95 % "
        "interval of the time.",
    )  # fmt: skip
    for line in found.sentences:
        said = text_in_words(line, found.histories)
        page.paragraph(f"{said[0].upper()}{said[1:]}.")
    *shown, tuned = found.tables
    for k, (heading, one) in enumerate(zip(_TABLES, shown, strict=False)):
        with page.folded(heading) if k else nullcontext():
            _table(page, one, found.histories)
    page.heading("Readings after each pulse")
    page.figure(
        figures.write_histories(with_names(_few(found, rows))), "Readings over pulses by target, a line a write",
        f"The first {min(_SHOWN, bench.n)} cases; a line ends where its reading is in the green band.",
    )  # fmt: skip
    page.heading("How conventional programmers were set")
    page.paragraph(f"Settings: {bench.tuning.description(bench.cell) if bench.tuning else 'defaults, not tuned'}.")
    with page.folded("The settings"):
        _table(page, tuned, found.histories)
    terms_section(page, _TERMS)
    page.heading("How this page was made")
    page.paragraph("By ouro-spice benchmark-programmers --out FOLDER. Beside it:")
    page.links([("results.json", "all figures of this page")])
    with page.folded("What is counted"):
        page.paragraph(SAYS)
    manifest_section(page, found.manifest)
    return page.write(path)


def _table(page: Page, table: tuple[Sequence[str], list[list[str]]], names: Mapping[str, object]) -> None:
    """Add a table with names in words and without powers of ten."""
    head, rows = table_in_words(table, names)
    page.table(head, [[without_powers(cell) for cell in row] for row in rows])


def _few(found: Compared, rows: Mapping[str, Mapping[str, Any]]) -> dict[str, list[History]]:
    """Return the first writes of the networks, and of those with the fewest pulses."""
    others = sorted((name for name in rows if name not in found.neural), key=lambda name: rows[name]["pulses_mean"])
    return {name: found.histories[name][:_SHOWN] for name in (*found.neural, *others)[:_PROGRAMMERS]}


def _card(found: Compared, rows: Mapping[str, Mapping[str, Any]]) -> list[Fact]:
    """Return the facts: the network, or else the best programmer, beside the best rivals."""
    rivals = found.ratios.get("pulses", {})
    best = rivals.get("neural") or min(rows, key=lambda name: (-rows[name]["success"], rows[name]["pulses_mean"]))
    row = rows[best]
    facts = [
        Fact(
            share(row["success"], row["success_interval"]), f"writes that reach their target, {variant_name(best)}",
            f"n = {row['n']}. {_beside(rows, rivals, lambda r: share(r['success']))}",
        ),
        Fact(
            interval(row["pulses_mean"], row["interval"]), "pulses a write",
            f"95th percentile {row['pulses_p95']:.0f}. {_beside(rows, rivals, _pulses)}",
        ),
        Fact(
            interval(*common_time(row), "s"), "time a write, reads of 100 ns",
            _beside(rows, found.ratios.get("time_s", {}), lambda r: amount(r["time_100ns_s"], "s")),
        ),
        Fact(
            interval(row["energy_J"], row.get("energy_interval_J"), "J"), "energy of a write's pulses",
            _beside(rows, rivals, lambda r: amount(r["energy_J"], "J")),
        ),
    ]  # fmt: skip
    for rival, over, words in (
        ("conventional", "over_best", "the best that knows nothing"),
        ("model", "over_model", "the best that knows the model"),
    ):
        if rivals.get(rival) and rivals.get(over):
            times = found.ratios["time_s"].get(over)
            beside = f"{variant_name(rivals[rival])}; time: {ratio_text(times)} times" if times else ""
            good = rivals[over][1] > 1 or None
            facts.append(Fact(f"{ratio_text(rivals[over])} times", f"{words} takes, in pulses", beside, good))
    return facts


def _beside(rows: Mapping[str, Mapping[str, Any]], rivals: Mapping[str, Any], word: Any) -> str:
    """Return a figure of the best rivals, as text."""
    names = [rivals.get(kind) for kind in ("conventional", "model")]
    return "; ".join(f"{variant_name(name)}: {word(rows[name])}" for name in names if name and name in rows)


def _pulses(row: Mapping[str, Any]) -> str:
    """Return the mean number of pulses, as text."""
    return f"{row['pulses_mean']:.2f}"
