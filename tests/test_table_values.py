"""Tables of pulse times, small enough to say by hand what they answer, and the parts of their making."""

from __future__ import annotations

import dataclasses
import json
import math

import numpy as np
import pytest
from analytic_device import CELL, PAIR, g_after, needed_s, records

import ouro_spice as ouro
from ouro_spice import Table
from ouro_spice.dataset.recipe import LIMIT
from ouro_spice.evaluation.noise_floor import Trials
from ouro_spice.prediction import table_fit, table_store
from ouro_spice.prediction.domain import TARGET, Domain
from ouro_spice.provenance.manifest import describe
from ouro_spice.spice.tasks import Nothing

MANIFEST = describe(CELL, pair=PAIR, rise_s=3e-9, fall_s=4e-9)
AXIS = np.array([1e-4, 2e-4, 4e-4])
DOMAIN = Domain({"g_start_S": (1e-4, 4e-4), "dg_S": (-3e-4, 3e-4), TARGET: (1e-4, 4e-4)}, 9)
LOG_TIME = np.log(1e-9) + np.arange(18.0).reshape(2, 3, 3)


def small(log_time=LOG_TIME, smooth=False, still=0.0, axis_S=AXIS, **more):
    return Table(axis_S, log_time, smooth, still, MANIFEST, DOMAIN, **more)


# ---- settings


def test_a_table_without_settings_is_the_documented_one():
    one = small()
    assert (one.any_circuit, one.shortest_s, one.growth, one.turn, one.name) == (False, 1e-9, 1.5, 0.7, "table")
    assert one.knows == "training data" and one.checkpoint == one.sha256
    with pytest.raises(dataclasses.FrozenInstanceError):
        one.growth = 2.0
    assert one == one and one != small() and len({one, small()}) == 2 and "manifest" not in repr(one)


@pytest.mark.parametrize(
    ("name", "low", "high"),
    [("still", 0, 1), ("shortest_s", 1e-12, 1.0), ("growth", 1, 10), ("turn", 0.01, 1)],
)
def test_both_ends_of_a_legal_range_are_legal_and_nothing_beyond_them(name, low, high):
    for value in (low, high):
        assert getattr(small().replace(**{name: value}), name) == value
    for value in (math.nextafter(low, -math.inf), math.nextafter(high, math.inf)):
        with pytest.raises(ValueError, match="is outside its legal range"):
            small().replace(**{name: value})


@pytest.mark.parametrize("axis_S", [[1e-4], [0.0, 1e-4], [-1e-4, 1e-4], [1e-4, 1e-4], [2e-4, 1e-4], np.ones((2, 2))])
def test_an_axis_has_two_ascending_points_at_least(axis_S):
    assert len(small(np.zeros((2, 2, 2)), axis_S=[1e-4, 2e-4]).axis_S) == 2
    with pytest.raises(ValueError, match="axis_S"):
        small(np.zeros((2, 2, 2)), axis_S=axis_S)


def test_what_a_table_is_tuned_over():
    every = small(still=0.1).candidates()
    assert [(one.growth, one.turn) for one in every] == [
        (growth, turn) for growth in (1.0, 1.25, 1.5, 2.0, 3.0) for turn in (1.0, 0.7, 0.5, 0.35, 0.25, 0.15, 0.1)
    ]
    assert all(one.still == 0.1 and one.log_time is not None and one.manifest is MANIFEST for one in every)


def test_what_fit_passes_on(monkeypatch):
    """Of trials a band of .2 unless another is named, of records none; the ends of all ranges are legal."""
    seen = []
    made = {f.name: getattr(small(), f.name) for f in dataclasses.fields(Table)}
    monkeypatch.setattr(table_fit, "from_trials", lambda *given: seen.append(given[1:]) or made)
    monkeypatch.setattr(table_fit, "from_records", lambda *given: seen.append(given[1:]) or made)
    trials, data = pairs(8, 8), records(10)
    for given in ({}, {"band": 1e-6, "seed": 3}, {"band": 1.0, "bins": 1000}):
        Table.fit(trials, **given)
        Table.fit(data, **given)
    assert seen == [(0.2, 0), (None, 20), (1e-6, 3), (1e-6, 20), (1.0, 0), (1.0, 1000)]
    Table.fit(data, bins=2)
    for wrong in ({"band": 0.9e-6}, {"band": 1.0 + 1e-9}, {"bins": 1}, {"bins": 1001}, {"seed": -1}):
        with pytest.raises(ValueError, match=next(iter(wrong))):
            Table.fit(data, **wrong)


