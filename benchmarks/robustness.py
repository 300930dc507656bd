"""Random pulses through every worker: what fails, what needs the solver ladder, how far the state leaves its bounds.

Half of the pulses go to a bare device, half to the 1T1R cell of the main job with its lines; half of each to a device
in the programming window, half to one with its full range. Pulse i of a seed is the same whatever else is run.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from _common import Figures, Target, arguments, circuits, finish, largest, relative_gap, show, tight

import ouro_spice as ouro
from ouro_spice import osdi
from ouro_spice.circuit import Testbench
from ouro_spice.compact import conductance_map
from ouro_spice.engine import Ngspice
from ouro_spice.files import make_folder, write_text
from ouro_spice.progress import progress
from ouro_spice.waveform import Waveform

TARGETS = (Target("failures", 0), Target("ladder_share", 0.01), Target("wrong_way", 0), Target("overshoot_max", 0.001))
BATCH = 200
COMPARED = 50


@dataclass(frozen=True)
class Ranges:
    """Between what the pulses are drawn: the amplitude's size evenly [V], the times log-uniformly [s]."""

    volts: tuple[float, float] = (0.3, 1.6)
    width: tuple[float, float] = (1e-9, 10e-6)
    edge: tuple[float, float] = (0.1e-9, 10e-9)


WIDE = Ranges((0.3, 1.8), (0.5e-9, 100e-6), (20e-12, 20e-9))


@dataclass(frozen=True)
class Case:
    """One pulse on one cell."""

    index: int
    kind: str
    cell: ouro.Cell1R | ouro.Cell1T1R
    pulse: ouro.Pulse
    state: ouro.State

    @property
    def bench(self) -> Testbench:
        """What is simulated."""
        return self.cell.testbench([self.pulse], self.state)


def draw(index: int, seed: int, ranges: Ranges, cells: dict[str, ouro.Cell1R | ouro.Cell1T1R]) -> Case:
    """Pulse number `index` of a seed; the kinds of cells take turns."""
    rng = np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(index,)))

    def log_uniform(low: float, high: float) -> float:
        return float(np.exp(rng.uniform(np.log(low), np.log(high))))

    kind = list(cells)[index % len(cells)]
    volts = rng.uniform(*ranges.volts) * rng.choice([-1, 1])
    pulse = ouro.Pulse(float(volts), log_uniform(*ranges.width), log_uniform(*ranges.edge), log_uniform(*ranges.edge))
    return Case(index, kind, cells[kind], pulse, ouro.State((log_uniform(*cells[kind].device.bounds),)))


def kinds() -> dict[str, ouro.Cell1R | ouro.Cell1T1R]:
    """Both cells with a device in its window and with a full one."""
    windowed, full = circuits(window=True), circuits(window=False)
    return {f"{name} {what}": c[name] for what, c in (("window", windowed), ("full", full)) for name in c}


def simulated(cases: list[Case], engine: Ngspice) -> Iterator[tuple[Case, Waveform]]:
    """The cases with their waveforms, a batch at a time."""
    with progress("random pulses", len(cases)) as bar:
        for begin in range(0, len(cases), BATCH):
            some = cases[begin : begin + BATCH]
            for case, wave in zip(some, engine.map([c.bench for c in some], throw=False), strict=True):
                bar.advance(failures=wave.result is not ouro.Result.OK)
                yield case, wave


def judge(case: Case, wave: Waveform) -> dict[str, float | str]:
    """What is kept of one waveform."""
    row = {"index": case.index, "kind": case.kind, "result": wave.result.name, "rung": wave.effort.rung}
    row |= {"restarts": wave.effort.restarts, "points": wave.effort.points, "rejected": wave.effort.rejected}
    row |= {"analysis_s": wave.effort.analysis_s, "n_disc": np.nan, "overshoot": 0.0, "right_way": True}
    if wave.result is ouro.Result.OK:
        n, (low, high) = wave["n_disc"], case.cell.device.bounds
        row |= {"n_disc": float(n[-1]), "overshoot": float(max(1 - n.min() / low, n.max() / high - 1, 0))}
        # SET raises the concentration, RESET lowers it; 0.1 % for the way back that line charges take
        step = n[-1] / n[0] - 1
        row["right_way"] = bool(step >= -1e-3 if case.pulse.amplitude < 0 else step <= 1e-3)
    return row


def save(case: Case, row: dict[str, float | str], log: tuple[str, ...], folder: Path, how: str) -> None:
    """The deck of a pulse that failed or needed the ladder, and how to run it again."""
    name = f"{'failure' if row['result'] != 'OK' else 'ladder'}-{case.kind.replace(' ', '-')}-{case.index}.cir"
    said = [f"* {line}" for line in log[-12:]]
    head = [f"* {row['result']}, rung {row['rung']}: {case.kind}, {case.pulse}, {case.state}",
            f"* again: {how} --only {case.index}", f"* by hand: ngspice -b {name}", *said]  # fmt: skip
    first, _, rest = case.bench.deck([str(osdi.compiled_model(m)) for m in case.bench.models]).partition("\n")
    write_text(make_folder(folder) / name, "\n".join([first, *head, rest]))


