"""``ouro-spice array``: writes, reads, disturb, positions and products of an array."""

from __future__ import annotations

import json
import sys
import warnings
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from .._util.number_words import read_number
from ..circuit.crossbar import Crossbar
from ..circuit.selection import Selection
from ..circuit.sense import ReadingClipped, Sense
from .array_options import ArrayOptions, Fidelities, PulseOptions, ReadFidelities, takes_an_array
from .cells import CellOptions
from .output import Json, Out, deck_of_failure, option, out_folder, resumable, show
from .quantity import quantity
from .sharing import Scheduler, Workers, shared

if TYPE_CHECKING:
    from ..array.column_currents import Product
    from ..array.sneak_paths import SneakMap
    from ..reporting.array_page import Result

app = typer.Typer(
    add_completion=False,
    rich_markup_mode=None,
    no_args_is_help=True,
    help="Arrays of 1R or 1T1R cells; line options are those of one segment, between two cells.",
)

_ADC_TOP_S = 700e-6

Row = Annotated[int | None, option("Word line; by default the last, far from the drivers.", min=0)]
Col = Annotated[str | None, option("Bit line, several as 0,3,7, or all; by default the last.")]
Fidelity = Annotated[
    Fidelities,
    typer.Option(
        help="full, frozen: memristors that provably do not switch are held still, or circuit: solved without SPICE, "
        "with the agreement on a sample."
    ),
]
ReadFidelity = Annotated[
    ReadFidelities | None,
    option(
        "full: ngspice; circuit: the operating point by nodal analysis, 1r with ideal drivers. By default circuit "
        "where it gives what ngspice gives."
    ),
]
Places = Annotated[int | None, option("Positions along each side at most, 5 by default.", min=2)]


@app.command()
@takes_an_array(ArrayOptions, PulseOptions)
def write(
    cell: CellOptions,
    options: ArrayOptions,
    pulse: PulseOptions,
    row: Row = None,
    col: Col = None,
    fidelity: Fidelity = Fidelities.FULL,
    out: Out = Path("runs/array-write"),
    as_json: Json = False,
) -> None:
    """Write a cell, or cells of a row: conductances before and after, voltages, energy, delay along the lines."""
    from ..array.array_write import write_array

    array = options.build(cell)
    selection, state = _selected(array, row, col, fidelity), options.start(array, pulse.resets)
    with deck_of_failure(out_folder(out)):
        sent = pulse.build(array.cell)
        written = write_array(selection, sent, state, options.seed)
    summary = _finish(written, out, as_json, {"amplitude_V": sent.amplitude})
    if as_json:
        return
    rows = [
        [f"{k['row']},{k['col']}", *_micro(k["g_before_S"], k["g_after_S"]), f"{k['v_cell_V']:+.4f}"]
        for k in summary["selected"]
    ]
    show(("cell", "G before (uS)", "G after (uS)", "V at the end (V)"), rows)
    shares = ((part, f"{joule * 1e12:.3g}") for part, joule in summary["energy_J"].items())
    show(("energy", "pJ"), [*map(list, shares), ["total", f"{summary['total_J'] * 1e12:.4g}"]])
    print(f"pulse of {sent.amplitude:+.4f} V; fidelity {written.fidelity}\nreport: {out / 'report.html'}")


