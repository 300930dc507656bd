"""The survey's families: compiled, behavioural and compact under one set of assertions, an integration the judge."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
from benches import crossing
from family_benches import (
    MAKE,
    SPICE_KINDS,
    begin,
    element,
    family_bench,
    pwl,
    random_device,
    random_pulse,
    simulated,
    vectors,
)  # fmt: skip
from family_judge import truth

import ouro_spice as ouro
from ouro_spice.circuit import testbench
from ouro_spice.compact.threshold.survey_families import initial_state, positions, rates, states_after
from ouro_spice.device.threshold.drift import linear_drift
from ouro_spice.device.threshold.parameter_sets import PARAMETER_SETS
from ouro_spice.device.threshold.team_device import team
from ouro_spice.device.threshold.vteam_device import vteam
from ouro_spice.device.threshold.windows import WINDOWS
from ouro_spice.device.threshold.zhang_device import zhang

SPICE = pytest.mark.ngspice
KINDS = [pytest.param("compiled", marks=SPICE), pytest.param("behavioural", marks=SPICE), "compact"]
WITHIN = {"linear_drift": 1e-4, "vteam": 1e-3, "team": 1e-3, "zhang": 1e-3}
"""Largest |dx|, but for moments so steep that 0.1 % of the pulse is worth more."""
SHIFT = 1e-3
each_kind = pytest.mark.parametrize("kind", KINDS)
each_name = pytest.mark.parametrize("name", MAKE)
DRIVES = {  # amplitude [V] and time [s] of a pulse that moves the published set
    "drift_hp": [(1.0, 0.3), (-1.0, 0.3)],
    "drift_biolek_spice": [(1.0, 0.5), (-1.0, 0.5)],
    "vteam_technion": [(0.1, 1e-6), (-0.3, 2e-9)],
    "vteam_magic": [(0.6, 2e-9), (-2.0, 6e-10)],
    "team_technion": [(0.01, 10.0), (-0.01, 2.0)],
    "team_simmons_fit": [(0.5, 0.01), (-0.1, 0.05)],
    "zhang_1k_10k": [(1.5, 0.1), (-1.5, 5.0)],
    "zhang_100_1k": [(1.5, 1.0), (-1.5, 5.0)],
}


@pytest.fixture
def engine_or_none(request):
    return None if request.node.callspec.params["kind"] == "compact" else request.getfixturevalue("engine")


def pulse(volts, width):
    return np.array([0, 0.02, 1.02, 1.04, 1.06]) * width, np.array([0, volts, volts, 0, 0])


def path(kind, engine, device, t, v, at, state=None):
    """x at some times, by one realisation."""
    if kind != "compact":
        return simulated(engine, device, kind, t, v, state, at)[0]
    both = np.union1d(t, at)
    states = states_after(device, both, np.interp(both, t, v), begin(device) if state is None else state)
    return np.interp(at, both, positions(device, states))


def judged(device, t, v, x, at):
    """Assert that x (K,) at times is the judge's; return how far that went."""
    name, values = device.FAMILY, device.parameters
    exact = truth(name, values, t, v, device.xinit, at, rtol=1e-8)
    gap = np.abs(x - exact)
    far = gap > WITHIN[name]
    if far.any():
        shifted = [
            truth(name, values, t, v, device.xinit, np.clip(at + s, t[0], t[-1]), rtol=1e-8)
            for s in (-SHIFT * t[-1], SHIFT * t[-1])
        ]
        low, high = np.minimum(*shifted), np.maximum(*shifted)
        assert np.all((x >= low - WITHIN[name]) & (x <= high + WITHIN[name])), (device, gap.max())
    return abs(exact[-1] - exact[0])


@each_kind
@pytest.mark.parametrize("one", PARAMETER_SETS, ids=lambda one: one.name)
def test_published_sets(kind, one, engine_or_none):
    for volts, width in DRIVES[one.name]:
        t, v = pulse(volts, width)
        at = np.linspace(0, t[-1], 81)
        moved = judged(one.device, t, v, path(kind, engine_or_none, one.device, t, v, at), at)
        assert moved > 0.02, (volts, width)


