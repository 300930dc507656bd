"""The static currents through all cells of a 1R array: of resistors at once, of memristors by Newton's method."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from .._util.forks import cached_property
from ..circuit.array_protocol import Array
from ..circuit.device_map import DeviceMap
from ..circuit.result import Result, SimulationError
from .line_network import FactorisedLines, LineNetwork

TOLERANCE = 1e-10
"""Newton's method has converged where no line's current is further off than this share of the largest one."""

_STEPS, _WHOLE_STEPS = 60, 15
"""Newton steps at most, and those after which it takes half steps, for it goes back and forth."""

_STEP_V = 1e-5
"""By how much voltages differ for the slope of a current: an error of it costs Newton's method no accuracy."""

_NOTHING_A = 1e-18
"""Where no current is larger there is none."""


@dataclass(frozen=True, eq=False)
class OperatingPoint:
    """Currents from AE to OE of all devices (rows, cols, M) [A], and the number of Newton steps, 0 of resistors."""

    i_A: np.ndarray
    steps: int = 0


@dataclass(frozen=True, eq=False)
class StaticArray:
    """The devices of a 1R array at known states between its lines, of which some may float.

    Parameters
    ----------
    array
        The array, its devices as their walks have left them.
    lead
        First state variable of each device, (K,).
    network
        Its lines.
    """

    array: Array
    lead: np.ndarray
    network: LineNetwork

    @property
    def devices(self) -> DeviceMap:
        """Return the devices of all cells."""
        return self.array.ensemble

    @property
    def linear(self) -> bool:
        """Return whether all devices are resistors."""
        return not self.devices.groups

    @property
    def contacts_ohm(self) -> float:
        """Return the resistance in series with each device [Ohm]: both of its contacts."""
        return 2 * self.array.cell.lines.contact

    @cached_property
    def factors(self) -> FactorisedLines:
        """Return the lines of a linear array, factorised: for any number of inputs."""
        return self._lines(self._at(np.ones((self.network.rows, self.network.cols)))[0])

    def solved(self, sources_V: Mapping[str, np.ndarray]) -> OperatingPoint:
        """Return the currents for voltages of all sources, ``wl`` (rows, M) and ``bl`` (cols, M) [V], 0 of lines that
        float.

        Memristors: Newton's method on the voltages of all nodes, each step a factorisation, one input after the other;
        it begins at devices that are resistors of their slope at 0 V, and has converged at `TOLERANCE`.

        Raises
        ------
        SimulationError
            Where it has not converged.
        """
        sources = np.concatenate([sources_V["wl"], sources_V["bl"]])
        if self.linear:
            return OperatingPoint(self.factors.g_S[..., None] * self.factors.volts(sources))
        found = [self._newton(one[:, None]) for one in sources.T]
        return OperatingPoint(np.stack([i for i, _ in found], axis=-1), max((n for _, n in found), default=0))

    def _newton(self, sources: np.ndarray) -> tuple[np.ndarray, int]:
        """Return the currents for one input, (rows, cols) [A], and the number of steps."""
        volts = np.zeros((self.network.rows, self.network.cols))
        off = np.inf
        i, slope = self._at(volts)
        for step in range(1, _STEPS + 1):
            lines = self._lines(slope)
            extra = (i - slope * volts) / (1 + self.contacts_ohm * slope)
            across = lines.volts(sources, extra[..., None])[..., 0]
            through = lines.g_S * across + extra
            found = across - self.contacts_ohm * through
            volts = found if step <= _WHOLE_STEPS else (volts + found) / 2
            i, slope = self._at(volts)
            if not (np.isfinite(i).all() and np.isfinite(slope).all()):
                raise SimulationError(Result.NOT_FINITE, "", (f"error: in step {step} of Newton's method",))
            gap = np.abs(self._devices_at(found[None])[0] - through if volts is not found else i - through)
            largest = max(np.abs(through.sum(axis=axis)).max() for axis in (0, 1))
            off = max(gap.sum(axis=axis).max() for axis in (0, 1)) / max(largest, _NOTHING_A)
            if off <= TOLERANCE:
                return through, step
        raise SimulationError(Result.OPERATING_POINT, "", (_failure(off),))

    def _lines(self, slope_S: np.ndarray) -> FactorisedLines:
        """Return the lines with devices of these slopes behind their contacts, (rows, cols) [S]."""
        return self.network.factorised(slope_S / (1 + self.contacts_ohm * slope_S))

    def _at(self, volts: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return current [A] and slope [S] of each device at voltages [V], all (rows, cols)."""
        i, more = self._devices_at(np.stack([volts, volts + _STEP_V]))
        return i, np.maximum((more - i) / _STEP_V, 0.0)

    def _devices_at(self, volts: np.ndarray) -> np.ndarray:
        """Return the current of each device at voltages [V], both (T, rows, cols) [A]."""
        found = self.devices.currents(volts.reshape(len(volts), -1), self.lead)
        return found.reshape(volts.shape)


def _failure(off: float) -> str:
    """Return the sentence of an operating point that was not found."""
    return (
        f"error: Newton's method is still off by {off:.2g} of the largest current after {_STEPS} steps; "
        'fidelity="full" asks ngspice'
    )
