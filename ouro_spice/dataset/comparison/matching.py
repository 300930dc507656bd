"""The records of two datasets beside each other: the same device, walk, start and target in two cells."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from .operand import ComparedDataset

if TYPE_CHECKING:
    import pandas as pd

SAME = 1e-4
"""Conductances that differ by less, relative, are the same one: that of a device is read off a spline, which is up to
2e-5 off where the barrier vanishes."""

_DECIDE = ("seed", "d2d", "per_device", "start", "step_s")
_COLUMNS = [
    "record", "device", "seed", "g_start_S", "g_target_S", "g_end_S", "t_pulse_s", "amplitude_V", "rise_s", "fall_s",
    "outcome",
]  # fmt: skip
_USUAL = ("reached", "not_reached")
_OUTCOMES = (*_USUAL, "simulation_failed")


def match_records(a: ComparedDataset, b: ComparedDataset) -> pd.DataFrame:
    """Return a table with one row for each record that both sides have.

    A model's window may not allow a start: it then begins at the end of what it has, ``start_same`` is False, and
    there is no ratio.

    Raises
    ------
    ValueError
        For sides that are not of the same records, naming what differs, and how to make B.
    """
    _check_settings(a, b)
    frame = a.data.frame[_COLUMNS].merge(b.data.frame[_COLUMNS], on="record", suffixes=("_a", "_b"))
    same = np.isclose(frame.g_start_S_a, frame.g_start_S_b, rtol=SAME, atol=0)
    _check_rows(a, b, frame, same)
    ratio = np.log10(np.abs(frame.t_pulse_s_b / frame.t_pulse_s_a))
    both = same & (frame.outcome_a == "reached") & (frame.outcome_b == "reached")
    return _table(frame, same, ratio.where(both))


def outcomes(frame: pd.DataFrame) -> pd.DataFrame:
    """Return how many records have which outcome in A (rows) and in B (columns), clipped starts included."""
    import pandas as pd

    table = pd.crosstab(frame.outcome_a, frame.outcome_b)
    there = {*_USUAL, *table.index, *table.columns}
    names = [name for name in _OUTCOMES if name in there]
    return table.reindex(index=names, columns=names, fill_value=0)


def _table(frame: pd.DataFrame, same: np.ndarray, ratio: pd.Series) -> pd.DataFrame:
    """Return the columns of `Comparison.frame` of two datasets' records side by side."""
    import pandas as pd

    return pd.DataFrame({
        "record": frame.record,
        "device": frame.device_a,
        "direction": np.where(frame.amplitude_V_a < 0, "SET", "RESET"),
        "g_start_S": frame.g_start_S_a,
        "g_start_b_S": frame.g_start_S_b,
        "g_target_S": frame.g_target_S_a,
        "start_same": same,
        "outcome_a": frame.outcome_a,
        "outcome_b": frame.outcome_b,
        "t_a_s": frame.t_pulse_s_a,
        "t_b_s": frame.t_pulse_s_b,
        "log10_ratio": ratio,
        "amplitude_a_V": frame.amplitude_V_a,
        "amplitude_b_V": frame.amplitude_V_b,
        "g_end_a_S": frame.g_end_S_a,
        "g_end_b_S": frame.g_end_S_b,
        "rise_a_s": frame.rise_s_a,
        "fall_a_s": frame.fall_s_a,
        "rise_b_s": frame.rise_s_b,
        "fall_b_s": frame.fall_s_b,
    })  # fmt: skip


def _check_settings(a: ComparedDataset, b: ComparedDataset) -> None:
    """Raise ValueError where the recipes or nominal devices of the two datasets differ."""
    for name in _DECIDE:
        ours, theirs = (_plain(getattr(side.recipe, name)) for side in (a, b))
        if ours != theirs:
            raise ValueError(_unlike(f"{name} is {ours} in A and {theirs} in B"))
    ours, theirs = a.described_device, b.described_device
    for name in ours.keys() | theirs.keys():
        if ours.get(name) != theirs.get(name):
            raise ValueError(_unlike(f"the device's {name} is {ours.get(name)} in A and {theirs.get(name)} in B"))


def _plain(value: Any) -> Any:
    """Return a number as text, so that its type plays no part; anything else as it is."""
    return f"{value:g}" if isinstance(value, float) else value


def _check_rows(a: ComparedDataset, b: ComparedDataset, frame: pd.DataFrame, same: np.ndarray) -> None:
    """Raise ValueError where two records of a row differ in device, seed, target, or in a start that no window
    explains.
    """
    for name in ("device", "seed"):
        if not (frame.loc[:, f"{name}_a"] == frame.loc[:, f"{name}_b"]).all():
            raise ValueError(_unlike(f"their records have other numbers in the column {name}"))
    targets = np.isclose(frame.g_target_S_a, frame.g_target_S_b, rtol=SAME, atol=0)
    if not targets.all():
        raise ValueError(_unlike(_differs("g_target_S", frame.loc[~targets].iloc[0])))
    for place in np.flatnonzero(~same):
        row = frame.iloc[place]
        started = ((a, row.g_start_S_a), (b, row.g_start_S_b))
        if not any(np.isclose(side.ends_S(int(row.record)), g_S, rtol=SAME, atol=0).any() for side, g_S in started):
            raise ValueError(_unlike(_differs("g_start_S", row)))


def _differs(name: str, row: Any) -> str:
    """Return the conductances of a record in A and in B, in words."""
    values = (f"{row[f'{name}_{side}'] * 1e6:.6g} uS in {side.upper()}" for side in "ab")
    return f"{name} of record {int(row['record'])} is {' and '.join(values)}"


def _unlike(what: str) -> str:
    """Return the message that two datasets are not of the same records, and how to make B."""
    return f"A and B are not of the same records: {what}; make B with `ouro-spice extract --like A ...`"
