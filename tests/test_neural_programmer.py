"""Programmers: the pulse that is predicted, from readings alone, as the driver can send it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from analytic_device import CELL, HIGH_S, LOW_S, PAIR, g_after, needed_s, plain, quick, records
from hypothesis import given
from hypothesis import strategies as st

import ouro_spice as ouro
from ouro_spice import NeuralProgrammer, PulsePredictor
from ouro_spice.dataset.recipe import LIMIT
from ouro_spice.prediction.device_memory import DeviceMemory
from ouro_spice.prediction.neural_programmer import AmplitudePolicy, ModelProgrammer, driver_times, repeats

VOLTAGES = ouro.Pair(**PAIR)
LONGEST_S = LIMIT * VOLTAGES.total_s
LISTENING = ("g_start_S", "dg_S", "drive", "slow_same", "sure_same", "slow_other", "sure_other")


@pytest.fixture(scope="module")
def trained():
    return PulsePredictor.fit(records(100), quick(epochs=30, batch=32, learning_rate=4e-3))


@pytest.fixture(scope="module")
def listening(trained):
    """A network that listens, to whatever effect: what it sees decides what it says."""
    return replace(plain(records(40), inputs=LISTENING), base=trained)


@pytest.fixture
def written():
    """Targets (k,) and readings (k, 4) of writes that went one way or another [S]."""
    rng = np.random.default_rng(0)
    return rng.uniform(120e-6, 500e-6, 9), rng.uniform(120e-6, 500e-6, (9, 4))


# ---- the predicted pulse


class Recording:
    """A live cell that only keeps the pulses it gets."""

    read_s = 1e-7
    window_S = (LOW_S, HIGH_S)

    def __init__(self, description=CELL, g_S=200e-6):
        self.description, self.g_S = description, g_S

    def read(self):
        return self.g_S

    def apply(self, pulse):
        raise AssertionError("no pulse is expected")


def test_the_programmer_sends_the_predicted_pulse(trained):
    programmer = NeuralProgrammer(trained)
    for target in (300e-6, 150e-6):
        pulse = programmer.next_pulse(target, [200e-6])
        assert pulse.width == pytest.approx(abs(trained.predict(200e-6, target - 200e-6)), rel=1e-12)
        assert pulse.amplitude == (PAIR["v_set"] if target > 200e-6 else PAIR["v_reset"])
        assert (pulse.rise, pulse.fall) == (3e-9, 4e-9)
    assert programmer.checkpoint == trained.sha256


def test_pulses_are_not_shorter_than_the_shortest(trained):
    assert NeuralProgrammer(trained, shortest_s=5e-6).next_pulse(200.1e-6, [200e-6]).width == 5e-6


def test_another_circuit_is_refused_unless_told(trained):
    lines, device = CELL.replace(lines=ouro.Lines(r_bl=1.0)), CELL.replace(device=CELL.device.replace(T0=300))
    for other, what in (
        (lines, r"r_bl 0 -> 1 Ohm"), (device, "T0 293 -> 300 K"), (ouro.Cell1T1R(CELL.device), "Cell1R -> Cell1T1R")
    ):  # fmt: skip
        with pytest.raises(ValueError, match=rf"another circuit \({what}\).*any_circuit=True"):
            ouro.write_verify(Recording(other), NeuralProgrammer(trained), 200e-6, 0.05)
        history = ouro.write_verify(Recording(other), NeuralProgrammer(trained, any_circuit=True), 200e-6, 0.05)
        assert history.outcome is ouro.Outcome.REACHED


def test_its_own_circuit_is_accepted_and_the_history_names_the_checkpoint(trained):
    history = ouro.write_verify(Recording(), NeuralProgrammer(trained), 200e-6, 0.05)
    assert history.manifest.settings["checkpoint"] == trained.sha256
    assert history.manifest.circuit == trained.manifest.circuit


def test_a_cell_without_description_is_another_circuit(trained):
    cell = Recording()
    del cell.description
    with pytest.raises(ValueError, match="another circuit"):
        ouro.write_verify(cell, NeuralProgrammer(trained), 200e-6, 0.05)


def test_edges_that_were_drawn_are_sent_with_the_middle_of_their_law():
    data = records(20)
    data.manifest.settings["rise_s"] = [1e-9, 4e-9]
    pulse = NeuralProgrammer(plain(data)).next_pulse(300e-6, [200e-6])
    assert (pulse.rise, pulse.fall) == (pytest.approx(2e-9), 4e-9)


# ---- many at once, and what came before


def programmers(trained, listening):
    drives = AmplitudePolicy(50e-9, 0.95, 1.2)
    return [
        NeuralProgrammer(trained), NeuralProgrammer(trained, clock_s=10e-9), NeuralProgrammer(listening),
        NeuralProgrammer(listening, drives=drives, clock_s=3e-9),
        NeuralProgrammer(listening, drives=replace(drives, fixed=True)),
        ModelProgrammer(lambda g, dg: needed_s(g, g + dg), VOLTAGES),
    ]  # fmt: skip


@pytest.mark.parametrize("which", range(6))
def test_many_writes_get_the_pulses_that_each_would_get_alone(trained, listening, written, which):
    programmer = programmers(trained, listening)[which]
    targets, readings = written
    for count in range(1, 5):
        together = programmer.next_pulses(targets, readings[:, :count])
        alone = [programmer.next_pulse(t, list(r)) for t, r in zip(targets, readings[:, :count], strict=True)]
        for one, other in zip(together, alone, strict=True):
            assert (one.amplitude, one.rise, one.fall) == (other.amplitude, other.rise, other.fall)
            assert one.width == pytest.approx(other.width, rel=1e-9)


@pytest.mark.parametrize("which", [2, 3, 4])
def test_what_came_before_is_worked_out_as_it_was_sent(trained, listening, written, which):
    """A memory of the very pulses, clock and amplitude included, tells what the readings alone tell."""
    programmer = programmers(trained, listening)[which]
    targets, readings = written
    memory = DeviceMemory.empty(readings[:, 0])
    for count in range(1, 5):
        expected, drive = programmer.choose(targets, memory)
        sent = programmer.next_pulses(targets, readings[:, :count])
        assert [pulse.width for pulse in sent] == pytest.approx(np.abs(expected))
        volts = np.array([pulse.amplitude for pulse in sent])
        middle = np.where(volts < 0, VOLTAGES.v_set, VOLTAGES.v_reset)
        assert volts / middle == pytest.approx(drive)
        if count < 4:
            time_s = np.where(volts < 0, 1, -1) * [pulse.width for pulse in sent]
            memory = memory.after(listening.base, time_s, volts / middle, readings[:, count])
    last_only = programmer.next_pulses(targets, readings[:, -1:])
    assert any(one != other for one, other in zip(sent, last_only, strict=True)), "it has listened"


def test_without_a_memory_pulses_grow_as_long_as_the_readings_stay_on_one_side(trained):
    """Each further reading in a row on the last one's side of the target counts once; what was before the break not."""
    g = np.array([[300, 150, 180], [150, 300, 180], [180, 180, 180], [300, 300, 300], [180, 300, 300]]) * 1e-6
    targets = np.full(5, 200e-6)
    assert np.array_equal(repeats(targets, g), [1, 0, 2, 2, 1])
    latest = np.abs(trained.predict(g[:, -1], targets - g[:, -1]))
    for growth in (1.0, 1.5, 2.0):
        sent = NeuralProgrammer(trained, growth=growth).next_pulses(targets, g)
        assert [pulse.width for pulse in sent] == pytest.approx(latest * growth ** np.array([1, 0, 2, 2, 1]))
    endless = NeuralProgrammer(trained, growth=10.0).next_pulses(targets[:1], np.full((1, 2000), 180e-6))
    assert endless[0].width == pytest.approx(LONGEST_S)


