"""Law 2: compiled, behavioural and compact device under one set of assertions, an independent integration the judge."""

from __future__ import annotations

import numpy as np
import oracle
import pytest
from benches import crossing
from test_engine import random_pulses

import ouro_spice as ouro
from ouro_spice.compact.jart.jart_characteristics import conductance
from ouro_spice.device.jart.jart_parameters import WINDOW_N

DEVICE = ouro.jart_vcm_v1b(window=True)
SPICE = pytest.mark.ngspice
KINDS = [pytest.param("compiled", marks=SPICE), pytest.param("behavioural", marks=SPICE), "compact"]
# largest relative error of a switching time
WITHIN = {"compiled": 2e-3, "behavioural": 1e-2, "compact": 5e-4}


def cell(kind, device=DEVICE):
    return ouro.CompactCell(device) if kind == "compact" else ouro.Cell1R(device.replace(realisation=kind))


@pytest.fixture
def engine_or_none(request):
    return None if request.node.callspec.params["kind"] == "compact" else request.getfixturevalue("engine")


@pytest.fixture(scope="module")
def judged():
    """(pulse, N at first, times, N over them) of random pulses, by the oracle."""
    found = []
    for pulse, n0 in random_pulses(10, seed=23):
        times, volts = np.cumsum([0, pulse.rise, pulse.width, pulse.fall]), [0, pulse.amplitude, pulse.amplitude, 0]
        found.append((pulse, n0, times, *oracle.integrate(oracle.Jart(), times, volts, n0, WINDOW_N, rtol=1e-5)))
    return found


@pytest.mark.parametrize("kind", KINDS)
def test_random_pulses(kind, judged, engine_or_none):
    moved = 0
    for pulse, n0, times, time_s, n in judged:
        wave = ouro.simulate(cell(kind), [pulse], ouro.State((n0,)), engine=engine_or_none)
        assert wave.effort.rung == 0
        gap = abs(wave.g_S / float(conductance(DEVICE, n[-1])) - 1)
        # in a steep moment the time must fit instead
        shift = WITHIN[kind] * pulse.duration
        earlier, end = np.interp([times[2] - shift, times[2]], time_s, conductance(DEVICE, n))
        assert gap <= max(5e-3, abs(end / earlier - 1)), (pulse, n0)
        moved += abs(n[-1] / n0 - 1) > 0.1
    assert moved >= 8


@pytest.mark.parametrize("kind", KINDS)
def test_constant_voltage_switching_times(kind, engine_or_none, reference_table):
    """The window's rows and the full range, 100 ns to 10 ms: total time and the crossings strictly inside."""
    rows = [row for row in reference_table("programming_constV_summary.csv") if 1e-7 < row["t_total_s"] < 1e-2]
    assert len(rows) >= 15
    for row in rows:
        n0, n1 = (1.98975 if n == 1.9897 else n for n in (row["N0"], row["N1"]))
        pulse = ouro.Pulse(row["V"], 1.05 * row["t_total_s"], 1e-12, 1e-12, 1e-12)
        circuit = cell(kind, ouro.jart_vcm_v1b())
        wave = ouro.simulate(circuit, [pulse], ouro.State((n0,)), engine=engine_or_none)
        pairs = [(row["t_total_s"], crossing(wave.time_s, wave["n_disc"], n1))]
        for level in (150, 200, 300, 400, 500, 540):
            pairs.append((row[f"t_{level}uS"], crossing(wave.time_s, wave.g, level * 1e-6)))
        for exact, ours in pairs:
            assert ours == pytest.approx(exact, rel=max(WITHIN[kind], 2e-3)), (row["case"], row["V"])


@SPICE
@pytest.mark.parametrize("make", [ouro.Cell1R, ouro.Cell1T1R])
@pytest.mark.parametrize("walk", [None, ouro.Walk(), ouro.HalfCycleWalk()])
def test_behavioural_and_compiled_in_the_same_circuit(engine, make, walk):
    """Voltages, currents, temperature and state, with and without what varies from cycle to cycle."""
    device = DEVICE.replace(walk=walk, r=43e-9, l=0.42)
    scale = 1.3 if make is ouro.Cell1T1R else 1.0
    for volts, g in ((-0.5, 200e-6), (0.95, 450e-6)):
        pulse = ouro.Pulse(volts * scale, 150e-9)
        waves = []
        for kind in ("compiled", "behavioural"):
            circuit = make(device.replace(realisation=kind))
            waves.append(ouro.simulate(circuit, [pulse], circuit.state(g), seed=4, engine=engine))
        a, b = waves
        assert b.g_S == pytest.approx(a.g_S, rel=5e-3)
        assert b.energy_J == pytest.approx(a.energy_J, abs=0, rel=5e-3)
        flat = np.linspace(10e-9, 140e-9, 20)
        for name in ("v_cell", "i_cell", "temperature", "n_disc"):
            theirs = np.interp(flat, a.time_s, a[name])
            assert np.interp(flat, b.time_s, b[name]) == pytest.approx(theirs, rel=2e-2), name


@SPICE
def test_heat_capacity_and_hard_stop_in_the_behavioural_form(engine):
    for change in ({"cth": 1e-18}, {"flim": 0}, {"T0": 350.0, "RTiOx": 300.0}):
        ends = []
        for kind in ("compiled", "behavioural"):
            circuit = ouro.Cell1R(ouro.jart_vcm_v1b(realisation=kind, **change))
            ends.append(ouro.simulate(circuit, [ouro.Pulse(-0.75, 80e-9)], ouro.State((0.02,)), engine=engine))
        assert ends[1].g_S == pytest.approx(ends[0].g_S, rel=5e-3), change
