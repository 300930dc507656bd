"""The equations without SPICE, against tables and against the independent integration's own equations."""

from __future__ import annotations

import math

import numpy as np
import oracle
import pytest
from hypothesis import given
from hypothesis import strategies as st
from technologies import legal

import ouro_spice as ouro
from ouro_spice.compact.jart import full, kinetics
from ouro_spice.compact.jart.jart_characteristics import (
    concentration,
    conductance,
    conductance_map,
    rate,
    static_current,
    window_S,
)
from ouro_spice.compact.jart.parameter_vector import vector
from ouro_spice.device.jart.jart_parameters import PARAMETERS

DEVICE = ouro.jart_vcm_v1b()
WINDOW = ouro.jart_vcm_v1b(window=True)
SET = st.floats(-1.5, -1e-3)
RESET = st.floats(1e-3, 1.5)
N = st.floats(np.log(0.0081), np.log(19.9)).map(lambda x: float(np.exp(x)))


# ---- against independent solutions


def test_unit_points(reference_columns):
    exact = reference_columns("unit_points.csv")
    assert static_current(DEVICE, exact["V"], exact["N_1e26"]) == pytest.approx(exact["I_A"], rel=1e-7)
    assert rate(DEVICE, exact["V"], exact["N_1e26"]) == pytest.approx(exact["dNdt_1e26_per_s"], rel=1e-6, abs=1e-30)


def test_conductance_over_concentration(reference_columns):
    exact = reference_columns("N_to_G.csv")
    assert len(exact["N_1e26"]) == 600
    assert conductance(DEVICE, exact["N_1e26"]) * 1e6 == pytest.approx(exact["G_p0.2V_uS"], rel=1e-5)
    for volts, column in ((-0.2, "G_m0.2V_uS"), (0.1, "G_p0.1V_uS"), (-0.1, "G_m0.1V_uS")):
        ours = static_current(DEVICE, volts, exact["N_1e26"]) / volts * 1e6
        assert ours == pytest.approx(exact[column], rel=1e-5)


def test_published_conductances():
    table = {0.008: 15.25, 0.02: 36.8, 0.06: 100.2, 0.1: 152, 0.2: 247, 0.5: 388, 1: 480, 1.99: 543.5, 5: 591, 10: 609}
    for n, uS in table.items():
        assert conductance(DEVICE, n) * 1e6 == pytest.approx(uS, rel=3e-3)


@given(st.one_of(SET, RESET), N, st.floats(30e-9, 60e-9), st.floats(0.2, 0.8), st.integers(0, 1))
def test_current_and_rate_equal_the_other_code(v, n, r, l, flim):  # noqa: E741
    ours, theirs = DEVICE.replace(r=r, l=l, flim=flim), oracle.Jart(r=r, l=l, flim=flim)
    assert float(static_current(ours, v, n)) == pytest.approx(theirs.current(v, n), rel=1e-9)
    assert float(rate(ours, v, n)) == pytest.approx(theirs.rate(v, n), rel=1e-7)


def test_of_three_solutions_the_largest_is_taken():
    """V = 0.2, N = 2: 108.8, 67.6 and 44.7 uA solve the published equations."""
    model, v, n = oracle.Jart(), 0.2, 2.0

    def balance(i):
        return i - model.schottky(v - model.voltage(i, n), n, model.temperature(v, i))

    grid = np.linspace(1e-6, 1.2e-4, 4001)
    signs = np.sign([balance(i) for i in grid])
    roots = grid[:-1][np.diff(signs) != 0] * 1e6
    assert roots == pytest.approx([44.7, 67.6, 108.8], abs=0.1)
    assert static_current(DEVICE, v, n) * 1e6 == pytest.approx(108.8, abs=0.05)


def test_the_current_continues_from_zero_volts():
    """No jump between neighbouring voltages, through the region of three solutions and down to 0."""
    for n in (0.008, 0.06, 2.0, 20.0):
        v = np.linspace(0, 1.6, 3201)
        step = np.diff(static_current(DEVICE, v, n))
        assert np.all(step > 0)
        assert step.max() < 3 * np.median(step)


# ---- properties


@given(st.one_of(SET, RESET), N)
def test_current_has_the_sign_of_the_voltage_and_the_rate_the_other(v, n):
    assert np.sign(static_current(DEVICE, v, n)) == np.sign(v)
    assert rate(DEVICE, v, n) * v <= 0


