"""Forked children: pulses in pools, DataLoader workers, beside Dask, all bit for bit as one by one in this process.

This process has simulated before each fork, and simulates on in another thread during it. Cells and arrays take turns.
The children end as they do: by themselves, by the pool, or amid their work. No worker process may be left, and this
process's own one must have lived through it.
"""

from __future__ import annotations

import contextlib
import hashlib
import math
import multiprocessing
import os
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path

import numpy as np
from _common import Figures, Target, arguments, finish, show

import ouro_spice as ouro
from ouro_spice.spice.ngspice import default_engine

ALL, QUICK = 2000, 72
BATCH = 50
"""Pulses for which a pool is forked."""

CHILDREN = 2
LIMIT_S = 300
TARGETS = (
    Target("wrong", 0), Target("errors", 0), Target("parent_wrong", 0), Target("parent_restarts", 0),
    Target("workers_left", 0),
)  # fmt: skip
MARK = "FORKS_BENCHMARK_RUN"

DEVICE = ouro.jart_vcm_v1b(window=True)
WALKER = DEVICE.replace(walk=ouro.Walk(step_s=20e-9))
CELLS = {
    "1R": ouro.Cell1R(DEVICE),
    "1T1R": ouro.Cell1T1R(DEVICE),
    "1R that walks": ouro.Cell1R(WALKER),
    "2 x 2 of 1R": ouro.Crossbar(2, 2, ouro.Cell1R(DEVICE)).cell_at(0, 1),
    "2 x 2 of 1T1R": ouro.Crossbar(2, 2, ouro.Cell1T1R(DEVICE)).cell_at(1, 0),
}
Job = tuple[str, float, float, int]
"""A cell by its name, amplitude [V], conductance at the start [S], seed."""

shared = ouro.Ngspice(workers=2)
"""An engine that children inherit, and that is sent to them."""


def draw(count: int, seed: int) -> list[Job]:
    """The pulses."""
    rng = np.random.default_rng(seed)
    names = list(CELLS)
    volts = np.where(rng.random(count) < 0.5, rng.uniform(-0.8, -0.4, count), rng.uniform(0.6, 1.2, count))
    starts = rng.uniform(120e-6, 500e-6, count)
    return [(names[k % len(names)], float(volts[k]), float(starts[k]), k) for k in range(count)]


def one(job: Job, engine: ouro.Ngspice | None = None) -> str:
    """A digest of all that a pulse gives, or the name of what went wrong."""
    name, volts, start_S, seed = job
    try:
        cell = CELLS[name]
        wave = ouro.simulate(cell, [ouro.Pulse(volts, 100e-9)], cell.state(start_S), seed=seed, engine=engine)
        numbers = [wave.time_s, *wave.traces.values(), np.array([wave.energy_J, *wave.state.lead])]
        return hashlib.sha256(b"".join(array.tobytes() for array in numbers)).hexdigest()
    except Exception as error:
        return f"{type(error).__name__}: {error}"


# ---- ways to fork


def pool(jobs: Sequence[Job]) -> list[str]:
    """`multiprocessing.Pool`, each child with the default engine."""
    with multiprocessing.get_context("fork").Pool(CHILDREN) as children:
        return children.map_async(one, jobs, chunksize=1).get(LIMIT_S)


def executor(jobs: Sequence[Job]) -> list[str]:
    """`ProcessPoolExecutor`, children with an engine that they inherit."""
    with ProcessPoolExecutor(CHILDREN, multiprocessing.get_context("fork")) as children:
        return list(children.map(inherited, jobs, timeout=LIMIT_S))


def inherited(job: Job) -> str:
    """A pulse by the engine that was there at the fork."""
    return one(job, shared)


def sent(jobs: Sequence[Job]) -> list[str]:
    """An engine that is sent to the children with each pulse."""
    with multiprocessing.get_context("fork").Pool(CHILDREN) as children:
        return children.map_async(partial(one, engine=shared), jobs).get(LIMIT_S)


def loader(jobs: Sequence[Job]) -> list[str]:
    """Workers of torch's `DataLoader`; jobs are a data set of digests."""
    from torch.utils.data import DataLoader

    batches = DataLoader(Pulses(jobs), batch_size=5, num_workers=CHILDREN, collate_fn=list, timeout=LIMIT_S)
    return [digest for batch in batches for digest in batch]


class Pulses:
    """A data set as torch wants one."""

    def __init__(self, jobs: Sequence[Job]) -> None:
        self.jobs = jobs

    def __len__(self) -> int:
        return len(self.jobs)

    def __getitem__(self, k: int) -> str:
        return one(self.jobs[k])


def nested(jobs: Sequence[Job]) -> list[str]:
    """Children that fork children, half of which do the work; they end like programs."""
    context = multiprocessing.get_context("fork")
    queue = context.SimpleQueue()
    half = len(jobs) // 2
    first = os.fork()
    if not first:
        second = os.fork()
        part = jobs[half:] if second else jobs[:half]
        queue.put({job: one(job) for job in part})
        if second:
            os.waitpid(second, 0)
            sys.exit(0)
        os._exit(0)
    found = queue.get() | queue.get()
    os.waitpid(first, 0)
    return [found[job] for job in jobs]


