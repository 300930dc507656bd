"""What was aimed at, beside what was measured."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

AIM_HEAD = (
    "claim of the paper",
    "paper",
    "on its own ground (`make paper`)",
    "in the circuit, 1T1R (`make circuit`)",
)
AIM_HEAD = ("aim", "measured", "met")

Results = dict[str, dict[str, Any]]
"""By campaign."""

_SPICE = "1t1r_60us_d2d"

_OTHERS = ("do nothing", "noise-free")


def aim_rows(results: Results) -> list[list[str]]:
    """Aims with what was measured, and whether they are met; those of campaigns that were not run are left out."""
    rows = []
    for campaign, text, measure in _AIMS:
        if campaign not in results:
            continue
        try:
            found, met = measure(results[campaign])
        except KeyError:
            rows.append([text, "not measured", ""])
        else:
            rows.append([text, found, "yes" if met else "**no**"])
    return rows


def _smoothed(results: dict[str, Any]) -> tuple[str, bool]:
    share = results["one_shot"]["paper"]["B_smoothed"]["within_50"]
    return f"{100 * share:.1f} %", share >= 0.95


def _floor(setting: str, limit: float) -> Callable[[dict[str, Any]], tuple[str, bool]]:
    """For each band: the network with the smallest upper end of floor - share, the floor's own bias added."""

    def measure(results: dict[str, Any]) -> tuple[str, bool]:
        rows = results["one_shot"][setting]
        found, met = [], True
        for band in (50, 20, 10):
            if not any("gap" in row for row in rows.values()):
                raise KeyError("gap")  # no floor was asked for there
            told = next(row["floor_bias"] for row in rows.values() if "floor_bias" in row)
            bias = max(told[f"within_{band}"] or 0.0, 0.0)
            gaps = {
                name: [x + bias for x in row["gap"][f"within_{band}"]]
                for name, row in rows.items()
                if "gap" in row and name not in _OTHERS and "trained on" not in name
            }
            best = min(gaps, key=lambda name: gaps[name][2])
            value, low, high = (100 * x for x in gaps[best])
            met &= high < limit
            found.append(f"{band} %: {value:.1f} ({low:.1f} .. {high:.1f}), {best}")
        return "; ".join(found), met

    return measure


def _history(results: dict[str, Any]) -> tuple[str, bool]:
    """Each band by the network of this circuit that serves it best."""
    every = results["one_shot"][_SPICE]
    rows = {n: row for n, row in every.items() if n.endswith(", two attempts") and "trained on" not in n}
    if not rows:
        raise KeyError("two attempts")  # no network of the circuit made them
    found, met = [], True
    for band, least in ((50, 0.95), (20, 0.75)):
        name = max(rows, key=lambda name: rows[name][f"within_{band}"])
        share = rows[name][f"within_{band}"]
        met &= share >= least
        found.append(f"{100 * share:.1f} % ({name.removesuffix(', two attempts')})")
    return ", ".join(found), met


def _iterations(setting: str) -> Callable[[dict[str, Any]], tuple[str, bool]]:
    def measure(results: dict[str, Any]) -> tuple[str, bool]:
        rows = results["write_verify"][setting]["0.1"]
        name = results["ratios"][setting]["0.1"]["pulses"]["neural"]
        share, median = rows[name]["iterations_below_10"], rows[name]["pulses_median"]
        return f"{100 * share:.1f} %, median {median:g} ({name})", share >= 0.95 and median <= 3

    return measure


def _ratio(setting: str, key: str, what: str, least: float) -> Callable[[dict[str, Any]], tuple[str, bool]]:
    def measure(results: dict[str, Any]) -> tuple[str, bool]:
        row = results["ratios"][setting]["0.1"][key]
        value, low, high = row[what]
        against = row["conventional"] if what == "over_best" else "fixed 10 ns"
        return f"{value:.2f} ({low:.2f} .. {high:.2f}) against {against}", low >= least

    return measure


_AIMS: tuple[tuple[str, str, Callable[[dict[str, Any]], tuple[str, bool]]], ...] = (
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
