"""Feedback rules by their settings: defaults, legal ranges, what is tuned, ends of gains and sums, lookups counted."""

from __future__ import annotations

import dataclasses
import math
from types import SimpleNamespace

import numpy as np
import pytest
from analytic_device import DOWN_S, HIGH_S, LOW_S, PAIR, UP_S, logit

import ouro_spice as ouro
from ouro_spice import ModelTime, NominalTimes, Posterior, ProportionalIntegral, ProportionalIntegralWidth
from ouro_spice.circuit.pulse import HIGHEST_V
from ouro_spice.dataset.recipe import LIMIT
from ouro_spice.programming import nominal
from ouro_spice.programming.nominal import LEAST_S
from ouro_spice.programming.programmers.posterior import CLEAR_S, STILL_S, kalman_step

VOLTAGES = ouro.Pair(**PAIR)
OVERS = np.linspace(1.0, 1.6, 25)


def analytic(overs=OVERS, points=2001) -> NominalTimes:
    """The lookup of the analytic device: the time falls with the 25th power of the amplitude."""
    overs = np.asarray(overs, float)
    log_g = np.linspace(np.log(LOW_S), np.log(HIGH_S), points)
    way = logit(np.exp(log_g)) - logit(LOW_S)
    return NominalTimes(
        VOLTAGES, overs, log_g, np.stack([UP_S * way, DOWN_S * (way[-1] - way)])[:, None] * overs[:, None] ** -25.0
    )


NOMINAL = analytic()
TOP = HIGHEST_V / max(-VOLTAGES.v_set, VOLTAGES.v_reset)
KINDS = {
    Posterior: NOMINAL, ModelTime: NOMINAL, ProportionalIntegral: VOLTAGES, ProportionalIntegralWidth: VOLTAGES,
}  # fmt: skip


def way_s(start, end, over=1.0):
    """Nominal time of the analytic device [s], in closed form."""
    return (UP_S if end > start else DOWN_S) * abs(logit(end) - logit(start)) * over**-25.0


# ---- settings


def test_a_rule_without_settings_is_the_documented_one():
    assert plain(Posterior(NOMINAL)) == (
        15e-9, 1.25, 1.0, -0.7, -0.7, 0.7, 0.3, 0.4, 0.3, 0.9, 2e-9, 1e-9, "posterior",
    )  # fmt: skip
    assert plain(ModelTime(NOMINAL)) == (1.2, 0.7, 0.7, 0.5, 1.0, 2e-9, 1e-9, "model time")
    assert plain(ProportionalIntegral(VOLTAGES)) == (10e-9, 1.15, 0.05, 0.05, 0.05, 2.0, 2e-9, "PI in amplitude")
    assert plain(ProportionalIntegralWidth(VOLTAGES)) == (
        1.15, 100e-9, 40e-9, 1.5, 10, 0.0, True, 440e-6, 2.0, 2e-9, 1e-9, "PI in width",
    )  # fmt: skip
    assert (CLEAR_S, STILL_S, LEAST_S, LIMIT) == (5e-6, 2e-6, 1e-9, 4)
    assert nominal.OVERS == (1.0, 1.6, 25)


def plain(one) -> tuple:
    """The settings of a rule but for the first, which is its pair or lookup."""
    return tuple(getattr(one, field.name) for field in dataclasses.fields(one)[1:])


@pytest.mark.parametrize("kind", KINDS)
def test_rules_cannot_be_changed_and_those_of_the_same_settings_are_the_same(kind):
    one = kind(KINDS[kind])
    with pytest.raises(dataclasses.FrozenInstanceError):
        one.edge = 1e-9
    assert one == kind(KINDS[kind]) and hash(one) == hash(kind(KINDS[kind]))
    assert one.candidates(KINDS[kind])[0] != one.candidates(KINDS[kind])[-1]
    assert one._states is one._states is not kind(KINDS[kind])._states


