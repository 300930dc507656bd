"""Files of transistor models: commands, random numbers, what is missing; parameters, fingers, commands by name."""

from __future__ import annotations

import dataclasses
import re
import shutil
from pathlib import Path

import numpy as np
import pytest

import ouro_spice as ouro
from ouro_spice.circuit import drivers, model_library, testbench
from ouro_spice.circuit.missing_models import missing_model
from ouro_spice.circuit.result import telling
from ouro_spice.provenance.manifest import Manifest, describe
from ouro_spice.provenance.rebuild import rebuilt
from ouro_spice.spice import osdi

TOY = Path(__file__).resolve().parent / "reference" / "toy_pdk"
DEVICE = ouro.jart_vcm_v1b(window=True)
NARROW = ouro.Transistor(w=4e-6, v_set=1.3)
SUBCKT = {"library": TOY / "toy.lib", "nmos": "toy_nfet", "kind": "subckt", "unit_m": 1e-6}
RANDOM = SUBCKT | {"library": TOY / "random.lib"}
BINS = {"library": TOY / "bins.spice", "corner": None, "nmos": "toy_bin_n", "pmos": "toy_bin_p"}
PULSE = ouro.Pulse(-1.0, 10e-9)


def cell(process, **parts):
    return ouro.Cell1T1R(DEVICE, process=process, **({"transistor": NARROW} | parts))


def currents(engine, process, **elements):
    """Drain currents at 1.0 V, gates at 2.5 V [A], of elements with drains called like them."""
    supplies = [line for name in elements for line in (f"v{name} {name} 0 1", f"vg{name} g{name} 0 2.5")]
    bench = testbench.Testbench(
        "currents", libraries=(), models=(), elements=(*(line for one in elements.values() for line in one), *supplies),
        stop_s=0.0, max_step_s=1.0, probes=tuple((name, f"v{name}#branch") for name in elements), process=process,
    )  # fmt: skip
    wave = engine.run(bench)
    return {name: -float(wave[name][-1]) for name in elements}


# ---- commands


@pytest.mark.parametrize(
    ("text", "word"),
    [
        (".control\nshell true\n.endc\n", ".control"),
        ("* a\n.CONTROL\nshell true\n.ENDC\n", ".control"),
        (" \t.Control  here\nshell true\n", ".control"),
        (".subckt q a b\n.control\n.endc\n.ends\n", ".control"),
        (".if (0)\n.control\n.endc\n.endif\n", ".control"),
        (".param a=1\r\n.control\r\nshell true\r\n", ".control"),
        ("*# shell true\n", "*#"),
        ("  *#shell true\n", "*#shell"),
        ("*#\x0bshell true\n", "*#"),
        (".lib other\n.control\n.endc\n.endl\n", ".control"),
        ('.model p d_process(process_file="x")\n', "d_process"),
        ('.model p\n+ d_cosim(simulation="x")\n', "d_cosim"),
    ],
)
def test_commands_in_a_library_are_refused(text, word, tmp_path):
    models = (TOY / "plain.spice").read_text()
    (tmp_path / "inner").mkdir()
    (tmp_path / "inner" / "deep.spice").write_text(text)
    ways = {
        "before": text + models,
        "behind": models + text,
        "included": models + '.INC "inner/deep.spice" $ why\n',
        "twice": models + " .includefile second.spice\n",
        "section": models + ".lib 'sections.lib' \"tt\"\n",
    }
    (tmp_path / "second.spice").write_text(".incl 'inner/deep.spice'\n")
    (tmp_path / "sections.lib").write_text(".LIBRARY TT ; typical\n.include inner/deep.spice\n.ENDL\n")
    for name, content in ways.items():
        path = tmp_path / f"{name}.spice"
        path.write_text(content)
        own = {"library": path, "corner": None, "nmos": "toy_n", "includes": (TOY / "design.spice",)}
        with pytest.raises(ValueError, match=rf"(?i)^{re.escape(word)}.* in .*, line \d+: .*allow_commands=True"):
            ouro.Process(**own)
        assert ouro.Process(**own, allow_commands=True).lines()


