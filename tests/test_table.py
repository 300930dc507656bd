"""Tables of pulse times: exact where nothing is left to chance, sane where nothing was seen, and theirs to refuse."""

from __future__ import annotations

import json
import warnings

import numpy as np
import pytest
from analytic_device import CELL, HIGH_S, LOW_S, PAIR, AnalyticFleet, g_after, grid, needed_s, records
from hypothesis import given, settings
from hypothesis import strategies as st

import ouro_spice as ouro
from ouro_spice import OutsideTraining, Table
from ouro_spice.dataset.recipe import LIMIT, Recipe
from ouro_spice.evaluation.bands import BANDS, within
from ouro_spice.evaluation.noise_floor import Trials
from ouro_spice.evaluation.trajectories import _Law
from ouro_spice.experiment.bench import Bench
from ouro_spice.experiment.bench_table import bench_table
from ouro_spice.experiment.benchmark import benchmark
from ouro_spice.experiment.campaigns import finite
from ouro_spice.prediction.table_fit import fill_gaps, from_trials, thin_plate
from ouro_spice.provenance.manifest import describe

MANIFEST = describe(CELL, pair=PAIR, rise_s=3e-9, fall_s=4e-9)
COMPACT = ouro.CompactCell(ouro.jart_vcm_v1b(window=True, walk=ouro.Walk()), "reduced")
VOLTAGES = ouro.Pair(-0.4162, 0.8587, 60e-6)


def followed(p=150, m=4, sigma=0.0, seed=0, beyond=3.0, widths=601, manifest=MANIFEST) -> Trials:
    """Trials of the analytic device, ln of the slowness ~ N(0, sigma), to targets within its window."""
    rng = np.random.default_rng(seed)
    start, target = rng.uniform(LOW_S, HIGH_S, (2, p))
    t_max = np.maximum(beyond * np.abs(needed_s(start, target)) * np.exp(sigma), 1e-8)
    slow = np.exp(sigma * rng.standard_normal((p, m, 1)))
    time_s = (np.sign(target - start) * t_max)[:, None, None] * np.linspace(0, 1, widths)
    g = g_after(start[:, None, None], time_s / slow)
    return Trials(start, target, t_max, g.astype(np.float32), manifest)


@pytest.fixture(scope="module")
def exact():
    """The table of a device without noise, for a band that hardly leaves a choice."""
    return Table.fit(followed(300, 2), 0.01)


@pytest.fixture(scope="module")
def median():
    return Table.fit(records(4000))


# ---- of trials


def test_a_table_of_a_device_without_noise_has_its_times(exact):
    start, dg = grid()
    found = exact.predict(start, dg)
    assert np.all(np.sign(found) == np.sign(dg))
    # the band of 1 % and the grid of widths leave so much open
    off = np.abs(found / needed_s(start, start + dg) - 1)
    assert np.quantile(off, 0.95) < 0.06 and off.max() < 0.2
    ends = g_after(start, found)
    assert np.mean(np.abs(ends / (start + dg) - 1) < 0.02) > 0.95


def test_small_changes_have_small_times(exact):
    """Over abs(ln(target / start)) the time has no gap where a start is a target: pairs far from it say enough."""
    start = np.linspace(150e-6, 450e-6, 7)
    for dg in (15e-6, -15e-6):
        ratio = exact.predict(start, np.full(7, dg)) / needed_s(start, start + dg)
        # of pairs that are nearly within the band a time may be off by as much as the band is of the way
        assert np.all(np.abs(np.log(ratio)) < 0.5) and abs(np.median(np.log(ratio))) < 0.1


def test_inside_the_band_no_pulse_is_best():
    wide = Table.fit(followed(), 0.5)
    assert wide.predict(200e-6, [50e-6, -50e-6, 0.0]).tolist() == [0.0, 0.0, 0.0]
    assert wide.predict(200e-6, 210e-6) > 0 > wide.predict(500e-6, -300e-6)


