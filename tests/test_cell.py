"""Live cells: readings that are right, reads that disturb nothing, a state that only pulses change."""

from __future__ import annotations

import os
import signal
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest
from benches import bench

import ouro_spice as ouro
from ouro_spice import Result, SimulationError
from ouro_spice.compact.jart import jart_characteristics as characteristics
from ouro_spice.simulation.live_cell import SpiceCell
from ouro_spice.simulation.sensing import reading

pytestmark = pytest.mark.ngspice

DEVICE = ouro.jart_vcm_v1b(window=True)
IDEAL = ouro.Cell1R(DEVICE)
WITH_LINES = ouro.Cell1T1R(
    DEVICE, lines=ouro.Lines(r_bl=200, r_sl=150, r_wl=500, c_bl=60e-15, c_sl=60e-15, c_wl=50e-15)
)
SET = ouro.Pulse(-0.45, 1e-6)
LOW_S, HIGH_S = IDEAL.window_S


def over_window(count):
    """Conductances over the whole window, edges included [S]."""
    return np.linspace(LOW_S, HIGH_S, count)


class Refusing:
    """An engine that simulates nothing: every run fails with the given result."""

    def __init__(self, result):
        self.result, self.asked = result, []

    def run(self, testbench, throw=True):
        self.asked.append(testbench)
        raise SimulationError(self.result, testbench.deck(), ("refused",))


# ---- readings


def test_a_read_of_the_ideal_cell_is_the_conductance_itself(engine):
    for g in over_window(6):
        cell = SpiceCell(IDEAL, IDEAL.state(g), engine=engine)
        assert cell.read() == pytest.approx(g, rel=1e-6)


def test_a_read_through_lines_and_transistor_is_within_half_a_percent(engine):
    for g in over_window(8):
        cell = SpiceCell(WITH_LINES, WITH_LINES.state(g), engine=engine)
        assert cell.read() == pytest.approx(g, rel=5e-3)


def test_a_read_of_a_known_resistor_is_its_conductance(engine):
    """The sense path is calibrated for whatever is in the place of the device, on and between the known resistors."""
    for resistance in (20e3, 5432.1, 1.9e3):
        cell = WITH_LINES.replace(device=ouro.Resistor(resistance))
        wave = engine.run(cell.read_testbench())
        assert reading(cell, wave, engine).g_S == pytest.approx(1 / resistance, rel=1e-3)


def test_readings_rise_with_the_conductance(engine):
    readings = [SpiceCell(WITH_LINES, WITH_LINES.state(g), engine=engine).read() for g in over_window(12)]
    assert np.all(np.diff(readings) > 0)


def test_reads_follow_a_write(engine):
    cell = SpiceCell(WITH_LINES, WITH_LINES.state(150e-6), engine=engine)
    before = cell.read()
    cell.apply(ouro.Pulse(-1.0, 1e-6))
    raised = cell.read()
    assert raised > 1.05 * before
    assert raised == pytest.approx(cell.g_S, rel=5e-3)
    cell.apply(ouro.Pulse(2.0, 1e-6))
    assert cell.read() < raised


def test_a_thousand_reads_move_the_conductance_by_less_than_a_thousandth(engine):
    """The first 200, by less than a fifth of that: transient reads of 100 ns, where +0.2 V moves the device fastest."""
    n_disc = np.linspace(*DEVICE.bounds, 401)[1:-1]
    speed = np.abs(np.gradient(conductance(n_disc), n_disc) * rate(n_disc)) / conductance(n_disc)
    start = float(conductance(n_disc[np.argmax(speed)]))
    cells = [SpiceCell(cell, cell.state(start), engine=engine) for cell in (IDEAL, WITH_LINES)]
    assert all(cell.description.read == ouro.Read(voltage=0.2, width=100e-9) for cell in cells)
    with ThreadPoolExecutor(2) as threads:  # two cells, each on a worker of its own
        readings = list(threads.map(lambda cell: [cell.read() for _ in range(200)], cells))
    for cell, read in zip(cells, readings, strict=True):
        assert cell.g_S == pytest.approx(start, rel=2e-4)
        assert read == pytest.approx([read[0]] * 200, rel=2e-4)


def conductance(n_disc):
    return characteristics.conductance(DEVICE, n_disc)


def rate(n_disc):
    return characteristics.rate(DEVICE, 0.2, n_disc)


# ---- the state


def test_apply_is_a_simulation_from_the_present_state(engine):
    cell = SpiceCell(WITH_LINES, WITH_LINES.state(150e-6), engine=engine)
    pulses = [ouro.Pulse(-0.9, 200e-9), ouro.Pulse(1.6, 150e-9), ouro.Pulse(-1.1, 50e-9)]
    state = cell.state
    for pulse in pulses:
        alone = ouro.simulate(WITH_LINES, pulse, state, engine=engine)
        wave = cell.apply(pulse)
        assert np.array_equal(wave["n_disc"], alone["n_disc"])
        assert cell.state == wave.state == alone.state
        state = alone.state
    assert cell.g_S == wave.g_S


