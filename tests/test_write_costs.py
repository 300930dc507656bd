"""What a write takes beside its pulses: reads, predictions, their time and energy; what programmers know of devices."""

from __future__ import annotations

import dataclasses
from types import SimpleNamespace

import numpy as np
import pytest

import ouro_spice as ouro
from ouro_spice import Outcome
from ouro_spice.experiment.prediction_timing import prediction_times
from ouro_spice.experiment.published.setting_words import listed
from ouro_spice.experiment.published.write_tables import (
    COST_HEAD,
    against_rows,
    cost_head,
    cost_rows,
    seconds,
    tuned_rows,
)
from ouro_spice.experiment.ranking import CONVENTIONAL, INFORMED
from ouro_spice.experiment.rival_ratios import against, break_even, inputs, quickest
from ouro_spice.prediction.device_memory import DeviceMemory
from ouro_spice.prediction.neural_programmer import ModelProgrammer
from ouro_spice.prediction.pretrained import default_programmer, shipped_checkpoint
from ouro_spice.programming.lockstep import write_many
from ouro_spice.programming.programmer import KNOWS, knowledge, predictions_for
from ouro_spice.programming.programmers.coarse_fine import CoarseFine
from ouro_spice.programming.programmers.fixed import FixedPulse
from ouro_spice.programming.programmers.ispp import ISPPWidth
from ouro_spice.programming.write_statistics import summary

PAIR = ouro.Pair(-0.4143, 0.8540, 60e-6)
CELL = ouro.CompactCell(ouro.jart_vcm_v1b(window=True))
TARGETS, READINGS = np.array([2e-4, 3e-4]), np.array([[1e-4, 1.5e-4], [4e-4, 3.5e-4]])


@pytest.fixture(scope="module")
def network():
    """The programmer of the shipped network, which chooses among 41 amplitudes and remembers."""
    return default_programmer(ouro.PulsePredictor.load(shipped_checkpoint("1r")), any_circuit=True)


class Counted:
    """A network that counts what it is asked, for one write each time."""

    def __init__(self, inner):
        self.inner, self.asked = inner, 0

    def answer(self, *arguments, **seen):
        self.asked += 1
        return self.inner.answer(*arguments, **seen)

    def __getattr__(self, name):
        return getattr(self.inner, name)


# ---- what programmers say


def test_programmers_say_what_they_know(network):
    model = ModelProgrammer(lambda g, dg: dg, PAIR)
    told = [
        knowledge(one) for one in (FixedPulse(PAIR), ouro.ISPP(PAIR), ISPPWidth(PAIR), CoarseFine(PAIR), model, network)
    ]
    assert told == ["nothing"] * 4 + ["nominal model", "training data"]
    assert set(told) <= set(KNOWS)
    assert knowledge(SimpleNamespace(name="x")) == ""
    for wrong in ("everything", 3, None):
        with pytest.raises(ValueError, match=r"knows = .* must be one of nothing, nominal model, law, training data"):
            knowledge(SimpleNamespace(name="x", knows=wrong))


def test_predictions_are_counted_one_by_one(network):
    """41 amplitudes, and with a memory the base network once for each pulse of the present run."""
    assert predictions_for(CoarseFine(PAIR), TARGETS, READINGS).tolist() == [0, 0]
    assert predictions_for(SimpleNamespace(name="x"), TARGETS, READINGS).tolist() == [0, 0]
    assert predictions_for(ModelProgrammer(lambda g, dg: dg, PAIR), TARGETS, READINGS).tolist() == [1, 1]

    class Counting:
        name, knows = "x", "law"

        def predictions(self, targets, readings):
            return readings.shape[1] + 0 * targets

    assert predictions_for(Counting(), TARGETS, READINGS).tolist() == [2, 2]
    # a field of that name is none of a programmer's own counts
    assert predictions_for(SimpleNamespace(knows="law", predictions=5), TARGETS, READINGS).tolist() == [1, 1]
    assert predictions_for(network, TARGETS, READINGS[:, :1]).tolist() == [41, 41]
    # up, up, over the target, back: runs of 1, 2, 1 pulses
    one, run = np.array([2e-4]), [1e-4, 1.5e-4, 2.5e-4, 1.9e-4]
    counts = [predictions_for(network, one, np.array([run[:k]]))[0] for k in (1, 2, 3, 4)]
    assert counts == [41, 42, 43, 42]


