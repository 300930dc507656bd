"""``ouro-spice train``, ``program``, ``benchmark-programmers``, ``campaign`` and ``report`` as a user meets them."""

from __future__ import annotations

import dataclasses
import json
import shutil
from types import SimpleNamespace

import numpy as np
import pytest
from test_array_cli import answer
from test_cli import here, one_line

from ouro_spice import Cell1R, CompactCell, Outcome, Pair, PulseDataset, PulsePredictor, jart_vcm_v1b, stationary
from ouro_spice._util import assets
from ouro_spice._util.files import OutputError
from ouro_spice.cli import main
from ouro_spice.dataset.recipe import Recipe
from ouro_spice.device.jart.walk import Walk
from ouro_spice.experiment import bench as benches
from ouro_spice.experiment import benchmark, context, networks
from ouro_spice.prediction.held_out import held_out
from ouro_spice.prediction.pretrained import default_programmer, shipped_checkpoint
from ouro_spice.programming.programmers.coarse_fine import CoarseFine
from ouro_spice.programming.programmers.ispp import ISPP
from ouro_spice.programming.write_loop import write_verify
from ouro_spice.reporting.page import Page
from ouro_spice.spice.ngspice import Ngspice

PAIR = ("--v-set", -0.4162, "--v-reset", 0.8587)
SPEC = """
stages = [
    { objective = "time", epochs = 40, batch = 16, learning_rate = 1e-2 },
    { objective = "band", epochs = 10, batch = 32, band = 0.2 },
]
"""
CELL = ("--cell", "reduced")


def run(*arguments):
    with pytest.raises(SystemExit) as stop:
        main([str(word) for word in arguments])
    assert not stop.value.code


@pytest.fixture
def ouro(capsys):
    return here(capsys)


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    """Records of the reduced model."""
    folder = tmp_path_factory.mktemp("data") / "records"
    run("extract", *CELL, *PAIR, "--n", 120, "--seed", 3, "--d2d", "none", "--out", folder)
    return folder


@pytest.fixture(scope="module")
def spec(tmp_path_factory):
    path = tmp_path_factory.mktemp("spec") / "small.toml"
    path.write_text(SPEC)
    return path


@pytest.fixture(scope="module")
def checkpoint(data, spec):
    """A network that was trained on them."""
    path = data.parent / "small.npz"
    run("train", data, "--spec", spec, "--out", path)
    return path


@pytest.fixture
def package(tmp_path, monkeypatch, checkpoint):
    """A package that ships this checkpoint for the reduced model."""
    (tmp_path / "training" / "checkpoints").mkdir(parents=True)
    shutil.copy(checkpoint, tmp_path / "training" / "checkpoints" / "reduced.npz")
    monkeypatch.setattr(assets, "folder", lambda name: tmp_path / name)
    return tmp_path


# ---- train


def test_a_checkpoint_and_what_it_is_worth(ouro, data, spec, tmp_path):
    path = tmp_path / "deep" / "net.npz"
    found = answer(ouro("train", data, "--spec", spec, "--seed", 2, "--out", path, "--json"))
    predictor, records = PulsePredictor.load(path), PulseDataset.load(data)
    assert (found["sha256"], found["circuit"]) == (predictor.sha256, records.manifest.circuit)
    assert sum(found["records"].values()) == (records.frame.outcome == "reached").sum()
    assert set(found["kept"]) == {"1 time", "2 band"}
    assert found["held_out"] == held_out(predictor, records)
    assert found["held_out"]["within_10"] <= found["held_out"]["within_20"] <= found["held_out"]["within_50"]
    done = ouro("train", data, "--spec", spec, "--seed", 2, "--out", tmp_path / "again.npz")
    assert f"sha256: {predictor.sha256}\n" in done.stdout
    assert f"{found['records']['test']} held out" in done.stdout
    other = answer(ouro("train", data, "--spec", spec, "--seed", 3, "--out", tmp_path / "other.npz", "--json"))
    assert other["sha256"] != predictor.sha256


