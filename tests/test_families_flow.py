"""Memristors of every family through the flow, at values that are not the defaults.

The whole grid of families and verbs is `benchmarks/families_grid.py`.
"""

from __future__ import annotations

import dataclasses
import pickle
from pathlib import Path

import numpy as np
import pytest

import ouro_spice as ouro
from ouro_spice.circuit import testbench
from ouro_spice.compact import characteristics
from ouro_spice.dataset.comparison.attribution import chain
from ouro_spice.dataset.comparison.operand import ComparedDataset

MODELS = Path(__file__).resolve().parents[1] / "examples" / "models"
DEVICES = {
    "jart": ouro.jart_vcm_v1b(window=True, Nhi=1.5),
    "linear_drift": ouro.linear_drift("biolek", mu_v=1e-10, R_on=3e3, R_off=40e3, p=2),
    "vteam": ouro.vteam(k_on=-2e-3, k_off=1e-3, R_on=3e3, R_off=30e3, v_off=0.35, v_on=-0.25, alpha_on=2, rlaw=1),
    "team": ouro.team(k_on=-1e-4, k_off=2e-4, R_on=2e3, R_off=15e3, i_on=-2e-5, i_off=3e-5, window=1),
    "zhang": ouro.zhang(R_on=2e3, R_off=15e3, mu_v=4e-14, i_off=3e-5, i_on=1e-3, i_0=2e-5, p=3, V_Tn=-0.8),
}
AMPLITUDES = {
    "jart": (-0.45, 0.95),
    "linear_drift": (-1.2, 1.2),
    "vteam": (-0.6, 0.9),
    "team": (-0.8, 1.0),
    "zhang": (-1.4, 1.5),
}
"""Of a SET and a RESET [V]."""
WIDTHS = {"linear_drift": 1e-6}
"""Of a pulse that moves each by a good part of its window [s]; 100 ns of the others."""
PAIR = ouro.Pair(-0.6, 0.9, 1e-6)
"""Of VTEAM."""
OHMIC = [name for name in DEVICES if name != "jart"]

each = pytest.mark.parametrize("name", DEVICES)
pytestmark = pytest.mark.ngspice


def middle(cell):
    """A conductance in the middle of the window [S]."""
    return float(np.sqrt(np.prod(cell.window_S)))


def pulses(name):
    """A SET and a RESET."""
    width = WIDTHS.get(name, 1e-7)
    return [ouro.Pulse(volts, width) for volts in AMPLITUDES[name]]


@each
def test_compact_cell_and_circuit_are_the_same(name):
    compact, circuit = ouro.CompactCell(DEVICES[name]), ouro.Cell1R(DEVICES[name])
    start_S = middle(circuit)
    assert circuit.window_S == compact.window_S
    for pulse in pulses(name):
        waves = [ouro.simulate(cell, pulse, cell.state(start_S)) for cell in (compact, circuit)]
        change = waves[0].g_S / start_S - 1
        assert change * -pulse.amplitude > 0.03 * abs(pulse.amplitude), f"SET raises g: {change:+.1%}"
        assert waves[1].g_S == pytest.approx(waves[0].g_S, rel=1e-3)
        assert waves[1].energy_J == pytest.approx(waves[0].energy_J, abs=0, rel=0.01)
        assert min(wave.energy_J for wave in waves) > 0


@each
def test_a_then_b_is_a_and_b(name):
    up, down = pulses(name)
    for cell in (ouro.CompactCell(DEVICES[name]), ouro.Cell1R(DEVICES[name])):
        start = cell.state(middle(cell))
        whole = ouro.simulate(cell, [up, down], start)
        first = ouro.simulate(cell, up, start)
        second = ouro.simulate(cell, down, first.state)
        cut = ouro.simulate(cell, [up, down], start, stop_s=up.rise + up.width / 3)
        rest = ouro.simulate(cell, [up, down], cut.state, start_s=up.rise + up.width / 3)
        assert second.g_S == pytest.approx(whole.g_S, rel=1e-6)
        assert rest.g_S == pytest.approx(whole.g_S, rel=1e-3)
        assert first.energy_J + second.energy_J == pytest.approx(whole.energy_J, abs=0, rel=1e-6)
        assert cut.energy_J + rest.energy_J == pytest.approx(whole.energy_J, abs=0, rel=2e-3)


