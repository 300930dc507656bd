"""``ouro-spice extract``: a dataset of any cell, one in an array included."""

from __future__ import annotations

import dataclasses
import enum
import functools
import inspect
import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ..circuit.cell_kinds import Cell
from ..circuit.compact_cell import CompactCell
from ..circuit.crossbar import Crossbar
from .array_options import Fidelities, takes_an_array
from .cells import CellOptions, Kind, walking
from .output import Json, Out, out_folder, resumable, show

if TYPE_CHECKING:
    import numpy as np

    from .._util.tables.table_file import Table
    from ..dataset.pulse_dataset import PulseDataset
    from ..simulation.write_voltages import Pair

_N, _TOTAL_S = 100, 60e-6


class Law(enum.Enum):
    """D2D."""

    TEN_PERCENT = "ten_percent"
    IN_USE = "in_use"
    YU = "yu"
    NONE = "none"


class Start(enum.Enum):
    """Where a walk begins."""

    STATIONARY = "stationary"
    NOMINAL = "nominal"


class Sampling(enum.Enum):
    """Of starts and targets."""

    UNIFORM = "uniform"
    STRATIFIED = "stratified"
    INCREMENTS = "increments"


class Voltages(enum.Enum):
    """The standing settings."""

    US60 = "60us"
    PAPER = "paper"


class Crossing(enum.Enum):
    """What an array is made of."""

    R1 = "1r"
    T1R1 = "1t1r"


Anywhere = enum.Enum("Anywhere", {kind.name: kind.value for kind in Kind} | {"ARRAY": "array"})


def _given(kind: Any, text: str, *names: str, **more: Any) -> Any:
    return Annotated[kind | None, typer.Option(*names, help=text, show_default=False, **more)]


@dataclass(frozen=True)
class Place:
    """With ``--cell array``: the array, and the cell of it that is pulsed; `array_cell` is None for other cells."""

    array_cell: _given(Crossing, "With --cell array: what it is made of, 1t1r by default.") = None
    rows: _given(int, "Its word lines, 8 by default.", min=1) = None
    cols: _given(int, "Its bit lines, 8 by default.", min=1) = None
    row: _given(int, "Word line of the cell; the last by default, far from the drivers.", min=0) = None
    col: _given(int, "Its bit line; the last by default.", min=0) = None
    scheme: _given(str, "Lines that are not selected, of 1r: half, third, grounded, floating.") = None
    fidelity: _given(Fidelities, "full (default), or frozen: memristors that provably do not switch stay.") = None

    def put(self, cell: Cell | CompactCell) -> Cell | CompactCell:
        """Return the cell in its array, where there is one."""
        if self.array_cell is None:
            return cell
        array = Crossbar(self.rows or 8, self.cols or 8, cell, self.scheme)
        row = array.rows - 1 if self.row is None else self.row
        col = array.cols - 1 if self.col is None else self.col
        return array.cell_at(row, col, (self.fidelity or Fidelities.FULL).value)


