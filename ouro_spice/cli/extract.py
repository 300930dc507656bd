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
from .cells import TOTAL, CellOptions, Described, Kind, walking, with_parameters
from .neural import WalkStep
from .output import Json, Out, Workers, left_as_it_was, option, resumable, show
from .quantity import quantities, quantity
from .sweep_options import Sweeping

if TYPE_CHECKING:
    import numpy as np

    from .._util.tables.table_file import Table
    from ..dataset.pulse_dataset import PulseDataset
    from ..simulation.write_voltages import Pair

_N = 100


Law = enum.Enum("Law", {"TEN_PERCENT": "ten_percent", "IN_USE": "in_use", "YU": "yu", "NONE": "none"})
"""D2D."""

Start = enum.Enum("Start", {"STATIONARY": "stationary", "NOMINAL": "nominal"})
"""Where a walk begins."""

Sampling = enum.Enum("Sampling", {"UNIFORM": "uniform", "STRATIFIED": "stratified", "INCREMENTS": "increments"})
"""How starts and targets are chosen."""

Voltages = enum.Enum("Voltages", {"US60": "60us", "PAPER": "paper"})
"""The pairs of amplitudes that have a name."""

Crossing = enum.Enum("Crossing", {"R1": "1r", "T1R1": "1t1r"})
"""The cells that an array is made of."""

Anywhere = enum.Enum("Anywhere", {kind.name: kind.value for kind in Kind} | {"ARRAY": "array"})
"""The cells, or one in an array."""

_IN_ARRAY = Anywhere("array")


@dataclass(frozen=True)
class Place:
    """With ``--cell array``: the array, and the cell of it that is pulsed; `array_cell` is None for other cells."""

    array_cell: Annotated[Crossing | None, option("With --cell array: what it is made of, 1t1r by default.")] = None
    rows: Annotated[int | None, option("Its word lines, 8 by default.", min=1)] = None
    cols: Annotated[int | None, option("Its bit lines, 8 by default.", min=1)] = None
    row: Annotated[int | None, option("Word line of the cell; the last by default, far from the drivers.", min=0)] = (
        None
    )
    col: Annotated[int | None, option("Its bit line; the last by default.", min=0)] = None
    scheme: Annotated[str | None, option("Lines that are not selected, of 1r: half, third, grounded, floating.")] = None
    fidelity: Annotated[
        Fidelities | None, option("full (default), or frozen: memristors that provably do not switch stay.")
    ] = None

    def put(self, cell: Described) -> Cell | CompactCell:
        """Return the cell in its array, where there is one; else the cell."""
        if self.array_cell is None or isinstance(cell, CompactCell):
            return cell
        if self.fidelity is Fidelities.CIRCUIT:
            raise ValueError("--fidelity circuit is for `ouro-spice array`: records are made in full or frozen")
        array = Crossbar(self.rows or 8, self.cols or 8, cell, self.scheme)
        row = array.rows - 1 if self.row is None else self.row
        col = array.cols - 1 if self.col is None else self.col
        return array.cell_at(row, col, (self.fidelity or Fidelities.FULL).value)


