"""Fidelity "circuit" of single cells: CPU time of records and writes, and how well they agree with full SPICE.

- A record of the main job's 1T1R cell with D2D, walk and edges of 0.2 to 10 ns: CPU time here, drawing included, over
  that in full SPICE (this process and its ngspice workers), in the same run; agreement of a sample of the records.
- Pulses in the regimes that a static load line cannot serve: fast edges at gates that limit the current, W of 4 to
  20 um; ln g here over that in full SPICE.
- Writes of several programmers, with the agreement of a sample of their pulses.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import psutil
from _common import Figures, Target, arguments, circuits, finish, show

import ouro_spice as ouro
from ouro_spice.spice.ngspice import Ngspice

PAIR = ouro.Pair(-0.4492866, 0.9487153, 60e-6, 3.3, 3.3)
EDGES_S = (0.2e-9, 10e-9)
GATES_V = (0.82, 0.84, 0.87, 0.90, 0.93, 0.96)

TARGETS = [
    Target("record_cpu_ms", 0.9), Target("within_2_percent", 0.9, at_least=True),
    Target("g_median", 1e-3), Target("g_p90", 1e-2),
    Target("fast_edges_median", 0.02), Target("fast_edges_p90", 0.10),
    Target("slow_edges_median", 1e-3), Target("widths_median", 1e-2), Target("wide_open_median", 1e-3),
    Target("writes_g_median", 1e-3), Target("writes_g_p90", 1e-2),
]  # fmt: skip


def cpu_s() -> float:
    """Return the CPU time of this process and of its ngspice workers so far [s]."""
    me = psutil.Process(os.getpid())
    return sum(sum(one.cpu_times()[:2]) for one in (me, *me.children(recursive=True)))


def records(args: argparse.Namespace, engine: Ngspice) -> Figures:
    """Return the CPU time of records at both fidelities, and their agreement."""
    cell = circuits()["1T1R"]
    cell = cell.replace(device=cell.device.replace(walk=ouro.Walk()), fidelity="circuit")
    n, beside = args.n or (300 if args.quick else 10_000), args.beside or (12 if args.quick else 60)
    edges = {"rise_s": EDGES_S, "fall_s": EDGES_S}
    ouro.extract(cell, 2, 1, voltages=PAIR, beside=1, **edges)  # kernels and circuit
    with tempfile.TemporaryDirectory() as folder:
        begin, wall = cpu_s(), time.perf_counter()
        how = {"voltages": PAIR, "beside": beside, **edges}
        data = ouro.extract(cell, n, args.seed, Path(folder) / "all", args.workers, **how)
        whole, wall = cpu_s() - begin, time.perf_counter() - wall
        begin = cpu_s()
        ouro.extract(cell, n, args.seed, Path(folder) / "all", args.workers, **how)
        load = cpu_s() - begin
    begin = time.process_time()
    ouro.extract(cell, n, args.seed, workers=1, voltages=PAIR, beside=1, **edges)
    alone = time.process_time() - begin
    full = cell.replace(fidelity="full")
    ouro.extract(full, 2, 1, voltages=PAIR, workers=1, **edges)
    begin = cpu_s()
    ouro.extract(full, beside, args.seed, voltages=PAIR, workers=1, **edges)
    spice = (cpu_s() - begin) / beside
    figures: Figures = {"records": n, "records_wall_s": wall, "records_cpu_s": whole, "loading_cpu_s": load}
    figures |= {"record_cpu_ms": alone / n * 1e3, "spice_record_cpu_ms": spice * 1e3, "ratio": spice * n / alone}
    return figures | {name: value for name, value in data.manifest.agreement.items() if value is not None}


def offs(cell, pulses, devices, state_N: float, engine: Ngspice) -> np.ndarray:
    """Return |ln g here / g in full SPICE| after pulses to devices, (K,)."""
    found = []
    for pulse, device in zip(pulses, devices, strict=True):
        own = cell.replace(device=device)
        state = ouro.State(((state_N,),))
        fast, full = (
            ouro.simulate(own.replace(fidelity=name), pulse, state, engine=engine).g[-1] for name in ("circuit", "full")
        )
        found.append(abs(np.log(fast / full)))
    return np.array(found)


def regimes(args: argparse.Namespace, engine: Ngspice) -> Figures:
    """Return how far pulses are off where the charge at the drain counts."""
    device = ouro.jart_vcm_v1b(window=True)
    drawn = device.draw(np.random.default_rng(args.seed), 3 if args.quick else 11, "ten_percent")
    rows, figures = [], {}

    def told(name: str, what: str, off: np.ndarray) -> None:
        figures.update({f"{name}_median": float(np.median(off)), f"{name}_p90": float(np.quantile(off, 0.9))})
        rows.append([what, len(off), *(float(x) for x in (np.median(off), np.quantile(off, 0.9), off.max()))])

    default = ouro.Cell1T1R(device)
    several = [(gate, one) for gate in GATES_V for one in drawn]
    for name, rises in (("fast_edges", (2e-9, 5e-9, 10e-9)), ("slow_edges", (20e-9,))):
        pulses = [ouro.Pulse(-1.5, 5e-9, rise, gate=gate) for rise in rises for gate, _ in several]
        off = offs(default, pulses, [one for _ in rises for _, one in several], 0.06, engine)
        told(name, f"gate .82 .. .96 V, rise {'/'.join(f'{rise * 1e9:g}' for rise in rises)} ns", off)
    gates = {4e-6: 1.2, 10e-6: 0.95, 20e-6: 0.87}
    off = [
        offs(default.replace(transistor=ouro.Transistor(w=w)), [ouro.Pulse(-1.5, 5e-9, 10e-9, gate=gate)] * len(drawn),
             drawn, 0.06, engine)
        for w, gate in gates.items()
    ]  # fmt: skip
    told("widths", "W 4, 10, 20 um, rise 10 ns, gates that limit", np.concatenate(off))
    pulses = [ouro.Pulse(volts, 10e-9, 2e-9) for volts in (-0.6, -1.0, 1.2, 1.8) for _ in drawn]
    told("wide_open", "gate 3.3 V, rise 2 ns, SET and RESET", offs(default, pulses, [*drawn] * 4, 1.0, engine))
    show("ln g here over that in full SPICE", ("pulses", "n", "median", "90 %", "worst"), rows)
    return figures


def writes(args: argparse.Namespace, engine: Ngspice) -> Figures:
    """Return the CPU time of writes by several programmers, and the agreement of a sample of their pulses."""
    n = args.writes or (20 if args.quick else 1000)
    cell = ouro.Cell1T1R(ouro.jart_vcm_v1b(window=True, walk=ouro.Walk()), fidelity="circuit")
    pair = ouro.pair(cell, engine=engine)
    recipe = ouro.extract(cell, 2, args.seed, voltages=pair, beside=1).recipe
    drawn = [recipe.draw(cell, k) for k in range(n)]
    target_S = [one.target_S for one in drawn]
    programmers = [ouro.FixedPulse(pair), ouro.ISPP(pair), ouro.ISPPWidth(pair), ouro.CoarseFine(pair)]
    figures, rows, begin = {"writes": n}, [], cpu_s()
    with ouro.fleet(cell, drawn, engine=engine, workers=args.workers) as cells:
        for one in programmers:
            start = cpu_s()
            histories = ouro.write_many(cells.copy(), one, target_S, 0.1)
            row, seen = ouro.summary(histories), histories[0].manifest.agreement
            rows.append(
                [one.name, row["success"], row["pulses_mean"], cpu_s() - start, seen["g_median"], seen["g_p90"]]
            )
    figures["writes_cpu_s"] = cpu_s() - begin
    figures["writes_programmers"] = len(programmers)
    for column, name in ((4, "writes_g_median"), (5, "writes_g_p90")):
        figures[name] = float(max(row[column] for row in rows))
    head = ("programmer", "success", "pulses", "CPU (s)", "g off, median", "90 %")
    show(f"{n} writes to within 10 %, a sample of their pulses in full SPICE, too", head, rows)
    return figures


def main() -> int:
    parser = arguments(__doc__)
    parser.add_argument("--n", type=int, help="records; 10 000, or 300 with --quick")
    parser.add_argument("--beside", type=int, help="records in full SPICE; 60, or 12 with --quick")
    parser.add_argument("--writes", type=int, help="of each programmer; 1 000, or 20 with --quick")
    parser.add_argument("--workers", type=int, default=2, help="processes and threads")
    args = parser.parse_args()
    with Ngspice(args.workers) as engine:
        figures = records(args, engine) | regimes(args, engine) | writes(args, engine)
    told = [[key, value] for key, value in figures.items()]
    show("all figures", ("figure", "value"), told)
    return finish(args, figures, [] if args.quick and not args.check else TARGETS)


if __name__ == "__main__":
    sys.exit(main())
