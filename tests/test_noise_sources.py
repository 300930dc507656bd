"""The experiment on the sources of noise: limits in which nothing happens, and what follows from the law alone."""

from __future__ import annotations

import json

import numpy as np
import pytest

from ouro_spice import CompactCell, Walk, jart_vcm_v1b
from ouro_spice.cli.noise_sources import Solved
from ouro_spice.cli.noise_sources import noise_sources as command
from ouro_spice.compact.jart import elementwise, parameter_vector
from ouro_spice.compact.jart import jart_characteristics as characteristics
from ouro_spice.compact.jart.integration import follow
from ouro_spice.compact.jart.walk_kernel import KICK_L, KICK_R, NMIN, PROGRESS, start
from ouro_spice.evaluation.noise_sources import noise_cases, noise_study, noisy_pulses, walk_theory
from ouro_spice.evaluation.noise_sources.constant_devices import ConstantDevices

DEVICE = jart_vcm_v1b(window=True)
REDUCED, FULL = CompactCell(DEVICE, "reduced"), CompactCell(DEVICE, "full")
SLOW = {"set": -0.342, "reset": 0.7065}
QUICK = {"set": -0.4162, "reset": 0.8587}
ALONE = {case.name: case for case in noise_cases.ALONE}
BOTH = pytest.mark.parametrize("direction", ["set", "reset"])
pytestmark = pytest.mark.filterwarnings("error")


def drawn(n=40, cell=REDUCED, seed=3):
    return noisy_pulses.Pairs.draw(cell, n, seed)


def test_a_case_switches_the_kicks_of_its_sources_and_no_others():
    s = noise_cases.Case("some", frozenset({"r", "progress"})).settings(Walk())
    assert s[KICK_R] == 0.01 and s[PROGRESS] == 0.1
    assert s[KICK_L] == 0 and np.count_nonzero(s[1:6]) == 2
    np.testing.assert_array_equal(noise_cases.CYCLES.settings(Walk(20e-9)), Walk(20e-9).settings)


def test_an_unknown_source_is_named():
    with pytest.raises(ValueError, match="'temperature' is unknown"):
        noise_cases.Case("hot", frozenset({"temperature"}))


def test_every_source_is_once_alone_and_once_missing():
    assert {case.sources for case in noise_cases.ALONE} == {frozenset({name}) for name in noise_cases.SOURCES}
    assert all(len(noise_cases.EVERYTHING.sources - case.sources) == 1 for case in noise_cases.WITHOUT)


def test_devices_take_from_a_draw_what_their_case_says():
    pairs = drawn(6)
    nominal = pairs.devices.nominal
    for source, place in zip(
        noise_cases.D2D,
        (parameter_vector.R, parameter_vector.L, parameter_vector.NDISCMIN, parameter_vector.NDISCMAX),
        strict=True,
    ):
        p = pairs.devices.vectors(ALONE[f"only {source}"])
        assert set(np.flatnonzero((p != nominal).any(axis=0))) == {place}
    p = pairs.devices.vectors(ALONE["only window"])
    g = characteristics.conductance(DEVICE, p[:, [parameter_vector.NLO, parameter_vector.NHI]], model="reduced")
    low, high = REDUCED.window_S
    assert np.all(np.abs(g - (low, high)) <= 0.0501 * (high - low)) and np.ptp(g[:, 0]) > 0


def test_starts_and_targets_are_uniform_and_both_directions_have_the_same():
    pairs = drawn(4000)
    low, high = REDUCED.window_S
    both = (np.append(pairs.low_S, pairs.high_S) - low) / (high - low)
    assert np.abs(np.sort(both) - (np.arange(8000) + 0.5) / 8000).max() < 0.025
    assert np.all(pairs.low_S < pairs.high_S)
    np.testing.assert_array_equal(pairs.way(-1.0)[0], pairs.way(1.0)[1])
    np.testing.assert_array_equal(pairs.keys, drawn(4000).keys)


