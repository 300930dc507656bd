"""Live cells: the thing that is programmed. They hold a state, are read and pulsed; nothing else is seen of them."""

from __future__ import annotations

import dataclasses
from functools import lru_cache
from typing import Protocol

import numpy as np
from scipy.interpolate import PchipInterpolator

from . import c2c, compact
from .checks import check_count
from .circuit import Cell, CompactCell, Resistor
from .device import Device
from .engine import Engine, default_engine
from .pulse import Pulse
from .telegraph import advanced, seen
from .transient import simulate
from .waveform import Result, SimulationError, State, Waveform

_CALIBRATION_S = np.geomspace(0.5e-6, 4e-3, 18)


class LiveCell(Protocol):
    """What programmers see of a memristor, in SPICE, in a compact model or on a bench.

    Attributes
    ----------
    read_s
        Time that a read takes [s].
    window_S
        Smallest and largest conductance that can be asked for [S].
    """

    read_s: float
    window_S: tuple[float, float]

    def read(self) -> float:
        """The conductance that the sense path reports [S]."""

    def apply(self, pulse: Pulse) -> Waveform:
        """Send one write pulse."""


class SpiceCell:
    """A cell in SPICE. The conductance changes only by simulated pulses, reads included.

    Attributes
    ----------
    description
        The circuit.
    state
        Its present state.
    """

    def __init__(
        self, description: Cell, state: State | None = None, seed: int = 0, engine: Engine | None = None
    ) -> None:
        self.description = description
        self.state = state or description.state()
        self.read_s = description.duration([description.read.pulse])
        self.window_S = description.window_S
        self._seed = seed
        self._engine = engine or default_engine()

    def read(self) -> float:
        """One transient read through the circuit: ``g_sense`` [S], calibrated against known resistors.

        Raises
        ------
        SimulationError
            Where the simulation of the read fails; the state is then as it was.
        """
        device, state, index = self._now, self.state, self.description.index
        start = dataclasses.replace(state.changed(index, n_disc=self._seen), wander=(), telegraph=())
        wave = self._engine.run(self.description.replace(device=device).read_testbench(start))
        reading = sensed(self.description, wave, self._engine)
        # what the read itself moved, without the noise
        n = state.n_disc[index]
        n = max(n + wave.state.n_disc[index] - start.n_disc[index], min(n, device.Ndiscmin))
        after = dataclasses.replace(wave.state, wander=state.wander, telegraph=state.telegraph)
        self.state = after.changed(index, n_disc=n)
        if device.read_noise:
            telegraph = advanced(device, state.noise(index), self.read_s, c2c.key(self._seed, index))
            self.state = self.state.changed(index, telegraph=telegraph)
        return reading

    def apply(self, pulse: Pulse) -> Waveform:
        """Send one write pulse and wait its idle time.

        Raises
        ------
        SimulationError
            Where the simulation fails; the state is then as it was.
        """
        wave = simulate(self.description, [pulse], self.state, self._seed, engine=self._engine)
        self.state = wave.state
        return wave

    def pulse_s(self, pulse: Pulse) -> float:
        """Time that a write pulse takes, gate edges and idle time included [s]."""
        return self.description.duration([pulse])

    @property
    def g_S(self) -> float:
        """Conductance of the device alone at +0.2 V, without read noise [S]: for scores, not for programmers."""
        device = self._now
        if device is self.description.device:
            return float(compact.conductance_map(device)(self._n_disc))
        return float(compact.conductance(device, self._n_disc))

    @property
    def _n_disc(self) -> float:
        return self.state.n_disc[self.description.index]

    @property
    def _now(self) -> Device:
        return c2c.frozen(self.description.device, self._n_disc, self.state.walked(self.description.index))

    @property
    def _seen(self) -> float:
        device = self._now
        if device.read_noise is None or not self.state.telegraph:
            return self._n_disc
        return seen(device, self._n_disc, self.state.noise(self.description.index))


