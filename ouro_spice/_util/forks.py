"""What a forked child must not share with its parent: locks that another thread holds, and folders that end with it.

A fork copies one thread alone. A lock that another thread held stays locked in the child for ever; a clean-up that is
registered for the end of the program is done by each of the two.
"""

from __future__ import annotations

import contextlib
import functools
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Protocol, TypeVar


class Lock(Protocol):
    """A lock that the same thread acquires and releases."""

    def acquire(self) -> Any:
        """Wait for the lock and take it."""

    def release(self) -> None:
        """Release the lock."""


def free_at_fork(lock: Lock) -> None:
    """Register a reentrant lock that each fork waits for: the child finds it free and what it guards whole."""
    os.register_at_fork(before=lock.acquire, after_in_parent=lock.release, after_in_child=lock.release)


_T = TypeVar("_T")


class cached_property(functools.cached_property[_T]):
    """The standard library's, without the lock of Python 3.11: two threads may compute a value twice."""

    def __init__(self, function: Callable[[Any], _T]) -> None:
        super().__init__(function)
        self.lock = contextlib.nullcontext()


@contextlib.contextmanager
def temporary_folder(within: Path | None = None, prefix: str = "ouro_spice-") -> Iterator[Path]:
    """Yield a folder that is removed on leaving; a forked child that ends meanwhile leaves it alone.

    ``tempfile.TemporaryDirectory`` is removed at the end of the program, too, and by a child that ends earlier.
    """
    folder = Path(tempfile.mkdtemp(prefix=prefix, dir=within))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
