"""Checkpoints: all of a predictor comes back; what is damaged, pickled or something else is refused by name."""

from __future__ import annotations

import json
import zipfile
from dataclasses import replace

import numpy as np
import pytest
from analytic_device import PAIR, grid, plain, quick, records

import ouro_spice as ouro
from ouro_spice import PulsePredictor
from ouro_spice._util.files import OutputError
from ouro_spice.prediction.network import Weights
from ouro_spice.prediction.specification import Specification, Stage


@pytest.fixture(scope="module")
def trained():
    return PulsePredictor.fit(records(100), quick(epochs=20, batch=64))


def test_a_loaded_predictor_predicts_the_same(trained, tmp_path):
    path = trained.save(tmp_path / "new" / "predictor.npz")
    loaded = PulsePredictor.load(str(path))
    assert np.array_equal(loaded.predict(*grid()), trained.predict(*grid()))
    assert loaded.sha256 == trained.sha256
    assert loaded.manifest == trained.manifest
    assert loaded.specification == trained.specification
    assert loaded.pair == ouro.Pair(**PAIR)
    assert list(loaded.manifest.settings["training"]["kept"]) == ["1 time"]
    assert [file.name for file in path.parent.iterdir()] == ["predictor.npz"]


def conditioned(base):
    """An ensemble of two that sees histories."""
    stages = (Stage("time", 2, keep="band", band=0.1), Stage("conductance", 1, smoothing=11))
    inputs = ("g_start_S", "dg_S", "drive", "slow_same")
    made = PulsePredictor.fit(records(40, histories=True), Specification(stages, inputs, networks=2, start="other"))
    return replace(made, base=base)


def test_an_ensemble_with_its_base_and_specification_comes_back(trained, tmp_path):
    predictor = conditioned(base=trained)
    loaded = PulsePredictor.load(predictor.save(tmp_path / "both.npz"))
    assert (loaded.sha256, loaded.base.sha256) == (predictor.sha256, trained.sha256)
    assert loaded.specification == predictor.specification
    assert loaded.base.specification == trained.specification
    assert loaded.base.manifest == trained.manifest
    assert loaded.base.base is None
    seen = {"drive": 1.1, "slow_same": 0.4, "outside": "accept"}  # trained on the pair's own amplitudes
    assert np.array_equal(loaded.predict(*grid(), **seen), predictor.predict(*grid(), **seen))
    assert np.array_equal(loaded.base.predict(*grid()), trained.predict(*grid()))


def test_a_checkpoint_of_a_checkpoint_is_the_same_file(trained, tmp_path):
    one = conditioned(trained).save(tmp_path / "one.npz")
    two = PulsePredictor.load(one).save(tmp_path / "two.npz")
    with np.load(one) as first, np.load(two) as second:
        assert sorted(first) == sorted(second)
        assert all(np.array_equal(first[name], second[name]) for name in first)


def test_the_hash_is_that_of_all_that_decides_its_answers(trained):
    weights = trained.weights
    matrix, bias = weights.layers[1]
    layers = (weights.layers[0], (matrix, bias + 1e-9), *weights.layers[2:])
    manifest = replace(trained.manifest, settings=trained.manifest.settings | {"n": 1})
    others = [
        replace(trained, weights=replace(weights, layers=layers)),
        replace(trained, weights=replace(weights, centres=weights.centres + 1)),
        replace(trained, scale=replace(trained.scale, shift_out=0.0)),
        replace(trained, specification=quick(epochs=20, output="signed_time")),
        replace(trained, manifest=manifest), replace(trained, base=trained), replace(trained, base=plain()),
    ]  # fmt: skip
    assert len({one.sha256 for one in [trained, *others]}) == 8


def test_a_checkpoint_holds_no_pickle(trained, tmp_path):
    path = trained.save(tmp_path / "predictor.npz")
    with zipfile.ZipFile(path) as archive:
        for name in archive.namelist():
            assert name.endswith(".npy")
            head = archive.read(name)[:128]
            assert b"'|O'" not in head, f"{name} is an array of pickled objects"


