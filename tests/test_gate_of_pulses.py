"""The gate voltage of a pulse: the word line follows it wherever a pulse goes; a cell without a gate refuses."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

import ouro_spice as ouro
from ouro_spice.dataset.recipe import Recipe
from ouro_spice.experiment.history_arrays import pack, unpack

DEVICE = ouro.jart_vcm_v1b(window=True)
CELL = ouro.Cell1T1R(DEVICE)
PULSE = ouro.Pulse(-1.2, 20e-9, gate=1.1)


def with_gates(cell, volts):
    """The cell whose own gate voltages are those of a pulse."""
    return cell.replace(transistor=dataclasses.replace(cell.transistor, v_set=volts, v_reset=volts))


def own(pulse):
    return dataclasses.replace(pulse, gate=None)


def test_a_pulse_says_its_gate_voltage_only_where_it_has_one():
    assert repr(ouro.Pulse(-1.0, 1e-7)) == "Pulse(amplitude=-1.0, width=1e-07, rise=2e-09, fall=2e-09, idle=1e-08)"
    assert eval(repr(PULSE), {"Pulse": ouro.Pulse}) == PULSE
    assert own(PULSE) != PULSE


@pytest.mark.parametrize("gate", [-0.1, 21.0, float("nan"), float("inf")])
def test_a_gate_voltage_has_a_range(gate):
    with pytest.raises(ValueError, match=r"gate = .* V"):
        ouro.Pulse(-1.0, 1e-7, gate=gate)


@pytest.mark.ngspice
@pytest.mark.parametrize("driver", [ouro.Driver(50.0), ouro.WriteDriver()])
def test_the_gate_of_a_pulse_is_as_the_cells_own(driver):
    """Check that the netlist is the same to the last digit."""
    cell = CELL.replace(driver=driver)
    bench = cell.testbench([PULSE, ouro.Pulse(1.5, 1e-8, gate=2.0)], cell.state(150e-6))
    assert "1.1" in bench.deck()
    for pulse in (PULSE, dataclasses.replace(PULSE, amplitude=1.0)):
        same = with_gates(cell, pulse.gate).testbench([own(pulse)], cell.state(150e-6))
        assert cell.testbench([pulse], cell.state(150e-6)).deck() == same.deck()


def test_a_deck_tells_the_gate_voltage():
    text = ouro.deck(CELL, [PULSE, own(PULSE)], CELL.state(150e-6))
    assert text.count("gate at 1.1V") == 1


@pytest.mark.ngspice
def test_a_lower_gate_voltage_leaves_less_conductance_and_reads_have_their_own():
    live = ouro.live(CELL, CELL.state(150e-6))
    live.apply(PULSE)
    low_S = live.g_S
    assert live.read() == pytest.approx(low_S, rel=5e-3)  # the read has the cell's own gate voltage
    higher = ouro.live(CELL, CELL.state(150e-6))
    higher.apply(dataclasses.replace(PULSE, gate=1.3))
    assert 150e-6 < low_S < higher.g_S


@pytest.mark.ngspice
def test_devices_that_walk_and_many_cells_together_follow_the_gate():
    cell = CELL.replace(device=DEVICE.replace(walk=ouro.Walk(10e-9)))
    pulse = ouro.Pulse(-0.6, 100e-9, gate=1.0)
    waves = [
        ouro.simulate(one, sent, one.state(150e-6), seed=3)
        for one, sent in ((cell, pulse), (with_gates(cell, 1.0), own(pulse)))
    ]
    assert waves[0].state.x == waves[1].state.x
    drawn = [Recipe(2, 1, None).draw(cell, k) for k in range(2)]
    ends = []
    for one, sent in ((cell, pulse), (with_gates(cell, 1.0), own(pulse))):
        # what is measured once for an amplitude is not taken for another gate voltage
        with ouro.fleet(one, drawn, workers=1, often_V=[-0.6]) as cells:
            cells.apply([0, 1], [sent, sent])
            ends.append(cells.g_S([0, 1]))
    assert ends[0] == pytest.approx(ends[1], rel=1e-3)


@pytest.mark.ngspice
def test_a_row_of_an_array_has_one_word_line():
    array = ouro.Crossbar(2, 2, CELL)
    state, pulse = array.state(np.full((2, 2), 200e-6)), ouro.Pulse(-0.9, 20e-9, gate=1.0)
    row = array.row(1, [0, 1])
    found = ouro.simulate(row, ouro.Parallel((pulse, dataclasses.replace(pulse, width=10e-9))), state)
    plain = ouro.simulate(
        dataclasses.replace(row, array=array.replace(cell=with_gates(CELL, 1.0))),
        ouro.Parallel((own(pulse), dataclasses.replace(own(pulse), width=10e-9))), state,
    )  # fmt: skip
    assert found.state.x == plain.state.x
    with pytest.raises(ValueError, match="several gate voltages; a row has one word line"):
        ouro.Parallel((pulse, own(pulse)))


@pytest.mark.parametrize(
    "cell", [ouro.Cell1R(DEVICE), ouro.CompactCell(DEVICE), ouro.Crossbar(2, 2, ouro.Cell1R(DEVICE)).cell_at(0, 0)]
)
def test_a_cell_without_a_transistor_refuses(cell):
    with pytest.raises(ValueError, match=r"gate = 1.1 V of the pulse: .* has no access transistor"):
        ouro.simulate(cell, PULSE)


def test_many_compact_cells_refuse():
    cell = ouro.CompactCell(DEVICE)
    cells = ouro.fleet(cell, [Recipe(1, 1, None).draw(cell, 0)])
    with pytest.raises(ValueError, match="a compact cell has no access transistor"):
        cells.apply([0], [PULSE])


@pytest.mark.parametrize("cell", [CELL, ouro.Crossbar(2, 2, CELL).cell_at(0, 0)])
def test_a_gate_voltage_beyond_the_process_is_refused(cell):
    with pytest.raises(
        ValueError, match=r"gate voltage of the pulse = 3.7 V is above the process limit gate_V = 3.6 V"
    ):
        ouro.simulate(cell, dataclasses.replace(PULSE, gate=3.7))


@dataclasses.dataclass(frozen=True)
class Gates:
    """Writes by gate voltages that rise from pulse to pulse."""

    name = "gates"
    knows = "nothing"

    def next_pulse(self, target, readings):
        return dataclasses.replace(PULSE, gate=0.7 + 0.02 * len(readings))


@pytest.mark.ngspice
def test_a_programmer_may_choose_the_gate_and_its_history_keeps_it():
    history = ouro.write_verify(CELL, Gates(), 250e-6, 0.1, 20, state=CELL.state(120e-6))
    assert history.outcome is ouro.Outcome.REACHED
    assert [pulse.gate for pulse in history.pulses] == pytest.approx(
        [0.72 + 0.02 * k for k in range(len(history.pulses))]
    )
    (again,) = unpack(pack([history]), "gates", 0.1, history.manifest)
    assert again == history
