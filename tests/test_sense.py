"""The sense path: what clamp, mirror and ADC do to a reading, what calibration leaves of it, and what is refused."""

from __future__ import annotations

import warnings
from dataclasses import replace

import numpy as np
import pytest

import ouro_spice as ouro
from ouro_spice import ReadingClipped, Result, Sense, SimulationError, WriteDriver
from ouro_spice.dataset.recipe import Recipe
from ouro_spice.simulation.live_cell import SpiceCell
from ouro_spice.simulation.sensing import mean, readable_S, reading

DEVICE = ouro.jart_vcm_v1b(window=True)
LINES = ouro.Lines(r_bl=200, r_sl=150, r_wl=500, c_bl=60e-15, c_sl=60e-15, c_wl=50e-15)
CELLS = {
    "1r": ouro.Cell1R(DEVICE, sense=Sense()),
    "1r transistors": ouro.Cell1R(DEVICE, driver=WriteDriver(), sense=Sense()),
    "1t1r": ouro.Cell1T1R(DEVICE, lines=LINES, sense=Sense()),
    "1t1r transistors": ouro.Cell1T1R(DEVICE, lines=LINES, driver=WriteDriver(), sense=Sense()),
}
NAMES = list(CELLS)
PARTS = ("read_voltage", "lines", "transistor", "settling", "mirror", "adc")


def known(cell, g_S):
    return cell.replace(device=ouro.Resistor(1 / g_S))


def raw(engine, cell):
    return reading(cell, engine.run(cell.read_testbench()), engine).raw_S


# ---- the circuit


@pytest.mark.ngspice
@pytest.mark.parametrize("name", NAMES)
def test_the_line_is_held_and_its_current_mirrored(engine, name):
    cell = CELLS[name]
    for g in np.linspace(*cell.window_S, 3):
        wave = engine.run(cell.read_testbench(cell.state(float(g))))
        volts, clamp, cell_current, out = (mean(cell, wave, x) for x in ("v_bl", "i_clamp", "i_cell", "i_sense"))
        assert volts == pytest.approx(0.9, abs=3e-3)
        assert clamp == pytest.approx(cell_current, rel=1e-3)
        assert out == pytest.approx(clamp, rel=5e-3)
        # the other line stands 0.2 V above; drivers, lines and transistor take their share of it
        assert mean(cell, wave, "v_wl" if name.startswith("1r") else "v_sl") == pytest.approx(1.1, abs=8e-3)
        assert 0.1 < mean(cell, wave, "v_cell") < 0.2


@pytest.mark.ngspice
@pytest.mark.parametrize("farads", [10e-15, 1e-12])
def test_a_read_settles_from_light_to_heavy_lines_and_from_small_to_large_currents(engine, farads):
    cell = ouro.Cell1R(DEVICE, lines=ouro.Lines(c_bl=farads), sense=Sense())
    for g in (2.5e-6, 25e-6, 700e-6):
        wave = engine.run(known(cell, g).read_testbench())
        start, stop = cell.read_flat_s
        late = wave["i_sense"][(wave.time_s > (start + stop) / 2) & (wave.time_s < stop)]
        assert late == pytest.approx([late[-1]] * len(late), rel=0.02)
        assert late[-1] / 0.2 == pytest.approx(g, rel=0.04)


@pytest.mark.ngspice
@pytest.mark.parametrize("name", NAMES)
def test_the_device_sees_no_more_than_the_read_voltage_and_stays_as_it_is(engine, name):
    cell = CELLS[name]
    wave = engine.run(cell.read_testbench(cell.state(300e-6)))
    assert wave["v_cell"].max() < 0.25
    assert wave["v_cell"].min() > -0.25
    # everything is back at 0 V
    lines = {node: volts for node, volts in wave.state.volts.items() if not node.startswith("x") and node != "ae"}
    assert lines == pytest.approx(dict.fromkeys(lines, 0.0), abs=0.01)
    live = SpiceCell(cell, cell.state(300e-6), engine=engine)
    for _ in range(20):
        live.read()
    assert live.g_S == pytest.approx(300e-6, rel=1e-4)


@pytest.mark.ngspice
def test_the_common_voltage_and_the_corner_may_be_others(engine):
    for sense, corner in ((Sense(v_cm=0.5), "tt"), (Sense(v_cm=1.3), "tt"), (Sense(), "ss"), (Sense(), "ff")):
        cell = ouro.Cell1T1R(DEVICE, sense=sense, process=ouro.Process(corner=corner))
        for g in (110e-6, 530e-6):
            wave = engine.run(cell.read_testbench(cell.state(g)))
            assert mean(cell, wave, "v_bl") == pytest.approx(sense.v_cm, abs=4e-3)
            assert mean(cell, wave, "i_sense") == pytest.approx(mean(cell, wave, "i_cell"), rel=0.01)


