"""What pulses were sent: the controls of a dataset's records in each direction, and which of them vary."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import pandas as pd

TIME = "t_pulse_s"

AMPLITUDE, EDGES = "amplitude_V", ("rise_s", "fall_s")

RESULTS = (
    "record", "device", "split", "seed", "g_start_S", "g_target_S", "g_end_S", "g_sense_start_S", "g_sense_end_S",
    "energy_J", "outcome", "result", "history_g_S", "history_dt_s", "history_points", "time_s",
)  # fmt: skip
"""Columns of records that are no controls: what a pulse was asked for and led to, and when it was sent."""

WORDS = {TIME: "pulse time", AMPLITUDE: "amplitude", "gate_V": "gate voltage", "rise_s": "rise", "fall_s": "fall"}

SAME = 0.01
"""Relative spread up to which a control is the same in all records: instruments differ in the last digit."""

_PREFIXES = ((1.0, ""), (1e-3, "m"), (1e-6, "u"), (1e-9, "n"), (1e-12, "p"))


@dataclass(frozen=True)
class Control:
    """A control of the records of a direction.

    Attributes
    ----------
    name
        Of the column.
    direction
        "SET" or "RESET".
    n
        Number of records.
    low, high
        Smallest and largest value, of pulse times without their sign.
    values
        How many different values there are.
    middle
        What the middle four fifths of the records lie between: a few that differ teach nothing.
    """

    name: str
    direction: str
    n: int
    low: float
    high: float
    values: int
    middle: tuple[float, float] = (float("nan"), float("nan"))

    @property
    def same(self) -> bool:
        """Return whether the control has the same value in all records."""
        return self.high - self.low <= SAME * max(abs(self.low), abs(self.high))

    @property
    def words(self) -> str:
        """Return the control's name in plain words."""
        return WORDS.get(self.name, self.name)

    @property
    def span(self) -> str:
        """Return the control's value, or its range, with the unit, as text."""
        unit = self.name.rpartition("_")[2]
        unit = unit if unit in ("s", "V") else ""
        low, high = (_quantity(value, unit) for value in (self.low, self.high))
        return low if self.same else f"{low} .. {high}"

    @property
    def plain(self) -> dict[str, Any]:
        """Return the control's range and number of values, as results hold them."""
        return {"low": self.low, "high": self.high, "values": self.values}


def _quantity(value: float, unit: str) -> str:
    """Return a value with its unit and an SI prefix, as text."""
    if not unit or not value:
        return f"{value:.4g} {unit}".rstrip()
    factor, prefix = next((one for one in _PREFIXES if abs(value) >= one[0] * 0.99999), _PREFIXES[-1])
    return f"{value / factor:.4g} {prefix}{unit}"


def controls(frame: pd.DataFrame) -> list[Control]:
    """Return the controls of the records that reached their targets, by direction.

    They are pulse time, amplitude, edges, and each other column of numbers that is no result.
    """
    frame = frame.loc[frame.outcome == "reached"]
    names = [name for name in frame.select_dtypes("number").columns if name not in RESULTS]
    found = []
    for sign, direction in ((1, "SET"), (-1, "RESET")):
        rows = frame.loc[np.sign(frame[TIME]) == sign]
        for name in names if len(rows) else ():
            values = rows.loc[:, name].to_numpy(float)
            values = np.abs(values) if name == TIME else values
            values = values[np.isfinite(values)]
            if len(values):
                ends = float(values.min()), float(values.max())
                middle = tuple(np.quantile(values, (0.1, 0.9)).tolist())
                found.append(Control(name, direction, len(values), *ends, len(np.unique(values)), middle))
    return found


def unvaried(frame: pd.DataFrame) -> str:
    """Return a sentence saying that the pulse time does not vary; "" where it varies in each direction."""
    still = [one for one in controls(frame) if one.name == TIME and one.same and one.n > 1]
    every = [one for one in controls(frame) if one.name == TIME]
    if not still:
        return ""
    if len(still) == len(every) and len({one.span for one in still}) == 1:
        return f"the pulse time is the same, {still[0].span}, in all {sum(one.n for one in still)} records"
    each = (f"of {one.direction} is the same, {one.span}, in all {one.n} records" for one in still)
    return f"the pulse time {', that '.join(each)}"
