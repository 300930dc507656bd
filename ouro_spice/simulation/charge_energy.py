"""What a pulse is without its device: what the circuit's own charges cost, and the edges of the line that is raised."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np

from ..circuit.cell_kinds import LoneCell
from ..circuit.drivers import WriteDriver
from ..circuit.gates import gate_voltage
from ..circuit.pulse import Pulse
from ..circuit.waveform import Waveform
from ..spice.ngspice import Engine

_OPEN_OHM = 1e10
"""A device that lets no charge through."""

_AMPLITUDE_V, _GATE_V = 0.25, 0.1
"""Amplitudes and gate voltages are measured at multiples of these; in between all goes along straight lines."""

_PULSE_S = 20e-9
"""Width of the pulse that is measured, and edges of ideal drivers: the energy of charges does not depend on them."""

_EDGE_S, _EDGE_FACTOR = 1e-10, math.sqrt(10.0)
"""Shortest edge of the control of a `WriteDriver` that is measured, and the ratio of one to the next: while its control
is between the levels its gates conduct, and the line's edge is its own.
"""

LEVELS = (0.05, 0.1, 0.2, 0.35, 0.5, 0.65, 0.8, 0.9, 0.95, 0.98, 0.99)
"""Shares of the amplitude at which the times of the line's edge are known; 0 and 1 lie on straight lines beyond."""


@dataclass(frozen=True)
class OpenPulse:
    """A pulse with no device: energy [J], and when its edges are at `LEVELS`, from the begin of the control's, (K,)
    [s].
    """

    energy_J: float
    rise_s: np.ndarray
    fall_s: np.ndarray