def errors(cases: list[Case], rows: list[dict], engine: Ngspice) -> np.ndarray:
    """Relative error of the final conductance of the first pulses, against runs at reltol = 1e-6."""
    found = []
    waves = engine.map([tight(case.bench) for case in cases[:COMPARED]], throw=False)
    for case, row, wave in zip(cases, rows, waves, strict=False):
        g = conductance_map(case.cell.device)
        exact = g(wave["n_disc"][-1]) if wave.result is ouro.Result.OK else np.nan
        found.append(relative_gap(g(row["n_disc"]), exact))
    return np.array(found)


def table(rows: list[dict], wall_s: float) -> None:
    """Counts for each kind of cell."""
    lines = []
    for kind in dict.fromkeys(row["kind"] for row in rows):
        own = [row for row in rows if row["kind"] == kind]
        failed = Counter(row["result"] for row in own if row["result"] != "OK")
        rungs = Counter(f"rung {row['rung']}" for row in own if row["rung"] and row["result"] == "OK")
        lines.append([kind, len(own), _counts(failed), _counts(rungs), sum(bool(row["restarts"]) for row in own),
                      max(row["overshoot"] for row in own), sum(not row["right_way"] for row in own),
                      *(float(np.mean([row[key] for row in own])) for key in ("points", "rejected")),
                      float(np.median([row["analysis_s"] for row in own])) * 1e3])  # fmt: skip
    head = (
        "cell",
        "pulses",
        "failures",
        "ladder",
        "restarts",
        "overshoot",
        "wrong way",
        "points",
        "rejected",
        "ms",
    )
    show(f"{len(rows)} pulses in {wall_s:.1f} s", head, lines)


def _counts(counter: Counter) -> str:
    return ", ".join(f"{count} {name}" for name, count in counter.items()) or "0"


def run(args: argparse.Namespace, count: int) -> Figures:
    """Draw, simulate, judge, save what failed."""
    ranges, cells = WIDE if args.wide else Ranges(), kinds()
    indices = range(count) if args.only is None else [args.only]
    cases = [draw(index, args.seed, ranges, cells) for index in indices]
    how = f"python benchmarks/robustness.py --seed {args.seed}" + (" --wide" if args.wide else "")
    rows = []
    begun = time.perf_counter()
    with Ngspice(workers=args.workers) as engine:
        for case, wave in simulated(cases, engine):
            rows.append(judge(case, wave))
            if wave.result is not ouro.Result.OK or wave.effort.rung:
                save(case, rows[-1], wave.log, args.out, how)
        wall_s = time.perf_counter() - begun
        error = errors(cases, rows, engine)
    table(rows, wall_s)
    return figures(rows, error) | {"seed": args.seed, "wide": int(args.wide), "wall_s": wall_s}


def figures(rows: list[dict], error: np.ndarray) -> Figures:
    """The flat figures."""
    ok = [row for row in rows if row["result"] == "OK"]
    return {
        "n_pulses": len(rows),
        "failures": len(rows) - len(ok),
        "ladder_share": sum(row["rung"] > 0 for row in rows) / len(rows),
        "worker_restarts": sum(row["restarts"] for row in rows),
        "overshoot_max": max(row["overshoot"] for row in rows),
        "wrong_way": sum(not row["right_way"] for row in rows),
        "points_mean": float(np.mean([row["points"] for row in rows])),
        "points_max": max(row["points"] for row in rows),
        "rejected_mean": float(np.mean([row["rejected"] for row in rows])),
        "error_median": float(np.nanmedian(error)) if np.any(np.isfinite(error)) else float("nan"),
        "error_max": largest(error),
        "error_pulses": int(np.sum(np.isfinite(error))),
    }


def main() -> int:
    parser = arguments(__doc__)
    parser.add_argument("--n", type=int, help="number of pulses; 1000, or 200 with --quick")
    parser.add_argument("--wide", action="store_true", help="harder: to 1.8 V, 0.5 ns to 100 us, edges from 20 ps")
    parser.add_argument("--only", type=int, metavar="INDEX", help="this pulse alone")
    parser.add_argument("--workers", type=int, help="processes; all cores where not given")
    parser.add_argument("--out", type=Path, default=Path("runs/robustness"), help="decks that failed, or climbed")
    args = parser.parse_args()
    found = run(args, args.n or (200 if args.quick else 1000))
    print(f"error of g against reltol=1e-6 over {found['error_pulses']} pulses: "
          f"median {found['error_median']:.2g}, largest {found['error_max']:.2g}")  # fmt: skip
    return finish(args, found, TARGETS)


if __name__ == "__main__":
    sys.exit(main())
