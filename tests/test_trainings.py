"""Several trainings of a network: mean and spread with known answers, the choice by validation data, what is kept."""

from __future__ import annotations

import contextlib
import dataclasses

import numpy as np
import pytest
from scipy.stats import t as student

from ouro_spice._util.statistics import wilson
from ouro_spice.evaluation.bands import BANDS, Estimate, within
from ouro_spice.evaluation.deployment import Deployment
from ouro_spice.evaluation.increments import Increments
from ouro_spice.experiment import attempts, networks, training_processes, updates
from ouro_spice.experiment.configuration import Configuration
from ouro_spice.experiment.context import ExperimentContext
from ouro_spice.experiment.networks import is_trained, network, training, trainings
from ouro_spice.experiment.published import aims
from ouro_spice.experiment.trainings import (  # fmt: skip
    Spread,
    best_training,
    hit_summary,
    over_tables,
    seed_of,
    summary,
    validation_score,
)
from ouro_spice.prediction.pulse_predictor import PulsePredictor
from ouro_spice.provenance.manifest import Manifest
from ouro_spice.spice.ngspice import Ngspice

TINY = """
seed = 3
records = 60
deployments = 40
training_seeds = 3
[floor]
pairs = 3
trajectories = 4
folds = 4
[variant.first]
stages = [{ objective = "time", epochs = 1 }]
[variant.then]
start = "first"
stages = [{ objective = "time", epochs = 1 }]
[[setting]]
name = "reduced_60us"
cell = "reduced"
variants = ["first", "then"]
"""


@pytest.fixture(scope="module")
def records(tmp_path_factory):
    """A folder whose datasets all tests here share."""
    return tmp_path_factory.mktemp("campaign")


def configured(folder, text=TINY):
    (folder / "tiny.toml").write_text(text)
    return Configuration.load("paper", folder / "tiny.toml")


@pytest.fixture
def place(records, tmp_path):
    """The setting, in a folder without networks."""
    (tmp_path / "datasets").symlink_to(records / "datasets")
    (records / "datasets").mkdir(exist_ok=True)
    configuration = configured(tmp_path)
    with Ngspice(1) as engine:
        yield ExperimentContext(configuration, configuration.settings[0], tmp_path, 2, engine)


# ---- mean and spread


def test_trainings_that_are_alike_leave_the_attempts_alone():
    hits = (np.arange(400) % 4 == 0).astype(float)
    found = Spread.of(np.stack([hits] * 5))
    half = student.ppf(0.975, 399) * np.sqrt(hits.var(ddof=1) / 400)
    assert found.value == 0.25 and found.sd == 0
    assert (found.low, found.high) == pytest.approx((0.25 - half, 0.25 + half))
    # about what a bootstrap over the attempts says
    one = Estimate.of(hits)
    assert (found.low, found.high) == pytest.approx((one.low, one.high), abs=0.004)


def test_attempts_that_are_alike_leave_the_trainings_alone():
    means = np.array([0.2, 0.3, 0.4, 0.5, 0.6])
    found = Spread.of(np.repeat(means[:, None], 50, axis=1))
    half = student.ppf(0.975, 4) * means.std(ddof=1) / np.sqrt(5)
    assert found.value == pytest.approx(0.4) and found.sd == pytest.approx(means.std(ddof=1))
    assert (found.low, found.high) == pytest.approx((0.4 - half, 0.4 + half))
    assert found.means == pytest.approx(means) and found.each == pytest.approx(np.full(50, 0.4))


def test_one_training_has_the_interval_of_its_attempts():
    hits = np.random.default_rng(0).random(100) < 0.7
    found, one = Spread.of([hits]), Estimate.of(hits)
    assert (found.value, found.low, found.high) == (one.value, one.low, one.high)
    assert np.isnan(found.sd)


