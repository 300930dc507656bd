"""Writes, positions and disturb of arrays, and the files that tell of them."""

from __future__ import annotations

import csv
import json
import sys

import numpy as np
import pytest

import ouro_spice as ouro
from ouro_spice._util.tables.number_map import read_map
from ouro_spice.array.positions_in_turn import positions_of
from ouro_spice.reporting.array_figures import write_results
from ouro_spice.reporting.figures import axes
from ouro_spice.reporting.heat_maps import Heat, prefixed

pytestmark = pytest.mark.ngspice
DEVICE = ouro.jart_vcm_v1b(window=True)
LINES = ouro.Lines(r_bl=5.0, r_wl=5.0, c_bl=1e-15, c_wl=1e-15)
RESISTIVE = ouro.Crossbar(4, 4, ouro.Cell1R(DEVICE, lines=LINES))
IDEAL = ouro.Crossbar(3, 3, ouro.Cell1R(DEVICE))
GATED = ouro.Crossbar(3, 4, ouro.Cell1T1R(DEVICE))
PULSE = ouro.Pulse(-0.46, 1e-6)


# ---- one write


def test_a_map_goes_in_and_a_map_comes_out():
    g = np.random.default_rng(1).uniform(120e-6, 500e-6, (3, 4))
    found = ouro.write_array(GATED.cell_at(1, 2), ouro.Pulse(-0.55, 1e-6), GATED.state(g))
    assert found.g_before_S == pytest.approx(g, rel=1e-6)
    others = np.ones((3, 4), dtype=bool)
    others[1, 2] = False
    assert found.g_after_S[others] == pytest.approx(g[others], rel=1e-6)
    assert found.g_after_S[1, 2] == pytest.approx(found.wave.g_S, rel=1e-4)
    assert found.g_after_S[1, 2] > 530e-6
    assert found.state is found.wave.state
    assert found.fidelity.name == "full"


def test_voltages_of_the_half_scheme_without_line_resistance():
    found = ouro.write_array(IDEAL.cell_at(1, 1), ouro.Pulse(-0.3, 1e-8))
    expected = np.array([[0, 0.5, 0], [0.5, 1, 0.5], [0, 0.5, 0]]) * -0.3
    assert found.v_cell_V == pytest.approx(expected, abs=1e-4)
    assert found.v_peak_V == pytest.approx(expected, abs=1e-4)


def test_a_row_in_parallel_is_written_where_pulses_are_sent():
    pulses = ouro.Parallel((ouro.Pulse(-0.55, 1e-6), None, ouro.Pulse(-0.55, 1e-6)))
    found = ouro.write_array(GATED.row(0, (0, 1, 3)), pulses)
    risen = found.g_after_S > 1.5 * found.g_before_S
    assert np.array_equal(np.argwhere(risen), [[0, 0], [0, 3]])


@pytest.mark.parametrize(
    ("selection", "pulse", "message"),
    [
        (ouro.Cell1R(DEVICE), PULSE, "no cell of an array"),
        (IDEAL.cell_at(0, 0), [PULSE, PULSE], "must be one ouro_spice.Pulse"),
        (IDEAL.cell_at(0, 0), None, "must be one ouro_spice.Pulse"),
    ],
)
def test_what_cannot_be_written(selection, pulse, message):
    with pytest.raises(ValueError, match=message):
        ouro.write_array(selection, pulse)


def test_a_state_of_another_array_is_refused():
    with pytest.raises(ValueError, match="9 memristors"):
        ouro.write_array(GATED.cell_at(0, 0), PULSE, IDEAL.state())


# ---- positions


def test_ideal_lines_have_no_spread_with_position():
    found = ouro.sweep_positions(IDEAL, PULSE, workers=1)
    assert np.isfinite(found.change_S).all()
    assert found.spread["relative"] < 1e-3
    assert found.v_start_V == pytest.approx(PULSE.amplitude, rel=1e-4)


def test_far_cells_of_a_symmetric_array_get_less_symmetrically():
    found = ouro.sweep_positions(RESISTIVE, PULSE, workers=2)
    volts = np.abs(found.v_start_V)
    assert volts == pytest.approx(volts.T, rel=1e-4)
    assert np.all(np.diff(volts, axis=0) < 0) and np.all(np.diff(volts, axis=1) < 0)
    assert np.all(np.diff(found.change_S, axis=1) < 0)
    assert found.spread["relative"] > 0.03
    assert found.spread["largest_S"] == found.change_S[0, 0]
    single = ouro.write_array(RESISTIVE.cell_at(3, 1), PULSE)
    assert found.g_after_S[3, 1] == pytest.approx(single.g_after_S[3, 1], rel=1e-6)


