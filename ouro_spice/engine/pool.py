"""Worker processes with one ngspice each: time-outs, recycling, a second try for the task of a worker that died."""

from __future__ import annotations

import os
import queue
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import islice
from multiprocessing.connection import Connection, Pipe
from pathlib import Path
from typing import Any

from .. import machine
from ..checks import check_count, check_range, check_workers
from ..machine import ToolError

_START_S = 60.0


class Worker:
    """One worker process; started at its first task, started anew after a death or `recycle` tasks."""

    def __init__(self, recycle: int) -> None:
        self._recycle = recycle
        self._process: subprocess.Popen | None = None
        self._connection: Connection | None = None
        self._tasks = 0

    @property
    def fresh(self) -> bool:
        """Whether the next task is the first one of its process."""
        return self._process is None or self._tasks == 0 or self._tasks >= self._recycle

    def call(self, task: dict[str, Any], timeout_s: float) -> dict[str, Any]:
        """Run one task; EOFError where the process dies, TimeoutError (and a killed process) past the limit."""
        if self._process is None or self._tasks >= self._recycle:
            self._start()
        self._tasks += 1
        try:
            self._connection.send(task)
            if not self._connection.poll(timeout_s):
                self.kill()
                raise TimeoutError
            return self._connection.recv()
        except TimeoutError:
            raise
        except (EOFError, OSError) as error:
            self.kill()
            raise EOFError from error
        except BaseException:  # Ctrl-C: the answer still to come must not be taken for that of the next task
            self.kill()
            raise

    def interrupt(self) -> None:
        """End the process of a task that runs in another thread, which then sees it dead and cleans up."""
        process = self._process
        if process is not None:
            process.kill()

    def kill(self) -> None:
        """End the process at once."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._connection.close()
        self._process = self._connection = None

    def _start(self) -> None:
        self.kill()
        library = machine.shared_library()
        if library is None:
            raise ToolError(f"no ngspice shared library: {machine.INSTALL_NGSPICE}, or set NGSPICE_LIBRARY_PATH")
        ours, theirs = Pipe()
        script = Path(__file__).with_name("worker.py")
        self._process = subprocess.Popen(
            [sys.executable, str(script), str(theirs.fileno()), str(library)],
            pass_fds=[theirs.fileno()],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        theirs.close()
        self._connection, self._tasks = ours, 0
        try:
            version = self._connection.recv() if self._connection.poll(_START_S) else None
        except (EOFError, OSError):
            version = None
        except BaseException:  # Ctrl-C: the greeting still to come must not be taken for an answer
            self.kill()
            raise
        if version is None:
            self.kill()
            raise ToolError(f"{library} does not start as ngspice: {machine.INSTALL_NGSPICE}")
        if version < machine.MIN_NGSPICE:
            self.kill()
            raise ToolError(f"{library} is ngspice {version}: {machine.INSTALL_NGSPICE}")


_AHEAD = 100
"""Calls for each worker that wait, or whose results do: long work in many parts takes no more memory than this."""


class Pool:
    """Runs tasks on worker processes.

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
        self._idle: queue.SimpleQueue[Worker] = queue.SimpleQueue()
        self._given_up = threading.Event()
        for worker in self._workers:
            self._idle.put(worker)

    def run(self, task: dict[str, Any], timeout_s: float | None = None) -> dict[str, Any]:
        """Run one task; a dead worker's task is given once more to a fresh one, unless all work was given up."""
        limit_s = timeout_s or self.timeout_s
        worker = self._idle.get()
        try:
            for restarts in range(2):
                if self._given_up.is_set():
                    break
                try:
                    reply = self._call(worker, task, limit_s)
                    reply["effort"]["restarts"] = restarts
                    return reply
                except EOFError:
                    pass
                except TimeoutError:
                    return {"result": "TIMEOUT", "arrays": {}, "log": [f"limit {limit_s:g} s"], "effort": {}}
            return {"result": "WORKER", "arrays": {}, "log": [], "effort": {"restarts": 2}}
        finally:
            self._idle.put(worker)

    def _call(self, worker: Worker, task: dict[str, Any], limit_s: float) -> dict[str, Any]:
        # a refused netlist can leave ngspice unable to read any other: its process is not used again, and a refusal by
        # a process that has worked before is asked for once more
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
        """Run many tasks on all workers; replies come in the order of the tasks."""
        return self.each(self.run, tasks)

    def each(self, function: Callable[[Any], Any], items: Iterable[Any]) -> Iterator[Any]:
        """Call a function that runs tasks, on as many threads as workers; results come in the order of the items."""
        with ThreadPoolExecutor(self.size) as threads:
            waiting = iter(items)
            futures: deque[Future] = deque()
            try:
                futures.extend(threads.submit(function, item) for item in islice(waiting, _AHEAD * self.size))
                while futures:
                    result = futures.popleft().result()
                    futures.extend(threads.submit(function, item) for item in islice(waiting, 1))
                    yield result
            except Exception:  # one that failed: others may run tasks of their own, which are to go on
                for future in futures:
                    future.cancel()
                raise
            except BaseException:  # Ctrl-C, or a consumer that stops: running tasks must not be waited for
                for future in futures:
                    future.cancel()
                self._given_up.set()
                for worker in self._workers:
                    worker.interrupt()
                raise
            finally:
                threads.shutdown()
                if self._given_up.is_set():
                    for worker in self._workers:
                        worker.kill()
                self._given_up.clear()

    def close(self) -> None:
        """End all worker processes; those that work are taken from their tasks."""
        self._given_up.set()
        for worker in self._workers:
            worker.interrupt()
        taken = [self._idle.get() for _ in self._workers]
        for worker in taken:
            worker.kill()
            self._idle.put(worker)
        self._given_up.clear()
