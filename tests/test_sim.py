"""The main job, small: the form of its results, a report that stands alone, the same numbers from the same seed."""

from __future__ import annotations

import copy
import dataclasses
import json
import math
import re
from html import unescape
from types import SimpleNamespace

import numpy as np
import pytest

from ouro_spice import Cell1T1R, Lines, PulseDataset, PulsePredictor, Walk, jart_vcm_v1b
from ouro_spice._util import assets
from ouro_spice._util.files import OutputError
from ouro_spice.dataset import shards
from ouro_spice.experiment import main_job, sim_card
from ouro_spice.experiment.configuration import Configuration
from ouro_spice.experiment.shipped import SHIPPED, shipped_programmers
from ouro_spice.reporting.amounts import interval
from ouro_spice.spice.decks import DeckFigure

pytestmark = pytest.mark.ngspice

FULL = main_job.configuration()
COMPACT, SPICE = "reduced_60us_d2d", "1t1r_60us_d2d"
SEED = 3


def small() -> Configuration:
    """The shipped configuration with few of everything."""
    tables = copy.deepcopy(FULL.tables)
    tables["floor"] = {"pairs": 3, "trajectories": 8, "folds": 4}
    tables["write"]["conventional"] = {"CoarseFine": tables["write"]["conventional"]["CoarseFine"]}
    sizes = {COMPACT: {"records": 60, "deployments": 20}, SPICE: {"records": 12, "deployments": 4, "write": 2}}
    settings = tuple(dataclasses.replace(one, **sizes[one.name]) for one in FULL.settings)
    variants = {}
    for key, one in FULL.variants.items():
        stages = tuple(dataclasses.replace(stage, epochs=4) for stage in one.specification.stages)
        variants[key] = dataclasses.replace(one, specification=dataclasses.replace(one.specification, stages=stages))
    return Configuration("sim", tables, settings, variants)


@pytest.fixture(scope="module", autouse=True)
def shortened():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(main_job, "configuration", small)
        yield


@pytest.fixture(scope="module")
def first(tmp_path_factory):
    """One run in a folder of its own: results, folder, what was shown."""
    out, shown = tmp_path_factory.mktemp("first") / "sim", []
    results = main_job.run(out, SEED, 2, lambda head, rows: shown.append((head, rows)))
    return results, out, shown


def numbers(out):
    """What two runs with the same seed must share: all but the time they, and predictions in them, took."""
    stored = json.loads((out / "results.json").read_text(), parse_constant=pytest.fail)
    return {key: value for key, value in stored.items() if key not in ("seconds", "date", "prediction_s")}


def records(out, setting):
    (folder,) = (out / "datasets").glob(f"{setting}-*")
    return folder


def test_results_have_the_form_of_the_interface(first):
    stored = numbers(first[1])
    assert {"decks", "one_shot", "write_verify", "manifest"} <= set(stored)
    for figure in stored["decks"]:
        assert set(figure) == {"name", "figure", "value", "target", "unit", "pass"}
        assert figure["pass"] is True
        assert math.isfinite(figure["value"])
    shipped = {path.stem.removeprefix("bench_") for path in assets.decks()}
    assert {figure["name"] for figure in stored["decks"]} == shipped


def test_one_attempt_each_stands_beside_the_baselines(first):
    attempts = numbers(first[1])["one_shot"]
    assert set(attempts) == {COMPACT, SPICE}
    for setting, variants in attempts.items():
        assert {"do nothing", "best constant", "noise-free", "within_20"} <= set(variants)
        for row in variants.values():
            assert 0 <= row["within_10"] <= row["within_20"] <= row["within_50"] <= 1
            assert row["n"] == (20 if setting == COMPACT else 4)
            assert ("floor_20" in row) == (setting == COMPACT)
    assert {SHIPPED, "20 x 20 median table"} <= set(attempts[SPICE])
    assert SHIPPED not in attempts[COMPACT]


def test_writes_are_there_by_setting_tolerance_and_programmer(first):
    ((setting, by_tolerance),) = numbers(first[1])["write_verify"].items()
    assert setting == SPICE
    ((tolerance, rows),) = by_tolerance.items()
    assert float(tolerance) == FULL.tables["write"]["tolerances"][0]
    assert set(rows) == {SHIPPED, "within_20", "20 x 20 median table", "coarse to fine"}
    for row in rows.values():
        assert {"success", "pulses_mean", "pulses_p95", "time_s", "energy_J", "n", "interval"} <= set(row)
        assert row["n"] == 2
        assert 0 <= row["success"] <= 1
        assert row["interval"][0] <= row["pulses_mean"] <= row["interval"][1]
        assert row["reads"]["1e-08"] < row["reads"]["1e-06"]


