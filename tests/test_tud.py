"""JART-TUD: how near it is to the full model, and that its two realisations are one model."""

from __future__ import annotations

import re
from itertools import product

import numpy as np
import oracle
import pytest
from benches import bench, crossing
from scipy.integrate import solve_ivp
from test_parity import DECLARATION, assignments, logical_lines, number

from ouro_spice import Result, jart_vcm_v1b
from ouro_spice._util import assets
from ouro_spice.circuit.pulse import trapezoids
from ouro_spice.compact.jart import kinetics, tud
from ouro_spice.compact.jart.parameter_vector import vector
from ouro_spice.device.jart.jart_parameters import PARAMETERS

DEVICE = jart_vcm_v1b()
P = vector(DEVICE)
FULL = oracle.Jart()
OUTPUTS = ("n_disc", "dndt", "i_device", "temperature", "radius", "length", "clamped")
EXTREMES = tuple(product((20e-9, 40.5e-9, 45e-9, 49.5e-9, 90e-9), (0.1, 0.36, 0.4, 0.44, 2.0)))  # (r, l)


def current(v, n, d_r=0.0, d_l=0.0):
    return tud.current(v, n, 45e-9 * (1 + 0.1 * d_r), 0.4 * (1 + 0.1 * d_l), P)


def full_current(v, n, d_r=0.0, d_l=0.0):
    return oracle.Jart(r=45e-9 * (1 + 0.1 * d_r), l=0.4 * (1 + 0.1 * d_l)).current(v, n)


def rate(device, v, n):
    p, r, length = vector(device), device.r, device.l
    return kinetics.rate(v, tud.current(v, n, r, length, p), n, r, length, device.Ndiscmin, device.Ndiscmax, p)


# ---- the current by itself


def test_no_voltage_no_current():
    assert all(tud.current(0.0, n, r, length, P) == 0 for n in (1e-4, 0.06, 1100.0) for r, length in EXTREMES)


def test_the_current_is_finite_and_within_what_the_series_resistance_lets_through():
    """For any state a device can have, so that the voltage left to the cell never has the wrong sign."""
    for v in [*np.linspace(-20, 20, 60), -1e-12, 1e-12]:
        for n in np.geomspace(1e-4, 1100, 25):
            for r, length in EXTREMES:
                i = tud.current(v, n, r, length, P)
                assert np.isfinite(i) and i * v > 0
                assert abs(i * kinetics.series_resistance(i, P)) <= abs(v) * (1 + 1e-12)


@pytest.mark.parametrize(("d_r", "d_l"), tuple(product((-1, 0, 1), repeat=2)))
def test_the_current_rises_with_voltage_and_concentration(d_r, d_l):
    volts, n_disc = np.linspace(-20, 20, 801), np.geomspace(1e-4, 1100, 80)
    i = np.array([[current(v, n, d_r, d_l) for n in n_disc] for v in volts])
    assert np.all(np.diff(i, axis=0) > 0)
    assert np.all(np.diff(i * np.sign(volts)[:, None], axis=1) >= 0)


def test_the_parts_are_the_whole():
    """Callers at constant voltage compute the coefficients once."""
    for v, n in product((-5.0, -0.4, 0.2, 1.9), (0.002, 0.06, 2.0, 30.0)):
        parts = tud.coefficients(v, *tud.deviations(n, 47e-9, 0.39, P))
        assert tud.current_from(parts, n) == tud.current(v, n, 47e-9, 0.39, P)


# ---- against the full model


def test_read_currents_of_window_and_ends():
    """Conductance at +0.2 V [uS]: the two ends of the window, and high- and low-resistive state."""
    for n, expected, allowed in ((0.06, 98.41, 0.02), (1.98975, 543.44, 1e-3), (0.008, 14.43, 0.06), (20, 621.7, 0.01)):
        g = current(0.2, n) / 0.2
        assert g * 1e6 == pytest.approx(expected, rel=2e-4)
        assert g == pytest.approx(FULL.conductance(n), rel=allowed)
    assert current(-0.2, 0.008) == pytest.approx(full_current(-0.2, 0.008), rel=0.11)
    assert current(-0.2, 20) == pytest.approx(full_current(-0.2, 20), rel=0.01)


