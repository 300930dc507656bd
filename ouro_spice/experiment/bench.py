"""What programmers are compared on: cells, limits, and how conventional ones are tuned before."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from .._util.checks import check_count, check_range, check_scheduler
from ..circuit.cell_kinds import Cell, memristor
from ..circuit.compact_cell import CompactCell
from ..dataset.recipe import Recipe
from ..device.jart.spread import spread
from ..programming.batch import Fleet, fleet
from ..programming.programmer import Programmer
from ..programming.tuning import edges, parameters_of, rank
from ..simulation.write_voltages import Pair
from ..simulation.write_voltages import pair as search
from ..spice.ngspice import Ngspice
from .ranking import Rule, best_of_each_amplitude, candidates, carry_over
from .rivals import basis

JUDGED, TRAINING = 1, 2
"""Streams of the seed: cells that programmers are judged on, and those that conventional ones are tuned on."""


@dataclass(frozen=True)
class Tuning:
    """How the settings of each conventional programmer are found.

    Parameters
    ----------
    candidates, cells
        So many settings, drawn from its grid, are tried on so many training cells; those of a circuit on the compact
        model of its device.
    best, tried
        The best of so many amplitudes are then tried in the circuit, on so many training cells there.
    """

    candidates: int
    cells: int
    best: int = 4
    tried: int = 16

    @classmethod
    def of(cls, cell: Cell | CompactCell) -> Tuning:
        """Return the numbers of a tuning that takes about a minute."""
        return cls(60, 120) if isinstance(cell, CompactCell) else cls(30, 40)

    def description(self, cell: Cell | CompactCell) -> str:
        """Return the tuning in words, for a report."""
        first = f"the best of {self.candidates} settings drawn from its grid on {self.cells} training cells"
        if isinstance(cell, CompactCell):
            return first
        return f"{first} of the compact model, then of its {self.best} best amplitudes on {self.tried} in the circuit"


@dataclass(frozen=True)
class Bench:
    """What all programmers get.

    Parameters
    ----------
    name
        Of the cell: "1t1r".
    cell
        The nominal description; gate voltages are its own.
    pair
        Amplitudes that conventional programmers and the noise-free model begin with; None: those that cross the window
        in 60 us.
    n
        Writes, each to a cell of its own; starts and targets uniform.
    tolerance, max_pulses
        As in `write_verify`.
    d2d
        Law that devices are drawn from; None: the nominal one.
    seed
        Seed of everything random.
    reads_s
        Times of a read for which the time of a write is given [s].
    tuning
        Of conventional programmers; None: their defaults.
    workers
        Processes, for compact cells threads; all cores where None.
    table
        Pairs of start and target of whose trials a `Table` is made that takes part; 0: none does.
    scheduler
        Address of a Dask scheduler, ``tcp://host:port``, whose workers do writes and trials; None: all is done here.
    """

    name: str
    cell: Cell | CompactCell
    pair: Pair | None = None
    n: int = 20
    tolerance: float = 0.1
    max_pulses: int = 50
    d2d: str | None = "ten_percent"
    seed: int = 0
    reads_s: tuple[float, ...] = (10e-9, 100e-9, 1e-6)
    tuning: Tuning | None = None
    workers: int | None = None
    table: int = 0
    scheduler: str | None = None

    def __post_init__(self) -> None:
        check_count("n", self.n)
        check_count("table", self.table, 0)
        check_range("tolerance", self.tolerance, 1e-6, 1.0, "(relative)")
        check_count("max_pulses", self.max_pulses)
        check_count("seed", self.seed, 0)
        check_scheduler(self.scheduler)
        for read_s in self.reads_s:
            check_range("reads_s", read_s, 1e-12, 1.0, "s")
        if not self.reads_s:
            raise ValueError("reads_s is empty: the time of a write needs the time of a read")

    @property
    def voltages(self) -> Pair:
        """Return the pair; ValueError where it has not been searched yet, as `benchmark` does."""
        if self.pair is None:
            raise ValueError("pair is None: search the amplitudes first, with ouro_spice.pair")
        return self.pair


def compact_model(cell: Cell) -> CompactCell:
    """Return the compact model of a circuit's device: what is tuned and tried first, since it costs little."""
    device = memristor(cell)
    return CompactCell(device, "tud" if device.realisation == "tud" else "full")


def cells(
    bench: Bench, cell: Cell | CompactCell, voltages: Pair, n: int, stream: int, engine: Ngspice
) -> tuple[Fleet, list[float]]:
    """Return n cells of a stream at their starts, and their targets [S]."""
    seed = np.random.SeedSequence(bench.seed, spawn_key=(stream,)).generate_state(1)[0]
    recipe = Recipe(n, int(seed), voltages, d2d=None if bench.d2d is None else spread(bench.d2d))
    drawn = [recipe.draw(cell, number) for number in range(n)]
    cells = fleet(cell, drawn, workers=bench.workers, engine=engine, scheduler=bench.scheduler)
    return cells, [one.target_S for one in drawn]


def tune_rule(bench: Bench, kind: Rule, engine: Ngspice) -> tuple[Programmer, dict[str, str]]:
    """Return a conventional programmer whose settings take the least time on training cells, and their edges.

    The edges are those settings that lie at an end of what was drawn from the grid, by name: see `edges`. Without a
    tuning the defaults, and none.

    Beside it which of its settings lie at an edge of those that were drawn from the grid, by name: see `edges`.
    """
    tuning, own = bench.tuning, basis(kind, bench.cell, bench.voltages, engine)
    if tuning is None:
        return kind(own), {}
    seeds = np.random.SeedSequence(bench.seed, spawn_key=(TRAINING, 0))
    if isinstance(bench.cell, CompactCell):
        drawn = candidates(kind, own, tuning.candidates, seeds)
        best = _ranked(bench, bench.cell, bench.voltages, drawn, tuning.cells, engine)
    else:
        compact = compact_model(bench.cell)
        voltages = search(compact, bench.voltages.total_s)
        drawn = candidates(kind, basis(kind, compact, voltages), tuning.candidates, seeds)
        best = _ranked(bench, compact, voltages, drawn, tuning.cells, engine)
        there = [carry_over(kind, own, one) for one in best_of_each_amplitude(best, tuning.best)]
        best = _ranked(bench, bench.cell, bench.voltages, there, tuning.tried, engine)
    return kind(own, **best[0]), edges(best[0], [parameters_of(one) for one in drawn])


def _ranked(
    bench: Bench, cell: Cell | CompactCell, voltages: Pair, tried: list[Programmer], n: int, engine: Ngspice
) -> list[dict[str, Any]]:
    """Return the settings of the candidates, best first."""
    trained, targets = cells(bench, cell, voltages, n, TRAINING, engine)
    _, rows = rank(tried, trained.copy, targets, bench.tolerance, bench.max_pulses, "time")
    return [row["parameters"] for row in rows]
