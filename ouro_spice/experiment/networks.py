"""The networks of a campaign: trained where they are not there yet, kept as checkpoints."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import numpy as np

from .._util.progress import progress
from ..prediction.neural_programmer import NeuralProgrammer
from ..prediction.pulse_predictor import PulsePredictor
from ..prediction.rollout import SEEN, Law, examples, rollout
from ..prediction.specification import Specification, Stage
from ..provenance.cache import cached_arrays
from ..provenance.manifest import Manifest
from .campaign_checkpoints import load_matching, load_or_train
from .context import EXPERIENCE, ExperimentContext
from .trainings import best_training, seed_of
from .variant import Variant

_NEAR = 0.04
"""Relative distance from the target below which an attempt would not have been made."""


def network(place: ExperimentContext, variant: Variant) -> PulsePredictor:
    """Return the selected network of a setting: of its trainings the best one on validation data."""
    return best_training(trainings(place, variant))


def trainings(place: ExperimentContext, variant: Variant) -> list[PulsePredictor]:
    """Return a network of a setting as each of its seeds trains it, from checkpoints or trained now."""
    return [training(place, variant, seed) for seed in place.seeds]


def training(place: ExperimentContext, variant: Variant, seed: int) -> PulsePredictor:
    """Return a network of a setting as one seed trains it, from its checkpoint or trained now."""
    make = _conditioned if variant.conditioned else _plain
    path, wanted = _path(place, variant, seed), _recipe(place, variant, seed)
    return load_or_train(path, wanted, variant.drives, place.trainer, lambda: make(place, variant, seed))


def is_trained(place: ExperimentContext, variant: Variant, seed: int) -> bool:
    """Return whether there is a checkpoint of a training with the wanted recipe."""
    return load_matching(_path(place, variant, seed), _recipe(place, variant, seed), variant.drives) is not None


def _path(place: ExperimentContext, variant: Variant, seed: int) -> Path:
    """Return the path of a training's checkpoint."""
    more = "" if seed == place.configuration.seed else f"-seed{seed}"
    return place.checkpoints / f"{variant.key}{more}.npz"


def programmer(
    place: ExperimentContext, variant: Variant, one: PulsePredictor | None = None, **changes: Any
) -> NeuralProgrammer:  # fmt: skip
    """Return the programmer of one training of a variant, by default of the selected one."""
    return NeuralProgrammer(one or network(place, variant), name=variant.name, drives=variant.drives, **changes)


def foreign(place: ExperimentContext, other: ExperimentContext, variant: Variant) -> NeuralProgrammer:
    """Return the programmer of the network that another setting trained and chose, at the amplitudes here."""
    manifest = _manifest(place) if variant.conditioned else place.data.manifest
    own = dataclasses.replace(network(other, variant), manifest=manifest)
    return NeuralProgrammer(own, name=foreign_name(variant), drives=variant.drives)


def foreign_name(variant: Variant | None = None) -> str:
    """Return the name of such a network in results; without a variant the end that all of them have."""
    return f"{variant.name if variant else ''}, trained on compact"


def _recipe(place: ExperimentContext, variant: Variant, seed: int) -> dict[str, Any]:
    """Return all that decides a checkpoint, as plain values."""
    recipe = {"data": place.data.manifest.digest, "key": variant.key, "seed": seed}
    recipe |= {"specification": variant.specification.plain, "trainer": place.trainer.digest}
    source = _source(place, variant)
    if source.experience is not None:
        recipe |= {"experience": dataclasses.asdict(source.experience), "devices": place.setting.devices}
        recipe |= {"source": source.specification.plain}
        begin = place.begin
        recipe["begin"] = _recipe(begin, variant, seed_of(network(begin, variant))) if begin else None
    if variant.specification.start:
        recipe["start"] = _recipe(place, place.configuration.variants[variant.specification.start], seed)
    return json.loads(json.dumps(recipe))


def _plain(place: ExperimentContext, variant: Variant, seed: int) -> PulsePredictor:
    """Return a network that is trained from the records alone, from the start that the same seed has trained."""
    start = variant.specification.start
    begin = training(place, place.configuration.variants[start], seed) if start else None
    return PulsePredictor.fit(place.data, variant.specification, seed=seed, start=begin)


def _conditioned(place: ExperimentContext, variant: Variant, seed: int) -> PulsePredictor:
    """Return a network that is trained from experience: its own, or that of another variant.

    Experience is gathered once, with policies that the campaign's own seed trains: all trainings learn from the same.
    """
    source = _source(place, variant)
    return _learned(place, variant, _rounds(place, source, len(source.gathering.rounds)), seed)


def _rounds(place: ExperimentContext, source: Variant, count: int) -> list[dict[str, np.ndarray]]:
    """Return the experience of the first rounds, columns of each."""
    return [_experience(place, source, _policy(place, source, index), index) for index in range(_first(place), count)]


