"""Arrays that took long to make, on disk: work that is interrupted and run again goes on from there."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from .checks import checked_path
from .files import make_folder, write_whole

_SETTINGS = "settings_json"

Arrays = dict[str, np.ndarray]


def kept(
    folder: str | Path | None, name: str, settings: Mapping[str, Any], make: Callable[[], Mapping[str, np.ndarray]]
) -> Arrays:
    """The arrays that `make` returns, from the file ``NAME-DIGEST.npz`` where they have been made before.

    The digest is that of the settings, which stand in the file, too: arrays of other settings are never taken for these
    and stay where they are. A file that is damaged is made again. Nothing checks that the settings say everything that
    decides the arrays.

    Parameters
    ----------
    folder
        Where the file is; made where it is not there. None: nothing is kept.
    name
        Beginning of the file's name.
    settings
        Everything that decides the arrays, as JSON can hold it; of a cell the hash ``describe(cell).circuit``.
    make
        Does the work.

    Raises
    ------
    ValueError
        Where an array is called "settings_json", which is taken; for a name with a folder in it.
    OutputError
        For a folder that cannot be written to.
    """
    if folder is None:
        return dict(make())
    if not name or set(name) & set("/\\\0"):
        raise ValueError(f"name = {name!r} must be part of a file's name: no folder")
    text = json.dumps(settings, sort_keys=True, allow_nan=False)
    path = make_folder(checked_path("out", folder)) / f"{name}-{hashlib.sha256(text.encode()).hexdigest()[:12]}.npz"
    found = _read(path, text)
    if found is not None:
        return found
    made = dict(make())
    if _SETTINGS in made:
        raise ValueError(f"the name {_SETTINGS} is taken: call the array otherwise")
    write_whole(path, lambda temporary: _write(temporary, made | {_SETTINGS: np.array(text)}))
    return made


def _write(path: Path, arrays: Arrays) -> None:
    # by an open file: numpy adds a suffix to names that have another one
    with path.open("wb") as file:
        np.savez(file, allow_pickle=False, **arrays)


def _read(path: Path, text: str) -> Arrays | None:
    """What a file of these settings holds; None where there is none, or a damaged one."""
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as archive:
            arrays = {name: archive[name] for name in archive.files}
    except FileNotFoundError:
        return None
    except Exception:
        return None
    return arrays if str(arrays.pop(_SETTINGS, "")) == text else None