@dataclass(frozen=True)
class Drawing:
    """How records are drawn; None is the default."""

    n: _given(int, f"Records, {_N} by default; with --list or --like as many as there are.", min=1) = None
    seed: _given(int, "Of everything random, 0 by default.", min=0) = None
    d2d: _given(Law, "Law that the device of each record is drawn from, ten_percent by default.") = None
    per_device: _given(int, "Records of each device, 1 by default.", min=1) = None
    start: _given(Start, "Devices have walked for long before (stationary, default), or not (nominal).") = None
    sampling: _given(
        Sampling, "Of starts and targets: uniform (default), stratified, increments (changes from 1 uS on)."
    ) = None
    table: _given(Path, "CSV file with the columns g_start_S, g_target_S, if wanted rise_s, fall_s.", "--list") = None
    like: _given(Path, "Dataset whose devices, starts, targets, walks and, without --rise, edges to take.") = None
    rise: _given(str, "Rise [s], 2e-9 by default; drawn from shortest to longest as 2e-9:20e-9.") = None
    fall: _given(str, "Fall [s], likewise.") = None
    step: _given(float, "Resolution of the pulse width [s], 10e-9 by default.") = None

    @property
    def arguments(self) -> dict[str, Any]:
        """Return arguments of `extract`.

        Raises
        ------
        ValueError
            For options that contradict each other, or a file that is no list or no dataset.
        """
        if self.like is not None:
            return self._like()
        laws = {
            "d2d": self.d2d and self.d2d.value, "per_device": self.per_device, "step_s": self.step,
            "start": self.start and self.start.value, "sampling": self.sampling and self.sampling.value,
            "rise_s": _edge("rise", self.rise), "fall_s": _edge("fall", self.fall),
        }  # fmt: skip
        laws = {name: value for name, value in laws.items() if value is not None}
        if self.d2d is Law.NONE:
            laws["d2d"] = None
        return {"n": self.n or _N, "seed": self.seed or 0} | laws | self._listed()

    def _listed(self) -> dict[str, Any]:
        from .._util.tables.table_file import read_table

        if self.table is None:
            return {}
        if self.sampling is not None:
            raise ValueError("--list and --sampling: give one of them")
        listed = read_table(self.table, ("g_start_S", "g_target_S"), ("rise_s", "fall_s"))
        table = {name: _si(listed, name) for name in listed.columns}
        if listed.passed_over:
            told = ", ".join(f"{name}: {count}" for name, count in listed.passed_over.items())
            print(f"ouro-spice: {self.table}: {len(listed)} rows; no rows: {told}", file=sys.stderr)
        return {"sampling": table, "n": self.n or len(listed)}

    def _like(self) -> dict[str, Any]:
        from ..dataset.pulse_dataset import PulseDataset

        names = [f.name for f in dataclasses.fields(self) if f.name not in ("n", "like", "rise", "fall")]
        own = [name for name in names if getattr(self, name) is not None]
        if own:
            name = "list" if own[0] == "table" else own[0].replace("_", "-")
            raise ValueError(f"--like {self.like} and --{name}: give one of them")
        data = PulseDataset.load(self.like)
        try:
            recipe = data.recipe
        except ValueError as error:
            raise ValueError(f"--like {self.like}: {error}") from error
        edges = {"rise_s": _edge("rise", self.rise), "fall_s": _edge("fall", self.fall)}
        edges = {name: value for name, value in edges.items() if value is not None}
        columns = {"g_start_S", "g_target_S", "rise_s", "fall_s"} - set(edges)
        table = {name: data.frame[name].to_numpy(float) for name in columns}
        kept = {name: getattr(recipe, name) for name in ("seed", "d2d", "per_device", "start", "step_s")}
        return {"n": self.n or recipe.n, "sampling": table} | kept | edges


def takes_any_cell(command: Callable[..., None]) -> Callable[..., None]:
    """Return a command with the options of a cell, of a `Drawing` and a `Place`; its ``--cell`` knows ``array``,
    too.
    """
    inner = takes_an_array(Drawing, Place)(command)

    @functools.wraps(inner)
    def run(*, cell: Anywhere, **options: object) -> None:
        if cell is Anywhere.ARRAY:
            options["array_cell"] = options["array_cell"] or Crossing.T1R1
            inner(cell=Kind(options["array_cell"].value), **options)
            return
        for f in dataclasses.fields(Place):
            if options[f.name] is not None:
                raise ValueError(f"--{f.name.replace('_', '-')}: only with --cell array")
        inner(cell=Kind(cell.value), **options)

    text = "Circuit, compact model (compact: full, reduced, tud) of a 1R cell, or a cell of an array."
    ours = {"annotation": Annotated[Anywhere, typer.Option(help=text)], "default": Anywhere.T1R1}
    every = [one.replace(**ours) if one.name == "cell" else one for one in inspect.signature(inner).parameters.values()]
    run.__signature__ = inspect.Signature(every)
    run.__annotations__ = {one.name: one.annotation for one in every}
    return run