@contextlib.contextmanager
def dask() -> Iterator[Callable[[Sequence[Job]], list[str]]]:
    """Pools forked while a local Dask cluster, which has simulated, runs."""
    from distributed import Client, LocalCluster

    with LocalCluster(2, threads_per_worker=1, dashboard_address=None) as cluster, Client(cluster) as client:

        def both(jobs: Sequence[Job]) -> list[str]:
            half = len(jobs) // 2
            futures = client.map(one, jobs[:half], pure=False)
            return [*client.gather(futures), *pool(jobs[half:])]

        yield both


WAYS = {"Pool": pool, "ProcessPoolExecutor": executor, "engine sent": sent, "DataLoader": loader, "nested": nested}


# ---- figures


def batches(jobs: Sequence[Job]) -> Iterator[tuple[str, Callable[[Sequence[Job]], list[str]], Sequence[Job]]]:
    """The ways with their jobs; the last sixth falls to Dask."""
    size = min(BATCH, math.ceil(len(jobs) / (len(WAYS) + 1)))
    parts = [jobs[k : k + size] for k in range(0, len(jobs), size)]
    rest = len(parts) - max(1, len(parts) // (len(WAYS) + 1))
    for k, part in enumerate(parts[:rest]):
        name = list(WAYS)[k % len(WAYS)]
        yield name, WAYS[name], part
    with dask() as both:
        for part in parts[rest:]:
            yield "beside Dask", both, part


def workers_left() -> int:
    """Worker processes of this run that are there (where the system has /proc)."""
    count = 0
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            words, surroundings = (folder / "cmdline").read_bytes(), (folder / "environ").read_bytes()
            count += b"spice/worker.py" in words and f"{MARK}={os.environ[MARK]}".encode() in surroundings
    return count


@contextlib.contextmanager
def busy(jobs: Sequence[Job], right: dict[Job, str]) -> Iterator[Counter]:
    """This process simulates meanwhile, in another thread, with the engines that are forked."""
    over, counts = threading.Event(), Counter()

    def work() -> None:
        k = 0
        while not over.is_set():
            counts["wrong"] += one(jobs[k % len(jobs)], shared if k % 2 else None) != right[jobs[k % len(jobs)]]
            k += 1
            time.sleep(0.02)

    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield counts
    finally:
        over.set()
        thread.join()


def main() -> int:
    parser = arguments(__doc__)
    parser.add_argument("--n", type=int, help=f"pulses; {ALL}, quick {QUICK}")
    args = parser.parse_args()
    os.environ[MARK] = f"{os.getpid()}-{time.time_ns()}"
    jobs = draw(args.n or (QUICK if args.quick else ALL), args.seed)
    right = {job: one(job) for job in jobs}
    table, parent_wrong = {}, 0
    begun = time.perf_counter()
    for name, way, part in batches(jobs):
        with busy(jobs[:20], right) as counts:
            try:
                found = way(part)
            except Exception as error:
                found = [f"{type(error).__name__}: {error}"] * len(part)
        parent_wrong += counts["wrong"]
        row = table.setdefault(name, Counter())
        for digest, job in zip(found, part, strict=True):
            row["right" if digest == right[job] else "wrong" if len(digest) == 64 else digest] += 1
    figures = told(table) | {"parent_wrong": parent_wrong, "wall_s": time.perf_counter() - begun}
    figures["parent_restarts"] = sum(restarts(engine) for engine in (default_engine(), shared))
    for engine in (default_engine(), shared):
        engine.close()
    time.sleep(2)  # the worker of a child that was killed sees it within half a second
    figures["workers_left"] = workers_left()
    return finish(args, figures, TARGETS)


def restarts(engine: ouro.Ngspice) -> int:
    """Count how often an engine's worker turns out to have died."""
    cell = CELLS["1R"]
    return sum(engine.run(cell.testbench([ouro.Pulse(-0.3, 1e-8)])).effort.restarts for _ in range(engine.workers))


def told(table: dict[str, Counter]) -> Figures:
    """The table of the ways, and its figures."""
    rows = []
    for name, counts in table.items():
        errors = {what: count for what, count in counts.items() if what not in ("right", "wrong")}
        rows.append([name, counts.total(), counts["right"], counts["wrong"], "; ".join(map(str, errors)) or "none"])
    show("forked children", ("way", "pulses", "right", "wrong", "errors"), rows)
    total = sum(table.values(), Counter())
    return {
        "n_pulses": total.total(),
        "right": total["right"],
        "wrong": total["wrong"],
        "errors": total.total() - total["right"] - total["wrong"],
    }


if __name__ == "__main__":
    sys.exit(main())
