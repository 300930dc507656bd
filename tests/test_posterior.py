"""Programmers that know the nominal model: the lookup against closed forms, the Kalman update against scipy's own."""

from __future__ import annotations

import dataclasses
import math
import pickle

import numpy as np
import pytest
from analytic_device import DOWN_S, FLOOR_S, HIGH_S, LOW_S, PAIR, TOP_S, UP_S, AnalyticFleet, logit
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import multivariate_normal

import ouro_spice as ouro
from ouro_spice import ModelTime, NominalTimes, Posterior, ProportionalIntegral, ProportionalIntegralWidth
from ouro_spice.dataset.recipe import LIMIT, Recipe
from ouro_spice.evaluation.baselines import noise_free
from ouro_spice.programming.programmers.posterior import CLEAR_S, STILL_S, kalman_step
from ouro_spice.programming.programmers.write_states import WriteStates

VOLTAGES = ouro.Pair(**PAIR)
CELL = ouro.CompactCell(ouro.jart_vcm_v1b(window=True, walk=ouro.Walk()))
OVERS = np.linspace(1.0, 1.6, 25)
conductances = st.floats(60e-6, 650e-6)


def analytic(overs=OVERS, points=4001) -> NominalTimes:
    """The lookup of the analytic device: the time falls with the 25th power of the amplitude."""
    log_g = np.linspace(np.log(LOW_S), np.log(HIGH_S), points)
    way = logit(np.exp(log_g)) - logit(LOW_S)
    ways = np.stack([UP_S * way, DOWN_S * (way[-1] - way)])
    return NominalTimes(VOLTAGES, overs, log_g, ways[:, None] * overs[:, None] ** -25.0)


NOMINAL = analytic(points=257)
KINDS = [
    Posterior(NOMINAL),
    Posterior(NOMINAL, 3e-9, 1.5, correlation=0.7),
    ModelTime(NOMINAL),
    ModelTime(NOMINAL, 1.13, turn=0.6),
    ProportionalIntegral(VOLTAGES),
    ProportionalIntegralWidth(VOLTAGES, keep=False),
    ProportionalIntegralWidth(VOLTAGES, step=0.05, every=3, keep=False),
]
IDS = [f"{type(one).__name__}-{k}" for k, one in enumerate(KINDS)]


@pytest.fixture(scope="module")
def compact():
    """A pair, the lookup, and 60 cells of the D2D law with their targets."""
    pair = ouro.pair(CELL, 60e-6)
    recipe = Recipe(60, 5, pair, d2d="ten_percent")
    drawn = [recipe.draw(CELL, number) for number in range(60)]
    return pair, ouro.nominal_times(CELL, pair), ouro.fleet(CELL, drawn, workers=2), [one.target_S for one in drawn]


# ---- the lookup


def test_the_lookup_is_the_noise_free_time_and_falls_with_the_amplitude(compact):
    pair, times, _, _ = compact
    rng = np.random.default_rng(0)
    start, end = rng.uniform(105e-6, 535e-6, (2, 200))
    found, exact = times.needed_s(start, end), np.abs(noise_free(CELL, pair)(start, end - start))
    assert found[:, 0] == pytest.approx(exact, rel=5e-3, abs=5e-5 * pair.total_s)
    assert np.all(np.diff(found, axis=1) < 0)
    assert times.needed_s(start, start) == pytest.approx(0, abs=1e-18)


def test_the_lookup_crosses_the_window_in_the_time_of_the_pair(compact):
    pair, times, _, _ = compact
    assert times.time_s[0, 0, -1] == pytest.approx(pair.total_s, rel=4e-3)
    assert times.time_s[1, 0, 0] == pytest.approx(pair.total_s, rel=4e-3)
    assert times.overs[0] == 1.0 and np.exp(times.log_g[[0, -1]]) == pytest.approx(CELL.window_S, rel=1e-5)


