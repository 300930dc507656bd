"""A walk's part of one pulse: the path of the parameters from step to step, and their waveforms in a transient.

Inside a transient r and l of `Walk` do not jump: they go along a straight line (of the logarithm) around the end of
each step, from a quarter of a step before it to a quarter behind it. In between, between pulses and at reads they are
those of the law. The middle of a line is where the law has its jump, and a line is as long as the time steps that a
transient is solved in, half a step of the walk: the trapezoidal rule then takes from it what it would from the jump,
wherever its points lie.

That holds for what the rate is nearly linear in. Of a limit it feels the tenth power, and one that walks past N takes
N along: Ndiscmin and Ndiscmax do jump, but only where N is near them.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

import numpy as np

from ..._util.forks import cached_property
from ...circuit.pulse import PWL
from ...device.jart.jart_device import Device
from ...device.jart.spread import VARYING
from ...device.jart.walk import Walk
from ...device.jart.walk_state import WalkState
from ...device.jart.walk_values import _ROUNDING, _before, held_concentration
from .walk_limits import Limits, jumps

RAMP = 0.5
"""Share of a step of `Walk` in which the values go to the new ones; half of it lies before the step's end."""


_GROWTH = (0.5, 2.0)
"""Where N gathers speed, it is taken to go on so, but for no more than this from a quarter of a step to the next."""


