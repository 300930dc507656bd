"""Many devices in time, each by itself: pulses, the walk from step to step, records on the way.

The same devices, keys and settings give the same trajectories on any number of threads and in any order of devices. A
trajectory that is continued from its end, anywhere in a step of the walk, differs from the uninterrupted one by the
error of the integration alone.
"""

from __future__ import annotations

import math
import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike

from ..._util.checks import check_count
from ...device.jart.jart_device import Device
from ...device.jart.jart_parameters import PARAMETERS
from .jart_characteristics import MODELS, check_model
from .load_line import resistor
from .parameter_vector import vector
from .transient_kernel import SCRATCH, follow_devices
from .walk_kernel import BAND_NMIN, CLOCK, COUNT, STILL, L, R, start
from .workspace import TRACE

TRACE_ROWS = 8192
"""Longest trace of a device: a longer one is thinned."""

_PARTS = 8  # parts of the devices a thread works on: they take unequal times


@dataclass(frozen=True, eq=False)
class Trajectories:
    """What became of D devices.

    Parameters
    ----------
    n_end
        Vacancy concentrations at the end [1e26 m^-3], (D,).
    wanders
        Walk vectors at the end, (D, 11): `walk_kernel` names their places.
    energy_J
        Integral of the driving voltage times the current, (D,).
    steps
        Steps of the integration, (D,).
    crossing_s
        Write-pulse time at which the conductance was found beyond ``until_g_S``, (D,); NaN: never, or not asked.
    time_s
        Times of the records from the start, (G,); empty without ``grid_s``.
    n, r, l, v, i
        Records, (D, G): concentration, radius [m], length [nm], driving voltage and current; NaN after the end.
    traces
        The points of the integration, an array (rows, 7) a device, its columns `workspace.TRACE`; empty if not asked.
    """

    n_end: np.ndarray
    wanders: np.ndarray
    energy_J: np.ndarray
    steps: np.ndarray
    crossing_s: np.ndarray
    time_s: np.ndarray
    n: np.ndarray
    r: np.ndarray
    l: np.ndarray
    v: np.ndarray
    i: np.ndarray
    traces: tuple[np.ndarray, ...]


def follow(
    model: str,
    devices: Sequence[Device] | np.ndarray,
    times_s: ArrayLike,
    volts: ArrayLike,
    n_start: ArrayLike,
    *,
    writing: ArrayLike | None = None,
    rs_ohm: ArrayLike = 0.0,
    walk: np.ndarray | None = None,
    wanders: np.ndarray | None = None,
    keys: np.ndarray | None = None,
    grid_s: float | None = None,
    trace: bool = False,
    until_g_S: ArrayLike | None = None,
    threads: int | None = None,
) -> Trajectories:
    """Follow D devices under piecewise-linear voltages; arguments with one value a device may also be one for all.

    Parameters
    ----------
    model, devices
        ``full``, ``reduced`` or ``tud``; the devices, or their parameter vectors (D, P).
    times_s, volts
        Corners of the voltage over device and series resistance, (K,) or (D, K).
    n_start, rs_ohm
        Vacancy concentration at the start [1e26 m^-3]; series resistance.
    writing
        The pieces of write pulses, whose time the walk counts, (K - 1,) or (D, K - 1); None: those with a voltage.
    walk, wanders, keys
        `Walk.settings`, None: r, l, Nmin and Nmax stand still; walk vectors (D, 11) to go on from, None: the
        devices' own values; keys of the random numbers, (D, 2) uint64. None of them is changed.
    grid_s, trace
        Spacing of the records; whether to keep the points of the integration, for few devices.
    until_g_S
        Conductance at +0.2 V at which a device's time ends, approached from the side on which it begins. It is looked
        at where the steps of the walk end, without a walk at the records.
    threads
        How many threads, None: one a core.

    Raises
    ------
    ValueError, ArithmeticError
        For an illegal argument, naming it; if a device has no finite rate at these voltages.
    """
    p = _vectors(model, devices)
    n = _of_devices("n_start", n_start, len(p))
    _require(np.all(n > 0), "n_start must be positive [1e26 m^-3]")
    rs = _of_devices("rs_ohm", rs_ohm, len(p))
    _require(np.all(rs >= 0), "rs_ohm must not be negative [Ohm]")
    wave = _waveform(times_s, volts, writing, len(p))
    walks = _walks(walk, wanders, keys, p, n)
    _require(
        until_g_S is None or walk is not None or grid_s is not None, "until_g_S needs a walk or grid_s: when to look"
    )
    until = np.full(len(p), np.nan) if until_g_S is None else _of_devices("until_g_S", until_g_S, len(p))
    records, rows = grid_times(grid_s, wave[0]), TRACE_ROWS if trace else 0
    return _run(MODELS.index(model), p, rs, wave, n, walks, until, records, rows, threads)


