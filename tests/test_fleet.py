"""Fleets: each cell as if it were alone, however many others there are, in any order, on any number of workers."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

import ouro_spice as ouro
from ouro_spice import Result, SimulationError
from ouro_spice._util import random_keys
from ouro_spice.compact.jart.parameter_vector import NU0
from ouro_spice.dataset.circuit_records import start_state
from ouro_spice.dataset.compact_records import compact_records
from ouro_spice.dataset.recipe import Recipe, Sample
from ouro_spice.programming.batch import fleet
from ouro_spice.programming.jart_batch import CompactFleet
from ouro_spice.simulation.live_cell import LiveCell, SpiceCell

STILL = ouro.jart_vcm_v1b(window=True)
WALKING = STILL.replace(walk=ouro.Walk())
GUIDE = STILL.replace(walk=ouro.HalfCycleWalk())
NOISY = WALKING.replace(read_noise=ouro.ReadNoise(mean_Hz=1e6))
PAIR = ouro.Pair(-0.414269, 0.854029, 60e-6)
PAPER = ouro.Pair(-0.342, 0.7065, 9.2e-3)
DT = 30e-9

REDUCED, FULL = (ouro.CompactCell(WALKING, model) for model in ("reduced", "full"))


def drawn(cell, count: int, d2d="ten_percent", seed: int = 3) -> list[Sample]:
    recipe = Recipe(n=count, seed=seed, pair=PAIR, d2d=d2d)
    return [recipe.draw(cell, number) for number in range(count)]


def pulses(count: int, longest_s: float, seed: int = 0, pair: ouro.Pair = PAIR) -> list[ouro.Pulse]:
    """Of both polarities, with widths and edges that fit no step of a walk."""
    rng = np.random.default_rng(seed)
    made = []
    for _ in range(count):
        width, rise, fall = longest_s * rng.uniform(0.01, 1), rng.uniform(1e-9, 12e-9), rng.uniform(1e-9, 12e-9)
        made.append(ouro.Pulse(pair.amplitude(rng.uniform(-1, 1)), float(width), float(rise), float(fall)))
    return made


def alone(many, place: int, one: Sample, engine=None) -> LiveCell:
    """A live cell in the state of one of a fleet's."""
    if isinstance(many, CompactFleet):
        return ouro.live(many.cell, many.state(place), one.seed, device=one.device)
    own = many.cell.replace(device=one.device)
    # the walk is that of the seed, wherever the cell stands: `live` numbers those of an array by place
    keys = {own.index: random_keys.stream_key(one.seed)}
    return SpiceCell(own, many.state(place), one.seed, engine, nominal=many.cell, keys=keys)


def same_states(one, other) -> bool:
    return all(one.state(place) == other.state(place) for place in range(len(one)))


# ---- compact cells


@pytest.mark.parametrize("model", ["reduced", "full", "tud"])
@pytest.mark.parametrize("device", [WALKING, STILL, GUIDE, NOISY, WALKING.replace(walk=ouro.Walk(35e-9))])
@pytest.mark.parametrize("resistance", [0.0, 300.0])
def test_compact_cells_are_what_live_cells_are(model, device, resistance):
    """Pulse for pulse, reads between them: the same walk to the last digit of its counters, the same conductance."""
    cell = ouro.CompactCell(device, model, resistance)
    draws = drawn(cell, 4)
    many = fleet(cell, draws)
    lives = [alone(many, place, one) for place, one in enumerate(draws)]
    for seed in range(3):
        given = pulses(4, 3e-6, seed)
        assert many.read(np.arange(4)) == pytest.approx([live.read() for live in lives], rel=5e-4)
        energy = many.apply(np.arange(4), given)
        waves = [live.apply(pulse) for live, pulse in zip(lives, given, strict=True)]
        assert energy == pytest.approx([wave.energy_J for wave in waves], abs=0, rel=5e-4)
        assert many.g_S(np.arange(4)) == pytest.approx([live.g_S for live in lives], rel=5e-4)
        for place, live in enumerate(lives):
            state = many.state(place)
            assert state.lead == pytest.approx(live.state.lead, rel=1e-3)
            assert state.telegraph == live.state.telegraph
            for mine, theirs in zip(state.wander, live.state.wander, strict=True):
                assert (mine.count, mine.polarity) == (theirs.count, theirs.polarity)
                assert mine.clock_s == pytest.approx(theirs.clock_s, abs=1e-15)
                assert mine.vector[:9] == pytest.approx(theirs.vector[:9], rel=1e-3)
    assert (many.read_s, many.window_S) == (lives[0].read_s, lives[0].window_S)
    assert many.pulse_s(given[0]) == lives[0].pulse_s(given[0])


