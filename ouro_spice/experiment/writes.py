"""Write-and-verify of a campaign: every programmer under one harness, and where repeated writes converge (Fig. 7)."""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ..dataset.recipe import Sample
from ..evaluation.baselines import noise_free
from ..prediction.lookup_table import Table
from ..prediction.neural_programmer import ModelProgrammer, NeuralProgrammer
from ..programming.history import History
from ..programming.lockstep import write_many
from ..programming.programmer import Programmer
from ..programming.programmers.fixed import FixedPulse
from ..programming.tuning import edges, rank
from ..programming.write_statistics import summary
from ..provenance.cache import cached_arrays
from ..provenance.manifest import describe
from .context import CONVERGED, TRAINING, WRITES, ExperimentContext
from .history_arrays import pack, unpack
from .networks import foreign, programmer
from .prediction_timing import prediction_times
from .ranking import CONVENTIONAL, INFORMED, NOISE_FREE, Rule, best_of_each_amplitude, candidates, carry_over, row
from .rival_ratios import compare_programmers, inputs, quickest
from .rivals import MEDIAN, cached_basis, has_median, table_settings, writing_table
from .shipped import SHIPPED, shipped_programmers
from .variant import Variant

UNTUNED = "fixed 10 ns, untuned"
UNTUNED_S = 10e-9
UNTUNED_MOST = 2000
"""The fixed pulses of the paper's comparison: name, width [s], and how many they may be."""

PATIENCE = None
"""Pulses that are much too weak move a device by nearly nothing: that is no stuck cell."""

_BY = "time"
"""What conventional programmers are tuned for."""

_HOLDS = 3
"""Version of what the arrays of writes hold: those of another one are made again."""


@dataclass(frozen=True)
class Writes:
    """The writes of a setting.

    Attributes
    ----------
    histories
        By tolerance and programmer.
    tuned
        By tolerance and conventional programmer: ``parameters``, and ``edges`` of what was tried that they lie at.
    prediction_s
        By tolerance and programmer: what predictions took here and now, as of `prediction_times`.
    """

    histories: dict[float, dict[str, list[History]]] = field(default_factory=dict)
    tuned: dict[float, dict[str, dict[str, Any]]] = field(default_factory=dict)
    prediction_s: dict[float, dict[str, dict[str, float]]] = field(default_factory=dict)


def writes(place: ExperimentContext, compact: ExperimentContext | None) -> Writes:
    """Return the writes of all programmers; `compact` is where a circuit's conventional ones are tuned first."""
    table = place.configuration.tables["write"]
    found = Writes()
    for tolerance in table["tolerances"]:
        found.tuned[tolerance] = {}
        programmers = neural(place, compact)
        for kind in _kinds(table):
            one, settings = rule_with_settings(place, kind, tolerance, compact)
            programmers.append(one)
            found.tuned[tolerance][one.name] = settings
        tables = writing_table(place, tolerance, compact, table["max_pulses"], table.get("tuned_on", 200))
        programmers += tables
        if has_median(place):
            programmers.append(Table.fit(place.data).replace(name=MEDIAN))
        found.tuned[tolerance] |= {one.name: table_settings(one) for one in tables}
        done = {one.name: write_histories(place, one, tolerance, table["max_pulses"]) for one in programmers}
        timed = {one.name: prediction_times(one, done[one.name]) for one in programmers}
        found.prediction_s[tolerance] = {name: times for name, times in timed.items() if times}
        if table.get("untuned", True):
            plain = FixedPulse(place.pair, UNTUNED_S, name=UNTUNED)
            done[plain.name] = write_histories(place, plain, tolerance, UNTUNED_MOST)
        found.histories[tolerance] = done
    return found


def _kinds(table: dict[str, Any]) -> list[Rule]:
    """Return the rules that take part: all, or those whose settings the file gives."""
    given = table.get("conventional")
    return [kind for kind in (*CONVENTIONAL, *INFORMED) if given is None or kind.__name__ in given]


