"""Reads at other voltages than 0.2 V, of either sign: what they report, what they move, in cells and arrays."""

from __future__ import annotations

import numpy as np
import pytest

import ouro_spice as ouro
from ouro_spice.circuit.sense import ReadingClipped
from ouro_spice.compact.jart.jart_characteristics import static_current
from ouro_spice.simulation.live_cell import SpiceCell

pytestmark = pytest.mark.ngspice
DEVICE = ouro.jart_vcm_v1b(window=True)
KNOWN_S = 170e-6


def read(cell, state=None, engine=None):
    live = SpiceCell(cell.replace(device=DEVICE), state, engine=engine)
    return live.read(), live


def resistor_reading(cell, engine):
    from ouro_spice.simulation.sensing import reading

    known = cell.resistor(1 / KNOWN_S)
    return reading(known, engine.run(known.read_testbench()), engine).g_S


@pytest.mark.parametrize(("kind", "volts"), [(ouro.Cell1R, -0.1), (ouro.Cell1T1R, -0.1), (ouro.Cell1T1R, 0.9)])
def test_known_resistors_are_read_right(engine, kind, volts):
    cell = kind(DEVICE, read=ouro.Read(volts))
    assert resistor_reading(cell, engine) == pytest.approx(KNOWN_S, rel=1e-3, abs=0)


@pytest.mark.parametrize("g", [120e-6, 500e-6])
def test_a_memristor_reads_as_its_own_current_over_the_voltage(engine, g):
    found = []
    for volts in (-0.1, 0.1):
        cell = ouro.Cell1R(DEVICE, read=ouro.Read(volts))
        start = cell.state(g)
        reading, live = read(cell, start, engine)
        n = start.x[0][0]
        assert reading == pytest.approx(float(static_current(DEVICE, np.array(volts), n)) / volts, rel=1e-3, abs=0)
        assert live.state.x[0][0] == pytest.approx(n, rel=1e-5)  # a read does not disturb
        assert live.read_energy_J == pytest.approx(reading * cell.read.square_V2s, rel=0.02, abs=0)
        found.append(reading)
    assert abs(found[0] / found[1] - 1) > 0.01  # the barrier rectifies: the sign matters


def test_a_negative_read_of_half_a_volt_sets_and_a_positive_one_resets(engine):
    cell = ouro.Cell1R(DEVICE)
    start = cell.state(200e-6)
    moved = [
        read(cell.replace(read=ouro.Read(volts, width=1e-6)), start, engine)[1].state.x[0][0] / start.x[0][0]
        for volts in (-0.5, 0.9)
    ]
    assert moved[0] > 1.1
    assert moved[1] < 0.95


def test_a_sense_path_reads_in_set_direction(engine):
    cell = ouro.Cell1T1R(DEVICE, sense=ouro.Sense(), read=ouro.Read(-0.3))
    assert resistor_reading(cell, engine) == pytest.approx(KNOWN_S, rel=5e-3, abs=0)


def test_a_sense_path_that_runs_out_of_current_says_so(engine):
    cell = ouro.Cell1T1R(DEVICE, sense=ouro.Sense(), read=ouro.Read(-0.3))
    with pytest.warns(ReadingClipped):
        read(cell, cell.state(540e-6), engine)
    with pytest.raises(ValueError, match=r"read: voltage = -0\.6 V: a Sense reads at up to 0\.5 V"):
        cell.replace(read=ouro.Read(-0.6))


@pytest.mark.parametrize("scheme", ["half", "third", "grounded", "floating"])
def test_a_negative_read_of_a_1r_array_is_the_positive_one_mirrored(engine, scheme):
    # of resistors, which do not know the sign
    g = np.array([[100e-6, 300e-6, 50e-6], [20e-6, KNOWN_S, 400e-6]])
    array = ouro.Crossbar(2, 3, ouro.Cell1R(DEVICE, read=ouro.Read(-0.1)), read_scheme=scheme).resistors(1 / g)
    usual = array.replace(cell=array.cell.replace(read=ouro.Read(0.1)))
    one, other = (ouro.sneak(a, 1, 1, engine=engine) for a in (array, usual))
    assert one.reading_S == pytest.approx(other.reading_S, rel=1e-4, abs=0)
    assert one.sensed_A == pytest.approx(-other.sensed_A, rel=1e-4, abs=1e-12)
    assert one.own_A == pytest.approx(-0.1 * KNOWN_S, rel=1e-6, abs=0)
    if scheme == "grounded":
        assert one.reading_S == pytest.approx(KNOWN_S, rel=1e-3, abs=0)


@pytest.mark.parametrize("sense", [None, ouro.Sense()])
def test_a_1t1r_array_reads_and_multiplies_in_set_direction(engine, sense):
    cell = ouro.Cell1T1R(DEVICE, read=ouro.Read(-0.3 if sense else -0.1), sense=sense)
    array = ouro.Crossbar(2, 3, cell)
    state = array.state(np.linspace(120e-6, 170e-6, 6).reshape(2, 3))
    single, _ = read(cell, ouro.State((state.x[4],)), engine)
    assert SpiceCell(array.cell_at(1, 1), state, engine=engine).read() == pytest.approx(single, rel=0.01, abs=0)
    product = ouro.product(array, [0, 1], state, engine)
    assert np.all(product.i_A < 0) and np.all(np.abs(product.deviation) < 0.1)
    assert product.g_eff_S == pytest.approx(product.i_A / cell.read.voltage, abs=0)


def test_the_parts_of_a_negative_reading_add_up(engine):
    for sense in (None, ouro.Sense()):
        found = ouro.read_error(
            ouro.Cell1T1R(DEVICE, read=ouro.Read(-0.3 if sense else -0.1), sense=sense), 150e-6, engine
        )
        parts = ("read_voltage", "lines", "transistor", "settling", "mirror", "adc")
        assert sum(getattr(found, f"{part}_S") for part in parts) == pytest.approx(found.total_S, abs=1e-12)
        assert found.transistor_S < 0 > found.lines_S
        assert abs(found.settling_S) < 0.01 * found.g_S
