"""Checks of numbers at construction: the error names the field, the value and the legal range."""

from __future__ import annotations

import math
import numbers


def check_range(name: str, value: float, low: float, high: float, unit: str) -> None:
    """Raise ValueError naming `name`, the value and its range where it is not a finite number inside."""
    # the plain float first: asking whether it is a Real takes most of the time of a device's construction
    number = type(value) is float or (isinstance(value, numbers.Real) and not isinstance(value, bool))
    if not (number and math.isfinite(value) and low <= value <= high):
        shown = f"{value:g}" if number else repr(value)
        raise ValueError(f"{name} = {shown} is outside its legal range [{low:g}, {high:g}] {unit}".rstrip())


def check_count(name: str, value: int, low: int = 1) -> None:
    """Raise ValueError naming `name` and the value where it is not a whole number of at least `low`."""
    if not isinstance(value, numbers.Integral) or isinstance(value, bool) or value < low:
        raise ValueError(f"{name} = {value} must be a whole number, at least {low}")
