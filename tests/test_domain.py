"""A predictor knows where it has been: what it refuses, what it answers with a warning, what checkpoints keep of it."""

from __future__ import annotations

import json
import warnings
from contextlib import nullcontext
from dataclasses import replace

import numpy as np
import pytest
from analytic_device import grid, plain, quick, records

import ouro_spice as ouro
from ouro_spice import NeuralProgrammer, PulsePredictor
from ouro_spice.compact.characteristics import reach_S
from ouro_spice.compact.jart import jart_characteristics as characteristics
from ouro_spice.device.jart.spread import SPREADS
from ouro_spice.prediction.domain import Domain
from ouro_spice.prediction.pretrained import default_programmer, shipped_checkpoint

OUTSIDE = ouro.OutsideTraining


@pytest.fixture(scope="module")
def trained():
    return PulsePredictor.fit(records(400), quick(epochs=3))


@pytest.fixture(scope="module")
def ready():
    return PulsePredictor.load(shipped_checkpoint("1r"))


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((200, 80), r"g_start_S = 200 S is outside .* did you mean uS\? 200 uS is 0\.0002 S"),
        ((-1e-4, 1e-5), r"g_start_S = -0\.0001 must be a finite number above 0 \[S\]"),
        ((0.0, 1e-5), r"g_start_S = 0 must be"),
        ((np.inf, 1e-5), r"g_start_S = inf must be"),
        ((1e-4, np.nan), r"dg_S = nan must be finite \[S\]"),
        ((1e-4, -5e-4), r"the target g_start_S \+ dg_S = -0\.0004 must be a finite number above 0 \[S\]"),
        ((2e-4, -2e-4), r"the target g_start_S \+ dg_S = 0 must be"),
        ((2e-4, 80), r"the target g_start_S \+ dg_S = 80\.\d* S is outside .* did you mean uS\?"),
        (([2e-4, 3e-4], [1e-5] * 3), r"shapes cannot be broadcast together: g_start_S \(2,\), dg_S \(3,\)"),
        (([2e-4, 200.0], 1e-5), r"g_start_S\[1\] = 200 S"),
        (("200e-6", 1e-5), r"g_start_S = '200e-6' must be a number"),
        ((True, 1e-5), r"g_start_S = True must be a number"),
        ((10**400, 1e-5), r"g_start_S = \d+\.\.\.\d+ must be a number"),
        (([[2e-4], [2e-4, 3e-4]], 1e-5), r"g_start_S = .* must be a number"),
        ((None, 1e-5), r"g_start_S"),
    ],
)
def test_what_is_no_conductance_is_refused_whatever_is_asked_for_outside(trained, arguments, words):
    for outside in ("warn", "nan", "raise", "accept"):
        with pytest.raises(ValueError, match=words):
            trained.predict(*arguments, outside=outside)


def test_further_inputs_must_be_finite_and_outside_a_known_word(trained):
    with pytest.raises(ValueError, match="drive = inf must be finite"):
        trained.predict(2e-4, 1e-5, drive=np.inf)
    with pytest.raises(ValueError, match="outside 'ignore' is unknown; there is warn, nan, raise, accept"):
        trained.predict(2e-4, 1e-5, outside="ignore")


def test_outside_the_data_a_warning_tells_their_range(trained):
    low, high = trained.domain.ranges["g_start_S"]
    assert (low, high) == pytest.approx((100e-6, 540e-6), abs=6e-6)
    asked = [300e-6, 1e-3], [50e-6, -600e-6]
    with pytest.warns(OUTSIDE, match=rf"g_start_S {low * 1e6:.4g} \.\. {high * 1e6:.4g} uS"):
        warned = trained.predict(*asked)
    answered = trained.predict(*asked, outside="accept")
    assert np.array_equal(warned, answered)
    assert np.array_equal(np.isnan(trained.predict(*asked, outside="nan")), [False, True])
    assert trained.predict(*asked, outside="nan")[0] == answered[0]
    with pytest.raises(ValueError, match=r"^g_start_S = 0\.001: asked for what the network was not trained on"):
        trained.predict(*asked, outside="raise")


def test_inside_nothing_is_said(trained):
    start, dg = grid()
    for outside in ("nan", "raise", "warn"):
        assert np.all(np.isfinite(trained.predict(start, dg, outside=outside)))
    ends = np.array([101e-6, 539e-6])
    assert np.all(np.isfinite(trained.predict(ends, 320e-6 - ends, outside="raise")))


def test_one_warning_a_line(trained):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("default")
        for k in range(30):
            trained.predict(1e-3 + 1e-5 * k, -9e-4)
    assert [(one.filename, one.category) for one in caught] == [(__file__, OUTSIDE)]


