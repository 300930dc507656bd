"""The report of the main job: the answer, then one story from a pulse to writes against conventional programmers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from .._util.files import make_folder
from ..circuit.cell_kinds import memristor
from ..circuit.pulse import Pulse
from ..dataset.pulse_dataset import PulseDataset
from ..evaluation.bands import BANDS, label
from ..evaluation.baselines import noise_free
from ..programming.history import History
from ..reporting import figures, story_figures
from ..reporting.amounts import interval
from ..reporting.amounts import share as share_text
from ..reporting.attempt_figures import share_bars
from ..reporting.figure_page import FigurePage
from ..reporting.glossary import glossary
from ..reporting.names import setting_name, table_in_words, variant_name, with_names
from ..reporting.page import Page
from ..reporting.write_figures import pulses_and_time
from ..simulation.transient import simulate
from . import sim_card
from .campaign_card import common_time
from .context import DEVICES, ExperimentContext
from .deck_section import deck_section
from .findings import Findings
from .published import result_tables
from .published.write_tables import SAYS, energy
from .shipped import SHIPPED

START_S, TARGET_S = 150e-6, 280e-6
"""The pulse that the story begins with: from this conductance towards that one [S]."""

_OTHERS = 8
"""Devices that the pulse is sent to beside the nominal one."""

_BAND = sim_card.BAND

_DRAWN = ("pulses_mean", "pulses_p95", "success")
"""What the bars of writes show, and times with reads of 100 ns; the table beside
them has the energy, the folded one software and reads."""


def write(found: Findings, results: dict[str, Any], out: Path, seed: int) -> Path:
    """Write ``report.html`` into the folder of the main job, and its figures into ``figures``; return its path."""
    page = Page(
        "Programming memristors in their circuit",
        "A pulse goes into a circuit, its waveform into a dataset, the dataset into a predictor, and the predictor "
        "writes to cells in the same circuit, beside conventional programmers under the same rules.",
    )
    page.card(sim_card.facts(results), sim_card.machine_line(results, out, seed))
    book = FigurePage(page, make_folder(out / "figures"))
    for name, place in found.contexts.items():
        if place.setting.write:
            _circuit(book, name, place, found, results)
    for name, place in found.contexts.items():
        if not place.setting.write:
            _compact(book, name, results)
    deck_section(page, results["decks"], out)
    _end(page, results)
    return page.write(out / "report.html")


def _circuit(book: FigurePage, name: str, place: ExperimentContext, found: Findings, results: dict[str, Any]) -> None:
    """Show the story of a setting in the circuit, step by step."""
    _pulse(book, name, place)
    _dataset(book, name, place.data)
    _attempts(book, name, place, found, results)
    for tolerance, histories in found.writes[name].histories.items():
        _writes(book, name, histories, sim_card.conventional(results["ratios"][name][f"{tolerance:g}"]))
        _against(book, name, results, f"{tolerance:g}")


def _pulse(book: FigurePage, name: str, place: ExperimentContext) -> None:
    """Show one pulse into the circuit of a setting, and into devices that differ."""
    model = noise_free(place.cell, place.pair, place.engine)
    width_s = abs(float(model(np.array([START_S]), np.array([TARGET_S - START_S]))[0]))
    edge_s = float(np.sqrt(np.prod(place.setting.edges_s)))
    pulse = Pulse(place.pair.v_set, width_s, rise=edge_s, fall=edge_s, idle=width_s / 10)
    nominal = place.cell.replace(device=memristor(place.cell).replace(walk=None))
    waves = [simulate(nominal, pulse, nominal.state(START_S), engine=place.engine)]
    for one in place.samples(_OTHERS, DEVICES):
        cell = place.cell.replace(device=one.device)
        waves.append(simulate(cell, pulse, cell.state(START_S), one.seed, engine=place.engine))
    first, *others = waves
    book.page.heading("One pulse in the circuit")
    lost = 1 - np.abs(first["v_cell"]).max() / abs(pulse.amplitude)
    ends_uS = 1e6 * np.array([wave.g[-1] for wave in others])
    caption = (
        f"The driver sends {abs(pulse.amplitude):.3f} V for {width_s * 1e9:.0f} ns, which takes the nominal device "
        f"(blue) from {START_S * 1e6:.0f} to {first.g[-1] * 1e6:.0f} uS. At its peak the device gets "
        f"{100 * lost:.1f} % less: transistor, lines and driver have the rest. The same pulse ends anywhere between "
        f"{ends_uS.min():.0f} and {ends_uS.max():.0f} uS on {_OTHERS} devices that differ and walk (grey)."
    )
    text = "Voltage at driver and device, current, and conductance of several devices over the time of one pulse"
    book.figure(story_figures.pulse_in_circuit(first, others, TARGET_S), text, f"{name}-pulse", caption)


def _dataset(book: FigurePage, name: str, data: PulseDataset) -> None:
    """Show the S-curves of a dataset, and the pulse times that they hold."""
    pair, count = data.pair, len(data.frame)
    book.page.heading("How the conductance answers: S-curves")
    caption = (
        f"Each line is one simulated device, from its own start. Little happens for long, then the conductance runs, "
        f"then it saturates; look how far apart the devices run. {pair.v_set:+.3f} V (SET) and "
        f"{pair.v_reset:+.3f} V (RESET) take the nominal device through its window in {pair.total_s * 1e6:.3g} us."
    )
    book.figure(figures.conductance_curves(data), "Conductance over pulse time for SET and RESET", f"{name}-curves",
                caption)  # fmt: skip
    book.page.heading("The dataset: from conductances to pulse times")
    reached = int((data.frame.outcome == "reached").sum())
    caption = (
        f"{reached} of {count} records reached their target; the others stay in the dataset with the reason. "
        "Above the diagonal are SETs, below it RESETs. Times span decades, and neighbours differ: what a network of "
        "start and target cannot know is the device."
    )
    book.figure(story_figures.needed_times(data.frame), "Needed pulse time over start and target", f"{name}-times",
                caption)  # fmt: skip


def _attempts(book: FigurePage, name: str, place: ExperimentContext, found: Findings, results: dict[str, Any]) -> None:
    """Show where one pulse of each predictor ends."""
    rows, made = results["one_shot"][name], found.one_shots[name].deployments
    book.page.heading("The predictors: where one pulse ends")
    small = sim_card.network_of(rows)
    names = {"do nothing": "do nothing", small: f"network of {place.setting.records} records", SHIPPED: SHIPPED}
    shown = {words: made[key] for key, words in names.items() if key in made}
    caption = (
        f"{rows[small]['n']} devices that no network has seen, one pulse each. The strip is ±{100 * _BAND:g} % of the "
        "target: green points lie in it. The small network is what two minutes of data give. The "
        "shipped one has learned from more and chooses the amplitude, too, for writes of few pulses in all: its first "
        "pulse is a careful one."
    )
    text = "Conductance after one pulse over its target, by predictor"
    book.figure(story_figures.ends(shown, place.cell.window_S, _BAND), text, f"{name}-ends", caption)
    with book.page.folded("All shares of single pulses"):
        book.page.table(*table_in_words(result_tables.share_table(rows), rows))


def _writes(book: FigurePage, name: str, histories: Mapping[str, Sequence[History]], rival: str | None) -> None:
    """Show the writes of the shipped network and of its best rival, pulse by pulse."""
    book.page.heading("Write and verify: pulse by pulse")
    caption = "Further up and left is better: the share of writes that are done after so many pulses."
    text = "Share of writes that have reached their target over the pulses, by programmer"
    book.figure(story_figures.writes_done(with_names(histories)), text, f"{name}-done", caption)
    shown = {key: histories[key] for key in (SHIPPED, rival) if key and key in histories}
    if not shown:
        return
    caption = "Each line is a write: read, pulse, read, until the reading lies in the band (green)."
    if rival in shown:
        caption += " At the right the conventional programmer that needs the fewest pulses."
    text = "Distance of the readings from the target over the pulses, by programmer"
    book.figure(story_figures.distances(with_names(shown)), text, f"{name}-distances", caption)


def _against(book: FigurePage, name: str, results: dict[str, Any], tolerance: str) -> None:
    """Show pulses and time of a write by programmer, and the ratios to the best rivals."""
    rows, page = results["write_verify"][name][tolerance], book.page
    page.heading("Against conventional programmers")
    drawn = {one: {key: row[key] for key in _DRAWN} for one, row in rows.items()}
    for one, row in drawn.items():
        row["time_s"], row["time_interval_s"] = common_time(rows[one])
    count = next(iter(rows.values()))["n"]
    caption = (
        f"The same {count} cells, starts, targets and walks for all, reads of 100 ns. Settings of the rules were found "
        "on other devices: of ISPP and coarse to fine in this circuit, of the others on the compact model "
        "(training/sim.toml). Bars are means, lines reach to the 95th percentile of the pulses and over "
        "the 95 % interval of the time."
    )
    text = "Pulses and time of a write by programmer"
    book.figure(pulses_and_time(with_names(drawn), float(tolerance)), text, f"{name}-writes-{tolerance}", caption)
    page.table(*_short(rows))
    with page.folded("All figures of the writes, ratios and tuned settings"):
        for one in result_tables.write_tables(results, name, tolerance):
            page.table(*table_in_words(one, rows))
        page.table(*table_in_words(result_tables.ratio_table(results["ratios"][name]), rows))
        page.paragraph(SAYS)


def _short(rows: Mapping[str, Mapping[str, Any]]) -> tuple[list[str], list[list[str]]]:
    """Return what a write takes by programmer, the fewest pulses first, as a table."""
    ordered = sorted(rows, key=lambda name: (-rows[name]["success"], rows[name]["pulses_mean"]))
    head = ["programmer", "knows", "reached", "pulses (95 %)", "time, reads of 100 ns (95 %)", "energy of pulses"]
    return head, [[variant_name(name), *_cells(rows[name])] for name in ordered]


def _cells(row: Mapping[str, Any]) -> list[str]:
    """Return the cells of a programmer in the short table."""
    return [
        row["knows"], f"{round(row['success'] * row['n'])} of {row['n']}",
        interval(row["pulses_mean"], row["interval"]), interval(*common_time(row), "s"), energy(row["energy_J"]),
    ]  # fmt: skip


def _compact(book: FigurePage, name: str, results: dict[str, Any]) -> None:
    """Show the published experiment on the compact model: shares against the noise floor."""
    rows, page = results["one_shot"][name], book.page
    page.heading("The published experiment, small, on the compact model")
    first = next((row for row in rows.values() if label("floor", BANDS[0]) in row), {})
    floors = {key: first[key] for key in (label("floor", band) for band in BANDS) if key in first}
    tried = {key: row for key, row in rows.items() if label("within", BANDS[0]) in row}
    best = rows[sim_card.network_of(rows)]
    share, floor = (label(of, _BAND) for of in ("within", "floor"))
    caption = (
        f"{setting_name(name)}; {best['n']} single pulses each. Devices that differ and walk answer to the same pulse "
        "in different ways: no choice of the time by start and target passes the noise floor (dashed), "
        f"{share_text(first.get(floor))} within ±{100 * _BAND:g} %, but by chance: the floor is found on pairs of its "
        f"own. The network for ±{100 * _BAND:g} % has {share_text(best[share])}; look where the table stands that is "
        "made for the same band: with two inputs it has all that a network has."
    )
    text = "Share of single pulses that end within the bands, by predictor, and the noise floor"
    book.figure(share_bars(with_names(tried), floors or None), text, f"{name}-shares", caption)
    with page.folded("All shares of single pulses"):
        page.table(*table_in_words(result_tables.share_table(rows), rows))


def _end(page: Page, results: dict[str, Any]) -> None:
    """Add glossary, links and what was simulated."""
    page.heading("Terms")
    page.terms(glossary())
    page.heading("Data, and what comes next")
    page.links([
        ("results.json", "every figure of this page"), ("RESULTS.md", "all tables"),
        ("figures/", "the figures as SVG"), ("datasets/", "the records, as Parquet: PulseDataset.load"),
        ("checkpoints/", "the networks: PulsePredictor.load"), ("decks/", "the decks that ran, with their waveforms"),
    ])  # fmt: skip
    page.code(
        "ouro-spice pulse --amplitude -0.5 --width 50ns --start 150uS --out runs/pulse   # one pulse of yours\n"
        "ouro-spice program --target 220uS   # write a cell, with the shipped network\n"
        "ouro-spice extract --cell 1t1r --n 1000 --out runs/mine && ouro-spice train runs/mine  # a predictor of yours"
    )
    with page.folded("What was simulated: circuits, networks, files, versions"):
        for head in ("circuits", "checkpoints", "files", "versions"):
            page.table((head, "sha256" if head != "versions" else "version"), results["manifest"][head].items())
        page.table(("decks and settings", "sha256"), sorted(results["files"].items()))
