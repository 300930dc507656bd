"""Write-and-verify: every outcome, what programmers see, how amplitudes go, what is counted."""

from __future__ import annotations

import copy
import math
from types import SimpleNamespace

import numpy as np
import pytest

import ouro_spice as ouro
from ouro_spice import ISPP, FixedPulse, Outcome, Result, SimulationError, write_verify
from ouro_spice.programming.programmers.coarse_fine import CoarseFine
from ouro_spice.programming.programmers.ispp import ISPPWidth
from ouro_spice.programming.write_statistics import summary

CELL = ouro.Cell1T1R(ouro.jart_vcm_v1b(window=True))
PAIR = ouro.Pair(-0.45, 0.94, 60e-6)
TARGET = 220e-6


class FakeCell:
    """A cell of plain arithmetic: each pulse moves it by `step_S`; a step of 0 is a stuck cell."""

    read_s = 1e-7
    window_S = (100e-6, 540e-6)
    description = CELL

    def __init__(self, g_S=150e-6, step_S=10e-6, offset_S=0.0):
        self.g_S, self.step_S, self.offset_S = g_S, step_S, offset_S
        self.pulses = []
        self.reads = 0

    def read(self):
        self.reads += 1
        return self.g_S + self.offset_S

    def apply(self, pulse):
        self.pulses.append(pulse)
        self.g_S += self.step_S if pulse.amplitude < 0 else -self.step_S
        return SimpleNamespace(energy_J=2e-12)


class FailingCell(FakeCell):
    """Fails at one of its reads or pulses, counted from 0."""

    def __init__(self, read=None, pulse=None, **more):
        super().__init__(**more)
        self.fail_read, self.fail_pulse = read, pulse

    def read(self):
        if self.reads == self.fail_read:
            raise SimulationError(Result.TIMESTEP, "a deck", ("timestep too small",))
        return super().read()

    def apply(self, pulse):
        if len(self.pulses) == self.fail_pulse:
            raise SimulationError(Result.SINGULAR, "a deck", ("singular matrix",))
        return super().apply(pulse)


class Spy:
    """A programmer that keeps what it was shown."""

    name = "spy"

    def __init__(self, inner=None):
        self.inner, self.seen = inner or FixedPulse(PAIR), []

    def next_pulse(self, target, readings):
        self.seen.append((target, copy.copy(readings)))
        return self.inner.next_pulse(target, readings)


# ---- outcomes


def test_reached():
    cell = FakeCell(150e-6)
    history = write_verify(cell, FixedPulse(PAIR), TARGET, 0.05)
    assert history.outcome is Outcome.REACHED
    assert history.readings_S == pytest.approx((150e-6, 160e-6, 170e-6, 180e-6, 190e-6, 200e-6, 210e-6))
    assert history.error == pytest.approx(10 / 220)
    assert history.pulses == tuple(cell.pulses)
    assert len(history.readings_S) == len(history.conductances_S) == len(history.pulses) + 1
    assert (history.programmer, history.target_S, history.tolerance) == ("fixed pulse", TARGET, 0.05)
    assert history.detail == ""


def test_a_cell_within_tolerance_gets_no_pulse():
    cell = FakeCell(215e-6)
    history = write_verify(cell, FixedPulse(PAIR), TARGET, 0.05)
    assert history.outcome is Outcome.REACHED
    assert history.pulses == ()
    assert cell.pulses == []
    assert cell.reads == 1


@pytest.mark.parametrize(("g", "reached"), [(220e-6 * 0.9501, True), (220e-6 * 0.9499, False), (220e-6 * 1.0499, True),
                                            (220e-6 * 1.0501, False)])  # fmt: skip
def test_tolerance_is_relative_to_the_target(g, reached):
    history = write_verify(FakeCell(g, step_S=0), FixedPulse(PAIR), TARGET, 0.05, max_pulses=1)
    assert (history.outcome is Outcome.REACHED) is reached
    assert (history.error <= 0.05) is reached


PROGRAMMERS = [FixedPulse(PAIR), ISPP(PAIR), ISPPWidth(PAIR), CoarseFine(PAIR)]
NAMES = ["fixed", "ispp", "width", "coarse"]


