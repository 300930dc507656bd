"""Writes of arrays without SPICE: against full SPICE, closed forms, the compact model, and their own laws."""

from __future__ import annotations

import json

import numpy as np
import pytest
from test_cli import here, one_line

import ouro_spice as ouro
from ouro_spice.circuit.write_agreement import Agreement
from ouro_spice.simulation.array_solver import agreement_sample, transistor_measurement
from ouro_spice.simulation.array_solver.solved_pulse import solved
from ouro_spice.simulation.transient import default_engine

DEVICE = ouro.jart_vcm_v1b(window=True)
CELLS = {
    "1r": ouro.Cell1R(DEVICE, ouro.Lines(r_bl=5.0, r_wl=5.0, c_bl=0.2e-15, c_wl=0.2e-15), ouro.Driver(20.0)),
    "1t1r": ouro.Cell1T1R(DEVICE, ouro.Lines(5.0, 5.0, 5.0, 0.2e-15, 0.2e-15, 0.2e-15)),
}
CONTACTS = CELLS["1r"].replace(lines=ouro.Lines(r_bl=5.0, r_wl=5.0, contact=40.0))


def started(array, seed=3):
    """A random map of conductances."""
    low, high = array.cell.window_S
    return array.state(np.random.default_rng(seed).uniform(low * 1.01, high * 0.99, (array.rows, array.cols)))


def without_spice(selection, pulse, state):
    """The waveform of the solver alone, whatever its agreement."""
    return solved(selection, pulse, 0.0, selection.duration([pulse]), state, default_engine())


# ---- against full SPICE


@pytest.mark.ngspice
@pytest.mark.parametrize(
    ("cell", "scheme", "amplitude"),
    [
        (CELLS["1r"], "half", -0.68), (CELLS["1r"], "third", 1.05), (CELLS["1r"], "floating", -0.66),
        (CONTACTS, "grounded", -0.66), (CELLS["1t1r"], None, -0.62), (CELLS["1t1r"], None, 1.15),
    ],
)  # fmt: skip
def test_a_write_is_that_of_full_spice(engine, cell, scheme, amplitude):
    array = ouro.Crossbar(5, 4, cell, scheme).draw(np.random.default_rng(2), "in_use")
    state, pulse = started(array), ouro.Pulse(amplitude, 30e-9, 1e-9, 1e-9)
    chosen = array.row(3, (1, 2))
    spice = ouro.ArrayWrite(chosen, pulse, state, ouro.simulate(chosen, pulse, state, engine=engine))
    ours = ouro.ArrayWrite(chosen, pulse, state, without_spice(chosen, pulse, state))
    np.testing.assert_allclose(ours.g_after_S[3, 1:3], spice.g_after_S[3, 1:3], rtol=1e-3)
    assert np.abs(np.log(spice.g_after_S / spice.g_before_S))[3, 1:3].min() > 0.05
    there, here_ = (np.log(one.state.lead / state.lead) for one in (spice, ours))
    some = np.abs(there) > 1e-6
    np.testing.assert_allclose(here_[some], there[some], rtol=1e-2)
    np.testing.assert_allclose(ours.v_cell_V, spice.v_cell_V, atol=3e-3)
    assert ours.wave.energy_J == pytest.approx(spice.wave.energy_J, rel=0.02)
    for part in ("cells_J", "transistors_J", "lines_J"):
        found, wanted = (getattr(one.energy, part) for one in (ours, spice))
        assert found == pytest.approx(wanted, rel=0.05, abs=2e-3 * spice.wave.energy_J)
    assert set(ours.wave.traces) == set(spice.wave.traces) and set(ours.wave.maps) == set(spice.wave.maps)


@pytest.mark.ngspice
def test_the_charge_behind_a_fast_edge_goes_through_the_device(engine):
    """Without that charge the gate's current limit leaves half of what the device gets, see `GatedCircuit`."""
    array = ouro.Crossbar(1, 1, CELLS["1t1r"])
    state, cell = array.state(110e-6), array.cell_at(0, 0)
    ends = {}
    for rise in (2e-9, 20e-9):
        pulse = ouro.Pulse(-1.5, 5e-9, rise, 2e-9, gate=0.86)
        ends[rise] = [
            array.g_map_S(ouro.State(wave.end_state.x))[0, 0]
            for wave in (without_spice(cell, pulse, state), ouro.simulate(cell, pulse, state, engine=engine))
        ]
    assert ends[2e-9][0] > 1.4 * ends[20e-9][0]
    assert ends[2e-9][0] == pytest.approx(ends[2e-9][1], rel=0.12)
    assert ends[20e-9][0] == pytest.approx(ends[20e-9][1], rel=0.01)


# ---- closed forms and laws


