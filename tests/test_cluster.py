"""Work on a Dask cluster: a real scheduler and two worker processes on loopback give the same results as this process.

The wider matrix, all verbs byte for byte, is `benchmarks/scale_out.py`.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest

import ouro_spice as ouro
from ouro_spice import PulseDataset
from ouro_spice._util.machine import ToolError
from ouro_spice._util.validity import ValidityWarning, warn
from ouro_spice.dataset import pulse_dataset
from ouro_spice.dataset.recipe import Recipe
from ouro_spice.device.jart.spread import SPREADS
from ouro_spice.programming.tuning import rank
from ouro_spice.provenance.manifest import tools
from ouro_spice.spice import dask_cluster
from ouro_spice.spice.execution import executor
from ouro_spice.spice.portable import packed

pytestmark = pytest.mark.ngspice

DEVICE = ouro.jart_vcm_v1b(window=True, walk=ouro.Walk())
COMPACT = ouro.CompactCell(DEVICE)
PAIR = ouro.Pair(-0.414269, 0.854029, 60e-6)
START_S = 60


def spawned(module, *arguments):
    command = [sys.executable, "-m", module, *arguments]
    path = os.pathsep.join([str(Path(__file__).parent), *filter(None, [os.environ.get("PYTHONPATH")])])  # tasks of here
    environment = os.environ | {"PYTHONPATH": path, "PYTHONWARNINGS": "ignore"}
    return subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


@pytest.fixture(scope="module")
def processes(tmp_path_factory):
    """A scheduler and two workers, one thread each; where the scheduler writes its address."""
    file = tmp_path_factory.mktemp("dask") / "scheduler.json"
    common = ["--no-dashboard", "--scheduler-file", str(file)]
    started = [spawned("distributed.cli.dask_scheduler", "--host", "127.0.0.1", "--port", "0", *common)]
    try:
        options = ["--nthreads", "1", "--no-nanny", "--local-directory", str(file.parent), "--host", "127.0.0.1"]
        started += [spawned("distributed.cli.dask_worker", *common, *options) for _ in range(2)]
        yield started, file
    finally:
        for process in started[::-1]:
            process.terminate()
            process.wait(30)


@pytest.fixture(scope="module")
def scheduler(processes):
    """Address of a scheduler with two workers."""
    return address(processes[1])


def address(file, workers=2):
    """The scheduler's address, when its workers are there."""
    from distributed import Client

    end = time.monotonic() + START_S
    while not file.is_file():
        assert time.monotonic() < end, "the scheduler does not start"
        time.sleep(0.1)
    with Client(scheduler_file=str(file), timeout=START_S, set_as_default=False) as client:
        client.wait_for_workers(workers, timeout=START_S)
        return client.scheduler.address


@pytest.fixture(autouse=True)
def small_shards(monkeypatch):
    monkeypatch.setattr(pulse_dataset, "_SHARD", 3)
    monkeypatch.setattr(pulse_dataset, "_COMPACT_SHARD", 3)


