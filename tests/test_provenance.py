"""What a result rests on: what moves the circuit, what the maker, and that a difference is named wherever it counts."""

from __future__ import annotations

import dataclasses
import hashlib
import importlib.util
import json
import shutil
from pathlib import Path

import numpy as np
import pytest

import ouro_spice as ouro
from ouro_spice._util import assets, progress
from ouro_spice.circuit.jart.walk_inputs import CLOCK
from ouro_spice.dataset import making
from ouro_spice.dataset.checking import check_dataset
from ouro_spice.dataset.folder_summary import summary
from ouro_spice.dataset.storage import shard_name, write_manifest, write_shard
from ouro_spice.prediction.neural_programmer import NeuralProgrammer
from ouro_spice.prediction.pretrained import shipped_checkpoint
from ouro_spice.prediction.pulse_predictor import PulsePredictor
from ouro_spice.prediction.specification import Specification, Stage
from ouro_spice.provenance import cell_description, former_format, maker, manifest, sources
from ouro_spice.provenance.cache import cached_arrays
from ouro_spice.provenance.differences import CIRCUIT, MAKER, differences, listed
from ouro_spice.provenance.journal import Journal
from ouro_spice.provenance.manifest import Manifest, describe
from ouro_spice.provenance.rebuild import built, rebuilt, taken_over, unlike

DEVICE = ouro.jart_vcm_v1b(window=True, walk=ouro.Walk())
CELL, COMPACT = ouro.Cell1T1R(DEVICE), ouro.CompactCell(DEVICE, "reduced")
PAIR = ouro.Pair(-0.4143, 0.854, 60e-6)


# ---- the circuit


@pytest.fixture
def fresh():
    manifest._describe.cache_clear()
    yield
    manifest._describe.cache_clear()


@pytest.fixture
def texts(tmp_path, monkeypatch, fresh):
    """A copy of models and libraries that may be edited."""
    for name in ("verilog_a", "netlists"):
        shutil.copytree(assets.folder(name), tmp_path / name)
    monkeypatch.setattr(assets, "folder", lambda name: tmp_path / name)

    def edit(name, change):
        path = next(tmp_path.rglob(name))
        path.write_text(change(path.read_text()))
        manifest._describe.cache_clear()
        return describe(CELL)

    return edit


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("jart_vcm_v1b.va", lambda text: "// more\n" + text),
        (
            "jart_vcm_v1b.va",
            lambda text: text.replace("    lexp = (y", "/* a\n b */ lexp  = (y").replace(
                "-3), 3));", "-3), 3)); // c\n\n"
            ),
        ),
        ("mos_130.lib", lambda text: "* more\n" + text.replace("\n", "  \n")),
        ("jart_vcm_compiled.lib", lambda text: text.replace("\n.ends", " ; more\n  * more\n.ends", 1)),
    ],
)
def test_comments_in_models_and_libraries_do_not_move_the_circuit(texts, name, change):
    before = describe(CELL)
    assert texts(name, change).circuit == before.circuit


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("jart_vcm_v1b.va", "lexp = (y < 80)", "lexp = (y < 90)"), ("mos_130.lib", "vth0", "vth1"),
        ("jart_vcm_compiled.lib", ".subckt", "+\n.subckt"),
    ],
)  # fmt: skip
def test_their_text_does(texts, name, old, new):
    before = describe(CELL)
    after = texts(name, lambda text: text.replace(old, new, 1))
    assert after.circuit != before.circuit
    assert differences(before, after) == [f"{name} changed"]


def test_the_texts_of_every_bench_take_part(texts):
    """A sense path is there in reads alone, drivers in writes."""
    cell = CELL.replace(sense=ouro.Sense(), driver=ouro.WriteDriver())
    before = describe(cell)
    for bench in manifest.netlists(cell).values():
        names = [f"{name}.lib" for name in bench.libraries] + [f"{name}.va" for name in bench.models]
        assert set(names) <= set(before.files)
    for name in ("sense.lib", "write_driver.lib", "wl_driver.lib"):
        texts(name, lambda text: text + ".param more=1\n")
        after = describe(cell)
        assert differences(before, after) == [f"{name} changed"] and after.circuit != before.circuit
        before = after


