"""Pulse-to-conductance datasets: which pulse takes a cell from G_start to G_target, extracted in SPICE.

A record is one trajectory of its own: from `g_start_S` the cell is pulsed until its conductance crosses `g_target_S`;
the pulse width that ends closest to the target, on a grid of 10 ns (`step_s`), is `t_pulse_s` (SET positive, RESET negative). The
circuit is then simulated once more with that very pulse, falling edge included, for `g_end_S`, the energy and the
readings of the sense path.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from .cell import sensed
from .circuit import Cell1R, Cell1T1R
from .engine import Ngspice
from .files import OutputError, make_folder, write_text, write_whole
from .manifest import Manifest, describe
from .pair import Pair, pair
from .progress import progress
from .pulse import Pulse
from .waveform import Result, State, Waveform

if TYPE_CHECKING:
    import pandas as pd
    import torch

SHARD = 50
"""Records per file: at most this much work is lost by an interruption."""

_LIMIT = 4
"""A pulse ends after this many nominal traverses of the window."""

_HISTORY_POINTS = 8192


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
        manifest = _read_manifest(folder)
        if manifest is None:
            raise ValueError(f"{folder} holds no dataset: there is no manifest.json")
        count = _shards(manifest.settings["n"])
        frames = [_read_shard(folder / _shard_name(k), manifest, k) for k in range(count)]
        missing = [_shard_name(k) for k, frame in enumerate(frames) if frame is None]
        if missing:
            raise ValueError(f"{folder} is not complete: {missing[0]} is missing; extract again with the same arguments")
        frame = pd.concat(frames, ignore_index=True)
        return cls(frame, _counted(manifest, frame))

    @property
    def pair(self) -> Pair:
        """The amplitudes that the records were made with."""
        return Pair(**self.manifest.settings["pair"])

    def tensors(self, split: str | None = None) -> tuple[torch.Tensor, torch.Tensor]:
        """Inputs ``(g_sense_start_S, dg_S)`` of shape (n, 2) and outputs ``t_pulse_s`` (n,), float64; reached targets only.

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
    cell: Cell1R | Cell1T1R,
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
    """Extract n records (G_start, G_target) -> t_pulse from a circuit.

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
        For n < 1, or a folder that holds records of something else.
    OutputError
        For a folder that cannot be written to.
    """
    if n < 1:
        raise ValueError(f"n = {n} must be at least 1")
    folder = None if out is None else make_folder(Path(out))
    with Ngspice(workers) as engine:
        voltages = voltages or pair(cell, engine=engine)
        settings = {
            "n": n, "seed": seed, "sampling": "uniform", "step_s": step_s, "rise_s": rise_s, "fall_s": fall_s,
            "pair": {"v_set": voltages.v_set, "v_reset": voltages.v_reset, "total_s": voltages.total_s},
        }  # fmt: skip
        manifest = _claimed(folder, describe(cell, **settings))
        frames = []
        with progress("extract records", n) as bar:
            for shard in range(_shards(n)):
                frame = None if folder is None else _read_shard(folder / _shard_name(shard), manifest, shard)
                if frame is None:
                    frame = _extract_shard(cell, range(shard * SHARD, min(n, (shard + 1) * SHARD)), manifest, engine)
                    if folder is not None:
                        _write_shard(folder / _shard_name(shard), frame, manifest, shard)
                bar.advance(len(frame), int((frame.outcome == "simulation_failed").sum()))
                frames.append(frame)
    import pandas as pd

    whole = pd.concat(frames, ignore_index=True)
    return PulseDataset(whole, _counted(manifest, whole))


def _extract_shard(cell: Cell1R | Cell1T1R, records: Sequence[int], manifest: Manifest, engine: Ngspice) -> pd.DataFrame:
    import pandas as pd

    settings = manifest.settings
    voltages = Pair(**settings["pair"])
    drawn = [_draw(cell, settings["seed"], k) for k in records]
    states = [cell.state(start) for start, _, _ in drawn]
    edges = {"rise": settings["rise_s"], "fall": settings["fall_s"]}
    limit = _LIMIT * voltages.total_s
    long = [Pulse(voltages.amplitude(target - start), limit, **edges) for start, target, _ in drawn]
    waves = list(engine.map((cell.testbench([p], s) for p, s in zip(long, states, strict=True)), throw=False))
    step = settings["step_s"]
    found = [_width(cell, p, wave, target, step) for p, wave, (_, target, _) in zip(long, waves, drawn, strict=True)]
    played = [Pulse(p.amplitude, width, **edges) for p, (width, _) in zip(long, found, strict=True)]
    ends = list(engine.map((cell.testbench([p], s) for p, s in zip(played, states, strict=True)), throw=False))
    rows = []
    for k, record in enumerate(records):
        start, target, split = drawn[k]
        width, outcome = found[k]
        failed = waves[k].result is not Result.OK or ends[k].result is not Result.OK
        stride, history = (1, np.zeros(0, np.float32)) if failed else _history(cell, long[k], waves[k], width, step)
        rows.append({
            "record": record, "device": 0, "split": split, "g_start_S": start, "g_target_S": target,
            "g_end_S": float("nan") if failed else ends[k].g_S,
            "t_pulse_s": float("nan") if failed else np.sign(target - start) * width,
            "amplitude_V": played[k].amplitude, "rise_s": played[k].rise, "fall_s": played[k].fall,
            "energy_J": ends[k].energy_J, "outcome": "simulation_failed" if failed else outcome,
            "result": (waves[k] if waves[k].result is not Result.OK else ends[k]).result.name,
            "history_g_S": history, "history_dt_s": stride * step,
        })  # fmt: skip
    frame = pd.DataFrame(rows)
    frame["g_sense_start_S"] = _readings(cell, states, engine)
    frame["g_sense_end_S"] = _readings(cell, [wave.state for wave in ends], engine)
    return frame


