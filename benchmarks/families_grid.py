"""Every family of memristors through every verb of the flow: what runs, what is right, what is refused and how.

Each cell of the table is run. A verb that a family cannot do must say so in one sentence of its own, which is checked.
`--markdown` prints the table of docs/families.md. `--only` and `--verb` choose parts of it.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
import traceback
import warnings
from pathlib import Path

from _common import Figures, Target, arguments, finish, show
from _grid_case import Case
from _grid_devices import Kind, kinds
from _grid_verbs import REFUSALS, VERBS

from ouro_spice.spice.ngspice import Ngspice

TARGETS = [Target("failed", 0), Target("not_refused", 0)]

REASONS = {
    "can be followed without SPICE": "its equations are a text of the user's, which ngspice alone reads",
    "can be held still": "the same: nothing knows the resistance that would stand in its place",
    "the time jumps over it": "its SET is fastest at the threshold, and slower at any higher voltage: in 1 us "
    "the window is crossed at the very edge of the threshold alone, which a 1T1R does not hit. Amplitudes are given",
    "a model of your own": "the manifest holds the digest of its text, not the text: give the cell itself, in Python",
}
"""Why a verb is refused, as the table says it."""


def one(case: Case, verb: str, loud: bool) -> tuple[str, str]:
    """Return how a verb went, "ok", "refused" or "FAILED", and a word on it."""
    refusal = REFUSALS.get((case.kind.device.FAMILY, verb))
    try:
        said = VERBS[verb](case)
    except ValueError as error:
        if refusal and refusal in str(error):
            return "refused", refusal
        return "FAILED", _told(error, loud)
    except Exception as error:
        return "FAILED", _told(error, loud)
    return ("NOT REFUSED", said) if refusal else ("ok", said)


def _told(error: Exception, loud: bool) -> str:
    if loud:
        traceback.print_exception(error)
    return f"{type(error).__name__}: {error}"[:400].replace("\n", " ")


def column(kind: Kind, verbs: list[str], args: argparse.Namespace) -> dict[str, tuple[str, str]]:
    """Return how each verb went for a memristor."""
    records = args.records or (60 if kind.has_kernels else 16 if args.quick else 60)
    found = {}
    with tempfile.TemporaryDirectory() as folder, Ngspice(workers=1) as engine:
        case = Case(kind, engine, Path(folder), records)
        for verb in verbs:
            begin = time.perf_counter()
            found[verb] = one(case, verb, args.loud)
            if args.loud or found[verb][0] not in ("ok", "refused"):
                spent = time.perf_counter() - begin
                print(f"{kind.name:13}{verb:26}{found[verb][0]:12}{spent:6.2f} s  {found[verb][1]}", flush=True)
    return found


def markdown(table: dict[str, dict[str, tuple[str, str]]], verbs: list[str]) -> str:
    """The table of docs/families.md."""
    notes: list[str] = []
    lines = [f"| | {' | '.join(table)} |", "|---" * (len(table) + 1) + "|"]
    for verb in verbs:
        cells = []
        for name in table:
            how, said = table[name][verb]
            if how == "refused" and said not in notes:
                notes.append(said)
            cells.append(
                f"no ({notes.index(said) + 1})" if how == "refused" else "yes" if how == "ok" else f"**{how}**"
            )
        lines.append(f"| {verb} | {' | '.join(cells)} |")
    return "\n".join([*lines, "", *(f"({k + 1}) {REASONS[note]}." for k, note in enumerate(notes))])


def measure(args: argparse.Namespace) -> Figures:
    """All figures."""
    chosen = [kind for kind in kinds() if not args.only or kind.name in args.only]
    verbs = [verb for verb in VERBS if not args.verb or any(part in verb for part in args.verb)]
    begin = time.perf_counter()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        table = {kind.name: column(kind, verbs, args) for kind in chosen}
    rows = [[verb, *(f"{how} {said}" if how != "refused" else how for how, said in (table[k][verb] for k in table))]
            for verb in verbs]  # fmt: skip
    if args.markdown:
        print(markdown(table, verbs))
    else:
        show("families and verbs", ("verb", *table), [[row[0], *(cell[:28] for cell in row[1:])] for row in rows])
    hows = [how for found in table.values() for how, _ in found.values()]
    figures: Figures = {"n_families": len(table), "n_verbs": len(verbs), "n_cells": len(hows), "ok": hows.count("ok")}
    figures |= {"refused": hows.count("refused"), "failed": hows.count("FAILED")}
    figures |= {"not_refused": hows.count("NOT REFUSED"), "seconds": time.perf_counter() - begin}
    for name, found in table.items():
        figures |= {f"{name}: {verb}": f"{how} {said}" for verb, (how, said) in found.items()}
    return figures


def main() -> int:
    parser = arguments(__doc__)
    parser.add_argument("--only", nargs="+", metavar="NAME", help="some of the memristors")
    parser.add_argument("--verb", nargs="+", metavar="WORD", help="verbs whose name has one of these words")
    parser.add_argument("--records", type=int, help="records that networks and tables are made of")
    parser.add_argument("--markdown", action="store_true", help="print the table of docs/families.md")
    parser.add_argument("--loud", action="store_true", help="print each cell as it is done, with tracebacks")
    args = parser.parse_args()
    return finish(args, measure(args), TARGETS)


if __name__ == "__main__":
    sys.exit(main())
