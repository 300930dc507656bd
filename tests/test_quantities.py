"""Units, what is plausible, and the question that is asked where a value is not."""

from __future__ import annotations

import numpy as np
import pytest

from ouro_spice import Process, Transistor
from ouro_spice._util import checks, number_words, quantities
from ouro_spice._util.number_words import in_words, read_number
from ouro_spice.cli import main


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


@pytest.mark.parametrize(
    ("text", "base", "value"),
    [
        ("60us", "s", 6e-05),
        ("100ns", "s", 1e-07),
        ("0.3ns", "s", 3e-10),  # 0.3 / 1e9 is another float
        ("1e-2ns", "s", 1e-11),
        ("3 \u00b5s", "s", 3e-06),
        ("220uS", "S", 220e-6),
        ("5kOhm", "S", 2e-4),
        ("4um", "m", 4e-6),
        ("2k\u03a9", "Ohm", 2e3),
        ("0.2fF", "F", 2e-16),
        ("-0.5V", "V", -0.5),
        ("\u2212500mV", "V", -0.5),
        ("+.5e0", "V", 0.5),
        ("1e-7", "s", 1e-7),
        ("300K", "K", 300.0),
        ("10%", "", 0.1),
        ("1e-999s", "s", 0.0),
    ],
)
def test_numbers_with_units_are_the_nearest_floats(text, base, value):
    assert number_words.read_number("--x", text, base) == value


@pytest.mark.parametrize(
    ("text", "base", "message"),
    [
        ("220us", "S", "--x 220us: a time, but a conductance [S] is asked"),
        ("1mS", "s", "--x 1mS: a conductance, but a time [s] is asked"),
        ("5V", "", "--x 5V: a voltage, but a plain number is asked"),
        ("5%", "s", "--x 5%: '%' is no unit; a time [s] is asked"),
        ("60US", "s", "--x 60US: 'US' is no unit; a time [s] is asked: s, ms, us, ns, ps"),
        ("2k", "Ohm", "--x 2k: 'k' is no unit; a resistance [Ohm] is asked"),
        ("nan", "S", "--x nan: a finite number is asked, a conductance [S]"),
        ("-inf", "V", "--x -inf: a finite number is asked, a voltage [V]"),
        ("1e999s", "s", "--x 1e999s: a finite number is asked, a time [s]"),
        ("1e99999999999s", "s", "a finite number is asked"),
        ("0Ohm", "S", "a finite number is asked"),
        ("", "s", "no number; a time [s] is asked, as 60us"),
        ("much", "S", "--x much: no number; a conductance [S] is asked, as 220uS"),
        ("1_000", "s", "no number"),
        ("1,5us", "s", "no number"),
        ("0x10", "s", "no number"),
        ("1" * 400, "s", "11111...: a finite number is asked"),
    ],
)
def test_numbers_with_other_units_are_refused_in_one_line(text, base, message):
    with pytest.raises(ValueError) as told:
        number_words.read_number("--x", text, base)
    assert message in str(told.value)
    assert "\n" not in str(told.value) and len(str(told.value)) < 130


@pytest.mark.parametrize(
    ("value", "base", "words"),
    [
        (60e-6, "s", "60us"), (2e-9, "s", "2ns"), (20e-6, "m", "20um"), (0.35e-6, "m", "350nm"),
        (0.2e-15, "F", "0.2fF"),
        (0.0, "F", "0F"), (50.0, "Ohm", "50Ohm"), (4700.0, "Ohm", "4.7kOhm"), (-0.5, "V", "-500mV"), (0.1, "", "0.1"),
        (700e-6, "S", "700uS"), (1.0, "s", "1s"),
    ],
)  # fmt: skip
def test_words_of_values_are_read_back(value, base, words):
    assert number_words.in_words(value, base) == words
    assert number_words.read_number("--x", words, base) == value


def test_help_says_what_cells_use_where_no_option_is_given(capsys):
    """From the classes: the numbers of this test are theirs, too."""
    with pytest.raises(SystemExit):
        main(["pair", "--help"])
    told = " ".join(capsys.readouterr().out.split())
    for name, text in {
        "--w METRES": f"[default: {in_words(Transistor().w, 'm')}]",
        "--l METRES": f"[default: {in_words(Transistor().l, 'm')}]",
        "--v-gate-set VOLTS": f"[default: {in_words(Transistor().v_set, 'V')}]",
        "--r-bl OHMS": "[default: 2Ohm in a 1t1r, 0Ohm in others]",
        "--driver OHMS": "[default: 50Ohm in a 1t1r, 0Ohm in others]",
        "--corner": f"[default: {Process().corner}]",
        "--total SECONDS": "[default: 60us]",
    }.items():
        assert told.partition(name)[2].partition(" --")[0].endswith(text), name


def test_an_exponent_with_zeros_in_front_is_that_number():
    assert read_number("--x", "1e00000000012", "V") == 1e12
    assert read_number("--x", "1e-00000000009s", "s") == 1e-9
