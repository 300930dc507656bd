"""The circuit around the device of one cell, measured once in SPICE: what it delivers at the device's terminals.

At the terminal with the access transistor that is a `Port`; the other terminal sees a resistance. See
`compact.jart.load_line` for how the two become a load line with a charged node.
"""

from __future__ import annotations

import math
import threading
from dataclasses import dataclass, field

import numpy as np

from .._util.forks import free_at_fork
from ..circuit.cell_kinds import LoneCell
from ..circuit.drivers import WriteDriver
from ..circuit.gates import gate_voltage
from ..circuit.pulse import Pulse
from ..circuit.terminal_bench import terminal_testbench
from ..spice.ngspice import Engine
from .charge_energy import ChargeEnergy
from .port import SLOW_S, Port, constant, kept_port

GATE_STEP_V = 0.01
"""Gate voltages are measured at multiples of this; a table between them is a polynomial through the `_NEAR` nearest."""

_NEAR = 6

_BUCKET_V = 0.5
"""Tables reach up to a multiple of this."""

_LINE_V, _DROP_V = 0.1, 5e-3
"""Voltages of a line at whose multiples the resistance of its driver of transistors is measured; with this drop."""

_MOST = 4096
"""Lines that are kept; beyond, all are made anew."""


_measuring = threading.RLock()
free_at_fork(_measuring)


@dataclass(frozen=True, eq=False)
class MeasuredCircuit:
    """The circuit around the device of a cell with an access transistor.

    Attributes
    ----------
    cell
        With a known resistor in the place of the device.
    """

    cell: LoneCell
    engine: Engine
    charges: ChargeEnergy
    _ports: dict[tuple[int, int, float], Port] = field(default_factory=dict)
    _lines_of: dict[tuple[float, float], tuple[np.ndarray, np.ndarray]] = field(default_factory=dict)
    _lines: dict[tuple[str, int], float] = field(default_factory=dict)

    def load(self, pulse: Pulse) -> np.ndarray:
        """Return the load of a pulse with the edges of its line, see `load_line`."""
        from ..compact.jart.load_line import with_edges, with_tables

        line, tables = self.line(pulse)
        load = np.concatenate([with_tables(line, len(line)), tables])
        return np.concatenate([with_edges(load, *self.charges.edges(pulse)), load]) if self.charges.shaped else load

    def line(self, pulse: Pulse) -> tuple[np.ndarray, np.ndarray]:
        """Return the load line of a pulse whose edges are straight lines, and the tables of its port: the same vectors
        for all pulses of the same voltages, see `with_tables`.
        """
        access = self.cell.access
        gate_V = gate_voltage(access, self.cell.process, pulse) if access else 0.0
        key = pulse.amplitude, gate_V
        found = self._lines_of.get(key)
        if found is None:
            with _measuring:  # what is measured is measured once
                found = self._lines_of.get(key) or self._line(*key)
                if len(self._lines_of) >= _MOST:
                    self._lines_of.clear()
                self._lines_of[key] = found
        return found

    def _line(self, amplitude_V: float, gate_V: float) -> tuple[np.ndarray, np.ndarray]:
        from ..compact.jart.load_line import resistor

        series = self.series_ohm("bl", max(-amplitude_V, 0.0))
        if self.cell.access is None:
            return resistor(series + self.series_ohm("wl", max(amplitude_V, 0.0))), np.empty(0)
        polarity = -1 if amplitude_V < 0 else 1
        top_V = _BUCKET_V * max(math.ceil(abs(amplitude_V) / _BUCKET_V), 1)
        port = self.port(polarity, gate_V, top_V)
        return port_line(port, amplitude_V, series), port.tables

    def series_ohm(self, line: str, volts: float) -> float:
        """Return the resistance between source and device along a line at a voltage [Ohm]."""
        if not isinstance(self.cell.driver, WriteDriver):
            return self.cell.driver_ohm(line)
        k = math.floor(volts / _LINE_V)
        share = volts / _LINE_V - k
        at = [self._line_ohm(line, k), self._line_ohm(line, k + 1) if share > 1e-9 else 0.0]
        return at[0] + share * (at[1] - at[0]) if share > 1e-9 else at[0]

    def _line_ohm(self, line: str, k: int) -> float:
        """Return the resistance of a line and its driver of transistors at so many steps of its voltage [Ohm]."""
        if (line, k) not in self._lines:
            volts = min(k * _LINE_V, self.cell.driver.supply) if isinstance(self.cell.driver, WriteDriver) else 0.0
            node, beside = "oe" if line == "bl" else "ae", volts - math.copysign(_DROP_V, k - 0.5)
            stop = SLOW_S
            levels = dict.fromkeys(("bl", "sl" if self.cell.gated else "wl", "wl"), 0.0) | {line: volts}
            drives = {name: constant(level, stop) for name, level in levels.items()}
            bench = terminal_testbench(self.cell, drives, {node: constant(beside, stop)})
            self._lines[line, k] = (volts - beside) / float(self.engine.run(bench)[f"i_{node}"][-1])
        return self._lines[line, k]

    def port(self, polarity: int, gate_V: float, top_V: float) -> Port:
        """Return the port at a gate voltage: a polynomial through the nearest ones that are measured."""
        at = gate_V / GATE_STEP_V
        if abs(at - round(at)) < 1e-6:
            return self._measured(polarity, round(at), top_V)
        first = max(math.floor(at) - _NEAR // 2 + 1, 0)
        nodes = range(first, first + _NEAR)
        ports = [self._measured(polarity, node, top_V) for node in nodes]
        weights = [math.prod((at - b) / (a - b) for b in nodes if b != a) for a in nodes]

        def mixed(name: str) -> np.ndarray:
            return np.tensordot(weights, np.array([getattr(one, name) for one in ports]), 1)

        return Port(ports[0].y_V, top_V, mixed("amps"), mixed("charge_F"), mixed("coupling_F"))

    def _measured(self, polarity: int, node: int, top_V: float) -> Port:
        """Return the port at a gate voltage of so many steps, measured."""
        key = polarity, node, top_V
        if key not in self._ports:
            self._ports[key] = kept_port(self.cell, polarity, node * GATE_STEP_V, top_V, self.engine)
        return self._ports[key]


def port_line(port: Port, amplitude_V: float, series_ohm: float) -> np.ndarray:
    """Return the load line of a pulse's amplitude at a port, whose tables are to be put behind it."""
    from ..compact.jart import load_line as ll

    levels, y, u = len(port.amps), port.y_V, abs(amplitude_V) if amplitude_V > 0 else 0.0
    row = port.amps[0]
    if levels > 1:
        k = min(int(u / port.top_V * (levels - 1)), levels - 2)
        share = u / port.top_V * (levels - 1) - k
        row = port.amps[k] + share * (port.amps[k + 1] - port.amps[k])
    # in a SET the other side of the device is raised, in a RESET it is at 0 V
    load = ll.straight_pieces(row, y + min(amplitude_V, 0.0), amplitude_V, series_ohm)
    head = load[: ll.HEAD]
    head[ll.NODE] = 1.0
    head[ll.LEVELS], head[ll.TOP_V], head[ll.POINTS] = levels, port.top_V, len(y)
    head[ll.LOW_V], head[ll.STEP_V] = y[0], y[1] - y[0]
    head[ll.AMPS], head[ll.CHARGE], head[ll.COUPLING] = (k * port.amps.size for k in range(3))
    ohm = np.median(np.diff(y) / -np.diff(row))
    head[ll.TAU], head[ll.REST] = float(np.median(port.charge_F) * ohm), 1e-9
    return load
