"""One write into an array: conductance map in, conductance map out, and what it took."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from .._util.checks import check_kind, shown
from .._util.display import Axes, shows
from .._util.forks import cached_property
from ..circuit.pulse import Parallel, Pulse
from ..circuit.selection import Selection
from ..circuit.waveform import Fidelity, Waveform
from ..device.state import State
from ..simulation.transient import simulate
from ..spice.ngspice import Engine
from . import array_display as display
from .line_delay import LineDelay, delays_of
from .recorded_voltages import cell_volts
from .write_energy import Energy, energy_of

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, eq=False)
class ArrayWrite:
    """What a pulse did to an array.

    Attributes
    ----------
    selection, pulse
        Which cells were selected, and what was sent.
    before
        The state of the array before.
    wave
        The waveform; its ``state`` is that of the array afterwards.
    """

    selection: Selection
    pulse: Pulse | Parallel
    before: State
    wave: Waveform

    @shows
    def __repr__(self) -> str:
        return display.line(self)

    @shows
    def _repr_html_(self) -> str:
        return display.html(self)

    @shows
    def plot(self, name: str = "g_after_S", ax: Axes | None = None) -> Axes:
        """Draw a map of the array, the selected cells framed; return the matplotlib axes.

        Parameters
        ----------
        name
            "g_before_S", "g_after_S", "v_cell_V" or "v_peak_V"; else ValueError.
        ax
            Where to draw; axes of a new figure where None.
        """
        return display.draw(self, name, ax)

    @cached_property
    def g_before_S(self) -> np.ndarray:
        """Return conductances at +0.2 V before, (rows, cols) [S]."""
        return self.selection.array.g_map_S(self.before)

    @cached_property
    def g_after_S(self) -> np.ndarray:
        """Return conductances at +0.2 V afterwards, (rows, cols) [S]."""
        return self.selection.array.g_map_S(self.state)

    @cached_property
    def v_cell_V(self) -> np.ndarray:
        """Return V(AE, OE) of each device at the end of the full amplitude, (rows, cols) [V]."""
        time_s = self.selection.flat_start_s(self.pulse) + max(self.pulse.width, 0.0)
        return volts_at(self.selection, self.wave, time_s)

    @cached_property
    def v_peak_V(self) -> np.ndarray:
        """Return V(AE, OE) of each device where its magnitude is largest, with its sign, (rows, cols) [V]."""
        array = self.selection.array
        peaks = np.empty((array.rows, array.cols))
        for row in range(array.rows):
            volts = cell_volts(self.wave, row)
            peaks[row] = volts[np.argmax(np.abs(volts), axis=0), np.arange(array.cols)]
        return peaks

    @cached_property
    def energy(self) -> Energy:
        """Return how the energy of the write divides [J]."""
        return energy_of(self.selection, self.wave, self.before)

    @cached_property
    def delays(self) -> tuple[LineDelay, ...]:
        """Return the delay and edge along each raised line [s]."""
        return delays_of(self.selection, self.pulse, self.wave)

    @property
    def state(self) -> State:
        """Return the state of the array afterwards."""
        return self.wave.end_state

    @property
    def fidelity(self) -> Fidelity:
        """Return which memristors followed their state equation, and where; of "circuit" the agreement with SPICE."""
        return self.wave.fidelity

    @property
    def frame(self) -> pd.DataFrame:
        """Return a table of conductances, voltages and energies, one row a cell."""
        maps = {name: getattr(self, name) for name in ("g_before_S", "g_after_S", "v_cell_V", "v_peak_V")}
        energy = self.energy
        return cell_frame(maps | {"cell_J": energy.cell_map_J, "transistor_J": energy.transistor_map_J})

    @property
    def summary(self) -> dict[str, object]:
        """Return the figures of the write, for JSON."""
        chosen = [divmod(k, self.selection.array.cols) for k in self.selection.indices]
        cells = [
            {"row": r, "col": c} | {name: float(getattr(self, name)[r, c]) for name in _OF_A_CELL} for r, c in chosen
        ]
        others = np.abs(self.g_after_S / self.g_before_S - 1)
        others[tuple(np.transpose(chosen))] = 0.0
        lines = {
            one.line: {"delay_s": one.delay_s[-1], "edge_s": one.edge_s[-1], "elmore_s": one.elmore_s[-1]}
            for one in self.delays
        }
        return {
            "fidelity": str(self.fidelity),
            **({"agreement": agreed.figures} if (agreed := self.fidelity.agreement) else {}),
            "selected": cells,
            "largest_change_of_others": float(others.max()),
            "energy_J": dict(zip(self.energy.frame.part, map(float, self.energy.frame.energy_J), strict=True)),
            "total_J": self.energy.total_J,
            "far_end": {line: {name: float(x) for name, x in found.items()} for line, found in lines.items()},
        }


_OF_A_CELL = ("g_before_S", "g_after_S", "v_cell_V")
"""What the summary says of each selected cell."""


def write_array(
    selection: Selection,
    pulse: Pulse | Parallel,
    state: State | None = None,
    seed: int = 0,
    engine: Engine | None = None,
) -> ArrayWrite:
    """Send one pulse to a cell of an array, or to several of a row, and return what it did.

    Parameters
    ----------
    selection
        ``array.cell_at(row, col)`` or ``array.row(row, cols)``.
    pulse
        The pulse, or `Parallel` ones.
    state
        Where the array starts: ``array.state(g_map)``; its devices' own initial state where None.
    seed
        Of the cycle-to-cycle walk of devices that have one.
    engine
        What runs the circuit.

    Raises
    ------
    ValueError
        For what is no cell of an array, no single pulse, or a state that does not fit.
    SimulationError
        Where the simulation fails.
    """
    check_selection(selection)
    check_kind("pulse", pulse, (Pulse, Parallel), "one ouro_spice.Pulse or Parallel")
    check_kind("state", state, (State, None))
    before = state or selection.state()
    wave = simulate(selection, pulse, before, seed, engine=engine)
    return ArrayWrite(selection, pulse, before, wave)


def check_selection(selection: Selection) -> None:
    """Raise ValueError for what is no cell of an array."""
    if not isinstance(selection, Selection):
        raise ValueError(f"{shown(selection)} is no cell of an array: take array.cell_at(row, col) or array.row(row)")


def volts_at(selection: Selection, wave: Waveform, time_s: float) -> np.ndarray:
    """Return V(AE, OE) of each device at a time, (rows, cols) [V]."""
    k = int(np.clip(np.searchsorted(wave.time_s, time_s), 1, len(wave.time_s) - 1))
    begin, end = wave.time_s[k - 1 : k + 1]
    share = (time_s - begin) / (end - begin) if end > begin else 1.0
    before, after = (np.asarray(wave.maps["v_ae"][j]) - np.asarray(wave.maps["v_oe"][j]) for j in (k - 1, k))
    return before + share * (after - before)


def cell_frame(maps: dict[str, np.ndarray]) -> pd.DataFrame:
    """Return maps (rows, cols) as a table, one row a cell: ``row``, ``col`` and a column a map."""
    import pandas as pd

    rows, cols = np.indices(next(iter(maps.values())).shape)
    return pd.DataFrame({"row": rows.ravel(), "col": cols.ravel()} | {name: one.ravel() for name, one in maps.items()})
