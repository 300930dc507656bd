"""Waveforms that drive a cell as pulses do: a piecewise-linear V(AE, OE)."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from .._util.checks import check_kind, check_range, checked_numbers
from .._util.display import counted, quantity, shows, span
from .._util.forks import cached_property
from .pulse import HIGHEST_V, LONGEST_S, PWL, SHORTEST_S

MOST_POINTS = 100_000

_EDGE_PARTS = 4
"""A piece that goes from 0 V to the largest voltage is divided into as many, as an edge of a pulse is."""

_SLOW_PARTS = 64
"""One that goes on as long as the waveform is divided into as many, unless it is an edge: beside a voltage held."""

_APART = 1e-12
"""Least step as a share of the time so far: corners are divided further, and shifted by the edge of a gate."""

_ZERO_V = 1e-9


class Lobe(NamedTuple):
    """A time in which a waveform has one sign, -1 or 1: begin and end [s], both at 0 V."""

    begin_s: float
    end_s: float
    polarity: int


@dataclass(frozen=True)
class Pwl:
    """A voltage at the driver that is linear from point to point.

    It goes where a `Pulse` goes. Its positive parts are put on the word line (1R) or the source line (1T1R), its
    negative ones on the bit line. The gate of an access transistor is on from beginning to end. Write-pulse time, which
    the walk of a device counts, is the time at which the voltage is not 0.

    Parameters
    ----------
    times_s
        (K,) from 0, ascending by 1 ps at least, and by 1e-12 of the time so far [s].
    volts
        (K,) with the sign of V(AE, OE), 0 at both ends [V]: SET is negative, RESET positive.
    idle
        Time at 0 V afterwards [s].
    gate
        Voltage of the word line meanwhile [V]. None: the cell's own, ``Transistor.v_set`` or ``v_reset``, the larger
        one of them where the waveform has both signs.

    Raises
    ------
    ValueError
        For fewer than three points or more than 100 000, times that do not ascend, voltages that are not finite, beyond
        20 V, or not 0 at the ends.
    """

    times_s: tuple[float, ...]
    volts: tuple[float, ...]
    idle: float = 10e-9
    gate: float | None = None

    def __post_init__(self) -> None:
        for name in ("times_s", "volts"):
            values = checked_numbers(name, getattr(self, name))
            if values.ndim != 1:
                raise ValueError(f"{name} has the shape {values.shape}: it must be one row of numbers")
            object.__setattr__(self, name, tuple(map(float, values)))
        times, volts = self.times_s, self.volts
        if len(times) != len(volts) or not 3 <= len(times) <= MOST_POINTS:
            many = f"3 to {MOST_POINTS} points, as many of each"
            raise ValueError(f"times_s has {len(times)} values, volts {len(volts)}: a waveform has {many}")
        _check_times(times)
        for value in volts:
            check_range("volts", value, -HIGHEST_V, HIGHEST_V, "V")
        if max(abs(volts[0]), abs(volts[-1])) > _ZERO_V:
            raise ValueError(f"volts go from {volts[0]:g} to {volts[-1]:g} V: a waveform begins and ends at 0 V")
        object.__setattr__(self, "volts", (0.0, *volts[1:-1], 0.0))
        check_range("idle", self.idle, SHORTEST_S, LONGEST_S, "s")
        if self.gate is not None:
            check_range("gate", self.gate, 0.0, HIGHEST_V, "V")

    @shows
    def __repr__(self) -> str:
        words = [counted(len(self.times_s), "point"), quantity(self.duration, "s"), span(self.volts, "V")]
        words += [f"idle={self.idle:g}"] if self.idle != type(self).idle else []
        return f"Pwl({', '.join(words if self.gate is None else [*words, f'gate={self.gate:g}'])})"

    @classmethod
    def measured(
        cls, times_s: ArrayLike, volts: ArrayLike, edge: float = 1e-9, idle: float = 10e-9, gate: float | None = None
    ) -> Pwl:
        """Return a trace that was measured as a waveform, (K,) each: it may begin at any time and voltage.

        Where it does not begin or end at 0 V, an edge of `edge` [s] leads there. The rest is as in `Pwl`.
        """
        check_range("edge", edge, SHORTEST_S, LONGEST_S, "s")
        t, v = checked_numbers("times_s", times_s).ravel(), checked_numbers("volts", volts).ravel()
        if not len(t) or len(t) != len(v):
            raise ValueError(f"times_s has {len(t)} values, volts {len(v)}: a trace has as many of each")
        t = t - t[0]
        if abs(v[0]) > _ZERO_V:
            t, v = np.concatenate([[0.0], t + edge]), np.concatenate([[0.0], v])
        if abs(v[-1]) > _ZERO_V:
            t, v = np.concatenate([t, [t[-1] + edge]]), np.concatenate([v, [0.0]])
        return cls(tuple(map(float, t)), tuple(map(float, v)), idle, gate)

    @classmethod
    def from_csv(cls, path: str | Path, edge: float = 1e-9, idle: float = 10e-9, gate: float | None = None) -> Pwl:
        """Return the waveform of a CSV table with the columns time_s and volts_V, in these or other units.

        The rest is as in `measured`; ValueError, with the file, for what is no such table or no waveform.
        """
        from .._util.tables.unit_columns import read_quantities

        check_kind("path", path, (str, Path))
        _, found = read_quantities(Path(path), {"time": "s", "volts": "V"}, {})
        try:
            return cls.measured(found["time"], found["volts"], edge, idle, gate)
        except ValueError as error:
            raise ValueError(f"{path}: {error}") from error

    @property
    def duration(self) -> float:
        """Return the time from the first point to the last [s]."""
        return self.times_s[-1]

    @property
    def rise(self) -> float:
        """Return 0: all of a waveform counts as the time at its voltage [s]."""
        return 0.0

    @property
    def width(self) -> float:
        """Return the time from the first point to the last [s]."""
        return self.duration

    @property
    def amplitude(self) -> float:
        """Return the voltage that is farthest from 0 [V]."""
        return max(self.volts, key=abs)

    @property
    def polarity(self) -> int:
        """Return -1 where it only SETs, +1 where it only RESETs, 0 for both or neither."""
        signs = {lobe.polarity for lobe in self.lobes}
        return signs.pop() if len(signs) == 1 else 0

    @cached_property
    def lobes(self) -> tuple[Lobe, ...]:
        """Return the times of one sign, one after the other."""
        t, v = self._corners
        signs = np.sign(v[:-1] + v[1:]).astype(int)
        edges = np.flatnonzero(np.diff(np.concatenate([[0], signs, [0]])))
        starts = [(int(k), int(end)) for k, end in pairwise(edges) if signs[k]]
        return tuple(Lobe(float(t[k]), float(t[end]), int(signs[k])) for k, end in starts)

    @cached_property
    def voltage(self) -> PWL:
        """Return the voltage with corners where it crosses 0 V, and steep pieces divided, for steps to begin anew."""
        t, v = self._corners
        steps, ways = np.diff(t), np.abs(np.diff(v))
        parts = np.ceil(_EDGE_PARTS * ways / max(float(np.max(np.abs(v))), _ZERO_V) - 1e-9)
        held = np.concatenate([[False], (ways == 0) & (v[1:] != 0), [False]])
        slope = (ways > 0) & ~(held[:-2] | held[2:])
        slow = np.where(slope, np.ceil(_SLOW_PARTS * steps / self.duration), 1)
        times, volts = [0.0], [0.0]
        for k, count in enumerate(np.maximum(np.maximum(parts, slow), 1).astype(int)):
            share = np.arange(1, count) / count
            times += [*(t[k] + steps[k] * share).tolist(), float(t[k + 1])]
            volts += [*(v[k] + (v[k + 1] - v[k]) * share).tolist(), float(v[k + 1])]
        return PWL(tuple(times), tuple(volts))

    @cached_property
    def _corners(self) -> tuple[np.ndarray, np.ndarray]:
        """Return times [s] and voltages [V] with points where the voltage crosses 0 V, (M,) each."""
        t, v = np.array(self.times_s), np.array(self.volts)
        turns = np.flatnonzero(v[:-1] * v[1:] < 0)
        zeros = t[turns] + np.diff(t)[turns] * v[turns] / (v[turns] - v[turns + 1])
        apart = (zeros > t[turns]) & (zeros < t[turns + 1])  # a crossing that rounding puts on a point is there
        return np.insert(t, turns[apart] + 1, zeros[apart]), np.insert(v, turns[apart] + 1, 0.0)


def _check_times(times_s: tuple[float, ...]) -> None:
    """Raise ValueError unless times [s] begin at 0 and ascend by what a simulator can follow."""
    for value in times_s:
        check_range("times_s", value, 0, LONGEST_S, "s")
    if times_s[0] != 0:
        raise ValueError(f"times_s begins at {times_s[0]:g} s: it must begin at 0")
    steps = np.diff(times_s)
    short = np.flatnonzero(steps < np.maximum(SHORTEST_S * (1 - 1e-3), _APART * np.array(times_s[1:])))
    if len(short):
        pair = f"{times_s[short[0]]:g} s is followed by {times_s[short[0] + 1]:g} s"
        raise ValueError(f"times_s: {pair}; they must ascend, by {SHORTEST_S:g} s and {_APART:g} of the time at least")