def test_numerical_help_in_verilog_a_is_the_makers(texts):
    assert maker._HELP == (CLOCK,)
    before = describe(CELL)
    assert texts("walk_clock.va", lambda text: "// more\n" + text) == before
    after = texts("walk_clock.va", lambda text: text.replace("endmodule", "parameter real x = 1;\nendmodule", 1))
    assert differences(before, after) == ["walk_clock.va changed"]
    assert after.circuit == before.circuit and after.digest != before.digest
    assert "walk_clock.va" not in describe(COMPACT).code


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ('a = "// no";  // yes\n', 'a = "// no";'), ("a /* x\n y */ b\n\n  c", "a b\nc"),
        ('s = "\\"/*" ; // */', 's = "\\"/*" ;'),
    ],
)  # fmt: skip
def test_comments_of_verilog_a(text, plain):
    assert assets.verilog_without_comments(text) == plain


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("* a\nr1 a b 1 ; why\n *b\nr2 a b 2 $ why\n", "r1 a b 1\nr2 a b 2"), ("*#quit\n* quit", "*#quit"),
        ("b1 a 0 v='x;y' ; z", "b1 a 0 v='x;y'"), ('.include "a;b$ c"', '.include "a;b$ c"'),
        ("r1 a$b c 1", "r1 a$b c 1"),
        (".control\nset a=1; set b=2\n.endc", ".control\nset a=1; set b=2\n.endc"),
    ],
)  # fmt: skip
def test_comments_of_spice(text, plain):
    assert assets.spice_without_comments(text) == plain


@pytest.fixture
def newer(monkeypatch, fresh):
    """Lines of a version that has one field more."""
    kind = dataclasses.make_dataclass("Lines", [("l_bl", float, 0.0)], bases=(ouro.Lines,), frozen=True)
    monkeypatch.setitem(cell_description.PLACES, "lines", (kind,))
    return kind


def test_a_new_field_at_its_default_does_not_move_the_circuit(newer):
    older, now = ouro.Cell1R(DEVICE), ouro.Cell1R(DEVICE, lines=newer())
    assert "l_bl" in describe(now).cell["lines"]
    assert describe(now).circuit == describe(older).circuit and not differences(describe(older), describe(now))
    assert describe(now).digest == describe(older).digest
    assert rebuilt(describe(older)) == now
    other = describe(ouro.Cell1R(DEVICE, lines=newer(l_bl=1e-9)))
    assert other.circuit != describe(older).circuit
    assert differences(describe(older), other) == ["l_bl 0 -> 1e-09"]


def test_another_default_does(monkeypatch, fresh):
    kind = dataclasses.make_dataclass("Lines", [("r_bl", float, 3.0)], bases=(ouro.Lines,), frozen=True)
    older = describe(ouro.Cell1R(DEVICE))
    monkeypatch.setitem(cell_description.PLACES, "lines", (kind,))
    now = describe(ouro.Cell1R(DEVICE, lines=kind()))
    assert now.circuit != older.circuit
    assert differences(older, now) == ["r_bl 0 -> 3 Ohm"]


def kinds():
    return {kind for place in cell_description.PLACES.values() for kind in place} | set(cell_description.CELLS.values())


@pytest.mark.parametrize("kind", sorted(kinds(), key=lambda kind: kind.__name__))
def test_every_default_is_in_the_table_as_it_came_in(kind):
    """A new field belongs into `described.DEFAULTS`; a default that changes stays there as it was."""
    fields = {f.name: f.default for f in dataclasses.fields(kind) if f.default is not dataclasses.MISSING}
    assert json.loads(json.dumps(fields)) == cell_description.DEFAULTS.get(kind.__name__, {})


