"""Work on a batch of cells, shared out by cells: parts go to the workers of a cluster, and come back as they are."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from .._util.checks import check_has, check_scheduler
from .._util.progress import Bar
from ..spice.execution import executor
from ..spice.tasks import Executor, Resources

if TYPE_CHECKING:
    from .batch import Fleet

    Batch = tuple[Fleet, np.ndarray, Callable[[slice], tuple[Any, ...]]]
    """Cells, the places that are meant, and what is given for some of these."""

CellWork = Callable[..., Any]
"""Called with a batch, whose states it may change, what is given for its cells, and a bar."""


@dataclass(frozen=True)
class Share:
    """A task: a part of a batch, and what is given for its cells."""

    cells: Any
    given: tuple[Any, ...]


@dataclass(frozen=True)
class SharedWork:
    """Does the work of a share; returns what that returns, and the part in the states that it has come to."""

    work: CellWork

    def __call__(self, share: Share, resources: Resources) -> tuple[Any, Any]:
        """Do the work of a share."""
        return self.work(share.cells, *share.given, resources.bar), share.cells


def scheduler_of(fleet: object, scheduler: str | None) -> str | None:
    """Return the scheduler that is asked for, or else that of a batch; None where the work is done here.

    Raises
    ------
    ValueError
        For what is no address, or a batch of cells that cannot be split.
    """
    check_scheduler(scheduler)
    found = scheduler or getattr(fleet, "scheduler", None)
    if found:
        check_has("fleet", fleet, "part", "cells of ouro_spice.fleet(..), which can be shared out")
    return found


def do_on_cells(
    fleet: Fleet, scheduler: str | None, work: CellWork, given: Callable[[slice], tuple[Any, ...]], bar: Bar
) -> list[Any]:
    """Do work on all cells of a batch, here or in parts on a cluster; return what it returns for each part, in order.

    Parameters
    ----------
    fleet
        The batch; its cells are then in the states that the work has left them in.
    scheduler
        Address of a Dask scheduler; None: the batch is one part, and all is done here.
    work
        Called with a part, what is given for its cells, and a bar.
    given
        Returns what is given for some of the cells, by their slice.
    bar
        Counts what the work counts.
    """
    if scheduler is None:
        return [work(fleet, *given(slice(0, len(fleet))), bar)]
    return share_out([(fleet, np.arange(len(fleet)), given)], scheduler, work, bar)[0]


def share_out(
    batches: Sequence[Batch],
    scheduler: str,
    work: CellWork,
    bar: Bar | None = None,
    after: Callable[[], None] = lambda: None,
) -> list[list[Any]]:
    """Do work on some places of several batches on a cluster; return what it returns for each part of each batch.

    `after` is called after each batch. All cells keep their states until all is done.
    """
    with executor(None, scheduler, getattr(batches[0][0], "engine", None)) as does:
        parts = [does.parts(len(places), len(batches)) for _, places, _ in batches]
        found = _done(does, batches, parts, work, bar, after)
    for (fleet, places, _), rows, made in zip(batches, parts, found, strict=True):
        for some, (_, part) in zip(rows, made, strict=True):
            fleet.put(places[some], part)
    return [[value for value, _ in made] for made in found]


def _done(
    does: Executor,
    batches: Sequence[Batch],
    parts: list[list[slice]],
    work: CellWork,
    bar: Bar | None,
    after: Callable[[], None],
) -> list[list[tuple[Any, Any]]]:
    """Return what the work returns for each part of each batch, and the part as it is then."""
    tasks = [
        Share(fleet.part(places[rows]), given(rows))
        for (fleet, places, given), mine in zip(batches, parts, strict=True)
        for rows in mine
    ]
    found = []
    with contextlib.closing(does.map(SharedWork(work), tasks, bar)) as results:
        for mine in parts:
            found.append([next(results) for _ in mine])
            after()
    return found