@dataclass(frozen=True, eq=False)
class ChargeEnergy:
    """Pulses of a circuit with nothing in the place of the device."""

    cell: LoneCell
    engine: Engine
    _measured: dict[tuple[int, int, int], OpenPulse] = field(default_factory=dict)

    def of(self, pulse: Pulse) -> float:
        """Return the energy of a pulse's charges [J]: half of those with both edges as one of the two."""
        both = [self._between(pulse, edge_s) for edge_s in (pulse.rise, pulse.fall)]
        return sum(weight * one.energy_J for found in both for weight, one in found) / 2

    @property
    def shaped(self) -> bool:
        """Return whether the line's edges are not those of the pulse."""
        return isinstance(self.cell.driver, WriteDriver)

    def edges(self, pulse: Pulse) -> tuple[np.ndarray, np.ndarray]:
        """Return the corners of the line's rising and falling edge, shares of nominal time and amplitude, (K, 2)."""
        rise, fall = (self._edge_s(pulse, name) for name in ("rise", "fall"))
        return _corners(rise / pulse.rise, LEVELS), _corners(fall / pulse.fall, LEVELS[::-1])

    def _edge_s(self, pulse: Pulse, name: str) -> np.ndarray:
        """Return when one of a pulse's edges is at `LEVELS` [s], (K,); no pulse of 0 V has any."""
        found = [(weight, getattr(one, f"{name}_s")) for weight, one in self._between(pulse, getattr(pulse, name))]
        given = [(weight, times) for weight, times in found if times.size]
        if not given:  # a pulse of 0 V
            return np.linspace(0.0, getattr(pulse, name), len(LEVELS))
        return np.average([times for _, times in given], axis=0, weights=[weight for weight, _ in given])

    def measure(self, pulses: Sequence[Pulse]) -> None:
        """Measure what these pulses need, all at once."""
        keys = {key for pulse in pulses for edge in (pulse.rise, pulse.fall) for _, key in self._nodes(pulse, edge)}
        missing = sorted(keys - set(self._measured))
        sent = [self._pulse(*key) for key in missing]
        benches = [self.cell.resistor(_OPEN_OHM).testbench([pulse]) for pulse in sent]
        for key, pulse, wave in zip(missing, sent, self.engine.map(benches), strict=True):
            raised = self.shaped and pulse.amplitude
            times = self._edge_times(pulse, wave) if raised else (np.empty(0), np.empty(0))
            self._measured[key] = OpenPulse(wave.energy_J, *times)

    def _between(self, pulse: Pulse, edge_s: float) -> list[tuple[float, OpenPulse]]:
        """Return the measured pulses around one with edges of so many seconds [s], and their weights."""
        nodes = list(self._nodes(pulse, edge_s))
        if any(key not in self._measured for _, key in nodes):
            self.measure([pulse])
        return [(weight, self._measured[key]) for weight, key in nodes]

    def _nodes(self, pulse: Pulse, edge_s: float) -> Iterator[tuple[float, tuple[int, int, int]]]:
        access = self.cell.access
        gate_V = gate_voltage(access, self.cell.process, pulse) if access else 0.0
        for i, wi in _around(pulse.amplitude / _AMPLITUDE_V):
            for j, wj in _around(gate_V / _GATE_V):
                for k, wk in self._edges_around(edge_s):
                    yield wi * wj * wk, (i, j, k)

    def _edges_around(self, edge_s: float) -> list[tuple[int, float]]:
        """Return the measured edges around one and their weights: straight over the time, not over its logarithm."""
        if not self.shaped:
            return [(0, 1.0)]
        k = max(math.floor(math.log(edge_s / _EDGE_S) / math.log(_EDGE_FACTOR) + 1e-9), 0)
        low, high = _EDGE_S * _EDGE_FACTOR**k, _EDGE_S * _EDGE_FACTOR ** (k + 1)
        share = (edge_s - low) / (high - low)
        return [(k, 1.0 - share), (k + 1, share)]

    def _pulse(self, amplitude: int, gate: int, edge: int) -> Pulse:
        """Return the pulse at so many steps of amplitude, gate voltage and edge."""
        volts = min(gate * _GATE_V, self.cell.process.gate_V)
        edge_s = _EDGE_S * _EDGE_FACTOR**edge if self.shaped else _PULSE_S
        return Pulse(amplitude * _AMPLITUDE_V, _PULSE_S, edge_s, edge_s, gate=volts if self.cell.gated else None)

    def _edge_times(self, pulse: Pulse, wave: Waveform) -> tuple[np.ndarray, np.ndarray]:
        """Return when the raised line is at `LEVELS` in both edges, from the begin of the control's, (K,) [s]."""
        line = "v_oe" if pulse.amplitude < 0 else "v_sl" if self.cell.gated else "v_ae"
        begin, down = self.cell.gate_edge_s, self.cell.gate_edge_s + pulse.rise + pulse.width
        share, time_s = wave[line] / abs(pulse.amplitude), wave.time_s
        # gates push charge onto the line and back: what counts is where it comes to a level to stay
        rising = (time_s >= begin) & (time_s <= down)
        falling = time_s >= down
        up = np.minimum.accumulate(np.minimum(share[rising], 1.0)[::-1])[::-1]
        back = np.maximum.accumulate(share[falling][::-1])[::-1]
        levels = np.array(LEVELS)
        return np.interp(levels, up, time_s[rising] - begin), np.interp(-levels[::-1], -back, time_s[falling] - down)


def _corners(times: np.ndarray, levels: Sequence[float]) -> np.ndarray:
    """Return the corners (K, 2) of an edge that is at levels at some times (shares of its own): from 0 to 1, or back,
    beyond the outer levels straight on.
    """
    first, last = round(levels[0]), round(levels[-1])
    slopes = [(times[a] - times[b]) / (levels[a] - levels[b]) for a, b in ((0, 1), (-1, -2))]
    begin = max(times[0] + slopes[0] * (first - levels[0]), 0.0)
    end = times[-1] + slopes[1] * (last - levels[-1])
    inside = list(zip(times, levels, strict=True))
    # an edge may last longer than its nominal time, and not shorter
    return np.array([(0.0, first), (begin, first), *inside, (end, last), (max(end, 1.0), last)], float)


def _around(x: float) -> list[tuple[int, float]]:
    """Return the whole numbers around a number, and their weights."""
    low = math.floor(x + 1e-9)
    share = x - low
    return [(low, 1.0)] if abs(share) < 1e-9 else [(low, 1.0 - share), (low + 1, share)]
