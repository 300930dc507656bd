"""Transistors: the shipped process and libraries of one's own, their limits and hashes; contacts."""

from __future__ import annotations

import dataclasses
import json
import pickle
import re
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest

import ouro_spice as ouro
from ouro_spice._util import assets
from ouro_spice.circuit import model_library
from ouro_spice.provenance.manifest import describe
from ouro_spice.spice import osdi

TOY = Path(__file__).resolve().parent / "reference" / "toy_pdk"
DEVICE = ouro.jart_vcm_v1b(window=True)
SET = ouro.Pulse(-1.0, 100e-9)
NARROW = ouro.Transistor(w=4e-6, v_set=1.3)
SUBCKT = {"library": TOY / "toy.lib", "nmos": "toy_nfet", "kind": "subckt", "unit_m": 1e-6}
PLAIN = {
    "library": TOY / "plain.spice",
    "corner": None,
    "nmos": "toy_n",
    "includes": (TOY / "design.spice",),
}


def cell(process=None, **parts):
    return ouro.Cell1T1R(DEVICE, transistor=NARROW, process=process or ouro.Process(), **parts)


def write(engine, one, pulse=SET):
    return engine.run(one.testbench(pulse))


# ---- simulations


@pytest.mark.ngspice
@pytest.mark.parametrize("own", [SUBCKT, PLAIN, SUBCKT | {"behaviour": "hsa"}], ids=["subckt", "plain", "hsa"])
def test_the_same_card_in_another_library_gives_the_same_result(own, engine):
    ours, theirs = write(engine, cell()), write(engine, cell(ouro.Process(**own)))
    assert ours["n_disc"][-1] > 0.1
    for name in ("n_disc", "i_cell", "v_ae"):
        at = np.interp(ours.time_s, theirs.time_s, theirs[name])
        assert at == pytest.approx(ours[name], rel=1e-5, abs=1e-9 * np.max(np.abs(ours[name]))), name


@pytest.mark.ngspice
@pytest.mark.parametrize("make", [lambda c: ouro.Process(corner=c), lambda c: ouro.Process(**SUBCKT | {"corner": c})])
def test_the_fast_corner_passes_more_current(make, engine):
    ff, tt, ss = (np.max(np.abs(write(engine, cell(make(corner)))["i_cell"])) for corner in ("ff", "tt", "ss"))
    assert ff > 1.05 * tt and tt > 1.05 * ss


def id_sat(folder, process, polarity, core):
    """Current of a transistor at full drive [A], in plain ngspice."""
    volts = (1.2 if core else 3.3) * (1 if polarity == "n" else -1)
    length = 0.13e-6 if core else 0.35e-6
    deck = folder / "id.cir"
    element = process.transistor("1", ("d", "g", "0", "0"), 10e-6, length, polarity, core)
    control = ".control\nop\nprint i(vd)\nquit 0\n.endc"
    deck.write_text("\n".join(["id", *process.lines(), element, f"vd d 0 {volts}", f"vg g 0 {volts}", control, ".end"]))
    done = subprocess.run(["ngspice", "-b", deck], capture_output=True, text=True, check=True, stdin=subprocess.DEVNULL)
    return abs(float(re.search(r"i\(vd\) = (\S+)", done.stdout)[1]))


@pytest.mark.ngspice
@pytest.mark.parametrize("polarity", ["n", "p"])
@pytest.mark.parametrize("core", [False, True])
def test_corners_of_the_shipped_process(polarity, core, tmp_path):
    ff, tt, ss = (id_sat(tmp_path, ouro.Process(corner=corner), polarity, core) for corner in ("ff", "tt", "ss"))
    assert ff > 1.03 * tt and tt > 1.03 * ss
    head = assets.library("mos_130").read_text()
    name = f"{polarity}mos_{'core' if core else 'io'}"
    stated = float(re.search(rf"\* {name} +\S+ +(\S+)", head)[1])
    assert tt / 10 * 1e6 == pytest.approx(stated, rel=0.01)


@pytest.mark.ngspice
def test_a_deck_with_a_library_of_ones_own_runs_in_plain_ngspice(tmp_path):
    bench = cell(ouro.Process(**SUBCKT)).testbench(SET)
    deck = tmp_path / "deck.cir"
    deck.write_text(bench.deck([str(osdi.compiled_model(model)) for model in bench.models]))
    done = subprocess.run(["ngspice", "-b", deck], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "testbench.raw").is_file()
    assert "ngbehavior=hsa" in cell(ouro.Process(**SUBCKT, behaviour="hsa")).testbench(SET).deck()