def test_the_best_time_is_the_one_for_the_band():
    """Of devices that differ, the best time goes amid the times at which the band is entered and left."""
    trials = followed(150, 32, 0.8, widths=257)
    start, dg = grid()
    shares = {}
    for band in BANDS:
        table = Table.fit(trials, band)
        ends = g_after(start[..., None], table.answer(start, dg)[..., None] / np.exp(0.8 * NORMAL))
        hits = np.abs(ends / (start + dg)[..., None] - 1) <= band
        middle = g_after(start[..., None], needed_s(start, start + dg)[..., None] / np.exp(0.8 * NORMAL))
        shares[band] = hits.mean(), (np.abs(middle / (start + dg)[..., None] - 1) <= band).mean()
    assert all(mine > plain - 0.015 for mine, plain in shares.values()), shares
    assert shares[0.5][0] > shares[0.5][1] + 0.02, shares


NORMAL = np.random.default_rng(1).standard_normal(400)


def test_a_thin_plate_goes_through_its_nodes_and_knows_planes():
    rng = np.random.default_rng(0)
    points, values = rng.uniform(-9, -7, (30, 2)), rng.standard_normal(30)
    assert thin_plate(points, values, 0.0)(points) == pytest.approx(values, abs=1e-8)
    plane = points @ [2.0, -3.0] + 1.0
    for smoothing in (0.0, 0.1, 10.0):
        assert thin_plate(points, plane, smoothing)([[-8.0, -8.5]]) == pytest.approx([-16 + 25.5 + 1], abs=1e-6)


def test_the_smoothing_is_chosen_on_pairs_held_out():
    """Without noise the least smoothing is as good as any; what chance did to few trajectories is smoothed away."""
    noisy = from_trials(followed(150, 3, 0.6, widths=257), 0.1, 0)["manifest"].settings["table"]
    scores = noisy["held_out"]
    assert noisy["smoothing"] == max(scores, key=lambda one: scores[one]) or scores[f"{noisy['smoothing']:g}"] == max(
        scores.values()
    )
    assert noisy["smoothing"] > 1e-3 and 0 < max(scores.values()) < 1
    assert noisy == json.loads(json.dumps(noisy))


def test_the_manifest_says_how_a_table_was_made(exact, median):
    assert exact.manifest.circuit == MANIFEST.circuit and "table" not in MANIFEST.settings
    assert exact.manifest.settings["table"]["pairs"] == 300
    assert median.manifest.settings["table"] == {"of": "records", "band": None, "bins": 20, "records": 3200}
    assert exact.pair == ouro.Pair(**PAIR) and exact.edges() == (3e-9, 4e-9)


@pytest.mark.parametrize(
    ("trials", "band", "what"),
    [
        (followed(manifest=None), 0.1, "circuit"),
        (followed(m=1), 0.1, "two at least"),
        (followed(20), 0.5, "at least 8"),
        (followed(), 0.0, "band"),
        (followed(), "wide", "band"),
        ("trials", 0.1, "trials"),
    ],
)
def test_what_no_table_can_be_made_of_is_a_value_error(trials, band, what):
    with pytest.raises(ValueError, match=what):
        Table.fit(trials, band)


# ---- of records


def test_a_bin_has_the_median_of_its_times(median):
    data = records(4000)
    rows = data.reached("train")
    edges = np.linspace(min(rows.g_start_S.min(), rows.g_target_S.min()),
                        max(rows.g_start_S.max(), rows.g_target_S.max()), 21)  # fmt: skip
    i, j = (np.clip(np.digitize(rows[name], edges) - 1, 0, 19) for name in ("g_start_S", "g_target_S"))
    middles = (edges[1:] + edges[:-1]) / 2
    for a, b in ((3, 12), (12, 3), (18, 0), (7, 8)):
        times = rows.t_pulse_s[(i == a) & (j == b)]
        expected = np.sign(b - a) * np.exp(np.median(np.log(np.abs(times))))
        assert median.predict(middles[a], middles[b] - middles[a]) == pytest.approx(expected, rel=1e-12)