@dataclass(frozen=True)
class Drawing:
    """How records are drawn; None is the default."""

    n: Annotated[
        int | None, option(f"Records, {_N} by default; with --list or --like as many as there are.", min=1)
    ] = None
    seed: Annotated[int | None, option("Of everything random, 0 by default.", min=0)] = None
    d2d: Annotated[Law | None, option("Law that the device of each record is drawn from, ten_percent by default.")] = (
        None
    )
    per_device: Annotated[int | None, option("Records of each device, 1 by default.", min=1)] = None
    start: Annotated[
        Start | None, option("Devices have walked for long before (stationary, default), or not (nominal).")
    ] = None
    sampling: Annotated[
        Sampling | None,
        option("Of starts and targets: uniform (default), stratified, increments (changes from 1 uS on)."),
    ] = None
    table: Annotated[
        Path | None, option("CSV file with the columns g_start_S, g_target_S, if wanted rise_s, fall_s.", "--list")
    ] = None
    like: Annotated[
        Path | None, option("Dataset whose devices, starts, targets, walks and, without --rise, edges to take.")
    ] = None
    rise: Annotated[str | None, option("Rise, 2ns by default; drawn from shortest to longest as 2ns:20ns.")] = None
    fall: Annotated[str | None, option("Fall, likewise.")] = None
    step: Annotated[float | None, quantity("s", "Resolution of the pulse width.", default=10e-9)] = None

    @property
    def arguments(self) -> dict[str, Any]:
        """Return the arguments of `extract`.

        Raises
        ------
        ValueError
            For options that contradict each other, or a file that is no list or no dataset.
        """
        if self.like is not None:
            return self._like(self.like)
        laws = _given(
            d2d=self.d2d and self.d2d.value, per_device=self.per_device, step_s=self.step,
            start=self.start and self.start.value, sampling=self.sampling and self.sampling.value,
        )  # fmt: skip
        if self.d2d is Law.NONE:
            laws["d2d"] = None
        return {"n": self.n or _N, "seed": self.seed or 0} | laws | self._edges() | self._listed()

    def _edges(self) -> dict[str, Any]:
        """Return rise and fall [s] where they are given, one value or the ends of a range."""
        return _given(rise_s=_edge("rise", self.rise), fall_s=_edge("fall", self.fall))

    def _listed(self) -> dict[str, Any]:
        """Return sampling and number of the records of ``--list``; rows that are passed over are reported."""
        from .._util.tables.table_file import read_table

        if self.table is None:
            return {}
        if self.sampling is not None:
            raise ValueError("--list and --sampling: give one of them")
        listed = read_table(self.table, ("g_start_S", "g_target_S"), ("rise_s", "fall_s"))
        table = {name: _si(listed, name) for name in listed.columns}
        if listed.passed_over:
            rows = ", ".join(f"{name}: {count}" for name, count in listed.passed_over.items())
            print(f"ouro-spice: {self.table}: {len(listed)} rows; no rows: {rows}", file=sys.stderr)
        return {"sampling": table, "n": self.n or len(listed)}

    def _like(self, path: Path) -> dict[str, Any]:
        """Return the arguments that make the records of another dataset again, in this cell."""
        from ..dataset.pulse_dataset import PulseDataset

        names = [f.name for f in dataclasses.fields(self) if f.name not in ("n", "like", "rise", "fall")]
        own = [name for name in names if getattr(self, name) is not None]
        if own:
            name = "list" if own[0] == "table" else own[0].replace("_", "-")
            raise ValueError(f"--like {path} and --{name}: give one of them")
        data = PulseDataset.load(path)
        if data.control != "width":
            raise ValueError(f"--like {path}: its records vary the {data.control}, and have no targets to take")
        try:
            recipe = data.recipe
        except ValueError as error:
            raise ValueError(f"--like {path}: {error}") from error
        edges = self._edges()
        columns = {"g_start_S", "g_target_S", "rise_s", "fall_s"} - set(edges)
        table = {name: data.frame[name].to_numpy(float) for name in columns}
        same = {name: getattr(recipe, name) for name in ("seed", "d2d", "per_device", "start", "step_s")}
        return {"n": self.n or recipe.n, "sampling": table} | same | edges


def takes_any_cell(command: Callable[..., None]) -> Callable[..., None]:
    """Return a command with the options of a cell, a `Drawing` and a `Place`; its ``--cell`` takes ``array``, too."""
    inner = takes_an_array(Drawing, Place, Sweeping)(command)

    @functools.wraps(inner)
    def run(*, cell: Anywhere, **options: Any) -> None:
        if cell is _IN_ARRAY:
            options["array_cell"] = options["array_cell"] or Crossing.T1R1
            inner(cell=Kind(options["array_cell"].value), **options)
            return
        for f in dataclasses.fields(Place):
            if options[f.name] is not None:
                raise ValueError(f"--{f.name.replace('_', '-')}: only with --cell array")
        inner(cell=Kind(cell.value), **options)

    text = "Circuit, compact model (compact: full, reduced, tud) of a 1R cell, or a cell of an array."
    ours = {"annotation": Annotated[Anywhere, typer.Option(help=text)], "default": Anywhere(Kind.T1R1.value)}
    every = [one.replace(**ours) if one.name == "cell" else one for one in inspect.signature(inner).parameters.values()]
    return with_parameters(run, every)


