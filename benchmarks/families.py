"""The survey's families in ngspice and without: random legal devices, random pulses, cuts, and what a pulse costs.

A judge that shares no code with the package integrates the published equations (tests/family_judge.py). Each of
`--sets` random legal devices of a family gets one pulse that moves it a good part of its way, in the compiled, the
behavioural and the compact realisation; a moment so steep that 0.1 % of the pulse is worth more than the bound is given
that. Each of `--pulses` random devices gets a pulse in one of the two SPICE realisations, which must end without a
failure. `--figure` draws pinched loops, lobe area over frequency and conductance over pulse number.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

import numpy as np
from _common import Figures, Target, arguments, finish, show

import ouro_spice as ouro
from ouro_spice.compact.threshold.survey_families import initial_state, positions, states_after
from ouro_spice.spice.ngspice import Ngspice

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

from family_benches import MAKE, SPICE_KINDS, family_bench, random_device, random_pulse
from family_judge import truth

BOUND = {"linear_drift": 1e-4, "vteam": 1e-3, "team": 1e-3, "zhang": 1e-3}
SHIFT = 1e-3
TARGETS = [
    *(Target(f"{name}_{kind}_dx_max", BOUND[name]) for name in MAKE for kind in (*SPICE_KINDS, "compact")),
    *(Target(f"{name}_cut_dx_max", BOUND[name]) for name in MAKE),
    *(Target(f"{name}_failures", 0) for name in MAKE),
    *(Target(f"{name}_ladder_share", 0.01) for name in MAKE),
]


def beyond(device, t, v, at, x) -> float:
    """The largest |dx| at times `at` (K,), less what 0.1 % of the pulse is worth there where that alone is too much."""
    name, values = device.FAMILY, device.parameters
    gap = np.abs(x - truth(name, values, t, v, device.xinit, at, rtol=1e-8))
    if gap.max() <= BOUND[name]:
        return float(gap.max())
    moved = [np.clip(at + sign * SHIFT * t[-1], t[0], t[-1]) for sign in (-1, 1)]
    ends = [truth(name, values, t, v, device.xinit, one, rtol=1e-8) for one in moved]
    outside = np.maximum(np.minimum(*ends) - x, x - np.maximum(*ends))
    return float(np.minimum(gap, np.maximum(outside, 0)).max())


def compact(device, t, v, at) -> np.ndarray:
    """x at times, by the kernels."""
    both = np.union1d(t, at)
    states = states_after(device, both, np.interp(both, t, v), initial_state(device))
    return np.interp(at, both, positions(device, states))


def cut(device, kind, t, v, share, engine) -> float:
    """x at the end of a pulse that was cut, its state read back and put in again."""
    moment = share * t[-1]
    volts = np.interp(moment, t, v)
    first = np.append(t[t < moment], moment), np.append(v[t < moment], volts)
    rest = np.append(moment, t[t > moment]) - moment, np.append(volts, v[t > moment])
    state = initial_state(device)
    for part in (first, rest):
        wave = engine.run(family_bench(device, kind, *part, state, at_rest=part[1][0] == 0))
        state = float(np.clip(wave["state"][-1], device.state.low, device.state.high))
    return float(positions(device, state))


def sets(name: str, count: int, seed: int, engine: Ngspice) -> tuple[Figures, list[object]]:
    """Figures and a table row of random legal devices of a family."""
    rng = np.random.default_rng([seed, list(MAKE).index(name)])
    worst = dict.fromkeys((*SPICE_KINDS, "compact", "cut"), 0.0)
    spent = dict.fromkeys(SPICE_KINDS, 0.0)
    points, moved = 0, 0
    for number in range(count):
        device = random_device(name, rng)
        t, v = random_pulse(device, rng)
        at = np.linspace(0, t[-1], 61)
        worst["compact"] = max(worst["compact"], beyond(device, t, v, at, compact(device, t, v, at)))
        for kind in SPICE_KINDS:
            wave = engine.run(family_bench(device, kind, t, v))
            x = positions(device, np.interp(at, wave.time_s, wave["state"]))
            worst[kind] = max(worst[kind], beyond(device, t, v, at, x))
            spent[kind] += wave.effort.analysis_s
            points += wave.effort.points
        moved += abs(x[-1] - x[0]) > 0.05
        kind, share = SPICE_KINDS[number % 2], rng.uniform(0.02, 0.98)
        end = np.array([cut(device, kind, t, v, share, engine)])
        worst["cut"] = max(worst["cut"], beyond(device, t, v, t[-1:], end))
    figures: Figures = {f"{name}_{kind}_dx_max": value for kind, value in worst.items()}
    figures[f"{name}_moved_share"] = moved / count
    figures |= {f"{name}_{kind}_pulse_ms": spent[kind] / count * 1e3 for kind in SPICE_KINDS}
    row = [name, count, *(f"{worst[kind]:.1e}" for kind in worst), f"{points / count / 2:.0f}"]
    return figures, [*row, *(f"{spent[kind] / count * 1e3:.1f}" for kind in SPICE_KINDS)]


def pulses(name: str, count: int, seed: int, engine: Ngspice) -> Figures:
    """Count the random pulses on random devices that fail, or need more than the first rung of the ladder."""
    rng = np.random.default_rng([seed, 7, list(MAKE).index(name)])
    failures = ladder = 0
    for number in range(count):
        device = random_device(name, rng)
        t, v = random_pulse(device, rng)
        wave = engine.run(family_bench(device, SPICE_KINDS[number % 2], t, v, steps=100), throw=False)
        failures += wave.result is not ouro.Result.OK
        ladder += wave.effort.rung > 0
    return {f"{name}_failures": failures, f"{name}_ladder_share": ladder / count}


def draw(path: Path) -> None:
    """Draw the fingerprints of each family, by the kernels, into a file."""
    import matplotlib
    from matplotlib.figure import Figure
    from test_families_loops import LOOPS, area, loop, pulse_train

    matplotlib.rcParams |= {"svg.fonttype": "none", "svg.hashsalt": "families", "path.simplify_threshold": 0.3}
    figure = Figure(figsize=(11, 6.2), layout="constrained")
    rows = figure.subplots(2, 4)
    names = [name for name in LOOPS if name != "biolek"]
    for axes, name in zip(rows[0], names, strict=True):
        device, volts, frequencies = LOOPS[name]
        for frequency in frequencies:
            v, i, _ = loop("compact", None, device, volts, frequency)
            axes.plot(v[::10], i[::10] * 1e3, lw=1.2, label=f"{frequency:g} Hz")
        axes.set(title=name, xlabel="V(plus, minus) [V]", ylabel="I [mA]" if name == names[0] else "")
        axes.legend(fontsize=7)
    left, *right = rows[1]
    for name in names:
        device, volts, frequencies = LOOPS[name]
        many = np.geomspace(frequencies[0], frequencies[2], 9)
        areas = np.array([area(*loop("compact", None, device, volts, f)[:2]) for f in many])
        left.loglog(many / many[0], areas / areas[0], marker=".", label=name)
    left.set(xlabel="frequency over the lowest", ylabel="area of the lobes, of the first")
    left.legend(fontsize=7)
    for axes, name in zip(right, ("linear_drift", "vteam", "zhang"), strict=True):
        device, volts, frequencies = LOOPS[name]
        g, _ = pulse_train("compact", None, device, volts, 0.05 / frequencies[0], 20)
        axes.plot(g * 1e3, marker=".")
        axes.set(title=name, xlabel="number of the pulse", ylabel="g [mS]")
    figure.savefig(path, metadata={"Date": None} if path.suffix == ".svg" else None)


def measure(args: argparse.Namespace) -> Figures:
    """All figures."""
    n_sets, n_pulses = args.sets or (6 if args.quick else 50), args.pulses or (40 if args.quick else 1000)
    figures: Figures = {"seed": args.seed, "n_sets": n_sets, "n_pulses": n_pulses}
    rows, begin = [], time.perf_counter()
    with Ngspice(workers=1) as engine:
        for name in MAKE:
            own, row = sets(name, n_sets, args.seed, engine)
            figures |= own | pulses(name, n_pulses, args.seed, engine)
            rows.append([*row, figures[f"{name}_failures"]])
    head = ("family", "sets", "compiled dx", "behav. dx", "compact dx", "cut dx", "points", "comp. ms", "behav. ms")
    show("random legal devices against the judge", (*head, f"failed of {n_pulses}"), rows)
    figures["seconds"] = time.perf_counter() - begin
    return figures


def main() -> int:
    parser = arguments(__doc__)
    parser.add_argument("--sets", type=int, help="random legal devices of each family; 50, or 6 with --quick")
    parser.add_argument("--pulses", type=int, help="random pulses of each family; 1000, or 40 with --quick")
    parser.add_argument("--figure", type=Path, metavar="FILE", help="draw the fingerprints of the families")
    args = parser.parse_args()
    if args.figure:
        draw(args.figure)
    return finish(args, measure(args), TARGETS)


if __name__ == "__main__":
    sys.exit(main())
