"""What happened in a write."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

from .._util.checks import check_range
from .._util.display import Axes, Frame, shows
from ..circuit.pulse import Pulse
from ..provenance.manifest import Manifest
from . import history_display as display
from .outcome import Outcome


@dataclass(frozen=True)
class History:
    """One write.

    Attributes
    ----------
    programmer, target_S, tolerance
        Who wrote what, how close.
    readings_S
        What the sense path reported: before the first pulse and after each. A read that failed has none.
    conductances_S
        ``g`` of the device alone at the same times: for scores, no programmer saw it.
    pulses
        The pulses, one fewer than the readings, unless a read failed.
    outcome
        How it ended.
    time_s
        Pulses and reads together, gate edges and idle times included; predictions take none of it [s].
    energy_J
        Energy delivered by the drivers in the write pulses [J].
    manifest
        Circuit, programmer, checkpoint.
    detail
        More words on a failure.
    read_s
        Time of each read [s].
    predictions
        Evaluations of a network, or of a model, that the choice of the pulses took: see `Programmer`.
    read_energy_J
        Energy of the reads [J]. In SPICE what all sources of the circuit delivered in their waveforms; of a compact
        cell g V^2 over the read, for lines, drivers and sense path are not there. An ADC is in neither. NaN where
        it is not known.
    knows
        What the programmer knew of the device before, one of `KNOWS`; "" where it does not say.
    """

    programmer: str
    target_S: float
    tolerance: float
    readings_S: tuple[float, ...]
    conductances_S: tuple[float, ...]
    pulses: tuple[Pulse, ...]
    outcome: Outcome
    time_s: float
    energy_J: float
    manifest: Manifest
    detail: str = ""
    read_s: float = float("nan")
    predictions: int = 0
    read_energy_J: float = float("nan")
    knows: str = ""

    @shows
    def __repr__(self) -> str:
        return display.line(self)

    @shows
    def _repr_html_(self) -> str:
        return display.html(self)

    @shows
    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw the readings over the pulses with the band around the target, on given axes or those of a new figure;
        return the matplotlib axes.
        """
        return display.draw(self, ax)

    @property
    @shows
    def frame(self) -> Frame:
        """Return a table, one row a reading: ``pulse``, the number of pulses before it, ``amplitude_V, width_s, rise_s,
        fall_s`` of the last of these, ``reading_S``, ``conductance_S`` of the device alone, and ``error``, the relative
        distance of the reading from the target; NaN for what there is not.
        """
        return display.table(self)

    @property
    def error(self) -> float:
        """Return the relative distance of the last reading from the target; NaN without a reading."""
        return abs(self.readings_S[-1] - self.target_S) / self.target_S if self.readings_S else float("nan")

    def with_reads(self, read_s: float) -> History:
        """Return the same write with reads that take another time [s]: of cells whose reads disturb nothing.

        The energy of the reads stays that of reads as they were.

        Raises
        ------
        ValueError
            For a time outside 1 ps .. 1 s, or a history that does not say how long its reads took.
        """
        check_range("read_s", read_s, 1e-12, 1.0, "s")
        check_range("read_s of the history", self.read_s, 0, 1.0, "s")
        time_s = self.time_s + len(self.readings_S) * (read_s - self.read_s)
        return dataclasses.replace(self, time_s=time_s, read_s=read_s)