def test_the_lookup_of_a_circuit_is_that_of_the_circuit(engine):
    """The 1T1R cell in SPICE, at an amplitude between two of the lookup: against a transient of its own."""
    cell = ouro.Cell1T1R(ouro.jart_vcm_v1b(window=True))
    pair = ouro.pair(cell, 60e-6, engine)
    times = ouro.nominal_times(cell, pair, engine)
    over = 1.11
    stronger = dataclasses.replace(pair, v_set=over * pair.v_set, v_reset=over * pair.v_reset, total_s=6e-6)
    start, end = np.array([150e-6, 400e-6]), np.array([350e-6, 200e-6])
    exact = np.abs(noise_free(cell, stronger, engine)(start, end - start))
    assert times.at(over).needed_s(start, end)[:, 0] == pytest.approx(exact, rel=0.02)


def test_between_amplitudes_a_power_law_is_exact():
    start, end = np.array([150e-6, 300e-6]), np.array([200e-6, 120e-6])
    exact = 1.13**-25.0 * np.array([UP_S, DOWN_S]) * np.abs(logit(end) - logit(start))
    assert analytic().at(1.13).needed_s(start, end)[:, 0] == pytest.approx(exact, rel=1e-6)
    assert analytic().at(1.6).needed_s(start, end)[:, 0] == pytest.approx(exact * (1.6 / 1.13) ** -25, rel=1e-6)
    for over in (0.9, 1.7):
        with pytest.raises(ValueError, match="over = "):
            NOMINAL.at(over)


def test_beyond_the_window_the_way_goes_on_as_steeply():
    low, high = np.array([LOW_S]), np.array([HIGH_S])
    step = 0.5 * (NOMINAL.log_g[1] - NOMINAL.log_g[0])
    for edge, sign in ((low, -1), (high, 1)):
        inside = NOMINAL.needed_s(edge * np.exp(-sign * step), edge)
        assert NOMINAL.needed_s(edge, edge * np.exp(sign * step)) == pytest.approx(inside, rel=1e-9)


@pytest.mark.parametrize(
    ("changes", "what"),
    [
        ({"overs": [1.0]}, "overs"),
        ({"overs": [1.0, 0.9]}, "overs"),
        ({"log_g": [-9.0, -8.0, -7.5]}, "even"),
        ({"time_s": np.zeros((2, 2, 4))}, "time_s"),
        ({"time_s": np.tile([[0.0, 1, 2]], (2, 2, 1))}, "time_s"),
        ({"time_s": np.full((2, 2, 3), np.nan)}, "time_s"),
        ({"time_s": "no"}, "time_s"),
        ({"voltages": None}, "voltages"),
    ],
)
def test_a_lookup_that_makes_no_sense_is_a_value_error(changes, what):
    way = np.array([0.0, 1.0, 2.0])
    good = {"voltages": VOLTAGES, "overs": [1.0, 1.1], "log_g": [-9.0, -8.5, -8.0]}
    good["time_s"] = np.tile([way[None], way[None, ::-1]], (1, 2, 1))
    NominalTimes(**good)
    with pytest.raises(ValueError, match=what):
        NominalTimes(**(good | changes))


def test_lookups_have_names_of_their_own():
    assert repr(NOMINAL) == repr(analytic(points=257)) != repr(analytic(points=259))
    assert len(repr(Posterior(NOMINAL))) < 400


def test_a_lookup_needs_a_cell_and_a_pair():
    with pytest.raises(ValueError, match="memristor"):
        ouro.nominal_times(None, VOLTAGES)
    with pytest.raises(ValueError, match="voltages"):
        ouro.nominal_times(CELL, None)
    with pytest.raises(ValueError, match="engine"):
        ouro.nominal_times(CELL, VOLTAGES, "ngspice")


# ---- the posterior


