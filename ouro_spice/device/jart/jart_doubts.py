"""What JART is not known to be right for, and a waveform shows.

The voltage is limited to where published comparisons end: the user guide's kinetics go to -1.1 V (SET) and +1.9 V
(RESET), its I-V triangles to +-1.5 V. The temperature is limited to where the rate equation itself ends: hops over a
barrier dWa are rare events only while it is well above kB T; where it is no more than twice that, at 7 833 K for
1.35 eV, ions are free. Short of it the temperature is a quantity of the fit, in a filament that stores no heat, and no
thermometer's: the published kinetics pass 3 600 K for a picosecond of a SET at -1.1 V, and HfO2 melts at 3 030 K.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np

from ..doubt import FIGURE
from .jart_parameters import JartParameters

HIGHEST_V = 2.0
"""Largest V(AE, OE) that published figures go to [V]."""

TUD_V, TUD_N = 1.8, (0.004, 25.0)
"""Where the fitted current of JART-TUD ends: V(AE, OE) [V] and n_disc [1e26 m^-3]."""

HOPS = 2.0
"""Least height of the barrier for ions over kB T at which the published rate, one of hops, has a meaning."""

_KB_eV = 8.617333262e-5

STEEPEST = 0.99
"""The share of its largest value at which the tilt of the barrier for ions, gamma, is held."""

CLAMPED = "r or l lies outside the 10 % around its nominal value for which JART-TUD is fitted: it was held there"


def jart_doubts(device: JartParameters, traces: Mapping[str, np.ndarray], peak_V: float) -> tuple[str, ...]:
    """Return a sentence for each limit of the model that traces pass, with the worst figure at its end."""
    fitted = "clamped" in traces
    found = [
        voltage_doubt(peak_V, fitted),
        _too_hot(traces, device),
        _too_steep(traces, device),
        _clamped(traces) if fitted else "",
        _squeezed(traces, device),
    ]
    return tuple(text for text in found if text)


def voltage_doubt(peak_V: float, fitted: bool = False) -> str:
    """Return the sentence for a voltage across a device, "" for one that the model is known to be right for."""
    limit = TUD_V if fitted else HIGHEST_V
    if peak_V <= limit * (1 + 1e-6):
        return ""
    why = "where the fit of JART-TUD ends" if fitted else "the largest voltage that published figures go to"
    return f"V(AE, OE) exceeds {limit:g} V, {why}{FIGURE}{peak_V:.4g} V)"


def _too_hot(traces: Mapping[str, np.ndarray], device: JartParameters) -> str:
    """Return a warning where the filament is so hot that the rate, one of hops, has no meaning."""
    hot = [float(np.max(trace)) for name, trace in traces.items() if name.startswith("temperature")]
    hottest, limit = max(hot, default=0.0), device.dWa / (HOPS * _KB_eV)
    if hottest <= limit:
        return ""
    return (
        f"the filament is hotter than {limit:.0f} K, where the ions' barrier dWa is {HOPS:g} kB T: the published rate, "
        f"one of hops, has no meaning there{FIGURE}{hottest:.0f} K)"
    )


def _too_steep(traces: Mapping[str, np.ndarray], device: JartParameters) -> str:
    """Return a warning where the field would tilt the ions' barrier beyond its height; the rate ends at `STEEPEST`."""
    steepness = 2 * device.a * 1e9 / (math.pi * device.dWa)  # z = 2; nm / V
    if "v_cell" not in traces or not {"i_cell", "n_disc"} <= set(traces):
        return ""
    volts, amps = traces["v_cell"], traces["i_cell"]
    if steepness * float(np.max(np.abs(volts))) < STEEPEST * device.l * 0.5:
        return ""
    area = math.pi * traces.get("r", device.r) ** 2
    length = traces.get("l", device.l)
    disc_V = amps * length * 1e-9 / (2 * 1.602176634e-19 * device.un * traces["n_disc"] * 1e26 * area)
    line = device.R0 * (1 + device.R0 * device.alphaline * device.Rthline * amps**2)
    gamma = steepness * np.where(volts > 0, (volts - amps * (device.RTiOx + line)) / device.lcell, disc_V / length)
    steepest = float(np.max(np.abs(gamma)))
    if steepest < STEEPEST:
        return ""
    return (
        "the field tilts the barrier for ions (gamma) to its height, beyond which the published rate is not defined: "
        f"it is held at {STEEPEST:g}{FIGURE}{steepest:.3g})"
    )


def _clamped(traces: Mapping[str, np.ndarray]) -> str:
    """Return a warning where r, l or n_disc leaves what JART-TUD is fitted for."""
    names = [name for name in traces if name.startswith("clamped")]
    n = [traces[name] for name in traces if name.startswith("n_disc")]
    low, high = (float(limit(trace)) for limit, trace in ((np.min, np.concatenate(n)), (np.max, np.concatenate(n))))
    if any(np.any(traces[name] > 0.5) for name in names):
        return CLAMPED
    if low < TUD_N[0] * (1 - 1e-6) or high > TUD_N[1] * (1 + 1e-6):
        end = low if low < TUD_N[0] else high
        return (
            f"n_disc leaves {TUD_N[0]:g} .. {TUD_N[1]:g}e26 m^-3, for which JART-TUD is fitted"
            f"{FIGURE}{end:.4g}e26 m^-3)"
        )
    return ""


def _squeezed(traces: Mapping[str, np.ndarray], device: JartParameters) -> str:
    """Return a warning where drdN or dldN would take r or l beyond what the model allows."""
    if not (device.drdN or device.dldN) or "n_disc" not in traces:
        return ""
    way = traces["n_disc"] - device.Nref
    r, length = 1 + device.drdN * way / device.r, 1 + device.dldN * way / device.l
    longest = min(2.0, device.lcell / device.l)
    if min(r.min(), length.min()) >= 0.5 and r.max() <= 2 and length.max() <= longest:
        return ""
    return (
        "with this drdN and dldN r or l leaves a factor of 2 around its value, or l the cell: it was held there"
        f"{FIGURE}r times {r.min():.3g} .. {r.max():.3g}, l times {length.min():.3g} .. {length.max():.3g})"
    )
