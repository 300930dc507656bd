"""Find the shipped Verilog-A sources and netlists, and hash them."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent


@lru_cache(maxsize=8)
def folder(name: str) -> Path:
    """The folder ``verilog_a`` or ``netlists``: inside the installed package, or at the root of the repository."""
    for candidate in (_PACKAGE / name, _PACKAGE.parent / name):
        if candidate.is_dir():
            return candidate
    raise FileNotFoundError(f"the folder {name} is neither in {_PACKAGE} nor beside it: the installation is incomplete")


def verilog_a(model: str) -> Path:
    """The Verilog-A source of a model; ValueError with the list of models for an unknown one."""
    path = folder("verilog_a") / f"{model}.va"
    if not path.is_file():
        raise ValueError(f"no model {model!r}; there is {', '.join(models())}")
    return path


def models() -> list[str]:
    """The names of the shipped Verilog-A models."""
    return sorted(path.stem for path in folder("verilog_a").glob("*.va"))


def library_text(name: str) -> str:
    """The content of a subcircuit library as it is now, without its comments."""
    path = library(name)
    stat = path.stat()
    return _without_comments(path, stat.st_mtime_ns, stat.st_size)


@lru_cache(maxsize=64)
def _without_comments(path: Path, _changed_ns: int, _size: int) -> str:
    lines = path.read_text(encoding="utf-8").splitlines()
    return "\n".join(line for line in lines if not line.startswith("*"))


def library(name: str) -> Path:
    """The subcircuit library ``netlists/lib/NAME.lib``."""
    path = folder("netlists") / "lib" / f"{name}.lib"
    if not path.is_file():
        raise ValueError(f"no library {name!r} in {path.parent}")
    return path


def decks() -> list[Path]:
    """The stand-alone decks ``netlists/bench_*.cir``."""
    return sorted(folder("netlists").glob("bench_*.cir"))


def sha256(path: Path) -> str:
    """Hex digest of a file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()
