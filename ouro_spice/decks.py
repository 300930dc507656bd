"""Run the stand-alone decks ``netlists/bench_*.cir`` in plain ngspice, collect their verdicts, draw their waveforms.

A deck judges itself: it prints one line ``RESULT name=.. value=.. target=.. tolerance=.. unit=.. verdict=..`` a figure.
"""

from __future__ import annotations

import math
import re
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from . import assets, machine, osdi

TIMEOUT_S = 120.0
"""A deck that takes longer than this has failed; it takes a fraction of a second."""

Plot = dict[str, np.ndarray]
"""The vectors of one analysis by their ngspice names, each (T,)."""

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
    """Run every shipped deck in ``out/decks``; log and waveform of each stay there.

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
    """The figures among the lines that a deck printed; one that cannot be read has failed."""
    return [_figure(deck, line) for line in text.splitlines() if line.startswith("RESULT")]


def draw(out: Path) -> list[Path]:
    """Draw the waveform of each deck that `run_decks` left in ``out/decks`` to ``out/DECK.png``; the files written."""
    written = []
    for raw in sorted((Path(out) / "decks").glob("bench_*.raw")):
        plots = read_raw(raw)
        if plots:
            target = Path(out) / f"{raw.stem}.png"
            _picture(_short(raw), plots).savefig(target)
            written.append(target)
    return written


def read_raw(path: Path) -> list[Plot]:
    """The plots of a binary ngspice raw file with real vectors, in the order of the file: vector name to (T,)."""
    data = Path(path).read_bytes()
    plots, position = [], 0
    while (start := data.find(b"Binary:\n", position)) >= 0:
        header = data[position:start].decode(errors="replace")
        count, points = (int(re.search(rf"No\. {what}: *(\d+)", header)[1]) for what in ("Variables", "Points"))
        names = [line.split()[1] for line in header.split("Variables:\n")[1].splitlines()]
        begin = start + len(b"Binary:\n")
        position = begin + 8 * count * points
        if position > len(data):  # cut off while it was written
            break
        table = np.frombuffer(data[begin:position], dtype=float).reshape(points, count)
        plots.append({name: table[:, k] for k, name in enumerate(names)})
    return plots


def _ngspice() -> str:
    program = machine.ngspice_program()
    if program is None:
        raise machine.ToolError(f"no ngspice on PATH: {machine.INSTALL_NGSPICE}")
    version = machine.ngspice_version(program)
    if version < machine.MIN_NGSPICE:
        raise machine.ToolError(f"{program} is version {version or 'unknown'}: {machine.INSTALL_NGSPICE}")
    return program


def _workplace(folder: Path) -> list[Path]:
    """Copies of the decks beside copies of what they need: the folder of an installed package may be read-only."""
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
    deck.with_suffix(".raw").unlink(missing_ok=True)
    code, log = _execute([program, "-b", deck.name], deck.parent)
    deck.with_suffix(".log").write_text(log, encoding="utf-8")
    figures = parse_results(_short(deck), log)
    if not figures or (code != 0 and all(figure.passed for figure in figures)):
        figures.append(DeckFigure(_short(deck), "run", math.nan, math.nan, math.nan, "", False))
    return figures


def _execute(command: list[str], folder: Path) -> tuple[int, str]:
    """Exit status and output; ``subprocess.run`` kills the child on a time-out and on an interrupt."""
    try:
        done = subprocess.run(
            command,
            cwd=folder,
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


def _picture(deck: str, plots: list[Plot]) -> Any:
    from matplotlib.figure import Figure

    def empty() -> Any:
        return Figure(figsize=(7, 4.4), layout="constrained", dpi=140)

    figure = empty()
    try:
        _PICTURES.get(deck, _draw_all)(figure, plots)
    except (KeyError, ValueError, IndexError):
        # a deck that somebody changed, or a waveform that a failure cut short: show what there is
        figure = empty()
        _draw_all(figure, plots)
    return figure


def _draw_iv(figure: Any, plots: list[Plot]) -> None:
    axes = figure.subplots()
    (plot,) = plots
    volts, current = plot["v(ae)"], np.abs(plot["i(current)"])
    for label, part, color in (("SET sweep", volts < 0, "C0"), ("RESET sweep", volts > 0, "C3")):
        # a logarithmic axis has no room for the zero crossings
        shown = np.where(part & (current > 1e-9), current, np.nan)
        axes.semilogy(volts, shown, color=color, label=label, lw=1.6)
    axes.set(xlabel="V(AE, OE) [V]", ylabel="|I| [A]", title="I-V under a triangle of 1 V/s", ylim=(1e-8, None))
    _finish(axes)


def _draw_kinetics(figure: Any, plots: list[Plot]) -> None:
    axes = figure.subplots()
    for k, plot in enumerate(plots):
        time = plot["time"]
        axes.loglog(time[1:], plot["v(n_disc)"][1:], color=f"C{k}", lw=1.6, label=f"{plot['v(ae)'][-1]:+.4g} V")
    # the first steps of a transient are too short to show anything
    axes.set_xlim(min(plot["time"][-1] for plot in plots) * 1e-2, max(plot["time"][-1] for plot in plots) * 1.5)
    direction = "SET" if plots[0]["v(ae)"][-1] < 0 else "RESET"
    axes.set(xlabel="time at constant voltage [s]", ylabel=r"$N_\mathrm{disc}$ [$10^{26}$ m$^{-3}$]")
    axes.set_title(f"{direction} kinetics")
    _finish(axes)


def _draw_1t1r(figure: Any, plots: list[Plot]) -> None:
    (plot,) = plots
    figure.set_size_inches(7, 6)
    top, middle, bottom = figure.subplots(3, sharex=True)
    time = plot["time"] * 1e9
    for name, label in (("v(bl_driver)", "bit line"), ("v(sl_driver)", "source line"), ("v(wl_driver)", "gate")):
        top.plot(time, plot[name], label=label, lw=1.4)
    top.plot(time, plot["v(ae)"] - plot["v(oe)"], "k--", label="V(AE, OE)", lw=1.2)
    top.set(ylabel="voltage [V]", title="1T1R cell: SET pulse and transient read")
    middle.plot(time, plot["i(current)"] * 1e6, color="C3", lw=1.4, label="bit line driver to cell")
    middle.set_ylabel("current [µA]")
    bottom.plot(time, plot["v(n_disc)"], color="C2", lw=1.6, label="vacancy concentration")
    bottom.set(xlabel="time [ns]", ylabel=r"$N_\mathrm{disc}$ [$10^{26}$ m$^{-3}$]")
    for axes in (top, middle, bottom):
        _finish(axes)


def _draw_train(figure: Any, plots: list[Plot]) -> None:
    (plot,) = plots
    time, volts, current = plot["time"], plot["v(ae)"], plot["i(current)"]
    low, high = figure.subplots(2, sharex=True, height_ratios=(1, 2.2))
    low.plot(time * 1e6, volts, color="0.35", lw=0.8, label="V(AE, OE)")
    low.set(ylabel="voltage [V]", title="Potentiation and depression by equal pulses")
    # the cell is read after each pulse, at +0.2 V
    reads = np.flatnonzero(np.abs(volts - 0.2) < 1e-6)
    reads = np.array([part[len(part) // 2] for part in np.split(reads, np.flatnonzero(np.diff(reads) > 1) + 1)])
    after_set = np.arange(len(reads)) < np.searchsorted(reads, np.argmax(volts > 0.3))
    for label, part, color in (("after a SET pulse", after_set, "C0"), ("after a RESET pulse", ~after_set, "C3")):
        shown = reads[part]
        high.plot(time[shown] * 1e6, current[shown] / volts[shown] * 1e6, "o-", ms=4, lw=1, color=color, label=label)
    high.set(xlabel="time [µs]", ylabel="conductance at +0.2 V [µS]")
    _finish(low)
    _finish(high)


def _draw_all(figure: Any, plots: list[Plot]) -> None:
    names = [name for name in plots[0] if name != "time"]
    panels = np.atleast_1d(figure.subplots(len(names), sharex=True))
    figure.set_size_inches(7, 1 + 1.3 * len(names))
    for axes, name in zip(panels, names, strict=True):
        for plot in plots:
            axes.plot(plot["time"], plot[name])
        axes.set_ylabel(f"{name} [{'A' if name.startswith('i(') else 'V'}]", fontsize="small")
        axes.grid(True, alpha=0.3)
    panels[-1].set_xlabel("time [s]")


def _finish(axes: Any) -> None:
    axes.grid(True, which="major", alpha=0.3)
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(frameon=False, fontsize="small")


_PICTURES: dict[str, Callable[[Any, list[Plot]], None]] = {
    "iv_triangle": _draw_iv,
    "set_kinetics": _draw_kinetics,
    "reset_kinetics": _draw_kinetics,
    "write_1t1r": _draw_1t1r,
    "pulse_train": _draw_train,
}
