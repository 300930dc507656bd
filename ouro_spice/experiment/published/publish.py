"""Results as files of the repository: rounded, with what made them, and read again with care."""

from __future__ import annotations

import json
from collections.abc import Mapping
from numbers import Real
from pathlib import Path
from typing import Any

from ..._util.files import make_folder, read_text, write_text
from .document import NOT_RECORDED
from .revision import CHANGED, UNKNOWN

_DIGITS = 6
_AS_THEY_ARE = ("configuration", "manifest", "seeds", "notes", "source")
"""What is no figure: settings and seeds would be others if they were rounded."""

_LEFT_OUT = ("decks", "files")
"""Parts of the main job, which campaigns do not have."""


def publication(results: Mapping[str, Any], any_commit: bool = False) -> dict[str, Any]:
    """Return the results of a campaign as the repository keeps them: figures rounded to six digits.

    Parameters
    ----------
    results
        What ``results.json`` of a campaign holds.
    any_commit
        Take results of sources that are no commit, or were changed since; they say so.

    Raises
    ------
    ValueError
        For results of an unknown commit, or of one with changes, unless they are asked for.
    """
    made_by = results.get("commit") or UNKNOWN
    unknown = made_by in (UNKNOWN, NOT_RECORDED)
    if not any_commit and (unknown or made_by.endswith(CHANGED)):
        why = "whose commit is unknown" if unknown else f"at {made_by}: nobody could make them again"
        raise ValueError(
            f"the results of {results['campaign']} were made by sources {why}; commit and run the campaign again, or "
            "publish them as they are, marked so, with --any-commit (a source archive has no commit)"
        )
    head = {name: results[name] for name in ("campaign", "source") if name in results}
    head |= {"commit": made_by} | {name: results.get(name, NOT_RECORDED) for name in ("date", "seeds")}
    body = {
        key: value if key in _AS_THEY_ARE else round_figures(value)
        for key, value in results.items()
        if key not in head and key not in _LEFT_OUT
    }
    return head | body


def round_figures(value: Any) -> Any:
    """Return a value of JSON with its numbers rounded to six significant digits."""
    if isinstance(value, Mapping):
        return {key: round_figures(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [round_figures(one) for one in value]
    return float(f"{value:.{_DIGITS}g}") if isinstance(value, float) else value


def write(several: list[dict[str, Any]], folder: Path, any_commit: bool = False) -> list[Path]:
    """Write ``NAME.json`` of each campaign into a folder; return the paths.

    ValueError as `publication`, before any is written.
    """
    texts = {one["campaign"]: json.dumps(publication(one, any_commit), indent=1, allow_nan=False) for one in several}
    make_folder(folder)
    return [write_text(folder / f"{name}.json", f"{text}\n") for name, text in texts.items()]


def read(file: Path) -> dict[str, Any]:
    """Read what a campaign has found, from its ``results.json`` or a published file; return it as a table.

    Raises
    ------
    ValueError
        In one line, for a file that is none of either, or is damaged, naming the first figure that cannot be one.
    """
    text = read_text(file)
    try:
        found = json.loads(text, parse_constant=_refuse)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"{file} is no results.json, or is damaged: it is no whole JSON") from error
    if not isinstance(found, dict) or not {"campaign", "one_shot", "write_verify"} <= set(found):
        raise ValueError(f"{file} does not hold the results of a campaign (`make paper`, `make circuit`)")
    try:
        _check(found)
    except ValueError as error:
        raise ValueError(f"{file}: {error}; it is damaged or of another version: run the campaign again") from error
    return found | {key: {} for key in ("ratios", "transfer") if key not in found}


def _refuse(word: str) -> None:
    raise ValueError(f"{word} is no number of JSON")


_NUMBERS = {
    "n", "rpd_median", "wrong_way", "compute_s", "success", "pulses_mean", "pulses_median", "pulses_p95",
    "iterations_below_10", "energy_J", "reads_mean", "within_50", "within_20", "within_10", "floor_50", "floor_20",
    "floor_10", "failures",
}  # fmt: skip
_SHARES = ("within_50", "within_20", "within_10")
_PARTS = {*_SHARES, "success", "wrong_way", "iterations_below_10", "floor_50", "floor_20", "floor_10"}
"""Figures from 0 to 1."""

_WRITES = ("n", "success", "pulses_mean", "interval")


def _check(found: Mapping[str, Any]) -> None:
    """Raise ValueError for the first part of results that is not of its kind."""
    name = found["campaign"]
    if not isinstance(name, str) or not name.replace("_", "").isalnum():
        raise ValueError("campaign is no name")
    for where, rows in _inside("one_shot", found["one_shot"]):
        for place, row in _inside(where, rows):
            # what was timed only has no shares
            _check_row(place, row, ("n", *_SHARES) if isinstance(row, dict) and set(_SHARES) & set(row) else ())
    for where, rows in _inside("transfer", found.get("transfer", {})):
        for place, row in _inside(where, rows):
            _check_row(place, row, _SHARES)
    for key, needed in (("write_verify", _WRITES), ("ratios", ())):
        for setting, tolerances in _inside(key, found.get(key, {})):
            for where, rows in _inside(setting, tolerances):
                try:
                    float(where.rpartition(", ")[2])
                except ValueError:
                    raise ValueError(f"{where} is no tolerance") from None
                for place, row in _inside(where, rows):
                    _check_row(place, row, needed)


def _inside(where: str, found: Any) -> list[tuple[str, Any]]:
    """Return the items of a table, each with the way to it in words; ValueError for what is no table."""
    if not isinstance(found, dict):
        raise ValueError(f"{where} is no table")
    return [(f"{where}, {name}", one) for name, one in found.items()]


def _check_row(where: str, row: Any, needed: tuple[str, ...]) -> None:
    """Raise ValueError for a row that is no table, lacks a figure that it needs, or has one that is no number."""
    _inside(where, row)
    for key in needed:
        if key not in row:
            raise ValueError(f"{where} has no {key}")
    for key in _NUMBERS & set(row):
        wrong = not isinstance(row[key], Real) or isinstance(row[key], bool)
        if wrong and (row[key] is not None or key == "n"):
            raise ValueError(f"{where}: {key} is no number")
        if key in _PARTS and row[key] is not None and not 0 <= row[key] <= 1:
            raise ValueError(f"{where}: {key} = {row[key]:g} is no share")
        if row[key] is not None and (row[key] < 0 or (key == "n" and row[key] != int(row[key]))):
            raise ValueError(f"{where}: {key} = {row[key]:g} can be no such figure")
    ends = row.get("interval")
    for key, one in ends.items() if isinstance(ends, dict) else [("interval", ends)]:
        pair = isinstance(one, list) and len(one) == 2 and all(isinstance(end, Real) for end in one)
        if one is not None and not (pair and one[0] <= one[1]):
            raise ValueError(f"{where}: {key}: {one} is no interval")
