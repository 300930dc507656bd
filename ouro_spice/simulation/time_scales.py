"""Where a pulse is cut into transients because its times are too different: edges of nanoseconds, years of rest.

ngspice takes a fixed share of the largest step for the smallest one, and for the least distance of breakpoints: in a
transient that is a million times as long as a piece of an edge, the corners of that edge are no breakpoints any more,
and beyond 1e10 times the step "becomes too small".
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator

import numpy as np

from ..circuit.cell_kinds import Cell
from ..circuit.pulse import PWL, Parallel
from ..circuit.stimuli import Stimulus

RATIO = 1.5e6
"""A piece of a voltage that is longer than this many times the one beside it is a transient of its own."""

LONG_S = 1e3
"""In a longer transient no charge bounds the steps (`circuit.testbench.LONG_STEP_S`): it is divided, too."""

_GROWTH, _PIECES = 30, 8
"""How much longer than the one before each part of a long time at rest is; parts of a long piece of an edge."""

_BESIDE = 1e-14
"""Corners that differ by less than this share of the time are one."""

_LAST = 4
"""The ends of several lines' voltages differ by as many last digits; a falling edge and what follows have more."""


def of_cell(cell: Cell, pulse: Stimulus | Parallel, begin_s: float, end_s: float) -> list[float]:
    """Return times that divide a part of one pulse to a cell into transients, its ends among them [s]; see `cuts`."""
    return cuts(*corners(cell.voltages(pulse).values()), begin_s, end_s)


def corners(voltages: Iterable[PWL | None]) -> tuple[np.ndarray, np.ndarray]:
    """Return the times at which some voltage bends, (K,) [s], and whether all stand still in between, (K - 1,)."""
    driven = [pwl for pwl in voltages if pwl is not None]
    times = np.unique(np.concatenate([pwl.times_s for pwl in driven]))
    times = times[np.concatenate([[True], np.diff(times) > _BESIDE * times[1:]])]
    volts = np.array([np.interp(times, pwl.times_s, pwl.volts) for pwl in driven])
    return times, np.all(np.diff(volts) == 0, axis=0)


def cuts(corners_s: np.ndarray, flat: np.ndarray, begin_s: float, end_s: float) -> list[float]:
    """Return times that divide a part of a pulse into transients, its ends among them, ascending [s].

    Parameters
    ----------
    corners_s
        (K,) ascending times at which some driver's voltage bends [s].
    flat
        (K - 1,) bool: whether all voltages stand still between two of them. Such a time is divided further, each part
        longer than the one before: what the circuit does behind an edge begins fast and slows down.
    begin_s, end_s
        The part [s].
    """
    corners_s, flat = _felt(corners_s, flat)
    lengths = np.diff(corners_s)
    beside = _beside(lengths)
    found: set[float] = set()
    for k in np.flatnonzero(lengths > np.minimum(RATIO * beside, LONG_S)):
        start, stop = map(float, corners_s[k : k + 2])
        found |= {start, stop}
        if flat[k]:
            first = float(RATIO * lengths[k - 1]) if k else LONG_S
            found |= {start + time for time in _growing(first, stop - start)}
            found -= {start} if k and lengths[k - 1] < lengths[k] else set()
        elif lengths[k] > LONG_S:
            found |= set(np.linspace(start, stop, _PIECES + 1).tolist())
    first, last = begin_s + _LAST * math.ulp(begin_s), end_s - _LAST * math.ulp(end_s)
    return [begin_s, *sorted(time for time in found if first < time < last), end_s]


def _growing(first_s: float, length_s: float) -> Iterator[float]:
    """Yield times that divide a length, from the first one on [s]."""
    time_s = min(first_s, LONG_S)
    while time_s < length_s:
        yield time_s
        time_s = time_s * _GROWTH if time_s >= LONG_S else min(time_s * RATIO, LONG_S)


def _felt(corners_s: np.ndarray, flat: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return corners and flats without the tips of slow triangles, too short for anything to happen in them."""
    lengths = np.diff(corners_s)
    padded = np.concatenate([[0.0], lengths, [0.0]])
    tips = flat & (lengths * RATIO < np.minimum(padded[:-2], padded[2:]))
    return corners_s[np.concatenate([[True], ~tips])], flat[~tips]


def _beside(lengths: np.ndarray) -> np.ndarray:
    """Return the shorter one of the two lengths beside each, (K - 1,)."""
    padded = np.concatenate([[np.inf], lengths, [np.inf]])
    return np.minimum(padded[:-2], padded[2:])