def contents(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.mark.parametrize("cell", [ouro.Cell1R(DEVICE), ouro.CompactCell(DEVICE)], ids=["1R", "compact"])
def test_a_cluster_makes_the_same_records(scheduler, tmp_path, cell):
    ouro.extract(cell, 8, 3, tmp_path / "cluster", voltages=PAIR, scheduler=scheduler)
    ouro.extract(cell, 8, 3, tmp_path / "here", workers=2, voltages=PAIR)
    assert contents(tmp_path / "cluster") == contents(tmp_path / "here")


def test_work_begun_here_goes_on_there(scheduler, tmp_path):
    cell = ouro.CompactCell(DEVICE)
    ouro.extract(cell, 8, 3, tmp_path / "data", voltages=PAIR)
    whole = contents(tmp_path / "data")
    (tmp_path / "data" / "records-00001.parquet").unlink()
    ouro.extract(cell, 8, 3, tmp_path / "data", voltages=PAIR, scheduler=scheduler)
    assert contents(tmp_path / "data") == whole
    assert len(PulseDataset.load(tmp_path / "data").frame) == 8


def test_without_a_folder_the_records_are_in_order(scheduler):
    data = ouro.extract(ouro.CompactCell(DEVICE), 8, 3, voltages=PAIR, scheduler=scheduler)
    assert list(data.frame.record) == list(range(8))


@pytest.mark.parametrize("where", ["tcp://127.0.0.1:9", "nonsense://x", ""])
def test_a_scheduler_that_is_not_there_is_told(monkeypatch, where):
    monkeypatch.setattr(dask_cluster, "_CONNECT_S", 1)
    with pytest.raises((ToolError, ValueError), match="scheduler"):
        ouro.extract(ouro.CompactCell(DEVICE), 8, 3, voltages=PAIR, scheduler=where)


def drawn(cell, n, pair=PAIR):
    recipe = Recipe(n, 5, pair, d2d=SPREADS["ten_percent"])
    return [recipe.draw(cell, k) for k in range(n)]


def writes(cell, programmer, n, **where):
    some = drawn(cell, n)
    cells = ouro.fleet(cell, some)
    targets = [one.target_S for one in some]
    found = ouro.write_many(cells, programmer, targets, 0.2, 6, places=range(n)[::-1], **where)
    cells_end = [cells.state(k) for k in range(n)]
    getattr(cells, "close", lambda: None)()
    return found, cells_end


@pytest.mark.parametrize(("cell", "n"), [(COMPACT, 7), (ouro.Cell1R(DEVICE), 3)], ids=["compact", "1R"])
def test_writes_in_parts_are_the_same_writes(scheduler, cell, n):
    """Histories, and the states that they leave the cells in."""
    there, here = writes(cell, ouro.ISPP(PAIR), n, scheduler=scheduler), writes(cell, ouro.ISPP(PAIR), n)
    assert there == here


class Alternating:
    """A programmer of a script, which the workers cannot import; it knows a cell by its number."""

    name, knows = "alternating", "nothing"

    def next_choices(self, situation):
        signs = [
            -1 if target > row[-1] else 1 for target, row in zip(situation.targets_S, situation.readings_S, strict=True)
        ]
        return [ouro.Pulse(0.6 * sign, 1e-8 * (1 + cell)) for sign, cell in zip(signs, situation.cells, strict=True)]


def test_a_programmer_is_sent_along_and_told_the_numbers_of_the_whole_batch(scheduler):
    Alternating.__module__ = "__main__"  # as in a script: its code goes with it
    try:
        there, here = writes(COMPACT, Alternating(), 5, scheduler=scheduler), writes(COMPACT, Alternating(), 5)
    finally:
        Alternating.__module__ = __name__
    assert [one.pulses for one in there[0]] == [one.pulses for one in here[0]]
    assert len({one.pulses[0].width for one in there[0]}) == 5


def test_what_cannot_be_sent_is_told():
    with pytest.raises(ValueError, match="cannot be sent to the workers"):
        packed(threading.Lock())


def test_tuning_is_the_same(scheduler):
    some = drawn(COMPACT, 6)
    cells, targets = ouro.fleet(COMPACT, some), [one.target_S for one in some]
    given = (ouro.ISPP.candidates(PAIR)[:3], cells.copy, targets, 0.3, 5)
    here = rank(*given)
    assert rank(*given, scheduler=scheduler) == here
    cells.scheduler = scheduler  # the fleet's own, without the argument
    assert rank(*given) == here


def test_a_fleet_with_a_scheduler_is_deployed_to_there(scheduler):
    """Predictions are made here: a function that nobody could send makes them."""
    lock, some = threading.Lock(), drawn(COMPACT, 6)

    def predict(start_S, dg_S):
        with lock:
            return dg_S / start_S * 1e-7

    found = [
        ouro.deploy(ouro.fleet(COMPACT, some, scheduler=where), predict, [one.target_S for one in some], PAIR)
        for where in (scheduler, None)
    ]
    for name in ("reading_S", "end_S", "end_reading_S", "energy_J", "t_s"):
        assert getattr(found[0], name).tobytes() == getattr(found[1], name).tobytes()


def test_floors_are_the_same_and_kept(scheduler, tmp_path):
    given = (COMPACT, PAIR, 5, 4)
    there, here = ouro.trials(*given, widths=16, out=tmp_path, scheduler=scheduler), ouro.trials(*given, widths=16)
    assert there.g_S.tobytes() == here.g_S.tobytes()
    assert there.t_max_s.tobytes() == here.t_max_s.tobytes()
    again = ouro.trials(*given, widths=16, out=tmp_path)  # what the cluster made goes on here
    assert again.g_S.tobytes() == here.g_S.tobytes()
    assert len(list(tmp_path.glob("trials-*.npz"))) == 1


def doubtful(number, resources):
    warn("a doubt", ValidityWarning)
    resources.bar.advance(2, 1)
    if number == 3:
        raise ValueError("the third is wrong")
    return number, resources.engine


def test_warnings_counts_order_engines_and_errors_come_back(scheduler):
    counted, came = [], []

    class Count:
        def advance(self, steps=1, failures=0):
            counted.append((steps, failures))

    with executor(1, scheduler) as does:
        with pytest.warns(ValidityWarning, match="a doubt"):
            found = list(does.map(doubtful, range(3), Count(), lambda k, result: came.append((k, result[0]))))
        assert found == [(k, does.engine) for k in range(3)]  # an engine is that of this process
        assert sorted(came) == [(k, k) for k in range(3)]
        assert counted == [(2, 1)] * 3
        with pytest.warns(ValidityWarning), pytest.raises(ValueError, match="the third is wrong"):
            list(does.map(doubtful, range(5)))


@pytest.mark.parametrize("count", [0, 1, 3, 8, 100])
def test_parts_are_whole(scheduler, count):
    with executor(1, scheduler) as does:
        for batches in (1, 3, 50):
            parts = does.parts(count, batches)
            assert [k for part in parts for k in range(count)[part]] == list(range(count))
            assert all(part.stop > part.start for part in parts)
            assert len(parts) <= 4  # two for each of two threads


def test_a_scheduler_without_workers_is_told(tmp_path):
    file = tmp_path / "scheduler.json"
    arguments = ["--host", "127.0.0.1", "--port", "0", "--no-dashboard", "--scheduler-file", str(file)]
    process = spawned("distributed.cli.dask_scheduler", *arguments)
    try:
        end = time.monotonic() + START_S
        while not file.is_file():
            assert time.monotonic() < end
            time.sleep(0.1)
        import json

        where = json.loads(file.read_text())["address"]
        with pytest.raises(ToolError, match="no workers"):
            ouro.extract(ouro.CompactCell(DEVICE), 8, 3, voltages=PAIR, scheduler=where)
    finally:
        process.terminate()
        process.wait(30)


def test_a_worker_with_other_tools_is_told():
    here = tools()
    other = {**here, "simulator": {**here["simulator"], "ngspice": "44"}}
    with pytest.raises(ToolError, match=r"worker tcp://x has other tools or code .*\(ngspice 44 -> \d+\)"):
        dask_cluster.check_tools(other, here, "tcp://x")
    other = {**here, "code": {**here["code"], "simulation/jart/walk_segment.py": "0" * 12}}
    with pytest.raises(ToolError, match=r"\(simulation/jart/walk_segment.py changed\)"):
        dask_cluster.check_tools(other, here, "tcp://x")
    dask_cluster.check_tools(here, here)


def test_ctrl_c_ends_an_extraction_on_a_cluster_cleanly(scheduler, tmp_path):
    command = ["extract", "--cell", "1r", "--n", "5000", "--out", str(tmp_path), "--scheduler", scheduler]
    child = subprocess.Popen(
        [sys.executable, "-m", "ouro_spice", *command], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    end = time.monotonic() + START_S
    while not (tmp_path / "manifest.json").is_file():
        assert time.monotonic() < end
        time.sleep(0.1)
    time.sleep(0.5)
    child.send_signal(signal.SIGINT)
    out, err = child.communicate(timeout=START_S)
    assert (child.returncode, out) == (130, "")
    assert err.splitlines()[-1] == "ouro-spice: interrupted; what was finished is kept, run again to go on"
    assert not list(tmp_path.rglob("*.part"))


def slowly(number, resources=None):
    """Random numbers by the seed of a task, after a while on the cluster."""
    if resources:
        time.sleep(0.2)
    return np.random.default_rng(number).normal(size=3).tobytes()


# ---- the last ones: what they kill is lost for others


def test_the_tasks_of_a_lost_worker_are_done_again(processes, scheduler, caplog):
    """One of two workers is killed in the midst of the work."""
    done = []

    def kill(number, result):
        done.append(number)
        if len(done) == 2:
            processes[0][1].kill()

    with executor(1, scheduler) as does:
        found = list(does.map(slowly, range(12), done=kill))
    assert found == [slowly(k) for k in range(12)]
    assert sorted(done) == list(range(12))
    (line,) = [record.message for record in caplog.records if "was lost" in record.message]
    assert re.fullmatch(r"the Dask worker tcp://127.0.0.1:\d+ was lost: \d+ tasks? (is|are) done again", line)


def test_a_cluster_without_workers_is_given_up(monkeypatch):
    """With events as the scheduler sends them; no time is waited for."""

    class Client:
        def nthreads(self):
            return {"tcp://x": 1}

        def subscribe_topic(self, topic, handler):
            self.handler = handler

    client = Client()
    cluster = dask_cluster.Cluster(client, "tcp://s")
    client.handler((0.0, {"action": "remove-worker", "worker": "tcp://x"}))
    cluster.look([])
    monkeypatch.setattr(dask_cluster, "_PATIENCE_S", -1)
    with pytest.raises(ToolError, match="the Dask cluster at tcp://s has lost all its workers"):
        cluster.look([])
    client.handler((0.0, {"action": "add-worker", "worker": "tcp://y"}))
    cluster.look([])


def test_a_cluster_that_is_lost_is_told_and_the_work_goes_on_here(processes, scheduler, tmp_path):
    """Scheduler and workers are killed in the midst of the work."""
    folder, cell = tmp_path / "data", ouro.Cell1R(DEVICE)

    def kill():
        while not list(folder.glob("*.parquet")):
            time.sleep(0.05)
        for process in processes[0]:
            process.kill()

    thread = threading.Thread(target=kill, daemon=True)
    thread.start()
    with pytest.raises(ToolError, match="run the same again"):
        ouro.extract(cell, 60, 3, folder, voltages=PAIR, scheduler=scheduler)
    thread.join()
    done = len(list(folder.glob("*.parquet")))
    assert 0 < done < 20
    assert len(ouro.extract(cell, 60, 3, folder, voltages=PAIR).frame) == 60