def test_a_long_pulse_at_the_pair_of_the_paper():
    """Some 1e5 steps of the walk in one pulse end as those of a waveform of it."""
    draws = drawn(REDUCED, 2)
    many = fleet(REDUCED, draws)
    lives = [alone(many, place, one) for place, one in enumerate(draws)]
    given = [ouro.Pulse(PAPER.v_set, 1.2345678e-3), ouro.Pulse(PAPER.v_reset, 0.9e-3)]
    many.apply([0, 1], given)
    for place, live in enumerate(lives):
        live.apply(given[place])
        assert many.state(place).wander[0].count == live.state.wander[0].count > 89_000
        assert many.g_S([place])[0] == pytest.approx(live.g_S, rel=1e-4)


def test_no_width_is_lost():
    """Pulses that follow each other without a pause are as long as one."""
    draws = drawn(FULL, 1)
    whole, parts = (fleet(FULL, draws) for _ in range(2))
    whole.apply([0], [ouro.Pulse(0.01, 1e-3, 1e-12, 1e-12)])
    for width in (123e-9, 0.4e-6, 3e-9, 999.474e-6 - 6e-12):
        parts.apply([0], [ouro.Pulse(0.01, width, 1e-12, 1e-12)])
    one, other = whole.state(0).wander[0], parts.state(0).wander[0]
    assert one.count == other.count
    assert one.clock_s == pytest.approx(other.clock_s, abs=1e-13)


@pytest.mark.parametrize("cell", [REDUCED, FULL, REDUCED.replace(device=STILL), FULL.replace(device=GUIDE)])
def test_a_sampled_row_is_what_pulses_of_those_widths_come_to(cell):
    draws = drawn(cell, 3)
    many = fleet(cell, draws)
    volts = np.array([PAIR.v_set, PAIR.v_reset, PAIR.v_set])
    before = many.copy()
    g = many.sampled([0, 1, 2], volts, DT, 40, rise_s=7e-9)
    assert g.shape == (3, 40) and g.dtype == np.float64
    assert same_states(many, before)
    for place, one in enumerate(draws):
        for k in (1, 8, 39):
            pulse = ouro.Pulse(float(volts[place]), k * DT, 7e-9)
            own = cell.replace(device=one.device)
            wave = ouro.simulate(own, pulse, many.state(place), one.seed, stop_s=7e-9 + k * DT)
            assert g[place, k] == pytest.approx(wave.g_S, rel=5e-4)
            # an edge of 1 ps moves nothing
            after = many.copy()
            after.apply([place], [dataclasses.replace(pulse, fall=1e-12)])
            assert g[place, k] == pytest.approx(after.g_S([place])[0], rel=5e-4)


def test_sampled_rows_are_the_histories_of_records():
    recipe = Recipe(n=6, seed=3, pair=PAIR, d2d="ten_percent")
    draws = drawn(FULL, 6)
    many = fleet(FULL, draws)
    for place, record in enumerate(compact_records(FULL, recipe, draws)):
        points = min(len(record.history), 300)
        g = many.sampled([place], record.amplitude_V, record.stride * recipe.step_s, points)
        assert g[0] == pytest.approx(record.history[:points], rel=1e-6)


