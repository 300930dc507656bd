"""The main job: decks, then small versions of the campaigns: extract, train, deploy, write and verify; a report."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from .._util import assets
from .._util.files import make_folder
from .._util.progress import progress
from ..reporting import deck_figures
from ..spice import decks
from ..spice.decks import DeckFigure
from . import sim_page
from .campaigns import campaign
from .configuration import Configuration

Say = Callable[[Sequence[str], list[list[str]]], None]
"""Shows the user a table: its head and its rows."""

DECK_SUMMARY_HEAD = ("deck", "figures", "value", "target", "verdict")


def configuration() -> Configuration:
    """Return the numbers of the main job, from ``training/sim.toml``."""
    return Configuration.load("sim")


def run(
    out: Path, seed: int = 0, workers: int | None = None, say: Say = lambda *_: None, scheduler: str | None = None
) -> dict[str, Any]:
    """Run the main job; return what ``results.json`` holds.

    Parameters
    ----------
    out
        Folder for decks, figures, datasets, checkpoints, ``report.html`` and ``results.json``. What is found there is
        used again where it belongs to the same circuit and seed.
    seed
        Seed of everything random: records, initial weights, starts.
    workers
        Number of processes; all cores where None.
    say
        Called with the table of the decks as soon as it is there.
    scheduler
        Address of a Dask scheduler, ``tcp://host:port``, whose workers simulate what comes after the decks.
    """
    make_folder(out)
    # an old report must not stand beside new files if this run is interrupted
    for name in ("report.html", "results.json", "RESULTS.md"):
        (out / name).unlink(missing_ok=True)
    begun = time.monotonic()
    judged = judge(out, say)
    files = {path.name: assets.sha256(path) for path in (*assets.decks(), assets.folder("training") / "sim.toml")}
    own = {"decks": deck_json(judged), "files": files, "seconds": time.monotonic() - begun}
    return campaign(configuration().seeded(seed), out, workers, own, partial(sim_page.write, seed=seed), scheduler)


def judge(out: Path, say: Say = lambda *_: None) -> list[DeckFigure]:
    """Run the decks, draw their waveforms and show their table; return the figures with their verdicts."""
    with progress("decks", len(assets.decks())) as bar:
        judged = decks.run_decks(out, bar)
    deck_figures.draw(out)
    say(DECK_SUMMARY_HEAD, deck_summary(judged))
    return judged


def deck_summary(judged: list[DeckFigure]) -> list[list[str]]:
    """Return rows under `DECK_SUMMARY_HEAD`: one a deck, and one for each figure of it that is missed."""
    rows = []
    for name in dict.fromkeys(figure.name for figure in judged):
        mine = [figure for figure in judged if figure.name == name]
        missed = [figure for figure in mine if not figure.passed]
        verdict = "FAIL" if missed else "PASS"
        rows.append([name, f"{len(mine) - len(missed)} of {len(mine)}", "", "", verdict])
        rows += [
            ["", f.figure, f"{f.value:.6g}", f"{f.target:.6g} +- {f.tolerance:.2g} {f.unit}".rstrip(), "FAIL"]
            for f in missed
        ]
    return rows


def deck_json(judged: list[DeckFigure]) -> list[dict[str, Any]]:
    """Return the figures as ``results.json`` holds them."""
    return [
        {"name": f.name, "figure": f.figure, "value": f.value, "target": f.target, "unit": f.unit, "pass": f.passed}
        for f in judged
    ]
