"""The engine: right answers from the compiled model, failures that cannot look like success, workers that may die."""

from __future__ import annotations

import os
import pickle
import signal
import threading
import time
from dataclasses import replace

import numpy as np
import oracle
import pytest
from benches import bench, crossing, device_bench, divider

import ouro_spice as ouro
from ouro_spice import Result, SimulationError
from ouro_spice.circuit.single_cell import POINTS
from ouro_spice.compact.jart.jart_characteristics import conductance
from ouro_spice.spice import osdi
from ouro_spice.spice.ngspice import default_engine
from ouro_spice.spice.worker_process import Worker

pytestmark = pytest.mark.ngspice

WINDOW = (0.06, 1.98975)
SLOW = ["vin ae 0 sin(0 1 1meg)", "r1 ae oe 1k", "c1 oe 0 1n"]  # 10 us a time point


# ---- the compiled model against independent solutions


@pytest.fixture(scope="module")
def at_unit_points(engine, reference_table):
    rows = reference_table("unit_points.csv")
    device = ouro.jart_vcm_v1b()
    benches = [device_bench(device, f"dc {row['V']:.17g}", row["N_1e26"], 1e-15, 2) for row in rows]
    return list(zip(rows, engine.map(benches), strict=True))


@pytest.mark.parametrize(
    ("trace", "column", "tolerance"),
    [
        ("i_device", "I_A", 1e-5),
        ("temperature", "T_K", 1e-5),
        ("v_schottky", "Vs_V", 1e-4),
        ("dndt", "dNdt_1e26_per_s", 1e-3),
    ],
)
def test_compiled_model_at_the_unit_points(at_unit_points, trace, column, tolerance):
    assert len(at_unit_points) == 52
    for row, wave in at_unit_points:
        assert wave[trace][0] == pytest.approx(row[column], rel=tolerance, abs=1e-18), (row["V"], row["N_1e26"])


def test_compiled_barrier_at_the_unit_points(at_unit_points):
    for row, wave in at_unit_points:
        if abs(row["Vs_V"]) > 0.01 and row["V"] < 0:
            assert wave["barrier"][0] == pytest.approx(row["phiBn_V"], abs=1e-5)


def test_compiled_voltages_add_up(at_unit_points):
    for row, wave in at_unit_points:
        parts = sum(wave[name][0] for name in ("v_schottky", "v_disc", "v_plug", "v_series"))
        assert parts == pytest.approx(row["V"], rel=1e-9)


@pytest.fixture(scope="module")
def constant_voltage(engine, reference_table):
    rows = reference_table("programming_constV_summary.csv")
    device = ouro.jart_vcm_v1b()
    for row in rows:  # the file rounds the window's edge
        row["N0"], row["N1"] = (1.98975 if n == 1.9897 else n for n in (row["N0"], row["N1"]))
    benches = [device_bench(device, f"dc {row['V']:.17g}", row["N0"], 1.05 * row["t_total_s"], POINTS) for row in rows]
    return list(zip(rows, engine.map(benches), strict=True))


def test_constant_voltage_switching_times(constant_voltage):
    """All rows, from 12 ps to 2000 s: total time and every crossing strictly inside, within 0.2 %."""
    worst = 0.0
    for row, wave in constant_voltage:
        pairs = [(row["t_total_s"], crossing(wave.time_s, wave["n_disc"], row["N1"]))]
        for level in (150, 200, 300, 400, 500, 540):
            pairs.append((row[f"t_{level}uS"], crossing(wave.time_s, wave.g, level * 1e-6)))
        worst = max(worst, *(abs(ours / theirs - 1) for theirs, ours in pairs))
        assert worst <= 2e-3, (row["case"], row["V"], pairs)
    assert len(constant_voltage) == 41


def test_constant_voltage_runs_need_no_ladder(constant_voltage):
    assert {wave.effort.rung for _, wave in constant_voltage} == {0}


def test_constant_voltage_extremes(constant_voltage):
    """The hottest moment and the steepest one are those of the exact solution."""
    for row, wave in constant_voltage:
        if "window" in row["case"]:
            assert wave["temperature"].max() == pytest.approx(row["Tmax_K"], rel=2e-3)


