"""Arrays: against another solver, limits, symmetry, Kirchhoff, the resume law, schemes, walks, bad input."""

from __future__ import annotations

import dataclasses

import linear_crossbar
import numpy as np
import pytest

import ouro_spice as ouro
from ouro_spice._util import assets
from ouro_spice.provenance.manifest import describe
from ouro_spice.spice.ngspice import runnable_deck

WINDOW = ouro.jart_vcm_v1b(window=True)
SET, RESET = ouro.Pulse(-0.8, 20e-9, 1e-9, 1e-9), ouro.Pulse(1.2, 20e-9, 1e-9, 1e-9)
LINES = ouro.Lines(r_bl=3, r_sl=4, r_wl=5, c_bl=0.2e-15, c_sl=0.3e-15, c_wl=0.4e-15)
LINES_1R = ouro.Lines(r_bl=3, r_wl=5, c_bl=0.2e-15, c_wl=0.4e-15)
CELLS = {
    "1r": ouro.Cell1R(WINDOW, LINES_1R, ouro.Driver(30)),
    "1t1r": ouro.Cell1T1R(WINDOW, LINES),
}


def conductances(rows, cols, seed=0):
    return np.random.default_rng(seed).uniform(110e-6, 500e-6, (rows, cols))


def moved(array, before, wave):
    """Change of ln n_disc, (rows, cols)."""
    return np.log(wave.state.lead / before.lead).reshape(array.rows, array.cols)


# ---- linear arrays


@pytest.mark.ngspice
@pytest.mark.parametrize("name", linear_crossbar.names())
def test_a_linear_array_gives_what_badcrossbar_gives(engine, name):
    case = linear_crossbar.case(name)
    lines = ouro.Lines(r_wl=case.r_wl, r_bl=case.r_bl)
    array = ouro.Crossbar(*case.resistances.shape, ouro.Cell1R(ouro.Resistor(1e3), lines)).resistors(case.resistances)
    wave = engine.run(array.product_testbench(case.v_wl))
    found = np.array([wave[f"i_bl{col}"][-1] for col in range(array.cols)])
    np.testing.assert_allclose(found, case.i_bl, rtol=1e-9)
    if name.startswith("5x4"):
        v_cell, _ = linear_crossbar.cells(name)
        np.testing.assert_allclose((wave.maps["v_ae"] - wave.maps["v_oe"])[0], v_cell, rtol=1e-9)


@pytest.mark.ngspice
def test_reciprocity_of_the_transposed_linear_array(engine):
    resistances = 10 ** np.random.default_rng(3).uniform(3, 5, (6, 9))
    cell = ouro.Cell1R(ouro.Resistor(1e3), ouro.Lines(r_wl=7, r_bl=11))
    array = ouro.Crossbar(6, 9, cell).resistors(resistances)
    turned = ouro.Crossbar(9, 6, cell.replace(lines=ouro.Lines(r_wl=11, r_bl=7))).resistors(resistances.T)
    there = engine.run(array.product_testbench(0.2 * np.eye(6)[2]))["i_bl4"][-1]
    back = engine.run(turned.product_testbench(0.2 * np.eye(9)[4]))["i_bl2"][-1]
    assert there == pytest.approx(back, rel=1e-10)


# ---- limits and symmetry


@pytest.mark.ngspice
@pytest.mark.parametrize("pulse", [SET, RESET], ids=["set", "reset"])
@pytest.mark.parametrize("kind", CELLS)
def test_an_array_of_one_is_the_cell(engine, kind, pulse):
    cell, array = CELLS[kind], ouro.Crossbar(1, 1, CELLS[kind])
    alone = ouro.simulate(cell, pulse, cell.state(250e-6), engine=engine)
    wave = ouro.simulate(array.cell_at(0, 0), pulse, array.state(250e-6), engine=engine)
    assert wave.g_S == pytest.approx(alone.g_S, rel=1e-5)
    assert wave.energy_J == pytest.approx(alone.energy_J, abs=0, rel=1e-5)
    at = alone.time_s[::20]
    for name in ("v_ae", "v_oe", "i_cell", "v_bl", "i_bl"):
        one, two = (np.interp(at, w.time_s, w[name]) for w in (alone, wave))
        np.testing.assert_allclose(two, one, atol=2e-3 * np.abs(alone[name]).max())
    reads = [ouro.live(cell, alone.state).read(), ouro.live(array.cell_at(0, 0), wave.state).read()]
    assert reads[0] == pytest.approx(reads[1], rel=1e-5)


