"""What the benchmarks share: arguments, figures and their targets, tables, circuits, tight reference runs."""

from __future__ import annotations

import argparse
import dataclasses
import json
import math
import re
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table

import ouro_spice as ouro
from ouro_spice._util.files import write_text
from ouro_spice.circuit.testbench import Testbench

Figures = dict[str, float | int | str]


@dataclass(frozen=True)
class Target:
    """A bound on one figure; a figure that is missing or not a number misses it."""

    key: str
    limit: float
    at_least: bool = False

    def met(self, figures: Mapping[str, Any]) -> bool:
        """Whether the figure keeps to its bound."""
        value = figures.get(self.key, math.nan)
        return bool(value >= self.limit if self.at_least else value <= self.limit)

    def __str__(self) -> str:
        return f"{self.key} {'>=' if self.at_least else '<='} {self.limit:g}"


def arguments(description: str | None) -> argparse.ArgumentParser:
    """A parser with what every benchmark understands."""
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.ArgumentDefaultsHelpFormatter)
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all figures to FILE, units in the names")
    parser.add_argument("--quick", action="store_true", help="smaller samples: less than a minute")
    parser.add_argument("--check", action="store_true", help="exit 1 on a missed figure")
    parser.add_argument("--seed", type=int, default=0, help="of everything random")
    return parser


def finish(args: argparse.Namespace, figures: Figures, targets: Sequence[Target]) -> int:
    """Show the targets, write the figures; returns the exit code."""
    rows = [[t.key, number(figures.get(t.key)), str(t), "PASS" if t.met(figures) else "MISSED"] for t in targets]
    if targets:
        show("targets", ("figure", "value", "target", "verdict"), rows)
    if args.json:
        finite = {key: _finite(value) for key, value in figures.items()}
        write_text(args.json, json.dumps(finite, indent=2, allow_nan=False) + "\n")
    missed = [str(t) for t in targets if not t.met(figures)]
    if missed:
        print(f"missed: {', '.join(missed)}", file=sys.stderr)
    return 1 if missed and args.check else 0


def show(title: str, head: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Print a table."""
    console = Console(width=None if sys.stdout.isatty() else 130)
    table = Table(title=title, title_justify="left")
    for index, name in enumerate(head):
        table.add_column(name, justify="right" if index else "left")
    for row in rows:
        table.add_row(*map(number, row))
    console.print(table)


def number(value: object) -> str:
    """A number in four digits, anything else as it is."""
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def _finite(value: Any) -> Any:
    """JSON has no NaN, and does not know numpy's numbers."""
    value = value.item() if isinstance(value, np.generic) else value
    return None if isinstance(value, float) and not math.isfinite(value) else value


def circuits(window: bool = True) -> dict[str, ouro.Cell1R | ouro.Cell1T1R]:
    """A bare device and the 1T1R cell of the main job, lines included, with a full or a windowed device."""
    device = ouro.jart_vcm_v1b(window=window)
    lines = ouro.Lines(r_bl=10.0, r_sl=10.0, r_wl=50.0, c_bl=20e-15, c_sl=20e-15, c_wl=50e-15)
    cell = ouro.Cell1T1R(device, lines, ouro.Driver(50.0), ouro.Transistor(w=20e-6, l=0.35e-6))
    return {"1R": ouro.Cell1R(device), "1T1R": cell}


class _Tight(Testbench):
    def analysis(self, rung: int = 0) -> str:
        return re.sub(r"reltol=\S+", "reltol=1e-06", super().analysis(rung))


def tight(bench: Testbench) -> Testbench:
    """The same testbench at reltol = 1e-6: what the error of an ordinary run is measured against."""
    return _Tight(**{f.name: getattr(bench, f.name) for f in dataclasses.fields(bench)})


def relative_gap(value: float, reference: float) -> float:
    """Size of the relative difference; NaN where one of the two failed."""
    return abs(value / reference - 1)


def largest(values: np.ndarray) -> float:
    """The largest value that is a number; NaN where none is."""
    return float(np.nanmax(values)) if np.any(np.isfinite(values)) else math.nan


def peak_MB(pid: int | str) -> float:
    """The most memory that a process has held in RAM [MB]; NaN where the system does not say."""
    status = Path(f"/proc/{pid}/status")
    match = re.search(r"VmHWM:\s*(\d+) kB", status.read_text()) if status.is_file() else None
    return int(match[1]) / 1e3 if match else math.nan


def resident_MB(pid: int | str) -> float:
    """Memory of a process that is held in RAM [MB]."""
    status = Path(f"/proc/{pid}/status")
    if status.is_file():
        match = re.search(r"VmRSS:\s*(\d+) kB", status.read_text())
        return int(match[1]) / 1e3 if match else math.nan
    said = subprocess.run(["ps", "-o", "rss=", "-p", str(pid)], capture_output=True, text=True, check=False).stdout
    return int(said) / 1e3 if said.strip() else math.nan
