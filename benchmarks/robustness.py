"""Random pulses in every realisation: what fails, what needs the solver ladder, and whether the answers are right.

Half of the pulses go to a bare device, half to the 1T1R cell of the main job with its lines; half of each to a device
in the programming window, half to one with its full range; half of each to one that walks from cycle to cycle, half to
one that does not (two of three walks take steps of write-pulse time, one is the user guide's, from half-cycle to
half-cycle). The compact model has a bare device, or one behind 300 Ohm. Every pulse meets a device of its own (D2D).
Pulse i of a seed is the same in every realisation and whatever else is run. Some of the pulses without a walk are
integrated again by ``tests/oracle.py``, which shares no code with the package; in 1T1R it is driven by the device
voltage of the simulation. A bare device that ends at a walking limit is compared with the compact model.
"""

from __future__ import annotations

import argparse
import dataclasses
import os
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from _common import Figures, Target, arguments, finish, largest, show
from _independent import GAP, Error, Task, repeated, thinned
from _judged import judge
from _random_pulses import WALK_STEPS, Case, draw

import ouro_spice as ouro
from ouro_spice._util.files import make_folder, write_text
from ouro_spice._util.progress import progress
from ouro_spice.circuit.testbench import Testbench
from ouro_spice.circuit.waveform import Waveform
from ouro_spice.spice.ngspice import Ngspice, runnable_deck

TARGETS = (
    Target("failures", 0),
    Target("ladder_share", 0.01),
    Target("overshoot_max", 0.001),
    Target("g_not_finite", 0),
    Target("wrong_way", 0),
    Target("kcl_1r_max", 1e-9),
    Target("kcl_1t1r_max", 1e-3),
    Target("oracle_missed", 0),
    Target("points_max", 20_000),
    Target("limit_gap_max", 1e-3),
)
COUNTS = {"compiled": 5000, "behavioural": 1000, "tud": 1000, "compact": 5000}
QUICK = {"compiled": 176, "behavioural": 64, "tud": 48, "compact": 400}
REPEATED = {"compiled": 300, "behavioural": 60, "tud": 60, "compact": 60}
QUICK_REPEATED = 8


@dataclass
class Witness:
    """An engine that remembers the last testbench, and records where the limits of a walk stand."""

    engine: Ngspice
    bench: Testbench | None = None

    def run(self, testbench: Testbench, throw: bool = True) -> Waveform:
        """Run one testbench."""
        walks = any(line[1:].startswith("xcell_wmax ") for line in testbench.elements)
        limits = (("w_min", "v(xcell_wmin)"), ("w_max", "v(xcell_wmax)")) if walks else ()
        self.bench = dataclasses.replace(testbench, probes=(*testbench.probes, *limits))
        return self.engine.run(self.bench, throw)


def simulated(cases: Sequence[Case], workers: int) -> Iterator[tuple[Case, Waveform, Testbench]]:
    """The cases with their waveforms and the testbench that was run last, on all workers."""
    with Ngspice(workers=workers) as engine:

        def one(case: Case) -> tuple[Case, Waveform, Testbench]:
            witness = Witness(engine)
            wave = ouro.simulate(case.cell, case.pulse, case.state, seed=case.index, throw=False, engine=witness)
            return case, wave, witness.bench

        with progress(f"random pulses, {cases[0].realisation}", len(cases)) as bar:
            for case, wave, bench in engine.each(one, cases):
                bar.advance(failures=wave.result is not ouro.Result.OK)
                yield case, wave, bench


# ---- one pulse


def save(case: Case, row: dict[str, Any], bench: Testbench, log: tuple[str, ...], args: argparse.Namespace) -> None:
    """The deck of a pulse that failed or needed the ladder, and how to run it again."""
    what, realisation = "failure" if row["result"] != "OK" else "ladder", case.realisation
    name = f"{what}-{realisation}-{case.kind.replace(' ', '-')}-{case.index}.cir"
    again = f"python benchmarks/robustness.py --seed {args.seed} --realisation {realisation} --only {case.index}"
    head = [f"* {row['result']}, rung {row['rung']}: {case.kind}, {case.pulse}, {case.state}", f"* again: {again}",
            f"* by hand: ngspice -b {name}", *(f"* {line}" for line in log[-12:])]  # fmt: skip
    deck = runnable_deck(bench) if bench else f"* no netlist: {case.cell}\n"
    first, _, rest = deck.partition("\n")
    write_text(make_folder(args.out) / name, "\n".join([first, *head, rest]))


