"""Own measurements: a table of measured pulses becomes a dataset that trains a predictor like any other.

A map names the table's column and its unit for each quantity of a pulse: ``g_start_S`` and ``g_end_S``, the conductance
before and after it, ``amplitude_V``, ``width_s``; where there are any also ``device``, a name without a unit,
``time_s``, when each pulse began, ``rise_s`` and ``fall_s``. Units are S, mS, uS, nS, or Ohm, kOhm, MOhm of a
resistance; V, mV; s, ms, us, ns, ps. They can be left to the table, where a row below the header or the name of the
column, in brackets, states them; what contradicts the map is refused.

Which way a pulse goes is given by the sign of its amplitude, by the words of a column ``operation`` (set, reset; s, r;
p, d; ltp, ltd and the like), or by magnitudes in two columns, ``set_amplitude_V`` and ``reset_amplitude_V``, one of
them 0 or empty in each row.

Rows in which no pulse was measured are refused, or left out and counted: overflow (inf, 9.9e37, OVLD), no value (empty,
NaN, #N/A), a conductance of 0 or below, 0 V, reads in the column ``operation``. So are conductances outside
1 nS .. 10 mS, amplitudes below 20 mV, widths outside 10 ps .. 1 s and edges above 1 s, or taken as they are: a table
with these has another unit as a rule.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from .._util.assets import sha256
from .._util.checks import check_flag, check_kind, check_range, check_seed, checked_path
from .._util.files import make_folder
from ..circuit.pulse import LONGEST_S, SHORTEST_S
from ..provenance import maker
from ..provenance.manifest import MEASUREMENT, Manifest, measured_circuit, versions
from .measured_columns import BY_DIRECTION
from .measurements import Measurements, read_measurements
from .pulse_dataset import PulseDataset
from .storage import check_shard, claim_folder, shard_name, write_shard

if TYPE_CHECKING:
    import pandas as pd


_SHARD = 5000
_SHARES = {"train": 0.8, "validation": 0.9, "test": 1.0}


def import_pulses(
    path: str | Path,
    columns: Mapping[str, str],
    out: str | Path | None = None,
    seed: int = 0,
    *,
    positive_sets: bool = False,
    rise_s: float = 2e-9,
    fall_s: float = 2e-9,
    header: Sequence[str] | None = None,
    skip_bad: bool = False,
    accept_implausible: bool = False,
) -> PulseDataset:
    """Make a dataset of a CSV table of measured pulses, one a row.

    Each pulse is a record that reached its target: where it led to. Histories have two points, energies are NaN.

    Parameters
    ----------
    path
        The table; `_util.tables.table_file.read_table` says how header, rows, comments and units are told apart.
    columns
        Column and unit of each quantity, such as ``{"g_start_S": "G before:uS", "amplitude_V": "V:mV", "width_s":
        "tp:ns", "g_end_S": "G after:uS"}``; the module's own text says which there are.
    out
        Folder for the dataset. In memory only where None.
    seed
        Of the split into 80 % training, 10 % validation, 10 % test: of devices where these are named, else of pulses.
    positive_sets, accept_implausible
        Whether the table's SET pulses have positive amplitudes (in the dataset they are negative); whether to take
        values that look like a slip of the unit.
    rise_s, fall_s
        Edges of the pulses where no column gives them [s].
    header
        Names of all columns of a table that has no header.
    skip_bad
        Leave out rows without a pulse; how many is in the manifest's settings, ``left_out``, by reason.

    Raises
    ------
    ValueError
        For a table or a map that is wrong, naming line and column, or a folder that holds other records.
    OutputError
        For a folder that cannot be written to.
    """
    _check_map(columns, header, positive_sets)
    check_seed(seed)
    check_flag("skip_bad", skip_bad)
    check_flag("accept_implausible", accept_implausible)
    edges = {"rise_s": rise_s, "fall_s": fall_s}
    for name, seconds in edges.items():
        check_range(name, seconds, SHORTEST_S, LONGEST_S, "s")
    path = checked_path("path", path)
    found = read_measurements(path, columns, edges, header=header, skip_bad=skip_bad, accept=accept_implausible)
    if positive_sets:
        found.values["amplitude_V"] = -found.values["amplitude_V"]
    _warn_of_polarity(found.values, columns)
    settings = {"seed": int(seed), "columns": dict(columns), "positive_sets": bool(positive_sets)}
    more = {"header": list(header) if header else None, "accept_implausible": bool(accept_implausible)}
    return _dataset(Path(path), found, settings | {name: value for name, value in more.items() if value}, out)


def _check_map(columns: Mapping[str, str], header: Sequence[str] | None, positive_sets: bool) -> None:
    """Raise ValueError for what is no map of columns, no header, or a direction that is given twice."""
    check_flag("positive_sets", positive_sets)
    check_kind("columns", columns, Mapping, "a table of columns by quantity")
    if header is not None and (isinstance(header, str) or not all(isinstance(name, str) for name in header)):
        raise ValueError(f"header = {header!r} must be the names of all columns, one after the other")
    if positive_sets and (told := {"operation", *BY_DIRECTION} & set(columns)):
        raise ValueError(f"positive_sets, and {min(told)} in the map: one of them tells the direction")


def _dataset(path: Path, found: Measurements, settings: Mapping[str, Any], out: str | Path | None) -> PulseDataset:
    """Return the dataset of a table's pulses: split, described, and stored where a folder is given."""
    values, named = found.values, found.devices
    n = len(values["width_s"])
    names = list(dict.fromkeys(named or []))
    places = {name: k for k, name in enumerate(names)}
    devices = np.array([places[name] for name in named]) if named else np.zeros(n, dtype=np.int64)
    manifest = _manifest(path, values, {**settings, "devices": names, **_read(found)})
    splits = _splits(devices if named else np.arange(n), settings["seed"])
    return _stored(_frame(values, devices, splits), manifest, out)


