"""Polarity, terminals, signs and limits: what the words mean, on every circuit."""

from __future__ import annotations

import numpy as np
import oracle
import pytest
from benches import crossing
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import ouro_spice as ouro
from ouro_spice.compact.jart.jart_characteristics import conductance

pytestmark = pytest.mark.ngspice

DEVICE = ouro.jart_vcm_v1b(window=True)
CELLS = {
    "1r": ouro.Cell1R(DEVICE),
    "1r with lines": ouro.Cell1R(DEVICE, lines=ouro.Lines(r_bl=100, r_wl=100, c_bl=10e-15, c_wl=10e-15)),
    "1t1r": ouro.Cell1T1R(DEVICE),
}
STRONG = {"1r": (-0.6, 1.2), "1r with lines": (-0.7, 1.4), "1t1r": (-1.2, 1.8)}
each_cell = pytest.mark.parametrize("name", CELLS)
simulated = settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
LEVELS = st.floats(105e-6, 535e-6)


def run(engine, cell, pulse, g=None):
    return ouro.simulate(cell, pulse, cell.state(g), engine=engine)


@each_cell
def test_negative_pulses_set_and_positive_ones_reset(engine, name):
    cell = CELLS[name]
    up, down = (run(engine, cell, ouro.Pulse(v, 20e-9), 300e-6) for v in STRONG[name])
    assert up.g_S > 400e-6
    assert down.g_S < 200e-6
    assert np.all(np.diff(up["n_disc"]) >= -1e-4 * up["n_disc"][1:])  # the solver rings at the window's edge
    assert np.all(np.diff(down["n_disc"]) <= 1e-4 * down["n_disc"][1:])


@each_cell
def test_amplitude_has_the_sign_of_the_device_voltage_and_current(engine, name):
    cell = CELLS[name]
    for v in STRONG[name]:
        wave = run(engine, cell, ouro.Pulse(v, 20e-9), 300e-6)
        flat = (wave.time_s > 6e-9) & (wave.time_s < 20e-9)
        assert np.all(np.sign(wave["v_cell"][flat]) == np.sign(v))
        assert np.all(np.sign(wave["i_cell"][flat]) == np.sign(v))
        assert np.array_equal(wave["v_cell"], wave["v_ae"] - wave["v_oe"])
        assert np.abs(wave["v_cell"]).max() <= abs(v) * (1 + 1e-9)


def test_without_resistance_the_device_sees_the_pulse(engine):
    wave = run(engine, CELLS["1r"], ouro.Pulse(-0.5, 20e-9, 1e-9, 3e-9), 300e-6)
    exact = np.interp(wave.time_s, [0, 1e-9, 21e-9, 24e-9], [0, -0.5, -0.5, 0])
    assert wave["v_cell"] == pytest.approx(exact, abs=1e-9)


@each_cell
def test_set_raises_the_bit_line_which_sits_at_oe(engine, name):
    cell, v = CELLS[name], STRONG[name][0]
    wave = run(engine, cell, ouro.Pulse(v, 20e-9), 300e-6)
    middle = 12e-9
    assert np.interp(middle, wave.time_s, wave["v_bl"]) == pytest.approx(-v)
    assert np.interp(middle, wave.time_s, wave["v_oe"]) > 0.8 * -v
    other = "v_wl" if isinstance(cell, ouro.Cell1R) else "v_sl"
    assert np.abs(wave[other]).max() == 0
    # the driver of the raised line gives current: what flows into it is negative
    assert np.interp(middle, wave.time_s, wave["i_bl"]) == pytest.approx(
        np.interp(middle, wave.time_s, wave["i_cell"]), rel=0.02
    )


@each_cell
def test_reset_raises_the_other_line(engine, name):
    cell, v = CELLS[name], STRONG[name][1]
    wave = run(engine, cell, ouro.Pulse(v, 20e-9), 300e-6)
    other = "v_wl" if isinstance(cell, ouro.Cell1R) else "v_sl"
    assert np.interp(12e-9, wave.time_s, wave[other]) == pytest.approx(v)
    assert np.abs(wave["v_bl"]).max() == 0


def test_the_gate_limits_the_current_of_a_set(engine):
    """The compliance: a lower gate voltage, a lower final conductance."""
    waves = [
        run(
            engine,
            ouro.Cell1T1R(DEVICE, transistor=ouro.Transistor(w=4e-6, v_set=gate)),
            ouro.Pulse(-1.5, 1e-6),
            110e-6,
        )
        for gate in (0.9, 1.2, 3.3)
    ]
    ends = [wave.g_S for wave in waves]
    assert ends[0] < ends[1] < ends[2]
    assert np.abs(waves[0]["i_cell"]).max() < np.abs(waves[1]["i_cell"]).max() < np.abs(waves[2]["i_cell"]).max()


