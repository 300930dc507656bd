"""Comparisons: cells from manifests, matched records, ratios, distances, splits that add up, pulses played."""

from __future__ import annotations

import dataclasses
import io
import json
import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from test_array_cli import answer, ouro  # noqa: F401 - the command line in this process
from test_cli import one_line

from ouro_spice import (
    Cell1R,
    Cell1T1R,
    CompactCell,
    Crossbar,
    Driver,
    HalfCycleWalk,
    Lines,
    Pair,
    Process,
    Read,
    ReadNoise,
    Resistor,
    Sense,
    Transistor,
    Walk,
    WriteDriver,
    extract,
    jart_vcm_v1b,
)
from ouro_spice.dataset.comparison import matched_statistics, replay
from ouro_spice.dataset.comparison.attribution import chain
from ouro_spice.dataset.comparison.comparison import compare
from ouro_spice.dataset.comparison.operand import ComparedDataset
from ouro_spice.dataset.comparison.ratio_split import Split
from ouro_spice.dataset.comparison.verdict import verdict
from ouro_spice.provenance.manifest import Manifest, describe
from ouro_spice.provenance.rebuild import rebuilt
from ouro_spice.reporting.comparison_figures import distributions
from ouro_spice.reporting.comparison_page import TABLE_HEAD, table_row, write_comparison

WALKING = jart_vcm_v1b(window=True, walk=Walk())
CELL, N, SEED = CompactCell(WALKING), 40, 5
PAIR = Pair(-0.414269, 0.854029, 60e-6)
OTHER = CompactCell(WALKING, resistance=400.0)
STEPS = ["edges of A off", "model form", "series resistance", "edges"]


def like(data, cell, **changes):
    """The records of a dataset in another cell."""
    recipe = data.recipe
    table = {name: data.frame[name].to_numpy(float) for name in ("g_start_S", "g_target_S", "rise_s", "fall_s")}
    table |= {name: np.full(len(data.frame), value) for name, value in changes.items()}
    return extract(cell, len(data.frame), recipe.seed, sampling=table, workers=1)


def changed(data, **columns):
    """A dataset with other columns."""
    return dataclasses.replace(data, frame=data.frame.assign(**columns))


def plain(a, b, **options):
    return compare(a, b, split=False, play=False, **options)


@pytest.fixture
def undrawn(monkeypatch):
    """Figures are made, but not drawn into files: that takes longest, and others look at it."""
    buffer = io.BytesIO()
    Image.new("RGB", (2, 2)).save(buffer, format="png")

    def save(_, path, **__):
        path.write(buffer.getvalue()) if isinstance(path, io.BytesIO) else path.write_bytes(buffer.getvalue())

    monkeypatch.setattr("matplotlib.figure.Figure.savefig", save)


@pytest.fixture(scope="module")
def data():
    """Records of a compact cell that all reach their targets."""
    found = extract(CELL, N, SEED, voltages=PAIR, workers=1)
    assert (found.frame.outcome == "reached").all()
    return found


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    """Two folders: the reduced model, and the full one behind a resistance with slow edges."""
    place = tmp_path_factory.mktemp("sides")
    reduced = extract(CompactCell(WALKING, "reduced"), N, SEED, place / "a", workers=1)
    table = {name: reduced.frame[name].to_numpy(float) for name in ("g_start_S", "g_target_S")}
    extract(OTHER, N, SEED, place / "b", workers=1, sampling=table, rise_s=20e-9, fall_s=5e-9)
    return place / "a", place / "b"


@pytest.fixture(scope="module")
def whole(folders):
    """The full comparison of them."""
    return compare(*folders, workers=1, n_split=N)


# ---- cells from manifests

