"""Own measurements: a table of measured pulses becomes a dataset that trains a predictor like any other."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from .assets import sha256
from .checks import check_flag, check_kind, check_range, check_seed, checked_path
from .dataset import PulseDataset
from .dataset.storage import check_shard, claimed, shard_name, write_shard
from .files import make_folder
from .manifest import MEASUREMENT, Manifest, measured_circuit, versions
from .pair import LOWEST_V
from .pulse import HIGHEST_V, LONGEST_S, SHORTEST_S
from .tables import Table, read_table

if TYPE_CHECKING:
    import pandas as pd

REQUIRED = ("g_start_S", "amplitude_V", "width_s", "g_end_S")
OPTIONAL = ("device", "time_s", "rise_s", "fall_s")
"""What the columns of a table can be."""

# by what a number is divided: 100 ns are 100 / 1e9, the float nearest to 1e-7; 100 * 1e-9 is another one
_DIVISORS = {
    "S": {"S": 1.0, "mS": 1e3, "uS": 1e6, "nS": 1e9},
    "V": {"V": 1.0, "mV": 1e3},
    "s": {"s": 1.0, "ms": 1e3, "us": 1e6, "ns": 1e9, "ps": 1e12},
}
_RESISTANCES = {"Ohm": 1.0, "kOhm": 1e3, "MOhm": 1e6}

_RANGES = {"S": (1e-12, 1.0), "V": (LOWEST_V, HIGHEST_V), "s": (SHORTEST_S, LONGEST_S)}
"""What a measured value can be, in magnitude."""

_SHARD = 5000
_SHARES = {"train": 0.8, "validation": 0.9, "test": 1.0}
_OVERLAP = 1e-9


def import_pulses(
    path: str | Path,
    columns: Mapping[str, str],
    out: str | Path | None = None,
    seed: int = 0,
    *,
    positive_sets: bool = False,
    rise_s: float = 2e-9,
    fall_s: float = 2e-9,
) -> PulseDataset:
    """Make a dataset of a CSV table of measured pulses, one a row.

    Each pulse is a record that reached its target: the conductance that it led to. A SET that lowered the conductance
    is kept as it was measured. Histories have the two points that are known, energies are NaN.

    Parameters
    ----------
    path
        The table: a header, then numbers; delimiter comma, semicolon or tab; lines that begin with ``#`` are comments.
    columns
        The table's column and its unit for each quantity, such as ``{"g_start_S": "G before:uS", "amplitude_V":
        "V:mV", "width_s": "tp:ns", "g_end_S": "G after:uS"}``; where there are any also ``device``, a name without a
        unit, ``time_s``, when each pulse began, ``rise_s`` and ``fall_s``. Units are S, mS, uS, nS, or Ohm, kOhm, MOhm
        of a resistance; V, mV; s, ms, us, ns, ps.
    out
        Folder for the dataset. In memory only where None.
    seed
        Of the split into 80 % training, 10 % validation, 10 % test: of devices where these are named, else of pulses.
    positive_sets
        The table's SET pulses have positive amplitudes; in the dataset they are negative.
    rise_s, fall_s
        Edges of the pulses where no column tells [s].

    Raises
    ------
    ValueError
        For a table or a map that is wrong, naming line and column, or a folder that holds other records.
    OutputError
        For a folder that cannot be written to.
    """
    check_seed(seed)
    check_flag("positive_sets", positive_sets)
    check_kind("columns", columns, Mapping, "a table of columns by quantity")
    edges = {"rise_s": rise_s, "fall_s": fall_s}
    for name, seconds in edges.items():
        check_range(name, seconds, SHORTEST_S, LONGEST_S, "s")
    path = checked_path("path", path)
    values, named = _measured(path, columns, edges)
    if positive_sets:
        values["amplitude_V"] = -values["amplitude_V"]
    _warn_of_polarity(values)
    n = len(values["width_s"])
    names = list(dict.fromkeys(named or []))
    places = {name: k for k, name in enumerate(names)}
    devices = np.array([places[name] for name in named]) if named else np.zeros(n, dtype=np.int64)
    manifest = _manifest(path, values, {
        "seed": int(seed), "columns": dict(columns), "positive_sets": bool(positive_sets), "devices": names,
    })  # fmt: skip
    splits = _splits(devices if named else np.arange(n), seed)
    return _stored(_frame(values, devices, splits), manifest, out)


def _measured(
    path: Path, columns: Mapping[str, str], edges: Mapping[str, float]
) -> tuple[dict[str, np.ndarray], list[str] | None]:
    """The quantities of a table in SI, (n,) each, and the names of the devices, None where these are not told."""
    wanted = _wanted(columns)
    table = read_table(path, list(dict.fromkeys(name for name, _ in wanted.values())))
    values = {field: _quantity(table, field, *of) for field, of in wanted.items() if field != "device"}
    for field, given in edges.items():
        values.setdefault(field, np.full(len(table), float(given)))
    devices = table.text(wanted["device"][0]) if "device" in wanted else None
    if "time_s" in values:
        lengths = [values[field] for field in ("width_s", "rise_s", "fall_s") if field in wanted]
        _check_times(table, values["time_s"], sum(lengths), devices)
    return values, devices


def _wanted(columns: Mapping[str, str]) -> dict[str, tuple[str, str]]:
    """Column and unit of each quantity of a map."""
    for field in columns:
        if field not in (*REQUIRED, *OPTIONAL):
            raise ValueError(f"the map names {field!r}; it takes {', '.join((*REQUIRED, *OPTIONAL))}")
    missing = [field for field in REQUIRED if field not in columns]
    if missing:
        raise ValueError(f"the map lacks {', '.join(missing)}: each needs a column and its unit, as g_start_S=G:uS")
    found = {}
    for field, text in columns.items():
        name, _, unit = text.rpartition(":") if field != "device" else (text, "", "")
        known = () if field == "device" else _units(field)
        unit = unit.strip().replace("\u00b5", "u").replace("\u03bc", "u")
        if known and (unit not in known or not name):
            raise ValueError(f"{field}={text} names no unit; write COLUMN:UNIT with {', '.join(known)}")
        found[field] = (name.strip(), unit)
    names = [found[field][0] for field in REQUIRED]
    for field, name in zip(REQUIRED, names, strict=True):
        if names.count(name) > 1:
            raise ValueError(f"{field} is the column {name!r}, and another quantity is, too: each has one of its own")
    return found


def _units(field: str) -> tuple[str, ...]:
    base = field.rpartition("_")[2]
    return (*_DIVISORS[base], *(_RESISTANCES if base == "S" else ()))


def _quantity(table: Table, field: str, name: str, unit: str) -> np.ndarray:
    """A column in SI, (n,), checked."""
    base = field.rpartition("_")[2]
    numbers = table.numbers(name)
    if unit in _RESISTANCES:
        with np.errstate(divide="ignore"):
            values = 1 / (numbers * _RESISTANCES[unit])
    else:
        values = numbers / _DIVISORS[base][unit]
    if field == "time_s":
        return values
    low, high = _RANGES[base]
    sized = np.abs(values) if base == "V" else values
    bad = np.flatnonzero(~((sized >= low) & (sized <= high)))
    if len(bad):
        row = bad[0]
        more = f"; {len(bad)} lines are like this" if len(bad) > 1 else ""
        told = f"{table.at(row)}: {table.columns[name][row]} {unit} in the column {name!r} is {field} = {values[row]:g}"
        if field == "amplitude_V" and values[row] == 0:
            raise ValueError(f"{told}: a pulse of 0 V is none{more}")
        magnitude = " in magnitude" if base == "V" else ""
        raise ValueError(f"{told} {base}, outside {low:g} .. {high:g} {base}{magnitude}: is the unit right?{more}")
    return values


def _check_times(table: Table, time_s: np.ndarray, length_s: np.ndarray, devices: list[str] | None) -> None:
    """ValueError where a device's pulse begins before the one above it has ended."""
    latest: dict[str, int] = {}
    for row, device in enumerate(devices or [""] * len(table)):
        before = latest.get(device)
        if before is not None:
            end_s = time_s[before] + length_s[before]
            if time_s[row] < end_s - _OVERLAP * max(abs(end_s), length_s[before]):
                of = f" of the device {device!r}" if device else ""
                raise ValueError(
                    f"{table.at(row)}: the pulse begins at {time_s[row]:g} s, that of line {table.lines[before]}{of} "
                    f"ends at {end_s:g} s: times must ascend; is the unit right?"
                )
        latest[device] = row