@given(
    means=st.tuples(*[st.floats(-2, 2)] * 2), spreads=st.tuples(*[st.floats(0.05, 2)] * 2), rho=st.floats(-0.95, 0.95),
    measured=st.floats(-4, 4), noise=st.floats(0.01, 2), up=st.booleans(),
)  # fmt: skip
def test_the_update_is_the_posterior_of_two_gaussian_numbers(means, spreads, rho, measured, noise, up):
    """Against Bayes' rule on a grid: prior times likelihood, mean and covariance of what comes out."""
    cov = np.array([[spreads[0] ** 2, rho * spreads[0] * spreads[1]], [0, spreads[1] ** 2]])
    cov[1, 0] = cov[0, 1]
    state = np.array([*means, cov[0, 0], cov[1, 1], cov[0, 1]])[:, None]
    found = kalman_step(state, np.array([up]), np.array([measured]), np.array([noise**2]), np.array([False]), 0.0)[:, 0]
    seen = np.array([[1.0, 0.0]] if up else [[0.0, 1.0]])
    precision = np.linalg.inv(cov) + seen.T @ seen / noise**2
    exact = np.linalg.inv(precision)
    mean = exact @ (np.linalg.inv(cov) @ means + seen[0] * measured / noise**2)
    assert found[:2] == pytest.approx(np.clip(mean, -10, 10), abs=1e-8)  # no device is slower than exp(10)
    assert found[2:] == pytest.approx([exact[0, 0], exact[1, 1], exact[0, 1]], abs=1e-8)
    # and the likeliest point of prior times likelihood is its mean, by scipy's own density
    density = [
        multivariate_normal.logpdf(m, means, cov) + multivariate_normal.logpdf(seen[0] @ m, measured, noise**2)
        for m in mean + 1e-3 * np.array([[0, 0], [1, 0], [-1, 0], [0, 1], [0, -1]])
    ]
    assert density[0] >= max(density[1:])


def test_what_hardly_moved_can_only_show_that_a_device_is_slower():
    state = np.tile(np.array([0.5, 0.0, 0.49, 0.49, 0.2])[:, None], 2)
    measured = np.array([-1.0, 2.0])
    found = kalman_step(state, np.array([True, True]), measured, np.full(2, 0.1), np.full(2, True), 0.16)
    assert found[0, 0] == 0.5 and found[1, 0] == 0.0
    assert found[0, 1] > 0.5 and found[1, 1] > 0.0
    assert found[2, 1] < 0.49 + 0.16
    # a bound below what is believed says nothing: the spread is only that of the drift
    assert found[2:, 0] == pytest.approx([0.65, 0.65, 0.2])


@pytest.mark.parametrize("one", KINDS, ids=IDS)
def test_an_instrument_that_reads_nothing_stops_no_write(one):
    for readings in ([0.0], [-1e-6], [2e-4, 0.0], [0.0, 2e-4, -1e-6]):
        pulse = one.next_pulse(3e-4, readings)
        assert pulse.polarity == (-1 if readings[-1] < 3e-4 else 1)


def test_the_first_pulse_is_the_expected_one():
    """By hand: expected slowness times the closed form of the way aimed at, at the amplitude nearest to the width."""
    one = Posterior(analytic(), width=20e-9, over=1.6, mean_set=-0.5, mean_reset=0.2, aim=0.8)
    for start, target, mean, unit_s in ((150e-6, 300e-6, -0.5, UP_S), (300e-6, 150e-6, 0.2, DOWN_S)):
        end = start * (target / start) ** 0.8
        wanted = np.exp(mean) * unit_s * abs(logit(end) - logit(start)) * OVERS**-25.0
        k = np.argmin(np.abs(np.log(wanted / 20e-9)))
        pulse = one.next_pulse(target, [start])
        assert pulse.width == pytest.approx(wanted[k], rel=1e-4)
        assert pulse.amplitude == pytest.approx(OVERS[k] * VOLTAGES.amplitude(target - start), rel=1e-12)


def test_the_second_pulse_is_that_of_the_update_by_hand():
    one = Posterior(analytic(), mean_set=-0.7, mean_reset=-0.4, spread=0.7, correlation=0.3, drift=0.4, noise=0.3)
    target, a, b = 300e-6, 150e-6, 220e-6
    first = one.next_pulse(target, [a])
    over = first.amplitude / VOLTAGES.v_set
    measured = np.log(first.width / (UP_S * (logit(b) - logit(a)) * over**-25))
    variance = 0.3**2 * (1 + (CLEAR_S / (b - a)) ** 2)
    mean = -0.7 + 0.49 / (0.49 + variance) * (measured + 0.7)
    other = -0.4 + 0.3 * 0.49 / (0.49 + variance) * (measured + 0.7)
    for reading, mean_, unit_s in ((b, mean, UP_S), (340e-6, other, DOWN_S)):
        readings = [a, reading]
        if reading != b:  # the same measurement cannot end elsewhere: what was seen follows from the reading
            measured_ = np.log(first.width / (UP_S * (logit(reading) - logit(a)) * over**-25))
            variance = 0.3**2 * (1 + (CLEAR_S / (reading - a)) ** 2)
            mean_ = -0.4 + 0.3 * 0.49 / (0.49 + variance) * (measured_ + 0.7)
        pulse = one.next_pulse(target, readings)
        over_ = pulse.amplitude / VOLTAGES.amplitude(target - reading)
        end = reading * (target / reading) ** one.aim
        exact = np.exp(mean_) * unit_s * abs(logit(end) - logit(reading)) * over_**-25
        assert pulse.width == pytest.approx(exact, rel=1e-3)


