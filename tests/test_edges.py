"""Edges of pulses: closed forms, limits, one long pulse against many short ones, a correction that is tested."""

from __future__ import annotations

import dataclasses
import json
import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import ouro_spice as ouro
from ouro_spice.compact.jart import jart_characteristics as characteristics
from ouro_spice.dataset.edge_effects import ideal_pulse
from ouro_spice.dataset.edge_effects.edge_study import edges
from ouro_spice.dataset.edge_effects.effective_width import Alphas
from ouro_spice.dataset.edge_effects.ideal_pulse import DIRECTIONS, Ideal

DEVICE = ouro.jart_vcm_v1b(window=True)
CELL = ouro.CompactCell(DEVICE)
PAIR = ouro.Pair(-0.41428, 0.85403, 60e-6)
WALKING = CELL.replace(device=DEVICE.replace(walk=ouro.Walk()))
SMALL = {"voltages": PAIR, "counts": (1, 10, 30), "edges_s": (2e-9, 20e-9), "starts": 2, "heldout": 4}
SHORT = SMALL | {"counts": (1,), "edges_s": (5e-9,), "starts": 1, "heldout": 1}


@pytest.fixture(scope="module")
def found():
    """One study that several tests look at."""
    return edges(CELL, **SMALL | {"heldout": 12})


def same(one, two):
    """Whether two studies have found exactly the same."""
    frames = ("frame", "heldout", "fitted", "left_out")
    return one.alphas == two.alphas and all(getattr(one, name).equals(getattr(two, name)) for name in frames)


# ---- the correction


@pytest.mark.parametrize(
    ("model", "total_s"), [("full", 60e-6), ("full", 1e-6), ("full", 10e-3), ("reduced", 60e-6), ("tud", 60e-6)]
)
def test_alphas_are_the_closed_form(model, total_s):
    """Where N stands still, a straight edge counts for the mean of rate(x V) / rate(V) over x from 0 to 1."""
    cell = ouro.CompactCell(DEVICE, model=model)
    edge_s = 1e-4 * total_s
    found = edges(cell, **SHORT | {"voltages": ouro.pair(cell, total_s), "edges_s": (edge_s,)})
    x = np.linspace(0, 1, 4001)
    for direction, n in zip(DIRECTIONS, DEVICE.bounds, strict=True):
        volts = found.voltages.amplitude(1 if direction == "set" else -1)
        share = np.trapezoid(characteristics.rate(DEVICE, x * volts, n, model), x) / characteristics.rate(
            DEVICE, volts, n, model
        )
        alphas = found.alphas[direction]
        assert 0.02 < share < 0.08
        assert (alphas.rise, alphas.fall) == pytest.approx((share, share), rel=0.02)
        assert alphas.residual_s < 0.05 * share * edge_s


def test_rise_and_fall_count_alike_where_a_pulse_hardly_moves_the_device(found):
    rows = found.fitted[found.fitted.width_s < 11e-9]
    swapped = rows.rename(columns={"rise_s": "fall_s", "fall_s": "rise_s"})
    both = rows.merge(swapped, on=["direction", "g_start_S", "width_s", "rise_s", "fall_s"], suffixes=("", "_swapped"))
    assert len(both) == len(rows) == 8
    extra, swapped = (both[name] - both.width_s for name in ("effective_s", "effective_s_swapped"))
    assert np.allclose(extra, swapped, rtol=0.02)


def test_the_correction_holds_for_pulses_outside_the_fit(found):
    for direction in DIRECTIONS:
        tested = found.heldout[found.heldout.direction == direction]
        assert len(tested) == 12
        for name in ("time_error", "change_error"):
            plain, corrected = (tested[which].abs().to_numpy() for which in (name, f"{name}_corrected"))
            assert np.median(corrected) < 0.1 * np.median(plain)
            assert corrected.max() < 0.2 * plain.max()
        # without it a pulse does more than its width says, never less
        assert (tested.time_error < 0).all()


def test_held_out_pulses_are_new_ones(found):
    keys = ["g_start_S", "width_s", "rise_s", "fall_s"]
    assert found.heldout.merge(found.fitted, on=keys).empty
    assert found.heldout.rise_s.between(2e-9, 20e-9).all() and found.heldout.fall_s.between(2e-9, 20e-9).all()
    assert not found.heldout.equals(
        edges(CELL, **SMALL | {"heldout": 12, "counts": (1,), "starts": 1, "seed": 1}).heldout
    )


