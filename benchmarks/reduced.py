"""How far the reduced models are from the full one: read currents, switching voltages, time to cross the window.

All with the compact models, nominal device. V_SET and V_RESET: where d ln|I|/dt is largest at V < -0.2 V and smallest
at V > 0.3 V in a triangle of +-1.5 V at 1 V/s from N = 0.008, without the rate limiter. Window: N = 0.06 to 1.98975 and
back at constant voltage.
"""

from __future__ import annotations

import sys

import numpy as np
from _common import Figures, arguments, finish, show

import ouro_spice as ouro
from ouro_spice.compact.jart import jart_characteristics as characteristics
from ouro_spice.compact.jart.integration import follow

READS = {
    "HRS 0.2 V, N = .008": (0.2, 0.008), "HRS 0.2 V, N = .06": (0.2, 0.06), "HRS -0.2 V, N = .008": (-0.2, 0.008),
    "LRS 0.2 V, N = 1.98975": (0.2, 1.98975), "LRS 0.2 V, N = 20": (0.2, 20.0),
}  # fmt: skip
VOLTS = {"-.4143 V": -0.4143, "+.8540 V": 0.8540, "-.342 V": -0.342, "+.7065 V": 0.7065}
LIMIT_S = 40e-3


def edges(model: str, rth0: float) -> tuple[float, float]:
    """V_SET and V_RESET of the triangle [V]."""
    device = ouro.jart_vcm_v1b(Rth0=rth0, flim=0)
    done = follow(model, [device], [0, 1.5, 4.5, 6], [0, -1.5, 1.5, 0], 0.008, grid_s=2e-4, trace=True)
    trace = done.traces[0]
    time_s, keep = trace[:, 0], np.concatenate([[True], np.diff(trace[:, 0]) > 0])
    time_s, volts, current = time_s[keep], trace[keep, 4], np.log(np.abs(trace[keep, 5]) + 1e-15)
    slope, middle = np.diff(current) / np.diff(time_s), (volts[1:] + volts[:-1]) / 2
    low, high = middle < -0.2, middle > 0.3
    return float(middle[low][np.argmax(slope[low])]), float(middle[high][np.argmin(slope[high])])


def traverse_s(model: str, volts: float) -> float:
    """Time from one edge of the window to the other [s]."""
    low, high = ouro.jart_vcm_v1b(window=True).bounds
    first, last = (low, high) if volts < 0 else (high, low)
    goal = float(characteristics.conductance(ouro.jart_vcm_v1b(), last, model=model))
    # a walk that does not move: the crossing is looked for every 10 ns
    still = ouro.Walk(kick=0, progress=0, kick_min=0, kick_max=0).settings
    keys = np.zeros((1, 2), np.uint64)
    device = ouro.jart_vcm_v1b()
    done = follow(model, [device], [0, LIMIT_S], [volts, volts], first, walk=still, keys=keys, until_g_S=goal)
    return float(done.crossing_s[0])


def main() -> int:
    args = arguments(__doc__).parse_args()
    figures: Figures = {}
    rows = []
    full = {}
    for model in characteristics.MODELS:
        found = {}
        for name, (v, n) in READS.items():
            found[f"I {name} (uA)"] = float(characteristics.static_current(ouro.jart_vcm_v1b(), v, n, model)) * 1e6
        for rth0 in (1e7, 15.72e6):
            set_v, reset_v = edges(model, rth0)
            found |= {f"V_SET, Rth0 {rth0 / 1e6:g}e6 (V)": set_v, f"V_RESET, Rth0 {rth0 / 1e6:g}e6 (V)": reset_v}
        for name, volts in VOLTS.items():
            found[f"window at {name} (us)"] = traverse_s(model, volts) * 1e6
        full = full or found
        for name, value in found.items():
            volts = name.startswith("V_")
            off = (
                f"{(abs(value) - abs(full[name])) * 1e3:+.1f} mV"
                if volts
                else f"{(value / full[name] - 1) * 100:+.1f} %"
            )
            rows.append([name, model, value, "" if model == "full" else off])
            figures[f"{model}: {name}"] = value
    rows.sort(key=lambda row: list(full).index(row[0]))
    show("reduced models against the full one", ("quantity", "model", "value", "off"), rows)
    return finish(args, figures, ())


if __name__ == "__main__":
    sys.exit(main())
