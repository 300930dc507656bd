"""What a waveform shows that the model of the device is not known to be right for.

The voltage is limited to where published comparisons end: the user guide's kinetics go to -1.1 V (SET) and +1.9 V
(RESET), its I-V triangles to +-1.5 V. The temperature is limited to where the rate equation itself ends: hops over a
barrier dWa are rare events only while it is well above kB T; where it is no more than twice that, at 7 833 K for
1.35 eV, ions are free. Short of it the temperature is a quantity of the fit, in a filament that stores no heat, and no
thermometer's: the published kinetics pass 3 600 K for a picosecond of a SET at -1.1 V, and HfO2 melts at 3 030 K.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence

import numpy as np

from .._util.validity import warn
from ..circuit.result import Result
from ..circuit.waveform import Waveform
from ..device.jart.jart_device import Device
from ..device.jart.walk import Walk

HIGHEST_V = 2.0
"""Largest V(AE, OE) that published figures go to [V]."""

TUD_V, TUD_N = 1.8, (0.004, 25.0)
"""Where the fitted current of JART-TUD ends: V(AE, OE) [V] and n_disc [1e26 m^-3]."""

HOPS = 2.0
"""Least height of the barrier for ions over kB T at which the published rate, one of hops, has a meaning."""

_KB_eV = 8.617333262e-5

STEEPEST = 0.99
"""The share of its largest value at which the tilt of the barrier for ions, gamma, is held."""

_FIGURE = " (here: "

_CLAMPED = "r or l lies outside the 10 % around its nominal value for which JART-TUD is fitted: it was held there"


def doubts(wave: Waveform) -> tuple[str, ...]:
    """Return a sentence for each limit of the model that a waveform passes, with the worst figure at its end."""
    if wave.device is None or not len(wave.time_s):
        return ()
    fitted = "clamped" in wave.traces
    found = [
        _too_high(wave, fitted),
        _too_hot(wave, wave.device),
        _too_steep(wave, wave.device),
        _clamped(wave) if fitted else "",
        _squeezed(wave, wave.device),
    ]
    return tuple(text for text in found if text)


def warn_each(texts: tuple[str, ...]) -> None:
    """Warn of each sentence, without its figure: the same text again and again is shown once."""
    for text in texts:
        warn(text.partition(_FIGURE)[0])


def with_warnings(whole: Waveform, parts: Sequence[Waveform]) -> Waveform:
    """Return a waveform with its `warnings`; `parts` are the waveforms that it was joined of."""
    found = {text.partition(_FIGURE)[0]: text for text in doubts(whole)}
    if whole.result is not Result.OK:  # what came before the failure has traces that the whole has not
        for text in (text for part in parts for text in doubts(part)):
            found.setdefault(text.partition(_FIGURE)[0], text)
    return dataclasses.replace(whole, warnings=tuple(found.values()))


def warn_of(wave: Waveform) -> Waveform:
    """Warn of what a waveform's `warnings` say, and return it."""
    # D2D and a walk together take r and l over the end of the fit as a rule: that stays in the waveform
    walks = wave.device is not None and wave.device.walk
    warn_each(tuple(text for text in wave.warnings if text != _CLAMPED or not walks))
    return wave


def check_walk(walk: object, pulses_s: float, what: str) -> None:
    """Warn of a walk whose step is longer than the write-pulse time [s] in which it is to act."""
    if isinstance(walk, Walk) and walk.step_s > pulses_s * (1 + 1e-9):
        warn(f"the walk's step_s = {walk.step_s:g} s is longer than {what}: r, l and the limits stand still there")


def voltage_doubt(peak_V: float, fitted: bool = False) -> str:
    """Return the sentence for a voltage across a device, "" for one that the model is known to be right for."""
    limit = TUD_V if fitted else HIGHEST_V
    if peak_V <= limit * (1 + 1e-6):
        return ""
    why = "where the fit of JART-TUD ends" if fitted else "the largest voltage that published figures go to"
    return f"V(AE, OE) exceeds {limit:g} V, {why}{_FIGURE}{peak_V:.4g} V)"


def _too_high(wave: Waveform, fitted: bool) -> str:
    """Return a warning where a device has more voltage than published figures, or the fit of JART-TUD, go to."""
    ends = [name.removeprefix("v_ae") for name in wave.traces if name.startswith("v_ae")]
    peaks = [np.max(np.abs(wave.traces[f"v_ae{end}"] - wave.traces[f"v_oe{end}"])) for end in ends]
    peak_V = float(max(peaks, default=0.0))
    if wave.maps and _driven_V(wave) > HIGHEST_V:  # no other cell can have more than the drivers give
        ae, oe = wave.maps["v_ae"], wave.maps["v_oe"]
        peak_V = max(peak_V, *(float(np.max(np.abs(a - o))) for a, o in zip(ae, oe, strict=True)))
    return voltage_doubt(peak_V, fitted)


