"""The same driver pulse to one cell after the other: what its position does to voltage, change and energy."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from .._util.checks import check_kind, check_seed
from .._util.display import brief, shows
from ..circuit.crossbar import Crossbar
from ..circuit.pulse import Pulse
from ..circuit.write_agreement import Agreement
from ..device.state import State
from ..provenance.journal import Journal, array_manifest
from ..simulation.array_solver.agreement_sample import agreement_of
from ..simulation.transient import simulate
from ..spice.tasks import Resources
from .array_write import cell_frame, volts_at
from .positions_in_turn import check_array, each_position, positions_of

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, eq=False)
class Positions:
    """What one pulse does to each cell when that is the selected one, maps (rows, cols).

    Attributes
    ----------
    pulse
        What was sent, each time to the array in the same state.
    g_before_S
        Conductances in that state [S].
    v_start_V, v_end_V
        V(AE, OE) of the selected device at the beginning and end of the full amplitude [V].
    g_after_S
        Its conductance afterwards [S].
    energy_J
        Energy that all sources deliver [J].
    fidelity
        What was asked for, see `Selection`.
    kept
        The file that holds the finished positions, of no more use when the results are written; None where there is
        none.
    agreement
        Of fidelity "circuit": how far it is from full SPICE on a sample.

    All maps but ``g_before_S`` are NaN where a position was not looked at.
    """

    pulse: Pulse
    g_before_S: np.ndarray
    v_start_V: np.ndarray
    v_end_V: np.ndarray
    g_after_S: np.ndarray
    energy_J: np.ndarray
    fidelity: str = "full"
    kept: Path | None = None
    agreement: Agreement | None = None

    @shows
    def __repr__(self) -> str:
        return brief(self)

    @property
    def change_S(self) -> np.ndarray:
        """Return the change of the conductance [S]."""
        return self.g_after_S - self.g_before_S

    @property
    def spread(self) -> dict[str, float]:
        """Return the spread of the change over the positions: mean, standard deviation, least and largest [S], and
        deviation over mean.
        """
        change = self.change_S[np.isfinite(self.change_S)]
        mean, deviation = float(change.mean()), float(change.std())
        return {
            "mean_S": mean,
            "std_S": deviation,
            "least_S": float(change[np.argmin(np.abs(change))]),
            "largest_S": float(change[np.argmax(np.abs(change))]),
            "relative": deviation / abs(mean) if mean else 0.0,
        }

    @property
    def frame(self) -> pd.DataFrame:
        """Return a table of the maps, one row a position that was looked at."""
        names = ("g_before_S", "g_after_S", "change_S", "v_start_V", "v_end_V", "energy_J")
        return cell_frame({name: getattr(self, name) for name in names}).dropna().reset_index(drop=True)

    @property
    def summary(self) -> dict[str, object]:
        """Return the spread of change and voltage, for JSON."""
        volts = np.abs(self.v_start_V[np.isfinite(self.v_start_V)])
        return {
            "fidelity": self.fidelity,
            **({"agreement": self.agreement.figures} if self.agreement else {}),
            "positions": len(volts),
            "change": self.spread,
            "v_start_least_V": float(volts.min()),
            "v_start_largest_V": float(volts.max()),
            "energy_mean_J": float(np.nanmean(self.energy_J)),
        }


def sweep_positions(
    array: Crossbar,
    pulse: Pulse,
    state: State | None = None,
    positions: int | None = None,
    seed: int = 0,
    fidelity: str | None = None,
    workers: int | None = None,
    out: str | Path | None = None,
    scheduler: str | None = None,
) -> Positions:
    """Send the same pulse to one cell after the other, each time to the array in the same state, and return the maps.

    Parameters
    ----------
    array, pulse, state
        What is written: ``array.state(g_map)`` is where it starts each time.
    positions
        How many positions along each side at most, spread evenly, corners included; 5 where None.
    seed
        Of the cycle-to-cycle walk of devices that have one.
    fidelity
        "full", "frozen" or "circuit"; the array's where None, see `Crossbar.cell_at`.
    workers
        Processes; all cores where None.
    out
        Folder for a file of the finished positions, see `Journal`; those found there are not simulated again.
    scheduler
        Address of a Dask scheduler, ``tcp://host:port``, whose workers do the work.

    Raises
    ------
    ValueError
        For what is no pulse, positions out of range, or a state of another array.
    SimulationError
        Where a simulation fails.
    ToolError
        For a cluster that does not answer, or is lost.
    """
    check_kind("pulse", pulse, Pulse, "one ouro_spice.Pulse")
    check_seed(seed)
    check_array(array, state)
    before = state or array.state()
    fidelity = array.fidelity if fidelity is None else fidelity
    g_before = array.g_map_S(before)

    places, kept = positions_of(array, positions), None
    if out is not None:
        bench = array.cell_at(0, 0, fidelity).testbench([pulse], before)
        kept = Journal(
            out, array_manifest(array, bench, before, work="positions", pulse=repr(pulse), seed=seed, at=fidelity)
        )
    one = _Pulsed(array, pulse, before, seed, fidelity)
    maps = each_position("positions", array, places, one, workers, kept, scheduler)
    agreed = agreement_of(array.cell_at(0, 0, fidelity), pulse, before, None)
    return Positions(pulse, g_before, *maps, fidelity=fidelity, kept=kept and kept.path, agreement=agreed)


@dataclass(frozen=True)
class _Pulsed:
    """Sends a pulse to the cell at a position."""

    array: Crossbar
    pulse: Pulse
    before: State
    seed: int
    fidelity: str

    def __call__(self, place: tuple[int, int], resources: Resources) -> tuple[float, ...]:
        """Return the voltages at the device [V] at the begin and end of the full amplitude, its conductance after the
        pulse [S] and the energy [J].
        """
        selection = self.array.cell_at(*place, self.fidelity)
        wave = simulate(selection, self.pulse, self.before, self.seed, engine=resources.engine)
        begin = selection.flat_start_s(self.pulse)
        volts = (volts_at(selection, wave, time)[place] for time in (begin, begin + self.pulse.width))
        return *volts, self.array.g_map_S(wave.end_state)[place], wave.energy_J