def test_what_is_no_command_is_not_refused(tmp_path):
    path = tmp_path / "models.spice"
    path.write_text("*######## d_process\n* .control\n*#\n$ .control\n+ .control\nx.control\n.param controls=1\n")
    assert ouro.Process(path, corner=None)


def test_a_file_that_changes_later_is_looked_at_again(tmp_path):
    path = tmp_path / "plain.spice"
    path.write_text((TOY / "plain.spice").read_text())
    one = cell(ouro.Process(path, corner=None, nmos="toy_n", includes=(TOY / "design.spice",)))
    before = describe(one).circuit
    path.write_text(path.read_text() + "* more\n")
    assert describe(one).circuit == before
    path.write_text(path.read_text() + ".param more=1\n")
    assert describe(one).circuit != before
    path.write_text(path.read_text() + ".control\n.endc\n")
    with pytest.raises(ValueError, match="allow_commands"):
        _ = one.testbench(PULSE).netlist


@pytest.mark.ngspice
def test_commands_that_are_allowed_run(tmp_path, engine):
    path = tmp_path / "plain.spice"
    mark = tmp_path / "mark"
    path.write_text((TOY / "plain.spice").read_text() + f".control\nshell touch {mark}\n.endc\n")
    own = {"library": path, "corner": None, "nmos": "toy_n", "includes": (TOY / "design.spice",)}
    engine.run(cell(ouro.Process(**own, allow_commands=True)).testbench(PULSE))
    assert mark.is_file()


# ---- what is missing or no library


def test_files_that_are_no_libraries(tmp_path, monkeypatch):
    def refused(words, path, name="library", **more):
        given = {"library": path} if name == "library" else {name: (path,)}
        with pytest.raises(ValueError, match=words) as caught:
            ouro.Process(**({"corner": None} if name == "library" else {}) | given | more)
        assert "\n" not in str(caught.value)

    one, other, loop = tmp_path / "one.spice", tmp_path / "other.spice", tmp_path / "loop.spice"
    loop.symlink_to(loop)
    (tmp_path / "raw.spice").write_bytes(b"\x7fELF\0\0")
    for name in ("library", "includes"):
        refused("it is a folder", tmp_path, name)
        refused("no such file", tmp_path / "nosuch", name)
        refused("cannot be read: Too many levels", loop, name)
        refused("is no text: a compiled model goes into osdi=", tmp_path / "raw.spice", name)
        refused("must be a path", 5, name)
    refused("must be a path, or a path and a section", (one, "a", "b"), "includes")
    for character in "'\"; ":
        path = tmp_path / f"a{character}b.spice"
        path.write_text("")
        refused("no path with spaces, quotes or semicolons", path)
    for text, words in (
        (".include one.spice\n", "one.spice includes itself"),
        (".include other.spice\n", "one.spice includes itself"),
        (".include nosuch.spice\n", r"one\.spice, line 1: there is no file 'nosuch.spice'"),
        ("\n.lib other.spice ff\n", "other.spice has no section 'ff'"),
        (f".include {tmp_path}\n", "there is no file"),
    ):
        one.write_text(text)
        other.write_text(".include 'one.spice'\n")
        refused(words, one)
    one.write_text(".lib tt\n.lib one.spice tt\n.endl\n")
    refused("includes itself, section tt", one, corner="tt")
    monkeypatch.setattr(
        Path, "read_bytes", lambda path: (_ for _ in ()).throw(PermissionError(13, "Permission denied"))
    )
    refused("cannot be read: Permission denied", other)


