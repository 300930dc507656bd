"""The way of a device under one long pulse, in parts that go on from each other, as far as it is needed."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

import numpy as np

from ..circuit.cell_kinds import memristor
from ..circuit.pulse import Pulse
from ..circuit.waveform import Waveform
from ..device.jart.walk import Walk
from ..device.state import State
from ..simulation.plausibility import doubts, warn_each
from ..simulation.transient import Run
from .record import closest, stride

_FIRST = 60
"""Steps of the width in the first part; each further one makes what is there three times as long."""

_WALKED = 480
"""Steps of a walk in one part at most: behind the crossing the last part is simulated once more."""


@dataclass(frozen=True)
class _Part:
    """A part of the trajectory: when it begins [s], in what state, and the energy delivered before [J]."""

    begin_s: float
    state: State
    energy_J: float


class Way:
    """A trajectory under a long pulse, simulated in parts as far as it is needed.

    The target's crossing is found by going on, each part twice as long as all before it, at most 480 steps of a walk;
    state and energy at the begin of each part are held, so that the pulse that ends at the crossing is simulated from
    there. It ends where the target is crossed, or at the longest pulse: then there is no crossing.
    """

    def __init__(self, run: Run, pulse: Pulse, step_s: float, state: State) -> None:
        self._run, self._pulse, self._step_s = run, pulse, step_s
        self._flat_s = run.cell.flat_start_s(pulse)
        self._steps = int(pulse.width / step_s * (1 + 1e-9))
        self._parts: list[_Part] = []
        self._next = _Part(0.0, state, 0.0)
        self._g = np.empty(0)

    def crossing(self, target_S: float) -> float | None:
        """Return the width on the grid that ends closest to the target, around its first crossing [s]; None where it is
        not crossed.
        """
        while True:
            crossed = self._g >= target_S if self._pulse.amplitude < 0 else self._g <= target_S
            if crossed.any():
                k = int(np.argmax(crossed))
                back = k > 0 and closest(self._g[k - 1], self._g[k], target_S)
                return max(k - back, 1) * self._step_s
            if len(self._g) > self._steps:
                return None
            self._go_on()

    def history(self, width_s: float) -> tuple[int, np.ndarray]:
        """Return the stride s, a power of two, and the conductance at every s-th width up to twice a width, float32
        [S].
        """
        steps = min(2 * round(width_s / self._step_s), self._steps)
        every = stride(steps)
        return every, self.conductances(steps)[::every].astype(np.float32)

    def conductances(self, steps: int) -> np.ndarray:
        """Return the conductance at the widths of the grid from 0 to so many steps, (steps + 1,) [S]."""
        while len(self._g) <= steps:
            self._go_on()
        return self._g[: steps + 1]

    def end_pulse(self, width_s: float) -> tuple[Waveform, float]:
        """Simulate the end of the pulse with a width, falling edge included; return its waveform and the pulse's energy
        [J].
        """
        pulse = dataclasses.replace(self._pulse, width=width_s)
        # the very beginning, or a time at full amplitude
        part = [part for part in self._parts if part.begin_s < self._flat_s + width_s][-1]
        waves = list(self._run.pulse(pulse, part.begin_s, self._run.cell.duration([pulse]), part.state))
        return waves[-1], part.energy_J + sum(wave.energy_J for wave in waves)

    def _go_on(self) -> None:
        """Simulate the next part of the trajectory, about twice as long as all before it."""
        part, done = self._next, 2 * len(self._g) or _FIRST
        walk = memristor(self._run.cell).walk
        if isinstance(walk, Walk):
            done = min(done, max(round(_WALKED * walk.step_s / self._step_s), 1))
        last = min(len(self._g) - 1 + done, self._steps)
        # between two points of the grid: the last of them lies well inside
        end_s = self._flat_s + min((last + 0.5) * self._step_s, self._pulse.width)
        waves = list(self._run.pulse(self._pulse, part.begin_s, end_s, part.state))
        warn_each(tuple(text for wave in waves for text in doubts(wave)))
        times = self._flat_s + self._step_s * np.arange(len(self._g), last + 1)
        self._g = np.concatenate([self._g, _sampled(waves, times - part.begin_s)])
        self._parts.append(part)
        self._next = _Part(end_s, waves[-1].end_state, part.energy_J + sum(wave.energy_J for wave in waves))


def _sampled(waves: list[Waveform], times_s: np.ndarray) -> np.ndarray:
    """Return the conductance of successive waveforms at times since their beginning, (K,) [S]."""
    starts = np.cumsum([0.0, *(wave.time_s[-1] for wave in waves[:-1])])
    time_s = np.concatenate([wave.time_s + start for wave, start in zip(waves, starts, strict=True)])
    return np.exp(np.interp(times_s, time_s, np.log(np.concatenate([wave.g for wave in waves]))))
