"""``RESULTS.md`` with claims and aims, and the pages with all tables, of the results of campaigns."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from typing import Any

from .aims import AIM_HEAD, aim_rows
from .claims import CLAIM_HEAD, claim_rows, findings
from .formats import markdown
from .result_tables import Table, list_tables, ratio_table, share_table, transfer_table, write_tables
from .write_tables import SAYS

NOT_RECORDED = "not recorded"

_HEAD = """# Results

Every figure here is made by `ouro-spice report results` from the files `results/*.json`, which campaigns leave
(`make paper`, `make circuit`; numbers in `training/*.toml`) and `ouro-spice report runs/.. --publish results` rounds
and puts there. All tables: {pages}.
"""

_READING = (
    "Shares are per cent of independent attempts, one each, on devices and walks that no network has seen; g is "
    "scored, networks see what the sense path reports; behind a figure stand its 95 % interval and n. The noise floor: "
    "the best share that any choice of the time by (G_start, G_target) can reach, found on pairs of its own; floor - "
    "share compares both on those pairs, of pulses before their falling edge. The floor is a little too low, since it "
    "is found from a finite number of trajectories; for the aims an estimate of that is added. Where there is a column "
    "of trainings with more than one, shares are means over the trainings of a network, sd and range beside them, and "
    "intervals are those of another draw of trainings and attempts both; the training that goes on to write-and-verify "
    "has the best score on validation data. Networks that learn from experience all learn from the same, which is "
    "gathered once. An aim is met where the end of its interval meets it; the best of several networks is chosen on "
    "other attempts than it is judged on, but where an aim says otherwise, of files of before. "
    "Reads of other lengths than the cell's own are booked, not simulated again; "
    f"untuned pulses end after 2000. {SAYS}"
)

_DIGITS = (
    "Data, tables and rules are the same on any machine, to the last digit; trained weights are not "
    "([the same numbers](docs/measured.md#the-same-numbers))."
)


def results_text(several: Sequence[Mapping[str, Any]]) -> str:
    """Return the text of ``RESULTS.md``: what the tables show, claims, aims, where the figures come from."""
    by_name = {results["campaign"]: results for results in several}
    pages = ", ".join(f"[{name}](docs/results/{name}.md)" for name in by_name)
    shown = "\n".join(_wrapped(f"- {line}", "  ") for line in findings(by_name))
    parts = [_HEAD.format(pages=pages), "## What the tables show\n", f"{shown}\n"]
    parts += ["## Claims\n", markdown(CLAIM_HEAD, claim_rows(by_name))]
    parts += ["## Aims\n", markdown(AIM_HEAD, aim_rows(by_name))]
    parts += ["## How to read it\n", f"{_wrapped(_READING)}\n", f"{_wrapped(_DIGITS)}\n"]
    parts.append("## Where the figures come from\n")
    return "\n".join([*parts, *(_origin(results) for results in several)])


def campaign_text(results: Mapping[str, Any]) -> str:
    """Return the page with all tables of one campaign, as Markdown."""
    name = results["campaign"]
    parts = [f"# `make {name}`\n", f"{_wrapped(_READING)}\n", _origin(results)]
    for setting, rows in results["one_shot"].items():
        parts += _section(f"{setting}: one attempt each", share_table(rows))
        for key, table in list_tables(rows).items():
            parts += _section(f"{setting}: {key.replace('_', ' ')}", table)
        for tolerance in results["write_verify"].get(setting, {}):
            parts.append(f"## {setting}: writes to +-{float(tolerance):.0%}\n")
            parts += [markdown(*one) for one in write_tables(results, setting, tolerance)]
        for key, title, made in (
            ("ratios", "how many times fewer", ratio_table),
            ("transfer", "under other conditions", transfer_table),
        ):
            if (results.get(key) or {}).get(setting):
                parts += _section(f"{setting}: {title}", made(results[key][setting]))
    if results["write_verify"] and not results.get("tuned"):
        parts.append(f"Tuned settings of the conventional programmers: {NOT_RECORDED}.\n")
    return "\n".join(parts)


def _section(title: str, table: Table) -> list[str]:
    """Return the heading and the table of a section, as Markdown."""
    return [f"## {title}\n", markdown(*table)]


def _origin(results: Mapping[str, Any]) -> str:
    """Return a paragraph on where the figures of a campaign come from: source, commit, date, seeds, versions."""
    versions = (results.get("manifest") or {}).get("versions") or {}
    tools = ", ".join(f"{name} {versions[name]}" for name in versions) or NOT_RECORDED
    seconds = results.get("seconds")
    took = f"{seconds / 60:.0f} minutes, beside what it found done" if seconds else NOT_RECORDED
    text = (
        f"**`make {results['campaign']}`**: {results.get('source') or 'a run'}. "
        f"Commit: {results.get('commit') or NOT_RECORDED}. Date: {results.get('date') or NOT_RECORDED}. "
        f"Seeds: {_seeds(results.get('seeds'))}. The last run took {took}; {tools}."
    )
    return "\n\n".join(map(_wrapped, (text, *(results.get("notes") or ())))) + "\n"


def _wrapped(text: str, indent: str = "") -> str:
    """Return a paragraph in lines of no more than 120 characters."""
    return textwrap.fill(text, 120, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False)


def _seeds(seeds: Any) -> str:
    """Return the seeds in words."""
    if not isinstance(seeds, Mapping):
        return str(seeds or NOT_RECORDED)
    return "; ".join(f"{name} {_listed(value)}" for name, value in seeds.items())


def _listed(value: Any) -> str:
    """Return a value in words: tables as NAME: VALUE, lists by their items."""
    if isinstance(value, Mapping):
        return ", ".join(f"{name}: {_listed(one)}" for name, one in value.items())
    return " ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