@given(
    st.tuples(st.floats(0.0, 0.5), st.floats(0.0, 0.5)),
    st.lists(st.tuples(st.floats(1e-10, 1e-7), st.floats(1e-10, 1e-7)), min_size=4, max_size=9),
)
def test_least_squares_finds_what_there_is(shares, pairs):
    rise, fall = np.array([*pairs, (1e-7, 1e-9), (1e-9, 1e-7)]).T
    alphas = Alphas.of(rise, fall, shares[0] * rise + shares[1] * fall)
    assert (alphas.rise, alphas.fall) == pytest.approx(shares, abs=1e-9)
    assert max(alphas.rise_error, alphas.fall_error) < 1e-8
    pulse = ouro.Pulse(0.8, 1e-8, 2e-9, 4e-9)
    assert alphas.effective_s(pulse) == pytest.approx(1e-8 + shares[0] * 2e-9 + shares[1] * 4e-9)


def test_the_standard_errors_are_those_of_many_draws():
    """Errors that grow with the edges: the estimates scatter as they say themselves."""
    rng = np.random.default_rng(5)
    rise, fall = rng.uniform(1e-9, 2e-8, (2, 60))
    fits = [
        Alphas.of(rise, fall, 0.04 * (rise + fall) * (1 + 0.1 * rng.standard_normal(len(rise)))) for _ in range(400)
    ]
    assert np.mean([fit.rise for fit in fits]) == pytest.approx(0.04, rel=0.01)
    scatter = np.std([fit.rise for fit in fits])
    assert np.mean([fit.rise_error for fit in fits]) == pytest.approx(scatter, rel=0.15)


# ---- one long pulse and many short ones


def test_one_short_pulse_is_the_long_pulse(found):
    once = found.frame[found.frame["count"] == 1]
    assert len(once) == 8
    assert (once.g_split_S == once.g_long_S).all()
    assert (once.difference == 0).all() and (once.expected == 0).all() and once.extra_s.isna().all()


def test_the_long_pulse_goes_half_way(found):
    low, high = CELL.window_S
    once = found.frame[(found.frame["count"] == 1) & (found.frame.rise_s == 2e-9)]
    half = (once.g_start_S + np.where(once.direction == "set", high, low)) / 2
    assert np.allclose(once.g_long_S, half, rtol=2e-3)


def test_edges_make_short_pulses_do_more_and_the_correction_says_how_much(found):
    many = found.frame[found.frame["count"] > 1]
    assert (many.difference > 0).all()
    clear = many[many.rise_s * many["count"] > 100e-9]
    assert np.allclose(clear.difference, clear.expected, rtol=0.06)
    for direction in DIRECTIONS:
        alphas, mine = found.alphas[direction], clear[clear.direction == direction]
        assert np.allclose(mine.extra_s, (alphas.rise + alphas.fall) * mine.rise_s, rtol=0.06)


def test_more_pulses_and_longer_edges_make_larger_differences(found):
    for _, rows in found.frame.groupby(["direction", "g_start_S", "rise_s"]):
        assert (np.diff(rows.difference) > 0).all()
    for _, rows in found.frame[found.frame["count"] > 1].groupby(["direction", "g_start_S", "count"]):
        assert (np.diff(rows.difference) > 0).all()


def test_without_edges_there_is_no_difference():
    none = edges(CELL, **SMALL | {"edges_s": (1e-12,), "heldout": 1})
    assert none.frame.difference.abs().max() < 1e-3
    assert none.heldout.time_error.abs().max() < 1e-3


def test_what_the_window_stops_has_no_time():
    """300 edges of 3 us count for more than the rest of the window: the short pulses end at its end."""
    stopped = edges(CELL, **SHORT | {"counts": (300,), "edges_s": (3e-6,)}).frame
    assert np.allclose(stopped.g_split_S, CELL.window_S[::-1], rtol=1e-3)
    assert stopped.extra_s.isna().all()
    assert (stopped.difference > 0.3).all() and np.allclose(stopped.difference, stopped.expected)


def test_pulses_below_a_nanosecond_are_left_out_and_named():
    found = edges(CELL, **SHORT | {"counts": (1, 10, 10**6)})
    assert set(found.frame["count"]) == {1, 10}
    assert list(found.left_out["count"]) == [10**6, 10**6]
    assert list(found.left_out.direction) == list(DIRECTIONS)
    assert (found.left_out.width_s < 1e-9 * 10**6).all()
    assert [row["count"] for row in found.summary["left_out"]] == [10**6, 10**6]


# ---- the walk