def test_options_of_the_solver_are_the_makers(monkeypatch, fresh):
    before = describe(CELL)
    monkeypatch.setattr("ouro_spice.circuit.testbench.LADDER", ({"reltol": 1e-3},))
    manifest._describe.cache_clear()
    assert describe(CELL).circuit == before.circuit
    assert "circuit/testbench.py" in before.code


def test_a_netlist_that_is_built_otherwise_is_another_circuit(monkeypatch, fresh):
    before = describe(CELL)
    monkeypatch.setattr("ouro_spice.circuit.cells._connect", lambda elements, *_, **__: elements.append("rx bl oe 7"))
    manifest._describe.cache_clear()
    assert describe(CELL).circuit != before.circuit
    found = differences(before, describe(CELL), CIRCUIT)
    assert found == [f"the netlist of {kind} changed" for kind in ("a read", "a RESET", "a SET")]


def test_whole_numbers_are_numbers():
    one, other = (ouro.Cell1R(DEVICE.replace(Nplug=n, eps=e)) for n, e in ((10, 18), (10.0, 18.0)))
    assert describe(one).circuit == describe(other).circuit


@pytest.mark.parametrize("cell", [CELL, COMPACT, ouro.Crossbar(2, 2, ouro.Cell1R(DEVICE)).cell_at(0, 1)])
def test_a_reduced_description_is_a_description(cell):
    whole = json.loads(describe(cell).to_json())["cell"]
    assert len(json.dumps(cell_description.reduced(whole))) < len(json.dumps(whole)) / 2
    for short in (whole, cell_description.reduced(whole)):
        assert built(dataclasses.replace(describe(cell), cell=short)) == cell


# ---- differences


BASE = describe(CELL, "records", seed=7, pair=dataclasses.asdict(PAIR), d2d=None, table="a" * 64, targets=[1.0] * 99)


def changed(**parts):
    return dataclasses.replace(BASE, **{name: {**getattr(BASE, name), **new} for name, new in parts.items()})


WORDS = [
    (describe(CELL.replace(lines=dataclasses.replace(CELL.lines, r_bl=0.0))), CIRCUIT, "r_bl 2 -> 0 Ohm"),
    (describe(CELL.replace(read=ouro.Read(width=2e-7))), CIRCUIT, "read.width 1e-07 -> 2e-07 s"),
    (describe(CELL.replace(driver=ouro.Driver(60))), CIRCUIT, "driver.resistance 50 -> 60 Ohm"),
    (describe(CELL.replace(device=DEVICE.replace(Rth0=1.5e7))), CIRCUIT, "Rth0 1.572e+07 -> 1.5e+07 K/W"),
    (describe(CELL.replace(device=DEVICE.replace(walk=None))), CIRCUIT, "walk given -> none"),
    (describe(CELL.replace(device=DEVICE.replace(walk=ouro.Walk(1e-6)))), CIRCUIT, "walk.step_s 1e-08 -> 1e-06 s"),
    (describe(CELL.replace(process=ouro.Process(corner="ff"))), CIRCUIT, "corner tt -> ff"),
    (describe(CELL.replace(sense=ouro.Sense())), ("cell",), "sense none -> given"),
    (describe(ouro.Cell1R(DEVICE)), CIRCUIT, "Cell1T1R -> Cell1R"),
    (changed(settings={"seed": 8}), (), "seed 7 -> 8"),
    (changed(settings={"pair": dataclasses.asdict(PAIR) | {"v_set": -0.5}}), (), "pair.v_set -0.4143 -> -0.5 V"),
    (changed(settings={"d2d": {"sigma": 0.1}}), (), "d2d none -> given"),
    (changed(settings={"table": "b" * 64}), (), "table changed"),
    (changed(settings={"targets": [1.0] * 98 + [2.0]}), (), "targets changed"),
    (changed(settings={"start": "nominal"}), (), "start none -> nominal"),
    (changed(settings={"seed": 7 + 1e-12}), (), "seed 7 -> 7.0000000000010001"),
    (changed(versions={"ngspice": "12"}), (), f"ngspice {BASE.versions['ngspice']} -> 12"),
    (changed(code={"device/jart/walk_values.py": "0" * 12}), (), "device/jart/walk_values.py changed"),
    (changed(code={"more.py": "0" * 12}), (), "more.py is new"),
    (changed(files={"jart_vcm_v1b.va": "0" * 64}), (), "jart_vcm_v1b.va changed"),
    (changed(files={"netlist, set": "0" * 64}), (), "the netlist of a SET changed"),
    (dataclasses.replace(BASE, code={}), (), former_format.UNKNOWN),
]