def test_with_the_gate_off_nothing_happens(engine):
    cell = ouro.Cell1T1R(DEVICE, transistor=ouro.Transistor(v_set=0.0, v_reset=0.0))
    for v in STRONG["1t1r"]:
        wave = run(engine, cell, ouro.Pulse(v, 100e-9), 300e-6)
        assert wave.g_S == pytest.approx(300e-6, rel=1e-5)


def test_source_follower_a_reset_through_the_transistor_needs_gate_voltage(engine):
    ends = [
        run(engine, ouro.Cell1T1R(DEVICE, transistor=ouro.Transistor(v_reset=gate)), ouro.Pulse(1.8, 50e-9), 500e-6).g_S
        for gate in (1.2, 3.3)
    ]
    assert ends[0] > ends[1] * 1.2


# ---- limits


@each_cell
def test_a_pulse_without_width_changes_nothing(engine, name):
    for v in (-0.5, 1.0):
        wave = run(engine, CELLS[name], ouro.Pulse(v, 1e-12, 1e-12, 1e-12), 300e-6)
        assert wave.g_S == pytest.approx(300e-6, rel=1e-3)


@each_cell
def test_a_pulse_without_voltage_changes_nothing(engine, name):
    assert run(engine, CELLS[name], ouro.Pulse(0.0, 1e-3), 300e-6).g_S == pytest.approx(300e-6, rel=1e-6)


@simulated
@given(g=LEVELS, v=st.floats(-0.62, -0.35), width=st.floats(-9, -7), factor=st.floats(1.05, 4))
def test_a_longer_set_never_lowers_g(engine, g, v, width, factor):
    short, long = (ouro.Pulse(v, 10**width * f) for f in (1, factor))
    for cell in (CELLS["1r"], CELLS["1t1r"]):
        ends = [run(engine, cell, pulse, g).g_S for pulse in (short, long)]
        assert ends[0] >= g * (1 - 1e-5)
        assert ends[1] >= ends[0] * (1 - 1e-3)


@simulated
@given(g=LEVELS, v=st.floats(0.7, 1.3), width=st.floats(-9, -7), factor=st.floats(1.05, 4))
def test_a_longer_reset_never_raises_g(engine, g, v, width, factor):
    short, long = (ouro.Pulse(v, 10**width * f) for f in (1, factor))
    for cell in (CELLS["1r"], CELLS["1t1r"]):
        ends = [run(engine, cell, pulse, g).g_S for pulse in (short, long)]
        assert ends[0] <= g * (1 + 1e-5)
        assert ends[1] <= ends[0] * (1 + 1e-3)


@simulated
@given(g=LEVELS, v=st.one_of(st.floats(-1.5, -0.3), st.floats(0.5, 2.0)), width=st.floats(-10, -4))
def test_the_window_holds_whatever_is_sent(engine, g, v, width):
    for cell in (CELLS["1r"], CELLS["1t1r"]):
        n = run(engine, cell, ouro.Pulse(v, 10**width), g)["n_disc"]
        assert n.min() >= 0.06 * (1 - 1e-3)
        assert n.max() <= 1.98975 * (1 + 1e-3)


@simulated
@given(v=st.one_of(st.floats(-1.5, -0.5), st.floats(0.8, 2.0)), width=st.floats(-9, -3), flim=st.integers(0, 1))
def test_the_physical_limits_hold_without_a_window(engine, v, width, flim):
    cell = ouro.Cell1R(ouro.jart_vcm_v1b(flim=flim))
    n = ouro.simulate(cell, ouro.Pulse(v, 10**width), ouro.State((1.0,)), engine=engine)["n_disc"]
    assert n.min() >= 0.008 * (1 - 1e-3)
    assert n.max() <= 20 * (1 + 1e-3)


def test_a_state_outside_the_window_may_come_back_but_go_no_further(engine):
    outside = ouro.State((5.0,))
    up, down = (ouro.simulate(CELLS["1r"], ouro.Pulse(v, 1e-6), outside, engine=engine) for v in (-0.6, 1.3))
    assert up["n_disc"] == pytest.approx(5.0, rel=1e-4)
    assert down["n_disc"][-1] < 1.0


