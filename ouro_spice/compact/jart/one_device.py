"""One device in time, as `integration` follows many: for a single pulse whose arguments were checked elsewhere."""

from __future__ import annotations

import math
import threading
from typing import NamedTuple

import numpy as np

from .integration import TRACE_ROWS, grid_times, no_rate
from .jart_characteristics import MODELS
from .load_line import resistor
from .transient_kernel import SCRATCH, follow_devices
from .walk_kernel import STILL, start
from .workspace import TRACE

_thread = threading.local()
"""Where a thread keeps its rows of a trace: to get that much memory anew takes longer than to follow a pulse."""


def thread_rows() -> np.ndarray:
    """Return the rows of a thread for a trace, (1, TRACE_ROWS, 7), with anything in them."""
    if not hasattr(_thread, "rows"):
        _thread.rows = np.empty((1, TRACE_ROWS, len(TRACE)))
    return _thread.rows


class Trajectory(NamedTuple):
    """Hold the end and the trace of one device: see `integration.Trajectories`."""

    n_end: float
    wander: np.ndarray
    energy_J: float
    steps: int
    trace: np.ndarray


def follow_one(
    model: str,
    p: np.ndarray,
    times_s: np.ndarray,
    volts: np.ndarray,
    n_start: float,
    *,
    writing: np.ndarray | None = None,
    rs_ohm: float = 0.0,
    walk: np.ndarray | None = None,
    wander: np.ndarray | None = None,
    key: np.ndarray | None = None,
    grid_s: float | None = None,
    trace: bool = False,
) -> Trajectory:
    """Follow one device of a parameter vector (P,) as `integration.follow` does, to the last bit.

    The arguments are not checked: they are those of cells, pulses and states that were checked when they were made. For
    one pulse the checks would take several times as long as the integration.

    Raises
    ------
    ArithmeticError
        Where the device has no finite rate at these voltages.
    """
    t, v, n, vectors = times_s[None], volts[None], np.array([n_start]), p[None]
    on = (v[:, 1:] != 0) | (v[:, :-1] != 0) if writing is None else writing[None]
    w = start(vectors, n) if wander is None else wander[None].copy()
    keys = np.zeros((1, 2), np.uint64) if key is None else key[None]
    spacing, records_s = grid_times(grid_s, t)
    results, rows = np.empty((1, 3)), thread_rows() if trace else np.empty((1, 0, len(TRACE)))
    follow_devices(
        MODELS.index(model), vectors, resistor(rs_ohm)[None], t, v, on, n, w, STILL if walk is None else walk, keys,
        np.full(1, np.nan), spacing, np.empty((1, len(records_s), 5)), rows, results, np.empty(SCRATCH),
    )  # fmt: skip
    if not math.isfinite(n[0]):
        raise ArithmeticError(no_rate(0))
    end = int(np.searchsorted(np.isnan(rows[0, :, 0]), True))  # behind the trace the kernel puts NaN
    return Trajectory(float(n[0]), w[0], float(results[0, 0]), int(results[0, 1]), rows[0, :end].copy())
