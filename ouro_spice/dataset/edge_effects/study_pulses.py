"""All pulses of one study, on all workers: what is finished is kept."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..._util.progress import Bar, progress
from ...circuit.cell_kinds import Cell, memristor
from ...circuit.compact_cell import CompactCell
from ...circuit.pulse import Pulse
from ...device.jart.walk import Walk
from ...provenance.journal import Journal
from ...spice.execution import map_once
from ...spice.tasks import Executor, Resources, Work
from .effective_width import Alphas, Shots, fit_shots, test_shots
from .ideal_pulse import DIRECTIONS, Ideal, Trajectory
from .pulse_trains import Start, Train, comparison_row, starts, walk_width_s

Row = dict[str, Any]


@dataclass(frozen=True)
class StudyRows:
    """Alphas by direction; rows of the fit, of the test, of the comparison, and of what that leaves out."""

    alphas: dict[str, Alphas]
    fit: list[Row]
    test: list[Row]
    comparison: list[Row]
    left_out: list[Row]


@dataclass(frozen=True)
class Study:
    """What is done.

    Attributes
    ----------
    cell
        With the pair's gate voltages.
    ideal
        The same without noise and window.
    counts, edges_s, shares
        Numbers of short pulses, edges [s], starts as shares of the way through the window.
    heldout
        Pulses of the test a direction.
    seed
        Of all that is random.
    does
        What does the pulses.
    kept
        What is finished; None where nothing is kept.
    """

    cell: Cell | CompactCell
    ideal: Ideal
    counts: tuple[int, ...]
    edges_s: tuple[float, ...]
    shares: tuple[float, ...]
    heldout: int
    seed: int
    does: Executor
    kept: Journal | None

    def run(self) -> StudyRows:
        """Simulate all pulses and return the rows of fit, test and comparison."""
        ways = self.does.map(_Traverse(self.ideal), DIRECTIONS)
        traverses: dict[str, Trajectory] = dict(zip(DIRECTIONS, ways, strict=True))
        rng = np.random.default_rng(seed=self.seed)
        design = list(fit_shots(self.ideal, self.edges_s, self.shares))
        test = list(test_shots(self.ideal, self.edges_s, self.heldout, rng))
        begins = self._starts(traverses)
        self._check_counts(begins)
        trains = self._trains(begins)
        total = sum(len(shots.edges_s) for shots in [*design, *test]) + sum(train.count for train in trains)
        with progress("pulses", total) as bar:
            fitted = self._shots("fit", design, traverses, bar)
            alphas = {direction: _alphas(fitted, direction) for direction in DIRECTIONS}
            tested = self._shots("test", test, traverses, bar, alphas)
            ends = self._each("train", trains, _Send(self.cell, self.ideal), bar, lambda train: train.count)
        rows = self._compared(dict(zip(trains, ends, strict=True)), alphas, traverses)
        left_out = [_left_out(start, count) for start in begins for count in self.counts if not start.allows(count)]
        return StudyRows(alphas, fitted, tested, rows, left_out)

    def _starts(self, traverses: Mapping[str, Trajectory]) -> list[Start]:
        """Return where all trains begin; a device that walks is followed once to find how wide its long pulse is."""
        begins = list(starts(self.cell, self.ideal, traverses, self.shares, self.seed))
        if not isinstance(memristor(self.cell).walk, Walk):
            return begins
        with progress("long pulses of a walk", len(begins)) as bar:
            widths = self._each("start", begins, _Width(self.cell, self.ideal), bar, lambda _: 1)
        return [dataclasses.replace(start, width_s=width) for start, width in zip(begins, widths, strict=True)]

    def _check_counts(self, begins: Sequence[Start]) -> None:
        """Raise ValueError where the pulses of the smallest count would be below 1 ns at every start."""
        if not any(start.allows(min(self.counts)) for start in begins):
            longest_s = max(start.width_s for start in begins)
            raise ValueError(
                f"counts = {min(self.counts)}: each pulse would be below 1 ns, as the longest of one pulse is "
                f"{longest_s:g} s wide"
            )

    def _trains(self, begins: Sequence[Start]) -> list[Train]:
        """Return all trains, the long pulse among them; those of most pulses first, so that all workers end
        together.
        """
        counts = sorted({1, *self.counts}, reverse=True)
        allowed = [(count, start) for count in counts for start in begins if start.allows(count)]
        return [Train(start, edge, count) for count, start in allowed for edge in self.edges_s]

    def _shots(
        self,
        label: str,
        shots: Sequence[Shots],
        traverses: Mapping[str, Trajectory],
        bar: Bar,
        alphas: Mapping[str, Alphas] | None = None,
    ) -> list[Row]:
        """Return a row a pulse, with what the alphas predict where they are given."""
        work = _Shoot(self.ideal, traverses, alphas)
        found = self._each(label, shots, work, bar, lambda one: len(one.edges_s))
        both = zip(shots, found, strict=True)
        known = alphas or {}
        return [row for one, ends in both for row in one.rows(self.ideal, ends, known.get(one.direction))]

    def _each(self, label: str, items: Sequence[Any], work: Work, bar: Bar, size: Callable[[Any], int]) -> list[Any]:
        """Return what `work` returns for each item, in their order; an item that the journal holds is not done
        again.
        """
        keys = [f"{label} {number}" for number in range(len(items))]
        there = self.kept.items if self.kept else {}
        bar.advance(sum(size(item) for key, item in zip(keys, items, strict=True) if key in there))
        return map_once(self.does, self.kept, keys, work, items, bar)

    def _compared(
        self,
        ends: Mapping[Train, Sequence[float]],
        alphas: Mapping[str, Alphas],
        traverses: Mapping[str, Trajectory],
    ) -> list[Row]:
        """Return the rows of the comparison, by direction, start, number of pulses and edge."""
        wanted = (train for train in ends if train.count in self.counts)
        rows, device = [], memristor(self.cell)
        for train in sorted(wanted, key=lambda one: (one.start.number, one.count, one.edge_s)):
            long, direction = ends[Train(train.start, train.edge_s, 1)], train.start.direction
            rows.append(
                comparison_row(train, long, ends[train], alphas[direction], traverses[direction], self.ideal, device)
            )
        return rows


@dataclass(frozen=True)
class _Traverse:
    """Follows the way through the window in a direction."""

    ideal: Ideal

    def __call__(self, direction: str, resources: Resources) -> Trajectory:
        """Return the way."""
        return self.ideal.traverse(direction)


@dataclass(frozen=True)
class _Width:
    """Finds how wide the long pulse of a walk is."""

    cell: Cell | CompactCell
    ideal: Ideal

    def __call__(self, start: Start, resources: Resources) -> float:
        """Return the width [s]."""
        found = walk_width_s(self.cell, self.ideal, start)
        resources.bar.advance()
        return found


@dataclass(frozen=True)
class _Send:
    """Sends a train."""

    cell: Cell | CompactCell
    ideal: Ideal

    def __call__(self, train: Train, resources: Resources) -> tuple[float, float]:
        """Return the state and the conductance [S] after it."""
        volts = self.ideal.amplitude(train.start.direction)
        return train.send(self.cell, volts, self.ideal.engine, resources.bar.advance)


@dataclass(frozen=True)
class _Shoot:
    """Sends pulses from one start, and looks what the alphas predict where they are given."""

    ideal: Ideal
    traverses: Mapping[str, Trajectory]
    alphas: Mapping[str, Alphas] | None

    def __call__(self, one: Shots, resources: Resources) -> list[list[float]]:
        """Return a row a pulse, see `Shots.send`."""

        def widths(pulse: Pulse) -> Sequence[float]:
            return (pulse.width, self.alphas[one.direction].effective_s(pulse)) if self.alphas else ()

        return one.send(self.ideal, self.traverses[one.direction], widths, resources.bar.advance)


def _alphas(rows: Sequence[Row], direction: str) -> Alphas:
    """Return the correction of one direction, fitted to the rows of the fit."""
    names = ("rise_s", "fall_s", "width_s", "effective_s")
    mine = [[row[name] for name in names] for row in rows if row["direction"] == direction]
    rise, fall, width, effective = np.array(mine).T
    return Alphas.of(rise, fall, effective - width)


def _left_out(start: Start, count: int) -> Row:
    """Return the row of a train that is left out, as its pulses would be below 1 ns."""
    return {"direction": start.direction, "g_start_S": start.g_S, "count": count, "width_s": start.width_s}
