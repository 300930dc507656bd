"""C2C in circuits: the walk acts during the transient, exactly by its law at the ends of its steps; reads see it."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from scipy.stats import kstest

import ouro_spice as ouro
from ouro_spice import c2c, compact
from ouro_spice.compact import philox
from ouro_spice.variability import VARYING

pytestmark = pytest.mark.ngspice

STILL = ouro.jart_vcm_v1b(window=True)
WALKING = STILL.replace(walk=ouro.Walk())
SET, RESET = ouro.Pulse(-0.45, 300e-9), ouro.Pulse(0.95, 300e-9)
QUIET = ouro.Walk(kick=0, progress=0, kick_min=0, kick_max=0)


def write_s(pulse):
    return pulse.duration


@pytest.fixture(scope="module")
def wave(engine):
    return ouro.simulate(ouro.Cell1R(WALKING), [SET], ouro.Cell1R(WALKING).state(250e-6), seed=3, engine=engine)


def test_the_clock_counts_write_pulse_time_rise_to_fall(wave):
    (wander,) = wave.state.wander
    assert wander.count == int(SET.duration / 10e-9)
    assert wander.clock_s == pytest.approx(SET.duration % 10e-9, abs=1e-15)


def test_the_walk_is_that_of_its_law_at_the_ends_of_its_steps(wave):
    """u, rho, bands: the whole law once more, in plain Python, on the concentrations of the transient."""
    walk, own = WALKING.walk, np.array([getattr(WALKING, name) for name in VARYING])
    ends = 10e-9 * np.arange(1, int(SET.duration / 10e-9) + 1)
    n = np.exp(np.interp(np.concatenate([[0], ends]), wave.time_s, np.log(wave["n_disc"])))
    r, l, n_min, n_max = own  # noqa: E741
    for k, u in enumerate(2 * philox.walk_uniforms(c2c.key(3), 0, len(ends)) - 1):
        rho = max(n[k + 1] - n[k], 0) / (n_max - n[k])
        n_max = np.clip(n_max * (1 + walk.kick_max * u[0]), 0.9 * own[3], 1.1 * own[3])
        n_min = np.clip(n_min * (1 + walk.kick_min * u[1]), 0.1 * own[2], 1.9 * own[2])
        l = np.clip(l * (1 + 0.01 * u[2] + rho * 0.1 * u[3]), 0.9 * own[1], 1.1 * own[1])  # noqa: E741
        r = np.clip(r * (1 + 0.01 * u[4] + rho * 0.1 * u[5]), 0.9 * own[0], 1.1 * own[0])
        if k + 2 < len(n):  # reached in the first fifth of the next step, and kept
            for time_s in (ends[k] + 0.21 * walk.step_s, ends[k + 1]):
                assert np.interp(time_s, wave.time_s, wave["r"]) == pytest.approx(r, rel=2e-4)
                assert np.interp(time_s, wave.time_s, wave["l"]) == pytest.approx(l, rel=2e-4)
    (wander,) = wave.state.wander
    now = np.array([getattr(wander, name) for name in VARYING])
    assert now == pytest.approx(np.array([r, l, n_min, n_max]), rel=2e-4)


def test_g_is_that_of_the_present_r_and_l(wave):
    k = len(wave.time_s) // 2
    device = STILL.replace(r=float(wave["r"][k]), l=float(wave["l"][k]))
    assert wave.g[k] == pytest.approx(float(compact.conductance(device, wave["n_disc"][k])), rel=1e-9)
    assert abs(wave["r"][k] / STILL.r - 1) > 1e-3


def test_same_seed_same_trajectory_other_seed_another(wave, engine):
    cell = ouro.Cell1R(WALKING)
    again = ouro.simulate(cell, [SET], cell.state(250e-6), seed=3, engine=engine)
    other = ouro.simulate(cell, [SET], cell.state(250e-6), seed=4, engine=engine)
    assert np.array_equal(again["n_disc"], wave["n_disc"]) and again.state == wave.state
    assert abs(other.g_S / wave.g_S - 1) > 1e-3


def test_a_walk_that_does_not_move_is_no_walk(engine):
    for cell in (ouro.Cell1R(STILL), ouro.Cell1T1R(STILL)):
        quiet = cell.replace(device=STILL.replace(walk=QUIET))
        for pulse, g in ((SET, 250e-6), (RESET, 450e-6)):
            a, b = (ouro.simulate(c, [pulse], cell.state(g), engine=engine) for c in (cell, quiet))
            assert b.g_S == pytest.approx(a.g_S, rel=1e-3)


@pytest.mark.parametrize("make", [ouro.Cell1R, ouro.Cell1T1R])
@pytest.mark.parametrize("split_s", [61e-9, 98.7e-9, 250e-9])
def test_resume_anywhere_with_the_walk(engine, make, split_s):
    cell = make(WALKING)
    for pulse, g in ((SET, 250e-6), (RESET, 420e-6)):
        state = cell.state(g)
        whole = ouro.simulate(cell, [pulse], state, seed=5, engine=engine)
        first = ouro.simulate(cell, [pulse], state, seed=5, stop_s=split_s, engine=engine)
        second = ouro.simulate(cell, [pulse], first.state, seed=5, start_s=split_s, engine=engine)
        assert second.g_S == pytest.approx(whole.g_S, rel=1e-3)
        assert second.state.wander[0].count == whole.state.wander[0].count
        assert second.state.wander[0].vector == pytest.approx(whole.state.wander[0].vector, rel=1e-3, abs=1e-13)


def test_pulses_one_by_one_are_pulses_together(engine):
    cell = ouro.Cell1R(WALKING)
    pulses = [SET, RESET, ouro.Pulse(-0.5, 43e-9), SET]
    whole = ouro.simulate(cell, pulses, cell.state(250e-6), seed=1, engine=engine)
    state = cell.state(250e-6)
    for pulse in pulses:
        state = ouro.simulate(cell, [pulse], state, seed=1, engine=engine).state
    assert state == whole.state
    assert np.all(np.diff(whole.time_s) > 0)


def test_a_long_pulse_is_cut_into_transients_that_join(engine):
    cell = ouro.Cell1R(WALKING)
    pulse = ouro.Pulse(-0.4143, 12e-6)
    wave = ouro.simulate(cell, [pulse], cell.state(120e-6), seed=2, engine=engine)
    assert wave.time_s[-1] == pytest.approx(cell.duration([pulse]))
    assert wave.state.wander[0].count == 1200
    assert np.all(np.diff(wave.time_s) > 0)
    assert np.max(np.abs(np.diff(np.log(wave["r"])))) < 0.0101


def test_reads_and_idle_time_do_not_advance_the_walk_and_reads_see_it(engine):
    cell = ouro.Cell1R(WALKING)
    live = ouro.live(cell, cell.state(250e-6), seed=3)
    live.apply(dataclasses.replace(SET, idle=1e-6))
    before = live.state.wander
    reading = live.read()
    assert live.state.wander == before
    assert reading == pytest.approx(live.g_S, rel=1e-3)
    nominal = float(compact.conductance(STILL, live.state.n_disc[0]))
    assert abs(live.g_S / nominal - 1) > 2e-3


def test_failures_keep_their_code(engine):
    cell = ouro.Cell1R(WALKING)
    with ouro.Ngspice(timeout_s=1e-3) as hasty:
        wave = ouro.simulate(cell, [SET], throw=False, engine=hasty)
    assert wave.result is ouro.Result.TIMEOUT and wave.state is None


def half_cycles(engine, pulses, seed=0):
    cell = ouro.Cell1R(STILL.replace(walk=ouro.HalfCycleWalk()))
    return ouro.simulate(cell, pulses, cell.state(250e-6), seed=seed, engine=engine)


def test_the_guides_walk_takes_a_step_at_each_new_polarity(engine):
    for pulses, count in (([SET], 1), ([SET, SET], 1), ([SET, RESET], 2), ([SET, RESET, RESET, SET], 3)):
        assert half_cycles(engine, pulses).state.wander[0].count == count


def test_the_guides_r_and_l_follow_the_state(engine):
    """x = x_old + (x_new - x_old) (N - N_old) / (Nmax - N_old) in SET; / (Nmin - N_old) in RESET."""
    wave = half_cycles(engine, [SET])
    (w,) = wave.state.wander
    share = (wave["n_disc"] - w.n_begin) / (w.Ndiscmax - w.n_begin)
    assert wave["r"] == pytest.approx(STILL.r + (w.r - STILL.r) * share, rel=1e-6)
    assert wave["l"] == pytest.approx(STILL.l + (w.l - STILL.l) * share, rel=1e-6)
    both = half_cycles(engine, [SET, RESET])
    (w,) = both.state.wander
    assert w.r_before == pytest.approx(wave["r"][-1], rel=1e-9)
    share = (both["n_disc"][-1] - w.n_begin) / (w.Ndiscmin - w.n_begin)
    assert both["r"][-1] == pytest.approx(w.r_before + (w.r - w.r_before) * share, rel=1e-6)
    assert 0 < share <= 1


def test_the_guides_steps_follow_the_law_and_stay_in_their_ranges():
    """xi_k = xi_(k-1) (1 +- D P): D = .9 for Nmin, .1 for the others."""
    device = STILL.replace(walk=ouro.HalfCycleWalk())
    own = np.array([getattr(device, name) for name in VARYING])
    first = []
    for seed in range(300):
        wander, n = c2c.begun(device, 1.0), 1.0
        for k in range(6):
            _, wander = c2c.half_cycle(device, n, wander, 1 if k % 2 else -1, seed)
            values = np.array([getattr(wander, name) for name in VARYING])
            assert np.all(values >= np.array(device.walk.low) * (1 - 1e-12))
            assert np.all(values <= np.array(device.walk.high) * (1 + 1e-12))
            if k == 0:
                first.append(values / own)
    first = np.array(first)
    assert kstest(first[:, 0], "uniform", args=(0.9, 0.2)).pvalue > 1e-3
    inside = first[:, 2] > 0.5
    assert kstest(first[inside, 2], "uniform", args=(0.5, 1.4)).pvalue > 1e-3
    assert np.mean(~inside) == pytest.approx(0.4 / 1.8, abs=0.08)


def test_resume_with_the_guides_walk(engine):
    cell = ouro.Cell1R(STILL.replace(walk=ouro.HalfCycleWalk()))
    state = cell.state(250e-6)
    whole = ouro.simulate(cell, [SET], state, seed=5, engine=engine)
    first = ouro.simulate(cell, [SET], state, seed=5, stop_s=98e-9, engine=engine)
    second = ouro.simulate(cell, [SET], first.state, seed=5, start_s=98e-9, engine=engine)
    assert second.g_S == pytest.approx(whole.g_S, rel=1e-3)
    assert second.state.wander == whole.state.wander


def test_stationary_states_have_walked_and_have_the_conductance_asked_for():
    spread = []
    for seed in range(200):
        state = ouro.stationary(WALKING, 300e-6, seed)
        (w,) = state.wander
        assert (w.count, w.clock_s) == (0, 0.0)
        device = STILL.replace(r=w.r, l=w.l)
        assert float(compact.conductance(device, state.n_disc[0])) == pytest.approx(300e-6, rel=1e-6)
        spread.append(w.l / STILL.l - 1)
    # a walk between two walls 10 % away: uniform but for what sticks to the walls
    assert np.std(spread) == pytest.approx(0.2 / np.sqrt(12), rel=0.2)
    with pytest.raises(ValueError, match="needs a device with an ouro_spice"):
        ouro.stationary(STILL, 300e-6)


def test_a_step_a_pulse_is_drawn_then_read(engine):
    """After each pulse r, l and g are those of the compact model on the same numbers, from the first pulse on."""
    pulse = ouro.Pulse(-0.37, 10e-9, 1e-9, 1e-9)
    device = STILL.replace(walk=ouro.Walk(pulse.duration))
    circuit, compact_cell = ouro.Cell1R(device), ouro.CompactCell(device)
    live = [ouro.live(cell, circuit.state(250e-6), seed=9) for cell in (circuit, compact_cell)]
    for _ in range(6):
        waves = [cell.apply(pulse) for cell in live]
        assert live[0].g_S == pytest.approx(live[1].g_S, rel=2e-4)
        for cell, wave in zip(live, waves, strict=True):
            assert wave.g_S == pytest.approx(cell.g_S, rel=1e-4)
        assert waves[0]["r"][-1] == pytest.approx(waves[1]["r"][-1], rel=1e-6)
        assert abs(live[0].g_S / 250e-6 - 1) > 1e-4


def test_a_limit_that_walks_past_the_state_takes_it_along(engine):
    """Full range, N at Nmin: held inside the walk's limits as the law has it, in SPICE and without."""
    device = ouro.jart_vcm_v1b(walk=ouro.Walk())
    pushed = 0
    for seed in range(4):
        ends = []
        for cell in (ouro.Cell1R(device), ouro.CompactCell(device)):
            wave = ouro.simulate(cell, [ouro.Pulse(0.3, 300e-9)], ouro.State((0.008,)), seed, engine=engine)
            ends.append(wave.state.n_disc[0])
        assert ends[0] == pytest.approx(ends[1], rel=0.02)
        pushed += ends[1] > 0.0085
    assert pushed >= 2


