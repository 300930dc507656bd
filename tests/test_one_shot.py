"""One attempt each: shares, baselines, deployments, and a noise floor whose answer is known in closed form."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import expit, logit
from scipy.stats import norm

import ouro_spice as ouro
from ouro_spice.dataset.recipe import Recipe
from ouro_spice.evaluation import bands, baselines, trajectories
from ouro_spice.evaluation.bands import BANDS, Estimate, best_constant, shares, within
from ouro_spice.evaluation.baselines import noise_free
from ouro_spice.evaluation.deployment import SHORTEST_PULSE_S, deploy
from ouro_spice.evaluation.noise_floor import Trials
from ouro_spice.programming.batch import fleet
from ouro_spice.provenance import cache as keeping
from ouro_spice.provenance.cache import cached_arrays

DEVICE = ouro.jart_vcm_v1b(window=True, walk=ouro.Walk())
CELL = ouro.CompactCell(DEVICE, "reduced")
STILL = CELL.replace(device=DEVICE.replace(walk=None))
PAIR = ouro.Pair(-0.4162, 0.8587, 60e-6)
LOW, HIGH = 100e-6, 550e-6
FAST = {"widths": 64, "workers": 1}


# --- devices of the closed form: an S-shaped way through the window, at a log-normal speed


def logistic(p: int, m: int, sigma: float, seed: int = 1, widths: int = 256) -> Trials:
    """Pairs of devices whose g goes along a logistic curve of time over tau, ln tau ~ N(0, sigma)."""
    rng = np.random.default_rng(seed)
    start, target = rng.uniform(1.02 * LOW, 0.99 * HIGH, (2, p))
    x = logit((np.array([start, target]) - LOW) / (HIGH - LOW))
    t_max = np.maximum(3 * np.exp(0.67 * sigma) * np.abs(x[1] - x[0]), 0.05)
    tau = np.exp(sigma * rng.standard_normal((p, m, 1)))
    way = np.sign(x[1] - x[0])[:, None, None] * np.linspace(0, 1, widths) * t_max[:, None, None] / tau
    g = LOW + (HIGH - LOW) * expit(x[0][:, None, None] + way)
    return Trials(start, target, t_max, g.astype(np.float32))


def passages(trials: Trials, band: float) -> np.ndarray:
    """Times over tau at which the band is entered and left, (2, P); infinite where it is never left."""
    ends = trials.target_S * (1 + np.outer([-band, band], trials.direction))
    inside = np.clip((ends - LOW) / (HIGH - LOW), 1e-300, 1 - 1e-16)
    times = (logit(inside) - logit((trials.start_S - LOW) / (HIGH - LOW))) * trials.direction
    return np.where([np.zeros(len(times[0]), bool), (ends[1] <= LOW) | (ends[1] >= HIGH)], np.inf, times)


def best(trials: Trials, band: float, sigma: float) -> tuple[np.ndarray, np.ndarray]:
    """Signed best time and its share, (P,) each: no pulse inside the band, else amid its ends in the logarithm."""
    enter, leave = passages(trials, band)
    with np.errstate(divide="ignore", invalid="ignore"):
        width = np.log(leave / enter)
        amid = np.where(np.isinf(leave), trials.t_max_s, np.sqrt(enter * leave))
    share = 2 * norm.cdf(width / (2 * sigma)) - 1
    return trials.direction * np.where(enter <= 0, 0, amid), np.where(enter <= 0, 1, share)


@pytest.fixture(scope="module")
def spread():
    return logistic(300, 64, 0.3)


# --- shares


def test_shares_count_and_what_failed_is_missed():
    found = shares([100e-6, 149e-6, 151e-6, 111e-6, np.nan], np.full(5, 100e-6))
    assert found == {"within_50": 0.6, "within_20": 0.4, "within_10": 0.2}


def test_a_band_is_one_of_relative_distance():
    for band in (0.0, 1.5, float("nan"), "wide"):
        with pytest.raises(ValueError, match="band"):
            within([1e-4], [1e-4], band)


@given(st.lists(st.floats(1e-5, 1e-3), min_size=1, max_size=12), st.sampled_from(BANDS))
def test_no_constant_is_better_than_the_best_one(targets, band):
    def count(g):
        return within(np.asarray(g)[:, None], np.array(targets), band * (1 + 1e-9)).sum(axis=1).max()

    assert count([best_constant(targets, band)]) >= within(np.geomspace(4e-6, 2e-3, 3000)[:, None], targets, band).sum(
        axis=1
    ).max()  # fmt: skip


@pytest.mark.parametrize("band", BANDS)
def test_the_best_constant_for_uniform_targets_reaches_the_end_of_the_window(band):
    targets = np.linspace(LOW, HIGH, 4001)
    found = bands.constant(targets, targets)
    assert best_constant(targets, band) == pytest.approx(HIGH * (1 - band), rel=2e-3)
    lost = max(HIGH * (1 - band) / (1 + band) - LOW, 0) / (HIGH - LOW)
    assert found[bands.label("within", band)] == pytest.approx(1 - lost, abs=2e-3)
    assert found["n"] == len(targets)


@pytest.mark.parametrize("targets", [[], [0.0], [np.nan], [[1e-4]]])
def test_a_constant_needs_targets(targets):
    with pytest.raises(ValueError, match="targets_S"):
        best_constant(targets, 0.2)


def test_intervals_are_those_of_the_mean():
    hits = np.random.default_rng(1).random(400) < 0.7
    found = Estimate.of(hits)
    half = 1.96 * np.sqrt(0.7 * 0.3 / 400)
    assert found.value == hits.mean()
    assert found.high - found.low == pytest.approx(2 * half, rel=0.1)
    assert (found.low + found.high) / 2 == pytest.approx(found.value, abs=0.1 * half)
    assert (found.low, found.high) == (Estimate.of(hits).low, Estimate.of(hits).high)
    assert Estimate.of([1, 1, 1]).low == 1
    with pytest.raises(ValueError, match="each"):
        Estimate.of([])


# --- the floor


@pytest.mark.parametrize("sigma", [0.1, 0.3, 1.0])
@pytest.mark.parametrize("band", BANDS)
def test_the_floor_is_that_of_the_closed_form(sigma, band):
    trials = logistic(300, 64, sigma)
    _, share = best(trials, band, sigma)
    floor = trials.floor(band)
    off = Estimate.of(floor.each - share)
    scatter = (off.high - off.low) / 4
    # what is chosen by chance costs up to 1.5 points here, and nothing is gained
    assert -0.02 - 2 * scatter < off.value < 3 * scatter + 1e-3
    assert floor.low < floor.value < floor.high or floor.value > 0.995
    assert np.all(floor.t_s * trials.direction >= 0)


def test_more_trajectories_or_folds_leave_less_to_chance():
    many, band, sigma = logistic(400, 96, 0.3, widths=128), 0.1, 0.3
    _, share = best(many, band, sigma)

    def bias(m, folds=2):
        part = [Trials(many.start_S, many.target_S, many.t_max_s, many.g_S[:, k : k + m]) for k in range(0, 96, m)]
        return float(np.mean([one.floor(band, k, folds).each - share for k, one in enumerate(part)]))

    assert bias(8) < bias(32) - 0.01 < bias(96) < 0.005
    assert bias(8, 8) > bias(8) + 0.003


@pytest.mark.parametrize("band", BANDS)
def test_shares_are_those_of_the_closed_form(spread, band):
    for factor in (0.7, 1.0, 1.4):
        times = factor * best(spread, band, 0.3)[0]
        enter, leave = passages(spread, band)
        with np.errstate(divide="ignore", invalid="ignore"):
            low, high = (np.log(np.abs(times) / x) / 0.3 for x in (leave, np.maximum(enter, 0)))
            exact = np.where(times == 0, enter <= 0, norm.cdf(high) - norm.cdf(low))
        found = spread.share(times, band)
        assert found.value == pytest.approx(exact.mean(), abs=0.01)
        assert np.abs(found.each - exact).max() < 5 * 0.5 / 8 + 0.02


@pytest.mark.parametrize("band", BANDS)
def test_the_best_choice_meets_the_floor_and_a_poor_one_does_not(spread, band):
    times = best(spread, band, 0.3)[0]
    met, missed = spread.gap(times, band), spread.gap(2 * times, band)
    assert met.high < 0.01
    assert met.value == pytest.approx(spread.floor(band).value - spread.share(times, band).value)
    assert missed.low > 0.05 or band == 0.5
    # paired: surer than the two shares by themselves
    share = spread.share(times, band)
    assert met.high - met.low < 0.7 * (share.high - share.low) or band == 0.5


def test_times_of_trajectories_of_their_own(spread):
    times = spread.direction * spread.t_max_s / 3
    each = np.repeat(times[:, None], 64, axis=1)
    assert np.array_equal(spread.ends_S(times), spread.ends_S(each))


def test_the_wrong_way_and_no_pulse_leave_the_start(spread):
    starts = np.broadcast_to(spread.start_S[:, None], (300, 64))
    for times in (np.zeros(300), -spread.direction * spread.t_max_s):
        assert spread.ends_S(times) == pytest.approx(starts, rel=1e-6)


def test_between_widths_g_is_interpolated_and_beyond_the_last_it_stays():
    g = np.geomspace(1e-4, 4e-4, 11)[None, None, :]
    one = Trials(np.array([1e-4]), np.array([3e-4]), np.array([1e-6]), g)
    for t, wanted in ((0.5e-6, 2e-4), (0.03e-6, 1e-4 * 4**0.03), (1e-6, 4e-4), (5e-6, 4e-4)):
        assert one.ends_S([t])[0, 0] == pytest.approx(wanted)


def test_what_failed_never_hits(spread):
    g = spread.g_S.copy()
    g[:, :32] = np.nan
    half = Trials(spread.start_S, spread.target_S, spread.t_max_s, g)
    assert half.failures == 300 * 32
    assert half.share(np.zeros(300), 0.5).value == pytest.approx(spread.share(np.zeros(300), 0.5).value / 2)
    assert half.floor(0.5).value <= 0.5


def test_the_floor_depends_on_the_seed_alone_and_is_never_below_doing_nothing(spread):
    assert np.array_equal(spread.floor(0.2, 3).each, spread.floor(0.2, 3).each)
    assert not np.array_equal(spread.floor(0.2, 3).each, spread.floor(0.2, 4).each)
    inside = np.abs(spread.start_S / spread.target_S - 1) <= 0.2
    assert np.all(spread.floor(0.2).each[inside] == 1)
    floors = spread.floors(3)
    assert floors["floor_50"] > floors["floor_20"] > floors["floor_10"]


def test_trials_that_make_no_sense_are_named(spread):
    parts = spread.start_S, spread.target_S, spread.t_max_s
    for wrong, name in (
        ((*parts[:2], parts[2][:5], spread.g_S), "t_max_s"),
        ((*parts, spread.g_S[:5]), "g_S"),
        ((*parts, spread.g_S[:, :, :1]), "two widths"),
        ((*parts[:2], -parts[2], spread.g_S), "positive"),
    ):
        with pytest.raises(ValueError, match=name):
            Trials(*wrong)
    with pytest.raises(ValueError, match="t_s"):
        spread.ends_S([1e-6])
    with pytest.raises(ValueError, match="t_s"):
        spread.ends_S(np.full(300, np.nan))
    with pytest.raises(ValueError, match="folds = 65"):
        spread.floor(0.2, folds=65)
    with pytest.raises(ValueError, match="folds"):
        spread.floor(0.2, folds=1)


# --- the noise-free baseline


@pytest.fixture(scope="module")
def times():
    return noise_free(CELL, PAIR)


def test_the_way_through_the_window_takes_the_pairs_time(times):
    low, high = CELL.window_S
    found = times(np.array([low, high]), np.array([high - low, low - high]))
    assert found == pytest.approx([60e-6, -60e-6], rel=3e-3)


@given(st.lists(st.floats(101e-6, 550e-6), min_size=3, max_size=3, unique=True))
def test_times_add_up_and_have_the_sign_of_the_change(times, way):
    for a, b, c in (sorted(way), sorted(way, reverse=True)):
        parts = times(np.array([a, b, a]), np.array([b - a, c - b, c - a]))
        assert parts[0] + parts[1] == pytest.approx(parts[2], abs=1e-15)
        assert np.all(parts * (c - a) >= 0)


def test_beyond_the_window_is_its_edge_and_no_change_is_no_pulse(times):
    low, high = CELL.window_S
    beyond = times(np.array([low / 2]), np.array([2 * high]))
    assert beyond == pytest.approx(times(np.array([low]), np.array([high - low])))
    assert times(np.array([3e-4]), np.array([0.0])) == [0]
    assert times(np.array([3e-4]), np.array([-4e-4])) < 0


def test_a_simulation_for_each_request_gives_the_same_times(times):
    rng = np.random.default_rng(4)
    start, target = rng.uniform(110e-6, 540e-6, (2, 6))
    single = baselines.simulated(CELL, PAIR)
    assert single(start, target - start) == pytest.approx(times(start, target - start), rel=5e-3, abs=2e-9)
    assert single(start[:1], np.zeros(1)) == [0]
    taken = baselines.compute_times(times, start, target - start)
    low, high = taken["compute_quartiles_s"]
    assert taken["compute_n"] == 6 and 0 < low <= taken["compute_s"] <= high


def test_a_pair_that_is_far_too_weak_is_named():
    with pytest.raises(ValueError, match="does not cross"):
        noise_free(CELL, ouro.Pair(-0.3, 0.8587, 1e-6))


# --- deployments


def cells(cell, n, seed=3, **law):
    recipe = Recipe(n, seed, PAIR, **law)
    drawn = [recipe.draw(cell, number) for number in range(n)]
    return fleet(cell, drawn, recipe.start, workers=1), np.array([one.target_S for one in drawn])


def test_without_noise_the_noise_free_time_hits(times):
    several, targets = cells(STILL, 40)
    found = deploy(several, times, targets, PAIR)
    assert found.rpd.max() < 0.02
    assert found.shares() == {"within_50": 1, "within_20": 1, "within_10": 1}
    assert np.array_equal(found.direction, np.sign(targets - found.start_S))
    assert (found.wrong_way, found.failures, found.cut) == (0, 0, 0)
    assert np.all(found.energy_J > 0)
    assert np.array_equal(found.end_reading_S, found.end_S)


def test_a_deployment_leaves_the_fleet_as_it_is_and_repeats(times):
    several, targets = cells(CELL, 30)
    first, second = (deploy(several, times, targets, PAIR) for _ in range(2))
    assert np.array_equal(first.end_S, second.end_S)
    assert np.array_equal(several.g_S(np.arange(30)), first.start_S)
    assert not np.allclose(first.end_S, first.start_S)


def test_doing_nothing_ends_at_the_start():
    several, targets = cells(CELL, 30)
    found = deploy(several, baselines.nothing, targets, PAIR)
    assert np.array_equal(found.end_S, found.start_S)
    assert not np.any(found.energy_J)
    assert not np.any(found.direction)


def test_pulses_keep_to_the_clock_the_shortest_and_the_longest_time():
    several, targets = cells(STILL, 4)

    def asked(g_S, dg_S):
        return np.array([1e-15, 14e-9, -1e-6, -1.0])

    free, clocked = (deploy(several, asked, targets, PAIR, clock_s=clock) for clock in (None, 10e-9))
    assert free.t_s == pytest.approx([SHORTEST_PULSE_S, 14e-9, -1e-6, -240e-6])
    assert clocked.t_s == pytest.approx([10e-9, 10e-9, -1e-6, -240e-6])
    assert free.cut == 1


class Faulty:
    """A fleet whose first read and second pulse fail."""

    def __init__(self, inner):
        self.inner = inner

    def __len__(self):
        return len(self.inner)

    def __getattr__(self, name):
        return getattr(self.inner, name)

    def copy(self):
        return Faulty(self.inner.copy())

    def read(self, places, bar=None):
        return np.where(places == 0, np.nan, self.inner.read(places, bar))

    def apply(self, places, pulses, bar=None):
        assert 0 not in places
        return np.where(places == 1, np.nan, self.inner.apply(places, pulses, bar))


def test_reads_and_pulses_that_fail_are_missed(times):
    several, targets = cells(STILL, 5)
    found = deploy(Faulty(several), times, targets, PAIR)
    assert np.array_equal(np.isnan(found.end_S), [True, True, False, False, False])
    assert found.failures == 2
    assert found.shares()["within_50"] == pytest.approx(0.6)
    assert found.summary()["n"] == 5


@pytest.mark.parametrize("targets", [[1e-4], [1e-4, np.nan], [1e-4, -1e-4]])
def test_targets_that_make_no_sense_are_named(targets):
    with pytest.raises(ValueError, match="targets_S"):
        deploy(cells(STILL, 2)[0], baselines.nothing, targets, PAIR)


@pytest.mark.parametrize("times_s", [np.zeros(3), np.array([np.nan, 1.0]), 0.0])
def test_predictions_that_make_no_sense_are_named(times_s):
    with pytest.raises(ValueError, match="predict must return 2 finite times"):
        deploy(cells(STILL, 2)[0], lambda g, dg: times_s, [2e-4, 3e-4], PAIR)


def test_a_clock_is_a_time():
    with pytest.raises(ValueError, match="clock_s = -1"):
        deploy(cells(STILL, 2)[0], baselines.nothing, [2e-4, 3e-4], PAIR, clock_s=-1.0)


def test_figures_over_the_start_and_the_target_are_parts_of_the_whole():
    several, targets = cells(CELL, 60)
    found = deploy(several, baselines.nothing, targets, PAIR)
    edges = np.linspace(150e-6, 500e-6, 6)  # what lies beyond belongs to the ends
    rows, grid = found.by_start(edges), found.over(edges)
    assert rows["n"].sum() == grid["n"].sum() == 60
    assert np.array_equal(rows["n"], grid["n"].sum(axis=1))
    full = rows["n"] > 0
    assert np.sum(rows["n"][full] * rows["rpd_mean"][full]) / 60 == pytest.approx(found.rpd.mean())
    assert np.sum(rows["n"][full] * rows["within_20"][full]) / 60 == pytest.approx(found.shares()["within_20"])
    assert np.nansum(grid["n"] * np.nan_to_num(grid["rpd_mean"])) / 60 == pytest.approx(found.rpd.mean())
    assert rows["g_start_S"][0] == pytest.approx(185e-6)
    assert np.isnan(found.by_start([1e-9, 2e-9, 1.0])["rpd_mean"][0])
    with pytest.raises(ValueError, match="edges_S"):
        found.over([3e-4, 2e-4])


# --- trials of cells


def test_without_noise_every_target_can_be_hit():
    found = trajectories.trials(STILL, PAIR, 12, 2, widths=1024, workers=1)
    assert found.g_S.shape == (12, 2, 1024)
    assert found.g_S.dtype == np.float32
    assert found.floors() == {"floor_50": 1, "floor_20": 1, "floor_10": 1}
    assert np.array_equal(found.g_S[:, 0], found.g_S[:, 1])
    # the sampled way is that of the traverse
    times = noise_free(STILL, PAIR)(found.start_S, found.target_S - found.start_S)
    assert found.share(times, 0.1).value == 1
    assert found.ends_S(times) == pytest.approx(np.repeat(found.target_S[:, None], 2, axis=1), rel=0.03)


def test_trials_are_the_same_for_any_number_of_workers_and_begin_alike(tmp_path):
    few = trajectories.trials(CELL, PAIR, 3, 4, widths=32, workers=1)
    more = trajectories.trials(CELL, PAIR, 5, 4, widths=32, workers=2, out=tmp_path)
    for name in ("start_S", "target_S", "t_max_s", "g_S"):
        assert np.array_equal(getattr(few, name), getattr(more, name)[:3])
    other = trajectories.trials(CELL, PAIR, 3, 4, widths=32, workers=1, seed=1)
    assert not np.any(other.start_S == few.start_S)
    assert len({tuple(row) for row in few.g_S.reshape(12, -1)}) == 12


def test_trajectories_are_those_of_pulses():
    """One attempt at a width gives what the samples say of it, but for the falling edge."""
    several, targets = cells(CELL, 16)
    starts = several.g_S(np.arange(16))
    volts = np.array([PAIR.amplitude(dg) for dg in targets - starts])
    t_max = np.full(16, 40e-6)
    g = several.sampled(np.arange(16), volts, t_max / 1023, 1024)
    sampled = Trials(starts, targets, t_max, g[:, None, :])
    widths = np.sign(targets - starts) * np.random.default_rng(2).uniform(1e-6, 39e-6, 16)
    found = deploy(several, lambda *_: widths, targets, PAIR)
    assert sampled.ends_S(widths)[:, 0] == pytest.approx(found.end_S, rel=5e-3)


def test_each_trajectory_has_a_device_of_its_own_at_the_nearest_start():
    cell = ouro.CompactCell(DEVICE)
    found = trajectories.trials(cell, PAIR, 4, 24, d2d="ten_percent", start="nominal", **FAST)
    edge = found.g_S[:, :, 0]
    near = (edge / found.start_S[:, None] > 0.999) & (edge / found.start_S[:, None] < 1.001)
    assert near.mean() > 0.6
    spread = np.std(np.log(found.g_S[:, :, 20]), axis=1)
    nominal = trajectories.trials(cell, PAIR, 4, 24, start="nominal", **FAST)
    assert np.array_equal(nominal.start_S, found.start_S)
    assert np.array_equal(nominal.target_S, found.target_S)
    assert np.median(spread / np.std(np.log(nominal.g_S[:, :, 20]), axis=1)) > 1.2


def test_nominal_starts_know_more():
    floors = [
        trajectories.trials(CELL, PAIR, 25, 16, start=start, **FAST).floor(0.2).value
        for start in ("nominal", "stationary")
    ]
    assert floors[0] > floors[1] + 0.04


def test_widths_reach_well_beyond_the_target():
    found = trajectories.trials(CELL, PAIR, 25, 16, **FAST)
    assert np.all((found.t_max_s > 0) & (found.t_max_s <= 240e-6))
    last = found.g_S[:, :, -1]
    passed = np.where(found.direction[:, None] > 0, last >= found.target_S[:, None], last <= found.target_S[:, None])
    assert passed.mean() > 0.9


def test_interrupted_trials_go_on(tmp_path, monkeypatch):
    monkeypatch.setattr(trajectories, "_BLOCK", 3)
    whole = trajectories.trials(CELL, PAIR, 7, 2, widths=16, workers=1)
    fleets, calls = trajectories.fleet, []

    def counted(*given, **more):
        calls.append(1)
        if len(calls) == 3:
            raise KeyboardInterrupt
        return fleets(*given, **more)

    monkeypatch.setattr(trajectories, "fleet", counted)
    with pytest.raises(KeyboardInterrupt):
        trajectories.trials(CELL, PAIR, 7, 2, widths=16, workers=1, out=tmp_path)
    assert len(list(tmp_path.iterdir())) == 1
    again = trajectories.trials(CELL, PAIR, 7, 2, widths=16, workers=1, out=tmp_path)
    assert len(calls) == 3 + 4  # pilot and others of the two blocks that were missing
    for name in ("start_S", "target_S", "t_max_s", "g_S"):
        assert np.array_equal(getattr(again, name), getattr(whole, name))


@pytest.mark.parametrize(
    ("changes", "name"),
    [({"n": 0}, "n"), ({"trajectories": 1}, "trajectories"), ({"widths": 2}, "widths"), ({"start": "warm"}, "start"),
     ({"d2d": "wide"}, "wide"), ({"rise_s": -1.0}, "rise_s"), ({"beyond": 0.5}, "beyond")],
)  # fmt: skip
def test_trials_out_of_range_are_named(changes, name):
    with pytest.raises(ValueError, match=name):
        trajectories.trials(CELL, PAIR, **({"n": 1, "trajectories": 2} | FAST | changes))


@pytest.mark.ngspice
def test_a_circuit_has_the_floor_and_the_baseline_of_its_device():
    """A 1R cell without lines is the compact cell: the same walk, the same samples within the solver's error."""
    device = DEVICE.replace(walk=ouro.Walk())
    circuit, compact = ouro.Cell1R(device), ouro.CompactCell(device)
    pair = ouro.pair(compact, 1e-6)
    g, dg = np.array([150e-6, 450e-6]), np.array([250e-6, -200e-6])
    assert noise_free(circuit, pair)(g, dg) == pytest.approx(noise_free(compact, pair)(g, dg), rel=0.02)
    in_spice, modelled = (trajectories.trials(cell, pair, 1, 2, widths=16, seed=2) for cell in (circuit, compact))
    assert in_spice.start_S == pytest.approx(modelled.start_S)
    assert in_spice.t_max_s == pytest.approx(modelled.t_max_s, rel=0.1)
    assert in_spice.ends_S(in_spice.direction * 0.3e-6) == pytest.approx(
        modelled.ends_S(in_spice.direction * 0.3e-6), rel=0.1
    )


