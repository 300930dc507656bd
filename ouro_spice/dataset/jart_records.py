"""Records of compact cells of JART devices: many at once, each integrated in one pass by a kernel."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from .._util import random_keys
from ..circuit.compact_cell import CompactCell
from ..circuit.result import Result
from ..compact.jart import jart_characteristics
from ..compact.jart.integration import share
from ..compact.jart.load_line import resistor
from ..compact.jart.parameter_vector import vector
from ..compact.jart.record_kernel import ENERGY_J, EVERY, G_END, POINTS, RESULTS, SCRATCH, WIDTH, record_devices
from ..compact.jart.walk_kernel import STILL, start
from ..device.jart import walk_values
from ..device.jart.jart_device import Device
from ..device.jart.walk import HalfCycleWalk, Walk
from ..simulation.jart.population import start_walks
from .recipe import Recipe, Sample
from .record import HISTORY_POINTS, NAN, Record


def jart_records(
    cell: CompactCell, recipe: Recipe, drawn: Sequence[Sample], threads: int | None = None
) -> list[Record]:
    """Return the records of a compact cell of JART devices; arguments as `compact_records.compact_records`."""
    parts: dict[int, list[Record]] = {}

    def part(of: slice) -> None:
        parts[of.start] = _records(cell, recipe, drawn[of])

    if drawn:
        share(part, len(drawn), threads)
    return [record for begin in sorted(parts) for record in parts[begin]]


def _records(cell: CompactCell, recipe: Recipe, drawn: Sequence[Sample]) -> list[Record]:
    """Return the records of some samples, all integrated in one call of the kernel."""
    walk = cell.device.walk if isinstance(cell.device.walk, Walk) else None
    devices = [one.device for one in drawn if isinstance(one.device, Device)]
    keys = np.array([random_keys.stream_key(one.seed) for one in drawn])
    warm = walk if recipe.start == "stationary" else None
    n, wanders, g = start_walks(devices, [one.start_S for one in drawn], keys, warm, cell.model)
    amplitudes = [recipe.known_pair.amplitude(one.target_S - now) for one, now in zip(drawn, g, strict=True)]
    if isinstance(cell.device.walk, HalfCycleWalk):
        devices = [_turned(*of) for of in zip(devices, n, amplitudes, keys, strict=True)]
    p = np.array([vector(device) for device in devices])
    pulses = np.array([(v, one.rise_s, one.fall_s) for v, one in zip(amplitudes, drawn, strict=True)])
    histories, results = np.empty((len(drawn), HISTORY_POINTS), np.float32), np.empty((len(drawn), RESULTS))
    record_devices(
        jart_characteristics.MODELS.index(cell.model), p, resistor(cell.resistance), np.zeros(len(drawn), int),
        start(p, n) if walk is None else wanders,
        STILL if walk is None else walk.settings, keys, n, pulses, np.array([one.target_S for one in drawn]),
        (recipe.step_s, recipe.longest_s), histories, results, np.empty(SCRATCH),
    )  # fmt: skip
    results[~np.isfinite(n)] = NAN
    rows = zip(drawn, g, amplitudes, results, histories, strict=True)
    return [_record(recipe, *row) for row in rows]


def _turned(device: Device, n_disc: float, amplitude_V: float, key: np.ndarray) -> Device:
    """Return the device as it is in a pulse under `HalfCycleWalk`: its r and l follow the concentration."""
    n = float(n_disc)
    return walk_values.half_cycle(device, n, walk_values.initial_state(device, n), int(np.sign(amplitude_V)), key)[0]


def _record(
    recipe: Recipe, drawn: Sample, g_S: float, amplitude_V: float, found: np.ndarray, history: np.ndarray
) -> Record:
    """Return the record that a row of the kernel's results and its history stand for."""
    g_S = float(g_S)
    if np.isnan(found[WIDTH]):
        return Record.failed(drawn, g_S, amplitude_V, Result.NOT_FINITE).with_readings(g_S, NAN)
    steps, g_end_S = int(found[WIDTH]), float(found[G_END])
    record = Record(
        drawn, "reached" if steps else "not_reached", g_S, amplitude_V,
        width_s=steps * recipe.step_s if steps else recipe.longest_s, g_end_S=g_end_S,
        energy_J=float(found[ENERGY_J]), stride=int(found[EVERY]), history=history[: int(found[POINTS])].copy(),
    )  # fmt: skip
    return record.with_readings(g_S, g_end_S)
