"""Where the error of a reading comes from: read voltage, lines, access transistor, mirror, settling, ADC."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .._util.checks import check_engine, check_range
from .._util.progress import progress
from ..circuit.cell_kinds import Cell
from ..circuit.cells import Cell1R, Cell1T1R
from ..circuit.parts import Driver, Resistor
from ..compact import characteristics
from ..spice.ngspice import Engine, default_engine
from .sensing import mean, reading


@dataclass(frozen=True)
class ReadError:
    """The parts of the error of one read, each a change of the raw reading [S]; they add up to `total_S`.

    Attributes
    ----------
    g_S
        Conductance of the device alone at +0.2 V.
    read_voltage_S
        The line drivers, or driver and clamp, do not hold exactly the wanted voltage between them.
    lines_S
        Voltage lost over lines, contacts and the resistance of ideal drivers.
    transistor_S
        Voltage lost over the access transistor; 0 in a 1R cell.
    settling_S
        What is still on its way, and flows into capacitances.
    mirror_S
        Gain and offset of the current mirror; 0 without a `Sense`.
    adc_S
        Rounding and clipping by the ADC.
    raw_S
        What is read without calibration.
    reading_S
        What is reported, by known resistors where the sense path is calibrated.
    """

    g_S: float
    read_voltage_S: float
    lines_S: float
    transistor_S: float
    settling_S: float
    mirror_S: float
    adc_S: float
    raw_S: float
    reading_S: float

    @property
    def total_S(self) -> float:
        """Return the error of the raw reading [S]."""
        return self.raw_S - self.g_S

    @property
    def left_S(self) -> float:
        """Return the error of what is reported [S]: what remains where readings are calibrated."""
        return self.reading_S - self.g_S

    def __str__(self) -> str:
        names = ("read_voltage", "lines", "transistor", "settling", "mirror", "adc", "total", "left")
        labels = ("read voltage", "lines", "transistor", "settling", "mirror", "ADC", "raw reading", "reported")
        rows = [f"conductance     {self.g_S * 1e6:10.3f} uS"]
        for name, label in zip(names, labels, strict=True):
            error = getattr(self, f"{name}_S")
            rows.append(f"{label:<15} {error * 1e6:+10.3f} uS {100 * error / self.g_S:+8.3f} %")
        return "\n".join(rows)


def read_error(cell: Cell, g_S: float, engine: Engine | None = None) -> ReadError:
    """Read a cell once, and return the error of the reading in its parts.

    Each part is what the device's static current changes by along the way from the wanted read voltage to the device:
    first the drivers' error, then the lines, then the transistor; the rest is measured.

    Parameters
    ----------
    cell
        A 1R or 1T1R cell, with a memristor or a known resistor in its place.
    g_S
        Conductance of the device [S].
    engine
        What runs the circuit.

    Raises
    ------
    ValueError
        For a conductance that the device cannot have, or a cell of an array: `sneak` says what its reading is made of.
    SimulationError
        Where the simulation of the read fails.
    """
    if not isinstance(cell, Cell1R | Cell1T1R):
        raise ValueError(f"{type(cell).__name__}: read_error takes a Cell1R or a Cell1T1R")
    check_range("g_S", g_S, 1e-12, 1, "S")
    check_engine(engine)
    circuit = cell.resistor(1 / g_S) if isinstance(cell.device, Resistor) else cell
    engine, state, asked = engine or default_engine(), circuit.state(g_S), circuit.read.voltage
    # a calibrated sense path reads known resistors, too: the longer part
    with progress("read error", 2) as bar:
        wave = engine.run(circuit.read_testbench(state))
        bar.advance()
        found = reading(circuit, wave, engine)
        bar.advance()

    def measured(trace: str) -> float:
        return mean(circuit, wave, trace)

    def reads(volts: float) -> float:
        if isinstance(circuit.device, Resistor):
            return g_S * volts / asked
        return float(characteristics.static_current(circuit.device, np.array(volts), state.x[0][0])) / asked

    single = isinstance(circuit, Cell1R)
    held = measured("v_wl" if single else "v_sl") - measured("v_bl")
    at_device = measured("v_cell")
    behind_lines = at_device if single else held - measured("i_cell") * _series_ohm(circuit)
    drawn = measured("i_clamp" if circuit.sense else "i_bl") / asked
    return ReadError(
        g_S=g_S,
        read_voltage_S=reads(held) - g_S,
        lines_S=reads(behind_lines) - reads(held),
        transistor_S=reads(at_device) - reads(behind_lines),
        settling_S=drawn - reads(at_device),
        mirror_S=found.raw_S - drawn,
        adc_S=found.adc_S - found.raw_S,
        raw_S=found.adc_S,
        reading_S=found.g_S,
    )


def _series_ohm(cell: Cell1R | Cell1T1R) -> float:
    """Return the resistance between the drivers, device and transistor left out [Ohm]."""
    lines = cell.lines
    # the sense path takes the place of one of the two drivers
    drivers = cell.driver.resistance * (1 if cell.sense else 2) if isinstance(cell.driver, Driver) else 0.0
    return lines.r_bl + lines.r_sl + 2 * lines.contact + drivers