@dataclass(frozen=True)
class WalkSegment:
    """A part of one pulse, as the walk sees it; all times are those of the part.

    The path of the parameters are the values of r [m], l [nm], Ndiscmin, Ndiscmax from step to step: a row for the step
    that is under way at the beginning, one behind the end of each of K steps.

    Attributes
    ----------
    device
        With its walk.
    wander
        Where the walk stands at the beginning.
    polarity
        Sign of the pulse.
    on_s, off_s
        When the pulse begins and ends, rise to fall [s]: before the part and behind it where they are not in it.
    stop_s
        Length of the part [s].
    streams
        The key of its random numbers.
    """

    device: Device
    wander: WalkState
    polarity: int
    on_s: float
    off_s: float
    stop_s: float
    streams: np.ndarray

    @cached_property
    def walk(self) -> Walk:
        """Return the law of the walk; ValueError where the device has none that takes steps."""
        if not isinstance(self.device.walk, Walk):
            raise ValueError(f"walk = {self.device.walk!r}: a segment is one of an ouro_spice.Walk")
        return self.device.walk

    @cached_property
    def begin_s(self) -> float:
        """Return when the clock of the walk begins to run [s]."""
        return min(max(self.on_s, 0.0), self.stop_s)

    @cached_property
    def end_s(self) -> float:
        """Return when the clock stops [s]."""
        return min(max(self.off_s, 0.0), self.stop_s)

    @cached_property
    def ends_s(self) -> np.ndarray:
        """Return when steps of the walk end in the part, (J,) [s]."""
        return np.minimum(self._middles[1 : self._steps + 1], self.end_s)

    @property
    def expected_s(self) -> np.ndarray:
        """Return when steps end, (K,) [s], that of a step behind the part included whose line begins in it."""
        return self._middles[1:]

    @property
    def line_s(self) -> float:
        """Return how long a line from one value to the next is [s]."""
        return RAMP * self.walk.step_s

    @property
    def bend_s(self) -> float:
        """Return when a line begins [s]; others begin and end whole `line_s` away from it."""
        return self._zero_s - self.line_s / 2

    def concentrations(self, time_s: np.ndarray, n_disc: np.ndarray) -> np.ndarray:
        """Return N by the law at the ends of the steps, (K,) [1e26 m^-3], from its trace over the part, (T,).

        A line begins before the step's end: N there is the one at its beginning, gone on as just before. Where the part
        ends inside a line, the step to which that belongs is counted in.
        """
        ends, half = self._middles[1:], self._halves[1:]
        begins = ends - half
        befores, firsts = (np.maximum(begins - share * half, 0.0) for share in (1, 2))
        log_n = np.log(n_disc)
        n_end, n, n_before, n_first = (np.interp(t, time_s, log_n) for t in (ends, begins, befores, firsts))
        span = begins - befores
        known, curved = span > 0.1 * half, (firsts > 0) & ((n - n_before) * (n_before - n_first) > 0)
        growth = np.where(curved, (n - n_before) / np.where(curved, n_before - n_first, 1.0), 1.0)
        way = (n - n_before) * np.clip(growth, *_GROWTH) * half / np.where(known, span, 1.0)
        return np.exp(np.where(known, n + way, n_end))

    def constant_concentrations(self, n_disc: float) -> np.ndarray:
        """Return N at the ends of the steps where it stays as it is, (K,) [1e26 m^-3]."""
        return np.full(len(self._middles) - 1, n_disc)

    def parameter_path(self, n: np.ndarray) -> np.ndarray:
        """Return the path of the parameters, (K + 1, 4), that N at the steps' ends, (K,) [1e26 m^-3], leads to."""
        from ...compact.jart import walk_kernel  # numba, for devices that walk alone
        from ...compact.jart.parameter_vector import vector

        n = np.concatenate([[self.wander.n_begin], n])
        settings, parameters = self.walk.settings, vector(self.device)
        return walk_kernel.walk_path(self.wander.vector, n, 0.0, settings, parameters, self.streams)

    def parameter_waveforms(self, path: np.ndarray, n: np.ndarray | None = None) -> dict[str, PWL]:
        """Return the waveforms of ln(value / parameter) over the part for a path, by parameter.

        With `n`, N at the ends of the steps, (K,), a limit stays where it is for as long as N is far from it.
        """
        times, values = self._lines(path)
        inside = times[(times > 0) & (times < self.stop_s)]
        corners = np.concatenate([[0.0], inside, [self.stop_s]])
        corners = corners[np.concatenate([[True], np.diff(corners) > _ROUNDING * self.walk.step_s])]
        corners[-1] = self.stop_s
        own = np.array([getattr(self.device, name) for name in VARYING])
        logs, ends = np.log(values / own), np.minimum(self._middles, self.off_s)
        found = {
            VARYING[k]: PWL(tuple(corners.tolist()), tuple(np.interp(corners, times, logs[:, k]).tolist()))
            for k in (0, 1)
        }
        near = np.ones((len(path), 2), bool) if n is None else self.near_limits(path, n)
        for k, reached in zip((2, 3), self._limits.reached, strict=True):
            if reached:
                logs = np.log(path[:, k] / own[k])
                found[VARYING[k]] = jumps(logs, near[:, k - 2], ends, self.walk.step_s, self.stop_s)
        return found

    def near_limits(self, path: np.ndarray, n: np.ndarray) -> np.ndarray:
        """Return where N, (K,) at the ends of the steps, comes near each limit in a step of a path, (K + 1, 2) bool."""
        return self._limits.near(path, n)

    @property
    def _limits(self) -> Limits:
        return Limits(self.device, self.walk, self.wander.n_begin, self.polarity)

    def _lines(self, path: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the corners of the lines: times (C,) [s], some perhaps outside the part, and values (C, 4)."""
        rounding = _ROUNDING * self.walk.step_s
        middles, half = self._middles, self._halves
        begins, ends = middles - half, middles + half
        # what is drawn at the very end of a pulse takes its place behind it
        last = np.abs(self.off_s - middles) <= rounding
        begins[last], ends[last] = self.off_s, self.off_s + self.line_s
        there = (half > rounding) | last
        if not there.any():
            return np.zeros(1), path[-1:]
        old = np.concatenate([[_before(self.wander)], path[:-1]])
        values = np.stack([old[there], path[there]], axis=1)
        return np.stack([begins[there], ends[there]], axis=1).ravel(), values.reshape(-1, len(VARYING))

    def after(self, path: np.ndarray, n: np.ndarray) -> WalkState:
        """Return the state of the walk at the end, from the path and from N at the ends of its steps, (K,)."""
        steps = self._steps
        before = path[steps - 1] if steps else _before(self.wander)
        wander = WalkState(
            *map(float, path[steps]),
            *map(float, before),
            n_begin=self.wander.n_begin,
            clock_s=max(self._clock_s, 0.0),
            count=self.wander.count + steps,
            polarity=self.polarity,
        )
        return dataclasses.replace(wander, n_begin=held_concentration(wander, float(n[steps - 1]))) if steps else wander

    @cached_property
    def _middles(self) -> np.ndarray:
        """Return when the step under way at the beginning began, the ends of steps in the part, and that of a last
        one [s].

        The last one is there where its line begins in the part. Times outside the pulse are counted backwards in
        write-pulse time.
        """
        step = self.walk.step_s
        middles = self._zero_s + step * np.arange(self._steps + 2)
        begun = middles[-1] - self._half(middles[-1]) < self.end_s and middles[-1] < self.off_s
        return middles if begun else middles[:-1]

    @cached_property
    def _halves(self) -> np.ndarray:
        """Return half the length of the line at each of the `_middles` [s], 0 or less where there is none."""
        return self._half(self._middles)

    def _half(self, middle_s: np.ndarray) -> np.ndarray:
        # outside the pulse the law's values hold: near its ends a line is shorter
        return np.minimum(np.minimum(middle_s - self.on_s, self.off_s - middle_s), self.line_s / 2)

    @property
    def _steps(self) -> int:
        """Return how many steps end in the part."""
        return int((self.wander.clock_s + self.end_s - self.begin_s) / self.walk.step_s + _ROUNDING)

    @property
    def _zero_s(self) -> float:
        """Return when the step under way at the beginning began, in write-pulse time [s]."""
        return min(max(self.on_s, 0.0), self.off_s) - self.wander.clock_s

    @property
    def _clock_s(self) -> float:
        """Return the write-pulse time since the last step at the end [s]."""
        return self.wander.clock_s + self.end_s - self.begin_s - self._steps * self.walk.step_s
