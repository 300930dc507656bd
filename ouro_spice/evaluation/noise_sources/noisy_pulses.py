"""What noise does to single pulses: the time to a target, and what the noise-free time leads to."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..._util import random_keys
from ...circuit.compact_cell import CompactCell
from ...circuit.jart.jart_cells import jart_memristor
from ...compact.jart import jart_characteristics as characteristics
from ...device.constants import V_READ
from ...device.jart.walk import Walk
from .constant_devices import ConstantDevices
from .noise_cases import Case, Devices

_WARM_UP = 2000
"""Steps of the walk at frozen N before a stationary start."""

_LONGEST = 8.0
"""A target that is not reached in this many times the noise-free time is given up."""

_PARTS = 8
"""Of the rest of a pulse: after each of them, devices that stand at the edge for good are left alone."""


@dataclass(frozen=True, eq=False)
class Pairs:
    """Starts and targets, and what belongs to them; the same ones for all cases.

    Attributes
    ----------
    low_S, high_S
        Conductances [S], (D,): start and target of a SET, target and start of a RESET.
    keys
        Of the walks, (D, 2).
    devices
        What varies from device to device.
    """

    low_S: np.ndarray
    high_S: np.ndarray
    keys: np.ndarray
    devices: Devices

    @classmethod
    def draw(cls, cell: CompactCell, n: int, seed: int) -> Pairs:
        """Draw n pairs of start and target, independent and uniform over the window, with their devices; return
        them.
        """
        streams = np.random.SeedSequence(seed).spawn(3)
        low, high = cell.window_S
        g = low + (high - low) * np.sort(np.random.default_rng(streams[0]).random((n, 2)), axis=1)
        seeds = np.random.default_rng(streams[1]).integers(2**63, size=n)
        keys = np.array([random_keys.stream_key(int(one)) for one in seeds])
        return cls(g[:, 0], g[:, 1], keys, Devices.draw(cell, n, np.random.default_rng(streams[2])))

    def between(self, low_S: float, high_S: float) -> Pairs:
        """Return the same devices, all between these two conductances [S]."""
        low, high = (np.full_like(self.low_S, g) for g in (low_S, high_S))
        return Pairs(low, high, self.keys, self.devices)

    def way(self, amplitude_V: float) -> tuple[np.ndarray, np.ndarray]:
        """Return starts and targets of an amplitude's direction, (D,) each [S]."""
        return (self.high_S.copy(), self.low_S) if amplitude_V > 0 else (self.low_S.copy(), self.high_S)


@dataclass(frozen=True, eq=False)
class PulseOutcomes:
    """Outcomes of D pulses in one direction.

    Attributes
    ----------
    needed_s, noise_free_s
        Time to the target [s], infinite where it was not reached, and that of the noise-free nominal device, (D,).
    n_start
        Concentrations at the start [1e26 m^-3], (D,).
    target_S, end_S
        Conductances [S], (D,), the last one after the noise-free time; NaN where that was not asked for.
    """

    needed_s: np.ndarray
    noise_free_s: np.ndarray
    n_start: np.ndarray
    target_S: np.ndarray
    end_S: np.ndarray

    @property
    def ratio(self) -> np.ndarray:
        """Return ln of the time to the target over the noise-free one, (D,); infinite where it was not reached."""
        with np.errstate(divide="ignore"):
            return np.log(self.needed_s / self.noise_free_s)


def run(
    cell: CompactCell,
    case: Case,
    pairs: Pairs,
    amplitude_V: float,
    walk: Walk,
    *,
    stationary: bool = True,
    deploy: bool = True,
    threads: int | None = None,
) -> PulseOutcomes:
    """Send each device of a case the constant voltage `amplitude_V`, from its start to its target.

    Parameters
    ----------
    cell
        With the nominal device.
    case, pairs, walk
        What varies, the pairs, and the law of the walk.
    amplitude_V
        Over the device [V], without edges.
    stationary
        Start where the walk has forgotten its beginning; else at each device's own values.
    deploy
        Find the conductances after the noise-free times, too.
    threads
        How many threads, None: one a core.
    """
    p, s = pairs.devices.vectors(case), case.settings(walk)
    begun = _begun(cell, p, s, pairs, amplitude_V, _WARM_UP if case.walks and stationary else 0)
    if case.walks:
        moving = _Moving(cell, begun.p, s, begun.keys, amplitude_V, begun.n.copy(), begun.w, threads)
        needed_s, end_S = moving.trials(begun.noise_free_s, begun.target_S, deploy)
        return PulseOutcomes(needed_s, begun.noise_free_s, begun.n, begun.target_S, end_S)
    return _still(cell, begun, amplitude_V)


def run_frozen(cell: CompactCell, case: Case, pairs: Pairs, amplitude_V: float, walk: Walk) -> PulseOutcomes:
    """Return it as `run`, but the walk stands still from the start on: what it is to pulses of few steps."""
    from ...compact.jart import parameter_vector  # numba
    from ...compact.jart.walk_kernel import L, R

    p, s = pairs.devices.vectors(case), case.settings(walk)
    begun = _begun(cell, p, s, pairs, amplitude_V, _WARM_UP)
    begun.p[:, [parameter_vector.R, parameter_vector.L]] = begun.w[:, [R, L]]
    return _still(cell, begun, amplitude_V)


