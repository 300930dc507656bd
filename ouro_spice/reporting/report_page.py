"""Reports over histories and datasets: self-contained HTML that names exactly what was simulated."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from .._util.checks import checked_path
from ..dataset.controls import unvaried
from ..dataset.making import maker_here
from ..dataset.pulse_dataset import PulseDataset
from ..programming.history import History
from ..programming.write_statistics import summary
from ..provenance.manifest import Manifest
from . import figures
from .page import Page


def report(histories_or_dataset: History | Sequence[History] | PulseDataset, out: str | Path = "report.html") -> Path:
    """Write an HTML report of a dataset, or of one or several write histories; return its path.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    ValueError
        For an empty sequence or anything else.
    OutputError
        Where the file cannot be written.
    """
    out = checked_path("out", out)
    if isinstance(histories_or_dataset, PulseDataset):
        return _dataset_page(histories_or_dataset).write(out)
    several = isinstance(histories_or_dataset, Iterable)
    histories = list(histories_or_dataset) if several else [histories_or_dataset]
    if not histories or not all(isinstance(history, History) for history in histories):
        raise ValueError("report needs a PulseDataset, a History, or a sequence of them")
    page = Page("Write-and-verify")
    programmer_section(page, _by_programmer(histories))
    for manifest in dict.fromkeys(h.manifest.to_json() for h in histories):
        manifest_section(page, Manifest.from_json(manifest))
    return page.write(out)


def programmer_section(page: Page, histories: dict[str, list[History]]) -> dict[str, dict]:
    """Add the figures of writes, and a table of programmers; return the rows of the table by programmer."""
    rows = {name: summary(several) for name, several in histories.items()}
    page.figure(figures.write_histories(histories), "Readings over pulses for each write, by programmer")
    page.figure(figures.programmer_bars(rows), "Pulses and programming time per write, by programmer")
    head = ("programmer", "writes", "success", "pulses mean", "pulses p95", "95 % interval", "time (us)", "energy (pJ)")
    page.table(head, ((
        name, r["n"], f"{r['success']:.0%}", f"{r['pulses_mean']:.2f}", f"{r['pulses_p95']:.1f}",
        f"{r['interval'][0]:.2f} .. {r['interval'][1]:.2f}", f"{r['time_s'] * 1e6:.3g}", f"{r['energy_J'] * 1e12:.3g}",
    ) for name, r in rows.items()))  # fmt: skip
    return rows


def manifest_section(page: Page, manifest: Manifest) -> None:
    """Add a manifest in full: what was simulated."""
    page.heading("Manifest")
    page.table(("file", "sha256"), sorted(manifest.files.items()))
    page.code(manifest.to_json())


def _by_programmer(histories: Sequence[History]) -> dict[str, list[History]]:
    """Return histories by the name of their programmer."""
    groups: dict[str, list[History]] = {}
    for history in histories:
        groups.setdefault(history.programmer, []).append(history)
    return groups


def _dataset_page(data: PulseDataset) -> Page:
    """Return the page of a dataset."""
    page = Page("Pulse-to-conductance dataset")
    page.heading("Conductance over pulse time")
    page.figure(figures.conductance_curves(data), "Conductance over pulse width for SET and RESET")
    page.heading("Outcomes")
    page.table(("outcome", "records"), data.frame.outcome.value_counts().items())
    page.paragraph(f"{maker_here(data.manifest).capitalize()}.")
    still = unvaried(data.frame) if "t_pulse_s" in data.frame else ""
    if still:
        page.paragraph(f"{still[0].upper()}{still[1:]}: they cannot teach which one a change of conductance needs.")
    manifest_section(page, data.manifest)
    return page
