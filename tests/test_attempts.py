"""Figures of single attempts and of the noise floor, of cases small enough to count by hand."""

from __future__ import annotations

import dataclasses
import inspect
import math

import numpy as np
import pytest
from scipy.stats import norm

from ouro_spice._util.statistics import wilson
from ouro_spice.evaluation import deployment
from ouro_spice.evaluation.bands import BANDS, Estimate, best_constant, constant, label, shares, within
from ouro_spice.evaluation.deployment import Deployment, deploy
from ouro_spice.evaluation.noise_floor import Trials, _best, _smoother

NAN = math.nan


def attempts(start, target, t, end, energy=0.0):
    start, target, t, end = (np.array(x, dtype=float) for x in (start, target, t, end))
    return Deployment(start, target, start, t, end, end, np.full(len(start), energy))


# up and right, up and wrong, no pulse on the way up, at the target, down and right, down and wrong, failed
SEVEN = attempts(
    [1e-4, 1e-4, 1e-4, 2e-4, 4e-4, 4e-4, 3e-4],
    [2e-4, 2e-4, 2e-4, 2e-4, 2e-4, 2e-4, 2e-4],
    [1e-6, -1e-6, 0.0, 1e-6, -1e-6, 1e-6, -1e-6],
    [2.1e-4, 0.9e-4, 1e-4, 2.3e-4, 1.5e-4, 4.4e-4, NAN],
)


def test_the_wrong_way_is_a_pulse_away_from_the_target():
    """No pulse goes no way, and at the target there is no way to go wrong: 2 of 7."""
    assert SEVEN.wrong_way == pytest.approx(2 / 7)
    assert SEVEN.direction.tolist() == [1, -1, 0, 1, -1, 1, -1]


def test_distances_and_shares_are_counted():
    assert SEVEN.rpd[:6] == pytest.approx([0.05, 0.55, 0.5, 0.15, 0.25, 1.2])
    assert SEVEN.shares() == {"within_50": 4 / 7, "within_20": 2 / 7, "within_10": 1 / 7}
    found = SEVEN.summary()
    assert {name: found[name] for name in SEVEN.shares()} == SEVEN.shares()
    assert (found["n"], found["failures"], found["wrong_way"]) == (7, 1, 2 / 7)
    assert found["interval"]["wrong_way"] == pytest.approx([0.0822, 0.6411], abs=1e-4)  # Wilson's of 2 of 7
    # of those that did not fail
    assert found["rpd_mean"] == pytest.approx(2.7 / 6)
    assert found["rpd_median"] == pytest.approx((0.25 + 0.5) / 2)
    for band in BANDS:
        one = Estimate.of(within(SEVEN.end_S, SEVEN.target_S, band))
        low, high = wilson(one.value * 7, 7)
        assert found["interval"][label("within", band)] == [min(one.low, low), max(one.high, high)]


def test_figures_by_start_are_those_of_the_bins():
    """Bins [1, 2), [2, 3), [3, 3.5): an edge belongs to the bin above it, what lies beyond to the last one."""
    table = SEVEN.by_start([1e-4, 2e-4, 3e-4, 3.5e-4])
    assert table["g_start_S"] == pytest.approx([1.5e-4, 2.5e-4, 3.25e-4])
    assert table["n"].tolist() == [3, 1, 3]
    assert table["rpd_mean"] == pytest.approx([1.1 / 3, 0.15, (0.25 + 1.2) / 2])
    assert table["rpd_median"] == pytest.approx([0.5, 0.15, (0.25 + 1.2) / 2])
    assert table["within_50"] == pytest.approx([2 / 3, 1, 1 / 3])
    assert table["within_20"] == pytest.approx([1 / 3, 1, 0])
    empty = SEVEN.by_start([1e-4, 2e-4, 2.4e-4, 2.5e-4, 3e-4])
    assert empty["n"].tolist() == [3, 1, 0, 3]
    assert math.isnan(empty["rpd_mean"][2]) and math.isnan(empty["rpd_median"][2]) and math.isnan(empty["within_50"][2])


def test_figures_over_start_and_target_are_rows_of_starts():
    one = attempts([1e-4, 3e-4, 3e-4], [3e-4, 1e-4, 1e-4], [1, 1, 1], [3.3e-4, 1.2e-4, 1.4e-4])
    found = one.over([0.5e-4, 2e-4, 4e-4])
    assert found["n"].tolist() == [[0, 1], [2, 0]]
    assert found["rpd_mean"][0, 1] == pytest.approx(0.1) and found["rpd_mean"][1, 0] == pytest.approx(0.3)
    assert np.isnan(found["rpd_mean"][[0, 1], [0, 1]]).all()
    assert SEVEN.over([1e-4, 5e-4])["n"].tolist() == [[6]]  # one failed