def test_small_changes_only_are_a_range_of_their_own():
    """A table of small steps holds starts and targets of the whole window, and no large change."""
    data = records(400)
    near = np.abs(data.frame.g_target_S - data.frame.g_start_S) < 40e-6
    predictor = plain(replace(data, frame=data.frame[near].reset_index(drop=True)))
    assert np.isfinite(predictor.predict(200e-6, 35e-6))
    with pytest.warns(OUTSIDE, match=r"its data: dg_S -\d\d\.?\d* \.\. \d\d\.?\d* uS \("):
        predictor.predict(200e-6, 250e-6)


def test_each_input_has_its_range():
    data = records(60, rise_s=np.geomspace(1e-9, 4e-9, 60), fall_s=4e-9)
    predictor = plain(data, inputs=("g_start_S", "dg_S", "log_rise", "drive"))
    assert predictor.predict(2e-4, 1e-4, log_rise=np.log(2e-9)) > 0
    for name, value in (("log_rise", np.log(1e-7)), ("drive", 1.2)):
        with pytest.warns(OUTSIDE, match=name):
            predictor.predict(2e-4, 1e-4, **{name: value})
    # what it does not see changes nothing, and is asked by nobody
    assert predictor.predict(2e-4, 1e-4, slow_same=9.0) == predictor.predict(2e-4, 1e-4)


def test_of_few_records_the_ends_are_uncertain():
    """The next of n evenly drawn values lies up to 4/n of their range beyond them, in all but 2 of 100 cases."""
    domain = Domain({"g_start_S": (100e-6, 500e-6)}, records=20)
    assert not domain.outside({"g_start_S": np.array([21e-6, 579e-6])})
    assert domain.outside({"g_start_S": np.array([19e-6, 300e-6])})["g_start_S"].tolist() == [True, False]
    assert not Domain(domain.ranges, 4000).outside({"g_start_S": np.array([81e-6, 519e-6])})
    assert Domain(domain.ranges, 4000).outside({"g_start_S": np.array([79e-6])})


def test_training_that_goes_on_knows_both(trained):
    narrow = records(200)
    high = narrow.frame[narrow.frame[["g_start_S", "g_target_S"]].min(axis=1) > 300e-6].reset_index(drop=True)
    both = PulsePredictor.fit(replace(narrow, frame=high), quick(epochs=1), start=trained)
    assert both.domain.ranges["g_start_S"] == trained.domain.ranges["g_start_S"]
    assert both.domain.records > trained.domain.records


def alone(sign):
    """A predictor of pulses of one direction."""
    data = records(400)
    frame = data.frame
    return plain(replace(data, frame=frame[np.sign(frame.t_pulse_s) == sign].reset_index(drop=True)))


@pytest.mark.parametrize(("sign", "has", "lacks"), [(1, "SET", "RESET"), (-1, "RESET", "SET")])
def test_a_direction_that_the_data_did_not_hold_is_outside_whatever_the_range(sign, has, lacks):
    predictor = alone(sign)
    assert predictor.domain.directions == (has,)
    asked = 300e-6, np.array([sign * 40e-6, -sign * 1e-7])  # the second lies within a twentieth of the range
    with pytest.warns(OUTSIDE, match=rf"not trained on; its data: {has} pulses alone \("):
        warned = predictor.predict(*asked)
    assert np.array_equal(warned, predictor.predict(*asked, outside="accept"))
    assert np.array_equal(np.isnan(predictor.predict(*asked, outside="nan")), [False, True])
    with pytest.raises(
        ValueError, match=rf"^direction = {lacks}: asked for what .* not trained on; .*{has} pulses alone$"
    ):
        predictor.predict(*asked, outside="raise")
    assert np.isfinite(predictor.predict(300e-6, sign * 40e-6, outside="raise"))


def test_directions_of_checkpoints_are_kept_joined_and_unknown_in_those_of_before(trained, tmp_path):
    assert trained.domain.directions == ("SET", "RESET")
    one = alone(1)
    assert PulsePredictor.load(one.save(tmp_path / "one.npz")).domain == one.domain
    assert (one.domain | alone(-1).domain).directions == ("SET", "RESET")
    assert (one.domain | replace(one.domain, directions=None)).directions is None
    with np.load(tmp_path / "one.npz") as file:
        arrays = dict(file)
    kept = json.loads(str(arrays["domain"]))
    del kept["directions"]
    np.savez(tmp_path / "before.npz", **(arrays | {"domain": np.array(json.dumps(kept))}))
    before = PulsePredictor.load(tmp_path / "before.npz")
    assert before.domain.directions is None and before.sha256 == one.sha256
    for a, b in zip(before.weights.arrays, one.weights.arrays, strict=True):
        assert a.tobytes() == b.tobytes()
    assert np.isfinite(before.predict(300e-6, -1e-7, outside="raise"))
    for wrong in ((), ("UP",)):
        with pytest.raises(ValueError, match="none of SET and RESET"):
            Domain({}, directions=wrong)


# ---- checkpoints


