"""Waveforms: what one may be, its shapes, and that it drives a cell as pulses do, in SPICE and compact."""

from __future__ import annotations

import math
import pickle
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import ouro_spice as ouro
from ouro_spice.circuit.stimuli import half_cycles, line_voltage

DEVICE = ouro.jart_vcm_v1b(window=True)
PULSE = ouro.Pulse(-0.5, 50e-9)
TRAPEZOID = ouro.Pwl((0, 2e-9, 52e-9, 54e-9), (0, -0.5, -0.5, 0))
SINE = ouro.sine(-0.55, 2e6, cycles=1.5)
CELLS = {
    "1r": ouro.Cell1R(DEVICE),
    "1t1r": ouro.Cell1T1R(DEVICE),
    "compact": ouro.CompactCell(DEVICE),
    "1r array": ouro.Crossbar(2, 3, ouro.Cell1R(DEVICE)).cell_at(1, 1),
    "1t1r array": ouro.Crossbar(2, 3, ouro.Cell1T1R(DEVICE)).cell_at(1, 1),
}
each_cell = pytest.mark.parametrize(
    "name", [pytest.param(n, marks=[pytest.mark.ngspice][: n != "compact"]) for n in CELLS]
)


def run(name, pulses, g=200e-6, device=None, **more):
    cell = CELLS[name] if device is None else CELLS[name].replace(device=device)
    return ouro.simulate(cell, pulses, more.pop("state", None) or cell.state(g), **more)


# ---- what a waveform is


@pytest.mark.parametrize(
    ("times", "volts", "says"),
    [
        ((0, 2, 1, 3), (0, 1, 1, 0), "ascend"),
        ((0, 1, 1, 3), (0, 1, 1, 0), "ascend"),
        ((1, 2, 3), (0, 1, 0), "times_s begins at 1 s"),
        ((0, 1, 1 + 1e-13), (0, 1, 0), "ascend"),
        ((0, math.nan, 3), (0, 1, 0), "times_s = nan"),
        ((0, 1, 2e9), (0, 1, 0), r"times_s = 2e\+09"),
        ((0, 1, 2), (0, math.nan, 0), "volts = nan"),
        ((0, 1, 2), (0, 20.5, 0), "volts = 20.5"),
        ((0, 1, 2), (0.1, 1, 0), "begins and ends at 0 V"),
        ((0, 1, 2), (0, 1, -0.1), "begins and ends at 0 V"),
        ((0, 1), (0, 0), "3 to 100000 points"),
        ((0, 1, 2), (0, 1, 1, 0), "times_s has 3 values, volts 4"),
        (((0, 1, 2),), ((0, 1, 0),), "shape"),
        ("abc", (0, 1, 0), "times_s = 'abc'"),
        (None, (0, 1, 0), "times_s = None"),
    ],
)
def test_what_is_no_waveform_is_refused(times, volts, says):
    with pytest.raises(ValueError, match=says):
        ouro.Pwl(times, volts)


@pytest.mark.parametrize("more", [{"idle": 0}, {"idle": math.inf}, {"gate": -1}, {"gate": 21}, {"gate": "1"}])
def test_idle_and_gate_are_those_of_a_pulse(more):
    with pytest.raises(ValueError, match=f"^{next(iter(more))} = "):
        ouro.Pwl((0, 1, 2), (0, 1, 0), **more)


def test_a_waveform_shows_itself_in_a_line_and_pickles():
    one = ouro.sine(-1, 1e6, cycles=400, gate=2.0)
    assert repr(one) == "Pwl(80001 points, 400 us, -1 .. 1 V, gate=2)"
    assert pickle.loads(pickle.dumps(one)) == one
    assert hash(one) == hash(pickle.loads(pickle.dumps(one)))
    assert ouro.Pwl(np.array([0, 1, 2]), [0, -1, 0]) == ouro.Pwl((0.0, 1.0, 2.0), (0.0, -1.0, 0.0))
    assert (one.amplitude, one.polarity, TRAPEZOID.polarity) == (-1, 0, -1)


