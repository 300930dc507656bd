"""The only door to SPICE: testbenches in, waveforms out."""

from __future__ import annotations

import atexit
import contextlib
import dataclasses
import uuid
import weakref
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from functools import lru_cache
from typing import Any, Protocol

import numpy as np

from .._util.forks import temporary_folder
from ..circuit.delivered_energy import delivered_J, gates_J, net_J
from ..circuit.missing_models import missing_model
from ..circuit.result import Result, SimulationError
from ..circuit.testbench import LADDER, Record, Testbench
from ..circuit.waveform import Effort, Waveform
from ..device.state import State
from . import osdi
from .illegal_elements import crash_report, suspects
from .pool import Pool
from .random_libraries import RandomLibraries

SMALL = 64
"""Memristors in a circuit that the time limit of an engine is meant for."""


class Engine(Protocol):
    """What runs testbenches."""

    def run(self, testbench: Testbench, throw: bool = True) -> Waveform:
        """Run one testbench and return its waveform."""
        ...

    def map(self, testbenches: Iterable[Testbench], throw: bool = True) -> Iterator[Waveform]:
        """Run many testbenches and yield their waveforms in order."""
        ...


class Ngspice:
    """In-process ngspice through PySpice, in worker processes.

    An engine may be used by several threads at once. A forked child has one of its own in it: worker processes that end
    with the child. So has a process that it is sent to, one for all times that it is sent there.

    Parameters
    ----------
    workers
        Number of worker processes; all cores where None.
    timeout_s
        Time limit of one simulation of up to `SMALL` memristors [s]; larger arrays have in proportion more.
    recycle
        Simulations after which a worker process is replaced.
    """

    def __init__(self, workers: int | None = 1, timeout_s: float = 120.0, recycle: int = 2000) -> None:
        self._pool = Pool(workers, timeout_s, recycle)
        self._random_libraries = RandomLibraries()
        self._arguments = (workers, timeout_s, recycle)
        self._name = uuid.uuid4().hex
        _engines[self._name] = self

    def __reduce__(self) -> tuple:
        return _unpickled, (self._name, type(self), *self._arguments)

    def __enter__(self) -> Ngspice:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def workers(self) -> int:
        """Return the number of worker processes."""
        return self._pool.size

    def run(self, testbench: Testbench, throw: bool = True) -> Waveform:
        """Run one testbench and return its waveform.

        Raises
        ------
        SimulationError
            Where the simulation fails on every rung of the solver ladder and `throw` is set; else the waveform's
            ``result`` tells.
        ToolError
            Where ngspice or the Verilog-A compiler is missing.
        ValueError
            For a library of models that draws random numbers at each load, or holds what is not allowed.
        """
        self._random_libraries.refuse(testbench, self._currents)
        if testbench.record is None:
            return _waveform(testbench, self._pool.run(_task(testbench)), throw)
        with temporary_folder() as folder:  # mapped files stay readable without it
            allowed = max(1.0, len(testbench.record.states) / SMALL)
            reply = self._pool.run(_task(testbench, str(folder)), self._pool.timeout_s * allowed)
            return _waveform(testbench, reply, throw, str(folder))

    def reply(self, task: dict[str, Any]) -> dict[str, Any]:
        """Return a worker's reply to a task that is no testbench: see `worker.Session.run`."""
        return self._pool.run(task)

    def _currents(self, testbench: Testbench) -> np.ndarray | None:
        reply = self._pool.run(_task(testbench))
        return np.concatenate(list(reply["arrays"].values())) if reply["result"] == "OK" else None

    def map(self, testbenches: Iterable[Testbench], throw: bool = True) -> Iterator[Waveform]:
        """Run many testbenches on all workers and yield their waveforms in order."""
        with contextlib.closing(self.each(lambda bench: self.run(bench, throw), testbenches)) as waves:
            yield from waves

    def each(self, function: Callable[[Any], Any], items: Iterable[Any]) -> Generator[Any, None, None]:
        """Call a function that uses this engine for each item, on a thread a worker, and yield the results in order.

        Results come in the order of the items. Where the consumer stops, by Ctrl-C or an error, running simulations end
        at once as failed ones.
        """
        return self._pool.each(function, items)

    def close(self) -> None:
        """End the worker processes; the next run starts new ones."""
        self._pool.close()