def test_paths_that_begin_with_a_variable(tmp_path, monkeypatch):
    (tmp_path / "models.spice").write_text(".param a=1\n")
    top = tmp_path / "top.spice"
    top.write_text(".include $OURO_TEST_PDK/models.spice\n")
    with pytest.raises(ValueError, match="there is no file '\\$OURO_TEST_PDK"):
        ouro.Process(top, corner=None)
    monkeypatch.setenv("OURO_TEST_PDK", str(tmp_path))
    first = ouro.Process(top, corner=None).hashes
    (tmp_path / "models.spice").write_text(".param a=22\n")
    assert ouro.Process(top, corner=None).hashes != first


def test_sections_as_ngspice_reads_them():
    text = ".lib 'tt'\n.param a=1\n.endl\n.LIB tt\n.param a=2\n.endl tt\n"
    assert model_library.sections(text)["tt"].splitlines() == [".param a=1", ".param a=2"]
    assert model_library.references(".libx 'a.lib' 'tt'\n.incbias b\n") == [("a.lib", "tt"), ("b", None)]
    assert model_library.references(".lib a.lib\n.lib b.lib tt\n", pspice=True) == [("a.lib", None), ("b.lib", None)]
    with pytest.raises(ValueError, match="behaviour = 'psa': that dialect knows no sections"):
        ouro.Process(**SUBCKT, behaviour="psa")


# ---- the line that says why


@pytest.mark.parametrize(
    ("log", "words"),
    [
        (["Error in netlist line no. 7", "Undefined parameter [vth]", "Cannot compute substitute", "Error: no way"],
         "Undefined parameter [vth]"),
        (["Unknown model type psp103va - ignored", "Error on line 3 or its substitute:", "n.x1 d g s b q w=4",
          "Unable to find definition of model q"], "Unknown model type psp103va"),
        (["Error: Could not find include file a.lib", "While reading b.lib", "Error: ngspice.dll cannot recover"],
         "Could not find include file a.lib"),
        (["Error on line 1 or its substitute:", "zzz nonsense", "Unable to find definition of model"], "zzz nonsense"),
        (["Error in line  include \"x\"", "Not enough parameters for i source", "line no. 1", "Error: cannot recover"],
         'include "x"'),
        (["Only MOS device levels 1-6 are supported", "Error on line 9", "m1 w=1", "could not find a valid modelname"],
         "Only MOS device levels"),
        (["no such function 'if'", "Error: ngspice.dll cannot recover"], "no such function 'if'"),
        (["Too many parameters for subcircuit type q", "Error: there aren't any circuits loaded."], "Too many"),
        (["Timestep too small; time = 1e-9", "", "tran simulation(s) aborted"], "Timestep too small"),
        (["words"], "words"),
    ],
)  # fmt: skip
def test_the_decisive_line_is_told(log, words):
    assert words in telling(log)
    assert words in str(ouro.SimulationError(ouro.Result.NETLIST, "", tuple(log)))
    assert not telling([" "])


def test_a_bin_that_is_not_there_is_named():
    process = ouro.Process(**BINS)
    element = "m.xbl.x1 d g s b toy_bin_p l= 3.5e-07 nf=1 w=    1.2e-04  "
    log = ["Error on line 1 or its substitute:", element, "could not find a valid modelname"]
    (line,) = missing_model(process, log)
    for words in ("bins.spice, corner None", "toy_bin_p", "W = 0.00012, L = 3.5e-07", "unit_m", "w_max"):
        assert words in line
    assert line in telling(["Undefined parameter [x]", line])
    card = "Unknown model type nosuch - ignored"
    assert missing_model(process, [card, element, "could not find a valid modelname"]) == []


# ---- fingers


@pytest.mark.ngspice
def test_a_driver_wider_than_the_widest_bin(engine):
    with pytest.raises(ouro.SimulationError, match=r"no card or bin of toy_bin_p for W = 0\.00012"):
        engine.run(cell(ouro.Process(**BINS), driver=ouro.WriteDriver()).testbench(PULSE))
    process = ouro.Process(**BINS, w_max=100e-6)
    wave = engine.run(cell(process, driver=ouro.WriteDriver()).testbench(PULSE))
    assert wave["n_disc"][-1] > 1.5 * wave["n_disc"][0]