def test_resistors_divide_the_voltage_as_kirchhoff_says():
    """One cell: drivers, a segment of each line and the resistor are in series."""
    cell = ouro.Cell1R(ouro.Resistor(1e3), ouro.Lines(r_bl=30.0, r_wl=20.0, contact=5.0), ouro.Driver(50.0))
    array = ouro.Crossbar(1, 1, cell)
    pulse = ouro.Pulse(0.7, 10e-9, 1e-9, 1e-9)
    wave = without_spice(array.cell_at(0, 0), pulse, array.state())
    current = 0.7 / (1e3 + 50 + 100 + 10)
    assert wave["v_cell"].max() == pytest.approx(1e3 * current, rel=1e-9)
    assert wave["i_bl"].max() == pytest.approx(current, rel=1e-9)
    # a triangle's square has a third of its length
    assert wave.energy_J == pytest.approx(0.7 * current * (10e-9 + 2 / 3 * 1e-9), rel=5e-3)


def test_without_lines_each_cell_is_alone():
    """The selected cell is a compact cell under the same pulse, the others are at half of it."""
    cell = ouro.Cell1R(DEVICE)
    array = ouro.Crossbar(3, 3, cell)
    state, pulse = started(array), ouro.Pulse(-0.6, 40e-9, 1e-9, 1e-9)
    wave = without_spice(array.cell_at(1, 2), pulse, state)
    half = ouro.Pulse(-0.3, 40e-9, 1e-9, 1e-9)
    for place, sent in ((5, pulse), (3, half), (2, half)):
        alone = ouro.simulate(ouro.CompactCell(DEVICE), sent, ouro.State((state.x[place],)))
        way, wanted = (np.log(one / state.lead[place]) for one in (wave.state.lead[place], alone.state.lead[0]))
        assert way == pytest.approx(wanted, rel=2e-3, abs=0)
    assert wave.state.x[0] == state.x[0]


def test_a_pulse_in_two_parts_is_the_pulse():
    array = ouro.Crossbar(3, 3, CELLS["1r"])
    state, pulse = started(array), ouro.Pulse(-0.62, 40e-9, 1e-9, 1e-9)
    cell, engine = array.cell_at(1, 1), default_engine()
    whole, end_s = without_spice(cell, pulse, state), cell.duration([pulse])
    first = solved(cell, pulse, 0.0, 17e-9, state, engine)
    second = solved(cell, pulse, 17e-9, end_s, first.end_state, engine)
    np.testing.assert_allclose(array.g_map_S(second.state), array.g_map_S(whole.state), rtol=1e-3)
    assert first.energy_J + second.energy_J == pytest.approx(whole.energy_J, rel=1e-2)
    assert without_spice(cell, pulse, state).state == whole.state


def test_at_its_limit_a_state_stops_without_short_steps():
    """The factor that ends the rate would make explicit steps as short as a tenth of the device's own time."""
    device = ouro.jart_vcm_v1b(Ninit=1.0)
    array = ouro.Crossbar(2, 2, ouro.Cell1R(device, ouro.Lines(r_bl=5.0, r_wl=5.0)))
    wave = without_spice(array.cell_at(0, 0), ouro.Pulse(-1.0, 1e-6), array.state())
    assert 0.99 * device.Ndiscmax < wave.state.lead[0] <= device.Ndiscmax
    assert wave.effort.points < 250


# ---- the agreement


@pytest.mark.ngspice
def test_results_carry_their_agreement_with_full_spice():
    array = ouro.Crossbar(6, 6, CELLS["1r"], fidelity="circuit")
    pulse = ouro.Pulse(-0.66, 30e-9, 1e-9, 1e-9)
    written = ouro.write_array(array.cell_at(2, 2), pulse, started(array))
    found = written.fidelity.agreement
    assert written.fidelity.name == "circuit" and (found.writes, found.rows, found.cols) == (4, 4, 4)
    assert 0 < found.g_worst < 1e-3 and found.disturb < 1e-2 and found.energy < 1e-3
    assert written.summary["agreement"]["g_worst"] == found.g_worst
    assert "from full SPICE on 4 writes of 4 x 4 cells" in str(written.fidelity)
    disturbed = ouro.disturb(array.cell_at(2, 2), pulse, 3, started(array))
    assert disturbed.summary["fidelity"] == "circuit" and np.nanmax(np.abs(disturbed.change_S)) > 0


def test_a_worse_agreement_than_allowed_is_refused(monkeypatch):
    array = ouro.Crossbar(3, 3, CELLS["1r"], fidelity="circuit")
    figures = {"figures": np.array([2e-3, 3e-3, 2e-3, 3e-3, 0.0, 0.0])}
    monkeypatch.setattr(agreement_sample, "cached_arrays", lambda *_: figures)
    monkeypatch.setattr(agreement_sample, "_known", {})
    with pytest.raises(ValueError, match=r'fidelity "circuit" differs from full SPICE .* take fidelity "full"'):
        ouro.write_array(array.cell_at(1, 1), ouro.Pulse(-0.5, 1e-8))


