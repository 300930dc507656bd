"""The best of several: judged on attempts that had no part in choosing it, with intervals that hold what they say."""

from __future__ import annotations

import dataclasses
import math
from types import SimpleNamespace

import numpy as np
import pytest

from ouro_spice._util.statistics import median_interval, resamples, wilson
from ouro_spice.programming.best_of import FOLDS, LESS, Candidates, _folds, of_best, ratio_of_best, share_of_best
from ouro_spice.programming.write_statistics import ratio, summary

NAMES = tuple("abcdefghi")


def scores(rng, count=9, n=60, base=0.2):
    """Costs of candidates that are all worth 1, (count, n): a fifth of each is hard for all, the rest chance."""
    return base * rng.exponential(1, n) + (1 - base) * rng.exponential(1, (count, n))


def mean(side):
    """The mean of what the best one takes, with its interval."""
    return of_best([side], lambda means: means[:, 0])


# ---- optimism


def test_the_choice_is_not_taken_for_merit():
    """Nine candidates that are equally good: the smallest of nine means is too small, its interval misses the truth."""
    rng = np.random.default_rng(3)
    naive, plain, honest, covered = [], [], [], []
    for _ in range(60):
        given = scores(rng)
        value, low, high = mean(Candidates(NAMES, given))
        best = given[given.mean(axis=1).argmin()]
        ends = np.percentile(best[resamples(60)].mean(axis=1), [2.5, 97.5])
        naive.append(best.mean())
        plain.append(ends[0] <= 1 <= ends[1])
        honest.append(value)
        covered.append(low <= 1 <= high)
    error = np.std(honest) / math.sqrt(60)
    assert np.mean(naive) < 1 - 4 * error
    assert abs(np.mean(honest) - 1) < 2.5 * error
    # a binomial of 60 at 93 %, less three standard deviations
    assert np.mean(covered) > 0.83 > 0.8 > np.mean(plain)


def test_a_clear_winner_is_judged_as_if_it_had_been_the_only_one():
    rng = np.random.default_rng(4)
    given = scores(rng, 3, 200) * np.array([[1.0], [3.0], [5.0]])
    alone, among = mean(Candidates(("a",), given[:1])), mean(Candidates(tuple("abc"), given))
    assert among == pytest.approx(alone, rel=1e-12)
    assert alone[0] == pytest.approx(given[0].mean())
    assert alone[1:] == pytest.approx(np.percentile(given[0][resamples(200)].mean(axis=1), [2.5, 97.5]), rel=2e-3)


@pytest.mark.parametrize("n", [7, 60])
def test_no_attempt_has_a_part_in_choosing_what_it_is_judged_with(n):
    """However cheap one makes an attempt for one of them, or however often it fails there, it is judged as before."""
    rng = np.random.default_rng(6)
    given, success = scores(rng, 4, n), rng.random((4, n)) < 0.97
    which = np.broadcast_to(np.arange(4.0)[:, None, None], (4, n, 1))
    before = Candidates(NAMES[:4], given, success, which).each()[:, 0]
    assert len(set(before)) > 1  # the folds do not agree, or this would test nothing
    for i in range(n):
        for one in range(4):
            changed, reached = given.copy(), success.copy()
            changed[one, i], reached[:, i] = -1e9, False
            reached[one, i] = True
            assert Candidates(NAMES[:4], changed, reached, which).each()[i, 0] == before[i]


def test_resamples_choose_anew_and_never_on_what_they_judge():
    """One resample after the other by plain loops: what is twice in it is in one fold."""
    rng = np.random.default_rng(6)
    given, success = scores(rng, 3, 23), rng.random((3, 23)) < 0.9
    side = Candidates(tuple("abc"), given, success, less=0.08)
    drawn = resamples(23)[:40]
    weights = np.stack([np.bincount(row, minlength=23) for row in drawn])
    found, true = side.resampled(weights)
    fold = _folds(23, 0)
    for b, row in enumerate(drawn):
        judged, worth = [], []
        for i in row:
            others = [j for j in row if fold[j] != fold[i]]
            rate = success[:, others].mean(axis=1)
            cost = np.where(rate >= rate.max() - 0.08 - 1e-12, given[:, others].mean(axis=1), np.inf)
            judged.append(given[cost.argmin(), i])
            worth.append(given[cost.argmin()].mean())
        assert found[b, 0] == pytest.approx(np.mean(judged))
        assert true[b, 0] == pytest.approx(np.mean(worth))


def test_folds_share_the_attempts_evenly():
    assert sorted(np.bincount(_folds(23, 0))) == [2] * 7 + [3] * 3
    assert sorted(_folds(4, 1)) == [0, 1, 2, 3]
    assert len(np.bincount(_folds(1000, 2))) == FOLDS


