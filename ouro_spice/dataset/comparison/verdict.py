"""What a comparison comes to, in words, by fixed rules."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

_ALIKE = 0.02
"""Medians of log10 within this, a factor of 1.05, are called alike."""

_SMALL, _LARGE = 0.05, 0.2
"""Share of writes within 20 % that one side's pulse times lose in the other: below it stands for the other, above it
does not."""

_ENOUGH = 0.5
"""Share of B's own pulse times within 20 % below which they are no measure."""

_SURE = 2.0
"""A mean or a median differs from 0 where it is this many standard errors from it."""

_ERROR = 0.93
"""Standard error of the median of n values in their interquartile range / sqrt(n), where they are normal."""

_FEWEST = 6
"""Values, all of one sign by chance in less than 5 % of the cases."""


def verdict(summary: Mapping[str, Any]) -> str:
    """Return the verdict on a comparison's summary, some sentences.

    - Times: the median factor t_b / t_a; "alike" within 5 %. Where it is of less than 6 records, or its logarithm
      within two standard errors from 0, that is said.
    - Split: the two largest steps whose means are more than two standard errors from 0.
    - Distributions: how many are further apart than their 5 % limits, and the one that is so by most.
    - Played: the share of A's pulse times that end within 20 % of the target in B, and B's own. A loss below 5
      percentage points: A stands for B; above 20: it does not; between them: roughly. Nothing is said where less than
      half of B's own do.
    """
    said = [_times(summary), _split(summary.get("split")), _distributions(summary["ks"]), _played(summary)]
    return " ".join(text for text in said if text)


def _times(summary: Mapping[str, Any]) -> str:
    """Return the sentence on the ratio of pulse times."""
    ratio, all_of, clipped = summary["ratio"]["both"], summary["records"], summary["starts_clipped"]
    lost = all_of - ratio["records"] - clipped
    why = [f"{clipped} begin elsewhere, since the window of one side ends before"] if clipped else []
    why += [f"{lost} {'is' if lost == 1 else 'are'} not reached on both sides"] if lost else []
    head = f"{ratio['records'] or 'None'} of {all_of} records can be compared{': ' * bool(why)}{', '.join(why)}."
    if not ratio["records"]:
        return head
    factor, low, high = (10 ** ratio[name] for name in ("median_log10", "q25_log10", "q75_log10"))
    half = f"{factor:.2f} (median; half of the records from {low:.2f} to {high:.2f})"
    if abs(ratio["median_log10"]) <= _ALIKE:
        return f"{head} Pulse times are alike: the factor from A to B is {half}."
    n, spread = ratio["records"], ratio["q75_log10"] - ratio["q25_log10"]
    if n < _FEWEST or abs(ratio["median_log10"]) <= _SURE * _ERROR * spread / math.sqrt(n):
        return f"{head} The factor from A to B is {half}, which the scatter of so few records can make."
    return f"{head} Pulse times differ by a factor of {half} from A to B."


def _split(split: Mapping[str, Any] | None) -> str:
    """Return the sentence on the largest steps of the split; "" where there is none."""
    if split is None or not split["records"]:
        return ""
    sure = [s for s in split["steps"] if s["sem_log10"] is not None and abs(s["mean_log10"]) > _SURE * s["sem_log10"]]
    if not sure:
        return f"No step of the split stands out of the scatter of {split['records']} records."
    first, *others = sorted(sure, key=lambda step: -abs(step["mean_log10"]))
    more = f", then {_part(others[0])}" if others else ""
    return f"The largest part is {_part(first)}{more}; in all {split['total_log10']:+.3f} decades."


def _part(step: Mapping[str, Any]) -> str:
    """Return a step with its mean and standard error, as text."""
    return f"{step['step']} ({step['mean_log10']:+.3f} +- {step['sem_log10']:.3f} decades)"


def _distributions(rows: list[Mapping[str, Any]]) -> str:
    """Return the sentence on the distances between distributions."""
    beyond = [row for row in rows if row["ks"] is not None and row["ks"] > row["ks_5_percent"]]
    if not beyond:
        return "No distribution of pulse times differs by more than A and B swapped at random do."
    worst = max(beyond, key=lambda row: row["ks"] / row["ks_5_percent"])
    where = f"{worst['direction']} from {worst['g_start_low_S'] * 1e6:.0f} to {worst['g_start_high_S'] * 1e6:.0f} uS"
    how_many = f"{len(beyond)} of {len(rows)} are further apart than 95 % of random swaps of A and B"
    return (
        f"Distributions differ most in {where} (KS {worst['ks']:.2f}, chance {worst['ks_5_percent']:.2f}); {how_many}."
    )


def _played(summary: Mapping[str, Any]) -> str:
    """Return the sentences on pulse times of A in B; "" where none was sent."""
    played, own = summary.get("played"), summary.get("own")
    if not played or not own or not played["records"]:
        return ""
    theirs, ours = played["within_20_percent"], own["within_20_percent"]
    counts = [round(share * played["records"]) for share in (theirs, ours)]
    told = (
        f"A pulse time of A, played into B, ends within 20 % of the target in {counts[0]} of {played['records']} "
        f"records; B's own in {counts[1]}."
    )
    lost = ours - theirs
    if ours < _ENOUGH:
        return f"{told} That tells nothing of A: the widths of pulses are too coarse for B itself."
    if lost < _SMALL:
        return f"{told} A stands for B."
    return f"{told} " + ("A does not stand for B." if lost > _LARGE else "A stands for B only roughly.")