def test_amplitudes_and_spacings_of_their_own():
    many = fleet(FULL, drawn(FULL, 3))
    volts, spacing = [-0.4, 0.8, -0.43], [20e-9, 50e-9, 70e-9]
    together = many.sampled([2, 0, 2], volts, spacing, 9)
    for k, place in enumerate([2, 0, 2]):
        assert np.array_equal(together[k], many.sampled([place], volts[k], spacing[k], 9)[0])


@pytest.mark.parametrize("device", [WALKING, GUIDE, NOISY])
def test_neither_threads_nor_order_nor_company_matter(device):
    cell = ouro.CompactCell(device)
    draws, given = drawn(cell, 40), pulses(40, 2e-6)
    one, two, other = fleet(cell, draws, workers=1), fleet(cell, draws, workers=3), fleet(cell, draws[7:9])
    order = np.random.default_rng(1).permutation(40)
    energy = one.apply(np.arange(40), given)
    assert np.array_equal(energy[order], two.apply(order, [given[k] for k in order]))
    assert np.array_equal(one.read(np.arange(40))[order], two.read(order))
    other.apply([1], [given[8]])
    other.read([1])
    assert same_states(one, two)
    assert other.state(1) == one.state(8)


def test_a_copy_goes_its_own_way():
    many = fleet(REDUCED, drawn(REDUCED, 3))
    copy, before = many.copy(), many.copy()
    assert same_states(many, copy)
    copy.apply([0, 2], pulses(2, 5e-6))
    assert same_states(many, before)
    assert not same_states(many, copy)
    assert copy.state(1) == many.state(1)


def test_starts_are_those_asked_for_and_nominal_ones_have_not_walked():
    draws = drawn(FULL, 20)
    started, nominal = fleet(FULL, draws), fleet(FULL, draws, "nominal")
    places = np.arange(20)
    assert started.g_S(places) == pytest.approx([one.start_S for one in draws], rel=0.1)  # or as near as can be
    assert nominal.g_S(places) == pytest.approx([one.start_S for one in draws], rel=1e-6)
    for place, one in enumerate(draws):
        assert nominal.state(place).wander[0].r == one.device.r
        # a device that does not walk begins as one that has not
        assert started.state(place) == ouro.stationary(one.device, one.start_S, one.seed)


def test_a_pulse_without_a_voltage_moves_the_clock_alone():
    many = fleet(FULL, drawn(FULL, 2))
    before = many.copy()
    assert many.apply([1], [ouro.Pulse(0.0, 5e-9)])[0] == 0.0
    assert many.state(1).x == before.state(1).x
    assert many.state(1).wander[0].clock_s == pytest.approx(9e-9)


def test_a_device_without_a_finite_rate_stays_as_it_is():
    """Only the one that fails: what it did is counted by name, and the others go on."""
    many = fleet(FULL, drawn(FULL, 3))
    many._states.p[1, NU0] = np.nan
    before = many.copy()
    energy = many.apply([0, 1, 2], [ouro.Pulse(-0.4, 1e-6)] * 3)
    assert list(np.isnan(energy)) == [False, True, False]
    assert many.state(1) == before.state(1)
    assert many.failures == {Result.NOT_FINITE.name: 1}
    assert before.failures == {}
    g = many.sampled([1, 2], -0.4, 1e-8, 5)
    assert list(np.isnan(g).all(axis=1)) == [True, False]
    assert many.failures == {Result.NOT_FINITE.name: 2}


# ---- wrong input


@pytest.mark.parametrize(
    ("places", "said"),
    [([0, 3], "3 is outside"), ([-1], "-1 is outside"), ([0.0], "whole numbers"), ([1, 1], "twice"), (0, "places")],
)
def test_places_that_are_none(places, said):
    many = fleet(FULL, drawn(FULL, 3))
    with pytest.raises(ValueError, match=said):
        many.apply(places, [ouro.Pulse(-0.4, 1e-6)] * np.size(places))


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"amplitude_V": 21.0}, "amplitude_V = 21"),
        ({"amplitude_V": [0.1, np.nan]}, "amplitude_V = nan"),
        ({"amplitude_V": [0.1]}, "amplitude_V must be one value"),
        ({"dt_s": 0.0}, "dt_s = 0"),
        ({"points": 0}, "points = 0"),
        ({"rise_s": -1e-9}, "rise_s = -1e-09"),
    ],
)
def test_trajectories_that_cannot_be_sampled(changes, said):
    many = fleet(FULL, drawn(FULL, 2))
    asked = {"amplitude_V": -0.4, "dt_s": 1e-8, "points": 3} | changes
    with pytest.raises(ValueError, match=said):
        many.sampled([0, 1], **asked)