# ---- readings


@pytest.mark.ngspice
@pytest.mark.parametrize("name", NAMES)
def test_calibrated_reads_are_within_half_a_percent(engine, name):
    cell = CELLS[name]
    for g in np.linspace(*cell.window_S, 6):
        live = SpiceCell(cell, cell.state(float(g)), engine=engine)
        assert live.read() == pytest.approx(g, rel=5e-3)
        assert live.clipped == 0
        assert live.read_s == cell.read_s > cell.read.duration


@pytest.mark.ngspice
@pytest.mark.parametrize("name", NAMES)
def test_writes_and_reads_take_turns(engine, name):
    cell = CELLS[name]
    live = SpiceCell(cell, cell.state(150e-6), engine=engine)
    readings = [live.read()]
    for amplitude in (-0.8, -1.0, 1.7):
        live.apply(ouro.Pulse(amplitude, 200e-9))
        readings.append(live.read())
        assert readings[-1] == pytest.approx(live.g_S, rel=5e-3)
    assert readings[2] > 1.05 * readings[0]
    assert readings[3] < 0.95 * readings[2]


@pytest.mark.ngspice
def test_without_calibration_the_raw_reading_is_reported(engine):
    cell = CELLS["1t1r"].replace(sense=Sense(calibrate=False))
    wave = engine.run(cell.read_testbench(cell.state(400e-6)))
    found = reading(cell, wave, engine)
    assert found.g_S == found.raw_S == found.adc_S == mean(cell, wave, "i_sense") / 0.2
    # 350 Ohm of lines, and the transistor
    assert found.g_S < 0.88 * 400e-6


@pytest.mark.ngspice
def test_the_adc_is_off_by_half_a_step_at_most(engine):
    sense = Sense(bits=5, calibrate=False)
    cell = CELLS["1r"].replace(sense=sense)
    readings = []
    for g in np.linspace(105e-6, 530e-6, 12):
        wave = engine.run(cell.read_testbench(cell.state(float(g))))
        found = reading(cell, wave, engine)
        assert abs(found.adc_S - found.raw_S) <= sense.step_S / 2
        readings.append(found.g_S)
    codes = (np.array(readings) / sense.step_S) - 0.5
    assert codes == pytest.approx(np.round(codes), abs=1e-6)
    assert len(set(np.round(codes))) > 8


@pytest.mark.parametrize("bits", [1, 4, 8, 16])
@pytest.mark.parametrize("range_S", [(0.0, 700e-6), (50e-6, 600e-6)])
def test_every_code_of_the_adc(bits, range_S):
    sense, rng = Sense(bits=bits, range_S=range_S), np.random.default_rng(2)
    low, high = range_S
    assert sense.step_S == pytest.approx((high - low) / 2**bits)
    for g in (low, high, *rng.uniform(low, high, 200)):
        value, clipped = sense.digitised(float(g))
        assert not clipped and abs(value - g) <= sense.step_S / 2 * (1 + 1e-9)
        assert sense.digitised(value)[0] == pytest.approx(value, rel=1e-12)
    for g in (low - 1e-9, high + 1e-9):
        value, clipped = sense.digitised(g)
        assert clipped and low < value < high
    found = {sense.digitised(float(g))[0] for g in np.linspace(low, high, 4000)}
    assert len(found) == min(2**bits, len(found)) <= 2**bits
    assert bits > 8 or len(found) == 2**bits


def test_without_bits_everything_is_resolved():
    assert Sense().digitised(123.456e-6) == (123.456e-6, False)
    assert Sense().digitised(1e-3) == (700e-6, True)


@pytest.mark.ngspice
def test_what_is_clipped_is_warned_of_and_counted(engine):
    cell = CELLS["1r"].replace(sense=Sense(bits=8, range_S=(150e-6, 400e-6)))
    live = SpiceCell(cell, cell.state(500e-6), engine=engine)
    for count in (1, 2):
        with pytest.warns(ReadingClipped, match=r"150|0\.00015") as caught:
            top = live.read()
        assert len(caught) == 1 and live.clipped == count
    assert top == pytest.approx(cell.sense.range_S[1], rel=0.1)
    live.state = cell.state(300e-6)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert live.read() == pytest.approx(300e-6, abs=cell.sense.step_S)
    assert live.clipped == 2


@pytest.mark.ngspice
def test_a_conveyor_out_of_current_is_clipped_too(engine):
    """Beyond what the mirror can carry there is nothing to tell apart: the last known resistor is reported."""
    cell = ouro.Cell1R(ouro.Resistor(100), sense=Sense(range_S=(0.0, 1.0)))
    wave = engine.run(cell.read_testbench())
    with pytest.warns(ReadingClipped):
        found = reading(cell, wave, engine)
    assert found.clipped and 1e-3 < found.g_S < 5e-3


