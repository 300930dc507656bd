"""``ouro-spice benchmark-programmers``: neural, noise-free and conventional programmers under one harness."""

from __future__ import annotations

import json
import sys
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from .._util.files import write_text
from ..circuit.compact_cell import CompactCell
from .cells import CellOptions, takes_a_cell, walking
from .extract import Law
from .neural import TOLERANCE, AnyCircuit, Tolerance, WalkStep, checkpoint_of, described, programmer_of
from .output import Json, Out, Seed, option, out_folder, show
from .quantity import quantities
from .sharing import Scheduler, Workers, shared

if TYPE_CHECKING:
    from ..circuit.cell_kinds import Cell
    from ..experiment.bench import Tuning
    from ..prediction.pulse_predictor import PulsePredictor

_N, _COMPACT_N = 20, 200
_TABLE = 5
"""Starts and targets of the table for each write, at most."""


@takes_a_cell
def benchmark_programmers(
    cell: CellOptions,
    n: Annotated[int | None, option(f"Writes; {_N}, of compact cells {_COMPACT_N}.", min=1)] = None,
    tolerance: Tolerance = TOLERANCE,
    max_pulses: Annotated[int, typer.Option(min=1, help="A write ends after so many.")] = 50,
    checkpoint: Annotated[
        list[Path] | None, option("Of `train`, several times if wanted; else what comes with the package.")
    ] = None,
    any_circuit: AnyCircuit = False,
    d2d: Annotated[Law, typer.Option(help="Law that devices are drawn from.")] = Law.TEN_PERCENT,
    walk: WalkStep = None,
    read_times: Annotated[str, typer.Option(help="Times of a read that the time of a write is told for.")] = (
        "10ns,100ns,1us"
    ),
    tune: Annotated[
        bool, typer.Option(help="Tune conventional programmers, on devices of their own: few for few writes.")
    ] = True,
    table: Annotated[
        int, typer.Option(min=0, help="Starts and targets of whose trials a table is made, at most 5 a write; 0: none.")
    ] = 100,
    seed: Seed = 0,
    workers: Workers = None,
    scheduler: Scheduler = None,
    out: Out = Path("runs/benchmark-programmers"),
    as_json: Json = False,
) -> None:
    """Compare programmers: success, pulses, time and energy of the same writes to the same cells; about two minutes."""
    from ..programming.stopping_rules import Rules

    reads_s, how = _times(read_times), shared(workers, scheduler)
    Rules(tolerance)
    walking(cell.build(), walk)
    folder = out_folder(out)
    from ..experiment.bench import Bench
    from ..experiment.benchmark import benchmark
    from ..experiment.campaigns import finite

    found = _checkpoints(cell, checkpoint)
    pair = next(iter(found.values()))[1].pair if found else None
    described_cell = described(cell, walk, pair)
    writes = n or (_COMPACT_N if isinstance(described_cell, CompactCell) else _N)
    bench = Bench(
        cell.cell.value, described_cell, pair, writes, tolerance, max_pulses,
        None if d2d is Law.NONE else d2d.value, seed, reads_s,
        _tuning(described_cell, writes) if tune else None, table=min(table, _TABLE * writes), **how,
    )  # fmt: skip
    neural = [programmer_of(*one, described_cell, any_circuit, name) for name, one in found.items()]
    for name in ("report.html", "results.json"):
        (folder / name).unlink(missing_ok=True)  # none that does not fit may stand there if this is interrupted
    compared = benchmark(bench, neural)
    text = json.dumps(finite(compared.results), indent=2, allow_nan=False)
    report, _ = compared.write(folder / "report.html"), write_text(folder / "results.json", text)
    if as_json:
        print(text)
        return
    for head, rows in compared.tables:
        show(head, rows)
    print("\n".join([*compared.sentences(), f"report: {report}"]))


def _tuning(cell: Cell | CompactCell, writes: int) -> Tuning:
    """Return the tuning of conventional programmers: with few writes a short one, that of `Tuning.of` from 20 on in a
    circuit and from 60 on of a compact cell.
    """
    from ..experiment.bench import Tuning

    whole = Tuning.of(cell)
    return Tuning(
        min(whole.candidates, 3 * writes), min(whole.cells, 2 * writes), min(whole.best, writes),
        min(whole.tried, writes),
    )  # fmt: skip


def _checkpoints(options: CellOptions, paths: list[Path] | None) -> dict[str, tuple[Path, PulsePredictor]]:
    """Return checkpoints by the name of their programmer.

    None, with a warning, where the package has none for the cell.
    """
    if not paths:
        try:
            return {"neural": checkpoint_of(options.cell, None)}
        except ValueError as error:
            print(f"ouro-spice: warning: no neural programmer takes part: {error}", file=sys.stderr)
            return {}
    count = Counter(path.stem for path in paths)
    names = [f"neural {path.stem if count[path.stem] == 1 else path}" for path in paths]
    names = ["neural"] if len(paths) == 1 else names
    return {name: checkpoint_of(options.cell, path) for name, path in zip(names, paths, strict=True)}


def _times(text: str) -> tuple[float, ...]:
    """Return the times of ``--read-times`` [s]; ValueError for what are none."""
    return quantities("--read-times", text, "s")
