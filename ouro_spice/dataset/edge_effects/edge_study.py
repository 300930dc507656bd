"""What the edges of pulses do to programming: many short pulses against a long one, and an effective width.

The rate goes with about the 25th power of the voltage: an edge counts for about 1/26 of its length. In a circuit gate
edges, lines and access transistor have their part in that.

Comparison. From each start the long pulse is so wide that the device goes half way to the end of the window that
it moves to, in conductance, with its walk where it has one; the pulse has one rise and one fall. The short pulses
share the width and have a rise, a fall and 10 ns of idle time each. Both begin in the same state with the same
seed. A device with a `Walk` begins with an r and l that have forgotten where they began (see `stationary`), at the
concentrations of one without; its clock counts write-pulse time, edges included, so that the short pulses take
more steps of the walk, and later ones meet other values than the long pulse does.

Correction. ``width + alpha_rise * rise + alpha_fall * fall`` is fitted to effective widths by least squares: the
effective width of a pulse is the time at full amplitude, lines settled, after which the device without noise and
window has the same state. From each start all pairs of unequal edges are sent at two widths, half and twice
the longest edge. The test has random starts, widths and edges.

The correction holds for one pair of amplitudes. It fails where lines or gate take as long as the edges: a pulse
then loses a time of its own, whatever its edges, and the test says so. RESETs of the nominal 1T1R cell lose 8 ps,
half of what two edges of 0.2 ns add; with 1 ns lines they lose 2 ns, and alphas mean nothing.

All pulses are followed in parts, cut at full amplitude, so that the solver's steps are as fine in long pulses as
in short ones: one transient of 60 us can end 10 % off, more than the edges of ten pulses make.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..._util.checks import check_count, check_kind, check_range, check_seed, checked_path, shown
from ..._util.display import brief, shows
from ...circuit.cell_kinds import Cell
from ...circuit.compact_cell import CompactCell
from ...circuit.pulse import SHORTEST_S
from ...provenance.journal import Journal
from ...provenance.manifest import Manifest, describe
from ...simulation.write_voltages import Pair, pair
from ...spice.execution import executor
from .effective_width import Alphas
from .ideal_pulse import DIRECTIONS, Ideal, check_cell
from .study_pulses import Study, StudyRows

if TYPE_CHECKING:
    import pandas as pd


COUNTS = (1, 3, 10, 30, 100, 300, 1000)
EDGES_S = (0.2e-9, 1e-9, 2e-9, 5e-9, 10e-9, 20e-9)

_LONGEST = 20
"""The longest edge is at most this part of the time in which the pair crosses the window."""


@dataclass(frozen=True, eq=False)
class Edges:
    """What edges do: a comparison, a correction, and a test of it.

    Attributes
    ----------
    voltages
        The amplitudes.
    frame
        The comparison, one row a direction, start, number of pulses and edge: ``direction, amplitude_V, g_start_S,
        count, width_s`` (of the long pulse, and of all short ones together), ``rise_s, fall_s`` (of each pulse),
        ``g_long_S, g_split_S, difference`` (of the two ends, relative to the change by the long pulse), ``expected``
        (what the alphas say it is without noise), ``extra_s`` (what each further pulse adds to the width; NaN
        for one pulse, of a device that walks, and where the window has stopped it).
    alphas
        The correction by direction, "set" and "reset".
    heldout
        The test, one row a pulse that has no part in the fit: ``direction, amplitude_V, g_start_S, width_s, rise_s,
        fall_s, g_end_S, effective_s`` (its true effective width), ``corrected_s`` (that of the alphas), ``g_width_S,
        g_corrected_S`` (ends that width and corrected width foretell), ``time_error, time_error_corrected`` (relative
        to the effective width), ``change_error, change_error_corrected`` (of the ends, relative to the change).
    fitted
        The pulses of the fit, the first eight of these columns.
    left_out
        What the comparison lacks, as short pulses would be below 1 ns: ``direction, g_start_S, count, width_s``.
    kept
        The file that holds what is finished, of no more use when the results are written; None where there is none.
    """

    voltages: Pair
    frame: pd.DataFrame
    alphas: dict[str, Alphas]
    heldout: pd.DataFrame
    fitted: pd.DataFrame
    left_out: pd.DataFrame
    kept: Path | None = None

    @shows
    def __repr__(self) -> str:
        return brief(self)

    @property
    def differences(self) -> pd.DataFrame:
        """Return the comparison over the starts: mean and largest size of ``difference``, means of ``expected`` and
        ``extra_s``.
        """
        sizes = self.frame.assign(
            mean=self.frame.difference.abs(), largest=self.frame.difference.abs(), expected=self.frame.expected.abs()
        )
        groups = sizes.rename(columns={"rise_s": "edge_s"}).groupby(["direction", "count", "edge_s"], sort=False)
        found = groups.agg(
            starts=("mean", "size"), mean=("mean", "mean"), largest=("largest", "max"),
            expected=("expected", "mean"), extra_s=("extra_s", "mean"),
        )  # fmt: skip
        return found.reset_index()

    @property
    def summary(self) -> dict[str, Any]:
        """Return alphas, test and comparison, for JSON."""
        differences = self.differences
        volts = self.voltages
        found: dict[str, Any] = {"v_set_V": volts.v_set, "v_reset_V": volts.v_reset, "total_s": volts.total_s}
        for direction in DIRECTIONS:
            rows = differences.loc[differences.direction == direction].drop(columns="direction")
            found[direction] = {
                "alphas": dataclasses.asdict(self.alphas[direction]),
                "heldout": _errors(self.heldout.loc[self.heldout.direction == direction]),
                "differences": rows.astype(object).where(rows.notna(), None).to_dict("records"),
            }
        return found | {"left_out": self.left_out.to_dict("records")}


def _errors(tested: pd.DataFrame) -> dict[str, float]:
    """Return the number of pulses, and the median and largest size of each of their errors, by name."""
    found: dict[str, float] = {"pulses": len(tested)}
    for name in ("time_error", "time_error_corrected", "change_error", "change_error_corrected"):
        size = tested.loc[:, name].abs()
        found |= {f"{name}_median": float(size.median()), f"{name}_largest": float(size.max())}
    return found


def edges(
    cell: Cell | CompactCell,
    *,
    voltages: Pair | None = None,
    counts: Sequence[int] = COUNTS,
    edges_s: Sequence[float] = EDGES_S,
    starts: int = 5, heldout: int = 20, seed: int = 0,
    workers: int | None = None, out: str | Path | None = None, scheduler: str | None = None,
) -> Edges:  # fmt: skip
    """Compare a long pulse with its width in several short ones, and fit a correction of widths; see the module's text.

    Parameters
    ----------
    cell
        A cell with a memristor; one cell of an array.
    voltages
        Amplitudes, and gate voltages where it has them; None: those of `pair` for 60 us.
    counts
        Numbers of short pulses, each at least 1 ns wide: others are left out.
    edges_s
        Rise and fall of the pulses of the comparison [s]. Those of fit and test lie between shortest and longest; of
        one, between it and twice that.
    starts
        Starts, even over the window in conductance; the first is the end that the pulses lead away from.
    heldout
        Pulses of the test in each direction.
    seed
        Of walk and test.
    workers
        Processes; all cores where None.
    out
        Folder for a file of what is finished, see `Journal`; what is found there is not simulated again.
    scheduler
        Address of a Dask scheduler, ``tcp://host:port``, whose workers do the work. No result depends on it.

    Raises
    ------
    ValueError
        For what is no such cell, numbers out of range, edges above a twentieth of the pair's time, or voltages that do
        not cross the window in 1.5 times their time.
    SimulationError, ToolError
        Where a simulation fails; where a cluster is not there.
    """
    check_cell(cell)
    check_count("starts", starts, 1, 10_000)
    check_count("heldout", heldout, 1, 10_000)
    check_seed(seed)
    counts = tuple(map(int, _ascending("counts", counts, check_count)))
    check_kind("voltages", voltages, (Pair, None))
    out = None if out is None else checked_path("out", out)
    with executor(workers, scheduler) as does:
        voltages = voltages or pair(cell, engine=does.engine)
        longest_s = voltages.total_s / _LONGEST
        edges_s = _ascending("edges_s", edges_s, lambda name, edge: check_range(name, edge, SHORTEST_S, longest_s, "s"))
        shares = tuple(k / starts for k in range(starts))
        given = {"counts": counts, "edges_s": edges_s, "shares": shares, "heldout": heldout, "seed": seed}
        kept = None if out is None else Journal(out, _work(cell, voltages, given))
        study = Study(voltages.gated(cell), Ideal.of(cell, voltages, does.engine), **given, does=does, kept=kept)
        return _framed(voltages, study.run(), kept)


def _work(cell: Cell | CompactCell, voltages: Pair, given: dict[str, Any]) -> Manifest:
    """Return the manifest of all that decides the numbers of the study."""
    return describe(cell, "edges", work="edges", pair=dataclasses.asdict(voltages), **given)


def _ascending(name: str, values: Sequence[float], check: Callable[[str, Any], None]) -> tuple[float, ...]:
    """Return the values, each once, in ascending order; ValueError where there is none, or one is wrong."""
    if isinstance(values, str | bytes) or not isinstance(values, Iterable) or not len(found := tuple(values)):
        raise ValueError(f"{name} = {shown(values)} must be one or more numbers")
    for value in found:
        check(name, value)
    return tuple(sorted(set(map(float, found))))


def _framed(voltages: Pair, found: StudyRows, kept: Journal | None) -> Edges:
    """Return the rows of a study as tables."""
    import pandas as pd

    left_out = pd.DataFrame(found.left_out, columns=["direction", "g_start_S", "count", "width_s"])
    compared, tested, fitted = (pd.DataFrame(rows) for rows in (found.comparison, found.test, found.fit))
    return Edges(voltages, compared, found.alphas, tested, fitted, left_out, kept and kept.path)
