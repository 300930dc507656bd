"""Forked children have simulators of their own; one that dies says of what; what would crash one does not reach it."""

from __future__ import annotations

import functools
import multiprocessing
import os
import pickle
import queue
import re
import signal
import subprocess
import sys
import threading
import time
from dataclasses import replace

import numpy as np
import pytest

import ouro_spice as ouro
from ouro_spice import Result, SimulationError
from ouro_spice._util.forks import cached_property
from ouro_spice.device.jart import walk_values
from ouro_spice.device.jart.jart_parameters import PARAMETERS
from ouro_spice.device.jart.spread import VARYING
from ouro_spice.device.jart.walk_state import WalkState
from ouro_spice.spice import illegal_elements, worker_process
from ouro_spice.spice.ngspice import default_engine

# Python 3.12 and later warn of any thread, such as those of a test runner
pytestmark = pytest.mark.filterwarnings("ignore:.*multi-threaded:DeprecationWarning")

DEVICE = ouro.jart_vcm_v1b(window=True)
CELL = ouro.Cell1R(DEVICE)
ARRAY = ouro.Crossbar(2, 2, CELL).cell_at(0, 1)


def one(volts, engine=None, cell=CELL):
    """All numbers of a pulse."""
    state = ouro.State((0.2,) * (4 if cell == ARRAY else 1))
    wave = ouro.simulate(cell, [ouro.Pulse(volts, 100e-9)], state, engine=engine)
    return wave["i_cell"].tobytes(), wave["n_disc"].tobytes(), wave.energy_J, wave.state


def ended(pid):
    """The exit code of a forked child."""
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


@pytest.mark.ngspice
def test_a_forked_pool_gives_what_one_process_does():
    """Children shared one pipe to one simulator, and took each other's answers."""
    volts = [-0.5, -0.51, -0.52, -0.53]
    right = [one(v) for v in volts]
    array = functools.partial(one, engine=default_engine(), cell=ARRAY)
    of_array = array(-0.5)
    with multiprocessing.get_context("fork").Pool(2) as pool:
        assert pool.map(one, volts * 5, chunksize=1) == right * 5
        # an engine that is sent is the one that the child has
        assert pool.map(functools.partial(one, engine=default_engine()), volts, chunksize=1) == right
        assert pool.map(array, [-0.5] * 3, chunksize=1) == [of_array] * 3
    assert [one(v) for v in volts] == right
    default_engine().close()


PROGRAM = """
import os, signal, sys, threading, time
import ouro_spice as ouro
from ouro_spice._util.forks import temporary_folder

cell = ouro.Cell1R(ouro.jart_vcm_v1b(window=True))
engine = ouro.Ngspice()

def one():
    return ouro.simulate(cell, [ouro.Pulse(-0.5, 100e-9)], engine=engine).state

def fork(work, end):
    pid = os.fork()
    if not pid:
        end(0 if work() else 1)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])

right = one()
process = engine._pool._workers[0]._process
over = threading.Event()

def busy():
    with temporary_folder() as folder:
        while not over.is_set():
            assert one() == right
            time.sleep(0.02)
        assert folder.is_dir()

thread = threading.Thread(target=busy)
thread.start()
time.sleep(0.1)
waves = engine.map([cell.testbench([ouro.Pulse(-0.5, 1e-9)])] * 3)
next(waves)

def goes_on():
    try:
        next(waves)
    except RuntimeError as error:
        return "forked child" in str(error)

print(fork(goes_on, sys.exit))
print(fork(lambda: one() == right and fork(lambda: one() == right, os._exit) == 0 and one() == right, sys.exit))
print(sum(1 for _ in waves))

def doomed():
    one()
    print(engine._pool._workers[0]._process.pid, flush=True)
    os.kill(os.getpid(), signal.SIGKILL)

print(fork(doomed, os._exit))
over.set()
thread.join()
print(one() == right, process.poll(), engine._pool._workers[0]._process is process)
engine.close()
"""


def gone(pid):
    """Whether a process ends within ten seconds."""
    for _ in range(200):
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return True
        threading.Event().wait(0.05)
    return False


