"""Results as tables: for the report, and as ``RESULTS.md``."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from .aims import AIM_HEAD, CLAIM_HEAD, aim_rows, claim_rows
from .write_tables import (
    AGAINST_HEAD,
    COST_HEAD,
    RATIO_HEAD,
    SAYS,
    TUNED_HEAD,
    WRITE_HEAD,
    against_rows,
    cost_rows,
    ratio_rows,
    tuned_rows,
    write_rows,
)
from .write_tables import seconds as _time
from .write_tables import share as _share

if TYPE_CHECKING:
    from .networks import Place

SHARE_HEAD = ("variant", "n", "within 50 %", "20 %", "10 %", "95 % interval of 20 %", "floor - share, 50 / 20 / 10 %",
              "median RPD", "wrong way", "time of a prediction")  # fmt: skip
TRANSFER_HEAD = ("condition", "within 50 %", "20 %", "10 %", "median RPD", "failures")

Rows = list[list[str]]

_HEAD = (
    """# Results

Every figure here is computed by the command above its table, from the numbers in `training/paper.toml` and
`training/circuit.toml`, and stands in `runs/paper/results.json` and `runs/circuit/results.json`; `ouro-spice report
runs/paper runs/circuit --out RESULTS.md` makes this file. Shares are per cent of independent attempts, one each, on
devices and walks that no network has seen; g is scored, networks see what the sense path reports. "Floor": the best
share that any choice of the time by (G_start, G_target) can reach, found on pairs of its own; "floor - share" compares
both on those pairs, of pulses before their falling edge. The floor is a little too low, since it is found from a finite
number of trajectories; for the aims an estimate of that is added. An aim is met where the end of its interval meets it;
the best of several networks is chosen on other attempts than it is judged on. Reads of other lengths than the cell's
own are booked, not simulated again; untuned pulses end after 2000.

"""
    + SAYS
    + """

## Claims
"""
)


def share_rows(rows: dict[str, dict[str, Any]]) -> Rows:
    """A line for each variant of a setting, the floor first."""
    first = next(iter(rows.values()))
    floor = ["noise floor", "", *(_share(first.get(f"floor_{band}")) for band in (50, 20, 10)), *[""] * 5]
    made = [floor] if "floor_50" in first else []
    for name, row in rows.items():
        low, high = row["interval"]["within_20"]
        made.append([
            name, str(row["n"]), *(_share(row[f"within_{band}"]) for band in (50, 20, 10)),
            f"{_share(low)} .. {_share(high)}", _gaps(row.get("gap")), _share(row.get("rpd_median")),
            _share(row.get("wrong_way")), _time(row.get("compute_s")),
        ])  # fmt: skip
    return made


def transfer_rows(rows: dict[str, dict[str, Any]]) -> Rows:
    """A line for each condition."""
    return [
        [
            name,
            *(_share(row[f"within_{band}"]) for band in (50, 20, 10)),
            _share(row["rpd_median"]),
            str(row["failures"]),
        ]
        for name, row in rows.items()
    ]


def regime(place: Place) -> str:
    """In words, where the networks of a setting are tried."""
    setting, pair = place.setting, place.pair
    devices = "the nominal device" if setting.law is None else f"devices of their own (D2D {setting.d2d})"
    low, high = place.cell.window_S
    return (
        f"{setting.cell}, {pair.v_set:+.4f} V (SET) and {pair.v_reset:+.4f} V (RESET), which cross the window of "
        f"{low * 1e6:.0f} to {high * 1e6:.0f} uS in {pair.total_s * 1e6:.3g} us without noise; {devices}, a step of "
        "the walk of r, l and the limits every 10 ns, begun in its stationary state; starts and targets independent "
        "and uniform, none removed."
    )


def campaign_text(results: dict[str, Any]) -> str:
    """The tables of one campaign, in Markdown."""
    parts = [f"## `make {results['campaign']}`\n"]
    for name, rows in results["one_shot"].items():
        parts += [f"### {name}: one attempt each\n", _markdown(SHARE_HEAD, share_rows(rows))]
        for tolerance in results["write_verify"].get(name, {}):
            parts.append(f"### {name}: writes to +-{float(tolerance):.0%}\n")
            parts += [_markdown(*one) for one in write_tables(results, name, tolerance)]
        if name in results["ratios"]:
            rows = ratio_rows(results["ratios"][name], results["write_verify"][name])
            parts += [f"### {name}: how many times fewer\n", _markdown(RATIO_HEAD, rows)]
        if name in results["transfer"]:
            rows = transfer_rows(results["transfer"][name])
            parts += [f"### {name}: under other conditions\n", _markdown(TRANSFER_HEAD, rows)]
    tools = ", ".join(f"{name} {results['manifest']['versions'][name]}" for name in ("ngspice", "torch"))
    parts.append(f"The last run took {results['seconds'] / 60:.0f} minutes, beside what it found done; {tools}.\n")
    return "\n".join(parts)


def write_tables(results: dict[str, Any], setting: str, tolerance: str) -> list[tuple[Sequence[str], Rows]]:
    """Return heads and rows of all tables of a setting's writes to within a tolerance."""
    rows, ratios = results["write_verify"][setting][tolerance], results["ratios"][setting][tolerance]
    timed, tuned = (results[key][setting][tolerance] for key in ("prediction_s", "tuned"))
    return [
        (WRITE_HEAD, write_rows(rows)),
        (COST_HEAD, cost_rows(rows, timed, ratios["time_s"]["break_even"])),
        (AGAINST_HEAD, against_rows(rows, ratios)),
        (TUNED_HEAD, tuned_rows(tuned)),
    ]


def text(several: Sequence[dict[str, Any]]) -> str:
    """``RESULTS.md``: claims and aims first, then all tables."""
    by_name = {results["campaign"]: results for results in several}
    parts = [_HEAD, _markdown(CLAIM_HEAD, claim_rows(by_name)), "## Aims\n", _markdown(AIM_HEAD, aim_rows(by_name))]
    return "\n".join([*parts, *(campaign_text(results) for results in several)])


def _markdown(head: Iterable[str], rows: Rows) -> str:
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(list(head))]
    return "\n".join(lines + ["| " + " | ".join(row) + " |" for row in rows]) + "\n"


def _gaps(gaps: dict[str, list[float]] | None) -> str:
    if not gaps:
        return ""
    return " / ".join(f"{100 * value:.1f} ({100 * low:.1f} .. {100 * high:.1f})" for value, low, high in gaps.values())
