"""Long work on arrays that is interrupted, or killed, and run again."""

from __future__ import annotations

import json
import os
import signal
import sys

import numpy as np
import pytest
from test_cli import Done, alive, here, one_line, start, wait_for  # noqa: F401 - start is a fixture

import ouro_spice as ouro
from ouro_spice._util.files import OutputError
from ouro_spice.device.jart.read_noise import Telegraph
from ouro_spice.device.jart.walk_state import WalkState
from ouro_spice.provenance.journal import Journal, plain_state, restored_state
from ouro_spice.reporting import array_figures

DEVICE = ouro.jart_vcm_v1b(window=True)
ARRAY = ouro.Crossbar(2, 3, ouro.Cell1R(DEVICE, lines=ouro.Lines(r_bl=5.0, r_wl=5.0)))
PULSE = ouro.Pulse(-0.5, 1e-7)
GOES_ON = "ouro-spice: interrupted; what was finished is kept, run again to go on"
POSITION = ("array", "position", "--rows", 2, "--cols", 3, "--cell", "1r", "--amplitude", -0.5, "--width", 1e-7,
            "--workers", 1, "--json", "--out")  # fmt: skip


class Counted:
    """A function that counts its calls, and is interrupted by Ctrl-C after some of them."""

    def __init__(self, function):
        self.function, self.calls, self.last = function, 0, None

    def __call__(self, *given, **more):
        if self.calls == self.last:
            raise KeyboardInterrupt
        self.calls += 1
        return self.function(*given, **more)


@pytest.fixture
def counted(monkeypatch):
    """Count the calls of a function of a module of arrays; the next ones are counted, and interrupted, anew."""

    def of(module, name):
        module = sys.modules[f"ouro_spice.array.{module}"]
        one = Counted(getattr(module, name))
        monkeypatch.setattr(module, name, one)

        def calls(work, last=None):
            one.calls, one.last = 0, last
            if last is None:
                return work(), one.calls
            with pytest.raises(KeyboardInterrupt):
                work()
            return None, one.calls

        return calls

    return of


def same(one, other, *names):
    for name in names:
        assert np.array_equal(getattr(one, name), getattr(other, name), equal_nan=True), name


# ---- the file


def opened(folder, digest="a" * 64):
    return Journal(folder, digest)


def test_numbers_come_back_exactly(tmp_path):
    values = [*np.random.default_rng(1).normal(size=100) * 1e-9, float("nan"), float("inf"), -0.0, 5e-324, 0.1 + 0.2]
    opened(tmp_path).add("all", values)
    assert np.array(opened(tmp_path).items["all"]).tobytes() == np.array(values).tobytes()


def test_nothing_is_written_before_the_first_item(tmp_path):
    assert opened(tmp_path).items == {}
    assert list(tmp_path.iterdir()) == []


def test_work_is_done_once_and_the_last_line_of_a_key_counts(tmp_path):
    kept = opened(tmp_path)
    assert kept.once("a", lambda: [1.5]) == [1.5]
    kept.add("b", [1])
    kept.add("b", [2])
    assert opened(tmp_path).once("a", lambda: 1 / 0) == [1.5]
    assert opened(tmp_path).items["b"] == [2]


def test_a_file_that_was_torn_anywhere_gives_its_whole_lines(tmp_path):
    kept = opened(tmp_path)
    for number in range(3):
        kept.add(str(number), [number, 0.1])
    whole = kept.path.read_bytes()
    head = whole.index(b"\n")
    for size in range(head, len(whole) + 1):
        kept.path.write_bytes(whole[:size])
        again = opened(tmp_path)
        # one that lacks nothing but the end of its line is whole, too
        assert again.items == {str(k): [k, 0.1] for k in range((whole[:size] + b"\n")[head + 1 :].count(b'"]\n'))}
        again.add("new", [7.0])
        assert opened(tmp_path).items == again.items | {"new": [7.0]}


def test_a_digit_that_was_changed_is_work_to_be_done_again(tmp_path):
    kept = opened(tmp_path)
    kept.add("a", [1.25])
    kept.add("b", [2.5])
    kept.path.write_text(kept.path.read_text().replace("1.25", "1.35"))
    assert opened(tmp_path).items == {"b": [2.5]}


@pytest.mark.parametrize("content", ["", '{"digest": "b"}\n["0,0", [1.0]]\n', "\x00\x00"])
def test_a_file_of_something_else_is_refused_by_its_name(tmp_path, content):
    path = opened(tmp_path).path
    path.write_text(content)
    with pytest.raises(ValueError, match="remove it, or name another folder") as refused:
        opened(tmp_path)
    assert str(path) in str(refused.value)
    assert path.read_text() == content


