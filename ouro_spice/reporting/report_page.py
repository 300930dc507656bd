"""Reports over histories and datasets: self-contained HTML that begins with what was found."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from .._util.checks import checked_path
from ..dataset.pulse_dataset import PulseDataset
from ..programming.history import History
from ..programming.outcome import Outcome
from ..programming.write_statistics import summary
from . import figures
from .agreement_fact import agreement_words
from .amounts import amount, interval, share
from .dataset_page import dataset_page
from .glossary import terms_section
from .manifest_fold import manifests_section
from .page import Fact, Page

_TARGETS = 12
"""Panels of readings over pulses: of more targets some are shown, evenly spread."""

_TERMS = ("G", "SET, RESET", "write-and-verify", "programmer", "reading", "95 % interval")

_HEAD = ("programmer", "writes", "success", "pulses, mean (95 %)", "p95", "time", "energy of the pulses")


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
        return dataset_page(histories_or_dataset, out.parent).write(out)
    several = isinstance(histories_or_dataset, Iterable)
    histories = list(histories_or_dataset) if several else [histories_or_dataset]
    if not histories or not all(isinstance(history, History) for history in histories):
        raise ValueError("report needs a PulseDataset, a History, or a sequence of them")
    return _writes_page(histories).write(out)


def _writes_page(histories: Sequence[History]) -> Page:
    """Return the page of some writes."""
    groups = _by_programmer(histories)
    page = Page("Write-and-verify", _lead(histories, groups))
    rows = programmer_section(page, groups)
    page.card(_card(rows, histories))
    for text in sorted({agreement_words(h.manifest.agreement) for h in histories if h.manifest.agreement}):
        page.paragraph(text)
    page.heading("How the writes ended")
    counts = {name: [h.outcome for h in several] for name, several in groups.items()}
    page.table(("programmer", *(one.value for one in Outcome)), (
        (name, *(ended.count(one) or "" for one in Outcome)) for name, ended in counts.items()
    ))  # fmt: skip
    terms = [*_TERMS, *(["ISPP"] if any("ISPP" in name for name in groups) else [])]
    terms_section(page, terms)
    page.heading("How this page was made")
    page.paragraph("By ouro_spice.report(histories, path), of what ouro_spice.write_verify returned.")
    manifests_section(page, [history.manifest for history in histories])
    return page


def _lead(histories: Sequence[History], groups: Mapping[str, Sequence[History]]) -> str:
    """Return a sentence on what was written."""
    bands = sorted({history.tolerance for history in histories})
    band = " or ".join(f"±{100 * one:.4g} %" for one in bands)
    writes = "1 write" if len(histories) == 1 else f"{len(histories)} writes"
    by = next(iter(groups)) if len(groups) == 1 else f"{len(groups)} programmers"
    return f"{writes} by {by}: read, pulse, read again, until the reading is within {band} of the target."


def _card(rows: Mapping[str, Mapping[str, Any]], histories: Sequence[History]) -> list[Fact]:
    """Return the facts of the programmer with the most writes that reach their target, of these the fewest pulses;
    beside each those of the others.
    """
    if len(histories) == 1:
        return _single(histories[0])
    best = min(rows, key=lambda name: (-rows[name]["success"], rows[name]["pulses_mean"]))
    return [
        _best(rows, best, "writes that reach their target", lambda r: share(r["success"], r["success_interval"])),
        _best(rows, best, "pulses a write", lambda r: interval(r["pulses_mean"], r["interval"])),
        _best(
            rows, best, "time a write, pulses and reads", lambda r: interval(r["time_s"], r.get("time_interval_s"), "s")
        ),
        _best(
            rows, best, "energy of a write's pulses", lambda r: interval(r["energy_J"], r.get("energy_interval_J"), "J")
        ),
    ]


def _best(rows: Mapping[str, Mapping[str, Any]], best: str, what: str, text: Any) -> Fact:
    """Return a fact of the best programmer, those of at most two others beside it."""
    others = [f"{name}: {text(row)}" for name, row in rows.items() if name != best]
    more = f"; {len(others) - 2} more below" if len(others) > 2 else ""
    own = f"{best}, n = {rows[best]['n']}"
    return Fact(text(rows[best]), what, f"{own}. {'; '.join(others[:2])}{more}" if others else own)


def _single(history: History) -> list[Fact]:
    """Return the facts of a single write."""
    ok = history.outcome is Outcome.REACHED
    ended = amount(history.readings_S[-1], "S") if history.readings_S else "no reading"
    begun = amount(history.readings_S[0], "S") if history.readings_S else "no reading"
    return [
        Fact("reached" if ok else "not reached", "target", history.outcome.value, ok),
        Fact(ended, "last reading", f"from {begun}, target {amount(history.target_S, 'S')}"),
        Fact(str(len(history.pulses)), "pulses", f"by {history.programmer}"),
        Fact(amount(history.time_s, "s"), "time, pulses and reads", f"pulses: {amount(history.energy_J, 'J')}"),
    ]


def programmer_section(page: Page, histories: dict[str, list[History]]) -> dict[str, dict]:
    """Add the figures of writes, and a table of programmers; return the rows of the table by programmer."""
    rows = {name: summary(several) for name, several in histories.items()}
    page.heading("Readings after each pulse")
    shown, note = _shown(histories)
    page.figure(
        figures.write_histories(shown), "Readings over the number of pulses, a panel a target, a line a write",
        f"Each line is a write; it ends where the reading is in the green band around the target.{note}",
    )  # fmt: skip
    page.heading("What a write takes")
    if len(rows) > 1:
        page.figure(
            figures.programmer_bars(rows), "Pulses and programming time per write, a bar a programmer",
            "Shorter is better; means over all writes, whether they reach their target or not.",
        )  # fmt: skip
    page.table(_HEAD, ((
        name, r["n"], share(r["success"], r["success_interval"]), interval(r["pulses_mean"], r["interval"]),
        f"{r['pulses_p95']:.1f}", amount(r["time_s"], "s"), amount(r["energy_J"], "J"),
    ) for name, r in rows.items()))  # fmt: skip
    return rows


def _shown(histories: Mapping[str, Sequence[History]]) -> tuple[dict[str, list[History]], str]:
    """Return the writes to at most `_TARGETS` targets, and a sentence on the others."""
    targets = sorted({history.target_S for several in histories.values() for history in several})
    if len(targets) <= _TARGETS:
        return {name: list(several) for name, several in histories.items()}, ""
    chosen = {targets[k] for k in np.linspace(0, len(targets) - 1, _TARGETS).astype(int)}
    few = {name: [h for h in several if h.target_S in chosen] for name, several in histories.items()}
    return {name: several for name, several in few.items() if several}, f" {_TARGETS} of {len(targets)} targets."


def _by_programmer(histories: Sequence[History]) -> dict[str, list[History]]:
    """Return histories by the name of their programmer."""
    groups: dict[str, list[History]] = {}
    for history in histories:
        groups.setdefault(history.programmer, []).append(history)
    return groups
