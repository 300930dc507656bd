"""One worker process with its pipe: started, given tasks, ended, left to its parent after a fork; what it died of."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from dataclasses import dataclass
from multiprocessing.connection import Connection, Pipe
from pathlib import Path
from typing import IO, Any

from .._util import machine
from .._util.forks import free_at_fork
from .._util.machine import ToolError
from .serial_openmp import preloaded, stand_ins
from .surroundings import surroundings

_START_S = 60.0

_changing = threading.RLock()
"""Held while a pipe is made or closed. A child forked in between would hold the worker's end of the pipe open, and the
parent would not see its worker die."""

free_at_fork(_changing)

_LAST_LINES = 10
_LAST_BYTES = 4000

_CAUSES = {
    "SIGKILL": "the system ends what takes too much memory: fewer workers, or a smaller circuit",
    "SIGBUS": "a full disk does this: see that the folder for temporary files has space",
    "SIGSEGV": "ngspice reached for memory that is not its own",
    "SIGABRT": "ngspice or the C library gave up",
    "SIGTERM": "somebody ended it",
    "SIGXCPU": "it used up the CPU time that it was allowed",
}


class WorkerDeathError(EOFError):
    """The end of a worker process during a task; the message says how it ended."""


@dataclass(frozen=True)
class _Running:
    """What a started process has: itself, its pipe, the file that it writes to, the folder that it works in."""

    process: subprocess.Popen[bytes]
    pipe: Connection
    words: IO[bytes]
    folder: str


class Worker:
    """One worker process; started at its first task, started anew after a death or `recycle` tasks.

    Attributes
    ----------
    last_words
        What the process had last written about a task that it did not finish, line by line.
    """

    def __init__(self, recycle: int) -> None:
        self.last_words: tuple[str, ...] = ()
        self._recycle = recycle
        self._running: _Running | None = None
        self._tasks = 0
        self._init = ""

    @property
    def _process(self) -> subprocess.Popen[bytes] | None:
        """Return the process; None where there is none."""
        running = self._running  # read once: another thread may end the process meanwhile
        return running.process if running else None

    @property
    def fresh(self) -> bool:
        """Return whether the next task is the first one of its process."""
        return self._running is None or self._tasks == 0 or self._tasks >= self._recycle

    def call(self, task: dict[str, Any], timeout_s: float) -> dict[str, Any]:
        """Run one task and return the reply.

        Raises
        ------
        WorkerDeathError
            Where the process dies.
        TimeoutError
            Past the limit; the process is ended.
        """
        init = task.get("init", "")  # commands whose effects stay in a process
        if self._running is None or self._tasks >= self._recycle or init != self._init:
            self._init = init
            self._start()
        running = self._running
        if running is None:
            raise WorkerDeathError("it was ended before its first task")
        self._tasks += 1
        try:
            running.words.truncate(0)
            running.words.seek(0)  # the position is the process's, too
            running.pipe.send(task)
            if running.pipe.poll(timeout_s):
                return running.pipe.recv()
        except (EOFError, OSError) as error:
            raise WorkerDeathError(_cause(self.kill())) from error
        except BaseException:  # Ctrl-C: the answer still to come must not be taken for that of the next task
            self.kill()
            raise
        self.kill()
        raise TimeoutError

    def interrupt(self) -> None:
        """End the process of a task that runs in another thread, which cleans up."""
        process = self._process
        if process is not None:
            process.kill()

    def kill(self) -> int | None:
        """End the process at once; return its exit code, None where there was none."""
        running = self._running
        if running is None:
            return None
        running.process.kill()
        code = running.process.wait()
        self.last_words = _last_lines(running.words)
        self._close(running)
        shutil.rmtree(running.folder, ignore_errors=True)
        return code

    def leave(self) -> None:
        """Leave the process to the parent of this one, which has been forked: end neither it nor its pipe."""
        if self._running is not None:
            self._running.process.returncode = 0  # it is no child of this process: nothing to be waited for
            self._close(self._running)

    def _close(self, running: _Running) -> None:
        """Close the pipe and the file of a process, and forget it."""
        with _changing, contextlib.suppress(OSError):
            running.pipe.close()
            running.words.close()
        self._running = None

    def _start(self) -> None:
        """Start a process and wait until ngspice is loaded in it; ToolError where it is not, or is too old."""
        self.kill()
        library = machine.shared_library()
        if library is None:
            raise ToolError(f"no ngspice shared library: {machine.INSTALL_NGSPICE}, or set NGSPICE_LIBRARY_PATH")
        running = self._open(library)
        try:
            version = running.pipe.recv() if running.pipe.poll(_START_S) else None
        except (EOFError, OSError):
            version = None
        except BaseException:  # Ctrl-C: the greeting still to come must not be taken for an answer
            self.kill()
            raise
        if version is None:
            self.kill()
            words = "".join(f"; it said: {line.strip()}" for line in self.last_words[-1:])
            raise ToolError(f"{library} does not start as ngspice: {machine.INSTALL_NGSPICE}{words}")
        if version < machine.MIN_NGSPICE:
            self.kill()
            raise ToolError(f"{library} is ngspice {version}: {machine.INSTALL_NGSPICE}")

    def _open(self, library: Path) -> _Running:
        """Start a process with its pipe, and return it before it has said anything."""
        script = Path(__file__).with_name("worker.py")
        folder = _empty_folder()
        # Python itself may need the user's home folder: the worker takes the other one just for ngspice's start
        home = {"HOME": os.environ["HOME"]} if "HOME" in os.environ else {}
        environment = surroundings(folder, library, os.environ) | home
        if "num_threads" not in self._init:  # who asks for threads gets them
            environment = preloaded(stand_ins(library), Path(folder), environment)
        with _changing:
            words = tempfile.TemporaryFile(buffering=0)  # noqa: SIM115 - closed with the process
            ours, theirs = Pipe()
            with theirs:
                process = subprocess.Popen(
                    [sys.executable, str(script), str(theirs.fileno()), str(library), str(os.getpid()), folder],
                    pass_fds=[theirs.fileno()],
                    cwd=folder,  # where the stand-ins are
                    env=environment,
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL,
                    stderr=words,
                )
            self._running, self._tasks = _Running(process, ours, words, folder), 0
            return self._running


def _empty_folder() -> str:
    """Return a new folder for a process to work in; ToolError where there can be none."""
    try:
        return tempfile.mkdtemp(prefix="ouro_spice-")
    except OSError as error:
        raise ToolError(f"no folder for temporary files ({error.strerror}): set TMPDIR to one") from error


def _last_lines(file: IO[bytes]) -> tuple[str, ...]:
    """Return the last lines of a file that are not blank."""
    size = os.fstat(file.fileno()).st_size
    text = os.pread(file.fileno(), _LAST_BYTES, max(0, size - _LAST_BYTES)).decode(errors="replace")
    return tuple(line for line in text.splitlines() if line.strip())[-_LAST_LINES:]


def _cause(code: int | None) -> str:
    """Return the cause of a process's end in words, by its exit code."""
    if code is None or code >= 0:
        return f"it ended by itself, with exit code {code}"
    try:
        name = signal.Signals(-code).name
    except ValueError:  # a real-time signal
        return f"signal {-code}"
    return f"signal {-code}, {name}" + (f": {_CAUSES[name]}" if name in _CAUSES else "")
