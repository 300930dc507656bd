"""Records, tables, networks and floors of a voltage: against closed forms, whoever makes them, and what is refused."""

from __future__ import annotations

import dataclasses
import json
import math

import numpy as np
import pandas as pd
import pytest

import ouro_spice as ouro
from ouro_spice.dataset import pulse_dataset
from ouro_spice.dataset.checking import check_dataset
from ouro_spice.dataset.recipe import Recipe
from ouro_spice.dataset.storage import read_shard, write_shard
from ouro_spice.prediction.held_out import held_out
from ouro_spice.prediction.specification import PLAIN, Specification, Stage
from ouro_spice.provenance.manifest import describe

DEVICE = ouro.jart_vcm_v1b(window=True)
GATED = ouro.Cell1T1R(DEVICE)
COMPACT = ouro.CompactCell(ouro.jart_vcm_v1b(window=True, walk=ouro.Walk()))
AMPLITUDES = ouro.Sweep("amplitude", (-0.75, -0.45), ouro.Pulse(-0.6, 100e-9))
LOW_V, HIGH_V, SLOPE = 0.76, 1.06, 5.0
"""Of the device with a closed form: ln(end) rises with the gate voltage, by so much a volt."""


def middle_S(volts):
    return 120e-6 * np.exp(SLOPE * (np.asarray(volts) - LOW_V))


def needed_V(target_S):
    return LOW_V + np.log(np.asarray(target_S) / 120e-6) / SLOPE


def gate_records(n=400, sd=0.08, seed=0):
    """A dataset of the gate voltage whose ends are log-normal around a closed form."""
    rng = np.random.default_rng(seed)
    recipe = Recipe(n, seed, None, voltages="swept", sweep=ouro.Sweep("gate"))
    volts, start = rng.uniform(LOW_V, HIGH_V, n), rng.uniform(100e-6, 540e-6, n)
    end = middle_S(volts) * np.exp(sd * rng.standard_normal(n))
    frame = pd.DataFrame({
        "g_start_S": start, "g_sense_start_S": start, "g_target_S": end, "g_end_S": end, "gate_V": volts,
        "t_pulse_s": 5e-9, "amplitude_V": -1.5, "outcome": "reached",
        "split": np.resize(["train"] * 8 + ["validation", "test"], n),
    })  # fmt: skip
    return ouro.PulseDataset(frame, describe(GATED, **recipe.settings))


@pytest.fixture(scope="module")
def gates():
    return gate_records()


@pytest.fixture(scope="module")
def network(gates):
    short = Specification((Stage("time", 200, learning_rate=1e-2),), output="gate_V")
    return ouro.PulsePredictor.fit(gates, short, hidden=(8,), activation="sigmoid")


@pytest.fixture(scope="module", autouse=True)
def small_shards():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pulse_dataset, "_COMPACT_SHARD", 5)
        yield


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    folder = tmp_path_factory.mktemp("swept") / "data"
    return ouro.extract(COMPACT, 12, 3, out=folder, workers=1, control=AMPLITUDES), folder


# ---- recipes


@pytest.mark.parametrize("sweep", [ouro.Sweep("gate"), ouro.Sweep("gate", erase=None), AMPLITUDES])
def test_a_manifest_keeps_all_of_a_sweep(sweep):
    recipe = Recipe(5, 1, None, voltages="swept", sweep=sweep, start="nominal")
    again = Recipe.from_settings(json.loads(json.dumps(recipe.settings)))
    assert again == recipe and again.sweep == sweep and again.control == sweep.control
    assert recipe.longest_s == sweep.varied.width and recipe.rise_s == (sweep.varied.rise,) * 2


def test_settings_of_before_vary_the_width():
    settings = Recipe(5, 1, ouro.Pair(-0.4, 0.8, 60e-6)).settings
    assert settings.pop("control") == "width" and "sweep" not in settings
    assert Recipe.from_settings(settings).control == "width"


