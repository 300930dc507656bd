"""A setting of a campaign with everything that belongs to it: data, cell, engine, folder, seeds."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from .._util.forks import cached_property
from ..circuit.cell_kinds import Cell
from ..circuit.compact_cell import CompactCell
from ..dataset.making import say_why_anew
from ..dataset.pulse_dataset import PulseDataset, extract
from ..dataset.recipe import Recipe, Sample
from ..programming.batch import Fleet, fleet
from ..provenance.manifest import Manifest, describe
from ..simulation.write_voltages import Pair
from ..spice.ngspice import Ngspice
from .configuration import Configuration, Setting, named_cell

DEVICES, TRAINING, EXPERIENCE, WRITES, CONVERGED = range(1, 6)
"""Streams of a campaign's seed: devices that are deployed to, that programmers are tuned on, that experience comes
from, that are written to, and those of Fig. 7."""


@dataclass(frozen=True)
class ExperimentContext:
    """A setting with everything that belongs to it: data, engine, folder."""

    configuration: Configuration
    setting: Setting
    out: Path
    workers: int | None
    engine: Ngspice
    begin: ExperimentContext | None = None
    """The setting in which networks that need experience begin: it costs little there."""
    scheduler: str | None = None
    """Address of a Dask scheduler whose workers simulate; None: this machine."""

    @cached_property
    def data(self) -> PulseDataset:
        """Return the records of the setting, extracted where they are not there yet.

        Their folder is named after what decides them: another circuit or sampling makes another dataset, and leaves
        this one as it is.
        """
        setting, seed = self.setting, self.configuration.seed
        cell = named_cell(setting.cell)
        edges = setting.edges_s if setting.edges_s[0] != setting.edges_s[1] else setting.edges_s[0]
        laws = {"voltages": setting.voltages, "d2d": setting.law, "rise_s": edges, "fall_s": edges}
        origin = describe(cell, "records", n=setting.records, seed=seed, **laws)
        folder = self.out / "datasets" / f"{setting.name}-{origin.digest[:10]}"
        say_why_anew(folder, origin)
        return extract(cell, setting.records, seed, folder, self.workers, scheduler=self.scheduler, **laws)

    @cached_property
    def pair(self) -> Pair:
        """Return the amplitudes of the setting."""
        return self.data.pair

    @cached_property
    def cell(self) -> Cell | CompactCell:
        """Return the nominal cell, with the gate voltages of the pair."""
        return self.pair.gated(named_cell(self.setting.cell))

    @property
    def seeds(self) -> list[int]:
        """Return the seeds of the trainings of each network, the campaign's own seed first."""
        return [self.configuration.seed + k for k in range(self.setting.training_seeds)]

    @property
    def cache_folder(self) -> Path:
        """Return the folder of arrays that took long to make."""
        return self.out / "kept"

    @property
    def checkpoints(self) -> Path:
        """Return the folder of the setting's networks."""
        return self.out / "checkpoints" / self.setting.name

    def origin(self, made_by: str = "campaign", /, **settings: Any) -> dict[str, Any]:
        """Return all that decides something that is made here: circuit, code, tools and settings."""
        return describe(self.cell, made_by, pair=dataclasses.asdict(self.pair), **settings).origin

    @property
    def trainer(self) -> Manifest:
        """Return the manifest of what trains networks here: code and tools."""
        return describe(self.cell, "training")

    def samples(self, count: int, stream: int, index: int = 0, cell: Cell | CompactCell | None = None) -> list[Sample]:
        """Return devices, starts and targets that no record has, of one of the campaign's streams of random numbers."""
        recipe = Recipe(count, self.seed(stream, index), self.pair, d2d=self.setting.spread)
        return [recipe.draw(cell or self.cell, number) for number in range(count)]

    def seed(self, stream: int, index: int = 0) -> int:
        """Return the seed of a part of the campaign."""
        seeds = np.random.SeedSequence(self.configuration.seed, spawn_key=(stream, index))
        return int(seeds.generate_state(1)[0])

    def fleet(self, drawn: list[Sample], cell: Cell | CompactCell | None = None, pair: Pair | None = None) -> Fleet:
        """Return the cells of samples, in the setting's cell or another; `pair`: amplitudes of most of their pulses."""
        pair = pair or self.pair
        often_V = (pair.v_set, pair.v_reset)
        how = {"workers": self.workers, "engine": self.engine, "scheduler": self.scheduler}
        return fleet(cell or self.cell, drawn, often_V=often_V, **how)
