"""What the noise must do, from its law and the rate alone: no trajectory is followed here.

Where r and l walk through their band many times on the way, N moves at the mean of the rate over their stationary
state, which is not the rate at their means: the rate is exponential in temperature and field. The mean gives the bias,
the autocorrelation of the rate what is left of the scatter. Both follow from the walk as a Markov chain on a grid.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ...circuit.compact_cell import CompactCell
from ...circuit.jart.jart_cells import jart_memristor
from ...compact.jart import jart_characteristics as characteristics
from ...device.jart.spread import VARYING
from ...device.jart.walk import Walk
from .constant_devices import clock_s, grid
from .noise_cases import Case

_NODES = 81
"""Of the grid over the band of r, and of l."""

_SLICES = 16
"""Of the window, in ln N: in each of them the rate's fluctuations are those in its middle."""

_NORMAL = np.linspace(0.005, 0.995, 100)


@dataclass(frozen=True, eq=False)
class Chain:
    """The walk of one value at frozen N, x *= 1 + kick u within 1 +- band, as a Markov chain.

    Attributes
    ----------
    x
        The value over the device's own, (K,).
    weights
        Probabilities of the stationary state, (K,).
    modes
        Orthonormal, the first one is the root of the weights, (K, K).
    decay
        What is left of each mode after a step, (K,), 1 of the first.
    """

    x: np.ndarray
    weights: np.ndarray
    modes: np.ndarray
    decay: np.ndarray

    @classmethod
    def of(cls, kick: float, band: float) -> Chain:
        """Return the chain of a walk's law; without a kick it has one state."""
        if kick == 0 or band == 0:
            return cls(np.ones(1), np.ones(1), np.ones((1, 1)), np.ones(1))
        x = np.linspace(1 - band, 1 + band, _NODES)
        step = _transition(x, kick)
        weights = _stationary(step)
        root = np.sqrt(weights)
        # symmetric in detailed balance, and nearly so at the clamped ends
        symmetric = step * root[:, None] / root
        decay, modes = np.linalg.eigh((symmetric + symmetric.T) / 2)
        return cls(x, weights, modes[:, ::-1], np.minimum(decay[::-1], 1.0))

    @property
    def memory(self) -> float:
        """Return the number of steps in which the slowest fluctuation falls to 1/e."""
        return float(-1 / np.log(self.decay[1])) if len(self.x) > 1 else np.inf


def _transition(x: np.ndarray, kick: float) -> np.ndarray:
    """Return the probabilities (K, K) of the next node: uniform within +-kick, shared between neighbours, clamped at
    the ends.
    """
    h = x[1] - x[0]
    # sharing between neighbours widens a step by h^2 / 6 in square: as much is taken from its width
    half = np.sqrt(np.maximum((kick * x) ** 2 - h**2 / 2, 0))
    u = (np.arange(200) + 0.5) / 100 - 1
    at = np.clip((x[:, None] + half[:, None] * u - x[0]) / h, 0, len(x) - 1)
    low = np.minimum(at.astype(int), len(x) - 2)
    step = np.zeros((len(x), len(x)))
    rows = np.broadcast_to(np.arange(len(x))[:, None], at.shape)
    np.add.at(step, (rows, low), (1 - (at - low)) / u.size)
    np.add.at(step, (rows, low + 1), (at - low) / u.size)
    return step


def _stationary(step: np.ndarray) -> np.ndarray:
    """Return the probabilities of the stationary state of a chain, (K,), by least squares."""
    equations = np.vstack([step.T - np.eye(len(step)), np.ones(len(step))])
    found = np.linalg.lstsq(equations, np.append(np.zeros(len(step)), 1.0), rcond=None)[0]
    return np.maximum(found, 1e-12) / np.maximum(found, 1e-12).sum()


