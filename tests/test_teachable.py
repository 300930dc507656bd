"""What data can teach: pulse times that vary, controls that the network sees, and no score that nobody can know."""

from __future__ import annotations

import dataclasses
import json

import numpy as np
import pytest
from analytic_device import quick, records
from typer.testing import CliRunner

from ouro_spice import PulseDataset, PulsePredictor, Table, import_pulses
from ouro_spice.cli import app
from ouro_spice.dataset.controls import controls, unvaried
from ouro_spice.prediction.held_out import held_out
from ouro_spice.prediction.specification import Specification, Stage

MAP = {
    "g_start_S": "Gb:uS", "amplitude_V": "V:V", "width_s": "tp:ns", "g_end_S": "Ga:uS", "device": "dev",
}  # fmt: skip
LADDER = ((110, -0.6, 111), (111, -0.7, 120), (120, -0.8, 160), (160, -0.9, 240),
          (240, 0.9, 238), (238, 1.0, 215), (215, 1.1, 150))  # fmt: skip


def ladder(width_ns=lambda device, k: 100.0, amplitude=lambda volts: volts, devices=12):
    """The usual log of pulses whose amplitude rises and whose width stays: rows of a table."""
    return [
        (device, before, amplitude(volts), width_ns(device, k), after)
        for device in range(devices) for k, (before, volts, after) in enumerate(LADDER)
    ]  # fmt: skip


@pytest.fixture
def table(tmp_path):
    def write(rows):
        path = tmp_path / "pulses.csv"
        path.write_text("dev,Gb,V,tp,Ga\n" + "".join(",".join(map(str, row)) + "\n" for row in rows))
        return path

    return write


@pytest.fixture
def imported(table):
    return lambda *args, **kwargs: import_pulses(table(ladder(*args, **kwargs)), MAP)


def drawn(device, k):
    """Widths of 50 to 1600 ns, all kinds in each direction."""
    return 50.0 * 2 ** ((device + k) % 6)


def one_pair(volts):
    return -0.8 if volts < 0 else 1.0


# ---- refusals


def test_one_width_and_many_amplitudes_teach_nothing(imported):
    """The network would say 100 ns to each question, and would be told to be perfect."""
    with pytest.raises(ValueError) as told:
        PulsePredictor.fit(imported())
    text = str(told.value)
    for part in ("that of SET is 100 ns in all ", "what varies is the amplitude", "at least 2 times the shortest",
                 "the variant amplitude_only takes the amplitude"):  # fmt: skip
        assert part in text
    assert "\n" not in text


def test_one_width_and_one_amplitude_teach_nothing_either(imported):
    with pytest.raises(ValueError, match=r"that of SET is 100 ns in all .* records, and the longest"):
        PulsePredictor.fit(imported(amplitude=one_pair))


@pytest.mark.parametrize("factor", [1.0005, 1.3, 1.99])
def test_widths_within_a_factor_of_2_teach_nothing(imported, factor):
    data = imported(lambda device, k: 100.0 * (factor if device % 2 else 1.0), one_pair)
    with pytest.raises(ValueError, match=r"cannot teach the pulse time: that of SET is 100 ns"):
        PulsePredictor.fit(data, quick())


def test_a_few_widths_that_differ_teach_nothing(imported):
    """Of 11 devices with 100 ns and one with 1 us a network learns "100 ns"."""
    data = imported(lambda device, k: 1000.0 if device == 3 else 100.0, lambda volts: one_pair(volts))
    with pytest.raises(ValueError, match=r"that of SET is 100 ns .* in four of five of its"):
        PulsePredictor.fit(data, quick())
    with pytest.raises(ValueError, match=r"100 ns .* in four of five"):
        Table.fit(data)


def test_a_table_asks_for_the_same(imported):
    with pytest.raises(ValueError, match="that of SET is 100 ns in all"):
        Table.fit(imported())
    with pytest.raises(ValueError, match="amplitude of SET varies"):
        Table.fit(imported(drawn))
    with pytest.raises(ValueError, match="single pulses"):
        Table.fit(imported(drawn, one_pair), 0.1)
    assert Table.fit(imported(drawn, one_pair)).predict(150e-6, 50e-6) > 0


@pytest.mark.parametrize(("still", "name"), [(True, "SET"), (False, "RESET")])
def test_a_direction_whose_width_stays_is_refused_by_name(imported, still, name):
    def width(device, k):
        return 100.0 if (k < 4) == still else drawn(device, k)

    with pytest.raises(ValueError, match=f"that of {name} is 100 ns in all"):
        PulsePredictor.fit(imported(width, one_pair), quick())


