"""Memristors under the voltages that a simulation recorded at them, followed by the compact model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from ..circuit.array_protocol import Array
from ..circuit.waveform import Waveform
from ..compact.following import followed
from ..device.memristor import Memristor
from ..device.state import State

SomeArray = TypeVar("SomeArray", bound=Array)


def as_walked(array: SomeArray, state: State | None) -> SomeArray:
    """Return the array with its devices as their walks have left them: what a read sees."""
    return array if state is None else array.walked(state)


def cell_volts(wave: Waveform, row: int) -> np.ndarray:
    """Return V(AE, OE) of the cells of one row, (T, cols) [V]: a row at a time bounds the memory."""
    return np.asarray(wave.maps["v_ae"][:, row]) - np.asarray(wave.maps["v_oe"][:, row])


@dataclass(frozen=True, eq=False)
class Recorded:
    """Voltages at some memristors of an array over time.

    Attributes
    ----------
    places
        Their places, counted row by row, (P,).
    devices
        The memristors as their walks have left them; their r and l stand still.
    time_s, volts
        (T,) ascending [s], V(AE, OE) (P, T) [V].
    """

    places: np.ndarray
    devices: tuple[Memristor, ...]
    time_s: np.ndarray
    volts: np.ndarray

    @classmethod
    def of(cls, array: Array, wave: Waveform, state: State, without: Sequence[int]) -> Recorded:
        """Return the voltages of all memristors but those at some places, in a waveform that began in `state`."""
        left_out, cols = set(without), array.cols
        others = [(k, array.device_at(k)) for k in range(array.size) if k not in left_out]
        memristors = {k: device for k, device in others if isinstance(device, Memristor)}
        devices = tuple(device.now(state.x[k], state.walked(k)) for k, device in memristors.items())
        later = np.concatenate([[True], np.diff(wave.time_s) > 0])
        volts = np.empty((len(memristors), int(later.sum())))
        kept = np.array(list(memristors), dtype=int)
        for row in np.unique(kept // cols):
            mine = kept // cols == row
            volts[mine] = cell_volts(wave, int(row))[later][:, kept[mine] % cols].T
        return cls(kept, devices, wave.time_s[later], volts)

    def follow(self, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return first state variables at the end and energies taken [J], each (P,), from states (P,).

        Raises
        ------
        ValueError
            For a family without kernels.
        """
        if not len(self.places):
            return np.empty(0), np.empty(0)
        self.devices[0].require("kernels", "cells that are not selected (explicit=True simulates every pulse)")
        return followed(self.devices, self.time_s, self.volts, x)
