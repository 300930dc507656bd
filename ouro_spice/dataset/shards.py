"""Shards of records, made here on all cores or on the workers of a Dask cluster: the same ones."""

from __future__ import annotations

import contextlib
import re
import threading
from collections.abc import Callable, Generator, Iterator, Sequence
from typing import TYPE_CHECKING, Any, Protocol, cast

from .._util.checks import shown
from .._util.machine import ToolError
from .._util.progress import Bar
from ..circuit.cell_kinds import Cell, is_measured
from ..circuit.compact_cell import CompactCell
from ..provenance.differences import differences, listed
from ..provenance.manifest import tools
from ..simulation.sensing import prepare
from ..spice.ngspice import Ngspice
from .circuit_records import circuit_record
from .measured_records import circuit_model_records
from .recipe import Recipe, Sample
from .record import Record
from .swept_records import swept_compact_record, swept_record

if TYPE_CHECKING:
    import pandas as pd

_AHEAD = 4
"""Shards for each thread of a cluster's workers that are under way or waiting for it."""

_CONNECT_S = 10

Tools = dict[str, dict[str, str]]
"""What makes records, see `manifest.tools`."""

_own = threading.local()


class _Cluster(Protocol):
    """The part of a Dask cluster's client that is used here."""

    @property
    def loop(self) -> Any:
        """Return its event loop."""

    def nthreads(self) -> dict[str, int]:
        """Return the number of threads of each worker, by its address."""
        ...

    def run(self, function: Callable[[], Any], *, on_error: str) -> dict[str, Any]:
        """Return what a function gives on each worker, by its address."""
        ...

    def submit(self, function: Callable[..., Any], *arguments: Any, pure: bool) -> Any:
        """Return the future of a call on some worker."""


def numbers(recipe: Recipe, shard: int) -> range:
    """Return the numbers of the records in a shard, ascending."""
    return range(shard * recipe.shard, min(recipe.n, (shard + 1) * recipe.shard))


def local(
    cell: Cell | CompactCell, recipe: Recipe, shards: Sequence[int], engine: Ngspice, workers: int | None, bar: Bar
) -> Generator[tuple[int, pd.DataFrame], None, None]:
    """Yield the number and the records of each of some shards, made here, in their order."""
    if isinstance(cell, CompactCell):
        for shard in shards:
            records = _compact(cell, recipe, shard, workers)
            bar.advance(len(records), _failures(records))
            yield shard, _frame(recipe, records)
        return
    if is_measured(cell):
        for shard in shards:
            drawn = [recipe.draw(cell, k) for k in numbers(recipe, shard)]
            records = circuit_model_records(cell, recipe, drawn, engine, workers)
            bar.advance(len(records), _failures(records))
            yield shard, _frame(recipe, records)
        return

    if shards:
        prepare(cell, engine)
    for shard in shards:
        # one shard at a time, so that no more than one is lost; what takes long comes first, so that no worker waits
        # for the last ones
        drawn = [recipe.draw(cell, k) for k in numbers(recipe, shard)]
        drawn.sort(key=lambda one: abs(one.target_S - one.start_S), reverse=True)
        records = []
        with contextlib.closing(engine.each(lambda one: _circuit(cell, recipe, one, engine), drawn)) as found:
            for record in found:
                records.append(record)
                bar.advance(1, _failures([record]))
        yield shard, _frame(recipe, sorted(records, key=lambda one: one.sample.number))


def remote(
    cell: Cell | CompactCell, recipe: Recipe, shards: Sequence[int], scheduler: str, bar: Bar
) -> Generator[tuple[int, pd.DataFrame], None, None]:
    """Yield the same, made on a Dask cluster, in the order in which they are ready; a task is a shard.

    Raises
    ------
    ToolError
        Where there is no scheduler, no worker, or a worker with another version of this package; where they are lost.
    """
    from distributed import KilledWorker, as_completed

    waiting = list(shards)[::-1]
    with _client(scheduler) as client:
        busy = as_completed(loop=client.loop, with_results=True)

        def submit() -> None:
            if waiting:
                # the cell with each: what is scattered is lost with the workers that hold it
                busy.add(client.submit(shard_frame, (cell, recipe), waiting.pop(), tools(), pure=False))

        for _ in range(_AHEAD * sum(client.nthreads().values())):
            submit()
        try:
            for _, made in busy:
                if isinstance(made, BaseException):  # cancelled
                    raise ToolError(f"the Dask cluster at {scheduler} has lost the work: run the same again ({made})")
                submit()
                shard, frame = made
                bar.advance(len(frame), int((frame.outcome == "simulation_failed").sum()))
                yield shard, frame
        except KilledWorker as error:
            raise ToolError(f"workers of the Dask cluster at {scheduler} die: {error}") from error


