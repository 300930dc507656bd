"""Drivers made of transistors: resistance, edges, limits, floating lines, splits, and what is refused."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import ouro_spice as ouro
from ouro_spice import WriteDriver
from ouro_spice.circuit.drivers import connect, drive, libraries, wrappers
from ouro_spice.circuit.pulse import PWL
from ouro_spice.simulation.live_cell import SpiceCell

DEVICE = ouro.jart_vcm_v1b(window=True)
KNOWN = ouro.Resistor(2e3)
PULSE = ouro.Pulse(-1.2, 10e-9, 0.5e-9, 0.5e-9)


def at(wave, name, time_s):
    return float(np.interp(time_s, wave.time_s, wave[name]))


def rise_s(wave, name, top):
    """Time from 10 to 90 % of a trace's first rise to `top` [s]."""
    trace = wave[name]
    low, high = (int(np.argmax(trace > share * top)) for share in (0.1, 0.9))
    part = slice(low - 1, high + 1)
    return float(np.diff(np.interp([0.1 * top, 0.9 * top], trace[part], wave.time_s[part]))[0])


def run(engine, cell, *pulses, **more):
    return engine.run(cell.testbench(list(pulses), **more))


# ---- resistance and edges


@pytest.mark.ngspice
@pytest.mark.parametrize(("level", "ohm"), [(0.3, 29), (1.2, 50), (2.0, 63)])
def test_output_resistance(engine, level, ohm):
    """As the library states them, at the load's current instead of 0.5 mA; a pulse from its own supply."""
    cell = ouro.Cell1R(ouro.Resistor(level / 0.5e-3), driver=WriteDriver())
    wave = run(engine, cell, replace(PULSE, amplitude=-level))
    up = (level - at(wave, "v_bl", 8e-9)) / -at(wave, "i_bl", 8e-9)
    assert at(wave, "v_bl_rail", 8e-9) == pytest.approx(level)
    assert up == pytest.approx(ohm, rel=0.06)
    assert at(wave, "v_wl", 8e-9) / at(wave, "i_wl", 8e-9) == pytest.approx(25.5, rel=0.05)


@pytest.mark.ngspice
def test_resistance_falls_with_width_and_rises_in_the_slow_corner(engine):
    def ohm(w, corner="tt"):
        wave = run(engine, ouro.Cell1R(KNOWN, driver=WriteDriver(w=w), process=ouro.Process(corner=corner)), PULSE)
        return (1.2 - at(wave, "v_bl", 8e-9)) / -at(wave, "i_bl", 8e-9)

    # 100 times the width: the current and with it the drop inside change, too
    assert ohm(60e-6) / ohm(6000e-6) == pytest.approx(100, rel=0.15)
    assert ohm(60e-6, "ff") < ohm(60e-6) < ohm(60e-6, "ss")


@pytest.mark.ngspice
def test_edges_are_the_drivers_own(engine):
    """A slow control is sharpened to a tenth; a heavy line has the time constant of the transmission gate."""
    cell = ouro.Cell1R(KNOWN, driver=WriteDriver(), lines=ouro.Lines(c_bl=100e-15))
    for edge, expected in ((0.2e-9, 0.09e-9), (5e-9, 0.53e-9), (20e-9, 1.95e-9)):
        wave = run(engine, cell, replace(PULSE, rise=edge, fall=edge))
        assert rise_s(wave, "v_bl", 1.17) == pytest.approx(expected, rel=0.05)
        high = wave.time_s[wave["v_bl"] > 0.585]
        assert high[-1] - high[0] == pytest.approx(PULSE.width + edge, rel=0.1)
    heavy = replace(cell, lines=ouro.Lines(c_bl=10e-12))
    # one time constant of the transmission gate and the load dominates
    wave = run(engine, heavy, PULSE)
    assert rise_s(wave, "v_bl", 1.17) == pytest.approx(2.2 * 48 * 10e-12, rel=0.15)


@pytest.mark.ngspice
def test_a_gate_goes_to_its_own_level(engine):
    transistor = ouro.Transistor(v_set=1.3, v_reset=2.5)
    cell = ouro.Cell1T1R(KNOWN, driver=WriteDriver(), transistor=transistor)
    for amplitude, level in ((-1.0, 1.3), (1.0, 2.5)):
        wave = run(engine, cell, replace(PULSE, amplitude=amplitude))
        assert at(wave, "v_wl", 8e-9) == pytest.approx(level, abs=1e-3)


