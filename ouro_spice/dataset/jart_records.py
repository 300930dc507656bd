"""Records of compact cells of JART devices: many at once, each integrated in one pass by a kernel."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from .._util import random_keys
from ..circuit.cell_kinds import LoneCell, memristor
from ..circuit.compact_cell import CompactCell
from ..circuit.pulse import Pulse
from ..circuit.result import Result
from ..compact.jart import jart_characteristics
from ..compact.jart.integration import share
from ..compact.jart.parameter_vector import vector
from ..compact.jart.record_kernel import ENERGY_J, EVERY, G_END, POINTS, READ_A, RESULTS, SCRATCH, WIDTH, record_devices
from ..compact.jart.walk_kernel import STILL, start
from ..device.jart import walk_values
from ..device.jart.jart_device import Device
from ..device.jart.walk import HalfCycleWalk, Walk
from ..simulation.circuit_model import CircuitModel, SeriesResistance
from ..simulation.jart.population import start_walks
from .recipe import Recipe, Sample
from .record import HISTORY_POINTS, NAN, Record


def jart_records(
    cell: CompactCell | LoneCell,
    recipe: Recipe,
    drawn: Sequence[Sample],
    threads: int | None = None,
    circuit: CircuitModel | None = None,
) -> list[Record]:
    """Return the records of a cell of JART devices; arguments as `compact_records.compact_records`.

    `circuit` is what is known of the circuit around the device, None of a compact cell.
    """
    parts: dict[int, list[Record]] = {}

    def part(of: slice) -> None:
        parts[of.start] = _records(cell, recipe, drawn[of], circuit)

    if drawn:
        share(part, len(drawn), threads)
    return [record for begin in sorted(parts) for record in parts[begin]]


def _records(
    cell: CompactCell | LoneCell, recipe: Recipe, drawn: Sequence[Sample], circuit: CircuitModel | None
) -> list[Record]:
    """Return the records of some samples, all integrated in one call of the kernel."""
    model = cell.model if isinstance(cell, CompactCell) else None
    law = memristor(cell).walk
    walk = law if isinstance(law, Walk) else None
    devices = [one.device for one in drawn if isinstance(one.device, Device)]
    keys = np.array([random_keys.stream_key(one.seed) for one in drawn])
    warm = walk if recipe.start == "stationary" else None
    n, wanders, g = start_walks(devices, [one.start_S for one in drawn], keys, warm, model)
    amplitudes = [recipe.known_pair.amplitude(one.target_S - now) for one, now in zip(drawn, g, strict=True)]
    if isinstance(law, HalfCycleWalk):
        devices = [_turned(*of) for of in zip(devices, n, amplitudes, keys, strict=True)]
    p = np.array([vector(device) for device in devices])
    w = start(p, n) if walk is None else wanders
    pulses = np.array([(v, one.rise_s, one.fall_s) for v, one in zip(amplitudes, drawn, strict=True)])
    code = jart_characteristics.code(devices[0], model)
    sent = [Pulse(v, recipe.longest_s, one.rise_s, one.fall_s) for v, one in zip(amplitudes, drawn, strict=True)]
    around = circuit or SeriesResistance(cell.resistance if isinstance(cell, CompactCell) else 0.0)
    start_A = around.read_currents(code, p, w, n)
    histories, results = np.empty((len(drawn), HISTORY_POINTS), np.float32), np.empty((len(drawn), RESULTS))
    record_devices(
        code, p, *around.loads(sent), w, STILL if walk is None else walk.settings, keys, n, pulses,
        np.array([one.target_S for one in drawn]), (recipe.step_s, recipe.longest_s), around.read_load, histories,
        results, np.empty(SCRATCH),
    )  # fmt: skip
    results[~np.isfinite(n)] = NAN
    results[:, ENERGY_J] += around.charges_J(sent)
    readings = (around.readings(amps, at_S) for amps, at_S in ((start_A, g), (results[:, READ_A], results[:, G_END])))
    rows = zip(drawn, g, sent, around.gates_V(sent), results, histories, *readings, strict=True)
    return [_record(recipe, *row) for row in rows]


def _turned(device: Device, n_disc: float, amplitude_V: float, key: np.ndarray) -> Device:
    """Return the device as it is in a pulse under `HalfCycleWalk`: its r and l follow the concentration."""
    n = float(n_disc)
    return walk_values.half_cycle(device, n, walk_values.initial_state(device, n), int(np.sign(amplitude_V)), key)[0]


def _record(
    recipe: Recipe,
    drawn: Sample,
    g_S: float,
    pulse: Pulse,
    gate_V: float | None,
    found: np.ndarray,
    history: np.ndarray,
    before_S: float,
    after_S: float,
) -> Record:
    """Return the record that a row of the kernel's results, its history and its readings stand for."""
    g_S = float(g_S)
    if np.isnan(found[WIDTH]):
        failed = Record.failed(drawn, g_S, pulse.amplitude, Result.NOT_FINITE, gate_V)
        return failed.with_readings(float(before_S), NAN)
    steps, g_end_S = int(found[WIDTH]), float(found[G_END])
    record = Record(
        drawn, "reached" if steps else "not_reached", g_S, pulse.amplitude,
        width_s=steps * recipe.step_s if steps else recipe.longest_s, g_end_S=g_end_S,
        energy_J=float(found[ENERGY_J]), stride=int(found[EVERY]), history=history[: int(found[POINTS])].copy(),
        gate_V=gate_V,
    )  # fmt: skip
    return record.with_readings(float(before_S), float(after_S))