def test_the_interval_holds_the_truth_as_often_as_it_says():
    """Shares of another draw of trainings and attempts both; intervals of the attempts alone hold it far less often."""
    rng, inside, too_narrow, draws = np.random.default_rng(1), 0, 0, 400
    for _ in range(draws):
        quality = 0.6 + 0.05 * rng.standard_normal((5, 1)) + 0.3 * (rng.random(300) - 0.5)
        hits = (rng.random((5, 300)) < quality).astype(float)
        found = Spread.of(hits)
        inside += found.low <= 0.6 <= found.high
        alone = 1.96 * hits.mean(axis=0).std(ddof=1) / np.sqrt(300)
        too_narrow += abs(found.value - 0.6) <= alone
    # three standard errors of 400 draws are 3.3 points
    assert 0.917 <= inside / draws <= 0.99
    assert too_narrow / draws < 0.85


def test_few_trainings_that_hardly_differ_leave_few_degrees_of_freedom():
    """Where chance alone sets three trainings apart, the difference of mean squares is known as badly as they are."""
    rng, inside, draws = np.random.default_rng(4), 0, 1500
    for _ in range(draws):
        cases = 0.1 * rng.standard_normal((3, 1)) + 0.3 * rng.standard_normal(300) + rng.standard_normal((3, 300))
        found = Spread.of(cases)
        inside += found.low <= 0 <= found.high
    # three standard errors of 1500 draws are 1.7 points; degrees of freedom of the difference hold it in 90 %
    assert 0.933 <= inside / draws <= 0.98


def test_the_degrees_of_freedom_are_those_of_the_mean_squares():
    left = np.array([[1.0, -1.0, 0.0], [0.0, 1.0, -1.0], [-1.0, 0.0, 1.0]])
    cases = np.add.outer([3.0, 0.0, -3.0], [2.0, 0.0, -2.0]) + left
    a, b, e = 9 / 3, 4 / 3, 6 / 4 / 9
    variance = a - e + b
    freedom = variance**2 / (a**2 / 2 + b**2 / 2 + e**2 / 4)
    found = Spread.of(cases)
    assert freedom > 2
    assert found.high - found.value == pytest.approx(student.ppf(0.975, freedom) * np.sqrt(variance))


@pytest.mark.parametrize(("hit", "ends"), [(1.0, [0.9124, 1.0]), (0.0, [0.0, 0.0876])])
def test_shares_of_several_trainings_that_all_hit_or_miss_are_not_certain(hit, ends):
    """40 of 40: Wilson's interval ends at 40 / (40 + 3.8415), however many trainings there are."""
    row = hit_summary({band: np.full((3, 40), hit) for band in BANDS})
    for band in ("within_50", "within_10"):
        assert row["interval"][band] == pytest.approx(ends, abs=1e-4)
        told = row | {"interval": {band: [hit, hit]}}  # as files of before hold it
        for one in (row, told):
            assert aims._share(one, band) == pytest.approx((hit, *ends), abs=1e-4)


def test_shares_of_several_trainings_have_wilsons_interval_at_least():
    hits = np.ones((3, 40))
    hits[0, 0] = 0
    low, high = hit_summary({0.5: hits})["interval"]["within_50"]
    least, most = wilson(119 / 3, 40)
    assert low <= least + 1e-12 and most - 1e-12 <= high <= 1


def test_pairs_that_all_agree_do_not_prove_that_all_do():
    """Agresti and Min's interval of n pairs without a difference: +-1.96 / (n + 2)."""
    found = Spread.of(np.zeros((3, 40))).differences()
    assert (found.low, found.value, found.high) == pytest.approx((-1.95996 / 42, 0, 1.95996 / 42), abs=1e-5)
    ever = Spread.of(np.ones((3, 40))).differences()
    assert ever.value == ever.high == 1 and 0.85 < ever.low < 0.95


def test_networks_and_tables_are_compared_on_the_same_attempts():
    """Both miss the same half; where the network hits one in twenty more, the pairs say so, the shares do not."""
    table = np.where(np.arange(400) % 2 == 0, 0.0, 0.9)
    more = table.copy()
    more[1:80:4] = 0.0
    tries = [ends(more)] * 3
    found = over_tables(tries, dict.fromkeys(BANDS, ends(table)))
    value, low, high = found["within_20"]
    assert value == pytest.approx(0.05) and 0.02 < low < 0.05 < high < 0.08
    shares = [hit_summary({0.2: [within(e.end_S, e.target_S, 0.2) for e in several]}) for several in
              (tries, [ends(table)] * 3)]  # fmt: skip
    assert shares[0]["interval"]["within_20"][0] < shares[1]["interval"]["within_20"][1]
    assert over_tables([ends(table)], {0.2: ends(more)})["within_20"][0] == pytest.approx(-0.05)


