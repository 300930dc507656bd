"""Speed of the compact models, error beside it: device-steps a second and core, in the SET transition and elsewhere.

A device-step is one device taken through one step of its walk, 10 ns, at the 60 us pair; one thread. The transition is
from 200 to 450 uS, the quiet part from the window's edge to 120 uS (SET) or 500 uS (RESET). Error: the time from edge
to edge without the walk, against an independent stiff integration of the same equations (``tests/oracle.py``; the
reduced models against a quadrature of their own rate). Beside them the same stretch as a compiled-model 1R pulse in
ngspice, with and without the walk. Kernels are compiled before anything is timed; that time is given apart.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from functools import lru_cache
from pathlib import Path

import numpy as np
from _common import Figures, Target, arguments, finish, show
from scipy.integrate import quad
from scipy.interpolate import PchipInterpolator

import ouro_spice as ouro
from ouro_spice.compact.jart import jart_characteristics as characteristics
from ouro_spice.compact.jart.integration import follow
from ouro_spice.compact.jart.parameter_vector import vector

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))
from oracle import Jart, integrate

PARTS = {
    "set_transition": ("set", 200e-6, 450e-6),
    "reset_transition": ("reset", 450e-6, 200e-6),
    "set_quiet": ("set", None, 120e-6),
    "reset_quiet": ("reset", None, 500e-6),
}
TARGETS = (
    Target("full_set_transition_device_steps_per_s", 300_000, at_least=True),
    Target("reduced_set_transition_device_steps_per_s", 3_000_000, at_least=True),
    Target("full_time_error_max", 2e-3),
    Target("reduced_time_error_max", 2e-3),
    Target("tud_time_error_max", 2e-3),
)
DEVICE = ouro.jart_vcm_v1b(window=True)
DIRECTIONS = ("set", "reset")
LIMIT_S = 400e-6


@lru_cache
def volts_of(direction: str) -> float:
    """The amplitude of the 60 us pair [V]."""
    return getattr(ouro.pair(ouro.CompactCell(DEVICE), 60e-6), f"v_{direction}")


def bounds(model: str, part: str) -> tuple[float, float, float, float]:
    """Voltage, concentrations at both ends and conductance at the second end of a part."""
    direction, start, end = PARTS[part]
    first = DEVICE.bounds[0 if direction == "set" else 1]
    if start is not None:
        first = float(characteristics.concentration(DEVICE, start, model=model))
    return volts_of(direction), first, float(characteristics.concentration(DEVICE, end, model=model)), end


def steps_per_s(model: str, part: str, devices: int, repeats: int, seed: int) -> float:
    """Device-steps a second on one thread: the median of some repetitions."""
    volts, first, _, goal = bounds(model, part)
    walk, vectors = ouro.Walk(), np.tile(vector(DEVICE), (devices, 1))
    speeds = []
    for k in range(repeats):
        keys = np.random.SeedSequence([seed, k]).generate_state(2 * devices, np.uint64).reshape(devices, 2)
        begun = time.perf_counter()
        done = follow(model, vectors, [0.0, LIMIT_S], [volts, volts], first, walk=walk.settings, keys=keys,
                      until_g_S=goal, threads=1)  # fmt: skip
        wall_s = time.perf_counter() - begun
        speeds.append(np.nansum(done.crossing_s) / walk.step_s / wall_s)
    return float(np.median(speeds))


def time_error(model: str, direction: str) -> float:
    """Relative error of the time from one edge of the window to near the other, without the walk."""
    volts = volts_of(direction)
    low, high = DEVICE.bounds
    first, last = (low, high * 0.99) if volts < 0 else (high, low * 1.01)
    if model == "full":
        t, n = integrate(Jart(), [0.0, LIMIT_S], [volts, volts], first, window=DEVICE.bounds)
        order = slice(None) if volts < 0 else slice(None, None, -1)
        wanted = float(PchipInterpolator(np.log(n[order][1:-1]), t[order][1:-1])(np.log(last)))
    else:

        def slowness(x: float) -> float:
            return np.exp(x) / float(characteristics.rate(DEVICE, volts, np.exp(x), model))

        wanted = quad(slowness, np.log(first), np.log(last), epsrel=1e-9, limit=400)[0]
    # left alone until then, steps as long as it likes: what is missing at the end, as a time
    n_end = float(follow(model, [DEVICE], [0.0, wanted], [volts, volts], first).n_end[0])
    return abs((n_end - last) / float(characteristics.rate(DEVICE, volts, last, model)) / wanted)


def spice_steps_per_s(part: str, walk: ouro.Walk | None, seed: int) -> float:
    """The same stretch in ngspice, 1R: steps of 10 ns a second of wall time, one worker."""
    volts, first, _, goal = bounds("full", part)
    cell = ouro.Cell1R(DEVICE.replace(walk=walk))
    pulse = ouro.Pulse(volts, 8e-6, 1e-9, 1e-9)
    begun = time.perf_counter()
    wave = ouro.simulate(cell, [pulse], ouro.State((first,)), seed)
    wall_s = time.perf_counter() - begun
    crossed = wave.g >= goal if volts < 0 else wave.g <= goal
    print(f"ngspice, {part}: {'reaches' if crossed.any() else 'does not reach'} the end of it in 8 us")
    return pulse.duration / 10e-9 / wall_s


def compile_s() -> float:
    """Time that a fresh process takes to compile the kernels into an empty cache, and to run one step [s]."""
    code = (
        "import ouro_spice as o; c = o.CompactCell(o.jart_vcm_v1b(window=True));"
        "o.simulate(c, [o.Pulse(-0.4, 1e-8)], c.state(2e-4))"
    )
    with tempfile.TemporaryDirectory() as folder:
        begun = time.perf_counter()
        subprocess.run([sys.executable, "-c", code], check=True, env=_environment(folder))
        cold = time.perf_counter() - begun
        begun = time.perf_counter()
        subprocess.run([sys.executable, "-c", code], check=True, env=_environment(folder))
        return cold - (time.perf_counter() - begun)


def _environment(folder: str) -> dict[str, str]:
    import os

    return os.environ | {"OURO_SPICE_CACHE": folder}


def main() -> int:
    args = arguments(__doc__).parse_args()
    figures: Figures = {}
    for model in characteristics.MODELS:  # compiles
        time_error(model, "set")
        steps_per_s(model, "set_transition", 1, 1, 0)
    rows = []
    for model in characteristics.MODELS:
        error = max(time_error(model, direction) for direction in DIRECTIONS)
        figures[f"{model}_time_error_max"] = error
        for part in PARTS:
            devices = (8 if args.quick else 40) * (1 if model == "full" else 5)
            speed = steps_per_s(model, part, devices, 3 if args.quick else 7, args.seed)
            figures[f"{model}_{part}_device_steps_per_s"] = speed
            rows.append([model, part, speed, 1e9 / speed, error])
    for name, walk in (("with walk", ouro.Walk()), ("no walk", None)):
        spice_steps_per_s("set_transition", walk, args.seed)
        speed = spice_steps_per_s("set_transition", walk, args.seed)
        figures[f"ngspice_1r_{name.replace(' ', '_')}_device_steps_per_s"] = speed
        rows.append([f"ngspice 1R, {name}", "set_transition", speed, 1e9 / speed, float("nan")])
    figures["device_steps_per_s"] = figures["full_set_transition_device_steps_per_s"]
    figures["compile_s"] = compile_s()
    show(f"one core; kernels compile in {figures['compile_s']:.1f} s, once",
         ("model", "part", "device-steps/s", "ns a step", "time error"), rows)  # fmt: skip
    return finish(args, figures, TARGETS)


if __name__ == "__main__":
    sys.exit(main())
