"""A device with a closed form, and datasets of it: the logit of its conductance grows with time, slower upwards."""

from __future__ import annotations

import numpy as np
import pandas as pd

import ouro_spice as ouro
from ouro_spice import PulseDataset
from ouro_spice.prediction.specification import Specification, Stage
from ouro_spice.provenance.manifest import describe

CELL = ouro.Cell1R(ouro.jart_vcm_v1b(window=True))
LOW_S, HIGH_S = 100e-6, 540e-6
FLOOR_S, TOP_S = 0.9 * LOW_S, 1.1 * HIGH_S
UP_S, DOWN_S = 9e-6, 5e-6
PAIR = {"v_set": -0.41, "v_reset": 0.85, "total_s": 60e-6}
POINTS = 81


def logit(g_S):
    x = (np.asarray(g_S, float) - FLOOR_S) / (TOP_S - FLOOR_S)
    return np.log(x / (1 - x))


def needed_s(start_S, target_S):
    """Signed pulse time [s]."""
    change = logit(target_S) - logit(start_S)
    return np.where(change > 0, UP_S, DOWN_S) * change


def g_after(start_S, time_s):
    """Conductance after a signed pulse time [S]."""
    y = logit(start_S) + np.asarray(time_s) / np.where(np.asarray(time_s) > 0, UP_S, DOWN_S)
    return FLOOR_S + (TOP_S - FLOOR_S) / (1 + np.exp(-y))


def grid():
    """Starts and wanted changes over the window, (14, 15) each, without those of less than 30 uS."""
    start, target = np.meshgrid(np.linspace(120e-6, 520e-6, 15), np.linspace(125e-6, 515e-6, 14))
    far = np.abs(target - start) > 30e-6
    return start[far], (target - start)[far]


def records(n, seed=0, slowness=1.0, histories=False, **changes):
    """A dataset as `extract` would make it; `slowness` (n,) multiplies the times of each record's device."""
    rng = np.random.default_rng(seed)
    start, target = rng.uniform(LOW_S, HIGH_S, size=(2, n))
    time_s = needed_s(start, target) * slowness
    frame = pd.DataFrame({
        "g_start_S": start, "g_sense_start_S": start, "g_target_S": target, "t_pulse_s": time_s,
        "outcome": "reached", "split": np.resize(["train"] * 8 + ["validation", "test"], n),
    })  # fmt: skip
    if histories:
        part = np.linspace(0, 2, POINTS)
        g = g_after(start[:, None], needed_s(start, target)[:, None] * part).astype(np.float32)
        frame["history_dt_s"], frame["history_g_S"] = np.abs(time_s) * part[1], list(g)
        frame["history_points"] = POINTS
    for name, value in changes.items():
        frame[name] = value
    return PulseDataset(frame, describe(CELL, n=n, seed=seed, step_s=1e-9, rise_s=3e-9, fall_s=4e-9, pair=PAIR))


def quick(objective="time", epochs=2, **more):
    """A specification of one stage."""
    stage = {name: more.pop(name) for name in ("batch", "learning_rate", "keep", "smoothing", "band") if name in more}
    return Specification((Stage(objective, epochs, **stage),), **more)


def plain(data=None, **more):
    """A predictor that has learned next to nothing, for what does not depend on it."""
    return ouro.PulsePredictor.fit(records(40) if data is None else data, quick(**more))


class AnalyticFleet:
    """Cells of the device, each slower by a factor of its own: what `rollout` may see of a fleet, and no more.

    Times fall with the 25th power of the amplitude over the pair's; edges count for nothing.
    """

    def __init__(self, start_S, slowness=1.0):
        self._g_S = np.array(start_S, dtype=float)
        self._slowness = np.broadcast_to(slowness, self._g_S.shape)
        self.sent = []

    def __len__(self):
        return len(self._g_S)

    def _moved(self, places, amplitude_V, width_s):
        volts = np.asarray(amplitude_V)
        drive = volts / np.where(volts < 0, PAIR["v_set"], PAIR["v_reset"])
        factor = np.where(volts < 0, 1, -1) * drive**25 / self._slowness[places]
        return g_after(self._g_S[places][:, None], factor[:, None] * width_s)

    def read(self, places, bar=None):
        return self._g_S[places].copy()

    def apply(self, places, pulses, bar=None):
        self.sent.append(dict(zip(places.tolist(), pulses, strict=True)))
        width_s = np.array([[pulse.width] for pulse in pulses]).reshape(-1, 1)
        g_S = self._moved(places, [pulse.amplitude for pulse in pulses], width_s)[:, 0]
        # at the very ends the logit is infinite
        self._g_S[places] = np.clip(g_S, 1.0001 * FLOOR_S, 0.9999 * TOP_S)
        return np.zeros(len(places))

    def sampled(self, places, amplitude_V, dt_s, points, rise_s=2e-9, bar=None):
        return self._moved(places, amplitude_V, np.asarray(dt_s)[:, None] * np.arange(points))