def test_positions_spread_evenly_with_corners():
    array = ouro.Crossbar(32, 7, ouro.Cell1R(DEVICE))
    places = positions_of(array, None)
    assert len(places) == 25 and len(set(places)) == 25
    assert {(0, 0), (0, 6), (31, 0), (31, 6)} <= set(places)
    assert len(positions_of(array, 40)) == 32 * 7
    assert positions_of(ouro.Crossbar(1, 2, ouro.Cell1R(DEVICE)), None) == [(0, 0), (0, 1)]
    with pytest.raises(ValueError, match="positions = 1"):
        positions_of(array, 1)


def test_frozen_positions_tell_the_same():
    full, frozen = (ouro.sweep_positions(GATED, PULSE, positions=2, fidelity=f) for f in ("full", "frozen"))
    assert frozen.change_S == pytest.approx(full.change_S, rel=1e-2, nan_ok=True)


# ---- disturb


def test_following_agrees_with_simulating_every_pulse():
    selection, pulse = RESISTIVE.cell_at(1, 1), ouro.Pulse(-0.8, 1e-6)
    followed, explicit = (ouro.disturb(selection, pulse, 3, explicit=one) for one in (False, True))
    half = followed.of_class("row") | followed.of_class("column")
    assert np.all(np.abs(explicit.change_S[half]) > 1e-7)
    assert followed.change_S[half] == pytest.approx(explicit.change_S[half], rel=0.01)
    assert np.isnan(followed.change_S[1, 1])
    assert list(followed.pulses) == list(explicit.pulses) == [0, 1, 2, 3]


def test_leaps_over_many_pulses_agree_with_one_after_the_other(monkeypatch):
    selection, pulse = RESISTIVE.cell_at(1, 1), ouro.Pulse(-0.7, 1e-6)
    leaping = ouro.disturb(selection, pulse, 300)
    monkeypatch.setattr(sys.modules["ouro_spice.array.disturbance"], "_LEAP", 0.0)
    each = ouro.disturb(selection, pulse, 300)
    half = each.of_class("row") | each.of_class("column")
    assert len(leaping.pulses) < 20
    assert leaping.change_S[half] == pytest.approx(each.change_S[half], rel=1e-3)


def test_cells_behind_gates_that_are_off_are_not_disturbed():
    found = ouro.disturb(GATED.cell_at(1, 2), ouro.Pulse(-0.6, 1e-6), 1000)
    relative = np.abs(found.change_S / found.g_S[0])
    assert np.all(relative[found.of_class("unselected")] < 1e-9)
    assert np.all(relative[found.of_class("column")] < 1e-9)


def test_the_grounded_scheme_writes_the_whole_line():
    found = ouro.disturb(IDEAL.replace(scheme="grounded").cell_at(1, 1), ouro.Pulse(-0.55, 1e-6), 2)
    # a SET raises the bit line
    assert np.all(found.change_S[found.of_class("column")] > 300e-6)
    assert found.change_S[found.of_class("row")] == pytest.approx(0, abs=1e-12)


def test_classes_count_every_other_cell_once():
    found = ouro.disturb(GATED.row(1, (0, 2)), ouro.Pulse(-0.5, 1e-8), 1)
    assert found.classes["class"].tolist() == ["row", "column", "unselected"]
    assert found.classes.cells.tolist() == [2, 4, 4]
    assert len(found.frame) == 10 and set(found.frame["class"]) == {"row", "column", "unselected"}
    single = ouro.disturb(ouro.Crossbar(1, 1, ouro.Cell1R(DEVICE)).cell_at(0, 0), PULSE, 5)
    assert len(single.classes) == len(single.frame) == 0


@pytest.mark.parametrize("n", [0, -1, 1.5])
def test_a_number_of_pulses_that_is_none(n):
    with pytest.raises(ValueError, match="n = "):
        ouro.disturb(IDEAL.cell_at(0, 0), PULSE, n)


# ---- files


def table(path):
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def results():
    return {
        "write": ouro.write_array(GATED.cell_at(1, 2), ouro.Pulse(-0.55, 1e-6)),
        "position": ouro.sweep_positions(IDEAL, PULSE, positions=2, workers=1),
        "disturb": ouro.disturb(RESISTIVE.cell_at(0, 0), ouro.Pulse(-0.8, 1e-7), 10),
        "sneak": ouro.sneak_map(IDEAL, positions=2, workers=1),
        "product": ouro.product(IDEAL, [0.2, 0.1, 0.0]),
    }


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    folder, found = tmp_path_factory.mktemp("arrays"), results()
    return found, {name: write_results(one, folder / name) for name, one in found.items()}


def test_every_figure_has_a_table_beside_it(files):
    _, paths = files
    for found in paths.values():
        figures = [path for path in found.values() if path.suffix == ".png"]
        assert figures
        for path in figures:
            assert path.stat().st_size > 5000
            assert len(table(path.with_suffix(".csv"))) >= 2
        assert json.loads(found["summary.json"].read_text(encoding="utf-8"))
        there = {path.name for path in found["summary.json"].parent.iterdir()}
        assert there == set(found)