# --- arrays on disk


def test_arrays_are_made_once(tmp_path):
    made = []

    def make():
        made.append(1)
        return {"g_S": np.arange(5, dtype=np.float32) / 3, "n": np.array(7)}

    first, second = (cached_arrays(tmp_path / "deep", "floor", {"seed": 1, "x": 0.1}, make) for _ in range(2))
    assert len(made) == 1
    for name, array in first.items():
        assert np.array_equal(array, second[name])
        assert array.dtype == second[name].dtype
    cached_arrays(tmp_path / "deep", "floor", {"seed": 2, "x": 0.1}, make)
    cached_arrays(tmp_path / "deep", "other", {"seed": 1, "x": 0.1}, make)
    assert len(made) == 3
    assert len(list((tmp_path / "deep").iterdir())) == 3
    assert cached_arrays(None, "floor", {}, make).keys() == {"g_S", "n"}


@pytest.mark.parametrize("damage", [b"", b"no archive", None])
def test_a_damaged_file_is_made_again(tmp_path, damage):
    cached_arrays(tmp_path, "floor", {}, lambda: {"g_S": np.ones(1000)})
    (path,) = tmp_path.iterdir()
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2] if damage is None else damage)
    assert np.array_equal(cached_arrays(tmp_path, "floor", {}, lambda: {"g_S": np.full(3, 2.0)})["g_S"], [2, 2, 2])
    assert np.array_equal(cached_arrays(tmp_path, "floor", {}, lambda: {"g_S": np.zeros(3)})["g_S"], [2, 2, 2])


