"""Shapes of waveforms: sine, staircase, double pulse, spikes and their pairs."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from .._util.checks import check_count, check_kind, check_range, checked_numbers
from .drive_waveforms import MOST_POINTS, Pwl
from .pulse import HIGHEST_V, LONGEST_S, SHORTEST_S, Pulse

_POINTS = 200
"""Of a cycle of a sine."""


def sine(
    amplitude: float, frequency: float, cycles: float = 1.0, idle: float = 10e-9, gate: float | None = None
) -> Pwl:
    """Return a sine of an amplitude [V], which has the sign of the first half, and a frequency [Hz].

    `cycles` are a whole number of half ones, 500 at most; a cycle has 200 points.
    """
    check_range("amplitude", amplitude, -HIGHEST_V, HIGHEST_V, "V")
    check_range("frequency", frequency, 1 / LONGEST_S, 1 / (_POINTS * SHORTEST_S), "Hz")
    check_range("cycles", cycles, 0.5, MOST_POINTS // _POINTS - 1, "")
    halves = round(2 * cycles)
    if abs(2 * cycles - halves) > 1e-9:
        raise ValueError(f"cycles = {cycles:g} must be a whole number of half cycles: the voltage ends at 0 V")
    phase = np.arange(halves * _POINTS // 2 + 1) / _POINTS
    volts = amplitude * np.sin(2 * np.pi * phase)
    volts[:: _POINTS // 2] = 0.0  # exactly, where only rounding is left
    return Pwl(tuple(map(float, phase / frequency)), tuple(map(float, volts)), idle, gate)


def staircase(
    levels: Sequence[float], step: float, edge: float = 2e-9, idle: float = 10e-9, gate: float | None = None
) -> Pwl:
    """Return levels [V], each held for `step` [s], with edges of `edge` [s] between, from 0 V and back to it."""
    check_range("step", step, SHORTEST_S, LONGEST_S, "s")
    check_range("edge", edge, SHORTEST_S, LONGEST_S, "s")
    volts = checked_numbers("levels", levels)
    if volts.ndim != 1:
        raise ValueError(f"levels has the shape {volts.shape}: it must be one row of numbers")
    check_count("number of levels", len(volts), 1, MOST_POINTS // 2 - 1)
    times = np.cumsum(np.concatenate([[0.0], np.tile([edge, step], len(volts)), [edge]]))
    return Pwl(tuple(map(float, times)), (0.0, *map(float, np.repeat(volts, 2)), 0.0), idle, gate)


def double_pulse(first: Pulse, gap: float, second: Pulse | None = None) -> Pwl:
    """Return two pulses as one waveform, with `gap` [s] at 0 V between; the second is like the first where None.

    Idle time and gate voltage are those of the second; the gate stays on in the gap.
    """
    second = first if second is None else second
    for name, one in (("first", first), ("second", second)):
        check_kind(name, one, Pulse)
    if first.gate != second.gate:
        raise ValueError(
            f"first and second have gate = {first.gate} and {second.gate}: a waveform has one gate voltage"
        )
    check_range("gap", gap, SHORTEST_S, LONGEST_S, "s")
    steps = [0.0, first.rise, first.width, first.fall, gap, second.rise, second.width, second.fall]
    volts = (0.0, first.amplitude, first.amplitude, 0.0, 0.0, second.amplitude, second.amplitude, 0.0)
    return Pwl(tuple(map(float, np.cumsum(steps))), volts, second.idle, second.gate)


def spike(peak: float, width: float, tail: float, tail_width: float, edge: float = 2e-9) -> Pwl:
    """Return a neuron's spike: `peak` [V] for `width` [s], then `tail` of the other sign, which fades out [V, s].

    Both have edges of `edge` [s]. The tail falls in a straight line, as in Zamarreno-Ramos et al., Front. Neurosci. 5,
    26 (2011). ValueError for a tail of the peak's sign.
    """
    for name, value in (("width", width), ("tail_width", tail_width), ("edge", edge)):
        check_range(name, value, SHORTEST_S, LONGEST_S, "s")
    for name, value in (("peak", peak), ("tail", tail)):
        check_range(name, value, -HIGHEST_V, HIGHEST_V, "V")
    if peak * tail > 0:
        raise ValueError(f"peak = {peak:g} V, tail = {tail:g} V: they must have opposite signs")
    times = np.cumsum([0.0, edge, width, edge, tail_width])
    return Pwl(tuple(map(float, times)), (0.0, peak, peak, tail, 0.0))


def stdp_pair(delay: float, pre: Pwl, post: Pwl | None = None, idle: float = 10e-9, gate: float | None = None) -> Pwl:
    """Return what a pair of spikes puts across a cell: V(AE, OE) = pre(t) - post(t - delay).

    Parameters
    ----------
    delay
        From the beginning of the presynaptic spike to that of the postsynaptic one [s]; negative: post comes first.
        Spikes with a positive peak and a negative tail, see `spike`, SET where it is positive and RESET where not.
    pre, post
        The voltages of the two neurons; `post` is like `pre` where None.
    idle, gate
        As in `Pwl`.
    """
    post = pre if post is None else post
    for name, one in (("pre", pre), ("post", post)):
        check_kind(name, one, Pwl)
    check_range("delay", delay, -LONGEST_S, LONGEST_S, "s")
    shifts = max(-delay, 0.0), max(delay, 0.0)
    corners = [np.add(one.times_s, t) for one, t in zip((pre, post), shifts, strict=True)]
    times = np.unique(np.concatenate([[0.0], *corners]))
    times = times[np.concatenate([[True], np.diff(times) >= SHORTEST_S])]
    first, second = (
        np.interp(times, np.add(one.times_s, t), one.volts) for one, t in ((pre, shifts[0]), (post, shifts[1]))
    )
    volts = first - second
    volts[0] = volts[-1] = 0.0
    return Pwl(tuple(map(float, times)), tuple(map(float, volts)), idle, gate)
