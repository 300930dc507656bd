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
from ..evaluation.noise_floor import Trials
from ..prediction.lookup_table import Table
from ..prediction.neural_programmer import NeuralProgrammer
from ..prediction.pulse_predictor import PulsePredictor
from ..programming.history import History
from ..programming.lockstep import write_many
from ..programming.outcome import Outcome
from ..provenance.cache import cached_arrays
from .context import DEVICES, TRAINING, ExperimentContext
from .networks import foreign, foreign_name, network, programmer, trainings
from .rivals import has_tables, setting_trials, table_name, tables
from .shipped import shipped_programmers
from .trainings import Spread, add_trainings, best_training, hit_summary, over_tables, summary
from .updates import updates
from .variant import Variant
from .writes import cached_histories

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
        By variant; of a network those of the selected training.
    trials, folds
        Many trajectories of the same pairs, None where no floor was asked for; the parts they are dealt out to.
    gaps
        Floor minus share on those pairs, by variant and band; of a network over all its trainings.
    prediction_times
        Time of a prediction, by variant, as `compute_times` gives it.
    constant
        What always ending at one conductance is worth.
    second_attempts
        Rows of writes that got a second pulse where the first reading was outside the band; ``hits``: each attempt's,
        over all trainings.
    network_rows
        Of networks the row of results that all their trainings have together; ``over_table``: share minus the table's.
    updates
        What small updates come to, by variant, over all trainings: `updates.rows`.
    """

    deployments: dict[str, Deployment]
    trials: Trials | None
    folds: int
    gaps: dict[str, dict[float, Spread]]
    prediction_times: dict[str, dict[str, Any]]
    constant: dict[str, Any]
    second_attempts: dict[str, dict[str, Any]]
    network_rows: dict[str, dict[str, Any]] = field(default_factory=dict)
    updates: dict[str, list[dict[str, Any]]] = field(default_factory=dict)

    def rows(self) -> dict[str, dict[str, Any]]:
        """Return the rows of results by variant: shares, floors, gaps, times and small updates."""
        floors: dict[str, Any] = {}
        if self.trials:
            floors |= self.trials.floors(folds=self.folds)
            floors["floor_bias"] = {
                label("within", band): self.trials.floor_bias(band, folds=self.folds) for band in BANDS
            }
        rows = {"best constant": self.constant | floors}
        for name, deployment in self.deployments.items():
            # what sees or does more than one pulse at the pair is not bound by this floor
            bound = floors if name in self.gaps or not self.trials else {}
            rows[name] = (self.network_rows.get(name) or deployment.summary()) | bound
            if name in self.gaps:
                rows[name]["gap"] = {label("within", b): [g.value, g.low, g.high] for b, g in self.gaps[name].items()}
            rows[name] |= self.prediction_times.get(name, {})
            if name in self.updates:
                rows[name]["small_updates"] = self.updates[name]
        if LOOKED_UP in self.prediction_times:
            rows[LOOKED_UP] = rows["noise-free"] | self.prediction_times[LOOKED_UP]
        second = {f"{name}, two attempts": row for name, row in self.second_attempts.items()}
        return rows | {name: {key: row[key] for key in row if key != "hits"} for name, row in second.items()}


def one_shot(place: ExperimentContext, compact: ExperimentContext | None = None) -> OneShot:
    """Return the attempts of all variants of a setting, one pulse each.

    Each training of a network makes them, on the same devices; rows of results are means over the trainings, figures
    show the selected one. `compact`: where networks come from that were trained on compact data instead, of each
    the one that was chosen there.
    """
    variants = place.configuration.of(place.setting)
    shared = [v for v in compact.configuration.of(compact.setting) if v in variants] if compact else []
    networks = {v.name: trainings(place, v) for v in variants}
    if compact:
        networks |= {foreign_name(v): [network(compact, v)] for v in shared}
    model = noise_free(place.cell, place.pair, place.engine)
    predicts: dict[str, Predict] = {"do nothing": nothing, "noise-free": model}
    asked = {name: [one] for name, one in predicts.items()}
    plain = [v.name for v in variants if _single(v)] + [foreign_name(v) for v in shared if _single(v)]
    asked |= {name: [one.answer for one in networks[name]] for name in plain}
    lookups = tables(place)
    asked |= {name: [one.answer] for name, one in lookups.items()}
    tries = {name: [prediction_attempts(place, name, one) for one in several] for name, several in asked.items()}
    programmers = _programmers(place, compact, [v for v in variants if not _single(v)], shared)
    tries |= {name: [programmer_attempts(place, one) for one in several] for name, several in programmers.items()}
    tries |= {one.name: [programmer_attempts(place, one)] for one in shipped_programmers(place)}
    found = _Trainings(networks, compact)
    second = {
        name: found.hit_row(name, [two_attempts(place, one) for one in several])
        for name, several in programmers.items()
        if several[0].predictor.base
    }
    trials = setting_trials(place, "floor", place.configuration.seed) if place.setting.floor else None
    folds = place.configuration.tables.get("floor", {}).get("folds", 2)
    gaps = {name: _gaps(trials, several, folds) for name, several in asked.items()} if trials else {}
    targets = [one.target_S for one in place.samples(place.setting.deployments, TRAINING)]
    always = constant(targets, tries["do nothing"][0].target_S)
    shown = {name: several[found.index(name)] for name, several in tries.items()}
    rows = {name: found.row(name, tries[name]) for name in networks}
    if has_tables(place):  # against the table of each band, which sees what these networks see
        by_band = {band: tries[table_name(band)][0] for band in BANDS}
        rows |= {name: rows[name] | {"over_table": over_tables(tries[name], by_band)} for name in plain}
    going_on = {name: networks[name][found.index(name)] for name in plain}
    timed = _prediction_times(place, going_on, model, lookups)
    small = updates(place, {name: networks[name] for name in plain})
    return OneShot(shown, trials, folds, gaps, timed, always, second, rows, small)


def _programmers(
    place: ExperimentContext, compact: ExperimentContext | None, variants: list[Variant], shared: list[Variant]
) -> dict[str, list[NeuralProgrammer]]:
    """Return the programmers of networks that choose more than a time, by name, one a training; foreign ones last."""
    found = {v.name: [programmer(place, v, one) for one in trainings(place, v)] for v in variants}
    if compact is None:
        return found
    return found | {foreign_name(v): [foreign(place, compact, v)] for v in variants if v in shared}


@dataclass(frozen=True)
class _Trainings:
    """The trainings of each network, by its name in results, and where foreign ones come from."""

    networks: dict[str, list[PulsePredictor]]
    compact: ExperimentContext | None

    def index(self, name: str) -> int:
        """Return the place of the selected training among those of a network: the best one on validation data."""
        several = self.networks.get(name, [])
        return next((k for k, one in enumerate(several) if one is best_training(several)), 0)

    def row(self, name: str, tries: Sequence[Deployment]) -> dict[str, Any]:
        """Return the row of results of the attempts by all trainings of a network."""
        row, one = summary(tries), tries[self.index(name)].summary()
        add_trainings(row, self.networks[name], one, self._note(name))
        return row

    def hit_row(self, name: str, tries: Sequence[dict[float, np.ndarray]]) -> dict[str, Any]:
        """Return the row of results of second attempts by all trainings of a network, each as hits (n,) by band."""
        hits = {band: [each[band] for each in tries] for band in BANDS}
        row = hit_summary(hits) | {"hits": {band: np.mean(each, axis=0) for band, each in hits.items()}}
        one = hit_summary({band: [hits] for band, hits in tries[self.index(name)].items()})
        add_trainings(row, self.networks[name], one, self._note(name))
        return row

    def _note(self, name: str) -> str:
        """Return how many trainings a foreign network was chosen from, in words; "" for others."""
        of = self.compact.setting.training_seeds if self.compact and name.endswith(foreign_name()) else 1
        return f"of {of}, chosen on validation data" if of > 1 else ""


def _single(variant: Variant) -> bool:
    """Return whether a network asks for the time of a pulse by reading and change alone."""
    return not (variant.drives or variant.conditioned)


def _gaps(trials: Trials, predicts: Sequence[Predict], folds: int) -> dict[float, Spread]:
    """Return floor minus share by band on the floor's own pairs, over all trainings of a network."""
    times_s = [predict(trials.start_S, trials.target_S - trials.start_S) for predict in predicts]
    return {band: Spread.of([trials.gap(t_s, band, folds=folds).each for t_s in times_s]) for band in BANDS}