@pytest.mark.ngspice
@pytest.mark.parametrize(
    ("own", "name"),
    [
        (SUBCKT | {"nmos": "toy_pfet"}, "toy_pfet"),
        (SUBCKT | {"kind": "model", "unit_m": 1.0}, "toy_nfet"),
        (PLAIN | {"nmos": "nosuch"}, "nosuch"),
        (PLAIN | {"kind": "subckt"}, "toy_n"),
    ],
)
def test_a_model_that_is_not_there_is_named(own, name, engine):
    one = cell(ouro.Process(**own))
    with pytest.raises(ouro.SimulationError, match=rf"{Path(own['library']).name}, corner .*{name}") as caught:
        write(engine, one)
    assert caught.value.result is ouro.Result.NETLIST
    assert write(engine, cell()).result is ouro.Result.OK


@pytest.fixture
def pdks(tmp_path):
    """Stand-ins of the same shape and names as the PDKs that `netlists/README.md` shows, all with the shipped card."""
    card = "\n".join(
        line for line in (TOY / "plain.spice").read_text().splitlines() if line.startswith(("+", ".model"))
    )
    card = card.replace("{toy_vth}", "0.6")
    size = "w={w} l={l} ad={w*0.5u} as={w*0.5u} pd={2*w+1u} ps={2*w+1u}"
    metres = f".subckt NAME d g s b w=1u l=1u\nm0 d g s b toy_n {size}\n{card}\n.ends\n"
    micro = (
        metres.replace("w={w} l={l}", "w={w*1u} l={l*1u}").replace("w*0.5u", "w*0.5p").replace("2*w+1u", "(2*w+1)*1u")
    )
    sky = tmp_path / "sky130A" / "libs.tech" / "ngspice"
    files = {
        sky / "sky130.lib.spice": '.lib tt\n.include "inner/nfet.spice"\n.endl tt\n',
        sky / "inner" / "nfet.spice": micro.replace("NAME", "sky130_fd_pr__nfet_g5v0d10v5"),
    }
    gf = tmp_path / "gf180mcuD" / "libs.tech" / "ngspice"
    files[gf / "sm141064.ngspice"] = ".lib typical\n.lib 'sm141064.ngspice' nfet_t\n.endl\n.lib nfet_t\n"
    files[gf / "sm141064.ngspice"] += (
        metres.replace("NAME", "nfet_03v3").replace("vth0=0.6", "vth0={gf_vth}") + ".endl\n"
    )
    files[gf / "design.ngspice"] = ".param gf_vth=0.6\n"
    ihp = tmp_path / "ihp-sg13g2" / "libs.tech" / "ngspice"
    for kind in ("hv", "lv"):
        files[ihp / "models" / f"cornerMOS{kind}.lib"] = f".LIB mos_tt\n.include {kind}.lib\n.ENDL mos_tt\n"
        files[ihp / "models" / f"{kind}.lib"] = metres.replace("NAME", f"sg13_{kind}_nmos")
    for path, text in files.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    (ihp / "osdi").mkdir()
    for name, model in (("psp103", "walk_clock"), ("psp103_nqs", "jart_tud")):
        shutil.copyfile(osdi.compiled_model(model), ihp / "osdi" / f"{name}.osdi")
    return tmp_path


@pytest.mark.ngspice
def test_the_worked_lines(pdks, engine):
    page = (assets.folder("netlists") / "README.md").read_text()
    (block,) = (block for block in re.findall(r"```python\n(.*?)```", page, re.DOTALL) if "sky130" in block)
    names = {"ouro": ouro, "device": DEVICE}
    exec(block.replace("/path/to", str(pdks)), names)
    transistor = dataclasses.replace(NARROW, l=0.5e-6)
    expected = write(engine, cell().replace(transistor=transistor))
    assert names["cell"].process == names["sky130"]
    for name in ("sky130", "gf180", "sg13g2"):
        wave = write(engine, ouro.Cell1T1R(DEVICE, transistor=transistor, process=names[name]))
        assert wave["n_disc"][-1] == pytest.approx(expected["n_disc"][-1], rel=1e-5), name


