"""Figures of writes, rules, tuning and the choice of the best, each against an answer that is known otherwise."""

from __future__ import annotations

import dataclasses
import inspect
from itertools import pairwise

import numpy as np
import pytest
from scipy.stats import binomtest, norm

import ouro_spice as ouro
from ouro_spice._util.statistics import median_interval, resamples, wilson
from ouro_spice.circuit.compact_cell import CompactCell
from ouro_spice.dataset.recipe import Recipe
from ouro_spice.experiment import ranking
from ouro_spice.programming import tuning
from ouro_spice.programming.batch import fleet
from ouro_spice.programming.history import History
from ouro_spice.programming.outcome import Outcome
from ouro_spice.programming.programmers.coarse_fine import CoarseFine
from ouro_spice.programming.programmers.fixed import FixedPulse
from ouro_spice.programming.programmers.ispp import ISPP
from ouro_spice.programming.stopping_rules import Rules
from ouro_spice.programming.tuning import _rounds
from ouro_spice.programming.write_statistics import ratio, summary
from ouro_spice.provenance.manifest import describe

PAIR = ouro.Pair(-0.5, 0.9, 60e-6)
MANIFEST = describe(CompactCell(ouro.jart_vcm_v1b()))
PULSE = ouro.Pulse(-0.5, 1e-7)
DRAWN = [Recipe(2, 0, PAIR).draw(CompactCell(ouro.jart_vcm_v1b(window=True)), k) for k in range(2)]
CELLS = fleet(CompactCell(ouro.jart_vcm_v1b(window=True)), DRAWN)


def write(pulses, outcome=Outcome.REACHED, time_s=1e-6, energy_J=1e-12, g_S=1e-4, target_S=1e-4, **more):
    readings = (target_S,) * (pulses + 1)
    return History(
        "one", target_S, 0.1, readings, (*readings[1:], g_S), (PULSE,) * pulses, outcome, time_s, energy_J, MANIFEST,
        read_s=1e-7, **more,
    )  # fmt: skip


# ---- figures


def test_a_summary_is_counted():
    writes = [write(k, Outcome.REACHED if k < 9 else Outcome.PULSE_LIMIT, 1e-6 * k, 2e-12 * k) for k in range(1, 11)]
    found = summary(writes)
    assert (found["success"], found["n"]) == (0.8, 10)
    assert (found["pulses_mean"], found["pulses_median"], found["pulses_p95"]) == (5.5, 5.5, pytest.approx(9.55))
    assert (found["time_s"], found["time_total_s"]) == (pytest.approx(5.5e-6), pytest.approx(55e-6))
    assert found["energy_J"] == pytest.approx(11e-12)
    assert found["success_interval"] == wilson(8, 10)
    for name, unit in (("interval", 1), ("time_interval_s", 1e-6), ("energy_interval_J", 2e-12)):
        assert np.array(found[name]) / unit == pytest.approx(np.array(found["interval"]), rel=1e-9)


@pytest.mark.parametrize(("hits", "n"), [(0, 40), (40, 40), (1, 7), (13, 29), (975, 1000)])
def test_wilsons_interval(hits, n):
    exact = binomtest(hits, n).proportion_ci(0.95, method="wilson")
    assert wilson(hits, n) == pytest.approx([exact.low, exact.high], abs=1e-12)


def test_the_interval_of_a_mean_is_that_of_many_draws():
    counts = np.random.default_rng(4).poisson(9, 400)
    low, high = summary([write(int(k)) for k in counts])["interval"]
    half = norm.ppf(0.975) * counts.std() / 20
    assert (low, high) == (
        pytest.approx(counts.mean() - half, abs=half / 20),
        pytest.approx(counts.mean() + half, abs=half / 20),
    )


def test_the_interval_of_a_ratio_is_that_of_the_paired_cases():
    """By the delta method: the variance of a - R b over the cases."""
    rng = np.random.default_rng(5)
    b = rng.poisson(20, 500) + 1
    a = rng.binomial(b, 0.7)
    value, low, high = ratio([write(int(k)) for k in a], [write(int(k)) for k in b])
    assert value == pytest.approx(a.mean() / b.mean())
    half = norm.ppf(0.975) * (a - value * b).std() / b.mean() / np.sqrt(500)
    assert (low, high) == (pytest.approx(value - half, abs=half / 20), pytest.approx(value + half, abs=half / 20))
    times = [write(3, time_s=float(k)) for k in a], [write(3, time_s=float(k)) for k in b]
    assert ratio(*times, "time_s") == pytest.approx((value, low, high))