# ---- amplitudes


POWER_LAW = np.array([50e-9, 2e-6, -2e-6, 1e-3, -1e-9, 0.3e-6])
"""Signed times at the pair's amplitudes [s]; they fall with the 25th power."""


def test_the_amplitude_is_that_at_which_the_pulse_takes_the_wanted_time():
    drives = AmplitudePolicy(50e-9, 1.0, 1.25)
    time_s, drive = drives.choose(lambda factor: POWER_LAW * factor**-25.0, 6)
    expected = np.clip((np.abs(POWER_LAW) / 50e-9) ** (1 / 25), 1.0, 1.25)
    assert drive == pytest.approx(expected, abs=0.5 * 0.25 / 40 + 1e-9)
    assert time_s == pytest.approx(POWER_LAW * drive**-25)
    # where it can be had the time is the wanted one, but for half a step of the amplitude
    inside = (expected > 1.0) & (expected < 1.25)
    assert np.abs(np.log(np.abs(time_s[inside]) / 50e-9)).max() < 25 * np.log(1 + 0.25 / 80) * 1.01


def test_fixed_pulses_all_have_one_width():
    drives = AmplitudePolicy(50e-9, 1.0, 1.25, fixed=True)
    time_s, drive = drives.choose(lambda factor: POWER_LAW * factor**-25.0, 6)
    assert np.array_equal(time_s, np.sign(POWER_LAW) * 50e-9)
    assert np.array_equal(drive, replace(drives, fixed=False).choose(lambda f: POWER_LAW * f**-25.0, 6)[1])
    assert abs(drives.choose(lambda factor: np.zeros(1), 1)[0][0]) == 50e-9


