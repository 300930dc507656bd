"""Switching curves in SPICE: pulse after pulse to one device, a device a task."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from .._util.progress import Bar
from ..circuit.cells import Cell1R
from ..circuit.pulse import Pulse
from ..compact import characteristics
from ..device.jart.jart_device import Device
from ..device.state import State
from ..provenance.cache import cached_arrays, kept_arrays
from ..provenance.manifest import Manifest
from ..simulation.transient import simulate
from ..simulation.write_voltages import Pair
from ..spice.tasks import Executor, Resources

WIDTH_S, EDGE_S, IDLE_S = 10e-9, 0.5e-9, 1e-9
"""Each pulse: time at full amplitude, rise and fall, time at 0 V [s]."""


def device_seed(seed: int, number: int) -> int:
    """Return the seed of one device's walk."""
    return int(np.random.SeedSequence(seed, spawn_key=(number,)).generate_state(1)[0])


def curves_in_spice(
    devices: Sequence[Device], pulses: int, manifest: Manifest, does: Executor, bar: Bar, folder: Path | None
) -> list[np.ndarray]:
    """Return the curves of devices in SPICE, (1, 2 P + 1) [S] each: from the folder, or simulated and kept there."""
    origins = [manifest.origin | {"number": number} for number in range(len(devices))]
    found = [kept_arrays(folder, f"spice_{number}", origin) for number, origin in enumerate(origins)]
    missing = [number for number, one in enumerate(found) if one is None]
    bar.advance(2 * pulses * (len(devices) - len(missing)))

    def done(k: int, curve: np.ndarray) -> None:
        number = missing[k]
        found[number] = cached_arrays(folder, f"spice_{number}", origins[number], lambda: {"g_S": curve})

    settings = manifest.settings
    work = _Curve(pulses, settings["seed"], Pair(**settings["pair"]))
    deque(does.map(work, [(number, devices[number]) for number in missing], bar, done), maxlen=0)
    return [one["g_S"][None] for one in found if one is not None]


@dataclass(frozen=True)
class _Curve:
    """Sends all pulses to a device in SPICE."""

    pulses: int
    seed: int
    voltages: Pair

    def __call__(self, numbered: tuple[int, Device], resources: Resources) -> np.ndarray:
        """Return the curve of a device with its number, (2 P + 1,) [S]."""
        number, device = numbered
        cell, state = Cell1R(device), State(((device.bounds[0],),))
        curve = np.empty(2 * self.pulses + 1)
        curve[0] = float(characteristics.conductance(device, device.bounds[0]))
        for k in range(2 * self.pulses):
            volts = self.voltages.v_set if k < self.pulses else self.voltages.v_reset
            pulse = Pulse(volts, WIDTH_S, EDGE_S, EDGE_S, IDLE_S)
            wave = simulate(cell, [pulse], state, device_seed(self.seed, number), engine=resources.engine)
            state, curve[k + 1] = wave.state, wave.g_S
            resources.bar.advance()
        return curve