def task(case: Case, wave: Waveform) -> Task:
    """What the oracle needs of a simulated case."""
    if isinstance(case.cell, ouro.Cell1R) or (isinstance(case.cell, ouro.CompactCell) and not case.cell.resistance):
        p = case.pulse
        volts = np.cumsum([0, p.rise, p.width, p.fall]), np.array([0, p.amplitude, p.amplitude, 0])
    else:
        small = np.abs(wave["v_cell"]) < 1e-3
        volts = thinned(wave.time_s, np.where(small, 0.0, wave["v_cell"]))
    return Task(case.index, case.kind, case.cell.device, case.begin_s, volts, wave.time_s, wave["n_disc"])


# ---- all pulses of a realisation


def run(realisation: str, count: int, repeats: int, workers: int, args: argparse.Namespace) -> Figures:
    """Draw, simulate, judge, save what failed, repeat some."""
    indices = range(count) if args.only is None else [args.only]
    cases = [draw(index, args.seed, realisation) for index in indices]
    rows, jobs = [], []
    begun = time.perf_counter()
    for case, wave, bench in simulated(cases, workers):
        rows.append(judge(case, wave))
        if rows[-1]["result"] != "OK" or rows[-1]["rung"]:
            save(case, rows[-1], bench, wave.log, args)
        if rows[-1]["result"] == "OK" and case.cell.device.walk is None:
            jobs.append((rows[-1]["moved"], task(case, wave)))
    wall_s = time.perf_counter() - begun
    # most of them where something happens
    telling = [job for moved, job in jobs if moved > 0.01][: 3 * repeats // 4]
    others = [job for moved, job in jobs if moved <= 0.01][: repeats - len(telling)]
    begun = time.perf_counter()
    errors = repeated(telling + others, workers) if telling + others else []
    table(realisation, rows, wall_s)
    told(rows, telling + others, errors)
    found = figures(rows, errors) | {"wall_s": wall_s, "oracle_wall_s": time.perf_counter() - begun}
    return {f"{key}_{realisation}": value for key, value in found.items()}


def table(realisation: str, rows: list[dict], wall_s: float) -> None:
    """Counts for each kind of cell."""
    lines = []
    for kind in dict.fromkeys(row["kind"] for row in rows):
        own = [row for row in rows if row["kind"] == kind]
        failed = Counter(row["result"] for row in own if row["result"] != "OK")
        rungs = Counter(f"rung {row['rung']}" for row in own if row["rung"] and row["result"] == "OK")
        lines.append([kind, len(own), _counts(failed), _counts(rungs), sum(bool(row["restarts"]) for row in own),
                      *(max(row[key] for row in own) for key in ("overshoot", "outside")),
                      sum(row["wrong_way"] for row in own), max(row["kcl_1r"] + row["kcl_1t1r"] for row in own),
                      float(np.mean([row["points"] for row in own])),
                      float(np.median([row["analysis_s"] for row in own])) * 1e3])  # fmt: skip
    head = (
        "cell",
        "pulses",
        "failures",
        "ladder",
        "restarts",
        "overshoot",
        "outside",
        "wrong way",
        "KCL",
        "points",
        "ms",
    )
    show(f"{realisation}: {len(rows)} pulses in {wall_s:.1f} s", head, lines)


def _counts(counter: Counter) -> str:
    return ", ".join(f"{count} {name}" for name, count in counter.items()) or "0"


def told(rows: list[dict], jobs: Sequence[Task], errors: list[Error]) -> None:
    """What the table does not hold."""
    walked = [row for row in rows if row["kind"].endswith("walk")]
    steps, wide = np.mean([row["steps"] for row in walked] or [0]), sum(row["wide_step"] for row in walked)
    print(f"with C2C: {len(walked)} pulses with {steps:.0f} steps of the walk on average; in the {wide} of them beyond "
          f"{WALK_STEPS * 10e-9 * 1e6:g} us a step is 1/{WALK_STEPS} of the pulse instead of 10 ns")  # fmt: skip
    near, moved = sum(error.end <= GAP for error in errors), sum(error.time > 0 for error in errors)
    print(f"oracle: {len(errors)} pulses, {moved} of which switch; {near} within {GAP:.0%} of g")
    for job, error in zip(jobs, errors, strict=True):
        if error.missed:
            print(f"  missed: --only {job.index} ({job.kind}): {error}")


TOTALS: dict[str, Callable] = {
    "n_pulses": sum, "failures": sum, "ladder_used": sum, "worker_restarts": sum, "overshoot_max": max,
    "walk_outside_max": max, "limit_gap_max": max, "points_max": max, "g_not_finite": sum, "wrong_way": sum,
    "kcl_1r_max": max, "kcl_1t1r_max": max,
    "oracle_pulses": sum, "oracle_switching": sum, "oracle_missed": sum, "oracle_dg_max": max,
    "oracle_time_shift_max": max,
}  # fmt: skip
"""Figures of all realisations together: what is made of those of each."""


def figures(rows: list[dict], errors: list[Error]) -> Figures:
    """The flat figures of one realisation."""
    ladder = sum(row["rung"] > 0 for row in rows)
    gaps, shifts, ways = (np.array([getattr(error, key) for error in errors]) for key in ("end", "time", "way"))
    return {
        "n_pulses": len(rows),
        "failures": sum(row["result"] != "OK" for row in rows),
        "ladder_used": ladder,
        "ladder_share": ladder / len(rows),
        "worker_restarts": sum(row["restarts"] for row in rows),
        "overshoot_max": max(row["overshoot"] for row in rows),
        "walk_outside_max": max(row["outside"] for row in rows),
        "limit_gap_max": max(row["limit_gap"] for row in rows),
        "limit_pulses": sum(row["limit_gap"] > 0 for row in rows),
        "g_not_finite": sum(row["g_bad"] for row in rows),
        "wrong_way": sum(row["wrong_way"] for row in rows),
        "kcl_1r_max": max(row["kcl_1r"] for row in rows),
        "kcl_1t1r_max": max(row["kcl_1t1r"] for row in rows),
        "walk_steps_mean": float(np.mean([r["steps"] for r in rows if r["kind"].endswith("walk")] or [0])),
        "points_mean": float(np.mean([row["points"] for row in rows])),
        "points_max": max(row["points"] for row in rows),
        "rejected_mean": float(np.mean([row["rejected"] for row in rows])),
        "oracle_pulses": len(errors),
        "oracle_missed": sum(error.missed for error in errors),
        "oracle_switching": int(np.sum(shifts > 0)),
        "oracle_dg_median": float(np.median(gaps)) if errors else float("nan"),
        "oracle_dg_max": largest(gaps),
        "oracle_dg_on_the_way_max": largest(ways),
        "oracle_time_shift_median": float(np.median(shifts[shifts > 0])) if np.any(shifts > 0) else float("nan"),
        "oracle_time_shift_max": largest(shifts),
    }


def main() -> int:
    parser = arguments(__doc__)
    parser.add_argument("--n", type=int, help="pulses in each realisation; 5000 compiled and 1000 each otherwise")
    parser.add_argument("--realisation", choices=list(COUNTS), help="this one alone")
    parser.add_argument("--only", type=int, metavar="INDEX", help="this pulse alone")
    parser.add_argument("--workers", type=int, help="processes; all cores where not given")
    parser.add_argument("--out", type=Path, default=Path("runs/robustness"), help="decks that failed, or climbed")
    args = parser.parse_args()
    workers, kinds = args.workers or os.cpu_count() or 1, [args.realisation] if args.realisation else list(COUNTS)
    found: Figures = {"seed": args.seed}
    for kind in kinds:
        count = args.n or (QUICK if args.quick else COUNTS)[kind]
        repeats = QUICK_REPEATED if args.quick else REPEATED[kind]
        found |= run(kind, count, repeats, workers, args)
    found |= {key: total([found[f"{key}_{kind}"] for kind in kinds]) for key, total in TOTALS.items()}
    found["ladder_share"] = found["ladder_used"] / found["n_pulses"]
    return finish(args, found, TARGETS)


if __name__ == "__main__":
    sys.exit(main())
