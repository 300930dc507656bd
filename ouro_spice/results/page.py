"""The report of a campaign, with the figures of the paper."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..cell import live
from ..report import Page
from ..report.curves_map import history_map
from ..report.one_shot import rpd_by_start, rpd_histogram, rpd_map, share_bars, transfer_bars
from ..report.writing import converged, iterations, pulses_and_time
from . import table
from .networks import Place

if TYPE_CHECKING:
    from . import Found

_WINDOWS = (1001, 101, 11, 1)
"""Moving averages of Fig. 5, in steps; a shorter history shows those that it has room for."""


def write(page: Page, found: Found, results: dict[str, Any], path: Path) -> Path:
    """Write the report behind what is on the page."""
    for name, place in found.places.items():
        if name not in found.one_shots:
            continue
        page.heading(f"{name}: one attempt each")
        page.paragraph(table.regime(place))
        _one_shot(page, name, place, found, results)
        _writes(page, name, place, found, results)
    page.heading("What was simulated")
    for head in ("circuits", "checkpoints", "files", "versions"):
        page.table((head, "sha256" if head != "versions" else ""), results["manifest"][head].items())
    return page.write(path)


def _one_shot(page: Page, name: str, place: Place, found: Found, results: dict[str, Any]) -> None:
    rows = results["one_shot"][name]
    page.table(table.SHARE_HEAD, table.share_rows(rows))
    window, shown = place.cell.window_S, found.one_shots[name].deployments
    floors = {key: value for key, value in next(iter(rows.values())).items() if key.startswith("floor_")}
    page.figure(share_bars(rows, floors or None), "Shares within the bands by variant, with the floor")
    page.figure(rpd_by_start(shown, window), "RPD over the starting conductance, Fig. 3(a), 6(a)")
    page.figure(rpd_histogram(shown), "Distribution of RPD, Fig. 3(b), 6(b)")
    few = {key: shown[key] for key in list(shown)[:6]}
    page.figure(rpd_map(few, window), "RPD over start and target, Fig. 4")
    if place.setting.converge:
        page.figure(_fig5(place), "A history, its moving averages and their gradients, Fig. 5")


def _read_s(place: Place) -> float:
    """Time of a read as the cell does it [s]."""
    return live(place.cell).read_s


def _fig5(place: Place) -> Any:
    """One long history of the validation records."""
    from ..predictor import Examples

    curves = Examples.of(place.data, "validation").curves
    order = curves.end_s.argsort()
    k = int(order[int(0.9 * len(order))])
    step_s = place.data.manifest.settings["step_s"]
    steps = [n for n in _WINDOWS if n * step_s < float(curves.end_s[k]) / 2]
    return history_map(curves, k, step_s, [n * step_s for n in steps])


def _writes(page: Page, name: str, place: Place, found: Found, results: dict[str, Any]) -> None:
    if name in found.converged:
        page.heading(f"{name}: where writes converge")
        histories = found.converged[name]
        page.figure(converged(histories, place.cell.window_S), "End against target after the iterations, Fig. 7(a)")
        low, high = place.cell.window_S
        shown = [target for target in place.configuration.tables["converge"]["shown_S"] if low < target < high]
        for who, several in histories.items():
            page.paragraph(who)
            page.figure(iterations(several, shown), f"Conductance over iterations, {who}, Fig. 7(b) to (d)")
    if name in found.writes:
        page.heading(f"{name}: write-and-verify")
        for tolerance, rows in results["write_verify"][name].items():
            page.paragraph(f"Within {float(tolerance):.0%}; in the figure reads take {_read_s(place) * 1e9:.0f} ns.")
            page.table(table.WRITE_HEAD, table.write_rows(rows))
            page.figure(pulses_and_time(rows, float(tolerance)), "Pulses and time of a write by programmer")
        page.table(table.RATIO_HEAD, table.ratio_rows(results["ratios"][name]))
    if name in found.transfers:
        page.heading(f"{name}: does it transfer?")
        page.table(table.TRANSFER_HEAD, table.transfer_rows(results["transfer"][name]))
        page.figure(transfer_bars(results["transfer"][name]), "Share within 20 % under other conditions")
