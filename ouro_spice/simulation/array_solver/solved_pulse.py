"""One pulse, or a part of it, to cells of an array without SPICE: from a state to a waveform."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping

import numpy as np

from ...circuit.cells import Cell1T1R
from ...circuit.pulse import PWL, Parallel
from ...circuit.pulse_part import windows
from ...circuit.result import Result, SimulationError
from ...circuit.selection import Selection
from ...circuit.stimuli import Stimulus
from ...circuit.waveform import Effort, Fidelity, Waveform
from ...device.state import State
from ...spice.ngspice import Engine
from . import solved_waveform
from .gated_circuit import GatedCircuit, series_ohm
from .solved_circuit import NotConvergedError, SolvedCircuit
from .solved_devices import SolvedDevices
from .stepping import DrivenVoltages, StepTooShortError, follow
from .transistor_measurement import measured
from .transistor_table import TransistorTable
from .ungated_circuit import UngatedCircuit

Drives = Mapping[str, PWL | None]


def solved(
    selection: Selection,
    pulse: Stimulus | Parallel,
    begin_s: float,
    end_s: float,
    state: State,
    engine: Engine,
    throw: bool = True,
) -> Waveform:
    """Return the waveform of a pulse between two of its times [s]; `engine` measures transistors that are not known.

    Its fidelity says nothing yet of its agreement with SPICE.

    Raises
    ------
    ValueError
        For a gate that is not at one voltage while bit and source lines are raised.
    SimulationError
        Where no solution is found and `throw` is set, or a transistor cannot be measured.
    """
    drives: Drives = windows(selection.voltages(pulse), begin_s, end_s)
    try:
        if selection.gated:
            wave, x = _gated(selection, drives, end_s - begin_s, state, engine)
        else:
            wave, x = _ungated(selection, drives, end_s - begin_s, state)
    except (NotConvergedError, StepTooShortError) as error:
        code = Result.TIMESTEP if isinstance(error, StepTooShortError) else Result.OPERATING_POINT
        if throw:
            raise SimulationError(code, "* fidelity circuit: no deck is run", (f"{error}",)) from error
        return Waveform(np.empty(0), {}, None, 0.0, code, log=(f"{error}",), fidelity=Fidelity("circuit"))
    after = State(state.moved(x).x, {}, state.wander, state.telegraph)
    return dataclasses.replace(wave, state=after)


def _ungated(selection: Selection, drives: Drives, length_s: float, state: State) -> tuple[Waveform, np.ndarray]:
    """Return the waveform in an array of 1R cells, and the first state variables at the end, (K,)."""
    array = selection.array.walked(state)
    series = np.full(array.size, 2 * array.cell.lines.contact)
    devices = SolvedDevices([array.device_at(k) for k in range(array.size)], series)
    driven = tuple(name for name, pwl in drives.items() if pwl is not None)
    circuit = UngatedCircuit(array, driven, devices, selection.indices)
    x, effort = _followed(circuit, drives, length_s, devices.scaled(state.lead))
    wave = solved_waveform.ungated(selection, drives, circuit, effort)
    return wave, _kept(state.lead, devices.unscaled(x))


def _gated(
    selection: Selection, drives: Drives, length_s: float, state: State, engine: Engine
) -> tuple[Waveform, np.ndarray]:
    """Return the same in an array of 1T1R cells."""
    array, row = selection.array.walked(state), selection.row
    cell = array.cell
    assert isinstance(cell, Cell1T1R)
    cols = [col for col in range(array.cols) if _raised(drives, f"bl{col}") or _raised(drives, f"sl{col}")]
    gate_V = _gate_V(drives, row, cols)
    table = _table(cell, drives, cols, gate_V, engine)
    places = np.array([row * array.cols + col for col in cols], dtype=int)
    ohm = series_ohm(array, "bl", row) + cell.lines.contact
    devices = SolvedDevices([array.device_at(int(k)) for k in places], np.full(len(cols), ohm))
    circuit = GatedCircuit(array, row, cols, devices, table)
    x, effort = _followed(circuit, drives, length_s, devices.scaled(state.lead[places]))
    wave = solved_waveform.gated(selection, drives, circuit, cols, state, effort)
    after = state.lead.copy()
    after[places] = _kept(state.lead[places], devices.unscaled(x))
    return wave, after


def _kept(before: np.ndarray, after: np.ndarray) -> np.ndarray:
    """Return states after a pulse, those that have not moved exactly as they were."""
    return np.where(np.abs(after / before - 1) < 4e-16, before, after)


def _followed(circuit: SolvedCircuit, drives: Drives, length_s: float, x: np.ndarray) -> tuple[np.ndarray, Effort]:
    """Return the states at the end, on the scale of their variable, and what it took."""
    after, steps = follow(circuit, DrivenVoltages.of(drives, circuit.drivers, length_s), x)
    return after, Effort(steps.taken + steps.rejected, steps.rejected, circuit.cost.solutions)


def _raised(drives: Drives, name: str) -> bool:
    pwl = drives[name]
    return pwl is not None and any(pwl.volts)


def _gate_V(drives: Drives, row: int, cols: list[int]) -> float:
    """Return the voltage of the raised gates [V]; ValueError where it changes while other lines are raised."""
    gate = drives[f"wl{row}"]
    assert gate is not None
    level = max(gate.volts)
    for name in (f"{kind}{col}" for kind in ("bl", "sl") for col in cols):
        pwl = drives[name]
        assert pwl is not None
        times = np.union1d(pwl.times_s, gate.times_s)
        high = np.interp(times, pwl.times_s, pwl.volts) != 0
        if np.any(np.abs(np.interp(times[high], gate.times_s, gate.volts) - level) > 1e-9):
            raise ValueError('fidelity "circuit": the gate must stand still while the other lines are raised')
    return level


def _table(cell: Cell1T1R, drives: Drives, cols: list[int], gate_V: float, engine: Engine) -> TransistorTable:
    """Return the table of the transistor at the gate's voltage."""
    raised = (drives[f"{kind}{col}"] for kind in ("bl", "sl") for col in cols)
    highest_V = max((max(pwl.volts) for pwl in raised if pwl is not None), default=0.0)
    return measured(cell, gate_V, highest_V, engine)
