"""Conventional programmers: what each does next is a function of the target and the readings, and goes as it should."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import ouro_spice as ouro
from ouro_spice import ISPP, FixedPulse
from ouro_spice.programming.programmers.coarse_fine import CoarseFine
from ouro_spice.programming.programmers.ispp import ISPPWidth

PAIR = ouro.Pair(-0.45, 0.94, 60e-6)
TARGET = 220e-6
KINDS = [FixedPulse, ISPP, ISPPWidth, CoarseFine]
EVERY = [
    FixedPulse(PAIR),
    ISPP(PAIR),
    ISPP(PAIR, 1e-8, 1.1, 0.05, back=2),
    ISPPWidth(PAIR),
    ISPPWidth(PAIR, 1e-8, 3.0, 1e-6, 1.2, back=1),
    CoarseFine(PAIR),
    CoarseFine(PAIR, drop=0.0, reach=0.0),
]
conductances = st.floats(50e-6, 700e-6)


def over(pulse):
    """Amplitude over the pair's."""
    return pulse.amplitude / (PAIR.v_set if pulse.amplitude < 0 else PAIR.v_reset)


def shown(programmer, readings, target=200.0):
    """The pulses of a programmer, for each of these readings as the latest."""
    return [programmer.next_pulse(target, list(readings[: k + 1])) for k in range(len(readings))]


# ---- what holds for all


@pytest.mark.parametrize("programmer", EVERY, ids=repr)
@given(target=conductances, readings=st.lists(conductances, min_size=1, max_size=30))
def test_pulses_go_towards_the_target_and_depend_on_the_readings_alone(programmer, target, readings):
    pulse = programmer.next_pulse(target, readings)
    assert pulse.amplitude < 0 if readings[-1] < target else pulse.amplitude > 0
    assert programmer.next_pulse(target, list(readings)) == pulse
    assert over(pulse) <= 2.0 + 1e-12


@pytest.mark.parametrize("programmer", EVERY, ids=repr)
@given(seed=st.integers(0, 2**32), length=st.integers(1, 25))
def test_many_writes_at_once_are_the_same_as_one_by_one(programmer, seed, length):
    rng = np.random.default_rng(seed)
    targets, readings = rng.uniform(1e-4, 5e-4, 6), rng.uniform(1e-4, 5e-4, (6, length))
    alone = [programmer.next_pulse(float(t), row.tolist()) for t, row in zip(targets, readings, strict=True)]
    assert programmer.next_pulses(targets, readings) == alone


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("total_s", [1e-6, 60e-6, 10e-3])
def test_candidates_are_different_and_can_be_made_for_any_pair(kind, total_s):
    made = kind.candidates(ouro.Pair(-0.45, 0.94, total_s))
    assert len(made) == len(set(made)) >= 50
    assert len({one.name for one in made}) == 1


def test_candidates_of_a_slower_pair_are_as_strong():
    """The time of a traverse goes with about the -25th power of the voltage: ten times slower, 1.1 times over."""
    fast, slow = (ISPP.candidates(ouro.Pair(-0.45, 0.94, total_s))[0].start for total_s in (60e-6, 600e-6))
    assert slow / fast == pytest.approx(10 ** (1 / 25), rel=1e-2)


def test_candidates_stay_below_what_a_pulse_may_have():
    """Thirty pulses one way and thirty back: at the ends of both and at the turn, and all of them now and then."""
    strong, readings = ouro.Pair(-9.0, 18.0, 60e-6), [100] * 30 + [300] * 30
    for kind in KINDS:
        for number, one in enumerate(kind.candidates(strong)):
            counts = range(1, 61) if number % 20 == 0 else (1, 30, 31, 60)
            pulses = [one.next_pulse(200.0, readings[:count]) for count in counts]
            assert max(abs(pulse.amplitude) for pulse in pulses) <= 20.0 + 1e-9


