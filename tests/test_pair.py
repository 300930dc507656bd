"""The voltage pair: amplitudes that cross the window in the asked time, by the reference and by simulation."""

from __future__ import annotations

import math

import pytest
from benches import crossing

import ouro_spice as ouro
from ouro_spice.device import WINDOW_N
from ouro_spice.pair import traverse_s

pytestmark = pytest.mark.ngspice

DEVICE = ouro.jart_vcm_v1b(window=True)
CELL_1R = ouro.Cell1R(DEVICE)
CELL_1T1R = ouro.Cell1T1R(DEVICE, lines=ouro.Lines(r_bl=50, r_sl=50, r_wl=200, c_bl=20e-15, c_sl=20e-15, c_wl=20e-15))


def crossing_s(cell, amplitude, start_n, end_n, engine, total_s=60e-6):
    """Time at full amplitude for the traverse of the window, the device without its window's edges [s]."""
    free = cell.replace(device=cell.device.replace(Nlo=0, Nhi=1e6))
    pulse = ouro.Pulse(amplitude, 1.5 * total_s)
    wave = ouro.simulate(free, pulse, ouro.State(start_n), engine=engine)
    return crossing(wave.time_s, wave["n_disc"], end_n) - free.flat_start_s(pulse)


def test_the_pair_of_the_bare_cell_is_that_of_the_reference(engine, reference_table):
    """6000 pulses of 10 ns are 60 us; the reference stands at constant voltage, here the pulse has edges."""
    (row,) = [row for row in reference_table("voltage_pairs_6000pulses.csv") if row["t_pulse_s"] == 10e-9]
    assert (row["V_SET"], row["V_RESET"], row["t_total_s"]) == (-0.414269, 0.854029, 60e-6)
    found = ouro.pair(CELL_1R, engine=engine)
    assert found.total_s == 60e-6
    assert found.v_set == pytest.approx(-0.414269, abs=1e-3)
    assert found.v_reset == pytest.approx(0.854029, abs=1e-3)


@pytest.mark.parametrize("pulse_s", [1e-9, 1e-7, 1e-6])
def test_pairs_for_other_times_are_those_of_the_reference(engine, reference_table, pulse_s):
    (row,) = [row for row in reference_table("voltage_pairs_6000pulses.csv") if row["t_pulse_s"] == pulse_s]
    found = ouro.pair(CELL_1R, row["t_total_s"], engine)
    assert (found.v_set, found.v_reset) == pytest.approx((row["V_SET"], row["V_RESET"]), abs=1e-3)


@pytest.mark.parametrize("cell", [CELL_1R, CELL_1T1R], ids=["1r", "1t1r"])
@pytest.mark.parametrize("total_s", [60e-6, 2e-6])
def test_the_found_pair_crosses_the_window_in_the_asked_time(engine, cell, total_s):
    found = ouro.pair(cell, total_s, engine)
    low, high = WINDOW_N
    assert found.v_set < 0 < found.v_reset
    assert crossing_s(cell, found.v_set, low, high, engine, total_s) == pytest.approx(total_s, rel=0.01)
    assert crossing_s(cell, found.v_reset, high, low, engine, total_s) == pytest.approx(total_s, rel=0.01)


def test_a_circuit_around_the_device_needs_more_voltage(engine):
    bare, circuit = ouro.pair(CELL_1R, engine=engine), ouro.pair(CELL_1T1R, engine=engine)
    assert circuit.v_set < bare.v_set
    assert circuit.v_reset > bare.v_reset


def test_the_window_is_the_devices_own_where_it_has_one(engine):
    """A device without a window is judged over the same N as one with the standard window."""
    without = ouro.pair(ouro.Cell1R(ouro.jart_vcm_v1b()), engine=engine)
    assert without == ouro.pair(CELL_1R, engine=engine)
    narrow = ouro.pair(ouro.Cell1R(DEVICE.replace(Nlo=0.2, Nhi=1.0, Ninit=0.2)), engine=engine)
    assert crossing_s(CELL_1R, narrow.v_set, 0.2, 1.0, engine) == pytest.approx(60e-6, rel=0.01)
    assert abs(narrow.v_set) < abs(without.v_set)


@pytest.mark.parametrize(
    "cell",
    [
        ouro.Cell1T1R(DEVICE, transistor=ouro.Transistor(w=0.4e-6, l=10e-6)),
        ouro.Cell1T1R(DEVICE, transistor=ouro.Transistor(v_set=0.4)),
        ouro.Cell1R(DEVICE, lines=ouro.Lines(r_bl=1e6)),
    ],
    ids=["narrow transistor", "gate off", "resistive line"],
)
def test_a_circuit_that_cannot_is_a_value_error_that_says_why(engine, cell):
    with pytest.raises(ValueError, match=r"no SET amplitude up to 20 V .*limits the current"):
        ouro.pair(cell, engine=engine)


def test_a_gate_that_is_off_for_reset_only_is_named(engine):
    cell = ouro.Cell1T1R(DEVICE, transistor=ouro.Transistor(v_reset=0.4))
    with pytest.raises(ValueError, match="no RESET amplitude"):
        ouro.pair(cell, engine=engine)


@pytest.mark.parametrize("total_s", [0, -1e-6, math.nan, math.inf, 1e3, "60 us"])
def test_a_time_out_of_range_is_refused(engine, total_s):
    with pytest.raises(ValueError, match="total_s"):
        ouro.pair(CELL_1R, total_s, engine)


def test_traverse_is_infinite_where_the_end_is_not_reached_and_zero_where_it_is_behind(engine):
    low, high = WINDOW_N
    assert traverse_s(CELL_1R, -0.2, low, high, 1e-6, engine) == math.inf
    assert traverse_s(CELL_1R, -0.4143, low, low * (1 + 1e-12), 1e-6, engine) < 1e-9


def test_amplitude_follows_the_wanted_change():
    pair = ouro.Pair(-0.4, 0.8, 60e-6)
    assert pair.amplitude(+1e-9) == -0.4
    assert pair.amplitude(-1e-9) == 0.8
