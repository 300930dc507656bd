"""Compiled kernels: numba's compiler with the settings that all kernels share, and where its results are kept."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Any

import numba
from numba.core import config
from numba.core.compiler_lock import global_compiler_lock
from numba.extending import intrinsic

from . import compile_display  # noqa: F401 - it says when numba compiles
from .forks import free_at_fork
from .machine import ToolError, cache_folder

# a child forked while another thread compiles, or loads what has been compiled, would wait for that thread for ever
free_at_fork(global_compiler_lock)


_CONFIG: Any = config
"""numba's settings; it makes them while it is imported, where no type checker sees them."""

FROZEN = ("_util/jit.py", "_util/philox.py", "device/constants.py", "device/jart/jart_parameters.py")
"""Modules beside those of `compact` and `device/threshold` whose code or numbers are compiled into kernels."""


def kernel(function: Callable) -> Callable:
    """Return a function of numbers and arrays, compiled to run without the interpreter's lock, and cached on disk.

    numpy's rules for division by zero: a wild iterate gives an infinity, which the solver's bracket throws out, not an
    exception.

    Raises
    ------
    ToolError
        Where numba's compiler is switched off: some kernels address memory, and are no Python.
    """
    if _CONFIG.DISABLE_JIT:
        raise ToolError("numba's compiler is off (NUMBA_DISABLE_JIT), and the compact model needs it: unset that")
    options = {"nogil": True, "error_model": "numpy"}
    chosen, _CONFIG.CACHE_DIR = _CONFIG.CACHE_DIR, _folder()
    try:
        return numba.njit(cache=True, **options)(function)
    except RuntimeError:  # no folder that can be written to: compiled anew in each process
        return numba.njit(**options)(function)
    finally:
        _CONFIG.CACHE_DIR = chosen


def instruction(build: Callable[..., tuple[Any, Callable[..., Any]]]) -> Callable[..., Any]:
    """Return a function for kernels from `build`, which returns its signature and what writes its LLVM code."""
    return intrinsic(build)


@lru_cache(maxsize=1)
def _folder() -> str:
    """Return the cache folder of exactly these sources: numba does not see a change in a kernel that another calls."""
    package = Path(__file__).parents[1]
    folders = (package / "compact", package / "device" / "threshold")
    sources = [path for folder in folders for path in sorted(folder.rglob("*.py"))]
    sources += [package / name for name in FROZEN]
    digest = hashlib.sha256(b"".join(path.read_bytes() for path in sources)).hexdigest()[:16]
    try:
        return str(cache_folder() / f"kernels-{digest}")
    except ToolError:  # no home folder: numba looks for one itself
        return ""