def test_nothing_happens_at_zero_volts():
    assert static_current(DEVICE, 0.0, [0.01, 1, 10]) == pytest.approx(0, abs=1e-20)
    assert rate(DEVICE, 0.0, [0.01, 1, 10]) == pytest.approx(0, abs=1e-25)


@given(N)
def test_current_vanishes_with_the_voltage(n):
    one, half = static_current(DEVICE, [1e-4, 5e-5], n)
    assert one / half == pytest.approx(2, rel=5e-3)
    one, half = static_current(
        DEVICE, [-1e-4, -5e-5], n
    )  # where the barrier has vanished the SET side goes as |Vs|^1.5
    assert 2 * 0.995 <= one / half <= 2**1.5


@given(st.one_of(st.lists(SET, min_size=2, max_size=2), st.lists(RESET, min_size=2, max_size=2)), N)
def test_more_voltage_more_current_and_faster(volts, n):
    weak, strong = sorted(volts, key=abs)
    if abs(strong) > abs(weak) * (1 + 1e-6):
        assert abs(static_current(DEVICE, strong, n)) > abs(static_current(DEVICE, weak, n))
        assert abs(rate(DEVICE, strong, n)) >= abs(rate(DEVICE, weak, n))


@given(st.lists(N, min_size=2, max_size=2))
def test_more_vacancies_conduct_better(pair):
    low, high = sorted(pair)
    if high > low * (1 + 1e-6):
        assert conductance(DEVICE, high) > conductance(DEVICE, low)


def test_rate_ends_at_the_limits():
    for flim in (0, 1):
        device = DEVICE.replace(flim=flim)
        assert rate(device, 1.0, [0.008, 0.004]) == pytest.approx(0, abs=0)
        assert rate(device, -1.0, [20.0, 30.0]) == pytest.approx(0, abs=0)
        assert rate(device, 1.0, 0.0081) < 0
        assert rate(device, -1.0, 19.9) > 0
    assert rate(DEVICE, 1.0, 0.01) / rate(DEVICE.replace(flim=0), 1.0, 0.01) == pytest.approx(1 - 0.8**10, rel=1e-12)


@pytest.mark.parametrize("change", [{}, {"r": 36e-9, "l": 0.3}, {"r": 54e-9, "l": 0.5}])
def test_the_map_is_the_conductance(change):
    """Everywhere, also where the barrier vanishes and the slope of G(N) jumps."""
    device = DEVICE.replace(**change)
    n = np.geomspace(0.008, 20, 50001)
    np.testing.assert_allclose(conductance_map(device)(n), conductance(device, n), rtol=5e-5)


def test_concentration_is_the_inverse_of_conductance():
    g = np.linspace(15.3e-6, 617e-6, 50001)
    np.testing.assert_allclose(conductance(DEVICE, concentration(DEVICE, g)), g, rtol=5e-5)
    assert np.all(np.diff(concentration(DEVICE, g)) > 0)


@given(st.floats(101e-6, 543e-6))
def test_there_and_back_again(g):
    assert conductance_map(WINDOW)(concentration(WINDOW, g)) == pytest.approx(g, rel=5e-5)


def test_window():
    low, high = window_S(WINDOW)
    assert (low * 1e6, high * 1e6) == pytest.approx((100.16, 543.46), abs=0.01)
    assert window_S(DEVICE)[0] * 1e6 == pytest.approx(15.25, abs=0.01)
    assert np.all(concentration(WINDOW, [low, high]) >= 0.06)
    assert np.all(concentration(WINDOW, [low, high]) <= 1.98975)


# ---- the solver


def current(v, n, rs=0.0, guess=0.0, device=DEVICE):
    return full.current(v, n, device.r, device.l, rs, vector(device), guess)


@given(st.one_of(SET, RESET), N, st.one_of(st.floats(-2, 2).map(lambda x: 10**x), st.sampled_from([-1, 1e9, np.nan])))
def test_a_warm_start_finds_what_a_cold_start_finds(v, n, factor):
    cold = current(v, n)
    assert current(v, n, guess=cold * factor) == pytest.approx(cold, rel=2e-9)


@given(st.one_of(SET, RESET), N, st.floats(0, 2e4))
def test_a_resistance_in_series_takes_its_share_of_the_voltage(v, n, rs):
    """Up to 20 kOhm: at several V self-heating lowers the current, and from 80 kOhm on there are two solutions."""
    alone = current(v, n)
    assert current(v + rs * alone, n, rs) == pytest.approx(alone, rel=1e-9)
    assert current(v + rs * alone, n, rs, guess=alone * 1.01) == pytest.approx(alone, rel=1e-9)


