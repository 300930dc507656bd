"""Devices that do not change from step to step: times are integrals of dN over the rate, by `compact.rate` alone."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ...circuit.compact_cell import CompactCell
from ...circuit.jart.jart_cells import jart_memristor
from ...compact.jart import jart_characteristics as characteristics

_POINTS = 1200
"""Of a grid in ln N: times are then right within 3e-4."""

_BEYOND = (0.55, 4.0)
"""Where the grid ends, over the ends of the window: further out than the windows of devices, inside all limits."""


def grid(cell: CompactCell) -> np.ndarray:
    """Return concentrations from below to above the window, (K,) [1e26 m^-3], evenly spaced in the logarithm."""
    low, high = jart_memristor(cell).bounds
    return np.geomspace(_BEYOND[0] * low, _BEYOND[1] * high, _POINTS)


def clock_s(n: np.ndarray, rate: np.ndarray) -> np.ndarray:
    """Return when a SET passes each concentration, from the lowest one on [s]; of a RESET, how long before its end.

    n (K,), rate (..., K); in either direction a way takes the difference of the times of its ends.
    """
    log = np.log(n / np.abs(rate))
    # between two points the time for an e-fold of n goes with a power of n: the mean is a logarithmic one
    step, middle = np.diff(log, axis=-1), (log[..., 1:] + log[..., :-1]) / 2
    parts = np.diff(np.log(n)) * np.exp(middle) * np.sinc(0.5j * step / np.pi).real
    return np.concatenate([np.zeros_like(parts[..., :1]), np.cumsum(parts, axis=-1)], axis=-1)


@dataclass(frozen=True, eq=False)
class ConstantDevices:
    """Devices under a constant voltage, each with its own values, over a grid of concentrations; D of them, or one.

    Attributes
    ----------
    direction
        1 for SET, -1 for RESET.
    n
        The grid [1e26 m^-3], (K,).
    clock_s
        As of `clock_s`, (D, K).
    g_S
        Conductances there [S], (D, K).
    edges
        Ends of the windows [1e26 m^-3], (D, 2).
    """

    direction: int
    n: np.ndarray
    clock_s: np.ndarray
    g_S: np.ndarray
    edges: np.ndarray

    @classmethod
    def of(cls, cell: CompactCell, p: np.ndarray, amplitude_V: float) -> ConstantDevices:
        """Return the devices of vectors p, (D, P), in a cell, at an amplitude [V]."""
        from ...compact.jart import parameter_vector  # numba

        n = grid(cell)
        own = p[:, [parameter_vector.R]], p[:, [parameter_vector.L]]
        limits = p[:, [parameter_vector.NDISCMIN]], p[:, [parameter_vector.NDISCMAX]]
        rate = characteristics.rate(jart_memristor(cell), amplitude_V, n, cell.model, *own, limits=limits)
        g_S = characteristics.conductance(jart_memristor(cell), n, *own, cell.model)
        edges = p[:, [parameter_vector.NLO, parameter_vector.NHI]]
        return cls(-int(np.sign(amplitude_V)), n, clock_s(n, rate), g_S, edges)

    def needed_s(self, start_S: np.ndarray, target_S: np.ndarray) -> np.ndarray:
        """Return the time from start to target [s], (D,); infinite where the window ends before, or the target lies
        behind.
        """
        begin, end = (_interpolated(g, self.g_S, self.n) for g in (start_S, target_S))
        time_s = self.direction * (_interpolated(end, self.n, self.clock_s) - self._begin_s(start_S))
        low, high = self.edges.T
        inside = (end >= low * (1 - 1e-9)) & (end <= high * (1 + 1e-9))
        return np.where(inside & (self.direction * (end - begin) >= 0), time_s, np.inf)

    def end_S(self, start_S: np.ndarray, time_s: np.ndarray) -> np.ndarray:
        """Return the conductances after pulses of `time_s` [s] from conductances `start_S` [S], (D,) [S]."""
        end = _interpolated(self._begin_s(start_S) + self.direction * time_s, self.clock_s, self.n)
        return _interpolated(np.clip(end, *self.edges.T), self.n, self.g_S)

    def _begin_s(self, start_S: np.ndarray) -> np.ndarray:
        """Return the clock at conductances, (D,) [s]."""
        return _interpolated(_interpolated(start_S, self.g_S, self.n), self.n, self.clock_s)


def _interpolated(where: np.ndarray, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Return y at `where`, (D,), linear between points, row by row; x and y are (K,), (1, K) or (D, K)."""
    x, y = np.atleast_2d(x), np.atleast_2d(y)
    if len(x) == len(y) == 1:
        return np.interp(where, x[0], y[0])
    rows = (np.broadcast_to(z, (len(where), z.shape[1])) for z in (x, y))
    return np.array([np.interp(one, a, b) for one, a, b in zip(where, *rows, strict=True)])
