"""Checks of a whole dataset on disk: every shard, every record; all that is wrong is listed, not the first alone."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ..manifest import Manifest
from ..progress import progress
from .recipe import SPLITS
from .storage import check_shard, read_histories, read_manifest, read_shard, shard_name

if TYPE_CHECKING:
    import pandas as pd

OUTCOMES = ("reached", "not_reached", "simulation_failed")

_NUMBERS = (
    "g_start_S", "g_target_S", "g_end_S", "t_pulse_s", "amplitude_V", "rise_s", "fall_s", "energy_J", "g_sense_start_S",
    "g_sense_end_S", "history_dt_s",
)  # fmt: skip
_KINDS = {
    **dict.fromkeys(_NUMBERS, "double"), **dict.fromkeys(("record", "device", "seed", "history_points"), "int64"),
    **dict.fromkeys(("split", "outcome", "result"), "text"), "history_g_S": "list of float",
}  # fmt: skip

_GRID = 1e-4
"""A width lies on its grid within this share of a step."""

_START = 0.05
"""A history begins within this share of the conductance at the start: the rise moves it."""

_REACH = 1.25
"""A conductance at the end lies within the range of its history, widened by this factor: histories are thinned."""

_SHORT = 1e-4
"""Edges up to this share of a traverse move a conductance by less than that."""


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
    """

    n: int
    records: int
    findings: tuple[Finding, ...]


