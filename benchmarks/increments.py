"""Small updates: what comes out where +-1 .. 50 uS are asked for, of networks, and of the best that any pulse can do.

On the compact model at the pair that crosses its window in 60 us, with its walk, with and without D2D. Networks are
trained as in `training/circuit.toml` and judged on devices, starts and walks of streams of their own. Gain: mean of
realised over asked change; spread: standard deviation of that ratio. The floor: for many pairs of start and change the
time with a gain of 1, chosen on other trajectories than it is judged on, and the time of the least squared difference.
"""

from __future__ import annotations

import argparse
import dataclasses
import itertools
import sys
import time
from pathlib import Path

import numpy as np
from _common import Figures, Target, arguments, finish, show

import ouro_spice as ouro
from ouro_spice._util.files import write_whole
from ouro_spice.dataset.recipe import Recipe
from ouro_spice.evaluation.increments import DECADES_S, Increments, best_updates, of_trials, small_updates
from ouro_spice.evaluation.trajectories import trials
from ouro_spice.experiment.configuration import Configuration, named_cell
from ouro_spice.reporting.increment_figures import gains

PAIR = ouro.Pair(-0.4142795815892442, 0.8540316690586685, 60e-6)
"""What `pair` gives for the compact model."""

SETTINGS = {"compact": None, "compact_d2d": "ten_percent"}
VARIANTS = ("log_time", "within_20", "increments")
EDGES_S = (0.7e-6, 1.4e-6, 3.2e-6, 7e-6, 14e-6, 32e-6, 70e-6)
"""Ranges of sizes around those that networks are asked for."""

BEST = {"mean": "gain of 1", "square": "least squares"}
"""What the floor aims at."""

EDGE_S = 1e-12
FROM_S, GAIN = 5e-6, 0.2
"""From this size on a gain is to be as near to 1 as this."""

_JUDGED, _FLOOR, _RECORDS = 101, 102, 103  # streams of the seed


def stream(seed: int, number: int) -> int:
    """A seed of its own."""
    return int(np.random.SeedSequence([seed, number]).generate_state(1)[0]) % 10**9


