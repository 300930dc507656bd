"""Records of cells at fidelity "circuit": kernels behind the circuit around the device, which SPICE measured."""

from __future__ import annotations

from collections.abc import Sequence

from .._util import random_keys
from ..circuit.cell_kinds import LoneCell
from ..circuit.pulse import Pulse
from ..circuit.result import SimulationError
from ..compact import characteristics
from ..device.jart.jart_device import Device
from ..simulation.circuit_model import CircuitModel
from ..simulation.measured_transient import MeasuredRun
from ..spice.ngspice import Engine
from .circuit_records import gate_of, start_state
from .jart_records import jart_records
from .recipe import Recipe, Sample
from .record import NAN, Record
from .swept_records import swept_measured_record
from .way import Way


def circuit_model_records(
    cell: LoneCell, recipe: Recipe, drawn: Sequence[Sample], engine: Engine, threads: int | None = None
) -> list[Record]:
    """Return the records of a cell at fidelity "circuit" in the order of `drawn`; one that fails is a record, too.

    Parameters
    ----------
    cell
        The cell; each record puts its own device into it.
    recipe, drawn
        How the records were drawn, and what they are to be, of `Recipe.draw`.
    engine
        What measures the circuit, once.
    threads
        How many threads for devices that are followed many at once, None: one a core. No record depends on it.
    """
    if recipe.sweep is not None:
        return [swept_measured_record(cell, recipe, one, engine) for one in drawn]
    if isinstance(cell.device, Device):
        return jart_records(cell, recipe, drawn, threads, CircuitModel.of(cell, engine))
    return [_record(cell, recipe, one, engine) for one in drawn]


def _record(cell: LoneCell, recipe: Recipe, drawn: Sample, engine: Engine) -> Record:
    """Return one record, followed in parts that go on from each other."""
    own = cell.replace(device=drawn.device)
    state = start_state(own, drawn, recipe.start)
    g_start_S = float(characteristics.conductance(drawn.device, state.x[0][0]))
    pulse = Pulse(recipe.known_pair.amplitude(drawn.target_S - g_start_S), recipe.longest_s, drawn.rise_s, drawn.fall_s)
    run = MeasuredRun(own, drawn.seed, True, engine, {0: random_keys.stream_key(drawn.seed)})
    around, gate_V = CircuitModel.of(own, engine), gate_of(own, pulse)
    before_S = around.read(drawn.device, state.x[0])[0]
    try:
        way = Way(run, pulse, recipe.step_s, state)
        crossed_s = way.crossing(drawn.target_S)
        width_s = crossed_s or recipe.longest_s
        stride, history = way.history(width_s)
        end, energy_J = way.end_pulse(width_s)
    except SimulationError as error:
        failed = Record.failed(drawn, g_start_S, pulse.amplitude, error.result, gate_V)
        return failed.with_readings(before_S, NAN)
    record = Record(
        drawn, "reached" if crossed_s else "not_reached", g_start_S, pulse.amplitude, width_s=width_s,
        g_end_S=end.g_S, energy_J=energy_J, stride=stride, history=history, gate_V=gate_V,
    )  # fmt: skip
    return record.with_readings(before_S, around.read(drawn.device, end.end_state.x[0])[0])