def _edge(place: ExperimentContext) -> float:
    """Return the rise and fall of the pulses of attempts [s]: the geometric mean of the setting's edges."""
    return float(np.sqrt(np.prod(place.setting.edges_s)))


def prediction_attempts(place: ExperimentContext, name: str, predict: Predict) -> Deployment:
    """Return one attempt a device with the time that a function predicts, from the cache or simulated."""
    edge_s = _edge(place)

    def make() -> Deployment:
        drawn = place.samples(place.setting.deployments, DEVICES)
        targets = np.array([one.target_S for one in drawn])
        return deploy(place.fleet(drawn), predict, targets, place.pair, edge_s, edge_s)

    asked = getattr(predict, "__self__", None)  # whose `answer` it is
    who = asked.sha256 if isinstance(asked, PulsePredictor | Table) else name
    return _cached(place, f"deployed-{name}", {"who": who, "edge_s": edge_s}, make)


def programmer_attempts(place: ExperimentContext, one: NeuralProgrammer) -> Deployment:
    """Return one attempt a device by a programmer that chooses more than a time, from the cache or simulated."""

    def make() -> Deployment:
        drawn = place.samples(place.setting.deployments, DEVICES)
        targets = np.array([one.target_S for one in drawn])
        return from_histories(write_many(place.fleet(drawn), one, targets, _NEVER, 1))

    settings = {"who": one.checkpoint, "attempts": 1, "drives": str(one.drives)}
    return _cached(place, f"attempted-{one.name}-1", settings, make)


