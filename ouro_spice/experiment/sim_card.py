"""The answer of the main job in a few figures: for the head of its report, and for the terminal."""

from __future__ import annotations

import os
import platform
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..evaluation.bands import label
from ..programming.programmer import MODEL
from ..reporting.names import setting_name, variant_name
from ..reporting.page import Fact
from .shipped import SHIPPED

BAND = 0.2
"""The band of the shares on the card."""

Results = Mapping[str, Any]
"""What ``results.json`` holds."""


def facts(results: Results) -> list[Fact]:
    """Return the card of the main job: decks, single pulses, writes, and writes against conventional programmers."""
    found = [_decks(results["decks"])]
    found += [_share(name, rows) for name, rows in results["one_shot"].items()]
    for setting, by_tolerance in results["write_verify"].items():
        for tolerance, rows in by_tolerance.items():
            if SHIPPED in rows:
                found += _writes(rows, tolerance, results["ratios"][setting][tolerance])
    return found


def _decks(figures: list[Mapping[str, Any]]) -> Fact:
    """Return how many decks pass."""
    names = dict.fromkeys(figure["name"] for figure in figures)
    missed = {figure["name"] for figure in figures if not figure["pass"]}
    text = f"{len(figures)} figures under plain ngspice, most against exact solutions"
    return Fact(f"{len(names) - len(missed)} of {len(names)}", "Decks that pass", text, not missed)


def _share(setting: str, rows: Results) -> Fact:
    """Return the share of single pulses within ±20 % beside the floor and doing nothing."""
    key, floor = label("within", BAND), label("floor", BAND)
    name = SHIPPED if SHIPPED in rows else best_network(rows)
    row = rows[name]
    beside = [f"n = {row['n']}, 95 %: {_span(row['interval'][key], percent)}"]
    if floor in row:
        beside.append(f"no choice of the time can pass {percent(row[floor])} (noise floor)")
    if name == SHIPPED:
        small = best_network(rows)
        beside.append(f"trained here on few records: {percent(rows[small][key])}")
    beside.append(f"doing nothing: {percent(rows['do nothing'][key])}")
    what = f"Single pulses that end within ±{100 * BAND:g} %, {variant_name(name)}; {setting_name(setting)}"
    return Fact(percent(row[key]), what, "; ".join(beside))


def best_network(rows: Results) -> str:
    """Return the network that a setting trains with the largest share within ±20 %."""
    key = label("within", BAND)
    trained = [name for name, row in rows.items() if "trainings" in row]
    return max(trained, key=lambda name: rows[name][key])


def _writes(rows: Results, tolerance: str, ratios: Results) -> list[Fact]:
    """Return what a write takes with the shipped network, and with the best of its rivals of either kind."""
    row, close = rows[SHIPPED], f"±{100 * float(tolerance):g} %"
    reached = round(row["success"] * row["n"])
    beside = f"{reached} of {row['n']} reach it; 95 %: {_span(row['interval'], '{:.2f}'.format)} pulses, "
    beside += f"{_span(row['time_interval_s'], nanoseconds)}, reads of 100 ns included"
    value = f"{row['pulses_mean']:.2f} pulses, {nanoseconds(row['time_s'])}"
    found = [Fact(value, f"A write to {close} in the circuit, {SHIPPED}", beside, reached == row["n"] or None)]
    for rival, key, knows in (
        ("conventional", "nothing", "the best conventional programmer, tuned,"),
        ("model", "model", "the best rule that knows the nominal model, tuned,"),
    ):
        fact = _against(rows, ratios, rival, key, knows)
        found += [fact] if fact else []
    return found


def _against(rows: Results, ratios: Results, rival: str, key: str, what: str) -> Fact | None:
    """Return how many times as much the best rival of a kind takes as the shipped network; None without one."""
    pulses, time = (ratios[of]["each"][SHIPPED][key] for of in ("pulses", "time_s"))
    best = ratios["pulses"][rival]
    if pulses is None or best is None:
        return None
    value = f"{pulses[0]:.2f} times the pulses, {time[0]:.2f} times the time"
    beside = f"95 %: {_span(pulses[1:], '{:.2f}'.format)}, {_span(time[1:], '{:.2f}'.format)}; "
    beside += f"{variant_name(best)}: {rows[best]['pulses_mean']:.2f} pulses, {nanoseconds(rows[best]['time_s'])}"
    good = min(pulses[1], time[1]) > 1 if key == "nothing" else None
    return Fact(value, f"{what[0].upper()}{what[1:]} takes", beside, good or None)


def machine_line(results: Results, out: Path, seed: int) -> str:
    """Return what was run, when, where and for how long, in a sentence."""
    versions = results["manifest"]["versions"]
    made = f"ouro-spice {versions['ouro-spice']}, ngspice {versions['ngspice']}, Python {versions['python']}"
    where = f"{os.cpu_count()} cores ({platform.machine()}, {platform.system()})"
    commit = f", commit {_short(results['commit'])}" if results.get("commit") else ""
    return (
        f"ouro-spice sim --seed {seed} --out {out} (make sim), {results['date']}, {results['seconds']:.0f} s on "
        f"{where}, what was there already was used again; {made}{commit}."
    )


def conventional(rows: Results, ratios: Results) -> str:
    """Return the name of the best programmer that knows nothing of the device, by pulses."""
    return ratios["pulses"]["conventional"] or next(name for name, row in rows.items() if row["knows"] not in MODEL)


def lines(results: Results) -> list[str]:
    """Return the card as lines for a terminal."""
    return [f"{fact.what}: {fact.value}\n    {fact.beside}" for fact in facts(results)]


def percent(share: float) -> str:
    """Return a share in per cent with its unit."""
    return f"{100 * share:.1f} %"


def nanoseconds(time_s: float) -> str:
    """Return a time of a write with its unit."""
    return f"{time_s * 1e9:.0f} ns" if time_s < 1e-6 else f"{time_s * 1e6:.2f} us"


def _short(commit: str) -> str:
    """Return a commit by its first digits, with what is said behind it."""
    first, _, more = commit.partition(" ")
    return f"{first[:10]} {more}".rstrip()


def _span(ends: Any, word: Any) -> str:
    """Return the ends of an interval in words."""
    return f"{word(ends[0])} .. {word(ends[1])}"
