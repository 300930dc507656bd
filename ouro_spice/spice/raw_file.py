"""Binary ngspice raw files: the plots that a deck wrote."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np

Plot = dict[str, np.ndarray]
"""The vectors of one analysis by their ngspice names, each (T,)."""


def read_raw(path: Path) -> list[Plot]:
    """Return the plots of a binary raw file with real vectors, in order: vector name to (T,)."""
    data = Path(path).read_bytes()
    plots, position = [], 0
    while (start := data.find(b"Binary:\n", position)) >= 0:
        header = data[position:start].decode(errors="replace")
        count, points = (_number(header, what) for what in ("Variables", "Points"))
        names = [line.split()[1] for line in header.split("Variables:\n")[1].splitlines()]
        begin = start + len(b"Binary:\n")
        position = begin + 8 * count * points
        if position > len(data):  # cut off while it was written
            break
        table = np.frombuffer(data[begin:position], dtype=float).reshape(points, count)
        plots.append({name: table[:, k] for k, name in enumerate(names)})
    return plots


def _number(header: str, what: str) -> int:
    """Return the number of variables or points in the header of a plot; ValueError without it."""
    found = re.search(rf"No\. {what}: *(\d+)", header)
    if found is None:
        raise ValueError(f"not a raw file of ngspice: its header lacks 'No. {what}'")
    return int(found[1])
