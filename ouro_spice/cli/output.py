"""What commands share: where results go, and how they are shown."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from ..files import OutputError, make_folder

Out = Annotated[Path, typer.Option(help="Folder for the results.")]
Json = Annotated[bool, typer.Option("--json", help="Machine-readable results on standard output.")]


def out_folder(path: Path) -> Path:
    """The folder of ``--out``, made where it is not there; ValueError where it cannot be."""
    try:
        return make_folder(path)
    except OutputError as error:
        raise ValueError(f"--out: {error}") from error


class StoppedError(RuntimeError):
    """Ctrl-C in work that goes on from where it was when it is run again."""


@contextmanager
def resumable() -> Iterator[None]:
    """Around work that keeps what is finished, so that Ctrl-C says so; a decorator, too."""
    try:
        yield
    except KeyboardInterrupt:
        raise StoppedError("interrupted; what was finished is kept, run again to go on") from None


@contextmanager
def plain_warnings() -> Iterator[None]:
    """Around a command: a warning is one line, as an error is; a decorator, too."""
    usual = warnings.formatwarning
    warnings.formatwarning = lambda message, *_, **__: f"ouro-spice: warning: {message}\n"
    try:
        yield
    finally:
        warnings.formatwarning = usual


def show(head: Sequence[str], rows: list[list[str]]) -> None:
    """Print a table; rows that end with FAIL stand out."""
    # a pipe or a log has no width: the table is then as wide as it needs to be
    console = Console(width=None if sys.stdout.isatty() else 160)
    table = Table(*head)
    for row in rows:
        style = "bold red" if row[-1] == "FAIL" else None
        table.add_row(*row, style=style)
    console.print(table)