@pytest.mark.parametrize(("other", "only", "words"), WORDS, ids=[words for *_, words in WORDS])
def test_a_difference_is_named(other, only, words):
    both = (BASE, other), (BASE.origin, other.origin)
    for a, b in both:
        assert differences(a, b, *([only] if only else [])) == [words]


def test_what_is_no_difference():
    assert differences(BASE, BASE) == [] == differences(BASE, json.loads(json.dumps(BASE.origin)))
    for other in (
        changed(versions={"python": "2", "ouro-spice": "9"}),
        dataclasses.replace(BASE, failures={"TIMEOUT": 1}),
    ):
        assert differences(BASE, other) == [] and other.digest == BASE.digest


def test_many_differences_are_counted():
    assert listed(["a", "b"]) == "a, b"
    assert listed([str(k) for k in range(9)]) == "0, 1, 2, 3, 4, 5 and 3 more"


def test_no_words_hold_a_hash():
    words = [word for *_, word in WORDS] + [listed(differences(BASE, describe(COMPACT)))]
    assert not any(
        len(token) > 20 and set(token) <= set("0123456789abcdef") for word in words for token in word.split()
    )


def test_the_tools_that_decide():
    assert set(describe(COMPACT).tools) == {"numpy", "scipy", "numba"}
    assert set(BASE.tools) == {"numpy", "scipy", "numba", "ngspice", "openvaf"}
    assert "torch" in describe(COMPACT, "training").tools


# ---- end to end: records, then another law


@pytest.fixture(scope="module")
def records(tmp_path_factory):
    folder = tmp_path_factory.mktemp("records") / "data"
    ouro.extract(COMPACT, 4, 0, folder, 1, voltages=PAIR)
    return folder


@pytest.fixture(scope="module")
def package(tmp_path_factory):
    """A copy of the package's sources in which things have been changed."""
    return shutil.copytree(
        sources.ROOT, tmp_path_factory.mktemp("copy") / "ouro_spice", ignore=lambda *_: ["__pycache__"]
    )


@pytest.fixture
def edited(package, monkeypatch):
    kept = {}

    def edit(name, old, new):
        path = package / name
        kept.setdefault(path, path.read_text())
        assert old in kept[path]
        path.write_text(kept[path].replace(old, new, 1) if old else kept[path] + new)
        monkeypatch.setattr(sources, "ROOT", package)
        sources._closure.cache_clear()

    yield edit
    for path, text in kept.items():
        path.write_text(text)
    sources._closure.cache_clear()


EDITS = [
    ("dataset/recipe.py", "shares[1] *", "shares[1] ** 2 *", True),
    ("device/jart/walk_values.py", "_SHORTEST_WAY = 1e-4", "_SHORTEST_WAY = 1e-5", True),
    ("compact/jart/reduced.py", "", "MORE = 1\n", True),
    ("dataset/recipe.py", "shares[1] *", "(shares[1]) *", False),
    ("simulation/sensing.py", "", "MORE = 1\n", False),
    ("reporting/page.py", "", "MORE = 1\n", False),
]