@pytest.mark.parametrize("max_pulses", [1, 7, 19])
@pytest.mark.parametrize("programmer", PROGRAMMERS, ids=NAMES)
def test_a_stuck_cell_ends_at_the_pulse_limit(programmer, max_pulses):
    cell = FakeCell(step_S=0)
    history = write_verify(cell, programmer, TARGET, 0.05, max_pulses)
    assert history.outcome is Outcome.PULSE_LIMIT
    assert len(history.pulses) == len(cell.pulses) == max_pulses
    assert cell.reads == len(history.readings_S) == max_pulses + 1
    assert set(history.readings_S) == {cell.g_S} == {150e-6}


@pytest.mark.parametrize("patience", [1, 6, 20])
@pytest.mark.parametrize("programmer", PROGRAMMERS, ids=NAMES)
def test_a_stuck_cell_is_called_so(programmer, patience):
    history = write_verify(FakeCell(step_S=0), programmer, TARGET, 0.05, 3000, patience=patience)
    assert history.outcome is Outcome.STUCK
    assert len(history.pulses) == patience


@pytest.mark.parametrize("programmer", PROGRAMMERS, ids=NAMES)
def test_a_stuck_cell_ends_at_a_high_pulse_limit_too(programmer):
    """The steps end at what the drivers can give; a missed target is no exception."""
    history = write_verify(FakeCell(step_S=0), programmer, TARGET, 0.05, max_pulses=300, patience=None)
    assert history.outcome is Outcome.PULSE_LIMIT
    assert len(history.pulses) == 300


def test_a_cell_that_gets_stuck_on_the_way():
    class Worn(FakeCell):
        def apply(self, pulse):
            self.step_S = 0 if len(self.pulses) >= 3 else self.step_S
            return super().apply(pulse)

    history = write_verify(Worn(), FixedPulse(PAIR), TARGET, 0.05, patience=5)
    assert (history.outcome, len(history.pulses)) == (Outcome.STUCK, 3 + 5)


def test_a_slow_cell_is_not_stuck():
    """Still is less than a ten-thousandth of the tolerance in 20 pulses."""
    history = write_verify(FakeCell(step_S=TARGET * 0.05 * 6e-6), FixedPulse(PAIR), TARGET, 0.05, 200)
    assert history.outcome is Outcome.PULSE_LIMIT
    slower = write_verify(FakeCell(step_S=TARGET * 0.05 * 4e-6), FixedPulse(PAIR), TARGET, 0.05, 200)
    assert (slower.outcome, len(slower.pulses)) == (Outcome.STUCK, 20)


def test_a_cell_that_comes_and_goes_is_not_stuck():
    history = write_verify(FakeCell(g_S=190e-6, step_S=60e-6), FixedPulse(PAIR), TARGET, 0.05, 60, patience=2)
    assert history.outcome is Outcome.PULSE_LIMIT


def test_going_on_whatever_the_reading():
    history = write_verify(FakeCell(), FixedPulse(PAIR), TARGET, 0.05, 20, keep_going=True)
    assert len(history.pulses) == 20
    assert history.outcome is Outcome.REACHED
    assert history.error <= 0.05
    far = write_verify(FakeCell(step_S=0), FixedPulse(PAIR), TARGET, 0.05, 40, keep_going=True)
    assert (far.outcome, len(far.pulses)) == (Outcome.PULSE_LIMIT, 40)


def test_the_last_pulse_allowed_may_be_the_one_that_reaches():
    assert write_verify(FakeCell(), FixedPulse(PAIR), TARGET, 0.05, max_pulses=6).outcome is Outcome.REACHED
    assert write_verify(FakeCell(), FixedPulse(PAIR), TARGET, 0.05, max_pulses=5).outcome is Outcome.PULSE_LIMIT


def test_a_cell_that_jumps_over_the_target_turns_back_and_ends():
    history = write_verify(FakeCell(g_S=190e-6, step_S=60e-6), FixedPulse(PAIR), TARGET, 0.05, max_pulses=9)
    assert history.outcome is Outcome.PULSE_LIMIT
    assert [np.sign(p.amplitude) for p in history.pulses] == [-1, 1, -1, 1, -1, 1, -1, 1, -1]