@pytest.mark.parametrize(
    ("kind", "changes", "what"),
    [
        (FixedPulse, {"over": 0.0}, "over"),
        (FixedPulse, {"width": -1e-9}, "width"),
        (ISPP, {"back": -1}, "back"),
        (ISPP, {"back": 1.5}, "back"),
        (ISPP, {"start": 2.5}, "start"),
        (ISPP, {"most": 30.0}, "most"),
        (ISPPWidth, {"growth": 0.5}, "growth"),
        (ISPPWidth, {"growth": math.nan}, "growth"),
        (ISPPWidth, {"longest": 1e-9}, "longest"),
        (ISPPWidth, {"over": 100.0}, "over"),
        (ISPPWidth, {"back": -2}, "back"),
        (CoarseFine, {"fine_width": 0.0}, "width"),
        (CoarseFine, {"reach": -0.1}, "reach"),
        (CoarseFine, {"drop": -0.1}, "drop"),
        (CoarseFine, {"coarse_step": math.inf}, "coarse_step"),
        (CoarseFine, {"start": 3.0}, "start"),
    ],
)
def test_settings_that_make_no_sense_are_value_errors(kind, changes, what):
    with pytest.raises(ValueError, match=what):
        kind(PAIR, **changes)


# ---- fixed pulses and steps in amplitude


def test_fixed_pulse_goes_towards_the_target():
    fixed = FixedPulse(PAIR, width=3e-7, edge=1e-9)
    assert fixed.next_pulse(TARGET, [150e-6]) == ouro.Pulse(PAIR.v_set, 3e-7, 1e-9, 1e-9)
    assert fixed.next_pulse(TARGET, [150e-6, 300e-6]) == ouro.Pulse(PAIR.v_reset, 3e-7, 1e-9, 1e-9)


def factors(readings, **settings):
    """Amplitudes of ISPP over the pair's, for each of these readings as the latest; target 200."""
    ispp = ISPP(PAIR, **settings)
    found = []
    for k in range(len(readings)):
        pulse = ispp.next_pulse(200.0, list(readings[: k + 1]))
        found.append(pulse.amplitude / PAIR.amplitude(200.0 - readings[k]))
    return found


def test_ispp_raises_the_amplitude_by_a_step_each_pulse():
    assert factors([100, 110, 120, 130], start=0.9, step=0.02) == pytest.approx([0.90, 0.92, 0.94, 0.96])


def test_ispp_starts_anew_at_every_change_of_direction():
    readings = [100, 150, 190, 240, 230, 210, 170, 205, 180, 185]
    wanted = [0, 1, 2, 0, 1, 2, 0, 0, 0, 1]
    assert factors(readings, start=0.8, step=0.05) == pytest.approx([0.8 + 0.05 * k for k in wanted])


def test_ispp_raises_it_for_a_stuck_cell_too():
    assert factors([100] * 5, start=1.0, step=0.1) == pytest.approx([1.0, 1.1, 1.2, 1.3, 1.4])


def test_ispp_pulses_have_the_direction_and_width_asked_for():
    ispp = ISPP(PAIR, width=3e-6, edge=5e-9, start=1.0)
    assert ispp.next_pulse(TARGET, [100e-6]) == ouro.Pulse(PAIR.v_set, 3e-6, 5e-9, 5e-9)
    assert ispp.next_pulse(TARGET, [100e-6, 300e-6]) == ouro.Pulse(PAIR.v_reset, 3e-6, 5e-9, 5e-9)


def test_ispp_begins_below_the_last_amplitude_where_it_is_told_to():
    readings = [100, 150, 190, 240, 230, 210, 170, 205, 180, 185]
    wanted = [0, 1, 2, 0, 1, 2, 0, 0, 0, 1]
    assert factors(readings, start=0.8, step=0.05, back=2) == pytest.approx([0.8 + 0.05 * k for k in wanted])
    wanted = [0, 1, 2, 1, 2, 3, 2, 1, 0, 1]
    assert factors(readings, start=0.8, step=0.05, back=1) == pytest.approx([0.8 + 0.05 * k for k in wanted])
    wanted = [0, 1, 2, 2, 3, 4, 4, 4, 4, 5]
    assert factors(readings, start=0.8, step=0.05, back=0) == pytest.approx([0.8 + 0.05 * k for k in wanted])


def test_ispp_ends_at_what_the_drivers_give_and_turns_back_from_there():
    found = factors([100] * 6 + [300, 300], start=1.0, step=0.4, most=1.5, back=1)
    assert found == pytest.approx([1.0, 1.4, 1.5, 1.5, 1.5, 1.5, 1.4, 1.5])


