"""Records on disk: parquet shards, each whole or absent, each with the digest of the manifest that it belongs to."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ..assets import sha256
from ..files import write_text, write_whole
from ..manifest import Manifest

if TYPE_CHECKING:
    import pandas as pd

_MARK = b"ouro_spice"
_HISTORY = "history_g_S"


def shard_name(shard: int) -> str:
    """File name of a shard."""
    return f"records-{shard:05d}.parquet"


def claimed(folder: Path | None, manifest: Manifest) -> Manifest:
    """The manifest of this work in its folder: found there and the same, or newly written."""
    if folder is None:
        return manifest
    there = read_manifest(folder)
    if there is None:
        if any(folder.glob("*.parquet")):
            raise ValueError(f"{folder} holds records without a manifest.json: name another folder")
        write_text(folder / "manifest.json", manifest.to_json())
        return manifest
    for name, value in manifest.origin.items():
        if there.origin[name] != value:
            other = "with other settings" if name == "settings" else f"of another {name}"
            raise ValueError(f"{folder} holds records {other}: name another folder, or remove this one")
    return there


def read_manifest(folder: Path) -> Manifest | None:
    """The manifest in a folder, None where there is none; ValueError for a broken one."""
    path = folder / "manifest.json"
    try:
        return Manifest.from_json(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        return None
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from error


def opened(folder: Path) -> tuple[Manifest, list[Path]]:
    """The manifest of a dataset's folder, and the files that it has or is to have; ValueError where it holds none."""
    manifest = read_manifest(folder)
    if manifest is None:
        raise ValueError(f"{folder} holds no dataset: there is no manifest.json")
    n, shard = (manifest.settings.get(name) for name in ("n", "shard"))
    if not (isinstance(n, int) and isinstance(shard, int) and n > 0 < shard):
        raise ValueError(f"{folder} holds no dataset: its manifest.json is of something else")
    return manifest, [folder / shard_name(k) for k in range(-(-n // shard))]


def write_shard(path: Path, frame: pd.DataFrame, manifest: Manifest, shard: int) -> None:
    """Write the records of one shard and their checksum, whole or not at all."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    table = pa.Table.from_pandas(frame, preserve_index=False)
    table = table.replace_schema_metadata({**table.schema.metadata, _MARK: f"{manifest.digest} {shard}".encode()})

    def write(temporary: Path) -> None:
        pq.write_table(table, temporary)
        # first the checksum, then the records: a checksum alone is no shard, a shard without one is damaged
        write_text(_checksum(path), sha256(temporary) + "\n")

    write_whole(path, write)


def check_shard(path: Path, manifest: Manifest, shard: int) -> bool:
    """Whether a shard is there; ValueError for a damaged or foreign one."""
    if not path.is_file():
        return False
    if _mark(path) not in (None, f"{manifest.digest} {shard}".encode()):
        raise ValueError(f"{path} belongs to another dataset than {path.parent / 'manifest.json'}: remove it")
    checksum = _checksum(path)
    if not checksum.is_file() or checksum.read_text(encoding="utf-8", errors="replace").strip() != sha256(path):
        raise ValueError(f"{path} is damaged (its checksum does not fit): remove it and run the same again")
    return True


def read_shard(path: Path) -> pd.DataFrame:
    """The records of a shard, but for the histories."""
    import pyarrow.parquet as pq

    columns = [name for name in pq.read_schema(path).names if name != _HISTORY]
    return pq.read_table(path, columns=columns).to_pandas()


def read_histories(path: Path) -> list[np.ndarray]:
    """The histories of a shard, float32."""
    import pyarrow.parquet as pq

    column = pq.read_table(path, columns=[_HISTORY]).column(_HISTORY).combine_chunks()
    # what is missing is NaN
    values, offsets = column.values.to_numpy(zero_copy_only=False), column.offsets.to_numpy()
    return [values[begin:end] for begin, end in pairwise(offsets)]


def _mark(path: Path) -> bytes | None:
    """Dataset and number that a shard says it belongs to; None where the file is too damaged to say."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        return (pq.read_schema(path).metadata or {}).get(_MARK, b"")
    except (pa.ArrowException, OSError):
        return None


def _checksum(path: Path) -> Path:
    return path.with_suffix(".sha256")
