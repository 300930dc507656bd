"""Window functions of linear ion drift: their names, their numbers in the model's text, and where they vanish."""

from __future__ import annotations

from ..._util.checks import shown

NONE, STRUKOV, JOGLEKAR, BIOLEK, PRODROMAKIS = range(5)

WINDOWS = ("none", "strukov", "joglekar", "biolek", "prodromakis")
"""Names of the windows, at the places that are their numbers in the model."""

LOGIT = (STRUKOV, JOGLEKAR, PRODROMAKIS)
"""Windows that vanish at both bounds: there the state is y = ln(x / (1 - x))."""


def window_number(window: str) -> int:
    """Return the number of a window by its name; ValueError naming all for an unknown one."""
    if not isinstance(window, str) or window not in WINDOWS:
        raise ValueError(f"window {shown(window)} is unknown; there is {', '.join(WINDOWS)}")
    return WINDOWS.index(window)