def test_an_ispp_without_steps_is_a_fixed_pulse():
    readings = [100, 150, 250, 190, 170]
    ispp, fixed = ISPP(PAIR, 1e-7, 1.1, 0.0), FixedPulse(PAIR, 1e-7, over=1.1)
    assert shown(ispp, readings) == shown(fixed, readings)


# ---- steps in width


def test_widths_grow_by_a_factor_and_start_anew_at_every_change_of_direction():
    pulses = shown(ISPPWidth(PAIR, 1e-8, 2.0, 1e-6, 1.1), [100, 110, 150, 250, 230, 190])
    assert [p.width for p in pulses] == pytest.approx([1e-8, 2e-8, 4e-8, 1e-8, 2e-8, 1e-8])
    assert [over(p) for p in pulses] == pytest.approx([1.1] * 6)


def test_widths_end_at_the_longest():
    pulses = shown(ISPPWidth(PAIR, 1e-8, 3.0, 5e-8), [100] * 5 + [300])
    assert [p.width for p in pulses] == pytest.approx([1e-8, 3e-8, 5e-8, 5e-8, 5e-8, 1e-8])
    pulses = shown(ISPPWidth(PAIR, 1e-8, 3.0, 5e-8, back=1), [100] * 5 + [300])
    assert pulses[-1].width == pytest.approx(3e-8)


def test_widths_without_growth_are_fixed_pulses():
    readings = [100, 150, 250, 190, 170]
    assert shown(ISPPWidth(PAIR, 1e-7, 1.0), readings) == shown(FixedPulse(PAIR, 1e-7), readings)


# ---- coarse to fine

COARSE_FINE = CoarseFine(PAIR, 1.0, 1e-7, 1e-8, coarse_step=0.1, fine_step=0.02, reach=0.3, drop=0.05)


def modes(readings, programmer=COARSE_FINE):
    """Amplitude over the pair's and whether the pulse is a coarse one, for each reading as the latest; target 200."""
    pulses = shown(programmer, readings)
    return [round(over(p), 9) for p in pulses], [p.width == 1e-7 for p in pulses]


def test_coarse_until_the_reading_is_in_reach_fine_from_then_on():
    factors, coarse = modes([100, 110, 130, 145, 150, 155])
    assert coarse == [True, True, True, False, False, False]
    assert factors == pytest.approx([1.0, 1.1, 1.2, 1.15, 1.17, 1.19])


def test_fine_once_fine():
    """A reading that leaves the range again, such as by noise, does not bring the coarse pulses back."""
    _, coarse = modes([100, 150, 130, 120])
    assert coarse == [True, False, False, False]


def test_a_leap_over_the_range_is_answered_by_fine_pulses():
    factors, coarse = modes([100, 110, 400, 390, 385])
    assert coarse == [True, True, False, False, False]
    assert factors == pytest.approx([1.0, 1.1, 1.05, 1.07, 1.09])


def test_every_crossing_lowers_the_amplitude():
    factors, coarse = modes([100, 150, 230, 190, 230])
    assert coarse == [True, False, False, False, False]
    assert factors == pytest.approx([1.0, 0.95, 0.90, 0.85, 0.80])


def test_a_start_in_reach_is_fine_at_once():
    factors, coarse = modes([150, 155])
    assert (factors, coarse) == (pytest.approx([0.95, 0.97]), [False, False])


def test_amplitudes_stay_within_their_bounds():
    high = [over(p) for p in shown(COARSE_FINE, [100] * 40)]
    assert max(high) == pytest.approx(2.0)
    low = [over(p) for p in shown(COARSE_FINE, list(itertools.islice(itertools.cycle([150, 250]), 60)))]
    assert min(low) == pytest.approx(0.01)


def test_one_mode_only_is_ispp():
    """With a range of nothing, and no crossing, the coarse mode is ISPP."""
    readings = [100, 110, 120, 140, 170]
    alone = CoarseFine(PAIR, 0.9, 1e-7, 1e-8, coarse_step=0.02, reach=0.0)
    assert modes(readings, alone)[0] == pytest.approx([over(p) for p in shown(ISPP(PAIR, 1e-7, 0.9), readings)])
