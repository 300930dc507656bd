"""D2D draws: the law of each preset, reproducibility, and what is refused; walks and noise as descriptions."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import kstest, truncnorm

import ouro_spice as ouro
from ouro_spice.device.jart.spread import SPREADS, VARYING

NOMINAL = ouro.jart_vcm_v1b(window=True)
OWN = np.array([getattr(NOMINAL, name) for name in VARYING])
# the published ranges of r [m], l [nm], Nmin and Nmax [1e26 m^-3]
LOW = np.array([40.5e-9, 0.36, 0.004, 18])
HIGH = np.array([49.5e-9, 0.44, 0.016, 22])


def drawn(law, size=4000, seed=1):
    devices = NOMINAL.draw(np.random.default_rng(seed), size, law)
    return np.array([[getattr(device, name) for name in VARYING] for device in devices])


@pytest.mark.parametrize("law", SPREADS)
def test_draws_stay_in_the_published_ranges(law):
    values = drawn(law)
    assert np.all(values >= LOW * (1 - 1e-12)) and np.all(values <= HIGH * (1 + 1e-12))


@pytest.mark.parametrize(("law", "sigma"), [("ten_percent", 0.1 * OWN), ("in_use", np.array([5e-9, 0.04, 2e-3, 1.0]))])
def test_truncated_presets_follow_the_truncated_gaussian(law, sigma):
    values = drawn(law)
    for k, name in enumerate(VARYING):
        a, b = (LOW[k] - OWN[k]) / sigma[k], (HIGH[k] - OWN[k]) / sigma[k]
        assert kstest(values[:, k], truncnorm(a, b, OWN[k], sigma[k]).cdf).pvalue > 1e-3, name


def test_the_clamped_preset_puts_most_devices_at_the_ends():
    values = drawn("yu")
    at_an_end = np.isclose(values, LOW, rtol=1e-9, atol=0) | np.isclose(values, HIGH, rtol=1e-9, atol=0)
    # sigma = mean: a share of 2 (1 - Phi(.1)) = .92 of r and l lies outside +-10 %
    assert at_an_end[:, :2].mean() == pytest.approx(0.920, abs=0.02)
    assert at_an_end[:, 3].mean() == pytest.approx(0.920, abs=0.02)


@pytest.mark.parametrize("law", SPREADS)
def test_parameters_are_drawn_independently(law):
    correlation = np.corrcoef(drawn(law).T)
    assert np.max(np.abs(correlation - np.eye(4))) < 0.06


def test_the_same_generator_gives_the_same_devices_and_more_of_them_begin_alike():
    few, many = (NOMINAL.draw(np.random.default_rng(5), size) for size in (3, 20))
    assert many[:3] == few
    assert NOMINAL.draw(np.random.default_rng(6), 3) != few
    assert NOMINAL.draw(np.random.default_rng(6), 0) == []


def test_what_does_not_vary_is_kept():
    device = ouro.jart_vcm_v1b(window=True, walk=ouro.Walk(), T0=350)
    for one in device.draw(np.random.default_rng(0), 5):
        assert one.replace(**{name: getattr(device, name) for name in VARYING}) == device


@given(st.floats(0, 0.3), st.integers(0, 2**32 - 1))
def test_any_sigma_stays_in_range_and_none_means_the_nominal_value(sigma, seed):
    law = ouro.Spread(sigma=(sigma, sigma, 0.0, 0.0))
    factors = law.factors(np.random.default_rng(seed), 50)
    assert np.all((factors >= law.low) & (factors <= law.high))
    assert np.all(factors[:, 2:] == 1)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: NOMINAL.draw(np.random.default_rng(0), 3, "gauss"), "'gauss' is unknown; there is ten_percent"),
        (lambda: NOMINAL.draw(7, 3), "must be a numpy Generator"),
        (lambda: NOMINAL.draw(np.random.default_rng(0), -1), "size = -1 must be a whole number"),
        (lambda: ouro.Spread(sigma=(0.1, 0.1)), "must be a tuple of 4 numbers"),
        (lambda: ouro.Spread(sigma=(0.1, float("nan"), 0.1, 0.1)), "sigma = nan is outside"),
        (lambda: ouro.Spread(low=(1.2, 0.9, 0.5, 0.9)), "must enclose 1"),
        (lambda: ouro.jart_vcm_v1b(r=100e-9, walk=ouro.Walk()), "the walk takes r out of its range: r = 1.1e-07"),
        (lambda: ouro.jart_vcm_v1b(l=2.9, walk=ouro.Walk()), "the walk takes l = 2.9 nm beyond lcell"),
        (lambda: ouro.jart_vcm_v1b(Ndiscmin=10.0, Ninit=12.0, walk=ouro.Walk()), "the walk takes Ndiscmin beyond"),
        (lambda: ouro.jart_vcm_v1b(drdN=1e-9, walk=ouro.HalfCycleWalk()), "must be 0 with a HalfCycleWalk"),
        (lambda: ouro.spread_windows([NOMINAL], 7), "must be a numpy Generator"),
        (lambda: ouro.static_current("dev", 0.2, 1.0), "device = 'dev' must be an ouro_spice.Memristor"),
        (lambda: ouro.Walk(step_s=-1e-9), "step_s = -1e-09 is outside"),
        (lambda: ouro.Walk(kick=float("nan")), "kick = nan is outside"),
        (lambda: ouro.Walk(band=1.0), "band = 1 is outside"),
        (lambda: ouro.HalfCycleWalk(kick=2.0), "kick = 2 is outside"),
        (lambda: ouro.HalfCycleWalk(low=(2, 2, 2, 2)), "must be positive and below high"),
        (lambda: ouro.ReadNoise(mean_Hz=-1.0), "mean_Hz = -1 is outside"),
        (lambda: ouro.jart_vcm_v1b(walk=10e-9), "walk = 1e-08 must be None or Walk or HalfCycleWalk"),
        (lambda: ouro.jart_vcm_v1b(read_noise=True), "read_noise = True must be None or ReadNoise"),
        (lambda: ouro.jart_vcm_v1b(realisation="magic"), "realisation 'magic' is unknown"),
        (
            lambda: ouro.jart_vcm_v1b(realisation="tud", eps=16),
            "eps = 16: the fit of the model tud holds it at its default",
        ),
    ],
)
def test_bad_input_is_refused_by_name(make, words):
    with pytest.raises(ValueError, match=r"^") as caught:
        make()
    assert words in str(caught.value)


def test_a_device_with_impossible_bounds_is_refused_when_drawn():
    tight = ouro.jart_vcm_v1b(Ndiscmin=17.0, Ndiscmax=20.0, Ninit=18.0)
    with pytest.raises(ValueError, match=r"Ndiscmin = .* must be below Ndiscmax"):
        tight.draw(np.random.default_rng(0), 100)


def test_windows_of_their_own():
    devices = NOMINAL.draw(np.random.default_rng(3), 200)
    moved = ouro.spread_windows(devices, np.random.default_rng(4))
    before, after = (np.array([ouro.Cell1R(d).window_S for d in group]) for group in (devices, moved))
    shifts = (after - before) / (before[:, 1] - before[:, 0])[:, None]
    assert np.all(np.abs(shifts) <= 0.05 + 1e-6)
    assert kstest(shifts.ravel(), "uniform", args=(-0.05, 0.1)).pvalue > 1e-3
    assert [d.replace(Nlo=NOMINAL.Nlo, Nhi=NOMINAL.Nhi, Ninit=NOMINAL.Ninit) for d in moved] == devices
    assert all(d.Nlo <= d.Ninit <= d.Nhi for d in moved)
    with pytest.raises(ValueError, match=r"share = 0\.7 is outside"):
        ouro.spread_windows(devices, np.random.default_rng(4), share=0.7)


def test_a_wander_survives_the_kernels_form():
    wander = ouro.WalkState.at(44e-9, 0.41, 0.01, 19.5, 0.3)
    assert ouro.WalkState.from_vector(wander.vector, wander.polarity) == wander
