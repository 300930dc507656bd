"""Recipes: what records are drawn, from which laws, and that nothing but seed and number decides them."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import kstest

import ouro_spice as ouro
from ouro_spice.compact.jart import jart_characteristics as characteristics
from ouro_spice.dataset.recipe import Recipe
from ouro_spice.dataset.record import HISTORY_POINTS, closest, stride
from ouro_spice.device.jart.spread import SPREADS

DEVICE = ouro.jart_vcm_v1b(window=True, walk=ouro.Walk())
CELL = ouro.CompactCell(DEVICE)
PAIR = ouro.Pair(-0.414269, 0.854029, 60e-6)
LOW, HIGH = CELL.window_S


def drawn(n=2000, cell=CELL, **changes):
    recipe = Recipe(n, changes.pop("seed", 3), PAIR, **({"d2d": SPREADS["ten_percent"]} | changes))
    return [recipe.draw(cell, k) for k in range(n)]


@pytest.fixture(scope="module")
def many():
    return drawn()


def test_starts_are_uniform_over_each_devices_own_window(many):
    windows = np.array([characteristics.range_S(one.device, None, None) for one in many])
    shares = (np.array([one.start_S for one in many]) - windows[:, 0]) / np.diff(windows, axis=1)[:, 0]
    assert kstest(shares, "uniform").pvalue > 1e-3
    assert windows[:, 0].min() < 0.9 * LOW
    assert windows[:, 1].max() > 1.03 * HIGH


def test_targets_are_uniform_over_the_nominal_window_and_independent(many):
    shares = (np.array([one.target_S for one in many]) - LOW) / (HIGH - LOW)
    assert kstest(shares, "uniform").pvalue > 1e-3
    starts = [one.start_S for one in many]
    assert abs(np.corrcoef(starts, shares)[0, 1]) < 0.08


def test_each_record_has_a_fresh_device_of_the_law(many):
    lengths = np.array([one.device.l for one in many]) / DEVICE.l
    assert len(set(lengths)) == len(many)
    assert lengths.min() >= 0.9
    assert lengths.max() <= 1.1
    assert abs(lengths.mean() - 1) < 5 * 0.054 / np.sqrt(len(many))  # a Gaussian of 10 %, cut at 10 %
    assert [one.device_number for one in many] == list(range(len(many)))
    assert len({one.seed for one in many}) == len(many)


def test_without_a_law_all_records_have_the_nominal_device():
    assert all(one.device is DEVICE and one.device_number == 0 for one in drawn(50, d2d=None))


def test_records_of_one_device_stay_together():
    found = drawn(3000, per_device=6)
    by_device = {}
    for one in found:
        by_device.setdefault(one.device_number, []).append(one)
    assert len(by_device) == 500
    for several in by_device.values():
        assert len({one.split for one in several}) == 1
        assert len({one.device for one in several}) == 1
        assert len({one.seed for one in several}) == len({one.start_S for one in several}) == 6


@pytest.mark.parametrize("d2d", [None, SPREADS["ten_percent"]], ids=["nominal", "d2d"])
def test_the_split_is_80_10_10(d2d):
    names, counts = np.unique([one.split for one in drawn(2000, d2d=d2d)], return_counts=True)
    shares = dict(zip(names, counts / 2000, strict=True))
    for name, share in (("train", 0.8), ("validation", 0.1), ("test", 0.1)):
        assert abs(shares[name] - share) < 5 * np.sqrt(share * (1 - share) / 2000)


def test_the_same_records_in_every_kind_of_cell():
    """Devices, walks, starts and targets do not depend on what is around the device."""
    others = [ouro.Cell1R(DEVICE), ouro.Cell1T1R(DEVICE), ouro.Crossbar(2, 2, ouro.Cell1T1R(DEVICE)).cell_at(1, 1)]
    own = drawn(5)
    for cell in others:
        assert drawn(5, cell) == own


def test_the_number_of_records_does_not_matter():
    assert drawn(40)[:10] == drawn(10)
    assert drawn(10, seed=4) != drawn(10)


def test_edges_are_uniform_in_the_logarithm():
    found = drawn(2000, rise_s=(0.2e-9, 10e-9), fall_s=3e-9)
    shares = np.log([one.rise_s / 0.2e-9 for one in found]) / math.log(50)
    assert kstest(shares, "uniform").pvalue > 1e-3
    assert {one.fall_s for one in found} == {3e-9}
    assert abs(np.corrcoef(shares, [one.start_S for one in found])[0, 1]) < 0.08


@given(n=st.integers(1, 60), seed=st.integers(0, 1000))
@settings(max_examples=20, deadline=None)
def test_stratified_records_lie_one_in_each_part(n, seed):
    parts = math.isqrt(n)
    found = drawn(n, seed=seed, sampling="stratified", d2d=None)[: parts**2]
    places = {
        (int((one.start_S - LOW) / (HIGH - LOW) * parts), int((one.target_S - LOW) / (HIGH - LOW) * parts))
        for one in found
    }
    assert len(places) == parts**2


def test_listed_records_are_those_of_the_list():
    table = {
        "g_start_S": [120e-6, 300e-6, 900e-6],
        "g_target_S": [200e-6, 250e-6, 900e-6],
        "rise_s": [1e-9, 2e-9, 3e-9],
    }
    found = drawn(3, sampling="listed", table=table, d2d=None)
    # what a device cannot have: the nearest that it can
    assert [one.start_S for one in found] == pytest.approx([120e-6, 300e-6, HIGH], rel=1e-9)
    assert [one.target_S for one in found] == [200e-6, 250e-6, 900e-6]
    assert [one.rise_s for one in found] == [1e-9, 2e-9, 3e-9]
    assert {one.fall_s for one in found} == {2e-9}


edge = st.one_of(st.floats(1e-12, 1e-7), st.tuples(st.floats(1e-12, 1e-9), st.floats(1e-9, 1e-7)))


@given(
    n=st.integers(1, 10**6), seed=st.integers(0, 2**60), rise_s=edge, fall_s=edge,
    d2d=st.sampled_from([None, *SPREADS.values(), "yu"]), start=st.sampled_from(["stationary", "nominal"]),
    sampling=st.sampled_from(["uniform", "stratified"]), per_device=st.integers(1, 9), step_s=st.floats(1e-10, 1e-6),
)  # fmt: skip
@settings(max_examples=50, deadline=None)
def test_settings_make_the_recipe_again(**values):
    recipe = Recipe(pair=PAIR, **values)
    assert Recipe.from_settings(json.loads(json.dumps(recipe.settings))) == recipe
    assert recipe.settings["limit_s"] == 4 * PAIR.total_s


@pytest.mark.parametrize(
    ("changes", "what"),
    [
        ({"n": 0}, "n = 0"), ({"seed": -1}, "seed = -1"), ({"per_device": 0}, "per_device"),
        ({"step_s": 0.0}, "step_s"), ({"step_s": 1e-5}, "step_s"), ({"rise_s": 0.0}, "rise_s"),
        ({"rise_s": (2e-9, 1e-9)}, "shortest edge"), ({"fall_s": (1e-9, 2e-9, 3e-9)}, "fall_s"),
        ({"start": "warm"}, "start 'warm' is unknown; there is stationary, nominal"),
        ({"sampling": "gauss"}, "sampling 'gauss' is unknown"), ({"d2d": "wide"}, "wide"),
        ({"sampling": "listed"}, "needs a table"), ({"table": {"g_start_S": [1.0]}}, "no other sampling"),
        ({"sampling": "listed", "table": {"g_start_S": [1e-4] * 5}}, "lacks the column g_target_S"),
        ({"sampling": "listed", "table": {"g_start_S": [1e-4], "g_target_S": [1e-4]}}, "has 1 rows; n = 5"),
        ({"sampling": "listed", "table": {"g_start_S": [1e-4] * 5, "g_target_S": [1e-4, np.nan] * 3}}, "row 1: nan"),
    ],
)  # fmt: skip
def test_what_makes_no_sense_is_told(changes, what):
    with pytest.raises(ValueError, match=what):
        Recipe(**{"n": 5, "seed": 0, "pair": PAIR} | changes)


def test_settings_of_something_else_are_told():
    with pytest.raises(ValueError, match="not the settings of an extracted dataset"):
        Recipe.from_settings({"n": 3})


@given(steps=st.integers(0, 10**8))
def test_histories_are_thinned_by_the_smallest_power_of_two(steps):
    every = stride(steps)
    assert steps // every + 1 <= HISTORY_POINTS
    assert every == 1 or steps // (every // 2) + 1 > HISTORY_POINTS
    assert every & (every - 1) == 0


def test_the_closer_side_of_a_crossing():
    assert closest(99.0, 102.0, 100.0)
    assert not closest(98.0, 101.0, 100.0)
    assert not closest(99.0, 101.0, 100.0)
