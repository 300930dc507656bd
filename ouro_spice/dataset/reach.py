"""What conductances the devices of a law can have, and what a list of records asks for beyond."""

from __future__ import annotations

import itertools

import numpy as np

from .._util.checks import check_conductance
from .._util.validity import warn
from ..circuit.cell_kinds import Cell, memristor
from ..circuit.compact_cell import CompactCell
from ..compact.jart import jart_characteristics as characteristics
from ..device.jart.jart_device import Device
from ..device.jart.spread import Spread
from ..device.jart.walk import Walk
from .recipe import Recipe


def reach_S(device: Device, d2d: Spread | None, model: str | None = None) -> tuple[float, float]:
    """Return the smallest and the largest conductance [S] of the devices of a D2D law, wherever their walk takes
    them.
    """
    walk = device.walk if isinstance(device.walk, Walk) else None
    low, high = (np.array(d2d.low), np.array(d2d.high)) if d2d else (np.ones(4), np.ones(4))
    if walk:
        bands = np.array([walk.band, walk.band, walk.band_min, walk.band])
        low, high = low * (1 - bands), high * (1 + bands)
    ends = max(device.Nlo, device.Ndiscmin * low[2]), min(device.Nhi, device.Ndiscmax * high[3])
    r, length = (own * np.array([low[k], high[k]]) for k, own in ((0, device.r), (1, device.l)))
    n, r, length = np.array(list(itertools.product(ends, r, length))).T
    found = characteristics.conductance(device, n, r, length, model)
    return float(found.min()), float(found.max())


def check_list(recipe: Recipe, cell: Cell | CompactCell) -> None:
    """Warn of listed starts and targets that no device of the recipe can have, with their count.

    Raises
    ------
    ValueError
        Where all starts, or all targets, are such.
    """
    if not recipe.table:
        return
    low, high = reach_S(memristor(cell), recipe.d2d, cell.model if isinstance(cell, CompactCell) else None)
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
