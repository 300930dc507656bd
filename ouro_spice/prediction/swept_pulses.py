"""The pulses of a write whose voltage is predicted: an erase where one is needed, and the pulse at that voltage."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ..circuit.pulse import Pulse
from ..dataset.sweep import GATE, Sweep

Answer = Callable[[np.ndarray, np.ndarray], np.ndarray]
"""Voltages (k,) [V] for readings and wanted changes, (k,) each [S]."""

KEPT = 0.5
"""What has been learnt of a device still counts for so much behind an erase: its RESET moves the filament."""

STEP = 0.1
"""A reading corrects the voltage by at most this share of the range: where all voltages lead to one end of the window,
it says little."""


def swept_choices(
    answer: Answer, sweep: Sweep, targets_S: np.ndarray, readings_S: np.ndarray
) -> list[tuple[Pulse, ...]]:
    """Return the next pulses of k writes, of targets (k,) and all their readings so far (k, j) [S].

    The first pulse has the voltage that is predicted. Further ones are corrected by how far off the device was: what
    was sent, less what the predictor gives for where it went; behind an erase that counts half. The erase is sent
    where the wanted change is against the direction of the pulse, and always where the amplitude is varied: the end
    of a compliance SET alone does not depend on its start. Without an erase a wanted change against the direction gets
    the pulse at the voltage that does least.
    """
    readings_S, low, high = np.asarray(readings_S, dtype=float), *sweep.ends_V
    offset, sent = np.zeros(len(targets_S)), [np.zeros(0), np.zeros(0, bool)]
    for j in range(readings_S.shape[1]):
        reading = readings_S[:, j]
        if j:  # what the last pulses say
            expected = answer(readings_S[:, j - 1], reading - readings_S[:, j - 1])
            most = STEP * (high - low)
            offset = offset + np.clip(sent[0] - expected - offset, -most, most)
        erased = _erased(sweep, targets_S, reading)
        offset = np.where(erased, KEPT * offset, offset)
        sent = [np.clip(answer(reading, targets_S - reading) + offset, low, high), erased]
    volts, erased = sent
    if sweep.before is None:
        against = (targets_S > readings_S[:, -1]) != (sweep.directions[0] == "SET")
        volts = np.where(against, _least(sweep), volts)
    return [
        sweep.pulses(one) if first else (sweep.at(one),)
        for one, first in zip(volts.tolist(), erased.tolist(), strict=True)
    ]


def _erased(sweep: Sweep, targets_S: np.ndarray, reading_S: np.ndarray) -> np.ndarray:
    """Return which writes get an erase first, (k,)."""
    if sweep.before is None:
        return np.zeros(len(targets_S), bool)
    if sweep.control != GATE:
        return np.ones(len(targets_S), bool)
    upward = sweep.varied.polarity < 0
    return (targets_S < reading_S) if upward else (targets_S > reading_S)


def _least(sweep: Sweep) -> float:
    """Return the voltage of the range that moves a device least [V]."""
    return min(sweep.ends_V, key=abs)
