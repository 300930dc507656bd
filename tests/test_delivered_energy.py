"""Energy that drivers spend: charge put on gates and lines is spent, in closed forms, and adds up over cuts."""

from __future__ import annotations

import numpy as np
import pytest

import ouro_spice as ouro
from ouro_spice.circuit.delivered_energy import delivered_J, gates_J, net_J

PULSE = ouro.Pulse(0.5, 20e-9)
GATE_V = 3.3


def test_a_capacitance_that_is_charged_and_discharged_costs_q_v():
    time_s = np.linspace(0, 4e-9, 401)
    volts = np.interp(time_s, [0, 1e-9, 3e-9, 4e-9], [0, 2, 2, 0])
    traces = {"v": volts, "i": -1e-12 * np.gradient(volts, time_s)}
    assert gates_J(traces, [(2.0, "i")], time_s) == pytest.approx(1e-12 * 2.0**2, rel=1e-3, abs=0)
    # an ideal driver of a line puts 1/2 C V^2 on it, and gets none of it back
    assert delivered_J(traces, [("v", "i")], time_s) == pytest.approx(1e-12 * 2.0**2 / 2, rel=1e-3, abs=0)
    assert net_J(traces, [("v", "i")], time_s) == pytest.approx(0, abs=1e-17)


def test_what_rings_from_point_to_point_counts_as_nothing_and_parts_add_up():
    time_s = np.linspace(0, 1e-9, 101)
    traces = {"v": np.ones(101), "i": 1e-3 * (-1.0) ** np.arange(101)}
    assert delivered_J(traces, [("v", "i")], time_s) == pytest.approx(0, abs=1e-27)
    traces["i"] = np.sin(np.arange(101))
    cut = [{name: one[part] for name, one in traces.items()} for part in (slice(41), slice(40, None))]
    parts = [delivered_J(one, [("v", "i")], t) for one, t in zip(cut, (time_s[:41], time_s[40:]), strict=True)]
    assert sum(parts) == pytest.approx(delivered_J(traces, [("v", "i")], time_s), rel=1e-12, abs=0)


def written(engine, cell, **more):
    return ouro.simulate(cell, PULSE, engine=engine, **more)


@pytest.mark.ngspice
@pytest.mark.parametrize("edge", [1e-9, 5e-9])
def test_a_word_line_costs_c_v_squared_a_pulse(engine, edge):
    cell = ouro.Cell1T1R(ouro.Resistor(1e5), transistor=ouro.Transistor(edge=edge))
    lines = {c: ouro.Lines(2.0, 2.0, 2.0, c_wl=c) for c in (1e-15, 1e-12)}
    small, large = (written(engine, cell.replace(lines=one)).energy_J for one in lines.values())
    assert large - small == pytest.approx((1e-12 - 1e-15) * GATE_V**2, rel=1e-3, abs=0)


@pytest.mark.ngspice
def test_a_row_of_gates_costs_as_many_times_one_gate(engine):
    spent = [
        written(engine, ouro.Crossbar(1, n, ouro.Cell1T1R(ouro.Resistor(1e5))).cell_at(0, 0)).energy_J
        for n in (1, 3, 5)
    ]
    assert spent[2] - spent[1] == pytest.approx(spent[1] - spent[0], rel=0.01, abs=0)
    # 20 um x 0.35 um of gate, some fF/um^2
    assert 1e-13 < (spent[1] - spent[0]) / 2 < 1e-12


@pytest.mark.ngspice
def test_parts_of_a_pulse_spend_what_the_whole_does(engine):
    cell = ouro.Cell1T1R(ouro.Resistor(1e5))
    first = written(engine, cell, stop_s=11e-9)
    second = ouro.simulate(cell, PULSE, first.state, engine=engine, start_s=11e-9)
    assert first.energy_J + second.energy_J == pytest.approx(written(engine, cell).energy_J, rel=2e-3, abs=0)
