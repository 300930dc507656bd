"""The D2D laws of all families, read back from the plain values that a manifest holds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .jart.spread import Spread
from .relative_spread import RelativeSpread

SpreadLaw = Spread | RelativeSpread


def restored_law(values: Mapping[str, Any]) -> SpreadLaw:
    """Return the law that plain values stand for, lists in place of tuples; TypeError for those of none."""
    plain: dict[str, Any] = {name: tuple(one) if isinstance(one, list) else one for name, one in values.items()}
    return RelativeSpread(**plain) if "names" in plain else Spread(**plain)
