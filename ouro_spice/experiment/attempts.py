"""One attempt each, side by side: networks, baselines, and the floor that none of them can pass."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ..evaluation.bands import BANDS, constant, label
from ..evaluation.baselines import Predict, compute_times, noise_free, nothing, simulated
from ..evaluation.deployment import Deployment, deploy
from ..evaluation.noise_floor import Trials  # fmt: skip
from ..prediction.lookup_table import Table
from ..prediction.neural_programmer import NeuralProgrammer
from ..prediction.pulse_predictor import PulsePredictor
from ..programming.history import History
from ..programming.lockstep import write_many
from ..programming.outcome import Outcome
from ..provenance.cache import cached_arrays
from .context import DEVICES, TRAINING, ExperimentContext
from .networks import foreign, foreign_name, network, programmer, trainings
from .rivals import table_name, tables, tried
from .trainings import Spread, chosen, hit_summary, over_tables, summary, told
from .updates import updates
from .variant import Variant
from .writes import kept_histories

_TIMED = 200
"""Predictions whose compute time is taken, of a simulation for each a tenth."""

LOOKED_UP = "noise-free, looked up"
"""The noise-free times as they are sent: of two transients. A simulation for each request gives the same ones."""

_NEVER = 1e-6
"""A tolerance that no write meets: every cell gets its pulse."""


@dataclass(frozen=True)
class OneShot:
    """The attempts of a setting.

    Attributes
    ----------
    deployments
        By variant; of a network those of the training that goes on.
    trials, folds
        Many trajectories of the same pairs, None where no floor was asked for; the parts they are dealt out to.
    gaps
        Floor minus share on those pairs, by variant and band; of a network over all its trainings.
    timed
        Time of a prediction, by variant, as `compute_times` gives it.
    constant
        What always ending at one conductance is worth.
    second
        Rows of writes that got a second pulse where the first reading was outside the band; ``hits``: each attempt's,
        over all trainings.
    trained
        Of networks the row of results that all their trainings have together; ``over_table``: share minus the table's.
    updates
        What small updates come to, by variant, over all trainings: `updates.rows`.
    """

    deployments: dict[str, Deployment]
    trials: Trials | None
    folds: int
    gaps: dict[str, dict[float, Spread]]
    timed: dict[str, dict[str, Any]]
    constant: dict[str, Any]
    second: dict[str, dict[str, Any]]
    trained: dict[str, dict[str, Any]] = field(default_factory=dict)
    updates: dict[str, list[dict[str, Any]]] = field(default_factory=dict)

    def rows(self) -> dict[str, dict[str, Any]]:
        """Return what results hold, by variant."""
        floors = self.trials.floors(folds=self.folds) if self.trials else {}
        if self.trials:
            floors["floor_bias"] = {
                label("within", band): self.trials.floor_bias(band, folds=self.folds) for band in BANDS
            }
        rows = {"best constant": self.constant | floors}
        for name, deployment in self.deployments.items():
            # what sees or does more than one pulse at the pair is not bound by this floor
            bound = floors if name in self.gaps or not self.trials else {}
            rows[name] = (self.trained.get(name) or deployment.summary()) | bound
            if name in self.gaps:
                rows[name]["gap"] = {label("within", b): [g.value, g.low, g.high] for b, g in self.gaps[name].items()}
            rows[name] |= self.timed.get(name, {})
            if name in self.updates:
                rows[name]["small_updates"] = self.updates[name]
        if LOOKED_UP in self.timed:
            rows[LOOKED_UP] = rows["noise-free"] | self.timed[LOOKED_UP]
        second = {f"{name}, two attempts": row for name, row in self.second.items()}
        return rows | {name: {key: row[key] for key in row if key != "hits"} for name, row in second.items()}


def one_shot(place: ExperimentContext, compact: ExperimentContext | None = None) -> OneShot:
    """Return the attempts of all variants of a setting.

    Each training of a network makes them, on the same devices; rows of results are means over the trainings, figures
    show the one that goes on. `compact`: where networks come from that were trained on compact data instead, of each
    the one that was chosen there.
    """
    variants = place.configuration.of(place.setting)
    shared = [v for v in compact.configuration.of(compact.setting) if v in variants] if compact else []
    networks = {v.name: trainings(place, v) for v in variants}
    networks |= {foreign_name(v): [network(compact, v)] for v in shared}
    model = noise_free(place.cell, place.pair, place.engine)
    predicts: dict[str, Predict] = {"do nothing": nothing, "noise-free": model}
    asked = {name: [one] for name, one in predicts.items()}
    plain = [v.name for v in variants if _single(v)] + [foreign_name(v) for v in shared if _single(v)]
    asked |= {name: [one.answer for one in networks[name]] for name in plain}
    lookups = tables(place)
    asked |= {name: [one.answer] for name, one in lookups.items()}
    tries = {name: [deployed(place, name, one) for one in several] for name, several in asked.items()}
    programmers = _programmers(place, compact, [v for v in variants if not _single(v)], shared)
    tries |= {name: [attempted(place, one) for one in several] for name, several in programmers.items()}
    found = _Trained(networks, compact)
    second = {
        name: found.row(name, [two_attempts(place, one) for one in several])
        for name, several in programmers.items()
        if several[0].predictor.base
    }
    trials = tried(place, "floor", place.configuration.seed) if place.setting.floor else None
    folds = place.configuration.tables.get("floor", {}).get("folds", 2)
    gaps = {name: _gaps(trials, several, folds) for name, several in asked.items()} if trials else {}
    targets = [one.target_S for one in place.drawn(place.setting.deployments, TRAINING)]
    always = constant(targets, tries["do nothing"][0].target_S)
    shown = {name: several[found.place(name)] for name, several in tries.items()}
    rows = {name: found.row(name, tries[name]) for name in networks}
    if lookups:  # against the table of each band, which sees what these networks see
        by_band = {band: tries[table_name(band)][0] for band in BANDS}
        rows |= {name: rows[name] | {"over_table": over_tables(tries[name], by_band)} for name in plain}
    going_on = {name: networks[name][found.place(name)] for name in plain}
    timed = _timed(place, going_on, model, lookups)
    small = updates(place, {name: networks[name] for name in plain})
    return OneShot(shown, trials, folds, gaps, timed, always, second, rows, small)


def _programmers(
    place: ExperimentContext, compact: ExperimentContext | None, variants: list[Variant], shared: list[Variant]
) -> dict[str, list[NeuralProgrammer]]:
    """Return what asks for more than a time, each training of it; those that were trained on compact data behind."""
    found = {v.name: [programmer(place, v, one) for one in trainings(place, v)] for v in variants}
    return found | {foreign_name(v): [foreign(place, compact, v)] for v in variants if v in shared}


@dataclass(frozen=True)
class _Trained:
    """The trainings of each network, by its name in results, and where foreign ones come from."""

    networks: dict[str, list[PulsePredictor]]
    compact: ExperimentContext | None

    def place(self, name: str) -> int:
        """Return which of the trainings goes on, by the validation data alone."""
        several = self.networks.get(name, [])
        return next((k for k, one in enumerate(several) if one is chosen(several)), 0)

    def row(self, name: str, tries: Sequence[Deployment] | Sequence[dict[float, np.ndarray]]) -> dict[str, Any]:
        """Return what results hold of the attempts by all trainings: deployments, or hits by band."""
        if isinstance(tries[0], Deployment):
            row, one = summary(tries), tries[self.place(name)].summary()
        else:
            hits = {band: [each[band] for each in tries] for band in BANDS}
            row = hit_summary(hits) | {"hits": {band: np.mean(each, axis=0) for band, each in hits.items()}}
            one = hit_summary({band: [hits] for band, hits in tries[self.place(name)].items()})
        told(row, self.networks[name], one, self._note(name))
        return row

    def _note(self, name: str) -> str:
        of = self.compact.setting.training_seeds if self.compact and name.endswith(foreign_name()) else 1
        return f"of {of}, chosen on validation data" if of > 1 else ""


def _single(variant: Variant) -> bool:
    """Return whether a network asks for the time of a pulse by reading and change alone."""
    return not (variant.drives or variant.conditioned)


def _gaps(trials: Trials, predicts: Sequence[Predict], folds: int) -> dict[float, Spread]:
    """Return the floor minus share on the floor's own pairs, over all trainings."""
    times_s = [predict(trials.start_S, trials.target_S - trials.start_S) for predict in predicts]
    return {band: Spread.of([trials.gap(t_s, band, folds=folds).each for t_s in times_s]) for band in BANDS}


