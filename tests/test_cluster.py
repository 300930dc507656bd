"""Datasets made on a Dask cluster: a real scheduler and two worker processes on loopback give the same records."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time

import pytest

import ouro_spice as ouro
from ouro_spice import PulseDataset
from ouro_spice._util.machine import ToolError
from ouro_spice.dataset import pulse_dataset
from ouro_spice.provenance.manifest import tools
from ouro_spice.spice import dask_cluster

pytestmark = pytest.mark.ngspice

DEVICE = ouro.jart_vcm_v1b(window=True, walk=ouro.Walk())
PAIR = ouro.Pair(-0.414269, 0.854029, 60e-6)
START_S = 60


def spawned(module, *arguments):
    command = [sys.executable, "-m", module, *arguments]
    environment = os.environ | {"DASK_DISTRIBUTED__WORKER__PRELOAD": "[]", "PYTHONWARNINGS": "ignore"}
    return subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


@pytest.fixture(scope="module")
def scheduler(tmp_path_factory):
    """Address of a scheduler with two workers, one thread each."""
    file = tmp_path_factory.mktemp("dask") / "scheduler.json"
    common = ["--no-dashboard", "--scheduler-file", str(file)]
    processes = [spawned("distributed.cli.dask_scheduler", "--host", "127.0.0.1", "--port", "0", *common)]
    try:
        local = str(file.parent)
        for _ in range(2):
            options = ["--nthreads", "1", "--no-nanny", "--local-directory", local, "--host", "127.0.0.1"]
            processes.append(spawned("distributed.cli.dask_worker", *common, *options))
        yield address(file)
    finally:
        for process in processes[::-1]:
            process.terminate()
            process.wait(30)


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


def test_a_cluster_that_is_lost_is_told_and_the_work_goes_on_here(tmp_path):
    """Scheduler and worker are killed in the midst of the work."""
    file = tmp_path / "scheduler.json"
    common = ["--no-dashboard", "--scheduler-file", str(file), "--host", "127.0.0.1"]
    processes = [spawned("distributed.cli.dask_scheduler", "--port", "0", *common)]
    options = ["--nthreads", "1", "--no-nanny", "--local-directory", str(tmp_path)]
    processes.append(spawned("distributed.cli.dask_worker", *common, *options))
    folder, cell = tmp_path / "data", ouro.Cell1R(DEVICE)
    try:
        where = address(file, workers=1)

        def kill():
            while not list(folder.glob("*.parquet")):
                time.sleep(0.05)
            for process in processes:
                process.kill()

        thread = threading.Thread(target=kill, daemon=True)
        thread.start()
        with pytest.raises(ToolError, match="run the same again"):
            ouro.extract(cell, 60, 3, folder, voltages=PAIR, scheduler=where)
        thread.join()
    finally:
        for process in processes:
            process.kill()
            process.wait(30)
    done = len(list(folder.glob("*.parquet")))
    assert 0 < done < 20
    assert len(ouro.extract(cell, 60, 3, folder, voltages=PAIR).frame) == 60