def test_a_walk_that_stands_still_changes_nothing(found):
    still = ouro.Walk(kick=0, progress=0, kick_min=0, kick_max=0)
    walked = edges(CELL.replace(device=DEVICE.replace(walk=still)), **SMALL | {"heldout": 12})
    assert walked.alphas == found.alphas and walked.heldout.equals(found.heldout)
    for name in ("g_start_S", "g_long_S", "g_split_S"):
        assert np.allclose(walked.frame[name], found.frame[name], rtol=1e-3)


def test_both_sides_have_the_same_walk():
    """Without edges the clocks agree: what is left is far below what another seed makes."""
    quick = SHORT | {"counts": (1, 30), "edges_s": (1e-12,)}
    one, other = (edges(WALKING, **quick, seed=seed).frame for seed in (1, 2))
    assert (one.difference[one["count"] == 1] == 0).all()
    split = one[one["count"] == 30]
    assert split.difference.abs().max() < 0.02
    scatter = (other.g_long_S - one.g_long_S) / (one.g_long_S - one.g_start_S)
    assert scatter.abs().max() > 0.2
    # r and l have forgotten where they began
    assert not np.allclose(one.g_start_S, other.g_start_S, rtol=1e-3)


def test_the_fit_is_that_of_the_device_without_its_walk():
    walked = edges(WALKING, **SHORT, seed=3)
    assert walked.alphas == edges(CELL, **SHORT, seed=3).alphas


def test_the_walk_per_half_cycle_is_one_for_all_pulses_of_a_direction():
    cell = CELL.replace(device=DEVICE.replace(walk=ouro.HalfCycleWalk()))
    frame = edges(cell, **SHORT | {"counts": (1, 30), "edges_s": (1e-12,)}).frame
    assert frame.difference.abs().max() < 2e-3


# ---- any number of workers, interruptions


def test_any_number_of_workers_finds_the_same():
    one, three = (edges(WALKING, **SMALL | {"counts": (1, 10), "starts": 1}, workers=workers) for workers in (1, 3))
    assert same(one, three)


def test_an_interrupted_study_goes_on(tmp_path, monkeypatch):
    calls, last = [], [math.inf]

    def counted(*arguments, **options):
        if len(calls) >= last[0]:
            raise KeyboardInterrupt
        calls.append(1)
        return ouro.simulate(*arguments, **options)

    monkeypatch.setattr(ideal_pulse, "simulate", counted)
    small = SMALL | {"starts": 1, "workers": 1}
    whole, total = edges(WALKING, **small), len(calls)
    assert whole.kept is None
    for _ in range(2):
        calls.clear()
        last[0] = int(0.35 * total)
        with pytest.raises(KeyboardInterrupt):
            edges(WALKING, **small, out=tmp_path)
    calls.clear()
    last[0] = math.inf
    again = edges(WALKING, **small, out=tmp_path)
    assert same(whole, again)
    assert len(calls) < 0.6 * total
    assert again.kept.parent == tmp_path and again.kept.is_file()
    # another study has a file of its own
    other = edges(WALKING, **small | {"counts": (1,), "edges_s": (2e-9,)}, out=tmp_path)
    assert other.kept != again.kept


# ---- what is wrong


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"counts": ()}, r"counts = \(\) must be one or more numbers"),
        ({"counts": (0, 1)}, "counts = 0 must be a whole number"),
        ({"counts": (2.5,)}, "counts = 2.5"),
        ({"counts": 10}, "counts = 10 must be one or more"),
        ({"counts": "10"}, "counts = '10' must be one or more"),
        ({"edges_s": ()}, "edges_s"),
        ({"edges_s": (0.0,)}, "edges_s = 0 is outside"),
        ({"edges_s": (1e-9, math.nan)}, "edges_s = nan"),
        ({"edges_s": (4e-6,)}, r"edges_s = 4e-06 is outside its legal range \[1e-12, 3e-06\] s"),
        ({"starts": 0}, "starts = 0"),
        ({"heldout": 0}, "heldout = 0"),
        ({"seed": -1}, "seed = -1"),
        ({"workers": 0}, "workers = 0"),
        ({"voltages": 0.5}, "voltages = 0.5 must be an ouro_spice.Pair"),
        ({"voltages": ouro.Pair(-0.3, 0.85, 60e-6)}, "a SET of -0.3 V does not cross the window in 1.5 x total_s = 9e"),
        ({"voltages": ouro.Pair(-0.42, 0.6, 60e-6)}, "a RESET of 0.6 V does not cross"),
    ],
)
def test_wrong_options(options, message):
    with pytest.raises(ValueError, match=message):
        edges(CELL, **SHORT | options)