def test_on_the_diagonal_the_sign_of_the_change_says_which_direction(median):
    g = float(median.axis_S[7])
    step = 0.2 * float(median.axis_S[1] - median.axis_S[0])
    up, down = median.predict(g, [step, -step])
    assert up > 0 > down and median.predict(g, 0.0) == 0


def test_an_empty_bin_has_the_time_of_the_nearest_one():
    sparse = Table.fit(records(60), bins=20)
    assert np.all(np.isfinite(sparse.log_time))
    nan = np.nan
    found = fill_gaps(np.array([[1.0, nan, nan, nan], [nan, nan, nan, nan], [nan, nan, nan, 2.0]]))
    assert found[0].tolist() == [1.0, 1.0, found[0, 2], 2.0] and found[2].tolist() == [1.0, found[2, 1], 2.0, 2.0]
    with pytest.raises(ValueError, match="without a value"):
        fill_gaps(np.full((2, 2), nan))


def test_only_training_records_are_seen():
    data = records(400)
    others = data.frame.split != "train"
    changed = ouro.PulseDataset(data.frame.assign(t_pulse_s=data.frame.t_pulse_s.where(~others, 1e-3)), data.manifest)
    assert np.array_equal(Table.fit(data).log_time, Table.fit(changed).log_time)


def test_for_a_band_the_histories_say_what_ends_within_it():
    """Most devices alike, the others slower by any factor: the median serves few, within a band the most are."""
    rng = np.random.default_rng(4)
    slow = np.where(rng.random(3000) < 0.4, 1.0, np.exp(rng.uniform(0, 4, 3000)))
    data = records(3000, slowness=slow, histories=True)
    start, dg = grid()
    off = [
        np.log(Table.fit(data, band, bins=10).predict(start, dg) / needed_s(start, start + dg)) for band in (0.2, None)
    ]
    assert abs(np.median(off[0])) < 0.25 < 0.5 < np.median(off[1])
    # what a device does behind the end of its record, twice its time, is not known, and no reason for longer pulses
    alike, (start, dg) = records(2000, histories=True), grid()
    ratio = Table.fit(alike, 0.5, bins=10).predict(start, dg) / needed_s(start, start + dg)
    far = np.abs(dg) > 0.6 * (start + dg)
    assert far.sum() > 5
    assert 0.5 < np.median(ratio[far]) < 1.5
    banded = Table.fit(data, 0.2, bins=4)
    assert banded.manifest.settings["table"] == {"of": "records", "band": 0.2, "bins": 4, "records": 2400}
    assert banded.still == 0 and not banded.smooth
    with pytest.raises(ValueError, match="histories"):
        Table.fit(records(100), 0.1)


def test_records_of_one_direction_make_no_table():
    data = records(200)
    up = ouro.PulseDataset(data.frame[data.frame.t_pulse_s > 0], data.manifest)
    with pytest.raises(ValueError, match="RESET"):
        Table.fit(up)
    none = ouro.PulseDataset(data.frame.assign(split="test"), data.manifest)
    with pytest.raises(ValueError, match='"train"'):
        Table.fit(none)
    for bins in (1, 2.5):
        with pytest.raises(ValueError, match="bins"):
            Table.fit(data, bins=bins)


# ---- asked