def test_other_wrong_input():
    draws = drawn(FULL, 2)
    with pytest.raises(ValueError, match="drawn must be"):
        fleet(FULL, [])
    with pytest.raises(ValueError, match="start 'warm' is unknown"):
        fleet(FULL, draws, "warm")
    with pytest.raises(ValueError, match="workers = 0"):
        fleet(FULL, draws, workers=0)
    with pytest.raises(ValueError, match="must be a CompactCell, or a circuit"):
        fleet(ouro.Cell1R(ouro.Resistor(1e4)), draws)
    with pytest.raises(ValueError, match="Pulse for each of the 2 places"):
        fleet(FULL, draws).apply([0, 1], [ouro.Pulse(-0.4, 1e-6)])
    mixed = [draws[0], dataclasses.replace(draws[1], device=STILL)]
    with pytest.raises(ValueError, match="the same walk"):
        fleet(FULL, mixed)


def test_no_cells_are_a_fleet_s_work_too():
    many = fleet(FULL, drawn(FULL, 2))
    assert many.apply([], []).shape == many.read([]).shape == many.g_S([]).shape == (0,)
    assert many.sampled([], -0.4, 1e-8, 7).shape == (0, 7)


# ---- cells in SPICE

CELLS = {
    "1r": ouro.Cell1R(WALKING),
    "1t1r": ouro.Cell1T1R(WALKING),
    "still": ouro.Cell1T1R(STILL),
    "noisy": ouro.Cell1R(NOISY),
    "sensed": ouro.Cell1T1R(WALKING, sense=ouro.Sense(bits=6)),
    "array": ouro.Crossbar(2, 2, ouro.Cell1T1R(WALKING)).cell_at(1, 0),
}


@pytest.mark.ngspice
@pytest.mark.parametrize("name", CELLS)
def test_cells_in_spice_are_what_live_cells_are(name, engine):
    """To the last bit, reads that disturb included."""
    cell, count = CELLS[name], 2
    draws = drawn(cell, count)
    many = fleet(cell, draws, engine=engine)
    lives = [alone(many, place, one, engine) for place, one in enumerate(draws)]
    for seed in range(2):
        given = pulses(count, 0.8e-6, seed)
        assert list(many.read(np.arange(count))) == [live.read() for live in lives]
        energy = many.apply(np.arange(count), given)
        waves = [live.apply(pulse) for live, pulse in zip(lives, given, strict=True)]
        assert list(energy) == [wave.energy_J for wave in waves]
        assert list(many.g_S(np.arange(count))) == [live.g_S for live in lives]
        assert [many.state(place) for place in range(count)] == [live.state for live in lives]
    assert many.clipped == sum(live.clipped for live in lives)
    assert (many.read_s, many.window_S) == (lives[0].read_s, cell.window_S)
    assert many.pulse_s(given[0]) == lives[0].pulse_s(given[0])


@pytest.mark.ngspice
def test_amplitudes_that_come_often_are_foreseen_better_and_give_the_same(engine):
    cell = CELLS["1t1r"]
    draws, given = drawn(cell, 3), pulses(3, 0.8e-6)
    plain = fleet(cell, draws, engine=engine)
    often = fleet(cell, draws, engine=engine, often_V={pulse.amplitude for pulse in given})
    places = np.arange(3)
    assert often.apply(places, given) == pytest.approx(plain.apply(places, given), rel=1e-3)
    assert often.g_S(places) == pytest.approx(plain.g_S(places), rel=1e-3)