SHARES = st.floats(0.9, 1.1)
WALKS = st.one_of(st.none(), st.builds(Walk, step_s=st.sampled_from((1e-8, 1e-6))), st.builds(HalfCycleWalk))
DEVICES = st.builds(
    lambda r, l, walk, noise, window, kind: jart_vcm_v1b(  # noqa: E741
        window, kind, walk=walk, read_noise=noise, r=45e-9 * r, l=0.4 * l
    ),
    SHARES, SHARES, WALKS, st.one_of(st.none(), st.builds(ReadNoise)), st.booleans(),
    st.sampled_from(("compiled", "behavioural")),
)  # fmt: skip
OHMS = st.floats(0, 100)
LINES_1R = st.builds(Lines, r_bl=OHMS, r_wl=OHMS, c_bl=st.floats(0, 1e-13), contact=OHMS)
DRIVERS = st.one_of(st.builds(Driver, OHMS), st.builds(WriteDriver, w=st.floats(1e-5, 1e-4)))
SENSES = st.one_of(st.none(), st.builds(Sense, bits=st.one_of(st.none(), st.integers(1, 16))))
AROUND = {
    "driver": DRIVERS, "sense": SENSES, "read": st.builds(Read, width=st.floats(1e-8, 1e-6)),
    "process": st.builds(Process, corner=st.sampled_from(("tt", "ss"))),
}  # fmt: skip
CELLS_1R = st.builds(Cell1R, st.one_of(DEVICES, st.builds(Resistor, st.floats(1e3, 1e5))), LINES_1R, **AROUND)
CELLS_1T1R = st.builds(
    Cell1T1R, DEVICES, st.builds(Lines, r_sl=OHMS, c_sl=st.floats(0, 1e-13)),
    transistor=st.builds(Transistor, w=st.floats(1e-6, 5e-5)), **AROUND,
)  # fmt: skip
COMPACT = st.builds(CompactCell, DEVICES, st.sampled_from(("full", "reduced", "tud")), OHMS)


@st.composite
def selections(draw):
    array = Crossbar(2, 3, draw(st.one_of(CELLS_1R.filter(lambda c: not isinstance(c.device, Resistor)), CELLS_1T1R)))
    if draw(st.booleans()):
        array = array.draw(np.random.default_rng(draw(st.integers(0, 9))))
    return array.cell_at(draw(st.integers(0, 1)), draw(st.integers(0, 2)), draw(st.sampled_from(("full", "frozen"))))


@given(st.one_of(CELLS_1R, CELLS_1T1R, COMPACT, selections()))
def test_a_cell_comes_back_from_its_manifest(cell):
    manifest = Manifest.from_json(describe(cell, seed=1).to_json())
    assert rebuilt(manifest) == cell


def test_a_linear_array_keeps_its_resistors():
    cell = Crossbar(1, 2, Cell1R(WALKING)).resistors([[1e4, 2e4]]).cell_at(0, 1)
    assert rebuilt(Manifest.from_json(describe(cell).to_json())) == cell


def test_a_manifest_of_something_else_is_refused(tmp_path):
    manifest = describe(CELL)
    cell = json.loads(json.dumps(manifest.cell))
    device = cell["device"]
    for wrong, text in (
        ({"cell": {"kind": "measurement"}}, "describes 'measurement', no cell"),
        ({"circuit": "0" * 64}, "made with other models"),
        ({"cell": cell | {"more": 1}}, "made with other models"),
        ({"cell": cell | {"device": device | {"more": 1}}}, "made with other models"),
        ({"cell": cell | {"resistance": 1.0}}, "made with other models"),
    ):
        with pytest.raises(ValueError, match=text):
            rebuilt(dataclasses.replace(manifest, **wrong))
    models = tmp_path / "own.lib"
    models.write_text(".model nmos_io nmos level=1\n.model pmos_io pmos level=1\n")
    with pytest.raises(ValueError, match=r"process of your own \(own.lib\)"):
        rebuilt(describe(Cell1T1R(WALKING, process=Process(models, corner=None))))


# ---- records beside each other


def test_twice_the_time_is_a_ratio_of_two_everywhere(data):
    found = plain(data, changed(data, t_pulse_s=2 * data.frame.t_pulse_s))
    assert np.allclose(found.frame.log10_ratio, math.log10(2))
    ratio = found.summary["ratio"]
    assert ratio["both"]["records"] == N == ratio["SET"]["records"] + ratio["RESET"]["records"]
    assert ratio["both"]["median_log10"] == pytest.approx(math.log10(2))
    assert ratio["both"]["sem_log10"] == pytest.approx(0, abs=1e-12)
    there = found.map.dropna()
    assert np.allclose(there.median_log10_ratio, math.log10(2))
    assert found.map.records.sum() == N
    assert "factor of 2.00" in found.verdict