def test_amplitudes_keep_to_their_limits(listening, written):
    targets, readings = written
    programmer = NeuralProgrammer(listening, drives=AmplitudePolicy(50e-9, 1.1, 1.2))
    for pulse in programmer.next_pulses(targets, readings):
        factor = pulse.amplitude / (VOLTAGES.v_set if pulse.amplitude < 0 else VOLTAGES.v_reset)
        assert 1.1 - 1e-12 <= factor <= 1.2 + 1e-12


def test_amplitudes_that_were_not_trained_are_refused(trained):
    with pytest.raises(ValueError, match="one pair of amplitudes"):
        NeuralProgrammer(trained, drives=AmplitudePolicy())


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ({"width_s": 0.0}, "width_s = 0"), ({"width_s": np.inf}, "width_s = inf"), ({"low": 0.0}, "low = 0"),
        ({"low": 1.2, "high": 1.1}, r"high = 1.1 .*\[1.2, 10\]"), ({"high": 11.0}, "high = 11"),
    ],
)  # fmt: skip
def test_policies_out_of_range_are_value_errors(values, told):
    with pytest.raises(ValueError, match=told):
        AmplitudePolicy(**values)


# ---- as a driver can send it


@given(
    st.lists(st.floats(-1e3, 1e3), min_size=1, max_size=5), st.floats(1e-12, 1e-7), st.floats(1e-10, 1e-6),
)  # fmt: skip
def test_widths_are_whole_clocks_and_neither_too_short_nor_too_long(times, shortest_s, clock_s):
    time_s, dg = np.array(times), np.ones(len(times))
    free, sent = (driver_times(time_s, dg, VOLTAGES, shortest_s, c) for c in (0.0, clock_s))
    assert np.all((np.abs(free) >= shortest_s) & (np.abs(free) <= LONGEST_S))
    assert np.array_equal(np.sign(free), np.where(time_s < 0, -1, 1))
    clocks = np.abs(sent) / clock_s
    assert clocks == pytest.approx(np.round(clocks), abs=1e-6 * max(1, clocks.max()))
    assert np.all(np.abs(sent) >= max(shortest_s, clock_s) * (1 - 1e-9))
    assert np.all(np.abs(np.abs(sent) - np.abs(free)) <= clock_s * (1 + 1e-6))


def test_clocks_round_to_the_nearest_but_never_to_none():
    time_s, dg = np.array([0.4e-9, 14e-9, -16e-9, 1.0, 0.0, 0.0]), np.array([1, 1, -1, 1, 1, -1.0])
    found = driver_times(time_s, dg, VOLTAGES, 1e-9, 10e-9)
    assert found == pytest.approx([10e-9, 10e-9, -20e-9, LONGEST_S, 10e-9, -10e-9])
    # 15 ns are no whole number of clocks, and 10 ns too short
    assert driver_times(np.array([1e-9]), np.ones(1), VOLTAGES, 15e-9, 10e-9) == pytest.approx([20e-9])
    # 11 ps are eleven clocks of 1 ps, though the division says a little more
    assert driver_times(np.array([1e-12]), np.ones(1), VOLTAGES, 11e-12, 1e-12) == pytest.approx([11e-12])


def test_no_pulse_outlasts_the_longest_of_a_dataset(trained):
    """A network far from what it has seen may answer with minutes, and a simulator would take years for them."""
    layers = trained.weights.layers
    layers = (*layers[:-1], (layers[-1][0], layers[-1][1] + 1e3))
    endless = replace(trained, weights=replace(trained.weights, layers=layers))
    assert endless.predict(200e-6, 100e-6) > 1.0
    assert NeuralProgrammer(endless).next_pulse(300e-6, [200e-6]).width == pytest.approx(LONGEST_S)
    minutes = ModelProgrammer(lambda g, dg: np.full(len(g), -60.0), VOLTAGES)
    assert minutes.next_pulse(150e-6, [200e-6]).width == pytest.approx(LONGEST_S)


@pytest.mark.parametrize(
    ("name", "value"), [("shortest_s", 0.0), ("shortest_s", 2.0), ("clock_s", -1e-9), ("growth", 0.9)]
)
def test_programmers_out_of_range_are_value_errors(trained, name, value):
    with pytest.raises(ValueError, match=f"{name} = {value:g}"):
        NeuralProgrammer(trained, **{name: value})


# ---- a model in place of a network


def test_an_exact_model_is_there_with_one_pulse(written):
    targets, readings = written
    programmer = ModelProgrammer(lambda g, dg: needed_s(g, g + dg), VOLTAGES, 1e-9, 3e-9)
    for target, g, pulse in zip(targets, readings[:, -1], programmer.next_pulses(targets, readings), strict=True):
        assert pulse.amplitude == VOLTAGES.amplitude(target - g)
        assert (pulse.rise, pulse.fall) == (1e-9, 3e-9)
        assert g_after(g, pulse.width if pulse.amplitude < 0 else -pulse.width) == pytest.approx(target, rel=1e-3)