def test_a_device_that_is_slower_is_found_out():
    """Devices of the closed form, some 20 times slower and some 5 times faster: all are written, in few pulses."""
    rng = np.random.default_rng(3)
    start, targets = rng.uniform(130e-6, 480e-6, (2, 40))
    slowness = np.resize([20.0, 0.2], 40)
    counts = []
    for one in (Posterior(analytic(), width=100e-9, over=1.6), ModelTime(analytic(), over=1.1)):
        fleet, readings, active = AnalyticFleet(start, slowness), start[:, None], np.ones(40, bool)
        for _ in range(15):
            active = np.abs(readings[:, -1] / targets - 1) > 0.02
            if not active.any():
                break
            where = np.flatnonzero(active)
            fleet.apply(where, one.next_pulses(targets[where], readings[where]))
            readings = np.column_stack([readings, fleet.read(np.arange(40))])
        counts.append(readings.shape[1] - 1)
        assert not active.any()
    assert counts[0] <= 6 and counts[1] <= 10


# ---- what holds for all of them


@pytest.mark.parametrize("one", KINDS, ids=IDS)
@settings(max_examples=20)
@given(seed=st.integers(0, 2**32), length=st.integers(1, 12))
def test_what_is_carried_decides_nothing(one, seed, length):
    """Write by write, all at once, in one go and pulse by pulse with some writes dropping out: the same pulses."""
    rng = np.random.default_rng(seed)
    targets, readings = rng.uniform(1e-4, 5e-4, 6), rng.uniform(1e-4, 5e-4, (6, length))
    fresh = dataclasses.replace(one)
    whole = fresh.next_pulses(targets, readings)
    assert whole == [one.next_pulse(float(t), row.tolist()) for t, row in zip(targets, readings, strict=True)]
    steps = dataclasses.replace(one)
    for count in range(1, length + 1):
        rows = np.arange(6) if count < length else np.array([0, 2, 5])
        found = steps.next_pulses(targets[rows], readings[rows, :count])
    assert found == [whole[k] for k in (0, 2, 5)]


def test_states_are_carried_and_not_found_again():
    steps = []

    def step(state, targets, before, after):
        steps.append(len(targets))
        return state + after - before

    carried = WriteStates()
    targets, readings = np.array([1.0, 2.0, 3.0]), np.arange(12.0).reshape(3, 4) ** 2

    def states(rows, count):
        return carried.states(targets[rows], readings[rows, :count], lambda t, r: r[None], step)[0]

    for rows, count in (([0, 1, 2], 1), ([0, 1, 2], 2), ([2, 0], 3), ([0], 4)):
        assert states(rows, count) == pytest.approx(readings[rows, count - 1])
    assert steps == [3, 2, 1]  # one for each new reading, of those that went on
    assert states([1], 4) == pytest.approx(readings[[1], 3])
    assert steps == [3, 2, 1, 1, 1, 1]  # one that was not there is found from all its readings


@pytest.mark.parametrize("one", KINDS, ids=IDS)
@settings(max_examples=30)
@given(target=conductances, readings=st.lists(conductances, min_size=1, max_size=20))
def test_pulses_go_towards_the_target_and_stay_within_what_is_legal(one, target, readings):
    pulse = one.next_pulse(target, readings)
    over = pulse.amplitude / VOLTAGES.amplitude(target - readings[-1])
    assert (1.0 if one.knows == "nominal model" else 0.01) - 1e-9 <= over <= 2.0 + 1e-9
    assert 1e-9 <= pulse.width <= LIMIT * VOLTAGES.total_s
    assert one.next_pulse(target, list(readings)) == pulse