def _run(
    model: int,
    p: np.ndarray,
    rs: np.ndarray,
    wave: tuple[np.ndarray, ...],
    n: np.ndarray,
    walks: tuple[np.ndarray, ...],
    until: np.ndarray,
    records: tuple[float, np.ndarray],
    rows: int,
    threads: int | None,
) -> Trajectories:
    """Return the trajectories of devices that are followed on threads; n and the walk vectors w change in place."""
    (s, w, keys), (spacing, time), count = walks, records, len(p)
    loads = np.array([resistor(ohm) for ohm in rs])
    grid = np.full((count, len(time), 5), np.nan)
    points = np.full((count, rows, len(TRACE)), np.nan)
    results = np.empty((count, 3))

    def part(of: slice) -> None:
        waves = (x if len(x) == 1 else x[of] for x in wave)
        follow_devices(
            model, p[of], loads[of], *waves, n[of], w[of], s, keys[of], until[of], spacing, grid[of], points[of],
            results[of], np.empty(SCRATCH),
        )  # fmt: skip

    share(part, count, threads)
    if not np.all(np.isfinite(n)):
        raise ArithmeticError(no_rate(int(np.flatnonzero(~np.isfinite(n))[0])))
    traces = tuple(x[np.isfinite(x[:, 0])] for x in points) if rows else ()
    columns = (np.ascontiguousarray(grid[:, :, column]) for column in range(5))
    ends = n, w, results[:, 0], results[:, 1].astype(np.int64), results[:, 2]
    return Trajectories(*ends, time, *columns, traces=traces)


def no_rate(number: int) -> str:
    """Return what is said of a device, by its number, whose state is not finite."""
    return f"no finite rate for device {number} at these voltages"


def _require(condition: bool | np.bool_, message: str) -> None:
    """Raise ValueError with a message where a condition does not hold."""
    if not condition:
        raise ValueError(message)


def _vectors(model: str, devices: Sequence[Device] | np.ndarray) -> np.ndarray:
    """Return the parameter vectors of devices, (D, P), checked."""
    check_model(model)
    if isinstance(devices, np.ndarray):
        p = devices
    else:  # many may be the same one
        different = {id(device): vector(device) for device in {id(device): device for device in devices}.values()}
        p = np.array([different[id(device)] for device in devices])
    _require(
        p.ndim == 2 and len(p) > 0 and p.shape[1] == len(PARAMETERS),
        f"devices must be Device, at least one, or vectors (D, {len(PARAMETERS)}); shape {p.shape}",
    )
    _require(np.all(np.isfinite(p)), "devices must have finite parameters")
    return np.ascontiguousarray(p, dtype=float)


def _of_devices(name: str, values: ArrayLike, count: int) -> np.ndarray:
    """Return a new (D,) array of one value for all devices, or one for each."""
    array = np.asarray(values, dtype=float)
    _require(array.shape in ((), (count,)), f"{name} must be one value or ({count},), not {array.shape}")
    _require(np.all(np.isfinite(array)), f"{name} must be finite")
    return np.array(np.broadcast_to(array, (count,)))


