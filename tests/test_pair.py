"""The voltage pair: amplitudes that cross the window in the asked time, by the reference and by simulation."""

from __future__ import annotations

import dataclasses
import math
from itertools import product

import numpy as np
import pytest
from benches import crossing

import ouro_spice as ouro
from ouro_spice.device.jart.jart_parameters import WINDOW_N
from ouro_spice.simulation.root_finding import NoRootError, find
from ouro_spice.simulation.window_crossing import traverse_s
from ouro_spice.simulation.write_voltages import traverses

pytestmark = pytest.mark.ngspice

DEVICE = ouro.jart_vcm_v1b(window=True)
CELL_1R = ouro.Cell1R(DEVICE)
CELL_1T1R = ouro.Cell1T1R(DEVICE, lines=ouro.Lines(r_bl=50, r_sl=50, r_wl=200, c_bl=20e-15, c_sl=20e-15, c_wl=20e-15))

IN_ARRAY = ouro.Crossbar(1, 2, CELL_1T1R).cell_at(0, 1)


def crossing_s(cell, amplitude, start_n, end_n, engine, total_s=60e-6):
    """Time at full amplitude for the traverse of the window, the device without its window's edges [s]."""
    free = cell.replace(device=cell.device.replace(Nlo=0, Nhi=1e6))
    pulse = ouro.Pulse(amplitude, 1.5 * total_s)
    wave = ouro.simulate(free, pulse, ouro.State(start_n), engine=engine)
    return crossing(wave.time_s, wave["n_disc"], end_n) - free.flat_start_s(pulse)


def test_the_pair_of_the_bare_cell_is_that_of_the_reference(engine, reference_table):
    """6000 pulses of 10 ns are 60 us; the reference stands at constant voltage, here the pulse has edges."""
    (row,) = [row for row in reference_table("voltage_pairs_6000pulses.csv") if row["t_pulse_s"] == 10e-9]
    assert (row["V_SET"], row["V_RESET"], row["t_total_s"]) == (-0.414269, 0.854029, 60e-6)
    found = ouro.pair(CELL_1R, engine=engine)
    assert found.total_s == 60e-6
    assert found.v_set == pytest.approx(-0.414269, abs=1e-3)
    assert found.v_reset == pytest.approx(0.854029, abs=1e-3)


@pytest.mark.parametrize("pulse_s", [1e-9, 1e-7, 1e-6])
def test_pairs_for_other_times_are_those_of_the_reference(engine, reference_table, pulse_s):
    (row,) = [row for row in reference_table("voltage_pairs_6000pulses.csv") if row["t_pulse_s"] == pulse_s]
    found = ouro.pair(CELL_1R, row["t_total_s"], engine)
    assert (found.v_set, found.v_reset) == pytest.approx((row["V_SET"], row["V_RESET"]), abs=1e-3)


CELLS = {
    "1r": CELL_1R,
    "1r behavioural": CELL_1R.replace(device=DEVICE.replace(realisation="behavioural")),
    "1t1r": CELL_1T1R,
    "1t1r tud": CELL_1T1R.replace(device=DEVICE.replace(realisation="tud")),
    "full": ouro.CompactCell(DEVICE),
    "reduced": ouro.CompactCell(DEVICE, model="reduced"),
    "tud": ouro.CompactCell(DEVICE, model="tud", resistance=500.0),
}


@pytest.mark.parametrize(("name", "total_s"), [*product(CELLS, [1e-6, 60e-6, 1e-3])])
def test_the_found_pair_crosses_the_window_in_the_asked_time(engine, name, total_s):
    cell = CELLS[name]
    found = ouro.pair(cell, total_s, engine)
    low, high = WINDOW_N
    assert found.v_set < 0 < found.v_reset
    assert crossing_s(cell, found.v_set, low, high, engine, total_s) == pytest.approx(total_s, rel=0.005)
    assert crossing_s(cell, found.v_reset, high, low, engine, total_s) == pytest.approx(total_s, rel=0.005)


@pytest.mark.parametrize("factor", [1.05, 1.3, 2.0])
@pytest.mark.parametrize("total_s", [1e-6, 60e-6])
def test_a_gate_voltage_makes_larger_amplitudes_cross_in_the_same_time(engine, factor, total_s):
    at_full_gate = ouro.pair(CELL_1T1R, total_s, engine)
    given = {"v_set": factor * at_full_gate.v_set, "v_reset": factor * at_full_gate.v_reset}
    found = ouro.pair(CELL_1T1R, total_s, engine, **given)
    assert {"v_set": found.v_set, "v_reset": found.v_reset} == given
    assert 0.6 < found.gate_set < found.gate_reset < CELL_1T1R.transistor.v_reset
    cell, (low, high) = found.gated(CELL_1T1R), WINDOW_N
    assert (cell.transistor.v_set, cell.transistor.v_reset) == (found.gate_set, found.gate_reset)
    assert crossing_s(cell, found.v_set, low, high, engine, total_s) == pytest.approx(total_s, rel=0.005)
    assert crossing_s(cell, found.v_reset, high, low, engine, total_s) == pytest.approx(total_s, rel=0.005)


