"""The compact transient: random numbers, the law of the walk, integration against the oracle, resuming, records."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from oracle import Jart, integrate

from ouro_spice._util import philox
from ouro_spice.circuit.pulse import PWL, trapezoids
from ouro_spice.compact.jart import full, integration, models, reduced, walk_kernel
from ouro_spice.compact.jart.integration import follow
from ouro_spice.compact.jart.parameter_vector import vector
from ouro_spice.device.jart.jart_parameters import WINDOW_N
from ouro_spice.device.jart.jart_preset import jart_vcm_v1b
from ouro_spice.device.jart.walk import Walk

WINDOWED = jart_vcm_v1b(window=True)
WIDE = jart_vcm_v1b()
STEP = 10e-9
KEY = np.array([0x0123456789ABCDEF, 0xFEDCBA9876543210], dtype=np.uint64)


def keys(count: int, seed: int = 1) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 2**64, (count, 2), dtype=np.uint64)


def wander(device=WINDOWED, n: float = 0.06) -> np.ndarray:
    return walk_kernel.start(vector(device)[None], np.array([n]))[0]


def walking(count: int, seed: int = 1, **changes) -> dict:
    return {"walk": Walk(STEP, **changes).settings, "keys": keys(count, seed)}


# ---- random numbers


@pytest.mark.parametrize("stream", [0, 1, 2])
@pytest.mark.parametrize("first", [0, 1, 12345, 2**50 + 3])
def test_philox_has_numpys_bits(stream, first):
    raw = np.random.Philox(key=KEY, counter=[2 * first, 0, 0, stream]).random_raw(8)
    words = [word for k in (1, 2) for word in philox.block(KEY[0], KEY[1], 2 * first + k, stream)]
    assert np.array_equal(np.array(words, dtype=np.uint64), raw)
    expected = philox.walk_uniforms(KEY, first, 5, stream)
    got = [philox.uniforms(KEY[0], KEY[1], first + k, stream) for k in range(5)]
    assert np.array_equal(expected, got)


def test_numbers_of_a_step_do_not_depend_on_where_one_begins():
    assert np.array_equal(philox.walk_uniforms(KEY, 0, 9)[4:], philox.walk_uniforms(KEY, 4, 5))
    assert not np.any(philox.walk_uniforms(KEY, 0, 3, 0) == philox.walk_uniforms(KEY, 0, 3, 1))


# ---- the law of the walk


def by_hand(n: np.ndarray, own: np.ndarray, u: np.ndarray) -> np.ndarray:
    """The published law in plain Python: r, l, Nmin and Nmax for N at the boundaries of the steps."""
    r, length, nmin, nmax = own
    path = [(r, length, nmin, nmax)]
    for k in range(len(n) - 1):
        up = n[k + 1] > n[k]
        rho = (n[k + 1] - n[k]) / (nmax - n[k]) if up else (n[k] - n[k + 1]) / (n[k] - nmin)
        x = 2 * u[k] - 1
        new = (
            r * (1 + 0.01 * x[4] + 0.1 * rho * x[5]),
            length * (1 + 0.01 * x[2] + 0.1 * rho * x[3]),
            nmin * (1 + 0.9 * x[1]),
            nmax * (1 + 0.1 * x[0]),
        )
        bands = np.array([0.1, 0.1, 0.9, 0.1])
        r, length, nmin, nmax = np.clip(new, own * (1 - bands), own * (1 + bands))
        path.append((r, length, nmin, nmax))
    return np.array(path)


@pytest.mark.parametrize("n", [np.linspace(0.06, 1.9, 200), np.linspace(1.9, 0.06, 200), np.full(200, 0.5)])
def test_walk_follows_the_published_law(n):
    own = vector(WINDOWED)[[walk_kernel.OWN_R, walk_kernel.OWN_L, walk_kernel.NDISCMIN, walk_kernel.NDISCMAX]]
    w = wander()
    path = walk_kernel.walk_path(w, n, 0.0, Walk(STEP).settings, vector(WINDOWED), KEY)
    np.testing.assert_allclose(path, by_hand(n, own, philox.walk_uniforms(KEY, 0, len(n) - 1)), rtol=1e-13)
    assert w[walk_kernel.COUNT] == len(n) - 1
    np.testing.assert_array_equal(w[walk_kernel.R_BEFORE : walk_kernel.NMAX_BEFORE + 1], path[-2])


def test_progress_is_the_share_of_the_way():
    w = wander(n=0.1)
    assert walk_kernel.progress(w, 0.3, 0.0) == pytest.approx(0.2 / (20 - 0.1))
    assert walk_kernel.progress(w, 0.05, 0.0) == pytest.approx(0.05 / (0.1 - 0.008))
    assert walk_kernel.progress(w, 0.05, 1.0) == walk_kernel.progress(w, 0.05, 0.0)
    assert walk_kernel.progress(w, 0.05, -1.0) == walk_kernel.progress(w, 0.1, 0.0) == 0.0
    w[walk_kernel.NMAX] = 0.05
    assert walk_kernel.progress(w, 0.3, -1.0) == 0.0  # nowhere to go


def test_increments_have_the_law_s_mean_variance_and_no_memory():
    # wide bands, so that nothing is held; a walk of N that makes rho 0.05 in every step
    s = Walk(STEP, band=0.95, band_min=0.0, kick_min=0.0, kick_max=0.0).settings
    steps, rho = 4000, 0.05
    n = 20 - 19.9 * (1 - rho) ** np.arange(steps + 1)
    increments = []
    for key in keys(20):
        path = walk_kernel.walk_path(wander(), n[:121], 0.0, s, vector(WINDOWED), key)
        increments.append(path[1:, :2] / path[:-1, :2] - 1)
    r, length = np.array(increments).transpose(2, 0, 1)
    variance = (0.01**2 + (0.1 * rho) ** 2) / 3
    for x in (r, length):
        assert abs(x.mean()) < 4 * np.sqrt(variance / x.size)
        assert x.var() == pytest.approx(variance, rel=0.08)
        assert abs(np.corrcoef(x[:, 1:].ravel(), x[:, :-1].ravel())[0, 1]) < 4 / np.sqrt(x.size)
    assert abs(np.corrcoef(r.ravel(), length.ravel())[0, 1]) < 4 / np.sqrt(r.size)


def test_stationary_state_forgets_its_start_and_keeps_its_law():
    p, s = vector(WINDOWED), Walk(STEP).settings
    nominal, edge = [], []
    for key in keys(600):
        a, b = wander(), wander()
        b[walk_kernel.R], b[walk_kernel.L] = 49e-9, 0.365
        walk_kernel.stationary(a, s, p, key)
        walk_kernel.stationary(b, s, p, key[::-1].copy(), 2500)
        nominal.append(a[:4] / wander()[:4])
        edge.append(b[:4] / wander()[:4])
        assert a[walk_kernel.COUNT] == 0
    nominal, edge = np.array(nominal), np.array(edge)
    assert np.all(np.abs(nominal[:, [0, 1, 3]] - 1) <= 0.1 * (1 + 1e-12))
    assert np.all(np.abs(nominal[:, 2] - 1) <= 0.9 * (1 + 1e-12))
    spread = nominal[:, :2].std(axis=0)
    assert np.all((spread > 0.05) & (spread < 0.068))  # nearly uniform within the band: 0.1 / sqrt(3) = 0.058
    error = np.sqrt(2 * nominal.var(axis=0) / len(nominal))
    assert np.all(np.abs(nominal.mean(axis=0) - edge.mean(axis=0)) < 4 * error)


# ---- currents


def test_reduced_window_and_polarity():
    p = vector(WINDOWED)
    window = [reduced.current(0.2, n, p) / 0.2 * 1e6 for n in WINDOW_N]
    assert window == pytest.approx([94.5, 559.3], abs=0.06)
    for v in (-1.0, -0.3, 0.3, 1.0):
        i = np.array([reduced.current(v, n, p) for n in np.geomspace(0.02, 19, 40)])
        assert np.all(i * v > 0) and np.all(np.diff(np.abs(i)) > 0)
    assert reduced.current(0.0, 1.0, p) == 0


@pytest.mark.parametrize("model", [models.REDUCED, models.TUD])
def test_explicit_current_behind_a_series_resistance(model):
    p, c = vector(WINDOWED), np.full(reduced.COEFFICIENTS, np.nan)
    for v in (-1.0, -0.01, 0.01, 1.0):
        for n in (0.06, 0.5, 1.98):
            for rs in (1e-3, 500.0, 1e6):
                for guess in (0.0, 1e-4):
                    args = np.log(n), n, 45e-9, 0.4
                    i = models.current(model, v, *args, rs, p, c, guess)
                    assert i == pytest.approx(models.current(model, v - rs * i, *args, 0.0, p, c, 0.0), rel=1e-8)


# ---- integration against the oracle


@pytest.mark.parametrize(
    ("device", "volts", "n", "end_s"),
    [
        (WINDOWED, -0.4143, 0.06, 60e-6),
        (WINDOWED, 0.854, 1.98975, 60e-6),
        (WIDE, -0.7, 0.008, 1e-3),
        (WIDE, 1.2, 19.9, 1e-3),
        (jart_vcm_v1b(flim=0), -0.7, 0.008, 1e-3),
    ],
)
def test_switching_times_at_constant_voltage(device, volts, n, end_s):
    judge = Jart(flim=int(device.flim))
    t, x = integrate(judge, [0, end_s], [volts, volts], n, window=device.bounds, rtol=1e-7)
    low, high = device.bounds
    inside = np.flatnonzero((np.abs(np.log(x / n)) > 0.02) & (x > low * 1.001) & (x < high * 0.999))
    for k in inside[np.linspace(0, len(inside) - 1, 7).astype(int)]:
        end = follow("full", [device], [0, t[k]], [volts, volts], n, threads=1).n_end[0]
        shift = np.log(end / x[k]) / (judge.rate(volts, x[k]) / x[k])
        assert abs(shift) < 5e-4 * t[k]


@pytest.mark.parametrize(("volts", "n", "count"), [(-0.4531, 0.06, 25), (0.9374, 1.98975, 25), (-0.5, 0.06, 3)])
def test_trapezoidal_pulses(volts, n, count):
    wave = trapezoids([(0, 2e-9, 10e-9, 2e-9, 4e-9, volts)] * count)
    _, x = integrate(Jart(), wave.times_s, wave.volts, n, window=WINDOW_N, rtol=1e-7)
    end = follow("full", [WINDOWED], wave.times_s, wave.volts, n).n_end[0]
    assert WINDOW_N[0] < end < WINDOW_N[1]
    last = follow("full", [WINDOWED], wave.times_s[:-10], wave.volts[:-10], n).n_end[0]
    assert abs(np.log(end / x[-1])) < 5e-4 * count * abs(np.log(end / last))


def test_sweep_through_both_polarities():
    times, volts = [0, 1, 3, 4], [0, -1.0, 1.0, 0]
    t, x = integrate(Jart(), times, volts, 0.008, window=WIDE.bounds, rtol=1e-6)
    done = follow("full", [WIDE], times, volts, 0.008, trace=True)
    trace = done.traces[0]
    assert done.steps[0] < 2000
    assert np.all(np.diff(trace[:, 0]) > 0)
    assert np.log(done.n_end[0] / x[-1]) == pytest.approx(0, abs=1e-3)
    for level in (0.1, 1.0):  # where the device crosses it, up and down
        for up, part in ((True, slice(None, None)), (False, slice(None, None, -1))):
            side = (trace[:, 0] < 2) == up
            ours = np.interp(level, trace[side][part][:, 1], trace[side][part][:, 0])
            judge = (t < 2) == up
            assert ours == pytest.approx(np.interp(level, x[judge][part], t[judge][part]), abs=2e-3)


def test_limit_is_reached_in_few_steps_and_never_passed():
    done = follow("full", [WIDE] * 2, [0, 100.0], [[-1.0, -1.0], [1.5, 1.5]], [0.008, 20.0])
    assert np.all(done.steps < 1000)
    np.testing.assert_allclose(done.n_end, [20, 0.008], rtol=1e-6)
    assert done.n_end[0] <= 20
    assert done.n_end[1] >= 0.008


def test_windows_edges_hold_exactly():
    done = follow("full", [WINDOWED] * 2, [0, 1e-3], [[-0.45, -0.45], [0.95, 0.95]], WINDOW_N)
    assert list(done.n_end) == [WINDOW_N[1], WINDOW_N[0]]
    held = follow("full", [WINDOWED] * 2, [0, 1.0], [0.0, 0.0], [0.1234, 0.4321])
    assert list(held.n_end) == [0.1234, 0.4321]
    assert not np.any(held.energy_J) and not np.any(held.steps)


def test_energy_is_the_integral_of_the_trace():
    wave = trapezoids([(0, 2e-9, 300e-9, 2e-9, 10e-9, -0.47)])
    done = follow("full", [WINDOWED], wave.times_s, wave.volts, 0.06, rs_ohm=100.0, grid_s=1e-10)
    power = done.v[0] * done.i[0]
    assert done.energy_J[0] == pytest.approx(np.trapezoid(power, done.time_s), abs=0, rel=2e-3)
    coarse = follow("full", [WINDOWED], wave.times_s, wave.volts, 0.06, rs_ohm=100.0)
    assert coarse.energy_J[0] == pytest.approx(done.energy_J[0], abs=0, rel=2e-3)
    assert coarse.n_end[0] == pytest.approx(done.n_end[0], rel=1e-4)


@pytest.mark.parametrize("model", ["full", "reduced", "tud"])
def test_series_resistance_slows_and_zero_is_its_limit(model):
    bare, tiny, much = (
        follow(model, [WINDOWED], [0, 5e-6], [0.87, 0.87], 1.98975, rs_ohm=rs).n_end[0] for rs in (0, 1e-6, 200)
    )
    assert tiny == pytest.approx(bare, rel=1e-5)
    assert much > bare * 1.001


# ---- resuming, threads, order


@pytest.mark.parametrize("model", ["full", "reduced"])
def test_a_trajectory_goes_on_from_anywhere(model):
    wave = trapezoids([(0, 2e-9, 2.5e-6, 2e-9, 30e-9, v) for v in (-0.4143, 0.854, -0.43)])
    count = 8
    whole = follow(model, [WINDOWED] * count, wave.times_s, wave.volts, 0.2, **walking(count))
    random = np.random.default_rng(5)
    cuts = np.sort(random.uniform(0, wave.times_s[-1], 12))
    cuts[3:6] = [1e-9, 2e-9 + 50.5 * STEP, 2e-9 + 100 * STEP]  # on an edge, in a step, near the end of one
    cuts = np.concatenate([[0], np.sort(cuts), [wave.times_s[-1]]])
    n, w = np.full(count, 0.2), None
    energy = 0
    for begin, end in pairwise(cuts):
        part = PWL(wave.times_s, wave.volts).window(begin, end)
        done = follow(model, [WINDOWED] * count, part.times_s, part.volts, n, wanders=w, **walking(count))
        n, w, energy = done.n_end, done.wanders, energy + done.energy_J
    np.testing.assert_array_equal(w[:, walk_kernel.COUNT], whole.wanders[:, walk_kernel.COUNT])
    assert np.all(w[:, walk_kernel.COUNT] > 700)
    np.testing.assert_allclose(w[:, walk_kernel.CLOCK], whole.wanders[:, walk_kernel.CLOCK], atol=1e-6 * STEP)
    np.testing.assert_allclose(w[:, :4], whole.wanders[:, :4], rtol=1e-4)
    np.testing.assert_allclose(n, whole.n_end, rtol=2e-3)
    np.testing.assert_allclose(energy, whole.energy_J, rtol=1e-3)


def test_threads_and_order_change_nothing():
    count = 23
    n = np.linspace(0.06, 1.2, count)
    devices = [WINDOWED.replace(r=45e-9 * (1 + 0.004 * (k - 11))) for k in range(count)]
    law = walking(count)

    def run(threads, order):
        order = np.asarray(order)
        law_ = law | {"keys": law["keys"][order]}
        done = follow(
            "full", [devices[k] for k in order], [0, 3e-6], [-0.42, -0.42], n[order], threads=threads,
            grid_s=1e-6, until_g_S=400e-6, **law_,
        )  # fmt: skip
        back = np.argsort(order)
        return [x[back] for x in (done.n_end, done.wanders, done.energy_J, done.steps, done.crossing_s, done.n)]

    first = run(1, range(count))
    assert len(np.unique(first[0])) > 15
    for threads, order in ((2, range(count)), (5, range(count)), (3, np.random.default_rng(2).permutation(count))):
        for a, b in zip(first, run(threads, order), strict=True):
            np.testing.assert_array_equal(a, b)


def test_only_writing_moves_the_clock():
    times, volts = [0, 5e-8, 1e-7, 1.5e-7], [0.2, 0.2, 0.2, 0.2]
    done = follow("full", [WINDOWED], times, volts, 0.5, writing=[True, False, True], **walking(1))
    assert done.wanders[0, walk_kernel.COUNT] == 10
    assert (
        follow("full", [WINDOWED], times, volts, 0.5, writing=[False] * 3, **walking(1)).wanders[0, walk_kernel.COUNT]
        == 0
    )
    idle = follow("full", [WINDOWED], times, np.zeros(4), 0.5, **walking(1))
    assert idle.wanders[0, walk_kernel.COUNT] == idle.wanders[0, walk_kernel.CLOCK] == 0


# ---- records


def test_records_are_the_trajectory_at_their_times():
    wave = trapezoids([(0, 2e-9, 500e-9, 2e-9, 10e-9, -0.46)])
    law = walking(3)
    done = follow("full", [WINDOWED] * 3, wave.times_s, wave.volts, 0.06, grid_s=37e-9, **law)
    assert len(done.time_s) == int(wave.times_s[-1] / 37e-9) + 1
    assert np.all(done.n[:, 0] == 0.06)
    np.testing.assert_allclose(done.v[0], np.interp(done.time_s, wave.times_s, wave.volts), atol=1e-9)
    for k in (4, 9):
        part = PWL(wave.times_s, wave.volts).window(0, done.time_s[k])
        alone = follow("full", [WINDOWED] * 3, part.times_s, part.volts, 0.06, **law)
        np.testing.assert_allclose(alone.n_end, done.n[:, k], rtol=1e-4)
        np.testing.assert_allclose(alone.wanders[:, 0], done.r[:, k], rtol=1e-6)
        np.testing.assert_allclose(alone.wanders[:, 1], done.l[:, k], rtol=1e-6)
    expected = full.current(done.v[1, 8], done.n[1, 8], done.r[1, 8], done.l[1, 8], 0.0, vector(WINDOWED), 0.0)
    assert done.i[1, 8] == pytest.approx(expected, rel=1e-8)


def test_walk_of_the_transient_is_the_walk_of_the_path():
    done = follow("full", [WINDOWED], [0, 2e-6], [-0.43, -0.43], 0.1, grid_s=STEP, **walking(1))
    path = walk_kernel.walk_path(wander(), done.n[0], -1.0, Walk(STEP).settings, vector(WINDOWED), keys(1)[0])
    np.testing.assert_allclose(done.r[0], path[:, 0], rtol=1e-9)
    np.testing.assert_allclose(done.l[0], path[:, 1], rtol=1e-9)
    assert np.all(np.diff(done.n[0]) >= 0)


def test_n_is_held_inside_the_walk_s_limits():
    # no window: N follows a falling Nmax, and stays above Nmin
    done = follow("full", [WIDE], [0, 2e-6], [-1.0, -1.0], 19.5, grid_s=STEP, **walking(1))
    path = walk_kernel.walk_path(wander(WIDE), done.n[0], -1.0, Walk(STEP).settings, vector(WIDE), keys(1)[0])
    assert np.all(done.n[0] <= path[:, 3] * (1 + 1e-12))
    assert done.n[0].min() < 19
    assert done.steps[0] < 60 * len(done.time_s)


def test_trace_is_thinned_and_keeps_its_ends(monkeypatch):
    monkeypatch.setattr(integration, "TRACE_ROWS", 32)
    args = "full", [WINDOWED] * 2, [0, 1e-6], [-0.38, -0.38], 0.1
    done = follow(*args, trace=True, **walking(2))
    assert np.array_equal(done.n_end, follow(*args, **walking(2)).n_end)
    for trace, n in zip(done.traces, done.n_end, strict=True):
        assert 16 <= len(trace) <= 32
        assert trace[0, 0] == 0
        assert trace[-1, 0] == pytest.approx(1e-6)
        assert trace[0, 1] == 0.1
        assert trace[-1, 1] == n
        assert np.all(np.diff(trace[:, 0]) > 0)
        assert len(set(np.round(np.diff(trace[:-1, 0]) / STEP))) == 1


def test_crossing_stops_a_device():
    law = walking(4)
    done = follow(
        "full", [WINDOWED] * 4, [0, 40e-6], [-0.4143, -0.4143], 0.06, until_g_S=[2e-4, 3e-4, 4e-4, 9e-4], **law
    )
    assert np.isnan(done.crossing_s[3])
    for k, target in enumerate((2e-4, 3e-4, 4e-4)):
        at = done.crossing_s[k]
        assert at / STEP == pytest.approx(round(at / STEP), abs=1e-6)
        g = full.current(0.2, done.n_end[k], *done.wanders[k, :2], 0.0, vector(WINDOWED), 0.0) / 0.2
        assert g >= target
        assert done.wanders[k, walk_kernel.COUNT] == round(at / STEP)
    down = follow("reduced", [WINDOWED], [0, 20e-3], [0.7065, 0.7065], 1.98975, grid_s=1e-6, until_g_S=300e-6)
    assert down.crossing_s[0] == pytest.approx(4758e-6, abs=1.5e-6)
    assert np.isnan(down.n[0, -1])
    up = follow("full", [WINDOWED], [0, 9e-3], [-0.342, -0.342], 0.06, grid_s=1e-6, until_g_S=300e-6)
    assert up.crossing_s[0] == pytest.approx(3436e-6, abs=2e-6)


def test_programming_characteristics_of_the_reduced_model():
    for volts, n, mean, spread in ((-0.342, 0.06, 1173, 90), (0.7065, 1.98975, 1476, 94)):
        count = 24
        done = follow("reduced", [WINDOWED] * count, [0, 5e-3], [volts, volts], n, until_g_S=300e-6, **walking(count))
        pulses = np.ceil(done.crossing_s * 1e6)
        assert pulses.mean() == pytest.approx(mean, rel=0.03)
        assert pulses.std() == pytest.approx(spread, rel=0.4)


# ---- what is refused


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"model": "spice"}, "model"),
        ({"devices": []}, "devices"),
        ({"devices": np.ones((2, 3))}, "devices"),
        ({"times_s": [0, 0]}, "times_s must ascend"),
        ({"times_s": [0]}, "times_s"),
        ({"times_s": [0, 1, 2]}, "volts has 2 points"),
        ({"volts": [0.1, np.nan]}, "volts must be finite"),
        ({"volts": np.zeros((3, 2))}, "volts must be"),
        ({"n_start": -1.0}, "n_start"),
        ({"n_start": [1.0, 1.0, 1.0]}, "n_start"),
        ({"writing": [True, True]}, "writing"),
        ({"rs_ohm": -1.0}, "rs_ohm"),
        ({"walk": np.ones(3)}, "walk"),
        ({"walk": Walk().settings}, "keys"),
        ({"walk": Walk().settings, "keys": np.ones((2, 2))}, "keys must be uint64"),
        ({"wanders": np.ones((2, 4))}, "wanders"),
        ({"grid_s": 0.0}, "grid_s"),
        ({"until_g_S": 1e-4}, "until_g_S needs"),
        ({"threads": 0}, "threads"),
    ],
)
def test_illegal_arguments_are_named(changes, message):
    good = {"model": "full", "devices": [WINDOWED] * 2, "times_s": [0, 1e-9], "volts": [0.1, 0.1], "n_start": 0.1}
    with pytest.raises(ValueError, match=message):
        follow(**(good | changes))