# ---- netlists and hashes


def test_the_shipped_library_is_text():
    text = cell().testbench(SET).text()
    assert ".lib" not in text and ".include" not in text
    assert text.index(".param mos130_dvth=0 ") < text.index(".model nmos_io nmos")
    assert "maccess ae wl sl 0 nmos_io W=3.9999999999999998e-06 L=" in text
    assert "mos130_dvth=-0.04" in cell(ouro.Process(corner="ff")).testbench(SET).text()


def test_lines_that_load():
    process = ouro.Process(**SUBCKT | {"includes": (TOY / "design.spice", (TOY / "toy.lib", "ss"))})
    assert process.lines() == [
        f".include {TOY}/design.spice",
        f".lib {TOY}/toy.lib ss",
        f".lib {TOY}/toy.lib tt",
    ]
    assert ouro.Process(**PLAIN).lines()[-1] == f".include {TOY}/plain.spice"


def test_elements():
    nodes = ("d", "g", "s", "b")
    words = ouro.Process(**SUBCKT).transistor("q", nodes, 4e-6, 0.5e-6).split()
    assert words[:6] == ["xq", "d", "g", "s", "b", "toy_nfet"]
    values = {key: float(value) for key, value in (word.split("=") for word in words[6:])}
    assert values == pytest.approx({"W": 4, "L": 0.5})
    for unit in (1.0, 1e-6):
        process = ouro.Process(**PLAIN | {"unit_m": unit})
        words = process.transistor("q", nodes, 4e-6, 0.5e-6).split()
        assert words[0] == "mq"
        values = {key: float(value) for key, value in (word.split("=") for word in words[6:])}
        assert values["AD"] * unit**2 == pytest.approx(2e-12)
        assert values["PS"] * unit == pytest.approx(9e-6)
    for polarity, core, model in (("n", True, "nmos_core"), ("p", True, "pmos_core"), ("p", False, "pmos_io")):
        assert f" {model} " in ouro.Process().transistor("q", nodes, 4e-6, 0.5e-6, polarity, core)


@pytest.mark.parametrize("own", [SUBCKT, PLAIN])
def test_hashes_see_content_and_not_places(own, tmp_path):
    def moved(folder, **changes):
        shutil.copytree(TOY, folder)
        for name, (old, new) in changes.items():
            path = next(folder.rglob(f"{name}.spice"))
            assert old in path.read_text()
            path.write_text(path.read_text().replace(old, new))
        paths = {"library": folder / Path(own["library"]).name}
        if "includes" in own:
            paths["includes"] = (folder / "design.spice",)
        return cell(ouro.Process(**own | paths))

    here, there = cell(ouro.Process(**own)), moved(tmp_path / "there")
    inner = "devices" if own is SUBCKT else "design"
    changed = moved(tmp_path / "changed", **{inner: ("0.6", "0.61")})
    assert here.testbench(SET).sha256 == there.testbench(SET).sha256 != changed.testbench(SET).sha256
    assert describe(here).circuit == describe(there).circuit != describe(changed).circuit
    assert Path(own["library"]).name in describe(here).files
    assert str(TOY) not in describe(here).to_json()
    assert json.loads(describe(here).to_json())["cell"] == describe(here).cell
    # a file that changes later
    path = next((tmp_path / "there").rglob(f"{inner}.spice"))
    path.write_text(path.read_text().replace("0.6", "0.615"))
    assert there.testbench(SET).sha256 != here.testbench(SET).sha256


def test_only_the_section_that_is_taken_counts(tmp_path):
    path = tmp_path / "corners.lib"
    text = ".LIB One\n.param a=1\n.ENDL\n.lib two $ other\n.param a=2\n.endl two\n"
    path.write_text(text)
    assert set(model_library.sections(text)) == {"one", "two"}
    first = model_library.digest(((str(path), "One"),))
    path.write_text(text.replace("a=2", "a=33"))
    assert model_library.digest(((str(path), "One"),)) == first
    path.write_text(text.replace("a=1", "a=11"))
    assert model_library.digest(((str(path), "One"),)) != first


def test_references():
    text = (
        ".include 'a b.spice'\n.INC \"c.spice\" ; why\n .lib d.lib tt\n.lib tt\n* .include no\n.include e.spice $ x\n"
    )
    expected = [("a b.spice", None), ("c.spice", None), ("d.lib", "tt"), ("e.spice", None)]
    assert model_library.references(text) == expected