@pytest.mark.parametrize("target", [99e-6, 541e-6, 1e-3])
def test_a_target_outside_the_window_is_an_outcome_without_a_pulse(target):
    cell = FakeCell()
    history = write_verify(cell, FixedPulse(PAIR), target, 0.05)
    assert history.outcome is Outcome.TARGET_OUTSIDE
    assert (history.pulses, history.readings_S, history.time_s, history.energy_J) == ((), (), 0.0, 0.0)
    assert cell.reads == 0
    assert math.isnan(history.error)
    assert "0.0001 .. 0.00054" in history.detail


def test_the_edges_of_the_window_are_inside():
    for edge in FakeCell.window_S:
        assert write_verify(FakeCell(edge), FixedPulse(PAIR), edge, 0.05).outcome is Outcome.REACHED


@pytest.mark.parametrize(("read", "pulse", "readings", "pulses"), [(0, None, 0, 0), (2, None, 2, 2), (None, 0, 1, 0),
                                                                   (None, 3, 4, 3)])  # fmt: skip
def test_a_failed_simulation_is_an_outcome_that_keeps_what_was_done(read, pulse, readings, pulses):
    cell = FailingCell(read, pulse)
    history = write_verify(cell, FixedPulse(PAIR), TARGET, 0.05)
    assert history.outcome is (Outcome.SIMULATION_FAILED if read is None else Outcome.READ_FAILED)
    assert (len(history.readings_S), len(history.pulses)) == (readings, pulses)
    assert history.time_s == pytest.approx(readings * 1e-7 + pulses * 1.014e-6)
    assert history.energy_J == pytest.approx(pulses * 2e-12)
    assert ("time step" in history.detail) is (read is not None)
    assert ("singular" in history.detail) is (pulse is not None)


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
@pytest.mark.parametrize("keep_going", [False, True])
def test_a_reading_that_is_no_number_is_an_outcome(value, keep_going):
    class Broken(FakeCell):
        def read(self):
            return value if self.pulses else super().read()

    history = write_verify(Broken(), FixedPulse(PAIR), TARGET, 0.05, keep_going=keep_going)
    assert history.outcome is Outcome.READ_FAILED
    assert (history.readings_S, len(history.pulses)) == ((150e-6,), 1)
    assert str(value) in history.detail


@pytest.mark.parametrize("result", [Result.TIMEOUT, Result.WORKER])
def test_the_failure_of_the_machine_is_no_outcome(result):
    class Lost(FakeCell):
        def apply(self, pulse):
            raise SimulationError(result, "a deck", ())

    with pytest.raises(SimulationError):
        write_verify(Lost(), FixedPulse(PAIR), TARGET, 0.05)


def test_other_errors_are_not_swallowed():
    class Broken(Spy):
        def next_pulse(self, target, readings):
            raise RuntimeError("a bug in a programmer")

    with pytest.raises(RuntimeError, match="a bug"):
        write_verify(FakeCell(), Broken(), TARGET, 0.05)


# ---- what a programmer sees


def test_programmers_see_the_target_and_the_readings_only():
    """Readings are 30 uS above the conductance here: neither it nor the cell is ever shown."""
    cell, spy = FakeCell(g_S=150e-6, offset_S=30e-6), Spy()
    history = write_verify(cell, spy, TARGET, 0.05)
    assert history.readings_S[0] == pytest.approx(180e-6)
    assert history.conductances_S[0] == 150e-6
    assert spy.seen == [(TARGET, list(history.readings_S[: k + 1])) for k in range(len(history.pulses))]
    assert all(type(value) is float for _, readings in spy.seen for value in readings)


def test_a_programmer_cannot_change_the_history():
    class Forger(Spy):
        def next_pulse(self, target, readings):
            readings[:] = [target]
            return ouro.Pulse(-0.45, 1e-6)

    history = write_verify(FakeCell(), Forger(), TARGET, 0.05)
    assert history.readings_S[0] == 150e-6
    assert len(history.readings_S) == 7


def test_the_outcome_is_judged_by_readings_not_by_the_conductance():
    history = write_verify(FakeCell(g_S=220e-6, offset_S=50e-6, step_S=0), FixedPulse(PAIR), TARGET, 0.05, 2)
    assert history.outcome is Outcome.PULSE_LIMIT
    assert history.conductances_S == (220e-6,) * 3


def test_conductance_changes_by_pulses_only():
    cell = FakeCell(step_S=0)
    write_verify(cell, FixedPulse(PAIR), TARGET, 0.05, 5)
    assert cell.g_S == 150e-6


