"""Many writes in lockstep, their figures, and tuning: the same histories as one by one."""

from __future__ import annotations

import copy
import dataclasses
import math
from types import SimpleNamespace

import numpy as np
import pytest

import ouro_spice as ouro
from ouro_spice import ISPP, FixedPulse, Outcome, Result, SimulationError, write_verify
from ouro_spice._util.statistics import wilson
from ouro_spice.programming.lockstep import write_many
from ouro_spice.programming.programmers.coarse_fine import CoarseFine
from ouro_spice.programming.programmers.ispp import ISPPWidth
from ouro_spice.programming.tuning import tune
from ouro_spice.programming.write_statistics import ratio, summary

CELL = ouro.CompactCell(ouro.jart_vcm_v1b(window=True))
PAIR = ouro.Pair(-0.4143, 0.8540, 60e-6)
TARGET = 220e-6
PROGRAMMERS = [
    FixedPulse(PAIR, 1e-7),
    ISPP(PAIR, 1e-7, back=1),
    ISPPWidth(PAIR, back=2),
    CoarseFine(PAIR),
]


class FakeCell:
    """A cell of plain arithmetic: each pulse moves it by as much as its width and amplitude say."""

    read_s = 1e-7
    window_S = (100e-6, 540e-6)
    description = CELL

    def __init__(self, g_S=150e-6, speed=1.0, fail_read=None, fail_pulse=None):
        self.g_S, self.speed = g_S, speed
        self.fail_read, self.fail_pulse = fail_read, fail_pulse
        self.pulses = []
        self.reads = 0

    def read(self):
        if self.reads == self.fail_read:
            raise SimulationError(Result.TIMESTEP, "a deck", ())
        self.reads += 1
        return self.g_S

    def apply(self, pulse):
        if len(self.pulses) == self.fail_pulse:
            raise SimulationError(Result.SINGULAR, "a deck", ())
        self.pulses.append(pulse)
        self.g_S *= math.exp(-self.speed * 0.05 * pulse.amplitude * (pulse.width / 1e-7) ** 0.5)
        return SimpleNamespace(energy_J=abs(pulse.amplitude) * 1e-12)


class FakeFleet:
    """Cells in a list."""

    read_s = 1e-7
    window_S = (100e-6, 540e-6)
    cell = CELL

    def __init__(self, cells):
        self.cells = cells

    def __len__(self):
        return len(self.cells)

    def copy(self):
        cells = [copy.copy(cell) for cell in self.cells]
        for cell in cells:
            cell.pulses = list(cell.pulses)
        return FakeFleet(cells)

    def read(self, places):
        return np.array([self._tried(place, lambda cell: cell.read()) for place in places])

    def apply(self, places, pulses):
        pairs = zip(places, pulses, strict=True)
        return np.array([self._tried(place, lambda cell, one=one: cell.apply(one).energy_J) for place, one in pairs])

    def g_S(self, places):
        return np.array([self.cells[place].g_S for place in places])

    def pulse_s(self, pulse):
        return pulse.duration + pulse.idle

    def _tried(self, place, what):
        try:
            return what(self.cells[place])
        except SimulationError:
            return math.nan


def cells(count=12, seed=1):
    """Cells of different speeds and starts."""
    rng = np.random.default_rng(seed)
    return [FakeCell(g, speed) for g, speed in rng.uniform((1e-4, 0.3), (5e-4, 3.0), (count, 2)).tolist()]


def targets(count=12, seed=2):
    """Targets in the window."""
    return np.random.default_rng(seed).uniform(110e-6, 530e-6, count)


def same(one, other):
    """Whether two histories are the same, but for the words on a failure and what the manifest holds of seeds."""
    blank = {"manifest": None, "detail": ""}
    return dataclasses.replace(one, **blank) == dataclasses.replace(other, **blank)


