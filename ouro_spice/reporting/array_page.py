"""Pages of arrays: what a write, a read, a disturb, a sweep over positions or a product came to."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from ..array.array_write import ArrayWrite
from ..array.disturbance import Disturb
from ..array.position_sweep import Positions
from ..array.sneak_paths import SneakMap
from ..array.vector_product import Product
from ..circuit.write_agreement import Agreement
from .amounts import amount, plain, share
from .glossary import terms_section
from .page import Fact, Page

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Result = ArrayWrite | Positions | Disturb | SneakMap | Product

NOTHING = 1e-12
"""A relative change below this is the error of rounding."""

UNRESOLVED = 1e-6
"""A share of a conductance or a current below this is the solver's error."""

_CAPTIONS = {
    "write_conductance": ("Conductances before and after", "Framed: the cells that were written. Only these should "
                          "change; what is below a millionth is drawn as 0."),
    "write_voltage": ("Voltage across each device", "Left: at the end of the pulse; right: the largest on the way, "
                      "while edges of lines and gates pass. Cells that share a line see a part of the pulse."),
    "write_energy": ("Where the energy goes", "Left: what the sources delivered, by where it went. Right: in each "
                     "device, on a logarithmic scale; grey: nothing."),
    "write_delay": ("How late the pulse arrives along the lines", "Time from the driver's edge to each cell, and how "
                    "long its edge takes there; dashed: Elmore's estimate, and the driver's own edge."),
    "position": ("The same pulse at each position", "Lines take voltage: a cell far from the drivers gets less and "
                 "changes less. Compare corners: upper left is near both drivers."),
    "sneak": ("Reading each cell", "Left: the cell's own current. Middle: what flows through others, as a share of "
              "it. Right: how far the reading is from the conductance of the device."),
    "product": ("Current out of each bit line", "Grey marks: the devices alone, at ideal lines. Bars: how far the "
                "array is from that."),
    "disturb": ("Cells that were not written", "How far each has moved. Framed: the cells that the pulses went to, "
                "which are left out; grey: no change that is more than rounding."),
    "disturb_pulses": ("How disturb grows", "The worst cell of each class over the number of pulses: a straight line "
                       "of slope 1 means that each pulse adds as much as the first."),
}  # fmt: skip
_FILES = {"summary.json": "all figures of this page", "g_after.csv": "conductances after, to start the next write from"}
_TERMS = ("G", "1R, 1T1R")
_PULSED = ("SET, RESET", "AE, OE", "half select")
_CLASSES = {"row": "same word line", "column": "same bit line", "unselected": "neither line"}


def array_page(result: Result, figures: Mapping[str, Figure], files: Iterable[str]) -> Page:
    """Return the page of a result with its figures, by the stem of their files, and links to the files beside it."""
    title, command, facts, terms = _about(result)
    page = Page(title)
    page.card(facts)
    for stem, figure in figures.items():
        heading, caption = _CAPTIONS[stem]
        page.heading(heading)
        page.figure(figure, f"{heading}: a map over word lines and bit lines, or curves along a line", caption)
        if stem == "disturb":
            _class_table(page, result)
    terms_section(page, (*_TERMS, *terms))
    page.heading("How this page was made")
    names = sorted(name for name in files if name.endswith((".csv", ".json")))
    page.paragraph(f"By ouro-spice array {command} --out FOLDER{'. Beside it:' if names else '.'}")
    page.links((name, _FILES.get(name, "numbers of the figure")) for name in names)
    return page


def _about(result: Result) -> tuple[str, str, list[Fact], tuple[str, ...]]:
    """Return title, command, facts and terms of a result."""
    if isinstance(result, ArrayWrite):
        return "Write to an array", "write", _write(result), (*_PULSED, "Elmore's estimate")
    if isinstance(result, Positions):
        return "One pulse at many positions of an array", "position", _positions(result), _PULSED
    if isinstance(result, SneakMap):
        return "Reading the cells of an array", "read", _sneak(result), ("reading", "sneak current")
    if isinstance(result, Product):
        return "Product of an array: all columns at once", "product", _product(result), ()
    return "Disturb of an array", "disturb", _disturb(result), (*_PULSED, "disturb")


def _write(write: ArrayWrite) -> list[Fact]:
    """Return the facts of a write: the cells, the others, energy and delay."""
    found: Any = write.summary
    array, cells = write.selection.array, found["selected"]
    first = cells[0]
    more = f"; {len(cells) - 1} more" if len(cells) > 1 else ""
    change = f"{amount(first['g_before_S'], 'S')} to {amount(first['g_after_S'], 'S')}"
    where = f"word line {first['row']}, bit line {first['col']} of {array.rows} x {array.cols}{more}"
    facts = [
        Fact(change, "selected cell", where),
        Fact(f"{first['v_cell_V']:+.3f} V", "across it at the end", f"largest {_largest(write, first)}"),
        _worst("largest change of any other cell", found["largest_change_of_others"], "of its conductance"),
    ]
    total, parts = found["total_J"], found["energy_J"]
    split = ", ".join(f"{part} {share(joule / total)}" for part, joule in parts.items() if joule > 0.001 * total)
    facts.append(Fact(amount(total, "J"), "energy from the sources", split))
    line = max(found["far_end"], key=lambda name: found["far_end"][name]["delay_s"], default=None)
    if line is not None:
        end = found["far_end"][line]
        words = f"{line_in_words(line)}; Elmore's estimate {amount(end['elmore_s'], 's')}"
        facts.append(Fact(amount(end["delay_s"], "s"), "delay to the far end", words))
    return [*facts, *_agreed(write.fidelity.agreement)]