def predicting(times):
    """Something that predicts these times."""
    asked = SimpleNamespace(inputs=("g_start_S", "dg_S"))
    return SimpleNamespace(specification=asked, control="width", predict=lambda *_: times)


def test_held_out_records_judge_times(data):
    records = PulseDataset.load(data)
    rows = records.reached("test")
    needed, start, target = (rows[name].to_numpy(float) for name in ("t_pulse_s", "g_start_S", "g_target_S"))
    right = held_out(predicting(needed), records)
    assert right["n"] == len(rows) and right["t_error_mean"] == right["t_error_median"] == 0
    assert right["within_50"] >= right["within_20"] > 0.9
    assert held_out(predicting(2 * needed), records)["t_error_mean"] == pytest.approx(1)
    # no pulse, and pulses of the wrong sign, leave the cell where it was
    none = held_out(predicting(0 * needed), records)
    for band in (50, 20, 10):
        stays = np.mean(np.abs(start - target) <= band / 100 * target)
        assert none[f"within_{band}"] == pytest.approx(stays, abs=1 / len(rows))
    wrong = held_out(predicting(-needed), records)
    assert [wrong[f"within_{band}"] for band in (50, 20, 10)] == [none[f"within_{band}"] for band in (50, 20, 10)]


def test_a_split_without_records_has_no_figures(data):
    records = PulseDataset.load(data)
    rest = dataclasses.replace(records, frame=records.frame[records.frame.split != "test"])
    assert held_out(predicting(np.array([])), rest) == {"n": 0}


def test_a_variant_begins_with_the_one_that_it_names(ouro, data, tmp_path):
    (tmp_path / "more.toml").write_text(
        '[variant.more]\nname = "x"\nstart = "log_time"\nstages = [{ objective = "time", epochs = 2 }]'
    )
    ouro("train", data, "--variant", "log_time", "--out", tmp_path / "first.npz")
    first = PulsePredictor.load(tmp_path / "first.npz")
    for name, more in (("alone", ()), ("given", ("--start", tmp_path / "first.npz"))):
        done = ouro("train", data, "--spec", tmp_path / "more.toml", *more, "--out", tmp_path / f"{name}.npz")
        assert done.returncode == 0
    alone, given = (PulsePredictor.load(tmp_path / f"{name}.npz") for name in ("alone", "given"))
    assert alone.manifest.settings["training"]["start"] == first.sha256
    assert alone.sha256 == given.sha256


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--variant", "nosuch"), "'nosuch' is unknown; there is log_time"),
        (("--variant", "history"), "campaign"),
        (("--variant", "log_time", "--spec", "x.toml"), "--variant and --spec"),
        (("--spec", "nosuch.toml"), "nosuch.toml"),
        (("--start", "nosuch.npz"), "no checkpoint nosuch.npz"),
        (("--out", "."), "is a folder"),
        (("--out", "/dev/null/x.npz"), "cannot write"),
    ],
)
def test_wrong_training_is_told_in_one_line(ouro, data, arguments, words):
    done = ouro("train", data, *arguments)
    assert done.returncode == (1 if words == "cannot write" else 2) and words in one_line(done)


def test_a_network_is_not_lost_where_its_place_has_become_full(ouro, data, tmp_path, monkeypatch):
    """Its checkpoint is written elsewhere, and the line that says what went wrong says where."""
    save = PulsePredictor.save
    place = tmp_path / "full" / "net.npz"

    def full(predictor, path):
        if path == place:
            raise OutputError(f"cannot write {path}: No space left on device")
        return save(predictor, path)

    monkeypatch.setattr(PulsePredictor, "save", full)
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)
    (tmp_path / "quick.toml").write_text('stages = [{ objective = "time", epochs = 1 }]')
    done = ouro("train", data, "--spec", tmp_path / "quick.toml", "--out", place)
    assert done.returncode == 1 and "No space left on device; the network is in" in one_line(done)
    (kept,) = tmp_path.glob("ouro-spice-*/net.npz")
    assert str(kept) in done.stderr and PulsePredictor.load(kept)