class Plain:
    """A programmer that can be asked for one pulse at a time only."""

    name = "plain"

    def __init__(self):
        self.seen = []

    def next_pulse(self, target, readings):
        self.seen.append((target, readings))
        return FixedPulse(PAIR, 1e-7).next_pulse(target, readings)


# ---- many writes


@pytest.mark.parametrize("programmer", [*PROGRAMMERS, Plain()], ids=lambda p: p.name)
@pytest.mark.parametrize("keep_going", [False, True])
def test_many_writes_are_the_same_as_one_by_one(programmer, keep_going):
    found = write_many(FakeFleet(cells()), programmer, targets(), 0.05, 30, keep_going=keep_going)
    alone = [
        write_verify(cell, programmer, float(target), 0.05, 30, keep_going=keep_going)
        for cell, target in zip(cells(), targets(), strict=True)
    ]
    assert all(same(*both) for both in zip(found, alone, strict=True))
    assert any(h.outcome is Outcome.REACHED for h in found)
    assert len({len(h.pulses) for h in found}) > 2 or keep_going


def test_every_outcome_is_that_of_the_write_alone():
    def made():
        return [
            FakeCell(),
            FakeCell(speed=0.0),
            FakeCell(speed=0.01),
            FakeCell(fail_read=0),
            FakeCell(fail_read=2),
            FakeCell(fail_pulse=0),
            FakeCell(fail_pulse=3),
            FakeCell(),
            FakeCell(220e-6),
        ]

    wanted = np.array([TARGET] * 7 + [9e-4, TARGET])
    found = write_many(FakeFleet(made()), PROGRAMMERS[0], wanted, 0.05, 40)
    alone = [write_verify(c, PROGRAMMERS[0], float(t), 0.05, 40) for c, t in zip(made(), wanted, strict=True)]
    assert [h.outcome for h in found] == [
        Outcome.REACHED, Outcome.STUCK, Outcome.PULSE_LIMIT, Outcome.READ_FAILED, Outcome.READ_FAILED,
        Outcome.SIMULATION_FAILED, Outcome.SIMULATION_FAILED, Outcome.TARGET_OUTSIDE, Outcome.REACHED,
    ]  # fmt: skip
    assert all(same(*both) for both in zip(found, alone, strict=True))
    assert all(h.detail for h in found[3:8])
    assert {len(h.pulses) for h in found[:3]} >= {20, 40}


def test_what_a_programmer_sees_is_the_same_too():
    plain, one = Plain(), Plain()
    write_many(FakeFleet(cells(1)), plain, [TARGET], 0.02)
    write_verify(cells(1)[0], one, TARGET, 0.02)
    assert plain.seen == one.seen
    assert all(type(value) is float for target, readings in plain.seen for value in (target, *readings))


def test_some_cells_of_a_fleet():
    fleet = FakeFleet(cells())
    found = write_many(fleet, PROGRAMMERS[0], [TARGET, 300e-6], 0.05, places=[7, 3])
    assert same(found[0], write_verify(cells()[7], PROGRAMMERS[0], TARGET, 0.05))
    assert same(found[1], write_verify(cells()[3], PROGRAMMERS[0], 300e-6, 0.05))
    assert {k for k, cell in enumerate(fleet.cells) if cell.reads} == {3, 7}
    # the first and the last one, too
    for places in ([0], [len(cells()) - 1], np.array([len(cells()) - 1, 0], np.uint8)):
        found = write_many(FakeFleet(cells()), PROGRAMMERS[0], [TARGET] * len(places), 0.05, places=places)
        for one, place in zip(found, places, strict=True):
            assert same(one, write_verify(cells()[place], PROGRAMMERS[0], TARGET, 0.05))


def test_one_manifest_for_all():
    found = write_many(FakeFleet(cells()), PROGRAMMERS[0], targets(), 0.05, recorded={"seed": 7})
    assert len({id(h.manifest) for h in found}) == 1
    assert found[0].manifest.settings == {"programmer": "fixed pulse", "checkpoint": None, "seed": 7}