def test_questions_outside_its_data_warn(exact, median):
    for table in (exact, median):
        with pytest.warns(OutsideTraining, match=r"^asked for what the table does not hold.*g_start_S"):
            table.predict(1.2e-3, -5e-4)
        assert np.isnan(table.predict(1.2e-3, -5e-4, outside="nan"))
        with pytest.raises(ValueError, match="g_start_S"):
            table.predict(1.2e-3, -5e-4, outside="raise")
        assert np.isfinite(table.predict(1.2e-3, -5e-4, outside="accept"))
        with pytest.raises(ValueError, match="outside"):
            table.predict(2e-4, 1e-5, outside="perhaps")
        for start, dg in ((200, 10), (2e-4, -4e-4), ("low", 1e-5), (2e-4, np.nan)):
            with pytest.raises(ValueError, match=r"g_start_S|dg_S"):
                table.predict(start, dg)


def test_questions_broadcast(exact):
    found = exact.predict(np.full((3, 1), 2e-4), np.array([1e-4, -5e-5]))
    assert found.shape == (3, 2) and np.all(found == found[0])
    assert np.array_equal(exact.answer(2e-4, np.array([1e-4, -5e-5])), found[0])


@given(start=st.floats(1e-6, 1e-2), target=st.floats(1e-6, 1e-2))
@settings(max_examples=60)
def test_whatever_it_is_asked_it_answers_towards_the_target(exact, median, start, target):
    for table in (exact, median):
        time_s = float(table.answer(start, target - start))
        assert np.isfinite(time_s) and time_s * (target - start) >= 0


# ---- written and read


def test_a_table_is_the_same_after_saving(exact, median, tmp_path):
    start, dg = grid()
    for table in (exact, median.replace(growth=2.0, turn=0.3, any_circuit=True, name="mine")):
        again = Table.load(table.save(tmp_path / "table.npz"))
        assert again.sha256 == table.sha256 and again.name == table.name and again.any_circuit == table.any_circuit
        assert np.array_equal(again.predict(start, dg), table.predict(start, dg))
        assert again.domain == table.domain
    assert exact.sha256 != exact.replace(turn=0.4).sha256


def test_what_is_no_table_is_a_value_error(exact, tmp_path):
    with pytest.raises(ValueError, match="no table"):
        Table.load(tmp_path / "missing.npz")
    path = exact.save(tmp_path / "table.npz")
    content = path.read_bytes()
    for damaged in (b"", b"no archive", content[:2000], content[:-300]):
        path.write_bytes(damaged)
        with pytest.raises(ValueError, match="table"):
            Table.load(path)
    path.write_bytes(content)
    with np.load(path, allow_pickle=False) as file:
        arrays = dict(file)
    for name, value in (("log_time", arrays["log_time"] + 0.1), ("plain", np.array("{}")), ("domain", np.array("[]"))):
        np.savez(path, **(arrays | {name: value}))
        with pytest.raises(ValueError, match="not an ouro_spice table, or is damaged"):
            Table.load(path)
    np.savez(path, **{name: value for name, value in arrays.items() if name != "axis_S"})
    with pytest.raises(ValueError, match="lacks axis_S"):
        Table.load(path)
    np.savez(path, **(arrays | {"axis_S": np.array([object()])}), allow_pickle=True)
    with pytest.raises(ValueError, match="damaged"):
        Table.load(path)


@pytest.mark.parametrize(
    ("changes", "what"),
    [
        ({"axis_S": [1e-4]}, "axis_S"),
        ({"axis_S": np.linspace(5e-4, 1e-4, 64)}, "axis_S"),
        ({"log_time": np.zeros((2, 3, 3))}, "log_time"),
        ({"log_time": np.full((2, 64, 64), np.inf)}, "log_time"),
        ({"still": 2.0}, "still"),
        ({"smooth": "yes"}, "smooth"),
        ({"growth": 0.5}, "growth"),
        ({"turn": 0.0}, "turn"),
        ({"shortest_s": 0.0}, "shortest_s"),
        ({"any_circuit": 1}, "any_circuit"),
        ({"name": ""}, "name"),
        ({"manifest": None}, "manifest"),
        ({"domain": None}, "domain"),
    ],
)
def test_a_table_that_makes_no_sense_is_a_value_error(exact, changes, what):
    with pytest.raises(ValueError, match=what):
        exact.replace(**changes)


