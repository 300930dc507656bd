"""Parts of the voltages that carry pulses, between two times, for simulations that are made piece by piece."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from .pulse import PWL

_DIGITS = 8
"""Corners of different lines that differ by as many last digits of the time are one."""


@dataclass(frozen=True)
class Part(PWL):
    """A part of a voltage that knows the whole: what a driver makes of it depends on what came before and comes after.

    Parameters
    ----------
    whole
        The whole voltage.
    start_s, stop_s
        Where the part lies in it [s].
    """

    whole: PWL
    start_s: float
    stop_s: float


def windows(voltages: Mapping[str, PWL | None], start_s: float, stop_s: float) -> dict[str, Part | None]:
    """Return the part of several lines' voltages between two times [s], by name; see `PWL.window`.

    Corners of different lines that only rounding of the time so far keeps apart come to lie at one time: breakpoints
    1e-16 s apart are nearer than a simulator's steps beside large transistors.
    """
    found: dict[str, Part | None] = {}
    for name, whole in _together(voltages).items():
        found[name] = None if whole is None else _part(whole, start_s, stop_s)
    return found


def _part(whole: PWL, start_s: float, stop_s: float) -> Part:
    inside = whole.window(start_s, stop_s)
    return Part(inside.times_s, inside.volts, whole, start_s, stop_s)


def _together(voltages: Mapping[str, PWL | None]) -> dict[str, PWL | None]:
    """Return the same voltages with corners of different lines at one time where only last digits differ."""
    lines = [set(pwl.times_s[1:-1]) for pwl in voltages.values() if pwl]
    common = {}
    for group in _groups(sorted(set().union(*lines))):
        # of one line these are an edge as short as that
        if len(group) > 1 and all(len(line.intersection(group)) <= 1 for line in lines):
            common |= dict.fromkeys(group, group[0])
    return {
        name: pwl and PWL((0.0, *(common.get(t, t) for t in pwl.times_s[1:])), pwl.volts)
        for name, pwl in voltages.items()
    }


def _groups(times_s: Sequence[float]) -> list[list[float]]:
    """Return ascending times [s] in groups, each within some last digits."""
    groups: list[list[float]] = []
    for time_s in times_s:
        if groups and time_s - groups[-1][0] <= _DIGITS * math.ulp(time_s):
            groups[-1].append(time_s)
        else:
            groups.append([time_s])
    return groups