def shard_frame(described: tuple[Cell | CompactCell, Recipe], shard: int, wanted: Tools) -> tuple[int, pd.DataFrame]:
    """Return the number and the records of a shard, made by this thread alone: the task of a worker, with the tools
    `wanted`.
    """
    cell, recipe = described
    check_tools(tools(), wanted)
    if isinstance(cell, CompactCell):
        return shard, _frame(recipe, _compact(cell, recipe, shard, 1))
    if not hasattr(_own, "engine"):
        _own.engine = Ngspice(1)  # its process ends with this one
    if is_measured(cell):
        drawn = [recipe.draw(cell, k) for k in numbers(recipe, shard)]
        return shard, _frame(recipe, circuit_model_records(cell, recipe, drawn, _own.engine, 1))
    records = [_circuit(cell, recipe, recipe.draw(cell, k), _own.engine) for k in numbers(recipe, shard)]
    return shard, _frame(recipe, records)


def _circuit(cell: Cell, recipe: Recipe, drawn: Sample, engine: Ngspice) -> Record:
    """Return one record in SPICE."""
    return (swept_record if recipe.sweep else circuit_record)(cell, recipe, drawn, engine)


def _compact(cell: CompactCell, recipe: Recipe, shard: int, threads: int | None) -> list[Record]:
    """Return the records of a shard of a compact cell."""
    if recipe.sweep:
        return [swept_compact_record(cell, recipe, recipe.draw(cell, k)) for k in numbers(recipe, shard)]
    from .compact_records import compact_records  # numba

    return compact_records(cell, recipe, [recipe.draw(cell, k) for k in numbers(recipe, shard)], threads)


def _frame(recipe: Recipe, records: Sequence[Record]) -> pd.DataFrame:
    """Return records as a table, one row a record."""
    import pandas as pd

    return pd.DataFrame([record.row(recipe.step_s) for record in records])


def _failures(records: Sequence[Record]) -> int:
    """Return how many records failed."""
    return sum(record.outcome == "simulation_failed" for record in records)


def check_scheduler(scheduler: str | None) -> None:
    """Raise ValueError for what is no address of a Dask scheduler; None: the work is done here."""
    if scheduler is None:
        return
    if not isinstance(scheduler, str) or not re.fullmatch(r"\w+://\S+:\d+", scheduler):
        raise ValueError(f"scheduler = {shown(scheduler)} must be an address such as tcp://127.0.0.1:8786")


@contextlib.contextmanager
def _client(scheduler: str) -> Iterator[_Cluster]:
    """Yield a client of a scheduler whose workers have what decides the numbers."""
    from distributed import Client

    try:
        client = Client(scheduler, timeout=_CONNECT_S, set_as_default=False)
    except (OSError, ValueError, TimeoutError) as error:
        raise ToolError(f"no Dask scheduler answers at {scheduler}: {error}") from error
    with client:
        # its methods are typed as the coroutines that they are in asynchronous clients alone
        cluster = cast("_Cluster", client)
        if not cluster.nthreads():
            raise ToolError(f"the scheduler at {scheduler} has no workers: start some with `dask worker {scheduler}`")
        here = tools()
        for worker, there in cluster.run(tools, on_error="return").items():
            if isinstance(there, BaseException):
                raise ToolError(f"the Dask worker {worker} cannot run ouro_spice: {there}")
            check_tools(there, here, worker)
        yield cluster


def check_tools(there: Tools, wanted: Tools, worker: str = "") -> None:
    """Raise ToolError, naming what differs, where a worker of a cluster would give other numbers."""
    found = differences(there, wanted, ("tools", "code"))
    if found:
        raise ToolError(f"the Dask worker {worker} has other tools or code than are wanted ({listed(found)})")
