"""What training makes small."""

from __future__ import annotations

import torch

from .examples import Examples
from .recorded_curves import Curves, Mapping

SPAN = 0.15
"""The slope of a loss over the logarithm of the time is that between its values this far on either side: a walk of
10 ns makes the recorded curves rough, and their own slopes say little of what a longer pulse does."""

SOFTNESS = (0.5, 0.15)
"""Width of the band's edge over the band, at the beginning and the end of training."""

NEARER = 0.5
"""Share of the examples whose target is moved to a place between start and target: the record shows those, too."""

LEAST_S = 1e-6
"""Smallest change of conductance [S] that is asked for in training."""

STEADY_S = 10e-6
"""A change of conductance [S] that counts half as much as a large one by how far it is missed relative to it: smaller
ones are mostly noise."""

_STEPS = 33  # of an integral over the logarithm of the time


def conductance_loss(
    time_s: torch.Tensor, examples: Examples, rows: torch.Tensor, curves: Curves, scale_S: float, scale_s: torch.Tensor
) -> torch.Tensor:
    """Return the mean squared error of the conductance in units of `scale_S`, a scalar; outside the records its
    gradient is 1 in normalised units.

    The times (n,) are those of the `rows` of the examples; `scale_s` (n,) is the unit of each.
    """
    target = examples.target_S[rows]
    sign = torch.sign(examples.time_s[rows])
    g = Mapping.apply(time_s, sign, curves.take(rows), scale_S / scale_s)
    return (((g - target) / scale_S) ** 2).mean()


def miss(g_S: torch.Tensor, target_S: torch.Tensor, band: float, softness: float) -> torch.Tensor:
    """Return how far outside a band around their targets conductances are, (n,): from 0, inside, to 1, with a soft
    edge.
    """
    return torch.sigmoid(((g_S - target_S).abs() / target_S - band) / (softness * band))


def band_loss(
    log_time: torch.Tensor, curves: Curves, target_S: torch.Tensor, band: float, softness: float
) -> torch.Tensor:
    """Return a scalar whose gradient is that of the mean of `miss`, slopes taken over +-`SPAN` of the log time."""
    with torch.no_grad():
        ends = [miss(curves.at((log_time + way).exp()), target_S, band, softness) for way in (SPAN, -SPAN)]
        slope = (ends[0] - ends[1]) / (2 * SPAN)
        # a pulse that outlasts its record has gone too far for certain, and nothing there shows it
        slope = torch.where(log_time.exp() > curves.end_s, slope.clamp(min=0.1), slope)
    return (slope * log_time).mean()


def nearer_targets(examples: Examples, rows: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
    """Return the targets of some examples, a share of them moved towards the start at random, (rows,) [S]."""
    start, target = examples.inputs["g_start_S"][rows], examples.target_S[rows]
    share = torch.rand(len(rows), generator=generator, dtype=torch.float64)
    moved = torch.rand(len(rows), generator=generator) < NEARER
    return torch.where(moved, start + share * (target - start), target)


def random_changes(examples: Examples, rows: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
    """Return random parts of the wanted changes of some examples, (rows,) [S]; see `partial_changes`."""
    return partial_changes(
        examples.inputs["dg_S"][rows], torch.rand(len(rows), generator=generator, dtype=torch.float64)
    )


def even_changes(examples: Examples) -> torch.Tensor:
    """Return parts of the wanted changes of all examples, (n,) [S], the same each time; see `partial_changes`."""
    golden = (5**0.5 - 1) / 2
    k = torch.arange(len(examples), dtype=torch.float64)
    return partial_changes(examples.inputs["dg_S"], torch.remainder(k * golden, 1.0))


def partial_changes(dg_S: torch.Tensor, share: torch.Tensor) -> torch.Tensor:
    """Return parts of wanted changes, (n,) [S]: even in the logarithm from `LEAST_S` to the whole, by shares 0 .. 1.

    A record shows what small changes take on the way to a large one. It ends soon after its own target: what a pulse
    long enough for the whole change does to a fast device is no longer in it, so that few examples ask for that.
    """
    own = dg_S.abs()
    least = torch.minimum(own, torch.full_like(own, LEAST_S))
    return torch.sign(dg_S) * least * (own / least) ** share


def change_loss(log_time: torch.Tensor, curves: Curves, start_S: torch.Tensor, asked_S: torch.Tensor) -> torch.Tensor:
    """Return a scalar whose gradient by each log time is realised minus asked change, over ``|asked| + STEADY_S``.

    It is least where the mean of the realised change is the asked one, whatever its spread: the integral of that
    difference over the log time, which for each curve falls until the curve passes the asked change, and then rises.
    """
    with torch.no_grad():
        slope = _excess(log_time, curves, start_S, asked_S)
    return (slope * log_time).mean()


def change_cost(
    log_time: torch.Tensor, curves: Curves, start_S: torch.Tensor, asked_S: torch.Tensor, from_log: torch.Tensor
) -> torch.Tensor:
    """Return the integral of that difference over the log time, from other log times (n,) on, (n,)."""
    part = torch.linspace(0, 1, _STEPS, dtype=torch.float64)
    each = [_excess(from_log + p * (log_time - from_log), curves, start_S, asked_S) for p in part]
    return torch.trapezoid(torch.stack(each), part, dim=0) * (log_time - from_log)


def _excess(log_time: torch.Tensor, curves: Curves, start_S: torch.Tensor, asked_S: torch.Tensor) -> torch.Tensor:
    """Return realised minus asked change, over ``|asked| + STEADY_S``, (n,)."""
    moved = (curves.at(log_time.exp()) - start_S) * torch.sign(asked_S)
    return (moved - asked_S.abs()) / (asked_S.abs() + STEADY_S)
