"""What commands share: where results go, and how they are shown."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer

from .._util.files import OutputError, check_file, make_folder, write_text
from ..circuit.result import SimulationError

Out = Annotated[Path, typer.Option(help="Folder for the results.")]
Json = Annotated[bool, typer.Option("--json", help="Machine-readable results on standard output.")]
Seed = Annotated[int, typer.Option(min=0, help="Of everything random.")]


def option(text: str, *names: str, **more: Any) -> Any:
    """Return a typer option with a help text whose default, None, ``--help`` does not show."""
    return typer.Option(*names, help=text, show_default=False, **more)


def out_folder(path: Path, option: str = "--out") -> Path:
    """Return the folder of an option, made where it is not there; OutputError where it is not writable."""
    try:
        return make_folder(path)
    except OutputError as error:
        raise OutputError(f"{option}: {error}") from error


@contextmanager
def left_as_it_was(path: Path, option: str = "--out") -> Iterator[Path]:
    """Yield the folder of an option; one that was made for work that is refused is gone again.

    Raises
    ------
    OutputError
        Where it is not writable.
    """
    there = path.exists()
    folder = out_folder(path, option)
    try:
        yield folder
    except ValueError:
        if not there and not any(folder.iterdir()):
            folder.rmdir()
        raise


def out_file(path: Path, example: str, room: int = 0) -> Path:
    """Return the file of ``--out``, checked before the work that it is for; `example` is a name for one.

    Raises
    ------
    ValueError
        For a folder.
    OutputError
        For a file that cannot be written, or a disk without room for so many bytes.
    """
    if _is_folder(path):
        raise ValueError(f"--out {path} is a folder; name a file in it, such as {path / example}")
    try:
        return check_file(path, room)
    except OutputError as error:
        raise OutputError(f"--out: {error}") from error


def _is_folder(path: Path) -> bool:
    """Return whether a path is a folder."""
    try:
        return path.is_dir()
    except OSError:  # a name that no system takes
        return False


class StoppedError(RuntimeError):
    """Ctrl-C in work that goes on from where it was when it is run again."""


@contextmanager
def resumable() -> Iterator[None]:
    """Wrap work that keeps what is finished, so that Ctrl-C says so; a decorator, too."""
    try:
        yield
    except KeyboardInterrupt:
        raise StoppedError("interrupted; what was finished is kept, run again to go on") from None


@contextmanager
def plain_warnings() -> Iterator[None]:
    """Wrap a command: a warning is one line, as an error is; a decorator, too."""
    usual = warnings.formatwarning
    warnings.formatwarning = lambda message, *_, **__: f"ouro-spice: warning: {message}\n"
    try:
        yield
    finally:
        warnings.formatwarning = usual


def show(head: Sequence[str], rows: list[list[str]]) -> None:
    """Print a table without the columns that have no entry; rows that end with FAIL stand out."""
    from rich.console import Console
    from rich.table import Table

    kept = [k for k in range(len(head)) if not rows or any(row[k] for row in rows)]
    head, rows = [head[k] for k in kept], [[row[k] for k in kept] for row in rows]
    # a pipe or a log has no width: the table is then as wide as it needs to be
    console = Console(width=None if sys.stdout.isatty() else 160)
    table = Table(*head)
    for row in rows:
        style = "bold red" if row[-1] == "FAIL" else None
        table.add_row(*row, style=style)
    console.print(table)


@contextmanager
def deck_of_failure(out: Path) -> Iterator[None]:
    """Wrap a simulation: of one that fails deck and log are written, and the error says where."""
    try:
        yield
    except SimulationError as error:
        deck = write_text(out / "failed.cir", error.deck)
        log = write_text(out / "failed.log", "\n".join([*error.log, ""]))
        error.args = (f"{error}; deck and log: {deck}, {log}",)
        raise