def test_a_cell_without_description_or_conductance_can_be_written_too():
    """A bench instrument: a live cell has no more than the protocol asks for."""

    class Instrument:
        read_s = 1e-6
        window_S = (1e-4, 5e-4)

        def __init__(self):
            self._g = 2e-4

        def read(self):
            return self._g

        def apply(self, pulse):
            self._g += 1e-5
            return SimpleNamespace(energy_J=0.0)

    history = write_verify(Instrument(), FixedPulse(PAIR), TARGET, 0.02)
    assert history.outcome is Outcome.REACHED
    assert len(history.pulses) == 2
    assert np.isnan(history.conductances_S).all()
    assert history.manifest.settings["programmer"] == "fixed pulse"


def test_a_programmer_may_refuse_a_cell_before_anything_is_done():
    class Picky(Spy):
        def check(self, cell):
            raise ValueError("another circuit")

    cell = FakeCell()
    with pytest.raises(ValueError, match="another circuit"):
        write_verify(cell, Picky(), TARGET, 0.05)
    assert (cell.reads, cell.pulses) == (0, [])


def test_ispp_in_the_loop():
    history = write_verify(FakeCell(g_S=195e-6, step_S=40e-6), ISPP(PAIR, start=0.9, step=0.02), 220e-6, 0.01, 4)
    assert [p.amplitude for p in history.pulses] == pytest.approx(
        [0.9 * PAIR.v_set, 0.9 * PAIR.v_reset, 0.9 * PAIR.v_set, 0.9 * PAIR.v_reset]
    )


# ---- arguments


@pytest.mark.parametrize(
    ("changes", "what"),
    [
        ({"target": 0.0}, "target"),
        ({"target": -1e-4}, "target"),
        ({"target": math.nan}, "target"),
        ({"target": math.inf}, "target"),
        ({"target": 220.0}, "target"),
        ({"target": "220 uS"}, "target"),
        ({"tolerance": 0.0}, "tolerance"),
        ({"tolerance": -0.1}, "tolerance"),
        ({"tolerance": math.nan}, "tolerance"),
        ({"tolerance": 5.0}, "tolerance"),
        ({"max_pulses": 0}, "max_pulses"),
        ({"max_pulses": -1}, "max_pulses"),
        ({"max_pulses": 1.5}, "max_pulses"),
        ({"max_pulses": math.nan}, "max_pulses"),
        ({"patience": 0}, "patience"),
        ({"patience": 2.5}, "patience"),
    ],
)
def test_arguments_that_make_no_sense_are_value_errors(changes, what):
    cell = FakeCell(g_S=TARGET)
    arguments = {"target": TARGET, "tolerance": 0.05, "max_pulses": 3} | changes
    with pytest.raises(ValueError, match=what):
        write_verify(cell, FixedPulse(PAIR), **arguments)
    assert (cell.reads, cell.pulses) == (0, [])


# ---- accounting


def test_the_same_write_with_other_reads():
    history = write_verify(FakeCell(), FixedPulse(PAIR), TARGET, 0.05)
    longer = history.with_reads(1e-6)
    assert longer.time_s - history.time_s == pytest.approx(7 * 9e-7)
    assert longer.with_reads(1e-7).time_s == pytest.approx(history.time_s)
    assert longer.readings_S == history.readings_S
    for bad in (0.0, math.nan, 2.0):
        with pytest.raises(ValueError, match="read_s"):
            history.with_reads(bad)


def test_time_counts_reads_and_pulses_with_their_edges():
    history = write_verify(FakeCell(), FixedPulse(PAIR, width=3e-6, edge=5e-9), TARGET, 0.05)
    assert len(history.pulses) == 6
    assert history.time_s == pytest.approx(7 * 1e-7 + 6 * (3e-6 + 2 * 5e-9 + 10e-9))
    assert history.energy_J == pytest.approx(6 * 2e-12)


def test_the_manifest_names_circuit_programmer_and_seed():
    history = write_verify(FakeCell(), FixedPulse(PAIR), TARGET, 0.05, seed=3)
    assert history.manifest.circuit
    assert history.manifest.settings == {"programmer": "fixed pulse", "checkpoint": None, "seed": 3}
    assert set(history.manifest.files) == {"mos_130.lib", "jart_vcm_compiled.lib", "jart_vcm_v1b.va"} | {
        f"netlist, {name}" for name in ("set", "reset", "read")
    }