def _edge(place: ExperimentContext) -> float:
    return float(np.sqrt(np.prod(place.setting.edges_s)))


def deployed(place: ExperimentContext, name: str, predict: Predict) -> Deployment:
    """Return one attempt each with the time that a function predicts, kept."""
    edge_s = _edge(place)

    def make() -> Deployment:
        drawn = place.drawn(place.setting.deployments, DEVICES)
        targets = np.array([one.target_S for one in drawn])
        return deploy(place.fleet(drawn), predict, targets, place.pair, edge_s, edge_s)

    who = predict.__self__.sha256 if isinstance(getattr(predict, "__self__", None), PulsePredictor | Table) else name
    return _kept(place, f"deployed-{name}", {"who": who, "edge_s": edge_s}, make)


def attempted(place: ExperimentContext, one: NeuralProgrammer) -> Deployment:
    """Return one attempt each by a programmer that asks for more than a time, kept."""

    def make() -> Deployment:
        drawn = place.drawn(place.setting.deployments, DEVICES)
        targets = np.array([one.target_S for one in drawn])
        return from_histories(write_many(place.fleet(drawn), one, targets, _NEVER, 1))

    settings = {"who": one.checkpoint, "attempts": 1, "drives": str(one.drives)}
    return _kept(place, f"attempted-{one.name}-1", settings, make)


