"""Write files whole or not at all, and read those that people bring along."""

from __future__ import annotations

import contextlib
import os
import secrets
import stat
from collections.abc import Callable
from pathlib import Path


class OutputError(RuntimeError):
    """A place that cannot be written to; the message names it."""


def make_folder(path: Path) -> Path:
    """Create a folder, check that it can be written to, and return it."""
    try:
        path.mkdir(parents=True, exist_ok=True)
        probe = _beside(path / "probe")
        probe.touch(exist_ok=False)
        probe.unlink()
    except OSError as error:
        raise OutputError(f"cannot write to {path}: {error.strerror or error}") from error
    return path


def check_file(path: Path, room: int = 0) -> Path:
    """Check before long work that a file can be written, with `room` bytes in it, and return its path.

    Raises
    ------
    OutputError
        For a folder, a device or pipe, a name that the file system does not take, or a disk that is full.
    """
    try:
        place = os.lstat(path)
    except FileNotFoundError:
        place = None
    except OSError as error:
        raise OutputError(f"cannot write {path}: {error.strerror or error}") from error
    if place is not None and not (stat.S_ISREG(place.st_mode) or stat.S_ISLNK(place.st_mode)):
        what = "it is a folder" if stat.S_ISDIR(place.st_mode) else "it is no regular file"
        raise OutputError(f"cannot write {path}: {what}")
    probe = _beside(path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        probe.write_bytes(bytes(room))
        _to_disk(probe)
    except OSError as error:
        raise OutputError(f"cannot write {path}: {error.strerror or error}") from error
    finally:
        _remove(probe)
    return path


def write_whole(path: Path, write: Callable[[Path], object]) -> Path:
    """Let `write` fill a temporary file beside `path`, then rename it: an interrupted write leaves nothing.

    The content is on the disk before the name is: after a power cut there is the old file or the new one, never an
    empty one. Threads, processes and calls that write one path do not disturb each other; the last one stays.
    """
    temporary = _beside(path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.exists() and not path.is_file():
            what = "it is a folder" if path.is_dir() else "it is no regular file"
            raise OutputError(f"cannot write {path}: {what}")
        write(temporary)
        move_into_place(temporary, path)
    except OSError as error:
        raise OutputError(f"cannot write {path}: {error.strerror or error}") from error
    finally:
        _remove(temporary)
    return path


def move_into_place(temporary: Path, path: Path) -> None:
    """Rename a finished file on the same disk, its content first: a power cut leaves no name without content."""
    _to_disk(temporary)
    temporary.replace(path)
    # some file systems cannot do this for folders: the file is whole all the same
    with contextlib.suppress(OSError):
        _to_disk(path.parent)


def write_text(path: Path, text: str) -> Path:
    """Write a text file whole or not at all, and return its path."""
    return write_whole(path, lambda temporary: temporary.write_text(text, encoding="utf-8"))


def read_bytes(path: Path) -> bytes:
    """Return the content of a regular file.

    Raises
    ------
    FileNotFoundError, NotADirectoryError
        Where there is none.
    ValueError
        For a folder, a device, or a file that cannot be read.
    """
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            raise ValueError(f"{path} is {'a folder' if path.is_dir() else 'no regular file'}")
        return path.read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        raise
    except OSError as error:
        raise ValueError(f"cannot read {path}: {error.strerror or error}") from error


def read_text(path: Path) -> str:
    """Return the text of a regular file; errors as of `read_bytes`, and ValueError for what is not UTF-8."""
    try:
        return read_bytes(path).decode("utf-8")
    except UnicodeDecodeError:
        raise ValueError(f"{path} is no UTF-8 text") from None


def _beside(path: Path) -> Path:
    """Return a name in the folder of `path` that nothing else uses; that of `path` may be as long as names can be."""
    return path.parent / f".{secrets.token_hex(8)}.part"


def _to_disk(path: Path) -> None:
    """Wait until the content of a file, or the names in a folder, are on the disk."""
    number = os.open(path, os.O_RDONLY)
    try:
        os.fsync(number)
    finally:
        os.close(number)


def _remove(temporary: Path) -> None:
    # where the folder itself is no folder nothing was written
    with contextlib.suppress(OSError):
        temporary.unlink(missing_ok=True)