def _read(found: Measurements) -> dict[str, Any]:
    """Return what of the table is no record, and the units that it states itself; only the entries that there are."""
    table = found.table
    units = {name: unit for name, (unit, _) in table.units.items()}
    told = {"left_out": found.left_out, "passed_over": dict(table.passed_over), "units": units, "marked": table.marked}
    return {name: value for name, value in told.items() if value}


def _splits(groups: np.ndarray, seed: int) -> np.ndarray:
    """Return the split of each record, (n,): 80, 10 and 10 % of the groups, as near as whole groups come to it."""
    rng = np.random.default_rng(np.random.SeedSequence(seed))
    count = int(groups.max()) + 1
    places = (rng.permutation(count) + 0.5) / count
    names = np.array([next(name for name, end in _SHARES.items() if place < end) for place in places], dtype=object)
    return names[groups]


def _warn_of_polarity(values: Mapping[str, np.ndarray], columns: Mapping[str, str]) -> None:
    """Warn where more than half of the pulses, or a fifth of those of one sign, act against their polarity."""
    told_by = next((name for name in ("operation", *BY_DIRECTION) if name in columns), "positive_sets")
    change, signs = values["g_end_S"] - values["g_start_S"], np.sign(values["amplitude_V"])
    against, n = int((np.sign(change) == signs).sum()), len(change)
    told = f"{against} of {n} pulses move the conductance against their polarity (SET, negative, raises it)"
    if 2 * against > n:
        warnings.warn(f"{told}: is {told_by} right?", stacklevel=3)
    elif told_by == "positive_sets" and len(set(signs)) == 1 and 5 * against > n:
        warnings.warn(
            f"{told}, and all amplitudes have one sign: is the direction in another column? Map it as operation, or "
            "as set_amplitude_V and reset_amplitude_V",
            stacklevel=3,
        )


def _manifest(path: Path, values: Mapping[str, np.ndarray], settings: Mapping[str, Any]) -> Manifest:
    """Return the manifest of measurements: the table's hash, no simulator."""
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
        code=maker.code("measurements", True),
    )


def _pair(values: Mapping[str, np.ndarray]) -> dict[str, float | None] | None:
    """Return the pair of amplitudes, None where a direction has none or several; its time is the longest pulse's.

    A pair's time lies within 1 ns .. 1 s.
    """
    amplitudes = np.unique(values["amplitude_V"])
    if len(amplitudes) != 2 or not amplitudes[0] < 0 < amplitudes[1]:
        return None
    total_s = float(np.clip(values["width_s"].max(), 1e-9, 1.0))
    volts = dict(zip(("v_set", "v_reset"), map(float, amplitudes), strict=True))
    return {**volts, "total_s": total_s, "gate_set": None, "gate_reset": None}


def _step_s(width_s: np.ndarray) -> float:
    """Return the longest step [s] that all widths are whole multiples of, to the picosecond."""
    return float(np.gcd.reduce(np.rint(width_s * 1e12).astype(np.int64)) / 1e12)


def _range(values: np.ndarray) -> float | list[float]:
    """Return the one value that all values are, or the smallest and the largest of them."""
    low, high = float(values.min()), float(values.max())
    return low if low == high else [low, high]


def _frame(values: Mapping[str, np.ndarray], devices: np.ndarray, splits: np.ndarray) -> pd.DataFrame:
    """Return the records as a table with the columns of a dataset."""
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
        "amplitude_V": values["amplitude_V"], "gate_V": np.full(n, np.nan), "rise_s": values["rise_s"],
        "fall_s": values["fall_s"],
        "energy_J": np.full(n, np.nan), "outcome": "reached", "result": "OK", "g_sense_start_S": g["g_start_S"],
        "g_sense_end_S": g["g_end_S"], "history_g_S": histories, "history_dt_s": values["width_s"],
        "history_points": np.full(n, 2),
    } | ({"time_s": values["time_s"]} if "time_s" in values else {}))  # fmt: skip


def _stored(frame: pd.DataFrame, manifest: Manifest, out: str | Path | None) -> PulseDataset:
    """Return the dataset of records and manifest, written to a folder and read from there where one is given."""
    if out is None:
        return PulseDataset(frame, manifest)
    folder = make_folder(checked_path("out", out))
    manifest = claim_folder(folder, manifest)
    for shard, begin in enumerate(range(0, len(frame), _SHARD)):
        path = folder / shard_name(shard)
        if not check_shard(path, manifest, shard):
            write_shard(path, frame.iloc[begin : begin + _SHARD], manifest, shard)
    return PulseDataset.load(folder)
