"""Amounts as pages write them: three digits, a prefix in ASCII, no power of ten, intervals in brackets."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence

PREFIXES = ((1e-15, "f"), (1e-12, "p"), (1e-9, "n"), (1e-6, "u"), (1e-3, "m"), (1.0, ""), (1e3, "k"))
"""Sizes and letters, smallest first."""

_POWER = re.compile(r"(\d(?:\.\d+)?e[+-]\d+) ?([fpnum]?)([JsAVS])\b")


def amount(value: float | None, unit: str, digits: int = 3) -> str:
    """Return a value in an SI unit as text, ``1.27 nJ``; "-" for what is no number."""
    if value is None or not math.isfinite(value):
        return "-"
    size, prefix = _prefix(abs(value))
    return f"{plain(value / size, digits)} {prefix}{unit}"


def interval(value: float, ends: Sequence[float] | None, unit: str = "", form: str = ".2f") -> str:
    """Return a value with the ends of its interval, ``1.9 (1.2 .. 3.0) us``; without a unit each in the format."""
    if not unit:
        return f"{value:{form}}" if ends is None else f"{value:{form}} ({ends[0]:{form}} .. {ends[1]:{form}})"
    if ends is None:
        return amount(value, unit)
    size, prefix = _prefix(abs(value))
    first, low, high = (plain(one / size) for one in (value, *ends))
    return f"{first} ({low} .. {high}) {prefix}{unit}"


def share(value: float | None, ends: Sequence[float] | None = None, digits: int = 1) -> str:
    """Return a share in per cent with the ends of its interval, ``97.5 % (87.1 .. 99.6)``; "-" for no number."""
    if value is None or not math.isfinite(value):
        return "-"
    text = f"{100 * value:.{digits}f} %"
    return text if ends is None else f"{text} ({100 * ends[0]:.{digits}f} .. {100 * ends[1]:.{digits}f})"


def plain(value: float, digits: int = 3) -> str:
    """Return a number with some digits as text, without a power of ten; "-" for what is no finite one."""
    if not math.isfinite(value):
        return "-"
    if value == 0:
        return "0"
    value = float(f"{value:.{digits}g}")
    places = digits - 1 - math.floor(math.log10(abs(value)))
    return f"{value:.{places}f}" if places > 0 else f"{round(value, min(places, 0)):.0f}"


def without_powers(text: str) -> str:
    """Return a text in which amounts such as ``1.27e+03 pJ`` have a larger prefix instead of a power of ten."""
    return _POWER.sub(lambda found: _resized(found[1], found[2], found[3]), text)


def _resized(number: str, prefix: str, unit: str) -> str:
    """Return an amount with the prefix that it needs."""
    size = next(size for size, letter in PREFIXES if letter == prefix)
    digits = len(number.partition("e")[0].replace(".", ""))
    return amount(float(number) * size, unit, max(digits, 2))


def _prefix(size: float) -> tuple[float, str]:
    """Return the prefix with which a size lies between 1 and 1000, as far as they go; none for 0."""
    if size == 0:
        return 1.0, ""
    # what rounds to 1000 has the next prefix
    fitting = [one for one in PREFIXES if size >= 0.9995 * one[0]]
    return fitting[-1] if fitting else PREFIXES[0]