# ---- who may be chosen


def test_who_gives_up_soon_is_not_the_best():
    """Cheapest at 90 % success against 100 %; within 5 % of the most reliable one it counts."""
    cost = np.array([np.full(40, 1.0), np.full(40, 2.0), np.full(40, 3.0)])
    success = np.ones((3, 40))
    success[0, :4] = 0  # 90 %
    assert Candidates(tuple("abc"), cost, success).best == "b"
    assert mean(Candidates(tuple("abc"), cost, success)) == pytest.approx((2.0, 2.0, 2.0))
    success[0, 2:4] = 1  # 95 %
    assert Candidates(tuple("abc"), cost, success).best == "a"
    assert Candidates(tuple("abc"), cost).best == "a"
    # where all fail, the cheapest one
    assert Candidates(tuple("abc"), cost, np.zeros((3, 40))).best == "a"


def test_as_reliable_means_a_twentieth_of_the_attempts_less_and_not_one_attempt_more():
    """Of 40 attempts two may fail more: 38 against 40 counts, 37 does not, however they add up."""
    assert (LESS, FOLDS) == (0.05, 10)
    cost, success = np.array([np.full(40, 1.0), np.full(40, 2.0)]), np.ones((2, 40))
    for reached, best in ((37, "b"), (38, "a")):
        success[0] = np.arange(40) < reached
        assert Candidates(("a", "b"), cost, success).best == best
    for less, best in ((0.0, "b"), (0.04, "b"), (0.06, "a"), (1.0, "a")):
        assert Candidates(("a", "b"), cost, success, less=less).best == best
    # sums of tenths are not exact: rounding shuts nobody out
    tenths = np.array([np.full(10, 0.1), np.full(10, 0.1)[::-1] + 1e-17])
    assert Candidates(("a", "b"), cost[:, :10], tenths, less=0.0).best == "a"


def test_of_two_that_cost_the_same_the_first_is_taken():
    assert Candidates(("a", "b"), np.ones((2, 7))).best == "a"
    assert Candidates(("a",), [[3.0]]).each().tolist() == [[3.0]] and Candidates(("a",), [[3.0]]).n == 1


def test_candidates_cannot_be_changed_and_are_themselves():
    one, other = (Candidates(["a"], [[1, 2]]) for _ in range(2))
    with pytest.raises(dataclasses.FrozenInstanceError):
        one.cost = None
    assert one == one and one != other and len({one, other}) == 2
    assert one.names == ("a",) and one.cost.dtype == one.success.dtype == one.judged.dtype == float
    assert one.judged.shape == (1, 2, 1) and one.success.tolist() == [[1.0, 1.0]] and one.less == 0.05


def test_without_a_seed_it_is_0():
    rng = np.random.default_rng(11)
    a, b = (Candidates(NAMES, scores(rng, 9, 23, 0.0)) for _ in range(2))
    hits = rng.random((9, 23)) < 0.7
    weights = np.stack([np.bincount(row, minlength=23) for row in resamples(23)[:3]])
    for found, seeds in (
        (a.each(), [a.each(seed) for seed in (0, 1)]),
        (a.resampled(weights), [a.resampled(weights, seed) for seed in (0, 1)]),
        (of_best([a], lambda m: m[:, 0]), [of_best([a], lambda m: m[:, 0], seed=seed) for seed in (0, 1)]),
        (ratio_of_best(a, b), [ratio_of_best(a, b, seed) for seed in (0, 1)]),
        (share_of_best(hits, NAMES), [share_of_best(hits, NAMES, seed) for seed in (0, 1)]),
    ):  # fmt: skip
        assert np.array_equal(found, seeds[0]) and not np.array_equal(found, seeds[1])


def test_a_share_stays_between_none_and_all():
    """Where none hits, and where all do, the farther ends are Wilson's."""
    assert share_of_best(np.zeros((2, 30)), ["a", "b"]) == pytest.approx((0.0, *wilson(0, 30)))
    for n in (3, 12):
        for k in range(n + 1):
            value, low, high = share_of_best([np.arange(n) < k], ["a"])
            ends = wilson(k, n)
            assert value == pytest.approx(k / n) and 0.0 <= low <= ends[0] + 1e-12 and ends[1] - 1e-12 <= high <= 1.0


def test_another_figure_than_the_cost_may_be_judged():
    cost = np.array([[1.0, 1.0, 1.0, 1.0], [2.0, 2.0, 2.0, 2.0]])
    judged = np.array([[[5.0, 7.0]] * 4, [[6.0, 8.0]] * 4])
    side = Candidates(("a", "b"), cost, judged=judged)
    assert side.each().tolist() == [[5.0, 7.0]] * 4
    assert of_best([side], lambda means: means[:, 1] / means[:, 0]) == pytest.approx((1.4, 1.4, 1.4))


