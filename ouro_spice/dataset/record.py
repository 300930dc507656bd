"""One record: what was asked for, and what came out."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ..circuit.result import Result
from .recipe import Sample

HISTORY_POINTS = 8192
"""A history has at most this many points."""

NAN = float("nan")


@dataclass(frozen=True)
class Record:
    """What one record came to.

    Attributes
    ----------
    sample
        What it was to be.
    outcome
        "reached", "not_reached", or "simulation_failed".
    result
        The solver's result code.
    g_start_S
        Conductance at the start [S], of the device as it is then.
    amplitude_V
        Of the pulse [V].
    width_s
        Width of the pulse that ends closest to the target [s]; the longest one where the target is not reached.
    g_end_S, energy_J
        After that very pulse, falling edge included.
    stride
        The history has every so many-th point of the grid of pulse widths.
    history
        Conductance at the end of the flat top over the width, from 0 to twice `width_s`
        or the longest pulse, float32.
    g_sense_start_S, g_sense_end_S
        What the sense path reports before and after [S].
    gate_V
        At the gate of the access transistor meanwhile [V]; None without one.
    """

    sample: Sample
    outcome: str
    g_start_S: float
    amplitude_V: float
    result: Result = Result.OK
    width_s: float = NAN
    g_end_S: float = NAN
    energy_J: float = NAN
    stride: int = 1
    history: np.ndarray = field(default_factory=lambda: np.zeros(0, np.float32))
    g_sense_start_S: float = NAN
    g_sense_end_S: float = NAN
    gate_V: float | None = None

    @classmethod
    def failed(
        cls, drawn: Sample, g_start_S: float, amplitude_V: float, result: Result, gate_V: float | None = None
    ) -> Record:
        """Return the record of a simulation that failed."""
        return cls(drawn, "simulation_failed", g_start_S, amplitude_V, result, gate_V=gate_V)

    def with_readings(self, start_S: float, end_S: float) -> Record:
        """Return the record with what the sense path reports before and after the pulse [S]."""
        return dataclasses.replace(self, g_sense_start_S=start_S, g_sense_end_S=end_S)

    def row(self, step_s: float) -> dict[str, Any]:
        """Return the record as a row of a dataset, by the names of its columns."""
        drawn = self.sample
        return {
            "record": drawn.number, "device": drawn.device_number, "split": drawn.split, "seed": drawn.seed,
            "g_start_S": self.g_start_S, "g_target_S": drawn.target_S, "g_end_S": self.g_end_S,
            "t_pulse_s": -np.sign(self.amplitude_V) * self.width_s,
            "amplitude_V": float(self.amplitude_V), "gate_V": NAN if self.gate_V is None else self.gate_V,
            "rise_s": drawn.rise_s, "fall_s": drawn.fall_s, "energy_J": self.energy_J,
            "outcome": self.outcome, "result": self.result.name,
            "g_sense_start_S": self.g_sense_start_S, "g_sense_end_S": self.g_sense_end_S,
            "history_g_S": self.history, "history_dt_s": self.stride * step_s, "history_points": len(self.history),
        }  # fmt: skip


def stride(steps: int) -> int:
    """Return the power of two by which a history of so many steps is thinned to at most `HISTORY_POINTS` points."""
    found = 1
    while steps // found >= HISTORY_POINTS:
        found *= 2
    return found


def closest(before_S: float, after_S: float, target_S: float) -> bool:
    """Return whether the conductance before the crossing is closer to the target than the one after it."""
    return abs(before_S - target_S) < abs(after_S - target_S)
