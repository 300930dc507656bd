"""The reference crossbars of resistors: complete, and right where the answer is known by other means."""

from __future__ import annotations

import numpy as np
import pytest
from linear_crossbar import case, cells, names


@pytest.mark.parametrize("name", names())
def test_currents_lie_below_those_of_ideal_lines_and_equal_them_there(name):
    one = case(name)
    assert (one.resistances >= 1e3).all()
    assert (one.resistances <= 1e6).all()
    ideal = one.v_wl @ (1 / one.resistances)
    if one.r_wl == one.r_bl == 0:
        np.testing.assert_allclose(one.i_bl, ideal, rtol=0, atol=1e-13 * np.abs(ideal).max())
    elif "signed" not in name:
        assert (one.i_bl < ideal).all()


@pytest.mark.parametrize("name", [name for name in names() if name.startswith("5x4")])
def test_cells_obey_ohm_and_kirchhoff_along_our_lines(name):
    one, (v_cell, i_cell) = case(name), cells(name)
    np.testing.assert_allclose(i_cell, v_cell / one.resistances, rtol=1e-13)
    np.testing.assert_allclose(i_cell.sum(axis=0), one.i_bl, rtol=1e-10)
    # a segment carries what all cells beyond it draw; the drivers are at column 0 and at row 0
    word = one.v_wl[:, None] - one.r_wl * np.cumsum(i_cell[:, ::-1].cumsum(axis=1)[:, ::-1], axis=1)
    bit = one.r_bl * np.cumsum(i_cell[::-1].cumsum(axis=0)[::-1], axis=0)
    np.testing.assert_allclose(word - bit, v_cell, rtol=0, atol=1e-12)