@pytest.mark.parametrize("text", ["stages = 3", "stages = [{ epochs = 5 }]", "nosuch = 1", "inputs = [", "variant = 1"])
def test_a_specification_that_makes_no_sense_is_refused(ouro, data, tmp_path, text):
    (tmp_path / "wrong.toml").write_text(text)
    done = ouro("train", data, "--spec", tmp_path / "wrong.toml", "--out", tmp_path / "x.npz")
    assert done.returncode == 2 and "wrong.toml" in one_line(done)
    assert not (tmp_path / "x.npz").exists()


def test_what_is_no_dataset_is_no_dataset(ouro, tmp_path):
    done = ouro("train", tmp_path, "--out", tmp_path / "x.npz")
    assert done.returncode == 2 and str(tmp_path) in one_line(done)


# ---- program


def program(checkpoint, *more):
    return ("program", *CELL, "--checkpoint", checkpoint, *more)


def test_a_write_is_that_of_the_package(ouro, checkpoint, tmp_path):
    found = answer(ouro(*program(checkpoint, "--target", 220e-6, "--start", 400e-6, "--seed", 4, "--tolerance", 0.3,
                                 "--out", tmp_path / "r.html", "--json")))  # fmt: skip
    assert found["outcome"] == "REACHED" and found["error"] <= 0.3
    assert found["readings_S"][0] == pytest.approx(400e-6, rel=1e-4)
    assert len(found["readings_S"]) == len(found["pulses"]) + 1
    assert found["pulses"][0]["amplitude_V"] == 0.8587
    cell, predictor = CompactCell(jart_vcm_v1b(window=True, walk=Walk()), "reduced"), PulsePredictor.load(checkpoint)
    drawn = Recipe(1, 4, None).draw(cell, 0)
    state = stationary(cell.device, 400e-6, drawn.seed, "reduced")
    history = write_verify(cell, default_programmer(predictor), 220e-6, 0.3, seed=drawn.seed, state=state)
    assert found["readings_S"] == list(history.readings_S)
    assert (found["time_s"], found["energy_J"], found["sha256"]) == (history.time_s, history.energy_J, predictor.sha256)
    assert "<img" in (tmp_path / "r.html").read_text()


def test_each_step_is_shown(ouro, checkpoint):
    done = ouro(*program(checkpoint, "--target", 220e-6, "--start", 400e-6, "--tolerance", 0.3))
    assert (done.returncode, done.stderr) == (0, "")
    assert "+0.8587" in done.stdout and "400.00" in done.stdout and "+81.8%" in done.stdout
    assert "REACHED: the reading is within tolerance" in done.stdout


def test_a_missed_target_is_an_outcome_with_a_name(ouro, checkpoint):
    done = ouro(*program(checkpoint, "--target", 220e-6, "--start", 400e-6, "--tolerance", 1e-6, "--max-pulses", 1))
    assert (done.returncode, done.stderr) == (1, "") and "PULSE_LIMIT" in done.stdout
    done = ouro(*program(checkpoint, "--target", 900e-6, "--json"))
    found = json.loads(done.stdout)
    assert (done.returncode, found["outcome"], found["error"], found["pulses"]) == (1, "TARGET_OUTSIDE", None, [])


def test_device_and_start_are_drawn_by_the_seed(ouro, checkpoint):
    def first(*more):
        found = json.loads(ouro(*program(checkpoint, "--target", 220e-6, "--max-pulses", 2, "--json", *more)).stdout)
        return found["start_S"], found["readings_S"]

    assert first("--seed", 1) == first("--seed", 1)
    assert first("--seed", 1)[0] != first("--seed", 2)[0]
    same = ("--start", 300e-6, "--seed", 1)
    assert first(*same)[1][1] != first(*same, "--device", "drawn")[1][1]
    still = ("--walk", 0, "--any-circuit", "--start", 300e-6)
    assert first(*still, "--seed", 1)[1] == first(*still, "--seed", 2)[1]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--target", 220e-6, "--walk", 20e-9), "--any-circuit"),
        (("--target", 220e-6, "--start", 1e-6), "--start 1e-06 S: this device can have"),
        (("--target", 220e-6, "--walk", -1), "--walk"),
        (("--target", -1), "target"),
        (("--target", 220e-6, "--tolerance", 0), "tolerance"),
        (("--target", 220e-6, "--corner", "ss"), "--corner does not apply"),
        (("--target", 220e-6, "--out", "/dev/null/r.html"), "cannot write"),
    ],
)
def test_wrong_writes_are_told_in_one_line(ouro, checkpoint, arguments, words):
    done = ouro(*program(checkpoint, *arguments))
    code = 1 if words == "cannot write" else 2
    assert (done.returncode, done.stdout) == (code, "") and words in one_line(done)