class ModelCell:
    """A cell solved by the compact model: reads are exact and disturb nothing.

    Attributes
    ----------
    description
        The cell.
    state
        Its present state.
    """

    def __init__(self, description: CompactCell, state: State | None = None, seed: int = 0) -> None:
        self.description = description
        self.state = state or description.state()
        self.read_s = description.read.duration
        self.window_S = description.window_S
        self._seed = seed

    def read(self) -> float:
        """The conductance now [S], with the read noise of a device that has it."""
        device, state = self._now, self.state
        if device.read_noise is None:
            return self.g_S
        telegraph = state.noise()
        n = seen(device, state.n_disc[0], telegraph)
        later = advanced(device, telegraph, self.read_s, c2c.key(self._seed))
        self.state = dataclasses.replace(state, telegraph=(later,))
        return float(compact.conductance(device, n, model=self.description.model))

    def apply(self, pulse: Pulse) -> Waveform:
        """Send one write pulse and wait its idle time."""
        wave = simulate(self.description, [pulse], self.state, self._seed)
        self.state = wave.state
        return wave

    def pulse_s(self, pulse: Pulse) -> float:
        """Time that a write pulse takes, idle time included [s]."""
        return self.description.duration([pulse])

    @property
    def g_S(self) -> float:
        """Conductance of the device alone at +0.2 V, without read noise [S]."""
        return float(compact.conductance(self._now, self.state.n_disc[0], model=self.description.model))

    @property
    def _now(self) -> Device:
        return c2c.frozen(self.description.device, self.state.n_disc[0], self.state.walked(), stepwise=True)


def live(cell: Cell | CompactCell | LiveCell, state: State | None = None, seed: int = 0) -> LiveCell:
    """Make a described cell live; a live cell is returned as it is.

    Parameters
    ----------
    cell
        Description of a circuit, or of a compact cell.
    state
        Where it starts: ``cell.state(g_S)``; the device's own initial state where None.
    seed
        Of the cycle-to-cycle walk and the read noise of a device that has them.
    """
    check_count("seed", seed, 0)
    if state is not None and not isinstance(state, State):
        raise ValueError(f"state = {state!r} must be an ouro_spice.State; cell.state(g_S) makes one")
    if isinstance(cell, CompactCell):
        return ModelCell(cell, state, seed)
    if not isinstance(cell, Cell):
        if not all(hasattr(cell, name) for name in ("read", "apply")):
            raise ValueError(f"{cell!r} is neither a cell nor a live cell")
        return cell
    if not isinstance(cell.device, Device):
        raise ValueError("a cell with a fixed resistor cannot be programmed")
    return SpiceCell(cell, state, seed)


def sensed(cell: Cell, wave: Waveform, engine: Engine) -> float:
    """What the sense path reports of a read's waveform [S]: bit-line current over read voltage, calibrated.

    Raises
    ------
    SimulationError
        For a reading outside the range of the known resistors, 0.5 uS to 4 mS.
    """
    calibration = _calibration(_reference(cell), engine)
    raw = _raw(cell, wave)
    low, high = np.exp(calibration.x[[0, -1]])
    if not low <= raw <= high:
        text = f"a raw reading of {raw:.3g} S; known resistors give {low:.3g} to {high:.3g} S"
        raise SimulationError(Result.READ, "", (text,))
    return float(np.exp(calibration(np.log(raw))))


def _raw(cell: Cell, wave: Waveform) -> float:
    """Mean bit-line current over the second half of the read's flat top, over the read voltage [S]."""
    read = cell.read
    start = cell.flat_start_s(read.pulse)
    low, high = start + read.width / 2, start + read.width
    inside = (wave.time_s > low) & (wave.time_s < high)
    times = np.concatenate([[low], wave.time_s[inside], [high]])
    current = np.interp(times, wave.time_s, wave["i_bl"])
    return float(np.trapezoid(current, times) / (high - low) / read.voltage)


def _reference(cell: Cell) -> Cell:
    return cell.alone.replace(device=Resistor(1.0))


@lru_cache(maxsize=64)
def _calibration(cell: Cell, engine: Engine) -> PchipInterpolator:
    """ln G over ln of the raw reading, from known resistors in the place of the device."""
    cells = [cell.replace(device=Resistor(1 / g)) for g in _CALIBRATION_S]
    waves = engine.map([c.read_testbench() for c in cells])
    raw = np.array([_raw(c, wave) for c, wave in zip(cells, waves, strict=True)])
    if not (np.all(raw > 0) and np.all(np.diff(raw) > 0)):
        raise ValueError(
            f"a read of {cell.read.width:g} s is too short for this circuit: its readings of known resistors do not "
            "rise with their conductance (lengthen Read.width, or lower the lines' resistance and capacitance)"
        )
    return PchipInterpolator(np.log(raw), np.log(_CALIBRATION_S))
