"""How far a faster fidelity is from full SPICE, on a sample that was simulated in both."""

from __future__ import annotations

from dataclasses import dataclass, fields


@dataclass(frozen=True)
class Agreement:
    """The difference of writes of a sample array by two fidelities.

    Attributes
    ----------
    writes
        How many writes were made in both.
    rows, cols
        Size of the sample array; its lines are as long as those of the array that it stands for.
    g_median, g_worst
        Median and largest ln, without its sign, of the ratio of the selected cells' conductances afterwards.
    off_median, off_worst
        The same, where a shift in time that explains it, over the pulse's width, is less: that instead. A cell in the
        middle of its switching shows the smallest shift.
    disturb
        Largest relative difference of the largest change of another cell's state; 0 where none moves.
    energy
        Largest relative difference of the energy that all drivers deliver.
    """

    writes: int
    rows: int
    cols: int
    g_median: float
    g_worst: float
    off_median: float
    off_worst: float
    disturb: float
    energy: float

    def worse(self, other: Agreement) -> Agreement:
        """Return the agreement of two runs, one after the other: the larger number of each."""
        return Agreement(*(max(getattr(self, f.name), getattr(other, f.name)) for f in fields(Agreement)))

    def __str__(self) -> str:
        size = f"{self.writes} writes of {self.rows} x {self.cols} cells"
        g = f"G of the selected cell {self.g_median:.2g} (median), {self.g_worst:.2g} (worst)"
        off = f"or a shift in time of {self.off_median:.2g}, {self.off_worst:.2g}"
        return f"from full SPICE on {size}: {g}, {off}; disturb {self.disturb:.2g}, energy {self.energy:.2g}"

    @property
    def figures(self) -> dict[str, float]:
        """Return all figures by name, for JSON."""
        return {f.name: getattr(self, f.name) for f in fields(Agreement)}
