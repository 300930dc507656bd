"""Circuit against compact model: the same records, extracted in two cells, beside each other.

Each side has its own pair of voltages, at which its nominal device crosses the window in the same time: what is
compared is the shape of the characteristic, the noise, and the conditions of the circuit, not the voltage as such.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..._util.checks import check_count, check_flag, check_scheduler, check_workers, checked_path
from ..._util.display import Axes, shows
from ..._util.forks import cached_property
from ...circuit.cell_kinds import Cell
from ...circuit.compact_cell import CompactCell
from ...provenance.journal import Journal
from ...provenance.manifest import Manifest
from ...spice.execution import executor
from ..pulse_dataset import PulseDataset
from . import comparison_display as display
from . import matched_statistics
from .matching import match_records, outcomes
from .operand import ComparedDataset, label
from .ratio_split import TOTAL, Split, split_up
from .replay import replay_manifest, replay_times
from .verdict import verdict

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, eq=False)
class Comparison:
    """Two datasets of the same records.

    Attributes
    ----------
    a, b
        What each side is.
    frame
        One row a record: ``record, device, direction, g_start_S, g_start_b_S, g_target_S, start_same, outcome_a,
        outcome_b, t_a_s, t_b_s, log10_ratio, amplitude_a_V, amplitude_b_V, g_end_a_S, g_end_b_S``, and the edges
        ``rise_a_s, fall_a_s, rise_b_s, fall_b_s``. The ratio is that of t_b to t_a, NaN where a side does not reach the
        target or begins elsewhere.
    played
        Pulse times of A in the circuit of B, one row a record that A reaches: ``g_end_played_S, g_end_own_S,
        error_played, error_own, result``, ..; None where it was not asked for.
    split
        What each difference between the cells does; None where it was not asked for.
    kept
        The file that holds what is finished, of no more use when the results are written; None where there is none.
    """

    a: Manifest
    b: Manifest
    frame: pd.DataFrame
    played: pd.DataFrame | None = None
    split: Split | None = None
    kept: Path | None = None

    @shows
    def __repr__(self) -> str:
        return display.line(self)

    @shows
    def _repr_html_(self) -> str:
        return display.html(self)

    @shows
    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw the pulse times of B over those of A, on given axes or those of a new figure; return the matplotlib
        axes.
        """
        return display.draw(self, ax)

    @property
    def map(self) -> pd.DataFrame:
        """Return the median log10(t_b / t_a) in parts of the plane of G_start and G_target, one row a part."""
        return matched_statistics.ratio_map(self.frame)

    @cached_property
    def ks(self) -> pd.DataFrame:
        """Return the distances between the distributions of pulse times, one row a direction and range of G_start."""
        return matched_statistics.distances(self.frame)

    @property
    def outcomes(self) -> pd.DataFrame:
        """Return the numbers of records by their outcome in A (rows) and in B (columns)."""
        return outcomes(self.frame)

    @property
    def verdict(self) -> str:
        """Return the verdict in words, by the rules of `verdict.verdict`."""
        return self.summary["verdict"]

    @cached_property
    def summary(self) -> dict[str, Any]:
        """Return all figures, for JSON; None where there is no number."""
        frame = self.frame
        found: dict[str, Any] = {
            "a": _side("a", self.a, frame),
            "b": _side("b", self.b, frame),
            "records": len(frame),
            "starts_clipped": int((~frame.start_same).sum()),
            "outcomes": self.outcomes.to_dict("index"),
            "ratio": {
                name: matched_statistics.spread(frame.log10_ratio[(frame.direction == name) | (name == "both")])
                for name in ("both", *matched_statistics.DIRECTIONS)
            },
            "ks": self.ks.to_dict("records"),
        }
        if self.split is not None:
            found["split"] = _split(self.split)
        if self.played is not None:
            shares = matched_statistics.shares
            found |= {name: shares(self.played.loc[:, f"error_{name}"]) for name in ("played", "own")}
        found = _finite(found)
        return found | {"verdict": verdict(found)}


def compare(
    a: PulseDataset | str | Path,
    b: PulseDataset | str | Path,
    *,
    split: bool = True,
    play: bool = True,
    n_split: int = 60,
    workers: int | None = None,
    out: str | Path | None = None,
    cell_a: Cell | CompactCell | None = None,
    cell_b: Cell | CompactCell | None = None,
    scheduler: str | None = None,
) -> Comparison:
    """Compare two datasets of the same records: same devices, walks, starts and targets in two cells.

    Parameters
    ----------
    a, b
        Datasets or their folders: the reference, as a compact model, and the circuit. The one with fewer records sets
        how many are compared.
    split
        Whether to extract records in the cells between A's and B's, to see what each difference between them does.
    play
        Whether to send A's pulse times into B's circuit.
    n_split
        Records in each cell of the split.
    workers
        Number of processes; all cores where None.
    out
        Folder for what is finished; interrupted work goes on from there.
    cell_a, cell_b
        The cells, where the manifests do not describe them: with transistors of a process of your own.
    scheduler
        Address of a Dask scheduler, ``tcp://host:port``, whose workers do the work.

    Raises
    ------
    ValueError
        For datasets that are not of the same records, or cells that the manifests do not give.
    SimulationError
        Where a simulation runs into its time limit or its process dies twice; the same call goes on.
    OutputError
        For a folder that cannot be written to.
    """
    check_count("n_split", n_split)
    check_flag("split", split)
    check_flag("play", play)
    check_workers(workers)
    check_scheduler(scheduler)
    out = None if out is None else checked_path("out", out)
    sides, folder = (ComparedDataset.of("A", a, cell_a), ComparedDataset.of("B", b, cell_b)), out and Path(out)
    frame = match_records(*sides)
    parts = split_up(*sides, n_split, workers, folder, scheduler) if split else None
    kept = Journal(folder, replay_manifest(sides[1], frame)) if play and folder else None
    with executor(workers, scheduler) as does:
        ends = replay_times(sides[1], frame, does, kept) if play else None
    first, second = (side.data.manifest for side in sides)
    return Comparison(first, second, frame, ends, parts, kept.path if kept else None)


def _side(name: str, manifest: Manifest, frame: pd.DataFrame) -> dict[str, Any]:
    """Return what results hold of one side: its cell, voltages, edges and circuit."""
    settings = manifest.settings
    pair = settings["pair"]
    edges = {edge: frame.loc[:, f"{edge}_{name}_s"] for edge in ("rise", "fall")}
    return {
        "cell": label(manifest),
        "records": settings["n"],
        "voltages": settings["voltages"],
        "v_set_V": pair["v_set"],
        "v_reset_V": pair["v_reset"],
        "total_s": pair["total_s"],
        **{f"{edge}_s": [float(times.min()), float(times.max())] for edge, times in edges.items()},
        "circuit": manifest.circuit,
    }


def _split(found: Split) -> dict[str, Any]:
    """Return what results hold of the split: its steps, and the whole table."""
    table = found.table
    both = table.loc[table.direction == "both"]
    return {
        "records": len(found.common),
        "of": len(found.log10_s),
        "total_log10": float(both.mean_log10.iloc[-1]),
        "steps": both.loc[both.step != TOTAL].drop(columns="direction").to_dict("records"),
        "table": table.to_dict("records"),
    }


def _finite(value: Any) -> Any:
    """Return nested values with None in the place of numbers that are not finite, which JSON does not have."""
    if isinstance(value, dict):
        return {name: _finite(one) for name, one in value.items()}
    if isinstance(value, list):
        return [_finite(one) for one in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