@pytest.mark.ngspice
def test_children_end_as_they_like_while_their_parent_simulates():
    """By `sys.exit`, with what is registered for it, with a child of their own, by SIGKILL: none ends its worker."""
    # unbuffered: a child would print once more what its parent had not yet written
    command = [sys.executable, "-u", "-W", "error", "-W", "ignore:.*multi-threaded:DeprecationWarning", "-c", PROGRAM]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    *lines, orphan, killed, last = done.stdout.split("\n")[:-1]
    assert lines == ["0", "0", "2"]
    assert (killed, last) == ("-9", "True None True")
    assert gone(int(orphan))


def test_engines_find_themselves_again():
    engine = ouro.Ngspice(workers=2, timeout_s=7.0)
    assert pickle.loads(pickle.dumps(engine)) is engine
    assert pickle.loads(pickle.dumps(default_engine())) is default_engine()
    sent = pickle.dumps(engine)
    del engine
    other, again = pickle.loads(sent), pickle.loads(sent)
    assert other is again
    assert (other.workers, other._pool.timeout_s) == (2, 7.0)


def test_a_property_that_another_thread_computes_does_not_stop_a_child():
    class Slow:
        @cached_property
        def value(self):
            begun.set()
            return over.wait(20)

    begun, over = threading.Event(), threading.Event()
    thread = threading.Thread(target=lambda: Slow().value)
    thread.start()
    begun.wait(20)
    pid = os.fork()
    if not pid:
        over = threading.Event()
        over.set()
        os._exit(0 if Slow().value else 1)
    waiting = threading.Timer(10, os.kill, (pid, 9))
    waiting.start()
    assert ended(pid) == 0
    waiting.cancel()
    over.set()
    thread.join()


@pytest.mark.ngspice
def test_leaving_a_map_early_leaves_the_work_of_other_threads_alone():
    sine = ("v1 ae 0 sin(0 1 1e6)", "r1 ae 0 1k")
    long = ouro.Testbench("many periods", (), (), sine, 1e-3, 1e-9, (("v", "v(ae)"),))
    with ouro.Ngspice(workers=2) as engine:
        right, found, over = one(-0.5, engine), [], threading.Event()

        def work():
            while not over.is_set():
                found.append(one(-0.5, engine))

        thread = threading.Thread(target=work)
        thread.start()
        for _ in range(3):
            waves = engine.map([CELL.testbench([ouro.Pulse(-0.3, 1e-9)]), long, long], throw=False)
            next(waves)
            waves.close()
        over.set()
        thread.join()
        assert found and all(numbers == right for numbers in found)


class Slow(queue.SimpleQueue):
    """A queue that lets other threads come between."""

    def get(self, *arguments, **options):
        time.sleep(0.01)
        return super().get(*arguments, **options)