def test_processes_are_values():
    process = ouro.Process(**SUBCKT)
    assert process == ouro.Process(**SUBCKT) == pickle.loads(pickle.dumps(process))
    assert hash(process) == hash(ouro.Process(**SUBCKT))
    assert process.library == str(TOY / "toy.lib")


# ---- bad input


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"library": "nosuch.lib"}, "library = 'nosuch.lib': no such file"),
        ({"library": TOY}, "it is a folder"),
        ({"library": TOY / "toy.lib", "corner": "sf"}, "corner = 'sf': toy.lib has ff, ss, tt"),
        ({"library": TOY / "plain.spice"}, "corner = 'tt': plain.spice has no sections"),
        ({"corner": "sf"}, "corner = 'sf': mos_130.lib has the corners tt, ff, ss"),
        ({"corner": None}, "corner = None"),
        ({"corner": "cards"}, "corner = 'cards'"),
        ({"nmos": "nmos_5v"}, "nmos = 'nmos_5v': mos_130.lib has nmos_core, nmos_io"),
        ({"nmos": "pmos_io"}, "nmos = 'pmos_io'"),
        ({"core_pmos": "x"}, "core_pmos = 'x'"),
        ({"nmos": "a b"}, "nmos = 'a b'"),
        ({"kind": "subckt"}, "kind = 'subckt'"),
        ({"kind": "device"}, "kind = 'device'"),
        ({"unit_m": 1e-6}, "unit_m = 1e-06"),
        ({"unit_m": 0}, "unit_m = 0"),
        ({"gate_V": "3"}, "gate_V = '3'"),
        ({"l_min": -1.0}, "l_min = -1"),
        ({"behaviour": "verilog"}, "behaviour = 'verilog'"),
        ({"includes": TOY / "design.spice"}, "includes = "),
        ({"includes": ("nosuch.spice",)}, "includes = 'nosuch.spice': no such file"),
        ({"includes": ((TOY / "toy.lib", "sf"),)}, "corner = 'sf'"),
        ({"osdi": ("nosuch.osdi",)}, "osdi = 'nosuch.osdi': no such file"),
    ],
)
def test_what_is_not_there_is_refused_by_name(values, words):
    with pytest.raises(ValueError, match=re.escape(words)):
        ouro.Process(**values)


def test_a_path_with_spaces(tmp_path):
    folder = tmp_path / "a b"
    folder.mkdir()
    path = shutil.copy(TOY / "toy.lib", folder)
    with pytest.raises(ValueError, match="spaces"):
        ouro.Process(path)


@pytest.mark.parametrize(
    ("transistor", "words"),
    [
        (ouro.Transistor(v_set=3.7), "gate voltage v_set = 3.7 V is above the process limit gate_V = 3.6 V"),
        (ouro.Transistor(v_read=5), "gate voltage v_read = 5 V"),
        (ouro.Transistor(w=0.2e-6), "w = 2e-07 m is below the process's minimum of 4e-07 m"),
        (ouro.Transistor(l=0.13e-6), "l = 1.3e-07 m"),
    ],
)
def test_what_the_process_cannot_do_is_refused(transistor, words):
    with pytest.raises(ValueError, match=re.escape(words)):
        ouro.Cell1T1R(DEVICE, transistor=transistor)
    wide = ouro.Process(**SUBCKT | {"gate_V": 5.5, "l_min": 0.13e-6, "w_min": 0.1e-6})
    assert ouro.Cell1T1R(DEVICE, transistor=transistor, process=wide)


def test_other_things_that_are_no_process():
    with pytest.raises(ValueError, match="process = 'tt' is of the wrong kind"):
        ouro.Cell1T1R(DEVICE, process="tt")
    with pytest.raises(ValueError, match="polarity = 'x'"):
        ouro.Process().transistor("q", ("d", "g", "s", "b"), 1e-6, 1e-6, "x")
    with pytest.raises(ValueError, match="below the process's minimum"):
        ouro.Process().transistor("q", ("d", "g", "s", "b"), 1e-6, 0.13e-6)
    assert ouro.Process().transistor("q", ("d", "g", "s", "b"), 1e-6, 0.13e-6, core=True)


# ---- contacts


def elements(one):
    return list(one.testbench(SET).elements)