def test_looking_at_a_cell_changes_nothing(engine):
    cell = SpiceCell(IDEAL, IDEAL.state(200e-6), engine=engine)
    before = cell.state
    looks = {cell.g_S for _ in range(3)} | {float(np.mean(cell.window_S)), cell.read_s}
    assert len(looks) == 3
    assert cell.state is before
    with pytest.raises(AttributeError):
        cell.g_S = 300e-6


def test_a_pulse_of_nearly_no_width_changes_nothing(engine):
    cell = SpiceCell(IDEAL, IDEAL.state(200e-6), engine=engine)
    cell.apply(ouro.Pulse(-0.4, 1e-12, 1e-12, 1e-12))
    assert cell.g_S == pytest.approx(200e-6, rel=1e-6)


def test_the_window_holds_the_cell(engine):
    cell = SpiceCell(IDEAL, IDEAL.state(530e-6), engine=engine)
    cell.apply(ouro.Pulse(-0.6, 1e-6))
    assert cell.g_S <= HIGH_S * (1 + 1e-3)
    cell.apply(ouro.Pulse(1.1, 1e-5))
    assert cell.g_S >= LOW_S * (1 - 1e-3)


@pytest.mark.parametrize("result", [Result.TIMESTEP, Result.OUT_OF_BOUNDS, Result.TIMEOUT, Result.WORKER])
def test_a_failed_simulation_leaves_the_state_as_it_was(result):
    engine = Refusing(result)
    cell = SpiceCell(WITH_LINES, WITH_LINES.state(200e-6), engine=engine)
    before = cell.state
    for act in (cell.read, lambda: cell.apply(SET)):
        with pytest.raises(SimulationError, match="refused") as caught:
            act()
        assert caught.value.result is result
        assert cell.state is before
    assert len(engine.asked) == 2


def test_a_real_failure_leaves_the_state_as_it_was():
    """ngspice itself refuses the deck; the next pulse goes on from where the cell was."""
    with ouro.Ngspice(workers=1) as engine:
        broken = Breaking(engine)
        cell = SpiceCell(IDEAL, IDEAL.state(200e-6), engine=broken)
        cell.apply(SET)
        state = cell.state
        broken.on = True
        for act in (cell.read, lambda: cell.apply(SET)):
            with pytest.raises(SimulationError) as caught:
                act()
            assert caught.value.result is Result.NETLIST
            assert caught.value.log
            assert cell.state is state
        broken.on = False
        after = cell.apply(SET)
        assert np.array_equal(after["n_disc"], ouro.simulate(IDEAL, SET, state, engine=engine)["n_disc"])


class Breaking:
    """A real engine that, switched on, gives ngspice a deck with an element that does not exist."""

    def __init__(self, engine):
        self.engine, self.on = engine, False

    def run(self, testbench, throw=True):
        if self.on:
            testbench = replace(testbench, elements=(*testbench.elements, "xnothing ae oe no_such_subcircuit"))
        return self.engine.run(testbench, throw)


def test_an_interrupted_pulse_does_not_answer_the_next_one():
    """Ctrl-C in the middle of a simulation: its late reply must not be taken for that of the next."""
    slow = bench(["vin ae 0 sin(0 1 1meg)", "r1 ae oe 1k", "c1 oe 0 1n"], 2e-3, 100000)
    with ouro.Ngspice(workers=1) as engine:
        first = SpiceCell(IDEAL, IDEAL.state(200e-6), engine=engine)
        first.read()
        timer = threading.Timer(0.2, os.kill, (os.getpid(), signal.SIGINT))
        timer.start()
        with pytest.raises(KeyboardInterrupt):
            engine.run(slow)
        timer.join()
        cell = SpiceCell(IDEAL, IDEAL.state(300e-6), engine=engine)
        assert cell.read() == pytest.approx(300e-6, rel=1e-6)


# ---- live()


def test_live_makes_a_description_live_and_keeps_a_live_cell():
    cell = ouro.live(WITH_LINES, WITH_LINES.state(200e-6))
    assert ouro.live(cell) is cell
    assert cell.description is WITH_LINES
    assert cell.window_S == WITH_LINES.window_S
    # the read, and the gate's edges with its idle time
    assert WITH_LINES.read.duration == pytest.approx(102e-9)
    assert cell.read_s == pytest.approx(105e-9)
    assert cell.g_S == pytest.approx(200e-6, rel=1e-6)


def test_without_a_state_a_cell_starts_where_its_device_does():
    assert ouro.live(IDEAL).state == ouro.State(DEVICE.Ninit)
    assert ouro.live(IDEAL).g_S == pytest.approx(LOW_S, rel=1e-6)


def test_two_live_cells_share_nothing(engine):
    one = SpiceCell(IDEAL, IDEAL.state(200e-6), engine=engine)
    two = SpiceCell(IDEAL, IDEAL.state(200e-6), engine=engine)
    before = two.state
    one.apply(ouro.Pulse(-0.5, 1e-6))
    assert one.g_S != two.g_S
    assert two.state is before


def test_a_state_of_another_circuit_is_refused(engine):
    foreign = ouro.State((1.0,), {"sl": 0.1})
    cell = SpiceCell(IDEAL, foreign, engine=engine)
    with pytest.raises(ValueError, match="another circuit"):
        cell.read()
    assert cell.state is foreign
