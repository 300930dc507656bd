"""Curves as maps that gradients go through: against closed forms and finite differences, inside and outside."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from ouro_spice.prediction.examples import Examples
from ouro_spice.prediction.objectives import SPAN, band_loss, conductance_loss, miss, nearer_targets
from ouro_spice.prediction.recorded_curves import Curves, Mapping, moving_average

SPACING_S = (1e-6, 0.5e-6, 2e-6)


def recorded():
    """Three records on grids of their own: two that rise, one that falls."""
    k = np.arange(41)
    return [
        (SPACING_S[0], 1e-4 + 3e-4 * np.sin(k / 30) ** 2),
        (SPACING_S[1], 5e-4 * np.exp(-k[:31] / 20)),
        (SPACING_S[2], 2e-4 + 1e-4 * np.tanh((k[:11] - 5) / 2)),
    ]


CURVES = Curves.of(recorded())
SIGN = torch.tensor([1.0, -1.0, 1.0], dtype=torch.float64)
UNIT = torch.tensor([2.0, 3.0, 5.0], dtype=torch.float64)


def gradient(time_s, weight=1.0):
    """Of the weighted sum of conductances, by time (3,)."""
    time_s = torch.tensor(time_s, dtype=torch.float64, requires_grad=True)
    (weight * Mapping.apply(time_s, SIGN, CURVES, UNIT)).sum().backward()
    return time_s.grad.numpy()


# ---- curves


def test_a_curve_is_the_linear_interpolation_of_its_record_clamped_to_its_ends():
    for share in np.linspace(-0.5, 1.5, 41):
        width = [share * dt * (len(g) - 1) for dt, g in recorded()]
        expected = [
            np.interp(w, dt * np.arange(len(g)), np.float32(g)) for w, (dt, g) in zip(width, recorded(), strict=True)
        ]
        assert CURVES.at(torch.tensor(width)).numpy() == pytest.approx(expected, rel=1e-12)


def test_the_slope_is_that_of_the_piece_and_0_beyond_the_ends():
    inside = torch.tensor([3.5e-6, 3.25e-6, 7e-6], dtype=torch.float64)
    g = [np.float32(g) for _, g in recorded()]
    expected = [(np.float64(one[k + 1]) - one[k]) / dt for one, k, dt in zip(g, (3, 6, 3), SPACING_S, strict=True)]
    assert CURVES.slope(inside).numpy() == pytest.approx(expected, rel=1e-9)
    assert np.all(CURVES.slope(CURVES.end_s).numpy() != 0)
    assert not CURVES.slope(CURVES.end_s * 1.001).any()
    assert not CURVES.slope(-inside).any()


def test_taking_records_takes_them_in_order():
    rows = torch.tensor([2, 0])
    width = torch.tensor([4e-6, 12e-6], dtype=torch.float64)
    assert len(CURVES.take(rows)) == 2
    assert CURVES.take(rows).at(width)[0] == CURVES.at(torch.tensor([0, 0, 4e-6], dtype=torch.float64))[2]
    assert CURVES.take(rows).end_s.tolist() == CURVES.end_s[rows].tolist()
    assert len(Curves.of([])) == 0


def test_a_record_of_one_point_is_a_constant():
    alone = Curves.of([(1e-6, [2e-4])])
    for width in (0.0, 5e-6, -5e-6):
        assert alone.at(torch.tensor([width]).double()).item() == pytest.approx(2e-4)
        assert alone.slope(torch.tensor([width]).double()).item() == 0


# ---- the differentiable map


def test_gradients_inside_the_record_are_those_of_finite_differences():
    rng = np.random.default_rng(0)
    end, sign = CURVES.end_s.numpy(), SIGN.numpy()
    for _ in range(20):
        # not at the corners of the pieces
        k = np.floor(rng.uniform(0, end / SPACING_S)) + rng.uniform(0.1, 0.9, 3)
        time_s, step = sign * k * SPACING_S, 0.05 * np.array(SPACING_S)
        up, down = (CURVES.at(torch.tensor(np.abs(time_s + way * sign * step))).numpy() for way in (1, -1))
        assert gradient(time_s) == pytest.approx(sign * (up - down) / (2 * step), rel=1e-6)
        assert gradient(time_s, weight=-7.0) == pytest.approx(-7 * gradient(time_s))


@pytest.mark.parametrize("weight", [1.0, -1.0, 0.25])
def test_outside_the_gradient_is_the_fixed_one_and_descent_goes_back_to_the_record(weight):
    """Whatever the sign of the loss's own gradient; a time of the wrong sign is before the record."""
    sign, unit, end = SIGN.numpy(), UNIT.numpy(), CURVES.end_s.numpy()
    before, behind = gradient(-sign * 1e-9, weight), gradient(sign * end * 1.5, weight)
    assert before == pytest.approx(-sign * abs(weight) * unit)
    assert behind == pytest.approx(sign * abs(weight) * unit)
    for time_s, descent in ((-sign * 1e-9, -before), (sign * end * 1.5, -behind)):
        there = sign * time_s
        into = sign * descent  # change of the width
        assert np.all(np.where(there < 0, into, -into) > 0)