def test_resamples_are_2000_and_the_same_for_all():
    assert resamples(7).shape == (2000, 7) and set(resamples(7).ravel()) == set(range(7))
    assert np.array_equal(resamples(7), np.random.default_rng(0).integers(7, size=(2000, 7)))
    values = np.random.default_rng(1).exponential(1, 9)
    found = summary([write(3, time_s=float(one)) for one in values])
    drawn = np.random.default_rng(0).choice(values, size=(2000, 9)).mean(axis=1)
    assert found["time_interval_s"] == pytest.approx(np.quantile(drawn, [0.025, 0.975]), rel=1e-12)
    middle = np.quantile(np.median(values[resamples(9)], axis=1), [0.025, 0.975])
    assert median_interval(values) == pytest.approx(middle, rel=1e-12)


def test_an_energy_of_reads_that_is_not_known_of_one_is_not_known_of_all():
    known = [write(2, read_energy_J=1e-15), write(3, read_energy_J=3e-15)]
    found = summary(known)
    assert found["read_energy_J"] == pytest.approx(2e-15) and found["read_energy_interval_J"][0] <= 2e-15
    found = summary([*known, write(1, read_energy_J=float("nan"))])
    assert found["read_energy_J"] is None and found["read_energy_interval_J"] is None


def test_shares_stay_between_none_and_all():
    for n in (1, 2, 3, 7, 41, 1000):
        assert wilson(0, n)[0] == pytest.approx(0, abs=1e-15) and wilson(n, n)[1] == pytest.approx(1, abs=1e-15)
        assert all(0.0 <= low < high <= 1.0 for low, high in (wilson(k, n) for k in range(n + 1)))


@pytest.mark.parametrize("make", [ouro.tune, tuning.rank, ouro.write_many, Rules])
def test_what_a_write_does_unless_it_is_told(make):
    """As many pulses, and as much patience, in tuning as in the writes that it is for."""
    wanted = {
        "max_pulses": 50, "patience": 20, "by": "pulses", "least": 0.99, "keep_going": False, "places": None,
        "recorded": None, "scheduler": None,
    }  # fmt: skip
    found = {name: one.default for name, one in inspect.signature(make).parameters.items()}
    found = {name: one for name, one in found.items() if one is not inspect.Parameter.empty}
    assert found == {name: wanted[name] for name in found} and {"max_pulses", "patience"} <= set(found)


# ---- rules


def test_rules_have_ends_that_are_legal():
    for good in ({"tolerance": 1e-6}, {"tolerance": 1.0}, {"max_pulses": 1}, {"patience": 1}, {"patience": None}):
        assert dataclasses.replace(Rules(0.1), **good) == Rules(**({"tolerance": 0.1} | good))
    for wrong in (
        {"tolerance": 0.99e-6}, {"tolerance": 1.01}, {"max_pulses": 0}, {"patience": 0}, {"max_pulses": None},
        {"keep_going": 1},
    ):  # fmt: skip
        with pytest.raises(ValueError, match=next(iter(wrong))):
            Rules(**({"tolerance": 0.1} | wrong))
    with pytest.raises(dataclasses.FrozenInstanceError):
        Rules(0.1).patience = 3


def ended(readings, targets=1.0, **rules):
    readings = np.atleast_2d(np.array(readings, float))
    return Rules(**{"tolerance": 0.1, "max_pulses": 4} | rules).outcomes(np.full(len(readings), targets), readings)


def test_a_write_ends_at_the_target_at_the_last_pulse_or_never():
    nan = float("nan")
    at = [[50, 90], [50, 110], [50, 89], [50, 111], [100, nan]]
    assert ended(at, targets=100) == [Outcome.REACHED, Outcome.REACHED, None, None, Outcome.READ_FAILED]
    last = [[0.5, 0.6, 0.7, 0.8, 0.85], [0.5, 0.6, 0.7, 0.8, 0.95]]
    assert ended(last) == [Outcome.PULSE_LIMIT, Outcome.REACHED]
    assert ended([row[:4] for row in last]) == [None, None]
    assert ended(last, keep_going=True) == [Outcome.PULSE_LIMIT, Outcome.REACHED]
    assert ended([[0.5, 0.6, 0.7, 1.0]], keep_going=True) == [None]
    assert ended([[1.0, 0.6, 0.7, 0.8, nan]], keep_going=True) == [Outcome.READ_FAILED]