def test_one_direction_by_gate_and_the_other_by_amplitude(engine):
    found, plain = ouro.pair(CELL_1T1R, engine=engine, v_set=-0.6), ouro.pair(CELL_1T1R, engine=engine)
    assert (found.v_set, found.v_reset) == (-0.6, plain.v_reset)
    assert found.gate_set < plain.gate_set == CELL_1T1R.transistor.v_set
    assert found.gate_reset == plain.gate_reset == CELL_1T1R.transistor.v_reset


def test_the_gate_sets_the_largest_current_of_a_set(engine):
    """The gate limits the current where the driver alone would not: the compliance of the SET."""
    limited, _ = traverses(CELL_1T1R, ouro.pair(CELL_1T1R, engine=engine, v_set=-1.0), engine)
    free, _ = traverses(CELL_1T1R, ouro.Pair(-1.0, 1.0, 60e-6), engine)
    assert limited.i_peak < 0.7 * free.i_peak
    assert limited.time_s > 100 * free.time_s


def test_traverses_say_what_the_device_sees(engine):
    found = ouro.pair(CELL_1T1R, engine=engine)
    bare = ouro.pair(CELL_1R, engine=engine)
    for way, volts, least in zip(traverses(CELL_1T1R, found, engine), (found.v_set, found.v_reset),
                                 (bare.v_set, bare.v_reset), strict=True):  # fmt: skip
        assert way.time_s == pytest.approx(60e-6, rel=0.005)
        assert 0.8 * abs(least) < abs(way.v_cell) < abs(volts)
        assert np.sign(way.v_cell) == np.sign(volts)
        assert 10e-6 < way.i_peak < 1e-3
    assert traverses(CELL_1T1R, ouro.Pair(-0.3, 0.9 * found.v_reset, 60e-6), engine) == (None, None)


def test_a_search_takes_few_transients(engine):
    class Counting:
        count = 0

        def run(self, testbench, throw=True):
            self.count += 1
            return engine.run(testbench, throw)

    for cell, given, most in ((CELL_1R, {}, 12), (CELL_1T1R, {}, 16), (CELL_1T1R, {"v_set": -0.6, "v_reset": 1.3}, 30)):
        counting = Counting()
        ouro.pair(cell, 60e-6, counting, **given)
        assert counting.count <= most


def test_a_circuit_around_the_device_needs_more_voltage(engine):
    bare, circuit = ouro.pair(CELL_1R, engine=engine), ouro.pair(CELL_1T1R, engine=engine)
    assert circuit.v_set < bare.v_set
    assert circuit.v_reset > bare.v_reset


def test_the_window_is_the_devices_own_where_it_has_one(engine):
    """A device without a window is judged over the same N as one with the standard window."""
    without = ouro.pair(ouro.Cell1R(ouro.jart_vcm_v1b()), engine=engine)
    assert without == ouro.pair(CELL_1R, engine=engine)
    narrow = ouro.pair(ouro.Cell1R(DEVICE.replace(Nlo=0.2, Nhi=1.0, Ninit=0.2)), engine=engine)
    assert crossing_s(CELL_1R, narrow.v_set, 0.2, 1.0, engine) == pytest.approx(60e-6, rel=0.01)
    assert abs(narrow.v_set) < abs(without.v_set)


@pytest.mark.parametrize(
    "cell",
    [
        ouro.Cell1T1R(DEVICE, transistor=ouro.Transistor(w=0.4e-6, l=10e-6)),
        ouro.Cell1T1R(DEVICE, transistor=ouro.Transistor(v_set=0.4)),
        ouro.Cell1R(DEVICE, lines=ouro.Lines(r_bl=1e6)),
    ],
    ids=["narrow transistor", "gate off", "resistive line"],
)
def test_a_circuit_that_cannot_is_a_value_error_that_says_why(engine, cell):
    with pytest.raises(ValueError, match=r"no SET amplitude up to 20 V .*limits the current"):
        ouro.pair(cell, engine=engine)


def test_a_gate_that_is_off_for_reset_only_is_named(engine):
    cell = ouro.Cell1T1R(DEVICE, transistor=ouro.Transistor(v_reset=0.4))
    with pytest.raises(ValueError, match="no RESET amplitude"):
        ouro.pair(cell, engine=engine)


@pytest.mark.parametrize(
    ("cell", "given"),
    [(CELL_1T1R, {"v_set": -0.4}), (CELL_1T1R, {"v_reset": 0.9}), (IN_ARRAY, {"v_set": -0.4})],
    ids=["set", "reset", "of an array"],
)
def test_an_amplitude_that_is_too_small_with_the_gate_fully_on_is_named(engine, cell, given):
    ((name, volts),) = given.items()
    what = name.removeprefix("v_").upper()
    with pytest.raises(ValueError, match=rf"no gate voltage .* limit of 3.6 V crosses .* {what} of {volts:g} V: raise"):
        ouro.pair(cell, engine=engine, **given)