def test_widths_that_vary_are_learned_in_one_direction_or_two(imported):
    data = imported(drawn, one_pair)
    assert np.isfinite(PulsePredictor.fit(data, quick()).predict(150e-6, 50e-6))
    sets = dataclasses.replace(data, frame=data.frame[data.frame.t_pulse_s > 0])
    assert np.isfinite(PulsePredictor.fit(sets, quick()).predict(150e-6, 50e-6))


def test_widths_of_a_factor_of_2_are_enough(imported):
    data = imported(lambda device, k: 200.0 if device % 2 else 100.0, one_pair)
    assert np.isfinite(PulsePredictor.fit(data, quick()).predict(150e-6, 50e-6))


def test_amplitudes_that_vary_unseen_are_refused(imported):
    with pytest.raises(ValueError, match=r"the amplitude of SET varies, -900 mV .. -600 mV \(4 values in .*"
                                         r"the variant voltage takes the amplitude .* or split the table"):  # fmt: skip
        PulsePredictor.fit(imported(drawn), quick())


def test_readings_of_one_amplitude_are_one_amplitude(imported):
    rng = np.random.default_rng(1)
    data = imported(drawn, lambda volts: one_pair(volts) * (1 + 1e-3 * rng.uniform(-1, 1)))
    assert np.isfinite(PulsePredictor.fit(data, quick()).predict(150e-6, 50e-6))


def test_simulated_records_whose_amplitude_varies_unseen_are_refused():
    data = records(200, histories=True)
    volts = np.where(data.frame.t_pulse_s > 0, -0.41, 0.85)
    same = dataclasses.replace(data, frame=data.frame.assign(amplitude_V=volts))
    assert PulsePredictor.fit(same, quick()).sha256 == PulsePredictor.fit(data, quick()).sha256
    rising = dataclasses.replace(data, frame=data.frame.assign(amplitude_V=volts * np.linspace(1, 1.2, 200)))
    with pytest.raises(ValueError, match="the amplitude of SET varies"):
        PulsePredictor.fit(rising, quick())


def test_any_other_column_of_numbers_is_a_control():
    data = records(200)
    gated = dataclasses.replace(data, frame=data.frame.assign(gate_V=np.linspace(1, 3, 200)))
    with pytest.raises(ValueError, match=r"the gate voltage of SET varies, 1.*V .. 2.*V .*no variant takes it: split"):
        PulsePredictor.fit(gated, quick())
    still = dataclasses.replace(data, frame=data.frame.assign(gate_V=3.3, note="good"))
    assert PulsePredictor.fit(still, quick()).sha256 == PulsePredictor.fit(data, quick()).sha256


def test_edges_may_vary_unseen_where_they_are_short():
    """Of pulses of microseconds 20 ns are nothing; of edges as long as the pulses the network has to know."""
    short, long = (records(200, rise_s=np.geomspace(*ends, 200)) for ends in ((2e-9, 20e-9), (1e-7, 6e-6)))
    assert np.isfinite(PulsePredictor.fit(short, quick()).predict(150e-6, 50e-6))
    with pytest.raises(ValueError, match=r"the rise of SET varies, .* the variant edges takes it"):
        PulsePredictor.fit(long, quick())
    seen = quick(inputs=("g_start_S", "dg_S", "log_rise"))
    assert np.isfinite(PulsePredictor.fit(long, seen).predict(150e-6, 50e-6))


def test_only_what_is_learned_from_is_asked():
    """Test records of another amplitude, and failed ones, do not spoil the others."""
    data = records(200)
    volts = np.where(data.frame.split == "test", -0.9, -0.41) * np.where(data.frame.t_pulse_s > 0, 1, -2)
    other = dataclasses.replace(data, frame=data.frame.assign(amplitude_V=volts))
    assert PulsePredictor.fit(other, quick()).sha256 == PulsePredictor.fit(data, quick()).sha256


@pytest.mark.parametrize("objective", ["band", "conductance", "change"])
def test_single_pulses_are_no_histories_to_learn_from(imported, objective):
    with pytest.raises(ValueError, match=r"learns from histories, .* and the records are single pulses"):
        PulsePredictor.fit(imported(drawn, one_pair), quick(objective))


# ---- scores


def test_no_share_is_told_from_single_pulses(imported):
    data = imported(drawn, one_pair, devices=40)
    found = held_out(PulsePredictor.fit(data, quick()), data)
    assert found["n"] > 0 and np.isfinite(found["t_error_median"])
    assert [found[f"within_{band}"] for band in (50, 20, 10)] == [None] * 3
    assert found["small_updates"] is None
    whole = records(200, histories=True)
    assert held_out(PulsePredictor.fit(whole, quick()), whole)["within_50"] >= 0


