"""The first pulses that a network asks for, for many cells at once: arrays, and which questions are new to it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .device_memory import DeviceMemory
from .domain import DIRECTION, TARGET
from .neural_programmer import NeuralProgrammer
from .pulse_predictor import PulsePredictor

_ROWS = 8192
"""Cells that are asked for at once: a network that chooses amplitudes is asked for each at 41 of them."""

_WORDS = {"g_start_S": "start", TARGET: "target", "dg_S": "change", DIRECTION: "direction"}


@dataclass(frozen=True)
class FirstPulses:
    """The first pulse of each of K writes.

    Attributes
    ----------
    g_S, target_S
        Readings before, and targets, (K,) [S].
    amplitude_V, width_s
        At the driver, SET negative, and at full amplitude, (K,) [V, s]; 0 where a cell reads its target.
    outside
        Where a question leaves the range of the training data, (K,) bool, by "start", "target", "change", "direction";
        only those that do somewhere.
    ranges
        The ranges of these in the training data, in words.
    """

    g_S: np.ndarray
    target_S: np.ndarray
    amplitude_V: np.ndarray
    width_s: np.ndarray
    outside: dict[str, np.ndarray]
    ranges: str

    @property
    def outside_words(self) -> list[str]:
        """Return what lies outside the training data of each write, such as "start+target"; "no" for nothing."""
        words = [[] for _ in self.g_S]
        for name, mask in self.outside.items():
            for k in np.flatnonzero(mask):
                words[k].append(name)
        return ["+".join(one) or "no" for one in words]

    @property
    def directions(self) -> list[str]:
        """Return "SET", "RESET" or "none" for each write."""
        names = np.array(["SET", "none", "RESET"])
        return names[np.sign(self.amplitude_V).astype(int) + 1].tolist()


def first_pulses(programmer: NeuralProgrammer, g_S: np.ndarray, target_S: np.ndarray) -> FirstPulses:
    """Return the pulse that a programmer sends first, for readings and targets of K cells, (K,) each [S].

    Raises
    ------
    ValueError
        For a network whose training data have several amplitudes in a direction.
    """
    predictor = programmer.predictor
    if not isinstance(predictor, PulsePredictor):
        raise ValueError("the programmer asks no ouro_spice.PulsePredictor")
    pair, dg = predictor.pair, target_S - g_S
    volts, width = np.empty(len(dg)), np.empty(len(dg))
    for first in range(0, len(dg), _ROWS):
        part = slice(first, first + _ROWS)
        time_s, drive = programmer.choose(target_S[part], DeviceMemory.empty(g_S[part]))
        volts[part] = np.where(time_s > 0, pair.v_set, pair.v_reset) * drive
        width[part] = np.abs(time_s)
    found = predictor.domain.outside({"g_start_S": g_S, "dg_S": dg, TARGET: target_S})
    outside = {_WORDS[name]: mask for name, mask in found.items()}
    there = dg != 0
    return FirstPulses(g_S, target_S, volts * there, width * there, outside, predictor.domain.in_words(found))
