"""The paper's claims beside what was measured, and in a few sentences what the tables show."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ..._util.statistics import wilson
from .aims import below_floor
from .formats import PERCENTS, duration, ratio, share, share_of, shares_span, span

CLAIM_HEAD = (
    "claim of the paper",
    "paper",
    "on its own ground (`make paper`)",
    "in the circuit, 1T1R (`make circuit`)",
)

Results = Mapping[str, Mapping[str, Any]]
"""By campaign."""

SPICE = "1t1r_60us_d2d"
"""The setting of claims in the circuit."""

_COMPACT = "compact_60us_d2d"
_TOLERANCE = "0.1"

_NEAR = 0.06
"""Networks whose floor - share is below this, interval and all, are at the floor: what is aimed at in a circuit."""

_MARGIN = 0.02
"""Shares whose difference is within this, interval and all, are called equal."""


def claim_rows(results: Results) -> list[list[str]]:
    """Return a row for each claim of the paper; what has not been run stays empty."""
    ours, spice = _attempts(results, "paper", "paper"), _attempts(results, "circuit", SPICE)
    return [
        ["within 50 % after one attempt, fine-tuned through smoothed histories", "about 95 %",
         _within(ours, "B_smoothed", 50), _within(spice, "within_50", 50)],
        ["saved by the error of t or of G: alike, and better than the noise-free model", "yes",
         _three(ours, ("A_t", "A_G", "noise-free")), _three(spice, ("log_time", "within_20", "noise-free"))],
        ["pulses in the wrong direction, because the sign of t tells it", "yes, fewer after fine-tuning",
         _wrong(ours, ("A_t", "B_smoothed", "log_time")), _wrong(spice, ("log_time", "within_20"))],
        ["repeated, the network is as good as the noise-free model and computes in less time", "yes",
         _compute(ours), _compute(spice)],
        ["far fewer pulses than write-and-verify with a fixed pulse", "significantly less time", "", _untuned(results)],
    ]  # fmt: skip


def findings(results: Results) -> list[str]:
    """Return sentences on what the tables show, made of their figures; none of what has not been run."""
    return [*_at_the_floor(results), *_tables(results), *_many_inputs(results), *_rule(results), *_draws(results)]


def _attempts(results: Results, campaign: str, setting: str) -> Mapping[str, Any]:
    """Return the rows of single attempts of a setting; empty where it was not run."""
    return results.get(campaign, {}).get("one_shot", {}).get(setting, {})


def _settings(results: Results) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield the name and rows of each setting with single attempts."""
    for one in results.values():
        yield from one["one_shot"].items()


def _within(rows: Mapping[str, Any], name: str, band: int) -> str:
    """Return the share within a band of one network, as text; "" where it was not run."""
    return f"{share_of(rows[name], band)}, {name}" if name in rows else ""


def _three(rows: Mapping[str, Any], names: Sequence[str]) -> str:
    """Return the shares of some networks, as text."""
    return "; ".join(f"{name} {_shares(rows[name])}" for name in names if name in rows)


def _shares(row: Mapping[str, Any]) -> str:
    """Return the share within each band with its interval, and the number of attempts, as text."""
    ends = {band: shares_span((row.get("interval") or {}).get(f"within_{band}")) for band in PERCENTS}
    texts = (share(row.get(f"within_{band}")) + (f" ({ends[band]})" if ends[band] else "") for band in PERCENTS)
    return f"{' / '.join(texts)} %, n = {row['n']}"


def _wrong(rows: Mapping[str, Any], names: Sequence[str]) -> str:
    """Return the shares of pulses in the wrong direction of some networks, as text."""
    return "; ".join(f"{name} {_wrong_share(rows[name])}" for name in names if "wrong_way" in rows.get(name, {}))


def _wrong_share(row: Mapping[str, Any]) -> str:
    """Return the share of pulses in the wrong direction with its spread or interval, as text."""
    trainings = row.get("trainings", {})
    ends = (row.get("interval") or {}).get("wrong_way")
    spread = trainings.get("sd", {}).get("wrong_way")
    if spread is None:
        ends = ends or wilson(round(row["wrong_way"] * row["n"]), row["n"])
        return f"{share(row['wrong_way'])} % ({shares_span(ends)}, n = {row['n']})"
    sure = f"{shares_span(ends)}, " if ends else ""
    return f"{share(row['wrong_way'])} % ({sure}n = {row['n']}, {trainings['n']} trainings, sd {share(spread)})"


