"""``ouro-spice import``: a dataset of own measurements."""

from __future__ import annotations

import json
import re
import sys
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ..circuit.pulse import Pulse
from .output import Json, Out, out_folder, show
from .quantity import quantity

if TYPE_CHECKING:
    import pandas as pd

    from ..dataset.pulse_dataset import PulseDataset


def import_(
    path: Annotated[Path, typer.Argument(help="Table of measured pulses, CSV.", metavar="FILE", show_default=False)],
    columns: Annotated[
        list[str],
        typer.Option(
            "--map", show_default=False,
            help="Column and unit of each quantity: g_start_S=G before:uS,amplitude_V=V:mV,width_s=tp:ns,"
            "g_end_S=G after:uS, and where there are any device=NAME, time_s, rise_s, fall_s. Which way a pulse goes: "
            "by the sign of its amplitude, or operation=NAME, a column of words such as SET and RESET, or in place of "
            "amplitude_V two columns of magnitudes, set_amplitude_V, reset_amplitude_V. A unit that the table tells "
            "can be left out.",
        ),
    ],
    positive_sets: Annotated[bool, typer.Option("--positive-sets", help="SET amplitudes are positive.")] = False,
    no_header: Annotated[bool, typer.Option("--no-header", help="The table has no header, see --columns.")] = False,
    names: Annotated[
        list[str] | None,
        typer.Option("--columns", help="With --no-header: names of all its columns, a,b,c.", show_default=False),
    ] = None,
    skip_bad: Annotated[
        bool,
        typer.Option("--skip-bad", help="Leave out, and count, rows of 0 V, overflow, no value, G <= 0, and reads."),
    ] = False,
    accept_implausible: Annotated[
        bool, typer.Option("--accept-implausible", help="Take values that look like another unit as they are.")
    ] = False,
    seed: Annotated[int, typer.Option(min=0, help="Of the split into training, validation and test.")] = 0,
    rise: Annotated[float, quantity("s", "Rise where no column tells.", default=Pulse.rise)] = Pulse.rise,
    fall: Annotated[float, quantity("s", "Fall, likewise.", default=Pulse.fall)] = Pulse.fall,
    out: Out = Path("runs/import"),
    as_json: Json = False,
) -> None:  # fmt: skip
    """Make a dataset of a table of measured pulses: conductance before, amplitude, width, conductance after."""
    from ..dataset.importing import import_pulses

    if no_header != bool(names):
        raise ValueError("--no-header and --columns: give both; they name all columns of a table without a header")
    how = {"positive_sets": positive_sets, "rise_s": rise, "fall_s": fall, "skip_bad": skip_bad}
    how |= {"accept_implausible": accept_implausible}
    how |= {"header": [name.strip() for text in names for name in text.split(",")]} if names else {}
    wanted = _map(columns)
    with warnings.catch_warnings(record=True, action="always", category=UserWarning) as raised:
        data = import_pulses(path, wanted, out_folder(out), seed, **how)
    for warning in raised:
        print(f"ouro-spice: warning: {warning.message}", file=sys.stderr)
    results = _results(path, data, out)
    if as_json:
        print(json.dumps(results, indent=2))
    else:
        _print_results(results, data.frame)


def _map(texts: list[str]) -> dict[str, str]:
    """Return the column and unit of each quantity of ``--map``.

    A comma ends a column's name where a quantity and an equals sign follow.
    """
    found: dict[str, str] = {}
    for part in (part for text in texts for part in re.split(r",\s*(?=\w+\s*=)", text)):
        name, equals, column = (word.strip() for word in part.partition("="))
        if not equals or not column:
            raise ValueError(f"--map {part!r}: write QUANTITY=COLUMN:UNIT, several separated by commas")
        if name in found:
            raise ValueError(f"--map: {name} twice")
        found[name] = column
    return found


def _results(path: Path, data: PulseDataset, out: Path) -> dict[str, Any]:
    """Return what is printed of an imported dataset, for JSON."""
    frame, settings = data.frame, data.manifest.settings
    sets = int((frame.t_pulse_s > 0).sum())
    left_out, passed_over = (settings.get(name, {}) for name in ("left_out", "passed_over"))
    return {
        "out": str(out), "file": str(path), "rows": len(frame) + sum(left_out.values()), "left_out": left_out,
        "passed_over": passed_over, "marked": settings.get("marked", 0), "units": settings.get("units", {}),
        "records": len(frame), "sets": sets, "resets": len(frame) - sets, "devices": len(settings["devices"]),
        "pair": settings["pair"],
        "splits": {str(name): int(count) for name, count in frame.split.value_counts().items()},
    }  # fmt: skip


def _print_results(results: dict[str, Any], frame: pd.DataFrame) -> None:
    """Print what was read and left out, and which pulses there are, so that a slip of the unit is seen."""
    left_out = sum(results["left_out"].values())
    more = f", {left_out} left out ({_counts(results['left_out'])})" if left_out else ""
    print(f"{results['file']}: {results['rows']} rows{more}")
    if results["passed_over"]:
        print(f"no rows: {_counts(results['passed_over'])}")
    if results["marked"]:
        print(f"rows that begin with #, taken as rows: {results['marked']}")
    if results["units"]:
        print(f"units that the table tells: {', '.join(f'{name}: {unit}' for name, unit in results['units'].items())}")
    rows = []
    for name, sign in (("SET", 1), ("RESET", -1)):
        some = frame[(frame.t_pulse_s * sign) > 0]
        quantities = ((some.amplitude_V, "V"), (some.t_pulse_s.abs(), "s"), (some.g_start_S, "S"), (some.g_end_S, "S"))
        rows.append([name, str(len(some)), *(_range(values, base) for values, base in quantities)])
    show(("", "pulses", "amplitude", "width", "G before", "G after"), rows)
    devices = f"{results['devices']} devices, " if results["devices"] else ""
    print(f"{devices}records of each split: {_counts(results['splits'])}")
    print(f"dataset: {results['out']}")


def _counts(counts: dict[str, int]) -> str:
    """Return counts by name, as text."""
    return ", ".join(f"{name}: {count}" for name, count in counts.items())


def _range(values: pd.Series, base: str) -> str:
    """Return the smallest and the largest of some values in a unit, as text."""
    if not len(values):
        return "-"
    low, high = _with_prefix(values.min(), base), _with_prefix(values.max(), base)
    return low if low == high else f"{low} .. {high}"


def _with_prefix(value: float, base: str) -> str:
    """Return a value with its unit and the prefix that makes it readable, as text."""
    from math import floor, log10

    step = min(max(floor(log10(abs(value)) / 3 + 1e-9), -4), 0) if base != "V" else 0
    return f"{value / 10 ** (3 * step):.4g} {('', 'm', 'u', 'n', 'p')[-step]}{base}"
