"""Results as tables: for the report, and as ``RESULTS.md``."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from .aims import AIM_HEAD, CLAIM_HEAD, aim_rows, claim_rows

if TYPE_CHECKING:
    from .networks import Place

SHARE_HEAD = ("variant", "n", "within 50 %", "20 %", "10 %", "95 % interval of 20 %", "floor - share, 50 / 20 / 10 %",
              "median RPD", "wrong way", "time of a prediction")  # fmt: skip
WRITE_HEAD = ("programmer", "n", "success", "pulses, mean", "95 % interval", "median", "p95", "below 10",
              "time, reads of 10 ns", "100 ns", "1 us", "energy")  # fmt: skip
RATIO_HEAD = ("tolerance", "of", "neural", "best tuned conventional", "ratio (95 %)", "ratio to untuned fixed pulses")
TRANSFER_HEAD = ("condition", "within 50 %", "20 %", "10 %", "median RPD", "failures")

Rows = list[list[str]]

_HEAD = """# Results

Every figure here is computed by the command above its table, from the numbers in `training/paper.toml` and
`training/circuit.toml`, and stands in `runs/paper/results.json` and `runs/circuit/results.json`; `ouro-spice report
runs/paper runs/circuit --out RESULTS.md` makes this file. Shares are per cent of independent attempts, one each, on
devices and walks that no network has seen; g is scored, networks see what the sense path reports. "Floor": the best
share that any choice of the time by (G_start, G_target) can reach, found on pairs of its own; "floor - share" compares
both on those pairs, of pulses before their falling edge. The floor is a little too low, since it is found from a finite
number of trajectories; for the aims an estimate of that is added. Reads of other lengths than the cell's own are
booked, not simulated again; energy is that of the write pulses; untuned pulses end after 2000.

## Claims
"""


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


def write_rows(rows: dict[str, dict[str, Any]]) -> Rows:
    """A line for each programmer."""
    return [
        [
            name, str(row["n"]), _share(row["success"]), f"{row['pulses_mean']:.2f}",
            f"{row['interval'][0]:.2f} .. {row['interval'][1]:.2f}", f"{row['pulses_median']:g}",
            f"{row['pulses_p95']:.0f}", _share(row["iterations_below_10"]),
            *(_time(time_s) for time_s in row["reads"].values()), f"{row['energy_J'] * 1e12:.3g} pJ",
        ]
        for name, row in rows.items()
    ]  # fmt: skip


def ratio_rows(ratios: dict[str, dict[str, dict[str, Any]]]) -> Rows:
    """A line for each tolerance, for pulses and for time."""
    return [
        [
            f"+-{float(tolerance):.0%}", {"pulses": "pulses", "time_s": "time"}[key], row["neural"],
            row["conventional"], _ratio(row["over_best"]), _ratio(row["over_untuned"]),
        ]
        for tolerance, both in ratios.items() for key, row in both.items()
    ]  # fmt: skip


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
        for tolerance, programmers in results["write_verify"].get(name, {}).items():
            parts += [
                f"### {name}: writes to +-{float(tolerance):.0%}\n",
                _markdown(WRITE_HEAD, write_rows(programmers)),
            ]
        if name in results["ratios"]:
            parts += [f"### {name}: how many times fewer\n", _markdown(RATIO_HEAD, ratio_rows(results["ratios"][name]))]
        if name in results["transfer"]:
            rows = transfer_rows(results["transfer"][name])
            parts += [f"### {name}: under other conditions\n", _markdown(TRANSFER_HEAD, rows)]
    tools = ", ".join(f"{name} {results['manifest']['versions'][name]}" for name in ("ngspice", "torch"))
    parts.append(f"The last run took {results['seconds'] / 60:.0f} minutes, beside what it found done; {tools}.\n")
    return "\n".join(parts)


def text(several: Sequence[dict[str, Any]]) -> str:
    """``RESULTS.md``: claims and aims first, then all tables."""
    by_name = {results["campaign"]: results for results in several}
    parts = [_HEAD, _markdown(CLAIM_HEAD, claim_rows(by_name)), "## Aims\n", _markdown(AIM_HEAD, aim_rows(by_name))]
    return "\n".join([*parts, *(campaign_text(results) for results in several)])


def _markdown(head: Iterable[str], rows: Rows) -> str:
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(list(head))]
    return "\n".join(lines + ["| " + " | ".join(row) + " |" for row in rows]) + "\n"


def _share(value: float | None) -> str:
    return "" if value is None else f"{100 * value:.1f}"


def _gaps(gaps: dict[str, list[float]] | None) -> str:
    if not gaps:
        return ""
    return " / ".join(f"{100 * value:.1f} ({100 * low:.1f} .. {100 * high:.1f})" for value, low, high in gaps.values())


def _time(value: float | None) -> str:
    if value is None:
        return ""
    scale, unit = next(
        (s, u) for s, u in ((1e9, "ns"), (1e6, "us"), (1e3, "ms"), (1.0, "s")) if value * s < 1000 or s == 1.0
    )
    return f"{value * scale:.3g} {unit}"


def _ratio(value: Sequence[float] | None) -> str:
    return "" if value is None or None in value else f"{value[0]:.2f} ({value[1]:.2f} .. {value[2]:.2f})"