def test_the_map_gives_the_ends_outside():
    first, last = ([np.float32(g[k]) for _, g in recorded()] for k in (0, -1))
    assert Mapping.apply(-SIGN * 1e-6, SIGN, CURVES, UNIT).numpy() == pytest.approx(first)
    assert Mapping.apply(SIGN * 1.0, SIGN, CURVES, UNIT).numpy() == pytest.approx(last)


def test_the_conductance_loss_has_a_gradient_of_1_in_normalised_units_outside():
    """Loss ((g - target) / scale_S)^2 over the mean of 3, time in units of its own scale."""
    start = torch.tensor([1e-4, 5e-4, 2e-4], dtype=torch.float64)
    target = torch.tensor([3e-4, 2e-4, 2.5e-4], dtype=torch.float64)
    examples = Examples({"g_start_S": start, "dg_S": target - start}, target, SIGN * 1e-6, CURVES)
    scale_S, scale_s = 1e-4, torch.tensor([1e-6, 2e-6, 3e-6], dtype=torch.float64)
    normalised = (-SIGN * 0.5).requires_grad_()  # before the record
    loss = conductance_loss(normalised * scale_s, examples, torch.arange(3), CURVES, scale_S, scale_s)
    loss.backward()
    excess = (CURVES.at(torch.zeros(3).double()) - target) / scale_S
    assert loss.item() == pytest.approx((excess**2).mean().item())
    assert normalised.grad.numpy() == pytest.approx((-SIGN * 2 * excess.abs() / 3).numpy())


# ---- the moving average


@given(st.integers(1, 60), st.integers(0, 200), st.floats(-5, 5), st.floats(-3, 3))
def test_a_line_is_its_own_average(count, points, offset, slope):
    line = offset + slope * np.arange(count)
    assert moving_average(line, points) == pytest.approx(line, abs=1e-9)