# ---- a programmer


def test_the_programmer_sends_what_the_table_holds(exact):
    for target in (300e-6, 150e-6):
        pulse = exact.next_pulse(target, [200e-6])
        assert pulse.width == pytest.approx(abs(float(exact.predict(200e-6, target - 200e-6))), rel=1e-12)
        assert pulse.amplitude == (PAIR["v_set"] if target > 200e-6 else PAIR["v_reset"])
        assert (pulse.rise, pulse.fall) == (3e-9, 4e-9)
    assert exact.next_pulse(200.1e-6, [200e-6]).width == exact.shortest_s  # inside the band, but it was asked


def test_pulses_grow_while_they_fall_short_and_shrink_where_they_cross(exact):
    table = exact.replace(growth=2.0, turn=0.5)

    def factor(readings, target=300e-6):
        return table.next_pulse(target, readings).width / abs(float(exact.answer(readings[-1], target - readings[-1])))

    assert factor([150e-6]) == pytest.approx(1)
    assert factor([150e-6, 160e-6, 170e-6]) == pytest.approx(4)
    assert factor([150e-6, 400e-6]) == pytest.approx(0.5)
    assert factor([150e-6, 400e-6, 350e-6]) == pytest.approx(1)
    assert factor([150e-6, 400e-6, 200e-6]) == pytest.approx(0.25)
    longest = table.next_pulse(300e-6, [150e-6] * 200).width
    assert longest == LIMIT * PAIR["total_s"]


def test_another_circuit_is_refused_unless_told(exact):
    other = describe(CELL.replace(lines=ouro.Lines(r_bl=1.0))).circuit
    exact.check(MANIFEST.circuit)
    with pytest.raises(ValueError, match=r"another circuit .*any_circuit=True"):
        exact.check(other)
    exact.replace(any_circuit=True).check(other)


def test_targets_that_it_does_not_hold_warn(exact):
    with pytest.warns(OutsideTraining, match="the table does not hold such a target"):
        exact.next_pulse(2e-3, [2e-4])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        exact.next_pulse(3e-4, [2e-3])  # readings are what they are


def test_devices_of_any_speed_are_written(exact):
    rng = np.random.default_rng(2)
    start, targets = rng.uniform(130e-6, 480e-6, (2, 40))
    fleet = AnalyticFleet(start, np.resize([5.0, 1.0, 0.2], 40))
    readings, active = start[:, None], np.ones(40, bool)
    for _ in range(12):
        active = np.abs(readings[:, -1] / targets - 1) > 0.05
        if not active.any():
            break
        where = np.flatnonzero(active)
        fleet.apply(where, exact.replace(turn=0.5).next_pulses(targets[where], readings[where]))
        readings = np.column_stack([readings, fleet.read(np.arange(40))])
    assert not active.any()


def test_tuning_may_choose_the_factors(exact):
    every = exact.candidates()
    assert len({(one.growth, one.turn) for one in every}) == len(every) >= 20
    assert (1.5, 1.0) in {(one.growth, one.turn) for one in every}


# ---- from end to end, on compact cells


def test_trials_make_a_table_that_writes_their_cells():
    made = ouro.trials(COMPACT, VOLTAGES, 40, 8, widths=64, seed=3, workers=2)
    assert made.manifest.circuit == describe(COMPACT).circuit
    table = Table.fit(made, 0.2)
    recipe = Recipe(30, 8, VOLTAGES)
    drawn = [recipe.draw(COMPACT, number) for number in range(30)]
    targets = [one.target_S for one in drawn]
    found = ouro.write_many(ouro.fleet(COMPACT, drawn, workers=2), table, targets, 0.2, patience=None)
    assert ouro.summary(found)["success"] >= 0.9
    assert found[0].manifest.settings["checkpoint"] == table.sha256
    with pytest.raises(ValueError, match="another circuit"):
        other = COMPACT.replace(device=COMPACT.device.replace(T0=300))
        ouro.write_many(ouro.fleet(other, drawn, workers=2), table, targets, 0.2)


