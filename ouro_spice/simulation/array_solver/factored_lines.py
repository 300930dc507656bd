"""The matrix of lines and devices, factored once; devices whose slope has changed since are a low-rank correction."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import sparse

from .solved_circuit import Cost
from .written_lines import LineNetwork

_LEAST_S, _CHANGED_S = 1e-12, 2e-5
"""Smallest slope of a device in the matrix [S]; change of a slope from which it is corrected for, at most `_CORRECTED`
devices at a time."""

_CORRECTED = 4


class FactoredLines:
    """Solutions with the slopes of now, by the factors of slopes of before.

    Sherman, Morrison and Woodbury's formula: each corrected device costs one solution more, once.
    """

    def __init__(self, network: LineNetwork, one: np.ndarray, two: np.ndarray, cost: Cost) -> None:
        self._network, self._one, self._two, self._cost = network, one, two, cost
        self._factors: Any = np.zeros(0)
        self._fresh = False
        self._slopes = np.zeros(len(one))
        self._places: list[int] = []
        self._responses: list[np.ndarray] = []
        self._ends = (np.empty(0, int), np.empty(0, int))
        self._gains = np.empty((0, 0))

    def solve(self, excess: np.ndarray, slopes: np.ndarray) -> np.ndarray:
        """Return the change of the free nodes' voltages that a current out of each makes, (free,) [V]."""
        if not len(excess):
            return excess
        if not self._fresh:
            self.renew(slopes)
        step = self._factors.solve(excess)
        change = slopes - self._slopes
        self._respond(change)
        if not self._places:
            return step
        own = change[self._places]
        wanted = self._across(step) * own
        # one by one: BLAS would start its threads for so little
        for share, response in zip(self._shares(own, wanted), self._responses, strict=True):
            if share:
                step -= share * response
        return step

    def _shares(self, own: np.ndarray, wanted: np.ndarray) -> np.ndarray:
        """Return the current through each corrected device that the old matrix lacks, (P,) [A]."""
        if len(own) == 1:
            return wanted / (1 + own * self._gains[0])
        return np.linalg.solve(np.eye(len(own)) + own[:, None] * self._gains, wanted)

    def _across(self, volts: np.ndarray) -> np.ndarray:
        """Return the voltages at the corrected devices, (P,), of voltages of all free nodes, held ones at 0 V."""
        one, two = self._ends
        return np.where(one < len(volts), volts[np.minimum(one, len(volts) - 1)], 0.0) - np.where(
            two < len(volts), volts[np.minimum(two, len(volts) - 1)], 0.0
        )

    def _respond(self, change: np.ndarray) -> None:
        """Take the devices with the largest changes of slope (K,) [S] among the corrected ones, at most so many."""
        if len(self._places) >= _CORRECTED:
            return
        large = np.flatnonzero(np.abs(change) > _CHANGED_S)
        for k in sorted(set(large.tolist()) - set(self._places), key=lambda k: -abs(change[k])):
            if len(self._places) >= _CORRECTED:
                break
            free = self._network.free
            current = np.zeros(free + 1)
            current[min(self._one[k], free)] += 1
            current[min(self._two[k], free)] -= 1
            self._places.append(k)
            self._responses.append(self._factors.solve(current[:-1]))
            self._cost.solutions += 1
            self._ends = self._one[self._places], self._two[self._places]
            self._gains = np.stack([self._across(one) for one in self._responses], axis=1)

    def renew(self, slopes: np.ndarray) -> None:
        """Make the factors of the matrix with these slopes of the devices, (K,) [S]."""
        from scipy.sparse.linalg import splu

        free = self._network.free
        self._slopes, self._places, self._responses, self._fresh = slopes.copy(), [], [], True
        if not free:
            return
        g = np.maximum(slopes, _LEAST_S)
        one, two = self._one, self._two
        places = np.concatenate([one, two, one, two]), np.concatenate([one, two, two, one])
        size = self._network.laplacian.shape
        cells = sparse.csr_matrix((np.concatenate([g, g, -g, -g]), places), shape=size)
        matrix = (self._network.laplacian + cells)[:free, :free].tocsc()
        settings = {"SymmetricMode": True}
        self._factors = splu(matrix, permc_spec="MMD_AT_PLUS_A", diag_pivot_thresh=0.0, options=settings)
        self._cost.factorisations += 1
