"""The noise floor of one-shot programming: the best share that any choice of the pulse time by (G_start, G_target) has.

For each setting many noisy trajectories of each of some pairs (start, target), independent and uniform over the window:
the best width is chosen on one half and judged on the other, both ways round. Beside it, on the same trajectories: the
noise-free baseline, doing nothing, and predictors that are given; floor minus share with paired bootstrap intervals
over the pairs. The bias of the floor: what fewer trajectories would have found.
"""

from __future__ import annotations

import argparse
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from _common import Figures, Target, arguments, finish, show

import ouro_spice as ouro
from ouro_spice.dataset.reference_voltages import reference_pair
from ouro_spice.evaluation import baselines
from ouro_spice.evaluation.bands import BANDS, label
from ouro_spice.evaluation.baselines import Predict
from ouro_spice.evaluation.noise_floor import Trials
from ouro_spice.experiment.configuration import named_cell
from ouro_spice.spice.ngspice import Ngspice


@dataclass(frozen=True)
class Setting:
    """A cell, its voltages and its law, with what an independent estimate of the floor says, in percent by band."""

    model: str
    voltages: str = "60us"
    d2d: str | None = None
    start: str = "stationary"
    estimate: tuple[float, float, float] | None = None

    def cell(self) -> ouro.CompactCell | ouro.Cell1T1R:
        """The cell with a walk per 10 ns."""
        return named_cell({"full": "compact"}.get(self.model, self.model))


SETTINGS = {
    "paper": Setting("reduced", "paper", estimate=(97.6, 77, 56)),
    "reduced_60us": Setting("reduced", estimate=(93, 60, 42)),
    "reduced_60us_nominal": Setting("reduced", start="nominal", estimate=(93.6, 68, 52)),
    "reduced_60us_d2d": Setting("reduced", d2d="ten_percent", estimate=(89, 53, 35)),
    "compact_60us": Setting("full"),
    "compact_60us_d2d": Setting("full", d2d="ten_percent"),
    "1t1r_60us": Setting("1t1r"),
    "1t1r_60us_d2d": Setting("1t1r", d2d="ten_percent"),
}
COMPACT = tuple(name for name, setting in SETTINGS.items() if setting.model != "1t1r")
NEAR = 6.0
"""Points that a floor may be off an estimate: both come from some pairs, the estimate of the paper pair from 40."""


def predictors(given: list[str], setting: str) -> dict[str, Predict]:
    """The predictors given for a setting as SETTING=FILE, by the name of their file."""
    paths = [Path(path) for name, path in (one.split("=", 1) for one in given) if name == setting]
    return {path.stem: ouro.PulsePredictor.load(path).answer for path in paths}


def measured(name: str, pairs: int, trajectories: int, args: argparse.Namespace) -> tuple[Figures, list[list]]:
    """Floor and variants of a setting: figures, and the rows of a table."""
    setting = SETTINGS[name]
    cell, begun = setting.cell(), time.perf_counter()
    with Ngspice(args.workers) as engine:
        _, pair = reference_pair(cell, setting.voltages, engine)
        times = baselines.noise_free(cell, pair, engine)
        trials = ouro.trials(
            cell, pair, pairs, trajectories, seed=args.seed, d2d=setting.d2d, start=setting.start, out=args.out,
            beyond=6.0 if setting.d2d and setting.model != "1t1r" else 3.0, workers=args.workers, engine=engine,
        )  # fmt: skip
    figures: Figures = {f"{name}_wall_s": time.perf_counter() - begun, f"{name}_failures": trials.failures}
    variants = {"noise_free": times, "nothing": baselines.nothing} | predictors(args.predictor, name)
    rows = [[f"{name}: floor", *_floor_row(figures, name, trials, args.seed)]]
    for variant, predict in variants.items():
        t_s = predict(trials.start_S, trials.target_S - trials.start_S)
        rows.append([f"  {variant}", *_variant_row(figures, f"{name}_{variant}", trials, t_s, args.seed)])
    if setting.estimate:
        off = [100 * figures[f"{name}_{label('floor', b)}"] - e for b, e in zip(BANDS, setting.estimate, strict=True)]
        figures[f"{name}_off_points"] = max(map(abs, off))
        rows.append(["  estimate", *(f"{value:g}" for value in setting.estimate)])
    return figures, rows


def _floor_row(figures: Figures, name: str, trials: Trials, seed: int) -> list[str]:
    row = []
    for band in BANDS:
        floor = trials.floor(band, seed)
        key = f"{name}_{label('floor', band)}"
        figures |= {key: floor.value, f"{key}_low": floor.low, f"{key}_high": floor.high, f"{key}_at_end": floor.at_end}
        figures[f"{key}_bias_points"] = -100 * trials.floor_bias(band, seed)
        row.append(f"{100 * floor.value:.1f} ({100 * floor.low:.1f} .. {100 * floor.high:.1f})")
    return row


def _variant_row(figures: Figures, name: str, trials: Trials, t_s: np.ndarray, seed: int) -> list[str]:
    row = []
    for band in BANDS:
        share, gap = trials.share(t_s, band, seed), trials.gap(t_s, band, seed)
        figures |= {
            f"{name}_{label('within', band)}": share.value,
            f"{name}_{label('gap', band)}": gap.value,
            f"{name}_{label('gap', band)}_low": gap.low,
            f"{name}_{label('gap', band)}_high": gap.high,
        }
        row.append(f"{100 * share.value:.1f} [{100 * gap.low:.1f} .. {100 * gap.high:.1f}]")
    return row


def targets(names: list[str]) -> list[Target]:
    """What is asked of the floors of some settings."""
    found = [Target(f"{name}_failures", 0) for name in names]
    found += [Target(f"{name}_off_points", NEAR) for name in names if SETTINGS[name].estimate]
    keys = [f"{name}_{label('floor', band)}" for name in names for band in BANDS]
    # what halves of the trajectories lose is about what all of them still do
    found += [Target(f"{key}_bias_points", -1.0, at_least=True) for key in keys]
    return found


def main() -> int:
    parser = arguments(__doc__)
    parser.add_argument("--settings", nargs="+", choices=tuple(SETTINGS), default=list(COMPACT), metavar="NAME",
                        help=f"which of {', '.join(SETTINGS)}")  # fmt: skip
    parser.add_argument("--pairs", type=int, default=400, help="pairs of start and target")
    parser.add_argument("--trajectories", type=int, default=64, help="of each pair")
    parser.add_argument("--out", type=Path, metavar="FOLDER", help="keep finished blocks, and go on from those there")
    parser.add_argument("--workers", type=int, help="threads, in SPICE processes; all cores where not given")
    parser.add_argument("--predictor", action="append", default=[], metavar="SETTING=FILE",
                        help="a checkpoint to be judged beside the floor; again for more")  # fmt: skip
    args = parser.parse_args()
    if any("=" not in one for one in args.predictor):
        parser.error("--predictor takes SETTING=FILE")
    pairs, trajectories = (25, 16) if args.quick else (args.pairs, args.trajectories)
    figures: Figures = {"pairs": pairs, "trajectories": trajectories}
    rows = []
    for name in args.settings:
        found, more = measured(name, pairs, trajectories, args)
        figures, rows = figures | found, rows + more
    show(
        "share within the band in % (its interval) [interval of floor - share]",
        ("setting", *(f"±{b:.0%}" for b in BANDS)),
        rows,
    )
    if args.quick:
        print("quick: a few pairs; the targets are those of many and are not asked")
    return finish(args, figures, [] if args.quick else targets(args.settings))


if __name__ == "__main__":
    sys.exit(main())
