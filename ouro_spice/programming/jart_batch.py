"""Fleets of compact cells of JART devices: the states of all of them in arrays, moved on by kernels on threads."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import ArrayLike

from .._util import random_keys
from .._util.progress import Bar
from ..circuit.compact_cell import CompactCell
from ..circuit.gates import check_ungated
from ..circuit.pulse import Pulse
from ..circuit.result import Result
from ..compact import characteristics
from ..compact.jart import jart_characteristics
from ..dataset.recipe import Sample
from ..device.jart import walk_values
from ..device.jart.jart_device import Device
from ..device.jart.read_noise import Telegraph
from ..device.jart.walk import HalfCycleWalk, Walk
from ..device.jart.walk_state import WalkState
from ..device.state import State
from ..simulation.circuit_model import CircuitModel, SeriesResistance
from ..simulation.jart.population import start_walks
from ..simulation.jart.telegraph_noise import advance
from ..simulation.plausibility import warn_each
from .cell_batch import CellBatch, Described

_MOST = 32
"""Devices that a thread works on before Ctrl-C is attended to; at the pair of the paper each takes some 10 ms."""


@dataclass
class _States:
    """What changes: concentrations (D,) [1e26 m^-3], parameter vectors (D, P), walk vectors (D, 11), last polarities.

    The parameters change at each new polarity, under the walk of the guide.
    """

    n: np.ndarray
    p: np.ndarray
    w: np.ndarray
    polarity: np.ndarray

    def at(self, places: np.ndarray) -> _States:
        """Return a copy of the states at some places."""
        return _States(*(getattr(self, f.name)[places] for f in dataclasses.fields(self)))

    def put(self, places: np.ndarray, others: _States) -> None:
        """Take over the states of others at some places."""
        for f in dataclasses.fields(self):
            getattr(self, f.name)[places] = getattr(others, f.name)


class JartFleet(CellBatch[Described]):
    """Many cells of JART devices that kernels follow behind what is around them: as `Fleet` says."""

    _STATES = ("_states", "_telegraph")
    _FIXED = ("_own", "_keys")

    def __init__(
        self,
        cell: Described,
        drawn: Sequence[Sample],
        start: str,
        around: SeriesResistance | CircuitModel,
        read_s: float,
        threads: int | None = None,
    ) -> None:
        super().__init__(cell, drawn, read_s)
        self._around = around
        self._model = cell.model if isinstance(cell, CompactCell) else None
        self._own = tuple(one.device for one in drawn if isinstance(one.device, Device))
        self._threads = threads
        self._walk = self.devices[0].walk
        if any(device.walk != self._walk for device in self.devices):
            raise ValueError("drawn: all devices of a fleet of compact cells must have the same walk")
        self._keys = np.array([random_keys.stream_key(one.seed) for one in drawn])
        self._telegraph = [Telegraph()] * len(drawn)
        self._states = self._initial_states([one.start_S for one in drawn], start)

    def state(self, place: int) -> State:
        """Return the state of one cell, which `live` takes to go on from there."""
        wander = (self._walk_state(place),) if self._walk else ()
        telegraph = (self._telegraph[place],) if self.devices[place].read_noise else ()
        return State(((float(self._states.n[place]),),), wander=wander, telegraph=telegraph)

    def part(self, places: ArrayLike) -> Self:
        """Return some of the cells as a batch of their own, on one thread."""
        found = super().part(places)
        found._threads = 1
        return found

    def _detach(self) -> None:
        self._states, self._telegraph = self._states.at(np.arange(len(self))), list(self._telegraph)

    def _check_pulses(self, pulses: Sequence[Pulse]) -> None:
        """Warn of pulses that the model does not know; ValueError for those that the cells do not take."""

    def _g_S(self, places: np.ndarray) -> np.ndarray:
        return self._conductances(self._states.at(places))

    def _read(self, places: np.ndarray, bar: Bar | None) -> np.ndarray:
        found = self._conductances(self._states.at(places))
        for k, place in enumerate(places):
            if self.devices[place].read_noise:
                found[k] = self._noisy_conductance(place)
                self._advance_noise(place, self.read_s)
        if bar:
            bar.advance(len(places))
        return found

    def _apply(self, places: np.ndarray, pulses: list[Pulse], bar: Bar | None) -> np.ndarray:
        from ..compact.jart.pulse_kernels import pulse_devices  # numba

        given = np.array([(one.amplitude, one.rise, one.width, one.fall) for one in pulses]).reshape(-1, 4)
        self._check_pulses(pulses)
        now, energy = self._states_for(places, np.array([one.polarity for one in pulses], int)), np.empty(len(places))

        def part(of: slice, bundle: tuple, n: np.ndarray, scratch: np.ndarray) -> None:
            pulse_devices(*bundle, n, given[of], energy[of], scratch)

        self._share(part, places, now, self._around.loads(pulses), bar)
        fine = np.isfinite(now.n) & np.isfinite(energy)
        energy += self._around.charges_J(pulses)
        energy[~fine] = np.nan
        self._states.put(places[fine], now.at(fine))
        self._count(Result.NOT_FINITE, len(places) - int(fine.sum()))
        for k in np.flatnonzero(fine):
            if self.devices[places[k]].read_noise:
                self._advance_noise(places[k], self.pulse_s(pulses[k]))
        return energy

    def _sampled(self, places: np.ndarray, given: np.ndarray, points: int, bar: Bar | None) -> np.ndarray:
        from ..compact.jart.pulse_kernels import sample_devices  # numba

        sent = [Pulse(v, points * dt, rise) for v, rise, dt in given.tolist()]
        now, g = self._states_for(places, np.sign(given[:, 0]).astype(int)), np.empty((len(places), points))

        def part(of: slice, bundle: tuple, n: np.ndarray, scratch: np.ndarray) -> None:
            sample_devices(*bundle, n, given[of], g[of], scratch)

        self._share(part, places, now, self._around.loads(sent), bar)
        self._count(Result.NOT_FINITE, int(np.isnan(g).any(axis=1).sum()))
        return g

    def _initial_states(self, start_S: Sequence[float], start: str) -> _States:
        """Return the states of all cells at conductances [S], before the first pulse."""
        from ..compact.jart.integration import share  # numba
        from ..compact.jart.walk_kernel import COUNT

        n, w = np.empty(len(self)), np.empty((len(self), COUNT + 1))
        warm = self._walk if start == "stationary" and isinstance(self._walk, Walk) else None

        def part(of: slice) -> None:
            n[of], w[of], _ = start_walks(self._own[of], start_S[of], self._keys[of], warm, self._model)

        share(part, len(self), self._threads, _MOST)
        return _States(n, _vectors(self._own), w, np.zeros(len(self), int))

    def _states_for(self, places: np.ndarray, polarity: np.ndarray) -> _States:
        """Return a copy of the states of some cells as pulses of these polarities (k,) find them: a turn moves the
        half-cycle walk on.
        """
        from ..compact.jart.parameter_vector import vector

        now = self._states.at(places)
        if not isinstance(self._walk, HalfCycleWalk):
            now.polarity[:] = polarity
            return now
        for k, place in enumerate(places):
            device, n = self._own[place], float(now.n[k])
            moved, wander = walk_values.half_cycle(
                device, n, self._walk_state(place), int(polarity[k]), self._keys[place]
            )
            now.p[k], now.w[k], now.polarity[k] = vector(moved), wander.vector, wander.polarity
        return now

    def _bundle(self, now: _States, keys: np.ndarray) -> tuple:
        """Return the first arguments of all kernels but for the circuit: model, parameters, walk vectors, the walk's
        settings, keys.
        """
        from ..compact.jart.walk_kernel import STILL, start

        if isinstance(self._walk, Walk):
            w, settings = now.w, self._walk.settings
        else:  # under the walk of the guide the parameters move: the kernel's own walk stands still
            w, settings = start(now.p, now.n), STILL
        return jart_characteristics.code(self._own[0], self._model), now.p, w, settings, keys

    def _share(
        self, work: Callable, places: np.ndarray, now: _States, circuit: tuple[np.ndarray, np.ndarray], bar: Bar | None
    ) -> None:
        """Call `work` for parts of the cells, on threads; the concentrations and walk vectors in `now` are moved on.

        circuit: loads one behind the other, and where that of each cell begins, (k,).
        """
        from ..compact.jart.integration import share
        from ..compact.jart.pulse_kernels import SCRATCH  # numba

        if not len(places):
            return
        loads, which = circuit
        model, p, w, settings, keys = self._bundle(now, self._keys[places])

        def part(of: slice) -> None:
            work(of, (model, p[of], loads, which[of], w[of], settings, keys[of]), now.n[of], np.empty(SCRATCH))
            if bar:
                bar.advance(of.stop - of.start)

        share(part, len(places), self._threads, _MOST)

    def _conductances(self, now: _States) -> np.ndarray:
        """Return the conductances of states at +0.2 V, without read noise, (k,) [S]."""
        from ..compact.jart.pulse_kernels import SCRATCH, conductances  # numba

        g = np.empty(len(now.n))
        model, p, w, _, _ = self._bundle(now, self._keys[:0])
        conductances(model, p, w, now.n, g, np.empty(SCRATCH))
        return g

    def _walk_state(self, place: int) -> WalkState:
        return WalkState.from_vector(self._states.w[place], int(self._states.polarity[place]))

    def _noisy_conductance(self, place: int) -> float:
        """Return the conductance that a read of a device with read noise reports [S]."""
        x = (float(self._states.n[place]),)
        device = self.devices[place].now(x, self._walk_state(place) if self._walk else None)
        seen = device.observed(x, self._telegraph[place])
        return float(characteristics.conductance(device, seen[0], self._model))

    def _advance_noise(self, place: int, time_s: float) -> None:
        """Move the read noise of a device on by a time [s]."""
        self._telegraph[place] = advance(self._own[place], self._telegraph[place], time_s, self._keys[place])


class CompactFleet(JartFleet[CompactCell]):
    """Many compact cells: as `Fleet` says. Reads are exact, but for the read noise of devices that have it."""

    def __init__(self, cell: CompactCell, drawn: Sequence[Sample], start: str, threads: int | None = None) -> None:
        super().__init__(cell, drawn, start, SeriesResistance(cell.resistance), cell.read.duration, threads)

    def _check_pulses(self, pulses: Sequence[Pulse]) -> None:
        check_ungated(pulses, "a compact cell")
        if not self.cell.resistance:  # else the devices have less
            highest_V = max((abs(one.amplitude) for one in pulses), default=0.0)
            warn_each(self.cell.device.voltage_doubts(highest_V, self.cell.model))


def _vectors(devices: Sequence[Device]) -> np.ndarray:
    """Return the parameter vectors of D devices, (D, P); what several places share is worked out once."""
    from ..compact.jart.parameter_vector import vector

    different = {id(device): vector(device) for device in {id(device): device for device in devices}.values()}
    return np.array([different[id(device)] for device in devices])