@pytest.mark.parametrize("edges", [[1e-4], [[1e-4, 2e-4]], [1e-4, 1e-4], [2e-4, 1e-4]])
def test_edges_ascend(edges):
    for figures in (SEVEN.by_start, SEVEN.over):
        with pytest.raises(ValueError, match="edges_S must be at least two ascending"):
            figures(edges)


# ---- bands


def test_a_band_reaches_as_far_up_as_down_and_its_ends_are_in_it():
    assert within([80, 120, 79.9, 120.1, NAN, 100], 100, 0.2).tolist() == [True, True, False, False, False, True]
    assert shares([100.0, 140.0], [100.0, 100.0]) == {"within_50": 1.0, "within_20": 0.5, "within_10": 0.5}


def test_the_best_constant_is_amid_those_that_hold_as_many():
    """4, 5 and 7.4 are within 30 % of one g from 5.18 to 5.2; 20 is alone."""
    targets = [20e-5, 4e-5, 7.4e-5, 5e-5]
    assert best_constant(targets, 0.3) == pytest.approx((7.4 * 0.7 + 4 * 1.3) / 2 * 1e-5)
    assert best_constant([1e-4], 0.5) == pytest.approx(1e-4)
    found = constant([1e-4], [1e-4, 1.6e-4, 1.05e-4, 3e-4])
    assert [found[name] for name in ("within_50", "within_20", "within_10", "n")] == [0.75, 0.5, 0.5, 4]
    assert found["constant_S"] == {name: pytest.approx(1e-4) for name in ("within_50", "within_20", "within_10")}
    # Wilson's at least, of 3 of 4 and 2 of 4
    assert found["interval"]["within_50"] == pytest.approx([0.25, 1.0])
    assert found["interval"]["within_20"] == pytest.approx([0.0, 1.0])
    assert constant([1e-4], [1e-4] * 40)["interval"]["within_50"] == pytest.approx([0.9124, 1.0], abs=1e-4)


def test_bands_have_ends_that_are_legal():
    assert BANDS == (0.5, 0.2, 0.1) and [label("floor", band) for band in (*BANDS, 0.125)] == [
        "floor_50", "floor_20", "floor_10", "floor_12.5",
    ]  # fmt: skip
    for work, high in (
        (lambda band: within([1.0], [1.0], band), 1.0),
        (lambda band: best_constant([1.0], band), 1 - 1e-6),
    ):
        for band in (1e-6, high):
            work(band)
        for band in (math.nextafter(1e-6, 0), math.nextafter(high, 2)):
            with pytest.raises(ValueError, match="band"):
                work(band)


def test_an_interval_is_that_of_2000_resamples_of_its_seed():
    each, rng = np.array([1.0, 2.0, 4.0, 8.0]), np.random.default_rng(5)
    means = [each[rng.integers(4, size=4)].mean() for _ in range(2000)]
    found = Estimate.of(each, 5)
    assert (found.low, found.high) == pytest.approx(np.quantile(means, [0.025, 0.975]), rel=1e-12)


def test_what_is_deployed_unless_it_is_told():
    found = {name: one.default for name, one in inspect.signature(deploy).parameters.items()}
    assert (found["rise_s"], found["fall_s"], found["clock_s"]) == (2e-9, 2e-9, None)
    assert deployment.SHORTEST_PULSE_S == 0.1e-9
    sent = [deployment._sent(np.array([1e-12, -1e-12, 3e-6, -5e-6, 0.0]), 4e-6, clock) for clock in (None, 1e-6)]
    assert sent[0][0].tolist() == [0.1e-9, -0.1e-9, 3e-6, -4e-6, 0.0] and sent[0][1] == 1
    assert sent[1][0] == pytest.approx([1e-6, -1e-6, 3e-6, -4e-6, 0.0]) and sent[1][1] == 1
    assert deployment._sent(np.array([4e-6]), 4e-6, None)[1] == 0  # the longest one is not cut


