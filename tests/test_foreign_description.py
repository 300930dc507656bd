"""Descriptions of foreign models: what is wrong in one is said in one line that names file, table and key."""

from __future__ import annotations

import json
import pickle
from pathlib import Path

import numpy as np
import pytest

from ouro_spice import load_model
from ouro_spice.device.foreign import foreign_netlist
from ouro_spice.device.foreign.lt_functions import shim, spelled
from ouro_spice.spice.foreign.template import write_template

MODELS = Path(__file__).resolve().parent.parent / "examples" / "models"
YAKOPCIC = (MODELS / "yakopcic.toml").read_text()


@pytest.fixture
def changed(tmp_path):
    """A function that writes the description of a model with some text in the place of other."""

    def write(old: str, new: str, name: str = "yakopcic") -> Path:
        for ending in ("sub", "toml"):
            (tmp_path / f"{name}.{ending}").write_text((MODELS / f"{name}.{ending}").read_text())
        path = tmp_path / f"{name}.toml"
        text = path.read_text()
        assert old in text
        path.write_text(text.replace(old, new, 1))
        return path

    return write


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('kind   = "subckt"', "", r"\[model\] kind is missing"),
        ('kind   = "subckt"', 'kind = "subcircuit"', r"\[model\] kind = 'subcircuit' is unknown; .*subckt\?"),
        ('"state:x"]', '"state:x", "q"]', r"\[model\] ports: 'q' is unknown; there is p, n, state:NAME, ground"),
        ('"p", "n", "state:x"', '"p", "state:x"', r"\[model\] ports = .* must have 'n' once"),
        ('"p", "n", "state:x"', '"p", "n"', r'\[state.x\] read = "port": \[model\] ports has no "state:x"'),
        ('"p", "n", "state:x"', '"p", "n", "state:x", "ground"', r"\[model\] ports = .*: yakopcic has 3, p n x"),
        ('"state:x"', '"state:y"', r'\[state.x\] read = "port": .* no "state:x"'),
        ("[state.x]", "[state.y]", r'\[state.y\] read = "port": .* no "state:y"'),
        ('name   = "yakopcic"', 'name = "yakopic"', r"\[model\] name = 'yakopic' is no .subckt of .*mean yakopcic\?"),
        ('"yakopcic.sub"', '"none.sub"', r"\[model\] file = 'none.sub': .*no such file"),
        ("a1 = 1e-4", "a3 = 1e-4", r"\[model\] params 'a3' is not in the text; did you mean a[12]\?"),
        ("a1 = 1e-4", 'a1 = "1e-4"', r"\[model\] params: a1 = '1e-4' .*str, not a number"),
        ("[parameter.Ap]", "[parameter.Aq]", r"\[parameter.Aq\] 'Aq' is not in the text; did you mean A[pn]\?"),
        ("default = 0.65", "default = 650", r"\[parameter.Vp\] default = 650 is outside its legal range \[0.05, 5\] V"),
        ("default = 0.65", "defualt = 0.65", r"\[parameter.Vp\] default is missing, there is defualt"),
        ('unit    = "V"', 'unit = "Volts"', r'\[parameter.Vp\] unit = "Volts": .*no known unit'),
        ("low     = 0.05", "low = 9", r"\[parameter.Vp\] low = 9 must not be above high = 5"),
        ("set = 1", "set = 0.5", r"\[polarity\] set = 0.5: must be 1 or -1"),
        ("[polarity]\nset = 1", "", r"\[polarity\] set is missing"),
        ('read   = "port"', 'read = "inverse"', r'\[state.x\] read = "inverse": a state must be readable'),
        ('read   = "port"', 'read = "opvar:x"', r'\[state.x\] read = "opvar:x": a subckt has "node:NAME"'),
        ('read   = "port"', 'read = "node:y1"', r"\[state.x\] read = 'y1' is not in the text"),
        ('write  = "ic"', 'write = "uic-param:x"', r"\[state.x\] write = .*without uic"),
        ('write  = "ic"', 'write = "param:x0"', r"\[state.x\] write = 'x0' is not in the text; did you mean x[op]\?"),
        ('write  = "ic"', 'write = "model-param:xo"', r"\[state.x\] write = .*parameters of the instance"),
        ("high   = 1", "high = -1", r"\[state.x\] low = 0 must be below high = -1"),
        ("window = [0.05, 0.95]", "window = [0.05, 1.2]", r"\[state.x\] window = 1.2 is outside .*\[0, 1\]"),
        ("window = [0.05, 0.95]", "window = [0.9, 0.1]", r"\[state.x\] window = \[0.9, 0.1\]: the first must be below"),
        ('order  = "rises"', 'order = "up"', r"\[state.x\] order = 'up' is unknown; there is rises, falls"),
        ('order  = "rises"', 'scale = "log"', r"\[state.x\] low = 0 must be above 0 where scale is log"),
        ("read_V   = 0.2", "read_V = 200", r"\[use\] read_V = 200 is outside its legal range \[-20, 20\] V"),
        ("read_V   = 0.2", "read_v = 0.2", r"\[use\] read_V is missing, there is read_v"),
        ('"width/200"', '"200"', r"\[use\] max_step = '200' must be \"width/N\""),
        ('resume   = "anywhere"', 'resume = "always"', r"\[use\] resume = 'always' is unknown; there is anywhere"),
        ("write_V  = [1.0, -1.0]", "write_V = [-1.0, 1.0]", r"\[use\] write_V = .*the sign of \[polarity\] set"),
        ("[spread]", "[spred]", r"\[spred\] is unknown; did you mean spread\?"),
        ("Vn = { sigma", "Vm = { sigma", r"\[spread\] Vm is no parameter of the model; did you mean V[pn]\?"),
        ("sigma = 0.05", "sigma = -1", r"\[spread.Vp\] sigma = -1 is outside"),
        ('[model]\nfile   = "yak', '[model\nfile   = "yak', r"line 1"),
        ("[model]", '[model]\nbehaviour = "psa"', r"\[model\] behaviour: .*LTspice's functions are there"),
        ("[model]", '[model]\ndefines = ["X"]', r"\[model\] defines: macros are for a compiler"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_in_one_line(changed, old, new, said):
    path = changed(old, new)
    with pytest.raises(ValueError, match=said) as caught:
        load_model(path)
    assert str(caught.value).startswith("yakopcic.toml: ")
    assert "\n" not in str(caught.value)


def test_texts_that_are_refused(changed):
    path = changed("[model]", "[model]")
    text = path.with_suffix(".sub")
    good = text.read_text()
    for bad, said in (
        (".include nosuch.sub\n" + good, "includes 'nosuch.sub', which is no file"),
        (".include yakopcic.sub\n" + good, "yakopcic.sub includes itself"),
        (".control\nshell ls\n.endc\n" + good, "it holds '.control', which ngspice would execute"),
    ):
        text.write_text(bad)
        with pytest.raises(ValueError, match=rf"^yakopcic.toml: \[model\] file = 'yakopcic.sub': .*{said}"):
            load_model(path)
    path.unlink()
    with pytest.raises(ValueError, match="no such file; ouro-spice model new"):
        load_model(path)


def test_includes_stand_in_the_text_and_in_the_digest(changed):
    path = changed("[model]", "[model]")
    plain = load_model(path)
    text = path.with_suffix(".sub")
    (path.parent / "inner.inc").write_text(".param unused=1\n")
    text.write_text(text.read_text() + '.include "inner.inc"\n')
    one = load_model(path)
    assert ".param unused=1" in one.text
    (path.parent / "inner.inc").write_text(".param unused=2\n")
    other = load_model(path)
    assert len({plain.digest, one.digest, other.digest}) == 3
    names = {foreign_netlist.subcircuit(device.description, device.text) for device in (plain, one, other)}
    assert len(names) == 3  # no netlist takes one for the other


def test_values_are_checked_and_wrong_names_have_the_nearest():
    with pytest.raises(ValueError, match=r"'Vpp' is not a parameter of yakopcic.toml; did you mean Vp\?"):
        load_model(MODELS / "yakopcic.toml", Vpp=0.5)
    with pytest.raises(ValueError, match=r"Vp = 650 is outside its legal range \[0.05, 5\] V"):
        load_model(MODELS / "yakopcic.toml", Vp=650)
    device = load_model(MODELS / "yakopcic.toml", Vp=0.7, x=0.3)
    assert device.start == (0.3,)
    assert device.parameters["Vp"] == 0.7
    with pytest.raises(ValueError, match=r"x = 2 is outside its legal range \[0, 1\]"):
        device.replace(x=2)
    assert device.replace(Vp=0.65, x=0.05) == load_model(MODELS / "yakopcic.toml")


def test_devices_are_frozen_and_survive_pickling():
    device = load_model(MODELS / "biolek.toml", Ron=2e3)
    again = pickle.loads(pickle.dumps(device))
    assert again == device
    assert hash(again) == hash(device)
    assert again.digest == device.digest


def test_draws_follow_the_law_and_stay_inside():
    device = load_model(MODELS / "yakopcic.toml")
    drawn = device.draw(np.random.default_rng(7), 400)
    values = np.array([one.parameters["Vp"] for one in drawn])
    assert values.mean() == pytest.approx(0.65, abs=3 * 0.05 * 0.65 / 20)
    assert values.std() == pytest.approx(0.05 * 0.65, rel=0.15)
    assert np.all(np.abs(values / 0.65 - 1) <= 3 * 0.05 + 1e-12)
    assert drawn[0] == device.draw(np.random.default_rng(7), 1)[0]


@pytest.mark.parametrize(("sign", "nodes"), [("1", "oe inner state_x"), ("-1", "inner oe state_x")])
def test_polarity_turns_the_ports(changed, sign, nodes):
    """SET is at V(AE, OE) < 0: where V(p, n) > 0 sets, p is at OE."""
    path = changed("set = 1", f"set = {sign}")
    path.write_text(path.read_text().replace("write_V  = [1.0, -1.0]", ""))
    device = load_model(path)
    assert f"x1 {nodes} yakopcic" in foreign_netlist.definition(device.description, device.text)


def test_the_shim_defines_what_is_used_and_nothing_else():
    text = ".func stp(x) {x > 0}\nBx 0 x i=IF (v(a) > 0 & v(b) > 0 | stp(v(a)), limit(v(a), 0, 1), boltz)"
    assert [line.split("(")[0] for line in shim(spelled(text))] == [
        ".param boltz=1.380649e-23",
        ".func if",
        ".func limit",
    ]
    assert "IF(v(a) > 0 && v(b) > 0 || stp(" in spelled(text)
    assert shim("Rx a b 1k") == []


def test_a_template_is_written_and_nothing_is_overwritten(tmp_path):
    paths = write_template(tmp_path / "mine")
    assert load_model(paths[1]).description.kind == "verilog_a"
    with pytest.raises(ValueError, match=r"mine.va is there already"):
        write_template(tmp_path / "mine")
    with pytest.raises(ValueError, match=r"NAME = 'my-model' must be a name"):
        write_template(tmp_path / "my-model")


def test_families_and_descriptions_are_listed_and_shown(ouro):
    listed = json.loads(ouro("model", "list", "--json").stdout)["models"]
    by_name = {one["name"]: one for one in listed}
    assert set(by_name) == {"jart_vcm_v1b", "linear_drift", "vteam", "team", "zhang"}
    assert len(by_name["jart_vcm_v1b"]["parameters"]) == 30
    assert "kernels" in by_name["vteam"]["capabilities"]
    shown = json.loads(ouro("model", "show", MODELS / "yakopcic.toml", "--json").stdout)
    assert shown["polarity"] == "V(p, n) > 0, as V(AE, OE) < 0"
    assert {"name": "b", "low": None, "value": 2.0}.items() <= next(
        one for one in shown["parameters"] if one["name"] == "b"
    ).items()
    told = ouro("model", "show", "vteam")
    assert told.returncode == 0
    assert "IEEE TCAS-II 62(8)" in told.stdout
    wrong = ouro("model", "show", "vteem")
    assert (wrong.returncode, wrong.stderr) == (
        2, "ouro-spice: model 'vteem' is unknown; did you mean vteam?, or a description NAME.toml\n"
    )  # fmt: skip
