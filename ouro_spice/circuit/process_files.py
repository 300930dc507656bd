"""What a `Process` is given by name: files, numbers of parameters, a file of commands. Bad ones are ValueErrors."""

from __future__ import annotations

import math
import numbers
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from . import model_library as files


def file(name: str, path: str | Path, section: str | None = None) -> str:
    """Return the absolute path of a file; ValueError where it is none, cannot be read or lacks the section."""
    if not isinstance(path, (str, Path)):
        raise ValueError(f"{name} = {path!r}: must be a path")
    try:
        place = Path(path).expanduser().absolute()
        if place.is_dir():
            raise ValueError("it is a folder")
        if name == "osdi":
            place.open("rb").close()
        else:
            files.read(place)
    except (OSError, RuntimeError, ValueError) as error:
        raise ValueError(f"{name} = {str(path)!r}: {_reason(error, path)}") from None
    if re.search(r"[\s'\";]", str(place)):
        wrong = "ngspice reads no path with spaces, quotes or semicolons"
        raise ValueError(f"{name} = {str(path)!r}: {wrong}; set a link to its folder")
    if section is not None:
        there = files.sections(files.read(place))
        if str(section).lower() not in there:
            found = ", ".join(sorted(there)) or "no sections; corner=None takes the whole file"
            raise ValueError(f"corner = {section!r}: {place.name} has {found}")
    return str(place)


def _reason(error: Exception, path: str | Path) -> str:
    if isinstance(error, FileNotFoundError):
        return "no such file"
    if isinstance(error, OSError):
        return f"cannot be read: {error.strerror}"
    return re.sub(r"^'.*?':? ?", "", str(error)) or "no such file"


def include(given: Any) -> files.Entry:
    """Return a file that is read before the library, its path absolute, with its section or None.

    `given` is a path, or a path and a section; ValueError for anything else.
    """
    if isinstance(given, (tuple, list)) and len(given) != 2:
        raise ValueError(f"includes = {given!r}: must be a path, or a path and a section")
    path, section = given if isinstance(given, (tuple, list)) else (given, None)
    return file("includes", path, section), section


def entry(given: str | Path | tuple[str | Path, str | None]) -> files.Entry:
    """Return the path and the section, or None, of one of the ``includes`` of a process."""
    path, section = given if isinstance(given, tuple) else (given, None)
    return str(path), section


def params(given: Any) -> tuple[tuple[str, float], ...]:
    """Return names and numbers of parameters, given as a table or as pairs; ValueError for anything else."""
    try:
        pairs = tuple((name, value) for name, value in (given.items() if isinstance(given, Mapping) else given))
    except (TypeError, ValueError):
        raise ValueError(f"params = {given!r}: must be names and numbers, as {{'sw_stat_mismatch': 0}}") from None
    for name, value in pairs:
        if not (isinstance(name, str) and re.fullmatch(r"[A-Za-z_]\w*", name, re.ASCII)):
            raise ValueError(f"params: {name!r} must be the name of a parameter")
        if isinstance(value, bool) or not isinstance(value, numbers.Real) or not math.isfinite(value):
            raise ValueError(f"params: {name} = {value!r} must be a finite number")
    if len({name.lower() for name, _ in pairs}) != len(pairs):
        raise ValueError(f"params = {dict(pairs)!r}: a name is there twice, upper and lower case being the same")
    return tuple((name, float(value)) for name, value in pairs)


_NOT_THERE = {
    "source": "it reads another file, which no digest would hold: put its commands here",
    "osdi": "compiled models go into osdi=, which puts them into the digest",
    "codemodel": "the code models of the installation are loaded, and no digest would hold others",
    "quit": "it ends ngspice",
}
_COMMAND = re.compile(rf"^[ \t]*(?:pre_)?({'|'.join(_NOT_THERE)})\b", re.IGNORECASE | re.MULTILINE)


def commands(path: str | Path) -> str:
    """Return the text of a file of commands; ValueError for commands that no digest would cover."""
    text = files.read(path)
    found = _COMMAND.search(text)
    if found:
        line = text[: found.start(1)].count("\n") + 1
        raise ValueError(f"init = {path!r}, line {line}: {found[1]}: {_NOT_THERE[found[1].lower()]}")
    return text
