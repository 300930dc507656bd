"""Figures over attempts, writes and histories: they hold the numbers they claim to, in the units that they name."""

from __future__ import annotations

import io

import numpy as np
import pytest
from matplotlib.collections import LineCollection, QuadMesh

from ouro_spice import History, Outcome, Pulse
from ouro_spice.evaluation.bands import BANDS, label
from ouro_spice.evaluation.deployment import Deployment
from ouro_spice.prediction.recorded_curves import Curves
from ouro_spice.provenance.manifest import Manifest
from ouro_spice.reporting.attempt_figures import rpd_by_start, rpd_histogram, share_bars, transfer_bars
from ouro_spice.reporting.map_figure import history_map
from ouro_spice.reporting.rpd_maps import rpd_map
from ouro_spice.reporting.variants import BASELINE, CONVENTIONAL, NETWORK, kind, looks
from ouro_spice.reporting.write_figures import convergence, iterations, pulses_and_time

WINDOW_S = (100e-6, 500e-6)
NOWHERE = Manifest("", {}, {}, {})


def deployment(spread=0.2, n=400, failed=0, seed=0):
    rng = np.random.default_rng(seed)
    start, target = rng.uniform(*WINDOW_S, size=(2, n))
    end = target * np.exp(spread * rng.standard_normal(n))
    end[:failed] = np.nan
    return Deployment(start, target, start, np.sign(target - start) * 1e-6, end, end, np.zeros(n))


def ending(start, target, end):
    start, target, end = (np.array(x, float) for x in (start, target, end))
    return Deployment(start, target, start, np.sign(target - start) * 1e-6, end, end, np.zeros(len(start)))


def write(target, conductances, name="neural", tolerance=0.1, outcome=Outcome.REACHED):
    pulses = tuple(Pulse(-0.4, 1e-6) for _ in conductances[1:])
    g = tuple(conductances)
    return History(name, target, tolerance, g, g, pulses, outcome, 1e-6, 1e-12, NOWHERE)


def written(**more):
    row = {"success": 0.99, "pulses_mean": 2.0, "pulses_p95": 5.0, "time_s": 1e-6, "time_interval_s": [0.9e-6, 1.2e-6]}
    return row | more


def drawn(figure, kind="svg"):
    """The file of a figure, its size in bytes."""
    buffer = io.BytesIO()
    figure.savefig(buffer, format=kind)
    return len(buffer.getvalue())


def labels(figure):
    return [text for ax in figure.axes for text in (ax.get_xlabel(), ax.get_ylabel()) if text]


def widths(ax):
    return [bar.get_x() + bar.get_width() for bar in ax.patches]


@pytest.mark.parametrize(("name", "expected"), [
    ("B smoothed", NETWORK), ("history-conditioned", NETWORK), ("noise-free model", BASELINE),
    ("noise_free", BASELINE), ("do nothing", BASELINE), ("best constant", BASELINE), ("ISPP in width", CONVENTIONAL),
    ("fixed pulse, 10 ns", CONVENTIONAL), ("coarse to fine", CONVENTIONAL),
])  # fmt: skip
def test_a_name_says_what_is_a_network(name, expected):
    assert kind(name) == expected


def test_no_two_lines_look_alike():
    names = [f"network {k}" for k in range(20)] + ["noise-free", "do nothing", "best constant"]
    assert len({str(look) for look in looks(names).values()}) == len(names)


def test_rpd_over_the_start_is_that_of_the_deployment():
    several = {"A(t)": deployment(0.4), "noise-free": deployment(0.2, seed=1)}
    figure = rpd_by_start(several, WINDOW_S, bins=8)
    edges = np.linspace(*WINDOW_S, 9)
    for ax, key in zip(figure.axes, ("rpd_mean", "rpd_median"), strict=True):
        assert ax.get_yscale() == "log" and ax.get_xlim() == pytest.approx((100, 500))
        for line, one in zip(ax.get_lines(), several.values(), strict=True):
            np.testing.assert_allclose(line.get_ydata(), 100 * one.by_start(edges)[key])
            np.testing.assert_allclose(line.get_xdata(), (edges[1:] + edges[:-1]) / 2 * 1e6)
    assert labels(figure) == [
        "G_start (uS)", "mean RPD of G_end (%)", "G_start (uS)", "median RPD of G_end (%)",
    ]  # fmt: skip


