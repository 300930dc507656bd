"""Datasets: how long 10 000 records take, in SPICE and on compact models, and what two workers and Dask bring.

In SPICE: a 1T1R cell with lines, D2D, a walk per 10 ns, stationary starts, edges of 0.2 to 10 ns, histories; the time
is extrapolated from some hundred records. Beside it, in the same run: the naive way, which is given the answers - one
PySpice ``simulator().transient()`` a record over twice the pulse that was found, in one process, its walk known before.
"""

from __future__ import annotations

import gc
import sys
import tempfile
import threading
import time
from contextlib import ExitStack, contextmanager
from pathlib import Path

import numpy as np
from _cluster import cluster
from _common import Figures, Target, arguments, circuits, finish, show
from engine import naive

import ouro_spice as ouro
from ouro_spice._util.progress import progress
from ouro_spice.dataset import shards as work
from ouro_spice.dataset.circuit_records import start_state
from ouro_spice.dataset.recipe import Recipe
from ouro_spice.device.jart.spread import SPREADS
from ouro_spice.spice.execution import LocalExecutor, executor
from ouro_spice.spice.ngspice import Ngspice

ALL = 10_000
TARGETS = (
    Target("circuit_10000_min", 40.0), Target("peak_MB", 1500.0), Target("growth_MB", 50.0),
    Target("reduced_10000_s", 10.0), Target("full_10000_s", 180.0), Target("paper_10000_s", 300.0),
    Target("scaling_ratio", 1.7, at_least=True), Target("outside_ngspice_share", 0.25),
    Target("naive_ratio", 3.0, at_least=True), Target("failures", 0),
)  # fmt: skip
EDGES = {"rise_s": (0.2e-9, 10e-9), "fall_s": (0.2e-9, 10e-9)}
WALK = ouro.Walk()


class Counting(Ngspice):
    """An engine that adds up what ngspice itself took, the reading of netlists included, and its analyses alone."""

    ngspice_s = 0.0
    analysis_s = 0.0
    points = 0
    rejected = 0
    runs = 0
    _adding = threading.Lock()

    def run(self, testbench: ouro.Testbench, throw: bool = True) -> ouro.Waveform:
        """Run, and count."""
        wave = super().run(testbench, throw)
        with self._adding:
            self.ngspice_s += wave.effort.ngspice_s
            self.analysis_s += wave.effort.analysis_s
            self.points += wave.effort.points
            self.rejected += wave.effort.rejected
            self.runs += 1
        return wave


