"""A sample of writes in full SPICE beside the solver's: how far such a pulse is from it, or why it is refused."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import math
from collections.abc import Callable

import numpy as np

from ...circuit.array_protocol import Array
from ...circuit.cells import Cell1T1R
from ...circuit.parts import Resistor
from ...circuit.pulse import Parallel, Pulse
from ...circuit.selection import Selection
from ...circuit.stimuli import Stimulus
from ...circuit.waveform import Waveform
from ...circuit.write_agreement import Agreement
from ...device.memristor import Memristor
from ...device.state import State
from ...provenance import sources
from ...provenance.cache import cached_arrays
from ...provenance.journal import in_full
from ...provenance.manifest import versions
from ...spice.ngspice import Engine, default_engine
from .solved_pulse import solved
from .transistor_measurement import kept_in, measured

WRITES, _SIDE, _SEED = 4, 4, 19
"""Writes of a sample, rows and columns of its array at most, seed of its conductances and cells."""

MEDIAN, WORST, DISTURB = 1e-3, 1e-2, 1e-2
"""Median and largest |ln| of the ratio of conductances, or shift in time, and error of disturb, that are allowed."""

_LAST = 0.2
"""Share of the pulse at its end in which a selected cell's speed is looked for."""

_NOTHING = 1e-6
"""A change of another cell's state below this share is no disturb."""

_VOLTS, _PER_OCTAVE = 0.025, 2
"""Pulses whose amplitude lies within this [V], and whose times within a part of an octave, share a sample."""

_known: dict[str, Agreement] = {}
"""The agreements that this process has."""


def agreement(selection: Selection, pulse: Stimulus | Parallel, state: State, engine: Engine) -> Agreement:
    """Return how far such a pulse is from full SPICE: on a sample that is made where it is not known.

    The sample array has the same cell, scheme and drivers, lines that are as long, devices of the array that the seed
    chooses, and random conductances; its pulse is one near this one. It is kept in the cache folder, by the digest of
    all that and of the code.

    Raises
    ------
    ValueError
        Where it is further from SPICE than `MEDIAN`, `WORST` and `DISTURB` allow.
    SimulationError
        Where a simulation of the sample fails.
    """
    sample = _Sample.of(selection, pulse, state)
    key = hashlib.sha256(json.dumps(sample.settings, sort_keys=True).encode()).hexdigest()
    if key not in _known:
        made = cached_arrays(kept_in(), f"agreement-{key[:12]}", sample.settings, lambda: sample.made(engine))
        _known[key] = Agreement(WRITES, sample.array.rows, sample.array.cols, *made["figures"].tolist())
    found = _known[key]
    if found.off_median > MEDIAN or found.off_worst > WORST or found.disturb > DISTURB:
        allowed = f"allowed: {MEDIAN:g}, {WORST:g}, disturb {DISTURB:g}"
        raise ValueError(f'fidelity "circuit" differs {found} ({allowed}); take fidelity "full", or slower edges')
    return found


def agreement_of(
    selection: Selection, pulse: Stimulus | Parallel, state: State, engine: Engine | None
) -> Agreement | None:
    """Return the agreement of a pulse at fidelity "circuit", as `agreement`; None at another fidelity."""
    if selection.fidelity != "circuit":
        return None
    return agreement(selection, pulse, state, engine or default_engine())