@given(st.integers(1, 60), st.integers(0, 80), st.integers(0, 10))
def test_the_average_is_that_of_as_many_neighbours_on_either_side_as_there_are(count, points, seed):
    values = np.random.default_rng(seed).normal(size=count)
    found = moving_average(values, points)
    for k in range(count):
        half = min(points // 2, k, count - 1 - k)
        assert found[k] == pytest.approx(values[k - half : k + half + 1].mean(), abs=1e-12)
    assert found[[0, -1]] == pytest.approx(values[[0, -1]])


@pytest.mark.parametrize(("points", "odd"), [(0, 1), (1, 1), (2, 3), (3, 3), (100, 101), (101, 101)])
def test_a_window_counts_the_next_odd_number_of_points(points, odd):
    impulse = np.zeros(401)
    impulse[200] = 1
    found = moving_average(impulse, points)
    assert np.count_nonzero(found > 1e-12) == odd
    assert found.sum() == pytest.approx(1)


def test_the_window_is_a_time_whatever_the_spacing():
    """The same impulse of 4 us, on grids of 0.1 and 0.4 us: averaged over 10 us it is as wide and as high."""
    wide = []
    for dt in (0.1e-6, 0.4e-6):
        time_s = np.arange(round(80e-6 / dt) + 1) * dt
        curve = Curves.of([(dt, np.where(np.abs(time_s - 40e-6) <= 2e-6, 1.0, 0.0))]).smoothed(10e-6)
        g = curve.g_S.numpy()
        wide.append((g.max(), time_s[g > 0.5 * g.max()][[0, -1]]))
    assert wide[0][0] == pytest.approx(wide[1][0], rel=0.1)
    assert wide[0][0] == pytest.approx(0.4, rel=0.1)
    assert wide[0][1] == pytest.approx([35e-6, 45e-6], abs=0.3e-6)
    assert wide[1][1] == pytest.approx([35e-6, 45e-6], abs=0.8e-6)


def test_each_record_is_averaged_by_itself_and_the_old_ones_stay():
    before = CURVES.g_S.clone()
    smooth = CURVES.smoothed(5e-6)
    assert torch.equal(CURVES.g_S, before)
    for k, (dt, g) in enumerate(recorded()):
        own = smooth.g_S[smooth.first[k] : smooth.first[k] + smooth.count[k]].numpy()
        assert own == pytest.approx(moving_average(np.float32(g), round(5e-6 / dt)), rel=1e-6)
        assert own[[0, -1]] == pytest.approx(np.float32(g)[[0, -1]])
    assert torch.equal(CURVES.smoothed(0.3 * min(SPACING_S)).g_S, before)


# ---- the loss of a band


def test_missing_a_band_is_a_half_at_its_edge_and_sharp_where_the_edge_is():
    target = torch.full((5,), 2e-4, dtype=torch.float64)
    g = target * torch.tensor([0.8, 1.2, 1.0, 2.0, 0.3], dtype=torch.float64)
    found = miss(g, target, 0.2, 0.05).numpy()
    assert found == pytest.approx([0.5, 0.5, 0.0, 1.0, 1.0], abs=1e-6)
    assert miss(g, target, 0.2, 0.5)[2].item() == pytest.approx(1 / (1 + np.exp(2)))


@pytest.mark.parametrize("softness", [0.5, 0.15])
def test_the_gradient_of_the_band_loss_is_the_difference_of_the_mean_miss(softness):
    rng = np.random.default_rng(1)
    target = torch.tensor([2e-4, 3e-4, 2.2e-4], dtype=torch.float64)
    for _ in range(20):
        width = CURVES.end_s.numpy() * rng.uniform(0.05, 0.8, 3)
        log_time = torch.tensor(np.log(width), requires_grad=True)
        band_loss(log_time, CURVES, target, 0.2, softness).backward()

        def mean_miss(shift, width=width):
            misses = []
            for k, (dt, g) in enumerate(recorded()):
                there = np.interp(width[k] * np.exp(shift[k]), dt * np.arange(len(g)), np.float32(g))
                excess = abs(there - target[k].item()) / target[k].item() - 0.2
                misses.append(1 / (1 + np.exp(-excess / (softness * 0.2))))
            return np.mean(misses)

        expected = [(mean_miss(way) - mean_miss(-way)) / (2 * SPAN) for way in SPAN * np.eye(3)]
        assert log_time.grad.numpy() == pytest.approx(expected, rel=1e-9, abs=1e-12)


def test_a_pulse_that_outlasts_its_record_is_made_shorter():
    log_time = torch.log(3 * CURVES.end_s).requires_grad_()
    band_loss(log_time, CURVES, torch.tensor([2e-4, 3e-4, 2.2e-4]).double(), 0.2, 0.15).backward()
    assert np.all(log_time.grad.numpy() >= 0.1 / 3 - 1e-12)


def test_nearer_targets_lie_between_start_and_target():
    n = 400
    rng = np.random.default_rng(2)
    start, target = (torch.from_numpy(rng.uniform(1e-4, 5e-4, n)) for _ in range(2))
    examples = Examples({"g_start_S": start, "dg_S": target - start}, target, target - start, None)
    rows = torch.randperm(n, generator=torch.Generator().manual_seed(0))[:200]
    found = nearer_targets(examples, rows, torch.Generator().manual_seed(1))
    share = (found - start[rows]) / (target - start)[rows]
    assert torch.all((share >= 0) & (share <= 1))
    assert 60 < int((share < 1).sum()) < 140
    assert torch.equal(found, nearer_targets(examples, rows, torch.Generator().manual_seed(1)))
