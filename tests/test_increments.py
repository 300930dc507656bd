"""Small updates: gains that are known, floors with a closed form, draws of their law, training on what comes out."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import torch
from analytic_device import g_after, needed_s, quick, records
from scipy.stats import kstest

import ouro_spice as ouro
from ouro_spice import PulseDataset, PulsePredictor, small_updates
from ouro_spice.dataset.recipe import Recipe
from ouro_spice.dataset.sampling import LEAST_S, increment
from ouro_spice.device.jart.spread import SPREADS
from ouro_spice.evaluation.increments import DECADES_S, STEPS_S, Increments, best_updates, of_trials
from ouro_spice.evaluation.noise_floor import Trials
from ouro_spice.evaluation.trajectories import trials
from ouro_spice.prediction.examples import Examples
from ouro_spice.prediction.objectives import change_cost, change_loss, even_changes, partial_changes
from ouro_spice.prediction.recorded_curves import Curves
from ouro_spice.prediction.specification import Specification, Stage
from ouro_spice.reporting.increment_figures import gains

PAIR = ouro.Pair(-0.414269, 0.854029, 60e-6)
CELL = ouro.CompactCell(ouro.jart_vcm_v1b(window=True, walk=ouro.Walk()))
LOW, HIGH = CELL.window_S


class Linear:
    """Cells whose conductance changes with the time of the pulse, each in proportion: what `deploy` sees of a fleet."""

    window_S = (100e-6, 500e-6)

    def __init__(self, g_S, speed=1.0):
        self._g_S, self._speed = np.array(g_S, float), np.broadcast_to(speed, np.shape(g_S))

    def __len__(self):
        return len(self._g_S)

    def copy(self):
        return Linear(self._g_S, self._speed)

    def g_S(self, places):
        return self._g_S[places].copy()

    def read(self, places, bar=None):
        return self._g_S[places].copy()

    def apply(self, places, pulses, bar=None):
        signed = np.array([-np.sign(pulse.amplitude) * pulse.width for pulse in pulses])
        self._g_S[places] += self._speed[places] * signed
        return np.zeros(len(places))


def seconds(g_S, dg_S):
    """1 uS/us."""
    return np.asarray(dg_S)


# ---- gains that are known


@pytest.mark.parametrize(("asks", "gain"), [(1.0, 1.0), (2.0, 2.0), (0.5, 0.5), (-1.0, -1.0)])
def test_the_gain_is_what_is_asked_for(asks, gain):
    cells = Linear(np.linspace(160e-6, 440e-6, 31))
    found = small_updates(cells, lambda g, dg: asks * seconds(g, dg), PAIR)
    rows = found.rows()
    assert [row["asked_S"] for row in rows] == 2 * list(STEPS_S)
    for row in rows:
        assert row["gain"] == pytest.approx(gain, rel=1e-9)
        assert row["interval"] == pytest.approx([gain, gain], rel=1e-9)
        assert row["spread"] == pytest.approx(0, abs=1e-9)
        assert (row["wrong_way"], row["n"]) == (float(gain < 0), 31)
        assert row["rms_S"] == pytest.approx(abs(gain - 1) * row["asked_S"], rel=1e-6, abs=1e-15)
    assert np.array_equal(cells.g_S(np.arange(31)), np.linspace(160e-6, 440e-6, 31))


def test_the_gain_of_the_noise_free_time_on_a_device_without_noise_is_1():
    still = ouro.CompactCell(ouro.jart_vcm_v1b(window=True))
    recipe = Recipe(12, 1, PAIR, d2d=None, start="nominal")
    cells = ouro.fleet(still, [recipe.draw(still, k) for k in range(12)], "nominal", workers=1)
    time = ouro.noise_free(still, PAIR)
    once, twice = (
        small_updates(cells, lambda g, dg, k=k: time(g, k * dg), PAIR, [1e-5], rise_s=1e-12, fall_s=1e-12)
        for k in (1, 2)
    )
    inside = (once.start_S > LOW + 2.1e-5) & (once.start_S < HIGH - 2.1e-5)
    assert once.ratio[inside] == pytest.approx(1, abs=5e-3)
    assert twice.ratio[inside] == pytest.approx(2, abs=1e-2)


def test_gain_and_spread_are_mean_and_deviation():
    speed = np.random.default_rng(0).lognormal(0, 0.7, 900)
    found = small_updates(Linear(np.full(900, 3e-4), speed), seconds, PAIR, [1e-5])
    row = found.rows()[0]
    assert row["gain"] == pytest.approx(speed.mean())
    assert row["spread"] == pytest.approx(speed.std())
    assert row["interval"][0] < speed.mean() < row["interval"][1]
    assert row["interval"][1] - row["interval"][0] == pytest.approx(2 * 1.96 * speed.std() / 30, rel=0.15)


def test_no_cell_is_asked_to_leave_the_window():
    found = small_updates(Linear([105e-6, 300e-6, 495e-6]), seconds, PAIR, [1e-6, 2e-5])
    ends = found.start_S + found.asked_S
    assert np.all((ends >= 100e-6) & (ends <= 500e-6))
    assert len(ends) == 10 and np.isfinite(found.change_S).all()


def test_starts_and_directions_are_told_apart():
    start = np.array([120e-6, 300e-6, 480e-6])
    rows = small_updates(Linear(start, [1.0, 2.0, 3.0]), seconds, PAIR, [1e-5]).rows(regions=True)
    gains_of = {(row["direction"], row["start"]): row["gain"] for row in rows}
    for direction in ("set", "reset"):
        found = [gains_of[direction, start] for start in ("low", "middle", "high", "all")]
        assert found == pytest.approx([1, 2, 3, 2])


def test_attempts_of_one_case_are_no_evidence_beside_each_other():
    ratio = np.repeat(np.random.default_rng(1).normal(1, 1, 50), 40)
    alone = Increments(np.full(2000, 1e-5), np.full(2000, 3e-4), 1e-5 * ratio, (1e-4, 5e-4), np.arange(2000))
    cases = Increments(alone.asked_S, alone.start_S, alone.change_S, alone.window_S, np.arange(2000) // 40)
    widths = [np.ptp(one.summary()["interval"]) for one in (alone, cases)]
    assert widths[1] == pytest.approx(np.sqrt(40) * widths[0], rel=0.2)
    assert alone.summary()["gain"] == pytest.approx(cases.summary()["gain"])


def test_what_failed_is_left_out_and_nothing_is_no_row():
    one = Increments(np.array([1e-5, 1e-5]), np.full(2, 3e-4), np.array([1e-5, np.nan]), (1e-4, 5e-4), np.arange(2))
    assert one.summary()["n"] == 1
    assert one.summary([False, True]) is None
    assert len(one.rows(DECADES_S)) == 1
    assert one.rows(DECADES_S)[0]["asked_S"] == [1e-5, 1e-4]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"steps_S": [0.0]}, "steps_S"), ({"steps_S": [-1e-6]}, "steps_S"), ({"steps_S": []}, "steps_S"),
        ({"steps_S": [5e-4]}, "below 0.0004 S"), ({"predictor": None}, "predictor = None"), ({"pair": 3}, "pair"),
        ({"cells": 3}, "fleet"), ({"predictor": lambda g, dg: dg[:1]}, "predict must return"),
    ],
)  # fmt: skip
def test_wrong_questions_are_value_errors(changes, message):
    given = {"cells": Linear([2e-4, 3e-4]), "predictor": seconds, "pair": PAIR, "steps_S": [1e-5]} | changes
    with pytest.raises(ValueError, match=message):
        small_updates(**given)


# ---- the floor


def lognormal(sigma, p=30, m=400, widths=101, asked=1e-5, seed=0):
    """Trials of cells that change in proportion to the time, each at a speed of its own, the median 10 uS/us."""
    speed = np.random.default_rng(seed).lognormal(0, sigma, (p, m))
    t_max = np.full(p, 3e-6)
    start = np.full(p, 2e-4)
    g = start[:, None, None] + 10.0 * speed[:, :, None] * np.linspace(0, 3e-6, widths)
    return Trials(start, start + asked, t_max, g.astype(np.float32))


@pytest.mark.parametrize("sigma", [0.3, 0.7])
def test_the_least_spread_is_that_of_the_speeds(sigma):
    """Of a lognormal speed: sqrt(exp(s^2) - 1) over a gain of 1; of least squares gain and rms are exp(-s^2)."""
    made = lognormal(sigma)
    mean, square = (best_updates(made, (1e-4, 5e-4), aim).summary() for aim in ("mean", "square"))
    of_speed = np.sqrt(np.exp(sigma**2) - 1)
    assert mean["gain"] == pytest.approx(1, abs=0.02)
    assert mean["spread"] == pytest.approx(of_speed, rel=0.06)
    assert square["gain"] == pytest.approx(np.exp(-(sigma**2)), rel=0.05)
    assert square["rms_S"] == pytest.approx(1e-5 * np.sqrt(1 - np.exp(-(sigma**2))), rel=0.05)
    assert square["rms_S"] < mean["rms_S"]


def test_what_is_judged_chooses_nothing():
    """Two trajectories of speeds 1 and 4: each gets the time that is right for the other."""
    made = lognormal(0, p=1, m=2)
    start = 2e-4
    g = np.stack([start + k * np.linspace(0, 3e-5, 101) for k in (1.0, 4.0)])[None].astype(np.float32)
    made = Trials(made.start_S, made.target_S, made.t_max_s, g)
    found = best_updates(made, (1e-4, 5e-4), folds=2)
    assert sorted(found.ratio) == pytest.approx([0.25, 4.0], rel=0.02)


def test_devices_that_cannot_have_the_start_are_those_of_another():
    made = lognormal(0.3, p=2, m=50)
    g = made.g_S.copy()
    g[0, :20] += 1e-5
    found = best_updates(Trials(made.start_S, made.target_S, made.t_max_s, g), (1e-4, 5e-4))
    assert np.isnan(found.change_S[:20]).all() and np.isfinite(found.change_S[20:]).all()


def test_times_are_judged_on_the_same_trials():
    made = lognormal(0)
    found = of_trials(made, np.full(30, 2e-6), (1e-4, 5e-4)).summary()
    assert (found["gain"], found["spread"]) == (pytest.approx(2, rel=1e-3), pytest.approx(0, abs=1e-3))
    assert of_trials(made, np.full(30, -2e-6), (1e-4, 5e-4)).summary()["gain"] == pytest.approx(0, abs=1e-3)


@pytest.mark.parametrize(("more", "message"), [({"folds": 1}, "folds"), ({"folds": 900}, "folds = 900"),
                                               ({"aim": "median"}, "aim = 'median'")])  # fmt: skip
def test_a_floor_that_cannot_be_found_is_a_value_error(more, message):
    with pytest.raises(ValueError, match=message):
        best_updates(lognormal(0.3), (1e-4, 5e-4), **more)


# ---- draws


def drawn(n=3000, **changes):
    recipe = Recipe(n, changes.pop("seed", 3), PAIR, **({"d2d": None, "sampling": "increments"} | changes))
    return [recipe.draw(CELL, k) for k in range(n)]


def test_changes_are_even_in_the_logarithm_up_to_the_window():
    many = drawn()
    start, change = (
        np.array(x) for x in zip(*((one.start_S, one.target_S - one.start_S) for one in many), strict=True)
    )
    room = np.where(change > 0, HIGH - start, start - LOW)
    part = np.log(np.abs(change) / LEAST_S) / np.log(room / LEAST_S)
    assert kstest(part, "uniform").pvalue > 1e-3
    assert kstest((start - LOW) / (HIGH - LOW), "uniform").pvalue > 1e-3
    assert np.mean(change > 0) == pytest.approx(0.5, abs=0.04)
    assert abs(np.corrcoef(start, part)[0, 1]) < 0.06
    assert np.abs(change).min() < 1.05 * LEAST_S


@pytest.mark.parametrize("d2d", [None, "ten_percent"])
def test_starts_and_targets_lie_in_the_window(d2d):
    ends = np.array([(one.start_S, one.target_S) for one in drawn(500, d2d=d2d)])
    assert ends.min() >= LOW * (1 - 1e-12) and ends.max() <= HIGH * (1 + 1e-12)


def test_a_recipe_of_increments_is_one_like_others():
    """Seed and number decide a record; what else is drawn is as in other samplings; the settings make it again."""
    assert drawn(20) == drawn(20) != drawn(20, seed=4)
    recipe = Recipe(50, 3, PAIR, sampling="increments", d2d=SPREADS["ten_percent"])
    again = Recipe.from_settings(recipe.settings)
    assert again == recipe
    other = Recipe(50, 3, PAIR, d2d=SPREADS["ten_percent"])
    for k in (0, 7, 49):
        one, plain = again.draw(CELL, k), other.draw(CELL, k)
        assert (one.seed, one.device, one.split, one.rise_s) == (plain.seed, plain.device, plain.split, plain.rise_s)


@pytest.mark.parametrize("share", [0.0, 0.2, 0.4999, 0.5, 0.7, 0.9999])
def test_a_change_fits_into_its_room(share):
    for down, up in ((1e-4, 3e-4), (0.0, 4e-4), (4e-4, 2e-7), (-1e-5, 4e-4), (0.0, 0.0)):
        found = increment(share, down, up)
        room = up if found > 0 else down
        assert abs(found) == pytest.approx(LEAST_S) or LEAST_S <= abs(found) <= room * (1 + 1e-9)
    assert (increment(0.7, 4e-4, 2e-7) < 0) and (increment(0.2, 0.0, 4e-4) > 0)


def test_trials_of_increments_ask_for_small_changes():
    made = trials(CELL, PAIR, 12, 8, widths=64, sampling="increments", workers=1)
    size = np.abs(made.target_S - made.start_S)
    assert LEAST_S <= size.min() < 1e-5 and size.max() < HIGH - LOW
    with pytest.raises(ValueError, match="sampling 'small' is unknown"):
        trials(CELL, PAIR, 2, 8, widths=64, sampling="small")


# ---- training on what comes out


def two_speeds(n):
    """Of each start and target a record of a device of the law, and one of a device nine times slower."""
    both = [records(n, slowness=np.full(n, slowness), histories=True) for slowness in (1.0, 9.0)]
    return PulseDataset(pd.concat([one.frame for one in both], ignore_index=True), both[0].manifest)


def gain(predictor, share, slowness=(1.0, 9.0)):
    """Mean realised over asked change where `share` of 100 uS is asked for."""
    start = np.linspace(150e-6, 480e-6, 12)
    asked = share * 1e-4 * np.where(start < 320e-6, 1, -1)
    time_s = predictor.predict(start, asked, outside="accept")
    return np.mean([(g_after(start, time_s / k) - start) / asked for k in slowness])


def test_training_on_the_change_makes_its_mean_the_one_asked_for():
    """The middle time in the logarithm, 3 times that of the fast ones, makes 1.67 = (3 + 3 / 9) / 2 of it."""
    data = two_speeds(200)
    inputs = ("g_start_S", "dg_S", "log_change", "direction")
    first = Stage("time", 40, batch=64, learning_rate=6e-3)
    by_time = PulsePredictor.fit(data, Specification((first,), inputs), seed=1)
    more = PulsePredictor.fit(data, Specification((Stage("change", 50, 64, 6e-3),), inputs), seed=1, start=by_time)
    found = [[gain(one, share) for share in (0.2, 0.6)] for one in (by_time, more)]
    assert np.mean(found[0]) > 1.3
    assert found[1] == pytest.approx([1, 1], abs=0.12)


def curves_of(speeds, points=201, spacing_s=1e-8):
    g = 2e-4 + np.outer(speeds, np.arange(points)) * spacing_s * 10.0
    return Curves.of((spacing_s, row) for row in g)


def test_the_gradient_is_the_mean_excess_and_vanishes_at_the_gain_of_1():
    speeds = np.array([0.5, 1.0, 3.0])
    curves, start = curves_of(speeds), torch.full((3,), 2e-4, dtype=torch.float64)
    asked = torch.full((3,), 5e-6, dtype=torch.float64)
    right_s = 5e-7 / speeds.mean()
    for factor, sign in ((0.5, -1), (1.0, 0), (2.0, 1)):
        log_time = torch.full((3,), np.log(factor * right_s), dtype=torch.float64, requires_grad=True)
        change_loss(log_time, curves, start, asked).backward()
        total = float(log_time.grad.sum())
        expected = (factor - 1) * 5e-6 / (5e-6 + 1e-5)
        assert total == pytest.approx(expected, abs=1e-3)
        assert np.sign(round(total, 3)) == sign


def test_the_score_is_the_integral_of_the_gradient():
    curves, start = curves_of(np.array([1.0])), torch.tensor([2e-4], dtype=torch.float64)
    asked, around = torch.tensor([5e-6], dtype=torch.float64), torch.tensor([np.log(1e-7)], dtype=torch.float64)

    def cost(log_time):
        return float(change_cost(torch.tensor([log_time], dtype=torch.float64), curves, start, asked, around)[0])

    best = np.log(5e-7)
    for log_time in (best - 0.5, best, best + 0.5):
        # integral of (10 t - a) d ln t
        exact = (10 * (np.exp(log_time) - 1e-7) - 5e-6 * (log_time - np.log(1e-7))) / 1.5e-5
        assert cost(log_time) == pytest.approx(exact, rel=0.02, abs=2e-3)
    assert cost(best) < min(cost(best - 0.3), cost(best + 0.3))
    assert cost(np.log(1e-7)) == 0


def test_what_is_asked_for_in_training_lies_between_1_uS_and_the_record():
    dg = torch.tensor([3e-4, -3e-4, 5e-7, -2e-5] * 500, dtype=torch.float64)
    share = torch.rand(2000, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    asked = partial_changes(dg, share)
    assert torch.equal(torch.sign(asked), torch.sign(dg))
    assert torch.all(asked.abs() <= dg.abs() * (1 + 1e-12)) and torch.all(asked.abs() >= 4.99e-7)
    part = np.log(asked[::4].numpy() / 1e-6) / np.log(300)
    assert kstest(part, "uniform").pvalue > 1e-3
    examples = Examples.of(records(300, histories=True))
    even = even_changes(examples)
    assert torch.equal(even, even_changes(examples))
    part = torch.log(even.abs() / 1e-6) / torch.log(examples.inputs["dg_S"].abs() / 1e-6)
    assert kstest(part.numpy(), "uniform").pvalue > 0.5


def test_inputs_that_follow_from_the_change(tmp_path):
    data = records(120, histories=True)
    inputs = ("g_start_S", "dg_S", "log_change", "direction")
    found = PulsePredictor.fit(data, quick(epochs=3, inputs=inputs))
    assert set(found.domain.ranges) == {"g_start_S", "dg_S", "g_target_S"}
    again = PulsePredictor.load(found.save(tmp_path / "net.npz"))
    ask = (np.full(3, 3e-4), np.array([1e-7, 3e-7, -1e-7]))
    assert np.array_equal(again.predict(*ask), found.predict(*ask))
    # SET and RESET are told apart however small the change is, and times stay finite where there is none
    assert found.predict(3e-4, 1e-9) != -found.predict(3e-4, -1e-9)
    assert found.predict(3e-4, 0.0) == 0.0
    with pytest.raises(ValueError, match="'log_change' is no input of a predictor"):
        found.predict(3e-4, 1e-6, log_change=3.0)
    with pytest.raises(ValueError, match="the objective 'change' needs the output 'log_time'"):
        quick("change", output="signed_time")
    assert needed_s(2e-4, 3e-4) > 0


# ---- the figure


def test_the_figure_has_a_line_for_each_and_the_band_that_is_asked():
    rows = small_updates(Linear(np.linspace(150e-6, 450e-6, 9)), lambda g, dg: 1.5 * dg, PAIR).rows()
    figure = gains({"network": rows, "best pulse": rows})
    top = figure.axes[0]
    line = next(one for one in top.get_lines() if one.get_label() == "network")
    assert line.get_xdata() == pytest.approx([1, 2, 5, 10, 20, 50])
    assert line.get_ydata() == pytest.approx([1.5] * 6)
    assert {text.get_text() for text in figure.legends[0].get_texts()} == {"network", "best pulse"}
    with pytest.raises(ValueError, match="rows is empty"):
        gains({})