def _splits(groups: np.ndarray, seed: int) -> np.ndarray:
    """The split of each record, (n,): 80, 10 and 10 % of the groups, as near as whole groups come to it."""
    rng = np.random.default_rng(np.random.SeedSequence(seed))
    count = int(groups.max()) + 1
    places = (rng.permutation(count) + 0.5) / count
    names = np.array([next(name for name, end in _SHARES.items() if place < end) for place in places], dtype=object)
    return names[groups]


def _warn_of_polarity(values: Mapping[str, np.ndarray]) -> None:
    change = values["g_end_S"] - values["g_start_S"]
    against = int((np.sign(change) == np.sign(values["amplitude_V"])).sum())
    if 2 * against > len(change):
        warnings.warn(
            f"{against} of {len(change)} pulses move the conductance against their polarity (SET, negative, raises "
            "it): is positive_sets right?",
            stacklevel=3,
        )


def _manifest(path: Path, values: Mapping[str, np.ndarray], settings: Mapping[str, Any]) -> Manifest:
    digest = sha256(path)
    pair = _pair(values)
    # no simulator takes part
    tools = ("python", "ouro-spice", "numpy")
    settings = {
        **settings, "n": len(values["width_s"]), "shard": _SHARD, "voltages": "measured", "pair": pair,
        "sampling": "measured", "step_s": _step_s(values["width_s"]), "limit_s": float(values["width_s"].max()),
        **{name: _range(values[name]) for name in ("rise_s", "fall_s")},
    }  # fmt: skip
    return Manifest(
        circuit=measured_circuit(digest),
        files={path.name: digest},
        cell={"kind": MEASUREMENT, "file": path.name},
        versions={name: text for name, text in versions().items() if name in tools},
        settings=settings,
    )


