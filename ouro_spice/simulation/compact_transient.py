"""Pulses into a compact cell: the family's integration, as waveforms like those of a circuit."""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from .._util.checks import shown
from ..circuit.compact_cell import CompactCell
from ..circuit.pulse import Parallel, Pulse, checked
from ..circuit.result import Result, SimulationError
from ..circuit.waveform import Waveform
from ..device.jart.jart_device import Device
from ..device.state import State
from .jart.jart_compact import jart_wave
from .survey_compact import survey_wave


@dataclass(frozen=True)
class CompactRun:
    """A compact cell, the seed of its walk, and whether failures are raised."""

    cell: CompactCell
    seed: int
    throw: bool

    def pulse(self, pulse: Pulse | Parallel, begin_s: float, end_s: float, state: State) -> Iterator[Waveform]:
        """Yield the waveform of one pulse between two of its times [s] from a state on.

        Raises
        ------
        ValueError
            For a state of another circuit, or a `Parallel` pulse.
        SimulationError
            Where the model gives values that are not finite, and failures are raised.
        """
        (pulse,) = checked(pulse)
        if not isinstance(state, State) or len(state.x) != 1 or state.volts:
            raise ValueError(
                f"state = {shown(state)} must be an ouro_spice.State of one memristor without node voltages"
            )
        try:
            wave = self._wave(pulse, begin_s, end_s, state)
        except ArithmeticError as error:
            if self.throw:
                raise SimulationError(Result.NOT_FINITE, "", (str(error),)) from error
            device = self.cell.device
            yield Waveform(np.empty(0), {}, None, 0.0, Result.NOT_FINITE, device=device, log=(str(error),))
            return
        yield dataclasses.replace(wave, testbench_sha256=self._digest(pulse, begin_s, end_s))

    def _wave(self, pulse: Pulse, begin_s: float, end_s: float, state: State) -> Waveform:
        device = self.cell.device
        if isinstance(device, Device):
            return jart_wave(self.cell, device, self.seed, pulse, begin_s, end_s, state)
        return survey_wave(self.cell, pulse, begin_s, end_s, state)

    def _digest(self, pulse: Pulse, begin_s: float, end_s: float) -> str:
        shape = {name: value for name, value in dataclasses.asdict(pulse).items() if name != "gate"}  # it has none
        text = repr((dataclasses.asdict(self.cell), shape, begin_s, end_s, self.seed))
        return hashlib.sha256(text.encode()).hexdigest()