@pytest.mark.parametrize(("name", "old", "new", "counts"), EDITS)
def test_a_change_of_the_code_is_noticed_by_resume_and_check(records, edited, tmp_path, name, old, new, counts):
    folder = shutil.copytree(records, tmp_path / "data")
    circuit = describe(COMPACT).circuit
    edited(name, old, new)
    assert describe(COMPACT).circuit == circuit
    found = check_dataset(folder)
    assert not found.findings and len(ouro.PulseDataset.load(folder).frame) == 4
    if not counts:
        assert found.maker == "made by the code, tools and models that are here"
        assert len(ouro.extract(COMPACT, 4, 0, folder, 1, voltages=PAIR).frame) == 4
        return
    assert f"({name} changed)" in found.maker
    damaged = shutil.copytree(folder, tmp_path / "damaged")
    (damaged / shard_name(0)).unlink()
    (missing,) = check_dataset(damaged).findings
    assert missing.remedy.startswith("extract again into another folder")
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    with pytest.raises(ValueError, match=rf"something else than is asked for \({name} changed\): name another folder"):
        ouro.extract(COMPACT, 4, 0, folder, 1, voltages=PAIR)
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


def test_info_tells_two_makers_apart(records, edited, tmp_path):
    first = summary(records)["maker"]
    edited("device/jart/walk_values.py", "_SHORTEST_WAY = 1e-4", "_SHORTEST_WAY = 1e-5")
    ouro.extract(COMPACT, 2, 0, tmp_path / "new", 1, voltages=PAIR)
    second = summary(tmp_path / "new")["maker"]
    assert first != second and first.endswith(" modules") and first.split(",")[1] == second.split(",")[1]


# ---- what is kept


@pytest.fixture
def said(monkeypatch, caplog):
    monkeypatch.setattr(progress, "_said", set())
    return lambda: [record.getMessage() for record in caplog.records]


def test_arrays_of_another_maker_are_not_taken_and_it_is_said_why(tmp_path, monkeypatch, said):
    one = lambda value: lambda: {"x": np.array([value])}  # noqa: E731
    origin = describe(COMPACT, "campaign", seed=1).origin
    other = origin | {"code": origin["code"] | {"device/jart/walk_values.py": "0" * 12}}
    cached_arrays(tmp_path, "writes", other, one(1.0))
    assert cached_arrays(tmp_path, "writes", origin | {"settings": {"seed": 2}}, one(2.0))["x"] == 2
    assert said() == []  # all of one process
    monkeypatch.setattr("ouro_spice.provenance.cache._taken", set())
    for _ in range(2):
        assert cached_arrays(tmp_path, "writes", origin, one(3.0))["x"] == 3
    assert said() == ["writes is made anew: device/jart/walk_values.py changed"]
    assert len(list(tmp_path.glob("writes-*.npz"))) == 3
    (tmp_path / "other-000000000000.npz").write_text("damaged")
    cached_arrays(tmp_path, "other", origin, one(4.0))
    assert len(said()) == 1


def test_a_journal_of_another_maker_is_not_gone_on_with(tmp_path, said):
    work = describe(ouro.Cell1R(DEVICE), "array", work="reads")
    other = dataclasses.replace(work, code=work.code | {"array/sneak_paths.py": "0" * 12})
    seed = dataclasses.replace(work, settings={"work": "reads", "seed": 1})
    for one in (other, seed):
        Journal(tmp_path, one).add("a", 1)
    assert said() == []
    journal = Journal(tmp_path, work)
    assert journal.items == {}
    (line,) = said()
    assert line.startswith(str(Journal(tmp_path, other).path)) and line.endswith(
        "is not resumed: array/sneak_paths.py changed"
    )
    journal.add("b", 2)
    assert Journal(tmp_path, work).items == {"b": 2} and Journal(tmp_path, other).items == {"a": 1}


def test_records_that_a_campaign_makes_anew(records, tmp_path, said):
    shutil.copytree(records, tmp_path / "compact-0123456789")
    now = describe(COMPACT, "records", n=4)
    other = dataclasses.replace(now, code=now.code | {"device/jart/walk_values.py": "0" * 12})
    for wanted in (now, other, other):
        making.say_why_anew(tmp_path / f"compact-{wanted.digest[:10]}", wanted)
    (line,) = said()
    assert line.endswith("device/jart/walk_values.py changed") and "compact-0123456789 are made anew" in line