def _pair(values: Mapping[str, np.ndarray]) -> dict[str, float | None] | None:
    """The pair of amplitudes, None where a direction has none or several; its time is the longest pulse's.

    A pair's time lies within 1 ns .. 1 s.
    """
    amplitudes = np.unique(values["amplitude_V"])
    if len(amplitudes) != 2 or not amplitudes[0] < 0 < amplitudes[1]:
        return None
    total_s = float(np.clip(values["width_s"].max(), 1e-9, 1.0))
    volts = dict(zip(("v_set", "v_reset"), map(float, amplitudes), strict=True))
    return {**volts, "total_s": total_s, "gate_set": None, "gate_reset": None}


def _step_s(width_s: np.ndarray) -> float:
    """The longest step [s] that all widths are whole multiples of, to the picosecond."""
    return float(np.gcd.reduce(np.rint(width_s * 1e12).astype(np.int64)) / 1e12)


def _range(values: np.ndarray) -> float | list[float]:
    low, high = float(values.min()), float(values.max())
    return low if low == high else [low, high]


def _frame(values: Mapping[str, np.ndarray], devices: np.ndarray, splits: np.ndarray) -> pd.DataFrame:
    """The columns of a dataset."""
    import pandas as pd

    g = {name: values[name] for name in ("g_start_S", "g_end_S")}
    n = len(splits)
    histories = np.empty(n, dtype=object)
    for k, points in enumerate(np.stack([g["g_start_S"], g["g_end_S"]], axis=1).astype(np.float32)):
        histories[k] = points
    return pd.DataFrame({
        "record": np.arange(n), "device": devices, "split": splits, "seed": np.zeros(n, dtype=np.int64),
        "g_start_S": g["g_start_S"], "g_target_S": g["g_end_S"], "g_end_S": g["g_end_S"],
        "t_pulse_s": -np.sign(values["amplitude_V"]) * values["width_s"],
        "amplitude_V": values["amplitude_V"], "rise_s": values["rise_s"], "fall_s": values["fall_s"],
        "energy_J": np.full(n, np.nan), "outcome": "reached", "result": "OK", "g_sense_start_S": g["g_start_S"],
        "g_sense_end_S": g["g_end_S"], "history_g_S": histories, "history_dt_s": values["width_s"],
        "history_points": np.full(n, 2),
    } | ({"time_s": values["time_s"]} if "time_s" in values else {}))  # fmt: skip


def _stored(frame: pd.DataFrame, manifest: Manifest, out: str | Path | None) -> PulseDataset:
    if out is None:
        return PulseDataset(frame, manifest)
    folder = make_folder(checked_path("out", out))
    manifest = claimed(folder, manifest)
    for shard, begin in enumerate(range(0, len(frame), _SHARD)):
        path = folder / shard_name(shard)
        if not check_shard(path, manifest, shard):
            write_shard(path, frame.iloc[begin : begin + _SHARD], manifest, shard)
    return PulseDataset.load(folder)
