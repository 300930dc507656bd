"""The networks of a campaign: trained where they are not there yet, kept as checkpoints."""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from .._util.forks import cached_property
from .._util.progress import progress
from ..circuit.cell_kinds import Cell
from ..circuit.compact_cell import CompactCell
from ..dataset.making import say_why_anew
from ..dataset.pulse_dataset import PulseDataset, extract
from ..dataset.recipe import Recipe, Sample
from ..prediction.neural_programmer import NeuralProgrammer
from ..prediction.pulse_predictor import PulsePredictor
from ..prediction.rollout import SEEN, Law, examples, rollout
from ..prediction.specification import Specification, Stage
from ..programming.batch import Fleet, fleet
from ..provenance.cache import cached_arrays
from ..provenance.manifest import Manifest, describe
from ..simulation.write_voltages import Pair
from ..spice.ngspice import Ngspice
from .campaign_checkpoints import found, saved
from .configuration import Configuration, Setting, named_cell
from .trainings import chosen, seed_of
from .variant import Variant

DEVICES, TRAINING, EXPERIENCE, WRITES, CONVERGED = range(1, 6)
"""Streams of a campaign's seed: devices that are deployed to, that programmers are tuned on, that experience comes
from, that are written to, and those of Fig. 7."""

_NEAR = 0.04
"""Relative distance from the target below which an attempt would not have been made."""


@dataclass(frozen=True)
class ExperimentContext:
    """A setting with everything that belongs to it: data, engine, folder."""

    configuration: Configuration
    setting: Setting
    out: Path
    workers: int | None
    engine: Ngspice
    begin: ExperimentContext | None = None
    """Where networks that need experience begin, which costs little there."""

    @cached_property
    def data(self) -> PulseDataset:
        """Its records, in a folder of their own: another circuit or sampling makes another dataset, and keeps it."""
        setting, seed = self.setting, self.configuration.seed
        cell = named_cell(setting.cell)
        edges = setting.edges_s if setting.edges_s[0] != setting.edges_s[1] else setting.edges_s[0]
        laws = {"voltages": setting.voltages, "d2d": setting.law, "rise_s": edges, "fall_s": edges}
        origin = describe(cell, "records", n=setting.records, seed=seed, **laws)
        folder = self.out / "datasets" / f"{setting.name}-{origin.digest[:10]}"
        say_why_anew(folder, origin)
        return extract(cell, setting.records, seed, folder, self.workers, **laws)

    @cached_property
    def pair(self) -> Pair:
        """Amplitudes."""
        return self.data.pair

    @cached_property
    def cell(self) -> Cell | CompactCell:
        """The nominal cell."""
        return self.pair.gated(named_cell(self.setting.cell))

    @property
    def seeds(self) -> list[int]:
        """Of the trainings of each network, the campaign's own seed first."""
        return [self.configuration.seed + k for k in range(self.setting.training_seeds)]

    @property
    def kept(self) -> Path:
        """Where what took long to make is."""
        return self.out / "kept"

    @property
    def checkpoints(self) -> Path:
        """Where its networks are."""
        return self.out / "checkpoints" / self.setting.name

    def origin(self, made_by: str = "campaign", /, **settings: Any) -> dict[str, Any]:
        """Return what decides something that is made here: circuit, code, tools and settings."""
        return describe(self.cell, made_by, pair=dataclasses.asdict(self.pair), **settings).origin

    @property
    def trainer(self) -> Manifest:
        """Return the manifest of what trains networks here: code and tools."""
        return describe(self.cell, "training")

    def drawn(self, count: int, stream: int, index: int = 0, cell: Cell | CompactCell | None = None) -> list[Sample]:
        """Devices, starts and targets that no record has."""
        recipe = Recipe(count, self.seed(stream, index), self.pair, d2d=self.setting.law)
        return [recipe.draw(cell or self.cell, number) for number in range(count)]

    def seed(self, stream: int, index: int = 0) -> int:
        """Of a part of the campaign."""
        seeds = np.random.SeedSequence(self.configuration.seed, spawn_key=(stream, index))
        return int(seeds.generate_state(1)[0])

    def fleet(self, drawn: list[Sample], cell: Cell | CompactCell | None = None, pair: Pair | None = None) -> Fleet:
        """Cells of the setting, or others; `pair`: the amplitudes of most of their pulses."""
        pair = pair or self.pair
        often_V = (pair.v_set, pair.v_reset)
        return fleet(cell or self.cell, drawn, workers=self.workers, engine=self.engine, often_V=often_V)