def two_attempts(place: ExperimentContext, one: NeuralProgrammer) -> dict[float, np.ndarray]:
    """Return who hits, (n,) by band, with a second pulse where the first reading is outside the band."""
    drawn = place.drawn(place.setting.deployments, DEVICES)
    histories = kept_histories(place, f"two-{one.name}", one, drawn, BANDS[-1], 2, False)
    return {band: np.array([_hit(history, band) for history in histories]) for band in BANDS}


def _hit(history: History, band: float) -> bool:
    """Return whether the conductance is within a band where a write ends that stops as soon as its reading is."""
    if history.outcome in (Outcome.SIMULATION_FAILED, Outcome.READ_FAILED) or not history.readings_S:
        return False
    inside = np.abs(np.array(history.readings_S) / history.target_S - 1) <= band
    ended = int(np.argmax(inside)) if inside.any() else -1
    return bool(abs(history.conductances_S[ended] / history.target_S - 1) <= band)


def from_histories(histories: list) -> Deployment:
    """Return writes as attempts: where each began and ended; one that failed ended nowhere."""
    nan = float("nan")
    failed = (Outcome.SIMULATION_FAILED, Outcome.READ_FAILED)
    columns = [
        (
            h.conductances_S[0] if h.conductances_S else nan, h.target_S, h.readings_S[0] if h.readings_S else nan,
            -np.sign(h.pulses[0].amplitude) * h.pulses[0].width if h.pulses else 0.0,
            nan if h.outcome in failed else h.conductances_S[-1], nan if h.outcome in failed else h.readings_S[-1],
            h.energy_J,
        )
        for h in histories
    ]  # fmt: skip
    return Deployment(*(np.array(column, dtype=float) for column in zip(*columns, strict=True)))


def _kept(place: ExperimentContext, name: str, settings: dict[str, Any], make: Callable[[], Deployment]) -> Deployment:
    settings = place.origin(
        **settings, name=name, d2d=place.setting.d2d, seed=place.configuration.seed, n=place.setting.deployments
    )
    return kept_deployment(place, name.replace(" ", "_").replace(",", ""), settings, make)


def kept_deployment(
    place: ExperimentContext, name: str, settings: dict[str, Any], make: Callable[[], Deployment]
) -> Deployment:
    """Return a deployment in a setting, from its file where it has been made before; `settings`: all that decides
    it.
    """
    found = cached_arrays(
        place.kept, f"{place.setting.name}-{name}", settings,
        lambda: {key: np.asarray(value) for key, value in dataclasses.asdict(make()).items()},
    )  # fmt: skip
    return Deployment(**(found | {"cut": int(found["cut"])}))


def _timed(
    place: ExperimentContext, plain: dict[str, PulsePredictor], model: Predict, lookups: dict[str, Table]
) -> dict[str, dict[str, Any]]:
    names = [place.configuration.variants[key].name for key in place.setting.timed]
    if not names:
        return {}
    drawn = place.drawn(_TIMED, TRAINING)
    g, dg = (np.array(x) for x in zip(*((d.start_S, d.target_S - d.start_S) for d in drawn), strict=True))
    found = {name: compute_times(plain[name].answer, g, dg) for name in names}
    few = slice(_TIMED // 10)
    found["noise-free"] = compute_times(simulated(place.cell, place.pair, place.engine), g[few], dg[few])
    found[LOOKED_UP] = compute_times(model, g, dg)
    return found | {name: compute_times(one.answer, g, dg) for name, one in lookups.items()}
