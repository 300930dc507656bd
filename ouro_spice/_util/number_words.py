"""Numbers with units as people write them, 60us or 4.7kOhm, to floats in SI and back to words."""

from __future__ import annotations

import math
import re

from .quantities import plain_unit

_PREFIXES = {"": 0, "k": 3, "M": 6, "G": 9, "c": -2, "m": -3, "u": -6, "n": -9, "p": -12, "f": -15, "a": -18}

NOUNS = {
    "S": "a conductance", "V": "a voltage", "s": "a time", "Ohm": "a resistance", "F": "a capacitance",
    "m": "a length", "K": "a temperature", "": "a plain number",
}  # fmt: skip
"""What is measured in each SI unit; "" is that of shares, which may be in per cent."""

_EXAMPLES = {"S": "220uS", "V": "500mV", "s": "60us", "Ohm": "2kOhm", "F": "0.2fF", "m": "4um", "K": "293K", "": "0.1"}
_SHOWN = {
    "S": ("S", "mS", "uS", "nS"), "V": ("V", "mV"), "s": ("s", "ms", "us", "ns", "ps"), "Ohm": ("MOhm", "kOhm", "Ohm"),
    "F": ("F", "pF", "fF"), "m": ("m", "mm", "um", "nm"), "K": ("K",), "": ("",),
}  # fmt: skip
"""The units that values are shown in."""

_NUMBER = re.compile(r"([+-]?)([0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE]([+-]?[0-9]+))?\s*([^\W\d_]*|%)")
_NONE = re.compile(r"[+-]?(nan|inf|infinity)\b.*", re.IGNORECASE | re.DOTALL)


def read_number(name: str, text: str, base: str) -> float:
    """Return the number that a text such as 60us is in the SI unit `base`, the float nearest to what is written.

    A number without a unit is in SI. A resistance stands for the conductance that is its inverse.

    Parameters
    ----------
    name
        Of what is asked for, such as ``--total``, for errors.
    text
        A number, in scientific notation if wanted, and a unit behind it.
    base
        One of `NOUNS`.

    Raises
    ------
    ValueError
        For what is no finite number, or has another unit.
    """
    told = " ".join(text.split())
    told = told if len(told) <= 40 else f"{told[:37]}..."
    plain = text.strip().replace("\u2212", "-")
    if _NONE.fullmatch(plain):
        raise ValueError(f"{name} {told}: a finite number is asked, {_asked(base)}")
    found = _NUMBER.fullmatch(plain)
    if found is None:
        raise ValueError(f"{name} {told}: no number; {_asked(base)} is asked, as {_EXAMPLES[base]}")
    sign, digits, exponent, word = found.groups()
    shift, inverse = _scale(f"{name} {told}", plain_unit(word), base)
    # the digits are read once, with the power of the unit: 100ns is 100e-9, and no product of two floats
    value = float(f"{sign}{digits}e{_limited(exponent) + shift}")
    if inverse and value:
        value = 1 / value
    elif inverse:
        value = math.inf
    if not math.isfinite(value):
        raise ValueError(f"{name} {told}: a finite number is asked, {_asked(base)}")
    return value


def in_words(value: float, base: str) -> str:
    """Return a value in SI with the unit in which it is from 1 to 1000, such as 60us, to 6 digits.

    `read_number` takes it back.
    """
    if value == 0 or not math.isfinite(value):
        return f"{value:g}{base}"
    each = [(value * 10.0 ** -(_shift(unit, base) or 0), unit) for unit in _SHOWN[base]]
    number, unit = next((one for one in each if abs(one[0]) >= 1 - 1e-9), each[-1])
    return f"{number:.6g}{unit}"


def _asked(base: str) -> str:
    """Return what is asked for in words: a conductance [S]."""
    return f"{NOUNS[base]} [{base}]" if base else NOUNS[base]


def _scale(told: str, unit: str, base: str) -> tuple[int, bool]:
    """Return the power of ten of a unit, and whether the inverse is meant; ValueError for a unit of something else."""
    if unit == "":
        return 0, False
    if base == "" and unit == "%":
        return -2, False
    shift = _shift(unit, base) if base else None
    if shift is not None:
        return shift, False
    shift = _shift(unit, "Ohm")
    if base == "S" and shift is not None:
        return shift, True
    other = next((one for one in NOUNS if one and _shift(unit, one) is not None), None)
    if other is not None:
        raise ValueError(f"{told}: {NOUNS[other]}, but {_asked(base)} is asked")
    known = f": {', '.join(_SHOWN[base])}" if base else " without a unit, or %"
    raise ValueError(f"{told}: {unit!r} is no unit; {_asked(base)} is asked{known}")


def _shift(unit: str, base: str) -> int | None:
    """Return the power of ten of a unit over the SI unit; None where it is not one of that."""
    return _PREFIXES.get(unit.removesuffix(base)) if unit.endswith(base) else None


def _limited(exponent: str | None) -> int:
    """Return an exponent as a number; one of very many digits is as good as a thousand."""
    if not exponent:
        return 0
    return max(-9999, min(int(exponent[:100]), 9999))
