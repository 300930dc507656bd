"""C2C in circuits: the walk acts during the transient, exactly by its law at the ends of its steps; reads see it."""

from __future__ import annotations

import dataclasses
import itertools

import numpy as np
import pytest
from scipy.stats import kstest

import ouro_spice as ouro
from ouro_spice._util import philox, random_keys
from ouro_spice.compact.jart import jart_characteristics as characteristics
from ouro_spice.device.jart import walk_values
from ouro_spice.device.jart.spread import VARYING
from ouro_spice.simulation.circuit_transient import CircuitRun
from ouro_spice.simulation.jart import walk_segment

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


def test_the_walk_is_that_of_its_law_between_the_ends_of_its_steps(wave):
    """u, rho, bands: the whole law once more, in plain Python, on the concentrations of the transient."""
    walk, own = WALKING.walk, np.array([getattr(WALKING, name) for name in VARYING])
    step = walk.step_s
    ends = step * np.arange(1, int(SET.duration / step) + 1)
    # the values are on their way to the new ones from a quarter of a step before its end on
    before = np.interp(ends[:, None] - step * np.array([0.25, 0.5]), wave.time_s, np.log(wave["n_disc"]))
    n = np.exp(np.concatenate([[np.log(wave["n_disc"][0])], 2 * before[:, 0] - before[:, 1]]))
    r, l, n_min, n_max = own  # noqa: E741
    for k, u in enumerate(2 * philox.walk_uniforms(random_keys.stream_key(3), 0, len(ends)) - 1):
        rho = max(n[k + 1] - n[k], 0) / (n_max - n[k])
        n_max = np.clip(n_max * (1 + walk.kick_max * u[0]), 0.9 * own[3], 1.1 * own[3])
        n_min = np.clip(n_min * (1 + walk.kick_min * u[1]), 0.1 * own[2], 1.9 * own[2])
        l = np.clip(l * (1 + 0.01 * u[2] + rho * 0.1 * u[3]), 0.9 * own[1], 1.1 * own[1])  # noqa: E741
        r = np.clip(r * (1 + 0.01 * u[4] + rho * 0.1 * u[5]), 0.9 * own[0], 1.1 * own[0])
        if k + 2 < len(n):
            reached = np.abs(wave.time_s - ends[k] - step / 2) < 0.2501 * step
            assert reached.any()
            assert wave["r"][reached] == pytest.approx(r, rel=2e-4)
            assert wave["l"][reached] == pytest.approx(l, rel=2e-4)
    (wander,) = wave.state.wander
    now = np.array([getattr(wander, name) for name in VARYING])
    assert now == pytest.approx(np.array([r, l, n_min, n_max]), rel=2e-4)


@pytest.mark.parametrize(("pulse", "g"), [(ouro.Pulse(-0.42, 2e-6), 150e-6), (ouro.Pulse(0.87, 2e-6), 510e-6)])
def test_a_walk_in_spice_is_the_walk_of_the_compact_model(engine, pulse, g):
    """Same numbers, same law: N goes its way in the same time, though nothing jumps in SPICE."""
    state = ouro.Cell1R(WALKING).state(g)
    for seed in range(3):
        spice, other = (
            ouro.simulate(cell, [pulse], state, seed, engine=engine)
            for cell in (ouro.Cell1R(WALKING), ouro.CompactCell(WALKING))
        )
        way = np.log(other["n_disc"] / state.x[0][0])
        goal = 0.7 * way[-1]
        times = [
            np.interp(abs(goal), np.maximum.accumulate(np.abs(np.log(w["n_disc"] / state.x[0][0]))), w.time_s)
            for w in (spice, other)
        ]
        assert times[0] == pytest.approx(times[1], rel=4e-3)
        assert spice.state.wander[0].r == pytest.approx(other.state.wander[0].r, rel=1e-3)


