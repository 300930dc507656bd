"""The cycle-to-cycle walk: the published programming times of the reduced model, and SPICE against the compact model.

Part one: nominal devices, reduced model, -0.342 / +0.7065 V, from N = .06 (SET) and 1.98975 (RESET) until 300 uS is
crossed: without noise, with one step of the walk per pulse of 1 us, and per 10 ns. Part two: the time to cross 300 uS
at the 60 us pair with the full model and a walk per 10 ns, over devices of the 10 % D2D law, in SPICE (1R) and with the
compact model, other devices and other random numbers on each side: two-sample Kolmogorov-Smirnov distance.
"""

from __future__ import annotations

import argparse
import sys
import time

import numpy as np
from _common import Figures, Target, arguments, finish, show
from scipy.stats import ks_2samp

import ouro_spice as ouro
from ouro_spice._util import random_keys
from ouro_spice._util.progress import progress
from ouro_spice.compact.jart.integration import follow
from ouro_spice.spice.ngspice import Ngspice

TARGETS_S = {  # mean, spread: two independent codes, 400 devices each
    ("set", "1us"): (1652e-6, 1025e-6), ("reset", "1us"): (1880e-6, 1014e-6),
    ("set", "10ns"): (1173e-6, 90e-6), ("reset", "10ns"): (1476e-6, 94e-6),
    ("set", "none"): (5134e-6, 0.0), ("reset", "none"): (4740e-6, 0.0),
}  # fmt: skip
STEPS_S = {"1us": 1e-6, "10ns": 10e-9}
VOLTS = {"set": -0.342, "reset": 0.7065}
GOAL_S = 300e-6
CHUNK_S = 2.5e-6
LIMIT_S = 2e-3
TARGETS = (
    *(Target(f"{d}_{s}_mean_error", 0.03 if s == "10ns" else 0.06) for d in VOLTS for s in STEPS_S),
    *(Target(f"{d}_{s}_spread_error", 0.1) for d in VOLTS for s in STEPS_S),
    *(Target(f"{d}_none_error", 0.01) for d in VOLTS),
    *(Target(f"{d}_ks_distance", 0.14) for d in VOLTS),
    *(Target(f"{d}_never", 0) for d in VOLTS),
)


def crossing_s(volts: float, rising: bool, walk: ouro.Walk | None, count: int, seed: int) -> np.ndarray:
    """Time at which each of `count` nominal devices of the reduced model crosses 300 uS [s]."""
    device = ouro.jart_vcm_v1b(window=True)
    keys = np.random.SeedSequence(seed).generate_state(2 * count, np.uint64).reshape(count, 2)
    longest = 40e-3
    done = follow(
        "reduced", [device] * count, [0.0, longest], [volts, volts], device.bounds[0 if rising else 1],
        walk=None if walk is None else walk.settings, keys=keys, until_g_S=GOAL_S,
        grid_s=1e-6 if walk is None else None,
    )  # fmt: skip
    return done.crossing_s


def published(count: int, seed: int) -> Figures:
    """Programming times of the reduced model beside the published ones."""
    figures: Figures = {}
    rows = []
    for number, ((direction, step), (mean, spread)) in enumerate(TARGETS_S.items()):
        walk = ouro.Walk(STEPS_S[step]) if step in STEPS_S else None
        begun = time.perf_counter()
        found = crossing_s(VOLTS[direction], direction == "set", walk, count if walk else 1, seed + number)
        wall_s = time.perf_counter() - begun
        name = f"{direction}_{step}"
        figures |= {f"{name}_mean_s": float(found.mean()), f"{name}_never": int(np.isnan(found).sum())}
        if walk:
            figures |= {
                f"{name}_spread_s": float(found.std(ddof=1)),
                f"{name}_mean_error": abs(float(found.mean()) / mean - 1),
                f"{name}_spread_error": abs(float(found.std(ddof=1)) / spread - 1),
            }
        else:
            figures[f"{name}_error"] = abs(float(found.mean()) / mean - 1)
        steps = float(found.sum()) / STEPS_S[step] if walk else 0.0
        deviation = float(found.std(ddof=1)) * 1e6 if walk else 0.0
        rows.append([direction, step, len(found), float(found.mean()) * 1e6, mean * 1e6, deviation, spread * 1e6,
                     wall_s, steps / wall_s / 1e6])  # fmt: skip
    head = ("direction", "walk step", "devices", "mean us", "published", "spread us", "published", "s", "M steps/s")
    show("reduced model, time to 300 uS", head, rows)
    return figures


