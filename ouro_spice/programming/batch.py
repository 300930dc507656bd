"""Many cells at once: each with its device, its walk and its state, read and pulsed together."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import ArrayLike

from .._util.checks import check_engine, check_range, check_scheduler, check_workers, shown
from .._util.progress import Bar
from ..circuit.cell_kinds import Cell, is_measured
from ..circuit.compact_cell import CompactCell
from ..circuit.pulse import HIGHEST_V, Pulse
from ..dataset.recipe import STARTS, Sample
from ..device.jart.jart_device import Device
from ..device.memristor import Memristor
from ..device.state import State
from ..spice.ngspice import Ngspice
from .circuit_batch import CircuitFleet, MeasuredFleet
from .jart_batch import CompactFleet
from .spice_batch import SpiceFleet
from .survey_batch import SurveyFleet, compact_survey


class Fleet(Protocol):
    """Many cells, at places 0 .. D - 1: what `write_many` programs.

    What a cell does follows from its own seed and what is done to it, whatever the others do and however many workers
    there are. `places` are arrays of indices (k,); where a call changes states, each is there once at most.

    Attributes
    ----------
    cell
        The nominal description, whose device is that of none of them where they differ.
    devices
        Of each cell, at its own values.
    read_s
        Time that a read takes [s].
    window_S
        Smallest and largest conductance of the nominal cell [S].
    failures
        How many simulations failed, by the name of their result.
    """

    devices: tuple[Memristor, ...]
    read_s: float
    window_S: tuple[float, float]
    failures: dict[str, int]

    @property
    def cell(self) -> Cell | CompactCell:
        """Return the nominal description."""
        ...

    def __len__(self) -> int:
        """Return the number of cells."""
        ...

    def read(self, places: ArrayLike, bar: Bar | None = None) -> np.ndarray:
        """Return what the sense path reports, (k,) [S]; NaN where the read failed."""
        ...

    def apply(self, places: ArrayLike, pulses: Sequence[Pulse], bar: Bar | None = None) -> np.ndarray:
        """Send one write pulse to each; return the energies, (k,) [J], NaN where it failed: that cell is as it was."""
        ...

    def g_S(self, places: ArrayLike) -> np.ndarray:
        """Return conductances of the devices alone at +0.2 V, without read noise, (k,) [S]: for scores."""
        ...

    def sampled(
        self,
        places: ArrayLike,
        amplitude_V: ArrayLike,
        dt_s: ArrayLike,
        points: int,
        rise_s: float = 2e-9,
        bar: Bar | None = None,
    ) -> np.ndarray:
        """Return conductances at the widths 0, dt, 2 dt, .. of a pulse, before its falling edge, (k, points) [S].

        No state changes. Amplitude and spacing may be one value or (k,). A row is NaN where the simulation failed.
        """
        ...

    def pulse_s(self, pulse: Pulse) -> float:
        """Return the time that a write pulse takes, gate edges and idle time included [s]."""
        ...

    def state(self, place: int) -> State:
        """Return the state of one cell, which `live` takes to go on from there."""
        ...

    def copy(self) -> Fleet:
        """Return the same cells in the same states, independent from now on."""
        ...

    def part(self, places: ArrayLike) -> Any:
        """Return some of the cells in their present states as a fleet of their own, which can be pickled."""
        ...

    def put(self, places: ArrayLike, part: Any) -> None:
        """Take over the states that a `part` of these places has come to, and its failures."""


def fleet(
    cell: Cell | CompactCell,
    drawn: Sequence[Sample],
    start: str = "stationary",
    *,
    workers: int | None = None,
    engine: Ngspice | None = None,
    often_V: Collection[float] = (),
    scheduler: str | None = None,
) -> CompactFleet | SurveyFleet[CompactCell] | CircuitFleet | MeasuredFleet | SpiceFleet:
    """Return many cells of one description, each with a device, a seed and a start of its own, as a `Fleet`.

    Parameters
    ----------
    cell
        The description; each cell has its own device in it.
    drawn
        One for each cell, of `Recipe.draw`; their targets and edges play no part.
    start
        "stationary": r, l and the limits have walked for long before the start is set; "nominal": the device's own.
    workers
        Threads of compact cells, processes of cells in SPICE; None: one a core. No result depends on it.
    engine
        What runs cells in SPICE; None: a new one, which `SpiceFleet.close` ends.
    often_V
        Amplitudes that many pulses will have. The circuit is measured once at each of them, 16 transients, so that
        short pulses of devices that walk take half as long, and long ones a little less; of no use to compact cells.
    scheduler
        Address of a Dask scheduler, ``tcp://host:port``: `write_many`, `tune` and `deploy` have its workers do whole
        writes, each for some of the cells. No result depends on it.

    Raises
    ------
    ValueError
        For what is no cell, no draws, or an unknown start.
    """
    drawn = list(drawn) if isinstance(drawn, Iterable) else []
    if not drawn or not all(isinstance(one, Sample) for one in drawn):
        raise ValueError("drawn must be one or more of what Recipe.draw gives")
    if not isinstance(start, str) or start not in STARTS:
        raise ValueError(f"start {shown(start)} is unknown; there is {', '.join(STARTS)}")
    check_workers(workers)
    check_engine(engine)
    if not isinstance(often_V, Collection) or isinstance(often_V, str | bytes):
        raise ValueError(f"often_V = {shown(often_V)} must be a list of amplitudes [V]")
    for volts in often_V:
        check_range("often_V", volts, -HIGHEST_V, HIGHEST_V, "V")
    check_scheduler(scheduler)
    found = _batch(cell, drawn, start, workers, engine, often_V)
    found.scheduler = scheduler
    return found


def _batch(
    cell: Cell | CompactCell,
    drawn: Sequence[Sample],
    start: str,
    workers: int | None,
    engine: Ngspice | None,
    often_V: Collection[float],
) -> CompactFleet | SurveyFleet[CompactCell] | CircuitFleet | MeasuredFleet | SpiceFleet:
    """Return the batch of a kind of cell; ValueError for what is none."""
    if isinstance(cell, CompactCell):
        if not isinstance(cell.device, Device):
            return compact_survey(cell, drawn)
        return CompactFleet(cell, drawn, start, workers)
    if not isinstance(cell, Cell) or not isinstance(cell.device, Memristor):
        raise ValueError(f"cell = {shown(cell)} must be a CompactCell, or a circuit with a memristor")
    if is_measured(cell):
        kind = CircuitFleet if isinstance(cell.device, Device) else MeasuredFleet
        return kind(cell, drawn, start, engine, workers)
    return SpiceFleet(cell, drawn, start, engine, workers, often_V)
