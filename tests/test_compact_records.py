"""Records of compact cells against pulse-by-pulse simulation, and against a look at every point of the grid."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

import ouro_spice as ouro
from ouro_spice._util import random_keys
from ouro_spice.circuit.result import Result
from ouro_spice.compact.jart import jart_characteristics as characteristics
from ouro_spice.compact.jart import walk_kernel
from ouro_spice.compact.jart.integration import follow
from ouro_spice.compact.jart.parameter_vector import vector
from ouro_spice.dataset.compact_records import compact_records
from ouro_spice.dataset.recipe import Recipe, Sample
from ouro_spice.dataset.record import HISTORY_POINTS, Record, closest, stride
from ouro_spice.device.jart import walk_values
from ouro_spice.device.jart.jart_parameters import WINDOW_N

STILL = ouro.jart_vcm_v1b(window=True)
WALKING = STILL.replace(walk=ouro.Walk())
GUIDE = STILL.replace(walk=ouro.HalfCycleWalk())
FAST = ouro.Pair(-0.414269, 0.854029, 60e-6)
PAPER = ouro.Pair(-0.342, 0.7065, 9.2e-3)
STEP = 10e-9


def recipe(pair: ouro.Pair = FAST, **changes) -> Recipe:
    return Recipe(**({"n": 1, "seed": 1, "pair": pair, "d2d": "ten_percent"} | changes))


def drawn(cell: ouro.CompactCell, recipe: Recipe, count: int) -> list[Sample]:
    return [recipe.draw(cell, number) for number in range(count)]


def asked(device: ouro.Device, start_S: float, target_S: float, seed: int = 1, edge_s: float = 2e-9) -> Sample:
    return Sample(seed, 0, "train", seed, device, start_S, target_S, edge_s, edge_s)


def begun(cell: ouro.CompactCell, recipe: Recipe, one: Sample) -> tuple[ouro.CompactCell, ouro.State]:
    """The cell of a record and the state that it begins in."""
    own = cell.replace(device=one.device)
    if recipe.start == "stationary" and isinstance(one.device.walk, ouro.Walk):
        return own, ouro.stationary(one.device, one.start_S, one.seed, cell.model)
    return own, own.state(one.start_S)


def pulse(record: Record, width_s: float | None = None) -> ouro.Pulse:
    return ouro.Pulse(record.amplitude_V, width_s or record.width_s, record.sample.rise_s, record.sample.fall_s)


def same(a: Record, b: Record) -> bool:
    """Bit by bit, but for the device."""
    names = [field.name for field in dataclasses.fields(Record) if field.name != "sample"]
    return all(np.array_equal(getattr(a, name), getattr(b, name)) for name in names)


CASES = [
    (model, device, edge_s, start, resistance)
    for model in characteristics.MODELS
    for device, edge_s, start, resistance in (
        (WALKING, 2e-9, "stationary", 0.0),
        (WALKING, 0.2e-9, "nominal", 200.0),
        (WALKING, 10e-9, "stationary", 0.0),
        (STILL, 3.3e-9, "stationary", 150.0),
        (GUIDE, 2e-9, "stationary", 0.0),
    )
]


@pytest.mark.parametrize(("model", "device", "edge_s", "start", "resistance"), CASES)
def test_a_record_is_what_simulate_gives(model, device, edge_s, start, resistance):
    cell = ouro.CompactCell(device, model, resistance)
    how = recipe(rise_s=edge_s, fall_s=edge_s, start=start)
    for record in compact_records(cell, how, drawn(cell, how, 5)):
        own, state = begun(cell, how, record.sample)
        assert record.result is Result.OK
        assert record.g_start_S == pytest.approx(ouro.live(own, state).g_S, rel=1e-6)
        assert record.amplitude_V == FAST.amplitude(record.sample.target_S - record.g_start_S)
        wave = ouro.simulate(own, [pulse(record)], state, record.sample.seed)
        assert record.g_end_S == pytest.approx(ouro.live(own, wave.state).g_S, rel=6e-4)
        assert record.energy_J == pytest.approx(wave.energy_J, abs=0, rel=3e-4)
        assert (record.g_sense_start_S, record.g_sense_end_S) == (record.g_start_S, record.g_end_S)
        for k in {0, len(record.history) // 3, len(record.history) - 1}:
            stop_s = record.sample.rise_s + k * record.stride * STEP
            long = pulse(record, how.longest_s)
            there = ouro.simulate(own, [long], state, record.sample.seed, stop_s=stop_s).state
            assert record.history[k] == pytest.approx(ouro.live(own, there).g_S, rel=2e-4)


def at_each_point(cell: ouro.CompactCell, how: Recipe, record: Record, steps: int) -> np.ndarray:
    """Conductance at the first points of the grid: by the general integration, every point looked at."""
    own, state = begun(cell, how, record.sample)
    one, v, rise = [own.device], record.amplitude_V, record.sample.rise_s
    walks = {"rs_ohm": cell.resistance}
    if isinstance(own.device.walk, ouro.Walk):
        walks |= {"walk": own.device.walk.settings, "keys": random_keys.stream_key(record.sample.seed)[None]}
    wander = None if state.walked() is None else state.walked().vector[None]
    up = follow(cell.model, one, [0, rise], [0, v], state.x[0][0], wanders=wander, **walks)
    on = follow(
        cell.model, one, [0, (steps + 0.5) * STEP], [v, v], up.n_end, wanders=up.wanders, grid_s=STEP / 5, **walks
    )
    n, r, l = (column[0, ::5] for column in (on.n, on.r, on.l))  # noqa: E741 - the model's own name
    return characteristics.conductance(own.device, n, r, l, cell.model)


@pytest.mark.parametrize("model", characteristics.MODELS)
@pytest.mark.parametrize("device", [WALKING, STILL, WALKING.replace(walk=ouro.Walk(35e-9))])
def test_the_crossing_is_the_first_of_all_points(model, device):
    """Nothing between two looks is missed: the width is that of the whole path, but for ties within the accuracy."""
    cell, how = ouro.CompactCell(device, model), recipe()
    ties = 0
    for record in compact_records(cell, how, drawn(cell, how, 15)):
        width, target = round(record.width_s / STEP), record.sample.target_S
        g = at_each_point(cell, how, record, min(2 * width, 24_000))
        error = np.abs(record.history / g[:: record.stride][: len(record.history)] - 1)
        # in the runaway of a SET, a share of 5e-5 of the time that went before is 0.4 % of the conductance
        assert np.median(error) < 5e-4
        assert error.max() < 1e-2
        crossed = np.flatnonzero(g >= target if record.amplitude_V < 0 else g <= target)
        assert record.outcome == ("reached" if len(crossed) else "not_reached")
        k = int(crossed[0]) if len(crossed) else width
        k = max(k - bool(k > 0 and closest(g[k - 1], g[k], target)), 1)
        ties += k != width
        assert abs(k - width) <= 1
    assert ties <= 1


@pytest.mark.parametrize("model", ["full", "tud"])
@pytest.mark.parametrize(
    ("pair", "count"),
    [(ouro.Pair(-0.4531, 0.9374, 6e-6), 500), (FAST, 200), (ouro.Pair(-0.3794, 0.7805, 600e-6), 40)],
)
def test_looks_can_be_spared(model, pair, count):
    """With r or l that follow N, if only in the 20th digit, each point is looked at: the same records."""
    cell, how = ouro.CompactCell(WALKING, model), recipe(pair)
    spared = drawn(cell, how, count)
    looked = [dataclasses.replace(one, device=one.device.replace(drdN=1e-30)) for one in spared]
    for a, b in zip(*(compact_records(cell, how, jobs) for jobs in (spared, looked)), strict=True):
        assert (a.width_s, a.outcome) == (b.width_s, b.outcome)
        assert (a.g_end_S, a.energy_J) == pytest.approx((b.g_end_S, b.energy_J), abs=0, rel=1e-9)
        assert np.allclose(a.history, b.history, rtol=1e-6, atol=0)


@pytest.mark.parametrize("model", characteristics.MODELS)
def test_what_sparing_looks_rests_on(model):
    """The conductance rises with N and r, and falls with l while the disc is what resists: wherever a walk can go."""
    n = np.geomspace(0.004, 22, 60)[:, None, None]
    r = 45e-9 * np.linspace(0.81, 1.21, 17)[:, None]
    l = 0.4 * np.linspace(0.81, 1.21, 17)  # noqa: E741 - the model's own name
    g = np.log(characteristics.conductance(STILL, n, r, l, model))
    rounding = 1e-9
    for axis in (0, 1):
        assert np.all(np.diff(g, axis=axis) >= -rounding)
    assert np.all(np.diff(g[n.ravel() < 10], axis=2) <= rounding)
    assert np.all(np.diff(g, axis=0) <= 1.3 * np.diff(np.log(n), axis=0))


@pytest.mark.parametrize("model", characteristics.MODELS)
@pytest.mark.parametrize("off", [-1e-9, 1e-9])
def test_the_shortest_pulse(model, off):
    """A target that is there already: one step of the grid, whatever the walk does in it."""
    cell, how = ouro.CompactCell(WALKING, model), recipe(PAPER, d2d=None)
    for record in compact_records(cell, how, [asked(WALKING, 300e-6, 300e-6 * (1 + off), seed) for seed in range(6)]):
        own, state = begun(cell, how, record.sample)
        assert (record.outcome, record.width_s, len(record.history)) == ("reached", STEP, 3)
        wave = ouro.simulate(own, [pulse(record)], state, record.sample.seed)
        assert record.g_end_S == pytest.approx(ouro.live(own, wave.state).g_S, rel=3e-5)


EDGES = [
    ("reduced", WALKING), ("full", WALKING), ("reduced", STILL), ("full", STILL), ("tud", GUIDE),
    # Nmax walks into the window, and takes N along
    ("reduced", WALKING.replace(Ndiscmax=2.1)), ("full", ouro.jart_vcm_v1b(walk=ouro.Walk())),
]  # fmt: skip


@pytest.mark.parametrize(("model", "device"), EDGES)
@pytest.mark.parametrize("rises", [True, False])
def test_a_target_that_is_never_reached(model, device, rises):
    """What stands at the edge of the window is not followed; it is the same as following it."""
    pair = ouro.Pair(-0.5, 1.0, 2.00333e-6)  # the longest pulse ends between two points of the grid
    cell, how = ouro.CompactCell(device, model), recipe(pair, d2d=None)
    target = 900e-6 if rises else 5e-6
    (record,) = compact_records(cell, how, [asked(device, 300e-6, target)])
    own, state = begun(cell, how, record.sample)
    assert (record.outcome, record.width_s) == ("not_reached", how.longest_s)
    wave = ouro.simulate(own, [pulse(record)], state, 1)
    assert record.g_end_S == pytest.approx(ouro.live(own, wave.state).g_S, rel=2e-4)
    assert record.energy_J == pytest.approx(wave.energy_J, abs=0, rel=2e-4)
    assert (len(record.history), record.stride) == (801 + 1, 1)
    if model == "reduced" and device.Ndiscmax > 3:
        low, high = characteristics.window_S(device, model)
        assert record.history[-400:] == pytest.approx(high if rises else low, rel=1e-6)
    # beyond the window from the beginning: nothing moves
    (record,) = compact_records(cell, how, [asked(device, characteristics.window_S(device, model)[int(rises)], target)])
    assert record.outcome == "not_reached"


def test_histories_are_thinned_by_powers_of_two():
    cell, how = ouro.CompactCell(WALKING, "reduced"), recipe(ouro.Pair(-0.3645, 0.7505, 2e-3), n=30)
    seen = set()
    for record in compact_records(cell, how, drawn(cell, how, 30)):
        steps = min(2 * round(record.width_s / STEP), 800_000)
        seen.add(record.stride)
        assert record.stride == stride(steps)
        assert len(record.history) == steps // record.stride + 1 <= HISTORY_POINTS
        assert record.history.dtype == np.float32
        assert record.history[0] == pytest.approx(record.g_start_S, rel=1e-3)
        # near the point of the target, which need not be one of the history
        at = int(round(record.width_s / STEP) / record.stride)
        assert record.history[at : at + 2] == pytest.approx(record.sample.target_S, rel=3e-2)
    assert len(seen) > 2


def test_a_coarse_history_is_the_fine_one():
    """Every second point of what a trajectory half as long would have."""
    cell, pair = ouro.CompactCell(WALKING, "full"), ouro.Pair(-0.3794, 0.7805, 600e-6)
    fine, coarse = (
        compact_records(cell, recipe(pair, step_s=step_s, d2d=None), [asked(WALKING, 150e-6, 420e-6)])[0]
        for step_s in (STEP, 10 * STEP)
    )
    shared = range(0, min(len(fine.history) * fine.stride, len(coarse.history) * 10), 10 * fine.stride)
    assert len(shared) > 50
    of_fine = [fine.history[k // fine.stride] for k in shared]
    assert coarse.history[[k // 10 for k in shared]] == pytest.approx(of_fine, rel=1e-3)


def test_records_do_not_depend_on_threads_or_order():
    cell, how = ouro.CompactCell(WALKING, "full"), recipe()
    jobs = drawn(cell, how, 23)
    one = compact_records(cell, how, jobs, threads=1)
    three = compact_records(cell, how, jobs, threads=3)
    back = compact_records(cell, how, jobs[::-1], threads=2)[::-1]
    alone = [compact_records(cell, how, [job])[0] for job in jobs[:4]]
    assert [record.sample for record in three] == jobs
    assert all(same(a, b) and same(a, c) for a, b, c in zip(one, three, back, strict=True))
    assert all(same(a, b) for a, b in zip(one, alone, strict=False))
    assert compact_records(cell, how, []) == []


def test_a_device_without_a_finite_rate_is_a_record(monkeypatch):
    cell, how = ouro.CompactCell(WALKING, "full"), recipe()
    jobs = drawn(cell, how, 3)

    def broken(device: ouro.Device) -> np.ndarray:
        return np.where(device is jobs[1].device and np.arange(30) == 18, np.nan, vector(device))  # nu0

    good = compact_records(cell, how, jobs)
    monkeypatch.setattr("ouro_spice.dataset.jart_records.vector", broken)
    found = compact_records(cell, how, jobs)
    assert same(found[0], good[0])
    assert same(found[2], good[2])
    failed = found[1]
    assert (failed.outcome, failed.result, len(failed.history)) == ("simulation_failed", Result.NOT_FINITE, 0)
    assert (failed.g_start_S, failed.amplitude_V) == (good[1].g_start_S, good[1].amplitude_V)
    assert np.isnan([failed.width_s, failed.g_end_S, failed.energy_J, failed.g_sense_end_S]).all()


@pytest.mark.parametrize(("n_start", "mean_us", "sigma_us"), [(WINDOW_N[0], 1173, 90), (WINDOW_N[1], 1476, 94)])
def test_the_published_switching_times_of_the_papers_pair(n_start, mean_us, sigma_us):
    """Reduced model, from an edge of the window to 300 uS: mean and spread over devices that walk each 10 ns."""
    cell, how = ouro.CompactCell(WALKING, "reduced"), recipe(PAPER, d2d=None, start="nominal")
    start = float(characteristics.conductance(WALKING, n_start, model="reduced"))
    jobs = [asked(WALKING, start, 300e-6, seed) for seed in range(16)]
    times_us = np.array([record.width_s for record in compact_records(cell, how, jobs)]) * 1e6
    assert times_us.mean() == pytest.approx(mean_us, abs=3 * sigma_us / 4)
    assert 0.5 * sigma_us < times_us.std() < 1.6 * sigma_us


# ---- where records begin


@pytest.mark.parametrize("model", characteristics.MODELS)
def test_stationary_starts_step_by_step(model):
    """The warm-up's own numbers, then the concentration that solves the equations with the r and l found."""
    for seed, device in enumerate(WALKING.draw(np.random.default_rng(3), 8)):
        g_S = np.linspace(120e-6, 480e-6, 8)[seed]
        state = ouro.stationary(device, g_S, seed, model)
        values = walk_values.initial_state(device, device.Ninit).vector
        walk_kernel.stationary(values, device.walk.settings, vector(device), random_keys.stream_key(seed), 2000)
        r, l = values[:2]  # noqa: E741 - the model's own name
        n = characteristics.concentration(
            device, np.clip(g_S, *characteristics.range_S(device, r, l, model)), r=r, l=l, model=model
        )
        assert state.lead == pytest.approx((float(n),), rel=1e-12)
        assert state.wander == (ouro.WalkState.at(*values[:4], state.x[0][0]),)


@pytest.mark.parametrize("model", characteristics.MODELS)
def test_starts_at_the_windows_edges_are_the_nearest_ones(model):
    cell, how = ouro.CompactCell(WALKING, model), recipe()
    low, high = characteristics.range_S(WALKING, None, None, model)
    jobs = [asked(WALKING, g, 300e-6, seed) for seed in range(8) for g in (low, high)]
    away = 0
    for record in compact_records(cell, how, jobs):
        state = ouro.stationary(WALKING, record.sample.start_S, record.sample.seed, model)
        assert record.g_start_S == ouro.live(cell, state).g_S
        (w,) = state.wander
        inside = characteristics.range_S(WALKING, w.r, w.l, model)
        assert record.g_start_S == pytest.approx(np.clip(record.sample.start_S, *inside), rel=1e-9)
        away += abs(record.g_start_S / record.sample.start_S - 1) > 1e-6
    assert away == 0 if model == "reduced" else away > 4
    with pytest.raises(ValueError, match="outside the device's range"):
        ouro.stationary(WALKING, 1.01 * high, 1, model)
