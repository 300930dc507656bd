"""Pulses and the piecewise-linear voltages that carry them."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import ouro_spice as ouro
from ouro_spice.circuit.pulse import HIGHEST_V, LONGEST_S, PWL, SHORTEST_S, trapezoids

SECONDS = st.floats(math.log(1e-11), math.log(1e-3)).map(math.exp)
VOLTS = st.floats(-2, 2)
SLOTS = st.lists(st.tuples(SECONDS, SECONDS, SECONDS, SECONDS, SECONDS, VOLTS), min_size=1, max_size=4)


def at(pwl: PWL, times) -> np.ndarray:
    return np.interp(times, pwl.times_s, pwl.volts)


def test_defaults_and_duration():
    pulse = ouro.Pulse(-1.0, width=100e-9)
    assert (pulse.rise, pulse.fall) == (2e-9, 2e-9)
    assert pulse.duration == pytest.approx(104e-9)
    assert pulse == ouro.Pulse(-1.0, 100e-9)
    with pytest.raises(dataclasses.FrozenInstanceError):
        pulse.width = 1.0


@pytest.mark.parametrize("name", ["width", "rise", "fall", "idle"])
@pytest.mark.parametrize("value", [0, -1e-9, math.nan, math.inf, 1e10, "1n", None])
def test_times_out_of_range_are_refused_by_name(name, value):
    with pytest.raises(ValueError, match=f"^{name} = ") as caught:
        ouro.Pulse(**({"amplitude": 1.0, "width": 1e-9} | {name: value}))
    assert f"[{SHORTEST_S:g}, {LONGEST_S:g}]" in str(caught.value)


@pytest.mark.parametrize("value", [HIGHEST_V * 1.01, -HIGHEST_V * 1.01, math.nan, -math.inf, "1", None])
def test_amplitudes_out_of_range_are_refused(value):
    with pytest.raises(ValueError, match=r"^amplitude = "):
        ouro.Pulse(value, 1e-9)


@given(SLOTS)
def test_a_train_reaches_every_level_and_returns_to_zero(slots):
    pwl = trapezoids(slots)
    assert pwl.times_s[0] == 0
    assert np.all(np.diff(pwl.times_s) > 0)
    assert pwl.volts[0] == pwl.volts[-1] == 0
    assert pwl.times_s[-1] == pytest.approx(sum(sum(slot[:5]) for slot in slots), rel=1e-12)
    start = 0.0
    for before, rise, width, fall, after, level in slots:
        flat = start + before + rise + width * np.array([0.01, 0.5, 0.99])
        assert at(pwl, flat) == pytest.approx(level, abs=1e-2 * abs(level) + 1e-12)
        start += before + rise + width + fall + after
        assert at(pwl, start) == pytest.approx(0, abs=1e-6)


@given(SLOTS)
def test_the_integral_is_that_of_the_trapezoids(slots):
    pwl = trapezoids(slots)
    area = sum(level * (width + (rise + fall) / 2) for _, rise, width, fall, _, level in slots)
    size = sum(abs(level) * (width + (rise + fall) / 2) for _, rise, width, fall, _, level in slots)
    rounding = 1e-15 * pwl.times_s[-1] * max(abs(slot[5]) for slot in slots)
    assert np.trapezoid(pwl.volts, pwl.times_s) == pytest.approx(area, abs=1e-9 * size + 10 * rounding + 1e-30)


def test_without_a_time_before_the_edge_begins_at_zero():
    pwl = trapezoids([(0.0, 1.0, 2.0, 1.0, 3.0, -0.5)])
    assert at(pwl, [0, 0.5, 1, 2, 3, 3.5, 4, 7]) == pytest.approx([0, -0.25, -0.5, -0.5, -0.5, -0.25, 0, 0])


@given(SLOTS, st.floats(0.0, 0.99), st.floats(0.001, 1.0))
def test_a_window_is_the_same_voltage_with_its_own_time(slots, begin, length):
    pwl = trapezoids(slots)
    end = pwl.times_s[-1]
    start, stop = begin * end, min(begin + length, 1.0) * end
    part = pwl.window(start, stop)
    assert part.times_s[0] == 0
    assert part.times_s[-1] == stop - start
    assert np.all(np.diff(part.times_s) >= 0)
    inner = np.linspace(0, stop - start, 57)[1:-1]
    slope = np.max(np.abs(np.diff(pwl.volts) / np.diff(pwl.times_s)))
    assert at(part, inner) == pytest.approx(at(pwl, inner + start), abs=1e-9 + 1e-12 * slope * end)


def test_voltages_print_as_plain_numbers():
    text = PWL(tuple(np.array([0.0, 1e-9])), tuple(np.array([0.0, 0.1]))).spice()
    assert "np." not in text
    values = [float(word) for word in text.removeprefix("pwl(").removesuffix(")").replace("+", " ").split()]
    assert values == [0.0, 0.0, 1e-9, 0.1]


@given(SLOTS)
def test_printed_voltages_lose_nothing(slots):
    pwl = trapezoids(slots)
    if any(pwl.volts):
        values = [float(word) for word in pwl.spice().removeprefix("pwl(").removesuffix(")").split() if word != "+"]
        assert (tuple(values[::2]), tuple(values[1::2])) == (pwl.times_s, pwl.volts)


def test_no_voltage_is_a_direct_source():
    assert PWL((0.0, 1.0), (0.0, 0.0)).spice() == "dc 0"


def test_lines_stay_short_enough_for_any_reader():
    pwl = trapezoids([(1e-9, 1e-9, 1e-9, 1e-9, 1e-9, 0.1234567890123)] * 200)
    assert max(map(len, pwl.spice().splitlines())) < 100


def test_a_short_edge_of_a_long_pulse_survives_a_cut():
    """Corners are taken for rounding only where they are: 1 ps at the beginning of 10 ms is an edge."""
    pwl = trapezoids([(0.0, 1e-12, 10e-3, 1e-12, 1e-12, -0.4)])
    cut = pwl.window(0.0, 5e-3)
    assert np.interp(1e-9, cut.times_s, cut.volts) == pytest.approx(-0.4)
    assert len(pwl.window(0.0, pwl.times_s[-1]).times_s) == len(pwl.times_s)
