"""Find the shipped Verilog-A sources and netlists, and hash them."""

from __future__ import annotations

import hashlib
import re
from functools import lru_cache
from pathlib import Path

_PACKAGE = Path(__file__).resolve().parents[1]


@lru_cache(maxsize=8)
def folder(name: str) -> Path:
    """Return the folder ``verilog_a`` or ``netlists``, of the installed package or of the repository."""
    for candidate in (_PACKAGE / name, _PACKAGE.parent / name):
        if candidate.is_dir():
            return candidate
    raise FileNotFoundError(f"the folder {name} is neither in {_PACKAGE} nor beside it: the installation is incomplete")


def verilog_a(model: str) -> Path:
    """Return the Verilog-A source of a model; ValueError with the list of models for an unknown one."""
    path = folder("verilog_a") / f"{model}.va"
    if not path.is_file():
        raise ValueError(f"no model {model!r}; there is {', '.join(models())}")
    return path


def models() -> list[str]:
    """Return the names of the shipped Verilog-A models."""
    return sorted(path.stem for path in folder("verilog_a").glob("*.va"))


def library_text(name: str) -> str:
    """Return the content of a subcircuit library as it is now, without its comments."""
    path = folder("netlists") / "lib" / f"{name}.lib"
    try:
        stat = path.stat()
    except FileNotFoundError:
        path = library(name)  # which says what is wrong
        stat = path.stat()
    return _without_comments(path, stat.st_mtime_ns, stat.st_size)


@lru_cache(maxsize=64)
def _without_comments(path: Path, _changed_ns: int, _size: int) -> str:
    lines = path.read_text(encoding="utf-8").splitlines()
    return "\n".join(line for line in lines if not line.startswith("*"))


def library(name: str) -> Path:
    """Return the subcircuit library ``netlists/lib/NAME.lib``."""
    path = folder("netlists") / "lib" / f"{name}.lib"
    if not path.is_file():
        raise ValueError(f"no library {name!r} in {path.parent}")
    return path


def decks() -> list[Path]:
    """Return the stand-alone decks ``netlists/bench_*.cir``."""
    return sorted(folder("netlists").glob("bench_*.cir"))


def text_sha256(path: Path) -> str:
    """Return the hash of a text, Verilog-A, C or SPICE, without comments and blanks at ends of lines."""
    stat = path.stat()
    return _text_sha256(path, stat.st_mtime_ns, stat.st_size)


@lru_cache(maxsize=64)
def _text_sha256(path: Path, _changed_ns: int, _size: int) -> str:
    text = path.read_text(encoding="utf-8")
    plain = verilog_without_comments(text) if path.suffix in (".va", ".c") else spice_without_comments(text)
    return hashlib.sha256(plain.encode()).hexdigest()


def verilog_without_comments(text: str) -> str:
    """Return Verilog-A without its comments; what stands in quotes stays."""
    return _lines(_VERILOG.sub(lambda found: found[0] if found[0].startswith('"') else " ", text))


def spice_without_comments(text: str) -> str:
    """Return a SPICE text without lines of comment, and without comments at the ends of lines.

    Lines that begin with ``*#`` stay: ngspice executes them.
    """
    kept = [line for line in text.splitlines() if not line.lstrip().startswith("*") or line.lstrip().startswith("*#")]
    if not any(line.lower().lstrip().startswith(".control") for line in kept):  # between commands ; is no comment
        kept = [_SPICE.sub(lambda found: found[1] or "", line) for line in kept]
    return _lines("\n".join(kept))


_VERILOG = re.compile(r'"(?:\\.|[^"\\\n])*"|//[^\n]*|/\*.*?\*/', re.DOTALL)
_SPICE = re.compile(r"""("[^"]*"|'[^']*')|(?:;|(?<=\s)\$(?=\s|$)).*""")


def _lines(text: str) -> str:
    """Return the lines that hold something, each with single blanks."""
    return "\n".join(" ".join(line.split()) for line in text.splitlines() if line.strip())


def sha256(path: Path) -> str:
    """Return the SHA-256 of a file, 64 hexadecimal digits."""
    return hashlib.sha256(path.read_bytes()).hexdigest()
