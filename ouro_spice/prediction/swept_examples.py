"""What a network of voltages is trained on: which voltage the device of each record would have needed for a target."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch

from .._util.display import brief, shows
from ..dataset.pulse_dataset import PulseDataset
from ..dataset.sweep import WIDTH
from ..evaluation.swept_response import Response
from .examples import Examples
from .specification import Specification

DRAWS = 4
"""Targets of each record."""

_FLAT = 0.02
"""Share of ln(end) by which the ends of the range still do something: beyond, all voltages do the same."""

_ENDS = (0.005, 0.995)
"""Targets lie between these quantiles of where the training records ended."""


@dataclass(frozen=True, eq=False)
class NeededVolts:
    """Targets of the records of a split, drawn at random, and the voltage that each record's device needs for them.

    A record shows by how much its device, as it walked, ends off the middle m of all at its own voltage; as far off it
    would have been at others. To take the voltages of the records as they are would teach, for a target that many
    voltages lead to, the middle of these, not what a device needs.

    Attributes
    ----------
    start_S, target_S, volts, off
        Readings before [S], targets [S], voltages needed [V], ln(end) less m of the record; (n,) each.
    response
        Of the training records.
    """

    start_S: np.ndarray
    target_S: np.ndarray
    volts: np.ndarray
    off: np.ndarray
    response: Response

    @shows
    def __repr__(self) -> str:
        return brief(self)

    @classmethod
    def of(cls, data: PulseDataset, split: str, draws: int = DRAWS) -> NeededVolts:
        """Return the needed voltages of a split, the same each time; none where it is empty."""
        response, own = Response.of(data, "train"), Response.of(data, split)
        rng = np.random.default_rng(len(own.volts))
        low, high = np.quantile(response.end_S, _ENDS)
        off = np.log(own.end_S) - response.middle(own.start_S, own.volts) if len(own.volts) else np.zeros(0)
        start_S, off = (np.repeat(one, draws) for one in (own.start_S, off))
        if not response.alike:  # pulses go one way
            up = response.sweep.directions[0] == "SET"
            low, high = (np.minimum(start_S, high), high) if up else (low, np.maximum(start_S, low))
        target_S = np.asarray(low + rng.random(len(start_S)) * (high - low))
        asked = zip(start_S.tolist(), (np.log(target_S) - off).tolist(), strict=True)
        volts = np.array([_needed(response, start, log_end) for start, log_end in asked])
        return cls(start_S, target_S, volts, off, response)

    @property
    def examples(self) -> Examples:
        """Return them as examples to train with."""
        columns = {"g_start_S": self.start_S, "dg_S": self.target_S - self.start_S}
        inputs = {name: torch.from_numpy(one) for name, one in columns.items()}
        return Examples(inputs, torch.from_numpy(self.target_S), torch.from_numpy(self.volts), None)

    def ends_S(self, volts: np.ndarray) -> np.ndarray:
        """Return where the records would have ended at other voltages (n,) [V], (n,) [S]."""
        return np.exp(self.response.middle(self.start_S, volts) + self.off)


def examples_for(data: PulseDataset, split: str, specification: Specification) -> Examples:
    """Return what a network learns from the records of a split: of voltages those that are needed."""
    if specification.control != WIDTH:
        return NeededVolts.of(data, split).examples
    return Examples.of(data, split, any(stage.needs_curves for stage in specification.stages))


def examples_in(data: PulseDataset, split: str) -> int:
    """Return how many examples `examples_for` makes of a split."""
    return len(data.reached(split)) * (1 if data.control == WIDTH else DRAWS)


def _needed(response: Response, start_S: float, log_end: float) -> float:
    """Return the voltage at which m has a value; the end of where it rises, or falls, for one beyond."""
    middle, grid = response.middle(start_S, response.grid_V), response.grid_V
    if middle[-1] < middle[0]:  # of negative amplitudes
        middle, grid = middle[::-1], grid[::-1]
    rising = np.maximum.accumulate(middle)
    span = _FLAT * (rising[-1] - rising[0])
    return float(np.interp(np.clip(log_end, rising[0] + span, rising[-1] - span), rising, grid))
