"""Cuts and long times: no corner of a pulse is lost, from edges of a picosecond to ten years of stress or rest."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import ouro_spice as ouro
from ouro_spice.circuit.pulse import PWL, trapezoids
from ouro_spice.circuit.pulse_part import windows
from ouro_spice.simulation import time_scales

DEVICE = ouro.jart_vcm_v1b(window=True)
TEN_YEARS_S = 3.2e8
MODELS = ("full", "reduced", "tud")

logarithmic = st.floats(-12, 8.5).map(lambda power: 10.0**power)


# ---- voltages


@given(rise=logarithmic, width=logarithmic, fall=logarithmic, idle=logarithmic)
def test_no_corner_is_lost(rise, width, fall, idle):
    """Areas of the pulse, and of its parts between any two corners, are those of the trapezoid."""
    pwl = trapezoids([(0.0, rise, width, fall, idle, 1.0)])
    times = np.array(pwl.times_s)
    assert np.all(np.diff(times) > 0)
    assert np.trapezoid(pwl.volts, times) == pytest.approx(rise / 2 + width + fall / 2, rel=1e-9)
    cuts = [0.0, *times[[4, 5, 9]], times[-1]]
    parts = [pwl.window(float(a), float(b)) for a, b in itertools.pairwise(cuts) if b > a]
    areas = [np.trapezoid(part.volts, part.times_s) for part in parts]
    assert areas == pytest.approx([rise / 2, width, fall / 2, 0.0], rel=1e-6, abs=1e-14 * times[-1])
    assert all(np.all(np.diff(part.times_s) > 0) for part in parts)


@given(rise=logarithmic, width=logarithmic, share=st.floats(0.0, 1.0))
def test_a_part_has_the_corners_of_the_whole(rise, width, share):
    pwl = trapezoids([(0.0, rise, width, rise, 1e-8, 1.0)])
    middle = share * pwl.times_s[-1]
    if not 0 < middle < pwl.times_s[-1]:
        return
    areas = [
        np.trapezoid(part.volts, part.times_s) for part in (pwl.window(0, middle), pwl.window(middle, pwl.times_s[-1]))
    ]
    assert sum(areas) == pytest.approx(rise + width, rel=1e-9, abs=1e-12 * pwl.times_s[-1])


def test_corners_of_two_lines_that_rounding_keeps_apart_are_one_breakpoint():
    """Breakpoints a last digit of the time apart were too near for the large transistors of a write driver."""
    pulse = ouro.Pulse(-0.27, 1.6907768876395406, 1.5063931771291017e-09, 1.5063931771291017e-09, 1e-8)
    lines = ouro.Cell1T1R(DEVICE).voltages(pulse)
    whole = min(pwl.times_s[-1] for pwl in lines.values())
    before = {time_s for pwl in lines.values() for time_s in pwl.window(pulse.width, whole).times_s}
    parts = windows(lines, pulse.width, whole)
    times = sorted({time_s for pwl in parts.values() for time_s in pwl.times_s})
    assert min(b - a for a, b in itertools.pairwise(sorted(before))) < 1e-15 < 1e-10 < min(np.diff(times))
    for name, pwl in parts.items():
        was = lines[name].window(pulse.width, whole)
        assert pwl.volts == was.volts
        assert pwl.times_s == pytest.approx(was.times_s, abs=2e-15)
    cell = ouro.Cell1T1R(DEVICE, driver=ouro.WriteDriver())
    half = ouro.simulate(cell, pulse, cell.state(150e-6), stop_s=0.8)
    parts_S = ouro.simulate(cell, pulse, half.state, start_s=0.8).g_S
    assert ouro.simulate(cell, pulse, cell.state(150e-6)).g_S == pytest.approx(parts_S, rel=1e-4)


@pytest.mark.parametrize("where_s", [6e-9, 16e-9, 75e-9])
@pytest.mark.parametrize("array", [False, True])
def test_an_edge_of_a_write_driver_is_cut_anywhere(where_s, array):
    """The driver's supply and control are those of the whole pulse: made of the part's own highest voltage, an edge cut
    in the middle went to full control at a lower supply, 1.5 % of g and 20 % of the energy off."""
    cell = ouro.Cell1T1R(DEVICE, driver=ouro.WriteDriver())
    cell = ouro.Crossbar(1, 2, cell).cell_at(0, 1) if array else cell
    pulse = ouro.Pulse(-0.45, 50e-9, 20e-9, 20e-9)
    whole = ouro.simulate(cell, pulse, cell.state(200e-6))
    first = ouro.simulate(cell, pulse, cell.state(200e-6), stop_s=where_s)
    second = ouro.simulate(cell, pulse, first.state, start_s=where_s)
    assert second.g_S == pytest.approx(whole.g_S, rel=1e-4)
    assert first.energy_J + second.energy_J == pytest.approx(whole.energy_J, abs=0, rel=2e-3)


@given(length=st.floats(-6, 8.5).map(lambda power: 10.0**power), edge=st.floats(-12, -6).map(lambda power: 10.0**power))
def test_no_line_loses_a_corner_by_that(length, edge):
    slots = [(0.0, edge, length, edge, 1e-6, 1.0)]
    lines = {"bl": trapezoids(slots), "wl": trapezoids([(0.0, edge, length + 2 * edge, edge, 1e-6, 1.0)]), "sl": None}
    parts = windows(lines, length, min(pwl.times_s[-1] for pwl in lines.values() if pwl))
    assert parts["sl"] is None
    assert all(np.all(np.diff(pwl.times_s) > 0) for pwl in parts.values() if pwl)


def test_a_corner_beside_an_end_by_rounding_is_that_end():
    pwl = PWL((0.0, 1e-9, 2e-9, 3e-9), (0.0, 1.0, 1.0, 0.0))
    near = np.nextafter(1e-9, 0)
    assert pwl.window(near, 3e-9).times_s == pytest.approx((0.0, 1e-9, 2e-9))
    assert len(pwl.window(0.0, float(np.nextafter(2e-9, 1))).times_s) == 3
    # behind an edge of a picosecond the line is back at 0 V, and stays there for years
    jump = trapezoids([(0.0, 1e-12, 1e-12, 1e-12, TEN_YEARS_S, 1.0)])
    assert np.trapezoid(jump.window(0.0, TEN_YEARS_S).volts, jump.window(0.0, TEN_YEARS_S).times_s) == pytest.approx(
        2e-12
    )


def test_differences_keep_their_corners():
    long = trapezoids([(1e-9, 1e-12, 1e4, 1e-12, 1e4, 1.0)])
    short = trapezoids([(1e-9, 1e-12, 1e4, 1e-12, 1e4, 0.5)])
    for pwl in (long.minus(short), long.upper(short).minus(short), long.minus(long.lower(short))):
        assert np.trapezoid(pwl.volts, pwl.times_s) == pytest.approx(0.5e4, rel=1e-9)
    joined = short.then(long)
    assert np.trapezoid(joined.volts, joined.times_s) == pytest.approx(1.5e4, rel=1e-9)


# ---- compact cells


@pytest.mark.parametrize(("model", "right_uS"), [("full", 565.44), ("reduced", 585.27), ("tud", 569.28)])
def test_edges_of_a_picosecond_at_a_pulse_of_minutes(model, right_uS):
    """Right values: edges of 1 ns, and ngspice for the full model."""
    cell = ouro.CompactCell(ouro.jart_vcm_v1b(), model=model)
    waves = [
        ouro.simulate(cell, ouro.Pulse(-0.25, 100.0, edge, edge, 1e-9), ouro.State((1.0,))) for edge in (1e-12, 1e-9)
    ]
    assert waves[0].g_S == pytest.approx(right_uS * 1e-6, rel=1e-4)
    assert waves[0].g_S == pytest.approx(waves[1].g_S, rel=1e-9)
    assert waves[0].energy_J == pytest.approx(waves[1].energy_J, abs=0, rel=1e-9)


@pytest.mark.parametrize("model", MODELS)
def test_any_ratio_of_edge_to_length(model):
    """With the width cut in two, and the fall simulated alone, nothing changes."""
    cell = ouro.CompactCell(DEVICE, model=model)
    for edge, width, volts in ((1e-12, 1e4, -0.12), (1e-12, 1e-9, -1.0), (2e-9, 1e8, 0.1), (1.0, 1e-12, -0.3)):
        pulse = ouro.Pulse(volts, width, edge, edge, 1e-9)
        state = cell.state(300e-6)
        whole, now, energy = ouro.simulate(cell, pulse, state), state, 0.0
        length = cell.duration([pulse])
        for begin, end in itertools.pairwise((0.0, edge + width / 3, edge + width, length)):
            part = ouro.simulate(cell, pulse, now, start_s=begin, stop_s=end)
            now, energy = part.state, energy + part.energy_J
        assert part.g_S == pytest.approx(whole.g_S, rel=2e-5)
        assert energy == pytest.approx(whole.energy_J, abs=0, rel=5e-5)


def test_short_pulses_behind_a_long_rest_are_not_lost():
    cell = ouro.CompactCell(ouro.jart_vcm_v1b())
    pulses = [ouro.Pulse(-1.0, 1e-7, idle=TEN_YEARS_S), *[ouro.Pulse(1.2, 1e-8)] * 20, ouro.Pulse(1.6, 3e-7)]
    together, one_by_one = ouro.simulate(cell, pulses, ouro.State((0.1,))), ouro.State((0.1,))
    for pulse in pulses:
        one_by_one = ouro.simulate(cell, pulse, one_by_one).state
    assert together.state.x == one_by_one.x
    assert together.state.x[0][0] < 15


@pytest.mark.parametrize("walk", [ouro.Walk(kick_max=0.0), ouro.Walk(kick_min=0.0, kick_max=0.0)])
@pytest.mark.ngspice
def test_a_limit_that_does_not_walk_gives_no_share_of_a_way(walk):
    """N rests at it: what rounding leaves of its way is none."""
    device = ouro.jart_vcm_v1b(walk=walk)
    pulses, start = [ouro.Pulse(-1.2, 2e-7), ouro.Pulse(1.6, 2e-7)], ouro.State((0.1,))
    found = [ouro.simulate(cell, pulses, start, seed=1) for cell in (ouro.CompactCell(device), ouro.Cell1R(device))]
    walked = [wave.state.wander[0].vector[:2] for wave in found]
    assert walked[1] == pytest.approx(walked[0], rel=2e-3)


# ---- circuits


def test_where_a_pulse_is_cut():
    pulse = trapezoids([(0.0, 2e-9, 100.0, 2e-9, 1e6, 1.0)])
    found = time_scales.cuts(*time_scales.corners([pulse]), 0.0, pulse.times_s[-1])
    assert found == pytest.approx(
        [0.0, 7.5e-4, 100.0, 100.00075, 1100.0, 30100.0, 900100.0, pulse.times_s[-1]], rel=1e-5
    )
    slow = trapezoids([(1e-9, 10.0, 1e-12, 10.0, 1e-8, 1.0)])
    found = time_scales.cuts(*time_scales.corners([slow]), 0.0, slow.times_s[-1])
    assert found == pytest.approx([0.0, 1e-9, 2.5, 17.5, 20.0, 20.0], rel=1e-8)
    years = trapezoids([(0.0, 1.0, 1e6, 1.0, 1.0, 1.0)])
    assert len(time_scales.cuts(*time_scales.corners([years]), 0.0, years.times_s[-1])) == 6
    slow = trapezoids([(0.0, 8e3, 1.0, 1e-9, 1e-8, 1.0)])
    assert np.max(np.diff(time_scales.cuts(*time_scales.corners([slow]), 0.0, slow.times_s[-1]))) == pytest.approx(
        250.0
    )
    short = trapezoids([(0.0, 2e-9, 100e-6, 2e-9, 1e-6, 1.0)])
    assert time_scales.cuts(*time_scales.corners([short]), 0.0, 1e-5) == [0.0, 1e-5]


CELLS = {
    "1r": ouro.Cell1R(DEVICE),
    "1t1r": ouro.Cell1T1R(DEVICE),
    "behavioural": ouro.Cell1R(DEVICE.replace(realisation="behavioural")),
    "array": ouro.Crossbar(2, 2, ouro.Cell1T1R(DEVICE)).cell_at(1, 1),
    "1r array": ouro.Crossbar(2, 2, ouro.Cell1R(DEVICE)).cell_at(1, 1),
}


STRESSES = ((-0.2, 30.0, 150e-6), (-0.05, TEN_YEARS_S, 150e-6), (0.15, 3e5, 400e-6))
"""Voltage [V], width [s] and where it starts [S]."""


@pytest.mark.ngspice
@pytest.mark.parametrize("name", CELLS)
def test_stress_of_any_length_is_that_of_its_parts(name):
    cell, compact = CELLS[name], ouro.CompactCell(DEVICE)
    for volts, width, start_S in STRESSES[: 3 if name in ("1r", "1t1r") else 2]:
        state = cell.state(start_S)
        whole = ouro.simulate(cell, ouro.Pulse(volts, width), state)
        assert 1.0005 < (whole.g_S / start_S) ** (-1 if volts > 0 else 1) < 3.5
        if name in ("1r", "behavioural", "1r array"):
            right = ouro.simulate(compact, ouro.Pulse(volts, width), compact.state(start_S))
        else:
            right = ouro.simulate(cell, [ouro.Pulse(volts, width / 4)] * 4, state)
        assert whole.g_S == pytest.approx(right.g_S, rel=1e-3)


@pytest.mark.ngspice
@pytest.mark.parametrize("name", ["1r", "1t1r", "array"])
def test_ten_years_of_rest_change_nothing(name):
    """The model has no relaxation."""
    cell = CELLS[name]
    waves = [
        ouro.simulate(cell, ouro.Pulse(-0.5, 1e-7, idle=idle), cell.state(150e-6)) for idle in (1e-8, 1e2, TEN_YEARS_S)
    ]
    assert [wave.g_S for wave in waves[1:]] == pytest.approx([waves[0].g_S] * 2, rel=1e-4)
    assert waves[2].time_s[-1] == pytest.approx(TEN_YEARS_S)


@pytest.mark.ngspice
def test_drivers_of_transistors_rest_for_a_day():
    cell = ouro.Cell1T1R(DEVICE, driver=ouro.WriteDriver())
    pulses = [ouro.Pulse(-0.5, 1e-7, idle=idle) for idle in (1e-8, 86400.0)]
    waves = [ouro.simulate(cell, pulse, cell.state(150e-6)) for pulse in pulses]
    assert waves[1].g_S == pytest.approx(waves[0].g_S, rel=1e-4)


@pytest.mark.ngspice
def test_a_walk_rests_for_days():
    cell = ouro.Cell1R(DEVICE.replace(walk=ouro.Walk()))
    waves = [ouro.simulate(cell, ouro.Pulse(-0.5, 1e-7, idle=idle), cell.state(150e-6), seed=3) for idle in (1e-8, 3e5)]
    assert waves[1].g_S == pytest.approx(waves[0].g_S, rel=1e-4)


@pytest.mark.ngspice
@pytest.mark.parametrize("realisation", ["compiled", "behavioural"])
def test_a_cold_reset_over_months(realisation):
    """N collapses in a small part of the time."""
    device = ouro.jart_vcm_v1b(T0=230, realisation=realisation)
    pulse, start = ouro.Pulse(0.5, 1e5, 1.0, 1.0), ouro.State((2.0,))
    right = ouro.simulate(ouro.CompactCell(device), pulse, start).state.x[0][0]
    assert right < 0.1
    assert ouro.simulate(ouro.Cell1R(device), pulse, start).state.x[0][0] == pytest.approx(right, rel=1e-3)


@pytest.mark.ngspice
def test_a_triangle_over_years():
    compact = ouro.CompactCell(DEVICE)
    pulse = ouro.Pulse(-0.04, 1e-12, TEN_YEARS_S / 2, TEN_YEARS_S / 2)
    right = ouro.simulate(compact, pulse, compact.state(150e-6))
    found = ouro.simulate(CELLS["1r"], pulse, CELLS["1r"].state(150e-6))
    assert 151e-6 < right.g_S < 500e-6
    assert found.g_S == pytest.approx(right.g_S, rel=1e-3)
    assert found.energy_J == pytest.approx(right.energy_J, abs=0, rel=2e-3)


def test_a_walk_of_endless_steps_is_refused():
    walking = DEVICE.replace(walk=ouro.Walk(10e-9))
    for cell in (ouro.CompactCell(walking), ouro.Cell1R(walking)):
        with pytest.raises(ValueError, match="takes 1e"):
            ouro.simulate(cell, ouro.Pulse(-0.1, 100.0), cell.state(150e-6))
