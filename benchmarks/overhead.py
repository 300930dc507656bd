"""What surrounds the physics: OpenMP in worker processes, Python around a record in SPICE and around a compact pulse.

All times are CPU time, all ratios of one run, A B A B: records of the 1T1R cell with lines, D2D and a walk per 10 ns.
"""

from __future__ import annotations

import os
import sys
import time
from contextlib import ExitStack
from pathlib import Path
from unittest import mock

import numpy as np
from _common import Figures, Target, arguments, circuits, finish, show

import ouro_spice as ouro
from ouro_spice.circuit.cells import Cell1T1R
from ouro_spice.compact.jart.one_device import follow_one
from ouro_spice.compact.jart.parameter_vector import vector
from ouro_spice.dataset.circuit_records import circuit_record
from ouro_spice.dataset.recipe import Recipe
from ouro_spice.device.jart.spread import SPREADS
from ouro_spice.spice import worker_process
from ouro_spice.spice.ngspice import Ngspice
from ouro_spice.spice.serial_openmp import StandIns

TARGETS = (Target("serial_openmp_ratio", 0.85), Target("records_differ", 0), Target("own_over_worker", 0.8),
           Target("compact_over_kernel", 15.0))  # fmt: skip
EDGES = {"rise_s": (0.2e-9, 10e-9), "fall_s": (0.2e-9, 10e-9)}


def worker_cpu_s(engine: Ngspice) -> float:
    """CPU time of an engine's one worker process so far [s]."""
    pid = engine._pool._workers[0]._process.pid
    words = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(words[11]) + int(words[12])) / os.sysconf("SC_CLK_TCK")


def records(n: int, seed: int, rounds: int) -> Figures:
    """Records with OpenMP and with its serial stand-ins, in turn."""
    cell = circuits()["1T1R"]
    assert isinstance(cell, Cell1T1R)
    cell = cell.replace(device=cell.device.replace(walk=ouro.Walk()))
    recipe = Recipe(n, seed, ouro.pair(cell), "60us", d2d=SPREADS["ten_percent"], **EDGES)
    drawn = [recipe.draw(cell, k) for k in range(n)]
    rows, differ = [], 0
    with ExitStack() as stack:
        engines = [stack.enter_context(Ngspice(1)) for _ in range(2)]
        with mock.patch.object(worker_process, "stand_ins", lambda _: StandIns(None, "")):
            circuit_record(cell, recipe, drawn[0], engines[0])
        circuit_record(cell, recipe, drawn[0], engines[1])
        for _ in range(rounds):
            found, spent = [], []
            for engine in engines:
                before, own = worker_cpu_s(engine), time.process_time()
                found.append([circuit_record(cell, recipe, one, engine) for one in drawn])
                spent += [(worker_cpu_s(engine) - before) / n, (time.process_time() - own) / n]
            differ += sum(a != b for a, b in zip(*map(plain, found), strict=True))
            rows.append([*(1e3 * s for s in spent), spent[2] / spent[0], spent[3] / spent[2]])
    head = ("OpenMP: worker ms", "own ms", "serial: worker ms", "own ms", "ratio of workers", "own / worker")
    show("a record", head, rows)
    medians = np.median(rows, axis=0)
    return {
        "record_worker_ms": float(medians[2]), "record_own_ms": float(medians[3]), "records_differ": differ,
        "serial_openmp_ratio": float(medians[4]), "own_over_worker": float(medians[5]),
    }  # fmt: skip


def plain(found: list) -> list:
    """Records whose histories compare as texts."""
    import dataclasses

    return [dataclasses.replace(one, history=one.history.tobytes()) for one in found]


def pulses(count: int) -> Figures:
    """One pulse of a compact cell through the API, over its kernel alone."""
    cell, pulse = ouro.CompactCell(ouro.jart_vcm_v1b(window=True)), ouro.Pulse(-0.6, 100e-9)
    state, pwl = cell.state(), cell.voltage([pulse])
    times, volts, p = np.array(pwl.times_s), np.array(pwl.volts), vector(cell.device)
    live = ouro.live(cell, state)

    def applied() -> None:
        live.apply(pulse)
        live.read()

    ways = {
        "kernel": lambda: follow_one("full", p, times, volts, state.x[0][0], grid_s=times[-1] / 200, trace=True),
        "simulate": lambda: ouro.simulate(cell, [pulse], state),
        "apply and read": applied,
    }
    found = {name: [] for name in ways}
    for _ in range(5):
        for name, way in ways.items():
            way()
            begun = time.process_time()
            for _ in range(count):
                way()
            found[name].append((time.process_time() - begun) / count * 1e6)
    us = {name: float(np.median(values)) for name, values in found.items()}
    show("one compact pulse", ("way", "us"), [[name, value] for name, value in us.items()])
    return {
        "kernel_us": us["kernel"], "simulate_us": us["simulate"], "apply_read_us": us["apply and read"],
        "compact_over_kernel": us["simulate"] / us["kernel"],
    }  # fmt: skip


def main() -> int:
    args = arguments(__doc__).parse_args()
    figures = records(*((8, args.seed, 2) if args.quick else (40, args.seed, 4)))
    figures |= pulses(40 if args.quick else 300)
    return finish(args, figures, TARGETS)


if __name__ == "__main__":
    sys.exit(main())
