"""Writes as arrays, for the cache of a campaign."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ..circuit.pulse import Pulse
from ..programming.history import History
from ..programming.outcome import Outcome

_EDGES = ("rise", "fall", "idle")
_COLUMNS = ("amplitude_V", "width_s", *(f"{edge}_s" for edge in _EDGES), "gate_V")
"""Times of a pulse beside its width, and the columns of pulses, in the order of `Pulse`."""


def pack(histories: Sequence[History]) -> dict[str, np.ndarray]:
    """Return histories as arrays, rows filled up with NaN."""
    longest = max(max(len(h.readings_S), len(h.pulses)) for h in histories)

    def filled(get: Callable[[History], Sequence[float]]) -> np.ndarray:
        filled_up = np.full((len(histories), longest), np.nan)
        for line, history in zip(filled_up, histories, strict=True):
            values = get(history)
            line[: len(values)] = values
        return filled_up

    return {
        "readings_S": filled(lambda h: h.readings_S), "conductances_S": filled(lambda h: h.conductances_S),
        "amplitude_V": filled(lambda h: [p.amplitude for p in h.pulses]),
        "width_s": filled(lambda h: [p.width for p in h.pulses]),
        "gate_V": filled(lambda h: [np.nan if p.gate is None else p.gate for p in h.pulses]),
        **{f"{edge}_s": filled(lambda h, edge=edge: [getattr(p, edge) for p in h.pulses]) for edge in _EDGES},
        "target_S": np.array([h.target_S for h in histories]), "time_s": np.array([h.time_s for h in histories]),
        "energy_J": np.array([h.energy_J for h in histories]), "read_s": np.array([h.read_s for h in histories]),
        "predictions": np.array([h.predictions for h in histories]),
        "read_energy_J": np.array([h.read_energy_J for h in histories]),
        "knows": np.array([h.knows for h in histories]),
        "sequences": filled(lambda h: h.sequences),
        "outcome": np.array([h.outcome.name for h in histories]), "detail": np.array([h.detail for h in histories]),
    }  # fmt: skip


def unpack(arrays: dict[str, np.ndarray], name: str, tolerance: float, manifest: Any) -> list[History]:
    """Return the histories that `pack` made arrays of."""
    found = []
    for k, target in enumerate(arrays["target_S"].tolist()):
        rows = {key: arrays[key][k][np.isfinite(arrays[key][k])].tolist() for key in ("readings_S", "conductances_S")}
        sent = np.isfinite(arrays["width_s"][k])
        columns = (arrays[name][k][sent].tolist() for name in _COLUMNS)
        found.append(History(
            name, target, tolerance, tuple(rows["readings_S"]), tuple(rows["conductances_S"]),
            tuple(
                Pulse(*values, gate=None if np.isnan(gate) else gate) for *values, gate in zip(*columns, strict=True)
            ), Outcome[str(arrays["outcome"][k])],
            float(arrays["time_s"][k]), float(arrays["energy_J"][k]), manifest, str(arrays["detail"][k]),
            float(arrays["read_s"][k]), int(arrays["predictions"][k]), float(arrays["read_energy_J"][k]),
            str(arrays["knows"][k]), tuple(map(int, arrays["sequences"][k][np.isfinite(arrays["sequences"][k])])),
        ))  # fmt: skip
    return found
