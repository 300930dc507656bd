"""A small C library that spares the ngspice of a worker process what OpenMP costs with one thread.

It stands in for what ngspice calls of GNU OpenMP, see `serial_openmp.c`. It is compiled once, into the cache, and
preloaded into worker processes. Results are the same to the last bit; where it cannot be built or would not fit,
ngspice runs with the OpenMP that it has.
"""

from __future__ import annotations

import hashlib
import platform
import re
import subprocess
import sys
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from .._util import machine
from .._util.files import move_into_place
from .._util.forks import temporary_folder
from .._util.machine import ToolError, cache_folder

SOURCE = Path(__file__).with_name("serial_openmp.c")

_FLAGS = ("-O2", "-fPIC", "-shared")

_NAMES = re.compile(rb"(?<=\0)(?:GOMP|GOACC|omp|__kmpc)_\w+(?=\0)")
"""Names of OpenMP, GNU's and LLVM's, in the table of strings of a library."""


class StandIns(NamedTuple):
    """The library of stand-ins, None where there is none, and a word on it."""

    path: Path | None
    found: str


def stand_ins(library: Path) -> StandIns:
    """Return the stand-ins for an ngspice shared library, compiled where the cache lacks them; it never raises."""
    if sys.platform != "linux":
        return StandIns(None, f"not used on {sys.platform}")
    try:
        stat = library.stat()
        return _stand_ins(library, stat.st_mtime_ns, stat.st_size, cache_folder())
    except (OSError, ToolError) as error:
        return StandIns(None, f"not built: {error}")


@lru_cache(maxsize=8)
def _stand_ins(library: Path, _changed_ns: int, _size: int, folder: Path) -> StandIns:
    called = {name.decode() for name in _NAMES.findall(library.read_bytes())}
    text = SOURCE.read_text(encoding="utf-8")
    if not called:
        return StandIns(None, "not needed: ngspice was built without OpenMP")
    if missing := sorted(called - _defined(text)):
        return StandIns(None, f"not used: ngspice calls {missing[0]}, which has no stand-in")
    compiler = machine.linker()
    if compiler is None:
        return StandIns(None, "not built: no cc on PATH")
    key = "\n".join([text, compiler, *_FLAGS, platform.machine()])
    target = folder / f"{SOURCE.stem}-{hashlib.sha256(key.encode()).hexdigest()[:20]}.so"
    failure = "" if target.is_file() else _compile(compiler, target)
    return StandIns(None, f"not built: {failure}") if failure else StandIns(target, str(target))


def _defined(text: str) -> set[str]:
    """Return the names of OpenMP that the source defines."""
    return set(re.findall(r"^\w+ ((?:GOMP|omp)_\w+)\(", text, re.MULTILINE))


def _compile(compiler: str, target: Path) -> str:
    """Compile the source; return why it failed, "" where it did not."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with temporary_folder(target.parent, ".compiling-") as folder:
        result = folder / target.name
        command = [compiler, *_FLAGS, str(SOURCE), "-o", str(result)]
        done = subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL, check=False)
        if done.returncode or not result.is_file():
            return (done.stderr.strip().splitlines() or [f"{compiler} ended with {done.returncode}"])[-1]
        move_into_place(result, target)
    return ""


PRELOAD = "LD_PRELOAD"


def preloaded(found: StandIns, folder: Path, environment: dict[str, str]) -> dict[str, str]:
    """Return an environment in which a process that starts in a folder has the stand-ins loaded; as it is without any.

    The folder gets a link to them: the loader would split a path at blanks and colons.
    """
    if found.path is None:
        return environment
    link = folder / f"{SOURCE.stem}.so"
    link.symlink_to(found.path)
    others = environment.get(PRELOAD, "")
    return environment | {PRELOAD: f"./{link.name}" + (f":{others}" if others else "")}
