"""The limits of a walk, Ndiscmin and Ndiscmax, in a transient: where N feels them, and how they jump there."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ...circuit.pulse import PWL
from ...device.jart.jart_device import Device
from ...device.jart.walk import Walk

_FAR = 0.3
"""Share of N's distance to a limit, or of a limit's to N: of it the rate feels the tenth power, 6e-6."""

_ROUNDING = 1e-6
"""Share of a step within which a jump at an end of a part lies outside it."""

_JUMP_S, _JUMP = 1e-13, 1e-6
"""What a jump takes, and the share of a step in addition [s]: ngspice cuts its steps in vain at a sharper one."""


@dataclass(frozen=True)
class Limits:
    """The limits of a device, the law of its walk, `n_begin` where N is [1e26 m^-3], and the sign of the pulse."""

    device: Device
    walk: Walk
    n_begin: float
    polarity: int

    @property
    def reached(self) -> tuple[bool, bool]:
        """Return whether N can come near Ndiscmin and Ndiscmax at all."""
        device, walk = self.device, self.walk
        low, high = min(device.Nlo, self.n_begin), max(device.Nhi, self.n_begin)
        of_low = device.Ndiscmin * (1 + walk.band_min) / low if low else np.inf
        return of_low > self._least, high / (device.Ndiscmax * (1 - walk.band)) > _FAR

    def near(self, path: np.ndarray, n: np.ndarray) -> np.ndarray:
        """Return where N comes near the limits between the ends of steps, (K + 1, 2) bool.

        `path`, (K + 1, 4), holds the values of r, l, Ndiscmin, Ndiscmax from step to step, `n`, (K,), N at their ends.
        """
        ends = np.concatenate([[self.n_begin], n])
        ends = np.append(ends, ends[-1])
        lowest, highest = np.minimum(ends[1:], ends[:-1]), np.maximum(ends[1:], ends[:-1])
        near = np.stack([path[:, 2] > self._least * lowest, highest > _FAR * path[:, 3]], axis=1)
        earlier, later = near[1:].copy(), near[:-1].copy()  # than foreseen
        near[:-1] |= earlier
        near[1:] |= later
        return near

    @property
    def _least(self) -> float:
        # in SET direction the lower limit can only push
        return _FAR if self.polarity >= 0 else 0.9


def jumps(logs: np.ndarray, near: np.ndarray, ends_s: np.ndarray, step_s: float, stop_s: float) -> PWL:
    """Return the waveform of the logarithm of a limit from 0 to `stop_s` [s], which jumps.

    It has the values `logs` from the ends of steps on, `ends_s` [s]; where it is not `near`, it stays. All (K + 1,).
    """
    last = np.maximum.accumulate(np.where(near, np.arange(len(logs)), 0))
    values = logs[last].tolist()
    least = _ROUNDING * step_s
    times, volts = [0.0], [values[np.count_nonzero(ends_s[1:] <= least)]]
    for end, value in zip(ends_s.tolist(), values, strict=True):
        if least < end < stop_s - least and value != volts[-1]:
            times += [end, end + _JUMP_S + _JUMP * step_s]
            volts += [volts[-1], value]
    return PWL((*times, stop_s), (*volts, volts[-1]))
