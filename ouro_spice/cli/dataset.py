"""``ouro-spice dataset``: datasets looked at."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Annotated, Any

import typer

from .output import Json, option, out_folder, show

app = typer.Typer(add_completion=False, rich_markup_mode=None, no_args_is_help=True, help="Datasets on disk.")

Folder = Annotated[Path, typer.Argument(help="Folder of the dataset.", metavar="PATH", show_default=False)]

_SHOWN = 40
"""Findings that a terminal gets; --json has all of them."""


@app.command()
def check(path: Folder, as_json: Json = False) -> None:
    """Check files, columns, values, histories and splits; exit code 1 where something is wrong."""
    from ..dataset.checking import check_dataset

    found = check_dataset(path)
    if as_json:
        results = {"ok": not found.findings, "path": str(path)} | dataclasses.asdict(found)
        print(json.dumps(results, indent=2))
    else:
        for one in found.findings[:_SHOWN]:
            more = f" and {one.count - 1} more" if one.count > 1 else ""
            record = "" if one.record is None else f", record {one.record}{more}"
            print(f"{one.file}{record}: {one.what}\n    -> {one.remedy}")
        if len(found.findings) > _SHOWN:
            print(f"... and {len(found.findings) - _SHOWN} more findings, see --json")
        verdict = f"{len(found.findings)} findings" if found.findings else "all good"
        print(f"{path}: {found.records} of {found.n} records looked at, {verdict}")
        if found.maker:
            print(f"{path}: {found.maker}")
    if found.findings:
        raise typer.Exit(1)


@app.command()
def info(path: Folder, as_json: Json = False) -> None:
    """Say what a dataset is and what it holds; of one that is being extracted, what there is so far."""
    from ..dataset.folder_summary import summary

    found = summary(path)
    if as_json:
        print(json.dumps(found, indent=2))
        return
    for name, text in _facts(found):
        if text:
            print(f"{name:12} {text}")
    rows = [
        [name.upper(), *(f"{seconds * 1e6:.4g}" for seconds in quantiles.values())]
        for name, quantiles in found.get("t_pulse_s", {}).items()
        if quantiles
    ]
    if rows:
        show(("pulse time (us)", "5 %", "25 %", "median", "75 %", "95 %"), rows)


@app.command()
def plot(
    path: Folder,
    out: Annotated[Path | None, option("Folder for the figures; PATH/figures by default.")] = None,
) -> None:
    """Draw histories, pulse times over start and target, and distributions: PNG, SVG, and CSV beside each."""
    folder = None if out is None else out_folder(out)
    from ..dataset.pulse_dataset import PulseDataset
    from ..reporting.dataset_figures import write_figures

    data = PulseDataset.load(path)
    paths = write_figures(data, folder or out_folder(path / "figures"))
    for name in sorted(paths):
        print(paths[name])


def _facts(found: dict[str, Any]) -> list[tuple[str, str]]:
    """Return name and text of each fact about a dataset; empty texts are not shown."""
    from ..device.jart.spread import SPREADS

    pair, rpd, law = found.get("pair"), found.get("rpd_g_end"), found.get("d2d")
    laws = (name for name, known in SPREADS.items() if law == json.loads(json.dumps(dataclasses.asdict(known))))
    return [
        ("cell", _cell(found["cell"])),
        ("circuit", found["circuit"]),
        ("maker", found["maker"]),
        ("simulator", ", ".join(f"{name} {found['versions'].get(name, '-')}" for name in ("ouro-spice", "ngspice"))),
        ("voltages", str(found.get("voltages", ""))),
        ("pair", f"{pair['v_set']:+.4f} V, {pair['v_reset']:+.4f} V, {pair['total_s']:g} s" if pair else "none"),
        ("control", _control(found)),
        ("seed", str(found["seed"])),
        ("sampling", _law(found, "sampling", "start", "per_device")),
        ("d2d", next(laws, json.dumps(law)) if law else ""),
        ("times (s)", _law(found, "step_s", "limit_s", "rise_s", "fall_s")),
        ("records", f"{found['records']} of {found['n']}" + ("" if found["complete"] else ", not complete")),
        ("pulse time", found.get("unvaried", "")),
        ("amplitude", _amplitudes(found.get("controls", {}))),
        ("outcomes", _counts(found.get("outcomes"))),
        ("failures", _counts(found.get("failures"))),
        ("manifest", found["manifest"]),
        ("fidelity circuit", _agreement(found)),
        ("splits", _counts(found.get("splits"))),
        ("devices", str(found.get("devices", ""))),
        ("left out", _counts(found.get("left_out"))),
        ("RPD of G_end", ", ".join(f"{name} {value:.3%}" for name, value in (rpd or {}).items())),
        ("size", f"{found['size_bytes'] / 1e6:.3g} MB in {found['path']}"),
    ]  # fmt: skip


def _agreement(found: dict[str, Any]) -> str:
    """Return how well records agree with full SPICE, in words; "" for those of another fidelity."""
    from ..simulation.agreement import Agreement

    values = found.get("agreement")
    return str(Agreement.from_plain(values)) if values else ""


def _control(found: dict[str, Any]) -> str:
    """Return what the records vary, and between which voltages, in words; "" for the width."""
    from ..dataset.sweep import CONTROL_WORDS, Sweep

    sweep = Sweep.from_plain(found.get("sweep"))
    if sweep is None:
        return ""
    (low, high), pulse, erase = sweep.ends_V, sweep.varied, sweep.before
    before = f" behind an erase of {erase.amplitude:+g} V, {erase.width:g} s" if erase else ""
    what = "" if sweep.column == "amplitude_V" else f"{pulse.amplitude:+g} V, "
    return f"{CONTROL_WORDS[sweep.control]} {low:g} .. {high:g} V: {what}{pulse.width:g} s wide{before}"


def _amplitudes(controls: dict[str, Any]) -> str:
    """Return the amplitude of each direction, or its range, as text; "" where there is the one of the pair."""
    given = {direction: of["amplitude_V"] for direction, of in controls.items() if "amplitude_V" in of}
    if all(one["values"] == 1 for one in given.values()):
        return ""
    each = (
        f"{direction.upper()} {one['low']:g} V in all records" if one["values"] == 1
        else f"{direction.upper()} {one['low']:g} .. {one['high']:g} V, {one['values']} values"
        for direction, one in given.items()
    )  # fmt: skip
    return "; ".join(each)


def _cell(cell: dict[str, Any]) -> str:
    """Return a few words on a manifest's cell."""
    array = cell.get("array")
    device = (array["cell"] if array else cell).get("device") or {}
    walk = (device.get("walk") or {}).get("step_s")
    place = [f"{cell['row']},{cell['cols'][0]} of {array['rows']} x {array['cols']}"] if array else []
    words = [cell["kind"], *place, cell.get("model"), cell.get("file"), f"walk per {walk:g} s" if walk else None]
    return ", ".join(word for word in words if word)


def _law(found: dict[str, Any], *names: str) -> str:
    """Return the settings of some names that are given, as text."""
    parts = ((name.removesuffix("_s"), found.get(name)) for name in names)
    given = ((name, f"{value:g}" if isinstance(value, float) else value) for name, value in parts)
    return ", ".join(f"{name} {value}" for name, value in given if value is not None)


def _counts(counts: dict[str, int] | None) -> str:
    """Return counts by name, without those of 0, as text."""
    return ", ".join(f"{name} {count}" for name, count in (counts or {}).items() if count)
