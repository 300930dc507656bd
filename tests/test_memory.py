"""What earlier pulses tell of a device: of one that is k times slower, ln k, however they moved it there."""

from __future__ import annotations

import numpy as np
import pytest
from analytic_device import g_after, needed_s

from ouro_spice.prediction.device_memory import CLEAR_S, KEPT, MOST, DeviceMemory

POWER = 25.0


class Clock:
    """Exact: the time of the middle device, which falls with a power of the amplitude."""

    def predict(self, g_start_S, dg_S, drive=1.0):
        return needed_s(g_start_S, np.asarray(g_start_S) + dg_S) * np.asarray(drive) ** -POWER


CLOCK = Clock()


def driven(memory, g, time_s, slowness, drive=1.0):
    """Memory and conductances after a pulse of signed times on devices that are slower; (k,) all."""
    time_s, drive = (np.broadcast_to(np.asarray(x, float), g.shape) for x in (time_s, drive))
    g = g_after(g, time_s * drive**POWER / slowness)
    return memory.after(CLOCK, time_s, drive, g), g


def begun(count=1, g_S=200e-6):
    g = np.full(count, g_S)
    return DeviceMemory.empty(g), g


def seen(memory, way):
    return {name: value.copy() for name, value in memory.inputs(CLOCK, np.full(len(memory.sign), way)).items()}


def test_before_the_first_pulse_nothing_is_known():
    memory, _ = begun(3)
    for way in (1e-5, -1e-5):
        assert all(not value.any() and value.shape == (3,) for value in seen(memory, way).values())


@pytest.mark.parametrize("way", [1, -1])
def test_one_pulse_tells_how_slow_the_device_is(way):
    slowness = np.array([0.3, 1.0, 2.0, 8.0])
    memory, g = begun(4, 300e-6)
    memory, after = driven(memory, g, way * 3e-6 * slowness, slowness)
    moved = np.abs(after - g)
    found = seen(memory, way)
    assert found["slow_same"] == pytest.approx(np.log(slowness), abs=1e-9)
    assert found["sure_same"] == pytest.approx(moved / (moved + CLEAR_S))
    assert not found["slow_other"].any() and not found["sure_other"].any()


def test_same_and_other_are_named_by_the_wanted_change():
    """SET 3 times slower, RESET twice as fast."""
    memory, g = begun()
    memory, g = driven(memory, g, 5e-6, 3.0)
    memory, g = driven(memory, g, -1e-6, 0.5)
    up, down = seen(memory, 1e-5), seen(memory, -1e-5)
    assert up["slow_same"] == pytest.approx(np.log(3)) and down["slow_same"] == pytest.approx(np.log(0.5))
    for what in ("slow", "sure"):
        assert up[f"{what}_same"] == down[f"{what}_other"]
        assert up[f"{what}_other"] == down[f"{what}_same"]


def test_small_pulses_that_follow_each_other_tell_what_one_does():
    whole, g = begun()
    parts, _ = begun()
    whole, end = driven(whole, g, 12e-6, 4.0)
    h = g
    for _ in range(30):
        parts, h = driven(parts, h, 0.4e-6, 4.0)
    assert h == pytest.approx(end)
    for name, value in seen(whole, 1).items():
        assert seen(parts, 1)[name] == pytest.approx(value)


def test_noise_that_hides_each_small_pulse_does_not_hide_all_of_them():
    rng = np.random.default_rng(0)
    count = 400
    memory, g = begun(count)
    for _ in range(30):
        time_s = np.full(count, 1.2e-6)
        g = g_after(g, time_s / 4)
        memory = memory.after(CLOCK, time_s, np.ones(count), g + 3e-6 * rng.standard_normal(count))
    found = seen(memory, 1)["slow_same"]
    assert np.median(found) == pytest.approx(np.log(4), abs=0.03)
    assert found.std() < 0.1


def test_pulses_of_other_amplitudes_count_by_what_the_clock_says_of_them():
    memory, g = begun()
    for drive, time_s in ((1.0, 2e-6), (1.1, 0.3e-6), (0.95, 4e-6)):
        memory, g = driven(memory, g, time_s, 2.5, drive)
    assert seen(memory, 1)["slow_same"] == pytest.approx(np.log(2.5))


def test_a_device_that_does_not_answer_is_found_slower_with_each_pulse():
    memory, g = begun()
    expected = needed_s(g, g + CLEAR_S)
    slow = []
    for k in range(6):
        memory = memory.after(CLOCK, np.full(1, 0.8 * expected), np.ones(1), g - 1e-7 * (k % 2))
        slow.append(seen(memory, 1)["slow_same"][0])
    # the first one alone would not have moved the middle device, either
    assert slow == pytest.approx(np.maximum(np.log(0.8 * np.arange(1, 7)), 0))
    memory = memory.after(CLOCK, np.full(1, 1.0), np.ones(1), g)
    assert seen(memory, 1)["slow_same"] == MOST


def test_an_older_run_counts_for_less_than_the_latest():
    slowness, moves, memory = (2.0, 4.0), [], None
    memory, g = begun()
    memory, after = driven(memory, g, 6e-6, slowness[0])
    moves.append(after - g)
    memory, g = driven(memory, after, -2e-6, 1.0)
    memory, after = driven(memory, g, 8e-6, slowness[1])
    moves.append(after - g)
    weight = np.concatenate(moves) / (np.concatenate(moves) + CLEAR_S) * [KEPT, 1]
    found = seen(memory, 1)
    assert found["slow_same"] == pytest.approx(weight @ np.log(slowness) / weight.sum())
    assert found["sure_same"] == pytest.approx(weight.sum())
    assert seen(memory, -1)["slow_same"] == pytest.approx(0, abs=1e-9)


@pytest.mark.parametrize("way", [1, -1])
def test_a_pulse_whose_reading_failed_tells_nothing(way):
    memory, g = begun()
    memory, g = driven(memory, g, 5e-6, 3.0)
    failed = memory.after(CLOCK, way * np.full(1, 7e-6), np.ones(1), np.full(1, np.nan))
    for wanted in (1, -1):
        assert seen(failed, wanted) == seen(memory, wanted)
    assert failed.reading_S == memory.reading_S == g


def test_each_write_has_its_own_memory():
    """Together as alone, whatever the others' directions; and some of them as they were among all."""
    rng = np.random.default_rng(1)
    count, steps = 5, 6
    slowness = np.exp(rng.normal(0, 0.5, count))
    times = rng.uniform(0.5e-6, 3e-6, (steps, count)) * np.where(rng.random((steps, count)) < 0.5, -1, 1)
    drive = rng.uniform(0.95, 1.05, (steps, count))
    together, g = begun(count, 300e-6)
    for time_s, factor in zip(times, drive, strict=True):
        together, g = driven(together, g, time_s, slowness, factor)
    for k in range(count):
        alone, g = begun(1, 300e-6)
        for time_s, factor in zip(times[:, k], drive[:, k], strict=True):
            alone, g = driven(alone, g, time_s, slowness[k], factor)
        for way in (1, -1):
            for name, value in seen(alone, way).items():
                assert value == pytest.approx(seen(together, way)[name][k])
                assert value == pytest.approx(seen(together.of(np.arange(count) == k), way)[name])