@dataclass(frozen=True, eq=False)
class _Begun:
    """D devices where they begin: vectors, walk vectors, concentrations [1e26 m^-3], and what is asked of them."""

    p: np.ndarray
    w: np.ndarray
    n: np.ndarray
    keys: np.ndarray
    noise_free_s: np.ndarray
    start_S: np.ndarray
    target_S: np.ndarray


def _begun(cell: CompactCell, p: np.ndarray, s: np.ndarray, pairs: Pairs, amplitude_V: float, steps: int) -> _Begun:
    """Return devices of vectors p at their starts after a walk of `steps`, without those that start beyond the
    target.
    """
    from ...compact.jart import elementwise, parameter_vector  # numba
    from ...compact.jart.walk_kernel import start

    n, (start_S, target_S) = p[:, parameter_vector.NINIT].copy(), pairs.way(amplitude_V)
    w = start(p, n)
    elementwise.settle(characteristics.MODELS.index(cell.model), V_READ, p, s, pairs.keys, steps, w, n, start_S)
    noise_free_s = ConstantDevices.of(cell, pairs.devices.nominal[None], amplitude_V).needed_s(start_S, target_S)
    ahead = np.isfinite(noise_free_s) & (noise_free_s > 0)
    return _Begun(*(x[ahead] for x in (p, w, n, pairs.keys, noise_free_s, start_S, target_S)))


def _still(cell: CompactCell, begun: _Begun, amplitude_V: float) -> PulseOutcomes:
    """Return the outcomes of devices that keep their values."""
    still = ConstantDevices.of(cell, begun.p, amplitude_V)
    needed_s = still.needed_s(begun.start_S, begun.target_S)
    end_S = still.end_S(begun.start_S, begun.noise_free_s)
    return PulseOutcomes(needed_s, begun.noise_free_s, begun.n, begun.target_S, end_S)


@dataclass(eq=False)
class _Moving:
    """D devices that walk, on their way under a constant voltage; `n` and `w` move on."""

    cell: CompactCell
    p: np.ndarray
    s: np.ndarray
    keys: np.ndarray
    amplitude_V: float
    n: np.ndarray
    w: np.ndarray
    threads: int | None

    def trials(self, free_s: np.ndarray, target_S: np.ndarray, deploy: bool) -> tuple[np.ndarray, np.ndarray]:
        """Return the time to the target [s], and the conductance after the noise-free time [S], (D,) each."""
        from ...compact.jart.walk_kernel import CLOCK, STEP

        crossed_s, end_S = self._follow(free_s, target_S), np.full(len(free_s), np.nan)
        # it is looked at steps' ends: the crossing itself lay anywhere in the last step, or in the part of it begun
        needed_s = crossed_s - self.s[STEP] / 2
        late = np.isnan(crossed_s)
        just = late & (np.sign(self.amplitude_V) * (self._conductance_S() - target_S) <= 0)
        needed_s[just] = free_s[just] - self.w[just, CLOCK] / 2
        if deploy:
            self._rest(np.where(late, 0.0, free_s - crossed_s))
            end_S = self._conductance_S()
        late &= ~just
        after_s = free_s - self.s[STEP] / 2 + self._follow((_LONGEST - 1) * free_s, target_S, late)
        needed_s = np.maximum(np.where(late, after_s, needed_s), self.s[STEP] / 2)
        return np.where(np.isnan(needed_s), np.inf, needed_s), end_S

    def _follow(self, time_s: np.ndarray, until_S: np.ndarray | None, of: np.ndarray | None = None) -> np.ndarray:
        """Move on for times [s], or until conductances [S]; return when these were crossed, (D,) [s], NaN: not, or not
        in `of`.
        """
        from ...compact.jart.integration import follow  # numba

        chosen = np.flatnonzero((time_s > 0) & (True if of is None else of))
        crossed_s = np.full(len(time_s), np.nan)
        if not len(chosen):
            return crossed_s
        times = np.stack([np.zeros(len(chosen)), time_s[chosen]], axis=1)
        found = follow(
            self.cell.model, self.p[chosen], times, (self.amplitude_V, self.amplitude_V), self.n[chosen], walk=self.s,
            wanders=self.w[chosen], keys=self.keys[chosen],
            until_g_S=None if until_S is None else until_S[chosen], threads=self.threads,
        )  # fmt: skip
        self.n[chosen], self.w[chosen], crossed_s[chosen] = found.n_end, found.wanders, found.crossing_s
        return crossed_s

    def _rest(self, time_s: np.ndarray) -> None:
        """Move on for times [s], (D,), whatever is crossed."""
        for _ in range(_PARTS):
            self._follow(np.where(self._stand(), 0.0, time_s / _PARTS), None)

    def _stand(self) -> np.ndarray:
        """Return which devices stay as they are, (D,) bool: at the window's edge, with a current that knows no r
        and l.
        """
        from ...compact.jart import parameter_vector  # numba

        edge = parameter_vector.NLO if self.amplitude_V > 0 else parameter_vector.NHI
        return (self.n == self.p[:, edge]) & (self.cell.model == "reduced")

    def _conductance_S(self) -> np.ndarray:
        """Return the conductances now, (D,) [S]."""
        from ...compact.jart.walk_kernel import L, R

        return characteristics.conductance(
            jart_memristor(self.cell), self.n, self.w[:, R], self.w[:, L], self.cell.model
        )
