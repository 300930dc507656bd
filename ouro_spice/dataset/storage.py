"""Records on disk: parquet shards, each whole or absent, each with the mark of the manifest that it belongs to."""

from __future__ import annotations

import json
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from .._util.assets import sha256
from .._util.files import OutputError, read_text, write_text, write_whole
from ..provenance import former_format
from ..provenance.differences import differences, listed
from ..provenance.manifest import Manifest
from .settings import check_settings

if TYPE_CHECKING:
    import pandas as pd

_MANIFEST = "manifest.json"
_MARK = b"ouro_spice"
_HISTORY = "history_g_S"


class DamageError(ValueError):
    """A shard of this dataset whose content is not what was written."""


def shard_name(shard: int) -> str:
    """Return the file name of a shard."""
    return f"records-{shard:05d}.parquet"


def claim_folder(folder: Path | None, manifest: Manifest) -> Manifest:
    """Return the manifest of this work in its folder: the one there if it is the same, else written there now.

    Raises
    ------
    ValueError
        For a folder with records of something else, or of another maker, naming what differs.
    """
    if folder is None:
        return manifest
    there = read_manifest(folder)
    if there is None:
        if any(folder.glob("*.parquet")):
            raise ValueError(f"{folder} holds records without a manifest.json: name another folder")
        return write_manifest(folder, manifest)
    found = differences(there, manifest)
    if there.code is None and former_format.UNKNOWN not in found:
        found.append(former_format.UNKNOWN)
    if found:
        what = f"{folder} holds records of something else than is asked for ({listed(found)})"
        raise ValueError(f"{what}: name another folder, or remove this one")
    return there


def write_manifest(folder: Path, manifest: Manifest) -> Manifest:
    """Write the manifest of a folder, with the hash of all that is in it, and return it."""
    text = json.dumps(json.loads(manifest.to_json()) | {"sha256": manifest.sha256}, indent=2, sort_keys=True)
    write_text(folder / _MANIFEST, text)
    return manifest


def read_manifest(folder: Path) -> Manifest | None:
    """Return the manifest in a folder, None where there is none; ValueError for one that is broken or was changed."""
    path = folder / _MANIFEST
    try:
        text = read_text(path)
    except (FileNotFoundError, NotADirectoryError):
        return None
    try:
        manifest = Manifest.from_json(text)
        manifest.check_circuit()
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from error
    return manifest


def open_folder(folder: Path) -> tuple[Manifest, int]:
    """Return the manifest of a dataset's folder, and how many files it has when it is whole; ValueError for no
    dataset.
    """
    manifest = read_manifest(folder)
    if manifest is None:
        raise ValueError(f"{folder} holds no dataset: there is no {_MANIFEST}")
    try:
        check_settings(manifest.settings)
    except ValueError as error:
        raise ValueError(f"{folder} holds no dataset: its {_MANIFEST} is of something else ({error})") from error
    return manifest, -(-manifest.settings["n"] // manifest.settings["shard"])


def shards_present(folder: Path, count: int) -> list[int]:
    """Return the numbers of the files of records in a folder, those below `count`, ascending."""
    texts = (path.stem.removeprefix("records-") for path in folder.glob("records-*.parquet"))
    numbers = {int(text) for text in texts if text.isdecimal()}
    return sorted(k for k in numbers if k < count and (folder / shard_name(k)).is_file())


def first_missing(numbers: Sequence[int], count: int) -> int | None:
    """Return the first number below `count` that is not among ascending numbers; None where all are there."""
    at = next((k for k, number in enumerate(numbers) if number != k), len(numbers))
    return at if at < count else None


def write_shard(path: Path, frame: pd.DataFrame, manifest: Manifest, shard: int) -> None:
    """Write the records of one shard and their checksum, whole or not at all."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    table = pa.Table.from_pandas(frame, preserve_index=False)
    table = table.replace_schema_metadata({**table.schema.metadata, _MARK: f"{manifest.mark} {shard}".encode()})

    if not (path.parent / _MANIFEST).is_file():
        raise OutputError(f"cannot write {path}: the folder, or its {_MANIFEST}, has gone since the work began")

    def write(temporary: Path) -> None:
        with temporary.open("wb") as file:
            pq.write_table(table, file)
        # first the checksum, then the records: a checksum alone is no shard, a shard without one is damaged
        write_text(_checksum(path), sha256(temporary) + "\n")

    write_whole(path, write)


def check_shard(path: Path, manifest: Manifest, shard: int) -> bool:
    """Return whether a shard is there; ValueError for a foreign one, DamageError for a damaged one."""
    if not path.is_file():
        return False
    if _mark(path) not in (None, f"{manifest.mark} {shard}".encode()):
        raise ValueError(f"{path} belongs to another dataset than {path.parent / 'manifest.json'}: remove it")
    checksum = _checksum(path)
    if not checksum.is_file() or checksum.read_text(encoding="utf-8", errors="replace").strip() != sha256(path):
        remedy = "remove it and run the same again (extract --repair does both)"
        raise DamageError(f"{path} is damaged (its checksum does not fit): {remedy}")
    return True


def read_shard(path: Path) -> pd.DataFrame:
    """Return the records of a shard, without their histories."""
    import pyarrow.parquet as pq

    with path.open("rb") as file:
        columns = [name for name in pq.read_schema(file).names if name != _HISTORY]
        return pq.read_table(file, columns=columns).to_pandas()


def with_gate(frame: pd.DataFrame) -> pd.DataFrame:
    """Return records with the column ``gate_V``, of NaN where they are of before there was one."""
    return frame if "gate_V" in frame else frame.assign(gate_V=np.nan)


def read_histories(path: Path) -> list[np.ndarray]:
    """Return the histories of a shard, float32 [S], an array a record."""
    import pyarrow.parquet as pq

    # by an open file: pyarrow does not take every name that the system does
    with path.open("rb") as file:
        column = pq.read_table(file, columns=[_HISTORY]).column(_HISTORY).combine_chunks()
    # what is missing is NaN
    values, offsets = column.values.to_numpy(zero_copy_only=False), column.offsets.to_numpy()
    return [values[begin:end] for begin, end in pairwise(offsets)]


def _mark(path: Path) -> bytes | None:
    """Return the dataset and number that a shard states to belong to, b"" for none; None where the file is too
    damaged.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with path.open("rb") as file:
            return (pq.read_schema(file).metadata or {}).get(_MARK, b"")
    except (pa.ArrowException, OSError):
        return None


def _checksum(path: Path) -> Path:
    """Return the file of a shard's checksum."""
    return path.with_suffix(".sha256")
