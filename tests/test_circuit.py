"""Cells become testbenches: data that prints as a netlist."""

from __future__ import annotations

import dataclasses
import pickle
import re
import shutil
import subprocess

import numpy as np
import pytest

import ouro_spice as ouro
from ouro_spice._util import assets
from ouro_spice.circuit.testbench import LADDER
from ouro_spice.compact.jart import jart_characteristics as characteristics
from ouro_spice.spice import osdi

DEVICE = ouro.jart_vcm_v1b(window=True)
SET, RESET = ouro.Pulse(-0.5, 100e-9), ouro.Pulse(0.9, 100e-9)
CELLS = {
    "1r": ouro.Cell1R(DEVICE),
    "1r with lines": ouro.Cell1R(DEVICE, lines=ouro.Lines(r_bl=2, r_wl=3, c_bl=1e-15)),
    "1t1r": ouro.Cell1T1R(DEVICE),
}


def lines(cell, pulses=SET, **more) -> list[str]:
    return re.sub(r"\n\+", "", cell.testbench(pulses, **more).text()).splitlines()


# ---- the netlist


@pytest.mark.parametrize("cell", CELLS.values(), ids=CELLS)
def test_a_netlist_is_complete(cell):
    text = lines(cell)
    assert text[0] == f"* ouro_spice {type(cell).__name__}"
    assert text[-1] == ".end"
    assert sum(line.startswith(".tran") for line in text) == 1
    assert not any("np." in line or "nan" in line.lower().split() for line in text)
    assert any(line.startswith("xcell ae oe jart_vcm") for line in text)


@pytest.mark.parametrize("cell", CELLS.values(), ids=CELLS)
def test_the_largest_step_is_always_given(cell):
    bench = cell.testbench(SET)
    for rung in range(len(LADDER)):
        words = next(line for line in bench.text(rung).splitlines() if line.startswith(".tran")).split()
        assert len(words) == 5
        assert float(words[2]) == bench.stop_s
        assert float(words[4]) <= bench.max_step_s <= bench.stop_s / 10


def test_tolerances_are_never_the_defaults():
    for rung in range(len(LADDER)):
        options = next(
            line for line in CELLS["1r"].testbench(SET).text(rung).splitlines() if line.startswith(".options")
        )
        assert float(re.search(r"reltol=(\S+)", options)[1]) <= 1e-4
        assert "trtol=1" in options.split()


def test_only_changed_parameters_are_written_and_without_loss():
    element = next(line for line in lines(ouro.Cell1R(ouro.jart_vcm_v1b(r=0.1 * 3e-7))) if line.startswith("xcell"))
    values = dict(word.split("=") for word in element.split()[4:])
    assert set(values) == {"Ninit", "r"}
    assert float(values["r"]) == 0.1 * 3e-7


def test_the_state_is_written():
    text = lines(CELLS["1t1r"], state=ouro.State((0.3,), {"ae": 0.125}))
    assert any("Ninit=0.29999999999999999" in line for line in text)
    assert ".ic v(ae)=0.125" in text


def test_resistors_of_zero_ohms_are_not_resistors():
    """ngspice makes 1 mOhm of them."""
    ideal = lines(CELLS["1r"])
    assert not any(line.startswith("r") for line in ideal)
    assert {line.split()[0] for line in ideal if line.startswith("vshort")} == {"vshortbl", "vshortwl"}
    assert not any(line.startswith("c") for line in ideal)
    some = lines(CELLS["1r with lines"])
    assert "rbl bl_driver oe 2" in some
    assert "rwl wl_driver ae 3" in some
    assert [line.split()[0] for line in some if line.startswith("c")] == ["cbl"]
    for line in ideal + some:
        if line.startswith("r"):
            assert float(line.split()[-1]) > 0


def test_driver_and_line_add_up():
    cell = ouro.Cell1R(DEVICE, lines=ouro.Lines(r_bl=2), driver=ouro.Driver(resistance=50))
    assert "rbl bl_driver oe 52" in lines(cell)
    assert "rwl wl_driver ae 50" in lines(cell)


def source(cell, name, pulses=SET) -> tuple[np.ndarray, np.ndarray]:
    text = next(line for line in lines(cell, pulses) if line.startswith(f"v{name} "))
    if text.endswith("dc 0"):
        return np.array([0.0]), np.array([0.0])
    values = [float(word) for word in text[text.index("(") + 1 : text.index(")")].split()]
    return np.array(values[::2]), np.array(values[1::2])


def test_set_raises_the_bit_line_and_reset_the_other():
    for cell, other in ((CELLS["1r"], "wl"), (CELLS["1t1r"], "sl")):
        assert source(cell, "bl", SET)[1].max() == 0.5
        assert not source(cell, other, SET)[1].any()
        assert source(cell, other, RESET)[1].max() == 0.9
        assert not source(cell, "bl", RESET)[1].any()


