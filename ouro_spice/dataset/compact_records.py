"""Records of compact cells: those of a family with kernels for many at once, or one after the other as in SPICE."""

from __future__ import annotations

from collections.abc import Sequence

from ..circuit.compact_cell import CompactCell
from ..circuit.pulse import Pulse
from ..circuit.result import Result, SimulationError
from ..device.jart.jart_device import Device
from ..simulation.compact_transient import CompactRun
from .jart_records import jart_records
from .recipe import Recipe, Sample
from .record import NAN, Record
from .way import Way


def compact_records(
    cell: CompactCell, recipe: Recipe, drawn: Sequence[Sample], threads: int | None = None
) -> list[Record]:
    """Return the records of a compact cell in the order of `drawn`; one that cannot be integrated is a record, too.

    Parameters
    ----------
    cell
        The cell; each record puts its own device into it.
    recipe
        How the records were drawn.
    drawn
        What they are to be, of `Recipe.draw`.
    threads
        How many threads, None: one a core. The records do not depend on it.
    """
    if isinstance(cell.device, Device):
        return jart_records(cell, recipe, drawn, threads)
    return [_record(cell, recipe, one) for one in drawn]


def _record(cell: CompactCell, recipe: Recipe, drawn: Sample) -> Record:
    """Return one record, followed in parts that go on from each other."""
    own = cell.replace(device=drawn.device)
    low, high = own.range_S
    start_S = min(max(drawn.start_S, low), high)
    amplitude = recipe.known_pair.amplitude(drawn.target_S - start_S)
    pulse = Pulse(amplitude, recipe.longest_s, drawn.rise_s, drawn.fall_s)
    try:
        way = Way(CompactRun(own, drawn.seed, True), pulse, recipe.step_s, own.state(start_S))
        crossed_s = way.crossing(drawn.target_S)
        width_s = crossed_s or recipe.longest_s
        stride, history = way.history(width_s)
        end, energy_J = way.end_pulse(width_s)
    except SimulationError:
        return Record.failed(drawn, start_S, amplitude, Result.NOT_FINITE).with_readings(start_S, NAN)
    outcome = "reached" if crossed_s else "not_reached"
    record = Record(drawn, outcome, start_S, amplitude, Result.OK, width_s, end.g_S, energy_J, stride, history)
    return record.with_readings(start_S, end.g_S)