def test_a_programmer_may_refuse_a_fleet_before_anything_is_done():
    class Picky(Plain):
        def check(self, circuit):
            raise ValueError("another circuit")

    fleet = FakeFleet(cells(2))
    with pytest.raises(ValueError, match="another circuit"):
        write_many(fleet, Picky(), [TARGET] * 2, 0.05)
    assert not any(cell.reads for cell in fleet.cells)


@pytest.mark.parametrize(
    ("changes", "what"),
    [
        ({"targets": [TARGET]}, "targets"),
        ({"targets": [TARGET, 0.0]}, "target"),
        ({"targets": [TARGET, math.nan]}, "target"),
        ({"tolerance": 0.0}, "tolerance"),
        ({"max_pulses": 0}, "max_pulses"),
        ({"patience": -1}, "patience"),
        ({"places": [0, 0]}, r"places must be different whole numbers from 0 to 1, \(K,\)"),
        ({"places": [0, 2]}, "places"),
        ({"places": [-1, 0]}, "places"),
        ({"places": [0.0, 1.0]}, "places"),
    ],
)
def test_arguments_that_make_no_sense_are_value_errors(changes, what):
    arguments = {"targets": [TARGET, TARGET], "tolerance": 0.05} | changes
    with pytest.raises(ValueError, match=what):
        write_many(FakeFleet(cells(2)), PROGRAMMERS[0], **arguments)


def test_a_real_fleet_of_compact_cells():
    """Devices, starts and walks of their own: each write is that of the cell alone."""
    from ouro_spice.dataset.recipe import Recipe
    from ouro_spice.programming.batch import fleet

    cell = CELL.replace(device=CELL.device.replace(walk=ouro.Walk(10e-9)))
    recipe = Recipe(8, 3, PAIR, d2d=ouro.Spread())
    drawn = [recipe.draw(cell, number) for number in range(8)]
    many = fleet(cell, drawn)
    programmer = CoarseFine(PAIR, 1.1)
    wanted = [one.target_S for one in drawn]
    alone = [
        write_verify(
            cell, programmer, one.target_S, 0.1, 12, one.seed, state=many.state(place), device=one.device, patience=None
        )
        for place, one in enumerate(drawn)
    ]
    found = write_many(many, programmer, wanted, 0.1, 12, patience=None)
    for one, other in zip(found, alone, strict=True):
        assert one.outcome is other.outcome
        assert one.pulses == other.pulses
        # two integrators of the same equations
        assert one.readings_S == pytest.approx(other.readings_S, rel=2e-3)
        assert one.conductances_S == pytest.approx(other.conductances_S, rel=2e-3)
        assert one.time_s == pytest.approx(other.time_s)
        assert one.energy_J == pytest.approx(other.energy_J, abs=0, rel=5e-3)
        assert one.manifest.circuit == other.manifest.circuit
    assert sum(h.outcome is Outcome.REACHED for h in found) >= 4


@pytest.mark.ngspice
def test_a_real_fleet_in_spice(engine):
    from ouro_spice.dataset.recipe import Recipe
    from ouro_spice.programming.batch import fleet

    cell = ouro.Cell1T1R(ouro.jart_vcm_v1b(window=True, walk=ouro.Walk(10e-9)))
    recipe = Recipe(3, 5, PAIR, d2d=ouro.Spread())
    drawn = [recipe.draw(cell, number) for number in range(3)]
    many = fleet(cell, drawn, engine=engine)
    programmer = CoarseFine(ouro.Pair(-0.45, 0.94, 60e-6), 1.1)
    states = [many.state(place) for place in range(3)]
    found = write_many(many, programmer, [one.target_S for one in drawn], 0.2, 3)
    for one, other, state in zip(found, drawn, states, strict=True):
        alone = write_verify(
            cell, programmer, other.target_S, 0.2, 3, other.seed, state=state, device=other.device, patience=None
        )
        assert same(one, alone)
        assert one.manifest.circuit == alone.manifest.circuit