def test_summary_over_many_writes():
    starts = [150e-6, 190e-6, 215e-6, 400e-6]
    histories = [write_verify(FakeCell(g), FixedPulse(PAIR), TARGET, 0.05, max_pulses=8) for g in starts]
    counts = [len(h.pulses) for h in histories]
    assert counts == [6, 2, 0, 8]
    figures = summary(histories)
    assert figures["n"] == 4
    assert figures["success"] == 0.75
    assert figures["pulses_mean"] == 4.0
    assert figures["pulses_p95"] == pytest.approx(np.percentile(counts, 95))
    assert figures["time_s"] == pytest.approx(np.mean([h.time_s for h in histories]))
    assert figures["energy_J"] == pytest.approx(8e-12)
    low, high = figures["interval"]
    assert 0 <= low < 4 < high <= 8
    assert summary(histories) == figures


def test_summary_of_failures_and_of_a_single_write():
    failed = write_verify(FailingCell(read=0), FixedPulse(PAIR), TARGET, 0.05)
    outside = write_verify(FakeCell(), FixedPulse(PAIR), 1e-3, 0.05)
    assert summary([failed, outside])["success"] == 0.0
    one = summary([write_verify(FakeCell(), FixedPulse(PAIR), TARGET, 0.05)])
    assert one["interval"] == [6.0, 6.0]


# ---- the real thing


@pytest.mark.ngspice
@pytest.mark.parametrize("target", [180e-6, 420e-6], ids=["down", "up"])
def test_a_write_in_spice(target):
    """In the 1T1R cell, from 300 uS in both directions: readings are those of its sense path, g is the device's."""
    # so short that one pulse cannot cross the band of tolerance
    programmer = Spy(ISPP(PAIR, width=10e-9, start=1.0, step=0.005))
    history = write_verify(CELL, programmer, target, 0.10, state=CELL.state(300e-6))
    assert history.outcome is Outcome.REACHED
    assert 1 <= len(history.pulses) <= 50
    assert history.conductances_S[0] == pytest.approx(300e-6, rel=1e-6)
    assert history.readings_S == pytest.approx(history.conductances_S, rel=5e-3)
    assert abs(history.conductances_S[-1] / target - 1) < 0.106
    moves = np.diff(history.conductances_S)[0]
    assert np.sign(moves) == np.sign(target - 300e-6) == -np.sign(history.pulses[0].amplitude)
    reads = len(history.readings_S) * CELL.duration([CELL.read.pulse])
    duration = sum(CELL.duration([pulse]) for pulse in history.pulses) + reads
    assert history.time_s == pytest.approx(duration)
    assert history.energy_J > 0


@pytest.mark.ngspice
def test_a_live_cell_stays_as_the_write_left_it(engine):
    from ouro_spice.simulation.live_cell import SpiceCell

    cell = SpiceCell(CELL, CELL.state(300e-6), engine=engine)
    history = write_verify(cell, ISPP(PAIR, width=1e-7, start=1.0), 200e-6, 0.1)
    assert history.outcome is Outcome.REACHED
    assert cell.g_S == history.conductances_S[-1]
    again = write_verify(cell, ISPP(PAIR), 200e-6, 0.12)
    assert again.pulses == ()


def test_a_target_inside_the_window_of_a_cell_is_no_slip_of_the_unit():
    """A wide filament without series resistance goes beyond what conductances usually are."""
    device = ouro.jart_vcm_v1b(R0=1, RTiOx=0, r=1e-7, Rth0=1e6)
    cell = ouro.CompactCell(device)
    assert cell.window_S[1] > 12e-3
    pair = ouro.Pair(-0.5, 0.9, 1e-6)
    with pytest.raises(ValueError, match=r"is the unit right|did you mean"):
        ouro.write_verify(cell, ouro.FixedPulse(pair, 1e-8), 2 * cell.window_S[1], 0.1, max_pulses=1)
    history = ouro.write_verify(cell, ouro.FixedPulse(pair, 1e-8), 12e-3, 0.1, max_pulses=1)
    assert history.outcome is not ouro.Outcome.TARGET_OUTSIDE
