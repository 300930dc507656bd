"""The effective width of pulses with edges, its correction by least squares, and what that is worth on other pulses."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from ...circuit.pulse import Pulse
from .ideal_pulse import DIRECTIONS, Ideal, Trajectory

SHORTEST_WIDTH_S = 1e-9
"""No pulse is shorter."""


@dataclass(frozen=True)
class Alphas:
    """The effective width of a pulse: ``width + rise * rise_s + fall * fall_s``.

    Attributes
    ----------
    rise, fall
        Share of an edge that counts as time at full amplitude.
    rise_error, fall_error
        Their standard errors, which hold for errors of unequal size too (HC1, MacKinnon and White, J. Econometrics 29,
        1985). That the shares differ with the conductance is part of them.
    residual_s
        Root mean square of what the fit leaves [s].
    """

    rise: float
    fall: float
    rise_error: float = 0.0
    fall_error: float = 0.0
    residual_s: float = 0.0

    @classmethod
    def of(cls, rise_s: np.ndarray, fall_s: np.ndarray, extra_s: np.ndarray) -> Alphas:
        """Fit by least squares, from edges, and effective width less width, of pulses, (M,) [s] each; return the shares
        of edges.
        """
        scale = max(rise_s.max(), fall_s.max())
        x, y = np.column_stack([rise_s, fall_s]) / scale, extra_s / scale
        inverse = np.linalg.inv(x.T @ x)
        alphas = inverse @ x.T @ y
        left = y - x @ alphas
        covariance = inverse @ (x.T * left**2) @ x @ inverse * len(y) / (len(y) - 2)
        errors = np.sqrt(np.diag(covariance))
        return cls(*map(float, (*alphas, *errors, scale * np.sqrt(np.mean(left**2)))))

    def effective_s(self, pulse: Pulse) -> float:
        """Return the effective width of a pulse [s]."""
        return pulse.width + self.extra_s(pulse)

    def extra_s(self, pulse: Pulse) -> float:
        """Return what the edges of a pulse add to its width [s]."""
        return self.rise * pulse.rise + self.fall * pulse.fall


@dataclass(frozen=True)
class Shots:
    """Pulses of one width from one start, with several edges.

    Attributes
    ----------
    direction, x, width_s
        Of all of them; state at the start, width [s].
    edges_s
        (rise, fall) of each [s].
    """

    direction: str
    x: float
    width_s: float
    edges_s: tuple[tuple[float, float], ...]

    def send(
        self,
        ideal: Ideal,
        traverse: Trajectory,
        widths_s: Callable[[Pulse], Sequence[float]],
        advance: Callable[[], None],
    ) -> list[list[float]]:
        """Return a row a pulse: state after it, effective width [s], ideal ones at `widths_s`."""
        longest_s = max(rise + fall for rise, fall in self.edges_s)
        # no edge counts by more than half: the rate rises at least in proportion to the voltage
        way, rows = ideal.near(traverse, self.x, self.width_s + longest_s / 2), []
        for rise, fall in self.edges_s:
            pulse = Pulse(ideal.amplitude(self.direction), self.width_s, rise, fall)
            x_end = ideal.x_after(pulse, self.x)
            rows.append([x_end, float(way.time_at(x_end)), *map(float, way.x_at(widths_s(pulse)))])
            advance()
        return rows

    def rows(
        self, ideal: Ideal, found: Sequence[Sequence[float]], alphas: Alphas | None = None
    ) -> Iterator[dict[str, object]]:
        """Yield what `send` returns as rows of a table; with alphas, what they predict beside it."""
        g_start = float(ideal.g_S(self.x))
        for (rise, fall), (x_end, effective_s, *foretold) in zip(self.edges_s, found, strict=True):
            pulse, g_end = Pulse(ideal.amplitude(self.direction), self.width_s, rise, fall), float(ideal.g_S(x_end))
            row = {
                "direction": self.direction,
                "amplitude_V": pulse.amplitude,
                "g_start_S": g_start,
                "width_s": pulse.width,
                "rise_s": rise,
                "fall_s": fall,
                "g_end_S": g_end,
                "effective_s": effective_s,
            }
            if alphas:
                g_plain, g_corrected = map(float, ideal.g_S(foretold))
                corrected_s = alphas.effective_s(pulse)
                row |= {
                    "corrected_s": corrected_s,
                    "g_width_S": g_plain,
                    "g_corrected_S": g_corrected,
                    "time_error": pulse.width / effective_s - 1,
                    "time_error_corrected": corrected_s / effective_s - 1,
                    "change_error": (g_plain - g_end) / (g_end - g_start),
                    "change_error_corrected": (g_corrected - g_end) / (g_end - g_start),
                }
            yield row


def fit_shots(ideal: Ideal, edges_s: Sequence[float], shares: Sequence[float]) -> Iterator[Shots]:
    """Yield the pulses of the fit: from each start half and twice as wide as the longest edge, with all pairs of
    unequal edges.

    No pulse is below 1 ns, and half of them are four times as wide as the others.
    """
    levels = sorted(edges_s) if len(edges_s) > 1 else [edges_s[0], 2 * edges_s[0]]
    pairs = tuple(itertools.permutations(levels, 2))
    shortest = max(levels[-1] / 2, SHORTEST_WIDTH_S)
    for direction, share, width in itertools.product(DIRECTIONS, shares, (shortest, 4 * shortest)):
        yield Shots(direction, ideal.x(ideal.share_S(direction, share)), width, pairs)


def test_shots(ideal: Ideal, edges_s: Sequence[float], count: int, rng: np.random.Generator) -> Iterator[Shots]:
    """Yield random pulses for the test, `count` a direction: start uniform over the window, width and edges
    log-uniform.

    Widths reach from a hundredth of the longest to 50 of the longest edges, or to a twentieth of the pair's time.
    """
    longest = max(min(50 * max(edges_s), ideal.voltages.total_s / 20), SHORTEST_WIDTH_S)
    shortest = max(longest / 100, SHORTEST_WIDTH_S)
    ends = (min(edges_s), max(edges_s) * (1 if len(edges_s) > 1 else 2))
    for direction in DIRECTIONS:
        for _ in range(count):
            start = ideal.share_S(direction, rng.uniform(0.0, 0.98))
            width = float(np.exp(rng.uniform(*np.log([shortest, longest]))))
            rise, fall = map(float, np.exp(rng.uniform(*np.log(ends), size=2)))
            yield Shots(direction, ideal.x(start), width, ((rise, fall),))