@pytest.mark.ngspice
@pytest.mark.parametrize("kind", CELLS)
def test_lines_that_vanish_are_no_lines(engine, kind):
    tiny = {f"r_{line}": 1e-6 for line in ("bl", "wl")} | {f"c_{line}": 1e-22 for line in ("bl", "wl")}
    tiny |= {"r_sl": 1e-6, "c_sl": 1e-22} if kind == "1t1r" else {}
    driver = ouro.Driver(0.0)
    arrays = [
        ouro.Crossbar(3, 2, CELLS[kind].replace(lines=x, driver=driver)) for x in (ouro.Lines(), ouro.Lines(**tiny))
    ]
    g = conductances(3, 2)
    ideal, real = (ouro.simulate(a.cell_at(1, 1), SET, a.state(g), engine=engine) for a in arrays)
    np.testing.assert_allclose(arrays[0].g_map_S(real.state), arrays[0].g_map_S(ideal.state), rtol=1e-4)
    if kind == "1r":  # the driver's own voltage is at the cell, exactly
        assert ideal.maps["v_bl"][:, 2, 1] == pytest.approx(ideal["v_bl1"], abs=1e-15)


@pytest.mark.ngspice
def test_the_transposed_array_gives_the_transposed_answer(engine):
    # a voltage of V/2 more on all lines is none: word and bit lines then carry opposite voltages
    cell = ouro.Cell1R(WINDOW, ouro.Lines(r_bl=20, r_wl=20), ouro.Driver(50))
    g = conductances(3, 4)
    array, turned = ouro.Crossbar(3, 4, cell), ouro.Crossbar(4, 3, cell)
    one = ouro.simulate(array.cell_at(2, 1), SET, array.state(g), engine=engine)
    two = ouro.simulate(turned.cell_at(1, 2), SET, turned.state(g.T), engine=engine)
    assert moved(array, array.state(g), one)[2, 1] > 0.1
    np.testing.assert_allclose(turned.g_map_S(two.state).T, array.g_map_S(one.state), rtol=1e-4)


@pytest.mark.ngspice
@pytest.mark.parametrize("kind", CELLS)
def test_currents_of_all_sources_add_up_to_nothing(engine, kind):
    array = ouro.Crossbar(5, 4, CELLS[kind])
    inputs = np.array([1.0, 0, 1, 1, 0]) if kind == "1t1r" else np.linspace(-0.2, 0.3, 5)
    wave = engine.run(array.product_testbench(inputs, array.state(conductances(5, 4))))
    currents = np.array([wave.traces[f"i_{line}"][-1] for line in (*array.lines, *(["bulk"] if array.gated else []))])
    assert np.abs(currents).max() > 1e-4
    # ngspice's gmin, 1e-12 S, is at junctions to the bulk, whose current is among them
    assert abs(currents.sum()) <= 1e-9 * np.abs(currents).max()


# ---- states


@pytest.mark.ngspice
@pytest.mark.parametrize("kind", CELLS)
def test_resume_law_on_an_array(engine, kind):
    array = ouro.Crossbar(8, 8, CELLS[kind])
    cell, start = array.cell_at(5, 2), array.state(conductances(8, 8))
    pulses = [SET, ouro.Pulse(0.9, 20e-9, 1e-9, 1e-9)]
    whole = ouro.simulate(cell, pulses, start, engine=engine)
    cut = cell.flat_start_s(SET) + 7e-9
    first = ouro.simulate(cell, pulses, start, engine=engine, stop_s=cut)
    rest = ouro.simulate(cell, pulses, first.state, engine=engine, start_s=cut)
    assert len(first.state.lead) == 64
    np.testing.assert_allclose(array.g_map_S(rest.state), array.g_map_S(whole.state), rtol=1e-3)


