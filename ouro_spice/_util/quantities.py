"""Quantities of pulses: their units, what is plausible, and the unit that was meant where a value is not."""

from __future__ import annotations

import re

import numpy as np
from numpy.typing import ArrayLike

# by what a number is divided: 100 ns are 100 / 1e9, the float nearest to 1e-7; 100 * 1e-9 is another one
_DIVISORS = {
    "S": {"S": 1.0, "mS": 1e3, "uS": 1e6, "nS": 1e9},
    "V": {"V": 1.0, "mV": 1e3},
    "s": {"s": 1.0, "ms": 1e3, "us": 1e6, "ns": 1e9, "ps": 1e12},
}
_RESISTANCES = {"Ohm": 1.0, "kOhm": 1e3, "MOhm": 1e6}

PLAUSIBLE = {"S": (1e-9, 1e-2), "V": (0.02, 20.0), "s": (1e-11, 1.0)}
"""What the conductance of a memristor, a programming amplitude (in magnitude) and a pulse's width are, as a rule.

Published cells lie between 1 nS (insulating oxides, tunnel junctions) and some mS, their pulses between 50 ps and
100 ms, their amplitudes between 50 mV and 15 V. A slip of a thousand leaves the bounds in most tables, not in all."""

UNITS = (*(unit for known in _DIVISORS.values() for unit in known), *_RESISTANCES)
"""The units that are known."""

_TYPICAL = {"S": 1e-4, "V": 1.0, "s": 1e-7}
_NOUNS = {"S": "a memristor's conductance", "V": "a pulse's amplitude", "s": "a pulse's width"}


def units(base: str) -> tuple[str, ...]:
    """Return the known units of a quantity, by its SI unit S, V or s; resistances count as conductances."""
    return (*_DIVISORS[base], *(_RESISTANCES if base == "S" else ()))


def plain_unit(text: str) -> str:
    """Return a unit in the spelling of `units`: without brackets and spaces, u for micro, Ohm for its sign."""
    text = re.sub(r"[\s()\[\]{}]", "", text).replace("\u00b5", "u").replace("\u03bc", "u")
    return re.sub(r"(?i)(\u03a9|\u2126|ohms?)$", "Ohm", text)


def bases(unit: str) -> tuple[str, ...]:
    """Return the SI units of the quantities that have a unit; () for one that is not known."""
    return tuple(base for base in _DIVISORS if unit in units(base))


def unit_in_name(name: str) -> str:
    """Return the known unit at the end of a column's name, in brackets or behind a slash: G (uS), t/ns; else ""."""
    found = re.search(r"[(\[/]([^()\[\]/]+)[)\]]?$", name.strip())
    unit = plain_unit(found[1]) if found else ""
    return unit if bases(unit) else ""


def si(numbers: ArrayLike, unit: str) -> np.ndarray:
    """Return numbers of a unit in S, V or s, shape as given; inf S for a resistance of 0."""
    numbers = np.asarray(numbers, dtype=float)
    if unit in _RESISTANCES:
        with np.errstate(divide="ignore"):
            return 1 / (numbers * _RESISTANCES[unit])
    return numbers / next(known[unit] for known in _DIVISORS.values() if unit in known)


def implausible(base: str, values: ArrayLike) -> np.ndarray:
    """Return whether each value [S, V or s] lies outside `PLAUSIBLE`, same shape; amplitudes by magnitude."""
    low, high = PLAUSIBLE[base]
    sized = np.abs(values) if base == "V" else np.asarray(values)
    return ~((sized >= low) & (sized <= high))


def plausible_range(base: str) -> str:
    """Return the plausible values of a quantity in words, by its SI unit S, V or s."""
    low, high = PLAUSIBLE[base]
    return f"{low:g} .. {high:g} {base}, as {_NOUNS[base]} is"


def question(base: str, value: float) -> str:
    """Return ": 300 S were given, did you mean uS?" for a value [S, V or s] that is plausible in uS alone; else ""."""
    meant = likely_unit(base, value, base) if implausible(base, value) else None
    return f": {value:g} {base} were given, did you mean {meant}?" if meant else ""


def likely_unit(base: str, number: float, unit: str) -> str | None:
    """Return the unit in which a number is nearest to usual values; None where none makes it plausible.

    A resistance stays one, and so does a conductance.
    """
    kin = _RESISTANCES if unit in _RESISTANCES else _DIVISORS[base]
    number = abs(number) if base == "V" else number
    values = {other: float(si(number, other)) for other in kin}
    good = {other: value for other, value in values.items() if not implausible(base, value)}
    return min(good, key=lambda other: abs(np.log(good[other] / _TYPICAL[base])), default=None)
