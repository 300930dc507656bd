"""What a waveform shows that the model of the device is not known to be right for.

Each family says for itself where that is, see `Memristor.doubts`.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence

import numpy as np

from .._util.validity import warn
from ..circuit.result import Result
from ..circuit.waveform import Waveform
from ..device.doubt import FIGURE
from ..device.jart.walk import Walk
from ..device.memristor import Memristor


def doubts(wave: Waveform) -> tuple[str, ...]:
    """Return a sentence for each limit of the model that a waveform passes, with the worst figure at its end."""
    if wave.device is None or not len(wave.time_s):
        return ()
    return wave.device.doubts(wave.traces, _peak_V(wave, wave.device))


def warn_each(texts: tuple[str, ...]) -> None:
    """Warn of each sentence, without its figure: the same text again and again is shown once."""
    for text in texts:
        warn(text.partition(FIGURE)[0])


def with_warnings(whole: Waveform, parts: Sequence[Waveform]) -> Waveform:
    """Return a waveform with its `warnings`; `parts` are the waveforms that it was joined of."""
    found = {text.partition(FIGURE)[0]: text for text in doubts(whole)}
    if whole.result is not Result.OK:  # what came before the failure has traces that the whole has not
        for text in (text for part in parts for text in doubts(part)):
            found.setdefault(text.partition(FIGURE)[0], text)
    return dataclasses.replace(whole, warnings=tuple(found.values()))


def warn_of(wave: Waveform) -> Waveform:
    """Warn of what a waveform's `warnings` say, and return it."""
    usual = wave.device.usual_doubts if wave.device is not None else ()
    warn_each(tuple(text for text in wave.warnings if text not in usual))
    return wave


def check_walk(walk: object, pulses_s: float, what: str) -> None:
    """Warn of a walk whose step is longer than the write-pulse time [s] in which it is to act."""
    if isinstance(walk, Walk) and walk.step_s > pulses_s * (1 + 1e-9):
        warn(f"the walk's step_s = {walk.step_s:g} s is longer than {what}: r, l and the limits stand still there")


def _peak_V(wave: Waveform, device: Memristor) -> float:
    """Return the largest voltage at a device [V]; of the cells of an array only where drivers give a doubtful one."""
    ends = [name.removeprefix("v_ae") for name in wave.traces if name.startswith("v_ae")]
    peaks = [np.max(np.abs(wave.traces[f"v_ae{end}"] - wave.traces[f"v_oe{end}"])) for end in ends]
    peak_V = float(max(peaks, default=0.0))
    if wave.maps and _driven_V(wave) > device.highest_V:  # no other cell can have more than the drivers give
        ae, oe = wave.maps["v_ae"], wave.maps["v_oe"]
        peak_V = max(peak_V, *(float(np.max(np.abs(a - o))) for a, o in zip(ae, oe, strict=True)))
    return peak_V


def _driven_V(wave: Waveform) -> float:
    """Return the largest voltage between two drivers' lines [V]; gates, which carry no current, left out."""
    lines = ("v_bl", "v_sl") if "v_sl" in wave.traces else ("v_bl", "v_wl")
    volts = [wave.traces[name] for name in lines if name in wave.traces]
    return float(np.max(volts) - np.min(volts)) if volts else math.inf