LEGAL = [
    (Posterior, "shortest", 1e-12, 15e-9), (Posterior, "least", 0, 1.25), (Posterior, "mean_set", -10, 10),
    (Posterior, "mean_reset", -10, 10), (Posterior, "spread", 0, 10), (Posterior, "drift", 0, 10),
    (Posterior, "noise", 1e-3, 10), (Posterior, "correlation", -1, 1), (Posterior, "aim", 0.1, 2),
    (Posterior, "over", 1.0, 1.6 + 1e-9), (ModelTime, "over", 1.0 - 1e-9, 1.6 + 1e-9), (ModelTime, "gain", 0.05, 20),
    (ModelTime, "rate", 0, 1), (ModelTime, "other", -1, 1), (ModelTime, "turn", 0.05, 20),
    (ProportionalIntegral, "start", 0.01, 2.0), (ProportionalIntegral, "integral", 0, 2.0),
    (ProportionalIntegral, "drop", 0, 2.0), (ProportionalIntegral, "proportional", 0, 2.0),
    (ProportionalIntegral, "most", 1.15, TOP), (ProportionalIntegralWidth, "over", 0.01, 2.0),
    (ProportionalIntegralWidth, "proportional", 0, 1), (ProportionalIntegralWidth, "integral", 0, 1),
    (ProportionalIntegralWidth, "limit", 0, 1e6), (ProportionalIntegralWidth, "step", 0, 2.0),
    (ProportionalIntegralWidth, "span", 1e-9, 1), (ProportionalIntegralWidth, "most", 1.15, TOP),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "name", "low", "high"), LEGAL, ids=[f"{one[0].__name__}-{one[1]}" for one in LEGAL])
def test_both_ends_of_a_legal_range_are_legal_and_nothing_beyond_them(kind, name, low, high):
    basis = KINDS[kind]
    for value in (low, high):
        assert getattr(kind(basis, **{name: value}), name) == value
    for value in (math.nextafter(low, -math.inf), math.nextafter(high, math.inf)):
        with pytest.raises(ValueError, match="is outside its legal range"):
            kind(basis, **{name: value})


def test_counts_of_pulses_begin_at_one():
    assert ProportionalIntegralWidth(VOLTAGES, every=1).every == 1
    for kind in KINDS:
        for edge in (0.0, -1e-9):
            with pytest.raises(ValueError, match="rise"):
                kind(KINDS[kind], edge=edge)


def values(candidates, name):
    """The different values of a setting among candidates, ascending."""
    return sorted({getattr(one, name) for one in candidates})


def test_what_the_rules_are_tuned_over():
    """Every combination of these values, once each, and no other."""
    made = Posterior.candidates(NOMINAL)
    assert len(made) == 4 * 4 * 3 * 2 * 2 * 3
    assert values(made, "width") == [1.5e-9, 3e-9, 6e-9, 15e-9]
    assert values(made, "over") == pytest.approx([1.25, 1.35, 1.5, 1.6]) and values(made, "least") == [1.0]
    assert {(one.mean_set, one.mean_reset) for one in made} == {(-0.7, -0.7), (-1.0, -1.0), (-0.7, -1.0)}
    assert values(made, "correlation") == [0.3, 0.7] and values(made, "noise") == [0.2, 0.3]
    assert values(made, "aim") == [0.85, 0.92, 1.0]
    made = ModelTime.candidates(NOMINAL)
    assert len(made) == 8 * 4 * 3 * 2 * 2
    assert values(made, "over") == [1.05, 1.1, 1.15, 1.2, 1.25, 1.3, 1.35, 1.4]
    assert values(made, "gain") == [0.35, 0.5, 0.7, 1.0] and values(made, "rate") == [0.4, 0.7, 1.0]
    assert values(made, "other") == [0.0, 0.5] and values(made, "turn") == [0.6, 1.0]
    made = ProportionalIntegral.candidates(VOLTAGES)
    assert len(made) == 4 * 8 * 3 * 3 * 3
    assert values(made, "width") == [1e-9, 3e-9, 6e-9, 10e-9]
    assert values(made, "start") == [1.0, 1.05, 1.1, 1.15, 1.2, 1.25, 1.3, 1.35]
    assert values(made, "integral") == values(made, "drop") == [0.02, 0.05, 0.08]
    assert values(made, "proportional") == [0.0, 0.05, 0.1] and values(made, "most") == [2.0]
    made = ProportionalIntegralWidth.candidates(VOLTAGES)
    assert len(made) == 7 * 5 * 3 * 3 * 2
    assert values(made, "over") == [1.05, 1.1, 1.15, 1.2, 1.25, 1.3, 1.35]
    assert values(made, "proportional") == [3e-9, 10e-9, 30e-9, 100e-9, 300e-9]
    assert sorted({round(one.integral / one.proportional, 9) for one in made}) == [0.1, 0.43, 1.0]
    assert {(one.every, one.step) for one in made} == {(10, 0.0), (3, 0.02), (10, 0.05)}
    assert values(made, "keep") == [False, True] and values(made, "most") == [2.0]