def test_columns_carry_their_units(files):
    _, paths = files
    for found in paths.values():
        for path in (path for name, path in found.items() if name.endswith(".csv") and name != "g_after.csv"):
            plain = {"row", "col", "line", "position", "part", "share", "deviation", "class", "pulses", "clipped"}
            for name in set(table(path)[0]) - plain - {"column", "unselected"}:
                assert name.rpartition("_")[2] in {"S", "V", "A", "J", "s", "F"}, name


def test_tables_hold_the_maps(files):
    found, paths = files
    rows = table(paths["write"]["write_conductance.csv"])
    g = np.array([float(row["g_after_S"]) for row in rows]).reshape(3, 4)
    assert g == pytest.approx(found["write"].g_after_S, rel=1e-8)
    assert [int(row["col"]) for row in rows[:5]] == [0, 1, 2, 3, 0]


def test_conductances_after_a_write_are_a_map_to_start_from(files):
    found, paths = files
    g = read_map(paths["write"]["g_after.csv"], 3, 4)
    assert g == pytest.approx(found["write"].g_after_S, rel=1e-4)
    assert GATED.g_map_S(GATED.state(g)) == pytest.approx(g, rel=1e-6)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("1,2\n", "1 x 2 values, the array has 2 x 2"),
        ("1,2\n3\n", "2 x 1/2 values"),
        ("", "0 x 0 values"),
        ("1,2\n3,four\n", "'four' in row 1, column 1, is no number"),
    ],
)
def test_a_file_that_is_no_map(tmp_path, text, message):
    path = tmp_path / "map.csv"
    path.write_text(text)
    with pytest.raises(ValueError, match=message):
        read_map(path, 2, 2)


def test_a_map_that_is_not_there_and_one_that_is_no_text(tmp_path):
    with pytest.raises(ValueError, match="No such file"):
        read_map(tmp_path / "nowhere.csv", 2, 2)
    (tmp_path / "binary.csv").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ValueError, match=r"binary\.csv, line 1: this is no UTF-16 text"):
        read_map(tmp_path / "binary.csv", 2, 2)


@pytest.mark.parametrize(
    ("value", "unit", "shown"),
    [(450e-6, "S", (1e6, "uS")), (1.2, "V", (1.0, "V")), (0.0, "A", (1.0, "A")), (3e-14, "J", (1e12, "pJ")),
     (0.4, "%", (100.0, "%")), (5e3, "V", (1e-3, "kV"))],
)  # fmt: skip
def test_units_get_the_prefix_that_fits(value, unit, shown):
    assert prefixed(np.array([value, np.nan]), unit) == shown


def texts(values, **more):
    """The numbers that a map shows, and the ends of its scale."""
    _, grid = axes(1)
    Heat(np.asarray(values, float), "x", "S", **more).draw(grid[0, 0])
    image = grid[0, 0].get_images()[0]
    return [text.get_text() for text in grid[0, 0].texts], (image.norm.vmin, image.norm.vmax)


def test_maps_show_no_noise_and_every_difference_that_has_a_colour():
    noise = np.random.default_rng(1).uniform(-1e-12, 1e-12, (4, 4))
    shown, scale = texts(noise, colours="RdBu_r", around=0.0, noise=1e-6)
    assert set(shown) == {"0"} and scale == (-1e-6, 1e-6)
    noise[1, 2] = 0.3
    shown, scale = texts(noise, colours="RdBu_r", around=0.0, noise=1e-6)
    assert shown.count("0") == 15 and "300" in shown and scale == (-300, 300)
    near = 535.3e-6 + np.linspace(-6e-7, 6e-7, 64).reshape(8, 8)
    assert len(set(texts(near)[0])) > 50
    assert set(texts(np.full((3, 3), 3e-4) * (1 + 1e-9))[0]) == {"300"}
    assert texts([[1.0, np.nan], [np.nan, 2.0]], whole=True)[0] == ["1", "2"]


def test_reads_without_any_reading_are_drawn(tmp_path):
    array = ouro.Crossbar(8, 8, ouro.Cell1R(DEVICE), read_scheme="half").resistors(1e3)
    found = ouro.sneak_map(array, workers=1, cells=[(0, 0)])
    assert found.summary["clipped"] == 1 and found.summary["worst_reading_error"] is None
    assert write_results(found, tmp_path)["sneak.png"].is_file()


def test_maps_with_the_same_ends_have_the_same_colour_for_the_same_value():
    """Before and after a write: what did not change looks as it did."""
    before, after = np.full((2, 2), 1e-4), np.array([[1e-4, 1e-4], [1e-4, 5e-4]])
    _, grid = axes(2)
    for ax, values in zip(grid[0], (before, after), strict=True):
        Heat(values, "G", "S", ends=(1e-4, 5e-4)).draw(ax)
    left, right = (ax.images[0] for ax in grid[0])
    assert left.to_rgba(left.get_array())[0, 0].tolist() == right.to_rgba(right.get_array())[0, 0].tolist()
