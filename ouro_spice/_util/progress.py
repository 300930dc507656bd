"""Progress: a bar on a terminal and in a notebook, lines elsewhere; notices of what a user has to know."""

from __future__ import annotations

import contextlib
import logging
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from .notebook_display import NotebookBar, in_notebook

pending_signals: list[int] = []
"""Signals that have asked for an end: one during a callback of C code is lost with the exception that it raises."""


def check_signals() -> None:
    """Raise KeyboardInterrupt in the main thread where a signal has asked for an end and work still goes on."""
    if pending_signals and threading.current_thread() is threading.main_thread():
        pending_signals.clear()
        raise KeyboardInterrupt


EVERY_S = 10.0
"""Seconds between two lines where there is neither a terminal nor a notebook; the first comes after as many."""

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


class _Lines:
    """A line on standard error every `EVERY_S`; none where all is done before."""

    def __init__(self, label: str, total: int) -> None:
        self._label, self._total, self._done, self._failed = label, total, 0, 0
        self._started = self._printed = time.monotonic()

    def advance(self, steps: int = 1, failures: int = 0) -> None:
        """Count steps, and print how far the work is where that is due."""
        check_signals()
        self._done += steps
        self._failed += failures
        now = time.monotonic()
        if now - self._printed < EVERY_S or self._done >= self._total:
            return
        self._printed, taken_s = now, now - self._started
        text = f"{self._label}: {self._done} of {self._total}, {taken_s:.0f} s"
        if self._done:
            text += f", about {taken_s / self._done * (self._total - self._done):.0f} s to go"
        if sys.stderr is not None:
            with contextlib.suppress(OSError, ValueError):  # closed: work goes on without being seen
                print(text + (f", {self._failed} failed" if self._failed else ""), file=sys.stderr, flush=True)


class _Notebook:
    """A bar below the cell of a notebook."""

    def __init__(self, shown: NotebookBar) -> None:
        self._shown = shown

    def advance(self, steps: int = 1, failures: int = 0) -> None:
        """Count steps, and draw the bar anew where that is due."""
        check_signals()
        self._shown.advance(steps, failures)


def _on_terminal() -> bool:
    """Return whether standard error is there and a terminal."""
    try:
        return sys.stderr is not None and sys.stderr.isatty()
    except ValueError:  # closed
        return False


@contextmanager
def progress(label: str, total: int) -> Iterator[Bar]:
    """Yield a bar with rate, remaining time and failures: on a terminal, below the cell of a notebook, else in lines.

    A line goes to standard error every `EVERY_S`, so that short work prints none.
    """
    if in_notebook():
        with NotebookBar.shown(label, total) as shown:
            yield _Notebook(shown)
        return
    if not _on_terminal():
        yield _Lines(label, total)
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
