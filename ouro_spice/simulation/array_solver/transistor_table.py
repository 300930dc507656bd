"""The access transistor as a table: its current over drain and source voltage at one gate voltage, and its charges."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ..._util.forks import cached_property


@dataclass(frozen=True, eq=False)
class TransistorTable:
    """An access transistor at one gate voltage; see `transistor_measurement.measured`.

    Attributes
    ----------
    volts
        Voltages of drain and of source, (M,) [V].
    current_A
        Current into the drain, (drain, source) (M, M) [A].
    on_F, off_F
        Capacitance of drain, or source, to ground at the gate voltage, and with the gate at 0 V [F].
    gate_F
        Charge of the gate over its voltage, with drain and source at 0 V [F].
    """

    volts: np.ndarray
    current_A: np.ndarray
    on_F: float
    off_F: float
    gate_F: float

    @cached_property
    def _spline(self) -> Any:
        from scipy.interpolate import RectBivariateSpline

        return RectBivariateSpline(self.volts, self.volts, self.current_A, s=0)

    def at(self, drain_V: np.ndarray, source_V: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return the current into the drain [A] and its slopes over drain and source voltage [S], each (K,).

        Beyond the table the current goes on straight.
        """
        low, high = self.volts[0], self.volts[-1]
        d, s = np.clip(drain_V, low, high), np.clip(source_V, low, high)
        i, over_d, over_s = (self._spline.ev(d, s, dx=dx, dy=dy) for dx, dy in ((0, 0), (1, 0), (0, 1)))
        return i + over_d * (drain_V - d) + over_s * (source_V - s), over_d, over_s
