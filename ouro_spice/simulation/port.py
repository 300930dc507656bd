"""What a circuit delivers at the terminal of a memristor with an access transistor, measured in SPICE and kept.

The terminal is forced up and down through all voltages, slowly and fast, at levels of the line behind the transistor.
Half the sum of both ways is the static current, half their difference the current into the charge, from which the
capacitance follows.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np

from .._util.forks import cached_property
from .._util.machine import ToolError, cache_folder
from ..circuit import terminal_bench
from ..circuit.cell_kinds import LoneCell
from ..circuit.pulse import PWL
from ..circuit.terminal_bench import terminal_testbench
from ..circuit.testbench import Testbench
from ..circuit.waveform import Waveform
from ..provenance.cache import cached_arrays
from ..provenance.manifest import versions
from ..spice.ngspice import Engine

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

_LEAST_SLOPE = 1e-9  # [S] of the static current: a saturated transistor without any would be no load line

_TABLES = ("y_V", "amps", "charge_F", "coupling_F")


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

    @cached_property
    def tables(self) -> np.ndarray:
        """Return the three tables one behind the other, (3 levels Y,)."""
        return np.concatenate([self.amps.ravel(), self.charge_F.ravel(), self.coupling_F.ravel()])


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

    def measure() -> dict[str, np.ndarray]:
        port = measured_port(cell, polarity, gate_V, top_V, engine)
        return {name: getattr(port, name) for name in _TABLES}

    made = cached_arrays(folder, name, settings, measure)
    y, amps, charge, coupling = (made[one] for one in _TABLES)
    return Port(y, top_V, amps, charge, coupling)


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
    volts = {"bl": constant(0.0, stop), "sl": constant(level_V, stop), "wl": constant(gate_V, stop)}
    forced = {"ae": PWL((0.0, span_s, stop), (low, high, low)), "oe": constant(0.0, stop)}
    return terminal_testbench(cell, volts, forced)


def _coupling_bench(cell: LoneCell, gate_V: float, top_V: float) -> Testbench:
    """Return the transient in which the line behind the transistor goes up and down, the terminal at 0 V."""
    stop = 2 * FAST_S
    line = PWL((0.0, FAST_S, stop), (0.0, top_V, 0.0))
    volts = {"bl": constant(0.0, stop), "sl": line, "wl": constant(gate_V, stop)}
    forced = {"ae": PWL((0.0, FAST_S, stop), (0.0, 0.0, 0.0)), "oe": constant(0.0, stop)}
    return terminal_testbench(cell, volts, forced, follow=True)


def constant(volts: float, stop_s: float) -> PWL:
    """Return a constant voltage [V] over a time [s]."""
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