# ---- limits and laws


@pytest.mark.ngspice
@pytest.mark.parametrize(("kind", "amplitude"), [(ouro.Cell1R, -0.42), (ouro.Cell1T1R, 1.01)])
def test_a_very_wide_driver_is_the_ideal_one(engine, kind, amplitude):
    pulse = ouro.Pulse(amplitude, 1e-6, 0.2e-9, 0.2e-9)
    gaps = []
    for w in (30e-6, 300e-6, 3000e-6):
        wide = kind(DEVICE, driver=WriteDriver(w=w, w_wl=100e-6))
        ideal = kind(DEVICE, driver=ouro.Driver(0.0))
        start = wide.state(170e-6 if amplitude < 0 else 530e-6)
        waves = [ouro.simulate(cell, pulse, start, engine=engine) for cell in (wide, ideal)]
        assert abs(np.log(waves[1].g_S / waves[1].g[0])) > 0.03
        gaps.append(abs(np.log(waves[0].g_S / waves[1].g_S)))
    assert gaps[0] > gaps[1] > gaps[2]
    assert gaps[2] < 0.1 * abs(np.log(waves[1].g_S / waves[1].g[0]))


@pytest.mark.ngspice
@pytest.mark.parametrize(
    "cell", [ouro.Cell1R(DEVICE, driver=WriteDriver()), ouro.Cell1T1R(DEVICE, driver=WriteDriver())]
)
def test_currents_add_up(engine, cell):
    wave = ouro.simulate(cell, PULSE, cell.state(300e-6), engine=engine)
    other = "wl" if isinstance(cell, ouro.Cell1R) else "sl"
    for time_s in (5e-9, 8e-9):
        current = at(wave, "i_cell", time_s)
        assert abs(current) > 1e-4
        # out of one driver, through the device, into the other; and out of the supply that made it
        assert at(wave, "i_bl", time_s) == pytest.approx(current, rel=1e-3)
        assert at(wave, f"i_{other}", time_s) == pytest.approx(-current, rel=1e-3)
        assert at(wave, "i_bl_rail", time_s) == pytest.approx(current, rel=1e-3)


@pytest.mark.ngspice
def test_energy_is_what_the_supplies_deliver(engine):
    cell = ouro.Cell1R(KNOWN, driver=WriteDriver())
    wave = run(engine, cell, replace(PULSE, width=200e-9))
    used = 1.2**2 / (2e3 + 50.4 + 25.5) * 200e-9
    assert wave.energy_J > used
    # gates and the moment in which both paths conduct: a few pJ a pulse
    assert wave.energy_J - used < 12e-12


@pytest.mark.ngspice
def test_several_pulses_have_their_own_levels(engine):
    cell = ouro.Cell1R(KNOWN, driver=WriteDriver())
    pulses = [replace(PULSE, amplitude=-level) for level in (0.5, 1.5, 1.0)]
    wave = run(engine, cell, *pulses)
    for k, pulse in enumerate(pulses):
        time_s = cell.duration(pulses[:k]) + 8e-9 if k else 8e-9
        assert at(wave, "v_bl_rail", time_s) == pytest.approx(-pulse.amplitude)
        assert at(wave, "v_bl", time_s) == pytest.approx(-pulse.amplitude, rel=0.04)
        # at the idle time's end the line is down
        assert abs(at(wave, "v_bl", time_s + 12e-9)) < 1e-3


@pytest.mark.ngspice
@pytest.mark.parametrize("kind", [ouro.Cell1R, ouro.Cell1T1R])
def test_a_split_outside_an_edge_changes_nothing(engine, kind):
    rng = np.random.default_rng(5)
    cell = kind(DEVICE, driver=WriteDriver(), lines=ouro.Lines(r_bl=100, c_bl=50e-15))
    for _ in range(4):
        pulse = ouro.Pulse(-0.75, float(10 ** rng.uniform(-9, -7)), *map(float, 10 ** rng.uniform(-10, -8.7, 2)))
        flat, start = cell.flat_start_s(pulse), cell.state(float(rng.uniform(120e-6, 300e-6)))
        split = float(flat + pulse.width * rng.uniform(0.001, 0.999))
        whole = ouro.simulate(cell, pulse, start, engine=engine)
        first = ouro.simulate(cell, pulse, start, stop_s=split, engine=engine)
        second = ouro.simulate(cell, pulse, first.state, start_s=split, engine=engine)
        assert abs(np.log(second.g_S / whole.g_S)) < 1e-3
        assert second["v_bl"][0] == pytest.approx(first["v_bl"][-1], abs=2e-3)
        assert first.energy_J + second.energy_J == pytest.approx(whole.energy_J, abs=0, rel=0.02)