@pytest.mark.parametrize(("d_r", "d_l", "allowed"), [(0, 0, 0.04), *((*d, 0.055) for d in product((-1, 1), repeat=2))])
def test_the_current_over_voltages_and_concentrations(d_r, d_l, allowed):
    for v, n in product((-1.5, -1.0, -0.6, -0.4, -0.2, 0.2, 0.5, 0.9, 1.5), (0.02, 0.1, 0.3, 1.0, 3.0, 20.0)):
        assert current(v, n, d_r, d_l) == pytest.approx(full_current(v, n, d_r, d_l), rel=allowed), (v, n)


@pytest.mark.parametrize("v", [-0.4143, 0.2, 0.854])
def test_radius_and_length_act_as_in_the_full_model(v):
    """A wider filament conducts more, a longer disc less; by how much to 2.5 % of the current."""
    for n, sign in product((0.06, 0.2, 0.5, 1.98975), (-1, 1)):
        for d_r, d_l in ((sign, 0), (0, sign)):
            ratio = current(v, n, d_r, d_l) / current(v, n)
            assert (ratio - 1) * (d_r - d_l) > 0
            assert ratio == pytest.approx(full_current(v, n, d_r, d_l) / full_current(v, n), abs=0.025)


def test_beyond_ten_per_cent_the_current_stays_and_that_is_told():
    for v in (-0.5, 0.2):
        assert tud.current(v, 0.5, 60e-9, 0.4, P) == pytest.approx(current(v, 0.5, d_r=1), rel=1e-12)
        assert tud.current(v, 0.5, 45e-9, 0.2, P) == pytest.approx(current(v, 0.5, d_l=-1), rel=1e-12)
    inside = [tud.clamped(0.5, 45e-9 * (1 + a), 0.4 * (1 + b), P) for a, b in product((-0.1, 0, 0.1), repeat=2)]
    assert not any(inside)
    assert tud.clamped(0.5, 49.6e-9, 0.4, P) and tud.clamped(0.5, 45e-9, 0.359, P)
    moving = vector(jart_vcm_v1b(Nref=0.06, dldN=0.05))
    assert [tud.clamped(n, 45e-9, 0.4, moving) for n in (0.06, 0.8, 0.9)] == [False, False, True]


def half_cycle(device, sign, top, x):
    """(t, V, ln N) of one polarity of a triangle at 1 V/s, from ln N = x to where N arrives at its limit, or 0 V."""

    def volts(t):
        return sign * (top - abs(top - t))

    def slope(t, y):
        return [rate(device, volts(t), np.exp(y[0])) / np.exp(y[0])]

    def arrive(t, y):
        return y[0] - np.log(device.Ndiscmax if sign < 0 else device.Ndiscmin)

    arrive.terminal = True
    arrive.direction = -sign
    done = solve_ivp(slope, (0, 2 * top), [x], "Radau", rtol=1e-6, atol=1e-9, max_step=0.005, events=arrive)
    return done.t, np.array([volts(t) for t in done.t]), done.y[0]


def edge(device, time_s, volts, x):
    """The voltage at which the current changes fastest; at 0 V, at both ends, there is none."""
    time_s, volts, n_disc = time_s[1:-1], volts[1:-1], np.exp(x[1:-1])
    p, r, length = vector(device), device.r, device.l
    i = [tud.current(v, n, r, length, p) for v, n in zip(volts, n_disc, strict=True)]
    slope = np.gradient(np.log(np.abs(i)), time_s)
    if volts[0] < 0:
        return volts[np.argmax(np.where(volts < -0.2, slope, -np.inf))]
    return volts[np.argmin(np.where(volts > 0.3, slope, np.inf))]


