"""Pulses and the piecewise-linear voltages that carry them."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal, overload

import numpy as np

from .._util.checks import check_range, shown
from .._util.display import brief, shows

SHORTEST_S = 1e-12
LONGEST_S = 1e9
"""Ten years of retention are 3.2e8 s."""

HIGHEST_V = 20.0

_BESIDE = 1e-14
"""Corners that differ by less than this share of the time so far, at one voltage, are one that rounding made two."""

# the rate is exponential in the voltage: an edge is several breakpoints, or one time step may leap over most of it
_EDGE_PARTS = 4


@dataclass(frozen=True)
class Pulse:
    """A trapezoidal voltage pulse.

    Parameters
    ----------
    amplitude
        Voltage at the driver with the sign of V(AE, OE) [V]: SET is negative, RESET positive.
    width
        Time at full amplitude [s].
    rise, fall
        Times from 0 to the amplitude and back [s].
    idle
        Time at 0 V after the pulse [s].
    gate
        Voltage of the word line meanwhile [V], at the gate of an access transistor: in a SET it sets the compliance.
        None: the cell's own, ``Transistor.v_set`` or ``v_reset``. A cell without a transistor refuses one.

    Raises
    ------
    ValueError
        For a value that is not finite or outside its range, naming it.
    """

    amplitude: float
    width: float
    rise: float = 2e-9
    fall: float = 2e-9
    idle: float = 10e-9
    gate: float | None = None

    def __post_init__(self) -> None:
        if self.gate is not None:
            check_range("gate", self.gate, 0.0, HIGHEST_V, "V")
        check_range("amplitude", self.amplitude, -HIGHEST_V, HIGHEST_V, "V")
        for name in ("width", "rise", "fall", "idle"):
            check_range(name, getattr(self, name), SHORTEST_S, LONGEST_S, "s")

    def __repr__(self) -> str:
        """Return the call that makes it; a gate voltage that is the cell's own is left out, as in files of before."""
        values = {f.name: getattr(self, f.name) for f in dataclasses.fields(self)}
        if self.gate is None:
            del values["gate"]
        return f"Pulse({', '.join(f'{name}={value!r}' for name, value in values.items())})"

    @property
    def duration(self) -> float:
        """Return the write-pulse time, rise to fall [s]."""
        return self.rise + self.width + self.fall

    @property
    def polarity(self) -> int:
        """Return -1 for SET, +1 for RESET, 0 for neither."""
        return int(self.amplitude > 0) - int(self.amplitude < 0)


@dataclass(frozen=True)
class Parallel:
    """Pulses that start together, one for each selected column of an array's row; None where a column gets none.

    ``rise``, ``width`` and ``fall`` are those of the time in which all of them are at full amplitude; it is negative
    where there is none.

    Raises
    ------
    ValueError
        For no pulse at all, or pulses of both polarities or of several gate voltages: the row's other line and its
        word line have one voltage each.
    """

    pulses: tuple[Pulse | None, ...]

    @shows
    def __repr__(self) -> str:
        return brief(self)

    def __post_init__(self) -> None:
        if not isinstance(self.pulses, Iterable):
            raise ValueError(
                f"Parallel: pulses = {shown(self.pulses)} must be a tuple, a Pulse or None for each column"
            )
        object.__setattr__(self, "pulses", tuple(self.pulses))
        if not self.given or not all(isinstance(one, Pulse | None) for one in self.pulses):
            raise ValueError("Parallel: pulses must be ouro_spice.Pulse or None, one at least a Pulse")
        if len({one.polarity for one in self.given} - {0}) > 1:
            raise ValueError("Parallel: pulses of both polarities in one row; write SET and RESET one after the other")
        if len({one.gate for one in self.given}) > 1:
            raise ValueError("Parallel: pulses of several gate voltages; a row has one word line: write them in turn")

    @property
    def given(self) -> list[Pulse]:
        """Return the pulses without the columns that get none."""
        return [one for one in self.pulses if one is not None]

    @property
    def rise(self) -> float:
        """Return the time until all are at full amplitude [s]."""
        return max(one.rise for one in self.given)

    @property
    def width(self) -> float:
        """Return the time in which all are at full amplitude [s]."""
        return min(one.rise + one.width for one in self.given) - self.rise

    @property
    def fall(self) -> float:
        """Return the time from there to the end of the last one [s]."""
        return self.duration - self.rise - self.width

    @property
    def idle(self) -> float:
        """Return the time at 0 V after the last one [s]."""
        return max(one.idle for one in self.given)

    @property
    def gate(self) -> float | None:
        """Return the voltage of the row's word line [V]; None: the cells' own."""
        return self.given[0].gate

    @property
    def duration(self) -> float:
        """Return the write-pulse time, first rise to last fall [s]."""
        return max(one.duration for one in self.given)

    @property
    def polarity(self) -> int:
        """Return -1 for SET, +1 for RESET, 0 for neither."""
        return next((one.polarity for one in self.given if one.polarity), 0)


