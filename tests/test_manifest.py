"""The manifest of a dataset counts: whatever is changed in it is noticed, whatever is damaged is told at once."""

from __future__ import annotations

import copy
import json
import re
import shutil
import signal
from dataclasses import replace
from pathlib import Path

import pytest

from ouro_spice import Cell1R, CompactCell, Pair, PulseDataset, extract, import_pulses, jart_vcm_v1b
from ouro_spice.cli import main
from ouro_spice.dataset.checking import check_dataset
from ouro_spice.dataset.folder_summary import summary
from ouro_spice.provenance.manifest import Manifest, describe

CELL = CompactCell(jart_vcm_v1b(window=True), "reduced")


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    folder = tmp_path_factory.mktemp("made") / "data"
    extract(CELL, 2, 0, folder, 1, voltages=Pair(-0.4143, 0.854, 60e-6), start="nominal")
    return folder


@pytest.fixture
def data(made, tmp_path):
    return shutil.copytree(made, tmp_path / "data")


def content(folder):
    return json.loads((folder / "manifest.json").read_text())


def put(folder, values):
    (folder / "manifest.json").write_text(json.dumps(values))


def leaves(values, path=()):
    """The path of each value of a tree that is no table or list."""
    if isinstance(values, dict | list) and values:
        items = values.items() if isinstance(values, dict) else enumerate(values)
        for key, value in items:
            yield from leaves(value, (*path, key))
    else:
        yield path


def paths_of(values):
    """The path of each value, of the code that of two modules."""
    found = list(leaves(values))
    code = [path for path in found if path[0] == "code"]
    assert len(code) > 40
    return [path for path in found if path not in code[2:]]


def edited(values, path):
    """The same with another value in one place."""
    found = copy.deepcopy(values)
    inner = found
    for key in path[:-1]:
        inner = inner[key]
    old = inner[path[-1]]
    other = {bool: lambda: not old, int: lambda: old + 1, float: lambda: old * 1.5 + 0.1, str: lambda: f"{old}x"}
    inner[path[-1]] = other.get(type(old), lambda: 1)()
    return found


def refused(folder):
    """The words with which a dataset is refused, by all that looks at it; "" where nothing is noticed."""
    with pytest.raises(ValueError) as loaded:
        PulseDataset.load(folder)
    assert "\n" not in str(loaded.value)
    found = check_dataset(folder).findings
    assert found
    return str(loaded.value)


def test_every_value_that_is_changed_is_noticed(data):
    whole = content(data)
    paths = paths_of(whole)
    assert {path[0] for path in paths} == {*whole} and len(paths) > 80
    for path in paths:
        put(data, edited(whole, path))
        assert "manifest.json" in refused(data), path
    put(data, whole)
    assert not check_dataset(data).findings


def test_so_it_is_in_a_manifest_without_a_hash_of_its_own(data):
    """By the marks of the files; the failures are those of the records."""
    whole = content(data)
    del whole["sha256"]
    put(data, whole)
    assert not check_dataset(data).findings and len(PulseDataset.load(data).frame) == 2
    for path in paths_of(whole):
        if path[0] != "failures":
            put(data, edited(whole, path))
            assert refused(data), path


@pytest.mark.parametrize(("name", "value"), [("Ndiscmin", 0.108), ("Rth0", 3e7)])
def test_a_cell_that_was_changed_is_not_the_circuit(data, name, value):
    whole = content(data)
    del whole["sha256"]
    whole["cell"]["device"][name] = value
    put(data, whole)
    assert "its cell and files are not those of its circuit" in refused(data)


def test_measurements_are_bound_to_their_file(tmp_path):
    table = tmp_path / "pulses.csv"
    table.write_text("a,v,t,b\n1e-4,-0.5,1e-7,2e-4\n2e-4,0.5,1e-7,1e-4\n")
    columns = {"g_start_S": "a:S", "amplitude_V": "v:V", "width_s": "t:s", "g_end_S": "b:S"}
    import_pulses(table, columns, tmp_path / "data")
    whole = content(tmp_path / "data")
    del whole["sha256"]
    for path in (("files", "pulses.csv"), ("cell", "file"), ("circuit",)):
        put(tmp_path / "data", edited(whole, path))
        assert "not those of its circuit" in refused(tmp_path / "data")


