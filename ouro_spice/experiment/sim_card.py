"""The answer of the main job in a few figures: for the head of its report, and for the terminal."""

from __future__ import annotations

import os
import platform
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..evaluation.bands import label
from ..reporting.amounts import amount, interval, share
from ..reporting.names import setting_name, variant_name
from ..reporting.page import Fact
from .campaign_card import common_time
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
    """Return the share of single pulses within ±20 % beside the floor, the best table and what needs no network."""
    key, floor = label("within", BAND), label("floor", BAND)
    name = SHIPPED if SHIPPED in rows else network_of(rows)
    row = rows[name]
    beside = [f"n = {row['n']}"]
    if floor in row:
        beside.append(f"noise floor, measured on other pairs: {share(row[floor])}")
    others = [network_of(rows)] if name == SHIPPED else []
    others += [one for one in (*_tables(rows), "noise-free", "do nothing") if one in rows]
    beside += [f"{variant_name(one)}: {share(rows[one][key])}" for one in others]
    what = f"Single pulses that end within ±{100 * BAND:g} %, {variant_name(name)}; {setting_name(setting)}"
    return Fact(share(row[key], row["interval"][key]), what, "; ".join(beside))


def network_of(rows: Results) -> str:
    """Return the network that a setting trains for the card's band; without one the last one that it trains."""
    trained = [name for name, row in rows.items() if "trainings" in row]
    own = label("within", BAND)
    return own if own in trained else trained[-1]


def _tables(rows: Results) -> list[str]:
    """Return the table that is made for the card's band; without one that of the records, if there is one."""
    own = f"table_{100 * BAND:g}"
    return [own] if own in rows else [name for name in rows if "table" in name][:1]


def _writes(rows: Results, tolerance: str, ratios: Results) -> list[Fact]:
    """Return what a write takes with the shipped network, and with the best of its rivals of either kind."""
    row, close = rows[SHIPPED], f"±{100 * float(tolerance):g} %"
    reached = round(row["success"] * row["n"])
    value = f"{interval(row['pulses_mean'], row['interval'])} pulses, {interval(*common_time(row), 's')}"
    beside = f"{reached} of {row['n']} reach it; reads of 100 ns included, predictions not"
    found = [Fact(value, f"A write to {close} in the circuit, {SHIPPED}", beside, reached == row["n"] or None)]
    for rival, key, knows in (
        ("conventional", "nothing", "The best conventional programmer"),
        ("model", "model", "The best rule that knows the nominal model"),
    ):
        fact = _against(rows, ratios, rival, key, knows)
        found += [fact] if fact else []
    return found


def _against(rows: Results, ratios: Results, rival: str, key: str, what: str) -> Fact | None:
    """Return how many times as much the best rivals of a kind take as the shipped network; None without one."""
    pulses, time = (ratios[of]["each"][SHIPPED][key] for of in ("pulses", "time_s"))
    names = dict.fromkeys(ratios[of][rival] for of in ("pulses", "time_s"))
    if pulses is None or time is None or None in names:
        return None
    value = f"{interval(pulses[0], pulses[1:])} times the pulses, {interval(time[0], time[1:])} times the time"
    each = (
        f"{variant_name(name)}: {rows[name]['pulses_mean']:.2f} pulses, {amount(common_time(rows[name])[0], 's')}"
        for name in names
    )
    good = min(pulses[1], time[1]) > 1 if key == "nothing" else None
    return Fact(value, f"{what}, tuned on other devices, takes", "; ".join(each), good or None)


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


def conventional(ratios: Results) -> str | None:
    """Return the name of the best programmer that knows nothing of the device, by pulses; None without one."""
    return ratios["pulses"]["conventional"]


def lines(results: Results) -> list[str]:
    """Return the card as lines for a terminal."""
    return [f"{fact.what}: {fact.value}\n    {fact.beside}" for fact in facts(results)]


def _short(commit: str) -> str:
    """Return a commit by its first digits, with what is said behind it."""
    first, _, more = commit.partition(" ")
    return f"{first[:10]} {more}".rstrip()
