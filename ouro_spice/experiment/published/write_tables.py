"""Writes as tables: how they ended, what they take, how many times as much as with rivals, and tuned settings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ...programming.tuning import edges_in_words
from .setting_words import in_words, listed

WRITE_HEAD = (
    "programmer",
    "knows",
    "n",
    "success (%)",
    "pulses, mean",
    "95 % interval",
    "median",
    "p95",
    "below 10 (%)",
)
COST_HEAD = ("programmer", "reads", "predictions", "time, reads of 10 ns", "100 ns", "1 us",
             "100 ns and predictions in software", "a pulse's choice may take", "energy of pulses",
             "of reads")  # fmt: skip
AGAINST_HEAD = ("programmer", "knows", "pulses: the best that knows nothing takes", "the best that knows the model",
                "time: the best that knows nothing takes", "the best that knows the model")  # fmt: skip
RATIO_HEAD = ("tolerance", "of", "n", "neural", "best that knows nothing", "ratio (95 %)", "best that knows the model",
              "ratio (95 %)", "ratio to untuned fixed pulses")  # fmt: skip
TUNED_HEAD = ("programmer", "settings", "at an edge of what was tried")

SAYS = (
    "Reads stand beside pulses: one before the first, and one after each. A prediction is one evaluation of a "
    "network, or of a model's lookup, for one reading, change and amplitude; times are without them but where it "
    "is said. In software: with the CPU time that this programmer took here to choose a pulse, one write at a "
    'time. "May take": how long the choice of a pulse may take before a write, with reads of 100 ns, takes as '
    "long as with the best rival that predicts nothing (95 %). Energy of pulses is what the drivers delivered; "
    "that of reads what all sources of the circuit delivered in reads of the cell's own length, of compact cells "
    "g V^2 over the read; an ADC and what predicts are in neither. The best of several is chosen on other writes "
    "than it is judged on, so that such a ratio may differ from that of two rows."
)
"""What is counted, in words."""

Rows = list[list[str]]
Row = Mapping[str, Any]


def write_rows(rows: Mapping[str, Row]) -> Rows:
    """Return a line for each programmer under `WRITE_HEAD`."""
    return [
        [
            name, row.get("knows", ""), str(row["n"]), share(row["success"]), f"{row['pulses_mean']:.2f}",
            f"{row['interval'][0]:.2f} .. {row['interval'][1]:.2f}", f"{row['pulses_median']:g}",
            f"{row['pulses_p95']:.0f}", share(row["iterations_below_10"]),
        ]
        for name, row in rows.items()
    ]  # fmt: skip


def cost_rows(rows: Mapping[str, Row], prediction_s: Mapping[str, Row], break_even: Mapping[str, Row]) -> Rows:
    """Return a line for each programmer under `COST_HEAD`.

    Parameters
    ----------
    rows
        As results hold them.
    prediction_s, break_even
        By programmer, as of `prediction_times` and `rival_ratios.break_even`.
    """
    return [
        [
            name, _number(row.get("reads_mean")), _number(row.get("predictions_mean")),
            *(seconds(time_s) for time_s in row["reads"].values()), seconds(software_s(row, prediction_s.get(name))),
            _may_take(break_even.get(name, {}).get("pulse_s")), energy(row["energy_J"]),
            energy(row.get("read_energy_J")),
        ]
        for name, row in rows.items()
    ]  # fmt: skip


def _may_take(pulse_s: Sequence[float] | None) -> str:
    """Return how long the choice of a pulse may take, as text; "none" where the rival is quicker as it is."""
    return "none" if pulse_s and pulse_s[2] <= 0 else interval(pulse_s, seconds)


def cost_head(reads_s: Sequence[float]) -> list[str]:
    """Return `COST_HEAD` for reads of some lengths [s]."""
    times = [f"{t * 1e6:g} us" if t >= 1e-6 else f"{t * 1e9:g} ns" for t in reads_s]
    return [*COST_HEAD[:3], f"time, reads of {times[0]}", *times[1:], *COST_HEAD[6:]]


def software_s(row: Row, times: Row | None) -> float | None:
    """Return the time of a write with reads of 100 ns and its predictions in software [s]; None where it has none."""
    if not times or "time_100ns_s" not in row:
        return None
    return row["time_100ns_s"] + row["pulses_mean"] * times["pulse_s"]


def software_rows(rows: Mapping[str, Row], prediction_s: Mapping[str, Row]) -> dict[str, dict[str, Any]]:
    """Return the rows of results, with ``software_s`` [s] where a programmer predicts, for figures."""
    found = {name: software_s(row, prediction_s.get(name)) for name, row in rows.items()}
    return {name: {**row, **({} if found[name] is None else {"software_s": found[name]})} for name, row in rows.items()}


def against_rows(rows: Mapping[str, Row], ratios: Mapping[str, Row]) -> Rows:
    """Return a line for each programmer under `AGAINST_HEAD`: times as much as it takes itself."""
    each = {key: ratios[key]["each"] for key in ("pulses", "time_s") if key in ratios}
    return [
        [name, row.get("knows", ""), *(ratio_text(one[name][who]) for one in each.values() for who in one[name])]
        for name, row in rows.items()
        if each and all(name in one for one in each.values())
    ]


def ratio_rows(ratios: Mapping[str, Row], rows: Mapping[str, Mapping[str, Row]]) -> Rows:
    """Return a line for each tolerance, for pulses and for time, under `RATIO_HEAD`; `rows` by tolerance."""
    words = {"pulses": "pulses", "time_s": "time"}
    return [
        [
            f"+-{float(tolerance):.0%}", words[key], str(rows[tolerance][both[key]["neural"]]["n"]),
            both[key]["neural"],
            both[key]["conventional"] or "", ratio_text(both[key]["over_best"]), both[key].get("model") or "",
            ratio_text(both[key].get("over_model")), ratio_text(both[key]["over_untuned"]),
        ]
        for tolerance, both in ratios.items() for key in words
    ]  # fmt: skip


def tuned_rows(tuned: Mapping[str, Row]) -> Rows:
    """Return a line for each conventional programmer under `TUNED_HEAD`: ``parameters`` and ``edges`` by programmer."""
    return [
        [name, listed(one["parameters"]), edges_in_words(in_words(one["parameters"], one["edges"])) or "none"]
        for name, one in tuned.items()
    ]


def share(value: float | None) -> str:
    """Return a share in per cent, as text; "" for None."""
    return "" if value is None else f"{100 * value:.1f}"


def seconds(value: float | None) -> str:
    """Return a time [s] with its unit; "" for None."""
    if value is None:
        return ""
    units = ((1e9, "ns"), (1e6, "us"), (1e3, "ms"), (1.0, "s"))
    scale, unit = next((scale, unit) for scale, unit in units if abs(value) * scale < 1000 or scale == 1.0)
    return f"{value * scale:.3g} {unit}"


def ratio_text(value: Sequence[float | None] | None) -> str:
    """Return a ratio with its interval, as text; "" where there is none."""
    return interval(value, _two_digits)


def _two_digits(number: float) -> str:
    """Return a number with two places behind the point, or with two digits where that would be nothing."""
    return f"{number:.2f}" if number >= 0.095 or number == 0 else f"{number:.2g}"


def interval(value: Sequence[float | None] | None, word: Any) -> str:
    """Return [value, low, high] as text, each by `word`; "" where there is none."""
    if value is None or None in value or any(number != number for number in value):
        return ""
    return f"{word(value[0])} ({word(value[1])} .. {word(value[2])})"


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.2f}" if value else "0"


def energy(value: float | None) -> str:
    """Return an energy [J] with its unit; "" for None."""
    if value is None:
        return ""
    return f"{value * 1e12:.3g} pJ" if value < 1e-9 else f"{value * 1e9:.3g} nJ"