@pytest.mark.ngspice
@pytest.mark.parametrize("own", [SUBCKT, BINS], ids=["subckt", "model"])
def test_fingers_carry_their_share_each(own, engine):
    """3 of 10 um, alone and inside of drivers, pass three times the current of one."""
    process = ouro.Process(**own, w_max=10.0e-6)

    def one(name, w):
        return process.transistor(name, (name, f"g{name}", "0", "0"), w, 1e-6).splitlines()

    inside = drivers.wrappers(process)
    found = currents(
        engine,
        process,
        single=one("single", 10e-6),
        three=one("three", 30e-6),
        two=[*inside, "x2 two gtwo 0 0 nch W=20u L=1u"],
        half=["x3 half ghalf 0 0 nch W=5u L=1u"],
        small=one("small", 5e-6),
    )
    assert found["three"] == pytest.approx(3 * found["single"], rel=1e-9)
    assert found["two"] == pytest.approx(2 * found["single"], rel=1e-9)
    assert found["half"] == pytest.approx(found["small"], rel=1e-9)
    assert len(one("three", 30e-6)) == 3
    assert [len(one("q", w)) for w in (10e-6, 10.1e-6)] == [1, 2]


def test_fingers_have_contacts_of_their_own():
    lines = ouro.Process(**BINS, w_max=10e-6).transistor("q", ("d", "g", "s", "b"), 30e-6, 1e-6).splitlines()
    assert [line.split()[0] for line in lines] == ["mq_0", "mq_1", "mq_2"]
    values = dict(word.split("=") for word in lines[0].split()[6:])
    assert float(values["W"]) == pytest.approx(10e-6)
    assert float(values["AD"]) == pytest.approx(5e-12)
    assert float(values["PS"]) == pytest.approx(21e-6)


# ---- random numbers


@pytest.mark.ngspice
def test_a_library_that_draws_random_numbers(engine):
    line = r"random\.lib draws random numbers at each load \(agauss in .*random\.lib, line 5\).*differ by \S+; "
    with pytest.raises(ValueError, match=line + r'write Process\(\.\., params=\{"sw_toy_mismatch": 0\}\)'):
        engine.run(cell(ouro.Process(**RANDOM)).testbench(PULSE))
    still = engine.run(cell(ouro.Process(**RANDOM, params={"sw_toy_mismatch": 0})).testbench(PULSE))
    toy = engine.run(cell(ouro.Process(**SUBCKT)).testbench(PULSE))
    assert still["i_cell"] == pytest.approx(toy["i_cell"], rel=1e-12)


# ---- parameters and commands by name


@pytest.mark.ngspice
def test_parameters_come_last(engine):
    """Over what the library sets itself: tt with the shift of ss is ss."""
    shifted = ouro.Process(**SUBCKT, params={"toy_shift": 0.04})
    slow = ouro.Process(**SUBCKT | {"corner": "ss"})
    one, other = (engine.run(cell(process).testbench(PULSE))["i_cell"] for process in (shifted, slow))
    assert one == pytest.approx(other, rel=1e-12)


def test_parameters_belong_to_the_circuit():
    plain, given = ouro.Process(), ouro.Process(params={"a": 1, "b": 0.5})
    assert given == ouro.Process(params=(("a", 1.0), ("b", 0.5)))
    assert hash(given) == hash(ouro.Process(params={"a": 1, "b": 0.5})) != hash(plain)
    assert given.lines()[-2:] == [".param a=1", ".param b=0.5"]
    assert len({describe(cell(one)).circuit for one in (plain, given, ouro.Process(params={"a": 2}))}) == 3
    libraries = [ouro.Process(**SUBCKT, params=params) for params in ({}, {"a": 1}, {"a": 2})]
    assert len({cell(one).testbench(PULSE).sha256 for one in libraries}) == 3
    for process in (plain, given, ouro.Process(w_max=10e-6)):
        one = cell(process)
        assert rebuilt(Manifest.from_json(describe(one).to_json())) == one