def test_the_changes_have_their_middle_at_the_ends_of_the_steps():
    """Their mean over a whole step is that of the law: nothing comes late. Near the pulse's ends they are shorter."""
    segment = walk_segment.WalkSegment(
        WALKING, walk_values.initial_state(WALKING, 0.5), -1, 0.0, 101e-9, 120e-9, random_keys.stream_key(3)
    )
    path = segment.parameter_path(segment.constant_concentrations(0.5))
    r = segment.parameter_waveforms(path)["r"]
    logs = np.log(path[:, 0] / WALKING.r)
    ends = 10e-9 * np.arange(1, 10)
    for share, expected in ((-0.25, logs[:9]), (0, (logs[:9] + logs[1:10]) / 2), (0.25, logs[1:10])):
        assert np.interp(ends + share * 10e-9, r.times_s, r.volts) == pytest.approx(expected, abs=1e-12)
    assert np.interp([98.9e-9, 101.1e-9], r.times_s, r.volts) == pytest.approx(logs[9:], abs=1e-12)


def test_what_is_drawn_at_the_end_of_a_pulse_takes_its_place_behind_it():
    segment = walk_segment.WalkSegment(
        WALKING, walk_values.initial_state(WALKING, 0.5), -1, 0.0, 30e-9, 50e-9, random_keys.stream_key(3)
    )
    path = segment.parameter_path(segment.constant_concentrations(0.5))
    r = segment.parameter_waveforms(path)["r"]
    found = WALKING.r * np.exp(np.interp([29.9e-9, 30e-9, 36e-9, 50e-9], r.times_s, r.volts))
    assert found == pytest.approx(path[[2, 2, 3, 3], 0], rel=1e-12)
    assert segment.after(path, segment.constant_concentrations(0.5)).r == path[3, 0]


@pytest.mark.parametrize("split_s", [1e-9, 18e-9, 20e-9, 22e-9, 25e-9, 60e-9])
def test_two_parts_of_a_pulse_have_the_lines_of_the_whole(split_s):
    """Also where a change is under way at the split."""

    def parts(*times):
        wander, found = walk_values.initial_state(WALKING, 0.5), []
        for begin, end in itertools.pairwise(times):
            on = 2e-9 - begin
            one = walk_segment.WalkSegment(WALKING, wander, -1, on, on + 75e-9, end - begin, random_keys.stream_key(3))
            n = one.constant_concentrations(0.5)
            path = one.parameter_path(n)
            found.append((begin, end, one.parameter_waveforms(path)["l"]))
            wander = one.after(path, n)
        return found, wander

    (((_, _, whole),), after), (pieces, again) = parts(0.0, 100e-9), parts(0.0, split_s, 100e-9)
    for begin, end, piece in pieces:
        t = np.linspace(begin, end, 301)
        expected = np.interp(t, whole.times_s, whole.volts)
        assert np.interp(t - begin, piece.times_s, piece.volts) == pytest.approx(expected, abs=1e-9)
    assert again.vector == pytest.approx(after.vector, rel=1e-9, abs=1e-15)


def test_a_step_of_a_walk_takes_two_points(engine):
    """Each as long as half a step, and they lie where the values turn; one run is enough."""
    cell, pulse = ouro.Cell1R(WALKING), ouro.Pulse(-0.4, 4e-6)
    wave = ouro.simulate(cell, [pulse], cell.state(150e-6), seed=1, engine=engine)
    assert wave.effort.points < 2.1 * 400 + 300
    late = wave.time_s[(wave.time_s > 1e-6) & (wave.time_s < 4e-6)]
    share = (late / WALKING.walk.step_s) % 0.5
    assert np.mean(np.abs(share - 0.25) < 1e-4) > 0.95


