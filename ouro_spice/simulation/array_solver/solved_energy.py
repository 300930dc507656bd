"""The energy that the drivers of a solved array deliver, the charges of its lines included.

The lines follow their drivers without delay: what a capacitance takes is known from the driver's voltage alone. See
`delivered_energy` for what counts.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np


def charged(
    traces: dict[str, np.ndarray], held_F: Mapping[str, float], gates: Mapping[str, float], time_s: np.ndarray
) -> float:
    """Return the energy that drivers deliver over times (T,) [s] [J], and add the charges of lines to their currents.

    Parameters
    ----------
    traces
        ``v_LINE`` and ``i_LINE``, the current into the driver, (T,); the latter are changed.
    held_F
        Capacitance of each line that is driven, by its name [F].
    gates
        Voltage of the supply of those that are gates' [V].
    time_s
        Times of the points.
    """
    spent = 0.0
    for name, capacitance_F in held_F.items():
        volts, amps = traces[f"v_{name}"], traces[f"i_{name}"]
        if not np.any(volts) and not np.any(amps):
            continue
        if name in gates:
            spent += gates[name] * capacitance_F * float(np.sum(np.maximum(np.diff(volts), 0.0)))
        else:
            power = -volts * amps
            work = (power[1:] + power[:-1]) / 2 * np.diff(time_s) + capacitance_F / 2 * np.diff(volts**2)
            spent += float(np.sum(np.maximum(work, 0.0)))
        traces[f"i_{name}"] = amps - capacitance_F * _slope(volts, time_s)
    return spent


def _slope(volts: np.ndarray, time_s: np.ndarray) -> np.ndarray:
    """Return dV/dt at points, (T,) [V/s]: by the trapezoidal rule it adds up to the voltage."""
    if len(volts) < 2:
        return np.zeros(len(volts))
    padded_V = np.concatenate([volts[:1], volts, volts[-1:]])
    padded_s = np.concatenate([time_s[:1], time_s, time_s[-1:]])
    return (padded_V[2:] - padded_V[:-2]) / (padded_s[2:] - padded_s[:-2])
