"""Progress bars on a terminal, silence elsewhere; notices of what a user has to know."""

from __future__ import annotations

import logging
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Protocol

pending_signals: list[int] = []
"""Signals that have asked for an end: one during a callback of C code is lost with the exception that it raises."""


def check_signals() -> None:
    """Raise KeyboardInterrupt in the main thread where a signal has asked for an end and work still goes on."""
    if pending_signals and threading.current_thread() is threading.main_thread():
        pending_signals.clear()
        raise KeyboardInterrupt


EVERY_S = 30.0
"""Seconds between two lines where there is no terminal."""

_LINES = ContextVar("lines", default=False)

_said: set[str] = set()


def notice(text: str) -> None:
    """Log a line, once in a process, on why work takes long or what a result rests on.

    It goes to the logger "ouro_spice", which writes to standard error where logging is not set up otherwise.
    """
    if text not in _said:
        _said.add(text)
        logging.getLogger("ouro_spice").warning(text)


class Bar(Protocol):
    """Something that counts."""

    def advance(self, steps: int = 1, failures: int = 0) -> None:
        """Count steps that are done, and those of them that failed."""


class _Silent:
    def advance(self, steps: int = 1, failures: int = 0) -> None:
        """Count nothing, but end where a signal has asked for it."""
        check_signals()


class _Lines:
    """A line on standard error every `EVERY_S`; none where all is done before."""

    def __init__(self, label: str, total: int) -> None:
        self._label, self._total, self._done = label, total, 0
        self._started = self._printed = time.monotonic()

    def advance(self, steps: int = 1, failures: int = 0) -> None:
        """Count steps, and print how far the work is where that is due."""
        check_signals()
        self._done += steps
        now = time.monotonic()
        if now - self._printed < EVERY_S or self._done >= self._total:
            return
        self._printed, taken_s = now, now - self._started
        left_s = taken_s / self._done * (self._total - self._done)
        text = f"{self._label}: {self._done} of {self._total}, {taken_s:.0f} s, about {left_s:.0f} s to go"
        print(text, file=sys.stderr, flush=True)


@contextmanager
def in_lines() -> Iterator[None]:
    """Let `progress` print a line every `EVERY_S` where there is no terminal, for commands that take long."""
    before = _LINES.set(True)
    try:
        yield
    finally:
        _LINES.reset(before)


@contextmanager
def progress(label: str, total: int) -> Iterator[Bar]:
    """Yield a bar on standard error with rate, remaining time and failures; without a terminal see `in_lines`."""
    if not sys.stderr.isatty():
        yield _Lines(label, total) if _LINES.get() else _Silent()
        return
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        ProgressColumn,
        Task,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )
    from rich.text import Text

    class _Rate(ProgressColumn):
        def render(self, task: Task) -> Text:
            return Text(f"{task.speed:.3g}/s" if task.speed else "")

    columns = (
        TextColumn("{task.description:<28}"),
        BarColumn(),
        MofNCompleteColumn(),
        _Rate(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
        TextColumn("{task.fields[failures]}"),
    )
    with Progress(*columns, console=Console(stderr=True)) as bars:
        task = bars.add_task(label, total=total, failures="")
        failed = 0

        class _Bar:
            def advance(self, steps: int = 1, failures: int = 0) -> None:
                nonlocal failed
                check_signals()
                failed += failures
                bars.update(task, advance=steps, failures=f"{failed} failed" if failed else "")

        yield _Bar()
