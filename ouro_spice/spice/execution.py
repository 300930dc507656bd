"""An executor for tasks, by what the caller asks for: this machine, or a cluster; see `tasks`."""

from __future__ import annotations

import contextlib
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from .._util.checks import check_engine, check_scheduler, check_workers
from .._util.progress import Bar
from .ngspice import Ngspice
from .tasks import Done, Executor, Nothing, Resources, Work, ignore

if TYPE_CHECKING:
    from ..provenance.journal import Journal


class LocalExecutor:
    """Does tasks in this process: circuits in the worker processes of an engine, kernels on threads."""

    def __init__(self, engine: Ngspice, threads: int | None) -> None:
        self.engine, self._threads = engine, threads

    def parts(self, count: int, batches: int = 1) -> list[slice]:
        """Return the whole batch as one part."""
        return [slice(0, count)] if count else []

    def map(
        self, work: Work, tasks: Sequence[Any], bar: Bar | None = None, done: Done = ignore, together: bool = False
    ) -> Generator[Any, None, None]:
        """Do tasks and yield their results in order, see `Executor.map`."""
        resources = Resources(self.engine, self._threads, bar or Nothing())

        def one(k: int) -> Any:
            result = work(tasks[k], resources)
            done(k, result)
            return result

        if together:
            yield from map(one, range(len(tasks)))
            return
        with contextlib.closing(self.engine.each(one, range(len(tasks)))) as results:
            yield from results


@contextmanager
def executor(
    workers: int | None = None, scheduler: str | None = None, engine: Ngspice | None = None
) -> Iterator[Executor]:
    """Yield what does tasks: on this machine, or on the cluster of a scheduler.

    Parameters
    ----------
    workers
        Processes and threads on this machine, all cores where None; on a cluster for what is done here.
    scheduler
        Address of a Dask scheduler, ``tcp://host:port``; None: this machine.
    engine
        What runs circuits here; None: one of its own, which ends with the block.

    Raises
    ------
    ValueError
        For a number or an address that is none.
    ToolError
        Where the scheduler cannot be reached, has no workers, or one with other tools or code.
    """
    check_workers(workers)
    check_scheduler(scheduler)
    check_engine(engine)
    with contextlib.ExitStack() as stack:
        own = stack.enter_context(Ngspice(workers)) if engine is None else engine
        if scheduler is None:
            yield LocalExecutor(own, workers)
            return
        from .dask_cluster import DaskExecutor, connected  # half a second

        yield DaskExecutor(stack.enter_context(connected(scheduler)), own)


@contextmanager
def connection(scheduler: str | None) -> Iterator[None]:
    """Keep the connection to a scheduler, which each `executor` in the block uses; None: there is none.

    Raises
    ------
    ToolError
        As of `executor`.
    """
    if scheduler is None:
        yield
        return
    check_scheduler(scheduler)
    from .dask_cluster import connected  # half a second

    with connected(scheduler):
        yield


def map_once(
    does: Executor, kept: Journal | None, keys: Sequence[str], work: Work, tasks: Sequence[Any], bar: Bar
) -> list[Any]:
    """Return the results of tasks, in order: those that a journal holds by their keys, and those that are done now.

    What is done is written into the journal at once.
    """
    there = kept.items if kept else {}
    missing = [k for k, key in enumerate(keys) if key not in there]

    def done(number: int, result: Any) -> None:
        if kept:
            kept.add(keys[missing[number]], result)

    with contextlib.closing(does.map(work, [tasks[k] for k in missing], bar, done)) as results:
        made = dict(zip(missing, results, strict=True))
    return [made[k] if k in made else there[keys[k]] for k in range(len(keys))]