def check_dataset(path: str | Path) -> Checked:
    """Check a dataset folder: files, columns, values, histories, devices and splits.

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
        raise ValueError(f"{folder} is no dataset: there is no manifest.json")
    facts = _Facts.of(folder, manifest)
    findings, tables = list(_superfluous(folder, facts)), []
    with progress("check shards", facts.shards) as bar:
        for shard in range(facts.shards):
            more, table = _shard(folder / shard_name(shard), manifest, facts, shard)
            findings += more
            tables += [] if table is None else [table]
            bar.advance()
    return Checked(facts.n, sum(map(len, tables)), (*findings, *_shared_devices(tables, facts)))


@dataclass(frozen=True)
class _Facts:
    """What a manifest says of its records; times in s."""

    n: int
    shard: int
    step_s: float
    limit_s: float
    measured: bool
    voltages: tuple[float, ...]
    total_s: float

    @classmethod
    def of(cls, folder: Path, manifest: Manifest) -> _Facts:
        settings = manifest.settings
        try:
            pair = settings["pair"] or {}
            found = cls(
                int(settings["n"]), int(settings["shard"]), float(settings["step_s"]), float(settings["limit_s"]),
                manifest.cell["kind"] == "measurement", tuple(pair[name] for name in ("v_set", "v_reset") if pair),
                float(pair.get("total_s", settings["limit_s"])),
            )  # fmt: skip
        except (KeyError, TypeError, AttributeError) as error:
            raise ValueError(f"{folder} is no dataset: its manifest.json does not tell {error}") from error
        if not found.n > 0 < found.shard:
            raise ValueError(f"{folder} is no dataset: its manifest.json tells of {found.n} records")
        return found

    @property
    def shards(self) -> int:
        return -(-self.n // self.shard)

    @property
    def again(self) -> str:
        return "import" if self.measured else "extract"

    def numbers(self, shard: int) -> np.ndarray:
        return np.arange(shard * self.shard, min(self.n, (shard + 1) * self.shard))


def _superfluous(folder: Path, facts: _Facts) -> Iterator[Finding]:
    known = {shard_name(shard) for shard in range(facts.shards)}
    for path in sorted(folder.glob("*.parquet")):
        if path.name not in known:
            yield Finding(path.name, "is no part of this dataset", "remove it")


def _shard(
    path: Path, manifest: Manifest, facts: _Facts, shard: int
) -> tuple[list[Finding], pd.DataFrame | None]:
    """What is wrong with a shard, and what of it the whole is judged by; None where it cannot be read."""
    again = f"remove it and {facts.again} again with the same arguments and folder"
    try:
        if not check_shard(path, manifest, shard):
            return [Finding(path.name, "is missing", f"{facts.again} again with the same arguments and folder")], None
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
    for what, wrong in [*_values(frame, facts), *_histories(path, frame, facts)]:
        rows = np.flatnonzero(np.asarray(wrong))
        if len(rows):
            findings.append(Finding(path.name, what, again, int(frame.record.iloc[rows[0]]), len(rows)))
    return findings, frame[["record", "device", "split"]].assign(file=path.name)


def _columns(path: Path) -> Iterator[str]:
    """What is wrong with the columns of a shard."""
    import pyarrow.parquet as pq

    there = pq.read_schema(path)
    for name, kind in _KINDS.items():
        if name not in there.names:
            yield f"lacks the column {name}"
        elif _kind(there.field(name).type) != kind:
            yield f"has the column {name} of the type {there.field(name).type}, not {kind}"


def _kind(type_: Any) -> str:
    import pyarrow as pa

    if pa.types.is_string(type_) or pa.types.is_large_string(type_):
        return "text"
    if pa.types.is_list(type_) and pa.types.is_float32(type_.value_type):
        return "list of float"
    return str(type_)


def _values(frame: pd.DataFrame, facts: _Facts) -> Iterator[tuple[str, pd.Series]]:
    """What could be wrong with records, and whether it is, (n,)."""
    failed, reached = frame.outcome == "simulation_failed", frame.outcome == "reached"
    for name, known in (("outcome", OUTCOMES), ("split", SPLITS)):
        yield f"{name} is none of {', '.join(known)}", ~frame[name].isin(known)
    yield "result does not fit outcome", (frame.result == "OK") == failed
    for name in ("g_start_S", "g_target_S", "rise_s", "fall_s"):
        yield f"{name} is no positive number", ~_positive(frame[name])
    for name in ("g_end_S", "g_sense_start_S", "g_sense_end_S"):
        yield f"{name} of a target that was reached is no positive number", reached & ~_positive(frame[name])
    if not facts.measured:
        yield "energy_J of a target that was reached is no finite number", reached & ~np.isfinite(frame.energy_J)
    yield "amplitude_V is no finite number, or 0", ~_positive(frame.amplitude_V.abs())
    if facts.voltages:
        yield "amplitude_V is none of the pair's", ~frame.amplitude_V.isin(facts.voltages)
    if not facts.measured:
        wanted = np.sign(frame.g_target_S - frame.g_start_S)
        yield "amplitude_V moves away from g_target_S", (wanted == np.sign(frame.amplitude_V)) & (wanted != 0)
    yield from _times(frame, facts, ~failed)


def _times(frame: pd.DataFrame, facts: _Facts, there: pd.Series) -> Iterator[tuple[str, pd.Series]]:
    width = frame.t_pulse_s.abs()
    yield "t_pulse_s is no finite number, or 0", there & ~_positive(width)
    yield "t_pulse_s has the sign of amplitude_V", there & (np.sign(frame.t_pulse_s) == np.sign(frame.amplitude_V))
    longest = facts.limit_s * (1 + 1e-9)
    yield f"t_pulse_s is longer than the limit, {facts.limit_s:g} s", there & (width > longest)
    if not facts.measured:
        steps = width / facts.step_s
        yield f"t_pulse_s is no multiple of {facts.step_s:g} s", there & ((steps - steps.round()).abs() > _GRID)
        short = (frame.outcome == "not_reached") & (width < facts.limit_s * (1 - _GRID))
        yield "t_pulse_s of a target that was not reached is shorter than the limit", short


def _histories(path: Path, frame: pd.DataFrame, facts: _Facts) -> Iterator[tuple[str, np.ndarray]]:
    """The same of the histories of a shard."""
    histories = read_histories(path)
    there = (frame.outcome != "simulation_failed").to_numpy()
    points = np.array([len(one) for one in histories])
    yield "history_points is not the length of history_g_S", points != frame.history_points.to_numpy()
    dt_s, width_s = frame.history_dt_s.to_numpy(), frame.t_pulse_s.abs().to_numpy()
    known = there & np.isfinite(dt_s) & (dt_s > 0) & np.isfinite(width_s)
    yield "history_dt_s is no positive number", there & ~(np.isfinite(dt_s) & (dt_s > 0))
    expected, stride = _expected(np.where(known, width_s, 1.0), np.where(known, dt_s, 1.0), facts)
    yield "history_dt_s is no multiple of the step", known & (np.abs(stride - np.rint(stride)) > _GRID)
    yield "history_g_S does not go on to twice the pulse", known & (points != expected)
    whole = there & (points > 0)
    low, high, first = (
        np.array([f(one) if len(one) else np.nan for one in histories], dtype=float)
        for f in (np.min, np.max, lambda one: one[0])
    )
    # a NaN compares false, too
    good = whole & (low > 0) & np.isfinite(high)
    yield "history_g_S holds what is no positive number", whole & ~good
    start, end = frame.g_start_S.to_numpy(), frame.g_end_S.to_numpy()
    short = good & (frame[["rise_s", "fall_s"]].max(axis=1).to_numpy() <= _SHORT * facts.total_s) | good & facts.measured
    yield "history_g_S does not begin at g_start_S", short & ~(np.abs(first / start - 1) <= _START)
    ended = short & (frame.outcome == "reached").to_numpy()
    yield "g_end_S is out of the reach of history_g_S", ended & ~((end >= low / _REACH) & (end <= high * _REACH))


def _expected(width_s: np.ndarray, dt_s: np.ndarray, facts: _Facts) -> tuple[np.ndarray, np.ndarray]:
    """Points of a history, and the points of the grid from one to the next."""
    if facts.measured:  # before and after
        return np.where(np.isclose(dt_s, width_s, rtol=1e-9), 2, 0), np.ones(len(dt_s))
    steps = np.minimum(2 * np.rint(width_s / facts.step_s), round(facts.limit_s / facts.step_s))
    stride = dt_s / facts.step_s
    return steps // np.maximum(np.rint(stride), 1) + 1, stride


def _shared_devices(tables: list[pd.DataFrame], facts: _Facts) -> Iterator[Finding]:
    """Devices whose records lie in several splits; where all records have one device their splits are their own."""
    import pandas as pd

    if not tables:
        return
    table = pd.concat(tables, ignore_index=True)
    if table.device.nunique() == 1:
        return
    first = table.drop_duplicates("device").set_index("device").split
    for file, rows in table[table.split != table.device.map(first)].groupby("file", sort=True):
        record, device = rows.iloc[0][["record", "device"]]
        what = f"the device {device} is in another split, too: a predictor would be tested with what it has learned"
        yield Finding(file, what, f"{facts.again} again into another folder", int(record), len(rows))


def _positive(values: pd.Series) -> pd.Series:
    return np.isfinite(values) & (values > 0)