_DEFAULT = "default"

_engines: weakref.WeakValueDictionary[str, Ngspice] = weakref.WeakValueDictionary()
"""The engines of this process by their names."""


@lru_cache(maxsize=1)
def default_engine() -> Ngspice:
    """Return the engine of `simulate` and live cells: one worker process, which ends with the program."""
    engine = Ngspice()
    engine._name = _DEFAULT
    atexit.register(engine.close)
    return engine


def _unpickled(name: str, kind: type[Ngspice], *arguments: Any) -> Ngspice:
    """Return the engine that another process, or this one, has pickled."""
    if name == _DEFAULT:
        return default_engine()
    return _engines.get(name) or _copied(name, kind, *arguments)


@lru_cache(maxsize=8)
def _copied(name: str, kind: type[Ngspice], *arguments: Any) -> Ngspice:
    """Return an engine in the place of one of another process, the same each time."""
    engine = kind(*arguments)
    engine._name = name
    return engine


def runnable_deck(bench: Testbench) -> str:
    """Return the deck of a testbench for plain ngspice, with the compiled models of this machine."""
    return bench.deck([str(osdi.compiled_model(model)) for model in bench.models])


def _task(bench: Testbench, folder: str = "") -> dict[str, Any]:
    """Return what a worker needs to run a testbench; the maps of an array go into `folder`."""
    task = {
        "netlist": bench.netlist,
        "analyses": [bench.analysis(rung) for rung in range(len(LADDER))],
        "vectors": bench.vectors,
        "stop_s": bench.stop_s,
        "osdi": [*(str(osdi.compiled_model(model)) for model in bench.models), *bench.osdi],
        "behaviour": bench.behaviour,
        "init": bench.process.commands if bench.process else "",
    }
    if bench.record:
        states = [vector for vectors in bench.record.states for vector in vectors]
        task["last"] = [*states, *(f"v({node})" for node in bench.nodes)]
        task["maps"] = {f"{folder}/{name}.npy": list(vectors) for name, vectors in bench.record.maps}
    return task


def _waveform(bench: Testbench, reply: dict[str, Any], throw: bool, folder: str = "") -> Waveform:
    """Return the waveform of a worker's reply; SimulationError for a failed one where `throw` is set."""
    result, arrays = Result[reply["result"]], reply["arrays"]
    traces = {name: trace for name, vector in bench.probes if (trace := _recorded(vector, arrays)) is not None}
    state = None
    if result is Result.OK:
        state = (
            _array_state(bench.record, bench.nodes, reply["last"]) if bench.record else _state(bench, traces, arrays)
        )
        result = _bounded(bench, traces, state)
    if result is Result.WORKER and "cause" in reply:
        reply["log"].append(crash_report(bench, reply["cause"], reply["log"]))
    if result is Result.NETLIST and any("out of bounds" in line for line in reply["log"]):
        reply["log"] += [f"error: {found}" for found in [suspects(bench)] if found]
    if result is Result.NETLIST and bench.process is not None:
        reply["log"] += missing_model(bench.process, reply["log"])
    if result is not Result.OK and throw:
        raise SimulationError(result, runnable_deck(bench), tuple(reply["log"]))
    time_s = arrays.get("time", np.zeros(1) if result is Result.OK else np.empty(0))
    if "v_ae" in traces and "v_oe" in traces:
        traces["v_cell"] = traces["v_ae"] - traces["v_oe"]
    return Waveform(
        time_s=time_s,
        traces=traces,
        state=_legal(bench, state) if state is not None and result is Result.OK else None,
        energy_J=_spent_J(bench, traces, time_s) if len(time_s) else 0.0,
        result=result,
        effort=Effort(**reply["effort"]),
        device=bench.device,
        testbench_sha256=bench.sha256,
        log=tuple(reply["log"]),
        maps=_maps(bench, folder) if result is Result.OK else {},
    )