def _compute(rows: Mapping[str, Any]) -> str:
    """Return the times of a prediction, how many were timed and how far they are apart, as text."""
    timed = {name: row for name, row in rows.items() if "compute_s" in row}
    texts = ", ".join(f"{name} {_timed(row)}" for name, row in timed.items())
    return texts if all("compute_n" in row for row in timed.values()) else f"{texts}; how many were timed was not kept"


def _timed(row: Mapping[str, Any]) -> str:
    """Return the time of a prediction of one row, as text."""
    found = f"{duration(row['compute_s'])} a prediction"
    if "compute_n" not in row:
        return found
    low, high = map(duration, row["compute_quartiles_s"])
    return f"{found} (median of {row['compute_n']}, half of them {low} .. {high})"


def _untuned(results: Results) -> str:
    """Return how many times fewer pulses and less time networks take than untuned fixed pulses, as text."""
    found = _ratios(results, SPICE)
    both = [ratio(found.get(key, {}).get("over_untuned")) for key in ("pulses", "time_s")]
    if not all(both):
        return ""
    n = _writes(results, SPICE).get(found["pulses"]["neural"], {}).get("n", "unknown")
    return f"{both[0]} times fewer pulses, {both[1]} times less time than fixed 10 ns pulses, to +-10 %, n = {n}"


def _ratios(results: Results, setting: str) -> Mapping[str, Any]:
    """Return the ratios of a setting of the circuit's campaign; empty where there are none."""
    return results.get("circuit", {}).get("ratios", {}).get(setting, {}).get(_TOLERANCE, {})


def _writes(results: Results, setting: str) -> Mapping[str, Any]:
    """Return the rows of writes of a setting of the circuit's campaign; empty where there are none."""
    return results.get("circuit", {}).get("write_verify", {}).get(setting, {}).get(_TOLERANCE, {})


def _at_the_floor(results: Results) -> list[str]:
    """Return a sentence on how far the network trained for a band is from the floor, the floor's bias added."""
    found = {
        (setting, band): below_floor(rows, f"within_{band}", rows[f"within_{band}"]["gap"][f"within_{band}"])
        for setting, rows in _settings(results)
        for band in PERCENTS
        if "gap" in rows.get(f"within_{band}", {})
    }
    found = {where: gap for where, gap in found.items() if not math.isnan(gap[0])}  # the floor's bias is not known
    if not found:
        return []
    low, high = (pick(found, key=lambda one: found[one][0]) for pick in (min, max))
    near = max(one[2] for one in found.values()) < _NEAR
    first = "One attempt at one pair of amplitudes is bounded by noise." if near else "Networks beside the noise floor."
    return [
        f"**{first}** A network that was trained for a band ends "
        f"{share(found[low][0])} to {share(found[high][0])} points below the floor, the best share that any choice of "
        f"the time by start and target is found to reach there, its own bias added ({low[0]} within {low[1]} %, "
        f"{high[0]} within {high[1]} %)"
        + (": what is missing to 100 % is the device's noise, not the network's." if near else ".")
    ]


def _tables(results: Results) -> list[str]:
    """Return a sentence on tables of the same simulations beside the networks that see as much."""
    lines, verdicts = [], set()
    for setting, rows in _settings(results):
        keys = [f"within_{band}" for band in PERCENTS]
        both = ((_of_band(rows, "table", band), rows.get(f"within_{band}")) for band in PERCENTS)
        pairs = [(table, network) for table, network in both if table and network]
        if len(pairs) == len(PERCENTS):
            texts = [" / ".join(share(pair[k].get(key)) for pair, key in zip(pairs, keys, strict=True)) for k in (0, 1)]
            over = [network.get("over_table", {}).get(key) for (_, network), key in zip(pairs, keys, strict=True)]
            verdicts |= {_beside(one) for one in over}
            lines.append(f"{setting}: table {texts[0]} %, networks {texts[1]} %{_differences(over)}")
    if not lines:
        return ["**Tables.** No table that is made of the same simulations stands beside the networks here yet."]
    return [
        f"**{_HEADS.get(frozenset(verdicts), 'Tables beside networks.')}** Within 50 / 20 / 10 % after one attempt, "
        "each band by the table and the network that are made for it, both of which see the reading and the wanted "
        f"change alone: {'; '.join(lines)}."
    ]


_ALIKE, _BETTER, _WORSE, _OPEN = "as good as the table", "better", "worse", "not decided"

_HEADS = {
    frozenset({_ALIKE}): f"For two inputs a table is as good as a network, to within {100 * _MARGIN:g} points.",
    frozenset({_BETTER}): "For two inputs networks are better than tables.",
    frozenset({_WORSE}): "For two inputs tables are better than networks.",
}
"""What is said where it holds in each setting and band."""


