"""All parameters of the device anywhere in their legal ranges: current and rate of the three realisations.

Each point is a device, a voltage in -1.5 .. 1.5 V and a concentration in its range, in every realisation, against a
search of our own for all roots of the published equations (``tests/oracle.py``). Points at which these make no sense
(a filament beyond 20 000 K, a field that leaves the ions no barrier) are counted, and left out.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
from _common import Figures, Target, arguments, finish, show

from ouro_spice.spice.ngspice import default_engine

sys.path.append(str(Path(__file__).resolve().parent.parent / "tests"))
import technologies

# no operating point is an error, not a wrong value; behavioural: nearly all with phin above phibn0 at V < 0
FAILED = {"compact": 0.0, "compiled": 0.002, "behavioural": 0.05}
TARGETS = (
    *(Target(f"{name}_wrong", 0) for name in FAILED),
    *(Target(f"{name}_failed_share", share) for name, share in FAILED.items()),
)
BATCH = 8
SHARE = {"compact": 1.0, "compiled": 1.0, "behavioural": 0.1}  # of the points: how long a realisation takes


def main() -> int:
    """Draw points, solve them in all realisations and judge them; return the exit code."""
    args = arguments(__doc__).parse_args()
    rng = np.random.default_rng(args.seed)
    count = 300 if args.quick else 5000
    cases = [technologies.case(dict(zip(technologies.SHARES, shares, strict=True)))
             for shares in rng.random((count, len(technologies.SHARES)))]  # fmt: skip
    cases = [case for case in cases if technologies.sensible(case)]
    figures: Figures = {"n_points": count, "n_sensible": len(cases)}
    rows = []
    for name, share in SHARE.items():
        asked = cases[: max(int(share * len(cases)), 1)]
        bad, failed = [], 0
        for k in range(0, len(asked), BATCH):
            batch = asked[k : k + BATCH]
            found = technologies.solved(name, batch, default_engine())
            solved = [(case, pair) for case, pair in zip(batch, found, strict=True) if not np.isnan(pair[0])]
            bad += filter(None, (technologies.wrong(name, *one) for one in solved))
            failed += len(batch) - len(solved)
        print(*bad, sep="\n", end="\n" if bad else "")
        figures |= {f"{name}_points": len(asked), f"{name}_wrong": len(bad)}
        figures[f"{name}_failed_share"] = failed / len(asked)
        rows.append([name, len(asked), len(bad), failed])
    show(
        f"{count} points, {len(cases)} of them sensible", ("realisation", "points", "wrong", "no operating point"), rows
    )
    return finish(args, figures, TARGETS)


if __name__ == "__main__":
    sys.exit(main())
