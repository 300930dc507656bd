"""``ouro-spice predict``: the pulse that takes a cell from one conductance to another, by a network."""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Iterable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import numpy as np
import typer

from .._util.checks import check_conductance
from .._util.number_words import in_words
from .._util.quantities import implausible
from .output import Json, option, out_file
from .quantity import quantity

if TYPE_CHECKING:
    from ..prediction.first_pulses import FirstPulses
    from ..prediction.neural_programmer import NeuralProgrammer
    from ..prediction.pulse_predictor import PulsePredictor

_SHIPPED = ("1t1r", "1r")
_LINE = 100
"""The size of a line of the table [bytes]."""

_COLUMNS = ("g_S", "target_S", "direction", "amplitude_V", "width_s", "outside_training")


def predict(
    net: Annotated[
        str,
        typer.Argument(
            help="Checkpoint of `train`; or 1t1r or 1r, the cells for which one comes with the package.",
            metavar="[NET]",
        ),
    ] = _SHIPPED[0],
    g: Annotated[float | None, quantity("S", "What the cell reads now.")] = None,
    target: Annotated[float | None, quantity("S", "What it is to read.")] = None,
    table: Annotated[
        Path | None,
        option("In place of these: a table of many cells, with columns g_uS and target_uS, in these or other units."),
    ] = None,
    out: Annotated[Path | None, option("With --table: file for the pulses, CSV. [default: pulses.csv]")] = None,
    as_json: Json = False,
) -> None:
    """Predict the first pulse of a write: amplitude and width that take a cell from one conductance to another."""
    if table is None:
        g_S, target_S = _question(g, target)
        if out is not None:
            raise ValueError("--out is for the pulses of --table")
    elif g is None and target is None:
        g_S, target_S = _cells(table)
        out = out or Path("pulses.csv")
        if out.exists() and table.exists() and out.samefile(table):
            raise ValueError(f"--out {out} is the table itself")
        out_file(out, "pulses.csv", _LINE * len(g_S))
    else:
        raise ValueError("--table, and --g or --target: the table says what cells there are")
    path = _checkpoint(net)
    from ..prediction.first_pulses import first_pulses
    from ..prediction.pretrained import default_programmer
    from ..prediction.pulse_predictor import PulsePredictor

    predictor = PulsePredictor.load(path)
    if predictor.control != "width":
        what = f"{net}: this network gives the {predictor.control} voltage of a sequence of pulses"
        raise ValueError(f"{what}, and predict knows pulses of a width: ouro_spice.NeuralProgrammer sends them")
    programmer = default_programmer(predictor)
    found = first_pulses(programmer, g_S, target_S)
    _warn(found)
    results = {"checkpoint": str(path), "sha256": predictor.sha256, "trained_on": _cell(predictor)}
    if out is not None:
        _write(found, out)
        results |= {"out": str(out), "cells": len(g_S), "outside_training": _outside(found)}
    else:
        results |= _single(found, programmer)
    print(json.dumps(results, indent=2, allow_nan=False) if as_json else _sentence(results))


def _question(g: float | None, target: float | None) -> tuple[np.ndarray, np.ndarray]:
    """Return reading and target of one cell, (1,) each [S]; ValueError where they are none."""
    if g is None or target is None:
        raise ValueError("give --g and --target, as --g 200uS --target 280uS, or --table with many of them")
    check_conductance("--g", g)
    check_conductance("--target", target)
    return np.array([g]), np.array([target])


def _cells(path: Path) -> tuple[np.ndarray, np.ndarray]:
    """Return readings and targets of a table, (K,) each [S]; ValueError, with file and line, where they are none."""
    from .._util.tables.unit_columns import read_quantities

    table, found = read_quantities(path, {"g": "S", "target": "S"}, {})
    for name, values in found.items():
        for row in np.flatnonzero(implausible("S", values))[:1]:
            check_conductance(f"{table.at(row)}: {name}", values[row])
    return found["g"], found["target"]


def _checkpoint(net: str) -> Path:
    """Return the file of a network; ValueError where there is none."""
    path = Path(net)
    if net in _SHIPPED and not path.exists():
        from .._util import assets

        path = assets.folder("training") / "checkpoints" / f"{net}.npz"
    if not path.is_file():
        raise ValueError(f"{net}: there is no such checkpoint; with the package come {' and '.join(_SHIPPED)}")
    return path


def _cell(predictor: PulsePredictor) -> str:
    """Return the kind of cell that a network was trained on, as its manifest names it."""
    return str(predictor.manifest.cell.get("kind", "unknown"))


def _outside(found: FirstPulses) -> int:
    """Return how many questions lie outside the training data."""
    return int(np.any(list(found.outside.values()), axis=0).sum()) if found.outside else 0


def _warn(found: FirstPulses) -> None:
    """Say on standard error which questions lie outside the training data."""
    if found.outside:
        several = f"{_outside(found)} of {len(found.g_S)} cells ask" if len(found.g_S) > 1 else "asked"
        what = f"what the network was not trained on ({' and '.join(found.outside)}); its data: {found.ranges}"
        print(f"ouro-spice: warning: {several} for {what}", file=sys.stderr)


def _write(found: FirstPulses, path: Path) -> None:
    """Write the pulses as a CSV table, whole or not at all."""
    from .._util.files import write_whole

    columns = (found.g_S, found.target_S, found.directions, found.amplitude_V, found.width_s, found.outside_words)
    listed = [[f"{one:.9g}" for one in column] if isinstance(column, np.ndarray) else column for column in columns]
    write_whole(path, partial(_put, rows=zip(*listed, strict=True)))


def _put(path: Path, rows: Iterable[tuple[str, ...]]) -> None:
    """Write the rows of a table into a file."""
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows([_COLUMNS, *rows])


def _single(found: FirstPulses, programmer: NeuralProgrammer) -> dict[str, Any]:
    """Return the pulse of a single cell, for JSON; the gate's voltage is None where the network's data have none."""
    rise, fall = programmer.predictor.edges()
    pair, volts, width = programmer.predictor.pair, float(found.amplitude_V[0]), float(found.width_s[0])
    return {
        "g_S": float(found.g_S[0]), "target_S": float(found.target_S[0]), "direction": found.directions[0],
        "amplitude_V": volts, "width_s": width, "rise_s": rise, "fall_s": fall,
        "gate_V": pair.gate_set if volts < 0 else pair.gate_reset, "outside_training": found.outside_words[0],
    }  # fmt: skip


def _sentence(results: dict[str, Any]) -> str:
    """Return what was predicted, in words."""
    network = f"network: {results['checkpoint']}, trained on a {results['trained_on']}"
    if "out" in results:
        count = "1 pulse" if results["cells"] == 1 else f"{results['cells']} pulses"
        told = f"{count}, {results['outside_training']} of them outside the training data"
        return f"{told}\n{network}\npulses: {results['out']}"
    way = f"{results['g_S'] * 1e6:.1f} -> {results['target_S'] * 1e6:.1f} uS"
    if results["direction"] == "none":
        return f"{way}: no pulse, the cell reads its target\n{network}"
    gate = "" if results["gate_V"] is None else f", gate at {results['gate_V']:.4g} V"
    width, rise, fall = (in_words(float(f"{results[f'{name}_s']:.4g}"), "s") for name in ("width", "rise", "fall"))
    pulse = f"{results['direction']} of {results['amplitude_V']:+.4f} V, {width} wide, edges {rise} and {fall}{gate}"
    return f"{way}: {pulse}\n{network}"
