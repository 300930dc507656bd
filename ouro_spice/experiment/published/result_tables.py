"""Results as tables, over whatever rows and figures there are: declared columns in their order, all others behind."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .formats import PERCENTS, duration, energy, gaps, number, plain, ratio, share, shares_span, span
from .write_tables import AGAINST_HEAD, TUNED_HEAD, against_rows, cost_head, cost_rows, tuned_rows

Row = Mapping[str, Any]
Table = tuple[list[str], list[list[str]]]
"""Head and lines."""


@dataclass(frozen=True)
class Column:
    """A column of a table.

    Attributes
    ----------
    head
        Above it.
    text
        Takes a row of results; returns the cell, empty where the row has no such figure.
    keys
        The figures of a row that it shows, or that stand for them: they get no column of their own.
    always
        Whether it stands there where no row has such a figure.
    """

    head: str
    text: Callable[[Row], str]
    keys: tuple[str, ...]
    always: bool = True


def _column(head: str, key: str, form: Callable[[Any], str], always: bool = True) -> Column:
    return Column(head, lambda row: form(row.get(key)), (key,), always)


def _name(value: Any) -> str:
    return value or ""


def _interval(key: str) -> Callable[[Row], str]:
    return lambda row: shares_span((row.get("interval") or {}).get(key))


def _trainings(row: Row) -> str:
    """Return how many trainings a row is the mean of, and their spread of the share within 20 %, as text."""
    found = row.get("trainings")
    if not found:
        return ""
    text = str(found["n"])
    if "sd" in found:
        text += f": sd {share(found['sd']['within_20'])}, {shares_span(found['range']['within_20'])}"
    return text + (f" ({found['note']})" if found.get("note") else "")


def _timed(row: Row) -> str:
    """Return the median time of a prediction, how many were timed, and the middle half of the times, as text."""
    found, ends = duration(row.get("compute_s")), row.get("compute_quartiles_s")
    return f"{found} ({' .. '.join(map(duration, ends))}, n = {row['compute_n']})" if found and ends else found


def _chosen(row: Row) -> str:
    """Return the shares of the selected training, as text."""
    found = row.get("trainings", {})
    if "chosen_shares" not in found:
        return ""
    values = " / ".join(share(found["chosen_shares"][f"within_{band}"]) for band in PERCENTS)
    return f"{values} (seed {found['chosen']})"


_TITLE = f"{PERCENTS[0]} / {PERCENTS[1]} / {PERCENTS[2]} %"

_SHARES = (
    _column("n", "n", number),
    *(
        _column(f"within {band} %" if not k else f"{band} %", f"within_{band}", share)
        for k, band in enumerate(PERCENTS)
    ),
    Column("95 % interval of 20 %", _interval("within_20"), ("interval",)),
    Column("trainings: spread of 20 %", _trainings, ("trainings",), always=False),
    Column(f"the one chosen on validation data, {_TITLE}", _chosen, (), always=False),
    _column(f"floor - share, {_TITLE}", "gap", gaps),
    _column(f"share - table's, {_TITLE}", "over_table", gaps, always=False),
    _column("median RPD", "rpd_median", share),
    _column("wrong way", "wrong_way", share),
    Column("time of a prediction", _timed, ("compute_s", "compute_n", "compute_quartiles_s")),
)
_SHARES_BESIDE = ("rpd_mean", "failures", "floor_bias", "constant_S", *(f"floor_{band}" for band in PERCENTS))

_BASELINES = ("best constant", "do nothing", "noise-free", "noise-free, looked up")
"""Rows that stand first, in this order; behind them tables, then all others in the order of the results."""

_WRITES = (
    _column("knows", "knows", _name, always=False),
    _column("n", "n", number),
    _column("success", "success", share),
    _column("pulses, mean", "pulses_mean", lambda value: number(value, ".2f")),
    _column("95 % interval", "interval", span),
    _column("median", "pulses_median", number),
    _column("p95", "pulses_p95", lambda value: number(value, ".0f")),
    _column("below 10", "iterations_below_10", share),
    _column("reads, mean", "reads_mean", lambda value: number(value, ".2f"), always=False),
    _column("predictions, mean", "predictions_mean", lambda value: number(value, ".2f"), always=False),
)
_WRITES_LAST = (_column("energy", "energy_J", energy),)
_WRITES_BESIDE = (
    "reads", "reads_interval_s", "time_s", "time_total_s", "time_interval_s", "energy_interval_J", "success_interval",
    "success_g", "ranges", "outcomes", "median_interval", "read_energy_interval_J",
)  # fmt: skip

_COSTS = ("reads_mean", "predictions_mean", "energy_J", "read_energy_J", "time_100ns_s")
"""Figures of writes in a table of their own."""

_RATIOS = (
    _column("neural", "neural", _name),
    _column("best that knows nothing", "conventional", _name),
    _column("ratio (95 %)", "over_best", ratio),
    _column("best that knows the model", "model", _name, always=False),
    Column("to that (95 %)", lambda row: ratio(row.get("over_model")), ("over_model",), always=False),
    _column("ratio to untuned fixed pulses", "over_untuned", ratio),
)

_TRANSFER = (*_SHARES[1:4], _column("median RPD", "rpd_median", share), _column("failures", "failures", number))


def share_table(rows: Mapping[str, Row]) -> Table:
    """Return a table of a setting's attempts: a line a variant, the floor first, then what needs no network."""
    first = next((row for row in rows.values() if f"floor_{PERCENTS[0]}" in row), None)
    ordered = sorted(rows, key=_rank)  # a stable order: others as they are in the results
    head, lines = _made("variant", {name: rows[name] for name in ordered}, _SHARES, _SHARES_BESIDE)
    if first is not None:
        floor = {f"within_{band}": first.get(f"floor_{band}") for band in PERCENTS}
        lines.insert(0, ["noise floor", *_cells(floor, head)])
    return head, lines


