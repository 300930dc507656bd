"""The voltage pair of a circuit: driver amplitudes, or gate voltages, that cross the window in a given time.

Each is the root of ln(time of the traverse / wanted time), found by the secant method in a bracket, see
`root_finding.find`: over ln(amplitude) from where the family says, or over the gate voltage from half the
process limit. One evaluation is one transient of the noise-free device, with all else of the cell held fixed; SET and
RESET are searched for by themselves. It has converged where the time is within 0.1 %; where there is no root, a
ValueError says why.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

import numpy as np

from .._util.checks import check_engine, check_range, shown
from ..circuit.cell_kinds import Cell, in_full, memristor
from ..circuit.cells import Cell1T1R
from ..circuit.compact_cell import CompactCell
from ..circuit.pulse import HIGHEST_V
from ..provenance.manifest import Manifest
from ..spice.ngspice import Engine, default_engine
from .root_finding import NoRootError, find
from .window_crossing import Traverse, traverse, traverse_s, without_bounds

LOWEST_V = 1e-3

_SIGN = {"set": -1.0, "reset": 1.0}
"""Of the amplitude of a direction."""

_FAR, _NEAR = 10.0, 1.5
"""A traverse is followed for this many times the wanted one; near the solution for less, with more points."""


@dataclass(frozen=True)
class Pair:
    """Amplitudes for SET and RESET at the driver, and the time in which each crosses the window without noise.

    Parameters
    ----------
    v_set, v_reset
        Amplitudes [V]; SET is negative.
    total_s
        Time of the traverse at full amplitude [s].
    gate_set, gate_reset
        Gate voltages that belong to them [V]; None where there is no transistor.
    """

    v_set: float
    v_reset: float
    total_s: float
    gate_set: float | None = None
    gate_reset: float | None = None

    def __post_init__(self) -> None:
        check_range("v_set", self.v_set, -HIGHEST_V, -LOWEST_V, "V")
        check_range("v_reset", self.v_reset, LOWEST_V, HIGHEST_V, "V")
        check_range("total_s", self.total_s, 1e-9, 1.0, "s")
        for name in ("gate_set", "gate_reset"):
            if getattr(self, name) is not None:
                check_range(name, getattr(self, name), 0, HIGHEST_V, "V")

    def amplitude(self, dg_S: float) -> float:
        """Return the amplitude [V] for a wanted change of conductance [S]."""
        return self.v_set if dg_S > 0 else self.v_reset

    def gated(self, cell: Cell | CompactCell) -> Cell | CompactCell:
        """Return the cell with this pair's gate voltages.

        What simulates takes gate voltages from its cell alone: `simulate`, `live`, `extract` and `write_verify` need
        this one where they were searched.
        """
        gates = {"v_set": self.gate_set, "v_reset": self.gate_reset}
        return _gated(cell, **{name: volts for name, volts in gates.items() if volts is not None})


def pair(
    cell: Cell | CompactCell,
    total_s: float = 60e-6,
    engine: Engine | None = None,
    *,
    v_set: float | None = None,
    v_reset: float | None = None,
) -> Pair:
    """Find the driver amplitudes at which the noise-free device crosses its window in `total_s`, and return them.

    Of a 1T1R cell the amplitude of either direction may be given: then its gate voltage is found instead, and
    `Pair.gated` gives the cell that the pair is for.

    The window is that of the device, of JART without one N = .06 .. 1.98975. Its edges are taken out of the device
    for the search: at them the rate goes to 0, and the crossing would never end.

    Parameters
    ----------
    cell
        The circuit, or a compact cell. Amplitudes are found at its own gate voltages.
    total_s
        Time of the traverse at full amplitude [s]. It is met within 0.1 %, and the solver's error of about as much.
    engine
        What runs a circuit.
    v_set, v_reset
        Amplitudes that are given [V]; SET is negative.

    Raises
    ------
    ValueError
        Where no amplitude does it: the transistor limits the current, or the voltage would exceed 20 V. Where no gate
        voltage does it: the given amplitude is too small. For given amplitudes without a transistor.
    """
    check_range("total_s", total_s, 1e-9, 1.0, "s")
    check_engine(engine)
    _check_given(cell, "v_set", v_set, -HIGHEST_V, -LOWEST_V)
    _check_given(cell, "v_reset", v_reset, LOWEST_V, HIGHEST_V)
    free, low, high = without_bounds(in_full(cell))  # one pair, whatever the fidelity
    search, access = _Search(free, total_s, engine or default_engine()), _with_transistor(cell)
    found: dict[str, float] = {}
    for what, given, start, end in (("set", v_set, low, high), ("reset", v_reset, high, low)):
        if given is None:
            found[f"v_{what}"] = search.amplitude(what, start, end)
            if access:
                found[f"gate_{what}"] = getattr(access.transistor, f"v_{what}")
        elif access:
            highest_V = access.process.gate_V
            found |= {f"v_{what}": given, f"gate_{what}": search.gate(what, given, start, end, highest_V)}
    return Pair(total_s=total_s, **found)


def traverses(
    cell: Cell | CompactCell, voltages: Pair, engine: Engine | None = None
) -> tuple[Traverse | None, Traverse | None]:
    """Return the ways of SET and RESET through the window at a pair's voltages; None for one that takes longer than
    1.5 times the pair's time.
    """
    free, low, high = without_bounds(voltages.gated(cell))
    limit_s, engine = _NEAR * voltages.total_s, engine or default_engine()
    set_way = traverse(free, voltages.v_set, low, high, limit_s, engine)
    return set_way, traverse(free, voltages.v_reset, high, low, limit_s, engine)


def recorded_pair(manifest: Manifest) -> Pair:
    """Return the pair that a dataset or a predictor was made with, from its manifest; ValueError where there is
    none.
    """
    found = manifest.settings.get("pair")
    if found is None:
        raise ValueError("there is no pair: these pulses have several amplitudes in a direction, or one direction only")
    try:
        return Pair(**found)
    except TypeError:
        raise ValueError(f"pair = {shown(found)} is none in the manifest of these records") from None


@dataclass(frozen=True)
class _Search:
    """Searches for voltages: the cell without noise and window, the wanted time of a traverse [s], what runs it."""

    cell: Cell | CompactCell
    total_s: float
    engine: Engine

    def amplitude(self, what: str, start: float, end: float) -> float:
        """Return the amplitude for SET or RESET [V]: the root over its logarithm, from the family's law."""
        sign, law = _SIGN[what], memristor(self.cell).time_law(what)

        def excess(log_v: float, near: bool) -> float:
            return self._excess(self.cell, np.copysign(np.exp(log_v), sign), start, end, near)

        guess, slope = np.log(law.volts), None
        if law.time_s is not None and law.power is not None:
            guess, slope = guess - np.log(self.total_s / law.time_s) / law.power, -law.power
        try:
            found = find(excess, guess, np.log(LOWEST_V), np.log(HIGHEST_V), slope=slope)
        except NoRootError as none:
            raise ValueError(self._no_amplitude(what, none)) from none
        return float(np.copysign(np.exp(found), sign))

    def gate(self, what: str, amplitude: float, start: float, end: float, most: float) -> float:
        """Return the gate voltage for SET or RESET at a given amplitude, up to the process limit `most` [V]."""

        def excess(volts: float, near: bool) -> float:
            return self._excess(_gated(self.cell, **{f"v_{what}": volts}), amplitude, start, end, near)

        wanted = f"crosses the window in {self.total_s:g} s by a {what.upper()} of {amplitude:g} V"
        if excess(most, False) > 0:
            raise ValueError(
                f"no gate voltage up to the process limit of {most:g} V {wanted}: "
                "raise the amplitude, take a wider transistor, less line resistance "
                "or a process with a higher gate voltage, or allow more time"
            )
        try:
            return find(excess, most / 2, 0.0, most, closed=True)
        except NoRootError as none:
            raise ValueError(
                f"no gate voltage {wanted}: the time jumps over it at {none.x:g} V; take a smaller amplitude"
            ) from none

    def _excess(self, cell: Cell | CompactCell, amplitude: float, start: float, end: float, near: bool) -> float:
        """Return ln of the time of the traverse over the wanted one; infinite where it is not crossed, or within the
        edge.
        """
        limit_s = (_NEAR if near else _FAR) * self.total_s
        time_s = traverse_s(cell, float(amplitude), start, end, limit_s, self.engine)
        return float(np.log(time_s / self.total_s)) if time_s > 0 else -np.inf

    def _no_amplitude(self, what: str, none: NoRootError) -> str:
        """Return the sentence for a search that found no amplitude for SET or RESET."""
        if none.why == "quick":
            return f"any {what.upper()} amplitude from {LOWEST_V:g} V on crosses the window in less than the time"
        limits = "the circuit limits the current (wider transistor, higher gate voltage, lower line resistance)"
        if self.cell.gated:
            jump = f"the time jumps over it at {np.exp(none.x):.3g} V, where a threshold is, or "
            return (
                f"no {what.upper()} amplitude up to {HIGHEST_V:g} V crosses the window in {self.total_s:g} s: "
                f"{jump if none.why == 'jump' else ''}{limits}, or the device needs longer"
            )
        if none.why == "jump":
            return (
                f"no {what.upper()} amplitude crosses the window in {self.total_s:g} s: the time jumps over it at "
                f"{np.exp(none.x):.3g} V, where a threshold is, or a driver's limit: allow another time, or give both "
                "amplitudes as a Pair"
            )
        return (
            f"no {what.upper()} amplitude up to {HIGHEST_V:g} V crosses the window in {self.total_s:g} s: the device "
            "needs longer, or moves the other way (polarity and ports of a model of your own)"
            f"{self._in_series()}"
        )

    def _in_series(self) -> str:
        """Return what else may be in the way of a cell without a transistor, "" for nothing."""
        if isinstance(self.cell, CompactCell):
            return ", or its series resistance limits the current" if self.cell.resistance else ""
        return ", or the circuit limits the current (lines, drivers)"


def _check_given(cell: Cell | CompactCell, name: str, volts: float | None, low: float, high: float) -> None:
    """Raise ValueError for a given amplitude out of range [V], or one of a cell that has no gate voltage."""
    if volts is None:
        return
    check_range(name, volts, low, high, "V")
    if not cell.gated:
        raise ValueError(f"{name} is given, but a {type(cell).__name__} has no gate voltage to be found")


def _gated(cell: Cell | CompactCell, **volts: float) -> Cell | CompactCell:
    """Return the cell with other gate voltages [V]; as it is where it has no transistor."""
    access = _with_transistor(cell)
    return cell.replace(transistor=dataclasses.replace(access.transistor, **volts)) if access else cell


def _with_transistor(cell: Cell | CompactCell) -> Cell1T1R | None:
    """Return the cell without an array around it where it has an access transistor; None for all others."""
    alone = None if isinstance(cell, CompactCell) else cell.alone
    return alone if isinstance(alone, Cell1T1R) else None
