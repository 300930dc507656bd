"""Show a mutated module to digests as it was, in every process of a mutation run.

A digest of sources differs for every mutant, so that whatever compares digests would fail, and no test would have
looked at what the code does. Whoever opens the mutated module by `open` or `pathlib` therefore reads the original. Not
so the interpreter, which opens modules by itself, and not the kernels' cache (`ouro_spice/_util/jit.py`): a mutated
kernel is to be compiled anew.
"""

from __future__ import annotations

import builtins
import io
import os
import sys

MUTATED, ORIGINAL = os.environ.get("MUTATED_MODULE", ""), os.environ.get("MUTATED_ORIGINAL", "")
RECOMPILED = f"ouro_spice{os.sep}_util{os.sep}jit.py"
_open = io.open


def _asked_by_the_kernels_cache() -> bool:
    frame = sys._getframe(2)
    while frame is not None and "pathlib" in frame.f_code.co_filename:
        frame = frame.f_back
    while frame is not None and frame.f_code.co_name in ("<genexpr>", "<listcomp>"):
        frame = frame.f_back
    return frame is not None and frame.f_code.co_filename.endswith(RECOMPILED)


def _shown(file, *arguments, **options):
    if isinstance(file, str | os.PathLike) and os.fspath(file) == MUTATED and not _asked_by_the_kernels_cache():
        file = ORIGINAL
    return _open(file, *arguments, **options)


if MUTATED:
    builtins.open = io.open = _shown
