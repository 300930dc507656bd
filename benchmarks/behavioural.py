"""The behavioural realisation beside the compiled one, on ngspice 46 and on Debian 12's own ngspice 39.

Both get the same random pulses, one worker, in random order: failures, ladder, points, ngspice's own analysis time, and
how far apart they are at the end (conductance) and on the way (when ln N has come half its way). Static current and
rate and the switching times at constant voltage are compared with ``tests/reference``. ngspice 39 is downloaded with
apt-get into the cache folder and unpacked there, nothing is installed; without it its figure is absent, not passed.
"""

from __future__ import annotations

import argparse
import csv
import math
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from _common import Figures, Target, arguments, finish, largest, relative_gap, show
from _old_ngspice import old_ngspice
from _random_pulses import KINDS, Case, draw

import ouro_spice as ouro
from ouro_spice._util import machine
from ouro_spice._util.files import write_text
from ouro_spice.circuit.testbench import Testbench
from ouro_spice.circuit.waveform import Waveform
from ouro_spice.compact.jart.jart_characteristics import conductance_map
from ouro_spice.device.jart.jart_netlist import REALISED
from ouro_spice.spice.ngspice import Ngspice
from ouro_spice.spice.raw_file import read_raw

PAIR = ("compiled", "behavioural")
TARGETS = (
    Target("failures", 0),
    Target("ladder_share", 0.01),
    Target("time_ratio", 10.0),
    Target("apart_max", 0.01),
    Target("static_current_error_max", 0.002),
    Target("static_rate_error_max", 0.02),
    Target("switching_time_error_max", 0.01),
)
OLD = Target("ngspice39_apart_max", 0.01)
REFERENCE = Path(__file__).resolve().parents[1] / "tests" / "reference"
LEVELS_US = (100, 150, 200, 300, 400, 500, 540)


# ---- random pulses in both


def pulses(count: int, seed: int, engine: Ngspice) -> tuple[Figures, list[list[object]]]:
    """Figures and table rows of random pulses without a walk, each run in both realisations."""
    rng = np.random.default_rng(seed)
    still = [i for i in range(count * len(KINDS)) if KINDS[i % len(KINDS)].endswith("still")][:count]
    rows = []
    for index in still:
        case = draw(index, seed, PAIR[0])
        waves = {name: run(case, name, engine) for name in rng.permutation(PAIR)}
        rows.append(compared(case, waves))
    ok = [row for row in rows if not math.isnan(row["apart"])]
    spent = {name: sum(row[f"{name}_s"] for row in rows) for name in PAIR}
    figures: Figures = {
        "n_pulses": len(rows),
        "failures": sum(row["failed"] for row in rows),
        "ladder_share": sum(row["ladder"] for row in rows) / len(rows),
        "time_ratio": spent[PAIR[1]] / spent[PAIR[0]],
        "time_ratio_median": float(np.median([row[f"{PAIR[1]}_s"] / row[f"{PAIR[0]}_s"] for row in rows])),
        "apart_max": largest(np.array([row["apart"] for row in rows])),
        "conductance_gap_max": largest(np.array([row["g_gap"] for row in rows])),
        "time_gap_max": largest(np.array([row["time_gap"] for row in rows])),
        "n_compared": len(ok),
    }
    return figures, [summary(kind, rows) for kind in dict.fromkeys(row["kind"] for row in rows)]


def run(case: Case, realisation: str, engine: Ngspice) -> Waveform:
    """One pulse in one realisation."""
    cell = case.cell.replace(device=case.cell.device.replace(realisation=realisation))
    return ouro.simulate(cell, case.pulse, case.state, throw=False, engine=engine)


def compared(case: Case, waves: Mapping[str, Waveform]) -> dict[str, float | str]:
    """What is kept of one pulse; failures and ladder are those of the behavioural realisation."""
    row: dict[str, float | str] = {"kind": case.kind.removesuffix(" still"), "index": case.index}
    for name, wave in waves.items():
        row |= {f"{name}_s": wave.effort.analysis_s, f"{name}_points": wave.effort.points}
        row |= {f"{name}_rejected": wave.effort.rejected}
    tried = waves[PAIR[1]]
    row |= {"failed": tried.result is not ouro.Result.OK, "ladder": tried.effort.rung > 0}
    row |= dict.fromkeys(("g_gap", "time_gap", "apart"), math.nan)
    if all(wave.result is ouro.Result.OK for wave in waves.values()):
        g = conductance_map(case.cell.device)
        ends = [float(g(waves[name]["n_disc"][-1])) for name in PAIR]
        row["g_gap"] = row["apart"] = relative_gap(ends[1], ends[0])
        row["time_gap"] = late(waves[PAIR[0]], waves[PAIR[1]], case.cell.flat_start_s(case.pulse) - case.pulse.rise)
        if not math.isnan(row["time_gap"]):
            row["apart"] = min(row["g_gap"], row["time_gap"])
    return row