def _recorded(vector: str, arrays: dict[str, np.ndarray]) -> np.ndarray | None:
    """Return what was recorded of a vector, turned where it has a minus in front; None where it was not recorded."""
    found = arrays.get(vector.lstrip("-"))
    return -found if found is not None and vector.startswith("-") else found


def _spent_J(bench: Testbench, traces: dict[str, np.ndarray], time_s: np.ndarray) -> float:
    """Return the energy that all drivers have spent over times (T,) [s] [J]; see `delivered_energy`."""
    gates = gates_J(traces, bench.gates, time_s)
    return delivered_J(traces, bench.sources, time_s) + net_J(traces, bench.supplies, time_s) + gates


def _state(bench: Testbench, traces: dict[str, np.ndarray], arrays: dict[str, np.ndarray]) -> State:
    """Return the state at the end of a run on a single cell."""
    names = [one.name for one in bench.device.variables] if bench.device is not None else []
    x = tuple(float(traces[name][-1]) for name in names) or (1.0,)
    return State((x,), {node: float(arrays[f"v({node})"][-1]) for node in bench.nodes})


def _legal(bench: Testbench, state: State) -> State:
    """Return a state inside the legal range, which the solver may leave by its tolerance."""
    if bench.record:
        limits = bench.record.limits
    else:
        limits = (tuple((one.low, one.high) for one in bench.device.variables) if bench.device is not None else (),)
    rows = tuple(_inside(x, of) for x, of in zip(state.x, limits, strict=True))
    return state if rows == state.x else dataclasses.replace(state, x=rows)


def _inside(x: tuple[float, ...], limits: tuple[tuple[float, float], ...]) -> tuple[float, ...]:
    """Return the state of one memristor within its limits; as it is where there are none, of a resistor."""
    if not limits:
        return x
    return tuple(min(max(one, low), high) for one, (low, high) in zip(x, limits, strict=True))


def _array_state(record: Record, nodes: Sequence[str], last: np.ndarray) -> State:
    """Return the state at the end of a run on an array, of the last values of states and nodes."""
    rows, place = list(record.start), 0
    for k, vectors in enumerate(record.states):
        if vectors:
            found = last[place : place + len(vectors)]
            rows[k] = tuple((np.array(rows[k]) * np.exp(found) if record.exponential else found).tolist())
            place += len(vectors)
    return State(tuple(rows), dict(zip(nodes, map(float, last[place:]), strict=True)))


def _maps(bench: Testbench, folder: str) -> dict[str, np.ndarray]:
    """Return what was recorded of every cell by name, (T, rows, cols), read from the files when it is used."""
    if bench.record is None:
        return {}
    files = {name: np.load(f"{folder}/{name}.npy", mmap_mode="r") for name, _ in bench.record.maps}
    return {name: np.moveaxis(rows.reshape(*bench.record.shape, -1), -1, 0) for name, rows in files.items()}


def _bounded(bench: Testbench, traces: dict[str, np.ndarray], state: State) -> Result:
    """Return OK where the first state variables stayed in their bounds, else OUT_OF_BOUNDS.

    A state may start outside its bounds; it must not move further out, but for the solver's tolerance.
    """
    if bench.record:
        start, x = np.array([one[0] for one in bench.record.start]), state.lead
        bounds, log = np.array(bench.record.bounds).T, bench.record.log
    elif bench.device is not None:
        x, bounds = traces[bench.device.lead.name], np.array(bench.device.reach)
        start, log = x[0], bench.device.lead.scale == "log"
    else:
        return Result.OK
    low, high = np.minimum(bounds[0], start), np.maximum(bounds[1], start)
    if log:
        inside = (x >= low - 0.005 * np.abs(low)) & (x <= high + 0.005 * np.abs(high))
    else:
        slack = 0.005 * (high - low)
        inside = (x >= low - slack) & (x <= high + slack)
    return Result.OK if np.all(inside) else Result.OUT_OF_BOUNDS