def test_a_cell_without_a_checkpoint_says_what_to_do(ouro, package):
    done = ouro("program", "--cell", "tud", "--target", 220e-6)
    assert done.returncode == 2
    assert all(word in one_line(done) for word in ("tud", "there is reduced", "ouro-spice train", "--checkpoint"))
    with pytest.raises(ValueError, match="there is reduced"):
        shipped_checkpoint("tud")


def test_the_shipped_checkpoint_is_the_default(ouro, package, checkpoint):
    assert shipped_checkpoint("reduced") == package / "training" / "checkpoints" / "reduced.npz"
    given, found = (
        json.loads(ouro("program", *CELL, "--target", 220e-6, "--json", *more).stdout)
        for more in (("--checkpoint", checkpoint), ())
    )
    assert found["sha256"] == given["sha256"] and found["readings_S"] == given["readings_S"]


def test_a_checkpoint_brings_its_amplitudes(ouro, data, tmp_path):
    (tmp_path / "drive.toml").write_text(
        'inputs = ["g_start_S", "dg_S", "drive"]\nstages = [{ objective = "time", epochs = 2 }]'
    )
    ouro("train", data, "--spec", tmp_path / "drive.toml", "--out", tmp_path / "plain.npz")
    plain = PulsePredictor.load(tmp_path / "plain.npz")
    assert default_programmer(plain).drives is None
    plain.manifest.settings["drives"] = {"width_s": 50e-9, "low": 1.1, "high": 1.2, "fixed": True}
    plain.save(tmp_path / "driven.npz")
    chosen = default_programmer(PulsePredictor.load(tmp_path / "driven.npz"), name="mine")
    assert (chosen.drives.low, chosen.drives.high, chosen.name) == (1.1, 1.2, "mine")
    found = json.loads(ouro(*program(tmp_path / "driven.npz", "--target", 220e-6, "--max-pulses", 1, "--json")).stdout)
    (pulse,) = found["pulses"]
    assert 1.1 <= abs(pulse["amplitude_V"]) / (0.4162 if pulse["amplitude_V"] < 0 else 0.8587) <= 1.2
    assert pulse["width_s"] == pytest.approx(50e-9)


@pytest.mark.ngspice
def test_a_write_in_the_circuit(ouro, checkpoint):
    done = ouro("program", "--cell", "1r", "--checkpoint", checkpoint, "--any-circuit", "--target", 220e-6, "--start",
                400e-6, "--max-pulses", 2, "--json", "--device", "drawn")  # fmt: skip
    found = json.loads(done.stdout)
    assert done.stderr == "" and done.returncode == (found["outcome"] != "REACHED")
    assert found["readings_S"][0] == pytest.approx(400e-6, rel=1e-2)
    assert found["readings_S"][1] < found["readings_S"][0]


# ---- benchmark-programmers

QUICK = ("benchmark-programmers", *CELL, "--n", 6, "--max-pulses", 8, "--no-tune", "--table", 0)


@pytest.fixture
def plain_page(monkeypatch):
    """Reports without figures, which take most of the time."""
    monkeypatch.setattr(Page, "figure", lambda *_, **__: None)


