"""What a dataset can teach: a pulse time that varies, and nothing else that decides and that the network cannot see."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import numpy as np

from ..dataset.controls import AMPLITUDE, EDGES, TIME, WORDS, Control, controls
from ..dataset.pulse_dataset import PulseDataset
from ..dataset.sweep import CONTROL_WORDS, WIDTH
from .specification import Specification

FACTOR = 2.0
"""Longest over shortest pulse time, of the middle four fifths of the records, from which on a direction teaches it."""

EDGE = 0.25
"""Share of the geometric middle of the pulse times by which edges may vary unseen: an edge counts for a part of its
length."""

CURVE = 2
"""A history of no more points knows but the two ends of one pulse."""

_CURVE = 8
"""A history of fewer points is no curve that a network would learn from."""

_INPUTS = {"rise_s": "log_rise", "fall_s": "log_fall"}

_CAMPAIGN = "`ouro-spice campaign` makes it, from pulse after pulse of each cell"
_SPLIT = "or split the table, one for each value, and train a network on each"


def check_teachable(data: PulseDataset, specification: Specification) -> None:
    """Raise ValueError where the training records cannot teach the pulse time, saying what to do.

    They cannot where the pulse time of a direction hardly varies, where another control of it varies and is no input of
    the network, and where training learns from histories and these are single pulses.
    """
    check_control(data, specification.control, f"a network of the output {specification.output}")
    if specification.control == WIDTH:
        check_controls(data, specification.inputs)
    if (
        any(stage.needs_curves for stage in specification.stages)
        and "history_g_S" in data.frame
        and not has_trajectories(data)
    ):
        raise ValueError(
            "this training learns from histories, what pulses of any width did, and the records are single pulses, "
            "whose histories have two points: train a variant that learns the time, such as log_time"
        )


def check_control(data: PulseDataset, control: str, what: str) -> None:
    """Raise ValueError where records vary another control than the one that something gives; `what` names it."""
    if data.control != control:
        raise ValueError(
            f"these records vary the {CONTROL_WORDS[data.control]} (control {data.control!r}), and {what} gives the "
            f"{CONTROL_WORDS[control]}: take one of the control {data.control!r}, which is the default for them"
        )


def check_controls(data: PulseDataset, inputs: Sequence[str]) -> None:
    """Raise ValueError where the pulse time of a direction hardly varies, or another control that is no input does."""
    found = controls(data.reached("train"))
    times = {one.direction: one for one in found if one.name == TIME}
    for one in times.values():
        if one.middle[1] < FACTOR * one.middle[0] and sum(each.n for each in times.values()) > 1:
            raise ValueError(_unvaried(one, found))
    for one in found:
        if one.name != TIME and not one.same and not _negligible(one, times[one.direction], inputs):
            raise ValueError(_unseen(one))


def has_trajectories(data: PulseDataset, split: str | None = None) -> bool:
    """Return whether histories tell what pulses of other widths would have done: those of single pulses do not."""
    rows = data.reached(split)
    if "history_g_S" not in rows or not len(rows):
        return False
    points = rows["history_points"].to_numpy() if "history_points" in rows else [len(one) for one in rows.history_g_S]
    return float(np.median(points)) > CURVE


def _unvaried(time: Control, found: list[Control]) -> str:
    """Return the words for a direction whose pulse time hardly varies."""
    others = [one.words for one in found if one.direction == time.direction and one.name != TIME and not one.same]
    decides = f" (what varies is the {' and the '.join(others)})" if others else ""
    other = f"; the variant amplitude_only takes the amplitude ({_CAMPAIGN})" if WORDS[AMPLITUDE] in others else ""
    return (
        f"these records cannot teach the pulse time: that of {time.direction} is {_mostly(time)}{decides}, and the "
        f"longest has to be at least {FACTOR:g} times the shortest; measure pulses of several widths, at one "
        f"amplitude{other}"
    )


def _mostly(time: Control) -> str:
    """Return the words for the values that most of the times of a direction have."""
    if time.n == 1 or time.high < FACTOR * time.low:
        return f"{time.span} in all {time.n} records" if time.n > 1 else f"that of a single record, {time.span}"
    middle = dataclasses.replace(time, low=time.middle[0], high=time.middle[1])
    return f"{middle.span} in four of five of its {time.n} records"


def _unseen(one: Control) -> str:
    """Return the words for a control that varies and is no input."""
    text = (
        f"these records cannot teach the pulse time: the {one.words} of {one.direction} varies, {one.span} "
        f"({one.values} values in {one.n} records), and is no input of the network"
    )
    if one.name == AMPLITUDE:
        return f"{text}; the variant voltage takes the amplitude ({_CAMPAIGN}), {_SPLIT}"
    if one.name in EDGES:
        return f"{text}; the variant edges takes it, {_SPLIT}"
    return f"{text}; no variant takes it: split the table, one for each value, and train a network on each"


def _negligible(one: Control, time: Control, inputs: Sequence[str]) -> bool:
    """Return whether a control that varies is an input of the network, or an edge that hardly counts."""
    if _INPUTS.get(one.name) in inputs:
        return True
    return one.name in EDGES and one.high - one.low <= EDGE * (time.low * time.high) ** 0.5


def has_curves(data: PulseDataset) -> bool:
    """Return whether histories tell what shorter and longer pulses do: measured pulses have their two ends only."""
    points = data.frame.get("history_points")
    return points is not None and "history_g_S" in data.frame and float(points.median()) >= _CURVE
