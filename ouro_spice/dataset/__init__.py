"""Pulse-to-conductance datasets: which pulse takes a cell from G_start to G_target, extracted in SPICE.

A record is one trajectory of its own: from `g_start_S` the cell is pulsed until its conductance crosses `g_target_S`.
The width at whose end it is closest to the target, on a grid of 10 ns (`step_s`), is `t_pulse_s`, SET positive, RESET
negative. The circuit is then simulated once more with that very pulse, falling edge included, for `g_end_S`, the
energy and the readings of the sense path.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ..checks import check_count, check_range
from ..circuit import Cell, CompactCell
from ..device import Device
from ..engine import Ngspice
from ..files import make_folder
from ..manifest import Manifest, describe
from ..pair import Pair, pair
from ..progress import progress
from ..pulse import Pulse
from .extraction import extract_records
from .storage import SHARD, claimed, read_manifest, read_shard, shard_count, shard_name, write_shard

if TYPE_CHECKING:
    import pandas as pd
    import torch


@dataclass(frozen=True)
class PulseDataset:
    """Records as a table, and where they come from.

    Attributes
    ----------
    frame
        One row a record; columns with units in their names, histories as arrays.
    manifest
        What was simulated.
    """

    frame: pd.DataFrame
    manifest: Manifest

    @classmethod
    def load(cls, path: str | Path) -> PulseDataset:
        """Read a dataset folder.

        Raises
        ------
        ValueError
            For a folder that holds no whole dataset, or one whose files do not fit its manifest; naming the file.
        """
        import pandas as pd

        folder = Path(path)
        manifest = read_manifest(folder)
        if manifest is None:
            raise ValueError(f"{folder} holds no dataset: there is no manifest.json")
        if not isinstance(manifest.settings.get("n"), int):
            raise ValueError(f"{folder}/manifest.json is not that of a dataset")
        count = shard_count(manifest.settings["n"])
        frames = [read_shard(folder / shard_name(k), manifest, k) for k in range(count)]
        missing = [shard_name(k) for k, frame in enumerate(frames) if frame is None]
        if missing:
            raise ValueError(
                f"{folder} is not complete: {missing[0]} is missing; extract again with the same arguments"
            )
        frame = pd.concat(frames, ignore_index=True)
        return cls(frame, _counted(manifest, frame))

    @property
    def pair(self) -> Pair:
        """The amplitudes that the records were made with."""
        return Pair(**self.manifest.settings["pair"])

    def tensors(self, split: str | None = None) -> tuple[torch.Tensor, torch.Tensor]:
        """Inputs ``(g_sense_start_S, dg_S)``, (n, 2), and outputs ``t_pulse_s``, (n,), float64; reached targets only.

        Parameters
        ----------
        split
            "train", "validation" or "test"; all where None.
        """
        import torch

        rows = self.frame[self.frame.outcome == "reached"]
        rows = rows if split is None else rows[rows.split == split]
        start = rows.g_sense_start_S.to_numpy(float)
        inputs = np.stack([start, rows.g_target_S.to_numpy(float) - start], axis=1)
        return torch.from_numpy(inputs), torch.from_numpy(rows.t_pulse_s.to_numpy(float, copy=True))


def extract(
    cell: Cell | CompactCell,
    n: int,
    seed: int,
    out: str | Path | None = None,
    workers: int | None = None,
    *,
    voltages: Pair | None = None,
    rise_s: float = 2e-9,
    fall_s: float = 2e-9,
    step_s: float = 10e-9,
) -> PulseDataset:
    """Extract n records (G_start, G_target) -> t_pulse from a circuit, or from a compact cell.

    G_start and G_target are independent and uniform over the window; no pair is filtered out. The same seed gives the
    same records for any number of workers, and after any number of interruptions.

    Parameters
    ----------
    cell
        The circuit.
    n, seed
        Number of records; the seed of their random numbers.
    out
        Folder for the records; work found there goes on. In memory only where None.
    workers
        Number of processes; all cores where None.
    voltages
        Amplitudes; found so that the window takes 60 us where None.
    rise_s, fall_s
        Edges of the pulses [s].
    step_s
        Resolution of the pulse width [s].

    Raises
    ------
    ValueError
        For arguments out of range, or a folder that holds records of something else.
    SimulationError
        Where a simulation runs into its time limit or its process dies twice: what was finished is kept, and the same
        call goes on. Other failures are records.
    OutputError
        For a folder that cannot be written to.
    """
    check_count("n", n)
    check_count("seed", seed, 0)
    _check_cell(cell)
    n, seed = int(n), int(seed)
    Pulse(1.0, 1e-6, rise_s, fall_s)  # raises where the edges are out of range
    folder = None if out is None else make_folder(Path(out))
    with Ngspice(workers) as engine:
        voltages = voltages or pair(cell, engine=engine)
        cell = voltages.gated(cell)
        check_range("step_s", step_s, voltages.total_s / 1e5, voltages.total_s / 10, "s")
        settings = {"n": n, "seed": seed, "sampling": "uniform", "pair": dataclasses.asdict(voltages)}
        settings |= {"step_s": step_s, "rise_s": rise_s, "fall_s": fall_s}
        manifest = claimed(folder, describe(cell, **settings))
        frame = _records(cell, n, manifest, folder, engine)
    return PulseDataset(frame, _counted(manifest, frame))


def _check_cell(cell: object) -> None:
    if not isinstance(cell, Cell | CompactCell) or not isinstance(cell.device, Device):
        raise ValueError(
            f"{type(cell).__name__}: extract takes a Cell1R, Cell1T1R, CompactCell or cell of an array with a memristor"
        )


def _records(
    cell: Cell | CompactCell, n: int, manifest: Manifest, folder: Path | None, engine: Ngspice
) -> pd.DataFrame:
    """All records, shard by shard: read where they are there, else simulated and written."""
    import pandas as pd

    frames = []
    with progress("extract records", n) as bar:
        for shard in range(shard_count(n)):
            frame = None if folder is None else read_shard(folder / shard_name(shard), manifest, shard)
            if frame is None:
                frame = extract_records(cell, range(shard * SHARD, min(n, (shard + 1) * SHARD)), manifest, engine)
                if folder is not None:
                    write_shard(folder / shard_name(shard), frame, manifest, shard)
            bar.advance(len(frame), int((frame.outcome == "simulation_failed").sum()))
            frames.append(frame)
    return pd.concat(frames, ignore_index=True)


def _counted(manifest: Manifest, frame: pd.DataFrame) -> Manifest:
    failed = frame.result[frame.result != "OK"].value_counts()
    return dataclasses.replace(manifest, failures={str(name): int(count) for name, count in failed.items()})
