"""One record of a sweep: the erase, if any, and the pulse at its own voltage, in SPICE or of a compact cell."""

from __future__ import annotations

import dataclasses

import numpy as np

from .._util import random_keys
from ..circuit.cell_kinds import Cell, LoneCell
from ..circuit.compact_cell import CompactCell
from ..circuit.result import Result, SimulationError
from ..device.state import State
from ..simulation.circuit_model import CircuitModel
from ..simulation.jart.population import stationary
from ..simulation.live_cell import ModelCell, SpiceCell
from ..simulation.measured_cell import MeasuredCell
from ..spice.ngspice import Engine
from .circuit_records import OF_THE_MACHINE, gate_of, reported_S, start_state
from .recipe import Recipe, Sample
from .record import NAN, Record
from .sweep import Sweep


def swept_record(cell: Cell, recipe: Recipe, drawn: Sample, engine: Engine) -> Record:
    """Simulate one record in SPICE and return it; a simulation that fails is a record, too.

    Raises
    ------
    SimulationError
        Where a simulation runs into its time limit or its process dies twice: no property of a record.
    """
    cell, sweep = cell.replace(device=drawn.device), _sweep(recipe)
    state = start_state(cell, drawn, recipe.start)
    keys = {cell.index: random_keys.stream_key(drawn.seed)}
    live = SpiceCell(cell, state, drawn.seed, engine, keys=keys, warn=False)
    record = _sent(live, sweep, drawn, gate_of(cell, sweep.at(_volts(drawn))))
    after_S = NAN if record.outcome == "simulation_failed" else reported_S(cell, live.state, engine)
    return record.with_readings(reported_S(cell, state, engine), after_S)


def swept_compact_record(cell: CompactCell, recipe: Recipe, drawn: Sample) -> Record:
    """Return one record of a compact cell; its readings are exact."""
    cell = cell.replace(device=drawn.device)
    record = _sent(ModelCell(cell, _compact_state(cell, recipe, drawn), drawn.seed), _sweep(recipe), drawn, None)
    return record.with_readings(record.g_start_S, record.g_end_S)


def swept_measured_record(cell: LoneCell, recipe: Recipe, drawn: Sample, engine: Engine) -> Record:
    """Return one record of a cell at fidelity "circuit"."""
    cell, sweep = cell.replace(device=drawn.device), _sweep(recipe)
    around, state = CircuitModel.of(cell, engine), start_state(cell, drawn, recipe.start)
    live = MeasuredCell(cell, state, drawn.seed, engine, keys={0: random_keys.stream_key(drawn.seed)})
    before_S = around.read(live.present, state.x[0])[0]
    record = _sent(live, sweep, drawn, gate_of(cell, sweep.at(_volts(drawn))))
    failed = record.outcome == "simulation_failed"
    return record.with_readings(before_S, NAN if failed else around.read(live.present, live.state.x[0])[0])


def _sweep(recipe: Recipe) -> Sweep:
    """Return the sweep of a recipe that has one; ValueError for another one."""
    if recipe.sweep is None:
        raise ValueError("sweep = None: the records of this recipe vary the width of a pulse")
    return recipe.sweep


def _compact_state(cell: CompactCell, recipe: Recipe, drawn: Sample) -> State:
    """Return the state in which a record of a compact cell begins."""
    if recipe.start == "nominal" or "stationary start" not in drawn.device.capabilities:
        return cell.state(drawn.start_S)
    return stationary(drawn.device, drawn.start_S, drawn.seed, cell.model)


def _volts(drawn: Sample) -> float:
    """Return the voltage of a record [V]; ValueError for a sample of another recipe."""
    if drawn.control_V is None:
        raise ValueError("control_V = None: this sample was not drawn by the recipe of a sweep")
    return drawn.control_V


def _sent(live: SpiceCell | ModelCell | MeasuredCell, sweep: Sweep, drawn: Sample, gate_V: float | None) -> Record:
    """Send the pulses of a record and return it, without its readings: its target is where they end."""
    g_start_S, energy_J, pulse = live.g_S, 0.0, sweep.at(_volts(drawn))
    try:
        for one in sweep.pulses(_volts(drawn)):
            energy_J += live.apply(one).energy_J
    except SimulationError as error:
        if error.result in OF_THE_MACHINE:
            raise
        return Record.failed(drawn, g_start_S, pulse.amplitude, error.result, gate_V)
    ends = np.array([g_start_S, live.g_S], np.float32)
    return dataclasses.replace(
        Record(dataclasses.replace(drawn, target_S=live.g_S), "reached", g_start_S, pulse.amplitude, Result.OK),
        width_s=pulse.width, g_end_S=live.g_S, energy_J=energy_J, history=ends, gate_V=gate_V,
    )  # fmt: skip
