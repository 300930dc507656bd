"""What the read of one cell of an array brings: currents of its bit line and of its own device, and the reading."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from ..circuit.cells import Cell1R
from ..circuit.result import Result, SimulationError
from ..simulation.sensing import Reading, static_reading
from .static_reads import StaticReads


@dataclass(frozen=True)
class Sneak:
    """One read.

    Attributes
    ----------
    g_S
        Conductance of the device alone at +0.2 V [S].
    sensed_A, own_A
        Current out of the bit line, and that through the cell's own device, each a mean over the second half of the
        read's flat top [A].
    reading_S
        What the sense path reports [S], calibrated by the same cell without an array; NaN where it can report nothing.
    clipped
        Whether the reading was outside the range of the ADC, or of the sense path.
    fidelity
        What made it: "full": a transient in ngspice; "circuit": the operating point of its flat top, see `ArraySolver`.
    """

    g_S: float
    sensed_A: float
    own_A: float
    reading_S: float
    clipped: bool
    fidelity: str = "full"

    @property
    def sneak_A(self) -> float:
        """Return what the other cells add to the current [A]; negative where they take of it."""
        return self.sensed_A - self.own_A

    @property
    def summary(self) -> dict[str, object]:
        """Return all figures, for JSON; where there is no reading it is null."""
        seen = self.reading_S if np.isfinite(self.reading_S) else None
        amperes = {name: getattr(self, name) for name in ("sensed_A", "own_A", "sneak_A")}
        return {"g_S": self.g_S, **amperes, "reading_S": seen, "clipped": self.clipped, "fidelity": self.fidelity}


def static_sneak(reads: StaticReads, row: int, col: int) -> Sneak:
    """Return a read of one cell at its operating point; errors as `sneak`."""
    cell = reads.array.cell_at(row, col).alone
    assert isinstance(cell, Cell1R)
    sensed, own = reads.read(row, col)
    seen_s, clipped = reported(lambda: static_reading(cell, sensed / cell.read.voltage))
    return Sneak(float(reads.g_S[row, col]), sensed, own, seen_s, clipped, "circuit")


def reported(read: Callable[[], Reading]) -> tuple[float, bool]:
    """Return a reading [S] and whether it was clipped; NaN where the sense path can report nothing."""
    try:
        found = read()
    except SimulationError as error:
        if error.result is not Result.READ:
            raise
        return np.nan, True
    return found.g_S, found.clipped
