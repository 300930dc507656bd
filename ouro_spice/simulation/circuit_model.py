"""A cell at fidelity "circuit": the kernels of its device behind the circuit that was measured once in SPICE."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np

from ..circuit.cell_kinds import LoneCell
from ..circuit.gates import gate_voltage
from ..circuit.parts import Resistor
from ..circuit.pulse import Pulse
from ..compact import characteristics
from ..compact.jart.load_line import ohmic_currents, resistor, with_edges, with_tables
from ..device.jart.jart_device import Device
from ..device.memristor import Memristor
from ..spice.ngspice import Engine
from .charge_energy import ChargeEnergy
from .known_reads import KnownReads
from .measured_circuit import MeasuredCircuit


@dataclass(frozen=True, eq=False)
class CircuitModel:
    """What is known of the circuit around the device of a cell.

    Attributes
    ----------
    cell
        With a known resistor in the place of the device.
    circuit, charges, reads
        Its load lines with their charges, what its charges cost in a pulse, and its reads.
    """

    cell: LoneCell
    circuit: MeasuredCircuit
    charges: ChargeEnergy
    reads: KnownReads

    @classmethod
    def of(cls, cell: LoneCell, engine: Engine) -> CircuitModel:
        """Return what is known of a cell's circuit: that of the same parts, whatever the device."""
        full = cell.replace(fidelity="full")
        bare = full if isinstance(cell.device, Resistor) else full.resistor(1.0)
        return _known(bare, engine, cell.process.content, _Reader(sensing_top(cell), full))

    def loads(self, pulses: Sequence[Pulse]) -> tuple[np.ndarray, np.ndarray]:
        """Return the loads of pulses (D,), each once, one behind the other, and where that of each begins, (D,)."""
        pairs = [self.circuit.line(pulse) for pulse in pulses]
        lines = {id(line): (line, tables) for line, tables in pairs}
        tables = {id(one): one for _, one in lines.values()}
        begins = _begins([*((key, line) for key, (line, _) in lines.items()), *tables.items()])
        moved = {key: with_tables(line, begins[id(one)] - begins[key]) for key, (line, one) in lines.items()}
        found, vectors = [moved[id(line)] for line, _ in pairs], [*moved.values(), *tables.values()]
        of = np.array([begins[id(line)] for line, _ in pairs], int)
        if self.charges.shaped and len(pulses):
            return self._with_edges(pulses, found, of, vectors)
        return np.concatenate(vectors) if vectors else np.empty(0), of

    def _with_edges(
        self, pulses: Sequence[Pulse], found: list[np.ndarray], of: np.ndarray, vectors: list[np.ndarray]
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return the same with a head for each pulse in front, which holds the shapes of its edges."""
        self.charges.measure(pulses)
        edges = [self.charges.edges(pulse) for pulse in pulses]
        length = len(with_edges(found[0], *edges[0]))  # all have as many corners
        heads, behind = length * np.arange(len(pulses)), length * len(pulses) + of
        rows = zip(found, edges, behind - heads, strict=True)
        first = [with_edges(load, *own, int(ahead)) for load, own, ahead in rows]
        return np.concatenate([*first, *vectors]), heads

    @property
    def read_load(self) -> tuple[np.ndarray, float]:
        """Return the load line of a read, and its voltage [V]."""
        return self.reads.load, self.cell.read.voltage

    def charges_J(self, pulses: Sequence[Pulse]) -> np.ndarray:
        """Return what the circuit's own charges cost in pulses, (D,) [J]."""
        self.charges.measure(pulses)
        return np.array([self.charges.of(pulse) for pulse in pulses])

    def gates_V(self, pulses: Sequence[Pulse]) -> list[float | None]:
        """Return the gate voltages of pulses [V]; None without an access transistor."""
        access = self.cell.access
        return [gate_voltage(access, self.cell.process, pulse) if access else None for pulse in pulses]

    def read_currents(self, model: int, p: np.ndarray, w: np.ndarray, n: np.ndarray) -> np.ndarray:
        """Return the currents of reads of D devices, (D,) [A]: arguments as in the kernel."""
        from ..compact.jart.pulse_kernels import SCRATCH
        from ..compact.jart.read_kernel import read_currents

        amps, (load, volts) = np.empty(len(n)), self.read_load
        read_currents(model, p, load, np.zeros(len(n), int), w, n, volts, amps, np.empty(SCRATCH))
        return amps

    def read(self, device: Memristor, x: tuple[float, ...]) -> tuple[float, bool]:
        """Return what a read of a device in a state reports [S], and whether it was clipped."""
        from ..compact.jart import jart_characteristics
        from ..compact.jart.parameter_vector import vector
        from ..compact.jart.walk_kernel import start

        if not isinstance(device, Device):
            load, volts = self.read_load
            amps = ohmic_currents(load, volts, np.array([characteristics.conductance(device, x[0])]))
            found, clipped = self.reads.readings(amps)
            return float(found[0]), bool(clipped[0])
        p, n = vector(device)[None], np.array([x[0]])
        amps = self.read_currents(jart_characteristics.code(device, None), p, start(p, n), n)
        found, clipped = self.reads.readings(amps)
        return float(found[0]), bool(clipped[0])

    def readings(self, amps: np.ndarray, g_S: np.ndarray) -> np.ndarray:
        """Return what is reported of currents of a read [A] of devices with some conductances [S], (D,)."""
        return self.reads.readings(amps)[0]


@dataclass(frozen=True)
class SeriesResistance:
    """The same of a compact cell: a resistance [Ohm], and reads that are exact."""

    ohm: float

    @property
    def read_load(self) -> tuple[np.ndarray, float]:
        """Return a load line of no read."""
        return resistor(0.0), 0.0

    def loads(self, pulses: Sequence[Pulse]) -> tuple[np.ndarray, np.ndarray]:
        """Return the load of all pulses, and where that of each begins, (D,)."""
        return resistor(self.ohm), np.zeros(len(pulses), int)

    def charges_J(self, pulses: Sequence[Pulse]) -> np.ndarray:
        """Return the energy of charges that are not there, (D,) [J]."""
        return np.zeros(len(pulses))

    def gates_V(self, pulses: Sequence[Pulse]) -> list[float | None]:
        """Return the gate voltages of a transistor that is not there."""
        return [None] * len(pulses)

    def read_currents(self, model: int, p: np.ndarray, w: np.ndarray, n: np.ndarray) -> np.ndarray:
        """Return no currents, (D,): its reads need none."""
        return np.zeros(len(n))

    def readings(self, amps: np.ndarray, g_S: np.ndarray) -> np.ndarray:
        """Return the conductances themselves, (D,) [S]."""
        return g_S


def _begins(vectors: Sequence[tuple[int, np.ndarray]]) -> dict[int, int]:
    """Return where each of some vectors begins, one behind the other, by its key."""
    ends = np.cumsum([len(one) for _, one in vectors], dtype=int)
    return {key: int(end) - len(one) for (key, one), end in zip(vectors, ends, strict=True)}


def sensing_top(cell: LoneCell) -> float:
    """Return up to which conductance a cell's reads are calibrated [S]."""
    from .sensing import known_conductances

    return float(known_conductances(cell)[-1])


@dataclass(frozen=True)
class _Reader:
    """A cell, one of all whose reads are calibrated up to the same conductance [S]."""

    top_S: float
    cell: LoneCell = field(compare=False)


@lru_cache(maxsize=64)
def _known(bare: LoneCell, engine: Engine, _content: tuple[str, ...], reader: _Reader) -> CircuitModel:
    """Return what is known of a cell with a known resistor, measured where it is asked for first."""
    charges = ChargeEnergy(bare, engine)
    return CircuitModel(bare, MeasuredCircuit(bare, engine, charges), charges, KnownReads.of(reader.cell, engine))