def test_other_work_has_a_file_of_its_own(tmp_path):
    opened(tmp_path).add("a", [1])
    assert opened(tmp_path, "b" * 64).items == {}
    assert opened(tmp_path).items == {"a": [1]}


def test_a_folder_that_is_none(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(OutputError, match="cannot write to"):
        opened(tmp_path / "file")


def test_states_come_back_exactly():
    walk = WalkState.at(4.5e-8, 0.1 + 0.2, 0.008, 20.0, 1 / 3)
    state = ouro.State((0.1, 1 / 3), {"b": -0.1, "a": 1e-300}, (None, walk), (Telegraph(-1, 0.3, 7), None))
    again = restored_state(json.loads(json.dumps(plain_state(state))))
    assert again == state and list(again.volts) == ["b", "a"]


# ---- positions, reads, pulses


@pytest.mark.ngspice
def test_positions_go_on_where_they_were(tmp_path, counted):
    calls = counted("position_sweep", "simulate")
    maps = ("g_before_S", "g_after_S", "v_start_V", "v_end_V", "energy_J")

    def sweep(out=tmp_path, pulse=PULSE, **more):
        return ouro.sweep_positions(ARRAY, pulse, workers=1, out=out, **more)

    whole, every = calls(lambda: sweep(None))
    assert (every, whole.kept) == (6, None)
    assert calls(sweep, last=2) == (None, 2)
    assert calls(sweep, last=1) == (None, 1)
    found, more = calls(sweep)
    assert more == 3
    same(found, whole, *maps)
    # what is written, how, where to and from which state are other work; how many positions is not
    assert calls(lambda: sweep(positions=2))[1] == 0
    other, more = calls(lambda: sweep(pulse=ouro.Pulse(-0.4, 1e-7), positions=2))
    assert more == 4 and other.kept != found.kept
    for changed in ({"fidelity": "frozen"}, {"seed": 1}, {"state": ARRAY.state(2e-4)}):
        assert calls(lambda changed=changed: sweep(positions=2, **changed))[1] == 4
    changed = ARRAY.draw(np.random.default_rng(1))
    assert calls(lambda: ouro.sweep_positions(changed, PULSE, positions=2, workers=1, out=tmp_path))[1] == 4


@pytest.mark.ngspice
def test_what_other_workers_finish_is_kept(tmp_path, counted):
    calls = counted("position_sweep", "simulate")
    _, begun = calls(lambda: ouro.sweep_positions(ARRAY, PULSE, workers=2, out=tmp_path), last=4)
    (path,) = tmp_path.iterdir()
    there = len(path.read_text().splitlines()) - 1
    assert 1 <= there <= begun
    found, more = calls(lambda: ouro.sweep_positions(ARRAY, PULSE, workers=2, out=tmp_path))
    assert more == 6 - there
    same(found, ouro.sweep_positions(ARRAY, PULSE, workers=1), "g_after_S", "v_end_V", "energy_J")


@pytest.mark.ngspice
def test_reads_go_on_even_those_without_a_reading(tmp_path, counted):
    calls, array = (
        counted("sneak_paths", "sneak"),
        ouro.Crossbar(2, 2, ouro.Cell1R(DEVICE)).resistors([[1e2, 5e3], [2e4, 1e5]]),
    )

    def read(last=None, **options):
        return calls(lambda: ouro.sneak_map(array, workers=1, fidelity="full", **options), last=last)

    whole, every = read()
    assert every == 4 and np.isnan(whole.reading_S).any()
    assert read(3, out=tmp_path) == (None, 3)
    found, more = read(out=tmp_path)
    assert more == 1
    same(found, whole, "g_S", "sensed_A", "own_A", "reading_S", "clipped")
    assert read(out=tmp_path, cells=[(0, 1)])[1] == 0
    solved = ouro.sneak_map(array, workers=1, out=tmp_path)
    assert solved.kept != found.kept, "reads of another fidelity have a file of their own"


@pytest.mark.ngspice
def test_pulses_go_on_from_the_state_that_was_kept(tmp_path, counted, monkeypatch):
    monkeypatch.setattr(sys.modules["ouro_spice.array.disturbance"], "_REDONE", 4)
    calls = counted("disturbance", "simulate")
    device = DEVICE.replace(walk=ouro.Walk(1e-7), read_noise=ouro.ReadNoise(1e6, 0.0))
    selection = ouro.Crossbar(1, 2, ouro.Cell1R(device)).cell_at(0, 1)

    def run(out=tmp_path, n=20):
        return ouro.disturb(selection, ouro.Pulse(-0.7, 1e-7), n, explicit=True, seed=3, out=out)

    whole, every = calls(lambda: run(None))
    assert every == 20
    assert calls(run, last=1) == (None, 1)
    assert calls(run, last=12) == (None, 12)
    found, more = calls(run)
    # of 13 pulses the last was not kept
    assert more == 8
    same(found, whole, "pulses", "g_S")
    assert list(found.pulses) == sorted(found.pulses) and found.pulses[-1] == 20
    assert calls(run)[1] == 0
    assert calls(lambda: run(n=2))[1] == 2
    followed = ouro.disturb(selection, ouro.Pulse(-0.7, 1e-7), 5, out=tmp_path / "none")
    assert followed.kept is None and not (tmp_path / "none").exists()


# ---- the command line


@pytest.fixture
def command(capsys):
    return here(capsys)


def interrupted(*_, **__):
    raise KeyboardInterrupt


@pytest.mark.parametrize(
    ("arguments", "function", "line"),
    [
        (("position", "--amplitude", -0.5), "position_sweep.sweep_positions", GOES_ON),
        (("read",), "sneak_paths.sneak_map", GOES_ON),
        (("disturb", "--amplitude", -0.5, "--explicit"), "disturbance.disturb", GOES_ON),
        (("disturb", "--amplitude", -0.5), "disturbance.disturb", "ouro-spice: interrupted"),
        (("write", "--amplitude", -0.5), "array_write.write_array", "ouro-spice: interrupted"),
        (("product",), "vector_product.product", "ouro-spice: interrupted"),
    ],
)
def test_ctrl_c_says_what_is_true(command, tmp_path, monkeypatch, arguments, function, line):
    monkeypatch.setattr(f"ouro_spice.array.{function}", interrupted)
    done = command("array", *arguments, "--out", tmp_path)
    assert (done.returncode, done.stdout, one_line(done)) == (130, "", line)


@pytest.mark.parametrize(
    ("name", "function", "line"),
    [
        ("sim", "ouro_spice.experiment.main_job.run", GOES_ON),
        ("switching-curves", "ouro_spice.experiment.switching_curves.switching_curves", GOES_ON),
        ("decks", "ouro_spice.experiment.main_job.judge", "ouro-spice: interrupted"),
        ("doctor", "ouro_spice.spice.doctor.examine", "ouro-spice: interrupted"),
    ],
)
def test_ctrl_c_of_other_commands(command, tmp_path, monkeypatch, name, function, line):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(function, interrupted)
    done = command(name)
    assert (done.returncode, done.stdout, one_line(done)) == (130, "", line)


@pytest.mark.ngspice
def test_the_file_is_there_until_the_results_are(command, tmp_path, monkeypatch, counted):
    calls = counted("position_sweep", "simulate")
    with monkeypatch.context() as patch:
        patch.setattr(array_figures, "write_results", interrupted)
        done, count = calls(lambda: command(*POSITION, tmp_path))
        assert (done.returncode, count, one_line(done)) == (130, 6, GOES_ON)
    done, count = calls(lambda: command(*POSITION, tmp_path))
    assert (done.returncode, done.stderr, count) == (0, "", 0)
    assert not list(tmp_path.glob("unfinished-*"))
    assert (tmp_path / "summary.json").is_file()
    assert calls(lambda: command(*POSITION, tmp_path))[1] == 6


SLOW = """
import time, ouro_spice.array.position_sweep as position
real, count = position.simulate, 0
def simulate(*given, **more):
    global count
    count += 1
    if count > 2:
        time.sleep(60 if {forever} else 1)
    return real(*given, **more)
position.simulate = simulate
"""


@pytest.mark.ngspice
@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGKILL])
def test_a_process_that_is_stopped(tmp_path, start, command, counted, sent):  # noqa: F811
    child = start(*POSITION, tmp_path, before=SLOW.format(forever=sent == signal.SIGKILL))

    def finished():
        return sum(len(path.read_text().splitlines()) - 1 for path in tmp_path.glob("unfinished-*"))

    wait_for(lambda: child.poll() is not None or finished() == 2, "the second position")
    os.kill(child.pid, sent)
    out, err = child.communicate()
    if sent == signal.SIGINT:
        assert (child.returncode, out, err) == (130, "", GOES_ON + "\n")
    wait_for(lambda: not alive(child.pid), "the end of all processes", 5)
    assert finished() == 2
    calls = counted("position_sweep", "simulate")
    again, more = calls(lambda: command(*POSITION, tmp_path))
    assert (again.returncode, again.stderr, more) == (0, "", 4)
    whole = command(*POSITION, tmp_path / "whole")
    assert again.stdout == whole.stdout
    assert (tmp_path / "position.csv").read_bytes() == (tmp_path / "whole" / "position.csv").read_bytes()