@given(st.lists(st.floats(-2, 2).map(lambda v: round(v, 3)), min_size=1, max_size=12))
def test_lobes_are_the_times_of_one_sign_and_lines_share_the_voltage(levels):
    one = ouro.staircase(levels, 3e-9, edge=1e-9)
    t = np.linspace(0, one.duration, 997)
    v = np.interp(t, one.times_s, one.volts)
    signs = np.zeros(len(t))
    for begin, end, sign in one.lobes:
        signs[(t > begin) & (t < end)] = sign
    assert np.array_equal(signs[np.abs(v) > 1e-6], np.sign(v[np.abs(v) > 1e-6]))
    down, up, both = (line_voltage([one], side, 1e-9) for side in (-1, 1, 0))
    assert all(np.all(np.diff(pwl.times_s) > 0) and min(pwl.volts) >= 0 for pwl in (down, up))
    found = np.interp(1e-9 + t, up.times_s, up.volts) - np.interp(1e-9 + t, down.times_s, down.volts)
    assert found == pytest.approx(v, abs=1e-9)
    assert both.times_s[-1] == pytest.approx(one.duration + 2e-9 + one.idle)
    parts = half_cycles(one, 1e-9, 2e-9, one.duration)
    assert parts[0].begin_s == 2e-9 and parts[-1].end_s == one.duration
    assert all(a.end_s == b.begin_s for a, b in pairwise(parts))


# ---- shapes


def test_a_sine_is_one():
    one = ouro.sine(0.7, 1e6, cycles=2.5)
    assert one.duration == pytest.approx(2.5e-6)
    assert one.volts == pytest.approx(0.7 * np.sin(2 * np.pi * 1e6 * np.array(one.times_s)), abs=1e-12)
    assert [lobe.polarity for lobe in one.lobes] == [1, -1, 1, -1, 1]
    assert np.diff(one.times_s).max() <= 1e-6 / 200 * (1 + 1e-9)


def test_a_staircase_holds_its_levels_and_a_double_pulse_has_its_gap():
    one = ouro.staircase([0.1, -0.2], 10e-9, edge=1e-9)
    assert one.times_s == pytest.approx(np.array([0, 1, 11, 12, 22, 23]) * 1e-9)
    assert one.volts == (0, 0.1, 0.1, -0.2, -0.2, 0)
    two = ouro.double_pulse(PULSE, 30e-9, ouro.Pulse(0.9, 20e-9, idle=5e-9))
    assert two.duration == pytest.approx(54e-9 + 30e-9 + 24e-9)
    assert two.lobes[1] == pytest.approx((84e-9, 108e-9, 1))
    assert two.idle == 5e-9