@dataclass(frozen=True)
class PWL:
    """A piecewise-linear voltage over time: `times_s` ascending from 0 and `volts`, each (K,)."""

    times_s: tuple[float, ...]
    volts: tuple[float, ...]

    @classmethod
    def constant(cls, volts: float) -> PWL:
        """Return a voltage [V] that is the same at all times."""
        return cls((0.0,), (volts,))

    @classmethod
    def zero(cls, length_s: float) -> PWL:
        """Return 0 V over a length of time [s]."""
        return cls((0.0, length_s), (0.0, 0.0))

    def scaled(self, factor: float) -> PWL:
        """Return the same shape with all voltages times a factor."""
        return PWL(self.times_s, tuple(factor * volts for volts in self.volts))

    def minus(self, other: PWL) -> PWL:
        """Return this voltage minus another one of the same length."""
        times, one, two = self._beside(other, np.union1d(self.times_s, other.times_s))
        return PWL(tuple(map(float, times)), tuple(map(float, one - two)))

    def upper(self, other: PWL) -> PWL:
        """Return the higher one of two voltages of the same length."""
        gap = self.minus(other)
        t, v = np.array(gap.times_s), np.array(gap.volts)
        turns = np.flatnonzero(v[:-1] * v[1:] < 0)
        crossings = t[turns] + np.diff(t)[turns] * v[turns] / (v[turns] - v[turns + 1])
        times, one, two = self._beside(other, np.union1d(t, crossings))
        return PWL(tuple(map(float, times)), tuple(map(float, np.maximum(one, two))))

    def _beside(self, other: PWL, times: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return ascending times (K,) without those that only rounding makes, and both voltages there, (K,) [V]."""
        volts = np.array([np.interp(times, pwl.times_s, pwl.volts) for pwl in (self, other)])
        same = np.all(np.abs(np.diff(volts)) <= 1e-9 * np.max(np.abs(volts)), axis=0)
        kept = np.concatenate([[True], (np.diff(times) > _BESIDE * times[1:]) | ~same])
        return times[kept], *volts[:, kept]

    def lower(self, other: PWL) -> PWL:
        """Return the lower one of two voltages of the same length."""
        return self.scaled(-1).upper(other.scaled(-1)).scaled(-1)

    def then(self, other: PWL) -> PWL:
        """Return this voltage and then another one, which begins where this one ends."""
        times = list(self.times_s)
        for time_s in other.times_s[1:]:
            times.append(_behind(times[-1], self.times_s[-1] + time_s))
        return PWL(tuple(times), (*self.volts, *other.volts[1:]))

    def window(self, start_s: float, stop_s: float) -> PWL:
        """Return the part between two times [s], which starts at its own time 0."""
        times, volts = np.array(self.times_s), np.array(self.volts)
        ends = np.interp([start_s, stop_s], times, volts)
        inside = np.flatnonzero((times > start_s) & (times < stop_s))
        # a corner that rounding puts beside an end is that end; one that a short edge puts there is a corner
        same = 1e-9 * np.max(np.abs(volts))
        for end_s, end_V, next_ in ((start_s, ends[0], 0), (stop_s, ends[1], -1)):
            while len(inside) and abs(times[inside[next_]] - end_s) <= _BESIDE * end_s:
                if abs(volts[inside[next_]] - end_V) > same:
                    break
                inside = np.delete(inside, next_)
        cut = np.concatenate([[0.0], times[inside] - start_s, [stop_s - start_s]])
        return PWL(tuple(map(float, cut)), tuple(map(float, [ends[0], *volts[inside], ends[1]])))

    def spice(self) -> str:
        """Return the value of a SPICE voltage source that follows this voltage."""
        if not any(self.volts):
            return "dc 0"
        if len(self.times_s) == 1:
            return f"dc {self.volts[0]:.17g}"
        points = "\n+ ".join(f"{t:.17g} {v:.17g}" for t, v in zip(self.times_s, self.volts, strict=True))
        return f"pwl(\n+ {points})"


def trapezoids(slots: Iterable[tuple[float, float, float, float, float, float]], parts: int = _EDGE_PARTS) -> PWL:
    """Return the voltage of slots ``(before, rise, width, fall, after, volts)`` [s, .., V], one after the other, each
    from 0 V.

    Each edge is divided into some `parts` by breakpoints, at which ngspice begins with small steps anew. Corners nearer
    to each other than doubles can tell apart at that time are one last digit apart: an edge behind 1e4 s lasts 7 ps at
    least, one behind ten years 0.2 us.
    """
    times, volts = [0.0], [0.0]
    now = 0.0
    for before, rise, width, fall, after, level in slots:
        for dt, v in ((before, 0.0), (rise, level), (width, level), (fall, 0.0), (after, 0.0)):
            if dt <= 0:
                continue
            start, pieces = volts[-1], parts if v != volts[-1] else 1
            for piece in range(1, pieces + 1):
                times.append(_behind(times[-1], now + dt * piece / pieces))
                volts.append(v if piece == pieces else start + (v - start) * piece / pieces)
            now = times[-1]
    return PWL(tuple(times), tuple(volts))


def _behind(before_s: float, time_s: float) -> float:
    """Return a time [s], or the next double behind `before_s` where it is not later than that."""
    return max(time_s, math.nextafter(before_s, math.inf))


@overload
def checked(pulses: Sequence[Pulse | Parallel] | Pulse | Parallel, parallel: Literal[False] = False) -> list[Pulse]: ...
@overload
def checked(pulses: Sequence[Pulse | Parallel] | Pulse | Parallel, parallel: bool) -> list[Pulse | Parallel]: ...
def checked(pulses: Any, parallel: bool = False) -> list[Any]:
    """Return one pulse or several as a list; ValueError for none, anything else, or `Parallel` unless allowed."""
    kinds = Pulse | Parallel if parallel else Pulse
    found = [pulses] if isinstance(pulses, kinds) else list(pulses) if isinstance(pulses, Iterable) else []
    if not found or not all(isinstance(pulse, kinds) for pulse in found):
        more = " or Parallel" if parallel else "; Parallel is for the row of an array"
        raise ValueError(f"pulses must be one or more ouro_spice.Pulse{more}")
    return found
