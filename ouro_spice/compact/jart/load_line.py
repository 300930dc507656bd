"""The circuit around a device as kernels see it: a load line of straight pieces, and a node that holds a charge.

A `load` is a vector. Its head has `HEAD` places, described below; the tables that it points to follow. Without charge
the device sits behind the load line: at a drive v, piece k is a source of v + shift behind a resistance, and holds
between two currents. A plain series resistance is one piece without a shift.

With a node there is an access transistor. Seen from the device's drain the circuit then delivers I(u, y), its charge
changes by C(u, y) dy + D(u, y) du: y is the drain's voltage, u that of the line behind the transistor, 0 in a SET. On
the other side of the device there is a resistance alone.
"""

from __future__ import annotations

import numpy as np

from ..._util.jit import kernel

(
    PIECES, LINE, SERIES, NODE, LEVELS, TOP_V, POINTS, LOW_V, STEP_V, AMPS, CHARGE, COUPLING, TAU, REST, RISE, FALL,
) = range(16)  # fmt: skip
"""Places in the head.

Number of pieces, and where their rows begin; resistance on the side without a transistor [Ohm]; whether there is a
node; levels of u, evenly from 0 to the top one [V]; points of y, the lowest and their distance [V]; where the tables of
I [A], C and D [F], each (levels, points), begin; a time constant of the node [s]; how long it is followed behind a
pulse [s]; where the shapes of rising and falling edge begin, 0: straight ones.
"""

HEAD = 16

LOW_A, HIGH_A, SHIFT_V, OHM = range(4)
"""Columns of a piece: it holds between two currents [A]; what is added to the drive [V]; its resistance [Ohm]."""

ROW = 4


def resistor(ohm: float) -> np.ndarray:
    """Return the load of a plain series resistance [Ohm], (HEAD + ROW,)."""
    load = np.zeros(HEAD + ROW)
    load[PIECES], load[LINE], load[SERIES] = 1.0, HEAD, ohm
    load[HEAD:] = -np.inf, np.inf, 0.0, ohm
    return load


def straight_pieces(amps: np.ndarray, volts: np.ndarray, drive_V: float, series_ohm: float = 0.0) -> np.ndarray:
    """Return the load of a line through points (K,), (HEAD + ROW (K - 1),); it goes on straight beyond its ends.

    At currents [A] the circuit leaves voltages [V] at the device, at a drive, behind a resistance more [Ohm].
    """
    order = np.argsort(amps)
    i, v = amps[order], volts[order]
    pieces = np.empty((len(i) - 1, ROW))
    ohm = np.diff(v) / -np.diff(i)
    pieces[:, LOW_A], pieces[:, HIGH_A] = i[:-1], i[1:]
    pieces[:, SHIFT_V], pieces[:, OHM] = v[:-1] + ohm * i[:-1] - drive_V, ohm + series_ohm
    pieces[0, LOW_A], pieces[-1, HIGH_A] = -np.inf, np.inf
    head = np.zeros(HEAD)
    head[PIECES], head[LINE], head[SERIES] = len(pieces), HEAD, series_ohm
    return np.concatenate([head, pieces.ravel()])


def ohmic_currents(load: np.ndarray, drive_V: float, g_S: np.ndarray) -> np.ndarray:
    """Return the currents of ohmic devices (D,) [S] behind the pieces of a load at a drive [V], (D,) [A]."""
    rows = load[int(load[LINE]) :][: ROW * int(load[PIECES])].reshape(-1, ROW)
    g = np.asarray(g_S, dtype=float)[:, None]
    i = g * (drive_V + rows[:, SHIFT_V]) / (1.0 + g * rows[:, OHM])
    at = np.argmax((i >= rows[:, LOW_A]) & (i <= rows[:, HIGH_A]), axis=1)
    return i[np.arange(len(i)), at]


def with_tables(line: np.ndarray, ahead: int) -> np.ndarray:
    """Return a load line whose tables of the node begin so many places behind it; in `line` they begin at 0."""
    found = line.copy()
    found[[AMPS, CHARGE, COUPLING]] += ahead
    return found


def with_edges(load: np.ndarray, rise: np.ndarray, fall: np.ndarray, ahead: int = 0) -> np.ndarray:
    """Return a head with shapes of both edges, to stand `ahead` places before the load (0: just before it).

    The shapes are of corners: shares of the nominal time and of the amplitude, each (K, 2), from the edge's begin on.
    """
    shapes = [np.concatenate([[len(one) - 1.0], np.ravel(one)]) for one in (rise, fall)]
    found = np.concatenate([load[:HEAD], *shapes])
    found[[LINE, AMPS, CHARGE, COUPLING]] += ahead or len(found)
    found[RISE], found[FALL] = HEAD, HEAD + len(shapes[0])
    return found


@kernel
def lateness(shape, span, load):
    """Return by how much an edge lasts longer than its nominal time [s]."""
    return max(corner(shape, pieces_of_edge(shape, load), load)[0] - 1.0, 0.0) * span


@kernel
def delivered(u, y, load):
    """Return what the circuit delivers at the node: current [A] and its slope over y [S], both capacitances [F]."""
    levels, points = int(load[LEVELS]), int(load[POINTS])
    place = min(max((y - load[LOW_V]) / load[STEP_V], 0.0), points - 1.000001)
    a = int(place)
    fy = (y - load[LOW_V]) / load[STEP_V] - a  # beyond the ends it goes on straight
    first, fu = 0, 0.0
    if levels > 1:
        height = min(max(u / load[TOP_V], 0.0), 1.0) * (levels - 1)
        first = min(int(height), levels - 2)
        fu = height - first
    at = first * points + a
    i, slope = _between(load, int(load[AMPS]) + at, fy)
    charge, coupling = _between(load, int(load[CHARGE]) + at, min(max(fy, 0.0), 1.0))[0], 0.0
    if levels > 1:
        i1, slope1 = _between(load, int(load[AMPS]) + at + points, fy)
        i += fu * (i1 - i)
        slope += fu * (slope1 - slope)
        charge += fu * (_between(load, int(load[CHARGE]) + at + points, min(max(fy, 0.0), 1.0))[0] - charge)
        coupling = _between(load, int(load[COUPLING]) + at, min(max(fy, 0.0), 1.0))[0]
        coupling += fu * (_between(load, int(load[COUPLING]) + at + points, min(max(fy, 0.0), 1.0))[0] - coupling)
    return i, slope / load[STEP_V], charge, coupling


@kernel
def _between(load, at, share):
    """Return a table's value at a share of the way to its next point, and that way."""
    way = load[at + 1] - load[at]
    return load[at] + share * way, way


@kernel
def pieces_of_edge(shape, load):
    """Return the number of straight pieces of an edge."""
    return 1 if load[shape] == 0.0 else int(load[int(load[shape])])


@kernel
def corner(shape, k, load):
    """Return corner k of an edge: share of its time, share of the amplitude."""
    if load[shape] == 0.0:
        return float(k), float(k if shape == RISE else 1 - k)
    at = int(load[shape]) + 1 + 2 * k
    return load[at], load[at + 1]