@dataclass(frozen=True, eq=False)
class Averaged:
    """The nominal device whose walk averages out, under a constant voltage.

    Attributes
    ----------
    direction
        1 for SET, -1 for RESET.
    n, mean_s
        Concentrations [1e26 m^-3], and the clock [s] as of `clock_s` at the mean rate, (K,).
    furthest_S
        The conductance there of an r and l at that end of their band at which a target is seen first [S], (K,).
    slices
        Concentrations between which fluctuations are taken as the same [1e26 m^-3], (J + 1,).
    power
        Variance of the rate over its mean that each pair of modes of r and l carries, in each slice, (J, M).
    decay
        What is left of each pair of modes after a step, (M,).
    step_s
        Of the walk [s].
    """

    direction: int
    n: np.ndarray
    mean_s: np.ndarray
    furthest_S: np.ndarray
    slices: np.ndarray
    power: np.ndarray
    decay: np.ndarray
    step_s: float

    @classmethod
    def of(cls, cell: CompactCell, case: Case, amplitude_V: float, walk: Walk) -> Averaged:
        """Return the averaged device for the sources of a case, at an amplitude [V]."""
        of_r, of_l = (Chain.of(walk.kick * (source in case.sources), walk.band) for source in ("r", "l"))
        slices = np.geomspace(*jart_memristor(cell).bounds, _SLICES + 1)
        middle = np.sqrt(slices[1:] * slices[:-1])
        own = jart_memristor(cell).r * of_r.x[:, None], jart_memristor(cell).l * of_l.x
        share = characteristics.rate(jart_memristor(cell), amplitude_V, middle[:, None, None], cell.model, *own)
        share /= characteristics.rate(jart_memristor(cell), amplitude_V, middle, cell.model)[:, None, None]
        weights = of_r.weights[:, None] * of_l.weights
        mean = (share * weights).sum(axis=(1, 2))
        swing = np.sqrt(weights) * (share / mean[:, None, None] - 1)
        power = np.einsum("ka,jkm,mb->jab", of_r.modes, swing, of_l.modes, optimize=True) ** 2
        n = grid(cell)
        free = characteristics.rate(jart_memristor(cell), amplitude_V, n, cell.model)
        faster = np.exp(np.interp(np.log(n), np.log(middle), np.log(mean)))
        decay = np.outer(of_r.decay, of_l.decay).ravel()
        direction = -int(np.sign(amplitude_V))
        end = -1 if direction > 0 else 0  # conductances rise with r and fall with l
        furthest_S = characteristics.conductance(jart_memristor(cell), n, own[0][end, 0], own[1][-1 - end], cell.model)
        power = power.reshape(_SLICES, -1)
        return cls(direction, n, clock_s(n, free * faster), furthest_S, slices, power, decay, walk.step_s)

    def last(self, target_S: np.ndarray) -> np.ndarray:
        """Return the concentrations at which conductances [S] are seen, (D,) [1e26 m^-3]: r and l pass all of their
        band by then.
        """
        return np.interp(target_S, self.furthest_S, self.n)

    def bias(self, n_start: np.ndarray, n_end: np.ndarray, noise_free_s: np.ndarray) -> np.ndarray:
        """Return the expected ln of the time over the noise-free one [s], (D,), between concentrations (D,) [1e26
        m^-3].
        """
        return np.log(np.maximum(self._spent_s(n_start, n_end), self.step_s) / noise_free_s)

    def scatter(self, n_start: np.ndarray, n_end: np.ndarray) -> np.ndarray:
        """Return the standard deviation of ln of the time, (D,), where the walk is quick against the way.

        It is that of the mean over the way's T steps of a rate with the autocorrelation of the walk: 2 tau / T of the
        rate's own variance for T far above the memory tau.
        """
        steps = np.maximum(self._spent_s(n_start, n_end) / self.step_s, 1.0)
        low, high = np.minimum(n_start, n_end)[:, None], np.maximum(n_start, n_end)[:, None]
        ends = np.clip(self.slices, low, high)
        # a way outside all of the slices is one of the nearest
        spent = np.diff(np.interp(ends, self.n, self.mean_s)) + 1e-9 * np.diff(self.slices)
        carried = (spent / spent.sum(axis=1, keepdims=True)) @ self.power
        return np.sqrt((carried * _of_mean(self.decay, steps[:, None])).sum(axis=1))

    @property
    def memory(self) -> np.ndarray:
        """Return the integral of the rate's autocorrelation in each slice, (J,) [steps]."""
        decay = np.minimum(self.decay, 1 - 1e-9)
        return (self.power * decay / (1 - decay)).sum(axis=1) / self.power.sum(axis=1)

    def _spent_s(self, n_start: np.ndarray, n_end: np.ndarray) -> np.ndarray:
        """Return the time between concentrations, (D,) [s]; 0 where the end lies behind the start already."""
        begin, end = (np.interp(n, self.n, self.mean_s) for n in (n_start, n_end))
        return np.maximum(self.direction * (end - begin), 0.0)


def _of_mean(decay: np.ndarray, steps: np.ndarray) -> np.ndarray:
    """Return the variance of the mean of `steps` successive values over that of one value, for correlations decay^k."""
    d = np.clip(decay, 0, 1 - 1e-9)
    return (1 + d) / (1 - d) / steps - 2 * d * (1 - d**steps) / (steps * (1 - d)) ** 2


def mixture_quantiles(bias: np.ndarray, scatter: np.ndarray, at: Sequence[float]) -> np.ndarray:
    """Return the quantiles `at`, (Q,), of all pairs together, each normal with its own bias and scatter."""
    from scipy.special import ndtri

    return np.quantile(bias[:, None] + scatter[:, None] * ndtri(_NORMAL), at)


def levers(cell: CompactCell, amplitude_V: float, n_disc: float) -> dict[str, float]:
    """Return d ln rate over d ln of r, l, Ndiscmin and Ndiscmax, by name, at a concentration [1e26 m^-3]."""
    device, found = jart_memristor(cell), {}
    for name in VARYING:
        values = [{name: getattr(device, name) * (1 + shift)} for shift in (-1e-3, 1e-3)]
        low, high = (
            float(characteristics.rate(device.replace(**value), amplitude_V, n_disc, cell.model)) for value in values
        )
        found[name] = float(np.log(high / low) / np.log(1.001 / 0.999))
    return found