# ---- the former format


FORMER = Path(__file__).with_name("former_manifest.json")


def formerly(cell, **settings):
    """A manifest as versions wrote it that did not record the code."""
    plain = describe(cell, **settings)
    files = former_format.files(cell) or {"compact/jart/full.py": "0" * 64}
    parts = {name: value for name, value in plain.cell.items() if name != "kind"}
    circuit = former_format.circuit(type(cell).__name__, parts, files)
    return dataclasses.replace(plain, circuit=circuit, files=files, code=None)


def test_a_former_manifest_is_read_with_its_own_hashes():
    """It was written by such a version, and so were the hashes taken."""
    found = Manifest.from_json(FORMER.read_text())
    found.check_circuit()
    assert found.code is None and "code" not in json.loads(found.to_json())
    assert found.digest == "1e1322a7607fb6317c3d07a772ee02a1f4042e816e468955fa792593b3b72cdd"
    assert found.sha256 == "afab385b7fc0346779f0e208278faa72906f3dcd32ac9f8dcda09d358e8ea13f"
    assert found.mark == found.digest
    with pytest.raises(ValueError, match="not those of its circuit"):
        dataclasses.replace(found, cell=found.cell | {"driver": {"resistance": 1.0}}).check_circuit()


@pytest.mark.parametrize("cell", [CELL, ouro.Cell1R(DEVICE), COMPACT])
def test_a_former_circuit_is_that_of_today(cell):
    old = formerly(cell, seed=1)
    assert unlike(old, describe(cell)) == [] and rebuilt(old) == cell
    now = taken_over(old)
    assert (now.circuit, now.code, now.settings) == (describe(cell).circuit, {}, {"seed": 1})
    assert taken_over(now) is now
    other = cell.replace(device=DEVICE.replace(T0=300))
    assert unlike(old, describe(other)) == ["T0 293 -> 300 K"]


def test_a_former_circuit_with_other_models_is_named():
    old = formerly(CELL)
    old = dataclasses.replace(old, files=old.files | {"jart_vcm_v1b.va": "0" * 64})
    assert unlike(old, describe(CELL)) == ["jart_vcm_v1b.va changed"]
    with pytest.raises(
        ValueError, match=r"other models, libraries or parts than those here \(jart_vcm_v1b.va changed\)"
    ):
        taken_over(old)


def test_a_former_dataset_is_used_and_not_gone_on_with(tmp_path):
    folder = tmp_path / "data"
    data, good = ouro.extract(COMPACT, 12, 0, folder, 1, voltages=PAIR), check_dataset(folder)
    old = formerly(COMPACT, **data.manifest.settings)
    frame = data.frame.assign(history_g_S=[np.asarray(one) for one in data.frame.history_g_S])
    write_shard(folder / shard_name(0), frame, write_manifest(folder, old), 0)
    loaded = ouro.PulseDataset.load(folder)
    assert loaded.frame.t_pulse_s.equals(data.frame.t_pulse_s) and loaded.manifest == old
    assert check_dataset(folder) == dataclasses.replace(
        good, maker=f"{former_format.UNKNOWN}: it can be used, but not resumed"
    )
    assert summary(folder)["maker"] == former_format.UNKNOWN
    with pytest.raises(ValueError, match=rf"asked for \({former_format.UNKNOWN}\): name another folder"):
        ouro.extract(COMPACT, 12, 0, folder, 1, voltages=PAIR)
    predictor = PulsePredictor.fit(loaded, Specification((Stage("time", epochs=1),)))
    NeuralProgrammer(predictor).check(describe(COMPACT))
    with pytest.raises(ValueError, match=r"another circuit \(model reduced -> full\)"):
        NeuralProgrammer(predictor).check(describe(COMPACT.replace(model="full")))