@pytest.mark.parametrize(
    ("parameters", "top", "v_set", "v_reset", "off_set", "off_reset"),
    [
        ({"Ninit": 0.010, "Ndiscmin": 0.004, "Ndiscmax": 22}, 1.3, -0.5502, 0.9363, 0.013, 0.004),
        # the fit holds the current of a device with Rth0 = 15.72e6 K/W; at another one it is further off
        ({"Rth0": 1e7, "flim": 0}, 1.5, -0.664, 1.165, 0.013, 0.010),
    ],
)
def test_edges_of_a_voltage_sweep(parameters, top, v_set, v_reset, off_set, off_reset):
    device = jart_vcm_v1b(**parameters)
    up = half_cycle(device, -1, top, np.log(device.Ninit))
    down = half_cycle(device, 1, top, up[2][-1])
    assert edge(device, *up) == pytest.approx(v_set, abs=off_set)
    assert edge(device, *down) == pytest.approx(v_reset, abs=off_reset)


# ---- the Verilog-A


def test_parameters_are_those_of_the_full_model():
    text = re.sub(r"//[^\n]*", "", assets.verilog_a("jart_tud").read_text())
    found = list(DECLARATION.finditer(text))
    assert len(found) == len(re.findall(r"\bparameter\b", text)) == len(PARAMETERS) - 4  # no barrier here
    for match in found:
        ours, attributes = PARAMETERS[match["name"]], dict(re.findall(r'(\w+)\s*=\s*"([^"]*)"', match["attributes"]))
        low, high = match["low"] or match["low_i"], match["high"] or match["high_i"]
        assert (number(match["default"]), number(low), number(high)) == (ours.default, ours.low, ours.high), ours.name
        assert (attributes["units"], attributes["desc"].lower()) == (ours.unit, ours.text.lower())
        assert (attributes.get("type") == "instance") == ours.per_instance
    names = [match["name"] for match in found]
    for header in (line for line in logical_lines("jart_tud") if line.startswith(".subckt")):
        values = assignments(header)
        assert list(values) == names
        assert [number(value) for value in values.values()] == [PARAMETERS[name].default for name in names]


def tud_bench(source, n_disc, stop_s, walk=(), device=DEVICE, elements=(), **more):
    """The compiled device; `walk` has four sources, or none."""
    known = set(assignments(next(line for line in logical_lines("jart_tud") if line.startswith(".subckt"))))
    values = {name: value for name, value in device.parameters.items() if name in known} | {"Ninit": n_disc}
    nodes = dict(zip(("wl", "wr", "wmin", "wmax"), walk, strict=False))
    name = " ".join([*nodes, "jart_tud_walk" if walk else "jart_tud"])
    return bench(
        [source, "vground oe 0 dc 0", *elements, *(f"v{node} {node} 0 {what}" for node, what in nodes.items()),
         f"xcell ae oe {name} " + " ".join(f"{key}={value:.17g}" for key, value in values.items())],
        stop_s, probes=tuple((output, f"@n.xcell.n1[{output}]") for output in OUTPUTS),
        **({"libraries": ("jart_tud",), "models": ("jart_tud",), "steps": 100} | more),
    )  # fmt: skip


