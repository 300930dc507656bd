"""Which cells of a fleet are meant, and what each of them gets."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from .._util.checks import check_count, check_range
from ..circuit.pulse import HIGHEST_V, LONGEST_S, SHORTEST_S, Pulse

MOST_POINTS = 10**7
"""Points of a sampled trajectory."""


def checked_places(places: ArrayLike, size: int, once: bool) -> np.ndarray:
    """Return places in a fleet of `size` cells as an array (k,) of whole numbers; with `once` no cell may be there
    twice, since its state changes.

    Raises
    ------
    ValueError
        For what is no list of whole numbers from 0 to size - 1, or a cell that is there twice.
    """
    found = np.asarray(places)
    if found.ndim != 1 or (found.size and not np.issubdtype(found.dtype, np.integer)):
        raise ValueError(f"places must be whole numbers (k,), not {found.dtype} {found.shape}")
    found = found.astype(np.intp)
    beyond = found[(found < 0) | (found >= size)]
    if beyond.size:
        raise ValueError(f"places: {beyond[0]} is outside its legal range [0, {size - 1}]")
    if once and len(np.unique(found)) < len(found):
        raise ValueError("places: a cell is there twice, and its state changes")
    return found


def checked_pulses(pulses: Sequence[Pulse], places: np.ndarray) -> list[Pulse]:
    """Return the pulses as a list, one for each of the places (k,); ValueError for anything else."""
    found = list(pulses)
    if len(found) != len(places) or not all(isinstance(pulse, Pulse) for pulse in found):
        raise ValueError(f"pulses must be one ouro_spice.Pulse for each of the {len(places)} places, not {len(found)}")
    return found


def checked_trajectories(
    places: np.ndarray, amplitude_V: ArrayLike, dt_s: ArrayLike, points: int, rise_s: float
) -> np.ndarray:
    """Return the amplitude [V], rise and spacing [s] of a sampled trajectory for each place, (k, 3); ValueError for
    what is out of range.
    """
    check_count("points", points)
    check_range("points", points, 1, MOST_POINTS, "")
    check_range("rise_s", rise_s, SHORTEST_S, LONGEST_S, "s")
    columns = []
    for name, given, low, high, unit in (
        ("amplitude_V", amplitude_V, -HIGHEST_V, HIGHEST_V, "V"),
        ("dt_s", dt_s, SHORTEST_S, LONGEST_S / points, "s"),
    ):
        column = np.asarray(given, dtype=float)
        if column.shape not in ((), places.shape):
            raise ValueError(f"{name} must be one value or ({len(places)},), not {column.shape}")
        for value in (column.min(initial=np.inf), column.max(initial=-np.inf)) if column.size else ():
            check_range(name, float(value), low, high, unit)
        columns.append(np.broadcast_to(column, places.shape))
    return np.stack([columns[0], np.full(len(places), rise_s), columns[1]], axis=1)