def rule_with_settings(
    place: ExperimentContext, kind: Rule, tolerance: float, compact: ExperimentContext | None = None
) -> tuple[Programmer, dict[str, Any]]:
    """Return a conventional programmer with its settings, and these and their edges as results hold them.

    They are those that the file gives, or those that take the shortest time on training devices, reads included.
    Edges are those of what was tried on the compact model, where all of the grid is.
    """
    given = place.configuration.tables["write"].get("conventional")
    own = cached_basis(place, kind)
    if given is not None:
        return kind(own, **given[kind.__name__]), {"parameters": given[kind.__name__], "edges": {}}
    best = tuned_parameters(place, kind, tolerance, compact)[0]
    tried = tuned_parameters(compact or place, kind, tolerance, None)
    return kind(own, **best), {"parameters": best, "edges": edges(best, tried)}


def neural(place: ExperimentContext, compact: ExperimentContext | None) -> list[Programmer]:
    """Return programmers of the networks, of those that compact data trained, and of the noise-free model.

    The model takes no part where the configuration says ``[write] noise_free = false``.
    """
    variants = _neural(place)
    networks: list[Programmer] = [*shipped_programmers(place), *(programmer(place, variant) for variant in variants)]
    if compact is not None:
        networks += [foreign(place, compact, v) for v in variants if v.key in compact.setting.variants]
    if not place.configuration.tables["write"].get("noise_free", True):
        return networks
    model = noise_free(place.cell, place.pair, place.engine)
    return [*networks, ModelProgrammer(model, place.pair, name=NOISE_FREE)]


def _neural(place: ExperimentContext) -> list[Variant]:
    """Return the networks that write."""
    return [place.configuration.variants[key] for key in place.configuration.tables["write"]["neural"]]


def tuned_parameters(
    place: ExperimentContext, kind: Rule, tolerance: float, compact: ExperimentContext | None
) -> list[dict[str, Any]]:
    """Return the settings that a rule was tried with, best first, from the cache or tuned now."""
    table = place.configuration.tables["write"]
    if compact is not None:
        best = best_of_each_amplitude(tuned_parameters(compact, kind, tolerance, None), table["tried"])
        tried, count = [carry_over(kind, cached_basis(place, kind), one) for one in best], table["tried_on"]
    else:
        seeds = np.random.SeedSequence(place.configuration.seed, spawn_key=(TRAINING,))
        tried, count = candidates(kind, cached_basis(place, kind), table["candidates"], seeds), table["tuned_on"]
    settings = {"candidates": [repr(one) for one in tried], "tolerance": tolerance, "n": count,
                "d2d": place.setting.d2d, "seed": place.configuration.seed, "most": table["max_pulses"],
                "by": _BY, "patience": PATIENCE}  # fmt: skip

    def make() -> dict[str, np.ndarray]:
        drawn = place.samples(count, TRAINING)
        cells = place.fleet(drawn)
        targets = [one.target_S for one in drawn]
        _, rows = rank(tried, cells.copy, targets, tolerance, table["max_pulses"], _BY, patience=PATIENCE)
        return {"rows": np.array(json.dumps([row["parameters"] for row in rows]))}

    origin = place.origin(**settings)
    return json.loads(
        str(cached_arrays(place.cache_folder, f"{place.setting.name}-tuned-{kind.__name__}", origin, make)["rows"])
    )


def write_histories(place: ExperimentContext, one: Programmer, tolerance: float, most: int) -> list[History]:
    """Return the writes of one programmer to the setting's devices, from the cache or simulated."""
    drawn = place.samples(place.setting.write, WRITES)
    return cached_histories(place, f"writes-{one.name}", one, drawn, tolerance, most, False)