def test_an_interval_holds_nineteen_of_twenty_resampled_means():
    each = np.random.default_rng(3).normal(2.0, 0.5, 900)
    found = Estimate.of(each, seed=1)
    half = norm.ppf(0.975) * each.std() / 30
    assert (found.low, found.high) == (
        pytest.approx(found.value - half, abs=half / 20),
        pytest.approx(found.value + half, abs=half / 20),
    )
    assert found.low != Estimate.of(each, seed=2).low
    for wrong in ([], [[1.0]], 1.0):
        with pytest.raises(ValueError, match="at least one"):
            Estimate.of(wrong)


# ---- the floor


def test_smoothing_is_gaussian_over_the_logarithm_and_keeps_counts():
    """Weights of width j for width k: exp(-(ln j/k)^2 / (2 0.3^2)) / j, which add up to 1 over j; width 0 is alone."""
    found = _smoother(6)
    for k in range(1, 6):
        raw = [math.exp(-(math.log(j / k) ** 2) / (2 * 0.3**2)) / j for j in range(1, 6)]
        assert found[1:, k] == pytest.approx(np.array(raw) / sum(raw), rel=1e-12)
    assert found[0].tolist() == found[:, 0].tolist() == [1, 0, 0, 0, 0, 0]


def test_of_widths_that_are_as_good_the_middle_one_is_chosen():
    plain = np.eye(7)
    counts = np.array([[0, 3, 3, 3, 0, 0, 0], [5, 0, 0, 0, 0, 0, 4], [1, 1, 1, 1, 0, 0, 0], [0, 2, 0, 2, 0, 2, 1.0]])
    assert _best(counts, plain).tolist() == [2, 0, 1, 3]


def trials(g, target=4.0, t_max=8.0, start=1.0):
    g = np.asarray(g, float)[None]
    return Trials(np.array([start]), np.array([target]), np.array([t_max]), g)


def test_the_floor_of_one_kind_of_trajectory_is_one_and_its_time_the_right_one():
    """All trajectories pass the band at the same widths: 3 and 4 of 0 .. 8, chosen amid them in the logarithm."""
    g = np.tile([1, 1.5, 2.5, 3.9, 4.1, 6, 7, 8, 9.0], (10, 1))
    floor = trials(g).floor(0.1)
    assert (floor.value, floor.low, floor.high, floor.at_end) == (1.0, 1.0, 1.0, 0.0)
    assert floor.each.tolist() == [1.0]
    assert floor.t_s[0] in (3.0, 4.0)
    back = Trials(np.array([9.0]), np.array([4.0]), np.array([8.0]), g[None, :, ::-1])
    assert back.direction.tolist() == [-1] and back.floor(0.1).t_s[0] in (-4.0, -5.0)


def test_choices_at_the_longest_width_are_counted():
    assert trials(np.tile([1, 1.2, 1.4, 1.6, 4.0], (6, 1))).floor(0.1).at_end == 1.0
    both = Trials(np.ones(2), np.full(2, 4.0), np.full(2, 8.0), np.array([[[1, 2, 4.0]] * 4, [[1, 4.0, 9.0]] * 4]))
    assert both.floor(0.1).at_end == 0.5


@pytest.mark.parametrize("folds", [2, 5, 10])
def test_what_chooses_never_sees_what_is_judged(folds):
    """Each trajectory hits at a width of its own: whatever the others say, it is missed."""
    m = 10
    g = np.full((m, m + 1), 100.0)
    g[np.arange(m), np.arange(1, m + 1)] = 4.0
    found = trials(g).floor(0.1, folds=folds)
    assert found.value == 0.0


def test_the_bias_is_what_the_floor_rises_by_from_half_of_the_trajectories():
    rng = np.random.default_rng(2)
    many = Trials(
        np.ones(20), np.full(20, 4.0), np.full(20, 8.0), np.exp(np.cumsum(rng.uniform(0, 0.4, (20, 13, 12)), 2))
    )
    halves = [Trials(many.start_S, many.target_S, many.t_max_s, many.g_S[:, k:12:2]) for k in (0, 1)]
    rise = many.floor(0.2, 3, 4).value - np.mean([one.floor(0.2, 3, 4).value for one in halves])
    assert many.floor_bias(0.2, 3, 4) == pytest.approx(rise, abs=1e-15)
    four = Trials(many.start_S, many.target_S, many.t_max_s, many.g_S[:, :4])
    assert np.isfinite(four.floor_bias(0.2, folds=4))  # halves have two folds
    three = Trials(many.start_S, many.target_S, many.t_max_s, many.g_S[:, :3])
    assert math.isnan(three.floor_bias(0.2))