def test_voltages_are_uniform_over_the_range():
    recipe = Recipe(100, 2, None, sweep=ouro.Sweep("gate", (0.5, 0.9)))
    volts = np.sort([recipe.draw(GATED, k).control_V for k in range(100)])
    assert np.abs(volts - np.linspace(0.5, 0.9, 100)).max() < 0.4 * 0.136  # 1.36 / sqrt(100), Kolmogorov


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("width",), "control 'width' of a sweep is unknown"),
        (("gate", (0.9,)), "range_V"),
        (("gate", (1.0, 0.9)), "range_V"),
        (("gate", (-0.1, 0.9)), "range_V"),
        (("gate", (0.8, 30.0)), "range_V"),
        (("amplitude", (-0.5, 0.5)), "amplitudes of one sign"),
        (("gate", None, ouro.Pulse(1.5, 5e-9)), "other direction"),
        (("gate", None, None, ouro.Pulse(-2.0, 5e-9)), "other direction"),
        (("gate", None, "pulse"), "pulse = 'pulse'"),
    ],
)
def test_what_is_no_sweep_is_refused(arguments, told):
    with pytest.raises(ValueError, match=told):
        ouro.Sweep(*arguments)


@pytest.mark.parametrize(
    ("cell", "changes", "told"),
    [
        (COMPACT, {"control": "gate"}, "a CompactCell has no access transistor"),
        (ouro.Cell1R(DEVICE), {"control": "gate"}, "a Cell1R has no access transistor"),
        (GATED, {"control": ouro.Sweep("gate", (0.8, 5.0))}, "process limit"),
        (COMPACT, {"control": "speed"}, "control = 'speed' is unknown; there is width, amplitude, gate"),
        (COMPACT, {"control": AMPLITUDES, "rise_s": 3e-9}, "rise_s: records that vary a voltage"),
        (COMPACT, {"control": AMPLITUDES, "voltages": "paper"}, "voltages: records that vary a voltage"),
        (COMPACT, {"control": AMPLITUDES, "sampling": "increments"}, "uniform and stratified sampling alone"),
    ],
)
def test_what_makes_no_records_is_refused(cell, changes, told):
    with pytest.raises(ValueError, match=told):
        ouro.extract(cell, 3, 1, **changes)


# ---- records


def test_a_record_is_the_pulses_from_its_start(made):
    data, _ = made
    row, drawn = data.frame.iloc[4], data.recipe.draw(COMPACT, 4)
    own = COMPACT.replace(device=drawn.device)
    wave = ouro.simulate(own, AMPLITUDES.at(drawn.control_V), ouro.stationary(drawn.device, drawn.start_S, drawn.seed),
                         seed=drawn.seed)  # fmt: skip
    assert row.g_end_S == row.g_target_S == pytest.approx(wave.g_S, rel=1e-12)
    assert row.amplitude_V == drawn.control_V and row.energy_J == pytest.approx(wave.energy_J)
    assert list(row.history_g_S) == [np.float32(row.g_start_S), np.float32(row.g_end_S)]
    assert data.control == "amplitude" and data.tensors()[1].tolist() == data.frame.amplitude_V.tolist()


def test_the_records_are_the_same_whoever_makes_them(made, tmp_path):
    _, folder = made
    ouro.extract(COMPACT, 12, 3, out=tmp_path, workers=2, control=AMPLITUDES)
    lost = tmp_path / "records-00001.parquet"
    first = lost.read_bytes()
    lost.unlink()
    ouro.extract(COMPACT, 12, 3, out=tmp_path, control=AMPLITUDES)
    assert lost.read_bytes() == first
    assert {one.name: one.read_bytes() for one in folder.iterdir()} == {
        one.name: one.read_bytes() for one in tmp_path.iterdir()
    }
    with pytest.raises(ValueError, match="sweep"):
        ouro.extract(COMPACT, 12, 3, out=tmp_path, control=ouro.Sweep("amplitude", (-0.7, -0.4)))


def test_a_check_knows_what_was_varied(made):
    data, folder = made
    assert check_dataset(folder).findings == ()
    path = folder / "records-00000.parquet"
    whole = path.read_bytes()
    frame = read_shard(path).assign(history_g_S=list(map(np.array, data.frame.history_g_S[:5])))
    frame.loc[1, "amplitude_V"] = -0.9
    write_shard(path, frame, data.manifest, 0)
    try:
        (found,) = check_dataset(folder).findings
        assert "amplitude_V is outside the range of the sweep" in found.what and found.record == 1
    finally:
        path.write_bytes(whole)