# ---- figures


def histories(programmer, seed=1, count=40):
    """Writes of the same cases."""
    return write_many(FakeFleet(cells(count, seed)), programmer, targets(count), 0.05, 60)


def test_a_programmer_takes_as_much_as_itself():
    found = histories(PROGRAMMERS[0])
    for key in ("pulses", "time_s", "energy_J"):
        assert ratio(found, found, key) == (1.0, 1.0, 1.0)


def test_a_ratio_is_that_of_the_means_and_lies_in_its_interval():
    a, b = histories(FixedPulse(PAIR, 1e-7)), histories(FixedPulse(PAIR, 4e-7))
    value, low, high = ratio(a, b)
    assert value == pytest.approx(summary(a)["pulses_mean"] / summary(b)["pulses_mean"])
    assert 1.3 < low < value < high < 3
    assert ratio(a, b) == (value, low, high)
    inverse = ratio(b, a)
    assert inverse == pytest.approx((1 / value, 1 / high, 1 / low), rel=1e-2)
    assert ratio(a, b, "time_s")[0] == pytest.approx(summary(a)["time_s"] / summary(b)["time_s"])


def test_a_ratio_of_pairs_is_sharper_than_the_spread_of_the_cases():
    """Every case takes one pulse more: the ratio hardly varies, though the counts do."""
    a = [SimpleNamespace(target_S=1.0, pulses=[0] * (k + 1)) for k in range(50, 150)]
    b = [SimpleNamespace(target_S=1.0, pulses=[0] * k) for k in range(50, 150)]
    value, low, high = ratio(a, b)
    assert value == pytest.approx(1.01, rel=1e-3)
    assert high - low < 2e-3


def test_a_ratio_over_nothing_is_infinite():
    a = [SimpleNamespace(target_S=1.0, pulses=[0])]
    b = [SimpleNamespace(target_S=1.0, pulses=[])]
    assert ratio(a, b) == (math.inf, math.inf, math.inf)


def test_a_ratio_needs_the_same_cases():
    a = histories(PROGRAMMERS[0])
    with pytest.raises(ValueError, match="targets"):
        ratio(a, a[:-1])
    with pytest.raises(ValueError, match="targets"):
        ratio(a, a[::-1])
    with pytest.raises(ValueError, match="targets"):
        ratio([], [])
    with pytest.raises(ValueError, match="key"):
        ratio(a, a, "success")


def test_a_summary_has_intervals_around_its_means():
    found = histories(FixedPulse(PAIR, 1e-7, over=0.3))
    figures = summary(found)
    for mean, interval in (("pulses_mean", "interval"), ("time_s", "time_interval_s"), ("success", "success_interval")):
        assert figures[interval][0] < figures[mean] < figures[interval][1]
    counts = np.array([len(h.pulses) for h in found])
    assert figures["pulses_median"] == np.median(counts)
    # of a mean: 1.96 standard errors to either side
    wanted = 2 * 1.96 * counts.std() / math.sqrt(len(counts))
    assert np.diff(figures["interval"])[0] == pytest.approx(wanted, rel=0.1)
    with pytest.raises(ValueError, match="at least one"):
        summary([])


# ---- tuning


def test_tuning_finds_the_width_that_every_cell_can_be_written_with():
    """Cells of one speed: a pulse of 5 % of the conductance cannot leap over a band of +-5 %, and needs the fewest."""
    same_cells = FakeFleet([FakeCell(g_S=1.2e-4) for _ in range(90)])
    candidates = [FixedPulse(PAIR, width) for width in np.geomspace(1e-9, 1e-4, 41).tolist()]
    best, table = tune(candidates, same_cells.copy, np.linspace(1.5e-4, 5e-4, 90), 0.05, 100)
    change = 0.05 * 0.4143 * math.sqrt(best.width / 1e-7)
    assert 0.05 < change < 0.13
    assert table[0]["parameters"]["width"] == best.width
    assert table[0]["success"] == 1.0
    assert table[0]["cases"] == 90
    assert len(table) == len(candidates)
    assert not any(cell.reads for cell in same_cells.cells)


