"""Switching curves: many pulses on many devices, compact and in SPICE on the same random numbers; resumable."""

from __future__ import annotations

import json
import shutil

import numpy as np
import pytest

import ouro_spice as ouro
from ouro_spice.cli import main
from ouro_spice.experiment.switching_curves import draw, summary, switching_curves, write_curves

pytestmark = pytest.mark.ngspice
SIZE = {"devices": 4, "spice": 2, "pulses": 60, "seed": 5}


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    folder = tmp_path_factory.mktemp("curves")
    return switching_curves(**SIZE, out=folder), folder


def test_curves_have_a_point_before_and_after_each_pulse(made):
    curves, _ = made
    assert curves.compact_S.shape == (4, 121) and curves.spice_S.shape == (2, 121)
    for k, device in enumerate(curves.devices):
        window = ouro.Cell1R(device.replace(walk=None)).window_S
        assert curves.compact_S[k, 0] == pytest.approx(window[0], rel=1e-6)
        assert device.walk.step_s == pytest.approx(11e-9)
    assert np.all(curves.compact_S > 50e-6) and np.all(curves.compact_S < 700e-6)


def test_set_raises_and_reset_lowers(made):
    curves, _ = made
    turn = curves.compact_S[:, 60]
    assert np.mean(turn / curves.compact_S[:, 0]) > 1.5
    assert np.all(curves.compact_S[:, -1] <= turn * 1.1)


def test_spice_and_the_compact_model_tell_the_same(made):
    """Half a step apart: the difference is that of neighbouring pulses."""
    curves, _ = made
    for mine, theirs in zip(curves.compact_S, curves.spice_S, strict=False):
        low = np.minimum.reduce([mine[:-2], mine[1:-1], mine[2:]]) * 0.95
        high = np.maximum.reduce([mine[:-2], mine[1:-1], mine[2:]]) * 1.05
        assert np.mean((theirs[1:-1] >= low) & (theirs[1:-1] <= high)) > 0.9


def test_the_same_seed_on_any_number_of_workers_and_another_one(made):
    curves, _ = made
    again = switching_curves(**SIZE, workers=1)
    assert np.array_equal(again.compact_S, curves.compact_S)
    assert np.array_equal(again.spice_S, curves.spice_S)
    other = switching_curves(**(SIZE | {"seed": 6, "spice": 0}))
    assert not np.array_equal(other.compact_S, curves.compact_S)


def test_curves_that_are_there_are_not_simulated_again(made, tmp_path, monkeypatch):
    curves, folder = made
    copy = tmp_path / "copy"
    shutil.copytree(folder, copy)
    monkeypatch.setattr(ouro.Ngspice, "run", None)
    again = switching_curves(**SIZE, out=copy)
    assert again.spice_S == pytest.approx(curves.spice_S, rel=1e-12)


def test_a_folder_of_other_curves_is_not_touched(made):
    _, folder = made
    with pytest.raises(ValueError, match=r"holds curves of something else \(seed \d+ -> 9\)"):
        switching_curves(**(SIZE | {"seed": 9}), out=folder)


def test_files(made, tmp_path):
    curves, _ = made
    paths = write_curves(curves, tmp_path)
    assert set(paths) == {"png", "svg", "csv", "json", "html"}
    assert all(path.stat().st_size > 500 for path in paths.values())
    assert paths["csv"].read_text().startswith("pulse,compact_0_S,compact_1_S")
    found = json.loads(paths["json"].read_text())
    assert found == summary(curves)
    assert len(draw(curves).axes[0].lines) == 7


def test_command(tmp_path, capsys):
    arguments = ["switching-curves", "--devices", "2", "--spice", "0", "--n", "20", "--out", str(tmp_path), "--json"]
    with pytest.raises(SystemExit) as done:
        main(arguments)
    assert not done.value.code
    assert len(json.loads(capsys.readouterr().out)["compact"]) == 2


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"devices": 0}, "devices = 0 must be a whole number"),
        ({"spice": 5}, "spice = 5 must be at most the number of devices, 4"),
        ({"pulses": -1}, "pulses = -1 must be a whole number"),
        ({"law": "magic"}, "'magic' is unknown; there is ten_percent, in_use, yu"),
    ],
)
def test_bad_input_is_refused_by_name(change, words):
    with pytest.raises(ValueError, match=words):
        switching_curves(**(SIZE | change))
