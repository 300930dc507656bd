"""Reports over comparisons of two datasets: figures, each with its table, ``compare.html`` and ``summary.json``."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .._util.files import write_text, write_whole
from ..dataset.comparison.comparison import Comparison
from . import comparison_figures as drawing
from . import comparison_sections

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

TABLE_HEAD = (
    "| A | B | records | t_B / t_A, median (quartiles) | KS SET / RESET | largest step (decades) "
    "| A's t in B within 20 % | B's own |\n|---|---|---|---|---|---|---|---|"
)
"""Head of a Markdown table of `table_row`."""

_FIGURES = ("map", "split", "ks", "played")
"""Stems of the files of all figures, in the order of the page."""


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
    paths["compare.html"] = comparison_sections.page(comparison, paths).write(folder / "compare.html")
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
