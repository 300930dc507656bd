"""What the settings in a dataset's manifest have to be."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from .._util.checks import check_count, check_range
from .recipe import MOST
from .sweep import Sweep, control_of

_TIMES = ("step_s", "limit_s")
_TEXTS = ("voltages", "sampling", "start", "control")
_COUNTS = {"n": 1, "shard": 1, "seed": 0, "per_device": 1}
_LONGEST_S = 1e6


def check_settings(settings: Mapping[str, Any]) -> None:
    """Raise ValueError for settings that are not those of a dataset, naming the first that is wrong or missing."""
    for name in ("n", "shard", "seed", "pair", *_TIMES):
        if name not in settings:
            raise ValueError(f"there is no {name}")
    for name, least in _COUNTS.items():
        if name in settings:
            check_count(name, settings[name], least)
    check_range("n", settings["n"], 1, MOST, "records")
    for name in _TIMES:
        _check_number(name, settings[name], _LONGEST_S)
    for name in _TEXTS:
        if not isinstance(settings.get(name, ""), str):
            raise ValueError(f"{name} = {settings[name]!r} must be a text")
    for name in ("rise_s", "fall_s"):
        _check_edge(name, settings.get(name, 0.0))
    _check_pair(settings["pair"])
    _check_control(settings)
    law = settings.get("d2d")
    if not isinstance(law, Mapping | None):
        raise ValueError(f"d2d = {law!r} must be a law, or null")
    names = settings.get("devices", [])
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise ValueError("devices must be a list of names")


def _check_control(settings: Mapping[str, Any]) -> None:
    """Raise ValueError for a sweep that is none, or not that of the control."""
    sweep = Sweep.from_plain(settings.get("sweep"))
    if sweep and sweep.control != control_of(settings):
        raise ValueError(f"control = {settings.get('control')!r} is not that of the sweep")


def _check_number(name: str, value: Any, most: float) -> None:
    """Raise ValueError for what is no number of at most `most` in magnitude."""
    if type(value) not in (int, float) or not math.isfinite(value) or not 0 <= abs(value) <= most:
        raise ValueError(f"{name} = {value!r} must be a number")


def _check_edge(name: str, value: Any) -> None:
    """Raise ValueError for what is no edge, and no range of edges [s]."""
    ends = value if isinstance(value, list) else [value, value]
    if len(ends) != 2:
        raise ValueError(f"{name} = {value!r} must be a time, or the shortest and the longest one")
    for end in ends:
        _check_number(name, end, _LONGEST_S)


def _check_pair(pair: Any) -> None:
    """Raise ValueError for what is neither a pair of amplitudes nor None."""
    if pair is None:
        return
    if not isinstance(pair, Mapping) or not {"v_set", "v_reset", "total_s"} <= set(pair):
        raise ValueError(f"pair = {pair!r} must have v_set, v_reset and total_s")
    for name, value in pair.items():
        if value is not None or name in ("v_set", "v_reset", "total_s"):
            _check_number(f"pair.{name}", value, 1e3)
