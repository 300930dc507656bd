"""The page of a dataset: what its records are, and what pulses do."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from ..dataset.controls import unvaried
from ..dataset.making import maker_here
from ..dataset.pulse_dataset import PulseDataset
from ..dataset.sweep import CONTROL_WORDS, WIDTH
from . import dataset_figures, figures
from .agreement_fact import agreement_fact
from .amounts import amount, share
from .glossary import terms_section
from .manifest_fold import manifest_section
from .page import Fact, Page

_WORDS = {
    "reached": "reached: the pulse ends at the target", "not_reached": "not reached within the longest pulse",
    "simulation_failed": "simulation failed",
}  # fmt: skip
_DIRECTIONS = (("SET", 1), ("RESET", -1))
_TERMS = ("G", "SET, RESET", "window", "D2D", "C2C, walk")


def dataset_page(data: PulseDataset, folder: Path) -> Page:
    """Return the page of a dataset, to be written into a folder; it has links to what lies there of the dataset."""
    measured = data.manifest.cell.get("kind") == "measurement"
    lead = (
        "Measured pulses: the conductance before and after each." if measured else
        "Each record is one pulse into one device: from a start, for as long as it takes to the target."
    )  # fmt: skip
    page = Page("Pulse-to-conductance dataset", lead)
    page.card(_card(data, measured))
    if data.control != WIDTH:
        _voltages(page, data)
    else:
        page.heading("Conductance over pulse time")
        page.figure(
            figures.conductance_curves(data), "Conductance over pulse width, SET on the left, RESET on the right",
            "A line a record, from its start: at one amplitude the width of the pulse decides where the conductance "
            "ends. How far lines from alike starts lie apart is what devices and cycles differ by.",
        )  # fmt: skip
    if data.control == WIDTH and "t_pulse_s" in data.frame and "record" in data.frame:
        _times(page, data, measured)
    page.heading("Outcomes")
    counts = data.frame.outcome.value_counts()
    page.table(("outcome", "records"), ((_WORDS.get(str(name), name), count) for name, count in counts.items()))
    still = unvaried(data.frame) if data.control == WIDTH and "t_pulse_s" in data.frame else ""
    if still:
        page.paragraph(f"{still[0].upper()}{still[1:]}: they cannot teach which one a change of conductance needs.")
    terms_section(page, [*_TERMS, *([] if measured else ["pair"])])
    page.heading("How this page was made")
    page.paragraph(
        f"By ouro-spice report FOLDER, or ouro_spice.report(data, path). {maker_here(data.manifest).capitalize()}."
    )
    if (folder / "manifest.json").is_file():
        page.links([("manifest.json", "what made the records"), (".", "the records, as Parquet")])
    manifest_section(page, data.manifest)
    return page


def _voltages(page: Page, data: PulseDataset) -> None:
    """Add where records ended over the voltage that they vary."""
    page.heading(f"Conductance over {CONTROL_WORDS[data.control]}")
    page.figure(
        dataset_figures.over_voltage(data)[0], f"Conductance at the end over the {CONTROL_WORDS[data.control]}",
        "A dot a record, at a voltage of its own: pulses of one width, whose target is where they end.",
    )  # fmt: skip


def _times(page: Page, data: PulseDataset, measured: bool) -> None:
    """Add pulse times over start and target."""
    page.heading("Pulse times over start and target")
    page.figure(
        dataset_figures.pulse_times(data)[0], "Pulse time as colour over the conductances at start and target",
        "Where the conductance went, and in what time." if measured else
        "Dark is quick. Above the line pulses SET, below it they RESET; the farther from the line, the longer.",
    )  # fmt: skip


def _card(data: PulseDataset, measured: bool) -> list[Fact]:
    """Return the facts of a dataset: how many records, their range, their pulse times, their amplitudes."""
    frame, settings = data.frame, data.manifest.settings
    reached = (frame.outcome == "reached").to_numpy()
    devices = f"{frame.device.nunique()} devices" if "device" in frame else ""
    facts = [Fact(str(len(frame)), "records", devices)]
    if not measured:
        facts.append(Fact(share(float(reached.mean())), "reach their target", f"{int(reached.sum())} of {len(frame)}"))
    both = frame[["g_start_S", "g_target_S"]].to_numpy(float)
    if len(both):
        ends = (amount(float(f(both)), "S") for f in (np.min, np.max))
        facts.append(Fact(" to ".join(ends), "conductances", "before and after" if measured else "starts and targets"))
    if "t_pulse_s" in frame:
        facts += [one for name, sign in _DIRECTIONS if (one := _time(data, name, sign))]
    pair = settings.get("pair")
    if pair:
        volts = f"{pair['v_set']:+.3f} / {pair['v_reset']:+.3f} V"
        facts.append(Fact(volts, "amplitudes, SET / RESET", f"cross the window in {pair['total_s'] * 1e6:.4g} us"))
    facts += [agreement_fact(data.agreement)] if data.agreement else []
    return facts


def _time(data: PulseDataset, name: str, sign: int) -> Fact | None:
    """Return the fact on the pulse times of a direction; None where no record reached its target by one."""
    rows = data.frame.loc[(data.frame.outcome == "reached") & (np.sign(data.frame.t_pulse_s) == sign)]
    if not len(rows):
        return None
    low, middle, high = np.quantile(rows.t_pulse_s.abs(), (0.25, 0.5, 0.75))
    beside = f"half of {len(rows)} from {amount(low, 's')} to {amount(high, 's')}"
    return Fact(amount(middle, "s"), f"{name} pulse, median", beside)
