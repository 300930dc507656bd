"""The page of a comparison of two datasets: its card, and a section for each question."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ..dataset.comparison.comparison import Comparison
from .amounts import share
from .glossary import terms_section
from .manifest_fold import manifest_section
from .page import Fact, Page

_TERMS = ("SET, RESET", "G", "window", "pair", "D2D", "C2C, walk", "log10 of a ratio", "KS", "RPD")

_FILES = {
    "compare.csv": "all records, side by side",
    "map.csv": "medians over start and target",
    "ks.csv": "distances of the distributions",
    "split.csv": "what each difference does",
    "split_records.csv": "the same by record",
    "played.csv": "pulse times of A in B, by record",
    "summary.json": "all figures of this page",
}
_HOW = (
    "The same devices, walks, starts and targets in two cells. Each has voltages of its own, at which the nominal "
    "device crosses its window in the time of the table: what is compared is the shape of the characteristic, the "
    "noise, and the conditions of the circuit."
)


def page(comparison: Comparison, paths: Mapping[str, Path]) -> Page:
    """Return the page of a comparison, whose files lie at the given paths, by name."""
    summary = comparison.summary
    found = Page("Two cells compared, record by record", f"A: {summary['a']['cell']}. B: {summary['b']['cell']}.")
    found.card(_card(summary), summary["verdict"])
    _sides(found, summary)
    _times(found, comparison, paths)
    if "split" in summary:
        _split(found, summary["split"], paths["split.png"])
    _distributions(found, summary, paths)
    if "played" in summary:
        _played(found, summary, paths["played.png"])
    terms_section(found, _TERMS)
    found.heading("How this page was made")
    found.paragraph("By ouro-spice compare A B --out FOLDER, of two datasets of the same records.")
    found.links((name, text) for name, text in _FILES.items() if name in paths)
    for name, manifest in (("A", comparison.a), ("B", comparison.b)):
        manifest_section(found, manifest, f" of {name}")
    return found


def _card(summary: Mapping[str, Any]) -> list[Fact]:
    """Return the facts of a comparison; of those that nothing was measured for there is none."""
    ratio = summary["ratio"]["both"]
    factor, low, high = (_number(ratio[f"{name}_log10"], "factor") for name in ("median", "q25", "q75"))
    facts = [
        Fact(factor, "pulse time of B over A, median", f"half of the records: {low} .. {high}; 1 where alike"),
        Fact(f"{ratio['records']} of {summary['records']}", "records that both reach", "the others have no ratio"),
    ]
    far = [row for row in summary["ks"] if row["ks"] is not None and row["ks_5_percent"] is not None]
    if far:
        beyond = sum(row["ks"] > row["ks_5_percent"] for row in far)
        facts.append(Fact(f"{beyond} of {len(far)}", "distributions that differ by more than chance", "KS, 5 % limit"))
    steps = [step for step in summary.get("split", {}).get("steps", []) if step["mean_log10"] is not None]
    if steps:
        most = max(steps, key=lambda step: abs(step["mean_log10"]))
        size = f"{_mean(most)} decades, n = {summary['split']['records']}"
        facts.append(Fact(most["step"], "largest part of the difference", size))
    played, own = summary.get("played", {}), summary.get("own", {})
    if played.get("records"):
        beside = f"B's own times: {share(own.get('within_20_percent'))}; n = {played['records']}"
        facts.append(Fact(share(played["within_20_percent"]), "A's pulse times end within ±20 % in B", beside))
    return facts


def _sides(page: Page, summary: Mapping[str, Any]) -> None:
    """Add what is compared, and how its records ended."""
    page.heading("What is compared")
    page.paragraph(_HOW)
    rows = []
    for name in "ab":
        side = summary[name]
        volts = (f"{side['v_set_V']:+.4f}", f"{side['v_reset_V']:+.4f}")
        edges = f"{_edge(side['rise_s'])}, {_edge(side['fall_s'])}"
        rows.append((name.upper(), side["cell"], side["records"], *volts, f"{side['total_s'] * 1e6:.4g} us", edges))
    a, b = summary["a"], summary["b"]
    more = [f"{abs(b[f'v_{what}_V']) - abs(a[f'v_{what}_V']):+.4f}" for what in ("set", "reset")]
    rows.append(("B - A", "difference of the magnitudes", "", *more, "", ""))
    head = ("", "cell", "records", "SET (V)", "RESET (V)", "crosses the window in", "rise, fall (ns)")
    page.table(head, rows)
    outcomes = summary["outcomes"]
    words = {name: name.replace("_", " ") for name in outcomes}
    columns = [f"B {words.get(name, name.replace('_', ' '))}" for name in next(iter(outcomes.values()), {})]
    page.table(("records", *columns), ((f"A {words[name]}", *row.values()) for name, row in outcomes.items()))
    if summary["starts_clipped"]:
        page.paragraph(
            f"{summary['starts_clipped']} records begin at different conductances, since the window of one model does "
            "not reach to their start; they are in no ratio, distance or played pulse."
        )


def _edge(ends: Sequence[float]) -> str:
    """Return the shortest and the longest edge [ns] in words, one number where they are alike."""
    return " to ".join(dict.fromkeys(f"{end * 1e9:.3g}" for end in ends))


def _times(page: Page, comparison: Comparison, paths: Mapping[str, Path]) -> None:
    """Add the ratio of the pulse times."""
    page.heading("Which cell needs longer pulses?")
    page.picture(
        paths["map.png"], "Ratio of pulse times over G_start and G_target: each record, and medians of parts of it",
        "Blue: B is quicker than A; red: slower; white: alike. On the diagonal pulses are short.",
    )  # fmt: skip
    head = ("", "records", "median factor B / A", "half from", "to", "mean (decades)")
    page.table(head, _ratios(comparison.summary["ratio"]))


def _ratios(ratio: Mapping[str, Mapping[str, Any]]) -> list[tuple[str, ...]]:
    """Return the rows of the table of ratios, of directions that have a record."""
    rows = []
    for name, one in ratio.items():
        if one["records"]:
            factors = (_number(one[f"{what}_log10"], "factor") for what in ("median", "q25", "q75"))
            rows.append((name, str(one["records"]), *factors, _mean(one)))
    return rows


def _number(value: float | None, form: str) -> str:
    """Return a number as text in some format, "factor" for a logarithm; "-" for None."""
    if value is None:
        return "-"
    return f"{10**value:.2f}" if form == "factor" else format(value, form)


def _mean(one: Mapping[str, Any]) -> str:
    """Return a mean with its standard error as text; "-" for None, without an error where there is none."""
    if one["mean_log10"] is None:
        return "-"
    text = _number(one["mean_log10"], "+.4f")
    return text if one["sem_log10"] is None else f"{text} +- {_number(one['sem_log10'], '.4f')}"


def _split(page: Page, split: Mapping[str, Any], picture: Path) -> None:
    """Add what each difference between the cells does."""
    page.heading("What makes the difference?")
    page.picture(
        picture, "What each difference between the cells does to the pulse time, as bars that add up",
        "From A to B one difference after the other is put in; each bar begins where the last one ends. "
        "A whisker is a standard error: a bar shorter than two of them may be chance.",
    )  # fmt: skip
    head = ("step", "", "mean (decades)", "so far", "median", "half from", "to", "SET then (V)", "RESET then (V)")
    rows = []
    for row in split["table"]:
        numbers = (_number(row[f"{name}_log10"], "+.4f") for name in ("cumulative", "median", "q25", "q75"))
        volts = (f"{row[f'v_{what}_V']:+.4f}" for what in ("set", "reset"))
        rows.append((row["step"], row["direction"], _mean(row), *numbers, *volts))
    with page.folded("The numbers, by direction"):
        page.table(head, rows)
    page.paragraph(
        f"{split['records']} of {split['of']} records are reached in every cell between A and B; the bars are of "
        "these. Each cell between is at its own 60 us pair. Means add up; medians do not."
    )


def _distributions(page: Page, summary: Mapping[str, Any], paths: Mapping[str, Path]) -> None:
    """Add the distributions of the pulse times."""
    page.heading("Are the pulse times distributed alike?")
    if "ks.png" in paths:
        page.picture(
            paths["ks.png"], "Distribution functions of pulse times of A and B by range of G_start",
            "Each panel: from a range of starts, the share of records that have reached their target by then. "
            "Its title has the numbers of records of A and B, and the largest distance between the two curves.",
        )  # fmt: skip
    else:
        page.paragraph("No range of G_start has three records of a direction: there are no curves to be drawn.")
    rows = [_distance(row) for row in summary["ks"] if row["ks"] is not None]
    if rows:
        with page.folded("The distances, by range of the start"):
            page.table(("", "G_start (uS)", "A", "B", "KS", "5 % limit", "median factor"), rows)


def _distance(row: Mapping[str, Any]) -> tuple[str, ...]:
    """Return a row of the table of distances between distributions."""
    where = f"{row['g_start_low_S'] * 1e6:.0f} to {row['g_start_high_S'] * 1e6:.0f}"
    numbers = (_number(row["ks"], ".3f"), _number(row["ks_5_percent"], ".3f"))
    factor = _number(row["median_log10_ratio"], "factor")
    return (row["direction"], where, str(row["records_a"]), str(row["records_b"]), *numbers, factor)


def _played(page: Page, summary: Mapping[str, Any], picture: Path) -> None:
    """Add what the pulse times of A do in B."""
    page.heading("Do the pulse times of A hold in B?")
    page.picture(
        picture, "Errors of G_end: pulse times of A played into B, and B's own; where A's end in B",
        "Left: the farther left a curve, the smaller its errors. Right: dots in the green band end within ±20 %.",
    )  # fmt: skip
    names = ("within_50_percent", "within_20_percent", "within_10_percent")
    rows = []
    for name, words in (("played", "A's time, B's amplitude and edges"), ("own", "B's own time")):
        one = summary[name]
        rows.append((words, one["records"], *(share(one.get(key)) for key in (*names, "median"))))
    page.table(("", "records", "within ±50 %", "within ±20 %", "within ±10 %", "median error"), rows)