def test_following_a_trajectory_loses_nothing():
    """SET and RESET through the whole range, each current the next one's guess."""
    for v in (-1.3, -0.4143, 0.854, 1.3):
        n = np.geomspace(0.008, 20, 2001)
        i = 0.0
        for nk, exact in zip(n, static_current(DEVICE, v, n), strict=True):
            i = current(v, nk, guess=i)
            assert i == pytest.approx(exact, rel=1e-9)


def test_the_smallest_voltages_have_a_current():
    for v in (-1e-12, -1e-9, 1e-12, 1e-9):
        assert 0 < current(v, 0.5) / v < 1e-3
    assert current(1e-300, 0.5) >= 0 >= current(-1e-300, 0.5)
    assert current(0.0, 0.5, guess=1e-5) == 0


FREE = sorted(set(PARAMETERS) - {"Ninit", "Nlo", "Nhi", "Ndiscmin", "l"})
LEGAL = st.fixed_dictionaries(
    {name: st.floats(PARAMETERS[name].low, PARAMETERS[name].high) for name in FREE if name != "flim"}
    | {"flim": st.integers(0, 1), "Ndiscmin": st.floats(1e-4, 9e-4), "l": st.floats(0.1, 1.99)}
)


@given(LEGAL, st.floats(0, 1e5))
def test_every_legal_device_has_a_current_and_a_rate_at_any_voltage(parameters, rs):
    device = legal(DEVICE.parameters | parameters)
    p, (r, l) = vector(device), (device.r, device.l)  # noqa: E741
    for v in (-20.0, -1.3, -0.2, -1e-4, 1e-4, 0.2, 1.3, 20.0):
        for n in (1e-4, 0.008, 0.3, 20.0, 1100.0):
            i = full.current(v, n, r, l, rs, p, 0.0)
            across = v - rs * i
            assert i * v > 0 and 0 <= i * rs / v <= 1
            assert full.current(v, n, r, l, rs, p, 0.9 * i) * v > 0
            speed = kinetics.rate(across, i, n, r, l, device.Ndiscmin, device.Ndiscmax, p)
            assert math.isfinite(speed) and speed * v <= 0


def test_the_slopes_are_the_derivatives():
    """A wrong slope would be found by no other test: the solver would be slow, not wrong."""
    lowering, phibn0, psi0 = 0.3, 0.18, 0.08

    def tunnelling(j):
        return full._tunnelling(j, 0.3 - 4e3 * j, -4e3, 300 + 1e7 * j, 1e7, 4e-9, 0.02, lowering, phibn0, psi0)

    def thermionic(j):
        return full._thermionic(j, 0.05 - 4e2 * j, -4e2, 300 + 1e7 * j, 1e7, 4e-9, lowering, phibn0, psi0)

    for excess in (tunnelling, thermionic):
        for j in (1e-6, 1e-5, 5e-5):
            slope = (excess(j * (1 + 1e-6))[0] - excess(j * (1 - 1e-6))[0]) / (2e-6 * j)
            assert excess(j)[1] == pytest.approx(slope, rel=1e-6)


@given(st.floats(1e-6, 40))
def test_hyperbolic_functions_lose_no_digits(x):
    tanh, sech2, rest = full._hyperbolic(x)
    exact = x**3 / 3 - 2 * x**5 / 15 + 17 * x**7 / 315 if x < 0.01 else float(x - np.tanh(np.longdouble(x)))
    assert (tanh, sech2) == pytest.approx((math.tanh(x), 1 / math.cosh(x) ** 2), rel=1e-13)
    assert rest == pytest.approx(exact, rel=1e-12)


# ---- radius and length of the disc


def test_radius_and_length_follow_the_concentration():
    follows = DEVICE.replace(Nref=0.06, drdN=4e-9, dldN=-0.05)
    for n in (0.008, 0.06, 1.0, 3.0):
        same = DEVICE.replace(r=45e-9 + 4e-9 * (n - 0.06), l=0.4 - 0.05 * (n - 0.06))
        assert conductance(follows, n) == pytest.approx(float(conductance(same, n)), rel=1e-9)
        assert rate(follows, -0.5, n) == pytest.approx(float(rate(same, -0.5, n)), rel=1e-7)
    for n, scale in ((18.0, 2), (20.0, 2)):  # within a factor 2
        same = DEVICE.replace(r=scale * 45e-9, l=0.4 / scale)
        assert conductance(follows, n) == pytest.approx(float(conductance(same, n)), rel=1e-9)


