"""Foreign models in the flow: cells, reads, arrays, pairs, datasets and writes, as any other memristor."""

from __future__ import annotations

import pickle
from pathlib import Path

import numpy as np
import pytest

import ouro_spice
from ouro_spice import Cell1R, Cell1T1R, CoarseFine, CompactCell, Crossbar, Pulse, load_model
from ouro_spice.compact import characteristics
from ouro_spice.dataset.recipe import Recipe
from ouro_spice.spice.foreign.conductance_table import ConductanceTable, foreign_statics

MODELS = Path(__file__).resolve().parent.parent / "examples" / "models"

pytestmark = pytest.mark.ngspice

A, B = 1e-4, 2.0


@pytest.fixture(scope="module", autouse=True)
def cache(tmp_path_factory):
    """A cache of this file's own: what is measured is measured here."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("OURO_SPICE_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture(scope="module")
def yakopcic():
    return load_model(MODELS / "yakopcic.toml")


@pytest.fixture(scope="module")
def biolek():
    return load_model(MODELS / "biolek.toml")


@pytest.fixture(scope="module")
def pair(yakopcic):
    return ouro_spice.pair(Cell1R(yakopcic), 1e-6)


def test_conductances_are_those_of_the_equations(yakopcic, biolek):
    """g = a1 x sinh(b V)/V, and 1/(Ron x + Roff (1 - x)): closed forms, both ways."""
    x = np.array([0.0, 0.0137, 0.3, 0.77, 1.0])
    right = A * x * np.sinh(B * 0.2) / 0.2
    assert characteristics.conductance(yakopcic, x) == pytest.approx(right, rel=1e-7, abs=1e-18)
    right = 1 / (1e3 * x + 100e3 * (1 - x))
    assert characteristics.conductance(biolek, x) == pytest.approx(right, rel=1e-6)
    assert characteristics.states_for(biolek, right) == pytest.approx(x, abs=1e-6)
    assert characteristics.window_S(biolek) == pytest.approx((1 / 95.05e3, 1 / 5.95e3), rel=1e-6)
    with pytest.raises(ValueError, match="outside the device's range, 10 to 1000 uS"):
        characteristics.states_for(biolek, 2e-3)


def test_static_currents_are_those_of_the_equations(yakopcic):
    v, x = np.array([[-1.0], [0.0], [0.5]]), np.array([0.1, 0.9])
    found = ouro_spice.static_current(yakopcic, v, x)
    assert found == pytest.approx(A * x * np.sinh(B * v), rel=1e-6, abs=1e-15)
    with pytest.raises(ValueError, match="tells no rate"):
        ouro_spice.rate(yakopcic, 0.5, 0.5)


def test_tables_are_measured_once_and_kept(yakopcic, biolek, monkeypatch):
    characteristics.window_S(biolek)
    statics = foreign_statics()
    monkeypatch.setattr(type(statics), "currents", lambda *_: pytest.fail("measured again"))
    assert statics.table(biolek) is statics.table(biolek.replace(x=0.5))  # where it starts decides nothing
    monkeypatch.setattr(statics, "_tables", type(statics._tables)())
    assert statics.table(pickle.loads(pickle.dumps(biolek))).error < 1e-6  # of the file in the cache
    with pytest.raises(pytest.fail.Exception, match="measured again"):
        statics.table(biolek.replace(Ron=2e3))


def test_a_table_that_turns_is_refused():
    x = np.linspace(0, 1, 5)
    with pytest.raises(ValueError, match=r"mine: the conductance does not rise with the state from 0.5 to 0.75"):
        ConductanceTable(x, np.array([1.0, 2.0, 3.0, 2.5, 4.0]), True, "mine")
    assert ConductanceTable(x, np.array([5.0, 4.0, 3.0, 2.0, 1.0]), False, "mine").states([5.0, 1.5]) == pytest.approx(
        [0, 0.875]
    )


def test_a_pulse_moves_the_state_as_an_integration_does(yakopcic):
    """SET at V(AE, OE) < 0; dx/dt of the published equations, in small steps of the trapezoid's own voltage."""
    cell = Cell1R(yakopcic)
    wave = ouro_spice.simulate(cell, [Pulse(-1.0, 50e-9)], cell.state(60e-6))
    time_s = np.linspace(0, 54e-9, 54_001)
    volts = np.interp(time_s, [0, 2e-9, 52e-9, 54e-9], [0, 1, 1, 0])
    x = start = 60e-6 / (A * np.sinh(B * 0.2) / 0.2)
    for v in (volts[:-1] + volts[1:]) / 2:
        slowed = 1 if x < 0.3 else np.exp(-(x - 0.3)) * (1 + (0.3 - x) / 0.7)
        x += 1e-12 * (4e6 * (np.exp(v) - np.exp(0.65)) * slowed if v > 0.65 else 0)
    assert wave["x"][0] == pytest.approx(start, rel=1e-6)
    assert wave["x"][-1] == pytest.approx(x, rel=2e-4)
    assert wave.g_S == pytest.approx(A * wave["x"][-1] * np.sinh(B * 0.2) / 0.2, rel=1e-6)
    assert list(wave.frame.columns)[-3:] == ["x_1", "v_cell_V", "g_S"]