def _first(place: ExperimentContext) -> int:
    """Return the number of the first round; 1 where networks begin with those of another setting."""
    return 1 if place.begin else 0


def _policy(place: ExperimentContext, source: Variant, index: int) -> PulsePredictor:
    """Return what chooses the pulses in a round: the base, or the network to begin with; later what was learned so
    far.
    """
    if place.begin and index == _first(place):
        return _beginning(place, source)
    seed = place.configuration.seed

    def make() -> PulsePredictor:
        return _learned(place, source, _rounds(place, source, index), seed) if index else _base(place, source)

    path = place.checkpoints / f"{source.key}-round-{index}.npz"
    return load_or_train(path, _recipe(place, source, seed) | {"round": index}, None, place.trainer, make)


def _beginning(place: ExperimentContext, variant: Variant) -> PulsePredictor:
    """Return the network of the setting to begin with, for the pair here: it takes either as long to cross the
    window.
    """
    if place.begin is None:
        raise ValueError(f"setting {place.setting.name}: its networks begin with those of no other setting")
    return dataclasses.replace(network(place.begin, variant), manifest=_manifest(place))


def _manifest(place: ExperimentContext) -> Manifest:
    """Return the manifest of the records, with the edges that experience is gathered with."""
    manifest = Manifest.from_json(place.data.manifest.to_json())
    manifest.settings.update({"rise_s": Law.rise_s, "fall_s": Law.fall_s, "seen": list(SEEN)})
    return manifest


def _source(place: ExperimentContext, variant: Variant) -> Variant:
    """Return the variant whose experience a network learns from."""
    return place.configuration.variants[variant.like] if variant.like else variant


def _remembers(variant: Variant) -> bool:
    """Return whether a network sees how slow the device has been in earlier pulses."""
    return "slow_same" in variant.specification.inputs


def _base(place: ExperimentContext, variant: Variant) -> PulsePredictor:
    """Return the middle of all devices: the time by start, change, and amplitude where that varies."""
    seed, law = place.configuration.seed, variant.gathering
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
    """Return the columns of a round of experience, gathered with a policy."""
    law = variant.gathering
    attempts, jitter = law.rounds[index]
    return _gathered(
        place, variant, policy, Law(attempts, law.low, law.high, jitter, fastest_s=law.fastest_s), index + 1
    )


def _gathered(
    place: ExperimentContext, variant: Variant, policy: PulsePredictor, law: Law, index: int
) -> dict[str, np.ndarray]:
    """Return the columns of attempts on devices of their own, from the cache or simulated."""
    count = place.setting.devices or variant.gathering.devices
    settings = place.origin("training", law=dataclasses.asdict(law), policy=policy.sha256, devices=count,
                            index=index, d2d=place.setting.d2d, seed=place.seed(EXPERIENCE, index))  # fmt: skip

    def make() -> dict[str, np.ndarray]:
        drawn = place.samples(count, EXPERIENCE, index)
        targets = np.array([one.target_S for one in drawn])
        with progress("experience", 2 * law.attempts * len(drawn)) as bar:
            return rollout(place.fleet(drawn), targets, policy, law, place.seed(EXPERIENCE, index), bar)

    return cached_arrays(place.cache_folder, f"{place.setting.name}-experience", settings, make)


def _learned(
    place: ExperimentContext, variant: Variant, columns: list[dict[str, np.ndarray]], seed: int
) -> PulsePredictor:
    """Return the network of a variant from experience: a new one, or that of another setting after the last stage
    here.
    """
    specification = variant.specification
    if place.begin:
        start = _beginning(place, variant)
        last = dataclasses.replace(specification, stages=specification.stages[-1:])
        return _trained(place, last, columns, seed, start)
    base = _policy(place, _source(place, variant), 0) if _remembers(variant) else None
    return _trained(place, specification, columns, seed, base=base)


def _trained(
    place: ExperimentContext,
    specification: Specification,
    columns: list[dict[str, np.ndarray]],
    seed: int,
    start: PulsePredictor | None = None,
    base: PulsePredictor | None = None,
) -> PulsePredictor:
    """Return a network from experience; each device is on one side of the split."""
    joined = {name: np.concatenate([one[name] for one in columns]) for name in columns[0]}
    away = np.abs(joined["dg_S"]) > _NEAR * joined["target_S"]
    used = away | (joined["attempt"] == 0)
    held = joined["place"] % 10 == 9
    train, validation = (examples(joined, np.flatnonzero(used & side)) for side in (~held, held))
    base = start.base if start else base
    return PulsePredictor.trained(specification, train, validation, _manifest(place), seed=seed, start=start, base=base)