@pytest.mark.ngspice
@pytest.mark.parametrize("fidelity", ["full", "frozen"])
def test_random_cuts_under_voltage(engine, fidelity):
    array = ouro.Crossbar(8, 8, CELLS["1t1r"])
    cell, start = array.cell_at(5, 2, fidelity=fidelity), array.state(conductances(8, 8))
    pulse = ouro.Pulse(-0.62, 60e-9, 1e-9, 1e-9)
    whole = ouro.simulate(cell, pulse, start, engine=engine)
    assert moved(array, start, whole)[5, 2] > 0.1
    for share in np.random.default_rng(1).uniform(0.02, 0.98, 8):
        cut = cell.flat_start_s(pulse) + share * pulse.width
        first = ouro.simulate(array.cell_at(5, 2), pulse, start, engine=engine, stop_s=cut)
        rest = ouro.simulate(cell, pulse, first.state, engine=engine, start_s=cut)
        assert rest.effort.rung == 0
        np.testing.assert_allclose(array.g_map_S(rest.state), array.g_map_S(whole.state), rtol=1e-3)


@pytest.mark.ngspice
@pytest.mark.parametrize("driver", [ouro.Driver(0.0), ouro.Driver(50.0)], ids=["stiff", "soft"])
def test_a_state_goes_from_one_selection_to_the_next(engine, driver):
    # which nodes there are must not depend on which lines float
    cell = ouro.Cell1R(WINDOW, ouro.Lines(c_bl=1e-15, c_wl=1e-15), driver)
    array = ouro.Crossbar(2, 3, cell, scheme="floating", read_scheme="floating")
    one = ouro.simulate(array.cell_at(0, 1), SET, array.state(250e-6), engine=engine)
    two = ouro.simulate(array.cell_at(1, 2), SET, one.state, engine=engine)
    live = ouro.live(array.cell_at(0, 0), two.state)
    assert live.read() > 0 and live.state.x[5][0] == pytest.approx(two.state.x[5][0], rel=1e-3)
    # a floating line keeps its charge over a cut
    cell, cut = array.cell_at(0, 1), 10e-9
    first = ouro.simulate(cell, SET, array.state(250e-6), engine=engine, stop_s=cut)
    rest = ouro.simulate(cell, SET, first.state, engine=engine, start_s=cut)
    np.testing.assert_allclose(rest.maps["v_bl"][0], first.maps["v_bl"][-1], atol=1e-4)
    np.testing.assert_allclose(array.g_map_S(rest.state), array.g_map_S(one.state), rtol=1e-3)


@pytest.mark.ngspice
def test_compiled_and_behavioural_devices_in_the_same_array(engine):
    g, found = conductances(4, 4), {}
    for realisation in ("compiled", "behavioural"):
        cell = CELLS["1t1r"].replace(device=WINDOW.replace(realisation=realisation))
        array = ouro.Crossbar(4, 4, cell)
        wave = ouro.simulate(array.cell_at(1, 3), SET, array.state(g), engine=engine)
        found[realisation] = array.g_map_S(wave.state), wave.energy_J
    np.testing.assert_allclose(found["behavioural"][0], found["compiled"][0], rtol=1e-2)
    assert found["behavioural"][1] == pytest.approx(found["compiled"][1], rel=1e-2)


def test_conductance_map_in_and_out():
    g = conductances(5, 3)
    array = ouro.Crossbar(5, 3, CELLS["1t1r"])
    np.testing.assert_allclose(array.g_map_S(array.state(g)), g, rtol=1e-6)
    assert np.ptp(array.g_map_S(array.state(200e-6))) < 1e-12
    drawn = array.draw(np.random.default_rng(1))
    assert len({device.r for device in drawn.devices}) == 15
    middle = np.clip(g, 150e-6, 400e-6)
    np.testing.assert_allclose(drawn.g_map_S(drawn.state(middle)), middle, rtol=1e-6)
    mixed = ouro.Crossbar(1, 2, CELLS["1r"], devices=(ouro.Resistor(4e3), WINDOW))
    np.testing.assert_allclose(mixed.g_map_S(mixed.state([[250e-6, 300e-6]])), [[250e-6, 300e-6]], rtol=1e-6)


