"""``ouro-spice edges``: what the edges of pulses do, and a width that takes them in."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from .._util.checks import check_range
from ..circuit.cell_kinds import memristor
from .cells import TOTAL, TOTAL_S, CellOptions, takes_a_cell
from .output import Json, Out, Seed, out_folder, resumable, show
from .quantity import quantities, quantity
from .sharing import Scheduler, Workers, shared

_MOST = 10_000
"""Starts, and pulses of the test."""

_WORTH = 0.5
"""A correction that leaves more of the error is none."""


@takes_a_cell
def edges(
    cell: CellOptions,
    total: Annotated[
        float, quantity("s", "Amplitudes cross the window in this time, see `pair`.", default=TOTAL)
    ] = TOTAL,
    walk: Annotated[float | None, quantity("s", "The device walks from cycle to cycle, with this step.")] = None,
    counts: Annotated[str, typer.Option(help="Numbers of short pulses.")] = "1,3,10,30,100,300,1000",
    edge: Annotated[str, typer.Option("--edges", help="Rise and fall.")] = "0.2ns,2ns,20ns",
    starts: Annotated[int, typer.Option(min=1, max=_MOST, help="Start conductances over the window.")] = 3,
    heldout: Annotated[int, typer.Option(min=1, max=_MOST, help="Pulses of the test in each direction.")] = 20,
    seed: Seed = 0,
    out: Out = Path("runs/edges"),
    workers: Workers = None,
    scheduler: Scheduler = None,
    as_json: Json = False,
) -> None:
    """Compare many short pulses with one long pulse of the same width, and correct widths for edges."""
    from ..dataset.edge_effects.edge_study import edges as run
    from ..device.jart.walk import Walk
    from ..reporting.edge_figures import write_edges
    from ..simulation.write_voltages import pair

    described = cell.build()
    if walk is not None:
        described = described.replace(device=memristor(described).replace(walk=Walk(walk)))
    counted, edges_s, how = _counts(counts), quantities("--edges", edge, "s"), shared(workers, scheduler)
    check_range("--total", total, *TOTAL_S, "s")
    folder = out_folder(out)
    with resumable():
        voltages = pair(described, total)
        found = run(
            described, voltages=voltages, counts=counted, edges_s=edges_s, starts=starts, heldout=heldout, seed=seed,
            out=folder, **how,
        )  # fmt: skip
    write_edges(found, out)
    if found.kept is not None:
        found.kept.unlink(missing_ok=True)
    if as_json:
        print(json.dumps({"cell": cell.cell.value} | found.summary, indent=2, allow_nan=False))
        return
    _show(found.summary)
    if walk is not None:
        print(
            "the device walks: each further pulse meets other values of the walk, and the difference is of these, too"
        )
    print(f"report: {out / 'report.html'}")


def _counts(text: str) -> list[int]:
    """Return the numbers of ``--counts``, separated by commas; ValueError for what are none."""
    try:
        return [int(word) for word in text.split(",")]
    except ValueError:
        raise ValueError(f"--counts {text}: whole numbers, as 1,10,100") from None


def _show(summary: dict[str, Any]) -> None:
    """Print tables of the comparison, of the correction and of its test."""
    ways = ("set", "reset")
    rows = [[way.upper(), *_difference(row)] for way in ways for row in summary[way]["differences"] if row["count"] > 1]
    head = (
        "",
        "pulses",
        "edges (ns)",
        "starts",
        "difference: mean",
        "largest",
        "by the correction",
        "extra width (ns)",
    )
    show(head, rows)
    head = ("", "alpha, rise", "alpha, fall", "test: pulses", "error: median", "corrected", "largest", "corrected")
    show(head, [[way.upper(), *_correction(summary[way])] for way in ways])
    for way in ways:
        test = summary[way]["heldout"]
        if test["time_error_corrected_median"] > _WORTH * test["time_error_median"]:
            print(f"{way.upper()}: the correction does not hold in this circuit; its lines take as long as the edges")
    for row in summary["left_out"]:
        where = f"{row['direction'].upper()} from {row['g_start_S'] * 1e6:.1f} uS"
        print(f"left out: {where}, {row['width_s'] * 1e9:.4g} ns in {row['count']} pulses, each below 1 ns")


def _difference(row: dict[str, Any]) -> list[str]:
    """Return the row of a comparison, as text."""
    shares = (f"{row[name]:.3%}" for name in ("mean", "largest", "expected"))
    extra = "-" if row["extra_s"] is None else f"{row['extra_s'] * 1e9:.4f}"
    return [str(row["count"]), f"{row['edge_s'] * 1e9:g}", str(row["starts"]), *shares, extra]


def _correction(found: dict[str, Any]) -> list[str]:
    """Return the row of a direction's correction and of its test, as text."""
    alphas, test = found["alphas"], found["heldout"]
    shares = (f"{alphas[name]:.4f} +- {alphas[f'{name}_error']:.4f}" for name in ("rise", "fall"))
    errors = (
        f"{test[f'time_error{what}_{size}']:.3%}" for size in ("median", "largest") for what in ("", "_corrected")
    )
    return [*shares, str(test["pulses"]), *errors]