def test_what_decides_a_sample_is_in_its_digest():
    array = ouro.Crossbar(6, 8, CELLS["1r"])
    pulse = ouro.Pulse(-0.66, 30e-9)

    def settings(array=array, pulse=pulse):
        made = agreement_sample._Sample.of(array.cell_at(2, 2), pulse, array.state())
        return json.dumps(made.settings, sort_keys=True)

    assert settings() == settings(pulse=ouro.Pulse(-0.661, 30.5e-9, idle=1e-6))
    others = [
        settings(array.replace(rows=7)), settings(array.replace(scheme="third")),
        settings(pulse=ouro.Pulse(-0.7, 30e-9)),
        settings(array.replace(cell=array.cell.replace(driver=ouro.Driver(21.0)))),
        settings(array.draw(np.random.default_rng(1))), settings(pulse=ouro.Pulse(-0.66, 30e-9, 0.5e-9)),
    ]  # fmt: skip
    assert len({settings(), *others}) == 7


def test_two_runs_have_the_worse_agreement():
    one, two = (
        Agreement(4, 4, 4, 1e-4, 3e-4, 1e-4, 3e-4, 0.0, 0.1),
        Agreement(4, 4, 4, 2e-4, 2e-4, 1e-4, 2e-4, 0.1, 0.0),
    )
    assert one.worse(two) == Agreement(4, 4, 4, 2e-4, 3e-4, 1e-4, 3e-4, 0.1, 0.1)
    both = ouro.Fidelity("circuit", agreement=one) + ouro.Fidelity("circuit", agreement=two)
    assert both.agreement == one.worse(two)


# ---- the transistor


@pytest.mark.ngspice
def test_the_table_is_the_transistor(engine):
    cell = CELLS["1t1r"]
    table = transistor_measurement.measured(cell, 1.0, 1.0, engine)
    drain, source = np.array([0.31, 0.62, 0.05]), np.array([0.07, 0.0, 0.41])
    i, over_d, over_s = table.at(drain, source)
    back, _, _ = table.at(source, drain)
    np.testing.assert_allclose(back, -i, rtol=2e-3)  # drain and source are alike
    step = 1e-5
    np.testing.assert_allclose((table.at(drain + step, source)[0] - i) / step, over_d, rtol=1e-2)
    np.testing.assert_allclose((table.at(drain, source + step)[0] - i) / step, over_s, rtol=1e-2)
    assert 5e-15 < table.off_F < table.on_F < 1e-13 and table.gate_F > 1e-14
    assert transistor_measurement.measured(cell, 1.0, 0.9, engine) is table


# ---- refusals, and the way in


@pytest.mark.parametrize(
    ("cell", "says"),
    [
        (CELLS["1r"].replace(driver=ouro.WriteDriver()), "drivers made of transistors"),
        (ouro.Cell1R(ouro.jart_vcm_v1b(realisation="tud")), "solved in an array without SPICE"),
        (ouro.Cell1R(ouro.vteam()), "solved in an array without SPICE"),
        (ouro.Cell1R(ouro.jart_vcm_v1b(walk=ouro.Walk())), "walks from cycle to cycle"),
    ],
)
def test_what_cannot_be_solved_is_refused_in_one_sentence(cell, says):
    with pytest.raises(ValueError, match=says):
        ouro.Crossbar(2, 2, cell, fidelity="circuit").cell_at(0, 0)


def test_the_arrays_fidelity_is_that_of_its_selections():
    array = ouro.Crossbar(2, 2, CELLS["1r"]).replace(fidelity="circuit")
    assert array.cell_at(0, 0).fidelity == array.row(1).fidelity == "circuit"
    assert array.cell_at(0, 0, "full").fidelity == "full"
    with pytest.raises(ValueError, match="fidelity = 'quick': there is full, frozen, circuit"):
        array.replace(fidelity="quick")


@pytest.mark.ngspice
def test_the_command_says_fidelity_and_agreement(capsys, tmp_path):
    run = here(capsys)
    size = ("--cell", "1r", "--rows", 3, "--cols", 3, "--amplitude", -0.6, "--width", 3e-8, "--fidelity", "circuit")
    done = run("array", "write", *size, "--out", tmp_path, "--json")
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["fidelity"].startswith("circuit: ") and found["agreement"]["writes"] == 4
    assert "from full SPICE" in (tmp_path / "report.html").read_text()
    refused = run("extract", "--cell", "array", "--fidelity", "circuit", "--n", 1, "--out", tmp_path / "data")
    assert refused.returncode == 2 and "--fidelity circuit is for" in one_line(refused)
