"""Live cells: the thing that is programmed. They hold a state, are read and pulsed; nothing else is seen of them."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Mapping
from typing import Protocol

import numpy as np

from .._util.checks import check_kind, check_seed, shown
from ..circuit.cell_kinds import Cell
from ..circuit.compact_cell import CompactCell
from ..circuit.pulse import Pulse
from ..circuit.waveform import Waveform
from ..compact import characteristics
from ..device import walk_values
from ..device.jart import Device
from ..device.state import State
from ..spice.ngspice import Engine, default_engine
from .circuit_transient import CircuitRun
from .compact_transient import CompactRun
from .plausibility import warned
from .sensing import reading, unreadable
from .telegraph_noise import observed_concentration, with_read_noise
from .transient import sent


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
        """Return the conductance that the sense path reports [S]."""

    def apply(self, pulse: Pulse) -> Waveform:
        """Send one write pulse."""


class SpiceCell:
    """A cell in SPICE. The conductance changes only by simulated pulses, reads included.

    Attributes
    ----------
    description, nominal
        The circuit, and the one as it is described to programmers, whose device may be another one.
    state
        Its present state.
    clipped
        Reads so far that were outside the range of the ADC of a `Sense`.
    read_energy_J
        What the sources of the circuit have delivered in reads so far [J].

    `keys` are those of a `CircuitRun`; `often_V`: the amplitudes that are worth its `many`; `warn`: whether a clipped
    read warns.
    """

    def __init__(
        self,
        description: Cell,
        state: State | None = None,
        seed: int = 0,
        engine: Engine | None = None,
        *,
        nominal: Cell | None = None,
        keys: Mapping[int, np.ndarray] | None = None,
        often_V: Collection[float] = (),
        warn: bool = True,
    ) -> None:
        if state is not None:
            description.check_state(state)
        self.description = description
        self.nominal = nominal or description
        self.state = state or description.state()
        self.read_s = description.read_s
        self.clipped = 0
        self.read_energy_J = 0.0
        self.window_S = self.nominal.window_S
        self._seed, self._often_V, self._warn = seed, frozenset(often_V), warn
        self._engine = engine or default_engine()
        self._run = CircuitRun(description, seed, True, self._engine, keys)

    def read(self) -> float:
        """Return one transient read through the circuit: ``g_sense`` [S], calibrated against known resistors.

        Raises
        ------
        SimulationError
            Where the simulation of the read fails; the state is then as it was.
        """
        device, state, index = self._now, self.state, self.description.index
        start = state.changed(index, n_disc=self._seen)
        wave = self._engine.run(self.description.replace(device=device).read_testbench(start))
        found = reading(self.description, wave, self._engine, self._warn)
        # what the read itself moved, without the noise
        n = state.n_disc[index]
        n = max(n + wave.state.n_disc[index] - start.n_disc[index], min(n, device.Ndiscmin))
        after = dataclasses.replace(wave.state, wander=state.wander, telegraph=state.telegraph)
        after = after.changed(index, n_disc=n)
        self.state = with_read_noise(self.description, after, state, self.read_s, self._seed)
        self.clipped += found.clipped
        self.read_energy_J += wave.energy_J
        return found.g_S

    def apply(self, pulse: Pulse) -> Waveform:
        """Send one write pulse and wait its idle time.

        Raises
        ------
        SimulationError
            Where the simulation fails; the state is then as it was.
        """
        check_kind("pulse", pulse, Pulse)
        run = dataclasses.replace(self._run, many=pulse.amplitude in self._often_V)
        wave = warned(sent(run, [pulse], self.state))
        self.state = wave.state
        return wave

    def pulse_s(self, pulse: Pulse) -> float:
        """Return the time that a write pulse takes, gate edges and idle time included [s]."""
        return self.description.duration([pulse])

    def unreadable(self, target_S: float, tolerance: float) -> str:
        """Return why its readings cannot tell whether a target [S] has been reached; "" where they can."""
        return unreadable(self.description, self._engine, target_S, tolerance)

    @property
    def g_S(self) -> float:
        """Return the conductance of the device alone at +0.2 V, without read noise [S]: for scores, not for
        programmers.
        """
        device = self._now
        if device is self.description.device:
            return float(characteristics.conductance_map(device)(self._n_disc))
        return float(characteristics.conductance(device, self._n_disc))

    @property
    def _n_disc(self) -> float:
        return self.state.n_disc[self.description.index]

    @property
    def _now(self) -> Device:
        return walk_values.current_device(
            self.description.device, self._n_disc, self.state.walked(self.description.index)
        )

    @property
    def _seen(self) -> float:
        device = self._now
        if device.read_noise is None or not self.state.telegraph:
            return self._n_disc
        return observed_concentration(device, self._n_disc, self.state.noise(self.description.index))


class ModelCell:
    """A cell solved by the compact model: reads are exact and disturb nothing.

    Attributes
    ----------
    description, nominal
        The cell, and the one as it is described to programmers, whose device may be another one.
    state
        Its present state.
    """

    def __init__(
        self,
        description: CompactCell,
        state: State | None = None,
        seed: int = 0,
        *,
        nominal: CompactCell | None = None,
    ) -> None:
        if state is not None:
            description.check_state(state)
        self.description = description
        self.nominal = nominal or description
        self.state = state or description.state()
        self.read_s = description.read.duration
        self.window_S = self.nominal.window_S
        self._seed = seed

    def read(self) -> float:
        """Return the conductance now [S], with the read noise of a device that has it."""
        device, state = self._now, self.state
        if device.read_noise is None:
            return self.g_S
        telegraph = state.noise()
        n = observed_concentration(device, state.n_disc[0], telegraph)
        self.state = with_read_noise(self.description, state, state, self.read_s, self._seed)
        return float(characteristics.conductance(device, n, model=self.description.model))

    def apply(self, pulse: Pulse) -> Waveform:
        """Send one write pulse and wait its idle time."""
        check_kind("pulse", pulse, Pulse)
        wave = warned(sent(CompactRun(self.description, self._seed, True), [pulse], self.state))
        self.state = wave.state
        return wave

    def pulse_s(self, pulse: Pulse) -> float:
        """Return the time that a write pulse takes, idle time included [s]."""
        return self.description.duration([pulse])

    @property
    def g_S(self) -> float:
        """Return the conductance of the device alone at +0.2 V, without read noise [S]."""
        return float(characteristics.conductance(self._now, self.state.n_disc[0], model=self.description.model))

    @property
    def _now(self) -> Device:
        return walk_values.current_device(self.description.device, self.state.n_disc[0], self.state.walked())


def live(
    cell: Cell | CompactCell | LiveCell,
    state: State | None = None,
    seed: int = 0,
    device: Device | None = None,
) -> LiveCell:
    """Make a described cell live; a live cell is returned as it is.

    Parameters
    ----------
    cell
        Description of a circuit, or of a compact cell.
    state
        Where it starts: ``cell.state(g_S)``; the device's own initial state where None.
    seed
        Of the cycle-to-cycle walk and the read noise of a device that has them.
    device
        What is there in place of the description's device, such as one of ``cell.device.draw(..)``. Programmers are
        told of the description alone.

    Raises
    ------
    ValueError
        For what is no cell, or one that cannot be programmed; for a device in a live cell.
    """
    check_seed(seed)
    check_kind("device", device, (Device, None))
    if not isinstance(cell, Cell | CompactCell):
        if not all(hasattr(cell, name) for name in ("read", "apply")):
            raise ValueError(f"{shown(cell)} is neither a cell nor a live cell")
        if device is not None:
            raise ValueError("a live cell has its device; give one to the description of a cell")
        return cell
    if not isinstance(cell.device, Device):
        raise ValueError("a cell with a fixed resistor cannot be programmed")
    kind = ModelCell if isinstance(cell, CompactCell) else SpiceCell
    return kind(cell if device is None else cell.replace(device=device), state, seed, nominal=cell)