def test_a_dataset_against_itself_is_alike(data):
    found = plain(data, data)
    assert (found.frame.log10_ratio == 0).all()
    assert (found.ks.ks == 0).all()
    assert "alike" in found.verdict
    assert "No distribution" in found.verdict


def test_outcomes_are_counted_and_have_no_ratio(data):
    outcome = data.frame.outcome.to_numpy().copy()
    outcome[:3], outcome[3] = "not_reached", "simulation_failed"
    found = plain(data, changed(data, outcome=outcome))
    assert found.outcomes.loc["reached"].to_dict() == {"reached": N - 4, "not_reached": 3, "simulation_failed": 1}
    assert found.outcomes.to_numpy().sum() == N
    assert list(found.frame.log10_ratio.isna()) == [True] * 4 + [False] * (N - 4)
    assert plain(data, data).outcomes.shape == (2, 2)


def test_the_shorter_dataset_sets_the_number_of_records(data):
    short = extract(CELL, 7, SEED, voltages=PAIR, workers=1)
    found = plain(data, short)
    assert list(found.frame.record) == list(range(7))
    assert np.allclose(found.frame.log10_ratio, 0)


def test_a_start_that_a_window_does_not_allow_is_left_out_and_told(folders, whole):
    """The reduced window begins at 94 uS, and its conductance knows no r and l: some starts the full model has not."""
    clipped = whole.frame[~whole.frame.start_same]
    assert 0 < len(clipped) < N / 4
    assert clipped.log10_ratio.isna().all()
    assert whole.summary["starts_clipped"] == len(clipped)
    assert f"{len(clipped)} begin elsewhere" in whole.verdict
    assert not set(clipped.record) & set(whole.played.record)
    assert (whole.ks.groupby("direction").records_a.first().sum()) == N - len(clipped)


def test_sides_of_other_records_are_refused(data):
    settings = data.manifest.settings
    middle = data.frame.g_start_S.where(data.frame.record != 4, 300e-6)
    target = data.frame.g_target_S * 1.01
    thick = describe(CELL.replace(device=WALKING.replace(r=46e-9)), **settings)
    for other, text in (
        (extract(CELL, 3, SEED + 1, voltages=PAIR, workers=1), f"seed is {SEED} in A and {SEED + 1} in B"),
        (extract(CELL, 3, SEED, voltages=PAIR, workers=1, d2d=None), "d2d is "),
        (extract(CELL, 3, SEED, voltages=PAIR, workers=1, step_s=1e-9), "step_s is 1e-08 in A and 1e-09 in B"),
        (dataclasses.replace(data, manifest=thick), "the device's r is 4.5e-08 in A and 4.6e-08 in B"),
        (changed(data, g_target_S=target), "g_target_S of record 0 is "),
        (changed(data, g_start_S=middle), "g_start_S of record 4 is .* uS in A and 300 uS in B"),
        (changed(data, seed=data.frame.seed + 1), "column seed"),
    ):
        with pytest.raises(ValueError, match=rf"not of the same records: .*{text}.*extract --like A"):
            plain(data, other)


def test_what_is_no_dataset_is_refused(data, tmp_path):
    with pytest.raises(ValueError, match="B = 3 must be a PulseDataset"):
        plain(data, 3)
    with pytest.raises(ValueError, match="holds no dataset"):
        plain(tmp_path, data)
    with pytest.raises(ValueError, match="n_split"):
        compare(data, data, n_split=0)
    with pytest.raises(ValueError, match="A lacks records"):
        plain(dataclasses.replace(data, frame=data.frame.iloc[3:]), data)
    strange = dataclasses.replace(data, manifest=dataclasses.replace(data.manifest, settings={}))
    with pytest.raises(ValueError, match="B: these are not the settings of an extracted dataset"):
        plain(data, strange)
    measured = dataclasses.replace(data, manifest=dataclasses.replace(data.manifest, cell={"kind": "measurement"}))
    with pytest.raises(ValueError, match="A holds measured pulses"):
        plain(measured, data)