# ---- ratios and shares


def test_a_ratio_of_single_ones_is_the_ratio_of_their_writes():
    rng = np.random.default_rng(7)
    pulses = rng.integers(1, 20, (2, 80))
    a, b = ([SimpleNamespace(target_S=1.0, pulses=[0] * int(k)) for k in row] for row in pulses)
    sides = (Candidates(("a",), pulses[:1]), Candidates(("b",), pulses[1:]))
    assert ratio_of_best(*sides) == pytest.approx(ratio(a, b), rel=1e-9)
    assert ratio_of_best(*sides[::-1])[0] == pytest.approx(1 / ratio(a, b)[0])


def test_a_ratio_over_nothing_is_infinite_and_has_no_error():
    some, none = Candidates(("a",), np.ones((1, 9))), Candidates(("b",), np.zeros((1, 9)))
    assert ratio_of_best(some, none) == (math.inf, math.inf, math.inf)


def test_a_share_of_the_best_has_room_for_doubt():
    assert share_of_best(np.ones((1, 40)), ["a"]) == pytest.approx((1.0, *wilson(40, 40)))
    rng = np.random.default_rng(8)
    naive, honest, covered = [], [], []
    for _ in range(40):
        hits = rng.random((5, 200)) < 0.8
        value, low, high = share_of_best(hits, NAMES[:5])
        naive.append(hits.mean(axis=1).max())
        honest.append(value)
        covered.append(low <= 0.8 <= high)
    error = np.std(honest) / math.sqrt(40)
    assert np.mean(naive) > 0.8 + 4 * error
    assert abs(np.mean(honest) - 0.8) < 2.5 * error
    assert np.mean(covered) > 0.85


@pytest.mark.parametrize(
    ("changes", "what"),
    [
        ({"cost": np.ones(3)}, "cost must be"),
        ({"cost": np.ones((2, 0))}, "cost must be"),
        ({"names": ("a",)}, "cost must be"),
        ({"success": np.ones((2, 4))}, "success must begin"),
        ({"judged": np.ones((3, 5, 1))}, "judged must begin"),
        ({"less": -0.1}, "less"),
        ({"less": 1.1}, "less"),
    ],
)
def test_candidates_that_do_not_fit_are_value_errors(changes, what):
    with pytest.raises(ValueError, match=what):
        Candidates(**({"names": ("a", "b"), "cost": np.ones((2, 5))} | changes))


def test_sides_need_the_same_attempts():
    with pytest.raises(ValueError, match="same attempts"):
        ratio_of_best(Candidates(("a",), np.ones((1, 4))), Candidates(("a",), np.ones((1, 5))))
    with pytest.raises(ValueError, match="same attempts"):
        of_best([], lambda: 0)


# ---- intervals of one


def test_intervals_cover_the_truth_as_often_as_they_say():
    """Wilson's of shares near 1, exactly: sums of the binomial; bootstraps of a mean, a median, and a paired ratio."""
    for n, p in ((40, 0.95), (40, 0.5), (500, 0.76)):
        k = np.arange(n + 1)
        log_chance = [math.lgamma(n + 1) - math.lgamma(x + 1) - math.lgamma(n - x + 1) for x in k]
        chance = np.exp(log_chance + k * math.log(p) + (n - k) * math.log(1 - p))
        ends = np.array([wilson(int(x), n) for x in k])
        assert chance[(ends[:, 0] <= p) & (p <= ends[:, 1])].sum() == pytest.approx(0.95, abs=0.025)
    rng, covered = np.random.default_rng(9), []
    for _ in range(60):
        hard = rng.geometric(0.4, 80)
        a, b = ([write(int(k)) for k in hard + rng.integers(0, 3, 80)] for _ in range(2))
        low, high = summary(a)["interval"]
        middle = median_interval(rng.exponential(1, 80))
        value = ratio(a, b)
        covered.append((low <= 3.5 <= high, middle[0] <= math.log(2) <= middle[1], value[1] <= 1 <= value[2]))
    assert np.all(np.mean(covered, axis=0) > 0.86)


def write(pulses):
    """A write of so many pulses."""
    return SimpleNamespace(
        target_S=1.0, pulses=[0] * pulses, readings_S=[0.0] * (pulses + 1), time_s=1e-7, energy_J=0.0,
        read_energy_J=0.0, predictions=0, outcome=None,
    )  # fmt: skip