@pytest.mark.ngspice
def test_live_and_pair_go_through_it(engine):
    cell = ouro.Cell1T1R(DEVICE, driver=WriteDriver())
    live = SpiceCell(cell, cell.state(150e-6), engine=engine)
    before = live.read()
    assert before == pytest.approx(150e-6, rel=5e-3)
    live.apply(ouro.Pulse(-1.0, 1e-6))
    assert live.read() == pytest.approx(live.g_S, rel=5e-3)
    assert live.g_S > 1.05 * before
    real, ideal = (ouro.pair(one, 60e-6, engine=engine) for one in (cell, ouro.Cell1T1R(DEVICE)))
    # 50 to 60 Ohm and 26 Ohm instead of twice 50
    assert real.v_set == pytest.approx(ideal.v_set, rel=0.05)
    assert real.v_reset == pytest.approx(ideal.v_reset, rel=0.05)


# ---- lines on their own


def circuit(driver, pwl, load, process=None, models=None, **more):
    """A testbench of one line, `bl3`, with a load."""
    one = drive(driver, "bl3", pwl, **more)
    elements, nodes = connect(driver, one, "bl3", "far", 100.0, 10e-15)
    stop_s = pwl.times_s[-1] if pwl else 20e-9
    if models is None:
        models = wrappers(process) if process else []
    return ouro.Testbench(
        "one line", libraries=(*(("mos_130_io",) if models == "library" else ()), *libraries([one])), models=(),
        elements=(*(() if models == "library" else models), *elements, *load), stop_s=stop_s, max_step_s=stop_s / 200,
        probes=(*one.probes, ("v_far", "v(far)")), sources=one.sources, nodes=tuple(nodes), at_rest=one.at_rest,
        process=process,
    )  # fmt: skip


UP = PWL((0.0, 1e-9, 2e-9, 8e-9, 9e-9, 12e-9), (0.0, 0.0, 1.0, 1.0, 0.0, 0.0))


@pytest.mark.ngspice
@pytest.mark.parametrize("driver", [ouro.Driver(50.0), WriteDriver()])
def test_a_line_that_floats_takes_the_voltage_of_its_load(engine, driver):
    process = ouro.Process() if isinstance(driver, WriteDriver) else None
    wave = engine.run(circuit(driver, None, ["vload load 0 0.8", "rload load far 10k"], process))
    assert wave["v_far"][-1] == pytest.approx(0.8, abs=1e-3)
    assert wave["v_bl3"][-1] == pytest.approx(0.8, abs=1e-3)
    assert abs(wave["i_bl3"][-1]) < 1e-8


@pytest.mark.ngspice
def test_the_librarys_transistors_are_those_of_python(engine):
    load = ["rload far 0 5k"]
    python, library = (
        engine.run(circuit(WriteDriver(), UP, load, ouro.Process(), models)) for models in (None, "library")
    )
    for name in ("v_far", "v_bl3", "i_bl3"):
        assert library[name][-1] == pytest.approx(python[name][-1], abs=1e-9)
        for time_s in (1.7e-9, 5e-9, 8.7e-9):
            assert at(library, name, time_s) == pytest.approx(at(python, name, time_s), rel=1e-3, abs=1e-7)


