"""The neural predictor: what it answers to what it is asked, and how good it is on records that it never saw."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest
from analytic_device import PAIR, g_after, grid, needed_s, plain, quick, records

import ouro_spice as ouro
from ouro_spice import PulsePredictor
from ouro_spice.prediction.held_out import held_out
from ouro_spice.prediction.pretrained import default_programmer, shipped_checkpoint
from ouro_spice.prediction.training import LONGEST_S, SHORTEST_S


@pytest.fixture(scope="module")
def trained():
    return PulsePredictor.fit(records(300, histories=True), quick(epochs=300, batch=64, learning_rate=4e-3))


@pytest.fixture(scope="module")
def signed():
    return PulsePredictor.fit(records(300), quick(epochs=40, batch=64, learning_rate=4e-3, output="signed_time"))


def test_it_learns_the_curve(trained):
    start, dg = grid()
    error = np.abs(trained.predict(start, dg) / needed_s(start, start + dg) - 1)
    assert np.median(error) < 0.05
    assert error.mean() < 0.10


def test_the_network_is_that_of_the_paper(trained):
    assert [matrix.shape for matrix, _ in trained.weights.layers] == [(1, 32, 2), (1, 64, 32), (1, 32, 64), (1, 1, 32)]
    assert [bias.shape for _, bias in trained.weights.layers] == [(1, 32), (1, 64), (1, 32), (1, 1)]
    assert trained.weights.sizes == (2, 32, 64, 32, 1)


# ---- what it answers


def test_of_a_log_time_the_sign_is_that_of_the_wanted_change(trained):
    start, dg = grid()
    assert np.array_equal(np.sign(trained.predict(start, dg)), np.sign(dg))
    assert trained.predict(200e-6, 0.0) == 0


def test_of_a_signed_time_the_sign_is_the_networks(signed):
    """SET positive; near the target it may be the wrong one, which a time with the sign of the change never is."""
    start, dg = grid()
    far = np.abs(dg) > 100e-6
    predicted = signed.predict(start, dg)
    assert np.array_equal(np.sign(predicted)[far], np.sign(dg)[far])
    near = np.linspace(120e-6, 520e-6, 400)
    assert np.all(signed.predict(near, 0.0) != 0)
    assert np.abs(signed.predict(near, 0.0)).max() < 3e-6


def test_predictions_far_outside_the_data_stay_finite(trained, signed):
    far = [1e-9, 9e-3, 300e-6], [9e-3, -8.9e-3, 1e-12]
    for one in (trained, signed):
        predicted = one.predict(*far, outside="accept")
        assert np.all(np.isfinite(predicted))
        assert np.all((np.abs(predicted) <= LONGEST_S * 1.001) & (np.abs(predicted) >= SHORTEST_S * 0.999))
    assert np.array_equal(np.sign(trained.predict(*far, outside="accept")), [1, -1, 1])


def test_arguments_broadcast(trained):
    start, dg = np.array([150e-6, 250e-6, 350e-6]), np.array([[30e-6], [-40e-6]])
    whole = trained.predict(start, dg)
    assert whole.shape == (2, 3)
    for i in range(2):
        for k in range(3):
            assert trained.predict(start[k], dg[i, 0]) == pytest.approx(whole[i, k], rel=1e-12)
    assert trained.predict(150e-6, 30e-6).shape == ()
    assert trained.predict([], []).shape == (0,)
    assert trained.predict(150e-6, 30e-6, drive=np.ones((4, 1))).shape == (4, 1)


def test_shapes_that_do_not_fit_are_a_value_error(trained):
    with pytest.raises(ValueError, match=r"broadcast|shape"):
        trained.predict([1e-4, 2e-4], [1e-5, 2e-5, 3e-5])


def test_unknown_inputs_are_told_with_those_that_there_are(trained):
    with pytest.raises(ValueError, match=r"'amplitude_V' is no input .*g_start_S, dg_S, log_rise, log_fall, drive"):
        trained.predict(1e-4, 2e-5, amplitude_V=1.0)


def test_what_a_network_does_not_see_changes_nothing(trained):
    assert trained.predict(2e-4, 1e-4, drive=1.3, slow_same=2.0) == trained.predict(2e-4, 1e-4)


def test_what_is_not_told_is_the_default():
    """The pair's amplitude, a device of which nothing is known, the edges of the data: their middle if drawn."""
    names = ("g_start_S", "dg_S", "log_rise", "log_fall", "drive", "slow_same")
    rng = np.random.default_rng(0)
    data = records(40, rise_s=rng.uniform(1e-9, 4e-9, 40), fall_s=4e-9)
    data.manifest.settings["rise_s"] = [1e-9, 4e-9]
    predictor = plain(data, inputs=names)
    told = {"log_rise": np.log(2e-9), "log_fall": np.log(4e-9), "drive": 1.0, "slow_same": 0.0}
    assert predictor.predict(2e-4, 1e-4) == pytest.approx(predictor.predict(2e-4, 1e-4, **told), rel=1e-12)
    for name in told:
        other = predictor.predict(2e-4, 1e-4, **(told | {name: told[name] + 0.7}), outside="accept")
        assert other != predictor.predict(2e-4, 1e-4)
    assert predictor.edges() == (pytest.approx(2e-9), 4e-9)


