"""Tasks on the workers of a Dask cluster: results as here, in order; those of a worker that is lost are done again."""

from __future__ import annotations

import contextlib
import itertools
import os
import queue
import threading
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Protocol, cast

from .._util.machine import ToolError
from .._util.progress import Bar, notice
from .._util.validity import collected, warn
from ..provenance.differences import differences, listed
from ..provenance.manifest import tools
from .ngspice import Ngspice
from .portable import packed, unpacked
from .tasks import Done, Nothing, Resources, Work, ignore

_AHEAD = 4
"""Tasks for each thread of a cluster's workers that are under way or waiting for it."""

_PARTS = 2
"""Parts of a batch for each thread of a cluster's workers, so that none is waited for at the end for long."""

_CONNECT_S = 10

_PATIENCE_S = 60.0
"""A cluster without any worker for as long is given up."""

_LOOK_S = 0.5
"""How often is looked whether workers are there."""

Tools = dict[str, dict[str, str]]
"""What makes results, see `manifest.tools`."""

_own = threading.local()
"""What a thread of a worker keeps: its engine; and the clusters that a thread of a client is connected to."""


class _Future(Protocol):
    """A task that somebody does."""

    key: Any
    status: str

    def add_done_callback(self, fn: Callable[[Any], None]) -> None:
        """Call a function when it is done, failed or lost."""

    def result(self) -> Any:
        """Return the result; raise what the task raised."""
        ...


class _Client(Protocol):
    """The part of a Dask cluster's client that is used here."""

    def nthreads(self) -> dict[str, int]:
        """Return the number of threads of each worker, by its address."""
        ...

    def run(self, function: Callable[[], Any], *, on_error: str) -> dict[str, Any]:
        """Return what a function gives on each worker, by its address."""
        ...

    def submit(self, function: Callable[..., Any], *arguments: Any, pure: bool) -> _Future:
        """Return the future of a call on some worker."""
        ...

    def cancel(self, futures: list[_Future]) -> Any:
        """Give up tasks that nobody waits for."""

    def subscribe_topic(self, topic: str, handler: Callable[[Any], Any]) -> None:
        """Call a function with each event of a topic."""


class Cluster:
    """A connection to the scheduler of a cluster, and what happens to its workers.

    Attributes
    ----------
    client, address
        Of Dask; the scheduler's.
    """

    def __init__(self, client: _Client, address: str) -> None:
        self.client, self.address = client, address
        self._workers = set(client.nthreads())
        self._events: queue.SimpleQueue[dict[str, Any]] = queue.SimpleQueue()
        self._without_since: float | None = None
        client.subscribe_topic("all", self._hear)

    @property
    def threads(self) -> int:
        """Return the number of threads of all workers, one at least."""
        return max(sum(self.client.nthreads().values()), 1)

    def _hear(self, event: tuple[float, Any]) -> None:
        """Keep an event of the scheduler; called by the client's own thread."""
        if isinstance(event[1], dict):
            self._events.put(event[1])

    def look(self, running: Sequence[_Future]) -> None:
        """Say which workers were lost with tasks that are under way.

        Raises
        ------
        ToolError
            Where there has been no worker for `_PATIENCE_S`.
        """
        with contextlib.suppress(queue.Empty):
            while True:
                self._take(self._events.get_nowait(), {future.key for future in running})
        if self._workers:
            self._without_since = None
            return
        now = time.monotonic()
        self._without_since = self._without_since or now
        if now - self._without_since > _PATIENCE_S:
            raise ToolError(
                f"the Dask cluster at {self.address} has lost all its workers: start some with "
                f"`dask worker {self.address}` and run the same again"
            )

    def _take(self, event: dict[str, Any], mine: set[Any]) -> None:
        """Take an event into account; `mine` are the keys of the tasks that are under way."""
        worker = event.get("worker", "")
        if event.get("action") == "add-worker":
            self._workers.add(worker)
        elif event.get("action") == "remove-worker":
            self._workers.discard(worker)
            lost = mine & {*event.get("processing-tasks", ()), *event.get("lost-computed-tasks", ())}
            if lost:
                again = "1 task is" if len(lost) == 1 else f"{len(lost)} tasks are"
                left = "" if self._workers else ", as soon as there is another"
                notice(f"the Dask worker {worker} was lost: {again} done again{left}")


