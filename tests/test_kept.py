"""Arrays on disk: named by their settings, made once, never taken for others; and the shards beside them."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from importlib.metadata import PackageNotFoundError

import numpy as np
import pandas as pd
import pytest

import ouro_spice as ouro
from ouro_spice._util.files import OutputError
from ouro_spice.dataset import storage
from ouro_spice.dataset.storage import DamageError
from ouro_spice.provenance.cache import cached_arrays
from ouro_spice.provenance.manifest import Manifest, describe, measured_circuit, versions

SETTINGS = {"seed": 3, "band": 0.2}


class Made:
    """Work that counts how often it is done."""

    def __init__(self, **arrays):
        self.arrays, self.times = arrays or {"a": np.arange(3), "b": np.array([1.5])}, 0

    def __call__(self):
        self.times += 1
        return self.arrays


def test_arrays_are_made_once_and_lie_under_the_digest_of_their_settings(tmp_path):
    made = Made()
    for _ in range(3):
        found = cached_arrays(tmp_path / "deep", "floor", SETTINGS, made)
        assert sorted(found) == ["a", "b"] and found["a"].tolist() == [0, 1, 2] and found["b"].tolist() == [1.5]
    assert made.times == 1
    digest = hashlib.sha256(json.dumps(dict(reversed(SETTINGS.items())), sort_keys=True).encode()).hexdigest()
    assert [path.name for path in (tmp_path / "deep").iterdir()] == [f"floor-{digest[:12]}.npz"]
    cached_arrays(tmp_path / "deep", "floor", SETTINGS | {"seed": 4}, made)
    cached_arrays(tmp_path / "deep", "other", SETTINGS, made)
    assert made.times == 3 and len(list((tmp_path / "deep").iterdir())) == 3


def test_without_a_folder_nothing_is_kept(tmp_path):
    made = Made()
    assert cached_arrays(None, "floor", SETTINGS, made) is not made.arrays
    cached_arrays(None, "a/b", SETTINGS, made)  # names no file
    assert made.times == 2


@pytest.mark.parametrize("damage", [b"", b"no archive", None])
def test_a_damaged_file_is_made_again(tmp_path, damage):
    made = Made()
    cached_arrays(tmp_path, "floor", SETTINGS, made)
    (path,) = tmp_path.iterdir()
    path.write_bytes(path.read_bytes()[:-40] if damage is None else damage)
    assert cached_arrays(tmp_path, "floor", SETTINGS, made)["a"].tolist() == [0, 1, 2]
    cached_arrays(tmp_path, "floor", SETTINGS, made)
    assert made.times == 2


def test_the_file_says_its_settings_and_arrays_of_others_are_not_taken(tmp_path):
    made = Made()
    cached_arrays(tmp_path, "floor", SETTINGS, made)
    (path,) = tmp_path.iterdir()
    with np.load(path) as archive:
        assert json.loads(str(archive["settings_json"])) == SETTINGS
        arrays = {name: archive[name] for name in archive.files}
    np.savez(path, **arrays | {"settings_json": np.array('{"seed": 9}')})
    cached_arrays(tmp_path, "floor", SETTINGS, made)
    np.savez(path, a=np.zeros(1))
    cached_arrays(tmp_path, "floor", SETTINGS, made)
    assert made.times == 3


@pytest.mark.parametrize("name", ["", "a/b", "a\\b", "a\0b"])
def test_names_are_parts_of_a_file_s_name(tmp_path, name):
    with pytest.raises(ValueError, match="no folder"):
        cached_arrays(tmp_path, name, SETTINGS, Made())
    assert not list(tmp_path.iterdir())


def test_what_cannot_be_kept_is_told(tmp_path):
    with pytest.raises(ValueError, match="settings_json is taken"):
        cached_arrays(tmp_path, "floor", SETTINGS, Made(settings_json=np.zeros(2)))
    with pytest.raises(ValueError, match=r"JSON compliant|nan"):
        cached_arrays(tmp_path, "floor", {"band": float("nan")}, Made())
    with pytest.raises(ValueError, match="Object arrays"):
        cached_arrays(tmp_path, "floor", SETTINGS, Made(a=np.array([None])))
    assert not list(tmp_path.iterdir())
    (tmp_path / "file").touch()
    with pytest.raises(OutputError, match="file"):
        cached_arrays(tmp_path / "file", "floor", SETTINGS, Made())


# ---- shards


@pytest.fixture
def folder(tmp_path):
    storage.write_manifest(tmp_path, MANIFEST)
    return tmp_path


MANIFEST = dataclasses.replace(describe(ouro.CompactCell(ouro.jart_vcm_v1b())), settings={"n": 101, "shard": 50})
OTHER = describe(ouro.CompactCell(ouro.jart_vcm_v1b(r=44e-9)))
FRAME = pd.DataFrame({"record": [0, 1], "history_g_S": [np.float32([1e-4, 2e-4]), np.float32([3e-4])]})


def test_shards_have_names_that_sort(folder):
    assert [storage.shard_name(k) for k in (0, 12345)] == ["records-00000.parquet", "records-12345.parquet"]
    for name in ("records-00000", "records-00002", "records-00007", "records-x", "other-00001"):
        (folder / f"{name}.parquet").touch()
    (folder / "records-00001.parquet").mkdir()
    (folder / "records-3.parquet").touch()  # not the name of shard 3
    assert storage.shards_present(folder, 7) == [0, 2]
    assert storage.shards_present(folder, 8) == [0, 2, 7]


@pytest.mark.parametrize(
    ("numbers", "count", "first"),
    [
        ([], 0, None),
        ([], 2, 0),
        ([0, 1], 2, None),
        ([0, 1], 3, 2),
        ([0, 2], 3, 1),
        ([1, 2], 3, 0),
        ([0, 1, 2], 2, None),
    ],
)
def test_the_first_number_that_is_missing(numbers, count, first):
    assert storage.first_missing(numbers, count) == first


def test_a_shard_is_whole_or_none(folder):
    path = folder / storage.shard_name(0)
    assert not storage.check_shard(path, MANIFEST, 0)
    storage.write_shard(path, FRAME, MANIFEST, 0)
    assert storage.check_shard(path, MANIFEST, 0)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    assert path.with_suffix(".sha256").read_text() == digest + "\n"
    assert storage.read_shard(path).columns.tolist() == ["record"]
    assert [one.tolist() for one in storage.read_histories(path)] == [one.tolist() for one in FRAME.history_g_S]
    for other, number in ((MANIFEST, 1), (dataclasses.replace(MANIFEST, settings={}), 0)):
        with pytest.raises(ValueError, match="belongs to another dataset"):
            storage.check_shard(path, other, number)
    for damage in (lambda: path.with_suffix(".sha256").write_text("0" * 64), path.with_suffix(".sha256").unlink):
        damage()
        with pytest.raises(DamageError, match="checksum"):
            storage.check_shard(path, MANIFEST, 0)
    path.write_bytes(b"no parquet")
    with pytest.raises(DamageError, match="checksum"):
        storage.check_shard(path, MANIFEST, 0)


def test_a_shard_of_somebody_else_is_foreign_not_damaged(folder):
    path = folder / storage.shard_name(0)
    FRAME.to_parquet(path)
    with pytest.raises(ValueError, match="belongs to another dataset") as caught:
        storage.check_shard(path, MANIFEST, 0)
    assert not isinstance(caught.value, DamageError)


def test_records_need_their_manifest(folder):
    (folder / "manifest.json").unlink()
    with pytest.raises(OutputError, match="has gone"):
        storage.write_shard(folder / storage.shard_name(0), FRAME, MANIFEST, 0)
    assert storage.read_manifest(folder) is None
    with pytest.raises(ValueError, match="there is no manifest"):
        storage.open_folder(folder)


def test_a_folder_is_claimed_once(tmp_path):
    assert storage.claim_folder(None, MANIFEST) is MANIFEST
    assert storage.claim_folder(tmp_path, MANIFEST) == MANIFEST
    assert storage.claim_folder(tmp_path, MANIFEST) == storage.read_manifest(tmp_path) == MANIFEST
    with pytest.raises(ValueError, match="name another folder"):
        storage.claim_folder(tmp_path, dataclasses.replace(MANIFEST, settings={"n": 3}))
    with pytest.raises(ValueError, match="name another folder"):
        storage.claim_folder(tmp_path, dataclasses.replace(OTHER, settings=MANIFEST.settings))
    with pytest.raises(ValueError, match="name another folder"):
        versions = MANIFEST.versions | {"numpy": "0"}
        storage.claim_folder(tmp_path, dataclasses.replace(MANIFEST, versions=versions))
    (tmp_path / "manifest.json").unlink()
    (tmp_path / "records-00000.parquet").touch()
    with pytest.raises(ValueError, match="without a manifest"):
        storage.claim_folder(tmp_path, MANIFEST)


# ---- manifests


def test_measurements_are_of_one_file_that_the_cell_names():
    parts = {"versions": {}, "settings": {}, "failures": {}}
    good = Manifest(measured_circuit("ab"), {"one.csv": "ab"}, {"kind": "measurement", "file": "one.csv"}, **parts)
    good.check_circuit()
    for changes in (
        {"files": {"one.csv": "cd"}},
        {"files": {"two.csv": "ab"}},
        {"files": {"one.csv": "ab", "two.csv": "cd"}},
        {"files": {}},
        {"cell": {"kind": "measurement", "file": "two.csv"}},
    ):
        with pytest.raises(ValueError, match="not those of its circuit"):
            dataclasses.replace(good, **changes).check_circuit()


def test_what_is_not_installed_is_said(monkeypatch):
    def version(package):
        if package == "torch":
            raise PackageNotFoundError(package)
        return "1.2"

    monkeypatch.setattr("ouro_spice.provenance.manifest.version", version)
    found = versions.__wrapped__()
    assert (found["torch"], found["numpy"]) == ("not installed", "1.2")