# ---- statistics


@given(st.lists(st.floats(-9, -3), min_size=1, max_size=20), st.lists(st.floats(-9, -3), min_size=1, max_size=20))
def test_distance_is_that_of_kolmogorov_and_smirnov(x, y):
    wanted = max(abs(np.mean(np.array(x) <= t) - np.mean(np.array(y) <= t)) for t in x + y)
    assert matched_statistics.ks(np.array(x), np.array(y)) == pytest.approx(wanted, abs=1e-12)


def test_distance_has_its_closed_forms():
    x = np.arange(10.0)
    assert matched_statistics.ks(x, x + 100) == 1
    assert matched_statistics.ks(x, x + 2.5) == pytest.approx(0.3)
    assert math.isnan(matched_statistics.ks(x, np.empty(0)))


def test_the_limit_is_what_swaps_of_two_values_in_each_row_stay_within():
    """Of n rows whose pairs lie apart from all others a swap moves one step: the distance is 1 / n, never more."""
    rng, n = np.random.default_rng(1), 20
    apart = 10.0 * np.arange(n)[:, None] + [0.0, 1.0]
    assert matched_statistics.swapped_limit(apart, np.full((n, 2), True), rng) == pytest.approx(1 / n)
    # one side above all of the other: a walk of n steps of 1 / n, and the same back; 95 % of sup |W| are below 2.2414
    shifted = np.arange(400.0)[:, None] + [0.0, 1e3]
    found = matched_statistics.swapped_limit(shifted, np.full((400, 2), True), rng)
    assert found == pytest.approx(2.2414 / math.sqrt(400), rel=0.1)
    assert matched_statistics.swapped_limit(shifted[:3], np.array([[True, False]] * 3), rng) <= 1
    assert matched_statistics.swapped_limit(np.ones((5, 2)), np.full((5, 2), True), rng) == 0


def test_matched_records_tell_what_independent_samples_would_hide():
    """Times that differ a thousandfold from record to record, all 30 % longer on one side: plain to see, in pairs."""
    rng = np.random.default_rng(2)
    times = 10 ** rng.uniform(-8, -5, 100)
    frame = pd.DataFrame({
        "start_same": True, "direction": "SET", "g_start_S": 150e-6, "outcome_a": "reached", "outcome_b": "reached",
        "t_a_s": times, "t_b_s": 1.3 * times * 10 ** rng.normal(0, 0.05, 100), "log10_ratio": math.log10(1.3),
    })  # fmt: skip
    (_, row) = matched_statistics.distances(frame).itertuples()
    assert row.ks_5_percent < row.ks < 1.358 * math.sqrt(2 / 100)
    same = frame.assign(t_b_s=times * 10 ** rng.normal(0, 0.05, 100))
    assert (matched_statistics.distances(same).ks <= matched_statistics.distances(same).ks_5_percent).all()


def test_ranges_hold_each_record_once(data):
    table = plain(data, data).ks
    for direction, rows in table.groupby("direction"):
        first, *others = rows.itertuples()
        assert (
            first.records_a
            == sum(row.records_a for row in others)
            == (plain(data, data).frame.direction == direction).sum()
        )
        assert all(math.isclose(row.g_start_high_S - row.g_start_low_S, 100e-6) for row in others)


def test_shares_count_failures_as_misses():
    found = matched_statistics.shares(pd.Series([0.05, 0.15, 0.3, math.nan]))
    assert [found[f"within_{k}_percent"] for k in (50, 20, 10)] == [0.75, 0.5, 0.25]
    assert found["median"] == pytest.approx(0.225)
    assert matched_statistics.shares(pd.Series([], dtype=float)) == {"records": 0}


