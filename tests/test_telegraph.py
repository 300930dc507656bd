"""Random telegraph noise: the published chain, its clock, its amplitude; reads alone see it."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import kstest

import ouro_spice as ouro
from ouro_spice._util import philox, random_keys
from ouro_spice.device.jart.read_noise import Telegraph
from ouro_spice.simulation.jart.telegraph_noise import _CHAIN, advance, frequency_Hz

STEADY = ouro.jart_vcm_v1b(window=True, read_noise=ouro.ReadNoise(mean_Hz=1e3, sigma_Hz=0.0))


def levels(key, count, device=STEADY):
    period, now, found = 1e-3, Telegraph(), []
    for _ in range(count):
        now = advance(device, now, period, key)
        found.append(now.level)
    return np.array(found)


def test_the_chain_is_the_published_one():
    """From 0: +-1 with .2 each; from +-1: outwards .1, stay .35, to 0 .55; from +-2: stay .1, to +-1 .9."""
    assert _CHAIN.sum(axis=1) == pytest.approx(np.ones(5))
    assert _CHAIN[2] == pytest.approx([0, 0.2, 0.6, 0.2, 0])
    assert _CHAIN[3] == pytest.approx([0, 0, 0.55, 0.35, 0.1])
    assert _CHAIN[4] == pytest.approx([0, 0, 0, 0.9, 0.1])
    assert np.array_equal(_CHAIN, _CHAIN[::-1, ::-1])


def test_levels_are_met_as_often_as_the_chain_says():
    found = np.concatenate([levels(random_keys.stream_key(seed), 400) for seed in range(20)])
    share = np.linalg.matrix_power(_CHAIN, 400)[0]
    counted = [np.mean(found == level) for level in (-2, -1, 0, 1, 2)]
    assert counted == pytest.approx(share, abs=0.02)
    assert set(np.abs(np.diff(found[:400]))) <= {0, 1}


def test_time_in_one_piece_is_time_in_many():
    key, many = random_keys.stream_key(1), Telegraph()
    whole = advance(STEADY, Telegraph(), 0.0505, key)
    for _ in range(101):
        many = advance(STEADY, many, 0.0005, key)
    assert (many.level, many.count) == (whole.level, whole.count)
    assert many.clock_s == pytest.approx(whole.clock_s, abs=1e-12)


def test_years_of_rest_are_no_more_work_than_seconds():
    key, many = random_keys.stream_key(2), Telegraph()
    for _ in range(10):
        many = advance(STEADY, many, 0.5, key)
    assert advance(STEADY, Telegraph(), 5.0, key).level == many.level
    assert advance(STEADY, Telegraph(-2), 5.0, key).level == advance(STEADY, Telegraph(2), 5.0, key).level
    aged = advance(STEADY, Telegraph(), 3.2e8, key)
    assert aged.count == pytest.approx(3.2e11, rel=1e-9)


def test_a_device_has_a_frequency_of_its_own():
    """|Gaussian(50, 50)| Hz."""
    device = STEADY.replace(read_noise=ouro.ReadNoise())
    found = [frequency_Hz(device, random_keys.stream_key(seed)) for seed in range(800)]
    drawn = np.abs(np.random.default_rng(0).normal(50, 50, 100_000))
    assert kstest(found, drawn).pvalue > 1e-3


def test_the_frequency_of_a_seed_is_of_the_third_stream():
    device = STEADY.replace(read_noise=ouro.ReadNoise(50.0, 20.0))
    for seed in range(4):
        u, v = philox.walk_uniforms(random_keys.stream_key(seed), 0, 1, 3)[0][:2]
        gaussian = np.sqrt(-2 * np.log1p(-u)) * np.cos(2 * np.pi * v)
        assert frequency_Hz(device, random_keys.stream_key(seed)) == pytest.approx(abs(50 + 20 * gaussian), rel=1e-12)


def test_a_chain_that_is_never_asked_stays_where_it_is():
    never = STEADY.replace(read_noise=ouro.ReadNoise(0.0, 0.0))
    assert advance(never, Telegraph(level=1), 1e9, random_keys.stream_key(0)) == Telegraph(1, 1e9, 0)


def test_a_level_depends_on_the_last_thousand_numbers(monkeypatch):
    """Each is asked for at its place in the stream; those before are counted and not made."""
    asked, made = [], philox.walk_uniforms

    def noticed(key, first, count, stream):
        if stream == philox.READ_NOISE:
            asked.append((first, count))
        return made(key, first, count, stream)

    monkeypatch.setattr(philox, "walk_uniforms", noticed)
    for ticks in (1, 1000, 1001, 5000):
        assert advance(STEADY, Telegraph(count=7), (ticks + 0.5) * 1e-3, random_keys.stream_key(0)).count == 7 + ticks
    assert asked == [(7, 1), (7, 1000), (8, 1000), (4007, 1000)]


def test_a_jump_is_one_vacancy_in_the_disc():
    volume = np.pi * STEADY.r**2 * STEADY.l * 1e-9
    assert STEADY.observed((0.06,), Telegraph(level=1))[0] - 0.06 == pytest.approx(1e-26 / volume)
    assert STEADY.observed((0.06,), Telegraph(level=-2))[0] - 0.06 == pytest.approx(-2e-26 / volume)
    assert STEADY.observed((0.009,), Telegraph(level=-2))[0] == 0.009  # would lie below Ndiscmin
    assert STEADY.replace(Ndiscmin=0.06).observed((0.06,), Telegraph(level=0))[0] == 0.06
    down = 0.06 - 1e-26 / volume
    lowest = STEADY.observed((0.06,), Telegraph(level=-1))[0]
    assert lowest == pytest.approx(down) and lowest < 0.06
    assert (
        STEADY.replace(Ndiscmin=lowest).observed((0.06,), Telegraph(level=-1))[0] == lowest
    )  # Ndiscmin itself is seen
    assert STEADY.replace(Ndiscmin=np.nextafter(lowest, 1)).observed((0.06,), Telegraph(level=-1))[0] == 0.06


@pytest.mark.ngspice
def test_reads_see_it_and_nothing_else_does(engine):
    cell = ouro.Cell1R(STEADY)
    quiet = ouro.Cell1R(ouro.jart_vcm_v1b(window=True))
    live = ouro.live(cell, cell.state(110e-6), seed=2)
    readings = {}
    for _ in range(12):
        level = live.state.telegraph[0].level if live.state.telegraph else 0
        readings.setdefault(level, []).append(live.read())
        live.apply(ouro.Pulse(-1e-3, 1e-9, idle=1e-3))  # only to let time pass
        assert live.g_S == pytest.approx(110e-6, rel=1e-4)
    assert len(readings) > 1
    assert all(np.ptp(values) < 1e-3 * np.mean(values) for values in readings.values())
    assert ouro.live(quiet, quiet.state(110e-6), seed=2).state.telegraph == ()
    still = ouro.live(quiet, quiet.state(110e-6), seed=2)
    assert still.read() == pytest.approx(110e-6, rel=1e-3)
    jump = abs(max(map(np.mean, readings.values())) / min(map(np.mean, readings.values())) - 1)
    assert jump > 0.02