def test_conductance_takes_radius_and_length():
    r, l = np.array([40e-9, 45e-9, 50e-9]), np.array([[0.35], [0.4]])  # noqa: E741
    g = conductance(DEVICE, 0.5, r, l)
    assert g.shape == (2, 3)
    for row in range(2):
        for column in range(3):
            same = DEVICE.replace(r=r[column], l=l[row, 0])
            assert g[row, column] == conductance(same, 0.5)
    assert conductance(DEVICE, 0.5, r=r)[1] == conductance(DEVICE, 0.5)
    assert conductance(DEVICE, 0.5, l=0.4) == conductance(DEVICE, 0.5)


@given(st.floats(0, 1), st.floats(36e-9, 54e-9), st.floats(0.32, 0.48))
def test_concentration_of_a_device_that_has_walked(share, r, l):  # noqa: E741
    low, high = conductance(WINDOW, WINDOW.bounds, r, l)
    g = low + share * (high - low)
    n = concentration(WINDOW, g, r, l)
    assert WINDOW.bounds[0] <= n <= WINDOW.bounds[1]
    assert conductance(WINDOW, n, r, l) == pytest.approx(g, rel=1e-9)


def test_concentration_with_the_devices_own_radius_is_the_maps():
    g = np.linspace(101e-6, 543e-6, 300).reshape(3, 100)
    assert concentration(WINDOW, g, r=45e-9) == pytest.approx(concentration(WINDOW, g), rel=1e-4)
    with pytest.raises(ValueError, match=r"600\. uS is outside the device's range, 119\.78 to 570\.45 uS"):
        concentration(WINDOW, 600e-6, r=50e-9)


def test_a_conductance_that_falls_with_the_concentration_has_no_inverse():
    device = DEVICE.replace(drdN=-20e-9)
    assert conductance_map(device)(0.5) == pytest.approx(float(conductance(device, 0.5)), rel=1e-4)
    with pytest.raises(ValueError, match="does not rise with the concentration"):
        conductance_map(device).inverse(100e-6)


# ---- shapes and errors


def test_arguments_broadcast():
    assert static_current(DEVICE, np.linspace(-1, 1, 5)[:, None], np.geomspace(0.01, 10, 3)).shape == (5, 3)
    assert rate(DEVICE, 0.5, 1.0).shape == ()
    assert conductance(DEVICE, np.ones((2, 2))).shape == (2, 2)


def test_one_at_a_time_equals_all_at_once():
    v, n = np.array([-1.0, -0.2, 0.1, 1.2]), np.array([0.01, 1, 5, 19])
    assert [float(static_current(DEVICE, a, b)) for a, b in zip(v, n, strict=True)] == list(
        static_current(DEVICE, v, n)
    )


@pytest.mark.parametrize(("v", "n"), [(np.nan, 1), (np.inf, 1), (0.2, 0), (0.2, -1), (0.2, np.nan), (0.2, np.inf)])
def test_arguments_without_meaning_are_refused(v, n):
    for function in (static_current, rate):
        with pytest.raises(ValueError, match="finite"):
            function(DEVICE, v, n)


@pytest.mark.parametrize(
    ("call", "text"),
    [
        (lambda: static_current(DEVICE, [0.1, np.nan], 1), r"v \[V\] must be finite, not nan"),
        (lambda: rate(DEVICE, 0.1, [1, -2]), r"n_disc \[1e26 m\^-3\] must be finite and positive, not -2"),
        (lambda: conductance(DEVICE, 1, r=0), r"r \[m\] must be finite and positive, not 0"),
        (lambda: conductance(DEVICE, 1, l=np.inf), r"l \[nm\] must be finite and positive, not inf"),
        (lambda: concentration(DEVICE, 1e-4, r=-1e-9), r"r \[m\] must be finite and positive, not -1e-09"),
    ],
)
def test_a_refusal_names_argument_and_value(call, text):
    with pytest.raises(ValueError, match=text):
        call()


@pytest.mark.parametrize("g", [90e-6, 560e-6, -1e-6, 0.0, np.nan, np.inf, [200e-6, 1.0]])
def test_conductances_that_cannot_be_are_refused_with_the_range(g):
    with pytest.raises(ValueError, match=r"100\.16 to 543\.4\d* uS"):
        concentration(WINDOW, g)