def _waveform(times: ArrayLike, volts: ArrayLike, writing: ArrayLike | None, count: int) -> tuple[np.ndarray, ...]:
    """Return times [s], volts [V] and which pieces write, each (1, ..) or (D, ..), checked."""
    t, v = (np.atleast_2d(np.asarray(x, dtype=float)) for x in (times, volts))
    for name, x in (("times_s", t), ("volts", v)):
        _require(x.ndim == 2 and len(x) in (1, count), f"{name} must be (K,) or ({count}, K), not {np.shape(x)}")
        _require(np.all(np.isfinite(x)), f"{name} must be finite")
    _require(t.shape[1] >= 2, f"times_s needs two points at least, not {t.shape[1]}")
    _require(np.all(np.diff(t) > 0), "times_s must ascend")
    _require(t.shape[1] == v.shape[1], f"volts has {v.shape[1]} points, times_s {t.shape[1]}")
    if writing is None:
        on = (v[:, 1:] != 0) | (v[:, :-1] != 0)
    else:
        on, pieces = np.atleast_2d(np.asarray(writing, dtype=bool)), t.shape[1] - 1
        right = on.shape in ((1, pieces), (count, pieces))
        _require(right, f"writing must have one value a piece, {pieces}; shape {np.shape(writing)}")
    return tuple(np.ascontiguousarray(x) for x in (t, v, on))


def _walks(
    walk: np.ndarray | None, wanders: np.ndarray | None, keys: np.ndarray | None, p: np.ndarray, n: np.ndarray
) -> tuple[np.ndarray, ...]:
    """Return the walk's settings, walk vectors (D, 11) and keys (D, 2), checked; the vectors are copies."""
    count = len(p)
    s = STILL if walk is None else np.array(walk, dtype=float)
    _require(s.shape == (BAND_NMIN + 1,), f"walk must be the settings vector ({BAND_NMIN + 1},), not {s.shape}")
    _require(walk is None or np.all(np.isfinite(s)), "walk must be finite")
    _require(s[0] > 0 and np.all(s[1:] >= 0) and np.all(s[1:] < 1), "walk: a positive step [s], the others in 0 .. 1")
    w = start(p, n) if wanders is None else np.array(wanders, dtype=float)
    _require(w.shape == (count, COUNT + 1), f"wanders must be ({count}, {COUNT + 1}), not {w.shape}")
    _require(np.all(np.isfinite(w)) and np.all(w[:, [R, L]] > 0), "wanders must be finite, r and l positive")
    _require(np.all(w[:, CLOCK] >= 0) and np.all(w[:, CLOCK] < s[0]), "wanders: the clock lies outside the walk's step")
    _require(walk is None or keys is not None, "keys are needed with a walk, two a device")
    k = np.zeros((count, 2), np.uint64) if keys is None else np.ascontiguousarray(keys)
    _require(
        k.shape == (count, 2) and k.dtype == np.uint64, f"keys must be uint64 ({count}, 2), not {k.dtype} {k.shape}"
    )
    return s, w, k


def grid_times(spacing: float | None, t: np.ndarray) -> tuple[float, np.ndarray]:
    """Return the spacing and the times (G,) of the records [s]."""
    if spacing is None:
        return 0.0, np.empty(0)
    _require(np.isfinite(spacing) and spacing > 0, "grid_s must be positive [s]")
    longest = np.max(t[:, -1] - t[:, 0])
    return float(spacing), np.arange(int(longest / spacing * (1 + 1e-9) + 1e-6) + 1) * spacing


def share(work, count: int, threads: int | None, most: int | None = None) -> None:
    """Call `work` with slices of `count` devices on `threads` threads; `most`: devices in a slice, None: any number."""
    if threads is None:
        threads = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    check_count("threads", threads)
    parts = max(min(count, _PARTS * threads) if threads > 1 else 1, math.ceil(count / most) if most else 1)
    edges = np.linspace(0, count, parts + 1).astype(int)
    slices = [slice(int(a), int(b)) for a, b in pairwise(edges)]
    if threads == 1 or len(slices) == 1:
        for one in slices:
            work(one)
        return
    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(work, slices))
