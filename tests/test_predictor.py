"""The neural predictor: what it learns from an analytic S-curve, what it keeps, what it refuses. No simulator."""

from __future__ import annotations

import zipfile
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import torch

import ouro_spice as ouro
from ouro_spice import NeuralProgrammer, PulseDataset, PulsePredictor
from ouro_spice.manifest import describe

CELL = ouro.Cell1R(ouro.jart_vcm_v1b(window=True))
LOW_S, HIGH_S = 100e-6, 540e-6
PAIR = {"v_set": -0.41, "v_reset": 0.85, "total_s": 60e-6}


def needed_s(start, target):
    """Signed pulse time of an analytic cell: the logit of the conductance grows with time, slower upwards [s]."""

    def logit(g):
        x = (np.asarray(g) - 0.9 * LOW_S) / (1.1 * HIGH_S - 0.9 * LOW_S)
        return np.log(x / (1 - x))

    change = logit(target) - logit(start)
    return np.where(change > 0, 9e-6, 5e-6) * change


def records(n, seed=0, **changes):
    """A dataset as `extract` would make it of the analytic cell."""
    rng = np.random.default_rng(seed)
    start, target = rng.uniform(LOW_S, HIGH_S, size=(2, n))
    frame = pd.DataFrame({
        "g_start_S": start, "g_sense_start_S": start, "g_target_S": target, "t_pulse_s": needed_s(start, target),
        "outcome": "reached", "split": np.resize(["train"] * 8 + ["validation", "test"], n),
    })  # fmt: skip
    for name, value in changes.items():
        frame[name] = value
    return PulseDataset(frame, describe(CELL, n=n, seed=seed, step_s=1e-9, rise_s=3e-9, fall_s=4e-9, pair=PAIR))


@pytest.fixture(scope="module")
def trained():
    return PulsePredictor.fit(records(300), epochs=800)


@pytest.fixture(scope="module")
def grid():
    start, target = np.meshgrid(np.linspace(120e-6, 520e-6, 15), np.linspace(125e-6, 515e-6, 14))
    return start, target - start


# ---- learning


def test_it_learns_the_curve(trained, grid):
    start, dg = grid
    far = np.abs(dg) > 30e-6
    error = np.abs(trained.predict(start, dg) / needed_s(start, start + dg) - 1)[far]
    assert np.median(error) < 0.05
    assert error.mean() < 0.10


def test_the_sign_is_that_of_the_wanted_change(trained, grid):
    start, dg = grid
    assert np.array_equal(np.sign(trained.predict(start, dg)), np.sign(dg))
    assert trained.predict(200e-6, 0.0) == 0


def test_predictions_far_outside_the_data_stay_finite(trained):
    predicted = trained.predict([1e-9, 1.0, 300e-6], [1.0, -1.0, 1e-12])
    assert np.all(np.isfinite(predicted))
    assert np.array_equal(np.sign(predicted), [1, -1, 1])


def test_the_same_seed_gives_the_same_network(trained):
    data = records(60)
    one, two = (PulsePredictor.fit(data, epochs=20, seed=4) for _ in range(2))
    assert one.sha256 == two.sha256
    assert PulsePredictor.fit(data, epochs=20, seed=5).sha256 != one.sha256


def test_training_neither_needs_nor_moves_the_global_random_state():
    data = records(40)
    torch.manual_seed(1)
    one = PulsePredictor.fit(data, epochs=5)
    state, threads = torch.get_rng_state(), torch.get_num_threads()
    torch.rand(7)
    two = PulsePredictor.fit(data, epochs=5)
    assert one.sha256 == two.sha256
    torch.set_rng_state(state)
    PulsePredictor.fit(data, epochs=5)
    assert torch.equal(torch.get_rng_state(), state)
    assert torch.get_num_threads() == threads


def test_the_weights_are_those_of_the_paper(trained):
    assert [matrix.shape for matrix, _ in trained.weights] == [(32, 2), (64, 32), (32, 64), (1, 32)]
    assert [bias.shape for _, bias in trained.weights] == [(32,), (64,), (32,), (1,)]


