"""Fingerprints of the survey's memristors: pinched loops, their area over frequency, conductance over pulse number."""

from __future__ import annotations

import numpy as np
import pytest
from family_benches import SPICE_KINDS, begin, family_bench

from ouro_spice.compact.threshold.survey_families import currents, positions, state_conductances, states_after
from ouro_spice.device.threshold.drift import linear_drift
from ouro_spice.device.threshold.team_device import team
from ouro_spice.device.threshold.vteam_device import vteam
from ouro_spice.device.threshold.zhang_device import zhang

# device, amplitude [V], frequencies [Hz]: about a fifth of the range, and faster
LOOPS = {
    "linear_drift": (linear_drift("joglekar", p=1), 1.0, (1.0, 5.0, 50.0)),
    "biolek": (linear_drift("biolek", p=1), 1.0, (1.0, 5.0, 50.0)),
    "vteam": (vteam(v_on=-0.2, v_off=0.2, k_on=-5e-4, k_off=5e-4, window=1), 0.5, (5e5, 2.5e6, 2.5e7)),
    "team": (team(i_on=-1e-4, i_off=1e-4, k_on=-8e-9, k_off=8e-9, alpha_on=1, alpha_off=1), 0.3, (20.0, 100.0, 1e3)),
    "zhang": (zhang(p=1), 1.5, (2.0, 10.0, 100.0)),
}
KINDS = [*(pytest.param(kind, marks=pytest.mark.ngspice) for kind in SPICE_KINDS), "compact"]


@pytest.fixture
def engine_or_none(request):
    return None if request.node.callspec.params["kind"] == "compact" else request.getfixturevalue("engine")


def loop(kind, engine, device, volts, frequency):
    """Voltage, current and x of the second period of a sine."""
    t = np.linspace(0, 2 / frequency, 2001)
    v = volts * np.sin(2 * np.pi * frequency * t)
    if kind == "compact":
        states = states_after(device, t, v, begin(device))
        i = currents(device, v, states)
    else:
        bench = family_bench(device, kind, t, v, source=f"sin(0 {volts:g} {frequency:g})", steps=1000)
        wave = engine.run(bench)
        t, v, i, states = wave.time_s, wave["v"], wave["i"], wave["state"]
    second = t >= 1 / frequency
    return v[second], i[second], positions(device, states[second])


def area(v, i):
    """The area of both lobes [VA]: the loop is crossed at the origin, so its halves have opposite signs."""
    return sum(abs(np.trapezoid(i[half], v[half])) for half in (v >= 0, v <= 0))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", LOOPS)
def test_loops_are_pinched_and_shrink_with_the_frequency(kind, name, engine_or_none):
    device, volts, frequencies = LOOPS[name]
    areas, swings = [], []
    for frequency in frequencies:
        v, i, x = loop(kind, engine_or_none, device, volts, frequency)
        areas.append(area(v, i))
        swings.append(np.ptp(x))
        near = np.abs(v) < 0.02 * volts
        # i = 0 where v = 0: no more than the smallest resistance lets through
        assert np.all(np.abs(i[near]) <= np.abs(v[near]) / device.R_on * (1 + 1e-9))
        assert np.abs(i).max() > 10 * np.abs(i[near]).max()
    assert areas[0] > areas[1] > areas[2] > 0
    assert swings[0] > 0.02
    # far above its own speed a device is a resistor: the lobes fall as 1/f, but for thresholds that it seldom passes
    assert areas[1] / areas[2] == pytest.approx(frequencies[2] / frequencies[1], rel=0.4)


def test_lobes_of_linear_drift_have_the_measured_areas():
    """3.5e-6, 4.5e-7, 3.4e-8 VA at 1, 5, 50 Hz: of one lobe, R_on 100, R_off 16 k, 1 V, p = 1, from x = 0.1."""
    device, volts, frequencies = LOOPS["linear_drift"]
    found = [area(*loop("compact", None, device, volts, f)[:2]) / 2 for f in frequencies]
    assert found == pytest.approx([3.5e-6, 4.5e-7, 3.4e-8], rel=0.5)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", LOOPS)
def test_conductance_over_the_number_of_equal_pulses(kind, name, engine_or_none):
    """10 pulses that raise g, 10 that lower it: monotone, and of the same course in all realisations."""
    device, volts, frequencies = LOOPS[name]
    g, _ = pulse_train(kind, engine_or_none, device, volts, 0.2 / frequencies[0])
    slack = 1e-6 * g.max()  # at a bound nothing is left but the solver's tolerance
    assert np.all(np.diff(g[:11]) >= -slack) and np.all(np.diff(g[10:]) <= slack)
    assert g[10] > 1.02 * g[0] and g[20] < g[10]
    if kind != "compact":
        assert g == pytest.approx(pulse_train("compact", None, device, volts, 0.2 / frequencies[0])[0], rel=1e-2)


def pulse_train(kind, engine, device, volts, width, n=10):
    """Conductances [S] before and after each of `n` pulses up and `n` down, and the times [s] of these."""
    edge = 0.05 * width
    one = np.array([0.2 * width, 0.2 * width + edge, 1.2 * width, 1.2 * width + edge])
    period = 1.6 * width
    t, v, ends = [0.0], [0.0], [0.1 * width]
    for number in range(2 * n):
        sign = device.POLARITY * (1 if number < n else -1)
        t += list(number * period + one)
        v += [0, sign * volts, sign * volts, 0]
        ends.append(number * period + 1.4 * width)
    t.append(2 * n * period)
    v.append(0.0)
    t, v, ends = np.array(t), np.array(v), np.array(ends)
    if kind == "compact":
        both = np.union1d(t, ends)
        states = np.interp(ends, both, states_after(device, both, np.interp(both, t, v), begin(device)))
    else:
        wave = engine.run(family_bench(device, kind, t, v, steps=2000))
        states = np.interp(ends, wave.time_s, wave["state"])
    return state_conductances(device, states), ends
