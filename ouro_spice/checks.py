"""Checks of numbers at construction: the error names the field, the value and the legal range."""

from __future__ import annotations

import math
import numbers
import reprlib

import numpy as np
from numpy.typing import ArrayLike

from . import quantities


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


def check_conductance(name: str, values: ArrayLike, *, accept: bool = False) -> None:
    """Raise ValueError where a conductance [S] is no plausible one, naming it and asking for the unit that was meant.

    Whatever `accept` says, conductances are finite and positive numbers.
    """
    _check("S", name, values, accept)


def check_width(name: str, values: ArrayLike, *, accept: bool = False) -> None:
    """Raise ValueError where the width of a pulse [s] is no plausible one, as `check_conductance` does."""
    _check("s", name, values, accept)


def check_amplitude(name: str, values: ArrayLike, *, accept: bool = False) -> None:
    """Raise ValueError where an amplitude [V], of any sign, is no plausible one, as `check_conductance` does."""
    _check("V", name, values, accept)


def _check(base: str, name: str, values: ArrayLike, accept: bool) -> None:
    try:
        found = np.asarray(values)
        good = found.dtype.kind in "iuf"
    except (TypeError, ValueError):
        good = False
    if not good:
        raise ValueError(f"{name} = {reprlib.repr(values)} must be numbers [{base}]")
    signed = found if base != "V" else np.abs(found)
    wrong = ~(np.isfinite(found) & (signed > 0))
    bad = wrong if accept else quantities.implausible(base, found)
    if not bad.any():
        return
    place = tuple(int(k) for k in np.argwhere(bad)[0])
    value = float(found[place])
    at = f"{name}[{', '.join(map(str, place))}]" if place else name
    if wrong[place]:
        raise ValueError(
            f"{at} = {value:g} must be a finite number {'other than' if base == 'V' else 'above'} 0 [{base}]"
        )
    meant = quantities.likely_unit(base, value, base)
    hint = (
        f"did you mean {meant}? {value:g} {meant} is {quantities.si(value, meant):g} {base}"
        if meant
        else "is the unit right?"
    )
    raise ValueError(f"{at} = {value:g} {base} is outside {quantities.told(base)}: {hint}")