# ---- answers


def test_every_question_gets_the_time_of_the_nearest_point():
    """Parts of the axis end half way between points; a row is a start, a column a target, the first part SET."""
    one = small()
    for start, i in ((0.5e-4, 0), (1.49e-4, 0), (1.51e-4, 1), (2.99e-4, 1), (3.01e-4, 2), (9e-4, 2)):
        for target, j in ((0.4e-4, 0), (1.48e-4, 0), (1.52e-4, 1), (2.98e-4, 1), (3.02e-4, 2), (8e-4, 2)):
            way = 0 if target > start else 1
            assert one.answer(start, target - start) == pytest.approx((-1) ** way * np.exp(LOG_TIME[way, i, j]))


def test_between_points_the_logarithm_of_the_time_is_linear_in_those_of_the_conductances():
    """Bilinear, beyond the axis its end; times are those over abs(ln(target / start))."""
    one = small(smooth=True)
    for start, a in ((1e-4, 0.0), (1.3e-4, math.log2(1.3)), (2e-4, 1.0), (3.5e-4, math.log2(3.5)), (9e-4, 2.0)):
        for target, b in ((0.5e-4, 0.0), (1.7e-4, math.log2(1.7)), (2.1e-4, math.log2(2.1)), (4e-4, 2.0), (8e-4, 2.0)):
            way = 0 if target > start else 1
            log_time = np.log(1e-9) + 9 * way + 3 * a + b  # linear in all indices
            expected = (-1) ** way * np.exp(log_time) * abs(math.log(target / start))
            assert one.answer(start, target - start) == pytest.approx(expected, rel=1e-9)


def test_within_the_still_distance_of_the_target_no_pulse_is_sent():
    for smooth in (False, True):
        one = small(smooth=smooth, still=0.25)
        for dg, sign in ((0.24, 0), (0.26, 1), (-0.24, 0), (-0.26, -1), (0.25, 0)):
            target = 2.0**-12  # exact in binary, and so is a quarter of it
            assert np.sign(one.answer(target * (1 - dg), target * dg)) == sign
        assert small(smooth=smooth).answer(2e-4, 0.0) == 0
    # a target below 0 is one of 1e-12 S: still a RESET
    assert small().answer(2e-4, -3e-4) < 0 and np.isfinite(small(smooth=True).answer(2e-4, -3e-4))
    assert small(smooth=True).answer(2e-4, -3e-4) == pytest.approx(
        -np.exp(LOG_TIME[1, 1, 0]) * np.log(2e-4 / 1e-12), rel=1e-9
    )


def test_pulses_of_a_write_end_at_the_shortest_and_the_longest():
    one = small(np.full((2, 3, 3), np.log(1e-9)), shortest_s=5e-9, growth=10.0, turn=0.01)
    assert one.next_pulse(3e-4, [2e-4]).width == 5e-9
    assert one.next_pulse(3e-4, [2e-4] * 150).width == LIMIT * PAIR["total_s"]  # 10 ** 149 times 1 ns
    assert one.next_pulse(3e-4, [2e-4, 3.5e-4] * 90).width == 5e-9  # .01 ** 179 times 1 ns
    assert [one.next_pulse(target, [2e-4]).amplitude for target in (3e-4, 1.5e-4)] == [PAIR["v_set"], PAIR["v_reset"]]


def test_after_99_pulses_in_a_row_or_99_crossings_a_factor_stays():
    one = small(np.full((2, 3, 3), np.log(1e-7)), growth=1.01, turn=0.99)
    for count, power in ((1, 0), (2, 1), (60, 59), (100, 99), (130, 99)):
        assert one.next_pulse(3e-4, [2e-4] * count).width == pytest.approx(1e-7 * 1.01**power, rel=1e-9)
        readings = np.resize([2e-4, 3.5e-4], count).tolist()
        assert one.next_pulse(3e-4, readings).width == pytest.approx(1e-7 * 0.99**power, rel=1e-9)


