"""Tuning sees no judged device, ranking knows success: asked of what is really simulated, and with known answers."""

from __future__ import annotations

import importlib
from contextlib import contextmanager

import numpy as np
import pytest

from ouro_spice import Cell1R, CompactCell, Pair, Walk, jart_vcm_v1b
from ouro_spice._util import random_keys
from ouro_spice.cli.benchmark_programmers import _tuning
from ouro_spice.experiment import bench, benchmark, ranking, rivals
from ouro_spice.experiment.configuration import Configuration
from ouro_spice.experiment.context import ExperimentContext
from ouro_spice.programming.jart_batch import CompactFleet
from ouro_spice.programming.programmers.coarse_fine import CoarseFine
from ouro_spice.programming.programmers.fixed import FixedPulse
from ouro_spice.programming.spice_batch import SpiceFleet
from ouro_spice.programming.tuning import by_rank, edges, edges_in_words
from ouro_spice.spice.ngspice import Ngspice

writes = importlib.import_module("ouro_spice.experiment.writes")  # a function has its name, too
PAIR = Pair(-0.4162, 0.8587, 60e-6)
CAMPAIGN = """
seed = 3
records = 4
deployments = 4
[floor]
pairs = 3
trajectories = 8
[converge]
iterations = 3
targets = 2
shown_S = [220e-6]
[write]
tolerances = [0.2]
reads_s = [100e-9]
max_pulses = 4
neural = []
tuned_on = 5
tried_on = 4
tried = 2
candidates = 2
[variant.within_20]
stages = [{ objective = "time", epochs = 5 }]
[[setting]]
name = "first"
cell = "reduced"
d2d = "ten_percent"
variants = ["within_20"]
write = 6
[[setting]]
name = "circuit"
cell = "compact"
d2d = "ten_percent"
variants = ["within_20"]
compact = "first"
write = 6
"""


class Seen:
    """Seeds of walks and radii of devices that are read or pulsed in each phase."""

    def __init__(self):
        self.phase, self.cells = "", {"": set(), "tuned": set(), "judged": set()}

    @contextmanager
    def during(self, phase):
        before, self.phase = self.phase, phase
        yield
        self.phase = before

    def within(self, phase, work):
        """The function, with what it simulates counted for a phase."""

        def counted(*arguments, **options):
            with self.during(phase):
                return work(*arguments, **options)

        return counted

    def note(self, cells, places):
        for place in places:
            key = (
                cells._keys[place]
                if isinstance(cells, CompactFleet)
                else random_keys.stream_key(cells._cells[place]._seed)
            )
            self.cells[self.phase] |= {("walk", *map(int, key)), ("radius", cells.devices[place].r)}

    def check(self, tuned, judged, others=False):
        """So many cells of each kind, a walk and a radius each, and none of both; `others`: those of tables."""
        assert bool(self.cells[""]) == others
        assert len(self.cells["tuned"]) == 2 * tuned
        assert len(self.cells["judged"]) == 2 * judged
        assert not (self.cells["tuned"] | self.cells[""]) & self.cells["judged"]


@pytest.fixture
def seen(monkeypatch):
    """All that fleets simulate from now on; of tuning what `rank` does, of judging what `write_many` does."""
    found = Seen()
    for kind in (CompactFleet, SpiceFleet):
        for name in ("read", "apply", "sampled"):
            plain = getattr(kind, name)

            def noted(cells, places, *more, plain=plain, **options):
                found.note(cells, places)
                return plain(cells, places, *more, **options)

            monkeypatch.setattr(kind, name, noted)
    for module in (writes, bench, rivals):
        monkeypatch.setattr(module, "rank", found.within("tuned", module.rank))
    for module in (writes, benchmark):
        monkeypatch.setattr(module, "write_many", found.within("judged", module.write_many))
    return found


# ---- what tuning sees


@pytest.mark.parametrize("setting", ["first", "circuit"])
def test_a_campaign_tunes_on_devices_that_it_does_not_judge_on(seen, tmp_path, monkeypatch, setting):
    """On the compact model alone; and first there, then in the circuit, on its own training devices."""
    monkeypatch.setattr(ExperimentContext, "pair", PAIR)
    monkeypatch.setattr(writes, "CONVENTIONAL", (FixedPulse, CoarseFine))
    monkeypatch.setattr(writes, "INFORMED", ())
    (tmp_path / "tiny.toml").write_text(CAMPAIGN)
    configuration = Configuration.load("paper", tmp_path / "tiny.toml")
    with Ngspice(1) as engine:
        first, circuit = (ExperimentContext(configuration, one, tmp_path, 1, engine) for one in configuration.settings)
        found = writes.writes(*((first, None) if setting == "first" else (circuit, first)))
    assert {"fixed pulse", "coarse to fine"} <= set(found.tuned[0.2])
    # 5 training devices; in a circuit 4 of the same seeds
    seen.check(5, 6)


def test_a_benchmark_tunes_on_devices_that_it_does_not_judge_on(seen, monkeypatch):
    monkeypatch.setattr(benchmark, "CONVENTIONAL", (CoarseFine,))
    monkeypatch.setattr(benchmark, "INFORMED", ())
    cell = CompactCell(jart_vcm_v1b(window=True, walk=Walk()), "reduced")
    given = bench.Bench("reduced", cell, PAIR, 6, 0.2, 4, tuning=bench.Tuning(2, 5), workers=1, table=40)
    found = benchmark.benchmark(given)
    assert set(found.histories) == {"noise-free", "table", "coarse to fine"} == {"noise-free"} | set(found.tuned)
    seen.check(5, 6, others=True)


