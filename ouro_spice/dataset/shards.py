"""Shards of records, made on this machine or on the workers of a Dask cluster: the same ones."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .._util.progress import Bar
from ..circuit.cell_kinds import Cell, is_measured
from ..circuit.compact_cell import CompactCell
from ..simulation.sensing import prepare
from ..spice.ngspice import Ngspice
from ..spice.tasks import Executor, Resources
from .circuit_records import circuit_record
from .measured_records import circuit_model_records
from .recipe import Recipe, Sample
from .record import Record
from .swept_records import swept_compact_record, swept_record

if TYPE_CHECKING:
    import pandas as pd


def numbers(recipe: Recipe, shard: int) -> range:
    """Return the numbers of the records in a shard, ascending."""
    return range(shard * recipe.shard, min(recipe.n, (shard + 1) * recipe.shard))


def made(
    cell: Cell | CompactCell,
    recipe: Recipe,
    shards: Sequence[int],
    does: Executor,
    bar: Bar,
    done: Callable[[int, pd.DataFrame], None],
) -> Generator[pd.DataFrame, None, None]:
    """Yield the records of each of some shards, in their order; `done` is called with the number and the records of
    each as soon as they are there.

    A task is a shard. On one machine they come one after the other, so that no more than one is lost.
    """
    work = _Shards(cell, recipe)
    yield from does.map(work, shards, bar, lambda k, frame: done(shards[k], frame), together=True)


@dataclass(frozen=True)
class _Shards:
    """Makes the records of a shard."""

    cell: Cell | CompactCell
    recipe: Recipe

    def __call__(self, shard: int, resources: Resources) -> pd.DataFrame:
        """Return the records of a shard as a table, one row a record."""
        import pandas as pd

        if isinstance(self.cell, CompactCell):
            records = _compact(self.cell, self.recipe, shard, resources.threads)
            resources.bar.advance(len(records), _failures(records))
        elif is_measured(self.cell):
            drawn = [self.recipe.draw(self.cell, k) for k in numbers(self.recipe, shard)]
            records = circuit_model_records(self.cell, self.recipe, drawn, resources.engine, resources.threads)
            resources.bar.advance(len(records), _failures(records))
        else:
            records = _circuits(self.cell, self.recipe, shard, resources.engine, resources.bar)
        return pd.DataFrame([record.row(self.recipe.step_s) for record in records])


def _circuits(cell: Cell, recipe: Recipe, shard: int, engine: Ngspice, bar: Bar) -> list[Record]:
    """Return the records of a shard of a circuit."""
    prepare(cell, engine)
    # what takes long comes first, so that no worker waits for the last ones
    drawn = [recipe.draw(cell, k) for k in numbers(recipe, shard)]
    drawn.sort(key=lambda one: abs(one.target_S - one.start_S), reverse=True)
    records = []
    with contextlib.closing(engine.each(lambda one: _circuit(cell, recipe, one, engine), drawn)) as found:
        for record in found:
            records.append(record)
            bar.advance(1, _failures([record]))
    return sorted(records, key=lambda one: one.sample.number)


def _circuit(cell: Cell, recipe: Recipe, drawn: Sample, engine: Ngspice) -> Record:
    """Return one record in SPICE."""
    return (swept_record if recipe.sweep else circuit_record)(cell, recipe, drawn, engine)


def _compact(cell: CompactCell, recipe: Recipe, shard: int, threads: int | None) -> list[Record]:
    """Return the records of a shard of a compact cell."""
    if recipe.sweep:
        return [swept_compact_record(cell, recipe, recipe.draw(cell, k)) for k in numbers(recipe, shard)]
    from .compact_records import compact_records  # numba

    return compact_records(cell, recipe, [recipe.draw(cell, k) for k in numbers(recipe, shard)], threads)


def _failures(records: Sequence[Record]) -> int:
    """Return how many records failed."""
    return sum(record.outcome == "simulation_failed" for record in records)