def test_triangle_edges(engine, reference_columns):
    exact = reference_columns("triangle_1p5V_1Vps.csv")
    device = ouro.jart_vcm_v1b(Rth0=1e7, flim=0)
    wave = engine.run(device_bench(device, "pwl(0 0 1.5 -1.5 4.5 1.5 6 0)", 0.008, 6.0, 3000))

    def edges(time_s, volts, amps):
        with np.errstate(divide="ignore", invalid="ignore"):
            slope = np.diff(np.log(np.abs(amps))) / np.diff(time_s)
        middle = (volts[1:] + volts[:-1]) / 2
        rising, falling = (middle < -0.2) & np.isfinite(slope), (middle > 0.3) & np.isfinite(slope)
        return middle[rising][np.argmax(slope[rising])], middle[falling][np.argmin(slope[falling])]

    ours = edges(wave.time_s, wave["v_cell"], wave["i_device"])
    theirs = edges(exact["t_s"], exact["V"], exact["I_A"])
    assert ours == pytest.approx(theirs, abs=1e-3)
    assert ours == pytest.approx((-0.664, 1.165), abs=1e-3)
    # away from the edges the currents of the whole loop lie on one another
    apart = np.min(np.abs(exact["V"][:, None] - np.array(theirs)), axis=1) > 0.02
    check = apart & (np.abs(exact["V"]) > 0.05)
    ratio = np.interp(exact["t_s"], wave.time_s, wave["i_device"])[check] / exact["I_A"][check]
    assert np.sqrt(np.mean(np.log(ratio) ** 2)) <= 1e-3
    assert np.max(np.abs(ratio - 1)) <= 5e-3


def random_pulses(count: int, seed: int):
    """Pulses that end where the conductance moves: as long as a constant voltage takes between two random states."""
    rng = np.random.default_rng(seed)
    for index in range(count):
        volts = float(-rng.uniform(0.36, 0.75) if index % 2 else rng.uniform(0.7, 1.3))
        n0, n1 = np.exp(np.sort(rng.uniform(*np.log(WINDOW), 2)))[:: 1 if volts < 0 else -1]
        scale = (n0 + n1) / abs(oracle.Jart().rate(volts, n0))
        time_s, n = oracle.integrate(oracle.Jart(), [0, 100 * scale], [volts, volts], n0, (n0 / 40, n1 * 40), rtol=1e-4)
        width = crossing(time_s, n, n1)
        rise, fall = (float(max(width * 10 ** rng.uniform(-2, -0.5), 1e-12)) for _ in range(2))
        yield ouro.Pulse(volts, float(max(width, 1e-12)), rise, fall, idle=float(max(width / 10, 1e-12))), float(n0)


def test_random_pulses_agree_with_the_independent_integration(engine):
    cases = list(random_pulses(14, seed=5))
    cell = ouro.Cell1R(ouro.jart_vcm_v1b(window=True))
    waves = engine.map([cell.testbench(pulse, ouro.State((n0,))) for pulse, n0 in cases])
    inside = 0
    for (pulse, n0), wave in zip(cases, waves, strict=True):
        times, volts = np.cumsum([0, pulse.rise, pulse.width, pulse.fall]), [0, pulse.amplitude, pulse.amplitude, 0]
        time_s, n = oracle.integrate(oracle.Jart(), times, volts, n0, WINDOW, rtol=1e-5)
        inside += WINDOW[0] * 1.1 < n[-1] < WINDOW[1] / 1.1
        gap = abs(wave.g_S / conductance(wave.device, n[-1]) - 1)
        # in a steep moment the time must fit instead: what a shift by 0.5 % of the pulse makes of the conductance
        earlier, end = np.interp([times[2] - 5e-3 * pulse.duration, times[2]], time_s, conductance(wave.device, n))
        assert gap <= max(1e-2, abs(end / earlier - 1)), (pulse, n0)
    assert inside >= 8  # where all pulses end at an edge of the window, any two codes agree


@pytest.mark.parametrize(
    "change", [{"r": 40.5e-9}, {"l": 0.44}, {"Rth0": 1e7}, {"flim": 0}, {"Ndiscmax": 1.5}, {"T0": 350}]
)
def test_parameters_reach_the_compiled_model(engine, change):
    device = ouro.jart_vcm_v1b(**change)
    theirs = oracle.Jart(**change)
    volts = (-0.45, 0.9)
    waves = engine.map([device_bench(device, f"dc {v:.17g}", 0.5, 1e-15, 2) for v in volts])
    for v, wave in zip(volts, waves, strict=True):
        assert wave["i_device"][0] == pytest.approx(theirs.current(v, 0.5), rel=1e-5)
        assert wave["dndt"][0] == pytest.approx(theirs.rate(v, 0.5), rel=1e-3)


