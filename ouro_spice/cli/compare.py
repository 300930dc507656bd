"""``ouro-spice compare``: the same records in two cells."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from .output import Json, Out, out_folder, resumable, show
from .sharing import Scheduler, Workers, shared


def compare(
    a: Annotated[Path, typer.Argument(help="Dataset of the reference, such as a compact model.")],
    b: Annotated[Path, typer.Argument(help="Dataset of the same records in another cell (extract --like A).")],
    split: Annotated[bool, typer.Option(help="Extract records in the cells between, one difference each.")] = True,
    play: Annotated[bool, typer.Option(help="Send A's pulse times into B's circuit.")] = True,
    n_split: Annotated[int, typer.Option(min=1, help="Records in each cell of the split.")] = 60,
    out: Out = Path("runs/compare"),
    workers: Workers = None,
    scheduler: Scheduler = None,
    as_json: Json = False,
) -> None:
    """Compare two datasets of the same records: pulse times, what makes them differ, what A's are worth in B."""
    from ..dataset.comparison.comparison import compare as run
    from ..reporting.comparison_page import write_comparison

    how = shared(workers, scheduler)
    with resumable():
        found = run(a, b, split=split, play=play, n_split=n_split, out=out_folder(out), **how)
        paths = write_comparison(found, out)
        if found.kept is not None:
            found.kept.unlink(missing_ok=True)
    summary = found.summary
    if as_json:
        print(json.dumps(summary, indent=2, allow_nan=False))
        return
    _print_results(summary)
    print(f"{summary['verdict']}\nreport: {paths['compare.html']}")


def _print_results(summary: Mapping[str, Any]) -> None:
    """Print the tables of a comparison."""
    sides = ((name.upper(), summary[name]) for name in "ab")
    rows = [[name, side["cell"], f"{side['v_set_V']:+.4f}", f"{side['v_reset_V']:+.4f}"] for name, side in sides]
    show(("", "cell", "SET (V)", "RESET (V)"), rows)
    show(
        ("A \\ B", *summary["outcomes"]), [[name, *map(str, row.values())] for name, row in summary["outcomes"].items()]
    )
    ratio = ((name, one) for name, one in summary["ratio"].items() if one["records"])
    show(("t_B / t_A", "records", "median", "half from", "to"), [[name, *_factors(one)] for name, one in ratio])
    if "split" in summary:
        steps = ([row["step"], *_decades(row)] for row in summary["split"]["table"] if row["direction"] == "both")
        show((f"step, {summary['split']['records']} records", "mean (decades)", "+-", "median"), list(steps))
    if "played" in summary:
        words = (("played", "A's time in B"), ("own", "B's own"))
        show(("G_end within", "50 %", "20 %", "10 %"), [[word, *_shares(summary[name])] for name, word in words])


def _factors(one: Mapping[str, Any]) -> list[str]:
    """Return the number of records and the median and quartiles of a ratio, as text."""
    return [str(one["records"]), *(f"{10 ** one[f'{name}_log10']:.3f}" for name in ("median", "q25", "q75"))]


def _decades(row: Mapping[str, Any]) -> list[str]:
    """Return mean, its standard error and median of a step in decades, as text."""
    forms = {"mean": "+.4f", "sem": ".4f", "median": "+.4f"}
    values = ((row[f"{name}_log10"], form) for name, form in forms.items())
    return ["-" if value is None else format(value, form) for value, form in values]


def _shares(one: Mapping[str, Any]) -> list[str]:
    """Return the shares of ends within 50, 20 and 10 %, as text."""
    return ["-" if not one["records"] else f"{one[f'within_{k}_percent']:.1%}" for k in (50, 20, 10)]
