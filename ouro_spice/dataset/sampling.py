"""The sampling law of small updates: wanted changes of conductance of all sizes alike."""

from __future__ import annotations

LEAST_S = 1e-6
"""Smallest wanted change of conductance [S]."""


def increment(share: float, down_S: float, up_S: float) -> float:
    """Return a wanted change of conductance [S]; `share`, of 0 .. 1, below a half gives one down, above it one up.

    Either way it is even in the logarithm, from `LEAST_S` to the end of the window, `down_S` below the start and `up_S`
    above it. Where one end is nearer than `LEAST_S`, all changes go to the other one.
    """
    up, part = share >= 0.5, 2 * share % 1
    if (up_S if up else down_S) < LEAST_S:
        up = not up
    room_S = max(up_S if up else down_S, LEAST_S)
    return (1 if up else -1) * LEAST_S * (room_S / LEAST_S) ** part