# ---- small updates


def asked(gains, failed=()):
    """Changes up by 10 uS of cells with these gains, and down by 20 uS with none."""
    gains = np.asarray(gains, float)
    change = np.concatenate([1e-5 * gains, 0 * gains])
    change[list(failed)] = np.nan
    steps = np.repeat([1e-5, -2e-5], len(gains))
    case = np.tile(np.arange(len(gains)), 2)
    return Increments(steps, np.full(len(steps), 3e-4), change, (1e-4, 5e-4), case)


def test_small_updates_are_means_over_the_trainings_with_their_spread():
    several = [asked([0.5, 0.7, 0.9]), asked([1.0, 1.2, 1.4]), asked([1.5, 1.7, 1.9])]
    up, down = updates.rows(several)
    whole = Spread.of(np.stack([one.ratio[:3] for one in several]))
    assert (up["direction"], up["asked_S"], up["n"], up["trainings"]) == ("set", 1e-5, 3, 3)
    assert up["gain"] == pytest.approx(1.2) and up["gain_sd"] == pytest.approx(0.5)
    assert up["interval"] == pytest.approx(whole.ends)
    assert up["interval"][0] < 0.7 and up["interval"][1] > 1.7  # of three trainings, 0.5 apart
    assert up["spread"] == pytest.approx(np.std([0.5, 0.7, 0.9])) and up["wrong_way"] == 0
    assert (down["direction"], down["gain"], down["rms_S"]) == ("reset", 0, pytest.approx(2e-5))
    assert updates.rows(several[:1]) == several[0].rows()


def test_a_small_update_that_failed_in_one_training_counts_in_none():
    up, _ = updates.rows([asked([0.5, 0.7, 0.9]), asked([0.5, 0.7, 100.0], failed=[2])])
    assert up["n"] == 2 and up["gain"] == pytest.approx(0.6)
    with pytest.raises(ValueError, match="the same changes"):
        updates.rows([asked([0.5]), asked([0.5, 0.7])])


def test_the_order_of_trainings_and_attempts_does_not_count():
    rng = np.random.default_rng(2)
    hits = (rng.random((4, 60)) < [[0.5], [0.6], [0.4], [0.7]]).astype(float)
    found, other = Spread.of(hits), Spread.of(hits[::-1, rng.permutation(60)])
    assert (found.low, found.high, found.sd) == pytest.approx((other.low, other.high, other.sd))


@pytest.mark.parametrize("cases", [[], [[]], [1.0, 0.0], np.zeros((2, 2, 2))])
def test_cases_have_to_be_trainings_by_attempts(cases):
    with pytest.raises(ValueError, match="trainings, cases"):
        Spread.of(cases)


def ends(rpd):
    """Attempts that end this far above their targets."""
    rpd = np.asarray(rpd, float)
    target, zeros = np.full(len(rpd), 2e-4), np.zeros(len(rpd))
    return Deployment(np.full(len(rpd), 1e-4), target, target, zeros + 1e-6, target * (1 + rpd), target, zeros)


def test_a_row_is_the_mean_over_trainings_with_its_spread():
    tries = [ends([0.0, 0.15, 0.4, 0.9]), ends([0.05, 0.05, 0.15, 0.45])]
    row = summary(tries)
    assert [row[f"within_{band}"] for band in (50, 20, 10)] == [7 / 8, 5 / 8, 3 / 8]
    assert row["trainings"]["range"]["within_20"] == [0.5, 0.75]
    assert row["trainings"]["sd"]["within_20"] == pytest.approx(np.std([0.5, 0.75], ddof=1))
    assert row["rpd_median"] == pytest.approx((0.275 + 0.1) / 2) and row["n"] == 4
    assert 0 <= row["interval"]["within_50"][0] <= 7 / 8 <= row["interval"]["within_50"][1] <= 1
    low, high = row["interval"]["wrong_way"]
    assert 0 <= low <= row["wrong_way"] <= high < 1 and high > 0.3
    assert summary(tries[:1]) == tries[0].summary()
    assert "trainings" not in hit_summary({band: [[True, False]] for band in BANDS})