def test_candidates_stay_within_the_lookup_and_the_drivers():
    """A lookup to 1.3 times the pair has its last amplitude instead of those beyond; strong pairs leave less room."""
    short = analytic(np.linspace(1.0, 1.3, 13), 33)
    assert values(Posterior.candidates(short), "over") == pytest.approx([1.25, 1.3])
    assert values(ModelTime.candidates(short), "over") == [1.05, 1.1, 1.15, 1.2, 1.25, 1.3]
    strong = dataclasses.replace(VOLTAGES, v_reset=HIGHEST_V / 1.15)
    for made, name in ((ProportionalIntegral, "start"), (ProportionalIntegralWidth, "over")):
        found = made.candidates(strong)
        assert max(values(found, name)) == 1.1 and values(found, "most") == pytest.approx([1.15])


def test_lookups_are_counted():
    """One an amplitude that may be sent, and from the second pulse on one more to learn from."""
    targets, once, twice = np.full(3, 3e-4), np.full((3, 1), 2e-4), np.full((3, 2), 2e-4)
    assert ModelTime(NOMINAL).predictions(targets, once).tolist() == [1, 1, 1]
    assert ModelTime(NOMINAL).predictions(targets, twice).tolist() == [2, 2, 2]
    some = Posterior(NOMINAL, over=1.1, least=1.05)
    assert some._overs == pytest.approx([1.05, 1.075, 1.1])
    assert some.predictions(targets, once).tolist() == [3, 3, 3]
    assert some.predictions(targets, twice).tolist() == [4, 4, 4]
    between = Posterior(NOMINAL, over=1.09, least=1.08)  # none of the lookup's: the nearest one to the largest
    assert between._overs == pytest.approx([1.1])


# ---- ends


@pytest.mark.parametrize("kind", [Posterior, ModelTime])
def test_widths_of_model_rules_end_at_the_shortest_and_the_longest(kind):
    slow = {"mean_set": 10.0, "over": 1.0} if kind is Posterior else {"gain": 20.0, "over": 1.0}
    assert kind(NOMINAL, **slow).next_pulse(0.99 * HIGH_S, [LOW_S]).width == LIMIT * VOLTAGES.total_s
    fast = kind(NOMINAL, shortest=3e-9)
    assert fast.next_pulse(2.0001e-4, [2e-4]).width == 3e-9


def test_widths_of_the_integral_end_at_the_shortest_and_the_longest():
    one = ProportionalIntegralWidth(VOLTAGES, shortest=7e-9, proportional=1.0)
    assert one.next_pulse(5e-4, [1e-4]).width == LIMIT * VOLTAGES.total_s
    assert dataclasses.replace(one, proportional=1e-9, integral=0.0).next_pulse(3e-4, [2.9e-4]).width == 7e-9


def test_the_sum_of_errors_is_bounded_on_both_sides_from_the_first_on():
    one = ProportionalIntegralWidth(VOLTAGES, proportional=0.0, integral=10e-9, limit=1.5, span=100e-6)
    for target, reading, volts in ((5e-4, 2e-4, VOLTAGES.v_set), (2e-4, 5e-4, VOLTAGES.v_reset)):
        for count in (1, 2, 5):
            pulse = one.next_pulse(target, [reading] * count)
            assert pulse.width == pytest.approx(15e-9) and pulse.amplitude == pytest.approx(1.15 * volts)


def test_a_control_of_zero_goes_towards_the_target():
    """Error and sum that cancel leave the shortest pulse, in the direction of the error; at the target a RESET."""
    one = ProportionalIntegralWidth(VOLTAGES, proportional=0.0, integral=0.0)
    for reading, volts in ((2e-4, VOLTAGES.v_set), (4e-4, VOLTAGES.v_reset), (3e-4, VOLTAGES.v_reset)):
        pulse = one.next_pulse(3e-4, [reading])
        assert pulse.amplitude == pytest.approx(1.15 * volts) and pulse.width == one.shortest


@pytest.mark.parametrize("kind", KINDS)
def test_at_the_target_the_pulse_is_a_reset(kind):
    assert kind(KINDS[kind]).next_pulse(3e-4, [3e-4]).amplitude > 0 > VOLTAGES.v_set


