"""Cells without SPICE: the same waveforms as a 1R circuit, on the same seeds; live, with a pair, with other models."""

from __future__ import annotations

import contextlib

import numpy as np
import pytest

import ouro_spice as ouro
from ouro_spice.compact.jart import jart_characteristics as characteristics

DEVICE = ouro.jart_vcm_v1b(window=True)
CELL = ouro.CompactCell(DEVICE)


def random_pulses(count, seed):
    """(cell kind, pulse, g): half of them with a series resistance."""
    rng = np.random.default_rng(seed)
    for k in range(count):
        sign = rng.choice([-1, 1])
        volts = rng.uniform(0.35, 0.9) if sign < 0 else rng.uniform(0.75, 1.4)
        resistance = 0.0 if k % 2 else float(rng.uniform(10, 2000))
        edges = 10 ** rng.uniform(-10.7, -7.7, 2)
        pulse = ouro.Pulse(float(sign * volts), float(10 ** rng.uniform(-9.3, -5)), *map(float, edges))
        yield resistance, pulse, float(rng.uniform(102e-6, 540e-6))


@pytest.mark.ngspice
def test_agrees_with_the_compiled_realisation_on_300_random_pulses(engine):
    """|dG| <= 0.5 % of G, or a time shift <= 0.2 %: a steep S-curve makes much of a small shift."""
    cases = list(random_pulses(300, seed=17))
    cells = [ouro.Cell1R(DEVICE, driver=ouro.Driver(resistance=r / 2)) for r, _, _ in cases]
    benches = [cell.testbench([pulse], cell.state(g)) for cell, (_, pulse, g) in zip(cells, cases, strict=True)]
    moved = 0
    for (resistance, pulse, g), wave in zip(cases, engine.map(benches), strict=True):
        mine = ouro.simulate(CELL.replace(resistance=resistance), [pulse], CELL.state(g))
        off = abs(mine.g_S / wave.g_S - 1)
        moved += abs(wave.g_S / g - 1) > 0.01
        if off > 5e-3:
            end = pulse.rise + pulse.width
            now, earlier = np.interp([end, end - 2e-3 * pulse.width], wave.time_s, np.log(wave.g))
            assert off <= abs(now - earlier), (resistance, pulse, g)
        assert mine.energy_J == pytest.approx(wave.energy_J, abs=0, rel=0.01)
    assert moved > 80


@pytest.mark.ngspice
@pytest.mark.parametrize("walk", [ouro.Walk(), ouro.HalfCycleWalk()])
def test_walks_on_the_same_seed_are_the_same_in_spice(engine, walk):
    """The kernel's values jump from step to step, those in SPICE go there in half a step around the jump."""
    device = DEVICE.replace(walk=walk)
    pulses = [ouro.Pulse(-0.45, 700e-9), ouro.Pulse(0.9, 300e-9), ouro.Pulse(-0.45, 400e-9)]
    for seed in range(4):
        circuit = ouro.Cell1R(device)
        wave = ouro.simulate(circuit, pulses, circuit.state(200e-6), seed, engine=engine)
        mine = ouro.simulate(ouro.CompactCell(device), pulses, circuit.state(200e-6), seed)
        assert mine.state.wander[0].count == wave.state.wander[0].count
        for name in ("r", "l", "Ndiscmin", "Ndiscmax"):
            assert getattr(mine.state.wander[0], name) == pytest.approx(getattr(wave.state.wander[0], name), rel=2e-3)
        assert mine.g_S == pytest.approx(wave.g_S, rel=0.01)


@pytest.mark.parametrize("walk", [None, ouro.Walk(), ouro.HalfCycleWalk()])
@pytest.mark.parametrize("model", characteristics.MODELS)
def test_resume_anywhere(model, walk):
    cell = ouro.CompactCell(DEVICE.replace(walk=walk), model, resistance=300.0)
    pulses = [ouro.Pulse(-0.5, 200e-9), ouro.Pulse(1.0, 150e-9)]
    state = cell.state(250e-6)
    whole = ouro.simulate(cell, pulses, state, seed=3)
    for split in (50e-9, 133.3e-9, 207e-9, 300e-9):
        first = ouro.simulate(cell, pulses, state, seed=3, stop_s=split)
        second = ouro.simulate(cell, pulses, first.state, seed=3, start_s=split)
        assert second.g_S == pytest.approx(whole.g_S, rel=1e-3)
        assert first.energy_J + second.energy_J == pytest.approx(whole.energy_J, abs=0, rel=1e-3)
        if walk:
            assert second.state.wander[0].vector == pytest.approx(whole.state.wander[0].vector, rel=1e-3, abs=1e-13)