# ---- of trials


def pairs(up, down, m=2, widths=33) -> Trials:
    """So many pairs that need a SET, so many that need a RESET, which go a straight way in ln g."""
    most = max(up, down)
    low, high = np.geomspace(1e-4, 1.5e-4, most), np.geomspace(3e-4, 4e-4, most)
    high = high[np.random.default_rng(1).permutation(most)]
    start, target = np.concatenate([low[:up], high[:down]]), np.concatenate([high[:up], low[:down]])
    g = np.repeat(start[:, None, None] * (target / start)[:, None, None] ** np.linspace(0, 2, widths), m, axis=1)
    return Trials(start, target, np.full(up + down, 2e-6), g, MANIFEST)


def test_eight_pairs_in_either_direction_and_two_trajectories_are_enough():
    made = table_fit.from_trials(pairs(8, 8), 0.1, 5)
    assert len(made["axis_S"]) == 64 == table_fit.POINTS and made["log_time"].shape == (2, 64, 64)
    assert made["axis_S"][[0, -1]] == pytest.approx([1e-4, 4e-4])
    assert np.diff(np.log(made["axis_S"])) == pytest.approx(np.log(4) / 63)
    assert made["smooth"] is True and made["still"] == 0.1
    how = made["manifest"].settings["table"]
    assert {name: how[name] for name in ("of", "band", "seed", "pairs", "trajectories")} == {
        "of": "trials", "band": 0.1, "seed": 5, "pairs": 16, "trajectories": 2
    }  # fmt: skip
    assert list(how["held_out"]) == ["0.001", "0.01", "0.03", "0.1", "0.3", "1"]
    assert how["smoothing"] == 1e-3 and "table" not in MANIFEST.settings  # of equals the first
    assert made["domain"].records == 16 and made["domain"].ranges["g_start_S"] == pytest.approx((1e-4, 4e-4))
    low, high = made["domain"].ranges["dg_S"]
    assert -3e-4 <= low < -1.5e-4 and 1.5e-4 < high <= 3e-4
    for trials, what in ((pairs(7, 8), "7 pairs need a SET"), (pairs(8, 7), "7 pairs need a RESET")):
        with pytest.raises(ValueError, match=f"{what} to be within 0.1 of their targets: at least 8"):
            table_fit.from_trials(trials, 0.1, 0)
    with pytest.raises(ValueError, match="1 trajectories a pair"):
        table_fit.from_trials(pairs(8, 8, m=1), 0.1, 0)


def test_times_of_trials_are_those_in_the_middle_of_the_band():
    """The way is straight in ln g and reaches its target after 1 us: a table knows the slope everywhere."""
    trials = pairs(12, 12, widths=513)
    made = Table(**table_fit.from_trials(trials, 0.01, 0))
    found = made.answer(trials.start_S, trials.target_S - trials.start_S)
    assert found == pytest.approx(1e-6 * trials.direction, rel=0.02)


def test_a_surface_stays_within_a_factor_of_e_of_its_values():
    rng = np.random.default_rng(0)
    points = rng.uniform(-9, -8, (20, 2))
    values = points @ [3.0, 0.0]
    rows = np.arange(20) < 12
    found = table_fit._surface(points, values, rows, 1e-3, np.array([[-30.0, -8.5], [20.0, -8.5], points[3]]))
    assert found == pytest.approx([values[rows].min() - 1, values[rows].max() + 1, values[3]], abs=0.05)


def test_pairs_are_dealt_out_evenly_to_eight_parts():
    way = np.resize([1.0, 1.0, -1.0], 90)
    nodes = np.arange(90) % 5 != 0
    part = table_fit._parts(nodes, way, 4)
    assert set(part) == set(range(8))
    for sign in (1.0, -1.0):
        counts = np.bincount(part[nodes & (way == sign)], minlength=8)
        assert counts.max() - counts.min() <= 1
    assert np.array_equal(part, table_fit._parts(nodes, way, 4))
    assert not np.array_equal(part, table_fit._parts(nodes, way, 5))