def test_the_window_slows_nothing_inside_itself(engine):
    """Ndiscmin and Ndiscmax alone enter the rate limiter; the window's edges only stop."""
    device = ouro.jart_vcm_v1b(window=True)
    for v, inside, edge in ((-0.5, 1.9, 1.98975), (0.9, 0.063, 0.06)):
        rates = [engine.run(device_bench(device, f"dc {v}", n, 1e-15, 2))["dndt"][0] for n in (inside, edge)]
        assert rates[0] == pytest.approx(oracle.Jart().rate(v, inside), rel=1e-3)
        assert rates[1] == 0
        back = engine.run(device_bench(device, f"dc {-v}", edge, 1e-15, 2))["dndt"][0]
        assert back == pytest.approx(oracle.Jart().rate(-v, edge), rel=1e-3)  # inwards the edge is not felt


def test_heat_capacity_delays_the_temperature(engine):
    slow = ouro.jart_vcm_v1b(cth=1e-18)
    wave = engine.run(device_bench(slow, "pwl(0 0 1p -0.3 100p -0.3)", 0.5, 100e-12))
    rise, final = wave["temperature"] - 293, oracle.Jart().temperature(-0.3, oracle.Jart().current(-0.3, 0.5)) - 293
    assert rise[-1] == pytest.approx(final, rel=0.01)
    assert crossing(wave.time_s, np.maximum(rise, 1e-9), final * (1 - np.exp(-1))) == pytest.approx(15.7e-12, rel=0.4)


# ---- failures cannot look like success

DEVICE = {"libraries": ("jart_vcm_compiled",), "models": ("jart_vcm_v1b",)}
BROKEN = {
    "subcircuit that is not there": (bench(["vin ae 0 dc 1", "xq ae oe nosuch", "r2 oe 0 1k"]), Result.NETLIST),
    "model that is not there": (bench(["vin ae 0 dc 1", "d1 ae oe nosuch", "r2 oe 0 1k"]), Result.NETLIST),
    "library that is not included": (bench(["vin ae 0 dc 1", "xcell ae oe jart_vcm", "r2 oe 0 1k"]), Result.NETLIST),
    "nodes that are not there": (bench(["vin q 0 1", "r1 q 0 1k"]), Result.NETLIST),
    "garbage": (bench(["vin ae 0 dc 1", "this is not a netlist", "r2 oe 0 1k"]), Result.NETLIST),
    "state out of range": (bench(["vi ae 0 1", "vo oe 0 0", "xcell ae oe jart_vcm Ninit=0"], **DEVICE), Result.NETLIST),
    "value out of range": (bench(["vi ae 0 1", "vo oe 0 0", "xcell ae oe jart_vcm Rth0=1"], **DEVICE), Result.NETLIST),
    "loop of sources": (bench(["vin ae 0 dc 1", "v2 ae 0 dc 2", "r1 ae oe 1k", "r2 oe 0 1k"]), None),
    "no operating point": (bench(["vin ae 0 dc 1", "b1 oe 0 v = v(oe) > 0.5 ? 0 : 1", "r1 ae oe 1k"]), None),
    "contradiction halfway": (
        bench(["vin ae 0 pwl(0 0 .5u 0 .6u 1)", "r1 ae 0 1k", "b1 oe 0 v = v(ae) > 0.5 ? (v(oe) > 0.2 ? -1 : 1) : 0"]),
        Result.TIMESTEP,
    ),
    "no number halfway": (bench(["vin ae 0 pwl(0 0 .5u 0 .6u 1)", "b1 oe 0 v = sqrt(.5 - v(ae))", "r1 oe 0 1"]), None),
}  # fmt: skip


@pytest.mark.parametrize("name", BROKEN)
def test_failure_is_detected(engine, name):
    broken, expected = BROKEN[name]
    wave = engine.run(broken, throw=False)
    assert wave.result is not Result.OK
    assert wave.state is None
    assert expected is None or wave.result is expected
    assert wave.log
    with pytest.raises(SimulationError) as caught:
        engine.run(broken)
    assert caught.value.result is wave.result
    assert caught.value.deck.startswith("* a test")
    assert wave.result.value in str(caught.value)


