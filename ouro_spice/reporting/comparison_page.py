"""Reports over comparisons of two datasets: figures, each with its table, ``compare.html`` and ``summary.json``."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .._util.files import write_text, write_whole
from ..dataset.comparison.comparison import Comparison
from . import comparison_figures as drawing
from .page import Page

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

TABLE_HEAD = (
    "| A | B | records | t_B / t_A, median (quartiles) | KS SET / RESET | largest step (decades) "
    "| A's t in B within 20 % | B's own |\n|---|---|---|---|---|---|---|---|"
)
"""Head of a Markdown table of `table_row`."""

_FIGURES = {
    "map": "Median log10 of the ratio of pulse times over G_start and G_target",
    "split": "What each difference between the cells does to the pulse time",
    "ks": "Distributions of pulse times of A and B by range of G_start",
    "played": "Errors of G_end: pulse times of A played into B, and B's own",
}


def write_comparison(comparison: Comparison, folder: str | Path) -> dict[str, Path]:
    """Write figures as PNG and SVG, tables as CSV, ``summary.json`` and ``compare.html``; return the paths by file
    name.

    Raises
    ------
    OutputError
        Where a file cannot be written.
    """
    folder, paths = Path(folder), {}
    for stem in _FIGURES:  # of a comparison that had more to show
        for kind in ("png", "svg", "csv"):
            (folder / f"{stem}.{kind}").unlink(missing_ok=True)
    for stem, figure in figures_of(comparison).items():
        for kind, more in (("png", {"dpi": 150}), ("svg", {"metadata": {"Date": None}})):
            picture = folder / f"{stem}.{kind}"
            paths[picture.name] = write_whole(picture, partial(figure.savefig, format=kind, **more))
            figure.set_layout_engine("none")  # it is laid out: once takes longest
    for stem, frame in _tables(comparison).items():
        csv = folder / f"{stem}.csv"
        paths[csv.name] = write_whole(
            csv, lambda temporary, frame=frame: frame.to_csv(temporary, index=False, float_format="%.9g")
        )
    text = json.dumps(comparison.summary, indent=2, allow_nan=False) + "\n"
    paths["summary.json"] = write_text(folder / "summary.json", text)
    paths["compare.html"] = _page(comparison, paths).write(folder / "compare.html")
    return paths


def figures_of(comparison: Comparison) -> dict[str, Figure]:
    """Draw the figures of a comparison; return them by the stem of their files."""
    found = {"map": drawing.ratio_map(comparison)}
    curves = drawing.distributions(comparison)
    if curves is not None:
        found["ks"] = curves
    if comparison.split is not None:
        found["split"] = drawing.split_bars(comparison.split)
    if comparison.played is not None:
        found["played"] = drawing.played_errors(comparison.played)
    return {name: found[name] for name in _FIGURES if name in found}


def table_row(summary: Mapping[str, Any]) -> str:
    """Return a comparison's summary as a row of a Markdown table, under `TABLE_HEAD`."""
    ratio = summary["ratio"]["both"]
    whole = {row["direction"]: row["ks"] for row in reversed(summary["ks"])}
    distance = " / ".join(_number(whole.get(direction), ".2f") for direction in ("SET", "RESET"))
    factors = [_number(ratio[f"{name}_log10"], "factor") for name in ("median", "q25", "q75")]
    steps = summary.get("split", {}).get("steps", [])
    largest = max(steps, key=lambda step: abs(step["mean_log10"] or 0.0), default=None)
    step = f"{largest['step']} {_number(largest['mean_log10'], '+.3f')}" if largest else "-"
    within = [_number(summary.get(name, {}).get("within_20_percent"), ".0%") for name in ("played", "own")]
    cells = (summary["a"]["cell"], summary["b"]["cell"], str(ratio["records"]),
             f"{factors[0]} ({factors[1]} .. {factors[2]})", distance, step, *within)  # fmt: skip
    return f"| {' | '.join(cells)} |"


def _number(value: float | None, form: str) -> str:
    """Return a number as text in some format, "factor" for a logarithm; "-" for None."""
    if value is None:
        return "-"
    return f"{10**value:.2f}" if form == "factor" else format(value, form)


def _tables(comparison: Comparison) -> dict[str, pd.DataFrame]:
    """Return the tables of a comparison by the stem of their files."""
    found = {"compare": comparison.frame, "map": comparison.map, "ks": comparison.ks}
    if comparison.split is not None:
        found["split"] = comparison.split.table
        found["split_records"] = comparison.split.log10_s.rename_axis("record").reset_index()
    if comparison.played is not None:
        found["played"] = comparison.played
    return found