def test_the_count_is_what_one_step_of_the_memory_and_the_choice_ask(network):
    """The network and its base, really asked, with the memory carried on from pulse to pulse as a chip would."""
    asked = Counted(network.predictor)
    asked.base = Counted(network.predictor.base)
    object.__setattr__(programmer := default_programmer(network.predictor, any_circuit=True), "predictor", asked)
    run, target = [1e-4, 1.5e-4, 1.8e-4, 2.5e-4, 1.9e-4], np.array([2e-4])
    memory = DeviceMemory.empty(np.array(run[:1]))
    for k in range(len(run)):
        asked.asked = asked.base.asked = 0
        sent = programmer.choose(target, memory)
        # earlier runs of a memory have no width any more: nothing new is learnt of them
        idle = int(np.sum(memory.width_s == 0))
        assert asked.asked + asked.base.asked - idle == predictions_for(network, target, np.array([run[: k + 1]]))[0]
        if k + 1 < len(run):
            memory = memory.after(asked.base, *sent, np.array(run[k + 1 : k + 2]))


def test_a_hook_of_another_kind_does_not_stop_a_write():
    """A field called `check` is no function that refuses circuits."""

    class Odd(FixedPulse):
        check = 5

    assert ouro.write_verify(CELL, Odd(PAIR, 1e-7), 3e-4, 0.3, 2, state=CELL.state(3.1e-4)).outcome is Outcome.REACHED


# ---- what a write counts


def test_a_write_counts_reads_predictions_and_their_energy():
    """Of a compact cell: g V^2 over trapezoids of 0.2 V, 100 ns long, with edges of 1 ns."""
    model = ModelProgrammer(lambda g, dg: np.where(dg > 0, 1e-6, -1e-6), PAIR)
    history = ouro.write_verify(CELL, model, 3e-4, 1e-5, 3, state=CELL.state(2e-4))
    assert len(history.readings_S) == 4 == history.predictions + 1
    wanted = sum(history.readings_S) * 0.2**2 * (100e-9 + 2 / 3 * 1e-9)
    assert history.read_energy_J == pytest.approx(wanted, abs=0, rel=1e-12)
    assert history.knows == "nominal model"
    assert history.with_reads(1e-6).read_energy_J == history.read_energy_J
    figures = summary([history, history])
    assert (figures["reads_mean"], figures["predictions_mean"], figures["pulses_mean"]) == (4, 3, 3)
    assert figures["read_energy_J"] == pytest.approx(wanted) == figures["read_energy_interval_J"][0]


def test_a_cell_that_tells_no_energy_of_reads_leaves_it_open():
    cell = SimpleNamespace(
        read=lambda: 2e-4, apply=lambda pulse: SimpleNamespace(energy_J=1e-12), read_s=1e-7, window_S=(1e-4, 5e-4)
    )
    history = ouro.write_verify(cell, FixedPulse(PAIR), 3e-4, 0.1, 2)
    assert np.isnan(history.read_energy_J)
    assert summary([history])["read_energy_J"] is None


@pytest.mark.ngspice
def test_energy_of_reads_in_spice_is_that_of_their_waveforms(engine):
    """In the 1T1R cell, alone and as one of a fleet: what all sources deliver, which is about g V^2 over the read."""
    from ouro_spice.dataset.recipe import Recipe

    cell = ouro.Cell1T1R(ouro.jart_vcm_v1b(window=True))
    recipe = Recipe(2, 5, PAIR)
    drawn = [recipe.draw(cell, number) for number in range(2)]
    many = ouro.fleet(cell, drawn, engine=engine)
    states = [many.state(place) for place in range(2)]
    waves = [engine.run(cell.read_testbench(state)) for state in states]
    found = write_many(many, FixedPulse(PAIR, 1e-8), many.g_S([0, 1]), 0.3)
    alone = ouro.write_verify(cell, FixedPulse(PAIR, 1e-8), float(many.g_S([0])[0]), 0.3, state=states[0])
    for history, wave in zip(found, waves, strict=True):
        assert history.outcome is Outcome.REACHED and not history.pulses
        assert history.read_energy_J == pytest.approx(wave.energy_J, abs=0, rel=1e-9)
        # the gate of the transistor is charged and discharged
        assert 0.5 < history.read_energy_J / (history.conductances_S[0] * cell.read.square_V2s) < 2
    assert alone.read_energy_J == pytest.approx(found[0].read_energy_J, abs=0, rel=1e-9)


