"""Worker processes with one ngspice each: time-outs, recycling, a second try for the task of a worker that died."""

from __future__ import annotations

import contextlib
import os
import queue
import threading
import time
import weakref
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import islice
from typing import Any

from .._util.checks import check_count, check_range, check_workers
from .worker_process import Worker, WorkerDeathError

_AHEAD = 100
"""Calls for each worker that wait, or whose results do: long work in many parts takes no more memory than this."""

_AGAIN_S = 0.02
"""A process that is started just while work is given up is ended this much later."""

_thread = threading.local()
"""Whose work a thread does: `calls`, an event for each call of `each` that it works for, set where that is given up."""

_pools: weakref.WeakSet[Pool] = weakref.WeakSet()


class Pool:
    """Runs tasks on worker processes.

    A forked child has the same pool with processes of its own, started as they are needed; those of its parent, and
    what these are at work on, are left to the parent.

    Parameters
    ----------
    workers
        Number of processes; all cores where None.
    timeout_s
        Time limit of one task [s].
    recycle
        Tasks after which a process is replaced.
    """

    def __init__(self, workers: int | None = 1, timeout_s: float = 120.0, recycle: int = 2000) -> None:
        check_workers(workers)
        check_range("timeout_s", timeout_s, 1e-6, 1e7, "s")
        check_count("recycle", recycle)
        self.size = workers or os.cpu_count() or 1
        self.timeout_s = timeout_s
        self._workers = [Worker(recycle) for _ in range(self.size)]
        self._begin()
        _pools.add(self)

    def _begin(self) -> None:
        """Mark all workers as idle."""
        self._idle: queue.SimpleQueue[Worker] = queue.SimpleQueue()
        self._busy: dict[Worker, tuple[int, tuple[threading.Event, ...]]] = {}
        self._closing, self._closer = threading.Event(), threading.RLock()
        for worker in self._workers:
            self._idle.put(worker)

    def leave(self) -> None:
        """Leave all processes to the parent of this one, which has just been forked."""
        for worker in self._workers:
            worker.leave()
        self._begin()

    def run(self, task: dict[str, Any], timeout_s: float | None = None) -> dict[str, Any]:
        """Run one task and return the reply; that of a worker that died is run once more by a new one."""
        limit_s = timeout_s or self.timeout_s
        calls, cause = getattr(_thread, "calls", ()), ""
        worker = self._idle.get()
        self._busy[worker] = threading.get_ident(), calls
        try:
            for restarts in range(2):
                if self._closing.is_set() or any(call.is_set() for call in calls):
                    return _failure("WORKER", ["error: the work was given up, or its engine closed"])
                try:
                    reply = self._call(worker, task, limit_s)
                    reply["effort"]["restarts"] = restarts
                    return reply
                except WorkerDeathError as death:
                    cause = str(death)
                except TimeoutError:
                    return _failure("TIMEOUT", [*worker.last_words, f"limit {limit_s:g} s"])
            return _failure("WORKER", worker.last_words, restarts=2) | {"cause": cause}
        finally:
            del self._busy[worker]
            self._idle.put(worker)

    def _call(self, worker: Worker, task: dict[str, Any], limit_s: float) -> dict[str, Any]:
        # a refused netlist can leave ngspice unable to read any other: its process is not used again, and a refusal by
        # a process that has worked before is asked for once more
        """Return a worker's reply to a task; a refused netlist is tried once more by a new process."""
        fresh = worker.fresh
        reply = worker.call(task, limit_s)
        if reply["result"] in ("NETLIST", "MODEL"):
            worker.kill()
            if not fresh:
                reply = worker.call(task, limit_s)
                if reply["result"] in ("NETLIST", "MODEL"):
                    worker.kill()
        return reply

    def map(self, tasks: Iterable[dict[str, Any]]) -> Iterator[dict[str, Any]]:
        """Run many tasks on all workers and yield the replies in order."""
        return self.each(self.run, tasks)

    def each(self, function: Callable[[Any], Any], items: Iterable[Any]) -> Generator[Any, None, None]:
        """Call a function that runs tasks for each item, on a thread a worker, and yield the results in order.

        Raises
        ------
        RuntimeError
            In a forked child that asks for the next result: the threads are its parent's.
        """
        here, call = self._idle, threading.Event()
        calls = (*getattr(_thread, "calls", ()), call)
        threads = ThreadPoolExecutor(self.size, initializer=setattr, initargs=(_thread, "calls", calls))
        waiting, futures = iter(items), deque[Future]()
        try:
            futures.extend(threads.submit(function, item) for item in islice(waiting, _AHEAD * self.size))
            while futures:
                result = futures.popleft().result()
                futures.extend(threads.submit(function, item) for item in islice(waiting, 1))
                yield result
                if here is not self._idle:
                    raise RuntimeError("a forked child cannot go on with its parent's simulations: begin new ones")
        except BaseException as error:
            if here is self._idle:
                for future in futures:
                    future.cancel()
                if not isinstance(error, Exception):  # Ctrl-C, or a consumer that stops: no task is waited for
                    self._give_up(call)
            raise  # one that failed: others may run tasks of their own, which are to go on
        finally:
            threads.shutdown(wait=here is self._idle)

    def _give_up(self, call: threading.Event) -> None:
        """End the tasks of one call of `each`."""
        call.set()
        while busy := [worker for worker, (_, calls) in list(self._busy.items()) if call in calls]:
            for worker in busy:
                worker.interrupt()
            time.sleep(_AGAIN_S)

    def close(self) -> None:
        """End all worker processes, also those that run a task."""
        with self._closer:
            self._closing.set()
            taken: list[Worker] = []
            try:
                while len(taken) < self.size - self._interrupted():
                    with contextlib.suppress(queue.Empty):
                        taken.append(self._idle.get(timeout=_AGAIN_S))
                for worker in taken:
                    worker.kill()
            finally:
                self._closing.clear()
                for worker in taken:
                    self._idle.put(worker)

    def _interrupted(self) -> int:
        """End the processes of all tasks; return how many tasks this thread itself was running when it was called."""
        busy = list(self._busy.items())
        for worker, _ in busy:
            worker.interrupt()
        return sum(thread == threading.get_ident() for _, (thread, _) in busy)


def _failure(result: str, log: Iterable[str], **effort: int) -> dict[str, Any]:
    return {"result": result, "arrays": {}, "log": list(log), "effort": effort}


def _leave() -> None:
    for pool in list(_pools):
        pool.leave()


os.register_at_fork(after_in_child=_leave)