def test_failures_try_the_whole_ladder_but_not_for_a_wrong_netlist(engine):
    assert engine.run(BROKEN["contradiction halfway"][0], throw=False).effort.rung == 3
    assert engine.run(BROKEN["garbage"][0], throw=False).effort.rung == 0


def test_error_survives_a_process_boundary(engine):
    with pytest.raises(SimulationError) as caught:
        engine.run(BROKEN["garbage"][0])
    error = pickle.loads(pickle.dumps(caught.value))
    assert (error.result, error.deck, error.log, str(error)) == (
        caught.value.result, caught.value.deck, caught.value.log, str(caught.value))  # fmt: skip


def test_model_that_cannot_be_loaded(tmp_path, monkeypatch):
    garbage = tmp_path / "garbage.osdi"
    garbage.write_bytes(b"this is no shared object")
    monkeypatch.setattr(osdi, "compiled_model", lambda model: garbage)
    with ouro.Ngspice() as one:
        wave = one.run(ouro.Cell1R(ouro.jart_vcm_v1b()).testbench(ouro.Pulse(-0.3, 1e-9)), throw=False)
    assert wave.result is Result.MODEL
    assert wave.state is None


@pytest.fixture(scope="module")
def single():
    """An engine whose only worker runs one circuit after the other."""
    with ouro.Ngspice(workers=1) as one:
        yield one


@pytest.mark.parametrize("name", list(BROKEN))
def test_the_circuit_before_a_failure_is_not_run_again(single, name):
    before = single.run(divider(3e3))
    wave = single.run(BROKEN[name][0], throw=False)
    assert wave.result is not Result.OK
    assert not len(wave.time_s) or not np.array_equal(wave.time_s, before.time_s)
    after = single.run(divider(1e3))
    assert before["v_oe"][-1] == pytest.approx(0.25, rel=1e-9)
    assert after["v_oe"][-1] == pytest.approx(0.5, rel=1e-9)


def test_state_outside_its_bounds_is_a_failure(engine):
    """A device that starts inside its window and is found outside is not believed."""
    held, free = ouro.jart_vcm_v1b(Nlo=0.5, Nhi=1.0), ouro.jart_vcm_v1b()
    assert engine.run(device_bench(held, "dc -0.6", 0.7, 1e-7), throw=False).result is Result.OK
    escaped = replace(device_bench(free, "dc -0.6", 0.7, 1e-7), device=held)
    wave = engine.run(escaped, throw=False)
    assert wave.result is Result.OUT_OF_BOUNDS
    assert wave.state is None


# ---- the waveform


def test_energy_is_what_the_sources_deliver(engine):
    elements = ["vin ae 0 dc 1", "r1 ae oe 1k", "r2 oe 0 1k"]
    probed = bench(elements, 1e-6, 50, (("v_in", "v(ae)"), ("i_in", "vin#branch")), sources=(("v_in", "i_in"),))
    assert engine.run(probed).energy_J == pytest.approx(1 / 2e3 * 1e-6, abs=0, rel=1e-9)


def test_effort_is_reported(engine):
    wave = engine.run(ouro.Cell1R(ouro.jart_vcm_v1b(window=True)).testbench(ouro.Pulse(-0.5, 1e-7)))
    assert wave.effort.points == len(wave.time_s) + wave.effort.rejected  # ngspice counts attempts
    assert wave.effort.iterations > wave.effort.points
    assert wave.effort.analysis_s > 0
    assert (wave.effort.rung, wave.effort.restarts) == (0, 0)


def test_waveform_ends_where_it_was_asked_to_and_names_its_netlist(engine):
    bench_ = ouro.Cell1R(ouro.jart_vcm_v1b()).testbench(ouro.Pulse(-0.3, 1e-8))
    wave = engine.run(bench_)
    assert wave.time_s[0] == 0
    assert wave.time_s[-1] == pytest.approx(bench_.stop_s, rel=1e-9)
    assert np.all(np.diff(wave.time_s) > 0)
    assert np.diff(wave.time_s).max() <= bench_.max_step_s * (1 + 1e-9)
    assert wave.testbench_sha256 == bench_.sha256


