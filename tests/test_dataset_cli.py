"""``ouro-spice extract`` and ``ouro-spice dataset``: datasets made, checked, told of and drawn."""

from __future__ import annotations

import csv
import json
import shutil
import subprocess

import numpy as np
import pandas as pd
import pytest
from test_array_cli import answer
from test_cli import command, here, one_line

import ouro_spice
from ouro_spice import PulseDataset
from ouro_spice.circuit.cells import Cell1R
from ouro_spice.circuit.crossbar import Crossbar
from ouro_spice.circuit.selection import Selection
from ouro_spice.cli import main
from ouro_spice.dataset import pulse_dataset
from ouro_spice.dataset.checking import check_dataset
from ouro_spice.dataset.importing import import_pulses
from ouro_spice.dataset.storage import read_histories, read_manifest, read_shard, shard_name, write_shard
from ouro_spice.device.jart.walk import Walk
from ouro_spice.reporting.dataset_figures import distributions

REDUCED = ("extract", "--cell", "reduced")
PAIR = ("--v-set", -0.4162, "--v-reset", 0.8587)
N, SHARD = 30, 10


@pytest.fixture
def ouro(capsys):
    return here(capsys)


@pytest.fixture(scope="module", autouse=True)
def small_shards():
    """Ten records a file, so that a few of them fill several files."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pulse_dataset, "_COMPACT_SHARD", SHARD)
        yield


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """A dataset of the reduced model, made by the command."""
    folder = tmp_path_factory.mktemp("whole") / "data"
    with pytest.raises(SystemExit) as stop:
        main([str(word) for word in (*REDUCED, *PAIR, "--n", N, "--seed", 3, "--per-device", 3, "--out", folder)])
    assert not stop.value.code
    return folder


@pytest.fixture
def copy(whole, tmp_path):
    """A copy of that folder, to be damaged."""
    return shutil.copytree(whole, tmp_path / "copy")


@pytest.fixture
def asked(monkeypatch, whole):
    """What the command asks `extract` for, instead of the work."""
    found = {}

    def extract(cell, **arguments):
        found.update(arguments, cell=cell)
        return PulseDataset.load(whole)

    monkeypatch.setattr(pulse_dataset, "extract", extract)
    return found


def same(one, other):
    pd.testing.assert_frame_equal(one.drop(columns="history_g_S"), other.drop(columns="history_g_S"))


# ---- extract


def test_the_records_are_those_of_the_python_call(whole):
    device = ouro_spice.jart_vcm_v1b(window=True, walk=Walk(10e-9))
    cell = ouro_spice.CompactCell(device, "reduced")
    pair = ouro_spice.Pair(-0.4162, 0.8587, 60e-6)
    same(PulseDataset.load(whole).frame, ouro_spice.extract(cell, N, 3, voltages=pair, per_device=3).frame)


def test_it_tells_what_it_made_and_a_second_run_finds_it(ouro, whole):
    again = (*REDUCED, *PAIR, "--n", N, "--seed", 3, "--per-device", 3, "--out", whole)
    before = {path.name: path.stat().st_mtime_ns for path in whole.iterdir()}
    found = answer(ouro(*again, "--json"))
    assert {path.name: path.stat().st_mtime_ns for path in whole.iterdir()} == before
    frame = PulseDataset.load(whole).frame
    assert found["records"] == N == found["reached"] + found["not_reached"] + found["failed"]
    reached = frame[frame.outcome == "reached"]
    assert found["t_pulse_median_s"] == reached.t_pulse_s.abs().median()
    assert (found["pair"]["v_set"], found["pair"]["total_s"], found["out"]) == (-0.4162, 60e-6, str(whole))
    done = ouro(*again)
    assert (done.returncode, done.stderr) == (0, "")
    assert "median pulse time" in done.stdout
    assert str(whole) in done.stdout


def test_another_dataset_is_not_mixed_in(ouro, whole):
    done = ouro(*REDUCED, *PAIR, "--n", N, "--seed", 4, "--out", whole)
    assert (done.returncode, done.stdout) == (2, "")
    assert "holds records of something else than is asked for (seed 3 -> 4, per_device 3 -> 1): name" in one_line(done)


def test_the_same_devices_and_walks_in_another_circuit(ouro, whole, tmp_path):
    """Seeds, splits, targets and edges are the same; starts as near as the other model can have them."""
    found = answer(ouro("extract", "--cell", "compact", *PAIR, "--like", whole, "--out", tmp_path / "like", "--json"))
    assert found["records"] == N
    one, other = (PulseDataset.load(folder).frame for folder in (whole, tmp_path / "like"))
    for name in ("device", "split", "seed", "g_target_S", "rise_s", "fall_s"):
        assert list(one[name]) == list(other[name])
    np.testing.assert_allclose(other.g_start_S, one.g_start_S, rtol=0.15)
    assert not np.array_equal(one.t_pulse_s, other.t_pulse_s)
    assert (
        answer(ouro(*REDUCED, *PAIR, "--like", whole, "--n", 5, "--out", tmp_path / "five", "--json"))["records"] == 5
    )
    five = PulseDataset.load(tmp_path / "five").frame
    np.testing.assert_allclose(five.t_pulse_s, one.t_pulse_s[:5], rtol=1e-12)


def test_starts_and_targets_from_a_list(ouro, tmp_path):
    path = tmp_path / "list.csv"
    path.write_text("g_target_S;g_start_S;fall_s;note\n3e-4;1.5e-4;1e-8;a\n2e-4;4e-4;2e-8;b\n")
    arguments = (*REDUCED, *PAIR, "--list", path, "--walk", 0, "--d2d", "none", "--out", tmp_path / "out", "--json")
    assert answer(ouro(*arguments))["records"] == 2
    frame = PulseDataset.load(tmp_path / "out").frame
    np.testing.assert_allclose(frame.g_start_S, [1.5e-4, 4e-4], rtol=1e-9)
    assert list(frame.g_target_S) == [3e-4, 2e-4]
    assert list(frame.fall_s) == [1e-8, 2e-8]
    assert list(np.sign(frame.t_pulse_s)) == [1, -1]
    assert check_dataset(tmp_path / "out").findings == ()


def test_edges_of_a_range_and_strata(ouro, tmp_path):
    arguments = (
        "--n",
        25,
        "--rise",
        "1e-9:5e-9",
        "--fall",
        "3e-9",
        "--sampling",
        "stratified",
        "--out",
        tmp_path / "out",
    )
    answer(ouro(*REDUCED, *PAIR, *arguments, "--json"))
    frame = PulseDataset.load(tmp_path / "out").frame
    assert frame.rise_s.between(1e-9, 5e-9).all()
    assert frame.rise_s.nunique() == 25
    assert (frame.fall_s == 3e-9).all()
    low, high = ouro_spice.CompactCell(ouro_spice.jart_vcm_v1b(window=True), "reduced").window_S
    parts = np.floor((frame.g_target_S - low) / (high - low) * 5)
    assert sorted(parts) == sorted([*range(5)] * 5)


def test_options_become_arguments(ouro, asked, tmp_path):
    options = ("--n", 7, "--seed", 2, "--d2d", "in_use", "--per-device", 4, "--start", "nominal", "--step", 2e-8)
    more = ("--walk", 1e-6, "--rise", 3e-9, "--workers", 2, "--voltages", "paper")
    answer(ouro(*REDUCED, *options, *more, "--out", tmp_path, "--json"))
    assert asked["cell"].device.walk == Walk(1e-6)
    del asked["cell"]
    assert asked == {
        "n": 7, "seed": 2, "d2d": "in_use", "per_device": 4, "start": "nominal", "step_s": 2e-8, "rise_s": 3e-9,
        "workers": 2, "voltages": "paper", "scheduler": None, "out": tmp_path,
    }  # fmt: skip


def test_what_is_not_given_is_left_to_the_python_call(ouro, asked, tmp_path):
    answer(ouro("extract", "--scheduler", "tcp://there:8786", "--out", tmp_path, "--json"))
    assert asked["cell"] == ouro_spice.Cell1T1R(ouro_spice.jart_vcm_v1b(window=True, walk=Walk(10e-9)))
    del asked["cell"]
    expected = {"n": 100, "seed": 0, "voltages": "60us", "workers": None, "scheduler": "tcp://there:8786"}
    assert asked == expected | {"out": tmp_path}


def test_a_cell_of_an_array(ouro, asked, tmp_path):
    size = ("--rows", 4, "--cols", 3, "--row", 1, "--scheme", "third", "--fidelity", "frozen", "--r-bl", 2.0)
    answer(ouro("extract", "--cell", "array", "--array-cell", "1r", *size, "--walk", 0, "--out", tmp_path, "--json"))
    cell = asked["cell"]
    assert isinstance(cell, Selection)
    assert (cell.row, cell.cols, cell.fidelity) == (1, (2,), "frozen")
    device = ouro_spice.jart_vcm_v1b(window=True)
    assert cell.array == Crossbar(4, 3, Cell1R(device).replace(lines=ouro_spice.Lines(r_bl=2.0)), "third")
    answer(ouro("extract", "--cell", "array", "--walk", 0, "--out", tmp_path, "--json"))
    assert asked["cell"] == Crossbar(8, 8, ouro_spice.Cell1T1R(device)).cell_at(7, 7)


@pytest.mark.ngspice
def test_an_array_in_spice(ouro, tmp_path):
    pair = ("--v-set", -0.45, "--v-reset", 0.9, "--total", 6e-6, "--walk", 0)
    place = ("extract", "--cell", "array", "--array-cell", "1r", "--rows", 2, "--cols", 2)
    found = answer(ouro(*place, *pair, "--n", 2, "--workers", 1, "--out", tmp_path, "--json"))
    assert found["records"] == 2
    assert found["failed"] == 0
    assert check_dataset(tmp_path).findings == ()
    done = ouro("dataset", "info", tmp_path)
    assert "1,1 of 2 x 2" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--rows", 4), "--rows: only with --cell array"),
        (("--array-cell", "1r"), "--array-cell: only with --cell array"),
        (("--cell", "array", "--row", 8), "row = 8: the array has the rows 0 .. 7"),
        (("--cell", "array", "--scheme", "half"), "scheme = 'half': an array of Cell1T1R has row"),
        (("--cell", "reduced", "--w", 1e-6), "--w does not apply to --cell reduced"),
        (("--v-set", -1), "--v-set: give both --v-set and --v-reset"),
        (("--total", 1e-6), "--total: give both --v-set and --v-reset"),
        (("--voltages", "paper", *PAIR), "--voltages and --v-set: give one of them"),
        ((*PAIR, "--total", 0), "total_s = 0 is outside its legal range"),
        (("--v-set", 1, "--v-reset", 1), "v_set = 1 is outside its legal range"),
        (("--voltages", "paper"), "voltages 'paper' are for compact cells"),
        (("--walk", -1), "--walk: step_s = -1 is outside its legal range"),
        (("--rise", "fast"), "--rise fast: no number; a time [s] is asked, as 60us; the shortest and the longest"),
        (("--rise", "2e-9:1e-9"), "the shortest edge must not be longer"),
        (("--fall", "1:2:3"), "fall_s = (1.0, 2.0, 3.0) must be a time"),
        (("--step", 0), "step_s = 0 is outside its legal range"),
        (("--list", "nosuch.csv"), "nosuch.csv: No such file"),
        (("--list", "nosuch.csv", "--sampling", "uniform"), "--list and --sampling: give one of them"),
        (("--like", "nosuch"), "nosuch holds no dataset"),
        (("--like", "nosuch", "--seed", 0), "--like nosuch and --seed: give one of them"),
        (("--like", "nosuch", "--list", "l.csv"), "--like nosuch and --list: give one of them"),
        (("--workers", 2, "--scheduler", "tcp://a:1"), "--workers: with --scheduler the cluster has its own"),
    ],
)
def test_wrong_arguments_are_one_line_and_exit_code_2(ouro, arguments, message, tmp_path):
    out = () if "--out" in arguments else ("--out", tmp_path / "out")
    done = ouro("extract", *arguments, *out)
    assert (done.returncode, done.stdout) == (2, "")
    assert message in one_line(done)
    assert not list(tmp_path.rglob("*.parquet"))


def test_a_folder_that_cannot_be_written_to_is_the_machines_fault(ouro):
    done = ouro("extract", "--out", "/dev/null/data")
    assert done.returncode == 1 and "--out: cannot write to /dev/null/data" in one_line(done)


@pytest.mark.parametrize(
    "arguments", [("--n", 0), ("--d2d", "some"), ("--cell", "2r"), ("--rows", 0), ("--workers", 0)]
)
def test_words_that_the_parser_refuses(ouro, arguments):
    done = ouro("extract", *arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert arguments[0] in done.stderr


def test_a_damaged_file_is_made_again_where_that_is_asked_for(ouro, whole, copy):
    again = (*REDUCED, *PAIR, "--n", N, "--seed", 3, "--per-device", 3, "--out", copy)
    shard = copy / "records-00001.parquet"
    shard.write_bytes(shard.read_bytes()[:-50])
    done = ouro(*again)
    assert done.returncode == 2 and "--repair" in one_line(done)
    assert ouro(*again, "--repair").returncode == 0
    assert shard.read_bytes() == (whole / shard.name).read_bytes()


def test_a_list_with_a_wrong_line_names_it(ouro, tmp_path):
    path = tmp_path / "list.csv"
    path.write_text("g_start_S,g_target_S\n1e-4,3e-4\n1e-4,no\n")
    done = ouro(*REDUCED, *PAIR, "--list", path, "--out", tmp_path / "out")
    assert done.returncode == 2
    assert f"{path}, line 3: 'no' in the column 'g_target_S' is no finite number" in one_line(done)


def test_more_records_than_the_list_has(ouro, tmp_path):
    path = tmp_path / "list.csv"
    path.write_text("g_start_S,g_target_S\n1e-4,3e-4\n")
    done = ouro(*REDUCED, *PAIR, "--list", path, "--n", 2, "--out", tmp_path / "out")
    assert done.returncode == 2
    assert "has 1 rows; n = 2 records need as many" in one_line(done)


def test_an_interruption_says_that_it_goes_on(ouro, monkeypatch, tmp_path):
    def interrupted(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr(pulse_dataset, "extract", interrupted)
    done = ouro(*REDUCED, "--out", tmp_path)
    assert (done.returncode, done.stdout) == (130, "")
    assert one_line(done) == "ouro-spice: interrupted; what was finished is kept, run again to go on"


# ---- check


def spoil(folder, shard, change):
    """Change a shard as a faulty program would: with the right checksum."""
    path = folder / shard_name(shard)
    frame, found = read_shard(path), read_histories(path)
    column = np.empty(len(frame), dtype=object)
    for k, one in enumerate(found):
        column[k] = np.array(one)
    frame["history_g_S"] = column
    frame = change(frame)
    write_shard(path, frame, read_manifest(folder), shard)


def put(name, value, row=4):
    def change(frame):
        frame.loc[row, name] = value
        return frame

    return change


def times(name, factor, row=4):
    def change(frame):
        frame.loc[row, name] = frame.loc[row, name] * factor
        return frame

    return change


def history(function, row=4):
    def change(frame):
        frame.at[row, "history_g_S"] = function(frame.at[row, "history_g_S"]).astype(np.float32)
        return frame

    return change


def endless(g):
    g[1] = np.inf
    return g


def both(*changes):
    def change(frame):
        for one in changes:
            frame = one(frame)
        return frame

    return change


HERE = "made by the code, tools and models that are here"


def test_a_good_dataset_is_good(ouro, whole):
    found = answer(ouro("dataset", "check", whole, "--json"))
    assert found == {"ok": True, "path": str(whole), "n": N, "records": N, "findings": [], "maker": HERE}
    done = ouro("dataset", "check", whole)
    assert (done.returncode, done.stderr) == (0, "")
    lines = ["30 of 30 records looked at, all good", HERE]
    assert done.stdout == "".join(f"{whole}: {line}\n" for line in lines)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (put("outcome", "luck"), "outcome is none of reached, not_reached, simulation_failed"),
        (put("split", "held"), "split is none of train, validation, test"),
        (put("result", "TIMEOUT"), "result does not fit outcome"),
        (put("outcome", "simulation_failed"), "result does not fit outcome"),
        (put("g_start_S", np.nan), "g_start_S is no positive number"),
        (put("g_target_S", -1e-4), "g_target_S is no positive number"),
        (put("rise_s", 0.0), "rise_s is no positive number"),
        (put("g_end_S", np.nan), "g_end_S of a target that was reached is no positive number"),
        (put("g_sense_start_S", np.inf), "g_sense_start_S of a target that was reached is no positive number"),
        (put("energy_J", np.nan), "energy_J of a target that was reached is no finite number"),
        (put("amplitude_V", 0.0), "amplitude_V is no finite number, or 0"),
        (times("amplitude_V", 1.01), "amplitude_V is none of the pair's"),
        (times("amplitude_V", -1), "t_pulse_s has the sign of amplitude_V"),
        (both(times("amplitude_V", -1), times("t_pulse_s", -1)), "amplitude_V moves away from g_target_S"),
        (put("t_pulse_s", np.nan), "t_pulse_s is no finite number, or 0"),
        (put("t_pulse_s", 1.0), "t_pulse_s is longer than the limit, 0.00024 s"),
        (times("t_pulse_s", 1.0001), "t_pulse_s is no multiple of 1e-08 s"),
        (put("outcome", "not_reached"), "t_pulse_s of a target that was not reached is shorter than the limit"),
        (put("history_points", 1), "history_points is not the length of history_g_S"),
        (times("history_dt_s", 1.5), "history_dt_s is no multiple of the step"),
        (put("history_dt_s", -1e-8), "history_dt_s is no positive number"),
        (history(lambda g: g[:-1]), "history_g_S does not go on to twice the pulse"),
        (history(lambda g: g * 0), "history_g_S holds what is no positive number"),
        (history(endless), "history_g_S holds what is no positive number"),
        (history(lambda g: np.roll(g, len(g) // 2)), "history_g_S does not begin at g_start_S"),
        (times("g_end_S", 6.0), "g_end_S is out of the reach of history_g_S"),
        (put("device", 7), "the device 7 is in another split, too"),
        (put("record", 11), "does not hold the records 10 .. 19, each once, in their order"),
        (lambda frame: frame.iloc[:-1], "does not hold the records 10 .. 19, each once, in their order"),
        (lambda frame: frame.drop(columns="energy_J"), "lacks the column energy_J"),
        (lambda frame: frame.assign(rise_s="2 ns"), "has the column rise_s of the type"),
        (lambda frame: frame.assign(seed=frame.seed.astype(float)), "the column seed of the type double, not int64"),
    ],
)
def test_each_thing_that_can_be_wrong_is_found(copy, change, message):
    frame = PulseDataset.load(copy).frame
    if message.startswith("the device"):  # one of another split than record 14
        others = frame[frame.split != frame.split[14]]
        change = put("device", int(others.device.iloc[0]))
        message = f"the device {int(others.device.iloc[0])} is in another split, too"
    spoil(copy, 1, change)
    found = check_dataset(copy).findings
    assert any(message in one.what for one in found), found
    for one in found:
        assert one.remedy
        assert one.file == "records-00001.parquet" or "another split" in one.what
        if "split" not in one.what and one.record is not None:
            assert (one.record, one.count) == (14, 1)


def test_all_damaged_files_are_listed(ouro, copy):
    (copy / "records-00000.parquet").unlink()
    whole = (copy / "records-00001.parquet").read_bytes()
    (copy / "records-00001.parquet").write_bytes(whole[:-100])
    (copy / "records-00007.parquet").write_bytes(whole)
    spoil(copy, 2, put("rise_s", -1.0))
    done = ouro("dataset", "check", copy)
    assert (done.returncode, done.stderr) == (1, "")
    for text in (
        "records-00000.parquet: is missing\n    -> extract again with the same arguments and folder",
        "records-00001.parquet: is damaged (its checksum does not fit)\n    -> remove it and extract again",
        "records-00002.parquet, record 24: rise_s is no positive number",
        "records-00007.parquet: is no part of this dataset\n    -> remove it",
        f"{copy}: 10 of 30 records looked at, 4 findings",
    ):
        assert text in done.stdout
    found = json.loads(ouro("dataset", "check", copy, "--json").stdout)
    assert found["ok"] is False
    assert [one["file"][12] for one in found["findings"]] == ["7", "0", "1", "2"]
    assert found["findings"][3]["record"] == 24


def test_a_shard_of_another_dataset_is_found(ouro, copy, tmp_path):
    answer(ouro(*REDUCED, *PAIR, "--n", N, "--seed", 9, "--out", tmp_path / "other", "--json"))
    for kind in ("parquet", "sha256"):
        shutil.copy(tmp_path / "other" / f"records-00001.{kind}", copy)
    (found,) = check_dataset(copy).findings
    assert found.file == "records-00001.parquet"
    assert "belongs to another dataset" in found.what


def test_several_records_are_counted(ouro, copy):
    spoil(copy, 0, lambda frame: frame.assign(fall_s=-1.0))
    done = ouro("dataset", "check", copy)
    assert "records-00000.parquet, record 0 and 9 more: fall_s is no positive number" in done.stdout


def test_a_broken_manifest_is_a_finding(ouro, copy):
    (copy / "manifest.json").write_text("{")
    done = ouro("dataset", "check", copy)
    assert done.returncode == 1
    assert "not an ouro_spice manifest" in done.stdout


@pytest.mark.parametrize("command", ["check", "info", "plot"])
@pytest.mark.parametrize("content", [None, "{", '{"circuit": "", "files": {}, "cell": {}, "versions": {}}'])
def test_what_is_no_dataset_is_exit_code_2(ouro, tmp_path, command, content):
    if content is not None:
        (tmp_path / "manifest.json").write_text(content)
    done = ouro("dataset", command, tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert str(tmp_path) in one_line(done)


# ---- info


def test_info_counts_what_is_there(ouro, whole):
    frame = PulseDataset.load(whole).frame
    found = answer(ouro("dataset", "info", whole, "--json"))
    assert (found["n"], found["records"], found["complete"], found["seed"], found["devices"]) == (N, N, True, 3, 10)
    assert found["outcomes"] == {
        "reached": (frame.outcome == "reached").sum(),
        "not_reached": 0,
        "simulation_failed": 0,
    }
    assert found["splits"] == {name: (frame.split == name).sum() for name in ("train", "validation", "test")}
    for name, sign in (("set", 1), ("reset", -1)):
        expected = frame.t_pulse_s[np.sign(frame.t_pulse_s) == sign].abs().quantile([0.05, 0.5])
        quantiles = found["t_pulse_s"][name]
        np.testing.assert_allclose([quantiles["p5"], quantiles["p50"]], expected)
    rpd = (frame.g_end_S / frame.g_target_S - 1).abs()
    assert found["rpd_g_end"]["mean"] == pytest.approx(rpd.mean())
    assert found["size_bytes"] == sum(path.stat().st_size for path in whole.iterdir())
    assert found["circuit"] == PulseDataset.load(whole).manifest.circuit
    assert found["pair"]["v_reset"] == 0.8587
    assert "ngspice" in found["versions"]


def test_info_in_words(ouro, whole):
    done = ouro("dataset", "info", whole)
    assert (done.returncode, done.stderr) == (0, "")
    for text in ("CompactCell, reduced, walk per 1e-08 s", "ten_percent", "30 of 30", "per_device 3", "RESET"):
        assert text in done.stdout


def test_info_of_work_under_way(ouro, copy):
    (copy / "records-00002.parquet").unlink()
    found = answer(ouro("dataset", "info", copy, "--json"))
    assert (found["n"], found["records"], found["complete"]) == (N, 20, False)
    assert "20 of 30, not complete" in ouro("dataset", "info", copy).stdout
    for shard in (0, 1):
        (copy / shard_name(shard)).unlink()
    assert answer(ouro("dataset", "info", copy, "--json"))["records"] == 0
    assert ouro("dataset", "info", copy).returncode == 0


def test_info_of_a_damaged_dataset_names_the_file(ouro, copy):
    (copy / "records-00001.parquet").write_bytes(b"")
    done = ouro("dataset", "info", copy)
    assert done.returncode == 2
    assert "records-00001.parquet is damaged" in one_line(done)


# ---- plot


def rows(path):
    with path.open() as file:
        return list(csv.DictReader(file))


def test_figures_and_their_numbers(ouro, whole, tmp_path):
    done = ouro("dataset", "plot", whole, "--out", tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    stems = ("distributions", "histories", "pulse_times")
    names = [f"{stem}.{kind}" for stem in stems for kind in ("csv", "png", "svg")]
    assert sorted(path.name for path in tmp_path.iterdir()) == names
    assert done.stdout.split() == [str(tmp_path / name) for name in names]
    assert all((tmp_path / name).read_bytes()[:4] == b"\x89PNG" for name in names if name.endswith("png"))
    frame = PulseDataset.load(whole).frame
    points = rows(tmp_path / "pulse_times.csv")
    np.testing.assert_allclose([float(row["t_pulse_s"]) for row in points], frame.t_pulse_s, rtol=1e-8)
    counted = [int(row["records"]) for row in rows(tmp_path / "distributions.csv") if row["quantity"] == "t_pulse_s"]
    assert sum(counted) == N
    drawn = rows(tmp_path / "histories.csv")
    assert {int(row["record"]) for row in drawn} == set(range(N))
    for row in drawn[:: len(drawn) // 20]:
        record = frame.iloc[int(row["record"])]
        place = round(float(row["time_s"]) / record.history_dt_s)
        assert float(row["g_S"]) == pytest.approx(np.asarray(record.history_g_S)[place], rel=1e-8)


@pytest.mark.usefixtures("blank_pictures")
def test_figures_lie_beside_the_dataset_which_stays_good(ouro, copy):
    assert ouro("dataset", "plot", copy).returncode == 0
    assert (copy / "figures" / "histories.png").is_file()
    assert check_dataset(copy).findings == ()


def test_many_records_are_binned_into_medians(ouro, whole, tmp_path, monkeypatch):
    from ouro_spice.reporting import dataset_figures

    monkeypatch.setattr(dataset_figures, "_MARKS", 10)
    assert ouro("dataset", "plot", whole, "--out", tmp_path).returncode == 0
    found = rows(tmp_path / "pulse_times.csv")
    assert sum(int(row["records"]) for row in found) == N
    assert all(1e-8 <= float(row["t_pulse_median_s"]) <= 240e-6 for row in found)


def test_records_that_did_not_reach_their_target_are_drawn(ouro, copy, tmp_path):
    def missed(frame):
        frame["outcome"] = "not_reached"
        return frame

    for shard in range(3):
        spoil(copy, shard, missed)
    assert ouro("dataset", "plot", copy, "--out", tmp_path / "out").returncode == 0
    assert rows(tmp_path / "out" / "pulse_times.csv") == []


def test_nothing_to_draw_is_said(ouro, copy, tmp_path):
    for shard in range(3):
        spoil(copy, shard, lambda frame: frame.assign(outcome="simulation_failed", result="NO_CONVERGENCE"))
    done = ouro("dataset", "plot", copy, "--out", tmp_path / "out")
    assert done.returncode == 2
    assert "the simulation of every record failed" in one_line(done)


def test_measured_pulses_are_drawn(ouro, tmp_path):
    path = tmp_path / "t.csv"
    path.write_text("g,v,t,h\n2e-4,-1,1e-7,3e-4\n3e-4,1,2e-7,1e-4\n1e-4,-2,1e-7,2e-4\n")
    columns = {"g_start_S": "g:S", "amplitude_V": "v:V", "width_s": "t:s", "g_end_S": "h:S"}
    data = import_pulses(path, columns, tmp_path / "data")
    # the conductance changes by the factors 1.5, 3 and 2
    assert distributions(data)[0].axes[1].get_title() == "half of them within a factor of 2"
    assert ouro("dataset", "plot", tmp_path / "data", "--out", tmp_path / "out").returncode == 0
    quantities = {row["quantity"] for row in rows(tmp_path / "out" / "distributions.csv")}
    assert quantities == {"t_pulse_s", "log10_ratio"}
    done = ouro("dataset", "info", tmp_path / "data")
    assert (done.returncode, done.stderr) == (0, "")
    assert "measurement, t.csv" in done.stdout


@pytest.mark.parametrize("arguments", [("extract",), ("import",), ("dataset", "check")])
def test_help_imports_nothing_heavy(arguments):
    before = "import sys, atexit\nheavy = ('torch', 'matplotlib', 'numba', 'PySpice', 'pandas')\n"
    before += "atexit.register(lambda: print([name for name in heavy if name in sys.modules]))\n"
    words = command(*arguments, "--help", before=before)
    done = subprocess.run(words, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"