@each_kind
@pytest.mark.parametrize("window", WINDOWS)
def test_windows_over_two_periods_of_a_sine(kind, window, engine_or_none):
    """1 V at 1, 5 and 50 Hz from x = 0.1, p = 1 and 3: |dx| <= 1e-4."""
    for frequency, p in ((1.0, 1), (5.0, 3), (50.0, 1)):
        device = linear_drift(window, p=p)
        t = np.linspace(0, 2 / frequency, 801)
        at, exact = sine_truth(device, frequency)
        if kind == "compact":
            x = path(kind, None, device, t, np.sin(2 * np.pi * frequency * t), at)
        else:
            wave = engine_or_none.run(family_bench(device, kind, t, t, source=f"sin(0 1 {frequency:g})", steps=800))
            x = positions(device, np.interp(at, wave.time_s, wave["state"]))
        assert np.abs(x - exact).max() <= 1e-4
        assert np.ptp(exact) > 1e-4


@cache
def sine_truth(device, frequency):
    """Times, and the judge's x, of two periods at 1 V."""
    at = np.linspace(0, 2 / frequency, 41)
    knots = np.arange(5) / (2 * frequency)
    sine = lambda time: np.sin(2 * np.pi * frequency * time)  # noqa: E731
    return at, truth("linear_drift", device.parameters, knots, knots, 0.1, at, rtol=1e-8, drive=sine)


@each_kind
def test_joglekar_with_p_1_is_linear_in_the_charge(kind, engine_or_none):
    """ln(x/(1-x)) = ln(x0/(1-x0)) + 4 k q, also where x is 1 to the last digit: it comes back by the same charge."""
    for volts, x0 in ((1.0, 0.1), (3.0, 0.3)):
        device = linear_drift("joglekar", p=1, xinit=x0)
        k = device.mu_v * device.R_on / device.D**2
        t = np.linspace(0, 1, 1001)
        v = volts * np.sin(2 * np.pi * t)
        if kind == "compact":
            y = states_after(device, t, v, initial_state(device))
            # R dy = 4 k v dt: the flux, by a closed form on both sides
            flux = volts * (1 - np.cos(2 * np.pi * t)) / (2 * np.pi)
            own = device.R_off * (y - y[0]) - (device.R_off - device.R_on) * (softplus(y) - softplus(y[0]))
            assert own / (4 * k) == pytest.approx(flux, abs=1e-5 * flux.max())
            x, back = positions(device, y), positions(device, y[-1])
        else:
            bench = family_bench(device, kind, t, v, source=f"sin(0 {volts:g} 1)", steps=400)
            wave = engine_or_none.run(bench)
            charge = np.concatenate([[0], np.cumsum(np.diff(wave.time_s) * (wave["i"][1:] + wave["i"][:-1]) / 2)])
            exact = np.log(x0 / (1 - x0)) + 4 * k * charge
            x, back = positions(device, wave["state"]), positions(device, wave["state"][-1])
            assert np.abs(x - 1 / (1 + np.exp(-exact))).max() <= 2e-6
        assert (x.max() > 0.999999) == (volts > 2)
        assert back == pytest.approx(x0, abs=3e-4)


def softplus(y):
    return np.logaddexp(0, y)


@each_name
def test_fifty_random_legal_sets_compact(name):
    rng, moved = np.random.default_rng(11), 0
    for _ in range(50):
        device = random_device(name, rng)
        t, v = random_pulse(device, rng)
        at = np.linspace(0, t[-1], 31)
        moved += judged(device, t, v, path("compact", None, device, t, v, at), at) > 0.05
    assert moved >= 40


@SPICE
@each_name
def test_random_legal_sets_in_ngspice(name, engine):
    rng, moved = np.random.default_rng(11), 0
    for _ in range(6):
        device = random_device(name, rng)
        t, v = random_pulse(device, rng)
        at = np.linspace(0, t[-1], 31)
        for kind in SPICE_KINDS:
            moved += judged(device, t, v, path(kind, engine, device, t, v, at), at) > 0.05
    assert moved >= 8