def test_spread_is_that_of_the_values():
    found = matched_statistics.spread(pd.Series([1.0, 2.0, 3.0, math.nan]))
    assert (found["records"], found["mean_log10"], found["median_log10"]) == (3, 2, 2)
    assert found["sem_log10"] == pytest.approx(1 / math.sqrt(3))
    assert math.isnan(matched_statistics.spread(pd.Series([1.0]))["sem_log10"])


# ---- the split


def side(name, cell, data):
    return ComparedDataset(name, dataclasses.replace(data, manifest=describe(cell, **data.manifest.settings)))


LINES = Lines(2, 3, 4, 1e-15, 2e-15, 3e-15, contact=5)
ARRAY = Crossbar(3, 3, Cell1T1R(WALKING, LINES, Driver(50)))
FIT = WALKING.replace(realisation="tud")


@pytest.mark.parametrize(
    ("first", "second", "names"),
    [
        (CELL, CELL, ["edges of A off", "edges"]),
        (CompactCell(WALKING, "reduced"), Cell1R(WALKING), ["edges of A off", "model form", "SPICE itself", "edges"]),
        (CompactCell(WALKING, "tud"), Cell1R(FIT), ["edges of A off", "SPICE itself", "edges"]),
        (Cell1R(WALKING), Cell1R(WALKING.replace(realisation="behavioural")),
         ["edges of A off", "plain sources", "edges"]),
        (CELL, ARRAY.cell_at(2, 2), ["edges of A off", "SPICE itself", "series resistance", "line RC",
                                     "access transistor", "edges", "array"]),
        (Cell1R(WALKING), Cell1R(WALKING, driver=WriteDriver()), ["edges of A off", "driver transistors", "edges"]),
        (ARRAY.cell_at(0, 0), ARRAY.cell_at(2, 2), ["edges of A off", "array of A off", "edges", "array"]),
        (ARRAY.cell_at(2, 2), Cell1R(WALKING), ["edges of A off", "array of A off", "series resistance", "line RC",
                                                "access transistor", "edges"]),
    ],
)  # fmt: skip
def test_what_differs_is_switched_one_after_the_other(data, first, second, names):
    data = dataclasses.replace(data, manifest=describe(CELL, **data.manifest.settings | {"voltages": "60us"}))
    steps = chain(side("A", first, data), side("B", second, data))
    assert [step.name for step in steps] == names
    assert steps[-1].after.build() == second  # which has the default read, and no sense path
    assert all(step.after.voltages is None for step in steps)


def test_given_voltages_are_steps_of_their_own(data):
    steps = chain(ComparedDataset("A", data), ComparedDataset("B", data))
    assert [step.name for step in steps] == ["voltages of A", "edges of A off", "edges", "voltages of B"]
    assert steps[-1].after.voltages == PAIR


def test_cells_that_are_alike_have_one_step_in_which_nothing_is_switched(data):
    settings = data.manifest.settings | {"voltages": "60us"}
    sharp = changed(data, rise_s=1e-12, fall_s=1e-12)
    sharp = dataclasses.replace(sharp, manifest=describe(CELL, **settings))
    assert [step.name for step in chain(ComparedDataset("A", sharp), ComparedDataset("B", sharp))] == ["same cell"]
    found = compare(sharp, sharp, play=False, n_split=5, workers=1).split
    assert (found.table.mean_log10.dropna() == 0).all()


def test_a_circuit_is_not_split_into_a_compact_cell(data):
    with pytest.raises(ValueError, match="name the compact one first"):
        chain(side("A", Cell1R(WALKING), data), side("B", CELL, data))


