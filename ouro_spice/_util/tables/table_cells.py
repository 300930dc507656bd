"""Cells of a table: numbers, the words that stand where an instrument had none, and hints for what is neither."""

from __future__ import annotations

import math
import re

OVERFLOW = 9.9e37
"""What instruments write in place of a number beyond their range, and all above."""

_OVERFLOW = re.compile(r"(?i)[+-]?(inf|infinity|o\.?l\.?|ovl?d?|ovrld|ovrng|over|over ?(load|flow|range))")
_NO_VALUE = re.compile(r"(?i)|[+-]?nan|n\.?/?a\.?|null|none|missing|-{1,3}|#(n/a|nv|#{2,}|[^\W_/]+(/0)?[!?])")


def number(word: str) -> float | None:
    """Return the number of a word, not only finite ones; None for other words. A true minus sign counts as one."""
    try:
        # spreadsheets write a true minus sign; underscores are Python's, nobody else's
        return float(word.replace("\u2212", "-")) if "_" not in word else None
    except ValueError:
        return None


def value(word: str) -> float | None:
    """Return the number of a cell, inf for an instrument's overflow, nan for no value; None for other words."""
    found = number(word)
    if found is None:
        if _OVERFLOW.fullmatch(word):
            return math.inf
        return math.nan if _NO_VALUE.fullmatch(word) else None
    return found if abs(found) < OVERFLOW or math.isnan(found) else math.inf


def hint(word: str) -> str:
    """Return advice on a word that is no number, beginning with a colon; "" where there is none."""
    if number(re.sub(r"[,.'\u2019\s]", "", word)) is not None:
        return ": numbers need a decimal point, and nothing between thousands"
    if re.fullmatch(r"[-+\u2212]?[\d.]+(e[-+]?\d+)?\s*[a-z\u00b5\u03bc\u03a9%]+", word, re.IGNORECASE):
        return ": cells hold bare numbers; the unit belongs to the name of the column"
    if re.fullmatch(r"[-+]?[\d.]+d[-+]?\d+", word, re.IGNORECASE):
        return ": an exponent is written with e"
    return ": a line that is commented out? remove it" if word.startswith("#") and number(word.strip("# ")) else ""
