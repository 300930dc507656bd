"""Files of transistor models: their sections, what they include, a hash of their content, what in it is refused."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from .._util.assets import spice_without_comments

Entry = tuple[str, str | None]
"""A file, and the section of it that is taken; None: the whole file."""

_NAME = r"(?:'([^']+)'|\"([^\"]+)\"|([^\s'\"$;*]+))"
_SECTION = re.compile(rf"^[ \t]*\.lib\S*[ \t]+{_NAME}[ \t]*(?:[$;*].*)?$", re.IGNORECASE | re.MULTILINE)
_END = re.compile(r"^[ \t]*\.endl\b.*$", re.IGNORECASE | re.MULTILINE)
_PATH = r"(?:'([^']+)'|\"([^\"]+)\"|([^\s'\"]+))"
# ngspice takes every word that begins with .inc or .lib
_REFERENCE = re.compile(
    rf"^[ \t]*\.(?:inc\S*[ \t]+{_PATH}|lib\S*[ \t]+{_PATH}[ \t]+(?:'([^']+)'|\"([^\"]+)\"|([^\s$;]+)))",
    re.IGNORECASE | re.MULTILINE,
)
_PSPICE = re.compile(rf"^[ \t]*\.(?:inc|lib)\S*[ \t]+{_PATH}", re.IGNORECASE | re.MULTILINE)
# ngspice executes blocks of commands and "*# COMMAND" wherever they stand; two of its code models start programs
_COMMAND = re.compile(
    r"^\s*(\.control|\*#[^\S\n]*[^#\s].*)|^[ \t]*[^*\s].*\b(d_process|d_cosim)\b", re.IGNORECASE | re.MULTILINE
)
_RANDOM = re.compile(r"\b(a?gauss|a?unif|limit) ?\(", re.IGNORECASE)
_HINTS = {
    _COMMAND: (".control", "*#", "d_process", "d_cosim"),
    _RANDOM: tuple(f"{word}{blank}(" for word in ("gauss", "unif", "limit") for blank in ("", " ")),
}
"""What a text must hold: a search for plain words is much faster than one for a pattern."""


@dataclass(frozen=True)
class Scan:
    """Holds what files of models say, with all that they include.

    Attributes
    ----------
    digest
        SHA-256 of the content without comments, wherever the files lie.
    command
        The first place at which ngspice would execute a command, "" where there is none.
    draws
        The first place that may draw a random number, likewise.
    """

    digest: str
    command: str
    draws: str


def read(path: str | Path) -> str:
    """Return the text of a library; bytes that are no UTF-8, in comments as a rule, are replaced.

    Raises
    ------
    ValueError
        For what is no file, cannot be read or is no text.
    """
    try:
        content = Path(path).read_bytes()
    except FileNotFoundError:
        raise ValueError(f"{str(path)!r}: no such file") from None
    except OSError as error:
        raise ValueError(f"{str(path)!r} cannot be read: {error.strerror}") from error
    if b"\0" in content:
        raise ValueError(f"{str(path)!r} is no text: a compiled model goes into osdi=")
    return content.decode("utf-8", errors="replace").replace("\r\n", "\n")


@lru_cache(maxsize=64)
def sections(text: str) -> dict[str, str]:
    """Return the sections ``.lib NAME`` to ``.endl`` of a text by name in lower case; two of one name are joined."""
    found: dict[str, str] = {}
    for start in _SECTION.finditer(text):
        end = _END.search(text, start.end())
        name = next(filter(None, start.groups())).lower()
        section = text[start.end() : end.start() if end else len(text)].strip("\n")
        found[name] = f"{found[name]}\n{section}" if name in found else section
    return found


def references(text: str, pspice: bool = False) -> list[Entry]:
    """Return the files that a text includes, as written, with their sections; `pspice`: a ``.lib`` is an include."""
    if pspice:
        return [(next(filter(None, match.groups())), None) for match in _PSPICE.finditer(text)]
    found = []
    for match in _REFERENCE.finditer(text):
        path, section = (next(filter(None, part), None) for part in (match.groups()[:6], match.groups()[6:]))
        found.append((path, section))
    return found


def digest(entries: tuple[Entry, ...], pspice: bool = False) -> str:
    """Return the SHA-256 of the content of files and of what they include, wherever they lie."""
    return scan(entries, pspice).digest


def scan(entries: tuple[Entry, ...], pspice: bool = False) -> Scan:
    """Return the content of files with all that they include, summed up; read again where one has changed.

    Raises
    ------
    ValueError
        For a file or section that is not there or cannot be read, or a file that includes itself.
    """
    known = _KNOWN.get((entries, pspice))
    if known is None or any(_stamp(path) != stamp for path, stamp in known[0].items()):
        stamps: dict[Path, tuple[int, int] | None] = {}
        words = hashlib.sha256()
        commands, draws = [], []
        for path, whole, text in texts(entries, pspice):
            words.update(spice_without_comments(text).encode() + b"\0")
            if path not in stamps:  # a file is read once for each of its sections
                stamps[path] = _stamp(path)
                commands += _places(_COMMAND, path, whole, whole)
            draws += [] if draws else _places(_RANDOM, path, whole, text)
        found = Scan(words.hexdigest(), *(places[0] if places else "" for places in (commands, draws)))
        known = _KNOWN[entries, pspice] = (stamps, found)
    return known[1]


_KNOWN: dict[tuple[tuple[Entry, ...], bool], tuple[dict[Path, tuple[int, int] | None], Scan]] = {}


def texts(entries: Iterable[Entry], pspice: bool = False) -> Iterator[tuple[Path, str, str]]:
    """Yield each file that is read, once: its path, its whole text, and the part that is taken."""
    seen: set = set()
    for path, section in entries:
        yield from _contents(Path(path), section, pspice, seen, ())


def _contents(
    path: Path, section: str | None, pspice: bool, seen: set, above: tuple
) -> Iterator[tuple[Path, str, str]]:
    """Yield a file and what it includes, as `texts`; ValueError for one that includes itself or is not there."""
    key = (path.resolve(), section)
    if key in above:
        raise ValueError(f"{path.name} includes itself{f', section {section}' if section else ''}")
    if key in seen:
        return
    seen.add(key)
    whole = text = read(path)
    if section is not None:
        text = sections(whole).get(section.lower())
        if text is None:
            raise ValueError(f"{path.name} has no section {section!r}")
    yield path, whole, text
    for name, inner in references(text, pspice):
        place = path.parent / _expanded(name)
        if not place.is_file():
            line = _line(whole, name)
            raise ValueError(f"{path}, line {line}: there is no file {name!r}")
        yield from _contents(place, inner, pspice, seen, (*above, key))


def _expanded(name: str) -> str:
    """Return a path as ngspice reads it: it may begin with a variable of the environment, or with ~."""
    variable = re.match(r"\$\{?(\w+)\}?", name)
    if variable and variable[1] in os.environ:
        return os.environ[variable[1]] + name[variable.end() :]
    return str(Path(name).expanduser())


def _places(pattern: re.Pattern, path: Path, whole: str, text: str) -> list[str]:
    """Return the first place in the lines of `text` that matches, in words, in a list; [] for none."""
    low = text.lower()
    if not any(hint in low for hint in _HINTS[pattern]):
        return []
    for match in pattern.finditer(text):
        start = text.rfind("\n", 0, match.start(match.lastindex)) + 1
        line = text[start:].split("\n", 1)[0].strip()
        if pattern is _COMMAND or not line.startswith("*"):
            word = match[match.lastindex].split()[0]
            return [f"{word} in {path}, line {_line(whole, line)}"]
    return []


def _line(text: str, part: str) -> int:
    """Return the number of the first line that holds a part."""
    return text[: max(text.find(part), 0)].count("\n") + 1


def _stamp(path: Path) -> tuple[int, int] | None:
    """Return time and size of a file; None where there is none."""
    try:
        stat = path.stat()
    except OSError:
        return None
    return stat.st_mtime_ns, stat.st_size