class Touching:
    """An object that makes a file when it is unpickled."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return open, (str(self.path), "w")


def test_pickled_objects_are_refused_and_not_run(trained, tmp_path):
    path = changed(trained.save(tmp_path / "bad.npz"), shift=np.array([Touching(tmp_path / "run"), None], dtype=object))
    with pytest.raises(ValueError, match=r"bad\.npz is not an ouro_spice checkpoint"):
        PulsePredictor.load(path)
    assert not (tmp_path / "run").exists()


def test_a_damaged_checkpoint_is_refused(trained, tmp_path):
    """A flipped bit anywhere: refused, or, in a byte that means nothing, the same network."""
    path = trained.save(tmp_path / "predictor.npz")
    good = path.read_bytes()
    refused = 0
    for at in np.linspace(0, len(good) - 1, 200).astype(int):
        bad = bytearray(good)
        bad[at] ^= 0x10
        path.write_bytes(bad)
        try:
            loaded = PulsePredictor.load(path)
        except ValueError as error:
            assert "predictor.npz" in str(error)
            refused += 1
        else:
            assert (loaded.sha256, loaded.manifest) == (trained.sha256, trained.manifest)
    assert refused > 150


@pytest.mark.parametrize("share", [0.0, 0.001, 0.5, 0.99])
def test_a_truncated_checkpoint_is_refused(trained, tmp_path, share):
    path = trained.save(tmp_path / "predictor.npz")
    data = path.read_bytes()
    path.write_bytes(data[: int(share * len(data))])
    with pytest.raises(ValueError, match=r"predictor\.npz is not an ouro_spice checkpoint, or is damaged"):
        PulsePredictor.load(path)


def test_other_files_are_refused(trained, tmp_path):
    np.save(tmp_path / "array.npy", np.zeros(3))
    np.savez(tmp_path / "others.npz", a=np.zeros(3))
    (tmp_path / "text").write_text("hello")
    for name in ("array.npy", "others.npz", "text", "."):
        with pytest.raises(ValueError, match="not an ouro_spice checkpoint"):
            PulsePredictor.load(tmp_path / name)
    with pytest.raises(ValueError, match="no checkpoint"):
        PulsePredictor.load(tmp_path / "nowhere.npz")


def changed(path, **arrays):
    """The same file with other arrays."""
    with np.load(path) as file:
        there = dict(file)
    np.savez(path, **(there | arrays))
    return path


@pytest.mark.parametrize("name", ["matrix1", "shift", "output", "centres", "clock.bias0", "clock.scale"])
def test_numbers_that_do_not_fit_the_hash_are_refused(trained, tmp_path, name):
    path = conditioned(trained).save(tmp_path / "predictor.npz")
    with np.load(path) as file:
        numbers = file[name]
    with pytest.raises(ValueError, match=r"predictor\.npz .*does not fit its hash"):
        PulsePredictor.load(changed(path, **{name: numbers * 1.01 + 1e-9}))


def test_words_that_do_not_fit_the_hash_or_make_no_sense_are_refused(trained, tmp_path):
    path = trained.save(tmp_path / "predictor.npz")
    other = json.dumps(quick(output="signed_time").plain)
    for arrays, told in (
        ({"specification": np.array(other)}, "does not fit its hash"),
        ({"specification": np.array('{"stages": []}')}, "at least one stage"),
        ({"specification": np.array("{")}, "damaged"),
        ({"manifest": np.array("{}")}, "manifest"),
        ({"sha256": np.array("0" * 64)}, "does not fit its hash"),
    ):
        trained.save(path)
        with pytest.raises(ValueError, match=rf"predictor\.npz is not an ouro_spice checkpoint.*{told}"):
            PulsePredictor.load(changed(path, **arrays))


def test_a_network_of_other_sizes_is_refused(trained, tmp_path):
    """Whole and with its hash, but of one input where the specification says two, of two outputs, or of no layer."""
    first, *rest = trained.weights.layers
    *others, (matrix, bias) = trained.weights.layers
    narrow = (first[0][:, :, :1], first[1])
    double = (np.concatenate([matrix, matrix], axis=1), np.concatenate([bias, bias], axis=1))
    for layers in ((narrow, *rest), (*others, double), ()):
        wrong = replace(trained, weights=Weights(tuple(layers), trained.weights.centres))
        with pytest.raises(ValueError, match=r"wrong\.npz is not an ouro_spice checkpoint.*a network of"):
            PulsePredictor.load(wrong.save(tmp_path / "wrong.npz"))


def test_a_checkpoint_that_cannot_be_written_is_an_output_error(trained, tmp_path):
    (tmp_path / "file").write_text("mine")
    with pytest.raises(OutputError, match="cannot write"):
        trained.save(tmp_path / "file" / "predictor.npz")
    assert (tmp_path / "file").read_text() == "mine"