def test_failures_are_those_of_the_records(data, capsys):
    whole = content(data)
    del whole["sha256"]
    put(data, whole | {"failures": {"TIMEOUT": 3}})
    assert PulseDataset.load(data).manifest.failures == {}
    (found,) = check_dataset(data).findings
    assert "counts the failures" in found.what
    assert summary(data)["manifest"] == found.what
    capsys.readouterr()
    with pytest.raises(SystemExit) as stop:
        main(["dataset", "info", str(data)])
    assert stop.value.code == 0
    assert "manifest     counts the failures {'TIMEOUT': 3}; the records hold {}" in capsys.readouterr().out
    put(data, whole)
    assert summary(data)["manifest"] == ""


@pytest.mark.parametrize("cell", [CELL, Cell1R(CELL.device)], ids=["compact", "circuit"])
def test_versions_that_the_former_format_does_not_bind_are_those_that_the_docs_name(cell):
    """Nothing can notice an edit of what no hash holds: the page names it."""
    former = replace(describe(cell), code=None)
    page = (Path(__file__).parents[1] / "docs" / "provenance.md").read_text(encoding="utf-8")
    alone, also = page.split("nothing can notice")[1].split(". Neither")[0].split("of circuits also")
    named = set(re.findall("`(.+?)`", alone if cell is CELL else alone + also))
    assert len(former.versions) == 9
    for name in former.versions:
        edited = replace(former, versions=former.versions | {name: "x"})
        assert (edited.mark == former.mark) == (name in named), name


WRONG = [
    ("", "no whole JSON"), ("{", "no whole JSON"), ("[" * 100_000, "no whole JSON"), ("[]", "no JSON object"),
    ("3", "no JSON object"), ("{}", "lacks circuit, files, cell, versions"),
    ('{"circuit":"x","files":{},"cell":[],"versions":[],"settings":[]}', "its cell must be a table"),
    ('{"circuit":3,"files":{},"cell":{},"versions":{}}', "its circuit must be a text"),
    ('{"circuit":"x","files":{"a":1},"cell":{},"versions":{}}', "its files must be a table of texts"),
    ('{"circuit":"x","files":{},"cell":{},"versions":{},"failures":{"a":"b"}}', "its failures must be a table"),
    ('{"circuit":"x","files":{},"cell":{},"versions":{},"more":1}', "holds 'more', which no manifest does"),
    ("\x00\xff", "no whole JSON"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "words"), WRONG)
def test_what_is_no_manifest_is_told_in_our_words(tmp_path, text, words):
    (tmp_path / "manifest.json").write_text(text, encoding="utf-8")
    for look in (PulseDataset.load, summary, check_dataset):
        with pytest.raises(ValueError, match=r"manifest\.json: not an ouro_spice manifest") as told:
            look(tmp_path)
        assert words in str(told.value) and "__init__" not in str(told.value)


SETTINGS = [
    ("n", 10**12), ("n", 10**30), ("n", True), ("n", "2"), ("n", 0), ("shard", 0), ("pair", 5), ("pair", {"v_set": 1}),
    ("pair", {"v_set": [], "v_reset": 1, "total_s": 1}), ("step_s", None), ("step_s", "a"), ("limit_s", {}),
    ("rise_s", [1, 2, 3]), ("rise_s", "x"), ("seed", -1), ("seed", [1]), ("d2d", 7), ("voltages", 3), ("sampling", []),
    ("per_device", "many"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "value"), SETTINGS, ids=lambda one: str(one)[:12])
def test_settings_of_the_wrong_kind_or_an_absurd_size(tmp_path, name, value):
    """At once: the alarm ends what would build a list of all files."""
    manifest = describe(CELL, n=2, shard=500, seed=0, pair=None, step_s=1e-8, limit_s=1e-3)
    (tmp_path / "manifest.json").write_text(manifest.to_json())
    assert summary(tmp_path)["records"] == 0
    manifest.settings[name] = value
    (tmp_path / "manifest.json").write_text(Manifest.to_json(manifest))
    signal.alarm(10)
    try:
        for look in (PulseDataset.load, summary, check_dataset):
            with pytest.raises(ValueError, match=rf"manifest\.json is of something else .*{name}"):
                look(tmp_path)
    finally:
        signal.alarm(0)


def test_a_large_dataset_that_has_hardly_begun_is_looked_at_at_once(tmp_path):
    manifest = describe(CELL, n=10**8, shard=1, seed=0, pair=None, step_s=1e-8, limit_s=1e-3)
    (tmp_path / "manifest.json").write_text(manifest.to_json())
    assert (summary(tmp_path)["records"], summary(tmp_path)["complete"]) == (0, False)
    with pytest.raises(ValueError, match=r"records-00000\.parquet is missing"):
        PulseDataset.load(tmp_path)
    found = check_dataset(tmp_path).findings
    assert len(found) == 101 and found[-1].what == f"{10**8 - 100} more files are missing"