def test_counts_that_no_start_allows():
    with pytest.raises(ValueError, match=r"counts = 1000000: each pulse would be below 1 ns, as .*e-05 s wide"):
        edges(CELL, **SHORT | {"counts": (10**6, 10**7)})


@pytest.mark.parametrize(
    ("cell", "message"),
    [
        ("cell", "str: edges takes a Cell1R"),
        (ouro.Cell1R(ouro.Resistor(1e4)), "with a memristor"),
        (ouro.Crossbar(1, 2, ouro.Cell1R(DEVICE)).row(0, (0, 1)), r"cols = \(0, 1\): edges takes one cell"),
    ],
)
def test_what_is_no_single_cell_with_a_memristor(cell, message):
    with pytest.raises(ValueError, match=message):
        edges(cell, **SHORT)


# ---- the results as such


def test_the_summary_is_json_with_units_in_its_names(found):
    summary = json.loads(json.dumps(found.summary, allow_nan=False))
    assert (summary["v_set_V"], summary["v_reset_V"], summary["total_s"]) == (-0.41428, 0.85403, 60e-6)
    for direction in DIRECTIONS:
        assert summary[direction]["alphas"] == dataclasses.asdict(found.alphas[direction])
        assert summary[direction]["heldout"]["pulses"] == 12
        rows = pd.DataFrame(summary[direction]["differences"])
        assert list(rows["count"]) == [1, 1, 10, 10, 30, 30] and (rows.starts == 2).all()
        assert (rows["mean"] <= rows.largest).all()


def test_the_figure_shows_every_start_and_edge(found):
    from ouro_spice.reporting.edge_figures import draw

    left, right, errors = draw(found).axes
    for ax in (left, right):
        assert len(ax.get_lines()) == 2 * 2 * 2  # starts, edges, points and lines
        assert [text.get_text() for text in ax.get_legend().get_texts()] == ["2 ns", "20 ns"]
    assert len(errors.get_lines()) == 4


def test_gate_voltages_of_the_pair_are_those_of_the_cell():
    voltages = ouro.Pair(-0.6, 1.3, 60e-6, gate_set=1.4, gate_reset=2.2)
    made = Ideal.of(ouro.Cell1T1R(WALKING.device), voltages, ouro.Ngspice())
    assert (made.cell.transistor.v_set, made.cell.transistor.v_reset) == (1.4, 2.2)
    assert made.cell.device.walk is None and (made.low, made.high) == DEVICE.bounds


@pytest.mark.ngspice
def test_a_1r_cell_in_spice_is_as_its_compact_model(found):
    spice = edges(ouro.Cell1R(DEVICE), **SMALL | {"counts": (1, 10), "starts": 1, "heldout": 1})
    for direction in DIRECTIONS:
        assert spice.alphas[direction].rise == pytest.approx(found.alphas[direction].rise, rel=0.05)
        assert spice.alphas[direction].fall == pytest.approx(found.alphas[direction].fall, rel=0.08)
    many = spice.frame[(spice.frame["count"] == 10) & (spice.frame.rise_s == 20e-9)]
    model = found.frame[(found.frame["count"] == 10) & (found.frame.rise_s == 20e-9)]
    assert np.allclose(many.difference, model.groupby("direction", sort=False).difference.first(), rtol=0.2)


@pytest.mark.ngspice
@pytest.mark.parametrize("array", [False, True], ids=["1t1r", "cell of an array"])
def test_a_cell_with_transistor_and_lines(tmp_path, array):
    cell, quick = ouro.Cell1T1R(DEVICE), {"counts": (1, 10), "edges_s": (20e-9,), "starts": 1, "heldout": 1}
    if array:
        lines = ouro.Lines(r_bl=2, r_wl=2, c_bl=1e-15, c_wl=1e-15)
        cell = ouro.Crossbar(1, 2, ouro.Cell1R(DEVICE, lines=lines)).cell_at(0, 1)
        quick |= {"counts": (2,), "voltages": ouro.Pair(-0.418, 0.857, 60e-6)}
    spice = edges(cell, **quick, out=tmp_path)
    for direction in DIRECTIONS:
        alphas = spice.alphas[direction]
        assert 0.03 < alphas.rise < 0.05 and 0.03 < alphas.fall < 0.05
        tested = spice.heldout[spice.heldout.direction == direction]
        assert tested.time_error_corrected.abs().max() < 0.5 * tested.time_error.abs().max()
    many = spice.frame[spice.frame["count"] > 1]
    assert np.allclose(many.difference, many.expected, rtol=0.15)
    # all of it is read again, no pulse is sent
    assert same(spice, edges(cell, **quick | {"voltages": spice.voltages}, out=tmp_path))