def test_lines_that_vanish_leave_the_ideal_cell(engine):
    pulse = ouro.Pulse(-0.5, 100e-9)
    ideal = run(engine, CELLS["1r"], pulse, 150e-6)
    gaps = []
    for r in (10.0, 1.0, 0.01):
        cell = ouro.Cell1R(DEVICE, lines=ouro.Lines(r_bl=r, r_wl=r, c_bl=r * 1e-17, c_wl=r * 1e-17))
        wave = run(engine, cell, pulse, 150e-6)
        # the moment at which 300 uS is passed
        gaps.append(abs(crossing(wave.time_s, wave.g, 300e-6) / crossing(ideal.time_s, ideal.g, 300e-6) - 1))
    assert gaps[0] > gaps[1]
    assert gaps[2] < 1e-3


def test_a_line_takes_its_share_of_the_voltage(engine):
    """Series resistance is what the device's own TiOx layer would be."""
    r = 200.0
    cell = ouro.Cell1R(DEVICE, lines=ouro.Lines(r_bl=r))
    wave = run(engine, cell, ouro.Pulse(-0.3, 10e-9), 300e-6)
    exact = oracle.Jart(RTiOx=650 + r).current(-0.3, wave["n_disc"][0])
    assert np.interp(7e-9, wave.time_s, wave["i_cell"]) == pytest.approx(exact, rel=1e-4)


# ---- energy


@each_cell
def test_energy_is_positive_and_reaches_the_device(engine, name):
    for v in STRONG[name]:
        wave = run(engine, CELLS[name], ouro.Pulse(v, 50e-9), 300e-6)
        heat = np.trapezoid(wave["v_cell"] * wave["i_cell"], wave.time_s)
        assert np.all(wave["v_cell"] * wave["i_cell"] >= -1e-12)
        assert wave.energy_J >= heat * (1 - 1e-3) > 0
        if name == "1r":
            assert wave.energy_J == pytest.approx(heat, abs=0, rel=1e-5)  # 3.4e-6 was seen, where from is not known


@each_cell
def test_energy_is_the_sum_over_the_drivers(engine, name):
    wave = run(engine, CELLS[name], ouro.Pulse(STRONG[name][0], 50e-9), 300e-6)
    drivers = [key for key in wave.traces if key.startswith("i_") and key != "i_cell"]
    gates = ["i_wl"] if name == "1t1r" else []
    powers = [-(3.3 if key in gates else wave[f"v_{key[2:]}"]) * wave[key] for key in drivers]
    steps = [(power[1:] + power[:-1]) / 2 * np.diff(wave.time_s) for power in powers]
    assert len(drivers) == (2 if isinstance(CELLS[name], ouro.Cell1R) else 3)
    assert wave.energy_J == pytest.approx(sum(one[one > 0].sum() for one in steps), rel=1e-12, abs=0)


# ---- what a run gives


@each_cell
def test_traces_and_final_state_fit(engine, name):
    wave = run(engine, CELLS[name], ouro.Pulse(STRONG[name][0], 20e-9), 300e-6)
    assert wave.result is ouro.Result.OK
    for trace in wave.traces.values():
        assert trace.shape == wave.time_s.shape
        assert trace.dtype == float
        assert np.all(np.isfinite(trace))
    assert wave.state.x == ((wave["n_disc"][-1],),)
    assert wave.g_S == pytest.approx(float(conductance(DEVICE, wave.state.x[0][0])), rel=1e-6)
    assert wave["temperature"].min() >= 293 * (1 - 1e-9)
    assert wave["temperature"][-1] == pytest.approx(293, abs=0.5)
    for node, volts in wave.state.volts.items():
        assert abs(volts) < 0.05, node  # at rest after the idle time


@each_cell
def test_runs_repeat_bit_by_bit_whatever_the_seed(engine, name):
    pulses = [ouro.Pulse(STRONG[name][0], 20e-9), ouro.Pulse(STRONG[name][1], 20e-9)]
    a, b = (ouro.simulate(CELLS[name], pulses, seed=seed, engine=engine) for seed in (0, 1))
    assert np.array_equal(a["n_disc"], b["n_disc"])
    assert (a.state, a.energy_J, a.testbench_sha256) == (b.state, b.energy_J, b.testbench_sha256)


def test_a_read_does_not_disturb(engine):
    for cell in (CELLS["1r"], CELLS["1t1r"]):
        for g in (110e-6, 300e-6, 530e-6):
            wave = engine.run(cell.read_testbench(cell.state(g)))
            assert wave.g_S == pytest.approx(g, rel=1e-6)


def test_the_static_current_in_the_circuit_is_that_of_the_equations(engine):
    """At the read voltage, on the flat top, bit line current is g times 0.2 V."""
    cell = CELLS["1r"]
    wave = engine.run(cell.read_testbench(cell.state(300e-6)))
    assert np.interp(50e-9, wave.time_s, wave["i_bl"]) == pytest.approx(300e-6 * 0.2, rel=1e-5)