def test_a_bench_without_amplitudes_says_what_is_missing():
    given = bench.Bench("reduced", CompactCell(jart_vcm_v1b(window=True, walk=Walk()), "reduced"))
    with pytest.raises(ValueError, match="pair is None: search the amplitudes first"):
        bench.tune_rule(given, CoarseFine, None)


@pytest.mark.ngspice
def test_a_benchmark_in_a_circuit_tunes_on_other_devices_too(seen, monkeypatch):
    """On the compact model of the device, then in SPICE: neither sees a cell that is judged."""
    monkeypatch.setattr(benchmark, "CONVENTIONAL", (CoarseFine,))
    monkeypatch.setattr(benchmark, "INFORMED", ())
    cell = Cell1R(jart_vcm_v1b(window=True, walk=Walk()))
    given = bench.Bench("1r", cell, PAIR, 2, 0.2, 3, tuning=bench.Tuning(2, 3, best=1, tried=2), workers=1)
    benchmark.benchmark(given)
    seen.check(3, 2)


# ---- ranking, known answers


def tried(*rows):
    """Rows of candidates: name, success, pulses, time [s]."""
    names = ("name", "success", "pulses_mean", "time_s")
    return [dict(zip(names, row, strict=True)) | {"cases": 200} for row in rows]


ROWS = tried(
    ("quits", 0.60, 1.0, 1e-7), ("good", 1.0, 4.0, 9e-7), ("quick", 0.995, 5.0, 6e-7), ("poor", 0.80, 2.0, 2e-7)
)


@pytest.mark.parametrize(
    ("by", "least", "wanted"),
    [
        ("pulses", 0.99, ["good", "quick", "poor", "quits"]),
        ("time", 0.99, ["quick", "good", "poor", "quits"]),
        ("time", 0.75, ["poor", "quick", "good", "quits"]),
        ("pulses", 0.0, ["quits", "poor", "good", "quick"]),
    ],
)
def test_those_that_succeed_by_their_cost_then_the_others_by_their_success(by, least, wanted):
    for rows in (ROWS, ROWS[::-1]):
        assert [row["name"] for row in by_rank(rows, by, least)] == wanted


def test_few_cases_forgive_what_chance_can_do():
    """39 of 40 against 40 of 40 is chance, 30 of 40 is not; of 4000 cases 97.5 % is not either."""
    rows = tried(("all", 1.0, 9.0, 1e-6), ("one less", 0.975, 3.0, 1e-6), ("ten less", 0.75, 1.0, 1e-6))
    few = [row | {"cases": 40} for row in rows]
    assert [row["name"] for row in by_rank(few, "pulses", 0.99)] == ["one less", "all", "ten less"]
    many = [row | {"cases": 4000} for row in rows]
    assert [row["name"] for row in by_rank(many, "pulses", 0.99)] == ["all", "one less", "ten less"]


def test_the_best_name_is_that_of_one_that_succeeds(monkeypatch):
    cost = {"quits": (1.0, False), "works": (5.0, True), "slow": (9.0, True)}
    column = {"pulses": lambda histories, _: np.array([cost[one.name][0] for one in histories])}
    monkeypatch.setattr(ranking, "column", lambda histories, key: column[key](histories, key))

    class Write:
        def __init__(self, name):
            self.name = name
            self.outcome = ranking.Outcome.REACHED if cost[name][1] else ranking.Outcome.STUCK

    histories = {name: [Write(name)] * 5 for name in cost}
    assert ranking.best_of(histories, cost, "pulses") == "works"


# ---- edges


def test_an_optimum_at_an_edge_is_told_by_name_end_and_number_of_values():
    values = [{"width": w, "step": s, "back": b, "edge": 2e-9, "name": "x"}
              for w in (1e-8, 3e-8, 1e-7) for s in (0.01, 0.02) for b in (None, 2, 4)]  # fmt: skip
    assert edges(values[0] | {"back": 4}, values) == {
        "width": "smallest of 3", "step": "smallest of 2"
    }  # fmt: skip
    # all steps back is beyond any number of them; nothing is beyond none of a term, and beyond no change of the width
    assert edges({"back": 2}, values) == {"back": "smallest of 2"}
    assert (
        edges({"integral": 0.0, "turn": 1.0}, [{"integral": i, "turn": t} for i in (0.0, 0.1) for t in (0.5, 1.0)])
        == {}
    )
    assert edges({"width": 3e-8, "step": 0.02, "back": None, "edge": 2e-9, "name": "x"}, values) == {
        "step": "largest of 2"
    }
    assert edges({"width": 3e-8, "over": 1.2}, [{"width": 3e-8}]) == {}
    assert (
        edges_in_words({"width": "smallest of 3", "step": "largest of 2"}) == "width smallest of 3, step largest of 2"
    )


@pytest.mark.parametrize("cell", [CompactCell(jart_vcm_v1b()), Cell1R(jart_vcm_v1b())])
def test_few_writes_tune_few_settings_and_the_usual_number_all(cell):
    """`benchmark-programmers --n 2` is to end soon; what it does by default is as it was."""
    usual = 200 if isinstance(cell, CompactCell) else 20
    assert _tuning(cell, usual) == bench.Tuning.of(cell)
    assert _tuning(cell, 2) == bench.Tuning(6, 4, best=2, tried=2)
    assert _tuning(cell, 1) == bench.Tuning(3, 2, best=1, tried=1)
