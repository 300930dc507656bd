"""Pulse-to-conductance datasets: which pulse takes a cell from G_start to G_target, extracted in SPICE.

A record is one trajectory of its own: a device, drawn for it, is set to `g_start_S` and pulsed until its conductance
crosses `g_target_S`. The width at whose end it is closest to the target, on a grid of 10 ns (`step_s`), is `t_pulse_s`,
SET positive, RESET negative; `g_end_S`, the energy and the readings of the sense path are those after that very pulse,
falling edge included. `history_g_S` goes on to twice the width, or to the longest pulse.
"""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike

from .._util.checks import check_count, check_range, checked_path
from .._util.display import Axes, shows
from .._util.progress import progress
from ..circuit.cell_kinds import Cell, is_measured
from ..circuit.compact_cell import CompactCell
from ..provenance.manifest import Manifest, describe
from ..simulation.agreement import SAMPLE, Agreement
from ..simulation.write_voltages import Pair, recorded_pair
from ..spice.execution import executor
from ..spice.tasks import Executor
from . import dataset_display as display
from .extract_arguments import asked_recipe, with_pair, work_folder
from .recipe import MOST, Recipe
from .record_agreement import with_agreement
from .shards import made, numbers
from .storage import (
    DamageError,
    check_shard,
    claim_folder,
    first_missing,
    open_folder,
    read_histories,
    read_shard,
    shard_name,
    shards_present,
    with_gate,
    write_manifest,
    write_shard,
)
from .sweep import COLUMNS, control_of
from .traces import Histories

if TYPE_CHECKING:
    import pandas as pd
    import torch


_SHARD, _COMPACT_SHARD = Recipe.shard, 500
"""Records per file, of circuits and of compact cells: an interruption loses the one that is being made."""


@dataclass(frozen=True)
class PulseDataset:
    """Records as a table, and where they come from.

    Attributes
    ----------
    frame
        One row a record; columns with units in their names. Histories are arrays, or, of a dataset in a folder,
        objects that numpy takes for arrays and that are read when they are looked at.
    manifest
        What was simulated.
    """

    frame: pd.DataFrame
    manifest: Manifest

    @classmethod
    def load(cls, path: str | Path) -> PulseDataset:
        """Read a dataset folder; histories stay on disk until they are looked at.

        Raises
        ------
        ValueError
            For a folder that holds no whole dataset, or one whose files do not fit its manifest; naming the file.
        """
        folder = checked_path("path", path)
        manifest, count = open_folder(folder)
        missing = first_missing(shards_present(folder, count), count)
        if missing is not None:
            raise ValueError(f"{folder} is not complete: {shard_name(missing)} is missing; run the same again")
        shards = [folder / shard_name(k) for k in range(count)]
        for k, shard in enumerate(shards):
            check_shard(shard, manifest, k)
        import pandas as pd

        histories = Histories(lambda shard: read_histories(shards[shard]))
        frames = []
        for k, shard in enumerate(shards):
            frame = with_gate(read_shard(shard))
            frames.append(frame.assign(history_g_S=histories.column(k, frame.history_points.to_numpy())))
        return _counted(cls(pd.concat(frames, ignore_index=True), manifest))

    @shows
    def __repr__(self) -> str:
        return display.line(self)

    @shows
    def _repr_html_(self) -> str:
        return display.html(self)

    @shows
    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw pulse times over the wanted change, on given axes or those of a new figure; return matplotlib's axes."""
        return display.draw(self, ax)

    @property
    def pair(self) -> Pair:
        """Return the amplitudes that the records were made with; ValueError where there is not one a direction."""
        return recorded_pair(self.manifest)

    @property
    def recipe(self) -> Recipe:
        """Return the recipe of the records; the table of a "listed" one is made of the records themselves."""
        columns = ("g_start_S", "g_target_S", "rise_s", "fall_s")
        listed = self.manifest.settings.get("sampling") == "listed"
        table = {name: self.frame[name].to_numpy(float) for name in columns} if listed else None
        return Recipe.from_settings(self.manifest.settings, table)

    @property
    def agreement(self) -> Agreement | None:
        """Return how well records at fidelity "circuit" agree with full SPICE; None of others."""
        found = self.manifest.agreement
        return None if found is None else Agreement.from_plain(found)

    @property
    def control(self) -> str:
        """Return what its records vary to reach their targets: "width", "amplitude" or "gate"."""
        return control_of(self.manifest.settings)

    def tensors(self, split: str | None = None) -> tuple[torch.Tensor, torch.Tensor]:
        """Return inputs ``(g_sense_start_S, dg_S)``, (n, 2), and outputs, (n,), float64, of reached targets of a split,
        "train", "validation" or "test"; of all where None. Outputs are what `control` says: ``t_pulse_s``,
        ``amplitude_V`` or ``gate_V``.
        """
        import torch

        rows = self.reached(split)
        start = rows.g_sense_start_S.to_numpy(float)
        inputs = np.stack([start, rows.g_target_S.to_numpy(float) - start], axis=1)
        return torch.from_numpy(inputs), torch.from_numpy(rows[COLUMNS[self.control]].to_numpy(float, copy=True))

    def histories(self, split: str | None = None) -> Iterator[tuple[float, torch.Tensor]]:
        """Yield spacing [s] and conductances [S], (points,) float32, of each record of `tensors`, in its order."""
        import torch

        rows = self.reached(split)
        for dt_s, history in zip(rows.history_dt_s, rows.history_g_S, strict=True):
            yield dt_s, torch.from_numpy(np.array(history))

    def reached(self, split: str | None = None) -> pd.DataFrame:
        """Return the records that reached their target, of a split or of all."""
        # a read that failed is no reading to learn from
        rows = self.frame.loc[(self.frame.outcome == "reached") & self.frame.g_sense_start_S.notna()]
        return rows if split is None else rows.loc[rows.split == split]