@BOTH
@pytest.mark.parametrize("cell", [REDUCED, FULL], ids=["reduced", "full"])
def test_without_noise_nothing_differs(cell, direction):
    found = noisy_pulses.run(cell, noise_cases.NOTHING, drawn(cell=cell), QUICK[direction], Walk())
    np.testing.assert_allclose(found.ratio, 0, atol=1e-12)
    np.testing.assert_allclose(found.end_S, found.target_S, rtol=1e-6)


@BOTH
@pytest.mark.parametrize("cell", [REDUCED, FULL], ids=["reduced", "full"])
def test_times_are_those_of_the_integration(cell, direction):
    """The integral of dN over the rate against the transient kernel, another method."""
    amplitude, (low, high) = QUICK[direction], (150e-6, 450e-6)
    begin, end = (low, high) if direction == "set" else (high, low)
    still = ConstantDevices.of(cell, parameter_vector.vector(DEVICE)[None], amplitude)
    needed = still.needed_s(np.array([begin]), np.array([end]))
    n = float(characteristics.concentration(DEVICE, begin, model=cell.model))
    more = {"until_g_S": end, "grid_s": needed[0] / 4000, "threads": 1}
    found = follow(cell.model, [DEVICE], [0, 2 * needed[0]], [amplitude, amplitude], n, **more)
    ended = follow(cell.model, [DEVICE], [0, needed[0]], [amplitude, amplitude], n, threads=1)
    assert found.time_s[np.isfinite(found.n[0])][-1] == pytest.approx(needed[0], rel=2e-3)
    assert characteristics.conductance(DEVICE, ended.n_end, model=cell.model)[0] == pytest.approx(end, rel=2e-3)
    assert still.end_S(np.array([begin]), needed)[0] == pytest.approx(end, rel=1e-6)


@BOTH
@pytest.mark.parametrize("source", ["Nmin", "Nmax", "D2D Nmin", "D2D Nmax"])
def test_limits_far_outside_the_window_cannot_act(direction, source):
    found = noisy_pulses.run(REDUCED, ALONE[f"only {source}"], drawn(), QUICK[direction], Walk())
    # what is left is the step in which a crossing is seen, and the error of both integrations
    assert np.all(np.abs(found.needed_s - found.noise_free_s) < 5.1e-9 + 1e-3 * found.noise_free_s)
    assert np.median(np.abs(found.end_S / found.target_S - 1)) < 1e-3


def test_the_limits_that_the_walk_can_reach_leave_the_rate_as_it_is():
    low, high = DEVICE.bounds
    for amplitude, n in ((-0.342, high), (0.7065, low)):
        limits = (DEVICE.Ndiscmin * 1.9, DEVICE.Ndiscmax * 0.9)
        moved = characteristics.rate(DEVICE, amplitude, n, "reduced", limits=limits)
        assert moved == pytest.approx(characteristics.rate(DEVICE, amplitude, n, "reduced"), rel=2e-6)


@BOTH
def test_a_window_of_its_own_hides_targets_and_changes_no_time(direction):
    pairs = drawn(200)
    found = noisy_pulses.run(REDUCED, ALONE["only window"], pairs, QUICK[direction], Walk())
    reached = np.isfinite(found.ratio)
    np.testing.assert_allclose(found.ratio[reached], 0, atol=1e-9)
    assert 0 < np.sum(~reached) < 0.1 * len(reached)
    # a target that is hidden is missed by no more than the window has moved
    low, high = REDUCED.window_S
    assert np.all(np.abs(found.end_S - found.target_S)[~reached] <= 0.0501 * (high - low))


@BOTH
def test_the_rate_falls_with_a_high_power_of_r_and_with_l_itself(direction):
    """Without r and l in the current the field of a SET goes with 1 / r^2, that of a RESET with neither."""
    for n_disc in (0.07, 0.5, 1.9):
        found = walk_theory.levers(REDUCED, SLOW[direction], n_disc)
        assert found["l"] == pytest.approx(-1, abs=1e-6)
        assert -32 < found["r"] < -20
        assert max(abs(found["Ndiscmin"]), abs(found["Ndiscmax"])) < 1e-5