@pytest.mark.parametrize("kind", [Posterior, ModelTime, ProportionalIntegral, ProportionalIntegralWidth])
@pytest.mark.parametrize("total_s", [1e-6, 60e-6, 10e-3])
def test_candidates_are_different_and_can_be_made_for_any_pair(kind, total_s):
    pair = dataclasses.replace(VOLTAGES, total_s=total_s)
    scale = (total_s / 60e-6) ** (1 / 25)
    basis = dataclasses.replace(analytic(scale * OVERS, 33), voltages=pair) if kind.knows == "nominal model" else pair
    made = kind.candidates(basis)
    assert 50 <= len(made) == len(set(made)) <= 1000
    assert {one.name for one in made} == {made[0].name}
    assert pickle.loads(pickle.dumps(made[0])).next_pulse(2e-4, [1e-4]) == made[0].next_pulse(2e-4, [1e-4])


@pytest.mark.parametrize(
    ("kind", "changes", "what"),
    [
        (Posterior, {"width": 0.0}, "width"),
        (Posterior, {"over": 3.0}, "over"),
        (Posterior, {"least": 1.5}, "least"),
        (Posterior, {"spread": -1.0}, "spread"),
        (Posterior, {"correlation": 1.5}, "correlation"),
        (Posterior, {"noise": 0.0}, "noise"),
        (Posterior, {"aim": math.nan}, "aim"),
        (Posterior, {"mean_set": 50.0}, "mean_set"),
        (Posterior, {"name": ""}, "name"),
        (ModelTime, {"over": 0.5}, "over"),
        (ModelTime, {"gain": 0.0}, "gain"),
        (ModelTime, {"rate": 1.5}, "rate"),
        (ModelTime, {"other": 2.0}, "other"),
        (ModelTime, {"turn": 0.0}, "turn"),
        (ProportionalIntegral, {"start": 3.0}, "start"),
        (ProportionalIntegral, {"integral": -0.1}, "integral"),
        (ProportionalIntegral, {"most": 100.0}, "most"),
        (ProportionalIntegralWidth, {"proportional": -1e-9}, "proportional"),
        (ProportionalIntegralWidth, {"every": 0}, "every"),
        (ProportionalIntegralWidth, {"keep": "no"}, "keep"),
        (ProportionalIntegralWidth, {"span": 0.0}, "span"),
    ],
)
def test_settings_that_make_no_sense_are_value_errors(kind, changes, what):
    with pytest.raises(ValueError, match=what):
        kind(NOMINAL if kind.knows == "nominal model" else VOLTAGES, **changes)


def test_rules_that_know_the_model_need_its_times():
    for kind in (Posterior, ModelTime):
        with pytest.raises(ValueError, match="nominal"):
            kind(VOLTAGES)


def test_programmers_reach_their_targets(compact):
    pair, times, fleet, targets = compact
    most = {Posterior: 4.0, ModelTime: 8.0, ProportionalIntegral: 10.0, ProportionalIntegralWidth: 20.0}
    for kind, pulses in most.items():
        one = kind(times if kind.knows == "nominal model" else pair)
        found = ouro.summary(ouro.write_many(fleet.copy(), one, targets, 0.1, patience=None))
        assert found["success"] >= 0.9 and found["pulses_mean"] <= pulses, kind
        assert one.knows in ("nominal model", "nothing")


def test_tuning_takes_rules_that_know_the_model_and_tells_plain_settings(compact):
    _, times, fleet, targets = compact
    best, rows = ouro.tune(Posterior.candidates(times)[:3], fleet.copy, targets, 0.1, 8)
    assert isinstance(best, Posterior) and len(rows) == 3
    assert "nominal" not in rows[0]["parameters"]
    assert Posterior(times, **rows[0]["parameters"]) == best


# ---- one by one


