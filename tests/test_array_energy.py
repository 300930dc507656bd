"""Energy and delay of a write into an array: balances, closed forms, an RC ladder solved exactly."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

import ouro_spice as ouro
from ouro_spice.array.write_energy import PARTS, energy_of

pytestmark = pytest.mark.ngspice
DEVICE = ouro.jart_vcm_v1b(window=True)
PULSE = ouro.Pulse(-0.55, 1e-7)


def written(array, pulse=PULSE, row=1, cols=(2,), **more):
    return ouro.write_array(array.row(row, cols), pulse, **more)


@pytest.mark.parametrize("scheme", ["half", "third", "grounded", "floating"])
@pytest.mark.parametrize("amplitude", [-0.6, 1.2])
def test_the_parts_of_a_1r_array_add_up(scheme, amplitude):
    lines = ouro.Lines(r_bl=20.0, r_wl=20.0, c_bl=2e-15, c_wl=2e-15, contact=10.0)
    array = ouro.Crossbar(3, 4, ouro.Cell1R(DEVICE, lines=lines, driver=ouro.Driver(50.0)), scheme=scheme)
    energy = written(array, ouro.Pulse(amplitude, 2e-7), state=array.state(300e-6)).energy
    assert abs(energy.remainder_J) < 1e-3 * energy.total_J
    assert energy.transistors_J == 0
    assert min(energy.cells_J, energy.lines_J, energy.drivers_J) > 0
    assert energy.cell_map_J.sum() == pytest.approx(energy.cells_J)


@pytest.mark.parametrize("changes", [{}, {"contact": 30.0}, {"driver": ouro.WriteDriver()}], ids=str)
def test_the_parts_of_a_1t1r_array_add_up(changes):
    cell = ouro.Cell1T1R(DEVICE)
    lines = dataclasses.replace(cell.lines, contact=changes.pop("contact", 0.0))
    array = ouro.Crossbar(3, 4, cell.replace(lines=lines, **changes))
    energy = written(array, ouro.Pulse(-0.9, 2e-7)).energy
    assert abs(energy.remainder_J) < 1e-3 * energy.total_J
    assert min(getattr(energy, f"{part}_J") for part in ("cells", "transistors", "lines", "drivers")) > 0
    assert energy.cell_map_J.argmax() == energy.transistor_map_J.argmax() == 6


def test_a_row_in_parallel_adds_up_and_takes_the_energy_of_its_cells():
    array = ouro.Crossbar(2, 4, ouro.Cell1T1R(DEVICE))
    both = written(array, ouro.Parallel((PULSE, None, PULSE)), 0, (0, 1, 3)).energy
    one = written(array, PULSE, 0, (0,)).energy
    assert abs(both.remainder_J) < 1e-3 * both.total_J
    assert both.cells_J == pytest.approx(2 * one.cells_J, rel=0.02)


def test_resistors_take_what_they_must():
    r = np.array([[1e3, 2e3], [3e3, 4e3]])
    array = ouro.Crossbar(2, 2, ouro.Cell1R(DEVICE), scheme="half").resistors(r)
    energy = written(array, ouro.Pulse(1.0, 1e-7, 1e-8, 1e-8), 0, (0,)).energy
    time_s = 1e-7 + 2e-8 / 3
    volts = np.array([[1.0, 0.5], [0.5, 0.0]])
    assert energy.cell_map_J == pytest.approx(volts**2 / r * time_s, rel=2e-3, abs=1e-18)


def test_a_driver_takes_its_share_of_a_divider():
    array = ouro.Crossbar(1, 1, ouro.Cell1R(DEVICE, driver=ouro.Driver(500.0))).resistors(3e3)
    energy = written(array, row=0, cols=(0,)).energy
    assert energy.drivers_J / energy.cells_J == pytest.approx(1000 / 3000, abs=0, rel=1e-6)


def test_lines_hold_half_c_v_squared_while_the_pulse_stands():
    n, c, volts = 5, 20e-15, 0.8
    lines = ouro.Lines(r_wl=10.0, c_wl=c)
    array = ouro.Crossbar(1, n, ouro.Cell1R(DEVICE, lines=lines, driver=ouro.Driver(100.0))).resistors(1e12)
    pulse = ouro.Pulse(volts, 20e-9, 1e-9, 1e-9)
    wave = ouro.simulate(array.cell_at(0, 0), pulse, stop_s=15e-9)
    energy = energy_of(array.cell_at(0, 0), wave, array.state())
    assert energy.stored_J == pytest.approx(n * c * volts**2 / 2, rel=1e-4, abs=0)
    assert abs(energy.remainder_J) < 2e-3 * energy.total_J


def test_the_selected_cell_is_that_of_the_single_cell():
    cell = ouro.Cell1R(DEVICE)
    single = ouro.simulate(cell, PULSE)
    array = ouro.Crossbar(3, 3, cell, scheme="half")
    energy = written(array).energy
    assert energy.cell_map_J[1, 2] == pytest.approx(single.energy_J, abs=0, rel=1e-3)


def test_frozen_cells_take_the_same_energy():
    array = ouro.Crossbar(4, 4, ouro.Cell1T1R(DEVICE))
    full, frozen = (ouro.write_array(array.cell_at(1, 2, fidelity), PULSE).energy for fidelity in ("full", "frozen"))
    for part in PARTS[:4]:
        assert getattr(frozen, f"{part}_J") == pytest.approx(getattr(full, f"{part}_J"), rel=1e-3)


def test_a_table_names_all_parts():
    array = ouro.Crossbar(2, 2, ouro.Cell1R(DEVICE))
    wave = ouro.simulate(array.cell_at(0, 0), PULSE)
    frame = energy_of(array.cell_at(0, 0), wave, array.state()).frame
    assert list(frame.part) == [*PARTS, "remainder"]
    assert frame.share.sum() == pytest.approx(1)


# ---- delay


def ladder(n, r, c, r_driver, ramp_s, times):
    """Node voltages of an RC ladder behind a ramp of 1 V, (n, T), by eigenvalues."""
    conductance = np.full(n, 1 / r)
    conductance[0] = 1 / (r + r_driver)
    matrix = np.diag(conductance) + np.diag(np.append(conductance[1:], 0.0))
    matrix -= np.diag(conductance[1:], 1) + np.diag(conductance[1:], -1)
    rates, modes = np.linalg.eigh(matrix / c)
    drive = modes[0] * conductance[0] / c

    def after_ramp(t):  # response of each mode to a ramp without end
        t = np.maximum(t, 0.0)[None]
        k = rates[:, None]
        return (t / k + (np.exp(-k * t) - 1) / k**2) * drive[:, None] / ramp_s

    return modes @ (after_ramp(times) - after_ramp(times - ramp_s))


def crossing(times, volts, share):
    return np.array([np.interp(share, v, times) for v in volts])


def test_delay_and_edge_along_a_line_against_the_exact_ladder():
    n, r, c, r_driver, ramp = 12, 50.0, 20e-15, 400.0, 1e-10
    lines = ouro.Lines(r_wl=r, c_wl=c)
    cell = ouro.Cell1R(DEVICE, lines=lines, driver=ouro.Driver(r_driver))
    array = ouro.Crossbar(1, n, cell).resistors(1e12)
    (found,) = written(array, ouro.Pulse(1.0, 4e-9, ramp, ramp), 0, (0,)).delays
    assert found.line == "wl0"
    assert found.level_V == pytest.approx(1.0, abs=0.01)
    times = np.linspace(0, 4e-9, 20001)
    exact = ladder(n, r, c, r_driver, ramp, times)
    assert found.delay_s == pytest.approx(crossing(times, exact, 0.5) - ramp / 2, rel=0.02)
    edges = crossing(times, exact, 0.9) - crossing(times, exact, 0.1)
    assert found.edge_s == pytest.approx(edges, rel=0.03)
    assert found.driver_edge_s == pytest.approx(0.8 * ramp, rel=1e-3)
    # Elmore: the first moment of the response to a step
    assert found.elmore_s[0] == pytest.approx((r_driver + r) * n * c)
    assert found.elmore_s[-1] == pytest.approx(r_driver * n * c + r * c * n * (n + 1) / 2)
    assert np.all(found.elmore_s > found.delay_s)


def test_a_line_without_resistance_has_no_delay():
    array = ouro.Crossbar(2, 3, ouro.Cell1R(DEVICE))
    (found,) = written(array).delays
    assert found.line == "bl2"
    assert found.delay_s == pytest.approx(0, abs=1e-15)
    assert found.edge_s == pytest.approx(found.driver_edge_s)


@pytest.mark.parametrize(("amplitude", "line"), [(-0.55, "bl"), (1.2, "sl")])
def test_gates_and_junctions_load_the_lines_of_1t1r_cells(amplitude, line):
    array = ouro.Crossbar(4, 6, ouro.Cell1T1R(DEVICE))
    gate, column = written(array, ouro.Pulse(amplitude, 1e-7), state=array.state(300e-6)).delays
    assert (gate.line, column.line) == ("wl1", f"{line}2")
    assert len(gate.delay_s) == 6 and len(column.delay_s) == 4
    assert np.all(np.diff(gate.delay_s) > 0)
    # a gate of 20 x 0.35 um under 7.6 nm of oxide has 32 fF, and its overlaps
    assert 25e-15 < gate.cell_F < 50e-15
    assert 5e-15 < column.cell_F < 60e-15
    assert gate.elmore_s[-1] == pytest.approx(gate.delay_s[-1], rel=0.25)


def test_a_narrower_transistor_loads_its_line_less():
    wide = ouro.Crossbar(2, 4, ouro.Cell1T1R(DEVICE))
    t = wide.cell.transistor
    narrow = wide.replace(cell=wide.cell.replace(transistor=dataclasses.replace(t, w=t.w / 2)))
    loads = [written(array).delays[0].cell_F for array in (wide, narrow)]
    assert loads[1] == pytest.approx(loads[0] / 2, rel=0.1)


def test_parallel_writes_have_a_delay_for_each_pulsed_line():
    array = ouro.Crossbar(2, 4, ouro.Cell1T1R(DEVICE))
    found = written(array, ouro.Parallel((PULSE, None, PULSE)), 0, (0, 1, 3)).delays
    assert [one.line for one in found] == ["wl0", "bl0", "bl3"]
