"""What conductances the devices of a law can have, and what a list of records asks for beyond."""

from __future__ import annotations

import numpy as np

from .._util.checks import check_conductance
from .._util.validity import warn
from ..circuit.cell_kinds import Cell, memristor
from ..circuit.compact_cell import CompactCell
from ..compact import characteristics
from .recipe import Recipe


def check_list(recipe: Recipe, cell: Cell | CompactCell) -> None:
    """Warn of listed starts and targets that no device of the recipe can have, with their count.

    Raises
    ------
    ValueError
        Where all starts, or all targets, are such.
    """
    if not recipe.table:
        return
    low, high = characteristics.reach_S(
        memristor(cell), recipe.d2d, cell.model if isinstance(cell, CompactCell) else None
    )
    told = f"these devices can have {low * 1e6:.4g} .. {high * 1e6:.4g} uS"
    starts, targets = ("g_start_S", "they begin at the nearest that a device has"), ("g_target_S", "they stay missed")
    for name, what in (starts, targets):
        values = recipe.table[name]
        check_conductance(f"the table's column {name}", values)
        beyond = np.flatnonzero((values < low * (1 - 1e-6)) | (values > high * (1 + 1e-6)))
        if not len(beyond):
            continue
        first = f"row {beyond[0]}: {values[beyond[0]] * 1e6:.4g} uS"
        text = f"the table's column {name}: {len(beyond)} of {recipe.n} lie where no device gets ({first}); {told}"
        if len(beyond) == recipe.n:
            raise ValueError(text)
        warn(f"{text}: {what}")
