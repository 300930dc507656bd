"""The main job, small: the form of its results, a report that stands alone, the same numbers from the same seed."""

from __future__ import annotations

import copy
import json
import math
import re

import numpy as np
import pytest

from ouro_spice import PulseDataset, PulsePredictor, assets, sim
from ouro_spice.dataset import work
from ouro_spice.files import OutputError

pytestmark = pytest.mark.ngspice

FULL = sim.configuration()
SMALL = copy.deepcopy(FULL)
SMALL["dataset"]["n"] = 30
SMALL["predictor"]["epochs"] = 200
SMALL["write_verify"]["targets"] = 3
SEED = 3


@pytest.fixture(scope="module", autouse=True)
def small():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sim, "configuration", lambda: copy.deepcopy(SMALL))
        yield


@pytest.fixture(scope="module")
def first(tmp_path_factory):
    """One run in a folder of its own: results, folder, what was shown."""
    out, shown = tmp_path_factory.mktemp("first") / "sim", []
    results = sim.run(out, SEED, 2, lambda head, rows: shown.append((head, rows)))
    return results, out, shown


def numbers(results):
    """What two runs with the same seed must share: all but the time they took."""
    return {key: value for key, value in json.loads(json.dumps(results)).items() if key != "seconds"}


def records(out):
    (folder,) = out.glob("dataset-*")
    return folder


def test_results_have_the_form_of_the_interface(first):
    results, out, _ = first
    stored = json.loads((out / "results.json").read_text(), parse_constant=pytest.fail)
    assert set(stored) == set(results) == {"decks", "write_verify", "manifest", "seconds"}
    for figure in stored["decks"]:
        assert set(figure) == {"name", "figure", "value", "target", "unit", "pass"}
        assert figure["pass"] is True
        assert math.isfinite(figure["value"])
    shipped = {path.stem.removeprefix("bench_") for path in assets.decks()}
    assert {figure["name"] for figure in stored["decks"]} == shipped
    ((case, by_tolerance),) = stored["write_verify"].items()
    assert case == "sim_1t1r"
    ((tolerance, rows),) = by_tolerance.items()
    assert float(tolerance) == FULL["write_verify"]["tolerance"]
    assert "neural" in rows
    assert len(rows) == 3
    for row in rows.values():
        assert {"success", "pulses_mean", "pulses_p95", "time_s", "energy_J", "n", "interval"} <= set(row)
        assert row["n"] == 3
        assert 0 <= row["success"] <= 1
        assert row["interval"][0] <= row["pulses_mean"] <= row["interval"][1]
    assert stored["seconds"] > 0


def test_the_manifest_names_all_that_took_part(first):
    manifest = first[0]["manifest"]
    files = manifest["files"]
    assert files["jart_vcm_v1b.va"] == assets.sha256(assets.verilog_a("jart_vcm_v1b"))
    assert files["mos_130.lib"] == assets.sha256(assets.library("mos_130"))
    assert files["predictor.npz"] == assets.sha256(first[1] / "predictor.npz")
    assert {f"{path.name}" for path in assets.decks()} | {"sim.toml", "cell_set.cir", "cell_read.cir"} <= set(files)
    assert manifest["failures"] == {}
    assert manifest["settings"]["n"] == 30
    assert manifest["settings"]["seed"] == SEED


def test_the_report_stands_alone_and_names_what_was_simulated(first):
    results, out, _ = first
    text = (out / "report.html").read_text(encoding="utf-8")
    outside = re.sub(r'src="data:image/png;base64,[^"]*"', "", text)
    assert not re.search(r"https?:|//[a-z]|src=|href=|<script|<link|url\(", outside)
    for digest in results["manifest"]["files"].values():
        assert digest in text
    for programmer in results["write_verify"]["sim_1t1r"]["0.1"]:
        assert programmer in text
    assert text.count("<img ") == len(assets.decks()) + 4


def test_what_is_left_is_a_dataset_and_a_checkpoint(first):
    data = PulseDataset.load(records(first[1]))
    assert len(data.frame) == 30
    assert PulsePredictor.load(first[1] / "predictor.npz").manifest.circuit == data.manifest.circuit
    assert data.manifest.settings["step_s"] == FULL["dataset"]["step_s"]


def test_the_table_of_the_decks_is_shown(first):
    ((head, rows),) = first[2]
    assert head == sim.DECK_HEAD
    assert len(rows) == len(first[0]["decks"])
    assert all(row[-1] == "PASS" for row in rows)


def bytes_of(history):
    return np.asarray(history).tobytes()


def test_the_same_seed_gives_the_same_numbers_elsewhere(first, tmp_path):
    """Another folder and another number of workers."""
    again = sim.run(tmp_path / "again", SEED, 1)
    assert numbers(again) == numbers(first[0])
    ours, theirs = (PulseDataset.load(records(out)).frame for out in (first[1], tmp_path / "again"))
    for frame in (ours, theirs):
        frame["history_g_S"] = frame.history_g_S.map(bytes_of)
    assert ours.equals(theirs)


def test_a_second_run_uses_the_records_again(first, monkeypatch):
    _, out, _ = first
    stamps = {path: path.stat().st_mtime_ns for path in records(out).iterdir()}
    monkeypatch.setattr(work, "circuit_record", None)
    monkeypatch.setattr(sim, "judge", lambda *_: [])
    again = sim.run(out, SEED)
    assert {path: path.stat().st_mtime_ns for path in records(out).iterdir()} == stamps
    assert numbers(again)["write_verify"] == numbers(first[0])["write_verify"]
    assert numbers(again)["manifest"] == numbers(first[0])["manifest"]


def test_an_interrupted_run_leaves_no_report(tmp_path, monkeypatch):
    for name in ("report.html", "results.json"):
        (tmp_path / name).write_text("of an old run")

    def interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(sim, "judge", interrupted)
    with pytest.raises(KeyboardInterrupt):
        sim.run(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_place_that_cannot_be_written_to_is_told_before_the_work(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("mine")
    monkeypatch.setattr(sim, "judge", None)
    with pytest.raises(OutputError, match="cannot write to"):
        sim.run(tmp_path / "file" / "sim")


def test_starts_and_targets_cover_the_window():
    cell = sim.circuit(FULL)
    low, high = cell.window_S
    cases = sim.starts_and_targets(cell, 12, 0)
    assert len(cases) == 12
    assert all(low < value < high for case in cases for value in case)
    targets = [target for _, target in cases]
    assert targets == sorted(targets)
    assert cases == sim.starts_and_targets(cell, 12, 0) != sim.starts_and_targets(cell, 12, 1)


def test_every_number_of_the_job_is_in_its_file():
    """The published configuration is the shipped one: sizes that a user would expect of it."""
    assert FULL["pair"]["total_s"] == 60e-6
    assert FULL["dataset"]["n"] >= 400
    assert FULL["write_verify"]["targets"] >= 10
    assert FULL["write_verify"]["max_pulses"] == 50
