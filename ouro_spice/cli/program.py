"""``ouro-spice program``: one write, step by step."""

from __future__ import annotations

import dataclasses
import enum
import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ..circuit.cell_kinds import Cell
from ..circuit.compact_cell import CompactCell
from .cells import CellOptions, takes_a_cell, walking
from .neural import TOLERANCE, AnyCircuit, Tolerance, WalkStep, checkpoint_of, described, programmer_of
from .output import Json, option, out_file, show
from .quantity import quantity

if TYPE_CHECKING:
    from .._util.progress import Bar
    from ..dataset.recipe import Sample
    from ..device.state import State
    from ..programming.history import History
    from ..programming.programmer import Choice, Programmer


_ROOM = 1 << 16
"""The size of a short report [bytes]."""


class Which(enum.Enum):
    """The device in the cell."""

    NOMINAL = "nominal"
    DRAWN = "drawn"


@takes_a_cell
def program(
    cell: CellOptions,
    target: Annotated[float, quantity("S", "Conductance to be written.")],
    start: Annotated[float | None, quantity("S", "Conductance before; drawn by the seed otherwise.")] = None,
    tolerance: Tolerance = TOLERANCE,
    max_pulses: Annotated[int, typer.Option(min=1, help="The write ends after so many.")] = 50,
    seed: Annotated[int, typer.Option(min=0, help="Of device, start and walk.")] = 0,
    device: Annotated[Which, typer.Option(help="The nominal one, or one drawn from the 10 % D2D law.")] = Which.NOMINAL,
    checkpoint: Annotated[Path | None, option("Of `train`; by default the one that comes with the package.")] = None,
    any_circuit: AnyCircuit = False,
    walk: WalkStep = None,
    out: Annotated[Path | None, option("File for an HTML report.")] = None,
    as_json: Json = False,
) -> None:
    """Write a conductance to one cell with a pulse predictor; exit code 1 where the target is missed."""
    from .._util.progress import progress
    from ..programming.outcome import Outcome
    from ..programming.write_loop import write_verify
    from ..reporting.report_page import report

    _check(cell, target, start, tolerance, walk)
    if out is not None:
        out_file(out, "report.html", _ROOM)
    path, predictor = checkpoint_of(cell.cell, checkpoint)
    # a network of a voltage has its own pulses, and no pair
    nominal = described(cell, walk, predictor.pair if predictor.control == "width" else None)
    programmer = programmer_of(path, predictor, nominal, any_circuit)
    drawn = _sample(nominal, seed, device, start)
    with progress("write", max_pulses) as bar:
        history = write_verify(
            nominal, _Counted(programmer, bar), target, tolerance, max_pulses, drawn.seed,
            state=_state(nominal, drawn), device=drawn.device,
        )  # fmt: skip
    if out is not None:
        report(history, out)
    if as_json:
        settings = {"cell": cell.cell.value, "device": device.value, "seed": seed, "start_S": drawn.start_S}
        print(json.dumps(settings | {"checkpoint": str(path)} | _results(history), indent=2, allow_nan=False))
    else:
        _print_results(history, out)
    if history.outcome is not Outcome.REACHED:
        raise typer.Exit(1)


@dataclass(frozen=True)
class _Counted:
    """A programmer whose pulses are counted."""

    programmer: Programmer
    bar: Bar

    @property
    def name(self) -> str:
        """Return the programmer's name."""
        return self.programmer.name

    @property
    def knows(self) -> str:
        """Return what the programmer knows."""
        return self.programmer.knows

    def __getattr__(self, name: str) -> Any:
        return getattr(self.programmer, name)

    def next_pulse(self, target: float, readings: list[float]) -> Choice:
        """Return the programmer's next pulse, and count it."""
        self.bar.advance()
        return self.programmer.next_pulse(target, readings)