# ---- what the lines do


@pytest.mark.ngspice
@pytest.mark.parametrize("pulse", [SET, RESET], ids=["set", "reset"])
@pytest.mark.parametrize(("scheme", "row", "column", "rest"), [
    ("half", 1 / 2, 1 / 2, 0), ("third", 1 / 3, 1 / 3, -1 / 3),
])  # fmt: skip
def test_shares_of_the_voltage(engine, scheme, row, column, rest, pulse):
    array = ouro.Crossbar(4, 3, ouro.Cell1R(ouro.Resistor(1e4)), scheme=scheme)
    wave = ouro.simulate(array.cell_at(2, 1), pulse, engine=engine)
    flat = np.argmin(np.abs(wave.time_s - 10e-9))
    volts = (wave.maps["v_ae"] - wave.maps["v_oe"])[flat] / pulse.amplitude
    wanted = np.full((4, 3), rest, dtype=float)
    wanted[2], wanted[:, 1], wanted[2, 1] = row, column, 1
    np.testing.assert_allclose(volts, wanted, atol=1e-9)


@pytest.mark.ngspice
def test_a_grounded_scheme_writes_to_the_raised_line_and_floating_lines_follow_their_cells(engine):
    array = ouro.Crossbar(3, 3, ouro.Cell1R(ouro.Resistor(1e4)), scheme="grounded")
    volts = [(w.maps["v_ae"] - w.maps["v_oe"])[np.argmin(np.abs(w.time_s - 10e-9))] for w in (
        ouro.simulate(array.cell_at(0, 1), SET, engine=engine),
        ouro.simulate(array.replace(scheme="floating").cell_at(0, 1), SET, engine=engine),
    )]  # fmt: skip
    np.testing.assert_allclose(volts[0][:, 1], SET.amplitude, rtol=1e-9)
    # equal resistors: n - 1 in the column, (n - 1)^2 between, n - 1 in the row, in series
    parts = np.array([1 / 2, 1 / 4, 1 / 2])
    across, between, along = SET.amplitude * parts / parts.sum()
    wanted = np.array([[along, SET.amplitude, along], [-between, across, -between], [-between, across, -between]])
    np.testing.assert_allclose(volts[1], wanted, rtol=1e-6)


@pytest.mark.ngspice
@pytest.mark.parametrize("polarity", [-1, 1])
@pytest.mark.parametrize(("kind", "scheme"), [("1t1r", None), ("1r", "half"), ("1r", "third"), ("1r", "floating")])
def test_a_row_in_parallel_is_its_cells_one_by_one_where_lines_are_ideal(engine, kind, scheme, polarity):
    # different widths, edges and amplitudes, and one column left out
    ideal = CELLS[kind].replace(lines=ouro.Lines(), driver=ouro.Driver(0.0))
    array = ouro.Crossbar(3, 3, ideal, scheme=scheme)
    start = array.state(conductances(3, 3))
    v = 0.6 if polarity < 0 else 1.0
    own = (ouro.Pulse(polarity * v, 20e-9, 1e-9, 2e-9), None, ouro.Pulse(0.9 * polarity * v, 60e-9, 3e-9, 1e-9))
    wave = ouro.simulate(array.row(1), ouro.Parallel(own), start, engine=engine)
    together = moved(array, start, wave)
    for col in (0, 2):
        alone = moved(array, start, ouro.simulate(array.cell_at(1, col), own[col], start, engine=engine))
        assert abs(alone[1, col]) > 3e-3
        assert together[1, col] == pytest.approx(alone[1, col], rel=0.01)
        suffix = "" if col == 0 else "@1,2"
        volts = wave[f"v_ae{suffix}"] - wave[f"v_oe{suffix}"]
        assert np.abs(volts).max() > 0.5 * v
    # nothing is beyond its share of the voltage, also while edges differ and when one pulse has ended
    if scheme in ("half", "third"):
        others = np.delete(wave.maps["v_ae"] - wave.maps["v_oe"], 1, axis=1)
        assert np.abs(others).max() <= v * {"half": 1 / 2, "third": 1 / 3}[scheme] * (1 + 1e-9)
        assert min(wave[f"v_{line}"].min() for line in array.lines) >= 0


