"""Where a limit walks past N: circuits do what the law and the compact model do, in few points."""

from __future__ import annotations

import numpy as np
import pytest

import ouro_spice as ouro
from ouro_spice._util import random_keys
from ouro_spice.circuit.jart.walk_inputs import walk_sources
from ouro_spice.compact.jart import walk_kernel
from ouro_spice.compact.jart.parameter_vector import vector
from ouro_spice.device.jart import walk_values
from ouro_spice.simulation.jart import walk_segment
from ouro_spice.simulation.jart.limit_steps import _step

# (pulse, N at first, device) of benchmarks/robustness.py, seed 0, by number, which is the seed of the walk
PULSES = {
    54: ((-1.5803544535, 8.583170349e-6, 2.365527055e-10, 1.340990047e-9), 16.12931063,
         {"r": 4.098233156e-8, "l": 0.4055966418, "Ndiscmin": 0.0073303988, "Ndiscmax": 21.41414579}),
    102: ((-1.6715407494, 1.5253410357e-5, 7.610274076e-11, 1.420214321e-10), 0.02926815767,
          {"r": 4.327589481e-8, "l": 0.3958178535, "Ndiscmin": 0.008679591241, "Ndiscmax": 19.44149666}),
    110: ((-1.5293107185, 5.319076062e-6, 5.015997088e-11, 8.943741115e-10), 4.598476486,
          {"r": 4.325957975e-8, "l": 0.3953428134, "Ndiscmin": 0.007243563216, "Ndiscmax": 19.26977013}),
    158: ((1.2588015565, 3.685784118e-6, 1.165759662e-9, 1.899953487e-9), 0.01091182867,
          {"r": 4.432592469e-8, "l": 0.4319139436, "Ndiscmin": 0.008775851711, "Ndiscmax": 19.78847659}),
}  # fmt: skip
WIDE = ouro.jart_vcm_v1b(walk=ouro.Walk())


def both(device, pulse, n_disc, seed, engine):
    """The final waveforms of a circuit and of the compact model."""
    cells = ouro.Cell1R(device), ouro.CompactCell(device, "tud" if device.realisation == "tud" else "full")
    return [ouro.simulate(cell, pulse, ouro.State((n_disc,)), seed, engine=engine) for cell in cells]


@pytest.mark.ngspice
@pytest.mark.parametrize(("number", "realisation"), [*((k, "compiled") for k in PULSES), (158, "behavioural")])
def test_a_long_time_at_a_walking_limit(engine, number, realisation):
    shape, n_disc, own = PULSES[number]
    pulse = ouro.Pulse(*shape)
    device = ouro.jart_vcm_v1b(realisation=realisation, walk=ouro.Walk(step_s=pulse.duration / 300), **own)
    wave, other = both(device, pulse, n_disc, number, engine)
    assert wave.g_S == pytest.approx(other.g_S, rel=1e-3)
    assert wave.state.lead == pytest.approx(other.state.lead, rel=1e-3)
    assert wave.state.wander[0].vector == pytest.approx(other.state.wander[0].vector, rel=1e-3, abs=1e-12)
    assert wave.effort.points <= 20_000


@pytest.mark.ngspice
@pytest.mark.parametrize("realisation", ["compiled", "behavioural", "tud"])
@pytest.mark.parametrize(("volts", "n_disc"), [(-1.6, 5.0), (1.5, 0.05)])
def test_steps_at_a_walking_limit(engine, realisation, volts, n_disc):
    """N is at the limit, or inside; r and l have gone the same way; the pulse ends amid a step, or with one."""
    device = WIDE.replace(realisation=realisation)
    for seed, width in enumerate((57e-9, 78e-9)):
        wave, other = both(device, ouro.Pulse(volts, width, 1e-9, 1e-9, 1e-9), n_disc, seed, engine)
        (w,) = wave.state.wander
        assert wave.g_S == pytest.approx(other.g_S, rel=1e-3)
        assert wave.state.lead == pytest.approx(other.state.lead, rel=1e-3)
        assert w.vector == pytest.approx(other.state.wander[0].vector, rel=1e-3, abs=1e-12)
        assert w.Ndiscmin <= wave.state.x[0][0] <= w.Ndiscmax
        assert [wave[name][-1] for name in ("r", "l", "n_disc")] == [w.r, w.l, wave.state.x[0][0]]