def _draw(cell: Cell1R | Cell1T1R, seed: int, record: int) -> tuple[float, float, str]:
    """G_start, G_target [S] and split of one record, from its own stream of random numbers."""
    rng = np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(record,)))
    start, target = rng.uniform(*cell.window_S, size=2)
    split = ("train", "validation", "test")[int(np.searchsorted([0.8, 0.9], rng.random(), side="right"))]
    return float(start), float(target), split


def _width(cell: Cell1R | Cell1T1R, pulse: Pulse, wave: Waveform, target_S: float, step_s: float) -> tuple[float, str]:
    """The width on the grid that ends closest to the target [s], and whether the target was crossed at all."""
    if wave.result is not Result.OK:
        return step_s, "simulation_failed"
    widths, g = _grid(cell, pulse, wave, step_s, round(pulse.width / step_s))
    crossed = g >= target_S if pulse.amplitude < 0 else g <= target_S
    if not crossed.any():
        return pulse.width, "not_reached"
    k = int(np.argmax(crossed))
    if k > 0 and abs(g[k - 1] - target_S) < abs(g[k] - target_S):
        k -= 1
    return max(float(widths[k]), step_s), "reached"


def _history(cell: Cell1R | Cell1T1R, pulse: Pulse, wave: Waveform, width: float, step_s: float) -> tuple[int, np.ndarray]:
    """Conductance over twice the pulse on the grid, thinned by an integer stride to at most 8192 points."""
    steps = round(min(2 * width, pulse.width) / step_s)
    stride = max(1, -(-steps // (_HISTORY_POINTS - 1)))
    return stride, _grid(cell, pulse, wave, stride * step_s, steps // stride)[1].astype(np.float32)


def _grid(cell: Cell1R | Cell1T1R, pulse: Pulse, wave: Waveform, step_s: float, steps: int) -> tuple[np.ndarray, np.ndarray]:
    widths = step_s * np.arange(steps + 1)
    return widths, np.exp(np.interp(cell.flat_start_s(pulse) + widths, wave.time_s, np.log(wave.g)))


def _readings(cell: Cell1R | Cell1T1R, states: Sequence[State | None], engine: Ngspice) -> np.ndarray:
    """What the sense path reports of each state [S]; NaN where there is no state or the read fails."""
    there = [k for k, state in enumerate(states) if state is not None]
    waves = engine.map((cell.read_testbench(states[k]) for k in there), throw=False)
    readings = np.full(len(states), np.nan)
    for k, wave in zip(there, waves, strict=True):
        if wave.result is Result.OK:
            readings[k] = sensed(cell, wave, engine)
    return readings


# --- storage: parquet shards, each whole or absent, each with the digest of the manifest it belongs to ------------


def _shards(n: int) -> int:
    return -(-n // SHARD)


def _shard_name(shard: int) -> str:
    return f"records-{shard:05d}.parquet"


def _digest(manifest: Manifest) -> str:
    """Of what decides the records; versions of other packages do not."""
    text = json.dumps([manifest.circuit, manifest.settings], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def _claimed(folder: Path | None, manifest: Manifest) -> Manifest:
    """The manifest of this work in its folder: found there and the same, or newly written."""
    if folder is None:
        return manifest
    there = _read_manifest(folder)
    if there is None:
        if any(folder.glob("*.parquet")):
            raise ValueError(f"{folder} holds records without a manifest.json: name another folder")
        write_text(folder / "manifest.json", manifest.to_json())
        return manifest
    for name in ("circuit", "settings"):
        if getattr(there, name) != getattr(manifest, name):
            raise ValueError(f"{folder} holds records of another {name}: name another folder, or remove this one")
    return there


def _read_manifest(folder: Path) -> Manifest | None:
    path = folder / "manifest.json"
    try:
        return Manifest.from_json(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        return None
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from error


def _write_shard(path: Path, frame: pd.DataFrame, manifest: Manifest, shard: int) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    table = pa.Table.from_pandas(frame, preserve_index=False)
    table = table.replace_schema_metadata({**table.schema.metadata, b"ouro_spice": f"{_digest(manifest)} {shard}".encode()})
    write_whole(path, lambda temporary: pq.write_table(table, temporary))


def _read_shard(path: Path, manifest: Manifest, shard: int) -> pd.DataFrame | None:
    """The records of one shard, None where it is not there; ValueError for a broken or foreign one."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    if not path.is_file():
        return None
    try:
        # parquet keeps a checksum of every page when asked to; a truncated file has no footer
        table = pq.read_table(path, page_checksum_verification=True)
    except (pa.ArrowException, OSError) as error:
        raise ValueError(f"{path} is damaged ({error}): remove it and extract again") from error
    if (table.schema.metadata or {}).get(b"ouro_spice", b"").decode() != f"{_digest(manifest)} {shard}":
        raise ValueError(f"{path} belongs to another dataset than {path.parent / 'manifest.json'}: remove it")
    return table.to_pandas()


def _counted(manifest: Manifest, frame: pd.DataFrame) -> Manifest:
    import dataclasses

    failed = frame.result[frame.result != "OK"].value_counts()
    return dataclasses.replace(manifest, failures={str(name): int(count) for name, count in failed.items()})
