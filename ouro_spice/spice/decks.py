"""Run the stand-alone decks ``netlists/bench_*.cir`` in plain ngspice, collect their verdicts, draw their waveforms.

A deck judges itself: it prints one line ``RESULT name=.. value=.. target=.. tolerance=.. unit=.. verdict=..`` a figure.
"""

from __future__ import annotations

import math
import os
import re
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .._util import assets, machine
from . import osdi
from .surroundings import surroundings

TIMEOUT_S = 120.0
"""A deck that takes longer than this has failed; it takes a fraction of a second."""

_FIELDS = ("name", "value", "target", "tolerance", "unit", "verdict")


@dataclass(frozen=True)
class DeckFigure:
    """One figure that a deck judged: deck, figure, value, target and absolute tolerance in `unit`, and the verdict."""

    name: str
    figure: str
    value: float
    target: float
    tolerance: float
    unit: str
    passed: bool


def run_decks(out: Path, progress: Any = None) -> list[DeckFigure]:
    """Run every shipped deck in ``out/decks``, without this machine's start-up files; return the figures.

    Parameters
    ----------
    out
        Folder for the copies of decks, libraries and compiled models, made if it is missing.
    progress
        Something with ``advance(steps, failures)``, called after each deck.

    Returns
    -------
    list of DeckFigure
        A deck that fails, hangs or prints no verdict has a failed figure ``run`` with value NaN.

    Raises
    ------
    ToolError
        Without a usable ngspice or Verilog-A compiler.
    """
    program = _ngspice()
    figures: list[DeckFigure] = []
    for deck in _workplace(Path(out) / "decks"):
        found = _run(program, deck)
        figures += found
        if progress is not None:
            progress.advance(1, int(not all(figure.passed for figure in found)))
    return figures


def parse_results(deck: str, text: str) -> list[DeckFigure]:
    """Return the figures among the lines that a deck printed; one that cannot be read counts as failed."""
    return [_figure(deck, line) for line in text.splitlines() if line.startswith("RESULT")]


def _ngspice() -> str:
    """Return the path of a usable ngspice; ToolError without one."""
    program = machine.ngspice_program()
    if program is None:
        raise machine.ToolError(f"no ngspice on PATH: {machine.INSTALL_NGSPICE}")
    version = machine.ngspice_version(program)
    if version < machine.MIN_NGSPICE:
        raise machine.ToolError(f"{program} is version {version or 'unknown'}: {machine.INSTALL_NGSPICE}")
    return program


def _workplace(folder: Path) -> list[Path]:
    """Return copies of the decks beside copies of what they need; an installed package may be read-only."""
    (folder / "lib").mkdir(parents=True, exist_ok=True)
    (folder / "osdi").mkdir(exist_ok=True)
    decks = assets.decks()
    for library in (assets.folder("netlists") / "lib").glob("*.lib"):
        shutil.copyfile(library, folder / "lib" / library.name)
    models = {model for deck in decks for model in re.findall(r"pre_osdi osdi/(\w+)\.osdi", deck.read_text("utf-8"))}
    for model in models:
        shutil.copyfile(osdi.compiled_model(model), folder / "osdi" / f"{model}.osdi")
    return [Path(shutil.copyfile(deck, folder / deck.name)) for deck in decks]


def _run(program: str, deck: Path) -> list[DeckFigure]:
    # a waveform of an earlier run must not pass for this one's
    """Return the figures of one deck; its log stays beside it."""
    deck.with_suffix(".raw").unlink(missing_ok=True)
    code, log = _execute([program, "-n", "-b", deck.name], deck.parent)
    deck.with_suffix(".log").write_text(log, encoding="utf-8")
    figures = parse_results(_short(deck), log)
    if not figures or (code != 0 and all(figure.passed for figure in figures)):
        figures.append(DeckFigure(_short(deck), "run", math.nan, math.nan, math.nan, "", False))
    return figures


def _execute(command: list[str], folder: Path) -> tuple[int, str]:
    """Return exit status and output; ``subprocess.run`` kills the child after a time-out or an interrupt."""
    try:
        with tempfile.TemporaryDirectory(prefix="ouro_spice-") as empty:
            done = subprocess.run(
                command,
                cwd=folder,
                env=surroundings(empty, machine.shared_library() or command[0], os.environ),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                timeout=TIMEOUT_S,
                check=False,
            )
    except subprocess.TimeoutExpired as error:
        return -1, (error.stdout or b"").decode(errors="replace") + f"\nstopped after {TIMEOUT_S:g} s\n"
    except OSError as error:
        return -1, f"{error}\n"
    return done.returncode, done.stdout.decode(errors="replace")


def _figure(deck: str, line: str) -> DeckFigure:
    """Return the figure of a line of a deck's output."""
    fields = dict(word.split("=", 1) for word in line.split()[1:] if "=" in word)
    value, target, tolerance = (_number(fields.get(key)) for key in ("value", "target", "tolerance"))
    good = set(_FIELDS) <= set(fields) and math.isfinite(value) and math.isfinite(target) and math.isfinite(tolerance)
    passed = good and fields["verdict"] == "PASS"
    figure = fields.get("name", "unreadable").removeprefix(f"{deck}_")
    return DeckFigure(deck, figure, value, target, tolerance, fields.get("unit", ""), passed)


def _number(text: str | None) -> float:
    try:
        return float(text or "nan")
    except ValueError:
        return math.nan


def _short(path: Path) -> str:
    return path.stem.removeprefix("bench_")
