"""The decks on a page: their waveforms, and their figures folded away."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ..reporting.page import Page

DECKS = {
    "iv_triangle": ("I-V under a triangle of 1 V/s", "SET at the left, RESET at the right; the thresholds are judged."),
    "set_kinetics": ("SET at constant voltages", "A tenth of a volt is a decade of time: the switching is that steep."),
    "reset_kinetics": ("RESET at constant voltages", "Gradual, over decades: the reverse of the SET."),
    "pulse_train": ("Equal pulses, up and down", "The answer to equal pulses is neither linear nor symmetric."),
    "threshold": (
        "Other families",
        "Drift, VTEAM, TEAM and a threshold model: motion, thresholds and ten years at rest.",
    ),
    "write_1t1r": ("1T1R cell: a SET pulse and a read", "The transistor's gate limits the current of the SET."),
    "mosfets": ("The transistors", "Transfer and output characteristics of the cards that the circuits use."),
    "lines": ("Lines", "Delay along a line of 16 and 64 segments, and what a load does to it."),
    "write_driver": ("The write driver", "The edges of the line come out of the circuit; supply current beside."),
    "sense": ("The sense path", "It holds the bit line and mirrors the cell's current; settling is judged."),
}
"""Of each deck its title, and what to see in its picture."""

HEAD = ("deck", "figure", "value", "target", "unit", "verdict")


def deck_section(page: Page, judged: Sequence[Mapping[str, Any]], out: Path) -> None:
    """Add the decks to a page: `judged` as ``results.json`` holds them, pictures from the folder of the job."""
    passed = sum(figure["pass"] for figure in judged)
    page.heading("The decks: device and periphery under plain ngspice")
    page.paragraph(
        f"Each deck runs by hand, without Python (ngspice -b netlists/bench_NAME.cir), and judges itself: {passed} of "
        f"{len(judged)} figures pass, most of them against exact solutions of the device's equations."
    )
    missed = [figure for figure in judged if not figure["pass"]]
    if missed:
        page.table(HEAD, map(_row, missed))
    with page.folded("Waveforms of the decks"):
        for name in dict.fromkeys(figure["name"] for figure in judged):
            picture = out / f"bench_{name}.png"
            title, caption = DECKS.get(name, (name.replace("_", " "), ""))
            if picture.is_file():
                page.picture(picture, f"Waveforms of the deck {name}: {title}", caption, title)
    with page.folded(f"All {len(judged)} figures"):
        page.table(HEAD, map(_row, judged))


def _row(figure: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the row of a figure under `HEAD`; names as the decks print them."""
    verdict = "PASS" if figure["pass"] else "FAIL"
    numbers = (f"{figure[name]:.6g}" for name in ("value", "target"))
    return (figure["name"].replace("_", " "), figure["figure"].replace("_", " "), *numbers, figure["unit"], verdict)