def test_the_parts_add_up_to_the_whole(whole):
    """Means over the same records telescope; the direct ratio is that of the comparison itself."""
    split, table = whole.split, whole.split.table
    assert list(split.steps) == STEPS
    direct = whole.frame.set_index("record").log10_ratio[split.common.index]
    assert len(direct) > N / 2
    assert np.allclose(split.common[STEPS[-1]] - split.common["A"], direct, atol=1e-12)
    for direction, rows in table.groupby("direction"):
        *steps, total = rows.itertuples()
        assert total.step == "A to B"
        assert sum(row.mean_log10 for row in steps) == pytest.approx(total.mean_log10, abs=1e-12)
        assert steps[-1].cumulative_log10 == pytest.approx(total.cumulative_log10, abs=1e-12)
        wanted = len(direct) if direction == "both" else (split.directions[direct.index] == direction).sum()
        assert {row.records for row in rows.itertuples()} == {wanted}
    both = table[table.direction == "both"].set_index("step")
    assert both.mean_log10["A to B"] == pytest.approx(direct.mean(), abs=1e-12)
    # 400 Ohm in series need more voltage for the same traverse; a step between is as wide as its edges
    assert both.v_reset_V["series resistance"] > both.v_reset_V["model form"] + 0.05
    assert abs(both.mean_log10["edges of A off"]) < 0.02
    assert np.allclose(both.v_set_V["series resistance"], both.v_set_V["edges"], rtol=1e-3)


def test_edges_make_pulses_shorter():
    """An edge of 200 ns does part of the work: widths are shorter by the time that it is worth."""
    sharp = extract(CELL, N, SEED, workers=1, rise_s=1e-12, fall_s=1e-12)
    found = compare(sharp, like(sharp, CELL, rise_s=200e-9, fall_s=200e-9), play=False, n_split=N, workers=1)
    assert list(found.split.steps) == ["edges"]
    assert found.split.table.mean_log10.iloc[0] < -0.02


def test_a_record_that_one_cell_does_not_reach_is_in_no_step():
    times = pd.DataFrame({"A": [0.0, 0.0, 0.0], "one": [1.0, math.nan, 2.0], "two": [1.0, 5.0, 3.0]})
    split = Split(("one", "two"), (PAIR,) * 3, times, pd.Series(["SET", "SET", "RESET"]))
    both = split.table[split.table.direction == "both"]
    assert list(both.records) == [2, 2, 2]
    assert list(both.mean_log10) == [1.5, 0.5, 2.0]
    assert list(both.cumulative_log10) == [1.5, 2.0, 2.0]