def late(exact: Waveform, tried: Waveform, begin_s: float) -> float:
    """Relative gap of the times since the pulse's beginning at which ln N has come half its way; NaN below 2 %."""
    way = np.log(exact["n_disc"][-1] / exact["n_disc"][0])
    if abs(way) < 0.02:
        return math.nan
    times = [crossing(w.time_s, np.log(w["n_disc"] / exact["n_disc"][0]) / way, 0.5) - begin_s for w in (exact, tried)]
    return relative_gap(times[1], times[0])


def crossing(time_s: np.ndarray, values: np.ndarray, level: float) -> float:
    """When `values` first pass `level`, straight between two points; NaN where they do not."""
    beyond = values > level if values[0] < level else values < level
    after = int(np.argmax(beyond))
    if not beyond[after]:
        return math.nan
    share = (level - values[after - 1]) / (values[after] - values[after - 1])
    return float(time_s[after - 1] + share * (time_s[after] - time_s[after - 1]))


def summary(kind: str, rows: list[dict]) -> list[object]:
    """A table row for one kind of cell."""
    own = [row for row in rows if row["kind"] == kind]

    def mean(key: str) -> float:
        return float(np.mean([row[key] for row in own]))

    both = [f"{mean(f'{PAIR[0]}_{key}'):.0f} / {mean(f'{PAIR[1]}_{key}'):.0f}" for key in ("points", "rejected")]
    times = [mean(f"{name}_s") * 1e3 for name in PAIR]
    gaps = [largest(np.array([row[key] for row in own])) for key in ("g_gap", "time_gap", "apart")]
    return [kind, len(own), sum(r["failed"] for r in own), sum(r["ladder"] for r in own), *both,
            *(f"{ms:.1f}" for ms in times), f"{times[1] / times[0]:.2f}", *(f"{gap:.1e}" for gap in gaps)]  # fmt: skip


# ---- against the reference data


def table(name: str) -> list[dict[str, str]]:
    """The rows of a table of reference data."""
    with (REFERENCE / name).open(newline="") as file:
        return list(csv.DictReader(file))


def static(engine: Ngspice) -> Figures:
    """Largest errors of static current and rate."""
    rows = [row for row in table("unit_points.csv") if float(row["V"])]
    v, n, current, speed = (
        np.array([float(row[key]) for row in rows]) for key in ("V", "N_1e26", "I_A", "dNdt_1e26_per_s")
    )
    device = ouro.jart_vcm_v1b(realisation=PAIR[1])
    moves = speed != 0
    found = ouro.static_current(device, v, n, engine=engine), ouro.rate(device, v, n, engine=engine)[moves]
    errors = (float(np.max(np.abs(a / b - 1))) for a, b in zip(found, (current, speed[moves]), strict=True))
    return dict(zip(("static_current_error_max", "static_rate_error_max"), errors, strict=True))


def switching(engine: Ngspice, every: int) -> Figures:
    """Largest error of the times at which the conductance passes a level, at constant voltage from t = 0."""
    errors, rungs = [], 0
    rows = table("programming_constV_summary.csv")[::every]
    for row in rows:
        low, high = sorted((float(row["G0_uS"]), float(row["G1_uS"])))
        wave = engine.run(constant(row), throw=False)
        rungs += wave.effort.rung > 0
        for level in LEVELS_US:
            if low * 1.01 < level < high * 0.999:
                ok = wave.result is ouro.Result.OK
                found = crossing(wave.time_s, np.log(wave.g), math.log(level * 1e-6)) if ok else math.nan
                errors.append(relative_gap(found, float(row[f"t_{level}uS"])))
    worst = math.nan if any(map(math.isnan, errors)) else max(errors)
    return {"switching_rows": len(rows), "switching_ladder": rungs, "switching_time_error_max": worst}


