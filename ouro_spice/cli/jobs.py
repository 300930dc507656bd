"""The jobs: the machine examined, models compiled, decks, the main job, switching curves."""

from __future__ import annotations

import dataclasses
import json
import os
from pathlib import Path
from typing import Annotated

import typer

from .._util.files import make_folder
from .output import Json, Out, Seed, out_folder, show
from .sharing import Scheduler, Workers, shared


def doctor(as_json: Json = False) -> None:
    """Say what this machine has, compile and simulate a Verilog-A resistor; exit code 1 where something is missing."""
    from ..spice.doctor import examine

    checks = examine()
    good = all(check.ok for check in checks)
    if as_json:
        print(json.dumps({"ok": good, "checks": [dataclasses.asdict(check) for check in checks]}, indent=2))
    else:
        for check in checks:
            print(f"{'ok' if check.ok else 'MISSING':8} {check.name:16} {check.found}")
            if not check.ok:
                print(f"{'':8} {'':16} -> {check.remedy}")
    if not good:
        raise typer.Exit(1)


def osdi(
    model: Annotated[
        str,
        typer.Argument(help="Name of a shipped Verilog-A model, such as jart_vcm_v1b, or a file of yours, NAME.va."),
    ],
    define: Annotated[list[str] | None, typer.Option(help="A macro for a file of yours, NAME.")] = None,
    link: Annotated[Path | None, typer.Option(help="Also put a link MODEL.osdi into this folder.")] = None,
) -> None:
    """Compile a Verilog-A model, unless the cache has it, and print the path of the compiled file."""
    from ..spice.osdi import compile_verilog_a, compiled_model

    own = Path(model) if model.endswith(".va") and Path(model).is_file() else None
    if own is None and define:
        raise ValueError(f"--define is for a Verilog-A file of yours; {model!r} is none")
    path = compile_verilog_a(own.absolute(), defines=define or ()) if own else compiled_model(model)
    if link is not None:
        _link(path, make_folder(link) / f"{own.stem if own else model}.osdi")
    print(path)


def decks(out: Out = Path("runs/sim"), as_json: Json = False) -> None:
    """Run the stand-alone decks under plain ngspice; exit code 1 where a figure is missed."""
    folder = out_folder(out)
    from ..experiment.campaigns import finite
    from ..experiment.main_job import deck_json, judge

    judged = judge(folder, (lambda *_: None) if as_json else show)
    if as_json:
        print(json.dumps(finite({"decks": deck_json(judged)}), indent=2, allow_nan=False))
    if not all(figure.passed for figure in judged):
        raise typer.Exit(1)


def sim(
    out: Out = Path("runs/sim"),
    seed: Seed = 0,
    workers: Workers = None,
    scheduler: Scheduler = None,
    as_json: Json = False,
) -> None:
    """Run the main job: decks, then extract, train, deploy, write and verify, compact and 1T1R in SPICE; a report."""
    how = shared(workers, scheduler)
    folder = out_folder(out)
    from ..experiment.main_job import run
    from ..experiment.sim_card import lines

    results = run(folder, seed, say=(lambda *_: None) if as_json else show, **how)
    if as_json:
        print(json.dumps(json.loads((out / "results.json").read_text(encoding="utf-8")), indent=2))
    else:
        print("\n".join(lines(results)))
        print(f"report: {out / 'report.html'}")
    if not all(figure["pass"] for figure in results["decks"]):
        raise typer.Exit(1)


def switching_curves(
    out: Out = Path("runs/switching-curves"),
    devices: Annotated[int, typer.Option(min=1, help="Devices, drawn from the D2D law.")] = 10,
    spice: Annotated[int, typer.Option(min=0, help="How many of them in SPICE, too.")] = 2,
    pulses: Annotated[int, typer.Option("--n", min=1, help="Pulses of 10 ns in each direction.")] = 6000,
    law: Annotated[str, typer.Option(help="D2D law: ten_percent, in_use or yu.")] = "ten_percent",
    seed: Seed = 0,
    workers: Workers = None,
    scheduler: Scheduler = None,
    as_json: Json = False,
) -> None:
    """Draw conductance from pulse to pulse, SET then RESET, over devices that differ from each other and walk."""
    how = shared(workers, scheduler)
    from ..experiment.switching_curves import summary, write_curves
    from ..experiment.switching_curves import switching_curves as run

    curves = run(devices, spice, pulses, seed, law, out_folder(out), **how)
    paths = write_curves(curves, out)
    if as_json:
        print(json.dumps(summary(curves), indent=2))
    else:
        print(f"figure: {paths['png']}\ntable:  {paths['csv']}\nreport: {paths['html']}")


def _link(target: Path, link: Path) -> None:
    """Put a symbolic link to a file in the place of what is there."""
    temporary = link.with_name(f".{link.name}.{os.getpid()}")
    temporary.symlink_to(target)
    temporary.replace(link)