def test_the_split_goes_on_from_its_folder(folders, whole, tmp_path):
    first = compare(*folders, play=False, workers=1, n_split=6, out=tmp_path)
    parts = sorted(path.name.rsplit("-", 1)[0] for path in (tmp_path / "split").iterdir())
    assert parts == ["edges-of-a-off", "model-form", "series-resistance"]
    written = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*.parquet")}
    again = compare(*folders, play=False, workers=1, n_split=6, out=tmp_path)
    assert written == {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*.parquet")}
    assert len(written) == 3
    pd.testing.assert_frame_equal(first.split.log10_s, again.split.log10_s)
    pd.testing.assert_frame_equal(first.split.log10_s, whole.split.log10_s.head(6))


# ---- pulses played


def test_own_pulse_times_played_end_where_they_ended(data):
    found = compare(data, data, split=False, workers=1).played
    assert np.allclose(found.g_end_played_S, found.g_end_own_S, rtol=5e-3)
    assert np.median(np.abs(found.g_end_played_S / found.g_end_own_S - 1)) < 1e-4
    assert (found.result == "OK").all()


def test_foreign_pulse_times_end_worse_than_own_ones(whole):
    summary = whole.summary
    assert summary["played"]["records"] == summary["own"]["records"] == len(whole.played)
    assert summary["played"]["within_20_percent"] < summary["own"]["within_20_percent"]
    assert summary["own"]["median"] < 0.02


def test_a_longer_pulse_goes_further(data):
    longer = compare(changed(data, t_pulse_s=1.5 * data.frame.t_pulse_s), data, split=False, workers=1).played
    sets = longer.direction == "SET"
    edge = 1e-6  # a device at the end of its window stays there, but for its walk
    assert (longer.g_end_played_S > longer.g_end_own_S * (1 - edge))[sets].mean() > 0.8
    assert (longer.g_end_played_S < longer.g_end_own_S * (1 + edge))[~sets].mean() > 0.8


def test_played_pulses_go_on_where_they_were_interrupted(data, tmp_path, monkeypatch):
    done, simulate = [], replay.simulate

    def stopping(*arguments, **more):
        if len(done) == 5:
            raise KeyboardInterrupt
        done.append(arguments)
        return simulate(*arguments, **more)

    monkeypatch.setattr(replay, "simulate", stopping)
    with pytest.raises(KeyboardInterrupt):
        compare(data, data, split=False, workers=1, out=tmp_path)
    monkeypatch.setattr(replay, "simulate", lambda *a, **k: done.append(a) or simulate(*a, **k))
    found = compare(data, data, split=False, workers=1, out=tmp_path)
    assert len(done) == N
    assert found.kept.is_file()
    pd.testing.assert_frame_equal(found.played, compare(data, data, split=False, workers=2).played)


# ---- words and files


def test_the_verdict_follows_its_rules(whole):
    summary = whole.summary
    shares = {"records": 10, "median": 0.1, "within_50_percent": 1.0, "within_10_percent": 0.1}
    for theirs, ours, words in (
        (0.95, 0.97, "A stands for B."),
        (0.85, 0.97, "only roughly"),
        (0.5, 0.97, "does not stand for B"),
        (0.1, 0.2, "tells nothing of A"),
    ):
        played, own = ({**shares, "within_20_percent": share} for share in (theirs, ours))
        assert words in verdict(summary | {"played": played, "own": own})
    step = {"step": "line RC", "mean_log10": 0.1, "sem_log10": 0.2}
    split = {"records": 9, "steps": [step], "total_log10": 0.1}
    assert "No step of the split stands out" in verdict(summary | {"split": split})
    split["steps"].append(step | {"step": "edges", "mean_log10": -0.5})
    assert "The largest part is edges (-0.500 +- 0.200 decades)" in verdict(summary | {"split": split})
    row = {"direction": "SET", "g_start_low_S": 1e-4, "g_start_high_S": 2e-4, "ks": 0.9, "ks_5_percent": 0.5}
    calm = row | {"ks": 0.95, "ks_5_percent": 0.97}
    told = verdict(summary | {"ks": [calm, row]})
    assert "most in SET from 100 to 200 uS (KS 0.90, chance 0.50); 1 of 2 are further apart" in told
    # matched records of few, or wide, factors say little of their median
    ratio = {"records": 100, "mean_log10": 0.2, "sem_log10": 0.04, "median_log10": 0.1}
    for q25, q75, n, words in (
        (0.0, 0.2, 100, "differ by a factor of 1.26"),
        (-0.3, 0.5, 100, "The factor from A to B is 1.26"),
        (0.1, 0.1, 5, "which the scatter of so few records can make"),
    ):
        given = ratio | {"records": n, "q25_log10": q25, "q75_log10": q75}
        assert words in verdict(summary | {"ratio": {"both": given}})


def test_nothing_reached_is_said_and_drawn(data, tmp_path, monkeypatch):
    from matplotlib.figure import Figure

    drawn = Figure.savefig
    monkeypatch.setattr(
        Figure, "savefig", lambda f, p, **k: drawn(f, p, **k) if k["format"] == "png" else p.write_text("-")
    )
    found = compare(data, changed(data, outcome="not_reached"), split=False, workers=1)
    assert f"None of {N} records can be compared: {N} are not reached on both sides." in found.verdict
    assert found.summary["played"]["records"] == N
    nothing = compare(changed(data, outcome="not_reached"), data, split=False, workers=1)
    assert nothing.summary["played"] == {"records": 0}
    paths = write_comparison(nothing, tmp_path)
    assert {"compare.html", "summary.json", "map.png", "ks.csv"} <= set(paths)


def test_few_records_have_curves_of_all_starts_or_none(data, tmp_path, undrawn):
    few = dataclasses.replace(data, frame=data.frame.head(6).assign(record=range(6)))
    found = plain(few, few)
    panels = [ax for ax in distributions(found).axes if ax.get_visible()]
    assert panels and all(ax.get_lines() for ax in panels)
    one = plain(*[dataclasses.replace(data, frame=data.frame.head(1))] * 2)
    assert distributions(one) is None
    assert "ks.png" not in write_comparison(one, tmp_path)
    assert "no curves to be drawn" in (tmp_path / "compare.html").read_text()


@pytest.mark.usefixtures("blank_pictures")
def test_files_and_table_hold_what_was_found(whole, data, tmp_path):
    paths = write_comparison(whole, tmp_path)
    figures = {f"{stem}.{kind}" for stem in ("map", "split", "ks", "played") for kind in ("png", "svg", "csv")}
    assert set(paths) == figures | {"compare.csv", "split_records.csv", "summary.json", "compare.html"}
    summary = json.loads(paths["summary.json"].read_text())
    assert summary["a"]["cell"] == "compact, reduced"
    assert summary["b"]["cell"] == "compact, full, 400 Ohm"
    assert (summary["b"]["rise_s"], summary["b"]["fall_s"]) == ([20e-9] * 2, [5e-9] * 2)
    assert len(pd.read_csv(paths["compare.csv"])) == N
    page = paths["compare.html"].read_text()
    assert summary["verdict"].split(".")[0] in page
    assert page.count("<img") == 4
    row, head = table_row(summary), TABLE_HEAD.splitlines()[0]
    assert row.count("|") == head.count("|")
    assert f"{10 ** summary['ratio']['both']['median_log10']:.2f}" in row
    bare = table_row(plain(data, data).summary)
    assert bare.count("|") == head.count("|")
    assert bare.endswith("| - | - | - |")


# ---- the command line


def test_command(ouro, folders, tmp_path, undrawn):  # noqa: F811
    options = ("--n-split", 5, "--workers", 1, "--out", tmp_path)
    found = answer(ouro("compare", *folders, *options, "--json"))
    assert found["records"] == N
    assert [step["step"] for step in found["split"]["steps"]] == STEPS
    assert (tmp_path / "compare.html").is_file()
    assert not list(tmp_path.glob("unfinished-*"))
    told = ouro("compare", *folders, "--no-split", "--no-play", "--out", tmp_path / "short")
    assert told.returncode == 0
    assert "compare.html" in told.stdout
    assert not (tmp_path / "short" / "played.csv").exists()


def test_command_says_what_is_wrong(ouro, folders, tmp_path):  # noqa: F811
    extract(CELL, 3, SEED + 1, tmp_path / "other", voltages=PAIR, workers=1)
    for arguments, text in (
        ((folders[0], tmp_path), "holds no dataset"),
        ((folders[0], tmp_path / "other"), "not of the same records"),
    ):
        done = ouro("compare", *arguments, "--out", tmp_path / "out")
        assert done.returncode == 2
        assert text in one_line(done)


# ---- in SPICE


@pytest.mark.ngspice
def test_own_pulse_times_played_into_a_cell_of_an_array_end_where_they_ended():
    """A record's walk is the same wherever its cell stands, in the array's second column, too."""
    cell = Crossbar(1, 2, Cell1R(WALKING)).cell_at(0, 1)
    own = extract(cell, 2, SEED, voltages=Pair(-0.45, 0.9, 6e-6), workers=1)
    found = compare(own, own, split=False, workers=1).played
    assert np.allclose(found.g_end_played_S, found.g_end_own_S, rtol=5e-4)


@pytest.mark.ngspice
def test_the_full_compact_model_is_the_1r_circuit():
    a = extract(CELL, 6, SEED, workers=2)
    b = like(a, Cell1R(WALKING))
    found = compare(a, b, n_split=6, workers=2)
    assert list(found.split.steps) == ["edges of A off", "SPICE itself", "edges"]
    assert found.frame.start_same.all()
    t_a, t_b = (np.abs(found.frame[name]) for name in ("t_a_s", "t_b_s"))
    # a step of 10 ns, and what a thousandth in the pair's time is worth where the target is hardly reached
    assert (np.abs(t_b - t_a) < 1.5e-8 + 0.02 * t_a).all()
    played = found.summary["played"]
    assert played["within_20_percent"] == 1
    assert "A stands for B" in found.verdict
