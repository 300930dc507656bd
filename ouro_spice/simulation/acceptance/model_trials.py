"""The single trials of the acceptance test: each takes a device and its write pulses, and gives a finding."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from ...device.foreign.foreign_device import ForeignDevice
from ...spice.foreign.model_runs import ModelRuns
from .finding import Finding
from .write_pulses import SOONEST_S, WritePulse

CHANGE, KEPT, DISTURB, RESUME, REFINED, BEYOND = 0.01, 0.01, 1e-3, 1e-3, 0.01, 0.01
"""Bars: least change of g by a SET, most that is lost of it, by a read, by resuming, by finer steps; how far the
state may be beyond its bounds, of the way between them."""

_WIDTHS = 1000
"""Widths at 0 V for which a state has to stay."""

_READ_S = 100e-9
_PLACES = (0.1, 0.5, 0.8)


class Tried(NamedTuple):
    """A device under trial, with what runs it and its pulses in SET and RESET direction."""

    runs: ModelRuns
    device: ForeignDevice
    set_: WritePulse
    reset: WritePulse

    @property
    def name(self) -> str:
        """Return the name of the state that decides the conductance."""
        return self.device.description.states[0].name

    def x(self, share: float) -> tuple[float, ...]:
        """Return the state at a share of the way from the lowest conductance to the highest."""
        low, high = self.device.window_x
        return (low + share * (high - low), *self.device.start[1:])

    def g_S(self, *states: Sequence[float]) -> np.ndarray:
        """Return the conductances at states [S]."""
        x, volts = np.array(states), np.full(len(states), self.device.read_V)
        return self.runs.currents(self.device, volts, x) / self.device.read_V


def corners(parts: Sequence[tuple[float, float]], edge_s: float) -> list[tuple[float, float]]:
    """Return the corners of a source that has voltages for times, ``(volts, width_s)``, with edges between."""
    found, now = [(0.0, 0.0)], 0.0
    for volts, width_s in parts:
        if volts != found[-1][1]:
            now += edge_s
            found.append((now, volts))
        now += width_s
        found.append((now, volts))
    return found


def static(tried: Tried) -> tuple[Finding, tuple[tuple[float, np.ndarray, np.ndarray], ...]]:
    """Return whether static currents are finite and the conductance monotone in the state, and the curves."""
    device, state = tried.device, tried.device.description.states[0]
    most = max(abs(tried.set_.volts), abs(tried.reset.volts))
    volts = np.append(np.linspace(-most, most, 21), device.read_V)
    space = np.geomspace if state.logarithmic else np.linspace
    x = np.asarray(space(state.low, state.high, 9))
    states = np.tile(np.array(device.start), (len(x) * len(volts), 1))
    states[:, 0] = np.repeat(x, len(volts))
    current = tried.runs.currents(device, np.tile(volts, len(x)), states).reshape(len(x), -1)
    curves = tuple((float(one), volts[:21], row[:21]) for one, row in zip(x, current, strict=True))
    g = current[:, 21] / device.read_V + 0.0  # no -0
    if not np.all(np.isfinite(current)):
        return Finding("static", False, None, None, "a static current is not finite"), curves
    step = float(np.min(np.diff(g)) * (1 if state.rises else -1) / np.max(np.abs(g)))
    rest = float(np.max(np.abs(current[:, 10])) / np.max(np.abs(current)))
    odd = float(np.max(np.abs(current[:, :21] + current[:, 20::-1])) / np.max(np.abs(current)))
    what = f"g = {g.min() * 1e6:.4g} .. {g.max() * 1e6:.4g} uS; I(V) is {'odd' if odd < 1e-6 else 'not odd'}"
    if step <= 0 or g.min() < 0:
        says = f"g does not {'rise' if state.rises else 'fall'} with {state.name} all the way; {what}"
        return Finding("static", False, step, 0.0, says), curves
    if rest > 1e-6:
        return Finding("static", False, rest, 1e-6, f"a current flows at 0 V; {what}"), curves
    return Finding("static", True, step, 0.0, f"finite, g monotone in {state.name}; {what}"), curves


def memory(tried: Tried) -> tuple[Finding, Finding]:
    """Return whether a SET changes g, and whether it stays at 0 V, as currents say.

    The conductance is read in the same transient, before, after and late: a state that is put in anew, as at the start
    of another one, would hide that a model forgets.
    """
    width_s = tried.set_.half_s
    read = (tried.device.read_V, width_s / 1000)
    edge_s = width_s / 1e4
    head = [(0.0, edge_s), read, (0.0, edge_s), (tried.set_.volts, width_s), (0.0, edge_s), read]
    parts = [*head, (0.0, _WIDTHS * width_s), read]
    points = corners(parts, edge_s)
    arrays = tried.runs.transient(tried.device, points, tried.x(0.0), _WIDTHS * width_s / 200)
    ends = [time for k, (time, volts) in enumerate(points) if k and volts == read[0] and points[k - 1][1] == volts]
    i = np.interp(ends, arrays["time"], arrays["i_cell"])
    before, after, late = i / tried.device.read_V
    change = abs(after / before - 1) if before else float(after != before)
    told = f"{before * 1e6:.4g} -> {after * 1e6:.4g} uS by {tried.set_.volts:+.3g} V for {width_s:.3g} s"
    ok = bool(change >= CHANGE and (after > before))
    found = Finding("set", ok, float(change), CHANGE, f"a SET {'raises' if ok else 'does not raise'} g: {told}")
    if not ok:
        says = (
            "there is nothing to be kept: a variable of the text is no state, as a simulator forgets it; a node is one"
        )
        return found, Finding("memory", False, None, KEPT, says)
    lost = abs(late - after) / abs(after - before)
    says = (
        f"at 0 V for {_WIDTHS} widths {'it stays' if lost <= KEPT else 'it goes away'}: {late * 1e6:.4g} uS at the end"
    )
    return found, Finding("memory", bool(lost <= KEPT), float(lost), KEPT, says)


def read(tried: Tried) -> Finding:
    """Return whether a read moves the state."""
    x = tried.x(0.5)
    points = corners([(tried.device.read_V, _READ_S), (0.0, _READ_S)], 1e-9)
    after = _end(tried, points, x, _READ_S / 50)
    g = tried.g_S(x, after)
    moved = float(abs(g[1] / g[0] - 1))
    says = f"a read of {_READ_S * 1e9:g} ns at {tried.device.read_V:g} V {'leaves' if moved <= DISTURB else 'moves'} g"
    return Finding("read", moved <= DISTURB, moved, DISTURB, says)


def _end(
    tried: Tried, points: Sequence[tuple[float, float]], x: Sequence[float], max_step_s: float
) -> tuple[float, ...]:
    """Return the state at the end of a transient, inside its bounds."""
    arrays = tried.runs.transient(tried.device, points, x, max_step_s)
    states = tried.device.description.states
    return tuple(min(max(float(arrays[one.name][-1]), one.low), one.high) for one in states)


def resume(tried: Tried, plateau: bool) -> Finding:
    """Return whether a transient that is cut, and resumed from its state, ends where one in one piece does."""
    low, high = sorted(tried.device.description.states[0].window)
    worst, where = 0.0, ""
    for pulse, turned in ((tried.set_, False), (tried.reset, True)):
        width_s = pulse.half_s / 4
        edge_s = width_s / 100
        first = corners([(0.0, edge_s), (pulse.volts, width_s), *([] if plateau else [(0.0, width_s)])], edge_s)
        second = (
            [(0.0, pulse.volts), (width_s, pulse.volts), (width_s + edge_s, 0.0), (2 * width_s, 0.0)]
            if plateau
            else corners([(0.0, edge_s), (pulse.volts, width_s), (0.0, width_s)], edge_s)
        )
        cut_s = first[-1][0]
        whole = [*first, *((cut_s + time, volts) for time, volts in second[1:])]
        step_s = width_s / tried.device.description.points
        for place in _PLACES:
            x = tried.x(1 - place if turned else place)
            at_once = _end(tried, whole, x, step_s)
            cut = _end(tried, second, _end(tried, first, x, step_s), step_s)
            off = abs(cut[0] - at_once[0]) / (high - low)
            if off >= worst:
                worst, where = off, f"{pulse.volts:+.3g} V from {tried.name} = {x[0]:.3g}"
    name = "resume on a plateau" if plateau else "resume at rest"
    return Finding(name, worst <= RESUME, worst, RESUME, f"farthest off: {where}, of the window")


def crosses(tried: Tried, pulse: WritePulse, name: str) -> Finding:
    """Return whether a voltage crosses the window, and in what time."""
    if pulse.times_s[3] < SOONEST_S:
        return Finding(name, False, None, None, f"jumps through its window at {pulse.volts:+.3g} V: that is no motion")
    crossed = bool(np.isfinite(pulse.times_s[3]))
    told = f"at {pulse.volts:+.3g} V in {pulse.times_s[3]:.4g} s" if crossed else f"{pulse.reached:.0%} of it"
    figure = pulse.times_s[3] if crossed else None
    return Finding(name, crossed, figure, None, f"crosses its window: {told}")


def bounds(tried: Tried) -> Finding:
    """Return whether the state stays in its bounds, and the simulation goes on, where a pulse lasts too long."""
    state = tried.device.description.states[0]
    worst, where = 0.0, "stays inside"
    for pulse, begin in ((tried.set_, 1.0), (tried.reset, 0.0)):
        width_s = 2 * pulse.half_s
        points = corners([(0.0, width_s / 100), (pulse.volts, width_s), (0.0, width_s / 100)], width_s / 100)
        step_s = width_s / tried.device.description.points
        x = tried.runs.transient(tried.device, points, tried.x(begin), step_s)[tried.name]
        beyond = float(max(state.low - x.min(), x.max() - state.high, 0.0) / (state.high - state.low))
        if beyond > worst:
            worst, where = beyond, f"goes to {x.min():.4g} .. {x.max():.4g} at {pulse.volts:+.3g} V"
    return Finding("bounds", worst <= BEYOND, worst, BEYOND, f"a pulse beyond the window: {tried.name} {where}")


def refinement(tried: Tried) -> Finding:
    """Return whether steps of a quarter change what a SET ends at."""
    width_s = tried.set_.half_s
    points = corners([(0.0, width_s / 100), (tried.set_.volts, width_s), (0.0, width_s / 100)], width_s / 100)
    step_s = width_s / tried.device.description.points
    ends = [_end(tried, points, tried.x(0.0), step) for step in (step_s, step_s / 4)]
    g = tried.g_S(*ends)
    off = float(abs(g[0] / g[1] - 1))
    n = tried.device.description.points
    says = f"steps of width/{n} and a quarter of that end at {g[0] * 1e6:.5g} and {g[1] * 1e6:.5g} uS"
    return Finding("steps", off <= REFINED, off, REFINED, says)


def repeats(tried: Tried) -> Finding:
    """Return whether two loads give equal digits."""
    width_s = tried.set_.half_s
    points = corners([(0.0, width_s / 100), (tried.set_.volts, width_s)], width_s / 100)
    first, second = (tried.runs.transient(tried.device, points, tried.x(0.2), width_s / 100) for _ in range(2))
    same = len(first["time"]) == len(second["time"]) and all(np.array_equal(first[key], second[key]) for key in first)
    off = 0.0 if same else float(abs(second["i_cell"][-1] / first["i_cell"][-1] - 1))
    told = "equal digits" if same else "other digits: the text draws random numbers as it is loaded"
    return Finding("repeats", same, off, 0.0, f"two loads give {told}")