def constant(row: Mapping[str, str]) -> Testbench:
    """A bare device at a constant voltage that stands from t = 0."""
    device = ouro.jart_vcm_v1b(realisation=PAIR[1], Ninit=float(row["N0"]))
    realised, stop_s = REALISED[PAIR[1]], float(row["t_total_s"]) * 1.02
    return Testbench(
        title="constant voltage",
        libraries=(realised.library,),
        models=realised.models,
        elements=(f"vin ae 0 dc {float(row['V']):.17g}", *device.element(device.start, "xcell", "ae", "0")),
        stop_s=stop_s,
        max_step_s=stop_s / 400,
        probes=(("v_ae", "v(ae)"), *realised.probes("xcell")),
        device=device,
        at_rest=False,
    )


# ---- ngspice 39


def beside_old(figures: Figures) -> bool:
    """Switching times of the same decks on both versions; whether there is an older one."""
    root, said = old_ngspice()
    print(f"ngspice 39: {said}")
    newer = machine.ngspice_program()
    if root is None or newer is None:
        figures[OLD.key] = "absent"
        return False
    here = dict(os.environ)
    libraries = ":".join(str(path) for path in sorted((root / "usr/lib").glob("*-linux-gnu")))
    there = here | {"SPICE_SCRIPTS": str(root / "usr/share/ngspice/scripts"), "LD_LIBRARY_PATH": libraries}
    apart = []
    for volts, n_disc in ((-0.6, 0.06), (-0.9, 0.06), (1.0, 1.98), (1.3, 1.98)):
        cell = ouro.Cell1R(ouro.jart_vcm_v1b(window=True, realisation=PAIR[1]))
        bench = cell.testbench([ouro.Pulse(volts, 5e-6 if volts == 1.0 else 50e-9)], ouro.State((n_disc,)))
        vector = dict(bench.probes)["n_disc"]
        times = [
            passed(program, environment, bench, vector)
            for program, environment in ((newer, here), (str(root / "usr/bin/ngspice"), there))
        ]
        apart.append(relative_gap(times[1], times[0]))
        print(f"  {volts:g} V from N = {n_disc:g}: half-way after {times[0] * 1e9:.6g} ns, "
              f"{times[1] * 1e9:.6g} ns on ngspice 39")  # fmt: skip
    figures[OLD.key] = math.nan if any(map(math.isnan, apart)) else max(apart)
    return True


def passed(program: str, environment: Mapping[str, str], bench: Testbench, vector: str) -> float:
    """When ln N has come half its way in the window, NaN where the run fails."""
    with tempfile.TemporaryDirectory() as folder:
        write_text(Path(folder) / "testbench.cir", bench.deck())
        command = [program, "-b", "testbench.cir"]
        subprocess.run(command, cwd=folder, env=dict(environment), capture_output=True, check=False, timeout=120)
        raw = Path(folder) / "testbench.raw"
        plots = read_raw(raw) if raw.is_file() else []
    if not plots or vector not in plots[0]:
        return math.nan
    low, high = bench.device.bounds
    return crossing(plots[0]["time"], np.log(plots[0][vector]), math.log(low * high) / 2)


# ---- all


def measure(args: argparse.Namespace) -> tuple[Figures, list[Target]]:
    """All figures, and the targets that apply."""
    count = args.n or (40 if args.quick else 300)
    with Ngspice(workers=1) as engine:
        figures, rows = pulses(count, args.seed, engine)
        head = ("cell", "pulses", "failed", "ladder", "points", "rejected", "comp. ms", "behav. ms", "ratio",
                "g gap", "time gap", "apart")  # fmt: skip
        show("compiled / behavioural, the same pulses", head, rows)
        figures |= static(engine) | switching(engine, 4 if args.quick else 1)
    old = beside_old(figures)
    if not old:
        print(f"absent, not passed: {OLD}")
    return figures | {"seed": args.seed}, [*TARGETS, *([OLD] if old else [])]


def main() -> int:
    parser = arguments(__doc__)
    parser.add_argument("--n", type=int, help="number of pulses; 300, or 40 with --quick")
    args = parser.parse_args()
    figures, targets = measure(args)
    return finish(args, figures, targets)


if __name__ == "__main__":
    sys.exit(main())