def test_amplitudes_of_the_integral_stay_within_the_drivers():
    one = ProportionalIntegral(VOLTAGES, start=1.9, integral=0.3, most=2.0)
    assert one.next_pulse(3e-4, [1e-4] * 6).amplitude == pytest.approx(2.0 * VOLTAGES.v_set)
    # the level itself has stopped at 2: one crossing takes it down from there
    after = one.next_pulse(3e-4, [1e-4] * 6 + [3.3e-4])
    off = np.abs(np.log(3e-4 / np.array([1e-4, 3.3e-4])))
    assert after.amplitude / VOLTAGES.v_reset == pytest.approx(2.0 - 0.05 * (1 + off[1] / off[0]) + 0.05 * off[1])
    low = ProportionalIntegral(VOLTAGES, start=0.02, drop=2.0, proportional=0.0)
    crossed = low.next_pulse(3e-4, [1e-4, 4e-4])
    assert crossed.amplitude == pytest.approx(0.01 * VOLTAGES.v_reset)


def test_the_part_that_is_left_is_at_most_the_whole():
    """A device that went away from its target counts as one that stood still; so does one that was at it."""
    one = ProportionalIntegral(VOLTAGES, start=1.1, integral=0.1, proportional=0.0)
    for readings in ([2e-4, 1e-4], [2e-4, 2e-4]):
        assert one.next_pulse(3e-4, readings).amplitude == pytest.approx(1.2 * VOLTAGES.v_set)
    far = ProportionalIntegral(VOLTAGES, start=1.1, drop=0.1, proportional=0.0)
    for readings, over in (([3e-4, 2e-4], 0.9), ([3e-4, 4e-4], 1.15), ([3e-4, 3e-4], 1.1)):
        pulse = far.next_pulse(3e-4, readings)
        assert pulse.amplitude == pytest.approx(over * VOLTAGES.amplitude(3e-4 - readings[-1] or -1))
    assert far.next_pulse(3e-4, [2.9e-4, 5e-4]).amplitude == pytest.approx(0.9 * VOLTAGES.v_reset)
    # a reading of nothing is as far away as 1e-12 S
    off = ProportionalIntegral(VOLTAGES, start=1.0, proportional=0.01)
    assert off.next_pulse(3e-4, [0.0]).amplitude == pytest.approx((1 + 0.01 * np.log(3e8)) * VOLTAGES.v_set)


def test_the_gain_of_the_model_time_is_bounded_on_both_sides():
    """exp(3) either way, however slow or fast the device turns out to be."""
    one = ModelTime(NOMINAL, over=1.0, gain=1.0, rate=1.0, turn=20.0)
    target = 3e-4
    still = one.next_pulse(target, [2.9e-4] * 9)
    assert still.width == pytest.approx(np.exp(3.0) * way_s(2.9e-4, target), rel=1e-3)
    assert one._step(np.zeros((2, 1)), *(np.array([x]) for x in (target, 2e-4, 4e-4))).tolist()[0] != [0.0]
    low = ModelTime(NOMINAL, over=1.0, gain=0.05, rate=0.0, other=0.0, turn=0.05)
    # one crossing would make it ln(.05) * 2 = -5.99
    crossed = low.next_pulse(target, [1.2e-4, 5e-4])
    assert crossed.width == pytest.approx(np.exp(-3.0) * way_s(5e-4, target), rel=1e-3)


def test_only_a_reading_beyond_the_target_turns_the_gain():
    one = ModelTime(NOMINAL, over=1.0, gain=0.5, rate=0.0, turn=0.5)
    target = 3e-4
    for readings, factor in (([2e-4, 2.5e-4], 1.0), ([4e-4, 3.5e-4], 1.0), ([2e-4, 3.5e-4], 0.5), ([4e-4, 2e-4], 0.5)):
        found = one.next_pulse(target, readings).width
        assert found == pytest.approx(factor * 0.5 * way_s(readings[-1], target), rel=1e-3)
    turned = one._step(np.zeros((2, 3)), np.full(3, target), np.array([2e-4, 2e-4, 4e-4]), np.array([3e-4, 4e-4, 3e-4]))
    assert turned[:, 1] == pytest.approx(np.log(0.5)) and np.all(turned[:, [0, 2]] == 0)


# ---- the posterior


