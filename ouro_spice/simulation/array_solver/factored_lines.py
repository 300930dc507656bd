"""The matrix of lines and devices, factored once; devices whose slope has changed since are a low-rank correction."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import sparse

from .line_network import LineNetwork
from .solved_circuit import Cost

_LEAST_S, _CHANGED_S = 1e-12, 1e-5
"""Smallest slope of a device in the matrix [S]; change of a slope from which it is corrected for, at most `_CORRECTED`
devices at a time."""

_CORRECTED = 8


class FactoredLines:
    """Solutions with the slopes of now, by the factors of slopes of before.

    Sherman, Morrison and Woodbury's formula: each corrected device costs one solution more, once.
    """

    def __init__(self, network: LineNetwork, one: np.ndarray, two: np.ndarray, cost: Cost) -> None:
        self._network, self._one, self._two, self._cost = network, one, two, cost
        self._factors: Any = np.zeros(0)
        self._fresh = False
        self._slopes = np.zeros(len(one))
        self._responses: dict[int, np.ndarray] = {}

    def solve(self, excess: np.ndarray, slopes: np.ndarray) -> np.ndarray:
        """Return the change of the free nodes' voltages that a current out of each makes, (free,) [V]."""
        if not len(excess):
            return excess
        if not self._fresh:
            self.renew(slopes)
        step = self._factors.solve(excess)
        change = slopes - self._slopes
        changed = np.flatnonzero(np.abs(change) > _CHANGED_S)
        if len(changed) > _CORRECTED:
            changed = changed[np.argsort(-np.abs(change[changed]))[:_CORRECTED]]
        if not len(changed):
            return step
        responses = [self._response(int(k)) for k in changed]
        across = np.stack([self._across(one, changed) for one in responses], axis=1) * change[changed][:, None]
        wanted = self._across(step, changed) * change[changed]
        # one by one: BLAS would start its threads for so little
        for share, response in zip(np.linalg.solve(np.eye(len(changed)) + across, wanted), responses, strict=True):
            step -= share * response
        return step

    def _across(self, volts: np.ndarray, places: np.ndarray) -> np.ndarray:
        """Return the voltages at some devices, (P,), of voltages of all free nodes, held ones at 0 V."""
        free = self._network.free
        one, two = self._one[places], self._two[places]
        ahead, behind = volts[np.minimum(one, free - 1)], volts[np.minimum(two, free - 1)]
        return np.where(one < free, ahead, 0.0) - np.where(two < free, behind, 0.0)

    def _response(self, place: int) -> np.ndarray:
        """Return the voltages of the free nodes for a current of 1 A through a device, (free,) [V]."""
        if place not in self._responses:
            current = np.zeros(self._network.free + 1)
            current[min(self._one[place], self._network.free)] += 1
            current[min(self._two[place], self._network.free)] -= 1
            self._responses[place] = self._factors.solve(current[:-1])
            self._cost.solutions += 1
        return self._responses[place]

    def renew(self, slopes: np.ndarray) -> None:
        """Factor the matrix with these slopes of the devices, (K,) [S]."""
        from scipy.sparse.linalg import splu

        free = self._network.free
        self._slopes, self._responses, self._fresh = slopes.copy(), {}, True
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
