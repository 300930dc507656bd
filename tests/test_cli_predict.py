"""``ouro-spice predict``: one pulse from one reading, or a table of them."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from test_cli import one_line

from ouro_spice import PulsePredictor
from ouro_spice.prediction.first_pulses import first_pulses
from ouro_spice.prediction.pretrained import default_programmer, shipped_checkpoint

ONE = ("--g", "200uS", "--target", "280uS")


@pytest.mark.parametrize("net", ["1r", "1t1r"])
def test_a_pulse_is_the_first_of_the_networks_programmer(ouro, net):
    """History, several amplitudes and all: as `program` would begin."""
    (pulse,) = (default_programmer(PulsePredictor.load(shipped_checkpoint(net))).next_pulse(280e-6, [200e-6]),)
    done = ouro("predict", net, *ONE, "--json")
    found = json.loads(done.stdout)
    assert (done.returncode, done.stderr, found["direction"], found["outside_training"]) == (0, "", "SET", "no")
    assert found["amplitude_V"] == pytest.approx(pulse.amplitude, rel=1e-9)
    assert found["width_s"] == pytest.approx(pulse.width, rel=1e-9)
    assert (found["rise_s"], found["fall_s"]) == (pulse.rise, pulse.fall)
    assert found["trained_on"] == {"1r": "Cell1R", "1t1r": "Cell1T1R"}[net]
    assert found["gate_V"] == (None if net == "1r" else pytest.approx(3.3))


def test_without_a_network_it_is_the_one_of_1t1r_and_says_so(ouro):
    done = ouro("predict", "--g", "500uS", "--target", "5kOhm")
    pulse, network = done.stdout.splitlines()
    assert pulse.startswith("500.0 -> 200.0 uS: RESET of +")
    assert "ns wide, edges 2ns and 2ns, gate at 3.3 V" in pulse
    assert network.startswith("network: ") and network.endswith("1t1r.npz, trained on a Cell1T1R")


def test_a_cell_that_reads_its_target_gets_no_pulse(ouro):
    done = ouro("predict", "--g", "200uS", "--target", "0.2mS")
    assert done.stdout.splitlines()[0] == "200.0 -> 200.0 uS: no pulse, the cell reads its target"


def test_questions_outside_the_training_data_are_warned_of(ouro):
    done = ouro("predict", "1r", "--g", "20uS", "--target", "900uS", "--json")
    assert "asked for what the network was not trained on" in one_line(done)
    assert json.loads(done.stdout)["outside_training"] == "start+change+target"


def test_a_table_of_cells_becomes_a_table_of_pulses(ouro, tmp_path):
    (tmp_path / "cells.csv").write_text("cell;target (kOhm);g_uS\na;4;200\nb;10;300\nc;5;200\nd;8;20\n")
    done = ouro("predict", "1r", "--table", tmp_path / "cells.csv", "--out", tmp_path / "pulses.csv")
    assert "1 of 4 cells ask for what the network was not trained on (start)" in one_line(done)
    assert done.stdout.splitlines()[0] == "4 pulses, 1 of them outside the training data"
    table = pd.read_csv(tmp_path / "pulses.csv")
    assert list(table) == ["g_S", "target_S", "direction", "amplitude_V", "width_s", "outside_training"]
    assert table.g_S.tolist() == [2e-4, 3e-4, 2e-4, 2e-5]
    assert table.target_S.tolist() == pytest.approx([2.5e-4, 1e-4, 2e-4, 1.25e-4])
    assert table.direction.tolist() == ["SET", "RESET", "none", "SET"]
    assert table.outside_training.tolist() == ["no", "no", "no", "start"]
    assert (np.sign(table.amplitude_V) == [-1, 1, 0, -1]).all() and table.width_s[2] == 0
    pulses = default_programmer(PulsePredictor.load(shipped_checkpoint("1r"))).next_pulses(
        table.target_S.to_numpy(), table.g_S.to_numpy()[:, None]
    )
    for k in (0, 1, 3):
        assert table.width_s[k] == pytest.approx(pulses[k].width, rel=1e-8)
        assert table.amplitude_V[k] == pytest.approx(pulses[k].amplitude, rel=1e-8)


def test_many_cells_are_asked_for_in_parts():
    programmer = default_programmer(PulsePredictor.load(shipped_checkpoint("1r")))
    g, target = np.random.default_rng(0).uniform(120e-6, 500e-6, (2, 8300))
    whole, last = first_pulses(programmer, g, target), first_pulses(programmer, g[-200:], target[-200:])
    assert whole.width_s[-200:] == pytest.approx(last.width_s, rel=1e-12)
    assert whole.amplitude_V[-200:] == pytest.approx(last.amplitude_V, rel=1e-12)


WRONG = [
    ((), "give --g and --target"),
    (("--g", "200uS"), "give --g and --target"),
    (("--g", "200us", "--target", "280uS"), "--g 200us: a time, but a conductance [S] is asked"),
    (("--g", "200uS", "--target", "nan"), "--target nan: a finite number is asked, a conductance [S]"),
    (("--g", "200uS", "--target", "-1uS"), "--target = -1e-06 must be a finite number above 0"),
    (("--g", "200", "--target", "280"), "--g = 200 S is outside 1e-09 .. 0.01 S"),
    (("--g", "0Ohm", "--target", "280uS"), "--g 0Ohm: a finite number"),
    (("nosuch.npz", *ONE), "nosuch.npz: there is no such checkpoint; with the package come 1t1r and 1r"),
    (("compact", *ONE), "compact: there is no such checkpoint"),
    ((".", *ONE), ".: there is no such checkpoint"),
    (("empty.npz", *ONE), "empty.npz"),
    ((*ONE, "--out", "o.csv"), "--out is for the pulses of --table"),
    ((*ONE, "--table", "t.csv"), "--table, and --g or --target"),
    (("--table", "nosuch.csv"), "nosuch.csv"),
    (("--table", "t.csv", "--out", "t.csv"), "--out t.csv is the table itself"),
    (("--table", "t.csv", "--out", "."), "--out . is a folder; name a file in it"),
    (("--table", "t.csv", "--out", ""), "--out is empty"),
]
TABLES = [
    ("g_uS\n1\n", "no column is target with a unit of S, such as target_uS"),
    ("g,target_uS\n1,1\n", "the column 'g' tells no unit"),
    ("g_uS,target_uS\n", "no rows"),
    ("g_uS,target_uS\n200,x\n", "line 2: 'x' in the column 'target_uS'"),
    ("g_uS,target_uS\n200,300\n200,-3\n", "line 3: target = -3e-06 must be a finite number above 0"),
    ("g_S,target_S\n200,300\n", "line 2: g = 200 S is outside"),
]


def test_bad_input_is_one_line_and_leaves_nothing(ouro, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "empty.npz").touch()
    (tmp_path / "t.csv").write_text("g_uS,target_uS\n200,300\n")
    for given, message in WRONG:
        done = ouro("predict", *given)
        assert done.returncode == 2 and message in one_line(done), given
    for text, message in TABLES:
        (tmp_path / "t.csv").write_text(text)
        done = ouro("predict", "--table", "t.csv", "--out", "pulses.csv")
        assert done.returncode == 2 and message in one_line(done), text
    assert {path.name for path in tmp_path.iterdir()} == {"empty.npz", "t.csv"}