# ---- workers


def pulses_benches(count):
    rng = np.random.default_rng(11)
    cell = ouro.Cell1T1R(ouro.jart_vcm_v1b(window=True))
    return [
        cell.testbench(ouro.Pulse(float(v), 50e-9), cell.state(float(g)))
        for v, g in zip(rng.uniform(-1, 1.5, count), rng.uniform(120e-6, 500e-6, count), strict=True)
    ]


def test_results_do_not_depend_on_workers_recycling_or_history(engine):
    benches = pulses_benches(8)
    with ouro.Ngspice(workers=1, recycle=3) as one:
        alone = list(one.map(benches))
        again = [one.run(b) for b in reversed(benches)][::-1]
    for a, b, c in zip(alone, again, engine.map(benches), strict=True):
        for name in a.traces:
            assert np.array_equal(a[name], b[name])
            assert np.array_equal(a[name], c[name])
        assert a.state == b.state == c.state
        assert a.energy_J == b.energy_J == c.energy_J


def test_map_keeps_the_order_and_failures_in_their_place(engine):
    ratios = np.linspace(0.1, 0.9, 9)
    benches = [divider(1e3 * (1 / x - 1)) for x in ratios]
    benches.insert(4, BROKEN["garbage"][0])
    waves = list(engine.map(benches, throw=False))
    assert [w.result is Result.OK for w in waves] == [True] * 4 + [False] + [True] * 5
    del waves[4]
    assert [w["v_oe"][-1] for w in waves] == pytest.approx(list(ratios), rel=1e-9)
    with pytest.raises(SimulationError):
        list(engine.map(benches))


def test_map_of_nothing(engine):
    assert list(engine.map([])) == []


def test_leaving_a_map_early_ends_what_runs_and_leaves_a_usable_engine(monkeypatch):
    starts = []
    real = Worker._start
    monkeypatch.setattr(Worker, "_start", lambda worker: (starts.append(worker), real(worker)))
    with ouro.Ngspice(workers=2, timeout_s=3) as two:
        waves = two.map([divider(), *[bench(SLOW, 1e-6, 2_000_000)] * 4], throw=False)
        next(waves)
        waves.close()
        # a task that was given up is no dead worker's task: it is not begun once more
        assert len(starts) == 2
        for _ in range(2):
            assert two.run(divider())["v_oe"][-1] == pytest.approx(0.5)


def test_a_closed_engine_starts_again_when_it_is_used():
    with ouro.Ngspice() as one:
        one.run(divider())
    assert one.run(divider())["v_oe"][-1] == pytest.approx(0.5)
    one.close()
    one.close()


def worker_process(engine):
    return engine._pool._workers[0]._process


def test_time_out_is_a_result_and_the_next_run_is_clean():
    with ouro.Ngspice(timeout_s=0.5) as one:
        first = one.run(divider())
        wave = one.run(bench(SLOW, 1e-6, 2_000_000), throw=False)
        assert wave.result is Result.TIMEOUT
        assert wave.state is None
        assert len(wave.time_s) == 0
        assert np.array_equal(one.run(divider())["v_oe"], first["v_oe"])


def test_time_out_raises_by_default():
    with ouro.Ngspice(timeout_s=0.3) as one, pytest.raises(SimulationError, match="time limit") as caught:
        one.run(bench(SLOW, 1e-6, 2_000_000))
    assert caught.value.result is Result.TIMEOUT


def test_a_worker_that_dies_is_replaced_its_task_repeated_and_counted():
    bench_ = pulses_benches(1)[0]
    with ouro.Ngspice() as one:
        expected = one.run(bench_)
        doomed = worker_process(one)
        os.kill(doomed.pid, signal.SIGSTOP)  # it has the task, and will not answer
        got = {}
        thread = threading.Thread(target=lambda: got.update(wave=one.run(bench_)))
        thread.start()
        time.sleep(0.05)
        os.kill(doomed.pid, signal.SIGKILL)
        thread.join(60)
        assert got["wave"].result is Result.OK
        assert got["wave"].effort.restarts == 1
        assert np.array_equal(got["wave"]["n_disc"], expected["n_disc"])
        assert worker_process(one).pid != doomed.pid
        assert one.run(bench_).effort.restarts == 0