def test_two_pulses_in_one_piece_are_two_pulses(yakopcic):
    cell = Cell1T1R(yakopcic)
    pulses = [Pulse(-1.0, 20e-9), Pulse(1.2, 30e-9)]
    at_once = ouro_spice.simulate(cell, pulses, cell.state(60e-6))
    first = ouro_spice.simulate(cell, pulses[:1], cell.state(60e-6))
    second = ouro_spice.simulate(cell, pulses[1:], first.end_state)
    assert second.g_S == pytest.approx(at_once.g_S, rel=2e-3)
    assert second.g_S < first.g_S


def test_it_is_read_drawn_and_written(yakopcic, pair):
    recipe = Recipe(2, 1, pair, d2d=yakopcic.spread_law("ten_percent"), start="nominal", step_s=1e-9)
    cell = Cell1R(yakopcic)
    live = ouro_spice.live(cell, cell.state(60e-6))
    assert live.read() == pytest.approx(60e-6, rel=1e-4)
    with ouro_spice.fleet(cell, [recipe.draw(cell, k) for k in range(2)], "nominal", workers=1) as fleet:
        writes = ouro_spice.write_many(fleet, CoarseFine(pair), [120e-6] * 2, 0.05)
    assert [write.outcome.name for write in writes] == ["REACHED", "REACHED"]
    assert writes[0].pulses != writes[1].pulses


def test_a_dataset_is_of_this_text(yakopcic, tmp_path):
    cell = Cell1R(yakopcic)
    data = ouro_spice.extract(cell, n=2, seed=1, out=tmp_path / "data", workers=1)
    assert len(data.frame) == 2
    again = ouro_spice.extract(cell, n=2, seed=1, out=tmp_path / "data", workers=1)
    assert again.frame["g_end_S"].tolist() == data.frame["g_end_S"].tolist()
    with pytest.raises(ValueError, match="something else than is asked for"):
        ouro_spice.extract(Cell1R(yakopcic.replace(Vp=0.7)), n=2, seed=1, out=tmp_path / "data", workers=1)
    with pytest.raises(ValueError, match="a model of your own: give the cell itself, in Python"):
        ouro_spice.rebuilt(data.manifest)


def test_it_stands_in_arrays(biolek):
    """Half of the voltage does not leave drift where it was, but hardly moves it; a product sees its conductances."""
    array = Crossbar(2, 2, Cell1R(biolek))
    write = ouro_spice.write_array(array.cell_at(0, 1), Pulse(-2.0, 5e-6))
    moved = write.g_after_S - write.g_before_S
    assert np.unravel_index(np.argmax(moved), moved.shape) == (0, 1)
    assert 0 < moved[0, 0] < moved[0, 1] / 2
    assert moved[1, 0] == pytest.approx(0, abs=1e-9)
    product = ouro_spice.product(array, [0.1, 0.0])
    assert product.i_A == pytest.approx([0.1 / 95.05e3] * 2, rel=1e-5)


def test_what_needs_its_equations_is_refused_in_one_line(yakopcic):
    for ask in (
        lambda: CompactCell(yakopcic),
        lambda: ouro_spice.disturb(Crossbar(2, 2, Cell1R(yakopcic)).cell_at(0, 0), Pulse(-1.0, 50e-9), 10),
        lambda: yakopcic.draw(np.random.default_rng(1), 1, "yu"),
        lambda: Cell1R(yakopcic.replace(walk=1)),
    ):
        with pytest.raises(ValueError, match=r".") as caught:
            ask()
        assert "\n" not in str(caught.value)


def test_compiled_ones_are_solved_and_put_into_decks_too(tmp_path):
    from ouro_spice.spice.foreign.template import write_template

    device = load_model(write_template(tmp_path / "mine")[1], g_on=2e-4)
    cell = Cell1R(device)
    wave = ouro_spice.simulate(cell, [Pulse(-1.0, 50e-9)], cell.state(60e-6))
    # dx/dt = k (v/v_set - 1)^2 (1 - x): an exponential, of the plateau and of the edges above the threshold
    x0, shape = (60e-6 - 1e-5) / 1.9e-4, 1e7 * (50e-9 + 2 * 1e-9 / 3)
    assert wave["x"][-1] == pytest.approx(1 - (1 - x0) * np.exp(-shape), rel=1e-3)
    assert "pre_osdi" in ouro_spice.deck(cell, [Pulse(-1.0, 50e-9)])