def _check(cell: CellOptions, target: float, start: float | None, tolerance: float, walk: float | None) -> None:
    """Raise ValueError for what no write can have, before anything that takes long to load."""
    from ..programming.stopping_rules import Rules, check_target

    check_target(target, "--target")
    if start is not None:
        check_target(start, "--start")
    Rules(tolerance)
    walking(cell.build(), walk)


def _sample(cell: Cell | CompactCell, seed: int, device: Which, start_S: float | None) -> Sample:
    """Return device, start and seed of the walk of this write; ValueError for a start that it cannot have."""
    from .._util.quantities import question
    from ..compact import characteristics
    from ..dataset.recipe import Recipe
    from ..device.jart.spread import SPREADS

    drawn = Recipe(1, seed, None, d2d=SPREADS["ten_percent"] if device is Which.DRAWN else None).draw(cell, 0)
    if start_S is None:
        return drawn
    model = cell.model if isinstance(cell, CompactCell) else None
    low, high = characteristics.range_S(drawn.device, model)
    if not low <= start_S <= high:
        raise ValueError(
            f"--start {start_S:g} S: this device can have {low:.4g} .. {high:.4g} S{question('S', start_S)}"
        )
    return dataclasses.replace(drawn, start_S=start_S)


def _state(cell: Cell | CompactCell, drawn: Sample) -> State:
    """Return the state of a device that has walked for long before, at its start."""
    from ..simulation.jart.population import stationary

    own = cell.replace(device=drawn.device)
    state = own.state(drawn.start_S)
    if drawn.device.walk is None:
        return state
    model = cell.model if isinstance(cell, CompactCell) else None
    walked = stationary(drawn.device, drawn.start_S, drawn.seed, model)
    return state.changed(0, x=walked.x[0], wander=walked.wander[0])


def _results(history: History) -> dict[str, Any]:
    """Return what is printed of a write, for JSON."""
    names = {"amplitude": "amplitude_V", "width": "width_s", "rise": "rise_s", "fall": "fall_s", "gate": "gate_V"}
    return {
        "outcome": history.outcome.name, "meaning": history.outcome.value, "detail": history.detail,
        "target_S": history.target_S, "tolerance": history.tolerance,
        "error": history.error if history.readings_S else None,
        "readings_S": list(history.readings_S), "conductances_S": list(history.conductances_S),
        "pulses": [{key: getattr(pulse, name) for name, key in names.items()} for pulse in history.pulses],
        "time_s": history.time_s, "energy_J": history.energy_J, "circuit": history.manifest.circuit,
        "sha256": history.manifest.settings["checkpoint"], "agreement": history.manifest.agreement,
    }  # fmt: skip


def _print_results(history: History, out: Path | None) -> None:
    """Print the pulses and readings of a write, and how it ended."""
    sent = [("-", "-"), *((f"{pulse.amplitude:+.4f}", f"{pulse.width * 1e9:.4g}") for pulse in history.pulses)]
    read = dict(zip(history.sent, history.readings_S, strict=False))
    seen = {k: [f"{g * 1e6:.2f}", f"{g / history.target_S - 1:+.1%}"] for k, g in read.items()}
    # a sequence is read behind its last pulse; a pulse whose read failed has no row
    rows = [[str(k), *pulse, *seen.get(k, ["-", "-"])] for k, pulse in enumerate(sent) if k <= max(seen, default=-1)]
    if rows:
        show(("pulse", "amplitude (V)", "width (ns)", "reading (uS)", "from the target"), rows)
    detail = f" ({history.detail})" if history.detail else ""
    print(f"{history.outcome.name}: {history.outcome.value}{detail}")
    time_us, energy_pJ = history.time_s * 1e6, history.energy_J * 1e12
    print(f"{len(history.pulses)} pulses, {time_us:.4g} us with reads, {energy_pJ:.4g} pJ")
    if history.manifest.agreement:
        from ..simulation.agreement import Agreement

        print(f"fidelity circuit: {Agreement.from_plain(history.manifest.agreement)}")
    if out is not None:
        print(f"report: {out}")