def _rank(name: str) -> int:
    if name in _BASELINES:
        return _BASELINES.index(name)
    return len(_BASELINES) if "table" in name else len(_BASELINES) + 1


def _cells(row: Row, head: Sequence[str]) -> list[str]:
    by_head = {one.head: one.text for one in _SHARES}
    return [by_head[one](row) if one in by_head else "" for one in head[1:]]


def list_tables(rows: Mapping[str, Row]) -> dict[str, Table]:
    """Return the tables inside the rows of a setting, such as those of small updates, by their key; variants first."""
    keys = dict.fromkeys(key for row in rows.values() for key, value in row.items() if _is_list(value))
    found = {}
    for key in keys:
        lines = [(name, one) for name, row in rows.items() for one in row.get(key) or ()]
        head, cells = _made("variant", dict(enumerate(one for _, one in lines)), (), ())
        found[key] = head, [[name, *line[1:]] for (name, _), line in zip(lines, cells, strict=True)]
    return found


def _is_list(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(one, Mapping) for one in value)


def write_table(rows: Mapping[str, Row]) -> Table:
    """Return a table of a setting's writes: a line a programmer, times for each length of a read."""
    lengths = dict.fromkeys(length for row in rows.values() for length in row.get("reads", {}))
    times = tuple(_time(length, k == 0) for k, length in enumerate(lengths))
    return _made("programmer", rows, (*_WRITES, *times, *_WRITES_LAST), _WRITES_BESIDE)


def write_tables(results: Mapping[str, Any], setting: str, tolerance: str) -> list[Table]:
    """Return all tables of a setting's writes to within a tolerance.

    How they ended; what they take; the ratios to rivals; tuned settings. Results that count no reads have one table.
    """
    rows = results["write_verify"][setting][tolerance]
    if not any("reads_mean" in row for row in rows.values()):
        return [write_table(rows)]
    ratios, timed, tuned = (
        ((results.get(key) or {}).get(setting) or {}).get(tolerance) or {}
        for key in ("ratios", "prediction_s", "tuned")
    )
    break_even = (ratios.get("time_s") or {}).get("break_even") or {}
    reads_s = [float(length) for length in next(iter(rows.values())).get("reads", {})]
    found = [
        _made("programmer", rows, _WRITES[:-2], (*_WRITES_BESIDE, *_COSTS)),
        (cost_head(reads_s), cost_rows(rows, timed, break_even)),
        (list(AGAINST_HEAD), against_rows(rows, ratios)),
        (list(TUNED_HEAD), tuned_rows(tuned)),
    ]
    return [one for one in found if one[1]]


def _time(length: str, first: bool) -> Column:
    head = duration(float(length))
    return Column(
        f"time, reads of {head}" if first else head, lambda row: duration(row.get("reads", {}).get(length)), ()
    )


def ratio_table(ratios: Mapping[str, Mapping[str, Row]]) -> Table:
    """Return a table of how many times fewer: a line for each tolerance, for pulses and for time."""
    words = {"pulses": "pulses", "time_s": "time"}
    keyed = {(tolerance, key): row for tolerance, both in ratios.items() for key, row in both.items() if key in words}
    head, lines = _made("", keyed, _RATIOS, ("over_each", "each", "break_even"))
    names = [[f"+-{float(tolerance):.0%}", words.get(key, key)] for tolerance, key in keyed]
    return ["tolerance", "of", *head[1:]], [[*name, *line[1:]] for name, line in zip(names, lines, strict=True)]


def transfer_table(rows: Mapping[str, Row]) -> Table:
    """Return a table of a network's attempts under other conditions, a line each."""
    return _made("condition", rows, _TRANSFER, ("n", "interval", "rpd_mean", "wrong_way"))


def _made(title: str, rows: Mapping[Any, Row], columns: Sequence[Column], beside: Sequence[str]) -> Table:
    """Return a table of the declared columns, and of one for each figure that none of them shows."""
    known = {key for column in columns for key in column.keys} | set(beside)
    found = dict.fromkeys(key for row in rows.values() for key in row if key not in known)
    others = [Column(key.replace("_", " "), _plain(key), (key,), always=False) for key in found]
    shown = [one for one in (*columns, *others) if one.always or any(one.text(row) for row in rows.values())]
    lines = [[str(name), *(one.text(row) for one in shown)] for name, row in rows.items()]
    return [title, *(one.head for one in shown)], lines


def _plain(key: str) -> Callable[[Row], str]:
    return lambda row: plain(key, row.get(key))