@pytest.mark.parametrize("name", OHMIC)
def test_the_current_is_that_of_the_conductance(name):
    """From AE to OE: of the sign of V(AE, OE), whichever electrode the family's own port plus is."""
    cell = ouro.Cell1R(DEVICES[name])
    wave = ouro.simulate(cell, pulses(name), cell.state(middle(cell)))
    assert np.max(wave["v_cell"]) > 0 > np.min(wave["v_cell"])
    assert wave["i_cell"] == pytest.approx(wave["v_cell"] * wave.g, rel=1e-5, abs=1e-11)


@each
def test_states_and_conductances_are_inverse(name):
    device = DEVICES[name]
    g_S = np.geomspace(*characteristics.window_S(device), 40)[1:-1]
    states = characteristics.states_for(device, g_S)
    assert characteristics.conductance(device, states) == pytest.approx(g_S, rel=1e-9)
    assert np.all(np.diff(states) > 0) or np.all(np.diff(states) < 0)
    currents = characteristics.static_current(device, device.read_V, states)
    assert currents / device.read_V == pytest.approx(g_S, rel=1e-9)


@each
def test_devices_are_drawn_within_their_law(name):
    device = DEVICES[name]
    law = ouro.RelativeSpread(("R_on", "R_off"), (0.2, 0.05), (0.3, 0.05)) if name in OHMIC else "ten_percent"
    drawn = device.draw(np.random.default_rng(5), 300, law)
    names = law.names if name in OHMIC else ("r", "l")
    for parameter in names:
        own = device.parameters[parameter]
        shares = np.array([one.parameters[parameter] for one in drawn]) / own
        cut = dict(zip(law.names, law.cut, strict=True))[parameter] if name in OHMIC else 0.1
        assert np.all(np.abs(shares - 1) <= cut * (1 + 1e-12)), parameter
        assert len(np.unique(shares)) == len(drawn)
        assert abs(shares.mean() - 1) < 3 * cut / np.sqrt(3 * len(drawn))
    fixed = set(device.parameters) - set(names if name in OHMIC else ("r", "l", "Nlo", "Nhi", "Ndiscmin", "Ndiscmax"))
    assert all({one.parameters[parameter] for one in drawn} == {device.parameters[parameter]} for parameter in fixed)


@each
def test_frozen_arrays_are_full_ones(name):
    array = ouro.Crossbar(2, 2, ouro.Cell1R(DEVICES[name]), scheme="half")
    start = array.state(middle(array.cell))
    full, frozen = (
        ouro.write_array(array.cell_at(1, 0, fidelity), pulses(name)[0], start) for fidelity in ("full", "frozen")
    )
    assert full.g_after_S[1, 0] > 1.03 * full.g_before_S[1, 0]
    assert frozen.g_after_S == pytest.approx(full.g_after_S, rel=2e-3)


@each
def test_everything_goes_through_a_pickle(name):
    device = DEVICES[name]
    cell = ouro.Cell1T1R(device)
    for one in (device, cell, cell.state(middle(cell)), ouro.Crossbar(2, 2, cell).cell_at(0, 1)):
        assert pickle.loads(pickle.dumps(one)) == one


# ---- long times


def slow(name, times):
    """Return the same device, slower by a factor."""
    device = DEVICES[name]
    rates = ("k_on", "k_off") if name in ("vteam", "team") else ("mu_v",)
    return device.replace(**{one: device.parameters[one] / times for one in rates})


