"""Pulses into a compact cell: the family's integration, as waveforms like those of a circuit."""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from .._util.checks import shown
from ..circuit.compact_cell import CompactCell
from ..circuit.drive_waveforms import Pwl
from ..circuit.pulse import Parallel
from ..circuit.result import Result, SimulationError
from ..circuit.stimuli import Stimulus, checked, half_cycles
from ..circuit.waveform import Waveform
from ..device.jart.jart_device import Device
from ..device.jart.walk import HalfCycleWalk
from ..device.state import State
from .jart.jart_compact import jart_wave
from .survey_compact import survey_wave


@dataclass(frozen=True)
class CompactRun:
    """A compact cell, the seed of its walk, and whether failures are raised."""

    cell: CompactCell
    seed: int
    throw: bool

    def pulse(self, pulse: Stimulus | Parallel, begin_s: float, end_s: float, state: State) -> Iterator[Waveform]:
        """Yield the waveform of one pulse between two of its times [s] from a state on; several where a device under a
        `HalfCycleWalk` gets a waveform.

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
        if isinstance(pulse, Pwl) and isinstance(self.cell.device.walk, HalfCycleWalk):
            for part in half_cycles(pulse, 0.0, begin_s, end_s):
                wave = self._one(pulse, part.begin_s, part.end_s, state, part.lobe.polarity)
                yield wave
                if wave.state is None:
                    return
                state = wave.state
        else:
            yield self._one(pulse, begin_s, end_s, state, pulse.polarity)

    def _one(self, pulse: Stimulus, begin_s: float, end_s: float, state: State, polarity: int) -> Waveform:
        """Return the waveform of a part of a pulse, which has a polarity for a `HalfCycleWalk`."""
        device = self.cell.device
        try:
            if isinstance(device, Device):
                wave = jart_wave(self.cell, device, self.seed, pulse, begin_s, end_s, state, polarity)
            else:
                wave = survey_wave(self.cell, pulse, begin_s, end_s, state)
        except ArithmeticError as error:
            if self.throw:
                raise SimulationError(Result.NOT_FINITE, "", (str(error),)) from error
            return Waveform(np.empty(0), {}, None, 0.0, Result.NOT_FINITE, device=device, log=(str(error),))
        return dataclasses.replace(wave, testbench_sha256=self._digest(pulse, begin_s, end_s))

    def _digest(self, pulse: Stimulus, begin_s: float, end_s: float) -> str:
        shape = {f.name: getattr(pulse, f.name) for f in dataclasses.fields(pulse) if f.name != "gate"}  # it has none
        text = f"({self.cell.text}, {shape!r}, {begin_s!r}, {end_s!r}, {self.seed!r})"
        return hashlib.sha256(text.encode()).hexdigest()