def test_a_table_takes_part_in_a_benchmark():
    bench = Bench("reduced", COMPACT, VOLTAGES, 4, max_pulses=4, d2d=None, table=60, workers=2)
    found = benchmark(bench)
    assert {"table", "posterior", "model time", "PI in amplitude", "PI in width"} < set(found.histories)
    assert "nominal" not in found.settings["posterior"] and "table" not in found.settings
    json.dumps(finite(found.results))
    for wrong in (-1, 0.5):
        with pytest.raises(ValueError, match="table"):
            Bench("reduced", COMPACT, VOLTAGES, table=wrong)


def test_the_table_of_a_circuit_is_that_of_its_compact_model_at_the_circuits_pair(engine):
    cell = ouro.Cell1T1R(COMPACT.device)
    bench = Bench("1t1r", cell, ouro.Pair(-0.4456, 0.9399, 60e-6, 3.3, 3.3), 4, d2d=None, table=60, workers=2)
    made = bench_table(bench, engine)
    assert made.name == "table of the compact model"
    assert made.pair == bench.pair and made.manifest.circuit == describe(cell).circuit
    assert made.manifest.settings["table"]["band"] == bench.tolerance
    pulse = made.next_pulse(300e-6, [150e-6])
    assert pulse.amplitude == -0.4456 and 1e-9 < pulse.width < 60e-6


@pytest.mark.parametrize("near", [(0.05, 4.0), (0.01, 0.3)])
def test_pairs_that_are_near_are_even_in_the_logarithm(near):
    law = _Law(COMPACT, VOLTAGES, 2, 8, 0, None, "stationary", 2e-9, 3.0, near=near)
    start, target = law.pairs(0, 2000)
    low, high = COMPACT.window_S
    distance = np.abs(start / target - 1)
    assert np.all((start >= low * (1 - 1e-9)) & (start <= high * (1 + 1e-9)))
    assert distance.min() >= near[0] * (1 - 1e-9) and distance.max() <= near[1] * (1 + 1e-9)
    # where the window leaves room on either side: even in the logarithm, on both sides
    inside = (target > 1.5 * low) & (target < high / 1.4) & (distance < 0.3)
    steps = np.histogram(np.log(distance[inside]), np.linspace(np.log(near[0]), np.log(0.3), 5))[0]
    assert steps.min() > 0.7 * steps.max() and 0.35 < np.mean(start[inside] < target[inside]) < 0.65
    uniform = _Law(COMPACT, VOLTAGES, 2, 8, 0, None, "stationary", 2e-9, 3.0)
    assert "near" not in uniform.settings(0, 5) and law.settings(0, 5)["settings"]["near"] == list(near)
    assert np.array_equal(uniform.pairs(0, 5)[1], target[:5])
    assert not np.array_equal(uniform.pairs(0, 5)[0], start[:5])


@pytest.mark.parametrize("near", [(0.0, 1.0), (0.5, 0.1), (0.1,), "near", (0.1, np.inf)])
def test_distances_that_make_no_sense_are_value_errors(near):
    with pytest.raises(ValueError, match="near"):
        ouro.trials(COMPACT, VOLTAGES, 1, 2, near=near)


def test_what_a_table_is_made_of_is_within_the_band_more_often_than_the_median():
    trials = followed(100, 16, 0.3, widths=257)
    table = Table.fit(trials, 0.2)
    t_s = table.answer(trials.start_S, trials.target_S - trials.start_S)
    share, best = trials.share(t_s, 0.2).value, trials.floor(0.2, folds=8).value
    assert best - 0.03 < share
    assert within(trials.ends_S(t_s), trials.target_S[:, None], 0.2).mean() == pytest.approx(share)