def circuit_recipe(cell: ouro.Cell1T1R, n: int, seed: int) -> Recipe:
    """Records of the 1T1R cell at its 60 us pair, in four shards at least, for two workers to share."""
    shard = max(min(50, n // 4), 1)
    return Recipe(n, seed, ouro.pair(cell), "60us", d2d=SPREADS["ten_percent"], shard=shard, **EDGES)


def made(cell: ouro.Cell1T1R, recipe: Recipe, workers: int, first: int = 0) -> tuple[float, Counting, list]:
    """Seconds for the shards of a recipe from one on, the engine that made them, and their tables."""
    shards = range(first, -(-recipe.n // recipe.shard))
    with Counting(workers) as engine, progress("records", recipe.n) as bar:
        list(engine.map([cell.read_testbench()] * workers))  # processes start
        begun = time.perf_counter()
        frames = list(work.made(cell, recipe, shards, LocalExecutor(engine, workers), bar, lambda *_: None))
        return time.perf_counter() - begun, engine, frames


@contextmanager
def memory(samples: list[float]):
    """Sample the memory of this process and its children [MB] while something runs."""
    import psutil

    stop = threading.Event()

    def watch() -> None:
        me = psutil.Process()
        while not stop.wait(0.5):
            total = 0
            for process in [me, *me.children(recursive=True)]:
                try:
                    total += process.memory_info().rss
                except psutil.Error:
                    pass
            samples.append(total / 1e6)

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def circuit(n: int, seed: int) -> Figures:
    """Time, memory and failures of records in SPICE, written to a folder as a user's are."""
    cell = circuits()["1T1R"]
    cell = cell.replace(device=cell.device.replace(walk=WALK))
    samples: list[float] = []
    with tempfile.TemporaryDirectory() as folder, memory(samples):
        voltages = ouro.pair(cell)
        ouro.extract(cell, 4, seed + 1, workers=2, voltages=voltages)  # kernels, libraries
        begun = time.perf_counter()
        data = ouro.extract(cell, n, seed, Path(folder), 2, voltages=voltages, **EDGES)
        wall_s = time.perf_counter() - begun
    third = len(samples) // 3
    frame = data.frame
    figures: Figures = {
        "records": n, "wall_s": wall_s, "records_per_s": n / wall_s, "circuit_10000_min": wall_s / n * ALL / 60,
        "peak_MB": max(samples),
        "growth_MB": float(np.median(samples[-third:]) - np.median(samples[third : 2 * third])),
        "failures": int((frame.outcome == "simulation_failed").sum()),
        "reached_share": float((frame.outcome == "reached").mean()),
        "median_steps": float(frame.t_pulse_s.abs().median() / 10e-9),
        "mean_history_steps": float((2 * frame.t_pulse_s.abs()).mean() / 10e-9),
    }  # fmt: skip
    show("1T1R in SPICE", ("figure", "value"), [[name, value] for name, value in figures.items()])
    return figures


def scaling(n: int, seed: int, repeats: int) -> Figures:
    """Two workers against one, alternating; Dask with two worker processes; the share of time outside ngspice."""
    cell = circuits()["1T1R"]
    cell = cell.replace(device=cell.device.replace(walk=WALK))
    recipe = circuit_recipe(cell, n, seed)
    ratios, shares, rows, dask, analyses = [], [], [], [], []
    with cluster() as there:
        for _ in range(repeats):
            one_s, engine, _ = made(cell, recipe, 1)
            two_s, _, _ = made(cell, recipe, 2)
            dask_s = on_cluster(cell, recipe, there.address)
            ratios.append(one_s / two_s)
            dask.append(one_s / dask_s)
            shares.append(1 - engine.ngspice_s / one_s)
            analyses.append(1 - engine.analysis_s / one_s)
            rows.append([n, one_s, two_s, one_s / two_s, dask_s, one_s / dask_s, shares[-1], engine.points / n])
    head = ("records", "1 worker s", "2 workers s", "ratio", "Dask s", "ratio", "outside ngspice", "points a record")
    show("workers", head, rows)
    return {
        "scaling_ratio": float(np.median(ratios)), "dask_ratio": float(np.median(dask)),
        "outside_ngspice_share": float(np.median(shares)),
        "outside_analysis_share": float(np.median(analyses)),
    }  # fmt: skip


def on_cluster(cell: ouro.Cell1T1R, recipe: Recipe, scheduler: str) -> float:
    """Seconds for all shards of a recipe on a cluster, after some of them, which start its processes."""
    shards = range(-(-recipe.n // recipe.shard))
    with progress("records", recipe.n) as bar, executor(1, scheduler) as does:
        list(work.made(cell, recipe, shards[:2], does, bar, lambda *_: None))
        begun = time.perf_counter()
        list(work.made(cell, recipe, shards, does, bar, lambda *_: None))
        return time.perf_counter() - begun


def against_naive(n: int, seed: int) -> Figures:
    """The same records by one PySpice transient each, in turn with this package's way, one process both."""
    cell = circuits()["1T1R"]
    cell = cell.replace(device=cell.device.replace(walk=WALK))
    recipe = circuit_recipe(cell, n, seed)
    rows = []
    with ExitStack() as stack:
        ways = {"packaged threads": naive("packaged", stack), "1 thread": naive("1", stack)}
        ours_s, _, frames = made(cell, recipe, 1)
        benches = [naive_bench(cell, recipe, row) for frame in frames for row in frame.itertuples()]
        for name, way in ways.items():
            way(("", cell, None, None), benches[0])
            begun = time.perf_counter()
            ends = [way(("", cell, None, None), bench)["n_disc"] for bench in benches]
            wall_s = time.perf_counter() - begun
            rows.append([name, len(benches), ours_s, wall_s, wall_s / ours_s, int(np.sum(~np.isfinite(ends)))])
    show("one PySpice transient a record", ("way", "records", "ours s", "its s", "ratio", "its failures"), rows)
    return {"naive_ratio": rows[0][4], "naive_one_thread_ratio": rows[1][4]}


def naive_bench(cell: ouro.Cell1T1R, recipe: Recipe, row) -> ouro.Testbench:
    """One transient over twice the pulse of a record, its walk in the sources of the netlist."""
    from ouro_spice._util import random_keys
    from ouro_spice.simulation.jart import walk_segment

    drawn = recipe.draw(cell, row.record)
    own = cell.replace(device=drawn.device)
    state = start_state(own, drawn, recipe.start)
    pulse = ouro.Pulse(row.amplitude_V, 2 * abs(row.t_pulse_s), row.rise_s, row.fall_s)
    flat, length = own.flat_start_s(pulse), own.duration([pulse])
    first = flat - pulse.rise
    segment = walk_segment.WalkSegment(
        drawn.device,
        state.wander[0],
        pulse.polarity,
        first,
        first + pulse.duration,
        length,
        random_keys.stream_key(drawn.seed),
    )
    path = segment.parameter_path(np.full(len(segment.ends_s), state.x[0][0]))
    return own.testbench([pulse], state, walks={0: segment.parameter_waveforms(path)})


def compact(seed: int, quick: bool) -> Figures:
    """Records of compact cells, everything included, in memory."""
    device = ouro.jart_vcm_v1b(window=True, walk=WALK)
    n, figures, rows = ALL // 10 if quick else ALL, {}, []
    for key, model, voltages in (
        ("reduced", "reduced", "60us"),
        ("full", "full", "60us"),
        ("paper", "reduced", "paper"),
    ):
        cell = ouro.CompactCell(device, model)
        count = n // 10 if key == "paper" and quick else n
        ouro.extract(cell, 4, seed + 1, voltages=voltages)  # kernels
        with tempfile.TemporaryDirectory() as folder:
            begun = time.perf_counter()
            frame = ouro.extract(cell, count, seed, Path(folder), voltages=voltages).frame
            wall_s = time.perf_counter() - begun
        figures[f"{key}_10000_s"] = wall_s * ALL / count
        steps = float(frame.t_pulse_s.abs().median() / 10e-9)
        rows.append(
            [f"{model}, {voltages}", count, wall_s, wall_s * ALL / count, steps, (frame.outcome == "reached").mean()]
        )
        gc.collect()
    show("compact cells, two cores", ("records of", "number", "s", "10 000: s", "median steps", "reached"), rows)
    return figures


def main() -> int:
    args = arguments(__doc__).parse_args()
    begun = time.perf_counter()
    figures = compact(args.seed, args.quick)
    figures |= circuit(40 if args.quick else 600, args.seed)
    figures |= scaling(20 if args.quick else 100, args.seed, 1 if args.quick else 3)
    figures |= against_naive(6 if args.quick else 50, args.seed)
    if args.quick:
        print("quick: compact times are scaled from fewer records, ratios are of a few records")
    return finish(args, figures | {"benchmark_s": time.perf_counter() - begun}, TARGETS)


if __name__ == "__main__":
    sys.exit(main())
