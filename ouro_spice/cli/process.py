"""The process that a command runs in: its streams, the signals that end it, and its arguments before they are read."""

from __future__ import annotations

import os
import re
import signal
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import typer

from .._util.progress import pending_signals

_STREAMS = (("stdin", "r"), ("stdout", "w"), ("stderr", "w"))


def print_version(wanted: bool) -> None:
    """Print the package's version and end, where that is wanted."""
    if wanted:
        import ouro_spice

        print(f"ouro-spice {ouro_spice.__version__}")
        raise typer.Exit


def refuse_empty(arguments: Sequence[str]) -> None:
    """Raise ValueError for an argument without a character: a path that is none would be the current folder."""
    for before, one in zip(["", *arguments], arguments, strict=False):
        if not one or re.fullmatch(r"--[a-z][a-z0-9-]*=", one):
            name = one[:-1] or before
            what = f"{name} is empty" if name.startswith("--") else "an argument is empty"
            raise ValueError(f"{what}: is a variable of the shell not set?")


def stand_in_for_closed_streams() -> None:
    """Open the null device for each standard stream that the caller has closed.

    Without that print fails, or a file that is opened next gets the stream's number and what is printed.
    """
    for number, (name, mode) in enumerate(_STREAMS):
        try:
            os.fstat(number)
        except OSError:
            opened = os.open(os.devnull, os.O_RDWR)
            if opened != number:
                os.dup2(opened, number)
                os.close(opened)
            os.set_inheritable(number, True)
        if getattr(sys, name) is None:
            setattr(sys, name, Path(os.devnull).open(mode, encoding="utf-8"))  # noqa: SIM115 - open to the end


def flush() -> str | None:
    """Write out what was printed; return what went wrong, None where nothing did or nobody reads."""
    try:
        sys.stdout.flush()
        return None
    except OSError as error:
        # the interpreter would try again at its end, and say so in its own way
        sys.stdout = Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115 - open to the end
        return None if isinstance(error, BrokenPipeError) else error.strerror


@contextmanager
def stoppable() -> Iterator[list[int]]:
    """Let SIGTERM and SIGHUP end work as Ctrl-C does, which leaves nothing half-written; yield those that came.

    None is lost where it comes during a callback of C code: `progress.check_signals` raises it again.
    """
    came: list[int] = []

    def stop(number: int, _: object) -> None:
        signal.signal(number, signal.SIG_IGN)  # once is enough
        came.append(number)
        interrupt(number, _)

    def interrupt(number: int, _: object) -> None:
        pending_signals.append(number)
        raise KeyboardInterrupt

    # one that is ignored, as by nohup, stays so
    asked = {signal.SIGTERM: stop, signal.SIGHUP: stop, signal.SIGINT: interrupt}
    main = threading.current_thread() is threading.main_thread()
    usual = (signal.SIG_DFL, signal.default_int_handler)
    before = {one: signal.signal(one, new) for one, new in asked.items() if main and signal.getsignal(one) in usual}
    try:
        yield came
    finally:
        pending_signals.clear()
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def uninterrupted() -> Iterator[None]:
    """Ignore further signals while a command cleans up, which takes no time."""
    main = threading.current_thread() is threading.main_thread()
    every = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP) if main else ()
    before = {one: signal.signal(one, signal.SIG_IGN) for one in every}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
