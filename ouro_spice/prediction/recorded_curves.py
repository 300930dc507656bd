"""Recorded conductance over pulse width as a map that gradients go through (Fig. 5 of the paper)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from .._util.display import brief, shows


@dataclass(frozen=True)
class Curves:
    """Conductances of n records over the width of the pulse, each on an even grid of its own that begins at 0.

    Attributes
    ----------
    g_S
        All of them, one record after the other [S], float32.
    first, count
        Place of a record's first point, and how many it has; (n,).
    spacing_s
        Of its grid [s]; (n,).
    """

    g_S: torch.Tensor
    first: torch.Tensor
    count: torch.Tensor
    spacing_s: torch.Tensor

    @shows
    def __repr__(self) -> str:
        return brief(self)

    @classmethod
    def of(cls, histories: Iterable[tuple[float, np.ndarray]]) -> Curves:
        """Return the curves of records, given the spacing [s] and the conductances [S] of each."""
        spacings, arrays = [], []
        for spacing_s, g_S in histories:
            spacings.append(spacing_s)
            arrays.append(np.asarray(g_S, np.float32))
        count = np.array([len(array) for array in arrays], dtype=np.int64)
        first = np.concatenate([[0], np.cumsum(count)[:-1]]) if arrays else count
        flat = np.concatenate(arrays) if arrays else np.empty(0, np.float32)
        return cls(*map(torch.from_numpy, (flat, first, count, np.array(spacings, dtype=float))))

    def __len__(self) -> int:
        return len(self.first)

    def take(self, rows: torch.Tensor) -> Curves:
        """Return the curves of some of the records; the conductances are shared."""
        return Curves(self.g_S, self.first[rows], self.count[rows], self.spacing_s[rows])

    def at(self, width_s: torch.Tensor) -> torch.Tensor:
        """Return the conductance of each record after a pulse of a width, (n,) [S]; beyond the ends that of the end."""
        return self.values_and_slopes(width_s)[0]

    def slope(self, width_s: torch.Tensor) -> torch.Tensor:
        """Return the change of the conductance with the width there, (n,) [S/s]; 0 beyond the ends."""
        return self.values_and_slopes(width_s)[1]

    def values_and_slopes(self, width_s: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Return `at` and `slope` at once, (n,) each."""
        last = self.count - 1
        inside = (width_s >= 0) & (width_s <= self.end_s)
        x = torch.minimum((width_s / self.spacing_s).clamp(min=0), last.to(width_s.dtype))
        k = torch.minimum(x.long(), (last - 1).clamp(min=0))
        low = self.g_S[self.first + k].double()
        high = self.g_S[self.first + torch.minimum(k + 1, last)].double()
        return low + (x - k) * (high - low), torch.where(inside, (high - low) / self.spacing_s, 0.0)

    @property
    def end_s(self) -> torch.Tensor:
        """Return the width at which each record ends, (n,) [s]."""
        return (self.count - 1) * self.spacing_s

    def smoothed(self, window_s: float) -> Curves:
        """Return the curves after a moving average over a window [s], which is narrower where the ends are near."""
        g, out = self.g_S.numpy(), self.g_S.numpy().copy()
        records = zip(self.first.tolist(), self.count.tolist(), self.spacing_s.tolist(), strict=True)
        for first, count, spacing_s in records:
            out[first : first + count] = moving_average(g[first : first + count], round(window_s / spacing_s))
        return Curves(torch.from_numpy(out), self.first, self.count, self.spacing_s)


def moving_average(values: np.ndarray, points: int) -> np.ndarray:
    """Return the moving average over `points` neighbours, the next odd number, (n,): as many on either side, fewer near
    the ends.
    """
    k = np.arange(len(values))
    half = np.minimum(np.minimum(k, len(values) - 1 - k), points // 2)
    total = np.concatenate([[0.0], np.cumsum(values, dtype=float)])
    return (total[k + half + 1] - total[k - half]) / (2 * half + 1)


class Mapping(torch.autograd.Function):
    """Signed pulse time [s] -> conductance [S] through recorded curves.

    A time of the wrong sign counts as one before the record. Outside the record the gradient is not that of the curve,
    which is 0, but `unit` [S/s], (n,), with the sign that takes the time back to it.
    """

    @staticmethod
    def forward(ctx: Any, time_s: torch.Tensor, sign: torch.Tensor, curves: Curves, unit: torch.Tensor) -> torch.Tensor:
        """Return conductances (n,) [S] for times [s] and directions (n,) of n records."""
        width_s = time_s * sign
        g_S, slope = curves.values_and_slopes(width_s)
        ctx.save_for_backward(sign * slope, width_s < 0, width_s > curves.end_s, sign, unit)
        return g_S

    @staticmethod
    def backward(ctx: Any, *grad_outputs: torch.Tensor) -> tuple[torch.Tensor | None, ...]:
        """Return the gradient by the times (n,): through the slope of the curve, outside it through the fixed one."""
        (gradient,) = grad_outputs
        slope, before, behind, sign, unit = ctx.saved_tensors
        back = gradient.abs() * unit
        into = torch.where(before, -sign * back, torch.where(behind, sign * back, gradient * slope))
        return into, None, None, None