def test_every_pair_held_out_is_judged_by_the_surface_of_the_others():
    trials = pairs(16, 16, m=3, widths=257)
    way = trials.direction
    far = np.abs(np.log(trials.target_S / trials.start_S))
    points, values = np.log([trials.start_S, trials.target_S]).T, np.log(1e-6 / far)
    every = np.ones(32, bool)
    assert table_fit._held_out(trials, 0.1, points, values, every, 1e-3, 0, Nothing()) == 1.0
    # nodes that are 1.0 off in the logarithm of the time miss, and take their neighbours with them
    wrong = values + np.where(way > 0, 1.0, 0.0)
    assert table_fit._held_out(trials, 0.1, points, wrong, every, 1e-3, 0, Nothing()) == 0.5


# ---- of records


def test_a_grid_is_filled_from_the_nearest_and_keeps_what_it_has():
    grid = np.array([[1.0, np.nan], [np.nan, np.nan], [np.nan, 5.0]])
    found = table_fit.fill_gaps(grid)
    assert found[0].tolist() == [1.0, 1.0] and found[2].tolist() == [5.0, 5.0]
    assert table_fit.fill_gaps(found) is not grid and np.array_equal(table_fit.fill_gaps(found), found)


def test_most_hits_are_in_the_middle_of_the_widths_that_hit():
    log_width = np.linspace(-20.0, -10.0, 81)
    inside = np.abs(log_width + 15) < 1.01
    hits = np.stack([inside, inside, np.abs(log_width + 11) < 0.3])
    assert table_fit._most(log_width, hits, np.arange(3)) == pytest.approx(-15.0, abs=1e-9)
    assert table_fit._most(log_width, hits, np.array([2])) == pytest.approx(-11.0, abs=1e-9)
    # none at all: of all that are as good, the middle one
    assert table_fit._most(log_width, np.zeros((1, 81), bool), np.array([0])) == log_width[40]