def test_what_moved_less_than_two_microsiemens_moved_so_far():
    """It is measured as a change of 2 uS, with the noise of one, and may only show a slower device."""
    one = Posterior(NOMINAL, over=1.0, mean_set=-0.7, spread=0.7, noise=0.3)
    target, a = 3e-4, 1.5e-4
    first = one.next_pulse(target, [a])
    measured = np.log(first.width / way_s(a, a + STILL_S))
    variance = 0.3**2 * (1 + (CLEAR_S / STILL_S) ** 2)
    mean = -0.7 + 0.49 / (0.49 + variance) * (measured + 0.7)
    assert mean > -0.7
    for b in (a, a + 1e-6, a - 3e-5):
        end = b * (target / b) ** one.aim
        assert one.next_pulse(target, [a, b]).width == pytest.approx(np.exp(mean) * way_s(b, end), rel=2e-3)


def test_a_bound_at_what_is_believed_says_nothing_and_drift_is_added_to_both():
    state = np.array([0.5, -0.5, 0.4, 0.3, 0.1])[:, None]
    still, moved = (
        kalman_step(state, np.array([True]), np.array([0.5]), np.array([0.2]), np.array([flag]), 0.16)[:, 0]
        for flag in (True, False)
    )
    assert still == pytest.approx([0.5, -0.5, 0.56, 0.46, 0.1])
    assert moved == pytest.approx([0.5, -0.5, 0.4 - 0.16 / 0.6 + 0.16, 0.3 - 0.01 / 0.6 + 0.16, 0.1 - 0.04 / 0.6])


def test_the_slowness_is_bounded_on_both_sides():
    state = np.array([9.9, -9.9, 4.0, 4.0, 0.0])[:, None]
    for up, measured, place in ((True, 50.0, 0), (False, -50.0, 1)):
        found = kalman_step(state, np.array([up]), np.array([measured]), np.array([0.01]), np.array([False]), 0.0)[:, 0]
        assert abs(found[place]) == 10.0 and found[1 - place] == state[1 - place, 0]


# ---- the lookup


def test_a_lookup_cannot_be_changed_and_is_its_own():
    with pytest.raises(dataclasses.FrozenInstanceError):
        NOMINAL.overs = OVERS
    one, other = analytic(), analytic()
    assert one == one and one != other and len({one, other}) == 2
    assert len(repr(NOMINAL)) == len("NominalTimes()") + 16


def test_two_points_and_two_amplitudes_are_enough():
    two = NominalTimes(VOLTAGES, [1.0, 2.0], [-9.0, -8.0], [[[0, 2], [0, 1]], [[3, 0], [2, 0]]])
    assert two.needed_s(np.exp([-9.0, -8.0]), np.exp([-8.25, -8.5])) == pytest.approx(np.array([[1.5, 0.75], [1.5, 1]]))
    flat = NominalTimes(VOLTAGES, [1.0, 2.0], [-9.0, -8.0], np.zeros((2, 2, 2)))  # no time at all is a time
    assert flat.needed_s(np.array([1e-4]), np.array([2e-4])).tolist() == [[0.0, 0.0]]
    for name in ("overs", "log_g"):
        with pytest.raises(ValueError, match=name):
            dataclasses.replace(flat, **{name: [1.0]})
        with pytest.raises(ValueError, match=name):
            dataclasses.replace(flat, **{name: [1.0, 1.0]})


@pytest.mark.parametrize("kind", [Posterior, ModelTime])
def test_where_the_nominal_device_takes_no_time_the_shortest_pulse_is_sent(kind):
    """A way with a step in it: no time between two conductances is no reason for an infinite slowness."""
    flat = NominalTimes(VOLTAGES, [1.0, 1.6], np.log([1e-4, 2e-4, 4e-4]), np.zeros((2, 2, 3)))
    one = kind(flat)
    for readings in ([2e-4], [2e-4, 2.5e-4], [2e-4, 3.5e-4], [2e-4, 3.5e-4, 3.5e-4]):
        assert one.next_pulse(3e-4, readings).width == one.shortest


def test_readings_of_nothing_stand_for_a_nanosiemens():
    for reading in (0.0, -1.0, 1e-12, LEAST_S):
        assert NOMINAL.needed_s(np.array([reading]), np.array([2e-4])) == pytest.approx(
            NOMINAL.needed_s(np.array([1e-9]), np.array([2e-4])), rel=1e-12
        )


