"""Pulse times without a network: those of the device without noise, and no pulse at all."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from .._util.checks import check_engine, check_kind, shown
from .._util.display import brief, shows
from .._util.forks import cached_property
from ..circuit.cell_kinds import Cell, memristor
from ..circuit.compact_cell import CompactCell
from ..circuit.pulse import Pulse
from ..compact import characteristics
from ..device.memristor import Memristor
from ..simulation.transient import simulate
from ..simulation.window_crossing import without_bounds
from ..simulation.write_voltages import Pair
from ..spice.ngspice import Engine, default_engine

if TYPE_CHECKING:
    from scipy.interpolate import PchipInterpolator

Predict = Callable[[np.ndarray, np.ndarray], np.ndarray]
"""Signed pulse times (D,) [s], SET positive, for readings (D,) and wanted changes of conductance (D,) [S]."""

_LONGEST = (1.5, 6.0, 24.0)
"""How long a traverse is followed, over the time that the pair is said to take."""

_PARTS = 8
"""A single request is followed over this part of the traverse first, and over twice as much until it is long enough."""


def check_cell(cell: object, pair: object) -> None:
    """Raise ValueError for what is no cell with a memristor, or no pair of amplitudes."""
    if not isinstance(cell, Cell | CompactCell) or not isinstance(cell.device, Memristor):
        raise ValueError(f"cell = {shown(cell)} must be a cell with a memristor")
    check_kind("pair", pair, Pair)


def nothing(g_S: np.ndarray, dg_S: np.ndarray) -> np.ndarray:
    """Return no pulse, whatever is wanted: times of 0 s, (D,)."""
    return np.zeros(np.shape(dg_S))


@dataclass(frozen=True, eq=False)
class NoiseFree:
    """The time that the nominal device without noise needs: one traverse a direction, looked up.

    In one direction the state has one way, and the time from start to target is the difference of the two times at
    which the traverse passes them. Conductances beyond the window count as its edges.

    Attributes
    ----------
    set_way, reset_way
        Logarithm of the conductance [S], ascending, and time at full amplitude [s] from the window's edge, (2, points).
    """

    set_way: np.ndarray
    reset_way: np.ndarray

    @shows
    def __repr__(self) -> str:
        return brief(self)

    def __call__(self, g_S: np.ndarray, dg_S: np.ndarray) -> np.ndarray:
        """Return the signed times (D,) [s] for starts (D,) and changes of conductance (D,) [S]."""
        g_S, dg_S = np.asarray(g_S, dtype=float), np.asarray(dg_S, dtype=float)
        start, target = np.log(g_S), np.log(np.maximum(g_S + dg_S, 1e-12))
        needed = [way(target) - way(start) for way in self._ways]
        return np.where(dg_S > 0, needed[0], -needed[1])

    @cached_property
    def _ways(self) -> list[Callable[[np.ndarray], np.ndarray]]:
        """Return the time [s] as a function of ln g, one a direction: monotone and smooth, constant beyond the
        points.
        """
        from scipy.interpolate import PchipInterpolator  # half a second

        return [partial(_time_s, PchipInterpolator(*way), *way[0, [0, -1]]) for way in (self.set_way, self.reset_way)]


def _time_s(way: PchipInterpolator, low: float, high: float, log_g: np.ndarray) -> np.ndarray:
    """Return the time on a way at logarithms of the conductance, (D,) [s]."""
    return way(np.clip(log_g, low, high))


def noise_free(cell: Cell | CompactCell, pair: Pair, engine: Engine | None = None) -> NoiseFree:
    """Return the noise-free baseline of a cell at a pair, from two transients, one a direction.

    Parameters
    ----------
    cell
        The circuit or compact cell with its nominal device; its walk and the edges of its window are taken out.
    pair
        The amplitudes, and gate voltages where they belong to it.
    engine
        What runs a circuit.

    Raises
    ------
    ValueError
        Where the device does not cross its window in 24 times the pair's time.
    SimulationError
        Where a simulation fails.
    """
    check_cell(cell, pair)
    check_engine(engine)
    free, low, high = without_bounds(pair.gated(cell))
    ways = []
    for volts, start, end in ((pair.v_set, low, high), (pair.v_reset, high, low)):
        for factor in _LONGEST:
            time_s, log_g, crossed_s = _followed(free, volts, start, end, factor * pair.total_s, engine)
            if crossed_s is not None:
                break
        else:
            raise ValueError(
                f"pair: at {volts:g} V the noise-free device does not cross its window in "
                f"{_LONGEST[-1] * pair.total_s:g} s"
            )
        ways.append(_ascending(log_g, time_s))
    return NoiseFree(*ways)


def simulated(cell: Cell | CompactCell, pair: Pair, engine: Engine | None = None) -> Predict:
    """Return the same baseline as a chip would run it: a simulation for each request, until the target is crossed.

    The length that is simulated is doubled, the start held, until the target is crossed; ValueError beyond 24 times the
    pair's time. It gives the times of `noise_free` within the solver's error, and shows what a prediction costs.
    Arguments and further errors are those of `noise_free`.
    """
    free, low, high = without_bounds(pair.gated(cell))
    device, model = memristor(free), free.model if isinstance(free, CompactCell) else None

    def one(g_S: float, dg_S: float) -> float:
        if dg_S == 0:
            return 0.0
        bounds = characteristics.conductance(device, np.array([low, high]), model)
        start, end = characteristics.states_for(device, np.clip([g_S, g_S + dg_S], *bounds), model)
        limit_s = pair.total_s / _PARTS
        while limit_s <= _LONGEST[-1] * pair.total_s:
            crossed_s = _followed(free, pair.amplitude(dg_S), start, end, limit_s, engine)[2]
            if crossed_s is not None:
                return float(np.copysign(crossed_s, dg_S))
            limit_s *= 2
        raise ValueError(f"pair: {g_S:g} S does not reach {g_S + dg_S:g} S in {limit_s / 2:g} s without noise")

    return lambda g_S, dg_S: np.array([one(*both) for both in zip(g_S, dg_S, strict=True)])


def compute_times(predict: Predict, g_S: np.ndarray, dg_S: np.ndarray) -> dict[str, Any]:
    """Time a prediction, one request after the other, over the requests (D,), (D,) [S]; return figures of the times.

    Returns
    -------
    dict
        ``compute_s``, the median [s], ``compute_n``, how many were timed, and ``compute_quartiles_s``, between which
        half of them lie [s].
    """
    taken = []
    for k in range(len(g_S)):
        begun = time.perf_counter()
        predict(g_S[k : k + 1], dg_S[k : k + 1])
        taken.append(time.perf_counter() - begun)
    low, middle, high = np.percentile(taken, [25, 50, 75]).tolist()
    return {"compute_s": middle, "compute_n": len(taken), "compute_quartiles_s": [low, high]}


def _followed(
    free: Cell | CompactCell, volts: float, start_x: float, end_x: float, limit_s: float, engine: Engine | None
) -> tuple[np.ndarray, np.ndarray, float | None]:
    """Return times at full amplitude [s] and ln g between two states, and when the second is reached [s]; None:
    not yet.
    """
    pulse = Pulse(volts, limit_s)
    state = free.state().changed(free.index, x=start_x)
    wave = simulate(free, [pulse], state, engine=engine or default_engine())
    time_s, log_g = wave.time_s - free.flat_start_s(pulse), np.log(wave.g)
    way = _way(memristor(free), wave.lead(), start_x, end_x)
    if way.max() < 1:
        return time_s, log_g, None
    last = max(int(np.argmax(way >= 1)), 1)
    step = way[last] - way[last - 1]
    part = (1 - way[last - 1]) / step if step > 0 else 0.0
    end_s, end_log_g = (float(x[last - 1] + part * (x[last] - x[last - 1])) for x in (time_s, log_g))
    time_s, log_g = np.append(time_s[:last], end_s), np.append(log_g[:last], end_log_g)
    return np.maximum(time_s, 0.0), log_g, max(end_s, 0.0)


def _way(device: Memristor, x: np.ndarray, start_x: float, end_x: float) -> np.ndarray:
    """Return which share of the way from one state to another has been gone, on the scale of the variable, (T,)."""
    if end_x == start_x:
        return np.ones(len(x))
    if device.lead.scale == "log":
        return np.log(x / start_x) / np.log(end_x / start_x)
    return (x - start_x) / (end_x - start_x)


def _ascending(log_g: np.ndarray, time_s: np.ndarray) -> np.ndarray:
    """Return a way as a table over ln g, (2, points), without points at which edges or rounding make it stand still."""
    sign = 1 if log_g[-1] > log_g[0] else -1
    best = np.maximum.accumulate(sign * log_g)
    new = np.concatenate([[True], np.diff(best) > 0])
    return np.array([log_g[new], time_s[new]])[:, ::sign]