def spice_crossing_s(device: ouro.Device, volts: float, start_n: float, seed: int, engine: Ngspice) -> float:
    """Time at which one device crosses 300 uS in SPICE [s]; NaN where it does not within the limit."""
    cell, pulse = ouro.Cell1R(device), ouro.Pulse(volts, LIMIT_S, 1e-9, 1e-9)
    state, now = ouro.State((start_n,)), 0.0
    while now < LIMIT_S:
        wave = ouro.simulate(cell, [pulse], state, seed, start_s=now, stop_s=now + CHUNK_S, engine=engine)
        crossed = wave.g >= GOAL_S if volts < 0 else wave.g <= GOAL_S
        if crossed.any():
            return now + float(wave.time_s[int(np.argmax(crossed))])
        state, now = wave.state, now + CHUNK_S
    return float("nan")


def compact_crossing_s(devices: list[ouro.Device], volts: float, starts: list[float], seed: int) -> np.ndarray:
    """The same with the compact model, for all devices [s]."""
    keys = np.random.SeedSequence(seed).generate_state(2 * len(devices), np.uint64).reshape(-1, 2)
    done = follow("full", devices, [0.0, 1e-9, LIMIT_S], [0.0, volts, volts], starts, walk=devices[0].walk.settings,
                  keys=keys, until_g_S=GOAL_S)  # fmt: skip
    return done.crossing_s


def against_spice(count: int, seed: int, workers: int | None) -> Figures:
    """Two-sample distance of the crossing times."""
    figures: Figures = {}
    rows = []
    nominal = ouro.jart_vcm_v1b(window=True, walk=ouro.Walk())
    pair = ouro.pair(ouro.CompactCell(nominal), 60e-6)
    with Ngspice(workers) as engine:
        for number, (direction, volts) in enumerate((("set", pair.v_set), ("reset", pair.v_reset))):
            end = 0 if volts < 0 else 1
            mine, other = (nominal.draw(np.random.default_rng([seed, number, side]), count) for side in (0, 1))
            modelled = compact_crossing_s(other, volts, [d.bounds[end] for d in other], seed + 100 + number)
            begun = time.perf_counter()

            def crossing(k: int, mine: list = mine, volts: float = volts, end: int = end) -> float:
                return spice_crossing_s(mine[k], volts, mine[k].bounds[end], int(seed * 10**6 + k), engine)

            found = np.empty(count)
            with progress(f"{direction} in SPICE", count) as bar:
                for k, value in enumerate(engine.each(crossing, range(count))):
                    found[k] = value
                    bar.advance()
            both = [np.nan_to_num(x, nan=LIMIT_S) for x in (found, modelled)]
            distance = ks_2samp(*both)
            rows.append([direction, count, *(float(np.median(x)) * 1e6 for x in both), float(distance.statistic),
                         float(distance.pvalue), time.perf_counter() - begun])  # fmt: skip
            figures[f"{direction}_never"] = int(np.isnan(found).sum() + np.isnan(modelled).sum())
            figures |= {f"{direction}_ks_distance": float(distance.statistic),
                        f"{direction}_spice_median_s": float(np.median(both[0])),
                        f"{direction}_compact_median_s": float(np.median(both[1]))}  # fmt: skip
    head = ("direction", "devices each", "SPICE median us", "compact median us", "KS distance", "p", "s")
    show("time to 300 uS, 60 us pair, D2D and C2C", head, rows)
    return figures


def warm_up() -> None:
    """Compile the kernels, so that no time contains that."""
    crossing_s(VOLTS["set"], True, ouro.Walk(1e-3), 1, 0)
    random_keys.stream_key(0)


def main() -> int:
    parser = arguments(__doc__)
    parser.add_argument("--workers", type=int, help="processes; all cores where not given")
    args: argparse.Namespace = parser.parse_args()
    warm_up()
    figures = published(100 if args.quick else 2000, args.seed)
    figures |= against_spice(20 if args.quick else 300, args.seed, args.workers)
    return finish(args, figures, TARGETS)


if __name__ == "__main__":
    sys.exit(main())