def convergence(place: ExperimentContext) -> dict[str, list[History]]:
    """Return the writes of Fig. 7 by programmer: as many iterations whatever the reading, targets over the window."""
    table = place.configuration.tables["converge"]
    low, high = place.cell.window_S
    shown = [target for target in table["shown_S"] if low < target < high]
    targets = np.concatenate([np.linspace(low, high, table["targets"] + 2)[1:-1], shown])
    starts = place.setting.starts
    drawn = place.samples(len(targets) * starts, CONVERGED)
    moved = [dataclasses.replace(one, target_S=float(targets[k // starts])) for k, one in enumerate(drawn)]
    # as published: every pulse is the predicted one, whatever the ones before did
    networks = [programmer(place, place.configuration.variants[key], growth=1.0) for key in place.setting.converge]
    model = ModelProgrammer(noise_free(place.cell, place.pair, place.engine), place.pair, name=NOISE_FREE)
    return {
        one.name: cached_histories(place, f"converged-{one.name}", one, moved, 0.1, table["iterations"], True)
        for one in [*networks, model]
    }


def cached_histories(
    place: ExperimentContext,
    name: str,
    one: Programmer,
    drawn: list[Sample],
    tolerance: float,
    most: int,
    keep_going: bool,
) -> list[History]:
    """Return writes to cells of a setting, from the cache or simulated; arguments as in `write_many`."""
    targets = [one.target_S for one in drawn]
    settings = place.origin(
        programmer=_identity(one), tolerance=tolerance, most=most, keep_going=keep_going, d2d=place.setting.d2d,
        n=len(drawn), targets=targets, seed=place.configuration.seed, holds=_HOLDS,
    )  # fmt: skip

    def make() -> dict[str, np.ndarray]:
        found = write_many(place.fleet(drawn), one, targets, tolerance, most, patience=PATIENCE, keep_going=keep_going)
        return pack(found)

    file = f"{place.setting.name}-{name}".replace(" ", "_").replace(",", "")
    arrays = cached_arrays(place.cache_folder, file, settings, make)
    return unpack(arrays, one.name, tolerance, describe(place.cell, programmer=_identity(one)))


def _identity(one: Programmer) -> str:
    """Return a text that decides the pulses of a programmer."""
    if isinstance(one, Table):
        return f"{one.name} {one.checkpoint}"
    if isinstance(one, NeuralProgrammer):
        return f"{one.name} {one.checkpoint} {one.drives} {one.shortest_s} {one.clock_s} {one.growth}"
    return one.name if isinstance(one, ModelProgrammer) else repr(one)


def rows(place: ExperimentContext, found: Writes) -> dict[str, dict[str, dict[str, Any]]]:
    """Return rows of results by tolerance and programmer, each with those of thirds of the window by target."""
    table = place.configuration.tables["write"]
    low, high = place.cell.window_S
    thirds = np.linspace(low, high, 4)
    results: dict[str, dict[str, dict[str, Any]]] = {}
    for tolerance, programmers in found.histories.items():
        results[f"{tolerance:g}"] = {}
        for name, histories in programmers.items():
            ranges = zip(("low", "middle", "high"), thirds[:-1], thirds[1:], strict=True)
            parts = {label: [h for h in histories if low <= h.target_S < high] for label, low, high in ranges}
            results[f"{tolerance:g}"][name] = row(histories, table["reads_s"]) | {
                "ranges": {label: summary(inside) for label, inside in parts.items() if inside}
            }
    return results


def ratios(place: ExperimentContext, found: Writes) -> dict[str, Any]:
    """Return the networks against their rivals, by tolerance: `compare_programmers`, ``quickest`` and ``inputs``."""
    variants = _neural(place)
    ours = {variant.name for variant in variants}
    many = {variant.name for variant in variants if variant.drives or variant.conditioned}
    return {
        f"{tolerance:g}": compare_programmers(programmers, ours | ({SHIPPED} & set(programmers)), UNTUNED)
        | {"quickest": quickest(programmers, ours), "inputs": inputs(programmers, ours - many, many)}
        for tolerance, programmers in found.histories.items()
    }