def test_a_task_that_kills_its_worker_twice_is_a_failure_and_not_the_end():
    with ouro.Ngspice() as one:
        one.run(divider())
        over = threading.Event()

        def killer():
            # a worker is killed once it has been given a task, so never while it starts
            killed = set()
            while not over.wait(0.02):
                worker = one._pool._workers[0]
                process = worker._process
                if process is not None and worker._tasks and process.pid not in killed:
                    killed.add(process.pid)
                    process.kill()

        long_run = bench(SLOW, 1e-6, 2_000_000)
        thread = threading.Thread(target=killer)
        thread.start()
        try:
            wave = one.run(long_run, throw=False)
        finally:
            over.set()
            thread.join()
        assert wave.result is Result.WORKER
        assert "SIGKILL" in wave.log[-1] and "a test" in wave.log[-1]
        assert wave.state is None
        assert one.run(divider()).result is Result.OK


def test_simulate_has_an_engine_of_its_own():
    cell = ouro.Cell1R(ouro.jart_vcm_v1b(window=True))
    wave = ouro.simulate(cell, ouro.Pulse(-0.5, 1e-7))
    assert wave.result is Result.OK
    assert default_engine() is default_engine()
    default_engine().close()


def test_a_refused_netlist_does_not_poison_the_ones_behind_it():
    """An undefined parameter leaves libngspice unable to read any other netlist: the process is replaced."""
    poison = replace(divider(), elements=("v1 in 0 {nan}", "r1 in 0 1k"))
    with ouro.Ngspice(workers=1) as engine:
        results = [engine.run(bench, throw=False).result for bench in (divider(), poison, divider(), poison, divider())]
    assert results == [Result.OK, Result.NETLIST, Result.OK, Result.NETLIST, Result.OK]


@pytest.mark.parametrize("arguments", [{"workers": 0}, {"workers": -3}, {"timeout_s": float("nan")}, {"recycle": 0}])
def test_an_engine_that_makes_no_sense_is_refused(arguments):
    with pytest.raises(ValueError, match=next(iter(arguments))):
        ouro.Ngspice(**arguments)


def test_a_cache_with_a_space_in_its_name(tmp_path, monkeypatch):
    monkeypatch.setenv("OURO_SPICE_CACHE", str(tmp_path / "a cache"))
    osdi.compiled_model.cache_clear()
    try:
        with ouro.Ngspice() as engine:
            cell = ouro.Cell1R(ouro.jart_vcm_v1b())
            assert engine.run(cell.testbench(ouro.Pulse(-0.5, 1e-9))).result is Result.OK
    finally:
        osdi.compiled_model.cache_clear()


@pytest.mark.ngspice
def test_a_failure_inside_one_task_leaves_the_others_alone():
    cell = ouro.Cell1R(ouro.jart_vcm_v1b(window=True))
    good = cell.testbench([ouro.Pulse(-0.5, 1e-6)])
    bad = replace(good, elements=(*good.elements, "nonsense 1 2"))

    def work(number):
        if number:
            return [shared.run(good).result for _ in range(20)]
        with pytest.raises(ouro.SimulationError):
            list(shared.map([good, bad, good]))
        return []

    with ouro.Ngspice(workers=2) as shared:
        _, found = shared.each(work, [0, 1])
    assert set(found) == {ouro.Result.OK}


@pytest.mark.ngspice
def test_a_vector_that_is_missing_from_an_array_is_named(engine):
    array = ouro.Crossbar(2, 1, ouro.Cell1R(ouro.jart_vcm_v1b(window=True)))
    bench = array.cell_at(0, 0).testbench([ouro.Pulse(-0.5, 1e-8)])
    record = replace(bench.record, states=(("v(nowhere)",), bench.record.states[1]))
    with pytest.raises(ouro.SimulationError, match="nowhere"):
        engine.run(replace(bench, record=record))


@pytest.mark.ngspice
def test_time_limits_grow_with_arrays():
    array = ouro.Crossbar(16, 16, ouro.Cell1T1R(ouro.jart_vcm_v1b(window=True)))
    with ouro.Ngspice(timeout_s=1e-3) as engine:
        wave = engine.run(array.cell_at(0, 0).testbench([ouro.Pulse(-0.6, 1e-8)]), throw=False)
    assert wave.result is ouro.Result.TIMEOUT and "0.004 s" in wave.log[-1] and not wave.maps
