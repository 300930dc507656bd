"""The ratio of pulse times between two cells, as the sum of what each difference between them does."""

from __future__ import annotations

import dataclasses
import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ..._util.display import brief, shows
from ...circuit.pulse import SHORTEST_S
from ...device.jart.spread import Spread
from ...provenance.manifest import describe
from ...simulation.write_voltages import Pair
from ..pulse_dataset import PulseDataset, extract
from . import matched_statistics
from .attribution import Step, chain
from .matching import SAME
from .operand import ComparedDataset

if TYPE_CHECKING:
    import pandas as pd

TOTAL = "A to B"


@dataclass(frozen=True, eq=False)
class Split:
    """Pulse times of the same records in each cell of a chain from A to B.

    Attributes
    ----------
    steps
        What is switched from each cell to the next.
    pairs
        The amplitudes of each cell, A's first: one more than steps.
    log10_s
        One row a record, one column a cell: "A", then the steps; log10 of the pulse time, NaN where the target is not
        reached from the common start.
    directions
        "SET" or "RESET" of each row.
    """

    steps: tuple[str, ...]
    pairs: tuple[Pair, ...]
    log10_s: pd.DataFrame
    directions: pd.Series

    @shows
    def __repr__(self) -> str:
        return brief(self)

    @property
    def common(self) -> pd.DataFrame:
        """Return the rows of the records that every cell reaches: the table is of these."""
        return self.log10_s.dropna()

    @property
    def table(self) -> pd.DataFrame:
        """Return what each step does to log10 of the pulse time, over the same records: their means add up to that of A
        to B.

        One row a step and direction, "both" first; the last one of each is the whole way. Amplitudes are those behind
        the step.
        """
        import pandas as pd

        rows, common = [], self.common
        directions = self.directions[common.index]
        for direction in ("both", *matched_statistics.DIRECTIONS):
            times = common.loc[(directions == direction) | (direction == "both")]
            reached = 0.0
            for name, before, after, pair in zip(
                (*self.steps, TOTAL),
                (*times.columns[:-1], times.columns[0]),
                (*times.columns[1:], times.columns[-1]),
                (*self.pairs[1:], self.pairs[-1]),
                strict=True,
            ):
                found = matched_statistics.spread(times.loc[:, after] - times.loc[:, before])
                reached = found["mean_log10"] if name == TOTAL else reached + found["mean_log10"]
                volts = {"v_set_V": pair.v_set, "v_reset_V": pair.v_reset}
                rows.append({"direction": direction, "step": name, **found, "cumulative_log10": reached, **volts})
        return pd.DataFrame(rows)


def split_up(
    a: ComparedDataset, b: ComparedDataset, n: int, workers: int | None, folder: Path | None,
    scheduler: str | None = None,
) -> Split:  # fmt: skip
    """Extract the first `n` records in each cell between A and B, see `chain`, and return their pulse times.

    Raises
    ------
    ValueError
        For a circuit as A and a compact cell as B, or cells that manifests do not describe.
    """
    import pandas as pd

    steps = chain(a, b)
    n = min(n, len(a.data.frame), len(b.data.frame))
    first, last = (side.data.frame.head(n) for side in (a, b))
    between = [_extracted(step, a, b, n, workers, folder, scheduler) for step in steps[:-1]]
    names = tuple(step.name for step in steps)
    frames = (first, *(data.frame for data in between), last)
    times = {name: _log10_s(frame, first) for name, frame in zip(("A", *names), frames, strict=True)}
    pairs = (a.pair, *(data.pair for data in between), b.pair)
    records = first.record.to_numpy()
    directions = pd.Series(np.where(first.amplitude_V < 0, "SET", "RESET"), records)
    return Split(names, pairs, pd.DataFrame(times, index=records), directions)


def _log10_s(frame: pd.DataFrame, first: pd.DataFrame) -> np.ndarray:
    """Return log10 of the pulse times [s], (n,); NaN where the target is not reached from the start of `first`."""
    same = np.isclose(frame.g_start_S.to_numpy(float), first.g_start_S.to_numpy(float), rtol=SAME, atol=0)
    there = same & (frame.outcome == "reached").to_numpy()
    return np.log10(np.where(there, np.abs(frame.t_pulse_s.to_numpy(float)), np.nan))


def _extracted(
    step: Step, a: ComparedDataset, b: ComparedDataset, n: int, workers: int | None, folder: Path | None,
    scheduler: str | None,
) -> PulseDataset:  # fmt: skip
    """Return the dataset of A's records in the cell behind a step."""
    cell, recipe = step.after.build(), a.recipe
    table = _starts(step.after.edges, a, b, n)
    settings = {name: getattr(recipe, name) for name in ("d2d", "per_device", "start", "step_s")}
    settings["voltages"] = step.after.voltages or "60us"
    out = None
    if folder:
        content = b"".join(table[name].tobytes() for name in sorted(table))
        listed = hashlib.sha256(content).hexdigest()
        digest = describe(cell, "records", n=n, seed=recipe.seed, table=listed, **_plain(settings)).digest
        out = folder / "split" / f"{step.name.replace(' ', '-').lower()}-{digest[:10]}"
    return extract(cell, n, recipe.seed, out, workers, sampling=table, scheduler=scheduler, **settings)


def _starts(edges: str, a: ComparedDataset, b: ComparedDataset, n: int) -> dict[str, np.ndarray]:
    """Return starts and targets of A's first records [S], and the edges of a form [s], (n,) each by name."""
    first = a.data.frame.head(n)
    table = {name: first[name].to_numpy(float) for name in ("g_start_S", "g_target_S")}
    source = {"A": first, "B": b.data.frame.head(n)}.get(edges)
    shortest = np.full(n, SHORTEST_S)
    return table | {name: shortest if source is None else source[name].to_numpy(float) for name in ("rise_s", "fall_s")}


def _plain(settings: dict[str, object]) -> dict[str, object]:
    """Return settings as JSON can hold them."""
    return {name: dataclasses.asdict(v) if isinstance(v, Pair | Spread) else v for name, v in settings.items()}