@pytest.mark.parametrize("end", [200e-6, np.nan], ids=["all hit", "all failed"])
def test_what_a_logarithmic_axis_cannot_show_is_left_out(end):
    one = ending([150e-6, 300e-6], [200e-6, 200e-6], [end, end])
    for figure in (rpd_by_start({"A": one}, WINDOW_S), rpd_histogram({"A": one}), rpd_map({"A": one}, WINDOW_S)):
        assert drawn(figure) > 0


def test_the_distribution_has_the_shares_of_the_tables_and_counts_failures_as_missed():
    several = {"A(t)": deployment(0.4, failed=40), "exactly there": ending([2e-4], [1e-4], [1.1e-4])}
    figure = rpd_histogram(several)
    lines = [line for line in figure.axes[0].get_lines() if line.get_label() in several]
    for line, one in zip(lines, several.values(), strict=True):
        rpd, share = line.get_xdata(), line.get_ydata()
        assert np.all(np.diff(share) >= 0)
        for band in BANDS:
            at = share[rpd == 100 * band]
            assert at == pytest.approx(100 * one.shares()[label("within", band)])
    assert lines[0].get_ydata()[-1] == pytest.approx(90)
    assert labels(figure) == ["RPD of G_end (%)", "share of attempts within it (%)"]
    assert {text.get_text() for text in figure.axes[0].texts} == {"±50 %", "±20 %", "±10 %"}


def test_maps_have_starts_from_left_to_right_targets_upwards_and_one_scale():
    one = ending([110e-6, 490e-6], [490e-6, 320e-6], [245e-6, 352e-6])
    figure = rpd_map({"one": one, "other": deployment()}, WINDOW_S, bins=4, fewest=1)
    meshes = [next(m for m in ax.collections if isinstance(m, QuadMesh)) for ax in figure.axes[:2]]
    found = np.ma.filled(meshes[0].get_array().reshape(4, 4), np.nan)
    expected = np.full((4, 4), np.nan)
    expected[3, 0], expected[2, 3] = 50.0, 10.0
    np.testing.assert_allclose(found, expected)
    assert meshes[0].get_clim() == meshes[1].get_clim()
    assert [ax.get_title() for ax in figure.axes[:2]] == ["one", "other"]
    assert labels(figure) == ["G_start (uS)", "G_target (uS)", "G_start (uS)", "mean RPD of G_end (%)"]


def test_every_map_is_shown():
    figure = rpd_map({f"variant {k}": deployment(seed=k) for k in range(5)}, WINDOW_S)
    assert [ax.get_visible() for ax in figure.axes[:6]] == [True] * 5 + [False]
    assert drawn(figure) < 250_000


def test_bars_are_the_shares_and_lines_the_floors():
    rows = {"B": deployment(0.1).summary(), "best constant": deployment(1.5).summary()}
    rows["B"]["interval"] = [0.93, 0.97]
    floors = {"floor_50": 0.976, "floor_20": 0.77}
    figure = share_bars(rows, floors)
    for ax, band in zip(figure.axes, BANDS, strict=True):
        assert widths(ax) == pytest.approx([100 * row[label("within", band)] for row in rows.values()])
        floor = floors.get(label("floor", band))
        assert [line.get_xdata()[0] for line in ax.get_lines()] == ([] if floor is None else [100 * floor])
        # an interval that is one pair of numbers is that of the headline band
        whiskers = [c for c in ax.collections if isinstance(c, LineCollection)]
        assert len(whiskers) == (2 if band == 0.2 else 1)
    assert [ax.get_title() for ax in figure.axes] == ["within ±50 %", "within ±20 %", "within ±10 %"]
    assert [tick.get_text() for tick in figure.axes[0].get_yticklabels()] == list(rows)
    assert len(figure.legends) == 1 and not share_bars(rows).legends


def test_transfer_is_told_in_points_from_the_shipped_condition():
    rows = {"T0 358 K": {"within_20": 0.61}, "as shipped": {"within_20": 0.75, "interval": {"within_20": [0.7, 0.8]}}}
    figure = transfer_bars(rows, "as shipped")
    assert widths(figure.axes[0])[:2] == pytest.approx([61, 75])
    assert {"-14.0", "shipped"} <= {text.get_text() for text in figure.axes[0].texts}
    assert "+14.0" in {text.get_text() for text in transfer_bars(rows).axes[0].texts}


