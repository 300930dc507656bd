"""What the charges of a circuit cost in a pulse: gates, lines, junctions; all but the current through the device."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from ..circuit.cell_kinds import LoneCell
from ..circuit.gates import gate_voltage
from ..circuit.pulse import Pulse
from ..spice.ngspice import Engine

_OPEN_OHM = 1e10
"""A device that lets no charge through."""

_AMPLITUDE_V, _GATE_V = 0.25, 0.1
"""Amplitudes and gate voltages are measured at multiples of these; in between the energy is that of straight lines."""

_PULSE_S = 20e-9
"""Width and edges of the pulse that is measured: the energy of charges does not depend on them."""


@dataclass(frozen=True, eq=False)
class ChargeEnergy:
    """The energy of pulses without that through the device, measured with an open circuit in its place."""

    cell: LoneCell
    engine: Engine
    _measured: dict[tuple[int, int], float] = field(default_factory=dict)

    def of(self, pulse: Pulse) -> float:
        """Return the energy of a pulse's charges [J]."""
        access = self.cell.access
        gate_V = gate_voltage(access, self.cell.process, pulse) if access else 0.0
        a, b = pulse.amplitude / _AMPLITUDE_V, gate_V / _GATE_V
        energy = 0.0
        for i, wi in _around(a):
            for j, wj in _around(b):
                energy += wi * wj * self._at(i, j)
        return energy

    def _at(self, amplitude: int, gate: int) -> float:
        """Return the energy at so many steps of amplitude and gate voltage [J], measured."""
        key = amplitude, gate
        if key not in self._measured:
            volts = min(gate * _GATE_V, self.cell.process.gate_V)
            pulse = Pulse(
                amplitude * _AMPLITUDE_V, _PULSE_S, _PULSE_S, _PULSE_S, gate=volts if self.cell.gated else None
            )
            bench = self.cell.resistor(_OPEN_OHM).testbench([pulse])
            self._measured[key] = self.engine.run(bench).energy_J
        return self._measured[key]


def _around(x: float) -> list[tuple[int, float]]:
    """Return the whole numbers around a number, and their weights."""
    low = math.floor(x + 1e-9)
    share = x - low
    return [(low, 1.0)] if abs(share) < 1e-9 else [(low, 1.0 - share), (low + 1, share)]