def test_what_does_not_move_over_the_patience_is_stuck():
    """All of patience + 1 readings within 1e-4 of the tolerance: 1e-5 here."""
    still, moves = [0.3, 0.5, 0.500009, 0.5], [0.3, 0.5, 0.500011, 0.5]
    assert ended([still, moves], max_pulses=9, patience=2) == [Outcome.STUCK, None]
    assert ended([still, moves], max_pulses=9, patience=3) == [None, None]
    assert ended([still[1:]], max_pulses=9, patience=3) == [None]
    assert ended([still[1:]], max_pulses=9, patience=2) == [Outcome.STUCK]
    assert ended([still], max_pulses=9, patience=None) == [None]
    assert ended([still], max_pulses=9, patience=2, keep_going=True) == [None]
    assert ended([still], max_pulses=3, patience=2) == [Outcome.STUCK]  # it says more than the limit
    assert ended([[1.05, 1.05, 1.05]], patience=2) == [Outcome.REACHED]
    assert ended([[40.0, 40.0009, 40.0]], targets=100.0, max_pulses=9, patience=2) == [Outcome.STUCK]


# ---- tuning


def test_rounds_take_three_times_the_cases_for_a_third_of_the_candidates():
    assert _rounds(60, 1000) == [(60, 40), (20, 120), (6, 360), (6, 1000)]
    assert _rounds(60, 120) == [(60, 40), (20, 120)]
    assert _rounds(4, 200) == [(4, 40), (4, 120), (4, 200)]
    assert _rounds(9, 40) == [(9, 40)]
    assert _rounds(9, 7) == [(9, 7)]


@pytest.fixture
def ranked(monkeypatch):
    """Names of candidates in the order of `tune`, of rows that they are to have."""

    def order(rows, by="pulses", least=0.99, cases=1000):
        keys = {"success": 1.0, "time_s": 1.0, "pulses_mean": 1.0, "cases": cases}
        rows = {name: keys | {"parameters": {"name": name}} | row for name, row in rows.items()}
        monkeypatch.setattr(tuning, "_row", lambda one, *_: rows[one.name] | {"programmer": one})
        candidates = [FixedPulse(PAIR, 1e-7, name=name) for name in rows]
        best, table = tuning.tune(candidates, CELLS.copy, [2e-4] * len(CELLS), 0.1, by=by, least=least)
        names = [row["parameters"]["name"] for row in table]
        assert best.name == names[0]
        return names

    return order


def test_who_succeeds_is_ranked_by_cost_and_stands_before_who_does_not(ranked):
    rows = {
        "cheap, fails": {"success": 0.5, "pulses_mean": 1.0, "time_s": 1e-7},
        "fails less": {"success": 0.9, "pulses_mean": 2.0, "time_s": 1e-7},
        "few": {"success": 0.995, "pulses_mean": 3.0, "time_s": 9e-7},
        "fast": {"success": 1.0, "pulses_mean": 5.0, "time_s": 4e-7},
    }
    assert ranked(rows) == ["few", "fast", "fails less", "cheap, fails"]
    assert ranked(rows, "time") == ["fast", "few", "fails less", "cheap, fails"]
    exact = {"cheap": {"success": 0.99, "pulses_mean": 1.0}, "sure": {"success": 1.0, "pulses_mean": 2.0}}
    assert ranked(exact) == ["cheap", "sure"]  # the share that must succeed is enough
    assert ranked(rows, least=0.4) == ["cheap, fails", "fails less", "few", "fast"]


def test_where_the_best_succeeds_less_two_standard_errors_are_forgiven(ranked):
    """Of 1000 writes 899 succeed: (900 / 1002) has a standard error of 0.955 points, twice that is forgiven."""
    error = np.sqrt(900 / 1002 * (102 / 1002) / 1000)
    for below, first in ((1.99, "cheap"), (2.01, "best")):
        rows = {"best": {"success": 0.899, "pulses_mean": 9.0}, "cheap": {"success": 0.899 - below * error}}
        assert ranked(rows)[0] == first
    # 40 of 40: (41 / 42) has one of 2.4 points
    for success, first in ((0.952, "cheap"), (0.951, "best")):
        rows = {"best": {"success": 1.0, "pulses_mean": 9.0}, "cheap": {"success": success}}
        assert ranked(rows, cases=40)[0] == first


