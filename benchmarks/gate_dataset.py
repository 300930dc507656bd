"""A dataset of the gate voltage, made in SPICE, and what a table and a network of it are worth.

Records of the default 1T1R cell, D2D, walk of 10 ns: an erase of 2 V for 10 ns and a SET of -1.5 V for 5 ns with a rise
of 20 ns, at a gate voltage uniform over .76 .. 1.06 V. Where they end over the gate voltage; the best share that a
gate voltage can reach; then fresh cells in SPICE, starts and targets uniform: one attempt each by a table for 10 % and
by a network, upward the SET alone, downward behind the erase, and writes to within 10 % with reads of 100 ns.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from _common import Figures, Target, arguments, finish, show

import ouro_spice as ouro
from ouro_spice.dataset.checking import check_dataset
from ouro_spice.evaluation.bands import BANDS, label, shares, within
from ouro_spice.evaluation.swept_response import Response
from ouro_spice.spice.ngspice import Ngspice

LEVELS_S = (200e-6, 300e-6, 450e-6)
HIDDEN = (16, 16)
PARTS = ((100, 150), (150, 200), (200, 300), (300, 400), (400, 545))
"""Targets [uS] whose shares are told apart."""

TARGETS = [
    Target("table_within_50", 0.99, at_least=True), Target("table_within_20", 0.97, at_least=True),
    Target("table_within_10", 0.85, at_least=True), Target("network_within_20", 0.97, at_least=True),
    Target("network_within_10", 0.85, at_least=True), Target("findings", 0),
]  # fmt: skip


def ends(data: ouro.PulseDataset) -> Figures:
    """Print conductances over the gate voltage; return scatter and slope at some levels."""
    response = Response.of(data)
    figures: Figures = {}
    rows = []
    edges = np.linspace(*response.sweep.ends_V, 13)
    place = np.clip(np.digitize(response.volts, edges) - 1, 0, 11)
    for k in range(12):
        some = response.end_S[place == k]
        if len(some):
            low, middle, high = np.quantile(some, (0.1, 0.5, 0.9)) * 1e6
            rows.append([f"{edges[k]:.3f} .. {edges[k + 1]:.3f}", len(some), middle, low, high])
    show("where pulses end", ("gate (V)", "records", "median (uS)", "10 %", "90 %"), rows)
    middle = np.exp(response.middle(300e-6, response.grid_V))
    for level_S in LEVELS_S:
        at = int(np.argmax(middle >= level_S))
        (found,) = response.ends(response, 300e-6, response.grid_V[at : at + 1])
        spread = np.log(found[0])
        mean = np.average(spread, weights=found[1])
        name = f"{level_S * 1e6:.0f}uS"
        figures[f"gate_{name}_V"] = float(response.grid_V[at])
        figures[f"sd_ln_g_{name}"] = float(np.sqrt(np.average((spread - mean) ** 2, weights=found[1])))
        figures[f"slope_{name}_per_V"] = float(np.gradient(np.log(middle), response.grid_V)[at])
    return figures


def attempts(name: str, cells: ouro.Fleet, programmer, target_S: np.ndarray) -> tuple[Figures, list[object]]:
    """Figures and a table row of one attempt at each target: one choice of the programmer, whatever the start."""
    histories = ouro.write_many(cells.copy(), programmer, target_S, 1e-6, 1)
    end_S = np.array([one.conductances_S[-1] for one in histories])
    up = np.array([one.conductances_S[0] for one in histories]) < target_S
    hit = within(end_S, target_S, 0.1)
    figures: Figures = {f"{name}_{key}": value for key, value in shares(end_S, target_S).items()}
    figures |= {f"{name}_within_5": float(within(end_S, target_S, 0.05).mean()), f"{name}_n": len(end_S)}
    figures |= {f"{name}_up_within_10": float(hit[up].mean()), f"{name}_down_within_10": float(hit[~up].mean())}
    for low, high in PARTS:
        some = hit[(target_S >= low * 1e-6) & (target_S < high * 1e-6)]
        figures[f"{name}_within_10_{low}_{high}uS"] = float(some.mean()) if len(some) else float("nan")
    figures[f"{name}_energy_pJ"] = float(np.mean([one.energy_J for one in histories])) * 1e12
    return figures, [name, *(figures[f"{name}_{label('within', band)}"] for band in (*BANDS, 0.05))]


def writes(name: str, cells: ouro.Fleet, programmer, target_S: np.ndarray) -> Figures:
    """Figures of writes to within 10 %."""
    row = ouro.summary(ouro.write_many(cells.copy(), programmer, target_S, 0.1))
    told = {"success": "success", "pulses": "pulses_mean", "reads": "reads_mean"}
    figures: Figures = {f"{name}_write_{key}": row[of] for key, of in told.items()}
    return figures | {f"{name}_write_ns": row["time_s"] * 1e9, f"{name}_write_pJ": row["energy_J"] * 1e12}


def measure(args: argparse.Namespace) -> Figures:
    """All figures."""
    n = args.n or (24 if args.quick else 1000)
    count = args.attempts or (12 if args.quick else 250)
    several = args.writes or (6 if args.quick else 60)
    cell = ouro.Cell1T1R(ouro.jart_vcm_v1b(window=True, walk=ouro.Walk()))
    figures: Figures = {"seed": args.seed, "n": n}
    with tempfile.TemporaryDirectory() as folder, Ngspice(args.workers) as engine:
        out, begin = args.records or args.out or Path(folder), time.perf_counter()
        if args.records:
            data = ouro.PulseDataset.load(args.records)
        else:
            data = ouro.extract(cell, n, args.seed, out=out, workers=args.workers, control="gate")
        figures |= {"records_s": time.perf_counter() - begin, "findings": len(check_dataset(out).findings)}
        figures |= {"reached": int((data.frame.outcome == "reached").sum()), "devices": data.frame.device.nunique()}
        figures |= {"energy_pJ": float(data.frame.energy_J.mean()) * 1e12} | ends(data)
        for band in (*BANDS, 0.05):
            figures[label("floor", band)] = ouro.swept_floor(data, band).value
        table = ouro.Table.fit(data, 0.1)
        network = ouro.PulsePredictor.fit(data, seed=args.seed, hidden=HIDDEN)
        drawn = [data.recipe.draw(cell, n + k) for k in range(max(count, several))]
        target_S = np.array([one.target_S for one in drawn])
        rows, made = [], {"table": table, "network": ouro.NeuralProgrammer(network)}
        with ouro.fleet(cell, drawn[:count], engine=engine) as cells:
            for name, programmer in made.items():
                found, row = attempts(name, cells, programmer, target_S[:count])
                figures, rows = figures | found, [*rows, row]
        with ouro.fleet(cell, drawn[-several:], engine=engine) as cells:
            for name, programmer in made.items():
                figures |= writes(name, cells, programmer, target_S[-several:])
    rows.append(["erase and SET: floor", *(figures[label("floor", band)] for band in (*BANDS, 0.05))])
    show(f"one attempt, {count} fresh cells", ("", "within 50 %", "20 %", "10 %", "5 %"), rows)
    told = [[key, value] for key, value in figures.items() if "write" in key or key.startswith(("sd_", "slope_"))]
    show("writes to within 10 %, and scatter", ("figure", "value"), told)
    return figures


def main() -> int:
    parser = arguments(__doc__)
    parser.add_argument("--n", type=int, help="records; 1000, or 24 with --quick")
    parser.add_argument("--attempts", type=int, help="of each predictor; 250, or 12 with --quick")
    parser.add_argument("--writes", type=int, help="of each predictor; 60, or 6 with --quick")
    parser.add_argument("--out", type=Path, metavar="DIR", help="keep the records there")
    parser.add_argument("--records", type=Path, metavar="DIR", help="take the records there, made by --out before")
    parser.add_argument("--workers", type=int, default=1, help="processes")
    args = parser.parse_args()
    return finish(args, measure(args), TARGETS if not args.quick else [Target("findings", 0)])


if __name__ == "__main__":
    sys.exit(main())
