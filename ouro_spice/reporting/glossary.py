"""Terms of the field, each in a sentence: a page ends with those that it uses."""

from __future__ import annotations

from collections.abc import Iterable

from .page import Page

TERMS: dict[str, str] = {
    "SET, RESET": "A SET pulse (negative between AE and OE here) raises the conductance, a RESET pulse lowers it.",
    "AE, OE": "Active and ohmic electrode: the two ends of the memristor. V(AE, OE) is the voltage across it.",
    "G": "Conductance of the device alone at its read voltage; G_start before a pulse, G_target wanted after.",
    "window": "The range of conductance between the two states in which the device stops changing.",
    "1R, 1T1R": "A cell of a memristor alone, and one with an access transistor whose gate is the word line.",
    "pair": "The amplitudes of SET and RESET at which the nominal device crosses its window in a given time, without "
    "noise: 60 us where nothing else is said. To traverse is to cross the window.",
    "D2D": "Device to device: each device has radius, length and limits of its own, drawn once from a law.",
    "C2C, walk": "Cycle to cycle: those values go on a slow random walk while a device is used, so that the same pulse "
    "does not do the same twice.",
    "write-and-verify": "Read, send a pulse, read again, until the reading is within the tolerance around the target.",
    "programmer": "What chooses the next pulse of a write from what was read: a network, a table or a rule.",
    "ISPP": "Incremental step pulse programming: each further pulse of one direction has a larger amplitude, or width.",
    "coarse to fine": "A rule with large steps far from the target, and small ones near to it.",
    "posterior rule": "A rule that knows the nominal model and learns from each reading how slow this device is.",
    "noise-free model": "The nominal device's own pulse time, without any noise: what a perfect model alone can do.",
    "what a programmer knows": "Nothing: it sees readings alone. Nominal model: the equations of the nominal device. "
    "Data: records of many devices.",
    "within ±20 %": "A single pulse ends with G within 20 % of the target; likewise for 50 and 10 %.",
    "noise floor": "The best share within a band that any choice of the pulse time by G_start and G_target can reach: "
    "what is missing to 100 % is the device's noise. It is measured, too, and has an interval of its own.",
    "RPD": "Relative percentage difference: |G_end - G_target| / G_target.",
    "95 % interval": "The range in which the true value is expected in 95 of 100 repetitions, from the number of "
    "cases (n) that stands beside. Shares: Wilson's; means and ratios: a bootstrap.",
    "reading": "What the sense path reports of the conductance, with its own error.",
    "half select": "While one cell is written the others on its lines get a part of the voltage: half of it, or a "
    "third, by the scheme.",
    "disturb": "The change of cells that were not written.",
    "sneak current": "The part of the current out of a bit line that does not come from the cell that is read.",
    "Elmore's estimate": "The delay of a line by its resistances and capacitances alone.",
    "log10 of a ratio": "0 where both are alike, 1 where B takes ten times as long, -1 where A does (decades).",
    "KS": "Kolmogorov-Smirnov distance: the largest difference of two distribution functions, 0 to 1.",
}
"""Term: what it means."""


_STORY = (
    "SET, RESET", "AE, OE", "G", "window", "1R, 1T1R", "pair", "D2D", "C2C, walk", "write-and-verify", "ISPP",
    "coarse to fine", "posterior rule", "noise-free model", "within ±20 %", "noise floor", "95 % interval",
)  # fmt: skip


def glossary(terms: Iterable[str] = _STORY) -> list[tuple[str, str]]:
    """Return some terms with their meanings, in the order of `TERMS`, as `Page.terms` takes them; by default those of
    the way from a pulse to a write. KeyError for a term that is not there.
    """
    wanted = set(terms)
    if missing := wanted - set(TERMS):
        raise KeyError(f"no term {', '.join(sorted(missing))} in the glossary")
    return [(term, meaning) for term, meaning in TERMS.items() if term in wanted]


def terms_section(page: Page, terms: Iterable[str]) -> None:
    """Add a section with some terms and their meanings."""
    page.heading("Terms")
    page.terms(glossary(terms))