def test_a_checkpoint_keeps_it_and_one_without_has_the_same_hash(trained, tmp_path):
    path = trained.save(tmp_path / "new.npz")
    assert PulsePredictor.load(path).domain == trained.domain
    with np.load(path) as file:
        arrays = {name: file[name] for name in file if name != "domain"}
    np.savez(tmp_path / "old.npz", **arrays)
    old = PulsePredictor.load(tmp_path / "old.npz")
    assert (old.seen, old.sha256) == (None, trained.sha256)
    assert np.array_equal(old.predict(*grid()), trained.predict(*grid()))
    # its manifest tells of the cell: targets in the window of the nominal device
    window = characteristics.window_S(ouro.jart_vcm_v1b(window=True))
    assert old.domain.ranges["g_target_S"] == pytest.approx(window, rel=1e-6)
    assert PulsePredictor.load(old.save(tmp_path / "again.npz")).seen is None


def test_a_checkpoint_of_measured_data_has_the_spread_of_its_inputs(trained):
    """Without a device in the manifest: mean and 2.5 standard deviations, 320 +- 317 uS of an even spread."""
    measured = replace(trained, seen=None, manifest=replace(trained.manifest, cell={"kind": "measured"}))
    assert measured.domain.ranges["g_start_S"] == pytest.approx((3e-6, 637e-6), abs=30e-6)
    assert np.all(np.isfinite(measured.predict(*grid(), outside="raise")))


def test_a_range_that_is_none_is_refused():
    for span in ((1.0, 0.0), (np.nan, 1.0), (0.0, np.inf)):
        with pytest.raises(ValueError, match="the range of drive"):
            Domain({"drive": span})


@pytest.mark.parametrize("kind", ["1r", "1t1r"])
def test_shipped_networks_know_the_devices_that_they_were_made_for(kind):
    """Starts: the windows of devices whose r and l lie 10 % off; targets: that of the nominal device."""
    predictor = PulsePredictor.load(shipped_checkpoint(kind))
    ranges = predictor.domain.ranges
    device = ouro.jart_vcm_v1b(window=True)
    sizes = [(device.r * a, device.l * b) for a in (0.9, 1.1) for b in (0.9, 1.1)]
    every = [characteristics.conductance(device, device.bounds, *size) for size in sizes]
    assert ranges["g_start_S"] == pytest.approx((np.min(every), np.max(every)), rel=1e-9)
    assert ranges["g_target_S"] == pytest.approx((100.16e-6, 543.46e-6), rel=1e-4)
    assert ranges["drive"] == (1.0, 1.25)
    assert predictor.base.domain.ranges["drive"] == (1.0, 1.25)
    start, target = np.meshgrid(np.linspace(77e-6, 573e-6, 30), np.linspace(100.2e-6, 543.4e-6, 30))
    assert np.all(np.isfinite(predictor.predict(start, target - start, outside="raise")))


def test_devices_that_walk_reach_farther():
    device = ouro.jart_vcm_v1b(window=True)
    nominal = reach_S(device, None)
    assert nominal == pytest.approx(characteristics.window_S(device), rel=1e-6)
    walks = reach_S(device.replace(walk=ouro.Walk()), None)
    assert walks == pytest.approx(reach_S(device, SPREADS["ten_percent"]), rel=1e-9)
    assert reach_S(device.replace(walk=ouro.Walk()), SPREADS["ten_percent"])[1] > walks[1]


# ---- programmers


def test_a_programmer_says_nothing_within_the_window_whatever_it_reads(ready):
    programmer = default_programmer(ready)
    targets = np.linspace(100.2e-6, 543.4e-6, 40)
    readings = np.random.default_rng(1).uniform(20e-6, 700e-6, (40, 4))
    assert len(programmer.next_pulses(targets, readings)) == 40
    assert programmer.next_pulse(220e-6, [0.0]).width > 0  # a raw reading may be 0


def test_a_programmer_warns_of_a_target_that_its_network_never_had(ready):
    programmer = NeuralProgrammer(ready, any_circuit=True)
    for target, inside in ((560e-6, True), (600e-6, False), (50e-6, False)):
        with nullcontext() if inside else pytest.warns(OUTSIDE, match=r"g_target_S 100\.2 \.\. 543\.5 uS"):
            programmer.next_pulse(target, [300e-6])


# ---- many questions


def test_many_questions_are_answered_in_parts_as_at_once(ready):
    rng = np.random.default_rng(0)
    start, target = rng.uniform(110e-6, 530e-6, (2, 8192 + 77))
    whole = ready.predict(start.reshape(-1, 1), (target - start).reshape(-1, 1))
    assert whole.shape == (8192 + 77, 1)
    inputs = [start, target - start, *(np.full(start.shape, ready._default(n)) for n in ready.specification.inputs[2:])]
    x = (np.stack(inputs, axis=-1) - ready.scale.shift) / ready.scale.scale
    time_s = np.sign(target - start) * np.exp(ready.weights(x) * ready.scale.scale_out + ready.scale.shift_out)
    np.testing.assert_allclose(whole[:, 0], time_s, rtol=1e-13)  # rows of a product may differ by their last digit