@each_kind
@pytest.mark.parametrize(
    ("device", "at_rest", "moving"),
    [
        (vteam(), (0.0199, -0.199, 0.02, -0.2), (0.0201, -0.201)),
        (vteam(window=1, rlaw=1), (0.0199, -0.199), (0.0201, -0.201)),
        (team(k_on=-8e-6, k_off=8e-6), (4.9e-4, -4.9e-4), (5.4e-4, -5.4e-4)),
        (zhang(), (0.999, -0.999, 1.0, -1.0), (1.001, -1.001)),
    ],
    ids=["vteam", "vteam windowed", "team", "zhang"],
)
def test_nothing_moves_inside_the_thresholds(kind, device, at_rest, moving, engine_or_none):
    x0 = float(positions(device, begin(device)))
    start = begin(device)
    for volts in at_rest:
        t, v = pulse(volts, 1e3)
        # but for the last bits of the simulator's own sums
        assert np.abs(path(kind, engine_or_none, device, t, v, t) - x0).max() <= 1e-13, volts
    for volts in moving:
        width = 0.01 / abs(float(rates(device, volts, start)))
        t, v = pulse(volts, width)
        x = path(kind, engine_or_none, device, t, v, t)[-1]
        rise = volts * device.POLARITY * (1 if device.state.rises else -1) > 0
        assert (x > x0) if rise else (x < x0)
        judged(device, t, v, np.array([x]), t[-1:])


@each_kind
@pytest.mark.parametrize("volts", [-2.5, -1.6, 0.4, 1.0])
def test_switching_times_at_constant_voltage(kind, volts, engine_or_none):
    """The MAGIC set, from 35 ps to 1.3 us: half the range within 0.1 % of 0.5 (w_off - w_on) / |dw/dt|."""
    device = vteam(R_on=1e3, R_off=300e3, k_on=-216.2, k_off=0.091, v_on=-1.5, v_off=0.3, alpha_on=4, alpha_off=4)
    k, limit, alpha = (0.091, 0.3, 4) if volts > 0 else (216.2, -1.5, 4)
    half = 0.5 * 3e-9 / (k * (volts / limit - 1) ** alpha)
    start = 0.2 if volts > 0 else 0.8
    t, v = np.array([0, 1.3 * half]), np.array([volts, volts])
    if kind == "compact":
        time = np.linspace(0, t[-1], 2001)
        x = path(kind, None, device, time, np.full(2001, volts), time, start)
    else:
        wave = engine_or_none.run(family_bench(device, kind, t, v, start, at_rest=False))
        time, x = wave.time_s, wave["state"]
    level = start + 0.5 * np.sign(volts)
    assert crossing(time, np.exp(5 * x), np.exp(5 * level)) == pytest.approx(half, rel=1e-3)


@each_kind
@each_name
def test_a_pulse_that_is_cut_anywhere_goes_on_as_if_it_were_not(kind, name, engine_or_none):
    one = next(one for one in PARAMETER_SETS if name == one.device.FAMILY)
    volts, width = DRIVES[one.name][0]
    t, v = pulse(volts, width)
    whole = path(kind, engine_or_none, one.device, t, v, t)[-1]
    assert abs(whole - one.device.xinit) > 0.02
    for share in (0.012, 0.3, 0.7, 0.975):  # on the rising edge, on the plateau, on the falling edge
        cut = share * t[-1]
        first = np.append(t[t < cut], cut), np.append(v[t < cut], np.interp(cut, t, v))
        rest = np.append(cut, t[t > cut]) - cut, np.append(np.interp(cut, t, v), v[t > cut])
        middle = ended(kind, engine_or_none, one.device, *first, begin(one.device))
        end = ended(kind, engine_or_none, one.device, *rest, middle)
        assert float(positions(one.device, end)) == pytest.approx(whole, abs=2e-4), share


def ended(kind, engine, device, t, v, state):
    """The state at the end."""
    if kind == "compact":
        return float(states_after(device, t, v, state)[-1])
    low, high = device.state.low, device.state.high
    wave = engine.run(family_bench(device, kind, t, v, state, at_rest=v[0] == 0))
    return float(np.clip(wave["state"][-1], low, high))


