"""``ouro-spice campaign``: the published experiment on its own ground, and in the circuit."""

from __future__ import annotations

import enum
from pathlib import Path
from typing import Annotated, Any

import typer

from .output import Json, option, out_folder, resumable
from .sharing import Scheduler, Workers, shared


class Which(enum.Enum):
    """The campaigns."""

    PAPER = "paper"
    CIRCUIT = "circuit"


def campaign(
    name: Annotated[Which, typer.Argument(help="What is done.", show_default=False)],
    config: Annotated[Path | None, option("Another configuration; training/NAME.toml by default.")] = None,
    out: Annotated[Path | None, option("Folder; runs/NAME by default.")] = None,
    workers: Workers = None,
    scheduler: Scheduler = None,
    as_json: Json = False,
) -> None:
    """Extract, train, deploy, write and report, as configured. Run again, it goes on."""
    from ..experiment.configuration import Configuration

    configuration, how = Configuration.load(name.value, config), shared(workers, scheduler)
    folder = out_folder(out or Path("runs") / name.value)
    from ..experiment.campaigns import campaign as run

    with resumable():
        results = run(configuration, folder, **how)
    if as_json:
        print((folder / "results.json").read_text(encoding="utf-8"))
        return
    for setting in results["one_shot"]:
        print(f"{setting}: {_sentence(results, setting)}")
    print(f"report: {folder / 'report.html'}")


def _sentence(results: dict[str, Any], setting: str) -> str:
    """Return a sentence on the best share within 20 % of a setting, and on what writes take."""
    every = results["one_shot"][setting].items()
    rows = {name: row for name, row in every if "two attempts" not in name and "within_20" in row}
    best = max(rows, key=lambda name: rows[name]["within_20"])
    floor = rows[best].get("floor_20")
    trainings = rows[best].get("trainings", {}).get("n", 1)
    mean = f", mean of {trainings} trainings" if trainings > 1 else ""
    text = f"{rows[best]['within_20']:.1%} within 20 % after one attempt ({best}{mean})"
    text += f", floor {floor:.1%}" if floor is not None else ""
    for tolerance, ratios in results.get("ratios", {}).get(setting, {}).items():
        one = ratios["pulses"]
        times = f"{one['over_best'][0]:.2f} times as many pulses as {one['neural']}"
        text += f"; to {float(tolerance):.0%} {one['conventional']} takes {times}"
    return text