class DaskExecutor:
    """Does tasks on the workers of a cluster, each on one thread; see `tasks.Executor`."""

    def __init__(self, cluster: Cluster, engine: Ngspice) -> None:
        self.engine, self._cluster = engine, cluster

    def parts(self, count: int, batches: int = 1) -> list[slice]:
        """Return parts of a batch, some of all batches for each thread of the cluster, none of them empty."""
        parts = min(count, -(-_PARTS * self._cluster.threads // batches))
        ends = [count * k // parts for k in range(parts + 1)] if parts else [0]
        return [slice(begin, end) for begin, end in itertools.pairwise(ends)]

    def map(
        self, work: Work, tasks: Sequence[Any], bar: Bar | None = None, done: Done = ignore, together: bool = False
    ) -> Generator[Any, None, None]:
        """Do tasks and yield their results in order, see `Executor.map`.

        Raises
        ------
        ToolError
            Where the scheduler or all workers are lost, tasks kill their workers, or one has other tools or code.
        """
        client, wanted, counted = self._cluster.client, tools(), bar or Nothing()
        came: queue.SimpleQueue[int] = queue.SimpleQueue()
        running: dict[int, _Future] = {}
        waiting, made = iter(range(len(tasks))), dict[int, Any]()

        def submit() -> None:
            k = next(waiting, None)
            if k is not None:
                # the work with each task: what is scattered is lost with the workers that hold it
                running[k] = client.submit(_done, packed((work, tasks[k])), wanted, pure=False)
                running[k].add_done_callback(lambda _: came.put(k))

        try:
            for _ in range(_AHEAD * self._cluster.threads):
                submit()
            for k in range(len(tasks)):
                while k not in made:
                    number = self._next(came, running)
                    made[number] = self._taken(running.pop(number), counted)
                    done(number, made[number])
                    submit()
                yield made.pop(k)
        finally:
            if running:
                with contextlib.suppress(Exception):  # a cluster that is lost has nothing to give up
                    client.cancel(list(running.values()))

    def _next(self, came: queue.SimpleQueue[int], running: dict[int, _Future]) -> int:
        """Return the number of the next task that is done; say which workers are lost meanwhile."""
        while True:
            self._cluster.look(list(running.values()))
            try:
                return came.get(timeout=_LOOK_S)
            except queue.Empty:
                for number, future in running.items():
                    if future.status in ("cancelled", "lost"):
                        return number

    def _taken(self, future: _Future, bar: Bar) -> Any:
        """Return the result of a task; count what it counted, and warn of what it warned of."""
        from distributed import KilledWorker

        where = f"the Dask cluster at {self._cluster.address}"
        if future.status in ("cancelled", "lost"):
            raise ToolError(f"{where} has lost the work: run the same again")
        try:
            content = future.result()
        except KilledWorker as error:
            raise ToolError(f"workers of {where} die: {error}") from error
        result, steps, failures, texts = unpacked(content, self.engine)
        for text, kind in texts:
            warn(text, kind)
        bar.advance(steps, failures)
        return result


class _Count:
    """Counts what a task counts, where it is done."""

    def __init__(self) -> None:
        self.steps, self.failures, self._lock = 0, 0, threading.Lock()

    def advance(self, steps: int = 1, failures: int = 0) -> None:
        """Count steps that are done, and those of them that failed."""
        with self._lock:
            self.steps += steps
            self.failures += failures


def _done(content: bytes, wanted: Tools) -> bytes:
    """Do a task on this thread of a worker, with the tools `wanted`; return the result, the counts and warnings."""
    check_tools(tools(), wanted)
    if not hasattr(_own, "engine"):
        _own.engine = Ngspice(1)  # its process ends with this one
    count = _Count()
    with collected() as texts:
        work, task = unpacked(content, _own.engine)
        result = work(task, Resources(_own.engine, 1, count))
    return packed((result, count.steps, count.failures, texts))


@contextmanager
def connected(scheduler: str) -> Iterator[Cluster]:
    """Yield a connection to a scheduler whose workers have what decides the numbers; inside such a block the same one.

    Raises
    ------
    ToolError
        Where there is no scheduler, no worker, or a worker with other tools or code.
    """
    key = os.getpid(), scheduler
    there: dict[tuple[int, str], Cluster] = _own.__dict__.setdefault("clusters", {})
    if key in there:
        yield there[key]
        return
    with _client(scheduler) as client:
        there[key] = Cluster(client, scheduler)
        try:
            yield there[key]
        finally:
            del there[key]


@contextmanager
def _client(scheduler: str) -> Iterator[_Client]:
    """Yield a client of a scheduler whose workers have what decides the numbers."""
    from distributed import Client

    try:
        client = Client(scheduler, timeout=_CONNECT_S, set_as_default=False)
    except (OSError, ValueError, TimeoutError) as error:
        raise ToolError(f"no Dask scheduler answers at {scheduler}: {error}") from error
    with client:
        # its methods are typed as the coroutines that they are in asynchronous clients alone
        asked = cast("_Client", client)
        if not asked.nthreads():
            raise ToolError(f"the scheduler at {scheduler} has no workers: start some with `dask worker {scheduler}`")
        here = tools()
        for worker, there in asked.run(tools, on_error="return").items():
            if isinstance(there, BaseException):
                raise ToolError(f"the Dask worker {worker} cannot run ouro_spice: {there}")
            check_tools(there, here, worker)
        yield asked


def check_tools(there: Tools, wanted: Tools, worker: str = "") -> None:
    """Raise ToolError, naming what differs, where a worker of a cluster would give other numbers."""
    found = differences(there, wanted, ("tools", "code"))
    if found:
        which = f"the Dask worker {worker}".rstrip()
        raise ToolError(f"{which} has other tools or code than are wanted ({listed(found)})")
