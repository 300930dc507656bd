"""One ngspice in one process, driven through PySpice: takes tasks from a pipe, gives arrays back.

Run as a script by `worker_process.py`, and kept free of imports from the package, so that a worker starts in a fraction
of a second. Everything that looks like success and is none is found out here: `run` returns 0 after an aborted
transient and leaves partial vectors, and a failed load leaves the previous circuit in place.
"""

from __future__ import annotations

import logging
import os
import re
import shutil
import signal
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, Literal

import numpy as np

# what ngspice says, and the name of the result that it means
_FAILURES = (
    ("timestep too small", "TIMESTEP"), ("singular matrix", "SINGULAR"),
    ("gmin stepping failed", "OPERATING_POINT"), ("source stepping failed", "OPERATING_POINT"),
    ("no convergence", "OPERATING_POINT"), ("iteration limit reached", "OPERATING_POINT"),
)  # fmt: skip
_HOPELESS = ("NETLIST", "MODEL")
_LOG_LINES = {True: 400, False: 40}
"""How many lines of ngspice's words are kept: of a netlist that was refused the cause may stand far from the end."""


class Session:
    """An ngspice shared library in this process, which starts and works in an empty folder."""

    def __init__(self, library: str, folder: str) -> None:
        logging.getLogger("PySpice").setLevel(logging.CRITICAL + 1)
        os.environ["NGSPICE_LIBRARY_PATH"] = library
        from PySpice.Spice.NgSpice.Shared import NgSpiceShared, ffi

        class Forwarding(NgSpiceShared):
            """An ngspice whose words are on stderr as they come: they outlive a crash."""

            def send_char(self, message: str, ngspice_id: int) -> Literal[0]:
                os.write(2, f"{message.partition(' ')[2]}\n".encode())
                return 0

        self._ffi: Any = ffi  # neither cffi nor what it makes has types
        self._plot, self._points = "", 0
        self._folder, self._init = folder, ""
        os.chdir(folder)
        home, os.environ["HOME"] = os.environ.get("HOME", folder), folder
        self._ngspice = Forwarding.new_instance()
        self._shared: Any = self._ngspice._ngspice_shared
        os.environ["HOME"] = home  # a library's paths may begin with it
        self.version = int(self._ngspice.ngspice_version or 0)
        self._models: dict[str, tuple[int, int]] = {}
        self._behaviour: str | None = None
        self._log: list[str] = []
        self._ngspice_s = 0.0
        # the packaged start-up file asks for 8 OpenMP threads, which makes a small circuit ten times slower
        self._command("set num_threads=1")
        # at every time point ngspice would ask the system how much memory is left, which takes as long as the circuit
        self._command("set no_mem_check")

    def run(
        self,
        netlist: str,
        analyses: list[str],
        vectors: list[str],
        stop_s: float,
        osdi: list[str],
        behaviour: str | None = None,
        init: str = "",
        last: list[str] | tuple[str, ...] = (),
        maps: dict[str, list[str]] | None = None,
    ) -> dict[str, Any]:
        """Run a netlist with the first analysis of the ladder that succeeds, and return the reply.

        Parameters
        ----------
        netlist, analyses
            The circuit, and what is appended to it: one for each rung of the ladder.
        vectors, last, maps
            Vectors of which everything is returned, or the last value, or which are too large for a pipe: ``{PATH:
            vectors}``, files with the vectors as rows.
        stop_s
            Where the transient ends [s]; 0 for an operating point.
        osdi, behaviour
            Paths of the compiled models; dialect that the netlist is read in, None for ngspice's own.
        init
            Commands that come before everything else, once; tasks with others need another process.

        Returns
        -------
        dict
            ``result`` (name of a Result), ``arrays`` (name to (T,)), ``last`` (K,), ``log``, ``effort``.
        """
        self._log, self._ngspice_s = [], 0.0
        if not self._begin(init):
            return self._reply("NETLIST", 0)
        self._speak(behaviour)
        if not all(self._load_model(path) for path in osdi):
            return self._reply("MODEL", 0)
        result, rung, arrays = "NETLIST", 0, {}
        for rung, analysis in enumerate(analyses):
            result, arrays = self._attempt(netlist + analysis, vectors, stop_s)
            if result == "OK":
                try:
                    for path, names in (maps or {}).items():
                        _write_rows(path, [self._recorded(name) for name in names])
                    lasts = np.array([self._recorded(name)[-1] for name in last])
                except KeyError as missing:
                    self._log.append(f"error: there is no vector {missing}")
                    return self._reply("NETLIST", rung)
                return self._reply(result, rung, arrays) | {"last": lasts}
            if result in _HOPELESS:
                break
        return self._reply(result, rung, arrays)

    def _attempt(self, netlist: str, vectors: list[str], stop_s: float) -> tuple[str, dict[str, np.ndarray]]:
        self._command("destroy all")
        self._command("remcirc")
        start = len(self._log)
        if not self._load(netlist):
            return "NETLIST", {}
        self._command("run")
        said = "\n".join(self._log[start:]).lower()
        failure = next((name for words, name in _FAILURES if words in said), None)
        arrays = self._arrays(vectors, stop_s)
        if arrays is None:
            return failure or ("NETLIST" if "error" in said else "OPERATING_POINT"), {}
        if not all(np.all(np.isfinite(array)) for array in arrays.values()):
            return "NOT_FINITE", arrays
        if stop_s and (len(arrays["time"]) < 2 or arrays["time"][-1] < stop_s * (1 - 1e-9)):
            return failure or "INCOMPLETE", arrays
        if not stop_s and "transient op" in said:  # sources ramped up in time, the last resort: off by up to 0.1 %
            return "OPERATING_POINT", arrays
        return "OK", arrays

    def _reply(self, result: str, rung: int, arrays: dict[str, np.ndarray] | None = None) -> dict[str, Any]:
        log = self._log[-_LOG_LINES[result in _HOPELESS] :]
        return {"result": result, "arrays": arrays or {}, "log": log, "effort": self._effort(rung)}

    def _begin(self, init: str) -> bool:
        # a file of this name is one of commands, not of a netlist
        if init != self._init:
            self._init = init
            Path(self._folder, "user.spiceinit").write_text(init, encoding="utf-8")
            said = self._command("source user.spiceinit").lower()
            return not re.search(r"error|no such|unknown|can't|cannot", said)
        return True

    def _speak(self, behaviour: str | None) -> None:
        # the dialect is read at each load
        if behaviour != self._behaviour:
            self._command(f"set ngbehavior={behaviour}" if behaviour else "unset ngbehavior")
            self._behaviour = behaviour

    def _load_model(self, path: str) -> bool:
        stat = Path(path).stat()
        stamp = stat.st_mtime_ns, stat.st_size
        if self._models.get(path, stamp) != stamp:
            os._exit(1)  # it was compiled anew, and what is loaded stays loaded: the pool starts another process
        if path not in self._models:
            # a command splits at spaces: the folder's name stays out of it
            os.chdir(Path(path).parent)
            said = self._command(f"osdi {Path(path).name}")
            os.chdir(self._folder)
            if re.search(r"error|couldn't|cannot|not |fail", said.lower()):
                return False
            self._models[path] = stamp
        return True

    def _load(self, netlist: str) -> bool:
        try:
            with self._inside():
                self._ngspice.load_circuit(netlist)
        except NameError:  # PySpice's circuit errors
            self._keep_words()
            return False
        said = self._keep_words().lower()
        return "error" not in said and "unknown" not in said

    def _arrays(self, vectors: list[str], stop_s: float) -> dict[str, np.ndarray] | None:
        names = self._ngspice.plot_names
        if not names or not names[0].startswith("tran" if stop_s else "op"):
            return None
        self._plot, self._points = names[0], 1
        if stop_s:
            time_s = self._vector("time")
            self._points = 0 if time_s is None else len(time_s)
        found: dict[str, np.ndarray] = {}
        for name in [*(["time"] if stop_s else []), *vectors]:
            array = self._vector(name)
            if array is None:
                return None
            found[name] = array
        return found

    def _recorded(self, name: str) -> np.ndarray:
        array = self._vector(name)
        if array is None:
            raise KeyError(name)
        return array

    def _vector(self, name: str) -> np.ndarray | None:
        """Return a vector of the last plot; PySpice's own `plot` would read all of them, an object each."""
        # v(ae) is stored under the name ae
        key = name[2:-1] if name.startswith("v(") else name
        if key == "0":  # ground is no vector
            return np.zeros(self._points)
        info = self._shared.ngGet_Vec_Info(f"{self._plot}.{key}".encode())
        if info == self._ffi.NULL or info.v_realdata == self._ffi.NULL:
            return None
        return np.frombuffer(self._ffi.buffer(info.v_realdata, 8 * info.v_length)).copy()

    def _effort(self, rung: int) -> dict[str, float]:
        said = self._command("rusage tranpoints rejected traniter time")

        def figure(words: str) -> float:
            match = re.search(words + r"[^\n]*?= *([0-9.eE+-]+)", said)
            return float(match[1]) if match else 0.0

        return {
            "points": int(figure("Transient timepoints")), "rejected": int(figure("Rejected timepoints")),
            "iterations": int(figure("Transient iterations")), "analysis_s": figure("Total analysis time"),
            "ngspice_s": self._ngspice_s, "rung": rung,
        }  # fmt: skip

    def _command(self, command: str) -> str:
        try:
            with self._inside():
                self._ngspice.exec_command(command)
        except NameError:  # PySpice raises this, and kinds of it, at every line on stderr, harmless ones too
            pass
        return self._keep_words()

    @contextmanager
    def _inside(self) -> Iterator[None]:
        """Count the time in ngspice."""
        begun = time.perf_counter()
        try:
            yield
        finally:
            self._ngspice_s += time.perf_counter() - begun

    def _keep_words(self) -> str:
        lines = [*self._ngspice._stdout, *self._ngspice._stderr]
        self._log.extend(line for line in lines if line.strip())
        return "\n".join(lines)