@app.command()
@takes_an_array(ArrayOptions)
def read(
    cell: CellOptions,
    options: ArrayOptions,
    row: Row = None,
    col: Col = None,
    bits: Annotated[int | None, option("Sense path of transistors with an ADC of so many bits.")] = None,
    adc_top: Annotated[float, quantity("S", "Upper end of the ADC's range, lower 0.", default=_ADC_TOP_S)] = _ADC_TOP_S,
    positions: Places = None,
    fidelity: ReadFidelity = None,
    out: Out = Path("runs/array-read"),
    workers: Workers = None,
    scheduler: Scheduler = None,
    as_json: Json = False,
) -> None:
    """Read cells one by one, some of all without --row and --col: reading, own current, sneak current.

    Without --g or --g-map all cells are at the high end of their window; --scheme is that of the read.
    """
    from ..array.sneak_paths import sneak_map

    array, how = options.build(cell, reading=True), shared(workers, scheduler)
    if bits is not None:
        array = array.replace(cell=array.cell.replace(sense=Sense(bits, (0.0, adc_top))))
    state, cells = options.start(array, True), None
    if row is not None or col is not None:
        chosen = _selected(array, row, col)
        cells = [(chosen.row, number) for number in chosen.cols]
    with resumable():
        # what was clipped is in the results, and reported once
        with (
            deck_of_failure(out_folder(out)),
            warnings.catch_warnings(record=True, action="always", category=ReadingClipped),
        ):
            at = fidelity and fidelity.value
            found = sneak_map(array, state, positions, cells=cells, out=out, fidelity=at, **how)
        summary = _finish(found, out, as_json, {"read_scheme": array.read_scheme}, found.kept)
    if summary["clipped"]:
        range_ = f"the ADC's range is 0 to {adc_top * 1e6:g} uS"
        known = range_ if bits is not None else "the sense path knows 0.5 uS to 4 mS"
        print(
            f"ouro-spice: warning: {summary['clipped']} of {summary['positions']} readings clipped: {known}",
            file=sys.stderr,
        )
    if as_json:
        return
    rows = [
        [f"{k['row']},{k['col']}", *_micro(k["g_S"], k["reading_S"]), *_micro(k["own_A"], k["sneak_A"], digits=3)]
        for k in found.frame.to_dict("records")
    ]
    show(("cell", "G (uS)", "reading (uS)", "own current (uA)", "sneak current (uA)"), rows)
    print(f"{_made(found)}\nreport: {out / 'report.html'}")


@app.command()
@takes_an_array(ArrayOptions, PulseOptions)
def disturb(
    cell: CellOptions,
    options: ArrayOptions,
    pulse: PulseOptions,
    row: Row = None,
    col: Col = None,
    pulses: Annotated[int, typer.Option("--n", min=1, help="Pulses.")] = 1000,
    explicit: Annotated[bool, typer.Option(help="Simulate every pulse in SPICE, not the first alone.")] = False,
    fidelity: Fidelity = Fidelities.FULL,
    out: Out = Path("runs/array-disturb"),
    as_json: Json = False,
) -> None:
    """Send many pulses to a cell, or to cells of a row, and see what becomes of the others."""
    from ..array.disturbance import disturb as run

    array = options.build(cell)
    selection, state = _selected(array, row, col, fidelity), options.start(array, pulse.resets)
    with resumable() if explicit else nullcontext():
        with deck_of_failure(out_folder(out)):
            sent = pulse.build(array.cell)
            found = run(selection, sent, pulses, state, explicit, options.seed, out=out)
        _finish(found, out, as_json, {"amplitude_V": sent.amplitude}, found.kept)
    if as_json:
        return
    rows = [
        [
            k["class"], str(k["cells"]), *(f"{k[name] * 1e6:+.3g}" for name in ("mean_change_S", "worst_change_S")),
            f"{k['worst_relative']:+.2g}", f"{k['worst_row']},{k['worst_col']}",
        ]
        for k in found.classes.to_dict("records")
    ]  # fmt: skip
    show(("class", "cells", "mean change (uS)", "worst (uS)", "relative", "at"), rows)
    print(f"{pulses} pulses of {sent.amplitude:+.4f} V\nreport: {out / 'report.html'}")


