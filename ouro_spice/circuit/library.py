"""Files of transistor models: their sections, what they include, a hash of their content."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

Entry = tuple[str, str | None]
"""A file, and the section of it that is taken; None: the whole file."""

_SECTION = re.compile(r"^[ \t]*\.lib[ \t]+([^\s'\"$;*]+)[ \t]*(?:[$;*].*)?$", re.IGNORECASE | re.MULTILINE)
_END = re.compile(r"^[ \t]*\.endl\b.*$", re.IGNORECASE | re.MULTILINE)
_PATH = r"(?:'([^']+)'|\"([^\"]+)\"|([^\s'\"]+))"
_REFERENCE = re.compile(
    rf"^[ \t]*\.(?:(?:inc|include)[ \t]+{_PATH}|lib[ \t]+{_PATH}[ \t]+([^\s$;]+))", re.IGNORECASE | re.MULTILINE
)


def read(path: str | Path) -> str:
    """The text of a library; bytes that are no UTF-8, in comments as a rule, are replaced."""
    return Path(path).read_text(encoding="utf-8", errors="replace")


@lru_cache(maxsize=64)
def sections(text: str) -> dict[str, str]:
    """The sections ``.lib NAME`` to ``.endl`` of a library's text, by name in lower case."""
    found = {}
    for start in _SECTION.finditer(text):
        end = _END.search(text, start.end())
        found[start[1].lower()] = text[start.end() : end.start() if end else len(text)].strip("\n")
    return found


def references(text: str) -> list[Entry]:
    """The files that a text includes, with their sections, as written."""
    found = []
    for match in _REFERENCE.finditer(text):
        *paths, section = match.groups()
        found.append((next(path for path in paths if path), section))
    return found


def digest(entries: tuple[Entry, ...]) -> str:
    """SHA-256 of the content of files and of what they include, wherever they lie; files not there are left out."""
    known = _KNOWN.get(entries)
    if known is None or any(_stamp(path) != stamp for path, stamp in known[0].items()):
        stamps: dict[Path, tuple[int, int] | None] = {}
        words = hashlib.sha256()
        for path, section in entries:
            for text in _contents(Path(path), section, stamps, set()):
                words.update(text.encode() + b"\0")
        known = _KNOWN[entries] = (stamps, words.hexdigest())
    return known[1]


_KNOWN: dict[tuple[Entry, ...], tuple[dict[Path, tuple[int, int] | None], str]] = {}


def _contents(path: Path, section: str | None, stamps: dict, seen: set) -> Iterator[str]:
    stamps[path] = _stamp(path)
    if stamps[path] is None or (path, section) in seen:
        return
    seen.add((path, section))
    text = read(path)
    if section is not None:
        text = sections(text).get(section.lower(), "")
    yield text
    for name, inner in references(text):
        yield from _contents(path.parent / name, inner, stamps, seen)


def _stamp(path: Path) -> tuple[int, int] | None:
    try:
        stat = path.stat()
    except OSError:
        return None
    return stat.st_mtime_ns, stat.st_size
