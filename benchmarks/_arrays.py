"""Arrays: points, rejected steps, time and memory over their size; both solvers; both fidelities; reads.

One 100 ns write with edges of 1 ns into the middle cell of n x n 1T1R cells with lines, at the amplitude at which the
window takes 100 ns, into a random map of conductances. Each size has a worker process of its own.
"""

from __future__ import annotations

import argparse
import dataclasses
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
from _array_reads import reads
from _array_reads import targets as read_targets
from _common import Figures, Target, arguments, finish, peak_MB, show

import ouro_spice as ouro
from ouro_spice.circuit.testbench import Testbench
from ouro_spice.spice.ngspice import Ngspice

TARGETS = (
    Target("full_64_s", 60.0),
    Target("selected_apart", 1e-3),
    Target("disturb_apart", 1e-2),
)
LARGE = (Target("frozen_256_s", 900.0), Target("frozen_256_MB", 16e3))
LINES = ouro.Lines(2.0, 2.0, 2.0, 0.2e-15, 0.2e-15, 0.2e-15)
WIDTH_S = 100e-9


@dataclass(frozen=True)
class Run:
    """One write: seconds in all and of ngspice's analysis, peak memory of both processes, and what it gave."""

    seconds: float
    worker_MB: float
    own_MB: float
    wave: ouro.Waveform

    @property
    def analysis_s(self) -> float:
        """ngspice's own time."""
        return self.wave.effort.analysis_s

    def row(self, name: str, n: int) -> list[object]:
        """A row of the table."""
        effort = self.wave.effort
        each = self.seconds / n**2 / max(effort.points, 1) * 1e6
        cost = [self.seconds, self.seconds - self.analysis_s, self.worker_MB, self.own_MB, each]
        return [f"{n} x {n} {name}", effort.points, effort.rejected, effort.iterations, *cost]


@contextmanager
def worker() -> Iterator[Ngspice]:
    """A fresh engine that has run something: its process is there, its models are loaded."""
    with Ngspice(timeout_s=600) as engine:
        cell = ouro.Cell1T1R(ouro.jart_vcm_v1b(window=True))
        ouro.simulate(cell, ouro.Pulse(-0.5, 1e-9), engine=engine)
        yield engine


def array(n: int, seed: int) -> tuple[ouro.Crossbar, ouro.State]:
    """An array and a random map of conductances over the window."""
    found = ouro.Crossbar(n, n, ouro.Cell1T1R(ouro.jart_vcm_v1b(window=True), LINES))
    low, high = found.cell.window_S
    g = np.random.default_rng(seed).uniform(low, high, (n, n))
    g[n // 2, n // 2] = low  # the whole way is the most work
    return found, found.state(g)


def write(n: int, seed: int, amplitude: float, fidelity: str = "full", klu: bool | None = None) -> Run:
    """One write into an array."""
    circuit, state = array(n, seed)
    cell = circuit.cell_at(n // 2, n // 2, fidelity=fidelity)
    pulse = ouro.Pulse(amplitude, WIDTH_S, 1e-9, 1e-9)
    with worker() as engine:
        start = time.perf_counter()
        wave = ouro.simulate(cell, pulse, state, engine=engine if klu is None else Solver(engine, klu))
        seconds = time.perf_counter() - start
        process = engine._pool._workers[0]._process
        return Run(seconds, peak_MB(process.pid), peak_MB("self"), wave)


@dataclass(frozen=True)
class Solver:
    """An engine that takes KLU, or does not, whatever the testbench says."""

    engine: Ngspice
    klu: bool

    def run(self, bench: Testbench, throw: bool = True) -> ouro.Waveform:
        """Run one testbench."""
        return self.engine.run(dataclasses.replace(bench, klu=self.klu), throw)


def apart(n: int, seed: int) -> tuple[float, float]:
    """How far "frozen" is from "full": the selected cell's conductance, and the largest disturb, relative.

    In an array of 1R cells at V/2: the transistors of 1T1R cells leave no disturb to speak of.
    """
    cell = ouro.Cell1R(
        ouro.jart_vcm_v1b(window=True), ouro.Lines(2.0, 0.0, 2.0, 0.2e-15, 0.0, 0.2e-15), ouro.Driver(50)
    )
    circuit = ouro.Crossbar(n, n, cell)
    before = circuit.state(np.random.default_rng(seed).uniform(*cell.window_S, (n, n)))
    pulse = ouro.Pulse(-0.7, WIDTH_S, 1e-9, 1e-9)
    waves = [ouro.simulate(circuit.cell_at(n // 2, n // 2, fidelity=f), pulse, before) for f in ("full", "frozen")]
    selected = (n // 2) * n + n // 2
    moved = [np.delete(np.log(w.state.lead / before.lead), selected) for w in waves]
    worst = np.argmax(np.abs(moved[0]))
    return abs(waves[1].g_S / waves[0].g_S - 1), abs(moved[1][worst] / moved[0][worst] - 1)


def sizes(add: Callable[[str, int, Run], Run], figures: Figures, args: argparse.Namespace, amplitude: float) -> None:
    """One write into arrays of all sizes."""
    for n in (4, 8, 16) if args.quick else (4, 8, 16, 32):
        with_klu = add("full, KLU", n, write(n, args.seed, amplitude, klu=True))
        without = add("full, default solver", n, write(n, args.seed, amplitude, klu=False))
        figures[f"default_over_klu_{n}"] = without.seconds / with_klu.seconds
    for n in (4, 8, 16) if args.quick else (4, 8, 16, 32, 64, 128):
        if n > 32:
            add("full", n, write(n, args.seed, amplitude))
        add("frozen", n, write(n, args.seed, amplitude, "frozen"))
    if args.large:
        add("frozen", 256, write(256, args.seed, amplitude, "frozen"))


def main() -> int:
    """Run the benchmark; returns the exit code."""
    parser = arguments(__doc__)
    parser.add_argument("--large", action="store_true", help="also a write into 256 x 256 cells: a quarter of an hour")
    args = parser.parse_args()
    pair = ouro.pair(ouro.Cell1T1R(ouro.jart_vcm_v1b(window=True), LINES), WIDTH_S)
    figures: Figures = {"amplitude_V": pair.v_set}
    rows: list[list[object]] = []

    def add(name: str, n: int, run: Run) -> Run:
        rows.append(run.row(name, n))
        key = f"{name.replace(',', '').replace(' ', '_')}_{n}"
        figures.update({f"{key}_s": run.seconds, f"{key}_MB": run.worker_MB + run.own_MB})
        return run

    sizes(add, figures, args, pair.v_set)
    head = ("array", "points", "rejected", "iterations", "s", "not ngspice (s)", "worker MB", "own MB", "us/cell/point")
    show(f"one write, {pair.v_set:.4g} V at the driver, {WIDTH_S * 1e9:g} ns, edges 1 ns", head, rows)
    figures["selected_apart"], figures["disturb_apart"] = apart(16, args.seed)
    with worker() as engine:
        reads(figures, engine, args.seed, args.quick)
    targets = (*TARGETS, *read_targets(args.quick), *(LARGE if args.large else ()))
    return finish(args, figures, [t for t in targets if not (args.quick and t.key == "full_64_s")])


if __name__ == "__main__":
    sys.exit(main())
