"""Where work of many simulations is done: on this machine or on the workers of a Dask cluster, with the same bytes.

Everything that simulates much (records, writes, tuning, deployments, floors, positions, edges, campaigns) is made of
tasks that are handed to one `Executor`. The rules that make the results the same wherever a task is done:

- A task is a value: description, seed, place, state. The work is a function ``work(task, resources)`` that can be
  pickled. It reads nothing else, and all that it finds is what it returns. Random numbers follow from seeds in it.
- `Resources` are what a task may use where it is done, and decide no number: an engine, threads, a bar that counts.
- `map` yields results in the order of the tasks. ``done(k, result)`` is called as soon as a task is done, in any order:
  what is kept on disk is kept there, by this process alone, so that an interruption loses what is under way, no more.
- A batch of cells that advances in lockstep is split by cells: each part runs whole writes. A cell follows from its
  own seed and what is done to it, so that no result depends on the split. `parts` says how finely to split: not at all
  on this machine, where kernels have threads and each simulation of a batch its own process.
- On a cluster a task goes with the versions of the tools and the hashes of the code that it was described with; a
  worker that has others refuses, by naming what differs. The task of a worker that is lost is done again by another,
  which a line says. No worker left, no scheduler, a task that kills its workers: ToolError.
- An engine inside a task is replaced by that of the worker, and inside a result by that of the executor.
- Warnings and counts of a task are given where its result is taken. Ctrl-C cancels what waits and comes out as it is.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from .._util.progress import Bar
from .ngspice import Ngspice


class Nothing:
    """A bar that nobody looks at."""

    def advance(self, steps: int = 1, failures: int = 0) -> None:
        """Count nothing."""


@dataclass(frozen=True)
class Resources:
    """What a task may use where it is done.

    Attributes
    ----------
    engine
        What runs circuits.
    threads
        Threads of kernels; one a core where None.
    bar
        Counts what is done.
    """

    engine: Ngspice
    threads: int | None
    bar: Bar


Work = Callable[[Any, Resources], Any]
"""Does a task."""

Done = Callable[[int, Any], None]
"""Takes the number of a task that is done and its result."""


def ignore(number: int, result: Any) -> None:
    """Ignore that a task is done."""


class Executor(Protocol):
    """What does tasks."""

    @property
    def engine(self) -> Ngspice:
        """Return the engine of what is done here, whatever does the tasks."""
        ...

    def parts(self, count: int, batches: int = 1) -> list[slice]:
        """Return parts of a batch of `count` cells, each of which is a task; so many batches are done together."""
        ...

    def map(
        self, work: Work, tasks: Sequence[Any], bar: Bar | None = None, done: Done = ignore, together: bool = False
    ) -> Generator[Any, None, None]:
        """Do tasks and yield their results in order.

        Parameters
        ----------
        work
            Does a task; can be pickled, as the tasks can be.
        tasks
            One after the other.
        bar
            Counts what the tasks count.
        done
            Called for each task that is done, in the order in which they are done.
        together
            Whether a task keeps all workers of one machine busy by itself: there they are done one after the other.
        """
        ...