@pytest.mark.ngspice
def test_a_process_of_ones_own(engine, tmp_path):
    """The shipped models as subcircuits in micrometres: the same drivers; larger least sizes: others."""
    cards = "\n".join(ouro.Process().lines())
    size = "W={W*1u} L={L*1u} AD={W*0.5p} AS={W*0.5p} PD={2*W*1u+1u} PS={2*W*1u+1u}"
    cells = [f".subckt own_{x} d g s b W=1 L=1\nm1 d g s b {x}mos_io {size}\n.ends" for x in "np"]
    path = tmp_path / "own.lib"
    path.write_text("\n".join([cards, *cells, ""]))
    own = ouro.Process(path, None, "own_n", "own_p", kind="subckt", unit_m=1e-6)
    coarse = replace(own, l_min=0.5e-6)
    load = ["rload far 0 2k"]
    waves = [engine.run(circuit(WriteDriver(), UP, load, process)) for process in (ouro.Process(), own, coarse)]
    currents = [at(wave, "i_bl3", 5e-9) for wave in waves]
    assert currents[1] == pytest.approx(currents[0], rel=1e-6)
    # longer channels: more resistance inside
    drops = [1.0 - at(wave, "v_bl3", 5e-9) for wave in waves]
    assert drops[2] > 1.2 * drops[0]


@pytest.mark.ngspice
def test_a_driver_that_follows_stays_switched_on(engine):
    wave = engine.run(circuit(WriteDriver(), UP, ["rload far 0 100k"], ouro.Process(), follow=True))
    for time_s in (1.5e-9, 5e-9, 8.5e-9):
        assert at(wave, "v_bl3", time_s) == pytest.approx(np.interp(time_s, UP.times_s, UP.volts), abs=0.02)


@pytest.mark.ngspice
def test_steps_of_several_levels_are_followed(engine):
    stairs = PWL((0.0, 1e-9, 2e-9, 5e-9, 6e-9, 9e-9, 10e-9, 12e-9), (0.0, 0.0, 0.5, 0.5, 1.0, 1.0, -1e-17, 0.0))
    wave = engine.run(circuit(WriteDriver(), stairs, ["rload far 0 100k"], ouro.Process()))
    for time_s in (1.5e-9, 4e-9, 5.5e-9, 8e-9):
        assert at(wave, "v_bl3", time_s) == pytest.approx(np.interp(time_s, stairs.times_s, stairs.volts), abs=0.02)


@pytest.mark.ngspice
@pytest.mark.parametrize("volts", [0.0, 0.9])
def test_an_operating_point_under_a_constant_voltage(engine, volts):
    one = drive(WriteDriver(), "bl3", PWL((0.0,), (volts,)))
    elements, _ = connect(WriteDriver(), one, "bl3", "far", 100.0, 0.0)
    wave = engine.run(ouro.Testbench(
        "at rest", libraries=libraries([one]), models=(), stop_s=0.0, max_step_s=1.0, probes=one.probes,
        elements=(*wrappers(ouro.Process()), *elements, "rload far 0 10k"), process=ouro.Process(),
    ))  # fmt: skip
    assert wave["v_bl3"][-1] == pytest.approx(volts * 10100 / 10141, rel=1e-3, abs=1e-6)


def test_an_ideal_line_is_what_it_was():
    cell = ouro.Cell1T1R(DEVICE)
    text = cell.testbench([PULSE]).text()
    assert " write_driver" not in text and ".subckt nch" not in text
    assert {name for name, _ in cell.testbench([PULSE]).probes} >= {"i_bl", "v_bl", "i_sl", "v_sl", "i_wl", "v_wl"}


# ---- what is refused


@pytest.mark.parametrize(
    "values", [{"w": 0.0}, {"w": float("nan")}, {"w_wl": -1e-6}, {"supply": 0.5}, {"supply": "3.3"}, {"w": True}]
)
def test_bad_drivers(values):
    with pytest.raises(ValueError, match=next(iter(values))):
        WriteDriver(**values)


def test_bad_voltages():
    for pwl in (PWL((0.0, 1e-9), (0.0, 3.4)), PWL((0.0, 1e-9), (0.0, -0.1))):
        with pytest.raises(ValueError, match=r"bl3.*the write driver's supply"):
            drive(WriteDriver(), "bl3", pwl)
    with pytest.raises(ValueError, match="cannot float"):
        drive(WriteDriver(), "wl", None, gate=True)
    with pytest.raises(ValueError, match="supply"):
        ouro.Cell1R(DEVICE, driver=WriteDriver()).testbench([ouro.Pulse(-4.0, 1e-9)])
    with pytest.raises(ValueError, match="process limit"):
        ouro.Cell1R(DEVICE, driver=WriteDriver(supply=5.0))
    with pytest.raises(ValueError, match="wrong kind"):
        ouro.Cell1R(DEVICE, driver="write_driver")