def _write_rows(path: str, rows: list[np.ndarray]) -> None:
    file = np.lib.format.open_memmap(path, mode="w+", dtype=float, shape=(len(rows), len(rows[0]) if rows else 0))
    file[:] = rows
    file.flush()


def _follow_parent(parent: int, folder: str) -> None:
    # ends the process, in the middle of a run too, when the parent is gone, perhaps before this began
    first = os.getppid()
    while os.getppid() == first:
        try:
            os.kill(parent, 0)
        except ProcessLookupError:
            break
        time.sleep(0.5)
    shutil.rmtree(folder, ignore_errors=True)
    os._exit(1)


def main() -> None:
    """Serve tasks until the pipe closes: ``worker.py FD LIBRARY PARENT FOLDER``, an empty folder to work in."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's to handle; it ends its workers
    pipe, library, parent, folder = sys.argv[1:]
    os.environ.pop("LD_PRELOAD", None)  # loaded by now, and nothing for what this process may start
    threading.Thread(target=_follow_parent, args=(int(parent), folder), daemon=True).start()
    connection = Connection(int(pipe))
    try:
        session = Session(library, folder)
        connection.send(session.version)
        while True:
            connection.send(session.run(**connection.recv()))
    except (EOFError, BrokenPipeError, ConnectionResetError):
        shutil.rmtree(folder, ignore_errors=True)
    # ngspice's own clean-up at exit is not needed, and has been seen to crash
    os._exit(0)


if __name__ == "__main__":
    main()
