"""What pulses on selected cells do to the others of an array, after one pulse and after many."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from .._util.checks import check_count, check_flag, check_kind, check_seed, checked_path
from .._util.display import brief, shows
from .._util.progress import progress
from ..circuit.pulse import Parallel, Pulse
from ..circuit.selection import Selection
from ..circuit.write_agreement import Agreement
from ..device.state import State
from ..device.state_variable import StateVariable
from ..provenance.journal import Journal, array_manifest, in_full, plain_state, restored_state
from ..provenance.manifest import Manifest
from ..simulation.array_solver.agreement_sample import agreement_of
from ..simulation.transient import simulate
from ..spice.ngspice import Engine
from .array_write import cell_frame, check_selection
from .recorded_voltages import Recorded, as_walked

if TYPE_CHECKING:
    import pandas as pd

CLASSES = ("row", "column", "unselected")
"""Of the other cells: those on the same word line, on the same bit line, and on neither."""

_LEAP = 0.01
"""Pulses in which no state moves by more than this, on the scale of its variable, are taken together."""

_POINTS = 60
"""Numbers of pulses of which the conductances are kept, at most."""

_REDONE = 20
"""Where every pulse is simulated, this part of the pulses is simulated again after an interruption, at most."""


@dataclass(frozen=True, eq=False)
class Disturb:
    """Conductances of the other cells over the number of pulses.

    Attributes
    ----------
    selection, pulse
        What was pulsed, and with what.
    explicit
        Whether each pulse was simulated in SPICE. If not, the first one was, and each of the others meets the voltages
        of the first, with the compact model: that the selected cells have moved on meanwhile is left out.
    pulses
        Numbers of pulses, 0 first, (M,).
    g_S
        Conductances after so many, (M, rows, cols) [S]; NaN at the selected cells.
    kept
        The file that holds what is finished, of no more use when the results are written; None where there is none.
    agreement
        Of fidelity "circuit": how far it is from full SPICE on a sample.
    """

    selection: Selection
    pulse: Pulse | Parallel
    explicit: bool
    pulses: np.ndarray
    g_S: np.ndarray
    kept: Path | None = None
    agreement: Agreement | None = None

    @shows
    def __repr__(self) -> str:
        return brief(self)

    @property
    def change_S(self) -> np.ndarray:
        """Return the change of the conductance after all pulses, (rows, cols) [S]; NaN at the selected cells."""
        return self.g_S[-1] - self.g_S[0]

    def of_class(self, name: str) -> np.ndarray:
        """Return which cells belong to one of `CLASSES`, (rows, cols) bool."""
        array = self.selection.array
        row, col = np.indices((array.rows, array.cols))
        in_row, in_col = row == self.selection.row, np.isin(col, self.selection.cols)
        return {"row": in_row & ~in_col, "column": in_col & ~in_row, "unselected": ~in_row & ~in_col}[name]

    @property
    def classes(self) -> pd.DataFrame:
        """Return a table, one row a class that has cells: how many, mean and worst change [S], where the worst is."""
        import pandas as pd

        rows = []
        for name in CLASSES:
            cells = self.of_class(name)
            if cells.any():
                change = np.where(cells, self.change_S, 0.0)
                row, col = np.unravel_index(np.argmax(np.abs(change)), change.shape)
                if not change[row, col]:  # all alike
                    row, col = np.argwhere(cells)[0]
                worst = float(change[row, col])
                mean = float(self.change_S[cells].mean())
                rows.append((name, int(cells.sum()), mean, worst, worst / self.g_S[0, row, col], int(row), int(col)))
        columns = ["class", "cells", "mean_change_S", "worst_change_S", "worst_relative", "worst_row", "worst_col"]
        return pd.DataFrame(rows, columns=columns)

    @property
    def path(self) -> pd.DataFrame:
        """Return the largest relative change of each class over the number of pulses: ``pulses``, ``row``, .."""
        import pandas as pd

        relative = np.abs(self.g_S / self.g_S[0] - 1)
        there = {name: self.of_class(name) for name in CLASSES}
        columns = {name: relative[:, cells].max(axis=1) for name, cells in there.items() if cells.any()}
        return pd.DataFrame({"pulses": self.pulses} | columns)

    @property
    def frame(self) -> pd.DataFrame:
        """Return a table of conductances before and after [S], one row a cell that is not selected."""
        names = np.select([self.of_class(name) for name in CLASSES], CLASSES, "selected")
        maps = {"class": names, "g_before_S": self.g_S[0], "g_after_S": self.g_S[-1], "change_S": self.change_S}
        return cell_frame(maps).dropna().reset_index(drop=True)

    @property
    def summary(self) -> dict[str, object]:
        """Return the figures of each class, for JSON."""
        return {
            "pulses": int(self.pulses[-1]),
            "explicit": self.explicit,
            "fidelity": self.selection.fidelity,
            **({"agreement": self.agreement.figures} if self.agreement else {}),
            "classes": {row.pop("class"): row for row in self.classes.to_dict("records")},
        }


def disturb(
    selection: Selection,
    pulse: Pulse | Parallel,
    n: int,
    state: State | None = None,
    explicit: bool = False,
    seed: int = 0,
    engine: Engine | None = None,
    out: str | Path | None = None,
) -> Disturb:
    """Send `n` pulses to selected cells of an array, and return what becomes of the others.

    Parameters
    ----------
    selection, pulse, state
        What is pulsed, as in `write_array`.
    n
        How many pulses.
    explicit
        Simulate every pulse. Otherwise the first one is; the other cells are then followed by the compact
        model through the voltages that were recorded at each, as often as asked for: as if the selected cells stood
        in later pulses where they stood in the first one. Where pulses move nothing by a per cent, many are taken
        together.
    seed
        Of the cycle-to-cycle walk of devices that have one; others than the selected do not walk.
    engine
        What runs the circuit.
    out
        Where every pulse is simulated: folder for a file of what is finished, see `Journal`, to go on from there.

    Raises
    ------
    ValueError
        For what is no cell of an array, no pulse, a number that is none, or a state that does not fit.
    SimulationError
        Where a simulation fails.
    """
    check_selection(selection)
    check_kind("pulse", pulse, (Pulse, Parallel), "one ouro_spice.Pulse or Parallel")
    check_kind("state", state, (State, None))
    check_flag("explicit", explicit)
    check_seed(seed)
    check_count("n", n)
    before = state or selection.state()
    array = as_walked(selection.array, before)
    array.check_state(before)
    out = None if out is None else checked_path("out", out)
    if explicit:
        kept = None if out is None else Journal(out, _work(selection, pulse, n, before, seed))
        found = _simulated(selection, pulse, n, before, seed, engine, kept)
    else:
        kept, found = None, _followed(selection, pulse, n, before, seed, engine)
    g = np.array([array.ensemble.conductances(x).reshape(array.rows, array.cols) for x in found.values()])
    g[:, selection.row, list(selection.cols)] = np.nan
    agreed = agreement_of(selection, pulse, before, engine)
    return Disturb(selection, pulse, explicit, np.array(list(found)), g, kept and kept.path, agreed)


def _work(selection: Selection, pulse: Pulse | Parallel, n: int, before: State, seed: int) -> Manifest:
    """Return the manifest of everything that decides the conductances."""
    bench = selection.testbench([pulse], before)
    active = None if selection.active is None else sorted(selection.active)
    where = [selection.row, list(selection.cols), selection.fidelity, active]
    return array_manifest(
        selection.array, bench, before, work="disturb", where=where, pulse=in_full(pulse), n=n, seed=seed
    )


def _simulated(
    selection: Selection,
    pulse: Pulse | Parallel,
    n: int,
    before: State,
    seed: int,
    engine: Engine | None,
    kept: Journal | None,
) -> dict[int, np.ndarray]:
    """Return first state variables, (K,), by number of pulses, each in SPICE, from the last kept state on."""
    counts = [int(count) for count in _thinned(n + 1)]
    found, now, safe = {0: before.lead}, before, 0
    if kept and "state" in kept.items:
        there = kept.items["state"]
        safe, now = there["pulses"], restored_state(there)
        found |= {count: np.array(kept.items[str(count)]) for count in counts if 0 < count <= safe}
    with progress("pulses", n) as bar:
        bar.advance(safe)
        for count in range(safe + 1, n + 1):
            now = simulate(selection, pulse, now, seed, engine=engine).end_state
            if count in counts:
                found[count] = now.lead
                if kept:
                    kept.add(str(count), now.lead.tolist())
            if kept and (count - safe >= max(1, safe // _REDONE) or count == n):
                kept.add("state", plain_state(now) | {"pulses": count})
                safe = count
            bar.advance()
    return found


def _followed(
    selection: Selection, pulse: Pulse | Parallel, n: int, before: State, seed: int, engine: Engine | None
) -> dict[int, np.ndarray]:
    """Return first state variables, (K,), by number of pulses: the first in SPICE, others by the compact model."""
    with progress("pulses", 1) as bar:
        wave = simulate(selection, pulse, before, seed, engine=engine)
        bar.advance()
    found = {0: before.lead, 1: wave.end_state.lead}
    if n > 1:
        others = Recorded.of(as_walked(selection.array, before), wave, before, selection.indices)
        for count, x in _repeated(others, found[1][others.places], n - 1):
            found[1 + count] = found[1].copy()
            found[1 + count][others.places] = x
    counts = list(found)
    return {counts[k]: found[counts[k]] for k in _thinned(len(counts))}


def _repeated(others: Recorded, x: np.ndarray, pulses: int) -> Iterator[tuple[int, np.ndarray]]:
    """Yield how many further pulses there were, and the first state variables after them, (P,).

    Pulses in which no state moves by more than 1 % on its scale are taken together by the midpoint rule:
    all of them move it as the one in their middle does.
    """
    if not len(others.places):
        yield pulses, x
        return
    low, high = np.array([device.bounds for device in others.devices]).T
    low, high = np.minimum(low, x), np.maximum(high, x)
    lead, done = others.devices[0].lead, 0
    while done < pulses:
        after = others.follow(x)[0]
        step = _way(lead, x, after)
        leap = min(pulses - done, max(done, 1), int(_LEAP / max(float(np.max(np.abs(step))), 1e-12)))
        if leap > 1:  # by what the pulse in the middle does
            middle = np.clip(_moved(lead, x, step * (leap - 1) / 2), low, high)
            step = _way(lead, middle, others.follow(middle)[0])
            after = np.clip(_moved(lead, x, leap * step), low, high)
        done, x = done + max(leap, 1), after
        yield done, x


def _way(lead: StateVariable, before: np.ndarray, after: np.ndarray) -> np.ndarray:
    """Return how far states have moved on the scale of their variable, (P,)."""
    return np.log(after / before) if lead.scale == "log" else after - before


def _moved(lead: StateVariable, x: np.ndarray, way: np.ndarray) -> np.ndarray:
    """Return states moved by ways on the scale of their variable, (P,)."""
    return x * np.exp(way) if lead.scale == "log" else x + way


def _thinned(count: int) -> np.ndarray:
    """Return the places of those of `count` numbers that are kept, (M,), first and last among them."""
    return np.unique(np.geomspace(1, count, min(count, _POINTS)).round().astype(int)) - 1
