"""What training makes small."""

from __future__ import annotations

import torch

from .curves import Curves, Mapping
from .examples import Examples

SPAN = 0.15
"""The slope of a loss over the logarithm of the time is that between its values this far on either side: a walk of
10 ns makes the recorded curves rough, and their own slopes say little of what a longer pulse does."""

SOFTNESS = (0.5, 0.15)
"""Width of the band's edge over the band, at the beginning and the end of training."""

NEARER = 0.5
"""Share of the examples whose target is moved to a place between start and target: the record tells of those, too."""


def conductance_loss(
    time_s: torch.Tensor, examples: Examples, rows: torch.Tensor, curves: Curves, scale_S: float, scale_s: torch.Tensor
) -> torch.Tensor:
    """Squared error of the conductance in units of `scale_S`; outside the records a gradient of 1 in normalised units.

    The times (n,) are those of the `rows` of the examples; `scale_s` (n,) is the unit of each.
    """
    target = examples.target_S[rows]
    sign = torch.sign(examples.time_s[rows])
    g = Mapping.apply(time_s, sign, curves.take(rows), scale_S / scale_s)
    return (((g - target) / scale_S) ** 2).mean()


def missed(g_S: torch.Tensor, target_S: torch.Tensor, band: float, softness: float) -> torch.Tensor:
    """How far outside a band around the target conductances are: from 0, inside, to 1, with a soft edge; (n,)."""
    return torch.sigmoid(((g_S - target_S).abs() / target_S - band) / (softness * band))


def band_loss(
    log_time: torch.Tensor, curves: Curves, target_S: torch.Tensor, band: float, softness: float
) -> torch.Tensor:
    """A number whose gradient is that of the mean of `missed`, each slope taken over +-`SPAN` of the log time."""
    with torch.no_grad():
        ends = [missed(curves.at((log_time + way).exp()), target_S, band, softness) for way in (SPAN, -SPAN)]
        slope = (ends[0] - ends[1]) / (2 * SPAN)
        # a pulse that outlasts its record has gone too far for certain, and nothing there tells so
        slope = torch.where(log_time.exp() > curves.end_s, slope.clamp(min=0.1), slope)
    return (slope * log_time).mean()


def nearer(examples: Examples, rows: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
    """Targets of some examples, a share of them moved towards the start; (rows,)."""
    start, target = examples.seen["g_start_S"][rows], examples.target_S[rows]
    share = torch.rand(len(rows), generator=generator, dtype=torch.float64)
    moved = torch.rand(len(rows), generator=generator) < NEARER
    return torch.where(moved, start + share * (target - start), target)