@takes_any_cell
def extract(
    cell: CellOptions,
    drawing: Drawing,
    place: Place,
    voltages: _given(Voltages, "60us (default): the pair that crosses the window in 60 us; or paper.") = None,
    v_set: _given(float, "SET amplitude, negative [V], in place of --voltages.") = None,
    v_reset: _given(float, "RESET amplitude [V].") = None,
    total: _given(
        float, "Time in which they cross the window, 60e-6 by default [s]; pulses last 4 times that at most."
    ) = None,
    walk: Annotated[float, typer.Option(help="C2C: step of the walk [s]; 0: none.")] = 10e-9,
    out: Out = Path("runs/dataset"),
    workers: _given(int, "Worker processes; all cores by default.", min=1) = None,
    repair: Annotated[bool, typer.Option("--repair", help="Make damaged files of records in the folder anew.")] = False,
    scheduler: _given(str, "Dask scheduler whose workers do the work, tcp://host:port.") = None,
    as_json: Json = False,
) -> None:
    """Extract a dataset: which pulse takes a cell from one conductance to another. Run again, it goes on."""
    from ..dataset.pulse_dataset import extract as run

    if workers is not None and scheduler is not None:
        raise ValueError("--workers: with --scheduler the cluster has its own")
    chosen = _voltages(voltages, v_set, v_reset, total)
    described, arguments = place.put(walking(cell.build(), walk)), drawing.arguments
    with resumable():
        folder = out_folder(out)
        how = {"workers": workers, "scheduler": scheduler} | ({"repair": True} if repair else {})
        data = run(described, out=folder, voltages=chosen, **how, **arguments)
    results = _results(data, out)
    if as_json:
        print(json.dumps(results, indent=2))
        return
    names = ("records", "reached", "not_reached", "failed")
    median_s = results["t_pulse_median_s"]
    row = [*(str(results[name]) for name in names), "-" if median_s is None else f"{median_s * 1e6:.4g}"]
    show(("records", "reached", "not reached", "failed", "median pulse time (us)"), [row])
    print(f"dataset: {out}")


def _voltages(standing: Voltages | None, v_set: float | None, v_reset: float | None, total: float | None) -> Pair | str:
    from ..simulation.write_voltages import Pair

    own = {"--v-set": v_set, "--v-reset": v_reset, "--total": total}
    given = [name for name, value in own.items() if value is not None]
    if not given:
        return (standing or Voltages.US60).value
    if standing is not None:
        raise ValueError(f"--voltages and {given[0]}: give one of them")
    if v_set is None or v_reset is None:
        raise ValueError(f"{given[0]}: give both --v-set and --v-reset")
    return Pair(v_set, v_reset, _TOTAL_S if total is None else total)


def _si(listed: Table, name: str) -> np.ndarray:
    """Return a column of a list, (n,), whose name says that it is in S or s; ValueError where the table says
    otherwise.
    """
    from .._util.checks import check_conductance
    from .._util.quantities import implausible

    base, (unit, at) = name.rpartition("_")[2], listed.units.get(name, ("", ""))
    if unit not in ("", base):
        raise ValueError(f"{at}: the column {name!r} is in {base}, not in {unit}")
    found = listed.numbers(name)
    for row in implausible("S", found).nonzero()[0][:1] if base == "S" else ():
        check_conductance(f"{listed.at(row)}: {name}", found[row])
    return found


def _edge(name: str, text: str | None) -> float | tuple[float, ...] | None:
    if text is None:
        return None
    try:
        ends = tuple(float(word) for word in text.split(":"))
    except ValueError:
        raise ValueError(f"--{name} {text}: a time [s], or the shortest and the longest one as 2e-9:20e-9") from None
    return ends[0] if len(ends) == 1 else ends


def _results(data: PulseDataset, out: Path) -> dict[str, Any]:
    outcome = data.frame.outcome
    reached = data.frame[outcome == "reached"]
    return {
        "out": str(out), "circuit": data.manifest.circuit, "pair": data.manifest.settings["pair"],
        "records": len(outcome), "reached": len(reached), "not_reached": int((outcome == "not_reached").sum()),
        "failed": int((outcome == "simulation_failed").sum()), "failures": data.manifest.failures,
        "t_pulse_median_s": float(reached.t_pulse_s.abs().median()) if len(reached) else None,
    }  # fmt: skip