def extract(
    cell: Cell | CompactCell,
    n: int,
    seed: int,
    out: str | Path | None = None,
    workers: int | None = None,
    *,
    voltages: Pair | str = "60us",
    scheduler: str | None = None,
    sampling: str | Mapping[str, ArrayLike] = "uniform",
    repair: bool = False,
    beside: int = SAMPLE,
    **laws: Any,
) -> PulseDataset:
    """Extract n records (G_start, G_target) -> t_pulse from a circuit, or from a compact cell.

    No pair is filtered out. A target that four nominal traverses do not reach is a record with the outcome
    "not_reached". The same seed gives the same records for any number of workers and interruptions.

    Parameters
    ----------
    cell, n, seed
        The circuit, whose device is the nominal one, with the walk of all; number of records; seed of their numbers.
    out, workers
        Folder for the records, where work goes on; None: in memory. Processes, or threads of kernels; None: all cores.
    voltages
        Amplitudes: "60us", found so that the nominal device crosses its window in 60 us; "paper", -0.342 and 0.7065 V
        at the device, for compact cells; or a `Pair`.
    scheduler
        Address of a Dask scheduler, ``tcp://host:port``, whose workers do the work; `workers` plays no part then.
    sampling, repair
        A law of `Recipe`, or the table of a "listed" one; make damaged files anew, which else are refused.
    beside
        At fidelity "circuit": so many records, chosen by the seed, are made in full SPICE, too; the manifest's
        `agreement` says how well both agree.
    **laws
        Other parameters of `Recipe`: `d2d`, "ten_percent" by default; `per_device`, `start`, `rise_s`, `fall_s`,
        `step_s`; and `control`: "width", the default, "gate", "amplitude" or a `Sweep`, for records that vary one
        of these voltages at pulses of fixed width, whose target is where they end.

    Raises
    ------
    ValueError
        For arguments out of range, or a folder that holds records of something else.
    SimulationError
        For a time limit, or a process that dies twice: what was finished is kept, and the same call goes on.
    ToolError, OutputError
        For a scheduler that does not answer, a folder that cannot be written to; `FidelityError`, one of these, before
        anything is made, where fidelity "circuit" does not give what SPICE does.
    """
    check_count("beside", beside)
    check_range("beside", beside, 1, MOST, "records")
    shard = _COMPACT_SHARD if isinstance(cell, CompactCell) or is_measured(cell) else _SHARD
    recipe = asked_recipe(cell, n, seed, sampling, voltages, laws, shard)
    folder = work_folder(out, workers, scheduler, repair)
    with executor(workers, scheduler) as does:
        recipe, cell = with_pair(recipe, cell, voltages, does.engine)
        manifest = describe(cell, "records", **recipe.settings)
        manifest = claim_folder(folder, with_agreement(folder, manifest, cell, recipe, does.engine, beside))
        return _extracted(folder, manifest, recipe, cell, does, repair)


def _extracted(
    folder: Path | None, manifest: Manifest, recipe: Recipe, cell: Cell | CompactCell, does: Executor, repair: bool
) -> PulseDataset:
    """Return the dataset of all records: of the shards that are there, and of the others as they are made."""
    import pandas as pd

    count = -(-recipe.n // recipe.shard)
    paths = [folder / shard_name(k) for k in range(count)] if folder else []
    missing = [k for k in range(count) if not (folder and _there(paths[k], manifest, k, repair))]
    frames: list[pd.DataFrame] = []

    def done(shard: int, frame: pd.DataFrame) -> None:
        if folder:
            write_shard(paths[shard], frame, manifest, shard)

    with progress("extract records", recipe.n) as bar:
        bar.advance(recipe.n - sum(len(numbers(recipe, k)) for k in missing))
        with contextlib.closing(made(cell, recipe, missing, does, bar, done)) as shards:
            for frame in shards:
                if folder is None:
                    frames.append(frame)
    if folder is None:
        return _counted(PulseDataset(pd.concat(frames, ignore_index=True), manifest))
    data = PulseDataset.load(folder)
    if data.manifest.failures != manifest.failures:
        write_manifest(folder, data.manifest)
    return data


def _there(path: Path, manifest: Manifest, shard: int, repair: bool) -> bool:
    """Return whether a shard is there and whole; a damaged one raises DamageError, or counts as missing with
    `repair`.
    """
    try:
        return check_shard(path, manifest, shard)
    except DamageError:
        if not repair:
            raise
        return False


def _counted(data: PulseDataset) -> PulseDataset:
    """Return the dataset with the number of its failures in the manifest."""
    failed = data.frame.result[data.frame.result != "OK"].value_counts().sort_index()
    failures = {str(name): int(count) for name, count in failed.items()}
    return dataclasses.replace(data, manifest=dataclasses.replace(data.manifest, failures=failures))
