"""How networks, baselines and conventional programmers look: the same in all figures, whatever else is beside them."""

from __future__ import annotations

import math
import numbers
from collections.abc import Iterable, Mapping
from typing import Any

from .._util.checks import check_range

NETWORK, CONVENTIONAL, BASELINE = "neural", "conventional", "without a network"
COLOURS = {NETWORK: "#1b6ca8", CONVENTIONAL: "#c0492f", BASELINE: "#6b7480"}
"""Of bars, by `kind`."""

_WORDS = {
    CONVENTIONAL: (
        "fixed",
        "ispp",
        "coarse",
        "pi in",
        "posterior",
        "model time",
        "proportional",
        "nominal model's time",
    ),
    BASELINE: ("noise free", "nothing", "constant", "table"),
}
_LINES = ("#1b6ca8", "#c0492f", "#3a8f5c", "#7d5ba6", "#b8860b", "#3aa6a6")
_DASHES = ("-", (0, (5, 1.5)), (0, (5, 1.5, 1, 1.5)), (0, (2, 1)))
_GREYS = (
    {"color": "#222222", "linestyle": "--"},
    {"color": "#999999", "linestyle": "-."},
    {"color": "#666666", "linestyle": ":"},
)


def kind(name: str) -> str:
    """Return the kind of a variant or programmer by words in its name: `CONVENTIONAL`, `BASELINE`, else `NETWORK`."""
    plain = name.lower().replace("_", " ").replace("-", " ")
    return next((one for one, words in _WORDS.items() if any(word in plain for word in words)), NETWORK)


def looks(names: Iterable[str]) -> dict[str, dict[str, Any]]:
    """Return the colour and dashes of each line, by name, as matplotlib takes them; baselines are black and grey."""
    found: dict[str, dict[str, Any]] = {}
    counts = {BASELINE: 0, NETWORK: 0}
    for name in names:
        of = BASELINE if kind(name) == BASELINE else NETWORK
        place, counts[of] = counts[of], counts[of] + 1
        if of == BASELINE:
            found[name] = _GREYS[place % len(_GREYS)]
        else:
            dashes = _DASHES[place // len(_LINES) % len(_DASHES)]
            found[name] = {"color": _LINES[place % len(_LINES)], "linestyle": dashes}
    return found


def check_some(name: str, found: Mapping[str, Any]) -> None:
    """Raise ValueError where there is nothing to draw."""
    if not found:
        raise ValueError(f"{name} is empty: a figure needs at least one entry")


def check_window(window_S: tuple[float, float]) -> tuple[float, float]:
    """Return the ends of a window [S]; ValueError where they are not two ascending conductances."""
    if len(window_S) != 2:
        raise ValueError(f"window_S must be its two ends [S], not {len(window_S)} numbers")
    low, high = window_S
    check_range("window_S[0]", low, 0, 1.0, "S")
    check_range("window_S[1]", high, 0, 1.0, "S")
    if not low < high:
        raise ValueError(f"window_S = ({low:g}, {high:g}) S must ascend")
    return float(low), float(high)


def figure_of(rows: Mapping[str, Mapping[str, Any]], name: str, key: str, high: float = 1.0) -> float:
    """Return one figure of a row of results, from 0 to `high`; ValueError naming row, key and value otherwise."""
    if key not in rows[name]:
        raise ValueError(f"{name!r} has no {key}")
    check_range(f"{key} of {name!r}", rows[name][key], 0, high, "")
    return float(rows[name][key])


def interval(row: Mapping[str, Any], key: str) -> tuple[float, float] | None:
    """Return the ends of the interval of a share in a row of results, which has one of within_20 or a dictionary of
    several; None where it has none.
    """
    found = row.get("interval")
    if isinstance(found, Mapping):
        found = found.get(key)
    elif key != "within_20":
        found = None
    if found is None or len(found) != 2 or not all(isinstance(x, numbers.Real) and math.isfinite(x) for x in found):
        return None
    return float(found[0]), float(found[1])