@pytest.mark.ngspice
def test_a_gate_in_spice_is_the_compliance_of_its_record(engine):
    sweep = ouro.Sweep("gate", (0.88, 0.9))
    data = ouro.extract(GATED, 2, 1, workers=1, control=sweep, d2d=None, start="nominal")
    for row in data.frame.itertuples():
        state = GATED.state(row.g_start_S)
        wave = ouro.simulate(GATED, sweep.pulses(row.gate_V), state, engine=engine)
        assert row.g_end_S == pytest.approx(wave.g_S, rel=1e-4)
        assert 200e-6 < row.g_end_S < 350e-6 and row.amplitude_V == -1.5
    assert data.frame.gate_V.between(0.88, 0.9).all()


# ---- tables, networks, floors


def test_the_floor_is_that_of_the_spread():
    data = gate_records(2000)
    for band in (0.1, 0.2):
        found = ouro.swept_floor(data, band, np.linspace(200e-6, 400e-6, 40))
        # the best interval of this ratio of a log-normal lies in its middle
        share = math.erf(math.log((1 + band) / (1 - band)) / 2 / 0.08 / math.sqrt(2))
        assert found.value == pytest.approx(share, abs=0.03) and found.control == "gate"
        assert np.abs(found.volts - needed_V(found.target_S)).max() < 0.012


def test_a_table_and_a_network_give_the_voltage_that_is_needed(gates, network):
    table = ouro.Table.fit(gates, 0.1)
    target_S = np.array([180e-6, 220e-6, 300e-6, 420e-6])
    for predictor, off_V in ((table, 0.015), (network, 0.015)):
        volts = predictor.predict(300e-6, target_S - 300e-6)
        assert np.abs(volts - needed_V(target_S)).max() < off_V
        assert predictor.control == "gate" and predictor.circuit == gates.manifest.circuit
        assert predictor.domain.directions == ("SET", "RESET")
    found = held_out(network, gates)
    assert found["n"] == 160 and found["voltage_error_mean_V"] < 0.03 and found["within_20"] > 0.9


def test_files_keep_their_control_and_size(gates, network, tmp_path):
    again = ouro.PulsePredictor.load(network.save(tmp_path / "network.npz"))
    assert again.weights.sizes == (2, 8, 1) and again.control == "gate" and again.sha256 == network.sha256
    assert np.array_equal(again.predict(200e-6, [50e-6, -50e-6]), network.predict(200e-6, [50e-6, -50e-6]))
    table = ouro.Table.fit(gates)
    again = ouro.Table.load(table.save(tmp_path / "table.npz"))
    assert again.control == "gate" and again.sha256 == table.sha256


def test_downward_writes_begin_with_an_erase(network):
    sweep = network.manifest.settings["sweep"]
    programmer = ouro.NeuralProgrammer(network)
    down, up = programmer.next_pulses(np.array([200e-6, 200e-6]), np.array([[400e-6], [150e-6]]))
    assert [one.amplitude for one in down] == [sweep["erase"]["amplitude"], -1.5] and len(up) == 1
    assert up[0].gate == pytest.approx(needed_V(200e-6), abs=0.01)
    # a device that ended too low gets more: as much as it was off
    (second,) = programmer.next_pulse(200e-6, [150e-6, 180e-6])
    assert second.gate - up[0].gate == pytest.approx(needed_V(200e-6) - needed_V(180e-6), abs=0.01)
    back = programmer.next_pulse(200e-6, [150e-6, 240e-6])
    assert len(back) == 2 and back[1].gate < up[0].gate


def test_data_of_another_control_is_refused_in_a_sentence(gates, made, network):
    width = dataclasses.replace(PLAIN, stages=PLAIN.stages[:1])
    with pytest.raises(ValueError, match=r"vary the gate voltage .* gives the pulse time") as told:
        ouro.PulsePredictor.fit(gates, width)
    assert "\n" not in str(told.value)
    with pytest.raises(ValueError, match=r"vary the amplitude .* gives the gate voltage"):
        held_out(network, made[0])
    with pytest.raises(ValueError, match="the objective 'time' alone"):
        dataclasses.replace(PLAIN, output="gate_V")
