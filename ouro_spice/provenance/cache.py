"""Arrays that took long to make, on disk: work that is interrupted and run again goes on from there."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from .._util.checks import checked_path
from .._util.files import make_folder, write_whole
from .._util.progress import notice
from .former_work import former_work, undamaged

_SETTINGS = "settings_json"

Arrays = dict[str, np.ndarray]

_taken: set[Path] = set()
"""Files that this process has made or read: they are other parts of the same work, not former work."""


def cached_arrays(
    folder: str | Path | None, name: str, settings: Mapping[str, Any], make: Callable[[], Mapping[str, np.ndarray]]
) -> Arrays:
    """Return the arrays that `make` makes, from the file ``NAME-DIGEST.npz`` where they have been made before.

    The digest is that of the settings, which stand in the file, too: arrays of other settings are never taken for these
    and stay where they are; what differs from the nearest of them is said once, where this process has not made it. A
    file that is damaged is made again.

    Parameters
    ----------
    folder
        Where the file is; made where it is not there. None: nothing is kept.
    name
        Beginning of the file's name.
    settings
        Everything that decides the arrays, as JSON can hold it; of work on a cell the `Manifest.origin`, which has the
        code in it.
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
    found = undamaged(lambda: _read(path, text))
    if found is None:
        _say_why(path, name, json.loads(text))
    _taken.add(path)
    if found is not None:
        return found
    made = dict(make())
    if _SETTINGS in made:
        raise ValueError(f"the name {_SETTINGS} is taken: call the array otherwise")
    write_whole(path, lambda temporary: _write(temporary, made | {_SETTINGS: np.array(text)}))
    return made


def kept_arrays(folder: str | Path | None, name: str, settings: Mapping[str, Any]) -> Arrays | None:
    """Return the arrays that `cached_arrays` finds; None where it would make them, which it then says the reason of."""
    if folder is None:
        return None
    text = json.dumps(settings, sort_keys=True, allow_nan=False)
    path = checked_path("out", folder) / f"{name}-{hashlib.sha256(text.encode()).hexdigest()[:12]}.npz"
    found = undamaged(lambda: _read(path, text))
    if found is not None:
        _taken.add(path)
    return found


def _say_why(path: Path, name: str, wanted: Mapping[str, Any]) -> None:
    """Log what differs from the nearest file of the same name that an earlier process has made."""
    others = (one for one in sorted(path.parent.glob(f"{name}-{'?' * 12}.npz")) if one != path and one not in _taken)
    found = former_work(others, _settings_of, wanted)
    if found:
        notice(f"{name} is made anew: {min(found, key=lambda work: work.distance).words}")


def _settings_of(path: Path) -> Any:
    with path.open("rb") as file, np.load(file, allow_pickle=False) as archive:
        return json.loads(str(archive[_SETTINGS]))


def _write(path: Path, arrays: Arrays) -> None:
    # by an open file: numpy adds a suffix to names that have another one
    with path.open("wb") as file:
        np.savez(file, allow_pickle=False, **arrays)


def _read(path: Path, text: str) -> Arrays | None:
    """Return the arrays of a file; None where its settings are others."""
    with path.open("rb") as file, np.load(file, allow_pickle=False) as archive:
        arrays = {name: archive[name] for name in archive.files}
    return arrays if str(arrays.pop(_SETTINGS, "")) == text else None
