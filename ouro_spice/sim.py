"""The main job: decks, then one whole path in a 1T1R cell - extract, train, write and verify - and a report."""

from __future__ import annotations

import dataclasses
import json
import math
import time
import tomllib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from . import assets, decks
from .circuit import Cell1T1R, Driver, Lines, Transistor
from .dataset import PulseDataset, extract
from .decks import DeckFigure
from .device import jart_vcm_v1b
from .engine import Ngspice, runnable_deck
from .files import make_folder, write_text
from .manifest import Manifest, describe, netlists
from .pair import Pair, pair
from .progress import progress
from .report import Page, figures, manifest_section, programmer_section
from .write_verify import ISPP, FixedPulse, History, Outcome, Programmer, write_verify

Say = Callable[[Sequence[str], list[list[str]]], None]
"""Shows the user a table: its head and its rows."""

DECK_HEAD = ("deck", "figure", "value", "target", "tolerance", "unit", "verdict")


@dataclass(frozen=True)
class Path1T1R:
    """What the path in the 1T1R cell gave; `files` are those whose hashes belong to it."""

    data: PulseDataset
    predictor: Any
    histories: dict[str, list[History]]
    needed_s: np.ndarray
    predicted_s: np.ndarray
    files: list[Path]

    @property
    def manifest(self) -> Manifest:
        """Everything that took part, the checkpoint too."""
        trained = self.predictor.manifest
        files = trained.files | {path.name: assets.sha256(path) for path in self.files}
        failures = dict(self.data.manifest.failures)
        for several in self.histories.values():
            for history in several:
                if history.outcome is Outcome.SIMULATION_FAILED:
                    failures[history.detail] = failures.get(history.detail, 0) + 1
        return dataclasses.replace(trained, files=files, failures=failures)


def configuration() -> dict[str, Any]:
    """The numbers of the main job, from ``training/sim.toml``."""
    return tomllib.loads((assets.folder("training") / "sim.toml").read_text(encoding="utf-8"))


def circuit(config: dict[str, Any]) -> Cell1T1R:
    """The cell of the main job."""
    c = config["circuit"]
    lines = Lines(c["r_bl"], c["r_sl"], c["r_wl"], c["c_bl"], c["c_sl"], c["c_wl"])
    return Cell1T1R(jart_vcm_v1b(window=True), lines, Driver(c["driver"]), Transistor(c["w"], c["l"]))


def run(out: Path, seed: int = 0, workers: int | None = None, say: Say = lambda *_: None) -> dict[str, Any]:
    """Run the main job; returns what ``results.json`` holds.

    Parameters
    ----------
    out
        Folder for decks, figures, dataset, checkpoint, ``report.html`` and ``results.json``. Records found there are
        used again where they belong to the same circuit and seed.
    seed
        Of everything random: records, initial weights, starts.
    workers
        Number of processes; all cores where None.
    say
        Called with the table of the decks as soon as it is there.
    """
    begun = time.monotonic()
    make_folder(out)
    config = configuration()
    # an old report must not stand beside new files if this run is interrupted
    for name in ("report.html", "results.json"):
        (out / name).unlink(missing_ok=True)
    judged = judge(out, say)
    path = _path(circuit(config), config, out, seed, workers)
    page = Page("ouro_spice: from one pulse to a verified write")
    _deck_section(page, judged, out)
    rows = _path_section(page, path)
    manifest_section(page, path.manifest)
    results = {
        "decks": deck_json(judged),
        "write_verify": {"sim_1t1r": {f"{config['write_verify']['tolerance']:g}": rows}},
        "manifest": dataclasses.asdict(path.manifest),
        "seconds": time.monotonic() - begun,
    }
    page.write(out / "report.html")
    write_text(out / "results.json", json.dumps(finite(results), indent=2, allow_nan=False))
    return results


def judge(out: Path, say: Say = lambda *_: None) -> list[DeckFigure]:
    """Run the decks, draw their waveforms, show their table."""
    with progress("decks", len(assets.decks())) as bar:
        judged = decks.run_decks(out, bar)
    decks.draw(out)
    say(DECK_HEAD, deck_rows(judged))
    return judged


def deck_rows(judged: list[DeckFigure]) -> list[list[str]]:
    """The figures as rows under `DECK_HEAD`."""
    return [
        [
            f.name,
            f.figure,
            f"{f.value:.6g}",
            f"{f.target:.6g}",
            f"{f.tolerance:.2g}",
            f.unit,
            "PASS" if f.passed else "FAIL",
        ]
        for f in judged
    ]


def deck_json(judged: list[DeckFigure]) -> list[dict[str, Any]]:
    """The figures as ``results.json`` holds them."""
    return [
        {"name": f.name, "figure": f.figure, "value": f.value, "target": f.target, "unit": f.unit, "pass": f.passed}
        for f in judged
    ]