def test_the_manifest_names_all_that_took_part(first):
    stored = numbers(first[1])
    files = stored["manifest"]["files"]
    assert files[f"{SPICE}: jart_vcm_v1b.va"] == assets.text_sha256(assets.verilog_a("jart_vcm_v1b"))
    assert files[f"{SPICE}: mos_130.lib"] == assets.text_sha256(assets.library("mos_130"))
    assert {f"{path.name}" for path in assets.decks()} | {"sim.toml"} == set(stored["files"])
    assert stored["manifest"]["failures"] == {COMPACT: {}, SPICE: {}}
    checkpoint = PulsePredictor.load(first[1] / "checkpoints" / SPICE / "within_20.npz")
    assert stored["manifest"]["checkpoints"][f"{SPICE}/within_20"] == checkpoint.sha256
    assert checkpoint.manifest.circuit == stored["manifest"]["circuits"][SPICE]


def test_the_report_stands_alone_and_names_what_was_simulated(first):
    results, out, _ = first
    text = (out / "report.html").read_text(encoding="utf-8")
    outside = re.sub(r'src="data:image/png;base64,[^"]*"', "", text)
    assert not re.search(r"https?:|//[a-z]|src=|<script|<link|url\(", outside)
    for target in re.findall(r'href="([^"#]+)"', outside):
        assert (out / target).exists(), target
    for digest in results["manifest"]["files"].values():
        assert digest in text
    assert len(text) < 1_000_000
    assert text.count("<img ") == len(assets.decks()) + 8
    assert text.count("<figcaption>") == text.count("<img ")


def test_the_report_begins_with_the_answer_and_hides_the_ids(first):
    results, out, _ = first
    text = unescape((out / "report.html").read_text(encoding="utf-8"))
    seen = re.sub(r"<details>.*?</details>|<head>.*?</head>|data:image[^\"]*", "", text, flags=re.DOTALL)
    assert seen.index('class="card"') < seen.index("<nav") < seen.index("<h2") < seen.index("<img")
    for fact in sim_card.facts(results):
        assert seen.count(f">{fact.value}<") >= 1
        assert fact.beside in seen
    for name in (COMPACT, SPICE, "within_20", "A_G", "B_smoothed", "sha256", "PASS"):
        assert name not in seen, name


def test_the_card_says_what_the_results_say(first):
    results = first[0]
    decks, compact, circuit, write, against, *model = sim_card.facts(results)
    count = len(assets.decks())
    assert (decks.value, decks.good) == (f"{count} of {count}", True)
    rows = results["one_shot"][COMPACT]
    low, high = (100 * end for end in rows["within_20"]["interval"]["within_20"])
    assert compact.value == f"{100 * rows['within_20']['within_20']:.1f} % ({low:.1f} .. {high:.1f})"
    # the floor is measured, too; the table made for the band and what needs no network stand beside
    assert f"noise floor, measured on other pairs: {100 * rows['within_20']['floor_20']:.1f} %" in compact.beside
    for name in ("table_20", "noise-free", "do nothing"):
        assert f": {100 * rows[name]['within_20']:.1f} %" in compact.beside
    assert circuit.value.startswith(f"{100 * results['one_shot'][SPICE][SHIPPED]['within_20']:.1f} % (")
    shipped = results["write_verify"][SPICE]["0.1"][SHIPPED]
    # times with reads of 100 ns, as the ratios have them: the cell's own take 105 ns
    assert shipped["time_100ns_s"] < shipped["time_s"]
    assert write.value == (
        f"{interval(shipped['pulses_mean'], shipped['interval'])} pulses, "
        f"{interval(shipped['time_100ns_s'], shipped['reads_interval_s']['1e-07'], 's')}"
    )
    ratios = [results["ratios"][SPICE]["0.1"][key]["each"][SHIPPED]["nothing"] for key in ("pulses", "time_s")]
    pulses, time = (interval(one[0], one[1:]) for one in ratios)
    assert against.value == f"{pulses} times the pulses, {time} times the time"
    assert model == []  # no rule that knows the model took part in this small job


def test_a_missed_deck_is_red_on_the_card():
    figures = [{"name": name, "pass": name != "b"} for name in "aabc"]
    fact = sim_card.facts({"decks": figures, "one_shot": {}, "write_verify": {}, "ratios": {}})[0]
    assert (fact.value, fact.good) == ("2 of 3", False)


