"""Which positions of an array are looked at in turn, and doing so on all workers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from .._util.checks import check_count, check_kind, check_workers
from .._util.progress import progress
from ..circuit.crossbar import Crossbar
from ..device.state import State
from ..provenance.journal import Journal
from ..spice.ngspice import Ngspice

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
    function: Callable[[int, int, Ngspice], tuple[float, ...]],
    workers: int | None,
    kept: Journal | None = None,
) -> np.ndarray:
    """Return what a function finds at each position, (values, rows, cols); NaN at positions that are not looked at.

    What is finished is kept at once, whatever comes after it; positions found there are not looked at again.
    """
    check_workers(workers)
    maps = np.empty((0, array.rows, array.cols))
    with Ngspice(workers) as engine, progress(label, len(places)) as bar:

        def one(place: tuple[int, int]) -> Any:
            def work() -> list[float]:
                return list(map(float, function(*place, engine)))

            found = kept.once("{},{}".format(*place), work) if kept else work()
            bar.advance()
            return found

        for (row, col), found in zip(places, engine.each(one, places), strict=True):
            if not len(maps):
                maps = np.full((len(found), array.rows, array.cols), np.nan)
            maps[:, row, col] = found
    return maps