def test_the_chain_is_the_walk():
    """Against walkers of the kernel, and its memory against Brownian motion between walls, W^2 / (pi^2 D)."""
    chain, walk = walk_theory.Chain.of(0.01, 0.1), Walk()
    count = 2000
    p = np.tile(parameter_vector.vector(DEVICE), (count, 1))
    n = p[:, parameter_vector.NINIT].copy()
    w, g = start(p, n), np.full(count, 300e-6)
    keys = np.random.default_rng(1).integers(2**63, size=(count, 2)).astype(np.uint64)
    elementwise.settle(characteristics.MODELS.index("reduced"), 0.2, p, walk.settings, keys, 2000, w, n, g)
    r = w[:, 0] / DEVICE.r
    mean = (chain.x * chain.weights).sum()
    sigma = np.sqrt(((chain.x - mean) ** 2 * chain.weights).sum())
    assert chain.weights.sum() == pytest.approx(1)
    assert r.mean() == pytest.approx(mean, abs=4 * sigma / np.sqrt(count))
    assert r.std() == pytest.approx(sigma, rel=0.06)
    width, diffusion = np.log(1.1 / 0.9), 0.01**2 / 6
    assert chain.memory == pytest.approx(width**2 / (np.pi**2 * diffusion), rel=0.1)
    assert np.all(w[:, NMIN] <= 1.9 * DEVICE.Ndiscmin)


def test_no_kick_is_no_walk():
    averaged = walk_theory.Averaged.of(REDUCED, noise_cases.NOTHING, -0.342, Walk())
    ends = np.array([0.07]), averaged.last(np.array([450e-6]))
    begin = characteristics.conductance(DEVICE, ends[0], model="reduced")
    still = ConstantDevices.of(REDUCED, parameter_vector.vector(DEVICE)[None], -0.342)
    assert averaged.bias(*ends, still.needed_s(begin, np.array([450e-6])))[0] == pytest.approx(0, abs=1e-4)
    assert averaged.scatter(*ends)[0] == pytest.approx(0, abs=1e-6)


def test_the_variance_of_a_mean_is_the_double_sum_of_its_correlations():
    k = np.arange(50)
    for decay in (0.0, 0.5, 0.97):
        whole = (decay ** np.abs(k[:, None] - k)).sum() / 50**2
        assert walk_theory._of_mean(np.array(decay), np.array(50.0)) == pytest.approx(whole)
    assert walk_theory._of_mean(np.array(0.9), np.array(1.0)) == pytest.approx(1)


@BOTH
def test_on_long_ways_bias_and_scatter_are_those_of_the_mean_rate(direction):
    """From the window's edge to 300 uS, 1e5 steps: trajectories against the law alone."""
    low, high = REDUCED.window_S
    pairs = drawn(48)
    pairs = pairs.between(low, 300e-6) if direction == "set" else pairs.between(300e-6, high)
    found = noisy_pulses.run(REDUCED, noise_cases.CYCLES, pairs, SLOW[direction], Walk(), deploy=False)
    averaged = walk_theory.Averaged.of(REDUCED, noise_cases.CYCLES, SLOW[direction], Walk())
    way = found.n_start, averaged.last(found.target_S)
    bias, scatter = averaged.bias(*way, found.noise_free_s)[0], averaged.scatter(*way)[0]
    assert bias < -1.1
    assert np.mean(found.ratio) == pytest.approx(bias, abs=4 * scatter / np.sqrt(48) + 0.01)
    assert np.std(found.ratio) == pytest.approx(scatter, rel=0.4)


def test_a_target_is_seen_first_where_the_current_knows_r_and_l():
    """The full model reaches it at a smaller concentration in SET, a larger one in RESET, the reduced one does not."""
    target = np.array([250e-6, 400e-6])
    for cell, sign in ((REDUCED, 0), (FULL, 1)):
        nominal = characteristics.concentration(DEVICE, target, model=cell.model)
        for amplitude, way in ((-0.342, -1), (0.7065, 1)):
            seen = walk_theory.Averaged.of(cell, noise_cases.CYCLES, amplitude, Walk()).last(target)
            shift = np.log(seen / nominal)
            np.testing.assert_array_equal(np.sign(np.where(np.abs(shift) < 1e-3, 0, shift)), sign * way)


