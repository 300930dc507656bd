"""The answer of a campaign in a few facts: single pulses against the noise floor, writes against the best rivals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ..evaluation.bands import label
from ..reporting.amounts import amount, interval, share
from ..reporting.names import setting_name, variant_name
from ..reporting.page import Fact
from ..reporting.variants import NETWORK, kind
from .ranking import READ_S

BAND = 0.2
"""The band of the shares."""

_MOST = 6
"""Facts on a card."""

_BASELINES = ("table_20", "20 x 20 median table", "noise-free", "do nothing")

Row = Mapping[str, Any]


def facts(results: Mapping[str, Any]) -> list[Fact]:
    """Return the card of a campaign: a fact for each setting of single pulses, and two for each of writes."""
    writes = [fact for name, found in results["write_verify"].items() for fact in _writes(name, found, results)]
    single = [_share(name, rows) for name, rows in results["one_shot"].items()]
    return [*[fact for fact in single if fact][: max(_MOST - len(writes), 2)], *writes]


def _share(setting: str, rows: Mapping[str, Row]) -> Fact | None:
    """Return the share of single pulses within ±20 % beside the floor and what does without a network; None where no
    variant has one.
    """
    key, floor = label("within", BAND), label("floor", BAND)
    tried = {name: row for name, row in rows.items() if key in row and ", two attempts" not in name}
    networks = [name for name in tried if kind(variant_name(name)) == NETWORK]
    if not networks:
        return None
    best = max(networks, key=lambda name: tried[name][key])
    row = tried[best]
    trainings = row.get("trainings", {}).get("n", 1)
    beside = [f"n = {row['n']}" + (f", mean of {trainings} trainings" if trainings > 1 else "")]
    if len(networks) > 1:
        beside.append(f"the best of {len(networks)} on these attempts")
    limit = next((one[floor] for one in rows.values() if floor in one), None)
    if limit is not None:
        beside.append(f"noise floor, measured on other pairs: {share(limit)}")
    beside += [f"{variant_name(name)}: {share(tried[name][key])}" for name in _BASELINES if name in tried]
    what = f"Single pulses within ±{100 * BAND:g} %, {variant_name(best)}. {setting_name(setting)}"
    return Fact(share(row[key], (row.get("interval") or {}).get(key)), what, "; ".join(beside))


def _writes(setting: str, by_tolerance: Mapping[str, Mapping[str, Row]], results: Mapping[str, Any]) -> list[Fact]:
    """Return what a write takes with the best network, in pulses and in time, beside the best conventional one."""
    ratios = results["ratios"][setting]
    tolerance = "0.1" if "0.1" in by_tolerance else next(iter(by_tolerance))
    rows, found = by_tolerance[tolerance], ratios[tolerance]
    neural = found["pulses"]["neural"]
    row = rows[neural]
    to = f"A write to ±{100 * float(tolerance):g} %, {variant_name(neural)}. {setting_name(setting)}"
    pulses = Fact(
        f"{interval(row['pulses_mean'], row.get('interval'))} pulses", to,
        f"{share(row['success'])} of {row['n']} reach it. {_rival(found['pulses'], rows, _pulses)}",
    )  # fmt: skip
    time = found["time_s"]
    if time["neural"] not in rows or common_time(rows[time["neural"]])[0] is None:
        return [pulses]
    quick = rows[time["neural"]]
    text = f"Its time, {variant_name(time['neural'])}" if time["neural"] != neural else "Its time"
    value = interval(*common_time(quick), "s")
    return [pulses, Fact(value, f"{text}, pulses and reads of 100 ns", _rival(time, rows, _time))]


def _rival(found: Row, rows: Mapping[str, Row], word: Any) -> str:
    """Return the best rivals of either kind with how many times as much they take, as text."""
    said = []
    for rival, over in (("conventional", "over_best"), ("model", "over_model")):
        name = found.get(rival)
        if name and name in rows and found.get(over):
            said.append(f"{variant_name(name)}: {word(rows[name])}, {_times(found[over])} times as much")
    return "; ".join(said)


def _pulses(row: Row) -> str:
    return f"{row['pulses_mean']:.2f}"


def _time(row: Row) -> str:
    return amount(common_time(row)[0], "s")


def common_time(row: Row) -> tuple[Any, Sequence[float] | None]:
    """Return the time of a write with reads of 100 ns [s] and its interval, None where the row has none: the times that
    ratios are made of.
    """
    ends = {float(length): one for length, one in (row.get("reads_interval_s") or {}).items()}
    return row.get("time_100ns_s"), ends.get(READ_S)


def _times(ratio: Sequence[float]) -> str:
    """Return a ratio with its interval, as text."""
    return interval(ratio[0], ratio[1:])


def made(results: Mapping[str, Any]) -> str:
    """Return when, by which command and in what time a campaign was made, in a sentence."""
    name, versions = results["campaign"], results["manifest"]["versions"]
    tools = ", ".join(f"{tool} {versions[tool]}" for tool in ("ouro-spice", "ngspice", "torch") if tool in versions)
    return (
        f"ouro-spice campaign {name} (make {name}), {results['date']}, {results['seconds'] / 60:.0f} minutes beside "
        f"what it found done; seed {results['seeds']['campaign']}; {tools}. All figures of this card have their tables "
        "below."
    )