def test_it_knows_its_pair(trained):
    assert trained.pair == ouro.Pair(**PAIR)
    without = plain(records(10))
    del without.manifest.settings["pair"]
    with pytest.raises(ValueError, match="there is no pair"):
        _ = without.pair


def test_the_data_do_not_carry_the_training():
    data = records(20)
    plain(data)
    assert "training" not in data.manifest.settings


# ---- records that it was not trained on


def test_errors_on_held_out_records_are_those_of_its_predictions(trained):
    data = records(300, histories=True)
    rows = data.frame[data.frame.split == "test"]
    start, target = rows.g_sense_start_S.to_numpy(), rows.g_target_S.to_numpy()
    time_s = trained.predict(start, target - start)
    error = np.abs(time_s / rows.t_pulse_s - 1)
    found = held_out(trained, data)
    assert (found["n"], found["t_error_median"]) == (30, pytest.approx(np.median(error)))
    assert found["t_error_mean"] == pytest.approx(error.mean())
    # histories end at twice the time
    rpd = np.abs(g_after(start, np.sign(time_s) * np.minimum(np.abs(time_s), 2 * np.abs(rows.t_pulse_s))) / target - 1)
    assert found["within_20"] == pytest.approx(np.mean(rpd < 0.2), abs=0.04)
    assert found["within_10"] <= found["within_20"] <= found["within_50"]
    # what other times would have done is not known without histories
    assert held_out(trained, records(300))["within_20"] is None
    assert held_out(trained, records(10, split="train")) == {"n": 0}


def test_a_time_of_the_wrong_sign_ends_at_the_start():
    """A network whose answer is always the same SET: of RESETs nothing but the nearest are within the band."""
    data = records(200, histories=True)
    always = PulsePredictor.fit(data, quick(epochs=1, learning_rate=1e-9, output="signed_time"))
    bias = always.weights.layers[-1][1]
    bias[...] = 1e9
    assert always.predict(2e-4, -1e-4) == LONGEST_S
    rows = data.frame[data.frame.split == "test"]
    ends = np.where(rows.t_pulse_s > 0, g_after(rows.g_start_S, 2 * rows.t_pulse_s), rows.g_start_S)
    expected = np.mean(np.abs(ends / rows.g_target_S - 1) <= 0.5)
    assert held_out(always, data)["within_50"] == pytest.approx(expected)


# ---- what comes with the package


def test_a_kind_without_a_checkpoint_is_a_value_error():
    with pytest.raises(ValueError, match="no checkpoint comes with the package for a 3t1r cell"):
        shipped_checkpoint("3t1r")


def test_the_programmer_of_a_checkpoint_has_the_amplitudes_that_it_was_trained_for():
    predictor = plain(inputs=("g_start_S", "dg_S", "drive"))
    assert default_programmer(predictor).drives is None
    predictor.manifest.settings["drives"] = {"width_s": 15e-9, "low": 1.0, "high": 1.25}
    programmer = default_programmer(predictor, clock_s=1e-9, any_circuit=True)
    assert (programmer.drives.width_s, programmer.drives.high) == (15e-9, 1.25)
    assert (programmer.clock_s, programmer.any_circuit) == (1e-9, True)
    assert default_programmer(predictor, drives=None).drives is None


@pytest.mark.parametrize("wrong", [None, "file.npz", [], {}, 3, float("nan"), object(), np.zeros(3)])
def test_the_wrong_kind_of_thing_is_a_value_error_of_one_line(wrong):
    cell = ouro.CompactCell(ouro.jart_vcm_v1b(window=True))
    calls = [lambda: PulsePredictor.fit(wrong), lambda: ouro.NeuralProgrammer(wrong)]
    calls += [lambda: PulsePredictor.load(wrong), lambda: ouro.write_verify(cell, wrong, 2e-4, 0.1)]
    for call in calls:
        with pytest.raises(ValueError) as told:
            call()
        assert "\n" not in str(told.value)


def _questions(count):
    rng = np.random.default_rng(count)
    g, target = rng.uniform(120e-6, 500e-6, (2, count))
    return g, target - g


@pytest.mark.parametrize("count", [1, 64, 127, 129, 130, 191, 300, 8193])
def test_questions_in_parts_are_answered_as_all_at_once(count):
    """To rounding, which differs where a product of matrices is summed in another order."""
    network = PulsePredictor.load(shipped_checkpoint("1r"))
    g, dg = _questions(count)
    x = network._normalised({"g_start_S": g, "dg_S": dg})
    y = x[None]
    for matrix, bias in network.weights.layers:
        y = y @ matrix.transpose(0, 2, 1) + bias[:, None]
        y = np.tanh(y) if matrix is not network.weights.layers[-1][0] else y
    time_s = np.exp(y[0, :, 0] * network.scale.scale_out + network.scale.shift_out)
    assert np.abs(network.predict(g, dg)) == pytest.approx(time_s, rel=1e-13, abs=0)


def test_many_questions_take_the_memory_of_their_answers():
    """Below 50 bytes each, where a network's layers have 1 kB for each: a million take some 20 MB."""
    network = PulsePredictor.load(shipped_checkpoint("1r"))
    g, dg = _questions(60_000)
    network.predict(g[:100], dg[:100])
    tracemalloc.start()
    try:
        network.predict(g, dg)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 50 * len(g)
