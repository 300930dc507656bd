"""What is kept of the waveform of a random pulse: how far it is from what no solver may do."""

from __future__ import annotations

from typing import Any

import numpy as np
from _random_pulses import Case

import ouro_spice as ouro
from ouro_spice.circuit.waveform import Waveform

FELT = 0.6
"""Share of a limit in N, or of N in a limit, from which on the rate feels it: .6 % at least."""


def pushed(device: ouro.Device, n: float) -> bool:
    """Return whether a limit that walks can have taken the state to where it is."""
    walk = device.walk
    if not isinstance(walk, ouro.Walk):
        return False
    return n <= device.Ndiscmin * (1 + walk.band_min) * 1.001 or n >= device.Ndiscmax * (1 - walk.band) * 0.999


def at_limit(device: ouro.Device, n: float) -> bool:
    """Return whether the state is where the rate can feel a limit that walks."""
    if not isinstance(device.walk, ouro.Walk):
        return False
    low, high = device.Ndiscmin * (1 + device.walk.band_min), device.Ndiscmax * (1 - device.walk.band)
    return (device.Nlo < low and n * FELT <= low) or (device.Nhi > high and n >= high * FELT)


def limit_gap(case: Case, wave: Waveform) -> float:
    """Return |ln g| between a circuit that ends at a walking limit and the compact model; 0 where none compares."""
    device = case.cell.device
    if not isinstance(case.cell, ouro.Cell1R) or not at_limit(device, wave["n_disc"][-1]):
        return 0.0
    cell = ouro.CompactCell(device, "tud" if case.realisation == "tud" else "full")
    return float(abs(np.log(wave.g_S / ouro.simulate(cell, case.pulse, case.state, seed=case.index).g_S)))


def judge(case: Case, wave: Waveform) -> dict[str, Any]:
    """Return what is kept of one waveform."""
    device = case.cell.device
    row = {"index": case.index, "kind": case.kind, "result": wave.result.name, "rung": wave.effort.rung}
    row |= {key: getattr(wave.effort, key) for key in ("restarts", "points", "rejected", "analysis_s")}
    row |= {"steps": wave.state.wander[0].count if wave.state and wave.state.wander else 0, "moved": 0.0}
    row |= {"wide_step": int(isinstance(device.walk, ouro.Walk) and device.walk.step_s > 10e-9)}
    row |= {"overshoot": 0.0, "outside": 0.0, "g_bad": 0, "wrong_way": 0, "kcl_1r": 0.0, "kcl_1t1r": 0.0}
    row |= {"limit_gap": 0.0}
    if wave.result is ouro.Result.OK:
        n, g = wave["n_disc"], wave.g
        # SET raises the concentration, RESET lowers it; 0.1 % for the way back that line charges take
        step = (n[-1] / n[0] - 1) * -np.sign(case.pulse.amplitude)
        row |= bounds(device, wave) | {
            "g_bad": int(not np.all(np.isfinite(g) & (g > 0))),
            "wrong_way": int(step < -1e-3 and not pushed(device, n[-1])),
            "limit_gap": limit_gap(case, wave),
        }
        row |= {"kcl_1r" if isinstance(case.cell, ouro.Cell1R) else "kcl_1t1r": balance(case, wave)}
        row["moved"] = float(abs(np.log(g[-1] / g[0])))
    return row


def bounds(device: ouro.Device, wave: Waveform) -> dict[str, float]:
    """Return how far N leaves its bounds, relative; a walking limit that has moved past N stops it, without a push."""
    n = wave["n_disc"]
    if isinstance(device.walk, ouro.HalfCycleWalk):
        device = device.replace(walk=None, Ndiscmin=device.walk.low[2], Ndiscmax=device.walk.high[3])
    elif device.walk and "w_min" not in wave.traces:
        band = device.walk.band, device.walk.band_min
        device = device.replace(
            walk=None, Ndiscmin=device.Ndiscmin * (1 - band[1]), Ndiscmax=device.Ndiscmax * (1 + band[0])
        )
    factors = [np.exp(wave[name]) if name in wave.traces else np.ones(len(n)) for name in ("w_min", "w_max")]
    low, high = (
        np.maximum(device.Nlo, device.Ndiscmin * factors[0]),
        np.minimum(device.Nhi, device.Ndiscmax * factors[1]),
    )
    reach = np.minimum.accumulate(np.minimum(low, n[0])), np.maximum.accumulate(np.maximum(high, n[0]))
    return {
        "overshoot": float(max(np.max(reach[0] / n - 1), np.max(n / reach[1] - 1), 0)),
        "outside": float(max(np.max(low / n - 1), np.max(n / high - 1), 0)),
    }


def balance(case: Case, wave: Waveform) -> float:
    """Return how nearly the drivers' currents add up to nothing.

    A bare device has no other way for a current: at every point, over the largest current. Lines and transistor store
    charge and give it back: the charge of all drivers over the whole pulse, over the charge that they have moved.
    """
    if isinstance(case.cell, ouro.CompactCell):
        return 0.0  # one current by construction
    currents = [trace for name, trace in wave.traces.items() if name.startswith("i_") and name != "i_cell"]
    if isinstance(case.cell, ouro.Cell1R):
        return float(np.max(np.abs(sum(currents))) / np.max(np.abs(currents)))
    moved = sum(np.trapezoid(np.abs(i), wave.time_s) for i in currents)
    return float(abs(np.trapezoid(sum(currents), wave.time_s)) / moved)
