"""Settings, networks and programmers of results in words, as pages show them; files keep the short names."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import TypeVar

_Row = TypeVar("_Row")

_CELLS = {
    "reduced": "Compact model (reduced)",
    "compact": "Compact model (full)",
    "tud": "Compact model JART-TUD",
    "1r": "1R cell in SPICE",
    "1t1r": "1T1R cell in SPICE",
}
_SPREADS = {
    None: "nominal device",
    "d2d": "devices that differ",
    "ten_percent": "devices that differ",
    "in_use": "devices that differ (absolute values in use elsewhere)",
    "yu": "devices that differ (Yu et al., wide)",
}
_SETTINGS = {"paper": "Compact model (reduced), the paper's amplitudes, nominal device"}

_VARIANTS = {
    "A_t": "regression of the time, kept by its error",
    "A_G": "regression of the time, kept by the error of G",
    "B": "conductance loss",
    "B_smoothed": "smoothed conductance loss",
    "B_smoothed_short": "smoothed conductance loss",
    "log_time": "regression of the time's logarithm",
    "ensemble": "four networks for ±20 %, each for its range of G",
    "edges": "network for ±20 %, edges as inputs",
    "increments": "network for small updates",
    "history": "network with history for ±10 %",
    "voltage": "network of width and amplitude for ±10 %",
    "amplitude_only": "network of the amplitude alone for ±10 %",
    "voltage_history": "network of amplitude, width, history for ±10 %",
    "best constant": "best constant conductance",
    "noise-free": "noise-free model",
    "table": "table of the simulations",
    "fixed 10 ns, untuned": "fixed pulses of 10 ns, untuned",
    "PI in amplitude": "proportional-integral, amplitude",
    "PI in width": "proportional-integral, width",
    "ISPP": "ISPP (rising amplitude)",
    "ISPP in width": "ISPP in width",
    "posterior": "posterior rule",
    "model time": "nominal model's time",
}
_BANDED = {
    "within": "network for ±{} %",
    "history": "network with history for ±{} %",
    "voltage_history": "network of amplitude, width, history for ±{} %",
    "table": "table for ±{} %",
}
"""Of names that end with the band that a network is trained for [%]."""

_BEHIND = {"trained on compact": "trained on the compact model", "two attempts": "two attempts"}
"""What results add to a name, behind a comma."""

_FULLEST = re.compile(r"(?P<cell>[0-9a-z]+)_(?P<time>[0-9.]+)us(?:_(?P<spread>\w+))?")


def setting_name(name: str) -> str:
    """Return the title of a setting of results, such as ``reduced_60us_d2d``; readable text of one that is unknown."""
    if name in _SETTINGS:
        return _SETTINGS[name]
    found = _FULLEST.fullmatch(name)
    if not found:
        return _CELLS.get(name, _plain(name))
    cell, spread = found["cell"], found["spread"]
    devices = _SPREADS.get(spread) or f"devices that differ ({_plain(spread)})"
    return f"{_CELLS.get(cell, _plain(cell))}, pulses of the {found['time']} us pair, {devices}"


def variant_name(name: str) -> str:
    """Return the name of a network, baseline or programmer of results, such as ``within_20``, in words.

    Those that are unknown, or in words already, come back with spaces for underscores. Words of `variants.kind` stay
    in, so that a programmer keeps its colour.
    """
    first, *more = name.split(", ")
    if name in _VARIANTS or not more:
        return _alone(name)
    if any(one not in _BEHIND and one not in _BEHIND.values() for one in more):
        return _plain(name)
    return ", ".join([_alone(first), *(_BEHIND.get(one, one) for one in more)])


def with_names(rows: Mapping[str, _Row]) -> dict[str, _Row]:
    """Return rows by the names of their variants in words, in the same order.

    Where two have the same words, the later one has its short name behind them.
    """
    found: dict[str, _Row] = {}
    for name, row in rows.items():
        words = variant_name(name)
        found[f"{words} ({name})" if words in found else words] = row
    return found


def table_in_words(
    table: tuple[Sequence[str], Iterable[Sequence[str]]], names: Iterable[str]
) -> tuple[list[str], list[list[str]]]:
    """Return a table, head and rows, in which each cell that is one of the names says it in words."""
    head, rows = table
    words = {name: variant_name(name) for name in names}
    return list(head), [[words.get(cell, cell) for cell in row] for row in rows]


def text_in_words(text: str, names: Iterable[str]) -> str:
    """Return a sentence with the names that stand in it in words; of several that fit, the longest."""
    by_length = sorted(names, key=len, reverse=True)
    if not by_length:
        return text
    pattern = "|".join(rf"(?<![\w-]){re.escape(name)}(?![\w-])" for name in by_length)
    return re.sub(pattern, lambda found: variant_name(found[0]), text)


def _alone(name: str) -> str:
    """Return a name without anything behind it in words."""
    if name in _VARIANTS:
        return _VARIANTS[name]
    stem, _, band = name.rpartition("_")
    return _BANDED[stem].format(band) if stem in _BANDED and band.isdigit() else _plain(name)


def _plain(name: str | None) -> str:
    """Return readable text of an unknown name."""
    return (name or "").replace("_", " ")