def test_at_an_amplitude_the_lookup_stands_twice():
    start, end = np.array([1.5e-4, 3e-4]), np.array([2e-4, 1.2e-4])
    three = analytic([1.0, 1.2, 1.5])
    exact = np.array([way_s(*both) for both in zip(start, end, strict=True)])
    for over in (1.0 - 1e-9, 1.0, 1.1, 1.2, 1.3, 1.5, 1.5 + 1e-9):
        found = three.at(over)
        assert found.overs == pytest.approx([over, over * (1 + 1e-9)], rel=1e-15) and found.voltages == VOLTAGES
        assert found.needed_s(start, end) == pytest.approx(np.tile(exact[:, None] * over**-25.0, 2), rel=1e-6)
    for over in (1.0 - 2e-9, 1.5 + 2e-9):
        with pytest.raises(ValueError, match=r"1 \.\. 1\.5 times"):
            three.at(over)


def test_a_device_that_never_crosses_is_given_up_after_twelve_transients(monkeypatch):
    """Each four times as long as the one before, from three times the expected time on; edges are a thousandth."""
    asked = []

    def never(cell, volts, start_n, end_n, limit_s, engine, edge_s):
        asked.append((limit_s, edge_s))
        return math.inf, 0.0, None

    monkeypatch.setattr(nominal, "run_crossing", never)
    cell = ouro.CompactCell(ouro.jart_vcm_v1b(window=True))
    with pytest.raises(ValueError, match=r"at -0.41 V the noise-free device does not cross its window in 3019\.9 s"):
        ouro.nominal_times(cell, VOLTAGES)
    limits = 3 * 60e-6 * 4.0 ** np.arange(12)
    assert np.array(asked) == pytest.approx(np.column_stack([limits, 1e-3 * limits]), rel=1e-12)


def test_the_lookup_is_made_of_one_crossing_of_the_window_an_amplitude(monkeypatch):
    """Ways that are straight in ln g, with a flat beginning, rounding that goes back, and an end behind its end."""
    asked = []

    def straight(cell, volts, start_n, end_n, limit_s, engine, edge_s):
        over = volts / VOLTAGES.amplitude(-volts)
        total_s = (7 * UP_S if volts < 0 else 20 * DOWN_S) * over**-25.0
        asked.append((over, limit_s / VOLTAGES.total_s * over**25, start_n, end_n))
        assert edge_s == pytest.approx(1e-3 * limit_s)
        if limit_s < total_s:
            return math.inf, edge_s, None
        part = np.concatenate([[0.0, 0.0], np.linspace(0, 1.25, 501)])
        part[200] = part[198]
        time_s = edge_s + total_s * np.concatenate([[-edge_s / total_s, -1e-3], np.linspace(0, 1.25, 501)])
        ends = np.log([LOW_S, HIGH_S] if volts < 0 else [HIGH_S, LOW_S])
        return edge_s + total_s, edge_s, SimpleNamespace(time_s=time_s, g=np.exp(ends[0] + part * (ends[1] - ends[0])))

    monkeypatch.setattr(nominal, "run_crossing", straight)
    cell = ouro.CompactCell(ouro.jart_vcm_v1b(window=True))
    found = ouro.nominal_times(cell, dataclasses.replace(VOLTAGES, total_s=20e-6))
    assert len(found.log_g) == 512 and np.exp(found.log_g[[0, -1]]) == pytest.approx([LOW_S, HIGH_S])
    low, high = cell.device.bounds
    scale = (20 / 60) ** (1 / 25)  # amplitudes of a pair of 20 us are as strong as those of one of 60 us
    assert found.overs == pytest.approx(scale * np.linspace(1.0, 1.6, 25), rel=1e-2)
    start, end = np.array([1.5e-4, 4e-4]), np.array([3e-4, 2e-4])
    exact = np.array([7 * UP_S, 20 * DOWN_S]) * np.abs(np.log(end / start)) / np.log(HIGH_S / LOW_S)
    assert found.needed_s(start, end) == pytest.approx(exact[:, None] * found.overs**-25.0, rel=5e-3)
    # 63 us of a SET and 100 us of a RESET: three times 20 us are too short, twelve times the next are enough
    assert [one[2:] for one in asked] == [(low, high)] * 50 + [(high, low)] * 50
    assert [one[0] for one in asked[::2]] == pytest.approx([*found.overs, *found.overs])
    assert np.array([one[1] for one in asked]) == pytest.approx(np.resize([1.0, 4.0], 100), rel=1e-9)