def test_an_engine_may_be_closed_by_several_threads_at_once(monkeypatch):
    monkeypatch.setattr(queue, "SimpleQueue", Slow)
    engine = ouro.Ngspice(workers=3)
    threads = [threading.Thread(target=engine.close, daemon=True) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert not any(thread.is_alive() for thread in threads)


# ---- crashes


def two_instances(first, second):
    elements = (".model m jart_vcm_v1b", "v1 ae 0 dc 0.1", f"n1 ae 0 0 0 0 0 m {first}", f"n2 ae 0 0 0 0 0 m {second}")
    return ouro.Testbench("two memristors", (), ("jart_vcm_v1b",), elements, 1e-9, 1e-11, (("v", "v(ae)"),))


@pytest.mark.ngspice
def test_a_crash_names_the_element_and_the_signal():
    """A second instance beyond its range, by the last digit of nothing, is a segmentation fault of ngspice 46."""
    with ouro.Ngspice() as engine:
        with pytest.raises(SimulationError, match=r"SIGSEGV.*n2 has Nlo = -1e-20, legal is 0 \.\. 1e\+06") as caught:
            engine.run(two_instances("Ninit=1", "Ninit=1 Nlo=-1e-20"))
        assert caught.value.result is Result.WORKER
        assert any("Nlo is out of bounds" in line for line in caught.value.log)
        wave = engine.run(two_instances("Ninit=0", "Ninit=1"), throw=False)  # the first one: ngspice says so itself
        assert wave.result is Result.NETLIST
        assert "n1 has Ninit = 0.0" in wave.log[-1]


def test_suspects_are_memristors_alone():
    line = "xq ae oe jart_vcm_walk Ninit=5e-5\n+ l=7 r={x}"
    bench = replace(two_instances("Ninit=1", "l=0.1"), elements=("m1 d g s b nmos_io W=1e-5 L=0.35e-6", line))
    assert (
        illegal_elements.suspects(bench)
        == "xq has Ninit = 5e-05, legal is 0.0001 .. 1000, xq has l = 7.0, legal is 0.1 .. 5"
    )
    clean = two_instances("Ninit=1e-4", "Nhi=1000000 l=5")
    assert illegal_elements.suspects(clean) == ""
    told = illegal_elements.crash_report(clean, "signal 9, SIGKILL", ["a", "b "])
    assert "SIGKILL" in told and "two memristors" in told and "'b'" in told


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (-signal.SIGKILL, "SIGKILL.*memory"),
        (-signal.SIGBUS, "SIGBUS.*disk"),
        (-signal.SIGSEGV, "SIGSEGV"),
        (-60, "signal 60"),
        (1, "exit code 1"),
    ],
)
def test_the_cause_of_a_death_is_said(code, words):
    assert re.search(words, worker_process._cause(code))


@pytest.mark.parametrize("realisation", ["compiled", "behavioural"])
def test_a_state_that_no_netlist_may_have_names_its_cell(realisation):
    device = ouro.jart_vcm_v1b(realisation=realisation)
    cell = ouro.Crossbar(2, 2, ouro.Cell1R(device)).cell_at(0, 0)
    for n in (2000.0, 9.999e-5):
        with pytest.raises(ValueError, match=rf"cell \(1, 0\): n_disc = {n:g} is outside"):
            cell.testbench([ouro.Pulse(-0.3, 1e-9)], ouro.State((1.0, 1.0, n, 1.0)))
        with pytest.raises(ValueError, match=f"n_disc = {n:g} is outside"):
            ouro.Cell1R(device).testbench([ouro.Pulse(-0.3, 1e-9)], ouro.State((n,)))


def test_rounding_is_held_at_the_edge_of_a_range():
    for name, parameter in PARAMETERS.items():
        low, high = parameter.low, parameter.high
        below = low * (1 - 3e-16 * np.sign(low)) if low else -1e-20 * high
        above = np.nextafter(high, np.inf)
        assert below < low and above > high
        assert (parameter.within(below), parameter.within(above)) == (low, high), name
        assert parameter.within(low) == low and parameter.within(high) == high
        for wrong in (low - 1e-6 * (high - low), high + 1e-6 * (high - low), np.nan, np.inf, True, "1"):
            with pytest.raises(ValueError, match=name):
                parameter.within(wrong)
    edge = ouro.State((float(np.nextafter(1e-4, 0)),))
    bench = ouro.Cell1R(ouro.jart_vcm_v1b()).testbench([ouro.Pulse(-0.3, 1e-9)], edge)
    assert any("Ninit=0.0001" in line for line in bench.elements)


def test_a_walk_may_end_at_the_edge_of_a_range():
    """The end of its band differs from that of the range in the last digit, by which a read was refused."""
    device = ouro.jart_vcm_v1b(walk=ouro.Walk(), r=100e-9 / 1.1, Ndiscmin=1e-3)
    values = [getattr(device, name) for name in VARYING]
    now = WalkState.at(np.nextafter(100e-9, 1), values[1], np.nextafter(1e-4, 0), values[3], 1.0)
    frozen = walk_values.current_device(device, 1.0, now)
    assert (frozen.r, frozen.Ndiscmin) == (100e-9, 1e-4)
