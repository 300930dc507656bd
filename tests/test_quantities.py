"""Units, what is plausible, and the question that is asked where a value is not."""

from __future__ import annotations

import numpy as np
import pytest

from ouro_spice._util import checks, quantities


@pytest.mark.parametrize(
    ("base", "number", "unit", "meant"),
    [
        ("S", 300, "S", "uS"),
        ("S", 110, "mS", "uS"),
        ("S", 0.2, "S", "mS"),
        ("S", 9.0, "Ohm", "kOhm"),
        ("S", 9000.0, "MOhm", "Ohm"),
        ("s", 100, "s", "ns"),
        ("s", 2000, "ms", "ns"),
        ("V", -600, "V", "mV"),
        ("V", 1.2, "mV", "V"),
        ("S", 1e9, "S", None),
        ("S", 0.0, "S", None),
    ],
)
def test_the_unit_that_was_meant(base, number, unit, meant):
    assert quantities.implausible(base, quantities.si(number, unit))
    assert quantities.likely_unit(base, number, unit) == meant


def test_numbers_of_a_unit_are_the_nearest_floats():
    assert quantities.si(100, "ns") == 1e-7
    assert quantities.si(2, "kOhm") == 5e-4
    assert quantities.si(0, "Ohm") == np.inf


@pytest.mark.parametrize(
    ("text", "plain"), [("(µS)", "uS"), ("[ μs ]", "us"), ("kΩ", "kOhm"), ("MOhms", "MOhm"), ("ohm", "Ohm"), ("", "")]
)
def test_units_are_spelt_in_one_way(text, plain):
    assert quantities.plain_unit(text) == plain


@pytest.mark.parametrize(
    ("check", "value", "message"),
    [
        (checks.check_conductance, 300, r"x = 300 S .* did you mean uS\? 300 uS is 0\.0003 S"),
        (checks.check_conductance, [[1e-4, 0.11]], r"x\[0, 1\] = 0\.11 S .* did you mean mS\?"),
        (checks.check_conductance, 1e-11, r"x = 1e-11 S is outside 1e-09 \.\. 0\.01 S.* is the unit right"),
        (checks.check_conductance, np.nan, "x = nan must be a finite number above 0"),
        (checks.check_conductance, "300", "must be numbers"),
        (checks.check_conductance, True, "must be numbers"),
        (checks.check_conductance, [[1e-4], [1e-4, 2e-4]], "must be numbers"),
        (checks.check_width, 100, r"did you mean ns\? 100 ns is 1e-07 s"),
        (checks.check_amplitude, [0.6, -600], r"x\[1\] = -600 V .* did you mean mV\? -600 mV is -0\.6 V"),
        (checks.check_amplitude, 0, "must be a finite number other than 0"),
    ],
)
def test_what_is_refused(check, value, message):
    with pytest.raises(ValueError, match=message):
        check("x", value)


def test_what_is_taken():
    for good in (15e-6, 618e-6, 1e-9, 1e-2, [[1e-4], [2e-4]], np.float32(1e-4)):
        checks.check_conductance("x", good)
    checks.check_width("x", [5e-11, 1.0])
    checks.check_amplitude("x", [-0.05, 20])
    checks.check_conductance("x", [300, 1e-12], accept=True)
    for wrong in (0, -1e-4, np.inf):
        with pytest.raises(ValueError, match="above 0"):
            checks.check_conductance("x", wrong, accept=True)