def test_the_gate_encloses_the_pulse():
    times, volts = source(CELLS["1t1r"], "wl")
    bl_times, bl_volts = source(CELLS["1t1r"], "bl")
    high = bl_times[np.interp(bl_times, bl_times, bl_volts) > 0]
    assert np.all(np.interp(high, times, volts) == 3.3)
    first = bl_times[np.flatnonzero(bl_volts)[0] - 1]
    last = bl_times[np.flatnonzero(bl_volts)[-1] + 1]
    assert np.interp([first, last], times, volts) == pytest.approx([3.3, 3.3])


def test_gate_voltages_by_polarity():
    cell = ouro.Cell1T1R(DEVICE, transistor=ouro.Transistor(v_set=1.5, v_reset=2.5, v_read=2.0))
    assert source(cell, "wl", SET)[1].max() == 1.5
    assert source(cell, "wl", RESET)[1].max() == 2.5
    gate = next(
        line for line in re.sub(r"\n\+", "", cell.read_testbench().text()).splitlines() if line.startswith("vwl")
    )
    assert re.search(r" 2[ )]", gate)


@pytest.mark.parametrize("cell", CELLS.values(), ids=CELLS)
def test_all_drivers_end_together(cell):
    names = [name for name, _ in cell._voltages([SET, RESET])]
    ends = {name: source(cell, name, [SET, RESET])[0][-1] for name in names}
    assert len({round(end * 1e15) for end in ends.values()}) == 1
    assert cell.duration([SET, RESET]) == pytest.approx(ends["bl"], rel=1e-12)
    assert cell.testbench([SET, RESET]).stop_s == pytest.approx(cell.duration([SET, RESET]), rel=1e-12)


# ---- hashes


def test_hash_does_not_depend_on_the_place(tmp_path, monkeypatch):
    bench = CELLS["1t1r"].testbench(SET)
    here = bench.sha256
    copy = tmp_path / "elsewhere"
    shutil.copytree(assets.folder("netlists"), copy / "netlists")
    monkeypatch.setattr(assets, "folder", lambda name: copy / name)
    assert bench.sha256 == here
    assert str(tmp_path) not in here


def test_hash_sees_every_change(tmp_path, monkeypatch):
    cell = CELLS["1t1r"]
    hashes = {
        cell.testbench(SET).sha256,
        cell.testbench(RESET).sha256,
        cell.testbench(SET, cell.state(200e-6)).sha256,
        cell.replace(lines=ouro.Lines(r_bl=3)).testbench(SET).sha256,
        cell.replace(device=DEVICE.replace(r=44e-9)).testbench(SET).sha256,
        dataclasses.replace(cell.testbench(SET), max_step_s=1e-12).sha256,
    }
    copy = tmp_path / "elsewhere"
    shutil.copytree(assets.folder("netlists"), copy / "netlists")
    library = copy / "netlists" / "lib" / "mos_130.lib"
    library.write_text(library.read_text().replace("vth0={0.6+", "vth0={0.61+"))
    monkeypatch.setattr(assets, "folder", lambda name: copy / name)
    hashes.add(cell.testbench(SET).sha256)
    assert len(hashes) == 7


def test_testbenches_are_values():
    assert CELLS["1r"].testbench(SET) == CELLS["1r"].testbench(SET)
    assert hash(CELLS["1r"].testbench(SET)) == hash(CELLS["1r"].testbench(SET))
    assert pickle.loads(pickle.dumps(CELLS["1t1r"].testbench(SET))) == CELLS["1t1r"].testbench(SET)