@pytest.mark.ngspice
def test_current_and_rate_are_those_of_the_kernels(engine):
    """Along ramps so fast that the state stands still: over the fit's range and beyond, walk included."""
    rng = np.random.default_rng(1)
    for k in range(12):
        n, walk = float(np.exp(rng.uniform(*np.log([0.002, 30])))), rng.uniform(-0.1, 0.1, 4) * (k % 2)
        device = jart_vcm_v1b(Ndiscmin=0.001, Ndiscmax=100, Nref=0.1, nu0=1e10, flim=k % 3 // 2,
                              drdN=(0, 1e-10)[k % 4 // 3], dldN=(0, -1e-3)[k % 4 // 3],
                              r=45e-9 * rng.uniform(0.9, 1.1), l=0.4 * rng.uniform(0.9, 1.1))  # fmt: skip
        r, length, nmin, nmax = np.exp(walk[[1, 0, 2, 3]]) * (device.r, device.l, 0.001, 100)
        sources = [f"dc {w:.17g}" for w in walk]
        wave = engine.run(tud_bench("vin ae 0 pwl(0 -2.5 1e-12 2.5)", n, 1e-12, sources * (k % 2), device))
        p, v = vector(device), wave["v_ae"] - wave["v_oe"]
        for j in np.flatnonzero(np.abs(v) > 1e-9):
            now = wave["n_disc"][j]
            i = tud.current(v[j], now, r, length, p)
            assert wave["i_device"][j] == pytest.approx(i, rel=1e-9)
            assert wave["dndt"][j] == pytest.approx(kinetics.rate(v[j], i, now, r, length, nmin, nmax, p), rel=1e-8)
        assert wave["clamped"][0] == tud.clamped(wave["n_disc"][0], r, length, p)
        shape = kinetics.geometry(wave["n_disc"][0], r, length, p)
        assert (wave["radius"][0], wave["length"][0]) == pytest.approx(shape, rel=1e-9)


@pytest.mark.ngspice
@pytest.mark.parametrize(("v", "start", "level"), [(-0.4143, 0.06, 1.5), (0.854, 1.98975, 0.1)])
def test_switching_is_the_integral_of_the_rate(engine, v, start, level):
    wave = engine.run(tud_bench(f"vin ae 0 dc {v}", start, 80e-6, at_rest=False))
    x = np.linspace(np.log(start), np.log(level), 4001)
    pace = np.exp(x) / [rate(DEVICE, v, n) for n in np.exp(x)]
    exact = np.trapezoid(pace, x)
    assert crossing(wave.time_s, wave["n_disc"], level) == pytest.approx(exact, rel=1e-3)


@pytest.mark.ngspice
def test_random_pulses_run(engine):
    """Any edge and width, either sign, with walk, with heat capacity, and far beyond what the fit was made for."""
    rng, benches, devices = np.random.default_rng(5), [], []
    for k in range(50):
        v = rng.choice([-1, 1]) * (rng.uniform(0.2, 1.8) if k % 5 else rng.uniform(2, 20))
        rise, fall, width = *10 ** rng.uniform(-10.7, -7.7, 2), 10 ** rng.uniform(-9.3, -4)
        slots = [(1e-9, rise, width, fall, 1e-9, s * v) for s in ((1, -1) if k % 3 == 0 else (1,))]
        pwl = trapezoids(slots)
        devices.append(jart_vcm_v1b(window=bool(k % 2), cth=1e-18 if k % 7 == 0 else 0))
        n_disc = float(np.exp(rng.uniform(*np.log(devices[-1].bounds))))
        walk = ("sin(0 .1 1meg)", "sin(0 .05 2meg)", "dc 0", "dc 0") if k % 4 == 0 else ()
        benches.append(tud_bench(f"vin ae 0 {pwl.spice()}", n_disc, pwl.times_s[-1], walk, devices[-1]))
    for device, wave in zip(devices, engine.map(benches, throw=False), strict=True):
        assert wave.result is Result.OK
        low, high = device.bounds
        assert low * (1 - 2e-3) <= wave["n_disc"].min() and wave["n_disc"].max() <= high * (1 + 2e-3)


@pytest.mark.ngspice
@pytest.mark.parametrize("capacitance", [1e-15, 1e-12])
def test_the_jump_of_the_slope_at_zero_volts_does_no_harm(engine, capacitance):
    """At N = 0.008 the conductance just below 0 V is half of that above; a current drives the node through 0 V."""
    bowl = ("iin 0 ae sin(0 2u 1meg)", f"cnode ae 0 {capacitance:g}")
    wave = engine.run(tud_bench("rleak ae 0 1e12", 0.008, 4e-6, elements=bowl))
    assert wave["v_ae"].min() < -0.1 and wave["v_ae"].max() > 0.1
    assert wave.effort.rung == 0 and wave.effort.iterations < 4 * wave.effort.points
    # the two slopes themselves
    ramp = engine.run(tud_bench("vin ae 0 pwl(0 -1e-3 1e-9 1e-3)", 0.008, 1e-9))
    slope = np.gradient(ramp["i_device"], ramp["v_ae"])
    assert slope[2] * 1e6 == pytest.approx(7.19, abs=0.05) and slope[-3] * 1e6 == pytest.approx(13.91, abs=0.05)