@pytest.mark.parametrize(("off", "interval"), [(0.0, [40 / (40 + 1.959963984540054**2), 1.0]), (0.9, None)])
def test_one_training_that_always_hits_or_misses_is_not_certain(off, interval):
    found = ends(np.full(40, off)).summary()["interval"]["within_50"]
    assert found == pytest.approx(interval or [0.0, 1 - 40 / (40 + 1.959963984540054**2)])
    assert found == hit_summary({band: [np.full(40, off == 0)] for band in BANDS})["interval"]["within_50"]


# ---- the choice


# the bias of a network's answer in the logarithm of the time: seed 5 is the best one when it is judged
BIAS = {3: 2.0, 4: 1.0, 5: 0.0}
SCORE = {3: 0.3, 4: 0.1, 5: 0.2}


class Trainer:
    """Stands in for training: what a seed makes is known, and so is what the validation data say of it."""

    def __init__(self, one):
        self.one, self.calls = one, []

    def fit(self, _data, specification, *, seed, start):
        self.calls.append((seed, start and seed_of(start)))
        layers = self.one.weights.layers
        (matrix, bias), scale = layers[-1], self.one.scale
        moved = (*layers[:-1], (0 * matrix, 0 * bias + BIAS[seed] / scale.scale_out))
        manifest = Manifest.from_json(self.one.manifest.to_json())
        # stages in the order of their numbers, not of their letters
        kept = {"1 time": 9.0, "2 band": -9.0, "10 band": SCORE[seed]}
        manifest.settings["training"] = {"seed": seed, "kept": kept, "start": start and start.sha256}
        weights = dataclasses.replace(self.one.weights, layers=moved)
        return dataclasses.replace(self.one, weights=weights, manifest=manifest, specification=specification)


@pytest.fixture
def trainer(place, monkeypatch):
    found = Trainer(PulsePredictor.fit(place.data, place.configuration.variants["first"].specification, seed=1))
    monkeypatch.setattr(networks.PulsePredictor, "fit", found.fit)
    return found


def test_what_goes_on_is_chosen_on_validation_data_and_never_on_judged_attempts(place, trainer):
    variant = place.configuration.variants["first"]
    alone = dataclasses.replace(place, setting=dataclasses.replace(place.setting, variants=("first",)))
    found = attempts.one_shot(alone)
    rows, each = found.rows(), trainings(place, variant)
    assert [seed_of(one) for one in each] == [3, 4, 5]
    judged = [attempts.prediction_attempts(place, "first", one.answer) for one in each]
    medians = [float(np.median(one.rpd)) for one in judged]
    assert min(medians) == medians[2]  # or this test could not tell the two apart
    assert seed_of(best_training(each)) == seed_of(network(place, variant)) == 4
    told = rows["first"]["trainings"]
    assert (told["n"], told["seeds"], told["chosen"]) == (3, [3, 4, 5], 4)
    small = rows["first"]["small_updates"]
    assert small and {one["trainings"] for one in small} == {3} and all(one["gain_sd"] > 0 for one in small)
    assert told["chosen_shares"]["within_20"] == judged[1].shares()["within_20"]
    assert rows["first"]["within_20"] == pytest.approx(np.mean([one.shares()["within_20"] for one in judged]))
    assert rows["first"]["rpd_median"] == pytest.approx(np.mean(medians))
    assert told["range"]["within_50"][0] <= rows["first"]["within_50"] <= told["range"]["within_50"][1]
    # figures show the one that goes on; the floor is compared with all
    assert found.deployments["first"].end_S.tolist() == judged[1].end_S.tolist()
    gaps = [attempts._gaps(found.trials, [one.answer], 4) for one in each]
    for band in BANDS:
        assert found.gaps["first"][band].value == pytest.approx(np.mean([one[band].value for one in gaps]))


def test_a_network_that_starts_from_another_takes_the_one_of_its_own_seed(place, trainer):
    trainings(place, place.configuration.variants["then"])
    assert trainer.calls == [(3, None), (3, 3), (4, None), (4, 4), (5, None), (5, 5)]