@pytest.mark.ngspice
@pytest.mark.parametrize("name", ["1r", "1t1r"])
def test_a_deck_runs_in_plain_ngspice(name, tmp_path, engine):
    """By hand: `ngspice -b deck`, in a process of its own; the points are those of the engine."""
    bench = CELLS[name].testbench(SET)
    deck = tmp_path / "deck.cir"
    deck.write_text(bench.deck([str(osdi.compiled_model(model)) for model in bench.models]))
    done = subprocess.run(["ngspice", "-b", str(deck)], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    points = re.search(rb"No\. Points: (\d+)", (tmp_path / "testbench.raw").read_bytes())
    assert int(points[1]) == len(engine.run(bench).time_s)


# ---- bad input


def test_no_pulses_and_no_pulse():
    for wrong in ([], [None], [SET, 1.0], ["-1 V"]):
        with pytest.raises(ValueError, match="Pulse"):
            CELLS["1r"].testbench(wrong)


def test_one_pulse_needs_no_list():
    assert CELLS["1r"].testbench(SET) == CELLS["1r"].testbench([SET]) == CELLS["1r"].testbench((SET,))


@pytest.mark.parametrize(
    ("start", "stop"), [(-1e-9, None), (5e-9, 5e-9), (5e-9, 1e-9), (0.0, 1.0), (2.0, None), (np.nan, None)]
)
def test_parts_that_are_none(start, stop):
    with pytest.raises(ValueError, match="start_s"):
        CELLS["1r"].testbench(SET, start_s=start, stop_s=stop)


def test_a_state_of_another_circuit():
    for state in (ouro.State((0.1, 0.2)), ouro.State((0.1,), {"nosuch": 1.0})):
        with pytest.raises(ValueError, match="another circuit"):
            CELLS["1r"].testbench(SET, state)


@pytest.mark.parametrize(
    ("make", "name"),
    [
        (lambda: ouro.Lines(r_bl=-1), "r_bl"),
        (lambda: ouro.Lines(r_bl="2"), "r_bl"),
        (lambda: ouro.Lines(r_sl=np.nan), "r_sl"),
        (lambda: ouro.Lines(c_wl=1.0), "c_wl"),
        (lambda: ouro.Driver(resistance=-1), "resistance"),
        (lambda: ouro.Resistor(0), "resistance"),
        (lambda: ouro.Transistor(w=0), "w"),
        (lambda: ouro.Transistor(l=1), "l"),
        (lambda: ouro.Transistor(v_set=50), "v_set"),
        (lambda: ouro.Read(voltage=2), "voltage"),
        (lambda: ouro.Read(voltage=-1.1), "voltage"),
        (lambda: ouro.Read(voltage=5e-7), "voltage"),
        (lambda: ouro.Read(voltage=0), "voltage"),
        (lambda: ouro.Read(voltage=np.nan), "voltage"),
        (lambda: ouro.Read(width=0), "width"),
    ],
)
def test_parts_out_of_range_are_refused_by_name(make, name):
    with pytest.raises(ValueError, match=rf"^{name} = .*\[.*\]"):
        make()


def test_states_by_conductance():
    cell = CELLS["1r"]
    assert characteristics.conductance(DEVICE, cell.state(300e-6).x[0][0]) == pytest.approx(300e-6, rel=1e-6)
    assert cell.state().x == ((DEVICE.Ninit,),)
    assert (np.array(cell.window_S) * 1e6) == pytest.approx((100.16, 543.46), abs=0.01)
    with pytest.raises(ValueError, match="outside the device's range"):
        cell.state(1e-3)


def test_a_resistor_takes_the_place_of_the_device():
    bench = ouro.Cell1T1R(ouro.Resistor(5e3)).read_testbench()
    assert "rcell ae oe 5000" in bench.elements
    assert bench.models == ()
    assert bench.device is None


def test_the_circuit_hash_sees_every_number_of_a_cell():
    """Gate voltages, the read, lines: a dataset or a checkpoint of another circuit is told apart by this hash."""
    from ouro_spice.provenance.manifest import describe

    cell = ouro.Cell1T1R(DEVICE)
    hashes = [describe(cell).circuit]
    for name in ("device", "lines", "driver", "transistor", "read"):
        part = getattr(cell, name)
        for field in dataclasses.fields(part):
            value = getattr(part, field.name)
            if isinstance(value, float) and field.name not in ("Nlo", "Nhi"):
                other = dataclasses.replace(part, **{field.name: value * 1.01 or 1e-18})
                hashes.append(describe(cell.replace(**{name: other})).circuit)
    assert len(hashes) > 30
    assert len(set(hashes)) == len(hashes)
    assert describe(ouro.Cell1T1R(DEVICE)).circuit == hashes[0]


@pytest.mark.parametrize(
    "make",
    [
        lambda: ouro.Cell1R("x"),
        lambda: ouro.Cell1T1R(DEVICE, lines=3),
        lambda: ouro.Cell1R(DEVICE, lines=ouro.Lines(r_sl=1.0)),
        lambda: ouro.simulate(DEVICE, SET),
        lambda: ouro.simulate(ouro.Cell1R(DEVICE), SET, state=0.06),
        lambda: ouro.simulate(ouro.Cell1R(DEVICE), SET, state=ouro.State(2000.0)),
        lambda: ouro.State(0.1, {"ae": float("nan")}),
        lambda: ouro.live("foo"),
        lambda: ouro.live(ouro.Cell1R(ouro.Resistor(1e3))),
        lambda: ouro.extract(DEVICE, 2, 0),
        lambda: ouro.Pulse(True, 1e-9),
        lambda: ouro.Pulse("1", 1e-9),
        lambda: ouro.jart_vcm_v1b(Nlo=30),
        lambda: ouro.Pair(0.4, -0.8, 60e-6),
        lambda: ouro.ISPP(ouro.Pair(-11, 11, 60e-6), most=1.9),
    ],
)
def test_things_of_the_wrong_kind_are_value_errors(make):
    with pytest.raises(ValueError, match=r"."):
        make()
