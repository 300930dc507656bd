"""The states of an array over time: Runge-Kutta steps of controlled error between the corners of the voltages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from ...circuit.pulse import PWL
from ..time_scales import corners
from .solved_circuit import SolvedCircuit

TOLERANCE = 3e-4
"""Error of a state that a step may make, on the scale of its variable."""

_FURTHEST = 0.2
"""Longest way of a state in a step: the waveform has points enough for its energies."""

_FIRST_S, _SHORTEST = 1e-11, 1e-9
"""First step [s]; share of a piece below which a step is too short."""

_STRAIGHT_V = 1e-9
"""Deviation below which a corner of a voltage is none [V]."""


class StepTooShortError(ArithmeticError):
    """The error of the states could not be kept small by shorter steps."""


@dataclass(frozen=True, eq=False)
class DrivenVoltages:
    """Voltages of drivers over time, straight between corners.

    Attributes
    ----------
    time_s, volts
        (M,) ascending from 0 [s]; (M, D) [V].
    """

    time_s: np.ndarray
    volts: np.ndarray

    @classmethod
    def of(cls, drives: Mapping[str, PWL | None], names: tuple[str, ...], stop_s: float) -> DrivenVoltages:
        """Return the voltages of some drivers up to a time [s], without corners at which no line's voltage bends."""
        given = {name: pwl for name, pwl in drives.items() if pwl is not None}
        times, _ = corners(given.values())
        times = np.unique(np.concatenate([[0.0], times[times < stop_s], [stop_s]]))
        alike: dict[PWL, np.ndarray] = {}
        for pwl in given.values():
            if pwl not in alike:
                alike[pwl] = np.interp(times, pwl.times_s, pwl.volts)
        shapes = np.array(list(alike.values()))
        kept = [0]
        for k in range(1, len(times) - 1):
            share = (times[k] - times[kept[-1]]) / (times[k + 1] - times[kept[-1]])
            straight = shapes[:, kept[-1]] + share * (shapes[:, k + 1] - shapes[:, kept[-1]])
            if np.max(np.abs(straight - shapes[:, k])) > _STRAIGHT_V:
                kept.append(k)
        kept.append(len(times) - 1)
        volts = [alike[given[name]][kept] for name in names]
        return cls(times[kept], np.stack(volts, axis=1) if volts else np.zeros((len(kept), 0)))

    def at(self, piece: int, share: float) -> np.ndarray:
        """Return the voltages inside a piece, (D,) [V]."""
        return self.volts[piece] + share * (self.volts[piece + 1] - self.volts[piece])


@dataclass
class Steps:
    """Count the steps that were taken, and those of them that were rejected."""

    taken: int = 0
    rejected: int = 0


def follow(circuit: SolvedCircuit, drives: DrivenVoltages, x: np.ndarray) -> tuple[np.ndarray, Steps]:
    """Return the states at the end, (K,), from states at the beginning; the circuit has recorded all points.

    Raises
    ------
    StepTooShortError, NotConvergedError
        Where the states, or the circuit's voltages, were not found.
    """
    count, step = Steps(), _FIRST_S
    speeds = circuit.solve(drives.volts[0], x, np.inf)
    circuit.keep(0.0, x)
    for piece in range(len(drives.time_s) - 1):
        begin, end = drives.time_s[piece : piece + 2]
        x, speeds, step = _piece(circuit, drives, piece, float(begin), float(end - begin), x, speeds, step, count)
    return x, count


def _piece(
    circuit: SolvedCircuit,
    drives: DrivenVoltages,
    piece: int,
    begin_s: float,
    span: float,
    x: np.ndarray,
    k1: np.ndarray,
    step: float,
    count: Steps,
) -> tuple[np.ndarray, np.ndarray, float]:
    """Return states and speeds at the end of a straight piece of the voltages, and the next step [s]."""
    still = not np.any(drives.volts[piece : piece + 2])
    edge = np.any(np.diff(drives.volts[piece : piece + 2], axis=0))
    longest = span / circuit.edge_parts if edge else span
    step, done = span if still else min(step, longest, circuit.first_s), 0.0
    while done < span:
        step = min(step, longest, span - done)
        if span - done - step < 1e-3 * step:
            step = span - done
        new, k4, error, way = _step(circuit, drives, piece, done / span, step / span, step, x, k1)
        ratio = max(error / TOLERANCE, way / _FURTHEST) if np.isfinite(error) else np.inf
        if error <= TOLERANCE and way <= 2 * _FURTHEST:
            done = span if step == span - done else done + step
            x, k1 = new, k4
            circuit.keep(begin_s + done, x)
            count.taken += 1
        else:
            count.rejected += 1
            if step < _SHORTEST * span:
                raise StepTooShortError("the states move too fast")
        step *= min(4.0, max(0.2, 0.9 * max(ratio, 1e-9) ** (-1 / 3)))
    return x, k1, step


def _step(
    circuit: SolvedCircuit,
    drives: DrivenVoltages,
    piece: int,
    begin: float,
    share: float,
    step: float,
    x: np.ndarray,
    k1: np.ndarray,
) -> tuple[np.ndarray, np.ndarray, float, float]:
    """Return the states after one step, the speeds there, the largest error and the longest way.

    Orders 3(2) of Bogacki and Shampine, for free ways: the factor with which a state nears its limit is solved in a
    closed form, so that nothing is stiff there.
    """
    room = circuit.rooms(x, k1)
    at = circuit.moved
    k2 = circuit.solve(drives.at(piece, begin + share / 2), at(x, step / 2 * k1, room), step / 2)
    k3 = circuit.solve(drives.at(piece, begin + 0.75 * share), at(x, 0.75 * step * k2, room), 0.75 * step)
    ways = step * (2 * k1 + 3 * k2 + 4 * k3) / 9
    new = at(x, ways, room)
    k4 = circuit.solve(drives.at(piece, begin + share), new, step)
    slowed = circuit.rooms(new, ways)
    error = np.max(np.abs(step * (-5 / 72 * k1 + k2 / 12 + k3 / 9 - k4 / 8) * slowed), initial=0.0)
    return new, k4, float(error), float(np.max(np.abs(new - x), initial=0.0))
