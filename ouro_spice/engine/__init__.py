"""The only door to SPICE: testbenches in, waveforms out."""

from __future__ import annotations

import atexit
import contextlib
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache
from typing import Any, Protocol

import numpy as np

from .. import osdi
from ..circuit import Testbench
from ..circuit.testbench import LADDER
from ..waveform import Effort, Result, SimulationError, State, Waveform
from .pool import Pool

__all__ = ["Engine", "Ngspice", "default_engine", "runnable_deck"]


class Engine(Protocol):
    """What runs testbenches."""

    def run(self, testbench: Testbench, throw: bool = True) -> Waveform:
        """Run one testbench."""

    def map(self, testbenches: Iterable[Testbench], throw: bool = True) -> Iterator[Waveform]:
        """Run many; waveforms come in the order of the testbenches."""


class Ngspice:
    """In-process ngspice through PySpice, in worker processes.

    Parameters
    ----------
    workers
        Number of worker processes; all cores where None.
    timeout_s
        Time limit of one simulation [s].
    recycle
        Simulations after which a worker process is replaced.
    """

    def __init__(self, workers: int | None = 1, timeout_s: float = 120.0, recycle: int = 2000) -> None:
        self._pool = Pool(workers, timeout_s, recycle)

    def __enter__(self) -> Ngspice:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def workers(self) -> int:
        """Number of worker processes."""
        return self._pool.size

    def run(self, testbench: Testbench, throw: bool = True) -> Waveform:
        """Run one testbench.

        Raises
        ------
        SimulationError
            Where the simulation fails on every rung of the solver ladder and `throw` is set; else the waveform's
            ``result`` tells.
        ToolError
            Where ngspice or the Verilog-A compiler is missing.
        """
        return _waveform(testbench, self._pool.run(_task(testbench)), throw)

    def map(self, testbenches: Iterable[Testbench], throw: bool = True) -> Iterator[Waveform]:
        """Run many testbenches on all workers; waveforms come in the order of the testbenches."""
        benches = list(testbenches)
        with contextlib.closing(self._pool.map(map(_task, benches))) as replies:
            for bench, reply in zip(benches, replies, strict=True):
                yield _waveform(bench, reply, throw)

    def each(self, function: Callable[[Any], Any], items: Iterable[Any]) -> Iterator[Any]:
        """Call a function that uses this engine for each item, on as many threads as there are workers.

        Results come in the order of the items. Where the consumer stops, by Ctrl-C or an error, running simulations end
        at once as failed ones.
        """
        return self._pool.each(function, items)

    def close(self) -> None:
        """End the worker processes; the next run starts new ones."""
        self._pool.close()


@lru_cache(maxsize=1)
def default_engine() -> Ngspice:
    """The engine of `simulate` and of live cells: one worker process, ended with the program."""
    engine = Ngspice()
    atexit.register(engine.close)
    return engine


def runnable_deck(bench: Testbench) -> str:
    """The deck of a testbench for plain ngspice, with the compiled models of this machine."""
    return bench.deck([str(osdi.compiled_model(model)) for model in bench.models])


def _task(bench: Testbench) -> dict[str, Any]:
    return {
        "netlists": [bench.text(rung) for rung in range(len(LADDER))],
        "vectors": bench.vectors,
        "stop_s": bench.stop_s,
        "osdi": [*(str(osdi.compiled_model(model)) for model in bench.models), *bench.osdi],
        "behaviour": bench.behaviour,
    }


def _waveform(bench: Testbench, reply: dict[str, Any], throw: bool) -> Waveform:
    result, arrays = Result[reply["result"]], reply["arrays"]
    traces = {name: arrays[vector] for name, vector in bench.probes if vector in arrays}
    if result is Result.OK and bench.device is not None:
        result = _bounded(bench, traces["n_disc"])
    if result is Result.NETLIST and bench.process is not None:
        reply["log"] += bench.process.blame(reply["log"])
    if result is not Result.OK and throw:
        raise SimulationError(result, runnable_deck(bench), tuple(reply["log"]))
    time_s = arrays.get("time", np.empty(0))
    if "v_ae" in traces and "v_oe" in traces:
        traces["v_cell"] = traces["v_ae"] - traces["v_oe"]
    return Waveform(
        time_s=time_s,
        traces=traces,
        state=_state(bench, arrays) if result is Result.OK else None,
        energy_J=float(sum(-np.trapezoid(traces[v] * traces[i], time_s) for v, i in bench.sources))
        if len(time_s)
        else 0.0,
        result=result,
        effort=Effort(**reply["effort"]),
        device=bench.device,
        testbench_sha256=bench.sha256,
        log=tuple(reply["log"]),
    )


def _state(bench: Testbench, arrays: dict[str, np.ndarray]) -> State:
    vectors = dict(bench.probes)
    n_disc = (float(arrays[vectors["n_disc"]][-1]),) if bench.device is not None else (1.0,)
    return State(n_disc, {node: float(arrays[f"v({node})"][-1]) for node in bench.nodes})


def _bounded(bench: Testbench, n_disc: np.ndarray) -> Result:
    low, high = bench.device.reach
    # a state may start outside its bounds; it must not move further out, but for the solver's tolerance
    low, high = min(low, n_disc[0]), max(high, n_disc[0])
    inside = np.all((n_disc >= low * 0.995) & (n_disc <= high * 1.005))
    return Result.OK if inside else Result.OUT_OF_BOUNDS