@each_kind
@pytest.mark.parametrize("window", WINDOWS)
def test_at_a_bound(kind, window, engine_or_none):
    """Pushed beyond by a charge: where the window vanishes there the same charge leads back, else it leaves at once."""
    device = linear_drift(window, xinit=0.6)
    t, v = np.array([0, 0.01, 0.3, 0.32, 0.4]), np.array([0, 2.0, 2.0, -2.0, -2.0])
    at = np.array([0.3, 0.4])
    x = path(kind, engine_or_none, device, t, v, at)
    exact = truth("linear_drift", device.parameters, t, v, 0.6, at)
    assert x[0] == pytest.approx(exact[0], abs=1e-4) and x[0] > 0.8
    assert x[1] == pytest.approx(exact[1], abs=5e-3)
    stays = window in ("strukov", "joglekar", "prodromakis")
    assert (x[1] > 0.6) == stays


@each_kind
@pytest.mark.parametrize("window", WINDOWS)
@pytest.mark.parametrize("bound", [0.0, 1.0])
def test_a_start_at_the_very_bound(kind, window, bound, engine_or_none):
    """Check that it stays where the window vanishes; with Biolek's, and without one, it leaves."""
    device = linear_drift(window, xinit=bound)
    t = np.array([0, 0.01, 0.05])
    v = np.array([0, 2.0, 2.0]) * (1 if bound == 0 else -1)
    x = path(kind, engine_or_none, device, t, v, t)
    leaves = window in ("none", "biolek")
    assert x[0] == pytest.approx(bound, abs=1e-12)
    assert (abs(x[-1] - bound) > 0.01) == leaves and (leaves or abs(x[-1] - bound) < 1e-12)


@SPICE
@each_name
@pytest.mark.parametrize("kind", SPICE_KINDS)
def test_ten_years_at_rest_change_nothing(name, kind, engine):
    """The state is where it was, and moves on from there."""
    device = MAKE[name]()
    state = 0.4 if device.state.name == "x" else -0.4
    ten_years = 3.2e8
    wave = engine.run(family_bench(device, kind, np.array([0, ten_years]), np.zeros(2), state))
    assert wave["state"][-1] == pytest.approx(state, abs=1e-9)


@SPICE
@pytest.mark.parametrize("kind", SPICE_KINDS)
def test_behind_a_resistance_a_device_stops_at_its_threshold(kind, engine):
    """Zhang's rate jumps there: the voltage of the device stays at the threshold and is not passed in one step."""
    device = zhang(xinit=0.5)
    elements = (f"vin in 0 {pwl([0, 0.01, 30], [0, 3.0, 3.0])}", "rs in p 4k", element(device))
    library = "zhang" if kind == "behavioural" else "zhang_compiled"
    probes = (("v", "v(p)"), *vectors(kind).items())
    models = ("zhang",) if kind == "compiled" else ()
    bench = testbench.Testbench("load", (library,), models, elements, stop_s=30.0, max_step_s=0.1, probes=probes)
    wave = engine.run(bench)
    x = positions(device, wave["state"][-1])
    r = 1e3 * x + 10e3 * (1 - x)
    assert wave["v"][-1] == pytest.approx(3.0 * r / (r + 4e3), rel=1e-3)
    assert r == pytest.approx(2e3, abs=1e-3 * 9e3)  # 1 V of 3 V


@SPICE
@each_name
def test_thirty_random_pulses_do_not_fail(name, engine):
    rng = np.random.default_rng(29)
    for number in range(30):
        device = random_device(name, rng)
        t, v = random_pulse(device, rng)
        kind = SPICE_KINDS[number % 2]
        wave = engine.run(family_bench(device, kind, t, v, steps=100), throw=False)
        assert wave.result is ouro.Result.OK, (device, v)
        assert wave.effort.rung == 0, device
        if device.state.name == "x":
            assert np.all(np.abs(wave["state"] - 0.5) < 0.5 + 1e-4)
