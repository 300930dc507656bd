"""Live cells: the thing that is programmed. They hold a state, are read and pulsed; nothing else is seen of them."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Mapping
from typing import Protocol

import numpy as np

from .._util.checks import check_kind, check_seed, shown
from ..circuit.cell_kinds import Cell, is_measured
from ..circuit.compact_cell import CompactCell
from ..circuit.pulse import Pulse
from ..circuit.stimuli import Stimulus
from ..circuit.waveform import Waveform
from ..compact import characteristics
from ..device.memristor import Memristor
from ..device.state import State
from ..spice.ngspice import Engine, default_engine
from .circuit_transient import CircuitRun
from .compact_transient import CompactRun
from .jart.telegraph_noise import with_read_noise
from .measured_cell import MeasuredCell
from .sensing import reading, unreadable
from .simulated_cell import SimulatedCell


class LiveCell(Protocol):
    """What programmers see of a memristor, in SPICE, in a compact model or on a bench.

    Attributes
    ----------
    read_s
        Time that a read takes [s].
    """

    read_s: float

    @property
    def window_S(self) -> tuple[float, float]:
        """Return the smallest and largest conductance that can be asked for [S]."""
        ...

    def read(self) -> float:
        """Return the conductance that the sense path reports [S]."""
        ...

    def apply(self, pulse: Pulse) -> Waveform:
        """Send one write pulse, and return its waveform."""
        ...


class SpiceCell(SimulatedCell[Cell]):
    """A cell in SPICE. The conductance changes only by simulated pulses, reads included.

    Attributes
    ----------
    clipped
        Reads so far that were outside the range of the ADC of a `Sense`.
    read_energy_J
        What the sources of the circuit have delivered in reads so far [J].

    `keys` are those of a `CircuitRun`; `often_V`: the amplitudes that are worth its `many`; `warn`: whether a clipped
    read warns. All else is as in a `SimulatedCell`.
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
        super().__init__(description, state, seed, nominal, description.read_s)
        self.clipped = 0
        self.read_energy_J = 0.0
        self._often_V, self._warn = frozenset(often_V), warn
        self._engine = engine or default_engine()
        self._run = CircuitRun(description, seed, True, self._engine, keys)

    def read(self) -> float:
        """Read by a transient through the circuit, and return ``g_sense`` [S], calibrated against known resistors.

        Raises
        ------
        SimulationError
            Where the simulation of the read fails; the state is then as it was.
        """
        device, state, index = self._now, self.state, self.description.index
        start = state.changed(index, x=self._observed(device))
        wave = self._engine.run(self.description.replace(device=device).read_testbench(start))
        found = reading(self.description, wave, self._engine, self._warn)
        # what the read itself moved, without the noise
        end, x = wave.end_state, state.x[index]
        x = device.left(x, np.add(x, np.subtract(end.x[index], start.x[index])).tolist())
        after = dataclasses.replace(end, wander=state.wander, telegraph=state.telegraph).changed(index, x=x)
        self.state = with_read_noise(self.description, after, state, self.read_s, self._seed)
        self.clipped += found.clipped
        self.read_energy_J += wave.energy_J
        return found.g_S

    def _run_of(self, pulse: Stimulus) -> CircuitRun:
        # what is measured once is measured at the cell's own gate voltage
        often = isinstance(pulse, Pulse) and pulse.gate is None and pulse.amplitude in self._often_V
        return dataclasses.replace(self._run, many=often)

    def unreadable(self, target_S: float, tolerance: float) -> str:
        """Return why its readings cannot tell whether a target [S] has been reached; "" where they can."""
        return unreadable(self.description, self._engine, target_S, tolerance)

    @property
    def g_S(self) -> float:
        """Return the conductance of the device alone at its read voltage, without read noise [S]: for scores, not for
        programmers.
        """
        device = self._now
        if device is self.description.device:
            return float(characteristics.fast_conductance(device, np.array(self._x[0])))
        return float(characteristics.conductance(device, self._x[0]))


class ModelCell(SimulatedCell[CompactCell]):
    """A cell solved by the compact model: reads are exact and disturb nothing. All else is as in a `SimulatedCell`."""

    def __init__(
        self,
        description: CompactCell,
        state: State | None = None,
        seed: int = 0,
        *,
        nominal: CompactCell | None = None,
    ) -> None:
        super().__init__(description, state, seed, nominal, description.read.duration)

    def read(self) -> float:
        """Return the conductance now [S], with the read noise of a device that has it."""
        device, state = self._now, self.state
        if device.read_noise is None:
            return self.g_S
        x = self._observed(device)
        self.state = with_read_noise(self.description, state, state, self.read_s, self._seed)
        return float(characteristics.conductance(device, x[0], model=self.description.model))

    def _run_of(self, pulse: Stimulus) -> CompactRun:
        return CompactRun(self.description, self._seed, True)

    @property
    def g_S(self) -> float:
        """Return the conductance of the device alone at its read voltage, without read noise [S]."""
        return float(characteristics.conductance(self._now, self._x[0], model=self.description.model))


def live(
    cell: Cell | CompactCell | LiveCell,
    state: State | None = None,
    seed: int = 0,
    device: Memristor | None = None,
) -> LiveCell:
    """Return a described cell as a live one; a live cell comes back as it is.

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
        shown the description alone.

    Raises
    ------
    ValueError
        For what is no cell, or one that cannot be programmed; for a device in a live cell.
    """
    check_seed(seed)
    check_kind("device", device, (Memristor, None))
    if not isinstance(cell, Cell | CompactCell):
        if not all(hasattr(cell, name) for name in ("read", "apply")):
            raise ValueError(f"{shown(cell)} is neither a cell nor a live cell")
        if device is not None:
            raise ValueError("a live cell has its device; give one to the description of a cell")
        return cell
    if not isinstance(cell.device, Memristor):
        raise ValueError("a cell with a fixed resistor cannot be programmed")
    if isinstance(cell, CompactCell):
        return ModelCell(cell if device is None else cell.replace(device=device), state, seed, nominal=cell)
    if is_measured(cell):
        own = cell if device is None else cell.replace(device=device)
        return MeasuredCell(own, state, seed, nominal=cell)
    return SpiceCell(cell if device is None else cell.replace(device=device), state, seed, nominal=cell)
