"""The command line: each command is one call of the package.

Exit codes: 2 for what is wrong with the command line or an input file, 1 for a tool, the machine or a missed figure,
130 for Ctrl-C.
"""

from __future__ import annotations

import contextlib
import dataclasses
import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from .files import OutputError, make_folder
from .machine import ToolError
from .waveform import SimulationError

app = typer.Typer(
    add_completion=False, rich_markup_mode=None, no_args_is_help=True, pretty_exceptions_enable=False,
    help="SPICE-level co-simulation of memristor programming.",
)  # fmt: skip

_INTERRUPTED = "interrupted; what was finished is kept, run again to go on"

Out = Annotated[Path, typer.Option(help="Folder for the results.")]
Json = Annotated[bool, typer.Option("--json", help="Machine-readable results on standard output.")]


@app.command()
def doctor(as_json: Json = False) -> None:
    """Say what this machine has, compile and simulate a Verilog-A resistor; exit code 1 where something is missing."""
    from .doctor import examine

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


@app.command()
def osdi(
    model: Annotated[str, typer.Argument(help="Name of a shipped Verilog-A model, such as jart_vcm_v1b.")],
    link: Annotated[Path | None, typer.Option(help="Also put a link MODEL.osdi into this folder.")] = None,
) -> None:
    """Compile a Verilog-A model, unless the cache has it, and print the path of the compiled file."""
    from .osdi import compiled_model

    path = compiled_model(model)
    if link is not None:
        _link(path, make_folder(link) / f"{model}.osdi")
    print(path)


@app.command()
def decks(out: Out = Path("runs/sim"), as_json: Json = False) -> None:
    """Run the stand-alone decks under plain ngspice; exit code 1 where a figure is missed."""
    from .sim import deck_json, finite, judge

    judged = judge(_folder(out), (lambda *_: None) if as_json else _show)
    if as_json:
        print(json.dumps(finite({"decks": deck_json(judged)}), indent=2, allow_nan=False))
    if not all(figure.passed for figure in judged):
        raise typer.Exit(1)


@app.command()
def sim(
    out: Out = Path("runs/sim"),
    seed: Annotated[int, typer.Option(min=0, help="Of everything random.")] = 0,
    workers: Annotated[int | None, typer.Option(min=1, help="Worker processes; all cores by default.")] = None,
    as_json: Json = False,
) -> None:
    """Run the main job: decks, then extract, train, write and verify in a 1T1R cell in SPICE; a report."""
    from .sim import run

    results = run(_folder(out), seed, workers, (lambda *_: None) if as_json else _show)
    if as_json:
        print(json.dumps(json.loads((out / "results.json").read_text(encoding="utf-8")), indent=2))
    else:
        (rows,) = results["write_verify"]["sim_1t1r"].values()
        _show(
            ("programmer", "success", "pulses mean", "pulses p95", "time (us)"), [_row(*item) for item in rows.items()]
        )
        print(f"report: {out / 'report.html'}")
    if not all(figure["pass"] for figure in results["decks"]):
        raise typer.Exit(1)


@app.command(name="switching-curves")
def switching_curves(
    out: Out = Path("runs/switching-curves"),
    devices: Annotated[int, typer.Option(min=1, help="Devices, drawn from the D2D law.")] = 10,
    spice: Annotated[int, typer.Option(min=0, help="How many of them in SPICE, too.")] = 2,
    pulses: Annotated[int, typer.Option("--n", min=1, help="Pulses of 10 ns in each direction.")] = 6000,
    law: Annotated[str, typer.Option(help="D2D law: ten_percent, in_use or yu.")] = "ten_percent",
    seed: Annotated[int, typer.Option(min=0, help="Of everything random.")] = 0,
    workers: Annotated[int | None, typer.Option(min=1, help="Worker processes; all cores by default.")] = None,
    as_json: Json = False,
) -> None:
    """Draw conductance from pulse to pulse, SET then RESET, over devices that differ from each other and walk."""
    from .curves import summary, write_curves
    from .curves import switching_curves as run

    curves = run(devices, spice, pulses, seed, law, _folder(out), workers)
    paths = write_curves(curves, out)
    if as_json:
        print(json.dumps(summary(curves), indent=2))
    else:
        print(f"figure: {paths['png']}\ntable:  {paths['csv']}")


def main(arguments: Sequence[str] | None = None) -> None:
    """Entry point: turns exceptions into one clear line and an exit code."""
    code: int | str | None
    try:
        app(args=list(arguments) if arguments is not None else None, standalone_mode=True)
        code = 0
    except SystemExit as stop:
        # typer makes 130 of Ctrl-C, and says nothing
        code = _complain(_INTERRUPTED, 130) if stop.code == 130 else stop.code
    except ValueError as error:
        code = _complain(error, 2)
    except (ToolError, SimulationError, OutputError, OSError) as error:
        code = _complain(error, 1)
    except KeyboardInterrupt:
        code = _complain(_INTERRUPTED, 130)
    _leave(code)


def _row(name: str, r: dict) -> list[str]:
    success, time_us = f"{r['success']:.0%}", f"{r['time_s'] * 1e6:.3g}"
    return [name, success, f"{r['pulses_mean']:.2f}", f"{r['pulses_p95']:.1f}", time_us]


def _leave(code: int | str | None) -> None:
    from .engine import default_engine

    default_engine().close()
    with contextlib.suppress(OSError):
        sys.stdout.flush()
    sys.exit(code)


def _complain(error: object, code: int) -> int:
    print(f"ouro-spice: {error}", file=sys.stderr)
    return code


def _folder(path: Path) -> Path:
    try:
        return make_folder(path)
    except OutputError as error:
        raise ValueError(f"--out: {error}") from error


def _link(target: Path, link: Path) -> None:
    temporary = link.with_name(f".{link.name}.{os.getpid()}")
    temporary.symlink_to(target)
    temporary.replace(link)


def _show(head: Sequence[str], rows: list[list[str]]) -> None:
    # a pipe or a log has no width: the table is then as wide as it needs to be
    console = Console(width=None if sys.stdout.isatty() else 160)
    table = Table(*head)
    for row in rows:
        style = "bold red" if row[-1] == "FAIL" else None
        table.add_row(*row, style=style)
    console.print(table)