@pytest.mark.ngspice
@pytest.mark.parametrize("name", ["1t1r", "still"])
def test_a_row_sampled_in_spice_is_what_pulses_of_those_widths_come_to(name, engine):
    cell, points = CELLS[name], 30
    draws = drawn(cell, 2)
    many = fleet(cell, draws, engine=engine)
    before = many.copy()
    volts = np.array([-0.45, 0.95])
    g = many.sampled([0, 1], volts, DT, points, rise_s=5e-9)
    assert g.shape == (2, points) and same_states(many, before)
    for place, one in enumerate(draws):
        own = cell.replace(device=one.device)
        for k in (1, points - 1):
            pulse = ouro.Pulse(float(volts[place]), k * DT, 5e-9)
            stop_s = own.flat_start_s(pulse) + k * DT - 1e-13
            wave = ouro.simulate(
                own, pulse, start_state(own, one, "stationary"), one.seed, stop_s=stop_s, engine=engine
            )
            assert g[place, k] == pytest.approx(wave.g_S, rel=2e-3)
        assert g[place, 0] == pytest.approx(many.g_S([place])[0], rel=2e-2)


@pytest.mark.ngspice
def test_workers_order_and_copies_in_spice(engine):
    cell = CELLS["1t1r"]
    draws, given = drawn(cell, 3), pulses(3, 0.5e-6)
    one = fleet(cell, draws, engine=engine)
    two = one.copy()
    with fleet(cell, draws, workers=1) as other:
        energy = other.apply([2, 0, 1], [given[k] for k in (2, 0, 1)])
        readings = other.read([1, 2])
    assert np.array_equal(one.apply([0, 1, 2], given)[[2, 0, 1]], energy)
    assert np.array_equal(one.read([1, 2]), readings)
    assert same_states(one, other)
    assert not same_states(one, two)


class Failing:
    """An engine whose simulations of some circuits fail."""

    def __init__(self, engine, result):
        self.engine, self.result, self.sick = engine, result, None
        self.each, self.map = engine.each, engine.map

    def run(self, testbench, throw=True):
        if testbench.device == self.sick:
            raise SimulationError(self.result, "", ())
        return self.engine.run(testbench, throw)


@pytest.mark.ngspice
def test_a_failed_simulation_leaves_its_cell_as_it_was(engine):
    cell = CELLS["still"]
    draws, broken = drawn(cell, 3), Failing(engine, Result.TIMESTEP)
    many = fleet(cell, draws, engine=broken)
    before = many.copy()
    broken.sick = draws[1].device
    energy = many.apply([0, 1, 2], pulses(3, 1e-7))
    assert list(np.isnan(energy)) == [False, True, False]
    assert list(np.isnan(many.read([0, 1]))) == [False, True]
    g = many.sampled([1, 2], -0.4, 1e-8, 5)
    assert np.all(np.isnan(g[0])) and not np.any(np.isnan(g[1]))
    assert many.failures == {"TIMESTEP": 3}
    assert many.state(1) == before.state(1)
    broken.result = Result.TIMEOUT
    with pytest.raises(SimulationError, match=Result.TIMEOUT.value):
        many.apply([1], pulses(1, 1e-7))


# ---- live cells with another device


@pytest.mark.ngspice
@pytest.mark.parametrize("cell", [FULL, CELLS["1r"]])
def test_a_live_cell_with_another_device_keeps_its_description(cell):
    (one,) = drawn(cell, 1)
    live = ouro.live(cell, cell.state(200e-6), device=one.device)
    assert live.nominal == cell and live.description == cell.replace(device=one.device)
    assert live.window_S == cell.window_S != live.description.window_S
    plain = ouro.live(cell)
    assert plain.nominal is plain.description is cell
    with pytest.raises(ValueError, match="a live cell has its device"):
        ouro.live(live, device=one.device)
    with pytest.raises(ValueError, match="device = 1 must be"):
        ouro.live(cell, device=1)
