"""What `extract` is asked for: the recipe, its pair of amplitudes, the folder of the work; all checked."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

from .._util.checks import check_flag, check_scheduler, check_workers, checked_path
from .._util.files import make_folder
from ..circuit.cell_kinds import Cell, memristor
from ..circuit.compact_cell import CompactCell
from ..circuit.selection import Selection
from ..device.memristor import Memristor
from ..simulation.plausibility import check_walk, warn_each
from ..simulation.write_voltages import Pair
from ..spice.ngspice import Engine
from .reach import check_list
from .recipe import LAWS, Recipe
from .reference_voltages import reference_pair
from .sweep import asked_sweep

_OF_WIDTHS = ("rise_s", "fall_s", "step_s")
_VOLTAGES = "60us"
"""The amplitudes of records that vary the width, where none are given."""


def asked_recipe(
    cell: Any, n: int, seed: int, sampling: Any, voltages: Any, laws: dict[str, Any], shard: int
) -> Recipe:
    """Return the recipe without its pair; ValueError for arguments that are wrong, before anything is simulated."""
    if not isinstance(cell, Cell | CompactCell) or not isinstance(cell.device, Memristor):
        raise ValueError(
            f"{type(cell).__name__}: extract takes a Cell1R, Cell1T1R, CompactCell or cell of an array with a memristor"
        )
    if isinstance(cell, Selection) and cell.fidelity == "circuit":
        raise ValueError('fidelity = "circuit": records of cells of an array are made in "full" or "frozen"')
    known = (*LAWS, "control")
    unknown = set(laws) - set(known)
    if unknown:
        raise ValueError(f"{sorted(unknown)[0]!r} is not known to extract; there is {', '.join(known)}")
    laws = {"d2d": "ten_percent"} | laws
    if laws["d2d"] is not None:
        laws["d2d"] = memristor(cell).spread_law(laws["d2d"])
    sweep = asked_sweep(laws.pop("control", "width"))
    if sweep:
        sweep.check_cell(cell)
        given = [name for name in _OF_WIDTHS if name in laws] + ["voltages"] * (voltages != _VOLTAGES)
        if given:
            raise ValueError(f"{given[0]}: records that vary a voltage have the pulses of their ouro_spice.Sweep")
    table = dict(sampling) if hasattr(sampling, "keys") else {}
    sampling = "listed" if table else sampling
    recipe = Recipe(n, seed, None, sampling=sampling, table=table, shard=shard, sweep=sweep, **laws)
    check_list(recipe, cell)
    return recipe


def with_pair(
    recipe: Recipe, cell: Cell | CompactCell, voltages: Pair | str, engine: Engine
) -> tuple[Recipe, Cell | CompactCell]:
    """Return a recipe with its pair, and the cell with that pair's gate voltages; of a sweep both as they are."""
    if recipe.sweep:
        pulses = recipe.sweep.pulses(recipe.sweep.ends_V[0])
        check_walk(memristor(cell).walk, sum(one.duration for one in pulses), "the pulses of a record")
        return dataclasses.replace(recipe, voltages="swept"), cell
    name, pair = reference_pair(cell, voltages, engine)
    _check_pulses(cell, pair)
    return dataclasses.replace(recipe, pair=pair, voltages=name), pair.gated(cell)


def _check_pulses(cell: Cell | CompactCell, pair: Pair) -> None:
    """Warn of a walk without a step, and of voltages that the model does not know (in circuits as they are run)."""
    check_walk(memristor(cell).walk, pair.total_s, "the pulses that cross the window")
    if isinstance(cell, CompactCell) and not cell.resistance:
        warn_each(cell.device.voltage_doubts(max(-pair.v_set, pair.v_reset), cell.model))


def work_folder(out: str | Path | None, workers: int | None, scheduler: str | None, repair: bool) -> Path | None:
    """Make the folder of the work and return it, None for none; ValueError for wrong settings of how it is done."""
    check_flag("repair", repair)
    check_workers(workers)
    check_scheduler(scheduler)
    return None if out is None else make_folder(checked_path("out", out))