@pytest.mark.ngspice
def test_datasets_and_programmers_take_such_a_cell(engine):
    cell = CELLS["1t1r"].replace(sense=Sense(bits=10))
    live = SpiceCell(cell, cell.state(150e-6), engine=engine)
    history = ouro.write_verify(live, ouro.FixedPulse(ouro.Pair(-0.6, 1.2, 1e-6), 20e-9), 300e-6, 0.2)
    assert len(history.readings_S) > 1 and live.clipped == 0


# ---- targets that readings cannot tell


@pytest.mark.ngspice
def test_the_readings_of_an_adc_are_its_codes_through_the_calibration(engine):
    """Report 11: of 4 bits over 0 .. 600 uS those next to 120 uS read 95.4 and 134.7 uS in a default 1T1R cell."""
    plain = ouro.Cell1T1R(DEVICE)
    raw = readable_S(plain.replace(sense=Sense(bits=4, range_S=(0.0, 600e-6), calibrate=False)), engine)
    assert raw == pytest.approx((np.arange(16) + 0.5) * 37.5e-6)
    cell = plain.replace(sense=Sense(bits=4, range_S=(0.0, 600e-6)))
    codes = readable_S(cell, engine)
    assert codes[2:4] * 1e6 == pytest.approx([95.40, 134.69], abs=0.02)
    read = SpiceCell(cell, cell.state(120e-6), engine=engine).read()
    assert np.min(np.abs(codes - read)) < 1e-12
    assert readable_S(plain, engine) is None
    assert readable_S(plain.replace(sense=Sense(calibrate=False)), engine).tolist() == [0.0, 700e-6]


@pytest.mark.ngspice
def test_a_target_that_no_code_comes_near_is_told_before_the_first_pulse(engine):
    cell = ouro.Cell1T1R(DEVICE, sense=Sense(bits=4, range_S=(0.0, 600e-6)))
    far = r"the 4-bit ADC has no reading of 120 uS within 0\.05: its codes next to it read 95\.4 and 134\.7 uS"
    wide = r"a step of the 4-bit ADC, 134\.7 and 174\.7 uS, is wider than the band 134\.7 uS within 0\.05"

    fixed = ouro.FixedPulse(ouro.Pair(-0.6, 1.2, 1e-6), 20e-9)

    class Unread(SpiceCell):
        """Its first read fails: what is told is told before it."""

        def read(self):
            raise SimulationError(Result.TIMESTEP, "", ())

    for target, words in ((120e-6, far), (134.7e-6, wide)):
        with pytest.warns(ouro.UnreadableTarget, match=words):
            history = ouro.write_verify(Unread(cell, engine=engine), fixed, target, 0.05)
        assert (history.outcome, history.pulses) == (ouro.Outcome.READ_FAILED, ())
    for quiet in ((300e-6, 0.1), (900e-6, 0.05)):  # 41 uS a step and 60 of band; outside the window, which is told
        ouro.write_verify(Unread(cell, engine=engine), fixed, *quiet)
    drawn = [Recipe(3, 0, None).draw(cell, number) for number in range(3)]
    with ouro.fleet(cell, drawn, "nominal", engine=engine) as cells:
        assert cells.unreadable([120e-6, 300e-6, 500e-6], 0.05).endswith("134.7 uS (2 of 3 targets)")
        with pytest.warns(ouro.UnreadableTarget, match="3 of 3 targets"):
            histories = ouro.write_many(cells, fixed, [120e-6, 120e-6, 500e-6], 1e-3, max_pulses=1)
    assert len(histories) == 3
    top = ouro.Cell1T1R(DEVICE, sense=Sense(range_S=(0.0, 400e-6), calibrate=False))
    told = SpiceCell(top, engine=engine).unreadable(500e-6, 0.05)
    assert told.startswith("the ADC has no reading of 500 uS within 0.05: its range reads as 0 and 400 uS")
    assert not SpiceCell(top, engine=engine).unreadable(200e-6, 1e-6)


# ---- where the error comes from


@pytest.mark.ngspice
@pytest.mark.parametrize("name", NAMES)
def test_the_parts_add_up(engine, name):
    cell = CELLS[name].replace(sense=Sense(bits=8))
    report = ouro.read_error(cell, 400e-6, engine=engine)
    parts = {part: getattr(report, f"{part}_S") for part in PARTS}
    assert sum(parts.values()) == pytest.approx(report.total_S, abs=1e-12)
    assert report.raw_S - report.g_S == report.total_S
    assert abs(parts["adc"]) <= cell.sense.step_S / 2
    assert abs(parts["settling"]) < 1e-3 * 400e-6
    assert 0 < parts["mirror"] < 5e-3 * 400e-6
    assert parts["read_voltage"] < 0
    assert (parts["transistor"] < -1e-6) == (not name.startswith("1r"))
    assert abs(report.left_S) <= 0.005 * 400e-6 + cell.sense.step_S * 0.7
    text = str(report)
    assert "400.000 uS" in text and len(text.splitlines()) == 9


