"""A Dask cluster on this machine: a scheduler and some workers of one thread each, processes of their own."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

START_S = 60


@dataclass(frozen=True)
class Cluster:
    """Hold a running cluster: the scheduler's address, and the processes of the workers."""

    address: str
    workers: list[subprocess.Popen]


@contextmanager
def cluster(workers: int = 2) -> Iterator[Cluster]:
    """A cluster with so many workers, which ends with the block."""
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        file = Path(folder) / "scheduler.json"
        common = ["--no-dashboard", "--scheduler-file", str(file), "--host", "127.0.0.1"]
        own = ["--nthreads", "1", "--no-nanny", "--local-directory", folder]
        started = []
        for module, more in (("dask_scheduler", ["--port", "0"]), *[("dask_worker", own)] * workers):
            command = [sys.executable, "-m", f"distributed.cli.{module}", *common, *more]
            environment = os.environ | {"PYTHONWARNINGS": "ignore"}
            process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            stack.callback(process.wait)
            stack.callback(process.kill)
            started.append(process)
            end = time.monotonic() + START_S
            while not file.is_file():
                if time.monotonic() > end:
                    raise TimeoutError("the scheduler does not start")
                time.sleep(0.1)
        from distributed import Client

        with Client(scheduler_file=str(file), timeout=START_S, set_as_default=False) as client:
            client.wait_for_workers(workers, timeout=START_S)
            address = client.scheduler.address
        yield Cluster(address, started[1:])
