"""The first iterate of the waveform relaxation of a walk: how N may be expected to go, before the transient is run.

The change of r and l in a step depends on how far N goes in it. The compact model follows the device behind a Thevenin
source that stands for the circuit: an open voltage, and a resistance that may depend on the current. Held fixed in it
is the resistance at the current that the device begins with; where it depends on the current, the device is followed
once more, its voltage corrected by the currents of the first time. That is one Picard step, and none is checked for
convergence: `walk_relaxation` iterates from here, and takes a better guess in fewer transients to the same end. Where
the source is not known, or the compact model finds no finite rate, N is taken to stand still.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike

from ...circuit.cell_kinds import Cell
from ...circuit.cells import Cell1R
from ...circuit.parts import Driver
from ...circuit.pulse import Pulse
from ...circuit.result import Result, SimulationError
from ...circuit.selection import Selection
from ...circuit.waveform import Waveform
from ...compact.jart import jart_characteristics as characteristics
from ...device.jart import walk_values
from ...device.jart.jart_device import Device
from ...device.state import State
from ...spice.ngspice import Engine, runnable_deck
from .walk_segment import WalkSegment

_LEAST_V = 1e-3
"""A device that has less voltage than this says nothing of the circuit around it [V]."""

_LEAST_WAY = 0.05
"""Nor does a current say how the resistance changes with it that has changed by less than this, relative."""

_KNOTS = 9

_LOADS_OHM = tuple(np.geomspace(200.0, 200e3, 16).tolist())
_LOAD_S = 1e-6
"""What stands in for a device, and how long a pulse each of them gets."""


@dataclass(frozen=True)
class Source:
    """What the circuit is for the device while a pulse is at its full amplitude: volts behind ohm(|i|).

    Attributes
    ----------
    volts
        The voltage without a current [V].
    amps, ohm
        The resistance at some currents, ascending, each (M,) [A, Ohm]; in between and beyond in straight lines.
    exact
        There is nothing more to be learned of it.
    """

    volts: float
    amps: tuple[float, ...]
    ohm: tuple[float, ...]
    exact: bool = False

    @classmethod
    def of_cell(cls, cell: Cell, pulse: Pulse) -> Source | None:
        """Return the source that a cell without transistors is; None for others."""
        if not (isinstance(cell, Cell1R) and isinstance(cell.driver, Driver)):
            return None
        lines = cell.lines
        ohm = 2 * cell.driver.resistance + lines.r_bl + lines.r_wl + 2 * lines.contact
        return cls(pulse.amplitude, (0.0,), (ohm,), exact=True)

    @classmethod
    def measured(cls, cell: Cell, pulse: Pulse, engine: Engine) -> Source | None:
        """Return the source that one cell is, alone or of an array, from known resistors in the place of its device;
        None where a transient fails, and for several cells.

        It takes some transients, once for an amplitude and a gate voltage: for work that sends many pulses of the same.
        """
        if isinstance(cell, Selection):
            if len(cell.indices) > 1:
                return None
            cell = cell.replace(fidelity="full", active=frozenset(cell.indices))
        return _measured(cell.resistor(1.0), pulse.amplitude, pulse.gate, engine, cell.alone.process.content)

    @classmethod
    def of_state(cls, device: Device, state: State, index: int, pulse: Pulse) -> Source | None:
        """Return the source from the node voltages of a single cell inside a pulse; None where there are none.

        Without a current the device would have the whole amplitude.
        """
        if not {"ae", "oe"} <= set(state.volts):
            return None
        volts, n = state.volts["ae"] - state.volts["oe"], state.x[index][0]
        now = walk_values.current_device(device, n, state.walked(index))
        return cls._through(pulse.amplitude, [volts], characteristics.static_current(now, [volts], n))

    @classmethod
    def of_wave(cls, wave: Waveform, suffix: str, pulse: Pulse, flat_s: tuple[float, float]) -> Source | None:
        """Return the source from what a transient recorded in a time of full amplitude [s]; None for no current."""
        flat = np.flatnonzero((wave.time_s >= flat_s[0]) & (wave.time_s <= flat_s[1]))
        flat = flat[len(flat) // 4 :]  # behind a corner of the drive the voltage is still on its way
        volts = wave[f"v_ae{suffix}"] - wave[f"v_oe{suffix}"]
        return cls._through(pulse.amplitude, volts[flat], wave[f"i_cell{suffix}"][flat])

    @classmethod
    def _through(cls, open_V: float, volts: ArrayLike, amps: ArrayLike) -> Source | None:
        """Return the source of an open voltage [V] that leaves a device voltages at currents, each (T,) [V, A]."""
        v, i = np.asarray(volts) * np.sign(open_V), np.asarray(amps) * np.sign(open_V)
        if not len(i) or np.any(v < _LEAST_V) or np.any(i <= 0):
            return None
        ohms = (abs(open_V) - v) / i
        if i.max() / i.min() < 1 + _LEAST_WAY:
            return cls(open_V, (float(i[-1]),), (float(ohms[-1]),))
        order, knots = np.argsort(i), np.linspace(i.min(), i.max(), _KNOTS)
        return cls(open_V, tuple(knots.tolist()), tuple(np.interp(knots, i[order], ohms[order]).tolist()))

    def at(self, i: ArrayLike) -> np.ndarray:
        """Return the resistance at currents [Ohm], not below 0."""
        i, amps, ohm = np.abs(i), np.array(self.amps), np.array(self.ohm)
        if len(amps) == 1:
            return np.full_like(i, max(ohm[0], 0.0))
        inside = np.interp(i, amps, ohm)
        slopes = np.diff(ohm)[[0, -1]] / np.diff(amps)[[0, -1]]
        beyond = slopes[0] * np.minimum(i - amps[0], 0) + slopes[1] * np.maximum(i - amps[-1], 0)
        return np.maximum(inside + beyond, 0.0)

    def equivalent_V(self, i: np.ndarray, ohm: float) -> np.ndarray:
        """Return the open voltage that leaves the device the same behind a fixed resistance [Ohm], (T,) [V].

        `i` are the currents meanwhile, (T,) [A].
        """
        return self.volts - (self.at(i) - ohm) * i


@lru_cache(maxsize=64)
def _measured(
    cell: Cell, amplitude: float, gate: float | None, engine: Engine, _content: tuple[str, ...]
) -> Source | None:
    """Return the source that a cell is at an amplitude and a gate voltage [V], from the voltages over some resistors;
    None for none.
    """
    pulse = Pulse(amplitude, _LOAD_S, gate=gate)
    loads = _LOADS_OHM[:: 3 if isinstance(cell, Selection) else 1]
    benches = [cell.resistor(ohm).testbench([pulse]) for ohm in loads]
    amps, ohms = [], []
    for load, wave in zip(loads[::-1], list(engine.map(benches, throw=False))[::-1], strict=True):
        if wave.result in (Result.TIMEOUT, Result.WORKER):  # how fast a machine is must not decide what is foreseen
            raise SimulationError(wave.result, runnable_deck(benches[0]), wave.log)
        if wave.result is not Result.OK:
            return None
        volts = abs(float(np.interp(cell.flat_start_s(pulse) + _LOAD_S, wave.time_s, wave["v_ae"] - wave["v_oe"])))
        amps.append(volts / load)
        ohms.append((abs(amplitude) - volts) / amps[-1])
    return Source(amplitude, tuple(amps), tuple(ohms), exact=True)


def concentrations(segment: WalkSegment, source: Source | None, pulse: Pulse, n_disc: float) -> np.ndarray:
    """Return N at the ends of the steps of a segment, (K,) [1e26 m^-3], as far as it can be foreseen."""
    constant = segment.constant_concentrations(n_disc)
    if source is None or not len(constant):
        return constant
    times, shape = _drive(segment, pulse)
    now = float(characteristics.static_current(segment.device, source.volts / 2, n_disc)) * 2
    ohm = float(source.at(now))
    try:
        trace = _followed(segment, n_disc, times, source.volts * shape, ohm)
        for _ in range(1 if len(source.amps) > 1 else 0):
            t, i = trace[:, 0] + times[0], trace[:, 5]
            trace = _followed(segment, n_disc, t, source.equivalent_V(i, ohm) * np.interp(t, times, shape), ohm)
    except ArithmeticError:
        return constant
    return np.exp(np.interp(segment.expected_s, times[0] + trace[:, 0], np.log(trace[:, 1])))


def _drive(segment: WalkSegment, pulse: Pulse) -> tuple[np.ndarray, np.ndarray]:
    """Return the shape of the pulse over the steps of a segment: times of the part [s], shares of the amplitude."""
    corners = np.cumsum([segment.on_s, pulse.rise, pulse.width, pulse.fall])
    begin, end = segment.begin_s, segment.expected_s[-1]
    near = 1e-14 * end  # a corner within rounding of an end is that end
    times = np.concatenate([[begin], corners[(corners > begin + near) & (corners < end - near)], [end]])
    return times, np.interp(times, corners, [0.0, 1.0, 1.0, 0.0])


def _followed(segment: WalkSegment, n_disc: float, times: np.ndarray, volts: np.ndarray, ohm: float) -> np.ndarray:
    """Return the compact model's trace, (rows, 6)."""
    from ...compact.jart.one_device import follow_one  # numba, for devices that walk alone
    from ...compact.jart.parameter_vector import vector

    device = segment.device
    return follow_one(
        "tud" if device.realisation == "tud" else "full", vector(device), times - times[0], volts, n_disc,
        writing=np.ones(len(times) - 1, bool), rs_ohm=ohm, walk=segment.walk.settings,
        wander=segment.wander.vector, key=segment.streams, trace=True,
    ).trace  # fmt: skip