def test_a_spike_before_the_other_sets_and_one_behind_it_resets():
    spike = ouro.spike(0.5, 20e-9, -0.3, 100e-9)
    ltp, ltd, same = (ouro.stdp_pair(delay, spike) for delay in (50e-9, -50e-9, 0.0))
    # at the peak of the later spike the earlier one is in its tail
    assert ltp.amplitude == pytest.approx(-(0.5 + 0.3 * (124 - 52) / 100))
    assert ltd.volts == pytest.approx([-v for v in ltp.volts])
    assert not any(same.volts)
    assert ltp.duration == pytest.approx(spike.duration + 50e-9)
    assert ouro.stdp_pair(1e-6, spike).lobes[-1].polarity == 1  # apart: the tail of the later one alone


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: ouro.sine(21, 1e6), "amplitude"),
        (lambda: ouro.sine(1, 0), "frequency"),
        (lambda: ouro.sine(1, 1e6, cycles=0.7), "half cycles"),
        (lambda: ouro.sine(1, 1e6, cycles=1000), "cycles"),
        (lambda: ouro.staircase([], 1e-9), "number of levels"),
        (lambda: ouro.staircase([1, math.nan], 1e-9), "volts = nan"),
        (lambda: ouro.staircase([1], 0), "step"),
        (lambda: ouro.double_pulse(PULSE, 0), "gap"),
        (lambda: ouro.double_pulse(TRAPEZOID, 1e-9), "first"),
        (lambda: ouro.double_pulse(PULSE, 1e-9, ouro.Pulse(1, 1e-9, gate=1.0)), "one gate voltage"),
        (lambda: ouro.spike(0.5, 1e-9, 0.3, 1e-9), "opposite signs"),
        (lambda: ouro.stdp_pair(1e-9, PULSE), "pre"),
        (lambda: ouro.stdp_pair(math.nan, TRAPEZOID), "delay"),
        (lambda: ouro.Pwl.measured([], []), "times_s has 0 values"),
        (lambda: ouro.Pwl.measured([0, 1], [1, 1], edge=0), "edge"),
        (lambda: ouro.Parallel((TRAPEZOID,)), "Parallel"),
        (lambda: ouro.simulate(CELLS["compact"], [TRAPEZOID, "no"]), "ouro_spice.Pulse or Pwl|Pulse, Pwl"),
        (lambda: ouro.simulate(CELLS["1r"], ouro.Pwl((0, 1e-9, 2e-9), (0, 1, 0), gate=1.0)), "no access transistor"),
        (lambda: ouro.simulate(CELLS["1t1r"], ouro.Pwl((0, 1e-9, 2e-9), (0, 1, 0), gate=9.0)), "process limit"),
    ],
)
def test_shapes_that_cannot_be_are_refused(make, says):
    with pytest.raises(ValueError, match=says):
        make()


def test_a_measured_trace_starts_anywhere(tmp_path):
    file = tmp_path / "trace.csv"
    file.write_text("time_us,volts_mV\n5,100\n6,-300\n7,0\n", "utf-8")
    one = ouro.Pwl.from_csv(file, edge=1e-7, gate=1.5)
    assert one.times_s == pytest.approx(np.array([0, 0.1, 1.1, 2.1]) * 1e-6)
    assert one.volts == pytest.approx((0, 0.1, -0.3, 0))
    assert one.gate == 1.5
    file.write_text("time_s,volts_V\n0,1\n0,2\n", "utf-8")
    with pytest.raises(ValueError, match=r"trace\.csv: times_s: .* ascend"):
        ouro.Pwl.from_csv(file)


# ---- in a cell


@each_cell
def test_a_waveform_that_is_a_trapezoid_is_the_pulse(name):
    index = CELLS[name].index
    for pulse in (PULSE, ouro.Pulse(1.0, 30e-9, 1e-9, 3e-9)):
        a, w, f = pulse.amplitude, pulse.width, pulse.fall
        times = np.cumsum([0, pulse.rise, w, f])
        one, other = (run(name, p) for p in (pulse, ouro.Pwl(times, (0, a, a, 0))))
        assert other.state.x[index][0] == pytest.approx(one.state.x[index][0], rel=1e-6)
        assert other.energy_J == pytest.approx(one.energy_J, rel=1e-6, abs=0)
        assert other.time_s[-1] == pytest.approx(one.time_s[-1], rel=1e-12)


SHAPES = [
    ouro.sine(-0.9, 1e6), ouro.sine(0.9, 1e3, cycles=0.5), ouro.staircase([-0.2, -0.4, 0.5, 0.9], 100e-9),
    ouro.Pwl((0, 5e-8, 1e-7), (0, -0.5, 0)), ouro.stdp_pair(50e-9, ouro.spike(0.45, 20e-9, -0.3, 100e-9)),
]  # fmt: skip


@pytest.mark.ngspice
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_spice_and_the_compact_model_follow_it_alike(shape):
    spice, compact = (run(name, shape) for name in ("1r", "compact"))
    assert abs(spice.g_S / compact.g_S - 1) < 1e-3
    assert spice.energy_J == pytest.approx(compact.energy_J, rel=1e-3, abs=0)
    assert len(spice.time_s) > 200