def test_a_window_stops_the_state_and_does_not_move_it(engine):
    for cell in (ouro.Cell1R(WALKING), ouro.CompactCell(WALKING)):
        for n in (0.03, 5.0):
            wave = ouro.simulate(cell, [ouro.Pulse(-1e-3, 50e-9)], ouro.State((n,)), engine=engine)
            assert wave.state.n_disc[0] == pytest.approx(n, rel=1e-6)


@pytest.mark.parametrize(("volts", "n"), [(0.6, 0.008), (0.6, 0.02), (-0.6, 19.9)])
def test_the_guides_walk_from_a_limit(volts, n):
    """Next to no way to go: r and l change steeply over it, or not at all; never an error."""
    nominal = ouro.jart_vcm_v1b(walk=ouro.HalfCycleWalk())
    for seed, device in enumerate(nominal.draw(np.random.default_rng(1), 40)):
        wave = ouro.simulate(ouro.CompactCell(device), [ouro.Pulse(volts, 100e-9)], ouro.State((n,)), seed)
        assert np.all(np.isfinite(wave.g))
        assert np.all((wave["r"] > 0.85 * 45e-9) & (wave["r"] < 1.15 * 45e-9))


def test_a_pulse_of_no_volts_is_no_new_polarity():
    cell = ouro.CompactCell(STILL.replace(walk=ouro.HalfCycleWalk()))
    live = ouro.live(cell, cell.state(250e-6), seed=2)
    live.apply(SET)
    before, g = live.state.wander[0], live.g_S
    live.apply(ouro.Pulse(0.0, 1e-6))
    live.apply(ouro.Pulse(-1e-3, 1e-9))
    assert live.state.wander[0] == before
    assert live.g_S == pytest.approx(g, rel=1e-9)


@pytest.mark.parametrize("model", compact.MODELS)
def test_stationary_states_of_the_models(model):
    cell = ouro.CompactCell(WALKING, model)
    state = ouro.stationary(WALKING, 250e-6, seed=3, model=model)
    assert ouro.live(cell, state).read() == pytest.approx(250e-6, rel=1e-5)
