"""Law 3: simulate(A then B) equals simulate(A) and then simulate(B) from its final state.

Splits fall between pulses, in idle times and inside flat tops, anywhere outside an edge. The criterion is a relative
error of g up to 1e-3, or a time shift up to 0.1 % of a pulse: a conductance that runs away makes much of a small shift.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np
import pytest

import ouro_spice as ouro

pytestmark = pytest.mark.ngspice

DEVICE = ouro.jart_vcm_v1b(window=True)
CELLS = {
    "1r": ouro.Cell1R(DEVICE),
    "1r with lines": ouro.Cell1R(
        DEVICE, lines=ouro.Lines(r_bl=50, r_wl=80, c_bl=5e-15, c_wl=8e-15), driver=ouro.Driver(resistance=100)
    ),
    "1t1r": ouro.Cell1T1R(DEVICE),
    "1t1r with long lines": ouro.Cell1T1R(
        DEVICE, lines=ouro.Lines(r_bl=200, r_sl=200, r_wl=500, c_bl=100e-15, c_sl=100e-15, c_wl=50e-15)
    ),
}
PLAIN = DEVICE.replace(realisation="behavioural")
CELLS |= {
    "1r behavioural": ouro.Cell1R(PLAIN),
    "1t1r behavioural": ouro.Cell1T1R(PLAIN),
    "1r reduced": ouro.Cell1R(DEVICE.replace(realisation="tud")),
    "compact": ouro.CompactCell(DEVICE, resistance=400.0),
}
SPLITS = {"1r": 50, "1r with lines": 30, "1t1r": 50, "1t1r with long lines": 30}
OTHERS = 10  # splits of each cell not named


@dataclass(frozen=True)
class Case:
    cell: ouro.Cell1R | ouro.Cell1T1R | ouro.CompactCell
    pulses: tuple[ouro.Pulse, ...]
    state: ouro.State
    split_s: float
    at: str  # "pulse": between two pulses; "idle", "flat": inside a pulse

    def whole(self, engine):
        return ouro.simulate(self.cell, self.pulses, self.state, engine=engine)

    def first(self, engine):
        return ouro.simulate(self.cell, self.pulses, self.state, stop_s=self.split_s, engine=engine)

    def second(self, state, engine):
        return ouro.simulate(self.cell, self.pulses, state, start_s=self.split_s, engine=engine)


def flat_top(cell, pulses, index) -> tuple[float, float]:
    """Beginning and end of the flat top of a pulse [s]."""
    before = cell.duration(pulses[:index]) if index else 0.0
    lead = cell.transistor.edge if isinstance(cell, ouro.Cell1T1R) else 0.0
    start = before + lead + pulses[index].rise
    return start, start + pulses[index].width


def draw(cell, rng) -> Case:
    large = isinstance(cell, ouro.Cell1T1R)
    pulses = []
    for _ in range(rng.integers(2, 5)):
        level = (
            -rng.uniform(0.5, 0.95) * (1.3 if large else 1)
            if rng.random() < 0.5
            else rng.uniform(0.9, 1.5) * (1.3 if large else 1)
        )
        width = 10 ** rng.uniform(-9, -7)
        pulses.append(ouro.Pulse(float(level), float(width), *map(float, 10 ** rng.uniform(-10, -8.7, 2)), idle=2e-9))
    pulses = tuple(pulses)
    at = str(rng.choice(["pulse", "idle", "flat"], p=[0.3, 0.1, 0.6]))
    k = int(rng.integers(0, len(pulses) - (at == "pulse")))
    low, high = flat_top(cell, pulses, k)
    end = cell.duration(pulses[: k + 1])
    if at == "flat":
        split = low + (high - low) * rng.uniform(0.001, 0.999)
    else:
        split = end if at == "pulse" else end - rng.uniform(0.1, 0.9) * pulses[k].idle
    return Case(cell, pulses, cell.state(float(rng.uniform(110e-6, 530e-6))), float(split), at)


def steepness(case, wave, offset_s) -> float:
    """Largest |d ln g| that a shift by 0.1 % of a pulse means, at the end of any flat top that `wave` holds."""
    steepest = 0.0
    for k, pulse in enumerate(case.pulses):
        end = flat_top(case.cell, case.pulses, k)[1] - offset_s
        if end > 0:
            now, earlier = np.interp([end, end - 1e-3 * pulse.width], wave.time_s, np.log(wave.g))
            steepest = max(steepest, abs(now - earlier))
    return steepest


@pytest.fixture(scope="module")
def resumed(engine):
    """(case, whole, first, second) of every split."""
    rng = np.random.default_rng(31)
    cases = [draw(cell, rng) for name, cell in CELLS.items() for _ in range(SPLITS.get(name, OTHERS))]
    wholes = list(engine.each(lambda case: case.whole(engine), cases))
    firsts = list(engine.each(lambda case: case.first(engine), cases))
    seconds = list(engine.each(lambda job: job[0].second(job[1].state, engine), zip(cases, firsts, strict=True)))
    return list(zip(cases, wholes, firsts, seconds, strict=True))


def gap(whole, second) -> float:
    return float(abs(np.log(second.g_S / whole.g_S)))


def test_two_hundred_random_splits(resumed):
    assert len(resumed) == 200
    assert {case.at for case, *_ in resumed} == {"pulse", "idle", "flat"}
    for case, whole, _, second in resumed:
        offset = whole.time_s[-1] - second.time_s[-1]
        allowed = max(1e-3, steepness(case, whole, 0.0), steepness(case, second, offset))
        assert gap(whole, second) <= allowed, case


def test_the_error_itself_is_small_in_nearly_all(resumed):
    gaps = np.array([gap(whole, second) for _, whole, _, second in resumed])
    assert np.mean(gaps <= 1e-3) >= 0.95
    assert np.median(gaps) <= 1e-4


def test_the_splits_are_worth_testing(resumed):
    """Much happens in these simulations, before the split and behind it."""
    before = [abs(np.log(first.g[-1] / first.g[0])) > 0.02 for *_, first, _ in resumed]
    behind = [abs(np.log(second.g[-1] / second.g[0])) > 0.02 for *_, second in resumed]
    assert np.mean(before) > 0.4
    assert np.mean(behind) > 0.4


def test_nothing_jumps_at_the_split(resumed):
    for case, whole, first, second in resumed:
        assert second["n_disc"][0] == pytest.approx(first["n_disc"][-1], rel=1e-6)
        assert first.time_s[-1] + second.time_s[-1] == pytest.approx(whole.time_s[-1], rel=1e-9)
        for name in ("v_ae", "v_oe"):
            assert abs(second[name][0] - first[name][-1]) < 2e-3, (case, name)


def test_energies_add_up(resumed):
    for case, whole, first, second in resumed:
        # the recorded current of a driver is charge over a time step where capacitors charge: coarser than the state
        assert first.energy_J + second.energy_J == pytest.approx(whole.energy_J, rel=2e-2, abs=1e-17), case


def test_node_voltages_belong_to_the_state(engine):
    """A charged line far from its static value is still charged after the split."""
    cell = CELLS["1t1r with long lines"].replace(driver=ouro.Driver(resistance=1e5))
    pulse = ouro.Pulse(-0.4, 20e-9, 1e-9, 1e-9, idle=50e-9)
    split = 25e-9
    whole = engine.run(cell.testbench(pulse))
    first = engine.run(cell.testbench(pulse, stop_s=split))
    assert set(first.state.volts) == {"ae", "oe", "sl", "wl"}
    second = engine.run(cell.testbench(pulse, first.state, start_s=split))
    assert abs(first.state.volts["oe"]) > 0.05
    assert second["v_oe"][0] == pytest.approx(first["v_oe"][-1], abs=1e-3)
    late = np.linspace(1e-9, 40e-9, 30)
    assert np.interp(late, second.time_s, second["v_oe"]) == pytest.approx(
        np.interp(late + split, whole.time_s, whole["v_oe"]), abs=4e-3
    )


def test_many_splits_of_one_pulse_do_not_add_up(engine):
    """Twenty pieces of a SET that runs away: every piece starts from the state of the piece before."""
    cell, pulse = CELLS["1r"], ouro.Pulse(-0.5, 100e-9)
    whole, state = engine.run(cell.testbench(pulse, cell.state(150e-6))), cell.state(150e-6)
    times = [0.0, *np.linspace(3e-9, 101e-9, 20), cell.duration([pulse])]
    for start, stop in itertools.pairwise(times):
        state = engine.run(cell.testbench(pulse, state, start_s=float(start), stop_s=float(stop))).state
    at_end = np.interp([102e-9 - 1e-10, 102e-9], whole.time_s, np.log(whole["n_disc"]))
    assert abs(np.log(state.x[0][0] / whole.state.x[0][0])) <= max(1e-3, abs(np.diff(at_end)[0]))


@pytest.mark.parametrize("away", [-2e-16, 2e-16, 1e-15])
def test_a_state_beside_the_edge_of_the_window_by_rounding_goes_on(engine, away):
    """The behavioural rate ends at the edge: from the last digit before it there was no way on."""
    cell = CELLS["1t1r behavioural"]
    ends = [
        ouro.simulate(cell, ouro.Pulse(-1.3, 50e-9), ouro.State((1.98975 * (1 + off),)), engine=engine).g_S
        for off in (0.0, away)
    ]
    assert ends[1] == pytest.approx(ends[0], rel=1e-9)


def test_time_at_zero_volts_changes_nothing(engine):
    cell = CELLS["1t1r"]
    start = cell.state(300e-6)
    waves = [engine.run(cell.testbench(ouro.Pulse(-0.4, 1e-9, idle=idle), start)) for idle in (1e-9, 1e-3)]
    assert waves[0].g_S == pytest.approx(waves[1].g_S, rel=1e-5)
