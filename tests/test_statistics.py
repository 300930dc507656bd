"""Intervals: the numbers that they have always had, the bootstrap one resample after the other, and Wilson's."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import binomtest

from ouro_spice._util import statistics
from ouro_spice._util.statistics import mean_interval, median_interval, percentile_interval, share_ends, wilson
from ouro_spice.evaluation.bands import Estimate

# by the number of cases: mean and interval of `Estimate.of` with the seed 3, interval of the mean and of the median of
# `summary`, to the last digit, as they were when each of them drew its resamples by code of its own
PINNED = {
    1: (
        ("0x1.b778c6d049615p-3", "0x1.b778c6d049615p-3", "0x1.b778c6d049615p-3"),
        ("0x1.b778c6d049615p-3", "0x1.b778c6d049615p-3"),
        ("0x1.b778c6d049615p-3", "0x1.b778c6d049615p-3"),
    ),
    7: (
        ("0x1.47f9d7add156ep-2", "0x1.4c6754d26c615p-3", "0x1.080648e1bfc51p-1"),
        ("0x1.4c6754d26c615p-3", "0x1.01f6441172e96p-1"),
        ("0x1.893f746974de7p-4", "0x1.34a23b7730b14p-1"),
    ),
    40: (
        ("0x1.0acd29ee6bc62p+0", "0x1.8725b35f1adcbp-1", "0x1.58b0c4d61f859p+0"),
        ("0x1.855a6ec2e6e67p-1", "0x1.5888b10e8a9adp+0"),
        ("0x1.ea08033b70e4bp-2", "0x1.c4eceb50b932fp-1"),
    ),
    401: (
        ("0x1.005a1cc10d090p+0", "0x1.d20a510f1aa42p-1", "0x1.1ac4bade117f4p+0"),
        ("0x1.cf30f508dbf3ap-1", "0x1.18670cc99c330p+0"),
        ("0x1.1d00b32ddb534p-1", "0x1.7805fe54ae33dp-1"),
    ),
}


def hexes(values):
    return tuple(float(value).hex() for value in values)


def test_intervals_are_what_they_were_to_the_last_digit():
    rng = np.random.default_rng(20)
    for n, pinned in PINNED.items():
        values = rng.exponential(size=n)
        one = Estimate.of(values, 3)
        found = (one.value, one.low, one.high), mean_interval(values), median_interval(values)
        assert tuple(map(hexes, found)) == pinned


def test_a_mean_is_resampled_one_resample_after_the_other(monkeypatch):
    """Whatever is drawn at once: a part of a resample's cases, one resample, several, all of them."""
    values = np.random.default_rng(4).normal(size=55)
    rng = np.random.default_rng(8)
    means = [values[rng.integers(55, size=55)].mean() for _ in range(2000)]
    expected = np.percentile(means, [2.5, 97.5]).tolist()
    for most in (7, 55, 55 * 3 + 1, 1 << 20):
        monkeypatch.setattr(statistics, "_AT_ONCE", most)
        assert mean_interval(values, 8) == expected


def test_all_figures_of_n_cases_have_the_same_resamples():
    drawn = statistics.resamples(30)
    assert drawn.shape == (2000, 30) and set(np.unique(drawn)) == set(range(30))
    assert (drawn == statistics.resamples(30)).all() and (drawn != statistics.resamples(30, 1)).any()
    values = np.random.default_rng(5).exponential(size=30)
    assert mean_interval(values) == percentile_interval(values[drawn].mean(axis=1))
    assert median_interval(values) == np.percentile(np.median(values[drawn], axis=1), [2.5, 97.5]).tolist()


def test_percentiles_of_figures_that_may_be_infinite():
    figures = [*np.arange(999.0), np.inf]
    assert percentile_interval(np.arange(1001.0)) == pytest.approx([25, 975])
    assert percentile_interval(figures, "inverted_cdf") == [24, 974]
    assert percentile_interval([1.0] * 970 + [np.inf] * 30, "inverted_cdf") == [1.0, np.inf]


@pytest.mark.parametrize(("hits", "n"), [(0, 40), (40, 40), (1, 7), (13, 29), (975, 1000)])
def test_wilsons_interval_is_that_of_scipy(hits, n):
    exact = binomtest(hits, n).proportion_ci(0.95, method="wilson")
    assert wilson(hits, n) == pytest.approx([exact.low, exact.high], abs=1e-12)


def test_a_share_has_wilsons_interval_at_least():
    low, high = wilson(20, 40)
    assert share_ends(0.5, (0.45, 0.55), 40) == [low, high]
    assert share_ends(0.5, (low - 0.1, high + 0.1), 40) == [low - 0.1, high + 0.1]
    assert share_ends(0.5, (-0.1, 1.1), 40) == [0.0, 1.0]
    assert share_ends(1.0, (1.0, 1.0), 40) == [wilson(40, 40)[0], 1.0]
