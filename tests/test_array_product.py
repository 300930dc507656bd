"""Products and single reads: against resistor networks solved by hand, and the reference crossbars."""

from __future__ import annotations

import linear_crossbar
import numpy as np
import pytest

import ouro_spice as ouro

pytestmark = pytest.mark.ngspice
DEVICE = ouro.jart_vcm_v1b(window=True)


def resistors(values, **changes):
    values = np.asarray(values, dtype=float)
    return ouro.Crossbar(*values.shape, ouro.Cell1R(DEVICE), **changes).resistors(values)


def test_ideal_lines_give_the_exact_product():
    values = np.random.default_rng(3).uniform(1e3, 1e5, (5, 4))
    x = np.array([0.2, -0.1, 0.0, 0.3, 0.05])
    found = ouro.product(resistors(values), x)
    assert found.i_A == pytest.approx(x @ (1 / values), rel=1e-9)
    assert found.ideal_A == pytest.approx(found.i_A, rel=1e-9)
    assert np.all(np.isnan(found.g_eff_S))


def test_memristors_alone_carry_their_static_current():
    array = ouro.Crossbar(3, 2, ouro.Cell1R(DEVICE))
    g = np.linspace(150e-6, 400e-6, 6).reshape(3, 2)
    found = ouro.product(array, [0.2, 0.2, 0.2], array.state(g))
    assert found.i_A == pytest.approx(0.2 * g.sum(axis=0), rel=1e-4)
    assert found.deviation == pytest.approx(0, abs=1e-4)


@pytest.mark.parametrize("name", linear_crossbar.names()[:3])
def test_lines_with_resistance_against_the_reference(name):
    case = linear_crossbar.case(name)
    lines = ouro.Lines(r_wl=case.r_wl, r_bl=case.r_bl)
    array = resistors(case.resistances).replace(cell=ouro.Cell1R(DEVICE, lines=lines))
    assert ouro.product(array, case.v_wl).i_A == pytest.approx(case.i_bl, rel=1e-6)


def test_one_driven_row_shows_the_conductances_as_they_seem():
    array = resistors([[1e3, 2e3], [4e3, 5e3]])
    assert ouro.product(array, [0.0, 0.25]).g_eff_S == pytest.approx([1 / 4e3, 1 / 5e3], rel=1e-9)


def test_gates_choose_the_rows_of_1t1r_cells():
    array = ouro.Crossbar(3, 2, ouro.Cell1T1R(DEVICE))
    one, both = (ouro.product(array, x, array.state(200e-6)) for x in ([1, 0, 0], [1, 0, 1]))
    assert both.i_A == pytest.approx(2 * one.i_A, rel=0.05)
    assert np.all(both.deviation < 0)
    off = ouro.product(array, [0, 0, 0], array.state(200e-6))
    assert np.all(np.abs(off.i_A) < 1e-9) and np.all(np.isnan(off.deviation))


@pytest.mark.parametrize(
    ("x", "message"),
    [([0.1], "must be \\(2,\\)"), ([0.1, 0.9], "between -0.5 and 0.5 V")],
)
def test_wrong_inputs(x, message):
    with pytest.raises(ValueError, match=message):
        ouro.product(resistors([[1e3, 2e3], [4e3, 5e3]]), x)


# ---- reads of one cell


def test_sneak_current_of_a_floating_2x2_array_by_hand():
    """Three resistors in series lie beside the cell that is read."""
    a, b, c, d = 2e3, 3e3, 5e3, 7e3
    found = ouro.sneak(resistors([[a, b], [c, d]], read_scheme="floating"), 0, 0)
    assert found.own_A == pytest.approx(0.2 / a, rel=1e-6)
    assert found.sneak_A == pytest.approx(0.2 / (b + d + c), rel=1e-4)


def test_v_half_reads_add_half_of_the_other_cells_of_the_bit_line():
    a, b, c, d = 2e3, 3e3, 5e3, 7e3
    found = ouro.sneak(resistors([[a, b], [c, d]], read_scheme="half"), 0, 0)
    assert found.sneak_A == pytest.approx(0.1 / c, rel=1e-4)


def test_grounded_lines_without_resistance_have_no_sneak_current():
    array = ouro.Crossbar(3, 3, ouro.Cell1R(DEVICE))
    found = ouro.sneak_map(array, array.state(np.linspace(150e-6, 500e-6, 9).reshape(3, 3)), workers=1)
    assert found.sneak_A == pytest.approx(0, abs=1e-9)
    assert found.reading_S == pytest.approx(found.g_S, rel=1e-3)


@pytest.mark.parametrize("scheme", ["half", "third", "grounded", "floating"])
def test_a_symmetric_array_has_symmetric_sneak_currents(scheme):
    lines = ouro.Lines(r_bl=5.0, r_wl=5.0)
    array = ouro.Crossbar(3, 3, ouro.Cell1R(DEVICE, lines=lines), read_scheme=scheme)
    found = ouro.sneak_map(array, array.state(400e-6), workers=1)
    assert found.own_A[0, 0] > found.own_A[2, 2]
    if scheme == "floating":  # nothing tells word lines from bit lines
        assert found.sneak_A == pytest.approx(found.sneak_A.T, rel=1e-4)
    assert (np.abs(found.sneak_A) > 1e-6).all() == (scheme != "grounded")


def test_the_map_is_that_of_single_reads_and_leaves_the_rest_out():
    array = ouro.Crossbar(3, 3, ouro.Cell1R(DEVICE), read_scheme="floating")
    state = array.state(300e-6)
    found = ouro.sneak_map(array, state, positions=2, workers=2)
    assert np.isfinite(found.sensed_A).sum() == 4
    assert np.isnan(found.sensed_A[1]).all() and np.isnan(found.sensed_A[:, 1]).all()
    assert found.sensed_A[2, 0] == ouro.sneak(array, 2, 0, state).sensed_A
    assert list(found.frame.row) == [0, 0, 2, 2]


def test_a_reading_that_the_adc_clips_is_told():
    cell = ouro.Cell1T1R(DEVICE, sense=ouro.Sense(6, (0.0, 200e-6)))
    array = ouro.Crossbar(1, 2, cell)
    with pytest.warns(ouro.ReadingClipped):
        found = ouro.sneak(array, 0, 1, array.state(500e-6))
    assert found.clipped
    assert not ouro.sneak(array, 0, 1, array.state(110e-6)).clipped


def test_a_current_beyond_the_known_resistors_has_no_reading():
    found = ouro.sneak(resistors(np.full((8, 8), 1e3), read_scheme="half"), 0, 0)
    assert found.clipped and np.isnan(found.reading_S)
    assert found.sneak_A == pytest.approx(7 * 0.1 / 1e3, rel=1e-4)