def test_a_file_of_other_settings_under_the_same_name_is_not_taken(tmp_path):
    cached_arrays(tmp_path, "floor", {"seed": 1}, lambda: {"g_S": np.ones(1)})
    cached_arrays(tmp_path, "floor", {"seed": 2}, lambda: {"g_S": np.zeros(1)})
    one, two = sorted(tmp_path.iterdir())
    one.write_bytes(two.read_bytes())
    for seed, value in ((1, 1), (2, 0)):
        assert cached_arrays(tmp_path, "floor", {"seed": seed}, lambda value=value: {"g_S": np.full(1, value)})[
            "g_S"
        ] == [value]


def test_interrupted_work_leaves_no_file(tmp_path):
    def make():
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        cached_arrays(tmp_path, "floor", {}, make)
    with pytest.raises(ValueError, match="settings_json"):
        cached_arrays(tmp_path, "floor", {}, lambda: {keeping._SETTINGS: np.ones(1)})
    assert list(tmp_path.iterdir()) == []


def test_the_floor_and_its_bias_are_nearer_to_the_truth_than_the_floor_alone():
    few, band, sigma = logistic(600, 16, 0.3, widths=128), 0.2, 0.3
    truth = float(best(few, band, sigma)[1].mean())
    floor, bias = few.floor(band).value, few.floor_bias(band)
    assert floor < truth - 0.005
    assert 0 < bias < 0.03
    assert abs(floor + bias - truth) < abs(floor - truth)


def test_a_pulse_away_from_the_target_misses(spread):
    times = best(spread, 0.5, 0.3)[0]
    pulsed = times != 0
    assert spread.share(-times, 0.5).each[pulsed].max() == 0
    assert spread.share(times, 0.5).each[pulsed].min() > 0
