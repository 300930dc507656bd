"""The points of a solved waveform under way."""

from __future__ import annotations

import numpy as np


class RecordedPoints:
    """Arrays at each point in time, by name."""

    def __init__(self) -> None:
        self.time_s: list[float] = []
        self._rows: dict[str, list[np.ndarray]] = {}

    def add(self, time_s: float, x: np.ndarray, **values: np.ndarray) -> None:
        """Add a point: its time [s], the states, and other arrays, each of the same shape at all points."""
        self.time_s.append(time_s)
        for name, one in (values | {"x": x}).items():
            self._rows.setdefault(name, []).append(one.copy())

    def has(self, name: str) -> bool:
        """Return whether there is an array of this name."""
        return name in self._rows

    def taken(self, name: str) -> np.ndarray:
        """Return an array over time, (T, ...), which is not kept here any longer."""
        return np.stack(self._rows.pop(name))