def test_time_at_rest_behind_a_pulse_takes_few_points(engine):
    cell = ouro.Cell1R(WALKING)
    short, long = (
        ouro.simulate(cell, [ouro.Pulse(-0.45, 100e-9, idle=idle)], cell.state(250e-6), seed=1, engine=engine)
        for idle in (20e-9, 1e-3)
    )
    assert long.effort.points < short.effort.points + 300
    assert long.time_s[-1] == pytest.approx(1e-3, rel=1e-3)
    assert long.state.wander == short.state.wander
    assert long.g_S == pytest.approx(short.g_S, rel=1e-5)


def test_limits_that_are_far_away_have_no_sources():
    """In the window the rate feels neither; over the full range both, and the lower one where it is near."""

    def driven(device, polarity, n_disc=0.1):
        segment = walk_segment.WalkSegment(
            device, walk_values.initial_state(device, n_disc), polarity, 0.0, 1e-7, 1e-7, random_keys.stream_key(0)
        )
        return set(segment.parameter_waveforms(segment.parameter_path(segment.constant_concentrations(n_disc))))

    wide, near = ouro.jart_vcm_v1b(walk=ouro.Walk()), WALKING.replace(Ndiscmin=0.016)
    assert driven(WALKING, 1) == driven(WALKING, -1) == driven(near, -1) == {"r", "l"}
    assert driven(near, 1) == {"r", "l", "Ndiscmin"}
    assert driven(wide, 1) == driven(wide, -1) == set(VARYING)


def test_keys_of_the_random_numbers_can_be_given(engine):
    cell = ouro.Cell1R(WALKING)
    state = cell.state(250e-6)
    first, other = (
        list(CircuitRun(cell, seed, True, engine, keys).pulse(SET, 0.0, cell.duration([SET]), state))
        for seed, keys in ((3, None), (4, {0: random_keys.stream_key(3)}))
    )
    assert first[-1].state == other[-1].state


def test_g_is_that_of_the_present_r_and_l(wave):
    k = len(wave.time_s) // 2
    device = STILL.replace(r=float(wave["r"][k]), l=float(wave["l"][k]))
    assert wave.g[k] == pytest.approx(float(characteristics.conductance(device, wave["n_disc"][k])), rel=1e-9)
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
    nominal = float(characteristics.conductance(STILL, live.state.x[0][0]))
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
        wander, n = walk_values.initial_state(device, 1.0), 1.0
        for k in range(6):
            _, wander = walk_values.half_cycle(device, n, wander, 1 if k % 2 else -1, seed)
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
        assert float(characteristics.conductance(device, state.x[0][0])) == pytest.approx(300e-6, rel=1e-6)
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
            ends.append(wave.state.x[0][0])
        assert ends[0] == pytest.approx(ends[1], rel=0.02)
        pushed += ends[1] > 0.0085
    assert pushed >= 2


def test_a_window_stops_the_state_and_does_not_move_it(engine):
    for cell in (ouro.Cell1R(WALKING), ouro.CompactCell(WALKING)):
        for n in (0.03, 5.0):
            wave = ouro.simulate(cell, [ouro.Pulse(-1e-3, 50e-9)], ouro.State((n,)), engine=engine)
            assert wave.state.x[0][0] == pytest.approx(n, rel=1e-6)


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


@pytest.mark.parametrize("model", characteristics.MODELS)
def test_stationary_states_of_the_models(model):
    cell = ouro.CompactCell(WALKING, model)
    state = ouro.stationary(WALKING, 250e-6, seed=3, model=model)
    assert ouro.live(cell, state).read() == pytest.approx(250e-6, rel=1e-5)


def test_the_behavioural_device_walks_without_a_compiled_model(engine):
    benches = []

    class Spy:
        def run(self, bench, throw=True):
            benches.append(bench)
            return engine.run(bench, throw)

    for realisation, models in (("behavioural", ()), ("compiled", ("jart_vcm_v1b", "walk_clock"))):
        cell = ouro.Cell1R(WALKING.replace(realisation=realisation))
        ouro.simulate(cell, [ouro.Pulse(-0.45, 50e-9)], cell.state(250e-6), engine=Spy())
        assert benches[-1].models == models