def _path(cell: Cell1T1R, config: dict[str, Any], out: Path, seed: int, workers: int | None) -> Path1T1R:
    from .predictor import NeuralProgrammer, PulsePredictor

    with Ngspice() as engine:
        voltages = pair(cell, config["pair"]["total_s"], engine)
    data = extract(
        cell,
        seed=seed,
        out=_dataset_folder(cell, config, out, seed),
        workers=workers,
        voltages=voltages,
        d2d=None,
        **config["dataset"],
    )
    predictor = PulsePredictor.fit(data, seed=seed, **config["predictor"])
    files = [predictor.save(out / "predictor.npz"), assets.folder("training") / "sim.toml", *assets.decks()]
    files += [write_text(out / f"cell_{name}.cir", runnable_deck(bench)) for name, bench in netlists(cell).items()]
    programmers: list[Programmer] = [
        NeuralProgrammer(predictor),
        ISPP(voltages, **config["ispp"]),
        FixedPulse(voltages, **config["fixed_pulse"]),
    ]
    writes = config["write_verify"]
    cases = starts_and_targets(cell, writes["targets"], seed)
    histories = write_all(cell, programmers, cases, writes["tolerance"], writes["max_pulses"])
    held_out = data.frame[(data.frame.split == "test") & (data.frame.outcome == "reached")]
    start = held_out.g_sense_start_S.to_numpy()
    predicted = predictor.predict(start, held_out.g_target_S.to_numpy() - start)
    return Path1T1R(data, predictor, histories, held_out.t_pulse_s.to_numpy(), predicted, files)


def _dataset_folder(cell: Cell1T1R, config: dict[str, Any], out: Path, seed: int) -> Path:
    """A folder of its own for each circuit, sampling and simulator: a change makes a new dataset, and keeps the old."""
    origin = describe(cell, seed=seed, dataset=config["dataset"], pair=config["pair"])
    return out / f"dataset-{origin.digest[:10]}"


def starts_and_targets(cell: Cell1T1R, count: int, seed: int) -> list[tuple[float, float]]:
    """Pairs of a start, uniform over the window, and a target, evenly over it and off its very edges [S].

    A start may be within tolerance of its target: such a write takes no pulse, with any programmer.
    """
    low, high = cell.window_S
    targets = np.linspace(low, high, count + 2)[1:-1]
    starts = np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(1 << 31,))).uniform(low, high, count)
    return [(float(start), float(target)) for start, target in zip(starts, targets, strict=True)]


def write_all(
    cell: Cell1T1R,
    programmers: Sequence[Programmer],
    cases: Sequence[tuple[float, float]],
    tolerance: float,
    max_pulses: int,
) -> dict[str, list[History]]:
    """Every write of ``(start, target)`` cases [S] by every programmer, by the programmer's name."""
    histories: dict[str, list[History]] = {}
    with progress("write and verify", len(cases) * len(programmers)) as bar:
        for programmer in programmers:
            for start, target in cases:
                history = write_verify(cell, programmer, target, tolerance, max_pulses, state=cell.state(start))
                histories.setdefault(programmer.name, []).append(history)
                bar.advance()
    return histories


def _deck_section(page: Page, judged: list[DeckFigure], out: Path) -> None:
    page.heading("Decks: the device under plain ngspice")
    page.paragraph("Each deck runs by hand, without Python, and judges itself against the figure beside it.")
    page.table(DECK_HEAD, deck_rows(judged))
    for name in dict.fromkeys(figure.name for figure in judged):
        picture = out / f"bench_{name}.png"
        if picture.is_file():
            page.picture(picture, f"Waveform of {name}")


def _path_section(page: Page, path: Path1T1R) -> dict[str, Any]:
    voltages: Pair = path.data.pair
    page.heading("Conductance over pulse time in the 1T1R cell")
    page.paragraph(
        f"{len(path.data.frame)} records extracted in SPICE. The drivers' amplitudes, {voltages.v_set:+.4f} V (SET) "
        f"and {voltages.v_reset:+.4f} V (RESET), cross the window in {voltages.total_s * 1e6:g} us without noise. In "
        "the RESET direction the transistor's share of the voltage moves to the device as it switches: the steep end."
    )
    page.figure(figures.conductance_curves(path.data), "Conductance over pulse width for SET and RESET")
    page.heading("Predicted against needed pulse time")
    error = np.abs(path.predicted_s / path.needed_s - 1)
    if len(error):
        page.paragraph(
            f"Held-out records: relative error of the time {np.median(error):.1%} (median), {error.mean():.1%} (mean)."
        )
    page.figure(figures.predicted_time(path.needed_s, path.predicted_s), "Predicted over needed pulse time")
    page.heading("Write-and-verify in SPICE")
    page.paragraph(
        "Every programmer sees the readings of the sense path only; same cell, reads, tolerance and pulse limit. The "
        "device is the nominal one without cycle-to-cycle noise. The predictor keeps to one voltage pair, the "
        "conventional programmer (ISPP) may raise its amplitude: compare pulses and time."
    )
    return programmer_section(page, path.histories)


def finite(value: Any) -> Any:
    """JSON has no NaN: a figure that was not measured is null."""
    if isinstance(value, dict):
        return {key: finite(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [finite(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