def network(place: ExperimentContext, variant: Variant) -> PulsePredictor:
    """Return the network of a setting that goes on: of its trainings the one that is best on validation data."""
    return chosen(trainings(place, variant))


def trainings(place: ExperimentContext, variant: Variant) -> list[PulsePredictor]:
    """Return a network of a setting as each of the setting's seeds trains it: from checkpoints, or trained."""
    return [training(place, variant, seed) for seed in place.seeds]


def training(place: ExperimentContext, variant: Variant, seed: int) -> PulsePredictor:
    """Return a network of a setting as one seed trains it: from its checkpoint, or trained."""
    make = _conditioned if variant.conditioned else _plain
    path, wanted = _path(place, variant, seed), _recipe(place, variant, seed)
    return saved(path, wanted, variant.drives, place.trainer, lambda: make(place, variant, seed))


def is_trained(place: ExperimentContext, variant: Variant, seed: int) -> bool:
    """Return whether the checkpoint of a training is there."""
    return found(_path(place, variant, seed), _recipe(place, variant, seed), variant.drives) is not None


def _path(place: ExperimentContext, variant: Variant, seed: int) -> Path:
    more = "" if seed == place.configuration.seed else f"-seed{seed}"
    return place.checkpoints / f"{variant.key}{more}.npz"


def programmer(
    place: ExperimentContext, variant: Variant, one: PulsePredictor | None = None, **changes: Any
) -> NeuralProgrammer:  # fmt: skip
    """Return what programs with one training of a variant, by default with the one that goes on."""
    return NeuralProgrammer(one or network(place, variant), name=variant.name, drives=variant.drives, **changes)


def foreign(place: ExperimentContext, other: ExperimentContext, variant: Variant) -> NeuralProgrammer:
    """Return what programs with the network that another setting trained and chose, at the amplitudes here."""
    manifest = _manifest(place) if variant.conditioned else place.data.manifest
    own = dataclasses.replace(network(other, variant), manifest=manifest)
    return NeuralProgrammer(own, name=foreign_name(variant), drives=variant.drives)


def foreign_name(variant: Variant | None = None) -> str:
    """Return the name of such a network in results; without a variant the end of all of them."""
    return f"{variant.name if variant else ''}, trained on compact"


def _recipe(place: ExperimentContext, variant: Variant, seed: int) -> dict[str, Any]:
    """Everything that decides a checkpoint."""
    recipe = {"data": place.data.manifest.digest, "key": variant.key, "seed": seed}
    recipe |= {"specification": variant.specification.plain, "trainer": place.trainer.digest}
    source = _source(place, variant)
    if source.experience:
        recipe |= {"experience": dataclasses.asdict(source.experience), "devices": place.setting.devices}
        recipe |= {"source": source.specification.plain}
        begin = place.begin
        recipe["begin"] = _recipe(begin, variant, seed_of(network(begin, variant))) if begin else None
    if variant.specification.start:
        recipe["start"] = _recipe(place, place.configuration.variants[variant.specification.start], seed)
    return json.loads(json.dumps(recipe))


def _plain(place: ExperimentContext, variant: Variant, seed: int) -> PulsePredictor:
    """From the records alone; what it starts from is a training by the same seed."""
    start = variant.specification.start
    begin = training(place, place.configuration.variants[start], seed) if start else None
    return PulsePredictor.fit(place.data, variant.specification, seed=seed, start=begin)


def _conditioned(place: ExperimentContext, variant: Variant, seed: int) -> PulsePredictor:
    """From experience with several pulses of each device, or several amplitudes: its own, or that of another one.

    Experience is gathered once, with policies that the campaign's own seed trains: all trainings learn from the same.
    """
    source = _source(place, variant)
    return _learned(place, variant, _rounds(place, source, len(source.experience.rounds)), seed)


def _rounds(place: ExperimentContext, source: Variant, count: int) -> list[dict[str, np.ndarray]]:
    """The experience of the first rounds."""
    return [_experience(place, source, _policy(place, source, index), index) for index in range(_first(place), count)]


def _first(place: ExperimentContext) -> int:
    """The first round; where networks begin with those of another setting, it has nothing to teach."""
    return 1 if place.begin else 0