def _agreed(agreement: Agreement | None) -> list[Fact]:
    """Return the fact of how far the results are from full SPICE, none where they are made by it."""
    if agreement is None:
        return []
    return [Fact(share(agreement.g_worst), 'fidelity "circuit": largest difference of G', f"{agreement}")]


def line_in_words(line: str) -> str:
    """Return the name of a line in words: wl3 is word line 3."""
    kind = {"wl": "word line", "bl": "bit line", "sl": "source line"}.get(line[:2])
    return f"{kind} {line[2:]}" if kind else line


def _largest(write: ArrayWrite, cell: Mapping[str, Any]) -> str:
    """Return the largest voltage across a cell, as text."""
    return f"{write.v_peak_V[cell['row'], cell['col']]:+.3f} V"


def _worst(what: str, relative: float, of: str, beside: str = "") -> Fact:
    """Return the fact on a relative change, in words where it is no more than rounding."""
    if abs(relative) < NOTHING:
        return Fact("none", what, beside or "no more than rounding")
    return Fact(f"{plain(100 * abs(relative))} %", what, beside or of)


def _positions(found: Positions) -> list[Fact]:
    """Return the facts of a sweep: change, its spread, voltages, energy."""
    summary: Any = found.summary
    change, volts = summary["change"], [summary[f"v_start_{name}_V"] for name in ("least", "largest")]
    ends = f"{amount(change['least_S'], 'S')} to {amount(change['largest_S'], 'S')}"
    return [
        Fact(amount(change["mean_S"], "S"), "change of G, mean", f"{ends}, {summary['positions']} positions"),
        Fact(share(change["relative"], digits=2), "spread of the change", "standard deviation over mean; 0: ideal"),
        Fact(f"{abs(volts[0]):.4g} to {abs(volts[1]):.4g} V", "across the device, at the start", "far and near"),
        Fact(amount(summary["energy_mean_J"], "J"), "energy of a write, mean"),
        *_agreed(found.agreement),
    ]


def _sneak(found: SneakMap) -> list[Fact]:
    """Return the facts of reads: error, sneak current, clipped readings."""
    summary: Any = found.summary
    at = ",".join(map(str, summary["worst_at"]))
    error, sneak = summary["worst_reading_error"], summary["worst_sneak_of_own"]
    facts = [Fact(str(summary["positions"]), "cells read", f"largest G {amount(float(np.nanmax(found.g_S)), 'S')}")]
    if error is not None:
        small = abs(error) < UNRESOLVED
        facts.append(Fact("none" if small else _signed(error), "largest error of a reading", "of G"))
    text = "none" if abs(sneak) < UNRESOLVED else _signed(sneak)
    facts.append(Fact(text, "largest sneak current", f"of the cell's own, at {at}"))
    facts.append(
        Fact(str(summary["clipped"]), "clipped readings", f"of {summary['positions']}", not summary["clipped"])
    )
    return [*facts, _made(found)]


def _made(found: SneakMap | Product) -> Fact:
    """Return the fact on what made reads or a product, and how far that is from ngspice."""
    if found.fidelity == "full":
        return Fact("full", "fidelity", "ngspice")
    beside = "resistors: ngspice solves the same linear equations"
    if found.agreement is not None:
        beside = f"a sample within {found.agreement:.1g} of ngspice"
    return Fact(found.fidelity, "fidelity: nodal analysis", beside)


def _signed(relative: float) -> str:
    """Return a relative error with its sign in per cent, as text."""
    return f"{'-' if relative < 0 else '+'}{plain(100 * abs(relative))} %"


def _product(found: Product) -> list[Fact]:
    """Return the facts of a product: its largest deviation and currents."""
    worst = found.summary["worst_deviation"]
    text = "-" if worst is None else _signed(float(str(worst)))
    ends = (amount(float(f(found.i_A)), "A") for f in (np.min, np.max))
    return [
        Fact(text, "largest deviation of a column", "from the devices alone"),
        Fact(" to ".join(ends), "current out of a bit line", f"{len(found.i_A)} columns, {len(found.inputs)} inputs"),
        _made(found),
    ]


def _disturb(found: Disturb) -> list[Fact]:
    """Return the facts of disturb: the worst cell of each class."""
    n = int(found.pulses[-1])
    how = "each simulated" if found.explicit else "with the voltages of the first one"
    facts = [Fact(str(n), "pulses", how)]
    for row in found.classes.to_dict("records"):
        beside = (
            f"{row['cells']} cells, at {row['worst_row']},{row['worst_col']}: {row['worst_change_S'] * 1e6:+.3g} uS"
        )
        what = f"worst cell, {_CLASSES[row['class']]}"
        quiet = f"{row['cells']} cells, no more than rounding"
        still = abs(row["worst_relative"]) < NOTHING
        facts.append(_worst(what, row["worst_relative"], "", quiet if still else beside))
    return [*facts, *_agreed(found.agreement)]


def _class_table(page: Page, result: Result) -> None:
    """Add the table of disturb by class."""
    if not isinstance(result, Disturb):
        return
    rows = []
    for row in result.classes.to_dict("records"):
        moved = abs(row["worst_relative"]) >= NOTHING
        changes = [f"{1e6 * row[f'{name}_change_S']:+.3g}" if moved else "none" for name in ("mean", "worst")]
        rows.append((_CLASSES[row["class"]], row["cells"], *changes, f"{row['worst_row']},{row['worst_col']}"))
    page.table(("cells on", "number", "mean change (uS)", "worst (uS)", "at"), rows)
