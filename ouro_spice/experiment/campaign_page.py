"""The report of a campaign, with the figures of the paper."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from .._util.files import make_folder
from ..evaluation.bands import BANDS, label
from ..reporting.attempt_figures import rpd_by_start, rpd_histogram, rpd_map, share_bars, transfer_bars
from ..reporting.figure_page import FigurePage
from ..reporting.map_figure import history_map
from ..reporting.page import Page
from ..reporting.write_figures import convergence, iterations, pulses_and_time
from ..simulation.live_cell import live
from .context import ExperimentContext
from .published import result_tables
from .published.write_tables import SAYS, software_rows

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from .findings import Findings

_WINDOWS = (1001, 101, 11, 1)
"""Moving averages of Fig. 5, in steps; a shorter history shows those that it has room for."""


def write(page: Page, found: Findings, results: dict[str, Any], path: Path) -> Path:
    """Write the report behind what is on the page, and its figures into ``figures`` beside it; return its path."""
    book = FigurePage(page, make_folder(path.parent / "figures"))
    for name, place in found.contexts.items():
        if name in found.one_shots:
            page.heading(f"{name}: one attempt each")
            page.paragraph(_regime(place))
            _one_shot(book, name, place, found, results)
            _converged(book, name, place, found)
            _writes(book, name, place, found, results)
            _transfer(book, name, found, results)
    page.heading("What was simulated")
    for head in ("circuits", "checkpoints", "files", "versions"):
        page.table((head, "sha256" if head != "versions" else ""), results["manifest"][head].items())
    return page.write(path)


def _regime(place: ExperimentContext) -> str:
    """Return a sentence on where the networks of a setting are tried."""
    setting, pair = place.setting, place.pair
    devices = "the nominal device" if setting.law is None else f"devices of their own (D2D {setting.d2d})"
    low, high = place.cell.window_S
    return (
        f"{setting.cell}, {pair.v_set:+.4f} V (SET) and {pair.v_reset:+.4f} V (RESET), which cross the window of "
        f"{low * 1e6:.0f} to {high * 1e6:.0f} uS in {pair.total_s * 1e6:.3g} us without noise; {devices}, a step of "
        "the walk of r, l and the limits every 10 ns, begun in its stationary state; starts and targets independent "
        "and uniform, none removed."
    )


def _one_shot(book: FigurePage, name: str, place: ExperimentContext, found: Findings, results: dict[str, Any]) -> None:
    """Draw the attempts of a setting: table, shares, RPD."""
    rows = results["one_shot"][name]
    book.page.table(*result_tables.share_table(rows))
    window, shown = place.cell.window_S, found.one_shots[name].deployments
    first = next((row for row in rows.values() if label("floor", BANDS[0]) in row), {})
    floors = {key: first[key] for key in (label("floor", band) for band in BANDS) if key in first}
    tried = {key: row for key, row in rows.items() if label("within", BANDS[0]) in row}  # others were timed only
    book.figure(share_bars(tried, floors or None), "Shares within the bands by variant", f"{name}-shares")
    book.figure(rpd_by_start(shown, window), "RPD over the starting conductance, Fig. 3(a), 6(a)", f"{name}-start")
    book.figure(rpd_histogram(shown), "Distribution of RPD, Fig. 3(b), 6(b)", f"{name}-rpd")
    few = {key: shown[key] for key in list(shown)[:6]}
    book.figure(rpd_map(few, window), "RPD over start and target, Fig. 4", f"{name}-map")
    if place.setting.converge:
        text = "A history, its moving averages and their gradients, Fig. 5"
        book.figure(_fig5(place), text, f"{name}-smoothing")


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
    histories, (low, high) = found.convergence[name], place.cell.window_S
    book.page.heading(f"{name}: where writes converge")
    text = "End against target after the iterations, Fig. 7(a)"
    book.figure(convergence(histories, (low, high)), text, f"{name}-converged")
    shown = [target for target in place.configuration.tables["converge"]["shown_S"] if low < target < high]
    for who, several in histories.items():
        book.page.paragraph(who)
        text = f"Conductance over iterations, {who}, Fig. 7(b) to (d)"
        book.figure(iterations(several, shown), text, f"{name}-iterations-{who}")


def _writes(book: FigurePage, name: str, place: ExperimentContext, found: Findings, results: dict[str, Any]) -> None:
    """Draw write-and-verify: tables, and pulses and time by programmer."""
    if name not in found.writes:
        return
    book.page.heading(f"{name}: write-and-verify")
    read_ns = live(place.cell).read_s * 1e9
    for tolerance, rows in results["write_verify"][name].items():
        book.page.paragraph(f"Within {float(tolerance):.0%}; in the figure reads take {read_ns:.0f} ns.")
        for one in result_tables.write_tables(results, name, tolerance):
            book.page.table(*one)
        text = "Pulses and time of a write by programmer"
        drawn = software_rows(rows, results["prediction_s"][name][tolerance])
        book.figure(pulses_and_time(drawn, float(tolerance)), text, f"{name}-writes-{tolerance}")
    book.page.table(*result_tables.ratio_table(results["ratios"][name]))
    book.page.paragraph(SAYS)


def _transfer(book: FigurePage, name: str, found: Findings, results: dict[str, Any]) -> None:
    """Draw the attempts under other conditions."""
    if name in found.transfers:
        rows = results["transfer"][name]
        book.page.heading(f"{name}: does it transfer?")
        book.page.table(*result_tables.transfer_table(rows))
        book.figure(transfer_bars(rows), "Share within 20 % under other conditions", f"{name}-transfer")