def test_what_did_not_reach_its_target_is_not_learned_from():
    data = records(80)
    junk = records(40, seed=9, outcome="not_reached", t_pulse_s=1.0)
    failed = records(10, seed=8, outcome="simulation_failed", t_pulse_s=np.nan, split="train")
    mixed = PulseDataset(pd.concat([data.frame, junk.frame, failed.frame], ignore_index=True), data.manifest)
    assert PulsePredictor.fit(mixed, epochs=10).sha256 == PulsePredictor.fit(data, epochs=10).sha256


def test_the_test_records_are_never_learned_from():
    data = records(80)
    spoiled = data.frame.copy()
    spoiled.loc[spoiled.split == "test", "t_pulse_s"] *= 100
    one, two = (PulsePredictor.fit(PulseDataset(frame, data.manifest), epochs=10) for frame in (data.frame, spoiled))
    assert one.sha256 == two.sha256


def test_an_empty_split_is_made_up_for():
    assert np.isfinite(PulsePredictor.fit(records(20, split="train"), epochs=5).predict(200e-6, 50e-6))
    assert np.isfinite(PulsePredictor.fit(records(20, split="test"), epochs=5).predict(200e-6, 50e-6))


@pytest.mark.parametrize("n", [0, 1])
def test_too_few_records_are_a_value_error(n):
    frame = records(10).frame.head(n)
    with pytest.raises(ValueError, match=f"{n} training records .*at least 2"):
        PulsePredictor.fit(PulseDataset(frame, records(10).manifest), epochs=5)


@pytest.mark.parametrize(("changes", "what"), [({"epochs": 0}, "epochs"), ({"epochs": -1}, "epochs"),
                                               ({"learning_rate": 0.0}, "learning_rate"),
                                               ({"learning_rate": -1e-3}, "learning_rate")])  # fmt: skip
def test_training_settings_out_of_range_are_value_errors(changes, what):
    with pytest.raises(ValueError, match=what):
        PulsePredictor.fit(records(20), **{"epochs": 5} | changes)


# ---- prediction


def test_arguments_broadcast(trained):
    start, dg = np.array([150e-6, 250e-6, 350e-6]), np.array([[30e-6], [-40e-6]])
    whole = trained.predict(start, dg)
    assert whole.shape == (2, 3)
    for i in range(2):
        for k in range(3):
            assert trained.predict(start[k], dg[i, 0]) == pytest.approx(whole[i, k], rel=1e-12)
    assert trained.predict(150e-6, 30e-6).shape == ()
    assert trained.predict([], []).shape == (0,)


def test_shapes_that_do_not_fit_are_a_value_error(trained):
    with pytest.raises(ValueError, match=r"broadcast|shape"):
        trained.predict([1e-4, 2e-4], [1e-5, 2e-5, 3e-5])


def test_the_numpy_network_is_the_trained_one(trained, grid):
    """The forward pass in numpy against one in torch."""
    start, dg = (torch.from_numpy(a.ravel().copy()) for a in grid)
    x = torch.stack([(start - trained.shift[0]) / trained.scale[0], (dg - trained.shift[1]) / trained.scale[1]], dim=1)
    for matrix, bias in trained.weights[:-1]:
        x = torch.tanh(torch.nn.functional.linear(x, torch.from_numpy(matrix), torch.from_numpy(bias)))
    y = torch.nn.functional.linear(x, *map(torch.from_numpy, trained.weights[-1]))[:, 0]
    theirs = torch.exp(y * trained.scale[2] + trained.shift[2]) * torch.sign(dg)
    assert np.allclose(trained.predict(*grid).ravel(), theirs.numpy(), rtol=1e-9)


# ---- checkpoints


def test_a_loaded_predictor_predicts_the_same(trained, grid, tmp_path):
    path = trained.save(tmp_path / "new" / "predictor.npz")
    loaded = PulsePredictor.load(str(path))
    assert np.array_equal(loaded.predict(*grid), trained.predict(*grid))
    assert loaded.sha256 == trained.sha256
    assert loaded.manifest == trained.manifest
    assert loaded.pair == ouro.Pair(**PAIR)
    assert loaded.manifest.settings["training"]["epochs"] == 800
    assert loaded.manifest.settings["training"]["validation_rpd_t"] < 0.2
    assert [file.name for file in path.parent.iterdir()] == ["predictor.npz"]


def test_the_data_do_not_carry_the_training(trained):
    data = records(20)
    PulsePredictor.fit(data, epochs=5)
    assert "training" not in data.manifest.settings


