"""How well fidelity "circuit" agrees with the whole circuit in SPICE, on a seeded sample of the work itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from typing import Any

import numpy as np

from .._util.machine import ToolError
from .._util.statistics import wilson

SAMPLE = 60
"""So many records or pulses of a piece of work run in full SPICE beside, by default."""

CLOSE = 0.02
"""Relative distance of two pulse widths that agree."""

LEAST_SHARE = 0.9
MEDIAN, P90 = 1e-3, 1e-2
"""The work is refused where fewer than that share of the widths agree, or where median or 90 % quantile of |ln(g / g in
SPICE)| are above the others: by the upper ends of 95 % intervals of the shares, so that a few pulses prove nothing.
"""


ENERGY = 0.05
"""The same of the median of |ln| of the energy over that in SPICE."""


class FidelityError(ToolError):
    """The fast fidelity is not what SPICE gives, on a sample of this work."""


@dataclass(frozen=True)
class Agreement:
    """Say how far work at fidelity "circuit" is from full SPICE, by a sample in both.

    Attributes
    ----------
    n, seed
        Records or pulses of the sample; what it was drawn with.
    failed
        How many of them failed in one of the two alone.
    compared
        How many of the sample failed in neither.
    energy_within
        Share of the energies within `ENERGY` of those in SPICE.
    within_step, within_2_percent
        Shares of the pulse widths that differ by a step of their grid at most, and by 2 %; None of single pulses.
    share_low, share_high
        The 95 % interval of `within_2_percent`.
    g_median, g_p90
        Median and 90 % quantile of |ln(g / g in SPICE)| at the end.
    g_within_median, g_within_p90
        Shares of |ln(g / g in SPICE)| within `MEDIAN` and `P90`.
    energy_median
        Median of the energy over that in SPICE.
    """

    n: int
    seed: int
    failed: int
    g_median: float
    g_p90: float
    g_within_median: float
    g_within_p90: float
    energy_median: float
    compared: int = 0
    energy_within: float = 1.0
    within_step: float | None = None
    within_2_percent: float | None = None
    share_low: float | None = None
    share_high: float | None = None

    @classmethod
    def of(
        cls,
        seed: int,
        g_S: Sequence[tuple[float, float]],
        energy_J: Sequence[tuple[float, float]],
        widths_s: Sequence[tuple[float, float]] = (),
        step_s: float = 0.0,
    ) -> Agreement:
        """Return the agreement of pairs (here, in SPICE): conductances [S], energies [J], widths [s]; NaN: failed."""
        g, energy = np.reshape(g_S, (-1, 2)), np.reshape(energy_J, (-1, 2))
        fine = np.isfinite(g).all(axis=1)
        failed = int(np.sum(np.isfinite(g).any(axis=1) & ~fine))
        off = np.abs(np.log(g[fine, 0] / g[fine, 1])) if fine.any() else np.zeros(1)
        spent = fine & (energy > 0).all(axis=1)
        ratios = energy[spent, 0] / energy[spent, 1] if spent.any() else np.ones(1)
        within = [float(np.mean(off <= limit)) for limit in (MEDIAN, P90)]
        found = cls(
            len(g), seed, failed, float(np.median(off)), float(np.quantile(off, 0.9)), within[0], within[1],
            float(np.median(ratios)),
            compared=int(fine.sum()), energy_within=float(np.mean(np.abs(np.log(ratios)) <= ENERGY)),
        )  # fmt: skip
        if not len(widths_s) or not fine.any():
            return found
        w = np.reshape(widths_s, (-1, 2))[fine]
        away = np.abs(w[:, 0] - w[:, 1])
        close = int(np.sum(away <= CLOSE * w[:, 1]))
        low, high = wilson(close, len(w))
        steps = float(np.mean(away <= 1.001 * step_s))
        return replace(
            found, within_step=steps, within_2_percent=close / max(len(w), 1), share_low=low, share_high=high
        )

    @property
    def plain(self) -> dict[str, Any]:
        """Return all values as JSON has them, without those that there are none of."""
        return {name: value for name, value in asdict(self).items() if value is not None}

    @classmethod
    def from_plain(cls, values: Mapping[str, Any]) -> Agreement:
        """Return the agreement that a manifest holds."""
        known = {f.name for f in fields(cls)}
        return cls(**{name: value for name, value in values.items() if name in known})

    @property
    def refusal(self) -> str:
        """Return why the work is refused, "" where it is not."""
        if self.within_2_percent is not None and _too_few(self.within_2_percent, self.compared, LEAST_SHARE):
            return f"only {self.within_2_percent:.0%} of the pulse widths are within 2 % of those in SPICE"
        if _too_few(1 - self.failed / self.n, self.n, 0.9):
            return f"{self.failed} of {self.n} fail in one of the two alone"
        if self.compared < self.n / 2:
            return f"only {self.compared} of {self.n} could be compared, the others fail in both"
        if _too_few(self.energy_within, self.compared, 0.5):
            return f"energies are {self.energy_median:.3g} times those in SPICE in the median"
        if _too_few(self.g_within_median, self.compared, 0.5) or _too_few(self.g_within_p90, self.compared, 0.9):
            return f"conductances are off by {self.g_median:.2%} in the median, {self.g_p90:.2%} at 90 %"
        return ""

    def check(self) -> None:
        """Raise FidelityError where the sample says that fidelity "circuit" is not what SPICE gives."""
        if self.refusal:
            raise FidelityError(
                f'fidelity "circuit" does not hold here: {self.refusal}, in {self.n} that were simulated in full '
                'beside; slower edges, a smaller transistor or shorter lines bring them together, fidelity "full" '
                "needs none of it"
            )

    def __str__(self) -> str:
        widths = ""
        if self.within_2_percent is not None:
            interval = f"{self.share_low:.1%} .. {self.share_high:.1%}"
            step = f"within a step {self.within_step:.1%}"
            widths = f"widths within 2 % {self.within_2_percent:.1%} ({interval}), {step}; "
        off = f"g off by {self.g_median:.1e} (median), {self.g_p90:.1e} (90 %), energy {self.energy_median:.4g} times"
        return f"{self.n} beside in full SPICE: {widths}{off}"


def _too_few(share: float, n: int, wanted: float) -> bool:
    """Return whether a share of n cases shows that the share of all is below a wanted one: the exact binomial test at
    2.5 %, the upper end of an interval of 95 %.
    """
    from scipy.stats import binom  # a third of a second

    return bool(n and share < wanted and binom.cdf(round(share * n), n, wanted) < 0.025)


def chosen(n: int, seed: int, most: int | None = None) -> list[int]:
    """Return which of n are in a sample of so many, ascending: by the seed alone."""
    rng = np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(0, 0, 0, 1)))
    most = SAMPLE if most is None else most
    return sorted(rng.permutation(n)[:most].tolist()) if n > most else list(range(n))
