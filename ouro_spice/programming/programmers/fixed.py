"""The plain conventional way."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..._util.checks import check_kind, check_range, check_text
from ...circuit.pulse import HIGHEST_V, Pulse
from ...simulation.write_voltages import Pair
from ..programmer import Conventional


@dataclass(frozen=True)
class FixedPulse(Conventional):
    """The plain conventional way: the same pulse again and again, the polarity by the sign of the error.

    Parameters
    ----------
    voltages
        Amplitudes for SET and RESET.
    width
        Of each pulse [s].
    edge
        Rise and fall [s].
    over
        Amplitude over the pair's.
    """

    voltages: Pair
    width: float = 1e-6
    edge: float = 2e-9
    name: str = "fixed pulse"
    over: float = 1.0

    def __post_init__(self) -> None:
        check_programmer(self.name, self.voltages)
        check_over("over", self.over, self.voltages)
        for up in (True, False):
            self._pulse(up)  # raises where a value is out of range

    def next_pulses(self, targets: np.ndarray, readings: np.ndarray) -> list[Pulse]:
        """Return the fixed pulse towards each of K targets."""
        pulses = [self._pulse(False), self._pulse(True)]
        return [pulses[up] for up in (readings[:, -1] < targets).tolist()]

    @classmethod
    def candidates(cls, voltages: Pair) -> list[FixedPulse]:
        """Return the settings that `tune` may choose from for a pair."""
        return [
            cls(voltages, width, over=over)
            for width in (3e-9, 10e-9, 30e-9, 100e-9, 300e-9, 1e-6)
            for over in overs(voltages, 0.95, 1.5, 12)
            if over < strongest(voltages)
        ]

    def _pulse(self, up: bool) -> Pulse:
        return Pulse(self.over * self.voltages.amplitude(1 if up else -1), self.width, self.edge, self.edge)


def overs(voltages: Pair, low: float, high: float, count: int) -> list[float]:
    """Return `count` amplitudes over a pair's, evenly from `low` to `high` for a pair of 60 us, equally strong for
    others.

    The time of a traverse goes with about the -25th power of the voltage.
    """
    speed = (voltages.total_s / 60e-6) ** (1 / 25)
    return [float(f"{speed * over:.3g}") for over in np.linspace(low, high, count)]


def strongest(voltages: Pair) -> float:
    """Return the largest amplitude over the pair's that candidates go to: twice that of a pair of 60 us."""
    return min(overs(voltages, 2.0, 2.0, 1)[0], _limit(voltages))


def check_programmer(name: str, voltages: Pair) -> None:
    """Raise ValueError for what is no name, or no pair of amplitudes."""
    check_text("name", name)
    check_kind("voltages", voltages, Pair)


def check_over(name: str, over: float, voltages: Pair) -> None:
    """Raise ValueError for an amplitude over the pair's that is beyond every driver."""
    check_range(name, over, 0.01, _limit(voltages), "")


def _limit(voltages: Pair) -> float:
    return HIGHEST_V / max(-voltages.v_set, voltages.v_reset)
