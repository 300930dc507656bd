"""One parameter of a model: its name, default, unit, legal range and meaning."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from .._util.checks import check_range

_ROUNDING, _ROUNDING_AT_0 = 1e-9, 1e-15
"""How far a value may be beyond the end of its range by rounding: of that end; of the other one where that is 0."""


def quantity(default: float, unit: str, low: float, high: float, text: str, per_instance: bool = False) -> Any:
    """Return the field of a dataclass for a parameter: its default, with the metadata of `Parameter`."""
    meta = {"unit": unit, "low": low, "high": high, "text": text, "per_instance": per_instance}
    return field(default=default, metadata=meta)


@dataclass(frozen=True)
class Parameter:
    """Name, default, unit, legal range and meaning of one parameter of the model."""

    name: str
    default: float
    unit: str
    low: float
    high: float
    text: str
    per_instance: bool

    def check(self, value: float) -> None:
        """Raise ValueError unless `value` is a finite number in the legal range."""
        check_range(self.name, value, self.low, self.high, self.unit)

    def within(self, value: float) -> float:
        """Return the value, or the end of the legal range where only rounding puts it beyond that.

        ngspice can crash on an instance that is beyond its range by the last digit.

        Raises
        ------
        ValueError
            Where it is outside, or no finite number.
        """
        if type(value) is float and self.low <= value <= self.high:
            return value
        if isinstance(value, float):
            for end, beyond in ((self.low, self.low - value), (self.high, value - self.high)):
                if 0 < beyond <= (_ROUNDING * abs(end) or _ROUNDING_AT_0 * self.high):
                    return float(end)
        self.check(value)
        return value
