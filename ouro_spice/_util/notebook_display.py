"""A progress bar below the cell of a notebook: HTML that is drawn anew in its place, without widgets."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from html import escape
from importlib import import_module
from typing import Any

_EVERY_S = 0.2
"""Seconds between two drawings."""

_FIRST_S = 0.5
"""Work that is done in less shows no bar."""


def in_notebook() -> bool:
    """Return whether the process is the kernel of a notebook; nothing is imported for it."""
    shell = getattr(sys.modules.get("IPython"), "get_ipython", lambda: None)()
    return shell is not None and getattr(shell, "kernel", None) is not None


class NotebookBar:
    """Show how far work has come, as HTML and as text."""

    def __init__(self, label: str, total: int) -> None:
        self._label, self._total, self._done, self._failed = label, max(total, 0), 0, 0
        self._started, self._drawn, self._ended = time.monotonic(), 0.0, False
        self._handle: Any = None

    @classmethod
    @contextmanager
    def shown(cls, label: str, total: int) -> Iterator[NotebookBar]:
        """Yield a bar that is drawn a last time when the work ends, however it does."""
        bar = cls(label, total)
        try:
            yield bar
        finally:
            bar._ended = True
            if bar._handle is not None:
                bar._draw()

    def advance(self, steps: int, failures: int) -> None:
        """Count steps and failures; draw where that is due."""
        self._done, self._failed = self._done + steps, self._failed + failures
        now = time.monotonic()
        if now - self._started >= _FIRST_S and now - self._drawn >= _EVERY_S:
            self._draw()

    def _draw(self) -> None:
        """Draw the bar: the first time below the cell, then in its place."""
        self._drawn = time.monotonic()
        if self._handle is None:
            self._handle = import_module("IPython.display").display(self, display_id=True)
        else:
            self._handle.update(self)

    def __repr__(self) -> str:
        taken_s = time.monotonic() - self._started
        words = [f"{self._done} of {self._total}", f"{taken_s:.0f} s"]
        if self._done and not self._ended:
            words.append(f"about {taken_s / self._done * max(self._total - self._done, 0):.0f} s to go")
        if self._failed:
            words.append(f"{self._failed} failed")
        return f"{self._label}: {', '.join(words)}"

    def _repr_html_(self) -> str:
        part = 100 * min(self._done / self._total, 1.0) if self._total else 100.0
        track = "display:inline-block;width:14em;height:.7em;background:rgba(128,128,128,.25);vertical-align:middle"
        fill = f"display:block;width:{part:.1f}%;height:100%;background:#1b6ca8"
        text = f'<span style="margin-left:.8em">{escape(repr(self))}</span>'
        return (
            f'<div style="font:13px/1.6 system-ui,sans-serif"><span style="{track}"><span style="{fill}"></span></span>'
            f"{text}</div>"
        )