def networks(name: str, args: argparse.Namespace) -> dict[str, list[ouro.PulsePredictor]]:
    """The networks of a setting by variant; of `increments` one a training seed."""
    edges = {"rise_s": EDGE_S, "fall_s": EDGE_S}
    folder = args.out and args.out / f"{name}-records"
    data = ouro.extract(
        named_cell("compact"), args.records, stream(args.seed, _RECORDS), folder, args.workers,
        voltages=PAIR, d2d=SETTINGS[name], **edges,
    )  # fmt: skip
    known, found = Configuration.load("circuit").variants, {}
    for variant in args.variants:
        specification = known[variant].specification
        if args.quick:
            stages = (dataclasses.replace(one, epochs=max(one.epochs // 4, 1)) for one in specification.stages)
            specification = dataclasses.replace(specification, stages=tuple(stages))
        count = args.trainings if variant == "increments" else 1
        begun = time.perf_counter()
        found[variant] = [ouro.PulsePredictor.fit(data, specification, seed=7 + k) for k in range(count)]
        print(f"{name}: {variant}, {count} trained in {time.perf_counter() - begun:.0f} s", flush=True)
    return found


def told(figures: Figures, key: str, rows: list[dict]) -> None:
    """Put gains and spreads into the figures."""
    for row in rows:
        size = row["asked_S"]
        size = f"{size * 1e6:g}uS" if isinstance(size, float) else f"{size[0] * 1e6:g}_{size[1] * 1e6:g}uS"
        where = "" if row["start"] == "all" else f"_{row['start']}"
        name = f"{key}_{row['direction']}_{size}{where}"
        for one in ("gain", "spread", "wrong_way"):
            figures[f"{name}_{one}"] = row[one]
        figures[f"{name}_gain_low"], figures[f"{name}_gain_high"] = row["interval"]
        figures[f"{name}_rms_uS"] = 1e6 * row["rms_S"]


def cells_of(rows: list[dict]) -> list[str]:
    """Gain and spread of each size."""
    return [f"{row['gain']:.2f} ({row['interval'][0]:.2f}..{row['interval'][1]:.2f}) sd {row['spread']:.2f}, "
            f"{100 * row['wrong_way']:.0f} %" for row in rows]  # fmt: skip


def judged(name: str, made: dict[str, list], args: argparse.Namespace, figures: Figures) -> dict[str, list[dict]]:
    """Each network asked for each size on the same fresh cells; of several trainings the first, and their spread."""
    cell, recipe = named_cell("compact"), Recipe(args.cells, stream(args.seed, _JUDGED), PAIR, d2d=SETTINGS[name])
    cells = ouro.fleet(cell, [recipe.draw(cell, k) for k in range(args.cells)], workers=args.workers)
    found = {}
    for variant, several in made.items():
        each = [small_updates(cells, one, PAIR, rise_s=EDGE_S, fall_s=EDGE_S) for one in several]
        found[variant] = each[0].rows(regions=True)
        told(figures, f"{name}_{variant}", found[variant])
        if len(several) > 1:
            spread_of_trainings(f"{name}_{variant}", each, figures)
    return found


def spread_of_trainings(key: str, each: list[Increments], figures: Figures) -> None:
    """Mean and standard deviation of the gain over the trainings, and how far any of them is from 1."""
    several = [one.rows() for one in each]
    worst = 0.0
    for same in zip(*several, strict=True):
        gain = np.array([row["gain"] for row in same])
        name = f"{key}_{same[0]['direction']}_{same[0]['asked_S'] * 1e6:g}uS_gain"
        figures[f"{name}_mean_of_trainings"], figures[f"{name}_sd_of_trainings"] = gain.mean(), gain.std(ddof=1)
        if same[0]["asked_S"] >= FROM_S:
            worst = max(worst, float(np.abs(gain.mean() - 1)))
    figures[f"{key}_gain_off_mean_of_trainings"] = worst


def floors(name: str, made: dict[str, list], args: argparse.Namespace, figures: Figures) -> dict[str, list[dict]]:
    """The floor by range and by decade, and the networks on the same trajectories by decade."""
    cell = named_cell("compact")
    window_S = cell.window_S
    tried = trials(
        cell, PAIR, args.pairs, args.trajectories, seed=stream(args.seed, _FLOOR), d2d=SETTINGS[name], rise_s=EDGE_S,
        beyond=6.0 if SETTINGS[name] else 3.0, sampling="increments", out=args.out, workers=args.workers,
    )  # fmt: skip
    best = {aim: best_updates(tried, window_S, aim) for aim in ("mean", "square")}
    rows = []
    for aim, one in best.items():
        told(figures, f"{name}_floor_{aim}", one.rows(DECADES_S))
        rows.append([f"best pulse: {BEST[aim]}", *cells_of(one.rows(DECADES_S))])
    for variant, several in made.items():
        t_s = several[0].answer(tried.start_S, tried.target_S - tried.start_S)
        decades = of_trials(tried, t_s, window_S).rows(DECADES_S)
        told(figures, f"{name}_{variant}", decades)
        rows.append([variant, *cells_of(decades)])
    ranges = [f"{low * 1e6:g}..{high * 1e6:g} uS" for low, high in itertools.pairwise(DECADES_S)]
    heads = [f"{way} {one}" for way in ("+", "-") for one in ranges]
    show(f"{name}: gain (interval) spread, wrong way, by decade, on the same trajectories", ("", *heads), rows)
    return {f"best pulse: {what}": best[aim].rows(EDGES_S) for aim, what in BEST.items()}


def measured(name: str, args: argparse.Namespace, figures: Figures) -> None:
    """All of a setting."""
    made = networks(name, args)
    found = judged(name, made, args, figures)
    for variant, rows in found.items():
        every = [row for row in rows if row["start"] == "all"]
        table = [[f"{row['direction']} {row['asked_S'] * 1e6:g} uS", row["n"], *cells_of([row])[0].split(" sd ")]
                 for row in every]  # fmt: skip
        show(f"{name}: {variant}", ("asked", "attempts", "gain (interval)", "spread, wrong way"), table)
        figures[f"{name}_{variant}_gain_off"] = max(abs(r["gain"] - 1) for r in every if r["asked_S"] >= FROM_S)
    lowest = floors(name, made, args, figures)
    if args.figure:
        figure = gains(found | lowest)
        path = args.figure.with_stem(f"{args.figure.stem}_{name}") if len(args.settings) > 1 else args.figure
        kind = path.suffix.removeprefix(".")
        more = {"metadata": {"Date": None}} if kind == "svg" else {"dpi": 130}
        write_whole(path, lambda temporary: figure.savefig(temporary, format=kind, **more))


def main() -> int:
    parser = arguments(__doc__)
    parser.add_argument("--settings", nargs="+", choices=tuple(SETTINGS), default=list(SETTINGS), metavar="NAME",
                        help=f"which of {', '.join(SETTINGS)}")  # fmt: skip
    parser.add_argument("--variants", nargs="+", choices=VARIANTS, default=list(VARIANTS), metavar="NAME",
                        help=f"which of {', '.join(VARIANTS)}")  # fmt: skip
    parser.add_argument("--records", type=int, default=10_000, help="to learn from")
    parser.add_argument("--trainings", type=int, default=5, help="of the variant increments, each with its own seed")
    parser.add_argument("--cells", type=int, default=2_000, help="that are asked for each size, up and down")
    parser.add_argument("--pairs", type=int, default=400, help="of start and change, for the floor")
    parser.add_argument("--trajectories", type=int, default=64, help="of each pair")
    parser.add_argument(
        "--out", type=Path, metavar="FOLDER", help="keep records and trajectories, and go on from there"
    )
    parser.add_argument("--figure", type=Path, metavar="FILE", help="draw the figure, as .svg or .png")
    parser.add_argument("--workers", type=int, help="threads; all cores where not given")
    args = parser.parse_args()
    if args.quick:
        args.settings, args.trainings = args.settings[:1], 1
        args.records, args.cells, args.pairs, args.trajectories = 800, 300, 20, 16
    figures: Figures = {name: getattr(args, name) for name in ("records", "trainings", "cells", "pairs")}
    for name in args.settings:
        measured(name, args, figures)
    if args.quick:
        print("quick: few records and cells; the targets are those of many and are not asked")
    asked = [f"{name}_increments_gain_off" for name in args.settings if "increments" in args.variants]
    asked += [f"{key}_mean_of_trainings" for key in asked if args.trainings > 1]
    return finish(args, figures, [] if args.quick else [Target(key, GAIN) for key in asked])


if __name__ == "__main__":
    sys.exit(main())