def test_sound_records_are_not_blamed_for_a_manifest_that_was_changed(tmp_path):
    """To remove them, as each of them was told, lost them: none fits where it is the manifest that was changed."""
    folder = tmp_path / "data"
    ouro.extract(COMPACT, 6, 0, folder, 1, voltages=PAIR)
    values = json.loads((folder / "manifest.json").read_text())
    values["versions"]["python"] = "2.7.18"
    del values["sha256"]
    (folder / "manifest.json").write_text(json.dumps(values))
    (finding,) = check_dataset(folder).findings
    assert finding.file == "manifest.json" and finding.remedy == "put the right one there"
    assert "none of the 1 files of records belongs to it" in finding.what


def test_nothing_has_no_unit():
    a, b = ({"settings": {"gate_set": one}} for one in (3.3, None))
    assert differences(a, b) == ["gate_set 3.3 V -> none"] and differences(b, a) == ["gate_set none -> 3.3 V"]


# ---- shipped networks


WEIGHTS = {
    "1r": "09d3da38f83880ad57d68ed6ae3e09f4e190256048ccf0a76e6841f2638f90c4",
    "1t1r": "fc25850c55d418b53814780c107c0b8ca2912168b1bbdfc5a80812a88541d631",
}
"""Of all arrays and specifications, as they were trained: a manifest may change, these do not."""


@pytest.mark.parametrize(("name", "kind"), [("1r", ouro.Cell1R), ("1t1r", ouro.Cell1T1R)])
def test_shipped_networks_have_kept_their_weights_and_fit(name, kind):
    with np.load(shipped_checkpoint(name)) as file:
        names = (one for one in sorted(file.files) if not one.endswith(("manifest", "sha256")))
        content = b"".join(one.encode() + file[one].tobytes() for one in names)
    assert hashlib.sha256(content).hexdigest() == WEIGHTS[name]
    predictor = PulsePredictor.load(shipped_checkpoint(name))
    assert predictor.manifest.code == {} and making.maker_short(predictor.manifest) == former_format.UNKNOWN
    NeuralProgrammer(predictor).check(describe(kind(DEVICE)))
    NeuralProgrammer(predictor).check(describe(kind(DEVICE)).circuit)
    for other in ("0" * 64, ""):
        with pytest.raises(ValueError, match=r"another circuit \(by its hash alone\): train one"):
            NeuralProgrammer(predictor).check(other)
        NeuralProgrammer(predictor, any_circuit=True).check(other)


def test_former_checkpoints_are_taken_over(tmp_path, monkeypatch, capsys):
    path = Path(__file__).parent.parent / "training" / "take_over.py"
    spec = importlib.util.spec_from_file_location("take_over", path)
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    old = {}
    for name, kind in script.CELLS.items():
        now = PulsePredictor.load(shipped_checkpoint(name))
        old[name] = dataclasses.replace(now, manifest=formerly(kind(DEVICE), **now.manifest.settings))
        old[name].save(tmp_path / f"{name}.npz")
        NeuralProgrammer(PulsePredictor.load(tmp_path / f"{name}.npz")).check(describe(kind(DEVICE)))
    script.main(folder=tmp_path)
    assert capsys.readouterr().out == "1r: fits\n1t1r: fits\n"
    for name, before in old.items():
        after = PulsePredictor.load(tmp_path / f"{name}.npz")
        assert (
            after.manifest.code == {}
            and after.manifest.circuit == PulsePredictor.load(shipped_checkpoint(name)).manifest.circuit
        )
        assert all(np.array_equal(a, b) for a, b in zip(after.weights.arrays, before.weights.arrays, strict=True))
    monkeypatch.setitem(script.CELLS, "1r", ouro.Cell1T1R)
    with pytest.raises(SystemExit, match=r"1r: fits another circuit \(Cell1R -> Cell1T1R\): say why"):
        script.main(folder=tmp_path)


def test_only_what_differs_in_the_maker():
    other = dataclasses.replace(changed(code={"device/jart/walk_values.py": "0" * 12}), settings={})
    assert differences(BASE, other, MAKER) == ["device/jart/walk_values.py changed"]