def test_the_score_is_that_of_the_last_stage(place, trainer):
    assert [validation_score(one) for one in trainings(place, place.configuration.variants["first"])] == [0.3, 0.1, 0.2]


# ---- what is kept


def test_each_training_is_kept_by_itself(place, trainer):
    variant = place.configuration.variants["first"]
    before = [one.sha256 for one in trainings(place, variant)]
    assert len(set(before)) == 3 and len(trainer.calls) == 3
    (place.checkpoints / "first-seed4.npz").unlink()
    assert [is_trained(place, variant, seed) for seed in place.seeds] == [True, False, True]
    assert [one.sha256 for one in trainings(place, variant)] == before
    assert [seed for seed, _ in trainer.calls[3:]] == [4]


def test_more_seeds_keep_the_trainings_that_are_there(place, trainer, tmp_path):
    variant = place.configuration.variants["first"]
    trainings(place, variant)
    fewer = configured(tmp_path, TINY.replace("training_seeds = 3", "training_seeds = 1"))
    alone = dataclasses.replace(place, configuration=fewer, setting=fewer.settings[0])
    assert [seed_of(one) for one in trainings(alone, variant)] == [3]
    assert len(trainer.calls) == 3


def test_processes_leave_what_a_training_here_would(place, tmp_path):
    """One process for both seeds; bit for bit, on one machine."""
    seeds = {seed: ["first", "then"] for seed in place.seeds[1:]}
    place.data  # noqa: B018
    with training_processes._processes(place, [seeds]) as said:
        assert [line.split() for line in said] == [["first", "4"], ["then", "4"], ["first", "5"], ["then", "5"]]
    other = dataclasses.replace(place, out=tmp_path / "other")
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "datasets").symlink_to((tmp_path / "datasets").resolve())
    for variant in place.configuration.of(place.setting):
        assert is_trained(place, variant, 4) and not is_trained(other, variant, 4)
        assert training(other, variant, 4).sha256 == training(place, variant, 4).sha256


def test_what_no_process_manages_is_trained_where_it_is_asked_for(place, trainer, monkeypatch):
    monkeypatch.setattr(training_processes, "_PROGRAM", "raise SystemExit(3)")
    training_processes.train_ahead(place)
    assert trainer.calls == []
    assert len(trainings(place, place.configuration.variants["first"])) == 3


def test_one_training_asks_for_no_process(place, trainer, monkeypatch):
    monkeypatch.setattr(training_processes, "_processes", None)
    training_processes.train_ahead(
        dataclasses.replace(place, setting=dataclasses.replace(place.setting, training_seeds=1))
    )


def test_seeds_are_dealt_out_and_what_is_there_is_not_done_again(place, trainer, monkeypatch):
    seen = []

    @contextlib.contextmanager
    def processes(_place, parts):
        seen.extend(parts)
        yield iter(())

    monkeypatch.setattr(training_processes, "_processes", processes)
    training(place, place.configuration.variants["first"], 4)
    training_processes.train_ahead(place)
    assert seen == [{3: ["first", "then"], 5: ["first", "then"]}, {4: ["then"]}]
    assert training_processes._task(place, seen[1])["trainings"] == [[4, "then"]]


# ---- configurations


@pytest.mark.parametrize(
    ("value", "what"),
    [("0", "training_seeds"), ("-1", "training_seeds"), ('"five"', "training_seeds"), ("1.5", "training_seeds"),
     ("100_000", "training_seeds")],
)  # fmt: skip
def test_a_number_of_trainings_that_makes_no_sense_is_refused(tmp_path, value, what):
    with pytest.raises(ValueError, match=what):
        configured(tmp_path, TINY.replace("training_seeds = 3", f"training_seeds = {value}"))


def test_a_setting_has_its_own_number_of_trainings(tmp_path):
    one = configured(tmp_path, TINY + "training_seeds = 2\n").settings[0]
    assert one.training_seeds == 2
    assert configured(tmp_path, TINY.replace("training_seeds = 3\n", "")).settings[0].training_seeds == 1


@pytest.mark.parametrize("name", ["paper", "circuit"])
def test_campaigns_train_often_enough(name):
    settings = Configuration.load(name).settings
    assert all(one.training_seeds >= (3 if one.cell in ("1r", "1t1r") else 5) for one in settings)