def test_the_process_limits_the_gate(engine):
    """What 3.6 V at the gate still do is out of reach in a process that stands 1.2 V."""
    low = CELL_1T1R.replace(
        transistor=ouro.Transistor(v_set=1.2, v_reset=1.2, v_read=1.2), process=ouro.Process(gate_V=1.2)
    )
    assert ouro.pair(CELL_1T1R, engine=engine, v_set=-0.5, v_reset=1.3).gate_set > 1.2
    with pytest.raises(ValueError, match=r"no gate voltage .* limit of 1.2 V crosses .* SET of -0.5 V"):
        ouro.pair(low, engine=engine, v_set=-0.5)
    # in a RESET the device sees less than the gate voltage, whatever the driver sends
    with pytest.raises(ValueError, match=r"no gate voltage .* limit of 1.2 V crosses .* RESET of 3 V"):
        ouro.pair(low, engine=engine, v_set=-0.6, v_reset=3.0)


@pytest.mark.parametrize(
    ("cell", "given", "message"),
    [
        (CELL_1R, {"v_set": -0.5}, "a Cell1R has no gate voltage"),
        (CELLS["full"], {"v_reset": 1.0}, "a CompactCell has no gate voltage"),
        (CELL_1T1R, {"v_set": 0.5}, "v_set = 0.5 is outside"),
        (CELL_1T1R, {"v_reset": -0.5}, "v_reset = -0.5 is outside"),
        (CELL_1T1R, {"v_reset": math.nan}, "v_reset = nan is outside"),
        (CELL_1R.replace(device=ouro.Resistor(1e4)), {}, "with a memristor"),
        ("cell", {}, "a pair takes a Cell1R"),
    ],
)
def test_what_a_search_cannot_begin_with_is_refused_at_once(cell, given, message):
    class Never:
        def run(self, testbench, throw=True):
            raise AssertionError("nothing is simulated")

    with pytest.raises(ValueError, match=message):
        ouro.pair(cell, 60e-6, Never(), **given)


@pytest.mark.parametrize("total_s", [0, -1e-6, math.nan, math.inf, 1e3, "60 us"])
def test_a_time_out_of_range_is_refused(engine, total_s):
    with pytest.raises(ValueError, match="total_s"):
        ouro.pair(CELL_1R, total_s, engine)


def test_traverse_is_infinite_where_the_end_is_not_reached_and_zero_where_it_is_behind(engine):
    low, high = WINDOW_N
    assert traverse_s(CELL_1R, -0.2, low, high, 1e-6, engine) == math.inf
    assert traverse_s(CELL_1R, -0.4143, low, low * (1 + 1e-12), 1e-6, engine) < 1e-9


def test_amplitude_follows_the_wanted_change():
    pair = ouro.Pair(-0.4, 0.8, 60e-6)
    assert pair.amplitude(+1e-9) == -0.4
    assert pair.amplitude(-1e-9) == 0.8


def test_a_pair_without_gate_voltages_is_the_one_of_older_manifests():
    old = {"v_set": -0.4, "v_reset": 0.8, "total_s": 60e-6}
    assert ouro.Pair(**old).gated(CELL_1T1R) == CELL_1T1R
    new = ouro.Pair(**old, gate_set=1.5, gate_reset=2.5)
    assert ouro.Pair(**dataclasses.asdict(new)) == new
    assert new.gated(CELL_1R) is CELL_1R
    with pytest.raises(ValueError, match="gate_set = -1"):
        ouro.Pair(**old, gate_set=-1)


# ---- the search itself


@pytest.mark.parametrize(
    "function",
    [
        lambda x: 3 - 5 * x,
        lambda x: 40 * (0.7 - x) ** 3 + 1e-3 * (0.7 - x),
        lambda x: math.inf if x < 0.999 else -500 * (x - 0.9995),
        lambda x: -math.inf if x > 0.01 else 1e4 * (0.003 - x),
        lambda x: math.exp(8 * (0.4 - x)) - 1,
        lambda x: max(math.log(0.9 / x), -2.3) if x > 0.2 else math.inf,
    ],
    ids=["line", "flat", "steep end", "steep start", "exponential", "clipped"],
)
@pytest.mark.parametrize("start", [0.0, 0.5, 1.0])
def test_find_is_quick_on_any_falling_function(function, start):
    seen = []

    def watched(x, near):
        seen.append(x)
        # a far evaluation is off by 3 %
        return function(x) + (0.0 if near else 0.03)

    x = find(watched, start, 0.0, 1.0)
    assert abs(function(x)) <= 1e-3
    assert len(seen) <= 50


@pytest.mark.parametrize(
    ("function", "why"),
    [
        (lambda x: 1.0 + (1 - x), "slow"),
        (lambda x: -1.0 - x, "quick"),
        (lambda x: math.inf if x < 0.3 else -math.inf, "jump"),
        (lambda x: 2.0 if x < 0.3 else -0.1, "jump"),
    ],
)
def test_find_says_why_there_is_no_root(function, why):
    with pytest.raises(NoRootError) as none:
        find(lambda x, near: function(x), 0.5, 0.0, 1.0, slope=-1.0)
    assert none.value.why == why