# ---- time of predictions


def case(name, pulses, time_ns, predictions=0, knows="nothing", outcome=Outcome.REACHED):
    """A write of so many pulses and such a time, with reads of 100 ns."""
    return SimpleNamespace(
        programmer=name, target_S=2e-4, pulses=[0] * pulses, choices=[0] * pulses, readings_S=[1e-4] * (pulses + 1),
        time_s=time_ns * 1e-9, energy_J=1e-12, read_energy_J=1e-13, predictions=predictions, knows=knows,
        outcome=outcome,
    )  # fmt: skip


def known_writes():
    """20 writes of each: of the rivals one is slower, one gives up, and one knows the model."""
    return {
        "net": [case("net", 2, 500, 82, "training data")] * 20,
        "rival": [case("rival", 4, 800)] * 20,
        "slow": [case("slow", 9, 1500)] * 20,
        "quits": [case("quits", 1, 100, outcome=Outcome.STUCK)] * 20,
        "rule": [case("rule", 3, 400, 51, "nominal model")] * 20,
    }


def test_break_even_is_the_time_that_the_best_rival_leaves():
    """800 ns against 500 ns: 300 ns a write, 150 ns a pulse, 300 / 82 ns a prediction."""
    found = break_even(known_writes())
    assert set(found) == {"net", "rule"}
    for name, write, pulse, prediction in (("net", 300, 150, 300 / 82), ("rule", 400, 400 / 3, 400 / 51)):
        wanted = {"write_s": write, "pulse_s": pulse, "prediction_s": prediction}
        for key, value in wanted.items():
            assert found[name][key] == pytest.approx([value * 1e-9] * 3)
    assert break_even({"net": known_writes()["net"]}) == {}
    late = break_even({"net": [case("net", 2, 900, 2, "training data")] * 5, "rival": known_writes()["rival"][:5]})
    assert late["net"]["pulse_s"][0] == pytest.approx(-50e-9)


def test_ratios_are_to_the_best_of_each_knowledge():
    found = {key: against(known_writes(), ["net"], key) for key in ("pulses", "time_s")}
    assert [found["pulses"][who] for who in ("neural", "conventional", "model")] == ["net", "rival", "rule"]
    assert found["pulses"]["over_best"] == pytest.approx((2, 2, 2))
    assert found["time_s"]["over_best"] == pytest.approx((1.6,) * 3)
    assert found["time_s"]["over_model"] == pytest.approx((0.8,) * 3)
    assert found["pulses"]["each"]["slow"] == {
        "nothing": pytest.approx((4 / 9,) * 3),
        "model": pytest.approx((1 / 3,) * 3),
    }
    # untuned pulses are compared with, and are no rival
    plain = against(known_writes(), ["net"], "pulses", "rival")
    assert plain["conventional"] == "slow" and plain["over_untuned"] == pytest.approx((2, 2, 2))
    assert against({"net": known_writes()["net"]}, ["net"], "pulses")["over_best"] is None


def test_what_more_inputs_save_is_a_ratio_of_pairs_of_writes():
    """Cells differ a hundredfold, so that intervals of the means overlap; each alone takes half as many pulses."""
    pulses = [1, 2, 5, 20, 50, 100] * 5
    histories = {"two": [case("two", 2 * n, 1) for n in pulses], "worse": [case("worse", 3 * n, 1) for n in pulses]}
    histories["many"] = [case("many", n, 1) for n in pulses]
    found = inputs(histories, ["two", "worse"], ["many"])
    assert (found["plain"], found["many"]) == ("two", "many") and found["pulses"] == pytest.approx([2, 2, 2])
    ends = [summary(histories[name])["interval"] for name in ("many", "two")]
    assert ends[0][1] > ends[1][0]
    assert inputs(histories, [], ["many"]) == inputs(histories, ["two"], []) == {}


def test_quick_writes_are_those_of_the_network_that_others_choose():
    histories = {"net": [case("net", 2, 1)] * 39 + [case("net", 12, 1)], "other": [case("other", 9, 1)] * 40}
    found = quickest(histories, histories)
    assert (found["name"], found["n"], found["median"]) == ("net", 40, [2, 2, 2])
    assert found["below_10"] == pytest.approx([0.975, 0.871, 1.0], abs=1e-3)


