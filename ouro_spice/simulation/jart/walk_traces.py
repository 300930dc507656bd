"""What a walk did in a transient, as traces beside those that ngspice recorded."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from ...circuit.pulse import PWL
from ...circuit.waveform import Waveform
from ...device.jart.jart_device import Device
from ...device.jart.walk_state import WalkState


def walk_traces(
    wave: Waveform, device: Device, waveforms: Mapping[str, PWL], suffix: str, after: WalkState, n_disc: float
) -> dict[str, np.ndarray]:
    """Return r [m], l [nm] and n_disc [1e26 m^-3] of a memristor as traces, (T,).

    `waveforms` are those of ln(value / parameter) that the transient was run with. The last point is what is left
    afterwards: the walk's values, and `n_disc` [1e26 m^-3].
    """
    traces = {
        name + suffix: getattr(device, name) * np.exp(np.interp(wave.time_s, pwl.times_s, pwl.volts))
        for name, pwl in (("r", waveforms["r"]), ("l", waveforms["l"]))
    } | {f"n_disc{suffix}": wave[f"n_disc{suffix}"].copy()}
    for name, last in (("r", after.r), ("l", after.l), ("n_disc", n_disc)):
        traces[name + suffix][-1] = last
    return traces


def half_cycle_traces(wave: Waveform, device: Device, suffix: str) -> dict[str, np.ndarray]:
    """Return r [m] and l [nm] of a memristor in a half-cycle as traces, (T,): they follow the concentration."""
    way = wave[f"n_disc{suffix}"] - device.Nref
    return {f"r{suffix}": device.r + device.drdN * way, f"l{suffix}": device.l + device.dldN * way}