@pytest.mark.usefixtures("blank_pictures")
def test_programmers_under_one_harness(ouro, checkpoint, tmp_path):
    quick = (*QUICK, "--checkpoint", checkpoint, "--tolerance", 0.2, "--seed", 5, "--out", tmp_path)
    found = answer(ouro(*quick, "--json", "--workers", 1))
    assert found == json.loads((tmp_path / "results.json").read_text())
    (rows,) = found["write_verify"]["reduced_60us_d2d"].values()
    ignorant = ["fixed pulse", "ISPP", "ISPP in width", "coarse to fine", "PI in amplitude", "PI in width"]
    assert list(rows) == ["neural", "noise-free", *ignorant, "model time", "posterior"]
    for row in rows.values():
        assert {"success", "pulses_mean", "pulses_p95", "time_s", "energy_J", "n", "interval"} <= set(row)
        assert row["n"] == 6 == sum(row["outcomes"].values())
        assert 0 <= row["success"] == row["outcomes"].get("REACHED", 0) / 6
        # a read more than there are pulses
        longer = row["reads"]["1e-06"] - row["reads"]["1e-07"]
        assert longer == pytest.approx((row["pulses_mean"] + 1) * 900e-9)
    assert found["checkpoints"] == {"neural": PulsePredictor.load(checkpoint).sha256}
    (ratios,) = found["ratios"]["reduced_60us_d2d"].values()
    one = ratios["pulses"]
    for name, ratio in one["over_each"].items():
        assert ratio[0] == pytest.approx(rows[name]["pulses_mean"] / rows["neural"]["pulses_mean"])
    assert one["ratio"] == one["over_best"] == one["each"]["neural"]["nothing"]
    again = answer(ouro(*quick, "--json", "--workers", 2))
    assert [again.pop("seconds") > 0, found.pop("seconds") > 0] == [True, True]
    for (by_programmer,) in (one.pop("prediction_s")["reduced_60us_d2d"].values() for one in (again, found)):
        assert set(by_programmer) == set(rows) - set(ignorant)
        assert all(times["pulse_s"] > 0 for times in by_programmer.values())
    assert again == found
    assert (tmp_path / "report.html").read_text().count("<img") == 2