def _page(comparison: Comparison, paths: Mapping[str, Path]) -> Page:
    """Return the page of a comparison, whose pictures lie at the given paths."""
    summary = comparison.summary
    page = Page("Circuit against compact model")
    page.paragraph(summary["verdict"])
    _sides(page, summary)
    page.heading("Outcomes")
    page.table(("A \\ B", *comparison.outcomes.columns), comparison.outcomes.itertuples())
    if summary["starts_clipped"]:
        page.paragraph(
            f"{summary['starts_clipped']} records begin at different conductances, since the window of one model does "
            "not reach to their start; they are in no ratio, distance or played pulse."
        )
    page.heading("Pulse times")
    page.picture(paths["map.png"], _FIGURES["map"])
    page.table(("", "records", "median factor", "half from", "to", "mean (decades)"), _ratios(summary["ratio"]))
    if "split" in summary:
        _split(page, summary["split"], paths["split.png"])
    page.heading("Distributions")
    if "ks.png" in paths:
        page.picture(paths["ks.png"], _FIGURES["ks"])
    else:
        page.paragraph("No range of G_start has three records of a direction: there are no curves to be drawn.")
    page.table(("", "G_start (uS)", "A", "B", "KS", "5 % limit", "median factor"), map(_distance, summary["ks"]))
    if "played" in summary:
        _played(page, summary, paths["played.png"])
    for name, manifest in (("A", comparison.a), ("B", comparison.b)):
        page.heading(f"Manifest of {name}")
        page.code(manifest.to_json())
    return page


def _sides(page: Page, summary: Mapping[str, Any]) -> None:
    """Add what is compared."""
    page.heading("What is compared")
    rows = []
    for name in "ab":
        side = summary[name]
        volts = (f"{side['v_set_V']:+.4f}", f"{side['v_reset_V']:+.4f}")
        edges = f"{_edge(side['rise_s'])}, {_edge(side['fall_s'])}"
        rows.append((name.upper(), side["cell"], side["records"], *volts, f"{side['total_s'] * 1e6:.4g}", edges))
    a, b = summary["a"], summary["b"]
    more = [f"{abs(b[f'v_{what}_V']) - abs(a[f'v_{what}_V']):+.4f}" for what in ("set", "reset")]
    rows.append(("B - A", "difference of the magnitudes", "", *more, "", ""))
    page.table(("", "cell", "records", "SET (V)", "RESET (V)", "traverse (us)", "rise, fall (ns)"), rows)
    page.paragraph(
        "The same devices, walks, starts and targets in two cells. Each has voltages of its own, at which the nominal "
        "device crosses its window in the time of the table: what is compared is the shape of the characteristic, the "
        "noise, and the conditions of the circuit."
    )


def _edge(ends: Sequence[float]) -> str:
    """Return the shortest and the longest edge [ns] in words, one number where they are alike."""
    return " to ".join(dict.fromkeys(f"{end * 1e9:.3g}" for end in ends))


def _ratios(ratio: Mapping[str, Mapping[str, Any]]) -> list[tuple[str, ...]]:
    """Return the rows of the table of ratios."""
    rows = []
    for name, one in ratio.items():
        factors = (_number(one[f"{what}_log10"], "factor") for what in ("median", "q25", "q75"))
        rows.append((name, str(one["records"]), *factors, _mean(one)))
    return rows


def _mean(one: Mapping[str, Any]) -> str:
    """Return a mean with its standard error as text; "-" for None."""
    if one["mean_log10"] is None:
        return "-"
    return f"{_number(one['mean_log10'], '+.4f')} +- {_number(one['sem_log10'], '.4f')}"


def _split(page: Page, split: Mapping[str, Any], picture: Path) -> None:
    """Add what each difference between the cells does."""
    page.heading("What makes the difference")
    page.picture(picture, _FIGURES["split"])
    head = ("step", "", "mean (decades)", "so far", "median", "half from", "to", "SET then (V)", "RESET then (V)")
    rows = []
    for row in split["table"]:
        numbers = (_number(row[f"{name}_log10"], "+.4f") for name in ("cumulative", "median", "q25", "q75"))
        volts = (f"{row[f'v_{what}_V']:+.4f}" for what in ("set", "reset"))
        rows.append((row["step"], row["direction"], _mean(row), *numbers, *volts))
    page.table(head, rows)
    page.paragraph(
        f"{split['records']} of {split['of']} records are reached in every cell between A and B; the table is of "
        "these. Each cell between is at its own 60 us pair. Means add up; medians do not."
    )


def _distance(row: Mapping[str, Any]) -> tuple[str, ...]:
    """Return a row of the table of distances between distributions."""
    where = f"{row['g_start_low_S'] * 1e6:.0f} to {row['g_start_high_S'] * 1e6:.0f}"
    numbers = (_number(row["ks"], ".3f"), _number(row["ks_5_percent"], ".3f"))
    factor = _number(row["median_log10_ratio"], "factor")
    return (row["direction"], where, str(row["records_a"]), str(row["records_b"]), *numbers, factor)


def _played(page: Page, summary: Mapping[str, Any], picture: Path) -> None:
    """Add what the pulse times of A do in B."""
    page.heading("Pulse times of A played into B")
    page.picture(picture, _FIGURES["played"])
    names = ("within_50_percent", "within_20_percent", "within_10_percent")
    rows = []
    for name, words in (("played", "A's time, B's amplitude and edges"), ("own", "B's own time")):
        one = summary[name]
        rows.append((words, one["records"], *(_number(one.get(key), ".1%") for key in (*names, "median"))))
    page.table(("", "records", "within 50 %", "within 20 %", "within 10 %", "median error"), rows)