@each_cell
def test_a_cut_anywhere_changes_nothing(name):
    index, shape = CELLS[name].index, ouro.sine(-0.45, 5e6, cycles=1)
    whole = run(name, shape)
    for cut in (0.13, 0.5, 0.83):
        first = run(name, shape, stop_s=cut * shape.duration)
        second = run(name, shape, state=first.state, start_s=cut * shape.duration)
        assert second.state.x[index][0] == pytest.approx(whole.state.x[index][0], rel=2e-3)
        assert first.energy_J + second.energy_J == pytest.approx(whole.energy_J, rel=2e-3, abs=0)


@each_cell
def test_one_after_the_other_is_both_together(name):
    both = run(name, [PULSE, SHAPES[2]])
    second = run(name, SHAPES[2], state=run(name, PULSE).state)
    assert both.state == second.state


def test_live_cells_take_them():
    live = ouro.live(CELLS["compact"], CELLS["compact"].state(200e-6))
    assert live.apply(SINE).g_S == run("compact", SINE).g_S
    assert live.pulse_s(SINE) == pytest.approx(SINE.duration + SINE.idle)
    with pytest.raises(ValueError, match="Pwl"):
        live.apply((0, 1))


@pytest.mark.ngspice
def test_the_loop_of_a_sine_is_pinched():
    wave = run("1r", SHAPES[0])
    amps, volts = wave["i_cell"], wave["v_cell"]
    assert np.max(np.abs(amps[np.abs(volts) < 1e-12])) < 1e-9 < 1e-4 < np.max(np.abs(amps))
    assert np.all(amps * volts >= -1e-15)
    # two currents at one voltage: it is a loop
    down = [np.interp(0.4, *pair) for pair in _branches(-volts, -amps)]
    assert down[1] > 1.5 * down[0] > 0


def _branches(volts, amps):
    """Voltages and currents on the way to the largest voltage and back, ascending."""
    k = int(np.argmax(volts))
    back = slice(k, k + int(np.argmax(volts[k:] <= 0)) + 1)
    return (volts[:k], amps[:k]), (volts[back][::-1], amps[back][::-1])


@pytest.mark.ngspice
def test_the_word_line_has_the_larger_gate_voltage_for_both_signs():
    cell = CELLS["1t1r"].replace(transistor=ouro.Transistor(v_set=1.1, v_reset=2.5))
    for shape, gate_V in ((SINE, 2.5), (TRAPEZOID, 1.1), (ouro.Pwl(SINE.times_s, SINE.volts, gate=1.7), 1.7)):
        wave = ouro.simulate(cell, shape, cell.state(200e-6))
        assert wave["v_wl"].max() == pytest.approx(gate_V)
        assert min(wave["v_bl"].min(), wave["v_sl"].min()) >= -1e-12


# ---- devices that vary from cycle to cycle


@pytest.mark.parametrize("walk", [ouro.Walk(step_s=25e-9), ouro.HalfCycleWalk()])
@pytest.mark.parametrize("name", ["compact", pytest.param("1r", marks=pytest.mark.ngspice)])
def test_a_walk_counts_the_time_at_which_there_is_a_voltage(name, walk):
    device = DEVICE.replace(walk=walk)
    twice, double = (run(name, p, device=device, seed=3) for p in ([PULSE, PULSE], ouro.double_pulse(PULSE, 80e-9)))
    assert double.state.walked(0).count == twice.state.walked(0).count == (4 if isinstance(walk, ouro.Walk) else 1)
    assert double.g_S == pytest.approx(twice.g_S, rel=1e-3)
    sine = run(name, SINE, device=device, seed=3)
    assert sine.state.walked(0).count == (30 if isinstance(walk, ouro.Walk) else 3)
    assert sine.state.walked(0).polarity == -1
    first = run(name, SINE, device=device, seed=3, stop_s=310e-9)
    second = run(name, SINE, device=device, seed=3, state=first.state, start_s=310e-9)
    assert second.g_S == pytest.approx(sine.g_S, rel=1e-3)