def two_attempts(place: ExperimentContext, one: NeuralProgrammer) -> dict[float, np.ndarray]:
    """Return the hits, (n,) by band: a second pulse is sent where the first reading is outside the band."""
    drawn = place.samples(place.setting.deployments, DEVICES)
    histories = cached_histories(place, f"two-{one.name}", one, drawn, BANDS[-1], 2, False)
    return {band: np.array([_hit(history, band) for history in histories]) for band in BANDS}


def _hit(history: History, band: float) -> bool:
    """Return whether a write that stops at the first reading within a band ends with its conductance within it."""
    if history.outcome in (Outcome.SIMULATION_FAILED, Outcome.READ_FAILED) or not history.readings_S:
        return False
    inside = np.abs(np.array(history.readings_S) / history.target_S - 1) <= band
    ended = int(np.argmax(inside)) if inside.any() else -1
    return bool(abs(history.conductances_S[ended] / history.target_S - 1) <= band)


def from_histories(histories: Sequence[History]) -> Deployment:
    """Return writes of one pulse as attempts; the ends of those that failed are NaN."""
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
    start_S, target_S, reading_S, t_s, end_S, end_reading_S, energy_J = (
        np.array(column, dtype=float) for column in zip(*columns, strict=True)
    )
    return Deployment(start_S, target_S, reading_S, t_s, end_S, end_reading_S, energy_J)


def _cached(
    place: ExperimentContext, name: str, settings: dict[str, Any], make: Callable[[], Deployment]
) -> Deployment:
    """Return `cached_deployment` of what all attempts of a setting have in common and further settings."""
    settings = place.origin(
        **settings, name=name, d2d=place.setting.d2d, seed=place.configuration.seed, n=place.setting.deployments
    )
    return cached_deployment(place, name.replace(" ", "_").replace(",", ""), settings, make)


def cached_deployment(
    place: ExperimentContext, name: str, settings: dict[str, Any], make: Callable[[], Deployment]
) -> Deployment:
    """Return a deployment from its file in the cache, or made and stored; `settings`: all that decides it."""
    found = cached_arrays(
        place.cache_folder, f"{place.setting.name}-{name}", settings,
        lambda: {key: np.asarray(value) for key, value in dataclasses.asdict(make()).items()},
    )  # fmt: skip
    arrays = {key: value for key, value in found.items() if key != "cut"}
    return Deployment(**arrays, cut=int(found["cut"]))


def _prediction_times(
    place: ExperimentContext, plain: dict[str, PulsePredictor], model: Predict, lookups: dict[str, Table]
) -> dict[str, dict[str, Any]]:
    """Return the time of a prediction [s] of each timed network, of tables and of the noise-free model, by name."""
    names = [place.configuration.variants[key].name for key in place.setting.timed]
    if not names:
        return {}
    drawn = place.samples(_TIMED, TRAINING)
    g, dg = (np.array(x) for x in zip(*((d.start_S, d.target_S - d.start_S) for d in drawn), strict=True))
    found = {name: compute_times(plain[name].answer, g, dg) for name in names}
    few = slice(_TIMED // 10)
    found["noise-free"] = compute_times(simulated(place.cell, place.pair, place.engine), g[few], dg[few])
    found[LOOKED_UP] = compute_times(model, g, dg)
    return found | {name: compute_times(one.answer, g, dg) for name, one in lookups.items()}