@pytest.mark.ngspice
def test_a_walk_acts_in_the_selected_cells_each_with_its_own_numbers(engine):
    device = WINDOW.replace(walk=ouro.Walk())
    cell = ouro.Cell1R(device)
    array = ouro.Crossbar(2, 2, cell, scheme="grounded")
    start = array.state(250e-6)
    pulse = ouro.Pulse(-0.45, 200e-9)
    wave = ouro.simulate(array.row(0), pulse, start, seed=5, engine=engine)
    alone = ouro.simulate(cell, pulse, cell.state(250e-6), seed=5, engine=engine)
    assert wave.state.wander[0].count == wave.state.wander[1].count == alone.state.wander[0].count == 20
    assert wave.state.wander[2:] == (None, None)
    assert wave.state.wander[0].r == pytest.approx(alone.state.wander[0].r, rel=1e-6)
    assert wave.state.wander[1].r != pytest.approx(wave.state.wander[0].r, rel=1e-6)
    assert wave["r@0,1"][-1] == pytest.approx(wave.state.wander[1].r, rel=1e-9)
    on = ouro.simulate(array.row(0), pulse, wave.state, seed=5, engine=engine)
    assert on.state.wander[1].count == 40
    assert np.all(np.isfinite(array.g_map_S(on.state)))


@pytest.mark.ngspice
def test_a_cell_that_has_walked_stays_so_while_others_are_selected(engine):
    array = ouro.Crossbar(1, 2, ouro.Cell1R(WINDOW.replace(walk=ouro.Walk())), scheme="grounded")
    wave = ouro.simulate(array.cell_at(0, 0), ouro.Pulse(-0.45, 300e-9), array.state(250e-6), seed=2, engine=engine)
    wander = wave.state.wander[0]
    assert wander.r != pytest.approx(WINDOW.r, rel=1e-4)
    other = array.cell_at(0, 1)
    for bench in (other.testbench([SET], wave.state), other.read_testbench(wave.state)):
        first, second = (line for line in bench.elements if line.startswith("ncell"))
        assert f"r={wander.r:.17g}" in first and "r=" not in second.replace("memristor", "")
    live = ouro.live(array.cell_at(0, 0), wave.state)
    assert live.read() == pytest.approx(live.g_S, rel=1e-3)
    later = ouro.simulate(other, SET, wave.state, seed=2, engine=engine)
    assert later.state.wander[0] == wander
    frozen = ouro.simulate(array.cell_at(0, 1, fidelity="frozen"), SET, wave.state, seed=2, engine=engine)
    assert frozen.state.lead == pytest.approx(later.state.lead, rel=1e-5)


@pytest.mark.ngspice
def test_what_comes_out_of_an_array_goes_in_again(engine):
    array = ouro.Crossbar(2, 2, CELLS["1t1r"])
    wave = ouro.simulate(array.cell_at(1, 1), ouro.Pulse(-1.2, 1e-6), array.state(200e-6), engine=engine)
    g = array.g_map_S(wave.state)
    assert g[1, 1] > 540e-6
    np.testing.assert_allclose(array.g_map_S(array.state(g)), g, rtol=2e-5)


@pytest.mark.ngspice
def test_the_guide_s_walk_turns_in_the_selected_cell(engine):
    cell = ouro.Cell1R(ouro.jart_vcm_v1b(walk=ouro.HalfCycleWalk()))
    array = ouro.Crossbar(1, 2, cell, scheme="grounded")
    wave = ouro.simulate(array.cell_at(0, 1), [SET, RESET], array.state(), engine=engine)
    assert wave.state.wander[0] is None and wave.state.wander[1].count == 2


