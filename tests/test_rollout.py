"""Experience: what is recorded of several attempts, from readings alone, and that a network learns to listen to it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from analytic_device import HIGH_S, LOW_S, PAIR, AnalyticFleet, g_after, needed_s, plain, quick, records

import ouro_spice as ouro
from ouro_spice import NeuralProgrammer, PulsePredictor
from ouro_spice.dataset.recipe import LIMIT, Recipe
from ouro_spice.prediction.device_memory import DeviceMemory
from ouro_spice.prediction.neural_programmer import AmplitudePolicy
from ouro_spice.prediction.rollout import POWER, SEEN, Law, crossing, examples, rollout
from ouro_spice.prediction.specification import Specification, Stage
from ouro_spice.programming.batch import fleet

VOLTAGES = ouro.Pair(**PAIR)
LAW = Law(attempts=3, jitter=0.3, points=61)
LISTENING = ("g_start_S", "dg_S", "slow_same", "sure_same", "slow_other", "sure_other")
COLUMNS = {*SEEN, "target_S", "spacing_s", "g_S", "attempt", "place"}


@pytest.fixture(scope="module")
def trained():
    return PulsePredictor.fit(records(200), quick(epochs=120, batch=64, learning_rate=4e-3))


def drawn(count, seed=0, sigma=0.6):
    """Starts, targets [S] and slownesses."""
    rng = np.random.default_rng(seed)
    start, target = rng.uniform(1.2 * LOW_S, 0.9 * HIGH_S, (2, count))
    return start, target, np.exp(rng.normal(0, sigma, count))


def gathered(predictor, count=12, law=LAW, seed=3, kind=AnalyticFleet):
    start, target, slowness = drawn(count)
    many = kind(start, slowness)
    return rollout(many, target, predictor, law, seed), many


# ---- what is recorded


def test_columns_are_those_of_what_was_seen_asked_and_sent(trained):
    law = replace(LAW, low=0.98, high=1.1, fastest_s=2e-6)
    columns, many = gathered(trained, law=law)
    target = drawn(12)[1]
    assert set(columns) == COLUMNS
    assert columns["g_S"].shape == (36, 61) and columns["g_S"].dtype == np.float32
    assert all(len(column) == 36 for column in columns.values())
    assert np.array_equal(columns["attempt"], np.repeat([0, 1, 2], 12))
    assert np.array_equal(columns["place"], np.tile(np.arange(12), 3))
    assert np.array_equal(columns["target_S"], np.tile(target, 3))
    assert columns["dg_S"] == pytest.approx(columns["target_S"] - columns["g_start_S"])
    assert columns["g_S"][:, 0] == pytest.approx(columns["g_start_S"], rel=1e-6)
    assert np.all((columns["drive"] >= 0.98) & (columns["drive"] <= 1.1))
    assert len(many.sent) == 2
    predicted = trained.answer(columns["g_start_S"], columns["dg_S"]) * columns["drive"] ** -POWER
    assert np.abs(predicted).min() < law.fastest_s < np.abs(predicted).max()
    assert columns["spacing_s"] == pytest.approx(3 * np.maximum(np.abs(predicted), law.fastest_s) / 60)


def test_curves_are_those_of_the_pulse_that_was_sent(trained):
    """Without jitter: the next reading lies on the curve, at the predicted time."""
    columns, many = gathered(trained, law=replace(LAW, jitter=0.0))
    for attempt in (0, 1):
        rows, after = (np.flatnonzero(columns["attempt"] == k) for k in (attempt, attempt + 1))
        for row, place, ended in zip(rows, columns["place"][rows], columns["g_start_S"][after], strict=True):
            pulse = many.sent[attempt][place]
            assert pulse.amplitude == VOLTAGES.amplitude(columns["dg_S"][row])
            grid = np.arange(61) * columns["spacing_s"][row]
            assert np.interp(pulse.width, grid, columns["g_S"][row]) == pytest.approx(ended, rel=5e-3)


def test_what_earlier_pulses_told_is_that_of_a_memory_of_them(trained):
    columns, many = gathered(trained)
    memory = DeviceMemory.empty(columns["g_start_S"][:12])
    for attempt in range(3):
        rows = slice(12 * attempt, 12 * attempt + 12)
        for name, value in memory.inputs(trained, columns["dg_S"][rows]).items():
            assert columns[name][rows] == pytest.approx(value)
        if attempt < 2:
            sent = [many.sent[attempt][k] for k in range(12)]
            time_s = np.array([pulse.width * (1 if pulse.amplitude < 0 else -1) for pulse in sent])
            memory = memory.after(trained, time_s, np.ones(12), columns["g_start_S"][12 * attempt + 12 :][:12])
    assert columns["sure_same"][12:].any() and not columns["sure_same"][:12].any()


def test_the_jitter_is_that_of_the_law(trained):
    columns, many = gathered(trained, 600, Law(2, jitter=0.3, points=2))
    predicted = np.abs(trained.answer(columns["g_start_S"], columns["dg_S"])[:600])
    sent = np.array([many.sent[0][k].width for k in range(600)])
    off = np.log(sent / predicted)[predicted > 10e-9]
    assert off.mean() == pytest.approx(0, abs=0.05)
    assert off.std() == pytest.approx(0.3, rel=0.1)


def test_the_same_seed_gives_the_same_experience(trained):
    one, two, other = (gathered(trained, seed=seed)[0] for seed in (3, 3, 4))
    assert all(np.array_equal(one[name], two[name]) for name in COLUMNS)
    assert not np.array_equal(one["g_start_S"], other["g_start_S"])
    # the first attempt has no jitter yet
    assert np.array_equal(one["g_S"][:12], other["g_S"][:12])


def test_on_compact_cells_it_is_the_same_for_any_number_of_workers(trained):
    cell = ouro.CompactCell(ouro.jart_vcm_v1b(window=True, walk=ouro.Walk()))
    recipe = Recipe(6, 5, VOLTAGES, d2d="ten_percent")
    cells = [recipe.draw(cell, number) for number in range(6)]
    target = np.array([one.target_S for one in cells])
    law = Law(2, 1.0, 1.1, points=41)
    one, two = (rollout(fleet(cell, cells, workers=n), target, trained, law, 1) for n in (1, 2))
    assert set(one) == COLUMNS and one["g_S"].shape == (12, 41)
    assert all(np.array_equal(one[name], two[name]) for name in COLUMNS)
    # reads of compact cells are exact; the curve's first point lies after the rising edge
    assert one["g_S"][:, 0] == pytest.approx(one["g_start_S"], rel=0.05)
    towards = np.sign(one["g_S"][:, -1] - one["g_S"][:, 0]) == np.sign(one["dg_S"])
    assert towards.mean() > 0.7
    assert np.all(np.isfinite(examples(one).time_s.numpy()))


# ---- blindness, failures


class Misread(AnalyticFleet):
    """Reads 10 % too much: a policy that saw anything else would not be misled."""

    def read(self, places, bar=None):
        return 1.1 * super().read(places)


def test_nothing_but_readings_is_seen(trained):
    """The fleet has neither conductances nor states nor devices to look at, and its readings are wrong."""
    columns, many = gathered(trained, kind=Misread)
    assert columns["g_start_S"] == pytest.approx(1.1 * columns["g_S"][:, 0], rel=1e-6)
    assert columns["dg_S"] == pytest.approx(columns["target_S"] - columns["g_start_S"])
    assert not hasattr(many, "g_S")


class Faulty(AnalyticFleet):
    """The first read of 3, the first pulse of 5, the read after it of 6 and the curves of 7 fail."""

    reads = 0

    def read(self, places, bar=None):
        found = super().read(places)
        found[places == (3, 6, -1)[self.reads]] = np.nan
        self.reads += 1
        return found

    def apply(self, places, pulses, bar=None):
        energy = super().apply(places, pulses)
        energy[places == 5] = np.nan
        return energy

    def sampled(self, places, *law, **more):
        found = super().sampled(places, *law, **more)
        found[places == 7, 10:] = np.nan
        return found


def test_what_failed_is_left_out_and_changes_nothing_for_the_others(trained):
    columns, _ = gathered(trained, kind=Faulty)
    sound, _ = gathered(trained)
    attempts = {place: int((columns["place"] == place).sum()) for place in range(12)}
    assert attempts == {place: {3: 0, 5: 1, 6: 1}.get(place, 3) for place in range(12)}
    for place in (0, 4, 8, 11):
        mine, theirs = (one["place"] == place for one in (columns, sound))
        # the sums of a network over another number of rows differ in their last digit
        assert all(columns[name][mine] == pytest.approx(sound[name][theirs], rel=1e-6) for name in COLUMNS)
    made = examples(columns)
    assert len(made) == len(columns["place"]) - 3
    assert np.all(np.isfinite(made.curves.g_S.numpy())) and np.all(np.isfinite(made.time_s.numpy()))


def test_experience_without_a_single_reading_is_too_little_to_learn_from(trained):
    columns, _ = gathered(trained, kind=type("Dead", (AnalyticFleet,), {"read": lambda s, p, bar=None: np.nan * p}))
    assert len(columns["place"]) == 0
    with pytest.raises(ValueError, match="0 training records"):
        PulsePredictor.trained(quick("band"), *[examples(columns)] * 2, trained.manifest)


def test_no_attempt_outlasts_the_longest_pulse_of_a_dataset(trained):
    layers = trained.weights.layers
    layers = (*layers[:-1], (layers[-1][0], layers[-1][1] + 1e3))
    endless = replace(trained, weights=replace(trained.weights, layers=layers))
    columns, many = gathered(endless)
    longest_s = LIMIT * PAIR["total_s"]
    assert columns["spacing_s"].max() * 60 == pytest.approx(LAW.reach * longest_s)
    assert max(pulse.width for sent in many.sent for pulse in sent.values()) == pytest.approx(longest_s)


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ({"attempts": 0}, "attempts = 0"), ({"points": 1}, "points = 1 .*at least 2"), ({"low": 0.0}, "low = 0"),
        ({"low": 1.2, "high": 1.1}, r"high = 1.1 .*\[1.2, 10\]"), ({"jitter": -0.1}, "jitter = -0.1"),
        ({"reach": 0.5}, "reach = 0.5"), ({"fastest_s": 0.0}, "fastest_s = 0"),
    ],
)  # fmt: skip
def test_laws_out_of_range_are_value_errors(values, told):
    with pytest.raises(ValueError, match=told):
        Law(**values)


# ---- as examples


def test_a_crossing_is_the_first_point_at_or_beyond_the_target():
    start, target, _ = drawn(50)
    needed = needed_s(start, target)
    spacing = np.abs(needed) * np.random.default_rng(1).uniform(0.005, 0.04, 50)
    curves = g_after(start[:, None], (np.sign(needed) * spacing)[:, None] * np.arange(61))
    found = crossing(curves, spacing, target, target - start)
    reached = np.abs(needed) <= 60 * spacing
    assert 10 < reached.sum() < 50
    assert np.array_equal(np.sign(found), np.sign(target - start))
    late = np.abs(found) - np.abs(needed)
    assert np.all((late[reached] >= -1e-12) & (late[reached] <= spacing[reached]))
    assert np.abs(found)[~reached] == pytest.approx(60 * spacing[~reached])
    # a reading that noise has put beyond the target asks for the shortest pulse
    nearer = start + 0.9 * (target - start)
    assert np.all(np.abs(crossing(curves, spacing, nearer, target - start)) <= np.abs(found))
    # a reading may have been wrong, and the curve beyond the target from the start: the shortest pulse that it knows
    assert np.abs(crossing(curves[:, 1:], spacing, start, target - start)) == pytest.approx(spacing)


def test_examples_hold_what_the_columns_say(trained):
    columns, _ = gathered(trained)
    rows = np.array([30, 2, 17])
    made = examples(columns, rows)
    assert len(made) == 3
    for name in SEEN:
        assert np.array_equal(made.column(name).numpy(), columns[name][rows])
    assert np.array_equal(made.target_S.numpy(), columns["target_S"][rows])
    assert made.curves.end_s.numpy() == pytest.approx(60 * columns["spacing_s"][rows])
    ends = made.curves.at(made.curves.end_s).numpy()
    assert ends == pytest.approx(columns["g_S"][rows, -1])


# ---- and a network learns from it


def two_attempts(programmer, seed=77, count=300):
    """Share within 10 % of the target after two pulses."""
    start, target, slowness = drawn(count, seed)
    many, places = AnalyticFleet(start, slowness), np.arange(count)
    readings = many.read(places)[:, None]
    for _ in range(2):
        many.apply(places, programmer.next_pulses(target, readings))
        readings = np.column_stack([readings, many.read(places)])
    return np.mean(np.abs(readings[:, -1] / target - 1) < 0.1)


def test_from_the_second_attempt_on_it_listens(trained):
    """Devices of very different speed: what the first pulse did tells how long the second one is to be."""
    columns, _ = gathered(trained, 600, LAW)
    held = columns["place"] % 10 == 9
    parts = [examples(columns, np.flatnonzero(side)) for side in (~held, held)]
    stages = (Stage("time", 40, 64, 4e-3), Stage("band", 20, 64, 2e-3, band=0.1))
    deaf, listens = (
        PulsePredictor.trained(Specification(stages, names), *parts, trained.manifest, base=base)
        for names, base in ((LISTENING[:2], None), (LISTENING, trained))
    )
    share = [two_attempts(NeuralProgrammer(one)) for one in (trained, deaf, listens)]
    assert share[2] > max(share[:2]) + 0.15
    assert share[2] > 0.8


def test_amplitudes_are_learned_from_experience(trained):
    """At 1.1 times the amplitude the network asks for 1 / 1.1^25 of the time; the policy then keeps to its width."""
    columns, _ = gathered(trained, 400, Law(2, 1.0, 1.15, points=101))
    stages = (Stage("time", 150, 64, 4e-3),)
    held = columns["place"] % 10 == 9
    parts = [examples(columns, np.flatnonzero(side)) for side in (~held, held)]
    predictor = PulsePredictor.trained(Specification(stages, ("g_start_S", "dg_S", "drive")), *parts, trained.manifest)
    start, target = np.array([150e-6, 250e-6, 400e-6, 350e-6]), np.array([300e-6, 400e-6, 250e-6, 150e-6])
    ratio = predictor.predict(start, target - start, drive=1.12) / predictor.predict(start, target - start, drive=1.02)
    assert np.log(ratio) == pytest.approx(25 * np.log(1.02 / 1.12), rel=0.2)
    programmer = NeuralProgrammer(predictor, drives=AmplitudePolicy(1.5e-6, 1.0, 1.15))
    widths = [pulse.width for pulse in programmer.next_pulses(target, start[:, None])]
    assert widths == pytest.approx(np.full(4, 1.5e-6), rel=0.1)


def test_a_predictor_that_hardly_learned_serves_as_policy_too():
    columns, _ = gathered(plain(records(40)), 5, Law(1, points=11))
    assert columns["g_S"].shape == (5, 11)
