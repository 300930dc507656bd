"""The circuit around the device of one cell, measured once in SPICE: what it delivers at the device's terminals.

The terminal at the access transistor is forced up and down through all voltages, slowly and fast, at levels of the line
behind the transistor. Half the sum of both ways is the static current, half their difference the current into the
charge, from which the capacitance follows. The other terminal sees a resistance. See `compact.jart.load_line` for how
the two become a load line with a charged node.
"""

from __future__ import annotations

import dataclasses
import hashlib
import math
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

import numpy as np

from .._util.machine import ToolError, cache_folder
from ..circuit import terminal_bench
from ..circuit.cell_kinds import LoneCell
from ..circuit.drivers import WriteDriver
from ..circuit.gates import gate_voltage
from ..circuit.pulse import PWL, Pulse
from ..circuit.terminal_bench import terminal_testbench
from ..circuit.testbench import Testbench
from ..circuit.waveform import Waveform
from ..provenance.cache import cached_arrays
from ..provenance.manifest import versions
from ..spice.ngspice import Engine
from .charge_energy import ChargeEnergy

POINTS = 513
"""Voltages of the node in a table."""

LEVELS = 33
"""Voltages of the line behind the transistor in a table of RESET, between the measured ones by splines."""

_MEASURED = 13
"""Levels of the line that are measured."""

BELOW_V, ABOVE_V = 0.3, 0.15
"""How far tables reach beyond 0 V and the highest amplitude."""

SLOW_S, FAST_S = 1e-6, 5e-9
"""Time in which a terminal is swept through all voltages, for the current and for the charge."""

GATE_STEP_V = 0.01
"""Gate voltages are measured at multiples of this; a table between them is a polynomial through the `_NEAR` nearest."""

_NEAR = 6

_BUCKET_V = 0.5
"""Tables reach up to a multiple of this."""

_LINE_V, _DROP_V = 0.1, 5e-3
"""Voltages of a line at whose multiples the resistance of its driver of transistors is measured; with this drop."""

_LEAST_SLOPE = 1e-9  # [S] of the static current: a saturated transistor without any would be no load line


@dataclass(frozen=True)
class Port:
    """What the circuit delivers at the terminal with the transistor, at one gate voltage and in one polarity.

    Attributes
    ----------
    y_V
        Voltages of the terminal, even, (Y,).
    top_V
        Voltage of the line behind the transistor at the last level; levels are even from 0 V on.
    amps, charge_F, coupling_F
        Current out of the circuit [A], capacitance at the terminal and to the line [F], (levels, Y).
    """

    y_V: np.ndarray
    top_V: float
    amps: np.ndarray
    charge_F: np.ndarray
    coupling_F: np.ndarray


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
    _loads: dict[tuple[float, float], np.ndarray] = field(default_factory=dict)
    _lines: dict[tuple[str, int], float] = field(default_factory=dict)

    def load(self, pulse: Pulse) -> np.ndarray:
        """Return the load of a pulse with the edges of its line, see `load_line`."""
        from ..compact.jart.load_line import with_edges

        load = self.static_load(pulse)
        return np.concatenate([with_edges(load, *self.charges.edges(pulse)), load]) if self.charges.shaped else load

    def static_load(self, pulse: Pulse) -> np.ndarray:
        """Return the load of a pulse whose edges are straight lines: one vector for all of the same voltages."""
        access = self.cell.access
        gate_V = gate_voltage(access, self.cell.process, pulse) if access else 0.0
        key = pulse.amplitude, gate_V
        if key not in self._loads:
            self._loads[key] = self._load(*key)
        return self._loads[key]

    def _load(self, amplitude_V: float, gate_V: float) -> np.ndarray:
        from ..compact.jart.load_line import resistor

        series = self.series_ohm("bl", max(-amplitude_V, 0.0))
        if self.cell.access is None:
            return resistor(series + self.series_ohm("wl", max(amplitude_V, 0.0)))
        polarity = -1 if amplitude_V < 0 else 1
        top_V = _BUCKET_V * math.ceil(abs(amplitude_V) / _BUCKET_V)
        return loaded(self.port(polarity, gate_V, top_V), amplitude_V, series)

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
            drives = {name: _constant(level, stop) for name, level in levels.items()}
            bench = terminal_testbench(self.cell, drives, {node: _constant(beside, stop)})
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


def kept_port(cell: LoneCell, polarity: int, gate_V: float, top_V: float, engine: Engine) -> Port:
    """Return the port of a cell at a gate voltage: from the cache folder, or measured and kept there.

    It is known by the netlists of what is measured, ngspice's version and this code.
    """
    benches = [one.sha256 for one in _benches(cell, polarity, gate_V, top_V)]
    settings = {"files": dict(zip(map(str, range(len(benches))), benches, strict=True)), "code": {"port": _code()}}
    settings |= {"simulator": {"ngspice": versions()["ngspice"]}}
    name = f"port-{hashlib.sha256(repr(settings).encode()).hexdigest()[:16]}"
    try:
        folder = cache_folder() / "ports"
    except ToolError:  # no home folder: measured in each process
        folder = None
    made = cached_arrays(
        folder, name, settings, lambda: dataclasses.asdict(measured_port(cell, polarity, gate_V, top_V, engine))
    )
    return Port(made["y_V"], float(made["top_V"]), made["amps"], made["charge_F"], made["coupling_F"])


@lru_cache(maxsize=1)
def _code() -> str:
    """Return the hash of the code that measures."""
    texts = (Path(__file__), Path(terminal_bench.__file__))
    return hashlib.sha256(b"".join(path.read_bytes() for path in texts)).hexdigest()