@dataclasses.dataclass(frozen=True)
class _Sample:
    """The array of a sample, without its transistors' charges on the lines, the pulse, and what decides all that."""

    array: Array
    pulse: Stimulus
    rows: int
    cols: int

    @classmethod
    def of(cls, selection: Selection, pulse: Stimulus | Parallel, state: State) -> _Sample:
        """Return the sample for a pulse to cells of an array in a state."""
        array = selection.array
        rows, cols = min(array.rows, _SIDE), min(array.cols, _SIDE)
        lines, down, along = array.cell.lines, array.rows / rows, array.cols / cols
        longer = {"r_bl": down, "c_bl": down, "r_sl": down, "c_sl": down, "r_wl": along, "c_wl": along}
        lines = dataclasses.replace(lines, **{name: getattr(lines, name) * factor for name, factor in longer.items()})
        devices = None
        if array.devices is not None:
            places = np.random.default_rng(_SEED).choice(array.size, rows * cols, replace=False)
            devices = tuple(_still(array.device_at(int(k)), state, int(k)) for k in places)
        cell = array.cell.replace(lines=lines, device=_still(array.cell.device, None, 0))
        return cls(
            array.replace(rows=rows, cols=cols, cell=cell, devices=devices, fidelity="full"),
            near(pulse.given[0] if isinstance(pulse, Parallel) else pulse),
            array.rows,
            array.cols,
        )

    @property
    def settings(self) -> dict[str, object]:
        """Return everything that decides the figures, as JSON can hold it."""
        array = self.array
        parts = [array.rows, array.cols, array.scheme, in_full(array.cell), in_full(array.devices), repr(self.pulse)]
        code = sources.closure(("simulation.array_solver",), ("spice.pool", "provenance"))
        tools = {name: versions()[name] for name in ("ngspice", "numpy", "scipy", "numba")}
        process = array.cell.process.content if isinstance(array.cell, Cell1T1R) else ()
        size = [self.rows, self.cols, WRITES, _SEED]
        return {"sample": parts, "size": size, "process": list(process), "code": code, "tools": tools}

    def made(self, engine: Engine) -> dict[str, np.ndarray]:
        """Return the figures of an `Agreement`, from simulations of all writes in both ways."""
        rng = np.random.default_rng(_SEED)
        array = self._loaded(engine)
        pairs = [self._write(array, rng, engine, k) for k in range(WRITES)]
        g, off, disturb, energy = np.array(pairs).T
        selected = [np.median(g), np.max(g), np.median(off), np.max(off)]
        return {"figures": np.array([*selected, np.max(disturb), np.max(energy)])}

    def _loaded(self, engine: Engine) -> Array:
        """Return the array with what the transistors that it lacks would add to the capacitance of lines."""
        array = self.array
        cell = array.cell
        if not isinstance(cell, Cell1T1R):
            return array
        table = measured(cell, 0.0, 0.0, engine)
        down, along = self.rows / array.rows - 1, self.cols / array.cols - 1
        more = {"c_bl": down * table.off_F, "c_sl": down * table.off_F, "c_wl": along * table.gate_F}
        lines = dataclasses.replace(
            cell.lines, **{name: getattr(cell.lines, name) + value for name, value in more.items()}
        )
        return array.replace(cell=cell.replace(lines=lines))

    def _write(self, array: Array, rng: np.random.Generator, engine: Engine, number: int) -> tuple[float, ...]:
        """Return how far one write is from SPICE: selected conductance, the same or the shift, disturb, energy."""
        low, high = array.ensemble.ranges_S
        shares = rng.uniform(size=array.size)
        place = int(rng.integers(array.size))
        row, col = divmod(place, array.cols)
        polarity = self.pulse.polarity if isinstance(self.pulse, Pulse) else -1
        if number % 2 == 0:  # the whole way, every other time
            shares[place] = 0.0 if polarity < 0 else 1.0
        start = array.state().moved(array.ensemble.states_for(low + shares * (high - low)))
        cell = Selection(array, row, (col,))
        stop_s = cell.duration([self.pulse])
        ours = solved(cell, self.pulse, 0.0, stop_s, start, engine)
        spice = engine.run(cell.testbench([self.pulse], start))
        flat_s = cell.flat_start_s(self.pulse)
        g, disturb, energy = _apart(array, place, start, ours, spice)
        return g, min(g, _shift(ours, g, flat_s, self.pulse.duration - self.pulse.rise)), disturb, energy


def near(pulse: Stimulus) -> Stimulus:
    """Return the pulse of a sample that stands for a pulse: amplitude and times rounded, edges down; a waveform stands
    for itself.
    """
    if not isinstance(pulse, Pulse):
        return pulse
    edges = {name: _rounded(getattr(pulse, name), math.floor) for name in ("rise", "fall")}
    amplitude = round(pulse.amplitude / _VOLTS) * _VOLTS
    return dataclasses.replace(pulse, amplitude=amplitude, width=_rounded(pulse.width, round), idle=1e-8, **edges)


def _rounded(time_s: float, way: Callable[[float], int]) -> float:
    return 2.0 ** (way(math.log2(time_s) * _PER_OCTAVE + 1e-9) / _PER_OCTAVE)


def _still(device: Memristor | Resistor, state: State | None, place: int) -> Memristor | Resistor:
    """Return a device as its walk has left it, without walk and noise."""
    if not isinstance(device, Memristor):
        return device
    return device.now(device.start if state is None else state.x[place], state.walked(place) if state else None)


def _shift(wave: Waveform, g: float, flat_s: float, length_s: float) -> float:
    """Return the shift in time, over the pulse's length, that explains a difference of ln of the conductance.

    It is that at the highest speed of the selected cell near the end of its pulse, which begins at `flat_s`.
    """
    if wave.device is None or length_s <= 0:
        return math.inf
    inside = np.flatnonzero((wave.time_s >= flat_s + (1 - _LAST) * length_s) & (wave.time_s <= flat_s + length_s))
    inside = inside[0] - 1 + np.arange(len(inside) + 1) if len(inside) and inside[0] else inside
    speed = np.abs(np.diff(np.log(wave.g[inside])) / np.diff(wave.time_s[inside]))
    fastest = float(np.max(speed, initial=0.0))
    return g / fastest / length_s if fastest > 0 else math.inf


def _apart(array: Array, place: int, start: State, ours: Waveform, spice: Waveform) -> tuple[float, float, float]:
    """Return the ln, without its sign, of the ratio of conductances, relative differences of disturb and energy."""
    before = array.ensemble.conductances(start.lead)
    own, other = (array.ensemble.conductances(wave.end_state.lead) for wave in (ours, spice))
    moved = [np.delete(after / before - 1, place) for after in (own, other)]
    worst = int(np.argmax(np.abs(moved[1]))) if array.size > 1 else -1
    disturbed = worst >= 0 and abs(moved[1][worst]) > _NOTHING
    disturb = abs(moved[0][worst] / moved[1][worst] - 1) if disturbed else 0.0
    energy = abs(ours.energy_J / spice.energy_J - 1) if spice.energy_J else 0.0
    return abs(math.log(own[place] / other[place])), float(disturb), float(energy)
