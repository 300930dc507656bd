"""Figures of results as text: shares, times, energies, ratios and gaps with their intervals."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from numbers import Real
from typing import Any

from ...evaluation.bands import BANDS

PERCENTS = tuple(round(100 * band) for band in BANDS)
"""The bands in per cent, widest first."""

_TIMES = ((1e9, "ns"), (1e6, "us"), (1e3, "ms"), (1.0, "s"))


def number(value: Any, form: str = "g") -> str:
    """Return a number in a format, nothing where it is none."""
    return f"{value:{form}}" if _is_number(value) else ""


def share(value: Any) -> str:
    """Return a share in per cent, without the sign; nothing where it is no number."""
    return f"{100 * value:.1f}" if _is_number(value) else ""


def duration(value: Any) -> str:
    """Return a time [s] with its unit, as text; nothing where it is no number."""
    if not _is_number(value):
        return ""
    scale, unit = next((s, u) for s, u in _TIMES if abs(value) * s < 1000 or s == 1.0)
    return f"{value * scale:.3g} {unit}"


def energy(value: Any) -> str:
    """Return an energy [J] in pJ, as text; nothing where it is no number."""
    return f"{value * 1e12:.3g} pJ" if _is_number(value) else ""


def span(value: Any, form: str = ".2f", scale: float = 1.0) -> str:
    """Return the two ends of an interval: ``1.20 .. 3.40``; nothing where one is missing."""
    return f"{scale * value[0]:{form}} .. {scale * value[1]:{form}}" if _are_numbers(value, 2) else ""


def shares_span(value: Any) -> str:
    """Return the two ends of the interval of a share, in per cent."""
    return span(value, ".1f", 100.0)


def ratio(value: Any) -> str:
    """Return a ratio with its interval: ``2.36 (1.78 .. 3.12)``; nothing where one of the three is missing."""
    return f"{value[0]:.2f} ({span(value[1:])})" if _are_numbers(value, 3) else ""


def share_of(row: Mapping[str, Any], band: int) -> str:
    """Return the share within a band [%] of a row, with its interval and the number of attempts, as text."""
    key = f"within_{band}"
    if not _is_number(row.get(key)):
        return ""
    ends = shares_span((row.get("interval") or {}).get(key))
    trainings = row.get("trainings", {}).get("n", 1)
    counted = f", {trainings} trainings" if trainings > 1 else ""
    inside = f"{ends}, n = {row['n']}{counted}" if ends else f"n = {row['n']}{counted}"
    return f"{share(row[key])} % ({inside})"


def gaps(found: Mapping[str, Sequence[float]] | None) -> str:
    """Return floor minus share in points, with its interval, band after band, as text."""
    return " / ".join(f"{share(one[0])} ({shares_span(one[1:])})" for one in (found or {}).values())


def conductance(value: Any) -> str:
    """Return a conductance [S] in uS, as text; nothing where it is no number."""
    return f"{value * 1e6:.4g} uS" if _is_number(value) else ""


_UNITS = {"_s": duration, "_J": energy, "_S": conductance}
"""What writes a figure, by the end of its name."""


def plain(key: str, value: Any) -> str:
    """Return a figure that no table declares, by the unit at the end of its name; nothing for what is no figure."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Mapping):
        inner = {name: plain(name, one) for name, one in value.items() if not isinstance(one, Mapping)}
        return ", ".join(f"{name} = {one}" for name, one in inner.items() if one)
    unit = _UNITS.get(key[-2:])
    write = unit or (lambda one: f"{one:.4g}")
    if _is_number(value):
        return write(value)
    if _are_numbers(value, 3):
        return f"{write(value[0])} ({write(value[1])} .. {write(value[2])})" if unit else ratio(value)
    return f"{write(value[0])} .. {write(value[1])}" if _are_numbers(value, 2) else ""


def markdown(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a table as Markdown."""
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    return "\n".join(lines + ["| " + " | ".join(row) + " |" for row in rows]) + "\n"


def _is_number(value: Any) -> bool:
    return isinstance(value, Real) and not isinstance(value, bool) and math.isfinite(value)


def _are_numbers(values: Any, count: int) -> bool:
    return isinstance(values, Sequence) and len(values) == count and all(map(_is_number, values))
