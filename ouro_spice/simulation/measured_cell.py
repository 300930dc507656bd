"""A live cell at fidelity "circuit": kernels of its device behind the circuit that was measured in SPICE."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from ..circuit.cell_kinds import LoneCell
from ..circuit.pulse import Pulse
from ..circuit.result import Result, SimulationError
from ..circuit.stimuli import Stimulus
from ..circuit.waveform import Waveform
from ..compact import characteristics
from ..device.memristor import Memristor
from ..device.state import State
from ..spice.ngspice import Engine, default_engine
from .agreement import Agreement
from .circuit_model import CircuitModel
from .jart.telegraph_noise import with_read_noise
from .measured_transient import MeasuredRun
from .pulse_sample import PulseSample
from .sensing import unreadable
from .simulated_cell import SimulatedCell


class MeasuredCell(SimulatedCell[LoneCell]):
    """A cell at fidelity "circuit": reads go through the measured sense path and disturb nothing. All else is as in a
    `SimulatedCell`.

    Attributes
    ----------
    clipped, read_energy_J
        As of a `SpiceCell`.
    """

    def __init__(
        self,
        description: LoneCell,
        state: State | None = None,
        seed: int = 0,
        engine: Engine | None = None,
        *,
        nominal: LoneCell | None = None,
        keys: Mapping[int, np.ndarray] | None = None,
    ) -> None:
        super().__init__(description, state, seed, nominal, description.read_s)
        self.clipped, self.read_energy_J = 0, 0.0
        self._engine = engine or default_engine()
        self._run = MeasuredRun(description, seed, True, self._engine, keys)
        self._sample = PulseSample(description, seed)

    def read(self) -> float:
        """Return ``g_sense`` [S]: the static current of the device in the measured read, digitised and corrected.

        Raises
        ------
        SimulationError
            Without a `Sense`, for a reading outside the range of the known resistors.
        """
        device, state = self._now, self.state
        around = CircuitModel.of(self.description, self._engine)
        found, clipped = around.read(device, self._observed(device))
        if np.isnan(found):
            raise SimulationError(Result.READ, "", ("a reading outside the range of the known resistors",))
        self.state = with_read_noise(self.description, state, state, self.read_s, self._seed)
        self.clipped += int(clipped)
        self.read_energy_J += float(around.reads.spent_J(np.array([found]))[0])
        return found

    def apply(self, pulse: Stimulus) -> Waveform:
        """Send one write pulse, wait its idle time, and return the waveform of both; see `SimulatedCell`."""
        if isinstance(pulse, Pulse):
            self.description.duration([pulse])  # refuses what the cell does not take
            state = self.state
            self._sample.offer(pulse, self._device, lambda: state, self._seed)
        return super().apply(pulse)

    def agreement(self) -> Agreement | None:
        """Return how well a seeded sample of the pulses since the last call agrees with full SPICE; None of none."""
        found, self._sample = self._sample.agreement(self._engine), self._sample.copy()
        return found

    @property
    def present(self) -> Memristor:
        """Return the memristor as its walk has left it."""
        return self._now

    def _run_of(self, pulse: Stimulus) -> MeasuredRun:
        return self._run

    def unreadable(self, target_S: float, tolerance: float) -> str:
        """Return why its readings cannot tell whether a target [S] has been reached; "" where they can."""
        return unreadable(self.description.replace(fidelity="full"), self._engine, target_S, tolerance)

    @property
    def g_S(self) -> float:
        """Return the conductance of the device alone at its read voltage, without read noise [S]."""
        return float(characteristics.conductance(self._now, self._x[0]))
