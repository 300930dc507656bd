"""The trainings of a setting's networks in processes of their own, which take its seeds from each other."""

from __future__ import annotations

import contextlib
import json
import os
import queue
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from .._util.progress import progress
from ..spice.ngspice import Ngspice
from .configuration import Configuration
from .context import ExperimentContext
from .networks import is_trained, training

_PROGRAM = "from ouro_spice.experiment.training_processes import main; main()"


def train_ahead(place: ExperimentContext) -> None:
    """Train what the networks of a setting lack, on as many processes as there are workers.

    A process leaves checkpoints, as a training here would, and goes on from those that are there. What none of them
    manages is trained where it is asked for, which says why it fails. A single training needs no process.
    """
    variants = place.configuration.of(place.setting)
    if len(place.seeds) == 1:
        return
    for variant in variants:
        if variant.conditioned:  # experience is gathered once, here, with all workers
            training(place, variant, place.seeds[0])
    lacking = {seed: [v.key for v in variants if not is_trained(place, v, seed)] for seed in place.seeds}
    seeds = [seed for seed, keys in lacking.items() if keys]
    count = min(place.workers or os.cpu_count() or 1, len(seeds))
    if count < 2:
        return
    parts = [{seed: lacking[seed] for seed in seeds[k::count]} for k in range(count)]
    total = sum(map(len, lacking.values()))
    with progress(f"train {place.setting.name}, {len(seeds)} seeds", total) as bar, _processes(place, parts) as said:
        for _ in said:
            bar.advance()


@contextmanager
def _processes(place: ExperimentContext, parts: list[dict[int, list[str]]]) -> Iterator[Iterator[str]]:
    """Start processes for parts of the trainings; yield a line for each training that is done.

    The processes end with the block.
    """
    running = [
        subprocess.Popen(
            [sys.executable, "-c", _PROGRAM], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
            text=True,
        )
        for _ in parts
    ]  # fmt: skip
    try:
        for process, part in zip(running, parts, strict=True):
            _send(process, _task(place, part))
        yield _lines(running)
    finally:
        for process in running:
            process.kill()
            process.wait()
            if process.stdout is not None:
                process.stdout.close()


def _send(process: subprocess.Popen[str], task: dict[str, Any]) -> None:
    """Write a task to the standard input of a process, and close it; one that has ended trains nothing."""
    if process.stdin is not None:
        with contextlib.suppress(BrokenPipeError):
            process.stdin.write(json.dumps(task))
            process.stdin.close()


def _lines(running: list[subprocess.Popen[str]]) -> Iterator[str]:
    """Yield the lines of all processes as they come, until each has ended."""
    came: queue.SimpleQueue[str | None] = queue.SimpleQueue()

    def listen(process: subprocess.Popen[str]) -> None:
        for line in process.stdout or ():
            came.put(line)
        came.put(None)

    threads = [threading.Thread(target=listen, args=(process,), daemon=True) for process in running]
    for thread in threads:
        thread.start()
    left = len(threads)
    while left:
        line = came.get()
        if line is None:
            left -= 1
        else:
            yield line
    for thread in threads:
        thread.join()


def _task(place: ExperimentContext, part: dict[int, list[str]]) -> dict[str, Any]:
    """Return the trainings of a part as plain values, with all that a process needs for them."""
    configuration = place.configuration
    return {
        "name": configuration.name, "tables": configuration.tables, "setting": place.setting.name,
        "out": str(place.out.resolve()), "trainings": [[seed, key] for seed, keys in part.items() for key in keys],
    }  # fmt: skip


def main() -> None:
    """Do the trainings that standard input names; print a line after each."""
    task = json.load(sys.stdin)
    configuration = Configuration.of_tables(task["name"], task["tables"])
    with Ngspice(1) as engine:
        place = _place(configuration, task["setting"], Path(task["out"]), engine)
        for seed, key in task["trainings"]:
            training(place, configuration.variants[key], seed)
            print(key, seed, flush=True)


def _place(configuration: Configuration, name: str, out: Path, engine: Ngspice) -> ExperimentContext:
    """Return a setting by its name, with the one that its networks begin with."""
    setting = next(one for one in configuration.settings if one.name == name)
    begin = _place(configuration, setting.begin, out, engine) if setting.begin else None
    return ExperimentContext(configuration, setting, out, 1, engine, begin)