@pytest.mark.ngspice
def test_the_parts_of_a_known_resistor_are_those_of_ohms_law(engine):
    lines = ouro.Lines(r_bl=300, r_wl=0, contact=50)
    cell = ouro.Cell1R(ouro.Resistor(1e3), lines=lines, driver=ouro.Driver(100.0))
    report = ouro.read_error(cell, 250e-6, engine=engine)
    assert report.read_voltage_S == pytest.approx(0, abs=1e-12)
    # 300 + 2 x 50 + 2 x 100 Ohm beside 4 kOhm
    assert report.lines_S == pytest.approx(1 / 4600 - 250e-6, rel=1e-3)
    assert report.transistor_S == report.mirror_S == report.adc_S == 0
    assert report.reading_S == pytest.approx(250e-6, rel=1e-3)
    through = ouro.read_error(cell.replace(sense=Sense()), 250e-6, engine=engine)
    # the clamp takes the place of one driver
    assert through.lines_S == pytest.approx(250e-6 * (4000 / 4500 - 1), rel=0.02)
    assert through.left_S == pytest.approx(0, abs=0.5e-6)


@pytest.mark.ngspice
def test_an_ideal_cell_has_no_error(engine):
    report = ouro.read_error(ouro.Cell1R(DEVICE), 300e-6, engine=engine)
    for part in (*PARTS, "total", "left"):
        assert getattr(report, f"{part}_S") == pytest.approx(0, abs=1e-9), part


@pytest.mark.ngspice
def test_a_wider_access_transistor_takes_less(engine):
    cells = [CELLS["1t1r"].replace(transistor=ouro.Transistor(w=w)) for w in (10e-6, 20e-6, 80e-6)]
    lost = [ouro.read_error(cell, 300e-6, engine=engine).transistor_S for cell in cells]
    assert lost[0] < lost[1] < lost[2] < 0


# ---- what is refused


@pytest.mark.parametrize(
    ("values", "named"),
    [
        ({"bits": 0}, "bits"),
        ({"bits": 17}, "bits"),
        ({"bits": 8.0}, "bits"),
        ({"bits": True}, "bits"),
        ({"range_S": (500e-6, 100e-6)}, "range_S"),
        ({"range_S": (1e-6, 1e-6)}, "range_S"),
        ({"range_S": (-1e-6, 1e-3)}, "range_S"),
        ({"range_S": (0, float("inf"))}, "range_S"),
        ({"range_S": 1e-3}, "range_S"),
        ({"v_cm": 2.0}, "v_cm"),
        ({"v_cm": float("nan")}, "v_cm"),
        ({"supply": 1.0}, "supply"),
        ({"calibrate": 1}, "calibrate"),
    ],
)
def test_bad_sense_paths(values, named):
    with pytest.raises(ValueError, match=named):
        Sense(**values)


def test_bad_cells_and_reports():
    with pytest.raises(ValueError, match="sense"):
        ouro.Cell1R(DEVICE, sense=8)
    with pytest.raises(ValueError, match="process limit"):
        ouro.Cell1R(DEVICE, sense=Sense(supply=4.0))
    with pytest.raises(ValueError, match="g_S"):
        ouro.read_error(ouro.Cell1R(ouro.Resistor(1e3)), -1e-6)


def test_a_read_is_one_after_the_other():
    """Controls, common voltage and the raised line: nothing overlaps that must not, for short and long reads."""
    for width, edge, gate in ((100e-9, 1e-9, 1e-9), (1e-9, 1e-12, 0.0), (1e-3, 1e-6, 1e-6)):
        schedule = Sense().schedule(ouro.Read(width=width, edge=edge), gate)
        start, stop = schedule.flat_s
        assert stop - start == pytest.approx(width)
        times = np.linspace(0, schedule.stop_s, 20001)
        common, raised, enable, pre = (
            np.interp(times, pwl.times_s, pwl.volts)
            for pwl in (schedule.common, schedule.raised, schedule.enable, schedule.precharge)
        )
        assert np.all(raised - common > -1e-9) and np.all(raised - common < 0.2 + 1e-9)
        above = raised - common > 1e-6
        assert np.all(enable[above] == 3.3) and np.all(pre[above] == 0.0)
        assert np.all(pre[(enable < 3.3) & (common > 0)] > 0)
        for pwl in (schedule.common, schedule.raised, schedule.enable, schedule.precharge, schedule.gate(3.3)):
            assert np.all(np.diff(pwl.times_s) > 0) and pwl.times_s[-1] == schedule.stop_s
        assert replace(schedule, gate_edge_s=gate + 1e-9).flat_s[0] == pytest.approx(start + 1e-9)