def test_small_changes_are_judged_through_histories():
    """On a device that answers in one way only the gain of the right time is 1, and of half of it less."""
    data = records(300, histories=True)
    found = PulsePredictor.fit(data, Specification((Stage("time", 60, 32, 6e-3),)))
    rows = held_out(found, data)["small_updates"]
    assert {row["asked_S"] for row in rows} == {1e-6, 2e-6, 5e-6, 1e-5, 2e-5, 5e-5}
    large = [row for row in rows if row["asked_S"] == 5e-5]
    assert [row["direction"] for row in large] == ["set", "reset"]
    assert all(0.7 < row["gain"] < 1.4 and row["wrong_way"] == 0 for row in large)
    assert json.loads(json.dumps(rows)) == rows


# ---- what is said


def test_a_width_that_stays_is_said(imported):
    assert unvaried(imported().frame) == "the pulse time is the same, 100 ns, in all 84 records"
    both = imported(lambda device, k: 100.0 if k < 4 else 300.0)
    assert unvaried(both.frame) == (
        "the pulse time of SET is the same, 100 ns, in all 48 records, that of RESET is the same, 300 ns, in all 36 "
        "records"
    )
    one = imported(lambda device, k: 100.0 if k < 4 else drawn(device, k))
    assert unvaried(one.frame) == "the pulse time of SET is the same, 100 ns, in all 48 records"
    assert unvaried(imported(drawn).frame) == unvaried(imported(drawn).frame.head(0)) == ""


def test_controls_have_their_range_and_number(imported):
    found = {(one.direction, one.name): one for one in controls(imported().frame)}
    volts = found["SET", "amplitude_V"]
    assert (volts.n, volts.low, volts.high, volts.values) == (48, -0.9, -0.6, 4)
    assert not volts.same and found["SET", "t_pulse_s"].same
    assert found["RESET", "t_pulse_s"].span == "100 ns"
    assert ("SET", "device") not in found


# ---- the commands


@pytest.fixture
def folder(table, tmp_path):
    def make(rows):
        import_pulses(table(rows), MAP, tmp_path / "data")
        return tmp_path / "data"

    return make


def run(*arguments):
    return CliRunner().invoke(app, [str(one) for one in arguments])


def test_the_command_refuses_with_a_line_and_no_checkpoint(folder, tmp_path, monkeypatch):
    import sys

    from ouro_spice.cli import main

    data = folder(ladder())
    monkeypatch.setattr(sys, "argv", ["ouro-spice", "train", str(data), "--out", str(tmp_path / "net.npz")])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 2
    assert not (tmp_path / "net.npz").exists()


def test_info_says_what_does_not_vary(folder):
    data = folder(ladder())
    told = run("dataset", "info", data).stdout
    assert "the pulse time is the same, 100 ns, in all 84 records" in told
    assert "SET -0.9 .. -0.6 V, 4 values; RESET 0.9 .. 1.1 V, 3 values" in told
    found = json.loads(run("dataset", "info", data, "--json").stdout)
    assert found["unvaried"] == "the pulse time is the same, 100 ns, in all 84 records"
    assert found["controls"]["set"]["t_pulse_s"] == {"low": 1e-7, "high": 1e-7, "values": 1}


def test_the_report_of_such_data_says_so(folder, tmp_path):
    from ouro_spice import report

    page = report(PulseDataset.load(folder(ladder())), tmp_path / "report.html").read_text()
    assert "The pulse time is the same, 100 ns, in all 84 records" in page


def test_a_single_device_is_all_training_and_the_rest_is_said(folder, tmp_path):
    rows = [(0, *row[1:]) for row in ladder(drawn, one_pair, devices=12)]
    data = PulseDataset.load(folder(rows))
    (split,) = data.frame.split.unique()
    spec = tmp_path / "spec.toml"
    spec.write_text('stages = [{ objective = "time", epochs = 2 }]')
    done = run("train", tmp_path / "data", "--spec", spec, "--out", tmp_path / "net.npz", "--json")
    if split != "train":
        assert "0 training records" in str(done.exception)
        return
    found = json.loads(done.stdout)
    assert found["kept"] == {"1 time": None}
    assert found["held_out"] == {"n": 0}
    assert "no record in validation and test" in found["empty_splits"]
    told = run("train", tmp_path / "data", "--spec", spec, "--out", tmp_path / "net.npz").stdout
    assert "the last of a fixed number is kept" in told


def test_the_table_says_what_cannot_be_known(folder, tmp_path):
    data = folder(ladder(drawn, one_pair, devices=40))
    spec = tmp_path / "spec.toml"
    spec.write_text('stages = [{ objective = "time", epochs = 2 }]')
    done = run("train", data, "--spec", spec, "--out", tmp_path / "net.npz", "--json")
    assert json.loads(done.stdout)["held_out"]["within_20"] is None
    told = run("train", data, "--spec", spec, "--out", tmp_path / "net.npz").stdout
    assert "cannot be known from single pulses" in told
    assert "100.0%" not in told