def test_the_share_that_must_succeed_is_any_share(ranked):
    rows = {"one": {"success": 0.5}, "other": {"success": 0.25, "pulses_mean": 0.5}}
    assert ranked(rows, least=0) == ["other", "one"] and ranked(rows, least=1) == ["one", "other"]
    for least in (-1e-9, 1 + 1e-9):
        with pytest.raises(ValueError, match="least"):
            ranked(rows, least=least)


# ---- judging


def test_a_row_counts_quick_and_true_successes():
    writes = [
        write(9), write(10), write(2, g_S=1.0999e-4), write(2, g_S=0.89e-4), write(1, Outcome.STUCK),
        dataclasses.replace(write(0, Outcome.READ_FAILED), readings_S=(), conductances_S=()),
    ]  # fmt: skip
    found = ranking.row(writes, [1e-7, 3e-7])
    assert found["iterations_below_10"] == pytest.approx(3 / 6)
    assert found["success_g"] == pytest.approx(4 / 6)
    assert found["success"] == pytest.approx(4 / 6)
    reads = np.array([10, 11, 3, 3, 2, 0])
    assert found["reads"] == {"1e-07": pytest.approx(1e-6), "3e-07": pytest.approx(1e-6 + 2e-7 * reads.mean())}
    longer = summary([one.with_reads(3e-7) for one in writes])
    assert found["reads_interval_s"]["3e-07"] == longer["time_interval_s"]
    assert found["pulses_mean"] == summary(writes)["pulses_mean"]


def test_the_best_is_the_cheapest_of_those_that_succeed_as_often():
    """5 points less than the best of them is as often; 6 are not, however cheap."""

    def hundred(reached, pulses, time_s):
        return [write(pulses, time_s=time_s)] * reached + [write(pulses, Outcome.STUCK, time_s)] * (100 - reached)

    writes = {
        "sure": hundred(99, 8, 3e-6), "as sure": hundred(94, 5, 4e-6), "gives up": hundred(93, 1, 1e-6),
        "another": hundred(100, 1, 1e-9),
    }  # fmt: skip
    names = ("sure", "as sure", "gives up")
    assert ranking.best_of(writes, names, "pulses") == "as sure"
    assert ranking.best_of(writes, names, "time_s") == "sure"
    assert ranking.best_of(writes, ("sure", "gives up"), "pulses") == "sure"
    assert ranking.best_of(writes, ("gives up",), "pulses") == "gives up"


def test_writes_are_booked_with_reads_of_100_ns():
    (one,) = ranking.with_common_reads({"a": [dataclasses.replace(write(3), read_s=4e-7)]})["a"]
    assert one.read_s == 100e-9
    assert one.time_s == pytest.approx(1e-6 - 4 * 3e-7)


def test_candidates_are_different_ones_of_the_grid_in_its_order():
    grid = ISPP.candidates(PAIR)
    found = ranking.candidates(ISPP, PAIR, 20, np.random.SeedSequence(3))
    places = [grid.index(one) for one in found]
    assert len(found) == 20 and all(a < b for a, b in pairwise(places))
    assert found == ranking.candidates(ISPP, PAIR, 20, np.random.SeedSequence(3))
    assert found != ranking.candidates(ISPP, PAIR, 20, np.random.SeedSequence(4))
    assert ranking.candidates(ISPP, PAIR, len(grid) + 5, np.random.SeedSequence(3)) == grid


def test_settings_go_to_another_pair_but_for_the_limit_of_the_drivers():
    other = ouro.Pair(-0.8, 1.1, 1e-6)
    found = ranking.carry_over(CoarseFine, other, {"coarse_width": 3e-7, "most": 1.3})
    assert found == CoarseFine(other, coarse_width=3e-7)
    assert CoarseFine(PAIR, coarse_width=3e-7, most=1.3) != CoarseFine(PAIR, coarse_width=3e-7)


def test_of_each_amplitude_the_first_is_kept():
    rows = [{"over": 1, "k": 0}, {"over": 2, "k": 1}, {"over": 1, "k": 2}, {"over": 3, "k": 3}]
    assert [row["k"] for row in ranking.best_of_each_amplitude(rows, 9)] == [0, 1, 3]
    assert [row["k"] for row in ranking.best_of_each_amplitude(rows, 2)] == [0, 1]
    assert ranking.best_of_each_amplitude([{"start": 0.3}, {"start": 0.3}, {"start": 0.4}], 9) == [
        {"start": 0.3},
        {"start": 0.4},
    ]