def _driven_V(wave: Waveform) -> float:
    """Return the largest voltage between two drivers' lines [V]; gates, which carry no current, left out."""
    lines = ("v_bl", "v_sl") if "v_sl" in wave.traces else ("v_bl", "v_wl")
    volts = [wave.traces[name] for name in lines if name in wave.traces]
    return float(np.max(volts) - np.min(volts)) if volts else math.inf


def _too_hot(wave: Waveform, device: Device) -> str:
    """Return a warning where the filament is so hot that the rate, one of hops, has no meaning."""
    hot = [float(np.max(trace)) for name, trace in wave.traces.items() if name.startswith("temperature")]
    hottest, limit = max(hot, default=0.0), device.dWa / (HOPS * _KB_eV)
    if hottest <= limit:
        return ""
    return (
        f"the filament is hotter than {limit:.0f} K, where the ions' barrier dWa is {HOPS:g} kB T: the published rate, "
        f"one of hops, has no meaning there{_FIGURE}{hottest:.0f} K)"
    )


def _too_steep(wave: Waveform, device: Device) -> str:
    """Return a warning where the field would tilt the ions' barrier beyond its height; the rate ends at `STEEPEST`."""
    steepness = 2 * device.a * 1e9 / (math.pi * device.dWa)  # z = 2; nm / V
    if "v_cell" not in wave.traces or not {"i_cell", "n_disc"} <= set(wave.traces):
        return ""
    volts, amps = wave["v_cell"], wave["i_cell"]
    if steepness * float(np.max(np.abs(volts))) < STEEPEST * device.l * 0.5:
        return ""
    area = math.pi * wave.traces.get("r", device.r) ** 2
    length = wave.traces.get("l", device.l)
    disc_V = amps * length * 1e-9 / (2 * 1.602176634e-19 * device.un * wave["n_disc"] * 1e26 * area)
    line = device.R0 * (1 + device.R0 * device.alphaline * device.Rthline * amps**2)
    gamma = steepness * np.where(volts > 0, (volts - amps * (device.RTiOx + line)) / device.lcell, disc_V / length)
    steepest = float(np.max(np.abs(gamma)))
    if steepest < STEEPEST:
        return ""
    return (
        "the field tilts the barrier for ions (gamma) to its height, beyond which the published rate is not defined: "
        f"it is held at {STEEPEST:g}{_FIGURE}{steepest:.3g})"
    )


def _clamped(wave: Waveform) -> str:
    """Return a warning where r, l or n_disc leaves what JART-TUD is fitted for."""
    names = [name for name in wave.traces if name.startswith("clamped")]
    n = [wave.traces[name] for name in wave.traces if name.startswith("n_disc")]
    low, high = (float(limit(trace)) for limit, trace in ((np.min, np.concatenate(n)), (np.max, np.concatenate(n))))
    if any(np.any(wave.traces[name] > 0.5) for name in names):
        return _CLAMPED
    if low < TUD_N[0] * (1 - 1e-6) or high > TUD_N[1] * (1 + 1e-6):
        end = low if low < TUD_N[0] else high
        return (
            f"n_disc leaves {TUD_N[0]:g} .. {TUD_N[1]:g}e26 m^-3, for which JART-TUD is fitted"
            f"{_FIGURE}{end:.4g}e26 m^-3)"
        )
    return ""


def _squeezed(wave: Waveform, device: Device) -> str:
    """Return a warning where drdN or dldN would take r or l beyond what the model allows."""
    if not (device.drdN or device.dldN) or "n_disc" not in wave.traces:
        return ""
    way = wave["n_disc"] - device.Nref
    r, length = 1 + device.drdN * way / device.r, 1 + device.dldN * way / device.l
    longest = min(2.0, device.lcell / device.l)
    if min(r.min(), length.min()) >= 0.5 and r.max() <= 2 and length.max() <= longest:
        return ""
    return (
        "with this drdN and dldN r or l leaves a factor of 2 around its value, or l the cell: it was held there"
        f"{_FIGURE}r times {r.min():.3g} .. {r.max():.3g}, l times {length.min():.3g} .. {length.max():.3g})"
    )