@pytest.mark.ngspice
def test_reads_through_transistors_in_an_array(engine):
    sense = ouro.Sense(bits=None)
    cell = CELLS["1t1r"].replace(sense=sense, driver=ouro.WriteDriver())
    array = ouro.Crossbar(2, 2, cell)
    g = np.array([[150e-6, 400e-6], [300e-6, 200e-6]])
    for row, col in ((0, 0), (1, 1)):
        assert ouro.live(array.cell_at(row, col), array.state(g)).read() == pytest.approx(g[row, col], rel=0.02)


@pytest.mark.ngspice
def test_a_cell_of_an_array_is_written_and_verified_like_any_other(engine):
    array = ouro.Crossbar(2, 2, CELLS["1t1r"])
    cell = array.cell_at(1, 0)
    found = ouro.pair(cell, 1e-6, engine)
    assert found.v_set < ouro.pair(array.cell, 1e-6, engine).v_set < 0  # more line, more voltage
    history = ouro.write_verify(cell, ouro.ISPP(found, width=20e-9), target=250e-6, tolerance=0.1)
    assert history.outcome is ouro.Outcome.REACHED


# ---- the second fidelity


@pytest.mark.ngspice
@pytest.mark.parametrize(("kind", "amplitude"), [("1t1r", -1.0), ("1t1r", 1.4), ("1r", -0.7), ("1r", 1.1)])
def test_memristors_held_still_change_nothing(engine, kind, amplitude):
    array = ouro.Crossbar(16, 16, CELLS[kind])
    start, pulse = array.state(conductances(16, 16)), ouro.Pulse(amplitude, 50e-9, 1e-9, 1e-9)
    full = ouro.simulate(array.cell_at(9, 4), pulse, start, engine=engine)
    frozen = ouro.simulate(array.cell_at(9, 4, fidelity="frozen"), pulse, start, engine=engine)
    assert full.fidelity.name == "full" and frozen.fidelity.name == "frozen"
    assert frozen.fidelity.held > 100 and frozen.fidelity.disturb <= frozen.fidelity.tolerance
    assert frozen.g_S == pytest.approx(full.g_S, rel=1e-3)
    there, here = moved(array, start, full), moved(array, start, frozen)
    assert abs(there[9, 4]) > 0.1
    disturbed = np.abs(there) > 1e-9  # below, ngspice's own tolerance shows
    np.testing.assert_allclose(here[disturbed], there[disturbed], rtol=1e-2)
    assert np.abs(here[~disturbed]).max(initial=0) < 2e-9


@pytest.mark.ngspice
def test_held_memristors_have_limits_of_their_own(engine):
    # devices whose limits differ, near them: the rate there depends on the limit
    rng = np.random.default_rng(4)
    device = ouro.jart_vcm_v1b(Ninit=0.02, Ndiscmin=0.018)
    array = ouro.Crossbar(6, 6, CELLS["1r"].replace(device=device)).draw(rng)
    start = ouro.State(tuple(float(one.Ndiscmin * rng.uniform(1.02, 1.1)) for one in array.devices))
    pulse = ouro.Pulse(1.6, 100e-9, 1e-9, 1e-9)
    full, frozen = (
        ouro.simulate(array.cell_at(3, 3, fidelity=name), pulse, start, engine=engine) for name in ("full", "frozen")
    )
    there, here = moved(array, start, full), moved(array, start, frozen)
    some = np.abs(there) > 1e-9
    assert some.sum() > 5
    np.testing.assert_allclose(here[some], there[some], rtol=0.02)


@pytest.mark.ngspice
def test_the_fidelity_of_several_pulses_is_that_of_all(engine):
    array = ouro.Crossbar(8, 8, CELLS["1r"])
    cell, start = array.cell_at(2, 2, fidelity="frozen"), array.state(250e-6)
    strong, weak = ouro.Pulse(-0.62, 20e-9), ouro.Pulse(-0.6, 20e-9)
    one = ouro.simulate(cell, strong, start, engine=engine)
    both = ouro.simulate(cell, [strong, weak], start, engine=engine)
    assert both.fidelity.name == "frozen" and both.fidelity.peak_V == pytest.approx(one.fidelity.peak_V)
    assert both.fidelity.held == one.fidelity.held and both.fidelity.disturb > one.fidelity.disturb
    linear = ouro.Crossbar(2, 2, ouro.Cell1R(ouro.Resistor(1e4)))
    assert ouro.simulate(linear.cell_at(0, 0, fidelity="frozen"), weak, engine=engine).fidelity.held == 0