def _beside(over: Sequence[float] | None) -> str:
    """Return the verdict of the interval of network minus table on the same attempts; "" where there is none."""
    if over is None:
        return ""
    if over[1] >= -_MARGIN and over[2] <= _MARGIN:
        return _ALIKE
    return _BETTER if over[1] > 0 else _WORSE if over[2] < 0 else _OPEN


def _differences(over: Sequence[Sequence[float] | None]) -> str:
    """Return network minus table of each band with its verdict, as text; "" where a band has none."""
    known = [x for x in over if x is not None]
    if len(known) < len(over):
        return ""
    return f", networks - table {' / '.join(f'{share(x[0])} ({shares_span(x[1:])}): {_beside(x)}' for x in known)}"


def _of_band(rows: Mapping[str, Any], kind: str, band: int) -> Mapping[str, Any] | None:
    """Return the row of the table for a band, or of the only one there is."""
    names = [name for name in rows if name.startswith(kind) and f"within_{band}" in rows[name]]
    name = next((one for one in names if one.endswith(str(band))), next(iter(names), None))
    return rows[name] if name else None


def _many_inputs(results: Results) -> list[str]:
    """Return a sentence on what amplitude and history as inputs add, in writes."""
    lines, fewer = [], True
    for setting in (_COMPACT, SPICE):
        rows, ratios = _writes(results, setting), _ratios(results, setting)
        found, saved = ratios.get("pulses", {}), ratios.get("inputs") or {}
        names = saved.get("many", found.get("neural")), saved.get("plain", "within_10")
        many, plain = (rows.get(name) for name in names)
        if plain and many and found.get("over_best"):
            # two intervals that have no part in common are the stricter rule, for results without the ratio of pairs
            fewer &= saved["pulses"][1] > 1 if saved else many["interval"][1] < plain["interval"][0]
            times = f", {ratio(saved['pulses'])} times as many" if saved else ""
            lines.append(
                f"{setting}: {names[0]} takes {_pulses(many)} pulses, {names[1]}, which sees the reading and the "
                f"wanted change alone, {_pulses(plain)}{times}; {found['conventional']}, the best tuned conventional "
                f"one, {ratio(found['over_best'])} times as many as {found['neural']} ({many['n']} writes)"
            )
    if not lines:
        return []
    first = "The network's case is many inputs: amplitude and history." if fewer else "Many inputs beside two."
    return [f"**{first}** Writes to +-10 %: {'; '.join(lines)}."]


def _rule(results: Results) -> list[str]:
    """Return a sentence on the best rule that knows the nominal model beside the best network."""
    lines, verdicts = [], set()
    for setting in (_COMPACT, SPICE):
        rows, found = _writes(results, setting), _ratios(results, setting).get("pulses", {})
        over, name = found.get("over_model"), found.get("model")
        if over and name in rows:
            verdicts.add("fewer" if over[2] < 1 else "more" if over[1] > 1 else "not decided")
            lines.append(
                f"{setting}: {name} takes {_pulses(rows[name])} pulses, {ratio(over)} times as many as "
                f"{found['neural']} ({rows[name]['n']} writes)"
            )
    if not lines:
        return []
    first = {"fewer": "needs fewer pulses than", "more": "needs more pulses than"}
    verdict = first.get(next(iter(verdicts)), "beside") if len(verdicts) == 1 else "beside"
    return [
        f"**A rule that knows the nominal model {verdict} the best network.** Writes to +-10 %: {'; '.join(lines)}."
    ]


def _pulses(row: Mapping[str, Any]) -> str:
    """Return the mean number of pulses with its interval, as text."""
    return f"{row['pulses_mean']:.2f} ({span(row['interval'])})"


def _draws(results: Results) -> list[str]:
    """Return a sentence on how far trainings of the same network are apart."""
    spread = {
        (setting, name): row["trainings"]
        for setting, rows in _settings(results)
        for name, row in rows.items()
        if "sd" in row.get("trainings", {})
    }
    if not spread:
        return [
            "**Training is a draw.** Every network here is a single training, and the intervals are those of the "
            "attempts alone: another training of the same network gives other shares, by several points where it is "
            "unsure of itself."
        ]
    setting, name = max(spread, key=lambda one: spread[one]["sd"]["within_20"])
    most = spread[setting, name]
    return [
        "**Training is a draw.** Shares of networks are means over their trainings, with intervals of another draw of "
        f"trainings and attempts both. Trainings of one network differ most for {name} ({setting}): "
        f"{shares_span(most['range']['within_20'])} % within 20 %, {most['n']} trainings. The one that writes is "
        "chosen on validation data."
    ]
