"""Where families meet the flow at its edges: runaway SETs, resistors, reads, laws of spread, the command line."""

from __future__ import annotations

import dataclasses
import pickle

import numpy as np
import pytest

import ouro_spice as ouro
from ouro_spice._util.validity import ValidityWarning
from ouro_spice.cli.memristors import device_of
from ouro_spice.compact.threshold.survey_following import follow_behind
from ouro_spice.device.threshold.parameter_sets import parameter_set
from ouro_spice.simulation.window_crossing import run_crossing, without_bounds

VTEAM = ouro.vteam(k_on=-1e-3, k_off=1e-3, R_on=2e3, R_off=20e3, v_off=0.3, v_on=-0.3)


def test_a_set_that_runs_away_is_crossed_and_paid_as_in_a_fine_integration():
    """TEAM accelerates by the contrast's power alpha: 200 even points would be off by 0.6 % in time, 1 % in energy."""
    device = parameter_set("team_simmons_fit").device
    cell = ouro.CompactCell(device)
    pair = ouro.pair(cell, 1e-3)
    free, low, high = without_bounds(cell)
    crossed_s, flat_s, wave = run_crossing(free, pair.v_set, low, high, 1.2e-3, None)
    pwl = cell.voltage([ouro.Pulse(pair.v_set, 1.2e-3, 2e-9, 2e-9)])
    times = np.unique(np.concatenate([pwl.times_s, np.linspace(0, pwl.times_s[-1], 100_001)]))
    states, _, energy_J = follow_behind(device, times, np.interp(times, pwl.times_s, pwl.volts), low)
    fine_s = np.interp(-high, -states, times)
    assert crossed_s - flat_s == pytest.approx(1e-3, rel=2e-3)
    assert crossed_s == pytest.approx(fine_s, rel=1e-4)
    assert wave.energy_J == pytest.approx(energy_J, abs=0, rel=1e-3)


@pytest.mark.ngspice
def test_a_resistor_that_is_selected_leaves_memristors_at_their_bounds_alone():
    array = ouro.Crossbar(2, 2, ouro.Cell1R(VTEAM), devices=(ouro.Resistor(5e3), VTEAM, VTEAM, VTEAM))
    wave = ouro.simulate(array.cell_at(0, 0), ouro.Pulse(-1.0, 50e-9), ouro.State(((1.0,), (0.0,), (1.0,), (0.3,))))
    assert wave.state.x[0] == (1.0,) and all(0 <= x <= 1 for (x,) in wave.state.x)


def test_a_cell_reads_at_its_memristors_own_voltage():
    default = ouro.vteam()
    assert ouro.Cell1R(default).read.voltage == pytest.approx(0.01)
    assert ouro.Cell1R(ouro.jart_vcm_v1b()).replace(device=default).read.voltage == pytest.approx(0.01)
    resistor = pickle.loads(pickle.dumps(ouro.Cell1R(ouro.Resistor(1e4))))
    assert resistor.replace(device=default).read.voltage == pytest.approx(0.01)
    given = ouro.Cell1R(default, read=ouro.Read(0.005))
    assert given.replace(device=ouro.zhang()).read.voltage == 0.005
    with pytest.warns(ValidityWarning, match="beyond the smallest threshold of vteam"):
        ouro.Cell1R(default, read=ouro.Read(0.2))


@pytest.mark.parametrize("device, names", [
    (ouro.zhang(i_0=9e-5), "i_0"), (ouro.vteam(R_on=900, R_off=1000), "R_on"), (ouro.vteam(v_off=1e-3), "v_off"),
])  # fmt: skip
def test_a_law_that_allows_illegal_devices_is_refused_before_it_draws(device, names):
    with pytest.raises(ValueError, match=rf"^spread around .*{names}"):
        device.draw(np.random.default_rng(1), 1)
    with pytest.raises(ValueError, match=r"^spread around"):
        ouro.extract(ouro.CompactCell(device), 2, 0, voltages=ouro.Pair(-0.5, 0.5, 1e-6))


def test_memristors_of_the_command_line():
    assert device_of("vteam", ["R_on=20", "window=1"], None) == ouro.vteam(R_on=20, window=1)
    assert device_of(None, ["r=4e-8"], "behavioural").realisation == "behavioural"
    for model, values, realisation, said in (
        (None, ["window=1"], None, "'window' is not a parameter of jart_vcm_v1b"),
        ("vteam", ["realisation=2"], None, "'realisation' is not a parameter of vteam"),
        ("vteam", ["R_on=1", "R_on=2"], None, "R_on: it is given twice"),
        ("vteam", ["R_on"], None, "NAME=VALUE"),
        ("vteam", ["R_on=2k"], None, "NAME=VALUE"),
        ("vteam", [], "tud", "vteam has compiled, behavioural"),
        ("vtaem", [], None, "did you mean vteam"),
    ):
        with pytest.raises(ValueError, match=said):
            device_of(model, values, realisation)


def test_static_characteristics_are_those_of_the_realisation_or_refused():
    for device in (VTEAM, ouro.linear_drift()):
        plain = dataclasses.replace(device, realisation="behavioural")
        assert ouro.static_current(plain, 0.1, 0.4) == pytest.approx(ouro.static_current(device, 0.1, 0.4), rel=1e-6)
        with pytest.raises(ValueError, match="tells no rate"):
            ouro.rate(plain, 0.1, 0.4)
    assert ouro.static_current(VTEAM, 0.1, x=0.4) == ouro.static_current(VTEAM, 0.1, 0.4)
    with pytest.raises(ValueError, match="'n_disc' is unknown; the state is x"):
        ouro.static_current(VTEAM, 0.1, n_disc=0.4)
