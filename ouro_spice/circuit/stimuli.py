"""What may drive a cell, pulses and waveforms alike: checks, the voltages of its lines, its times of one sign."""

from __future__ import annotations

from bisect import bisect
from collections.abc import Iterable, Sequence
from functools import lru_cache
from itertools import groupby, pairwise
from typing import Any, Literal, NamedTuple, overload

import numpy as np

from .drive_waveforms import Lobe, Pwl
from .pulse import PWL, Parallel, Pulse, trapezoids

Stimulus = Pulse | Pwl
"""What one cell is driven by."""

Stimuli = Sequence[Stimulus | Parallel] | Stimulus | Parallel


@overload
def checked(pulses: Stimuli, parallel: Literal[False] = False) -> list[Stimulus]: ...
@overload
def checked(pulses: Stimuli, parallel: bool) -> list[Stimulus | Parallel]: ...
def checked(pulses: Any, parallel: bool = False) -> list[Any]:
    """Return one pulse or waveform, or several, as a list; ValueError for none, anything else, or `Parallel` unless
    allowed.
    """
    kinds = Pulse | Pwl | Parallel if parallel else Pulse | Pwl
    found = [pulses] if isinstance(pulses, kinds) else list(pulses) if isinstance(pulses, Iterable) else []
    if not found or not all(isinstance(pulse, kinds) for pulse in found):
        more = ", Pwl or Parallel" if parallel else " or Pwl; Parallel is for the row of an array"
        raise ValueError(f"pulses must be one or more ouro_spice.Pulse{more}")
    return found


def followed(pulses: Iterable[Stimulus | Parallel]) -> bool:
    """Return whether drivers made of transistors have to follow a voltage that no switch makes."""
    return any(isinstance(one, Pwl) for one in pulses)


def line_voltage(pulses: Iterable[Stimulus], side: int, gate_edge_s: float = 0.0) -> PWL:
    """Return the voltage of the line that is raised where V(AE, OE) has the sign `side`, over pulses one after the
    other; V(AE, OE) itself where `side` is 0.

    A gate rises before each of them and falls behind it in `gate_edge_s` [s].
    """
    given = tuple(pulses)
    if len(given) == 1 and isinstance(given[0], Pulse):
        return _of_one(given[0], side, gate_edge_s)
    return _line_voltage(given, side, gate_edge_s)


@lru_cache(maxsize=64)
def _of_one(pulse: Pulse, side: int, gate_edge_s: float) -> PWL:
    """Return the voltage of a line over one pulse, which is asked for several times on its way."""
    return _line_voltage((pulse,), side, gate_edge_s)


def _line_voltage(pulses: tuple[Stimulus, ...], side: int, gate_edge_s: float) -> PWL:
    """Return the voltage of a line over pulses one after the other, see `line_voltage`."""
    parts = []
    for waveform, group in groupby(pulses, lambda one: isinstance(one, Pwl)):
        some = list(group)
        if waveform:
            parts += [_slot(one, side, gate_edge_s) for one in some if isinstance(one, Pwl)]
            continue
        slots = [
            (gate_edge_s, p.rise, p.width, p.fall, gate_edge_s + p.idle, _part(p.amplitude, side))
            for p in some
            if isinstance(p, Pulse)
        ]
        parts.append(trapezoids(slots))
    whole = parts[0]
    for more in parts[1:]:
        whole = whole.then(more)
    return whole


def gate_pwl(pulses: Iterable[tuple[Stimulus | Parallel, float]], edge_s: float, parts: int = 4) -> PWL:
    """Return the voltage of a word line of gates that goes to some volts in each pulse."""
    slots = tuple((0.0, edge_s, p.duration, edge_s, p.idle, volts) for p, volts in pulses)
    return _gate_of_one(slots, parts) if len(slots) == 1 else trapezoids(slots, parts)


_gate_of_one = lru_cache(maxsize=64)(trapezoids)


def _part(volts: float, side: int) -> float:
    """Return what of V(AE, OE) a line is raised by [V]."""
    return (max(side * volts, 0.0) if side else volts) + 0.0


def _slot(one: Pwl, side: int, gate_edge_s: float) -> PWL:
    """Return the voltage of a line over one waveform, with what is before and behind it."""
    voltage = one.voltage
    before = (0.0, *(gate_edge_s + t for t in voltage.times_s)) if gate_edge_s else voltage.times_s
    end_s = before[-1] + gate_edge_s + one.idle
    volts = tuple(_part(v, side) for v in voltage.volts)
    return PWL(
        (*before, max(end_s, float(np.nextafter(before[-1], np.inf)))), (*((0.0,) if gate_edge_s else ()), *volts, 0.0)
    )


class HalfCycle(NamedTuple):
    """A part of a waveform with one time of one sign in it, or the rest behind that [s].

    `begin_s` and `end_s` bound the part, `lobe` is when the voltage has the sign, in the same time.
    """

    begin_s: float
    end_s: float
    lobe: Lobe


def half_cycles(one: Pwl, on_s: float, begin_s: float, end_s: float) -> list[HalfCycle]:
    """Return the part of a waveform between two times [s], which begins at `on_s`, cut where the voltage leaves 0 V and
    comes back to it.
    """
    lobes = [Lobe(on_s + a, on_s + b, sign) for a, b, sign in one.lobes] or [Lobe(on_s, on_s, 0)]
    times = sorted({time for lobe in lobes for time in lobe[:2]} - {lobes[0].begin_s})
    least = 1e-15 + 1e-14 * end_s
    cuts = [begin_s, *(time for time in times if begin_s + least < time < end_s - least), end_s]
    begun = [max(bisect([lobe.begin_s for lobe in lobes], (a + b) / 2) - 1, 0) for a, b in pairwise(cuts)]
    return [HalfCycle(*part, lobes[k]) for part, k in zip(pairwise(cuts), begun, strict=True)]
