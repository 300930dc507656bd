"""The report of a campaign, with the figures of the paper: a card, then a section for each setting."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .._util.files import make_folder
from ..evaluation.bands import BANDS, label
from ..reporting.amounts import without_powers
from ..reporting.attempt_figures import (
    rpd_by_start,
    rpd_histogram,
    share_bars,
    start_bins,
    transfer_bars,
)
from ..reporting.figure_page import FigurePage
from ..reporting.glossary import terms_section
from ..reporting.map_figure import history_map
from ..reporting.names import setting_name, table_in_words, variant_name, with_names
from ..reporting.page import Page
from ..reporting.rpd_maps import map_bins, rpd_map
from ..reporting.write_figures import convergence, iterations, pulses_and_time
from ..simulation.live_cell import live
from . import campaign_card
from .benchmark_page import DRAWN
from .context import ExperimentContext
from .published import result_tables
from .published.write_tables import SAYS

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from .findings import Findings

_WINDOWS = (1001, 101, 11, 1)
"""Moving averages of Fig. 5, in steps; a shorter history shows those that it has room for."""

_MAPS = 6
"""Variants whose maps and lines are drawn: more cannot be told apart."""

_TERMS = (
    "SET, RESET", "G", "window", "pair", "D2D", "C2C, walk", "write-and-verify", "ISPP", "coarse to fine",
    "posterior rule", "noise-free model", "what a programmer knows", "within ±20 %", "noise floor", "RPD",
    "95 % interval",
)  # fmt: skip

_FILES = (
    ("RESULTS.md", "all tables as text"), ("results.json", "all figures, for programs"),
    ("figures/", "the figures as SVG"), ("datasets/", "the records, as Parquet"), ("checkpoints/", "the networks"),
)  # fmt: skip


def write(page: Page, found: Findings, results: dict[str, Any], path: Path) -> Path:
    """Write the report behind what is on the page, and its figures into ``figures`` beside it; return its path."""
    page.card(campaign_card.facts(results), campaign_card.made(results))
    book = FigurePage(page, make_folder(path.parent / "figures"))
    for name, place in found.contexts.items():
        if name in found.one_shots:
            page.heading(setting_name(name))
            page.paragraph(_regime(place))
            _one_shot(book, name, place, found, results)
            _converged(book, name, place, found)
            _writes(book, name, place, found, results)
            _transfer(book, name, found, results)
    terms_section(page, _TERMS)
    page.heading("Data")
    page.links((target, text) for target, text in _FILES if (path.parent / target).exists() or "." in target)
    with page.folded("What was simulated: circuits, networks, files, versions"):
        for head in ("circuits", "checkpoints", "files", "versions"):
            page.table((head, "sha256" if head != "versions" else "version"), results["manifest"][head].items())
    return page.write(path)


def _regime(place: ExperimentContext) -> str:
    """Return a sentence on where the networks of a setting are tried."""
    pair = place.pair
    low, high = place.cell.window_S
    return (
        f"{pair.v_set:+.4f} V (SET) and {pair.v_reset:+.4f} V (RESET), which cross the window of {low * 1e6:.0f} to "
        f"{high * 1e6:.0f} uS in {pair.total_s * 1e6:.3g} us without noise; a step of the walk of r, l and the limits "
        "every 10 ns, begun in its stationary state; starts and targets independent and uniform, none removed."
    )


def _table(page: Page, table: tuple[Sequence[str], Iterable[Sequence[str]]], names: Iterable[str]) -> None:
    """Add a table with the names of variants in words, and without powers of ten."""
    head, rows = table_in_words(table, names)
    page.table(head, [[without_powers(re.sub(r"^\+-(\d+)%$", r"±\1 %", cell)) for cell in row] for row in rows])


def _one_shot(book: FigurePage, name: str, place: ExperimentContext, found: Findings, results: dict[str, Any]) -> None:
    """Draw the attempts of a setting: shares, RPD, tables."""
    rows, page = results["one_shot"][name], book.page
    shown = with_names(found.one_shots[name].deployments)
    first = next((row for row in rows.values() if label("floor", BANDS[0]) in row), {})
    floors = {key: first[key] for key in (label("floor", band) for band in BANDS) if key in first}
    tried = {key: row for key, row in rows.items() if label("within", BANDS[0]) in row}  # others were timed only
    page.subheading("One attempt each")
    book.figure(
        share_bars(with_names(tried), floors or None), "Shares of attempts within the bands, a bar a variant",
        f"{name}-shares", "Longer is better; whiskers are 95 % intervals. No choice of the time by start and target "
        "passes the noise floor (dashed) but by chance: it is measured on pairs of its own, and has an interval, too.",
    )  # fmt: skip
    with page.folded("All shares of single attempts"):
        _table(page, result_tables.share_table(rows), rows)
    book.figure(
        rpd_histogram(_few(shown)), "Share of attempts within a relative difference, a line a variant",
        f"{name}-rpd", "Fig. 3(b), 6(b): the farther left a curve, the nearer its attempts end to the target.",
    )  # fmt: skip
    _over_window(book, name, place, shown)
    if place.setting.converge:
        text = "A recorded history, its moving averages and their gradients, one below the other"
        caption = (
            "Fig. 5: the history itself is too rough for a gradient to follow; averages over more steps are smooth, "
            "which is why the conductance loss is trained through them first."
        )
        book.figure(_fig5(place), text, f"{name}-smoothing", caption)


def _few(shown: dict[str, Any]) -> dict[str, Any]:
    """Return the first variants, as many as can be told apart."""
    return dict(list(shown.items())[: 2 * _MAPS])


def _over_window(book: FigurePage, name: str, place: ExperimentContext, shown: dict[str, Any]) -> None:
    """Draw RPD over the start, and over start and target, where there are enough attempts; else say so."""
    window, fewest = place.cell.window_S, min(len(one.end_S) for one in shown.values())
    if start_bins(fewest):
        caption = "Fig. 3(a), 6(a): how far from the target attempts end, by where they began."
        text = "RPD over the starting conductance, mean and median, a line a variant"
        book.figure(rpd_by_start(_few(shown), window), text, f"{name}-start", caption)
    if map_bins(fewest):
        caption = "Fig. 4. Dark is far from the target; grey: fewer than five attempts. The same colours in all maps."
        few = dict(list(shown.items())[:_MAPS])
        book.figure(rpd_map(few, window), "RPD over start and target, a map a variant", f"{name}-map", caption)
    else:
        book.page.paragraph(f"{fewest} attempts are too few for a map over start and target.")


def _fig5(place: ExperimentContext) -> Figure:
    """Draw Fig. 5: the validation record that goes farthest, of those with a point every step; return the figure."""
    from ..prediction.examples import Examples

    curves = Examples.of(place.data, "validation").curves
    if curves is None:
        raise ValueError(f"{place.setting.name}: the validation records have no histories")
    step_s = place.data.manifest.settings["step_s"]
    went = (curves.at(curves.end_s) - curves.at(0 * curves.end_s)).abs()
    k = int((went * (curves.spacing_s <= curves.spacing_s.min())).argmax())
    steps = [n for n in _WINDOWS if n * step_s < float(curves.end_s[k]) / 2]
    return history_map(curves, k, step_s, [n * step_s for n in steps])


def _converged(book: FigurePage, name: str, place: ExperimentContext, found: Findings) -> None:
    """Draw where repeated writes converge, Fig. 7."""
    if name not in found.convergence:
        return
    histories, (low, high) = with_names(found.convergence[name]), place.cell.window_S
    book.page.subheading("Where repeated writes converge")
    caption = "Fig. 7(a): each iteration is a read and a pulse, whatever the reading. A variant without bias lies at 0."
    text = "End against target after the iterations, and its distance from it, a line a variant"
    book.figure(convergence(histories, (low, high)), text, f"{name}-converged", caption)
    shown = [target for target in place.configuration.tables["converge"]["shown_S"] if low < target < high]
    for (who, several), key in zip(histories.items(), found.convergence[name], strict=True):
        text = f"Conductance over iterations, {who}"
        caption = f"Fig. 7(b) to (d), {who}: thin lines are writes, thick is their median, green the band."
        book.figure(iterations(several, shown), text, f"{name}-iterations-{key}", caption)


def _writes(book: FigurePage, name: str, place: ExperimentContext, found: Findings, results: dict[str, Any]) -> None:
    """Draw write-and-verify: pulses and time by programmer, and tables."""
    if name not in found.writes:
        return
    page = book.page
    read_ns = live(place.cell).read_s * 1e9
    for tolerance, rows in results["write_verify"][name].items():
        page.subheading(f"Write and verify to ±{100 * float(tolerance):g} %")
        drawn = with_names({who: {key: row[key] for key in DRAWN} for who, row in rows.items()})
        caption = (
            f"Shorter is better; axes are logarithmic. Black lines: to the 95th percentile of the pulses, over the "
            f"95 % interval of the time. Reads take {read_ns:.0f} ns."
        )
        text = "Pulses and time of a write, a bar a programmer"
        book.figure(pulses_and_time(drawn, float(tolerance)), text, f"{name}-writes-{tolerance}", caption)
        with page.folded(f"All figures of the writes to ±{100 * float(tolerance):g} %"):
            for one in result_tables.write_tables(results, name, tolerance):
                _table(page, one, rows)
    every = {who for rows in results["write_verify"][name].values() for who in rows}
    page.subheading("How many times as much the best rival takes")
    _table(page, result_tables.ratio_table(results["ratios"][name]), every)
    with page.folded("What is counted"):
        page.paragraph(SAYS)


def _transfer(book: FigurePage, name: str, found: Findings, results: dict[str, Any]) -> None:
    """Draw the attempts under other conditions."""
    if name in found.transfers:
        rows = results["transfer"][name]
        who = variant_name(found.contexts[name].configuration.variants[found.contexts[name].setting.transfer].name)
        book.page.subheading("Does it transfer?")
        caption = f"{who}, under conditions that it was not trained for. The strip is its interval as trained."
        text = "Share within ±20 % under other conditions, a bar a condition"
        book.figure(transfer_bars(rows), text, f"{name}-transfer", caption)
        with book.page.folded("All figures under other conditions"):
            book.page.table(*result_tables.transfer_table(rows))