def _policy(place: ExperimentContext, source: Variant, index: int) -> PulsePredictor:
    """What chooses the pulses in a round: the clock, or the network to begin with; later what was learned so far."""
    if place.begin and index == _first(place):
        return _beginning(place, source)

    seed = place.configuration.seed

    def make() -> PulsePredictor:
        return _learned(place, source, _rounds(place, source, index), seed) if index else _clock(place, source)

    path = place.checkpoints / f"{source.key}-round-{index}.npz"
    return saved(path, _recipe(place, source, seed) | {"round": index}, None, place.trainer, make)


def _beginning(place: ExperimentContext, variant: Variant) -> PulsePredictor:
    """The network of the setting to begin with, for the pair here: it takes either as long to cross the window."""
    return dataclasses.replace(network(place.begin, variant), manifest=_manifest(place))


def _manifest(place: ExperimentContext) -> Manifest:
    """That of the records, with the edges that experience is gathered with."""
    manifest = Manifest.from_json(place.data.manifest.to_json())
    manifest.settings.update({"rise_s": Law.rise_s, "fall_s": Law.fall_s, "seen": list(SEEN)})
    return manifest


def _source(place: ExperimentContext, variant: Variant) -> Variant:
    """The variant whose experience a network learns from."""
    return place.configuration.variants[variant.like] if variant.like else variant


def _remembers(variant: Variant) -> bool:
    return "slow_same" in variant.specification.inputs


def _clock(place: ExperimentContext, variant: Variant) -> PulsePredictor:
    """The middle of all devices: the time by start, change, and amplitude where that varies."""
    seed, law = place.configuration.seed, variant.experience
    plain = PulsePredictor.fit(place.data, Specification((Stage("time", epochs=60),)), seed=seed)
    if law.low == law.high:
        return plain
    specification = Specification((Stage("time", epochs=80),), inputs=("g_start_S", "dg_S", "drive"))
    # the first guess of a time at another amplitude is rough: look far
    first = Law(1, law.low, law.high, reach=6.0, points=401, fastest_s=law.fastest_s)
    return _trained(place, specification, [_gathered(place, variant, plain, first, 0)], seed)


def _experience(
    place: ExperimentContext, variant: Variant, policy: PulsePredictor, index: int
) -> dict[str, np.ndarray]:
    law = variant.experience
    attempts, jitter = law.rounds[index]
    return _gathered(
        place, variant, policy, Law(attempts, law.low, law.high, jitter, fastest_s=law.fastest_s), index + 1
    )


def _gathered(
    place: ExperimentContext, variant: Variant, policy: PulsePredictor, law: Law, index: int
) -> dict[str, np.ndarray]:
    """Attempts on devices of their own, kept."""
    count = place.setting.devices or variant.experience.devices
    settings = place.origin("training", law=dataclasses.asdict(law), policy=policy.sha256, devices=count,
                            index=index, d2d=place.setting.d2d, seed=place.seed(EXPERIENCE, index))  # fmt: skip

    def make() -> dict[str, np.ndarray]:
        drawn = place.drawn(count, EXPERIENCE, index)
        targets = np.array([one.target_S for one in drawn])
        with progress("experience", 2 * law.attempts * len(drawn)) as bar:
            return rollout(place.fleet(drawn), targets, policy, law, place.seed(EXPERIENCE, index), bar)

    return cached_arrays(place.kept, f"{place.setting.name}-experience", settings, make)


def _learned(
    place: ExperimentContext, variant: Variant, columns: list[dict[str, np.ndarray]], seed: int
) -> PulsePredictor:
    """The network of a variant from experience: a new one, or that of another setting after the last stage here."""
    specification = variant.specification
    if place.begin:
        start = _beginning(place, variant)
        last = dataclasses.replace(specification, stages=specification.stages[-1:])
        return _trained(place, last, columns, seed, start)
    clock = _policy(place, _source(place, variant), 0) if _remembers(variant) else None
    return _trained(place, specification, columns, seed, clock=clock)


def _trained(
    place: ExperimentContext,
    specification: Specification,
    columns: list[dict[str, np.ndarray]],
    seed: int,
    start: PulsePredictor | None = None,
    clock: PulsePredictor | None = None,
) -> PulsePredictor:
    """A network from experience; each device is on one side of the split."""
    joined = {name: np.concatenate([one[name] for one in columns]) for name in columns[0]}
    away = np.abs(joined["dg_S"]) > _NEAR * joined["target_S"]
    used = away | (joined["attempt"] == 0)
    held = joined["place"] % 10 == 9
    parts = [examples(joined, np.flatnonzero(used & side)) for side in (~held, held)]
    clock = start.clock if start else clock
    return PulsePredictor.trained(specification, *parts, _manifest(place), seed=seed, start=start, clock=clock)