def test_a_checkpoint_holds_no_pickle(trained, tmp_path):
    path = trained.save(tmp_path / "predictor.npz")
    with zipfile.ZipFile(path) as archive:
        for name in archive.namelist():
            assert name.endswith(".npy")
            head = archive.read(name)[:128]
            assert b"'|O'" not in head, f"{name} is an array of pickled objects"


def test_pickled_objects_are_refused(tmp_path):
    arrays = {"shift": np.array([print, None], dtype=object)}
    np.savez(tmp_path / "bad.npz", **arrays)
    with pytest.raises(ValueError, match="not an ouro_spice checkpoint"):
        PulsePredictor.load(tmp_path / "bad.npz")


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


def test_a_network_of_other_sizes_is_refused(trained, tmp_path):
    wrong = replace(trained, weights=((trained.weights[0][0][:, :1], trained.weights[0][1]), *trained.weights[1:]))
    path = wrong.save(tmp_path / "wrong.npz")
    with pytest.raises(ValueError, match="not an ouro_spice checkpoint"):
        PulsePredictor.load(path)


def test_a_checkpoint_that_cannot_be_written_is_an_output_error(trained, tmp_path):
    (tmp_path / "file").write_text("mine")
    with pytest.raises(ouro.files.OutputError, match="cannot write"):
        trained.save(tmp_path / "file" / "predictor.npz")
    assert (tmp_path / "file").read_text() == "mine"


# ---- the programmer


class Recording:
    """A live cell that only keeps the pulses it gets."""

    read_s = 1e-7
    window_S = (LOW_S, HIGH_S)

    def __init__(self, description=CELL, g_S=200e-6):
        self.description, self.g_S = description, g_S

    def read(self):
        return self.g_S

    def apply(self, pulse):
        raise AssertionError("no pulse is expected")


def test_the_programmer_sends_the_predicted_pulse(trained):
    programmer = NeuralProgrammer(trained)
    for target in (300e-6, 150e-6):
        pulse = programmer.next_pulse(target, [400e-6, 200e-6])
        assert pulse.width == pytest.approx(abs(trained.predict(200e-6, target - 200e-6)), rel=1e-12)
        assert pulse.amplitude == (PAIR["v_set"] if target > 200e-6 else PAIR["v_reset"])
        assert (pulse.rise, pulse.fall) == (3e-9, 4e-9)
    assert programmer.checkpoint == trained.sha256


def test_pulses_are_not_shorter_than_the_shortest(trained):
    assert NeuralProgrammer(trained, shortest_s=5e-6).next_pulse(200.1e-6, [200e-6]).width == 5e-6


def test_another_circuit_is_refused_unless_told(trained):
    lines, device = CELL.replace(lines=ouro.Lines(r_bl=1.0)), CELL.replace(device=CELL.device.replace(T0=300))
    for other in (lines, device, ouro.Cell1T1R(CELL.device)):
        with pytest.raises(ValueError, match=r"another circuit .*any_circuit=True"):
            ouro.write_verify(Recording(other), NeuralProgrammer(trained), 200e-6, 0.05)
        history = ouro.write_verify(Recording(other), NeuralProgrammer(trained, any_circuit=True), 200e-6, 0.05)
        assert history.outcome is ouro.Outcome.REACHED


def test_its_own_circuit_is_accepted_and_the_history_names_the_checkpoint(trained):
    history = ouro.write_verify(Recording(), NeuralProgrammer(trained), 200e-6, 0.05)
    assert history.manifest.settings["checkpoint"] == trained.sha256
    assert history.manifest.circuit == trained.manifest.circuit


def test_a_cell_without_description_is_another_circuit(trained):
    cell = Recording()
    del cell.description
    with pytest.raises(ValueError, match="another circuit"):
        ouro.write_verify(cell, NeuralProgrammer(trained), 200e-6, 0.05)


def test_edges_that_were_drawn_are_sent_with_the_middle_of_their_law():
    data = records(20)
    data.manifest.settings["rise_s"] = [1e-9, 4e-9]
    programmer = NeuralProgrammer(PulsePredictor.fit(data, epochs=2))
    pulse = programmer.next_pulse(300e-6, [200e-6])
    assert (pulse.rise, pulse.fall) == (pytest.approx(2e-9), 4e-9)
