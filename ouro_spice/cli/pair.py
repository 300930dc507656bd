"""``ouro-spice pair``: the voltages of a cell that cross the window in a given time."""

from __future__ import annotations

import enum
import json
from typing import Annotated, Any

import typer

from .._util.checks import check_range
from .cells import TOTAL, TOTAL_S, CellOptions, takes_a_cell
from .output import Json, show
from .quantity import quantity


class By(enum.Enum):
    """What is searched."""

    AMPLITUDE = "amplitude"
    GATE = "gate"


@takes_a_cell
def pair(
    cell: CellOptions,
    total: Annotated[float, quantity("s", "Time in which each direction crosses the window.", default=TOTAL)] = TOTAL,
    by: Annotated[By, typer.Option(help="What is searched; gate voltages of a 1t1r only.")] = By.AMPLITUDE,
    v_set: Annotated[float | None, quantity("V", "SET amplitude with --by gate, negative.")] = None,
    v_reset: Annotated[float | None, quantity("V", "RESET amplitude with --by gate.")] = None,
    as_json: Json = False,
) -> None:
    """Find the driver amplitudes, or the gate voltages, that cross the window in a given time."""
    from ..simulation.write_voltages import pair as search
    from ..simulation.write_voltages import traverses

    given = {"v_set": v_set, "v_reset": v_reset}
    missing = [name for name, volts in given.items() if (volts is None) == (by is By.GATE)]
    if missing:
        options = " and ".join(f"--{name.replace('_', '-')}" for name in missing)
        raise ValueError(f"--by gate needs {options}" if by is By.GATE else f"{options}: only with --by gate")
    check_range("--total", total, *TOTAL_S, "s")
    described = cell.build()
    found = search(described, total, v_set=v_set, v_reset=v_reset)
    ways = dict(zip(("set", "reset"), traverses(described, found), strict=True))
    results = {"cell": cell.cell.value, "by": by.value, "total_s": found.total_s}
    for what, way in ways.items():
        if way is None:
            raise ValueError(f"{what.upper()}: the device does not cross its window at the voltages that were found")
        results |= {
            f"v_{what}_V": getattr(found, f"v_{what}"),
            f"gate_{what}_V": getattr(found, f"gate_{what}"),
            f"{what}_s": way.time_s,
            f"device_{what}_V": way.v_cell,
            f"peak_{what}_A": way.i_peak,
        }
    if as_json:
        print(json.dumps(results, indent=2))
        return
    show(
        ("", "driver (V)", "gate (V)", "traverse (us)", "device, midway (V)", "largest current (uA)"),
        [_row(what, results) for what in ways],
    )


def _row(what: str, results: dict[str, Any]) -> list[str]:
    """Return the row of a direction, as text."""
    gate = results[f"gate_{what}_V"]
    return [
        what.upper(),
        f"{results[f'v_{what}_V']:+.4f}",
        "-" if gate is None else f"{gate:.4f}",
        f"{results[f'{what}_s'] * 1e6:.4g}",
        f"{results[f'device_{what}_V']:+.4f}",
        f"{results[f'peak_{what}_A'] * 1e6:.1f}",
    ]