def test_a_waveform_like_that_of_a_circuit():
    wave = ouro.simulate(CELL.replace(resistance=500.0), [ouro.Pulse(-0.6, 100e-9)], CELL.state(150e-6))
    assert wave.result is ouro.Result.OK
    assert np.all(np.diff(wave.time_s) > 0) and len(wave.time_s) >= 200
    for name in ("v_ae", "v_oe", "v_cell", "i_cell", "n_disc", "temperature", "g"):
        assert wave[name].shape == wave.time_s.shape
    assert wave.g == pytest.approx(characteristics.conductance(DEVICE, wave["n_disc"]), rel=1e-9)
    flat = (wave.time_s > 10e-9) & (wave.time_s < 90e-9)
    assert (wave["v_cell"] + 500 * wave["i_cell"])[flat] == pytest.approx(-0.6)
    assert wave["temperature"].max() > 400 and wave["temperature"].min() == pytest.approx(293)
    assert wave.energy_J > 0
    assert list(wave.frame.columns[:3]) == ["time_s", "v_ae_V", "v_oe_V"]
    assert "g_S" in wave.frame


@pytest.mark.parametrize("model", characteristics.MODELS)
def test_states_have_the_conductance_asked_for(model):
    cell = ouro.CompactCell(DEVICE, model)
    for g in np.linspace(*cell.window_S, 7):
        assert ouro.live(cell, cell.state(float(g))).read() == pytest.approx(g, rel=1e-4)


def test_windows_of_the_models():
    """At 0.2 V between N = .06 and 1.98975: 100.16 .. 543.46 uS; the explicit fit 94.5 .. 559.3 uS."""
    assert ouro.CompactCell(DEVICE, "full").window_S == pytest.approx((100.16e-6, 543.46e-6), rel=1e-4)
    assert ouro.CompactCell(DEVICE, "reduced").window_S == pytest.approx((94.5e-6, 559.3e-6), rel=1e-3)


@pytest.mark.parametrize("model", characteristics.MODELS)
def test_the_pair_of_a_model_crosses_its_window_in_that_time(model):
    cell = ouro.CompactCell(DEVICE, model)
    found = ouro.pair(cell, 20e-6)
    free = cell.replace(device=DEVICE.replace(Nlo=0, Nhi=1e6))
    low, high = DEVICE.bounds
    up = ouro.simulate(free, [ouro.Pulse(found.v_set, 20e-6)], ouro.State((low,)))
    down = ouro.simulate(free, [ouro.Pulse(found.v_reset, 20e-6)], ouro.State((high,)))
    assert up["n_disc"][-1] == pytest.approx(high, rel=0.01)
    assert down["n_disc"][-1] == pytest.approx(low, rel=0.01)


def test_the_published_pair():
    """6000 pulses of 10 ns: -0.4143 / +0.8540 V."""
    found = ouro.pair(CELL, 60e-6)
    assert (found.v_set, found.v_reset) == pytest.approx((-0.4143, 0.8540), abs=3e-4)


def test_written_and_verified_like_any_cell():
    voltages = ouro.pair(CELL, 6e-6)
    history = ouro.write_verify(CELL, ouro.FixedPulse(voltages, width=50e-9), 300e-6, 0.05, max_pulses=500)
    assert history.outcome is ouro.Outcome.REACHED
    assert history.readings_S[-1] == pytest.approx(300e-6, rel=0.05)
    assert history.manifest.cell["kind"] == "CompactCell"
    assert any(name.startswith("compact/") for name in history.manifest.code)
    other = ouro.write_verify(CELL.replace(model="tud"), ouro.FixedPulse(voltages), 300e-6, 0.5, max_pulses=1)
    assert other.manifest.circuit != history.manifest.circuit


