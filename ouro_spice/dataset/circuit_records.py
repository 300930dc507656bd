"""One record in SPICE: one trajectory, in parts that go on from each other, and the very pulse that it asks for."""

from __future__ import annotations

import dataclasses

from .._util import random_keys
from ..circuit.cell_kinds import Cell
from ..circuit.gates import gate_voltage
from ..circuit.pulse import Pulse
from ..circuit.result import Result, SimulationError
from ..compact import characteristics
from ..device.memristor import Memristor
from ..device.state import State
from ..simulation.circuit_transient import CircuitRun
from ..simulation.jart.population import stationary
from ..simulation.live_cell import SpiceCell
from ..spice.ngspice import Engine
from .recipe import Recipe, Sample
from .record import NAN, Record
from .way import Way

OF_THE_MACHINE = (Result.TIMEOUT, Result.WORKER)
"""Failures that are no property of what is simulated."""


def circuit_record(cell: Cell, recipe: Recipe, drawn: Sample, engine: Engine) -> Record:
    """Simulate one record and return it; a simulation that fails is a record, too.

    Raises
    ------
    SimulationError
        Where a simulation runs into its time limit or its process dies twice: no property of a record.
    """
    cell = cell.replace(device=drawn.device)
    state = start_state(cell, drawn, recipe.start)
    g_start_S = _conductance(drawn.device, state, cell.index)
    pulse = Pulse(recipe.known_pair.amplitude(drawn.target_S - g_start_S), recipe.longest_s, drawn.rise_s, drawn.fall_s)
    gate_V = gate_of(cell, pulse)
    run = CircuitRun(cell, drawn.seed, True, engine, {cell.index: random_keys.stream_key(drawn.seed)}, many=True)
    try:
        way = Way(run, pulse, recipe.step_s, state)
        width_s = way.crossing(drawn.target_S)
        outcome = "reached" if width_s else "not_reached"
        width_s = width_s or recipe.longest_s
        stride_, history = way.history(width_s)
        end, energy_J = way.end_pulse(width_s)
    except SimulationError as error:
        if error.result in OF_THE_MACHINE:
            raise
        failed = Record.failed(drawn, g_start_S, pulse.amplitude, error.result, gate_V)
        return failed.with_readings(reported_S(cell, state, engine), NAN)
    found = Record(drawn, outcome, g_start_S, pulse.amplitude, Result.OK, width_s, end.g_S, energy_J, stride_, history)
    record = dataclasses.replace(found, gate_V=gate_V)
    return record.with_readings(*(reported_S(cell, one, engine) for one in (state, end.end_state)))


def gate_of(cell: Cell, pulse: Pulse) -> float | None:
    """Return the voltage at the gate of the access transistor during a pulse [V]; None without one."""
    access = cell.alone.access
    return gate_voltage(access, cell.alone.process, pulse) if access else None


def start_state(cell: Cell, drawn: Sample, start: str) -> State:
    """Return the state of the circuit in which a record begins."""
    state = cell.state(drawn.start_S)
    if start == "nominal" or "stationary start" not in drawn.device.capabilities:
        return state
    walked = stationary(drawn.device, drawn.start_S, drawn.seed)
    return state.changed(cell.index, x=walked.x[0], wander=walked.wander[0])


def _conductance(device: Memristor, state: State, index: int) -> float:
    """Return the conductance of the device at a place of a state, as it has walked [S]."""
    x = state.x[index]
    return float(characteristics.conductance(device.now(x, state.walked(index)), x[0]))


def reported_S(cell: Cell, state: State, engine: Engine) -> float:
    """Return what the sense path reports of a state [S], the end of its range for one beyond it; NaN where the read
    fails.
    """
    try:
        return SpiceCell(cell, state, engine=engine, warn=False).read()
    except SimulationError as error:  # outside the range of the sense path, too
        if error.result in OF_THE_MACHINE:
            raise
        return NAN
