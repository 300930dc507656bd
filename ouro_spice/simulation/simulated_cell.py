"""What live cells that are simulated share: a description, a state, and pulses that move it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Generic, TypeVar

from .._util.checks import check_kind
from .._util.display import quantity, shows
from ..circuit.cell_kinds import Cell
from ..circuit.compact_cell import CompactCell
from ..circuit.drive_waveforms import Pwl
from ..circuit.pulse import Pulse
from ..circuit.stimuli import Stimulus
from ..circuit.waveform import Waveform
from ..device.memristor import Memristor
from ..device.state import State
from .plausibility import warn_of
from .transient import Run, send

Description = TypeVar("Description", bound=Cell | CompactCell)


class SimulatedCell(ABC, Generic[Description]):
    """What live cells that are simulated share: a description, a state, and pulses that move it.

    Attributes
    ----------
    description, nominal
        The cell, and the one as it is described to programmers, whose device may be another one.
    state
        Its present state.
    read_s
        As of every `LiveCell`; its `window_S` is that of `nominal`.
    """

    def __init__(
        self, description: Description, state: State | None, seed: int, nominal: Description | None, read_s: float
    ) -> None:
        if state is not None:
            description.check_state(state)
        self.description = description
        self.nominal = nominal or description
        self.state = state or description.state()
        self.read_s = read_s
        self._seed = seed

    @property
    def window_S(self) -> tuple[float, float]:
        """Return the smallest and largest conductance that can be asked for [S]."""
        return self.nominal.window_S

    @shows
    def __repr__(self) -> str:
        return (
            f"{type(self).__name__}: {type(self.description).__name__} at {quantity(getattr(self, 'g_S', None), 'S')}"
        )

    @abstractmethod
    def read(self) -> float:
        """Return the conductance that the sense path reports [S]."""

    @abstractmethod
    def _run_of(self, pulse: Stimulus) -> Run:
        """Return what sends a pulse."""

    def apply(self, pulse: Stimulus) -> Waveform:
        """Send one write pulse, or waveform, wait its idle time, and return the waveform of both.

        Raises
        ------
        SimulationError
            Where the simulation fails; the state is then as it was.
        """
        check_kind("pulse", pulse, (Pulse, Pwl))
        wave = warn_of(send(self._run_of(pulse), [pulse], self.state))
        self.state = wave.end_state
        return wave

    def pulse_s(self, pulse: Stimulus) -> float:
        """Return the time that a write pulse takes, gate edges and idle time included [s]."""
        return self.description.duration([pulse])

    @property
    def _device(self) -> Memristor:
        """Return the memristor as it is described; ValueError where there is a resistor."""
        device = self.description.device
        if not isinstance(device, Memristor):
            raise ValueError("a cell with a fixed resistor cannot be programmed")
        return device

    @property
    def _now(self) -> Memristor:
        """Return the memristor as its walk has left it."""
        index = self.description.index
        return self._device.now(self._x, self.state.walked(index))

    @property
    def _x(self) -> tuple[float, ...]:
        """Return its state variables."""
        return self.state.x[self.description.index]

    def _observed(self, device: Memristor) -> tuple[float, ...]:
        """Return the state that a read sees: with the read noise of a device that has it."""
        if device.read_noise is None or not self.state.telegraph:
            return self._x
        return device.observed(self._x, self.state.noise(self.description.index))