@pytest.mark.parametrize("one", [cell(), ouro.Cell1R(DEVICE, lines=ouro.Lines(r_bl=2, c_bl=1e-15))])
def test_no_contact_resistance_is_no_element(one):
    assert not any("contact" in line for line in elements(one))
    assert one.replace(lines=dataclasses.replace(one.lines, contact=0.0)).testbench(SET) == one.testbench(SET)


def test_where_contacts_are():
    lines = ouro.Lines(2, 2, 2, 1e-15, 1e-15, 1e-15, contact=7)
    text = elements(cell(lines=lines))
    assert {line for line in text if "contact" in line} == {"rcontact_bl bl oe 7", "rcontact_sl sl source 7"}
    assert {"rbl bl_driver bl 52", "rsl sl_driver sl 52", "rwl wl_driver wl 52", "cbl bl 0 1.0000000000000001e-15"} <= {
        *text
    }
    assert any(line.startswith("maccess ae wl source 0 ") for line in text)
    assert set(cell(lines=lines).testbench(SET).nodes) == {"ae", "oe", "bl", "sl", "source", "wl"}
    bare = ouro.Cell1R(DEVICE, lines=ouro.Lines(contact=7))
    assert {line for line in elements(bare) if line[0] == "r"} == {"rcontact_bl bl oe 7", "rcontact_wl wl ae 7"}
    assert {line for line in elements(bare) if "short" in line} == {
        "vshortbl bl_driver bl 0",
        "vshortwl wl_driver wl 0",
    }
    assert set(bare.testbench(SET).nodes) == {"oe", "ae"}


@pytest.mark.ngspice
@pytest.mark.parametrize(
    ("one", "other"),
    [
        # without capacitances a contact is more of the line
        (ouro.Cell1R(DEVICE, lines=ouro.Lines(contact=900)), ouro.Cell1R(DEVICE, lines=ouro.Lines(r_bl=900, r_wl=900))),
        (
            cell(lines=ouro.Lines(2, 2, 2, contact=900)),
            cell(lines=ouro.Lines(902, 902, 2)),
        ),
    ],
)
def test_a_contact_is_a_resistor(one, other, engine):
    with_contact, by_hand = write(engine, one), write(engine, other)
    for name in ("n_disc", "i_cell"):
        at = np.interp(by_hand.time_s, with_contact.time_s, with_contact[name])
        assert at == pytest.approx(by_hand[name], rel=2e-4, abs=1e-4 * np.max(np.abs(by_hand[name]))), name
    without = write(engine, one.replace(lines=dataclasses.replace(one.lines, contact=0.0)))
    assert abs(np.log(without["n_disc"][-1] / by_hand["n_disc"][-1])) > 0.01


@pytest.mark.ngspice
def test_a_contact_behind_a_capacitance(engine):
    """Against a netlist with the resistors put in by hand."""
    lines = ouro.Lines(2, 2, 2, 1e-12, 1e-12, 0.0)
    bench = cell(lines=lines).testbench(SET)
    by_hand = []
    for line in bench.elements:
        words = line.split()
        if words[0] in ("rbl", "cbl"):
            line = line.replace(" oe", " far") if words[0] == "rbl" else line.replace("cbl oe", "cbl far")
        if words[0] == "maccess":
            line = line.replace(" sl ", " near ")
        by_hand.append(line)
    by_hand += ["r1 far oe 900", "r2 sl near 900"]
    expected = engine.run(dataclasses.replace(bench, elements=tuple(by_hand)))
    wave = write(engine, cell(lines=dataclasses.replace(lines, contact=900.0)))
    assert wave["n_disc"][-1] == pytest.approx(expected["n_disc"][-1], rel=1e-5)
    assert set(wave.state.volts) == {"ae", "oe", "bl", "sl", "source", "wl"}


@pytest.mark.ngspice
def test_a_cell_with_contacts_goes_on_from_its_state(engine):
    lines = ouro.Lines(2, 2, 2, 1e-14, 1e-14, 1e-14, contact=50)
    one = cell(lines=lines)
    whole = write(engine, one)
    first = engine.run(one.testbench(SET, stop_s=50e-9))
    second = engine.run(one.testbench(SET, first.state, start_s=50e-9))
    assert second["n_disc"][-1] == pytest.approx(whole["n_disc"][-1], rel=2e-3)