def test_software_is_timed_over_pulses_that_were_sent():
    """It is asked for each in turn, with the readings that were there; a programmer that predicts nothing is not."""
    seen = []

    class Slow:
        name, knows = "slow", "nominal model"

        def next_pulse(self, target, readings):
            seen.append((target, tuple(readings)))
            return sum(range(20_000))

    history = case("slow", 3, 1, 3, "nominal model")
    history.readings_S = [1e-4, 1.2e-4, 1.4e-4, 2e-4]
    found = prediction_times(Slow(), [history] * 4)
    # in their order, as they came: what is carried from call to call helps as it did then
    assert seen[1:] == [(2e-4, (1e-4, 1.2e-4, 1.4e-4)[:k]) for k in (1, 2, 3)] * 4
    assert found["n"] == 12 and found["pulse_s"] == found["prediction_s"] > 1e-6
    assert prediction_times(Slow(), [history] * 60)["n"] == 100
    assert prediction_times(FixedPulse(PAIR), [case("fixed", 3, 1)]) == {}


# ---- tables


def test_columns_of_what_a_write_takes():
    row = {
        "reads_mean": 3.5, "predictions_mean": 105.0, "reads": {"1e-08": 1e-7, "1e-07": 4.6e-7}, "time_100ns_s": 4.6e-7,
        "pulses_mean": 2.5, "energy_J": 25e-12, "read_energy_J": 4.8e-12, "knows": "training data",
    }  # fmt: skip
    plain = row | {"predictions_mean": 0.0, "read_energy_J": None, "energy_J": 2e-9}
    even = {"net": {"pulse_s": [1.2e-7, -1e-8, 1.5e-7]}}
    head = cost_head((10e-9, 100e-9))
    net, other = cost_rows({"net": row, "other": plain}, {"net": {"pulse_s": 1e-3}}, even)
    assert len(net) == len(other) == len(head) == len(COST_HEAD) - 1
    assert net == [
        "net",
        "3.50",
        "105.00",
        "100 ns",
        "460 ns",
        "2.5 ms",
        "120 ns (-10 ns .. 150 ns)",
        "25 pJ",
        "4.8 pJ",
    ]
    assert other[2] == "0" and other[-4:] == ["", "", "2 nJ", ""]
    assert [seconds(t) for t in (2.5e-9, -3e-6, 0.5, 40.0, None)] == ["2.5 ns", "-3 us", "500 ms", "40 s", ""]
    ratios = {key: {"each": {"net": {"nothing": [2.0, 1.8, 2.2], "model": None}}} for key in ("pulses", "time_s")}
    assert against_rows({"net": row, "other": plain}, ratios) == [
        ["net", "training data", "2.00 (1.80 .. 2.20)", "", "2.00 (1.80 .. 2.20)", ""]
    ]
    tuned = {"ISPP": {"parameters": {"width": 1e-8, "name": "ISPP"}, "edges": {"width": "smallest of 3"}}}
    assert tuned_rows(tuned) == [["ISPP", "width 10 ns", "width smallest of 3"]]


def test_every_setting_has_a_name_in_words_and_its_unit():
    """Of all conventional programmers, at their defaults."""
    for kind in (*CONVENTIONAL, *INFORMED):
        fields = {f.name: f.default for f in dataclasses.fields(kind) if f.default is not dataclasses.MISSING}
        told = listed(fields)
        assert told.count(",") == len(fields) - 2 and "_" not in told and "e-0" not in told, told
        assert "edges 2 ns" in told
    assert listed({"start": 1e-7, "growth": 2.0, "back": None}) == (
        "first width 100 ns, growth from pulse to pulse 2, steps back at a crossing all"
    )
    assert (
        listed({"start": 0.9, "step": 0.02})
        == "first amplitude 0.9 x the pair's, step of the amplitude 0.02 x the pair's"
    )
    width = {"over": 1.2, "proportional": 1e-7, "span": 4.4e-4, "keep": True}
    assert listed(width) == (
        "amplitude 1.2 x the pair's, proportional gain 100 ns, span of errors 440 uS, "
        "sum of errors kept at a crossing yes"
    )
    tuned = {"x": {"parameters": {"coarse_width": 3e-8}, "edges": {"coarse_width": "largest of 4"}}}
    assert tuned_rows(tuned) == [["x", "coarse width 30 ns", "coarse width largest of 4"]]