def test_times_between_widths_are_geometric_and_away_from_the_target_miss():
    one = trials([[1, 2, 8.0], [1, 4, 4.0]], t_max=2.0)
    assert one.ends_S([1.5]).ravel() == pytest.approx([4.0, 4.0])
    assert one.ends_S([0.5]).ravel() == pytest.approx([2**0.5, 2.0])
    assert one.ends_S([[1.5, 0.0]]).ravel() == pytest.approx([4.0, 1.0])
    assert (one.share([1.5], 0.1).value, one.share([1.0], 0.1).value, one.share([[1.5, 0.0]], 0.1).value) == (
        1,
        0.5,
        0.5,
    )
    # a pulse away from the target, which is near the start, misses; none leaves it there
    near = trials([[1, 2, 8.0], [1, 4, 4.0]], target=1.05, t_max=2.0)
    assert (near.share([0.0], 0.1).value, near.share([-1.0], 0.1).value, near.share([[0.0, -1.0]], 0.1).value) == (
        1,
        0,
        0.5,
    )


def test_without_a_seed_it_is_0():
    p = 97
    g = np.exp(np.cumsum(np.random.default_rng(6).uniform(0, 0.5, (p, 8, 9)), axis=2))
    many, t = Trials(np.ones(p), np.full(p, 4.0), np.full(p, 8.0), g), np.full(p, 5.0)
    for figure in (lambda *seed: many.share(t, 0.2, *seed), lambda *seed: many.gap(t, 0.2, *seed),
                   lambda *seed: many.floor(0.2, *seed), lambda *seed: Estimate.of(g[:, 0, 0], *seed)):  # fmt: skip
        one, same, other = figure(), figure(0), figure(1)
        assert (one.low, one.high) == (same.low, same.high) != (other.low, other.high)
    assert many.floors() == many.floors(0, 2) != many.floors(1)
    assert many.floor_bias(0.2) == many.floor_bias(0.2, 0, 2) != many.floor_bias(0.2, 1)


def test_failures_are_counted_and_a_gap_is_paired():
    one = trials([[1, 2, 4.0], [NAN, NAN, NAN], [1, 4, 9.0]])
    assert one.failures == 1
    found, floor = one.gap([8.0], 0.1), one.floor(0.1)
    assert found.value == pytest.approx(floor.value - 1 / 3)


@pytest.mark.parametrize(
    ("parts", "what"),
    [
        ((np.ones((1, 1)), np.ones((1, 1)), np.ones((1, 1)), np.ones((1, 2, 3))), "one number a pair"),
        ((np.ones(2), np.ones(1), np.ones(2), np.ones((2, 2, 3))), "one number a pair"),
        ((np.ones(2), np.ones(2), np.ones(1), np.ones((2, 2, 3))), "one number a pair"),
        ((np.ones(2), np.ones(2), np.ones(2), np.ones((1, 2, 3))), "with P = 2"),
        ((np.ones(2), np.ones(2), np.ones(2), np.ones((2, 3))), "with P = 2"),
        ((np.ones(2), np.ones(2), np.ones(2), np.ones((2, 0, 3))), "with P = 2"),
        ((np.ones(2), np.ones(2), np.ones(2), np.ones((2, 2, 1))), "two widths"),
        ((np.ones(2), np.ones(2), np.array([1.0, 0.0]), np.ones((2, 2, 3))), "positive"),
    ],
)
def test_trials_have_shapes_that_fit(parts, what):
    with pytest.raises(ValueError, match=what):
        Trials(*parts)


def test_results_of_attempts_cannot_be_changed_and_are_themselves():
    """Arrays are not compared: the same figures of other attempts are other ones."""
    trials = Trials(np.ones(1), np.full(1, 2.0), np.ones(1), np.ones((1, 2, 2)))
    makers = (lambda: Estimate.of([1.0, 2.0]), lambda: dataclasses.replace(SEVEN), lambda: trials.floor(0.1),
              lambda: dataclasses.replace(trials))  # fmt: skip
    for make in makers:
        one, other = make(), make()
        assert one == one and one != other and len({one, other}) == 2
        with pytest.raises(dataclasses.FrozenInstanceError):
            setattr(one, dataclasses.fields(one)[0].name, None)


def test_two_widths_and_one_trajectory_a_fold_are_enough():
    assert trials([[1, 4.0], [1, 4.0]]).floor(0.1).value == 1.0
    with pytest.raises(ValueError, match="folds = 3: there are 2 trajectories"):
        trials([[1, 4.0], [1, 4.0]]).floor(0.1, folds=3)
