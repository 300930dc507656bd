"""What was aimed at, beside what was measured.

One rule for all: an aim is met where the end of its 95 % interval meets it, and the number of cases stands beside.
Intervals of shares are Wilson's, of several trainings those of another draw of them too; of means and ratios they are
bootstraps. The best of several is chosen on other cases than it is judged on (`best_of.of_best`).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ..._util.statistics import wilson
from ..trainings import widen
from .write_tables import ratio_text

AIM_HEAD = ("aim", "measured", "met")

_NOT = "not measured"

Results = Mapping[str, Mapping[str, Any]]
"""By campaign."""

_SPICE = "1t1r_60us_d2d"

_TWO = ", two attempts"

_OTHERS = ("do nothing", "noise-free")


def aim_rows(results: Results) -> list[list[str]]:
    """Return a row for each aim: text, measured figure, whether it is met; none of campaigns that were not run."""
    rows = []
    for campaign, text, measure in _AIMS:
        if campaign not in results:
            continue
        try:
            found, met = measure(results[campaign])
        except KeyError:
            rows.append([text, _NOT, ""])
        else:
            rows.append([text, found, _NOT if met is None else "yes" if met else "**no**"])
    return rows


def _share(row: Mapping[str, Any], key: str) -> tuple[float, float, float]:
    """Return a share of independent attempts and its interval: Wilson's, or that of several trainings where wider."""
    ends = row["interval"][key] if row.get("trainings", {}).get("n", 1) > 1 else None
    value, low, high = widen((row[key], *wilson(row[key] * row["n"], row["n"])), ends)
    return value, low, high


def _percent(value: float, low: float, high: float) -> str:
    """Return a share and its interval in per cent, as text."""
    return f"{100 * value:.1f} % ({100 * low:.1f} .. {100 * high:.1f})"


def _smoothed(results: Mapping[str, Any]) -> tuple[str, bool]:
    """Judge the share within 50 % of the network that was fine-tuned through smoothed histories."""
    row = results["one_shot"]["paper"]["B_smoothed"]
    found = _share(row, "within_50")
    return f"{_percent(*found)}, n = {row['n']}", found[1] >= 0.95


_SAME = ", chosen on the same cases"
"""Behind the name of a network in earlier results, which do not hold what each case was."""


def _best(results: Mapping[str, Any], setting: str) -> dict[str, Any]:
    """Return the best networks of a setting, as `best_networks` gives them.

    Of earlier files, which do not hold them, they are found from the rows alone.
    """
    if "best" in results:
        return results["best"][setting]
    rows = {name: row for name, row in results["one_shot"][setting].items() if "trained on" not in name}
    found: dict[str, Any] = {"gap": {}, "second": {}}
    for key in ("within_50", "within_20", "within_10"):
        gaps = {name: row["gap"][key] for name, row in rows.items() if "gap" in row and name not in _OTHERS}
        pairs = {name.removesuffix(_TWO): _share(row, key) for name, row in rows.items() if name.endswith(_TWO)}
        for what, of, by in (("gap", gaps, min), ("second", pairs, max)):
            if of:
                name = by(of, key=lambda one, of=of: of[one])
                pairs_n = results.get("configuration", {}).get("floor", {}).get("pairs", "?")
                n = pairs_n if what == "gap" else rows[name + _TWO]["n"]
                found[what][key] = {"name": name + _SAME, "value": of[name], "n": n}
    return found


def _quickest(rows: Mapping[str, Any], name: str) -> dict[str, Any]:
    """Return the network with the fewest pulses, as `quickest` gives it, of rows of earlier files.

    The median has no interval there.
    """
    share = _share(rows[name], "iterations_below_10")
    return {"name": name + _SAME, "n": rows[name]["n"], "below_10": share, "median": rows[name]["pulses_median"]}


def below_floor(rows: Mapping[str, Any], key: str, gap: Sequence[float]) -> list[float]:
    """Return floor minus share and its interval with the floor's own bias added, of the rows of a setting.

    What chance takes from the choice of its times makes the floor too low, by about ``floor_bias``; NaN where that
    could not be found, which files hold as null. Results that were made before it was looked for hold none: 0.
    """
    bias = next((row["floor_bias"] for row in rows.values() if "floor_bias" in row), {}).get(key, 0.0)
    return [one + (math.nan if bias is None or math.isnan(bias) else max(bias, 0.0)) for one in gap]