def test_tuning_is_the_same_each_time_and_ranks_by_what_is_asked_for():
    fleet = FakeFleet(cells(60))
    arguments = (ISPPWidth.candidates(PAIR)[:60], fleet.copy, targets(60), 0.05)
    with pytest.warns(ouro.TuningEdge, match="ISPP in width ends at an edge"):
        first = tune(*arguments)
    with pytest.warns(ouro.TuningEdge):
        again = tune(*arguments)
    assert first == again
    with pytest.warns(ouro.TuningEdge):
        by_time, table = tune(*arguments, by="time")
    assert by_time in arguments[0]
    for key, of in (("pulses_mean", first[1]), ("time_s", table)):
        last = [row for row in of if row["cases"] == 60]
        reached = [row for row in last if row["success"] >= 0.99]
        assert len(last) >= 6
        assert [row[key] for row in reached] == sorted(row[key] for row in reached)
        assert of[0][key] == min(row[key] for row in reached)


def test_success_comes_first():
    """Wide pulses need few, but where one leaps over the band the next one leaps back: the narrow ones are taken."""
    fleet = FakeFleet([FakeCell(g_S) for g_S in np.linspace(1.2e-4, 1.8e-4, 45).tolist()])
    even = ouro.Pair(-0.5, 0.5, 60e-6)
    wide, narrow = FixedPulse(even, 1e-5), FixedPulse(even, 1e-7)
    best, table = tune([wide, narrow], fleet.copy, np.full(45, 2e-4), 0.03, 40)
    assert best is narrow
    assert table[0]["success"] == 1.0 > table[1]["success"]


def test_tuning_is_as_patient_as_the_writes_that_it_is_for():
    """Cells that answer by nearly nothing are given up after some pulses, or never."""
    fleet, weak = FakeFleet([FakeCell(2e-4, 1e-6) for _ in range(5)]), FixedPulse(PAIR, 1e-7)
    for patience, pulses in ((3, 3), (None, 12)):
        _, (row,) = tune([weak], fleet.copy, np.full(5, 4e-4), 0.05, 12, patience=patience)
        assert row["pulses_mean"] == pulses


def test_where_none_succeeds_the_best_one_is_taken():
    best, table = tune([FixedPulse(PAIR, 1e-8)], FakeFleet(cells(5)).copy, targets(5), 0.01, 3)
    assert best.width == 1e-8
    assert table[0]["success"] < 0.99


@pytest.mark.parametrize(
    ("changes", "what"),
    [
        ({"by": "energy"}, "by"),
        ({"candidates": []}, "candidates"),
        ({"targets": [TARGET]}, "targets"),
        ({"targets": [0.0] * 5}, "target"),
        ({"tolerance": 2.0}, "tolerance"),
        ({"least": 1.5}, "least"),
    ],
)
def test_tuning_of_what_makes_no_sense_is_a_value_error(changes, what):
    arguments = {
        "candidates": PROGRAMMERS, "make_fleet": FakeFleet(cells(5)).copy, "targets": targets(5), "tolerance": 0.05
    } | changes  # fmt: skip
    with pytest.raises(ValueError, match=what):
        tune(**arguments)


def test_the_interval_of_a_success_is_never_without_doubt():
    """Wilson's: 40 of 40 leave a lower end of 91 %, none of 40 an upper one of 9 %; half of many is nearly certain."""
    assert wilson(40, 40) == pytest.approx([0.912, 1.0], abs=1e-3)
    assert wilson(0, 40) == pytest.approx([0.0, 0.0876], abs=1e-3)
    low, high = wilson(5000, 10000)
    assert (low + high) / 2 == pytest.approx(0.5)
    assert high - low == pytest.approx(2 * 1.96 * 0.005, rel=1e-2)