def test_the_table_and_the_ratio_are_shown(ouro, checkpoint, tmp_path, plain_page):
    done = ouro(*QUICK, "--checkpoint", checkpoint, "--read-times", "50e-9,2e-6", "--d2d", "none", "--out", tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert "coarse to" in done.stdout and "2 us" in done.stdout
    assert "times as much as neural" in " ".join(done.stdout.split())
    for word in (
        "knows",
        "reads",
        "predictions",
        "software",
        "energy",
        "may take",
        "nominal model",
        "edge of what was",
    ):
        assert word in " ".join(done.stdout.split()), word
    assert list(json.loads((tmp_path / "results.json").read_text())["write_verify"]) == ["reduced_60us"]


def test_a_programmer_that_gives_up_soon_is_not_the_best():
    def history(outcome, pulses, knows="training data"):
        return SimpleNamespace(
            outcome=outcome, pulses=[0] * pulses, time_s=pulses * 1e-8, energy_J=0.0, target_S=1.0, predictions=0,
            with_reads=lambda _: history(outcome, pulses, knows), knows=knows,
        )  # fmt: skip

    histories = {
        "slow": [history(Outcome.REACHED, 9)] * 4,
        "gives up": [history(Outcome.STUCK, 1)] * 4,
        "ISPP": [history(Outcome.REACHED, 18, "nothing")] * 4,
        "gives up, too": [history(Outcome.PULSE_LIMIT, 2, "nothing")] * 4,
    }
    found = benchmark.BenchmarkResult(None, histories, ("slow", "gives up"), {"ISPP": {}}, {}, {}, 0.0).ratios["pulses"]
    assert (found["neural"], found["conventional"], found["model"]) == ("slow", "ISPP", None)
    assert found["ratio"] == pytest.approx((2.0, 2.0, 2.0))
    assert found["over_model"] is None


def test_without_a_checkpoint_no_network_takes_part(ouro, tmp_path, plain_page):
    done = ouro("benchmark-programmers", "--cell", "compact", "--n", 2, "--max-pulses", 2, "--no-tune",
                "--table", 0, "--out", tmp_path, "--json")  # fmt: skip
    assert done.returncode == 0 and "no neural programmer takes part" in one_line(done)
    found = json.loads(done.stdout)
    assert found["ratios"] == {"compact_60us_d2d": {"0.1": {}}}
    assert "neural" not in found["write_verify"]["compact_60us_d2d"]["0.1"]


def test_several_checkpoints_have_names_of_their_own(ouro, checkpoint, tmp_path, plain_page):
    shutil.copy(checkpoint, tmp_path / "other.npz")
    (tmp_path / "deep").mkdir()
    shutil.copy(checkpoint, tmp_path / "deep" / "other.npz")
    several = [word for path in ("other.npz", "deep/other.npz") for word in ("--checkpoint", tmp_path / path)]
    found = answer(ouro(*QUICK, *several, "--checkpoint", checkpoint, "--out", tmp_path, "--json"))
    (rows,) = found["write_verify"]["reduced_60us_d2d"].values()
    names = [name for name in rows if name.startswith("neural")]
    assert names == [f"neural {tmp_path}/other.npz", f"neural {tmp_path}/deep/other.npz", "neural small"]
    # the same network on the same cells
    assert rows[names[0]] == rows[names[1]] == rows[names[2]]


def test_conventional_programmers_are_tuned_on_other_cells():
    cell = CompactCell(jart_vcm_v1b(window=True, walk=Walk()), "reduced")
    bench = benches.Bench("reduced", cell, Pair(-0.4162, 0.8587, 60e-6), 4, tuning=benches.Tuning(3, 5))
    with Ngspice(1) as engine:
        judged, training = (benches.cells(bench, cell, bench.pair, 4, stream, engine) for stream in (1, 2))
        assert not set(judged[1]) & set(training[1])
        assert not {device.r for device in judged[0].devices} & {device.r for device in training[0].devices}
        best = benches.tune_rule(bench, CoarseFine, engine)[0]
        assert best == benches.tune_rule(bench, CoarseFine, engine)[0]
        assert best in CoarseFine.candidates(bench.pair)
        assert benches.tune_rule(dataclasses.replace(bench, tuning=None), ISPP, engine)[0] == ISPP(bench.pair)


@pytest.mark.ngspice
def test_a_circuit_tries_what_its_compact_model_likes(engine):
    cell = Cell1R(jart_vcm_v1b(window=True, walk=Walk()))
    pair = Pair(-0.42, 0.87, 60e-6)
    bench = benches.Bench("1r", cell, pair, 2, 0.3, 12, tuning=benches.Tuning(3, 4, best=1, tried=2))
    found = benches.tune_rule(bench, CoarseFine, engine)[0]
    assert found.voltages == pair and found.most == CoarseFine(pair).most
    assert "in the circuit" in bench.tuning.description(cell)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--read-times", "fast"), "--read-times fast"),
        (("--read-times", "0"), "reads_s"),
        (("--tolerance", 2), "tolerance"),
        (("--walk", 20e-9), "--any-circuit"),
        (("--out", "/dev/null/x"), "--out"),
    ],
)
def test_wrong_benchmarks_are_told_in_one_line(ouro, checkpoint, tmp_path, arguments, words):
    done = ouro(*QUICK, "--checkpoint", checkpoint, "--out", tmp_path, *arguments)
    code = 1 if arguments[0] == "--out" else 2  # a place that cannot be written to is the machine's
    assert (done.returncode, done.stdout) == (code, "") and words in one_line(done)


# ---- campaign, report

TINY = """
seed = 7
records = 20
deployments = 10
[floor]
pairs = 2
trajectories = 4
[variant.B_smoothed]
stages = [{ objective = "time", epochs = 3 }, { objective = "band", epochs = 2 }]
[[setting]]
name = "paper"
cell = "reduced"
variants = ["B_smoothed"]
"""


@pytest.fixture(scope="module")
def tiny(tmp_path_factory):
    """The configuration and the folder of a campaign."""
    folder = tmp_path_factory.mktemp("campaign")
    (folder / "tiny.toml").write_text(TINY)
    run("campaign", "paper", "--config", folder / "tiny.toml", "--out", folder / "found")
    return folder


