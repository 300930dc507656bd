"""Files of predictors: arrays and texts in an npz file, no code; written whole, and read with one kind of message."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from .._util.files import read_bytes, write_whole

Made = TypeVar("Made")


def save(arrays: Mapping[str, Any], path: Path) -> Path:
    """Write arrays by name, whole or not at all; return the path."""

    def write(temporary: Path) -> None:
        with temporary.open("wb") as file:
            np.savez(file, **arrays)

    return write_whole(path, write)


def load(path: Path, what: str, put_together: Callable[[dict[str, np.ndarray]], Made]) -> Made:
    """Return what `put_together` makes of the arrays in a file.

    Parameters
    ----------
    path
        The file.
    what
        What it is to hold, in a word: "checkpoint".
    put_together
        Takes the arrays by name. Messages show what its KeyErrors and ValueErrors say, and nothing of other errors.

    Raises
    ------
    ValueError
        For a file that is not there, or holds something else.
    """
    try:
        content = read_bytes(path)
    except (FileNotFoundError, NotADirectoryError):
        raise ValueError(f"no {what} {path}") from None
    except ValueError as error:
        raise ValueError(f"not an ouro_spice {what}: {error}") from error
    damaged = f"{path} is not an ouro_spice {what}, or is damaged"
    try:
        with np.load(io.BytesIO(content), allow_pickle=False) as file:
            arrays = dict(file)
    except Exception as error:  # a damaged archive raises nearly anything in its readers, in their own words
        raise ValueError(damaged) from error
    try:
        return put_together(arrays)
    except KeyError as error:
        raise ValueError(f"{damaged}: it lacks {error.args[0]}") from error
    except Exception as error:  # arrays of other kinds or shapes
        raise ValueError(f"{damaged}: {error}" if type(error) is ValueError else damaged) from error
