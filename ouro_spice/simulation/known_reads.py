"""Reads of one cell from those of known resistors: which load line a read is, and what is reported of a current."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .._util.forks import cached_property
from ..circuit.cell_kinds import LoneCell
from ..spice.ngspice import Engine
from . import sensing

_PIECES = 256
"""Straight pieces of the load line."""


@dataclass(frozen=True, eq=False)
class KnownReads:
    """What reads of known resistors tell of those of a memristor, which is at rest while it is read.

    Attributes
    ----------
    amps, volts
        Current through the resistor from AE to OE [A], ascending in size, and its voltage [V], (K,).
    raw_S
        Measured current over read voltage [S], (K,).
    known_S
        Its conductance [S], (K,).
    energy_J
        What the sources deliver in the read [J], (K,).
    """

    cell: LoneCell
    engine: Engine
    amps: np.ndarray
    volts: np.ndarray
    raw_S: np.ndarray
    known_S: np.ndarray
    energy_J: np.ndarray

    @classmethod
    def of(cls, cell: LoneCell, engine: Engine) -> KnownReads:
        """Read known resistors in the place of the device of a cell, each in SPICE."""
        known = sensing.known_conductances(cell)
        cells = [cell.resistor(1 / g) for g in known]
        waves = list(engine.map([one.read_testbench() for one in cells]))
        volts = np.array([sensing.mean(one, wave, "v_cell") for one, wave in zip(cells, waves, strict=True)])
        measured = [
            sensing.mean(one, wave, sensing.measured_trace(one)) for one, wave in zip(cells, waves, strict=True)
        ]
        energy = np.array([wave.energy_J for wave in waves])
        return cls(cell, engine, volts * known, volts, np.array(measured) / cell.read.voltage, known, energy)

    @cached_property
    def load(self) -> np.ndarray:
        """Return the load line of a read, see `load_line`; its drive is the read voltage."""
        from scipy.interpolate import PchipInterpolator

        from ..compact.jart.load_line import straight_pieces

        size = np.concatenate([[0.0], np.abs(self.amps)])
        sign = np.sign(self.cell.read.voltage)
        # towards no current the line goes on as between the two largest resistors
        volts = np.abs(self.volts)
        open_V = volts[0] + size[1] * (volts[0] - volts[1]) / (size[2] - size[1])
        line = PchipInterpolator(size, np.concatenate([[open_V], volts]))
        amps = np.geomspace(size[1] / 10, size[-1], _PIECES)
        return straight_pieces(sign * amps, sign * line(amps), float(self.cell.read.voltage))

    def readings(self, amps: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return what is reported of currents (D,) [A], and whether each was clipped, (D,)."""
        raw = np.exp(np.interp(np.log(np.abs(amps)), np.log(np.abs(self.amps)), np.log(self.raw_S / np.abs(self.amps))))
        return sensing.reported(self.cell, raw * np.abs(amps), self.engine)

    def spent_J(self, readings_S: np.ndarray) -> np.ndarray:
        """Return the energy of reads of conductances (D,) [J]."""
        return np.interp(readings_S, self.known_S, self.energy_J)
