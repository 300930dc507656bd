"""``ouro-spice noise-sources``: why a noise-free model predicts pulses poorly."""

from __future__ import annotations

import enum
import json
from collections.abc import Hashable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from .output import Json, Out, Seed, out_folder, show
from .sharing import Scheduler, Workers, shared

if TYPE_CHECKING:
    import pandas as pd


class Solved(enum.Enum):
    """The compact model."""

    REDUCED = "reduced"
    COMPACT = "compact"


def noise_sources(
    cell: Annotated[Solved, typer.Option(help="Compact model: that of the paper, or the full one.")] = Solved.REDUCED,
    n: Annotated[int, typer.Option(min=10, help="Pairs of start and target, in each direction.")] = 500,
    seed: Seed = 0,
    quick: Annotated[bool, typer.Option("--quick", help="Only the pair of amplitudes of 60 us: seconds.")] = False,
    out: Out = Path("runs/noise-sources"),
    workers: Workers = None,
    scheduler: Scheduler = None,
    as_json: Json = False,
) -> None:
    """Switch each source of noise on alone, and off alone: what becomes of pulse times and predictions."""
    from ..evaluation.noise_sources.noise_study import noise_sources as experiment
    from ..reporting.noise_figures import summary, write_noise_sources

    how = shared(workers, scheduler, workers_as="threads")
    folder = out_folder(out)
    model = "full" if cell is Solved.COMPACT else cell.value
    found = experiment(model, n, seed, quick=quick, **how)
    write_noise_sources(found, folder)
    if as_json:
        print(json.dumps(summary(found), indent=2, allow_nan=False))
        return
    _show(found.frame)
    print(f"results: {folder}")


def _show(frame: pd.DataFrame) -> None:
    """Print the table of the cases."""
    head = (
        "pair",
        "sources",
        "direction",
        "step (ns)",
        "start",
        "time / noise-free",
        "middle 68 %",
        "expected",
        "unreached",
        "noise-free pulse within 50 / 20 / 10 %",
    )
    show(head, [_cells(row) for row in frame.to_dict("records")])


def _cells(row: Mapping[Hashable, Any]) -> list[str]:
    """Return the row of a case, as text."""
    import numpy as np

    factors = (f"{np.exp(row[name]):.3g}" for name in ("q16", "q84"))
    expected = row["bias_expected"]
    shares = [row[f"within_{band}"] for band in (50, 20, 10)]
    return [
        row["setting"], row["case"], row["direction"].upper(), f"{row['step_s'] * 1e9:g}", row["start"],
        f"{np.exp(row['bias']):.3g}", " .. ".join(factors), "-" if np.isnan(expected) else f"{np.exp(expected):.3g}",
        f"{row['unreached']:.1%}", "-" if np.isnan(shares[0]) else " / ".join(f"{share:.1%}" for share in shares),
    ]  # fmt: skip
