"""Checks of a whole dataset on disk: every shard, every record; all that is wrong is listed, not the first alone."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from .._util.progress import progress
from ..provenance.manifest import Manifest
from .consistency import Facts, histories, miscount, values
from .making import HERE, maker_here
from .storage import check_shard, read_manifest, read_shard, shard_name, shards_present

if TYPE_CHECKING:
    import pandas as pd

_SAME, _ELSEWHERE = "with the same arguments and folder", "into another folder: what made this one is not what is here"
_LISTED = 100
"""Missing files up to which each is a finding of its own."""

_NUMBERS = (
    "g_start_S", "g_target_S", "g_end_S", "t_pulse_s", "amplitude_V", "rise_s", "fall_s", "energy_J", "g_sense_start_S",
    "g_sense_end_S", "history_dt_s",
)  # fmt: skip
_KINDS = {
    **dict.fromkeys(_NUMBERS, "double"), **dict.fromkeys(("record", "device", "seed", "history_points"), "int64"),
    **dict.fromkeys(("split", "outcome", "result"), "text"), "history_g_S": "list of float",
}  # fmt: skip

_LATER = {"gate_V": "double"}
"""Columns that datasets of before do not have."""

_FOREIGN = "belongs to another dataset"


@dataclass(frozen=True)
class Finding:
    """Something that is wrong with a dataset.

    Attributes
    ----------
    file
        Name of the file.
    what
        What is wrong.
    remedy
        What to do.
    record
        The first record that it is wrong with; None where it is the whole file.
    count
        Number of records.
    """

    file: str
    what: str
    remedy: str
    record: int | None = None
    count: int = 1


@dataclass(frozen=True)
class Checked:
    """What a check came to.

    Attributes
    ----------
    n
        Records that the dataset is to have.
    records
        Records that were looked at.
    findings
        All that is wrong; none of a good dataset.
    maker
        What is to be known of the code and the tools that made it: nothing is wrong with the data.
    """

    n: int
    records: int
    findings: tuple[Finding, ...]
    maker: str = ""


def check_dataset(path: str | Path) -> Checked:
    """Check a dataset folder, its files, columns, values, histories, devices and splits; return all that is wrong.

    Raises
    ------
    ValueError
        For a path that is no dataset.
    """
    folder = Path(path)
    try:
        manifest = read_manifest(folder)
    except ValueError as error:
        if not any(folder.glob("records-*.parquet")):
            raise
        return Checked(0, 0, (Finding("manifest.json", str(error), "put the right one there, or extract anew"),))
    if manifest is None:
        raise ValueError(f"{folder} holds no dataset: there is no manifest.json")
    facts = Facts.of(folder, manifest)
    there = shards_present(folder, facts.shards)
    findings, tables = [*_superfluous(folder, there), *_missing(there, facts)], []
    with progress("check shards", len(there)) as bar:
        for shard in there:
            more, table = _shard(folder / shard_name(shard), manifest, facts, shard)
            findings += more
            tables += [] if table is None else [table]
            bar.advance()
    foreign = [one for one in findings if _FOREIGN in one.what]
    if len(foreign) == len(there) > 0:  # sound files of records are not to be removed for a manifest that was changed
        rest = [one for one in findings if one not in foreign]
        what = f"none of the {len(there)} files of records belongs to it: it was changed, or is another dataset's"
        findings = [*rest, Finding("manifest.json", what, "put the right one there")]
    if not findings:  # of all records, and these are good
        findings += _failures(tables, manifest, facts)
    found, made = (*findings, *_shared_devices(tables, facts)), maker_here(manifest)
    if made != HERE:
        found = tuple(dataclasses.replace(one, remedy=one.remedy.replace(_SAME, _ELSEWHERE)) for one in found)
    return Checked(facts.n, sum(map(len, tables)), found, made)


def _superfluous(folder: Path, there: list[int]) -> Iterator[Finding]:
    """Yield a finding for each file of records that is no part of the dataset."""
    known = set(map(shard_name, there))
    for path in sorted(folder.glob("*.parquet")):
        if path.name not in known:
            yield Finding(path.name, "is no part of this dataset", "remove it")


def _missing(there: list[int], facts: Facts) -> Iterator[Finding]:
    """Yield a finding for each file that is not there; of many, the last finding counts all the others."""
    remedy, absent = f"{facts.again} again with the same arguments and folder", facts.shards - len(there)
    known = set(there)
    first = list(itertools.islice((k for k in range(facts.shards) if k not in known), _LISTED))
    for shard in first:
        yield Finding(shard_name(shard), "is missing", remedy)
    if absent > len(first):
        yield Finding("records-*.parquet", f"{absent - len(first)} more files are missing", remedy)


def _failures(tables: list[pd.DataFrame], manifest: Manifest, facts: Facts) -> Iterator[Finding]:
    """Yield a finding where the manifest does not count the failures that the records hold."""
    import pandas as pd

    what = miscount(pd.concat(tables).loc[:, "result"], manifest)
    if what:
        yield Finding("manifest.json", what, f"{facts.again} again with the same arguments and folder")


def _shard(path: Path, manifest: Manifest, facts: Facts, shard: int) -> tuple[list[Finding], pd.DataFrame | None]:
    """Return the findings of one shard, and its columns that the whole dataset is checked by; None where it cannot be
    read.
    """
    again = f"remove it and {facts.again} again with the same arguments and folder"
    try:
        check_shard(path, manifest, shard)
    except ValueError as error:
        what = str(error).removeprefix(str(path)).split(": remove")[0].strip()
        return [Finding(path.name, what, again)], None
    wrong = list(_columns(path))
    if wrong:
        return [Finding(path.name, what, again) for what in wrong], None
    frame = read_shard(path)
    if len(frame) != len(facts.numbers(shard)) or (frame.record.to_numpy() != facts.numbers(shard)).any():
        numbers = facts.numbers(shard)
        what = f"does not hold the records {numbers[0]} .. {numbers[-1]}, each once, in their order"
        return [Finding(path.name, what, again)], None
    findings = []
    for what, wrong in [*values(frame, facts), *histories(path, frame, facts)]:
        rows = np.flatnonzero(np.asarray(wrong))
        if len(rows):
            findings.append(Finding(path.name, what, again, int(frame.record.iloc[rows[0]]), len(rows)))
    return findings, frame[["record", "device", "split", "result"]].assign(file=path.name)


def _columns(path: Path) -> Iterator[str]:
    """Yield what is wrong with the columns of a shard, in words."""
    import pyarrow.parquet as pq

    with path.open("rb") as file:
        there = pq.read_schema(file)
    for name, kind in (_KINDS | _LATER).items():
        if name not in there.names:
            if name in _LATER:
                continue
            yield f"lacks the column {name}"
        elif _kind(there.field(name).type) != kind:
            yield f"has the column {name} of the type {there.field(name).type}, not {kind}"


def _kind(type_: Any) -> str:
    """Return a column's type in the words of `_KINDS`."""
    import pyarrow as pa

    if pa.types.is_string(type_) or pa.types.is_large_string(type_):
        return "text"
    if pa.types.is_list(type_) and pa.types.is_float32(type_.value_type):
        return "list of float"
    return str(type_)


def _shared_devices(tables: list[pd.DataFrame], facts: Facts) -> Iterator[Finding]:
    """Yield a finding for each file whose devices lie in several splits; records of one device alone may lie in all."""
    import pandas as pd

    if not tables:
        return
    table = pd.concat(tables, ignore_index=True)
    if table.device.nunique() == 1:
        return
    first = table.drop_duplicates("device").set_index("device").split
    for file, rows in table.loc[table.split != table.device.map(first)].groupby("file", sort=True):
        record, device = rows.iloc[0][["record", "device"]]
        what = f"the device {device} is in another split, too: a predictor would be tested with what it has learned"
        yield Finding(str(file), what, f"{facts.again} again into another folder", int(record), len(rows))
