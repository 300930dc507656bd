"""Simulated pulses integrated again by ``tests/oracle.py``, which shares no code with the package."""

from __future__ import annotations

import dataclasses
import multiprocessing
import sys
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import numpy as np
from _common import relative_gap

import ouro_spice as ouro
from ouro_spice.compact.jart import tud
from ouro_spice.compact.jart.jart_characteristics import conductance
from ouro_spice.compact.jart.parameter_vector import vector

sys.path.append(str(Path(__file__).resolve().parent.parent / "tests"))
import oracle

SHIFT, GAP = 0.005, 0.01
"""A repeated pulse is missed where time and conductance are both further off than this, relative."""


class Full(oracle.Jart):
    """The oracle; its search for the current is no matter of nanovolts, at which nothing moves."""

    def rate(self, v: float, n: float) -> float:
        """dN/dt."""
        return super().rate(v, n) if abs(v) > 1e-6 else 0.0


class Fit(Full):
    """The oracle's rate equation on the explicit current of JART-TUD."""

    @cached_property
    def vector(self) -> np.ndarray:
        """The parameters as the kernel takes them."""
        return vector(ouro.Device(**{f.name: getattr(self, f.name) for f in dataclasses.fields(self)}))

    def current(self, v: float, n: float) -> float:
        """Static current."""
        return float(tud.current(v, n, self.r, self.l, self.vector)) if v else 0.0


@dataclass(frozen=True)
class Task:
    """A pulse to be integrated again: voltage at the device, and what the simulation made of it."""

    index: int
    kind: str
    device: ouro.Device
    begin_s: float
    volts: tuple[np.ndarray, np.ndarray] = field(repr=False)
    time_s: np.ndarray = field(repr=False)
    n_disc: np.ndarray = field(repr=False)


def thinned(time_s: np.ndarray, volts: np.ndarray, tolerance: float = 1e-5) -> tuple[np.ndarray, np.ndarray]:
    """The points that a polyline needs to stay within a tolerance [V]."""
    keep, spans = {0, len(volts) - 1}, [(0, len(volts) - 1)]
    while spans:
        a, b = spans.pop()
        off = np.abs(np.interp(time_s[a : b + 1], time_s[[a, b]], volts[[a, b]]) - volts[a : b + 1])
        middle = a + int(np.argmax(off))
        if a < middle < b and off.max() > tolerance:
            keep.add(middle)
            spans += [(a, middle), (middle, b)]
    kept = sorted(keep)
    return time_s[kept], volts[kept]


@dataclass(frozen=True)
class Error:
    """How far a simulation is off, all relative: conductance at the end; time and conductance on the way."""

    end: float
    time: float = 0.0
    way: float = 0.0

    @property
    def missed(self) -> bool:
        """Whether both time and conductance are too far off."""
        return not (self.time <= SHIFT or max(self.end, self.way) <= GAP)


def repeat(job: Task) -> Error:
    """Compare a simulation with the oracle at its end and where N has come half its way.

    Where the conductance is off by more than `GAP` at the end, the time is that of 95 % of the way of the one that is
    behind: a conductance that runs away makes much of a small shift.
    """
    kind = Fit if job.device.realisation == "tud" else Full
    model = kind(**{f.name: getattr(job.device, f.name) for f in dataclasses.fields(oracle.Jart)})
    window = max(job.device.Nlo, 1e-6), min(job.device.Nhi, 1e6)
    ends = job.n_disc[-1], oracle.integrate(model, *job.volts, job.n_disc[0], window, rtol=1e-5)[1][-1]
    gap = apart(job, *ends)
    ways = np.log(np.array(ends) / job.n_disc[0])
    if gap <= GAP and abs(ways[0]) < 0.01:
        return Error(gap)
    if not np.prod(ways) > 0:
        return Error(gap, np.inf, np.inf)
    return Error(gap, *late(job, model, ways[np.argmin(np.abs(ways))] * (0.5 if gap <= GAP else 0.95)))


def apart(job: Task, n_disc: float, exact: float) -> float:
    """Relative gap between the conductances at two concentrations."""
    return relative_gap(*map(float, conductance(job.device.replace(realisation="compiled"), [n_disc, exact])))


def late(job: Task, model: oracle.Jart, way: float) -> tuple[float, float]:
    """Gap between the times since the pulse's beginning at which ln N has come this way; of the conductances then."""
    n0 = job.n_disc[0]
    level = n0 * np.exp(way)
    times, n = oracle.integrate(model, *job.volts, n0, (1e-9, level) if way > 0 else (level, 1e9), rtol=1e-5)
    # having arrived, it stands still
    exact = times[np.argmax((np.diff(n) == 0) & (np.log(n[:-1] / n0) / way > 0.5))]
    x = np.log(job.n_disc / n0) / way
    after = int(np.argmax(x >= 1))
    found = np.interp(1, x[after - 1 : after + 1], job.time_s[after - 1 : after + 1])
    then = n0 * np.exp(way * np.interp(exact, job.time_s, x))
    return relative_gap(found - job.begin_s, exact - job.begin_s), apart(job, then, level)


def repeated(jobs: Sequence[Task], workers: int) -> list[Error]:
    """Errors of each task, on all cores."""
    with ProcessPoolExecutor(workers, multiprocessing.get_context("spawn")) as pool:
        return list(pool.map(repeat, jobs))
