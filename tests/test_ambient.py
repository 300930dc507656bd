"""One ambient temperature: the device's, for transistors, drivers, sense path and calibration, too."""

import re
import subprocess

import numpy as np
import pytest

import ouro_spice as ouro
from ouro_spice.circuit.parts import Resistor
from ouro_spice.provenance.manifest import describe
from ouro_spice.spice.ngspice import default_engine, runnable_deck
from ouro_spice.spice.raw_file import read_raw

pytestmark = pytest.mark.ngspice

PULSE = ouro.Pulse(-0.6, 200e-9)
GATED = ouro.Transistor(w=10e-6, v_set=1.0, v_reset=2.4)


def cell(kelvin, **parts):
    return ouro.Cell1T1R(ouro.jart_vcm_v1b(window=True, T0=kelvin), transistor=GATED, **parts)


def by_hand(bench, folder, celsius):
    """Last n_disc and largest current of a testbench in plain ngspice, its temperature said by ``.temp`` instead."""
    text, taken = re.subn(r"\n\.temp \S+", "", runnable_deck(bench))
    assert taken == 1
    deck = folder / "by_hand.cir"
    deck.write_text(text.replace(".control", f".temp {celsius}\n.control", 1))
    subprocess.run(["ngspice", "-b", deck.name], cwd=folder, check=True, capture_output=True, timeout=60)
    (plot,), vectors = read_raw(folder / "testbench.raw"), dict(bench.probes)
    return plot[f"v({vectors['n_disc']})"][-1], np.max(np.abs(plot[f"i({vectors['i_cell']})"]))


@pytest.mark.parametrize("kelvin", [273.15, 293.0, 398.15])
def test_a_cell_and_an_array_are_wholly_at_the_devices_temperature(kelvin, tmp_path):
    single = cell(kelvin, driver=ouro.WriteDriver())
    array = ouro.Crossbar(2, 2, cell(kelvin)).cell_at(1, 1)
    for one in (single, array):
        bench = one.testbench([PULSE], one.state(150e-6))
        wave = default_engine().run(bench)
        n_disc, current = by_hand(bench, tmp_path, kelvin - 273.15)
        assert wave["n_disc"][-1] == pytest.approx(n_disc, rel=1e-9)
        assert np.max(np.abs(wave["i_cell"])) == pytest.approx(current, rel=1e-9)


def test_a_hot_transistor_holds_the_current():
    wave = ouro.simulate(cell(398.15), PULSE, cell(398.15).state(150e-6))
    # the same deck in plain ngspice 46 with .temp 125
    assert wave.g_S == pytest.approx(240.6e-6, rel=5e-4)
    assert np.max(np.abs(wave["i_cell"])) == pytest.approx(76.2e-6, rel=1e-3)


def test_a_known_resistor_is_in_the_same_warmth():
    warm, cold = (ouro.simulate(cell(kelvin).resistor(3e3), PULSE)["i_bl"] for kelvin in (398.15, 293.0))
    assert np.max(np.abs(warm)) < 0.97 * np.max(np.abs(cold))
    assert ouro.Crossbar(2, 2, cell(398.15)).resistors(1e4).cell_at(0, 0).testbench([PULSE]).ambient_K == 398.15
    with pytest.raises(ValueError, match="ambient_K = 600"):
        Resistor(1e3, 600)


def test_readings_are_calibrated_in_the_same_warmth():
    sensed = cell(398.15, sense=ouro.Sense(bits=None))
    assert ouro.live(sensed, sensed.state(300e-6)).read() == pytest.approx(300e-6, rel=5e-3)
    raw = cell(398.15, sense=ouro.Sense(bits=None, calibrate=False))
    # the cold transistor's raw reading would be 282 uS
    assert ouro.live(raw, raw.state(300e-6)).read() < 281e-6


def test_a_library_does_not_bring_its_own_warmth(tmp_path):
    from ouro_spice._util import assets

    currents = []
    for line in ("", ".temp 125\n.option temp=125\n"):
        library = tmp_path / f"hot{len(line)}.lib"
        library.write_text(assets.library_text("mos_130") + "\n" + line)
        (tmp_path / "mos_130.lib").write_text(assets.library_text("mos_130"))
        currents.append(
            np.max(np.abs(ouro.simulate(cell(293.0, process=ouro.Process(library, "tt")).resistor(3e3), PULSE)["i_bl"]))
        )
    assert currents[0] == currents[1]


def test_the_manifest_says_it():
    circuits = {describe(cell(kelvin)).circuit for kelvin in (273.15, 293.0, 398.15)}
    assert len(circuits) == 3
    assert describe(cell(273.15)).cell["device"]["T0"] == 273.15


def test_an_array_has_one_temperature():
    cold = cell(293.0)
    hot = cold.device.replace(T0=350)
    with pytest.raises(ValueError, match=r"devices have 350 K around them.*293 K"):
        ouro.Crossbar(1, 2, cold, devices=(cold.device, hot))
    array = ouro.Crossbar(1, 2, cold.replace(device=hot), devices=(hot, Resistor(1e6)))
    assert array.cell_at(0, 1).testbench([PULSE]).ambient_K == 350
