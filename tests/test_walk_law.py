"""The law of the walk once more in plain Python: every number, every clamp, every step; and what circuits make of N."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

import ouro_spice as ouro
from ouro_spice._util import philox, random_keys
from ouro_spice.compact.jart import jart_characteristics as characteristics
from ouro_spice.compact.jart import walk_kernel
from ouro_spice.compact.jart.parameter_vector import vector
from ouro_spice.device.jart import walk_values
from ouro_spice.simulation.jart import population, walk_segment

LAWS = [
    ouro.Walk(),
    ouro.Walk(kick=0.03, progress=0.4, kick_min=0.3, kick_max=0.2, band=0.15, band_min=0.6),
    ouro.Walk(kick=0.0, progress=0.7, kick_min=0.0, kick_max=0.0, band=0.5),
]
KEY = random_keys.stream_key(5)
DEVICE = ouro.jart_vcm_v1b(r=43e-9, l=0.41, Ndiscmin=0.009, Ndiscmax=19.0)
OWN = (43e-9, 0.41, 0.009, 19.0)


def published(law, own, n, uniforms, begin=None):
    """r, l, Nmin, Nmax at first and after each step, (steps + 1, 4), and N at the beginning of the next step."""
    r, l, n_min, n_max = own  # noqa: E741
    begin, rows = n[0], [own]
    for end, u in zip(n[1:], 2 * uniforms - 1, strict=True):
        rho = (end - begin) / (n_max - begin) if end > begin else (begin - end) / (begin - n_min)
        rho = min(rho, 1.0)
        n_max = np.clip(n_max * (1 + law.kick_max * u[0]), own[3] * (1 - law.band), own[3] * (1 + law.band))
        n_min = np.clip(n_min * (1 + law.kick_min * u[1]), own[2] * (1 - law.band_min), own[2] * (1 + law.band_min))
        l = l * (1 + law.kick * u[2] + law.progress * rho * u[3])  # noqa: E741
        r = r * (1 + law.kick * u[4] + law.progress * rho * u[5])
        l = np.clip(l, own[1] * (1 - law.band), own[1] * (1 + law.band))  # noqa: E741
        r = np.clip(r, own[0] * (1 - law.band), own[0] * (1 + law.band))
        begin = min(max(end, n_min), n_max)
        rows.append((r, l, n_min, n_max))
    return np.array(rows), begin


def steps(seed, count=120):
    """Concentrations from step to step: large and small ways up and down, far from the limits."""
    return np.exp(np.random.default_rng(seed).uniform(np.log(0.05), np.log(12.0), count + 1))


@pytest.mark.parametrize("law", LAWS, ids=["published", "other", "progress"])
@pytest.mark.parametrize("seed", [1, 2])
def test_every_step_is_that_of_the_law(law, seed):
    device, n = DEVICE.replace(walk=law), steps(seed)
    w = walk_values.initial_state(device, n[0]).vector
    path = walk_kernel.walk_path(w, n, 0.0, law.settings, vector(device), KEY)
    expected, begin = published(law, OWN, n, philox.walk_uniforms(KEY, 0, len(n) - 1))
    assert path == pytest.approx(expected, rel=1e-12)
    after = ouro.WalkState.from_vector(w, 0)
    assert w[:8] == pytest.approx(np.concatenate([expected[-1], expected[-2]]), rel=1e-12)
    assert (after.n_begin, after.clock_s, after.count) == (pytest.approx(begin), 0.0, len(n) - 1)


def test_the_last_values_are_kept_as_those_before():
    w = walk_values.initial_state(DEVICE, 1.0).vector
    walk_kernel.update(w, 0.5, tuple([0.75] * 8), ouro.Walk().settings, vector(DEVICE))
    assert w[4:8] == pytest.approx(OWN, rel=1e-15)
    # u = 0.5: r and l by 0.01 and by 0.1 rho
    expected = [43e-9 * 1.03, 0.41 * 1.03, 0.009 * 1.45, 19.0 * 1.05]
    assert w[:4] == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize(
    ("n", "polarity", "share"),
    [
        # from N = 4 between 1 and 10
        (7.0, 0, 0.5), (7.0, -1, 0.5), (7.0, 1, 0.0), (3.0, 0, 1 / 3), (3.0, 1, 1 / 3), (3.0, -1, 0.0),
        (4.0, 0, 0.0), (12.0, 0, 1.0), (0.5, 1, 1.0),
    ],
)  # fmt: skip
def test_progress_is_the_share_of_the_way_to_the_present_limit(n, polarity, share):
    """Of the way that is left, in the direction of the pulse; the limits before the last update play no part."""
    w = ouro.WalkState(43e-9, 0.4, 1.0, 10.0, 43e-9, 0.4, 2.0, 8.0, n_begin=4.0).vector
    assert walk_kernel.progress(w, n, float(polarity)) == pytest.approx(share, rel=1e-14)


@pytest.mark.parametrize(("begin", "n"), [(10.0, 10.0 + 1e-9), (10.0 * (1 - 1e-7), 10.0), (1.0, 1.0 - 1e-12)])
def test_a_way_without_room_is_none(begin, n):
    w = ouro.WalkState.at(43e-9, 0.4, 1.0, 10.0, begin).vector
    assert walk_kernel.progress(w, n, 0.0) == 0.0
    assert walk_kernel.progress(
        ouro.WalkState.at(43e-9, 0.4, 1.0, 10.0, 10.0 * (1 - 1e-5)).vector, 10.0, 0.0
    ) == pytest.approx(1)


def test_a_concentration_is_held_between_the_present_limits():
    w = ouro.WalkState(43e-9, 0.4, 1.0, 10.0, 43e-9, 0.4, 0.5, 20.0, n_begin=4.0).vector
    assert [walk_kernel.held(w, n) for n in (0.7, 1.5, 9.5, 15.0)] == [1.0, 1.5, 9.5, 10.0]
    wander = ouro.WalkState.from_vector(w, 0)
    assert [walk_values.held_concentration(wander, n) for n in (0.7, 15.0)] == [0.7, 15.0]  # no step has ended yet
    ended = dataclasses.replace(wander, count=1)
    assert [walk_values.held_concentration(ended, n) for n in (0.7, 1.5, 15.0)] == [1.0, 1.5, 10.0]


@pytest.mark.parametrize("law", LAWS[:2], ids=["published", "other"])
def test_the_warm_up_is_the_walk_at_frozen_n_on_numbers_of_its_own(law):
    w = walk_values.initial_state(DEVICE, 1.0).vector
    walk_kernel.stationary(w, law.settings, vector(DEVICE), KEY, 70)
    expected, _ = published(law, OWN, np.ones(71), philox.walk_uniforms(KEY, 0, 70, philox.WARM_UP))
    assert w[:4] == pytest.approx(expected[-1], rel=1e-12)
    assert (w[walk_kernel.COUNT], w[walk_kernel.CLOCK], w[walk_kernel.N_BEGIN]) == (0, 0, 1.0)


def test_devices_begin_at_their_own_values():
    devices = [DEVICE, ouro.jart_vcm_v1b()]
    w = walk_kernel.start(np.array([vector(one) for one in devices]), np.array([0.5, 2.0]))
    for row, one, n in zip(w, devices, (0.5, 2.0), strict=True):
        assert np.array_equal(row, ouro.WalkState.at(one.r, one.l, one.Ndiscmin, one.Ndiscmax, n).vector)


def test_a_device_that_does_not_walk_starts_where_it_is():
    n, w, g = population.start_walks([DEVICE], [300e-6], [KEY], None)
    assert w[0, :4] == pytest.approx(OWN, rel=1e-15)
    assert g == pytest.approx([300e-6], rel=1e-6)
    assert float(characteristics.conductance(DEVICE, n[0])) == pytest.approx(300e-6, rel=1e-6)


def test_stationary_states_have_walked_two_thousand_steps():
    device = DEVICE.replace(walk=ouro.Walk())
    (wander,) = ouro.stationary(device, 300e-6, seed=5).wander
    expected, _ = published(ouro.Walk(), OWN, np.ones(2001), philox.walk_uniforms(KEY, 0, 2000, philox.WARM_UP))
    assert wander.vector[:4] == pytest.approx(expected[-1], rel=1e-9)


# ---- what a circuit takes N to be at the end of a step, whose line begins a quarter of a step before


@pytest.mark.parametrize(("ratio", "taken"), [(1.0, 1.0), (1.6, 1.6), (0.6, 0.6), (5.0, 2.0), (0.1, 0.5)])
def test_n_goes_on_as_it_went(ratio, taken):
    """ln N grows by a factor from a quarter of a step to the next: exact from 1/2 to 2, no more beyond."""
    step, a = 10e-9, 0.01
    segment = walk_segment.WalkSegment(
        DEVICE.replace(walk=ouro.Walk(step)), walk_values.initial_state(DEVICE, 0.5), -1, 0.0, 15e-9, 16e-9, KEY
    )
    here = np.log(0.5) + a * np.array([1.0, 2.0, 2.0 + ratio])  # 3/4, 1/2 and 1/4 of a step before the first end
    times, log_n = step * np.array([0.0, 0.25, 0.5, 0.75, 0.7500001, 1.6]), np.append(here, [5.0, 5.0])
    (found, *_) = np.log(segment.concentrations(times, np.exp(np.concatenate([[np.log(0.5)], log_n]))))
    assert found == pytest.approx(here[-1] + a * ratio * taken, abs=1e-12)


STEPPING = DEVICE.replace(walk=ouro.Walk(10e-9))


def segment(off_s, stop_s, on_s=0.0, **wander):
    begun = dataclasses.replace(walk_values.initial_state(STEPPING, 0.5), **wander)
    return walk_segment.WalkSegment(STEPPING, begun, -1, on_s, off_s, stop_s, KEY)


@pytest.mark.parametrize(
    ("off_s", "stop_s", "on_s", "clock_s", "ends", "expected"),
    [
        # the line of a step begins a quarter of a step, 2.5 ns, before its end
        (40e-9, 8e-9, 0.0, 0.0, [], [10e-9]),
        (40e-9, 7e-9, 0.0, 0.0, [], []),
        (40e-9, 26e-9, 0.0, 0.0, [10e-9, 20e-9], [10e-9, 20e-9]),
        (40e-9, 28e-9, 0.0, 0.0, [10e-9, 20e-9], [10e-9, 20e-9, 30e-9]),
        (9e-9, 30e-9, 0.0, 0.0, [], []),  # the pulse ends before the step does
        (11e-9, 9.5e-9, 0.0, 0.0, [], [10e-9]),  # 1 ns before the end of the pulse its line begins at 9 ns
        (11e-9, 8.5e-9, 0.0, 0.0, [], []),
        (30e-9, 50e-9, 5e-9, 4e-9, [11e-9, 21e-9], [11e-9, 21e-9]),  # 4 ns of the first step have gone by
        (20e-9, 50e-9, 0.0, 0.0, [10e-9, 20e-9], [10e-9, 20e-9]),
        (6e-9, 50e-9, -34e-9, 9e-9, [1e-9], [1e-9]),  # goes on amid a pulse
    ],
)
def test_steps_end_where_the_clock_has_run_through_them(off_s, stop_s, on_s, clock_s, ends, expected):
    one = segment(off_s, stop_s, on_s, clock_s=clock_s)
    assert one.ends_s == pytest.approx(ends, rel=1e-12)
    assert one.expected_s == pytest.approx(expected, rel=1e-12)
    n = one.constant_concentrations(0.5)
    after = one.after(one.parameter_path(n), n)
    written = min(off_s, stop_s) - max(on_s, 0.0)
    assert after.count == len(ends) and after.polarity == -1
    assert after.clock_s == pytest.approx(clock_s + written - 10e-9 * len(ends), abs=1e-20)


def test_lines_have_their_corners_a_quarter_of_a_step_around_the_ends():
    """One that lies within 1e-6 of a step of the next is none; the last one is the end of the part."""
    for stop_s in (12.5e-9 + 1e-15, 12.5e-9 - 1e-15, 14e-9):
        one = segment(40e-9, stop_s)
        path = one.parameter_path(one.constant_concentrations(0.5))
        for name, own in (("r", 43e-9), ("l", 0.41)):
            line = one.parameter_waveforms(path)[name]
            corners = [0.0, 7.5e-9, 12.5e-9] + [14e-9] * (stop_s > 13e-9)
            assert line.times_s == pytest.approx(corners, abs=2e-15) and line.times_s[-1] == stop_s
            after = np.log(path[1, {"r": 0, "l": 1}[name]] / own)
            assert line.volts == pytest.approx([0.0, 0.0, after] + [after] * (len(corners) - 3), abs=1e-6)
    assert one.line_s == pytest.approx(5e-9) and one.bend_s == pytest.approx(-2.5e-9)


def test_without_a_step_nothing_changes():
    one = segment(5e-9, 50e-9)
    n = one.constant_concentrations(0.5)
    line = one.parameter_waveforms(one.parameter_path(n))["r"]
    assert line.times_s == (0.0, 50e-9) and line.volts == (0.0, 0.0)
    assert one.after(one.parameter_path(n), n) == dataclasses.replace(
        walk_values.initial_state(STEPPING, 0.5), clock_s=5e-9, polarity=-1
    )


def test_r_and_l_of_a_half_cycle_lie_on_the_way():
    """x_before + (x - x_before) (N - N_begin) / (limit - N_begin): a SET goes to Ndiscmax, a RESET to Ndiscmin."""
    device = DEVICE.replace(walk=ouro.HalfCycleWalk())
    for polarity, limit in ((-1, 18.0), (1, 0.01)):
        one = ouro.WalkState(44e-9, 0.42, 0.01, 18.0, 42e-9, 0.38, 0.02, 17.0, n_begin=1.0, polarity=polarity)
        for n in (1.0, 0.7, 3.0):
            share = (n - 1.0) / (limit - 1.0)
            expected = [42e-9 + 2e-9 * share, 0.38 + 0.04 * share, 0.01, 18.0]
            assert walk_values.current_values(device, n, one) == pytest.approx(expected, rel=1e-12)
    before = dataclasses.replace(one, polarity=0)
    assert walk_values.current_values(device, 3.0, before)[:2] == pytest.approx([42e-9, 0.38], rel=1e-15)
    at_limit = dataclasses.replace(one, polarity=-1, n_begin=18.0 * (1 - 1e-5))
    assert walk_values.current_values(device, 17.0, at_limit)[:2] == pytest.approx([42e-9, 0.38], rel=1e-15)
    for polarity, begin in ((-1, 18.4), (1, 0.0095)):  # a limit that has walked past N leaves no way
        past = dataclasses.replace(one, polarity=polarity, n_begin=begin)
        assert walk_values.current_values(device, 17.0, past)[:2] == pytest.approx([42e-9, 0.38], rel=1e-15)
    walking = DEVICE.replace(walk=ouro.Walk())
    assert walk_values.current_values(walking, 3.0, one).tolist() == [44e-9, 0.42, 0.01, 18.0]
    still = walk_values.current_device(walking, 3.0, one)
    assert (still.walk, still.r, still.l, still.Ndiscmin, still.Ndiscmax) == (None, 44e-9, 0.42, 0.01, 18.0)
    assert walk_values.current_device(DEVICE, 3.0) is DEVICE


def test_a_half_cycle_draws_anew_where_the_polarity_turns():
    """xi (1 + D u), u from the step of the walk's stream, within the guide's ranges; from where the way has come to."""
    law = ouro.HalfCycleWalk()
    device = ouro.jart_vcm_v1b(walk=law)
    begun = walk_values.initial_state(device, 1.0)
    moved, set_ = walk_values.half_cycle(device, 1.0, begun, -1, KEY)
    u = 2 * philox.walk_uniforms(KEY, 0, 2)[:, :4] - 1
    kicks = np.array([0.1, 0.1, 0.9, 0.1])
    first = np.clip(np.array([45e-9, 0.4, 0.008, 20.0]) * (1 + kicks * u[0]), law.low, law.high)
    assert set_.vector[:4] == pytest.approx(first, rel=1e-12)
    assert (set_.r_before, set_.n_begin, set_.count, set_.polarity) == (45e-9, 1.0, 1, -1)
    assert (moved.walk, moved.Nref, moved.Ndiscmax) == (None, 1.0, pytest.approx(first[3]))
    assert moved.drdN == pytest.approx((first[0] - 45e-9) / (first[3] - 1.0), rel=1e-9)
    assert (
        walk_values.half_cycle(device, 5.0, set_, -1, KEY)[1] is set_
        and walk_values.half_cycle(device, 5.0, set_, 0, KEY)[1] is set_
    )
    _, reset = walk_values.half_cycle(device, 5.0, set_, 1, KEY)
    assert reset.vector[:4] == pytest.approx(np.clip(first * (1 + kicks * u[1]), law.low, law.high), rel=1e-12)
    assert reset.r_before == pytest.approx(45e-9 + (first[0] - 45e-9) * 4 / (first[3] - 1), rel=1e-12)
    assert (reset.n_begin, reset.count, reset.polarity) == (5.0, 2, 1)