@pytest.mark.parametrize(
    ("name", "realisation"), [*((name, "behavioural") for name in OHMIC), ("vteam", "compiled"), ("team", "compiled")]
)
def test_pulses_of_days(name, realisation):
    """Ten times longer than a traverse, too: the state stops at its bound. The error of charges goes on to count where
    a device does not bound the steps itself; without that TEAM's leapt over its bound."""
    device = slow(name, 1e9 if name == "linear_drift" else 1e13).replace(realisation=realisation)
    compact, circuit = ouro.CompactCell(device), ouro.Cell1R(device)
    for pulse, times in zip(pulses(name), (10, 1), strict=True):
        long = dataclasses.replace(pulse, width=pulse.width * times * (1e9 if name == "linear_drift" else 1e13))
        right, found = (ouro.simulate(cell, long, cell.state(middle(cell))).g_S for cell in (compact, circuit))
        assert found == pytest.approx(right, rel=1e-3)


@pytest.mark.parametrize("kind", ["1r", "array"])
def test_years_of_rest_change_nothing(kind):
    device = DEVICES["team"].replace(realisation="behavioural")
    cell = ouro.Cell1R(device) if kind == "1r" else ouro.Crossbar(2, 2, ouro.Cell1T1R(device)).cell_at(1, 1)
    up, _ = pulses("team")
    ends = [
        ouro.simulate(cell, dataclasses.replace(up, idle=idle), cell.state(middle(ouro.Cell1R(device)))).g_S
        for idle in (1e-6, 3e8)
    ]
    assert ends[1] == pytest.approx(ends[0], rel=1e-4)


def test_the_options_of_long_transients():
    """Check that options of JART, whose models bound their steps, are as ever."""
    for device, means in ((DEVICES["jart"], "trtol"), (slow("team", 1e9).replace(realisation="behavioural"), "abstol")):
        bench = ouro.Cell1R(device).testbench([ouro.Pulse(-0.1, 1e6)], None)
        options = next(line for line in bench.analysis().splitlines() if line.startswith(".options"))
        values = dict(word.split("=") for word in options.split()[1:])
        step_s = bench.max_step_s if bench.max_step_s < bench.stop_s / testbench.LONG_POINTS else 1e3
        if means == "trtol":
            assert float(values["trtol"]) == pytest.approx(step_s**2) and "abstol" not in values
        else:
            assert values["trtol"] == "1" and float(values["abstol"]) <= 1e-14 / step_s**3 * (1 + 1e-6)


# ---- verbs that were JART's alone


def test_trajectories_of_drawn_devices():
    cell = ouro.CompactCell(DEVICES["vteam"])
    found = ouro.trials(cell, PAIR, 4, 3, widths=8, d2d="ten_percent", start="nominal")
    assert np.ptp(found.g_S[:, :, -1], axis=1).max() > 0


def test_a_comparison_names_what_differs():
    device = DEVICES["vteam"]
    cells = [ouro.CompactCell(device, resistance=ohm) for ohm in (0.0, 100.0)]
    data = [ouro.extract(cell, 2, 1, voltages=PAIR, d2d=None) for cell in cells]
    made = [ComparedDataset.of(side, one, None) for side, one in zip("AB", data, strict=True)]
    assert "series resistance" in [step.name for step in chain(*made)]


def test_a_model_of_a_users_own_stands_in_the_deck():
    cell = ouro.Cell1R(ouro.load_model(MODELS / "yakopcic.toml"))
    text = ouro.deck(cell, ouro.Pulse(-1.0, 1e-7))
    assert text.count(".subckt") == text.count(".ends") == 2
    assert "b = 2" in text or "b=2" in text


def test_a_set_that_is_fastest_at_its_threshold():
    """Zhang's: the higher the voltage, the slower."""
    device = DEVICES["zhang"]
    found = ouro.pair(ouro.CompactCell(device), 2e-6)
    assert -1.01 * device.V_Tp < found.v_set <= -device.V_Tp
    with pytest.raises(
        ValueError, match=r"crosses the window in 1e-06 s: the time jumps over it at .* V, where a thresh"
    ):
        ouro.pair(ouro.Cell1T1R(device), 1e-6)
