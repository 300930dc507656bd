"""What a walk is expected to do: the source that stands for a circuit, and N behind it."""

from __future__ import annotations

import numpy as np
import pytest

import ouro_spice as ouro
from ouro_spice._util import random_keys
from ouro_spice.circuit.result import Result
from ouro_spice.circuit.waveform import Waveform
from ouro_spice.compact.jart import jart_characteristics as characteristics
from ouro_spice.device.jart import walk_values
from ouro_spice.simulation.jart import walk_segment
from ouro_spice.simulation.jart.first_guess import Source, concentrations

DEVICE = ouro.jart_vcm_v1b(window=True, walk=ouro.Walk())
PULSE = ouro.Pulse(-0.45, 500e-9)


def segment(device=DEVICE, n_disc=0.2, pulse=PULSE):
    length = pulse.duration
    return walk_segment.WalkSegment(
        device,
        walk_values.initial_state(device, n_disc),
        pulse.polarity,
        0.0,
        length,
        length,
        random_keys.stream_key(5),
    )


def wave(volts, amps):
    """A transient with these voltages and currents of the device."""
    traces = {"v_ae": volts, "v_oe": np.zeros_like(volts), "i_cell": amps}
    return Waveform(np.arange(len(volts)) * 1e-9, traces, None, 0.0, Result.OK)


def test_a_cell_of_resistances_is_known():
    lines = ouro.Lines(r_bl=10, r_wl=20, contact=3)
    cell = ouro.Cell1R(DEVICE, lines=lines, driver=ouro.Driver(resistance=100))
    source = Source.of_cell(cell, PULSE)
    assert (source.volts, source.ohm, source.exact) == (PULSE.amplitude, (236.0,), True)
    assert Source.of_cell(ouro.Cell1T1R(DEVICE), PULSE) is None


@pytest.mark.parametrize("sign", [-1, 1])
def test_a_transient_tells_a_resistance_that_bends(sign):
    pulse, i = ouro.Pulse(sign * 0.8, 100e-9), np.linspace(1e-4, 4e-4, 40)
    ohm = 300 + 2e5 * i
    source = Source.of_wave(wave(sign * (0.8 - ohm * i), sign * i), "", pulse, (0.0, 1e-6))
    for amps in (5e-5, 2.5e-4, 8e-4):  # inside, and beyond what was seen
        assert source.at(amps) == pytest.approx(300 + 2e5 * amps, rel=1e-6)
        assert source.at(-amps) == source.at(amps)
    seen = source.equivalent_V(sign * i, 150.0)
    assert seen - 150.0 * sign * i == pytest.approx(sign * (0.8 - ohm * i), rel=1e-9)


def test_a_device_without_voltage_or_current_tells_nothing():
    i = np.linspace(1e-4, 2e-4, 9)
    for volts, amps in ((0 * i, i), (0.3 + 0 * i, -i), (-0.3 + 0 * i, i)):
        assert Source.of_wave(wave(volts, amps), "", ouro.Pulse(0.8, 1e-7), (0.0, 1e-6)) is None
    assert Source.of_wave(wave(0.3 + 0 * i, i), "", ouro.Pulse(0.8, 1e-7), (1.0, 2.0)) is None


def test_the_state_amid_a_pulse_tells_the_resistance():
    """The voltage that is left at the device's static current, and its pulse's amplitude without one."""
    current = float(characteristics.static_current(DEVICE, -0.38, 0.5))
    state = ouro.State((0.5,), {"ae": 0.01, "oe": 0.39})
    source = Source.of_state(DEVICE, state, 0, PULSE)
    assert source.at(current) == pytest.approx((-0.45 + 0.38) / current, rel=1e-9)
    assert Source.of_state(DEVICE, ouro.State((0.5,)), 0, PULSE) is None


def test_nothing_is_expected_of_an_unknown_circuit():
    one = segment()
    assert np.all(concentrations(one, None, PULSE, 0.2) == 0.2)
    assert len(concentrations(one, None, PULSE, 0.2)) == 50


@pytest.mark.parametrize(("pulse", "n_disc"), [(PULSE, 0.2), (ouro.Pulse(0.9, 500e-9), 1.0)])
def test_what_is_expected_is_what_the_compact_cell_does(pulse, n_disc):
    """Behind a resistance, and behind one that only seems to depend on the current."""
    cell = ouro.CompactCell(DEVICE, resistance=200.0)
    done = ouro.simulate(cell, [pulse], ouro.State((n_disc,)), seed=5)
    one = segment(n_disc=n_disc, pulse=pulse)
    expected = np.interp(one.expected_s, done.time_s, np.log(done["n_disc"]))
    for source in (Source(pulse.amplitude, (0.0,), (200.0,)), Source(pulse.amplitude, (1e-4, 4e-4), (200.0, 200.0))):
        found = np.log(concentrations(one, source, pulse, n_disc))
        assert found == pytest.approx(expected, abs=2e-3 * abs(expected[-1] - np.log(n_disc)))


@pytest.mark.ngspice
@pytest.mark.parametrize(("pulse", "g"), [(ouro.Pulse(-0.44, 6e-6), 150e-6), (ouro.Pulse(0.9, 6e-6), 500e-6)])
def test_the_transients_of_a_1t1r_cell_are_run_once_but_for_the_first(engine, pulse, g):
    class Counting:
        runs = 0

        def run(self, bench, throw=True):
            self.runs += 1
            return engine.run(bench, throw)

    counting, cell = Counting(), ouro.Cell1T1R(DEVICE)
    wave = ouro.simulate(cell, [pulse], cell.state(g), seed=2, engine=counting)
    assert abs(np.log(wave.g_S / g)) > 0.05
    assert counting.runs <= 4 + 2  # four transients: to step 20, 120, 500, and the rest


@pytest.mark.parametrize(("result", "volts"), [(Result.TIMEOUT, -0.4321), (Result.WORKER, -0.4322)])
def test_a_machine_that_is_too_slow_does_not_decide_what_is_foreseen(engine, monkeypatch, result, volts):
    """A circuit that tells nothing is one thing, a time-out another: it ends the work, and is not remembered."""
    cell, pulse = ouro.Cell1T1R(DEVICE), ouro.Pulse(volts, 1e-7)

    def late(benches, throw=True):
        return [Waveform(np.empty(0), {}, None, 0.0, result) for _ in benches]

    monkeypatch.setattr(engine, "map", late)
    with pytest.raises(ouro.SimulationError) as caught:
        Source.measured(cell, pulse, engine)
    assert caught.value.result is result
    monkeypatch.undo()
    assert Source.measured(cell, pulse, engine).exact


def test_known_resistors_tell_the_load_line(engine):
    """Without a transistor it is a straight one, the sum of the resistances."""
    lines = ouro.Lines(r_bl=20.0, r_wl=16.0)
    cell = ouro.Cell1R(DEVICE, lines=lines, driver=ouro.Driver(resistance=100))
    source = Source.measured(cell, PULSE, engine)
    assert source.at(np.geomspace(3e-6, 1e-3, 9)) == pytest.approx(236.0, rel=1e-3)