@pytest.mark.ngspice
def test_a_frozen_array_is_read_frozen():
    array = ouro.Crossbar(4, 4, CELLS["1t1r"])
    readings = [
        ouro.live(array.cell_at(1, 2, fidelity=name), array.state(300e-6)).read() for name in ("full", "frozen")
    ]
    assert readings[1] == pytest.approx(readings[0], rel=1e-6)
    assert len(array.cell_at(1, 2, fidelity="frozen").read_testbench().record.states) == 16


@pytest.mark.ngspice
def test_the_read_noise_of_all_cells_that_were_read_goes_on():
    device = WINDOW.replace(read_noise=ouro.ReadNoise())
    array = ouro.Crossbar(1, 2, ouro.Cell1R(device), read_scheme="grounded")
    first = ouro.live(array.cell_at(0, 1), array.state(250e-6), seed=3)
    first.read()
    second = ouro.live(array.cell_at(0, 0), first.state, seed=3)
    second.read()
    clocks = [second.state.noise(k).clock_s + second.state.noise(k).count for k in (0, 1)]
    assert clocks[1] > first.state.noise(1).clock_s + first.state.noise(1).count and clocks[0] > 0


@pytest.mark.ngspice
def test_manifests_tell_arrays_apart_and_not_the_folders_of_their_process(tmp_path):
    g = ouro.Crossbar(2, 3, CELLS["1t1r"])
    cells = [g.cell_at(0, 0), g.cell_at(1, 0), g.cell_at(0, 0, fidelity="frozen"), g.replace(cols=4).cell_at(0, 0),
             g.cell_at(0, 0).replace(active={0, 1}), g.draw(np.random.default_rng(0)).cell_at(0, 0)]  # fmt: skip
    assert len({describe(cell).circuit for cell in cells}) == len(cells)
    found = []
    for folder in ("a", "b"):
        library = tmp_path / folder / "mos.lib"
        library.parent.mkdir()
        for name in ("mos_130", "mos_130_io"):
            (library.parent / f"{name}.lib").write_text(assets.library_text(name))
        library.write_text(assets.library_text("mos_130"))
        cell = CELLS["1t1r"].replace(process=ouro.Process(library, "tt"))
        found.append(describe(ouro.Crossbar(1, 2, cell).cell_at(0, 1)).circuit)
    assert found[0] == found[1]


# ---- bad input


def bad_array(**changes):
    return lambda: ouro.Crossbar(**({"rows": 2, "cols": 3, "cell": CELLS["1r"]} | changes))


ARRAY = ouro.Crossbar(2, 3, CELLS["1r"])
GATED = ouro.Crossbar(2, 3, CELLS["1t1r"])
GROUNDED = ARRAY.replace(scheme="grounded")


