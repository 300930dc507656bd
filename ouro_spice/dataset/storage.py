"""Records on disk: parquet shards, each whole or absent, each with the digest of the manifest that it belongs to."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import TYPE_CHECKING

from ..files import write_text, write_whole
from ..manifest import Manifest

if TYPE_CHECKING:
    import pandas as pd

SHARD = 50
"""Records per file: at most this much work is lost by an interruption."""


def shard_count(n: int) -> int:
    """Files that n records take."""
    return -(-n // SHARD)


def shard_name(shard: int) -> str:
    """File name of a shard."""
    return f"records-{shard:05d}.parquet"


def _digest(manifest: Manifest) -> str:
    """Of what decides the records; versions of other packages do not."""
    text = json.dumps([manifest.circuit, manifest.settings], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


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
    for name in ("circuit", "settings"):
        if getattr(there, name) != getattr(manifest, name):
            raise ValueError(f"{folder} holds records of another {name}: name another folder, or remove this one")
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


def write_shard(path: Path, frame: pd.DataFrame, manifest: Manifest, shard: int) -> None:
    """Write the records of one shard, whole or not at all."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    table = pa.Table.from_pandas(frame, preserve_index=False)
    table = table.replace_schema_metadata(
        {**table.schema.metadata, b"ouro_spice": f"{_digest(manifest)} {shard}".encode()}
    )
    write_whole(path, lambda temporary: pq.write_table(table, temporary))


def read_shard(path: Path, manifest: Manifest, shard: int) -> pd.DataFrame | None:
    """The records of one shard, None where it is not there; ValueError for a broken or foreign one."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    if not path.is_file():
        return None
    try:
        # parquet keeps a checksum of every page when asked to; a truncated file has no footer
        table = pq.read_table(path, page_checksum_verification=True)
    except (pa.ArrowException, OSError) as error:
        raise ValueError(f"{path} is damaged ({error}): remove it and extract again") from error
    if (table.schema.metadata or {}).get(b"ouro_spice", b"").decode() != f"{_digest(manifest)} {shard}":
        raise ValueError(f"{path} belongs to another dataset than {path.parent / 'manifest.json'}: remove it")
    return table.to_pandas()
