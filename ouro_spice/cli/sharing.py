"""The options of where many simulations are done: ``--workers`` and ``--scheduler``, the same of every command."""

from __future__ import annotations

from typing import Annotated, Any

from .._util.checks import check_scheduler
from .output import option

Workers = Annotated[int | None, option("Worker processes, threads of compact cells; all cores by default.", min=1)]
Scheduler = Annotated[
    str | None, option("Dask scheduler whose workers do the work, tcp://host:port; the same results.")
]


def shared(workers: int | None, scheduler: str | None, /, workers_as: str = "workers") -> dict[str, Any]:
    """Return the arguments of a function for both options.

    Raises
    ------
    ValueError
        Where both are given, or the address is none.
    """
    if workers is not None and scheduler is not None:
        raise ValueError("--workers: with --scheduler the cluster has its own")
    try:
        check_scheduler(scheduler)
    except ValueError as error:
        raise ValueError(f"--{error}") from None
    return {workers_as: workers, "scheduler": scheduler}