def test_a_shipped_network_of_another_circuit_is_refused_by_what_differs(monkeypatch):
    setting = next(one for one in FULL.settings if one.name == SPICE)
    cell = Cell1T1R(jart_vcm_v1b(window=True, walk=Walk())).replace(lines=Lines(r_bl=3.0))
    place = SimpleNamespace(setting=setting, configuration=FULL, cell=cell)
    with pytest.raises(ValueError, match=r"trained on another circuit .*r_bl"):
        shipped_programmers(place)


@pytest.mark.parametrize(("table", "name"), [("write", "shipped"), ("write", "noise_free"), ("table", "median")])
def test_a_flag_that_is_none_is_refused(tmp_path, table, name):
    text = (assets.folder("training") / "sim.toml").read_text()
    path = tmp_path / "sim.toml"
    path.write_text(re.sub(rf"^{name} = \w+|^untuned = false", f"{name} = 3", text, count=1, flags=re.MULTILINE))
    with pytest.raises(ValueError, match=rf"\[{table}\] {name} = 3 must be true or false"):
        Configuration.load("sim", path)


def test_what_is_left_is_datasets(first):
    for setting, count in ((COMPACT, 60), (SPICE, 12)):
        data = PulseDataset.load(records(first[1], setting))
        assert len(data.frame) == count
        assert data.manifest.settings["seed"] == SEED


def test_the_table_of_the_decks_is_shown(first):
    ((head, rows),) = first[2]
    assert head == main_job.DECK_SUMMARY_HEAD
    assert [row[0] for row in rows] == list(dict.fromkeys(figure["name"] for figure in first[0]["decks"]))
    assert sum(int(row[1].split(" of ")[1]) for row in rows) == len(first[0]["decks"])
    assert all(row[-1] == "PASS" for row in rows)


def test_a_missed_figure_has_a_row_of_its_own():
    good, bad = (DeckFigure("iv", name, 2.0, 1.0, 0.1, "uA", name == "set") for name in ("set", "reset"))
    rows = main_job.deck_summary([good, bad])
    assert rows == [["iv", "1 of 2", "", "", "FAIL"], ["", "reset", "2", "1 +- 0.1 uA", "FAIL"]]


def bytes_of(history):
    return np.asarray(history).tobytes()


@pytest.mark.usefixtures("blank_pictures")
def test_the_same_seed_gives_the_same_numbers_elsewhere(first, tmp_path, monkeypatch):
    """Another folder and another number of workers."""
    monkeypatch.setattr(main_job, "judge", lambda *_: [])
    main_job.run(tmp_path / "again", SEED, 1)
    ours, theirs = numbers(first[1]), numbers(tmp_path / "again")
    assert {**ours, "decks": []} == theirs
    for setting in (COMPACT, SPICE):
        frames = [PulseDataset.load(records(out, setting)).frame for out in (first[1], tmp_path / "again")]
        for frame in frames:
            frame["history_g_S"] = frame.history_g_S.map(bytes_of)
        assert frames[0].equals(frames[1])


@pytest.mark.usefixtures("blank_pictures")
def test_a_second_run_uses_everything_again(first, monkeypatch):
    _, out, _ = first
    before = numbers(out)
    files = [path for name in ("datasets", "kept", "checkpoints") for path in _files(out / name)]
    kept = {path: path.stat().st_mtime_ns for path in files}
    monkeypatch.setattr(shards, "circuit_record", None)
    monkeypatch.setattr(main_job, "judge", lambda *_: [])
    main_job.run(out, SEED)
    assert {path: path.stat().st_mtime_ns for path in kept} == kept
    assert numbers(out) == {**before, "decks": []}


def _files(folder):
    return [path for path in folder.rglob("*") if path.is_file()]


def test_an_interrupted_run_leaves_no_report(tmp_path, monkeypatch):
    for name in ("report.html", "results.json", "RESULTS.md"):
        (tmp_path / name).write_text("of an old run")

    def interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(main_job, "judge", interrupted)
    with pytest.raises(KeyboardInterrupt):
        main_job.run(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_place_that_cannot_be_written_to_is_told_before_the_work(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("mine")
    monkeypatch.setattr(main_job, "judge", None)
    with pytest.raises(OutputError, match="cannot write to"):
        main_job.run(tmp_path / "file" / "sim")


def test_every_number_of_the_job_is_in_its_file():
    """The published configuration is the shipped one: sizes that a user would expect of it."""
    spice = next(one for one in FULL.settings if one.name == SPICE)
    assert spice.records >= 300
    assert spice.write >= 60
    assert FULL.tables["write"]["shipped"] is True
    assert FULL.tables["write"]["max_pulses"] == 50