def test_a_straight_history_is_its_own_average_and_its_gradient_constant():
    curves = Curves.of([(1e-6, np.full(50, 1e-4)), (10e-9, np.linspace(100e-6, 300e-6, 201))])
    top, below = history_map(curves, 1, 10e-9, [10e-9, 110e-9, 510e-9]).axes
    for line in top.get_lines():
        np.testing.assert_allclose(line.get_ydata() - line.get_ydata()[0], np.linspace(0, 200, 201), atol=1e-3)
    # 200 uS in 2 us
    np.testing.assert_allclose(below.get_lines()[0].get_ydata(), 100, rtol=1e-3)
    assert top.get_lines()[0].get_xdata()[-1] == pytest.approx(2.0)
    assert (below.get_xlabel(), below.get_ylabel()[:18]) == ("pulse width (us)", "gradient (uS/us), ")


def test_gradients_add_up_to_the_change_and_wide_windows_are_calmer():
    rng = np.random.default_rng(0)
    g_S = 300e-6 + np.cumsum(rng.normal(0.05e-6, 0.5e-6, 3000))
    figure = history_map(Curves.of([(10e-9, g_S)]), 0, 10e-9, [10e-9, 1010e-9, 10010e-9])
    top, below = (ax.get_lines() for ax in figure.axes)
    shift = float(figure.axes[1].get_ylabel().split()[-2])
    change = np.sum(below[0].get_ydata()) * 0.01
    assert change == pytest.approx((g_S[-1] - g_S[0]) * 1e6, rel=1e-3)
    assert shift == pytest.approx(1.05 * np.ptp(below[0].get_ydata()), rel=0.05)
    assert np.all(np.diff([np.std(line.get_ydata()) for line in below]) < 0)
    assert all(line.get_rasterized() for line in (*top, *below))
    assert [text.get_text() for text in figure.legends[0].get_texts()] == [
        "as recorded", "101 steps (1.01 us)", "1001 steps (10.01 us)",
    ]  # fmt: skip


def test_converged_is_mean_and_deviation_over_the_starts():
    ends = {200e-6: [190e-6, 210e-6, 230e-6], 400e-6: [400e-6]}
    several = [write(t, [120e-6, g, 9e-4], outcome=Outcome.PULSE_LIMIT) for t, found in ends.items() for g in found]
    several.append(write(400e-6, [], outcome=Outcome.READ_FAILED))
    several.append(write(400e-6, [400e-6]))
    figure = convergence({"B": several}, WINDOW_S, after=1)
    left, right = figure.axes
    line, *_, bars = left.containers[0]
    np.testing.assert_allclose(line.get_ydata(), [210, 400])
    heights = [np.ptp(segment[:, 1]) / 2 for segment in bars[0].get_segments()]
    np.testing.assert_allclose(heights, [20, 0], atol=1e-9)
    np.testing.assert_allclose(right.get_lines()[-1].get_ydata(), [5, 0], atol=1e-9)
    assert left.get_ylabel() == "G_end after 1 iterations (uS)"
    assert right.get_ylabel() == "(G_end - G_target) / G_target (%)"


def test_many_programmers_have_one_legend_entry_each():
    several = {f"network {k}": [write(200e-6, [1e-4, 2e-4])] for k in range(8)}
    figure = convergence(several, WINDOW_S)
    assert [text.get_text() for text in figure.legends[0].get_texts()] == list(several)
    assert drawn(figure) > 0


def test_iterations_show_every_target_with_the_median_of_all():
    rng = np.random.default_rng(1)
    several = [write(t, rng.uniform(1e-4, 5e-4, n)) for t in (100e-6, 220e-6) for n in rng.integers(1, 21, 500)]
    figure = iterations(several, (220e-6, 100e-6))
    starts = [h.conductances_S[0] * 1e6 for h in several[500:]]
    median = next(line for line in figure.axes[0].get_lines() if len(line.get_ydata()) == 20)
    assert median.get_ydata()[0] == pytest.approx(np.median(starts))
    assert [ax.get_title() for ax in figure.axes] == ["to 220 uS, 150 of 500 writes", "to 100 uS, 150 of 500 writes"]
    assert labels(figure) == ["iteration", "G (uS)", "iteration"]
    assert drawn(figure) < 300_000


def test_costs_are_bars_with_whiskers_to_p95():
    rows = {
        "neural": written(),
        "ISPP": written(pulses_mean=9.0, pulses_p95=22.0, time_s=4e-6),
        "noise-free": written(),
    }
    figure = pulses_and_time(rows, 0.1)
    assert widths(figure.axes[0]) == pytest.approx([2, 9, 2])
    assert widths(figure.axes[1]) == pytest.approx([1, 4, 1])
    ends = [c.get_segments()[0][1, 0] for c in figure.axes[0].collections]
    assert ends == pytest.approx([5, 22, 5])
    assert len({tuple(bar.get_facecolor()) for bar in figure.axes[0].patches}) == 3
    assert figure.axes[0].get_xscale() == "log" and "(us)" in figure.axes[1].get_xlabel()
    assert figure.legends[0].get_title().get_text() == "to within ±10 % of the target"
    assert drawn(pulses_and_time({"neural": written(pulses_mean=0.0, pulses_p95=0.0)}, 0.1)) > 0