@pytest.mark.parametrize(("make", "message"), [
    (bad_array(rows=0), "rows = 0"),
    (bad_array(cols=-2), "cols = -2"),
    (bad_array(rows=2.5), "rows = 2.5"),
    (bad_array(rows=5000, cols=5000), "at most"),
    (bad_array(cell=WINDOW), "made of a Cell1R or a Cell1T1R"),
    (bad_array(scheme="row"), "half, third, grounded, floating"),
    (bad_array(cell=CELLS["1t1r"], scheme="half"), "an array of Cell1T1R has row"),
    (bad_array(devices=(WINDOW,) * 5), "5 of them for 2 x 3 cells"),
    (bad_array(devices=(WINDOW,) * 5 + (None,)), "Device or Resistor"),
    (bad_array(devices=(WINDOW,) * 5 + (WINDOW.replace(realisation="behavioural"),)), "one realisation"),
    (lambda: ARRAY.state(np.full((3, 2), 2e-4)), r"shape \(3, 2\): must be \(2, 3\)"),
    (lambda: ARRAY.state([[2e-4, 2e-4, 2e-4], [2e-4, 9e-4, 2e-4]]), r"g_S\[1, 1\] = 900 uS is outside the range"),
    (lambda: ARRAY.state(np.nan), r"g_S\[0, 0\] = nan"),
    (lambda: ARRAY.resistors(np.zeros((2, 3))), "resistance = 0 is outside"),
    (lambda: ARRAY.cell_at(2, 0), r"row = 2: the array has the rows 0 .. 1"),
    (lambda: ARRAY.cell_at(0, -1), "col = -1"),
    (lambda: ARRAY.row(0, [1, 1]), "each once"),
    (lambda: ARRAY.cell_at(0, 0, fidelity="fast"), "full, frozen"),
    (lambda: ARRAY.g_map_S(ouro.State((1.0,))), "1 memristors, the array 2 x 3"),
    (lambda: ARRAY.cell_at(0, 0).testbench([SET], ouro.State((1.0,))), "1 memristors, the array 2 x 3"),
    (lambda: ARRAY.cell_at(0, 0).testbench([SET], ouro.State((1.0,) * 6, {"zz": 1.0})), "zz"),
    (lambda: ARRAY.product_testbench([0.1]), r"shape \(1,\): must be \(2,\)"),
    (lambda: ARRAY.product_testbench([0.1, 2]), "between -0.5 and 0.5 V"),
    (lambda: GATED.product_testbench([0.1, 1]), "must be 0 or 1"),
    (lambda: ouro.simulate(ARRAY.row(0), ouro.Parallel((SET,))), "1 pulses for 3 selected columns"),
    (lambda: ouro.Parallel((SET, RESET)), "both polarities"),
    (lambda: ouro.Parallel(SET), "must be a tuple"),
    (lambda: ARRAY.row(0, 3), "must be a tuple of columns"),
    (bad_array(devices=WINDOW), "must be a tuple of"),
    (lambda: ARRAY.cell_at(0, 0).replace(active={6}), r"places 0 .. 5"),
    (lambda: ouro.simulate(ARRAY.row(0), ouro.Parallel((SET, None, ouro.Pulse(-0.3, 1e-8)))), "at least"),
    (lambda: ouro.simulate(GROUNDED.row(0), ouro.Parallel((RESET, None, ouro.Pulse(1.2, 1e-8)))), "the same pulse"),
    (lambda: ouro.simulate(CELLS["1r"], SET, ARRAY.state()), "of 6, not of one memristor"),
    (lambda: ouro.live(ARRAY.cell_at(0, 0), ouro.State((1.0,))), "1 memristors, the array 2 x 3"),
    (lambda: ouro.simulate(ARRAY.cell_at(0, 0, fidelity="frozen"), SET, ouro.State((1.0,) * 6, {"zz": 1.0})), "zz"),
    (lambda: ouro.read_error(ARRAY.cell_at(0, 0), 2e-4), "takes a Cell1R or a Cell1T1R"),
    (lambda: ouro.Parallel((None, None)), "one at least"),
    (lambda: ouro.simulate(CELLS["1r"], ouro.Parallel((SET,))), "Parallel is for the row of an array"),
    (lambda: ouro.Cell1T1R(WINDOW, transistor=ouro.Transistor(v_set=5.0)), "above the process limit"),
    (lambda: ouro.Crossbar(2, 2, ouro.Cell1R(ouro.Resistor(1e3))).draw(np.random.default_rng(0)), "no memristor"),
])  # fmt: skip
def test_bad_input_is_named(make, message):
    with pytest.raises(ValueError, match=message):
        make()


@pytest.mark.ngspice
def test_a_failed_array_keeps_its_deck_and_log(engine):
    bench = ARRAY.cell_at(0, 0).testbench([SET])
    broken = dataclasses.replace(bench, elements=(*bench.elements, "vloop wl0_driver 0 1"))
    with pytest.raises(ouro.SimulationError, match=r"time step|singular") as caught:
        engine.run(broken)
    assert caught.value.deck == runnable_deck(broken)
    assert caught.value.log