@pytest.mark.parametrize(("points", "best"), [(2, -12.0), (4, -17.0)])
def test_hits_are_smoothed_over_three_tenths_of_the_logarithm(points, best):
    """One history hits over 2.5 around -12, two hit at a few neighbouring widths around -17.

    By the Gaussian of sigma .3 the two come to 2 * .32 or 2 * .6, the one to nearly 1; a third of its variance would
    let the two win with 2 widths already, four times its sigma would not let them win with 4.
    """
    log_width = np.linspace(-20.0, -10.0, 81)
    few = np.zeros(81, bool)
    few[24 - points // 2 : 24 + (points + 1) // 2] = True
    found = table_fit._most(log_width, np.stack([few, few, np.abs(log_width + 12) < 1.26]), np.arange(3))
    assert found == pytest.approx(best, abs=0.3)


def test_widths_go_from_half_the_shortest_time_to_twice_the_longest():
    data = records(40, histories=True)
    rows = data.reached("train")
    target, time_s = rows.g_target_S.to_numpy(), rows.t_pulse_s.to_numpy()
    log_width, hits = table_fit._hits(data, target, np.append(time_s[:-1], 0.0), 0.1)
    some = np.abs(time_s[:-1])
    assert len(log_width) == 80 and np.exp(log_width[[0, -1]]) == pytest.approx([some.min() / 2, some.max() * 2])
    assert np.diff(log_width) == pytest.approx(log_width[1] - log_width[0])
    for row, width in ((0, 30), (3, 50), (7, 79)):
        way = np.sign(time_s[row])
        g = g_after(rows.g_start_S.iloc[row], way * np.exp(log_width[width]))
        known = np.exp(log_width[width]) <= 2 * abs(time_s[row])
        off = abs(g / target[row] - 1)
        if abs(off - 0.1) > 0.01:  # the record is interpolated
            assert hits[row, width] == (known and off < 0.1)


def test_records_whose_pulse_went_the_other_way_take_no_part():
    """Also those without a pulse: neither says what a pulse towards the target does."""
    data = records(300)
    frame = data.frame.copy()
    wrong = np.arange(300) % 6 == 0
    frame.loc[wrong, "t_pulse_s"] *= np.where(np.arange(300)[wrong] % 12 == 0, -1e3, 0.0)
    # one that was at its target, far above all others, and had nothing to do
    frame.loc[6, ["g_start_S", "g_sense_start_S", "g_target_S"]] = 530e-6
    made = table_fit.from_records(ouro.PulseDataset(frame, data.manifest), None, 4)
    plain = table_fit.from_records(ouro.PulseDataset(frame[~wrong], data.manifest), None, 4)
    assert made["manifest"].settings["table"]["records"] == int(np.sum(~wrong & (frame.split == "train")))
    assert made["log_time"] == pytest.approx(plain["log_time"], abs=0.3) and made["domain"] == plain["domain"]
    assert made["smooth"] is False and made["still"] == 0.0


def test_single_pulses_make_no_table_for_a_band():
    """Their histories are two points; the medians of their times need none."""
    single = records(200, histories=True, history_points=2)
    with pytest.raises(ValueError, match="the records are single pulses: band=None takes the medians"):
        table_fit.from_records(single, 0.2, 4)
    made = table_fit.from_records(single, None, 4)
    assert np.array_equal(made["log_time"], table_fit.from_records(records(200), None, 4)["log_time"])
    with pytest.raises(ValueError, match="the dataset has none; band=None takes the times"):
        table_fit.from_records(records(200), 0.2, 4)
    assert table_fit.from_records(records(200, histories=True), 0.2, 4)["manifest"].settings["table"]["band"] == 0.2


def test_the_axis_of_records_are_the_middles_of_even_bins():
    data = records(400)
    rows = data.reached("train")
    low, high = (f(f(rows.g_start_S), f(rows.g_target_S)) for f in (min, max))
    made = table_fit.from_records(data, None, 5)
    assert made["axis_S"] == pytest.approx(low + (high - low) * (np.arange(5) + 0.5) / 5)
    change = rows.g_target_S - rows.g_start_S
    ranges = {"g_start_S": rows.g_start_S, "dg_S": change, TARGET: rows.g_target_S}
    assert made["domain"] == Domain({name: (one.min(), one.max()) for name, one in ranges.items()}, len(rows))
    typical = needed_s(made["axis_S"][0], made["axis_S"][4])
    assert np.exp(made["log_time"][0, 0, 4]) == pytest.approx(typical, rel=0.3)


# ---- files


def test_files_that_are_none_are_said(tmp_path):
    (tmp_path / "a file").write_text("x")
    for path in (tmp_path / "missing", tmp_path / "a file" / "table.npz"):
        with pytest.raises(ValueError, match=f"no table {path}"):
            Table.load(path)
    with pytest.raises(ValueError, match=r"not an ouro_spice table: .* is a folder"):
        Table.load(tmp_path)


def test_a_hash_is_that_of_all_that_decides_the_answers_and_of_nothing_else():
    one = small()
    others = [
        one.replace(axis_S=AXIS * 1.01), one.replace(log_time=LOG_TIME + 1e-9), one.replace(smooth=True),
        one.replace(still=0.1), one.replace(any_circuit=True), one.replace(shortest_s=2e-9), one.replace(growth=2.0),
        one.replace(turn=0.5), one.replace(name="other"), one.replace(manifest=describe(CELL, pair=PAIR)),
    ]  # fmt: skip
    assert len({one.sha256, *(other.sha256 for other in others)}) == len(others) + 1
    assert one.sha256 == small().sha256 == one.replace(domain=Domain({"dg_S": (0.0, 1.0)}, 1)).sha256
    assert len(one.sha256) == 64 and table_store.digest(one) == one.sha256


@pytest.mark.parametrize("plain", ['{"smooth": false}', "[]", '"text"', "1"])
def test_settings_that_are_none_of_a_table_are_refused(tmp_path, plain):
    path = small().save(tmp_path / "table.npz")
    with np.load(path, allow_pickle=False) as file:
        arrays = dict(file)
    assert set(json.loads(str(arrays["plain"]))) == set(table_store._PLAIN)
    np.savez(path, **(arrays | {"plain": np.array(plain)}))
    with pytest.raises(ValueError, match="or is damaged: its settings are none of a table"):
        Table.load(path)
    np.savez(path, **(arrays | {"sha256": np.array("0" * 64)}))
    with pytest.raises(ValueError, match="or is damaged: its content does not fit its hash"):
        Table.load(path)