def measured_port(cell: LoneCell, polarity: int, gate_V: float, top_V: float, engine: Engine) -> Port:
    """Return the port of a cell at a gate voltage, measured in SPICE."""
    y = np.linspace(-BELOW_V, top_V + ABOVE_V, POINTS)
    levels = np.zeros(1) if polarity < 0 else np.linspace(0.0, top_V, _MEASURED)
    waves = list(engine.map(_benches(cell, polarity, gate_V, top_V)))
    amps, charge = [], []
    for k in range(len(levels)):
        up, down = _both_ways(waves[2 * k], y)
        amps.append((up + down) / 2)
        up, down = _both_ways(waves[2 * k + 1], y)
        charge.append((down - up) / 2 / ((y[-1] - y[0]) / FAST_S))
    if polarity < 0:
        return Port(y, top_V, _falling(np.array(amps), y), np.array(charge), np.zeros((1, POINTS)))
    return _between_levels(y, top_V, np.array(amps), np.array(charge), waves[-1])


def _benches(cell: LoneCell, polarity: int, gate_V: float, top_V: float) -> list[Testbench]:
    """Return what is simulated for a port: two ways at each level, and that of the line in a RESET."""
    y = np.linspace(-BELOW_V, top_V + ABOVE_V, POINTS)
    levels = [0.0] if polarity < 0 else np.linspace(0.0, top_V, _MEASURED).tolist()
    benches = [_bench(cell, gate_V, y, level, span) for level in levels for span in (SLOW_S, FAST_S)]
    return benches if polarity < 0 else [*benches, _coupling_bench(cell, gate_V, top_V)]


def _bench(cell: LoneCell, gate_V: float, y: np.ndarray, level_V: float, span_s: float) -> Testbench:
    """Return the transient in which the terminal goes from the lowest voltage to the highest and back."""
    low, high, stop = float(y[0]), float(y[-1]), 2 * span_s
    volts = {"bl": _constant(0.0, stop), "sl": _constant(level_V, stop), "wl": _constant(gate_V, stop)}
    forced = {"ae": PWL((0.0, span_s, stop), (low, high, low)), "oe": _constant(0.0, stop)}
    return terminal_testbench(cell, volts, forced)


def _coupling_bench(cell: LoneCell, gate_V: float, top_V: float) -> Testbench:
    """Return the transient in which the line behind the transistor goes up and down, the terminal at 0 V."""
    stop = 2 * FAST_S
    line = PWL((0.0, FAST_S, stop), (0.0, top_V, 0.0))
    volts = {"bl": _constant(0.0, stop), "sl": line, "wl": _constant(gate_V, stop)}
    forced = {"ae": PWL((0.0, FAST_S, stop), (0.0, 0.0, 0.0)), "oe": _constant(0.0, stop)}
    return terminal_testbench(cell, volts, forced, follow=True)


def _constant(volts: float, stop_s: float) -> PWL:
    return PWL((0.0, stop_s), (float(volts), float(volts)))


def _both_ways(wave: Waveform, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the current on the way up and down at voltages of the swept terminal, each (Y,) [A]."""
    half = wave.time_s[-1] / 2
    share = wave.time_s / half
    rising = share <= 1
    x = (y - y[0]) / (y[-1] - y[0])
    return (
        np.interp(x, share[rising], wave["i_ae"][rising]),
        np.interp(x, (2 - share[~rising])[::-1], wave["i_ae"][~rising][::-1]),
    )


def _between_levels(y: np.ndarray, top_V: float, amps: np.ndarray, charge: np.ndarray, coupling: Waveform) -> Port:
    """Return the port of a RESET at all levels of the line, of those that were measured (M, Y) and the way of the line
    with the terminal at 0 V.

    The charge is a function of both voltages: its slope over the line's follows from one way at a constant terminal.
    """
    from scipy.interpolate import CubicSpline

    measured, levels = np.linspace(0.0, top_V, len(amps)), np.linspace(0.0, top_V, LEVELS)
    half = coupling.time_s[-1] / 2
    share, i = coupling.time_s / half, coupling["i_ae"]
    up = np.interp(levels / top_V, share[share <= 1], i[share <= 1])
    down = np.interp(levels / top_V, (2 - share[share > 1])[::-1], i[share > 1][::-1])
    at_zero = (down - up) / 2 / (top_V / FAST_S)
    full_amps, full_charge = (CubicSpline(measured, table)(levels) for table in (amps, charge))
    steps = (full_charge[:, 1:] + full_charge[:, :-1]) / 2 * (y[1] - y[0])
    total = np.concatenate([np.zeros((LEVELS, 1)), np.cumsum(steps, axis=1)], axis=1)
    zero = np.array([np.interp(0.0, y, row) for row in total])
    slope = np.gradient(total - zero[:, None], levels, axis=0)
    return Port(y, top_V, _falling(full_amps, y), full_charge, slope + at_zero[:, None])


def _falling(amps: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Return currents (M, Y) that fall with the terminal's voltage, by so much at least: what noise of the solver is
    left in a saturated current would be no load line.
    """
    tilt = _LEAST_SLOPE * (y - y[0])
    return np.minimum.accumulate(amps + tilt, axis=1) - 2 * tilt


def loaded(port: Port, amplitude_V: float, series_ohm: float) -> np.ndarray:
    """Return the load vector of a pulse's amplitude at a port."""
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
    first = len(load)
    head[ll.AMPS], head[ll.CHARGE], head[ll.COUPLING] = (first + k * port.amps.size for k in range(3))
    ohm = np.median(np.diff(y) / -np.diff(row))
    head[ll.TAU], head[ll.REST] = float(np.median(port.charge_F) * ohm), 1e-9
    return np.concatenate([load, port.amps.ravel(), port.charge_F.ravel(), port.coupling_F.ravel()])
