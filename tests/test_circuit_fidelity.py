"""Fidelity "circuit": kernels behind the measured circuit, against the whole circuit in SPICE."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest

import ouro_spice as ouro
from ouro_spice.circuit.pulse import PWL
from ouro_spice.circuit.terminal_bench import terminal_testbench
from ouro_spice.dataset.circuit_records import circuit_record
from ouro_spice.dataset.measured_records import circuit_model_records
from ouro_spice.dataset.recipe import Recipe
from ouro_spice.programming.batch import fleet
from ouro_spice.programming.circuit_batch import MeasuredFleet
from ouro_spice.simulation.agreement import Agreement
from ouro_spice.simulation.circuit_model import CircuitModel
from ouro_spice.simulation.live_cell import SpiceCell
from ouro_spice.simulation.measured_cell import MeasuredCell
from ouro_spice.spice.ngspice import Ngspice

MODELS = Path(__file__).resolve().parent.parent / "examples" / "models"
pytestmark = pytest.mark.ngspice

JART = ouro.jart_vcm_v1b(window=True)
DRIVERS = {"ideal": {}, "transistors": {"driver": ouro.WriteDriver()}}
SET, RESET = ouro.Pulse(-1.5, 5e-9, rise=2e-9, gate=0.84), ouro.Pulse(1.0, 20e-9, rise=0.5e-9, fall=5e-9)


@pytest.fixture(scope="module")
def engine():
    with Ngspice(1) as one:
        yield one


def bytes_of(record):
    """Return all numbers of a record."""
    numbers = record.width_s, record.g_end_S, record.energy_J, record.g_sense_start_S, record.g_sense_end_S
    return np.array(numbers).tobytes() + record.history.tobytes()


def both(cell, pulses, g_S, engine):
    """Return the waveforms of pulses at fidelity "circuit" and in full SPICE."""
    return [
        ouro.simulate(one, pulses, one.state(g_S), engine=engine)
        for one in (cell.replace(fidelity="circuit"), cell.replace(fidelity="full"))
    ]


@pytest.mark.parametrize(
    ("driver", "pulse"), [("ideal", SET), ("ideal", RESET), ("transistors", SET)], ids=["set", "reset", "write_driver"]
)
def test_jart_behind_a_transistor_agrees_with_spice_at_fast_edges(driver, pulse, engine):
    cell = ouro.Cell1T1R(JART, **DRIVERS[driver])
    fast, full = both(cell, pulse, 120e-6 if pulse is SET else 400e-6, engine)
    assert fast.fidelity.name == "circuit" and full.fidelity.name == "full"
    assert fast.g[-1] == pytest.approx(full.g[-1], rel=1e-2)
    assert fast.energy_J == pytest.approx(full.energy_J, rel=2e-2)
    assert fast.time_s[-1] == pytest.approx(full.time_s[-1], rel=1e-3)


def test_a_static_load_line_is_far_off_where_the_node_agrees(engine):
    cell = ouro.Cell1T1R(JART)
    fast, full = both(cell, SET, 120e-6, engine)
    circuit = CircuitModel.of(cell, engine)
    load, _ = circuit.circuit.line(SET)
    before = load.copy()
    try:
        load[3] = 0.0  # no node
        static = ouro.simulate(cell.replace(fidelity="circuit"), SET, cell.state(120e-6), engine=engine)
    finally:
        load[:] = before
    off = abs(np.log(static.g[-1] / full.g[-1]))
    assert off > 0.1 and abs(np.log(fast.g[-1] / full.g[-1])) < off / 10


def test_the_edges_of_transistors_are_those_of_each_pulse(engine):
    cell = ouro.Cell1R(JART, driver=ouro.WriteDriver())
    pulses = [ouro.Pulse(-0.5, 20e-9, rise=0.2e-9), ouro.Pulse(-0.5, 20e-9, rise=6e-9, fall=0.5e-9)]
    recipe = Recipe(300, 7, ouro.Pair(-0.5, 0.9, total_s=4e-7), "x")
    drawn = [dataclasses.replace(recipe.draw(cell, k), start_S=2e-4) for k in range(2)]
    many = fleet(cell.replace(fidelity="circuit"), drawn, "nominal", engine=engine)
    energy = many.apply([0, 1], pulses)
    for k, pulse in enumerate(pulses):
        fast, full = both(cell.replace(device=drawn[k].device), pulse, 2e-4, engine)
        assert many.g_S([k])[0] == pytest.approx(fast.g[-1], rel=1e-4)
        assert energy[k] == pytest.approx(fast.energy_J, rel=1e-3, abs=0)
        assert fast.g[-1] == pytest.approx(full.g[-1], rel=1e-2)
        assert fast.energy_J == pytest.approx(full.energy_J, rel=2e-2)


def test_a_family_without_walk_agrees_with_spice(engine):
    cell = ouro.Cell1T1R(ouro.vteam())
    for pulse in (ouro.Pulse(-1.0, 50e-9), ouro.Pulse(1.5, 50e-9, rise=0.2e-9)):
        fast, full = both(cell, pulse, 2e-3, engine)
        assert abs(np.log(full.g[-1] / 2e-3)) > 0.05
        assert fast.g[-1] == pytest.approx(full.g[-1], rel=1e-3)
        assert fast.energy_J == pytest.approx(full.energy_J, rel=2e-2)
        assert set(fast.traces) <= set(full.traces)


@pytest.mark.parametrize("name", ["linear_drift", "zhang"])
def test_slow_families_agree_with_spice(name, engine):
    cell = ouro.Cell1T1R(getattr(ouro, name)())
    fast, full = both(cell, ouro.Pulse(-1.5, 5e-3), 3e-4, engine)
    assert abs(np.log(full.g[-1] / 3e-4)) > 0.01
    assert fast.g[-1] == pytest.approx(full.g[-1], rel=1e-3)


@pytest.mark.parametrize("device", [JART, ouro.vteam()], ids=["jart", "vteam"])
def test_a_pulse_in_two_parts_is_the_pulse(device, engine):
    cell = ouro.Cell1T1R(device, fidelity="circuit")
    pulse = ouro.Pulse(-0.9, 20e-9, gate=1.2)
    state, cut_s = cell.state(2e-4 if device is JART else 2e-3), cell.flat_start_s(pulse) + 8e-9
    whole = ouro.simulate(cell, pulse, state, engine=engine)
    first = ouro.simulate(cell, pulse, state, stop_s=cut_s, engine=engine)
    second = ouro.simulate(cell, pulse, first.end_state, start_s=cut_s, engine=engine)
    assert second.g[-1] == pytest.approx(whole.g[-1], rel=1e-3)
    assert first.energy_J + second.energy_J == pytest.approx(whole.energy_J, rel=5e-3)
    with pytest.raises(ValueError, match=r"stop_s: .* cut outside of edges"):
        ouro.simulate(cell, pulse, state, stop_s=cell.flat_start_s(pulse) - 1e-9, engine=engine)


def test_a_1r_cell_is_the_compact_cell_with_its_resistance(engine):
    cell = ouro.Cell1R(JART, driver=ouro.Driver(300.0), fidelity="circuit")
    compact = ouro.CompactCell(JART, resistance=600.0)
    for pulse in (ouro.Pulse(-0.6, 30e-9), ouro.Pulse(1.2, 50e-9)):
        waves = [
            ouro.simulate(one, pulse, one.state(2e-4), **more)
            for one, more in ((cell, {"engine": engine}), (compact, {}))
        ]
        assert waves[0].g[-1] == pytest.approx(waves[1].g[-1], rel=1e-4)


def test_the_measured_table_gives_the_currents_of_known_resistors(engine):
    from ouro_spice.compact.jart.load_line import ohmic_currents

    cell = ouro.Cell1T1R(JART).resistor(4e3)
    for pulse in (ouro.Pulse(-0.8, 50e-9, gate=1.3), ouro.Pulse(1.1, 50e-9)):
        load = CircuitModel.of(cell, engine).circuit.load(pulse)
        wave = engine.run(cell.testbench([pulse]))
        top = np.interp(cell.flat_start_s(pulse) + 40e-9, wave.time_s, wave["v_ae"] - wave["v_oe"]) / 4e3
        assert ohmic_currents(load, pulse.amplitude, np.array([1 / 4e3]))[0] == pytest.approx(top, rel=1e-3)


def test_the_capacitance_of_the_table_is_the_charge_of_the_terminal(engine):
    cell = ouro.Cell1T1R(JART).resistor(1.0)
    port = CircuitModel.of(cell, engine).circuit.port(-1, 0.84, 1.5)
    low, high = 0.2, 1.2
    inside = (port.y_V >= low) & (port.y_V <= high)
    constant = {name: PWL((0.0, 4e-9), (volts, volts)) for name, volts in (("bl", 0.0), ("sl", 0.0), ("wl", 0.84))}
    moved = PWL((0.0, 1e-9, 1.5e-9, 2.5e-9, 4e-9), (low, low, high, high, high))
    wave = engine.run(terminal_testbench(cell, constant, {"ae": moved, "oe": constant["bl"]}))
    time_s, i = wave.time_s, wave["i_ae"]
    static = np.interp(wave["v_ae"], port.y_V, port.amps[0])
    charge = -np.trapezoid((i - static)[time_s < 2.4e-9], time_s[time_s < 2.4e-9])
    assert np.trapezoid(port.charge_F[0, inside], port.y_V[inside]) == pytest.approx(charge, rel=0.03, abs=0)


@pytest.mark.parametrize("sense", [None, ouro.Sense()], ids=["ideal", "sense"])
def test_reads_are_those_of_spice(sense, engine):
    cell = ouro.Cell1R(JART, sense=sense) if sense else ouro.Cell1T1R(JART)
    for g_S in (1.2e-4, 4e-4):
        fast, full = (ouro.live(one, one.state(g_S), 1) for one in (cell.replace(fidelity="circuit"), cell))
        assert isinstance(fast, MeasuredCell) and isinstance(full, SpiceCell)
        assert fast.read() == pytest.approx(full.read(), rel=2e-3)
        assert fast.read_energy_J == pytest.approx(full.read_energy_J, rel=2e-2)


@pytest.mark.parametrize("device", [JART, ouro.vteam()], ids=["jart", "vteam"])
def test_records_agree_with_spice_and_are_the_same_on_any_threads(device, engine):
    jart = device is JART
    cell = ouro.Cell1T1R(device, fidelity="circuit")
    pair = ouro.Pair(*((-0.5, 1.0) if jart else (-0.9, 1.2)), total_s=4e-7, gate_set=3.3, gate_reset=3.3)
    recipe = Recipe(300, 7, pair, "x", rise_s=(0.2e-9, 20e-9), fall_s=(0.2e-9, 20e-9), step_s=1e-9)
    drawn = [recipe.draw(cell, k) for k in range(3)]
    fast = circuit_model_records(cell, recipe, drawn, engine, 1)
    again = circuit_model_records(cell, recipe, drawn, engine, 3)
    assert [bytes_of(one) for one in fast] == [bytes_of(one) for one in again]
    for one, sample in zip(fast, drawn[:2], strict=False):
        full = circuit_record(cell.replace(fidelity="full"), recipe, sample, engine)
        assert one.outcome == full.outcome
        assert abs(one.width_s - full.width_s) <= max(1.01 * recipe.step_s, 0.02 * full.width_s)
        assert one.energy_J == pytest.approx(full.energy_J, rel=2e-2)


def test_a_fleet_says_its_agreement(engine):
    cell = ouro.Cell1T1R(ouro.vteam(), fidelity="circuit")
    recipe = Recipe(300, 7, ouro.Pair(-0.9, 1.2, total_s=4e-7), "x")
    many = fleet(cell, [recipe.draw(cell, k) for k in range(2)], "nominal", engine=engine)
    before = many.g_S([0, 1])
    many.apply([0, 1], [ouro.Pulse(-0.9, 10e-9)] * 2)
    assert np.all(many.g_S([0, 1]) > before)
    assert isinstance(many, MeasuredFleet)
    found = many.agreement()
    assert found.n == 2 and found.g_p90 < 1e-3 and not found.refusal


def test_bad_input_is_refused(engine):
    cell = ouro.Cell1T1R(JART, fidelity="circuit")
    with pytest.raises(ValueError, match=r"fidelity = 'fast'.* has full, circuit"):
        cell.replace(fidelity="fast")
    with pytest.raises(ValueError, match=r'Pwl: fidelity "circuit" knows pulses alone'):
        ouro.simulate(cell, ouro.sine(0.3, 1e-7), engine=engine)
    foreign = ouro.Cell1R(ouro.load_model(MODELS / "yakopcic.toml"))
    with pytest.raises(ValueError, match=r'^fidelity "circuit": this needs a memristor that can be followed without'):
        foreign.replace(fidelity="circuit")
    with pytest.raises(ValueError, match="fixed resistor cannot be programmed"):
        ouro.simulate(cell.resistor(1e4), SET, engine=engine)


def test_a_state_of_full_spice_is_told_from_one_of_the_circuit(engine):
    cell = ouro.Cell1T1R(JART)
    fast, full = both(cell, RESET, 400e-6, engine)
    # a state without node voltages starts SPICE at rest; one with them has no node that the kernels could lose
    onward = ouro.simulate(cell, RESET, fast.end_state, engine=engine)
    back = ouro.simulate(cell.replace(fidelity="circuit"), RESET, full.end_state, engine=engine)
    assert onward.g[-1] == pytest.approx(back.g[-1], rel=2e-2)


def test_a_pulse_cut_behind_a_fast_edge_goes_on_with_the_charge_of_its_node(engine):
    cell = ouro.Cell1T1R(JART, fidelity="circuit")
    whole = ouro.simulate(cell, SET, cell.state(120e-6), engine=engine)
    at_s = cell.flat_start_s(SET)
    first = ouro.simulate(cell, SET, cell.state(120e-6), stop_s=at_s, engine=engine)
    then = ouro.simulate(cell, SET, first.state, start_s=at_s, engine=engine)
    assert then.g[-1] == pytest.approx(whole.g[-1], rel=1e-4)
    end_s = at_s + SET.width  # of the flat top: the fall belongs to one part alone, whatever rounding does
    first = ouro.simulate(cell, SET, cell.state(120e-6), stop_s=end_s, engine=engine)
    then = ouro.simulate(cell, SET, first.state, start_s=end_s, engine=engine)
    assert then.g[-1] == pytest.approx(whole.g[-1], rel=1e-3)
    assert first.energy_J + then.energy_J == pytest.approx(whole.energy_J, rel=1e-3, abs=0)


def test_a_sample_in_which_nothing_can_be_compared_is_refused():
    none = [(np.nan, np.nan)] * 5
    assert "could be compared" in Agreement.of(0, none, none, none, 1e-8).refusal
    one = [(np.nan, 1e-4)] * 5
    assert Agreement.of(0, one, one, one, 1e-8).refusal
    good = [(1e-4, 1.0001e-4)] * 20
    assert Agreement.of(0, good, [(1e-12, 1e-12)] * 20).refusal == ""
    assert "energies" in Agreement.of(0, good, [(3e-12, 1e-12)] * 20).refusal
    assert "conductances" in Agreement.of(0, [(1e-4, 1.05e-4)] * 20, good).refusal


def test_fleets_refuse_what_their_cells_do_not_take_and_pulses_of_nothing_do_nothing(engine):
    cell = ouro.Cell1R(JART, fidelity="circuit")
    drawn = [ouro.extract(cell, 1, 0, voltages=ouro.Pair(-0.5, 0.9, 1e-6), beside=1).recipe.draw(cell, 0)]
    with pytest.raises(ValueError, match="no access transistor"):
        ouro.fleet(cell, drawn, engine=engine).apply([0], [ouro.Pulse(-1.0, 1e-8, gate=0.9)])
    gated = ouro.Cell1T1R(JART, fidelity="circuit")
    wave = ouro.simulate(gated, ouro.Pulse(0.0, 1e-8), gated.state(200e-6), engine=engine)
    assert wave.g[-1] == pytest.approx(200e-6, rel=1e-6)