def test_descriptions_are_those_of_before():
    """What is not given is not in a description: records made before there were such fields are still of the cell."""
    assert not {"params", "init", "w_max", "allow_commands"} & set(describe(cell(ouro.Process())).cell["process"])


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"params": {"a b": 1}}, "params: 'a b' must be the name of a parameter"),
        ({"params": {"a": "1\n.control"}}, "params: a = '1\\n.control' must be a finite number"),
        ({"params": {"a": float("nan")}}, "params: a = nan"),
        ({"params": {"a": True}}, "params: a = True"),
        ({"params": {"a": 1, "A": 2}}, "a name is there twice"),
        ({"params": 3}, "params = 3: must be names and numbers"),
        ({"params": "ab"}, "params = 'ab'"),
        ({"w_max": 0.5e-6}, "w_max = 5e-07"),
        ({"w_max": "1"}, "w_max = '1'"),
        ({"init": "nosuch"}, "init = 'nosuch': no such file"),
        ({"init": TOY}, "it is a folder"),
        ({"allow_commands": 1}, "allow_commands = 1: must be True or False"),
        ({"includes": 5}, "includes = 5: must be a tuple of paths"),
        ({"nmos": None}, "nmos = None"),
    ],
)
def test_bad_values(values, words):
    with pytest.raises(ValueError, match=re.escape(words)):
        ouro.Process(**values)


@pytest.mark.ngspice
def test_commands_of_a_file_that_is_named(tmp_path, engine):
    """They are run for that circuit alone, and in its digest."""
    init = tmp_path / "my init"
    init.write_text("* nothing\n")
    with pytest.raises(ValueError, match="no path with spaces"):
        ouro.Process(init=init)
    init = init.rename(tmp_path / "commands")
    one, plain = cell(ouro.Process(init=init)), cell(ouro.Process())
    first = describe(one)
    assert "init" in first.files
    assert str(tmp_path) not in first.to_json()
    expected = engine.run(plain.testbench(PULSE))
    init.write_text("option gmin=1e-5\n")
    assert len({first.circuit, describe(one).circuit, describe(plain).circuit}) == 3
    assert one.testbench(PULSE).sha256 != plain.testbench(PULSE).sha256
    wave = engine.run(one.testbench(PULSE))
    assert wave["i_cell"][-1] != expected["i_cell"][-1]
    assert np.array_equal(engine.run(plain.testbench(PULSE))["i_cell"], expected["i_cell"])
    with pytest.raises(ValueError, match="does not hold"):
        rebuilt(describe(one))
    for text, words in (("* a\n osdi x.osdi\n", "line 2: osdi"), ("source x\n", "line 1: source"), ("quit\n", "quit")):
        init.write_text(text)
        with pytest.raises(ValueError, match=words):
            ouro.Process(init=init)
    init.write_text("nosuchcommand\n")
    with pytest.raises(ouro.SimulationError, match="nosuchcommand: no such command"):
        engine.run(one.testbench(PULSE))


@pytest.mark.ngspice
def test_a_compiled_model_that_was_made_anew_is_loaded_anew(tmp_path, engine):
    path = tmp_path / "own.osdi"
    shutil.copyfile(osdi.compiled_model("jart_tud"), path)
    one = cell(ouro.Process(osdi=(path,)))
    first = describe(one).circuit
    assert engine.run(one.testbench(PULSE)).effort.restarts == 0
    path.unlink()
    shutil.copyfile(osdi.compiled_model("walk_clock"), path)
    assert describe(one).circuit != first
    ran = [engine.run(dataclasses.replace(one.testbench(PULSE))) for _ in range(2)]
    assert {wave.effort.restarts for wave in ran} <= {0, 1}
    assert any(wave.effort.restarts for wave in ran)
