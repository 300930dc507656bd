"""What the engine adds to ngspice's own time, beside a PySpice loop and ``ngspice -b``; and whether a worker leaks.

Every way runs the same pulses side by side, in a new random order for each pulse. All ratios are wall time over the
time that ngspice itself reports for the analysis of that pulse (of the same run for the engine and `simulate`, of the
engine's run for the others): the median over the pulses, and the ratio of the sums.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from multiprocessing.connection import Connection, Pipe
from pathlib import Path
from typing import Any

import numpy as np
from _common import Figures, Target, arguments, circuits, finish, largest, relative_gap, resident_MB, show, tight

import ouro_spice as ouro
from ouro_spice._util import assets, machine
from ouro_spice.circuit.testbench import Testbench
from ouro_spice.compact.jart.jart_characteristics import conductance_map
from ouro_spice.spice import osdi
from ouro_spice.spice.ngspice import Ngspice, _task
from ouro_spice.spice.raw_file import read_raw
from ouro_spice.spice.worker import Session

TARGETS = (Target("overhead_ratio", 1.5), Target("leak_MB", 20.0), Target("pulses_lost", 0))
STATE = "@n.xcell.n1[n_disc]"
WARM_UP = 200
LEAK_TRANSIENTS = 5000

Case = tuple[str, ouro.Cell1R | ouro.Cell1T1R, ouro.Pulse, ouro.State]
Way = Callable[[Case, Testbench], dict[str, float]]


def candidates(rng: np.random.Generator) -> Iterator[Case]:
    """Random write pulses, 1R and 1T1R in turn, from anywhere in the window."""
    cells = circuits()
    while True:
        for name, cell in cells.items():
            low, high = (0.45, 0.9) if rng.random() < 0.5 else (0.8, 1.4)
            volts = rng.uniform(low, high) * (-1 if high < 1 else 1) * (1.25 if name == "1T1R" else 1.0)
            pulse = ouro.Pulse(float(volts), float(10 ** rng.uniform(-8, -5.5)))
            g = rng.uniform(*cell.window_S)
            yield name, cell, pulse, cell.state(float(g))


def switching(count: int, seed: int, engine: Ngspice) -> list[Case]:
    """The first pulses that move the state by more than 5 %, equally many of 1R and 1T1R."""
    wanted = {"1R": count - count // 2, "1T1R": count // 2}
    found: list[Case] = []
    for case in candidates(np.random.default_rng(seed)):
        if len(found) == count:
            return found
        name, cell, pulse, state = case
        if wanted[name]:
            wave = engine.run(cell.testbench([pulse], state), throw=False)
            if wave.result is ouro.Result.OK and relative_gap(wave["n_disc"][-1], wave["n_disc"][0]) > 0.05:
                found.append(case)
                wanted[name] -= 1
    return found


def in_process(session: Session) -> Way:
    """The worker's own view: load, run, read back."""

    def way(case: Case, bench: Testbench) -> dict[str, float]:
        task = _task(bench)
        begun = time.perf_counter()
        reply = session.run(**task)
        wall_s = time.perf_counter() - begun
        ok = reply["result"] == "OK"
        return reply["effort"] | {"wall_s": wall_s, "n_disc": float(reply["arrays"][STATE][-1]) if ok else np.nan}

    return way


def simulate(case: Case, bench: Testbench) -> dict[str, float]:
    """The whole public path, through the worker process."""
    _, cell, pulse, state = case
    begun = time.perf_counter()
    wave = ouro.simulate(cell, [pulse], state, throw=False)
    wall_s = time.perf_counter() - begun
    n_disc = wave["n_disc"][-1] if wave.result is ouro.Result.OK else np.nan
    return {"wall_s": wall_s, "n_disc": n_disc, "points": wave.effort.points, "analysis_s": wave.effort.analysis_s}