def test_a_campaign_goes_on_from_what_it_has(ouro, tiny, monkeypatch, plain_page):
    before = json.loads((tiny / "found" / "results.json").read_text())
    monkeypatch.setattr(networks.PulsePredictor, "fit", None)
    again = ("campaign", "paper", "--config", tiny / "tiny.toml", "--out", tiny / "found")
    done = ouro(*again)
    assert done.returncode == 0
    line, report = done.stdout.splitlines()
    assert line.startswith("paper: ") and "within 20 %" in line and "floor" in line
    assert report == f"report: {tiny / 'found' / 'report.html'}"
    after = json.loads((tiny / "found" / "results.json").read_text())
    assert after["one_shot"] == before["one_shot"] and set(before["one_shot"]["paper"]) >= {"B_smoothed", "do nothing"}
    assert answer(ouro(*again, "--json"))["one_shot"] == before["one_shot"]


def test_an_interrupted_campaign_says_that_it_goes_on(ouro, tiny, tmp_path, monkeypatch):
    def interrupted(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr(context, "extract", interrupted)
    done = ouro("campaign", "paper", "--config", tiny / "tiny.toml", "--out", tmp_path)
    assert done.returncode == 130 and "run again to go on" in one_line(done)


@pytest.mark.parametrize("text", ["seed = 1", "seed = [", TINY.replace("band", "bend"), TINY.replace("0", "-1", 1)])
def test_a_configuration_that_makes_no_sense_is_refused(ouro, tmp_path, text):
    (tmp_path / "wrong.toml").write_text(text)
    done = ouro("campaign", "circuit", "--config", tmp_path / "wrong.toml", "--out", tmp_path / "x")
    assert done.returncode == 2 and "wrong.toml" in one_line(done)
    assert not (tmp_path / "x").exists()


def test_a_report_of_campaigns(ouro, tiny, tmp_path):
    for path in (tiny / "found", tiny / "found" / "results.json"):
        done = ouro("report", path, "--out", tmp_path / "R.md")
        table = tmp_path / "docs" / "results" / "paper.md"
        assert (done.returncode, done.stderr) == (0, "")
        assert done.stdout == f"report: {tmp_path / 'R.md'}\nreport: {table}\n"
        assert "| B_smoothed |" in table.read_text() and "B_smoothed" in (tmp_path / "R.md").read_text()
        (tmp_path / "R.md").unlink()


def test_a_report_of_a_dataset(ouro, data, tmp_path):
    done = ouro("report", data, "--out", tmp_path / "r.html")
    assert (done.returncode, done.stderr) == (0, "")
    assert "Pulse-to-conductance dataset" in (tmp_path / "r.html").read_text()


def test_wrong_reports_are_told_in_one_line(ouro, data, tiny, tmp_path):
    found = tiny / "found"
    (tmp_path / "other.json").write_text('{"decks": []}')
    (tmp_path / "old.json").write_text('{"campaign": "paper", "one_shot": {"paper": {"x": 1}}, "write_verify": {}}')
    (tmp_path / "broken.json").write_text("{")
    for arguments, words in (
        ((tmp_path / "nosuch",), "not there"),
        ((tmp_path,), "neither a dataset nor results.json"),
        ((found, data), "of one dataset, or"),
        ((tmp_path / "other.json",), "does not hold the results of a campaign"),
        ((tmp_path / "old.json",), "run the campaign again"),
        ((tmp_path / "broken.json",), "is no results.json"),
        ((found, "--out", tmp_path / "x.html"), "ends with .md"),
        ((data, "--out", tmp_path / "x.md"), "ends with .html"),
        ((found, "--out", "/dev/null/x.md"), "cannot write"),
    ):
        done = ouro("report", *arguments)
        assert done.returncode == (1 if words == "cannot write" else 2) and words in one_line(done), arguments


def test_help_knows_the_commands(ouro):
    listed = ouro("--help").stdout
    for name in ("train", "program", "benchmark-programmers", "noise-sources", "campaign", "report"):
        assert f"\n  {name} " in listed
        assert "--help" in ouro(name, "--help").stdout
