"""The second fidelity of arrays: memristors that provably do not switch are held still, and what that leaves out.

A held memristor has its static I-V. What its concentration would have done follows from its own voltage, because the
rate depends on nothing else; where that is below the tolerance, so is what it does to the circuit.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..circuit.device_map import DeviceMap
from ..circuit.pulse import Parallel
from ..circuit.selection import Selection
from ..circuit.stimuli import Stimulus
from ..circuit.waveform import Fidelity, Waveform
from ..device.memristor import Memristor
from ..device.state import State

TOLERANCE = 1e-3
"""Largest change of the state of a memristor that is held still, on the scale of its variable."""

_NOTHING = 1e-10
"""A change whose upper bound lies below this is taken as 0."""

_CELLS = 4096
"""Cells that are looked at together: bounds the memory."""


def candidates(cell: Selection, pulse: Stimulus | Parallel, state: State) -> frozenset[int]:
    """Return the places of memristors that would switch if lines were ideal: the selected ones, and those that a scheme
    half selects too much.
    """
    array = cell.array.walked(state)
    chosen = frozenset(cell.indices)
    if array.gated:
        return chosen
    drives = cell.voltages(pulse)
    driven = {name: pwl for name, pwl in drives.items() if pwl is not None}
    if len(driven) < len(drives):
        return chosen
    time_s = cell.duration([pulse])
    t = np.linspace(0, time_s, 200)
    lines = {name: np.interp(t, pwl.times_s, pwl.volts) for name, pwl in driven.items()}
    found = []
    for row in range(array.rows):
        volts = np.stack([lines[f"wl{row}"] - lines[f"bl{col}"] for col in range(array.cols)], axis=1)
        places = np.arange(row * array.cols, (row + 1) * array.cols)
        x = state.lead[places]
        peaks = np.stack([volts.min(axis=0), volts.max(axis=0)])
        moved = np.max(np.abs(array.ensemble.some(places).paces(peaks, x)), axis=0) * time_s
        found += list(places[moved > TOLERANCE])
    return chosen | {int(k) for k in found if isinstance(cell.device_at(int(k)), Memristor)}


@dataclass(frozen=True)
class Held:
    """What memristors that were held still would have done.

    Attributes
    ----------
    cell
        The selection, with its active memristors.
    moved
        Change of the state of every memristor, on the scale of its variable, 0 for active ones, (K,).
    peak_V
        Largest voltage at a held one [V].
    held
        Number of held ones.
    """

    cell: Selection
    moved: np.ndarray
    peak_V: float
    held: int

    @classmethod
    def of(cls, cell: Selection, waves: Sequence[Waveform], state: State) -> Held:
        """Return what the held ones would have done in the waveforms of a pulse that began in a state."""
        active = range(cell.array.size) if cell.active is None else cell.active
        places = np.array([k for k in range(cell.array.size) if k not in active], dtype=int)
        places = places[[isinstance(cell.device_at(k), Memristor) for k in places]] if len(places) else places
        moved, peak_V = np.zeros(cell.array.size), 0.0
        x, every = state.lead, cell.array.walked(state).ensemble
        for some in np.array_split(places, range(_CELLS, len(places), _CELLS)):
            ensemble = every.some(some)
            for wave in waves:
                volts = _volts(wave, some)
                peak_V = max(peak_V, float(np.max(np.abs(volts), initial=0.0)))
                moved[some] += _moved(ensemble, volts, wave.time_s, x[some])
        return cls(cell, moved, peak_V, len(places))

    @property
    def movers(self) -> frozenset[int]:
        """Return the places of memristors that may not be held still."""
        return frozenset(int(k) for k in np.flatnonzero(np.abs(self.moved) > TOLERANCE))

    def with_fidelity(self, waves: Sequence[Waveform], after: State) -> list[Waveform]:
        """Return the waveforms with this fidelity, the last one's state, `after`, with what the held ones have done."""
        disturb = float(np.max(np.abs(self.moved), initial=0.0))
        fidelity = Fidelity("frozen", self.held, self.peak_V, disturb, TOLERANCE)
        x, ensemble = after.lead, self.cell.array.ensemble
        low, high = ensemble.bounds
        moved = ensemble.moved(x, self.moved)
        # a bound stops the rate; a state that starts beyond one stays where it is
        state = after.moved(np.clip(moved, np.minimum(low, x), np.maximum(high, x)))
        # the parts of one pulse count once
        parts = [dataclasses.replace(wave, fidelity=Fidelity("frozen", self.held)) for wave in waves[:-1]]
        return [*parts, dataclasses.replace(waves[-1], fidelity=fidelity, state=state)]


def _volts(wave: Waveform, places: np.ndarray) -> np.ndarray:
    """Return V(AE, OE) of some cells, by their places (P,), (T, P) [V]."""
    ae, oe = (np.moveaxis(wave.maps[name], 0, -1).reshape(-1, len(wave.time_s)) for name in ("v_ae", "v_oe"))
    return (ae[places] - oe[places]).T


def _moved(ensemble: DeviceMap, volts: np.ndarray, time_s: np.ndarray, x: np.ndarray) -> np.ndarray:
    """Return the change of states, (P,), on the scale of their variable, at voltages (T, P) [V] over times (T,) [s]."""
    moved = np.zeros(len(x))
    # the rate rises with the voltage: the peaks bound it
    peaks = np.stack([volts.min(axis=0), volts.max(axis=0)])
    bound = np.max(np.abs(ensemble.paces(peaks, x)), axis=0) * (time_s[-1] - time_s[0])
    some = np.flatnonzero(bound > _NOTHING)
    if len(some):
        moved[some] = _integral(ensemble.some(some).paces(volts[:, some], x[some]), time_s)
    return moved


def _integral(rates: np.ndarray, time_s: np.ndarray) -> np.ndarray:
    """Return the integral over time (T,) of rates (T, P) that go exponentially from point to point, as they do with
    a voltage.
    """
    before, after = rates[:-1], rates[1:]
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.log(after / before)
        mean = np.where(np.abs(ratio) > 1e-3, (after - before) / ratio, (before + after) / 2)
    mean = np.where(before * after > 0, mean, (before + after) / 2)
    return np.sum(mean * np.diff(time_s)[:, None], axis=0)
