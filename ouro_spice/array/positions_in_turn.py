"""Which positions of an array are looked at in turn, and doing so on all workers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from .._util.checks import check_count, check_kind
from .._util.progress import progress
from ..circuit.crossbar import Crossbar
from ..device.state import State
from ..provenance.journal import Journal
from ..spice.execution import executor, map_once
from ..spice.tasks import Resources

USUAL = 5
"""Positions along each side where nothing else is asked for."""


def check_array(array: Crossbar, state: State | None) -> None:
    """Raise ValueError for what is no array, or no state; None: where the array's devices are by themselves."""
    check_kind("array", array, Crossbar)
    check_kind("state", state, (State, None))


def positions_of(array: Crossbar, positions: int | None) -> list[tuple[int, int]]:
    """Return positions ``(row, col)``, spread evenly, corners included: at most so many along each side."""
    if positions is not None:
        check_count("positions", positions, 2)
    most = positions or USUAL
    rows, cols = (
        np.unique(np.linspace(0, count - 1, min(most, count)).round().astype(int)) for count in (array.rows, array.cols)
    )
    return [(int(row), int(col)) for row in rows for col in cols]


def each_position(
    label: str,
    array: Crossbar,
    places: Sequence[tuple[int, int]],
    look: Callable[[tuple[int, int], Resources], tuple[float, ...]],
    workers: int | None,
    kept: Journal | None = None,
    scheduler: str | None = None,
) -> np.ndarray:
    """Return what a function finds at each position, (values, rows, cols); NaN at positions that are not looked at.

    What is finished is kept at once, whatever comes after it; positions found there are not looked at again.
    """
    keys = ["{},{}".format(*place) for place in places]
    with executor(workers, scheduler) as does, progress(label, len(places)) as bar:
        bar.advance(sum(key in kept.items for key in keys) if kept else 0)
        found = map_once(does, kept, keys, _Look(look), list(places), bar)
    maps = np.full((len(found[0]) if found else 0, array.rows, array.cols), np.nan)
    for (row, col), values in zip(places, found, strict=True):
        maps[:, row, col] = values
    return maps


@dataclass(frozen=True)
class _Look:
    """Looks at a position."""

    look: Callable[[tuple[int, int], Resources], tuple[float, ...]]

    def __call__(self, place: tuple[int, int], resources: Resources) -> list[float]:
        """Return what is found there."""
        found = list(map(float, self.look(place, resources)))
        resources.bar.advance()
        return found