def test_reads_with_noise_and_no_disturb():
    noisy = ouro.CompactCell(DEVICE.replace(read_noise=ouro.ReadNoise(1e6, 0.0)))
    live = ouro.live(noisy, noisy.state(110e-6), seed=1)
    readings = {round(live.read() * 1e9) for _ in range(200)}
    assert 3 <= len(readings) <= 5
    assert live.g_S == pytest.approx(110e-6, rel=1e-6)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: ouro.CompactCell(DEVICE, "simple"), "model 'simple' is unknown; there is full, reduced, tud"),
        (lambda: ouro.CompactCell(3), "device must be an ouro_spice memristor"),
        (lambda: ouro.CompactCell(DEVICE, resistance=-1.0), "resistance = -1 is outside"),
        (lambda: CELL.replace(device=DEVICE.replace(cth=1e-18)), "cth = 1e-18: a compact cell has a quasi-static"),
        (
            lambda: ouro.CompactCell(DEVICE.replace(R0=1e4), "reduced"),
            "R0 = 10000: the fit of the model reduced holds it",
        ),
        (lambda: ouro.CompactCell(DEVICE.replace(eps=16), "tud"), "eps = 16: the fit of the model tud holds it"),
        (lambda: ouro.simulate(CELL, None), "pulses must be one or more ouro_spice.Pulse"),
        (lambda: ouro.simulate(CELL, ["x"]), "pulses must be one or more ouro_spice.Pulse"),
        (lambda: ouro.simulate(CELL, [ouro.Pulse(-0.5, 1e-7)], 5.0), "state = 5.0 must be an ouro_spice.State"),
        (lambda: ouro.live(CELL, 5.0), "state = 5.0 must be an ouro_spice.State"),
        (lambda: ouro.State((0.1,), wander=(3,)), "wander = (3,) must be a tuple"),
        (lambda: ouro.simulate(CELL, [ouro.Pulse(-0.5, 1e-3)], stop_s=1e-16), "too short to be simulated"),
        (lambda: CELL.state(2e-3), "outside the device's range"),
        (lambda: ouro.simulate(CELL, []), "pulses"),
        (lambda: ouro.simulate(CELL, [ouro.Pulse(-0.5, 1e-7)], ouro.State((0.1, 0.2))), "of one memristor"),
        (
            lambda: ouro.simulate(CELL, [ouro.Pulse(-0.5, 1e-7)], ouro.State((0.1,), {"ae": 0.1})),
            "without node voltages",
        ),
        (lambda: ouro.simulate(CELL, [ouro.Pulse(-0.5, 1e-7)], seed=-1), "seed = -1 must be a whole number"),
        (lambda: ouro.simulate("cell", [ouro.Pulse(-0.5, 1e-7)]), "is no cell"),
        (lambda: ouro.Pulse(float("nan"), 1e-7), "amplitude = nan is outside"),
        (lambda: ouro.Pulse(-0.5, -1e-7), "width = -1e-07 is outside"),
    ],
)
def test_bad_input_is_refused_by_name(make, words):
    with pytest.raises(ValueError, match=r"^") as caught:
        make()
    assert words in str(caught.value)


@pytest.mark.ngspice
def test_a_reduced_model_says_where_r_and_l_leave_its_fit(engine):
    """JART-TUD is fitted within 10 % of the nominal r and l."""
    pulse = ouro.Pulse(-0.45, 100e-9)
    for r, beyond in ((45e-9, 0.0), (51e-9, 1.0)):
        device = ouro.jart_vcm_v1b(window=True, realisation="tud", r=r)
        for cell in (ouro.Cell1R(device), ouro.CompactCell(device, "tud")):
            with pytest.warns(ouro.ValidityWarning, match="fitted") if beyond else contextlib.nullcontext():
                wave = ouro.simulate(cell, [pulse], cell.state(200e-6), engine=engine)
            assert np.mean(wave["clamped"]) == beyond
            assert ["was held there" in text for text in wave.warnings] == [True] * int(beyond)
            assert "clamped_1" in wave.frame


def test_a_conductance_beyond_the_window_says_that_it_is_the_window():
    """100 uS is just outside: the window begins at 100.16 uS."""
    for model in ("full", "reduced"):
        cell = ouro.CompactCell(ouro.jart_vcm_v1b(window=True), model)
        with pytest.raises(ValueError, match=r"outside the device's range, .* uS, its window; window=False has none"):
            cell.state(0.9 * cell.window_S[0])
        assert ouro.CompactCell(ouro.jart_vcm_v1b(), model).state(0.9 * cell.window_S[0])
    with pytest.raises(ValueError, match=r"uS$"):
        ouro.CompactCell(ouro.jart_vcm_v1b(window=True)).state(5e-3)