def test_model_time_takes_up_the_ratio_that_it_saw():
    one = ModelTime(analytic(), over=1.2, gain=0.5, rate=0.5, other=0.5, turn=1.0)
    target, a, b = 300e-6, 150e-6, 200e-6
    unit = 1.2**-25.0
    way = UP_S * (logit(target) - logit(a)) * unit
    assert one.next_pulse(target, [a]).width == pytest.approx(0.5 * way, rel=1e-4)
    seen = np.log(0.5 * way / (UP_S * (logit(b) - logit(a)) * unit))
    gain = np.exp(np.log(0.5) + 0.5 * (seen - np.log(0.5)))
    assert one.next_pulse(target, [a, b]).width == pytest.approx(
        gain * UP_S * (logit(target) - logit(b)) * unit, rel=1e-4
    )
    # beyond the target the other direction has followed by half
    c = 400e-6
    seen = np.log(0.5 * way / (UP_S * (logit(c) - logit(a)) * unit))
    other = np.exp(np.log(0.5) + 0.5 * 0.5 * (seen - np.log(0.5)))
    width = other * DOWN_S * (logit(c) - logit(target)) * unit
    assert one.next_pulse(target, [a, c]).width == pytest.approx(width, rel=1e-4)
    turned = dataclasses.replace(one, turn=0.6)
    assert turned.next_pulse(target, [a, c]).width == pytest.approx(0.6 * width, rel=1e-4)


def test_a_pulse_that_did_nothing_counts_as_one_that_went_a_fiftieth_of_its_way():
    one = ModelTime(analytic(), over=1.2, gain=1.0, rate=1.0)
    target, a = 300e-6, 150e-6
    still = one.next_pulse(target, [a, a]).width
    assert still == one.next_pulse(target, [a, a]).width > one.next_pulse(target, [a, 200e-6]).width
    b = a + 0.02 * (target - a)
    ratio = (logit(target) - logit(a)) / (logit(b) - logit(a))
    assert still / one.next_pulse(target, [a]).width == pytest.approx(min(ratio, np.exp(3.0)), rel=1e-3)


def test_pi_in_amplitude_rises_by_the_part_that_is_left_and_falls_where_it_crosses():
    one = ProportionalIntegral(VOLTAGES, start=1.1, integral=0.1, drop=0.05, proportional=0.02)
    target = 300e-6

    def over(readings):
        return one.next_pulse(target, readings).amplitude / VOLTAGES.amplitude(target - readings[-1])

    off = np.abs(np.log(target / np.array([150e-6, 200e-6, 400e-6])))
    assert over([150e-6]) == pytest.approx(1.1 + 0.02 * off[0])
    assert over([150e-6, 200e-6]) == pytest.approx(1.1 + 0.1 * off[1] / off[0] + 0.02 * off[1])
    assert over([150e-6, 150e-6]) == pytest.approx(1.1 + 0.1 + 0.02 * off[0])
    assert over([150e-6, 400e-6]) == pytest.approx(1.1 - 0.05 * (1 + off[2] / off[0]) + 0.02 * off[2])


def test_pi_in_width_is_that_of_its_code():
    """The sum of errors outlives a crossing: the pulse after it still goes on, until the error outweighs it."""
    one = ProportionalIntegralWidth(VOLTAGES, proportional=70e-9, integral=30e-9, limit=2.0, span=100e-6)
    target = 300e-6
    errors = np.array([1.0, 0.4, -0.1])
    readings = (target - errors * 100e-6).tolist()
    controls = 70e-9 * errors + 30e-9 * np.clip(np.cumsum(errors), -2, 2)
    for k in range(3):
        pulse = one.next_pulse(target, readings[: k + 1])
        assert pulse.width == pytest.approx(abs(controls[k]), rel=1e-9)
    assert controls[2] > 0 and pulse.amplitude < 0  # SET, though the reading is above the target
    cleared = dataclasses.replace(one, keep=False).next_pulse(target, readings)
    assert cleared.amplitude > 0 and cleared.width == pytest.approx(0.1 * 100e-9, rel=1e-9)


def test_the_voltage_rises_every_so_many_pulses_where_it_is_told_to():
    one = ProportionalIntegralWidth(VOLTAGES, over=1.1, every=3, step=0.05, most=1.18)
    found = [one.next_pulse(300e-6, [200e-6] * k).amplitude / VOLTAGES.v_set for k in range(1, 9)]
    assert found == pytest.approx([1.1] * 3 + [1.15] * 3 + [1.18] * 2)


def test_the_window_is_where_the_analytic_device_lies():
    assert FLOOR_S < LOW_S < HIGH_S < TOP_S and STILL_S < CLEAR_S