def _floor(setting: str, limit: float) -> Callable[[Mapping[str, Any]], tuple[str, bool | None]]:
    """Judge each band: the best network's floor - share, the floor's own bias added, by the upper end.

    None, not measured, where the bias is not known: the upper end might be anywhere.
    """

    def measure(results: Mapping[str, Any]) -> tuple[str, bool | None]:
        rows, best = results["one_shot"][setting], _best(results, setting)["gap"]
        found, met = [], True
        for key, band in ((f"within_{band}", band) for band in (50, 20, 10)):
            one = best[key]  # KeyError: no floor was asked for there
            value, low, high = (100 * x for x in below_floor(rows, key, one["value"]))
            if math.isnan(high):
                return f"the floor's own bias within {band} % is not known: it takes four trajectories a pair", None
            met &= high < limit
            found.append(f"{band} %: {value:.1f} ({low:.1f} .. {high:.1f}), {one['name']}")
        return f"{'; '.join(found)}; n = {best['within_50']['n']} pairs", met

    return measure


def _history(results: Mapping[str, Any]) -> tuple[str, bool]:
    """Judge second attempts: each band by the network of this circuit that serves it best."""
    best = _best(results, _SPICE)["second"]
    found, met = [], True
    for key, least in (("within_50", 0.95), ("within_20", 0.75)):
        one = best[key]  # KeyError: no network of the circuit made them
        met &= one["value"][1] >= least
        found.append(f"{_percent(*one['value'])} ({one['name']})")
    return f"{', '.join(found)}, n = {best['within_50']['n']}", met


def _iterations(setting: str) -> Callable[[Mapping[str, Any]], tuple[str, bool]]:
    """Judge the number of pulses of the quickest network: share below 10, and median."""

    def measure(results: Mapping[str, Any]) -> tuple[str, bool]:
        ratios = results["ratios"][setting]["0.1"]
        one = ratios.get("quickest") or _quickest(results["write_verify"][setting]["0.1"], ratios["pulses"]["neural"])
        share, median = one["below_10"], one["median"]
        middle, low, high = median if isinstance(median, list | tuple) else (median, None, median)
        within = "its interval was not kept" if low is None else f"{low:g} .. {high:g}"
        text = f"{_percent(*share)}, median {middle:g} ({within}), n = {one['n']} ({one['name']})"
        return text, share[1] >= 0.95 and high <= 3

    return measure


def _ratio(setting: str, key: str, what: str, least: float) -> Callable[[Mapping[str, Any]], tuple[str, bool]]:
    """Judge how many times as much rivals take: the lower end of the interval against `least`."""

    def measure(results: Mapping[str, Any]) -> tuple[str, bool]:
        row = results["ratios"][setting]["0.1"][key]
        n = results["write_verify"][setting]["0.1"][row["neural"]]["n"]
        against = row["conventional"] if what == "over_best" else "fixed 10 ns"
        return f"{ratio_text(row[what])} against {against}, n = {n}", row[what][1] >= least

    return measure


_AIMS: tuple[tuple[str, str, Callable[[Mapping[str, Any]], tuple[str, bool | None]]], ...] = (
    ("paper", "paper ground: B smoothed >= 95 % within 50 %", _smoothed),
    ("paper", "paper ground: best variant meets the floor of its band, floor - share < 4 points", _floor("paper", 4)),
    ("paper", "reduced, 60 us: likewise", _floor("reduced_60us", 4)),
    ("paper", "reduced, 60 us, D2D: likewise", _floor("reduced_60us_d2d", 4)),
    ("circuit", "compact, 60 us: likewise", _floor("compact_60us", 4)),
    ("circuit", "compact, 60 us, D2D: likewise", _floor("compact_60us_d2d", 4)),
    ("circuit", "1T1R in SPICE, 60 us: < 6 points", _floor("1t1r_60us", 6)),
    ("circuit", "1T1R in SPICE, 60 us, D2D: < 6 points", _floor(_SPICE, 6)),
    ("circuit", "1T1R, D2D, second attempt: >= 95 / 75 % within 50 / 20 %, each by its best network", _history),
    ("circuit", "1T1R, writes to +-10 %: < 10 pulses for >= 95 %, median <= 3", _iterations(_SPICE)),
    ("circuit", "compact, the same", _iterations("compact_60us_d2d")),
    ("circuit", "1T1R: >= 3 times fewer pulses than the best conventional", _ratio(_SPICE, "pulses", "over_best", 3)),
    ("circuit", "1T1R: >= 3 times less time, reads of 100 ns", _ratio(_SPICE, "time_s", "over_best", 3)),
    ("circuit", "compact: >= 3 times fewer pulses", _ratio("compact_60us_d2d", "pulses", "over_best", 3)),
    ("circuit", "compact: >= 3 times less time", _ratio("compact_60us_d2d", "time_s", "over_best", 3)),
    ("circuit", "1T1R: >= 50 times less time than fixed 10 ns pulses", _ratio(_SPICE, "time_s", "over_untuned", 50)),
    ("circuit", "compact: the same", _ratio("compact_60us_d2d", "time_s", "over_untuned", 50)),
)  # fmt: skip