def test_what_a_limit_takes_along_is_no_progress():
    """Where Ndiscmax falls below N, the next step begins there: N goes no way, and r and l feel their kicks alone."""
    law = ouro.Walk(kick=0.0)
    device, key = WIDE.replace(walk=law), random_keys.stream_key(1)

    def path(n):
        return walk_kernel.walk_path(
            walk_values.initial_state(device, n[0]).vector, n, 0.0, law.settings, vector(device), key
        )

    tops = path(np.full(60, 19.9))[:, 3]
    n = np.minimum.accumulate(np.concatenate([[19.9], np.minimum(tops[:-1], 19.9)]))  # before the new limit holds it
    assert np.unique(n).size > 3
    assert np.all(path(n)[:, :2] == [WIDE.r, WIDE.l])


def test_limits_jump_at_the_ends_of_steps_where_they_are_near_and_stay_elsewhere():
    segment = walk_segment.WalkSegment(
        WIDE, walk_values.initial_state(WIDE, 19.0), -1, 0.0, 55e-9, 60e-9, random_keys.stream_key(3)
    )
    n = np.full(5, 19.0)
    path = segment.parameter_path(n)
    top = segment.parameter_waveforms(path, n)["Ndiscmax"]
    logs = np.log(path[:, 3] / WIDE.Ndiscmax)
    for k in range(1, 6):
        before, after = np.interp([k * 1e-8 - 1e-12, k * 1e-8 + 1e-12], top.times_s, top.volts)
        assert (before, after) == pytest.approx((logs[k - 1], logs[k]), abs=1e-12)
    assert len(set(segment.parameter_waveforms(path, n)["Ndiscmin"].volts)) == 1  # N is far from it
    far, n = (
        walk_segment.WalkSegment(
            WIDE, walk_values.initial_state(WIDE, 1.0), -1, 0.0, 55e-9, 60e-9, random_keys.stream_key(3)
        ),
        np.full(5, 1.0),
    )
    assert len(set(far.parameter_waveforms(far.parameter_path(n), n)["Ndiscmax"].volts)) == 1


def test_a_jump_of_a_limit_is_a_breakpoint_and_the_turns_of_r_and_l_are_none():
    segment = walk_segment.WalkSegment(
        WIDE, walk_values.initial_state(WIDE, 19.0), -1, 0.0, 25e-9, 30e-9, random_keys.stream_key(3)
    )
    n = np.full(2, 19.0)
    lines = walk_sources("m", segment.parameter_waveforms(segment.parameter_path(n), n))
    kinds = {line.split()[0]: line for line in lines}
    assert {"bm_wr", "bm_wl", "vm_wmin", "bm_wmax", "vm_wmax_turns"} == set(kinds)
    times = kinds["vm_wmax_turns"].split("pwl(")[1].rstrip(")").split()[::2]
    assert list(map(float, times)) == pytest.approx([0.0, 1e-8, 2e-8], abs=1e-20)


def test_a_corner_a_last_digit_before_the_end_of_a_step_is_its_end():
    """Times since the step's beginning are rounded anew: two corners came to lie at one time, and a write ended."""
    segment = walk_segment.WalkSegment(
        WIDE, walk_values.initial_state(WIDE, 1.0), -1, 0.0, 55e-9, 60e-9, random_keys.stream_key(3)
    )
    times = np.array([float.fromhex("0x1.12e0be826d696p-30"), 3e-9, 6e-9, float(np.nextafter(6e-9, 1))])
    assert len(set((times - times[0]).tolist())) == 3
    volts, given = np.full(4, -0.5), (segment, segment.wander.vector, 1.0)
    assert _step(*given, times, volts) == _step(*given, times[[0, 1, 3]], volts[:3]) > 1.08