def test_predictions_in_software_and_energies_stand_beside_the_bars():
    rows = {
        "neural": written(software_s=3e-5, energy_J=30e-12, read_energy_J=4e-12),
        "ISPP": written(energy_J=17e-12, read_energy_J=9e-12),
    }
    figure = pulses_and_time(rows, 0.1)
    assert [len(ax.lines) for ax in figure.axes] == [0, 1, 2]
    assert figure.axes[1].lines[0].get_xdata() == pytest.approx([30.0])
    assert widths(figure.axes[2]) == pytest.approx([30, 17])
    assert [line.get_xdata()[0] for line in figure.axes[2].lines] == pytest.approx([4, 9])
    assert "software" in figure.axes[1].get_xlabel() and "(pJ)" in figure.axes[2].get_xlabel()
    assert drawn(figure) > 0
    del rows["ISPP"]["read_energy_J"]
    assert len(pulses_and_time(rows, 0.1).axes) == 2


@pytest.mark.parametrize(("call", "message"), [
    (lambda: rpd_by_start({}, WINDOW_S), "deployments is empty"),
    (lambda: rpd_by_start({"A": deployment()}, (5e-4, 1e-4)), "must ascend"),
    (lambda: rpd_by_start({"A": deployment()}, (1e-4, np.nan)), r"window_S\[1\] = nan"),
    (lambda: rpd_histogram({}), "deployments is empty"),
    (lambda: rpd_map({"A": deployment()}, WINDOW_S, bins=0), "bins = 0"),
    (lambda: rpd_map({"A": deployment()}, (1e-4,)), "its two ends"),
    (lambda: share_bars({}), "rows is empty"),
    (lambda: share_bars({"A": {"within_50": 0.9}}), "'A' has no within_20"),
    (lambda: share_bars({"A": deployment().summary() | {"within_10": 12}}), "within_10 of 'A' = 12 .* \\[0, 1\\]"),
    (lambda: share_bars({"A": deployment().summary()}, {"floor_10": 56}), "floor_10 of 'floors' = 56"),
    (lambda: transfer_bars({"A": {"within_20": 0.5}}, "B"), "shipped = 'B' is no condition; there is 'A'"),
    (lambda: convergence({}, WINDOW_S), "histories is empty"),
    (lambda: convergence({"A": [write(1e-4, [])]}, WINDOW_S), "'A': there is no write"),
    (lambda: convergence({"A": [write(1e-4, [1e-4])]}, WINDOW_S, after=0), "after = 0"),
    (lambda: iterations([write(2e-4, [1e-4])], (340e-6,)), "no write to 340 uS has a reading; there are 200"),
    (lambda: iterations([], (340e-6,)), "there are none"),
    (lambda: iterations([write(2e-4, [1e-4])], ()), "targets_S is empty"),
    (lambda: pulses_and_time({"A": written()}, 0.0), "tolerance = 0"),
    (lambda: pulses_and_time({"A": written(time_s=None)}, 0.1), "time_s of 'A' = None"),
    (lambda: pulses_and_time({"A": {}}, 0.1), "'A' has no pulses_mean"),
])  # fmt: skip
def test_bad_input_is_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()


@pytest.mark.parametrize(("k", "step_s", "windows_s", "message"), [
    (2, 1e-8, [1e-8], "k = 2 is no history; there are 2"), (-1, 1e-8, [1e-8], "k = -1"),
    (0, 1e-8, [1e-8], "history 0 has 2 points"), (1, 1e-8, [], "windows_s is empty"),
    (1, 1e-8, [-1.0], "windows_s = -1"), (1, 0.0, [1e-8], "step_s = 0"),
])  # fmt: skip
def test_a_history_that_cannot_be_shown_is_named(k, step_s, windows_s, message):
    curves = Curves.of([(1e-8, np.array([1e-4, 2e-4])), (1e-8, np.linspace(1e-4, 2e-4, 9))])
    with pytest.raises(ValueError, match=message):
        history_map(curves, k, step_s, windows_s)