@takes_any_cell
def extract(
    cell: CellOptions,
    drawing: Drawing,
    place: Place,
    sweeping: Sweeping,
    voltages: Annotated[
        Voltages | None, option("60us (default): the pair that crosses the window in 60 us; or paper.")
    ] = None,
    v_set: Annotated[float | None, quantity("V", "SET amplitude, negative, in place of --voltages.")] = None,
    v_reset: Annotated[float | None, quantity("V", "RESET amplitude.")] = None,
    total: Annotated[
        float | None,
        quantity("s", "Time in which they cross the window; pulses last 4 times that at most.", default=TOTAL),
    ] = None,
    walk: WalkStep = None,
    out: Out = Path("runs/dataset"),
    workers: Workers = None,
    repair: Annotated[bool, typer.Option("--repair", help="Make damaged files of records in the folder anew.")] = False,
    scheduler: Annotated[str | None, option("Dask scheduler whose workers do the work, tcp://host:port.")] = None,
    as_json: Json = False,
) -> None:
    """Extract a dataset: which pulse takes a cell from one conductance to another. Run again, it goes on."""
    from ..dataset.pulse_dataset import extract as run

    if workers is not None and scheduler is not None:
        raise ValueError("--workers: with --scheduler the cluster has its own")
    chosen = _voltages(voltages, v_set, v_reset, total)
    described, arguments = place.put(walking(cell.build(), walk)), sweeping.arguments(drawing.arguments)
    with resumable():
        how = {"workers": workers, "scheduler": scheduler} | ({"repair": True} if repair else {})
        with left_as_it_was(out) as folder:
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
    """Return the pair that the options give, or the name of one."""
    from ..simulation.write_voltages import Pair

    own = {"--v-set": v_set, "--v-reset": v_reset, "--total": total}
    given = [name for name, value in own.items() if value is not None]
    if not given:
        return (standing or Voltages.US60).value
    if standing is not None:
        raise ValueError(f"--voltages and {given[0]}: give one of them")
    if v_set is None or v_reset is None:
        raise ValueError(f"{given[0]}: give both --v-set and --v-reset")
    return Pair(v_set, v_reset, TOTAL if total is None else total)


def _given(**options: Any) -> dict[str, Any]:
    """Return the options that have a value."""
    return {name: value for name, value in options.items() if value is not None}


def _si(listed: Table, name: str) -> np.ndarray:
    """Return a column of a list, (n,), in S or s as its name says; ValueError where the table states another unit."""
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
    """Return the time of ``--rise`` or ``--fall`` [s], or the ends of its range; None where it is not given."""
    if text is None:
        return None
    try:
        ends = quantities(f"--{name}", text, "s", ":")
    except ValueError as error:
        raise ValueError(f"{error}; the shortest and the longest one as 2ns:20ns") from None
    return ends[0] if len(ends) == 1 else ends


def _results(data: PulseDataset, out: Path) -> dict[str, Any]:
    """Return what is printed of a dataset, for JSON."""
    outcome = data.frame.outcome
    reached = data.frame[outcome == "reached"]
    return {
        "out": str(out), "circuit": data.manifest.circuit, "pair": data.manifest.settings["pair"],
        "control": data.control, "records": len(outcome),
        "reached": len(reached), "not_reached": int((outcome == "not_reached").sum()),
        "failed": int((outcome == "simulation_failed").sum()), "failures": data.manifest.failures,
        "t_pulse_median_s": float(reached.t_pulse_s.abs().median()) if len(reached) else None,
    }  # fmt: skip
