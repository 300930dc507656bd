"""What a walk did in a transient, as traces beside those that ngspice recorded."""

from __future__ import annotations

import numpy as np

from ..circuit.waveform import Waveform
from ..device.state import State
from . import walk_segment


def walk_traces(
    wave: Waveform, stretch: walk_segment.WalkSegment, ramps: dict, suffix: str, after: State, index: int
) -> dict[str, np.ndarray]:
    """Return r [m], l [nm] and n_disc of a memristor as traces (T,); the last point is what is left afterwards."""
    device, wander = stretch.device, after.wander[index]
    traces = {
        name + suffix: getattr(device, name) * np.exp(np.interp(wave.time_s, ramps[name].times_s, ramps[name].volts))
        for name in ("r", "l")
    } | {f"n_disc{suffix}": wave[f"n_disc{suffix}"].copy()}
    for name, last in (("r", wander.r), ("l", wander.l), ("n_disc", after.n_disc[index])):
        traces[name + suffix][-1] = last
    return traces
