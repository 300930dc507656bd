"""A rule that knows the nominal model: the time that it says, by how slow this very device has turned out to be."""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np

from ..._util.checks import check_range
from ..._util.forks import cached_property
from ...circuit.pulse import Pulse
from ...dataset.recipe import LIMIT
from ..nominal import LEAST_S, NominalTimes, check_rule
from ..programmer import NOMINAL, Conventional
from .write_states import WriteStates

CLEAR_S = 5e-6
"""A change of conductance [S] that says as much about the device as about noise."""

STILL_S = 2e-6
"""A change of conductance [S] below which a pulse can only show that the device is slower."""

_MOST = 10.0
"""Largest slowness, in units of ln: beyond, something else has happened."""


@dataclass(frozen=True)
class Posterior(Conventional):
    """The pulse of the nominal model times the slowness of this device, of which every reading says more.

    The logarithms of the slowness in SET and in RESET are Gaussian; a pulse of width w that moved the reading from a to
    b has measured that of its direction as ln(w / T(a, b)), T the nominal time. The two are updated as a Kalman filter
    does. It sends that amplitude of the lookup whose pulse is nearest to a wanted width.

    No paper: the simplest Bayesian programmer that knows the nominal model. Online identification of a device by
    Bayesian inference is after Yang et al., AICAS 2025 (doi 10.1109/AICAS64808.2025.11173161), where it is the
    population that is inferred; a time from a compact model with a gain that adapts, after Schroedter et al., see
    `ModelTime`.

    Parameters
    ----------
    nominal
        The lookup of `nominal_times`.
    width
        Wanted width [s].
    over
        Largest amplitude over the pair's.
    least
        Smallest amplitude over the pair's.
    mean_set, mean_reset
        Logarithm of the slowness that is expected before the first pulse: devices that walk are about twice as fast as
        the nominal one that does not.
    spread, correlation
        Standard deviation of either, and the correlation of the two.
    drift
        Standard deviation that a pulse adds: r and l walk on.
    noise
        Standard deviation of a measurement, of a change of conductance that is large against `CLEAR_S`.
    aim
        The part of the way to the target, in ln g, that a pulse is to go.
    edge
        Rise and fall [s].
    shortest
        Shortest width [s]; the longest one is that of a dataset.
    """

    nominal: NominalTimes
    width: float = 15e-9
    over: float = 1.25
    least: float = 1.0
    mean_set: float = -0.7
    mean_reset: float = -0.7
    spread: float = 0.7
    correlation: float = 0.3
    drift: float = 0.4
    noise: float = 0.3
    aim: float = 0.9
    edge: float = 2e-9
    shortest: float = 1e-9
    name: str = "posterior"

    knows = NOMINAL

    def __post_init__(self) -> None:
        check_rule(self.name, self.nominal, self.over, self.width, self.edge)
        check_range("shortest", self.shortest, 1e-12, self.width, "s")
        check_range("least", self.least, 0, self.over, "")
        for name in ("mean_set", "mean_reset"):
            check_range(name, getattr(self, name), -_MOST, _MOST, "")
        for name in ("spread", "drift"):
            check_range(name, getattr(self, name), 0, 10, "")
        check_range("noise", self.noise, 1e-3, 10, "")
        check_range("correlation", self.correlation, -1, 1, "")
        check_range("aim", self.aim, 0.1, 2, "")

    def next_pulses(self, targets: np.ndarray, readings: np.ndarray) -> list[Pulse]:
        """Return the pulses that take each device most of its way to the target, as far as its slowness is known."""
        targets, readings = np.asarray(targets, float), np.maximum(np.asarray(readings, float), LEAST_S)
        states = self._states.states(targets, readings, self._begin, self._step)
        width, place = self._chosen(states[:2], targets, readings[:, -1])
        up = readings[:, -1] < targets
        volts = self._overs[place] * np.where(up, self.nominal.voltages.v_set, self.nominal.voltages.v_reset)
        pairs = zip(volts.tolist(), width.tolist(), strict=True)
        return [Pulse(v, w, self.edge, self.edge) for v, w in pairs]

    @classmethod
    def candidates(cls, nominal: NominalTimes) -> list[Posterior]:
        """Return the settings that `tune` may choose from for a lookup."""
        overs = nominal.overs
        ends = [float(overs[np.argmin(np.abs(overs - over * overs[0]))]) for over in (1.25, 1.35, 1.5, 1.6)]
        ends = list(dict.fromkeys(ends))
        grid = itertools.product(
            (1.5e-9, 3e-9, 6e-9, 15e-9), ends, ((-0.7, -0.7), (-1.0, -1.0), (-0.7, -1.0)), (0.3, 0.7), (0.2, 0.3),
            (0.85, 0.92, 1.0),
        )  # fmt: skip
        least = float(nominal.overs[0])
        return [
            cls(nominal, width, over, least, *means, correlation=correlation, noise=noise, aim=aim)
            for width, over, means, correlation, noise, aim in grid
        ]

    def predictions(self, targets: np.ndarray, readings: np.ndarray) -> np.ndarray:
        """Return the number of lookups that the next pulse of each of K writes takes, (K,): one an amplitude, one to
        learn.
        """
        return np.full(len(targets), len(self._places) + (np.shape(readings)[1] > 1))

    @cached_property
    def _states(self) -> WriteStates:
        return WriteStates()

    @cached_property
    def _places(self) -> np.ndarray:
        """Return the places of the amplitudes that it may send in the lookup; at least that nearest to the largest."""
        overs = self.nominal.overs
        inside = np.flatnonzero((overs >= self.least - 1e-9) & (overs <= self.over + 1e-9))
        return inside if len(inside) else np.array([np.argmin(np.abs(overs - self.over))])

    @cached_property
    def _overs(self) -> np.ndarray:
        return self.nominal.overs[self._places]

    def _begin(self, targets: np.ndarray, _readings: np.ndarray) -> np.ndarray:
        """Return what is believed before the first pulse: means in SET and RESET, variances, covariance, (5, K)."""
        both = self.spread**2
        one = np.array([self.mean_set, self.mean_reset, both, both, self.correlation * both])
        return np.repeat(one[:, None], len(targets), axis=1)

    def _step(self, state: np.ndarray, targets: np.ndarray, before: np.ndarray, after: np.ndarray) -> np.ndarray:
        width, place = self._chosen(state[:2], targets, before)
        sign = np.where(before < targets, 1.0, -1.0)
        moved = (after - before) * sign
        seen = np.maximum(moved, STILL_S)
        ended = np.maximum(before + sign * seen, LEAST_S)
        k = np.arange(len(targets))
        nominal_s = self.nominal.needed_s(before, ended)[:, self._places][k, place]
        measured = np.log(width / np.maximum(nominal_s, 1e-15))
        variance = self.noise**2 * (1 + (CLEAR_S / seen) ** 2)
        return kalman_step(state, sign > 0, measured, variance, moved < STILL_S, self.drift**2)

    def _chosen(self, means: np.ndarray, targets: np.ndarray, reading: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the width [s] of each next pulse, and its amplitude's place among those to be sent, (K,) each."""
        k = np.arange(len(targets))
        mean = means[np.where(reading < targets, 0, 1), k]
        end = reading * (targets / reading) ** self.aim
        needed = np.exp(mean)[:, None] * self.nominal.needed_s(reading, end)[:, self._places]
        place = np.argmin(np.abs(np.log(np.maximum(needed, 1e-15) / self.width)), axis=1)
        longest = LIMIT * self.nominal.voltages.total_s
        return np.clip(needed[k, place], self.shortest, longest), place


def kalman_step(
    state: np.ndarray,
    up: np.ndarray,
    measured: np.ndarray,
    variance: np.ndarray,
    at_least: np.ndarray,
    drift: float,
) -> np.ndarray:
    """Return two Gaussian numbers after one was measured and both have drifted, by the Kalman filter (Kalman, 1960):
    means, variances, covariance, (5, K).

    Parameters
    ----------
    state
        Two means, two variances, covariance, (5, K).
    up
        Whether the first one was measured, else the second, (K,).
    measured, variance
        What was measured, and the variance of its noise, (K,).
    at_least
        Whether the number is only known to be no smaller: the mean may rise, not fall, (K,).
    drift
        Variance that is added to either.
    """
    k = np.arange(len(up))
    own = np.where(up, 0, 1)
    mean, spread, both = state[:2], state[2:4], state[4]
    off = measured - mean[own, k]
    off = np.where(at_least, np.maximum(off, 0.0), off)
    total = spread[own, k] + variance
    gain = np.where(np.arange(2)[:, None] == own, spread, both) / total
    gain = np.where(at_least & (off == 0), 0.0, gain)  # below what is believed such a bound says nothing
    mean = np.clip(mean + gain * off, -_MOST, _MOST)
    spread = spread - gain**2 * total + drift
    both = both - gain[0] * gain[1] * total
    return np.vstack([mean, spread, both])