@BOTH
def test_a_walk_that_hardly_moves_on_the_way_is_a_frozen_one(direction):
    walk, pairs = Walk(kick=1e-4), drawn().between(200e-6, 260e-6)
    moving, still = (
        f(REDUCED, ALONE["only r"], pairs, QUICK[direction], walk) for f in (noisy_pulses.run, noisy_pulses.run_frozen)
    )
    assert np.std(still.ratio) > 0.05
    # but for the step in which the crossing is seen
    assert np.all(np.abs(moving.needed_s - still.needed_s) < 1e-8 + 0.05 * still.needed_s)


def test_threads_change_nothing():
    one, two = (
        noisy_pulses.run(FULL, noise_cases.EVERYTHING, drawn(12, FULL), QUICK["set"], Walk(), threads=threads)
        for threads in (1, 2)
    )
    np.testing.assert_array_equal(one.needed_s, two.needed_s)
    np.testing.assert_array_equal(one.end_S, two.end_S)


def test_the_pulse_of_the_noise_free_time_ends_where_the_time_says():
    """A device that needs longer than the noise-free time has not come to its target, and the other way round."""
    found = noisy_pulses.run(REDUCED, noise_cases.CYCLES, drawn(80), QUICK["set"], Walk())
    clear = np.abs(found.needed_s - found.noise_free_s) > 20e-9
    np.testing.assert_array_equal(found.end_S[clear] > found.target_S[clear], found.ratio[clear] < 0)


@pytest.mark.parametrize(
    ("given", "match"), [({"model": "tud"}, "'tud'"), ({"n": 5}, "n = 5"), ({"seed": -1}, "seed = -1")]
)
def test_wrong_input_is_named(given, match):
    with pytest.raises(ValueError, match=match):
        noise_study.noise_sources(**given)


@pytest.fixture(scope="module")
def printed(tmp_path_factory):
    """The command in its quick form: its folder and what it prints."""
    import contextlib
    import io

    folder, text = tmp_path_factory.mktemp("noise"), io.StringIO()
    with contextlib.redirect_stdout(text):
        command(Solved.REDUCED, n=30, seed=1, quick=True, out=folder, workers=2, as_json=True)
    return folder, json.loads(text.getvalue())


def test_the_command_prints_and_writes_the_same(printed):
    folder, told = printed
    assert json.loads((folder / "noise_sources_reduced.json").read_text()) == told
    assert {path.name for path in folder.iterdir()} == {
        "noise_sources_reduced.json", "noise_sources_reduced.csv", "noise_alone_reduced.svg",
        "noise_length_reduced.svg", "noise_reduced.html",
    }  # fmt: skip
    assert all(path.stat().st_size < 150_000 for path in folder.glob("*.svg"))


def test_rows_hold_what_they_must(printed):
    rows = printed[1]["rows"]
    at = {(row["case"], row["direction"], row["step_s"], row["start"]): row for row in rows}
    assert len(at) == len(rows)
    for case in noise_cases.CASES:
        row = at[case.name, "set", 1e-8, "stationary"]
        assert 0 <= row["within_10"] <= row["within_20"] <= row["within_50"] <= 1
        assert row["q16"] <= row["q25"] <= row["bias"]
    assert at["only r", "set", 1e-8, "stationary"]["scatter"] > 10 * at["only l", "set", 1e-8, "stationary"]["scatter"]
    nominal, settled = (at["walk", "set", 1e-8, begin] for begin in ("nominal", "stationary"))
    assert nominal["scatter"] < settled["scatter"]


def test_the_same_seed_gives_the_same_rows(printed):
    again = noise_study.noise_sources("reduced", 30, 1, threads=1, quick=True)
    rows = {(row["case"], row["direction"], row["step_s"], row["start"]): row["bias"] for row in printed[1]["rows"]}
    for row in again.frame.itertuples():
        found = rows[row.case, row.direction, row.step_s, row.start]
        assert found == (row.bias if np.isfinite(row.bias) else None)