@app.command()
@takes_an_array(ArrayOptions, PulseOptions)
def position(
    cell: CellOptions,
    options: ArrayOptions,
    pulse: PulseOptions,
    positions: Places = None,
    fidelity: Fidelity = Fidelities.FULL,
    out: Out = Path("runs/array-position"),
    workers: Workers = None,
    scheduler: Scheduler = None,
    as_json: Json = False,
) -> None:
    """Send the same pulse to one cell after the other: voltage and change of conductance against position."""
    from ..array.position_sweep import sweep_positions

    array, how = options.build(cell), shared(workers, scheduler)
    state = options.start(array, pulse.resets)
    with resumable():
        with deck_of_failure(out_folder(out)):
            sent = pulse.build(array.cell)
            found = sweep_positions(array, sent, state, positions, options.seed, fidelity.value, out=out, **how)
        summary = _finish(found, out, as_json, {"amplitude_V": sent.amplitude}, found.kept)
    if as_json:
        return
    change = summary["change"]
    values = _micro(*(change[name] for name in ("mean_S", "std_S", "least_S", "largest_S")), digits=3)
    head = ("change: mean (uS)", "deviation (uS)", "least (uS)", "largest (uS)", "spread")
    show(head, [[*values, f"{change['relative']:.2%}"]])
    print(f"{summary['positions']} positions, pulse of {sent.amplitude:+.4f} V\nreport: {out / 'report.html'}")


@app.command()
@takes_an_array(ArrayOptions)
def product(
    cell: CellOptions,
    options: ArrayOptions,
    inputs: Annotated[
        str | None,
        typer.Option(
            help="A number a word line, or one for all: volts for 1r, gates 0 or 1 for 1t1r.", show_default=False
        ),
    ] = None,
    fidelity: ReadFidelity = None,
    out: Out = Path("runs/array-product"),
    as_json: Json = False,
) -> None:
    """Read all columns at once: the current out of each bit line, and that of the devices alone."""
    from ..array.vector_product import product as run

    array = options.build(cell, reading=True)
    x = _numbers(inputs or ("1" if array.gated else f"{array.cell.read.voltage}"))
    state = options.start(array, True)
    with deck_of_failure(out_folder(out)):
        found = run(array, x * array.rows if len(x) == 1 else x, state, fidelity=fidelity and fidelity.value)
    _finish(found, out, as_json, {})
    if as_json:
        return
    rows = [
        [str(k["col"]), *_micro(k["i_A"], k["ideal_A"], digits=3), f"{k['deviation']:+.2%}"]
        for k in found.frame.to_dict("records")
    ]
    show(("bit line", "current (uA)", "devices alone (uA)", "deviation"), rows)
    print(f"{_made(found)}\nreport: {out / 'report.html'}")


def _selected(array: Crossbar, row: int | None, col: str | None, fidelity: Fidelities = Fidelities.FULL) -> Selection:
    """Return the cells of ``--row`` and ``--col``; by default the one far from the drivers."""
    if col == "all":
        cols = tuple(range(array.cols))
    else:
        try:
            cols = tuple(int(word) for word in col.split(",")) if col is not None else (array.cols - 1,)
        except ValueError:
            raise ValueError(f"--col {col}: a bit line, several as 0,3,7, or all") from None
    return array.row(array.rows - 1 if row is None else row, cols, fidelity.value)


def _numbers(text: str) -> list[float]:
    """Return the numbers of ``--inputs``; ValueError for what are none."""
    try:
        return [read_number("--inputs", word, "V") for word in text.split(",")]
    except ValueError:
        raise ValueError(f"--inputs {text}: numbers, as 0.2,0,0.1") from None


def _made(found: SneakMap | Product) -> str:
    """Return the fidelity of reads or a product, and how far a sample is from ngspice, in words."""
    beside = "" if found.agreement is None else f", a sample within {found.agreement:.1g} of ngspice"
    return f"fidelity {found.fidelity}{beside}"


def _micro(*values: float, digits: int = 2) -> list[str]:
    """Return values in millionths, as text."""
    return [f"{value * 1e6:.{digits}f}" for value in values]


def _finish(
    result: Result, out: Path, as_json: bool, more: dict[str, object], kept: Path | None = None
) -> dict[str, Any]:
    """Write the results, remove the file to go on from, print JSON where it is asked for; return the summary."""
    from ..reporting.array_figures import write_results

    write_results(result, out)
    if kept is not None:
        kept.unlink(missing_ok=True)
    if as_json:
        print(json.dumps(more | result.summary, indent=2, allow_nan=False))
    return result.summary