def naive(threads: str, stack: ExitStack) -> Way:
    """A PySpice loop, in a process of its own: there is one ngspice library in a process."""
    ours, theirs = Pipe()
    script = Path(__file__).with_name("_naive_pyspice.py")
    command = [sys.executable, str(script), str(theirs.fileno()), str(machine.shared_library())]
    command += [str(osdi.compiled_model("jart_vcm_v1b")), threads]
    process = subprocess.Popen(command, pass_fds=[theirs.fileno()], stdout=subprocess.DEVNULL)
    theirs.close()
    stack.callback(process.kill)

    def way(case: Case, bench: Testbench) -> dict[str, float]:
        return _asked(ours, {
            "libraries": [str(assets.library(name)) for name in bench.libraries],
            "elements": [*(bench.process.lines() if bench.process else ()), *bench.elements],
            "vectors": bench.vectors,
            "step_s": bench.max_step_s,
            "stop_s": bench.stop_s,
        })  # fmt: skip

    return way


def _asked(connection: Connection, task: dict[str, Any]) -> dict[str, float]:
    connection.send(task)
    return connection.recv()


def batch(folder: Path) -> Way:
    """One ``ngspice -b`` process for each pulse, its result file read back."""
    program, model = machine.ngspice_program(), str(osdi.compiled_model("jart_vcm_v1b"))

    def way(case: Case, bench: Testbench) -> dict[str, float]:
        raw = folder / "testbench.raw"
        raw.unlink(missing_ok=True)
        begun = time.perf_counter()
        (folder / "testbench.cir").write_text(bench.deck([model]))
        subprocess.run([program, "-b", "testbench.cir"], cwd=folder, capture_output=True, check=False)
        plots = read_raw(raw) if raw.is_file() else []
        vectors = plots[0] if plots else {}
        wall_s = time.perf_counter() - begun
        values = vectors.get(f"v({STATE})", np.array([np.nan]))
        return {"wall_s": wall_s, "n_disc": float(values[-1]), "points": len(values)}

    return way


def run_all(cases: list[Case], ways: dict[str, Way], seed: int) -> dict[str, dict[str, np.ndarray]]:
    """Every way on every pulse, in random order, after one uncounted pulse of each kind of cell."""
    rng = np.random.default_rng(seed)
    for case in cases[:2]:
        for way in ways.values():
            way(case, case[1].testbench([case[2]], case[3]))
    replies: dict[str, list[dict[str, float]]] = {name: [] for name in ways}
    for case in cases:
        bench = case[1].testbench([case[2]], case[3])
        for name in rng.permutation(list(ways)):
            replies[name].append(ways[name](case, bench))
    return {name: {key: np.array([r[key] for r in several]) for key in several[0]} for name, several in replies.items()}


def references(cases: list[Case], engine: Ngspice) -> np.ndarray:
    """The final state of each pulse at reltol = 1e-6; NaN where that fails."""
    waves = engine.map([tight(cell.testbench([pulse], state)) for _, cell, pulse, state in cases], throw=False)
    return np.array([wave["n_disc"][-1] if wave.result is ouro.Result.OK else np.nan for wave in waves])


def overhead(count: int, seed: int) -> Figures:
    """All ways side by side."""
    with ExitStack() as stack:
        engine = stack.enter_context(Ngspice())
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        stack.callback(os.chdir, Path.cwd())  # a session works in a folder of its own
        cases = switching(count, seed, engine)
        ways: dict[str, Way] = {
            "engine, in process": in_process(Session(str(machine.shared_library()), str(folder))),
            "simulate()": simulate,
            "PySpice loop": naive("packaged", stack),
            "PySpice loop, 1 thread": naive("1", stack),
            "ngspice -b": batch(folder),
        }
        data = run_all(cases, ways, seed)
        exact = references(cases, engine)
    return compared(cases, data, exact)


