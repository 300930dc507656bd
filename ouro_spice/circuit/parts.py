"""What a cell is made of besides the memristor: lines, drivers, access transistor, the read, and a known resistor."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

from .._util.checks import check_range
from ..device.constants import AMBIENT_K, AMBIENT_RANGE_K, V_READ
from ..device.memristor import Memristor
from .pulse import Pulse


@dataclass(frozen=True)
class Lines:
    """Resistance [Ohm] and capacitance to ground [F] of the bit, source and word line between driver and cell.

    `contact` is the resistance of each connection between a line and the memristor or a transistor's source [Ohm].
    """

    r_bl: float = 0.0
    r_sl: float = 0.0
    r_wl: float = 0.0
    c_bl: float = 0.0
    c_sl: float = 0.0
    c_wl: float = 0.0
    contact: float = 0.0

    def __post_init__(self) -> None:
        for f in dataclasses.fields(self):
            resistance = not f.name.startswith("c_")
            check_range(f.name, getattr(self, f.name), 0, 1e6 if resistance else 1e-9, "Ohm" if resistance else "F")


@dataclass(frozen=True)
class Driver:
    """Output resistance of the line drivers [Ohm]; their edges are those of the pulses."""

    resistance: float = 0.0

    def __post_init__(self) -> None:
        check_range("resistance", self.resistance, 0, 1e6, "Ohm")


@dataclass(frozen=True)
class Transistor:
    """The access transistor: width and length [m]; gate voltages for SET, RESET and read, and their edge [V, s].

    What the process of a cell can make and stands is narrower than the ranges here.
    """

    w: float = 20e-6
    l: float = 0.35e-6  # noqa: E741 - the field's own name for a gate length
    v_set: float = 3.3
    v_reset: float = 3.3
    v_read: float = 3.3
    edge: float = 1e-9

    def __post_init__(self) -> None:
        check_range("w", self.w, 1e-8, 1e-3, "m")
        check_range("l", self.l, 1e-8, 1e-5, "m")
        for name in ("v_set", "v_reset", "v_read"):
            check_range(name, getattr(self, name), 0, 20, "V")
        check_range("edge", self.edge, 1e-12, 1e-6, "s")


def check_gate(name: str, volts: float, highest_V: float) -> None:
    """Raise ValueError for a gate voltage [V] beyond what the transistors of a process stand; `name` is its own."""
    if volts > highest_V:
        raise ValueError(f"gate voltage {name} = {volts:g} V is above the process limit gate_V = {highest_V:g} V")


LEAST_READ_V, HIGHEST_READ_V = 1e-6, 1.0
"""How much voltage a read has at least and at most, of either sign."""


@dataclass(frozen=True)
class Read:
    """The transient read: voltage at the driver [V], time at it and edges [s].

    The voltage has the sign of V(AE, OE): a negative read goes in SET direction, so that the bit line is raised. It
    reports current over voltage, calibrated by known resistors that are read in the same way. The conductance of a
    memristor depends on voltage and sign, and a read of some tenths of a volt moves its state: both are simulated.
    """

    voltage: float = V_READ
    width: float = 100e-9
    edge: float = 1e-9

    def __post_init__(self) -> None:
        check_range("voltage", self.voltage, -HIGHEST_READ_V, HIGHEST_READ_V, "V")
        if abs(self.voltage) < LEAST_READ_V:
            legal = f"[{LEAST_READ_V:g}, {HIGHEST_READ_V:g}] V, of either sign"
            raise ValueError(f"voltage = {self.voltage:g} is outside its legal range {legal}")
        check_range("width", self.width, 1e-9, 1e-3, "s")
        check_range("edge", self.edge, 1e-12, 1e-6, "s")

    @property
    def pulse(self) -> Pulse:
        """Return the read as a pulse: in RESET direction where its voltage is positive."""
        return Pulse(self.voltage, self.width, self.edge, self.edge, idle=self.edge)

    @property
    def duration(self) -> float:
        """Return the time that a read takes, edges included [s]."""
        return self.pulse.duration

    @property
    def square_V2s(self) -> float:
        """Return the integral of the squared voltage [V^2 s]; times a conductance it is the energy of a read."""
        return self.voltage**2 * (self.width + 2 * self.edge / 3)


@dataclass(frozen=True)
class DevicesRead(Read):
    """The read that stands for one at the memristor's own read voltage, until a cell knows its memristor.

    It equals the read that it is until then: a cell shows what differs from that.
    """

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Read) and dataclasses.astuple(self) == dataclasses.astuple(other)

    __hash__ = Read.__hash__


def resolved_read(read: Read, device: object) -> Read:
    """Return a read, or that at a memristor's own read voltage where it is a `DevicesRead`."""
    if not isinstance(read, DevicesRead) or not isinstance(device, Memristor):
        return read
    return Read(device.read_V)


def read_for(read: Read, before: object, after: object) -> Read:
    """Return the read of a cell whose device is replaced: that of the new family where it was that of the old one.

    Within a family it stays: a circuit reads devices that differ at one voltage.
    """
    if not isinstance(before, Memristor) or not isinstance(after, Memristor) or before.title == after.title:
        return read
    return DevicesRead() if read == Read(before.read_V) else read


@dataclass(frozen=True)
class Resistor:
    """A fixed resistor in the place of the memristor [Ohm]: what a sense path is calibrated with.

    It has no temperature of its own: `ambient_K` [K] is that of the circuit around it, in an array with memristors
    that of these.
    """

    resistance: float
    ambient_K: float = AMBIENT_K

    def __post_init__(self) -> None:
        check_range("resistance", self.resistance, 1, 1e12, "Ohm")
        check_range("ambient_K", self.ambient_K, *AMBIENT_RANGE_K, "K")