def compared(cases: list[Case], data: dict[str, dict[str, np.ndarray]], exact: np.ndarray) -> Figures:
    """Ratios, points and errors of all ways: the table and the figures."""
    ours, public = data["engine, in process"], data["simulate()"]
    g = conductance_map(cases[0][1].device)
    figures: Figures = {"n_pulses": len(cases), "pulses_lost": int(np.sum(~np.isfinite(ours["n_disc"])))}
    rows = []
    for key, (way, d) in zip(("overhead", "simulate", "naive", "naive_one_thread", "batch"), data.items(), strict=True):
        analysis_s = public["analysis_s"] if way == "simulate()" else ours["analysis_s"]
        error = np.abs(g(d["n_disc"]) / g(exact) - 1)
        found = {
            f"{key}_median_ms": np.median(d["wall_s"]) * 1e3,
            f"{key}_ratio": np.median(d["wall_s"] / analysis_s),
            f"{key}_sums_ratio": d["wall_s"].sum() / analysis_s.sum(),
            f"{key}_points_mean": d["points"].mean(),
            f"{key}_n_disc_gap_max": largest(np.abs(d["n_disc"] / ours["n_disc"] - 1)),
            f"{key}_error_max": largest(error),
            f"{key}_lost": float(np.sum(~np.isfinite(d["n_disc"]))),
        }
        rows.append([way, *map(float, found.values())])
        figures |= {name: float(value) for name, value in found.items()}
        if way == "engine, in process":
            figures |= {"error_median": float(np.nanmedian(error)), "error_max": largest(error)}
    head = ("way", "median ms", "wall / analysis", "of sums", "points", "n_disc differs", "error of g", "lost")
    show(f"{len(cases)} pulses that switch, 1R and 1T1R; error of g: the largest, against reltol=1e-6", head, rows)
    _by_cell(cases, data)
    means = {f"{key}_mean": float(ours[key].mean()) for key in ("points", "rejected", "iterations")}
    return figures | means | {"ladder_share": float(np.mean(ours["rung"] > 0))}


def _by_cell(cases: list[Case], data: dict[str, dict[str, np.ndarray]]) -> None:
    kinds = np.array([case[0] for case in cases])
    rows = []
    for kind in dict.fromkeys(kinds):
        ours, public = ({key: v[kinds == kind] for key, v in data[way].items()} for way in list(data)[:2])
        row = [np.median(ours["analysis_s"]) * 1e3, ours["points"].mean(), ours["rejected"].mean()]
        row += [np.median(d["wall_s"] / d["analysis_s"]) for d in (ours, public)]
        rows.append([kind, *map(float, row)])
    show("by cell", ("cell", "analysis ms", "points", "rejected", "in process", "simulate()"), rows)


def leak(transients: int, seed: int) -> Figures:
    """How much one worker process, and this one, grow over many transients, after a warm-up."""
    source = candidates(np.random.default_rng(seed))
    benches = [cell.testbench([pulse], state) for _, cell, pulse, state in (next(source) for _ in range(WARM_UP))]
    with Ngspice(workers=1, recycle=10**9) as engine:
        for bench in benches:
            engine.run(bench, throw=False)
        pids = [engine._pool._workers[0]._process.pid, "self"]
        before = [resident_MB(pid) for pid in pids]
        begun = time.perf_counter()
        restarts = sum(engine.run(benches[i % WARM_UP], throw=False).effort.restarts for i in range(transients))
        wall_s = time.perf_counter() - begun
        worker, parent = (resident_MB(pid) - old for pid, old in zip(pids, before, strict=True))
    row = [transients, before[0], worker if not restarts else float("nan"), parent, wall_s]
    show("memory after a warm-up of 200", ("transients", "worker MB", "growth MB", "this process MB", "s"), [row])
    return {"leak_transients": transients, "leak_MB": row[2], "leak_caller_MB": parent, "worker_MB": before[0]}


def main() -> int:
    args = arguments(__doc__).parse_args()
    count, transients = (40, 500) if args.quick else (200, LEAK_TRANSIENTS)
    begun = time.perf_counter()
    figures = overhead(count, args.seed) | leak(transients, args.seed)
    targets = list(TARGETS)
    if args.quick:
        print(f"quick: leak over {transients} transients, its limit scaled from the {LEAK_TRANSIENTS} of a full run")
        targets[1] = Target("leak_MB", TARGETS[1].limit * transients / LEAK_TRANSIENTS)
    return finish(args, figures | {"wall_s": time.perf_counter() - begun}, targets)


if __name__ == "__main__":
    sys.exit(main())
